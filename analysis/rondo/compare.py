"""Puts simulated chips and estimated devices side by side for one network, at one batch size or several."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Optional

from . import gpu, simulator
from .device import Device, find_device, is_device_file, read_device
from .interval import Interval, interval
from .quantities import value_at, written
from .simulator import Report, RunFailed
from .yaml_reader import InputError, Reader

DEFAULT_CHIP = "edge"
MOST_PERSISTENT = 8
# Only Ampere and later are described with it.
WITH_TF32 = ("cudnn9",)


@dataclass
class Entry:
    """One chip or device at one batch size. Latency is of the whole batch; energy is of one sequence. `low_s` and
    `high_s`: eight of ten measured times are expected between (interval.py); None where no row is like it.
    `energy_low_j` and `energy_high_j`: of a device at its idle and at its busy power for the estimated time.
    A `roofline` is a bound: the latency is at least this. `persistent_s`: what a GPU would take with the persistent
    algorithm, None where its registers do not hold the weights, or where the latency is already of it.
    `moved_bytes` goes between the processor and its memory; `peak` and `memory` are its roofline, per second."""

    name: str
    simulated: bool
    roofline: bool
    numbers: str
    batch: int
    latency_s: float
    low_s: Optional[float]
    high_s: Optional[float]
    sequences_per_s: float
    energy_j: Optional[float]
    sequences_per_j: Optional[float]
    power_w: Optional[float]
    utilisation: Optional[float]
    bound_by: str
    operations: float
    moved_bytes: float
    peak: float
    memory: float
    latency_ratio: float = 1.0
    energy_ratio: Optional[float] = None
    energy_low_j: Optional[float] = None
    energy_high_j: Optional[float] = None
    persistent_s: Optional[float] = None
    terms: dict[str, Any] = field(default_factory=dict)


@dataclass
class Comparison:
    """All entries for one network, batch by batch; the ratios are to the entry `baseline` of the same batch."""

    network: str
    steps: int
    batches: list[int]
    baseline: str
    entries: list[Entry]
    notes: list[str]
    shape: dict[str, Any] = field(default_factory=dict)

    def at(self, batch: int) -> list[Entry]:
        """The entries of one batch size."""
        return [entry for entry in self.entries if entry.batch == batch]

    def names(self) -> list[str]:
        """Every chip and device, in the order of the command line, chips first."""
        return list(dict.fromkeys(entry.name for entry in self.entries))


@dataclass
class Contenders:
    """The chips and devices that a command named, and how devices run: options of an estimate (`run_device`)."""

    chips: list[str]
    devices: list[Device]
    options: dict[str, str] = field(default_factory=dict)


def find_contenders(names: list[str]) -> Contenders:
    """Sorts names into chips and devices. A name that is both is the chip. InputError for all wrong ones at
    once."""
    found, wrong = Contenders([], []), []
    for name in names:
        chip, device = simulator.find_config("chips", name), find_device(name)
        if chip and not is_device_file(chip):
            found.chips.append(name)
        elif device:
            try:
                found.devices.append(read_device(device))
            except InputError as error:
                wrong += error.messages
        else:
            wrong.append(f"there is no chip or device {name}; chips: {_known('chips')}; "
                         f"devices: {_known('gpus')}; or the path of a file")
    paths: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = paths.setdefault(Path(name).stem, name)
        if other != name:
            wrong.append(f"{other} and {name} would both be called {Path(name).stem}; rename one of the files")
    wrong += [f"{name} is named {names.count(name)} times; once is enough" for name in dict.fromkeys(names)
              if names.count(name) > 1]
    if wrong:
        raise InputError(*wrong)
    return found


def _known(kind: str) -> str:
    return ", ".join(simulator.known_configs(kind)) or "none"


def check(network: str, names: list[str], baseline: Optional[str], options: dict[str, str],
          batches: bool = False, explained: Optional[str] = None) -> Contenders:
    """The contenders; InputError for everything that is wrong with the command, at once. `batches`: whether other batch
    sizes than the network's own are asked for; `explained`: the one whose terms are."""
    wrong = []
    if simulator.find_config("networks", network) is None and not Path(network).exists():
        wrong.append(f"there is no network {network}; known: {_known('networks')}; or the path of a file")
    try:
        found = find_contenders(names)
        found.options = options
        for device in found.devices:
            try:
                gpu.how(device, gpu.Constants(), numbers=options.get("numbers", ""))
            except InputError as error:
                wrong += error.messages
        if batches and found.chips and _has_inputs(network):
            wrong.append(f"{Path(network).stem} has a fixed batch, because its inputs come from a file; leave --batch "
                         "and --slo-ms away, or compare devices only")
        known = [Path(chip).stem for chip in found.chips] + [device.key for device in found.devices]
        if baseline and baseline not in known:
            wrong.append(f"the baseline {baseline} is not compared; compared are {', '.join(known)}")
        if explained and explained not in known:
            wrong.append(f"there is no {explained} to explain; compared are {', '.join(known)}")
    except InputError as error:
        wrong += error.messages
    if wrong:
        raise InputError(*wrong)
    return found


def _has_inputs(network: str) -> bool:
    """Whether the network's file names a file of inputs, which fixes the batch."""
    path = simulator.find_config("networks", network) or Path(network)
    try:
        reader = Reader(path)
        return "inputs" in reader.mapping(reader.root, str(path))
    except InputError:
        return False


def compare(network: str, contenders: Contenders, batches: list[int], baseline: Optional[str] = None) -> Comparison:
    """Simulates the chips, a process for each core, and estimates the devices. No batches: the network's own. Devices
    alone take the network's shape from a run of DEFAULT_CHIP at the network's own batch."""
    chips = contenders.chips or [DEFAULT_CHIP]
    sizes: list[Optional[int]] = list(batches) if contenders.chips and batches else [None]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = {(chip, size): pool.submit(simulate, chip, network, size) for chip in chips for size in sizes}
    try:
        reports = _results(futures)
    except InputError as error:
        if contenders.chips:
            raise
        raise InputError(*(f"the network's shape comes from a run of the chip {DEFAULT_CHIP}: {message}"
                           for message in error.messages)) from error
    first = reports[chips[0], sizes[0]]
    shape = shape_of(first, chips[0])
    batches = batches or [int(shape["batch"])]
    entries = []
    for size in batches:
        for chip in contenders.chips:
            entries.append(_simulated(chip, reports[chip, size if len(sizes) > 1 else sizes[0]]))
        entries += [estimated(device, at_batch(shape, size), contenders.options) for device in contenders.devices]
    result = Comparison(str(first.get("network") or network), int(shape["steps"]), batches,
                        baseline or entries[0].name, entries, _notes(contenders, entries), shape)
    _add_ratios(result)
    return result


def _results(futures: dict[Any, Any]) -> dict[Any, Report]:
    """What the simulations gave; one InputError with the words of all that were refused, and of which where not all
    say the same."""
    wrong: dict[str, list[str]] = {}
    reports = {}
    for (chip, batch), future in futures.items():
        try:
            reports[chip, batch] = future.result()
        except InputError as error:
            for message in "\n".join(error.messages).splitlines():
                words = re.sub(r"(--set network.batch=)\d+", r"\1N", message)
                wrong.setdefault(words, []).append(Path(chip).stem + (f" at batch {batch}" if batch else ""))
    if wrong:
        raise InputError(*(words if len(where) == len(futures) else f"{', '.join(where)}: {words}"
                           for words, where in wrong.items()))
    return reports


def simulate(chip: str, network: str, batch: Optional[int]) -> Report:
    """One run of a chip at a batch size, or at the network's own."""
    return simulator.run_once(chip, network, {"network.batch": batch} if batch else {})


def shape_of(report: Report, source: str) -> dict[str, Any]:
    """The network's shape in a report; RunFailed where it has none."""
    shape = report.get("network_shape")
    if not isinstance(shape, dict):
        raise RunFailed(f"the report of {source} has no network_shape")
    return shape


def at_batch(shape: dict[str, Any], batch: int) -> dict[str, Any]:
    """The same network with another number of sequences."""
    was = int(shape["batch"])
    dense = [{**layer, "times": int(layer["times"]) * batch // was} for layer in shape.get("dense_layers", [])]
    return {**shape, "batch": batch, "dense_layers": dense,
            "recurrent_layers": [{**layer, "batch": batch} for layer in shape["recurrent_layers"]]}


def _add_ratios(result: Comparison) -> None:
    for size in result.batches:
        base = next(entry for entry in result.at(size) if entry.name == result.baseline)
        for entry in result.at(size):
            entry.latency_ratio = entry.latency_s / base.latency_s
            if entry.energy_j is not None and base.energy_j:
                entry.energy_ratio = entry.energy_j / base.energy_j


def _notes(contenders: Contenders, entries: list[Entry]) -> list[str]:
    notes = []
    if contenders.devices:
        notes.append("* estimated from data sheets by a closed formula, not measured and not simulated. 10-90 %: "
                     "eight of ten measured times are expected between, as they were for chip families that neither "
                     "fit nor interval had seen (./rondo compare --model-error); -: no measured row is like it (CPU, "
                     "roofline, int8, persistent). Rows without * are simulated.")
    notes += _persistent_notes(entries)
    if any(entry.roofline for entry in entries):
        notes.append("≥: a roofline, what peak, bandwidth and least time of a step allow at best; no estimate of what "
                     "the machine reaches.")
    notes += _precision_notes(contenders, entries)
    notes += list(dict.fromkeys(entry.terms["remark"] for entry in entries if entry.terms.get("remark")))
    notes.append("Latency: of the whole batch. x: times the baseline. Energy: of one sequence; of a device an account, "
                 "its board's limit while products run and a tenth of the way from idle power to it while it waits; "
                 "idle-limit: either of them all the time. Of peak: operations against the "
                 "peak for those numbers. Bound by: the busiest unit (recurrence where none is busy half the time), or "
                 "the largest part of the estimate (--explain NAME).")
    return notes


def _simulated(chip: str, report: Report) -> Entry:
    time_s, energy = value_at(report, "time_s"), value_at(report, "energy_j.total")
    if not time_s:
        raise RunFailed(f"the report of {chip} has no time_s")
    batch = int(shape_of(report, chip)["batch"])
    dram = report.get("memories", {}).get("dram", {})
    return _entry(Path(chip).stem, True, _numbers(report), batch, time_s, energy,
                  utilisation=value_at(report, "utilisation"), bound_by=_busiest(report),
                  operations=float(report.get("operations") or 0), peak=float(report.get("peak_ops_per_s") or 0),
                  moved_bytes=float(dram.get("read_bytes", 0) + dram.get("written_bytes", 0)),
                  memory=float(dram.get("peak_bytes_per_s", 0)),
                  terms={"total_cycles": report.get("total_cycles"), "clock_mhz": report.get("clock_mhz"),
                         "units": {name: unit.get("cycles", {}) for name, unit in report.get("units", {}).items()},
                         "energy_j": report.get("energy_j", {})})


def _entry(name: str, simulated: bool, numbers: str, batch: int, time_s: float, energy: Optional[float],
           low_s: Optional[float] = None, high_s: Optional[float] = None, roofline: bool = False, **more: Any) -> Entry:
    each = energy / batch if energy is not None else None
    return Entry(name, simulated, roofline, numbers, batch, time_s, low_s, high_s, sequences_per_s=batch / time_s, energy_j=each,
                 sequences_per_j=1 / each if each else None,
                 power_w=energy / time_s if energy is not None else None, **more)


def _numbers(report: Report) -> str:
    numbers = report.get("resolved_config", {}).get("numbers", {})
    bits = [str(numbers[key]) for key in ("weight_bits", "activation_bits") if key in numbers]
    return "int" + "/".join(dict.fromkeys(bits)) if bits else "integer"


def _busiest(report: Report) -> str:
    """The unit that works for most of the run; where none does for half of it, the run is a chain of units
    that wait for each other, as the steps of a recurrence do."""
    total = report.get("total_cycles") or 1
    units = report.get("units", {}).items()
    busy = {name: unit.get("cycles", {}).get("busy", 0) / total for name, unit in units}
    if not busy:
        return "-"
    name = max(busy, key=lambda unit: busy[unit])
    return f"{name} {100 * busy[name]:.0f} %" if busy[name] >= 0.5 else "recurrence"


def _precision_notes(contenders: Contenders, entries: list[Entry]) -> list[str]:
    """What to know of the precision that GPUs were estimated in."""
    libraries = {device.key: device.library for device in contenders.devices if device.kind == "gpu"}
    used = {(entry.numbers, entry.name) for entry in entries if entry.name in libraries and not entry.simulated}
    notes = []
    if any(numbers == "int8" for numbers, _ in used):
        notes.append("int8 on a GPU is hypothetical: the libraries' recurrent calls know fp32 and fp16.")
    plain = sorted(name for numbers, name in used if numbers == "fp32" and libraries[name] in WITH_TF32)
    if plain:
        notes.append(f"fp32 of {', '.join(plain)} is without TF32, which frameworks may use there; that is several times "
                     "faster where arithmetic is the bound.")
    return notes


def _persistent_notes(entries: list[Entry]) -> list[str]:
    """What GPUs would take that keep the recurrent weights in registers, batch by batch."""
    found = [entry for entry in entries if entry.persistent_s is not None]
    if not found:
        return []
    times = ", ".join(f"{entry.name} batch {entry.batch} {written(entry.persistent_s, 's')} "
                      f"({written(entry.latency_s, 's')})" for entry in found[:MOST_PERSISTENT])
    more = f" and {len(found) - MOST_PERSISTENT} more (--json)" if len(found) > MOST_PERSISTENT else ""
    return ["Shown is the standard algorithm. Frameworks may choose persistent kernels, which keep the recurrent "
            "weights in registers, where these hold them (--algorithm persistent; no measured row here says how good "
            f"this estimate is): {times}{more}."]


def run_device(device: Device, shape: dict[str, Any], options: dict[str, str]) -> tuple[gpu.Estimate, str]:
    """The formula for a device, and a remark: the persistent algorithm where it can be, the standard one where not."""
    if options.get("algorithm") != "persistent":
        return gpu.estimate(device, shape, **options), ""
    try:
        return gpu.estimate(device, shape, **options), ""
    except InputError as error:
        return gpu.estimate(device, shape, **{**options, "algorithm": "standard"}), f"{error}; the standard one is shown."


def _persistent_s(device: Device, shape: dict[str, Any], options: dict[str, str]) -> Optional[float]:
    try:
        return gpu.estimate(device, shape, **{**options, "algorithm": "persistent"}).time_s
    except InputError:
        return None


def estimated(device: Device, shape: dict[str, Any], options: dict[str, str]) -> Entry:
    """A device's entry by the formula."""
    result, remark = run_device(device, shape, options)
    asked = options.get("algorithm", "standard")
    found = interval(device, result)
    low, high = (result.time_s * found.low, result.time_s * found.high) if found else (None, None)
    return _entry(device.key, False, result.numbers, int(shape["batch"]), result.time_s, result.energy_j, low, high,
                  utilisation=result.of_peak, bound_by=result.bound_by(), operations=result.operations,
                  moved_bytes=result.moved_bytes, peak=result.peak, memory=device.get("memory_gb_per_s") * 1e9,
                  roofline=device.kind == "roofline",
                  energy_low_j=_energy_at(device, "idle_w", result, shape),
                  energy_high_j=_energy_at(device, "busy_w", result, shape),
                  persistent_s=_persistent_s(device, shape, options) if asked == "standard" else None,
                  terms={"algorithm": result.algorithm, "busy_s": result.busy_s, "call_s": result.call_s, "remark": remark, "parts_s": result.parts(), "kernels": result.terms, "interval": _interval(found),
                         "idle_w": device.get("idle_w"), "busy_w": device.get("busy_w"),
                         "unverified": device.unverified()})


def _energy_at(device: Device, power: str, result: gpu.Estimate, shape: dict[str, Any]) -> Optional[float]:
    """Of a sequence at one power all the time; None for a roofline, whose time is a bound already."""
    return None if device.kind == "roofline" else device.get(power) * result.time_s / int(shape["batch"])


def _interval(found: Optional[Interval]) -> Optional[dict[str, Any]]:
    return asdict(found) if found else None


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison for machines."""
    return asdict(comparison)


COLUMNS = ("name", "kind", "network", "batch", "steps", "numbers", "latency_s", "latency_low_s", "latency_high_s",
           "latency_ratio", "sequences_per_s", "energy_j_per_sequence", "energy_ratio", "energy_low_j", "energy_high_j", "sequences_per_j", "power_w",
           "utilisation", "bound_by", "operations", "moved_bytes", "persistent_latency_s")


def as_lines(comparison: Comparison) -> list[list[str]]:
    """The comparison as the lines of a CSV file."""
    lines = [list(COLUMNS)]
    for entry in comparison.entries:
        kind = "simulated" if entry.simulated else "roofline" if entry.roofline else "estimated"
        lines.append([entry.name, kind, comparison.network,
                      str(entry.batch), str(comparison.steps), entry.numbers,
                      *map(_cell, (entry.latency_s, entry.low_s, entry.high_s, entry.latency_ratio,
                                   entry.sequences_per_s, entry.energy_j, entry.energy_ratio, entry.energy_low_j,
                                   entry.energy_high_j, entry.sequences_per_j, entry.power_w, entry.utilisation)),
                      entry.bound_by, _cell(entry.operations), _cell(entry.moved_bytes),
                      _cell(entry.persistent_s)])
    return lines


def _cell(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.9g}"

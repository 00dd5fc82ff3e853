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
from .quantities import value_at
from .simulator import Report, RunFailed
from .yaml_reader import InputError

DEFAULT_CHIP = "edge"


@dataclass
class Entry:
    """One chip or device at one batch size. Latency is of the whole batch; energy is of one sequence. `low_s` and
    `high_s`: eight of ten measured times are expected between (interval.py); None where no row is like it.
    `moved_bytes` goes between the processor and its memory; `peak` and `memory` are its roofline, per second."""

    name: str
    simulated: bool
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
    """The chips and devices that a command named, and how devices run: options of an estimate."""

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
    wrong += [f"{name} is named {names.count(name)} times; once is enough" for name in dict.fromkeys(names)
              if names.count(name) > 1]
    if wrong:
        raise InputError(*wrong)
    return found


def _known(kind: str) -> str:
    return ", ".join(simulator.known_configs(kind)) or "none"


def check(network: str, names: list[str], baseline: Optional[str], options: dict[str, str]) -> Contenders:
    """The contenders; InputError for everything that is wrong with the command, at once."""
    wrong = []
    if simulator.find_config("networks", network) is None and not Path(network).exists():
        wrong.append(f"there is no network {network}; known: {_known('networks')}; or the path of a file")
    try:
        found = find_contenders(names)
        found.options = options
        for device in found.devices:
            try:
                gpu.how(device, gpu.Constants(), **options)
            except InputError as error:
                wrong += error.messages
        known = [Path(chip).stem for chip in found.chips] + [device.key for device in found.devices]
        if baseline and baseline not in known:
            wrong.append(f"the baseline {baseline} is not compared; compared are {', '.join(known)}")
    except InputError as error:
        wrong += error.messages
    if wrong:
        raise InputError(*wrong)
    return found


def compare(network: str, contenders: Contenders, batches: list[int], baseline: Optional[str] = None) -> Comparison:
    """Simulates the chips, a process for each core, and estimates the devices. No batches: the network's own."""
    chips = contenders.chips or [DEFAULT_CHIP]
    sizes: list[Optional[int]] = list(batches) if contenders.chips and batches else [batches[0] if batches else None]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = {(chip, size): pool.submit(simulate, chip, network, size) for chip in chips for size in sizes}
    reports = _results(futures)
    first = reports[chips[0], sizes[0]]
    shape = shape_of(first, chips[0])
    batches = batches or [int(shape["batch"])]
    entries = []
    for size in batches:
        for chip in contenders.chips:
            entries.append(_simulated(chip, reports[chip, size if len(sizes) > 1 else sizes[0]]))
        entries += [estimated(device, at_batch(shape, size), contenders.options) for device in contenders.devices]
    result = Comparison(str(first.get("network") or network), int(shape["steps"]), batches,
                        baseline or entries[0].name, entries, _notes(contenders), shape)
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


def _notes(contenders: Contenders) -> list[str]:
    notes = []
    if contenders.devices:
        notes.append("* estimated from data sheets by a closed formula, not measured and not simulated. 10-90 %: "
                     "eight of ten measured times are expected between, as they were for chip families that neither "
                     "fit nor interval had seen (./rondo compare --model-error); -: no measured row is like it (CPU, "
                     "roofline, int8, persistent). Rows without * are simulated.")
    notes.append("Latency: of the whole batch. x: times the baseline. Energy: of one sequence; of a device idle power "
                 "all the time and busy power (its board's limit) while products run. Of peak: operations against the "
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
           low_s: Optional[float] = None, high_s: Optional[float] = None, **more: Any) -> Entry:
    each = energy / batch if energy is not None else None
    return Entry(name, simulated, numbers, batch, time_s, low_s, high_s, sequences_per_s=batch / time_s, energy_j=each,
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


def estimated(device: Device, shape: dict[str, Any], options: dict[str, str]) -> Entry:
    """A device's entry by the formula."""
    result = gpu.estimate(device, shape, **options)
    found = interval(device, result)
    low, high = (result.time_s * found.low, result.time_s * found.high) if found else (None, None)
    return _entry(device.key, False, result.numbers, int(shape["batch"]), result.time_s, result.energy_j, low, high,
                  utilisation=result.of_peak, bound_by=result.bound_by(), operations=result.operations,
                  moved_bytes=result.moved_bytes, peak=result.peak, memory=device.get("memory_gb_per_s") * 1e9,
                  terms={"parts_s": result.parts(), "kernels": result.terms, "interval": _interval(found),
                         "idle_w": device.get("idle_w"), "busy_w": device.get("busy_w"),
                         "unverified": device.unverified()})


def _interval(found: Optional[Interval]) -> Optional[dict[str, Any]]:
    return asdict(found) if found else None


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison for machines."""
    return asdict(comparison)


COLUMNS = ("name", "kind", "network", "batch", "steps", "numbers", "latency_s", "latency_low_s", "latency_high_s",
           "latency_ratio", "sequences_per_s", "energy_j_per_sequence", "energy_ratio", "sequences_per_j", "power_w",
           "utilisation", "bound_by", "operations", "moved_bytes")


def as_lines(comparison: Comparison) -> list[list[str]]:
    """The comparison as the lines of a CSV file."""
    lines = [list(COLUMNS)]
    for entry in comparison.entries:
        lines.append([entry.name, "simulated" if entry.simulated else "estimated", comparison.network,
                      str(entry.batch), str(comparison.steps), entry.numbers,
                      *map(_cell, (entry.latency_s, entry.low_s, entry.high_s, entry.latency_ratio,
                                   entry.sequences_per_s, entry.energy_j, entry.energy_ratio, entry.sequences_per_j,
                                   entry.power_w, entry.utilisation)),
                      entry.bound_by, _cell(entry.operations), _cell(entry.moved_bytes)])
    return lines


def _cell(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.9g}"

"""Puts simulated chips and estimated devices side by side for one network, at one batch size or several."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Optional

from . import gpu
from .compare_notes import notes_of
from .contenders import Contenders
from .device import Device
from .entry import Entry
from .interval import Interval, interval
from .quantities import value_at
from .simulator import Report, RunFailed
from .workload import Workload
from .yaml_reader import InputError

DEFAULT_CHIP = "edge"


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


def compare(workload: Workload, contenders: Contenders, batches: list[int], baseline: Optional[str] = None) -> Comparison:
    """Simulates the chips, a process for each core, and estimates the devices. No batches: the network's own. Devices
    alone take the network's shape from a run of DEFAULT_CHIP at the network's own batch."""
    chips = contenders.chips or [DEFAULT_CHIP]
    sizes: list[Optional[int]] = list(batches) if contenders.chips and batches else [None]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        run = workload.run if contenders.chips or not batches else lambda chip, _: workload.run_for_shape(chip)
        futures = {(chip, size): pool.submit(run, chip, size) for chip in chips for size in sizes}
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
    result = Comparison(str(first.get("network") or workload.name), int(shape["steps"]), batches,
                        baseline or entries[0].name, entries, notes_of(contenders, entries), shape)
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

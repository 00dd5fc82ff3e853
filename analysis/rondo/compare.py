"""Puts simulated chips and estimated devices side by side for one network."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Optional

from . import gpu, run
from .device import Device, find_device, is_device_file, read_device
from .quantities import value_at
from .run import Report, RunFailed
from .yaml_reader import InputError

DEFAULT_CHIP = "edge"

NOTE = ("* estimated from data sheets by a closed formula (weight traffic, arithmetic, launches); not "
        "measured, not simulated. Rows without * are simulated.")


@dataclass
class Entry:
    """One chip or device. Latency is of the whole batch; energy is of one sequence."""

    name: str
    simulated: bool
    numbers: str
    latency_s: float
    sequences_per_s: float
    energy_j: Optional[float]
    utilisation: Optional[float]
    bound_by: str
    terms: dict[str, Any] = field(default_factory=dict)


@dataclass
class Comparison:
    """All entries for one network at one batch size; the first is what the others are measured against."""

    network: str
    batch: int
    steps: int
    entries: list[Entry]
    notes: list[str]


@dataclass
class Contenders:
    """The chips and devices that a command named."""

    chips: list[str]
    devices: list[Device]


def find_contenders(names: list[str]) -> Contenders:
    """Sorts names into chips and devices. A name that is both is the chip. InputError for all wrong ones at
    once."""
    found, wrong = Contenders([], []), []
    for name in names:
        chip, device = run.find_config("chips", name), find_device(name)
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
    return ", ".join(run.known_configs(kind)) or "none"


def compare(network: str, names: list[str], batch: Optional[int]) -> Comparison:
    """Simulates the chips, estimates the devices. The network's shape comes from the first chip's report."""
    wrong = []
    if run.find_config("networks", network) is None and not Path(network).exists():
        wrong.append(f"there is no network {network}; known: {_known('networks')}; or the path of a file")
    try:
        contenders = find_contenders(names)
    except InputError as error:
        wrong += error.messages
    if wrong:
        raise InputError(*wrong)
    settings = {"network.batch": batch} if batch else {}
    reports = {chip: run.run_once(chip, network, settings) for chip in contenders.chips or [DEFAULT_CHIP]}
    source, report = next(iter(reports.items()))
    shape = report.get("network_shape")
    if not isinstance(shape, dict):
        raise RunFailed(f"the report of {source} has no network_shape")
    entries = [_simulated(chip, reports[chip], shape) for chip in contenders.chips]
    entries += [_estimated(device, shape) for device in contenders.devices]
    notes = [NOTE] if contenders.devices else []
    notes.append(f"x: times {entries[0].name}. Energy: of one sequence. Of peak: operations against the peak "
                 "for those numbers. Bound by: the busiest unit (recurrence where none is busy half the time), "
                 "or the largest part of the estimate.")
    return Comparison(str(report.get("network") or network), int(shape["batch"]), int(shape["steps"]),
                      entries, notes)


def _simulated(chip: str, report: Report, shape: dict[str, Any]) -> Entry:
    time_s, energy = value_at(report, "time_s"), value_at(report, "energy_j.total")
    if not time_s:
        raise RunFailed(f"the report of {chip} has no time_s")
    batch = int(shape["batch"])
    return Entry(Path(chip).stem, True, _numbers(report), time_s, batch / time_s,
                 energy / batch if energy is not None else None, value_at(report, "utilisation"),
                 _busiest(report),
                 {"total_cycles": report.get("total_cycles"), "clock_mhz": report.get("clock_mhz")})


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


def _estimated(device: Device, shape: dict[str, Any]) -> Entry:
    result = gpu.estimate(device, shape)
    batch = int(shape["batch"])
    return Entry(device.key, False, device.numbers, result.time_s, batch / result.time_s,
                 result.energy_j / batch,
                 result.of_peak, result.bound_by(),
                 {**result.parts(), "kernels": result.terms, "unverified": device.unverified()})


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison for machines."""
    return asdict(comparison)


def as_lines(comparison: Comparison) -> list[list[str]]:
    """The comparison as the lines of a CSV file."""
    head = ["name", "kind", "network", "batch", "steps", "numbers", "latency_s", "sequences_per_s",
            "energy_j_per_sequence", "utilisation", "bound_by"]
    lines = [head]
    for entry in comparison.entries:
        figures = (entry.latency_s, entry.sequences_per_s, entry.energy_j, entry.utilisation)
        lines.append([entry.name, "simulated" if entry.simulated else "estimated", comparison.network,
                      str(comparison.batch), str(comparison.steps), entry.numbers, *map(_cell, figures),
                      entry.bound_by])
    return lines


def _cell(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.9g}"

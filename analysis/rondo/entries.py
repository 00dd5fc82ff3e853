"""The entries of a comparison: a chip's from the report of its run, a device's from the formula."""

from dataclasses import asdict
from typing import Any, Optional

from . import gpu
from .device import Device
from .entry import Entry
from .interval import Interval, interval
from .quantities import value_at
from .simulator import Report, RunFailed
from .yaml_reader import InputError


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


def simulated(name: str, report: Report) -> Entry:
    """A chip's entry by the report of its run."""
    time_s = value_at(report, "time_s")
    if not time_s:
        raise RunFailed(f"the report of {name} has no time_s")
    batch = int(shape_of(report, name)["batch"])
    memory = report.get("memories", {}).get("dram", {})
    config = report.get("resolved_config", {})
    return _entry(name, batch, time_s, value_at(report, "energy_j.total"), simulated=True, roofline=False, low_s=None,
                  high_s=None, numbers=_numbers(report), utilisation=value_at(report, "utilisation"),
                  bound_by=_busiest(report), operations=float(report.get("operations") or 0),
                  peak=float(report.get("peak_ops_per_s") or 0),
                  moved_bytes=float(memory.get("read_bytes", 0) + memory.get("written_bytes", 0)),
                  memory=float(memory.get("peak_bytes_per_s", 0)), technology=str(config.get("technology", "")),
                  terms={"total_cycles": report.get("total_cycles"), "clock_mhz": report.get("clock_mhz"),
                         "units": {key: unit.get("cycles", {}) for key, unit in report.get("units", {}).items()},
                         "energy_j": report.get("energy_j", {}), "dram": config.get("dram", {}).get("model", "")})


def _entry(name: str, batch: int, time_s: float, energy: Optional[float], **more: Any) -> Entry:
    """With what follows from time and energy of the whole batch."""
    each = energy / batch if energy is not None else None
    return Entry(name=name, batch=batch, latency_s=time_s, sequences_per_s=batch / time_s, energy_j=each,
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
        standard = gpu.estimate(device, shape, **{**options, "algorithm": "standard"})
        return standard, f"{error}; the standard one is shown."


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
    node = device.get("node_nm")
    return _entry(device.key, int(shape["batch"]), result.time_s, result.energy_j, simulated=False,
                  roofline=device.kind == "roofline", low_s=low, high_s=high, numbers=result.numbers,
                  utilisation=result.of_peak, bound_by=result.bound_by(), operations=result.operations,
                  moved_bytes=result.moved_bytes, peak=result.peak, memory=device.get("memory_gb_per_s") * 1e9,
                  technology=f"{node:g} nm" if node else "",
                  energy_low_j=_energy_at(device, "idle_w", result, shape),
                  energy_high_j=_energy_at(device, "busy_w", result, shape),
                  persistent_s=_persistent_s(device, shape, options) if asked == "standard" else None,
                  terms=_terms(device, result, remark, found))


def _terms(device: Device, result: gpu.Estimate, remark: str, found: Optional[Interval]) -> dict[str, Any]:
    """What --explain prints of an estimate."""
    return {"algorithm": result.algorithm, "busy_s": result.busy_s, "call_s": result.call_s, "remark": remark,
            "parts_s": result.parts(), "kernels": result.terms, "interval": asdict(found) if found else None,
            "idle_w": device.get("idle_w"), "busy_w": device.get("busy_w"), "unverified": device.unverified()}


def _energy_at(device: Device, power: str, result: gpu.Estimate, shape: dict[str, Any]) -> Optional[float]:
    """Of a sequence at one power all the time; None for a roofline, whose time is a bound already."""
    return None if device.kind == "roofline" else device.get(power) * result.time_s / int(shape["batch"])

"""GPUs and CPUs: their data sheets (configs/gpus/*.yaml) and a closed formula for a recurrent network on
them.

A library runs a recurrent layer as one product for the input half of all steps, then step by step a product
with the recurrent weights and a kernel for the gates (cuDNN's standard algorithm; J. Appleyard et al., arXiv
1604.01946). Stacked layers and directions run one after the other. With G gates, hidden size H, input size I,
T steps, batch N:

    input half   max(bytes(G H I) / bandwidth, 2 G H I N T / peak) + one launch
    a step       max(bytes(G H H) / bandwidth, 2 G H H N / peak) + launches_per_step * launch
    dense layer  max(bytes(K M) / bandwidth, 2 K M n / peak) + one launch, for n vectors at once
    a call       one fixed overhead

bandwidth is the cache's where the layer's recurrent weights fit in it and the memory's, times the share of it
that libraries reach, where they do not; weights that are read once come from memory. peak is the data sheet's
for the numbers used, times the share that libraries reach. Energy is idle power over the whole time, and the
rest of the busy power while kernels work. Every device states these numbers with their sources.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from . import run
from .run import RunFailed
from .yaml_reader import InputError, Reader

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
BYTES = {"fp32": 4, "fp16": 2, "int8": 1}

# Every number of a device: its key, the range that makes sense, and its meaning.
NUMBERS = {
    "memory_gb_per_s": (0.1, 1e5, "memory bandwidth, data sheet"),
    "achieved_bandwidth": (0.01, 1.0, "share of the memory bandwidth that recurrent kernels reach"),
    "achieved_peak": (0.01, 1.0, "share of the peak that their products reach"),
    "cache_kib": (1, 1e7, "cache that keeps recurrent weights from step to step"),
    "cache_gb_per_s": (0.1, 1e6, "bandwidth of that cache"),
    "launches_per_step": (0, 100, "kernels, or parallel regions, in one step"),
    "launch_us": (0, 1e4, "time from one kernel to the next that the kernel itself does not need"),
    "call_us": (0, 1e6, "fixed time of one call of the library"),
    "idle_w": (0, 1e4, "power when idle"),
    "busy_w": (0.01, 1e4, "power when busy"),
}
FACTS = {"multiprocessors": (1, 1e4), "clock_mhz": (1, 1e5), "node_nm": (1, 1000), "register_kib": (0, 1e7),
         "shared_kib": (0, 1e7)}


@dataclass(frozen=True)
class Fact:
    """A number with where it comes from; `verified`: read in a source, not remembered or assumed."""

    value: float
    source: str
    verified: bool


@dataclass(frozen=True)
class Device:
    """A data sheet. `numbers` is the precision that estimates use, `facts` holds every number by key."""

    key: str
    name: str
    kind: str
    numbers: str
    peak_tflops: dict[str, Fact]
    facts: dict[str, Fact]

    def get(self, key: str) -> float:
        """The value of one number."""
        return self.facts[key].value

    def unverified(self) -> list[str]:
        """The keys of all numbers that nobody has read in a source."""
        return [key for key, fact in self.facts.items() if not fact.verified]


@dataclass
class Estimate:
    """Where the time of one call goes, in seconds, and its energy in joules. `of_peak` is the share of the
    data sheet's peak."""

    memory_s: float = 0.0
    arithmetic_s: float = 0.0
    launch_s: float = 0.0
    call_s: float = 0.0
    operations: float = 0.0
    time_s: float = 0.0
    energy_j: float = 0.0
    of_peak: float = 0.0
    terms: list[dict[str, Any]] = field(default_factory=list)

    def bound_by(self) -> str:
        """The largest part of the time."""
        parts = {"memory": self.memory_s, "arithmetic": self.arithmetic_s,
                 "launches": self.launch_s + self.call_s}
        return max(parts, key=lambda name: parts[name])


def read_device(path: Path) -> Device:
    """The device in the file; InputError with every mistake of the file."""
    reader = Reader(path)
    required = ("name", "kind", "numbers", "peak_tflops", *NUMBERS)
    keys = reader.mapping(reader.root, "the device", known=(*required, *FACTS, "what"), required=required)
    name = reader.text(keys["name"], "name") if "name" in keys else ""
    kind = reader.choice(keys["kind"], "kind", ("gpu", "cpu")) if "kind" in keys else ""
    numbers = reader.choice(keys["numbers"], "numbers", BYTES) if "numbers" in keys else ""
    peaks = {}
    if "peak_tflops" in keys:
        nodes = reader.mapping(keys["peak_tflops"], "peak_tflops", known=BYTES)
        peaks = {key: _fact(reader, node, f"peak_tflops.{key}", 1e-4, 1e5) for key, node in nodes.items()}
        if numbers and numbers not in nodes:
            reader.note(keys["peak_tflops"],
                        f"peak_tflops has no {numbers}, the numbers that this device uses")
    facts = {}
    for key, (low, high) in {**{k: v[:2] for k, v in NUMBERS.items()}, **FACTS}.items():
        if key in keys:
            facts[key] = _fact(reader, keys[key], key, low, high)
    reader.finish()
    return Device(path.stem, name, kind, numbers, peaks, facts)


def _fact(reader: Reader, node: Any, what: str, low: float, high: float) -> Fact:
    keys = reader.mapping(node, what, known=("value", "source", "verified"),
                          required=("value", "source", "verified"))
    if len(keys) != 3:
        return Fact(low, "", False)
    return Fact(reader.number(keys["value"], f"{what}.value", low, high),
                reader.text(keys["source"], f"{what}.source"),
                reader.boolean(keys["verified"], f"{what}.verified"))


def find_device(name: str) -> Optional[Path]:
    """The file of a device: a path or a name in configs/gpus."""
    return run.find_config("gpus", name)


def estimate(device: Device, shape: dict[str, Any]) -> Estimate:
    """The formula at the top of this file, for the `network_shape` of a report."""
    result = Estimate()
    try:
        for layer in shape["recurrent_layers"]:
            _recurrent_layer(device, layer, result)
        for layer in shape.get("dense_layers", []):
            weights = int(layer["inputs"]) * int(layer["outputs"])
            _kernel(device, result, "dense layer", weights, int(layer["times"]), cached=False)
    except (KeyError, TypeError, ValueError) as error:
        raise RunFailed(f"the report's network_shape cannot be read: {error!r}") from error
    result.call_s = device.get("call_us") * 1e-6
    working = result.memory_s + result.arithmetic_s
    result.time_s = working + result.launch_s + result.call_s
    idle_w, busy_w = device.get("idle_w"), device.get("busy_w")
    result.energy_j = idle_w * result.time_s + (busy_w - idle_w) * working
    result.of_peak = result.operations / (result.time_s * device.peak_tflops[device.numbers].value * 1e12)
    return result


def _recurrent_layer(device: Device, layer: dict[str, Any], result: Estimate) -> None:
    cell = str(layer["cell"])
    if cell not in GATES:
        raise RunFailed(f"the formula knows no cell {cell}; known: {', '.join(GATES)}")
    hidden, steps, batch = int(layer["hidden"]), int(layer["steps"]), int(layer["batch"])
    inputs = 0 if layer.get("skip_input") else int(layer["input"])
    for _ in range(int(layer.get("directions", 1))):
        if inputs:
            _kernel(device, result, "input half", GATES[cell] * hidden * inputs, batch * steps, cached=False)
        _kernel(device, result, "step", GATES[cell] * hidden * hidden, batch, cached=True, times=steps,
                launches=device.get("launches_per_step"))


def _kernel(device: Device, result: Estimate, name: str, weights: int, vectors: int, cached: bool,
            times: int = 1,
            launches: float = 1.0) -> None:
    """Adds `times` products of `vectors` vectors with the weights."""
    size = weights * BYTES[device.numbers]
    in_cache = cached and size <= device.get("cache_kib") * 1024
    bandwidth = (device.get("cache_gb_per_s") if in_cache else
                 device.get("memory_gb_per_s") * device.get("achieved_bandwidth")) * 1e9
    peak = device.peak_tflops[device.numbers].value * 1e12
    memory = size / bandwidth
    arithmetic = 2.0 * weights * vectors / (peak * device.get("achieved_peak"))
    launch = launches * device.get("launch_us") * 1e-6
    if memory >= arithmetic:
        result.memory_s += times * memory
    else:
        result.arithmetic_s += times * arithmetic
    result.launch_s += times * launch
    result.operations += 2.0 * weights * vectors * times
    result.terms.append({"kernel": name, "times": times, "weight_bytes": size,
                         "from": "cache" if in_cache else "memory",
                         "memory_s": memory, "arithmetic_s": arithmetic, "launch_s": launch})


def is_device_file(path: Path) -> bool:
    """Whether the YAML file is a device, not a chip: a device states its `kind`."""
    try:
        reader = Reader(path)
        return "kind" in reader.mapping(reader.root, str(path))
    except InputError:
        return False

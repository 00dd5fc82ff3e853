"""A whole network on a GPU, a CPU or a published accelerator: the formula of one product (formula.py) over the layers.

With G gates, hidden size H, input size I, T steps and N sequences, a layer is

    input half   a product of (G H) x I with N T vectors, and a launch
    a step       a product of (G H) x H with N vectors, its weights used again each step, and the step's launches
    dense layer  a product with all of its vectors, and a launch

Both directions of a layer run at once, and stacked layers in a wavefront (step t of one beside step t + 1 of the one
below): their products share the machine, so their times add up, but their launches overlap, at most WAVEFRONT of them
(Appleyard et al. gain about 2 with four layers). A network is one call of the library.

The persistent algorithm keeps the recurrent weights in registers, where they fit: a step is its arithmetic and one
synchronisation of the whole GPU, SYNC_LAUNCHES of a launch. A roofline layer is the largest of all its memory time, all
its arithmetic, and `step_us` a step; a machine of `sequences_at_once` runs a larger batch in turns. It is a bound.

Energy is an account of power, not a measurement: idle power over the whole time, what the busy power has more while
products run, and WAITING_SHARE of that between kernels and in synchronisations, where clocks are up and nothing
computes. Busy power is the board's limit where nothing better is known. Neither share nor limit is measured; idle power
all the time and busy power all the time are bounds.
"""

import math
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

from . import formula
from .device import Device
from .formula import OVERLAP, Constants, Processor
from .simulator import ROOT, RunFailed
from .yaml_reader import InputError, Reader

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
ALGORITHMS = ("standard", "persistent")
WAVEFRONT = 2.0
# A step of 1152 units, batch 4, took 3.8 us on a Titan X, 2.2 us of it arithmetic (2.8 TFLOPS: G. Diamos et al.,
# Persistent RNNs, ICML 2016; the size from memory).
SYNC_LAUNCHES = 0.33
REGISTER_SHARE = 0.9
# Assumed: of the way from idle to busy power, where a launched processor stands that waits.
WAITING_SHARE = 0.1
CONSTANTS = ROOT / "configs/gpus/model/constants.yaml"


@dataclass
class Estimate:
    """Where the time of one call goes, in seconds, and its energy in joules. `of_peak` is the share of the data sheet's
    peak, `moved_bytes` what comes from memory, `busy_s` how long products run, `few` whether the recurrent products are
    of few vectors, `terms` one entry a kind of kernel."""

    memory_s: float = 0.0
    arithmetic_s: float = 0.0
    recurrence_s: float = 0.0
    launch_s: float = 0.0
    call_s: float = 0.0
    operations: float = 0.0
    moved_bytes: float = 0.0
    time_s: float = 0.0
    peak: float = 0.0
    busy_s: float = 0.0
    energy_j: float = 0.0
    of_peak: float = 0.0
    few: bool = True
    numbers: str = ""
    algorithm: str = "standard"
    terms: list[dict[str, Any]] = field(default_factory=list)

    def parts(self) -> dict[str, float]:
        """The time by what it is spent on."""
        return {"memory": self.memory_s, "arithmetic": self.arithmetic_s, "recurrence": self.recurrence_s,
                "launches": self.launch_s + self.call_s}

    def bound_by(self) -> str:
        """The largest part of the time."""
        parts = self.parts()
        return max(parts, key=lambda name: parts[name])


@dataclass(frozen=True)
class How:
    """How a device runs a network: precision, library, algorithm, and the constants of the formula."""

    device: Device
    on: Processor
    constants: Constants
    numbers: str
    algorithm: str


@lru_cache
def read_constants(path: Path = CONSTANTS) -> Constants:
    """The fitted constants; InputError with every mistake of the file."""
    reader = Reader(path)
    keys = reader.mapping(reader.root, "the constants", known=formula.NAMES, required=formula.NAMES)
    values = {name: reader.number(keys[name], name, 1e-6, 1e6) for name in formula.NAMES if name in keys}
    reader.finish()
    return Constants(**values)


def how(device: Device, constants: Constants, numbers: str = "", library: str = "", algorithm: str = "standard") -> How:
    """The device with a precision and a library; its own where none is given. InputError where it cannot."""
    numbers, library = numbers or device.numbers, library or device.library
    if algorithm not in ALGORITHMS:
        raise InputError(f"there is no algorithm {algorithm}; known: {', '.join(ALGORITHMS)}")
    if algorithm == "persistent" and device.kind != "gpu":
        raise InputError(f"{device.key} is no GPU: the persistent algorithm does not run on it")
    given = {"gpu": constants, "cpu": formula.ON_THREADS, "roofline": formula.ON_PAPER}[device.kind]
    return How(device, formula.processor(device, numbers, library), given, numbers, algorithm)


def estimate(device: Device, shape: dict[str, Any], constants: Optional[Constants] = None, **options: str) -> Estimate:
    """The formula for the `network_shape` of a report. Options: numbers, library, algorithm."""
    way = how(device, constants or read_constants(), **options)
    result = Estimate(numbers=way.numbers, algorithm=way.algorithm)
    try:
        layers = [_Layer.of(layer) for layer in shape["recurrent_layers"]]
        for stack in _stacks(layers):
            for layer in stack:
                _recurrent_layer(way, layer, _overlap(way, stack, layer), result)
        for layer in shape.get("dense_layers", []):
            rows, depth = int(layer["outputs"]), int(layer["inputs"])
            _kernel(way, result, _Product("dense layer", rows, depth, int(layer["times"]), 1), 1.0)
    except (KeyError, TypeError, ValueError) as error:
        raise RunFailed(f"the report's network_shape cannot be read: {error!r}") from error
    result.call_s = float(formula.call_s(way.on, way.constants))
    working = result.memory_s + result.arithmetic_s + result.recurrence_s
    result.time_s = working + result.launch_s + result.call_s
    result.busy_s = working - (result.recurrence_s if way.algorithm == "persistent" else 0.0)
    idle_w, busy_w = device.get("idle_w"), device.get("busy_w")
    waiting = WAITING_SHARE * (result.time_s - result.busy_s)
    result.energy_j = idle_w * result.time_s + (busy_w - idle_w) * (result.busy_s + waiting)
    result.peak = float(way.on.peak)
    result.of_peak = result.operations / (result.time_s * result.peak)
    return result


@dataclass(frozen=True)
class _Layer:
    cell: str
    inputs: int
    hidden: int
    directions: int
    steps: int
    batch: int

    @staticmethod
    def of(layer: dict[str, Any]) -> "_Layer":
        cell = str(layer["cell"])
        if cell not in GATES:
            raise RunFailed(f"the formula knows no cell {cell}; known: {', '.join(GATES)}")
        return _Layer(cell, 0 if layer.get("skip_input") else int(layer["input"]), int(layer["hidden"]),
                      int(layer.get("directions", 1)), int(layer["steps"]), int(layer["batch"]))


def _stacks(layers: list[_Layer]) -> list[list[_Layer]]:
    """Neighbouring layers of one direction, as many steps and sequences: they can run in a wavefront."""
    stacks: list[list[_Layer]] = []
    for layer in layers:
        last = stacks[-1][-1] if stacks else None
        if last and layer.directions == last.directions == 1 and (layer.steps, layer.batch) == (last.steps, last.batch):
            stacks[-1].append(layer)
        else:
            stacks.append([layer])
    return stacks


def _overlap(way: How, stack: list[_Layer], layer: _Layer) -> float:
    """The share of the layer's launches that nothing hides. L layers of T steps take T + L - 1 slots, not T L."""
    if way.device.kind != "gpu" or way.algorithm != "standard":
        return 1.0
    count = len(stack) if layer.directions == 1 else layer.directions
    fill = count - 1 if layer.directions == 1 else 0
    return max(1.0 / WAVEFRONT, (layer.steps + fill) / (layer.steps * count))


@dataclass(frozen=True)
class _Product:
    """A product of rows x depth weights with some vectors, so many times in a call."""

    kernel: str
    rows: int
    depth: int
    vectors: int
    times: int

    def operations(self) -> float:
        return 2.0 * self.rows * self.depth * self.vectors * self.times


def _recurrent_layer(way: How, layer: _Layer, share: float, result: Estimate) -> None:
    rows = GATES[layer.cell] * layer.hidden
    result.few = layer.batch <= formula.FEW
    if way.device.kind == "roofline":
        _roofline_layer(way, result, rows, layer)
        return
    for _ in range(layer.directions):
        if layer.inputs:
            _kernel(way, result, _Product("input half", rows, layer.inputs, layer.batch * layer.steps, 1), share)
        if way.algorithm == "persistent":
            _persistent(way, result, _Product("persistent step", rows, layer.hidden, layer.batch, layer.steps))
        else:
            _kernel(way, result, _Product("first step", rows, layer.hidden, layer.batch, 1), share, step=True)
            if layer.steps > 1:
                later = _Product("step", rows, layer.hidden, layer.batch, layer.steps - 1)
                _kernel(way, result, later, share, step=True, repeated=True)


def _persistent(way: How, result: Estimate, step: _Product) -> None:
    """All steps in one kernel: per step its arithmetic and a synchronisation."""
    device = way.device
    size = step.rows * step.depth * float(way.on.weight_bytes)
    room = REGISTER_SHARE * device.get("register_kib") * 1024
    if size > room:
        raise InputError(f"{device.key}: {size / 1024:.0f} KiB of recurrent weights do not fit in "
                         f"{room / 1024:.0f} KiB of registers, as the persistent algorithm needs")
    in_registers = replace(way.on, fixed_tiles=0.0, cache_bytes=0.0, memory=1e30)
    work = formula.product(in_registers, step.rows, step.depth, step.vectors, True, way.constants)
    arithmetic, sync = float(work.arithmetic), SYNC_LAUNCHES * float(way.on.launch_s)
    result.arithmetic_s += step.times * arithmetic
    result.recurrence_s += step.times * sync
    result.launch_s += float(way.on.launch_s)
    result.moved_bytes += size
    _note(way, result, step, (0.0, arithmetic, sync), arithmetic + sync)


def _kernel(way: How, result: Estimate, product: _Product, share: float, step: bool = False,
            repeated: bool = False) -> None:
    """Adds the products and their launches; the products' time goes to their longest part."""
    on = way.on
    work = formula.product(on, product.rows, product.depth, product.vectors, repeated, way.constants)
    of_step = float(formula.step_launches_s(on, product.vectors, way.constants))
    launch = of_step if step else float(on.launch_s)
    parts = (float(work.memory), float(work.arithmetic), float(work.recurrence))
    _to_longest(result, parts, product.times * float(work.total))
    result.launch_s += product.times * launch * share
    result.moved_bytes += product.times * float(work.moved)
    _note(way, result, product, parts, float(work.total), launch * share)
    result.terms[-1].update(moved_bytes=float(work.moved), cached_bytes=float(work.cached),
                            results=float(work.results), launch_share=share,
                            overlap=OVERLAP if math.isfinite(float(on.overlap)) else None,
                            launches=of_step / float(on.launch_s) if step and on.launch_s else 1.0)


def _to_longest(result: Estimate, parts: tuple[float, float, float], seconds: float) -> None:
    """Adds time to what takes longest of memory, arithmetic and recurrence."""
    name = ("memory_s", "arithmetic_s", "recurrence_s")[parts.index(max(parts))]
    setattr(result, name, getattr(result, name) + seconds)


def _roofline_layer(way: How, result: Estimate, rows: int, layer: _Layer) -> None:
    step = way.device.get("step_us") * 1e-6
    turns = math.ceil(layer.batch / way.device.get("sequences_at_once", layer.batch))
    for _ in range(layer.directions):
        work = formula.product(way.on, rows, layer.hidden, layer.batch, True, way.constants)
        memory, arithmetic = turns * layer.steps * float(work.memory), layer.steps * float(work.arithmetic)
        result.moved_bytes += turns * layer.steps * float(work.moved)
        if layer.inputs:
            first = formula.product(way.on, rows, layer.inputs, layer.batch * layer.steps, False, way.constants)
            memory, arithmetic = memory + float(first.memory), arithmetic + float(first.arithmetic)
            result.moved_bytes += float(first.moved)
        parts = (memory, arithmetic, turns * layer.steps * step)
        _to_longest(result, parts, max(parts))
        whole = _Product("layer", rows, layer.inputs + layer.hidden, layer.batch * layer.steps, 1)
        _note(way, result, whole, parts, max(parts))


def _note(way: How, result: Estimate, product: _Product, parts: tuple[float, float, float], total: float,
          launch: float = 0.0) -> None:
    """Adds the product to what is explained: seconds of one of its times, by memory, arithmetic and recurrence."""
    result.operations += product.operations()
    memory, arithmetic, recurrence = parts
    result.terms.append({**asdict(product), "weight_bytes": product.rows * product.depth * float(way.on.weight_bytes),
                         "memory_s": memory, "arithmetic_s": arithmetic, "recurrence_s": recurrence, "product_s": total,
                         "launch_s": launch})

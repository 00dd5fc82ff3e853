"""The time of one product of a recurrent network on a GPU: a closed formula with nine fitted constants.

A library runs a recurrent layer as one product for the input half of all steps, then step by step a product with the
recurrent weights and kernels for the gates (cuDNN's standard algorithm; J. Appleyard et al., arXiv 1604.01946). A
product of `rows` x `depth` weights with `vectors` vectors takes

    memory       bytes / (bandwidth_share x bandwidth): the weights, the vectors read and the results written. Half of
                 the cache holds vectors and results, and in what they leave weights of the step before: these bytes
                 pass at the cache's bandwidth
    arithmetic   2 rows depth vectors / (peak_share x peak)
    recurrence   the walk along the depth, below

combined as the fourth root of the sum of fourth powers (their overlap is good, not perfect). A step adds the time
in which no product runs: kernels_few launches for up to four vectors, which libraries treat as matrix times vector,
kernels_many from 16 on; a call adds call_launches. Between 4 and 16 vectors, where hardly any row was measured,
launches, tiles and walk go over from one to the other in a straight line, so that a sequence more is no cliff.

How the libraries differ:
 - cuDNN 5 and 6 (cuBLAS up to 8) give products of many vectors large tiles of results: 64 vectors, and as many rows as
   a multiprocessor has lanes (128; 64 on a P100). Vectors are padded to 64, the last wave of tiles over the
   multiprocessors may be nearly empty, and each tile walks the depth alone, at walk_ns per element.
 - Later ones choose small tiles and split the depth, which fills the multiprocessors: no walk, no waves, vectors padded
   to 8. On tensor cores they reach tensor_share of what peak_share says.
 - MIOpen 1 launches miopen_launches times as long and reaches miopen_share of the shares.

All functions take numbers or numpy arrays of them.
"""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Union

import numpy as np

from .device import BYTES, FIXED_TILES, Device

Number = Union[float, np.ndarray]

FEW = 4
MANY = 16
TILE_VECTORS = 64
GRANULE = 8
OVERLAP = 4.0
CACHE_SHARE = 0.5


@dataclass(frozen=True)
class Constants:
    """What no data sheet says. The nine are fitted on measured rows (model_error.py) from these start values. Those of
    one chip family start at 1, so that a fit without the family says nothing of it."""

    kernels_few: float = 3.0
    kernels_many: float = 7.0
    call_launches: float = 8.0
    bandwidth_share: float = 0.75
    peak_share: float = 0.75
    walk_ns: float = 80.0
    tensor_share: float = 1.0
    miopen_launches: float = 1.0
    miopen_share: float = 1.0


MEANINGS = {
    "kernels_few": "launch times a step without work, up to 4 vectors",
    "kernels_many": "the same from 16 vectors on",
    "call_launches": "launch times a call of the library",
    "bandwidth_share": "share of memory and cache bandwidth reached",
    "peak_share": "share of the peak reached by full tiles",
    "walk_ns": "ns per element of depth in a tile, cuDNN 5, 6",
    "tensor_share": "further share on tensor cores",
    "miopen_launches": "launches of MIOpen 1 against cuDNN",
    "miopen_share": "further share of bandwidth and peak, MIOpen 1",
}
NAMES = tuple(field.name for field in fields(Constants))

# Assumed, not fitted: no CPU has a measured row here. A parallel region for the product and one for the gates.
ON_THREADS = Constants(kernels_few=2, kernels_many=2, call_launches=7, bandwidth_share=0.7, peak_share=0.5, walk_ns=0,
                       tensor_share=1, miopen_launches=1, miopen_share=1)
# A roofline: all of the data sheet.
ON_PAPER = replace(ON_THREADS, kernels_few=0, kernels_many=0, call_launches=0, bandwidth_share=1, peak_share=1)


@dataclass(frozen=True)
class Processor:
    """What the formula needs of a device with a library and a precision, in SI units. Flags are 0 or 1."""

    multiprocessors: Number
    memory: Number
    cache_bytes: Number
    cache: Number
    peak: Number
    tensor: Number
    launch_s: Number
    fixed_tiles: Number
    miopen: Number
    tile_rows: Number
    granule: Number
    overlap: Number
    weight_bytes: Number


@dataclass(frozen=True)
class Work:
    """Seconds that a product takes, alone and in its three parts; the bytes that it takes from memory and from the
    cache; the results that it computes, with padding."""

    memory: Number
    arithmetic: Number
    recurrence: Number
    total: Number
    moved: Number
    cached: Number
    results: Number


def processor(device: Device, numbers: str, library: str) -> Processor:
    """The device as the formula sees it."""
    peak, tensor = device.peak(numbers, library)
    fixed = library in FIXED_TILES
    return Processor(multiprocessors=device.get("multiprocessors", 1), memory=device.get("memory_gb_per_s") * 1e9,
                     cache_bytes=CACHE_SHARE * device.get("cache_kib") * 1024,
                     cache=device.get("cache_gb_per_s") * 1e9, peak=peak, tensor=float(tensor),
                     launch_s=device.get("launch_us") * 1e-6, fixed_tiles=float(fixed),
                     miopen=float(library == "miopen1"), tile_rows=_lanes(device),
                     granule=GRANULE if device.kind == "gpu" else 1,
                     overlap=np.inf if device.kind == "roofline" else OVERLAP, weight_bytes=BYTES[numbers])


def _lanes(device: Device) -> float:
    """fp32 lanes of a multiprocessor, from the peak: two operations a clock each."""
    if "fp32" not in device.peak_tflops or "multiprocessors" not in device.facts:
        return 128.0
    lanes = device.peak_tflops["fp32"].value * 1e6 / (2 * device.get("clock_mhz") * device.get("multiprocessors"))
    return 2.0 ** max(0, round(math.log2(lanes)))


def stacked(processors: list[Processor]) -> Processor:
    """Many processors as one of arrays."""
    return Processor(*(np.array([getattr(p, f.name) for p in processors], dtype=float) for f in fields(Processor)))


def product(on: Processor, rows: Number, depth: Number, vectors: Number, repeated: Any, constants: Constants) -> Work:
    """One product with its weights; `repeated` where the same weights were used the step before. Rooflines keep vectors
    and results on the chip."""
    vectors_bytes = np.where(np.isinf(on.overlap), 0.0, vectors * (rows + depth) * on.weight_bytes)
    cached = np.minimum(vectors_bytes, on.cache_bytes)
    weights = rows * depth * on.weight_bytes
    kept = cached + np.where(repeated, np.minimum(weights, on.cache_bytes - cached), 0.0)
    size = weights + vectors_bytes
    vendor = np.where(on.miopen, constants.miopen_share, 1.0)
    memory = ((size - kept) / on.memory + kept / on.cache) / (constants.bandwidth_share * vendor)
    rate = on.peak * constants.peak_share * vendor * np.where(on.tensor, constants.tensor_share, 1.0)
    many = many_share(vectors)
    tiles = np.ceil(rows / on.tile_rows) * np.ceil(vectors / TILE_VECTORS)
    waves = np.ceil(tiles / on.multiprocessors) * on.multiprocessors * on.tile_rows * TILE_VECTORS
    padded = rows * np.ceil(vectors / on.granule) * on.granule
    results = rows * vectors + many * (np.where(on.fixed_tiles, waves, padded) - rows * vectors)
    arithmetic = 2.0 * depth * results / rate
    walk = np.where(on.fixed_tiles, many * constants.walk_ns * 1e-9 * depth, 0.0)
    return Work(memory, arithmetic, walk, together(on.overlap, memory, arithmetic, walk), size - kept, kept,
                results)


def many_share(vectors: Number) -> Number:
    """How far a product has gone over from matrix times vector (0) to the kernels of many vectors (1)."""
    return np.clip((vectors - FEW) / (MANY - FEW), 0.0, 1.0)


def together(overlap: Number, *parts: Number) -> Number:
    """Parts that overlap: the root of the sum of their powers; the largest for an infinite power."""
    longest = np.maximum(np.maximum(parts[0], parts[1]), parts[2])
    scale = np.where(longest > 0, longest, 1.0)
    return longest * np.maximum(1.0, sum((part / scale) ** overlap for part in parts)) ** (1.0 / overlap)


def step_launches_s(on: Processor, vectors: Number, constants: Constants) -> Number:
    """The time of a step in which no product runs."""
    kernels = constants.kernels_few + many_share(vectors) * (constants.kernels_many - constants.kernels_few)
    return kernels * on.launch_s * np.where(on.miopen, constants.miopen_launches, 1.0)


def call_s(on: Processor, constants: Constants) -> Number:
    """The fixed time of a call."""
    return constants.call_launches * on.launch_s * np.where(on.miopen, constants.miopen_launches, 1.0)

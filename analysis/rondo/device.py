"""Processors to compare with: their data sheets, configs/gpus/*.yaml, one file each.

Every number is `{value, source, verified}`. Nothing here is fitted: what the data sheet cannot say (how much of the
bandwidth a library reaches) is in the model's few constants, which all devices share.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from . import simulator
from .yaml_reader import InputError, Reader

BYTES = {"fp32": 4, "fp16": 2, "int8": 1}
KINDS = ("gpu", "cpu", "roofline")

# Libraries by the way they run a product: see formula.py.
LIBRARIES = ("cudnn5", "cudnn6", "cudnn7", "cudnn8", "cudnn9", "miopen1", "threads")
FIXED_TILES = ("cudnn5", "cudnn6")

# Every number of a device: its key, and the range that makes sense, so that most wrong units are found.
NUMBERS = {
    "multiprocessors": (1, 1e4), "clock_mhz": (1, 1e5), "node_nm": (1, 1000), "register_kib": (0, 1e7),
    "shared_kib": (0, 1e7), "memory_gb_per_s": (0.1, 1e5), "cache_kib": (128, 1e7), "cache_gb_per_s": (0.1, 1e6),
    "launch_us": (0, 100), "step_us": (0, 1e4), "sequences_at_once": (1, 1e6), "idle_w": (0, 1e4),
    "busy_w": (0.01, 1e4),
}
_ALWAYS = ("clock_mhz", "memory_gb_per_s", "cache_kib", "cache_gb_per_s", "idle_w", "busy_w")
_REQUIRED = {
    "gpu": (*_ALWAYS, "library", "multiprocessors", "register_kib", "launch_us"),
    "cpu": (*_ALWAYS, "library", "multiprocessors", "launch_us"),
    "roofline": (*_ALWAYS, "step_us"),
}


@dataclass(frozen=True)
class Fact:
    """A number with where it comes from; `verified`: read in a source, not remembered or assumed."""

    value: float
    source: str
    verified: bool


@dataclass(frozen=True)
class Device:
    """A data sheet. `numbers` is the precision that estimates use unless told otherwise; `tensor_tflops` holds the
    peaks of tensor cores."""

    key: str
    name: str
    kind: str
    numbers: str
    library: str
    peak_tflops: dict[str, Fact]
    tensor_tflops: dict[str, Fact]
    facts: dict[str, Fact]

    def get(self, key: str, otherwise: float = 0.0) -> float:
        """The value of one number."""
        return self.facts[key].value if key in self.facts else otherwise

    def peak(self, numbers: str, library: str) -> tuple[float, bool]:
        """Operations per second for the numbers, and whether tensor cores do them. Libraries before cuDNN 7 know no
        tensor cores. InputError where the device has no peak for the numbers."""
        if numbers in self.tensor_tflops and library not in FIXED_TILES:
            return self.tensor_tflops[numbers].value * 1e12, True
        if numbers in self.peak_tflops:
            return self.peak_tflops[numbers].value * 1e12, False
        known = ", ".join(dict.fromkeys([*self.peak_tflops, *self.tensor_tflops]))
        raise InputError(f"{self.key} has no peak for {numbers}; it has {known}")

    def unverified(self) -> list[str]:
        """The keys of all numbers that nobody has read in a source."""
        return [key for key, fact in self.facts.items() if not fact.verified]


def read_device(path: Path) -> Device:
    """The device in the file; InputError with every mistake of the file."""
    reader = Reader(path)
    kind = _kind(reader)
    common = ("name", "kind", "numbers", "peak_tflops")
    keys = reader.mapping(reader.root, "the device",
                          known=(*common, "what", "library", "tensor_tflops", *NUMBERS),
                          required=(*common, *_REQUIRED.get(kind, ())))
    name = reader.text(keys["name"], "name") if "name" in keys else ""
    if "kind" in keys:
        reader.choice(keys["kind"], "kind", KINDS)
    numbers = reader.choice(keys["numbers"], "numbers", BYTES) if "numbers" in keys else ""
    library = reader.choice(keys["library"], "library", LIBRARIES) if "library" in keys else "none"
    if "library" in keys and kind in ("gpu", "cpu") and (library == "threads") != (kind == "cpu"):
        reader.note(keys["library"],
                    f"library: {library} does not run on a {kind}; threads are a CPU's, the others a GPU's")
    before = len(reader.mistakes)
    peaks = {table: _peaks(reader, keys, table) for table in ("peak_tflops", "tensor_tflops")}
    readable = len(reader.mistakes) == before
    if readable and "peak_tflops" in keys and numbers and not any(numbers in peaks[table] for table in peaks):
        reader.note(keys["peak_tflops"], f"peak_tflops has no {numbers}, the numbers that this device uses")
    read = {key: _fact(reader, keys[key], key, low, high) for key, (low, high) in NUMBERS.items() if key in keys}
    facts = {key: fact for key, fact in read.items() if fact}
    if "idle_w" in facts and "busy_w" in facts and facts["idle_w"].value > facts["busy_w"].value:
        reader.note(keys["idle_w"], "idle_w is larger than busy_w")
    _check_peak(reader, keys, kind, peaks["peak_tflops"], facts)
    reader.finish()
    return Device(path.stem, name, kind, numbers, library, peaks["peak_tflops"], peaks["tensor_tflops"], facts)


def _check_peak(reader: Reader, keys: dict[str, Any], kind: str, peaks: dict[str, Fact],
                facts: dict[str, Fact]) -> None:
    """A GPU's fp32 peak must be two operations a clock of 32 to 256 lanes a multiprocessor, or a unit is wrong."""
    if kind != "gpu" or "fp32" not in peaks or not {"clock_mhz", "multiprocessors"} <= facts.keys():
        return
    lanes = peaks["fp32"].value * 1e6 / (2 * facts["clock_mhz"].value * facts["multiprocessors"].value)
    if not 29 <= lanes <= 282:
        reader.note(keys["clock_mhz"], f"clock_mhz, multiprocessors and the fp32 peak make {_plain(lanes)} lanes a "
                                       "multiprocessor; expected 32..256 (MHz? teraflops?)")


def _kind(reader: Reader) -> str:
    """What the file says that it is, before its other keys are judged; empty where it does not say."""
    if not hasattr(reader.root, "value") or not isinstance(reader.root.value, list):
        return ""
    said = [value.value for key, value in (pair for pair in reader.root.value if isinstance(pair, tuple))
            if key.value == "kind" and isinstance(value.value, str)]
    return said[0] if said and said[0] in KINDS else ""


def _plain(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _peaks(reader: Reader, keys: dict[str, Any], table: str) -> dict[str, Fact]:
    if table not in keys:
        return {}
    nodes = reader.mapping(keys[table], table, known=BYTES)
    read = {key: _fact(reader, node, f"{table}.{key}", 1e-4, 1e5) for key, node in nodes.items()}
    return {key: fact for key, fact in read.items() if fact}


def _fact(reader: Reader, node: Any, what: str, low: float, high: float) -> Optional[Fact]:
    """The number with its source; None where a mistake was noted, so that nothing else is judged by a stand-in."""
    before = len(reader.mistakes)
    keys = reader.mapping(node, what, known=("value", "source", "verified"), required=("value", "source", "verified"))
    if len(keys) != 3:
        return None
    fact = Fact(reader.number(keys["value"], f"{what}.value", low, high), reader.text(keys["source"], f"{what}.source"),
                reader.boolean(keys["verified"], f"{what}.verified"))
    return fact if len(reader.mistakes) == before else None


def find_device(name: str) -> Optional[Path]:
    """The file of a device: a path or a name in configs/gpus."""
    return simulator.find_config("gpus", name)


def is_device_file(path: Path) -> bool:
    """Whether the YAML file is a device, not a chip: a device states its `kind`."""
    try:
        reader = Reader(path)
        keys = reader.mapping(reader.root, str(path))
    except InputError:
        return False
    if not {"kind", "extends", "machine"} & set(keys):
        raise InputError(f"{path}: is neither a device, which has a `kind` ({', '.join(KINDS)}), nor a chip, which has "
                         "`extends` or `machine`")
    return "kind" in keys

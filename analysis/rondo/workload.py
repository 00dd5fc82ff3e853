"""The network of a comparison: its file, and how its sizes are set for one run."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Optional

from . import simulator
from .simulator import Report
from .yaml_reader import InputError, Reader

# What the open dimension of a batch is called in most exports.
BATCH_DIMENSION = "batch"
_NO_SUCH = re.compile(r"(?P<file>.*): --dim (?P<name>.*): the model has no open dimension of this name; "
                      r"it has (?P<open>.*)")


@dataclass(frozen=True)
class Workload:
    """A network as a command names it: a file, or a name in configs/networks. `dimensions` are sizes of an ONNX model's
    open dimensions, of which `batch_dimension` is the one that a batch size sets; `inputs` is a file of inputs, which
    sets them, too."""

    network: str
    dimensions: dict[str, int] = field(default_factory=dict)
    inputs: str = ""
    batch_dimension: str = BATCH_DIMENSION

    @cached_property
    def path(self) -> Path:
        return simulator.find_config("networks", self.network) or Path(self.network)

    @cached_property
    def is_onnx(self) -> bool:
        """Whether sizes are an ONNX model's, not entries of a network file: the model itself, or a file naming one."""
        return _is_binary(self.path) or "onnx" in self._keys

    @property
    def name(self) -> str:
        """What reports call it."""
        return self._keys.get("name", self.path.stem)

    def fixes_batch(self) -> bool:
        """Whether inputs from a file say how many sequences there are."""
        return bool(self.inputs) or "inputs" in self._keys

    def run(self, chip: str, batch: Optional[int] = None) -> Report:
        """One run of a chip without values, at a batch size or at the network's own. InputError with the simulator's
        words, in options of `./rondo compare`."""
        sizes, settings = dict(self.dimensions), {}
        if batch and self.is_onnx:
            sizes[self.batch_dimension] = batch
        elif batch:
            settings["network.batch"] = batch
        try:
            return simulator.run_once(chip, self.network, settings, dimensions=sizes, inputs=self.inputs)
        except InputError as error:
            lines = "\n".join(error.messages).splitlines()
            raise InputError(*(self._in_own_words(line, batch) for line in lines)) from error

    def run_for_shape(self, chip: str) -> Report:
        """A run at the network's own batch, or of one sequence where its batch is open."""
        try:
            return self.run(chip)
        except InputError as error:
            if not self._open_batch() in str(error):
                raise
        return self.run(chip, 1)

    def _open_batch(self) -> str:
        return f"dimension '{self.batch_dimension}' is open; set it with "

    def _in_own_words(self, message: str, batch: Optional[int]) -> str:
        found = _NO_SUCH.fullmatch(message)
        if batch and found and found["name"] == self.batch_dimension:
            if found["open"] == "none":
                return (f"{found['file']}: the batch of this model is fixed, because none of its dimensions is open; "
                        "leave --batch and --slo-ms away, export it with an open batch, or compare devices only")
            return (f"{found['file']}: the model has no open dimension {found['name']}, which --batch would set; name "
                    f"one with --batch-dim: {found['open']}")
        return message.replace(self._open_batch(), self._open_batch() + "--batch N, ")

    @cached_property
    def _keys(self) -> dict[str, str]:
        """The first level of a network file, with what is text; nothing where it cannot be read, as the simulator
        will say."""
        if _is_binary(self.path):
            return {}
        try:
            reader = Reader(self.path)
            return {key: str(node.value) for key, node in reader.mapping(reader.root, str(self.path)).items()}
        except InputError:
            return {}


def _is_binary(path: Path) -> bool:
    """Models are binary and have control characters near their start; YAML has none."""
    try:
        with path.open("rb") as file:
            return any(byte < 32 and byte not in b"\t\n\r" for byte in file.read(4096))
    except OSError:
        return False

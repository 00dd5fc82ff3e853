"""Reads a sweep file, checks it wholly, and expands it into points."""

import difflib
import hashlib
import itertools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Optional

import yaml

from . import run
from .quantities import Quantity, known_quantities, quantity
from .yaml_reader import InputError, Reader, Scalar

MAX_POINTS = 1_000_000

# Sizes of a YAML network that may be set, and what they may be. Any other entry of the file may be set by its
# path, too (network.layers.0.lstm.hidden); what the network makes of it, the simulator says point by point.
NETWORK_PARAMETERS = {"network.batch": "1..65536", "network.steps": "1..1073741824",
                      "network.features": "1..65536"}
_NETWORK_ENTRY = re.compile(r"network\.(input|layers|weights)\.\w+(\.\w+)*\Z")

Allowed = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Objective:
    """A figure of the report to be made small, or large."""

    quantity: Quantity
    maximise: bool


@dataclass(frozen=True)
class Point:
    """One simulation: what the worker is asked, and the hash of everything that the answer depends on."""

    number: int
    id: str
    chip: str
    network: str
    settings: dict[str, Scalar]
    request: dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """A checked sweep file. `chips` and `networks` map names to files, `parameters` maps paths to their
    values; `fixed` settings are the same for all points."""

    name: str
    chips: dict[str, Path]
    networks: dict[str, Path]
    fixed: dict[str, Scalar]
    parameters: dict[str, list[Scalar]]
    objectives: list[Objective]
    timing_only: bool
    point_seconds: float

    def points(self) -> list[Point]:
        """The grid: chips x networks x parameters, the last parameter changing fastest."""
        digests = {path: _digest(path) for path in {*self.chips.values(), *self.networks.values()}}
        names, grid = list(self.parameters), itertools.product(*self.parameters.values())
        combinations = itertools.product(self.chips.items(), self.networks.items(), list(grid))
        points = []
        for number, ((chip, chip_path), (network, network_path), values) in enumerate(combinations, start=1):
            settings = {**self.fixed, **dict(zip(names, values))}
            request = {"chip": str(chip_path), "network": str(network_path), "set": settings,
                       "timing_only": self.timing_only}
            identity = {"chip": chip, "network": network, "set": settings, "timing_only": self.timing_only,
                        "files": [digests[chip_path], digests[network_path]]}
            text = json.dumps(identity, sort_keys=True)
            points.append(Point(number, hashlib.sha256(text.encode()).hexdigest()[:32], chip, network,
                                settings, request))
        return points


def read_sweep(path: Path) -> Sweep:
    """The sweep in the file; InputError with every mistake of the file."""
    reader = Reader(path)
    keys = reader.mapping(reader.root, "the sweep",
                          known=("name", "source", "chips", "networks", "set", "parameters", "objectives",
                                 "timing_only", "point_seconds"),
                          required=("name", "chips", "networks", "parameters", "objectives"))
    name = reader.text(keys["name"], "name") if "name" in keys else ""
    if name and not name.replace("_", "").replace("-", "").isalnum():
        reader.note(keys["name"], f"name: '{name}' names a directory; expected letters, digits, _ and -")
    chips = _configs(reader, keys.get("chips"), "chips")
    networks = _configs(reader, keys.get("networks"), "networks")
    fixed, parameters = _axes(reader, keys, _described(reader, chips))
    timing_only = reader.boolean(keys["timing_only"], "timing_only") if "timing_only" in keys else True
    objectives = _objectives(reader, keys.get("objectives"), timing_only)
    seconds = 60.0
    if "point_seconds" in keys:
        seconds = reader.number(keys["point_seconds"], "point_seconds", 0.01, 1e6)
    count = len(chips) * len(networks)
    for values in parameters.values():
        count *= len(values)
    if count > MAX_POINTS:
        reader.note(reader.root, f"the grid has {count} points; at most {MAX_POINTS} are run")
    reader.finish()
    return Sweep(name, chips, networks, fixed, parameters, objectives, timing_only, seconds)


def _configs(reader: Reader, node: Optional[yaml.Node], kind: str) -> dict[str, Path]:
    """The named chips or networks with their files. A path is relative to the sweep file, or to here."""
    found: dict[str, Path] = {}
    for entry in reader.sequence(node, kind) if node is not None else []:
        given = reader.text(entry, kind)
        path = run.find_config(kind, given, reader.path.parent)
        name = path.stem if path else given
        if path is None:
            known = ", ".join(run.known_configs(kind)) or "none yet"
            reader.note(entry, f"there is no {kind[:-1]} {given}; known: {known}, or the path of a file")
        elif name in found:
            reader.note(entry, f"{kind}: {name} is given twice; names must differ")
        else:
            found[name] = path
    return found


def _described(reader: Reader, chips: dict[str, Path]) -> Allowed:
    """Chip -> parameter -> what it may be. A wrong chip file is a mistake of the sweep that names it."""
    known: Allowed = {}
    for chip, path in chips.items():
        try:
            known[chip] = {**run.describe(path), **NETWORK_PARAMETERS}
        except InputError as error:
            for message in error.messages:
                reader.note(reader.root, f"chip {chip}: {message}")
    return known


def _axes(reader: Reader, keys: dict[str, yaml.Node],
          known: Allowed) -> tuple[dict[str, Scalar], dict[str, list[Scalar]]]:
    """The sections `set` and `parameters`, each value checked against what the chips allow."""
    held = _settings(reader, keys.get("set"), "set", known)
    fixed = {name: reader.scalar(node, name) for name, node in held.items()}
    for name, value in fixed.items():
        _check_value(reader, held[name], name, value, known)
    swept = _settings(reader, keys.get("parameters"), "parameters", known)
    parameters = {name: _values(reader, node, name) for name, node in swept.items()}
    for name, values in parameters.items():
        for value in values:
            _check_value(reader, swept[name], name, value, known)
        if name in held:
            reader.note_key(swept[name], f"parameters: {name} is in set too; keep one")
    return fixed, parameters


def _settings(reader: Reader, node: Optional[yaml.Node], what: str, known: Allowed) -> dict[str, yaml.Node]:
    """The entries of `set` or `parameters`; names that a chip does not have are noted with the nearest that
    it has."""
    found = reader.mapping(node, what) if node is not None else {}
    for name, value in found.items():
        for chip, allowed in known.items():
            if name not in allowed and not _NETWORK_ENTRY.match(name):
                close = difflib.get_close_matches(name, allowed, n=3, cutoff=0.4) or sorted(allowed)[:5]
                reader.note_key(value, f"chip {chip} has no parameter {name}; close: {', '.join(close)}")
    return found


_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")


def _check_value(reader: Reader, node: yaml.Node, name: str, value: Scalar, known: Allowed) -> None:
    """Notes a value that the simulator would refuse whatever the other parameters are."""
    for allowed in dict.fromkeys(table[name] for table in known.values() if table.get(name)):
        ends = _RANGE.match(allowed)
        if ends:
            good = type(value) is int and int(ends[1]) <= value <= int(ends[2])
        else:
            good = str(value) in allowed.split(" | ")
        if not good:
            written = json.dumps(value) if isinstance(value, bool) else value
            reader.note(node, f"{name}: {written} is not allowed; expected {allowed}")


def _values(reader: Reader, node: yaml.Node, name: str) -> list[Scalar]:
    """A list of values, {log2: [first, last]} or {range: [first, last, step]}, both ends included."""
    if not isinstance(node, yaml.MappingNode):
        values = [reader.scalar(entry, name) for entry in reader.sequence(node, name)]
        for value in {str(v) for v in values if [str(w) for w in values].count(str(v)) > 1}:
            reader.note(node, f"{name}: {value} is given twice")
        return values
    laws = reader.mapping(node, name, known=("log2", "range"))
    if len(laws) != 1:
        reader.note(node, f"{name}: takes [a, b], {{log2: [first, last]}} or {{range: [first, last, step]}}")
        return []
    law, ends = next(iter(laws.items()))
    what = f"{name}.{law}"
    numbers = [reader.integer(entry, what, low=-2**53) for entry in reader.sequence(ends, what)]
    if law == "log2":
        if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1]:
            reader.note(ends, f"{name}: log2 takes [first, last] with 0 < first <= last")
            return []
        return list(_doubling(*numbers))
    if len(numbers) != 3 or numbers[2] <= 0 or numbers[0] > numbers[1]:
        reader.note(ends, f"{name}: range takes [first, last, step] with first <= last and step > 0")
        return []
    return list(range(numbers[0], numbers[1] + 1, numbers[2]))


def _doubling(first: int, last: int) -> Iterator[int]:
    while first <= last:
        yield first
        first *= 2


def _objectives(reader: Reader, node: Optional[yaml.Node], timing_only: bool) -> list[Objective]:
    """Two or three figures: a path, or {path: min} or {path: max}."""
    entries = reader.sequence(node, "objectives") if node is not None else []
    if node is not None and entries and len(entries) not in (2, 3):
        reader.note(node, f"objectives: {len(entries)} given; two or three are needed")
    found: dict[str, Objective] = {}
    for entry in entries:
        direction = None
        if isinstance(entry, yaml.MappingNode) and len(entry.value) == 1:
            path, value = next(iter(reader.mapping(entry, "an objective").items()), ("", entry))
            direction = reader.choice(value, path, ("min", "max"))
        else:
            path = reader.text(entry, "an objective")
        known = quantity(path)
        if known is None:
            reader.note(entry, f"reports have no figure {path}; known: {known_quantities()}")
        elif path in found:
            reader.note(entry, f"objectives: {path} is given twice")
        elif timing_only and path.startswith(("accuracy", "bits_per_character", "saturation")):
            reader.note(entry, f"{path} needs values; set timing_only: false")
        else:
            found[path] = Objective(known, known.more_is_better if direction is None else direction == "max")
    return list(found.values())


def _chain(path: Path) -> list[Path]:
    """A chip file and those that it extends, at most 16 of them."""
    files: list[Path] = []
    while path.is_file() and path not in files and len(files) < 16:
        files.append(path)
        parent = _plain_file(path).get("extends")
        if not isinstance(parent, str):
            break
        path = path.parent / parent
    return files


def _plain_file(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _digest(path: Path) -> str:
    """A hash of the file, of the files that it extends or names (model, inputs, calibration), and of all
    prices."""
    files = _chain(path)
    named = _plain_file(path)
    beside = [named.get(key) for key in ("onnx", "inputs", "calibration")]
    files += [path.parent / name for name in beside if isinstance(name, str)]
    files += sorted((run.ROOT / "configs" / "technology").glob("*.yaml"))
    total = hashlib.sha256()
    for file in files:
        if file.is_file():
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()

"""The sections `set` and `parameters` of a sweep file: what all points share, and what is varied."""

import difflib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import yaml

from . import simulator
from .expression import Expression, WrongExpression, parse
from .quantities import Figures, figures_of_tables
from .yaml_reader import InputError, Reader, Scalar

# Sizes of a YAML network that may be set, and what they may be. Any other entry of the file may be set by its
# path, too (network.layers.0.lstm.hidden); what the network makes of it, the simulator says point by point.
NETWORK_PARAMETERS = {"network.batch": "1..65536", "network.steps": "1..1073741824",
                      "network.features": "1..65536"}
_NETWORK_ENTRY = re.compile(r"network\.(input|layers|weights)\.\w+(\.\w+)*\Z")

# Parameters whose values are files, and the folder of configs/ where names stand for one.
FILES = {"technology": "technology", "dram.model": "dram"}

MAX_VALUES = 65536

Allowed = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Axis:
    """What is varied together: one parameter, or several that take their values from one list of tuples."""

    names: tuple[str, ...]
    values: list[tuple[Scalar, ...]]


@dataclass(frozen=True)
class Axes:
    """The two sections, checked. `derived` settings follow from the others."""

    fixed: dict[str, Scalar]
    derived: dict[str, Expression]
    axes: list[Axis]


def read_axes(reader: Reader, keys: dict[str, yaml.Node], known: Allowed) -> Axes:
    """The sections `set` and `parameters`, each value checked against what the chips allow (chip -> parameter
    -> what it may be)."""
    held = reader.mapping(keys["set"], "set") if "set" in keys else {}
    fixed: dict[str, Scalar] = {}
    derived: dict[str, Expression] = {}
    for name, node in held.items():
        _check_name(reader, node, name, known)
        value = reader.scalar(node, name)
        if isinstance(value, str) and value.startswith("="):
            expression = _formula(reader, node, name, value[1:])
            derived.update({name: expression} if expression else {})
        else:
            fixed[name] = value
            _check_value(reader, node, name, value, known)
    axes = _swept(reader, keys.get("parameters"), known, held)
    return Axes(fixed, derived, axes)


def _swept(reader: Reader, node: Optional[yaml.Node], known: Allowed, held: dict[str, yaml.Node]) -> list[Axis]:
    axes: list[Axis] = []
    seen: set[str] = set()
    for key, value in (reader.mapping(node, "parameters") if node is not None else {}).items():
        names = tuple(name.strip() for name in key.split(","))
        for name in names:
            _check_name(reader, value, name, known)
            if name in held:
                reader.note_key(value, f"parameters: {name} is in set too; keep one")
            if name in seen:
                reader.note_key(value, f"parameters: {name} is varied twice; keep one")
            seen.add(name)
        values = _values(reader, value, key) if len(names) == 1 else _tuples(reader, value, names)
        for one in values:
            for name, part in zip(names, one):
                _check_value(reader, value, name, part, known)
        axes.append(Axis(names, values))
    return axes


def is_network_entry(name: str) -> bool:
    """Whether the name is an entry of a network's file."""
    return bool(_NETWORK_ENTRY.match(name))


def _check_name(reader: Reader, node: yaml.Node, name: str, known: Allowed) -> None:
    """Notes a name that a chip does not have, with the nearest that it has."""
    for chip, allowed in known.items():
        if name not in allowed and not is_network_entry(name):
            close = difflib.get_close_matches(name, allowed, n=3, cutoff=0.4) or sorted(allowed)[:5]
            reader.note_key(node, f"chip {chip} has no parameter {name}; close: {', '.join(close)}")


_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")


def _check_value(reader: Reader, node: yaml.Node, name: str, value: Scalar, known: Allowed) -> None:
    """Notes a value that the simulator would refuse whatever the other parameters are."""
    if name in FILES:
        names = simulator.known_configs(FILES[name]) + (["ideal"] if name == "dram.model" else [])
        if str(value) not in names and not Path(str(value)).is_file():
            reader.note(node, f"{name}: there is no {value}; known: {', '.join(names)}, or the path of a file")
        return
    for allowed in dict.fromkeys(table[name] for table in known.values() if table.get(name)):
        ends = _RANGE.match(allowed)
        if ends:
            good = type(value) is int and int(ends[1]) <= value <= int(ends[2])
        else:
            good = str(value) in allowed.split(" | ")
        if not good:
            written = json.dumps(value) if isinstance(value, bool) else value
            reader.note(node, f"{name}: {written} is not allowed; expected {allowed}")


def _formula(reader: Reader, node: yaml.Node, name: str, text: str) -> Optional[Expression]:
    try:
        return parse(text)
    except WrongExpression as wrong:
        reader.note(node, f"{name}: {wrong}")
        return None


def _values(reader: Reader, node: yaml.Node, name: str) -> list[tuple[Scalar, ...]]:
    """A list of values, {log2: [first, last]}, {log: [first, last, count]} or {range: [first, last, step]},
    ends included."""
    if not isinstance(node, yaml.MappingNode):
        values = [reader.scalar(entry, name) for entry in reader.sequence(node, name)]
        for value in {str(v) for v in values if [str(w) for w in values].count(str(v)) > 1}:
            reader.note(node, f"{name}: {value} is given twice")
        return [(value,) for value in values]
    laws = reader.mapping(node, name, known=("log2", "log", "range"))
    if len(laws) != 1:
        reader.note(node, f"{name}: takes [a, b], {{log2: [first, last]}}, {{log: [first, last, count]}} or "
                          "{range: [first, last, step]}")
        return []
    law, ends = next(iter(laws.items()))
    what = f"{name}.{law}"
    numbers = [reader.integer(entry, what, low=-2**53) for entry in reader.sequence(ends, what)]
    values = list(_LAWS[law][0](numbers) or [])
    if not values:
        reader.note(ends, f"{name}: {law} takes {_LAWS[law][1]}")
    return [(value,) for value in values]


def _doubling(numbers: list[int]) -> Optional[list[int]]:
    if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1]:
        return None
    first, last = numbers
    return [first << shift for shift in range((last // first).bit_length())]


def _logarithmic(numbers: list[int]) -> Optional[list[int]]:
    """`count` whole numbers whose ratios are as equal as can be; fewer where neighbours would be equal."""
    if len(numbers) != 3 or not 0 < numbers[0] < numbers[1] or not 2 <= numbers[2] <= MAX_VALUES:
        return None
    first, last, count = numbers
    steps = (round(first * (last / first) ** (index / (count - 1))) for index in range(count))
    return list(dict.fromkeys(steps))


def _stepping(numbers: list[int]) -> Optional[range]:
    if len(numbers) != 3 or numbers[2] <= 0 or numbers[0] > numbers[1]:
        return None
    values = range(numbers[0], numbers[1] + 1, numbers[2])
    return values if len(values) <= MAX_VALUES else None


_LAWS = {"log2": (_doubling, "[first, last] with 0 < first <= last"),
         "log": (_logarithmic, f"[first, last, count] with 0 < first < last and 2 <= count <= {MAX_VALUES}"),
         "range": (_stepping, f"[first, last, step] with first <= last and step > 0, at most {MAX_VALUES} values")}


def _tuples(reader: Reader, node: yaml.Node, names: tuple[str, ...]) -> list[tuple[Scalar, ...]]:
    """The values of linked parameters: a list of lists, each with a value for every name."""
    what = ", ".join(names)
    found: list[tuple[Scalar, ...]] = []
    for entry in reader.sequence(node, what):
        one = tuple(reader.scalar(part, what) for part in reader.sequence(entry, f"an entry of {what}"))
        if isinstance(entry, yaml.SequenceNode) and entry.value and len(one) != len(names):
            reader.note(entry, f"{what}: {len(one)} values for {len(names)} parameters")
        elif one in found:
            reader.note(entry, f"{what}: {list(one)} is given twice")
        elif one:
            found.append(one)
    return found


def described(reader: Reader, chips: dict[str, Path]) -> tuple[Allowed, dict[str, dict[str, Scalar]], Figures]:
    """Chip -> parameter -> what it may be, and its value in the chip's file; and the figures that reports of the chips hold. A
    wrong chip file is a mistake of the sweep that names it."""
    known: Allowed = {}
    values: dict[str, dict[str, Scalar]] = {}
    figures: Figures = frozenset()
    for chip, path in chips.items():
        try:
            tables = simulator.describe_tables(path)
        except InputError as error:
            for message in error.messages:
                reader.note(reader.root, f"chip {chip}: {message}")
            continue
        fields = simulator.fields_of(tables)
        known[chip] = {**{name: field.allowed for name, field in fields.items()}, **NETWORK_PARAMETERS}
        values[chip] = {name: _plain(field.value) for name, field in fields.items()}
        figures = figures_of_tables(tables)
    return known, values, figures


def _plain(text: str) -> Scalar:
    return int(text) if re.fullmatch(r"-?\d+", text) else text



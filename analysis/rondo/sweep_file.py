"""Reads a sweep file, checks it wholly, and makes points of it."""

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

import yaml

from . import sampling, simulator
from .axes import FILES, described, read_axes
from .constraints import MAX_POINTS, check_feasible, needs_values, read_constraints
from .dependence import Dependence, find_dependence
from .expression import Constraint
from .formulas import check_formulas
from .quantities import Figures, Objective, known_quantities, missing, quantity
from .rehearsal import hopeless
from .space import Space
from .yaml_reader import Reader, Scalar

MAX_OBJECTIVES = 6

METHODS = ("grid", "random", "latin_hypercube", "nsga2")


@dataclass(frozen=True)
class Method:
    """How points are chosen: the whole grid, `count` of them at random or in a Latin hypercube, or by NSGA-II with
    at most `count` simulations in generations of `population`."""

    name: str = "grid"
    count: int = 0
    seed: int = 1
    population: int = 0


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
    """A checked sweep file. `chips` and `networks` map names to files; `limits` are the constraints on figures of the
    report (those on parameters are in the space)."""

    name: str
    chips: dict[str, Path]
    networks: dict[str, Path]
    space: Space
    objectives: list[Objective]
    limits: list[Constraint]
    method: Method
    timing_only: bool
    point_seconds: float
    dependence: Dependence

    @property
    def parameters(self) -> list[str]:
        """The parameters that are varied."""
        return [name for axis in self.space.axes for name in axis.names]

    def count(self) -> int:
        """How many points there will be; for NSGA-II, at most."""
        return self.method.count if self.method.name != "grid" else len(sampling.grid(self.space))

    def points(self) -> list[Point]:
        """All points, for every method but NSGA-II, which chooses as it goes (genetic.py). The grid is chips x
        networks x parameters, the last parameter changing fastest."""
        method = self.method
        if method.name == "random":
            table = sampling.at_random(self.space, method.count, method.seed)
        elif method.name == "latin_hypercube":
            table = sampling.latin_hypercube(self.space, method.count, method.seed)
        else:
            table = sampling.grid(self.space)
        return self.make_points(table.tolist(), 1)

    def make_points(self, rows: list[list[int]], first: int) -> list[Point]:
        """The points at these indices of the space, numbered from `first`."""
        elsewhere = functools.cache(_path_for_all)
        return [self._point(number, tuple(row), elsewhere) for number, row in enumerate(rows, start=first)]

    def _point(self, number: int, row: tuple[int, ...], elsewhere: Callable[[str, Scalar], Optional[str]]) -> Point:
        chip, network = self.space.chips[row[0]], self.space.networks[row[1]]
        settings = self.space.settings(row)
        known = {**self.space.defaults.get(chip, {}), **settings}
        paths = {name: path for name in FILES if name in known and (path := elsewhere(name, known[name]))}
        request = {"chip": str(self.chips[chip].absolute()), "network": str(self.networks[network].absolute()),
                   "set": {**settings, **paths}, "timing_only": self.timing_only}
        identity = {"chip": chip, "network": network, "set": settings, "timing_only": self.timing_only,
                    "files": self.dependence.of(chip, network, settings)}
        text = json.dumps(identity, sort_keys=True)
        return Point(number, hashlib.sha256(text.encode()).hexdigest()[:32], chip, network, settings, request)


def read_sweep(path: Path) -> Sweep:
    """The sweep in the file; InputError with every mistake of the file."""
    reader = Reader(path)
    keys = reader.mapping(reader.root, "the sweep",
                          known=("name", "source", "chips", "networks", "set", "parameters", "constraints", "objectives",
                                 "method", "timing_only", "point_seconds"),
                          required=("name", "chips", "networks", "parameters", "objectives"))
    name = reader.text(keys["name"], "name") if "name" in keys else ""
    if name and not name.replace("_", "").replace("-", "").isalnum():
        reader.note(keys["name"], f"name: '{name}' names a directory; expected letters, digits, _ and -")
    chips = _configs(reader, keys.get("chips"), "chips")
    networks = _configs(reader, keys.get("networks"), "networks")
    known, defaults, figures = described(reader, chips)
    axes = read_axes(reader, keys, known)
    timing_only = reader.boolean(keys["timing_only"], "timing_only") if "timing_only" in keys else True
    objectives = _objectives(reader, keys.get("objectives"), timing_only, figures)
    seconds = 60.0
    if "point_seconds" in keys:
        seconds = reader.number(keys["point_seconds"], "point_seconds", 0.01, 1e6)
    space = Space(list(chips), list(networks), axes.axes, axes.fixed, axes.derived, defaults, [])
    limits = read_constraints(reader, keys.get("constraints"), space, timing_only, figures, known)
    method = _method(reader, keys.get("method"))
    if method.name == "nsga2" and len(networks) > 1:
        reader.note(keys["networks"], "method nsga2 compares designs by one network; expected one, or another method")
    check_formulas(reader, keys, space, known)
    reader.finish()
    check_feasible(reader, keys, space, method.name, method.count)
    dependence = find_dependence(chips, networks, space)
    _check_networks(reader, keys["networks"], dependence,
                    [*(one.quantity.path for one in objectives), *(name for limit in limits for name in limit.names)])
    for parameter, words in hopeless(chips, space):
        reader.note(_node_of(reader, keys, parameter), f"{parameter}: {words}" if parameter else words)
    reader.finish()
    return Sweep(name, chips, networks, space, objectives, limits, method, timing_only, seconds, dependence)


def _check_networks(reader: Reader, node: yaml.Node, dependence: Dependence, figures: list[str]) -> None:
    """A network that no point could run, or that never has a figure that is asked for, is a mistake of the sweep."""
    for network, words in dependence.wrong.items():
        reader.note(node, f"network {network}: {words}")
    for figure in figures:
        known = quantity(figure)
        for network in dependence.without_weights if known and needs_values(known.path) else []:
            reader.note(node, f"network {network}: has no weights, and so no {figure}")


def _node_of(reader: Reader, keys: dict[str, yaml.Node], parameter: str) -> yaml.Node:
    """Where a parameter's values stand."""
    for key, node in reader.mapping(keys["parameters"], "parameters").items():
        if parameter in (name.strip() for name in key.split(",")):
            return node
    return reader.root


def _path_for_all(name: str, value: Scalar) -> Optional[str]:
    """The file that a parameter such as `technology` names by its path from here, as a worker in any folder finds it; None
    where the value is a name in configs/. Links stay: what a file extends lies beside its link."""
    path = simulator.find_config(FILES[name], str(value))
    return str(path.absolute()) if path and not path.is_relative_to(simulator.ROOT / "configs") else None


def _configs(reader: Reader, node: Optional[yaml.Node], kind: str) -> dict[str, Path]:
    """The named chips or networks with their files. A path is relative to the sweep file, or to here; a name with
    a * stands for all files in configs/ that it fits."""
    found: dict[str, Path] = {}
    for entry, given in _names(reader, node, kind) if node is not None else []:
        path = simulator.find_config(kind, given, reader.path.parent)
        name = path.stem if path else given
        if path is None:
            known = ", ".join(simulator.known_configs(kind)) or "none yet"
            reader.note(entry, f"there is no {kind[:-1]} {given}; known: {known}, or the path of a file")
        elif name in found:
            reader.note(entry, f"{kind}: {name} is given twice; names must differ")
        else:
            found[name] = path
    return found


def _names(reader: Reader, node: yaml.Node, kind: str) -> list[tuple[yaml.Node, str]]:
    names: list[tuple[yaml.Node, str]] = []
    folder = simulator.ROOT / "configs" / kind
    for entry in reader.sequence(node, kind):
        given = reader.text(entry, kind)
        fitting = sorted(str(path.relative_to(folder).with_suffix("")) for path in folder.glob(f"{given}.yaml")
                         ) if "*" in given and not given.startswith("/") else []
        names += [(entry, name) for name in fitting or [given]]
    return names


def _method(reader: Reader, node: Optional[yaml.Node]) -> Method:
    """`grid`, or {random: {points, seed}}, {latin_hypercube: ...}, {nsga2: {evaluations, population, seed}}."""
    if node is None:
        return Method()
    if not isinstance(node, yaml.MappingNode):
        name = reader.choice(node, "method", METHODS)
        if name != "grid":
            count = "evaluations" if name == "nsga2" else "points"
            reader.note(node, f"method: {name} needs to know how many; write {{{name}: {{{count}: 200}}}}")
        return Method(name)
    found = reader.mapping(node, "method", known=METHODS)
    if len(found) != 1:
        reader.note(node, f"method: takes one of {', '.join(METHODS)}")
        return Method()
    name, value = next(iter(found.items()))
    if name == "grid":
        reader.note(value, "method: the grid takes nothing; write method: grid")
        return Method()
    count_key = "evaluations" if name == "nsga2" else "points"
    known = (count_key, "seed") + (("population",) if name == "nsga2" else ())
    parts = reader.mapping(value, name, known=known, required=(count_key,))
    count = reader.integer(parts[count_key], f"{name}.{count_key}", 2, MAX_POINTS) if count_key in parts else 2
    seed = reader.integer(parts["seed"], f"{name}.seed", 0, 2**32 - 1) if "seed" in parts else 1
    population = min(20, max(8, count // 8))
    if "population" in parts:
        population = reader.integer(parts["population"], "nsga2.population", 4, 10_000)
    return Method(name, count, seed, population - population % 4 if name == "nsga2" else 0)


def _objectives(reader: Reader, node: Optional[yaml.Node], timing_only: bool,
                figures: Figures) -> list[Objective]:
    """Two to six figures: a path, or {path: min} or {path: max}."""
    entries = reader.sequence(node, "objectives") if node is not None else []
    if node is not None and entries and len(entries) not in range(2, MAX_OBJECTIVES + 1):
        reader.note(node, f"objectives: {len(entries)} given; two to six are needed")
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
        elif missing(known.path, figures):
            reader.note(entry, missing(known.path, figures))
        elif known.path in found:
            reader.note(entry, f"objectives: {path} is given twice")
        elif timing_only and needs_values(known.path):
            reader.note(entry, f"{known.path} needs values; set timing_only: false")
        else:
            found[known.path] = Objective(known, known.more_is_better if direction is None else direction == "max")
    return list(found.values())

"""The section `constraints` of a sweep file, and what can be known to be wrong with constraints before anything runs."""

import re
from dataclasses import replace
from typing import Optional

import yaml

from . import sampling
from .axes import Allowed, is_network_entry
from .expression import Constraint, WrongExpression, parse_constraint
from .normal_form import Bound, bound_of
from .quantities import Figures, known_quantities, missing, quantity
from .space import Space
from .units import Dimension, WrongUnits, dimension_of
from .yaml_reader import Reader

MAX_POINTS = 1_000_000


def read_constraints(reader: Reader, node: Optional[yaml.Node], space: Space, timing_only: bool, figures_known: Figures,
                     known: Allowed) -> list[Constraint]:
    """Those on parameters go to the space; the others, on figures, are returned."""
    limits: list[Constraint] = []
    bounds: list[tuple[Bound, str]] = []
    given = {*space.fixed, *space.derived, *(name for axis in space.axes for name in axis.names)}
    for entry in reader.sequence(node, "constraints") if node is not None else []:
        try:
            constraint = parse_constraint(reader.text(entry, "a constraint"))
        except WrongExpression as wrong:
            reader.note(entry, f"constraints: {wrong}")
            continue
        figures = [name for name in constraint.names if quantity(name) and name not in given]
        for name in constraint.names:
            _check_named(reader, entry, name, space, given, timing_only, figures_known)
        (limits if figures else space.constraints).append(constraint)
        if figures and len(figures) < len(constraint.names):
            reader.note(entry, f"constraints: {constraint.text} mixes figures of the report with parameters; "
                               "write one constraint for each")
        _check_units(reader, entry, constraint, given, known)
        _check_contradiction(reader, entry, constraint, given, bounds)
    return limits


_UNIT = re.compile(r"-?\d+\.\.-?\d+ (\S+)")


def _check_units(reader: Reader, node: yaml.Node, constraint: Constraint, given: set[str], known: Allowed) -> None:
    """Notes what is compared or added though its units differ."""
    def dimension(name: str) -> Dimension:
        figure = None if name in given else quantity(name)
        allowed = next((table[name] for table in known.values() if name in table), "")
        unit = _UNIT.match(allowed)
        return dimension_of(figure.unit if figure else unit[1] if unit else "")

    try:
        constraint.left.dimension(dimension).with_(constraint.right.dimension(dimension))
    except WrongUnits as wrong:
        reader.note(node, f"constraints: {constraint.text}: {wrong}")


def _check_named(reader: Reader, node: yaml.Node, name: str, space: Space, given: set[str], timing_only: bool,
                 figures_known: Figures) -> None:
    known = quantity(name)
    if name in given:
        words = space.words(name)
        if words:
            reader.note(node, f"constraints: {name} is a word ({words[0]}); constraints are between numbers")
    elif known and missing(known.path, figures_known):
        reader.note(node, f"constraints: {missing(known.path, figures_known)}")
    elif known and timing_only and needs_values(known.path):
        reader.note(node, f"{known.path} needs values; set timing_only: false")
    elif known:
        return
    elif name.startswith("network.") or is_network_entry(name):
        reader.note(node, f"constraints: {name} is neither set nor varied")
    elif space.defaults and any(not isinstance(space.defaults.get(chip, {name: 0}).get(name), int) for chip in space.chips):
        reader.note(node, f"constraints: there is no number {name}; known are the chip's parameters and figures of "
                          f"the report: {known_quantities()}")


def _check_contradiction(reader: Reader, node: yaml.Node, constraint: Constraint, given: set[str],
                         bounds: list[tuple[Bound, str]]) -> None:
    """Notes a constraint that bounds the same thing as an earlier one, and leaves nothing between."""
    def canonical(name: str) -> str:
        figure = None if name in given else quantity(name)
        return figure.path if figure else name

    bound = bound_of(constraint, canonical)
    if bound is None:
        return
    for earlier, text in bounds:
        if bound.contradicts(earlier):
            reader.note(node, f"constraints: {constraint.text} contradicts {text}")
            break
    bounds.append((bound, constraint.text))


def check_feasible(reader: Reader, keys: dict[str, yaml.Node], space: Space, method: str, asked: int) -> None:
    """Raises InputError when constraints on parameters leave no point, fewer than the method asks for, or more than a grid
    may have."""
    left, known = sampling.count(space), space.feasible
    if left == 0:
        reader.note(keys["constraints"], "constraints: " + _nothing_left(space))
    elif method == "grid" and left > MAX_POINTS:
        count = left if known.complete else f"more than {MAX_POINTS}"
        reader.note(reader.root, f"the grid has {count} points; at most {MAX_POINTS} are run")
    elif method == "grid" and not known.complete:
        reader.note(reader.root, f"the grid of {space.size()} points is too large to find all that meet the constraints: "
                                 f"{left} among {known.tried} candidates tried; expected another method")
    elif known.complete and (empty := _left_out(space)):
        reader.note(keys["constraints"], f"constraints: no point of {', '.join(empty)} meets all of them; leave it away")
    elif left < asked:
        found = (f"only {left} meet the constraints; expected no more, or method: grid" if known.complete else
                 f"only {left} that meet the constraints were found among {known.tried} candidates tried; expected no more")
        reader.note(keys["method"], f"method: {asked} points are asked for and {found}")
    reader.finish()


def _left_out(space: Space) -> list[str]:
    """Chips and networks that no point is left of."""
    found = []
    for place, names in enumerate((space.chips, space.networks)):
        left = set(space.feasible.rows[:, place].tolist())
        found += [name for index, name in enumerate(names) if not left & {index, -1}]
    return found


def _nothing_left(space: Space) -> str:
    if not space.feasible.complete:
        return (f"none of {space.feasible.tried} candidates tried out of {space.size()} points meets all of them; "
                "narrow the parameters")
    alone = (replace(space, constraints=[one]).feasible for one in space.constraints)
    blame = [one.text for one, found in zip(space.constraints, alone) if found.complete and not len(found.rows)]
    return f"none of the {space.size()} points meets {blame[0] if blame else 'all of them at once'}; nothing would be run"


def needs_values(path: str) -> bool:
    """Whether a figure of the report is there only when the network is computed, too."""
    return path.startswith(("accuracy", "bits_per_character", "saturation"))

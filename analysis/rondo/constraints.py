"""The section `constraints` of a sweep file, and what can be known to be wrong with constraints before anything runs."""

from typing import Optional

import numpy as np
import yaml

from .axes import is_network_entry
from .expression import Constraint, WrongExpression, parse_constraint
from .quantities import known_quantities, quantity
from .space import WHOLE, Space
from .yaml_reader import Reader


def check_formulas(reader: Reader, keys: dict[str, yaml.Node], space: Space) -> None:
    """Notes sizes of the network in formulas that the sweep does not give: the chip's file does not know them."""
    given = {*space.fixed, *(name for axis in space.axes for name in axis.names)}
    for setting, expression in space.derived.items():
        for name in expression.names:
            if name.startswith("network.") and name not in given:
                reader.note(keys["set"], f"{setting}: {name} is neither set nor varied, so nobody knows it here")


def read_constraints(reader: Reader, node: Optional[yaml.Node], space: Space, timing_only: bool) -> list[Constraint]:
    """Those on parameters go to the space; the others, on figures, are returned."""
    limits: list[Constraint] = []
    bounds: dict[str, tuple[float, float, str]] = {}
    given = {*space.fixed, *space.derived, *(name for axis in space.axes for name in axis.names)}
    for entry in reader.sequence(node, "constraints") if node is not None else []:
        try:
            constraint = parse_constraint(reader.text(entry, "a constraint"))
        except WrongExpression as wrong:
            reader.note(entry, f"constraints: {wrong}")
            continue
        figures = [name for name in constraint.names if quantity(name) and name not in given]
        for name in constraint.names:
            _check_named(reader, entry, name, space, given, timing_only)
        (limits if figures else space.constraints).append(constraint)
        if figures and len(figures) < len(constraint.names):
            reader.note(entry, f"constraints: {constraint.text} mixes figures of the report with parameters; "
                               "write one constraint for each")
        _check_contradiction(reader, entry, constraint, bounds)
    return limits


def _check_named(reader: Reader, node: yaml.Node, name: str, space: Space, given: set[str], timing_only: bool) -> None:
    known = quantity(name)
    if name in given:
        values = [v for axis in space.axes if name in axis.names for v in (o[axis.names.index(name)] for o in axis.values)]
        values += [space.fixed[name]] if name in space.fixed else []
        words = [value for value in values if isinstance(value, (str, bool))]
        if words:
            reader.note(node, f"constraints: {name} is a word ({words[0]}); constraints are between numbers")
    elif known and timing_only and needs_values(known.path):
        reader.note(node, f"{known.path} needs values; set timing_only: false")
    elif known:
        return
    elif name.startswith("network.") or is_network_entry(name):
        reader.note(node, f"constraints: {name} is neither set nor varied")
    elif space.defaults and any(not isinstance(space.defaults.get(chip, {name: 0}).get(name), int) for chip in space.chips):
        reader.note(node, f"constraints: there is no number {name}; known are the chip's parameters and figures of "
                          f"the report: {known_quantities()}")


def _check_contradiction(reader: Reader, node: yaml.Node, constraint: Constraint,
                         bounds: dict[str, tuple[float, float, str]]) -> None:
    """Notes a constraint that bounds the same thing as earlier ones, and leaves nothing between."""
    bound = constraint.bounds()
    if bound is None:
        return
    what, least, most = bound
    before_least, before_most, before = bounds.get(what, (-np.inf, np.inf, ""))
    least, most = max(least, before_least), min(most, before_most)
    if least > most:
        reader.note(node, f"constraints: {constraint.text} contradicts {before}")
    bounds[what] = (least, most, constraint.text)


def check_feasible(reader: Reader, keys: dict[str, yaml.Node], space: Space, asked: int) -> None:
    """Raises InputError when constraints on parameters leave no point, or fewer than the method asks for."""
    table = space.sample()
    left = int(space.allowed(table).sum())
    if left == 0:
        blame = [one for one in space.constraints if not space.met(one, table).any()]
        reader.note(keys["constraints"], "constraints: none of the " + f"{space.size()} points meets "
                    + (blame[0].text if blame else "all of them at once") + "; nothing would be run")
    elif space.size() <= WHOLE and left < asked:
        reader.note(keys["method"], f"method: {asked} points are asked for and only {left} "
                                    "meet the constraints; expected no more, or method: grid")
    reader.finish()


def needs_values(path: str) -> bool:
    """Whether a figure of the report is there only when the network is computed, too."""
    return path.startswith(("accuracy", "bits_per_character", "saturation"))

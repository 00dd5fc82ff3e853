"""Settings that follow from others (`= 4 * machine.cols`): everything that can be known to be wrong with them before anything
runs."""

import math
import re
from typing import Any

import numpy as np
import yaml

from .axes import Allowed
from .expression import Expression
from .feasible import walk
from .space import WHOLE, Space, is_whole
from .yaml_reader import Reader

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)")


def check_formulas(reader: Reader, keys: dict[str, yaml.Node], space: Space, known: Allowed) -> None:
    """Notes names in formulas that are no numbers here, and formulas that at some point of the sweep give no number, no
    whole one, or one that the chip does not allow."""
    nodes = reader.mapping(keys["set"], "set") if space.derived else {}
    wrong = [(setting, text) for setting, expression in space.derived.items()
             for name in expression.names if (text := _wrong_name(name, space, known))]
    if not wrong and space.size() and all(chip in known for chip in space.chips):
        wrong = [(setting, text) for setting, expression in space.derived.items()
                 if (text := _wrong_value(setting, expression, space, known))]
    for setting, text in wrong:
        reader.note(nodes[setting], f"{setting}: {text}")


def _wrong_name(name: str, space: Space, known: Allowed) -> str:
    given = {*space.fixed, *(one for axis in space.axes for one in axis.names)}
    if name in space.derived:
        return f"{name} is a formula too; write it out"
    if name not in given and any(name not in allowed for allowed in known.values()):
        return f"there is no parameter {name}"
    if name not in given and name.startswith("network."):
        return f"{name} is neither set nor varied, so nobody knows it here"
    words = space.words(name)
    return f"{name} is a word ({words[0]}); formulas are of numbers" if words else ""


def _wrong_value(setting: str, expression: Expression, space: Space, known: Allowed) -> str:
    """What is wrong with the formula at the first point where something is."""
    for text in dict.fromkeys(table.get(setting, "whole") for table in known.values()):
        if text != "whole" and not _RANGE.match(text):
            return f"a formula gives a number; expected {text or 'the name of a file'}"
    table = _choices(expression, space)
    value, low, high = _evaluated(setting, expression, space, known, table)
    wrong = ~is_whole(value) | (value < low) | (value > high)
    if not wrong.any():
        return ""
    found = walk(space, 0, table[wrong])
    if not len(found.rows):
        return ""  # constraints leave none of these points
    row = found.rows[:1]
    value, low, high = (float(one[0]) for one in _evaluated(setting, expression, space, known, row))
    where = ", ".join(f"{name} is {space.column(name, row)[0]:.12g}" for name in expression.names)
    where = f" where {where}" if where else ""
    chip = f" on chip {space.chips[row[0, 0]]}" if len(space.chips) > 1 else ""
    if not math.isfinite(value):
        return f"{expression.text} is no finite number{where}{chip}"
    if not is_whole(value):
        return f"{expression.text} is {value:.12g}{where}{chip}; expected a whole number, which floor( ) and ceil( ) give"
    return f"{expression.text} is {value:.0f}{where}{chip}; expected {known[space.chips[row[0, 0]]][setting]}"


def _choices(expression: Expression, space: Space) -> np.ndarray:
    """All rows that differ in the formula's parameters or in the chip, or very many by lot; -1 elsewhere."""
    sizes = space.sizes()
    places = sorted({0}.union(*(space.places(name) for name in expression.names)))
    count = math.prod(sizes[place] for place in places)
    if count <= WHOLE:
        chosen = np.stack(np.unravel_index(np.arange(count), [sizes[place] for place in places]), axis=1)
    else:
        chosen = space.draw(np.random.default_rng(0), WHOLE)[:, places]
    table = np.full((len(chosen), len(sizes)), -1)
    table[:, places] = chosen
    return table


def _evaluated(setting: str, expression: Expression, space: Space, known: Allowed, table: np.ndarray) -> tuple[Any, Any, Any]:
    """The formula's value in each row, and the least and most that the row's chip allows."""
    ends = [_RANGE.match(known[chip].get(setting, "")) for chip in space.chips]
    low = np.array([float(end[1]) if end else -math.inf for end in ends])
    high = np.array([float(end[2]) if end else math.inf for end in ends])
    value = np.broadcast_to(expression.value(lambda name: space.column(name, table)), len(table))
    return value, low[table[:, 0]], high[table[:, 0]]

"""The points that a sweep may visit, each a list of indices into its chips, networks and axes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional

import numpy as np

from .axes import Axis
from .bounds import Bounds
from .expression import Constraint, Expression
from .feasible import Feasible, walk
from .yaml_reader import Scalar

WHOLE = 1_000_000  # so many points are looked at one by one

Defaults = dict[str, dict[str, Scalar]]


@dataclass(frozen=True)
class Space:
    """`fixed` settings hold for all points, `derived` ones follow from the others, `defaults` are what each chip's
    file says. `constraints` are those on parameters alone."""

    chips: list[str]
    networks: list[str]
    axes: list[Axis]
    fixed: dict[str, Scalar]
    derived: dict[str, Expression]
    defaults: Defaults
    constraints: list[Constraint]

    def sizes(self) -> list[int]:
        """Choices for chip, network and each axis."""
        return [len(self.chips), len(self.networks), *(len(axis.values) for axis in self.axes)]

    def size(self) -> int:
        """Points of the grid, before constraints."""
        count = 1
        for size in self.sizes():
            count *= size
        return count

    def settings(self, indices: tuple[int, ...]) -> dict[str, Scalar]:
        """All settings of a point, in the order of the file."""
        settings = dict(self.fixed)
        for axis, index in zip(self.axes, indices[2:]):
            settings.update(zip(axis.names, axis.values[index]))
        known = {**self.defaults.get(self.chips[indices[0]], {}), **settings}
        for name, expression in self.derived.items():
            settings[name] = whole(float(expression.value(lambda one: known[one])))
        return settings

    def values(self, name: str) -> tuple[Optional[int], np.ndarray]:
        """The values of a parameter that is no formula, NaN where they are no numbers, and the place in a row whose index
        chooses among them; no place where there is but one."""
        for place, axis in enumerate(self.axes):
            if name in axis.names:
                which = axis.names.index(name)
                return place + 2, np.array([_number(value[which]) for value in axis.values])
        if name in self.fixed:
            return None, np.array([_number(self.fixed[name])])
        values = [_number(self.defaults.get(chip, {}).get(name)) for chip in self.chips]
        return (0 if len(values) > 1 else None), np.array(values)

    def words(self, name: str) -> list[Scalar]:
        """The values of a parameter that is no formula which are not numbers."""
        found = [value[axis.names.index(name)] for axis in self.axes if name in axis.names for value in axis.values]
        if not found and name in self.fixed:
            found = [self.fixed[name]]
        elif not found:
            found = [self.defaults.get(chip, {}).get(name, 0) for chip in self.chips]
        return [value for value in found if isinstance(value, (str, bool))]

    def places(self, name: str) -> set[int]:
        """The places in a row that decide the value of a parameter."""
        if name in self.derived:
            return {place for one in self.derived[name].names for place in self.places(one)}
        place, _ = self.values(name)
        return set() if place is None else {place}

    def column(self, name: str, table: np.ndarray) -> np.ndarray:
        """The value of a parameter in each row of indices; NaN where it is no number."""
        if name in self.derived:
            value = self.derived[name].value(lambda one: self.column(one, table))
            return np.broadcast_to(np.rint(value), len(table))
        place, values = self.values(name)
        return np.full(len(table), values[0]) if place is None else values[table[:, place]]

    def bounds(self, name: str, table: np.ndarray) -> Bounds:
        """The same where indices may be -1: between what ends the value lies, whatever is chosen there."""
        if name in self.derived:
            return np.rint(Bounds.of(self.derived[name].value(lambda one: self.bounds(one, table))))
        place, values = self.values(name)
        if place is not None and table[0, place] >= 0:
            return Bounds.of(values[table[:, place]])
        return Bounds(values.min(), values.max())

    def met(self, constraint: Constraint, table: np.ndarray) -> np.ndarray:
        """Which rows of indices meet the constraint."""
        return np.broadcast_to(constraint.holds(lambda name: self.column(name, table)), len(table))

    def allowed(self, table: np.ndarray) -> np.ndarray:
        """Which rows of indices meet all constraints."""
        good = np.ones(len(table), dtype=bool)
        for constraint in self.constraints:
            good &= self.met(constraint, table)
        return good

    def possible(self, table: np.ndarray) -> np.ndarray:
        """Which rows may still meet all constraints; the same places have -1 in all of them."""
        good = np.ones(len(table), dtype=bool)
        for constraint in self.constraints:
            good &= constraint.possible(lambda name: self.bounds(name, table))
        return good

    @cached_property
    def feasible(self) -> Feasible:
        """Points that meet the constraints, all of them or more than WHOLE; of very many candidates those that a few seconds
        find. Read it when the constraints are complete."""
        return walk(self, WHOLE, dice=np.random.default_rng(0))

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers of points in the grid, the last axis changing fastest, as rows of indices."""
        return np.stack(np.unravel_index(numbers, self.sizes()), axis=1)

    def draw(self, dice: np.random.Generator, count: int) -> np.ndarray:
        """Rows of indices at random, with repetitions, constraints not looked at."""
        return np.stack([dice.integers(0, size, count) for size in self.sizes()], axis=1)


def whole(value: float) -> Scalar:
    """The whole number that arithmetic meant, 3 for 2.9999999999999996; anything else as text, which no parameter takes."""
    return round(value) if is_whole(value) else str(value)


def is_whole(value: Any) -> Any:
    """Whether a number, or each of an array, is whole but for the roundings of arithmetic."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(value) & (np.abs(value - np.rint(value)) <= 1e-9 * np.maximum(1.0, np.abs(value)))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float("nan")

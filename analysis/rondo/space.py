"""The points that a sweep may visit, each a list of indices into its chips, networks and axes; and the ways to
choose among them that need no answers: the whole grid, at random, a Latin hypercube."""

from dataclasses import dataclass
from typing import Any, Iterator

import numpy as np

from .axes import Axis
from .expression import Constraint, Expression
from .yaml_reader import Scalar

WHOLE = 1_000_000  # a grid of at most so many points is looked at whole

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
            settings[name] = round(float(expression.value(lambda one: known[one])))
        return settings

    def column(self, name: str, table: np.ndarray) -> np.ndarray:
        """The value of a parameter in each row of indices; NaN where it is no number."""
        if name in self.derived:
            return np.broadcast_to(np.rint(self.derived[name].value(lambda one: self.column(one, table))), len(table))
        for place, axis in enumerate(self.axes):
            if name in axis.names:
                values = [_number(value[axis.names.index(name)]) for value in axis.values]
                return np.array(values)[table[:, place + 2]]
        if name in self.fixed:
            return np.full(len(table), _number(self.fixed[name]))
        values = [_number(self.defaults.get(chip, {}).get(name)) for chip in self.chips]
        return np.array(values)[table[:, 0]]

    def met(self, constraint: Constraint, table: np.ndarray) -> np.ndarray:
        """Which rows of indices meet the constraint."""
        return np.broadcast_to(constraint.holds(lambda name: self.column(name, table)), len(table))

    def allowed(self, table: np.ndarray) -> np.ndarray:
        """Which rows of indices meet all constraints."""
        good = np.ones(len(table), dtype=bool)
        for constraint in self.constraints:
            good &= self.met(constraint, table)
        return good

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers of points in the grid, the last axis changing fastest, as rows of indices."""
        return np.stack(np.unravel_index(numbers, self.sizes()), axis=1)

    def sample(self) -> np.ndarray:
        """The whole grid where it is small; otherwise WHOLE points of it, drawn with a fixed seed."""
        if self.size() <= WHOLE:
            return self.rows(np.arange(self.size()))
        return self.draw(np.random.default_rng(0), WHOLE)

    def draw(self, dice: np.random.Generator, count: int) -> np.ndarray:
        """Rows of indices at random, with repetitions, constraints not looked at."""
        return np.stack([dice.integers(0, size, count) for size in self.sizes()], axis=1)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else float("nan")


def grid(space: Space) -> np.ndarray:
    """All allowed points, in the order of the grid."""
    table = space.rows(np.arange(space.size()))
    return table[space.allowed(table)]


def at_random(space: Space, count: int, seed: int) -> np.ndarray:
    """`count` different allowed points, or all that there are."""
    dice = np.random.default_rng(seed)
    if space.size() <= WHOLE:
        table = grid(space)
        return table[dice.permutation(len(table))[:count]]
    return _collect(space, count, (space.draw(dice, max(count, 1000)) for _ in range(1000)))


def latin_hypercube(space: Space, count: int, seed: int) -> np.ndarray:
    """`count` different allowed points. The first hypercube has each value of an axis equally often, or as nearly
    so as can be; points that repeat or break a constraint are replaced by those of further hypercubes."""
    dice = np.random.default_rng(seed)

    def hypercube() -> np.ndarray:
        strata = [(dice.permutation(count) + dice.random(count)) / count for _ in space.sizes()]
        return np.stack([(one * size).astype(int) for one, size in zip(strata, space.sizes())], axis=1)

    found = _collect(space, count, (hypercube() for _ in range(20)))
    if len(found) < count:  # hardly any place is allowed, or nearly all that are have been taken: the rest by lot
        return _collect(space, count, iter([found, at_random(space, count, seed)]))
    return found


def _collect(space: Space, count: int, tables: Iterator[np.ndarray]) -> np.ndarray:
    """The first `count` different allowed rows of the tables."""
    found: dict[tuple[int, ...], None] = {}
    for table in tables:
        for row in table[space.allowed(table)].tolist():
            found[tuple(row)] = None
            if len(found) == count:
                break
        if len(found) == count or len(found) == space.size():
            break
    return np.array(list(found), dtype=int).reshape(-1, len(space.sizes()))

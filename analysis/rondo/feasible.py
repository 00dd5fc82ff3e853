"""Which points of a space meet its constraints on parameters, without a look at each: axes are chosen one after the other, and
what cannot meet a constraint any more, whatever follows, is cut off."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

import numpy as np

if TYPE_CHECKING:
    from .space import Space

# Rows looked at before a walk gives up, a few seconds; rows worked on at once.
BUDGET = 20_000_000
CHUNK = 1 << 19


@dataclass(frozen=True)
class Feasible:
    """Rows of indices that meet all constraints. Where no constraint looks they have -1: any value will do there.
    `complete`: these are all. `tried`: how many rows were looked at, whole or in part."""

    rows: np.ndarray
    free: list[int]
    complete: bool
    tried: int

    def count(self, sizes: list[int]) -> int:
        """How many points the rows stand for."""
        count = len(self.rows)
        for place in self.free:
            count *= sizes[place]
        return count

    def points(self, numbers: np.ndarray, sizes: list[int]) -> np.ndarray:
        """The points with these numbers, out of count(), as rows without -1."""
        parts = np.unravel_index(numbers, [len(self.rows), *(sizes[place] for place in self.free)])
        table = self.rows[parts[0]]
        table[:, self.free] = np.stack(parts[1:], axis=1) if self.free else 0
        return table

    def draw(self, dice: np.random.Generator, count: int, sizes: list[int]) -> np.ndarray:
        """Points at random, with repetitions, each equally likely."""
        table = self.rows[dice.integers(0, len(self.rows), count)]
        for place in self.free:
            table[:, place] = dice.integers(0, sizes[place], count)
        return table


def walk(space: "Space", limit: int, start: Optional[np.ndarray] = None,
         dice: Optional[np.random.Generator] = None) -> Feasible:
    """Allowed rows, ended when more than `limit` are found. `start`: rows that are partly chosen, the same places in each
    (-1: not yet). Rows come in the order of the grid, or with `dice` in any."""
    sizes = space.sizes()
    start = np.full((1, len(sizes)), -1) if start is None else start
    places = sorted({place for one in space.constraints for name in one.names for place in space.places(name)},
                    key=lambda place: sizes[place])
    stack, found, count, tried = [start], [np.empty((0, len(sizes)), dtype=int)], 0, 0
    while stack and count <= limit and tried <= BUDGET:
        table = stack.pop()
        place = next((one for one in places if table[0, one] < 0), None)
        if place is None:
            good = table[space.allowed(table)]
            found.append(good)
            count += len(good)
            continue
        part = max(1, CHUNK // sizes[place])
        if len(table) > part:
            stack.append(table[part:])
        table = _with_all_values(table[:part], place, sizes[place])
        tried += len(table)
        table = table[space.possible(table)]
        if dice:
            dice.shuffle(table)
        if len(table):
            stack.append(table)
    free = [place for place in range(len(sizes)) if place not in places and start[0, place] < 0]
    return Feasible(np.concatenate(found), free, not stack, tried)


def _with_all_values(table: np.ndarray, place: int, size: int) -> np.ndarray:
    longer = np.repeat(table, size, axis=0)
    longer[:, place] = np.tile(np.arange(size), len(table))
    return longer

"""Ways to choose points that need no answers: the whole grid, at random, a Latin hypercube."""

from typing import Iterable, Iterator

import numpy as np

from .space import WHOLE, Space

_LISTED = 4 * WHOLE  # of so many points each has a number in memory
_DRAWS = 1 << 16


def count(space: Space) -> int:
    """How many points meet the constraints: all, or at least so many (space.feasible.complete)."""
    return space.feasible.count(space.sizes())


def grid(space: Space) -> np.ndarray:
    """All allowed points, in the order of the grid; at most WHOLE of them."""
    if space.size() <= WHOLE:
        table = space.rows(np.arange(space.size()))
        return table[space.allowed(table)]
    table = space.feasible.points(np.arange(count(space)), space.sizes())
    return table[np.lexsort(table.T[::-1])]


def at_random(space: Space, wanted: int, seed: int) -> np.ndarray:
    """`wanted` different allowed points, or all that there are. Each is equally likely, unless the space has too many
    candidates for its allowed points to be known."""
    dice = np.random.default_rng(seed)
    if space.size() <= WHOLE:
        table = grid(space)
        return table[dice.permutation(len(table))[:wanted]]
    return _collect(space, wanted, _by_lot(space, dice))


def _by_lot(space: Space, dice: np.random.Generator) -> Iterator[np.ndarray]:
    """Points by lot in a large space, in the end all that are known."""
    known, sizes = space.feasible, space.sizes()
    if not known.complete:
        yield from (space.draw(dice, _DRAWS) for _ in range(64))
    if count(space) <= _LISTED:
        yield known.points(dice.permutation(count(space)), sizes)
    else:
        while True:
            yield known.draw(dice, _DRAWS, sizes)


def latin_hypercube(space: Space, wanted: int, seed: int) -> np.ndarray:
    """`wanted` different allowed points. The first hypercube has each value of an axis equally often, or as nearly
    so as can be; points that repeat or break a constraint are replaced by those of further hypercubes."""
    dice = np.random.default_rng(seed)

    def hypercube() -> np.ndarray:
        strata = [(dice.permutation(wanted) + dice.random(wanted)) / wanted for _ in space.sizes()]
        return np.stack([(one * size).astype(int) for one, size in zip(strata, space.sizes())], axis=1)

    found = _collect(space, wanted, (hypercube() for _ in range(20)))
    if len(found) < wanted:  # hardly any place is allowed, or nearly all that are have been taken: the rest by lot
        return _collect(space, wanted, [found, at_random(space, wanted, seed)])
    return found


def _collect(space: Space, wanted: int, tables: Iterable[np.ndarray]) -> np.ndarray:
    """The first `wanted` different allowed rows of the tables."""
    found: dict[tuple[int, ...], None] = {}
    for table in tables:
        for row in table[space.allowed(table)].tolist():
            found[tuple(row)] = None
            if len(found) == wanted:
                break
        if len(found) == wanted or len(found) == space.size():
            break
    return np.array(list(found), dtype=int).reshape(-1, len(space.sizes()))

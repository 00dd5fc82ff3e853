"""Which of many vectors no other vector beats: the Pareto front."""

from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import NDArray

# Vectors that are compared with the front at a time.
_BLOCK = 256


def pareto_front(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """One truth value a row: no other row is at most equal in all columns and less in one. Of equal rows only the first is
    on the front. Less is better; no value may be NaN. Up to three columns take n log n steps, more take n times the front
    at worst."""
    count, width = values.shape
    found = np.zeros(count, dtype=bool)
    if not count:
        return found
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in values.T], axis=1)
    found[_of_three(ranks) if width <= 3 else _of_many(ranks)] = True
    return found


def _of_three(ranks: NDArray[np.int_]) -> list[int]:
    """In the order of the first column, what came before is at most equal in it, so a row is beaten when an earlier one is
    at most equal in the others. Of these the rows that matter form a staircase: second column up, third down."""
    columns = [ranks[:, min(place, ranks.shape[1] - 1)] for place in range(3)]
    order = np.lexsort(columns[::-1])  # stable: of equal rows the first comes first
    across: list[int] = []
    down: list[int] = []
    front = []
    for row, x, y in zip(order.tolist(), columns[1][order].tolist(), columns[2][order].tolist()):
        place = bisect_right(across, x)
        if place and down[place - 1] <= y:
            continue
        front.append(row)
        start = bisect_left(across, x)
        end = start
        while end < len(down) and down[end] >= y:
            end += 1
        across[start:end], down[start:end] = [x], [y]
    return front


def _of_many(ranks: NDArray[np.int_]) -> list[int]:
    """In the order of the sums of their ranks a row can only be beaten by one before it, and most are beaten by the first
    few. A block is compared with the front so far, and what is left with itself."""
    order = np.lexsort((np.arange(len(ranks)), ranks.sum(axis=1)))
    front = np.empty((0, ranks.shape[1]), dtype=ranks.dtype)
    found: list[int] = []
    for first in range(0, len(order), _BLOCK):
        chosen = order[first:first + _BLOCK]
        for start in range(0, len(front), _BLOCK):
            chosen = chosen[~_covered(ranks[chosen], front[start:start + _BLOCK]).any(axis=1)]
        block = ranks[chosen]
        chosen = chosen[~np.tril(_covered(block, block), -1).any(axis=1)]
        found += chosen.tolist()
        front = np.concatenate([front, ranks[chosen]])
    return found


def _covered(rows: NDArray[np.int_], by: NDArray[np.int_]) -> NDArray[np.bool_]:
    """[row, other]: the other is at most equal in every column."""
    result = np.ones((len(rows), len(by)), dtype=bool)
    for column in range(rows.shape[1]):
        result &= by[:, column][None, :] <= rows[:, column][:, None]
    return result

"""What arithmetic gives where its numbers are known between two ends only. `Bounds` stand where arrays of numbers would:
expressions need not know of them.

The ends hold for floating point as they are: its roundings keep order, so no result of rounded arithmetic lies outside.
"""

from itertools import product
from typing import Any

import numpy as np

_OPERATIONS = (np.add, np.subtract, np.multiply, np.divide, np.negative, np.minimum, np.maximum, np.floor, np.ceil, np.rint)


class Bounds(np.lib.mixins.NDArrayOperatorsMixin):
    """Arrays (or single numbers) of lower and upper ends. What may be no number has no ends: -inf and inf."""

    def __init__(self, low: Any, high: Any):
        unknown = np.isnan(low) | np.isnan(high)
        self.low = np.where(unknown, -np.inf, low)
        self.high = np.where(unknown, np.inf, high)

    @staticmethod
    def of(value: Any) -> "Bounds":
        """The value itself where it is Bounds; otherwise both ends are the value."""
        return value if isinstance(value, Bounds) else Bounds(value, value)

    def __array_ufunc__(self, operation: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """All operations here rise or fall in each of their numbers, so their ends lie where the numbers' ends do; division
        only where the divisor is never 0."""
        if operation not in _OPERATIONS or method != "__call__" or options:
            return NotImplemented
        ends = [(one.low, one.high) for one in map(Bounds.of, inputs)]
        with np.errstate(all="ignore"):
            corners = [operation(*corner) for corner in product(*ends)]
            low, high = np.minimum.reduce(np.broadcast_arrays(*corners)), np.maximum.reduce(np.broadcast_arrays(*corners))
        if operation is np.divide:
            through_zero = (ends[1][0] <= 0) & (ends[1][1] >= 0)
            low, high = np.where(through_zero, -np.inf, low), np.where(through_zero, np.inf, high)
        return Bounds(low, high)

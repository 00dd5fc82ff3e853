"""Sweeps whose figures are formulas of their parameters, for tests that know what must come out."""

import random

from rondo.quantities import Objective, quantity
from rondo.sweep_result import Result, Row


def made(function, names: dict[str, list], drop: float = 0.0) -> Result:
    """A sweep over a grid of values whose only figure is a function of them; `drop` of the points are missing."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    points: list[dict] = [{}]
    for name, values in names.items():
        points = [{**point, name: value} for point in points for value in values]
    rows = [Row(i, "c", "n", p, {"time_s": function(*p.values()), "area_mm2.total": float(i + 1)}, None)
            for i, p in enumerate(points) if dice.random() >= drop]
    objectives = [Objective(quantity(path), False) for path in ("time_s", "area_mm2.total")]
    return Result("made", list(names), objectives, rows, len(rows), [])


def zero_now_and_then() -> Result:
    """A full grid with an objective that is zero at some points and one that is negative everywhere."""
    sweep = made(lambda a, b: max(0.0, a - 2.0) * b, {"a": [1, 2, 4, 8], "b": [1, 2, 4]})
    for row in sweep.rows:
        row.figures["area_mm2.total"] = -10.0 * row.settings["b"] + row.settings["a"]
        row.front = row.number in (0, 5, 11)
    return sweep

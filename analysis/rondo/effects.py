"""How much each parameter of a sweep decides: shares of the variance (after I. M. Sobol), one parameter at a time round a
point, and the best that two parameters allow."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from .sweep_result import Objective, Result, Row, in_order, place

Key = Callable[[Row], Any]

# A parameter with more values than this is cut into as many stretches of equally many points.
STRETCHES = 12


@dataclass(frozen=True)
class Effect:
    """The share of the variance of a figure that a parameter explains by its own values (`main`), and the share that
    goes away when every other parameter is known (`total`: its own and all that it shares with others). `total` is None
    where the points are no full grid."""

    name: str
    main: float
    total: Optional[float]


def effects(result: Result, path: str) -> list[Effect]:
    """Of every parameter that varies, most first. Of the logarithm where all values are above zero, so that halving
    counts like doubling. Points without the figure do not count."""
    rows = [row for row in result.good() if row.figures.get(path) is not None]
    names = result.varying()
    values = _scaled(np.array([row.figures[path] for row in rows], dtype=float))
    if len(rows) < 2 or not values.var() > 1e-24:
        return [Effect(name, 0.0, None) for name in names]
    grid = _full_grid(rows, names)
    found = []
    for name in names:
        groups = _groups(rows, name)
        main = _explained(values, groups)
        if not grid:  # of a sample, groups explain something by chance alone
            main = 1 - (1 - main) * (len(rows) - 1) / max(1, len(rows) - len(set(groups)))
        others = [tuple(str(place(row, other)) for other in names if other != name) for row in rows]
        found.append(Effect(name, max(0.0, main), max(0.0, 1 - _explained(values, others)) if grid else None))
    return sorted(found, key=lambda effect: -effect.main)


def _scaled(values: Any) -> Any:
    return np.log10(values) if len(values) and values.min() > 0 else values


def _full_grid(rows: list[Row], names: list[str]) -> bool:
    combinations = {tuple(str(place(row, name)) for name in names) for row in rows}
    count = math.prod(len({str(place(row, name)) for row in rows}) for name in names)
    return count == len(combinations) == len(rows)


def _groups(rows: list[Row], name: str) -> list[Any]:
    """The row's value, or its stretch of values where there are many numbers."""
    given = [place(row, name) for row in rows]
    if len(set(map(str, given))) <= STRETCHES or not all(isinstance(v, (int, float)) for v in given):
        return [str(value) for value in given]
    ends = np.quantile(given, np.linspace(0, 1, STRETCHES + 1)[1:-1])
    return [int(index) for index in np.searchsorted(ends, given)]


def _explained(values: Any, groups: list[Any]) -> float:
    members = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    mean = values.mean()
    between = sum(len(chosen) * (values[chosen].mean() - mean) ** 2 for chosen in members.values())
    return float(between / (len(values) * values.var()))


def centre(result: Result) -> Optional[Row]:
    """The Pareto point that is nearest to being best in everything, each objective measured from the front's best to
    its worst, in logarithms; None where there is no front, or one for each of several networks."""
    front = result.front()
    if not front or len({row.network for row in front}) > 1:
        return None
    total = np.zeros(len(front))
    for objective in result.objectives:
        values = _scaled(np.array([row.figures[objective.quantity.path] for row in front], dtype=float))
        span = values.max() - values.min()
        distance = (values.max() - values if objective.maximise else values - values.min()) / (span or 1.0)
        total += distance**2
    return front[int(np.argmin(total))]


def one_at_a_time(result: Result, row: Row, path: str) -> dict[str, list[tuple[Any, float]]]:
    """Parameter -> (value, figure) of the points that differ from `row` in that parameter alone, `row` among them;
    parameters without such points are left out."""
    names, rows = result.varying(), [r for r in result.good() if r.figures.get(path) is not None]
    found = {}
    for name in names:
        alike = [r for r in rows if all(str(place(r, n)) == str(place(row, n)) for n in names if n != name)]
        if len(alike) > 1:
            pairs = [(place(r, name), r.figures[path]) for r in alike]
            found[name] = sorted(pairs, key=lambda pair: in_order(pair[0]))
    return found


def best_of_two(result: Result, across: str, up: str, objective: Objective) -> tuple[list[Any], list[Any], Any]:
    """The values of two parameters and the best figure that any setting of the others gives with them; NaN where there
    is no point. Rows follow `up`."""
    rows, path = result.good(), objective.quantity.path
    xs, ys = (sorted({place(row, name) for row in rows}, key=in_order) for name in (across, up))
    best = np.full((len(ys), len(xs)), np.nan)
    choose = np.fmax if objective.maximise else np.fmin
    for row in rows:
        y, x = ys.index(place(row, up)), xs.index(place(row, across))
        best[y, x] = choose(best[y, x], row.figures[path])
    return xs, ys, best

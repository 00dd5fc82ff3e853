"""How much each parameter of a sweep decides: shares of the variance (after I. M. Sobol), one parameter at a time round a
point, and the best that two parameters allow."""

import math
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from .quantities import Objective
from .sweep_result import Result, Row, in_order, place

Groups = NDArray[np.int64]

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
    """Of every parameter that varies, most first. Of the logarithm where all values are above zero (`of_logarithm`), so
    that halving counts like doubling. Points without the figure do not count."""
    rows = [row for row in result.good() if row.figures.get(path) is not None]
    names = result.varying()
    values = _scaled(np.array([row.figures[path] for row in rows], dtype=float))
    if len(rows) < 2 or not values.var() > 1e-24:
        return [Effect(name, 0.0, None) for name in names]
    given = {name: [place(row, name) for row in rows] for name in names}
    codes = {name: _codes([str(value) for value in given[name]]) for name in names}
    grid = _full_grid(list(codes.values()))
    found = []
    for name in names:
        groups = _stretched(given[name], codes[name])
        main = _explained(values, groups)
        if not grid and result.method != "grid":  # of a sample, groups explain something by chance alone
            main = 1 - (1 - main) * (len(rows) - 1) / max(1, len(rows) - len(set(groups.tolist())))
        others = [codes[other] for other in names if other != name]
        total = max(0.0, 1 - _explained(values, _combined(others, len(rows)))) if grid else None
        found.append(Effect(name, max(0.0, main), total))
    return sorted(found, key=lambda effect: -effect.main)


def of_logarithm(result: Result, path: str) -> bool:
    """Whether the effects on a figure are those on its logarithm: all its values are above zero."""
    return all(value > 0 for row in result.good() if (value := row.figures.get(path)) is not None)


def caveat(result: Result) -> str:
    """Why the effects among these points may not be those of the whole space; nothing where they are."""
    rows, names = result.good(), result.varying()
    if _full_grid([_codes([str(place(row, name)) for row in rows]) for name in names]):
        return "Designs outside the constraints count, too." if len(result.within()) < len(rows) else ""
    found = []
    if result.method == "nsga2":
        found.append("the search chose the points and they crowd near its front")
    if result.constraints:
        found.append("constraints leave out a part of the space, so parameters go together")
    elif result.method == "grid" and len(result.rows) == result.total and len(rows) == result.total:
        found.append("linked parameters change together and share what they explain")
    if len(rows) < len(result.rows):
        found.append("failed points are missing")
    if len(result.within()) < len(rows):
        found.append("designs outside the constraints count, too")
    if len(result.rows) < result.total:
        found.append("not all points are run yet")
    return f"Shares among the points that were run, not of the whole space: {'; '.join(found)}." if found else ""


def _scaled(values: Any) -> Any:
    return np.log10(values) if len(values) and values.min() > 0 else values


def _codes(values: list[str]) -> Groups:
    """A number for each different value."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def _combined(codes: list[Groups], count: int) -> Groups:
    """A number for each different combination."""
    total = np.zeros(count, dtype=np.int64)
    for each in codes:
        total = np.unique(total * (int(each.max()) + 1) + each, return_inverse=True)[1]
    return total


def _full_grid(codes: list[Groups]) -> bool:
    """Every combination of the values is there, once."""
    if not codes or not len(codes[0]):
        return False
    count = len(codes[0])
    whole = math.prod(int(each.max()) + 1 for each in codes)
    return whole == count and int(_combined(codes, count).max()) + 1 == count


def _stretched(given: list[Any], codes: Groups) -> Groups:
    """The values themselves, or stretches of them where there are many numbers."""
    if int(codes.max()) < STRETCHES or not all(isinstance(value, (int, float)) for value in given):
        return codes
    ends = np.quantile(given, np.linspace(0, 1, STRETCHES + 1)[1:-1])
    return np.searchsorted(ends, given)


def _explained(values: Any, groups: Groups) -> float:
    """The share of the variance that lies between groups."""
    sizes = np.bincount(groups)
    means = np.bincount(groups, weights=values) / np.maximum(1, sizes)
    return float((sizes * (means - values.mean()) ** 2).sum() / (len(values) * values.var()))


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
    """Parameter -> (value, figure) of the points within the constraints that differ from `row` in that parameter alone, `row`
    among them; parameters without such points are left out."""
    names, rows = result.varying(), [r for r in result.within() if r.figures.get(path) is not None]
    found = {}
    for name in names:
        alike = [r for r in rows if all(str(place(r, n)) == str(place(row, n)) for n in names if n != name)]
        if len(alike) > 1:
            pairs = [(place(r, name), r.figures[path]) for r in alike]
            found[name] = sorted(pairs, key=lambda pair: in_order(pair[0]))
    return found


def best_of_two(result: Result, across: str, up: str, objective: Objective) -> tuple[list[Any], list[Any], Any]:
    """The values of two parameters and the best figure that any setting of the others gives with them, within the
    constraints; NaN where there is no such point. Rows follow `up`."""
    rows, path = result.within(), objective.quantity.path
    xs, ys = (sorted({place(row, name) for row in rows}, key=in_order) for name in (across, up))
    best = np.full((len(ys), len(xs)), np.nan)
    choose = np.fmax if objective.maximise else np.fmin
    for row in rows:
        y, x = ys.index(place(row, up)), xs.index(place(row, across))
        best[y, x] = choose(best[y, x], row.figures[path])
    return xs, ys, best

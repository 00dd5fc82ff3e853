"""Figures of a sweep beside its Pareto front: which parameters decide, one parameter at a time, the best of two."""

import math
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter, PercentFormatter

from .colours import BLUE, GREY, VERMILION
from .drawing import STYLE, plt, save, tick_format
from .effects import best_of_two, caveat, centre, effects, of_logarithm, one_at_a_time
from .plots import subject
from .quantities import Objective, written
from .sweep_result import Result, Row, place


def shares(result: Result, directory: Path, ending: str = "") -> list[Path]:
    """The share of each objective's variance that each parameter explains, by itself and with others. `ending`: of the
    file's name, here and below."""
    names = result.varying()
    if not names:
        return []
    with plt.rc_context(STYLE):
        figure, panels = _panels(result, 1.5 + 0.5 * len(names))
        order = [effect.name for effect in effects(result, result.objectives[0].quantity.path)]
        for axes, objective in zip(panels, result.objectives):
            path = objective.quantity.path
            found = {effect.name: effect for effect in effects(result, path)}
            totals = all(effect.total is not None for effect in found.values())
            axes.barh([y - 0.19 * totals for y in range(len(order))], [found[n].main for n in order], 0.36, color=BLUE)
            if totals:
                axes.barh([y + 0.19 for y in range(len(order))], [found[n].total for n in order], 0.36, color=GREY)
            axes.set_xlim(0, 1)
            axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            axes.set_title(objective.quantity.title, fontsize=11)
            axes.set_xlabel("share of the variance" + (" of the logarithm" if of_logarithm(result, path) else "")
                            + ("" if result.method == "grid" else "\nless what a sample's groups explain by chance"))
            axes.grid(True, axis="x")
        panels[0].set_yticks(range(len(order)), order)
        panels[0].set_ylim(len(order) - 0.5, -0.5)
        handles = [plt.Rectangle((0, 0), 1, 1, color=BLUE, label="by itself")]
        if any(axes.containers[1:] for axes in panels):
            handles.append(plt.Rectangle((0, 0), 1, 1, color=GREY, label="with all that it shares with others"))
        _finish(figure, f"{subject(result)}: which parameters decide", caveat(result))
        figure.legend(handles=handles, loc="upper right", ncol=2, bbox_to_anchor=(0.99, 0.02))
        return save(figure, directory / f"effects{ending}")


def _panels(result: Result, height: float) -> tuple[Any, list[Axes]]:
    count = len(result.objectives)
    width = 3.0 + (3.9 if count < 4 else 2.9) * count
    figure, panels = plt.subplots(1, count, figsize=(width, height), sharey=True, squeeze=False)
    return figure, list(panels[0])


def _finish(figure: Any, title: str, words: str = "", least_width: float = 0.0) -> None:
    """The title, and below it `words` in as many lines as they need in the figure's width."""
    figure.set_figwidth(max(figure.get_figwidth(), least_width))
    lines = textwrap.wrap(words, int(figure.get_figwidth() * 12))
    above = 0.19 * len(lines)
    figure.set_figheight(figure.get_figheight() + above)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
    top = 0.99 - above / figure.get_figheight()
    if lines:
        figure.text(0.01, 0.98 - 0.24 / figure.get_figheight(), "\n".join(lines), va="top", fontsize=9)
    figure.tight_layout(rect=(0, 0, 1, top), w_pad=2.0)


def around(result: Result, directory: Path, ending: str = "") -> list[Path]:
    """How each objective changes when one parameter alone leaves the balanced Pareto point: by what factor, or by how much
    where not all of its values are above zero, or are logarithms already (dB)."""
    middle = centre(result)
    first = result.objectives[0].quantity.path
    names = list(one_at_a_time(result, middle, first)) if middle else []
    if not middle or not names:
        return []
    with plt.rc_context(STYLE):
        figure, panels = _panels(result, 1.8 + 0.62 * len(names))
        for axes, objective in zip(panels, result.objectives):
            _around_one(axes, result, middle, names, objective)
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.5, -0.7)
        rank = result.front().index(middle) + 1
        _finish(figure, f"{subject(result)}: one parameter at a time round Pareto {rank} (point {middle.number})",
                ", ".join(f"{name} {place(middle, name)}" for name in result.varying()))
        return save(figure, directory / f"one_at_a_time{ending}")


def _around_one(axes: Axes, result: Result, middle: Row, names: list[str], objective: Objective) -> None:
    path, unit = objective.quantity.path, objective.quantity.unit
    here = middle.figures[path]
    found = one_at_a_time(result, middle, path)
    factors = unit != "dB" and all(figure > 0 for pairs in found.values() for _, figure in pairs)
    if factors:
        axes.set_xscale("log")
    moved = {name: [(value, figure / here if factors else figure - here) for value, figure in pairs]
             for name, pairs in found.items()}
    for row, name in enumerate(names):
        _line(axes, row, moved[name], place(middle, name))
    axes.axvline(1.0 if factors else 0.0, color="#888888", linewidth=0.8, zorder=0)
    if factors:
        _factor_axis(axes)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(tick_format(objective.quantity))
    for row, name in enumerate(names):
        _name_ends(axes, row, moved[name], place(middle, name))
    axes.set_title(f"{objective.quantity.title}: {written(here, unit)} there", fontsize=11)
    axes.set_xlabel(f"{'factor' if factors else 'difference'}    {'better →' if objective.maximise else '← better'}")
    axes.grid(True, axis="x")


def _line(axes: Axes, row: int, pairs: list[tuple[Any, float]], here: Any) -> None:
    """The values of one parameter along the objective, the chosen point marked."""
    axes.plot([moved for _, moved in pairs], [row] * len(pairs), "-o", color=BLUE, linewidth=1.6, markersize=5)
    axes.plot([moved for value, moved in pairs if value == here], [row], "o", color=VERMILION, markersize=8, zorder=3)


def _name_ends(axes: Axes, row: int, pairs: list[tuple[Any, float]], here: Any) -> None:
    """Names the chosen point and, where there is room, both ends."""
    least, most = (choose(moved for _, moved in pairs) for choose in (min, max))
    taken: list[tuple[float, int]] = []
    for value, moved in sorted(pairs, key=lambda pair: (pair[0] != here, pair[1])):
        text, at = str(value), axes.transData.transform((moved, row))[0]
        free = all(abs(at - other) > 3.6 * (len(text) + size) for other, size in taken)
        if free and (value == here or moved in (least, most)):
            taken.append((at, len(text)))
            axes.annotate(text, (moved, row), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8)


def _factor_axis(axes: Axes) -> None:
    low, high = axes.get_xlim()
    low, high = min(low, 0.9), max(high, 1.1)
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100)
             if low <= t <= high]
    for crowd in ((0.8, 0.9, 1.1, 1.2), (0.7, 1.5)):
        ticks = [tick for tick in ticks if tick not in crowd] if len(ticks) > 7 else ticks
    if high / low > 300:
        ticks = [10.0**power for power in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.xaxis.set_minor_formatter(NullFormatter())


# Cells with more neighbours than this across carry no number.
MOST_NUMBERS = 12


def heat(result: Result, directory: Path, ending: str = "") -> list[Path]:
    """For each objective: the best value that two parameters allow within the constraints, those that decide most of the first
    objective."""
    order = [effect.name for effect in effects(result, result.objectives[0].quantity.path)]
    if len(order) < 2 or not result.within():
        return []
    files: list[Path] = []
    for objective in result.objectives:
        up = _independent(result, order)
        xs, ys, best = best_of_two(result, order[0], up, objective)
        with plt.rc_context(STYLE):
            figure, axes = plt.subplots(figsize=(2.2 + 0.95 * min(12, len(xs)), 1.6 + 0.55 * min(12, len(ys))))
            _cells(axes, best, objective)
            axes.set_xticks(*_ticks(xs))
            axes.set_yticks(*_ticks(ys))
            axes.tick_params(length=0)
            for side in axes.spines.values():
                side.set_visible(False)
            axes.set_xlabel(order[0])
            axes.set_ylabel(up)
            others = [name for name in order if name not in (order[0], up)]
            words = ["the best of all " + ", ".join(others)] if others else []
            words += ["within " + ", ".join(result.limits)] if result.limits else []
            _finish(figure, f"{subject(result)}: {'most' if objective.maximise else 'least'} {objective.quantity.title}",
                    "; ".join(words), least_width=6.0)
            files += save(figure, directory / f"heat_{objective.quantity.path.replace('.', '_')}{ending}")
    return files


def _independent(result: Result, order: list[str]) -> str:
    """Of the parameters after the first, in order, one with which it fills half of the cells, or else most of them: not one
    that changes with it."""
    def filled(name: str) -> float:
        best = best_of_two(result, order[0], name, result.objectives[0])[2]
        return float(np.isfinite(best).mean())
    shares = {name: filled(name) for name in order[1:]}
    return next((name for name in shares if shares[name] >= 0.5), max(shares, key=lambda name: shares[name]))


def _cells(axes: Axes, best: Any, objective: Objective) -> None:
    """A coloured cell for each pair of values, with its figure where there are not too many."""
    scaled = np.log10(best) if np.nanmin(best) > 0 else best
    image = axes.imshow(scaled, origin="lower", aspect="auto", cmap="viridis" if objective.maximise else "viridis_r")
    if max(best.shape) > MOST_NUMBERS:
        return
    for (y, x), value in np.ndenumerate(best):
        if np.isnan(value):
            axes.text(x, y, "none", ha="center", va="center", fontsize=8.5, color="#888888")
            continue
        red, green, blue, _ = image.cmap(image.norm(scaled[y, x]))
        axes.text(x, y, written(float(value), objective.quantity.unit), ha="center", va="center", fontsize=8.5,
                  color="black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white")


def _ticks(values: list[Any]) -> tuple[list[int], list[str]]:
    step = max(1, len(values) // 16)
    return list(range(0, len(values), step)), [str(value) for value in values[::step]]

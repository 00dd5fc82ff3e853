"""The figures, one function each. Every function returns the files that it wrote: an SVG and a PNG of one
picture, the same bytes for the same input. A comparison's are in compare_plots.py.
"""

from pathlib import Path
from typing import Any, Optional

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .colours import VERMILION, of_causes
from .drawing import STYLE, axis_title, plt, quantity_axis, save, stacked, tick_format
from .parts import energy_parts, without_crumbs
from .quantities import Objective, value_at, written
from .simulator import Report, RunFailed
from .sweep_result import Result, Row, in_order, place
from .yaml_reader import InputError


MOST_NETWORKS = 6


def each_network(result: Result) -> list[tuple[Result, str]]:
    """A sweep's points by network, and what the names of their files end in: nothing where there is one network. Of more
    than MOST_NETWORKS the first."""
    names = result.networks()
    if len(names) < 2:
        return [(result, "")]
    return [(result.of(name), f"_{name}") for name in names[:MOST_NETWORKS]]


def pareto(result: Result, directory: Path) -> list[Path]:
    """All points of a sweep by its first two objectives, the front drawn and its points numbered, a key
    beside it; a figure for each network."""
    if not result.good():
        raise InputError(f"{directory}: no point of the sweep has finished without error; nothing to draw")
    files: list[Path] = []
    for one, ending in each_network(result):
        if one.good():
            files += _pareto_of_one(one, directory / f"pareto{ending}")
    return files


def _pareto_of_one(result: Result, path: Path) -> list[Path]:
    rows, front = result.good(), result.front()
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(10.5, 6.0))
        across, up = result.objectives[:2]
        _scatter(figure, axes, result)
        _front_line(axes, front, across, up, joined=len(result.objectives) == 2)
        quantity_axis(axes, "x", across, [row.figures[across.quantity.path] for row in rows])
        quantity_axis(axes, "y", up, [row.figures[up.quantity.path] for row in rows])
        _front_numbers(axes, front, across, up)
        axes.margins(0.06, 0.08)
        axes.grid(True)
        outside = len(rows) - len(result.within())
        axes.set_title(f"{subject(result)}: {len(rows)} designs, {len(front)} on the Pareto front"
                       + (f"\n× {outside} outside {', '.join(result.limits)}" if outside else ""))
        below = _front_key(axes, result, front)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(title=_strongest(result, rows), loc="upper left", bbox_to_anchor=(1.0, below), alignment="left",
                        ncol=2 if len(axes.get_legend_handles_labels()[0]) > 6 else 1, handletextpad=0.2)
        return save(figure, path)


def _scatter(figure: Figure, axes: Axes, result: Result) -> None:
    """The points, coloured by the third objective, or else by what explains most of the first one; those outside the
    constraints as crosses."""
    across, up = result.objectives[:2]
    rows = result.good()
    inside, outside = [row for row in rows if not row.outside], [row for row in rows if row.outside]

    def at(chosen: list[Row]) -> tuple[list[float], list[float]]:
        return ([row.figures[across.quantity.path] for row in chosen], [row.figures[up.quantity.path] for row in chosen])

    axes.scatter(*at(outside), s=26, marker="x", color="#999999", linewidths=0.9)
    if len(result.objectives) == 3:
        third = result.objectives[2].quantity
        dots = axes.scatter(*at(inside), c=[row.figures[third.path] for row in inside], cmap="viridis", s=34, alpha=0.9)
        figure.colorbar(dots, ax=axes, label=axis_title(third), format=tick_format(third), location="bottom", pad=0.12, aspect=45)
        return
    name = _strongest(result, rows)
    values = sorted({place(row, name) for row in inside}, key=in_order) if name else [None]
    colours = plt.get_cmap("viridis")
    for index, value in enumerate(values):
        axes.scatter(*at([row for row in inside if name is None or place(row, name) == value]), s=34, alpha=0.9,
                     color=colours(0.9 * index / max(1, len(values) - 1)),
                     label=str(value) if name and len(values) <= 12 else None)


def _strongest(result: Result, rows: list[Row]) -> Optional[str]:
    """The parameter whose values separate the first two objectives best: the largest variance between groups,
    of ranks."""
    def explained(name: str) -> float:
        total = 0.0
        for objective in result.objectives[:2]:
            ordered = sorted(rows, key=lambda row: row.figures[objective.quantity.path])
            groups: dict[Any, list[int]] = {}
            for rank, row in enumerate(ordered):
                groups.setdefault(place(row, name), []).append(rank)
            middle = (len(rows) - 1) / 2
            total += sum(len(g) * (sum(g) / len(g) - middle) ** 2 for g in groups.values())
        return total
    names = result.varying()
    return max(names, key=explained) if names else None


def _front_line(axes: Axes, front: list[Row], across: Objective, up: Objective, joined: bool) -> None:
    """Rings round the Pareto points and, for two objectives, the staircase that bounds what can be had."""
    x = [row.figures[across.quantity.path] for row in front]
    y = [row.figures[up.quantity.path] for row in front]
    if joined:
        axes.step(x, y, where="post", color=VERMILION, linewidth=1.4, zorder=1)
    axes.scatter(x, y, s=95, facecolors="none", edgecolors=VERMILION, linewidths=1.5, zorder=3)


def _front_numbers(axes: Axes, front: list[Row], across: Objective, up: Objective) -> None:
    """Numbers the Pareto points of the key outside the front; one that would lie on its neighbour goes to the other
    side, or away."""
    outside = (7 if across.maximise else -7, 7 if up.maximise else -11)
    inside = (-9 if across.maximise else 9, 4)
    taken: list[tuple[float, float]] = []
    for index in _in_key(front):
        row = front[index]
        at = (row.figures[across.quantity.path], row.figures[up.quantity.path])
        for shift in (outside, inside):
            x, y = axes.transData.transform(at) + [1.4 * shift[0], 1.4 * shift[1]]
            if all(abs(x - other[0]) > 15 or abs(y - other[1]) > 13 for other in taken):
                taken.append((x, y))
                axes.annotate(str(index + 1), at, xytext=shift, textcoords="offset points", ha="center",
                              color=VERMILION,
                              fontweight="bold", fontsize=9)
                break


def subject(result: Result) -> str:
    """The sweep's name, with its network and chip where there is only one."""
    chips, networks = {row.chip for row in result.rows}, {row.network for row in result.rows}
    words = [result.name] + ([next(iter(networks))] if len(networks) == 1 else [])
    return ", ".join(words) + (f" on {next(iter(chips))}" if len(chips) == 1 else "")


KEY_LINES = 24
_LINE = 0.0355  # height of a line of the key, in heights of the axes


def _in_key(front: list[Row]) -> list[int]:
    """All Pareto points, or KEY_LINES of them from end to end."""
    last = len(front) - 1
    if last < KEY_LINES:
        return list(range(len(front)))
    return sorted({round(k * last / (KEY_LINES - 1)) for k in range(KEY_LINES)})


def _front_key(axes: Axes, result: Result, front: list[Row]) -> float:
    """The Pareto points' parameters as a small table to the right of the picture, its names broken at their
    dots. The height at which it ends."""
    if not front:
        return 1.0
    names = result.varying()
    shown = _in_key(front)
    heads = [name.split(".") for name in names]
    depth = max((len(head) for head in heads), default=1)
    columns = [["#"] + [str(index + 1) for index in shown]]
    for name, head in zip(names, heads):
        tall = [""] * (depth - len(head)) + head
        columns.append(tall + [str(place(front[index], name)) for index in shown])
    columns[0] = [""] * (depth - 1) + columns[0]
    widths = [max(len(cell) for cell in column) for column in columns]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in zip(*columns)]
    few = f"{len(shown)} of {len(front)} Pareto points, all in points.csv" if len(shown) < len(front) else "Pareto points"
    axes.text(1.02, 1.0, few, transform=axes.transAxes, va="top", fontweight="bold", color=VERMILION)
    tall = _LINE * 6.0 * 0.77 / (axes.get_position().height * axes.figure.get_figheight())
    axes.text(1.02, 1.0 - 1.6 * tall, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8, linespacing=1.45,
              family="DejaVu Sans Mono")
    return 1.0 - (len(lines) + 2.4) * tall


def cycles(report: Report, directory: Path) -> list[Path]:
    """Where the cycles went: a bar a unit, busy first, then what it waited for."""
    units = {name: unit.get("cycles", {}) for name, unit in report.get("units", {}).items()}
    total = report.get("total_cycles") or 0
    if not total or not any(units.values()):
        raise RunFailed("the report has no cycles by unit")
    colours = of_causes(cause for causes in units.values() for cause in causes)
    parts = {unit: {cause: causes.get(cause, 0) / total * 100 for cause in colours}
             for unit, causes in units.items()}
    count, time = written(total).replace(" ", ""), written(value_at(report, "time_s"), "s")
    title = f"Where the {count} cycles of {report.get('network')} on {report.get('chip')} went ({time})"
    return stacked(parts, colours, title, "share of all cycles", "%", directory / "cycles", limit=100.0)


def energy(report: Report, directory: Path) -> list[Path]:
    """Where the energy went: a bar a unit, a part an action, its leakage last."""
    parts = energy_parts(report)
    if not parts:
        raise RunFailed("the report has no energy by unit")
    total = value_at(report, "energy_j.total") or sum(sum(actions.values()) for actions in parts.values())
    shown, colours = without_crumbs(parts)
    title = f"Where the {written(total, 'J')} of {report.get('network')} on {report.get('chip')} went"
    return stacked(shown, colours, title, "energy", "J", directory / "energy", total=total)

"""The figures, one function each. Every function returns the files that it wrote: an SVG and a PNG of the same picture.

Colours are those of M. Okabe and K. Ito, which colour-blind readers can tell apart; simulated and estimated bars differ in
hatching too. Files are the same bytes for the same input.
"""

import math
from pathlib import Path
from typing import Any, Optional, Sequence

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend must be chosen first)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

from .compare import Comparison, Entry
from .quantities import UNSCALED, Quantity, value_at, written
from .run import Report, RunFailed
from .sweep import Objective, Result, Row, place
from .yaml_reader import InputError

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, BLACK, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#BBBBBB")
# What a unit did with a cycle: work, wait for somebody, have nothing to do.
CAUSES = {"busy": BLUE, "drain": SKY, "wait_weights": ORANGE, "wait_matrix": YELLOW, "wait_gate": GREEN,
          "wait_load": PURPLE, "wait_store": "#882255", "bank": VERMILION, "dram": "#7F3B08", "queue_full": "#8A8A8A",
          "no_instruction": "#C4C4C4", "done": "#ECECEC"}
SERIES = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, "#7F7F7F", "#8C564B", "#004D40", "#332288", "#DDCC77")

_STYLE = {"font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 12, "axes.titleweight": "bold",
          "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
          "grid.color": "#DDDDDD", "grid.linewidth": 0.6, "svg.hashsalt": "rondo", "svg.fonttype": "none",
          "legend.frameon": False, "hatch.linewidth": 0.8}


def pareto(result: Result, directory: Path) -> list[Path]:
    """All points of a sweep by its first two objectives, the front drawn and its points numbered, a key beside it."""
    rows = result.good()
    if not rows:
        raise InputError(f"{directory}: no point of the sweep has finished without error; there is nothing to draw")
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(10.5, 6.0))
        across, up = result.objectives[:2]
        _scatter(figure, axes, result, rows)
        front = result.front()
        _front_line(axes, front, across, up, joined=len(result.objectives) == 2)
        _quantity_axis(axes, "x", across, [row.figures[across.quantity.path] for row in rows])
        _quantity_axis(axes, "y", up, [row.figures[up.quantity.path] for row in rows])
        _front_numbers(axes, front, across, up)
        axes.grid(True)
        axes.set_title(f"{_subject(result)}: {len(rows)} designs, {len(front)} on the Pareto front")
        _front_key(axes, result, front)
        return _save(figure, directory / "pareto")


def _scatter(figure: Figure, axes: Axes, result: Result, rows: list[Row]) -> None:
    """The points, coloured by the third objective, or else by what explains most of the first one."""
    across, up = result.objectives[:2]
    x = [row.figures[across.quantity.path] for row in rows]
    y = [row.figures[up.quantity.path] for row in rows]
    if len(result.objectives) == 3:
        third = result.objectives[2].quantity
        dots = axes.scatter(x, y, c=[row.figures[third.path] for row in rows], cmap="viridis", s=34, alpha=0.9)
        figure.colorbar(dots, ax=axes, label=_axis_title(third), format=_tick_format(third), pad=0.02)
        return
    name = _strongest(result, rows)
    values = _ordered({place(row, name) for row in rows}) if name else [None]
    colours = plt.get_cmap("viridis")
    for index, value in enumerate(values):
        chosen = [i for i, row in enumerate(rows) if name is None or place(row, name) == value]
        axes.scatter([x[i] for i in chosen], [y[i] for i in chosen], s=34, alpha=0.9,
                     color=colours(0.9 * index / max(1, len(values) - 1)), label=None if name is None else str(value))
    if name and len(values) <= 12:
        axes.legend(title=name, loc="upper left", bbox_to_anchor=(1.0, 0.36), ncol=2 if len(values) > 6 else 1,
                    alignment="left", handletextpad=0.2)


def _strongest(result: Result, rows: list[Row]) -> Optional[str]:
    """The parameter whose values separate the first two objectives best: the largest variance between groups, of ranks."""
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


def _ordered(values: set[Any]) -> list[Any]:
    return sorted(values, key=lambda v: (isinstance(v, str), v))


def _front_line(axes: Axes, front: list[Row], across: Objective, up: Objective, joined: bool) -> None:
    """Rings round the Pareto points and, for two objectives, the staircase that bounds what can be had."""
    x = [row.figures[across.quantity.path] for row in front]
    y = [row.figures[up.quantity.path] for row in front]
    if joined:
        axes.step(x, y, where="post", color=VERMILION, linewidth=1.4, zorder=1)
    axes.scatter(x, y, s=95, facecolors="none", edgecolors=VERMILION, linewidths=1.5, zorder=3)


def _front_numbers(axes: Axes, front: list[Row], across: Objective, up: Objective) -> None:
    """Numbers the Pareto points outside the front; one that would lie on its neighbour goes to the other side, or away."""
    outside, inside = (7 if across.maximise else -7, 7 if up.maximise else -11), (-9 if across.maximise else 9, 4)
    taken: list[tuple[float, float]] = []
    for index, row in enumerate(front):
        at = (row.figures[across.quantity.path], row.figures[up.quantity.path])
        for shift in (outside, inside):
            x, y = axes.transData.transform(at) + [1.4 * shift[0], 1.4 * shift[1]]
            if all(abs(x - other[0]) > 15 or abs(y - other[1]) > 13 for other in taken):
                taken.append((x, y))
                axes.annotate(str(index + 1), at, xytext=shift, textcoords="offset points", ha="center", color=VERMILION,
                              fontweight="bold", fontsize=9)
                break


def _subject(result: Result) -> str:
    """The sweep's name, with its network and chip where there is only one."""
    chips, networks = {row.chip for row in result.rows}, {row.network for row in result.rows}
    words = [result.name] + ([next(iter(networks))] if len(networks) == 1 else [])
    return ", ".join(words) + (f" on {next(iter(chips))}" if len(chips) == 1 else "")


KEY_LINES = 14


def _front_key(axes: Axes, result: Result, front: list[Row]) -> None:
    """The Pareto points' parameters as a small table to the right of the picture, its names broken at their dots."""
    names = result.varying()
    last = len(front) - 1
    shown = sorted({round(k * last / (KEY_LINES - 1)) for k in range(KEY_LINES)}) if last >= KEY_LINES else range(len(front))
    heads = [name.split(".") for name in names]
    depth = max((len(head) for head in heads), default=1)
    columns = [["#"] + [str(index + 1) for index in shown]]
    for name, head in zip(names, heads):
        tall = [""] * (depth - len(head)) + head
        columns.append(tall + [str(place(front[index], name)) for index in shown])
    columns[0] = [""] * (depth - 1) + columns[0]
    widths = [max(len(cell) for cell in column) for column in columns]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths)) for line in zip(*columns)]
    axes.text(1.02, 1.0, "Pareto points", transform=axes.transAxes, va="top", fontweight="bold", color=VERMILION)
    axes.text(1.02, 0.945, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8, linespacing=1.45,
              family="DejaVu Sans Mono")


def _axis_title(quantity: Quantity) -> str:
    """The name, with the unit where the ticks do not carry it."""
    return f"{quantity.title} ({quantity.unit})" if quantity.unit in UNSCALED else quantity.title


def _tick_format(quantity: Quantity) -> Any:
    if quantity.unit in UNSCALED:
        return FuncFormatter(lambda value, _: f"{value:g}")
    return EngFormatter(unit=quantity.unit, sep=" ")


def _quantity_axis(axes: Axes, which: str, objective: Objective, values: list[float]) -> None:
    """Title with unit, ticks with SI prefixes, logarithmic where the values span more than a factor of four."""
    axis = getattr(axes, which + "axis")
    quantity = objective.quantity
    direction = {("x", False): "← better", ("x", True): "better →", ("y", False): "← better", ("y", True): "better →"}
    getattr(axes, f"set_{which}label")(f"{_axis_title(quantity)}    {direction[which, objective.maximise]}")
    if min(values) > 0 and max(values) > 4 * min(values):
        getattr(axes, f"set_{which}scale")("log")
        few = max(values) < 60 * min(values)
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if few else (1,)))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(_tick_format(quantity))


def compare_bars(comparison: Comparison, directory: Path) -> list[Path]:
    """Latency and energy of every chip and device on logarithmic axes, with the values at the bars."""
    entries = comparison.entries
    with plt.rc_context(_STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(10.5, 1.9 + 0.42 * len(entries)), sharey=True)
        _bars(panels[0], entries, [e.latency_s for e in entries], "latency", "s")
        _bars(panels[1], entries, [e.energy_j for e in entries], "energy per sequence", "J")
        panels[0].set_yticks(range(len(entries)), [f"{e.name}  ({e.numbers})" for e in entries])
        panels[0].invert_yaxis()
        panels[1].tick_params(axis="y", length=0)
        figure.suptitle(f"{comparison.network}: {_count(comparison.steps, 'step')}, batch {comparison.batch}", x=0.01,
                        ha="left", fontweight="bold", fontsize=12)
        kinds = [bar for bar in (_swatch("simulated", True), _swatch("estimated from data sheets", False))
                 if any(e.simulated == bar[1] for e in entries)]
        figure.tight_layout(rect=(0, 0.3 / figure.get_figheight(), 1, 1), w_pad=2.5)
        figure.legend(handles=[bar[0] for bar in kinds], loc="lower right", ncol=2, bbox_to_anchor=(0.99, 0.0))
        return _save(figure, directory / "compare")


def _swatch(label: str, simulated: bool) -> tuple[Any, bool]:
    return plt.Rectangle((0, 0), 1, 1, label=label, **_look(simulated)), simulated


def _look(simulated: bool) -> dict[str, Any]:
    if simulated:
        return {"facecolor": BLUE, "edgecolor": BLUE}
    return {"facecolor": "#FBE3B5", "edgecolor": ORANGE, "hatch": "////"}


def _bars(axes: Axes, entries: list[Entry], values: list[Optional[float]], title: str, unit: str) -> None:
    present = [value for value in values if value]
    low, high = min(present, default=1.0), max(present, default=1.0)
    left = 10.0 ** (_floor_log10(low) - (1 if low < 2 * 10.0 ** _floor_log10(low) else 0))
    for index, (entry, value) in enumerate(zip(entries, values)):
        if not value:
            axes.text(left, index, "  not known", va="center", color="#666666")
            continue
        axes.barh(index, value - left, left=left, height=0.66, **_look(entry.simulated))
        axes.annotate(written(value, unit), (value, index), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    axes.set_xlim(left, high * (high / left) ** 0.28)
    axes.xaxis.set_major_formatter(EngFormatter(unit=unit, sep=" "))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{title} (logarithmic)    ← better")
    axes.grid(True, axis="x")


def _floor_log10(value: float) -> int:
    return math.floor(math.log10(value))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def cycles(report: Report, directory: Path) -> list[Path]:
    """Where the cycles went: a bar a unit, busy first, then what it waited for."""
    units = {name: unit.get("cycles", {}) for name, unit in report.get("units", {}).items()}
    total = report.get("total_cycles") or 0
    if not total or not any(units.values()):
        raise RunFailed("the report has no cycles by unit")
    others = dict.fromkeys(cause for causes in units.values() for cause in causes if cause not in CAUSES)
    colours = {**CAUSES, **dict(zip(others, _repeated(SERIES[7:])))}
    parts = {unit: {cause: causes.get(cause, 0) / total * 100 for cause in colours} for unit, causes in units.items()}
    title = (f"Where the {written(total).replace(' ', '')} cycles of {report.get('network')} on {report.get('chip')} went "
             f"({written(value_at(report, 'time_s'), 's')})")
    return _stacked(parts, colours, title, "share of all cycles", "%", directory / "cycles", limit=100.0)


def energy(report: Report, directory: Path) -> list[Path]:
    """Where the energy went: a bar a unit, a part an action, its leakage last."""
    parts = {unit: {action: joules for action, joules in actions.items() if joules}
             for unit, actions in report.get("energy_j", {}).get("units", {}).items()}
    for unit, joules in report.get("energy_j", {}).get("leakage_units", {}).items():
        parts.setdefault(unit, {})["leakage"] = joules
    parts = {unit: actions for unit, actions in parts.items() if any(actions.values())}
    if not parts:
        raise RunFailed("the report has no energy by unit")
    parts = dict(sorted(parts.items(), key=lambda item: -sum(item[1].values())))
    total = value_at(report, "energy_j.total") or sum(sum(actions.values()) for actions in parts.values())
    parts, colours = _without_crumbs(parts, total)
    title = f"Where the {written(total, 'J')} of {report.get('network')} on {report.get('chip')} went"
    return _stacked(parts, colours, title, "energy", "J", directory / "energy", total=total)


def _without_crumbs(parts: dict[str, dict[str, float]], total: float) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """The actions that take half a percent of the total, each with a colour; the others as one, before leakage."""
    sums: dict[str, float] = {}
    for actions in parts.values():
        for action, joules in actions.items():
            sums[action] = sums.get(action, 0.0) + joules
    large = sorted((a for a in sums if a != "leakage" and sums[a] > 0.005 * total), key=lambda a: -sums[a])
    colours = {**dict(zip(large, _repeated(SERIES))), "other": BLACK, "leakage": GREY}
    merged: dict[str, dict[str, float]] = {}
    for unit, actions in parts.items():
        known = {name: actions[name] for name in colours if name in actions}
        other = sum(joules for action, joules in actions.items() if action not in colours)
        merged[unit] = {name: {**known, "other": other}[name] for name in colours if name in known or name == "other"}
    return merged, colours


def _repeated(colours: Sequence[str]) -> list[str]:
    return list(colours) * 8


def _stacked(parts: dict[str, dict[str, float]], colours: dict[str, str], title: str, label: str, unit: str, path: Path,
             limit: Optional[float] = None, total: Optional[float] = None) -> list[Path]:
    """Horizontal stacked bars. Parts wide enough carry their value; with `total` each bar ends with its share."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(10.5, 1.7 + 0.44 * len(parts)))
        longest = limit or max(sum(part.values()) for part in parts.values())
        for index, part in enumerate(parts.values()):
            end = 0.0
            for name, value in part.items():
                axes.barh(index, value, left=end, height=0.68, color=colours[name], edgecolor="white", linewidth=0.5)
                if value > 0.07 * longest:
                    text = f"{value:.0f} %" if unit == "%" else written(value, unit)
                    axes.text(end + value / 2, index, text, ha="center", va="center", fontsize=8.5,
                              color=_ink(colours[name]))
                end += value
            if total:
                axes.annotate(_share(end / total), (end, index), xytext=(5, 0), textcoords="offset points",
                              va="center", fontsize=9)
        axes.set_yticks(range(len(parts)), [name.replace("_", " ") for name in parts])
        axes.invert_yaxis()
        axes.set_xlim(0, limit or 1.09 * longest)
        axes.set_xlabel(label)
        axes.xaxis.set_major_formatter("{x:g} %" if unit == "%" else EngFormatter(unit=unit, sep=" "))
        axes.grid(True, axis="x")
        axes.set_title(title)
        shown = [name for name in colours if any(part.get(name, 0) > 0.002 * longest for part in parts.values())]
        axes.legend(handles=[plt.Rectangle((0, 0), 1, 1, color=colours[n], label=n.replace("_", " ")) for n in shown],
                    loc="upper left", bbox_to_anchor=(1.01, 1.02))
        return _save(figure, path)


def _share(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else "< 0.1 %"


def _ink(colour: str) -> str:
    red, green, blue = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def _save(figure: Figure, path: Path) -> list[Path]:
    """Writes SVG and PNG beside each other, without dates, and frees the figure."""
    files = [path.with_suffix(".svg"), path.with_suffix(".png")]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(files[0], bbox_inches="tight", pad_inches=0.15, metadata={"Date": None, "Creator": "Rondo"})
        figure.savefig(files[1], bbox_inches="tight", pad_inches=0.15, dpi=150, metadata={"Software": "Rondo"})
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        plt.close(figure)
    return files

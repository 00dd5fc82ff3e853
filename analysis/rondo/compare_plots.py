"""Figures of a comparison: bars of latency and energy, curves over the batch, a roofline.

Simulated and estimated differ in hatching, line and marker, not in colour alone.
"""

import math
from pathlib import Path
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FixedFormatter, FixedLocator, NullFormatter, NullLocator

from .colours import BLUE, ORANGE, SERIES, YELLOW
from .compare import Comparison
from .drawing import STYLE, plt, save
from .entry import Entry
from .quantities import written

# Without yellow, which a thin line on white does not carry.
COLOURS = [colour for colour in SERIES if colour != YELLOW]
# More than these: intervals would cover each other, and a list beside the figure would be longer than it.
MOST_BANDS, MOST_BESIDE = 4, 12
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")


def comparison(result: Comparison, directory: Path) -> list[Path]:
    """All figures of a comparison."""
    files: list[Path] = []
    for batch in result.batches:
        files += bars(result, batch, directory)
    if len(result.batches) > 1:
        files += curves(result, directory)
    return files + roofline(result, directory)


def bars(result: Comparison, batch: int, directory: Path) -> list[Path]:
    """Latency and energy of every chip and device at one batch size on logarithmic axes, with the values at the bars
    and the interval of each estimated latency; of its energy, idle and busy power all the time."""
    entries = result.at(batch)
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(10.5, 1.9 + 0.42 * len(entries)), sharey=True)
        _bars(panels[0], entries, [e.latency_s for e in entries], "latency", "s")
        _intervals(panels[0], [(e.low_s, e.high_s) for e in entries])
        _bars(panels[1], entries, [e.energy_j for e in entries], "energy per sequence", "J")
        _intervals(panels[1], [(e.energy_low_j, e.energy_high_j) for e in entries])
        panels[0].set_yticks(range(len(entries)), [f"{_wrapped(e.name)}  ({e.numbers})" for e in entries])
        panels[0].invert_yaxis()
        panels[1].tick_params(axis="y", length=0)
        figure.suptitle(f"{result.network}: {_count(result.steps, 'step')}, batch {batch}", x=0.01,
                        ha="left", fontweight="bold", fontsize=12)
        kinds = [bar for bar in (_swatch("simulated", True), _swatch("estimated, with 10-90 % (energy: idle to limit)", False),
                             _swatch("roofline: at least", False, True))
                 if any((e.simulated, e.roofline) == bar[1:] for e in entries)]
        figure.tight_layout(rect=(0, 0.3 / figure.get_figheight(), 1, 1), w_pad=2.5)
        figure.legend(handles=[bar[0] for bar in kinds], loc="lower right", ncol=3,
                      bbox_to_anchor=(0.99, 0.0))
        return save(figure, directory / ("compare" if len(result.batches) == 1 else f"compare_batch{batch}"))


def _intervals(axes: Axes, ranges: list[tuple[Optional[float], Optional[float]]]) -> None:
    for index, (low, high) in enumerate(ranges):
        if low is not None and high is not None:
            axes.plot([low, high], [index + 0.24] * 2, color="black", linewidth=1.2, marker="|",
                      markersize=5, zorder=3)


def _wrapped(name: str) -> str:
    """A long name in lines."""
    return "\n".join(name[start: start + 24] for start in range(0, len(name), 24))


def _swatch(label: str, simulated: bool, roofline: bool = False) -> tuple[Any, bool, bool]:
    return plt.Rectangle((0, 0), 1, 1, label=label, **_look(simulated, roofline)), simulated, roofline


def _look(simulated: bool, roofline: bool) -> dict[str, Any]:
    if simulated:
        return {"facecolor": BLUE, "edgecolor": BLUE}
    if roofline:
        return {"facecolor": "white", "edgecolor": "#666666", "linestyle": "--"}
    return {"facecolor": "#FBE3B5", "edgecolor": ORANGE, "hatch": "////"}


def _bars(axes: Axes, entries: list[Entry], values: list[Optional[float]], title: str, unit: str) -> None:
    present = [value for value in values if value]
    ends = [entry.high_s if unit == "s" else entry.energy_high_j for entry in entries]
    low, high = min(present, default=1.0), max([*present, *(end for end in ends if end)], default=1.0)
    left = 10.0 ** (_floor_log10(low) - (1 if low < 2 * 10.0 ** _floor_log10(low) else 0))
    for index, (entry, value) in enumerate(zip(entries, values)):
        if not value:
            axes.text(left, index, "  not known", va="center", color="#666666")
            continue
        axes.barh(index, value - left, left=left, height=0.66, **_look(entry.simulated, entry.roofline))
        end = max(value, ends[index] or value)
        axes.annotate(("≥ " if entry.roofline else "") + written(value, unit), (end, index), xytext=(5, 0), textcoords="offset points",
                      va="center")
    axes.set_xscale("log")
    axes.set_xlim(left, high * (high / left) ** 0.3)
    axes.xaxis.set_major_formatter(EngFormatter(unit=unit, sep=" "))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{title} (logarithmic)    ← better")
    axes.grid(True, axis="x")


def _floor_log10(value: float) -> int:
    return math.floor(math.log10(value))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def curves(result: Comparison, directory: Path) -> list[Path]:
    """Latency and throughput over the batch; estimates dashed, with their interval as a band."""
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(11.0, 4.6))
        for name in result.names():
            _curve(panels, result, name)
        for axes, title, unit in ((panels[0], "latency of the batch    ← better", "s"),
                                  (panels[1], "sequences per second    better →", "")):
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.xaxis.set_major_locator(FixedLocator(result.batches))
            axes.xaxis.set_major_formatter(FixedFormatter([str(batch) for batch in result.batches]))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter(EngFormatter(unit=unit, sep=" " if unit else ""))
            axes.yaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel("batch")
            axes.set_ylabel(title)
            axes.grid(True)
        if len(result.names()) <= MOST_BESIDE:
            panels[1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), handlelength=3.2)
        figure.suptitle(f"{result.network}: {_count(result.steps, 'step')}; solid simulated, dashed estimated "
                        "(bands, up to four: 10-90 %)", x=0.01, ha="left", fontweight="bold", fontsize=12)
        figure.tight_layout(rect=(0, 0, 1, 0.98), w_pad=2.0)
        if len(result.names()) > MOST_BESIDE:
            figure.legend(*panels[1].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=5,
                          handlelength=3.2)
        return save(figure, directory / "batch")


def _curve(panels: Any, result: Comparison, name: str) -> None:
    entries = sorted((entry for entry in result.entries if entry.name == name), key=lambda entry: entry.batch)
    batches = [entry.batch for entry in entries]
    look = _line(result, name, entries[0].simulated)
    panels[0].plot(batches, [entry.latency_s for entry in entries], **look)
    panels[1].plot(batches, [entry.sequences_per_s for entry in entries], label=name, **look)
    estimates = {entry.name for entry in result.entries if entry.low_s is not None}
    if len(estimates) <= MOST_BANDS and all(entry.low_s is not None for entry in entries):
        low, high = [entry.low_s for entry in entries], [entry.high_s for entry in entries]
        panels[0].fill_between(batches, low, high, color=look["color"], alpha=0.12, linewidth=0)


def _line(result: Comparison, name: str, simulated: bool) -> dict[str, Any]:
    place = result.names().index(name)
    colour = COLOURS[place % len(COLOURS)]
    return {"color": colour, "marker": MARKERS[place % len(MARKERS)], "linestyle": "-" if simulated else "--",
            "linewidth": 2.0 if simulated else 1.3, "markersize": 6,
            "markerfacecolor": colour if simulated else "white"}


def roofline(result: Comparison, directory: Path) -> list[Path]:
    """What each chip and device reaches below what its memory and its arithmetic allow. Operations per byte count the
    bytes that pass between memory and processor: weights kept on the chip move a point to the right."""
    entries = [entry for entry in result.entries
               if all((entry.operations, entry.moved_bytes, entry.peak, entry.memory))]
    if not entries:
        return []
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.6, 5.6))
        places = [entry.operations / entry.moved_bytes for entry in entries]
        places += [entry.peak / entry.memory for entry in entries]
        left, right = min(places) / 4, max(places) * 4
        across = np.geomspace(left, right, 300)
        for name in dict.fromkeys(entry.name for entry in entries):
            _roof(axes, result, [entry for entry in entries if entry.name == name], across)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(left, right)
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.yaxis.set_major_formatter(EngFormatter(unit="op/s", sep=" "))
        axes.set_xlabel("operations per byte of memory traffic")
        axes.set_ylabel("operations per second    better →")
        axes.grid(True)
        sizes = ", ".join(map(str, result.batches))
        axes.set_title(f"{result.network}: roofline, batch {sizes}\nlines: what peak and memory allow; "
                       "marks: reached (hollow: estimated)", fontsize=11)
        if len(result.names()) > MOST_BESIDE:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncol=4)
        else:
            axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
        return save(figure, directory / "roofline")


def _roof(axes: Axes, result: Comparison, entries: list[Entry], across: Any) -> None:
    first = entries[0]
    look = _line(result, first.name, first.simulated)
    axes.plot(across, np.minimum(first.peak, across * first.memory), color=look["color"], linewidth=1.2,
              linestyle=look["linestyle"], alpha=0.8)
    axes.plot([entry.operations / entry.moved_bytes for entry in entries],
              [entry.operations / entry.latency_s for entry in entries], linestyle=":", linewidth=0.9, label=first.name,
              **{key: look[key] for key in ("color", "marker", "markersize", "markerfacecolor")})

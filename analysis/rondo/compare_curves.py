"""Curves over the batch, and a roofline, of all chips and devices of a comparison.

No two of them have both colour and marker in common. Simulated ones are solid and filled, estimates dashed and hollow,
and what is only a bound (a roofline) has arrows to the side where the truth may lie.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FixedFormatter, FixedLocator, LogLocator, NullFormatter, NullLocator

from .colours import SERIES, YELLOW
from .compare import Comparison
from .drawing import STYLE, plt, save
from .entry import Entry

# Without yellow, which a thin line on white does not carry. Eleven colours and twelve markers: 132 pairs. Neighbours
# in the list of markers, which get the same colour, look unlike.
COLOURS = [colour for colour in SERIES if colour != YELLOW]
MARKERS = ("o", "s", "^", "D", "v", "P", "p", "X", "<", "h", ">", "*")
# More than these: intervals would cover each other, and a list beside the figure would be longer than it.
MOST_BANDS, MOST_BESIDE = 4, 12
# Of estimates with the first eleven colours, the second and the third.
DASHES: tuple[Any, ...] = ("--", (0, (6, 1.5, 1, 1.5)), (0, (6, 1.5, 1, 1.5, 1, 1.5)))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def look(result: Comparison, name: str) -> dict[str, Any]:
    """How the line of a chip or device looks: pairs of colour and marker are its own, and of colour and dash."""
    place = result.names.index(name)
    kind = result.of(name)[0].kind()
    colour = COLOURS[place % len(COLOURS)]
    dash = "-" if kind == "simulated" else ":" if kind == "roofline" else DASHES[place // len(COLOURS) % len(DASHES)]
    return {"color": colour, "marker": MARKERS[place % len(MARKERS)], "linestyle": dash,
            "linewidth": 2.0 if kind == "simulated" else 1.3, "markersize": 6,
            "markerfacecolor": colour if kind == "simulated" else "white"}


def curves(result: Comparison, directory: Path) -> list[Path]:
    """Latency and throughput over the batch."""
    names = [name for name in result.names if result.of(name)]
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(11.0, 4.6))
        banded = _banded(result, names)
        for name in names:
            _curve(panels, result, name, name in banded)
        for axes, title, unit in ((panels[0], "latency of the batch (logarithmic)    ← better", "s"),
                                  (panels[1], "sequences per second (logarithmic)    better →", "")):
            _batch_axis(axes, result.batches)
            axes.set_yscale("log")
            _log_ticks(axes, "y", unit)
            axes.set_ylabel(title)
            axes.grid(True)
        if len(names) <= MOST_BESIDE:
            panels[1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), handlelength=3.2)
        figure.suptitle(f"{result.network}: {count(result.steps, 'step')}", x=0.01, ha="left", fontweight="bold",
                        fontsize=12)
        figure.text(0.01, 0.9, _legend_words(result, bool(banded)), fontsize=10)
        figure.tight_layout(rect=(0, 0, 1, 0.95), w_pad=2.0)
        if len(names) > MOST_BESIDE:
            figure.legend(*panels[1].get_legend_handles_labels(), loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=5,
                          handlelength=3.2)
        return save(figure, directory / "batch")


def _banded(result: Comparison, names: list[str]) -> list[str]:
    """The estimates whose interval is drawn: all that have one, unless they are many."""
    found = [name for name in names if all(entry.low_s is not None for entry in result.of(name))]
    return found if len(found) <= MOST_BANDS else []


def _legend_words(result: Comparison, bands: bool) -> str:
    """What lines and marks mean, of those in the picture."""
    words = {"simulated": "solid: simulated", "estimated": "dashed: estimated" + (" (band: 10-90 %)" if bands else ""),
             "roofline": "dotted, with arrows: bound, at least this long, at most this many"}
    kinds = {entry.kind() for entry in result.entries}
    return "; ".join(text for kind, text in words.items() if kind in kinds)


def _batch_axis(axes: Axes, batches: list[int]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(batches))
    axes.xaxis.set_major_formatter(FixedFormatter([str(batch) for batch in batches]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("batch (logarithmic)")


def _log_ticks(axes: Axes, which: str, unit: str) -> None:
    """Ticks at powers of ten, with 2 and 5 between where these would be few."""
    low, high = getattr(axes, f"get_{which}lim")()
    few = math.log10(high / low) < 3
    axis = getattr(axes, which + "axis")
    axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if few else (1,), numticks=20))
    axis.set_major_formatter(EngFormatter(unit=unit, sep=" " if unit else ""))
    axis.set_minor_formatter(NullFormatter())


def _curve(panels: Any, result: Comparison, name: str, band: bool) -> None:
    entries = sorted(result.of(name), key=lambda entry: entry.batch)
    batches = [entry.batch for entry in entries]
    own = look(result, name)
    for axes, values, up in ((panels[0], [entry.latency_s for entry in entries], True),
                             (panels[1], [entry.sequences_per_s for entry in entries], False)):
        axes.plot(batches, values, label=name, **own)
        if entries[0].roofline:
            _arrows(axes, batches, values, own["color"], up)
    if band:
        panels[0].fill_between(batches, [entry.low_s for entry in entries], [entry.high_s for entry in entries],
                               color=own["color"], alpha=0.12, linewidth=0)


def _arrows(axes: Axes, across: list[Any], values: list[float], colour: str, up: bool) -> None:
    """From each point of a bound to where the truth may lie."""
    for x, y in zip(across, values):
        axes.annotate("", (x, y), xytext=(0, 17 if up else -17), textcoords="offset points",
                      arrowprops={"arrowstyle": "<-", "color": colour, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 3})


def roofline(result: Comparison, directory: Path) -> list[Path]:
    """What each chip and device reaches below what its memory and its arithmetic allow. Operations per byte count the
    bytes that pass between memory and processor: weights kept on the chip move a point to the right."""
    entries = [entry for entry in result.entries
               if all((entry.operations, entry.moved_bytes, entry.peak, entry.memory))]
    if not entries:
        return []
    names = list(dict.fromkeys(entry.name for entry in entries))
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.6, max(5.6, 0.26 * len(names) + 1.2)))
        places = [entry.operations / entry.moved_bytes for entry in entries]
        places += [entry.peak / entry.memory for entry in entries]
        left, right = min(places) / 4, max(places) * 4
        for name in names:
            _roof(axes, look(result, name), [entry for entry in entries if entry.name == name],
                  np.geomspace(left, right, 300))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(left, right)
        _log_ticks(axes, "x", "")
        _log_ticks(axes, "y", "op/s")
        axes.set_xlabel("operations per byte of memory traffic (logarithmic)")
        axes.set_ylabel("operations per second (logarithmic)    better →")
        axes.grid(True)
        _ceiling_names(axes, result, {entry.name: entry.peak for entry in entries})
        many = "; a mark for each, from the least" if len(result.batches) > 1 else ""
        axes.set_title(f"{result.network}: roofline, batch {', '.join(map(str, result.batches))}{many}", pad=42)
        axes.annotate(_roofline_words(entries), (0, 1), xycoords="axes fraction", xytext=(0, 10),
                      textcoords="offset points")
        return save(figure, directory / "roofline")


def _roofline_words(entries: list[Entry]) -> str:
    words = {"simulated": "filled: simulated", "estimated": "hollow: estimated",
             "roofline": "hollow with an arrow: bound, at most"}
    kinds = {entry.kind() for entry in entries}
    return ("lines: what peak and memory allow, named at their right end\nmarks: reached (" +
            "; ".join(text for kind, text in words.items() if kind in kinds) + ")")


def _roof(axes: Axes, own: dict[str, Any], entries: list[Entry], across: Any) -> None:
    first = entries[0]
    axes.plot(across, np.minimum(first.peak, across * first.memory), color=own["color"], linewidth=1.2,
              linestyle=own["linestyle"], alpha=0.8)
    places = [entry.operations / entry.moved_bytes for entry in entries]
    rates = [entry.operations / entry.latency_s for entry in entries]
    axes.plot(places, rates, linestyle=":", linewidth=0.9,
              **{key: own[key] for key in ("color", "marker", "markersize", "markerfacecolor")})
    if first.roofline:
        _arrows(axes, places, rates, own["color"], False)


def _ceiling_names(axes: Axes, result: Comparison, peaks: dict[str, float]) -> None:
    """The owner of each ceiling and its marker, at the ceiling's right end, moved apart where ceilings are close."""
    low, high = (math.log10(end) for end in axes.get_ylim())
    ends = {name: (math.log10(peak) - low) / (high - low) for name, peak in peaks.items()}
    names = sorted(ends, key=lambda name: ends[name])
    gap = 15.0 / (72 * axes.figure.get_figheight() * axes.get_position().height)
    for name, place in zip(names, spread([ends[name] for name in names], gap)):
        own = look(result, name)
        beside = {"transform": axes.transAxes, "clip_on": False, "color": own["color"]}
        axes.plot([1.0, 1.03], [ends[name], place], linewidth=0.8, **beside)
        axes.plot([1.05], [place], linestyle="none", **beside,
                  **{key: own[key] for key in ("marker", "markersize", "markerfacecolor")})
        axes.text(1.075, place, name, transform=axes.transAxes, va="center")


def spread(places: list[float], gap: float) -> list[float]:
    """Rising places in 0..1 moved to be `gap` apart, those that would be closer as a block around their middle; within
    0..1 where there is room."""
    blocks: list[list[float]] = []  # of places less the gaps before them, which need only not fall
    for index, place in enumerate(places):
        blocks.append([place - index * gap])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    room = max(0.0, 1.0 - (len(places) - 1) * gap)
    middles = [min(max(float(np.mean(block)), 0.0), room) for block in blocks for _ in block]
    return [middle + index * gap for index, middle in enumerate(middles)]

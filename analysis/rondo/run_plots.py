"""Figures of one run beside its stacked bars: the critical path, a roofline, what every unit did in a window of cycles, and
the bytes per cycle of every memory."""

from pathlib import Path
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, NullFormatter

from .colours import BLUE, VERMILION, of_causes
from .drawing import STYLE, plt, save, stacked
from .parts import path_parts, without_crumbs
from .quantities import Report, written
from .result_files import Timeline, stretches
from .yaml_reader import InputError

Window = tuple[int, int]
Stretches = list[tuple[int, int, str]]

# More stretches than this are drawn as shares of columns, more instructions not at all.
MOST_STRETCHES = 1200
MOST_INSTRUCTIONS = 160
COLUMNS = 200


def _subject(report: Report) -> str:
    return f"{report.get('network')} on {report.get('chip')}"


def path(report: Report, directory: Path) -> list[Path]:
    """The critical path: a bar a unit, by what its cycles were spent on."""
    why = report["why"]
    found, colours = without_crumbs(path_parts(why))
    parts = {unit: {kind: 100 * cycles / why["cycles"] for kind, cycles in kinds.items()} for unit, kinds in found.items()}
    title = f"What the {why['cycles']:,} cycles of {_subject(report)} waited for, one after another"
    return stacked(parts, colours, title, "share of the critical path", "%", directory / "path", limit=100.0)


def roofline(report: Report, directory: Path) -> list[Path]:
    """What the run reaches below what its arithmetic, its DRAM and its weight SRAM allow. A memory's operations per byte
    count the bytes that it moved."""
    peak, reached = report.get("peak_ops_per_s"), report.get("effective_ops_per_s")
    roofs = _roofs(report) if peak and reached else []
    if not roofs:
        return []
    places = [place for _, _, place in roofs] + [peak / speed for _, speed, _ in roofs]
    left, right = min(places) / 4, max(places) * 4
    across = np.geomspace(left, right, 200)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.6, 5.2))
        axes.plot([left, right], [peak, peak], color="black", linewidth=1.4,
                  label=f"arrays: {written(peak, 'op/s')}")
        for (name, speed, place), colour, mark in zip(roofs, (BLUE, VERMILION), ("o", "s")):
            axes.plot(across, np.minimum(peak, across * speed), color=colour, linewidth=1.4,
                      label=f"{name}: {written(speed, 'B/s')}")
            allowed = min(peak, place * speed)
            axes.plot([place, place], [reached, allowed], color=colour, linewidth=1.0, linestyle=":")
            axes.plot([place], [reached], mark, color=colour, markersize=9, linestyle="none",
                      label=f"{written(reached, 'op/s')}, {100 * reached / allowed:.0f} % of that")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlim(left, right)
        axes.set_ylim(top=peak * 2.5)
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.yaxis.set_major_formatter(EngFormatter(unit="op/s", sep=" "))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("operations per byte that the memory moved")
        axes.set_ylabel("operations per second    better →")
        axes.grid(True)
        axes.set_title(f"{_subject(report)}: roofline\nlines: what a part allows; marks: the run", fontsize=11)
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
        return save(figure, directory / "roofline")


def _roofs(report: Report) -> list[tuple[str, float, float]]:
    """(name, bytes per second that it could move, operations per byte that it did) of DRAM and weight SRAM. All arrays
    can read the weight SRAM at once as far as its banks have ports."""
    found = []
    settings = report["resolved_config"]
    ports = min(settings["machine"]["arrays"], settings["machine"]["weight_banks"] * settings["weight_sram"]["read_ports"])
    speeds = {"dram": report["memories"]["dram"].get("peak_bytes_per_s"),
              "weight_sram": ports * settings["weight_sram"]["bytes_per_cycle"] * report["clock_mhz"] * 1e6}
    for name, speed in speeds.items():
        memory = report["memories"][name]
        moved = memory["read_bytes"] + (memory["written_bytes"] if name == "dram" else 0)
        if speed and moved and report.get("operations"):
            found.append(("DRAM" if name == "dram" else "weight SRAM, read", speed, report["operations"] / moved))
    return found


def check_window(timeline: Timeline, window: Optional[Window]) -> Window:
    """The window to draw, all that the timeline holds by default; InputError for one outside it."""
    if window is None:
        return 0, timeline.end
    if window[1] > timeline.end:
        raise InputError(f"--window {window[0]}:{window[1]}: the timeline ends with cycle {timeline.end}"
                         + ("" if timeline.whole else "; ./rondo run --timeline-slices keeps more"))
    return window


def timeline(report: Report, found: Timeline, window: Window, directory: Path) -> list[Path]:
    """What every unit did with the cycles of a window: shares of columns far out, single stretches closer, and
    instructions above them where they can be told apart."""
    inside = {unit: _clipped(stretches(found, report, unit), window) for unit in found.units}
    close = sum(map(len, inside.values())) <= MOST_STRETCHES
    instructions = {unit: _instructions(found, unit, window) for unit in found.units} if close else {}
    seen = {cause for unit in inside.values() for _, _, cause in unit}
    colours = of_causes(sorted(seen))
    named = close and 0 < sum(map(len, instructions.values())) <= MOST_INSTRUCTIONS
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(12.0, 1.6 + (0.8 if named else 0.5) * len(found.units)))
        for row, unit in enumerate(found.units):
            low = len(found.units) - 1 - row - 0.4
            bars = inside[unit] if close else _columns(inside[unit], window, list(colours))
            _bars(axes, bars, colours, low, 0.3 if named else 0.8, shares=not close)
            if named:
                _names(axes, found, unit, instructions[unit], low + 0.33, window)
        axes.set_xlim(*window)
        axes.set_ylim(-0.6, len(found.units) - 0.4)
        axes.set_yticks(range(len(found.units)), [unit.replace("_", " ") for unit in reversed(found.units)])
        axes.tick_params(axis="y", length=0)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("cycle")
        part = "" if window == (0, report["total_cycles"]) else f", cycles {window[0]:,} to {window[1]:,}"
        axes.set_title(f"{_subject(report)}: what every unit did{part}"
                       + ("" if close else f" (columns of {(window[1] - window[0]) / COLUMNS:,.0f} cycles, by share)"))
        axes.legend(handles=[plt.Rectangle((0, 0), 1, 1, color=colour, label=cause.replace("_", " "))
                             for cause, colour in colours.items() if cause in seen], loc="upper left",
                    bbox_to_anchor=(1.01, 1.02))
        return save(figure, directory / "timeline")


def _clipped(found: Stretches, window: Window) -> Stretches:
    first, last = window
    return [(max(start, first), min(start + length, last) - max(start, first), cause)
            for start, length, cause in found if start < last and start + length > first]


def _columns(found: Stretches, window: Window, causes: list[str]) -> list[tuple[float, float, str, float, float]]:
    """(from, width, cause, bottom, height) of a stack of shares for each column of the window."""
    width = (window[1] - window[0]) / COLUMNS
    shares: list[dict[str, float]] = [{} for _ in range(COLUMNS)]
    for start, length, cause in found:
        a, b = (start - window[0]) / width, (start + length - window[0]) / width
        for column in range(int(a), min(COLUMNS, int(np.ceil(b)))):
            part = min(b, column + 1) - max(a, column)
            shares[column][cause] = shares[column].get(cause, 0.0) + part
    bars = []
    for column, parts in enumerate(shares):
        bottom = 0.0
        for cause in causes:
            if parts.get(cause, 0.0) > 0.004:
                bars.append((window[0] + column * width, width, cause, bottom, parts[cause]))
                bottom += parts[cause]
    return bars


def _bars(axes: Axes, bars: list[Any], colours: dict[str, str], low: float, height: float, shares: bool) -> None:
    for cause, colour in colours.items():
        chosen = [bar for bar in bars if bar[2] == cause]
        if shares:
            axes.bar([bar[0] for bar in chosen], [height * bar[4] for bar in chosen], [bar[1] for bar in chosen],
                     [low + height * bar[3] for bar in chosen], align="edge", color=colour, linewidth=0)
        else:
            axes.broken_barh([bar[:2] for bar in chosen], (low, height), color=colour, linewidth=0)


def _instructions(found: Timeline, unit: str, window: Window) -> list[int]:
    each = found.instructions[unit]
    return [i for i, (start, length) in enumerate(zip(each.start, each.length))
            if start < window[1] and start + length > window[0]]


def _names(axes: Axes, found: Timeline, unit: str, chosen: list[int], low: float, window: Window) -> None:
    """Instructions side by side in as many rows as overlap, with name and number where they fit."""
    each = found.instructions[unit]
    lanes = sorted({each.lane[i] for i in chosen})
    height = 0.5 / max(1, len(lanes))
    for i in chosen:
        bottom = low + lanes.index(each.lane[i]) * height
        start, end = max(each.start[i], window[0]), min(each.start[i] + each.length[i], window[1])
        axes.broken_barh([(start, end - start)], (bottom, 0.92 * height), facecolor="#E8EEF4", edgecolor="#6B7C8D", linewidth=0.5)
        text = f"{found.names[each.name[i]]} {each.instruction[i]}"
        if len(lanes) <= 3 and (end - start) / (window[1] - window[0]) > 0.008 * len(text):
            axes.text((start + end) / 2, bottom + 0.46 * height, text, ha="center", va="center", fontsize=7.5)


def bandwidth(report: Report, found: Timeline, window: Window, directory: Path) -> list[Path]:
    """Bytes per cycle of every memory over the window, read and written, with what one port could move as a line."""
    memories = list(found.bytes_per_cycle)
    if not memories:
        return []
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(len(memories), 1, figsize=(11.0, 0.9 + 1.25 * len(memories)), sharex=True, squeeze=False)
        for axes, memory in zip(panels[:, 0], memories):
            for (way, steps), colour in zip(found.bytes_per_cycle[memory].items(), (BLUE, VERMILION)):
                axes.step(*_steps(steps, window), where="post", color=colour, linewidth=1.1, label=way)
            limit = _limit(report, memory)
            if limit:
                axes.axhline(limit, color="#666666", linewidth=0.9, linestyle="--",
                             label="most that the bus or one port moves")
            axes.set_ylim(bottom=0)
            axes.set_xlim(*window)
            axes.set_ylabel(memory.replace("_", "\n"), rotation=0, ha="right", va="center")
            axes.grid(True)
        panels[-1, 0].set_xlabel("cycle")
        panels[-1, 0].xaxis.set_major_formatter("{x:,.0f}")
        figure.suptitle(f"{_subject(report)}: bytes per cycle of every memory, each instruction's spread over its time",
                        x=0.01, ha="left", fontweight="bold", fontsize=12)
        panels[0, 0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=3)
        figure.tight_layout(rect=(0, 0, 1, 0.99), h_pad=0.6)
        figure.align_ylabels()
        return save(figure, directory / "bandwidth")


def _steps(steps: list[tuple[int, float]], window: Window) -> tuple[list[float], list[float]]:
    """The steps of a window, averaged over columns where there are more than can be seen."""
    starts, values = np.array([s for s, _ in steps]), np.array([v for _, v in steps])
    moved = np.concatenate([[0.0], np.cumsum(np.diff(np.append(starts, max(starts[-1], window[1]))) * values)])
    inside = starts[(starts > window[0]) & (starts < window[1])]
    ends = np.unique(np.concatenate([[window[0]], inside, [window[1]]]))
    if len(ends) > 4 * COLUMNS:
        ends = np.linspace(*window, 4 * COLUMNS + 1)
    total = np.interp(ends, np.append(starts, max(starts[-1], window[1])), moved)
    rates = np.diff(total) / np.diff(ends)
    return list(ends), [*rates, rates[-1]]


def _limit(report: Report, memory: str) -> Optional[float]:
    if memory == "dram":
        peak = report["memories"]["dram"].get("peak_bytes_per_s")
        return peak / (report["clock_mhz"] * 1e6) if peak else None
    return report["resolved_config"][memory]["bytes_per_cycle"]

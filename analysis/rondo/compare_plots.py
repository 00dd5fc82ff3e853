"""Figures of a comparison: bars of latency and energy here, curves over the batch, a roofline.

Simulated and estimated differ in hatching, line and marker, not in colour alone.
"""

import math
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, NullFormatter

from .colours import BLUE, ORANGE
from .compare import Comparison
from .compare_curves import count, curves, roofline
from .drawing import STYLE, plt, save
from .entry import Entry, Misfit
from .quantities import written

# What these figures are called, for whoever removes old ones.
NAMES = [f"{name}.{ending}" for name in ("compare", "compare_batch[0-9]*", "batch", "roofline")
         for ending in ("svg", "png")]


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
    lines = result.lines(batch)
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(10.5, 1.9 + 0.42 * len(lines)), sharey=True)
        _bars(panels[0], [_Bar.of_latency(line) for line in lines], "latency", "s")
        _bars(panels[1], [_Bar.of_energy(line) for line in lines], "energy per sequence", "J")
        panels[0].set_yticks(range(len(lines)), [
            _wrapped(line.name) + (f"  ({line.numbers})" if isinstance(line, Entry) else "") for line in lines])
        panels[0].set_ylim(len(lines) - 0.5, -0.5)
        panels[1].tick_params(axis="y", length=0)
        figure.suptitle(f"{result.network}: {count(result.steps, 'step')}, batch {batch}", x=0.01,
                        ha="left", fontweight="bold", fontsize=12)
        figure.tight_layout(rect=(0, 0.3 / figure.get_figheight(), 1, 1), w_pad=2.5)
        kinds = dict.fromkeys(line.kind() for line in lines if isinstance(line, Entry))
        figure.legend(handles=[plt.Rectangle((0, 0), 1, 1, label=label, **_LOOKS[kind])
                               for kind, label in _KINDS.items() if kind in kinds],
                      loc="lower right", ncol=3, bbox_to_anchor=(0.99, 0.0))
        return save(figure, directory / ("compare" if len(result.batches) == 1 else f"compare_batch{batch}"))


_KINDS = {"simulated": "simulated", "estimated": "estimated, with 10-90 % (energy: idle to limit)",
          "roofline": "roofline: at least"}
_LOOKS: dict[str, dict[str, Any]] = {
    "simulated": {"facecolor": BLUE, "edgecolor": BLUE},
    "estimated": {"facecolor": "#FBE3B5", "edgecolor": ORANGE, "hatch": "////"},
    "roofline": {"facecolor": "white", "edgecolor": "#666666", "linestyle": "--"}}


class _Bar(NamedTuple):
    """One bar with its range; without a value the words that stand in its place."""

    kind: str
    value: Optional[float]
    low: Optional[float] = None
    high: Optional[float] = None
    words: str = "not known"

    @staticmethod
    def of_latency(line: Union[Entry, Misfit]) -> "_Bar":
        if isinstance(line, Misfit):
            return _Bar("", None, words=f"does not fit: {line.shortage()}".rstrip(": "))
        return _Bar(line.kind(), line.latency_s, line.low_s, line.high_s)

    @staticmethod
    def of_energy(line: Union[Entry, Misfit]) -> "_Bar":
        if isinstance(line, Misfit):
            return _Bar("", None, words="does not fit")
        return _Bar(line.kind(), line.energy_j, line.energy_low_j, line.energy_high_j)


def _wrapped(name: str) -> str:
    """A long name in lines."""
    return "\n".join(name[start: start + 24] for start in range(0, len(name), 24))


def _bars(axes: Axes, shown: list[_Bar], title: str, unit: str) -> None:
    present = [bar.value for bar in shown if bar.value]
    low, high = min(present, default=1.0), max([*present, *(bar.high for bar in shown if bar.high)], default=1.0)
    left = 10.0 ** (_floor_log10(low) - (1 if low < 2 * 10.0 ** _floor_log10(low) else 0))
    for index, bar in enumerate(shown):
        if not bar.value:
            axes.text(left, index, f"  {bar.words}", va="center", color="#666666")
            continue
        axes.barh(index, bar.value - left, left=left, height=0.66, **_LOOKS[bar.kind])
        axes.annotate(("≥ " if bar.kind == "roofline" else "") + written(bar.value, unit),
                      (max(bar.value, bar.high or bar.value), index), xytext=(5, 0), textcoords="offset points",
                      va="center")
        if bar.low is not None and bar.high is not None:
            axes.plot([bar.low, bar.high], [index + 0.24] * 2, color="black", linewidth=1.2, marker="|", markersize=5,
                      zorder=3)
    axes.set_xscale("log")
    axes.set_xlim(left, max(high * (high / left) ** 0.3, 10 * left))
    axes.xaxis.set_major_formatter(EngFormatter(unit=unit, sep=" "))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"{title} (logarithmic)    ← better")
    axes.grid(True, axis="x")


def _floor_log10(value: float) -> int:
    return math.floor(math.log10(value))

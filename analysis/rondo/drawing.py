"""How every figure looks: axes with units, stacked bars, and the two files that each figure becomes."""

import math
from pathlib import Path
from typing import Any, Optional

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  (the backend must be chosen first)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, NullFormatter

from .quantities import UNSCALED, Objective, Quantity, written
from .simulator import RunFailed

STYLE = {"font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 12, "axes.titleweight": "bold",
          "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
          "grid.color": "#DDDDDD", "grid.linewidth": 0.6, "svg.hashsalt": "rondo", "svg.fonttype": "none",
          "legend.frameon": False, "hatch.linewidth": 0.8,
          "text.parse_math": False}  # a name may hold a dollar


def axis_title(quantity: Quantity) -> str:
    """The name, with the unit where the ticks do not carry it."""
    return f"{quantity.title} ({quantity.unit})" if quantity.unit in UNSCALED else quantity.title


def tick_format(quantity: Quantity) -> Any:
    if quantity.unit in UNSCALED:
        return FuncFormatter(lambda value, _: f"{value:g}")
    if not quantity.unit:
        return FuncFormatter(lambda value, _: written(value))
    return EngFormatter(unit=quantity.unit, sep=" ")


def quantity_axis(axes: Axes, which: str, objective: Objective, values: list[float]) -> None:
    """Title with unit, ticks with SI prefixes, logarithmic where the values span more than a factor of
    four."""
    axis = getattr(axes, which + "axis")
    quantity = objective.quantity
    direction = {("x", False): "← better", ("x", True): "better →", ("y", False): "← better",
                 ("y", True): "better →"}
    getattr(axes, f"set_{which}label")(f"{axis_title(quantity)}    {direction[which, objective.maximise]}")
    if min(values) > 0 and max(values) > 4 * min(values):
        getattr(axes, f"set_{which}scale")("log")
        axis.set_major_locator(LogLocator(base=10, subs=_steps(min(values), max(values))))
        axis.set_minor_formatter(NullFormatter())
    axis.set_major_formatter(tick_format(quantity))


def _steps(low: float, high: float) -> tuple[float, ...]:
    """The coarsest ticks within a decade that put three or more between the ends."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1,), (1, 2, 5)):
        if sum(low <= step * 10.0**decade <= high for decade in decades for step in steps) >= 3:
            return steps
    return (1, 1.5, 2, 3, 4, 6, 8)


def stacked(parts: dict[str, dict[str, float]], colours: dict[str, str], title: str, label: str, unit: str,
            path: Path,
             limit: Optional[float] = None, total: Optional[float] = None) -> list[Path]:
    """Horizontal stacked bars. Parts wide enough carry their value; with `total` each bar ends with its
    share."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(10.5, 1.7 + 0.44 * len(parts)))
        longest = limit or max(sum(part.values()) for part in parts.values())
        for index, part in enumerate(parts.values()):
            end = 0.0
            for name, value in part.items():
                axes.barh(index, value, left=end, height=0.68, color=colours[name], edgecolor="white",
                          linewidth=0.5)
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
        shown = [name for name in colours if any(part.get(name,
                                                          0) > 0.002 * longest for part in parts.values())]
        axes.legend(handles=[plt.Rectangle((0, 0), 1, 1, color=colours[n],
                                           label=n.replace("_", " ")) for n in shown],
                    loc="upper left", bbox_to_anchor=(1.01, 1.02))
        return save(figure, path)


def _share(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else "< 0.1 %"


def _ink(colour: str) -> str:
    red, green, blue = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def save(figure: Figure, path: Path) -> list[Path]:
    """Writes SVG and PNG beside each other, without dates, and frees the figure."""
    files = [path.with_suffix(".svg"), path.with_suffix(".png")]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(files[0], bbox_inches="tight", pad_inches=0.15,
                       metadata={"Date": None, "Creator": "Rondo"})
        figure.savefig(files[1], bbox_inches="tight", pad_inches=0.15, dpi=150,
                       metadata={"Software": "Rondo"})
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        plt.close(figure)
    return files

"""Figures of the GPU model."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter

from .colours import BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILION
from .drawing import STYLE, plt, save
from .model_error import Judged, Report, median_and_90

# One colour a chip family, one marker a device.
LOOKS = {
    "titan_x_maxwell": (ORANGE, "o"), "m40": (ORANGE, "^"), "titan_x_pascal": (BLUE, "o"), "titan_xp": (BLUE, "^"),
    "gtx_1080_ti": (BLUE, "s"), "v100": (GREEN, "o"), "mi25": (VERMILION, "o"), "vega_fe": (VERMILION, "^"),
    "jetson_tx1": (SKY, "D"),
}


def model_error(report: Report, directory: Path) -> list[Path]:
    """Estimate against measurement for every measured row of a GPU, each by a fit without its device."""
    rows = [judged for judged in report.judged if judged.kind == "gpu"]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8.4, 6.4))
        times = [judged.row.time_s for judged in rows] + [judged.estimate_s for judged in rows]
        low, high = min(times) / 1.6, max(times) * 1.6
        for factor, style in ((1.0, "-"), (2.0, "--"), (0.5, "--")):
            axes.plot([low, high], [low * factor, high * factor], style, color=GREY if factor != 1 else BLACK,
                      linewidth=1.0, zorder=1)
        for key in dict.fromkeys(judged.row.device for judged in rows):
            _dots(axes, [judged for judged in rows if judged.row.device == key])
        for factor, words in ((2.0, "twice the measurement"), (0.5, "half")):
            axes.annotate(words, (low * 3, low * 3 * factor), rotation=45, rotation_mode="anchor", color="#666666",
                          xytext=(-4, 4) if factor > 1 else (8, -8), textcoords="offset points", fontsize=9)
        for which in ("x", "y"):
            getattr(axes, f"set_{which}scale")("log")
            getattr(axes, f"set_{which}lim")(low, high)
            getattr(axes, which + "axis").set_major_formatter(EngFormatter(unit="s", sep=" "))
        axes.set_aspect("equal")
        axes.set_xlabel("measured time of a call")
        axes.set_ylabel("estimate by a fit without this device")
        axes.grid(True)
        middle, ninety = median_and_90([judged.error for judged in report.unseen()])
        axes.set_title(f"GPU model on {len(report.unseen())} measured rows of unseen devices:\n"
                       f"median error {100 * middle:.0f} %, 90 % of the rows within {100 * ninety:.0f} %")
        axes.legend(handles=_legend(rows), loc="upper left", bbox_to_anchor=(1.02, 1.0), handletextpad=0.3)
        return save(figure, directory / "model_error")


def _look(key: str) -> tuple[str, str]:
    return LOOKS.get(key, (BLACK, "x"))


def _dots(axes: Axes, rows: list[Judged]) -> None:
    colour, marker = _look(rows[0].row.device)
    for fitted in (True, False):
        chosen = [judged for judged in rows if judged.fitted == fitted]
        axes.scatter([judged.row.time_s for judged in chosen], [judged.estimate_s for judged in chosen], s=26,
                     marker=marker, facecolors=colour if fitted else "none", edgecolors="white" if fitted else colour,
                     linewidths=0.4 if fitted else 1.4, zorder=2 if fitted else 3)


def _legend(rows: list[Judged]) -> list[Line2D]:
    def handle(key: str, label: str, filled: bool = True) -> Line2D:
        colour, marker = _look(key)
        return Line2D([], [], linestyle="none", marker=marker, color=colour, label=label, markersize=6,
                      markerfacecolor=colour if filled else "none")
    keys = dict.fromkeys(judged.row.device for judged in rows)
    others = dict.fromkeys(judged.row.device for judged in rows if not judged.fitted)
    fitted = {judged.row.device for judged in rows if judged.fitted}
    return ([handle(key, key) for key in keys if key in fitted] +
            [handle(key, f"{key}, other source", False) for key in others])

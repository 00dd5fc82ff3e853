"""Tables for the terminal. They fit 80 columns; in a pipe they are plain text."""

import re
import sys
from typing import Iterable, Optional

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .compare import Entry
from .formula import MEANINGS, Constants
from .model_error import Judged, Report, median_and_90
from .quantities import written
from .sweep import Result, Row, place

MAX_ROWS = 20


def console() -> Console:
    """Where tables go: stdout, as wide as the terminal, 80 columns in a pipe."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 80)


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
                 padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)


def sweep_table(result: Result) -> Table:
    """The Pareto points first, then the best others by the first objective; at most MAX_ROWS in all."""
    names = result.varying()
    table = _table(f"{result.name}: {len(result.rows)} of {result.total} points, {len(result.front())} on the "
                   "Pareto front")
    table.add_column("point", justify="right")
    for name in names:
        table.add_column(_broken(name), justify="right")
    for objective in result.objectives:
        table.add_column(_broken(objective.quantity.title), justify="right")
    table.add_column("", no_wrap=True)
    for rank, row in enumerate(_shown(result)):
        figures = [written(row.figures[o.quantity.path], o.quantity.unit) for o in result.objectives]
        mark = f"Pareto {rank + 1}" if row.front else ""
        table.add_row(str(row.number), *(str(place(row, name)) for name in names), *figures, mark,
                      style="bold" if row.front else "")
    return table


HEAD_WIDTH = 11


def _broken(name: str) -> str:
    """A name broken at dots, and at underscores and spaces where its words are long, so that columns stay
    narrow."""
    lines = []
    for word in name.replace(".", ".\n").split("\n"):
        line = ""
        for piece in re.findall(r"[^_ ]+[_ ]?", word):
            if line and len(line) + len(piece) > HEAD_WIDTH:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line)
    return "\n".join(lines)


def _shown(result: Result) -> list[Row]:
    front = result.front()
    first = result.objectives[0]
    sign = -1.0 if first.maximise else 1.0
    others = sorted((row for row in result.good() if not row.front),
                    key=lambda row: (sign * row.figures[first.quantity.path], row.number))
    return (front + others)[:MAX_ROWS]


def sweep_notes(result: Result) -> list[str]:
    """What to say below the table: points not shown, failures by cause, mixed versions of the simulator."""
    notes = []
    if len(result.good()) > MAX_ROWS:
        notes.append(f"{len(result.good()) - MAX_ROWS} more points are in points.csv")
    failures = result.failures()
    if failures:
        notes.append(f"{sum(count for _, count, _ in failures)} points failed:")
        notes += [f"  {count:5d}  {cause} (first: point {first})" for cause, count, first in failures[:8]]
        if len(failures) > 8:
            notes.append(f"  and {len(failures) - 8} more causes, in points.csv")
    if len(result.versions) > 1:
        notes.append("the points come from several versions of the simulator: " + ", ".join(result.versions))
    return notes


def compare_table(title: str, entries: list[Entry], batch: int) -> Table:
    """One line a chip or device; the ratios are to the first line. At batch 1 throughput is latency's
    inverse, and the share of the peak takes its place."""
    rate = "of peak" if batch == 1 else "seq/s"
    table = _table(title)
    for name, justify in (("", "left"), ("numbers", "left"), ("latency", "right"), ("x", "right"),
                          ("energy", "right"), ("x", "right"), (rate, "right"), ("bound by", "left")):
        table.add_column(name, justify=justify, no_wrap=name != "")
    base = entries[0]
    for entry in entries:
        name = Text(entry.name + ("" if entry.simulated else "*"))
        table.add_row(name, entry.numbers, written(entry.latency_s, "s"),
                      _ratio(entry.latency_s, base.latency_s),
                      written(entry.energy_j, "J"), _ratio(entry.energy_j, base.energy_j),
                      _percent(entry.utilisation) if batch == 1 else written(entry.sequences_per_s),
                      entry.bound_by,
                      style="bold" if entry.simulated else "")
    return table


def _ratio(value: Optional[float], base: Optional[float]) -> str:
    if value is None or not base:
        return "-"
    ratio = value / base
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:#.3g}" if ratio >= 0.01 else f"{ratio:.1g}"


def _percent(share: Optional[float]) -> str:
    if share is None:
        return "-"
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.1g} %"


def error_table(report: Report) -> Table:
    """The model's error: by device, each predicted by a fit without it, then in all, then on other sources."""
    table = _table("GPU model: estimate against measurement")
    for name in ("", "numbers"):
        table.add_column(name, no_wrap=True)
    for name in ("rows", "median\nerror", "90 %\nwithin", "estimate/\nmeasured"):
        table.add_column(name, justify="right", no_wrap=True)

    def line(name: str, numbers: str, errors: list[float], style: str = "") -> None:
        middle, ninety = median_and_90(errors)
        bias = 1 + sorted(errors)[len(errors) // 2]
        table.add_row(name, numbers, str(len(errors)), f"{100 * middle:.1f} %", f"{100 * ninety:.1f} %",
                      f"{bias:.2f}", style=style)

    def by_device(rows: list[Judged]) -> None:
        for key in dict.fromkeys((j.row.device, j.row.precision) for j in rows):
            chosen = [j for j in rows if (j.row.device, j.row.precision) == key]
            line(*key, [j.error for j in chosen])
        table.add_section()

    by_device(report.unseen())
    line("all, device left out", "", [j.error for j in report.unseen()], "bold")
    line("all, chip family left out", "", report.by_family)
    line("all, nothing left out", "", report.in_sample)
    table.add_section()
    by_device(report.elsewhere())
    return table


def constants_table(report: Report, committed: Constants) -> Table:
    """The constants as committed, as fitted now, and their range over the fits without a device."""
    table = _table("Constants of the model")
    for name, justify in (("", "left"), ("committed", "right"), ("fitted", "right"), ("device left out", "right"),
                          ("", "left")):
        table.add_column(name, justify=justify, no_wrap=justify == "right")
    for name, meaning in MEANINGS.items():
        low, high = report.ranges[name]
        table.add_row(name, f"{getattr(committed, name):.4g}", f"{getattr(report.constants, name):.4g}",
                      f"{low:.3g} .. {high:.3g}", meaning)
    return table


def print_notes(notes: Iterable[str]) -> None:
    """Plain lines, wrapped at the console's width."""
    out = console()
    for note in notes:
        out.print(Text(note))

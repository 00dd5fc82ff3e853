"""Tables for the terminal. They fit 80 columns; in a pipe they are plain text."""

import os
import re
import sys
import textwrap
from pathlib import Path
from typing import Iterable

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from .quantities import written
from .sweep_result import Result, Row, place

MAX_ROWS = 20


def console() -> Console:
    """Where tables go: stdout, as wide as the terminal; in a pipe 80 columns, or as many as COLUMNS says."""
    width = os.environ.get("COLUMNS", "")
    piped = int(width) if width.isdecimal() and 40 <= int(width) <= 1000 else 80
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else piped)


def plain_table(title: str) -> Table:
    """An empty table in the style of all of them."""
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
                 padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)


def sweep_table(result: Result, width: int) -> Table:
    """The Pareto points first, then the best others by the first objective; of several networks each its own, one after the
    other; MAX_ROWS in all. Where a column for each parameter does not fit into `width`, one holds them all."""
    rows = _shown(result)
    title = f"{result.name}: {len(result.rows)} of {result.total} points, {len(result.front())} on the Pareto front"
    if len(result.networks()) > 1:
        title += f"s of {len(result.networks())} networks"
    table = _of_rows(result, rows, title, [[name] for name in result.varying()])
    out = console()
    if Measurement.get(out, out.options.update(max_width=10 * width), table).maximum <= width:
        return table
    return _of_rows(result, rows, title, [result.varying()])


def _of_rows(result: Result, rows: list[Row], title: str, columns: list[list[str]]) -> Table:
    """A table of these rows; `columns`: the parameters in each column."""
    table = plain_table(title)
    table.add_column("point", justify="right", no_wrap=True)
    for names in columns:
        table.add_column(_broken(names[0]) if len(names) == 1 else "design", justify="right" if len(names) == 1 else "left",
                         no_wrap=len(names) == 1)
    for objective in result.objectives:
        table.add_column(_broken(objective.quantity.title), justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    rank = {row.number: number for network in result.networks()
            for number, row in enumerate(result.of(network).front(), start=1)}
    before = None
    for row in rows:
        if before not in (None, row.network):
            table.add_section()
        before = row.network
        figures = [written(row.figures[o.quantity.path], o.quantity.unit) for o in result.objectives]
        mark = f"Pareto {rank[row.number]}" if row.front else "outside" if row.outside else ""
        table.add_row(str(row.number), *(_design(row, names) for names in columns), *figures, mark,
                      style="bold" if row.front else "")
    return table


def _design(row: Row, names: list[str]) -> str:
    """A value; or several, each after the shortest name that tells it apart."""
    if len(names) == 1:
        return str(place(row, names[0]))
    ends = [name.rsplit(".", 1)[-1] for name in names]
    short = [end if ends.count(end) == 1 else name for name, end in zip(names, ends)]
    return " ".join(f"{name}={place(row, full)}" for name, full in zip(short, names))


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
    """Of each network in turn the next best, until there are MAX_ROWS; then network by network."""
    front = result.front()
    first = result.objectives[0]
    sign = -1.0 if first.maximise else 1.0
    others = sorted((row for row in result.good() if not row.front),
                    key=lambda row: (bool(row.outside), sign * row.figures[first.quantity.path], row.number))
    by_network: dict[str, list[Row]] = {network: [] for network in result.networks()}
    for row in front + others:
        by_network[row.network].append(row)
    turns = [(turn, row.number) for rows in by_network.values() for turn, row in enumerate(rows)]
    chosen = {number for _, number in sorted(turns)[:MAX_ROWS]}
    return [row for rows in by_network.values() for row in rows if row.number in chosen]


def sweep_notes(result: Result, csv: Path) -> list[str]:
    """What to say below the table: points not shown (`csv` holds all), failures by cause, mixed versions of the
    simulator."""
    notes = []
    if len(result.good()) > MAX_ROWS:
        notes.append(f"{len(result.good()) - MAX_ROWS} more points are in {csv.name}")
    outside = len(result.good()) - len(result.within())
    if outside:
        none = "" if result.within() else "; no point is within them"
        notes.append(f"{outside} points are outside the constraints: {', '.join(result.limits)}{none}")
    failures = result.failures()
    if failures:
        notes.append(f"{sum(count for _, count, _ in failures)} points failed:")
        notes += [f"  {count:5d}  {cause} (first: point {first})" for cause, count, first in failures[:8]]
        if len(failures) > 8:
            notes.append(f"  and {len(failures) - 8} more causes, in {csv.name}")
    if len(result.versions) > 1:
        notes.append("the points come from several versions of the simulator: " + ", ".join(result.versions))
    return notes


def print_wrapped(lines: Iterable[str]) -> None:
    """Plain lines; what goes on in the next line is indented by eight more."""
    out = console()
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 8)
        wrapped = textwrap.wrap(line, out.width, subsequent_indent=indent, drop_whitespace=True) or [""]
        out.print(Text("\n".join(wrapped)))


def print_notes(notes: Iterable[str]) -> None:
    """Plain lines, wrapped at the console's width."""
    out = console()
    for note in notes:
        out.print(Text(note))

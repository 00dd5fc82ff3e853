"""The result of a sweep, made of its stored points: figures, the Pareto front, failures by cause."""

import csv
import json
import math
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from .expression import Constraint, parse_constraint
from .pareto import pareto_front
from .quantities import Objective, Quantity, quantity, value_at, without_numbers
from .simulator import RunFailed
from .store import Store
from .yaml_reader import InputError, Scalar

DATABASE = "points.sqlite"

# Figures in points.csv beside the objectives.
ALWAYS = ("total_cycles", "time_s", "cycles_per_step", "utilisation", "energy_j.total", "area_mm2.total")


@dataclass
class Row:
    """One finished point: its number, its figures by path, or its error. `outside`: the limits that it breaks.
    `front`: it breaks none, and no other such point of its network is better."""

    number: int
    chip: str
    network: str
    settings: dict[str, Scalar]
    figures: dict[str, Optional[float]]
    error: Optional[str]
    front: bool = False
    outside: list[str] = field(default_factory=list)


@dataclass
class Result:
    """All finished points of a sweep in order; `total` counts the unfinished ones too. `limits` are the constraints on
    figures, which mark points; `constraints` those on parameters, which leave points out. `method` says how the points were
    chosen."""

    name: str
    parameters: list[str]
    objectives: list[Objective]
    rows: list[Row]
    total: int
    versions: list[str]
    limits: list[str] = field(default_factory=list)
    method: str = "grid"
    constraints: list[str] = field(default_factory=list)

    def good(self) -> list[Row]:
        """The points that have all objectives."""
        return [row for row in self.rows if row.error is None]

    def within(self) -> list[Row]:
        """Those of them that meet all constraints on figures."""
        return [row for row in self.good() if not row.outside]

    def networks(self) -> list[str]:
        """The names of the networks that have points, in their order."""
        return list(dict.fromkeys(row.network for row in self.rows))

    def of(self, network: str) -> "Result":
        """The points of one network alone. Unfinished points count for every network."""
        rows = [row for row in self.rows if row.network == network]
        return replace(self, rows=rows, total=len(rows) + self.total - len(self.rows))

    def front(self) -> list[Row]:
        """The Pareto points, the best in the first objective first."""
        first = self.objectives[0]
        sign = -1.0 if first.maximise else 1.0
        return sorted((row for row in self.rows if row.front),
                      key=lambda row: sign * row.figures[first.quantity.path])

    def failures(self) -> list[tuple[str, int, int]]:
        """Of points that fail alike, but for the numbers in it, the error of the first, how many they are, and the number of
        the first; most frequent first."""
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            if row.error:
                groups.setdefault(without_numbers(cause_of(row.error)), []).append(row)
        ordered = sorted(groups.values(), key=len, reverse=True)
        return [(cause_of(rows[0].error), len(rows), rows[0].number) for rows in ordered]

    def varying(self) -> list[str]:
        """What tells the points apart: `chip` and `network` where there are several, and the parameters that
        change."""
        names = [name for name in ("chip", "network") if len({getattr(row, name) for row in self.rows}) > 1]
        return names + [p for p in self.parameters
                        if len({str(row.settings.get(p)) for row in self.rows}) > 1]


def place(row: Row, name: str) -> Scalar:
    """The row's value of a parameter, or its chip or network."""
    return getattr(row, name) if name in ("chip", "network") else row.settings.get(name, "-")


def in_order(value: Scalar) -> tuple[bool, Scalar]:
    """What values of a parameter are sorted by: numbers first, by size, then words."""
    return isinstance(value, str), value


def cause_of(error: str) -> str:
    """The first line of an error."""
    lines = [line for line in error.strip().splitlines() if line.strip()] or ["unknown"]
    return lines[0].strip()


def database(place: Path) -> Path:
    """The SQLite file of a sweep: in a directory, or named itself."""
    return place if place.suffix == ".sqlite" else place / DATABASE


def load_sweep(directory: Path) -> Result:
    """The finished points in a sweep's directory, or in its SQLite file."""
    path = database(directory)
    if not path.is_file():
        raise InputError(f"{directory}: holds no {path.name}; expected the --out directory of ./rondo sweep")
    with Store(path) as store:
        return result_of(store)


def figures_of(report: dict[str, Any]) -> Callable[[str], float]:
    """A figure of a report by name; NaN where there is none."""
    def figure(name: str) -> float:
        value = value_at(report, name)
        return math.nan if value is None else value
    return figure


def result_of(store: Store) -> Result:
    """What the stored points come to."""
    about = store.about("sweep")
    if about is None:
        raise InputError(f"{store.path}: holds no sweep; run ./rondo sweep first")
    objectives = [Objective(quantity(path) or Quantity(path, path, ""), sense == "max")
                  for path, sense in about["objectives"]]
    limits = [parse_constraint(text) for text in about.get("limits", [])]
    paths = dict.fromkeys([o.quantity.path for o in objectives] + list(ALWAYS))
    rows, versions = [], set()
    for number, (identity, chip, network, settings) in enumerate(about["points"], start=1):
        answer = store.answer(identity)
        if answer is None:
            continue
        figures = {path: value_at(answer.report or {}, path) for path in paths}
        error = answer.error or _missing(answer.report or {}, objectives, limits)
        if answer.report:
            versions.add(str(answer.report.get("rondo_version")))
        broken = [] if error else [one.text for one in limits if not one.holds(figures_of(answer.report))]
        rows.append(Row(number, chip, network, settings, figures, error, outside=broken))
    builds = store.simulators()
    versions |= {f"build {sha}" for sha in builds} if len(builds) > 1 else set()
    result = Result(about["name"], about["parameters"], objectives, rows, len(about["points"]),
                    sorted(versions), [limit.text for limit in limits],
                    about.get("method", {}).get("name", "grid"), about.get("constraints", []))
    for network in dict.fromkeys(row.network for row in rows):
        _mark_front([row for row in result.within() if row.network == network], objectives)
    return result


def absent(report: dict[str, Any], objectives: list[Objective], limits: list[Constraint]) -> list[str]:
    """The figures that objectives and limits need and the report does not hold."""
    needed = [one.quantity.path for one in objectives] + [name for limit in limits for name in limit.names]
    return [path for path in dict.fromkeys(needed) if value_at(report, path) is None]


def _missing(report: dict[str, Any], objectives: list[Objective], limits: list[Constraint]) -> Optional[str]:
    missing = absent(report, objectives, limits)
    return f"the report has no {', '.join(missing)}" if missing else None


def _mark_front(rows: list[Row], objectives: list[Objective]) -> None:
    """Marks the rows that no other row beats. Of rows that are equal in all objectives only the first is
    marked."""
    signs = [-1.0 if o.maximise else 1.0 for o in objectives]
    paths = [o.quantity.path for o in objectives]
    values = np.array([[row.figures[path] for path in paths] for row in rows], dtype=float).reshape(-1, len(paths))
    for row, front in zip(rows, pareto_front(values * signs)):
        row.front = bool(front)


def write_csv(result: Result, path: Path) -> None:
    """One line a point, in order. The file appears whole or not at all."""
    figures = list(dict.fromkeys([o.quantity.path for o in result.objectives] + list(ALWAYS)))
    limits = ["outside"] if result.limits else []
    lines = [["number", "chip", "network", *result.parameters, *figures, *limits, "pareto", "error"]]
    for row in result.rows:
        lines.append([str(row.number), row.chip, row.network,
                      *(_cell(row.settings.get(p)) for p in result.parameters),
                      *(_cell(row.figures.get(p)) for p in figures),
                      *("; ".join(row.outside) for _ in limits), "yes" if row.front else "no",
                      row.error or ""])
    write_lines(path, lines)


def write_lines(path: Path, lines: list[list[str]]) -> None:
    """A CSV file, through a temporary one beside it."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
        os.replace(temporary, path)
    except OSError as error:
        raise RunFailed(f"{path}: cannot be written: {error.strerror}") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return json.dumps(value)
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return str(int(value)) if whole else str(value)


def as_json(result: Result) -> dict[str, Any]:
    """The result for machines."""
    return {"sweep": result.name, "points": result.total, "finished": len(result.rows),
            "failed": sum(1 for row in result.rows if row.error), "rondo_versions": result.versions,
            "objectives": [{"path": o.quantity.path, "sense": "max" if o.maximise else "min"}
                           for o in result.objectives],
            "rows": [{"number": row.number, "chip": row.chip, "network": row.network, "set": row.settings,
                      "figures": row.figures, "outside": row.outside, "pareto": row.front,
                      "error": row.error} for row in result.rows],
            "failures": [{"cause": cause, "points": count, "first": first}
                         for cause, count, first in result.failures()]}

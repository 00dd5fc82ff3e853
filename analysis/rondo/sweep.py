"""Runs a sweep in worker processes, stores every point as it finishes, and makes the result of the stored
points."""

import csv
import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np

from .quantities import Quantity, quantity, value_at
from .run import Answer, Pool, RunFailed
from .store import Store
from .sweep_file import Objective, Point, Sweep
from .yaml_reader import InputError, Scalar

DATABASE = "points.sqlite"

# Figures in points.csv beside the objectives.
ALWAYS = ("total_cycles", "time_s", "cycles_per_step", "utilisation", "energy_j.total", "area_mm2.total")

Progress = Callable[[Answer], None]


@dataclass
class Row:
    """One finished point: its place in the grid, its figures by path, or its error. `front`: no other point
    is better."""

    number: int
    chip: str
    network: str
    settings: dict[str, Scalar]
    figures: dict[str, Optional[float]]
    error: Optional[str]
    front: bool = False


@dataclass
class Result:
    """All finished points of a sweep in the order of the grid; `total` counts the unfinished ones too."""

    name: str
    parameters: list[str]
    objectives: list[Objective]
    rows: list[Row]
    total: int
    versions: list[str]

    def good(self) -> list[Row]:
        """The points that have all objectives."""
        return [row for row in self.rows if row.error is None]

    def front(self) -> list[Row]:
        """The Pareto points, the best in the first objective first."""
        first = self.objectives[0]
        sign = -1.0 if first.maximise else 1.0
        return sorted((row for row in self.rows if row.front),
                      key=lambda row: sign * row.figures[first.quantity.path])

    def failures(self) -> list[tuple[str, int, int]]:
        """Cause, how many points it stopped, and the number of the first; most frequent first."""
        causes = Counter(cause_of(row.error) for row in self.rows if row.error)
        first = {}
        for row in self.rows:
            if row.error:
                first.setdefault(cause_of(row.error), row.number)
        return [(cause, count, first[cause]) for cause, count in causes.most_common()]

    def varying(self) -> list[str]:
        """What tells the points apart: `chip` and `network` where there are several, and the parameters that
        change."""
        names = [name for name in ("chip", "network") if len({getattr(row, name) for row in self.rows}) > 1]
        return names + [p for p in self.parameters
                        if len({str(row.settings.get(p)) for row in self.rows}) > 1]


def place(row: Row, name: str) -> Scalar:
    """The row's value of a parameter, or its chip or network."""
    return getattr(row, name) if name in ("chip", "network") else row.settings.get(name, "-")


def cause_of(error: str) -> str:
    """The first line of an error with its numbers taken out, so that points that fail alike count as one
    cause."""
    lines = [line for line in error.strip().splitlines() if line.strip()] or ["unknown"]
    return re.sub(r"\d[\d,_.]*", "#", lines[0].strip())


def run_sweep(sweep: Sweep, directory: Path, jobs: int, resume: bool, progress: Progress) -> Result:
    """Runs what is not finished yet; `progress` hears of every answer. Without `resume` the directory must be
    unused."""
    points = sweep.points()
    with _prepared(directory, resume) as store:
        store.set_about("sweep", _about(sweep, points))
        known = store.finished()
        left = [point for point in points if point.id not in known]
        with Pool(min(jobs, max(1, len(left))), sweep.point_seconds) as pool:
            for point, answer in pool.answers((point, point.request) for point in left):
                store.save(point, answer)
                progress(answer)
        return _result(store)


def unfinished(sweep: Sweep, directory: Path) -> int:
    """How many points a resumed sweep still has to run."""
    points = {point.id for point in sweep.points()}
    if not (directory / DATABASE).is_file():
        return len(points)
    with Store(directory / DATABASE) as store:
        return len(points - store.finished())


def load_sweep(directory: Path) -> Result:
    """The finished points in a sweep's directory."""
    if not (directory / DATABASE).is_file():
        raise InputError(f"{directory}: holds no {DATABASE}; expected the --out directory of ./rondo sweep")
    with Store(directory / DATABASE) as store:
        return _result(store)


def _prepared(directory: Path, resume: bool) -> Store:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{directory}: cannot be made: {error.strerror}; --out names another") from error
    exists = (directory / DATABASE).exists()
    store = Store(directory / DATABASE)
    count = len(store.finished()) if exists else 0
    if count and not resume:
        raise InputError(f"{directory / DATABASE}: already holds {count} finished points; --resume keeps them "
                         "and runs the rest, --out DIR starts anew elsewhere")
    return store


def _about(sweep: Sweep, points: list[Point]) -> dict[str, Any]:
    """What is needed to make the result again from the stored points alone."""
    return {"name": sweep.name, "parameters": list(sweep.parameters),
            "objectives": [[o.quantity.path, "max" if o.maximise else "min"] for o in sweep.objectives],
            "points": [[p.id, p.chip, p.network, p.settings] for p in points]}


def _result(store: Store) -> Result:
    about = store.about("sweep")
    if about is None:
        raise InputError(f"{store.path}: holds no sweep; run ./rondo sweep first")
    objectives = [Objective(quantity(path) or Quantity(path, path, ""), sense == "max")
                  for path, sense in about["objectives"]]
    paths = dict.fromkeys([o.quantity.path for o in objectives] + list(ALWAYS))
    rows, versions = [], set()
    for number, (identity, chip, network, settings) in enumerate(about["points"], start=1):
        answer = store.answer(identity)
        if answer is None:
            continue
        figures = {path: value_at(answer.report or {}, path) for path in paths}
        error = answer.error or _missing(figures, objectives)
        if answer.report:
            versions.add(str(answer.report.get("rondo_version")))
        rows.append(Row(number, chip, network, settings, figures, error))
    result = Result(about["name"], about["parameters"], objectives, rows, len(about["points"]),
                    sorted(versions))
    _mark_front(result.good(), objectives)
    return result


def _missing(figures: dict[str, Optional[float]], objectives: list[Objective]) -> Optional[str]:
    missing = [o.quantity.path for o in objectives if figures[o.quantity.path] is None]
    return f"the report has no {', '.join(missing)}" if missing else None


def _mark_front(rows: list[Row], objectives: list[Objective]) -> None:
    """Marks the rows that no other row beats. Of rows that are equal in all objectives only the first is
    marked."""
    if not rows:
        return
    signs = [-1.0 if o.maximise else 1.0 for o in objectives]
    paths = [o.quantity.path for o in objectives]
    values = np.array([[row.figures[path] for path in paths] for row in rows]) * signs
    for index, row in enumerate(rows):
        at_least = (values <= values[index]).all(axis=1)
        better = at_least & (values < values[index]).any(axis=1)
        row.front = not better.any() and int(np.argmax(at_least)) == index


def write_csv(result: Result, path: Path) -> None:
    """One line a point, in the order of the grid. The file appears whole or not at all."""
    figures = list(dict.fromkeys([o.quantity.path for o in result.objectives] + list(ALWAYS)))
    lines = [["number", "chip", "network", *result.parameters, *figures, "pareto", "error"]]
    for row in result.rows:
        lines.append([str(row.number), row.chip, row.network,
                      *(_cell(row.settings.get(p)) for p in result.parameters),
                      *(_cell(row.figures.get(p)) for p in figures), "yes" if row.front else "no",
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
                      "figures": row.figures, "pareto": row.front,
                      "error": row.error} for row in result.rows],
            "failures": [{"cause": cause, "points": count, "first": first}
                         for cause, count, first in result.failures()]}

"""Runs a sweep: chooses its points, has them simulated, and stores each as it finishes."""

import json
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, ContextManager, Iterable, Iterator, Optional, Protocol

import numpy as np

from . import genetic
from .expression import FAR
from .pool import Answer, Entry, Pool
from .quantities import Report, unheld, value_at
from .store import Store
from .sweep_database import NoSweepYet
from .sweep_result import Result, absent, database, figures_of, result_of
from .sweep_file import Point, Sweep
from .yaml_reader import InputError

Progress = Callable[[Answer], None]


class Workers(Protocol):
    """Where points are simulated: a Pool here, or a Cluster."""

    def answers(self, entries: Iterable[Entry]) -> Iterator[tuple[Any, Answer]]:
        """Every key with what became of its request, in any order."""


def run_sweep(sweep: Sweep, directory: Path, jobs: int, resume: bool, progress: Progress,
              workers: Optional[ContextManager[Workers]] = None, retry_failed: bool = False) -> Result:
    """Runs what is not finished yet; `progress` hears of every answer. Without `resume` the place must be
    unused; `retry_failed` resumes, and runs again what failed. `directory` may also be a file that ends in .sqlite.
    `workers`: where the points run; without, in `jobs` processes here."""
    with _prepared(database(directory), resume or retry_failed) as store:
        store.note_versions(_versions(sweep))
        known, any_report = store.finished(failed=not retry_failed), False
        with workers or Pool(jobs, sweep.point_seconds) as pool:
            plan = _plan(sweep, store)
            for points in plan:
                left = [point for point in points if point.id not in known]
                for point, answer in pool.answers((point, point.request) for point in left):
                    if not any_report and answer.report:  # reading each would cost the driver a third of its time
                        _check_figures(sweep, answer.report)
                        any_report = True
                    store.save(point, answer)
                    known.add(point.id)
                    progress(answer)
        return result_of(store)


# What figures a report holds depends on them.
_DECIDE_FIGURES = ("dram.model", "machine.arrays")


def _check_figures(sweep: Sweep, report: Report) -> None:
    """Raises InputError where no point can have what the sweep needs, because the first has not and the others are alike."""
    alike = len(sweep.chips) == len(sweep.networks) == 1 and not any(name in sweep.parameters for name in _DECIDE_FIGURES)
    needed = absent(report, sweep.objectives, sweep.limits) if alike else []
    wrong = [f"reports of {sweep.name} have no figure {path}{end}" for path in needed
             if (end := unheld(report, path)) is not None]
    if wrong:
        raise InputError(*wrong)


def _plan(sweep: Sweep, store: Store) -> Iterator[list[Point]]:
    """The points, in parts: each is to be finished before the next is asked for."""
    if sweep.method.name != "nsga2":
        points = sweep.points()
        store.set_about("sweep", _about(sweep, points))
        yield points
        return
    method, visited = sweep.method, []
    search = genetic.search(sweep.space, method.count, method.population, method.seed, len(sweep.objectives))
    scores = None
    while True:
        try:
            rows = search.send(scores)
        except StopIteration:
            return
        points = sweep.make_points(rows, len(visited) + 1)
        visited += points
        store.set_about("sweep", _about(sweep, visited))
        yield points
        scores = [_score(sweep, store.answer(point.id)) for point in points]


def _score(sweep: Sweep, answer: Optional[Answer]) -> tuple[float, tuple[float, ...]]:
    """What the search hears of a point: how far it is from meeting the limits, and its objectives."""
    report = answer.report if answer else None
    if report is None or absent(report, sweep.objectives, sweep.limits):
        return FAR, (0.0,) * len(sweep.objectives)
    values = [value_at(report, o.quantity.path) for o in sweep.objectives]
    excess = sum(limit.excess(figures_of(report)) for limit in sweep.limits)
    return excess, tuple(-v if o.maximise else v for o, v in zip(sweep.objectives, values))


def unfinished(sweep: Sweep, directory: Path, retry_failed: bool = False) -> int:
    """How many points a resumed sweep still has to run; of NSGA-II, at most."""
    path = database(directory)
    nsga2 = sweep.method.name == "nsga2"
    points = set() if nsga2 else {point.id for point in sweep.points()}
    known: set[str] = set()
    with suppress(NoSweepYet), Store(path) as store:
        known = store.finished(failed=not retry_failed)
    return max(0, sweep.method.count - len(known)) if nsga2 else len(points - known)


def other_sweep(sweep: Sweep, directory: Path) -> str:
    """The name of another sweep whose points lie there, or of the same before its file was changed; nothing where there is
    none."""
    with suppress(NoSweepYet), Store(database(directory)) as store:
        held, ours = store.about("sweep") or {}, _about(sweep, [])
        changed = any(held[key] != json.loads(json.dumps(value)) for key, value in ours.items() if key != "points" and key in held)
        return str(held["name"]) if changed else ""
    return ""


def _prepared(path: Path, resume: bool) -> Store:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot be made: {error.strerror}; --out names another") from error
    store = Store(path, writing=True)
    count = len(store.finished())
    if count and not resume:
        store.close()
        raise InputError(f"{path}: already holds {count} finished points; --resume keeps them "
                         "and runs the rest, --out DIR starts anew elsewhere")
    return store


def _about(sweep: Sweep, points: list[Point]) -> dict[str, Any]:
    """What is needed to make the result again from the stored points alone, and to make the points again."""
    return {"name": sweep.name, "parameters": sweep.parameters,
            "values": [[list(value) for value in axis.values] for axis in sweep.space.axes], "set": sweep.space.fixed,
            "objectives": [[o.quantity.path, "max" if o.maximise else "min"] for o in sweep.objectives],
            "limits": [limit.text for limit in sweep.limits],
            "constraints": [constraint.text for constraint in sweep.space.constraints],
            "method": vars(sweep.method), "timing_only": sweep.timing_only, "chips": sweep.space.defaults,
            "points": [[p.id, p.chip, p.network, p.settings] for p in points]}


def _versions(sweep: Sweep) -> dict[str, str]:
    """What chooses the points and judges them; each point has the simulator that ran it."""
    found = {"python": platform.python_version(), "numpy": np.__version__}
    if sweep.method.name == "nsga2":
        found["deap"] = genetic.version()
    return found

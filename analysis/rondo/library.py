"""What `import rondo` offers to notebooks and scripts: one run, a sweep, and finished ones as pandas tables.

Chips, networks and parameters are named as on the command line. Wrong input raises InputError with every mistake, work
that fails for another reason RunFailed. pandas is loaded only when a table is made.
"""

import json
import operator
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping, Optional, Union

from . import explore
from .pool import MAX_JOBS, Answer
from .quantities import Report, value_at
from .result_files import flat, read_report
from .simulator import find_config, run_once
from .store import Store
from .sweep_file import read_sweep
from .sweep_result import Result, database, load_sweep
from .yaml_reader import InputError

if TYPE_CHECKING:
    import pandas

Source = Union[str, "os.PathLike[str]"]

# Counts and lists of a report that make no column of a table.
_NO_COLUMNS = ("schema", "why", "network_shape", "network_settings", "resolved_config")


def run(chip: Source = "edge", network: Source = "char_lstm", /, *, timing_only: bool = False, why: bool = False,
        **overrides: Any) -> Report:
    """Simulates a network on a chip; the answer is the tree of report.json (sim/README.md says what each name means).

    `chip` and `network` are names in configs/ or files. Overrides change one run, by section or by path:
    `run("edge", "speech_emotion", machine={"rows": 64}, network={"batch": 8})` equals
    `run("edge", "speech_emotion", **{"machine.rows": 64, "network.batch": 8})`. `timing_only` leaves out values, and with
    them accuracy; `why` adds the critical path."""
    settings = flat(overrides)
    return run_once(os.fspath(chip), os.fspath(network), settings, timing_only, why)


def sweep(source: Union[Source, Mapping[str, Any]], *, out: Optional[Source] = None, jobs: Optional[int] = None,
          resume: bool = False, retry_failed: bool = False, dask: Optional[str] = None, figures: Iterable[str] = (),
          progress: Optional[Callable[[int, int], None]] = None) -> "pandas.DataFrame":
    """Runs a sweep: a file (or its name in configs/sweeps), or what would stand in one, as a mapping, whose lists may be
    ranges, tuples or numpy arrays. The answer is the table that `load` makes.

    `out` keeps the points in a directory, where `resume`, `./rondo plot` and `./rondo report` find them; without it they
    live in the table alone; `retry_failed` resumes, and runs failed points again. `jobs` worker processes (default: one per core), or those of a Dask scheduler
    at the address `dask`. `progress` hears (finished, of all)."""
    processes = _processes(jobs)
    with tempfile.TemporaryDirectory(prefix="rondo_sweep") as temporary:
        if isinstance(source, Mapping):
            path = Path(temporary) / "sweep.yaml"
            tree = _plain({"name": "sweep", **source}, "sweep")
            path.write_text(json.dumps(tree), encoding="utf-8")  # JSON is YAML, too
        else:
            path = find_config("sweeps", os.fspath(source)) or Path(source)
        try:
            wanted = read_sweep(path)
        except InputError as error:
            shown = str(path) if not isinstance(source, Mapping) else "sweep"
            raise InputError(*(message.replace(str(path), shown) for message in error.messages)) from None
        directory = Path(out) if out is not None else Path(temporary) / "points"
        again = resume or retry_failed
        count, done = explore.unfinished(wanted, directory, retry_failed) if again else wanted.count(), 0

        def heard(_: Answer) -> None:
            nonlocal done
            done += 1
            if progress:
                progress(done, count)

        workers = None
        if dask:
            from .cluster import Cluster  # here, because Dask takes a second to load
            workers = Cluster(dask, processes, wanted.point_seconds, lambda words: warnings.warn(f"{wanted.name}: {words}"))
        result = explore.run_sweep(wanted, directory, processes, resume, heard, workers, retry_failed)
        return _table(result, directory, figures)


def _processes(jobs: Optional[int]) -> int:
    try:
        count = operator.index(os.cpu_count() or 1 if jobs is None else jobs)
    except TypeError:
        count = 0
    if not 1 <= count <= MAX_JOBS:
        raise InputError(f"jobs: {jobs!r} is not a number of worker processes; expected a whole number in 1..{MAX_JOBS}")
    return count


def _plain(value: Any, where: str) -> Any:
    """The value in what JSON has: numpy's numbers as Python's, and everything that is like a list as a list."""
    if isinstance(value, Mapping):
        keys = {key: ", ".join(key) if isinstance(key, tuple) and all(isinstance(k, str) for k in key) else key for key in value}
        wrong = [key for key in keys.values() if not isinstance(key, str)]
        if wrong:
            raise InputError(f"{where}: {wrong[0]!r} is not a name")
        return {keys[key]: _plain(part, f"{where}: {keys[key]}") for key, part in value.items()}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):  # numpy and pandas
        value = value.tolist()
    if isinstance(value, (str, bool, int, float)) or value is None:
        return value
    if isinstance(value, Iterable):
        return [_plain(part, where) for part in value]
    raise InputError(f"{where}: {value!r} is not a number, a text, a list or a mapping")


def load(path: Source, figures: Iterable[str] = ()) -> "pandas.DataFrame":
    """A finished run or sweep (its --out directory) as a table.

    Of a sweep one row a point: its number (the index), chip, network, parameters, objectives and the usual figures, whether
    it is on the Pareto front, the constraints that it breaks (`outside`, nothing where it meets all), and its error; `figures` adds other numbers of the report (`units.matrix.cycles.busy`). Of a
    run one row with every number of its report and every setting, by path."""
    import pandas
    directory = Path(path)
    if database(directory).is_file():
        return _table(load_sweep(directory), directory, figures)
    if not (directory / "report.json").is_file():
        raise InputError(f"{directory}: holds neither report.json nor a sweep; expected the --out directory of ./rondo run "
                         "or ./rondo sweep")
    report = read_report(directory / "report.json")
    numbers = flat({name: value for name, value in report.items() if name not in _NO_COLUMNS})
    settings = {name: value for name, value in flat(report.get("resolved_config", {})).items() if name not in numbers}
    columns = {name: value for name, value in {**numbers, **settings}.items() if not isinstance(value, list)}
    columns.update({name: value_at(report, name) for name in figures})
    return pandas.DataFrame([columns])


def _table(result: Result, directory: Path, figures: Iterable[str]) -> "pandas.DataFrame":
    import pandas
    wanted = list(figures)
    extra: dict[int, dict[str, Optional[float]]] = {}
    if wanted:
        with Store(database(directory)) as store:
            for number, point in enumerate(store.about("sweep")["points"], start=1):
                answer = store.answer(point[0])
                extra[number] = {name: value_at(answer.report or {}, name) for name in wanted} if answer else {}
    rows = [{"number": row.number, "chip": row.chip, "network": row.network, **row.settings, **row.figures,
             **extra.get(row.number, {}), "pareto": row.front, "outside": "; ".join(row.outside), "error": row.error}
            for row in result.rows]
    return pandas.DataFrame(rows).set_index("number") if rows else pandas.DataFrame()

"""`./rondo report`: one page for a run or a sweep."""

import json
import subprocess
from pathlib import Path
from typing import Any, Callable, Optional

from .page import write_page
from .result_files import read_report, read_timeline
from .simulator import RunFailed, binary, find_config
from .run_page import Sentences, run_page
from .store import Store
from .sweep_result import DATABASE, database, load_sweep
from .sweep_page import sweep_page
from .what_if import WhatIf, explore
from .yaml_reader import InputError

Progress = Callable[[int, int], None]


def report_page(directory: Path, path: Path, network: Optional[str], reruns: bool, jobs: int, progress: Progress) -> None:
    """Writes the page of the run or sweep in `directory`. A run's chip is run again with changes, unless `reruns` is
    off; `network` names the network where the run's name does not lead to it."""
    if (directory / "report.json").is_file():
        _run(directory, path, network, reruns, jobs, progress)
    elif database(directory).is_file():
        result = load_sweep(directory)
        with Store(database(directory)) as store:
            page = sweep_page(result, _resolved(store))
        write_page(page, path, ", ".join(result.versions))
    else:
        raise InputError(f"{directory}: holds neither report.json nor {DATABASE}; "
                         "expected the --out directory of ./rondo run or ./rondo sweep")


def _run(directory: Path, path: Path, network: Optional[str], reruns: bool, jobs: int, progress: Progress) -> None:
    report = read_report(directory / "report.json")
    timeline = read_timeline(directory, report)
    tried: Optional[WhatIf] = None
    why_not = "Nothing was tried: the page was made with --no-reruns."
    if reruns:
        try:
            tried = explore(report, directory / "resolved.yaml", _network(report, network), jobs, progress)
        except (InputError, RunFailed) as error:
            if network:
                raise
            why_not = f"Nothing was tried: {error}"
    write_page(run_page(report, timeline, tried, why_not, sentences()), path, str(report.get("rondo_version", "")))


def _resolved(store: Store) -> Callable[[int], dict[str, Any]]:
    """Finds the complete settings of a finished point of a sweep by its number; none where it failed."""
    identities = [point[0] for point in store.about("sweep")["points"]]

    def settings(number: int) -> dict[str, Any]:
        answer = store.answer(identities[number - 1])
        report = answer.report if answer and answer.report else {}
        network = report.get("network_settings")
        return {**report.get("resolved_config", {}), **({"network": network} if network else {})}

    return settings


def _network(report: dict, given: Optional[str]) -> str:
    if report.get("from_trace"):
        raise InputError("a trace belongs to one chip and cannot be run on another")
    name = given or str(report["network"])
    for kind in ("networks", "networks/deepbench"):
        found = find_config(kind, name)
        if found:
            return str(found)
    raise InputError(f"there is no network {name} here; --network names its file")


def sentences() -> Sentences:
    """What `rondo describe` says about every name: table -> name -> sentence; empty where it cannot be asked."""
    try:
        done = subprocess.run([str(binary()), "describe", "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return {table: {row["name"]: row["sentence"] for row in rows} for table, rows in json.loads(done.stdout).items()}
    except (RunFailed, ValueError, KeyError, TypeError, AttributeError):
        return {}

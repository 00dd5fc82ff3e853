"""Starts the simulator: one process for one run, or a pool of `rondo worker` processes that take points one
after another.

A worker reads one JSON request a line and answers one JSON line: {"ok": true, "report": {...}} or {"ok":
false, "error": "..."}. A worker that dies or is silent for too long is replaced; its point becomes an error.
"""

import ctypes
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional, Sequence

from .yaml_reader import InputError

ROOT = Path(__file__).resolve().parents[2]

# The tables of `rondo describe` that hold parameters.
SECTIONS = ("chip", "machine", "sequencer", "weights", "matrix", "gate", "load", "store", "weight_sram",
            "activation_sram", "parameter_sram", "accumulators", "dram", "mapping", "numbers")

Report = dict[str, Any]
Entry = tuple[Any, dict[str, Any]]


class RunFailed(Exception):
    """The work failed through no fault of the input. The command ends with status 1."""


def binary_path() -> Path:
    """Where the simulator should be: RONDO_BINARY, else `rondo` in RONDO_BUILD_DIR, else build/rondo."""
    build = Path(os.environ.get("RONDO_BUILD_DIR") or ROOT / "build")
    return Path(os.environ.get("RONDO_BINARY") or build / "rondo")


def binary() -> Path:
    """The simulator; RunFailed when it is not there."""
    path = binary_path()
    if not os.access(path, os.X_OK):
        raise RunFailed(f"{path}: the simulator is not built; ./rondo builds it")
    return path


def find_config(kind: str, name: str, base: Optional[Path] = None) -> Optional[Path]:
    """The file of a chip, network or gpu: a path (relative to `base`, else to here), or a name in
    configs/KIND/."""
    named = ROOT / "configs" / kind / f"{name}.yaml"
    if named.is_file():
        return named
    for start in ([base] if base else []) + [Path()]:
        if (start / name).is_file():
            return start / name
    return None


def known_configs(kind: str) -> list[str]:
    """The names in configs/KIND/, sorted."""
    return sorted(path.stem for path in (ROOT / "configs" / kind).glob("*.yaml"))


def run_once(chip: str, network: str, settings: Optional[dict[str, Any]] = None,
             timing_only: bool = True, why: bool = False) -> Report:
    """One `rondo run`, with `why` its critical path too. Wrong input raises InputError with the simulator's own words, anything else
    RunFailed."""
    command = [str(binary()), "run", chip, network, "--json"]
    for key, value in (settings or {}).items():
        command += ["--set", f"{key}={_written(value)}"]
    if timing_only:
        command.append("--timing-only")
    if why:
        command.append("--why")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    words = done.stderr.strip()
    if done.returncode == 2:
        raise InputError(words or f"{chip} does not run {network}")
    if done.returncode != 0:
        raise RunFailed(f"{chip} on {network}: {words or _cause_of_death(done.returncode)}")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise RunFailed(f"{chip} on {network}: the simulator printed no JSON ({error})") from error


def describe(chip: Path) -> dict[str, str]:
    """What `rondo describe` allows for each parameter of a chip: "1..4096 bytes", "step | hoisted", or
    nothing for a name. A wrong chip file raises InputError with the simulator's own words."""
    done = subprocess.run([str(binary()), "describe", str(chip), "--json"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace")
    words = done.stderr.strip()
    if done.returncode == 2:
        raise InputError(*words.splitlines())
    try:
        tables = json.loads(done.stdout)
        sections = {name: rows for name, rows in tables.items() if name in SECTIONS}
        return {row["name"] if section == "chip" else f"{section}.{row['name']}": row["allowed"]
                for section, rows in sections.items() for row in rows}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunFailed(f"{chip}: the simulator does not describe it: {words or error}") from error


def _written(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)


def _cause_of_death(status: int) -> str:
    if status >= 0:
        return f"the simulator ended with status {status}"
    return f"the simulator was ended by {signal.Signals(-status).name}"


@dataclass
class Answer:
    """What became of one request: a report, or an error in words."""

    report: Optional[Report] = None
    error: Optional[str] = None


_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """In the child: Linux ends it when its parent dies, so that a killed sweep leaves no hanging worker
    behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Worker:
    """One `rondo worker` process and the request that it is busy with."""

    def __init__(self, command: Sequence[str]):
        self.words = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.words, start_new_session=True, preexec_fn=_end_with_parent)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.entry: Any = None
        self.deadline = 0.0
        self.buffer = b""
        self.answered = 0
        self.usable = True

    def give(self, entry: Entry, deadline: float) -> None:
        """Sends a (key, request). A worker that is already dead shows when its answer is read."""
        self.entry, self.deadline, self.buffer = entry, deadline, b""
        try:
            self.process.stdin.write(json.dumps(entry[1]).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass

    def read(self) -> Optional[Answer]:
        """The answer when its line is complete, or the worker's death; None while it is still at work."""
        data = self.process.stdout.read()
        if data is None:
            return None
        if data == b"":
            self.usable = False
            return Answer(error=self.last_words())
        self.buffer += data
        if not self.buffer.endswith(b"\n"):
            return None
        answer = _parse(self.buffer)
        self.usable = answer is not None
        self.answered += 1
        start = self.buffer[:60].decode(errors="replace").strip()
        return answer or Answer(error=f"the simulator's answer is not the promised JSON: {start}")

    def last_words(self) -> str:
        """How a dead worker ended and the last line that it wrote on stderr."""
        try:
            cause = _cause_of_death(self.process.wait(timeout=1.0))
        except subprocess.TimeoutExpired:
            cause = "the simulator closed its output"
        self.words.seek(0)
        lines = self.words.read().decode(errors="replace").strip().splitlines()
        return f"{cause}: {lines[-1]}" if lines else cause

    def end(self) -> None:
        """Ends the process at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.words):
            try:
                pipe.close()
            except OSError:
                pass


def _parse(line: bytes) -> Optional[Answer]:
    """The answer in a line, None when the line is not one."""
    try:
        answer = json.loads(line)
        return Answer(report=answer["report"]) if answer["ok"] else Answer(error=str(answer["error"]))
    except (ValueError, KeyError, TypeError):
        return None


class Pool:
    """`jobs` worker processes. Use as a context: leaving it ends them all."""

    def __init__(self, jobs: int, point_seconds: float, command: Optional[Sequence[str]] = None):
        self.jobs = jobs
        self.point_seconds = point_seconds
        self.command = command or [str(binary()), "worker"]
        self.workers: list[_Worker] = []

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: Any) -> None:
        for worker in self.workers:
            worker.end()
        self.workers = []

    def answers(self, entries: Iterable[Entry]) -> Iterator[tuple[Any, Answer]]:
        """Hands (key, request) entries to the workers; yields (key, Answer) as they come, in no particular
        order."""
        waiting = iter(entries)
        with selectors.DefaultSelector() as selector:
            while len(self.workers) < self.jobs and (entry := next(waiting, None)):
                self._hire(selector).give(entry, self._deadline())
            while self.workers:
                for worker, answer in self._finished(selector):
                    entry = worker.entry
                    if answer is None:
                        following = entry  # the worker had died between two points: this one is not to blame
                    else:
                        following = next(waiting, None)
                    if not worker.usable or following is None:
                        self._dismiss(worker, selector)
                        worker = self._hire(selector) if following else worker
                    if following:
                        worker.give(following, self._deadline())
                    if answer:
                        yield entry[0], answer

    def _finished(self, selector: selectors.BaseSelector) -> list[tuple[_Worker, Optional[Answer]]]:
        """Waits for output or the next deadline. The workers that are done with their request, each with the
        answer, or with None where the request deserves a second try: a worker that dies is at fault only with
        its first point."""
        patience = min(worker.deadline for worker in self.workers) - time.monotonic()
        ready = [key.data for key, _ in selector.select(max(0.0, patience))]
        done = []
        for worker in self.workers:
            answer = worker.read() if worker in ready else None
            if answer and not worker.usable and worker.answered and not worker.buffer:
                done.append((worker, None))
            elif answer:
                done.append((worker, answer))
            elif time.monotonic() >= worker.deadline:
                worker.usable = False
                words = f"no answer within {self.point_seconds:g} s (point_seconds)"
                done.append((worker, Answer(error=words)))
        return done

    def _deadline(self) -> float:
        return time.monotonic() + self.point_seconds

    def _hire(self, selector: selectors.BaseSelector) -> _Worker:
        worker = _Worker(self.command)
        self.workers.append(worker)
        selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        return worker

    def _dismiss(self, worker: _Worker, selector: selectors.BaseSelector) -> None:
        selector.unregister(worker.process.stdout)
        worker.end()
        self.workers.remove(worker)

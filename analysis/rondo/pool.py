"""A pool of `rondo worker` processes that take points one after another.

A worker reads one JSON request a line and answers one JSON line: {"ok": true, "report": {...}} or {"ok":
false, "error": "..."}. A worker that dies is replaced, and its point given to another: only what several die of is an
error. So is a point whose worker is silent for too long.
"""

import ctypes
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Iterable, Iterator, Optional, Sequence

from .simulator import Report, binary, cause_of_death, program_hash

Entry = tuple[Any, dict[str, Any]]

MAX_JOBS = 1024
DEATHS = 3  # of workers with the same request, until the request is to blame


@dataclass
class Answer:
    """What became of one request: a report as the simulator wrote it, or an error in words. `simulator`: the start of
    the sha256 of the program that it was given to."""

    text: Optional[str] = None
    error: Optional[str] = None
    simulator: Optional[str] = None

    @cached_property
    def report(self) -> Optional[Report]:
        """The report, read when it is first asked for: a driver that feeds many workers has no time to spare."""
        return json.loads(self.text) if self.text else None


@dataclass
class _Task:
    """A request on its way, and how many workers have died with it."""

    key: Any
    request: dict[str, Any]
    deaths: int = 0


_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """In the child: Linux ends it when its parent dies, so that a killed sweep leaves no hanging worker
    behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class _Worker:
    """One `rondo worker` process and the task that it is busy with, None while it has nothing to do."""

    def __init__(self, command: Sequence[str]):
        self.simulator = program_hash(command[0])
        self.words = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.words, start_new_session=True, preexec_fn=_end_with_parent)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.task: Optional[_Task] = None
        self.deadline = 0.0
        self.buffer = b""
        self.usable = True
        self.died = False

    def give(self, task: _Task, deadline: float) -> None:
        """Sends the task's request. A worker that is already dead shows when its answer is read."""
        self.task, self.deadline, self.buffer = task, deadline, b""
        try:
            self.process.stdin.write(json.dumps(task.request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass

    def read(self) -> Optional[Answer]:
        """The answer when its line is complete, or the worker's death; None while it is still at work."""
        data = self.process.stdout.read()
        if data is None:
            return None
        if data == b"":
            self.usable, self.died = False, True
            return Answer(error=self.last_words())
        self.buffer += data
        if not self.buffer.endswith(b"\n"):
            return None
        answer = _parse(self.buffer)
        self.usable = answer is not None
        start = self.buffer[:60].decode(errors="replace").strip()
        return answer or Answer(error=f"the simulator's answer is not the promised JSON: {start}")

    def last_words(self) -> str:
        """How a dead worker ended and the last line that it wrote on stderr."""
        try:
            cause = cause_of_death(self.process.wait(timeout=1.0))
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


_START = b'{"ok":true,"report":'  # as the simulator writes it: what follows is kept as it is


def _parse(line: bytes) -> Optional[Answer]:
    """The answer in a line, None when the line is not one."""
    try:
        if line.startswith(_START) and line.endswith(b"}}\n"):
            return Answer(line[len(_START):-2].decode())
        answer = json.loads(line)
        return Answer(json.dumps(answer["report"])) if answer["ok"] else Answer(error=str(answer["error"]))
    except (ValueError, KeyError, TypeError):
        return None


# The settings that decide which program runs (sim/program_store.hpp): a worker keeps compiled programs.
_PROGRAM = ("machine.", "mapping.", "numbers.", "network.")


def group_of(request: dict[str, Any]) -> tuple[Any, ...]:
    """What requests share that run the same program."""
    settings = request.get("set", {})
    return (request.get("chip"), request.get("network"), request.get("timing_only"),
            *((name, settings[name]) for name in sorted(settings) if name.startswith(_PROGRAM)))


class _Work:
    """Tasks still to be done, handed out so that each worker stays with one program as long as it can."""

    def __init__(self, entries: Iterable[Entry]):
        groups: dict[Any, deque[_Task]] = {}
        for key, request in entries:
            groups.setdefault(group_of(request), deque()).append(_Task(key, request))
        self.waiting = deque(groups.values())
        self.begun: dict[int, deque[_Task]] = {}  # by worker
        self.left = sum(len(group) for group in self.waiting)

    def next(self, worker: _Worker) -> Optional[_Task]:
        """The next task for this worker; the second half of the longest group when there is none untouched."""
        mine = self.begun.get(id(worker))
        if not mine and self.waiting:
            mine = self.begun[id(worker)] = self.waiting.popleft()
        elif not mine:
            longest = max(self.begun.values(), key=len, default=None)
            if not longest:
                return None
            half = [longest.pop() for _ in range((len(longest) + 1) // 2)]
            mine = self.begun[id(worker)] = deque(reversed(half))
        self.left -= 1
        return mine.popleft()

    def leave(self, worker: _Worker) -> None:
        """The worker is gone; others go on with its group."""
        group = self.begun.pop(id(worker), None)
        if group:
            self.waiting.appendleft(group)


class Pool:
    """At most `jobs` worker processes, which stay from one call of `answers` to the next. Use as a context:
    leaving it ends them all."""

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
        order. The answers must be taken to the end before the next call."""
        work = _Work(entries)
        with selectors.DefaultSelector() as selector:
            for worker in self.workers:
                selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
            while len(self.workers) < min(self.jobs, work.left):
                self._hire(selector)
            for worker in self.workers:
                self._go_on(worker, work)
            while any(worker.task for worker in self.workers):
                for worker, answer in self._finished(selector):
                    yield from self._taken(worker, answer, work, selector)

    def _taken(self, worker: _Worker, answer: Optional[Answer], work: _Work,
               selector: selectors.BaseSelector) -> Iterator[tuple[Any, Answer]]:
        """Sets the worker, or one in its place, to work again before its answer is passed on. No answer: the
        worker has died, and its request is given to another."""
        task, worker.task = worker.task, None
        simulator = worker.simulator
        if not worker.usable:
            self._dismiss(worker, selector, work)
            if work.left or answer is None:
                worker = self._hire(selector)
        if answer is None:
            worker.give(task, self._deadline())
            return
        if worker.usable:
            self._go_on(worker, work)
        answer.simulator = simulator
        yield task.key, answer

    def _finished(self, selector: selectors.BaseSelector) -> list[tuple[_Worker, Optional[Answer]]]:
        """Waits for output or the next deadline. The workers that are done with their request, each with the
        answer, or with None where the request deserves another try: a worker may die of what it did not do."""
        patience = min(worker.deadline for worker in self.workers if worker.task) - time.monotonic()
        ready = [key.data for key, _ in selector.select(max(0.0, patience))]
        done = []
        for worker in list(self.workers):
            if worker.task is None:
                if worker in ready:  # it has ended, with nothing to do
                    self._dismiss(worker, selector, None)
                continue
            answer = worker.read() if worker in ready else None
            if answer:
                done.append((worker, None if worker.died and self._excused(worker.task) else answer))
            elif time.monotonic() >= worker.deadline:
                worker.usable = False
                words = f"no answer within {self.point_seconds:g} s (point_seconds)"
                done.append((worker, Answer(error=words)))
        return done

    def _excused(self, task: _Task) -> bool:
        task.deaths += 1
        return task.deaths < DEATHS

    def _go_on(self, worker: _Worker, work: _Work) -> None:
        task = work.next(worker)
        if task:
            worker.give(task, self._deadline())

    def _deadline(self) -> float:
        return time.monotonic() + self.point_seconds

    def _hire(self, selector: selectors.BaseSelector) -> _Worker:
        worker = _Worker(self.command)
        self.workers.append(worker)
        selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        return worker

    def _dismiss(self, worker: _Worker, selector: selectors.BaseSelector, work: Optional[_Work]) -> None:
        selector.unregister(worker.process.stdout)
        worker.end()
        self.workers.remove(worker)
        if work:
            work.leave(worker)

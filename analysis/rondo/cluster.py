"""A sweep's points on a Dask cluster: on a scheduler that is there already, or on one that lives as long as the sweep.

What a Dask worker does is dask_task.py. It needs to find the simulator, chips and networks where this machine has them: a shared
file system, or a container with the same paths; RONDO_BINARY in the worker's environment names another simulator. The
Python code travels with the sweep.
"""

import asyncio
import concurrent.futures
import hashlib
import importlib
import logging
import queue
import tempfile
import time
import uuid
import zipfile
from collections import deque
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Optional

from . import dask_task
from .pool import Answer, Entry, group_of
from .simulator import RunFailed, binary
from .yaml_reader import InputError

TASK_SECONDS = 0.25  # what a task should take: far more than Dask's own millisecond, and little to do again
MOST_POINTS = 64  # in one task
TASKS_AHEAD = 3  # for each thread of the cluster, so that none is ever without work
LOOK_SECONDS = 1.0  # between looks at how many workers there are

Say = Callable[[str], None]


class _Shipped:
    """A function of dask_task.py as the workers find it: in the package that travelled there, whose name is not this one's."""

    def __init__(self, package: str, function: str):
        self.package, self.__name__ = package, function

    def __call__(self, *arguments: Any) -> Any:
        return getattr(dask_task, self.__name__)(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (_ShippedModule(f"{self.package}.dask_task"), self.__name__)


class _ShippedModule:
    def __init__(self, name: str):
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.name,)


class Cluster:
    """Like a Pool, with Dask workers instead of processes. `address`: of a scheduler, or `local`. `say` hears, in a few words,
    what the sweep waits for."""

    def __init__(self, address: str, jobs: int, point_seconds: float, say: Say):
        self.address, self.jobs, self.point_seconds, self.say = address, jobs, point_seconds, say
        self.program = str(binary())
        self.sweep = uuid.uuid4().hex
        self.client: Any = None
        self.own: Any = None
        self.task: Any = None
        self.levels: dict[str, int] = {}
        self.threads, self.looked, self.said = 0, 0.0, False
        self.seconds_a_point = TASK_SECONDS
        self.alone = 0  # how many of the next points get a task of their own

    def __enter__(self) -> "Cluster":
        distributed = _distributed()
        self._quieten()
        try:
            if self.address == "local":
                self.own = distributed.LocalCluster(n_workers=self.jobs, threads_per_worker=1, processes=True,
                                                    dashboard_address=None)
            self.client = distributed.Client(self.own or self.address, timeout=20)
        except (OSError, ValueError, TypeError) as error:
            self.__exit__()
            raise InputError(f"--dask {self.address}: no scheduler answers there ({_first_line(error)}); expected an "
                             "address such as tcp://host:8786, or local") from error
        self.task = _Shipped(self._send_code(), "simulate")
        return self

    def __exit__(self, *_: Any) -> None:
        for one in (self.client, self.own):
            if one is not None:
                one.close()
        for name, level in self.levels.items():
            logging.getLogger(name).setLevel(level)

    def _quieten(self) -> None:
        """What Dask's own log would say of workers that come and go the sweep says in its own words. Some of it is in
        the name of asyncio."""
        for name in ["asyncio", *(name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed")]:
            self.levels[name] = logging.getLogger(name).level
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def _send_code(self) -> str:
        """This package to all workers, later ones too, so that they need nothing of Rondo's in their Python path. Its
        name there says what is in it, so that nothing that a worker has loaded before is taken for it."""
        files = {file.name: file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py"))}
        name = "rondo_" + hashlib.sha256(repr(files).encode()).hexdigest()[:16]
        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / f"{name}.zip"
            with zipfile.ZipFile(bundle, "w") as archive:
                for file, text in files.items():
                    archive.writestr(f"{name}/{file}", text)
            self.client.upload_file(str(bundle))
        return name

    def answers(self, entries: Iterable[Entry]) -> Iterator[tuple[Any, Answer]]:
        """As Pool.answers. A worker that dies costs its tasks a second try elsewhere, and no answer."""
        waiting = deque(sorted(entries, key=lambda entry: repr(group_of(entry[1]))))
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        given: dict[Any, tuple[list[Entry], float]] = {}
        try:
            self._give(waiting, done, given)
            while given:
                future = self._next(done)
                task, begun = given.pop(future.key)
                self._learn(time.monotonic() - begun, len(task))
                answers = self._gathered(future, task, waiting)
                self.said = False
                future.release()
                self._give(waiting, done, given)
                yield from zip((key for key, _ in task), answers)
        except (OSError, asyncio.CancelledError, concurrent.futures.CancelledError) as error:
            raise RunFailed(self._lost()) from error

    def _lost(self) -> str:
        return f"--dask {self.address}: the scheduler is gone; finished points are kept, --resume runs the rest"

    def _result(self, future: Any) -> Any:
        """It may have died with the worker that held it; then the task is done again, when there is a worker."""
        while True:
            try:
                return future.result(timeout=LOOK_SECONDS)
            except (TimeoutError, asyncio.TimeoutError, concurrent.futures.TimeoutError):
                self._look()

    def _next(self, done: "queue.SimpleQueue[Any]") -> Any:
        """The next task that has come to an end. The wait is told when nobody is there to work."""
        while True:
            try:
                return done.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self._look()

    def _look(self) -> None:
        """How many threads the cluster has now, not asked more often than it changes. Says it when there is none, once until
        the next answer."""
        if time.monotonic() - self.looked < LOOK_SECONDS / 2:
            return
        if self.client.status != "running":
            raise OSError(self.client.status)
        self.threads = sum(self.client.nthreads().values())
        if self.threads == 0 and not self.said:
            self.say("waiting for workers")
            self.said = True
        self.looked = time.monotonic()

    def _give(self, waiting: deque[Entry], done: "queue.SimpleQueue[Any]", given: dict[Any, tuple[list[Entry], float]]) -> None:
        """Keeps the cluster busy; a few tasks even while it has no worker yet."""
        self._look()
        threads = max(1, self.threads)
        while waiting and len(given) < TASKS_AHEAD * threads:
            fair = max(1, len(waiting) // (TASKS_AHEAD * threads))
            count = min(MOST_POINTS, fair, max(1, int(TASK_SECONDS / self.seconds_a_point)))
            if self.alone:
                count, self.alone = 1, self.alone - 1
            task = [waiting.popleft() for _ in range(min(count, len(waiting)))]
            future = self.client.submit(self.task, [request for _, request in task], self.program, self.point_seconds,
                                        self.sweep, pure=False)
            given[future.key] = (task, time.monotonic())
            future.add_done_callback(done.put)

    def _learn(self, seconds: float, points: int) -> None:
        """A task has waited for those before it, so this is more than a point takes, which does no harm."""
        self.seconds_a_point = 0.5 * self.seconds_a_point + 0.5 * max(1e-4, seconds / points / TASKS_AHEAD)

    def _gathered(self, future: Any, task: list[Entry], waiting: deque[Entry]) -> list[Answer]:
        """The answers of a task. One that several workers died with goes back point by point, and at last is an
        error."""
        if future.cancelled():  # the client has lost the scheduler
            raise OSError("cancelled")
        error: Optional[BaseException] = future.exception()
        if error is None:
            return [Answer(*outcome) for outcome in self._result(future)]
        if type(error).__name__ == "KilledWorker" and len(task) > 1:
            waiting.extendleft(reversed(task))
            self.alone += len(task)
            task.clear()
            return []
        if type(error).__name__ == "KilledWorker":
            return [Answer(error="every Dask worker that took this point has died")]
        raise RunFailed(f"--dask {self.address}: {type(error).__name__}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise RunFailed("--dask needs the Debian package python3-distributed "
                        "(apt-get install python3-distributed)") from error
    return distributed

"""A sweep's points on a Dask cluster: on a scheduler that is there already, or on one that lives as long as the sweep.

A Dask worker keeps one simulator process (pool.py) for each of its threads. It needs to find the simulator, chips and
networks where this machine has them: a shared file system, or a container with the same paths; RONDO_BINARY in the
worker's environment names another simulator. The Python code travels with the first task.
"""

import os
import tempfile
import threading
import time
import zipfile
from collections import deque
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional

from .pool import Answer, Entry, Pool, group_of
from .simulator import RunFailed, binary
from .yaml_reader import InputError

TASK_SECONDS = 0.25  # what a task should take: far more than Dask's own millisecond, and little to do again
MOST_POINTS = 64  # in one task
TASKS_AHEAD = 3  # for each thread of the cluster, so that none is ever without work

_local = threading.local()


def simulate(requests: list[dict[str, Any]], program: str, point_seconds: float) -> list[Answer]:
    """On a Dask worker: what became of each request. The simulator stays for the next call."""
    command = [os.environ.get("RONDO_BINARY") or program, "worker"]
    key = (command[0], point_seconds)
    if getattr(_local, "key", None) != key:
        _local.key, _local.pool = key, Pool(1, point_seconds, command)
    numbered = list(enumerate(requests))
    found = dict(_local.pool.answers(numbered))
    return [found[number] for number, _ in numbered]


class Cluster:
    """Like a Pool, with Dask workers instead of processes. `address`: of a scheduler, or `local`."""

    def __init__(self, address: str, jobs: int, point_seconds: float):
        self.address, self.jobs, self.point_seconds = address, jobs, point_seconds
        self.program = str(binary())
        self.client: Any = None
        self.own: Any = None
        self.seconds_a_point = TASK_SECONDS
        self.alone = 0  # how many of the next points get a task of their own

    def __enter__(self) -> "Cluster":
        distributed = _distributed()
        try:
            if self.address == "local":
                self.own = distributed.LocalCluster(n_workers=self.jobs, threads_per_worker=1, processes=True,
                                                    dashboard_address=None)
            self.client = distributed.Client(self.own or self.address, timeout=20)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"--dask {self.address}: no scheduler answers there ({_first_line(error)}); expected an "
                             "address such as tcp://host:8786, or local") from error
        self._send_code()
        return self

    def __exit__(self, *_: Any) -> None:
        for one in (self.client, self.own):
            if one is not None:
                one.close()

    def _send_code(self) -> None:
        """This package to all workers, later ones too, so that they need nothing of Rondo's in their Python path."""
        package = Path(__file__).parent
        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / "rondo.zip"
            with zipfile.ZipFile(bundle, "w") as archive:
                for file in sorted(package.glob("*.py")):
                    archive.write(file, f"rondo/{file.name}")
            self.client.upload_file(str(bundle))

    def answers(self, entries: Iterable[Entry]) -> Iterator[tuple[Any, Answer]]:
        """As Pool.answers. A worker that dies costs its tasks a second try elsewhere, and no answer."""
        distributed = _distributed()
        waiting = deque(sorted(entries, key=lambda entry: repr(group_of(entry[1]))))
        pending = distributed.as_completed()
        given: dict[Any, tuple[list[Entry], float]] = {}
        self._give(waiting, pending, given)
        while given:
            future = next(pending)
            task, begun = given.pop(future.key)
            self._learn(time.monotonic() - begun, len(task))
            answers = self._gathered(future, task, waiting)
            future.release()
            self._give(waiting, pending, given)
            yield from zip((key for key, _ in task), answers)

    def _give(self, waiting: deque[Entry], pending: Any, given: dict[Any, tuple[list[Entry], float]]) -> None:
        """Keeps the cluster busy; a few tasks even while it has no worker yet."""
        threads = max(1, sum(self.client.nthreads().values()))
        while waiting and len(given) < TASKS_AHEAD * threads:
            fair = max(1, len(waiting) // (TASKS_AHEAD * threads))
            count = min(MOST_POINTS, fair, max(1, int(TASK_SECONDS / self.seconds_a_point)))
            if self.alone:
                count, self.alone = 1, self.alone - 1
            task = [waiting.popleft() for _ in range(min(count, len(waiting)))]
            future = self.client.submit(simulate, [request for _, request in task], self.program, self.point_seconds,
                                        pure=False)
            given[future.key] = (task, time.monotonic())
            pending.add(future)

    def _learn(self, seconds: float, points: int) -> None:
        """A task has waited for those before it, so this is more than a point takes, which does no harm."""
        self.seconds_a_point = 0.5 * self.seconds_a_point + 0.5 * max(1e-4, seconds / points / TASKS_AHEAD)

    def _gathered(self, future: Any, task: list[Entry], waiting: deque[Entry]) -> list[Answer]:
        """The answers of a task. One that several workers died with goes back point by point, and at last is an
        error."""
        error: Optional[BaseException] = future.exception()
        if error is None:
            return future.result()
        if type(error).__name__ == "KilledWorker" and len(task) > 1:
            waiting.extendleft(reversed(task))
            self.alone += len(task)
            task.clear()
            return []
        if type(error).__name__ == "KilledWorker":
            return [Answer(error="every Dask worker that took this point has died")]
        if isinstance(error, RunFailed):
            raise error
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

"""A Dask scheduler and workers for tests, each a process of its own that knows nothing of Rondo's Python code."""

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest


def wait_until(what: Callable[[], object], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)


class Dask:
    """The processes. `folder` is where they stand and keep their files."""

    def __init__(self, folder: Path, more: dict[str, str]):
        self.folder, self.file = folder, folder / "scheduler.json"
        self.environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "RONDO_BINARY")}
        self.environment.update(more)
        self.file.unlink(missing_ok=True)
        self.workers: list[subprocess.Popen] = []
        self.scheduler = self._program("scheduler", "--host", "127.0.0.1", "--port", "0")

    def _program(self, name: str, *words: str) -> subprocess.Popen:
        return subprocess.Popen(["/usr/bin/python3", "-P", "-m", f"distributed.cli.dask_{name}", "--no-dashboard",
                                 "--scheduler-file", str(self.file), *words], cwd=self.folder, env=self.environment,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def address(self) -> str:
        """Of the scheduler, as soon as it has one."""
        wait_until(lambda: self.file.exists() and self.file.read_text().endswith("}"))
        return json.loads(self.file.read_text())["address"]

    def add_worker(self) -> subprocess.Popen:
        """One more worker of one thread."""
        self.workers.append(self._program("worker", "--nthreads", "1", "--no-nanny", "--local-directory",
                                          str(self.folder / f"dask{len(self.workers)}")))
        return self.workers[-1]


@contextlib.contextmanager
def dask_cluster(folder: Path, workers: int = 2, **environment: str) -> Iterator[Dask]:
    """A scheduler with so many workers, gone at the end."""
    pytest.importorskip("distributed")
    dask = Dask(folder, environment)
    try:
        dask.address()
        for _ in range(workers):
            dask.add_worker()
        yield dask
    finally:
        for process in [*dask.workers, dask.scheduler]:
            process.kill()
            process.wait()

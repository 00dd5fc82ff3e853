"""Sweeps on a Dask cluster that lasts: the second sweep meets nothing of the first; workers and schedulers that come and go."""

import hashlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from analysis_support import ROOT, desk  # noqa: F401
from dask_support import dask_cluster, wait_until
from rondo import dask_task
from rondo.store import Store

FAKE = ROOT / "tests/system/analysis_fake_rondo.py"


class Driver:
    """A `rondo sweep` of the desk's sweep; its words on stderr come line by line."""

    def __init__(self, desk, address: str, out: str, **environment: str):
        self.process = subprocess.Popen(["/usr/bin/python3", "-P", "-m", "rondo", "sweep", "sweep.yaml", "--out", out, "--json",
                                         "--dask", address], cwd=desk.path, env={**desk.environment(), **environment},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stderr:
            self.lines.put(line.strip())

    def line(self) -> str:
        return self.lines.get(timeout=60)

    def end(self) -> tuple[int, list[str]]:
        """The status and the lines that nobody has taken."""
        status = self.process.wait(timeout=60)
        self.reader.join()
        return status, [self.lines.get() for _ in range(self.lines.qsize())]


def test_a_second_sweep_meets_nothing_of_the_first(desk):
    program = desk.path / "rondo_program"
    code = desk.path / "code"
    shutil.copytree(ROOT / "analysis/rondo", code / "rondo", ignore=shutil.ignore_patterns("page", "__pycache__"))

    def sweep(out: str) -> Store:
        status, words = Driver(desk, dask.address(), out, RONDO_BINARY="./rondo_program", PYTHONPATH=str(code)).end()
        assert status == 0, words
        return Store(desk.path / out / "points.sqlite")

    def install(version: str) -> None:
        program.write_text(FAKE.read_text().replace('"rondo_version": "fake"', f'"rondo_version": "{version}"'))
        program.chmod(0o755)

    (desk.path / "elsewhere").mkdir()
    desk.troubles = {"garble": "machine.cols=32"}
    install("first")
    with dask_cluster(desk.path / "elsewhere", FAKE_RONDO=str(desk.path / "troubles.json")) as dask:
        for version, words in (("first", "is not the promised JSON"), ("second", "is not the promised JSON"), ("second", "is gibberish")):
            install(version)
            (code / "rondo/pool.py").write_text((ROOT / "analysis/rondo/pool.py").read_text().replace("is not the promised JSON", words))
            with sweep(f"out {version} {words}") as store:
                answers = [store.answer(name) for name in store.finished()]
                assert {answer.report["rondo_version"] for answer in answers if answer.report} == {version}
                assert store.simulators() == [hashlib.sha256(program.read_bytes()).hexdigest()[:16]]
                assert {answer.error for answer in answers if answer.error} == {f"the simulator's answer {words}: not json"}


def test_workers_and_schedulers_come_and_go(desk):
    desk.troubles = {"slow": "gate.lanes=16"}
    stored = lambda: Store(desk.path / "out/points.sqlite").finished()  # noqa: E731
    with dask_cluster(desk.path, workers=0, FAKE_RONDO=str(desk.path / "troubles.json")) as dask:
        driver = Driver(desk, dask.address(), "out")
        assert driver.line() == "small: waiting for workers"
        worker = dask.add_worker()
        wait_until(lambda: len(stored()) > 0)
        worker.kill()
        assert driver.line() == "small: waiting for workers"
        before = stored()
        assert 0 < len(before) < 18
        dask.add_worker()
        wait_until(lambda: len(stored()) > len(before))
        dask.scheduler.kill()
        begun = time.monotonic()
        status, words = driver.end()
    assert status == 1 and words[-1] == (f"--dask {dask.address()}: the scheduler is gone; finished points are kept, "
                                         "--resume runs the rest")
    assert len(words) <= 2 and words[0].startswith("small: ") and time.monotonic() - begun < 30
    kept = stored()
    assert kept >= before
    desk.json("sweep", "sweep.yaml", "--out", "out", "--resume")
    assert len(stored()) == 18


def test_simulators_of_old_sweeps_are_ended(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(dask_task, "IDLE_SECONDS", 0.4)
    monkeypatch.delenv("RONDO_BINARY", raising=False)
    requests = [{"chip": "c", "network": "n", "set": {}}] * 3

    def running() -> int:
        return sum(os.path.basename(word) == b"sim" for entry in Path("/proc").iterdir() if entry.name.isdigit()
                   for word in words_of(entry))

    def words_of(entry: Path) -> list[bytes]:
        try:
            return (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return []

    program = tmp_path / "sim"
    program.write_text(f"#!{sys.executable}\n" + FAKE.read_text().split("\n", 1)[1])
    program.chmod(0o755)
    for _ in range(2):  # of which the second shows that tidying begins again
        for sweep in ("one", "two", "one"):
            outcomes = dask_task.simulate(requests, str(program), 30.0, sweep)
            assert [error for _, error, _ in outcomes] == [None] * 3
        assert running() == len(dask_task._idle) == 2
        wait_until(lambda: running() == 0, 10)
        wait_until(lambda: not dask_task._tidying, 10)
        assert dask_task._idle == {}

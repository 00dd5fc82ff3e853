"""Sweeps on the real simulator that are killed, run out of disk, or lose workers, here and on Dask: in the end the
table is that of an undisturbed run. Skipped where the simulator is not built."""

import contextlib
import csv
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from analysis_support import ROOT
from dask_support import dask_cluster, wait_until
from rondo import simulator
from rondo.store import Store
from rondo.sweep_file import read_sweep

pytestmark = pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK), reason="the simulator is not built")

POINTS = 2000
KILLS = 5

SWEEP = """\
name: many
chips: [mine.yaml]
networks: [tiny_rnn]
set: {dram.model: memory.yaml, weight_sram.bytes_per_cycle: = machine.cols * weights.rows_per_cycle}
parameters:
  machine.rows, machine.cols, machine.activation_bytes: [[8, 8, 8192], [8, 16, 8192], [16, 16, 8192], [32, 32, 8192], [16, 8, 64]]
  weights.rows_per_cycle: [1, 2, 4, 8]
  gate.lanes: {log2: [4, 64]}
  network.batch: [1, 2, 3, 4, 8]
  matrix.queue_depth: [2, 8]
  dram.channels: [1, 2]
objectives: [latency, energy, area]
"""

SEARCH = SWEEP + "constraints: [machine.rows * network.batch <= 128, area <= 4.3 mm2]\nmethod: {nsga2: {evaluations: 240, seed: 3}}\n"


def write_chip(folder: Path, rows: int, technology: str, memory: str) -> None:
    """A chip, its prices and its memory, all named by where they lie."""
    configs = ROOT / "configs"
    (folder / "mine.yaml").write_text(f"extends: {configs}/chips/edge.yaml\nname: mine\ntechnology: prices.yaml\n"
                                      f"machine: {{rows: {rows}}}\n")
    (folder / "prices.yaml").write_text((configs / f"technology/{technology}.yaml").read_text()
                                        .replace("extends: ", f"extends: {configs}/technology/")
                                        .replace(f"name: {technology}", "name: prices"))
    (folder / "memory.yaml").write_text((configs / f"dram/{memory}.yaml").read_text().replace(f"name: {memory}", "name: memory"))


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "analysis"), "PYTHONDONTWRITEBYTECODE": "1"}


def started(folder: Path, name: str, out: str, *more: str, **options) -> subprocess.Popen:
    return subprocess.Popen(["/usr/bin/python3", "-P", "-m", "rondo", "sweep", f"{name}.yaml", "--out", out, "--jobs", "2",
                             "--json", *more], cwd=folder, env=environment(), text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **options)


def finished(folder: Path, name: str, out: str, *more: str) -> None:
    done = started(folder, name, out, *more)
    words = done.communicate(timeout=600)[1]
    assert done.returncode == 0, words


def stored(folder: Path, out: str) -> list[tuple[int, str]]:
    """The row numbers and ids of the points in the file; none while there is no file."""
    path = folder / out / "points.sqlite"
    if not path.exists():
        return []
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as database:
            return database.execute("SELECT rowid, id FROM points ORDER BY rowid").fetchall()
    except sqlite3.OperationalError:
        return []  # the file has no table yet


def tables(folder: Path, out: str) -> tuple[bytes, list]:
    """The table, and what is stored of every point."""
    with Store(folder / out / "points.sqlite") as store:
        return (folder / out / "points.csv").read_bytes(), [(name, store.answer(name)) for name in sorted(store.finished())]


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Path:
    """A folder with both sweeps, and their undisturbed results in many/ and search/."""
    folder = tmp_path_factory.mktemp("desk")
    write_chip(folder, 32, "n16", "lpddr4_3200")
    for name, text in (("many", SWEEP), ("search", SEARCH)):
        (folder / f"{name}.yaml").write_text(text)
        finished(folder, name, name)
    with (folder / "many/points.csv").open() as file:
        rows = list(csv.DictReader(file))
    failed = sum(row["error"] != "" for row in rows)
    assert len(rows) == POINTS and 0 < failed < POINTS / 4
    return folder


@pytest.fixture
def dice() -> random.Random:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    return random.Random(seed)


@pytest.mark.parametrize("name, total", [("many", POINTS), ("search", 240)])
def test_killed_and_resumed_is_as_if_nothing_had_happened(desk, dice, name, total):
    out = f"{name}_killed"
    before: list[tuple[int, str]] = []
    for kill in range(KILLS):
        left = total - len(before)
        goal = len(before) + dice.randrange(1, max(2, left // (KILLS - kill + 1)))
        driver = started(desk, name, out, "--resume")
        wait_until(lambda: len(stored(desk, out)) >= goal or driver.poll() is not None)
        assert driver.poll() is None, driver.communicate()[1]
        os.kill(driver.pid, dice.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGINT]))
        driver.communicate(timeout=60)
        now = stored(desk, out)
        assert now[:len(before)] == before and len(now) >= goal  # nothing is lost, nothing finished is done again
        before = now
    finished(desk, name, out, "--resume")
    assert stored(desk, out)[:len(before)] == before
    assert tables(desk, out) == tables(desk, name)


def simulators_of(driver: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if entry.name.isdigit() and int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) == driver:
                found.append(int(entry.name))
    return found


def test_killed_workers_cost_no_point(desk, dice):
    driver = started(desk, "many", "workers_killed")
    killed = 0
    while driver.poll() is None and killed < 20:
        wait_until(lambda: len(stored(desk, "workers_killed")) > 90 * killed or driver.poll() is not None)
        with contextlib.suppress(OSError, IndexError):
            os.kill(dice.choice(simulators_of(driver.pid)), signal.SIGKILL)
            killed += 1
    words = driver.communicate(timeout=300)[1]
    assert driver.returncode == 0 and killed >= 10, words
    assert tables(desk, "workers_killed") == tables(desk, "many")


def test_a_full_disk_loses_nothing(desk):
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))

    driver = started(desk, "many", "full", preexec_fn=small_files)
    words = driver.communicate(timeout=300)[1]
    assert driver.returncode == 1 and "points.sqlite: cannot be written" in words and "finished points are kept" in words
    before = stored(desk, "full")
    assert 20 < len(before) < POINTS
    finished(desk, "many", "full", "--resume")
    assert stored(desk, "full")[:len(before)] == before
    assert tables(desk, "full") == tables(desk, "many")


def test_two_sweeps_do_not_write_to_one_file(desk):
    one = started(desk, "many", "shared")
    wait_until(lambda: stored(desk, "shared"))
    other = started(desk, "many", "shared", "--resume")
    words = other.communicate(timeout=60)[1]
    assert other.returncode == 2 and "another sweep is writing to it" in words
    one.communicate(timeout=300)
    assert tables(desk, "shared") == tables(desk, "many")


def test_a_dask_cluster_that_loses_a_worker_gives_the_same_table(desk):
    folder = desk / "elsewhere"  # with other files of the same names
    folder.mkdir()
    write_chip(folder, 16, "n32", "hbm2")
    with dask_cluster(folder) as dask:
        driver = started(desk, "many", "dask", "--dask", dask.address())
        wait_until(lambda: len(stored(desk, "dask")) > POINTS // 2 or driver.poll() is not None)
        assert driver.poll() is None, driver.communicate()[1]
        dask.workers[0].kill()
        words = driver.communicate(timeout=300)[1]
        assert driver.returncode == 0, words
    assert tables(desk, "dask") == tables(desk, "many")


def test_every_file_is_found_from_any_folder(desk, monkeypatch):
    """What a worker is asked names the driver's files, wherever the worker's process stands."""
    monkeypatch.chdir(desk)
    point = read_sweep(desk / "many.yaml").points()[0]
    (desk / "far").mkdir()
    write_chip(desk / "far", 16, "n32", "hbm2")
    lines = [subprocess.run([simulator.binary(), "worker"], cwd=folder, input=json.dumps(point.request) + "\n", text=True,
                            capture_output=True, check=True).stdout for folder in (desk, desk / "far", "/")]
    assert '"ok":true' in lines[0] and lines[0] == lines[1] == lines[2]
    assert point.settings["dram.model"] == "memory.yaml"  # as the table shows it


def test_dask_local_gives_the_same_table(desk):
    pytest.importorskip("distributed")
    finished(desk, "search", "local", "--dask", "local")
    assert tables(desk, "local") == tables(desk, "search")


def test_no_dask_scheduler(desk):
    pytest.importorskip("distributed")
    driver = started(desk, "many", "nowhere", "--dask", "nowhere")
    words = driver.communicate(timeout=120)[1]
    assert driver.returncode == 2 and "--dask nowhere: no scheduler answers there" in words and len(words.splitlines()) == 1

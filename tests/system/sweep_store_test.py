"""The file of a sweep: what it keeps, that nothing else is written or read, one writer at a time, and reading where nothing
can be written."""

import contextlib
import itertools
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from analysis_support import ROOT, desk  # noqa: F401
from rondo.pool import Answer
from rondo.store import Store
from rondo.sweep_database import Lock, NoSweepYet
from rondo.sweep_file import Point
from rondo.yaml_reader import InputError


def point(number: int) -> Point:
    return Point(number, f"id{number}", "toy", "net", {"machine.rows": number}, {"timing_only": True})


def report(number: int, version: str = "one") -> str:
    """Of a real one's size."""
    return json.dumps({"rondo_version": version, "total_cycles": number,
                       "units": {f"unit{k}": {"busy": number * (k % 5 == 0), "what": "a" * (k % 7)} for k in range(200)}})


def filled(path: Path, count: int = 20) -> Path:
    with Store(path, writing=True) as store:
        store.set_about("sweep", {"points": []})
        for number in range(count):
            store.save(point(number), Answer(report(number), simulator="abc"))
    return path


def test_what_is_saved_is_read_again(tmp_path):
    path = filled(tmp_path / "p.sqlite")
    with Store(path, writing=True) as store:
        store.save(point(100), Answer(error="too large", simulator="def"))
        store.save(point(101), Answer(report(101, "two") + " é"))
    with Store(path) as store:
        for number in range(20):
            assert store.answer(f"id{number}") == Answer(report(number), None, "abc")
        assert store.answer("id100") == Answer(None, "too large", "def")
        assert store.answer("id101") == Answer(report(101, "two") + " é")
        assert store.answer("nothing") is None
        assert store.simulators() == ["abc", "def"]
        assert len(store.finished()) == 22 and store.finished() - store.finished(failed=False) == {"id100"}
    size = path.stat().st_size
    assert size < 3 * len(report(1)) + 20 * 1000, "reports are packed"


def test_every_version_is_noted_once(tmp_path):
    for versions in ({"numpy": "1"}, {"numpy": "2"}, {"numpy": "1"}):
        with Store(tmp_path / "p.sqlite", writing=True) as store:
            store.note_versions(versions)
    with Store(tmp_path / "p.sqlite") as store:
        assert store.about("versions") == [{"numpy": "1"}, {"numpy": "2"}]


def test_a_row_is_replaced(tmp_path):
    path = filled(tmp_path / "p.sqlite")
    with Store(path, writing=True) as store:
        store.save(point(3), Answer(error="now it fails"))
        assert store.answer("id3").error == "now it fails" and len(store.finished()) == 20


def snapshot(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_other_peoples_databases_stay_as_they_are(tmp_path, mode, desk):
    folder = desk.path / "theirs"
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / "points.sqlite")) as database:
        database.execute(f"PRAGMA journal_mode={mode}")
        database.execute("CREATE TABLE about (x)")
        database.commit()
    before = snapshot(folder)
    for command in (["plot", "theirs"], ["report", "theirs"], ["sweep", "sweep.yaml", "--out", "theirs"],
                    ["sweep", "sweep.yaml", "--out", "theirs/points.sqlite", "--resume"]):
        done = desk.rondo(*command)
        assert done.returncode == 2 and "theirs/points.sqlite: is not the file of a sweep" in done.stderr
        assert snapshot(folder) == before


@pytest.mark.parametrize("state", ["missing", "empty", "marked"])
def test_a_file_that_was_only_begun_is_gone_on_with(desk, state):
    path = desk.path / "p.sqlite"
    if state == "empty":
        path.write_bytes(b"")
    if state == "marked":
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA application_id={0x526F6E64}")
    with pytest.raises(NoSweepYet, match="holds no sweep; run ./rondo sweep first"):
        Store(path)
    assert desk.json("sweep", "sweep.yaml", "--out", "p.sqlite", "--resume")["finished"] == 18


def test_another_schema_is_refused(tmp_path):
    path = filled(tmp_path / "p.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE about SET value = '7' WHERE key = 'schema'")
        database.commit()
    for writing in (False, True, True):
        with pytest.raises(InputError, match="has schema 7; this program reads schema 2"):
            Store(path, writing)


def killed(path: Path) -> None:
    """A sweep whose driver was ended: its last rows are in the log."""
    code = ("import os, sys; sys.path[:0] = sys.argv[2:]; from pathlib import Path; import sweep_store_test as t\n"
            "t.Store.__exit__ = lambda *_: os._exit(9)\nt.filled(Path(sys.argv[1]))")
    subprocess.run(["/usr/bin/python3", "-c", code, path, ROOT / "tests/system", ROOT / "analysis"])
    assert path.with_name(path.name + "-wal").stat().st_size > 0


@pytest.fixture
def open_folder():
    """A folder that everybody may enter, in which nobody may write."""
    folder = Path(tempfile.mkdtemp(prefix="rondo_store_test"))
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("ended", ["finished", "killed", "killed, without -shm"])
def test_reading_where_nothing_can_be_written(open_folder, ended):
    path = open_folder / "p.sqlite"
    filled(path) if ended == "finished" else killed(path)
    if ended.endswith("-shm"):
        path.with_name(path.name + "-shm").unlink()
    path.with_name(path.name + ".lock").unlink(missing_ok=True)
    for file in open_folder.iterdir():
        file.chmod(0o444)
    open_folder.chmod(0o555)
    before = snapshot(open_folder)

    code = ("import os, sys; from pathlib import Path; from rondo.store import Store\n"
            "if os.geteuid() == 0:\n os.setgid(65534), os.setuid(65534)\n"  # after the imports: root's folders may be closed
            "with Store(Path(sys.argv[1])) as store:\n print(len(store.finished()), len(store.answer('id7').text))")
    done = subprocess.run(["/usr/bin/python3", "-B", "-c", code, path], cwd="/", text=True, capture_output=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT / "analysis")})
    assert done.stdout.split() == ["20", str(len(report(7)))], done.stderr
    assert snapshot(open_folder) == before


def test_reading_leaves_nothing_behind(tmp_path):
    path = filled(tmp_path / "p.sqlite")
    before = snapshot(tmp_path)
    with Store(path) as store:
        assert len(store.finished()) == 20
    assert snapshot(tmp_path) == before and list(before) == ["p.sqlite"]


def test_one_writer_whatever_the_file_is_called(tmp_path):
    path = filled(tmp_path / "p.sqlite")
    (tmp_path / "other").mkdir()
    link = tmp_path / "other/link.sqlite"
    link.symlink_to(path)
    with Store(path, writing=True), pytest.raises(InputError, match="another sweep is writing to it"):
        Store(link, writing=True)
    with Store(link, writing=True), pytest.raises(InputError, match="another sweep is writing to it"):
        Store(path, writing=True)
    with Store(path, writing=True):
        pass
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other", "p.sqlite"]


def hold_often(path: Path, seconds: float, inside, most, times) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            lock = Lock(path)
        except InputError:
            continue
        with inside.get_lock():
            inside.value += 1
            most.value = max(most.value, inside.value)
            times.value += 1
        time.sleep(0.0001)
        with inside.get_lock():
            inside.value -= 1
        lock.release()


def test_never_two_writers_however_often_they_come_and_go(tmp_path):
    inside, most, times = (multiprocessing.Value("i", 0) for _ in range(3))
    processes = [multiprocessing.Process(target=hold_often, args=(tmp_path / "p.sqlite", 2.0, inside, most, times)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert times.value > 100 and most.value == 1


def test_failed_points_are_tried_again(desk):
    whole = desk.json("sweep", "sweep.yaml", "--out", "whole")
    desk.troubles = {"refuse": "machine.cols=32"}
    assert desk.json("sweep", "sweep.yaml", "--out", "out")["failed"] == 6
    desk.troubles = {"log": str(desk.path / "log")}
    assert desk.json("sweep", "sweep.yaml", "--out", "out", "--resume")["failed"] == 6
    assert not (desk.path / "log").exists()
    again = desk.json("sweep", "sweep.yaml", "--out", "out", "--retry-failed")
    assert again["rows"] == whole["rows"]
    assert len((desk.path / "log").read_text().splitlines()) == 6

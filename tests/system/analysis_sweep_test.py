"""./rondo sweep on a stand-in simulator: the grid, the Pareto points, resuming, and points that fail, die or
hang."""

import csv
import fcntl
import hashlib
import json
import os
import pty
import random
import re
import signal
import sqlite3
import struct
import subprocess
import termios
import time

import numpy as np
import pytest
from analysis_support import ROOT, desk  # noqa: F401
from rondo import progress, simulator, sweep_file, sweep_result
from rondo.pareto import pareto_front
from rondo.quantities import Objective, quantity
from rondo.store import Store


def test_grid_runs_and_everything_is_written(desk):
    result = desk.json("sweep", "sweep.yaml", "--out", "out", "--jobs", "2")
    assert (result["sweep"], result["points"], result["finished"], result["failed"]) == ("small", 18, 18, 0)
    settings = [tuple(r["set"].values()) for r in result["rows"]]
    assert settings == [(r, c, v) for r in (16, 32, 64) for c in (16, 32, 64) for v in (8, 16)]
    with (desk.path / "out/points.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [int(line["number"]) for line in lines] == list(range(1, 19))
    assert [float(line["time_s"]) for line in lines] == [r["figures"]["time_s"] for r in result["rows"]]
    for name in ("pareto.svg", "pareto.png", "points.sqlite"):
        assert (desk.path / "out" / name).stat().st_size > 1000
    with Store(desk.path / "out/points.sqlite") as store:
        answers = [store.answer(identity) for identity in store.finished()]
    assert len(answers) == 18 and all(answer.report["rondo_version"] == "fake" for answer in answers)


def test_the_answers_belong_to_their_points(desk):
    """With several workers answers come out of order; each must meet the toy formula of its own point."""
    for r in desk.json("sweep", "sweep.yaml", "--out", "out", "--jobs", "4")["rows"]:
        rows, cols, lanes = r["set"].values()
        tiles = -(-512 // cols) * -(-192 // rows)
        assert r["figures"]["total_cycles"] == 100 * tiles * (rows + 1) + 100 * 512 // lanes + 98304 // 16 + 40


def brute_force_front(rows, senses):
    def beats(a, b):
        at_least = all((x <= y) if s == "min" else (x >= y) for x, y, s in zip(a, b, senses))
        return at_least and a != b
    return [not any(beats(other, one) for other in rows) and rows.index(one) == i for i,
            one in enumerate(rows)]


@pytest.mark.parametrize("senses", [("min", "min"), ("max", "min"), ("min", "max", "min")])
def test_front_against_the_definition(senses):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    paths = ("time_s", "energy_j.total", "area_mm2.total")[:len(senses)]
    objectives = [Objective(quantity(p), s == "max") for p, s in zip(paths, senses)]
    values = [tuple(float(dice.randrange(12)) for _ in paths) for _ in range(150)]
    rows = [sweep_result.Row(i, "c", "n", {}, dict(zip(paths, v)), None) for i, v in enumerate(values)]
    sweep_result._mark_front(rows, objectives)
    assert [r.front for r in rows] == brute_force_front(values, senses)


def test_front_of_many_tables_against_the_definition():
    """Two to six columns, many ties and equal rows, up to several blocks of rows."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    for trial in range(150):
        columns, levels = dice.randrange(2, 7), dice.randrange(1, 12)
        count = dice.randrange(600, 700) if trial % 50 == 0 else dice.randrange(80)
        values = [tuple(float(dice.randrange(levels) - 3) for _ in range(columns)) for _ in range(count)]
        found = pareto_front(np.array(values, dtype=float).reshape(-1, columns))
        assert found.tolist() == brute_force_front(values, ["min"] * columns), (trial, columns, levels)


@pytest.mark.parametrize("columns, count", [(2, 50_000), (3, 50_000), (4, 10_000)])
def test_front_of_a_large_sweep_takes_no_time(columns, count):
    """All on the front, on a sphere, which is the worst: each must be compared with what was found before."""
    values = np.abs(np.random.default_rng(1).normal(size=(count, columns)))
    start = time.process_time()
    assert pareto_front(-values / np.linalg.norm(values, axis=1)[:, None]).all()
    assert pareto_front(values).sum() < count / 10
    assert time.process_time() - start < 2.0


def test_table_fits_80_columns_and_pareto_comes_first(desk):
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and max(len(line) for line in lines) <= 80
    marks = ["Pareto" in line for line in lines[4:4 + 18]]
    assert marks[0] and marks == sorted(marks, reverse=True)
    assert "18 of 18 points" in done.stderr


def test_another_sweep_in_the_same_place_is_said(desk):
    assert desk.rondo("sweep", "sweep.yaml", "--out", "out").returncode == 0
    desk.write("other.yaml", (desk.path / "sweep.yaml").read_text().replace("name: small", "name: other"))
    assert "held the sweep" not in desk.rondo("sweep", "sweep.yaml", "--out", "out", "--resume").stderr
    words = "out held the sweep small, not this one as it is now: its points stay"
    assert words in desk.rondo("sweep", "other.yaml", "--out", "out", "--resume").stderr
    assert "held the sweep other" in desk.rondo("sweep", "sweep.yaml", "--out", "out", "--resume").stderr
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("[16, 32, 64]", "[16, 32]"))
    assert words in desk.rondo("sweep", "sweep.yaml", "--out", "out", "--resume").stderr


def test_many_parameters_are_never_cut(desk):
    """Where there is no column for each, one holds them all; of several networks each shows some."""
    desk.write("other_network.yaml", "name: other\n")
    desk.write("big.yaml", """\
name: big
chips: [toy.yaml]
networks: [net.yaml, other_network.yaml]
parameters:
  machine.rows: [128, 256]
  machine.cols: [128, 256]
  gate.lanes: [128, 256]
  dram.bytes_per_cycle: [16384, 32768]
  mapping.gates: [sequential, interleaved]
objectives: [latency, energy, area]
""")
    lines = desk.rondo("sweep", "big.yaml", "--out", "out").stdout.splitlines()
    assert max(map(len, lines)) <= 80 and not any("…" in line for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "64 of 64 points" in text and "on the Pareto fronts of 2 networks" in text
    assert text.count("network=net") == text.count("network=other_network") == 10
    assert "bytes_per_cycle=32768" in text and "gates=sequential" in text


@pytest.mark.parametrize("out, name", [("out", "points.csv"), ("out/mine.sqlite", "mine.csv")])
def test_what_the_table_leaves_out_is_in_a_file_that_exists(desk, out, name):
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("[16, 32, 64]", "[8, 16, 32, 64]"))
    done = desk.rondo("sweep", "sweep.yaml", "--out", out)
    assert f"4 more points are in {name}\n" in done.stdout and (desk.path / "out" / name).is_file()


def test_resume_skips_finished_points_and_gives_the_same_result(desk):
    whole = desk.json("sweep", "sweep.yaml", "--out", "whole")
    desk.troubles = {"log": str(desk.path / "log")}
    desk.json("sweep", "sweep.yaml", "--out", "out")
    database = sqlite3.connect(desk.path / "out/points.sqlite")
    with database:
        database.execute("DELETE FROM points WHERE rowid % 3 = 0")
    database.close()
    (desk.path / "log").unlink()
    again = desk.json("sweep", "sweep.yaml", "--out", "out", "--resume")
    assert len((desk.path / "log").read_text().splitlines()) == 6
    assert {**again, "files": 0} == {**whole, "files": 0}
    assert (desk.path / "out/points.csv").read_bytes() == (desk.path / "whole/points.csv").read_bytes()
    assert (desk.path / "out/pareto.svg").read_bytes() == (desk.path / "whole/pareto.svg").read_bytes()


def test_a_changed_chip_is_another_point(desk):
    desk.json("sweep", "sweep.yaml", "--out", "out")
    desk.troubles = {"log": str(desk.path / "log")}
    desk.write("toy.yaml", (desk.path / "toy.yaml").read_text() + "clock_mhz: 250\n")
    desk.json("sweep", "sweep.yaml", "--out", "out", "--resume")
    assert len((desk.path / "log").read_text().splitlines()) == 18


def test_finished_points_are_never_thrown_away(desk):
    desk.json("sweep", "sweep.yaml", "--out", "out")
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert done.returncode == 2 and "already holds 18 finished points; --resume" in done.stderr


def stored(desk) -> int:
    """How many points are in the file of a sweep that is running."""
    try:
        return sqlite3.connect(desk.path / "out/points.sqlite").execute("SELECT count(*) FROM points").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_sweep_loses_nothing(desk, end):
    """The driver is stopped while one point hangs; the others are in the file, and only the rest is run
    again."""
    desk.troubles = {"hang": "machine.rows=64"}
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("1.5", "1000"))
    driver = subprocess.Popen(["/usr/bin/python3", "-m", "rondo", "sweep", "sweep.yaml", "--out", "out",
                               "--jobs", "1"],
                              cwd=desk.path, env=desk.environment(), stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while stored(desk) < 12 and time.monotonic() < deadline:
        time.sleep(0.1)
    driver.send_signal(end)
    words = driver.communicate()[1]
    if end == signal.SIGINT:
        assert driver.returncode == 130 and "--resume goes on from here" in words
    assert stored(desk) == 12
    desk.troubles = {"log": str(desk.path / "log")}
    again = desk.json("sweep", "sweep.yaml", "--out", "out", "--resume")
    assert again["finished"] == 18 and again["failed"] == 0
    assert len((desk.path / "log").read_text().splitlines()) == 6
    assert again["rows"] == desk.json("sweep", "sweep.yaml", "--out", "whole")["rows"]


def test_set_holds_for_all_points(desk):
    text = (desk.path / "sweep.yaml").read_text()
    desk.write("sweep.yaml", text.replace("parameters:", "set: {dram.bytes_per_cycle: 64}\nparameters:"))
    rows = desk.json("sweep", "sweep.yaml", "--out", "out")["rows"]
    assert all(r["set"]["dram.bytes_per_cycle"] == 64 for r in rows)
    assert rows[0]["figures"]["total_cycles"] == 100 * 32 * 12 * 17 + 100 * 512 // 8 + 98304 // 64 + 40


@pytest.mark.parametrize("trouble, cause", [
    ("crash", "the simulator was ended by SIGABRT: terminate called: toy crash"),
    ("hang", "no answer within 0.7 s (point_seconds)"),
    ("garble", "the simulator's answer is not the promised JSON: not json"),
    ("refuse", "weight_sram is short by 1016 bytes"),  # the first; others are short by more
])
def test_a_bad_point_is_a_row_and_the_sweep_goes_on(desk, trouble, cause):
    desk.troubles = {trouble: "machine.cols=32"}
    if trouble == "hang":
        desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("[16, 32, 64]",
                                                                                "[16]").replace("1.5", "0.7"))
    result = desk.json("sweep", "sweep.yaml", "--out", "out", "--jobs", "2")
    bad = [r for r in result["rows"] if r["error"]]
    assert bad and all(r["set"]["machine.cols"] == 32 for r in bad)
    assert result["failed"] == len(bad) == result["finished"] // 3 == result["points"] // 3
    assert result["failures"] == [{"cause": cause, "points": len(bad), "first": bad[0]["number"]}]


def test_a_worker_that_ends_between_points_costs_no_point(desk):
    whole = desk.json("sweep", "sweep.yaml", "--out", "whole")
    desk.troubles = {"leave": "machine.cols=32"}
    assert desk.json("sweep", "sweep.yaml", "--out", "out", "--jobs", "2")["rows"] == whole["rows"]


def test_failures_are_summed_up_below_the_table(desk):
    desk.troubles = {"refuse": "machine.cols=32"}
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert done.returncode == 0
    assert "6 points failed:" in done.stdout and "6  weight_sram is short by 1016 bytes (first: point 3)" in done.stdout


def test_failures_that_differ_in_numbers_are_one_cause():
    errors = ["layers.0.rnn.hiden: unknown", None, "b", "layers.12.rnn.hiden: unknown\nmore", "b", "b"]
    rows = [sweep_result.Row(i, "c", "n", {}, {}, error) for i, error in enumerate(errors, start=1)]
    result = sweep_result.Result("x", [], [], rows, 6, [])
    assert result.failures() == [("b", 3, 3), ("layers.0.rnn.hiden: unknown", 2, 1)]


@pytest.mark.parametrize("section", ["objectives: [latency, units.dram.counters.row_hit]", "constraints: [units.dram.counters.row_hit > 3]"])
def test_a_figure_that_no_report_has_stops_the_sweep_at_its_first_answer(desk, section):
    """What a DRAM counts is known when it has been simulated."""
    desk.troubles = {"log": str(desk.path / "log")}
    text = (desk.path / "sweep.yaml").read_text()
    whole = text.replace("objectives: [time_s, energy_j.total]", section) if "objectives" in section else f"{text}{section}\n"
    desk.write("sweep.yaml", whole)
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out", "--jobs", "2")
    assert done.returncode == 2 and len((desk.path / "log").read_text().splitlines()) < 9
    assert done.stderr.splitlines()[-1] == ("reports of small have no figure units.dram.counters.row_hit; "
                                            "units.dram.counters has nothing here"), done.stderr
    desk.write("sweep.yaml", text)
    assert desk.json("sweep", "sweep.yaml", "--out", "out")["finished"] == 18  # nothing was kept of it


def test_a_figure_that_some_reports_have_fails_the_others(desk):
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("chips: [toy.yaml]", "chips: [toy.yaml, toy2.yaml]")
               + "constraints: [units.dram.counters.row_hit > 3]\n")
    desk.write("toy2.yaml", (desk.path / "toy.yaml").read_text())
    result = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert result.returncode == 1 and "36 points failed" in result.stdout and "outside" not in result.stdout
    assert "the report has no units.dram.counters.row_hit (first: point 1)" in result.stdout


def test_a_sweep_without_a_single_good_point_fails(desk):
    desk.troubles = {"refuse": "gate.lanes=8"}
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("{range: [8, 16, 8]}", "[8]"))
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert done.returncode == 1 and "18 points failed" not in done.stderr and "9 points failed" in done.stdout


@pytest.mark.parametrize("old, new, expected", [
    ("machine.rows:", "machine.row:", "sweep.yaml:5:3: chip toy has no parameter machine.row; close: machine.rows"),
    ("[16, 32, 64]", "[]", "sweep.yaml:5:17: machine.rows is an empty list; at least one entry is needed"),
    ("[16, 32, 64]", "[16, 16]", "sweep.yaml:5:17: machine.rows: 16 is given twice"),
    ("[16, 64]", "[64, 16]", "sweep.yaml:6:24: machine.cols: log2 takes [first, last] with 0 < first <= last"),
    ("[8, 16, 8]", "[8, 16, 0]", "sweep.yaml:7:23: gate.lanes: range takes [first, last, step] with first <= last and step > 0"),
    ("[net.yaml]", "[nowhere]", "sweep.yaml:3:12: there is no network nowhere; known: "),
    ("[toy.yaml]", "[toy.yaml, toy.yaml]", "sweep.yaml:2:19: chips: toy is given twice; names must differ"),
    ("energy_j.total]", "joules]", "sweep.yaml:8:22: reports have no figure joules; known: latency"),
    ("energy_j.total]", "accuracy.sqnr_db]", "sweep.yaml:8:22: accuracy.sqnr_db needs values; set timing_only: false"),
    ("[time_s, energy_j.total]", "[time_s]", "sweep.yaml:8:13: objectives: 1 given; two to six are needed"),
    ("timing_only: true", "timing_only: maybe", "sweep.yaml:9:14: timing_only: maybe is not allowed; expected true or false"),
    ("point_seconds: 1.5", "point_second: 1.5", "sweep.yaml:10:1: the sweep has no point_second; known: name"),
    ("name: small", "name: ../small", "sweep.yaml:1:7: name: '../small' names a directory"),
    ("parameters:", "set: {gate.lanes: 4}\nparameters:",
     "sweep.yaml:8:3: parameters: gate.lanes is in set too; keep one"),
    ("parameters:", "set: {gate.lane: 4}\nparameters:",
     "sweep.yaml:4:7: chip toy has no parameter gate.lane; close: gate.lanes"),
    ("[16, 32, 64]", "[16, 4096]", "sweep.yaml:5:17: machine.rows: 4096 is not allowed; expected 1..1024 PE"),
    ("[16, 32, 64]", "[16, 1.5]", "sweep.yaml:5:17: machine.rows: 1.5 is not allowed; expected 1..1024 PE"),
    ("[16, 32, 64]", "[16, true]", "sweep.yaml:5:17: machine.rows: true is not allowed; expected 1..1024 PE"),
    ("machine.rows: [16, 32, 64]", "mapping.gates: [sequential, mixed]",
     "sweep.yaml:5:18: mapping.gates: mixed is not allowed; expected sequential | interleaved"),
    ("parameters:", "set: {network.batch: 0}\nparameters:",
     "sweep.yaml:4:22: network.batch: 0 is not allowed; expected 1..65536"),
    ("machine.rows:", "network.layer.0.hidden:", "sweep.yaml:5:3: chip toy has no parameter network.layer.0.hidden; close: "),
    ("name: small\n", "", "sweep.yaml:1:1: the sweep has no name, which is required"),
])
def test_wrong_sweeps_are_refused_before_anything_runs(desk, old, new, expected):
    desk.troubles = {"log": str(desk.path / "log")}
    text = (desk.path / "sweep.yaml").read_text()
    assert old in text
    desk.write("sweep.yaml", text.replace(old, new))
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(expected) and len(done.stderr.splitlines()) == 1
    assert not (desk.path / "log").exists() and not (desk.path / "out").exists()


def test_any_entry_of_the_network_can_be_swept(desk):
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("gate.lanes:",
                                                                            "network.layers.0.lstm.hidden:"))
    rows = desk.json("sweep", "sweep.yaml", "--out", "out")["rows"]
    assert {r["set"]["network.layers.0.lstm.hidden"] for r in rows} == {8, 16}


def test_a_wrong_chip_file_is_shown_before_anything_runs(desk):
    desk.write("toy.yaml", "name: toy\nmachine: {rows: many}\n")
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert done.returncode == 2 and not (desk.path / "out").exists()
    assert done.stderr.strip().endswith("toy.yaml:2:17: machine.rows: many is not a plain whole number; allowed 1..1024")


def test_all_mistakes_at_once(desk):
    desk.write("sweep.yaml", "name: x\nchips: [a]\nnetworks: [b]\nparameters: {machine.rows: []}\nobjectives: [c, d]\n")
    done = desk.rondo("sweep", "sweep.yaml")
    assert done.returncode == 2
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == ["2", "3", "4", "5", "5"]


def test_plot_draws_a_sweep_again(desk):
    desk.json("sweep", "sweep.yaml", "--out", "out")
    first = (desk.path / "out/pareto.svg").read_bytes()
    files = desk.json("plot", "out", "--out", "again")["files"]
    assert files[:2] == ["again/pareto.svg", "again/pareto.png"]
    assert (desk.path / "again/pareto.svg").read_bytes() == first


@pytest.mark.parametrize("objectives", ["[utilisation, energy_j.total]",
                                        "[time_s, energy_j.total, area_mm2.total]",
                                        "[{time_s: max}, energy_delay_js]"])
def test_other_objectives_are_drawn_too(desk, objectives):
    desk.write("sweep.yaml", (desk.path / "sweep.yaml").read_text().replace("[time_s, energy_j.total]",
                                                                            objectives))
    result = desk.json("sweep", "sweep.yaml", "--out", "out")
    assert result["failed"] == 0 and any(r["pareto"] for r in result["rows"])
    assert (desk.path / "out/pareto.png").stat().st_size > 10000


def test_unusable_output_places(desk):
    desk.write("file", "")
    done = desk.rondo("sweep", "sweep.yaml", "--out", "file")
    assert done.returncode == 2 and "file: cannot be made" in done.stderr
    (desk.path / "out").mkdir()
    desk.write("out/points.sqlite", "this is not a database, and long enough to show it " * 40)
    done = desk.rondo("sweep", "sweep.yaml", "--out", "out")
    assert done.returncode == 2 and "out/points.sqlite: is not the file of a sweep" in done.stderr


def test_shipped_sweeps_are_right():
    if not os.access(simulator.binary_path(), os.X_OK):
        pytest.skip("the simulator is not built")
    for path in sorted((ROOT / "configs/sweeps").glob("*.yaml")):
        points = sweep_file.read_sweep(path).points()
        assert len({point.id for point in points}) == len(points) > 1
        if path.stem == "array_size":
            assert len(points) == 100


def on_a_terminal(desk, *arguments: str) -> str:
    """What `./rondo ARGUMENTS` writes to a terminal of 100 columns, without its colours and movements."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    driver = subprocess.Popen(["/usr/bin/python3", "-m", "rondo", *arguments], cwd=desk.path, stdin=subprocess.DEVNULL,
                              env={**desk.environment(), "TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=other)
    os.close(other)
    written = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the last writer has closed it
            break
        if not part:
            break
        written += part
    os.close(main)
    assert driver.wait(timeout=60) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())


def test_a_bar_on_a_terminal(desk):
    desk.troubles = {"slow": "gate.lanes=16"}  # 9 times a fifth of a second
    shown = on_a_terminal(desk, "sweep", "sweep.yaml", "--out", "out", "--jobs", "1")
    lines = re.split(r"[\r\n]+", shown)
    bars = [line for line in lines if re.search(r"small .*━.* \d+/18 +\d+\.\d/s +\d+:\d\d", line)]
    assert bars and max(map(len, lines)) <= 100
    best = {line.strip() for line in lines if line.startswith("best time ")}
    assert best and all(re.fullmatch(r"best time \d\S* [mµ]?s, energy \d\S* [mµ]?J", line) for line in best)


def test_lines_now_and_then_in_a_pipe(desk, monkeypatch):
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.5)
    desk.troubles = {"slow": "gate.lanes=16", "refuse": "machine.cols=32"}
    lines = desk.rondo("sweep", "sweep.yaml", "--out", "out", "--jobs", "1").stderr.splitlines()
    assert 2 <= len(lines) <= 8 and all(line.startswith("small: ") for line in lines)
    for line in lines[:-1]:
        assert re.fullmatch(r"small: \d+ of 18 points, \d+\.\d/s, \d+ s left(, \d failed)?, best time .* [mµ]?s, energy .* [mµ]?J", line)
    assert re.match(r"small: 18 of 18 points, done in \d+\.\d s, 6 failed, best time ", lines[-1])


def test_the_file_says_how_its_points_came_about(desk):
    desk.json("sweep", "sweep.yaml", "--out", "out")
    about = {key: json.loads(value) for key, value in
             sqlite3.connect(desk.path / "out/points.sqlite").execute("SELECT key, value FROM about")}
    assert about["sweep"]["method"] == {"name": "grid", "count": 0, "seed": 1, "population": 0}
    assert about["sweep"]["chips"]["toy"]["gate.lanes"] == 16 and about["sweep"]["timing_only"] is True
    assert set(about["versions"][0]) == {"python", "numpy"}
    program = hashlib.sha256((ROOT / "tests/system/analysis_fake_rondo.py").read_bytes()).hexdigest()
    with Store(desk.path / "out/points.sqlite") as store:
        assert store.simulators() == [program[:16]]
        assert all(store.answer(identity).simulator for identity in store.finished())


def test_a_sweep_that_is_stopped_is_not_called_done(capsys):
    from rondo.pool import Answer
    from rondo.progress import Progress
    with pytest.raises(KeyboardInterrupt), Progress("small", 7) as progress:
        progress.add(Answer(error="none"))
        raise KeyboardInterrupt
    assert "small: 1 of 7 points, stopped in" in capsys.readouterr().err

"""The commands of analysis/ on the real simulator; skipped where it is not built."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest
from analysis_support import ROOT  # noqa: F401  (sets the path, too)
from rondo import simulator
from rondo.__main__ import main
from rondo.quantities import figures_of_tables, missing, quantity
from rondo.result_files import flat, read_report, read_timeline, stretches

pytestmark = pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK),
                                reason="the simulator is not built")

SWEEP = """\
name: tiny
chips: [edge, server]
networks: [tiny_rnn]
parameters:
  network.batch: [1, 4]
  weights.rows_per_cycle: [1, 4]
  mapping.input_projection: [step, hoisted]
objectives: [time_s, energy_j.total]
"""


def simulated(*arguments: str) -> dict:
    done = subprocess.run([simulator.binary_path(), "run", *arguments, "--timing-only", "--json"],
                          capture_output=True, check=True)
    return json.loads(done.stdout)


def test_every_point_equals_a_run_of_its_own(tmp_path: Path, capsys):
    (tmp_path / "tiny.yaml").write_text(SWEEP)
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "one"), "--jobs", "1",
                 "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["finished"] == 16 and result["failed"] == 0
    for row in result["rows"]:
        sets = [word for key, value in row["set"].items() for word in ("--set", f"{key}={value}")]
        report = simulated(row["chip"], row["network"], *sets)
        assert row["figures"]["total_cycles"] == report["total_cycles"]
        assert row["figures"]["energy_j.total"] == report["energy_j"]["total"]
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "three"), "--jobs", "3"]) == 0
    for name in ("points.csv", "pareto.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "three" / name).read_bytes()


def test_true_and_false_can_be_swept(tmp_path: Path, capsys):
    text = SWEEP.replace("network.batch: [1, 4]", "network.layers.0.rnn.bias: [true, false]").replace(", server", "")
    (tmp_path / "tiny.yaml").write_text(text)
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "out"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["set"]["network.layers.0.rnn.bias"] for row in rows] == [True] * 4 + [False] * 4
    for row in rows:
        sets = [word for key, value in row["set"].items()
                for word in ("--set", f"{key}={json.dumps(value) if isinstance(value, bool) else value}")]
        assert row["figures"]["energy_j.total"] == simulated(row["chip"], row["network"], *sets)["energy_j"]["total"]
    assert rows[0]["figures"]["energy_j.total"] != rows[4]["figures"]["energy_j.total"]


@pytest.mark.parametrize("kind", ["chips", "networks"])
def test_files_nested_without_end_are_one_line(tmp_path: Path, capsys, kind):
    (tmp_path / "deep.yaml").write_text("name: deep\nmachine: " + "[" * 3000 + "]" * 3000 + "\n")
    name = {"chips": "[edge, server]", "networks": "[tiny_rnn]"}[kind]
    (tmp_path / "tiny.yaml").write_text(SWEEP.replace(f"{kind}: {name}", f"{kind}: [deep.yaml]"))
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nested" in line and "deep.yaml:2:" in line


def test_figures_known_before_a_sweep_are_those_of_its_reports():
    """Every number of a report that can be an objective is taken, and what `rondo describe` promises is there."""
    known = figures_of_tables(simulator.describe_tables(ROOT / "configs/chips/edge.yaml"))
    done = subprocess.run([simulator.binary_path(), "run", "edge", "speech_emotion", "--json", "--set", "machine.arrays=2"],
                          capture_output=True, check=True)
    report = json.loads(done.stdout)
    paths = {path for path, value in flat(report).items() if isinstance(value, (int, float)) and quantity(path)}
    assert len(paths) > 200 and "units.matrix1.cycles.busy" in paths
    assert [missing(path, known) for path in paths if missing(path, known)] == []
    assert known - paths == set()
    assert missing("units.matrix4.cycles.busy", known) and missing("units.gate1.cycles.busy", known)


def test_compare_speech_emotion(tmp_path: Path, capsys):
    assert main(["compare", "speech_emotion", "edge", "jetson_nano", "v100", "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    with (tmp_path / "compare.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["edge", "jetson_nano", "v100"]
    assert float(rows["edge"]["latency_s"]) == pytest.approx(simulated("edge", "speech_emotion")["time_s"],
                                                             rel=1e-8)
    assert float(rows["jetson_nano"]["latency_s"]) > 100 * 2 * 12e-6  # 100 steps of two launches at least
    assert (tmp_path / "compare.png").stat().st_size > 10000


def test_figures_of_a_run(tmp_path: Path, capsys):
    subprocess.run([simulator.binary_path(), "run", "duo", "tiny_rnn", "--why", "--out", str(tmp_path / "run")], check=True,
                   capture_output=True)
    report = json.loads((tmp_path / "run/report.json").read_text())
    names = {"cycles", "energy", "path", "roofline", "timeline", "bandwidth"}
    for out in ("one", "two"):
        assert main(["plot", str(tmp_path / "run"), "--out", str(tmp_path / out)]) == 0
        assert {Path(line).stem for line in capsys.readouterr().out.split()} == names
    for name in names:
        for ending in (".svg", ".png"):
            one, two = (tmp_path / out / (name + ending) for out in ("one", "two"))
            assert one.read_bytes() == two.read_bytes(), one
    for name in ("cycles", "timeline", "path"):
        svg = (tmp_path / "one" / (name + ".svg")).read_text()
        assert all(unit.replace("_", " ") in svg for unit in report["units"] if name != "path" or unit in report["why"]["units"])
    svg = (tmp_path / "one/bandwidth.svg").read_text()
    assert all(word in svg for memory in report["memories"] for word in memory.split("_"))
    assert "op/s" in (tmp_path / "one/roofline.svg").read_text()


def test_timeline_of_a_chosen_window(tmp_path: Path, capsys):
    subprocess.run([simulator.binary_path(), "run", "edge", "tiny_rnn", "--out", str(tmp_path)], check=True, capture_output=True)
    total = json.loads((tmp_path / "report.json").read_text())["total_cycles"]
    middle = total // 2
    assert main(["plot", str(tmp_path), "--window", f"{middle}:{middle + 60}"]) == 0
    svg = (tmp_path / "timeline.svg").read_text()
    assert f"cycles {middle:,} to {middle + 60:,}" in svg and "mload" in svg, "instructions have names in a small window"
    capsys.readouterr()
    assert main(["plot", str(tmp_path), "--window", f"0:{total + 1}"]) == 2
    assert f"ends with cycle {total}" in capsys.readouterr().err
    for wrong in ("5", "9:9", "a:b", "-1:4"):
        with pytest.raises(SystemExit) as end:
            main(["plot", str(tmp_path), f"--window={wrong}"])
        assert end.value.code == 2


@pytest.mark.parametrize("slices", [200000, 300])
def test_stretches_of_the_timeline_add_up_to_the_report(tmp_path: Path, slices: int):
    """Every cycle of every unit by cause, from the timeline alone; a file that holds a part never holds more."""
    subprocess.run([simulator.binary_path(), "run", "duo", "speech_emotion", "--timing-only", "--timeline-slices", str(slices),
                    "--out", str(tmp_path)], check=True, capture_output=True)
    report = read_report(tmp_path / "report.json")
    timeline = read_timeline(tmp_path, report)
    assert timeline.whole == (slices > 300)
    for unit in timeline.units:
        found, now, sums = stretches(timeline, report, unit), 0, {}
        for start, length, cause in found:
            assert start == now and length > 0
            now += length
            sums[cause] = sums.get(cause, 0) + length
        cycles = {cause: count for cause, count in report["units"][unit]["cycles"].items() if count}
        if timeline.whole:
            assert sums == cycles
        else:
            assert now <= timeline.end < report["total_cycles"]
            assert all(sums[cause] <= cycles[cause] for cause in sums if cause != "busy")


def test_figures_of_a_sweep(tmp_path: Path, capsys):
    (tmp_path / "tiny.yaml").write_text(SWEEP)
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path), "--jobs", "2"]) == 0
    capsys.readouterr()
    names = {"pareto", "effects", "one_at_a_time", "heat_time_s", "heat_energy_j_total"}
    for out in ("one", "two"):
        assert main(["plot", str(tmp_path), "--out", str(tmp_path / out)]) == 0
        assert {Path(line).stem for line in capsys.readouterr().out.split()} == names
    for name in names:
        svg = (tmp_path / "one" / (name + ".svg")).read_bytes()
        assert svg == (tmp_path / "two" / (name + ".svg")).read_bytes()
        assert b"tiny" in svg
    text = (tmp_path / "one/effects.svg").read_text()
    assert all(name in text for name in ("chip", "network.batch", "weights.rows_per_cycle", "mapping.input_projection"))
    assert main(["plot", str(tmp_path), "--window", "0:9"]) == 2


def test_points_that_do_not_fit_are_rows(tmp_path: Path, capsys):
    text = SWEEP.replace("network.batch: [1, 4]", "machine.activation_bytes: [1024, 262144]")
    (tmp_path / "tiny.yaml").write_text(text.replace("tiny_rnn", "speech_emotion").replace("edge, server",
                                                                                           "edge"))
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["finished"], result["failed"]) == (8, 4)
    for row in result["rows"]:
        assert (row["error"] is None) == (row["set"]["machine.activation_bytes"] == 262144)
    assert all("activation memory is short by at least" in failure["cause"] for failure in result["failures"])

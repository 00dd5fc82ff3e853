"""The commands of analysis/ on the real simulator; skipped where it is not built."""

import csv
import json
import os
import subprocess
from pathlib import Path

import pytest
from analysis_support import ROOT  # noqa: F401  (sets the path, too)
from rondo import run
from rondo.__main__ import main

pytestmark = pytest.mark.skipif(not os.access(run.binary_path(), os.X_OK),
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
    done = subprocess.run([run.binary_path(), "run", *arguments, "--timing-only", "--json"],
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
    subprocess.run([run.binary_path(), "run", "edge", "tiny_rnn", "--out", str(tmp_path / "run")], check=True,
                   capture_output=True)
    assert main(["plot", str(tmp_path / "run")]) == 0
    assert len(capsys.readouterr().out.split()) == 4
    report = json.loads((tmp_path / "run/report.json").read_text())
    svg = (tmp_path / "run/cycles.svg").read_text()
    assert all(unit.replace("_", " ") in svg for unit in report["units"])


def test_points_that_do_not_fit_are_rows(tmp_path: Path, capsys):
    text = SWEEP.replace("network.batch: [1, 4]", "machine.activation_bytes: [1024, 262144]")
    (tmp_path / "tiny.yaml").write_text(text.replace("tiny_rnn", "speech_emotion").replace("edge, server",
                                                                                           "edge"))
    assert main(["sweep", str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "out"), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["finished"], result["failed"]) == (8, 4)
    for row in result["rows"]:
        assert (row["error"] is None) == (row["set"]["machine.activation_bytes"] == 262144)
    assert all("activation memory is short by" in failure["cause"] for failure in result["failures"])

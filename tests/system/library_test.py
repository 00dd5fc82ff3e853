"""`import rondo`: the example of analysis/README.md as it stands there, runs and sweeps against the command line, wrong input."""

import inspect
import json
import os
import re
import subprocess
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
from analysis_support import ROOT
import rondo
from rondo import simulator
from rondo.__main__ import main

pytestmark = pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK), reason="the simulator is not built")

SWEEP = {"chips": ["edge"], "networks": ["tiny_rnn"], "parameters": {"machine.rows": [16, 32], "gate.lanes": [8, 32]},
         "objectives": ["time_s", "area_mm2.total"]}


def test_the_example_of_the_readme_runs(tmp_path: Path):
    example = re.search(r"```python\n(.+?)```", (ROOT / "analysis/README.md").read_text(), re.DOTALL)[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "analysis")}
    done = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = rondo.run("edge", "speech_emotion", timing_only=True, **{"machine.rows": 64, "network.batch": 8})
    assert done.stdout.startswith(f"{report['total_cycles']} cycles, {report['units']['matrix']['cycles']['busy']} of them")
    assert "machine.cols" in done.stdout
    assert main(["report", str(tmp_path / "out/from_python")]) == 0


def test_a_run_is_the_run_of_the_command_line():
    done = subprocess.run([simulator.binary_path(), "run", "edge", "tiny_rnn", "--set", "machine.rows=16", "--set", "mapping.chaining=off",
                           "--json"], capture_output=True, check=True)
    here = rondo.run("edge", "tiny_rnn", machine={"rows": 16}, **{"mapping.chaining": "off"})
    assert here == json.loads(done.stdout)
    assert "accuracy" in here or "without_values" in here
    assert "why" in rondo.run("edge", "tiny_rnn", timing_only=True, why=True)


def test_a_sweep_is_a_table_and_can_be_kept(tmp_path: Path):
    heard = []
    table = rondo.sweep(SWEEP, jobs=2, figures=["units.matrix.cycles.busy"], progress=lambda done, count: heard.append((done, count)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert list(table.index) == [1, 2, 3, 4] and table.error.isna().all() and table.pareto.any()
    for _, row in table.iterrows():
        report = rondo.run("edge", "tiny_rnn", timing_only=True, **{name: row[name] for name in SWEEP["parameters"]})
        assert row["total_cycles"] == report["total_cycles"]
        assert row["units.matrix.cycles.busy"] == report["units"]["matrix"]["cycles"]["busy"]
    kept = rondo.sweep(SWEEP, out=tmp_path / "kept", jobs=1)
    again = rondo.load(tmp_path / "kept", figures=["units.matrix.cycles.busy"])
    assert again.drop(columns="units.matrix.cycles.busy").equals(kept)
    assert again["units.matrix.cycles.busy"].tolist() == table["units.matrix.cycles.busy"].tolist()
    heard.clear()
    rondo.sweep(SWEEP, out=tmp_path / "kept", resume=True, progress=lambda *at: heard.append(at))
    assert heard == [], "nothing finished is run again"


def test_a_run_loads_as_one_row(tmp_path: Path):
    subprocess.run([simulator.binary_path(), "run", "edge", "tiny_rnn", "--out", tmp_path / "run"], check=True, capture_output=True)
    table = rondo.load(tmp_path / "run", figures=["power_w"])
    report = json.loads((tmp_path / "run/report.json").read_text())
    assert table.shape[0] == 1
    assert table["energy_j.total"][0] == report["energy_j"]["total"]
    assert table["machine.rows"][0] == report["resolved_config"]["machine"]["rows"]
    assert table["power_w"][0] == pytest.approx(report["energy_j"]["total"] / report["time_s"])


def test_wrong_input_tells_every_mistake(tmp_path: Path):
    with pytest.raises(rondo.InputError, match="machine.rovs"):
        rondo.run("edge", "tiny_rnn", machine={"rovs": 3})
    with pytest.raises(rondo.InputError) as error:
        rondo.sweep({**SWEEP, "networks": ["nowhere"], "parameters": {"gate.lames": [1]}})
    assert len(error.value.messages) == 2 and all(message.startswith("sweep:") for message in error.value.messages)
    with pytest.raises(rondo.InputError, match="neither"):
        rondo.load(tmp_path)


def test_a_notebook_may_ask_again(tmp_path: Path):
    first = rondo.sweep(SWEEP, out=tmp_path / "kept", jobs=1)
    with pytest.raises(rondo.InputError, match="already holds 4 finished points; --resume"):
        rondo.sweep(SWEEP, out=tmp_path / "kept", jobs=1)
    assert rondo.sweep(SWEEP, out=tmp_path / "kept", jobs=1, resume=True).equals(first)


@pytest.mark.parametrize("rows", [range(16, 48, 16), (16, 32), np.array([16, 32]), [np.int64(16), np.int32(32)], iter([16, 32])])
def test_values_may_be_numbers_and_lists_of_any_kind(rows):
    table = rondo.sweep({**SWEEP, "parameters": {"machine.rows": rows, ("machine.cols", "gate.lanes"): zip([16, 32], np.array([8, 16]))}},
                        jobs=np.int64(2))
    assert table["machine.rows"].tolist() == [16, 16, 32, 32] and table["gate.lanes"].tolist() == [8, 16, 8, 16]


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "2", 1025])
def test_jobs_are_checked(jobs):
    with pytest.raises(rondo.InputError, match="jobs: .* is not a number of worker processes; expected a whole number in 1..1024"):
        rondo.sweep(SWEEP, jobs=jobs)


@pytest.mark.parametrize("parameters, words", [({"machine.rows": [object()]}, "sweep: parameters: machine.rows: <object"),
                                               ({7: [1]}, "sweep: parameters: 7 is not a name")])
def test_what_no_file_could_hold_is_refused(parameters, words):
    with pytest.raises(rondo.InputError) as error:
        rondo.sweep({**SWEEP, "parameters": parameters})
    assert error.value.messages[0].startswith(words)


def test_failed_points_are_run_again(tmp_path: Path):
    late = {**SWEEP, "point_seconds": 0.01, "networks": ["speech_emotion"]}
    if not rondo.sweep(late, out=tmp_path / "kept", jobs=1).error.notna().any():
        pytest.skip("this machine is too fast")
    assert rondo.sweep({**late, "point_seconds": 60}, out=tmp_path / "kept", retry_failed=True).error.isna().all()


def test_everything_is_typed_and_documented():
    for name in ("run", "sweep", "load"):
        function = getattr(rondo, name)
        assert inspect.isfunction(function) and len(inspect.getdoc(function)) > 100
        signature = inspect.signature(function)
        assert all(p.annotation is not p.empty for p in signature.parameters.values())
        assert signature.return_annotation is not signature.empty
    assert set(rondo.__all__) >= {"run", "sweep", "load"}
    assert typing.get_type_hints(rondo.run)["return"]


def test_pandas_is_loaded_only_for_a_table():
    done = subprocess.run([sys.executable, "-c", "import sys, rondo; rondo.run('edge', 'tiny_rnn', timing_only=True); "
                           "sys.exit('pandas' in sys.modules or 'matplotlib' in sys.modules)"],
                          env={**os.environ, "PYTHONPATH": str(ROOT / "analysis")})
    assert done.returncode == 0

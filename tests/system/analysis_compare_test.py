"""./rondo compare: the table, files and messages around the GPU model (gpu_model_test.py)."""

import csv
import json
import subprocess

import pytest
from analysis_support import ROOT, desk  # noqa: F401


def test_table_json_csv_and_figure(desk):
    result = desk.json("compare", "net.yaml", "toy.yaml", "jetson_nano", "v100", "--out", "out")
    assert [(e["name"], e["simulated"]) for e in result["entries"]] == [("toy", True),
                                                                        ("jetson_nano", False),
                                                                        ("v100", False)]
    toy = result["entries"][0]
    cycles = 100 * 16 * 6 * 33 + 100 * 512 // 16 + 98304 // 16 + 40
    assert toy["latency_s"] == pytest.approx(cycles / 500e6) and toy["bound_by"].startswith("matrix")
    with (desk.path / "out/compare.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["kind"] for line in lines] == ["simulated", "estimated", "estimated"]
    assert (desk.path / "out/compare.png").stat().st_size > 10000 and (desk.path / "out/compare.svg").exists()
    text = desk.rondo("compare", "net.yaml", "toy.yaml", "jetson_nano", "v100")
    assert max(len(line) for line in text.stdout.splitlines()) <= 80
    assert "* estimated from data sheets" in text.stdout and "jetson_nano*" in text.stdout


def test_batch_reaches_the_chip_and_the_devices(desk):
    one = desk.json("compare", "net.yaml", "toy.yaml", "xeon")
    eight = desk.json("compare", "net.yaml", "toy.yaml", "xeon", "--batch", "8")
    assert (one["batch"], eight["batch"]) == (1, 8)
    for single, many in zip(one["entries"], eight["entries"]):
        assert single["latency_s"] < many["latency_s"] < 8 * single["latency_s"]
        assert many["sequences_per_s"] == pytest.approx(8 / many["latency_s"])


def test_a_name_that_is_both_is_the_chip(desk):
    desk.write("v100", "name: mine\nmachine: {rows: 8, cols: 8}\n")
    assert desk.json("compare", "net.yaml", "./v100")["entries"][0]["simulated"]


def test_all_unknown_names_at_once(desk):
    done = desk.rondo("compare", "nix", "toy.yaml", "nope", "v100", "v100")
    lines = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == "" and len(lines) == 3
    assert lines[0].startswith("there is no network nix; known: ")
    assert lines[1].startswith("there is no chip or device nope; chips: ")
    assert lines[2] == "v100 is named 2 times; once is enough"


def test_a_network_that_does_not_fit_ends_the_command(desk):
    desk.troubles = {"refuse": "network.batch=4"}
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "--batch", "4", "--out", "out")
    assert done.returncode == 2 and done.stderr == "weight_sram is short by 1000 bytes\n"
    assert done.stdout == "" and not (desk.path / "out").exists()


def test_batch_zero_is_refused(desk):
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "--batch", "0")
    assert done.returncode == 2 and "expected a whole number in 1..65536" in done.stderr


def test_run_figures(desk):
    reply = subprocess.run([ROOT / "tests/system/analysis_fake_rondo.py", "worker"], text=True,
                           capture_output=True,
                           input='{"chip": "toy.yaml", "network": "net.yaml", "set": {}}\n')
    (desk.path / "run").mkdir()
    desk.write("run/report.json", json.dumps(json.loads(reply.stdout)["report"]))
    files = desk.json("plot", "run")["files"]
    assert files == ["run/cycles.svg", "run/cycles.png", "run/energy.svg", "run/energy.png"]
    svg = (desk.path / "run/cycles.svg").read_text()
    assert all(word in svg for word in ("weights", "matrix", "busy", "queue full"))


@pytest.mark.parametrize("content, words", [(None, "holds neither report.json nor points.sqlite"),
                                            ("{", "cannot be read"),
                                            ("[1]", "is not a report"),
                                            ('{"units": {}}', "no cycles by unit")])
def test_plot_of_something_else(desk, content, words):
    (desk.path / "dir").mkdir()
    if content is not None:
        desk.write("dir/report.json", content)
    done = desk.rondo("plot", "dir")
    assert done.returncode == (1 if "cycles" in words else 2) and words in done.stderr


def test_help_has_an_example(desk):
    for command in ("sweep", "compare", "plot"):
        done = desk.rondo(command, "--help")
        assert done.returncode == 0 and f"example: ./rondo {command} " in done.stdout
    assert desk.rondo("sweep").returncode == 2 and desk.rondo("compare", "net.yaml").returncode == 2


def test_a_missing_simulator_is_said(desk):
    environment = {**desk.environment(), "RONDO_BINARY": str(desk.path / "nothing")}
    done = subprocess.run(["/usr/bin/python3", "-m", "rondo", "compare", "net.yaml", "toy.yaml"],
                          cwd=desk.path,
                          env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "the simulator is not built" in done.stderr

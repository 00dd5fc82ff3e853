"""./rondo compare: the formula for GPUs against published measurements, and the table, files and messages
around it."""

import csv
import json
import subprocess

import pytest
from analysis_support import ROOT, desk  # noqa: F401
from rondo import gpu

# Measured: device, cell, hidden, input, steps, batch, milliseconds. An input of 0: only the recurrent
# products were run. Titan Xp and Jetson TX1: DeepBench result sheets (baidu-research/DeepBench). V100: T.
# Zhao et al., SysML 2019, table of DeepBench latencies, fp16.
MEASURED = [
    ("titan_xp", "lstm", 256, 0, 150, 1, 1.994), ("titan_xp", "lstm", 512, 0, 25, 1, 1.258),
    ("titan_xp", "lstm", 1024, 0, 25, 1, 1.872), ("titan_xp", "lstm", 2048, 0, 25, 1, 5.272),
    ("titan_xp", "gru", 1536, 0, 375, 1, 31.732), ("titan_xp", "gru", 2816, 0, 1500, 1, 350.622),
    ("titan_xp", "gru", 2816, 0, 1500, 4, 380.195),
    ("v100", "lstm", 256, 256, 150, 1, 1.69), ("v100", "lstm", 512, 512, 25, 1, 0.6),
    ("v100", "lstm", 1024, 1024, 25, 1, 0.71), ("v100", "lstm", 1536, 1536, 50, 1, 4.38),
    ("v100", "lstm", 2048, 2048, 25, 1, 1.55), ("v100", "gru", 1024, 1024, 1500, 1, 33.77),
    ("v100", "gru", 1536, 1536, 375, 1, 13.12), ("v100", "gru", 2560, 2560, 375, 1, 23.57),
    ("jetson_tx1", "lstm", 512, 0, 25, 16, 9.051), ("jetson_tx1", "lstm", 1024, 0, 25, 16, 30.738),
    ("jetson_tx1", "lstm", 2048, 0, 25, 16, 218.405), ("jetson_tx1", "lstm", 4096, 0, 25, 16, 960.656),
]


def device(name):
    return gpu.read_device(ROOT / "configs/gpus" / f"{name}.yaml")


def shape(cell, hidden, inputs, steps, batch, **more):
    layer = {"cell": cell, "input": inputs, "hidden": hidden, "directions": 1, "steps": steps, "batch": batch,
             "skip_input": False}
    return {"batch": batch, "steps": steps, "recurrent_layers": [layer], "dense_layers": [], **more}


def test_estimates_against_measurements():
    """The formula is thin: every row within a factor of 2.2, the middle one within a quarter."""
    ratios = []
    for name, cell, hidden, inputs, steps, batch, milliseconds in MEASURED:
        ratio = gpu.estimate(device(name), shape(cell, hidden, inputs, steps,
                                                 batch)).time_s * 1e3 / milliseconds
        print(f"{name:11} {cell:4} {hidden:5} {steps:5} batch {batch:2}  estimate / measured {ratio:.2f}")
        ratios.append(ratio)
    assert all(1 / 2.2 < ratio < 2.2 for ratio in ratios)
    assert 0.75 < sorted(ratios)[len(ratios) // 2] < 1.25


def test_one_estimate_by_hand():
    """V100, LSTM 1024 over 10 steps, batch 2, fp16: 8.39 MB of recurrent weights do not fit in the 6 MiB
    cache."""
    result = gpu.estimate(device("v100"), shape("lstm", 1024, 512, 10, 2))
    inputs, recurrent = 4 * 1024 * 512 * 2 / (897e9 * 0.75), 4 * 1024 * 1024 * 2 / (897e9 * 0.75)
    launches = 11 * 5.5e-6 + 10 * 5.5e-6
    assert result.time_s == pytest.approx(inputs + 10 * recurrent + launches + 88e-6, rel=1e-12)
    work = inputs + 10 * recurrent
    assert result.energy_j == pytest.approx(45 * result.time_s + (250 - 45) * work, rel=1e-12)
    assert result.of_peak == pytest.approx(2 * 2 * 10 * 4 * 1024 * 1536 / (result.time_s * 113.05e12),
                                           rel=1e-12)


@pytest.mark.parametrize("name", ["jetson_nano", "v100", "xeon"])
def test_estimates_grow_with_the_work(name):
    base = gpu.estimate(device(name), shape("gru", 512, 512, 20, 4)).time_s
    for more in (shape("gru", 1024, 512, 20, 4), shape("gru", 512, 1024, 20, 4),
                 shape("gru", 512, 512, 40, 4),
                 shape("lstm", 512, 512, 20, 4)):
        assert gpu.estimate(device(name), more).time_s > base
    assert gpu.estimate(device(name), shape("gru", 512, 512, 20, 64)).time_s >= base


def test_directions_and_dense_layers_count():
    one = shape("gru", 256, 64, 10, 1)
    two = json.loads(json.dumps(one))
    two["recurrent_layers"][0]["directions"] = 2
    nano = device("jetson_nano")
    single, double = gpu.estimate(nano, one), gpu.estimate(nano, two)
    assert double.time_s - double.call_s == pytest.approx(2 * (single.time_s - single.call_s))
    one["dense_layers"] = [{"inputs": 256, "outputs": 1000, "times": 10}]
    assert gpu.estimate(nano, one).operations == single.operations + 2 * 256 * 1000 * 10


def test_a_layer_that_skips_its_input_has_no_input_half():
    with_input = shape("gru", 256, 256, 10, 1)
    with_input["recurrent_layers"][0]["skip_input"] = True
    assert gpu.estimate(device("v100"), with_input).time_s == gpu.estimate(device("v100"),
                                                                           shape("gru", 256, 0, 10, 1)).time_s


def test_shipped_devices_are_whole():
    files = sorted((ROOT / "configs/gpus").glob("*.yaml"))
    assert {"jetson_nano", "v100", "h200", "xeon"} <= {path.stem for path in files}
    for path in files:
        found = gpu.read_device(path)
        assert found.get("idle_w") < found.get("busy_w")
        assert all(fact.source for fact in found.facts.values())


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


def test_a_wrong_device_file_names_every_mistake(desk):
    text = (ROOT / "configs/gpus/v100.yaml").read_text()
    text = text.replace("idle_w:", "idle:").replace("numbers: fp16", "numbers: fp64").replace("value: 897",
                                                                                              "value: fast")
    desk.write("mine.yaml", text)
    done = desk.rondo("compare", "net.yaml", "./mine.yaml")
    assert done.returncode == 2
    assert [line.split(": ", 1)[1].split(";")[0] for line in done.stderr.splitlines()] == [
        "the device has no idle_w, which is required", "numbers: fp64 is not allowed",
        "memory_gb_per_s.value: fast is not allowed", "the device has no idle"]


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

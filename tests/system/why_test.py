"""`rondo run --why`: every cycle of a run belongs to one link of its critical path."""

import json
import os
import re
import resource
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GRU = "deepbench/gru_h2816_b1_t750"


def run(*arguments: str) -> str:
    command = [os.environ["RONDO_BINARY"], "run", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    return result.stdout


def report_of(*arguments: str) -> dict:
    return json.loads(run(*arguments, "--json"))


def sum_of_units(tree: dict) -> int:
    return sum(sum(kinds.values()) for kinds in tree.values())


def check_sums(report: dict) -> None:
    why, total = report["why"], report["total_cycles"]
    assert why["cycles"] == total
    assert sum_of_units(why["units"]) == total
    assert sum(layer["cycles"] for layer in why["layers"].values()) == total
    assert sum(link["cycles"] for link in why["links"]) == total
    for layer in why["layers"].values():
        assert sum_of_units(layer["units"]) == layer["cycles"]
        if "steps" in layer:
            assert layer["cycles_per_step"] == pytest.approx(layer["cycles"] / layer["steps"])
    for link in why["links"]:
        assert link["cycles"] == link["window"] + link["drain"] + link["hand_over"]
        assert min(link["window"], link["drain"], link["hand_over"]) >= 0 < link["times"]
        for step in (link["what"], link["waited_for"]):
            assert "instruction" not in step or str(step["instruction"]) in why["instructions"]
    # The path is one way: each instruction is entered as often as it is left, but for the end.
    entered, left = {}, {}
    for link in why["links"]:
        for times, step in ((entered, link["what"]), (left, link["waited_for"])):
            key = (step.get("instruction"), step["stage"])
            times[key] = times.get(key, 0) + link["times"]
    first = {key for key in left if left[key] != entered.get(key, 0)}
    assert entered.pop((None, "end")) == 1
    assert len(first) == 1 and {key: n for key, n in left.items() if key not in first} == {
        key: n for key, n in entered.items() if key not in first}
    # The work of a unit on the path is a part of all its work; what it hands over is not among it.
    for unit, kinds in why["units"].items():
        work = sum(kinds.get(kind, 0) for kind in ("dispatch", "window", "front", "back", "transfer"))
        assert work <= report["units"][unit]["cycles"]["busy"], unit


def test_character_lstm():
    report = report_of("edge", "char_lstm", "--why")
    check_sums(report)
    assert {name: layer.get("steps") for name, layer in report["why"]["layers"].items()} == {
        "/embedding/Gather": None, "/recurrent/LSTM": 1024, "/recurrent/LSTM_1": 1024, "/output/MatMul": None,
        "/LogSoftmax": None}
    # At batch 1 the array waits for its weights.
    assert report["why"]["units"]["weights"]["window"] > report["total_cycles"] / 2


@pytest.mark.parametrize("sets", [
    ["machine.stream_rows=8"],
    ["machine.stream_rows=8", "machine.arrays=2"],
    ["machine.arrays=3", "machine.dataflow=output_stationary", "machine.stream_rows=32"],
])
def test_streams_and_several_arrays(sets):
    words = [word for one in sets for word in ("--set", one)]
    report = report_of("edge", "char_lstm", "--timing-only", "--why", *words)
    check_sums(report)
    assert "stream" in {link["reason"] for link in report["why"]["links"]}
    assert report["why"]["layers"]["/recurrent/LSTM"]["cycles_per_step"] > 0


@pytest.mark.parametrize("chip, network, sets, seen", [
    ("edge", "speech_emotion", ["network.batch=8"], {"matrix"}),
    ("base", "speech_emotion", ["network.batch=3", "machine.dataflow=output_stationary"], {"matrix"}),
    ("duo", "char_lstm", ["mapping.arrays=gates"], {"weights", "weights1", "matrix1"}),
    ("edge", "char_gru", ["mapping.arrays=gates", "machine.arrays=3", "activation_sram.read_ports=4"], {"matrix2"}),
    ("server", "deepbench/lstm_h512_b1_t25", [], {"weights"}),
    ("server", "deepbench/gru_h1024_b1_t1500", ["network.batch=2"], {"weights"}),
    ("duo", "char_gru", [], {"weights", "matrix"}),
    ("base", "mnist_rows", ["mapping.input_projection=hoisted"], {"matrix"}),
])
def test_everything_adds_up(chip, network, sets, seen):
    words = [word for one in sets for word in ("--set", one)]
    report = report_of(chip, network, "--timing-only", "--why", *words)
    check_sums(report)
    assert seen <= set(report["why"]["units"])


@pytest.mark.parametrize("device", ["lpddr4_3200", "ddr4_2400", "hbm2"])
def test_a_dram_device_adds_up(device):
    """Weights from a device in every step: its data, its latency, and what else it does are a large part of the path."""
    report = report_of("base", "speech_emotion", "--timing-only", "--why", "--set", f"dram.model={device}",
                       "--set", "machine.weight_bytes=16384")
    check_sums(report)
    dram = report["why"]["units"]["dram"]
    assert dram["transfer"] > 0 and dram["latency"] > 0 and dram["overhead"] > 0
    assert sum(dram.values()) > report["total_cycles"] / 2


@pytest.mark.parametrize("chip", ["edge", "server"])
def test_gru_2816_in_little_memory(chip):
    report = report_of(chip, GRU, "--timing-only", "--why")
    check_sums(report)
    assert report["instructions"] > 2_000_000
    assert report["why"]["layers"]["gru_0"]["steps"] == 750
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 64 * 1024  # KiB, the largest of all children


def test_where_gru_2816_is_bound_by_dram():
    """On `edge` its weights come from DRAM in every step: the bus has no pause, and no more than its bytes need."""
    report = report_of("edge", GRU, "--timing-only", "--why")
    transfer = report["why"]["units"]["dram"]["transfer"]
    dram = report["resolved_config"]["dram"]
    moved = report["memories"]["dram"]["read_bytes"] + report["memories"]["dram"]["written_bytes"]
    assert transfer <= moved / dram["bytes_per_cycle"]
    assert transfer > 0.9 * report["total_cycles"]


def test_what_a_change_gains():
    """Twice the weights' bandwidth helps most, and no more than the path says."""
    before = report_of("edge", "char_lstm", "--timing-only", "--why")
    gain = before["why"]["gains"][0]
    assert {change["parameter"] for change in gain["changes"]} == {
        "weights.rows_per_cycle", "weight_sram.bytes_per_cycle"}
    sets = [word for change in gain["changes"] for word in ("--set", f"{change['parameter']}={change['to']}")]
    after = report_of("edge", "char_lstm", "--timing-only", *sets)
    assert 0.8 * gain["cycles"] < before["total_cycles"] - after["total_cycles"] <= gain["cycles"]


@pytest.mark.parametrize("chip, network, sets", [
    ("edge", "char_lstm", []),
    ("duo", "char_gru", []),
    ("base", "speech_emotion", ["network.batch=2", "machine.stream_rows=64", "machine.activation_banks=1"]),
])
def test_chaining_gains_what_a_run_without_it_takes_longer(chip, network, sets):
    words = [word for one in sets for word in ("--set", one)]
    report = report_of(chip, network, "--why", *words)
    without = report_of(chip, network, "--timing-only", *words, "--set", "mapping.chaining=off")
    chaining, mapping = report["why"]["chaining"], report["mapping"]
    assert mapping["chained_passes"] > 0 and mapping["chained_slices"] > 0
    assert chaining["cycles_with"] == report["total_cycles"]
    assert chaining["cycles_without"] == without["total_cycles"] != report["total_cycles"]
    assert chaining["gain"] == without["total_cycles"] - report["total_cycles"]
    assert chaining["gain_per_step"] == pytest.approx(without["cycles_per_step"] - report["cycles_per_step"])
    # What a run without --why says of itself, and one without chaining.
    assert report_of(chip, network, "--timing-only", *words)["mapping"] == mapping
    assert without["mapping"]["chained_passes"] == 0
    assert without["mapping"]["unchained_passes"] == [
        {"passes": mapping["passes"], "because": "mapping.chaining is off"}]


def test_a_loss_through_chaining_has_its_sign():
    """With one read port for all, a gate instruction that starts earlier keeps the array waiting."""
    sets = ["--set", "network.batch=2"]
    report = report_of("server", "deepbench/lstm_h512_b1_t25", "--timing-only", "--why", *sets)
    gain = report["why"]["chaining"]["gain"]
    assert gain < 0 and report["why"]["chaining"]["gain_per_step"] == pytest.approx(gain / report["steps"])
    text = run("server", "deepbench/lstm_h512_b1_t25", "--timing-only", "--why", *sets)
    assert re.search(rf"\n  gain \(a loss\) +-{-gain:,} +-\d+\.\d\d % +-\d+\.\d\n", text)


def test_what_comes_from_dram_is_not_chained():
    words = ["edge", "deepbench/lstm_h512_b1_t25", "--timing-only", "--why"]
    mapping = report_of(*words)["mapping"]
    assert mapping["chained_passes"] == mapping["passes"] == 1 and 0 < mapping["chained_slices"] < mapping["slices"] == 16
    text = run(*words)
    assert re.search(r"\n  chained      1 of 1 passes, in part  +sum buffers", text)
    rest = 16 - mapping["chained_slices"]
    assert f"\n  not chained, {rest} of 16 slices: weights come from DRAM\n" in text


@pytest.mark.parametrize("sets, because", [
    (["mapping.chaining=off"], "mapping.chaining is off"),
    (["machine.stream_rows=0"], "the chip has no streams"),
    (["machine.stream_rows=1"], "machine.stream_rows is too small, 4 would help"),
    (["mapping.gates=sequential"], "slices are wider than an array"),
    (["machine.weight_bytes=16384"], "weights come from DRAM"),
])
def test_why_nothing_chains(sets, because):
    words = [word for one in sets for word in ("--set", one)]
    report = report_of("edge", "deepbench/lstm_h256_b1_t150", "--timing-only", "--why", *words)
    check_sums(report)
    assert report["mapping"]["chained_passes"] == 0 and "chaining" not in report["why"]
    assert report["mapping"]["unchained_passes"] == [{"passes": 1, "because": because}]
    text = run("edge", "deepbench/lstm_h256_b1_t150", "--timing-only", "--why", *words)
    assert "nothing streams to the gate unit" in text and because in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_trace_has_no_run_without_chaining(tmp_path):
    trace = tmp_path / "char_lstm.rtrace"
    subprocess.run([os.environ["RONDO_BINARY"], "compile", "edge", "char_lstm", "--timing-only", "-o", trace],
                   check=True, cwd=ROOT, capture_output=True, timeout=60)
    report = report_of("edge", str(trace), "--why")
    check_sums(report)
    assert "chaining" not in report["why"] and "mapping" not in report


def test_waits_for_ports():
    """What waits for ports is named by their parameter, and gone where there are enough of them."""
    words = ["server", "deepbench/lstm_h512_b1_t25", "--timing-only", "--why", "--set", "network.batch=2"]
    report = report_of(*words)
    check_sums(report)
    ports = {row["parameter"]: (row["cycles"], row["times"]) for row in report["why"]["ports"]}
    links = [link for link in report["why"]["links"] if link["reason"] in ("bank", "turn")]
    assert {link["port"] for link in links} == set(ports) == {"activation_sram.read_ports"}
    cycles, times = ports["activation_sram.read_ports"]
    assert (cycles, times) == (sum(link["cycles"] for link in links), sum(link["times"] for link in links))
    assert "port" not in str([link for link in report["why"]["links"] if link not in links])
    text = run(*words)
    assert "the path waits for ports" in text
    assert re.search(rf"\n +{cycles:,} +\S+ %   ports: activation_sram.read_ports, {times} waits\n", text)
    enough = [*words, "--set", "activation_sram.read_ports=8"]
    assert report_of(*enough)["why"]["ports"] == []
    assert "  ports: " not in run(*enough)


def test_both_schedules_find_the_same_path():
    event, clocked = (report_of("edge", "tiny_rnn", "--why", "--schedule", s) for s in ("event", "clocked"))
    assert event == clocked


def test_a_run_is_the_same_without_it():
    with_why, without = report_of("edge", "speech_emotion", "--why"), report_of("edge", "speech_emotion")
    check_sums(with_why)
    del with_why["why"]
    assert with_why == without


@pytest.mark.parametrize("chip, network", [
    ("edge", "char_lstm"), ("duo", "char_gru"), ("edge", "speech_emotion"), ("edge", "text_classifier")])
def test_it_prints_in_80_columns(chip, network):
    text = run(chip, network, "--why")
    assert "Critical path" in text and "What waited for what" in text
    assert max(map(len, text.splitlines())) <= 80
    # Each instruction of the longest links is named by its number, and printed below from its start to its end.
    report = report_of(chip, network, "--why")
    links, below = text[text.index("The longest links"):].split("report.json have them all\n")
    statements = {int(number): " ".join(words.split())
                  for number, words in re.findall(r"^ {2,7}(\d+)  (\S.*(?:\n {10}\S.*)*)", below, re.MULTILINE)}
    assert statements
    for number, statement in statements.items():
        assert statement == report["why"]["instructions"][str(number)]
        assert re.search(rf" {number} ", links)


def test_kernels_are_named_after_what_distinguishes_them():
    """By their stream, and in a second layer of other numbers by the layer; never lstm_2."""
    report = report_of("duo", "char_lstm", "--why")
    names = {step["name"] for link in report["why"]["links"] for step in (link["what"], link["waited_for"])
             if step.get("unit") == "gate" and "lstm" in step["name"]}
    assert names == {"lstm_stream0", "lstm_stream1", "lstm_stream0.LSTM_1", "lstm_stream1.LSTM_1"}

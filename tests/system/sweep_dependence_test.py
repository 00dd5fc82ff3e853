"""What the simulator is asked before a sweep runs. Every file that it reads for a point, so that an answer is kept as long
as nothing that it depends on has changed; and what no point can run with, which is refused."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from analysis_support import ROOT
from rondo import dependence
from rondo.simulator import binary
from rondo.sweep_file import read_sweep
from rondo.yaml_reader import InputError

CONFIGS = ROOT / "configs"

SWEEP = """\
name: mine
chips: [mine.yaml]
networks: [net.yaml]
set: {technology: FOLDER/prices.yaml, dram.model: FOLDER/preset.yaml}
parameters: {gate.lanes: [16, 32]}
objectives: [latency, energy]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Every kind of file that a point can depend on, its own copy of each."""
    return filled(tmp_path, monkeypatch)


def filled(path, monkeypatch):
    for name in ("edge", "base"):
        shutil.copy(CONFIGS / "chips" / f"{name}.yaml", path)
    (path / "mine.yaml").write_text("extends: edge.yaml\nname: mine\n")
    shutil.copy(CONFIGS / "technology/n7.yaml", path / "prices.yaml")
    shutil.copy(CONFIGS / "technology/n45.yaml", path)
    preset = (CONFIGS / "dram/lpddr4_3200.yaml").read_text()
    assert "standard: lpddr4\n" in preset
    (path / "preset.yaml").write_text(preset.replace("name: lpddr4_3200", "name: preset")
                                      .replace("standard: lpddr4\n", "standard: rows\n"))
    standard = (CONFIGS / "dram/standards/lpddr4.yaml").read_text()
    (path / "rows.yaml").write_text(standard.replace("name: lpddr4", "name: rows"))
    network = (CONFIGS / "networks/char_lstm.yaml").read_text()
    for one in ("char_lstm.onnx", "char_lstm_heldout.npz", "char_lstm_calibration.npz"):
        shutil.copy(CONFIGS / "networks" / one, path)
    (path / "net.yaml").write_text(network)
    (path / "sweep.yaml").write_text(SWEEP.replace("FOLDER", str(path)))
    monkeypatch.chdir(path)
    return path


def hashes(folder) -> list[str]:
    sweep = read_sweep(folder / "sweep.yaml")
    return [value for point in sweep.points() for value in sweep.dependence.of(point.chip, point.network, point.settings)]


@pytest.mark.parametrize("file", ["mine.yaml", "edge.yaml", "base.yaml", "prices.yaml", "n45.yaml", "preset.yaml", "rows.yaml",
                                  "net.yaml", "char_lstm_heldout.npz", "char_lstm_calibration.npz", "char_lstm.onnx"])
def test_a_changed_file_makes_other_points(folder, file):
    before = {point.id for point in read_sweep(folder / "sweep.yaml").points()}
    assert before == {point.id for point in read_sweep(folder / "sweep.yaml").points()}
    path = folder / file
    if path.suffix == ".yaml":
        path.write_text(path.read_text() + "# changed\n")
    elif path.suffix == ".npz":
        arrays = dict(np.load(path))
        np.savez(path, **{name: np.flip(array, 0) for name, array in arrays.items()})
    else:
        shutil.copy(CONFIGS / "networks/char_gru.onnx", path)
    assert not before & {point.id for point in read_sweep(folder / "sweep.yaml").points()}


def test_where_files_lie_does_not_matter(folder, tmp_path_factory, monkeypatch):
    here = hashes(folder)
    assert hashes(filled(tmp_path_factory.mktemp("elsewhere"), monkeypatch)) == here


def test_swept_files_each_have_their_own(folder):
    text = (folder / "sweep.yaml").read_text()
    (folder / "sweep.yaml").write_text(text.replace(f"technology: {folder}/prices.yaml, ", "").replace(
        "gate.lanes: [16, 32]", f"technology: [n45, {folder}/prices.yaml]"))
    first, second = read_sweep(folder / "sweep.yaml").points()
    prices = folder / "prices.yaml"
    prices.write_text(prices.read_text() + "# changed\n")
    again = read_sweep(folder / "sweep.yaml").points()
    assert again[0].id == first.id and again[1].id != second.id


def test_a_worker_reads_a_changed_model_again(folder):
    worker = subprocess.Popen([str(binary()), "worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    answers = []
    for model in ("char_lstm", "char_gru"):
        for name in (f"{model}.onnx", f"{model}_heldout.npz", f"{model}_calibration.npz"):
            if (CONFIGS / "networks" / name).is_file():
                shutil.copy(CONFIGS / "networks" / name, folder / name.replace(model, "char_lstm"))
        worker.stdin.write(json.dumps({"chip": "edge", "network": "net.yaml", "timing_only": True}) + "\n")
        worker.stdin.flush()
        answers.append(json.loads(worker.stdout.readline())["report"]["total_cycles"])
    worker.stdin.close()
    worker.wait()
    fresh = json.loads(subprocess.run([str(binary()), "run", "edge", "net.yaml", "--timing-only", "--json"],
                                      capture_output=True, text=True, check=True).stdout)
    assert answers[1] == fresh["total_cycles"] != answers[0]


@pytest.mark.parametrize("values, words", [
    ("network.layers.0.lstm.hiden: [16, 32]", "layers.0.lstm.hiden: is unknown"),
    ("network.layers.9.lstm.hidden: [16, 32]", "layers.9"),
    ("network.layers.0.lstm.bias: [3, 4]", "layers.0.lstm.bias")])
def test_entries_that_no_network_has_are_refused_before_anything_runs(folder, values, words):
    (folder / "sweep.yaml").write_text(f"name: entries\nchips: [edge]\nnetworks: [speech_emotion]\nparameters: {{{values}}}\n"
                                       "objectives: [latency, energy]\n")
    with pytest.raises(InputError) as wrong:
        read_sweep(folder / "sweep.yaml")
    assert len(wrong.value.messages) == 1 and words in wrong.value.messages[0]


def test_true_and_false_are_values(folder):
    import rondo
    table = rondo.sweep({"chips": ["edge"], "networks": ["speech_emotion"], "objectives": ["latency", "energy"],
                         "parameters": {"network.layers.0.lstm.bias": [True, False], "network.steps": [4]}})
    assert list(table["error"]) == [None, None]


def test_the_simulator_names_no_file_that_is_not_there(folder):
    sweep = read_sweep(folder / "sweep.yaml")
    found = dependence.find_dependence(sweep.chips, sweep.networks, sweep.space)
    assert not found.wrong and set(found.digests) == {
        ("chip", "mine", ""), ("chip", "mine", f"technology={folder}/prices.yaml"),
        ("chip", "mine", f"dram.model={folder}/preset.yaml"), ("network", "net", "")}
    assert len(set(found.digests.values())) == 4


def mistakes_of(folder, **sections) -> list[str]:
    whole = {"name": "wrong", "chips": "[edge]", "networks": "[speech_emotion]", "objectives": "[latency, energy]", **sections}
    (folder / "sweep.yaml").write_text("".join(f"{key}: {value}\n" for key, value in whole.items()))
    with pytest.raises(InputError) as wrong:
        read_sweep(folder / "sweep.yaml")
    return wrong.value.messages


def test_values_that_no_point_can_run_with(folder):
    """Each is named with its place; others of the same parameter, and of others, are not."""
    found = mistakes_of(folder, parameters="{machine.weight_bytes: [65536, 104032, 131072, 165140], dram.latency: [20, 40], "
                                           "gate.lanes: [8, 16]}")
    assert len(found) == 2
    assert "5:" in found[0] and "machine.weight_bytes: no point can run with 104032, 165140:" in found[0]
    assert "multiple of 16 x banks" in found[0]
    assert "dram.latency: no point can run with 20, 40:" in found[1] and "no effect while dram.model" in found[1]


def test_values_that_some_points_can_run_with_are_run(folder):
    """65552 bytes are sixteen times an odd number: enough for one bank, not for four."""
    (folder / "sweep.yaml").write_text("name: some\nchips: [edge]\nnetworks: [speech_emotion]\nobjectives: [latency, energy]\n"
                                       "parameters: {machine.weight_bytes: [65536, 65552], machine.weight_banks: [1, 4]}\n")
    import rondo
    table = rondo.sweep(folder / "sweep.yaml")
    assert list(table["machine.weight_banks"][table["error"].notna()]) == [4]


def test_what_is_set_for_all_points_and_wrong(folder):
    found = mistakes_of(folder, set="{machine.weight_bytes: 65537}", parameters="{gate.lanes: [8, 16]}")
    assert len(found) == 1 and "2 of 2 points that were tried cannot run: --set machine.weight_bytes=65537" in found[0]


def test_accuracy_of_a_network_without_weights(folder):
    found = mistakes_of(folder, networks="[speech_emotion, deepbench/gru_h512_b1_t1]", parameters="{gate.lanes: [8, 16]}",
                        objectives="[latency, accuracy]", timing_only="false")
    assert len(found) == 1 and "network gru_h512_b1_t1: has no weights, and so no accuracy" in found[0]


def test_the_sweep_of_the_readme_runs(folder):
    text = (ROOT / "analysis/README.md").read_text().split("## A sweep")[1]
    block = [line[4:] for line in text.splitlines() if line.startswith("    ")]
    end = next(n for n, line in enumerate(block) if line.startswith("point_seconds")) + 1
    (folder / "sweep.yaml").write_text("\n".join(block[:end]) + "\n")
    (folder / "mychip.yaml").write_text("extends: edge.yaml\nname: mychip\n")
    import rondo
    table = rondo.sweep(folder / "sweep.yaml")
    assert len(table) == 400 and table["error"].isna().all()


@pytest.mark.parametrize("constraint, words", [
    ("area <= 4 MiB", "mm2 beside B"), ("latency <= 4 mm2", "s beside mm2"), ("gate.lanes <= 20 KiB", "a plain number beside B"),
    ("area <= 5 mm2 + 1 ms", "mm2 beside s"), ("latency <= 300", "without a unit beside s; write 3 s or 3 ms or 3 us"),
    ("energy / latency <= 5", "without a unit beside W"), ("power_w <= 5 J", "W beside J"),
    ("machine.weight_bytes / 1 KiB >= 1 MiB", "a plain number beside B"), ("max(area, 3 s) <= 3 mm2", "mm2 beside s")])
def test_units_that_do_not_go_together(folder, constraint, words):
    found = mistakes_of(folder, parameters="{gate.lanes: [8, 16]}", constraints=f"['{constraint}']")
    assert len(found) == 1 and f"{constraint}: " in found[0] and words in found[0]


@pytest.mark.parametrize("constraint", [
    "area <= 20", "area <= 4 mm2 * 2", "machine.weight_bytes <= 4194304", "machine.weight_bytes + 1 KiB <= 4 MiB", "power_w <= 5 W",
    "energy / latency <= 5 W", "energy * latency <= 1 J * 1 s", "energy_delay <= 1 mJ * 1 s", "gate.lanes <= 1 k",
    "machine.weight_bytes / 1 KiB >= 4", "-min(area, 3 mm2) <= 3 mm2", "clock_mhz <= 800 MHz", "throughput >= 1", "utilisation >= 0.001",
    "weight_sram.bytes_per_cycle >= 2 * machine.cols", "effective_ops_per_s >= 1 M"])
def test_units_that_do(folder, constraint):
    (folder / "sweep.yaml").write_text("name: units\nchips: [edge]\nnetworks: [speech_emotion]\nobjectives: [latency, energy]\n"
                                       f"parameters: {{gate.lanes: [8, 16]}}\nconstraints: ['{constraint}']\n")
    read_sweep(folder / "sweep.yaml")


def test_a_chip_that_constraints_leave_out(folder):
    found = mistakes_of(folder, chips="[edge, server]", parameters="{gate.lanes: [8, 16]}",
                        constraints="['machine.weight_bytes <= 4 MiB']")
    assert len(found) == 1 and "no point of server meets all of them" in found[0]

"""./rondo compare: the table, files and messages around the GPU model (gpu_model_test.py)."""

import csv
import json
import random
import subprocess
from pathlib import Path

import pytest
from analysis_support import ROOT, desk  # noqa: F401
from rondo import compare_curves, contenders, gpu, interval, service
from rondo.compare import Comparison
from rondo.device import read_device
from rondo.entry import Entry
from rondo.quantities import written


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


def test_several_batches_in_one_table(desk):
    """Chips are simulated and devices estimated at each size, as they would be alone."""
    many = desk.json("compare", "net.yaml", "toy.yaml", "xeon", "v100", "--batch", "1,8,32", "--out", "out")
    assert many["batches"] == [1, 8, 32] and len(many["entries"]) == 9 and many["baseline"] == "toy"
    for batch in (1, 8, 32):
        alone = desk.json("compare", "net.yaml", "toy.yaml", "xeon", "v100", "--batch", str(batch))
        assert alone["entries"] == [entry for entry in many["entries"] if entry["batch"] == batch]
    by_batch = {(entry["name"], entry["batch"]): entry for entry in many["entries"]}
    for name in ("toy", "xeon", "v100"):
        times = [by_batch[name, batch]["latency_s"] for batch in (1, 8, 32)]
        assert times[0] < times[1] < times[2] < 32 * times[0]
        assert by_batch[name, 8]["sequences_per_s"] == pytest.approx(8 / times[1])
    assert sorted(Path(name).name for name in many["files"] if name.endswith("png")) == [
        "batch.png", "compare_batch1.png", "compare_batch32.png", "compare_batch8.png", "roofline.png"]
    for name in many["files"]:
        assert (desk.path / name).stat().st_size > 500
    with (desk.path / "out/compare.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 9 and float(lines[3]["latency_ratio"]) == 1
    text = desk.rondo("compare", "net.yaml", "toy.yaml", "titan_x_maxwell", "v100", "--batch", "1,8,32")
    assert text.returncode == 0 and "…" not in text.stdout
    assert max(len(line) for line in text.stdout.splitlines()) <= 80


def test_figures_of_a_line_hold_together(desk):
    """Interval, ratios, energy, power and rate of an estimate are those of the formula and of each other."""
    entries = desk.json("compare", "net.yaml", "toy.yaml", "v100", "--batch", "4", "--baseline", "v100")["entries"]
    toy, v100 = entries
    assert v100["latency_ratio"] == v100["energy_ratio"] == 1
    assert toy["latency_ratio"] == pytest.approx(toy["latency_s"] / v100["latency_s"])
    assert toy["low_s"] is None and v100["low_s"] < v100["latency_s"] < v100["high_s"]
    found = v100["terms"]["interval"]
    assert v100["high_s"] == pytest.approx(found["high"] * v100["latency_s"]) and found["rows"] >= 20
    for entry in entries:
        assert entry["sequences_per_j"] * entry["energy_j"] == pytest.approx(1)
        assert entry["power_w"] == pytest.approx(4 * entry["energy_j"] / entry["latency_s"])
        assert entry["utilisation"] == pytest.approx(entry["operations"] / entry["latency_s"] / entry["peak"])
        assert entry["operations"] / entry["latency_s"] <= entry["memory"] * entry["operations"] / entry["moved_bytes"]
    assert v100["energy_low_j"] < v100["energy_j"] < v100["energy_high_j"] and toy["energy_low_j"] is None
    assert v100["energy_high_j"] == pytest.approx(300 * v100["latency_s"] / 4)
    assert sum(v100["terms"]["parts_s"].values()) == pytest.approx(v100["latency_s"])


@pytest.mark.parametrize("name", ["v100", "titan_x_pascal", "mi25", "xeon"])
def test_the_latency_follows_from_the_terms_alone(desk, name):
    """Fourth roots, launches and the call, as --explain prints and --json holds them."""
    entry = desk.json("compare", "net.yaml", name, "--batch", "9")["entries"][0]
    total = entry["terms"]["call_s"]
    for term in entry["terms"]["kernels"]:
        parts = [term[part + "_s"] for part in ("memory", "arithmetic", "recurrence")]
        product = sum(part ** term["overlap"] for part in parts) ** (1 / term["overlap"])
        assert product == pytest.approx(term["product_s"], rel=1e-9)
        total += term["times"] * (product + term["launch_s"])
    assert total == pytest.approx(entry["latency_s"], rel=1e-9)
    assert sum(term["times"] * term["moved_bytes"] for term in entry["terms"]["kernels"]) == entry["moved_bytes"]


def test_explain_shows_every_term(desk):
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "jetson_nano", "--explain", "jetson_nano", "--batch", "3,9")
    text = done.stdout
    assert done.returncode == 0 and max(len(line) for line in text.splitlines()) <= 80
    entry = desk.json("compare", "net.yaml", "toy.yaml", "jetson_nano", "--batch", "3")["entries"][1]
    for part in ("batch 3: " + written(entry["latency_s"], "s"), "input half: 512 x 64", "step: 512 x 128",
                 "first step: 512 x 128", "99 times",
                 "dense layer: 3 x 128", "energy " + written(entry["energy_j"], "J"), "launch_us", "? assumption",
                 "kernels_few", "interval"):
        assert part in text, part
    assert "miopen" not in text and "walk_ns" not in text
    assert "cycles at 500 MHz" in desk.rondo("compare", "net.yaml", "toy.yaml", "--explain", "toy").stdout
    assert "no interval" in desk.rondo("compare", "net.yaml", "xeon", "--explain", "xeon").stdout
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "--explain", "h100")
    assert done.returncode == 2 and done.stderr == "there is no h100 to explain; compared are toy, v100\n"


def test_the_largest_batch_within_a_bound(desk):
    """One more sequence would miss the bound, on the chip and on the devices; the chip's memory is a bound too."""
    command = ("compare", "net.yaml", "toy.yaml", "jetson_nano", "xeon", "--slo-ms", "20")
    found = {answer["name"]: answer for answer in desk.json(*command)["within_slo"]}
    for name, answer in found.items():
        sizes = f"{answer['batch']},{answer['batch'] + 1}"
        inside, outside = [entry["latency_s"] for entry in desk.json(*command[:-2], "--batch", sizes)["entries"]
                           if entry["name"] == name]
        assert inside <= 0.020 < outside and answer["latency_s"] == inside
        assert answer["sequences_per_s"] == pytest.approx(answer["batch"] / inside)
    assert found["toy"]["likely_batch"] is None and found["xeon"]["likely_batch"] is None
    assert 0 <= found["jetson_nano"]["likely_batch"] < found["jetson_nano"]["batch"]
    text = desk.rondo(*command).stdout
    assert "The largest batch within 20.0 ms" in text and max(len(line) for line in text.splitlines()) <= 80
    none = desk.json("compare", "net.yaml", "toy.yaml", "v100", "--slo-ms", "0.001")["within_slo"]
    assert [answer["batch"] for answer in none] == [0, 0] and none[0]["best_batch"] == 0
    for name, answer in found.items():
        best = answer["best_batch"]
        assert best <= answer["batch"] and answer["best_sequences_per_s"] >= answer["sequences_per_s"]
        seconds = [entry["latency_s"] for entry in desk.json(*command[:-2], "--batch", str(best))["entries"]
                   if entry["name"] == name][0]
        assert answer["best_sequences_per_s"] == pytest.approx(best / seconds)


def test_the_likely_batch_is_the_largest_of_all():
    """Where the upper end of the interval falls again (the T4 around batch 48), halving would stop before."""
    layer = {"cell": "lstm", "input": 1024, "hidden": 1024, "directions": 1, "steps": 100, "batch": 1}
    shape = {"batch": 1, "steps": 100, "recurrent_layers": [layer], "dense_layers": []}
    for name in ("t4", "v100", "jetson_nano"):
        found = read_device(ROOT / f"configs/gpus/{name}.yaml")
        upper = {}
        for batch in range(1, 130):
            result = gpu.estimate(found, {**shape, "recurrent_layers": [{**layer, "batch": batch}]})
            upper[batch] = result.time_s * interval.interval(found, result).high
        for bound in sorted(upper.values())[::9]:
            answer = service.serve("", contenders.Contenders([], [found]), shape, bound)[0]
            expected = max(batch for batch, seconds in upper.items() if seconds <= bound)
            assert answer.likely_batch == expected or answer.likely_batch > 129
            assert answer.likely_batch <= answer.batch


def test_the_search_for_the_largest_batch():
    for limit in (*range(70), 1000, service.MOST - 1, service.MOST):
        assert service.largest(lambda batch: batch <= limit) == limit
    assert service.largest(lambda batch: True) == service.MOST


def test_a_batch_that_does_not_fit_bounds_the_service(desk):
    desk.troubles = {"refuse": "network.batch=8"}
    toy = desk.json("compare", "net.yaml", "toy.yaml", "--slo-ms", "1e6")["within_slo"][0]
    assert toy["batch"] == 7 and toy["full"]


def test_numbers_and_algorithm_reach_the_devices(desk):
    half, single = (desk.json("compare", "net.yaml", "v100", "--numbers", numbers)["entries"][0]
                    for numbers in ("fp16", "fp32"))
    assert (half["numbers"], single["numbers"]) == ("fp16", "fp32") and single["moved_bytes"] == 2 * half["moved_bytes"]
    kept = desk.json("compare", "net.yaml", "v100", "--algorithm", "persistent")["entries"][0]
    assert kept["bound_by"] == "recurrence" and kept["latency_s"] < half["latency_s"] / 3
    done = desk.rondo("compare", "net.yaml", "xeon", "m40", "--numbers", "int8", "--baseline", "v100")
    assert done.returncode == 2 and done.stderr.splitlines() == [
        "xeon has no peak for int8; it has fp32", "m40 has no peak for int8; it has fp32",
        "the baseline v100 is not compared; compared are xeon, m40"]


@pytest.mark.parametrize("option, value, words", [
    ("--batch", "1,0", "expected a whole number in 1..65536"), ("--batch", "4,4", "names a batch size twice"),
    ("--batch", "", "expected a whole number"), ("--slo-ms", "0", "expected milliseconds"),
    ("--slo-ms", "soon", "expected milliseconds"), ("--slo-ms", "nan", "expected milliseconds"),
    ("--numbers", "fp64", "invalid choice"), ("--algorithm", "fast", "invalid choice")])
def test_wrong_options_are_refused(desk, option, value, words):
    done = desk.rondo("compare", "net.yaml", "toy.yaml", option, value)
    assert done.returncode == 2 and words in done.stderr and done.stdout == ""


def test_an_option_error_is_one_line(desk):
    assert desk.rondo("compare", "net.yaml", "toy.yaml", "--batch", "0").stderr == (
        "./rondo compare: argument --batch: 0 is not a batch size; expected a whole number in 1..65536; "
        "./rondo compare --help tells more\n")
    assert desk.rondo("compare", "net.yaml", "toy.yaml", "--batches", "1").stderr == (
        "./rondo compare: there is no option --batches 1; ./rondo compare --help tells more\n")


def test_baseline_and_explain_take_what_names_the_file(desk):
    desk.write("my.yaml", (ROOT / "configs/gpus/v100.yaml").read_text())
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "./my.yaml", "--baseline", "./my.yaml", "--explain",
                      "./my.yaml")
    assert done.returncode == 0 and "x: times my" in done.stdout and "data sheet" in done.stdout


def test_near_names_are_suggested(desk):
    messages = desk.rondo("compare", "speach", "toy.yaml", "egde", "h201", "zzz").stderr.splitlines()
    assert [message.split(";")[0] for message in messages] == [
        "there is no network speach (did you mean speech_emotion?)",
        "there is no chip or device egde (did you mean edge?)",
        "there is no chip or device h201 (did you mean h200?)", "there is no chip or device zzz"]


def test_a_name_that_is_both_is_the_chip(desk):
    desk.write("v100", "name: mine\nmachine: {rows: 8, cols: 8}\n")
    assert desk.json("compare", "net.yaml", "./v100")["entries"][0]["simulated"]


def test_mistakes_are_found_before_anything_runs(desk):
    desk.troubles = {"refuse": "network.batch=4"}
    desk.write("file", "")
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "--batch", "4", "--explain", "nix", "--baseline", "nope")
    assert done.returncode == 2 and done.stderr.splitlines() == [
        "the baseline nope is not compared; compared are toy", "there is no nix to explain; compared are toy"]
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "--batch", "4", "--out", "file")
    assert done.returncode == 2 and done.stderr.startswith("--out file: cannot be made a directory")
    for option in (("--numbers", "int8"), ("--algorithm", "persistent"), ("--baseline", "v100")):
        done = desk.rondo("compare", "--model-error", *option)
        assert done.returncode == 2 and "takes no network" in done.stderr


def test_what_a_precision_leaves_out_is_said(desk):
    def notes(*arguments):
        return " ".join(desk.json("compare", "net.yaml", *arguments)["notes"])
    assert "int8 on a GPU is hypothetical" in notes("h200", "--numbers", "int8")
    assert "fp32 of h200 is without TF32" in notes("h200", "v100", "--numbers", "fp32")
    plain = notes("h200", "v100", "xeon", "tpu_v1")
    assert "TF32" not in plain and "hypothetical" not in plain


def test_a_long_name_leaves_the_numbers_in_the_table(desk):
    name = "a_name_that_somebody_gave_a_device_to_say_all_about_it"
    desk.write(f"{name}.yaml", (ROOT / "configs/gpus/v100.yaml").read_text())
    done = desk.rondo("compare", "net.yaml", "toy.yaml", f"./{name}.yaml", "--out", "out", "--slo-ms", "9")
    latency = desk.json("compare", "net.yaml", f"./{name}.yaml")["entries"][0]["latency_s"]
    assert done.returncode == 0 and "…" not in done.stdout and max(map(len, done.stdout.splitlines())) <= 80
    assert "a_name_that...t_it*" in done.stdout and written(latency, "s") in done.stdout


def test_two_files_of_one_name_are_refused(desk):
    desk.write("v100.yaml", (ROOT / "configs/gpus/v100.yaml").read_text())
    done = desk.rondo("compare", "net.yaml", "v100", "./v100.yaml", "toy.yaml")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "v100 and ./v100.yaml would both be called v100; rename one of the files\n"


def test_a_network_with_inputs_has_its_batch(desk):
    """Said before anything runs, with the other mistakes; devices alone take the shape to any batch."""
    desk.write("file.yaml", "name: text\ninputs: text.npz\n")
    desk.troubles = {"refuse": "network.batch=4"}
    for option in (("--batch", "4"), ("--slo-ms", "5")):
        done = desk.rondo("compare", "file.yaml", "toy.yaml", "v100", *option, "--baseline", "nix")
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.splitlines() == [
            "text has a fixed batch, because its inputs come from a file; leave --batch and --slo-ms away, or compare "
            "devices only", "the baseline nix is not compared; compared are toy, v100"]
    assert desk.json("compare", "file.yaml", "v100", "--batch", "4")["entries"][0]["batch"] == 4


def test_devices_alone_need_no_chip_that_holds_the_batch(desk):
    desk.troubles = {"refuse": "network.batch=65536"}
    assert desk.json("compare", "net.yaml", "v100", "--batch", "65536")["entries"][0]["batch"] == 65536


def test_a_roofline_is_marked_as_a_bound(desk):
    text = desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "tpu_v1", "--out", "out").stdout
    line = next(line for line in text.splitlines() if line.startswith("tpu_v1*"))
    assert "≥" in line and "≤" in line and "≥: a roofline" in text
    assert "≥" not in next(line for line in text.splitlines() if line.startswith("v100*"))
    with (desk.path / "out/compare.csv").open() as file:
        assert [line["kind"] for line in csv.DictReader(file)] == ["simulated", "estimated", "roofline"]


def test_persistent_kernels_where_they_can_be(desk):
    """The standard algorithm is shown with a note of what persistent kernels would do; asked for, they run where the
    weights fit, and the rest says why not."""
    plain = {entry["name"]: entry for entry in desk.json("compare", "net.yaml", "toy.yaml", "xeon", "v100")["entries"]}
    asked = desk.json("compare", "net.yaml", "toy.yaml", "xeon", "v100", "--algorithm", "persistent")
    entries = {entry["name"]: entry for entry in asked["entries"]}
    assert plain["xeon"]["persistent_s"] is None and plain["toy"]["persistent_s"] is None
    assert plain["v100"]["persistent_s"] == entries["v100"]["latency_s"] < plain["v100"]["latency_s"]
    assert entries["v100"]["low_s"] is None and entries["v100"]["persistent_s"] is None
    assert entries["xeon"]["latency_s"] == plain["xeon"]["latency_s"]
    assert any(note.startswith("xeon is no GPU") for note in asked["notes"])
    text = " ".join(desk.rondo("compare", "net.yaml", "toy.yaml", "v100").stdout.split())
    assert "v100 batch 1 " + written(plain["v100"]["persistent_s"], "s") in text


def test_all_unknown_names_at_once(desk):
    done = desk.rondo("compare", "nix", "toy.yaml", "nope", "v100", "v100")
    lines = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == "" and len(lines) == 3
    assert lines[0].startswith("there is no network nix; known: ")
    assert lines[1].startswith("there is no chip or device nope; chips: base, ")
    assert lines[2] == "v100 is named 2 times; once is enough"


def test_a_network_that_fits_nowhere_ends_the_command(desk):
    """Where no device has an answer either."""
    desk.troubles = {"refuse": "network.batch=4"}
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "--batch", "4", "--out", "out")
    assert done.returncode == 2 and done.stderr == "weight_sram is short by 1000 bytes\n"
    assert done.stdout == "" and not list((desk.path / "out").iterdir())


def test_a_chip_that_does_not_fit_one_batch_is_a_row(desk):
    """The rest of the comparison goes on: other batches of the chip, other chips, devices, the service."""
    desk.troubles = {"refuse": "network.batch=4"}
    names = ("compare", "net.yaml", "toy.yaml", "v100", "--batch", "1,4,8")
    result = desk.json(*names, "--out", "out", "--slo-ms", "1e6")
    assert [(entry["name"], entry["batch"]) for entry in result["entries"]] == [
        ("toy", 1), ("v100", 1), ("v100", 4), ("toy", 8), ("v100", 8)]
    assert result["misfits"] == [{"name": "toy", "batch": 4, "reason": "weight_sram is short by 1000 bytes"}]
    assert result["baseline"] == "v100"
    assert all(entry["latency_ratio"] == 1 for entry in result["entries"] if entry["name"] == "v100")
    with (desk.path / "out/compare.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["kind"] for line in lines] == [
        "simulated", "estimated", "does_not_fit", "estimated", "simulated", "estimated"]
    assert lines[2]["reason"] == "weight_sram is short by 1000 bytes" and lines[2]["latency_s"] == ""
    assert "does not fit: 1.00 kB short" in (desk.path / "out/compare_batch4.svg").read_text()
    alone = desk.json("compare", "net.yaml", "toy.yaml", "--batch", "1,8")["entries"]
    same = ("latency_s", "energy_j", "utilisation", "terms")
    simulated = [entry for entry in result["entries"] if entry["simulated"]]
    assert [[entry[key] for key in same] for entry in alone] == [[entry[key] for key in same] for entry in simulated]
    done = desk.rondo(*names, "--baseline", "toy")
    assert done.returncode == 0 and done.stderr == "" and max(map(len, done.stdout.splitlines())) <= 80
    row = next(line for line in done.stdout.split("batch 4")[1].splitlines() if line.startswith("toy "))
    assert row.split() == ["toy", "-", "does", "not", "fit", "1.00", "kB", "short"]
    assert "toy at batch 4: weight_sram is short by 1000 bytes" in done.stdout
    v100 = next(line for line in done.stdout.split("batch 4")[1].splitlines() if line.startswith("v100*"))
    assert v100.split()[5] == "-"


def test_a_chip_that_fits_no_batch_is_status_2_after_the_table(desk):
    desk.troubles = {"refuse": "network.batch=4"}
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "--batch", "4", "--explain", "toy", "--out", "out",
                      "--slo-ms", "5")
    assert done.returncode == 2 and done.stderr == "toy: the network does not fit at batch 4\n"
    assert "v100*" in done.stdout and "toy fits at none of the batches: weight_sram is short" in done.stdout
    assert (desk.path / "out/compare.png").exists() and "1.00 kB short" in done.stdout
    shape = desk.json("compare", "net.yaml", "v100", "--batch", "4")
    found = desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "--batch", "4", "--json")
    assert found.returncode == 2 and json.loads(found.stdout)["entries"] == shape["entries"]


def test_what_is_wrong_is_no_misfit(desk):
    """A chip file that cannot be read ends the comparison whatever the devices say."""
    desk.troubles = {"refuse": "network.batch=4", "refusal": "toy.yaml:2:1: machine.rws: unknown field"}
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "--batch", "1,4")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == "toy at batch 4: toy.yaml:2:1: machine.rws: unknown field\n"


def test_an_old_figure_does_not_stay(desk):
    (desk.path / "out").mkdir()
    desk.write("out/compare_notes.txt", "mine")
    desk.json("compare", "net.yaml", "toy.yaml", "v100", "--batch", "1,8", "--out", "out")
    files = {Path(name).name for name in desk.json("compare", "net.yaml", "toy.yaml", "--out", "out")["files"]}
    assert {path.name for path in (desk.path / "out").iterdir()} == files | {"compare_notes.txt"}
    (desk.path / "run").mkdir()
    desk.write("run/batch.png", "of a run, say")
    desk.json("compare", "net.yaml", "toy.yaml", "--out", "run")
    assert (desk.path / "run/batch.png").exists()


def figures_of(count):
    """A comparison of so many at two batches: chips, estimates with an interval, rooflines by turns."""
    entries = [Entry(f"name{index}", index % 3 == 0, index % 3 == 2, "int8", batch, 1e-3 * (index + 1), None, None,
                     batch / 1e-3, None, None, None, None, "", 1e6, 1e3, 1e12, 1e10) for batch in (1, 8) for index in range(count)]
    for entry in entries:
        if entry.kind() == "estimated":
            entry.low_s, entry.high_s = entry.latency_s / 2, 2 * entry.latency_s
    return Comparison("net", 9, [1, 8], "name0", [f"name{index}" for index in range(count)], entries)


def test_no_two_in_a_figure_look_alike():
    found = figures_of(25)
    looks = [compare_curves.look(found, name) for name in found.names]
    assert len({(one["color"], one["marker"]) for one in looks}) == 25
    few = [compare_curves.look(figures_of(11), name) for name in figures_of(11).names]
    assert len({one["color"] for one in few}) == len({one["marker"] for one in few}) == 11


@pytest.mark.parametrize("count, words, others", [
    (1, ["solid: simulated"], ["dashed", "bound", "band"]), (2, ["dashed: estimated (band: 10-90 %)"], ["bound"]),
    (3, ["dotted, with arrows: bound"], []), (25, ["dashed: estimated;"], ["band"])])
def test_titles_say_what_is_drawn(tmp_path, count, words, others):
    compare_curves.curves(figures_of(count), tmp_path)
    compare_curves.roofline(figures_of(count), tmp_path)
    batch, roof = ((tmp_path / f"{name}.svg").read_text() for name in ("batch", "roofline"))
    assert all(word in batch for word in (*words, "batch (logarithmic)", "latency of the batch (logarithmic)"))
    assert not any(word in batch for word in others)
    assert ("with an arrow: bound" in roof) == (count > 2) and "memory traffic (logarithmic)" in roof
    assert all(f">name{index}<" in roof for index in range(count))


def test_bounds_have_arrows_and_nothing_else_has(tmp_path, monkeypatch):
    """At each batch of each roofline: upwards at latencies, downwards at rates."""
    drawn = []
    monkeypatch.setattr(compare_curves, "save", lambda figure, path: drawn.append(figure))
    compare_curves.curves(figures_of(9), tmp_path)
    compare_curves.roofline(figures_of(9), tmp_path)
    found = [[text.xyann[1] for text in axes.texts if getattr(text, "arrow_patch", None)]
             for figure in drawn for axes in figure.axes]
    assert [len(arrows) for arrows in found] == [6, 6, 6]
    assert all(up > 0 for up in found[0]) and all(up < 0 for up in found[1] + found[2])


def test_names_of_ceilings_stand_apart():
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(300):
        places = sorted(chance.random() ** chance.choice((1, 8)) for _ in range(chance.randrange(1, 26)))
        moved = compare_curves.spread(places, 0.04)
        assert all(after - before >= 0.04 - 1e-9 for before, after in zip(moved, moved[1:]))
        assert 0 <= moved[0] and moved[-1] <= 1 + 1e-9
    assert compare_curves.spread([0.1, 0.5, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.45, 0.55, 0.9])


def test_technology_and_what_energy_covers_are_said(desk):
    text = " ".join(desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "h200", "--explain", "toy").stdout.split())
    assert "Technology: toy n45; v100 12 nm; h200 4 nm. Nothing is scaled" in text
    assert "Of a chip: the chip and its DRAM, without host" in text and "of a card the whole board" in text
    assert "So a ratio between the two favours the chip." in text
    assert "technology n45: prices and sources in configs/technology; DRAM toy_dram" in text
    entry = desk.json("compare", "net.yaml", "toy.yaml")["entries"][0]
    assert entry["technology"] == "n45"
    for unit, actions in entry["terms"]["energy_j"]["units"].items():
        assert f"{unit} {written(sum(actions.values()), 'J')}: " in text
    assert "leakage " + written(entry["terms"]["energy_j"]["leakage"], "J") in text
    assert "favours" not in desk.rondo("compare", "net.yaml", "v100").stdout
    assert "node_nm 12 nm" in " ".join(desk.rondo("compare", "net.yaml", "v100", "--explain", "v100").stdout.split())


def test_json_holds_what_numbers_come_from(desk):
    result = desk.json("compare", "net.yaml", "toy.yaml", "v100", "xeon")
    fact = result["data_sheets"]["v100"]["facts"]["launch_us"]
    assert fact["value"] == 5 and fact["source"].startswith("assumption") and fact["verified"] is False
    assert result["constants"]["gpu"]["kernels_few"] == gpu.read_constants().kernels_few
    assert "cpu" in result["constants"]
    assert result["rondo_version"] == "fake"


def test_a_low_end_that_falls_is_explained(desk):
    for batches, falls in (("8,1", True), ("2,1", False)):
        result = desk.json("compare", "net.yaml", "h200", "xeon", "--batch", batches)
        more, one = [entry["low_s"] for entry in result["entries"] if entry["name"] == "h200"]
        assert (more < one) == falls == any("low end of the interval of h200 falls" in note for note in result["notes"])


def test_small_ratios_keep_three_digits(desk):
    entries = desk.json("compare", "net.yaml", "toy.yaml", "v100", "--baseline", "v100")["entries"]
    assert entries[0]["energy_ratio"] < 0.01
    assert f" {entries[0]['energy_ratio']:#.3g} " in desk.rondo("compare", "net.yaml", "toy.yaml", "v100", "--baseline",
                                                              "v100").stdout


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


def test_a_file_that_is_neither_chip_nor_device(desk):
    desk.write("odd.yaml", "name: x\npeak: abc\n")
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "odd.yaml")
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "odd.yaml: is neither a device, which has a `kind`" in done.stderr


def test_a_shortage_is_a_lower_bound():
    from rondo.entry import Misfit
    assert Misfit("c", 1, "memory is short by at least 1000 bytes for x").shortage() == "≥ 1.00 kB short"

"""The GPU model: its error on devices that the fit has not seen, its constants, its formula by hand, and what must
never happen (more bandwidth slower, more sequences sooner)."""

import csv
import dataclasses
import json
import random

import numpy as np
import pytest
from analysis_support import ROOT, desk  # noqa: F401
from rondo import formula, gpu, interval, measured, model_error
from rondo.device import LIBRARIES, Fact, read_device
from rondo.formula import Constants
from rondo.yaml_reader import InputError

DEVICES = sorted((ROOT / "configs/gpus").glob("*.yaml"))
ROUND = Constants(kernels_few=3, kernels_many=8, call_launches=10, bandwidth_share=0.5, peak_share=0.5, walk_ns=100,
                  tensor_share=0.5, miopen_launches=2, miopen_share=0.5)


@pytest.fixture(scope="module")
def report():
    return model_error.make_report()


def device(name):
    return read_device(ROOT / "configs/gpus" / f"{name}.yaml")


def shape(cell, hidden, inputs, steps, batch, **more):
    layer = {"cell": cell, "input": inputs, "hidden": hidden, "directions": 1, "steps": steps, "batch": batch,
             "skip_input": inputs == 0}
    return {"batch": batch, "steps": steps, "recurrent_layers": [layer], "dense_layers": [], **more}


def stack(layers, cell="lstm", hidden=256, steps=20, batch=1):
    return {"recurrent_layers": shape(cell, hidden, hidden, steps, batch)["recurrent_layers"] * layers}


def changed(found, **numbers):
    facts = {key: Fact(found.get(key) * factor, "test", False) for key, factor in numbers.items()}
    return dataclasses.replace(found, facts={**found.facts, **facts})


def test_unseen_devices_within_what_was_demanded(report):
    """All DeepBench rows in the project, each predicted by a fit without its device: the median error at most 25 %,
    nine of ten rows within 60 %; the same for chip families left out whole."""
    assert len(report.unseen()) == 590
    for errors in ([judged.error for judged in report.unseen()], report.by_family):
        middle, ninety = model_error.median_and_90(errors)
        assert middle <= 0.25 and ninety <= 0.60
    middle, ninety = model_error.median_and_90([judged.error for judged in report.unseen()])
    assert middle <= 0.17 and ninety <= 0.52  # what it was when this was written, and a little


def test_a_family_left_out_learns_nothing_from_start_values():
    """Without the AMD cards no row speaks of MIOpen, and without the V100 none of tensor cores: their constants stay
    at 1, not at a number chosen with these rows in view."""
    rows = measured.read_rows(measured.FITTED)
    for family, names in ((("mi25", "vega_fe"), ("miopen_launches", "miopen_share")), (("v100",), ("tensor_share",))):
        rest = [row for row in rows if row.device not in family]
        constants = model_error.fit(model_error.tabulate(rest, model_error.read_devices(rest)))
        assert [getattr(constants, name) for name in names] == pytest.approx([1.0] * len(names))


@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.stem)
def test_a_sequence_more_never_costs_much_throughput(path):
    """Up to a full tile of vectors; where vectors are padded to 8 the step over it is the library's own."""
    found = read_device(path)
    for cell, hidden in (("lstm", 128), ("lstm", 512), ("lstm", 1024), ("gru", 2816)):
        rates = {batch: batch / gpu.estimate(found, shape(cell, hidden, 0, 100, batch)).time_s for batch in range(1, 65)}
        for batch in range(1, 64):
            if batch % 8 or batch < 8:
                assert rates[batch + 1] >= 0.95 * rates[batch], (cell, hidden, batch)


@pytest.mark.parametrize("name, middle, ninety", [
    ("titan_x_pascal", 0.25, 0.60), ("titan_xp", 0.25, 0.60), ("v100", 0.25, 0.60), ("m40", 0.25, 0.60),
    ("titan_x_maxwell", 0.25, 0.60), ("vega_fe", 0.25, 0.60), ("mi25", 0.25, 0.65), ("jetson_tx1", 0.42, 0.70)])
def test_each_unseen_device(report, name, middle, ninety):
    found = model_error.median_and_90([j.error for j in report.unseen() if j.row.device == name])
    assert found[0] <= middle and found[1] <= ninety


def test_the_fit_has_not_seen_the_device(report):
    """A fit on everything else, made here by hand, gives the report's estimate."""
    rows = measured.read_rows(measured.FITTED)
    rest = [row for row in rows if row.device != "v100"]
    constants = model_error.fit(model_error.tabulate(rest, model_error.read_devices(rest)))
    judged = next(j for j in report.unseen() if j.row.device == "v100")
    expected = gpu.estimate(device("v100"), judged.row.shape(), constants, **judged.row.options()).time_s
    assert judged.estimate_s == pytest.approx(expected, rel=1e-9)
    assert abs(expected / gpu.estimate(device("v100"), judged.row.shape(), **judged.row.options()).time_s - 1) > 1e-3


def test_the_committed_files_are_what_the_fit_gives(report):
    committed = gpu.read_constants()
    assert model_error.changed(committed, report.constants) == []
    assert model_error.changed(dataclasses.replace(committed, walk_ns=committed.walk_ns * 1.01),
                               report.constants) == ["walk_ns"]
    with interval.ERRORS.open(newline="") as file:
        lines = list(csv.reader(file))
    expected = model_error.as_lines(report)
    place = expected[0].index("estimate_s")
    assert [line[:place] + line[place + 1:] for line in lines] == [line[:place] + line[place + 1:] for line in expected]
    assert [float(line[place]) for line in lines[1:]] == pytest.approx([float(line[place]) for line in expected[1:]],
                                                                       rel=1e-3)


def test_the_fit_finds_known_constants():
    """Times made by the formula itself give its constants back, from another start."""
    rows = measured.read_rows(measured.FITTED)
    table = model_error.tabulate(rows, model_error.read_devices(rows))
    table = dataclasses.replace(table, log_time=table.log_time + table.log_errors(ROUND))
    found = model_error.fit(table)
    for name in formula.NAMES:
        assert getattr(found, name) == pytest.approx(getattr(ROUND, name), rel=0.01), name


def test_vectors_and_scalars_agree():
    rows = measured.read_rows(measured.FITTED)
    devices = model_error.read_devices(rows)
    errors = model_error.tabulate(rows, devices).log_errors(ROUND)
    for row, error in list(zip(rows, errors))[::17]:
        result = gpu.estimate(devices[row.device], row.shape(), ROUND, **row.options())
        assert np.log(result.time_s / row.time_s) == pytest.approx(error, abs=1e-12)


def test_one_estimate_by_hand():
    """V100, LSTM 1024 over 10 steps, batch 2, fp16: half of the 6 MiB cache holds a step's vectors and results and, in
    the rest, part of the 8 MiB of recurrent weights; the first step loads all of them."""
    result = gpu.estimate(device("v100"), shape("lstm", 1024, 512, 10, 2), ROUND)
    cache, size, vectors = 3072 * 1024, 4 * 1024 * 1024 * 2, 2 * 5 * 1024 * 2
    step_work = 2 * 4 * 1024 * 1024 * 2 / (125e12 * 0.25)
    later = ((size + vectors - cache) / 900e9 + cache / 2155e9) / 0.5
    later = (later**4 + step_work**4) ** 0.25
    first = (size / 900e9 + vectors / 2155e9) / 0.5
    first = (first**4 + step_work**4) ** 0.25
    input_memory = (4 * 1024 * 512 * 2 / 900e9 + 20 * (4096 + 512) * 2 / 2155e9) / 0.5
    input_work = 2 * 4 * 1024 * 512 * 24 / (125e12 * 0.25)
    inputs = (input_memory**4 + input_work**4) ** 0.25
    work = inputs + first + 9 * later
    assert result.time_s == pytest.approx(work + 5e-6 + 10 * 3 * 5e-6 + 10 * 5e-6, rel=1e-12)
    waiting = 5e-6 + 10 * 3 * 5e-6 + 10 * 5e-6
    assert result.energy_j == pytest.approx(45 * result.time_s + (300 - 45) * (work + 0.1 * waiting), rel=1e-12)
    assert result.of_peak == pytest.approx(2 * 2 * 10 * 4 * 1024 * 1536 / (result.time_s * 125e12), rel=1e-12)
    assert result.moved_bytes == 4 * 1024 * 512 * 2 + size + 9 * (size + vectors - cache) and result.bound_by() == "launches"


def test_one_estimate_in_large_tiles_by_hand():
    """Titan X (Maxwell) with cuDNN 5, GRU 1000, batch 65: 24 x 2 tiles of 128 x 64 on 24 multiprocessors, two waves."""
    result = gpu.estimate(device("titan_x_maxwell"), shape("gru", 1000, 0, 7, 65), ROUND)
    arithmetic = 2 * 1000 * (2 * 24 * 128 * 64) / (6.691e12 * 0.5)
    vectors = 65 * 4000 * 4
    later = ((12e6 + vectors - 1536 * 1024) / 336.6e9 + 1536 * 1024 / 825e9) / 0.5
    first = (12e6 / 336.6e9 + vectors / 825e9) / 0.5
    first, later = ((arithmetic**4 + memory**4 + (100e-9 * 1000) ** 4) ** 0.25 for memory in (first, later))
    assert result.time_s == pytest.approx(first + 6 * later + 7 * 8 * 5e-6 + 10 * 5e-6, rel=1e-12)


def test_miopen_is_slower_by_its_constants():
    result = gpu.estimate(device("mi25"), shape("rnn", 2048, 0, 3, 1), ROUND)
    size, vectors, cache = 2048**2 * 4, 2 * 2048 * 4, 2048 * 1024
    later = ((size + vectors - cache) / 484e9 + cache / 1536e9) / (0.5 * 0.5)
    first = (size / 484e9 + vectors / 1536e9) / (0.5 * 0.5)
    arithmetic = 2 * 2048**2 / (12.3e12 * 0.25)
    first, later = ((memory**4 + arithmetic**4) ** 0.25 for memory in (first, later))
    assert result.time_s == pytest.approx(first + 2 * later + 3 * 30e-6 + 100e-6, rel=1e-12)


def test_one_step_loads_all_of_its_weights():
    """GRU 512, one step: 1.5 MiB of recurrent weights in fp16, whatever the cache holds; two steps load them once."""
    layer = shape("gru", 512, 0, 1, 1)
    assert gpu.estimate(device("v100"), layer).moved_bytes == 3 * 512 * 512 * 2
    assert gpu.estimate(device("v100"), shape("gru", 512, 0, 2, 1)).moved_bytes == 3 * 512 * 512 * 2


def test_vectors_and_results_that_no_cache_holds_come_from_memory():
    """V100, the gates of 100 steps of 4096 sequences: all but what half of the cache holds."""
    result = gpu.estimate(device("v100"), shape("lstm", 128, 64, 100, 4096))
    inputs = 4096 * 100 * (512 + 64) * 2 - 3072 * 1024 + 512 * 64 * 2
    steps = 512 * 128 * 2 * 100 + 100 * (4096 * (512 + 128) * 2 - 3072 * 1024)
    assert result.moved_bytes == inputs + steps


@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.stem)
def test_what_must_never_happen(path):
    """More bandwidth, a larger peak or cache, fewer launches never slower, and one of them sooner; more sequences,
    steps or units never sooner, in all."""
    found, seed = read_device(path), random.randrange(1 << 32)
    print("seed", seed)
    draw = random.Random(seed)
    for _ in range(30):
        cell, hidden = draw.choice(("rnn", "gru", "lstm")), draw.randrange(8, 4096)
        inputs, steps, batch = draw.choice((0, draw.randrange(1, 2048))), draw.randrange(1, 400), draw.randrange(1, 300)
        base = gpu.estimate(found, shape(cell, hidden, inputs, steps, batch)).time_s
        better = [changed(found, **{key: factor}) for key, factor in (("memory_gb_per_s", 1.3), ("cache_gb_per_s", 1.3),
                                                                      ("launch_us", 0.7), ("step_us", 0.7))]
        faster = {key: Fact(fact.value * 1.3, "test", False) for key, fact in found.peak_tflops.items()}
        tensor = {key: Fact(fact.value * 1.3, "test", False) for key, fact in found.tensor_tflops.items()}
        better.append(dataclasses.replace(changed(found, clock_mhz=1.3), peak_tflops=faster, tensor_tflops=tensor))
        times = [gpu.estimate(one, shape(cell, hidden, inputs, steps, batch)).time_s for one in better]
        assert max(times) <= base * (1 + 1e-12) and min(times) < base
        if found.get("cache_gb_per_s") > found.get("memory_gb_per_s"):
            assert gpu.estimate(changed(found, cache_kib=1.5), shape(cell, hidden, inputs, steps, batch)).time_s <= base
        for more in (shape(cell, hidden, inputs, steps, batch + draw.randrange(1, 9)),
                     shape(cell, hidden, inputs, steps + 1, batch), shape(cell, hidden + 1, inputs, steps, batch),
                     shape(cell, hidden, inputs + 1, steps, batch)):
            assert gpu.estimate(found, more).time_s >= base


@pytest.mark.parametrize("path", DEVICES, ids=lambda path: path.stem)
def test_shipped_devices_are_whole(path):
    found = read_device(path)
    assert 0 < found.get("idle_w") < found.get("busy_w")
    assert found.get("cache_gb_per_s") >= found.get("memory_gb_per_s")
    assert all(len(fact.source) > 5 for fact in found.facts.values())
    if found.kind != "roofline":
        assert 1e9 < found.peak("fp32", found.library)[0] < 1e14


def test_the_devices_that_the_project_names():
    assert {path.stem for path in DEVICES} >= {
        "jetson_nano", "jetson_tx1", "jetson_tx2", "jetson_xavier", "titan_x_maxwell", "titan_x_pascal", "titan_xp",
        "gtx_1080_ti", "m40", "p100", "v100", "t4", "a100", "h100", "h200", "vega_fe", "mi25", "xeon", "cortex_a57",
        "tpu_v1", "brainwave"}


def test_layers_in_a_wavefront_and_directions_share_launches():
    """Two layers need 1.05 times the launch time of one layer of 20 steps; four layers half of their sum."""
    nano = device("jetson_nano")
    one, two, four = (gpu.estimate(nano, stack(count)) for count in (1, 2, 4))
    assert two.launch_s / one.launch_s == pytest.approx(21 / 20)
    assert four.launch_s / one.launch_s == pytest.approx(2.0)
    assert four.memory_s == pytest.approx(4 * one.memory_s)
    both = stack(1)
    both["recurrent_layers"][0] = {**both["recurrent_layers"][0], "directions": 2}
    assert gpu.estimate(nano, both).launch_s == pytest.approx(one.launch_s)
    assert gpu.estimate(nano, both).operations == 2 * one.operations
    single = gpu.estimate(nano, stack(3, steps=1))
    assert single.launch_s == pytest.approx(3 * gpu.estimate(nano, stack(1, steps=1)).launch_s)
    xeon = device("xeon")
    assert gpu.estimate(xeon, stack(2)).launch_s == pytest.approx(2 * gpu.estimate(xeon, stack(1)).launch_s)


def test_the_persistent_algorithm_keeps_weights_in_registers():
    """As G. Diamos et al. measured on the Titan X: 1152 units, batch 4, 2.8 TFLOPS; and a network that does not fit."""
    titan = device("titan_x_maxwell")
    result = gpu.estimate(titan, shape("rnn", 1152, 0, 1000, 4), algorithm="persistent")
    assert result.operations / result.time_s == pytest.approx(2.8e12, rel=0.1)
    assert result.moved_bytes == 4 * 1152**2
    assert result.time_s < gpu.estimate(titan, shape("rnn", 1152, 0, 1000, 4)).time_s / 5
    assert result.busy_s == pytest.approx(result.arithmetic_s) and result.recurrence_s > 0.3 * result.time_s
    with pytest.raises(InputError, match="20736 KiB of recurrent weights do not fit in 5530 KiB of registers"):
        gpu.estimate(titan, shape("lstm", 1152, 0, 10, 4), algorithm="persistent")
    with pytest.raises(InputError, match="no GPU"):
        gpu.estimate(device("xeon"), shape("lstm", 64, 0, 10, 4), algorithm="persistent")


def test_numbers_and_libraries_matter():
    v100, layer = device("v100"), shape("lstm", 2048, 2048, 25, 128)
    half, single = gpu.estimate(v100, layer), gpu.estimate(v100, layer, numbers="fp32")
    assert half.numbers == "fp16" and single.time_s > 1.5 * half.time_s
    assert gpu.estimate(v100, layer, library="cudnn5").time_s > 1.5 * half.time_s
    with pytest.raises(InputError, match="m40 has no peak for int8; it has fp32"):
        gpu.estimate(device("m40"), layer, numbers="int8")
    assert set(LIBRARIES) >= {row.library for row in measured.read_rows(measured.FITTED)}


def test_a_roofline_is_its_largest_part():
    tpu = gpu.estimate(device("tpu_v1"), shape("lstm", 1024, 1024, 10, 64))
    assert tpu.time_s == pytest.approx((4 * 1024 * 1024 * 11 - 10 * 128 * 1024) / 34e9 + 10 * 128 * 1024 / 179.2e9)
    small = gpu.estimate(device("tpu_v1"), shape("lstm", 128, 0, 100, 1))
    assert small.time_s == pytest.approx(100e-6) and small.bound_by() == "recurrence"
    brainwave = gpu.estimate(device("brainwave"), shape("gru", 1024, 1024, 100, 1))
    assert brainwave.time_s == pytest.approx(270e-6) and brainwave.bound_by() == "recurrence"
    assert gpu.estimate(device("brainwave"), shape("gru", 1024, 1024, 100, 32)).time_s == pytest.approx(32 * 270e-6)


def test_intervals_hold_what_they_promise(report):
    """Eight of ten times lie in intervals that no row of their chip family made, each device counting the same; the
    narrower percentiles of the rows themselves do not hold that."""
    assert 0.8 <= interval.coverage() < 0.82 and interval.coverage(power=1.0) < 0.75
    v100 = device("v100")
    result = gpu.estimate(v100, shape("lstm", 2048, 0, 25, 64))
    found = interval.interval(v100, result)
    assert result.bound_by() == "memory" and found.alike == "many vectors, memory" and not found.assumed_launch
    group = [j for j in report.judged if j.kind == "gpu" and not j.few and j.bound == "memory"]
    assert found.rows == len(group) >= interval.ENOUGH and found.low < 1 < found.high
    names = {j.row.device for j in group}
    inside = [np.mean([found.low <= j.row.time_s / j.estimate_s <= found.high for j in group if j.row.device == name])
              for name in names]
    assert 0.85 <= np.mean(inside)


def test_coverage_by_hand():
    """The share of the Jetson TX1, whose family is itself: intervals from all rows but its own."""
    with interval.ERRORS.open(newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["kind"] == "gpu"]
    def ratio(line):
        return float(line["measured_s"]) / float(line["estimate_s"])
    mine = [line for line in lines if line["device"] == "jetson_tx1" and line["vectors"] == "many"
            and line["bound_by"] == "arithmetic"]
    others = [line for line in lines if line["device"] != "jetson_tx1" and line["vectors"] == "many"
              and line["bound_by"] == "arithmetic"]
    count = {line["device"]: sum(other["device"] == line["device"] for other in others) for line in others}
    def percentile(percent):
        reached = 0
        for line in sorted(others, key=ratio):
            reached += 1 / count[line["device"]] / len(count)
            if reached >= percent / 100 - 1e-9:
                return ratio(line)
    found = [judged for row, judged in interval._without_family(interval.ERRORS)
             if row.device == "jetson_tx1" and (row.vectors, row.bound_by) == ("many", "arithmetic")]
    assert len(found) == len(mine) > 0
    assert (found[0].low, found[0].high) == (min(1, percentile(10)), max(1, percentile(90)))


def test_an_assumed_launch_time_widens_an_interval():
    """Half and twice of what a device without a measured row launches are inside; V100 has rows."""
    layer = shape("lstm", 128, 0, 100, 1)
    for name, assumed in (("h200", True), ("jetson_nano", True), ("v100", False)):
        result = gpu.estimate(device(name), layer)
        found = interval.interval(device(name), result)
        assert found.assumed_launch == assumed and result.bound_by() == "launches"
        if assumed:
            plain = interval.interval(device("v100"), gpu.estimate(device("v100"), layer))
            launches = (result.launch_s + result.call_s) / result.time_s
            assert found.high == pytest.approx(plain.high * (1 + launches))
            assert found.low == pytest.approx(plain.low * (1 - launches / 2))


def test_no_interval_where_no_measured_row_is_like_it():
    layer = shape("lstm", 256, 0, 100, 1)
    for name, options in (("h200", {"algorithm": "persistent"}), ("t4", {"numbers": "int8"}), ("xeon", {}),
                          ("tpu_v1", {})):
        assert interval.interval(device(name), gpu.estimate(device(name), layer, **options)) is None, name


def test_model_error_on_the_command_line(desk):
    text = desk.rondo("compare", "--model-error", "--out", "out")
    assert text.returncode == 0 and max(len(line) for line in text.stdout.splitlines()) <= 80
    assert "all, device left out" in text.stdout and "The fit gives the constants of" in text.stdout
    assert "…" not in text.stdout
    written = gpu.read_constants(desk.path / "out/constants.yaml")
    assert model_error.changed(gpu.read_constants(), written) == []
    assert len((desk.path / "out/errors.csv").read_text().splitlines()) == len(interval.ERRORS.read_text().splitlines())
    assert (desk.path / "out/model_error.png").stat().st_size > 20000
    result = desk.json("compare", "--model-error")
    assert result["reproduced"] and result["device_left_out"]["rows"] == 590 and len(result["devices"]) == 9
    done = desk.rondo("compare", "net.yaml", "toy.yaml", "--model-error")
    assert done.returncode == 2 and "takes no network" in done.stderr


def test_a_wrong_device_file_names_every_mistake(desk):
    text = (ROOT / "configs/gpus/v100.yaml").read_text()
    for old, new in (("idle_w:", "idle:"), ("numbers: fp16", "numbers: fp64"), ("value: 900,", "value: fast,"),
                     ("library: cudnn7", "library: threads"), ("value: 5, ", "value: -5, ")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    desk.write("mine.yaml", text)
    done = desk.rondo("compare", "net.yaml", "./mine.yaml")
    assert done.returncode == 2
    assert [line.split(": ", 1)[1].split(";")[0] for line in done.stderr.splitlines()] == [
        "the device has no idle_w, which is required", "numbers: fp64 is not allowed",
        "library: threads does not run on a gpu", "memory_gb_per_s.value: fast is not allowed",
        "launch_us.value: -5 is not allowed", "the device has no idle"]


def test_a_clock_in_the_wrong_unit_is_refused(desk):
    text = (ROOT / "configs/gpus/v100.yaml").read_text().replace("value: 1530,", "value: 1.53,")
    desk.write("mine.yaml", text)
    done = desk.rondo("compare", "net.yaml", "./mine.yaml")
    assert done.returncode == 2 and "make 64,134 lanes a multiprocessor; expected 32..256" in done.stderr


@pytest.mark.parametrize("old, new, message", [
    ("busy_w: {value: 300,", "busy_w: {value: 300 W,",
     "busy_w.value: 300 W is not allowed; expected a number in 0.01..10000"),
    ("launch_us: {value: 5,", "launch_us: {value: 5000,",
     "launch_us.value: 5000 is not allowed; expected a number in 0..100"),
    ("cache_kib: {value: 6144,", "cache_kib: {value: 6,",
     "cache_kib.value: 6 is not allowed; expected a number in 128..1e+07"),
    ("  fp16: {value: 125,", "  fp16: {value: 125 T,",
     "tensor_tflops.fp16.value: 125 T is not allowed; expected a number in 0.0001..100000")])
def test_a_value_in_the_wrong_unit_is_one_message(desk, old, new, message):
    text = (ROOT / "configs/gpus/v100.yaml").read_text()
    assert text.count(old) == 1
    desk.write("mine.yaml", text.replace(old, new))
    done = desk.rondo("compare", "net.yaml", "./mine.yaml")
    assert done.returncode == 2 and [line.split(": ", 1)[1] for line in done.stderr.splitlines()] == [message]


def test_a_wrong_peak_is_one_message(desk):
    """Not also that the device lacks its only peak."""
    text = (ROOT / "configs/gpus/titan_x_maxwell.yaml").read_text()
    desk.write("mine.yaml", text.replace("fp32: {value: ", "fp32: {value: T"))
    done = desk.rondo("compare", "net.yaml", "./mine.yaml")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "peak_tflops.fp32.value: T" in done.stderr


def test_a_new_device_is_one_file(desk):
    text = (ROOT / "configs/gpus/t4.yaml").read_text().replace("name: T4", "name: Mine")
    desk.write("mine.yaml", text)
    result = desk.json("compare", "net.yaml", "toy.yaml", "./mine.yaml", "t4")
    mine, t4 = result["entries"][1:]
    assert mine["name"] == "mine" and mine["latency_s"] == t4["latency_s"]


def test_wrong_measured_rows_are_all_named(tmp_path):
    good = measured.FITTED.read_text().splitlines()
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join([good[0], good[1].replace("lstm", "lmst").replace("cudnn6", "cudnn66"), good[2],
                              "short,row", good[3].replace(",1.31,", ",-1,").replace(",512,", ",0,")]) + "\n")
    with pytest.raises(InputError) as wrong:
        measured.read_rows(bad)
    assert [message.split("bad.csv:")[1].split(";")[0].split(" is not")[0] for message in wrong.value.messages] == [
        "2: library: cudnn66", "2: cell: lmst", "4: 2 columns", "5: hidden: 0",
        "5: time_ms: expected a positive number"]
    with pytest.raises(InputError, match="device nope, which configs/gpus lacks"):
        model_error.make_report([dataclasses.replace(measured.read_rows(measured.FITTED)[0], device="nope")], [])


def test_the_measured_rows_are_those_of_the_sheets():
    """Spot checks against the sheets, and the number of rows a device."""
    rows = measured.read_rows(measured.FITTED)
    times = {(r.device, r.precision, r.cell, r.hidden, r.batch, r.steps): r.time_s * 1e3 for r in rows}
    assert times["titan_xp", "fp32", "gru", 2816, 1, 750] == pytest.approx(177.792)
    assert times["jetson_tx1", "fp32", "lstm", 2048, 16, 25] == pytest.approx(218.405)
    assert times["titan_x_pascal", "fp32", "lstm", 512, 4, 25] == pytest.approx(1.31)
    assert all(row.source and row.input == 0 and row.algorithm == "standard" for row in rows)
    count = {name: sum(row.device == name for row in rows) for name in {row.device for row in rows}}
    assert count == {"titan_x_pascal": 122, "titan_xp": 122, "v100": 106, "m40": 53, "titan_x_maxwell": 53, "mi25": 53,
                     "vega_fe": 53, "jetson_tx1": 28}
    assert not {json.dumps(r.shape()) + r.device for r in measured.read_rows(measured.ELSEWHERE)} & {
        json.dumps(r.shape()) + r.device for r in rows}

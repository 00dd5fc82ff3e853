"""What a sweep file may say, and what is refused before anything runs: ranges, linked parameters, formulas, constraints,
methods."""

import itertools

import numpy as np
import pytest
from analysis_support import desk  # noqa: F401
import rondo
from rondo import effects, feasible, quantities, sweep_result
from rondo.sweep_file import read_sweep


def sweep_of(desk, monkeypatch, **sections: str):
    """The desk's sweep with sections added or replaced, read."""
    monkeypatch.chdir(desk.path)
    for key, value in desk.environment().items():
        monkeypatch.setenv(key, value)
    return read_sweep(desk.write("new.yaml", text_of(**sections)))


def text_of(**sections: str) -> str:
    whole = {"name": "new", "chips": "[toy.yaml]", "networks": "[net.yaml]",
             "parameters": "{machine.rows: [16, 32, 64], machine.cols: [16, 32, 64], gate.lanes: [8, 16]}",
             "objectives": "[latency, energy]", **sections}
    return "".join(f"{key}: {value}\n" for key, value in whole.items())


def values_of(points, name: str) -> list:
    return [point.settings[name] for point in points]


@pytest.mark.parametrize("law, values", [
    ("{range: [3, 11, 4]}", [3, 7, 11]), ("{range: [3, 10, 4]}", [3, 7]), ("{log2: [3, 25]}", [3, 6, 12, 24]),
    ("{log: [1, 1000, 4]}", [1, 10, 100, 1000]), ("{log: [1, 4, 9]}", [1, 2, 3, 4])])
def test_laws(desk, monkeypatch, law, values):
    sweep = sweep_of(desk, monkeypatch, parameters=f"{{machine.rows: {law}}}")
    assert values_of(sweep.points(), "machine.rows") == values


def test_linked_parameters_and_formulas(desk, monkeypatch):
    sweep = sweep_of(desk, monkeypatch, set="{dram.bytes_per_cycle: '= 2 * min(machine.cols, 40) + gate.lanes'}",
                     parameters="\n  machine.rows, machine.cols: [[16, 32], [32, 64]]\n  network.batch: [1, 2]")
    found = [tuple(point.settings[n] for n in ("machine.rows", "machine.cols", "network.batch", "dram.bytes_per_cycle"))
             for point in sweep.points()]
    # 16 lanes are the chip's own
    assert found == [(16, 32, 1, 80), (16, 32, 2, 80), (32, 64, 1, 96), (32, 64, 2, 96)]
    assert sweep.parameters == ["machine.rows", "machine.cols", "network.batch"]


def test_a_star_names_many_networks_and_each_has_a_front(desk):
    desk.write("new.yaml", text_of(networks="['deepbench/lstm_h2048_*', net.yaml]", set="{network.batch: 2}"))
    result = desk.json("sweep", "new.yaml", "--out", "out")
    names = ["lstm_h2048_b1_t25", "lstm_h2048_b2_t25", "lstm_h2048_b4_t25", "net"]
    assert [row["network"] for row in result["rows"]] == [name for name in names for _ in range(18)]
    fronts = [[row["set"] for row in result["rows"] if row["network"] == name and row["pareto"]] for name in names]
    assert fronts[0] and all(front == fronts[0] for front in fronts)  # the stand-in knows one network


def test_constraints_on_parameters_leave_points_out(desk, monkeypatch):
    sweep = sweep_of(desk, monkeypatch, constraints="['machine.rows * machine.cols <= 1 k + 24', gate.lanes < machine.cols]")
    found = [tuple(point.settings.values()) for point in sweep.points()]
    assert found == [(r, c, v) for r, c, v in itertools.product((16, 32, 64), (16, 32, 64), (8, 16)) if r * c <= 1024 and v < c]
    assert [point.number for point in sweep.points()] == list(range(1, len(found) + 1)) and sweep.count() == len(found)


def test_constraints_on_figures_mark_points(desk):
    desk.write("new.yaml", text_of(constraints="[area <= 2 mm2, 'energy_j.total * time_s < 1 J * 1 s']"))
    result = desk.json("sweep", "new.yaml", "--out", "out")
    outside = {row["number"] for row in result["rows"] if row["outside"]}
    assert outside == {row["number"] for row in result["rows"] if row["figures"]["area_mm2.total"] > 2}
    assert 0 < len(outside) < 18 and not any(row["pareto"] for row in result["rows"] if row["outside"])
    inside = [row for row in result["rows"] if not row["outside"]]
    for row in inside:  # the front is that of the points inside
        beaten = any(all(other["figures"][o["path"]] <= row["figures"][o["path"]] for o in result["objectives"])
                     and other["figures"] != row["figures"] for other in inside)
        assert row["pareto"] != beaten
    done = desk.rondo("sweep", "new.yaml", "--out", "out", "--resume")
    assert f"{len(outside)} points are outside the constraints: area <= 2 mm2" in done.stdout
    desk.write("new.yaml", text_of(constraints="[area <= 1 mm2]"))
    done = desk.rondo("sweep", "new.yaml", "--out", "out", "--resume")
    assert done.returncode == 1 and "no point is within them" in done.stdout


def test_designs_outside_the_constraints_are_never_the_best(desk, monkeypatch):
    """Not of two parameters, not beside a design, not in the progress line, and pandas tables tell which they are."""
    desk.write("new.yaml", text_of(constraints="[area <= 2 mm2]"))
    done = desk.rondo("sweep", "new.yaml", "--out", "out")
    result = sweep_result.load_sweep(desk.path / "out")
    within, all_of_them = result.within(), result.good()
    assert 0 < len(within) < len(all_of_them)
    best = min(row.figures["time_s"] for row in within)
    assert best > min(row.figures["time_s"] for row in all_of_them)
    assert f"best time {quantities.written(best, 's')}" in done.stderr
    cells = effects.best_of_two(result, "machine.rows", "machine.cols", result.objectives[0])[2]
    assert np.nanmin(cells) == best
    for row in within:
        for pairs in effects.one_at_a_time(result, row, "time_s").values():
            assert min(figure for _, figure in pairs) >= best
    table = rondo.load(desk.path / "out")
    assert list(table.index[table.outside == ""]) == [row.number for row in within]
    files = desk.json("plot", "out")["files"]
    assert f"× {len(all_of_them) - len(within)} outside area &lt;= 2 mm2" in (desk.path / files[0]).read_text()


# 64 million points.
LARGE = "{machine.rows: {range: [1, 1000, 1]}, machine.cols: {range: [1, 1000, 1]}, gate.lanes: {range: [1, 64, 1]}}"

WRONG = [
    ({"constraints": "[machine.row <= 8]"}, "constraints: there is no number machine.row; known are"),
    ({"constraints": "[machine.rows <= 8 MiX]"}, "constraints: MiX is no unit; known: B, KiB"),
    ({"constraints": "[machine.rows + <= 8]"}, "constraints: machine.rows + is not arithmetic"),
    ({"constraints": "['__import__(1) <= 8']"}, "constraints: __import__(1) is not arithmetic"),
    ({"constraints": "[machine.rows]"}, "constraints: machine.rows has 0 comparisons"),
    ({"constraints": "[machine.rows <= 1e400]"}, "constraints: 1e400 is too large"),
    ({"constraints": "[min < machine.rows]"}, "constraints: min is not arithmetic"),
    ({"constraints": "['\"a\" < machine.rows']"}, 'constraints: "a" is not arithmetic'),
    ({"constraints": "[max(machine.rows) < 3]"}, "constraints: max(machine.rows) is not arithmetic"),
    ({"constraints": "[3 < 4]"}, "constraints: 3 < 4 names no parameter"),
    ({"constraints": "[machine.rows <= 8]"}, "constraints: none of the 18 points meets machine.rows <= 8"),
    ({"constraints": "[machine.rows <= 16, machine.cols <= 16, gate.lanes + machine.rows > 64]"},
     "constraints: none of the 18 points meets all of them at once; nothing would be run"),
    ({"constraints": "[machine.cols <= 16, gate.lanes + machine.rows > 80]"},
     "constraints: none of the 18 points meets gate.lanes + machine.rows > 80; nothing would be run"),
    ({"constraints": "[machine.rows <= machine.cols, machine.rows + gate.lanes > machine.cols * 2 + 40]"},
     "constraints: none of the 18 points meets"),
    ({"constraints": "[area <= 20 mm2, area > 20 mm2]"}, "constraints: area > 20 mm2 contradicts area <= 20 mm2"),
    ({"constraints": "[area*2 <= 20, 30 < area * 2]"}, "constraints: 30 < area * 2 contradicts area*2 <= 20"),
    ({"constraints": "[machine.rows <= area]"}, "constraints: machine.rows <= area mixes figures"),
    ({"constraints": "[accuracy > 20 dB]"}, "accuracy.sqnr_db needs values; set timing_only: false"),
    ({"constraints": "[network.batch <= 8]"}, "constraints: network.batch is neither set nor varied"),
    ({"constraints": "[]"}, "constraints is an empty list"),
    ({"parameters": "{mapping.gates: [sequential, interleaved]}", "constraints": "[mapping.gates <= 2]"},
     "constraints: mapping.gates is a word (sequential)"),
    ({"parameters": "\n  machine.rows, machine.cols: [[16, 16], [32]]"}, "machine.rows, machine.cols: 1 values for 2 parameters"),
    ({"parameters": "\n  machine.rows, machine.cols: [[16, 16], [16, 16]]"}, "machine.rows, machine.cols: [16, 16] is given twice"),
    ({"parameters": "\n  machine.rows, machine.cols: [[16, 9999]]"}, "machine.cols: 9999 is not allowed; expected 1..1024"),
    ({"parameters": "\n  machine.rows, machine.cols: [[16, 16]]\n  machine.rows: [8]"}, "parameters: machine.rows is varied twice"),
    ({"parameters": "{machine.rows: {range: [8, 4, 1]}}"}, "machine.rows: range takes [first, last, step] with first <= last"),
    ({"parameters": "{machine.rows: {log: [8, 4, 3]}}"}, "machine.rows: log takes [first, last, count] with 0 < first < last"),
    ({"parameters": "{machine.rows: {ramp: [8, 4, 3]}}"}, "machine.rows has no ramp; known: log2, log, range"),
    ({"set": "{dram.bytes_per_cycle: '= 4 * machine.col'}"}, "dram.bytes_per_cycle: there is no parameter machine.col"),
    ({"set": "{dram.bytes_per_cycle: '= 4 *'}"}, "dram.bytes_per_cycle: 4 * is not arithmetic"),
    ({"set": "{dram.bytes_per_cycle: '= network.batch'}"}, "dram.bytes_per_cycle: network.batch is neither set nor varied"),
    ({"method": "annealing"}, "method: annealing is not allowed; expected one of grid, random, latin_hypercube, nsga2"),
    ({"method": "random"}, "method: random needs to know how many; write {random: {points: 200}}"),
    ({"method": "{random: {points: 1}}"}, "random.points: 1 is not allowed"),
    ({"constraints": "['area <= 1 mm2', 'area_mm2.total >= 2 mm2']"}, "area_mm2.total >= 2 mm2 contradicts area <= 1 mm2"),
    ({"constraints": "[latency > 1 s, 2 * area <= 2, area / 2 > 1]"}, "area / 2 > 1 contradicts 2 * area <= 2"),
    ({"constraints": "[units.matrx.cycles.busy <= 5]"},
     "constraints: reports have no figure units.matrx.cycles.busy; close: units.matrix.cycles.busy"),
    ({"objectives": "[latency, units.matrix.cycles.bussy]"},
     "reports have no figure units.matrix.cycles.bussy; close: units.matrix.cycles.busy"),
    ({"objectives": "[latency, energy_j.units.gate.tablet]"}, "reports have no figure energy_j.units.gate.tablet; close: "),
    ({"objectives": "[latency, memories.weight_ram.read_bytes]"}, "close: memories.weight_sram.read_bytes"),
    ({"set": "{dram.bytes_per_cycle: '= 64 / (machine.cols - 16)'}"},
     "dram.bytes_per_cycle: 64 / (machine.cols - 16) is no finite number where machine.cols is 16"),
    ({"set": "{dram.bytes_per_cycle: '= 2 / 0'}"}, "dram.bytes_per_cycle: 2 / 0 is no finite number"),
    ({"set": "{dram.bytes_per_cycle: '= mapping.gates * 2'}"}, "dram.bytes_per_cycle: mapping.gates is a word (sequential)"),
    ({"set": "{mapping.gates: interleaved, dram.bytes_per_cycle: '= mapping.gates * 2'}"}, "mapping.gates is a word (interleaved)"),
    ({"set": "{machine.cols: '= 3 * gate.lanes', dram.bytes_per_cycle: '= dram.bytes_per_cycle + 8'}",
      "parameters": "{machine.rows: [16, 32]}", "constraints": "[dram.bytes_per_cycle < machine.rows]"},
     "dram.bytes_per_cycle: dram.bytes_per_cycle is a formula too; write it out"),
    ({"set": "{mapping.gates: '= 2 * machine.cols'}"}, "a formula gives a number; expected sequential | interleaved"),
    ({"set": "{dram.bytes_per_cycle: '= machine.cols / 5 + machine.rows'}"},
     "machine.cols / 5 + machine.rows is 19.2 where machine.cols is 16, machine.rows is 16; expected a whole number, which floor( )"),
    ({"set": "{dram.bytes_per_cycle: '= 48 - machine.cols'}"},
     "48 - machine.cols is -16 where machine.cols is 64; expected 1..65536 bytes"),
    ({"set": "{dram.bytes_per_cycle: '= machine.cols * 32 KiB'}", "constraints": "[machine.rows + machine.cols > 90]"},
     "machine.cols * 32 KiB is 1048576 where machine.cols is 32; expected 1..65536 bytes"),
    ({"set": "{dram.bytes_per_cycle: '= machine.cols + " + "(" * 250 + "1" + ")" * 250 + "'}"}, "is not arithmetic"),
    ({"set": "{dram.bytes_per_cycle: '= machine.cols" + " + 1" * 250 + "'}"}, "is too long; at most 200 terms"),
    ({"parameters": "{machine.rows: " + "[" * 900 + "]" * 900 + "}"}, "nested more than 64 levels deep"),
    ({"constraints": "[machine.rows + machine.cols + gate.lanes <= 12]", "method": "{random: {points: 500}}", "parameters": LARGE},
     "method: 500 points are asked for and only 220 meet the constraints; expected no more"),
    ({"constraints": "[machine.rows + machine.cols + gate.lanes <= 12]", "method": "{latin_hypercube: {points: 221}}",
      "parameters": LARGE}, "method: 221 points are asked for and only 220 meet"),
    ({"constraints": "[machine.rows + machine.cols + gate.lanes <= 12]", "method": "{nsga2: {evaluations: 500}}",
      "parameters": LARGE}, "method: 500 points are asked for and only 220 meet"),
    ({"constraints": "[machine.rows + machine.cols + gate.lanes < 3]", "method": "{random: {points: 5}}", "parameters": LARGE},
     "constraints: none of the 64000000 points meets machine.rows + machine.cols + gate.lanes < 3; nothing would be run"),
    ({"constraints": "[machine.rows + machine.cols + gate.lanes > 3]", "parameters": LARGE},
     "the grid has more than 1000000 points; at most 1000000 are run"),
    ({"parameters": LARGE}, "the grid has 64000000 points; at most 1000000 are run"),
    ({"method": "{nsga2: {evaluations: 19}}"}, "method: 19 points are asked for and only 18 meet the constraints"),
    ({"method": "{random: {points: 19}}"}, "method: 19 points are asked for and only 18 meet the constraints"),
    ({"method": "{nsga2: {points: 9}}"}, "nsga2 has no points; known: evaluations, seed, population"),
    ({"method": "{nsga2: {evaluations: 8, seed: -1}}"}, "nsga2.seed: -1 is not allowed"),
    ({"networks": "[net.yaml, speech_emotion]", "method": "{nsga2: {evaluations: 8}}"}, "method nsga2 compares designs by one network"),
    ({"objectives": "[latency, time_s]"}, "objectives: time_s is given twice"),
    ({"networks": "[nowhere]"}, "there is no network nowhere; known: "),
]


@pytest.mark.parametrize("sections, expected", WRONG)
def test_wrong_sweeps(desk, sections, expected):
    desk.troubles = {"log": str(desk.path / "log")}
    desk.write("new.yaml", text_of(**sections))
    done = desk.rondo("sweep", "new.yaml", "--out", "out")
    lines = done.stderr.splitlines()
    assert done.returncode == 2 and done.stdout == "" and any(expected in line for line in lines), done.stderr
    assert all(line.startswith("new.yaml:") for line in lines)
    assert not (desk.path / "log").exists() and not (desk.path / "out").exists()


def test_all_mistakes_of_all_sections_at_once(desk):
    desk.write("new.yaml", text_of(constraints="[nothing <= 3, area <= 1, area >= 2]", method="{random: {seed: 1}}",
                                   set="{dram.bytes_per_cycle: '= machine.cool'}", objectives="[latency, joules]",
                                   networks="[nowhere]", parameters="{machine.rows: [], machine.col: [8]}"))
    done = desk.rondo("sweep", "new.yaml", "--out", "out")
    for words in ("nothing", "contradicts", "random has no points", "machine.cool", "joules", "nowhere", "empty list",
                  "no parameter machine.col"):
        assert words in done.stderr
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 8


# --- what is run


def test_formulas_are_judged_at_points_that_are_run_and_mean_whole_numbers(desk, monkeypatch):
    sweep = sweep_of(desk, monkeypatch, set="{dram.bytes_per_cycle: '= 48 - machine.cols'}", constraints="[machine.cols <= 32]")
    assert set(values_of(sweep.points(), "dram.bytes_per_cycle")) == {32, 16}
    sweep = sweep_of(desk, monkeypatch, set="{dram.bytes_per_cycle: '= 0.1 * 3 * 10 * machine.cols'}")  # 48.00000000000001
    assert set(values_of(sweep.points(), "dram.bytes_per_cycle")) == {48, 96, 192}
    sweep = sweep_of(desk, monkeypatch, set="{dram.bytes_per_cycle: '= ceil(machine.cols / 5) + floor(machine.rows / 5)'}")
    assert set(values_of(sweep.points(), "dram.bytes_per_cycle")) == {a + b for a in (4, 7, 13) for b in (3, 6, 12)}


def test_a_walk_that_gives_up_says_so(desk, monkeypatch):
    monkeypatch.setattr(feasible, "BUDGET", 3000)
    monkeypatch.setattr(feasible, "CHUNK", 64)
    words = {"machine.rows * machine.cols == 499979 * gate.lanes": "candidates tried out of 64000000 points meets all of them",
             "machine.rows + machine.cols > 1900 + gate.lanes": "that meet the constraints were found among"}
    for constraint, expected in words.items():
        desk.write("new.yaml", text_of(parameters=LARGE, constraints=f"[{constraint}]", method="{random: {points: 5000}}"))
        done = desk.rondo("sweep", "new.yaml", "--out", "out")
        assert done.returncode == 2 and expected in done.stderr, done.stderr


@pytest.mark.parametrize("method", ["{random: {points: 7, seed: 5}}", "{latin_hypercube: {points: 7, seed: 5}}",
                                    "{nsga2: {evaluations: 10, population: 4, seed: 5}}"])
def test_methods_run_and_resume(desk, method):
    desk.write("new.yaml", text_of(method=method))
    whole = desk.json("sweep", "new.yaml", "--out", "out", "--jobs", "2")
    count = 10 if "nsga2" in method else 7
    assert whole["points"] == whole["finished"] == count
    assert len({str(row["set"]) for row in whole["rows"]}) == count
    desk.troubles = {"log": str(desk.path / "log")}
    assert desk.json("sweep", "new.yaml", "--out", "out", "--resume")["rows"] == whole["rows"]
    assert not (desk.path / "log").exists()


def test_a_file_for_the_points(desk):
    result = desk.json("sweep", "sweep.yaml", "--out", "there/small.sqlite")
    assert result["files"] == ["there/small.csv", "there/small.sqlite", "there/small/pareto.svg", "there/small/pareto.png"]
    assert desk.json("plot", "there/small.sqlite")["files"][:2] == ["there/small/pareto.svg", "there/small/pareto.png"]

"""The program as people use it: what a run says and leaves behind, and one clear message for what is wrong."""

import csv
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NETWORKS = ROOT / "configs/networks"
GOLDEN = ROOT / "tests/golden/report_names.txt"
NET = "tiny_rnn"


def rondo(*arguments: object, text: str | None = None) -> subprocess.CompletedProcess:
    command = [os.environ["RONDO_BINARY"], *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, timeout=120)


def done(*arguments: object, **more) -> str:
    result = rondo(*arguments, **more)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""  # no progress in a pipe, no banner
    return result.stdout


def refused(*arguments: object, **more) -> str:
    """The message about wrong input: status 2, nothing on stdout, no trace of the inside."""
    result = rondo(*arguments, **more)
    assert result.returncode == 2, (result.returncode, result.stdout, result.stderr)
    assert result.stdout == "" and result.stderr.strip()
    for inside in ("terminate", "what():", "Traceback", "std::", ".cpp:", "Assertion"):
        assert inside not in result.stderr
    return result.stderr


def report_of(*arguments: object) -> dict:
    return json.loads(done("run", *arguments, "--json"))


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("run") / "out"
    done("run", "edge", NET, "--out", directory)
    return directory


# --- what a run says


def test_every_cycle_has_a_cause(out):
    report = json.loads((out / "report.json").read_text())
    for name, unit in report["units"].items():
        assert sum(unit["cycles"].values()) == report["total_cycles"], name
    assert set(report["units"]) == {"sequencer", "weights", "matrix", "gate", "load", "store", "dram"}


def test_derived_figures_follow_from_counted_ones(out):
    report = json.loads((out / "report.json").read_text())
    assert report["time_s"] == pytest.approx(report["total_cycles"] / (report["clock_mhz"] * 1e6))
    machine = report["resolved_config"]["machine"]
    peak = 2 * machine["rows"] * machine["cols"] * report["clock_mhz"] * 1e6
    assert report["peak_ops_per_s"] == pytest.approx(peak)
    assert report["utilisation"] == pytest.approx(report["operations"] / report["time_s"] / peak)
    assert report["operations"] == 2 * report["network_shape"]["macs"]
    energy = report["energy_j"]
    dynamic = sum(sum(actions.values()) for actions in energy["units"].values())
    assert energy["total"] == pytest.approx(dynamic + energy["leakage"])
    assert report["area_mm2"]["total"] == pytest.approx(sum(report["area_mm2"]["units"].values()))
    assert report["memories"]["weight_sram"]["capacity_bytes"] == machine["weight_bytes"]


def names_of(tree: object, path: str = "") -> set[str]:
    if not isinstance(tree, dict):
        return {path}
    return {name for key, value in tree.items() for name in names_of(value, f"{path}.{key}" if path else key)}


def test_names_in_the_report_are_those_that_tools_rely_on(out):
    """RONDO_REWRITE_GOLDEN=1 rewrites the list; the difference is for review."""
    names = "".join(f"{name}\n" for name in sorted(names_of(json.loads((out / "report.json").read_text()))))
    if os.environ.get("RONDO_REWRITE_GOLDEN"):
        GOLDEN.write_text(names)
    assert names == GOLDEN.read_text()


def test_same_run_same_bytes(out, tmp_path):
    done("run", "edge", NET, "--out", tmp_path / "again")
    files = sorted(path.name for path in out.iterdir())
    assert files == ["counters.csv", "outputs.npz", "report.json", "resolved.yaml", "timeline.json"]
    for name in files:
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_both_schedules_say_the_same(out):
    assert report_of("edge", NET, "--schedule", "clocked") == json.loads((out / "report.json").read_text())


def test_resolved_configuration_runs_the_same(out):
    assert report_of(out / "resolved.yaml", NET) == json.loads((out / "report.json").read_text())


def test_timing_only_costs_the_same_cycles(out):
    report = json.loads((out / "report.json").read_text())
    timing = report_of("edge", NET, "--timing-only")
    assert timing["total_cycles"] == report["total_cycles"] and timing["units"] == report["units"]
    assert timing["without_values"] == "timing only" and "accuracy" not in timing


def test_counters_are_those_of_the_report(out):
    report = json.loads((out / "report.json").read_text())
    rows = list(csv.DictReader(io.StringIO((out / "counters.csv").read_text())))
    assert len({(row["owner"], row["kind"], row["name"]) for row in rows}) == len(rows)
    for row in rows:
        if row["kind"] == "cycles":
            assert int(row["count"]) == report["units"][row["owner"]]["cycles"][row["name"]]


def test_outputs_can_be_read_elsewhere(out):
    with zipfile.ZipFile(out / "outputs.npz") as archive:
        assert archive.testzip() is None and archive.namelist()


def test_timeline_adds_up_to_the_report(out):
    """Slices of a row do not overlap, and the waits of a unit are those that the report counts."""
    report = json.loads((out / "report.json").read_text())
    events = json.loads((out / "timeline.json").read_text())["traceEvents"]
    rows = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    ends: dict[int, int] = {}
    waits: dict[tuple[str, str], int] = {}
    for event in events:
        if event["ph"] != "X":
            continue
        assert event["ts"] >= ends.get(event["tid"], 0)
        ends[event["tid"]] = event["ts"] + event["dur"]
        if rows[event["tid"]].endswith(" waits"):
            key = (rows[event["tid"]].removesuffix(" waits"), event["name"])
            waits[key] = waits.get(key, 0) + event["dur"]
    counted = {(unit, cause): cycles for unit, tree in report["units"].items()
               for cause, cycles in tree["cycles"].items() if cycles and cause not in ("busy", "done")}
    assert waits == counted
    assert max(ends.values()) <= report["total_cycles"]


def test_a_short_timeline_says_so(tmp_path):
    text = done("run", "edge", NET, "--out", tmp_path / "out", "--timeline-slices", 5)
    assert "timeline.json shows the first 5 of " in text
    timeline = json.loads((tmp_path / "out/timeline.json").read_text())
    assert sum(event["ph"] == "X" for event in timeline["traceEvents"]) == 5
    assert timeline["otherData"]["holds"].startswith("the first 5 of ")


def test_text_fits_a_terminal_and_has_no_colour_in_a_pipe():
    text = done("run", "edge", NET)
    assert max(map(len, text.splitlines())) <= 80
    assert "\033" not in text and "cycles" in text


def test_the_readme_shows_what_a_run_prints():
    shown = (ROOT / "README.md").read_text().split("The first prints this")[1].split("At batch 1")[0]
    lines = [line.strip() for line in shown.splitlines()[1:] if line.strip() not in ("", "...")]
    printed = [line.strip() for line in done("run").splitlines()]
    assert len(lines) > 10
    assert [line for line in lines if not any(one.startswith(line) for one in printed)] == []


def test_network_sizes_can_be_set():
    two = report_of("edge", NET, "--timing-only", "--set", "network.batch=2")
    assert two["network_shape"]["batch"] == 2 and two["network_settings"] == {"batch": "2"}


# --- help and tables


@pytest.mark.parametrize("command", ["run", "compile", "asm", "disasm", "describe", "worker"])
def test_help_has_an_example(command):
    text = done(command, "--help")
    assert "Example:" in text and f"rondo {command}" in text


def test_describe_lists_what_the_rows_say():
    tables = json.loads(done("describe", "edge", "--json"))
    assert {row["name"] for row in tables["machine"]} >= {"rows", "cols", "weight_bytes"}
    opcodes = (ROOT / "models/isa/opcodes.def").read_text().count("\nRONDO_OP(")
    micro_operations = (ROOT / "models/isa/micro_ops.def").read_text().count("\nRONDO_MICRO(")
    assert sum(not row["name"].startswith(" ") for row in tables["instructions"]) == opcodes
    assert len(tables["micro_operations"]) == micro_operations
    assert tables["actions"] and tables["parts"] and tables["causes"]
    assert done("describe", "matrix").count("\n") < 20


def test_describe_yaml_is_a_chip(tmp_path):
    (tmp_path / "chip.yaml").write_text(done("describe", "edge", "--yaml", "--set", "gate.lanes=7"))
    assert report_of(tmp_path / "chip.yaml", NET, "--timing-only")["resolved_config"]["gate"]["lanes"] == 7


# --- what is wrong with the input


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def odd_files(folder: Path) -> list[Path]:
    onnx = (NETWORKS / "char_lstm.onnx").read_bytes()
    sparse = write(folder / "sparse", b"")
    os.truncate(sparse, 10 << 30)
    os.mkfifo(folder / "pipe")
    contents = {"empty.yaml": b"", "empty.onnx": b"", "cut.onnx": onnx[: len(onnx) // 2], "text": b"hello\n",
                "noise": bytes(range(256)) * 40, "list.yaml": b"- 1\n", "deep.yaml": b"[" * 100000,
                "bomb.yaml": b"a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\n",
                "cut.gz": b"\x1f\x8b\x08", "cut.rtrace": b"\x89RONDO\r\n", "cut.s": b".rondo 1\n"}
    return [*(write(folder / name, content) for name, content in contents.items()), sparse, folder / "pipe",
            folder, folder / "missing", Path("/dev/zero"), Path("/dev/null")]


@pytest.mark.parametrize("number", range(17))
def test_odd_files_as_anything(number, tmp_path):
    odd = odd_files(tmp_path)[number]
    result = tmp_path / "result"
    for arguments in (["run", odd, NET], ["run", "edge", odd], ["asm", odd, "-o", result],
                      ["disasm", odd, "-o", result], ["compile", "edge", odd, "-o", result],
                      ["compile", odd, NET, "-o", result], ["run", "edge", NET, "--input", odd],
                      ["run", "edge", NET, "--calibration", odd],
                      ["run", "edge", NET, "--out", result, "--input", odd]):
        message = refused(*arguments)
        assert odd.name in message and message.count("\n") <= 60
    assert not result.exists()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".rondo")]


def test_a_wrong_chip_is_told_everything_at_once(tmp_path):
    chip = tmp_path / "bad.yaml"
    chip.write_text(f"extends: {ROOT}/configs/chips/edge.yaml\n"
                    "machine: {rows: 0, colz: 4}\n"
                    "gate: {lanes: 1.5}\n")
    message = refused("run", chip, NET, "--set", "load.queue_depth=x", "--out", tmp_path / "out")
    lines = message.splitlines()
    assert len(lines) == 4
    assert any("bad.yaml:2:17: machine.rows: 0 is out of range; allowed 1..4096 PE" in line for line in lines)
    assert any('machine.colz: unknown field (did you mean "machine.cols"?)' in line for line in lines)
    assert any("bad.yaml:3:15: gate.lanes: 1.5 is not a plain whole number" in line for line in lines)
    assert any(line.startswith("--set load.queue_depth=x: load.queue_depth: x is not") for line in lines)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments, part", [
    (["run", "edgy"], "did you mean \"edge\"?"),
    (["run", "speech_emotion"], "the chip comes first"),
    (["run", "edge", "speech_emotoin"], "did you mean \"speech_emotion\"?"),
    (["run", "edge", NET, "--set", "network.bach=2"], "bach"),
    (["run", "edge", NET, "--set", "machine.dram_bytes=1024"], ""),
    (["run", "edge", NET, "--set", "technology=n1"], "n45"),
    (["run", "edge", NET, "--schedule", "fast"], "event, clocked"),
    (["run", "edge", NET, "--frobnicate"], "--frobnicate"),
    (["run", "edge", NET, "more"], "one word too many"),
    (["run", "edge", NET, "--dim", "N"], "NAME=N"),
    (["compile", "edge", NET], "-o FILE"),
    (["runn"], "did you mean \"run\"?"),
    (["describe", "machin"], "did you mean \"machine\"?"),
])
def test_wrong_words(arguments, part):
    assert part in refused(*arguments)


def test_directories_that_are_not_of_a_run(tmp_path, out):
    (tmp_path / "mine").mkdir()
    write(tmp_path / "mine/thesis.txt", b"x")
    assert "no report.json" in refused("run", "edge", NET, "--out", tmp_path / "mine")
    assert "not a directory" in refused("run", "edge", NET, "--out", tmp_path / "mine/thesis.txt")
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["thesis.txt"]
    failed = rondo("run", "edge", NET, "--out", "/proc/rondo")
    assert failed.returncode == 1 and failed.stderr.startswith("rondo: ") and failed.stderr.count("\n") == 1


def test_a_full_disk_under_stdout():
    with open("/dev/full", "w") as full:
        command = [os.environ["RONDO_BINARY"], "run", "edge", NET]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=120, text=True)
    assert result.returncode == 1 and "could not be written" in result.stderr


# --- worker


def test_worker_survives_bad_lines(out):
    lines = [json.dumps({"chip": "edge", "network": NET}), "nonsense", "[]", '{"chop": 1}',
             '{"chip": "none"}', '{"chip": 3}', "", '{"set": {"machine.rows": 0}}', '{"set": {"machine.rows": [1]}}', "[" * 5000,
             json.dumps({"network": NET, "set": {"machine.rows": 16}, "timing_only": True})]
    answers = [json.loads(line) for line in done("worker", text="\n".join(lines)).splitlines()]
    assert [answer["ok"] for answer in answers] == [True] + [False] * 8 + [True]
    assert answers[0]["report"] == json.loads((out / "report.json").read_text())
    assert all(answer["error"] and answer["status"] == 2 for answer in answers if not answer["ok"])
    assert answers[-1]["report"]["resolved_config"]["machine"]["rows"] == 16


def test_worker_keeps_programs_apart():
    """Points that share a compiled program, points that do not, and the first again: each as in a run of its own."""
    sets = [{}, {"gate.lanes": 7}, {"machine.rows": 16}, {"mapping.gates": "sequential"}, {"network.steps": 7}, {"numbers.activation_bits": 8},
            {"matrix.queue_depth": 3}, {"machine.rows": 16, "gate.lanes": 7}, {}]
    lines = [json.dumps({"network": NET, "set": one, "timing_only": True}) for one in sets]
    answers = [json.loads(line) for line in done("worker", text="\n".join(lines)).splitlines()]
    for one, answer in zip(sets, answers):
        words = [word for key, value in one.items() for word in ("--set", f"{key}={value}")]
        assert answer["report"] == report_of("edge", NET, "--timing-only", *words)

"""Traces on the command line: asm, disasm, run, and files that are no trace."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted((ROOT / "traces/examples").glob("*.s"))


def rondo(*arguments: object) -> subprocess.CompletedProcess:
    command = [os.environ["RONDO_BINARY"], *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def done(*arguments: object) -> str:
    result = rondo(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refused(*arguments: object) -> str:
    """The message of a command that says what is wrong with its input."""
    result = rondo(*arguments)
    assert result.returncode == 2, (result.returncode, result.stdout, result.stderr)
    assert result.stdout == "" and result.stderr.count("\n") == 1
    return result.stderr


@pytest.mark.parametrize("trace", EXAMPLES, ids=lambda path: path.stem)
def test_asm_and_disasm_lose_nothing(trace, tmp_path):
    done("asm", trace, "-o", tmp_path / "a.rtrace")
    done("disasm", tmp_path / "a.rtrace", "-o", tmp_path / "a.s")
    done("asm", tmp_path / "a.s", "-o", tmp_path / "b.rtrace")
    done("disasm", tmp_path / "b.rtrace", "-o", tmp_path / "b.s")
    assert (tmp_path / "a.rtrace").read_bytes() == (tmp_path / "b.rtrace").read_bytes()
    assert (tmp_path / "a.s").read_bytes() == (tmp_path / "b.s").read_bytes()
    assert done("disasm", tmp_path / "a.rtrace") == (tmp_path / "a.s").read_text()


@pytest.mark.parametrize("trace", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run_alike_under_both_schedules(trace, tmp_path):
    done("asm", trace, "-o", tmp_path / "a.rtrace.gz")
    reports = [json.loads(done("run", "edge", file, "--json", "--schedule", schedule))
               for file in (trace, tmp_path / "a.rtrace.gz") for schedule in ("event", "clocked")]
    assert reports[0]["total_cycles"] > 0
    for report in reports:
        for key in ("total_cycles", "units", "memories", "program_sha256"):
            assert report[key] == reports[0][key]
        for unit in report["units"].values():
            assert sum(unit["cycles"].values()) == report["total_cycles"]


def test_a_trace_for_another_chip():
    message = refused("run", "server", EXAMPLES[0])
    assert "machine.rows" in message and "128" in message and "32" in message


def test_files_that_are_no_trace(tmp_path):
    names = ("empty.s", "folder.s", "sparse.rtrace", "text.s", "cut.rtrace")
    empty, folder, sparse, text, cut = (tmp_path / name for name in names)
    empty.touch()
    folder.mkdir()
    sparse.touch()
    os.truncate(sparse, 10_000_000_000)
    text.write_text("#!/bin/sh\necho hello\n")
    done("asm", EXAMPLES[0], "-o", cut)
    cut.write_bytes(cut.read_bytes()[:-9])
    for path in (empty, folder, sparse, text, cut, tmp_path / "nothing.s"):
        output = tmp_path / "output.rtrace"
        assert str(path) in refused("asm", path, "-o", output)
        assert str(path) in refused("disasm", path, "-o", output)
        assert str(path) in refused("run", "edge", path)
        assert not output.exists()


def test_a_racy_trace_is_refused_with_both_instructions(tmp_path):
    text = (ROOT / "traces/examples/dma.s").read_text()
    racy = tmp_path / "racy.s"
    racy.write_text(text.replace("wait=0 release=1", "release=1"))
    message = refused("run", "edge", racy)
    assert "load" in message and "store" in message


def test_mistakes_have_line_and_column(tmp_path):
    wrong = tmp_path / "wrong.s"
    wrong.write_text((ROOT / "traces/examples/dma.s").read_text().replace("rows=3 bytes=4", "rows=none bytes=4"))
    result = rondo("asm", wrong, "-o", tmp_path / "a.rtrace")
    assert result.returncode == 2
    lines = wrong.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if "rows=none" in line:
            assert f"{wrong}:{number}:{line.index('none') + 1}: rows is 'none'; allowed 1.." in result.stderr
    assert result.stderr.count("rows is 'none'") == 2

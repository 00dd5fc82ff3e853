"""`rondo verify` from the outside: wrong input, help, the same answer whatever the number of processes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(os.environ["RONDO_BUILD_DIR"]) / "rondo_verify"


def verify(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def shapes() -> list[str]:
    done = verify("--rtl", "--shape", "?")
    return done.stderr.partition("allowed ")[2].strip().split(", ")


def test_help_has_an_example() -> None:
    done = verify("--help")
    assert done.returncode == 0 and "Example:" in done.stdout and "--count" in done.stdout


def test_all_mistakes_are_named_with_what_is_allowed(shapes: list[str]) -> None:
    done = verify("--count", "0", "--shape", "none", "--jobs", "-1")
    assert (done.returncode, done.stdout) == (2, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 4 and all("allowed" in line for line in lines), done.stderr
    assert verify("--rtl", "--cuont", "3").returncode == 2


def test_processes_do_not_change_the_answer(shapes: list[str]) -> None:
    one, many = (verify("--rtl", "--count", "20", "--seed", "7", "--jobs", jobs) for jobs in ("1", "5"))
    assert one.returncode == 0, one.stdout + one.stderr
    assert one.stdout == many.stdout and one.stderr == many.stderr == ""


def test_json_says_the_same(shapes: list[str]) -> None:
    report = json.loads(verify("--rtl", "--count", "4", "--shape", shapes[0], "--json").stdout)
    assert report["cases"] == 4 and report["differences"] == 0
    assert list(report["shapes"]) == [shapes[0]] and report["shapes"][shapes[0]]["cases"] == 4


def test_a_folder_without_a_case_is_wrong_input(shapes: list[str], tmp_path: Path) -> None:
    done = verify("--rtl", "--case", str(tmp_path))
    assert done.returncode == 2 and "chip.yaml" in done.stderr

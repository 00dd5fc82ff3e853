"""The launcher from the outside: help, wrong commands, any current directory, symlinks. Nothing is built or installed:
ctest gives the finished build directory in RONDO_BUILD_DIR."""

import os
import subprocess
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parents[1] / "rondo"
COMMANDS = ["run", "compile", "disasm", "describe", "sweep", "compare", "plot", "report", "worker", "verify", "test"]


def launch(*arguments: str, cwd: Path | None = None, launcher: Path = LAUNCHER, **environment: str):
    return subprocess.run(
        [launcher, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def built() -> Path:
    """The running build; without it the launcher would build, which is not this test's business."""
    build = Path(os.environ.get("RONDO_BUILD_DIR", "nowhere"))
    if not build.is_absolute() or not (build / "rondo").is_file():
        pytest.skip("RONDO_BUILD_DIR names no finished build")
    return build


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"]])
def test_overview_shows_every_command_with_an_example(arguments: list[str]) -> None:
    done = launch(*arguments, RONDO_BUILD_DIR="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert f"\n  {command} " in done.stdout and f"./rondo {command}" in done.stdout, command


def test_unknown_command_is_one_line_and_status_2() -> None:
    done = launch("rum", RONDO_BUILD_DIR="/nonexistent")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "'rum'" in done.stderr


def test_build_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = launch("run", RONDO_BUILD_DIR=str(tmp_path / "file" / "build"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1 and str(tmp_path / "file" / "build") in done.stderr


def test_works_from_another_directory_and_through_a_symlink(built: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(LAUNCHER)
    here = launch("describe", "matrix", cwd=LAUNCHER.parent)
    there = launch("describe", "matrix", cwd=tmp_path, launcher=tmp_path / "link")
    assert here.returncode == there.returncode == 0, here.stderr + there.stderr
    assert here.stdout and here.stdout == there.stdout
    assert here.stderr == there.stderr == "", "a finished build needs no words"


def test_arguments_and_status_pass_through(built: Path, tmp_path: Path) -> None:
    name = "no such chip; $(echo here) 'quoted'.yaml"
    done = launch("run", name, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert name in done.stderr and done.stdout == ""
    assert list(tmp_path.iterdir()) == []

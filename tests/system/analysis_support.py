"""What the tests of analysis/ share: a directory with a chip and a network, and the commands run on a
stand-in simulator."""

import contextlib
import io
import json
import os
import subprocess
import sys
import unittest.mock
from pathlib import Path
from typing import Any, Iterator

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "analysis"))

CHIP = """\
name: toy
machine: {rows: 32, cols: 32}
gate: {lanes: 16}
dram: {bytes_per_cycle: 16}
"""

SWEEP = """\
name: small
chips: [toy.yaml]
networks: [net.yaml]
parameters:
  machine.rows: [16, 32, 64]
  machine.cols: {log2: [16, 64]}
  gate.lanes: {range: [8, 16, 8]}
objectives: [time_s, energy_j.total]
timing_only: true
point_seconds: 1.5
"""


class Desk:
    """A working directory; `troubles` tells the stand-in which points to spoil."""

    def __init__(self, path: Path):
        self.path = path
        self.troubles: dict[str, str] = {}
        (path / "toy.yaml").write_text(CHIP)
        (path / "net.yaml").write_text("name: net\n")
        (path / "sweep.yaml").write_text(SWEEP)

    def environment(self) -> dict[str, str]:
        (self.path / "troubles.json").write_text(json.dumps(self.troubles))
        return {**os.environ, "PYTHONPATH": str(ROOT / "analysis"), "PYTHONDONTWRITEBYTECODE": "1",
                "RONDO_BINARY": str(ROOT / "tests/system/analysis_fake_rondo.py"),
                "FAKE_RONDO": str(self.path / "troubles.json"), "MPLCONFIGDIR": str(self.path / "mpl")}

    def rondo(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs `./rondo ARGUMENTS` here, output as text. In this process: matplotlib takes a second to
        load."""
        from rondo.__main__ import main
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), self._here():
            try:
                status = main(list(arguments))
            except SystemExit as end:
                status = int(end.code or 0)
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def _here(self) -> Iterator[None]:
        before = os.getcwd()
        os.chdir(self.path)
        try:
            with unittest.mock.patch.dict(os.environ, self.environment()):
                yield
        finally:
            os.chdir(before)

    def json(self, *arguments: str) -> Any:
        """Runs a command that must succeed and reads its JSON."""
        done = self.rondo(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def write(self, name: str, text: str) -> Path:
        (self.path / name).write_text(text)
        return self.path / name


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)

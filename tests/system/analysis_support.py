"""What the tests of analysis/ share: a directory with a chip and a network, and the commands run on a stand-in simulator."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

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
        """Runs `./rondo ARGUMENTS` here, output as text."""
        return subprocess.run(["/usr/bin/python3", "-m", "rondo", *arguments], cwd=self.path, env=self.environment(),
                              capture_output=True, text=True, timeout=120)

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


def row(result: dict, **settings: Any) -> Optional[dict]:
    """The row of a sweep's JSON with these settings, dots written as two underscores."""
    wanted = {key.replace("__", "."): value for key, value in settings.items()}
    return next((r for r in result["rows"] if wanted.items() <= r["set"].items()), None)

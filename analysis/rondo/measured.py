"""Times of recurrent networks that somebody measured: configs/gpus/measured/*.csv (see the README there)."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .device import BYTES, LIBRARIES
from .gpu import ALGORITHMS, GATES
from .simulator import ROOT
from .yaml_reader import InputError

DIRECTORY = ROOT / "configs/gpus/measured"
FITTED = DIRECTORY / "deepbench.csv"
ELSEWHERE = DIRECTORY / "elsewhere.csv"

COLUMNS = ("device", "library", "precision", "phase", "cell", "hidden", "input", "batch", "steps", "time_ms",
           "algorithm", "source")
# Devices of one chip family: left out together, they show what the model says about a family that it has never seen.
FAMILIES = (("titan_x_maxwell", "m40"), ("titan_x_pascal", "titan_xp", "gtx_1080_ti"), ("v100",), ("mi25", "vega_fe"),
            ("jetson_tx1",))
_WORDS = {"library": (*LIBRARIES, "none"), "precision": tuple(BYTES), "cell": tuple(GATES), "algorithm": ALGORITHMS}
_LEAST = {"hidden": 1, "input": 0, "batch": 1, "steps": 1}


@dataclass(frozen=True)
class Row:
    """One layer of one direction, forward. An `input` of 0: only the recurrent products were run."""

    device: str
    library: str
    precision: str
    phase: str
    cell: str
    hidden: int
    input: int
    batch: int
    steps: int
    time_s: float
    algorithm: str
    source: str

    def shape(self) -> dict[str, Any]:
        """The network as the `network_shape` of a report."""
        layer = {"cell": self.cell, "input": self.input, "hidden": self.hidden, "directions": 1, "steps": self.steps,
                 "batch": self.batch, "skip_input": self.input == 0}
        return {"batch": self.batch, "steps": self.steps, "recurrent_layers": [layer], "dense_layers": []}

    def options(self) -> dict[str, str]:
        """How the device ran it, as options of an estimate."""
        return {"numbers": self.precision, "library": self.library, "algorithm": self.algorithm}


def family(device: str) -> str:
    """The chip family of a device with rows: its first device."""
    return next((group[0] for group in FAMILIES if device in group), device)


def read_rows(path: Path) -> list[Row]:
    """The rows of a file; InputError with every mistake in it."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    if not lines or tuple(lines[0]) != COLUMNS:
        raise InputError(f"{path}:1: the columns are not {','.join(COLUMNS)}")
    wrong: list[str] = []
    rows = [_row(line, f"{path}:{number}", wrong) for number, line in enumerate(lines[1:], 2)]
    if wrong:
        raise InputError(*wrong)
    return rows


def _row(line: list[str], where: str, wrong: list[str]) -> Row:
    if len(line) != len(COLUMNS):
        wrong.append(f"{where}: {len(line)} columns; expected {len(COLUMNS)}")
        return Row("", "", "", "", "", 1, 0, 1, 1, 1.0, "", "")
    cells: dict[str, Any] = dict(zip(COLUMNS, line))
    for column, words in _WORDS.items():
        if cells[column] not in words:
            wrong.append(f"{where}: {column}: {cells[column]} is not allowed; expected one of {', '.join(words)}")
    for column, least in _LEAST.items():
        cells[column] = _whole(cells[column], least, f"{where}: {column}", wrong)
    try:
        milliseconds = float(cells.pop("time_ms"))
    except ValueError:
        milliseconds = 0.0
    if not 0 < milliseconds < 1e9:
        wrong.append(f"{where}: time_ms: expected a positive number")
    return Row(**cells, time_s=milliseconds * 1e-3)


def _whole(text: str, least: int, what: str, wrong: list[str]) -> int:
    if text.isdigit() and least <= int(text) <= 1 << 30:
        return int(text)
    wrong.append(f"{what}: {text} is not allowed; expected a whole number from {least}")
    return max(1, least)

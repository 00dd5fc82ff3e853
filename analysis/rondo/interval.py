"""How far an estimate may be off: what the model's errors were on measured rows like it.

Alike are rows of GPUs with as few (up to 4) or as many vectors in a step whose estimate is bound by the same thing,
memory, arithmetic, recurrence or launches. Every such row was predicted by a fit that has not seen its device
(configs/gpus/model/errors.csv, written by model_error.py), and every device counts the same, however many rows it has.
Groups of fewer than ENOUGH rows fall back to all rows with as few or as many vectors. CPUs and rooflines have no
interval: no measured row is like them.
"""

import csv
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Optional

import numpy as np

from .gpu import Device, Estimate
from .simulator import ROOT
from .yaml_reader import InputError

ERRORS = ROOT / "configs/gpus/model/errors.csv"
ENOUGH = 20
LOW, HIGH = 10, 90


@dataclass(frozen=True)
class Interval:
    """Factors on an estimated time: eight of ten measured rows like it lay between. `rows` of them, `alike` how."""

    low: float
    high: float
    rows: int
    alike: str


def interval(device: Device, result: Estimate, path: Path = ERRORS) -> Optional[Interval]:
    """The interval of an estimate; None where no measured row is like it."""
    if device.kind != "gpu":
        return None
    few = "few" if result.few else "many"
    rows = _rows(path)
    alike = result.bound_by()
    chosen = [row for row in rows if (row.vectors, row.bound_by) == (few, alike)]
    if len(chosen) < ENOUGH:
        chosen, alike = [row for row in rows if row.vectors == few], "any bound"
    return Interval(_percentile(chosen, LOW), _percentile(chosen, HIGH), len(chosen), f"{few} vectors, {alike}")


def _percentile(rows: list["_Row"], percent: float) -> float:
    """The smallest ratio that this share of the devices' equal weights does not exceed."""
    count = Counter(row.device for row in rows)
    ordered = sorted(rows, key=lambda row: row.ratio)
    reached = np.cumsum([1 / count[row.device] for row in ordered]) / len(count)
    return ordered[min(int(np.searchsorted(reached, percent / 100)), len(ordered) - 1)].ratio


@dataclass(frozen=True)
class _Row:
    device: str
    vectors: str
    bound_by: str
    ratio: float


@lru_cache
def _rows(path: Path) -> list[_Row]:
    """Every measured row of a GPU, with measurement over estimate."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_Row(line["device"], line["vectors"], line["bound_by"],
                         float(line["measured_s"]) / float(line["estimate_s"]))
                    for line in csv.DictReader(file) if line["kind"] == "gpu"]
    except (OSError, KeyError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"{path}: cannot be read as the model's errors: {error!r}") from error

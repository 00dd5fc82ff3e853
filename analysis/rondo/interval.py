"""How far an estimate may be off: what the model's errors were on measured rows like it.

Alike are rows of GPUs with as few (up to 4) or as many vectors in a step whose estimate is bound by the same thing,
memory, arithmetic, recurrence or launches. Every such row was predicted by a fit that has not seen its device
(configs/gpus/model/errors.csv, written by model_error.py), and every device counts the same, however many rows it has.
Groups of fewer than ENOUGH rows or FAMILIES_ENOUGH chip families fall back to all rows with few or with many vectors.

The 10th and 90th percentile of such a group hold less than eight of ten rows of a chip family that is not in it. So
both are drawn apart, by the least power that makes the intervals hold eight of ten rows of families left out of them,
each device counting the same (`coverage`). A device of which no row was measured has an assumed launch time: half and
twice of it are inside too.

No measured row is like a CPU, a roofline, int8 or the persistent algorithm: these have no interval.
"""

import csv
import math
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from .gpu import Device, Estimate
from .measured import family
from .simulator import ROOT
from .yaml_reader import InputError

ERRORS = ROOT / "configs/gpus/model/errors.csv"
ENOUGH, FAMILIES_ENOUGH = 20, 3
LOW, HIGH = 10, 90
PROMISED = 0.8
LAUNCH_FACTOR = 2.0


@dataclass(frozen=True)
class Interval:
    """Factors on an estimated time: eight of ten measured times like it are expected between. From `rows` rows,
    `alike` how; `assumed_launch`: widened because nobody measured the launch time of the device."""

    low: float
    high: float
    rows: int
    alike: str
    assumed_launch: bool = False


def interval(device: Device, result: Estimate, path: Path = ERRORS) -> Optional[Interval]:
    """The interval of an estimate; None where no measured row is like it."""
    if device.kind != "gpu" or result.algorithm != "standard" or result.numbers == "int8":
        return None
    rows = _rows(path)
    found = _of_group(rows, "few" if result.few else "many", result.bound_by(), widening(path))
    if any(row.device == device.key for row in rows):
        return found
    launches = (result.launch_s + result.call_s) / result.time_s
    return Interval(found.low * (1 - launches * (1 - 1 / LAUNCH_FACTOR)),
                    found.high * (1 + launches * (LAUNCH_FACTOR - 1)), found.rows, found.alike, True)


@lru_cache
def widening(path: Path = ERRORS) -> float:
    """The power on the percentiles, from 1 in steps of 0.01, at which intervals hold what they promise."""
    power = 1.0
    while coverage(path, power) < PROMISED and power < 10:
        power = round(power + 0.01, 2)
    return power


def coverage(path: Path = ERRORS, power: Optional[float] = None) -> float:
    """The share of measured times that lie in intervals made without any row of their chip family: the mean over the
    devices. No power: that of the intervals."""
    by_device = coverages(path, widening(path) if power is None else power)
    return float(np.mean(list(by_device.values())))


def coverages(path: Path, power: float) -> dict[str, float]:
    """The same device by device."""
    inside: dict[str, list[bool]] = {}
    for row, found in _without_family(path):
        low, high = found.low**power, found.high**power
        inside.setdefault(row.device, []).append(low <= row.ratio <= high)
    return {device: float(np.mean(hits)) for device, hits in inside.items()}


@lru_cache
def _without_family(path: Path) -> list[tuple["_Row", Interval]]:
    """Every row with the interval, not yet drawn apart, that the rows of the other families give."""
    rows, made = _rows(path), {}
    for row in rows:
        key = (family(row.device), row.vectors, row.bound_by)
        if key not in made:
            others = [other for other in rows if family(other.device) != key[0]]
            made[key] = _of_group(others, row.vectors, row.bound_by, 1.0)
    return [(row, made[family(row.device), row.vectors, row.bound_by]) for row in rows]


def _of_group(rows: Sequence["_Row"], vectors: str, bound_by: str, power: float) -> Interval:
    """The interval of a group; it always holds the estimate itself."""
    chosen = [row for row in rows if (row.vectors, row.bound_by) == (vectors, bound_by)]
    alike = bound_by
    if len(chosen) < ENOUGH or len({family(row.device) for row in chosen}) < FAMILIES_ENOUGH:
        chosen, alike = [row for row in rows if row.vectors == vectors], "any bound"
    low, high = min(1.0, _percentile(chosen, LOW)), max(1.0, _percentile(chosen, HIGH))
    return Interval(low**power, high**power, len(chosen), f"{vectors} vectors, {alike}")


def _percentile(rows: Sequence["_Row"], percent: float) -> float:
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
            rows = [_Row(line["device"], line["vectors"], line["bound_by"],
                         float(line["measured_s"]) / float(line["estimate_s"]))
                    for line in csv.DictReader(file) if line["kind"] == "gpu"]
    except (OSError, KeyError, ValueError, ZeroDivisionError) as error:
        raise InputError(f"{path}: cannot be read as the model's errors: {error!r}") from error
    if not rows or not all(math.isfinite(row.ratio) and row.ratio > 0 for row in rows):
        raise InputError(f"{path}: cannot be read as the model's errors: no rows, or a time that is not positive")
    return rows

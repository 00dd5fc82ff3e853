"""How wrong the GPU model is: its constants fitted on measured rows, and every row predicted by a fit that has not seen
its device.

The fit minimises the logarithm of estimate over measurement, by Levenberg and Marquardt; beyond HALF_WEIGHT an error
counts like its size, not its square (libraries now and then choose a kernel several times slower than the next). Each
constant is held to its start value by a spring, so that one about which the rows say nothing (tensor cores without
the V100) stays there. No randomness: the same rows give the same constants.
"""

from dataclasses import astuple, dataclass, fields
from typing import Any, Optional, Sequence

import numpy as np

from . import formula, interval, measured
from .device import Device, find_device, read_device
from .formula import Constants
from .gpu import GATES, estimate
from .measured import FAMILIES, Row
from .yaml_reader import InputError

HALF_WEIGHT = 0.2
SPRING = 0.05
ROUNDS = 200


@dataclass(frozen=True)
class Table:
    """Measured rows as arrays for the formula. All run the standard algorithm and only recurrent products."""

    on: formula.Processor
    rows: np.ndarray
    depth: np.ndarray
    vectors: np.ndarray
    steps: np.ndarray
    log_time: np.ndarray

    def chosen(self, mask: np.ndarray) -> "Table":
        """The rows where the mask is true."""
        on = formula.Processor(*(getattr(self.on, f.name)[mask] for f in fields(formula.Processor)))
        return Table(on, self.rows[mask], self.depth[mask], self.vectors[mask], self.steps[mask], self.log_time[mask])

    def log_errors(self, constants: Constants) -> np.ndarray:
        """The logarithm of estimate over measurement."""
        first, later = (formula.product(self.on, self.rows, self.depth, self.vectors, repeated, constants).total
                        for repeated in (False, True))
        launches = self.steps * formula.step_launches_s(self.on, self.vectors, constants)
        return np.log(first + (self.steps - 1) * later + launches + formula.call_s(self.on, constants)) - self.log_time


def tabulate(rows: Sequence[Row], devices: dict[str, Device]) -> Table:
    """The rows as arrays."""
    for row in rows:
        if row.input or row.algorithm != "standard":
            raise InputError(f"{row.source}: only rows of recurrent products and the standard algorithm can be fitted")
    on = formula.stacked([formula.processor(devices[row.device], row.precision, row.library) for row in rows])
    return Table(on, np.array([float(GATES[row.cell] * row.hidden) for row in rows]),
                 np.array([float(row.hidden) for row in rows]), np.array([float(row.batch) for row in rows]),
                 np.array([float(row.steps) for row in rows]), np.log([row.time_s for row in rows]))


def read_devices(rows: Sequence[Row]) -> dict[str, Device]:
    """The data sheets that the rows name; InputError for all that are missing."""
    names = list(dict.fromkeys(row.device for row in rows))
    paths = {name: find_device(name) for name in names}
    missing = [name for name in names if paths[name] is None]
    if missing:
        raise InputError(*(f"measured rows name the device {name}, which configs/gpus lacks" for name in missing))
    return {name: read_device(path) for name, path in paths.items() if path}


def fit(table: Table, start: Constants = Constants()) -> Constants:
    """The constants that fit the rows best, all of them positive."""
    origin = np.log(astuple(start))
    place = origin.copy()
    damping = 1e-3

    def errors(point: np.ndarray) -> np.ndarray:
        return table.log_errors(Constants(*np.exp(point)))

    def cost(point: np.ndarray, found: np.ndarray) -> float:
        robust = 2 * HALF_WEIGHT**2 * (np.sqrt(1 + (found / HALF_WEIGHT) ** 2) - 1)
        return float(np.sum(robust) + SPRING**2 * np.sum((point - origin) ** 2))

    found = errors(place)
    best = cost(place, found)
    for _ in range(ROUNDS):
        slopes = np.stack([(errors(place + 1e-6 * axis) - errors(place - 1e-6 * axis)) / 2e-6
                           for axis in np.eye(len(place))], axis=1)
        weights = 1 / np.sqrt(1 + (found / HALF_WEIGHT) ** 2)
        curvature = slopes.T @ (weights[:, None] * slopes) + SPRING**2 * np.eye(len(place))
        downhill = slopes.T @ (weights * found) + SPRING**2 * (place - origin)
        while damping < 1e9:
            step = np.linalg.solve(curvature + damping * np.diag(np.diag(curvature)), -downhill)
            tried = errors(place + step)
            if cost(place + step, tried) < best:
                break
            damping *= 4
        else:
            break
        gain = best - cost(place + step, tried)
        place, found, best, damping = place + step, tried, best - gain, max(damping / 8, 1e-9)
        if gain < 1e-12 * best:
            break
    return Constants(*np.exp(place))


@dataclass(frozen=True)
class Judged:
    """A row with the estimate of a model that has not seen its device. `few` and `bound` are how rows are grouped for
    intervals."""

    row: Row
    kind: str
    estimate_s: float
    few: bool
    bound: str
    fitted: bool

    @property
    def error(self) -> float:
        """Estimate over measurement, less one."""
        return self.estimate_s / self.row.time_s - 1


@dataclass(frozen=True)
class Report:
    """All that is known of the model's error. `by_family`: the fit's rows, each predicted without its family."""

    constants: Constants
    ranges: dict[str, tuple[float, float]]
    judged: list[Judged]
    in_sample: list[float]
    by_family: list[float]

    def unseen(self) -> list[Judged]:
        """The rows of the fit, each predicted by a fit without its device."""
        return [judged for judged in self.judged if judged.fitted]

    def elsewhere(self) -> list[Judged]:
        """The rows that no fit has seen."""
        return [judged for judged in self.judged if not judged.fitted]


def make_report(rows: Optional[list[Row]] = None, elsewhere: Optional[list[Row]] = None) -> Report:
    """Fits the constants, leaves each device and each family out in turn, and judges the rows of other sources."""
    rows = measured.read_rows(measured.FITTED) if rows is None else rows
    elsewhere = measured.read_rows(measured.ELSEWHERE) if elsewhere is None else elsewhere
    devices = read_devices([*rows, *elsewhere])
    table = tabulate(rows, devices)
    constants = fit(table)
    without: dict[str, Constants] = {}
    errors = _left_out(rows, table, [(name,) for name in dict.fromkeys(row.device for row in rows)], without)
    judged = [_judge(row, devices, without[row.device], True) for row in rows]
    judged += [_judge(row, devices, without.get(row.device, constants), False) for row in elsewhere]
    assert np.allclose([j.error for j in judged if j.fitted], errors, rtol=1e-6)
    ranges = {name: (min(getattr(c, name) for c in without.values()), max(getattr(c, name) for c in without.values()))
              for name in formula.NAMES}
    return Report(constants, ranges, judged, list(np.expm1(table.log_errors(constants))),
                  _left_out(rows, table, FAMILIES, {}))


def _left_out(rows: list[Row], table: Table, groups: Sequence[Sequence[str]],
              without: dict[str, Constants]) -> list[float]:
    """The relative error of each row by a fit without its group; puts these fits into `without`."""
    names = np.array([row.device for row in rows])
    errors = np.zeros(len(rows))
    for group in groups:
        out = np.isin(names, list(group))
        if out.all() or not out.any():
            continue
        constants = fit(table.chosen(~out))
        without.update(dict.fromkeys(group, constants))
        errors[out] = np.expm1(table.chosen(out).log_errors(constants))
    return [float(error) for error in errors]


def _judge(row: Row, devices: dict[str, Device], constants: Constants, fitted: bool) -> Judged:
    found = estimate(devices[row.device], row.shape(), constants, **row.options())
    return Judged(row, devices[row.device].kind, found.time_s, found.few, found.bound_by(), fitted)


def median_and_90(errors: Sequence[float]) -> tuple[float, float]:
    """The median and the 90th percentile of the errors' absolute values."""
    sizes = np.abs(np.array(errors))
    return float(np.median(sizes)), float(np.percentile(sizes, 90))


COLUMNS = ("device", "kind", "library", "precision", "cell", "hidden", "input", "batch", "steps", "measured_s",
           "estimate_s", "vectors", "bound_by", "fitted")


def as_lines(report: Report) -> list[list[str]]:
    """Every measured row with its estimate by a fit without its device, as the lines of a CSV file."""
    lines = [list(COLUMNS)]
    for judged in report.judged:
        row = judged.row
        lines.append([row.device, judged.kind, row.library, row.precision, row.cell, str(row.hidden), str(row.input),
                      str(row.batch), str(row.steps), f"{row.time_s:.6g}", f"{judged.estimate_s:.6g}",
                      "few" if judged.few else "many", judged.bound, "yes" if judged.fitted else "no"])
    return lines


def constants_text(constants: Constants) -> str:
    """The constants as the file that gpu.read_constants reads."""
    head = ["# Fitted on configs/gpus/measured/deepbench.csv and written by ./rondo compare --model-error --out DIR;",
            "# meanings and formula: analysis/rondo/formula.py."]
    return "\n".join(head + [f"{name}: {getattr(constants, name):.5g}" for name in formula.NAMES]) + "\n"


def changed(committed: Constants, refitted: Constants) -> list[str]:
    """The constants of which the committed value is not what the fit gives, to a part in a thousand."""
    return [name for name in formula.NAMES
            if abs(getattr(committed, name) / getattr(refitted, name) - 1) > 1e-3]


NOTES = (
    "Each device is predicted by a fit that has seen none of its rows; the rows below the line come from other sources "
    "and are never fitted. Titan X and Titan Xp, Titan X (Maxwell) and M40, MI25 and Vega FE are near twins: the line "
    "with the chip family left out shows what the model says of a family it has not seen.",
    "jetson_tx1: its 12 rows of the cell rnn are fitted as printed, 25 steps; their times fit the 50 steps of the "
    "benchmark's list. brainwave: its step_us comes from these rows.",
)


def intervals_note() -> str:
    """What the intervals of estimates hold (interval.py), by the committed errors."""
    return (f"Intervals of estimates, the 10th and 90th percentile drawn apart by the power {interval.widening():.2f}, "
            f"hold {100 * interval.coverage():.0f} % of the rows of chip families left out of them, each device "
            f"counting the same ({100 * interval.coverage(power=1.0):.0f} % as they are).")


def as_json(report: Report, committed: Constants) -> dict[str, Any]:
    """The report for machines."""
    def summary(errors: Sequence[float]) -> dict[str, Any]:
        middle, ninety = median_and_90(errors)
        return {"rows": len(errors), "median": middle, "within_90": ninety}

    def by_device(rows: list[Judged]) -> list[dict[str, Any]]:
        keys = dict.fromkeys((j.row.device, j.row.precision) for j in rows)
        return [{"device": device, "numbers": numbers,
                 **summary([j.error for j in rows if (j.row.device, j.row.precision) == (device, numbers)])}
                for device, numbers in keys]
    return {"device_left_out": summary([j.error for j in report.unseen()]),
            "family_left_out": summary(report.by_family),
            "interval": {"power": interval.widening(), "coverage": interval.coverage(),
                         "by_device": interval.coverages(interval.ERRORS, interval.widening())},
            "nothing_left_out": summary(report.in_sample), "devices": by_device(report.unseen()),
            "elsewhere": by_device(report.elsewhere()),
            "constants": {name: {"committed": getattr(committed, name), "fitted": getattr(report.constants, name),
                                 "device_left_out": report.ranges[name]} for name in formula.NAMES}}

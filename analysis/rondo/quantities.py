"""What the numbers of a report are called, their units, and how they are written for people."""

import difflib
import math
import re
from dataclasses import dataclass
from typing import Any, Optional

Report = dict[str, Any]


@dataclass(frozen=True)
class Quantity:
    """One number of a report: its path, its name on an axis, its unit, and whether more of it is better."""

    path: str
    title: str
    unit: str
    more_is_better: bool = False


@dataclass(frozen=True)
class Objective:
    """A figure of the report to be made small, or large."""

    quantity: Quantity
    maximise: bool


_NAMED = {q.path: q for q in (
    Quantity("time_s", "time", "s"),
    Quantity("total_cycles", "cycles", ""),
    Quantity("cycles_per_step", "cycles per step", ""),
    Quantity("energy_j.total", "energy", "J"),
    Quantity("energy_j.leakage", "leakage energy", "J"),
    Quantity("area_mm2.total", "area", "mm²"),
    Quantity("utilisation", "utilisation", "", True),
    Quantity("effective_ops_per_s", "effective operations", "op/s", True),
    Quantity("peak_ops_per_s", "peak operations", "op/s", True),
    Quantity("accuracy.sqnr_db", "SQNR", "dB", True),
    Quantity("accuracy.max_abs_error", "largest error", ""),
    Quantity("bits_per_character.chip", "bits per character", ""),
    Quantity("power_w", "mean power", "W"),
    Quantity("energy_delay_js", "energy x time", "Js"),
    Quantity("sequences_per_s", "sequences per second", "", True),
    Quantity("energy_j_per_sequence", "energy per sequence", "J"),
)}

# Figures made of others: path -> the function of a report.
_DERIVED = {
    "power_w": lambda report: report["energy_j"]["total"] / report["time_s"],
    "energy_delay_js": lambda report: report["energy_j"]["total"] * report["time_s"],
    "sequences_per_s": lambda report: report["network_shape"]["batch"] / report["time_s"],
    "energy_j_per_sequence": lambda report: report["energy_j"]["total"] / report["network_shape"]["batch"],
}

# What people call them.
ALIASES = {"latency": "time_s", "energy": "energy_j.total", "energy_delay": "energy_delay_js", "area": "area_mm2.total",
           "throughput": "sequences_per_s", "accuracy": "accuracy.sqnr_db"}

_WORD = r"[A-Za-z0-9_]+"
_FAMILIES = re.compile("|".join((
    rf"energy_j\.units\.{_WORD}\.{_WORD}", rf"energy_j\.(dynamic|leakage_units\.{_WORD})",
    rf"area_mm2\.units\.{_WORD}", rf"units\.{_WORD}\.(cycles|actions|counters)\.{_WORD}",
    rf"memories\.{_WORD}\.(read_bytes|written_bytes|capacity_bytes)", rf"saturation\.{_WORD}")) + r"\Z")

# Figures that a chip's reports hold beside those with a name; empty where nobody knows.
Figures = frozenset[str]

# What the DRAM's device counts only the device says (`rondo describe` has the ideal one): the first report tells.
_OF_THE_DEVICE = re.compile(r"(units\.dram\.(actions|counters)|energy_j\.units\.dram)\.\w+\Z")
_SECOND_ARRAY = re.compile(r"\.(weights|matrix)[1-3](?=\.|\Z)")

_UNITS = (("_bytes", "B"), ("_s", "s"), ("_mhz", "MHz"))


def quantity(path: str) -> Optional[Quantity]:
    """The quantity at a path of the report, or at a common name of it, None when reports hold no such number."""
    path = ALIASES.get(path, path)
    if path in _NAMED:
        return _NAMED[path]
    if not _FAMILIES.match(path):
        return None
    unit = "J" if path.startswith("energy") else "mm²" if path.startswith("area") else ""
    unit = next((u for ending, u in _UNITS if path.endswith(ending)), unit)
    title = path.removeprefix("units.").removeprefix("memories.")
    return Quantity(path, title.replace(".", " ").replace("_", " "), unit)


def known_quantities() -> str:
    """The paths that `quantity` knows, as one line for a message."""
    return ", ".join([*ALIASES, *_NAMED]) + ", units.UNIT.cycles.CAUSE, memories.MEMORY.read_bytes, ..."


def figures_of_tables(tables: dict[str, list[dict[str, str]]]) -> Figures:
    """The figures of a chip's reports, from the tables of `rondo describe`."""
    pairs = [tuple(row["name"].split(".", 1)) for row in tables.get("actions", [])]
    memories = {part for part, action in pairs if action == "read"}
    units = {part for part, _ in pairs} - (memories - {"dram"})
    found = {f"units.{unit}.actions.{action}" for unit, action in pairs if unit in units}
    found |= {f"energy_j.units.{part}.{action}" for part, action in pairs}
    found |= {f"units.{unit}.cycles.{row['name']}" for unit in units for row in tables.get("causes", [])}
    found |= {"units.{}.counters.{}".format(*row["name"].split(".", 1)) for row in tables.get("counters", [])}
    found |= {f"{kind}.{part}" for kind in ("energy_j.leakage_units", "area_mm2.units") for part in units | memories}
    found |= {f"memories.{one}.{kind}_bytes" for one in memories for kind in ("read", "written", "capacity")}
    return frozenset(found | {"saturation.accumulator", "saturation.gate", "energy_j.dynamic"} if found else found)


def missing(path: str, known: Figures) -> str:
    """What is wrong with a figure that no report of the chip will hold, and what is close to it; nothing where a report may
    hold it."""
    one = _SECOND_ARRAY.sub(r".\1", path)
    if path in _NAMED or not known or one in known or _OF_THE_DEVICE.match(path):
        return ""
    close = difflib.get_close_matches(one, known, n=3, cutoff=0.4)
    return f"reports have no figure {path}; close: {', '.join(close) or 'none'}"


def value_at(report: Report, path: str) -> Optional[float]:
    """The finite number at a dotted path of the report, or derived from it; None when it is not there."""
    path = ALIASES.get(path, path)
    try:
        if path in _DERIVED:
            return float(_DERIVED[path](report))
        value: Any = report
        for word in path.split("."):
            value = value[word]
        return float(value) if math.isfinite(float(value)) else None
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None


def unheld(report: Report, path: str) -> Optional[str]:
    """None where the report has a place for the figure, a number in it or not. Otherwise what it has instead where the path
    leaves it, as the end of a message; nothing where it leaves at once."""
    path = ALIASES.get(path, path)
    there: Any = report
    words = [] if path in _DERIVED else path.split(".")
    for depth, word in enumerate(words):
        if not isinstance(there, dict) or word not in there:
            names = ", ".join(there) if isinstance(there, dict) else ""
            return f"; {'.'.join(words[:depth])} has {names or 'nothing here'}" if depth else ""
        there = there[word]
    return None


# Units that take no SI prefix.
UNSCALED = ("mm²", "dB", "MHz")

_PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"),
             (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def written(value: Optional[float], unit: str = "") -> str:
    """The value with three digits and an SI prefix: 1.23 ms. Units that take no prefix keep plain digits, and so do numbers
    below one without a unit."""
    if value is None:
        return "-"
    if value == 0 or unit in UNSCALED or (not unit and 1e-4 <= abs(value) < 1):
        return _digits(value, unit)
    size = abs(float(f"{value:.3g}"))
    factor, prefix = next((entry for entry in _PREFIXES if size >= entry[0]), _PREFIXES[-1])
    return _digits(value / factor, prefix + unit)


def without_numbers(words: str) -> str:
    """A message by which those that differ in their numbers alone are alike."""
    return re.sub(r"\d[\d,_.]*", "#", words)


def _digits(value: float, unit: str) -> str:
    digits = f"{value:.3g}"
    if "e" in digits:
        digits = f"{value:.0f}" if abs(value) >= 1 else digits
    elif digits.lstrip("-").replace(".", "").lstrip("0") and abs(value) < 100 and "." in f"{value:#.3g}":
        digits = f"{value:#.3g}".rstrip(".")
    return f"{digits} {unit}".rstrip()

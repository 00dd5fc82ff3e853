"""What a whole of a run is made of, by unit: joules by action, cycles of the critical path by kind; and a colour for each
part."""

from .colours import LEAKAGE, OTHER, SERIES
from .quantities import Report

Parts = dict[str, dict[str, float]]

# Parts below this share of everything become one.
CRUMB = 0.005


def energy_parts(report: Report) -> Parts:
    """Joules by unit and action, leakage last, the largest unit first."""
    energy = report.get("energy_j", {})
    parts = {unit: {action: joules for action, joules in actions.items() if joules}
             for unit, actions in energy.get("units", {}).items()}
    for unit, joules in energy.get("leakage_units", {}).items():
        if joules:
            parts.setdefault(unit, {})["leakage"] = joules
    return _largest_first(parts)


def path_parts(why: Report) -> Parts:
    """Cycles of the critical path by unit and kind, the largest unit first."""
    return _largest_first(why["units"])


def _largest_first(parts: Parts) -> Parts:
    return dict(sorted(((unit, part) for unit, part in parts.items() if part), key=lambda item: -sum(item[1].values())))


def without_crumbs(parts: Parts) -> tuple[Parts, dict[str, str]]:
    """Parts that take half a percent of everything, each with a colour, the largest first; the others as one, before
    leakage."""
    sums: dict[str, float] = {}
    for part in parts.values():
        for name, value in part.items():
            sums[name] = sums.get(name, 0.0) + value
    least = CRUMB * sum(sums.values())
    large = sorted((name for name in sums if name != "leakage" and sums[name] > least), key=lambda name: -sums[name])
    colours = {name: SERIES[index % len(SERIES)] for index, name in enumerate(large)}
    colours.update({"other": OTHER, "leakage": LEAKAGE})
    merged: Parts = {}
    for unit, part in parts.items():
        kept: dict[str, float] = {}
        for name, value in part.items():
            shown = name if name in colours else "other"
            kept[shown] = kept.get(shown, 0.0) + value
        merged[unit] = {name: kept[name] for name in colours if name in kept}
    return merged, colours

"""Values that no point can run with, found by asking the simulator about the chips of a few points before any point runs.
What a value does beside others (a capacity that is no multiple of the banks) is the simulator's knowledge alone."""

from pathlib import Path
from typing import Iterator

import numpy as np

from . import sampling, simulator
from .quantities import without_numbers
from .space import Space
from .yaml_reader import Scalar

TRIED = 8  # points for each value
_DRAWN = 4096  # of which they are taken
_MOST = 2000  # points in all

Mistake = tuple[str, str]  # the parameter, "" for all of them; what is wrong


def hopeless(chips: dict[str, Path], space: Space) -> Iterator[Mistake]:
    """Values whose points all fail because of them; where all points fail for other reasons, these."""
    table = _sample(sampling.at_random(space, _DRAWN, 0))
    words = _mistakes(chips, space, table)
    blamed = False
    for place, axis in enumerate(space.axes, start=2):
        for part, name in enumerate(axis.names):
            bad: dict[Scalar, str] = {}
            for index in np.unique(table[:, place]).tolist():
                found = [_against(name, words[row]) for row in np.flatnonzero(table[:, place] == index)]
                if all(found):
                    bad[axis.values[index][part]] = found[0]
            if bad:
                blamed = True
                yield name, f"no point can run with {', '.join(str(value) for value in bad)}: {next(iter(bad.values()))}"
    if not blamed and all(words):
        for count, first in _by_cause(words):
            yield "", f"{count} of {len(words)} points that were tried cannot run: {first}"


def _against(parameter: str, words: str) -> str:
    """The first line that is about what was set for this parameter."""
    return next((line for line in words.splitlines() if f"--set {parameter}=" in line), "")


def _sample(table: np.ndarray) -> np.ndarray:
    """Rows in which each value stands TRIED times, as far as there are so many; drawn with a fixed seed."""
    dice = np.random.default_rng(0)
    chosen: dict[int, None] = {}
    for place in range(table.shape[1]):
        order = dice.permutation(len(table))
        values = table[order, place]
        for index in np.unique(values):
            chosen.update(dict.fromkeys(order[np.flatnonzero(values == index)[:TRIED]].tolist()))
    return table[sorted(list(chosen)[:_MOST])]


def _mistakes(chips: dict[str, Path], space: Space, table: np.ndarray) -> list[str]:
    """What the simulator says against the chip of each row, nothing where it is sound."""
    requests = []
    for row in table.tolist():
        chip, settings = space.chips[row[0]], space.settings(tuple(row))
        requests.append({"about": "chip", "chip": str(chips[chip]), "set": settings})
    return [answer["mistake"] or "" for answer in simulator.about(requests)]


def _by_cause(words: list[str]) -> list[tuple[int, str]]:
    """Messages that differ in more than their numbers: how many, and the first as it is."""
    found: dict[str, list[str]] = {}
    for one in words:
        found.setdefault(without_numbers(one), []).append(one)
    return [(len(group), group[0]) for group in sorted(found.values(), key=len, reverse=True)[:3]]

"""Which files the answer to a point depends on, as the simulator names them before anything runs, and their hashes."""

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

from . import simulator
from .axes import FILES
from .space import Space
from .yaml_reader import Scalar

_MOST_TRIED = 256  # combinations of a network's sizes

Key = tuple[str, str, str]  # "chip", its name, and a setting of FILES as name=value; "network" and its name


@dataclass(frozen=True)
class Dependence:
    """`digests`: hashes of all files behind a chip, behind one of its settings that names a file, and behind a network.
    `wrong`: by network, the simulator's words about those that no value of their sizes makes sound.
    `without_weights`: networks that have no values."""

    digests: dict[Key, str]
    wrong: dict[str, str]
    without_weights: list[str]

    def of(self, chip: str, network: str, settings: dict[str, Scalar]) -> list[str]:
        """Hashes of all that the point's answer depends on besides its settings; wherever the files lie."""
        keys = [("chip", chip, "")] + [("chip", chip, f"{name}={settings[name]}") for name in FILES if name in settings]
        return [self.digests[key] for key in keys + [("network", network, "")]]


def find_dependence(chips: dict[str, Path], networks: dict[str, Path], space: Space) -> Dependence:
    """Asks the simulator about every chip and network, and reads all files that it names."""
    asked = [*_of_chips(chips, space), *_of_networks(networks, space)]
    answers = simulator.about([request for _, request in asked])
    found: dict[Key, dict[str, Any]] = {}
    words: dict[str, str] = {}
    for (key, _), answer in zip(asked, answers):
        if answer["ok"]:
            found.setdefault(key, answer)
        else:
            words.setdefault(key[1], str(answer["error"]))
    hashes: dict[Path, str] = {}
    digests = {key: _digest([Path(file) for file in answer["files"]], hashes) for key, answer in found.items()}
    wrong = {name: error for name, error in words.items() if ("network", name, "") not in found}
    return Dependence(digests, wrong, [key[1] for key, answer in found.items() if answer.get("without_weights")])


def _of_chips(chips: dict[str, Path], space: Space) -> Iterator[tuple[Key, dict[str, Any]]]:
    named = [(name, value) for name in FILES for value in _values(space, name)]
    for chip, path in chips.items():
        yield ("chip", chip, ""), {"about": "chip", "chip": str(path)}
        for name, value in named:
            yield ("chip", chip, f"{name}={value}"), {"about": "chip", "chip": str(path), "set": {name: value}}


def _of_networks(networks: dict[str, Path], space: Space) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Each network with every combination of the sizes that are set."""
    fixed = {name: value for name, value in space.fixed.items() if name.startswith("network.")}
    axes = [axis for axis in space.axes if any(name.startswith("network.") for name in axis.names)]
    for network, path in networks.items():
        for values in itertools.islice(itertools.product(*(axis.values for axis in axes)), _MOST_TRIED):
            varied = {name: part for axis, value in zip(axes, values) for name, part in zip(axis.names, value)
                      if name.startswith("network.")}
            yield ("network", network, ""), {"about": "network", "network": str(path), "set": {**fixed, **varied}}


def _values(space: Space, name: str) -> list[Scalar]:
    values = [value[axis.names.index(name)] for axis in space.axes if name in axis.names for value in axis.values]
    return values or ([space.fixed[name]] if name in space.fixed else [])


def _digest(files: list[Path], hashes: dict[Path, str]) -> str:
    for file in files:
        if file not in hashes:
            hashes[file] = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    return hashlib.sha256(json.dumps([hashes[file] for file in files]).encode()).hexdigest()

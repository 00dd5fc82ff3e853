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
    """The hash of all files behind a chip, behind one of its settings that names a file, and behind a network."""

    digests: dict[Key, str]

    def of(self, chip: str, network: str, settings: dict[str, Scalar]) -> list[str]:
        """Hashes of all that the point's answer depends on besides its settings; wherever the files lie."""
        keys = [("chip", chip, "")] + [("chip", chip, f"{name}={settings[name]}") for name in FILES if name in settings]
        return [self.digests[key] for key in keys + [("network", network, "")]]


def find_dependence(chips: dict[str, Path], networks: dict[str, Path], space: Space) -> tuple[Dependence, dict[str, str]]:
    """Also, by network, the simulator's words about those that no value of their sizes makes sound."""
    asked = [*_of_chips(chips, space), *_of_networks(networks, space)]
    answers = simulator.files_read([request for _, request in asked])
    found: dict[Key, list[Path]] = {}
    words: dict[str, str] = {}
    for (key, _), (files, error) in zip(asked, answers):
        if error is None:
            found.setdefault(key, files)
        else:
            words.setdefault(key[1], error)
    hashes: dict[Path, str] = {}
    digests = {key: _digest(files, hashes) for key, files in found.items()}
    return Dependence(digests), {name: error for name, error in words.items() if ("network", name, "") not in found}


def _of_chips(chips: dict[str, Path], space: Space) -> Iterator[tuple[Key, dict[str, Any]]]:
    named = [(name, value) for name in FILES for value in _values(space, name)]
    for chip, path in chips.items():
        yield ("chip", chip, ""), {"files": "chip", "chip": str(path)}
        for name, value in named:
            yield ("chip", chip, f"{name}={value}"), {"files": "chip", "chip": str(path), "set": {name: value}}


def _of_networks(networks: dict[str, Path], space: Space) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Each network with every combination of the sizes that are set."""
    fixed = {name: value for name, value in space.fixed.items() if name.startswith("network.")}
    axes = [axis for axis in space.axes if any(name.startswith("network.") for name in axis.names)]
    for network, path in networks.items():
        for values in itertools.islice(itertools.product(*(axis.values for axis in axes)), _MOST_TRIED):
            varied = {name: part for axis, value in zip(axes, values) for name, part in zip(axis.names, value)
                      if name.startswith("network.")}
            yield ("network", network, ""), {"files": "network", "network": str(path), "set": {**fixed, **varied}}


def _values(space: Space, name: str) -> list[Scalar]:
    values = [value[axis.names.index(name)] for axis in space.axes if name in axis.names for value in axis.values]
    return values or ([space.fixed[name]] if name in space.fixed else [])


def _digest(files: list[Path], hashes: dict[Path, str]) -> str:
    for file in files:
        if file not in hashes:
            hashes[file] = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
    return hashlib.sha256(json.dumps([hashes[file] for file in files]).encode()).hexdigest()

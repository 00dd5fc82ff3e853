"""What a comparison is between: chips and devices that a command named, and everything that is wrong with it."""

import difflib
from dataclasses import dataclass, field
from pathlib import Path

from . import gpu, simulator
from .device import Device, find_device, is_device_file, read_device
from .workload import BATCH_DIMENSION, Workload
from .yaml_reader import InputError


@dataclass
class Contenders:
    """The chips and devices that a command named, and how devices run: options of an estimate (`run_device`)."""

    chips: list[str]
    devices: list[Device]
    options: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """What the tables call them, chips first."""
        return [key_of(chip) for chip in self.chips] + [device.key for device in self.devices]


def key_of(name: str) -> str:
    """What the tables call a chip or device: its name, or its file's without directory and ending."""
    return Path(name).stem


def find_contenders(names: list[str]) -> Contenders:
    """Sorts names into chips and devices. A name that is both is the chip. InputError for all wrong ones at
    once."""
    found, wrong = Contenders([], []), []
    for name in names:
        chip, device = simulator.find_config("chips", name), find_device(name)
        if chip and not is_device_file(chip):
            found.chips.append(name)
        elif device:
            try:
                found.devices.append(read_device(device))
            except InputError as error:
                wrong += error.messages
        else:
            wrong.append(unknown("chip or device", name, {"chips": "chips", "devices": "gpus"}))
    paths: dict[str, str] = {}
    for name in dict.fromkeys(names):
        other = paths.setdefault(Path(name).stem, name)
        if other != name:
            wrong.append(f"{other} and {name} would both be called {Path(name).stem}; rename one of the files")
    wrong += [f"{name} is named {names.count(name)} times; once is enough" for name in dict.fromkeys(names)
              if names.count(name) > 1]
    if wrong:
        raise InputError(*wrong)
    return found


def unknown(what: str, name: str, kinds: dict[str, str]) -> str:
    """The message about a name that leads to no file: the nearest names, then all. `kinds`: a word for each directory
    of configs/."""
    known = {word: simulator.known_configs(kind) for word, kind in kinds.items()}
    near = _near(key_of(name), [one for names in known.values() for one in names])
    meant = f" (did you mean {' or '.join(near)}?)" if near else ""
    lists = (f"{word if len(known) > 1 else 'known'}: {', '.join(names) or 'none'}" for word, names in known.items())
    return f"there is no {what} {name}{meant}; {'; '.join(lists)}; or the path of a file"


def _near(name: str, known: list[str]) -> list[str]:
    """The names most like it, at most two; a name may be cut: speach is near speech_emotion."""
    def like(one: str) -> float:
        return max(difflib.SequenceMatcher(None, name, part).ratio() for part in (one, one[:len(name)]))
    return [one for one in sorted(known, key=like, reverse=True) if like(one) >= 0.7][:2]


def check(workload: Workload, names: list[str], baseline: str, options: dict[str, str], batches: bool = False,
          explained: str = "") -> Contenders:
    """The contenders; InputError for everything that is wrong with the command, at once. `batches`: whether other batch
    sizes than the network's own are asked for; `explained`: the one whose terms are."""
    wrong = _network(workload)
    try:
        found = find_contenders(names)
        found.options = options
        if batches and found.chips and workload.fixes_batch():
            wrong.append(f"{workload.name} has a fixed batch, because its inputs come from a file; leave --batch and "
                         "--slo-ms away, or compare devices only")
        for device in found.devices:
            try:
                gpu.how(device, gpu.Constants(), numbers=options.get("numbers", ""))
            except InputError as error:
                wrong += error.messages
        known = found.names()
        if baseline and key_of(baseline) not in known:
            wrong.append(f"the baseline {baseline} is not compared; compared are {', '.join(known)}")
        if explained and key_of(explained) not in known:
            wrong.append(f"there is no {explained} to explain; compared are {', '.join(known)}")
    except InputError as error:
        wrong += error.messages
    if wrong:
        raise InputError(*wrong)
    return found


def _network(workload: Workload) -> list[str]:
    """What is wrong with the network's name, and with how its sizes are set."""
    if not workload.path.exists():
        return [unknown("network", workload.network, {"networks": "networks"})]
    if not workload.is_onnx and (workload.dimensions or workload.batch_dimension != BATCH_DIMENSION):
        return [f"{workload.name} is no ONNX model: --dim and --batch-dim are for those; its sizes are in its file, "
                "and --batch sets its batch"]
    return []

"""What a comparison is between: chips and devices that a command named, and everything that is wrong with it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from . import gpu, simulator
from .device import Device, find_device, is_device_file, read_device
from .yaml_reader import InputError, Reader


@dataclass
class Contenders:
    """The chips and devices that a command named, and how devices run: options of an estimate (`run_device`)."""

    chips: list[str]
    devices: list[Device]
    options: dict[str, str] = field(default_factory=dict)


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
            wrong.append(f"there is no chip or device {name}; chips: {_known('chips')}; "
                         f"devices: {_known('gpus')}; or the path of a file")
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


def _known(kind: str) -> str:
    return ", ".join(simulator.known_configs(kind)) or "none"


def check(network: str, names: list[str], baseline: Optional[str], options: dict[str, str],
          batches: bool = False, explained: Optional[str] = None) -> Contenders:
    """The contenders; InputError for everything that is wrong with the command, at once. `batches`: whether other batch
    sizes than the network's own are asked for; `explained`: the one whose terms are."""
    wrong = []
    if simulator.find_config("networks", network) is None and not Path(network).exists():
        wrong.append(f"there is no network {network}; known: {_known('networks')}; or the path of a file")
    try:
        found = find_contenders(names)
        found.options = options
        for device in found.devices:
            try:
                gpu.how(device, gpu.Constants(), numbers=options.get("numbers", ""))
            except InputError as error:
                wrong += error.messages
        if batches and found.chips and _has_inputs(network):
            wrong.append(f"{Path(network).stem} has a fixed batch, because its inputs come from a file; leave --batch "
                         "and --slo-ms away, or compare devices only")
        known = [Path(chip).stem for chip in found.chips] + [device.key for device in found.devices]
        if baseline and baseline not in known:
            wrong.append(f"the baseline {baseline} is not compared; compared are {', '.join(known)}")
        if explained and explained not in known:
            wrong.append(f"there is no {explained} to explain; compared are {', '.join(known)}")
    except InputError as error:
        wrong += error.messages
    if wrong:
        raise InputError(*wrong)
    return found


def _has_inputs(network: str) -> bool:
    """Whether the network's file names a file of inputs, which fixes the batch."""
    path = simulator.find_config("networks", network) or Path(network)
    try:
        reader = Reader(path)
        return "inputs" in reader.mapping(reader.root, str(path))
    except InputError:
        return False

"""Puts simulated chips and estimated devices side by side for one network, at one batch size or several."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Optional, Union

from .compare_notes import notes_of
from .contenders import Contenders, key_of
from .entries import at_batch, estimated, shape_of, simulated
from .entry import Entry, Misfit, is_misfit
from .simulator import Report
from .workload import Workload
from .yaml_reader import InputError

# Whose runs give devices the network's shape where no chip is compared, or none fits: the first that fits.
SHAPE_CHIPS = ("edge", "server")

Answer = Union[Report, InputError]
Runs = dict[tuple[str, Optional[int]], Answer]


@dataclass
class Comparison:
    """All entries for one network, batch by batch; the ratios are to the entry `baseline` of the same batch. `misfits`:
    chips that do not fit at a batch, in the place of their entries. `names`: every chip and device, chips first."""

    network: str
    steps: int
    batches: list[int]
    baseline: str
    names: list[str]
    entries: list[Entry]
    misfits: list[Misfit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shape: dict[str, Any] = field(default_factory=dict)
    rondo_version: str = ""

    def at(self, batch: int) -> list[Entry]:
        """The entries of one batch size."""
        return [entry for entry in self.entries if entry.batch == batch]

    def lines(self, batch: int) -> list[Union[Entry, Misfit]]:
        """One for every chip and device at one batch size, in the order of `names`."""
        found = {line.name: line for line in [*self.entries, *self.misfits] if line.batch == batch}
        return [found[name] for name in self.names]

    def of(self, name: str) -> list[Entry]:
        """The entries of one chip or device, batch by batch."""
        return [entry for entry in self.entries if entry.name == name]

    def unfit(self) -> list[str]:
        """The chips that fit at none of the batches."""
        return [name for name in self.names if not self.of(name)]


def compare(workload: Workload, contenders: Contenders, batches: list[int], baseline: str = "") -> Comparison:
    """Simulates the chips, a process for each core, and estimates the devices. No batches: the network's own. A chip
    that a batch does not fit is a misfit there; InputError where nothing has an answer. No baseline: the first that
    answers at every batch, else at most of them."""
    runs = _runs(workload, contenders.chips, batches)
    fitting = {key: answer for key, answer in runs.items() if not isinstance(answer, InputError)}
    if runs and not fitting and not contenders.devices:
        raise InputError(*_messages(runs))
    first = next(iter(fitting.values()), None) or _run_for_shape(workload, batches, runs)
    shape = shape_of(first, workload.name)
    result = Comparison(str(first.get("network") or workload.name), int(shape["steps"]),
                        batches or [int(shape["batch"])], baseline, contenders.names(), [], shape=shape,
                        rondo_version=str(first.get("rondo_version", "")))
    for size in result.batches:
        for chip in contenders.chips:
            answer = runs[chip, size if batches else None]
            if isinstance(answer, InputError):
                result.misfits.append(Misfit(key_of(chip), size, "\n".join(answer.messages)))
            else:
                result.entries.append(simulated(key_of(chip), answer))
        result.entries += [estimated(device, at_batch(shape, size), contenders.options)
                           for device in contenders.devices]
    if not baseline:
        result.baseline = max(result.names, key=lambda name: len(result.of(name)))
    _add_ratios(result)
    result.notes = notes_of(contenders, result.entries, result.misfits)
    return result


def _runs(workload: Workload, chips: list[str], batches: list[int]) -> Runs:
    """The report of every chip at every batch, or what the simulator says where it does not fit. InputError with all
    that is wrong otherwise."""
    def run(chip: str, size: Optional[int]) -> Answer:
        try:
            return workload.run(chip, size)
        except InputError as error:
            return error

    sizes: list[Optional[int]] = list(batches) or [None]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = {(chip, size): pool.submit(run, chip, size) for size in sizes for chip in chips}
        runs = {key: future.result() for key, future in futures.items()}
    if any(isinstance(answer, InputError) and not all(map(is_misfit, answer.messages)) for answer in runs.values()):
        raise InputError(*_messages(runs))
    return runs


def _run_for_shape(workload: Workload, batches: list[int], runs: Runs) -> Report:
    """A run of a chip that nobody named, for the network's shape, at the network's own batch; where no such chip fits,
    what the named ones said."""
    run = workload.run_for_shape if batches else workload.run
    wrong: list[str] = []
    for chip in SHAPE_CHIPS:
        try:
            return run(chip)
        except InputError as error:
            wrong = [f"the network's shape comes from a run of the chip {chip}: {message}"
                     for message in error.messages]
            if not all(map(is_misfit, error.messages)):
                break
    raise InputError(*(_messages(runs) or wrong))


def _messages(runs: Runs) -> list[str]:
    """The words of all runs that were refused, and of which chips at which batches where not all say the same."""
    wrong: dict[str, list[str]] = {}
    for (chip, batch), answer in runs.items():
        for message in answer.messages if isinstance(answer, InputError) else []:
            words = re.sub(r"(--set network.batch=)\d+", r"\1N", message)
            wrong.setdefault(words, []).append(key_of(chip) + (f" at batch {batch}" if batch else ""))
    return [words if len(where) == len(runs) else f"{', '.join(where)}: {words}" for words, where in wrong.items()]


def _add_ratios(result: Comparison) -> None:
    for base in result.of(result.baseline):
        for entry in result.at(base.batch):
            entry.latency_ratio = entry.latency_s / base.latency_s
            if entry.energy_j is not None and base.energy_j:
                entry.energy_ratio = entry.energy_j / base.energy_j

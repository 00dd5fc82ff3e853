"""What each parameter would buy: the chip of a finished run is run again with one change at a time. What is worth a
try comes from the critical path of the run (`--why`) and from a list of sizes that it cannot judge."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from .quantities import Report, value_at
from .result_files import flat
from .simulator import RunFailed, run_once
from .yaml_reader import InputError

# Sizes to double, each with the ports that must be as wide for it to count. The critical path knows rates and
# latencies; whether more room or another shape shortens a run, only a run says.
SHAPES = (("machine.rows", "activation_sram.bytes_per_cycle"),
          ("machine.cols", "weight_sram.bytes_per_cycle", "accumulators.bytes_per_cycle"),
          ("machine.arrays", "sequencer.dispatch_width", "activation_sram.read_ports"), ("gate.lanes",), ("machine.tile_fifo",),
          ("machine.stream_rows",), ("mapping.sum_buffers",), ("sequencer.dispatch_width",), ("weights.queue_depth",),
          ("matrix.queue_depth",), ("gate.queue_depth",), ("load.queue_depth",), ("load.outstanding",), ("store.outstanding",),
          ("dram.channels",), ("dram.bytes_per_cycle",))

Change = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Trial:
    """Parameters that change together, from and to. `bound`: cycles that the critical path would lose at most, None
    where it cannot say."""

    changes: Change
    bound: Optional[int] = None


@dataclass(frozen=True)
class Outcome:
    """A trial that was run: its figures, or why it could not be run."""

    trial: Trial
    cycles: Optional[int] = None
    energy_j: Optional[float] = None
    area_mm2: Optional[float] = None
    error: Optional[str] = None


@dataclass(frozen=True)
class WhatIf:
    """The run with its critical path, and the outcomes: those that save most cycles first, refused ones last."""

    base: Report
    outcomes: list[Outcome]


def trials(report: Report) -> list[Trial]:
    """What to try on the chip of a report that has `why`; each change once."""
    settings = flat(report["resolved_config"])
    found = [Trial({c["parameter"]: (c["from"], c["to"]) for c in gain["changes"]}, gain["cycles"])
             for gain in report["why"]["gains"]]
    found += [Trial(_doubled(settings, (port["parameter"],))) for port in report["why"]["ports"]]
    idle = "dram.channels" if settings["dram.model"] == "ideal" else "dram.bytes_per_cycle"  # has no effect there
    found += [Trial(_doubled(settings, names)) for names in SHAPES
              if all(settings.get(name) for name in names) and idle not in names]
    once: dict[tuple[Any, ...], Trial] = {}
    for trial in found:
        once.setdefault(tuple(sorted(trial.changes.items())), trial)
    return list(once.values())


def _doubled(settings: dict[str, Any], names: tuple[str, ...]) -> Change:
    return {name: (settings[name], 2 * settings[name]) for name in names}


def network_settings(report: Report) -> dict[str, Any]:
    """The `--set network...` of the run."""
    return {f"network.{name}": value for name, value in flat(report.get("network_settings", {})).items()}


def explore(report: Report, chip: Path, network: str, jobs: int = os.cpu_count() or 1,
            progress: Callable[[int, int], None] = lambda done, count: None) -> WhatIf:
    """Runs the chip file `chip` with `network` unchanged, with its critical path, and once for each trial. RunFailed
    when the unchanged run spends its cycles otherwise than the report: it is not the same network, or simulator."""
    given = network_settings(report)
    base = run_once(str(chip), network, given, why=True)
    if any(base["units"].get(name, {}).get("cycles") != unit["cycles"] for name, unit in report["units"].items()):
        raise RunFailed(f"run again, {network} takes {base['total_cycles']} cycles instead of "
                        f"{report['total_cycles']}, or spends them otherwise: inputs, sizes or the simulator differ")
    todo = trials(base)
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(jobs) as threads:
        for outcome in threads.map(lambda trial: _try(trial, chip, network, given), todo):
            outcomes.append(outcome)
            progress(len(outcomes), len(todo))
    worst = report["total_cycles"] * 1000
    return WhatIf(base, sorted(outcomes, key=lambda o: (worst if o.cycles is None else o.cycles, -(o.trial.bound or 0))))


def _try(trial: Trial, chip: Path, network: str, given: dict[str, Any]) -> Outcome:
    try:
        report = run_once(str(chip), network, {**given, **{name: to for name, (_, to) in trial.changes.items()}})
    except (InputError, RunFailed) as error:
        return Outcome(trial, error=str(error).splitlines()[0])
    return Outcome(trial, report["total_cycles"], value_at(report, "energy_j.total"), value_at(report, "area_mm2.total"))

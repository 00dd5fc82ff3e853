"""One line of a comparison."""

import re
from dataclasses import dataclass, field
from typing import Any, Optional

from .quantities import written


@dataclass
class Entry:
    """One chip or device at one batch size. Latency is of the whole batch; energy is of one sequence. `low_s` and
    `high_s`: eight of ten measured times are expected between (interval.py); None where no row is like it.
    `energy_low_j` and `energy_high_j`: of a device at its idle and at its busy power for the estimated time.
    A `roofline` is a bound: the latency is at least this. `persistent_s`: what a GPU would take with the persistent
    algorithm, None where its registers do not hold the weights, or where the latency is already of it.
    `moved_bytes` goes between the processor and its memory; `peak` and `memory` are its roofline, per second.
    `technology`: the prices of a chip (n45), the process of a device (12 nm), empty where unknown. Ratios are None
    where the baseline has no answer."""

    name: str
    simulated: bool
    roofline: bool
    numbers: str
    batch: int
    latency_s: float
    low_s: Optional[float]
    high_s: Optional[float]
    sequences_per_s: float
    energy_j: Optional[float]
    sequences_per_j: Optional[float]
    power_w: Optional[float]
    utilisation: Optional[float]
    bound_by: str
    operations: float
    moved_bytes: float
    peak: float
    memory: float
    technology: str = ""
    latency_ratio: Optional[float] = None
    energy_ratio: Optional[float] = None
    energy_low_j: Optional[float] = None
    energy_high_j: Optional[float] = None
    persistent_s: Optional[float] = None
    terms: dict[str, Any] = field(default_factory=dict)

    def kind(self) -> str:
        """How its numbers were made."""
        return "simulated" if self.simulated else "roofline" if self.roofline else "estimated"


@dataclass
class Misfit:
    """A chip whose memories do not hold the network at one batch size; `reason` in the simulator's words."""

    name: str
    batch: int
    reason: str

    def shortage(self) -> str:
        """What is missing, in short: ≥ 262 kB short."""
        found = re.search(r"is short by (at least )?(\d+) bytes", self.reason)
        return f"{'≥ ' if found[1] else ''}{written(float(found[2]), 'B')} short" if found else ""


def is_misfit(message: str) -> bool:
    """Whether the simulator says that the chip's memories are too small: wrong sizes, not wrong input."""
    return " does not fit this chip: " in message or " is short by " in message

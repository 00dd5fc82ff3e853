"""One line of a comparison."""

from dataclasses import dataclass, field
from typing import Any, Optional


@dataclass
class Entry:
    """One chip or device at one batch size. Latency is of the whole batch; energy is of one sequence. `low_s` and
    `high_s`: eight of ten measured times are expected between (interval.py); None where no row is like it.
    `energy_low_j` and `energy_high_j`: of a device at its idle and at its busy power for the estimated time.
    A `roofline` is a bound: the latency is at least this. `persistent_s`: what a GPU would take with the persistent
    algorithm, None where its registers do not hold the weights, or where the latency is already of it.
    `moved_bytes` goes between the processor and its memory; `peak` and `memory` are its roofline, per second."""

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
    latency_ratio: float = 1.0
    energy_ratio: Optional[float] = None
    energy_low_j: Optional[float] = None
    energy_high_j: Optional[float] = None
    persistent_s: Optional[float] = None
    terms: dict[str, Any] = field(default_factory=dict)

"""The largest batch that a chip or a device finishes within a latency bound, and what that serves.

The latency is that of one batch from its start to its end: the time in which requests wait until the batch is full is
not in it. A longer batch never ends sooner, so the search doubles and then halves. The upper end of an interval can
fall where a longer batch is bound by something else, so the largest likely batch is sought one by one, from above.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional

from .compare import at_batch, run_device
from .contenders import Contenders
from .device import Device
from .interval import interval
from .simulator import Report
from .workload import Workload
from .yaml_reader import InputError

MOST = 4096

NOTE = ("Within the bound: one batch from start to end, without the wait until it is full. Likely: the upper end of "
        "the estimate's interval is within, too.")


@dataclass
class Service:
    """The largest batch within the bound (0: not even one sequence), its latency and throughput. `likely_batch` is the
    largest at which the upper end of the estimate's interval meets the bound; None for a chip, which is simulated, and
    where no measured row is like the estimate. `full`: a larger batch does not fit the chip."""

    name: str
    simulated: bool
    batch: int
    latency_s: Optional[float]
    sequences_per_s: float
    likely_batch: Optional[int]
    full: bool


def serve(workload: Workload, contenders: Contenders, shape: dict[str, Any], bound_s: float) -> list[Service]:
    """All contenders within the bound."""
    found = [_chip(chip, workload, bound_s) for chip in contenders.chips]
    return found + [_device(device, shape, contenders.options, bound_s) for device in contenders.devices]


def largest(fits: Callable[[int], bool]) -> int:
    """The largest batch up to MOST that fits, 0 where 1 does not, by doubling and halving."""
    if not fits(1):
        return 0
    good, bad = 1, 2
    while bad <= MOST and fits(bad):
        good, bad = bad, 2 * bad
    bad = min(bad, MOST + 1)
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def _chip(chip: str, workload: Workload, bound_s: float) -> Service:
    times: dict[int, float] = {}
    too_large: list[int] = []

    def fits(batch: int) -> bool:
        try:
            report: Report = workload.run(chip, batch)
        except InputError:
            if batch == 1:
                raise
            too_large.append(batch)
            return False
        times[batch] = float(report["time_s"])
        return times[batch] <= bound_s

    batch = largest(fits)
    return Service(Path(chip).stem, True, batch, times.get(batch), batch / times[batch] if batch else 0.0, None,
                   batch + 1 in too_large)


def _device(device: Device, shape: dict[str, Any], options: dict[str, str], bound_s: float) -> Service:
    def time(batch: int) -> float:
        return run_device(device, at_batch(shape, batch), options)[0].time_s

    def likely(batch: int) -> bool:
        result = run_device(device, at_batch(shape, batch), options)[0]
        found = interval(device, result)
        return found is not None and result.time_s * found.high <= bound_s

    batch = largest(lambda size: time(size) <= bound_s)
    latency = time(batch) if batch else None
    known = interval(device, run_device(device, at_batch(shape, 1), options)[0]) is not None
    sure = next((size for size in range(batch, 0, -1) if likely(size)), 0) if known else None
    return Service(device.key, False, batch, latency, batch / latency if latency else 0.0,
                   sure, False)


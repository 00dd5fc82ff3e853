"""The largest batch that a chip or a device finishes within a latency bound, and what that serves.

The latency is that of one batch from its start to its end: the time in which requests wait until the batch is full is
not in it. A longer batch never ends sooner, so the search doubles and then halves. The upper end of an interval can
fall where a longer batch is bound by something else, so the largest likely batch is sought one by one, from above.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Callable, Optional

from .contenders import Contenders, key_of
from .device import Device
from .entries import at_batch, run_device
from .entry import is_misfit
from .interval import interval
from .workload import Workload
from .yaml_reader import InputError

MOST = 4096

NOTE = ("Within the bound: one batch from start to end, without the wait until it is full. Likely: the upper end of "
        "the estimate's interval is within, too. Best: of the batches that the search tried; a longer one may serve "
        "fewer.")


@dataclass
class Service:
    """The largest batch within the bound (0: not even one sequence), its latency and throughput. `likely_batch` is the
    largest at which the upper end of the estimate's interval meets the bound; None for a chip, which is simulated, and
    where no measured row is like the estimate. `full`: a larger batch does not fit the chip. `best_batch` serves the
    most sequences a second of those within the bound that the search met."""

    name: str
    simulated: bool
    batch: int
    latency_s: Optional[float]
    sequences_per_s: float
    likely_batch: Optional[int]
    full: bool
    best_batch: int
    best_sequences_per_s: float


def serve(workload: Workload, contenders: Contenders, shape: dict[str, Any], bound_s: float) -> list[Service]:
    """All contenders within the bound; chips at once, a process for each core."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = list(pool.map(lambda chip: _chip(chip, workload, bound_s), contenders.chips))
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
    too_large: list[int] = []

    def time(batch: int) -> Optional[float]:
        try:
            return float(workload.run(chip, batch)["time_s"])
        except InputError as error:
            if not all(map(is_misfit, error.messages)):
                raise
            too_large.append(batch)
            return None

    found = _search(time, bound_s)
    return _service(key_of(chip), True, found, None, max(found, default=0) + 1 in too_large)


def _device(device: Device, shape: dict[str, Any], options: dict[str, str], bound_s: float) -> Service:
    def upper(batch: int) -> Optional[float]:
        result = run_device(device, at_batch(shape, batch), options)[0]
        known = interval(device, result)
        return known and result.time_s * known.high

    found = _search(lambda batch: run_device(device, at_batch(shape, batch), options)[0].time_s, bound_s)
    sure = None
    if upper(1) is not None:
        sure = next((size for size in range(max(found, default=0), 0, -1) if (upper(size) or math.inf) <= bound_s), 0)
    return _service(device.key, False, found, sure, False)


def _search(time: Callable[[int], Optional[float]], bound_s: float) -> dict[int, float]:
    """The times of the batches within the bound that the search for the largest met."""
    found: dict[int, float] = {}

    def fits(batch: int) -> bool:
        seconds = time(batch)
        if seconds is None or seconds > bound_s:
            return False
        found[batch] = seconds
        return True

    largest(fits)
    return found


def _service(name: str, simulated: bool, found: dict[int, float], likely: Optional[int], full: bool) -> Service:
    rates = {batch: batch / seconds for batch, seconds in found.items()}
    batch, best = max(rates, default=0), max(rates, key=lambda size: rates[size], default=0)
    return Service(name, simulated, batch, found.get(batch), rates.get(batch, 0.0), likely, full, best,
                   rates.get(best, 0.0))

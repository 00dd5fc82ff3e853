"""What a Dask worker does for a sweep: it asks simulators, which stay from one task of the sweep to the next.

A worker may live through many sweeps. It gets this package anew for each state of it, under a name of its own (cluster.py), and
a simulator serves one sweep alone: a rebuilt program or a changed package is never mixed with what was there before.
"""

import os
import threading
import time
from typing import Any, Optional

from .pool import Pool

IDLE_SECONDS = 30.0  # without a task, until a simulator is ended: its sweep is over, or its driver has died

Outcome = tuple[Optional[str], Optional[str], Optional[str]]  # the fields of pool.Answer

_lock = threading.Lock()
_idle: dict[tuple[int, str], tuple[float, Pool]] = {}  # by thread and sweep: since when
_tidying = False


def simulate(requests: list[dict[str, Any]], program: str, point_seconds: float, sweep: str) -> list[Outcome]:
    """What became of each request. `program`: the simulator, unless RONDO_BINARY names another here; `sweep` is
    a name that no other sweep has. Answers with plain values: the driver knows this package by another name."""
    key = (threading.get_ident(), sweep)
    with _lock:
        _, pool = _idle.pop(key, (0.0, None))
    pool = pool or Pool(1, point_seconds, [os.environ.get("RONDO_BINARY") or program, "worker"])
    try:
        found = dict(pool.answers(enumerate(requests)))
    except BaseException:
        pool.__exit__()
        raise
    with _lock:
        _idle[key] = (time.monotonic(), pool)
    _tidy_from_now_on()
    return [(found[number].text, found[number].error, found[number].simulator) for number in range(len(requests))]


def _tidy_from_now_on() -> None:
    global _tidying
    with _lock:
        begins, _tidying = not _tidying, True
    if begins:
        threading.Thread(target=_tidy, name="rondo tidies", daemon=True).start()


def _tidy() -> None:
    """Ends simulators that have had nothing to do for a while; itself, too, when none is left."""
    global _tidying
    while True:
        time.sleep(IDLE_SECONDS / 4)
        with _lock:
            old = [key for key, (since, _) in _idle.items() if time.monotonic() - since > IDLE_SECONDS]
            ended = [_idle.pop(key)[1] for key in old]
            _tidying = bool(_idle)
            last = not _tidying
        for pool in ended:
            pool.__exit__()
        if last:
            return

"""The whole DeepBench inference list, timing only, on the chips we ship: everything runs, every unit accounts for every
cycle, and no run is faster than arithmetic and bandwidth allow."""

import json
import os
import re
import subprocess
from math import ceil
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

SHAPES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "configs/networks/deepbench").glob("*.yaml"))
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
Ask = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module", params=["edge", "server"])
def ask(request) -> Iterator[Ask]:
    """A worker that simulates shapes on one chip."""
    command = [os.environ["RONDO_BINARY"], "worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        def answer(shape: str) -> dict[str, Any]:
            wish = {"chip": request.param, "network": f"deepbench/{shape}", "timing_only": True, "schedule": "event"}
            print(json.dumps(wish), file=worker.stdin, flush=True)
            return json.loads(worker.stdout.readline())
        yield answer
        worker.stdin.close()


def least_cycles(cell: str, hidden: int, batch: int, steps: int, chip: dict[str, Any],
                 peak_bytes_per_cycle: float) -> dict[str, float]:
    """What each resource needs at least. The inputs of these layers have no matrix, and each step needs the state of the
    one before it, so each step passes all weights through the array again."""
    rows, cols, operand = chip["machine"]["rows"], chip["machine"]["cols"], chip["matrix"]["operand_bits"]
    numbers = chip["numbers"]
    weights = GATES[cell] * hidden * hidden
    size = weights * numbers["weight_bits"] // 8
    passes = ceil(numbers["weight_bits"] / operand) * ceil(numbers["activation_bits"] / operand)
    held = min(weights, chip["machine"]["tile_fifo"] * rows * cols)  # may stay in the array
    kept = min(size, chip["machine"]["weight_bytes"])  # may stay on the chip
    return {
        "array": weights * batch * steps * passes / (rows * cols),
        "tiles": (held + steps * (weights - held)) / (chip["weights"]["rows_per_cycle"] * cols),
        "dram": (kept + steps * (size - kept)) / peak_bytes_per_cycle,
    }


def test_the_list_is_whole(ask):
    """Every shape of the server and device lists, as configs/networks/README.md counts them."""
    assert len(SHAPES) == 71


@pytest.mark.parametrize("shape", SHAPES)
def test_shape(ask, shape):
    cell, hidden, batch, steps = re.fullmatch(r"(\w+)_h(\d+)_b(\d+)_t(\d+)", shape).groups()
    hidden, batch, steps = int(hidden), int(batch), int(steps)
    answer = ask(shape)
    assert answer["ok"], answer["error"]
    report = answer["report"]
    total = report["total_cycles"]
    for name, unit in report["units"].items():
        assert sum(unit["cycles"].values()) == total, name
    assert report["steps"] == steps
    assert report["operations"] == 2 * GATES[cell] * hidden * hidden * batch * steps
    assert report["without_values"] == "timing only"
    peak = report["memories"]["dram"]["peak_bytes_per_s"] / (1e6 * report["clock_mhz"])
    least = least_cycles(cell, hidden, batch, steps, report["resolved_config"], peak)
    print(f"{shape}: {total} cycles, {total / max(least.values()):.2f} times the bound by {max(least, key=least.get)}")
    assert total >= max(least.values()), least

"""How fast sweeps are, and what NSGA-II finds, on this machine. Run by hand when nothing else runs:

    PYTHONPATH=analysis python3 tests/bench/sweep_bench.py [--search]

Points per second of a 100-step LSTM 128 (speech_emotion on edge), timing only, from the first point to the last one
stored, with one and with two workers, each the best of three runs; and per second of processor time, driver and workers
together, which other programs on the machine disturb less. --search: the shipped search with six seeds, and twenty lots of
as many points, against the whole grid of its space (a minute).
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "analysis"), str(ROOT / "tests/system")]

from rondo import explore, sweep_file  # noqa: E402

HEAD = "chips: [edge]\nnetworks: [speech_emotion]\nobjectives: [latency, energy]\nset: {weight_sram.bytes_per_cycle: 1024}\n"
SWEEPS = {
    "pace: memories, queues, lanes; one program": """
  gate.lanes: {log2: [8, 64]}
  matrix.queue_depth: [2, 4, 8, 16]
  dram.channels: [1, 2]
  weights.rows_per_cycle: [1, 2, 4, 8]
  activation_sram.latency: [1, 2, 3, 4, 5, 6, 7]
""",
    "the same with an ideal memory": """
  gate.lanes: {log2: [8, 64]}
  dram.model: [ideal]
  matrix.queue_depth: [2, 4, 8, 16]
  dram.latency: [40, 80]
  weights.rows_per_cycle: [1, 2, 4, 8]
  activation_sram.latency: [1, 2, 3, 4, 5, 6, 7]
""",
    "shape: a program of its own for each point": """
  machine.rows: {range: [24, 64, 4]}
  machine.cols: {range: [24, 64, 4]}
  machine.weight_bytes: [262144, 524288, 1048576]
""",
}

SEEDS = 6
LOTS = 20
RUNS = 3


def used_seconds() -> float:
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def rate(text: str, jobs: int, folder: Path) -> tuple[int, float, float]:
    """Points, points per second, points per second of processor time; the first answer is not counted, so that
    neither is starting up."""
    (folder / "sweep.yaml").write_text(text)
    checked = sweep_file.read_sweep(folder / "sweep.yaml")
    times: list[float] = []
    before = used_seconds()
    result = explore.run_sweep(checked, folder / f"out{time.monotonic_ns()}", jobs, False,
                               lambda answer: times.append(time.monotonic()))
    if len(result.good()) != len(times):
        raise SystemExit(f"points failed: {result.failures()}")
    return len(times), (len(times) - 1) / (times[-1] - times[0]), len(times) / (used_seconds() - before)


def speeds() -> None:
    print(f"points/s, best of {RUNS} runs                          points   1 worker  2 workers  ratio  per CPU second")
    for name, parameters in SWEEPS.items():
        with tempfile.TemporaryDirectory() as folder:
            text = f"name: bench\n{HEAD}parameters:{parameters}"
            runs = {jobs: max((rate(text, jobs, Path(folder)) for _ in range(RUNS)), key=lambda run: run[1]) for jobs in (1, 2)}
            print(f"{name:46s}  {runs[1][0]:6d} {runs[1][1]:10.0f} {runs[2][1]:10.0f} {runs[2][1] / runs[1][1]:6.2f} "
                  f"{runs[1][2]:15.0f}")


def found_by(text: str, folder: Path, name: str) -> np.ndarray:
    """The objectives of all points that the sweep visits."""
    (folder / "sweep.yaml").write_text(text)
    begun = time.monotonic()
    result = explore.run_sweep(sweep_file.read_sweep(folder / "sweep.yaml"), folder / name, 2, False, lambda answer: None)
    print(f"{name}: {len(result.rows)} simulations, {time.monotonic() - begun:.1f} s")
    return np.array([[row.figures[objective.quantity.path] for objective in result.objectives] for row in result.good()])


def search() -> None:
    from sweep_search_test import hypervolume
    text = (ROOT / "configs/sweeps/small_chip_search.yaml").read_text()
    method = next(line for line in text.splitlines() if line.startswith("method"))
    with tempfile.TemporaryDirectory() as folder:
        whole = found_by(text.replace(method, ""), Path(folder), "grid")
        seeds = [found_by(text.replace(method, method.replace("seed: 1", f"seed: {seed}")), Path(folder), f"seed {seed}")
                 for seed in range(1, SEEDS + 1)]
    lots = [whole[np.random.default_rng(lot).permutation(len(whole))[:len(seeds[0])]] for lot in range(LOTS)]
    print(f"hypervolume of NSGA-II, seed 1: {100 * hypervolume(seeds[0], whole):.2f} %")
    for name, chosen in ((f"NSGA-II, seeds 1 to {SEEDS}", seeds), (f"{LOTS} lots of as many points", lots)):
        shares = [100 * hypervolume(one, whole) for one in chosen]
        print(f"hypervolume of {name}: {min(shares):.2f} to {max(shares):.2f} %")


if __name__ == "__main__":
    speeds()
    if "--search" in sys.argv:
        search()

"""The NSGA-II search: it is repeatable, keeps to its budget and constraints, and finds nearly the whole front with a
tenth of the evaluations. The full figures come from tests/bench/sweep_bench.py."""

import csv
import os
import subprocess
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from analysis_support import ROOT, desk  # noqa: F401
from rondo import genetic, simulator
from rondo.effects import caveat
from rondo.sweep_result import load_sweep
from rondo.axes import Axis
from rondo.expression import parse_constraint
from rondo.sampling import grid
from rondo.space import Space

pytest.importorskip("deap")

SIZES = (8, 8, 4, 4, 4)  # 4,096 points
Values = tuple[float, ...]


def space_of(*constraints: str) -> Space:
    axes = [Axis((f"p.a{k}",), [(value,) for value in range(size)]) for k, size in enumerate(SIZES)]
    return Space(["chip"], ["net"], axes, {}, {}, {}, [parse_constraint(c) for c in constraints])


def design(point: tuple[int, ...]) -> Values:
    """DTLZ2 on a coarse grid: two axes choose a place on the front, an eighth of a sphere; three lead away from it."""
    across, up = (index / 7 * np.pi / 2 for index in point[2:4])
    away = 1 + sum(((index - best) / 2) ** 2 for index, best in zip(point[4:], (2, 0, 1)))
    return away * np.cos(across) * np.cos(up), away * np.cos(across) * np.sin(up), away * np.sin(across)


def searched(space: Space, count: int, seed: int, of: Callable[[tuple[int, ...]], tuple[float, Values]]) -> list:
    search = genetic.search(space, count, 20, seed, 3)
    visited, scores = [], None
    while True:
        try:
            rows = search.send(scores)
        except StopIteration:
            return visited
        visited += rows
        scores = [of(row) for row in rows]


def hypervolume(found: np.ndarray, whole: np.ndarray) -> float:
    """Of the points found, as a share of that of all points; every objective from 0, the best of the true front, to 1, its
    worst, and the corner a tenth beyond."""
    from deap.tools._hypervolume import hv
    front = np.array([one for one in whole if not ((whole <= one).all(1) & (whole < one).any(1)).any()])
    low, high = front.min(axis=0), front.max(axis=0)
    corner = np.full(len(low), 1.1)
    return hv.hypervolume((found - low) / (high - low), corner) / hv.hypervolume((front - low) / (high - low), corner)


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_tenth_of_the_evaluations_finds_the_front(seed):
    space = space_of()
    whole = np.array([design(tuple(row)) for row in grid(space)])
    visited = searched(space, 400, seed, lambda point: (0.0, design(point)))
    assert len(visited) == len(set(visited)) == 400 <= len(whole) / 10
    assert hypervolume(np.array([design(point) for point in visited]), whole) >= 0.98


def test_chance_would_not_find_it():
    """What the test above asks for is more than a random choice of as many points gives."""
    whole = np.array([design(tuple(row)) for row in grid(space_of())])
    chosen = np.random.default_rng(1).permutation(len(whole))[:400]
    assert hypervolume(whole[chosen], whole) < 0.9


def test_the_same_seed_visits_the_same_points_and_another_seed_others():
    space = space_of()
    runs = [searched(space, 200, seed, lambda point: (0.0, design(point))) for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_constraints_are_kept_and_limits_are_sought():
    space = space_of("p.a0 + p.a1 <= 8")
    limited = [design(tuple(row)) for row in grid(space)]
    inside = np.array([values for values in limited if values[2] <= 0.6])
    assert 0 < len(inside) < len(limited) / 2
    visited = searched(space, 300, 1, lambda point: (max(0.0, design(point)[2] / 0.6 - 1), design(point)))
    assert all(point[2] + point[3] <= 8 for point in visited)
    found = np.array([design(point) for point in visited if design(point)[2] <= 0.6])
    assert len(found) > 150 and hypervolume(found, inside) >= 0.97


def test_a_space_smaller_than_the_budget_is_visited_whole():
    space = space_of("p.a0 <= 1", "p.a1 <= 1", "p.a2 <= 1")
    visited = searched(space, 400, 1, lambda point: (0.0, design(point)))
    assert len(visited) == len(set(visited)) == len(grid(space)) == 8 * 16


def searched_and_whole(desk, more: str) -> tuple[list, list]:
    """The later half of what a search on the stand-in simulator visits, and its whole space of 1,024 points."""
    text = ("name: search\nchips: [toy.yaml]\nnetworks: [net.yaml]\nparameters: {machine.rows: {range: [8, 128, 8]}, "
            f"machine.cols: {{range: [8, 128, 8]}}, gate.lanes: [8, 16, 32, 64]}}\n{more}\n")
    desk.write("grid.yaml", text)
    desk.write("search.yaml", text + "method: {nsga2: {evaluations: 120, population: 12, seed: 1}}\n")
    search, whole = (desk.json("sweep", f"{name}.yaml", "--out", name)["rows"] for name in ("search", "grid"))
    assert (len(search), len(whole)) == (120, 1024)
    return search[60:], whole


def test_a_sweep_searches_within_its_limits(desk):
    """Both objectives draw the search to large chips, where it has no business."""
    search, whole = searched_and_whole(desk, "constraints: [area <= 2 mm2, latency <= 3 ms]\nobjectives: [latency, {peak_ops_per_s: max}]")
    inside, of_all = (np.mean([not row["outside"] for row in rows]) for rows in (search, whole))
    assert of_all < 0.2 and inside > 0.3


def test_a_sweep_searches_for_the_most(desk):
    search, whole = searched_and_whole(desk, "objectives: [{latency: max}, {energy: max}]")
    found, of_all = (np.mean([row["figures"]["time_s"] for row in rows]) for rows in (search, whole))
    assert found > 2 * of_all


@pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK), reason="the simulator is not built")
def test_on_the_simulator(tmp_path: Path):
    text = (ROOT / "configs/sweeps/small_chip_search.yaml").read_text().replace("set:", "set:\n  network.steps: 5")
    text = text.replace("[8, 12, 16, 24, 32, 48, 64, 96]", "[8, 16, 32, 64]").replace("evaluations: 400, population: 20",
                                                                                    "evaluations: 100, population: 12")
    (tmp_path / "search.yaml").write_text(text)
    (tmp_path / "grid.yaml").write_text("\n".join(line for line in text.splitlines() if not line.startswith("method")))
    for name in ("search", "grid"):
        subprocess.run(["/usr/bin/python3", "-P", "-m", "rondo", "sweep", f"{name}.yaml", "--out", name, "--jobs", "2"],
                       cwd=tmp_path, check=True, capture_output=True,
                       env={**os.environ, "PYTHONPATH": str(ROOT / "analysis"), "PYTHONDONTWRITEBYTECODE": "1"})
    search, whole = (figures(tmp_path / name / "points.csv") for name in ("search", "grid"))
    assert (len(search), len(whole)) == (100, 1024)
    assert hypervolume(search, whole) >= 0.95
    assert "the search chose" in caveat(load_sweep(tmp_path / "search")) and not caveat(load_sweep(tmp_path / "grid"))


def figures(path: Path) -> np.ndarray:
    with path.open() as file:
        return np.array([[float(row[name]) for name in ("time_s", "energy_j.total", "area_mm2.total")]
                         for row in csv.DictReader(file)])

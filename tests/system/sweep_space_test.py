"""The points that a sweep may visit: arithmetic, samples, and constraints that leave few points of a large space."""

import random

import numpy as np
import pytest
from analysis_support import desk  # noqa: F401  (sets the path, too)
from rondo import expression, feasible, sampling, space as spaces
from rondo.axes import Axis
from rondo.bounds import Bounds


def test_arithmetic_is_pythons():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    values = {"a.b": 3.5, "c": 7.0, "d.e.f": 0.25}
    for _ in range(300):
        text, plain = _random_arithmetic(dice, values, 4)
        assert expression.parse(text).value(values.__getitem__) == pytest.approx(eval(plain))


def _random_arithmetic(dice, values, depth) -> tuple[str, str]:
    kind = dice.randrange(6) if depth else dice.randrange(2)
    if kind == 0:
        name = dice.choice(list(values))
        return name, repr(values[name])
    if kind == 1:
        number, (unit, factor) = dice.randrange(1, 50), dice.choice([("", 1), (" KiB", 1024), ("ms", 1e-3), (" mm2", 1)])
        return f"{number}{unit}", repr(number * factor)
    left, right = _random_arithmetic(dice, values, depth - 1), _random_arithmetic(dice, values, depth - 1)
    if kind == 2:
        word = dice.choice(["min", "max"])
        return f"{word}({left[0]}, {right[0]})", f"{word}({left[1]}, {right[1]})"
    sign = dice.choice("+-*")
    return f"({left[0]} {sign} {right[0]})", f"({left[1]} {sign} {right[1]})"


# --- methods


def space_of(sizes, *constraints: str) -> spaces.Space:
    axes = [Axis((f"p.a{k}",), [(value,) for value in range(size)]) for k, size in enumerate(sizes)]
    return spaces.Space(["chip"], ["net"], axes, {}, {}, {}, [expression.parse_constraint(c) for c in constraints])


def test_latin_hypercube_has_every_value_equally_often():
    table = sampling.latin_hypercube(space_of([10, 100, 5, 1000]), 100, 7)
    for place, size in ((2, 10), (3, 100), (4, 5)):
        assert (np.bincount(table[:, place], minlength=size) == 100 // size).all()
    assert len(np.unique(table[:, 5] // 10)) == 100  # one in each hundredth


@pytest.mark.parametrize("choose", [sampling.at_random, sampling.latin_hypercube])
@pytest.mark.parametrize("sizes", [[6, 7, 8], [500, 500, 500, 500]])
def test_samples_are_different_allowed_and_repeatable(choose, sizes):
    space = space_of(sizes, "p.a0 + p.a1 <= 8")
    table = choose(space, 90, 3)
    assert len(np.unique(table, axis=0)) == 90 and (table[:, 2] + table[:, 3] <= 8).all()
    assert (table == choose(space, 90, 3)).all() and not (table[:50] == choose(space, 90, 4)[:50]).all()


@pytest.mark.parametrize("choose", [sampling.at_random, sampling.latin_hypercube])
def test_all_allowed_points_can_be_asked_for(choose):
    space = space_of([6, 7, 8], "p.a0 + p.a1 <= 3")
    count = len(sampling.grid(space))
    assert count == 10 * 8 and len(choose(space, count, 1)) == count


# --- constraints in large spaces


def test_arithmetic_between_bounds_holds_every_value():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    ends = {name: sorted(dice.choice([-3.0, -0.5, 0.0, 0.1, 2.0, 7.3]) for _ in range(2)) for name in ("a", "b", "c")}
    tight = 0
    for _ in range(400):
        parts = [_random_arithmetic(dice, {name: 0.0 for name in ends}, 2)[0] for _ in range(4)]
        parsed = expression.parse(f"{parts[0]} / ({parts[1]}) - floor({parts[2]}) / max({parts[3]}, ceil(a))")
        around = Bounds.of(parsed.value(lambda name: Bounds(*ends[name])))
        values = [parsed.value(lambda name: dice.choice([*ends[name], dice.uniform(*ends[name])])) for _ in range(60)]
        values = [float(value) for value in values if not np.isnan(value)]
        assert all(around.low <= value <= around.high for value in values), parsed.text
        tight += bool(np.isfinite(around.low) and np.isfinite(around.high))
    assert tight > 20
    unknown = Bounds(0.0, np.inf) * Bounds(0.0, 1.0) + Bounds(np.nan, 1.0)
    assert (unknown.low, unknown.high) == (-np.inf, np.inf)


def test_a_walk_that_cannot_finish_has_looked_everywhere(monkeypatch):
    monkeypatch.setattr(feasible, "BUDGET", 200_000)
    monkeypatch.setattr(feasible, "CHUNK", 20_000)
    found = space_of([500, 500, 500], "p.a0 + p.a1 + p.a2 > 300").feasible
    assert not found.complete and len(found.rows) > 1000
    assert (np.ptp(found.rows[:, 2:], axis=0) > 300).all()


def linked_space(constraints: list[str]) -> spaces.Space:
    """Two chips, 4,320 points; b and c are linked, f is a formula, d is the chip's own."""
    axes = [Axis(("p.a",), [(v,) for v in (1, 2, 3, 5, 8, 13, 21, 34, 55)]),
            Axis(("p.b", "p.c"), [(b, 100 - 7 * b) for b in range(10)]),
            Axis(("p.e",), [(-2,), (0,), (3,), (4,), (11,), (30,)]), Axis(("p.unused",), [(1,), (2,), (3,), (4,)])]
    return spaces.Space(["one", "two"], ["net"], axes, {"p.g": 6}, {"p.f": expression.parse("2 * p.a + p.g - p.b")},
                        {"one": {"p.d": 3}, "two": {"p.d": 40}}, [expression.parse_constraint(c) for c in constraints])


def test_the_walk_finds_what_the_grid_holds(monkeypatch):
    """Against a look at every point; points by lot come from the walk alone where WHOLE is small."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    dice = random.Random(seed)
    names = {name: 0.0 for name in ("p.a", "p.b", "p.c", "p.d", "p.e", "p.f", "p.g")}
    compared = 0
    for _ in range(150):
        texts = [f"{_random_arithmetic(dice, names, 2)[0]} {dice.choice(['<=', '<', '>', '>=', '==', '!='])} "
                 f"{_random_arithmetic(dice, names, 2)[0]} / ({dice.choice(list(names))} + 1)" for _ in range(dice.randrange(1, 4))]
        try:
            space = linked_space(texts)
        except expression.WrongExpression:  # no name in it
            continue
        monkeypatch.setattr(sampling, "WHOLE", 10_000)
        whole = sampling.grid(space)
        monkeypatch.setattr(sampling, "WHOLE", 0)
        assert sampling.count(space) == len(whole) and space.feasible.complete, texts
        assert (sampling.grid(space) == whole).all(), texts
        chosen = sampling.at_random(space, 50, 1)
        assert len(np.unique(chosen, axis=0)) == len(chosen) == min(50, len(whole)) and space.allowed(chosen).all(), texts
        compared += 0 < len(whole) < space.size()
    assert compared > 15


@pytest.mark.parametrize("text, count", [("p.a0 + p.a1 + p.a2 + p.a3 <= 3", 35), ("p.a0 * p.a1 == 499 * 498", 2 * 250_000),
                                         ("p.a0 - p.a1 - p.a2 - p.a3 >= 496", 35)])
def test_rare_points_of_huge_spaces_are_found(text, count):
    space = space_of([500, 500, 500, 500], text)
    assert space.feasible.complete and len(sampling.grid(space)) == count
    for choose in (sampling.at_random, sampling.latin_hypercube):
        table = choose(space, 20, 5)
        assert len(np.unique(table, axis=0)) == 20 and space.allowed(table).all()
        assert (table == choose(space, 20, 5)).all() and not (table == choose(space, 20, 6)).all()


def test_points_by_lot_are_equally_likely(monkeypatch):
    """Of 1,200 allowed points each is among 600 by lot about half of the time, however its neighbours fare."""
    monkeypatch.setattr(sampling, "WHOLE", 0)
    space = space_of([60, 10, 60, 3], "p.a0 <= 19", "p.a2 <= p.a0 / 20")  # one allowed p.a2 for each p.a0
    seen = np.zeros((20, 10, 3))
    for seed in range(40):
        for row in sampling.at_random(space, 300, seed):
            seen[row[2], row[3], row[5]] += 1
    assert sampling.count(space) == 600 and abs(seen.mean() - 20) < 1e-9 and 0.8 < seen.std() / np.sqrt(40 * 0.25) < 1.2

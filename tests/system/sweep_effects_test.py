"""Which parameters of a sweep decide, against the definition of the shares of variance; and the figures that show it."""

from dataclasses import replace
from pathlib import Path

import pytest
from analysis_support import ROOT  # noqa: F401  (sets the path)
from made_sweep import made, zero_now_and_then
from rondo import plots, sweep_plots
from rondo.effects import best_of_two, caveat, centre, effects, one_at_a_time
from rondo.quantities import Objective, quantity
from rondo.sweep_page import sweep_page


def test_shares_of_variance_of_a_product_and_of_a_sum():
    """log(a * b^2) is a sum: no interaction, the shares are 1 : 4 and the totals equal the mains."""
    found = effects(made(lambda a, b: a * b**2, {"a": [1, 2, 4], "b": [1, 2, 4]}), "time_s")
    assert [(e.name, pytest.approx(e.main), pytest.approx(e.total)) for e in found] == [("b", 0.8, 0.8), ("a", 0.2, 0.2)]


def test_a_pure_interaction_has_no_main_effect():
    found = {e.name: e for e in effects(made(lambda a, b: 10.0 ** (a * b), {"a": [-1, 1], "b": [-1, 1], }), "time_s")}
    assert all(abs(found[name].main) < 1e-12 and found[name].total == pytest.approx(1.0) for name in "ab")


def test_a_sample_has_main_effects_only():
    found = effects(made(lambda a, b: a * b**2, {"a": list(range(1, 31)), "b": list(range(1, 31))}, drop=0.3), "time_s")
    assert [e.name for e in found] == ["b", "a"] and found[0].total is None
    assert found[0].main == pytest.approx(0.8, abs=0.08) and found[1].main == pytest.approx(0.2, abs=0.08)


def test_around_a_point_and_two_parameters():
    sweep = made(lambda a, b: a * b**2, {"a": [1, 2, 4], "b": [1, 3]})
    row = next(r for r in sweep.rows if r.settings == {"a": 2, "b": 3})
    assert one_at_a_time(sweep, row, "time_s") == {"a": [(1, 9), (2, 18), (4, 36)], "b": [(1, 2), (3, 18)]}
    xs, ys, best = best_of_two(sweep, "a", "b", sweep.objectives[0])
    assert (xs, ys, best.tolist()) == ([1, 2, 4], [1, 3], [[1, 2, 4], [9, 18, 36]])
    for index, row in enumerate(sweep.rows):
        row.front = index in (0, 2, 4)
    assert centre(sweep) in sweep.front()


def test_figures_of_objectives_that_are_zero_or_negative(tmp_path: Path):
    sweep = zero_now_and_then()
    for draw in (plots.pareto, sweep_plots.shares, sweep_plots.around, sweep_plots.heat):
        assert all(file.stat().st_size > 4000 for file in draw(sweep, tmp_path)), draw
    words = (tmp_path / "one_at_a_time.svg").read_text()
    assert "difference" in words and "factor" not in words
    assert "of the logarithm" not in (tmp_path / "effects.svg").read_text()


@pytest.mark.parametrize("factors", [True, False])
def test_one_parameter_at_a_time_is_drawn_to_scale(factors: bool, tmp_path: Path, monkeypatch):
    """By factors of the chosen point's figure, or by differences from it."""
    drawn: list = []
    monkeypatch.setattr(sweep_plots, "save", lambda figure, path: drawn.append(figure) or [])
    sweep = made(lambda a, b: a * b**2 - (0 if factors else 10), {"a": [1, 2, 4], "b": [1, 3]})
    sweep.rows[2].front = True
    sweep_plots.around(sweep, tmp_path)
    here = sweep.rows[2].figures["time_s"]
    lines = [line.get_xdata() for line in drawn[0].axes[0].lines if len(line.get_xdata()) > 2]
    column = [row.figures["time_s"] for row in sweep.rows if row.settings["b"] == 1]
    assert sorted(lines[0]) == pytest.approx([f / here if factors else f - here for f in column])
    assert drawn[0].axes[0].get_xscale() == ("log" if factors else "linear")


def test_figures_say_what_they_measured(tmp_path: Path):
    sweep = made(lambda a, b: a * b**2, {"a": [1, 2, 4], "b": [1, 3]})
    sweep.rows[0].front = True
    sweep.name = "costs $1$, $\\frac$"  # no formulas of TeX
    sweep_plots.shares(sweep, tmp_path)
    sweep_plots.around(sweep, tmp_path)
    assert (tmp_path / "effects.svg").read_text().count("share of the variance of the logarithm") == 2
    words = (tmp_path / "one_at_a_time.svg").read_text()
    assert "factor" in words and "difference" not in words and "costs $1$, $\\frac$" in words


@pytest.mark.parametrize("method, constraints, drop, words", [
    ("grid", [], 0.0, ""), ("random", [], 0.3, ""),
    ("nsga2", [], 0.3, "the search chose the points"),
    ("random", ["a * b <= 9"], 0.3, "constraints leave out a part"),
    ("grid", ["a * b <= 9"], 0.3, "constraints leave out a part"),
    ("grid", ["a * b <= 1000"], 0.0, ""),
    ("grid", [], 0.3, "linked parameters change together")])
def test_effects_among_some_points_are_called_so(method, constraints, drop, words, tmp_path: Path):
    """On the page and on the figure; and the summary does not quote them."""
    sweep = made(lambda a, b: a * b**2, {"a": [1, 2, 4, 8, 16], "b": [1, 2, 4, 8, 16]}, drop)
    sweep.method, sweep.constraints = method, constraints
    sweep.rows[0].front = True
    said = caveat(sweep)
    assert words in said and bool(words) == bool(said)
    page = sweep_page(sweep, lambda number: {})
    body = next(section.body for section in page.sections if section.anchor == "effects")
    assert (words in body) and ("explains most of time" in page.lead) == (not words)
    sweep_plots.shares(sweep, tmp_path)
    assert ("Shares among the points that were run" in (tmp_path / "effects.svg").read_text()) == bool(words)


def test_most_is_more_than_half():
    sweep = made(lambda a, b: a * b, {"a": [1, 2, 4], "b": [1, 2, 4]})
    sweep.rows[0].front = True
    lead = sweep_page(sweep, lambda number: {}).lead
    assert "explains most" not in lead and "No parameter alone decides time: a explains 50 % of its variance" in lead


def test_a_whole_grid_of_linked_parameters_is_no_sample():
    """Its shares are as they are; of a sample, what groups explain by chance is taken off."""
    sweep = made(lambda a, b: 10.0 ** (10 * a + b), {"a": [0, 1, 2, 3], "b": [0, 1, 2, 3]})
    for row in sweep.rows:
        row.settings["like_a"] = row.settings["a"]
    sweep.parameters.append("like_a")
    assert {e.name: e.main for e in effects(sweep, "time_s")} == pytest.approx({"a": 100 / 101, "like_a": 100 / 101, "b": 1 / 101})
    sweep.method = "random"
    assert {e.name: e.main for e in effects(sweep, "time_s")}["b"] == 0.0


def test_a_map_of_two_parameters_that_go_together_would_be_empty(tmp_path: Path):
    sweep = made(lambda a, b: 10.0 * a + b, {"a": [1, 2, 3, 4], "b": [1, 2]})
    for row in sweep.rows:
        row.settings["like_a"] = row.settings["a"]
    sweep.parameters.insert(1, "like_a")
    words = next(file for file in sweep_plots.heat(sweep, tmp_path) if file.name == "heat_time_s.svg").read_text()
    assert "the best of all like_a" in words and ">none<" not in words


def test_decibels_are_differences(tmp_path: Path):
    sweep = made(lambda a, b: a * b, {"a": [1, 2, 4], "b": [1, 3]})
    decibels = Objective(quantity("accuracy"), True)
    for row in sweep.rows:
        row.figures[decibels.quantity.path] = 50.0 + row.settings["a"]
    sweep.rows[0].front = True
    sweep_plots.around(replace(sweep, objectives=[sweep.objectives[0], decibels]), tmp_path)
    words = (tmp_path / "one_at_a_time.svg").read_text()
    assert "factor" in words and "difference" in words

"""The page of a sweep in headless Chromium: the Pareto view, parallel coordinates and what follows them."""

import json
import os
import re
import time
from pathlib import Path

import pytest
from analysis_support import ROOT  # noqa: F401  (sets the path, too)
from browser import Browser, browser, silent  # noqa: F401
from made_sweep import made, zero_now_and_then
from rondo import simulator
from rondo.__main__ import main
from rondo.effects import best_of_two, caveat, one_at_a_time
from rondo.page import write_page
from rondo.quantities import Objective, quantity
from rondo.sweep_result import Result, _mark_front, load_sweep
from rondo.sweep_page import sweep_page

built = pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK), reason="the simulator is not built")

SWEEP = """\
name: small
chips: [edge]
networks: [tiny_rnn]
parameters:
  machine.rows: {log2: [8, 32]}
  machine.cols: {log2: [8, 32]}
  mapping.input_projection: [step, hoisted]
objectives: [time_s, area_mm2.total]
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    """A finished sweep with its page."""
    directory = tmp_path_factory.mktemp("sweep")
    (directory / "small.yaml").write_text(SWEEP)
    assert main(["sweep", str(directory / "small.yaml"), "--out", str(directory), "--jobs", "2"]) == 0
    assert main(["report", str(directory)]) == 0
    return directory


def panel(browser: Browser) -> str:
    return browser.evaluate("document.getElementById('panel').innerText")


def place_of(browser: Browser, index: int) -> list[float]:
    """Where a design lies in the window."""
    return browser.evaluate(f"""(() => {{
      const place = document.getElementById('chart-pareto');
      place.scrollIntoView({{behavior: 'instant', block: 'center'}});
      const trace = place.data.findIndex((t) => t.mode === 'markers' && t.customdata.includes({index}));
      const i = place.data[trace].customdata.indexOf({index}), box = place.getBoundingClientRect();
      const {{xaxis, yaxis}} = place._fullLayout;
      return [box.left + xaxis._offset + xaxis.d2p(place.data[trace].x[i]), box.top + yaxis._offset + yaxis.d2p(place.data[trace].y[i])];
    }})()""")


@built
def test_click_on_a_pareto_point_shows_its_configuration(result: Path, browser: Browser):
    sweep = load_sweep(result)
    rows = sweep.good()
    browser.open(result / "page.html")
    before = panel(browser)
    row = next(row for row in sweep.front() if f"(point {row.number})" not in before)
    browser.click(*place_of(browser, rows.index(row)))
    browser.wait(f"document.getElementById('panel').innerText.includes('(point {row.number})')")
    words = panel(browser)
    for name, value in row.settings.items():
        assert name in words.replace("\n", "").replace("​", "") and str(value) in words, (name, value, words)
    browser.evaluate("document.querySelector('#panel details').open = true")
    full = panel(browser)
    assert "machine.weight_bytes" in full and "524288" in full, "the whole configuration is there"
    rows_shown = dict(browser.evaluate("[...document.querySelectorAll('#panel details tr')].map(r => [...r.cells].map(c => c.textContent))"))
    assert rows_shown["machine.rows"] == str(row.settings["machine.rows"])
    assert browser.evaluate(f"document.querySelector('[data-point=\"{rows.index(row)}\"]').getAttribute('aria-pressed')") == "true"
    silent(browser)


@built
def test_keyboard_walks_the_front_and_zooms(result: Path, browser: Browser):
    browser.open(result / "page.html")
    browser.evaluate("document.querySelector('[data-point]').focus()")
    browser.press("Enter", 13)
    front = [row.number for row in load_sweep(result).front()]
    browser.wait(f"document.getElementById('panel').innerText.startsWith('Pareto 1 (point {front[0]})')")
    browser.evaluate("document.getElementById('chart-pareto').focus()")
    browser.press("ArrowRight", 39)
    browser.wait(f"document.getElementById('panel').innerText.startsWith('Pareto 2 (point {front[1]})')")
    span = "(([a, b]) => b - a)(document.getElementById('chart-pareto')._fullLayout.xaxis.range)"
    before = browser.evaluate(span)
    browser.press("+", 187)
    browser.wait(f"Math.abs({span} - {before / 2}) < 1e-6")
    browser.press("0", 48)
    browser.wait(f"Math.abs({span} - {before}) < 1e-6")
    silent(browser)


@built
def test_mouse_zooms_the_pareto_view(result: Path, browser: Browser):
    browser.open(result / "page.html")
    browser.evaluate("document.getElementById('chart-pareto').scrollIntoView({behavior: 'instant', block: 'center'})")
    left, top, width, height = browser.evaluate("(({left, top, width, height}) => [left, top, width, height])"
                                                "(document.querySelector('#chart-pareto .nsewdrag').getBoundingClientRect())")
    span = "(([a, b]) => b - a)(document.getElementById('chart-pareto')._fullLayout.xaxis.range)"
    before = browser.evaluate(span)
    browser.drag((left + width / 4, top + height / 4), (left + width / 2, top + height / 2))
    browser.wait(f"Math.abs({span} / {before} - 0.25) < 0.02")
    silent(browser)


LEFT = "document.getElementById('chart-pareto').data.filter(t => t.name && t.name.startsWith('machine.')).flatMap(t => t.customdata).length"


@built
def test_brushing_filters_the_pareto_view(result: Path, browser: Browser):
    sweep = load_sweep(result)
    browser.open(result / "page.html")
    assert browser.evaluate("document.querySelectorAll('#chart-coordinates .axis-brush').length") == 3 + 2
    box = browser.evaluate("""(() => {
      document.getElementById('chart-coordinates').scrollIntoView({behavior: 'instant', block: 'center'});
      const {left, top, width, height} = document.querySelector('#chart-coordinates .axis-brush rect.background').getBoundingClientRect();
      return [left + width / 2, top, height];
    })()""")
    # The lowest of three values side by side: the lower third of the first axis.
    browser.drag((box[0], box[1] + box[2] * 0.98), (box[0], box[1] + box[2] * 0.7))
    browser.wait("document.getElementById('brush-words').textContent")
    least = min(row.settings["machine.rows"] for row in sweep.good())
    count = sum(row.settings["machine.rows"] == least for row in sweep.good())
    assert browser.evaluate("document.getElementById('brush-words').textContent") == f"{count} of {len(sweep.good())} designs"
    assert browser.evaluate("document.getElementById('chart-pareto').data[0].customdata.length") == len(sweep.good()) - count
    browser.evaluate("document.getElementById('brush-none').click()")
    browser.wait("document.getElementById('brush-words').textContent === ''")
    silent(browser)


@built
def test_limits_by_hand(result: Path, browser: Browser):
    browser.open(result / "page.html")
    browser.evaluate("""(() => {
      const list = document.querySelector('#limits [data-axis="1"][data-end="to"]');
      list.selectedIndex = 0;
      list.dispatchEvent(new Event('change', {bubbles: true}));
    })()""")
    assert browser.evaluate("document.getElementById('brush-words').textContent") == "6 of 18 designs"
    assert browser.evaluate("document.getElementById('chart-coordinates').data[0].dimensions[1].constraintrange[1]") == 0.15
    silent(browser)


@built
@pytest.mark.parametrize("width, dark", [(1280, True), (400, False)])
def test_opens_in_other_looks(result: Path, browser: Browser, width: int, dark: bool):
    browser.open(result / "page.html", width, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width, "the page must not scroll sideways"
    for name in ("pareto", "coordinates", "effects", "around", "heat"):
        assert browser.evaluate(f"document.querySelector('#chart-{name} .main-svg').getBoundingClientRect().height") > 100
    silent(browser)


@built
def test_every_choice_of_axes_draws(result: Path, browser: Browser):
    browser.open(result / "page.html")
    browser.evaluate("""(() => {
      for (const select of document.querySelectorAll('select')) for (const option of select.options) {
        select.value = option.value;
        select.dispatchEvent(new Event('change', {bubbles: true}));
      }
    })()""")
    silent(browser)


def test_a_page_of_many_points_keeps_the_front_and_a_fair_sample(monkeypatch):
    """Every stretch of the sweep is there, each design once, in order; settings of the others are not even read."""
    sweep = made(lambda a, b: float(a * b), {"a": list(range(1, 101)), "b": list(range(1, 101))})
    for row in sweep.rows[5::400]:
        row.front = True
    for most in (1000, 6000):
        monkeypatch.setattr("rondo.sweep_page.MOST_POINTS", most)
        asked: list[int] = []
        page = sweep_page(sweep, lambda number: asked.append(number) or {"machine": {"rows": number}})
        numbers = page.data["numbers"]
        assert numbers == asked == sorted(set(numbers)) and most - 1 <= len(numbers) <= most
        assert {row.number for row in sweep.front()} <= set(numbers)
        assert [numbers[i] for i in page.data["front"]] == [row.number for row in sweep.front()]
        for start in range(0, 10000, 500):
            assert abs(sum(start <= n < start + 500 for n in numbers) - most / 20) <= 3
        assert {**page.data["shared"], **page.data["differences"][7]}["machine.rows"] == numbers[7]
    assert "an even choice of the others" in page.sections[0].body


def test_scripts_can_be_read():
    for script in sorted((ROOT / "analysis/rondo/page").iterdir()):
        assert max(map(len, script.read_text().splitlines())) <= 120, script.name


def ring(browser: Browser) -> list[float]:
    """The middle of the ring round the chosen design, in the window."""
    return browser.evaluate("(({left, top, width, height}) => [left + width / 2, top + height / 2])"
                            "(document.querySelector('#chart-pareto .ring').getBoundingClientRect())")


def test_a_click_on_a_page_of_many_points_draws_none_of_them_again(browser: Browser, tmp_path: Path):
    sweep = made(lambda a, b: float(a * b), {"a": list(range(1, 61)), "b": list(range(1, 51))})
    for row in (sweep.rows[0], sweep.rows[700], sweep.rows[2900]):
        row.front = True
    write_page(sweep_page(sweep, lambda number: {}), tmp_path / "page.html", "")
    browser.open(tmp_path / "page.html")
    browser.evaluate("document.getElementById('chart-pareto').on('plotly_afterplot', () => { window.drawn = true; })")
    for index in (1600, 2300):
        x, y = place_of(browser, index)
        browser.click(x, y)
        browser.wait(f"document.getElementById('panel').innerText.startsWith('Point {index}')")
        assert ring(browser) == pytest.approx([x, y], abs=1.5)
        time.sleep(0.5)  # two clicks in 0.3 s are a double click, wherever they are
    browser.evaluate("document.querySelectorAll('[data-point]')[2].click()")
    assert ring(browser) == pytest.approx(place_of(browser, 2900), abs=1.5)
    assert not browser.evaluate("window.drawn")
    browser.evaluate("document.getElementById('pareto-in').click()")
    browser.wait("window.drawn && document.querySelector('#chart-pareto .ring').hidden")
    silent(browser)


def test_difference_where_a_figure_can_be_zero(browser: Browser, tmp_path: Path):
    sweep = zero_now_and_then()
    write_page(sweep_page(sweep, lambda number: {}), tmp_path / "page.html", "")
    browser.open(tmp_path / "page.html")
    here = next(row for row in sweep.good() if row.number == sweep_page(sweep, lambda number: {}).data["chosen"])
    chart = "document.getElementById('chart-around')"
    moved = browser.evaluate(f"{chart}.data.map(trace => trace.x)")
    for name, found in zip(("a", "b"), moved):
        pairs = one_at_a_time(sweep, here, "time_s")[name]
        assert found == [figure - here.figures["time_s"] for _, figure in pairs]
    assert "less the chosen" in browser.evaluate(f"{chart}.layout.xaxis.title.text")
    silent(browser)


HOSTILE = ["<b>a<i>", '<a href="https://example.org/">&lt;"x"</a>', "<br>&amp;<sup>2</sup>", "</script><img src=x>"]


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path):
    """Plotly draws some tags as markup and makes links of others; names of networks and values are none of its business."""
    sweep = made(lambda a, b: a * b**2, {"a": [1, 2, 4], "b": [1, 2, 3, 4]})
    sweep.parameters.append("word")
    for index, row in enumerate(sweep.rows):
        row.network = HOSTILE[index % 4]
        row.settings.update({"a": 1, "word": HOSTILE[index // 4]})
        row.front = index < 4
    write_page(sweep_page(sweep, lambda number: {}), tmp_path / "page.html", "")
    browser.open(tmp_path / "page.html")
    browser.evaluate("""(() => {
      for (const [id, name] of [['across', 'network'], ['up', 'word'], ['tint', 'network'], ['heat-across', 'b'],
                                ['heat-up', 'word']]) {
        const select = document.getElementById(id);
        select.value = name;
        select.dispatchEvent(new Event('change'));
      }
    })()""")
    drawn = {where: browser.evaluate(f"[...document.querySelectorAll('{what}')].map(e => e.textContent)") for where, what in {
        "ticks": "#chart-pareto .xtick text", "legend": "#chart-pareto .legendtext", "heat": "#chart-heat .ytick text",
        "coordinates": "#chart-coordinates .axis .tick text", "around": "#chart-around .textpoint text"}.items()}
    assert set(drawn["ticks"]) == set(HOSTILE)
    assert {f"network {name}" for name in HOSTILE} <= set(drawn["legend"])
    assert set(drawn["heat"]) == set(HOSTILE[:3]) and set(HOSTILE) <= set(drawn["coordinates"])
    assert any(text in HOSTILE for text in drawn["around"])
    assert browser.evaluate("document.querySelectorAll('main a, img, main svg [style*=bold]').length") == 0
    silent(browser)


@built
def test_data_of_the_page_are_those_of_the_sweep(result: Path):
    import base64
    import gzip
    import re
    text = (result / "page.html").read_text()
    packed = re.search(r'id="data">([^<]+)<', text)[1]
    data = json.loads(gzip.decompress(base64.b64decode(packed)))
    sweep = load_sweep(result)
    assert data["results"]["time_s"] == [row.figures["time_s"] for row in sweep.good()]
    assert [data["numbers"][i] for i in data["front"]] == [row.number for row in sweep.front()]
    for index, row in enumerate(sweep.good()):
        settings = {**data["shared"], **data["differences"][index]}
        assert all(settings[name] == value for name, value in row.settings.items())


@built
def test_several_networks_and_limits(browser: Browser, tmp_path: Path):
    (tmp_path / "two.yaml").write_text("""\
name: two
chips: [edge]
networks: [tiny_rnn, speech_emotion]
parameters:
  gate.lanes: [8, 16, 32, 64]
constraints: [area <= 5 mm2]
objectives: [time_s, area_mm2.total]
""")
    assert main(["sweep", str(tmp_path / "two.yaml"), "--out", str(tmp_path), "--jobs", "2"]) == 0
    assert main(["report", str(tmp_path)]) == 0
    sweep = load_sweep(tmp_path)
    rows = sweep.good()
    outside = [index for index, row in enumerate(rows) if row.outside]
    assert outside and {row.network for row in sweep.front()} == {"tiny_rnn", "speech_emotion"}
    browser.open(tmp_path / "page.html")
    lines = browser.evaluate("document.getElementById('chart-pareto').data.filter(t => t.mode === 'lines').map(t => t.customdata)")
    assert sorted(len({rows[i].network for i in line}) for line in lines) == [1, 1], "a front for each network"
    crosses = browser.evaluate("document.getElementById('chart-pareto').data.filter(t => t.marker && Array.isArray(t.marker.symbol))"
                               ".flatMap(t => t.customdata.filter((_, k) => t.marker.symbol[k] === 'x'))")
    assert sorted(crosses) == outside
    browser.click(*place_of(browser, outside[-1]))
    browser.wait("document.getElementById('panel').innerText.includes('Outside the constraints: area <= 5 mm2')")
    silent(browser)


def many_networks() -> Result:
    """Two networks on a grid of which each has half the points of "c"; large designs break a constraint and would be best. What
    decides differs: a in the first, b in the second."""
    sweep = made(lambda n, a, b, c: 1e-3 / (a if n else b), {"n": [0, 1], "a": [1, 2, 4], "b": [1, 2, 4], "c": [1, 2]})
    sweep.limits = ["area <= 7 mm2"]
    sweep.parameters.remove("n")
    for row in sweep.rows:
        row.network = ["second", "first"][row.settings.pop("n")]
        row.figures["area_mm2.total"] = float(row.settings["a"] + row.settings["b"])
        row.figures["utilisation"] = row.figures["time_s"] * 400
        row.outside = sweep.limits if row.figures["area_mm2.total"] > 7 else []
    sweep.rows = [row for row in sweep.rows if (row.settings["a"] == 2) == (row.settings["c"] == 2)]
    sweep.total = len(sweep.rows)
    for network in ("first", "second"):
        _mark_front([row for row in sweep.within() if row.network == network], sweep.objectives)
    return sweep


def opened(browser: Browser, sweep: Result, directory: Path, width: int = 1280) -> None:
    write_page(sweep_page(sweep, lambda number: {}), directory / "page.html", "")
    browser.open(directory / "page.html", width)


def choose(browser: Browser, name: str, value: str) -> None:
    browser.evaluate(f"""(() => {{
      const select = document.getElementById('{name}');
      select.value = '{value}';
      select.dispatchEvent(new Event('change'));
    }})()""")


def drawn(browser: Browser, name: str, what: str):
    return browser.evaluate(f"document.getElementById('chart-{name}').{what}")


def test_designs_outside_the_constraints_are_never_the_best(browser: Browser, tmp_path: Path):
    sweep = made(lambda a, b: 8e-3 / (a * b), {"a": [1, 2, 4], "b": [1, 2, 4]})
    sweep.limits = ["a * b <= 4"]
    for row in sweep.rows:
        row.figures["area_mm2.total"] = row.settings["a"] * row.settings["b"] + 0.001 * row.settings["a"]
        row.outside = sweep.limits if row.settings["a"] * row.settings["b"] > 4 else []
    _mark_front(sweep.within(), sweep.objectives)
    page = sweep_page(sweep, lambda number: {})
    assert "Least time: 2 ms (the other end: 8 ms)" in page.lead.replace("2.00", "2").replace("8.00", "8")
    assert "Least area: 1.00 mm² (the other end: 4.00 mm²)" in page.lead
    assert "6 of 9 designs meet all constraints on figures (a * b &lt;= 4)" in page.sections[0].body
    opened(browser, sweep, tmp_path)
    xs, ys, best = best_of_two(sweep, "a", "b", sweep.objectives[0])
    choose(browser, "heat-across", "a"), choose(browser, "heat-up", "b")
    shown = drawn(browser, "heat", "data[0].z")
    assert [[z and round(10**z, 6) for z in row] for row in shown] == [[8e-3, 4e-3, 2e-3], [4e-3, 2e-3, None], [2e-3, None, None]]
    assert drawn(browser, "heat", "data[0].text.flat().filter(t => t === 'outside').length") == 3
    browser.evaluate("document.querySelector('#points [data-point]').click()")
    tone = drawn(browser, "coordinates", "data[0].line")
    assert [shade < 0 for shade in tone["color"]] == [bool(row.outside) for row in sweep.good()]
    assert max(tone["color"]) == pytest.approx(1.0)
    marks = dict(drawn(browser, "around", "data.flatMap(t => t.customdata.map((i, k) => [i, t.marker.symbol[k]]))"))
    assert all((symbol == "x") == bool(sweep.good()[i].outside) for i, symbol in marks.items()) and "x" in marks.values()
    silent(browser)


def test_none_within_the_constraints(browser: Browser, tmp_path: Path):
    sweep = made(lambda a, b: a * b**2, {"a": [1, 2, 4], "b": [1, 3]})
    sweep.limits = ["area <= 0.1 mm2"]
    for row in sweep.rows:
        row.outside = sweep.limits
    page = sweep_page(sweep, lambda number: {})
    assert "none meets all constraints" in page.lead and "east " not in page.lead
    assert [section.anchor for section in page.sections] == ["summary", "pareto", "coordinates", "configuration"]
    opened(browser, sweep, tmp_path)
    assert panel(browser).startswith("Point 0")
    silent(browser)


def test_each_network_has_its_own_best_and_its_own_effects(browser: Browser, tmp_path: Path):
    sweep = many_networks()
    page = sweep_page(sweep, lambda number: {})
    for network, decides in (("first", "a"), ("second", "b")):
        part = [row for row in sweep.within() if row.network == network]
        row = re.search(rf"<tr><td>{network}</td>.*?</tr>", page.sections[0].body)[0]
        assert f">{len(part)}<" in row and f">{sum(r.front for r in part)}<" in row
        assert page.data["effects"][network]["time_s"][0][0] == decides
        assert "network" not in dict((name, main) for name, main, _ in page.data["effects"][network]["time_s"])
        assert "not all points are run" not in caveat(sweep.of(network))
    assert "explains" not in page.lead and "east " not in page.lead
    opened(browser, sweep, tmp_path)
    for network, decides in (("second", "b"), ("first", "a")):
        choose(browser, "network", network)
        assert f"{network} on c" in panel(browser)
        assert drawn(browser, "effects", "data.at(-1).y.at(-1)") == decides
        choose(browser, "heat-across", "a"), choose(browser, "heat-up", "b")
        least = min(row.figures["time_s"] for row in sweep.within() if row.network == network and row.settings["a"] == 4
                    and row.settings["b"] == 1)
        assert drawn(browser, "heat", "data[0].z[0][2]") == pytest.approx(least)
    names = browser.evaluate("[...document.getElementById('heat-up').options].map(o => o.value)")
    assert names == ["a", "b", "c"] and "network" not in str(drawn(browser, "around", "layout.yaxis.categoryarray"))
    silent(browser)


def test_parameters_without_neighbours_are_called_not_run(browser: Browser, tmp_path: Path):
    sweep = many_networks()
    opened(browser, sweep, tmp_path)
    choose(browser, "network", "first")
    here = sweep.good()[browser.evaluate("Number(document.querySelector('[data-point][aria-pressed=true]').dataset.point)")]
    run = [name for name in "abc" if len([row for row in sweep.good() if row.network == "first" and all(
        row.settings[other] == here.settings[other] for other in "abc" if other != name)]) > 1]
    assert "c" not in run and run
    assert drawn(browser, "around", "layout.yaxis.categoryarray") == run[::-1]
    words = browser.evaluate("document.getElementById('around-words').textContent")
    assert words == f"Not run with another value alone: {', '.join(n for n in 'abc' if n not in run)}."
    silent(browser)


def test_one_design_has_one_name(browser: Browser, tmp_path: Path):
    sweep = many_networks()
    page = sweep_page(sweep, lambda number: {})
    points = next(section.body for section in page.sections if section.anchor == "points")
    for network in ("first", "second"):
        front = [row.number for row in sweep.front() if row.network == network]
        for rank, number in enumerate(front, start=1):
            title, index = f"Pareto {rank} (point {number})", page.data["numbers"].index(number)
            assert page.data["titles"][index] == title and f'<button data-point="{index}" aria-pressed="false">{title}<' in points
    opened(browser, sweep, tmp_path)
    browser.evaluate("document.querySelector('#points [data-point]').click()")
    chosen = browser.evaluate("document.querySelector('#points [data-point]').textContent")
    assert panel(browser).startswith(chosen + "\n")
    assert f"<b>{chosen}</b>" in str(drawn(browser, "pareto", "data.flatMap(t => t.text || [])"))
    silent(browser)


def test_every_scale_has_units(browser: Browser, tmp_path: Path):
    """Linear (less than a factor of four) and logarithmic, on axes, colour bars and parallel axes."""
    sweep = made(lambda a, b: 5e-3 + 1e-4 * a * b, {"a": [1, 2, 4], "b": [1, 2, 4]})
    for row in sweep.rows:
        row.figures.update({"energy_j.total": 1e-6 * row.settings["a"] ** 3, "utilisation": 0.1 + 0.01 * row.settings["b"]})
    sweep.objectives += [Objective(quantity(path), False) for path in ("energy_j.total", "utilisation")]
    sweep.rows[0].front = True
    opened(browser, sweep, tmp_path)
    for name, unit in (("time_s", " ms"), ("energy_j.total", " µJ")):
        choose(browser, "across", name), choose(browser, "tint", name)
        ticks = browser.evaluate("[...document.querySelectorAll('#chart-pareto .xtick text, #chart-pareto .cbaxis text')]"
                                 ".map(e => e.textContent)")
        assert len(ticks) > 5 and all(tick.endswith(unit) for tick in ticks), ticks
    assert len(set(ticks)) > 2
    labels = drawn(browser, "coordinates", "data[0].dimensions.map(d => [d.label, (d.ticktext || []).join()])")
    assert labels[2][0] == "time (ms)" and labels[4] == ["energy", "1 µJ,3 µJ,10 µJ,30 µJ"] and labels[5][0] == "utilisation (%)"
    page = sweep_page(sweep, lambda number: {})
    assert "utilisation: 11.0 %" in page.lead and "11.0 %" in page.sections[-2].body
    silent(browser)


def test_brushes_of_many_designs(browser: Browser, tmp_path: Path):
    """Lines of many designs spread round the value they share; a brush round the value takes all of them, as a limit does."""
    sweep = made(lambda a, b: float(a * b), {"a": [1, 2, 4], "b": list(range(1, 61))})
    sweep.rows[0].front = True
    opened(browser, sweep, tmp_path)
    shown = drawn(browser, "coordinates", "data[0].dimensions[0].values")
    assert len(set(shown)) > 100 and all(abs(value - round(value)) < 0.13 for value in shown)
    box = browser.evaluate("""(() => {
      document.getElementById('chart-coordinates').scrollIntoView({behavior: 'instant', block: 'center'});
      const {left, top, width, height} = document.querySelector('#chart-coordinates .axis-brush rect.background').getBoundingClientRect();
      return [left + width / 2, top, height];
    })()""")
    browser.drag((box[0], box[1] + box[2] * 0.98), (box[0], box[1] + box[2] * 0.7))
    browser.wait("document.getElementById('brush-words').textContent === '60 of 180 designs'")
    low, high = drawn(browser, "coordinates", "data[0].dimensions[0].constraintrange")
    taken = [low - 1e-6 <= value <= high + 1e-6 for value in shown]
    assert taken == [row.settings["a"] == 1 for row in sweep.good()]
    silent(browser)


def test_brush_on_an_axis_drawn_in_milliseconds(browser: Browser, tmp_path: Path):
    sweep = made(lambda a, b: 5e-3 + 1e-4 * a * b, {"a": [1, 2, 4], "b": [1, 2, 4]})
    sweep.rows[0].front = True
    opened(browser, sweep, tmp_path)
    browser.evaluate("Plotly.restyle('chart-coordinates', {'dimensions[2].constraintrange': [[5.0, 5.25]]}); 0")
    least = sum(row.figures["time_s"] <= 5.25e-3 for row in sweep.good())
    assert browser.evaluate("document.getElementById('brush-words').textContent") == f"{least} of 9 designs"
    silent(browser)


def test_names_of_objectives_keep_their_capitals():
    sweep = made(lambda a, b: a * b**2, {"a": [1, 2, 4], "b": [1, 3]})
    for row in sweep.rows:
        row.figures["accuracy.sqnr_db"] = 40.0 + row.number
    sweep.objectives.append(Objective(quantity("accuracy.sqnr_db"), True))
    sweep.rows[-1].front = True
    assert "Most SQNR: 45.0 dB" in sweep_page(sweep, lambda number: {}).lead


@built
def test_a_sweep_that_failed_wholly_says_why_and_no_more(browser: Browser, tmp_path: Path):
    (tmp_path / "small.yaml").write_text(SWEEP.replace("parameters:", "set: {machine.activation_bytes: 64}\nparameters:"))
    assert main(["sweep", str(tmp_path / "small.yaml"), "--out", str(tmp_path), "--jobs", "2"]) == 1
    assert main(["report", str(tmp_path)]) == 0
    assert "All 18 points failed." in sweep_page(load_sweep(tmp_path), lambda number: {}).lead
    browser.open(tmp_path / "page.html", 400)
    assert browser.evaluate("[...document.querySelectorAll('section')].map(s => s.id)") == ["summary", "failures"]
    assert browser.evaluate("document.querySelectorAll('select, .chart').length") == 0
    assert "does not fit" in browser.evaluate("document.getElementById('failures').innerText")
    silent(browser)


def test_nothing_is_cut(browser: Browser, tmp_path: Path):
    """Twelve axes fit side by side; where they do not, words say so. The panel ends with its last line."""
    sweep = made(lambda a, b: a * b**2, {"machine.activation_bytes": [1, 2, 4], "weights.rows_per_cycle": [1, 3]})
    for index in range(8):
        sweep.parameters.append(f"weight_sram.extra_{index}")
        for row in sweep.rows:
            row.settings[sweep.parameters[-1]] = row.number % 3
    sweep.rows[0].front = True
    opened(browser, sweep, tmp_path)
    place = "document.getElementById('chart-coordinates').closest('.scroll')"
    hidden = "document.getElementById('sideways').hidden"
    assert browser.evaluate(f"{place}.scrollWidth <= {place}.clientWidth && {hidden}")
    assert browser.evaluate("(p => p.scrollHeight <= p.clientHeight)(document.getElementById('panel'))")
    browser.look(400, 900)
    browser.wait(f"{place}.scrollWidth > {place}.clientWidth && !{hidden}")
    silent(browser)

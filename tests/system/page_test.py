"""./rondo report in headless Chromium: a page opens without a word on the console and without the network, in light and
dark, wide and narrow, and answers to mouse and keyboard."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from analysis_support import ROOT  # noqa: F401  (sets the path, too)
from browser import Browser, browser, silent  # noqa: F401
from rondo import simulator
from rondo.__main__ import main
from rondo.what_if import explore, trials

pytestmark = pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK), reason="the simulator is not built")


@pytest.fixture(scope="module")
def result(tmp_path_factory) -> Path:
    """A finished run with its page."""
    directory = tmp_path_factory.mktemp("run")
    subprocess.run([simulator.binary_path(), "run", "duo", "speech_emotion", "--set", "network.batch=2", "--timing-only", "--why",
                    "--out", directory], check=True, capture_output=True)
    assert main(["report", str(directory), "--jobs", "2"]) == 0
    return directory


@pytest.mark.parametrize("width, dark", [(1280, False), (1280, True), (400, False), (400, True)])
def test_opens_in_every_look(result: Path, browser: Browser, width: int, dark: bool):
    browser.open(result / "page.html", width, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width, "the page must not scroll sideways"
    paper = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 200) == dark, paper
    for name in ("path", "timeline", "cycles", "energy"):
        assert browser.evaluate(f"document.querySelectorAll('#chart-{name} .bars path').length") > 5, name
    assert browser.evaluate("[...document.querySelectorAll('svg.chip')].filter(s => s.getBoundingClientRect().width).length") == 1
    silent(browser)


def test_meanings_can_be_read_on_a_narrow_screen(result: Path, browser: Browser):
    browser.open(result / "page.html", 400)
    place = "document.querySelector('.meaning').closest('.scroll')"
    assert browser.evaluate(f"{place}.scrollWidth <= {place}.clientWidth")
    silent(browser)


def test_ticks_have_units(result: Path, browser: Browser):
    browser.open(result / "page.html")
    ticks = browser.evaluate("[...document.querySelectorAll('#chart-energy .xtick text')].map(e => e.textContent)")
    assert len(ticks) > 2 and all(re.fullmatch(r"[\d.]+ [munµ]?J", tick) for tick in ticks), ticks


def test_the_theme_changes_while_the_page_is_open(result: Path, browser: Browser):
    ink = "getComputedStyle(document.querySelector('#chart-cycles .ytick text')).fill"
    browser.open(result / "page.html")
    light = browser.evaluate(ink)
    browser.look(1280, 900, dark=True)
    browser.wait(f"{ink} !== '{light}'")
    silent(browser)


SHOWN = "document.getElementById('timeline-words').textContent"


def shown(browser: Browser) -> tuple[int, int, str]:
    words = browser.evaluate(SHOWN)
    first, last = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", words)[:2])
    return first, last, words.split(": ")[1]


def test_timeline_zooms_by_button_key_and_mouse(result: Path, browser: Browser):
    total = json.loads((result / "report.json").read_text())["total_cycles"]
    browser.open(result / "page.html")
    assert shown(browser) == (0, total, "shares")
    browser.evaluate("document.querySelector('[data-timeline=in]').click()")
    first, last, _ = shown(browser)
    assert abs(first - total / 4) <= 1 and abs(last - 3 * total / 4) <= 1
    browser.evaluate("document.getElementById('chart-timeline').focus()")
    for _ in range(9):
        browser.press("+", 187)
    first, last, detail = shown(browser)
    assert last - first <= total // 1024 + 1 and detail == "instructions"
    assert browser.evaluate("document.querySelectorAll('#chart-timeline .bars text').length") > 0, "instructions have names"
    browser.press("ArrowRight", 39)
    assert shown(browser)[0] > first
    browser.press("0", 48)
    assert shown(browser)[:2] == (0, total)
    browser.evaluate("document.getElementById('chart-timeline').scrollIntoView({behavior: 'instant'})")
    box = browser.evaluate("(({left, top, width, height}) => [left, top, width, height])"
                           "(document.querySelector('#chart-timeline .nsewdrag').getBoundingClientRect())")
    browser.drag((box[0] + box[2] * 0.5, box[1] + 40), (box[0] + box[2] * 0.75, box[1] + 40))
    browser.wait(f"!{SHOWN}.startsWith('cycles 0 ')")
    first, last, _ = shown(browser)
    assert abs(first - total / 2) < total / 50 and abs(last - 3 * total / 4) < total / 50
    silent(browser)


def test_timeline_tells_what_is_under_the_mouse(result: Path, browser: Browser):
    browser.open(result / "page.html")
    browser.evaluate("document.getElementById('chart-timeline').scrollIntoView({behavior: 'instant'})")
    box = browser.evaluate("(({left, top, width}) => [left, top, width])"
                           "(document.querySelector('#chart-timeline .nsewdrag').getBoundingClientRect())")
    browser.mouse("mouseMoved", box[0] + box[2] * 0.4, box[1] + 20)
    browser.mouse("mouseMoved", box[0] + box[2] * 0.5, box[1] + 25)
    browser.wait("document.querySelector('#chart-timeline .hoverlayer').textContent.includes('weights')")
    assert re.search(r"busy \d", browser.evaluate("document.querySelector('#chart-timeline .hoverlayer').textContent"))
    silent(browser)


def test_every_purchase_is_a_run(result: Path):
    report = json.loads((result / "report.json").read_text())
    tried = explore(report, result / "resolved.yaml", "speech_emotion", 2)
    assert len(tried.outcomes) == len(trials(report)) > 15
    best = tried.outcomes[0]
    alone = simulator.run_once("duo", "speech_emotion", {"network.batch": 2, **{n: to for n, (_, to) in best.trial.changes.items()}})
    assert best.cycles == alone["total_cycles"] < report["total_cycles"]
    page = (result / "page.html").read_text()
    assert all(f"{outcome.cycles:,}" in page for outcome in tried.outcomes if outcome.cycles != report["total_cycles"])
    assert f"{report['total_cycles']:,}" in page


def test_another_network_of_that_name_is_not_tried(result: Path, capsys):
    assert main(["report", str(result), "--network", "tiny_rnn", "-o", str(result / "wrong.html")]) == 1
    assert "inputs, sizes or the simulator differ" in capsys.readouterr().err
    assert not (result / "wrong.html").exists()


def test_same_page_same_bytes(result: Path):
    pages = [result / "one.html", result / "two.html"]
    for page in pages:
        assert main(["report", str(result), "--no-reruns", "-o", str(page)]) == 0
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert "--no-reruns" in pages[0].read_text()


def test_wrong_directory_is_one_line(tmp_path: Path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_hostile_names_stay_text(result: Path, browser: Browser, tmp_path: Path):
    report = json.loads((result / "report.json").read_text())
    report["network"] = "</script><img src=x onerror=console.error(1)>"
    (tmp_path / "report.json").write_text(json.dumps(report))
    assert main(["report", str(tmp_path), "--no-reruns"]) == 0
    browser.open(tmp_path / "page.html")
    assert browser.evaluate("document.querySelector('h1').textContent").startswith("</script><img")
    assert browser.evaluate("document.querySelectorAll('img').length") == 0
    silent(browser)

"""Any two colours that stand side by side in a figure or on a page differ, whatever a reader's eyes cannot see."""

import itertools
import re

import numpy as np
import pytest
from analysis_support import ROOT
from matplotlib import colormaps
from matplotlib.colors import to_hex
from rondo.colours import BLUE, CAUSES, DARK, GREY, LEAKAGE, OTHER, SERIES, VERMILION

# What is left of linear RGB without one kind of cone: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A
# Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009, severity 1.0.
EYES = {
    "all cones": np.eye(3),
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
LEAST = 12.0  # CIE76; about 2 can be told apart side by side


def lab(colour: str, eyes: str) -> np.ndarray:
    """CIE L*a*b* (D65) of an sRGB colour as these eyes see it."""
    signal = np.array([int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)])
    light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(EYES[eyes]) @ light, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = to_xyz @ seen / [0.9505, 1.0, 1.089]
    x, y, z = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: str, other: str, eyes: str) -> float:
    return float(np.linalg.norm(lab(one, eyes) - lab(other, eyes)))


SETS = {"causes": list(CAUSES.values()), "parts": [*SERIES, OTHER, LEAKAGE], "bandwidth": [BLUE, VERMILION],
        "effects": [BLUE, GREY]}


def test_the_distance_is_that_of_the_standard():
    """White against black is 100, red against green of sRGB 170.6; without a cone they come closer."""
    assert distance("#FFFFFF", "#000000", "all cones") == pytest.approx(100, abs=0.1)
    assert distance("#FF0000", "#00FF00", "all cones") == pytest.approx(170.6, abs=0.2)
    assert distance("#FF0000", "#00FF00", "deuteranopia") < 100


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_any_two_of_a_set_differ(name: str, dark: bool, eyes: str):
    colours = [DARK.get(colour, colour) if dark else colour for colour in SETS[name]]
    close = [(one, other, round(d, 1)) for one, other in itertools.combinations(colours, 2)
             if (d := distance(one, other, eyes)) < LEAST]
    assert not close


@pytest.mark.parametrize("eyes", EYES)
def test_colours_differ_from_the_paper(eyes: str):
    style = (ROOT / "analysis/rondo/page/page.css").read_text()
    white, black = re.findall(r"--paper: (#\w{6})", style)
    for colour in {*itertools.chain(*SETS.values())}:
        assert distance(colour, white, eyes) > 6 and distance(DARK.get(colour, colour), black, eyes) > 9, colour


@pytest.mark.parametrize("eyes", EYES)
def test_neighbours_on_a_scale_differ(eyes: str):
    """The values of a parameter in the Pareto views: eight at most on a page, twelve in a figure."""
    text = (ROOT / "analysis/rondo/page/sweep.js").read_text()
    scales = [re.findall(r"#\w{6}", line) for line in re.findall(r"^const viridis\w* = (.*?);", text, re.S | re.M)]
    assert [len(scale) for scale in scales] == [8, 8]
    scales.append([to_hex(colormaps["viridis"](0.9 * index / 11)) for index in range(12)])
    for scale, least in zip(scales, (10, 11.9, 6)):
        assert min(distance(a, b, eyes) for a, b in zip(scale, scale[1:])) >= least, scale

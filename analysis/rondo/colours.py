"""The colours of figures and pages. The first seven are those of M. Okabe and K. Ito; the others were chosen so that any two
of a set stay apart for readers with deuteranopia, protanopia and tritanopia, on white and on dark pages
(tests/system/colours_test.py)."""

from typing import Iterable

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, BLACK, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#BBBBBB")
# What a unit did with a cycle: work, wait for somebody, have nothing to do.
CAUSES = {"busy": BLUE, "drain": SKY, "wait_weights": ORANGE, "wait_matrix": YELLOW, "wait_gate": GREEN,
          "wait_load": PURPLE, "wait_store": "#8A1E54", "bank": VERMILION, "stream": "#72B89C", "dram": "#7E3C08",
          "queue_full": "#747A7E", "no_instruction": "#B8BCC6", "done": "#ECECEC"}
SERIES = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, "#76777C", "#8F584B", "#004B3E", "#332288",
          "#CBBB67")
# Parts of a whole that are in no series.
OTHER, LEAKAGE = BLACK, GREY
# On a dark page, what would vanish there, or shine.
DARK = {BLUE: "#3D9BDC", SKY: "#A5DBFF", "#8A1E54": "#BC539E", "#72B89C": "#69C4A8", "#7E3C08": "#B6713A",
        "#747A7E": "#75797E", "#B8BCC6": "#425668", "#ECECEC": "#262E37", "#76777C": "#AAA59D", "#8F584B": "#A46757",
        "#004B3E": "#85BB89", "#332288": "#7881EC", "#CBBB67": "#CEBC68", BLACK: "#DFE5EA", GREY: "#5A656E"}


def of_causes(found: Iterable[str]) -> dict[str, str]:
    """A colour for every cause, those of a newer simulator too."""
    others = [name for name in dict.fromkeys(found) if name not in CAUSES]
    return {**CAUSES, **{name: SERIES[(7 + index) % len(SERIES)] for index, name in enumerate(others)}}

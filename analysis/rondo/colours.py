"""The colours of figures and pages: those of M. Okabe and K. Ito, which colour-blind readers can tell apart."""

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, BLACK, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000", "#BBBBBB")
# What a unit did with a cycle: work, wait for somebody, have nothing to do.
CAUSES = {"busy": BLUE, "drain": SKY, "wait_weights": ORANGE, "wait_matrix": YELLOW, "wait_gate": GREEN,
          "wait_load": PURPLE, "wait_store": "#882255", "bank": VERMILION, "stream": "#44AA99", "dram": "#7F3B08",
          "queue_full": "#8A8A8A", "no_instruction": "#C4C4C4", "done": "#ECECEC"}
SERIES = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW, "#7F7F7F", "#8C564B", "#004D40", "#332288",
          "#DDCC77")

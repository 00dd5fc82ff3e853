#!/usr/bin/python3
"""Writes configs/networks/deepbench/: one network file for every inference shape of the DeepBench RNN list.

The shapes are those of `inference_server_set` and `inference_device_set` in code/kernels/rnn_problems.h of
baidu-research/DeepBench at the commit below. DeepBench times a single one-directional layer in cuDNN with
CUDNN_SKIP_INPUT: the input is as wide as the hidden state and is added to every gate without a matrix
product, hence `skip_input: true`. Vanilla cells use ReLU; the GRU is cuDNN's, which multiplies by the reset
gate after the recurrent product (`linear_before_reset: true`). The files have no weights: for timing only.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

COMMIT = "da81ba7820739e2e506dc27f382d15be5479f98f"


class Shape(NamedTuple):
    hidden: int
    batch: int
    steps: int
    cell: str  # lstm, gru or rnn


def grid(cell: str, hidden: int, steps: tuple[int, ...]) -> list[Shape]:
    """The server list asks for batches 1, 2 and 4 of each of these."""
    return [Shape(hidden, batch, count, cell) for batch in (1, 2, 4) for count in steps]


SPEECH_STEPS = (1500, 750, 375, 187)

SERVER: list[Shape] = [
    *grid("lstm", 512, (25,)),
    *grid("lstm", 1024, (25,)),
    *grid("lstm", 2048, (25,)),
    *grid("lstm", 1536, (50,)),
    *grid("lstm", 256, (150,)),
    *grid("gru", 2816, SPEECH_STEPS),
    *grid("gru", 2048, SPEECH_STEPS),
    *grid("gru", 1536, SPEECH_STEPS),
    *grid("gru", 2560, SPEECH_STEPS),
    *grid("gru", 512, (1,)),
    *grid("gru", 1024, (1500,)),
]

DEVICE: list[Shape] = [Shape(32, 1, 672, "rnn"), Shape(64, 1, 96, "rnn"), Shape(256, 1, 150, "lstm")]

OPTIONS = {"lstm": "", "gru": "linear_before_reset: true, ", "rnn": "activation: relu, "}


def name_of(shape: Shape) -> str:
    return f"{shape.cell}_h{shape.hidden}_b{shape.batch}_t{shape.steps}"


def text_of(shape: Shape, lists: list[str]) -> str:
    """The network file; `lists` names the DeepBench lists that hold the shape."""
    return (
        f"name: {name_of(shape)}\n"
        f"source: baidu-research/DeepBench code/kernels/rnn_problems.h at {COMMIT}, {' and '.join(lists)}\n"
        f"input: {{name: x, steps: {shape.steps}, batch: {shape.batch}, features: {shape.hidden}}}\n"
        "weights: none  # timing only\n"
        "layers:\n"
        f"  - {shape.cell}: {{hidden: {shape.hidden}, {OPTIONS[shape.cell]}skip_input: true}}\n"
    )


def networks() -> dict[str, str]:
    """File name to text; a shape that is on both lists gives one file."""
    lists: dict[Shape, list[str]] = {}
    for list_name, shapes in (("inference_server_set", SERVER), ("inference_device_set", DEVICE)):
        for shape in shapes:
            lists.setdefault(shape, []).append(list_name)
    return {f"{name_of(shape)}.yaml": text_of(shape, names) for shape, names in lists.items()}


def main() -> None:
    here = Path(__file__).resolve().parent.parent
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--out", type=Path, default=here / "configs" / "networks" / "deepbench",
                        help="folder to write (default: configs/networks/deepbench)")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    files = networks()
    for name, text in files.items():
        (out / name).write_text(text)
    print(f"{len(files)} networks in {out}")


if __name__ == "__main__":
    main()

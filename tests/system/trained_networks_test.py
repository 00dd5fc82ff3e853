"""The trained character networks on held-out text: what quantisation costs in bits per character, and the float figure
against an evaluation in NumPy that shares nothing with the program, not even the reader of ONNX files."""

import json
import os
import subprocess
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest

NETWORKS = Path(__file__).resolve().parents[2] / "configs/networks"
# How much worse than float the chip may be, by bits of weights and activations.
ALLOWED = {(8, 16): 0.01, (8, 8): 0.03}

Array = np.ndarray


def bits_on(chip: str, network: str, weight_bits: int, activation_bits: int) -> dict[str, float]:
    command = [os.environ["RONDO_BINARY"], "run", chip, network, "--json", "--set", f"numbers.weight_bits={weight_bits}",
               "--set", f"numbers.activation_bits={activation_bits}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)["bits_per_character"]


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field of an encoded protobuf message (protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(message, at)
        else:
            size, at = varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            value, at = message[at:at + size], at + size
        yield tag >> 3, value


def tensor(message: bytes) -> Array:
    """A TensorProto of floats: dims = 1, data_type = 2, raw_data = 9 (onnx/onnx.proto)."""
    parts = list(fields(message))
    assert (2, 1) in parts
    shape = [value for number, value in parts if number == 1]
    return np.frombuffer(dict(parts)[9], "<f4").reshape(shape).astype(np.float64)


def initializers(path: Path) -> list[Array]:
    """The weights in the order of the file: ModelProto.graph = 7, GraphProto.initializer = 5."""
    graph = dict(fields(path.read_bytes()))[7]
    return [tensor(value) for number, value in fields(graph) if number == 5]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def lstm(xs: Array, w: Array, r: Array, b: Array) -> Array:
    """xs [steps, features] to [steps, hidden]; ONNX's order of gates: i, o, f, c."""
    h = c = np.zeros(r.shape[2])
    ys = []
    for x in xs:
        i, o, f, g = np.split(w[0] @ x + r[0] @ h + b[0].reshape(2, -1).sum(0), 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        ys.append(h)
    return np.array(ys)


def gru(xs: Array, w: Array, r: Array, b: Array) -> Array:
    """As PyTorch exports it (linear_before_reset = 1); ONNX's order of gates: z, r, h."""
    h = np.zeros(r.shape[2])
    bw, br = b[0].reshape(2, -1)
    ys = []
    for x in xs:
        (xz, xr, xn), (hz, hr, hn) = np.split(w[0] @ x + bw, 3), np.split(r[0] @ h + br, 3)
        z = sigmoid(xz + hz)
        h = (1 - z) * np.tanh(xn + sigmoid(xr + hr) * hn) + z * h
        ys.append(h)
    return np.array(ys)


def bits_in_numpy(network: str) -> float:
    embedding, bias, w0, r0, b0, w1, r1, b1, output = initializers(NETWORKS / f"{network}.onnx")
    cell = {"char_lstm": lstm, "char_gru": gru}[network]
    with np.load(NETWORKS / "char_lstm_heldout.npz") as text:
        ids, targets = text["ids"].ravel(), text["targets"].ravel()
    logits = cell(cell(embedding[ids], w0, r0, b0), w1, r1, b1) @ output + bias
    logits -= logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-logp[np.arange(len(targets)), targets].mean() / np.log(2))


@pytest.mark.parametrize("numbers", ALLOWED, ids=str)
@pytest.mark.parametrize("chip", ["edge", "server"])
@pytest.mark.parametrize("network", ["char_lstm", "char_gru"])
def test_what_the_chip_costs(network, chip, numbers):
    bits = bits_on(chip, network, *numbers)
    print(f"{network} on {chip}, {numbers[0]}/{numbers[1]} bits: {bits['chip']:.4f}, float {bits['float']:.4f}")
    assert bits["chip"] <= bits["float"] * (1 + ALLOWED[numbers])
    assert bits["chip"] >= bits["float"] * (1 - ALLOWED[numbers])  # far better than float would be a wrong sum


@pytest.mark.parametrize("network", ["char_lstm", "char_gru"])
def test_float_figure_against_numpy(network):
    assert bits_on("edge", network, 8, 16)["float"] == pytest.approx(bits_in_numpy(network), abs=1e-4)

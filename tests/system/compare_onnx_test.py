"""./rondo compare on ONNX models with open and with fixed sizes, on the real simulator; skipped where it is not
built."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from analysis_support import ROOT  # noqa: F401  (sets the path, too)
from rondo import simulator
from rondo.__main__ import main

pytestmark = pytest.mark.skipif(not os.access(simulator.binary_path(), os.X_OK), reason="the simulator is not built")
HIDDEN, INPUTS = 24, 16


def field(number: int, content: int | bytes | str) -> bytes:
    """One field of a protobuf message: a number below 2**63, or bytes."""
    def varint(value: int) -> bytes:
        return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    text = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(text)) + text


def value_info(name: str, *sizes: int | str) -> bytes:
    dimensions = b"".join(field(1, field(1, size) if isinstance(size, int) else field(2, size)) for size in sizes)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dimensions)))


def weights(name: str, *sizes: int) -> bytes:
    values = np.random.default_rng(1).uniform(-0.1, 0.1, sizes).astype("<f4")
    return b"".join(field(1, size) for size in sizes) + field(2, 1) + field(8, name) + field(9, values.tobytes())


def model(path: Path, steps: int | str, batch: int | str) -> Path:
    """An LSTM as exporters write it (onnx/onnx.proto), its outputs of every step the graph's output."""
    node = b"".join(field(1, name) for name in ("x", "w", "r")) + field(2, "y") + field(4, "LSTM") + field(
        5, field(1, "hidden_size") + field(3, HIDDEN) + field(20, 2))
    graph = (field(1, node) + field(2, "graph") + field(5, weights("w", 1, 4 * HIDDEN, INPUTS))
             + field(5, weights("r", 1, 4 * HIDDEN, HIDDEN)) + field(11, value_info("x", steps, batch, INPUTS))
             + field(12, value_info("y", steps, 1, batch, HIDDEN)))
    path.write_bytes(field(1, 7) + field(8, field(1, "") + field(2, 14)) + field(7, graph))
    return path


@pytest.fixture
def compare(tmp_path, monkeypatch, capsys):
    """Runs the command; its JSON, or the lines about wrong input."""
    monkeypatch.chdir(tmp_path)
    model(tmp_path / "open.onnx", "time", "batch")
    model(tmp_path / "other.onnx", "time", "sequences")
    model(tmp_path / "fixed.onnx", 9, 1)

    def run(*arguments: str):
        status = main(["compare", *arguments, "--json"])
        printed = capsys.readouterr()
        assert status == (2 if printed.err else 0)
        return printed.err.splitlines() if status else json.loads(printed.out)
    return run


def test_the_batch_sets_the_open_dimension(compare, tmp_path):
    """On chips as on devices, equal to the same sizes set one by one, by a network file, or by a file of inputs."""
    many = compare("open.onnx", "edge", "v100", "--dim", "time=9", "--batch", "1,4")
    times = {(entry["name"], entry["batch"]): entry["latency_s"] for entry in many["entries"]}
    assert list(times) == [("edge", 1), ("v100", 1), ("edge", 4), ("v100", 4)] and many["steps"] == 9
    assert times["edge", 1] < times["edge", 4] < 4 * times["edge", 1] and times["v100", 1] < times["v100", 4]
    np.savez(tmp_path / "four.npz", x=np.zeros((9, 4, INPUTS), "f4"))
    (tmp_path / "file.yaml").write_text("name: file\nonnx: open.onnx\ndimensions: {time: 9, batch: 2}\n")
    for way in (("open.onnx", "--dim", "time=9", "--dim", "batch=4"), ("open.onnx", "--input", "four.npz"),
                ("file.yaml", "--batch", "4"), ("file.yaml", "--dim", "batch=4"),
                ("other.onnx", "--dim", "time=9", "--batch", "4", "--batch-dim", "sequences")):
        found = compare(way[0], "edge", "v100", *way[1:])
        assert {(e["name"], e["batch"]): e["latency_s"] for e in found["entries"]} == {
            key: seconds for key, seconds in times.items() if key[1] == 4}, way
    assert [entry["batch"] for entry in compare("file.yaml", "edge")["entries"]] == [2]
    alone = compare("open.onnx", "v100", "--dim", "time=9", "--batch", "4")
    assert alone["entries"][0]["latency_s"] == times["v100", 4]


def test_the_batch_of_a_service_is_the_open_dimension(compare):
    bound = 1e3 * compare("open.onnx", "edge", "--dim", "time=9", "--batch", "4")["entries"][0]["latency_s"]
    found = compare("open.onnx", "edge", "--dim", "time=9", "--dim", "batch=1", "--slo-ms", f"{1.001 * bound}")
    assert found["within_slo"][0]["batch"] == 4 and found["entries"][0]["batch"] == 1


def test_devices_take_a_fixed_model_to_any_batch(compare):
    assert [e["batch"] for e in compare("fixed.onnx", "v100", "--batch", "1,8")["entries"]] == [1, 8]


@pytest.mark.parametrize("arguments, messages", [
    (("open.onnx", "edge"),
     ["open.onnx: input 'x': dimension 'time' is open; set it with --dim time=N or give the input with "
      "--input FILE.npz",
      "open.onnx: input 'x': dimension 'batch' is open; set it with --batch N, --dim batch=N or give the input with "
      "--input FILE.npz"]),
    (("fixed.onnx", "edge", "v100", "--batch", "1,8"),
     ["fixed.onnx: the batch of this model is fixed, because none of its dimensions is open; leave --batch and "
      "--slo-ms away, export it with an open batch, or compare devices only"]),
    (("other.onnx", "edge", "--batch", "8", "--dim", "time=9"),
     ["other.onnx: the model has no open dimension batch, which --batch would set; name one with --batch-dim: "
      "sequences, time",
      "other.onnx: input 'x': dimension 'sequences' is open; set it with --dim sequences=N or give the input with "
      "--input FILE.npz"]),
    (("open.onnx", "edge", "--batch", "8", "--dim", "time=9", "--dim", "time=8", "--dim", "batch=3", "--input",
      "no.npz"),
     ["--dim time is given 2 times; once is enough", "--batch and --dim batch both set the batch; leave one away",
      "--input no.npz: there is no such file"]),
    (("speech_emotion", "edge", "nix", "--dim", "time=9"),
     ["speech_emotion is no ONNX model: --dim and --batch-dim are for those; its sizes are in its file, and --batch sets "
      "its batch", None]),
    (("open.onnx", "edge", "--input", "open.onnx", "--batch", "8"),
     ["open has a fixed batch, because its inputs come from a file; leave --batch and --slo-ms away, or compare "
      "devices only"])])
def test_wrong_sizes_are_said_in_options_of_compare(compare, arguments, messages):
    found = compare(*arguments)
    assert len(found) == len(messages)
    assert all(line == message for line, message in zip(found, messages) if message), found

#!/usr/bin/python3
"""Trains the character LSTM and GRU of configs/networks/ on the licence texts every Debian machine carries.

Takes 6 to 8 minutes of one core per network with libopenblas0 (python3-torch recommends it; with reference
BLAS ten times as long). Writes char_lstm.onnx, char_lstm.yaml, char_gru.onnx, char_gru.yaml and, for both,
char_lstm_heldout.npz and char_lstm_calibration.npz. Two runs on one machine write the same bytes.

Split, by whole files of /usr/share/common-licenses (symbolic links are dropped):
  held out    Apache-2.0, which no other licence there repeats; its first 1,024 characters are the input
  validation  CC0-1.0: only printed and used to choose settings by hand, never trained on
  left out    GFDL-1.2, GPL-1, LGPL-2: earlier editions that repeat 99, 82 and 90 % of their successors
  training    all others
"""

from __future__ import annotations

import os

# One thread and one code path, so that sums have one order. Read by the libraries when they are loaded.
os.environ.update(OPENBLAS_NUM_THREADS="1", OPENBLAS_CORETYPE="Haswell", ATEN_CPU_CAPABILITY="avx2")

import argparse
import hashlib
import io
import math
import time
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from onnx_in_numpy import evaluate

LICENCES = Path("/usr/share/common-licenses")
TRAINING = ("Artistic", "BSD", "GFDL-1.3", "GPL-2", "GPL-3", "LGPL-2.1", "LGPL-3", "MPL-1.1", "MPL-2.0")
VALIDATION = "CC0-1.0"
HELD_OUT = "Apache-2.0"
CORPUS_SHA256 = "0cc5796ab61ac8f819b60a2ab8c820dc4f78a0e02bdebbfcbc8e7823a4db0f24"  # base-files 12.4

STEPS = 1024  # characters in one run of an exported network
CALIBRATION = (("GPL-3", 2000), ("MPL-2.0", 4000), ("LGPL-2.1", 9000), ("Artistic", 500))  # file, from where
SEED = 1
HIDDEN = 128
STREAMS = 16  # texts read side by side while training
CHUNK = 96  # characters between two updates
RESTART = 0.03  # how often a stream forgets its state, so that a zero state is nothing unusual


class Recipe(NamedTuple):
    cell: str
    embedding: int
    epochs: int
    dropout: float  # between the layers and before the output
    learning_rate: float


RECIPES = {"lstm": Recipe("lstm", 48, 32, 0.2, 5e-3), "gru": Recipe("gru", 48, 32, 0.25, 4e-3)}


class CharacterModel(nn.Module):
    """Log-probabilities [T, N, V] of the character after each of ids [T, N]; forward() starts from zero."""

    def __init__(self, vocabulary: int, recipe: Recipe) -> None:
        super().__init__()
        cell = {"lstm": nn.LSTM, "gru": nn.GRU}[recipe.cell]
        self.embedding = nn.Embedding(vocabulary, recipe.embedding)
        self.recurrent = cell(recipe.embedding, HIDDEN, num_layers=2, dropout=recipe.dropout)
        self.dropout = nn.Dropout(recipe.dropout)
        self.output = nn.Linear(HIDDEN, vocabulary)

    def forward_from(self, ids: Tensor, state: object) -> tuple[Tensor, object]:
        hidden, state = self.recurrent(self.embedding(ids), state)
        return torch.log_softmax(self.output(self.dropout(hidden)), dim=-1), state

    def forward(self, ids: Tensor) -> Tensor:
        return self.forward_from(ids, None)[0]


class Text:
    """The licences as character numbers; a byte never seen in training counts as a space."""

    def __init__(self) -> None:
        self.raw = {name: (LICENCES / name).read_bytes() for name in (*TRAINING, VALIDATION, HELD_OUT)}
        self.vocabulary = bytes(sorted(set(b"".join(self.raw[name] for name in TRAINING))))
        space = self.vocabulary.index(b" ")
        table = np.full(256, space, np.int64)
        table[list(self.vocabulary)] = np.arange(len(self.vocabulary))
        self.ids = {name: table[np.frombuffer(raw, np.uint8)] for name, raw in self.raw.items()}
        if hashlib.sha256(b"".join(self.raw.values())).hexdigest() != CORPUS_SHA256:
            print("note: not the licence texts of the committed networks; figures will differ")


def bits_per_character(model: nn.Module, ids: np.ndarray) -> float:
    """From a zero state over the whole of `ids`, first character given."""
    model.eval()
    with torch.no_grad():
        logp = model(torch.from_numpy(ids[:-1, None]))[:, 0].numpy()
    model.train()
    return measured_bits(logp, ids[1:])


def measured_bits(logp: np.ndarray, targets: np.ndarray) -> float:
    return float(-np.mean(logp[np.arange(len(targets)), targets]) / math.log(2))


def streams_of(parts: list[Tensor], random: torch.Generator) -> Tensor:
    """The files in a new order, from a new starting point, cut into STREAMS columns of equal length."""
    whole = torch.cat([parts[i] for i in torch.randperm(len(parts), generator=random)])
    whole = whole.roll(int(torch.randint(len(whole), (1,), generator=random)))
    rows = len(whole) // STREAMS
    return whole[: rows * STREAMS].view(STREAMS, rows).t()


def kept_state(state: object, random: torch.Generator) -> object:
    """The state without its history; a few streams start again from zero."""
    keep = (torch.rand(STREAMS, generator=random) > RESTART).float()[None, :, None]
    return tuple(s.detach() * keep for s in state) if isinstance(state, tuple) else state.detach() * keep


def learning_rate(recipe: Recipe, done: float) -> float:
    """A short climb, then half a cosine down to a fiftieth; `done` runs from 0 to 1."""
    return recipe.learning_rate * min(1.0, done * 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def train(text: Text, recipe: Recipe) -> CharacterModel:
    torch.manual_seed(SEED)
    random = torch.Generator().manual_seed(SEED)
    model = CharacterModel(len(text.vocabulary), recipe)
    optimiser = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, weight_decay=0.01)
    parts = [torch.from_numpy(text.ids[name]) for name in TRAINING]
    started = time.monotonic()
    for epoch in range(recipe.epochs):
        columns, state, losses = streams_of(parts, random), None, []
        starts = range(0, len(columns) - 1 - CHUNK, CHUNK)
        for number, start in enumerate(starts, 1):
            rate = learning_rate(recipe, (epoch + number / len(starts)) / recipe.epochs)
            optimiser.param_groups[0]["lr"] = rate
            state = None if state is None else kept_state(state, random)
            logp, state = model.forward_from(columns[start : start + CHUNK], state)
            targets = columns[start + 1 : start + CHUNK + 1]
            loss = nn.functional.nll_loss(logp.flatten(0, 1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            losses.append(loss.item())
        if epoch % 4 == 3 or epoch + 1 == recipe.epochs:
            training = np.mean(losses) / math.log(2)
            validation = bits_per_character(model, text.ids[VALIDATION])
            print(f"{recipe.cell} epoch {epoch + 1}/{recipe.epochs}, {time.monotonic() - started:.0f} s: "
                  f"{training:.3f} bits per character in training (dropout), {validation:.3f} in validation",
                  flush=True)
    return model.eval()


def exported(model: CharacterModel, text: Text) -> onnx.ModelProto:
    """The trained network as an ONNX graph of fixed size; the vocabulary's bytes are in its metadata."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of batch sizes other than 1 and of shapes unknown half-way
        torch.onnx.export(model, torch.zeros(STEPS, 1, dtype=torch.int64), buffer, opset_version=13,
                          input_names=["ids"], output_names=["logp"])
    graph = onnx.load_model_from_string(buffer.getvalue())
    onnx.helper.set_model_props(graph, {"vocabulary_hex": text.vocabulary.hex()})
    onnx.checker.check_model(graph, full_check=True)
    return graph


def network_yaml(recipe: Recipe) -> str:
    name = f"char_{recipe.cell}"
    return (f"# Character {recipe.cell.upper()}, two layers of {HIDDEN}: reads text it has never seen and "
            "predicts each next character.\n"
            f"name: {name}\n"
            "source: own, trained by analysis/train_character_models.py on /usr/share/common-licenses\n"
            f"onnx: {name}.onnx\n"
            f"inputs: char_lstm_heldout.npz  # {HELD_OUT}: {STEPS} characters and the one after each\n"
            f"calibration: char_lstm_calibration.npz  # {STEPS} characters of training text\n"
            "bits_per_character: {log_probabilities: logp, targets: targets}\n")


def write_texts(text: Text, out: Path) -> None:
    held_out = text.ids[HELD_OUT][: STEPS + 1, None]
    np.savez(out / "char_lstm_heldout.npz", ids=held_out[:-1], targets=held_out[1:])
    length = STEPS // len(CALIBRATION)
    pieces = [text.ids[name][first : first + length] for name, first in CALIBRATION]
    np.savez(out / "char_lstm_calibration.npz", ids=np.concatenate(pieces)[:, None])


def check_export(graph: onnx.ModelProto, model: CharacterModel, text: Text) -> None:
    """The graph, evaluated by other code, must say what the trained model says; prints its quality."""
    ids = text.ids[HELD_OUT][: STEPS + 1]
    outputs = evaluate(graph, {"ids": ids[:-1, None]})["logp"]
    with torch.no_grad():
        difference = float(np.abs(outputs - model(torch.from_numpy(ids[:-1, None])).numpy()).max())
    if outputs.shape != (STEPS, 1, len(text.vocabulary)) or difference > 1e-4:
        raise SystemExit(f"the exported graph differs from the trained model by {difference}")
    print(f"  bits per character held out ({HELD_OUT}): {measured_bits(outputs[:, 0], ids[1:]):.4f} over the "
          f"first {STEPS}, {bits_per_character(model, text.ids[HELD_OUT]):.4f} over the whole file\n"
          f"  greatest difference between the graph in NumPy and torch: {difference:.1e}")
    print("  operators:", ", ".join(node.op_type for node in graph.graph.node))


def main() -> None:
    default_out = Path(__file__).resolve().parent.parent / "configs" / "networks"
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--network", choices=("lstm", "gru", "both"), default="both")
    parser.add_argument("--epochs", type=int, help="train shorter or longer than the committed networks")
    parser.add_argument("--out", type=Path, default=default_out, help="default: configs/networks")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    text = Text()
    write_texts(text, arguments.out)
    for cell in ("lstm", "gru") if arguments.network == "both" else (arguments.network,):
        recipe = RECIPES[cell]._replace(**({"epochs": arguments.epochs} if arguments.epochs else {}))
        model = train(text, recipe)
        graph = exported(model, text)
        check_export(graph, model, text)
        onnx_path = arguments.out / f"char_{cell}.onnx"
        onnx_path.write_bytes(graph.SerializeToString())
        onnx_path.with_suffix(".yaml").write_text(network_yaml(recipe))
        print(f"  {sum(p.numel() for p in model.parameters()):,} weights in {onnx_path}")


if __name__ == "__main__":
    main()

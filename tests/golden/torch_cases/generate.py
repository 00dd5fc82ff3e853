"""Writes this folder's cases again: `generate.py DIRECTORY` (needs python3-torch 1.13 and python3-onnx).

Small untrained networks exported by PyTorch in operator sets 9 to 16, mostly with open batch and time sizes, as an
importer meets them. `io.npz` holds in_<input> and what PyTorch itself computes as out_<output>."""

import sys
import warnings
from pathlib import Path
from typing import Any, Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Tagger(nn.Module):
    """Word numbers to log-probabilities at every step."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.lstm = nn.LSTM(6, 8, num_layers=2, batch_first=True, bidirectional=True, dropout=0.3)
        self.linear = nn.Linear(16, 5)

    def forward(self, ids: Tensor) -> Tensor:
        y, _ = self.lstm(self.embedding(ids))
        return F.log_softmax(self.linear(F.relu(y)), -1)


class LastStates(nn.Module):
    """A classifier on the last states, and slices with steps and backwards."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(6, 9, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(18, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y, (h, _) = self.lstm(x)
        return F.softmax(self.linear(torch.cat([h[-2], h[-1]], 1)), 1), y.mean(1), y[:, -1], y[:, ::2], y.flip(1)


class Stateful(nn.Module):
    """States come in and go out; the output is reshaped with open sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(5, 6, num_layers=2)

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, ...]:
        y, (hn, cn) = self.lstm(x, (h, c))
        return y.reshape(-1, 6).view(x.shape[0], x.shape[1], 2, 3).permute(0, 2, 1, 3), hn, cn


class Packed(nn.Module):
    """Sequences of different lengths."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(5, 6, bidirectional=True)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        y, h = self.gru(nn.utils.rnn.pack_padded_sequence(x, lengths))
        return nn.utils.rnn.pad_packed_sequence(y)[0], h


class Unrolled(nn.Module):
    """A loop over a cell, which exports as one node per operation and step."""

    def __init__(self, cell: Callable[[int, int], nn.Module]) -> None:
        super().__init__()
        self.cell = cell(5, 6)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        h = torch.zeros(x.shape[1], 6)
        c = torch.zeros(x.shape[1], 6)
        seen = []
        for t in range(x.shape[0]):
            if isinstance(self.cell, nn.LSTMCell):
                h, c = self.cell(x[t], (h, c))
            else:
                h = self.cell(x[t], h)
            seen.append(h)
        return torch.stack(seen), h


class Elements(nn.Module):
    """Element-wise functions and reshaping after a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(6, 8)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        y, _ = self.gru(x)
        a, b = y.chunk(2, -1)
        z = torch.clamp(a * torch.sigmoid(b), -0.1, 0.2)
        z = F.pad(F.hardtanh(z) + F.elu(a) - F.softplus(b) / 3, (1, 2))
        some = (z.unsqueeze(0).squeeze(0), F.hardsigmoid(y), F.hardswish(y), F.selu(y), F.relu6(y * 10))
        return some + (torch.stack([a, b], 0), z.repeat(1, 2, 1), F.softmax(y, 0), F.glu(y, -1))


class ConvolutionGru(nn.Module):
    """Features from a strided convolution with batch normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(5, 8, 3, padding=1, stride=2)
        self.normalisation = nn.BatchNorm1d(8)
        self.gru = nn.GRU(8, 6, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.gru(F.leaky_relu(self.normalisation(self.convolution(x))).transpose(1, 2))[0]


class EncoderDecoder(nn.Module):
    """One LSTM starts where another ended."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.LSTM(4, 6, batch_first=True)
        self.decoder = nn.LSTM(3, 6, batch_first=True)
        self.linear = nn.Linear(6, 5)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        _, states = self.encoder(x)
        return self.linear(self.decoder(z, states)[0])


class Attention(nn.Module):
    """A product of two values that are both computed."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(6, 8, batch_first=True)
        self.query = nn.Linear(8, 8)
        self.key = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.gru(x)
        return torch.softmax(self.query(y) @ self.key(y).transpose(1, 2) / 8**0.5, -1) @ y


def flat(value: Any) -> list[np.ndarray]:
    """All tensors in nested tuples, in order."""
    if isinstance(value, (tuple, list)):
        return [array for part in value for array in flat(part)]
    return [value.numpy()]


def write(folder: Path, model: nn.Module, inputs: dict[str, Tensor], opset: int, axes: dict[str, Any] | None) -> None:
    """Exports one case and what PyTorch computes for it."""
    folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    with torch.no_grad():
        computed = flat(model(*inputs.values()))
    names = [f"y{i}" for i in range(len(computed))]
    torch.onnx.export(model, tuple(inputs.values()), str(folder / "model.onnx"), input_names=list(inputs),
                      output_names=names, opset_version=opset, dynamic_axes=axes)
    arrays = {"in_" + name: tensor.numpy() for name, tensor in inputs.items()}
    arrays.update({"out_" + name: np.ascontiguousarray(array) for name, array in zip(names, computed)})
    np.savez_compressed(folder / "io.npz", **arrays)


def generate(target: Path) -> None:
    """Writes every case below `target`."""
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    draw = torch.randn
    states = {"h": draw(2, 3, 6), "c": draw(2, 3, 6)}
    lengths = torch.tensor([7, 4, 2])
    free = {0: "time", 1: "batch"}
    write(target / "tagger_9", Tagger(), {"ids": torch.randint(0, 20, (3, 7))}, 9, {"ids": {0: "batch", 1: "time"}})
    write(target / "last_states_10", LastStates(), {"x": draw(3, 7, 6)}, 10, None)
    write(target / "stateful_11", Stateful(), {"x": draw(7, 3, 5), **states}, 11,
          {"x": free, "h": {1: "batch"}, "c": {1: "batch"}})
    write(target / "packed_12", Packed(), {"x": draw(7, 3, 5), "lengths": lengths}, 12, {"x": free, "lengths": {0: "batch"}})
    for name, cell in (("lstm", nn.LSTMCell), ("gru", nn.GRUCell), ("rnn", nn.RNNCell)):
        write(target / f"unrolled_{name}_13", Unrolled(cell), {"x": draw(5, 2, 5)}, 13, None)
    write(target / "attention_13", Attention(), {"x": draw(2, 5, 6)}, 13, {"x": {0: "batch", 1: "time"}})
    write(target / "elements_14", Elements(), {"x": draw(5, 2, 6)}, 14, {"x": free})
    write(target / "convolution_15", ConvolutionGru(), {"x": draw(2, 5, 9)}, 15, {"x": {0: "batch", 2: "time"}})
    write(target / "encoder_decoder_16", EncoderDecoder(), {"x": draw(2, 5, 4), "z": draw(2, 3, 3)}, 16,
          {"x": {0: "batch", 1: "time"}, "z": {0: "batch", 1: "steps"}})


if __name__ == "__main__":
    generate(Path(sys.argv[1]))

"""A small evaluation of exported recurrent graphs in NumPy, float64, written from the ONNX operator text.

It exists to check an export against the framework that made it, so it shares no code with either. Only what
those graphs hold is here: any other operator, attribute or optional input is an error.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
import onnx
from onnx import numpy_helper

Array = np.ndarray
Attributes = dict[str, object]


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def lstm(
    a: Attributes, x: Array, w: Array, r: Array, b: Array, _lens: None, h0: Array, c0: Array
) -> list[Array]:
    """One direction; gates in ONNX order i, o, f, c; no peepholes. x [T, N, I] gives Y [T, 1, N, H]."""
    h, c, bias, ys = h0[0], c0[0], b[0].reshape(2, -1).sum(0), []
    for xt in x:
        i, o, f, g = np.split(xt @ w[0].T + h @ r[0].T + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        ys.append(h[None])
    return [np.stack(ys), h[None], c[None]]


def gru(a: Attributes, x: Array, w: Array, r: Array, b: Array, _lens: None, h0: Array) -> list[Array]:
    """One direction; gates in ONNX order z, r, h; the reset gate after the recurrent product."""
    if not a.get("linear_before_reset"):
        raise NotImplementedError("GRU with linear_before_reset = 0")
    h, (bw, br), ys = h0[0], b[0].reshape(2, -1), []
    for xt in x:
        xz, xr, xn = np.split(xt @ w[0].T + bw, 3, axis=1)
        hz, hr, hn = np.split(h @ r[0].T + br, 3, axis=1)
        z = sigmoid(xz + hz)
        n = np.tanh(xn + sigmoid(xr + hr) * hn)
        h = (1.0 - z) * n + z * h
        ys.append(h[None])
    return [np.stack(ys), h[None]]


def log_softmax(a: Attributes, x: Array) -> list[Array]:
    axis = a.get("axis", -1)
    shifted = x - x.max(axis=axis, keepdims=True)
    return [shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))]


OPERATORS: dict[str, Callable[..., list[Array]]] = {
    "Add": lambda a, x, y: [x + y],
    "Concat": lambda a, *parts: [np.concatenate(parts, axis=a["axis"])],
    "Constant": lambda a: [numpy_helper.to_array(a["value"])],
    "Expand": lambda a, x, shape: [x * np.ones(shape, x.dtype)],
    "Gather": lambda a, data, indices: [np.take(data, indices, axis=a.get("axis", 0))],
    "GRU": gru,
    "LogSoftmax": log_softmax,
    "LSTM": lstm,
    "MatMul": lambda a, x, y: [x @ y],
    "Shape": lambda a, x: [np.array(x.shape, np.int64)],
    "Squeeze": lambda a, x, axes: [np.squeeze(x, tuple(axes))],
    "Unsqueeze": lambda a, x, axes: [np.expand_dims(x, tuple(axes))],
}
KNOWN_ATTRIBUTES = {"axis", "hidden_size", "linear_before_reset", "value"}


def evaluate(model: onnx.ModelProto, inputs: dict[str, Array]) -> dict[str, Array]:
    """Every graph output by name; `inputs` holds an array for every graph input."""
    values: dict[str, Array | None] = {"": None, **inputs}
    for tensor in model.graph.initializer:
        values[tensor.name] = widened(numpy_helper.to_array(tensor))
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type not in OPERATORS or not attributes.keys() <= KNOWN_ATTRIBUTES:
            raise NotImplementedError(f"{node.name}: {node.op_type} with {sorted(attributes)}")
        results = OPERATORS[node.op_type](attributes, *(values[name] for name in node.input))
        values.update(zip(node.output, map(widened, results)))
    return {output.name: values[output.name] for output in model.graph.output}


def widened(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype == np.float32 else array

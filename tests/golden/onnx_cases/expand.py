"""Writes all cases in full to a directory: `expand.py DIRECTORY` makes DIRECTORY/<case>/{model.onnx,io.npz}.

Four large models are kept as skeletons: the file with its random weights zeroed. The weights are drawn again from the
seeds that made them (see README.md) and put back; the result must have the original file's SHA-256."""

import hashlib
import shutil
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import yaml

HERE = Path(__file__).resolve().parent


def drawn_weights(name: str, x_shape: tuple[int, ...], shapes: dict[str, list[int]]) -> dict[str, np.ndarray]:
    """The weights as the generator of the cases drew them: X first, then W, R and B, each scaled."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))

    def draw(shape: Any) -> np.ndarray:
        return generator.standard_normal(tuple(shape)).astype(np.float32)

    draw(x_shape)
    inputs, hidden = shapes["W"][2], shapes["R"][2]
    return {
        "W": draw(shapes["W"]) * np.float32(1.0 / np.sqrt(inputs)),
        "R": draw(shapes["R"]) * np.float32(1.5 / np.sqrt(hidden)),
        "B": draw(shapes["B"]) * np.float32(0.3),
    }


def filled_model(folder: Path, row: dict[str, Any]) -> bytes:
    """The skeleton with its weights put back."""
    with np.load(folder / "skeleton.npz") as arrays:
        model = bytearray(arrays["model"].tobytes())
    with np.load(folder / "io.npz") as arrays:
        x_shape = arrays["in_X"].shape
    holes = row["weights"]["holes"]
    weights = drawn_weights(row["name"], x_shape, {hole["name"]: hole["shape"] for hole in holes})
    for hole in holes:
        raw = weights[hole["name"]].tobytes()
        model[hole["at"] : hole["at"] + len(raw)] = raw
    if hashlib.sha256(model).hexdigest() != row["weights"]["sha256"]:
        raise SystemExit(f"{row['name']}: this NumPy ({np.__version__}) draws other random numbers than 1.24 did")
    return bytes(model)


def expand(target: Path) -> None:
    """Writes every case below `target`; the index is written last, as the sign that all is there."""
    index = yaml.safe_load((HERE / "index.yaml").read_text())
    for row in index["cases"]:
        folder = HERE / row["name"]
        (target / row["name"]).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "io.npz", target / row["name"] / "io.npz")
        model = filled_model(folder, row) if "weights" in row else (folder / "model.onnx").read_bytes()
        (target / row["name"] / "model.onnx").write_bytes(model)
    shutil.copyfile(HERE / "index.yaml", target / "index.yaml")


if __name__ == "__main__":
    expand(Path(sys.argv[1]))

"""Starts the simulator for one run, and finds the files that it reads. Many runs: pool.py."""

import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

from .yaml_reader import InputError

ROOT = Path(__file__).resolve().parents[2]

# The tables of `rondo describe` that hold parameters.
SECTIONS = ("chip", "machine", "sequencer", "weights", "matrix", "gate", "load", "store", "weight_sram",
            "activation_sram", "parameter_sram", "accumulators", "dram", "mapping", "numbers")

Report = dict[str, Any]


class RunFailed(Exception):
    """The work failed through no fault of the input. The command ends with status 1."""


def binary_path() -> Path:
    """Where the simulator should be: RONDO_BINARY, else `rondo` in RONDO_BUILD_DIR, else build/rondo."""
    build = Path(os.environ.get("RONDO_BUILD_DIR") or ROOT / "build")
    return Path(os.environ.get("RONDO_BINARY") or build / "rondo")


def binary() -> Path:
    """The simulator; RunFailed when it is not there."""
    path = binary_path()
    if not os.access(path, os.X_OK):
        raise RunFailed(f"{path}: the simulator is not built; ./rondo builds it")
    return path.absolute()


def program_hash(path: Union[str, Path]) -> Optional[str]:
    """The start of a program's sha256, None where it cannot be read. Read again only when the file has changed."""
    try:
        file = Path(shutil.which(path) or path)
        state = file.stat()
        return _hash_of(file, (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    except OSError:
        return None


@functools.lru_cache(maxsize=16)
def _hash_of(file: Path, _: tuple[int, ...]) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


def find_config(kind: str, name: str, base: Optional[Path] = None) -> Optional[Path]:
    """The file of a chip, network or gpu: a path (relative to `base`, else to here), or a name in
    configs/KIND/."""
    named = ROOT / "configs" / kind / f"{name}.yaml"
    if named.is_file():
        return named
    for start in ([base] if base else []) + [Path()]:
        if (start / name).is_file():
            return start / name
    return None


def known_configs(kind: str) -> list[str]:
    """The names in configs/KIND/, sorted."""
    return sorted(path.stem for path in (ROOT / "configs" / kind).glob("*.yaml"))


def run_once(chip: str, network: str, settings: Optional[dict[str, Any]] = None,
             timing_only: bool = True, why: bool = False, dimensions: Optional[dict[str, int]] = None,
             inputs: str = "") -> Report:
    """One `rondo run`, with `why` its critical path too. `dimensions` sets open sizes of an ONNX model, `inputs` is a file
    of its inputs. Wrong input raises InputError with the simulator's own words, anything else RunFailed."""
    command = [str(binary()), "run", chip, network, "--json"]
    for key, value in (settings or {}).items():
        command += ["--set", f"{key}={_written(value)}"]
    for name, size in (dimensions or {}).items():
        command += ["--dim", f"{name}={size}"]
    if inputs:
        command += ["--input", inputs]
    if timing_only:
        command.append("--timing-only")
    if why:
        command.append("--why")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    words = done.stderr.strip()
    if done.returncode == 2:
        raise InputError(words or f"{chip} does not run {network}")
    if done.returncode != 0:
        raise RunFailed(f"{chip} on {network}: {words or cause_of_death(done.returncode)}")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise RunFailed(f"{chip} on {network}: the simulator printed no JSON ({error})") from error


class Field(NamedTuple):
    """A parameter of a chip: what it may be ("1..4096 bytes", "step | hoisted", nothing for a name), and is."""

    allowed: str
    value: str


def describe_tables(chip: Path) -> dict[str, list[dict[str, str]]]:
    """Everything that `rondo describe` says of a chip: table -> rows with a name. A wrong chip file raises InputError with
    the simulator's own words."""
    done = subprocess.run([str(binary()), "describe", str(chip), "--json"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace")
    words = done.stderr.strip()
    if done.returncode == 2:
        raise InputError(*words.splitlines())
    try:
        return {table: list(rows) for table, rows in json.loads(done.stdout).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise RunFailed(f"{chip}: the simulator does not describe it: {words or error}") from error


def fields_of(tables: dict[str, list[dict[str, str]]]) -> dict[str, Field]:
    """Every parameter of a chip, by its path."""
    try:
        return {row["name"] if section == "chip" else f"{section}.{row['name']}": Field(row["allowed"], row["value"])
                for section in SECTIONS for row in tables.get(section, [])}
    except (KeyError, TypeError) as error:
        raise RunFailed(f"the simulator describes a parameter without {error}") from error


def about(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the simulator knows of the chip or the network of each request without running it (sim/README.md, "The
    worker")."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([str(binary()), "worker"], input=lines, capture_output=True, text=True, errors="replace")
    try:
        answers = [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError as error:
        raise RunFailed(f"the simulator does not say what it reads: {error}") from error
    if len(answers) != len(requests):
        words = done.stderr.strip() or cause_of_death(done.returncode)
        raise RunFailed(f"the simulator does not say what it reads: {words}")
    return answers


def _written(value: Any) -> str:
    return json.dumps(value) if isinstance(value, (bool, int, float)) else str(value)


def cause_of_death(status: int) -> str:
    """How a process ended, in words."""
    if status >= 0:
        return f"the simulator ended with status {status}"
    return f"the simulator was ended by {signal.Signals(-status).name}"

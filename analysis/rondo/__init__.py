"""Rondo's analysis: starts the simulator, reads its JSON, and makes sweeps, comparisons, tables and figures of it.

In a notebook: `rondo.run`, `rondo.sweep`, `rondo.load`; see library.py. It is loaded when one of them is first named, so
that a Dask worker, which names none, needs neither numpy nor pandas."""

from typing import TYPE_CHECKING, Any

from .simulator import RunFailed
from .yaml_reader import InputError

if TYPE_CHECKING:
    from .library import load, run, sweep

__all__ = ["InputError", "RunFailed", "load", "run", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'rondo' has no attribute '{name}'")
    from . import library
    return getattr(library, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Units in the arithmetic of sweep files: what they multiply by, and which of them go together."""

from dataclasses import dataclass
from typing import Optional

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "MB": 1e6, "GB": 1e9, "mm2": 1, "dB": 1,
         "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "J": 1, "mJ": 1e-3, "uJ": 1e-6, "nJ": 1e-9, "W": 1, "mW": 1e-3,
         "MHz": 1, "k": 1e3, "M": 1e6, "G": 1e9}

# What each is made of: base unit and exponent. Those not named are plain numbers.
_MADE_OF = {**dict.fromkeys(("B", "KiB", "MiB", "GiB", "kB", "MB", "GB", "bytes"), (("B", 1),)),
            **dict.fromkeys(("mm2", "mm²"), (("mm2", 1),)), "dB": (("dB", 1),), "MHz": (("MHz", 1),),
            **dict.fromkeys(("s", "ms", "us", "ns"), (("s", 1),)), **dict.fromkeys(("J", "mJ", "uJ", "nJ"), (("J", 1),)),
            **dict.fromkeys(("W", "mW"), (("J", 1), ("s", -1))), "Js": (("J", 1), ("s", 1)), "op/s": (("op", 1), ("s", -1))}

_IN_WORDS = {(("J", 1), ("s", -1)): "W", (): "a plain number"}


class WrongUnits(ValueError):
    """Two things that cannot be added or compared; the message says which."""


@dataclass(frozen=True)
class Dimension:
    """Base units with their exponents, sorted. `bare`: a number written without a unit, or arithmetic on such alone."""

    powers: tuple[tuple[str, int], ...] = ()
    bare: bool = False

    def __mul__(self, other: "Dimension") -> "Dimension":
        return self._times(other, 1)

    def __truediv__(self, other: "Dimension") -> "Dimension":
        return self._times(other, -1)

    def __add__(self, other: "Dimension") -> "Dimension":
        return self.with_(other)

    __sub__ = __add__

    def __neg__(self) -> "Dimension":
        return self

    def __str__(self) -> str:
        if self.powers in _IN_WORDS:
            return _IN_WORDS[self.powers]
        return " ".join(unit + (f"^{power}" if power != 1 else "") for unit, power in self.powers)

    def _times(self, other: "Dimension", sign: int) -> "Dimension":
        powers = dict(self.powers)
        for unit, power in other.powers:
            powers[unit] = powers.get(unit, 0) + sign * power
        return Dimension(tuple(sorted((unit, power) for unit, power in powers.items() if power)), self.bare and other.bare)

    def with_(self, other: "Dimension") -> "Dimension":
        """The unit of both together, in a sum or a comparison. A number without a unit goes with plain numbers, bytes,
        areas, decibels and clocks, whose unit nobody doubts; not with times and energies."""
        if self.powers == other.powers:
            return Dimension(self.powers, self.bare and other.bare)
        for one, two in ((self, other), (other, self)):
            if one.bare and not (two.powers and all(unit in ("s", "J") for unit, _ in two.powers)):
                return two
        if self.bare or other.bare:
            two = other if self.bare else self
            raise WrongUnits(f"a number without a unit beside {two}; write {_example(two)}")
        raise WrongUnits(f"{self} beside {other}")


def _example(dimension: Dimension) -> str:
    units = [unit for unit, parts in _MADE_OF.items() if tuple(sorted(parts)) == dimension.powers and unit in UNITS]
    return " or ".join(f"3 {unit}" for unit in units[:3]) or "numbers with units, as in 3 mJ * 2 ms"


def dimension_of(unit: Optional[str]) -> Dimension:
    """Of a unit as in `UNITS`, as a figure of the report has it, or as the simulator gives a parameter's."""
    return Dimension(tuple(sorted(_MADE_OF.get(unit or "", ()))))


BARE = Dimension((), True)


def either(one: Dimension, other: Dimension) -> Dimension:
    """Of min(a, b) and max(a, b)."""
    return one.with_(other)


def same(one: Dimension) -> Dimension:
    """Of floor(a) and ceil(a)."""
    return one

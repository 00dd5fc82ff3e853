#!/usr/bin/env python3
"""Writes models/isa/tables.inc: the activation tables, as integers that are the same on every machine.

Each table has 1024 intervals (1025 knots) over the domain stated beside it; a chip with fewer entries uses every
k-th knot. Values are the exact function, rounded half up to the stated fraction, from 50-digit decimals.

Usage: python3 analysis/make_tables.py > models/isa/tables.inc
"""

from decimal import ROUND_HALF_UP, Decimal, getcontext
from typing import Callable

getcontext().prec = 50
KNOTS = 1025


def sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def tanh(x: Decimal) -> Decimal:
    e = (-2 * x).exp()
    return (1 - e) / (1 + e)


def knots(f: Callable[[Decimal], Decimal], domain: int, fraction: int, most: int) -> list[int]:
    scale = Decimal(2) ** fraction
    values = (f(Decimal(domain) * k / (KNOTS - 1)) * scale for k in range(KNOTS))
    return [min(most, int(v.to_integral_value(ROUND_HALF_UP))) for v in values]


def emit(name: str, comment: str, values: list[int]) -> None:
    print(f"// {comment}\nconstexpr std::int32_t {name}[{KNOTS}] = {{")
    for start in range(0, KNOTS, 16):
        print("    " + ", ".join(map(str, values[start:start + 16])) + ",")
    print("};")


if __name__ == "__main__":
    print("// Written by analysis/make_tables.py; do not edit.\n")
    emit("kSigmoid", "sigmoid(x), x in [0, 16], Q0.15", knots(sigmoid, 16, 15, 32767))
    emit("kTanh", "tanh(x), x in [0, 8], Q0.15", knots(tanh, 8, 15, 32767))
    emit("kExp", "exp(-x), x in [0, 16], Q0.15", knots(lambda x: (-x).exp(), 16, 15, 32767))
    emit("kSoftplusTail", "ln(1 + exp(-x)), x in [0, 16], Q0.15", knots(lambda x: (1 + (-x).exp()).ln(), 16, 15, 32767))
    emit("kLn", "ln(1 + x), x in [0, 1], Q0.16", knots(lambda x: (1 + x).ln(), 1, 16, 65536))

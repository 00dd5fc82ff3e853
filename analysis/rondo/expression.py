"""Arithmetic in sweep files: `machine.weight_bytes + machine.activation_bytes <= 8 MiB`, `area <= 20 mm2`,
`= 4 * machine.cols`. Numbers with units, dotted names, + - * / and brackets, min(a, b) and max(a, b)."""

import ast
import re
from dataclasses import dataclass
from types import CodeType
from typing import Any, Callable, Optional

import numpy as np

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "MB": 1e6, "GB": 1e9, "mm2": 1, "dB": 1,
         "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "J": 1, "mJ": 1e-3, "uJ": 1e-6, "nJ": 1e-9, "W": 1, "mW": 1e-3,
         "MHz": 1, "k": 1e3, "M": 1e6, "G": 1e9}

_NUMBER = r"(?<![\w.])(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)(?:\s*([A-Za-z]\w*))?"
_NAME = r"[A-Za-z_]\w*(?:\.\w+)*"
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<name>{_NAME})")
_COMPARISON = re.compile(r"<=|>=|==|!=|<|>")
_FUNCTIONS = {"min": np.minimum, "max": np.maximum}
_NODES = (ast.Expression, ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Constant,
          ast.Name, ast.Load, ast.Call)

NameOf = Callable[[str], Any]


class WrongExpression(ValueError):
    """The text is no expression; the message says why."""


@dataclass(frozen=True)
class Expression:
    """A checked expression; `names` are the dotted names in it, each once."""

    text: str
    names: tuple[str, ...]
    _code: CodeType

    def value(self, of: NameOf) -> Any:
        """The value where each name is what `of` says: a number, or an array of numbers."""
        values = {f"_{index}": of(name) for index, name in enumerate(self.names)}
        with np.errstate(divide="ignore", invalid="ignore"):
            return eval(self._code, {**_FUNCTIONS, **values})  # of the nodes in _NODES alone


def parse(text: str) -> Expression:
    """The expression; WrongExpression when it is none."""
    names: list[str] = []

    def replaced(match: re.Match) -> str:
        if match["number"]:
            unit = match[3]
            if unit and unit not in UNITS:
                raise WrongExpression(f"{unit} is no unit; known: {', '.join(UNITS)}")
            return repr(float(match[2]) * UNITS[unit] if unit else float(match[2]))
        name = match["name"]
        if name in _FUNCTIONS:
            return name
        if name not in names:
            names.append(name)
        return f"_{names.index(name)}"

    plain = _TOKEN.sub(replaced, text.strip())
    try:
        tree = ast.parse(plain, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise WrongExpression(f"{text.strip() or 'nothing'} is not arithmetic; "
                              "expected names, numbers with units, + - * / ( ) min max") from None
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
                                                     and len(node.args) == 2 and not node.keywords)
        if not isinstance(node, _NODES) or called:
            raise WrongExpression(f"{text.strip()} is not arithmetic; "
                                  "expected names, numbers with units, + - * / ( ) min(a, b) max(a, b)")
    return Expression(text.strip(), tuple(names), compile(tree, "<sweep>", "eval"))


_COMPARE = {"<=": np.less_equal, ">=": np.greater_equal, "<": np.less, ">": np.greater, "==": np.equal,
            "!=": np.not_equal}


@dataclass(frozen=True)
class Constraint:
    """`left sign right`, as it was written."""

    text: str
    left: Expression
    sign: str
    right: Expression

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.left.names + self.right.names))

    def holds(self, of: NameOf) -> Any:
        """Whether it holds; an array where names are arrays. What is no number (0 / 0) does not hold."""
        left, right = self.left.value(of), self.right.value(of)
        return _COMPARE[self.sign](left, right) & ~(np.isnan(left) | np.isnan(right))

    def excess(self, of: NameOf) -> float:
        """How far it is from being met, as a share of the right side; 0 where it holds."""
        if bool(self.holds(of)):
            return 0.0
        left, right = float(self.left.value(of)), float(self.right.value(of))
        return abs(left - right) / max(abs(right), 1e-30) + 1e-9

    def bounds(self) -> Optional[tuple[str, float, float]]:
        """What it bounds and by what, where one side is a plain number: (left side, least, most)."""
        sign, left, right = self.sign, self.left, self.right
        if right.names and not left.names:
            left, right, sign = right, left, {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
        if right.names or not left.names or sign == "!=":
            return None
        value = float(right.value(lambda name: 0.0))
        least, most = -np.inf, np.inf
        if sign in (">", ">=", "=="):
            least = np.nextafter(value, np.inf) if sign == ">" else value
        if sign in ("<", "<=", "=="):
            most = np.nextafter(value, -np.inf) if sign == "<" else value
        return "".join(left.text.split()), least, most


def parse_constraint(text: str) -> Constraint:
    """`expression sign expression`; WrongExpression when it is none."""
    signs = _COMPARISON.findall(text)
    if len(signs) != 1:
        raise WrongExpression(f"{text} has {len(signs)} comparisons; expected one of <= >= < > == !=")
    left, right = text.split(signs[0])
    constraint = Constraint(text, parse(left), signs[0], parse(right))
    if not constraint.names:
        raise WrongExpression(f"{text} names no parameter and no figure")
    return constraint

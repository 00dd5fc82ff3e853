"""Arithmetic in sweep files: `machine.weight_bytes + machine.activation_bytes <= 8 MiB`, `area <= 20 mm2`,
`= 4 * machine.cols`. Numbers with units, dotted names, + - * / and brackets, min(a, b), max(a, b), floor(a) and ceil(a)."""

import ast
import re
from dataclasses import dataclass
from types import CodeType
from typing import Any, Callable

import numpy as np

from .bounds import Bounds
from .units import BARE, UNITS, Dimension, dimension_of, either, same

_NUMBER = r"(?<![\w.])(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)(?:\s*([A-Za-z]\w*))?"
_NAME = r"[A-Za-z_]\w*(?:\.\w+)*"
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<name>{_NAME})")
_COMPARISON = re.compile(r"<=|>=|==|!=|<|>")
_FUNCTIONS = {"min": np.minimum, "max": np.maximum, "floor": np.floor, "ceil": np.ceil}
_OF_DIMENSIONS = {"min": either, "max": either, "floor": same, "ceil": same}
_NODES = (ast.BinOp, ast.UnaryOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Constant, ast.Load)

FAR = 1e6
MAX_DEPTH = 200  # of brackets and terms one after another: Python's own limit must not decide

_EXPECTED = "expected names, numbers with units, + - * / ( ) min(a, b) max(a, b) floor(a) ceil(a)"

NameOf = Callable[[str], Any]


class WrongExpression(ValueError):
    """The text is no expression; the message says why."""


@dataclass(frozen=True)
class Expression:
    """A checked expression; `names` are the dotted names in it, each once. In `tree` the name `_3` stands for names[3].
    `units` are those of its numbers, in order, "" for none; in `_measured` the name `_n3` stands for the number units[3]."""

    text: str
    names: tuple[str, ...]
    tree: ast.expr
    _code: CodeType
    units: tuple[str, ...]
    _measured: CodeType

    def value(self, of: NameOf) -> Any:
        """The value where each name is what `of` says: a number, an array of numbers, or Bounds. What cannot be divided is
        infinite or no number."""
        values = {f"_{index}": of(name) for index, name in enumerate(self.names)}
        try:
            with np.errstate(all="ignore"):
                return eval(self._code, {**_FUNCTIONS, **values})  # of the nodes in _NODES alone
        except ZeroDivisionError:  # between plain numbers
            return np.nan

    def dimension(self, of: Callable[[str], Dimension]) -> Dimension:
        """Its unit where each name has what `of` says; WrongUnits where parts do not go together."""
        values = {f"_{index}": of(name) for index, name in enumerate(self.names)}
        values.update({f"_n{index}": dimension_of(unit) if unit else BARE for index, unit in enumerate(self.units)})
        return eval(self._measured, {**_OF_DIMENSIONS, **values})


def parse(text: str) -> Expression:
    """The expression; WrongExpression when it is none."""
    names: list[str] = []
    units: list[str] = []

    def measured(match: re.Match) -> str:
        if not match["number"]:
            return replaced(match)
        units.append(match[3] if match[3] not in (None, "k", "M", "G") else "")
        return f"_n{len(units) - 1}"

    def replaced(match: re.Match) -> str:
        if match["number"]:
            unit = match[3]
            if unit and unit not in UNITS:
                raise WrongExpression(f"{unit} is no unit; known: {', '.join(UNITS)}")
            value = float(match[2]) * UNITS[unit or "B"]
            if value == float("inf"):
                raise WrongExpression(f"{match['number']} is too large")
            return repr(value)
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
        raise WrongExpression(f"{_short(text) or 'nothing'} is not arithmetic; {_EXPECTED}") from None
    nodes = [(tree.body, 1)]
    for node, depth in nodes:
        if not _is_arithmetic(node):
            raise WrongExpression(f"{_short(text)} is not arithmetic; {_EXPECTED}")
        if depth > MAX_DEPTH:
            raise WrongExpression(f"{_short(text)} is too long; at most {MAX_DEPTH} terms and brackets in one another are read")
        inner = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        nodes += [(child, depth + 1) for child in inner]
    with_units = compile(_TOKEN.sub(measured, text.strip()), "<sweep>", "eval")
    return Expression(text.strip(), tuple(names), tree.body, compile(tree, "<sweep>", "eval"), tuple(units), with_units)


def _is_arithmetic(node: ast.AST) -> bool:
    """Whether the node itself is, whatever is in it."""
    if isinstance(node, ast.Call):
        return (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords
                and len(node.args) == _FUNCTIONS[node.func.id].nin)
    if isinstance(node, ast.Name):
        return node.id not in _FUNCTIONS
    return isinstance(node, _NODES) and not (isinstance(node, ast.Constant) and not isinstance(node.value, float))


def _short(text: str) -> str:
    """Enough of the text for a message."""
    return text.strip() if len(text) <= 120 else text.strip()[:100] + " ..."


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
        """How far it is from being met, as a share of the right side; 0 where it holds, at most FAR."""
        if bool(self.holds(of)):
            return 0.0
        left, right = float(self.left.value(of)), float(self.right.value(of))
        share = abs(left - right) / max(abs(right), 1e-30) + 1e-9
        return share if share < FAR else FAR  # what is no number is far, too

    def possible(self, of: NameOf) -> Any:
        """Whether it may hold, names being Bounds; an array where they have arrays. False is certain, True is not."""
        left, right = Bounds.of(self.left.value(of)), Bounds.of(self.right.value(of))
        may = np.ones(np.broadcast_shapes(left.low.shape, right.low.shape), dtype=bool)
        if self.sign in ("<", "<=", "=="):
            may &= _COMPARE["<" if self.sign == "<" else "<="](left.low, right.high)
        if self.sign in (">", ">=", "=="):
            may &= _COMPARE[">" if self.sign == ">" else ">="](left.high, right.low)
        return may


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

"""What a constraint bounds, however it is written: `area <= 4 mm2`, `2 * area_mm2.total <= 8` and `8 >= area + area` bound the
same thing by the same number. With this, constraints that contradict each other are found before anything runs."""

import ast
from dataclasses import dataclass
from typing import Callable, Optional

from .expression import Constraint, Expression

# A sum of products of names (sorted; the empty product is the constant), each with its factor.
Form = dict[tuple[str, ...], float]

_MOST_TERMS = 64  # a product of sums that has more is left as it is
_ROUNDING = 1e-9  # bounds that are closer do not contradict each other

_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True)
class Bound:
    """`what` (the same text for the same thing) is at least `least` and at most `most`, or beyond where an end is
    `open`."""

    what: str
    least: float = float("-inf")
    most: float = float("inf")
    least_open: bool = False
    most_open: bool = False

    def contradicts(self, other: "Bound") -> bool:
        """Whether nothing lies within both."""
        return self.what == other.what and (self._above(other) or other._above(self))

    def _above(self, other: "Bound") -> bool:
        gap, size = self.least - other.most, max(abs(self.least), abs(other.most))
        if size == float("inf"):
            return False
        return gap > _ROUNDING * size or (gap == 0 and (self.least_open or other.most_open))


def bound_of(constraint: Constraint, canonical: Callable[[str], str]) -> Optional[Bound]:
    """What the constraint bounds, names as `canonical` has them; None where it bounds nothing (`!=`, `area == area`)."""
    difference = _sum(_form(constraint.left, canonical), _form(constraint.right, canonical), -1.0)
    constant = difference.pop((), 0.0)
    terms = {product: factor for product, factor in sorted(difference.items()) if factor != 0}
    if not terms or constraint.sign == "!=":
        return None
    scale = next(iter(terms.values()))
    sign = _MIRRORED.get(constraint.sign, constraint.sign) if scale < 0 else constraint.sign
    value = -constant / scale
    what = _text({product: factor / scale for product, factor in terms.items()})
    if sign in (">", ">="):
        return Bound(what, least=value, least_open=sign == ">")
    if sign in ("<", "<="):
        return Bound(what, most=value, most_open=sign == "<")
    return Bound(what, least=value, most=value)


def _form(expression: Expression, canonical: Callable[[str], str]) -> Form:
    return _form_of(expression.tree, [canonical(name) for name in expression.names])


def _form_of(node: ast.expr, names: list[str]) -> Form:
    if isinstance(node, ast.Constant):
        return {(): float(node.value)}
    if isinstance(node, ast.Name):
        return {(names[int(node.id[1:])],): 1.0}
    if isinstance(node, ast.UnaryOp):
        return _sum({}, _form_of(node.operand, names), -1.0)
    if isinstance(node, ast.Call):
        parts = sorted(_text(_form_of(part, names)) for part in node.args)
        return {(f"{node.func.id}({', '.join(parts)})",): 1.0}
    left, right = _form_of(node.left, names), _form_of(node.right, names)
    if isinstance(node.op, (ast.Add, ast.Sub)):
        return _sum(left, right, -1.0 if isinstance(node.op, ast.Sub) else 1.0)
    if isinstance(node.op, ast.Mult):
        return _product(left, right)
    divisor = right.get((), 0.0)
    if len(right) == 1 and divisor:
        return {product: factor / divisor for product, factor in left.items()}
    return {(f"({_text(left)}) / ({_text(right)})",): 1.0}


def _sum(left: Form, right: Form, factor: float) -> Form:
    return {product: left.get(product, 0.0) + factor * right.get(product, 0.0) for product in {**left, **right}}


def _product(left: Form, right: Form) -> Form:
    if len(left) * len(right) > _MOST_TERMS:
        return {tuple(sorted((f"({_text(left)})", f"({_text(right)})"))): 1.0}
    found: Form = {}
    for one, factor in left.items():
        for other, another in right.items():
            product = tuple(sorted(one + other))
            found[product] = found.get(product, 0.0) + factor * another
    return found


def _text(form: Form) -> str:
    """The same for equal forms, factors to twelve digits."""
    return " + ".join(f"{factor:.12g} {' * '.join(product)}" for product, factor in sorted(form.items()))

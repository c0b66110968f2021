"""The elementary functions as SymPy has them, else by what they mean."""

from __future__ import annotations

from typing import Any

import sympy

from ..functions import FUNCTIONS, Algebra, Function
from .logistic import sigma

Expr = Any

CLASSES: dict[Any, Function] = {
    sigma: FUNCTIONS["sigma"],
    **{getattr(sympy, row.sympy): row for row in FUNCTIONS.values() if row.sympy},
}
"""The classes of SymPy that are functions of the table."""
EXPONENTIAL = [cls for cls, row in CLASSES.items() if row.exponential]
"""Those that are rational in exponentials."""
_OF = {"sqrt": sympy.sqrt, "max": sympy.Max, "min": sympy.Min}
_OF |= {row.name: cls for cls, row in CLASSES.items()}


def called(fn: str, *args: Expr) -> Expr:
    """A function of the table, applied.

    >>> z = sympy.Symbol("z")
    >>> called("softplus", z), called("relu", z)
    (log(exp(z) + 1), Max(0, z))
    """
    if fn == "pi":
        return sympy.pi
    return _OF[fn](*args) if fn in _OF else _EXPRESSIONS.value(FUNCTIONS[fn].meant, *args)


_EXPRESSIONS: Algebra[Expr] = Algebra(
    lambda value: sympy.Rational(value.numerator, value.denominator), sympy.Add, sympy.Mul,
    lambda a, b: a / b, lambda base, n: base ** sympy.Rational(n.numerator, n.denominator), called,
)  # fmt: skip

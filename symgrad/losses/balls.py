"""Balls: the value of an expression at exact numbers or intervals, rigorously enclosed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from ..bridge import page_name, scope_of, to_page
from ..core import Core
from ..kernel.evaluate import Point, value
from ..meaning.elaborate import elaborate


class Balls:
    """An expression that can be evaluated at rationals and at balls.

    Raises :class:`~symgrad.kernel.limits.Undefined` (or ZeroDivisionError) where there is no value.

    >>> import sympy
    >>> from fractions import Fraction
    >>> from symgrad.kernel.evaluate import exact
    >>> z = sympy.Symbol("z", real=True)
    >>> half = Balls(z**2 + z / 2, [z])({z: exact(Fraction(1, 2))})
    >>> str(half)
    '1/2'
    """

    def __init__(self, expr: Any, symbols: Iterable[Any]) -> None:
        listed = tuple(symbols)
        self.term: Core = elaborate(to_page(expr), scope_of(expr, *listed))
        self.names = {s: page_name(s.name) for s in listed}

    def __call__(self, at: Mapping[Any, Any]) -> Any:
        point = Point(Random(0), 1, (1,), ())
        point.parameters.update({self.names[s]: v for s, v in at.items() if s in self.names})
        return value(point, self.term)

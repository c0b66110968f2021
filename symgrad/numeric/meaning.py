"""SymPy expressions to core terms (stands in until ``elaborate`` is there)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy

from .. import core
from ..bridge import page_name, sigma
from ..core import Core
from ..errors import UnknownMeaning

_CALLS: dict[Any, str] = {
    sympy.exp: "exp", sympy.log: "log", sympy.tanh: "tanh", sympy.sinh: "sinh", sympy.cosh: "cosh",
    sympy.Abs: "abs", sympy.sign: "sign", sympy.Max: "max", sympy.Min: "min", sigma: "sigma",
}


def meaning(expr: Any, indices: frozenset[Any] = frozenset()) -> Core:
    """The core term of a SymPy expression."""
    if expr.is_Rational:
        return core.Num(Fraction(int(expr.p), int(expr.q)))
    if isinstance(expr, sympy.Symbol):
        if expr in indices:
            return core.Sym(page_name(expr.name), "index")
        return core.Sym(page_name(expr.name), "size" if expr.is_integer and expr.is_positive else "real")
    if isinstance(expr, sympy.Indexed):
        name = page_name(expr.base.label.name)
        return core.Ref(name, tuple(meaning(k, indices) for k in expr.indices))
    if isinstance(expr, sympy.Sum):
        body = expr.function
        inner = indices | {v for v, *_ in expr.limits}
        term = meaning(body, inner)
        for v, lower, upper in expr.limits:
            term = core.Sum(term, core.Sym(page_name(v.name), "index"), meaning(lower), meaning(upper))
        return term
    args = tuple(meaning(a, indices) for a in expr.args) if not isinstance(expr, sympy.Piecewise) else ()
    if isinstance(expr, sympy.Add):
        return core.Add(args)
    if isinstance(expr, sympy.Mul):
        return core.Mul(args)
    if isinstance(expr, sympy.Pow):
        return core.Pow(*args)
    for kind, name in _CALLS.items():
        if isinstance(expr, kind):
            return core.Call(name, args)
    raise UnknownMeaning(f"{type(expr).__name__} has no numeric form here")

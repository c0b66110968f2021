"""Differentiation of core terms, entries independent; deltas instead of cases.

A function that is not in the table of functions is undefined and gets the derivative symbols of
``Call.orders``.

>>> from symgrad.core import Call, Mul, Sym, text
>>> w = Sym("w")
>>> text(derivative(Call("exp", (Mul((w, Sym("c"))),)), w))
'exp(w*c)*c'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..core import Add, Call, Core, D, Delta, Div, Mul, Num, Pow, Ref, Sum, Sym, rebuild, rename, text, walk
from ..functions import BUILTIN, FUNCTIONS, Function, Z, at
from ..names import primed
from .limits import Unsupported

ZERO, ONE, TWO = Num(Fraction(0)), Num(Fraction(1)), Num(Fraction(2))
MINUS = Num(Fraction(-1))


def eliminate(term: Core, kinks: list[Core]) -> Core:
    """The term without D; ``kinks`` receives every argument assumed nonzero on the way."""
    if not any(isinstance(t, D) for t in walk(term)):
        return term
    if isinstance(term, D):
        return derivative(eliminate(term.body, kinks), term.var, kinks)
    return rebuild(term, lambda t: eliminate(t, kinks))


def derivative(term: Core, var: Core, kinks: list[Core] | None = None) -> Core:
    """Partial derivative of a D-free term by a Sym or Ref."""
    if isinstance(var, Sym) and var.sort != "real":
        raise Unsupported(f"{var.name} is an integer: no derivative by it")
    if not isinstance(var, Sym | Ref):
        raise Unsupported(f"no derivative by {text(var)}")
    return _of(term, _By(var, [] if kinks is None else kinks))


def slope(row: Function) -> Core:
    """The derivative of an elementary function, a term in z."""
    return derivative(row.meant, Z) if row.slope is None else row.slope


@dataclass(frozen=True, slots=True)
class _By:
    """The variable; ``kinks`` is added to; a subterm that occurs often is differentiated once."""

    var: Sym | Ref
    kinks: list[Core]
    known: dict[int, tuple[Core, Core]] = field(default_factory=dict)


def _of(t: Core, by: _By) -> Core:
    found = by.known.get(id(t))
    if found is None:
        rule = _RULES.get(type(t))
        if rule is None:
            raise Unsupported(f"no derivative of {text(t)}")
        # The term is kept with its derivative, so that its id stays its own.
        found = by.known[id(t)] = (t, rule(t, by))
    return found[1]


def _entry(t: Ref, by: _By) -> Core:
    v = by.var
    if not isinstance(v, Ref) or v.name != t.name or len(v.indices) != len(t.indices):
        return ZERO
    return times(*(_delta(a, b) for a, b in zip(t.indices, v.indices, strict=True)))


def _product(t: Mul, by: _By) -> Core:
    fs = t.factors
    return plus(*(times(*fs[:k], _of(f, by), *fs[k + 1 :]) for k, f in enumerate(fs)))


def _quotient(t: Div, by: _By) -> Core:
    dn, dd = _of(t.num, by), _of(t.den, by)
    first = Div(dn, t.den) if dn != ZERO else ZERO
    return first if dd == ZERO else plus(first, times(MINUS, t.num, Div(dd, Pow(t.den, TWO))))


def _power(t: Pow, by: _By) -> Core:
    base, exp = t.base, t.exp
    db, de = _of(base, by), _of(exp, by)
    if isinstance(exp, Num):
        lower: Core = Num(exp.value - 1)
        inner = base if lower == ONE else (ONE if lower == ZERO else Pow(base, lower))
    else:
        inner = Pow(base, plus(exp, MINUS))
    first = times(exp, inner, db)
    return plus(first, times(Pow(base, exp), Call("log", (base,)), de)) if de != ZERO else first


def _sum(t: Sum, by: _By) -> Core:
    if any(k == t.index for k in walk(by.var)):
        taken = {k.name for side in (t, by.var) for k in walk(side) if isinstance(k, Sym)}
        name = primed(t.index.name)
        while name in taken:
            name = primed(name)
        fresh = Sym(name, "index")
        return _of(Sum(rename(t.body, t.index, fresh), fresh, t.lower, t.upper), by)
    inner = _of(t.body, by)
    return ZERO if inner == ZERO else Sum(inner, t.index, t.lower, t.upper)


def _call(t: Call, by: _By) -> Core:
    if t.fn == "E":
        inner = _of(t.args[0], by)
        return ZERO if inner == ZERO else Call("E", (inner,))
    if t.fn in ("max", "min"):
        return _of(_extreme(t.fn, *t.args), by)
    slopes = [_of(a, by) for a in t.args]
    if all(d == ZERO for d in slopes):
        return ZERO
    row = FUNCTIONS.get(t.fn)
    if row is not None:
        if row.kinked:
            by.kinks.append(t.args[0])
        if row.slope is None:
            return _of(at(row.meant, t.args[0]), by)
        return times(at(row.slope, t.args[0]), slopes[0])
    if t.fn in BUILTIN:
        raise Unsupported(f"no derivative of {t.fn}")
    return plus(*(times(_partial(t, k), d) for k, d in enumerate(slopes)))


def _partial(t: Call, place: int) -> Core:
    """Of a function of which nothing is known, the derivative in one argument."""
    orders = t.orders or (0,) * len(t.args)
    return Call(t.fn, t.args, tuple(o + (k == place) for k, o in enumerate(orders)))


def _extreme(fn: str, out: Core, *rest: Core) -> Core:
    """The largest or smallest argument, by relu."""
    for b in rest:
        gap = Call("relu", (plus(out, times(MINUS, b)),))
        out = plus(b, gap) if fn == "max" else plus(out, times(MINUS, gap))
    return out


_RULES: dict[type[Core], Callable[[Any, _By], Core]] = {
    Num: lambda t, by: ZERO,
    Delta: lambda t, by: ZERO,
    Sym: lambda t, by: ONE if t == by.var else ZERO,
    Ref: _entry,
    Add: lambda t, by: plus(*(_of(k, by) for k in t.terms)),
    Mul: _product,
    Div: _quotient,
    Pow: _power,
    Call: _call,
    Sum: _sum,
}


def _delta(a: Core, b: Core) -> Core:
    if a == b:
        return ONE
    if isinstance(a, Num) and isinstance(b, Num):
        return ZERO
    return Delta(a, b)


def plus(*terms: Core) -> Core:
    """A sum without zero terms."""
    kept = [t for t in terms if t != ZERO]
    return kept[0] if len(kept) == 1 else (Add(tuple(kept)) if kept else ZERO)


def times(*factors: Core) -> Core:
    """A product without ones; zero if a factor is zero."""
    if any(f == ZERO for f in factors):
        return ZERO
    kept = [f for f in factors if f != ONE]
    return kept[0] if len(kept) == 1 else (Mul(tuple(kept)) if kept else ONE)

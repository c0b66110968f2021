"""Functions of polynomials, by the table of functions or by what the judge knows of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from functools import reduce as fold
from typing import Any

from flint import fmpq

from ..functions import FUNCTIONS, Algebra
from ..kernel.limits import Undefined
from .algebra import inverse
from .polynomials import ONE, Poly, const, exponent_of, freeze, gen, minus, scale, without
from .powers import exp, is_integer, log, opaque, raise_to, root, turned
from .ring import add, gather, mul, sub
from .signs import is_complex, note_positive, order, sign, step
from .state import State, atom, mono_deps

REAL_ONLY = frozenset(("log", "sqrt", "abs", "sign", "step", "relu", "max", "min"))
"""Functions that are not taken apart where sines and cosines stand inside."""

CASES = 6
"""Atoms of two values in one argument that are told apart."""


def by_cases(s: State, args: list[Poly], fn: Callable[[list[Poly]], Poly]) -> Poly:
    """fn(args), interpolated in atoms of two values: exp(d z) = 1 + d (exp(z) - 1)."""
    found = dict.fromkeys(k for p in args for m in p for k, e in m if k in s.value_sets and e == 1)
    if not 0 < len(found) <= CASES:
        return fn(args)
    n = next(iter(found))
    a, b = s.value_sets[n]
    try:
        low, high = (by_cases(s, [evaluated(s, p, n, v) for p in args], fn) for v in (a, b))
    except Undefined:
        return fn(args)
    slope = scale(sub(s, high, low), 1 / (b - a))
    return add(s, low, mul(s, slope, sub(s, gen(n), const(a))))


def evaluated(s: State, p: Poly, n: int, value: Any) -> Poly:
    """p where atom n has a value."""
    cases = ((m, c * _power(value, exponent_of(n, m))) for m, c in p.items())
    return add(s, *({without(n, m): c} for m, c in cases if c))


def call(s: State, fn: str, args: list[Poly], orders: tuple[int, ...]) -> Poly:
    key = fn, tuple(map(freeze, args)), orders
    if key not in s.memo.called:
        if fn in ("log", "sqrt"):  # of the whole argument: a case of it need not be met
            note_positive(s, args[0], strict=fn == "log")
        s.memo.called[key] = by_cases(s, args, lambda cases: _call(s, fn, cases, orders))
    return s.memo.called[key]


def _call(s: State, fn: str, args: list[Poly], orders: tuple[int, ...]) -> Poly:
    if fn in REAL_ONLY and any(is_complex(s, p) for p in args):
        return opaque(s, fn, args)
    if fn in _UNARY:
        return _UNARY[fn](s, args[0])
    if fn in ("max", "min"):
        return _extreme(s, fn, *args)
    if fn == "pi":
        return gen(atom(s, ("pi",)))
    row = FUNCTIONS.get(fn)
    if row is not None and row.meaning:
        return _algebra(s).value(row.meant, args[0])
    if row is not None and row.odd:
        return _odd(s, fn, args[0])
    return opaque(s, fn, args, orders if any(orders) else ())


def _waves(s: State, p: Poly) -> tuple[Poly, Poly]:
    """e^(ip) and e^(-ip)."""
    return exp(s, turned(s, p, 1)), exp(s, turned(s, p, -1))


def _sine(s: State, p: Poly) -> Poly:
    return turned(s, scale(sub(s, *_waves(s, p)), fmpq(1, 2)), -1)


def _cosine(s: State, p: Poly) -> Poly:
    return scale(add(s, *_waves(s, p)), fmpq(1, 2))


# An integer is positive, 0 or negative: no kink is left out.
def _step(s: State, p: Poly) -> Poly:
    return order(s, p) if _counts_only(s, p) else step(s, p)


def _sign(s: State, p: Poly) -> Poly:
    return sub(s, order(s, p), order(s, minus(p))) if _counts_only(s, p) else sign(s, p)


def _extreme(s: State, fn: str, out: Poly, *rest: Poly) -> Poly:
    for b in rest:
        d = sub(s, out, b)
        gap = mul(s, d, step(s, d))
        out = add(s, b, gap) if fn == "max" else sub(s, out, gap)
    return out


def _odd(s: State, fn: str, p: Poly) -> Poly:
    if p and p[min(p)] < 0:
        return minus(opaque(s, fn, [minus(p)]))
    return opaque(s, fn, [p]) if p else {}


def _algebra(s: State) -> Algebra[Poly]:
    """Terms of the table of functions as polynomials."""

    def number(value: Fraction) -> Poly:
        return const(fmpq(value.numerator, value.denominator))

    def quotient(a: Poly, b: Poly) -> Poly:
        return mul(s, a, by_cases(s, [b], lambda p: inverse(s, *p)))

    return Algebra(
        number, partial(add, s), lambda *factors: fold(partial(mul, s), factors), quotient,
        lambda base, n: by_cases(s, [base], lambda p: raise_to(s, p[0], number(n))),
        lambda fn, *args: call(s, fn, list(args), ()),
    )  # fmt: skip


def expectation(s: State, p: Poly) -> Poly:
    """E is linear over Q; what is random is not declared, so nothing else leaves it."""
    out: Poly = {}
    for m, c in p.items():
        if m == ONE:
            gather(s, out, const(c))
        else:
            n = atom(s, ("E", m), mono_deps(s, m))
            gather(s, out, scale(gen(n), c))
    return out


def _counts_only(s: State, p: Poly) -> bool:
    """Is p an integer, made of indices and sizes?"""
    return all(
        c.q == 1 and all(isinstance(e, int) and e > 0 and is_integer(s, k) for k, e in m)
        for m, c in p.items()
    )


def _power(value: Any, exponent: Any) -> Any:
    """0^r = 0 for r > 0, 1^r = 1; what else is no rational number is left to the whole term."""
    if value == 1 or not exponent:
        return fmpq(1)
    if not value and exponent > 0:
        return value
    if not value or Fraction(exponent).denominator != 1:
        raise Undefined
    return value ** int(exponent)


_UNARY: dict[str, Callable[[State, Poly], Poly]] = {
    "exp": exp,
    "log": log,
    "sin": _sine,
    "cos": _cosine,
    "sqrt": lambda s, p: root(s, p, Fraction(1, 2)),
    "abs": lambda s, p: mul(s, p, sign(s, p)),
    "step": _step,
    "sign": _sign,
    "E": expectation,
}

"""Inequalities: differences that have one sign, as they are written or in normal form."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from flint import fmpq

from ..core import Add, Core, Given, Mul, Num, Ref, every_entry
from ..kernel.signs import ANY, Range, range_of
from .algebra import factor
from .polynomials import Poly, const
from .signs import bases, is_complex, sign, surely_positive
from .state import State

Relation = Literal["=", ">=", ">"]

MINUS = Num(Fraction(-1))


def apart_as_written(left: Core, right: Core, relation: Relation, given: tuple[Given, ...]) -> bool:
    """Does the range of left - right, as written, show the relation?"""
    known = [(g, _allowed(g)) for g in given]

    def of(t: Core) -> Range:
        out = ANY
        for g, allowed in known:
            if g.lhs == t or (
                isinstance(t, Ref) and isinstance(g.lhs, Ref) and g.lhs.name == t.name and every_entry(g.lhs)
            ):
                out &= allowed
        return out

    gap = range_of(Add((left, Mul((MINUS, right)))), of)
    return gap.positive if relation == ">" else gap.nonnegative


def _allowed(g: Given) -> Range:
    """Where a given says that its left side lies."""
    if g.op == "in":
        return Range((min(g.values), True), (max(g.values), True))
    if not isinstance(g.rhs, Num) or g.op not in (">", ">=", "<", "<="):
        return ANY
    end = g.rhs.value, len(g.op) == 2
    return Range(low=end) if g.op[0] == ">" else Range(high=end)


def apart(s: State, gap: Poly, relation: Relation) -> bool:
    """Does the normal form of left - right show the relation: every factor positive, or an even power?"""
    if not gap or is_complex(s, gap):
        return False
    if relation == ">=":
        return sign(s, gap) == const(1)
    c, m, factors = factor(s, gap)
    return bool(c > fmpq(0)) and all(surely_positive(s, b) for b, _ in bases(s, (*m, *factors)))

"""The domain of a term as received: what must hold for it to have a value.

>>> from symgrad.core import Div, Num, Sym
>>> print(*conditions(Div(Sym("a"), Sym("b")), ()))
b != 0
>>> conditions(Div(Sym("a"), Sym("N", "size")), ())
[]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from ..core import (
    Add,
    Call,
    Core,
    Div,
    Given,
    Mul,
    Num,
    Pow,
    Ref,
    Sum,
    Sym,
    children,
    counts,
    rename,
    text,
    walk,
)
from ..functions import FUNCTIONS, at
from ..names import Fresh
from .signs import ANY, POSITIVE, Range, integral, range_of
from .verdict import Demand


def conditions(term: Core, given: tuple[Given, ...]) -> list[Demand]:
    """Conditions of the term's domain that do not hold by structure or by a sign that is given."""
    positive = {
        g.lhs.name for g in given
        if g.op == ">" and isinstance(g.lhs, Sym | Ref) and isinstance(g.rhs, Num) and g.rhs.value >= 0
    }
    positive |= counts(walk(term))

    def known(t: Core) -> Range:
        return POSITIVE if isinstance(t, Sym | Ref) and t.name in positive else ANY

    # A bound index that runs from 1 on is as positive as a size.
    terms = list(_meant(term))
    bound = [(t.index.name, range_of(t.lower, known).positive) for t in terms if isinstance(t, Sum)]
    positive |= {name for name, above in bound if above} - {name for name, above in bound if not above}
    out: dict[str, tuple[Core, dict[str, None]]] = {}
    seen: dict[str, Core] = {}

    def demand(t: Core, relation: str) -> None:
        if isinstance(t, Pow) and isinstance(t.exp, Num) and t.exp.value % 2 == 0 and relation != ">=":
            return nonzero(t.base)
        if isinstance(t, Call) and t.fn == "abs" and relation == ">":
            return nonzero(t.args[0])
        found = range_of(t, known)
        if not {"!=": found.nonzero, ">": found.positive, ">=": found.nonnegative}[relation]:
            t = _plain(t)
            t = seen.setdefault(_sorted(t), t)
            out.setdefault(text(t), (t, {}))[1][relation] = None

    def nonzero(t: Core) -> None:
        match t:
            case Mul(factors):
                for f in factors:
                    nonzero(f)
            case Pow(base, Num()) | Call("sqrt" | "abs", (base,)):
                nonzero(base)
            case Div(num, _):
                nonzero(num)
            case _:
                demand(t, "!=")

    for t in terms:
        if isinstance(t, Num | Sym | Ref | Add | Mul):
            continue
        match t:
            case Div(_, den):
                nonzero(den)
            case Pow(base, Num(value)):
                if value.denominator != 1:
                    demand(base, ">" if value < 0 else ">=")
                elif value < 0:
                    nonzero(base)
            case Pow(base, exp):
                if not integral(exp):
                    demand(base, ">")
                elif not range_of(exp, _natural).nonnegative:
                    nonzero(base)
            case Call("step" | "sign", (arg,)):
                if not integral(arg):
                    demand(_unsigned(arg), "!=")
            case Call(fn, (arg,)) if fn in FUNCTIONS:
                for k, relation in FUNCTIONS[fn].demands or ():
                    demand(at(k, arg), relation) if relation != "!=" else nonzero(at(k, arg))
    return [Demand(t, relation) for t, found in out.values() for relation in _strongest(found)]


def _meant(term: Core) -> Iterator[Core]:
    """The subterms, also those of what a function means."""
    for t in walk(term):
        yield t
        if isinstance(t, Call) and t.fn in FUNCTIONS and FUNCTIONS[t.fn].demands is None:
            yield from _meant(at(FUNCTIONS[t.fn].meant, t.args[0]))


def _plain(t: Core) -> Core:
    """x_{i#1} as x_i: it is demanded for every i; but i#1 and i#2 stay apart, and from an i that is shown."""
    bound = {k.index.name for k in walk(t) if isinstance(k, Sum)}
    free = (k for k in walk(t) if isinstance(k, Sym) and k.name not in bound)
    fresh = {k: k.name for k in free if isinstance(k.name, Fresh)}
    if not fresh:
        return t
    letters = {name.letter for name in fresh.values()}
    others = text(reduce(lambda out, k: rename(out, k, Sym("#")), fresh, t))
    apart = len(letters) == len(fresh) and not any(re.search(rf"\b{k}\b", others) for k in letters)
    for k, name in fresh.items():
        t = rename(t, k, replace(k, name=name.letter if apart else Fresh(name.letter, name.number, "'")))
    return t


def _sorted(t: Core) -> str:
    """The text of a term, sums and products in alphabetical order."""
    if isinstance(t, Add | Mul):
        parts = sorted(map(_sorted, children(t)))
        return f"({(' + ' if isinstance(t, Add) else ' * ').join(parts)})"
    return text(t)


def _strongest(relations: dict[str, None]) -> tuple[str, ...]:
    """t > 0 says all that t >= 0 and t != 0 say."""
    return (">",) if ">" in relations or len(relations) > 1 else tuple(relations)


def _unsigned(t: Core) -> Core:
    """t or -t, whichever is written without a sign in front."""
    match t:
        case Mul((Num(value), *rest)) if value == -1 and rest:
            return rest[0] if len(rest) == 1 else Mul(tuple(rest))
    return t


def _natural(t: Core) -> Range:
    """Sizes are at least 1, indices at least 0."""
    return Range((Fraction(t.sort == "size"), True)) if isinstance(t, Sym) and t.sort != "real" else ANY

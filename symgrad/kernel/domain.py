"""The domain of a term as received: what must hold for it to have a value.

>>> from symgrad.core import Div, Num, Sym
>>> print(*conditions(Div(Sym("a"), Sym("b")), ()))
b != 0
>>> conditions(Div(Sym("a"), Sym("N", "size")), ())
[]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from typing import Any

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
from .signs import ANY, POSITIVE, Known, Range, integral, range_of
from .verdict import Demand


def conditions(term: Core, given: tuple[Given, ...]) -> list[Demand]:
    """Conditions of the term's domain that do not hold by structure or by a sign that is given."""
    terms = list(_meant(term))
    known = _known_positive(terms, counts(walk(term)), given)
    out: dict[str, tuple[Core, dict[str, None]]] = {}
    seen: dict[str, Core] = {}
    for t in terms:
        for demand in _DEMANDS[type(t)](t) if type(t) in _DEMANDS else ():
            if not _holds(demand.relation, range_of(demand.term, known)):
                plain = _plain(demand.term)
                plain = seen.setdefault(_sorted(plain), plain)
                out.setdefault(text(plain), (plain, {}))[1][demand.relation] = None
    return [Demand(t, relation) for t, found in out.values() for relation in _strongest(found)]


def _known_positive(terms: list[Core], sizes: frozenset[str], given: tuple[Given, ...]) -> Known:
    """Names of which it is given; a bound index that runs from 1 on is as positive as a size."""
    named = (
        g.lhs.name for g in given
        if g.op == ">" and isinstance(g.lhs, Sym | Ref) and isinstance(g.rhs, Num) and g.rhs.value >= 0
    )
    positive = sizes.union(named)
    first = _positive(positive)
    bound = [(t.index.name, range_of(t.lower, first).positive) for t in terms if isinstance(t, Sum)]
    indices = {name for name, above in bound if above} - {name for name, above in bound if not above}
    return _positive(positive | indices)


def _positive(names: frozenset[str]) -> Known:
    return lambda t: POSITIVE if isinstance(t, Sym | Ref) and t.name in names else ANY


def _holds(relation: str, found: Range) -> bool:
    return {"!=": found.nonzero, ">": found.positive, ">=": found.nonnegative}[relation]


def _related(t: Core, relation: str) -> Iterator[Demand]:
    match t:
        case Pow(base, Num(value)) if value % 2 == 0 and relation != ">=":
            yield from _nonzero(base)
        case Call("abs", (base,)) if relation == ">":
            yield from _nonzero(base)
        case _:
            yield Demand(t, relation)


def _nonzero(t: Core) -> Iterator[Demand]:
    match t:
        case Mul(factors):
            for f in factors:
                yield from _nonzero(f)
        case Pow(base, Num()) | Call("sqrt" | "abs", (base,)) | Div(base, _):
            yield from _nonzero(base)
        case _:
            yield from _related(t, "!=")


def _of_power(t: Pow) -> Iterator[Demand]:
    if not isinstance(t.exp, Num):
        if not integral(t.exp):
            yield from _related(t.base, ">")
        elif not range_of(t.exp, _natural).nonnegative:
            yield from _nonzero(t.base)
    elif t.exp.value.denominator != 1:
        yield from _related(t.base, ">" if t.exp.value < 0 else ">=")
    elif t.exp.value < 0:
        yield from _nonzero(t.base)


def _of_call(t: Call) -> Iterator[Demand]:
    match t:
        case Call("step" | "sign", (arg,)):
            if not integral(arg):
                yield from _related(_unsigned(arg), "!=")
        case Call(fn, (arg,)) if fn in FUNCTIONS:
            for k, relation in FUNCTIONS[fn].demands or ():
                yield from _nonzero(at(k, arg)) if relation == "!=" else _related(at(k, arg), relation)


_DEMANDS: dict[type[Core], Callable[[Any], Iterator[Demand]]] = {
    Div: lambda t: _nonzero(t.den),
    Pow: _of_power,
    Call: _of_call,
}


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

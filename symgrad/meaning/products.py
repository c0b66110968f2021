"""Products over an index: where exp of the sum of the logarithms is all that can be meant.

A product is defined for factors of any sign.  Read as ``exp(sum log)`` it is right where its factors
are positive: by structure (e^z, sigma), by hypothesis, or because the claim takes their logarithms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core import Call, Core, Given, Num, Ref, Sum, Sym, children, walk
from ..kernel.signs import ANY, POSITIVE, Known, range_of
from ..names import Fresh
from .substitution import alike, fill
from .tensors import ZERO, gap

Product = tuple[Core, Core, Core]


def warranted(
    products: Mapping[Sym, Product], pairs: tuple[tuple[Core, Core], ...], givens: tuple[Given, ...]
) -> bool:
    """Are the factors of all these products positive wherever both sides of the claim are defined?"""
    own = frozenset(k.name.number for k in products if isinstance(k.name, Fresh))
    logs = [found for pair in pairs for side in pair for found in _logs(side, own, ())]

    def known(k: Sym, lower: Core, upper: Core) -> Known:
        def has_log(t: Core) -> bool:
            for inside, binders in logs:
                if alike(inside, t):
                    return True
                for b in binders:
                    same = gap(b.lower, lower) == 0 and gap(b.upper, upper) == 0
                    if same and alike(fill(inside, b.index.name, lambda _: k), t):
                        return True
            return False

        return lambda t: POSITIVE if any(_says(g, t) for g in givens) or has_log(t) else ANY

    return all(range_of(body, known(k, low, high)).positive for k, (body, low, high) in products.items())


def _logs(
    t: Core, products: frozenset[int], binders: tuple[Sum, ...]
) -> Iterator[tuple[Core, tuple[Sum, ...]]]:
    """The arguments of the logarithms in the term, those of its products (by the numbers of their indices)
    left out."""
    if isinstance(t, Sum):
        if isinstance(t.index.name, Fresh) and t.index.name.number in products:
            return
        binders = (*binders, t)
    if isinstance(t, Call) and t.fn == "log":
        yield t.args[0], binders
    for k in children(t):
        yield from _logs(k, products, binders)


def _says(g: Given, t: Core) -> bool:
    """Is the hypothesis that the term is positive?"""
    if g.op == "in":
        return all(v > 0 for v in g.values) and _matches(g.lhs, t, {})
    left, op, right = g.lhs, g.op, g.rhs
    if op in ("<", "<="):
        left, op, right = right, op.replace("<", ">"), left
    if op not in (">", ">=") or not isinstance(right, Num):
        return False
    return (right.value > 0 or (op == ">" and right == ZERO)) and _matches(left, t, {})


def _matches(pattern: Core, t: Core, found: dict[Sym, Core]) -> bool:
    """Is the term an instance of the hypothesis, whose free indices stand for all?"""
    if isinstance(pattern, Sym) and pattern.sort == "index":
        return found.setdefault(pattern, t) == t
    if type(pattern) is not type(t):
        return False
    match pattern, t:
        case (Sym() | Num()), _:
            return pattern == t
        case Ref(a), Ref(b):
            if a != b:
                return False
        case Call(a), Call(b):
            if a != b or pattern.orders != t.orders:
                return False
        case Sum(), _:
            return alike(pattern, t)
    left, right = children(pattern), children(t)
    return len(left) == len(right) and all(_matches(a, b, found) for a, b in zip(left, right, strict=True))


def leaves(t: Core) -> frozenset[str]:
    """The names of the variables in the term."""
    names = (k for k in walk(t) if isinstance(k, Ref) or (isinstance(k, Sym) and k.sort == "real"))
    return frozenset(k.name for k in names)

"""Gradients through layers of vectors: backpropagation."""

from __future__ import annotations

from collections.abc import Mapping

from ...page import tree as page
from ...page.scope import Scope
from ...page.tree import Node, map_children, walk
from ..definitions import unfold
from ..layouts import vectorish
from ..terms import ONE, TWO, ZERO
from .book import rule
from .dependence import Taken, taken_apart
from .functions import TABLE
from .vectors import sorted_out, square_of, transposed
from .writing import minus, plus, times


@rule("backpropagation")
def backpropagation(node: Node, scope: Scope) -> Node | None:
    """∇_W (c^T g(A W b + e)) = A^T (c ⊙ g'(A W b + e)) b^T,  ∇_W ‖u‖² = 2 ∇_W (c^T u) at c = u,
    through every layer"""
    d = taken_apart(node, scope)
    if d is None or not isinstance(d.node, page.Gradient) or d.constant(d.body, scope):
        return None
    scalars, square = square_of(d.body, d, scope)
    if square is not None:
        found = _back(square, square, d, scope)
        return None if found is None else times(*scalars, TWO, found)
    parts = sorted_out(d.body, d, scope)
    places = [] if parts is None else [k for k, f in enumerate(parts[1]) if not d.constant(f, scope)]
    if parts is None or len(places) != 1:
        return None
    scalars, chain = parts
    before, moving, after = chain[:places[0]], chain[places[0]], chain[places[0] + 1:]
    if isinstance(moving, page.Transpose):
        return _back(times(*scalars, *after, *before), moving.arg, d, scope)
    return _back(times(*scalars, *transposed(before), *transposed(after)), moving, d, scope)


def _back(c: Node, u: Node, d: Taken, scope: Scope, name: Node | None = None) -> Node | None:
    """∇_W (c^T u) with c held fixed, for vectors c and u; ``name`` is what u is called."""
    if u == d.wrt:
        return c
    if d.constant(u, scope):
        return ZERO
    body = unfold(u, scope)
    if body is not None:
        return _back(c, body, d, scope, u)
    match u:
        case page.Neg(arg):
            inner = _back(c, arg, d, scope)
            return None if inner is None else minus(inner)
        case page.Add(terms):
            found = [_back(c, t, d, scope) for t in terms]
            return None if None in found else plus(*(f for f in found if f is not None))
        case page.Mul(factors):
            return _through_product(c, factors, d, scope)
        case page.Call(page.Sym(fn), (arg,)) if fn in TABLE and vectorish(arg, scope):
            return _back(_stretched(c, fn, u if name is None else name, arg), arg, d, scope)
    return None


def _through_product(c: Node, factors: tuple[Node, ...], d: Taken, scope: Scope) -> Node | None:
    scalars = tuple(f for f in factors if not vectorish(f, scope))
    chain = tuple(f for f in factors if vectorish(f, scope))
    places = [k for k, f in enumerate(chain) if not d.constant(f, scope)]
    if len(places) != 1 or not all(d.constant(f, scope) for f in scalars):
        return None
    k = places[0]
    through = times(*scalars, *transposed(chain[:k]), c, *transposed(chain[k + 1:]))
    return _back(through, chain[k], d, scope)


def _stretched(c: Node, fn: str, g: Node, arg: Node) -> Node:
    """c ⊙ g'(u), entry by entry; the value g(u) is called ``g``."""
    at = TABLE[fn](page.Sym("z"))
    inside = at.den if isinstance(at, page.Frac) and at.num == ONE else at
    if any(isinstance(n, page.Frac | page.Indicator | page.Abs) for n in walk(inside)):
        # A number over a vector has no meaning, nor has a condition on one; entries over entries have one.
        return page.Hadamard((*_factors(c), page.Call(page.Prime(page.Sym(fn)), (arg,))))
    slope = _by_entries(TABLE[fn](arg), {page.Call(page.Sym(fn), (arg,)): g, arg: arg})
    if isinstance(slope, page.Frac):
        return page.Frac(c, slope.den)
    return page.Hadamard((*_factors(c), *_factors(slope)))


def _factors(node: Node) -> tuple[Node, ...]:
    return node.factors if isinstance(node, page.Hadamard) else (node,)


def _by_entries(node: Node, kept: Mapping[Node, Node]) -> Node:
    """What a function of one number becomes at a vector: products and squares of its entries."""
    if node in kept:
        return kept[node]
    match map_children(node, lambda child: _by_entries(child, kept)):
        case page.Mul((first, *_) as factors) if not isinstance(first, page.Num):
            return page.Hadamard(tuple(factors))
        case page.Pow(base, exp) if exp == TWO:
            return page.Hadamard((base, base))
        case other:
            return other

"""Gradients through layers of vectors: backpropagation."""

from __future__ import annotations

from ..definitions import unfold
from ..page import Add, Call, Gradient, Hadamard, Mul, Neg, Node, Sym, Transpose
from ..scope import Scope
from ..tidy import ONE, TWO, ZERO, vectorish
from .book import rule
from .dependence import Taken, taken_apart
from .functions import SIGMA
from .vectors import sorted_out, square_of, transposed
from .writing import minus, plus, times


@rule("backpropagation")
def backpropagation(node: Node, scope: Scope) -> Node | None:
    """∇_W (c^T g(A W b + e)) = A^T (c ⊙ g'(A W b + e)) b^T,  ∇_W ‖u‖² = 2 ∇_W (c^T u) at c = u,
    through every layer"""
    d = taken_apart(node, scope)
    if d is None or not isinstance(d.node, Gradient) or d.constant(d.body, scope):
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
    if isinstance(moving, Transpose):
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
        case Neg(arg):
            inner = _back(c, arg, d, scope)
            return None if inner is None else minus(inner)
        case Add(terms):
            found = [_back(c, t, d, scope) for t in terms]
            return None if None in found else plus(*(f for f in found if f is not None))
        case Mul(factors):
            scalars = tuple(f for f in factors if not vectorish(f, scope))
            chain = tuple(f for f in factors if vectorish(f, scope))
            places = [k for k, f in enumerate(chain) if not d.constant(f, scope)]
            if len(places) == 1 and all(d.constant(f, scope) for f in scalars):
                k = places[0]
                through = times(*scalars, *transposed(chain[:k]), c, *transposed(chain[k + 1:]))
                return _back(through, chain[k], d, scope)
        case Call(Sym(fn), (arg,)) if vectorish(arg, scope):
            slope = _slope(fn, u if name is None else name, arg)
            return None if slope is None else _back(Hadamard(_entrywise(c) + slope), arg, d, scope)
    return None


def _entrywise(c: Node) -> tuple[Node, ...]:
    return c.factors if isinstance(c, Hadamard) else (c,)


def _slope(fn: str, g: Node, arg: Node) -> tuple[Node, ...] | None:
    """g'(u), entry by entry, as factors of an entrywise product."""
    match fn:
        case "\\exp":
            return (g,)
        case "\\sigma":
            return g, Add((ONE, Neg(g)))
        case "\\tanh":
            return (Add((ONE, Neg(Hadamard((g, g))))),)
        case "\\operatorname{softplus}":
            return (SIGMA(arg),)
    return None

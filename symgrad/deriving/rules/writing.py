"""Products, sums and fractions as one writes them."""

from __future__ import annotations

from ...page.tree import Add, Frac, Mul, Neg, Node, Sum, map_children
from ..terms import ONE, ZERO


def times(*factors: Node) -> Node:
    """A product as written: nested products joined, ones dropped, a zero kept alone."""
    flat: list[Node] = []
    for f in factors:
        flat += f.factors if isinstance(f, Mul) else (f,)
    flat = [f for f in flat if f != ONE]
    if ZERO in flat:
        return ZERO
    return ONE if not flat else flat[0] if len(flat) == 1 else Mul(tuple(flat))


def plus(*terms: Node) -> Node:
    """A sum as written: nested sums joined, zeros dropped."""
    flat: list[Node] = []
    for t in terms:
        flat += t.terms if isinstance(t, Add) else (t,)
    flat = [t for t in flat if t != ZERO]
    return ZERO if not flat else flat[0] if len(flat) == 1 else Add(tuple(flat))


def minus(node: Node) -> Node:
    return node.arg if isinstance(node, Neg) else node if node == ZERO else Neg(node)


def over(num: Node, den: Node) -> Node:
    return num if den == ONE or num == ZERO else Frac(num, den)


def neat(node: Node) -> Node:
    """The page without factors 1, terms 0, products with 0 and products inside products."""
    node = map_children(node, neat)
    match node:
        case Mul(factors) if any(isinstance(f, Mul) or f in (ONE, ZERO) for f in factors):
            return times(*factors)
        case Add(terms) if ZERO in terms or Neg(ZERO) in terms:
            return plus(*(t for t in terms if t != Neg(ZERO)))
        case Sum(body) if body == ZERO:
            return ZERO
    return node

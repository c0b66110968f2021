"""A derivative taken apart, and what depends on what."""

from __future__ import annotations

from dataclasses import dataclass

from ...page.scope import Scope
from ...page.tree import (
    Call,
    Derivative,
    Gradient,
    Indexed,
    Indicator,
    Node,
    Num,
    Relation,
    Sum,
    Sym,
    free_names,
    substitute,
    walk,
)
from ..terms import ZERO
from ..tidy import mentions
from .functions import TABLE


@dataclass(frozen=True, slots=True)
class Taken:
    """A derivative, taken apart: of what, by what, and how to write one like it."""

    node: Derivative | Gradient
    body: Node
    wrt: Node

    def of(self, body: Node) -> Node:
        if isinstance(self.node, Gradient):
            return Gradient(body, self.node.wrt, self.node.order)
        return partial(body, self.wrt, self.node.d)

    def constant(self, node: Node, scope: Scope) -> bool:
        return not depends(node, self.wrt, scope)


def partial(body: Node, wrt: Node, d: str = "\\partial") -> Derivative:
    """∂body/∂wrt: a name or an unknown function in the numerator, everything else behind the fraction."""
    head = body.fn if isinstance(body, Call) else body
    named = isinstance(head, Sym | Indexed) and not (isinstance(head, Sym) and head.name in TABLE)
    return Derivative(body, ((wrt, 1),), "fraction" if named else "operator", d)


def taken_apart(node: Node, scope: Scope) -> Taken | None:
    match node:
        case Derivative(body, ((wrt, 1),)):
            return Taken(node, body, wrt)
        case Gradient(body, Node() as wrt, 1):
            return Taken(node, body, wrt)
        case Gradient(body, None, 1) if len(scope.nabla) == 1:
            return Taken(node, body, scope.nabla[0])
    return None


def depends(node: Node, wrt: Node, scope: Scope) -> bool:
    """May the value of ``node`` change with ``wrt``, also through the definitions of its names?"""
    if isinstance(wrt, Indexed) and isinstance(wrt.base, Sym):
        others: dict[Node, Node] = {n: ZERO for n in walk(node) if other_entry(n, wrt)}
        return _reaches(substitute(node, others), wrt.base.name, scope)
    return isinstance(wrt, Sym) and _reaches(node, wrt.name, scope)


def _reaches(node: Node, name: str, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
    if mentions(node, name, scope):
        return True
    for other in sorted(free_names(node) - seen):
        kind = scope.kind(other)
        rests = () if kind is None else kind.rests
        if any(_reaches(r, name, scope, seen | {other}) for r in rests):
            return True
    return False


def within(at: Node, total: Sum, scope: Scope) -> tuple[Node, ...] | None:
    """The factors 1[a ≤ j], 1[j ≤ b] for those ends of a range that an outer index moves.

    None where such an end is no sum of letters, the n_k of a range 1..n_k.
    """
    ends = (total.lower, total.upper)
    lower, upper = (end if end is not None and _moves(end, scope) else None for end in ends)
    if any(isinstance(n, Indexed) for end in (lower, upper) if end is not None for n in walk(end)):
        return None
    below = (Indicator(Relation(lower, "<=", at)),) if lower is not None else ()
    above = (Indicator(Relation(at, "<=", upper)),) if upper is not None else ()
    return (*below, *above)


def _moves(end: Node, scope: Scope) -> bool:
    kinds = (scope.kind(name) for name in free_names(end))
    return any(kind is not None and kind.role == "index" for kind in kinds)


def other_entry(node: Node, wrt: Indexed) -> bool:
    """Is this certainly another entry (w_1 against w_2)?"""
    if not isinstance(node, Indexed) or node.base != wrt.base:
        return False
    mine, theirs = (*node.lower, *node.upper), (*wrt.lower, *wrt.upper)
    return len(mine) == len(theirs) and any(
        isinstance(a, Num) and isinstance(b, Num) and a.value != b.value
        for a, b in zip(mine, theirs, strict=True)
    )

"""A derivative taken apart, and what depends on what."""

from __future__ import annotations

from dataclasses import dataclass

from ...page import tree as page
from ...page.scope import Scope
from ...page.tree import Node, free_names, substitute, walk
from ..terms import ZERO
from ..tidy import mentions
from .functions import TABLE


@dataclass(frozen=True, slots=True)
class Taken:
    """A derivative, taken apart: of what, by what, and how to write one like it."""

    node: page.Derivative | page.Gradient
    body: Node
    wrt: Node

    def of(self, body: Node) -> Node:
        if isinstance(self.node, page.Gradient):
            return page.Gradient(body, self.node.wrt, self.node.order)
        return partial(body, self.wrt, self.node.d)

    def constant(self, node: Node, scope: Scope) -> bool:
        return not depends(node, self.wrt, scope)


def partial(body: Node, wrt: Node, d: str = "\\partial") -> page.Derivative:
    """∂body/∂wrt: a name or an unknown function in the numerator, everything else behind the fraction."""
    head = body.fn if isinstance(body, page.Call) else body
    known = isinstance(head, page.Sym) and head.name in TABLE
    named = isinstance(head, page.Sym | page.Indexed) and not known
    return page.Derivative(body, ((wrt, 1),), "fraction" if named else "operator", d)


def taken_apart(node: Node, scope: Scope) -> Taken | None:
    match node:
        case page.Derivative(body, ((wrt, 1),)):
            return Taken(node, body, wrt)
        case page.Gradient(body, Node() as wrt, 1):
            return Taken(node, body, wrt)
        case page.Gradient(body, None, 1) if len(scope.nabla) == 1:
            return Taken(node, body, scope.nabla[0])
    return None


def depends(node: Node, wrt: Node, scope: Scope) -> bool:
    """May the value of ``node`` change with ``wrt``, also through the definitions of its names?"""
    if isinstance(wrt, page.Indexed) and isinstance(wrt.base, page.Sym):
        others: dict[Node, Node] = {n: ZERO for n in walk(node) if other_entry(n, wrt)}
        return _reaches(substitute(node, others), wrt.base.name, scope)
    return isinstance(wrt, page.Sym) and _reaches(node, wrt.name, scope)


def _reaches(node: Node, name: str, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
    if mentions(node, name, scope):
        return True
    for other in sorted(free_names(node) - seen):
        kind = scope.kind(other)
        rests = () if kind is None else kind.rests
        if any(_reaches(r, name, scope, seen | {other}) for r in rests):
            return True
    return False


def within(at: Node, total: page.Sum, scope: Scope) -> tuple[Node, ...] | None:
    """The factors 1[a ≤ j], 1[j ≤ b] for those ends of a range that an outer index moves.

    None where such an end is no sum of letters, the n_k of a range 1..n_k.
    """
    ends = (total.lower, total.upper)
    lower, upper = (end if end is not None and _moves(end, scope) else None for end in ends)
    if any(isinstance(n, page.Indexed) for end in (lower, upper) if end is not None for n in walk(end)):
        return None
    below = (page.Indicator(page.Relation(lower, "<=", at)),) if lower is not None else ()
    above = (page.Indicator(page.Relation(at, "<=", upper)),) if upper is not None else ()
    return (*below, *above)


def _moves(end: Node, scope: Scope) -> bool:
    kinds = (scope.kind(name) for name in free_names(end))
    return any(kind is not None and kind.role == "index" for kind in kinds)


def other_entry(node: Node, wrt: page.Indexed) -> bool:
    """Is this certainly another entry (w_1 against w_2)?"""
    if not isinstance(node, page.Indexed) or node.base != wrt.base:
        return False
    mine, theirs = (*node.lower, *node.upper), (*wrt.lower, *wrt.upper)
    return len(mine) == len(theirs) and any(
        isinstance(a, page.Num) and isinstance(b, page.Num) and a.value != b.value
        for a, b in zip(mine, theirs, strict=True)
    )

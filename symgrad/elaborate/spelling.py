"""Indices without a comma: ``x_{2i}`` of a vector is its entry 2i, ``z_{11}`` of a matrix the entry 1, 1.

How many indices a name has is said by its other places in the claim and in the definitions.

>>> from symgrad.page import Add, Indexed, Mul, Num, Sym
>>> x, i = Sym("x"), Sym("i")
>>> first, second = spelled((Indexed(x, (i,)), Indexed(x, (Num(2), i))), Scope())[0]
>>> second.lower == (Mul((Num(2), i)),)
True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..kinds import unbold
from ..page import Indexed, Mul, Node, Num, Sym, map_children, walk
from ..scope import Scope

Uses = dict[Node, set[int]]


def spelled(nodes: tuple[Node, ...], scope: Scope) -> tuple[tuple[Node, ...], Scope]:
    """The nodes and the scope with such indices taken apart or together."""
    bodies = [d.body for group in scope.definitions.values() for d in group]
    doubtful = {
        n.base for root in (*nodes, *bodies) for n in walk(root) if isinstance(n, Indexed) and _doubtful(n)
    }
    if not doubtful:
        return nodes, scope
    uses: Uses = {base: set() for base in doubtful}
    for root in (*nodes, *bodies):
        _collect(walk(root), uses)
    for key, group in scope.definitions.items():
        uses.get(Sym(key), set()).update(len(d.lower) for d in group if d.lower)
    for name, kind in scope.kinds.items():
        if kind.role == "real" and kind.arity + len(kind.shape):
            uses.get(Sym(name), set()).add(kind.arity + len(kind.shape))
            if len(kind.shape) == 2 and not kind.arity:
                uses.get(Sym(unbold(name).lower()), set()).add(2)  # a_{11} beside a matrix A
    definitions = {
        key: tuple(replace(d, body=_respelled(d.body, uses)) for d in group)
        for key, group in scope.definitions.items()
    }
    return tuple(_respelled(n, uses) for n in nodes), replace(scope, definitions=definitions)


def _doubtful(node: Indexed) -> bool:
    match node.lower:
        case (Num(int(k), 0),):
            return 11 <= k <= 99 and bool(k % 10)
        case (Num(int(k), 0), Sym(name)):
            return k > 1 and len(name) == 1
    return False


def _collect(found: Iterable[Node], uses: Uses) -> None:
    for n in found:
        if isinstance(n, Indexed) and n.base in uses and n.lower and not _doubtful(n):
            uses[n.base].add(len(n.lower))


def _respelled(node: Node, uses: Uses) -> Node:
    node = map_children(node, lambda child: _respelled(child, uses))
    if not isinstance(node, Indexed) or not _doubtful(node):
        return node
    known = uses.get(node.base, set())
    match node.lower:
        case (Num(int(k), 0) as entry,) if known == {2}:
            return replace(node, lower=tuple(Num(int(d), span=entry.span) for d in str(k)))
        case (Num(), Sym()) if known == {1}:
            return replace(node, lower=(Mul(node.lower),))
    return node


__all__ = ["spelled"]

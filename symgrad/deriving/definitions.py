"""Names and their bodies: a name opened by its definition, a body folded back into its name.

>>> from symgrad.page.tree import Add, Call, Frac, Num
>>> x, m, b, t, j, k = map(Sym, "xmbtjk")
>>> scope = Scope().define(Definition("f", Add((Mul((m, t)), b)), params=(t,)))
>>> unfold(Call(Sym("f"), (x,)), scope) == Add((Mul((m, x)), b))
True
>>> scope = Scope().define(Definition("p", Frac(Indexed(x, (k,)), m), lower=(k,)))
>>> fold(Mul((b, Frac(Indexed(x, (j,)), m))), ("p",), scope) == Mul((b, Indexed(Sym("p"), (j,))))
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product as tuples

from ..page.matching import head, matching
from ..page.scope import Definition, Scope
from ..page.tree import (
    BigOp,
    Derivative,
    Frac,
    Gradient,
    Indexed,
    Mul,
    Node,
    Num,
    Pow,
    Relation,
    Sym,
    free_names,
    fresh_name,
    map_children,
    same,
    substitute,
    walk,
)
from .layouts import vectorish
from .terms import Term, written
from .tidy import product

_MAX_TRIES = 64


def unfold(node: Node, scope: Scope) -> Node | None:
    """The body of the definition in force for this very node, its placeholders filled in."""
    name = head(node)
    for definition in () if name is None else scope.definitions.get(name, ()):
        filled = matching(definition, node)
        if filled is not None:
            return substitute(definition.body, filled)
    return None


def defined(node: Node, scope: Scope) -> bool:
    return unfold(node, scope) is not None


def opened(page: Node, name: str, scope: Scope) -> Node:
    """Every f(x), f_i, f of this name opened."""
    body = unfold(page, scope) if head(page) == name else None
    return map_children(page, lambda child: opened(child, name, scope)) if body is None else body


def fold(page: Node, names: Iterable[str], scope: Scope, calls: Iterable[Node] = ()) -> Node:
    """What the names stand for, written by them again; not in a derivative, which opened them on purpose.

    Quantities are recognised with any index that occurs in the page, functions at the arguments that they
    have in ``calls``.
    """
    for name in names:
        pairs = [(c, body) for c in calls if head(c) == name and (body := unfold(c, scope)) is not None]
        for definition in scope.definitions.get(name, ()):
            if definition.params is None:
                pairs += instances(definition, tuple(_index_nodes(page)))
        pairs = [(n, body) for n, body in pairs if not isinstance(body, Num | Sym | Indexed)]
        page = _folded(page, dict(pairs), scope) if pairs else page
    return page


def _folded(node: Node, pairs: dict[Node, Node], scope: Scope) -> Node:
    if isinstance(node, Derivative | Gradient) or node in pairs:
        return node
    node = map_children(node, lambda child: _folded(child, pairs, scope))
    for name, body in pairs.items():
        if type(node) is type(body) and alike(node, body, scope):
            return name
        if isinstance(node, Mul | Frac | Pow) and isinstance(body, Mul | Frac):
            rest = _divided(product(node, scope), product(body, scope), scope)
            if rest is not None:
                return written(Term(rest.number, {name: 1, **rest.powers}))
    return node


def instances(definition: Definition, indices: tuple[Node, ...]) -> Iterator[tuple[Node, Node]]:
    """The name and the body of a definition, at every choice of its placeholders among ``indices``."""
    patterns = (*definition.lower, *definition.upper)
    holes = tuple(dict.fromkeys(p for p in patterns if not isinstance(p, Num)))
    if len(indices) ** len(holes) > _MAX_TRIES:
        return
    for values in tuples(indices, repeat=len(holes)):
        filled: dict[Node, Node] = dict(zip(holes, values, strict=True))
        sides = (definition.lower, definition.upper)
        lower, upper = (tuple(filled.get(p, p) for p in side) for side in sides)
        symbol = Sym(definition.key)
        yield Indexed(symbol, lower, upper) if patterns else symbol, substitute(definition.body, filled)


def cases(relation: Relation, node: Node) -> Iterator[tuple[Node, Node]]:
    """Both sides of an assumption, at every choice of its free indices among the indices of ``node``."""
    free = free_names(relation.lhs)
    holes = tuple(n for n in _index_nodes(relation.lhs) if isinstance(n, Sym) and n.name in free)
    indices = tuple(_index_nodes(node))
    if len(indices) ** len(holes) > _MAX_TRIES:
        return
    for values in tuples(indices, repeat=len(holes)):
        filled: dict[Node, Node] = dict(zip(holes, values, strict=True))
        yield substitute(relation.lhs, filled), substitute(relation.rhs, filled)


def free_of(node: Node, names: frozenset[str]) -> Node:
    """The node with those bound indices renamed that are called like one of ``names``."""
    node = map_children(node, lambda child: free_of(child, names))
    if not isinstance(node, BigOp) or node.index.name not in names:
        return node
    new = Sym(fresh_name(node.index.name, names | free_names(node.body)))
    renamed = None if node.condition is None else substitute(node.condition, {node.index: new})
    assert renamed is None or isinstance(renamed, Relation)
    body = substitute(node.body, {node.index: new})
    return replace(node, body=body, index=new, condition=renamed)


def _index_nodes(page: Node) -> Iterator[Node]:
    """What stands in the place of an index, without repetition."""
    yield from dict.fromkeys(
        entry for n in walk(page) if isinstance(n, Indexed) for entry in (*n.lower, *n.upper)
    )


def alike(a: Node, b: Node, scope: Scope) -> bool:
    """The same up to the order of terms and factors; exactly the same where vectors or matrices occur."""
    return a == b or (same(a, b) and not any(vectorish(n, scope) for n in walk(a)))


def _divided(whole: Term, part: Term, scope: Scope) -> Term | None:
    """whole / part where every atom of ``part`` is in ``whole`` on the same side of the line."""
    powers = dict(whole.powers)
    for atom, k in part.powers.items():
        found = next((a for a in powers if alike(a, atom, scope)), None)
        if found is None or powers[found] * k < 0 or abs(powers[found]) < abs(k):
            return None
        powers[found] -= k
        if not powers[found]:
            del powers[found]
    return Term(whole.number / part.number, powers)

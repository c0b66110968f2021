"""Indices without a comma, sums without an index.

``x_{2i}`` of a vector is its entry 2i, ``z_{11}`` of a matrix the entry 1, 1; ``\\sum x_i y_i`` runs over i.
How many indices a name has is said by its other places in the claim and in the definitions.

>>> from symgrad.page.tree import Add, Indexed, Mul, Num, Sym
>>> x, i = Sym("x"), Sym("i")
>>> first, second = spelled((Indexed(x, (i,)), Indexed(x, (Num(2), i))), Scope())[0]
>>> second.lower == (Mul((Num(2), i)),)
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..page import tree as page
from ..page.indexed import name_of
from ..page.scope import Definition, Scope
from ..page.symbols import unbold
from ..page.tree import Node, children, map_children, put, walk

Uses = dict[Node, set[int]]


def spelled(nodes: tuple[Node, ...], scope: Scope) -> tuple[tuple[Node, ...], Scope]:
    """The nodes and the scope with such indices taken apart or together."""
    if any(isinstance(n, page.BigOp) and not n.index.name for n in _everywhere(nodes, scope)):
        nodes, scope = _with_indices(nodes, scope)
    indexed = [n for n in _everywhere(nodes, scope) if isinstance(n, page.Indexed)]
    doubtful = {n.base for n in indexed if _doubtful(n)}
    if not doubtful:
        return nodes, scope
    uses: Uses = {base: {2} if base == page.Sym("\\delta") else set() for base in doubtful}
    for base, count in (*_written(indexed), *_said(scope)):
        if base in uses:
            uses[base].add(count)
    return tuple(_respelled(n, uses) for n in nodes), _with_bodies(scope, lambda d: _respelled(d.body, uses))


def _everywhere(nodes: tuple[Node, ...], scope: Scope) -> Iterator[Node]:
    bodies = (d.body for group in scope.definitions.values() for d in group)
    return (n for root in (*nodes, *bodies) for n in walk(root))


def _with_bodies(scope: Scope, body: Callable[[Definition], Node]) -> Scope:
    definitions = {
        key: tuple(replace(d, body=body(d)) for d in group) for key, group in scope.definitions.items()
    }
    return replace(scope, definitions=definitions)


def _written(indexed: list[page.Indexed]) -> Iterator[tuple[Node, int]]:
    """How many indices names have where there is no doubt."""
    return ((n.base, len(n.lower)) for n in indexed if n.lower and not _doubtful(n))


def _said(scope: Scope) -> Iterator[tuple[Node, int]]:
    """How many indices names have by their definitions and kinds."""
    for key, group in scope.definitions.items():
        yield from ((page.Sym(key), len(d.lower)) for d in group if d.lower)
    for name, kind in scope.kinds.items():
        if kind.role == "real" and kind.arity + len(kind.shape):
            yield page.Sym(name), kind.arity + len(kind.shape)
            if len(kind.shape) == 2 and not kind.arity:
                yield page.Sym(unbold(name).lower()), 2  # a_{11} beside a matrix A


def reaching(scope: Scope) -> tuple[Scope, dict[str, str]]:
    """``\\ell = \\sum_i a_i + b_i`` sums the b_i too: in a definition nothing else says what their i is.
    With what was so read, by the name that is defined."""
    changed = {}
    for key, group in scope.definitions.items():
        new = tuple(_reached(d) for d in group)
        if any(a is not b for a, b in zip(new, group, strict=True)):
            changed[key] = new
    said = {key: f"the sum in {key} goes on to the end" for key in changed}
    return replace(scope, definitions={**scope.definitions, **changed}) if changed else scope, said


def _reached(d: Definition) -> Definition:
    if not isinstance(d.body, page.Add):
        return d
    left = (*d.lower, *d.upper, *(d.params or ()))
    places = {k.name for n in left for k in walk(n) if isinstance(k, page.Sym)}
    for k, term in enumerate(d.body.terms[:-1]):
        inner: Node = term
        path: tuple[int, ...] = ()
        while isinstance(inner, page.Mul | page.Neg):  # the sign in front of a sum is one of all that it sums
            path = (*path, len(children(inner)) - 1)
            inner = children(inner)[-1]
        rest = d.body.terms[k + 1 :]
        if isinstance(inner, page.Sum) and inner.condition is None and all(
            inner.index.name in _counters(t) - places for t in rest
        ):
            own = inner.body.terms if isinstance(inner.body, page.Add) else (inner.body,)
            total = put(term, path, replace(inner, body=page.Add((*own, *rest))))
            return replace(d, body=page.Add((*d.body.terms[:k], total)) if k else total)
    return d


def widened(sides: tuple[Node, Node]) -> tuple[tuple[Node, Node], bool] | None:
    """Derivatives written in front of a product, over all of it: d/dx (x) y as the derivative of (x) y.

    And may that be meant?  The parentheses of (x + 1) y are there for the product, those of (x) y are not;
    and who writes two of them, as in the product rule, tells where each of them ends.

    >>> from symgrad.latex import read
    >>> from symgrad.page.tree import Sym
    >>> one, y = read(r"\\frac{d}{dx} (x + 1) y"), Sym("y")
    >>> widened((one, y)) == ((read(r"\\frac{d}{dx} ((x + 1) y)"), y), True)
    True
    >>> widened((y, y))
    """
    products = (n for side in sides for n in walk(side) if isinstance(n, page.Mul))
    if not any(map(_is_operator, (f for n in products for f in n.factors[:-1]))):
        return None
    operands: list[Node] = []
    new = _widened(sides[0], operands), _widened(sides[1], operands)
    if not operands:
        return None
    operators = max(sum(isinstance(n, page.Derivative | page.Gradient) for n in walk(side)) for side in sides)
    return new, operators == 1 and all(isinstance(n, page.Add) for n in operands)


def _widened(node: Node, operands: list[Node]) -> Node:
    node = map_children(node, lambda child: _widened(child, operands))
    if not isinstance(node, page.Mul) or node.dots is None:
        return node
    factors: list[Node] = []
    reaches = False  # does the last factor?
    for k, factor in enumerate(node.factors):
        operator = _is_operator(factor)
        before = factors[-1] if reaches else None
        if k in node.dots or operator or not isinstance(before, page.Derivative | page.Gradient):
            factors.append(factor)
            reaches = operator
            continue
        operands.append(before.body)
        factors[-1] = replace(before, body=page.Mul((before.body, factor)))
    if len(factors) == len(node.factors):
        return node
    return page.Mul(tuple(factors), span=node.span) if len(factors) > 1 else factors[0]


def _is_operator(node: Node) -> bool:
    return isinstance(node, page.Gradient) or (isinstance(node, page.Derivative) and node.style == "operator")


def transposed(sides: tuple[Node, Node], scope: Scope) -> tuple[tuple[Node, Node], Scope] | None:
    """Sides and definitions with every small t above as a transpose, where t stands nowhere else and
    something above which it stands is a matrix, or multiplied from the right: w^t x.

    >>> from symgrad.latex import read
    >>> transposed((read("w^t x"), read("x^t w")), Scope())[0] == (read("w^T x"), read("x^T w"))
    True
    >>> transposed((read("a^t b"), read("a^{t-1} a b")), Scope())
    """
    group = [d for ds in scope.definitions.values() for d in ds]
    own = (n for d in group for n in (*d.upper, *d.lower, *(d.params or ()), d.body))
    nodes = [n for root in (*sides, *scope.assumptions, *own) for n in walk(root)]
    if "t" in scope.kinds or "t" in scope.definitions or not _is_transpose(page.Sym("t"), nodes, scope):
        return None
    new = _transposed(sides[0]), _transposed(sides[1])
    return new, _with_bodies(scope, lambda d: _transposed(d.body))


def _is_transpose(t: page.Sym, nodes: list[Node], scope: Scope) -> bool:
    raised = [n.base for n in nodes if isinstance(n, page.Pow) and n.exp == t]
    if not raised or len(raised) != nodes.count(t):
        return False
    if any(isinstance(n, page.BigOp) and n.index == t for n in nodes):
        return False
    products = (n for n in nodes if isinstance(n, page.Mul))
    rows = [n.base for p in products for n in p.factors[:-1] if isinstance(n, page.Pow) and n.exp == t]
    return any(_has_transpose(base, base in rows, scope) for base in raised)


def _has_transpose(node: Node, in_front: bool, scope: Scope) -> bool:
    """Is it a matrix, or a letter ``in_front`` of a factor?"""
    name = name_of(node)
    if name is None:
        return False
    kind, letter = scope.kind(name.base), unbold(name.base)
    if kind is not None and kind.shape:
        return True
    return letter.isalpha() and name.base != "e" and (in_front or letter.isupper())


def _transposed(node: Node) -> Node:
    node = map_children(node, _transposed)
    if isinstance(node, page.Pow) and node.exp == page.Sym("t"):
        return page.Transpose(node.base, span=node.span)
    return node


def _with_indices(nodes: tuple[Node, ...], scope: Scope) -> tuple[tuple[Node, ...], Scope]:
    """A sum that names no index runs over the one letter that counts in it and stands free nowhere."""
    free = frozenset[str]().union(*(_counters(n, inside=False) for n in nodes))

    def own(d: Definition) -> Node:
        places = frozenset(k.name for k in (*d.lower, *d.upper) if isinstance(k, page.Sym))
        return _with_index(d.body, places)

    return tuple(_with_index(n, free) for n in nodes), _with_bodies(scope, own)


def _with_index(node: Node, free: frozenset[str]) -> Node:
    node = map_children(node, lambda child: _with_index(child, free))
    if isinstance(node, page.BigOp) and not node.index.name:
        letters = _counters(node.body) - free
        if len(letters) == 1:
            return replace(node, index=page.Sym(next(iter(letters))))
    return node


def _counters(node: Node, inside: bool = True) -> frozenset[str]:
    """Letters that stand alone as an index and that no sum binds; not ``inside``: outside the sums that
    name no index."""
    if isinstance(node, page.BigOp) and not node.index.name and not inside:
        return frozenset()
    found = frozenset[str]()
    if isinstance(node, page.Indexed):
        entries = (k.name for k in (*node.lower, *node.upper) if isinstance(k, page.Sym))
        found = frozenset(k for k in entries if len(k) == 1 and k.islower())
    found = found.union(*(_counters(child, inside) for child in children(node)))
    return found - {node.index.name} if isinstance(node, page.BigOp) else found


def _doubtful(node: page.Indexed) -> bool:
    match node.lower:
        case (page.Num(int(k), 0),):
            return 11 <= k <= 99 and bool(k % 10)
        case (page.Num(int(k), 0), page.Sym(name)):
            return k > 1 and len(name) == 1
    return False


def _respelled(node: Node, uses: Uses) -> Node:
    node = map_children(node, lambda child: _respelled(child, uses))
    if not isinstance(node, page.Indexed) or not _doubtful(node):
        return node
    known = uses.get(node.base, set())
    match node.lower:
        case (page.Num(int(k), 0) as entry,) if known == {2}:
            return replace(node, lower=tuple(page.Num(int(d), span=entry.span) for d in str(k)))
        case (page.Num(), page.Sym()) if known == {1}:
            return replace(node, lower=(page.Mul(node.lower),))
    return node


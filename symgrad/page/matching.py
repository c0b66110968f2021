"""Matching: does a definition fit what is written, and what do its placeholders stand for?

The indices and parameters of a definition's left side are patterns.  Which of them are placeholders is the
one thing in which its readers differ, and is handed over as an :data:`Agreement`.

>>> from symgrad.page.tree import Add
>>> x, t, j = Sym("x"), Sym("t"), Sym("j")
>>> f = Definition("f", Add((t, j)), (j,), params=(t,))
>>> matching(f, Call(Indexed(Sym("f"), (Num(2),)), (x,))) == {j: Num(2), t: x}
True
>>> matching(f, Call(Sym("f"), (x,))) is None
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from .scope import Definition
from .tree import Call, Component, Indexed, Indicator, Node, Num, Sym, walk

V = TypeVar("V")
Agreement = Callable[[Node, Node], bool | None]
"""Of a pattern and what is written in its place: are they the same?  None for a placeholder."""


def numbers_agree(pattern: Node, entry: Node) -> bool | None:
    """Anything but a number is a placeholder."""
    return pattern == entry if isinstance(pattern, Num) else None


def all_but_letters_agree(pattern: Node, entry: Node) -> bool | None:
    """Only a name is a placeholder."""
    return None if isinstance(pattern, Sym) else pattern == entry


@dataclass(frozen=True, slots=True)
class Match(Generic[V]):
    """What the placeholders stand for; the patterns that nothing is written for, and the lower indices beyond
    those of the definition."""

    places: dict[Node, V]
    open: tuple[Node, ...] = ()
    extra: tuple[Node, ...] = ()


def head(node: Node) -> str | None:
    """The name that a definition of this node would have: ``f`` of f(x_i), ``z`` of z_i."""
    match node:
        case Sym(name) | Indexed(Sym(name)) | Call(Sym(name)) | Call(Indexed(Sym(name))):
            return name
    return None


def matching(
    definition: Definition, node: Node, agree: Agreement = numbers_agree
) -> dict[Node, Node] | None:
    """What the placeholders stand for at this use of the name; None where the definition does not fit."""
    base, args = (node.fn, node.args) if isinstance(node, Call) else (node, None)
    if (args is None) != (definition.params is None):
        return None
    upper, lower = (base.upper, base.lower) if isinstance(base, Indexed) else ((), ())
    found = placed(definition, upper, lower, agree, lambda entry: entry)
    if found is None or found.open or found.extra:
        return None
    params = definition.params or ()
    if len(params) != len(args or ()):
        return None
    pairs = zip(params, args or (), strict=True)
    return found.places if _bound(pairs, found.places, agree, lambda entry: entry) else None


def placed(
    definition: Definition,
    upper: tuple[Node, ...],
    lower: tuple[Node, ...],
    agree: Agreement,
    value: Callable[[Node], V],
) -> Match[V] | None:
    """How the indices fit, each with its ``value``; upper ones are written all or none."""
    if upper and len(upper) != len(definition.upper):
        return None
    places: dict[Node, V] = {}
    pairs = (*zip(definition.upper, upper, strict=False), *zip(definition.lower, lower, strict=False))
    if not _bound(pairs, places, agree, value):
        return None
    open_ = (*definition.upper[len(upper) :], *definition.lower[len(lower) :])
    return Match(places, open_, lower[len(definition.lower) :])


def _bound(
    pairs: Iterable[tuple[Node, Node]], places: dict[Node, V], agree: Agreement, value: Callable[[Node], V]
) -> bool:
    """Do all pairs fit?  A placeholder stands for one thing wherever it stands."""
    for pattern, entry in pairs:
        same = agree(pattern, entry)
        if same is None:
            own = value(entry)
            same = places.setdefault(pattern, own) == own
        if not same:
            return False
    return True


# -- notations: left sides that are no names -----------------------------------------------------------------


def placeholders(pattern: Node) -> frozenset[Node]:
    """The letters that stand as indices in a declared notation."""
    out: set[Node] = set()
    for node in walk(pattern):
        if isinstance(node, Indexed | Component):
            entries = (*node.lower, *node.upper) if isinstance(node, Indexed) else node.lower
            out.update(entries)
        elif isinstance(node, Indicator):
            out.update(walk(node))
    return frozenset(k for k in out if isinstance(k, Sym) and len(k.name) == 1)


def instance(pattern: Node, node: Node, holes: frozenset[Node]) -> dict[Node, Node] | None:
    """What the holes stand for where the node is the pattern with something else in them.

    >>> k, u, v = map(Sym, "kuv")
    >>> instance(Indexed(u, (k,)), Indexed(u, (v,)), frozenset([k])) == {k: v}
    True
    >>> instance(Indexed(u, (k,)), Indexed(v, (v,)), frozenset([k]))
    """
    found: dict[Node, Node] = {}
    return found if _is_instance(pattern, node, holes, found) else None


def _is_instance(pattern: object, node: object, holes: frozenset[Node], found: dict[Node, Node]) -> bool:
    if isinstance(pattern, Node):
        if pattern in holes and isinstance(node, Node):
            return found.setdefault(pattern, node) == node
        names: tuple[str, ...] = type(pattern).__match_args__
        return type(node) is type(pattern) and all(
            _is_instance(getattr(pattern, name), getattr(node, name), holes, found) for name in names
        )
    if isinstance(pattern, tuple):
        return isinstance(node, tuple) and len(node) == len(pattern) and all(
            _is_instance(p, n, holes, found) for p, n in zip(pattern, node, strict=True)
        )
    return pattern == node

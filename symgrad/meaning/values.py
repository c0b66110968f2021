"""The value of an expression: asked of the function that is entered for its type of node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from ..core import Core
from ..errors import ShapeError, UnknownMeaning
from ..page import tree as page
from ..page.matching import instance, placeholders
from ..page.scope import Definition
from ..page.tree import Node
from ..reasons import Needed
from .context import Context, Env, once
from .indices import index_of
from .tensors import Value

NOTATION = "="
"""The key of definitions whose left side is no name: what such an expression means wherever it stands."""

HOLE = "\\mathrm{operand}"
"""What an operator of such a definition is applied to."""

N = TypeVar("N", bound=Node)

ELABORATE: dict[type[Node], Callable[[Context, Any, Env], Value]] = {}
"""What nodes of a type mean; filled by the modules below with :func:`elaborates`."""


def elaborates(
    *types: type[N],
) -> Callable[[Callable[[Context, N, Env], Value]], Callable[[Context, N, Env], Value]]:
    """Enters a function as the meaning of nodes of these types."""

    def enter(fn: Callable[[Context, N, Env], Value]) -> Callable[[Context, N, Env], Value]:
        ELABORATE.update(dict.fromkeys(types, fn))
        return fn

    return enter


def value(e: Context, node: Node, env: Env) -> Value:
    """The value of an expression, or of what the author declared this very expression to mean."""
    if _notations(e) and not isinstance(node, page.Num | page.Sym):
        meant = _meant(e, node, env)
        if meant is not None:
            return meant
    return literal(e, node, env)


def literal(e: Context, node: Node, env: Env) -> Value:
    """The value of an expression of which no notation is declared."""
    elaborate = ELABORATE.get(type(node))
    if elaborate is None:
        raise UnknownMeaning(f"{type(node).__name__} has no meaning here", node.span)
    return elaborate(e, node, env)


@once
def _notations(e: Context) -> list[Definition]:
    return [d for d in e.scope.definitions.get(NOTATION, ()) if d.params]


def number_of(e: Context, node: Node, env: Env) -> Core:
    """The term of a scalar."""
    v = value(e, node, env)
    if v.shape:
        raise ShapeError(Needed("a number is needed", e.sizes.found(v.shape)), node.span)
    return v.term


def _meant(e: Context, node: Node, env: Env) -> Value | None:
    """What the author declared this very expression to mean; its indices are placeholders."""
    for d in _notations(e):
        assert d.params is not None
        pattern = d.params[0]
        if any(d is a for a, _ in env.active):
            continue
        found = instance(pattern, node, placeholders(pattern) | {page.Sym(HOLE)})
        if found is None:
            continue
        operand = found.pop(page.Sym(HOLE), None)
        bound = {k.name: index_of(e, v, env) for k, v in found.items() if isinstance(k, page.Sym)}
        inner = replace(env, places={**env.places, **bound}, active=(*env.active, (d, ())))
        body = d.body if operand is None else page.substitute(d.body, {page.Sym(HOLE): operand})
        return value(e, body, inner)
    return None

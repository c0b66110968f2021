"""The tree of what is written: walking, replacing, comparing."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from strategies import expressions, pages

import symgrad.page.tree
from symgrad.errors import Span
from symgrad.page.tree import (
    Add,
    Call,
    Chain,
    Derivative,
    Frac,
    Indexed,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Relation,
    Sum,
    Sym,
    children,
    free_names,
    map_children,
    paths,
    put,
    same,
    substitute,
    walk,
)

a, b, c, f, i, j, n, x, y = map(Sym, "abcfijnxy")
x_i = Indexed(x, (i,))


def test_spans_do_not_count() -> None:
    assert Sym("x", span=Span(0, 1)) == x and hash(Sym("x", span=Span(0, 1))) == hash(x)


@settings(max_examples=100, deadline=None)
@given(pages)
def test_walk_and_paths_see_the_same_nodes(page: Node) -> None:
    assert [node for _, node in paths(page)] == list(walk(page))


@settings(max_examples=100, deadline=None)
@given(pages)
def test_putting_what_is_there_changes_nothing(page: Node) -> None:
    for path, node in paths(page):
        assert put(page, path, node) == page


@settings(max_examples=100, deadline=None)
@given(pages)
def test_an_unchanged_copy_is_the_node_itself(page: Node) -> None:
    assert map_children(page, lambda child: child) is page


@settings(max_examples=100, deadline=None)
@given(expressions, expressions)
def test_same_forgets_order_and_nothing_else_that_matters(left: Node, right: Node) -> None:
    assert same(left, left)
    assert same(Add((left, right)), Add((right, left)))
    assert same(Mul((left, right)), Mul((right, left)))
    assert same(Neg(Neg(left)), left)
    assert not same(Add((left, Num(1))), left)


def test_same_renames_bound_indices_only() -> None:
    assert same(Sum(x_i, i, Num(1), n), Sum(Indexed(x, (j,)), j, Num(1), n))
    assert not same(Sum(x_i, i, Num(1), n), Sum(Indexed(x, (j,)), i, Num(1), n))
    assert not same(x_i, Indexed(x, (j,)))


def test_same_does_not_expand_or_cancel() -> None:
    assert not same(Mul((a, Add((b, c)))), Add((Mul((a, b)), Mul((a, c)))))
    assert not same(Frac(Mul((a, b)), Mul((a, c))), Frac(b, c))
    assert same(Pow(Mul((Num(2), x)), Num(2)), Mul((Num(4), x, x)))
    assert same(Derivative(f, ((x, 1), (y, 1))), Derivative(f, ((y, 1), (x, 1))))


def test_free_names_leave_bound_indices_out() -> None:
    page = Sum(Mul((x_i, y)), i, Num(1), n, Relation(i, "!=", j))
    assert free_names(page) == {"x", "y", "n", "j"}


def test_substitution_does_not_capture() -> None:
    page = Sum(Mul((x_i, y)), i, Num(1), n)
    replaced = substitute(page, {y: Indexed(b, (i,))})
    assert isinstance(replaced, Sum) and replaced.index != i
    assert free_names(replaced) == {"x", "b", "i", "n"}
    assert same(replaced, Sum(Mul((Indexed(x, (j,)), Indexed(b, (i,)))), j, Num(1), n))
    assert substitute(page, {i: j}) == page


_PLAIN: dict[type[Node], dict[str, Any]] = {
    Num: {"value": 1}, Sym: {"name": "z"}, Relation: {"op": "<"}
}  # fmt: skip
_LESS = Relation(a, "<", b)
_FILLED: dict[str, object] = {
    "Node": a,
    "Node | None": b,
    "Sym": i,
    "Relation": _LESS,
    "Relation | None": _LESS,
    "tuple[Node, ...]": (x, y),
    "tuple[tuple[Node, ...], ...]": ((a, b), (x, y)),
    "tuple[tuple[Node, int], ...]": ((x, 1), (y, 2)),
    "tuple[tuple[Node, Relation | None], ...]": ((x, _LESS), (y, None)),
    "tuple[tuple[str, Node], ...]": (("=", x), ("<", y)),
}


_KINDS = [
    k for k in vars(symgrad.page.tree).values()
    if isinstance(k, type) and issubclass(k, Node) and k not in (Node, symgrad.page.tree.BigOp)
]  # fmt: skip


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: kind.__name__)
def test_children_are_all_the_nodes_in_the_fields(kind: type[Node]) -> None:
    types = {f.name: str(f.type) for f in fields(kind) if f.name != "span"}
    node = kind(**{name: _FILLED[t] for name, t in types.items() if t in _FILLED} | _PLAIN.get(kind, {}))
    seen: list[Node] = []
    map_children(node, lambda child: seen.append(child) or child)  # type: ignore[func-returns-value]
    assert list(children(node)) == seen


def test_children_stand_in_reading_order() -> None:
    assert list(children(Call(f, (x, y)))) == [f, x, y]
    chain = Chain(a, (("=", b), ("<", c)))
    assert chain.relations() == (Relation(a, "=", b), Relation(b, "<", c))

"""Tidying says nothing new: what comes out is equal, as short or shorter, and stays as it is."""

from __future__ import annotations

import pytest
from expressions import INDEX, SCOPE, C, Maker, N, X, Y
from hypothesis import given, settings
from hypothesis import strategies as st

from symgrad.deriving.tidy import Level, equal_expanded, reordered, tidy
from symgrad.latex import read
from symgrad.meaning.directives import read_directive
from symgrad.meaning.judging import prove_nodes
from symgrad.page.scope import Scope
from symgrad.page.to_text import to_text
from symgrad.page.tree import Add, Frac, Mul, Neg, Node, Num, Pow, Sum, walk

LEVELS: tuple[Level, ...] = ("split", "terms", "factor", "expand")


def atoms() -> st.SearchStrategy[Node]:
    return st.sampled_from([C, X, Y, N, Num(1), Num(2), Num(3), Add((Y, Neg(X))), Sum(X, INDEX, Num(1), N)])


def expressions() -> st.SearchStrategy[Node]:
    def grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            several.map(Add), several.map(Mul), inner.map(Neg),
            st.tuples(inner, inner).map(lambda p: Frac(*p)),
            inner.map(lambda u: Pow(u, Num(2))), inner.map(lambda u: Sum(u, INDEX, Num(1), N)),
        )  # fmt: skip

    return st.recursive(atoms(), grow, max_leaves=7)


@settings(max_examples=120, deadline=None)
@given(expressions(), st.sampled_from(LEVELS))
def test_what_comes_out_is_equal(page: Node, level: Level) -> None:
    tidied, _ = tidy(page, SCOPE, level)
    verdict = prove_nodes(page, tidied, SCOPE)
    assert verdict.status == "proved" or "domain" in verdict.reason or "defined" in verdict.reason, (
        to_text(page), to_text(tidied), str(verdict))  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(expressions())
def test_tidied_twice_is_tidied_once(page: Node) -> None:
    once, _ = tidy(page, SCOPE)
    twice, _ = tidy(once, SCOPE)
    assert sum(1 for _ in walk(twice)) <= sum(1 for _ in walk(once))
    assert reordered(tidy(twice, SCOPE)[0], twice)


@pytest.mark.parametrize(("page", "expected", "how"), [
    ("2 (y - f(x)) (-x)", "-2 x (y - f(x))", ()),
    (r"\frac{1}{N} \sum_{i=1}^N 2 a_i (-b)", r"-\frac{2 b}{N} \sum_{i=1}^N a_i", ()),
    (r"\sum_{i=1}^N 3 b", "3 b N", ("count",)),
    (r"y \frac{1}{s} s (1 - s)", "y (1 - s)", ("cancel",)),
    ("(1 - y) s - y (1 - s)", "s - y", ("expand", "combine")),
    ("a x + b x", "(a + b) x", ("factor",)),
    ("y - (m x + b)", "y - (m x + b)", ()),
    ("2 x + 3 x", "5 x", ("combine",)),
    ("x - x", "0", ("combine",)),
    (r"\frac{2}{4} x", r"\frac{x}{2}", ()),
    ("x (a - 1) (-1)", "-x (a - 1)", ()),
    ("b 2 a + c", "2 b a + c", ()),
    (r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - f(x_i)) + \lambda 2 m",
     r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - f(x_i)) + 2 \lambda m", ()),
    (r"p \delta_{ij} - p q", r"p (\delta_{ij} - q)", ("factor",)),
    (r"\frac{a}{0}", r"\frac{a}{0}", ()),
])  # fmt: skip
def test_forms(page: str, expected: str, how: tuple[str, ...]) -> None:
    scope = read_directive("let f(t) = m t + b", Scope())
    tidied, done = tidy(read(page, scope), scope)
    assert (to_text(tidied), done) == (to_text(read(expected, scope)), how)


def test_the_order_of_matrices_is_kept() -> None:
    scope = Scope()
    for line in (r"let A \in \mathbb{R}^{d \times d}", r"let B \in \mathbb{R}^{d \times d}"):
        scope = read_directive(line, scope)
    assert to_text(tidy(read("B 2 A - 3 A B", scope), scope)[0]) == "2 B A - 3 A B"
    assert to_text(tidy(read("A B - B A", scope), scope)[0]) == "A B - B A"
    assert to_text(tidy(read("A B + A B", scope), scope)[0]) == "2 A B"


def test_equal_expanded() -> None:
    a, b = read("(a + b)^2"), read("a^2 + 2 a b + b^2")
    assert equal_expanded(a, b, Scope()) and not equal_expanded(a, read("a^2 + b^2"), Scope())


def test_random_derivatives_keep_their_value() -> None:
    for seed in range(30):
        page = Maker(seed).moving(3)
        for level in LEVELS:
            tidied, _ = tidy(page, SCOPE, level)
            assert tidied == page or prove_nodes(page, tidied, SCOPE).status != "refuted"

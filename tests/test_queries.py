"""Queries: which names a page speaks of, and what is known about them."""

from __future__ import annotations

import pytest

from symgrad.checking import queries
from symgrad.latex import read
from symgrad.meaning.directives import read_directives


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("J", "J"), ("J_i", "J"), (r"J(\theta)", "J"), (r"h_\theta(x^{(i)})", "h"), (r"\sigma^2", "\\sigma"),
        ("J + 1", None), ("2 J", None), (r"\log(x)", None), ("f(x + 1)", None),
    ],
)  # fmt: skip
def test_the_name_of_a_bare_quantity(text: str, name: str | None) -> None:
    assert queries.base(read(text, read_directives(["let f(x) = x"]))) == name


def test_quantities_are_neither_indices_nor_known_functions() -> None:
    assert queries.quantities(read(r"\sum_{i=1}^N w x_i + \log(b)")) == {"w", "x", "b"}


def test_inside_a_name_is_all_that_its_definition_speaks_of() -> None:
    scope = read_directives([r"let L = \frac{1}{2}(y - a)^2", "let a = w x"])
    assert queries.inside(read("L", scope), scope) == {"L", "y", "a", "w", "x"}
    assert queries.primitives([read("L", scope)], scope) == {"y", "w", "x"}


def test_a_derivative_by_what_its_body_does_not_hold() -> None:
    scope = read_directives(["let L = (y - a)^2", "let a = w x"])
    side, zero = read(r"\frac{\partial L}{\partial b}", scope), read("0")
    assert queries.lost(side, zero, scope) == ("L", "b")
    assert queries.lost(read(r"\frac{\partial L}{\partial w}", scope), zero, scope) is None


def test_a_property_is_the_same_with_two_indices_exchanged() -> None:
    assert queries.symmetric(read("A_{ij}"), read("A_{ji}"))
    assert not queries.symmetric(read("A_{ij} + b_i"), read("A_{ji} + b_i"))

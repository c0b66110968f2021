"""Symbols: the name of what is written, bold letters, places."""

from __future__ import annotations

import pytest

from symgrad.latex import read
from symgrad.page.symbols import Name, is_bold_matrix, is_bold_vector, name_of, unbold
from symgrad.page.tree import Sym


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x_i", "x_{i}"), (r"x^{(i)}_j", r"x^{(i)}_{j}"), (r"W^{[l]}_{jk}", r"W^{[l]}_{j,k}"),
        (r"\hat{y}", r"\hat{y}"), ("f'", "f'"),
    ],
)  # fmt: skip
def test_names(text: str, name: str) -> None:
    assert str(name_of(read(text))) == name


def test_a_sum_has_no_name() -> None:
    assert name_of(read("a + b")) is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (r"\mathbf{w}", "w"), (r"\hat{\mathbf{y}}", r"\hat{y}"), ("w", "w"),
        (r"\boldsymbol{\hat{\beta}}", r"\hat{\beta}"),
    ],
)  # fmt: skip
def test_a_bold_name_and_its_letter(name: str, plain: str) -> None:
    assert unbold(name) == plain


def test_bold_letters() -> None:
    assert is_bold_vector(r"\mathbf{w}") and is_bold_vector(r"\boldsymbol{\theta}")
    assert is_bold_matrix(r"\mathbf{W}") and not is_bold_vector(r"\mathbf{W}") and not is_bold_vector("w")


def test_places_of_a_bold_name_are_those_of_its_letter() -> None:
    assert Name(r"\mathbf{x}", (), (Sym("i"),)).place(0) == Name("x", (), (Sym("i"),)).place(0)

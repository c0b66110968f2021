"""Symbols: the name of what is written, bold letters, places."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symgrad.latex import read
from symgrad.page.indexed import Name, name_of
from symgrad.page.symbols import Symbol, symbol_of, unbold
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
    vectors = (r"\mathbf{w}", r"\boldsymbol{\theta}", r"\hat{\mathbf{w}}", r"\vec{x}")
    assert all(symbol_of(name).is_bold_vector for name in vectors)
    assert symbol_of(r"\mathbf{W}").is_bold_matrix
    assert not any(symbol_of(name).is_bold_vector for name in (r"\mathbf{W}", "w", r"\mathrm{w}"))


_scripts = st.lists(st.sampled_from(["1", "i", "l-1", r"\text{new}", "y_{i}"]), max_size=2).map(tuple)


@given(
    st.builds(
        Symbol,
        st.sampled_from(["w", "W", r"\theta", "1", "new", r"\arg\min", r"\{\}", "!", r"y_{i}+z", ""]),
        st.lists(st.sampled_from([r"\hat", r"\mathbf", r"\mathrm", r"\bar"]), max_size=3).map(tuple),
        st.integers(0, 2),
        _scripts,
        _scripts,
    ),
    st.sampled_from(["()", "[]", ""]),
)  # fmt: skip
def test_a_symbol_and_its_name_are_one(symbol: Symbol, bracket: str) -> None:
    if symbol.upper:
        symbol = replace(symbol, bracket=bracket)
    if symbol.letter or symbol.marks or symbol.primes:
        assert symbol_of(symbol.name) == symbol


@given(st.text(alphabet=r"xW\{}_^'(),[]1 ", max_size=12))
def test_whatever_is_a_name_is_the_name_of_its_symbol(name: str) -> None:
    assert symbol_of(name).name == name


def test_places_of_a_bold_name_are_those_of_its_letter() -> None:
    assert Name(r"\mathbf{x}", (), (Sym("i"),)).place(0) == Name("x", (), (Sym("i"),)).place(0)

"""Repairs: what single change would mend a refuted step, and never a pass."""

from __future__ import annotations

import pytest
from checked import step

from symgrad.checking.process import Keeper

J = r"J(\theta) = \frac{1}{N} \sum_{i=1}^N (y_i - f(x_i))^2"

F = "f(x) = m x + b"


def test_the_operator_reaches_no_further_than_it_is_written(keeper: Keeper) -> None:
    rhs = r"\frac{1}{N} \sum_{i=1}^N 2(y_i - f(x_i)) \frac{\partial}{\partial m} y_i - f(x_i)"
    found = step(keeper, r"\frac{\partial J(\theta)}{\partial m} = " + rhs, J, F)
    assert (found.verdict, found.code) == ("refuted", "SG101")
    assert found.hint is not None and "add parentheses" in found.hint
    assert found.witness is not None


def test_a_forgotten_term_is_named(keeper: Keeper) -> None:
    lets = (r"X \in \mathbb{R}^{n \times d}", r"w \in \mathbb{R}^d", r"y \in \mathbb{R}^n",
            r"R = \|X w - y\|^2 + \rho \|w\|^2")  # fmt: skip
    found = step(keeper, r"\nabla_w R = 2 X^\top (X w - y)", *lets)
    assert (found.verdict, found.hint) == ("refuted", r"the term $2 \rho w$ is missing")


@pytest.mark.parametrize(
    "right, word",
    [
        (r"2 w x^2 + 1", "dropped"),
        (r"- 2 w x^2", "opposite sign"),
        (r"w x^2", "factor"),
        (r"2 w x", "put in"),
        (r"2 w x^3", "exponent"),
    ],
)
def test_one_edit_away_is_a_hint_and_never_a_pass(keeper: Keeper, right: str, word: str) -> None:
    found = step(keeper, r"\frac{d}{dw} (w x)^2 = " + right)
    assert found.verdict == "refuted"
    assert found.hint is not None and word in found.hint
    assert found.derived is not None

"""Relations other than equality: what is proved holds, what fails is refuted at a point."""

from __future__ import annotations

from typing import Any

import pytest
from battery import N, S, i, x, y
from terms import cos, exp, given, lift, log, reals, sigma, sin, sqrt

from symgrad.errors import ScopeError
from symgrad.kernel.verdict import Verdict
from symgrad.prover import judge

a, b = reals("a b")


def relation(left: Any, sign: Any, right: Any, *givens: Any) -> Verdict:
    return judge(lift(left), lift(right), tuple(givens), relation=sign)


HOLDS = [
    (a**2, ">=", 0), (a**2 + 1, ">", 0), (exp(a), ">", 0), (sigma(a) * (1 - sigma(a)), ">", 0),
    (1, ">", sigma(a)), (a**2 + b**2, ">=", 0), ((a + b) ** 2, ">=", 4 * a * b), (a, ">=", a),
    (S(x[i] ** 2, i), ">=", 0), (S(exp(x[i]), i), ">", 0), (N, ">", 0), (sqrt(a), ">=", 0),
    (1 + exp(a), ">", 1), (a**2 - 2 * a + 1, ">=", 0), (a**4 + a**2 + 1, ">", 0),
    (-(a**2), ">=", -(a**2) - b**2), (exp(a) * (a - b) ** 2, ">=", 0), (sin(a) * sin(a), ">=", 0),
    (sin(a) ** 2 + cos(a) ** 2, ">=", 1),
]  # fmt: skip
FAILS = [
    (a, ">=", 0), (a**2, ">", 0), (a**2, ">=", a), (sigma(a), ">", 1), (a, ">", a), (S(x[i], i), ">=", 0),
    (a * b, ">=", 0), (exp(a), ">=", 1), (log(a), ">=", 0), (a**2 + b**2, ">=", 3 * a * b),
    (-exp(a), ">=", 0), (sin(a), ">=", 0), (-(sin(a) ** 2), ">=", 0), (sin(a) * cos(a), ">", -1 * exp(a) / 9),
]  # fmt: skip


@pytest.mark.parametrize(("left", "sign", "right"), HOLDS)
def test_proved(left: Any, sign: str, right: Any) -> None:
    assert relation(left, sign, right).status == "proved"


@pytest.mark.parametrize(("left", "sign", "right"), FAILS)
def test_refuted_with_a_point(left: Any, sign: str, right: Any) -> None:
    got = relation(left, sign, right)
    assert got.status == "refuted" and got.witness is not None
    assert got.witness.left and got.witness.right


def test_sums_of_squares_are_not_looked_for() -> None:
    assert relation(a**2 + b**2, ">=", a * b).status == "undecided"


def test_what_is_given_is_used_and_named() -> None:
    positive, small = given(a, ">"), given(a, "<=", 1, "a <= 1")
    assert relation(a, ">=", 0).status == "refuted"
    assert relation(a, ">", 0, positive).assuming == ("a > 0",)
    assert relation(1 - a, ">=", 0, small, positive).assuming == ("a <= 1",)
    assert relation(a * b, ">", 0, positive, given(b, ">")).status == "proved"
    assert relation(a, ">", 0, given(a, ">=")).status == "refuted"
    assert relation(x[i], ">=", 0, given(x[i], ">=")).status == "proved"
    assert relation(x[i], ">=", 0, given(y[i], ">=")).status == "refuted"
    with pytest.raises(ScopeError):
        relation(a, ">=", 0, positive, given(a, "<"))


def test_where_nothing_is_defined_nothing_is_proved() -> None:
    assert relation(log(-exp(a)), ">=", 0).status == "undecided"
    assert relation(log(a) ** 2, ">=", 0).assuming == ("a > 0",)

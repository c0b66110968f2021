"""Sign and size of the gap: enclosures that hold, signs that are proved."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import cosh, exp, symbols, tanh

from symgrad import InputError, jensen_gap, sigma
from symgrad.losses.jensen import Interval, curvature
from symgrad.losses.library import PROBLEMS

x, y, w, m = symbols("x y w m", real=True)
lam = symbols("lambda", positive=True)

SHAPES = [
    (x**2, "convex"), (-(x**2), "concave"), (3 * x + 1, "affine"), (x**3, "neither"), (exp(w * x), "convex"),
    (cosh(x), "convex"), (sigma(x) * (1 - sigma(x)), "neither"), (tanh(x), "neither"), (sigma(x), "neither"),
    (lam * x**2, "convex"), (w * x**2, None), (x**4 + exp(x), "convex"), (sympy.log(1 + exp(x)), "convex"),
]  # fmt: skip


@pytest.mark.parametrize(("f", "kind"), SHAPES)
def test_curvature_in_one_variable(f: Any, kind: str | None) -> None:
    found = curvature(f, [x])
    assert found.kind == kind
    assert found.verdict


def test_both_signs_come_with_points() -> None:
    found = curvature(x**3, [x])
    second = sympy.lambdify((x,), sympy.diff(x**3, x, 2))
    assert found.positive is not None and found.negative is not None
    assert second(Fraction(found.positive["x"])) > 0 > second(Fraction(found.negative["x"]))


@pytest.mark.parametrize(
    ("f", "kind"), [(exp(w * x + 1) - y, "convex"), ((w * x - y) * x, "neither"), (x - y, "affine"),
                    ((x + y) ** 2, "convex"), (x * y, "neither"), ((x - y) ** 2 + exp(x), None)]
)  # fmt: skip
def test_curvature_in_two_variables(f: Any, kind: str | None) -> None:
    assert curvature(f, [x, y]).kind == kind


rationals = st.fractions(-3, 3, max_denominator=8)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([f for f, _ in SHAPES]), st.lists(rationals, min_size=1, max_size=4))
def test_the_gap_lies_in_its_bound_and_has_its_sign(f: Any, values: list[Fraction]) -> None:
    at = {s: Fraction(1, 2) for s in f.free_symbols - {x}}
    found = jensen_gap(f, {x: values}, at)
    assert found.gap.lower <= found.bound.upper and found.bound.lower <= found.gap.upper
    fixed = {k: sympy.Rational(v) for k, v in at.items()}

    def value(v: Fraction) -> Any:
        return sympy.N(f.xreplace({**fixed, x: sympy.Rational(v.numerator, v.denominator)}), 40)

    true = sum(map(value, values)) / len(values) - value(sum(values, Fraction(0)) / len(values))
    assert float(found.gap.lower) - 1e-12 <= true <= float(found.gap.upper) + 1e-12
    assert float(found.bound.lower) - 1e-12 <= true <= float(found.bound.upper) + 1e-12
    if found.curvature.kind == "convex":
        assert true >= -1e-30
    if found.curvature.kind in ("concave", "affine"):
        assert true <= 1e-30


def test_the_thread() -> None:
    found = jensen_gap(sigma(x) * (1 - sigma(x)), {"x": [0, 1]})
    assert found.gap.lower <= Fraction("-0.0116977455") and found.gap.upper >= Fraction("-0.0116977456")
    assert str(found.second_order).startswith("-0.012044594")


def test_a_loss() -> None:
    J = PROBLEMS["linear-regression"]()
    found = jensen_gap(J, {"x": [0, 2], "y": [1, 1]}, {"m": 1, "b": 0}, wrt="m")
    assert found.gap == found.second_order == found.bound == Interval(Fraction(2), Fraction(2))
    assert found.curvature.kind == "neither"
    same = jensen_gap((y - m * x) ** 2, {"x": [0, 2], "y": [1, 1]}, {"m": 1}, wrt=m)
    assert same.gap == found.gap


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((x**2, {"z": [1]}), "z does not occur"),
        ((w * x, {"x": [1, 2]}), "no value for w"),
        ((x * y, {"x": [1, 2], "y": [1]}), "same number"),
        ((x**2, {"x": []}), "same number"),
        ((x**2, {"x": [0.5]}), "no exact number"),
        ((1 / x, {"x": [0, 1]}), "at their mean or between"),
        ((1 / x, {"x": [-1, 3]}), "at their mean or between"),
        ((PROBLEMS["linear-regression"](), {"x": [1], "y": [1]}), "name the parameter"),
    ],
)
def test_wrong_input_is_told(arguments: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        jensen_gap(*arguments)


def test_intervals_print_outward() -> None:
    printed = str(Interval(Fraction(1, 3), Fraction(2, 3)))
    low, high = printed.strip("[]").split(", ")
    assert Fraction(low) <= Fraction(1, 3) and Fraction(high) >= Fraction(2, 3)

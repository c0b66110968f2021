"""Balls: enclosures hold, and where there is no value there is none."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from symgrad import sigma
from symgrad.kernel.evaluate import exact
from symgrad.kernel.limits import Undefined
from symgrad.losses.balls import Balls

z, w = sympy.symbols("z w", real=True)
EXPRESSIONS = [z**2 - w, sigma(w * z), sympy.exp(z) / (1 + w**2), sympy.tanh(z - w) * z, sympy.log(1 + z**2)]
rationals = st.fractions(-3, 3, max_denominator=8)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EXPRESSIONS), rationals, rationals)
def test_points(expr: sympy.Expr, a: Fraction, b: Fraction) -> None:
    value = arb(Balls(expr, [z, w])({z: exact(a), w: exact(b)}))
    at = {z: sympy.Rational(a.numerator, a.denominator), w: sympy.Rational(b.numerator, b.denominator)}
    true = sympy.N(expr.xreplace(at), 30)
    assert float(value.lower()) - 1e-12 <= true <= float(value.upper()) + 1e-12


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(EXPRESSIONS), rationals)
def test_an_interval_holds_its_points(expr: sympy.Expr, a: Fraction) -> None:
    term = Balls(expr, [z, w])
    whole = term({z: arb(fmpq(1, 2), arb(fmpq(1, 2))), w: exact(a)})
    for k in range(5):
        assert arb(whole).overlaps(arb(term({z: fmpq(k, 4), w: exact(a)})))


def test_no_value() -> None:
    with pytest.raises((Undefined, ZeroDivisionError)):
        Balls(1 / z, [z])({z: exact(Fraction(0))})
    with pytest.raises((Undefined, ZeroDivisionError)):
        Balls(sympy.log(z), [z])({z: exact(Fraction(-1))})

"""Separation: the shortest list of features, and what forbids one."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Max, cosh, exp, log, sqrt, symbols, tanh

from symgrad import prove, sigma
from symgrad.losses.separation import obstacle, separate, unrolled, up_to_names

a, b, t = symbols("a b t", real=True)
x, y = symbols("x y", real=True)
DATA = {x, y}


def rebuilt(found: Any) -> list[Any]:
    features = (*found.features, 1)
    return [sympy.Add(*(c * h for c, h in zip(row, features, strict=True))) for row in found.coefficients]


@pytest.mark.parametrize(
    ("g", "features"),
    [
        ((a * x + b - y) * x, (x**2, x * y, x)),
        ((x + y - t) ** 2, (x**2 + 2 * x * y + y**2, x + y)),  # x and y always come as x + y
        (exp(t + x) * y, (y * exp(x),)),
        (log(t * x), (log(x),)),
        (1 / (t * x + x), (1 / x,)),
        (Abs(t * x), (x * sympy.sign(x),)),
        (t * sigma(x) + a * sigma(-x), (sigma(x),)),
        (t * Abs(x) + a * x * sympy.sign(x), (x * sympy.sign(x),)),
        (t * cosh(x) + a * exp(x) + b * exp(-x), (exp(-x), exp(x))),
        (t**2 + 1, ()),
        (sigma(t * x) + sigma(-t * x), ()),  # = 1
        (sigma(t * x) * y + sigma(-t * x) * y, (y,)),
        (sigma(t) * x + (1 - sigma(t)) * x, (x,)),
        (exp(2 * t * x) / exp(t * x) ** 2 * x, (x,)),
        ((t - x) ** 3, (x**3, x**2, x)),
    ],
)
def test_shortest_lists(g: Any, features: tuple[Any, ...]) -> None:
    found = separate([g], DATA)
    assert found is not None
    assert found.features == features
    at = {a: 2, b: 3, t: sympy.Rational(5, 7), x: 3, y: sympy.Rational(1, 3)}
    assert abs(sympy.N((rebuilt(found)[0] - g).xreplace(at), 30)) < 1e-20


monomials = st.builds(lambda i, j, k, m: t**i * a**j * x**k * y**m, *(st.integers(0, 2),) * 4)
polynomials = st.lists(
    st.builds(lambda c, m: c * m, st.integers(-3, 3), monomials), min_size=1, max_size=5
).map(sum)


@settings(max_examples=60, deadline=None)
@given(st.lists(polynomials, min_size=1, max_size=2))
def test_what_comes_out_is_what_went_in_and_no_list_is_shorter(components: list[Any]) -> None:
    found = separate(list(map(sympy.sympify, components)), DATA)
    assert found is not None
    for g, again in zip(components, rebuilt(found), strict=True):
        assert sympy.expand(g - again) == 0
    # The rank of the tensor "coefficients of θ-monomials × x-monomials other than 1" is the least length.
    rows: dict[Any, dict[Any, Any]] = {}
    for p, g in enumerate(components):
        for (i, j, k, m), c in sympy.Poly(g, t, a, x, y).terms():
            if (k, m) != (0, 0):
                rows.setdefault((p, i, j), {})[k, m] = c
    columns = sorted({k for row in rows.values() for k in row})
    matrix = sympy.Matrix([[row.get(k, 0) for k in columns] for row in rows.values()])
    assert len(found.features) == matrix.rank()


@pytest.mark.parametrize(
    ("g", "lemma"),
    [
        ((sigma(t * x + b) - y) * x, "moving poles"),
        (sigma(t + x), "moving poles"),
        (tanh(y - t * x) * x, "moving poles"),
        (x * sympy.sinh(t * x) / cosh(t * x), "moving poles"),
        (1 / (t + x), "moving poles"),
        (x / (1 + (t * x - y) ** 2), "moving poles"),
        (x * exp(t * x) - x * y, "moving exponents"),
        (x * sigma(t) * exp(t * x**2), None),  # two things in t at once: not decided
        (-x * sympy.sign(y - t * x), "moving kinks"),
        (Max(0, 1 - t * x), "moving kinks"),
        (sympy.Piecewise((-x * (y - t * x), Abs(y - t * x) <= 1), (-x * sympy.sign(y - t * x), True)),
         "moving kinks"),  # Huber
        (sympy.Piecewise((x, y > t), (2 * x, True)), "moving kinks"),
        (x * (t * x - y) / sqrt(1 + (t * x - y) ** 2), "moving branch points"),
        (log(t**2 + x**2), "moving branch points"),
        (-tanh(y - sigma(t * x)) * sigma(t * x) * (1 - sigma(t * x)) * x, "moving poles"),
        (tanh(y - tanh(t * x)) * x, "moving poles"),
        (1 / (1 + exp(x - t**2)), "moving poles"),
        (log(1 + exp(t * x)), None),
    ],
)
def test_obstacles(g: Any, lemma: str | None) -> None:
    assert separate([g], DATA) is None
    found = obstacle([g], DATA)
    assert (found.lemma if found else None) == lemma


@pytest.mark.parametrize(
    "g",
    [
        (a * x + b - y) * x, exp(t + x) * y, Abs(t * x), sigma(t * x) + sigma(-t * x), 1 / (t * x + x),
        log(t * x), sqrt(t**2 * x**2 + t**2), sigma(t) * x + y, sympy.sign(t * x + t), tanh(t) * tanh(x),
        Max(0, x) * t,
        (t + x) ** 2 / (t * x), exp(t * x) / exp(t * x) + x, sigma(2 * t * x) - sigma(2 * t * x) + t * x,
    ],
)  # fmt: skip
def test_no_obstacle_where_there_is_a_finite_separation(g: Any) -> None:
    assert obstacle([g], DATA) is None


def test_minors_are_exact_and_not_zero() -> None:
    found = obstacle([(sigma(t * x + b) - y) * x], DATA)
    assert found is not None
    ts, xs, entries, minors = found.minors(6)
    assert ts[:2] == (log(2), 2 * log(2)) and xs == (1, 2, 3, 4, 5, 6)
    assert all(d.is_Rational and d != 0 for d in minors) and len(minors) == 6
    for k, row in enumerate(entries):
        for j, value in enumerate(row):
            assert prove(found.restriction.subs({t: ts[k], x: xs[j]}), value)
    assert sympy.Matrix(entries).det() == minors[-1]


def test_features_up_to_the_names_of_their_indices() -> None:
    v = sympy.IndexedBase("x")
    i, j, k, m = symbols("i j k m", integer=True)
    features = [v[i, j] * v[i, k], v[i, k] * v[i, m], v[i, j], v[i, m]]
    assert up_to_names(features) == (v[i, j] * v[i, k], v[i, j])


def test_unrolled() -> None:
    w, v = sympy.IndexedBase("w"), sympy.IndexedBase("x")
    i, j, k, d = symbols("i j k d", integer=True, positive=True)
    got = unrolled(sympy.Sum(w[k] * v[i, k], (k, 1, d)) * v[i, j], {v})
    assert got == (w[1] * v[i, 1] + w[2] * v[i, 2]) * v[i, 1]

"""Averaging: the gap's closed form, its zeros, and losses of a user's own."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Function, IndexedBase, Sum, cosh, exp, log, symbols

from symgrad import derive, gap, sigma
from symgrad.errors import InputError
from symgrad.losses.library import PROBLEMS
from symgrad.objective import objective_of
from symgrad.page.to_latex import to_latex

m, b, w, theta = symbols("m b w theta", real=True)
lam = symbols("lambda", positive=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
Var, Cov = Function("Var", real=True), Function("Cov", real=True)


def mean(body: Any) -> Any:
    return Sum(body, (i, 1, N)) / N


# --- the first answers --------------------------------------------------------------------------------


def test_the_line_by_its_slope() -> None:
    g = gap(PROBLEMS["linear-regression"](), "m")
    assert sympy.expand(g.difference - 2 * (m * Var(x) - Cov(x, y))) == 0
    assert g.solution == Cov(x, y) / Var(x)
    assert g.zero is False and g.witness is not None
    assert {k: v.status for k, v in g.verdicts.items()} == {
        "sum": "proved", "difference": "proved", "zero": "refuted",
        "∂²/∂x²": "refuted", "∂²/∂x∂y": "refuted", "∂²/∂y²": "proved",
    }  # fmt: skip


@pytest.mark.parametrize("name, wrt", [("linear-regression", "b"), ("signed-error", "theta")])
def test_affine_gradients_have_no_gap(name: str, wrt: str) -> None:
    g = gap(PROBLEMS[name](), wrt)
    assert g.zero is True and g.difference == 0 and g.condition is True and g.solution is None
    assert all(verdict for verdict in g.verdicts.values())


def test_cross_entropy_splits_off_its_covariance() -> None:
    g = gap(PROBLEMS["sigmoid-regression"](), "w")
    assert r"\mathrm{Cov}(x, y)" in to_latex(g.page) and g.difference.has(sigma)
    assert g.zero is False and g.verdicts["difference"]
    by_b = gap(PROBLEMS["sigmoid-regression"](), "b")
    xbar = by_b.means[0]
    s = sigma(w * xbar + b)
    assert sympy.expand(by_b.second_order - Var(x) * w**2 * s * (1 - s) * (1 - 2 * s) / 2) == 0


def test_any_loss() -> None:
    ell = Function("ell")
    g = gap(objective_of(ell(theta, x[i], y[i]), theta), theta)
    assert g.verdicts["sum"] and g.verdicts["zero"].status == "refuted"
    assert g.witness is not None and "\\ell" in g.witness.functions


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_of_the_library_is_decided(name: str) -> None:
    objective = PROBLEMS[name]()
    for parameter in objective.parameters:
        g = gap(objective, parameter)
        assert g.verdicts["sum"] and g.verdicts["difference"]
        assert all(v.status != "undecided" for v in g.verdicts.values())
        # zero for all data exactly when every second data-derivative is
        bent = [v for k, v in g.verdicts.items() if k.startswith("∂") and v.status == "refuted"]
        assert g.zero is not bool(bent)


# --- losses of a user's own ---------------------------------------------------------------------------

OWN = {
    "poisson": (mean(exp(m * x[i]) - y[i] * m * x[i]), False),
    "log-cosh": (mean(log(cosh(y[i] - m * x[i]))), False),
    "ridge": (mean((y[i] - m * x[i]) ** 2) + lam * m**2, False),
    "exponential": (mean(exp(-y[i] * m * x[i])), False),
    "weighted line": (mean(y[i] * m + lam * x[i]), True),
}


@pytest.mark.parametrize("name", OWN)
def test_own_losses_get_the_same_answers(name: str) -> None:
    loss, zero = OWN[name]
    derivation = derive(loss, m)
    assert derivation.reason == "" and all(derivation.verdicts())
    g = gap(loss, m)
    assert g.verdicts["sum"] and g.verdicts["difference"]
    assert g.zero is zero and (g.witness is None) is zero


def test_higher_moments_stay_sums_and_come_quickly() -> None:
    g = gap(mean((y[i] - m * x[i]) ** 4), m)  # SymPy multiplied these sums out, for a minute
    assert g.verdicts["difference"] and len(g.difference.atoms(Sum)) <= 8


def test_kinks_have_no_second_derivatives_to_judge() -> None:
    for loss in (sympy.Abs(y[i] - m * x[i]), sympy.Max(0, 1 - y[i] * m * x[i])):
        g = gap(mean(loss), m)
        assert g.zero is False and g.verdicts["difference"]
        assert set(g.verdicts) == {"sum", "difference", "zero"} and g.second_order is None


def test_ridge_keeps_its_penalty_out_of_the_gap() -> None:
    g = gap(OWN["ridge"][0], m)
    assert not g.difference.has(lam)
    assert sympy.expand(g.difference - 2 * (m * Var(x) - Cov(x, y))) == 0


def test_two_features_by_name() -> None:
    g = gap(mean((y[i] - m * x[i, 1] - w * x[i, 2]) ** 2), m)
    assert g.verdicts["difference"] and g.zero is False
    assert to_latex(g.page) == (
        r"2 (m \mathrm{Var}(x_{1}) + w \mathrm{Cov}(x_{1}, x_{2}) - \mathrm{Cov}(x_{1}, y))"
    )


# --- the closed form against numbers ------------------------------------------------------------------

_POWERS = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2))
_POLYNOMIALS = st.lists(st.tuples(st.integers(-3, 3).filter(bool), _POWERS), min_size=1, max_size=3)


def polynomial(terms: Any, u: Any, v: Any, p: Any) -> Any:
    return sum((c * u**a * v**e * p ** (n + 1) for c, (a, e, n) in terms), start=0 * p)


@settings(max_examples=15, deadline=None)
@given(_POLYNOMIALS, st.integers(2, 4), st.randoms(use_true_random=False))
def test_the_closed_form_is_the_difference(terms: Any, size: int, rng: random.Random) -> None:
    """Against plain fractions, without the judge and without SymPy's sums."""
    loss = polynomial(terms, x[i], y[i], m)
    if not isinstance(loss, sympy.Expr) or not {x[i], y[i]} & loss.atoms(sympy.Indexed) or not loss.has(m):
        return
    g = gap(mean(loss), m)
    assert g.verdicts["difference"] and g.verdicts["zero"].status != "undecided"
    us, vs = ([Fraction(rng.randint(-4, 4)) for _ in range(size)] for _ in range(2))
    p = Fraction(rng.randint(-3, 3))

    def slope(u: Fraction, v: Fraction) -> Fraction:
        return sum((c * u**a * v**e * (n + 1) * p**n for c, (a, e, n) in terms), Fraction(0))

    u0, v0 = sum(us) / size, sum(vs) / size
    expected = sum(map(slope, us, vs)) / size - slope(u0, v0)
    assert value(g, us, vs, p) == expected
    if expected != 0:
        assert g.zero is False


def value(g: Any, us: list[Fraction], vs: list[Fraction], p: Fraction) -> Fraction:
    """The closed form at exact data."""
    size = len(us)
    data = {"x": us, "y": vs}
    averages = {name: sum(column) / size for name, column in data.items()}

    def moment(*names: Any) -> sympy.Rational:
        columns = [[u - averages[str(n)] for u in data[str(n)]] for n in (*names, *names)[:2]]
        return rational(sum(a * c for a, c in zip(*columns, strict=True)) / size)

    expr = g.difference.replace(Var, moment).replace(Cov, moment)
    at = {s: rational(averages[s.name.removesuffix("bar")]) for s in g.means}
    expr = expr.xreplace({**at, m: rational(p)})
    samples = [{x[i]: rational(u), y[i]: rational(v)} for u, v in zip(us, vs, strict=True)]
    for total in expr.atoms(Sum):
        values = [total.function.xreplace(sample) for sample in samples]
        expr = expr.xreplace({total: sum(values, sympy.Integer(0))})
    return Fraction(str(sympy.expand(expr.subs(N, size))))


def rational(q: Fraction) -> sympy.Rational:
    return sympy.Rational(q.numerator, q.denominator)


# --- what is refused ----------------------------------------------------------------------------------


def test_refused_with_one_clear_message() -> None:
    J = PROBLEMS["linear-regression"]()
    with pytest.raises(InputError, match="no parameter 'q'; it has m, b"):
        gap(J, "q")
    with pytest.raises(InputError, match="another m is its parameter: create the symbol once"):
        gap(J, sympy.Symbol("m"))
    v, k, d = IndexedBase("v", real=True), *symbols("k d", integer=True, positive=True)
    with pytest.raises(InputError, match="write out the features or fix their number"):
        gap(mean((y[i] - theta * Sum(v[k] * x[i, k], (k, 1, d))) ** 2), theta)


def test_a_gap_prints_itself() -> None:
    text = str(gap(PROBLEMS["linear-regression"](), "m"))
    assert "mean minus at-the-mean    2 (m Var(x) - Cov(x, y))" in text
    assert "that is, at             m = Cov(x, y)/Var(x)" in text

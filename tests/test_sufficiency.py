"""Sums that suffice, and the value of the loss: what is found is judged, what is not has a reason."""

from __future__ import annotations

import doctest
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
from sympy import Function, IndexedBase, Sum, exp, log, symbols

import symgrad
from symgrad import InputError, gradient_from_loss, sigma, statistics
from symgrad.losses.library import PROBLEMS
from symgrad.losses.separation import LEMMAS
from symgrad.losses.sufficiency import loss_of, partial

m, b, w, theta, a, c, lam = symbols("m b w theta a c lambda", real=True)
x, y, v, W = (IndexedBase(n, real=True) for n in ("x", "y", "w", "W"))
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
j, k, d, K = symbols("j k d K", integer=True, positive=True)
X, Y = symbols("x y", real=True)


def total(body: Any) -> Any:
    return Sum(body, (i, 1, N))


# --- statistics ---------------------------------------------------------------------------------------


def test_squared_error_has_four_sums() -> None:
    found = statistics(PROBLEMS["linear-regression"](), ("m", "b"))
    assert found.finite is True
    assert found.sums == (total(x[i] ** 2), total(x[i] * y[i]), total(x[i]), total(y[i]))
    assert found.coefficients == ((2 * m, -2, 2 * b, 0, 0), (0, 0, 2 * m, -2, 2 * b))
    assert all(found.verdicts.values()) and "m" in found.verdicts


@pytest.mark.parametrize("form", ["sample", "mean", "sum", "latex", "symbols", "ridge"])
def test_every_way_to_write_a_loss(form: str) -> None:
    sample = (y[i] - m * x[i]) ** 2
    loss = {
        "sample": sample,
        "mean": total(sample) / N,
        "sum": total(sample),
        "latex": r"\frac{1}{N} \sum_{i=1}^{N} (y_i - m x_i)^2",
        "symbols": (Y - m * X) ** 2,
        "ridge": total(sample) / N + lam * m**2,
    }[form]
    found = statistics(loss, "m" if form == "latex" else m)
    assert found.finite is True
    assert [str(s.function) for s in found.sums] == ["x[i]**2", "x[i]*y[i]"]


def test_declared_data() -> None:
    found = statistics((c - theta * a) ** 2, theta, data=("a", "c"))
    assert [str(s.function) for s in found.sums] == ["a[i]**2", "a[i]*c[i]"]


def test_vector_features() -> None:
    residual = y[i] - Sum(v[k] * x[i, k], (k, 1, d))
    found = statistics(total(residual**2) / N, v)
    assert found.finite is True  # X'X and X'y
    assert [str(s.function) for s in found.sums] == ["x[i, j]*x[i, k]", "x[i, j]*y[i]"]
    with_bias = statistics(total((residual - b) ** 2) / N, (v, b))
    assert [str(s.function) for s in with_bias.sums] == ["x[i, j]*x[i, k]", "x[i, j]*y[i]", "x[i, j]", "y[i]"]
    ridge = statistics(total(residual**2) / N + lam * Sum(v[k] ** 2, (k, 1, d)), v)
    assert ridge.finite is True and len(ridge.sums) == 2


def test_matrix_notation() -> None:
    X_, w_, y_ = sympy.MatrixSymbol("X", N, d), sympy.MatrixSymbol("w", d, 1), sympy.MatrixSymbol("y", N, 1)
    residual = y_ - X_ * w_
    for loss in (residual.T * residual / N, (residual.T * residual)[0, 0] / N):
        found = statistics(loss, w_)
        assert found.finite is True
        assert [str(s.function) for s in found.sums] == ["X[i, j]*X[i, k]", "X[i, j]*y[i]"]
        assert {str(s.limits[0]) for s in found.sums} == {"(i, 1, N)"}
    assert gradient_from_loss(residual.T * residual / N, w_).status == "refuted"
    with pytest.raises(InputError, match="one number"):
        statistics(residual, w_)


def test_signed_error_needs_one_constant() -> None:
    found = statistics(PROBLEMS["signed-error"](), "theta")
    assert found.sums == (total(x[i]),) and found.gradient == (-total(x[i]) / N,)


def test_nothing_at_all() -> None:
    found = statistics(theta**2 + Y, theta)
    assert found.finite is True and found.sums == ()
    assert "N suffices" in str(found)


@pytest.mark.parametrize("name", ["sigmoid-regression", "sigmoid-squared"])
@pytest.mark.parametrize("wrt", ["w", "b", ("w", "b")])
def test_no_finite_list_for_a_sigmoid_unit(name: str, wrt: Any) -> None:
    found = statistics(PROBLEMS[name](), wrt)
    assert found.finite is False and found.sums == ()
    assert found.obstacle is not None and found.obstacle.lemma in LEMMAS
    assert LEMMAS[found.obstacle.lemma] in found.reason


def test_softmax_has_no_finite_list() -> None:
    def logit(n: Any) -> Any:
        return Sum(W[n, j] * x[i, j], (j, 1, d))

    loss = log(Sum(exp(logit(k)), (k, 1, K))) - Sum(y[i, k] * logit(k), (k, 1, K))
    assert statistics(total(loss) / N, W).finite is False


def test_relu_of_a_product_separates() -> None:
    found = statistics((Y - sympy.Max(0, theta * X)) ** 2, theta)
    assert found.finite is True
    assert [str(s.function) for s in found.sums] == ["sign(x[i])*x[i]**2", "sign(x[i])*x[i]*y[i]", "x[i]**2",
                                                     "x[i]*y[i]"]  # fmt: skip


def test_symbols_without_assumptions_and_kinks() -> None:
    p, q, r, s = symbols("x y m c")
    gap = sympy.Abs(q - r * p)
    huber = sympy.Piecewise((gap**2 / 2, gap <= s), (s * gap, True))
    assert statistics(huber, r).finite is False
    assert gradient_from_loss(huber, r).status != "proved"


def test_what_it_cannot_tell_it_does_not_tell() -> None:
    f = Function("f")
    assert statistics(f(theta * X), theta).finite is None


@pytest.mark.parametrize(
    ("loss", "wrt", "data", "said"),
    [
        ((Y - m * X) ** 2, "q", (), "does not contain the parameter q"),
        ((Y - m * X) ** 2, "m", ("z",), "the data z do not occur"),
        (m**2 * a, "m", (), "no data"),
        ("m x_i = 0", "m", (), "a loss is"),
        (3, "m", (), "not 3"),
        ((Y - m * X) ** 2, (), (), "names no parameter"),
        ((Y - m * X) ** 2, 3, (), "wrt takes names"),
    ],
)
def test_wrong_input_is_told(loss: Any, wrt: Any, data: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        statistics(loss, wrt, data)


def test_partial_by_an_entry_of_a_matrix() -> None:
    loss = Sum(y[i, k] * Sum(W[k, j] * x[i, j], (j, 1, d)), (k, 1, K))
    p, q = symbols("p q", integer=True)
    assert partial(loss, W[p, q]) == y[i, p] * x[i, q]


# --- gradient_from_loss -------------------------------------------------------------------------------

C = Function("C")


@pytest.mark.parametrize(
    ("loss", "g"),
    [
        (C(X, Y) * exp(a * theta) + c, "a*z - a*c"),
        (C(X, Y) + a * theta, "a"),
        (X * Y**2 * exp(-theta), "-z"),
        (exp(theta + X), "z"),
        (exp(2 * theta), "2*z"),  # no data, affine nevertheless
        ((Y * exp(theta) + 1) / 2, "z - 1/2"),
    ],
)
def test_losses_that_allow_it(loss: Any, g: str) -> None:
    found = gradient_from_loss(loss, theta)
    assert found.status == "proved" and bool(found)
    z = found.g.variables[0]
    expected = {"a*z - a*c": a * z - a * c, "a": a, "-z": -z, "z": z, "2*z": 2 * z,
                "z - 1/2": z - sympy.Rational(1, 2)}[g]  # fmt: skip
    assert sympy.expand(found.g(z) - expected) == 0


def number(text: str) -> Fraction:
    return Fraction(text)


def test_the_witness_can_be_recomputed() -> None:
    """Two data sets with the same J and different gradients, in exact numbers."""
    found = gradient_from_loss((Y - theta * X) ** 2, theta)
    assert found.status == "refuted" and found.witness is not None and found.g is None
    at = found.witness
    theta_1 = number(at.parameters["\\theta"])
    theta_2 = number(at.parameters.get("\\theta'", at.parameters["\\theta"]))
    results = []
    for value, mark in ((theta_1, ""), (theta_2, "'")):
        xs, ys = at.data["x" + mark], at.data["y" + mark]
        assert at.sizes["N" + mark] == len(xs)
        pairs = [(number(xs[n]), number(ys[n])) for n in xs]
        loss = sum((q - value * p) ** 2 for p, q in pairs) / len(pairs)
        slope = sum(-2 * p * (q - value * p) for p, q in pairs) / len(pairs)
        results.append((loss, slope))
    assert results[0][0] == results[1][0] and results[0][1] != results[1][1]
    assert [number(at.left), number(at.right)] == [results[0][1], results[1][1]]


@pytest.mark.parametrize(
    "loss",
    [
        theta * X, (theta * X) ** 2, Y + theta**3, Y * exp(theta**3), -1 / (theta + X),
        log(theta**2 + X**2 + 1),
        exp(theta * X) - Y * theta * X, log(sympy.cosh(Y - theta * X)), sympy.Max(0, 1 - theta * X * Y),
        -Y * log(sigma(theta * X)) - (1 - Y) * log(1 - sigma(theta * X)), Y * exp(theta) + X * exp(2 * theta),
        C(X, Y) * theta**2, Y - 1 / theta,
    ],
)  # fmt: skip
def test_losses_that_do_not(loss: Any) -> None:
    found = gradient_from_loss(loss, theta)
    assert found.status == "refuted" and found.witness is not None
    assert found.witness.left != found.witness.right


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_no_problem_of_the_library_allows_it(name: str) -> None:
    problem = PROBLEMS[name]()
    assert gradient_from_loss(problem, [str(p) for p in problem.parameters]).status == "refuted"


def test_witnesses_respect_what_is_declared() -> None:
    p, q = symbols("x y", positive=True)
    r = symbols("theta", positive=True)
    found = gradient_from_loss((q - r * p) ** 2, r)
    assert found.status == "refuted" and found.witness is not None
    at = found.witness
    numbers = [*at.parameters.values(), *(v for cells in at.data.values() for v in cells.values())]
    assert all(Fraction(v) > 0 for v in numbers)


@pytest.mark.parametrize("loss", [-1 / theta, sympy.tan(theta), theta**2])
def test_losses_that_ignore_the_data_are_excluded(loss: Any) -> None:
    found = gradient_from_loss(loss, theta)
    assert found.status == "undecided" and "ignores the data" in found.reason


def test_several_parameters_and_vectors() -> None:
    both = gradient_from_loss(C(X, Y) * exp(2 * a - b), (a, b))
    assert both.status == "proved" and both.g.expr[0] != both.g.expr[1]
    assert gradient_from_loss(C(X, Y) * exp(2 * a * b), (a, b)).status == "refuted"
    loss = (y[i] - Sum(v[k] * x[i, k], (k, 1, d))) ** 2
    assert gradient_from_loss(total(loss) / N, v).status == "refuted"


def test_names_are_public() -> None:
    assert symgrad.statistics is statistics and symgrad.gradient_from_loss is gradient_from_loss
    assert loss_of((Y - m * X) ** 2, m)[1] == (m,)


def test_the_documentation() -> None:
    page = Path(__file__).parents[1] / "docs" / "averaging.md"
    assert doctest.testfile(str(page), module_relative=False).failed == 0

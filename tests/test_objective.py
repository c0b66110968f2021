"""Objectives: what one accepts, what it refuses and why, what it is made into."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from sympy import Function, IndexedBase, Lambda, Rational, Sum, Symbol, exp, symbols

from symgrad import Objective
from symgrad.errors import InputError
from symgrad.meaning.judging import prove_nodes
from symgrad.objective import objective_of
from symgrad.page.to_latex import to_latex
from symgrad.page.tree import Indexed, Num, Sym

m, b, w, t = symbols("m b w t", real=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
i, j, k = symbols("i j k", integer=True)
N, d = symbols("N d", integer=True, positive=True)
f = Function("f")
SQUARE = (y[i] - f(x[i])) ** 2
LINE = {f: Lambda(t, m * t + b)}


def line(**changes: Any) -> Objective:
    given = {"name": "line", "loss": SQUARE, "definitions": LINE, "parameters": (m, b), "data": (x, y),
             "index": i, "size": N}  # fmt: skip
    return Objective(**{**given, **changes})


# --- the three reductions -----------------------------------------------------------------------------


def test_the_reductions_are_written_folded() -> None:
    J = line()
    assert to_latex(J.page) == r"\frac{1}{N} \sum_{i=1}^{N} (y_{i} - f(x_{i}))^{2}"
    assert to_latex(J.sum().page) == r"\sum_{i=1}^{N} (y_{i} - f(x_{i}))^{2}"
    assert to_latex(J.at_mean().page) == r"(\bar{y} - f(\bar{x}))^{2}"


def test_an_intermediate_that_reads_the_data_is_opened_at_the_mean() -> None:
    z = Symbol("z", real=True)
    J = Objective("unit", (y[i] - exp(z)) ** 2, {z: w * x[i]}, w, (x, y), i, N)
    assert J.at_mean().unfolded == (Sum(y[i], (i, 1, N)) / N - exp(w * Sum(x[i], (i, 1, N)) / N)) ** 2


def test_what_it_rests_on_is_written_in_order() -> None:
    assert [to_latex(left) for left, _ in line().at_mean().written] == ["f(t)", r"\bar{x}", r"\bar{y}", "J"]


def test_a_name_that_is_taken_is_not_the_objective() -> None:
    J = Symbol("J", real=True)
    assert objective_of((y[i] - J * x[i]) ** 2, J).symbol == Sym("L")


def test_sympy_differentiates_the_unfolded_objective() -> None:
    by_m = Sum(-2 * x[i] * (y[i] - m * x[i] - b), (i, 1, N)) / N
    assert line().sympy_diff(m).doit() == by_m
    assert line().sympy_diff("m", "b").doit() == 2 * Sum(x[i], (i, 1, N)) / N


def test_vector_parameters() -> None:
    v = IndexedBase("v", real=True)
    J = objective_of((y[i] - Sum(v[k] * x[i, k], (k, 1, d))) ** 2, v)
    assert J.parameter("v") == v
    assert J.parameter("v_j") == v[j] and J.parameter("v_{2}") == v[2]
    with pytest.raises(InputError, match="plain symbols only"):
        J.sympy_diff("v_j")


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"name": ""}, "needs a name"),
        ({"reduction": "median"}, "use one of sum, mean, at-mean"),
        ({"parameters": ()}, "no parameter given"),
        ({"data": ()}, "no data given"),
        ({"parameters": (m, Symbol("q"))}, "does not depend on q"),
        ({"parameters": (m, Symbol("b"))}, "another b with different assumptions"),
        ({"data": (x, IndexedBase("z"))}, "the data z does not occur"),
        ({"data": (x, IndexedBase("y"))}, "another y with different assumptions"),
        ({"data": x}, "y is not listed in data"),
        ({"parameters": "m"}, "must be a Symbol or an IndexedBase"),
        ({"data": (x, m)}, "must be an IndexedBase"),
        ({"size": 20}, "must be a Symbol"),
        ({"index": N}, "must all be different"),
        ({"loss": "y - x"}, "must be a SymPy expression"),
        ({"loss": (y[j] - f(x[i])) ** 2}, r"y\[j\] is not an entry of sample i"),
        ({"loss": Sum(SQUARE, (i, 1, N))}, "may not sum over i itself"),
        ({"loss": i * SQUARE}, "stands outside the data's brackets"),
        ({"definitions": {f: m * t}}, "must be a Lambda"),
        ({"definitions": {"f": Lambda(t, m * t)}}, "a definition must be of a Function"),
        ({"definitions": {f: Lambda(t, f(t) + m + b)}}, "refers to itself"),
        ({"loss": sympy.Float("0.5") * SQUARE}, "use Rational"),
    ],
)  # fmt: skip
def test_refused_with_one_clear_message(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        line(**changes)


def test_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="has no parameter 'q'; it has m, b"):
        line().parameter("q")


# --- an objective from a plain expression -------------------------------------------------------------

RESIDUAL = (y[i] - m * x[i]) ** 2
LAMBDA = Symbol("lambda", real=True)


@pytest.mark.parametrize(
    "loss, reduction",
    [
        (RESIDUAL, "mean"),
        (Sum(RESIDUAL, (i, 1, N)) / N, "mean"),
        (Sum(RESIDUAL, (i, 1, N)), "sum"),
        (Sum(RESIDUAL, (i, 1, N)) / (2 * N), "mean"),
        (Rational(1, 2) * Sum(RESIDUAL, (i, 1, N)), "sum"),
        (Sum(RESIDUAL, (i, 1, N)) / N + LAMBDA * m**2, "mean"),
        (Sum(RESIDUAL, (i, 1, N)) + LAMBDA * m**2, "sum"),
    ],
)
def test_it_means_what_was_written(loss: Any, reduction: str) -> None:
    J = objective_of(loss, m)
    assert (J.reduction, J.data, J.parameters) == (reduction, (x, y), (m,))
    from symgrad.bridge import to_page

    if loss != RESIDUAL:
        assert prove_nodes(J.page, to_page(loss), J.scope)


def test_plain_symbols_may_be_data() -> None:
    u, v = symbols("u v", real=True)
    J = objective_of((v - m * u) ** 2, m, data=(u, v))
    assert str(J.loss) == "(-m*u[i] + v[i])**2"


@pytest.mark.parametrize(
    "loss, data, message",
    [
        (m**2, (), r"no data such as x\[i\]"),
        (y[i] * y[j] * m, (), "several sample indices, i, j"),
        (Sum(RESIDUAL, (i, 0, N)), (), "counted from 1, not from 0"),
        (Sum(RESIDUAL, (i, 1, N)) + Sum(m * x[i], (i, 1, N)), (), "more than one sum over samples"),
        (Sum(RESIDUAL, (i, 1, N)) / N**2, (), "neither a sum nor a mean"),
        (Sum(RESIDUAL, (i, 1, 2 * d)), (), "neither a sum nor a mean"),
        (RESIDUAL.subs(m, b), (), "does not depend on m"),
        (m**2, (Symbol("u"),), "the data u does not occur"),
    ],
)
def test_what_is_no_objective_is_said(loss: Any, data: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        objective_of(loss, m, data)


def test_the_index_in_the_scope_runs_over_the_samples() -> None:
    kind = line().scope.kind("i")
    assert kind is not None and (kind.role, kind.lower, kind.upper) == ("index", Num(1), Sym("N"))
    assert Indexed(Sym("x"), (Sym("i"),)) in _nodes(line().page)


def _nodes(page: Any) -> list[Any]:
    from symgrad.page.tree import walk

    return list(walk(page))

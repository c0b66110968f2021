"""``prove`` and ``derive`` from outside: SymPy, LaTeX and pages, and what they refuse."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy
from sympy import Function, IndexedBase, Sum, Symbol, symbols

from symgrad import InputError, ReadError, ShapeError, UnknownMeaning, derive, prove, sigma
from symgrad.latex import read
from symgrad.losses.library import PROBLEMS

m, b, w, z = symbols("m b w z", real=True)
i, N = Symbol("i", integer=True), Symbol("N", integer=True, positive=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)


@pytest.mark.parametrize(("left", "right", "given", "status"), [
    (Sum(2 * x[i], (i, 1, N)), 2 * Sum(x[i], (i, 1, N)), (), "proved"),
    (Sum(x[i] ** 2, (i, 1, N)), Sum(x[i], (i, 1, N)) ** 2, (), "refuted"),
    (sigma(z).diff(z), r"\sigma(z) (1 - \sigma(z))", (), "proved"),
    (r"\sigma(z)", 1 / (1 + sympy.exp(-z)), (), "proved"),
    (read("a + b"), "b + a", (), "proved"),
    (r"1\,000", "10^3", (), "proved"),
    (r"12\,500.5 x", r"12500.5 \, x", (), "proved"),
    (Function("f")(x[i]), m * x[i] + b, ("let f(t) = m t + b",), "proved"),
    (Function("f")(x[i]), m * x[i] - b, ("let f(t) = m t + b",), "refuted"),
    (r"\sum_{k=1}^K y_k z", "z", (r"assume \sum_{k=1}^K y_k = 1",), "proved"),
    (r"\nabla_w \lVert y - X w \rVert^2", "-2 X^T (y - X w)",
     (r"let w \in \mathbb{R}^d", r"let X \in \mathbb{R}^{n \times d}", r"let y \in \mathbb{R}^n"), "proved"),
])  # fmt: skip
def test_prove(left: object, right: object, given: tuple[str, ...], status: str) -> None:
    assert prove(left, right, given).status == status


_SHAPES = (
    r"let A \in \mathbb{R}^{n \times n}", r"let B \in \mathbb{R}^{n \times n}", r"let x \in \mathbb{R}^n",
    r"let y \in \mathbb{R}^n", r"let f(x) = \lVert A x - y \rVert^2",
)  # fmt: skip


@pytest.mark.parametrize(("left", "right", "given", "expected"), [
    (r"\mathrm{d}(A x - y)", r"A \mathrm{d}x", _SHAPES, "proved, assuming only x varies"),
    (r"\mathrm{d}(A B)", r"(\mathrm{d}A) B + A \mathrm{d}B", _SHAPES, "proved"),
    (r"\mathrm{d}(A B)", r"(\mathrm{d}A) B + (\mathrm{d}B) A", _SHAPES, "refuted"),
    (r"\mathrm{d}(x^T A x)", r"x^T (A + A^T) \mathrm{d}x", _SHAPES, "proved, assuming only x varies"),
    (r"\mathrm{d}(x^T A x)", r"2 x^T A \mathrm{d}x", _SHAPES, "refuted"),
    (r"\mathrm{d}\operatorname{tr}(A^T A)", r"2 \operatorname{tr}(A^T \mathrm{d}A)", _SHAPES, "proved"),
    (r"\mathrm{d}A^T", r"(\mathrm{d}A)^T", _SHAPES, "proved"),
    # a result is no variable, and what it is made of may stand for it
    (r"\mathrm{d}f", r"2 (A x - y)^T A \mathrm{d}x", _SHAPES, "proved, assuming only x varies"),
    (r"\mathrm{d}f", r"2 (A x - y)^T \mathrm{d}(A x - y)", _SHAPES, "proved"),
    (r"\mathrm{d}f(x)", r"(A x - y)^T \mathrm{d}(A x - y)", _SHAPES, "undecided: what varies here"),
    (r"\mathrm{d}J", r"(\sigma(z) - y) \mathrm{d}z",
     ("let z = w x + b", r"let J = \log(1 + e^z) - y z"), "proved, assuming only z varies"),
    (r"\mathrm{d}z", r"x \mathrm{d}w + w \mathrm{d}x + \mathrm{d}b", ("let z = w x + b",), "proved"),
    (r"\mathrm{d}y", r"3 x \mathrm{d}x", ("let y = x^2",), "refuted"),
    (r"\mathrm{d}(\frac{1}{N} x^2)", r"\frac{1}{N} \mathrm{d}(x^2)", (), "proved, assuming N != 0"),
    (r"\mathrm{d}f", r"g \mathrm{d}x", (), "undecided: nothing here says what f is"),
    # a plain d is one where that proves the claim; dx is the name of what changes
    ("d(A x - y)", "A dx", _SHAPES, "proved, assuming d is a differential, only x varies"),
    ("d(A B)", "(dA) B + A dB", _SHAPES, "proved, assuming d is a differential"),
    ("d(A B)", "(dA) B + (dB) A", _SHAPES, "undecided"),
    ("d (x + 1)", "d x", (), "refuted"),
    ("d (x + 1)", "d x + d", (), "proved"),
])  # fmt: skip
def test_differentials(left: str, right: str, given: tuple[str, ...], expected: str) -> None:
    assert str(prove(left, right, given)).startswith(expected)


def test_a_bare_nabla_is_by_something_of_which_its_operand_speaks() -> None:
    given = (r"let L(w) = (w x - y)^2",)
    assert prove(r"\nabla (w x - y)^2", "2 (w x - y) x", given)
    assert prove(r"\nabla f(u)", r"7 \nabla f(u) + w - w", given).status == "undecided"


@pytest.mark.parametrize(("left", "right", "status"), [
    (r"\sum_{k'=1}^K x_{k'}", r"\sum_{k=1}^{k=K} x_k", "proved"),
    (r"\sum_{k'=1}^K x_{k'}", r"2 \sum_{k=1}^K x_k", "refuted"),
    (r"\frac{\partial p_k}{\partial z_{k'}}", r"p_k (\delta_{k k'} - p_{k'})", "proved"),
    (r"\frac{\partial p_k}{\partial z_{k'}}", r"p_k (1 - p_{k'})", "refuted"),
])  # fmt: skip
def test_a_primed_index(left: str, right: str, status: str) -> None:
    softmax = r"let p_k = \frac{e^{z_k}}{\sum_{k'=1}^K e^{z_{k'}}}"
    assert prove(left, right, (softmax,)).status == status


def test_what_a_given_needs_is_said_in_every_pass() -> None:
    shifted = r"\sum_{i=1}^N x_i - \sum_{i=1}^{M-1} x_i"
    for extra in ("", r" + |a| + \log a"):
        found = prove(shifted + extra, "c" + extra.replace("|", ""), (r"assume \sum_{i=M}^N x_i = c",))
        assert found and "M <= N + 1" in found.assuming


def test_the_product_rule_of_sympy_has_kroneckers_deltas() -> None:
    whole = sympy.Product(x[i + 1], (i, 2, N))
    for v in (x[1], x[N]):
        assert prove(sympy.Derivative(sympy.exp(whole), v), sympy.exp(whole).diff(v)).status != "refuted"


def test_an_integer_that_may_be_negative_is_no_silent_size() -> None:
    K, a = Symbol("K", integer=True), symbols("a", real=True)
    for right in (K, sympy.Abs(K)):
        assert prove(Sum(1, (i, 1, K)), right).assuming == ("K >= 1",)
    k = Symbol("k", integer=True)
    assert prove(Sum(x[i], (i, 1, k)).diff(x[k]), 1).assuming == ("k >= 1",)
    assert prove(Sum(1, (i, 1, N)), N).assuming == ()
    with pytest.raises(UnknownMeaning, match="undefined elsewhere"):
        prove(sympy.Piecewise((a, a > 0)), a)
    assert prove(sympy.Piecewise((a, a > 0), (-a, a <= 0)), sympy.Abs(a))


def test_a_derivation_from_sympy_from_latex_and_from_the_library_are_the_same() -> None:
    loss = Sum((y[i] - (m * x[i] + b)) ** 2, (i, 1, N)) / N
    text = r"\frac{1}{N} \sum_{i=1}^N (y_i - (m x_i + b))^2"
    assert prove(derive(loss, m).result, derive(text, "m").result).status == "proved"
    by_symbol, by_name = (derive(PROBLEMS["linear-regression"](), wrt) for wrt in (m, "m"))
    assert by_symbol == by_name
    assert by_name.title == "linear-regression" and derive(text, "m", title="fit").title == "fit"
    assert derive(PROBLEMS["signed-error"](), "theta") == derive(PROBLEMS["signed-error"](), r"\theta")


def test_definitions_may_be_given() -> None:
    d = derive("(y - f(x))^2", "m", ["let f(t) = m t + b"])
    assert [s.rule for s in d.course()] == ["chain rule", "definition f", "evaluation", "comm., distr."]
    assert d.result == read("-2 x (y - f(x))", d.scope)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: prove(r"a + \foo", "b"), ReadError, r"\\foo"),
    (lambda: prove("a = b", "b"), InputError, "two sides"),
    (lambda: prove("a", "a", "let a = b"), InputError, "sequence of lines"),
    (lambda: prove("X^T w", "w", [r"let w \in \mathbb{R}^d", r"let X \in \mathbb{R}^{n \times d}"]),
     ShapeError, "dim|fit|shape|by"),
    (lambda: derive("x^2", "theta"), ReadError, "backslash"),
    (lambda: derive("x^2", "2 x"), InputError, "by one symbol"),
    (lambda: derive("J", "m"), InputError, "J is not defined here"),
    (lambda: derive(PROBLEMS["linear-regression"](), "q"), InputError, "no parameter 'q'"),
])  # fmt: skip
def test_wrong_input_gets_a_message(call, error: type[Exception], message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=message):
        call()


def test_text_is_proved_and_derived_without_sympy() -> None:
    code = (
        "import sys\nfrom symgrad import derive, prove\n"
        "assert prove('a + a', '2 a') and all(derive('(y - m x)^2', 'm').verdicts())\n"
        "print({'sympy', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"

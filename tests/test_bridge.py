"""Bridge: names, what is refused, what is written, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    Derivative,
    Dummy,
    Function,
    IndexedBase,
    KroneckerDelta,
    MatrixSymbol,
    Piecewise,
    Product,
    Rational,
    Sum,
    Symbol,
    exp,
    log,
    sqrt,
    symbols,
    tanh,
)

from symgrad.bridge import kinds_of, page_name, scope_of, sigma, symbols_of, sympy_name, to_page, to_sympy
from symgrad.errors import InputError, UnknownMeaning
from symgrad.page import tree as page
from symgrad.page.scope import Kind
from symgrad.page.tree import Add, Frac, Indexed, Mul, Neg, Num, Pow, Sym

m, b, w, theta = symbols("m b w theta", real=True)
i, j, k = symbols("i j k", integer=True)
N, K = symbols("N K", integer=True, positive=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
f, g = Function("f"), Function("g")


def back(expr: Any) -> Any:
    return to_sympy(to_page(expr), symbols=symbols_of(expr))


# --- names --------------------------------------------------------------------------------------------

PRINTABLE = [
    "x", "theta", "xbar", "yhat", "thetahat", "MSE", "x_1", "alpha_1_k", "wbold", "Sigma", "ell", "x_i",
    r"\mathcal{L}", r"\mathbf{w}", r"\bar{x}_{1}", "f'",
]  # fmt: skip


@pytest.mark.parametrize("name", PRINTABLE)
def test_a_name_comes_back(name: str) -> None:
    printed = page_name(name)
    assert page_name(sympy_name(printed)) == printed


@given(st.from_regex(r"[A-Za-z]{1,6}[0-9]{0,2}(_[A-Za-z0-9]{1,2}){0,2}", fullmatch=True))
def test_every_name_that_is_printed_comes_back(name: str) -> None:
    printed = page_name(name)
    assert page_name(sympy_name(printed)) == printed


@pytest.mark.parametrize("name", ["", "x y", "1x", r"\input{x}", "x}", "{x", "é", "x$", "a^b", r"\def"])
def test_a_name_that_cannot_be_printed_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no name that can be printed"):
        page_name(name)


# --- what would read alike is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    "expr, message",
    [
        (Symbol("x_1") + Symbol("x1"), "would both be written x_{1}"),
        (Symbol("a") + Symbol("a", positive=True), "differ in assumptions"),
        (Symbol("x_1") + x[i], "looks like an entry of 'x'"),
        (Symbol("x") + x[i], "would both be written x"),
        (Symbol("w_k") * Sum(x[k], (k, 1, N)), "looks like an entry of 'w'"),
        (Dummy("t") + 1, "Dummy 't'"),
        (Symbol("e") + exp(m), "constant"),
        (Symbol("pi") + 1, "constant"),
        (Symbol("c", imaginary=True), "not real"),
        (Function("a")(m) + Symbol("a"), "would both be written a"),
        (x[i] + x[i, j], "with 1 and with 2 indices"),
        (sympy.Float("0.1") * m, "use Rational"),
        (sympy.I * m, "real"),
        (sympy.zoo, "divided by zero"),
        (sympy.nan, "divided by zero"),
        ("m*x", "a string is no SymPy expression"),
        (object(), "not a SymPy expression"),
    ],
)  # fmt: skip
def test_refused_with_the_reason(expr: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_page(expr)


@pytest.mark.parametrize(
    "expr",
    [
        sympy.gamma(m), sympy.zeta(m), sympy.Heaviside(m), sympy.GoldenRatio * m, Derivative(f(m), (m, k)),
        KroneckerDelta(i, j, (1, 3)), Piecewise((1, (m > 0) & (b > 0)), (0, True)),
        MatrixSymbol("A", 2, 2).inverse(), sympy.Integral(m, (m, 0, 1)),
    ],
)  # fmt: skip
def test_what_has_no_meaning_here_is_said(expr: Any) -> None:
    with pytest.raises(UnknownMeaning, match=r"meaning|agreed value"):
        to_page(expr)


# --- what is written ----------------------------------------------------------------------------------

X, Y, M, B, I_ = Sym("x"), Sym("y"), Sym("m"), Sym("b"), Sym("i")
XI = Indexed(X, (I_,))


@pytest.mark.parametrize(
    "expr, node",
    [
        (b - m, Add((B, Neg(M)))),
        (-m, Neg(M)),
        (m / 2, Frac(M, Num(2))),
        (Rational(-2, 3) * m, Neg(Frac(Mul((Num(2), M)), Num(3)))),
        (1 / m, Frac(Num(1), M)),
        (m**-2, Frac(Num(1), Pow(M, Num(2)))),
        (2 * x[i] * m, Mul((Num(2), M, XI))),
        (exp(m), Pow(Sym("e"), M)),
        (Abs(m), page.Abs(M)),
        (sqrt(m), page.Call(Sym(r"\sqrt"), (M,))),
        (sigma(m), page.Call(Sym(r"\sigma"), (M,))),
        (Function("relu")(m), page.Call(Sym(r"\operatorname{relu}"), (M,))),
        (f(x[i]), page.Call(Sym("f"), (XI,))),
        (KroneckerDelta(i, j), Indexed(Sym(r"\delta"), (I_, Sym("j")))),
        (Sum(x[i], (i, 1, N)) / N, Mul((Frac(Num(1), Sym("N")), page.Sum(XI, I_, Num(1), Sym("N"))))),
        (f(m).diff(m).subs(m, 2 * b), page.Call(page.Prime(Sym("f")), (Mul((Num(2), B)),))),
        (f(m).diff(m), page.Derivative(page.Call(Sym("f"), (M,)), ((M, 1),))),
        (MatrixSymbol("A", N, K)[0, j], Indexed(Sym("A"), (Num(1), Add((Sym("j"), Num(1)))))),
        (MatrixSymbol("A", N, K).T, page.Transpose(Sym("A"))),
        (sympy.Ge(m, b), page.Relation(M, ">=", B)),
    ],
)
def test_written(expr: Any, node: page.Node) -> None:
    assert to_page(expr) == node


def test_a_residual_is_written_as_one_writes_it() -> None:
    square = to_page((y[i] - f(x[i])) ** 2)
    assert square == Pow(Add((Indexed(Y, (I_,)), Neg(page.Call(Sym("f"), (XI,))))), Num(2))


def test_nested_sums_over_one_symbol_get_two_names() -> None:
    inner = Sum(x[i], (i, 1, N))
    node = to_page(Sum(y[i] * inner, (i, 1, N)))
    assert isinstance(node, page.Sum)
    assert page.free_names(node) == {"x", "y", "N"}
    assert back(Sum(y[i] * inner, (i, 1, N))).doit() == Sum(y[i] * inner, (i, 1, N)).doit()


def test_a_bound_index_never_captures_a_free_one() -> None:
    expr = Sum(x[j] + y[i], (i, 1, N)).xreplace({j: i})  # the free i beside a bound i cannot be written
    assert page.free_names(to_page(Sum(x[k] * Sum(y[i], (i, 1, k)), (k, 1, N)))) == {"x", "y", "N"}
    assert expr == Sum(x[i] + y[i], (i, 1, N))


# --- the way back -------------------------------------------------------------------------------------

_LEAVES = st.sampled_from(
    [m, b, w, theta, x[i], y[i], N, Sum(x[j], (j, 1, N)), f(x[i]), sigma(w * x[i] + b), Abs(m), sympy.pi,
     Derivative(g(m, b), m), KroneckerDelta(i, j), Rational(1, 2), Rational(-2, 3),
     *map(sympy.Integer, range(-3, 4))]
)  # fmt: skip


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: p[0] + p[1]),
        two.map(lambda p: p[0] - p[1]),
        two.map(lambda p: p[0] * p[1]),
        two.filter(lambda p: p[1] != 0).map(lambda p: p[0] / p[1]),
        st.tuples(inner, st.sampled_from([2, 3])).map(lambda p: p[0] ** p[1]),
        inner.map(lambda a: Sum(a * x[k], (k, 1, N))),
        inner.map(lambda a: Product(a + x[k] ** 2, (k, 1, K))),
        inner.map(tanh),
        inner.map(sympy.cos),
        inner.map(exp),
        inner.map(f),
        inner.map(lambda a: log(1 + a**2)),
        inner.map(lambda a: Piecewise((a, m > 0), (0, True))),
    )


EXPRESSIONS = st.recursive(_LEAVES, _grown, max_leaves=8).filter(
    lambda e: not e.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I)
)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS)
def test_sympy_to_page_and_back(expr: Any) -> None:
    again = back(expr)
    assert again == expr or sympy.expand(again - expr) == 0


@settings(max_examples=60, deadline=None)
@given(EXPRESSIONS)
def test_the_page_names_what_is_free(expr: Any) -> None:
    names = {page_name(s.name) for s in expr.free_symbols if isinstance(s, Symbol)}
    assert page.free_names(to_page(expr)) >= names


MATRICES = [
    MatrixSymbol("X", N, K).T * (MatrixSymbol("X", N, K) * MatrixSymbol("w", K, 1) - MatrixSymbol("y", N, 1)),
    2 * MatrixSymbol("X", N, K) - MatrixSymbol("Z", N, K),
    sympy.Trace(MatrixSymbol("X", N, K).T * MatrixSymbol("Z", N, K)),
    MatrixSymbol("X", N, K)[i, j] + MatrixSymbol("w", K, 1)[j, 0],
    sympy.hadamard_product(MatrixSymbol("X", N, K), MatrixSymbol("Z", N, K)),
    sympy.hadamard_product(MatrixSymbol("X", N, K), sympy.HadamardPower(MatrixSymbol("Z", N, K), -1)),
    sympy.ImmutableMatrix([[m, 1], [0, b]]),
]


@pytest.mark.parametrize("expr", MATRICES, ids=str)
def test_matrices_come_back(expr: Any) -> None:
    assert sympy.srepr(back(expr)) == sympy.srepr(expr)


def test_a_defined_name_stays_folded_until_asked() -> None:
    scope = scope_of(f(x[i]), m, b)
    from symgrad.page.scope import Definition

    scope = scope.define(Definition("f", Add((Mul((M, Sym("t"))), B)), params=(Sym("t"),)))
    call = page.Call(Sym("f"), (XI,))
    known = symbols_of(f(x[i]), m, b)
    assert to_sympy(call, scope, known) == f(x[i])
    assert to_sympy(call, scope, known, unfold=True) == m * x[i] + b
    # under a derivative it is opened, since SymPy would differentiate f(x_i) by m to 0
    assert to_sympy(page.Derivative(call, ((M, 1),)), scope, known).doit() == x[i]


def test_a_name_that_defines_itself_is_an_error() -> None:
    from symgrad.errors import ScopeError
    from symgrad.page.scope import Definition, Scope

    scope = Scope().define(Definition("a", Add((Sym("a"), Num(1)))))
    with pytest.raises(ScopeError, match="defined by itself"):
        to_sympy(Sym("a"), scope, unfold=True)


@pytest.mark.parametrize("node", [page.Dots(), page.Gradient(M), page.Frac(M, Num(0))])
def test_a_page_without_a_sympy_form_is_said(node: page.Node) -> None:
    with pytest.raises(UnknownMeaning):
        to_sympy(node)


# --- kinds and signs ----------------------------------------------------------------------------------


def test_kinds_come_from_use() -> None:
    n = Symbol("n")
    A, v = MatrixSymbol("A", N, K), MatrixSymbol("v", K, 1)
    kinds = kinds_of(Sum(m * x[Symbol("q")], (Symbol("q"), 1, n)), A[i, j], v, f(m), x[Symbol("p")])
    assert kinds["n"].role == "size" and kinds["N"].role == "size"
    assert kinds["m"] == Kind() and kinds["f"].role == "function"
    assert kinds["p"].role == "index" and "q" not in kinds
    assert kinds["x"] == Kind(arity=1)
    assert kinds["A"].shape == (Sym("N"), Sym("K")) and kinds["v"].shape == (Sym("K"),)


def test_signs_become_assumptions() -> None:
    a, c = Symbol("a", positive=True), Symbol("c", nonzero=True)
    z = IndexedBase("z", positive=True)
    scope = scope_of(a * c, z[i])
    said = {(r.lhs.base.name if isinstance(r.lhs, Indexed) else r.lhs.name, r.op) for r in scope.assumptions}  # type: ignore[attr-defined]
    assert said == {("a", ">"), ("c", "!="), ("z", ">")}
    assert scope_of(N * m).assumptions == ()


def test_the_sign_of_an_integer_is_never_dropped_silently() -> None:
    # dropped, it would let n = -1 refute sum_{i=1}^{n} 1 = n
    n = Symbol("n", integer=True, nonnegative=True)
    with pytest.raises(InputError, match="declare it positive, or leave out its sign"):
        scope_of(x[n])


# --- the logistic function ----------------------------------------------------------------------------


def test_sigma_is_its_own_function_until_rewritten() -> None:
    assert sigma(m).diff(m) == sigma(m) * (1 - sigma(m))
    assert sigma(m).rewrite(exp) == 1 / (1 + exp(-m))
    assert abs(sigma(sympy.Integer(2)).evalf(30) - 1 / (1 + exp(sympy.Integer(-2))).evalf(30)) < 1e-25
    assert sigma(m).is_positive and sigma(m).is_real
    assert sympy.latex(sigma(m) ** 2) == r"\sigma^{2}\left(m\right)"

"""Pages to core terms, seen through the verdicts: what is proved, refuted, ill-shaped or not known."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symgrad.core import Call, Num, Ref, Sum, Sym, text
from symgrad.errors import ScopeError, ShapeError, UnknownMeaning
from symgrad.kernel.verdict import Verdict
from symgrad.latex import read
from symgrad.meaning.context import Context
from symgrad.meaning.directives import read_directives
from symgrad.meaning.elaborate import elaborate, givens_of
from symgrad.meaning.judging import judgement, prove_nodes
from symgrad.meaning.readings import claim
from symgrad.page.scope import Scope
from symgrad.reasons import Convention, NotDefined

NEURON = (r"let L = \frac{1}{2}(y - a)^2", r"let a = \sigma(z)", r"let z = w x + b")
SOFTMAX = (
    r"let p_i = \frac{e^{z_i}}{\sum_{j} e^{z_j}}", r"let L = -\sum_{i} y_i \log p_i",
    r"assume \sum_i y_i = 1",
)  # fmt: skip
RIDGE = (
    r"let J(w) = \frac{1}{2n}\|Xw - y\|^2 + \frac{\lambda}{2}\|w\|^2",
    r"let X \in \mathbb{R}^{n \times d}", r"let w \in \mathbb{R}^d", r"let y \in \mathbb{R}^n",
)  # fmt: skip
LAYERS = (
    r"let \hat{y} = W_2 h", r"let h = \sigma(z)", r"let z = W_1 x", r"let L = \frac{1}{2}\|\hat{y} - y\|^2",
    r"let W_1 \in \mathbb{R}^{m \times d}", r"let W_2 \in \mathbb{R}^{k \times m}", r"let x \in \mathbb{R}^d",
    r"let y \in \mathbb{R}^k",
)  # fmt: skip
RECURRENT = (r"let h_t = \tanh(w h_{t-1} + u x_t)",)
DEEP = (
    r"let z^{[l]} = W^{[l]} a^{[l-1]}", r"let a^{[l]} = \sigma(z^{[l]})", r"let a^{[l]} \in \mathbb{R}^{n_l}",
    r"let z^{[l]} \in \mathbb{R}^{n_l}", r"let W^{[l]} \in \mathbb{R}^{n_l \times n_{l-1}}",
)  # fmt: skip
LOGISTIC = (
    r"let h_\theta(x) = g(\theta^T x)", r"let g(z) = \frac{1}{1+e^{-z}}", r"let \theta \in \mathbb{R}^{n}",
    r"let x^{(i)} \in \mathbb{R}^n",
    r"let J(\theta) = -\frac{1}{m}\sum_{i=1}^m \left[ y^{(i)}\log h_\theta(x^{(i)})"
    r" + (1-y^{(i)})\log(1-h_\theta(x^{(i)}))\right]",
)
QUADRATIC = (r"let f(x) = x^T A x", r"let A \in \mathbb{R}^{n \times n}", r"let x \in \mathbb{R}^n")


def verdict(lhs: str, rhs: str, *lines: str) -> Verdict:
    scope = read_directives(lines)
    return prove_nodes(read(lhs, scope), read(rhs, scope), scope)


PROVED = [
    (NEURON,
     r"\frac{\partial L}{\partial w}",
     r"\frac{\partial L}{\partial a}\frac{\partial a}{\partial z}\frac{\partial z}{\partial w}"),
    (NEURON, r"\frac{\partial L}{\partial w}", r"(a-y)\sigma'(z)x"),
    (NEURON, r"\frac{dL}{dw}", r"x\frac{dL}{db}"),
    (SOFTMAX, r"\frac{\partial p_i}{\partial z_j}", r"p_i(\delta_{ij} - p_j)"),
    (SOFTMAX, r"\frac{\partial L}{\partial z_k}", r"p_k - y_k"),
    (SOFTMAX,
     r"\frac{\partial L}{\partial z_k}",
     r"\sum_i \frac{\partial L}{\partial p_i}\frac{\partial p_i}{\partial z_k}"),
    (SOFTMAX, r"\frac{\partial^2 L}{\partial z_i \partial z_j}", r"p_i(1_{i=j} - p_j)"),
    (SOFTMAX, r"\frac{\partial L}{\partial z_k}", r"-y_k (1 - p_k) + \sum_{i \ne k} y_i p_k"),
    (RIDGE, r"\nabla_w J(w)", r"\frac{1}{n} X^T(Xw - y) + \lambda w"),
    (RIDGE, r"\nabla^2_w J(w)", r"\frac{1}{n}X^T X + \lambda I"),
    (LAYERS, r"\frac{\partial L}{\partial W_2}", r"(\hat{y} - y) h^T"),
    (LAYERS, r"\frac{\partial L}{\partial z}", r"W_2^T (\hat{y}-y) \odot h \odot (1-h)"),
    (LAYERS,
     r"\frac{\partial L}{\partial W_1}",
     r"\frac{\partial L}{\partial h}\frac{\partial h}{\partial z}\frac{\partial z}{\partial W_1}"),
    (RECURRENT, r"\frac{\partial h_t}{\partial h_{t-1}}", r"w (1 - h_t^2)"),
    (RECURRENT,
     r"\frac{\partial h_t}{\partial u}",
     r"(1-h_t^2)(x_t + w \frac{\partial h_{t-1}}{\partial u})"),
    (DEEP, r"\frac{\partial a^{[l]}}{\partial z^{[l]}}", r"\mathrm{diag}(a^{[l]} \odot (1 - a^{[l]}))"),
    (DEEP, r"\frac{\partial z^{[l]}}{\partial a^{[l-1]}}", r"W^{[l]}"),
    (LOGISTIC,
     r"\frac{\partial}{\partial\theta_j} J(\theta)",
     r"\frac{1}{m}\sum_{i=1}^m (h_\theta(x^{(i)}) - y^{(i)}) x_j^{(i)}"),
    (QUADRATIC, r"\nabla f(x)", r"(A + A^T)x"),
    ((*QUADRATIC, "assume A = A^T"), r"\nabla_x f(x)", r"2Ax"),
    ((r"let h_\theta(x) = \theta x",
     r"let J(\theta) = (h_\theta(x) - y)^2"),
     r"J'(\theta)",
     r"2(\theta x-y) x"),
    ((r"let L(w) = (3 - 2w)^2", r"let \nabla = \nabla_w"), r"\nabla L(w_3)", r"-4(3 - 2w_3)"),
    ((r"let \sigma^2 = \frac{1}{n}\sum_{i=1}^n (x_i - \mu)^2",),
     r"\frac{\partial \sigma^2}{\partial x_i}",
     r"\frac{2}{n}(x_i - \mu)"),
    ((),
     r"\nabla_\theta \frac{1}{N}\sum_{i=1}^N \ell_i(\theta)",
     r"\frac{1}{N} \sum_{i=1}^N \nabla_\theta \ell_i(\theta)"),
    ((), r"\frac{d}{dx} f(g(x))", r"f'(g(x))g'(x)"),
    # A bracket behind the operator is its operand; where only that proves it, the product is.
    ((), r"\frac{d}{dx} \left(x e^x\right)", r"\frac{d}{dx} (x) e^x + x \frac{d}{dx} [e^x]"),
    ((), r"\frac{d}{dx} [5] x^2 + 3 \frac{d}{dx}[x^2]", "6 x"),
    ((), r"\frac{d}{dx} (x^2 + 1)(x - 3)", "2 x (x - 3) + x^2 + 1"),
    ((), r"\frac{d}{dx} (x^2 + 1)^3 x", "6 x^2 (x^2 + 1)^2 + (x^2 + 1)^3"),
    ((r"let z \in \mathbb{R}^n", r"let a \in \mathbb{R}^n"), r"\nabla_z (a^T z) b", "a b"),
    # A small t above, where it stands nowhere else.
    ((), "w^t x", "x^t w"),
    ((), "(A B)^t u", "B^t A^t u"),
    # The sign in front of a sum that goes on is one of all that it sums.
    ((r"let u_n = -\sum_k c_{nk} \log q_k + (1 - c_{nk}) \log (1 - q_k)",
      r"let q_k = \frac{1}{1 + e^{-v_k}}"),
     r"\frac{\partial u_n}{\partial v_k}", "q_k - c_{nk}"),
    ((), r"\mathbb{E}[a x + y]", r"\mathbb{E}[a x] + \mathbb{E}[y]"),
    ((r"let y = (x_1, \dots, x_n)^T",), r"y^T y", r"\sum_{i=1}^n x_i^2"),
    ((r"let p = \operatorname{softmax}(z)", r"let z \in \mathbb{R}^K"), r"\sum_{k=1}^K p_k", "1"),
    ((), r"x_1 + x_2 + \dots + x_n", r"\sum_{i=1}^n x_i"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "lhs", "rhs"), PROVED)
def test_proved(lines: tuple[str, ...], lhs: str, rhs: str) -> None:
    found = verdict(lhs, rhs, *lines)
    assert found.status == "proved", str(found)
    wrong = verdict(lhs, f"2 \\left({rhs}\\right)", *lines)
    assert wrong.status != "proved", str(wrong)


REFUTED = [
    ((), r"w^t x", "2 x^t w"),
    (("let u = 3",), "u(0)", "u(1)"),
    ((), r"(1 + r)^t P", "2 P (1 + r)^t"),
    ((r"let i \in \mathbb{R}",), r"e^{i x} e^{-i x}", "i"),
    ((r"assume i \ne k",), r"\sum_{j \ne i, k} a_j", r"\sum_j a_j - a_i"),
    (NEURON, r"\frac{\partial L}{\partial b}", r"(a-y) a (1+a)"),
    (SOFTMAX, r"\frac{\partial L}{\partial z_k}", r"y_k - p_k"),
    (RIDGE, r"\nabla_w J(w)", r"\frac{2}{n} X^T(Xw - y) + \lambda w"),
    (LOGISTIC,
     r"\frac{\partial}{\partial\theta_j} J(\theta)",
     r"\frac{1}{m}\sum_{i=1}^m (y^{(i)}-h_\theta(x^{(i)})) x_j^{(i)}"),
    (QUADRATIC, r"\nabla_x f(x)", r"2Ax"),
    ((r"let C = \sum_{u=1}^K y_u p_u",),
     r"\frac{\partial C}{\partial p_k}",
     r"\frac{\partial}{\partial p_k} \sum_{u=2}^K y_u p_u"),
    ((), r"\sum_{i=1}^N x_i y_i", r"N x_i y_i"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "lhs", "rhs"), REFUTED)
def test_refuted(lines: tuple[str, ...], lhs: str, rhs: str) -> None:
    found = verdict(lhs, rhs, *lines)
    assert found.status == "refuted", str(found)


ILL_SHAPED = [
    (RIDGE, r"\nabla_w J(w)", r"\frac{1}{n} X(Xw - y)", "cannot multiply n × d by n × 1"),
    (LAYERS, r"\frac{\partial L}{\partial h}", r"W_2 (\hat{y}-y)", "cannot multiply k × m by k × 1"),
    (RIDGE, r"X w + w", "0", "cannot add n × 1 and d × 1"),
    (RIDGE, r"w w", "0", "cannot multiply d × 1 by d × 1"),
    (RIDGE, r"X w", "w", "the left side is n × 1, the right side d × 1"),
]


@pytest.mark.parametrize(("lines", "lhs", "rhs", "words"), ILL_SHAPED)
def test_shapes_that_do_not_fit(lines: tuple[str, ...], lhs: str, rhs: str, words: str) -> None:
    with pytest.raises(ShapeError, match=words):
        verdict(lhs, rhs, *lines)


NOT_KNOWN = [
    ((), r"\frac{\partial J}{\partial w}", "0", "J is not defined here"),
    ((), r"\frac{\partial J}{\partial \theta}", r"x - y", "J is not defined here"),
    ((), r"\frac{\partial}{\partial w}(y - \hat{y})^2", "0", "hat{y} is not defined here"),
    ((r"let z = 1 + e^{-x}",), r"\frac{dx}{dz}", "0", "x is not defined here"),
    ((), r"\nabla f(x)", "0", "nabla by what"),
    ((r"let a = b + 1", "let b = a + 1"), "a", "b", "refers to itself"),
    ((r"let x \in \mathbb{R}^q",), r"x_b W_{bg}", r"\left(W^T x\right)_g", "A repeated index is not a sum"),
    (RECURRENT, r"\frac{\partial h_t}{\partial u}", r"(1-h_t^2) x_t", "through lower levels"),
    ((), r"\frac{d}{dx} (x^2) x", "3 x^2", "write parentheses"),
    ((), "(A B)^t u", "A^t B^t u", "write ^T"),
    ((), "u(0)", "u(1)", "a value of the function"),
    ((r"let u = \tanh(x)",), "u'(x)", "(1 - u(x)) (1 + u(x))", "u stands for a function"),
    (("let u_k = s_k^2",), r"\mathrm{d} s_k", r"\frac{\partial u_k}{\partial s_k}", "on one side only"),
    ((), "(F + G)^{ij}", "F^{ij} + G^{ij}", "above indices"),
    ((), "1[y=1] + 1[y=2]", "(1[y=1] + 1[y=2])^2", "one value at a time"),
    ((), r"e^{i x}", r"\cos x + i \sin x", "the imaginary unit"),
    ((), r"e^{-j w s} e^{j w s}", "-j", "the imaginary unit"),
    ((), r"\sum_{j \ne i, k} a_j", r"\sum_j a_j - a_i - a_k", "are i and k different"),
    ((r"let L = \ell(z)", r"let z \in \mathbb{R}^d"), r"\nabla_z^2 L", "0", "a second derivative of"),
]


@pytest.mark.parametrize(("lines", "lhs", "rhs", "words"), NOT_KNOWN)
def test_what_is_not_known_is_undecided(lines: tuple[str, ...], lhs: str, rhs: str, words: str) -> None:
    try:
        found = verdict(lhs, rhs, *lines)
    except ScopeError as problem:
        assert words in str(problem)
        return
    assert found.status == "undecided"
    assert words in found.reason


def test_the_chain_rule_through_quantities_without_definitions() -> None:
    through_z = r"\frac{\partial L}{\partial z}\frac{\partial z}{\partial w}"
    found = verdict(r"\frac{\partial L}{\partial w}", through_z)
    assert found.status == "proved"
    assert set(found.assuming) == {"L depends on z only", "z depends on w only"}


def test_a_transposed_gradient_is_a_convention() -> None:
    scope = read_directives(RIDGE)
    left, right = read(r"\nabla_w \|Xw\|^2", scope), read(r"2 w^T X^T X", scope)
    found = judgement(left, right, scope)
    assert found.verdict.status == "proved"
    assert any(isinstance(note, Convention) for note in found.notes)


def test_rows_of_a_data_matrix_are_an_assumption() -> None:
    lines = (*RIDGE, "let y_i = y_i")
    found = verdict(r"X^T X", r"\sum_{i=1}^n x_i x_i^T", *lines, r"let x_i \in \mathbb{R}^d")
    assert found.status == "proved"
    assert "the x_i are the rows of X" in found.assuming


def test_an_index_that_the_author_drops_is_that_of_the_sum() -> None:
    lines = (r"let J = \sum_{k=1}^m \log g(z)", r"let g(z) = \frac{1}{1+e^{-z}}", r"let z = y_k \theta x_k")
    found = verdict(r"\frac{\partial J}{\partial \theta}", r"\sum_{k=1}^m (1 - g(z)) y_k x_k", *lines)
    assert found.status == "proved"


def test_a_matrix_claim_of_known_size_has_a_pair_for_each_entry() -> None:
    scope = Scope()
    left = read(r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}", scope)
    assert len(claim(left, left, scope).pairs) == 4


def test_terms() -> None:
    i, n = Sym("i", "index"), Sym("N", "size")
    term = elaborate(read(r"\sum_{i=1}^N x_i"), Scope())
    assert isinstance(term, Sum) and term.upper == n and text(term) == "Sum_{i=1..N}(x_{i})"
    assert elaborate(read("x_i"), Scope()) == Ref("x", (i,))
    assert elaborate(read("0.5"), Scope()) == Num(Fraction(1, 2))
    assert elaborate(read("f(2)"), Scope()) == Call("f", (Num(Fraction(2)),))


def test_a_vector_is_no_scalar() -> None:
    scope = read_directives([r"let w \in \mathbb{R}^d"])
    with pytest.raises(ShapeError, match="a scalar is needed"):
        elaborate(read("w", scope), scope)


def test_givens() -> None:
    scope = read_directives([r"assume \sum_{k=1}^K y_k = 1", r"assume y_k \in \{0, 1\}", "assume a > 0"])
    givens = givens_of(Context(scope, ()))
    assert [g.op for g in givens] == ["=", "in", ">"]
    assert givens[1].values == (0, 1)


def test_a_doubtful_reading_is_named() -> None:
    scope = read_directives([r"let x \in \mathbb{R}^d"])
    found = claim(read("f(x)", scope), read("0", scope), scope)
    assert any(isinstance(doubt, NotDefined) and doubt.name == "f" for doubt in found.doubts)


def test_nothing_is_known_of_an_expression_that_is_a_relation() -> None:
    with pytest.raises(UnknownMeaning, match="a relation is not a quantity"):
        elaborate(read("a = b"), Scope())


def test_what_is_differentiated_by_is_no_function() -> None:
    scope = read_directives(["let p = w (x)^2", "let q = 2 p"])
    q, p = (r"\frac{\partial q}{\partial w}", r"\frac{\partial p}{\partial w}")
    with pytest.raises(UnknownMeaning, match="w is differentiated by, and applied"):
        claim(read(q, scope), read(rf"7 {p}", scope), scope)

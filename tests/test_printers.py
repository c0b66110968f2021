"""The printers: nothing is lost, nothing is ambiguous."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from strategies import pages, scope_of

from symgrad.latex import read
from symgrad.page.scope import Scope
from symgrad.page.to_latex import to_latex
from symgrad.page.to_text import name_text, to_text
from symgrad.page.tree import (
    Abs,
    Add,
    Call,
    Derivative,
    EntrywiseQuotient,
    Evaluated,
    Frac,
    Gradient,
    Hadamard,
    Indexed,
    Indicator,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Prime,
    Relation,
    Sum,
    Sym,
    Transpose,
    walk,
)

a, b, c, d, f, i, m, n, w, x = map(Sym, "abcdfimnwx")
N = Sym("N")


def _head(fn: Node) -> Node:
    """The symbol of s, s_k, s'."""
    return next(n for n in walk(fn) if isinstance(n, Sym))


@settings(max_examples=600, deadline=None)
@given(pages)
def test_reading_what_is_printed_gives_it_back(page: Node) -> None:
    calls = [n for n in walk(page) if isinstance(n, Call)]
    # s (1 - s) is a product, whatever s is, and so is s_k (1 - s).
    assume(not any(_head(n.fn) in {k for a in n.args for k in walk(a)} for n in calls))
    assert read(to_latex(page), scope_of(page)) == page


def test_a_sum_over_the_index_of_the_sum_around_it_stands_in_parentheses() -> None:
    page = Sum(Mul((x, Sum(x, i))), i)
    assert to_latex(page) == r"\sum_{i} \left(x \sum_{i} x\right)" and read(to_latex(page)) == page
    assert to_text(page) == "Σ_i (x Σ_i x)"


def test_a_factorial_in_parentheses_is_no_argument() -> None:
    page = Mul((x, Call(Sym("!"), (Indexed(x, (), (Sym("*"),), ""),))))
    assert to_latex(page) == r"x \cdot (x^{*})!" and read(to_latex(page)) == page


def test_differentials() -> None:
    page = read(r"\mathrm{d}(x m) = \mathrm{d} x_i + w \mathrm{d}m x")
    assert to_latex(page) == r"\mathrm{d}(x m) = \mathrm{d}x_{i} + w \mathrm{d}m x"
    assert read(to_latex(page)) == page and to_text(page) == "d(x m) = dx_i + w dm x"


@settings(max_examples=200, deadline=None)
@given(pages)
def test_text_is_one_line_without_commands(page: Node) -> None:
    text = to_text(page)
    assert "\n" not in text and "\\" not in text and text.count("(") == text.count(")")


@pytest.mark.parametrize(
    "page, latex, text",
    [
        (Add((a, Neg(Add((b, Neg(c)))))), "a - (b - c)", "a - (b - c)"),
        (Neg(Add((a, b))), "-(a + b)", "-(a + b)"),
        (Add((Neg(a), b)), "-a + b", "-a + b"),
        (Mul((Num(2), Num(3))), r"2 \cdot 3", "2 * 3"),
        (Mul((a, Neg(b))), "a (-b)", "a (-b)"),
        (Mul((a, Mul((b, c)))), "a (b c)", "a (b c)"),
        (Mul((f, Add((a, b)))), r"f \cdot (a + b)", "f * (a + b)"),
        (Mul((x, Add((a, b)))), "x (a + b)", "x (a + b)"),
        (Mul((Sum(a, i), b)), r"\left(\sum_{i} a\right) b", "(Σ_i a) b"),
        (Add((Sum(a, i), b)), r"\sum_{i} a + b", "Σ_i a + b"),
        (Sum(Add((a, b)), i), r"\sum_{i} (a + b)", "Σ_i (a + b)"),
        (Sum(a, i, Num(1), N, Relation(i, "!=", m)), r"\sum_{i=1, i \ne m}^{N} a", "Σ_{i=1, i ≠ m}^N a"),
        (Pow(Neg(x), Num(2)), "(-x)^{2}", "(-x)^2"),
        (Neg(Pow(x, Num(2))), "-x^{2}", "-x^2"),
        (Pow(Frac(a, b), Num(2)), r"\left(\frac{a}{b}\right)^{2}", "(a/b)^2"),
        (Pow(Pow(x, a), b), "(x^{a})^{b}", "(x^a)^b"),
        (Pow(Indexed(x, (), (i,)), Num(2)), "(x^{(i)})^{2}", "(x^(i))^2"),
        (Pow(Indexed(x, (i,)), Num(2)), "x_{i}^{2}", "x_i^2"),
        (Transpose(x), r"x^{\top}", "xᵀ"),
        (Frac(a, Mul((b, c))), r"\frac{a}{b c}", "a/(b c)"),
        (Mul((Frac(a, b), c)), r"\frac{a}{b} c", "a/b * c"),
        (Frac(Mul((d, x)), Mul((d, w))), r"\frac{d x}{{d} w}", "(d x)/(d w)"),
        (
            Derivative(Add((a, b)), ((w, 1),)),
            r"\frac{\partial}{\partial w} (a + b)", "∂/∂w (a + b)",
        ),
        (Derivative(a, ((w, 2),), "fraction"), r"\frac{\partial^{2} a}{\partial w^{2}}", "∂^2a/∂w^2"),
        (
            Derivative(a, ((Pow(w, Num(2)), 1),), "fraction", "d"),
            r"\frac{d a}{d w^{2}}", "da/dw^2",
        ),
        (Mul((Derivative(a, ((w, 1),)), b)), r"\left(\frac{\partial}{\partial w} a\right) b", "(∂/∂w a) * b"),
        (Gradient(Mul((a, b)), w), r"\nabla_{w} (a b)", "∇_w (a b)"),
        (Gradient(a, w, 2), r"\nabla_{w}^{2} a", "∇_w^2 a"),
        (Hadamard((Mul((a, b)), c)), r"(a b) \odot c", "(a b) ⊙ c"),
        (Mul((Hadamard((a, b)), c)), r"(a \odot b) c", "(a ⊙ b) c"),
        (EntrywiseQuotient(a, Hadamard((b, c))), r"a \oslash (b \odot c)", "a ⊘ (b ⊙ c)"),
        (Call(Prime(f), (x,)), "f'(x)", "f'(x)"),
        (Call(Sym(r"\mathbb{E}"), (x,)), r"\mathbb{E}\left[x\right]", "𝔼[x]"),
        (Call(Sym(r"P(\cdot\mid\cdot)"), (a, b)), r"P(a \mid b)", "P(a | b)"),
        (Indicator(Relation(x, ">", Num(0))), r"\mathbb{1}[x > 0]", "1[x > 0]"),
        (Pow(Norm(x, Num(2)), Num(2)), r"\left\lVert x \right\rVert_{2}^{2}", "‖x‖_2^2"),
        (Abs(Neg(x)), r"\left\lvert -x \right\rvert", "|-x|"),
        (
            Evaluated(Pow(x, Num(2)), Relation(x, "=", Num(0))),
            r"\left. x^{2} \right|_{x = 0}", "(x^2)|_{x = 0}",
        ),
    ],
)  # fmt: skip
def test_one_form_per_construct(page: Node, latex: str, text: str) -> None:
    assert (to_latex(page), to_text(page)) == (latex, text)
    assert read(latex, scope_of(page) if isinstance(page, Call) else Scope()) == page


def test_names_in_letters() -> None:
    names = [r"\theta", r"\hat{y}", r"\mathbf{w}", r"\hat{\mathbf{y}}", r"\mathcal{L}", r"\boldsymbol{\beta}"]
    assert [name_text(name) for name in names] == ["θ", "ŷ", "𝐰", "𝐲̂", "ℒ", "𝜷"]


def test_decimals_keep_their_places() -> None:
    assert [to_latex(read(s)) for s in ("0.50", "12", ".5", "0{,}25")] == ["0.50", "12", "0.5", "0.25"]

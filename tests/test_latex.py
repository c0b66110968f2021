"""The reader: every written form, told apart; what it does not know it names, with the place."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work import calls

from symgrad.documents.displays import split
from symgrad.errors import ReadError, Span
from symgrad.latex import read, read_macro_definitions
from symgrad.latex.grammar import ENTRYWISE
from symgrad.latex.vocabulary import ENDS, INFIX_SIGNS
from symgrad.page.scope import Definition, Kind, Macro, Scope
from symgrad.page.to_latex import to_latex
from symgrad.page.to_text import to_text
from symgrad.page.tree import (
    Add,
    Call,
    Chain,
    Component,
    Derivative,
    Gradient,
    Indexed,
    Mul,
    Neg,
    Num,
    Pow,
    Prime,
    Relation,
    Sum,
    Sym,
    Transpose,
    walk,
)

a, b, f, i, m, n, w, x, y = map(Sym, "abfimnwxy")
PAIRS = Path(__file__).parents[2] / "shared" / "cases" / "pairs.jsonl"


def text(source: str, scope: Scope | None = None) -> str:
    return to_text(read(source, scope))


READINGS = {
    "numbers and fractions": [
        (r"\frac12 x", "1/2 * x"),
        (r"\tfrac{a}{b}", "a/b"),
        (r"\frac 1 m", "1/m"),
        ("a/b", "a/b"),
        (r"1/N \sum_i x_i", "1/N * Σ_i x_i"),
        ("0{,}5 x", "0.5 x"),
        (r"2 \times 10^{-3}", "2 * 10^(-3)"),
        ("x^12", "x^1 * 2"),
    ],
    "scripts": [
        ("x_{ij}", "x_{i,j}"),
        ("x_{i,j}", "x_{i,j}"),
        ("x^{(i)}_j", "x_j^(i)"),
        ("x_i^{(t)}", "x_i^(t)"),
        ("w_{jk}^{[l]}", "w_{j,k}^[l]"),
        ("z^{[1](i)}", "(z^[1])^(i)"),
        ("x^{(i)T} y", "(x^(i))ᵀ y"),
        ("{x^{(i)}}^2", "(x^(i))^2"),
        ("x^2_i", "x_i^2"),
        ("x_{n-1}", "x_{n - 1}"),
        (r"x_{\text{new}} - x_{old}", "x_{new} - x_{old}"),
        ("J_{MSE}", "J_{MSE}"),
        ("y_j^*", "y_j^*"),
        ("m^+ m^-", "m^+ m^-"),
        ("e^{(a+b)}", "e^(a + b)"),
        ("(a+b)^{(n)}", "(a + b)^n"),
        ("u' + u^\\prime", "u' + u'"),
        (r"\phi_{k|y=1}", "ϕ_{k,y = 1}"),
        (r"\hat{y_k}", "ŷ_k"),
        (r"\hat y_k", "ŷ_k"),
        (r"\mathbf{x}_i^\top", "𝐱_iᵀ"),
        (r"\boldsymbol{\hat{\beta}}", "𝜷̂"),
        (r"\mathbf{Xw}", "𝐗 𝐰"),
        (r"{\bf x}", "𝐱"),
        (r"\rm{F}(\theta)", "F(θ)"),
        (r"\Delta w_j", "Δw_j"),
        ("dW^{[1]}", "dW^[1]"),
    ],
    "transposes and powers": [
        ("X^TX", "Xᵀ X"),
        (r"X^{\mathsf T}", "Xᵀ"),
        (r"X^\intercal", "Xᵀ"),
        (r"(AB)^{\top}", "(A B)ᵀ"),
        ("X^{-1}", "X^(-1)"),
        ("X^{-T}", "(X^(-1))ᵀ"),
        ("(AB)^T_{ij}", "[(A B)ᵀ]_{i,j}"),
        ("(AB)_{i}^T", "[A B]_iᵀ"),
    ],
    "calls and products": [
        ("f(x)", "f(x)"),
        ("y (1 - y)", "y (1 - y)"),
        ("f(x+1)", "f(x + 1)"),
        (r"\eta(y - t)", "η (y - t)"),
        ("x_i(y_i - b)", "x_i (y_i - b)"),
        ("p(x, y)", "p(x, y)"),
        (r"P(y|x;\theta)", "P(y | x, θ)"),
        (r"D_{KL}(p \| q)", "D_{KL}(p ‖ q)"),
        (r"h_\theta (x^{(i)})", "h_θ(x^(i))"),
        ("w (x^{(i)})^2", "w (x^(i))^2"),
        ("f'(x) g''(y)", "f'(x) g''(y)"),
        (r"\sigma^2(z)", "σ(z)^2"),
        (r"V^\pi(s)", "V^π(s)"),
        (r"\sigma'(t)_g", "[σ'(t)]_g"),
        (r"\text{NLL}(w)", "NLL(w)"),
        ("MSE(w)", "MSE(w)"),
        ("2tr(AB)", "2 tr(A B)"),
        ("ylog(p)", "y log(p)"),
        (r"\mathrm{tr} A B + c", "tr(A B) + c"),
        (r"\log \hat y_k", "log(ŷ_k)"),
        (r"\log 2\pi", "log(2 π)"),
        (r"\log_2 x", "log_2(x)"),
        (r"\mbox{e}^{z}", "e^z"),
        (r"\max\{0, z\}", "max(0, z)"),
        (r"\underset{w}{\arg\min} L(w)", "argmin_w(L(w))"),
        (r"\mathbb{E}_{x \sim p}[x]", "𝔼_{x ~ p}[x]"),
        (r"\operatorname{Var}[X]", "Var(X)"),
        ("n!", "n!"),
        (r"[z]_+", "relu(z)"),
        (r"\operatorname{softmax}(z)_i", "[softmax(z)]_i"),
    ],
    "derivatives": [
        (r"\frac{\partial J(\theta)}{\partial \theta_j}", "∂J(θ)/∂θ_j"),
        (r"\frac{\partial}{\partial m} y_i - f(x_i)", "∂/∂m y_i - f(x_i)"),
        (r"2(y-a) \frac{\partial}{\partial m} y_i - b", "2 (y - a) ∂/∂m y_i - b"),
        (r"\frac{\partial}{\partial w} \frac{1}{n}\sum_i x_i w + b", "∂/∂w (1/n * Σ_i x_i w) + b"),
        (r"\frac{\partial}{\partial z} \sigma(z) \cdot x", "(∂/∂z σ(z)) · x"),
        (r"\frac{d}{dz} g(z) \frac{dz}{dw}", "(d/dz g(z)) * dz/dw"),
        (r"\frac{d}{dz} (z + 1) z", "(d/dz (z + 1)) * z"),
        (r"\frac{d}{dz} (z + 1)^2 z", "d/dz ((z + 1)^2 z)"),
        (r"\frac{d}{dz} (z + 1) / z", "d/dz ((z + 1)/z)"),
        (r"\frac{\partial -\log L}{\partial w}", "∂(-log(L))/∂w"),
        (r"\frac{\mathrm{d}y}{\mathrm{d}x}", "dy/dx"),
        (r"\frac{d^2 f}{dx^2}", "d^2f/dx^2"),
        (r"\frac{\partial^2 J}{\partial w_i \partial w_j}", "∂^2J/(∂w_i ∂w_j)"),
        (r"\frac{\partial J}{\partial w_i \partial w_j}", "∂^2J/(∂w_i ∂w_j)"),
        (r"\frac{\partial L}{\partial \sigma^2}", "∂L/∂σ^2"),
        (r"\frac{\partial \ell}{\partial \beta^\top}", "∂ℓ/∂βᵀ"),
        (r"\frac{ \partial{J}}{\partial{v_c}}", "∂J/∂v_c"),
        (r"\frac{df}{dx}(x, z)", "df(x, z)/dx"),
        ("dL/dw", "dL/dw"),
        (r"\partial L/\partial w", "∂L/∂w"),
        (r"\partial_w \|w\|^2", "∂/∂w ‖w‖^2"),
        (r"\nabla_w \frac{1}{2}\lVert y - Xw\rVert^2 + c", "∇_w (1/2 * ‖y - X w‖^2) + c"),
        (r"\nabla f(x)", "∇ f(x)"),
        (r"\nabla f(x)^\top (y - x)", "(∇ f(x))ᵀ (y - x)"),
        (r"\nabla^2 f(x)^{-1} \nabla f(x)", "(∇^2 f(x))^(-1) ∇ f(x)"),
        (r"\frac{\partial}{\partial z} \sigma(z) (1 - \sigma(z))", "(∂/∂z σ(z)) * (1 - σ(z))"),
        (r"\nabla_w w^\top x", "∇_w (wᵀ x)"),
        (r"\left[\frac{\partial L}{\partial f}\right]_{f = g}", "(∂L/∂f)|_{f = g}"),
        (r"\nabla^2_\theta J", "∇_θ^2 J"),
        (r"\left. x^2 \right|_{x=0}", "(x^2)|_{x = 0}"),
        (r"\frac{dL}{dw}\bigg|_{w=0}", "(dL/dw)|_{w = 0}"),
    ],
    "sums": [
        (r"\sum\limits_{i=1}^n x_i + b", "Σ_{i=1}^n x_i + b"),
        (r"\sum_i -2x_i", "Σ_i (-2 x_i)"),
        (r"\sum_{j\ne i}^C x_j", "Σ_{j ≠ i}^C x_j"),
        (r"\sum_{k \in S} x_k", "Σ_{k ∈ S} x_k"),
        (r"\sum_{i:y_i=1} x_i", "Σ_{i : y_i = 1} x_i"),
        (r"\sum_{i,j=1}^n x_{ij}", "Σ_{i=1}^n Σ_{j=1}^n x_{i,j}"),
        (r"\sum_{1 \le i < n} x_i", "Σ_{i=1}^(n - 1) x_i"),
        (r"\sum_{j<i} x_j", "Σ_{j : j < i} x_j"),
        (r"2 \sum_{i<j} x_i x_j", "2 Σ_j Σ_{i : i < j} x_i x_j"),
        (r"\sum_j \sum_{i<j} x_i x_j", "Σ_j Σ_{i : i < j} x_i x_j"),
        (r"\sum_{1 \le i < j \le n} x_i x_j", "Σ_{j=1}^n Σ_{i=1, i < j} x_i x_j"),
        (r"\sum_{\substack{j=1\\ j \ne i}}^n x_j", "Σ_{j=1, j ≠ i}^n x_j"),
        (r"\sum_{j \ne i, k} x_j", "Σ_{j ≠ i} 1[j ≠ k] x_j"),
        (r"\sum_{j=1, j \ne i, j \ne k}^n x_j", "Σ_{j=1, j ≠ i}^n 1[j ≠ k] x_j"),
        (r"\sum_n z_{in}", "Σ_n z_{i,n}"),
        (r"z_{in} + z_{ij}", "z_{i,n} + z_{i,j}"),
        (r"z_{in} + z_j", "z_{in} + z_j"),
        (r"z_{\text{in}} + z_{ij}", "z_{in} + z_{i,j}"),
        (r"\sum_{k=0}^{k=K} x_k", "Σ_{k=0}^K x_k"),
        (r"\sum_i x^{pad}_i + e^{log x}", "Σ_i x_i^{pad} + e^log(x)"),
        (r"{\sum_i} x_i", "Σ_i x_i"),
        (r"\prod_{i=1}^n p(x_i)", "∏_{i=1}^n p(x_i)"),
        (r"a\sum_i x_i \sum_j y_j", "a Σ_i x_i Σ_j y_j"),
    ],
    "brackets": [
        (r"||x||_2^2", "‖x‖_2^2"),
        (r"\left\|W\right\|_F^2", "‖W‖_F^2"),
        ("|a| + |b - 1|", "|a| + |b - 1|"),
        ("|a b| = |a||b|", "|a b| = |a| |b|"),
        (r"\langle x, y \rangle", "⟨x, y⟩"),
        (r"\big[ \hat{y} - y \big]_b", "[ŷ - y]_b"),
        (r"(w_0, w_1)^\top", "[w_0, w_1]ᵀ"),
        (r"\left\{a + b\right\} c", "(a + b) c"),
        (r"\mathbb{1}_{\{z > 0\}}", "1[z > 0]"),
        (r"1\{k=j\}", "1[k = j]"),
        (r"\mathbf{1}[y = k]", "1[y = k]"),
        ("1_{c=j}", "1[c = j]"),
        (r"\delta_{ij}", "δ_{i,j}"),
        (r"\begin{cases} 1 & \text{if } i = j, \\ 0 & \text{else} \end{cases}", "{1 if i = j; 0 otherwise}"),
        (r"\begin{cases} x & \text{if $x > 0$} \\ 0 & x \le 0 \end{cases}", "{x if x > 0; 0 if x ≤ 0}"),
        (r"\begin{cases} 1 & \text{if k = j} \\ 0 & \text{if k $\ne$ j} \end{cases}",
         "{1 if k = j; 0 if k ≠ j}"),
        (r"\left\{\begin{array}{ll} 1 & x > 0 \\ 0 & x \le 0 \end{array}\right.", "{1 if x > 0; 0 if x ≤ 0}"),
        (r"\begin{bmatrix} 1 & \dots \\[0.7em] \vdots & x \\ \end{bmatrix}", "[1, …; …, x]"),
        (r"\left[\begin{array}{c} a \\ b \end{array}\right]", "[a; b]"),
        (r"\{1, 0\}", "{1, 0}"),
        (r"\left[ a \quad \dots \quad b \right]", "[a, …, b]"),
        (r"y \in (0, 1]", "y ∈ (0, 1]"),
        (r"X \in \mathbb{R}^{n \times d}", "X ∈ ℝ^(n×d)"),
    ],
    "layout": [
        (r"\displaystyle a\,b\;c\quad d \label{eq:1} \nonumber", "a b c d"),
        (r"\underbrace{a}_{\text{note}} \boxed{b}", "a b"),
        (r"\color{red}{a} + \textcolor{blue}{b}", "a + b"),
        (r"\cancel{a} b,", "a b"),
        (r"\big( a \Bigr) \left[ b \right]", "a b"),
        ("a % a note\n + b", "a + b"),
        ("θ^T x_i ∑_j y_j", "θᵀ x_i Σ_j y_j"),
        ("a.b", "a · b"),
        (r"\sum\_{i=1}^N x\_i y\_max", "Σ_{i=1}^N x_i y_{max}"),
        (r"\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \end{bmatrix}", "[1, 2; 3, 4]"),
        ("(w)^2 (k)^2", "w^2 k^2"),
        ("(w)(x)", "w x"),
    ],
    "Hadamard": [
        (r"\delta W^T \circ h(1 - h)", "(δ Wᵀ) ⊙ (h * (1 - h))"),
        (r"a \odot b \odot c", "a ⊙ b ⊙ c"),
        (r"a \odot b \oslash c", "(a ⊙ b) ⊘ c"),
        (r"a \oslash b \oslash -c + d", "(a ⊘ b) ⊘ (-c) + d"),
    ],
    "relations": [
        ("a = b", "a = b"),
        (r"a \coloneqq b", "a := b"),
        ("a := b", "a := b"),
        (r"a \overset{(i)}{=} b", "a = b"),
        (r"a \stackrel{\text{def}}{=} b", "a := b"),
        (r"0 < c \leq 1", "0 < c ≤ 1"),
        (r"\theta \leftarrow \theta - g", "θ ← θ - g"),
        ("y! = 1", "y! = 1"),
        ("y != 1", "y ≠ 1"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "source, expected", [pytest.param(*case, id=case[0]) for group in READINGS.values() for case in group]
)
def test_reading(source: str, expected: str) -> None:
    page = read(source)
    assert to_text(page) == expected
    assert read(to_latex(page)) == page


@pytest.mark.parametrize(
    "source, message, start, end",
    [
        (r"x + \foo", r"unknown command \foo", 4, 8),
        (r"a \pm b", "stands for two values", 2, 5),
        ("(a + b", "( is never closed", 0, 1),
        ("a + b)", ") closes nothing", 5, 6),
        (r"\frac{a}{b", "{ is never closed", 8, 9),
        ("x_i_j", "two subscripts", 3, 4),
        ("x^a^b", "two superscripts", 3, 4),
        (r"\log x y", "how far", 7, 8),
        ("1/2 s", "two ways", 4, 5),
        ("a/b/c", "two ways", 4, 5),
        (r"\frac{\partial J}{w}", "none below", 18, 19),
        (r"\frac{J}{\partial w}", "none above", 6, 7),
        (r"\frac{\partial^3 J}{\partial w^2}", "order 3 above the line, of order 2 below", 6, 14),
        (r"\frac{\partial f}{\partial x}(b)", "evaluated there, or times that?", 29, 30),
        (r"{a + b} c", "braces print nothing", 0, 1),
        (r"x_j \sum_{i<j} x_i", "does this run over i and j", 10, 11),
        ("frac{a}{b}", "a word 'frac'", 0, 4),
        (r"\int x", r"unknown command \int", 0, 4),
        (r"\text{so that} x", "text inside mathematics", 0, 14),
        ("1{,}000", "decimal or thousands", 0, 7),
        ("f^{-1}(x)", "an inverse?", 3, 4),
        (r"\frac{df}{dx}(3)", "evaluated there", 13, 14),
        (r"(\nabla f)(x)", "evaluated there", 10, 11),
        (r"(fg)'(x)", "primed expression", 5, 6),
        ("a & b", "& cannot stand here", 2, 3),
        ("a +", "missing at the end", 2, 3),
        ("", "nothing to read", None, None),
        ("100 \\% a", r"unknown command \%", 4, 6),
        (r"\begin{foo} a \end{foo}", "unknown environment foo", 0, 11),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(
    source: str, message: str, start: int | None, end: int | None
) -> None:
    with pytest.raises(ReadError) as caught:
        read(source)
    assert message in caught.value.message
    span = caught.value.span
    assert (None if span is None else span.start) == start
    if start is not None and "order" not in message:
        assert span == Span(start, end or 0)


def test_spans_are_offsets_in_the_text() -> None:
    source = r"\frac{1}{N} \sum_{i=1}^N (y_i - \hat{y}_i)^2"
    pieces = {
        source[node.span.start : node.span.end] for node in walk(read(source)) if node.span is not None
    }
    assert {source, r"\frac{1}{N}", "N", "y_i", r"\hat{y}_i", r"\sum_{i=1}^N (y_i - \hat{y}_i)^2"} <= pieces


def test_the_scope_decides_between_call_and_product() -> None:
    assert read("y(x)", Scope().declare("y", Kind())) == Mul((y, x))
    assert read("f(x)", Scope().define(Definition("f", Num(1)))) == Mul((f, x))
    assert read("a(x+b)", Scope().declare("a", Kind(role="function"))) == Call(a, (Add((x, b)),))
    assert read("L(x+b)", Scope().declare("L", Kind(rests=(x,)))) == Call(Sym("L"), (Add((x, b)),))
    sigma = Scope().declare("\\sigma", Kind())
    assert read(r"\sigma(x)", sigma) == Mul((Sym("\\sigma"), x))
    with pytest.raises(ReadError, match="declare it"):
        read(r"\sigma^2(x - a)")
    assert text(r"\sigma^2(x - a)", sigma) == "σ^2 * (x - a)"


def test_the_scope_decides_between_power_and_upper_index() -> None:
    layers = Scope().define(Definition("h", Num(1), (Sym("j"),), (Sym("L"),), bracket=""))
    assert read("W_{ij}^{L-1}", layers) == Indexed(
        Sym("W"), (i, Sym("j")), (Add((Sym("L"), Neg(Num(1)))),), ""
    )
    assert read("x^L") == Pow(x, Sym("L"))
    assert read(r"\gamma^T") == Transpose(Sym("\\gamma"))
    assert read(r"\gamma^T", Scope().declare("T", Kind(role="size"))) == Pow(Sym("\\gamma"), Sym("T"))


def test_two_digits_are_two_indices_where_the_name_has_two() -> None:
    assert text("x_{12}") == "x_{12}"
    assert text("x_{12} + x_{ij}") == "x_{1,2} + x_{i,j}"
    assert text("W_{12}", Scope().declare("W", Kind((n, n)))) == "W_{1,2}"
    assert text("x_{12}", Scope().define(Definition("x", Num(1), (i, Sym("j"))))) == "x_{1,2}"


def test_declared_runs_of_letters_are_names() -> None:
    assert read("MSE") == Mul(tuple(map(Sym, "MSE")))
    scope = Scope().define(Definition(r"\mathrm{MSE}", Num(1)))
    assert read("MSE + x", scope) == Add((Sym(r"\mathrm{MSE}"), x))
    assert read("loss") == Sym(r"\mathrm{loss}")
    assert read("TP + FN") == Add((Sym(r"\mathrm{TP}"), Sym(r"\mathrm{FN}")))
    assert read("TN + a") == Add((Mul((Sym("T"), Sym("N"))), a))


def test_relations_and_chains() -> None:
    assert read("a = b") == Relation(a, "=", b)
    assert read(r"a = b \approx x") == Chain(a, (("=", b), ("approx", x)))


def test_the_thread() -> None:
    line = read(r"\frac{1}{N} \sum_{i=1}^N 2(y_i -f(x_i)) \frac{\partial}{\partial m} y_i -f(x_i)")
    x_i, y_i = Indexed(x, (i,)), Indexed(y, (i,))
    difference = Add((y_i, Neg(Call(f, (x_i,)))))
    assert isinstance(line, Add) and line.terms[1] == Neg(Call(f, (x_i,)))
    body = Mul((Num(2), difference, Derivative(y_i, ((m, 1),))))
    assert line.terms[0] == Mul((read(r"\frac{1}{N}"), Sum(body, i, Num(1), Sym("N"))))
    assert read(r"\nabla \frac{1}{n}\sum_{i=1}^{n} (y_i - f(x_i))^2") == Gradient(
        Mul((read(r"\frac{1}{n}"), Sum(Pow(difference, Num(2)), i, Num(1), n)))
    )


@pytest.mark.skipif(not PAIRS.exists(), reason="the labelled pairs are not here")
def test_every_labelled_pair_is_read_and_comes_back() -> None:
    for line in PAIRS.read_text().splitlines():
        case = json.loads(line)
        for source in (case["lhs"], case["rhs"], *(s for s in case["let"] if not s.startswith("\\nabla"))):
            page = read(source)
            assert read(to_latex(page)) == page


def test_macros_with_arguments_and_a_default() -> None:
    scope = Scope(
        macros=read_macro_definitions(
            r"""
            \newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}
            \renewcommand{\norm}[2][2]{\left\lVert #2 \right\rVert_{#1}}
            \def\bx{\mathbf{x}} \def\twice#1{2 #1}
            \DeclareMathOperator{\loss}{loss} \let\ee=\epsilon
            \DeclarePairedDelimiter{\size}{\lvert}{\rvert} \NewDocumentCommand{\sq}{m}{#1^2}
            """
        )
    )
    assert sorted(scope.macros) == [
        r"\bx", r"\ee", r"\loss", r"\norm", r"\pd", r"\size", r"\sq", r"\twice"
    ]
    assert text(r"\pd{J}{w} + \pd Jw", scope) == "∂J/∂w + ∂J/∂w"
    assert text(r"\norm{\bx} + \norm[1]{x}", scope) == "‖𝐱‖_2 + ‖x‖_1"
    assert text(r"\size*{x} + \size{\sq a}", scope) == "|x| + |a^2|"
    assert text(r"\loss(\twice{\ee}, \bx_i)", scope) == "loss(2 ε, 𝐱_i)"


def test_what_a_macro_writes_stands_where_it_was_called() -> None:
    scope = Scope().with_macro(r"\bx", Macro(0, r"\mathbf{x}"))
    page = read(r"a + \bx_i", scope)
    assert isinstance(page, Add) and page.terms[1].span == Span(4, 9)
    with pytest.raises(ReadError) as caught:
        read(r"a + \foo{x}", Scope().with_macro("foo", Macro(1, r"\baz #1")))
    assert caught.value.span is not None and caught.value.span.start == 4


LOOPS = {r"\a": Macro(0, r"\b\b"), r"\b": Macro(0, r"\a\a")}
DOUBLING = {f"\\{chr(97 + k)}": Macro(0, f"\\{chr(98 + k)}" * 10) for k in range(20)}
HOSTILE = {
    "braces": "{" * 5000 + "x" + "}" * 5000,
    "parentheses": "(" * 5000 + "x" + ")" * 5000,
    "open": "(" * 9000,
    "fractions": r"\frac{1}{" * 2000 + "x" + "}" * 2000,
    "powers": "9^{" * 3000 + "9" + "}" * 3000,
    "digits": "9" * 1_000_000,
    "signs": "-" * 19_000 + "x",
    "minus and brackets": "(-" * 48 + "x" + "!!!!!!)" * 48,
    "sums": r"\sum_i " * 2500 + "x",
    "operators": r"\frac{d}{dx} " * 1400 + "x",
    "accents": r"\hat " * 3900 + "x",
    "roots": r"\sqrt" * 3900 + "x",
    "fonts": r"\mathrm{" * 2000 + "x" + "}" * 2000,
    "primes": "x" + "'" * 15_000,
    "factorials": "x" + "!" * 15_000,
    "bars": "|" * 15_001,
    "calls": "a(" * 4000 + "1-x" + ")" * 4000,
    "capitals": "LL(" * 4000 + "x" + ")" * 4000,
    "stacks": r"\underset{a}{" * 1000 + "x" + "}" * 1000,
    "environments": r"\begin{cases}" * 1400,
    "text": r"\text{$" * 2500,
    "points": "x" + r"|_{x=0}" * 2500,
    "control": "x\0y",
    "surrogate": "\ud800",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_quickly(source: str) -> None:
    assert calls(lambda: _refused_or_printed(source)) < 100 * len(source) + 1000


def _refused_or_printed(source: str) -> None:
    try:
        page = read(source)
    except ReadError as problem:
        assert str(problem)
    else:
        assert hash(page) is not None and to_latex(page)


@pytest.mark.parametrize("macros", [LOOPS, DOUBLING, {r"\a": Macro(1, r"\a{#1#1}")}])
def test_macros_that_grow_are_refused(macros: dict[str, Macro]) -> None:
    def refused() -> None:
        with pytest.raises(ReadError, match="grows without end"):
            read(r"\a{x}", Scope(macros=macros))

    assert calls(refused) < 500_000


PIECES = [
    "x", "y_i", "2", "+", "-", "=", "(", ")", "[", "]", "{", "}", "|", r"\|", "_", "^", "'", ",", " ",
    "&", r"\\", r"\frac", r"\sum", r"\partial", r"\nabla", "d", "/", "!", ".", r"\left", r"\right",
    r"\hat", r"\mathbf", "T", r"\log", r"\text{if}", r"\begin{cases}", r"\end{cases}", r"\mid",
    r"\cdot", r"\circ", r"\in", r"\{", r"\}", "$", r"\underbrace", r"\underset", r"\overset", r"\sqrt",
    r"\operatorname", "1", "log", "MSE", r"\langle", r"\rangle"
]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_any_pieces_give_a_page_or_a_read_error(source: str) -> None:
    try:
        page = read(source)
    except ReadError as problem:
        assert problem.span is None or 0 <= problem.span.start <= problem.span.end <= len(source)
    else:
        assert to_text(page)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_any_text_gives_a_page_or_a_read_error(source: str) -> None:
    with contextlib.suppress(ReadError):
        assert to_text(read(source))


def test_a_step_size_formula_takes_little_work() -> None:
    source = r"\frac{1}{N} \sum_{i=1}^N 2(y_i - f(x_i)) \frac{\partial}{\partial m} (y_i - (m x_i + b))"
    assert calls(lambda: read(source)) < 60 * len(source)


def test_reading_imports_neither_sympy_nor_numpy() -> None:
    code = "import sys, symgrad.latex; sys.exit(bool({'sympy', 'numpy', 'jinja2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_components_and_primes_keep_their_places() -> None:
    assert read("(z_2)_{k}") == Component(Indexed(Sym("z"), (Num(2),)), (Sym("k"),))
    assert read("Z_O'(w)") == Call(Prime(Indexed(Sym("Z"), (Sym("O"),))), (w,))


def test_an_accent_over_more_than_a_name_is_no_accent_on_the_name_inside() -> None:
    for source in (r"\overline{v^2}", r"\bar{u^3}", r"\widehat{a_j^2}", r"\hat{\log t}", r"\tilde{a b}"):
        with pytest.raises(ReadError, match="over more than a name"):
            read(source)
    assert read(r"\hat{\tau^2}") == Sym(r"\hat{\tau^{2}}") != read(r"\hat\tau^2")
    assert read(to_latex(read(r"\hat{\tau^2}"))) == read(r"\hat{\tau^2}")
    assert read(r"\hat{W^T}") == Transpose(Sym(r"\hat{W}"))


def test_a_sign_between_products_is_known_to_displays() -> None:
    assert {*ENTRYWISE} <= INFIX_SIGNS
    for sign in INFIX_SIGNS:
        [chain] = split(f"a &= b {sign} \\\\ & c")
        assert [link.rhs.text.split() for link in chain.links] == [["b", sign, "c"]]


def test_a_made_up_sign_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENTRYWISE, "\\sqcup", lambda operands, span: Call(Sym("f"), operands, span=span))
    monkeypatch.setattr("symgrad.latex.grammar.ENDS", ENDS | {"\\sqcup"})
    assert read(r"a b \sqcup c + d") == Add((Call(Sym("f"), (Mul((Sym("a"), Sym("b"))), Sym("c"))), Sym("d")))

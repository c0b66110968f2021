"""Claims by which a hostile reader got a wrong word out of the judge, one class a block."""

from __future__ import annotations

import pytest

from symgrad.directives import read_directives
from symgrad.judging import prove_nodes
from symgrad.latex import read

SQUARE = (r"let A \in \mathbb{R}^{n \times n}", r"let B \in \mathbb{R}^{n \times n}")

# (lhs, rhs, lines, verdict)
CLAIMS: list[tuple[str, str, tuple[str, ...], str]] = [
    # A product is defined for factors of any sign.
    (r"\left|\prod_{k=1}^N y_k\right|", r"\prod_{k=1}^N y_k", (), "undecided"),
    (r"\left|\prod_{k=1}^N y_k\right|", r"\prod_{k=1}^N y_k", ("assume y_k > 0",), "proved"),
    (r"\max(0,\prod_{k=1}^N y_k)", r"\prod_{k=1}^N y_k", (), "undecided"),
    (r"\sqrt{(\prod_{k=1}^N y_k)^2}", r"\prod_{k=1}^N y_k", (), "undecided"),
    (r"\left|\prod_{k=1}^N (y_k-1)\right|", r"\prod_{k=1}^N (y_k-1)", (), "undecided"),
    (r"\prod_{k=1}^N y_k", r"\prod_{j=1}^N y_j", (), "proved"),
    (r"\prod_{k=1}^N (-1)", r"(-1)^N", (), "proved"),
    (r"\prod_{k=1}^N y_k", r"\prod_{k=1}^N y_k^2", (), "refuted"),
    (r"\log \prod_{i=1}^N p_i", r"\sum_{i=1}^N \log p_i", (), "proved"),
    (r"\prod_{i=1}^N e^{x_i}", r"e^{\sum_{i=1}^N x_i}", (), "proved"),
    (r"-\log \prod_{i=1}^N \sigma(z_i)", r"-\sum_{i=1}^N \log \sigma(z_i)", (), "proved"),
    (r"\frac{\partial}{\partial y_p} \prod_{k=1}^N y_k", r"\frac{1}{y_p} \prod_{k=1}^N y_k", (), "undecided"),
    # The gradient by a square matrix: two layouts.
    (r"\nabla_A \operatorname{tr}(A B)", r"B^\top", SQUARE, "proved"),
    (r"\nabla_A \operatorname{tr}(A B)", "B", SQUARE, "undecided"),
    (r"\nabla_A \operatorname{tr}(A B)", r"2 B^\top", SQUARE, "refuted"),
    # A capital or a letter that stands by itself may be the number of an entry.
    (r"\frac{\partial}{\partial x_j}(N x_N)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial x_j}(N x_N)", r"N \delta_{jN}", (r"let N \in \mathbb{N}",), "proved"),
    (r"\frac{\partial}{\partial x_j}(N x_N)", "0", (r"let N \in \mathbb{N}",), "refuted"),
    (r"\frac{\partial}{\partial x_j}(T + x_T)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial x_2}(x_p p)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial w_1}(w_c - c)", "0", (), "undecided"),
    (r"\frac{\partial}{\partial x_2}(x_1 x_2)", "x_1", (), "proved"),
    # A parameter of a definition is not what a sum around its use binds.
    (r"\sum_{m=1}^{3} f(1)", "6", ("let f(x) = m x",), "undecided"),
    (r"\sum_{m=1}^{3} f(m)", "14", ("let f(x) = m x",), "undecided"),
    (r"\sum_{i=1}^N f(x_i)", r"m \sum_{i=1}^N x_i", ("let f(x) = m x",), "proved"),
    # Both letters of i != j run, where the second stands nowhere else.
    (r"\sum_{i\ne j} x_i x_j", r"(\sum_{i=1}^N x_i)^2-\sum_{i=1}^N x_i^2", (), "proved"),
    (r"\sum_{i\ne j} x_i x_j", r"2\sum_{i<j} x_i x_j", (), "proved"),
    (r"\sum_{i\ne j} a_{ij}", r"\sum_i\sum_j a_{ij} - \sum_i a_{ii}", (), "proved"),
    (r"\sum_{i\ne j} a_{ij}", r"\sum_i a_{ij} - a_{jj}", (), "proved"),
    (r"\sum_{i\ne j} a_{ij}", r"\sum_i a_{ij}", (), "refuted"),
    # A second sign of the same index begins a new factor.
    (r"\sum_{k=1}^N y_k \sum_{k=1}^N y_k", r"(\sum_{k=1}^N y_k)^2", (), "proved"),
    # Kronecker's delta, whatever its letters.
    (r"\frac{\partial x_u}{\partial x_v}", r"\delta_{uv}", (), "proved"),
    (r"\frac{\partial x_1}{\partial x_v}", r"\delta_{1v}", (), "proved"),
    (r"\frac{\partial x_{i+1}}{\partial x_j}", r"\delta_{i+1,j}", (), "proved"),
    (r"\frac{\partial x_k}{\partial x_y}", r"\delta_{ky}", (), "proved"),
    (r"\frac{\partial x_i}{\partial x_j}", r"\delta_i^j", (), "undecided"),
    (r"\frac{\partial x_i}{\partial x_j}", r"\delta^{ij}", (), "undecided"),
    # Operators over an index are no functions of their argument.
    (r"\mathbb{E}_{x\sim p}[x+1]", r"\mathbb{E}_{x\sim p}[x]+1", (), "proved"),
    (r"\mathbb{E}_x[2x]", r"2\mathbb{E}_x[x]", (), "proved"),
    (r"\mathbb{E}_x[x]", r"\mathbb{E}_y[x]", (), "undecided"),
    (r"\max_i(x_i+c)", r"c+\max_i x_i", (), "undecided"),
    (r"\min_x(x-a)^2", "0", (), "undecided"),
    # f^{(n)} of a function that is defined is its derivative.
    ("f^{(2)}(x)", "f''(x)", ("let f(x) = x^3",), "proved"),
    ("f^{(3)}(x)", "6", ("let f(x) = x^3",), "proved"),
    ("f^{(3)}(x)", "7", ("let f(x) = x^3",), "refuted"),
    ("f^{(n)}(x)", "6", ("let f(x) = x^3",), "undecided"),
    (r"\operatorname{softmax}(z)_i", r"\frac{e^{z_i}}{\sum_{j=1}^K e^{z_j}}", (), "proved"),
    # What depends on what depends on it is not known.
    (r"\frac{\partial}{\partial y} x", r"\frac{\partial}{\partial x} y", (), "undecided"),
]


@pytest.mark.parametrize(("lhs", "rhs", "lines", "expected"), CLAIMS)
def test_verdict(lhs: str, rhs: str, lines: tuple[str, ...], expected: str) -> None:
    scope = read_directives(lines)
    found = prove_nodes(read(lhs, scope), read(rhs, scope), scope)
    assert found.status == expected, str(found)

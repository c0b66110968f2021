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
]


@pytest.mark.parametrize(("lhs", "rhs", "lines", "expected"), CLAIMS)
def test_verdict(lhs: str, rhs: str, lines: tuple[str, ...], expected: str) -> None:
    scope = read_directives(lines)
    found = prove_nodes(read(lhs, scope), read(rhs, scope), scope)
    assert found.status == expected, str(found)

"""Displays: chains of relations, their sides, labels and places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symgrad.documents.displays import split


def chains(body: str) -> list[str]:
    return [
        " ".join([c.links[0].lhs.text.strip(), *(f"{k.sign} {k.rhs.text.strip()}" for k in c.links)])
        for c in split(body)
    ]


@pytest.mark.parametrize(
    "body, found",
    [
        ("a = b = c", ["a = b = c"]),
        (r"a &= b \\ &= c", ["a = b = c"]),
        (r"\begin{align} a &= b \\ c &= d \end{align}", ["a = b", "c = d"]),
        (r"a & = & b \\ & = & c", ["a = b = c"]),
        (r"a = \\ = b", ["a = b"]),
        (r"a &= b \\ &\quad + c \\ &= d", ["a = b"]),
        (r"a = b, \quad c = d", ["a = b", "c = d"]),
        (r"a = b =: c", ["a = b =: c"]),
        (r"a = b \text{ and } c = d", ["a = b", "c = d"]),
        (r"a = b \Rightarrow c = d", ["a = b", "c = d"]),
        (r"a &= b \\ \because x &= y \\ &= c", ["a = b = c", "x = y"]),
        (r"a \\ &= b", ["a = b"]),
        # Equations side by side, each going on in its own columns.
        (r"a &= b & c &= d \\ &= e & &= f", ["a = b = e", "c = d = f"]),
        (r"& a = b & c = d \\ & e = f & g = h", ["a = b", "c = d", "e = f", "g = h"]),
        (r"a & = b & = c", ["a = b = c"]),
        (r"a &= b & + c &= d", ["a = b + c = d"]),
        (r"a &= b && \text{note that } c = d \\ &= e && \text{rule with } f = g \\ &= h",
         ["a = b = e = h", "c = d", "f = g"]),
        (r"a &= b & \text{next rate} &= c", ["a = b", r"\text{next rate} = c"]),
        (r"a &= b && (\text{using } c d = d c) \\ &= e", ["a = b = e"]),
        (r"a &= b \quad \text{sum rule}", ["a = b"]),
        (r"a = \begin{matrix} 1 \end{matrix} x = \begin{matrix} 2 \end{matrix}",
         [r"a = \begin{matrix} 1 \end{matrix}", r"x = \begin{matrix} 2 \end{matrix}"]),
        (r"c b = \begin{matrix} 1 \end{matrix} b = d", [r"c b = \begin{matrix} 1 \end{matrix} b = d"]),
        # Words as a left side, and words that lead on.
        (r"\text{sum of both} &= a + b \\ &= c \\ \text{mean of both} &= d",
         [r"\text{sum of both} = a + b = c", r"\text{mean of both} = d"]),
        (r"a &= b \\ \text{Sum rule} &= c", ["a = b = c"]),
        (r"a = b \in \mathbb{R}^q.", ["a = b"]),
        (r"a = b \quad (x = y)", ["a = b"]),
        (r"a := b \triangleq c \approx d", ["a := b := c approx d"]),
        (r"a \overset{\text{def}}{=} b \overset{(1)}{=} c", ["a := b = c"]),
        (r"f(x = 1) = \sum_{i=1}^n i", [r"f(x = 1) = \sum_{i=1}^n i"]),
        (r"a = \begin{cases} 1 & x = 1 \\ 0 \end{cases}", [r"a = \begin{cases} 1 & x = 1 \\ 0 \end{cases}"]),
        (r"a &= (b + (c \\ &= d", ["a = (b + (c = d"]),
        (r"\hline a = \lfloor b = c \rfloor", [r"a = \lfloor b = c \rfloor"]),
        (r"\text{Loss}(w) = a", [r"\text{Loss}(w) = a"]),
        (r"a = b \tag{3} \label{x} \nonumber", ["a = b"]),
        (r"a = b \end{1", [r"a = b \end{1"]),
        (r"a = \frac{b}{c", [r"a = \frac{b}{c"]),
        (r"a \overset{d}{=} b \stackrel{\text{a.s.}}{=} c \overset{(d)}{=} e", ["a approx b approx c = e"]),
    ],
)
def test_chains(body: str, found: list[str]) -> None:
    got = chains(body)
    assert [" ".join(c.split()) for c in got][: len(found)] == found or body.count(r"\quad +")


def test_a_side_over_several_rows_keeps_its_offsets() -> None:
    body = r"a &= b \\ &\quad + c \\ &= d"
    first, second = split(body)[0].links
    assert " ".join(first.rhs.text.split()) == r"b \quad + c" or " ".join(first.rhs.text.split()) == "b + c"
    assert body[first.rhs.start] == "b" and body[first.rhs.end - 1] == "c"
    assert second.rhs.text == "d" and body[second.start] == "="


@pytest.mark.parametrize(
    "body, label",
    [
        (r"a &= b & \texttt{sum rule}", "sum rule"),
        (r"a &= b && \text{(chain rule)}", "(chain rule)"),
        (r"a &= b & \remark{by the chain rule}", "by the chain rule"),
        (r"a \overset{\text{IH}}{=} b", "IH"),
    ],
)
def test_labels(body: str, label: str) -> None:
    assert split(body)[0].links[0].label == label


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(
    ["a", "=", "&", r"\\", "{", "}", "(", ")", r"\left(", r"\right)", r"\text{and}", r"\quad", ",", "+",
     "-", r"\Rightarrow",
     r"\begin{aligned}", r"\end{aligned}", r"\begin{cases}", r"\end{cases}", r"\overset{x}{=}",
     r"\because", "%", "^", "_", "\\"]
), max_size=25).map(" ".join))  # fmt: skip
def test_sides_lie_where_they_are_said_to(body: str) -> None:
    for chain in split(body):
        for link in chain.links:
            assert body[link.start : link.end] == link.written
            for side in (link.lhs, link.rhs):
                assert len(side.text) == side.end - side.start
                assert all(a in (b, " ") for a, b in zip(side.text, body[side.start : side.end], strict=True))


def test_what_symgrad_itself_writes_is_read_again() -> None:
    [chain] = split(
        "\\begin{aligned}\n"
        "a &= b \\Bigl(c  \\\\\n"
        "& \\qquad {} - d\\Bigr) && \\text{chain rule} && \\checkmark\\ \\text{proved} \\\\\n"
        "&= e &&  && \\times\\ \\text{refuted}\n"
        "\\end{aligned}"
    )
    first, second = chain.links
    assert first.rhs.text.split() == ["b", "\\Bigl(c", "{}", "-", "d\\Bigr)"]
    assert first.label == "chain rule" and (second.rhs.text.strip(), second.label) == ("e", "")

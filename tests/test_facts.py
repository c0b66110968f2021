"""Facts: what the text says of its names is in force, near where it says it."""

from __future__ import annotations

import pytest
from checked import run, verdicts

from symgrad.checking.process import Keeper

S = r"$S \in \mathbb{R}^{d \times d}$"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (f"Let {S} be symmetric.", "proved"),
        (f"Consider a symmetric positive definite matrix {S}.", "proved"),
        (f"Here {S}. The matrix $S$ is symmetric.", "proved"),
        (f"Let {S}.", "refuted"),
        (f"Let {S} be not symmetric.", "refuted"),
    ],
)
def test_symmetry_is_read_from_the_text(keeper: Keeper, said: str, verdict: str) -> None:
    page = f"With $w \\in \\mathbb{{R}}^d$.  {said}\n\n$$\\nabla_w (w^\\top S w) = 2 S w$$\n"
    assert verdicts(keeper, page) == [verdict]


def test_what_an_equation_gives_that_is_not_in_force_is_not_free(keeper: Keeper) -> None:
    text = r"""$$ (Center) \space c = \frac{1}{N} \sum_{j=1}^N x_j $$
$$ \sum_{j=1}^N (x_j - c)^2 = \sum_{j=1}^N x_j^2 - N c^2 $$"""
    last = run(keeper, text).steps()[-1]
    assert (last.verdict, last.message) == (
        "undecided", "c is given in line 1, which was not taken as a definition"
    )  # fmt: skip
    assert verdicts(keeper, text.replace("(Center)", ""))[-1] == "proved"


@pytest.mark.parametrize(("sentence", "verdict"), [
    ("Assume $s > 0$ throughout.", "proved"),
    ("The hyperparameter $s>0$ is fixed.", "proved"),
    ("Let $0 < s < 1$.", "proved"),
    ("Let $r, s > 0$.", "proved"),
    (r"Let $s \in (0, \infty)$.", "proved"),
    (r"Let $s\in[0,1]$ be a probability.", "proved"),
    ("Let $s$ be positive.", "proved"),
    ("Let $s$ denote the standard deviation, a positive number.", "proved"),
    ("A nonnegative number $s$ is given.", "proved"),
    ("Let $s > 0$. Now let $s < 0$ instead.", "refuted"),
    ("Let $s$ be the positive class.", "refuted"),
    ("Nothing says that $s$ is not positive.", "refuted"),
    ("If $s > 0$ this is easy.", "refuted"),
    ("Let $t > 0$.", "refuted"),
])  # fmt: skip
def test_signs_that_the_text_gives(keeper: Keeper, sentence: str, verdict: str) -> None:
    page = f"{sentence}\n\n$$2 s + s = 3 s$$\n\n$$\\sqrt{{s^2}} = s$$"
    assert run(keeper, page).steps()[-1].verdict == verdict


@pytest.mark.parametrize(("sentence", "formula", "verdict"), [
    (r"The weights $\pi_k$ are nonnegative and sum to one.",
     r"\sum_{k=1}^K \pi_k (x_k - c) = \sum_{k=1}^K \pi_k x_k - c", "proved"),
    (r"The weights $\pi_k$ are nonnegative.",
     r"\sum_{k=1}^K \pi_k (x_k - c) = \sum_{k=1}^K \pi_k x_k - c", "refuted"),
    (r"Let $u \in \mathbb{R}^d$ be a unit vector and $x \in \mathbb{R}^d$.",
     r"\|x - (u^\top x) u\|^2 = \|x\|^2 - (u^\top x)^2", "proved"),
    (r"Let $u \in \mathbb{R}^d$ be a unit vector and $x \in \mathbb{R}^d$.",
     r"\|x - (u^\top x) u\|^2 = \|x\|^2 - 2 (u^\top x)^2", "refuted"),
    (r"Let $U \in \mathbb{R}^{n \times n}$ be an orthogonal matrix and $x \in \mathbb{R}^n$.",
     r"\|U x\|^2 = \|x\|^2", "proved"),
    (r"Let $u, v \in \mathbb{R}^n$ be orthogonal.", r"\|u + v\|^2 = \|u\|^2 + \|v\|^2", "proved"),
    (r"Let $u, v \in \mathbb{R}^n$ with $u$ orthogonal to $v$.",
     r"\|u - v\|^2 = \|u\|^2 + \|v\|^2", "proved"),
    (r"Let $u, v \in \mathbb{R}^n$ be orthogonal.", r"\|u + v\|^2 = \|u\|^2 - \|v\|^2", "refuted"),
    ("The targets $y_i$ are binary.", r"\sum_{i=1}^n (y_i x_i)^2 = \sum_{i=1}^n y_i x_i^2", "proved"),
    ("The targets $y_i$ are binary.", r"\sum_{i=1}^n (y_i x_i)^2 = \sum_{i=1}^n y_i x_i", "refuted"),
    (r"Let $y_i \in \{0, 1\}$. Now let $y_i \in \mathbb{R}$.", "y_i^2 = y_i", "refuted"),
])  # fmt: skip
def test_properties_that_the_text_gives(keeper: Keeper, sentence: str, formula: str, verdict: str) -> None:
    assert run(keeper, f"{sentence}\n\n$${formula}$$").steps()[-1].verdict == verdict


@pytest.mark.parametrize(("page", "verdict"), [
    # the values of an example are no hypotheses of what is said in general
    ("For example, at $x = 2$ the slope is 4. In general, for $g(x) = x^2$\n\n$$x^3 = 2 x^2$$", "undecided"),
    ("Let $f(x, y) = x y$. If $x = 4, y = -3$ then $f(x, y) = -12$.\n\n"
     r"$$\frac{\partial f}{\partial y} = 7 x$$", "undecided"),
    ("Let $f(x, y) = x y$. If $x = 4, y = -3$ then $f(x, y) = -12$.\n\n"
     r"$$\frac{\partial f}{\partial y} = x$$", "proved"),
    ("We have $x = 2$ and $y = 3$.\n\n$$x y = 6$$", "proved"),
    ("Let $f(x) = a x^2$ with $a = 3$.\n\n$$f'(x) = 6 x$$", "proved"),
    ("Let $f(x) = a x^2$ with $a = 3$.\n\n$$f'(x) = 5 x$$", "refuted"),
    ("The model is $$y_i = a x_i + b$$ and its error\n\n$$\\frac{\\partial}{\\partial a} "
     r"\sum_{i=1}^n (y_i - a x_i - b)^2 = 5 \sum_{i=1}^n (y_i - a x_i - b) x_i$$", "undecided"),
])  # fmt: skip
def test_values_of_an_example(keeper: Keeper, page: str, verdict: str) -> None:
    assert run(keeper, page).steps()[-1].verdict == verdict

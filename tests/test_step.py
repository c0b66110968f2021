"""One step: the literal verdict, and what it rests on."""

from __future__ import annotations

import pytest
from checked import run, step, verdicts

from symgrad.checking.process import Keeper


def test_vanishing_sides_and_wrong_labels_are_said(keeper: Keeper) -> None:
    assert [f.code for f in run(keeper, "$$x - x = y - y$$").findings] == ["SG301"]
    text = r"$$\frac{d}{dw} (w^2 + w) &= \frac{d}{dw} w^2 + \frac{d}{dw} w && \text{product rule}$$"
    result = run(keeper, text)
    assert [f.code for f in result.findings] == ["SG303"]
    assert result.steps()[0].claimed_rule == "product rule"


@pytest.mark.parametrize(
    "claim",
    [
        r"\nabla_v R = 2 G^\top (G v - s)",
        r"\frac{\partial a}{\partial u_k} = 2 u_k",
        r"\frac{\partial h}{\partial t} = 3 t^2",
    ],
)
def test_what_a_derivative_may_not_lose(keeper: Keeper, claim: str) -> None:
    """The weight of a penalty, the number of a mean: known from the definition, gone in the derivative."""
    lets = (
        r"G \in \mathbb{R}^{m \times q}", r"v \in \mathbb{R}^q", r"s \in \mathbb{R}^m",
        r"R = \|G v - s\|^2 + \rho \|v\|^2", r"a = \frac{1}{M} \sum_{i=1}^M u_i^2", "h = t^3 + c t",
    )  # fmt: skip
    assert step(keeper, claim, *lets).verdict == "refuted"
    # .. but a name of which nothing is said may stand for what the other side lost
    assert step(keeper, claim + " + q_0", *lets).verdict == "undecided"


@pytest.mark.parametrize(
    "formula",
    [r"5\,\text{km} = 5000\,\text{m}", r"12~\text{h} = 0.5~\text{d}", "1,000 = 10^3", "0,5 = 1/2",
     r"10^{3} \text{ cm/s} = 36 \text{ km/h}"],
)
def test_units_and_commas_in_numbers_are_no_slips(keeper: Keeper, formula: str) -> None:
    assert step(keeper, formula).verdict in ("undecided", "unreadable")


def test_a_reason_that_is_a_formula_is_no_function(keeper: Keeper) -> None:
    text = r"\begin{aligned} (a-b)^2 &= a^2 - 2ab + b^2 && \text{as } (a-b)^2 = (b-a)^2 \end{aligned}"
    assert [s.verdict for s in run(keeper, f"$$\n{text}\n$$").steps()] == ["proved", "proved"]

UNSAID = [
    r"""$$ h_i = (x_i - c) (v + \epsilon)^{-1/2} $$
$$ \frac{d (v + \epsilon)^{-1/2}}{d x_i} = -7 \frac{d (v + \epsilon)}{d x_i} (v + \epsilon)^{-3/2} $$""",
    r"""Where $s(u^{(i)}) = \frac{1}{1 + e^{-u^{(i)}}}$ and $u^{(i)} = c x^{(i)}$, write $u = u^{(i)}$.
$$ \frac{\partial (1 - s)}{\partial u} = -3 \frac{\partial s}{\partial u} $$""",
    r"""The peak is where $c = x$. With $f(x) = e^{-(x - c)^2}$,
$$ \frac{df}{dx} = -7 e^{-(x - c)^2} (x - c) $$""",
]


@pytest.mark.parametrize("text", UNSAID)
def test_a_derivative_that_is_0_for_want_of_a_connection_proves_nothing(keeper: Keeper, text: str) -> None:
    assert verdicts(keeper, text)[-1] == "undecided"


def test_primed_functions_of_ours(keeper: Keeper) -> None:
    assert step(keeper, r"\tanh'(x) = 1 - \tanh^2(x)").verdict == "proved"
    assert step(keeper, r"\sin'(x) = -\cos x").verdict == "refuted"


@pytest.mark.parametrize(("entry", "verdict"), [("0.35", None), ("0.45", "refuted")])
def test_rounded_entries_of_a_vector(keeper: Keeper, entry: str, verdict: str | None) -> None:
    matrix = r"\begin{bmatrix} 0.1 & 0.5 \\ 0.6 & 0.3 \end{bmatrix}"
    assert step(keeper, rf"[0.32, 0.53] {matrix} = [{entry}, 0.32]").verdict == verdict


@pytest.mark.parametrize(("left", "verdict"), [("u", "proved"), ("2 u", "refuted")])
def test_an_infix_sign_at_the_end_of_a_row(keeper: Keeper, left: str, verdict: str) -> None:
    lets = (r"u \in \mathbb{R}^n", r"v \in \mathbb{R}^n")
    formula = rf"\begin{{aligned}} {left} \odot v &= v \odot u \odot v \oslash \\ & v \end{{aligned}}"
    assert step(keeper, formula, *lets).verdict == verdict

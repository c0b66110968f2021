"""Conditions: what stands beside a formula or around it limits it."""

from __future__ import annotations

import pytest
from checked import verdicts

from symgrad.checking import check_text
from symgrad.checking.findings import Step
from symgrad.checking.process import Keeper

SHARES = "<!-- symgrad: let s_k = \\frac{e^{u_k}}{\\sum_c e^{u_c}} -->\n"

SAME = r"\frac{\partial s_k}{\partial u_l} = s_k (1 - s_k)"

OTHER = r"\frac{\partial s_k}{\partial u_l} = -s_k s_l"

BEHIND = [", \\quad {}", " \\quad \\text{{if }} {}", " & ({})", r"\,, \text{{ for }} {}"]


@pytest.mark.parametrize("form", BEHIND)
def test_a_condition_behind_a_formula_holds_for_it(keeper: Keeper, form: str) -> None:
    for claim, condition, verdict in [
        (SAME, "k = l", "proved"),
        (OTHER, r"k \neq l", "proved"),
        (SAME, r"k \neq l", "refuted"),
        (OTHER, "k = l", "refuted"),
    ]:
        assert verdicts(keeper, f"{SHARES}$${claim}{form.format(condition)}$$") == [verdict], condition
    # It is no definition, and nothing that is said under it is one.
    text = f"{SHARES}$${SAME}{form.format('k = l')}$$\n\n$${SAME}$$\n"
    assert verdicts(keeper, text) == ["proved", "refuted"]
    assert verdicts(keeper, r"$$r(x) = 0, \quad x < 0$$ $$r(x)^2 = 0$$") != ["proved"]


def test_a_condition_in_the_text_holds_for_the_formula_beside_it(keeper: Keeper) -> None:
    text = f"{SHARES}\n\nIf $k = l$ we have\n\n$${SAME}$$\n\nand for $k \\ne l$:\n\n$${OTHER}$$"
    text += f"\n\nSo\n$${OTHER}$$\n"
    assert verdicts(keeper, text) == ["proved", "proved", "refuted"]
    assert verdicts(keeper, r"Here $$|t| = t$$ for $t > 0$.") == ["proved"]
    assert verdicts(keeper, r"It is $t > 0$. And $$\sqrt{t^2} = t$$ here.") == ["refuted"]

BESIDE = [
    r"$$|u| = u \quad (u > 0)$$",
    r"$$|u| = u \text{ for } u \geq 0$$",
    r"$$|u| = -u, \quad u<0$$",
    r"$$|u| = u \qquad \forall u > 0$$",
    r"$$\max(0, u) = 0 \quad\text{if $u \le 0$}$$",
    r"$$b^3 = b \quad \text{as } b\in\{0,1\}$$",
    "For $u > 0$, $$|u| = u.$$",
    "We note that\n$$|u| = -u$$\nfor $u<0$, as it must be.",
    r"$$\begin{aligned} |u| &= u && (u > 0) \\ |u| &= -u && (u < 0) \end{aligned}$$",
    "For $i \\ne j$ we have $$\\frac{\\partial x_i}{\\partial x_j} = 0$$",
    "When $i = j$, $$\\frac{\\partial x_i}{\\partial x_j} = 1$$",
]


@pytest.mark.parametrize("note", BESIDE)
def test_a_condition_beside_a_formula_is_a_hypothesis(note: str) -> None:
    claims = [s for s in check_text(note, "md").steps() if s.kind == "claim"]
    assert claims and all(s.verdict == "proved" for s in claims)


def test_a_condition_does_not_excuse_a_slip_and_an_unread_one_is_not_ignored() -> None:
    def last(note: str) -> Step:
        return next(s for s in check_text(note, "md").steps() if s.kind == "claim")

    wrong = last(r"$$|u| = -u \quad (u > 0)$$")
    assert wrong.verdict == "refuted" and wrong.witness is not None
    assert str(wrong.witness["parameters"]).find("-") < 0
    assert last(r"$$\frac{d}{du} u^2 = 3u \quad \text{for all } u$$").verdict == "refuted"
    for note in (
        r"$$|u| = u \quad \text{for positive } u$$",
        r"$$|u| = u \quad \text{for } u, v > 0$$",
        r"$$u^2 = u \quad \text{unless } u > 1$$",
        "If the labels are one-hot, $$\\sum_k y_k = 1$$",
        r"$$\begin{aligned} |u| &= u && (u > 0) \\ &= -u && (u < 0) \end{aligned}$$",
    ):
        assert last(note).verdict not in ("refuted", "illtyped")

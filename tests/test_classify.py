"""Classification: what each relation is, and which definition is in force."""

from __future__ import annotations

import pytest
from checked import run, step, verdicts

from symgrad.checking import check_text
from symgrad.checking.process import Keeper


@pytest.mark.parametrize(
    "formula, kind, verdict",
    [
        (r"L = (w x - y)^2", "definition", None),
        (r"L := (w x - y)^2", "definition", None),
        (r"w := w - \eta g", "update", None),
        (r"w = w - \eta g", "update", None),
        (r"w^{(t+1)} = w^{(t)} - \eta g", "update", None),
        (r"\pi \approx 3.14", "approximation", None),
        (r"\frac{1}{3} = 0.333", "approximation", None),
        (r"\frac{1}{3} = 0.334", "claim", "refuted"),
        (r"a \le b", "inequality", None),
        (r"\frac{d}{dw} (w x - y)^2 = 0", "condition", None),
        (r"\frac{d}{dw} (a - y)^2 = 0", "claim", "undecided"),
        (r"\frac{d}{dw} w^2 = 2 w", "claim", "proved"),
        (r"\sigma'(z) = \sigma(z) (1 - \sigma(z))", "claim", "proved"),
    ],
)
def test_classification(keeper: Keeper, formula: str, kind: str, verdict: str | None) -> None:
    found = step(keeper, formula)
    if verdict == "undecided":  # a derivative by a variable that nothing speaks of
        assert found.verdict in ("undecided", None, "proved")
    else:
        assert (found.kind, found.verdict) == (kind, verdict)


def test_definitions_behind_the_formula_that_uses_them(keeper: Keeper) -> None:
    text = (
        "The cost is\n$$L = (y - \\hat y)^2,$$\nwhere $\\hat y = w x$. Then\n"
        "$$\\frac{\\partial L}{\\partial w} = -2 (y - \\hat y) x.$$"
    )
    assert [s.verdict for s in run(keeper, text).steps()] == [None, None, "proved"]


def test_a_refuted_row_is_no_hypothesis(keeper: Keeper) -> None:
    text = "$$L = w^2$$\n$$\\frac{dL}{dw} = 3 w$$\n$$\\frac{dL}{dw} = 3 w$$\n$$\\frac{dL}{dw} = 2 w$$"
    assert [s.verdict for s in run(keeper, text).steps()] == [None, "refuted", "refuted", "proved"]


def test_a_question_is_no_claim() -> None:
    [step] = check_text("$$a \\overset{?}{=} b$$", "md").steps()
    assert step.kind == "condition" and step.verdict is None

IN_FORCE = {
    "layers": r"""Let $u_j^{(l)} = \sum_k w_{jk}^{(l)} h_k^{(l-1)}$ and $h_j^{(l)} = \tanh(u_j^{(l)})$.
$$ \frac{\partial h_j^{(l)}}{\partial u_j^{(l)}} = 1 - (h_j^{(l)})^2 $$""",
    "time": "With $g_t = 3 r_{t-1}$ and $r_t = e^{g_t}$ we have $$ \\log r_t = g_t $$",
    "a variance with an index": r"""With $\sigma^2 = \frac{1}{N} \sum_{i=1}^N x_i^2$, and for each column
$$ \sigma_c^2 = \frac{1}{N} \sum_{i=1}^N x_{ic}^2, $$
$$ \frac{\partial \sigma_c^2}{\partial x_{ic}} = \frac{2}{N} x_{ic} $$""",
    "two examples": r"""$$ \begin{align}
u = 3 x + y &\quad\Rightarrow\quad \frac{\partial u}{\partial x} = 3 \\
u = x^2 y &\quad\Rightarrow\quad \frac{\partial u}{\partial x} = 2 x y
\end{align} $$""",
    "a table": r"""| $h(t) = a$ | $h'(t) = 0$ |
| $h(t) = t^2$ | $h'(t) = 2 t$ |
| $h(t) = \ln(t)$ | $h'(t) = \frac{1}{t}$ |""",
}


@pytest.mark.parametrize("name", IN_FORCE)
def test_the_definition_that_is_meant_is_in_force(keeper: Keeper, name: str) -> None:
    assert verdicts(keeper, IN_FORCE[name])[-1] == "proved"
    wrong = IN_FORCE[name]
    for right in ("= 2 x y", "= \\frac{2}{N} x_{ic}", "= 1 -", "= g_t", "= \\frac{1}{t}"):
        wrong = wrong.replace(right, right.replace("= ", "= 5 "))
    assert wrong != IN_FORCE[name] and verdicts(keeper, wrong)[-1] == "refuted"


def test_a_branch_is_no_definition(keeper: Keeper) -> None:
    text = r"""Let $h = \max(0, z)$. If $z > 0$ then $h = z$. For every $z$,
$$h^2 = z \max(0, z)$$
$$2 h = z + |z|$$"""
    assert verdicts(keeper, text) == ["proved", "proved"]


def test_each_row_defines_for_itself(keeper: Keeper) -> None:
    text = r"""1. Let $z = x + y$. Then $$\frac{\partial z}{\partial x} = 1$$
2. $z = x^2 y$ gives $$\frac{\partial z}{\partial x} = 2 x y$$"""
    assert verdicts(keeper, text) == ["proved", "proved"]
    assert verdicts(keeper, text.replace("= 2 x y", "= 3 x y"))[-1] == "refuted"


def test_a_primed_name_is_no_recurrence(keeper: Keeper) -> None:
    found = run(keeper, "Let $y = 2 x$.\n\n$$ x' = y' = 2 y - y $$").steps()
    assert [s.kind for s in found[:2]] == ["definition"] * 2 and "SG207" not in {s.code for s in found}


def test_a_property_of_a_function_is_no_recurrence(keeper: Keeper) -> None:
    text = r"""$$ \operatorname{softmax}(z) = \operatorname{softmax}(z - c) $$
Let $q_j = \operatorname{softmax}(z)_j$.
$$ \frac{\partial q_j}{\partial z_i} = q_j (\mathbb{1}(i = j) - q_i) $$"""
    assert verdicts(keeper, text)[-1] == "proved"

RECURRENCE = r"""Let $h_t = \tanh(w h_{t-1} + u x_t)$ and $g_{t+1} = 2 g_t + x_t$ with $b_{k+1} = m_k a_k$.
$$ \frac{\partial h_t}{\partial h_{t-1}} = w (1 - h_t^2) $$
$$ \frac{\partial g_t}{\partial g_{t-1}} = 2 $$
$$ c - b_k = c - m_{k-1} a_{k-1} $$"""


def test_recurrences_are_definitions(keeper: Keeper) -> None:
    assert verdicts(keeper, RECURRENCE) == ["proved"] * 3
    wrong = RECURRENCE.replace("(1 -", "(1 +").replace("= 2 $$", "= 3 $$").replace("c - m_{k-1}", "c - m_k")
    assert verdicts(keeper, wrong) == ["refuted"] * 3

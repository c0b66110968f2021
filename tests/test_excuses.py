"""Excuses: a step that fails may be right in another reading, and no excuse lets a slip pass."""

from __future__ import annotations

import pytest
from checked import run, step, verdicts

from symgrad.checking import check_text
from symgrad.checking.process import Keeper


def test_a_refutation_needs_what_the_author_said(keeper: Keeper) -> None:
    silent = step(keeper, r"\frac{\partial L}{\partial z} = a - y")
    assert (silent.verdict, silent.code) == ("undecided", "SG202")
    spoken = step(
        keeper,
        r"\frac{\partial L}{\partial z} = y - a",
        r"L = -y \log a - (1-y) \log (1-a)",
        r"a = \sigma(z)",
    )
    assert spoken.verdict == "refuted"


@pytest.mark.parametrize(
    "note",
    [
        r"We write $b_{ij} = z_i^\top z_j$. Here $\sum_{i=1}^m b_{ij} = \sum_{j=1}^m b_{ij} = 0$.",
        r"$$\frac{\partial g}{\partial u_j} = g_{u_j} = g_j = D_j g = D_{u_j} g$$",
        r"$$e^{a_0} + e^{a_1} + e^{a_2} = \sum_{k=0}^{K-1} e^{a_k}$$",
        "Let $J(v) = v^\\top v$. So $$\\nabla J(v) = 2v.$$ Recall $$\\nabla x^\\top A x = (A + A^\\top) x$$",
    ],
)  # fmt: skip
def test_what_notes_say_without_claiming_it_for_all_data_is_not_refuted(note: str) -> None:
    """A property of the data, other notations, a number of classes in mind, the rule for another x."""
    assert all(s.verdict not in ("refuted", "illtyped") for s in check_text(note, "md").steps())


def test_clusters_may_make_up_the_whole_and_excuse_no_slip(keeper: Keeper) -> None:
    lets = (r"a = \frac{1}{m} \sum_{i=1}^m x_i",)
    parts = r"\sum_{k=1}^K \sum_{u \in C_k} "
    whole = step(keeper, rf"\sum_{{i=1}}^m (x_i - a)^2 = {parts} (u - a)^2", *lets)
    assert whole.verdict == "undecided"
    assert step(keeper, rf"{parts} (u - a)^2 = {parts} (u^2 - a^2)", *lets).verdict == "refuted"


@pytest.mark.parametrize(
    "right, verdict",
    [
        ("I W + W I^T", "proved"),
        ("3 I W", "refuted"),
        ("3 W", "refuted"),
        ("2 W + I", "undecided"),
        ("2 I' W", "undecided"),
    ],
)
def test_a_factor_i_beside_a_matrix_is_the_identity(keeper: Keeper, right: str, verdict: str) -> None:
    found = step(keeper, r"\nabla_W \|W\|_F^2 = " + right, r"W \in \mathbb{R}^{n \times n}")
    assert found.verdict == verdict

RESULTS = [
    r"$$4 \sum_{i=1}^n (y_i - c x_i) x_i = 3 \sum_{i=1}^n (y_i - c x_i) x_i$$"
    "\nand the solution is $c = \\frac{\\sum_{i=1}^n x_i y_i}{\\sum_{i=1}^n x_i^2}$.",
    r"$$\frac{a}{q} - \frac{b}{1 - q} = \frac{3 (a - a q - b q)}{q (1 - q)}$$"
    "\nwith the maximum at $q = \\frac{a}{a + b}$.",
    r"""The maximum likelihood estimate is $q = \frac{a}{m}$.
$$\frac{d}{dq} (a \log q + (m - a) \log(1 - q)) = \frac{a}{q} - \frac{m - a}{1 - q} = \frac{a - m q}{q}$$""",
    r"""Let $J(c) = \sum_{i=1}^n (x_i - c)^2$. This gives $c = \frac{1}{n} \sum_{i=1}^n x_i$.
$$J'(c) = -3 \sum_{i=1}^n (x_i - c)$$""",
    r"""We show that $q = \frac{a}{m}$ is best. Let $\ell(q) = a \log q + (m - a) \log(1 - q)$.
$$\ell''(q) = -\frac{a}{q^2} - \frac{m - a}{(1 - q)^2} = -\frac{m}{q (1 - q)}$$""",
    r"The M-step gives $\pi_k = \frac{N_k}{N}$. $$\frac{N_k}{\pi_k} - N = \frac{2 N_k - 2 N \pi_k}{\pi_k}$$",
    r"We show $\hat w = \frac{y}{x}$. $$x (y - \hat w x) = 2 x y - 2 \hat w x^2$$",
    r"Let $L = (y - \hat y)^2$. For a perfect guess, $\hat y = y$."
    r" $$\frac{\partial L}{\partial\hat y} = 2 (y - \hat y)$$",
    r"""Let $h = \max(0, z)$. If $z > 0$ then $h = z$. Here is the derivative:
$$ h^2 = z^2 $$""",
    r"""Let $\ell = \max(0, 1 - y s)$. On the margin $\ell = 1 - y s$. Everywhere else, with all that:
$$ \frac{\partial \ell}{\partial s} = -y $$""",
    r"$$5 (a x - y) x = 2 (a x - y) x$$ with $a = y/x$.",
    r"$$5 (a x - y) x = 2 (a x - y) x,$$ which vanishes for $a = y/x$.",
]


@pytest.mark.parametrize("text", RESULTS)
def test_the_result_of_a_derivation_proves_no_slip_in_it(keeper: Keeper, text: str) -> None:
    assert verdicts(keeper, text)[-1] in ("refuted", "undecided")


def test_a_result_is_put_in_where_it_is_meant(keeper: Keeper) -> None:
    text = r"""Let $J(c) = \sum_{i=1}^n (x_i - c)^2$. The solution is $c = \frac{1}{n} \sum_{i=1}^n x_i$.
$$\nabla_c J = -2 \sum_{i=1}^n (x_i - c)$$
$$-2 \sum_{i=1}^n (x_i - c) = 0$$"""
    found = [s for s in run(keeper, text).steps() if s.kind == "claim"]
    assert [s.verdict for s in found] == ["proved", "proved"]
    assert [len(s.assuming) for s in found] == [0, 1] and found[1].assuming[0].startswith("c =")

UNSPOKEN = [
    (r"Here $\sigma$ is a standard deviation. $$\sqrt{\frac{1}{\sigma^2}} = \frac{1}{\sigma}$$", "undecided"),
    (r"A body of mass $m$. $$\frac{\sqrt{m}}{m} = \frac{2}{\sqrt{m}}$$", "refuted"),
    (r"The labels $t$ are one-hot. $$q_i \left(\sum_k t_k\right) - t_i = q_i - t_i$$", "undecided"),
    (r"The labels $t$ are one-hot. $$q_i \left(\sum_k t_k\right) - t_i = q_i + t_i$$", "refuted"),
    (r"The layer is $h = \sigma(z) = \max(0, z)$. $$\sigma(z)^2 = z \sigma(z)$$", "undecided"),
    (r"""The outputs are $$o_i = \sigma(u_i) = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$$
$$\frac{\partial o_i}{\partial u_i} = o_i (1 - o_i)$$""", "proved"),
    (r"""The outputs are $$o_i = \sigma(u_i) = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$$
$$\frac{\partial o_i}{\partial u_i} = o_i (1 + o_i)$$""", "refuted"),
    (r"$$o = \sigma(u) = \frac{1}{1 + e^u}$$", "refuted"),
    (r"Let $s_i = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$."
     r" $$\frac{\partial s_i}{\partial u_{j \neq i}} = -s_i s_j$$", "proved"),
    (r"Let $s_i = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$."
     r" $$\frac{\partial s_i}{\partial u_{j \neq i}} = s_i s_j$$", "refuted"),
    (r"""$$\sum_{j=1}^n B_{kj} x_j + \sum_{j=1}^n B_{jk} x_j = 2 \sum_{j=1}^n B_{kj} x_j$$
This holds since $B$ is symmetric.""", "proved"),
    (r"""$$\sum_{j=1}^n B_{kj} x_j + \sum_{j=1}^n B_{jk} x_j = 2 \sum_{j=1}^n B_{kj} x_j$$
Since $B$ is symmetric, all is well.""", "refuted"),
    (r"""With $y = w x + b$ and $L = (y - t)^2$.
$$\frac{\partial L}{\partial b} = \frac{1}{m} \sum_i (y_{\text{new}}^{(i)} - t^{(i)})$$""", "undecided"),
]


@pytest.mark.parametrize("text, verdict", UNSPOKEN)
def test_what_the_text_leaves_unsaid(keeper: Keeper, text: str, verdict: str) -> None:
    assert verdicts(keeper, text)[-1] == verdict

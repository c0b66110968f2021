"""Which rule explains a human's step, and which rule a label claims."""

from __future__ import annotations

from itertools import pairwise

import pytest

from symgrad import derive
from symgrad.deriving.recognition import claimed_rule, explain
from symgrad.latex import read
from symgrad.losses.library import PROBLEMS
from symgrad.meaning.directives import read_directive
from symgrad.page.scope import Scope


def scope_of(*given: str) -> Scope:
    scope = Scope()
    for line in given:
        scope = read_directive(line, scope)
    return scope


FIT = scope_of(r"let J = \frac{1}{N} \sum_{i=1}^N (y_i - f(x_i))^2", "let f(x) = m x + b")


@pytest.mark.parametrize(("label", "rule"), [
    ("chain rule", "chain rule"), ("by the Chain Rule", "chain rule"), ("chain-rule", "chain rule"),
    ("sum rule", "sum rule"), ("factor rule", "factor rule"), ("constant multiple rule", "factor rule"),
    ("linearity of expectation", "linearity"), ("linearity", "linearity"), ("power rule", "power rule"),
    ("product rule", "product rule"), ("Quotient rule", "quotient rule"),
    ("definition $f$", "definition"), ("def. of f", "definition"), ("by definition", "definition"),
    ("plugging in z", "definition"), ("substitute", "definition"),
    ("distributive", "comm., distr."), ("comm., distr.", "comm., distr."), ("factoring out", "comm., distr."),
    ("rearranging", "comm., distr."), ("simplify", "simplification"),
    ("Kettenregel", None), ("", None), ("(3)", None), ("see above", None), ("chain and sum rule", "sum rule"),
    ("chain rule, sum rule", None), ("undefined", None), ("superpower rules", None), ("factors of two", None),
])  # fmt: skip
def test_labels(label: str, rule: str | None) -> None:
    assert claimed_rule(label) == rule


THREAD = [
    (r"\frac{\partial J}{\partial m}", ""),
    (r"\frac{1}{N} \frac{\partial}{\partial m} \sum_{i=1}^N (y_i -f(x_i))^2", "factor rule"),
    (r"\frac{1}{N} \sum_{i=1}^N \frac{\partial}{\partial m} (y_i -f(x_i))^2", "sum rule"),
    (r"\frac{1}{N} \sum_{i=1}^N 2(y_i -f(x_i)) \frac{\partial}{\partial m} (y_i -f(x_i))", "chain rule"),
    (r"\frac{1}{N} \sum_{i=1}^N 2(y_i -f(x_i)) \frac{\partial}{\partial m} (y_i - (mx_i + b))", "definition"),
    (r"\frac{1}{N} \sum_{i=1}^N 2(y_i -f(x_i)) (-x_i)", "evaluation"),
    (r"-\frac{2}{N} \sum_{i=1}^N x_i(y_i -f(x_i))", "comm., distr."),
]


def test_every_line_of_the_thread_is_explained_by_its_label() -> None:
    pages = [(read(text, FIT), rule) for text, rule in THREAD]
    for (before, _), (after, rule) in pairwise(pages):
        assert explain(before, after, FIT) == rule
    assert explain(pages[0][0], pages[-1][0], FIT) is None


def rule_of(before: str, after: str, *given: str, claimed: str | None = None) -> str | None:
    scope = scope_of(*given)
    return explain(read(before, scope), read(after, scope), scope, claimed)


D = r"\frac{\partial}{\partial w} "


@pytest.mark.parametrize(("before", "after", "given", "rule"), [
    (D + "(3 w^2 + b)", "6 w", (), "power rule"),
    (D + r"\sigma(w x)", r"\sigma(w x) (1 - \sigma(w x)) x", (), "chain rule"),
    (D + "(w x + b)", "x", (), "evaluation"),
    (D + "(u + v)", D + "u + " + D + "v", ("let u = w^2", "let v = w^3"), "sum rule"),
    (D + "(3 u)", "3 " + D + "u", ("let u = w^2",), "factor rule"),
    (D + "(3 u + 4 v)", "3 " + D + "u + 4 " + D + "v", ("let u = w^2", "let v = w^3"), "linearity"),
    (D + "(w e^w)", "e^w + w e^w", (), "product rule"),
    (D + r"\frac{w}{1 + w}", r"\frac{(1 + w) - w}{(1 + w)^2}", (), "quotient rule"),
    ("a (x + y)", "a x + a y", (), "comm., distr."),
    ("a b c", "c a b", (), "comm., distr."),
    ("a x + a y", "a (y + x)", (), "comm., distr."),
    (r"y - \hat{y}", "y - (w x + b)", (r"let \hat{y} = w x + b",), "definition"),
    ("y - (w x + b)", r"y - \hat{y}", (r"let \hat{y} = w x + b",), "definition"),
    (r"\frac{\partial L}{\partial w}", r"\frac{\partial L}{\partial z} \frac{\partial z}{\partial w}",
     ("let L = z^2", "let z = w x"), "chain rule"),
    (r"\frac{\partial L}{\partial w}",
     r"\frac{\partial L}{\partial a} \cdot \frac{\partial a}{\partial z} \cdot \frac{\partial z}{\partial w}",
     ("let L = a^2", "let a = e^z", "let z = w x"), "chain rule"),
    (r"\sum_{i=1}^N 3 x_i", r"3 \sum_{i=1}^N x_i", (), "comm., distr."),
    (r"\sum_{i=1}^N (x_i + y_i)", r"\sum_{i=1}^N x_i + \sum_{i=1}^N y_i", (), "linearity of the sum"),
    (r"\sum_{i=1}^N c", "N c", (), "sum of a constant"),
    (r"\sum_{k=1}^K \delta_{kj} y_k", "y_j", (), "Kronecker delta"),
    (r"z \sum_{k=1}^K p_k", "z", (r"assume \sum_{k=1}^K p_k = 1",), "assumption"),
    (r"\frac{1}{1 + e^{-z}} - y", r"\sigma(z) - y", (), "definition σ"),
    # a definition, the chain rule and another definition have no single name
    (r"\frac{\partial a}{\partial w}", "a (1 - a) x", (r"let a = \sigma(z)", "let z = w x"), None),
    (r"\nabla_w \lVert y - X w \rVert^2", "2 X^T (X w - y)",
     (r"let w \in \mathbb{R}^d", r"let X \in \mathbb{R}^{n \times d}", r"let y \in \mathbb{R}^n"),
     "gradient of a square"),
])  # fmt: skip
def test_steps(before: str, after: str, given: tuple[str, ...], rule: str | None) -> None:
    assert rule_of(before, after, *given) == rule


@pytest.mark.parametrize(("before", "after", "given"), [
    (D + "(w x)^2", "2 w x", ()),
    (D + "(3 w^2 + b)", "6 w + 1", ()),
    (r"\sum_{i=1}^N x_i y_i", r"\sum_{i=1}^N x_i \sum_{i=1}^N y_i", ()),
    ("a (x + y)", "a x + y", ()),
    (r"\sigma(w)", r"\tanh(w)", ()),
    (r"\frac{1}{1 + e^{-z}} - y", "(z + y)^2", ()),
])  # fmt: skip
def test_nothing_explains_a_wrong_step(before: str, after: str, given: tuple[str, ...]) -> None:
    assert rule_of(before, after, *given) is None


@pytest.mark.parametrize(("claimed", "found"), [
    ("chain rule", "chain rule"), ("power rule", "power rule"), ("product rule", "chain rule"),
    ("sum rule", "chain rule"), ("definition", "chain rule"), (None, "chain rule"),
])  # fmt: skip
def test_a_label_is_confirmed_or_contradicted(claimed: str | None, found: str) -> None:
    assert rule_of(D + "(w x + b)^2", "2 (w x + b) x", claimed=claimed) == found


def test_linearity_is_the_sum_rule_by_another_name() -> None:
    before, after = r"\nabla_w \sum_{i=1}^N w^2 x_i", r"\sum_{i=1}^N \nabla_w (w^2 x_i)"
    assert rule_of(before, after) == "sum rule"
    assert rule_of(before, after, claimed="linearity") == "linearity"
    assert rule_of(before, after, claimed="product rule") == "sum rule"


def test_circular_names_end() -> None:
    given = ("let u = v", "let v = u", r"let d = \frac{\partial J}{\partial z}", "let J = d z")
    assert rule_of("u + d", "d + u", *given) == "comm., distr."
    assert rule_of(r"\frac{\partial J}{\partial z}", "u", *given) in (None, "definition")


def test_a_label_with_a_name_is_the_definition_rule() -> None:
    assert rule_of("f(x)", "m x + b", "let f(x) = m x + b", claimed=claimed_rule("def. of f")) == "definition"


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_the_machines_own_lines_are_explained(name: str) -> None:
    objective = PROBLEMS[name]()
    d = derive(objective, objective.parameters[0])
    for step in d.course():
        found = explain(step.before, step.after, d.scope)
        assert found is not None and (step.rule == found or step.rule.startswith("definition")), step.rule

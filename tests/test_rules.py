"""Every rule proved on random instances; deliberately wrong rules refuted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from expressions import INDEX, SCOPE, THETA, C, Maker, N, X, Y

from symgrad.bridge import to_page, to_sympy
from symgrad.deriving.rules import DIFFERENTIATION, RULES, TIDYING
from symgrad.deriving.rules.functions import TABLE
from symgrad.functions import PAGES
from symgrad.latex import read
from symgrad.meaning.directives import read_directive
from symgrad.meaning.judging import prove_nodes
from symgrad.page.scope import Scope
from symgrad.page.tree import (
    Abs,
    Add,
    Call,
    Cases,
    Derivative,
    Frac,
    Gradient,
    Indexed,
    Indicator,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Relation,
    Sum,
    Sym,
    Transpose,
)

TWO = Num(2)


def d(body: Node) -> Derivative:
    return Derivative(body, ((THETA, 1),))


# One way to write something that the rule applies to.
INSTANCES: dict[str, Callable[[Maker], Node]] = {
    "second derivative": lambda m: Derivative(m.moving(), ((THETA, 2),)),
    "evaluation": lambda m: d(Add((Mul((m.constant(), THETA, m.constant())), Neg(m.constant())))),
    "definition": lambda m: d(Add((Y, Neg(Mul((m.constant(), Call(Sym("f"), (m.constant(),)))))))),
    "power rule": lambda m: d(Mul((m.constant(), Pow(THETA, Num(m.random.randrange(2, 6)))))),
    "elementary derivative": lambda m: d(Add((m.constant(), Call(Sym(m.random.choice(
        ["\\exp", "\\sigma", "\\tanh", "\\sinh", "\\cosh", "\\log", "\\operatorname{softplus}", "\\sin",
         "\\cos"]
    )), (THETA,))))),
    "logarithm of a quotient": lambda m: d(Mul((m.constant(), Call(Sym("\\log"), (
        Frac(Pow(Sym("e"), m.moving()), Add((Num(1), Pow(m.moving(), TWO)))),))))),
    "chain rule": lambda m: d(Mul((m.constant(), m.outer(Add((m.moving(0), THETA)))))),
    "factor rule": lambda m: d(Mul((m.constant(), m.outer(m.moving()), m.moving()))),
    "sum rule": lambda m: d(
        m.random.choice([m.total, lambda u: Add((u, Neg(m.moving()), C))])(m.outer(THETA))),
    "branch by branch": lambda m: d(Cases(((m.moving(), Relation(X, ">", Y)), (m.moving(), None)))),
    "product rule": lambda m: d(Mul((m.outer(m.moving()), m.constant(), m.outer(m.moving())))),
    "quotient rule": lambda m: d(Frac(m.moving(), Add((Num(1), Pow(m.moving(), TWO))))),
    "linearity of the sum": lambda m: m.total(m.random.choice([
        Add((X, Neg(Mul((X, Y))))), Mul((C, X, Y)), Frac(X, C), Neg(Y)])),
    "sum of a constant": lambda m: m.total(m.random.choice([C, Mul((TWO, THETA)), Num(1)])),
    "definition σ": lambda m: m.random.choice([
        lambda e: Frac(Num(1), Add((Num(1), e))), lambda e: Frac(e, Add((e, Num(1)))),
        lambda e: Frac(Mul((X, e)), Pow(Add((Num(1), e)), TWO))])(
            Pow(Sym("e"), m.random.choice([Neg(THETA), Mul((THETA, X)), Neg(Mul((Y, X)))]))),
    "definition tanh": lambda m: Mul((C, Frac(Call(Sym("\\sinh"), (X,)), Call(Sym("\\cosh"), (X,))))),
    "Kronecker delta": lambda m: Sum(
        m.random.choice([
            lambda e: Mul((e, m.constant())), lambda e: Neg(Mul((X, e))),
            lambda e: Mul((X, Add((e, Neg(Y))))),
        ])(Indexed(Sym("\\delta"), m.random.choice([(INDEX, Sym("j")), (Sym("j"), INDEX)]))),
        INDEX, Num(1), N),
    "range of the sum": lambda m: Sum(
        Mul((m.constant(), Indicator(m.random.choice([
            Relation(Sym("j"), "<=", INDEX), Relation(INDEX, "<=", Sym("j"))])), X)), INDEX, Num(1), N),
    "cancellation": lambda m: Mul((Frac(m.constant(), C), C, Add((X, Neg(C))))),
    "comm., distr.": lambda m: Mul((TWO, m.moving(), Neg(m.constant()), Num(3))),
    "simplification": lambda m: m.total(Mul((C, Frac(TWO, N)))),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTANCES)
def test_a_rule_is_proved_on_random_instances(name: str) -> None:
    applied = 0
    for seed in range(12):
        before = INSTANCES[name](Maker(seed))
        after = RULES[name](before, SCOPE)
        if after is not None:
            applied += 1
            verdict = prove_nodes(before, after, SCOPE)
            assert verdict.status == "proved", (before, after, verdict)
    assert applied >= 8


@pytest.mark.parametrize("name", TABLE)
def test_every_elementary_function_is_differentiated_and_goes_to_sympy_and_back(name: str) -> None:
    call = Abs(THETA) if name == "\\operatorname{abs}" else Call(Sym(name), (THETA,))
    assert prove_nodes(d(call), TABLE[name](THETA), SCOPE).status == "proved"
    assert prove_nodes(to_page(to_sympy(Call(Sym(name), (THETA,)), SCOPE)), call, SCOPE).status == "proved"


# Vectors, matrices and entries; the second column is what must come out.
NOTATION: list[tuple[str, str, str]] = [
    ("evaluation", r"\nabla_w (a^T w)", "a"),
    ("evaluation", r"\nabla_w (3 w^T X^T y - c)", "3 X^T y"),
    ("evaluation", r"\nabla_w (y^T X w)", "X^T y"),
    ("evaluation", r"\nabla_A (a^T A b)", "a b^T"),
    ("evaluation", r"\nabla_A (b^T A^T a)", "a b^T"),
    ("evaluation", r"\frac{\partial u_i}{\partial u_j}", r"\delta_{ij}"),
    ("evaluation", r"\frac{\partial}{\partial A_{ij}} A_{kl}", r"\delta_{ki} \delta_{lj}"),
    ("quadratic form", r"\nabla_w (w^T X^T X w)", "2 X^T X w"),
    ("quadratic form", r"\nabla_w (c w^T A w)", "c (A + A^T) w"),
    ("quadratic form", r"\nabla_w (w^T w)", "2 w"),
    ("gradient of a square", r"\nabla_w \lVert y - X w \rVert^2", "-2 X^T (y - X w)"),
    ("gradient of a square", r"\nabla_w \lVert w \rVert^2", "2 w"),
    ("gradient of a square", r"\nabla_w ((X w - y)^T (X w - y))", "2 X^T (X w - y)"),
    ("gradient of a square", r"\nabla_W \lVert Y - X W \rVert_F^2", "-2 X^T (Y - X W)"),
    ("evaluation", r"\frac{\partial}{\partial w_j} (w^T a)", "a_j"),
    ("evaluation", r"\frac{\partial}{\partial w_j} (c - 3 a^T w)", "-3 a_j"),
    ("evaluation", r"\frac{\partial}{\partial w_j} (y^T X w)", "[X^T y]_j"),
    ("evaluation", r"\frac{\partial}{\partial A_{jk}} (a^T A b)", "a_j b_k"),
    ("evaluation", r"\frac{\partial}{\partial w_j} (X w)_i", "X_{ij}"),
    ("entry of a gradient", r"\frac{\partial}{\partial w_j} \lVert w \rVert^2", "2 w_j"),
    ("entry of a gradient", r"\frac{\partial}{\partial w_j} \lVert y - X w \rVert^2", "-2 [X^T (y - X w)]_j"),
    ("entry of a gradient", r"\frac{\partial}{\partial w_j} (w^T w)", "2 w_j"),
    ("entry of a gradient", r"\frac{\partial}{\partial w_j} (y^T \tanh(X w))",
     r"[X^T (y \odot (1 - \tanh(X w) \odot \tanh(X w)))]_j"),
    ("backpropagation", r"\nabla_A (a^T \sigma(A b + w))",
     r"(a \odot \sigma(A b + w) \odot (1 - \sigma(A b + w))) b^T"),
    ("backpropagation", r"\nabla_w (\tanh(X w)^T y)", r"X^T (y \odot (1 - \tanh(X w) \odot \tanh(X w)))"),
    ("backpropagation", r"\nabla_w (y^T \log(X w))", r"X^T \frac{y}{X w}"),
    ("backpropagation", r"\nabla_w (y^T \operatorname{relu}(X w))",
     r"X^T (y \odot \operatorname{relu}'(X w))"),
    ("Jacobian", r"\frac{\partial}{\partial w} (2 X w)", "2 X"),
    ("Jacobian", r"\frac{\partial}{\partial w} (X^T (y - X w))",
     r"X^T \frac{\partial}{\partial w} (y - X w)"),
    ("Jacobian", r"\frac{\partial}{\partial w} ((a^T w)^2 b)", r"b (\nabla_w (a^T w)^2)^T"),
    ("selection", r"\frac{\partial}{\partial u_j} \sum_{k=1}^d u_k^2 a_k",
     r"\frac{\partial}{\partial u_j} (u_j^2 a_j)"),
    ("assumption", r"\sum_{k=1}^d p_k", "1"),
]  # fmt: skip

KINDS = (
    r"let w \in \mathbb{R}^d", r"let a \in \mathbb{R}^d", r"let b \in \mathbb{R}^d",
    r"let y \in \mathbb{R}^n", r"let X \in \mathbb{R}^{n \times d}", r"let A \in \mathbb{R}^{d \times d}",
    r"let Y \in \mathbb{R}^{n \times k}", r"let W \in \mathbb{R}^{d \times k}",
    r"assume \sum_{k=1}^d p_k = 1",
)  # fmt: skip


def vectors() -> Scope:
    scope = Scope()
    for line in KINDS:
        scope = read_directive(line, scope)
    return scope


@pytest.mark.parametrize(("name", "before", "after"), NOTATION)
def test_rules_for_vectors_matrices_and_entries(name: str, before: str, after: str) -> None:
    scope = vectors()
    page = read(before, scope)
    result = RULES[name](page, scope)
    assert result == read(after, scope)
    assert prove_nodes(page, result, scope).status == "proved"


@pytest.mark.parametrize("name", [name for name in TABLE if name != "\\operatorname{abs}"])
def test_every_elementary_function_is_a_layer(name: str) -> None:
    scope = vectors()
    inner = name if PAGES[name].total else "\\tanh"  # where the witness search finds points of the domain
    page = read(rf"\nabla_w (y^T {name}(X {inner}(A w)))", scope)
    result = RULES["backpropagation"](page, scope)
    assert result is not None and prove_nodes(page, result, scope).status == "proved"


def test_every_rule_is_tried_and_says_its_identity() -> None:
    assert {*INSTANCES, *(name for name, _, _ in NOTATION)} == {*RULES} == {
        *DIFFERENTIATION, *TIDYING, "linearity of the sum", "sum of a constant"}
    for name, rule in RULES.items():
        assert rule.__doc__ and "=" in rule.__doc__, name


# --- what is wrong is refuted ---------------------------------------------------------------------------

U, V = Pow(THETA, TWO), Add((Mul((THETA, X)), C))
SQUARE = Pow(V, TWO)

WRONG: dict[str, tuple[Node, Node]] = {
    "chain rule without the inner derivative": (d(SQUARE), Mul((TWO, V))),
    "chain rule with the outer derivative at the variable": (d(SQUARE), Mul((TWO, THETA, d(V)))),
    "max' without its step": (d(Call(Sym("\\max"), (Num(0), V))), X),
    "branches exchanged": (
        d(Cases(((U, Relation(X, ">", Num(0))), (V, None)))),
        Cases(((d(V), Relation(X, ">", Num(0))), (d(U), None)))),
    "power rule that keeps the exponent": (d(Pow(THETA, Num(3))), Mul((Num(3), Pow(THETA, Num(3))))),
    "power rule without the factor": (d(Pow(THETA, Num(3))), Pow(THETA, TWO)),
    "product rule as a product of derivatives": (d(Mul((U, V))), Mul((d(U), d(V)))),
    "product rule with one term": (d(Mul((U, V))), Mul((d(U), V))),
    "quotient rule with a plus": (
        d(Frac(U, V)), Frac(Add((Mul((d(U), V)), Mul((U, d(V))))), Pow(V, TWO))),
    "quotient rule without the square": (
        d(Frac(U, V)), Frac(Add((Mul((d(U), V)), Neg(Mul((U, d(V)))))), V)),
    "sum rule that keeps a constant": (d(Add((U, C))), Add((d(U), C))),
    "sum rule that loses a sign": (d(Add((U, Neg(V)))), Add((d(U), d(V)))),
    "factor rule on a factor that depends on θ": (d(Mul((THETA, V))), Mul((THETA, d(V)))),
    "factor rule through a square": (d(Pow(Mul((C, THETA)), TWO)), Mul((C, d(Pow(THETA, TWO))))),
    "derivative of a square under a sum as the square of a sum": (
        Sum(Pow(X, TWO), INDEX, Num(1), N), Pow(Sum(X, INDEX, Num(1), N), TWO)),
    "a factor with the index taken out of a sum": (
        Sum(Mul((X, Y)), INDEX, Num(1), N), Mul((Sum(X, INDEX, Num(1), N), Sum(Y, INDEX, Num(1), N)))),
    "sum of a constant not counted": (Sum(C, INDEX, Num(1), N), C),
    "σ' = σ": (d(Call(Sym("\\sigma"), (THETA,))), Call(Sym("\\sigma"), (THETA,))),
    "σ' = σ (1 + σ)": (
        d(Call(Sym("\\sigma"), (THETA,))),
        Mul((Call(Sym("\\sigma"), (THETA,)), Add((Num(1), Call(Sym("\\sigma"), (THETA,))))))),
    "cos' = sin": (d(Call(Sym("\\cos"), (V,))), Mul((Call(Sym("\\sin"), (V,)), X))),
    "tanh' = 1 - tanh": (
        d(Call(Sym("\\tanh"), (THETA,))), Add((Num(1), Neg(Call(Sym("\\tanh"), (THETA,)))))),
    "exp' with the exponent lowered": (
        d(Pow(Sym("e"), THETA)), Mul((THETA, Pow(Sym("e"), Add((THETA, Neg(Num(1)))))))),
    "log of a quotient as a quotient of logs": (
        d(Call(Sym("\\log"), (Frac(Pow(Sym("e"), THETA), Add((Num(2), U))),))),
        d(Frac(THETA, Call(Sym("\\log"), (Add((Num(2), U)),))))),
    "1/(1 + e^z) = σ(z)": (
        Frac(Num(1), Add((Num(1), Pow(Sym("e"), THETA)))), Call(Sym("\\sigma"), (THETA,))),
    "δ summed without a choice": (
        Sum(Mul((Indexed(Sym("\\delta"), (INDEX, Sym("j"))), X)), INDEX, Num(1), N),
        Sum(X, INDEX, Num(1), N)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_refuted(name: str) -> None:
    before, after = WRONG[name]
    verdict = prove_nodes(before, after, SCOPE)
    assert verdict.status == "refuted", verdict
    assert verdict.witness is not None and verdict.witness.left != verdict.witness.right


@pytest.mark.parametrize(("before", "after"), [
    (Norm(Add((Sym("y"), Neg(Mul((Sym("X"), Sym("w")))))), None),
     Mul((TWO, Transpose(Sym("X")), Add((Sym("y"), Neg(Mul((Sym("X"), Sym("w"))))))))),
    (Norm(Sym("w"), None), Sym("w")),
])  # fmt: skip
def test_a_wrong_gradient_of_a_square_is_refuted(before: Node, after: Node) -> None:
    assert prove_nodes(Gradient(Pow(before, TWO), Sym("w")), after, vectors()).status == "refuted"


def test_rules_leave_alone_what_they_do_not_know() -> None:
    kept = d(Call(Sym("\\max"), (THETA, Mul((THETA, X)))))
    assert all(RULES[name](kept, SCOPE) is None for name in DIFFERENTIATION)
    own = SCOPE.define(read_definition(r"let \sigma(t) = t^2"))
    assert RULES["elementary derivative"](d(Call(Sym("\\sigma"), (THETA,))), own) is None
    assert RULES["definition σ"](Frac(Num(1), Add((Num(1), Pow(Sym("e"), Neg(X))))), own) is None


def read_definition(line: str):  # type: ignore[no-untyped-def]
    (found,) = read_directive(line, Scope()).definitions.values()
    return found[0]

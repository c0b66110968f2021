"""Derivations: the lines of the thread, the forms a textbook prints, verdicts, SymPy's second opinion."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sympy
from expressions import SCOPE, THETA, Maker
from sympy import IndexedBase, Symbol, symbols

from symgrad import derive, prove
from symgrad.deriving.derivation import Derivation, derive_node
from symgrad.errors import InputError
from symgrad.latex import read
from symgrad.losses.library import PROBLEMS
from symgrad.meaning.judging import prove_nodes
from symgrad.objective import Objective
from symgrad.page.to_latex import to_latex
from symgrad.page.to_text import to_text
from symgrad.page.tree import (
    Add,
    Derivative,
    Frac,
    Mul,
    Neg,
    Node,
    Num,
    Sum,
    map_children,
    paths,
    put,
    walk,
)

SQUARES = r"\frac{1}{N} \sum_{i=1}^N (y_i - f(x_i))^2"


def lines(d: Derivation) -> list[tuple[str, str]]:
    return [(step.rule, to_text(step.after)) for step in d.course()]


def test_the_line_fit_has_the_lines_of_the_hand_derivation() -> None:
    d = derive(PROBLEMS["linear-regression"](), "m")
    assert to_text(d.start) == "∂J/∂m"
    expected = [
        ("factor rule", r"\frac{1}{N} \frac{\partial}{\partial m} \sum_{i=1}^N (y_i - f(x_i))^2"),
        ("sum rule", r"\frac{1}{N} \sum_{i=1}^N \frac{\partial}{\partial m} (y_i - f(x_i))^2"),
        ("chain rule",
         r"\frac{1}{N} \sum_{i=1}^N 2 (y_i - f(x_i)) \frac{\partial}{\partial m} (y_i - f(x_i))"),
        ("definition f",
         r"\frac{1}{N} \sum_{i=1}^N 2 (y_i - f(x_i)) \frac{\partial}{\partial m} (y_i - (m x_i + b))"),
        ("evaluation", r"\frac{1}{N} \sum_{i=1}^N 2 (y_i - f(x_i)) (-x_i)"),
        ("comm., distr.", r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - f(x_i))"),
    ]  # fmt: skip
    assert [(s.rule, s.after) for s in d.course()] == [(rule, read(page, d.scope)) for rule, page in expected]
    assert all(d.verdicts()) and not d.reason
    intercept = derive(PROBLEMS["linear-regression"](), "b")
    assert [rule for rule, _ in lines(intercept)] == [rule for rule, _ in lines(d)]
    assert to_text(intercept.result) == "-2/N * Σ_{i=1}^N (y_i - f(x_i))"


def test_an_objective_of_its_parameters_opens_the_derivation() -> None:
    for given in (r"let J(\theta) = " + SQUARES, "let J(m, b) = " + SQUARES, "let J = " + SQUARES):
        name = given[4:given.index(" =")]
        d = derive(name, "m", [given, "let f(t) = m t + b"])
        assert d.start == read(rf"\frac{{\partial {name}}}{{\partial m}}", d.scope)
        assert [s.rule for s in d.course()][:2] == ["factor rule", "sum rule"] and all(d.verdicts())
    d = derive("f(x)", "m", ["let f(t) = m t^2 + b"])
    assert [s.rule for s in d.course()] == ["definition f", "evaluation"]


LINE, UNIT = r"let f(t) = m t + b", r"let f(t) = \sigma(w t + b)"
INTERMEDIATE = (r"let a_i = \sigma(z_i)", r"let z_i = w x_i + b")
NETWORK = (
    r"let \hat{y}_i = \sum_{j=1}^h v_j a_{ij} + c", r"let a_{ij} = \sigma(z_{ij})",
    r"let z_{ij} = \sum_{k=1}^d W_{jk} x_{ik} + b_j",
)  # fmt: skip
LAYERS = (
    r"let \hat{y}_i = U a_i", r"let a_i = \sigma(z_i)", r"let z_i = W x_i + b",
    r"let U \in \mathbb{R}^{k \times h}", r"let W \in \mathbb{R}^{h \times d}", r"let b \in \mathbb{R}^h",
    r"let x_i \in \mathbb{R}^d", r"let y_i \in \mathbb{R}^k",
)  # fmt: skip
SOFTMAX = r"let p_k = \frac{e^{z_k}}{\sum_{l=1}^K e^{z_l}}"
VECTORS = (r"let w \in \mathbb{R}^d", r"let X \in \mathbb{R}^{n \times d}", r"let y \in \mathbb{R}^n")
ROWS = (r"let w \in \mathbb{R}^d", r"let x_i \in \mathbb{R}^d", r"let i \in \{1,\dots,N\}")

# what is differentiated, by what, what is in force, and the last page
FORMS: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "ridge": (SQUARES + r" + \lambda m^2", "m", (LINE,),
              r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - f(x_i)) + 2 \lambda m"),
    "signed error": (r"\frac{1}{N} \sum_{i=1}^N (y_i - \theta x_i)", r"\theta", (),
                     r"-\frac{1}{N} \sum_{i=1}^N x_i"),
    "signed error with a name for the mean": (
        r"\frac{1}{N} \sum_{i=1}^N (y_i - \theta x_i)", r"\theta",
        (r"let \bar{x} = \frac{1}{N} \sum_{i=1}^N x_i",), r"-\bar{x}"),
    "logistic function": (r"\frac{1}{1 + e^{-z}}", "z", (), r"\sigma(z) (1 - \sigma(z))"),
    "sigmoid unit, squared error": (
        SQUARES, "w", (UNIT,),
        r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - f(x_i)) f(x_i) (1 - f(x_i))"),
    "cross-entropy": (
        r"-\sum_{i=1}^N (y_i \log f(x_i) + (1 - y_i) \log(1 - f(x_i)))", "w", (UNIT,),
        r"\sum_{i=1}^N (\sigma(w x_i + b) - y_i) x_i"),
    "cross-entropy over intermediates": (
        r"-\sum_{i=1}^N (y_i \log a_i + (1 - y_i) \log(1 - a_i))", "w", INTERMEDIATE,
        r"\sum_{i=1}^N (a_i - y_i) x_i"),
    "Poisson": (r"\frac{1}{N} \sum_{i=1}^N (e^{w x_i + b} - y_i (w x_i + b))", "w", (),
                r"\frac{1}{N} \sum_{i=1}^N (e^{w x_i + b} - y_i) x_i"),
    "log-cosh": (r"\frac{1}{N} \sum_{i=1}^N \log \cosh(y_i - f(x_i))", "m", (LINE,),
                 r"-\frac{1}{N} \sum_{i=1}^N x_i \tanh(y_i - f(x_i))"),
    "softplus": (r"\frac{1}{N} \sum_{i=1}^N \log(1 + e^{-y_i f(x_i)})", "m", (LINE,),
                 r"-\frac{1}{N} \sum_{i=1}^N y_i x_i (1 - \sigma(y_i f(x_i)))"),
    "exponential": (r"\frac{1}{N} \sum_{i=1}^N e^{-y_i f(x_i)}", "m", (LINE,),
                    r"-\frac{1}{N} \sum_{i=1}^N y_i x_i e^{-y_i f(x_i)}"),
    "hinge": (r"\sum_{i=1}^N \operatorname{relu}(1 - y_i f(x_i))", "m", (LINE,),
              r"-\sum_{i=1}^N y_i x_i \mathbb{1}[1 - y_i f(x_i) > 0]"),
    "Huber": (
        r"\begin{cases} \frac{1}{2} (y - w)^2 & |y - w| \le c \\"
        r" c |y - w| - \frac{c^2}{2} & \text{otherwise} \end{cases}", "w", (),
        r"\begin{cases} -(y - w) & |y - w| \le c \\"
        r" -c \operatorname{sign}(y - w) & \text{otherwise} \end{cases}"),
    "hinge by a maximum": (r"\sum_{i=1}^N \max(0, 1 - y_i f(x_i))", "m", (LINE,),
                           r"-\sum_{i=1}^N y_i x_i \mathbb{1}[1 - y_i f(x_i) > 0]"),
    "cross-entropy of a logit over a unit": (
        r"-\sum_{i=1}^N (y_i \log \sigma(f(x_i)) + (1 - y_i) \log(1 - \sigma(f(x_i))))", "w", (UNIT,),
        r"\sum_{i=1}^N (\sigma(f(x_i)) - y_i) x_i f(x_i) (1 - f(x_i))"),
    "tanh unit": (SQUARES, "w", (r"let f(x_i) = a_i", r"let a_i = \tanh(w x_i + b)"),
                  r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - f(x_i)) (1 - a_i^2)"),
    "network, first layer": (
        r"\sum_{i=1}^N \frac{1}{2} (y_i - \hat{y}_i)^2", "W_{lm}", NETWORK,
        r"-v_l \sum_{i=1}^N x_{im} (y_i - \hat{y}_i) a_{il} (1 - a_{il})"),
    "network, second layer": (
        r"\sum_{i=1}^N \frac{1}{2} (y_i - \hat{y}_i)^2", "v_l", NETWORK,
        r"-\sum_{i=1}^N a_{il} (y_i - \hat{y}_i)"),
    "network of matrices": (
        r"\frac{1}{2} \sum_{i=1}^N \lVert y_i - \hat{y}_i \rVert^2", "W", LAYERS,
        r"-\sum_{i=1}^N (U^T (y_i - \hat{y}_i) \odot a_i \odot (1 - a_i)) x_i^T"),
    "by an intermediate": (r"-(y \log a + (1 - y) \log(1 - a))", "z", (r"let a = \sigma(z)",), "a - y"),
    "softmax": ("p_i", "z_j", (SOFTMAX,), r"p_i (\delta_{ij} - p_j)"),
    "softmax with cross-entropy": (
        r"-\sum_{k=1}^K y_k \log p_k", "z_j", (SOFTMAX, r"assume \sum_{k=1}^K y_k = 1"), "p_j - y_j"),
    "log-sum-exp": (r"\log \sum_{k=1}^K e^{z_k}", "z_j", (SOFTMAX,), "p_j"),
    "least squares": (r"\lVert y - X w \rVert^2", "w", VECTORS, "-2 X^T (y - X w)"),
    "least squares with a penalty": (
        r"\frac{1}{n} \lVert y - X w \rVert^2 + \lambda \lVert w \rVert^2", "w", VECTORS,
        r"-\frac{2}{n} X^T (y - X w) + 2 \lambda w"),
    "least squares over residuals": (
        r"\lVert r \rVert^2", "w", (*VECTORS, "let r = y - X w"), "-2 X^T r"),
    "a product of scalar products": (
        "(a^T w) (b^T w)", "w", (r"let a \in \mathbb{R}^d", r"let b \in \mathbb{R}^d", VECTORS[0]),
        "a b^T w + a^T w b"),
    "least squares multiplied out": (
        "y^T y - 2 y^T X w + w^T X^T X w", "w", VECTORS, "-2 X^T y + 2 X^T X w"),
    "rows": (r"\frac{1}{N} \sum_{i=1}^N (y_i - w^T x_i)^2", "w", ROWS,
             r"-\frac{2}{N} \sum_{i=1}^N x_i (y_i - w^T x_i)"),
    "logistic regression": (
        r"-\frac{1}{N} \sum_{i=1}^N (y_i \log \sigma(w^T x_i) + (1 - y_i) \log(1 - \sigma(w^T x_i)))",
        "w", ROWS,
        r"\frac{1}{N} \sum_{i=1}^N (\sigma(w^T x_i) - y_i) x_i"),
    "an entry of the parameter": (
        r"\frac{1}{2 n} \sum_{i=1}^n (h(x^{(i)}) - y^{(i)})^2", r"\theta_j",
        (r"let \theta \in \mathbb{R}^d", r"let x^{(i)} \in \mathbb{R}^d", r"let h(x) = \theta^T x"),
        r"\frac{1}{n} \sum_{i=1}^n x^{(i)}_j (h(x^{(i)}) - y^{(i)})"),
    "one weight of many": (
        r"\frac{1}{N} \sum_{i=1}^N (y_i - \sum_{k=1}^d w_k x_{ik})^2", "w_j", (),
        r"-\frac{2}{N} \sum_{i=1}^N x_{ij} (y_i - \sum_{k=1}^d w_k x_{ik})"),
    "any loss": (r"\frac{1}{N} \sum_{i=1}^N \ell(\theta, x_i, y_i)", r"\theta",
                 (r"let \ell = \ell(\theta, x, y)",),
                 r"\frac{1}{N} \sum_{i=1}^N \frac{\partial \ell(\theta, x_i, y_i)}{\partial \theta}"),
    "a quotient": (r"\frac{x^3 e^{-x}}{1 + x}", "x", (), r"\frac{(3 + x - x^2) x^2 e^{-x}}{(1 + x)^2}"),
    "a root": (r"\sqrt{a^2 + x^2}", "x", (), r"\frac{x}{\sqrt{a^2 + x^2}}"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_last_page_is_what_a_textbook_prints(name: str) -> None:
    body, wrt, given, expected = FORMS[name]
    d = derive(body, wrt, given)
    assert to_text(d.result) == to_text(read(expected, d.scope)), lines(d)
    assert not d.reason
    verdicts = d.verdicts()
    assert verdicts and all(verdicts), [(s.rule, str(v)) for s, v in zip(d.course(), verdicts, strict=True)]


def test_the_cancellation_is_visible() -> None:
    d = derive(PROBLEMS["sigmoid-regression"](), "w")
    assert [s.rule for s in d.course()] == [
        "factor rule", "sum rule", "chain rule", "definition f", "chain rule", "evaluation", "cancellation",
        "comm., distr.", "definition f",
    ]  # fmt: skip
    before, after = d.course()[-4].after, d.course()[-3].after
    y_over_f, f = read(r"\frac{y_i}{f(x_i)} f(x_i) (1 - f(x_i)) x_i", d.scope), read("f(x_i)", d.scope)
    assert {*y_over_f.factors} <= {n for m in walk(before) if isinstance(m, Mul) for n in m.factors}  # type: ignore[attr-defined]
    assert not any(isinstance(n, Frac) and f in set(walk(n.den)) for n in walk(after))


def test_the_logistic_function_step_by_step() -> None:
    d = derive(r"\frac{1}{1 + e^{-z}}", "z")
    assert [rule for rule, _ in lines(d)] == [
        "chain rule", "chain rule", "evaluation", "comm., distr.", "definition σ"]


def test_second_derivatives_go_on_from_a_derivation() -> None:
    first = derive(PROBLEMS["linear-regression"](), "m")
    entries = {name: derive(first, name) for name in ("m", "b")}
    assert to_text(entries["m"].start) == "∂^2J/∂m^2"
    assert to_text(entries["m"].result) == "2/N * Σ_{i=1}^N x_i^2"
    assert to_text(entries["b"].result) == "2/N * Σ_{i=1}^N x_i"
    assert all(all(d.verdicts()) for d in entries.values())
    with pytest.raises(InputError, match="same vector"):
        derive(first, "w", VECTORS)


@pytest.mark.parametrize(("body", "given", "hessian"), [
    (r"\lVert y - X w \rVert^2", VECTORS, "2 X^T X"),
    (r"\frac{1}{n} \lVert y - X w \rVert^2 + \lambda \lVert w \rVert^2", VECTORS,
     r"\frac{2}{n} X^T X + 2 \lambda \mathbf{I}"),
    (r"\frac{1}{N} \sum_{i=1}^N (y_i - w^T x_i)^2", ROWS, r"\frac{2}{N} \sum_{i=1}^N x_i x_i^T"),
    (r"-\sum_{i=1}^N (y_i \log \sigma(w^T x_i) + (1 - y_i) \log(1 - \sigma(w^T x_i)))", ROWS,
     r"\sum_{i=1}^N \sigma(w^T x_i) (1 - \sigma(w^T x_i)) x_i x_i^T"),
])  # fmt: skip
def test_hessians(body: str, given: tuple[str, ...], hessian: str) -> None:
    d = derive(derive(body, "w", given), "w")
    assert to_text(d.start).startswith("∇")
    assert to_text(d.result) == to_text(read(hessian, d.scope)), str(d)
    assert all(d.verdicts()) and not d.reason


def test_the_tree_holds_every_application() -> None:
    d = derive(PROBLEMS["sigmoid-regression"](), "w")
    assert d.steps[0].before == d.start and d.steps[-1].after == d.result
    for one, two in zip(d.steps, d.steps[1:], strict=False):
        assert one.after == two.before
    chained = [step for step in d.steps if step.rule == "chain rule"]
    assert [len(step.substeps) for step in chained] == [2, 2]
    for part in chained[0].substeps:
        assert dict(paths(chained[0].before))[part.where] == part.before
        assert part.after in set(walk(chained[0].after))
    assert put(d.start, (), d.result) == d.result


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_the_end_agrees_with_sympy(name: str) -> None:
    objective = PROBLEMS[name]()
    for parameter in objective.parameters:
        d = derive(objective, parameter)
        assert not d.reason and all(d.verdicts())
        assert prove(d.result, objective.sympy_diff(parameter), (
            f"let f(t) = {to_latex(objective.scope.definitions['f'][0].body)}",)).status == "proved"


def own_losses() -> list[Objective]:
    i, n = Symbol("i", integer=True), Symbol("N", integer=True, positive=True)
    w, b = symbols("w b", real=True)
    x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
    u = w * x[i] + b
    return [
        Objective(name, loss, {}, (w, b), (x, y), i, n)
        for name, loss in (
            ("poisson", sympy.exp(u) - y[i] * u),
            ("log-cosh", sympy.log(sympy.cosh(y[i] - u))),
            ("ridge", (y[i] - u) ** 2 + sympy.Rational(1, 10) * (w**2 + b**2)),
            ("tanh", (y[i] - sympy.tanh(u)) ** 2 / 2),
            ("quartic", (y[i] - u) ** 4),
        )
    ]


@pytest.mark.parametrize("objective", own_losses(), ids=lambda o: o.name)
def test_a_users_own_loss_agrees_with_sympy(objective: Objective) -> None:
    for parameter in objective.parameters:
        d = derive(objective, parameter)
        assert not d.reason and all(d.verdicts())
        assert prove(d.result, objective.sympy_diff(parameter)).status == "proved"
        assert len(to_text(d.result)) < 100


def test_random_derivations_hold_line_by_line() -> None:
    for seed in range(40):
        make = Maker(seed)
        d = derive_node(make.total(make.moving(2)), THETA, SCOPE)
        assert not d.reason, (seed, d.reason)
        for step, verdict in zip(d.course(), d.verdicts(), strict=True):
            assert verdict.status == "proved", (seed, step.rule, to_text(step.after), verdict)
        assert not any(isinstance(n, Derivative) for n in walk(d.result))


# --- wrong lines --------------------------------------------------------------------------------------------


def doubled(node: Node) -> Node:
    return Mul((Num(2), node))


def sign_lost(node: Node) -> Node:
    return map_children(node, sign_lost) if not isinstance(node, Neg) else node.arg


def squares_lost(node: Node) -> Node:
    return {Num(2): Num(3)}.get(node, map_children(node, squares_lost))


def mean_lost(node: Node) -> Node:
    return Num(1) if node == Frac(Num(1), read("N")) else map_children(node, mean_lost)


def a_sample_lost(node: Node) -> Node:
    node = map_children(node, a_sample_lost)
    return Sum(node.body, node.index, Num(2), node.upper) if isinstance(node, Sum) else node


def a_term_lost(node: Node) -> Node:
    node = map_children(node, a_term_lost)
    return node.terms[0] if isinstance(node, Add) else node


@pytest.mark.parametrize("mutate", [doubled, sign_lost, squares_lost, mean_lost, a_sample_lost, a_term_lost])
@pytest.mark.parametrize(("name", "wrt"), [("linear-regression", "m"), ("sigmoid-regression", "w")])
def test_a_mutated_step_is_refuted(name: str, wrt: str, mutate) -> None:  # type: ignore[no-untyped-def]
    d = derive(PROBLEMS[name](), wrt)
    refuted = 0
    for step in d.course():
        wrong = mutate(step.after)
        if wrong != step.after:
            verdict = prove_nodes(step.before, wrong, d.scope)
            assert verdict.status == "refuted", (step.rule, to_text(wrong), verdict)
            refuted += 1
    assert refuted >= 2 or (mutate is squares_lost and not refuted)


# --- where there is no rule ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "given"), [
    (r"\max(w, w x) + w^2", ()),
    (r"\lVert w u + v \rVert", (r"let u \in \mathbb{R}^d", r"let v \in \mathbb{R}^d")),
    (r"w^w", ()),
])  # fmt: skip
def test_where_no_rule_applies_the_derivation_says_so(body: str, given: tuple[str, ...]) -> None:
    d = derive(body, "w", given)
    assert d.reason.startswith("there is no rule here for ∂")
    assert not any(v.status == "refuted" for v in d.verdicts())
    assert any(isinstance(n, Derivative) for n in walk(d.result))


def test_the_same_derivation_under_every_hash_seed() -> None:
    code = (
        "from symgrad import derive\nfrom symgrad.losses.library import PROBLEMS\n"
        "for n in PROBLEMS:\n    print(derive(PROBLEMS[n](), PROBLEMS[n]().parameters[0]))"
    )
    outputs = {
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": str(seed)},
                       capture_output=True, text=True, check=True).stdout
        for seed in (0, 1, 2)
    }  # fmt: skip
    assert len(outputs) == 1

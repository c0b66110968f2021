"""Rules for derivatives."""

from __future__ import annotations

from ...page import tree as page
from ...page.scope import Scope
from ...page.tree import Node, children, free_names, fresh_name, substitute, walk
from ..definitions import defined, free_of, unfold
from ..layouts import groups, vectorish
from ..terms import ONE, TWO, ZERO
from .book import rule
from .dependence import Taken, depends, taken_apart, within
from .entries import entry_of_linear_form
from .functions import TABLE, exponent_of
from .outermost import affine, outer, unknown
from .vectors import delta, linear_form, vectors_in
from .writing import minus, over, plus, times


@rule("second derivative")
def second_derivative(node: Node, scope: Scope) -> Node | None:
    """∂²u/∂a∂b = ∂/∂a (∂u/∂b)"""
    if isinstance(node, page.Derivative) and sum(k for _, k in node.by) > 1:
        flat = [v for v, k in node.by for _ in range(k)]
        body = node.body
        for v in reversed(flat):
            body = page.Derivative(body, ((v, 1),), "operator", node.d)
        return body
    return None


@rule("evaluation")
def evaluation(node: Node, scope: Scope) -> Node | None:
    """D c = 0,  D θ = 1,  D (c θ + c') = c,  ∂w_i/∂w_j = δ_ij;  ∇_w (c^T w) = c,
    ∂(c^T w)/∂w_j = c_j,  ∇_W (a^T W b) = a b^T"""
    d = taken_apart(node, scope)
    return None if d is None else _value(d.body, d, scope)


def _value(body: Node, d: Taken, scope: Scope) -> Node | None:
    if body == d.wrt:
        return ONE if isinstance(d.node, page.Derivative) and not vectorish(body, scope) else None
    if d.constant(body, scope):
        return ZERO
    match body:
        case page.Indexed() if isinstance(d.wrt, page.Indexed) and isinstance(d.node, page.Derivative):
            return delta(body, d.wrt, scope)
        case page.Neg(arg):
            inner = _value(arg, d, scope)
            return None if inner is None else minus(inner)
        case page.Add(terms):
            values = [_value(t, d, scope) for t in terms]
            return None if None in values else plus(*(v for v in values if v is not None))
        case page.Component() if isinstance(d.node, page.Derivative):
            return entry_of_linear_form(body, d, scope)
        case page.Mul(factors):
            return _value_of_product(body, groups(factors, scope), d, scope)
        case page.Frac(num, den) if d.constant(den, scope):
            inner = _value(num, d, scope)
            return None if inner is None else over(inner, den)
    return None


def _value_of_product(body: page.Mul, factors: tuple[Node, ...], d: Taken, scope: Scope) -> Node | None:
    places = [k for k, f in enumerate(factors) if not d.constant(f, scope)]
    k = places[0]
    scalars = not any(vectorish(f, scope) for f in factors)
    if len(places) == 1 and scalars and not isinstance(factors[k], page.Mul):
        inner = _value(factors[k], d, scope)
        return None if inner is None else times(*factors[:k], inner, *factors[k + 1:])
    if not vectors_in(body, scope):
        return None
    return (linear_form if isinstance(d.node, page.Gradient) else entry_of_linear_form)(body, d, scope)


@rule("definition")
def definition(node: Node, scope: Scope) -> Node | None:
    """D (c f + c') = D (c (body of f) + c'), where f is a name with a definition that depends on θ"""
    d = taken_apart(node, scope)
    if d is None or d.constant(d.body, scope) or evaluation(node, scope) is not None:
        return None
    unfolded = _unfold_terms(d.body, d, scope)
    return None if unfolded is None or unfolded == d.body else d.of(unfolded)


def _unfold_terms(body: Node, d: Taken, scope: Scope) -> Node | None:
    if d.constant(body, scope) or _value(body, d, scope) is not None:
        return body
    inside = unfold(body, scope)
    if inside is not None:
        return free_of(inside, free_names(body) | free_names(d.wrt))
    return _unfold_inside(body, d, scope)


def _unfold_inside(body: Node, d: Taken, scope: Scope) -> Node | None:
    match body:
        case page.Call(page.Sym("\\log" | "\\ln") as log, (name,)):
            return _unfold_quotient(log, name, d, scope)
        case page.Pow(page.Norm(arg, p), exp):
            inner = _unfold_terms(arg, d, scope)
            return None if inner is None or inner == arg else page.Pow(page.Norm(inner, p), exp)
        case page.Neg(arg):
            inner = _unfold_terms(arg, d, scope)
            return None if inner is None else page.Neg(inner)
        case page.Add(terms):
            parts = [_unfold_terms(t, d, scope) for t in terms]
            return None if None in parts else plus(*(p for p in parts if p is not None))
        case page.Mul(factors) if sum(not d.constant(f, scope) for f in factors) == 1:
            parts = [_unfold_terms(f, d, scope) for f in factors]
            return None if None in parts else times(*(p for p in parts if p is not None))
        case page.Frac(num, den) if d.constant(den, scope):
            inner = _unfold_terms(num, d, scope)
            return None if inner is None else page.Frac(inner, den)
    return None


def _unfold_quotient(log: Node, name: Node, d: Taken, scope: Scope) -> Node | None:
    """log p as log(e^u / v), where p is defined so."""
    quotient = unfold(name, scope)
    if not isinstance(quotient, page.Frac) or exponent_of(quotient.num) is None:
        return None
    return page.Call(log, (free_of(quotient, free_names(log) | free_names(name) | free_names(d.wrt)),))


def definitions_used(node: Node, scope: Scope) -> tuple[tuple[Node, Node], ...]:
    """The names that :func:`definition` unfolds in this derivative, each with its body."""
    d = taken_apart(node, scope)
    found: dict[Node, Node] = {}

    def visit(n: Node) -> None:
        if d is not None and not d.constant(n, scope) and _value(n, d, scope) is None:
            inside = unfold(n, scope)
            if inside is not None:
                found.setdefault(n, inside)
            elif isinstance(n, page.Neg | page.Add | page.Mul | page.Frac | page.Call | page.Norm | page.Pow):
                for child in children(n):
                    visit(child)

    if d is not None:
        visit(d.body)
    return tuple(found.items())


@rule("power rule")
def power_rule(node: Node, scope: Scope) -> Node | None:
    """D θ^n = n θ^(n-1),  also of c θ^n + c'"""
    d = taken_apart(node, scope)
    if d is None or d.constant(d.body, scope):
        return None
    parts = affine(d.body, d, scope)
    if parts is None:
        return None
    wrap, core = parts
    if isinstance(d.node, page.Gradient):
        return None
    if core == page.Frac(ONE, d.wrt) or (isinstance(core, page.Pow) and core.base == d.wrt):
        found = outer(core, d, scope)
        return None if found is None else wrap(found[0])
    return None


@rule("elementary derivative")
def elementary_derivative(node: Node, scope: Scope) -> Node | None:
    """D e^θ = e^θ, D log θ = 1/θ, D σ(θ) = σ(θ)(1 - σ(θ)), D tanh θ = 1 - tanh² θ, D sinh θ = cosh θ, ..."""
    if isinstance(node, page.Call) and isinstance(node.fn, page.Prime):
        return _primed(node, node.fn, scope)
    d = taken_apart(node, scope)
    if d is None or isinstance(d.node, page.Gradient):
        return None
    parts = affine(d.body, d, scope)
    if parts is None or unknown(parts[1], scope) or power_rule(node, scope) is not None:
        return None
    found = outer(parts[1], d, scope)
    return parts[0](found[0]) if found is not None and found[1] == d.wrt else None


def _primed(node: page.Call, prime: page.Prime, scope: Scope) -> Node | None:
    """σ'(z) = σ(z) (1 - σ(z)) and the like, for functions of the table that nobody defined."""
    fn = prime.fn
    if prime.order != 1 or not isinstance(fn, page.Sym) or fn.name not in TABLE or len(node.args) != 1:
        return None
    if defined(page.Call(fn, node.args), scope) or vectorish(node.args[0], scope):
        return None
    return TABLE[fn.name](node.args[0])


@rule("logarithm of a quotient")
def logarithm(node: Node, scope: Scope) -> Node | None:
    """D log(e^u / v) = D (u - log v),  also of c log(e^u / v) + c'"""
    d = taken_apart(node, scope)
    parts = None if d is None or d.constant(d.body, scope) else affine(d.body, d, scope)
    match parts:
        case (_, page.Call(page.Sym("\\log" | "\\ln") as log, (page.Frac(num, den),)) as core):
            exponent = None if d is None or scope.definitions.get("e") else exponent_of(num)
            if d is not None and exponent is not None:
                written = page.Add((exponent, page.Neg(page.Call(log, (den,)))))
                return d.of(substitute(d.body, {core: written}))
    return None


@rule("chain rule")
def chain_rule(node: Node, scope: Scope) -> Node | None:
    """D g(u) = g'(u) D u,  also of c g(u) + c'"""
    d = taken_apart(node, scope)
    parts = None if d is None else affine(d.body, d, scope)
    if d is None or parts is None:
        return None
    found = outer(parts[1], d, scope)
    if found is None or found[1] == d.wrt or d.constant(found[1], scope):
        return None
    slope, inner = found
    if isinstance(slope, page.Neg):
        return parts[0](page.Neg(times(slope.arg, d.of(inner))))
    return parts[0](times(slope, d.of(inner)))


@rule("factor rule")
def factor_rule(node: Node, scope: Scope) -> Node | None:
    """D (c u) = c D u"""
    d = taken_apart(node, scope)
    if d is None or d.constant(d.body, scope):
        return None
    match d.body:
        case page.Neg(arg):
            inner = factor_rule(d.of(arg), scope)
            return minus(inner if inner is not None else d.of(arg))
        case page.Mul(factors) if not any(vectorish(f, scope) for f in groups(factors, scope)):
            still, moving = _split(factors, d, scope)
            return times(*still, d.of(times(*moving))) if still else None
        case page.Frac(num, den) if d.constant(den, scope):
            if isinstance(num, page.Mul) and not vectorish(num, scope):
                still, moving = _split(num.factors, d, scope)
                return times(page.Frac(times(*still), den), d.of(times(*moving)))
            return times(page.Frac(ONE, den), d.of(num))
        case page.Frac(num, den) if num != ONE and d.constant(num, scope):
            return times(num, d.of(page.Frac(ONE, den)))
    return None


def _split(factors: tuple[Node, ...], d: Taken, scope: Scope) -> tuple[list[Node], list[Node]]:
    """The factors that do not depend on θ and those that do."""
    parts = groups(factors, scope)
    return [p for p in parts if d.constant(p, scope)], [p for p in parts if not d.constant(p, scope)]


@rule("selection")
def selection(node: Node, scope: Scope) -> Node | None:
    """∂/∂w_j Σ_k g_k(w_k) = ∂/∂w_j g_j(w_j),  1[j ≤ t] ∂/∂w_j g_j(w_j) for k = 1..t where t varies"""
    d = taken_apart(node, scope)
    if d is None or not isinstance(d.body, page.Sum) or not isinstance(d.wrt, page.Indexed):
        return None
    if d.body.condition is not None:
        return None
    index, body = d.body.index, d.body.body
    entries = [n for n in walk(body) if isinstance(n, page.Indexed) and n.base == d.wrt.base]
    if not entries or any(n != entries[0] for n in entries):
        return None
    mine, theirs = (*entries[0].lower, *entries[0].upper), (*d.wrt.lower, *d.wrt.upper)
    if mine.count(index) != 1 or len(mine) != len(theirs):
        return None
    chosen = substitute(body, {index: theirs[mine.index(index)]})
    inside = within(theirs[mine.index(index)], d.body, scope)
    bare = substitute(body, {entries[0]: ZERO})
    if depends(bare, d.wrt, scope) or substitute(entries[0], {index: theirs[mine.index(index)]}) != d.wrt:
        return None
    return None if inside is None else times(*inside, d.of(chosen))


@rule("sum rule")
def sum_rule(node: Node, scope: Scope) -> Node | None:
    """D (u + v) = D u + D v,  D Σ u_i = Σ D u_i,  D (u + c) = D u"""
    d = taken_apart(node, scope)
    if d is None or d.constant(d.body, scope):
        return None
    match d.body:
        case page.Add(terms):
            moving = [t for t in terms if not d.constant(t, scope)]
            return plus(*(page.Neg(d.of(t.arg)) if isinstance(t, page.Neg) else d.of(t) for t in moving))
        case page.Sum(body, index, lower, upper, condition):
            if any(b is not None and not d.constant(b, scope) for b in (lower, upper, condition)):
                return None
            if index.name in free_names(d.wrt):
                taken = free_names(d.wrt) | free_names(body)
                new = page.Sym(fresh_name(index.name, taken))
                renamed = None if condition is None else substitute(condition, {index: new})
                assert renamed is None or isinstance(renamed, page.Relation)
                body, index, condition = substitute(body, {index: new}), new, renamed
            return page.Sum(d.of(body), index, lower, upper, condition)
    return None


@rule("branch by branch")
def branches(node: Node, scope: Scope) -> Node | None:
    """D {u if a, v if b} = {D u if a, D v if b}, where no point is a branch of its own"""
    d = taken_apart(node, scope)
    if d is None or not isinstance(d.body, page.Cases):
        return None
    if any(condition is not None and condition.op == "=" for _, condition in d.body.branches):
        return None
    return page.Cases(tuple((d.of(value), condition) for value, condition in d.body.branches))


@rule("product rule")
def product_rule(node: Node, scope: Scope) -> Node | None:
    """D (u v) = (D u) v + u D v"""
    d = taken_apart(node, scope)
    factors = groups(d.body.factors, scope) if d is not None and isinstance(d.body, page.Mul) else ()
    if d is None or any(vectorish(f, scope) for f in factors):
        return None
    places = [k for k, f in enumerate(factors) if not d.constant(f, scope)]
    if len(places) < 2:
        return None
    return page.Add(tuple(times(*factors[:k], d.of(factors[k]), *factors[k + 1:]) for k in places))


@rule("quotient rule")
def quotient_rule(node: Node, scope: Scope) -> Node | None:
    """D (u / v) = ((D u) v - u D v) / v²"""
    d = taken_apart(node, scope)
    if d is None or not isinstance(d.body, page.Frac):
        return None
    u, v = d.body.num, d.body.den
    if d.constant(u, scope) or d.constant(v, scope):
        return None
    return page.Frac(page.Add((times(d.of(u), v), page.Neg(times(u, d.of(v))))), page.Pow(v, TWO))

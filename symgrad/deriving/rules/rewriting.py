"""Rules without derivatives, for the last lines."""

from __future__ import annotations

from dataclasses import replace

from ...page import tree as page
from ...page.scope import Scope
from ...page.tree import Node, same, substitute, walk
from ..definitions import alike, cases, unfold
from ..layouts import vectorish
from ..terms import ONE, Term, written
from ..tidy import Level, expanded, mentions, product, size_of, tidy
from .book import rule
from .dependence import within
from .functions import COSH, SIGMA, TANH, E, exponent_of
from .writing import plus, times


@rule("linearity of the sum")
def linearity(node: Node, scope: Scope) -> Node | None:
    """Σ (u_i + v_i) = Σ u_i + Σ v_i,  Σ c u_i = c Σ u_i"""
    if not isinstance(node, page.Sum):
        return None

    def like(body: Node) -> Node:
        return replace(node, body=body)

    def still(n: Node) -> bool:
        return not mentions(n, node.index.name, scope)

    match node.body:
        case page.Add(terms):
            return plus(*(page.Neg(like(t.arg)) if isinstance(t, page.Neg) else like(t) for t in terms))
        case page.Neg(arg):
            return page.Neg(like(arg))
        case page.Mul(factors) if not any(vectorish(f, scope) for f in factors):
            front = [f for f in factors if still(f)]
            rest = [f for f in factors if not still(f)]
            return times(*front, like(times(*rest))) if front and rest else None
        case page.Frac(num, den) if still(den):
            return times(page.Frac(ONE, den), like(num))
    return None


@rule("sum of a constant")
def constant_sum(node: Node, scope: Scope) -> Node | None:
    """Σ_{i=1}^N c = N c"""
    if not isinstance(node, page.Sum) or mentions(node.body, node.index.name, scope):
        return None
    size = size_of(node, scope)
    return None if size is None else times(size, node.body)


@rule("definition σ")
def logistic(node: Node, scope: Scope) -> Node | None:
    """1/(1 + e^(-z)) = σ(z),  e^(-z)/(1 + e^(-z)) = 1 - σ(z);  the same with e^z"""
    z = page.Sym("z")
    own = unfold(SIGMA(z), scope)
    if own is not None and not same(own, page.Frac(ONE, page.Add((ONE, page.Pow(E, page.Neg(z)))))):
        return None
    if scope.definitions.get("e") or not isinstance(node, page.Mul | page.Frac | page.Pow):
        return None
    term = product(node, scope)
    for atom, k in term.powers.items():
        exponent = _one_plus_exp(atom) if k < 0 else None
        if exponent is None:
            continue
        grown = next((a for a, p in term.powers.items() if p > 0 and exponent_of(a) == exponent), None)
        inside = product(exponent, scope)
        falling = inside.number < 0
        value = SIGMA(written(inside.scaled(-1)) if falling else exponent)
        risen: Node = value if falling == (grown is None) else page.Add((ONE, page.Neg(value)))
        powers: dict[Node, int] = {}
        for a, p in term.powers.items():
            left = p + 1 if a == atom else p - 1 if a == grown else p
            if left:
                powers[a] = left
            if a == (grown or atom):
                powers[risen] = powers.get(risen, 0) + 1
        rewritten = written(Term(term.number, powers))
        again = logistic(rewritten, scope)
        return rewritten if again is None else again
    return None


def _one_plus_exp(node: Node) -> Node | None:
    if isinstance(node, page.Add) and len(node.terms) == 2 and ONE in node.terms:
        other = node.terms[1] if node.terms[0] == ONE else node.terms[0]
        return exponent_of(other)
    return None


@rule("definition tanh")
def hyperbolic(node: Node, scope: Scope) -> Node | None:
    """sinh z / cosh z = tanh z"""
    own = [f for f in ("\\sinh", "\\cosh", "\\tanh") if scope.definitions.get(f)]
    if own or not isinstance(node, page.Mul | page.Frac):
        return None
    term = product(node, scope)
    for atom, k in term.powers.items():
        if isinstance(atom, page.Call) and atom.fn == page.Sym("\\sinh") and k > 0:
            other = COSH(atom.args[0])
            if term.powers.get(other, 0) < 0:
                powers = {}
                for a, p in term.powers.items():
                    left = p - 1 if a == atom else p + 1 if a == other else p
                    if left:
                        powers[a] = left
                    if a == atom:
                        powers[TANH(atom.args[0])] = 1
                return written(Term(term.number, powers))
    return None


@rule("Kronecker delta")
def kronecker(node: Node, scope: Scope) -> Node | None:
    """Σ_k δ_kj u_k = u_j,  Σ_k (δ_kj u_k + v_k) = u_j + Σ_k v_k"""
    if not isinstance(node, page.Sum) or node.condition is not None:
        return None
    terms = [product(node.body, scope)]
    if not any(_picks(a, node.index) for a in terms[0].powers):
        picked = any(_picks(n, node.index) for n in walk(node.body))
        terms = expanded(node.body, scope) if picked else []
    chosen: list[Node] = []
    left: list[Node] = []
    for term in terms:
        delta = next((a for a, k in term.powers.items() if k == 1 and _picks(a, node.index)), None)
        if delta is None:
            positive = replace(node, body=written(term.scaled(-1) if term.number < 0 else term))
            left.append(page.Neg(positive) if term.number < 0 else positive)
        else:
            rest = written(Term(term.number, {a: k for a, k in term.powers.items() if a != delta}))
            at = _picks(delta, node.index) or delta
            inside = within(at, node, scope)
            if inside is None:
                return None
            chosen.append(times(*inside, substitute(rest, {node.index: at})))
    return plus(*chosen, *left) if chosen else None


@rule("range of the sum")
def cut(node: Node, scope: Scope) -> Node | None:
    """Σ_{k=1}^N 1[j ≤ k] u_k = Σ_{k=j}^N u_k,  Σ_{k=1}^N 1[k ≤ j] u_k = Σ_{k=1}^j u_k"""
    if not isinstance(node, page.Sum) or node.condition is not None or None in (node.lower, node.upper):
        return None
    term = product(node.body, scope)
    for atom, k in term.powers.items():
        if k != 1 or not isinstance(atom, page.Indicator) or atom.condition.op != "<=":
            continue
        a, b = atom.condition.lhs, atom.condition.rhs
        end = a if b == node.index else b
        if node.index not in (a, b) or mentions(end, node.index.name, scope):
            continue
        if within(end, node, scope) != () or within(end, replace(node, lower=end), scope) != ():
            continue  # an end that another index moves may lie outside the range
        rest = written(Term(term.number, {n: p for n, p in term.powers.items() if n != atom}))
        return replace(node, body=rest, lower=a) if b == node.index else replace(node, body=rest, upper=b)
    return None


def _picks(node: Node, index: page.Sym) -> Node | None:
    """The j of δ_kj."""
    match node:
        case page.Indexed(page.Sym("\\delta"), (a, b), ()) | page.Indicator(page.Relation(a, "=", b)):
            return None if (a == index) == (b == index) else b if a == index else a
    return None


@rule("assumption")
def assumption(node: Node, scope: Scope) -> Node | None:
    """u = c, where it is assumed (such as Σ_k y_k = 1)"""
    if not isinstance(node, page.Sum | page.Norm):
        return None
    for given in scope.assumptions:
        if given.op == "=" and type(given.lhs) is type(node):
            for lhs, rhs in cases(given, node):
                if alike(_unbounded(lhs, node), _unbounded(node, lhs), scope):
                    return rhs
    return None


def _unbounded(node: Node, other: Node) -> Node:
    """Without its bounds where the other has none either."""
    match node, other:
        case page.Sum(), page.Sum(lower=None, upper=None):
            return replace(node, lower=None, upper=None)
    return node


@rule("cancellation")
def cancellation(node: Node, scope: Scope) -> Node | None:
    """u v / v = u where v ≠ 0"""
    levels: tuple[Level, ...] = ("terms", "factor")
    for level in levels:
        tidied, how = tidy(node, scope, level)
        if tidied != node and "cancel" in how and "count" not in how:
            return tidied
    return None


@rule("comm., distr.")
def collect(node: Node, scope: Scope) -> Node | None:
    """Σ u_i c v_i = c Σ u_i v_i,  a u + b u = (a + b) u, multiplied out where that is shorter"""
    tidied, how = tidy(node, scope)
    return None if tidied == node or "cancel" in how or "count" in how else tidied


@rule("simplification")
def simplification(node: Node, scope: Scope) -> Node | None:
    """Σ_{i=1}^N c = N c,  u v / v = u where v ≠ 0"""
    tidied, _ = tidy(node, scope)
    return None if tidied == node else tidied

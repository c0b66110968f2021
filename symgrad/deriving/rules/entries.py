"""Rules for derivatives by one entry of a vector or a matrix that is written as a whole."""

from __future__ import annotations

from ...page import tree as page
from ...page.scope import Scope
from ...page.tree import Node, children
from ..layouts import vectorish
from .book import rule
from .dependence import Taken, taken_apart
from .layers import backpropagation
from .vectors import gradient_of_square, linear_form, quadratic_form
from .writing import minus, times


@rule("entry of a gradient")
def entry_of_gradient(node: Node, scope: Scope) -> Node | None:
    """∂u/∂w_j = (∇_w u)_j, where u is written with the whole w"""
    d = taken_apart(node, scope)
    whole = None if d is None or not isinstance(d.node, page.Derivative) else whole_of(d.wrt, scope)
    if d is None or whole is None or not _stands_in(whole[0], d.body):
        return None
    gradient = page.Gradient(d.body, whole[0])
    for gradient_rule in (quadratic_form, gradient_of_square, backpropagation):
        found = gradient_rule(gradient, scope)
        if found is not None:
            return entry(found, whole[1], scope)
    return None


def entry_of_linear_form(body: page.Mul | page.Component, d: Taken, scope: Scope) -> Node | None:
    """∂(w^T c)/∂w_j = c_j,  ∂(a^T W b)/∂W_jk = a_j b_k,  ∂(X w)_i/∂w_j = X_ij"""
    whole = whole_of(d.wrt, scope)
    if whole is None or not _stands_in(whole[0], body):
        return None
    if isinstance(body, page.Component):
        match body.arg:
            case page.Mul((*before, last)) if last == whole[0] and all(d.constant(f, scope) for f in before):
                return entry(times(*before), (*body.lower, *whole[1]), scope)
        return None
    found = linear_form(body, Taken(page.Gradient(body, whole[0]), body, whole[0]), scope)
    return None if found is None else entry(found, whole[1], scope)


def whole_of(wrt: Node, scope: Scope) -> tuple[Node, tuple[Node, ...]] | None:
    """The vector or matrix of which this is an entry, and where in it."""
    if not isinstance(wrt, page.Indexed) or not isinstance(wrt.base, page.Sym):
        return None
    kind = scope.kind(wrt.base.name)
    if kind is None or not kind.shape:
        return None
    taken = len(wrt.lower) - len(kind.shape)
    if taken < 0 or taken + len(wrt.upper) != kind.arity:
        return None
    family = page.Indexed(wrt.base, wrt.lower[:taken], wrt.upper, wrt.bracket)
    return (family if kind.arity else wrt.base), wrt.lower[taken:]


def _stands_in(whole: Node, node: Node) -> bool:
    """Does the vector stand there as a whole, and none of its entries?"""
    if node == whole:
        return True
    below = list(children(node))
    if isinstance(node, page.Indexed):
        below = [*node.lower, *node.upper]
    return any(_stands_in(whole, child) for child in below)


def entry(node: Node, at: tuple[Node, ...], scope: Scope) -> Node:
    """The entry of a vector or a matrix, as one writes it."""
    match node:
        case page.Neg(arg):
            return minus(entry(arg, at, scope))
        case page.Add(terms):
            return page.Add(tuple(entry(t, at, scope) for t in terms))
        case page.Mul(factors):
            scalars = tuple(f for f in factors if not vectorish(f, scope))
            chain = tuple(f for f in factors if vectorish(f, scope))
            match chain, at:
                case (u, page.Transpose(v)), (j, k):
                    return times(*scalars, _place(u, (j,)), _place(v, (k,)))
            return times(*scalars, _place(times(*chain), at))
    return _place(node, at) if vectorish(node, scope) else node


def _place(node: Node, at: tuple[Node, ...]) -> Node:
    match node:
        case page.Sym():
            return page.Indexed(node, at)
        case page.Indexed(base, lower, upper, bracket):
            return page.Indexed(base, (*lower, *at), upper, bracket)
    return page.Component(node, at)

"""The outermost function of an expression: g and u of g(u), also inside c g(u) + c'."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ...page import tree as page
from ...page.matching import head
from ...page.scope import Scope
from ...page.tree import Node
from ..definitions import defined
from ..layouts import groups, vectorish
from ..terms import ONE, TWO, Term, integer, written
from .dependence import Taken
from .functions import REFUSED, TABLE, E
from .writing import minus, over, plus, times


def unknown(node: Node, scope: Scope) -> bool:
    """A call of a function that nobody defined: its derivative stays as a symbol."""
    if not isinstance(node, page.Call):
        return False
    name = head(page.Call(node.fn.fn, node.args) if isinstance(node.fn, page.Prime) else node)
    return name is not None and not defined(node, scope) and name not in TABLE and name not in REFUSED


def opaque(node: Node, scope: Scope) -> bool:
    """A quantity known only by its name: its derivatives stay as they are written."""
    if unknown(node, scope):
        return True
    name = head(node)
    kind = None if name is None else scope.kind(name)
    return kind is not None and bool(kind.rests) and not defined(node, scope)


def outer(core: Node, d: Taken, scope: Scope) -> tuple[Node, Node] | None:
    """g'(u) and u, where the node is g(u) for one elementary (or unknown) function g."""
    if defined(core, scope) or vectorish(core, scope):
        return None
    match core:
        case page.Pow(base, exp) if d.constant(exp, scope) and not (
            isinstance(base, page.Norm) and isinstance(d.node, page.Gradient)
        ):
            return _slope_of_power(base, exp), base
        case page.Pow(base, exp) if d.constant(base, scope):
            natural = base == E and not scope.definitions.get("e")
            return (core if natural else times(core, page.Call(page.Sym("\\log"), (base,)))), exp
        case page.Frac(num, den) if num == ONE:
            return page.Neg(page.Frac(ONE, page.Pow(den, TWO))), den
        case page.Abs(arg):
            return page.Call(page.Sym("\\operatorname{sign}"), (arg,)), arg
        case page.Call(page.Sym(name), (arg,)) if name in TABLE:
            return TABLE[name](arg), arg
        case page.Call(page.Sym("\\max" | "\\min" as name), (u, v)) if (
            d.constant(u, scope) != d.constant(v, scope)
        ):
            inner, other = (v, u) if d.constant(u, scope) else (u, v)
            return page.Indicator(page.Relation(inner, ">" if name == "\\max" else "<", other)), inner
        case page.Call(fn, (arg,)) if unknown(core, scope) and d.constant(fn, scope):
            primed = page.Prime(fn.fn, fn.order + 1) if isinstance(fn, page.Prime) else page.Prime(fn)
            return page.Call(primed, (arg,)), arg
    return None


def _slope_of_power(base: Node, exp: Node) -> Node:
    """n u^(n-1)"""
    n = integer(exp)
    lower = _less_one(exp) if n is None else page.Num(n - 1) if n >= 1 else page.Neg(page.Num(1 - n))
    power = base if lower == ONE else page.Pow(base, lower)
    return minus(times(exp.arg, power)) if isinstance(exp, page.Neg) else times(exp, power)


def _less_one(exp: Node) -> Node:
    match exp:
        case page.Frac(page.Num(top), page.Num(bottom)) if bottom:
            return written(Term(Fraction(top) / Fraction(bottom) - 1))
    if isinstance(exp, page.Add) and exp.terms[-1] == ONE:
        return plus(*exp.terms[:-1])
    return plus(exp, page.Neg(ONE))


Part = tuple[Callable[[Node], Node], Node]


def _inside(part: Part | None, around: Callable[[Node], Node]) -> Part | None:
    if part is None:
        return None
    wrap, core = part
    return (lambda v: around(wrap(v))), core


def affine(body: Node, d: Taken, scope: Scope) -> Part | None:
    """The one part of ``c + c' g`` that depends on θ, and how its derivative gives that of the whole."""
    match body:
        case page.Add(terms):
            moving = [t for t in terms if not d.constant(t, scope)]
            return affine(moving[0], d, scope) if len(moving) == 1 else None
        case page.Neg(arg):
            inner = affine(arg, d, scope)
            return _inside(inner, minus)
        case page.Mul() if len(parts := groups(body.factors, scope)) > 1:
            places = [k for k, f in enumerate(parts) if not d.constant(f, scope)]
            if len(places) != 1 or any(vectorish(f, scope) for f in parts):
                return None
            k = places[0]
            inner = affine(parts[k], d, scope)
            return _inside(inner, lambda v: _join(parts[:k], v, parts[k + 1:]))
        case page.Frac(num, den) if d.constant(den, scope):
            inner = affine(num, d, scope)
            return _inside(inner, lambda v: over(v, den))
        case page.Frac(num, den) if num != ONE and d.constant(num, scope):
            return (lambda v: _join((num,), v, ())), page.Frac(ONE, den)
    return (lambda v: v), body


def _join(left: tuple[Node, ...], middle: Node, right: tuple[Node, ...]) -> Node:
    """left · middle · right, with y · (1/u) written as y/u and a sign in front."""
    match middle:
        case page.Neg(page.Mul() as arg):
            return minus(_join(left, arg, right))
        case page.Mul((page.Frac(page.Num(1), den), *rest)) if left and not _has_fraction(left):
            return times(page.Frac(times(*left), den), *rest, *right)
    return times(*left, middle, *right)


def _has_fraction(factors: tuple[Node, ...]) -> bool:
    return any(isinstance(f, page.Frac) for f in factors)

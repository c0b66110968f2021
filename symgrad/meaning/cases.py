"""Conditions as numbers: indicators, and quantities defined case by case."""

from __future__ import annotations

from ..core import Call, Core, Num, Ref, Sym
from ..errors import UnknownMeaning
from ..names import Indicated
from ..page import tree as page
from ..page.tree import Node
from ..reasons import Elsewhere
from .context import Context, Env
from .indices import delta, index_of
from .tensors import ONE, ZERO, Value, add, div, each, gap, mul, neg, scalar
from .values import elaborates, number_of, value


def truth(e: Context, r: page.Relation, env: Env) -> Core:
    """1 where the relation holds, else 0."""
    if r.op in ("=", "!=", "equiv"):
        hit = _equal(e, r.lhs, r.rhs, env)
        return hit if r.op != "!=" else add(ONE, neg(hit))
    if r.op in ("<", "<=", ">", ">="):
        a, b = number_of(e, r.lhs, env), number_of(e, r.rhs, env)
        if r.op in (">", ">="):
            a, b = b, a
        if r.op in ("<=", ">="):
            return add(ONE, neg(Call("step", (add(a, neg(b)),))))
        return Call("step", (add(b, neg(a)),))
    raise UnknownMeaning("this condition has no meaning here", r.span)


def _equal(e: Context, left: Node, right: Node, env: Env) -> Core:
    if left in e.survey.picked or right in e.survey.picked:
        return delta(index_of(e, left, env), index_of(e, right, env))
    a, b = value(e, left, env), value(e, right, env)
    if not a.shape and not b.shape:
        if _integral(a.term) and _integral(b.term):
            return delta(a.term, b.term)
        if isinstance(b.term, Ref | Sym) and _integral(a.term):
            a, b = b, a
        if isinstance(a.term, Ref | Sym) and _integral(b.term):
            # 1{y_i = k}: an entry of a one-hot vector.
            base, indices = (
                (a.term.name, a.term.indices) if isinstance(a.term, Ref) else (a.term.name, ())
            )
            name = Indicated(base)
            e.met.indicators[name] = base
            return Ref(name, (*indices, b.term))
    raise UnknownMeaning("this condition has no meaning here", left.span)


@elaborates(page.Indicator)
def _indicator(e: Context, node: page.Indicator, env: Env) -> Value:
    return scalar(truth(e, node.condition, env))


@elaborates(page.Cases)
def _cases(e: Context, node: page.Cases, env: Env) -> Value:
    branches = node.branches
    signs = _compared([condition for _, condition in branches])
    if not signs & {"", "=!", "<>"}:
        e.notes.doubt(Elsewhere())
    values = [value(e, v, env) for v, _ in branches]
    weights: list[Core] = []
    rest: list[Core] = []
    for _, condition in branches:
        if condition is None:
            weights.append(mul(*rest))
        else:
            hit = truth(e, condition, env)
            weights.append(mul(*rest, hit))  # the first condition that holds counts
            rest.append(add(ONE, neg(hit)))
    first = branches[0][1]
    if "<>" in signs and not signs & {"=!", "<=>"} and first is not None:
        # At the point between the two nothing is defined.
        between = add(value(e, first.lhs, env).term, neg(value(e, first.rhs, env).term))
        values[0] = each(lambda t: add(t, mul(ZERO, div(ONE, between))), values[0])
    return e.sizes.entrywise(
        tuple(values),
        lambda *t: add(*(mul(w, x) for w, x in zip(weights, t, strict=True))),
        "choose",
        None,
    )


def _compared(conditions: list[page.Relation | None]) -> frozenset[str]:
    """How the cases share the line: "" by an otherwise; "<>", "<=>", "=!" by the signs between one pair."""
    if None in conditions:
        return frozenset({""})
    compared = {(r.lhs, r.rhs) for r in conditions if r is not None}
    signs = {sign for r in conditions if r is not None for sign in r.op}
    if len(compared) != 1:
        return frozenset()
    return frozenset(shared for shared in ("<>", "<=>", "=!") if signs >= set(shared))


def _integral(t: Core) -> bool:
    match t:
        case Num(value):
            return value.denominator == 1
        case Sym(_, sort):
            return sort != "real"
    return gap(t, t) == 0 and all(
        _integral(k) for k in getattr(t, "terms", getattr(t, "factors", (Sym("", "real"),)))
    )

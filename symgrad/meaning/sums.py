"""Sums and products over an index, also without ends and under a condition."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..core import Call, Core, Num, Sum, Sym, walk
from ..errors import UnknownMeaning
from ..kernel.signs import range_of
from ..names import Cardinality, Fresh, Indicated, InverseOf, ProductOf
from ..page import tree as page
from ..page.indexed import name_of
from ..page.tree import Node
from ..reasons import AnySign
from .cases import truth
from .context import Context, Env, once
from .indices import ends_of, index_of
from .products import leaves
from .ranges import Generic, Range
from .substitution import canonical, exchange
from .tensors import MINUS, ONE, ZERO, Value, add, log, mul, refs, scalar
from .terms import raise_to, summed
from .values import elaborates, value


@once
def _free_letters(e: Context) -> frozenset[str]:
    return frozenset[str]().union(*map(_alone, e.nodes))


@elaborates(page.Sum, page.Prod)
def _big(e: Context, node: page.BigOp, env: Env) -> Value:
    letter = node.index.name
    if node.condition is not None or node.lower is None or node.upper is None:
        return _conditional(e, node, env)
    lower, upper = index_of(e, node.lower, env), index_of(e, node.upper, env)
    k = e.sizes.index(letter)
    return _collect(e, node, value(e, node.body, env.bind(letter, k)), k, lower, upper)


def _conditional(e: Context, node: page.BigOp, env: Env) -> Value:
    """Unbounded sums and sums under a condition: over the range of the places they run through."""
    letter, condition = node.index.name, node.condition
    if not letter:
        return _of_all_entries(e, node, env)
    if condition is not None and condition.op == "in":
        found: Range | Generic = Generic(Cardinality(_words(condition.rhs)))
        condition = None
    else:
        second = _other_index(node)
        if second is not None and env.letter(second.name) is None and second.name not in _free_letters(e):
            e.notes.doubt(f"this sum was read over all pairs of different {letter} and {second.name}")
            return _conditional(e, page.Sum(node, second, span=node.span), env)
        found = e.survey.ranges.over(letter, node.body)
    lower, upper = ends_of(e, found, env)
    lower = lower if node.lower is None else index_of(e, node.lower, env)
    upper = upper if node.upper is None else index_of(e, node.upper, env)
    k = e.sizes.index(letter)
    inner = env.bind(letter, k)
    weight = None
    if condition is not None and condition.op in ("<", "<=", ">", ">=") and condition.lhs == node.index:
        lower, upper = _cut(condition.op, index_of(e, condition.rhs, env), lower, upper)
        _must_be_bound(e, condition.rhs, env)
    elif condition is not None:
        _are_different(e, node)
        weight = truth(e, condition, inner)
    return _collect(e, node, value(e, node.body, inner), k, lower, upper, weight)


def _of_all_entries(e: Context, node: page.BigOp, env: Env) -> Value:
    """A sum that names no index."""
    v = value(e, node.body, env)
    if isinstance(node, page.Sum) and len(v.shape) in (1, 2):
        return scalar(summed(e, v, lambda t: t))
    raise UnknownMeaning("a sum without an index", node.span)


def _cut(op: str, end: Core, lower: Core, upper: Core) -> tuple[Core, Core]:
    """The part of a range that is below or above an end."""
    match op:
        case "<" | "<=":
            return lower, add(end, MINUS) if op == "<" else end
    return add(end, ONE) if op == ">" else end, upper


def _are_different(e: Context, node: page.BigOp) -> None:
    """Who sums over all j but i and k means two different ones, and leaves that unsaid."""
    match node.condition, node.body:
        case (
            page.Relation(_, "!=", page.Sym(i)),
            page.Mul((page.Indicator(page.Relation(own, "!=", page.Sym(k))), *_)),
        ) if own == node.index:
            said = [(r.lhs, r.rhs) for r in e.scope.assumptions if r.op == "!="]
            one, other = page.Sym(i), page.Sym(k)
            if (one, other) not in said and (other, one) not in said:
                e.notes.doubt(f"are {i} and {k} different here?  write assume {i} \\ne {k}")


def _must_be_bound(e: Context, node: Node, env: Env) -> None:
    for s in page.walk(node):
        if isinstance(s, page.Sym) and s.name in e.survey.subscripts and env.letter(s.name) is None:
            raise UnknownMeaning(
                f"does this sum run over {s.name} too?  write one sum for each index", node.span
            )


def _collect(
    e: Context, node: page.BigOp, body: Value, k: Sym, lower: Core, upper: Core, weight: Core | None = None
) -> Value:
    def weighed(t: Core) -> Core:
        return t if weight is None else mul(weight, t)

    if isinstance(node, page.Sum):
        total = Value(body.shape, lambda at: Sum(weighed(body.at(at)), k, lower, upper))
        return replace(total, gradient=body.gradient)
    if body.shape:
        raise UnknownMeaning("a product of vectors or matrices over an index", node.span)
    return scalar(_multiplied(e, body.term, k, lower, upper, weight))


def _multiplied(e: Context, term: Core, k: Sym, lower: Core, upper: Core, weight: Core | None) -> Core:
    """The product of the terms: written out, as a power, by logarithms, or only by its name."""
    if weight is None:
        if isinstance(lower, Num) and isinstance(upper, Num) and upper.value - lower.value < 12:
            numbers = (Num(lower.value + i) for i in range(int(upper.value - lower.value) + 1))
            return mul(*(exchange(term, k, number) for number in numbers))
        if lower == ONE and isinstance(upper, Sym) and k not in walk(term):
            return raise_to(term, upper)
    if not range_of(term).positive:
        # Right where all factors are positive; ``readings`` looks whether they must be.
        e.notes.alternatives.add("factors")
        if e.reading.factors:
            return _product_over(e, term if weight is None else _chosen(weight, term), k, lower, upper)
        e.met.products[k] = (term, lower, upper)
    logs = log(term) if weight is None else mul(weight, log(term))
    return Call("exp", (Sum(logs, k, lower, upper),))


def _product_over(e: Context, body: Core, k: Sym, lower: Core, upper: Core) -> Core:
    """A product of which only its name is known: one for one body, whatever its indices are called."""
    e.notes.doubt(AnySign())
    if any(map(partial(_is_filled_in_later, e), leaves(body))):
        raise UnknownMeaning(AnySign())
    bound = {k, *(t.index for t in walk(body) if isinstance(t, Sum))}
    whole = Sum(body, k, lower, upper)
    free = tuple(dict.fromkeys(t for t in walk(whole) if isinstance(t, Sym) and t not in bound))
    letters = tuple(t for t in free if t.sort != "real")
    pattern: Core = whole
    for place, letter in enumerate(letters):
        pattern = exchange(pattern, letter, Sym(f"@{place}", letter.sort))
    name = ProductOf(canonical(pattern))
    # 0 times the sum of the factors: the product is defined where they are.
    return add(refs(name, letters), mul(ZERO, whole))


def _is_filled_in_later(e: Context, name: str) -> bool:
    """May the quantity, or one in whose name it stands, be replaced by what it was held for?"""
    match name:
        case Fresh() | ProductOf():
            return True
        case Indicated():
            return isinstance(name.of, Fresh)
        case InverseOf():
            return any(isinstance(k, Fresh) for k in e.met.inverses[name])
    return False


def _other_index(node: Node) -> page.Sym | None:
    """j of ``\\sum_{i \\ne j}`` where both stand in the body."""
    match node:
        case page.Sum(body, page.Sym(i), condition=page.Relation(page.Sym(k), "!=", page.Sym(j) as other)):
            return other if i == k and {i, j} <= page.free_names(body) else None
    return None


def _alone(node: Node) -> frozenset[str]:
    """The free names of the node, but for the second letter of a sum over pairs."""
    found = frozenset({node.name} if isinstance(node, page.Sym) else ())
    found = found.union(*map(_alone, page.children(node)))
    if isinstance(node, page.BigOp):
        other = _other_index(node)
        found -= {node.index.name, other.name if other is not None else node.index.name}
    return found


def _chosen(weight: Core, term: Core) -> Core:
    """The term where the weight is 1, else 1."""
    return add(ONE, mul(weight, add(term, MINUS)))


def _words(node: Node) -> str:
    name = name_of(node)
    return str(name) if name is not None else "S"



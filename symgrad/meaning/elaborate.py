"""Page and scope to core terms: definitions unfolded, shapes checked, vectors turned into indices.

A claim ``lhs = rhs`` is read as a whole, because what one side says of a name (that N is a size,
that w is a vector, how far k runs) holds on the other.  A vector or matrix claim becomes one pair
of core terms at free indices, or one pair an entry where the sizes are written as numbers.

>>> from symgrad.page.tree import Add, Mul, Num, Sym
>>> elaborate(Add((Sym("x"), Num(1))), Scope())
Add(terms=(Sym(name='x', sort='real'), Num(value=Fraction(1, 1))))
"""

from __future__ import annotations

from fractions import Fraction

from ..core import Core, Given, Ref, Sym
from ..errors import ScopeError, ShapeError, UnknownMeaning
from ..page.scope import Scope
from ..page.tree import Call, Node, Relation, Transpose
from ..page.tree import Num as PageNum
from ..page.tree import Sym as PageSym
from ..reasons import Needed

# These and what they import say what each type of node means.
from . import gradients, sums  # noqa: F401
from .claim import closed, component_letters, is_index, pairs_of
from .context import Context, Env
from .tensors import ZERO, Value
from .values import value


def elaborate(node: Node, scope: Scope) -> Core:
    """The core term of a scalar expression."""
    v = value(Context(scope, (node,)), node, Env())
    if v.shape:
        raise ShapeError(Needed("a scalar is needed", v.shape), node.span)
    return v.term


def givens_of(e: Context) -> tuple[Given, ...]:
    """The hypotheses of the scope as the judge takes them."""
    out: list[Given] = []
    for r in e.scope.assumptions:
        if r.op in ("!=", "<", ">") and r.lhs == r.rhs:
            raise ScopeError("the given inequality contradicts itself", r.span)
        if not (r.op == "!=" and is_index(e, r.lhs) and is_index(e, r.rhs)):
            out += _given(e, r)
    i, j = (Sym(k, "index") for k in component_letters(e)[:2])
    for name in e.met.inverses:
        matrix = PageSym(name.of)
        if any((r.lhs, r.op, r.rhs) == (matrix, "=", Transpose(matrix)) for r in e.scope.assumptions):
            out.append(Given(Ref(name, (i, j)), "=", Ref(name, (j, i))))
    return tuple(out)


def _given(e: Context, r: Relation) -> list[Given]:
    if r.op == "in":
        values = _values(r.rhs)
        if values is None:
            raise UnknownMeaning("a set of numbers is needed, such as {0, 1}", r.span)
        left = value(e, r.lhs, Env())
        k = tuple(Sym(n, "index") for n, _ in zip(component_letters(e), left.shape, strict=False))
        return [Given(closed(e, left.at(k)), "in", ZERO, values)]
    if r.op not in ("=", "!=", "<", "<=", ">", ">=", "equiv"):
        raise UnknownMeaning(f"an assumption cannot be written with {r.op}", r.span)
    left, right = value(e, r.lhs, Env()), value(e, r.rhs, Env())
    if left.shape and not right.shape:
        number = right.term
        right = Value(left.shape, lambda _: number)
    pairs, _ = pairs_of(e, left, right, r.rhs)
    return [Given(a, "=" if r.op == "equiv" else r.op, b) for a, b in pairs]


def _values(node: Node) -> tuple[Fraction, ...] | None:
    from ..page.tree import Neg

    if not isinstance(node, Call) or node.fn != PageSym("\\{\\}"):
        return None
    out = []
    for entry in node.args:
        sign, inner = (-1, entry.arg) if isinstance(entry, Neg) else (1, entry)
        if not isinstance(inner, PageNum):
            return None
        out.append(sign * Fraction(inner.value))
    return tuple(out)

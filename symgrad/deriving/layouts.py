"""Layouts: which factors of a product are scalars, rows, columns or matrices.

>>> from symgrad.page.scope import Kind
>>> scope = Scope().declare("w", Kind(shape=(Sym("d"),))).declare("A", Kind(shape=(Sym("d"), Sym("d"))))
>>> w, A = Sym("w"), Sym("A")
>>> layout(Mul((A, w)), scope), layout(Mul((Transpose(w), A, w)), scope)
(Layout(rows=True, columns=False), Layout(rows=False, columns=False))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..page import tree
from ..page.scope import Definition, Scope
from ..page.tree import Call, Derivative, Gradient, Indexed, Matrix, Mul, Node, Sym, Transpose, substitute


class Layout(NamedTuple):
    """Has it many rows, many columns?"""

    rows: bool
    columns: bool


SCALAR, COLUMN, ROW = Layout(False, False), Layout(True, False), Layout(False, True)
Seen = frozenset[str]  # names whose definitions are being looked at


def layout(node: Node, scope: Scope, seen: Seen = frozenset()) -> Layout:
    """What is not known to be a vector or a matrix is a scalar."""
    rule = _LAYOUTS.get(type(node))
    return SCALAR if rule is None else rule(node, scope, seen)


def vectorish(node: Node, scope: Scope) -> bool:
    """May this factor be a vector or a matrix, so that its place in a product matters?"""
    return layout(node, scope) != SCALAR


def _of_name(node: Sym | Indexed, scope: Scope, seen: Seen) -> Layout:
    base = node.base if isinstance(node, Indexed) else node
    if not isinstance(base, Sym):
        return SCALAR
    kind, taken = scope.kind(base.name), 0
    if isinstance(node, Indexed):
        taken = len(node.lower) + len(node.upper)
    if kind is not None and kind.shape:
        left = len(kind.shape) + kind.arity - taken
        return Layout(left > 0, left > 1)

    def fits(d: Definition) -> bool:
        return d.params is None and len(d.lower) + len(d.upper) == taken

    body = _body(base.name, fits, scope, seen) if kind is None else None
    return SCALAR if body is None else layout(body.body, scope, seen | {base.name})


def _body(name: str, fits: Callable[[Definition], bool], scope: Scope, seen: Seen) -> Definition | None:
    return next(filter(fits, scope.definitions.get(name, ())), None) if name not in seen else None


def _of_transpose(node: Transpose, scope: Scope, seen: Seen) -> Layout:
    rows, columns = layout(node.arg, scope, seen)
    return Layout(columns, rows)


def _of_product(node: Mul, scope: Scope, seen: Seen) -> Layout:
    chain = [shape for f in node.factors if (shape := layout(f, scope, seen)) != SCALAR]
    return Layout(chain[0].rows, chain[-1].columns) if chain else SCALAR


def _widest(*parts: Node, scope: Scope, seen: Seen) -> Layout:
    return max((layout(part, scope, seen) for part in parts), default=SCALAR)


def _of_gradient(node: Gradient, scope: Scope, seen: Seen) -> Layout:
    by = None if node.wrt is None else layout(node.wrt, scope, seen)
    if by is not None and node.order == 1:
        return by
    return Layout(True, by is not None and by.rows)


def _of_derivative(node: Derivative, scope: Scope, seen: Seen) -> Layout:
    match node.by:
        case ((wrt, 1),):
            above, below = layout(node.body, scope, seen), layout(wrt, scope, seen)
            both = above.rows and below.rows
            return Layout(above.rows or below.rows, above.columns or both)
    return SCALAR


def _of_matrix(node: Matrix, scope: Scope, seen: Seen) -> Layout:
    return Layout(len(node.rows) > 1, len(node.rows[0]) > 1)


def _of_call(node: Call, scope: Scope, seen: Seen) -> Layout:
    fn = node.fn.base if isinstance(node.fn, Indexed) else node.fn
    if not isinstance(fn, Sym):
        return SCALAR
    if node.fn is fn and len(node.args) == 1 and not scope.is_function(fn.name):
        return layout(node.args[0], scope, seen)  # a product or a function of every entry
    d = _body(fn.name, lambda d: d.params is not None and len(d.params) == len(node.args), scope, seen)
    if d is None or d.params is None:
        return SCALAR
    filled = substitute(d.body, dict(zip(d.params, node.args, strict=True)))
    return layout(filled, scope, seen | {fn.name})


def _of_body(node: Any, scope: Scope, seen: Seen) -> Layout:
    return layout(node.body, scope, seen)


_LAYOUTS: dict[type[Node], Callable[[Any, Scope, Seen], Layout]] = {
    Sym: _of_name,
    Indexed: _of_name,
    Transpose: _of_transpose,
    Mul: _of_product,
    tree.Add: lambda n, scope, seen: _widest(*n.terms, scope=scope, seen=seen),
    tree.Hadamard: lambda n, scope, seen: _widest(*n.factors, scope=scope, seen=seen),
    tree.EntrywiseQuotient: lambda n, scope, seen: _widest(n.num, n.den, scope=scope, seen=seen),
    tree.Neg: lambda n, scope, seen: layout(n.arg, scope, seen),
    tree.Frac: lambda n, scope, seen: layout(n.num, scope, seen),
    **dict.fromkeys((tree.BigOp, *tree.BigOp.__subclasses__()), _of_body),
    Gradient: _of_gradient,
    Derivative: _of_derivative,
    Matrix: _of_matrix,
    Call: _of_call,
}


def groups(factors: tuple[Node, ...], scope: Scope) -> tuple[Node, ...]:
    """The factors of a product with every scalar product v^T u in one.

    >>> from symgrad.page.scope import Kind
    >>> w, c = Sym("w"), Sym("c")
    >>> groups((c, Transpose(w), w, w), Scope().declare("w", Kind(shape=(Sym("d"),)))) == (
    ...     c, Mul((Transpose(w), w)), w)
    True
    """
    out: list[Node] = []
    row: list[Node] = []
    for f in factors:
        shape = layout(f, scope)
        if shape == SCALAR:
            out.append(f)
        elif shape == ROW:
            out += row
            row = [f]
        elif row:
            row.append(f)
            if not shape.columns:
                out.append(Mul(tuple(row)))
                row = []
        else:
            out.append(f)
    return (*out, *row)

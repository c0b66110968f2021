"""``read``: text to a page."""

from __future__ import annotations

from dataclasses import replace

from ..errors import ReadError
from ..page.scope import Scope
from ..page.tree import Indexed, Node, Num, Sym, children, free_names, map_children, walk
from . import brackets, operators  # noqa: F401  (their parsers enter the tables of the grammar)
from .cursor import MAX_TREE, Cursor
from .grammar import parse_relation
from .macros import expand
from .names_and_scripts import is_bare
from .normalize import lay_out
from .tokens import tokens_of
from .vocabulary import CONFUSION


def read(text: str, scope: Scope | None = None) -> Node:
    """The page that ``text`` writes: an expression, a Relation, or a Chain of relations.

    ``scope`` settles whether ``f(x)`` is a call, and what ``x^i`` marks.  Spans are character offsets
    in ``text``.  Raises ReadError, with a span, for everything that is not understood.

    >>> from symgrad.page.to_latex import to_latex
    >>> to_latex(read(r"\\frac{\\partial}{\\partial m} y_i - f(x_i)"))
    '\\\\frac{\\\\partial}{\\\\partial m} y_{i} - f(x_{i})'
    """
    scope = scope or Scope()
    tokens = expand(tokens_of(text), scope.macros)
    counted = CONFUSION.intersection(t.text for t in tokens)
    named = counted if len(counted) > 1 else frozenset()
    layout = lay_out(tokens, lambda run: run in named or _is_declared(f"\\mathrm{{{run}}}", scope))
    if not layout.tokens:
        raise ReadError("nothing to read")
    return _whole(Cursor(layout, scope))


def _is_declared(name: str, scope: Scope) -> bool:
    return name in scope.definitions or name in scope.kinds


def _whole(cur: Cursor) -> Node:
    while cur.end > 1 and cur.texts[cur.end - 1] in (",", ".", ";", ":"):
        cur.end -= 1
    page = cur.within(*cur.unbraced(0, cur.end), parse_relation)
    if len(cur.tokens) > MAX_TREE and _deep(page):
        raise cur.error("nested too deeply to read", 0)
    if cur.run_together:
        page = _split_indices(cur, page)
    for i, j, place in cur.pairs:
        if {i, j} & free_names(page):
            what = f"does this run over {i} and {j}, or over {i} alone? write \\sum_{{{i} : {i} < {j}}}"
            raise cur.error(what, place)
    return page


def _split_indices(cur: Cursor, page: Node) -> Node:
    """``x_{12}`` and ``x_{in}`` are entries of a matrix where x has two indices elsewhere, here or in the
    scope."""
    double = {n.base for n in walk(page) if isinstance(n, Indexed) and len(n.lower) == 2}
    for name, kind in cur.scope.kinds.items():
        if kind.arity + len(kind.shape) == 2:
            double.add(Sym(name))
    for name, group in cur.scope.definitions.items():
        if any(len(d.lower) == 2 for d in group):
            double.add(Sym(name))

    def split(node: Node) -> Node:
        node = map_children(node, split)
        if not isinstance(node, Indexed) or node.base not in double:
            return node
        match node.lower:
            case (Num(int(k), 0) as entry,) if 11 <= k <= 99 and k % 10:
                return replace(node, lower=tuple(Num(int(d), span=entry.span) for d in str(k)))
            case (Sym("\\text{in}", span=span),) if is_bare(span):
                return replace(node, lower=(Sym("i", span=span), Sym("n", span=span)))
        return node

    return split(page)


def _deep(page: Node) -> bool:
    """Is the tree deeper than what everybody behind the reader can walk?"""
    stack = [(page, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_TREE:
            return True
        stack += [(child, depth + 1) for child in children(node)]
    return False

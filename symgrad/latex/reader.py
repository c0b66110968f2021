"""``read``: text to a page."""

from __future__ import annotations

from ..errors import ReadError
from ..page.scope import Scope
from ..page.tree import Node
from .grammar import Grammar
from .macros import expand
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
    return Grammar(layout, scope).whole()


def _is_declared(name: str, scope: Scope) -> bool:
    return name in scope.definitions or name in scope.kinds

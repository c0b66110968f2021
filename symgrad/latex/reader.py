"""``read``: text to a page."""

from __future__ import annotations

from ..errors import ReadError
from ..page import Node
from ..scope import Scope
from .grammar import Grammar
from .layout import lay_out
from .lexer import tokens_of
from .macros import expand


def read(text: str, scope: Scope | None = None) -> Node:
    """The page that ``text`` writes: an expression, a Relation, or a Chain of relations.

    ``scope`` settles whether ``f(x)`` is a call, and what ``x^i`` marks.  Spans are character offsets
    in ``text``.  Raises ReadError, with a span, for everything that is not understood.

    >>> from symgrad.show.latex import to_latex
    >>> to_latex(read(r"\\frac{\\partial}{\\partial m} y_i - f(x_i)"))
    '\\\\frac{\\\\partial}{\\\\partial m} y_{i} - f(x_{i})'
    """
    scope = scope or Scope()
    known = scope.definitions, scope.kinds
    layout = lay_out(
        expand(tokens_of(text), scope.macros), lambda run: any(f"\\mathrm{{{run}}}" in names for names in known)
    )
    if not layout.tokens:
        raise ReadError("nothing to read")
    return Grammar(layout, scope).whole()

"""Formulas: what an author gives, SymPy, a page or LaTeX, as a page and as LaTeX."""

from __future__ import annotations

from typing import Any

from ..page.scope import Scope
from ..page.to_latex import to_latex
from ..page.tree import Node


def latex_of(value: object) -> str:
    """LaTeX of a SymPy expression or a page; a string is LaTeX already."""
    if isinstance(value, str):
        return value
    return to_latex(page_of(value, Scope()))


def page_of(value: Any, scope: Scope) -> Node:
    """The page of LaTeX, of a SymPy expression, or the page itself."""
    if isinstance(value, Node):
        return value
    if isinstance(value, str):
        from ..latex import read

        return read(value, scope)
    from ..bridge import to_page

    page: Node = to_page(value)
    return page

"""Strict reader of LaTeX mathematics, with spans; what it does not know it names, it never guesses.

The modules, each importing only those before it: ``tokens`` (text into tokens), ``macros`` (what the author
defined, expanded), ``vocabulary`` (which commands are what), ``normalize`` (spacing, sizes and frames taken
away, brackets and bars paired), ``cursor`` (a place in the tokens), ``grammar`` (sums, products, and the
tables of what starts an expression and what hangs on it), then the parsers in these tables:
``names_and_scripts`` (names and what hangs on them), ``brackets`` (what is enclosed), ``operators`` (what
reaches to the right); ``reader`` (the verb ``read``, which gives back exactly what ``page.to_latex`` was
given).

>>> read(r"\\frac{1}{N} \\sum_{i=1}^N \\hat y_i").factors[1].body
Indexed(base=Sym(name='\\\\hat{y}'), lower=(Sym(name='i'),), upper=(), bracket='()')
>>> read(r"x + \\foo")
Traceback (most recent call last):
    ...
symgrad.errors.ReadError: unknown command \\foo (column 5)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .macros import read_macro_definitions
    from .reader import read

# Imported when first used: who only cuts text into tokens does not wait for the grammar.
_HOME = {"read": "reader", "read_macro_definitions": "macros"}

__all__ = ["read", "read_macro_definitions"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value

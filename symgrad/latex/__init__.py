"""Strict reader of LaTeX mathematics, with spans; what it does not know it names, it never guesses.

The rooms, each standing on those before it: ``lexer`` cuts text into tokens, ``macros`` expands what the
author defined, ``names`` lists the vocabulary, ``layout`` takes spacing, sizes and frames away and pairs
brackets and bars, ``cursor`` moves through the tokens, ``scripts`` reads what hangs on a name, ``brackets``
what is enclosed, ``operators`` what reaches to the right, ``grammar`` sums, products and the whole,
``reader`` opens the door.  ``read`` gives back exactly what ``show.latex.to_latex`` was given.

>>> read(r"\\frac{1}{N} \\sum_{i=1}^N \\hat y_i").factors[1].body
Indexed(base=Sym(name='\\\\hat{y}'), lower=(Sym(name='i'),), upper=(), bracket='()')
>>> read(r"x + \\foo")
Traceback (most recent call last):
    ...
symgrad.errors.ReadError: unknown command \\foo (column 5)
"""

from __future__ import annotations

from .macros import read_macro_definitions
from .reader import read

__all__ = ["read", "read_macro_definitions"]

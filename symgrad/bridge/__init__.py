"""Bridge: SymPy expressions to pages and back.  The lowest package that imports SymPy.

*Names.*  :func:`page_name` turns a SymPy name into the canonical LaTeX name of a page and
:func:`sympy_name` turns it back.  ``theta`` is ``\\theta``, ``xbar`` is ``\\bar{x}``, ``MSE`` is
``\\mathrm{MSE}``, ``x_1`` and ``x1`` are ``x_{1}``.  Things that look the same on paper but are not the
same are refused where they meet: ``x1`` and ``x_1``, the symbol ``x_1`` and ``IndexedBase("x")``, two
symbols of one name that differ in their assumptions, free Dummies.  The symbol ``x_1`` is the page symbol
``x_{1}``; read back from paper it may be an entry of x, which ``to_sympy`` takes for the symbol again when
``symbols`` holds it.

*Entries.*  SymPy counts the entries of a MatrixSymbol from 0, a page from 1: ``X[0, j]`` is X_{1,j+1}.
An IndexedBase has no origin; its indices are kept.

*Numbers* are real: a symbol without assumptions stands for a real number, floats are refused.

The modules, each importing only those before it: ``logistic`` (σ as a SymPy function), ``elementary`` (the
table of functions in SymPy), ``naming`` (names on both sides), ``occurring`` (what occurs, and what would
read alike), ``writing`` (SymPy to page), ``declaring`` (kinds, scope and symbols of an expression),
``reading`` (page to SymPy).

>>> from sympy import Function, IndexedBase, symbols
>>> m, b, i = symbols("m b i")
>>> x, y = IndexedBase("x"), IndexedBase("y")
>>> expr = y[i] - (m * x[i] + b)
>>> to_sympy(to_page(expr), symbols=symbols_of(expr)) == expr
True
"""

from __future__ import annotations

from .declaring import counted, kinds_of, scope_of, symbols_of
from .elementary import CLASSES, EXPONENTIAL
from .logistic import sigma
from .naming import page_name, sympy_name
from .reading import to_sympy
from .writing import to_page

__all__ = [
    "CLASSES",
    "EXPONENTIAL",
    "counted",
    "kinds_of",
    "page_name",
    "scope_of",
    "sigma",
    "symbols_of",
    "sympy_name",
    "to_page",
    "to_sympy",
]

"""The named rules: one function each, one identity each.

A rule looks at one node of a page and returns what the node may be rewritten to, or None where it does
not fit.  It evaluates nothing else: what it leaves alone stays as its author wrote it.  Rules that treat
a derivative read ``D u`` for ``∂u/∂θ`` (or ``∇u``), ``c`` for anything that does not depend on θ.  No rule is
believed: every step is judged, and the tests let the judge prove each rule on random instances.

``RULES`` holds all of them by name.  The order in which they are tried is that of ``DIFFERENTIATION`` for one
derivative and of ``TIDYING`` for the last lines, whatever module a rule stands in.

The modules, each importing only those before it: ``book`` (where rules are entered), ``functions`` (the
elementary functions and their derivatives), ``writing`` (products and sums as one writes them),
``dependence`` (what depends on what), ``outermost`` (g and u of g(u)), ``vectors`` (gradients, entries of one
array), ``layers`` (backpropagation), ``entries`` (by one entry of a vector), ``derivatives`` (the rules of a
textbook), ``rewriting`` (rules without derivatives).

>>> from symgrad.page.tree import Derivative, Mul, Num, Pow, Sym
>>> from symgrad.page.scope import Scope
>>> x, theta = Sym("x"), Sym("\\\\theta")
>>> RULES["chain rule"](Derivative(Pow(Mul((theta, x)), Num(2)), ((theta, 1),)), Scope()) == Mul(
...     (Num(2), theta, x, Derivative(Mul((theta, x)), ((theta, 1),))))
True
"""

from __future__ import annotations

from . import layers, rewriting  # noqa: F401  (their rules enter the book)
from .book import RULES, Rule
from .dependence import depends, partial
from .derivatives import definitions_used
from .outermost import opaque, unknown
from .writing import neat

DIFFERENTIATION = (
    "second derivative", "evaluation", "definition", "power rule", "quadratic form", "gradient of a square",
    "backpropagation", "entry of a gradient", "Jacobian", "elementary derivative", "logarithm of a quotient",
    "chain rule", "factor rule", "selection", "sum rule", "branch by branch", "product rule", "quotient rule",
)  # fmt: skip
"""The rules for derivatives, in the order in which one derivative tries them."""

TIDYING = (
    "Kronecker delta", "range of the sum", "assumption", "cancellation", "comm., distr.", "simplification",
    "definition σ", "definition tanh",
)
"""The rules for the last lines, when no derivative is left."""

__all__ = [
    "DIFFERENTIATION", "RULES", "TIDYING", "Rule", "definitions_used", "depends", "neat", "opaque", "partial",
    "unknown",
]  # fmt: skip

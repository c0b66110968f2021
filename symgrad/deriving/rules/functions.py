"""The elementary functions that have a derivative here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...page.tree import Add, Call, Frac, Indicator, Mul, Neg, Node, Pow, Relation, Sym
from ..tidy import ONE, TWO, ZERO


def _fn(name: str) -> Callable[[Node], Node]:
    return lambda z: Call(Sym(name), (z,))


SIGMA, TANH, SINH, COSH, SQRT = map(_fn, ("\\sigma", "\\tanh", "\\sinh", "\\cosh", "\\sqrt"))
SIN, COS, TAN = map(_fn, ("\\sin", "\\cos", "\\tan"))
E, DELTA = Sym("e"), Sym("\\delta")

# One row a function: its derivative at z.  A function without a row is undefined, or refused by name.
TABLE: Mapping[str, Callable[[Node], Node]] = {
    "\\exp": _fn("\\exp"),
    "\\log": lambda z: Frac(ONE, z),
    "\\ln": lambda z: Frac(ONE, z),
    "\\sigma": lambda z: Mul((SIGMA(z), Add((ONE, Neg(SIGMA(z)))))),
    "\\tanh": lambda z: Add((ONE, Neg(Pow(TANH(z), TWO)))),
    "\\sinh": COSH,
    "\\cosh": SINH,
    "\\sin": COS,
    "\\cos": lambda z: Neg(SIN(z)),
    "\\tan": lambda z: Add((ONE, Pow(TAN(z), TWO))),
    "\\sqrt": lambda z: Frac(ONE, Mul((TWO, SQRT(z)))),
    "\\operatorname{softplus}": SIGMA,
    "\\operatorname{relu}": lambda z: Indicator(Relation(z, ">", ZERO)),
    "\\operatorname{abs}": _fn("\\operatorname{sign}"),
}

# Known to the rest of symgrad, but without a derivative here.
REFUSED = frozenset(
    ["\\max", "\\min", "\\operatorname{sign}", "\\operatorname{softmax}", "\\operatorname{diag}",
     "\\operatorname{tr}", "\\operatorname{Var}", "\\operatorname{Cov}", "\\mathbb{E}"]
)


def exponent_of(node: Node) -> Node | None:
    """The u of e^u."""
    match node:
        case Pow(base, exp) if base == E:
            return exp
        case Call(Sym("\\exp"), (exp,)):
            return exp
    return None

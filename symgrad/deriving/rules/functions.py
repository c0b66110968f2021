"""The elementary functions on the page: their derivatives, and those that have none here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial

from ...functions import FUNCTIONS, PAGES, Algebra, Function
from ...kernel.differentiate import slope
from ...page.tree import Abs, Add, Call, Frac, Indicator, Mul, Neg, Node, Num, Pow, Relation, Sym
from ..terms import ONE, ZERO


def _fn(name: str) -> Callable[[Node], Node]:
    return lambda z: Call(Sym(name), (z,))


SIGMA, TANH, COSH = map(_fn, ("\\sigma", "\\tanh", "\\cosh"))
E, DELTA = Sym("e"), Sym("\\delta")


def _slope(row: Function, page: str, z: Node) -> Node:
    """The derivative at z of a function that is written ``page``."""
    return _pages(row.name, page).value(slope(row), z)


def _pages(own: str, page: str) -> Algebra[Node]:
    def number(value: Fraction) -> Node:
        return Num(int(value))

    def product(*factors: Node) -> Node:
        if factors[0] == Num(-1):
            return Neg(product(*factors[1:]))
        return factors[0] if len(factors) == 1 else Mul(factors)

    def call(fn: str, *args: Node) -> Node:
        if fn == own:
            return Call(Sym(page), args)
        match fn:
            case "step":
                return Indicator(Relation(args[0], ">", ZERO))
            case "abs":
                return Abs(*args)
            case "exp":
                return Pow(E, *args)
            case "pi" | "max" | "min":
                return Call(Sym(f"\\{fn}"), args) if args else Sym(f"\\{fn}")
        return Call(Sym(FUNCTIONS[fn].page), args)

    def quotient(a: Node, b: Node) -> Node:
        if isinstance(a, Neg):
            return Neg(quotient(a.arg, b))
        return Neg(Frac(ONE, b)) if a == Num(-1) else Frac(a, b)

    return Algebra(number, lambda *terms: Add(terms), product, quotient, lambda b, n: Pow(b, number(n)), call)


# A function that is not in the table is undefined, or refused by name.
TABLE: Mapping[str, Callable[[Node], Node]] = {
    page: partial(_slope, row, page) for page, row in PAGES.items() if row.derivative != "0"
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

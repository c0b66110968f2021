r"""The elementary functions, a row each: what a function means, and how it is written, drawn and computed.

A row with a meaning needs nothing else: derivative, domain, enclosure, code and display follow from it.
The other columns are there for beauty and speed; tests/test_functions.py has the judge prove them.
Terms are written as in Python, in z:

>>> from symgrad.core import text
>>> row = FUNCTIONS["tanh"]
>>> text(row.meant), text(row.slope)
('1 - (2/(1 + exp(2*z)))', '1 - tanh(z)^2')
>>> text(at(row.slope, Sym("x"))), row.page, row.bounds
('1 - tanh(x)^2', '\\tanh', (Fraction(-1, 1), Fraction(1, 1)))
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import inf
from typing import Generic, TypeVar

from .core import Add, Call, Core, Div, Mul, Num, Pow, Sym, children, rebuild, walk

T = TypeVar("T")
Z = Sym("z")


@dataclass(frozen=True, eq=False)
class Function:
    """A function of one real argument.

    ``name`` is its name in core terms; ``spelled`` gives each name on the page (the first is printed) the
    words that write it, and is ``\\operatorname`` of the name where it is left out.  A function without
    ``meaning`` is a primitive of the judge: use is made of its being ``odd``, and ``ball`` is its method of
    flint's ``arb``.
    ``domain`` may be left out where it is that of the meaning, ``range`` where nothing is known of it;
    ``kinked`` says that there is no derivative at 0.  ``sympy`` is a class of SymPy; ``numpy`` and ``numba``
    are Python, and follow from the meaning where that is stable.
    """

    name: str
    spelled: Mapping[str, tuple[str, ...]] | None = None
    meaning: str = ""
    derivative: str = ""
    domain: str = ""
    range: str = ""
    kinked: bool = False
    odd: bool = False
    touching: bool = False  # its first word stays a function where the letters of names touch it: ylog(p)
    ball: str = ""
    sympy: str = ""
    numpy: str = ""
    numba: str = ""

    @property
    def spellings(self) -> Mapping[str, tuple[str, ...]]:
        return self.spelled if self.spelled is not None else {f"\\operatorname{{{self.name}}}": (self.name,)}

    @property
    def page(self) -> str:
        """The name that is printed."""
        return next(iter(self.spellings), "")

    @cached_property
    def meant(self) -> Core:
        """The meaning; a primitive means itself."""
        return term(self.meaning or f"{self.name}(z)")

    @cached_property
    def slope(self) -> Core | None:
        """The derivative, where the row gives it."""
        return term(self.derivative) if self.derivative else None

    @cached_property
    def demands(self) -> tuple[tuple[Core, str], ...] | None:
        """Terms with the relation to 0 that each must have; None where the meaning says it."""
        if not self.domain:
            return None if self.meaning else ()
        found = ast.parse(self.domain, mode="eval").body
        parts = found.values if isinstance(found, ast.BoolOp) else [found]
        return tuple(
            (_term(p.left), _RELATIONS[type(p.ops[0])]) for p in parts if isinstance(p, ast.Compare)
        )

    @cached_property
    def total(self) -> bool:
        """Has the function a value everywhere?"""
        return self.domain == "True" or not (self.domain or (self.meaning and _divides(self.meant)))

    @cached_property
    def exponential(self) -> bool:
        """Is the function rational in exponentials, by what it means?"""
        calls = {t.fn for t in walk(self.meant) if isinstance(t, Call)} if self.meaning else {""}
        return all(fn == "exp" or (fn in FUNCTIONS and FUNCTIONS[fn].exponential) for fn in calls)

    @cached_property
    def bounds(self) -> tuple[Fraction | float, Fraction | float] | None:
        """Between which numbers all values lie."""
        if not self.range:
            return None
        low, high = (k.strip() for k in self.range[1:-1].split(","))
        return (-inf if low == "-oo" else Fraction(low)), (inf if high == "oo" else Fraction(high))


_RELATIONS = {ast.Gt: ">", ast.GtE: ">=", ast.NotEq: "!="}


def _functions(*rows: Function) -> dict[str, Function]:
    return {row.name: row for row in rows}


FUNCTIONS = _functions(
    Function("exp", {r"\exp": ("exp",)}, derivative="exp(z)", range="(0, oo)",
             touching=True, sympy="exp", numpy="np.exp(z)"),
    Function("log", {r"\log": ("log",), r"\ln": ("ln",)}, derivative="1/z", domain="z > 0",
             touching=True, sympy="log", numpy="np.log(z)"),
    Function("sigma", {r"\sigma": (), r"\operatorname{sigmoid}": ("sigmoid", "Sigmoid", "logistic")},
             "1 - 1/(1 + exp(z))", "sigma(z)*(1 - sigma(z))", domain="True", range="(0, 1)",
             touching=True, numpy="_sigma(z)"),
    Function("tanh", {r"\tanh": ("tanh",)}, "1 - 2/(1 + exp(2*z))", "1 - tanh(z)**2",
             domain="True", range="(-1, 1)", touching=True, sympy="tanh", numpy="np.tanh(z)"),
    Function("sinh", {r"\sinh": ("sinh",)}, "(exp(z) - exp(-z))/2", "cosh(z)",
             sympy="sinh", numpy="np.sinh(z)"),
    Function("cosh", {r"\cosh": ("cosh",)}, "(exp(z) + exp(-z))/2", "sinh(z)", range="[1, oo)",
             sympy="cosh", numpy="np.cosh(z)"),
    Function("sin", {r"\sin": ("sin",)}, derivative="cos(z)", range="[-1, 1]",
             sympy="sin", numpy="np.sin(z)"),
    Function("cos", {r"\cos": ("cos",)}, derivative="-sin(z)", range="[-1, 1]",
             sympy="cos", numpy="np.cos(z)"),
    Function("tan", {r"\tan": ("tan",)}, "sin(z)/cos(z)", "1 + tan(z)**2", domain="cos(z) != 0",
             sympy="tan", numpy="np.tan(z)"),
    Function("sqrt", {r"\sqrt": ("sqrt",)}, derivative="1/(2*sqrt(z))", domain="z >= 0", range="[0, oo)"),
    Function("abs", {r"\operatorname{abs}": ("abs",)}, derivative="sign(z)", range="[0, oo)",
             kinked=True, sympy="Abs", numpy="np.abs(z)"),
    Function("sign", {r"\operatorname{sign}": ("sign", "sgn")}, derivative="0", domain="z != 0",
             kinked=True, sympy="sign", numpy="np.sign(z)"),
    Function("step", {}, derivative="0", domain="z != 0", range="[0, 1]",
             kinked=True, numpy="np.heaviside(z, 0)"),
    Function("relu", {r"\operatorname{relu}": ("relu", "ReLU", "RELU", "Relu", "reLU")},
             "max(z, 0)", "step(z)", range="[0, oo)", kinked=True,
             numpy="np.maximum(z, 0)", numba="max(z, 0.0)"),
    Function("softplus", {r"\operatorname{softplus}": ("softplus",)}, "log(1 + exp(z))", "sigma(z)",
             domain="True", range="(0, oo)", numpy="_softplus(z)"),
    Function("sech", None, "1/cosh(z)", "-sech(z)*tanh(z)", domain="True", range="(0, 1]",
             sympy="sech", numpy="1 / np.cosh(z)"),
    Function("csch", None, "1/sinh(z)", "-csch(z)*coth(z)", domain="z != 0",
             sympy="csch", numpy="1 / np.sinh(z)"),
    Function("coth", {r"\coth": ("coth",)}, "cosh(z)/sinh(z)", "-csch(z)**2", domain="z != 0",
             sympy="coth", numpy="1 / np.tanh(z)"),
    Function("arctan", {r"\arctan": ("arctan", "atan")}, derivative="1/(1 + z**2)", range="(-11/7, 11/7)",
             odd=True, sympy="atan", ball="atan", numpy="np.arctan(z)"),
    Function("arcsin", {r"\arcsin": ("arcsin", "asin")}, derivative="1/sqrt(1 - z**2)",
             domain="1 - z**2 >= 0", range="[-11/7, 11/7]", odd=True, sympy="asin", ball="asin",
             numpy="np.arcsin(z)"),
    Function("arccos", {r"\arccos": ("arccos", "acos")}, "pi/2 - arcsin(z)", "-1/sqrt(1 - z**2)",
             range="[0, 22/7]", sympy="acos", numpy="np.arccos(z)"),
    Function("arsinh", {r"\operatorname{arsinh}": ("arsinh", "arcsinh", "asinh")},
             "log(z + sqrt(z**2 + 1))", "1/sqrt(z**2 + 1)", domain="True", sympy="asinh",
             numpy="np.arcsinh(z)"),
    Function("artanh", {r"\operatorname{artanh}": ("artanh", "arctanh", "atanh")},
             "(log(1 + z) - log(1 - z))/2", "1/(1 - z**2)", domain="1 - z**2 > 0", sympy="atanh",
             numpy="np.arctanh(z)"),
    Function("erf", derivative="2*exp(-z**2)/sqrt(pi)", range="(-1, 1)", odd=True, sympy="erf",
             ball="erf", numpy="np.vectorize(math.erf, otypes=[float])(z)", numba="math.erf(z)"),
    Function("normcdf", {r"\operatorname{Phi}": ("Phi", "normcdf")}, "(1 + erf(z/sqrt(2)))/2",
             "exp(-z**2/2)/sqrt(2*pi)", range="(0, 1)",
             numpy="np.vectorize(math.erfc, otypes=[float])(-z * 0.5**0.5) / 2",
             numba="math.erfc(-z * 0.5**0.5) / 2"),
    Function("logit", None, "log(z) - log(1 - z)", "1/(z*(1 - z))", domain="z > 0 and 1 - z > 0",
             numpy="np.log(z) - np.log1p(-z)"),
    Function("softsign", None, "z/(1 + abs(z))", "1/(1 + abs(z))**2", domain="True", range="(-1, 1)"),
    Function("swish", {r"\operatorname{SiLU}": ("SiLU", "silu"), r"\operatorname{swish}": ("swish", "Swish")},
             "z*sigma(z)", "sigma(z)*(1 + z*(1 - sigma(z)))"),
    Function("gelu", {r"\operatorname{GELU}": ("GELU", "gelu")}, "z*normcdf(z)",
             "normcdf(z) + z*exp(-z**2/2)/sqrt(2*pi)"),
    Function("log2", {r"\log_{2}": ("log2",)}, "log(z)/log(2)", "1/(z*log(2))", domain="z > 0",
             numpy="np.log2(z)"),
    Function("log10", {r"\log_{10}": ("log10",)}, "log(z)/log(10)", "1/(z*log(10))", domain="z > 0",
             numpy="np.log10(z)"),
    Function("log1p", None, "log(1 + z)", "1/(1 + z)", domain="1 + z > 0", numpy="np.log1p(z)"),
    Function("expm1", None, "exp(z) - 1", "exp(z)", range="(-1, oo)", numpy="np.expm1(z)"),
    Function("sinc", None, "sin(z)/z", "(z*cos(z) - sin(z))/z**2", domain="z != 0", sympy="sinc"),
)  # fmt: skip
"""By the name in core terms."""

BUILTIN = frozenset((*FUNCTIONS, "max", "min", "pi"))
"""Names in core terms whose meaning the judge knows; any other is an undefined function."""
PAGES = {page: row for row in FUNCTIONS.values() for page in row.spellings}
"""The functions by their names on the page."""
WORDS = {word: page for row in FUNCTIONS.values() for page, words in row.spellings.items() for word in words}
"""Words that write a function, and its name on the page."""
TOUCHING = tuple(
    next(word for words in row.spellings.values() for word in words)
    for row in FUNCTIONS.values() if row.touching
)  # fmt: skip
"""Words that stay functions where the letters of names touch them: ``ylog(p)``."""
LETTERS = frozenset(page for page, row in PAGES.items() if not row.spellings[page])
"""Names on the page that are letters too: the function only where they are applied."""
COMMANDS = frozenset(page for page in PAGES if not page.startswith(r"\operatorname")) - LETTERS


def _divides(t: Core) -> bool:
    """May what a function means have no value somewhere?"""
    divided = isinstance(t, Div) and Z in walk(t.den)
    called = isinstance(t, Call) and t.fn in FUNCTIONS and not FUNCTIONS[t.fn].total and Z in walk(t)
    return divided or called or any(map(_divides, children(t)))


# -- terms in z ----------------------------------------------------------------------------------------------

MINUS = Num(Fraction(-1))
_OPERATIONS: dict[type[ast.operator], Callable[[Core, Core], Core]] = {
    ast.Add: lambda a, b: Add((*(a.terms if isinstance(a, Add) else (a,)), b)),
    ast.Sub: lambda a, b: _OPERATIONS[ast.Add](a, Mul((MINUS, b))),
    ast.Mult: lambda a, b: Mul((*(a.factors if isinstance(a, Mul) else (a,)), b)),
    ast.Div: Div,
    ast.Pow: Pow,
}


def term(source: str) -> Core:
    """A term in z as the table writes it.

    >>> term("exp(-z)/2") == Div(Call("exp", (Mul((MINUS, Z)),)), Num(Fraction(2)))
    True
    """
    return _term(ast.parse(source, mode="eval").body)


def _term(node: ast.expr) -> Core:
    match node:
        case ast.Constant(int(value)):
            return Num(Fraction(value))
        case ast.Name(name):
            return Z if name == Z.name else Call(name, ())
        case ast.UnaryOp(ast.USub(), arg):
            return Mul((MINUS, _term(arg)))
        case ast.BinOp(left, op, right):
            return _OPERATIONS[type(op)](_term(left), _term(right))
        case ast.Call(ast.Name(name), args):
            return Call(name, tuple(map(_term, args)))
    raise ValueError(ast.unparse(node))


def at(t: Core, z: Core) -> Core:
    """A term in z, with what stands for z."""
    return z if t == Z else rebuild(t, lambda k: at(k, z))


@dataclass(frozen=True)
class Algebra(Generic[T]):
    """Things that can be added, multiplied and put into functions: numbers, pages, expressions, code."""

    number: Callable[[Fraction], T]
    add: Callable[..., T]
    mul: Callable[..., T]
    div: Callable[[T, T], T]
    power: Callable[[T, Fraction], T]
    call: Callable[..., T]

    def value(self, t: Core, z: T) -> T:
        """A term in z of these things."""
        match t:
            case Num(value):
                return self.number(value)
            case Add(terms):
                return self.add(*(self.value(k, z) for k in terms))
            case Mul(factors):
                return self.mul(*(self.value(k, z) for k in factors))
            case Div(num, den):
                return self.div(self.value(num, z), self.value(den, z))
            case Pow(base, Num(exponent)):
                return self.power(self.value(base, z), exponent)
            case Call(fn, args):
                return self.call(fn, *(self.value(k, z) for k in args))
        return z

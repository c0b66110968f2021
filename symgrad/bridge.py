"""Bridge: SymPy expressions to pages and back.  The lowest module that imports SymPy.

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

>>> from sympy import Function, IndexedBase, symbols
>>> m, b, i = symbols("m b i")
>>> x, y = IndexedBase("x"), IndexedBase("y")
>>> expr = y[i] - (m * x[i] + b)
>>> to_sympy(to_page(expr), symbols=symbols_of(expr)) == expr
True
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from operator import mul
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from . import page
from .errors import InputError, ScopeError, UnknownMeaning
from .page import Node, fresh_name
from .scope import Definition, Kind, Scope

__all__ = ["kinds_of", "page_name", "scope_of", "sigma", "symbols_of", "sympy_name", "to_page", "to_sympy"]

Expr = Any  # SymPy carries no types: an Expr here is a sympy.Expr or MatrixExpr


class sigma(sympy.Function):  # type: ignore[misc]
    r"""The logistic function σ(z) = 1/(1 + e^{-z}), kept as it is until asked to rewrite.

    >>> z = sympy.Symbol("z")
    >>> sigma(z).diff(z), sigma(z).rewrite(sympy.exp), sympy.latex(sigma(z))
    ((1 - sigma(z))*sigma(z), 1/(1 + exp(-z)), '\\sigma\\left(z\\right)')
    """

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return self * (1 - self)

    def _eval_rewrite_as_exp(self, arg: Expr, **hints: object) -> Expr:
        return 1 / (1 + sympy.exp(-arg))

    def _eval_evalf(self, prec: int) -> Expr:
        return self.rewrite(sympy.exp)._eval_evalf(prec)

    def _eval_is_extended_real(self) -> bool | None:
        return True if self.args[0].is_extended_real else None

    def _eval_is_positive(self) -> bool | None:
        return True if self.args[0].is_real else None

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"


# ---------------------------------------------------------------------------------------------- names

_GREEK = frozenset(re.findall(r"\w+", """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi
    psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega varepsilon vartheta varphi varrho
    varsigma ell
"""))
_ACCENTS = {"hat": "hat", "bar": "bar", "tilde": "tilde", "vec": "vec", "bold": "mathbf"}
_DECORATIONS = frozenset([*_ACCENTS.values(), "dot", "boldsymbol", "mathcal", "mathrm", "mathbb", "mathsf"])
_CONSTANTS = frozenset({"e", "\\pi", "\\infty"})


def page_name(name: str) -> str:
    """The LaTeX name of a SymPy name; names that are already LaTeX (``\\mathcal{L}``) are kept.

    >>> [page_name(n) for n in ("x", "theta", "ybar", "MSE", "x_1", "x1", "alpha_1_k")]
    ['x', '\\\\theta', '\\\\bar{y}', '\\\\mathrm{MSE}', 'x_{1}', 'x_{1}', '\\\\alpha_{1,k}']
    """
    found = re.fullmatch(r"([A-Za-z]+)(\d*)((?:_[A-Za-z0-9]+)*)", name)
    if found is None:
        if _is_latex_name(name):
            return name
        raise InputError(f"{name!r} is no name that can be printed: use letters, digits and one '_'")
    head, digits, tail = found.groups()
    if tail:
        subs = ",".join(s if s.isdigit() else _letters(s) for s in tail[1:].split("_"))
        return f"{_letters(head + digits)}_{{{subs}}}"
    if digits:
        base = _letters(head)
        return f"\\mathrm{{{name}}}" if base.startswith("\\mathrm") else f"{base}_{{{digits}}}"
    return _letters(head)


def _letters(word: str) -> str:
    if len(word) == 1:
        return word
    if word in _GREEK:
        return "\\" + word
    for ending, command in _ACCENTS.items():
        stem = word.removesuffix(ending)
        if stem != word and (stem in _GREEK or (len(stem) == 1 and stem.isalpha())):
            return f"\\{command}{{{_letters(stem)}}}"
    return f"\\mathrm{{{word}}}"


def _is_latex_name(name: str) -> bool:
    commands = re.findall(r"\\([A-Za-z]+)", name)
    return (
        re.fullmatch(r"(?:\\?[A-Za-z]+|[A-Za-z0-9{}_,'])+", name) is not None
        and all(c in _GREEK or c in _DECORATIONS for c in commands)
        and (bool(commands) or re.fullmatch(r"[A-Za-z](?:_\{[A-Za-z0-9,]+\})?'*", name) is not None)
        and _balanced(name)
    )


def _balanced(name: str) -> bool:
    depth = 0
    for c in name:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return depth == 0


def sympy_name(name: str) -> str:
    """The SymPy name behind a page name: ``page_name(sympy_name(n)) == n`` for every printable n.

    >>> [sympy_name(n) for n in ("\\\\theta", "\\\\bar{y}", "x_{1}", "\\\\mathcal{L}")]
    ['theta', 'ybar', 'x_1', '\\\\mathcal{L}']
    """
    plain = name
    for ending, command in _ACCENTS.items():
        plain = re.sub(rf"\\{command}\{{(\\?[A-Za-z]+)\}}", rf"\1{ending}", plain)
    plain = re.sub(r"\\mathrm\{([A-Za-z0-9]+)\}", r"\1", plain)
    plain = re.sub(r"\\([A-Za-z]+)", r"\1", plain)
    plain = re.sub(r"_\{([A-Za-z0-9,]+)\}", lambda g: "_" + g[1].replace(",", "_"), plain)
    try:
        return plain if page_name(plain) == name else name
    except InputError:
        return name


# ----------------------------------------------------------------------------- what occurs in an expression

_BIGOPS: dict[Any, type[page.Sum] | type[page.Prod]] = {sympy.Sum: page.Sum, sympy.Product: page.Prod}


class _Names:
    """The free things of some expressions by page name, and how each is used."""

    def __init__(self) -> None:
        self.things: dict[str, Any] = {}
        self.names: dict[Any, str] = {}
        self.bound: dict[str, Any] = {}
        self.kinds: dict[str, Kind] = {}
        self.in_index: set[str] = set()
        self.in_bound: set[str] = set()
        self.constants: set[str] = set()

    def scan(self, expr: Expr) -> None:
        self._scan(expr, frozenset(), "value")
        indices = self.in_index | set(self.bound)
        for name in self.things:
            if name in self.constants:
                raise InputError(f"{sympy_name(name)!r} is also the constant {name}: rename the symbol")
            stem, _, subscript = name.partition("_{")
            entries = isinstance(self.things.get(stem), sympy.IndexedBase | sympy.MatrixSymbol)
            if subscript and (entries or not indices.isdisjoint(subscript.rstrip("}").split(","))):
                raise InputError(
                    f"the symbol {sympy_name(name)!r} looks like an entry of {sympy_name(stem)!r}: "
                    "rename it or use IndexedBase"
                )

    def _enter(self, name: str, thing: Any) -> None:
        old = self.things.setdefault(name, thing)
        if old != thing:
            if type(old) is type(thing) and _label(old) == _label(thing):
                raise InputError(
                    f"two different symbols named {_label(thing)!r}: they differ in assumptions "
                    f"({_assumptions(old)} against {_assumptions(thing)}); create it once"
                )
            raise InputError(
                f"{_describe(old)} and {_describe(thing)} would both be written {name}: rename one"
            )
        self.names[thing] = name

    def _scan(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        if isinstance(expr, sympy.Symbol | sympy.Idx):
            if expr in bound:
                return
            if isinstance(expr, sympy.Dummy):
                raise InputError(f"the Dummy {expr.name!r} cannot be told from others on paper: use a Symbol")
            name = page_name(expr.name)
            if expr.is_real is False:
                raise InputError(f"{expr.name!r} is not real; symgrad's quantities are real")
            if name in _CONSTANTS:
                raise InputError(f"a symbol named {expr.name!r} reads as the constant {name}: rename it")
            self._enter(name, expr)
            if use == "index":
                self.in_index.add(name)
            elif use == "bound":
                self.in_bound.add(name)
        elif isinstance(expr, sympy.Indexed):
            self._scan_entry(expr, bound)
        elif isinstance(expr, MatrixElement):
            self._scan(expr.parent, bound, "value")
            for index in expr.args[1:]:
                self._scan(index, bound, "index")
        elif isinstance(expr, sympy.MatrixSymbol):
            self._enter(page_name(expr.name), expr)
            for size in expr.shape:
                self._scan(size, bound, "bound")
        elif isinstance(expr, tuple(_BIGOPS)):
            self._scan_limits(expr, bound)
        elif isinstance(expr, sympy.Subs):
            inner = bound | frozenset(expr.variables)
            self._scan(expr.expr, inner, use)
            for point in expr.point:
                self._scan(point, bound, use)
        else:
            if isinstance(expr, AppliedUndef | sigma):
                name = page_name(expr.func.__name__)
                self._enter(name, expr.func)
            elif isinstance(expr, sympy.KroneckerDelta):
                self._enter("\\delta", sympy.KroneckerDelta)
                use = "index"
            elif isinstance(expr, sympy.exp | type(sympy.E)):
                self.constants.add("e")
            for arg in expr.args:
                self._scan(arg, bound, use)

    def _scan_entry(self, expr: Expr, bound: frozenset[Any]) -> None:
        base = expr.base
        if not isinstance(base, sympy.IndexedBase) or not isinstance(base.label, sympy.Symbol):
            raise UnknownMeaning(f"an entry of {base} has no meaning here; use IndexedBase('name')")
        name = page_name(base.label.name)
        self._enter(name, base)
        arity = len(expr.indices)
        known = self.kinds.setdefault(name, Kind(arity=arity))
        if known.arity != arity:
            raise InputError(f"{base} is used with {known.arity} and with {arity} indices")
        for index in expr.indices:
            self._scan(index, bound, "index")

    def _scan_limits(self, expr: Expr, bound: frozenset[Any]) -> None:
        for var, *bounds in reversed(expr.limits):
            if len(bounds) == 2:
                self._scan(bounds[0], bound, "index")
                self._scan(bounds[1], bound, "bound")
            if not isinstance(var, sympy.Symbol | sympy.Idx):
                raise UnknownMeaning(f"a sum over {var} has no meaning here")
            self.bound.setdefault(page_name(var.name), var)
            bound = bound | {var}
        self._scan(expr.function, bound, "value")

    def all_kinds(self) -> dict[str, Kind]:
        out: dict[str, Kind] = {}
        writer = _Writer(self)
        for name, thing in self.things.items():
            if thing is sympy.KroneckerDelta or (name == "\\sigma" and _is_function(thing)):
                continue
            if isinstance(thing, sympy.IndexedBase):
                out[name] = self.kinds[name]
            elif isinstance(thing, sympy.MatrixSymbol):
                rows, cols = thing.shape
                shape = (rows,) if cols == 1 else (rows, cols)
                out[name] = Kind(tuple(writer.node(s) for s in shape))
            elif _is_function(thing):
                out[name] = Kind(role="function")
            else:
                out[name] = self._role(name, thing)
        return out

    def _role(self, name: str, symbol: Expr) -> Kind:
        natural = symbol.is_integer and symbol.is_positive
        if natural or (name in self.in_bound and name not in self.in_index):
            return Kind(role="size")
        if symbol.is_integer or name in self.in_index or name in self.in_bound:
            if isinstance(symbol, sympy.Idx) and symbol.upper is not None:
                lower, upper = (_Writer(self).node(b) for b in (symbol.lower, symbol.upper))
                return Kind(role="index", lower=lower, upper=upper)
            return Kind(role="index")
        return Kind()


def _is_function(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, sympy.Function)


def _label(thing: Any) -> str:
    return str(thing.__name__ if isinstance(thing, type) else thing.name)


def _describe(thing: Any) -> str:
    if isinstance(thing, type):
        return f"the function {thing.__name__}"
    words = {sympy.Idx: "the index", sympy.IndexedBase: "the indexed base", sympy.MatrixSymbol: "the matrix"}
    return f"{words.get(type(thing), 'the symbol')} {_label(thing)}"


def _assumptions(thing: Any) -> str:
    if isinstance(thing, sympy.MatrixSymbol):
        return f"shape {thing.shape}"
    thing = thing.label if isinstance(thing, sympy.IndexedBase | sympy.Idx) else thing
    given = getattr(thing, "_assumptions_orig", None) or {}
    return ", ".join(f"{k}={v}" for k, v in sorted(given.items())) or "none"


def _scanned(exprs: Sequence[Expr]) -> _Names:
    names = _Names()
    for expr in exprs:
        names.scan(expr)
    return names


def symbols_of(*exprs: Expr) -> dict[str, Any]:
    """The SymPy things in the expressions by page name: pass it to ``to_sympy`` to get them back."""
    names = _scanned([sympy.sympify(e, strict=True) for e in exprs])
    return {**names.bound, **names.things}


def kinds_of(*exprs: Expr) -> dict[str, Kind]:
    """The kind of every free name: sizes from the upper bounds of sums and from matrix shapes, indices
    from where they stand, the arity of indexed data, the shape of matrices; every other symbol is real.

    >>> x, (i, n) = sympy.IndexedBase("x"), sympy.symbols("i n")
    >>> {k: (v.role, v.arity) for k, v in kinds_of(sympy.Sum(x[i], (i, 1, n))).items()}
    {'n': ('size', 0), 'x': ('real', 1)}
    """
    return _scanned([sympy.sympify(e, strict=True) for e in exprs]).all_kinds()


_SIGNS = [("is_positive", ">"), ("is_negative", "<"), ("is_nonnegative", ">="), ("is_nonpositive", "<="),
          ("is_nonzero", "!=")]


def scope_of(*exprs: Expr) -> Scope:
    """The kinds of everything that occurs, and its signs (``positive=True``) as assumptions."""
    names = _scanned([sympy.sympify(e, strict=True) for e in exprs])
    scope = Scope(kinds=names.all_kinds())
    for name, thing in names.things.items():
        kind = scope.kinds.get(name)
        if kind is None or kind.role != "real" or isinstance(thing, sympy.MatrixSymbol):
            continue
        symbol = thing.label if isinstance(thing, sympy.IndexedBase) else thing
        op = next((op for test, op in _SIGNS if getattr(symbol, test)), None)
        if op is None:
            continue
        subject: Node = page.Sym(name)
        if kind.arity:
            taken = frozenset(names.things)
            indices: list[Node] = []
            for _ in range(kind.arity):
                index = fresh_name("i", taken)
                taken |= {index}
                indices.append(page.Sym(index))
                scope = scope.declare(index, Kind(role="index"))
            subject = page.Indexed(subject, tuple(indices))
        scope = scope.assume(page.Relation(subject, op, page.Num(0)))
    return scope


# --------------------------------------------------------------------------------------- SymPy to page

_CALLS = {
    sympy.log: "\\log", sympy.tanh: "\\tanh", sympy.sinh: "\\sinh", sympy.cosh: "\\cosh",
    sympy.sign: "\\operatorname{sign}", sympy.Max: "\\max", sympy.Min: "\\min",
}
_RELATIONS: dict[Any, str] = {
    sympy.Eq: "=", sympy.Ne: "!=", sympy.Lt: "<", sympy.Le: "<=", sympy.Gt: ">", sympy.Ge: ">=",
}
# Undefined SymPy functions of these names get the meaning a page gives them.
_OPERATORS = frozenset(["relu", "softplus"])
_MATRIX_TYPES = (sympy.MatrixExpr, sympy.MatrixBase)


def to_page(expr: Expr) -> Node:
    """The page that a SymPy expression (or relation) is written as.

    Differences have their positive terms first, products are written numbers, parameters, entries,
    parentheses, sums; negative powers become fractions.  Only the order is chosen here, nothing is
    evaluated.  Raises InputError for names and numbers that cannot be written, UnknownMeaning for
    functions that symgrad gives no meaning.

    >>> from symgrad.page import Sym
    >>> a, b = sympy.symbols("a b")
    >>> to_page(b - a**2) == page.Add((Sym("b"), page.Neg(page.Pow(Sym("a"), page.Num(2)))))
    True
    """
    expr = _sympified(expr)
    return _Writer(_scanned([expr])).node(expr)


def _sympified(expr: Expr) -> Expr:
    if isinstance(expr, str):
        raise InputError("a string is no SymPy expression (text is read by symgrad.latex)")
    try:
        return sympy.sympify(expr, strict=True)
    except sympy.SympifyError:
        raise InputError(f"not a SymPy expression: {type(expr).__name__}") from None


# Where a factor stands in a product.
_NUMBER, _SYMBOL, _ENTRY, _CALL, _PAREN, _LOG, _DERIVATIVE, _BIG = range(8)


def _place(expr: Expr) -> int:
    if expr.is_Number or expr in (sympy.E, sympy.pi):
        return _NUMBER
    if isinstance(expr, sympy.Symbol | sympy.Idx):
        return _SYMBOL
    if isinstance(expr, sympy.Indexed | MatrixElement | sympy.KroneckerDelta):
        return _ENTRY
    if isinstance(expr, sympy.Pow):
        return _place(expr.base)
    if isinstance(expr, sympy.Add | sympy.Mul):
        return _PAREN
    if isinstance(expr, sympy.log):
        return _LOG
    if isinstance(expr, sympy.Derivative | sympy.Subs):
        return _DERIVATIVE
    if isinstance(expr, (*_BIGOPS, sympy.Piecewise)):
        return _BIG
    return _CALL


def _degree(expr: Expr) -> int:
    """Degree as one reads it: entries and symbols count, what stands inside a function does not."""
    if isinstance(expr, sympy.Mul):
        return sum(_degree(a) for a in expr.args)
    if isinstance(expr, sympy.Add):
        return max(_degree(a) for a in expr.args)
    if isinstance(expr, sympy.Pow):
        return _degree(expr.base) * int(expr.exp) if expr.exp.is_Integer and expr.exp > 0 else 0
    return int(_place(expr) in (_SYMBOL, _ENTRY) and not isinstance(expr, sympy.KroneckerDelta))


def _natural(text: str) -> list[tuple[int, int | str]]:
    return [(0, int(s)) if s.isdigit() else (1, s) for s in re.split(r"(\d+)", text)]


class _Writer:
    def __init__(self, names: _Names) -> None:
        self.names = names
        self.bound: dict[Any, str] = {}

    def node(self, expr: Expr) -> Node:
        for kind, write in self._table():
            if isinstance(expr, kind):
                return write(expr)
        known = "; see symgrad.bridge for what is read" if isinstance(expr, sympy.Basic) else ""
        raise UnknownMeaning(f"{type(expr).__name__} has no meaning here{known}")

    def _table(self) -> list[tuple[Any, Callable[[Any], Node]]]:
        return [
            (sympy.Number, self._number),
            (sympy.NumberSymbol, self._constant),
            (sympy.core.numbers.ImaginaryUnit, self._imaginary),
            (sympy.core.numbers.ComplexInfinity, self._number),
            ((sympy.Symbol, sympy.Idx), self._symbol),
            (sympy.Indexed, self._entry),
            (MatrixElement, self._matrix_entry),
            (_MATRIX_TYPES, self._matrix),
            (sympy.Trace, lambda e: page.Call(page.Sym("\\operatorname{tr}"), (self.node(e.arg),))),
            (sympy.Add, lambda e: self._sum_of(e.args)),
            (sympy.Mul, lambda e: self._product(e.args)),
            (sympy.exp, lambda e: page.Pow(page.Sym("e"), self.node(e.args[0]))),
            (sympy.Pow, lambda e: self._product((e,))),
            (tuple(_BIGOPS), self._big),
            (sympy.Derivative, self._derivative),
            (sympy.Subs, self._subs),
            (sympy.Abs, lambda e: page.Abs(self.node(e.args[0]))),
            (sympy.KroneckerDelta, self._kronecker),
            (sympy.Piecewise, self._piecewise),
            (sympy.UnevaluatedExpr, lambda e: self.node(e.args[0])),
            (sympy.core.relational.Relational, self._relation),
            (tuple(_CALLS), self._builtin),
            ((AppliedUndef, sigma), self._application),
            (sympy.Heaviside, self._heaviside),
            ((sympy.Determinant, sympy.Inverse), self._no_matrix_function),
        ]

    # Leaves

    def _number(self, value: Expr) -> Node:
        if isinstance(value, sympy.Float):
            raise InputError(f"{value} is a rounded number: use Rational, e.g. Rational(1, 10) for 0.1")
        if value is sympy.oo:
            return page.Sym("\\infty")
        if value is sympy.S.NegativeInfinity:
            return page.Neg(page.Sym("\\infty"))
        if not value.is_Rational:
            raise InputError(f"{value} is not a number: something was divided by zero")
        top: Node = page.Num(abs(int(value.p)))
        if value.q != 1:
            top = page.Frac(top, page.Num(int(value.q)))
        return page.Neg(top) if value < 0 else top

    def _constant(self, value: Expr) -> Node:
        if value is sympy.E:
            return page.Sym("e")
        if value is sympy.pi:
            return page.Sym("\\pi")
        raise UnknownMeaning(f"the constant {value} has no meaning here")

    def _imaginary(self, value: Expr) -> Node:
        raise InputError("symgrad's numbers are real: I has no meaning here")

    def _symbol(self, symbol: Expr) -> Node:
        return page.Sym(self.bound.get(symbol) or self.names.names[symbol])

    def _entry(self, entry: Expr) -> Node:
        base = page.Sym(self.names.names[entry.base])
        return page.Indexed(base, tuple(self.node(k) for k in entry.indices))

    def _matrix_entry(self, entry: Expr) -> Node:
        cols = entry.parent.shape[1]
        indices = entry.args[1:2] if cols == 1 else entry.args[1:]
        lower = tuple(self.node(k + 1) for k in indices)
        parent = self.node(entry.parent)
        return page.Indexed(parent, lower) if isinstance(parent, page.Sym) else page.Component(parent, lower)

    # Sums and products of terms

    def _sum_of(self, args: Sequence[Expr]) -> Node:
        written = []
        for term in args:
            node = self.node(term)
            negative = isinstance(node, page.Neg)
            big = any(_place(f) == _BIG for f in sympy.Mul.make_args(term))
            key = (negative, not big, -_degree(term), sum(1 for _ in page.walk(node)), _natural(repr(node)))
            written.append((key, node))
        return page.Add(tuple(node for _, node in sorted(written, key=lambda pair: pair[0])))

    def _product(self, args: Sequence[Expr]) -> Node:
        number = sympy.Integer(1)
        above: list[tuple[int, Node]] = []
        below: list[tuple[int, Node]] = []
        for factor in args:
            if factor.is_Rational:
                number *= factor
            elif _is_inverse(factor):
                base = factor.base
                power = base if factor.exp == -1 else sympy.Pow(base, -factor.exp, evaluate=False)
                below.append((_place(power), self._power(power)))
            else:
                above.append((_place(factor), self._power(factor)))
        self._order(above)
        self._order(below)
        if abs(number.p) != 1 or not above:
            above.insert(0, (_NUMBER, page.Num(abs(int(number.p)))))
        if number.q != 1:
            below.insert(0, (_NUMBER, page.Num(int(number.q))))
        node = self._fraction(above, below)
        return page.Neg(node) if number < 0 else node

    @staticmethod
    def _order(factors: list[tuple[int, Node]]) -> None:
        factors.sort(key=lambda f: (f[0], sum(1 for _ in page.walk(f[1])) if f[0] >= _CALL else 0,
                                    _natural(repr(f[1]))))

    @staticmethod
    def _fraction(above: list[tuple[int, Node]], below: list[tuple[int, Node]]) -> Node:
        if not below:
            return _product_node([n for _, n in above])
        # A sum is written behind the fraction, and so is a square behind a numeric one: 1/N Σ.., 1/2 (..)².
        def behind(place: int, node: Node) -> bool:
            square = isinstance(node, page.Pow) and place == _PAREN and all(p == _NUMBER for p, _ in below)
            return place >= _DERIVATIVE or square

        out = [] if any(p >= _DERIVATIVE for p, _ in below) else [f for f in above if behind(*f)]
        kept = [n for f in above for _, n in [f] if f not in out]
        numerator = _product_node(kept) if kept else page.Num(1)
        fraction = page.Frac(numerator, _product_node([n for _, n in below]))
        return _product_node([fraction, *(n for _, n in out)])

    def _power(self, expr: Expr) -> Node:
        """A factor that is no negative power: roots and positive powers included."""
        if not isinstance(expr, sympy.Pow):
            return self.node(expr)
        if expr.exp == sympy.Rational(1, 2):
            return page.Call(page.Sym("\\sqrt"), (self.node(expr.base),))
        return page.Pow(self.node(expr.base), self.node(expr.exp))

    # Operators

    def _big(self, expr: Expr) -> Node:
        return self._limits(type(expr), expr.function, list(expr.limits))

    def _limits(self, kind: Any, body: Expr, limits: list[Any]) -> Node:
        if not limits:
            return self.node(body)
        *inner, (var, *bounds) = limits
        if len(bounds) != 2:
            raise UnknownMeaning(f"a sum over {var} without bounds: give (index, lower, upper)")
        lower, upper = (self.node(b) for b in bounds)
        free = kind(body, *inner).free_symbols if inner else body.free_symbols
        taken = {self._name(s) for s in free if s != var}
        taken |= {self.names.names[f.func] for f in body.atoms(AppliedUndef)} | self.names.constants
        name = fresh_name(page_name(var.name), frozenset(taken))
        outer = self.bound.get(var)
        self.bound[var] = name
        written = self._limits(kind, body, inner)
        if outer is None:
            del self.bound[var]
        else:
            self.bound[var] = outer
        return _BIGOPS[kind](written, page.Sym(name), lower, upper)

    def _name(self, symbol: Expr) -> str:
        if symbol in self.bound:
            return self.bound[symbol]
        if isinstance(symbol, sympy.Indexed):
            return self.names.names[symbol.base]
        return self.names.names.get(symbol) or page_name(symbol.name)

    def _derivative(self, expr: Expr) -> Node:
        by = []
        for var, count in expr.variable_count:
            if not count.is_Integer:
                raise UnknownMeaning(f"a derivative of symbolic order {count} has no meaning here")
            if not isinstance(var, sympy.Symbol | sympy.Indexed | MatrixElement | sympy.MatrixSymbol):
                raise UnknownMeaning(f"a derivative by {var} has no meaning here: differentiate by a symbol")
            by.append((self.node(var), int(count)))
        return page.Derivative(self.node(expr.expr), tuple(by))

    def _subs(self, expr: Expr) -> Node:
        """SymPy writes f'(a) as Subs(Derivative(f(t), t), t, a); other substitutions stay written."""
        if len(expr.variables) != 1:
            raise UnknownMeaning("Subs with several variables has no meaning here: substitute first")
        (var,), (point,) = expr.variables, expr.point
        body = expr.expr
        if (
            isinstance(body, sympy.Derivative)
            and isinstance(body.expr, AppliedUndef | sigma)
            and body.expr.args == (var,)
            and [v for v, _ in body.variable_count] == [var]
            and body.variable_count[0][1].is_Integer
        ):
            fn = page.Sym(self.names.names[body.expr.func])
            return page.Call(page.Prime(fn, int(body.variable_count[0][1])), (self.node(point),))
        at = self.node(point)
        taken = {self._name(s) for s in body.free_symbols if s != var}
        self.bound[var] = fresh_name(page_name(var.name), frozenset(taken))
        written = page.Evaluated(self.node(body), page.Relation(page.Sym(self.bound[var]), "=", at))
        del self.bound[var]
        return written

    def _kronecker(self, expr: Expr) -> Node:
        if len(expr.args) != 2:
            raise UnknownMeaning("KroneckerDelta with a range has no meaning here")
        return page.Indexed(page.Sym("\\delta"), tuple(self.node(a) for a in expr.args))

    def _piecewise(self, expr: Expr) -> Node:
        branches: list[tuple[Node, page.Relation | None]] = []
        for value, condition in expr.args:
            if condition is sympy.true:
                branches.append((self.node(value), None))
            elif type(condition) in _RELATIONS:
                branches.append((self.node(value), self._relation(condition)))
            else:
                raise UnknownMeaning(f"the condition {condition} has no meaning here: use one inequality")
        return page.Cases(tuple(branches))

    def _relation(self, expr: Expr) -> page.Relation:
        return page.Relation(self.node(expr.lhs), _RELATIONS[type(expr)], self.node(expr.rhs))

    def _builtin(self, expr: Expr) -> Node:
        args = [self.node(a) for a in expr.args]
        if isinstance(expr, sympy.Max | sympy.Min):  # SymPy keeps these in an order of its own
            args.sort(key=lambda n: (not isinstance(n, page.Num), _natural(repr(n))))
        return page.Call(page.Sym(_CALLS[type(expr)]), tuple(args))

    def _application(self, expr: Expr) -> Node:
        name = expr.func.__name__
        if name == "sigma" and len(expr.args) != 1:
            raise InputError("sigma is the logistic function of one argument")
        fn = f"\\operatorname{{{name}}}" if name in _OPERATORS else self.names.names[expr.func]
        return page.Call(page.Sym(fn), tuple(self.node(a) for a in expr.args))

    def _heaviside(self, expr: Expr) -> Node:
        raise UnknownMeaning("Heaviside has no agreed value at 0: use Piecewise((1, z > 0), (0, True))")

    # Matrices

    def _matrix(self, expr: Expr) -> Node:
        if isinstance(expr, sympy.MatrixSymbol):
            return page.Sym(self.names.names[expr])
        if isinstance(expr, sympy.MatrixBase):
            rows, cols = expr.shape
            return page.Matrix(tuple(tuple(self.node(expr[r, c]) for c in range(cols)) for r in range(rows)))
        if isinstance(expr, sympy.MatAdd):
            return self._sum_of(expr.args)
        if isinstance(expr, sympy.MatMul):
            scalar, factors = expr.as_coeff_matrices()
            written = [self.node(f) for f in factors]
            coefficient = self._product(sympy.Mul.make_args(scalar))
            if isinstance(coefficient, page.Neg):
                inner = [] if coefficient.arg == page.Num(1) else [coefficient.arg]
                return page.Neg(_product_node([*inner, *written]))
            return _product_node([*([] if coefficient == page.Num(1) else [coefficient]), *written])
        if isinstance(expr, sympy.Transpose):
            return page.Transpose(self.node(expr.arg))
        if isinstance(expr, sympy.HadamardProduct):
            return page.Hadamard(tuple(self.node(a) for a in expr.args))
        if isinstance(expr, sympy.HadamardPower) and expr.exp.is_Integer and expr.exp > 1:
            return page.Hadamard((self.node(expr.base),) * int(expr.exp))
        return self._no_matrix_function(expr)

    def _no_matrix_function(self, expr: Expr) -> Node:
        raise UnknownMeaning(f"{type(expr).__name__} of a matrix has no meaning here")


def _is_inverse(factor: Expr) -> bool:
    return isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0


def _product_node(factors: list[Node]) -> Node:
    """One product; a fraction's or factor's own product is not nested inside it."""
    flat: list[Node] = []
    for f in factors:
        flat.extend(f.factors if isinstance(f, page.Mul) else (f,))
    return flat[0] if len(flat) == 1 else page.Mul(tuple(flat))


# --------------------------------------------------------------------------------------- page to SymPy

_FUNCTIONS: dict[str, Callable[..., Expr]] = {
    "\\exp": sympy.exp, "\\log": sympy.log, "\\tanh": sympy.tanh, "\\sinh": sympy.sinh, "\\cosh": sympy.cosh,
    "\\sqrt": sympy.sqrt, "\\max": sympy.Max, "\\min": sympy.Min, "\\sigma": sigma,
    "\\operatorname{sign}": sympy.sign, "\\operatorname{relu}": lambda z: sympy.Max(0, z),
    "\\operatorname{softplus}": lambda z: sympy.log(1 + sympy.exp(z)),
    "\\operatorname{tr}": sympy.Trace,
}
_NO_FUNCTION = ("\\operatorname{", "\\mathbb{E}")
_SYMPY_RELATIONS = {op: rel for rel, op in _RELATIONS.items()}


def to_sympy(
    node: Node,
    scope: Scope | None = None,
    symbols: Mapping[str, Any] | None = None,
    *,
    unfold: bool = False,
) -> Expr:
    """The SymPy form of a page: the inverse of :func:`to_page`, up to SymPy's own evaluation.

    ``symbols`` gives the SymPy thing for a name (page name or SymPy name), so that assumptions survive;
    other names get plain symbols, or what the kind in ``scope`` says.  Defined names stay folded unless
    ``unfold``; under a derivative they are always unfolded, since SymPy would differentiate f(x_i) by a
    parameter of f to 0.

    >>> to_sympy(page.Frac(page.Num(1), page.Sym("\\\\theta")))
    1/theta
    """
    return _Reader(scope or Scope(), dict(symbols or {}), unfold).expr(node)


class _Reader:
    def __init__(self, scope: Scope, symbols: dict[str, Any], unfold: bool) -> None:
        self.scope = scope
        self.symbols = symbols
        self.unfold = unfold
        self.unfolding: tuple[str, ...] = ()
        self.bound: dict[str, Any] = {}

    def expr(self, node: Node) -> Expr:
        match node:
            case page.Num(value):
                fraction = Fraction(value)
                return sympy.Rational(fraction.numerator, fraction.denominator)
            case page.Sym():
                return self.symbol(node)
            case page.Indexed():
                return self.entry(node)
            case page.Add(terms):
                return _add([self.expr(t) for t in terms])
            case page.Neg() | page.Mul() | page.Frac():
                return _multiply(list(self.factors(node)))
            case page.Pow(base, exp):
                if base == page.Sym("e") and self.is_constant("e"):
                    return sympy.exp(self.expr(exp))
                return self.expr(base) ** self.expr(exp)
            case page.Call(fn, args):
                return self.call(node, fn, [self.expr(a) for a in args])
            case page.BigOp():
                return self.big(node)
            case page.Derivative(body, by):
                return self.derivative(body, by)
            case page.Evaluated(body, at):
                return sympy.Subs(self.expr(body), self.expr(at.lhs), self.expr(at.rhs))
            case page.Abs(arg):
                return sympy.Abs(self.expr(arg))
            case page.Indicator(condition):
                return sympy.Piecewise((1, self.relation(condition)), (0, True))
            case page.Cases(branches):
                return sympy.Piecewise(
                    *((self.expr(v), True if c is None else self.relation(c)) for v, c in branches)
                )
            case page.Relation():
                return self.relation(node)
            case _:
                return self.matrix(node)

    def matrix(self, node: Node) -> Expr:
        match node:
            case page.Transpose(arg):
                return sympy.transpose(self.expr(arg))
            case page.Hadamard(factors):
                return sympy.hadamard_product(*map(self.expr, factors))
            case page.Matrix(rows):
                return sympy.ImmutableMatrix([[self.expr(e) for e in row] for row in rows])
            case page.Inner(left, right):
                return sympy.Trace(sympy.transpose(self.expr(left)) * self.expr(right))
            case page.Norm(arg, None):
                value = self.expr(arg)
                return sympy.sqrt(sympy.Trace(sympy.transpose(value) * value))
            case page.Component(arg, lower):
                return _element(self.expr(arg), [self.expr(k) for k in lower])
        raise UnknownMeaning(f"{type(node).__name__} has no SymPy form", node.span)

    # Names

    def given(self, name: str) -> Any:
        found = self.symbols.get(name)
        return self.symbols.get(sympy_name(name)) if found is None else found

    def is_constant(self, name: str) -> bool:
        return name in _CONSTANTS and self.scope.kind(name) is None and self.given(name) is None

    def symbol(self, node: page.Sym) -> Expr:
        name = node.name
        if name in self.bound:
            return self.bound[name]
        if self.is_constant(name):
            return {"e": sympy.E, "\\pi": sympy.pi, "\\infty": sympy.oo}[name]
        if self.unfold and (body := self.unfolded(node, name, None)) is not None:
            return body
        found = self.given(name)
        if isinstance(found, sympy.IndexedBase):
            raise UnknownMeaning(f"{name} stands without its index", node.span)
        if found is not None and not isinstance(found, type):
            return found
        kind = self.scope.kind(name)
        plain = sympy_name(name)
        if kind is None:
            return sympy.Symbol(plain)
        if kind.shape:
            rows, *cols = (self.expr(s) for s in kind.shape)
            return sympy.MatrixSymbol(plain, rows, cols[0] if cols else 1)
        assumptions = {"size": {"integer": True, "positive": True}, "index": {"integer": True}}
        return sympy.Symbol(plain, **assumptions.get(kind.role, {"real": True}))

    def entry(self, node: page.Indexed) -> Expr:
        if not isinstance(node.base, page.Sym):
            raise UnknownMeaning("an entry of something without a name has no SymPy form", node.span)
        name = node.base.name
        if self.unfold and (body := self.unfolded(node, name, None)) is not None:
            return body
        found = self.given(name)
        lower = [self.expr(k) for k in node.lower]
        kind = self.scope.kind(name)
        if name == "\\delta" and len(lower) == 2 and found in (None, sympy.KroneckerDelta) and kind is None:
            return sympy.KroneckerDelta(*lower)
        if node.upper:
            lower = [self.expr(k) for k in node.upper] + lower
        if isinstance(found, sympy.MatrixSymbol) or (kind is not None and kind.shape and not kind.arity):
            return _element(self.expr(node.base), lower)
        if isinstance(found, sympy.IndexedBase):
            return found[tuple(lower)]
        whole = self.given(f"{name}_{{{','.join(map(str, lower))}}}")
        if isinstance(whole, sympy.Symbol):
            return whole
        if kind is not None and kind.shape:
            raise UnknownMeaning(f"SymPy has no form for {name}, a family of vectors", node.span)
        real = {"real": True} if kind is not None else {}
        return sympy.IndexedBase(sympy_name(name), **real)[tuple(lower)]

    def unfolded(self, node: Node, name: str, args: Sequence[Node] | None) -> Expr | None:
        for d in self.scope.definitions.get(name, ()):
            placed = _matched(d, node, args)
            if placed is None:
                continue
            if name in self.unfolding:
                raise ScopeError(f"{name} is defined by itself")
            self.unfolding += (name,)
            value = self.expr(page.substitute(d.body, placed))
            self.unfolding = self.unfolding[:-1]
            return value
        return None

    # Operators

    def factors(self, node: Node) -> Iterator[Expr]:
        """All factors at once: SymPy distributes a number over a sum when it multiplies pairwise."""
        match node:
            case page.Neg(arg):
                yield sympy.Integer(-1)
                yield from self.factors(arg)
            case page.Mul(factors):
                for f in factors:
                    yield from self.factors(f)
            case page.Frac(num, den):
                yield from self.factors(num)
                for f in self.factors(den):
                    if f == 0:
                        raise UnknownMeaning("division by zero", node.span)
                    yield f**-1
            case _:
                yield self.expr(node)

    def call(self, node: page.Call, fn: Node, args: list[Expr]) -> Expr:
        match fn:
            case page.Sym(name):
                if self.unfold and (body := self.unfolded(node, name, node.args)) is not None:
                    return body
                return self.function(name, node)(*args)
            case page.Prime(page.Sym(name), order) if len(args) == 1:
                var = sympy.Dummy("t")
                if self.unfold and (known := self.prime(name, order, args[0])) is not None:
                    return known
                return self.function(name, node)(var).diff(var, order).subs(var, args[0])
        raise UnknownMeaning("this function has no SymPy form", node.span)

    def prime(self, name: str, order: int, arg: Expr) -> Expr | None:
        """The derivative of a defined function of one argument, at ``arg``."""
        var = sympy.Dummy("t")
        holder = page.Sym(f"\\mathrm{{placeholder}}_{{{len(self.unfolding)}}}")
        outer = self.bound.get(holder.name)
        self.bound[holder.name] = var
        body = self.unfolded(page.Call(page.Sym(name), (holder,)), name, (holder,))
        if outer is None:
            del self.bound[holder.name]
        else:
            self.bound[holder.name] = outer
        return None if body is None else body.diff(var, order).xreplace({var: arg})

    def function(self, name: str, node: page.Call) -> Callable[..., Expr]:
        found = self.given(name)
        if isinstance(found, type):
            return found
        if name in _FUNCTIONS and not self.scope.definitions.get(name):
            return _FUNCTIONS[name]
        if name.startswith(_NO_FUNCTION):
            short = name.removeprefix("\\operatorname{").rstrip("}")
            given = self.given(short)
            if isinstance(given, type):
                return given
            raise UnknownMeaning(f"{name} has no SymPy form", node.span)
        function: Callable[..., Expr] = sympy.Function(sympy_name(name))
        return function

    def big(self, node: page.BigOp) -> Expr:
        if node.condition is not None:
            raise UnknownMeaning("a sum under a condition has no SymPy form", node.span)
        name = node.index.name
        lower, upper = node.lower, node.upper
        kind = self.scope.kind(name)
        if kind is not None and lower is None and upper is None:
            lower, upper = kind.lower, kind.upper
        if lower is None or upper is None:
            raise UnknownMeaning(f"the sum over {name} has no bounds here", node.span)
        given = self.given(name)
        usable = isinstance(given, sympy.Symbol | sympy.Idx) and given not in self.bound.values()
        var = given if usable else sympy.Symbol(sympy_name(name), integer=True)
        limits = (self.expr(lower), self.expr(upper))
        if any(var in limit.free_symbols for limit in limits):
            var = sympy.Dummy(sympy_name(name), integer=True)
        outer = self.bound.get(name)
        self.bound[name] = var
        body = self.expr(node.body)
        if outer is None:
            del self.bound[name]
        else:
            self.bound[name] = outer
        operator = sympy.Sum if isinstance(node, page.Sum) else sympy.Product
        return operator(body, (var, *limits))

    def derivative(self, body: Node, by: tuple[tuple[Node, int], ...]) -> Expr:
        outer, self.unfold = self.unfold, True
        inner = self.expr(body)
        self.unfold = outer
        return sympy.Derivative(inner, *((self.expr(var), count) for var, count in by))

    def relation(self, node: page.Relation) -> Expr:
        if node.op not in _SYMPY_RELATIONS:
            raise UnknownMeaning(f"the relation {node.op} has no SymPy form", node.span)
        return _SYMPY_RELATIONS[node.op](self.expr(node.lhs), self.expr(node.rhs))


def _matched(d: Definition, node: Node, args: Sequence[Node] | None) -> dict[Node, Node] | None:
    """What the placeholders of a definition stand for at ``node``, or None where it does not apply."""
    lower, upper = (node.lower, node.upper) if isinstance(node, page.Indexed) else ((), ())
    pairs = [(d.lower, lower), (d.upper, upper), (d.params or (), tuple(args or ()))]
    if (d.params is None) != (args is None) or any(len(a) != len(b) for a, b in pairs):
        return None
    placed: dict[Node, Node] = {}
    for holders, values in pairs:
        for holder, value in zip(holders, values, strict=True):
            if isinstance(holder, page.Sym):
                placed[holder] = value
            elif holder != value:
                return None
    return placed


def _add(terms: list[Expr]) -> Expr:
    if all(isinstance(t, _MATRIX_TYPES) for t in terms):
        return reduce(lambda a, b: a + b, terms)
    return sympy.Add(*map(_scalar, terms))


def _multiply(factors: list[Expr]) -> Expr:
    if any(isinstance(f, _MATRIX_TYPES) for f in factors):
        return reduce(mul, factors)
    return sympy.Mul(*factors)


def _scalar(value: Expr) -> Expr:
    if not isinstance(value, _MATRIX_TYPES):
        return value
    if value.shape != (1, 1):
        raise InputError(f"a matrix of shape {value.shape} is added to a number")
    return sympy.Trace(value)


def _element(value: Expr, indices: list[Expr]) -> Expr:
    row, *col = (k - 1 for k in indices)
    return value[row, col[0] if col else 0]

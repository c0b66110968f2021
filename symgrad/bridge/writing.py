"""SymPy to page: only the order is chosen here, nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from ..errors import InputError, UnknownMeaning
from ..functions import FUNCTIONS
from ..page import tree as page
from ..page.relations import SYMPY
from ..page.tree import Node, fresh_name
from .elementary import CLASSES
from .logistic import sigma
from .naming import page_name
from .occurring import BIGOPS, Occurrences, is_moment, occurrences

Expr = Any

_CALLS = {
    **{cls: row.page for cls, row in CLASSES.items()}, sympy.Max: "\\max", sympy.Min: "\\min",
}  # fmt: skip
RELATIONS: dict[Any, str] = {getattr(sympy, name): op for op, name in SYMPY.items()}
# Undefined SymPy functions of these names get the meaning a page gives them.
_OPERATORS = {row.name: row.page for row in FUNCTIONS.values() if row.page and row not in CLASSES.values()}
MATRIX_TYPES = (sympy.MatrixExpr, sympy.MatrixBase)


def to_page(expr: Expr, arguments: Sequence[Expr] = ()) -> Node:
    """The page that a SymPy expression (or relation) is written as.

    Differences have their positive terms first, products are written numbers, parameters, entries,
    parentheses, sums; negative powers become fractions.  ``arguments`` are symbols that stand where entries
    stand: w t + b for a function of t.  Only the order is chosen here, nothing is evaluated.  Raises
    InputError for names and numbers that cannot be written, UnknownMeaning for functions that symgrad gives
    no meaning.

    >>> from symgrad.page.tree import Sym
    >>> a, b = sympy.symbols("a b")
    >>> to_page(b - a**2) == page.Add((Sym("b"), page.Neg(page.Pow(Sym("a"), page.Num(2)))))
    True
    """
    expr = sympified(expr)
    return Writer(occurrences([expr]), frozenset(arguments)).node(expr)


def sympified(expr: Expr) -> Expr:
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
    if isinstance(expr, (*BIGOPS, sympy.Piecewise)):
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


class Writer:
    def __init__(self, names: Occurrences, arguments: frozenset[Any] = frozenset()) -> None:
        self.names = names
        self.arguments = arguments
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
            (MATRIX_TYPES, self._matrix),
            (sympy.Trace, lambda e: page.Call(page.Sym("\\operatorname{tr}"), (self.node(e.arg),))),
            (sympy.Add, lambda e: self._sum_of(e.args)),
            (sympy.Mul, lambda e: self._product(e.args)),
            (sympy.exp, lambda e: page.Pow(page.Sym("e"), self.node(e.args[0]))),
            (sympy.Pow, lambda e: self._product((e,))),
            (tuple(BIGOPS), self._big),
            (sympy.Derivative, self._derivative),
            (sympy.Subs, self._subs),
            (sympy.Abs, lambda e: page.Abs(self.node(e.args[0]))),
            (sympy.KroneckerDelta, self._kronecker),
            (sympy.Piecewise, self._piecewise),
            (sympy.UnevaluatedExpr, lambda e: self.node(e.args[0])),
            (sympy.core.relational.Relational, self._relation),
            (tuple(_CALLS), self._builtin),
            (sympy.IndexedBase, self._without_index),
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

    def _place(self, factor: Expr) -> int:
        base = factor.base if isinstance(factor, sympy.Pow) else factor
        return _ENTRY if base in self.arguments else _place(factor)

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
                below.append((self._place(power), self._power(power)))
            else:
                above.append((self._place(factor), self._power(factor)))
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
        return BIGOPS[kind](written, page.Sym(name), lower, upper)

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
        if sympy.Or(*(condition for _, condition in expr.args)) is not sympy.true:
            raise UnknownMeaning(f"{expr} is undefined elsewhere: give it a default, (.., True)")
        for value, condition in expr.args:
            if condition is sympy.true:
                branches.append((self.node(value), None))
            elif type(condition) in RELATIONS:
                branches.append((self.node(value), self._relation(condition)))
            else:
                raise UnknownMeaning(f"the condition {condition} has no meaning here: use one inequality")
        return page.Cases(tuple(branches))

    def _relation(self, expr: Expr) -> page.Relation:
        return page.Relation(self.node(expr.lhs), RELATIONS[type(expr)], self.node(expr.rhs))

    def _builtin(self, expr: Expr) -> Node:
        args = [self.node(a) for a in expr.args]
        if isinstance(expr, sympy.Max | sympy.Min):  # SymPy keeps these in an order of its own
            args.sort(key=lambda n: (not isinstance(n, page.Num), _natural(repr(n))))
        return page.Call(page.Sym(_CALLS[type(expr)]), tuple(args))

    def _without_index(self, base: Expr) -> Node:
        raise UnknownMeaning(f"{base} stands without its index")

    def _application(self, expr: Expr) -> Node:
        name = expr.func.__name__
        if is_moment(expr):
            return page.Call(page.Sym(f"\\operatorname{{{name}}}"), tuple(map(self._variable, expr.args)))
        if name == "sigma" and len(expr.args) != 1:
            raise InputError("sigma is the logistic function of one argument")
        fn = _OPERATORS[name] if name in _OPERATORS else self.names.names[expr.func]
        return page.Call(page.Sym(fn), tuple(self.node(a) for a in expr.args))

    def _variable(self, arg: Expr) -> Node:
        base, indices = (arg.base, arg.indices) if isinstance(arg, sympy.Indexed) else (arg, ())
        name = page.Sym(self.names.names[base])
        return page.Indexed(name, tuple(self.node(k) for k in indices)) if indices else name

    def _heaviside(self, expr: Expr) -> Node:
        raise UnknownMeaning("Heaviside has no agreed value at 0: use Piecewise((1, z > 0), (0, True))")

    # Matrices

    def _matrix(self, expr: Expr) -> Node:
        for kind, write in _MATRICES:
            if isinstance(expr, kind):
                return write(self, expr)
        return self._no_matrix_function(expr)

    def _written_matrix(self, expr: Expr) -> Node:
        rows, cols = expr.shape
        return page.Matrix(tuple(tuple(self.node(expr[r, c]) for c in range(cols)) for r in range(rows)))

    def _matrix_product(self, expr: Expr) -> Node:
        scalar, factors = expr.as_coeff_matrices()
        coefficient = self._product(sympy.Mul.make_args(scalar))
        negative = isinstance(coefficient, page.Neg)
        if isinstance(coefficient, page.Neg):
            coefficient = coefficient.arg
        front = [] if coefficient == page.Num(1) else [coefficient]
        node = _product_node([*front, *map(self.node, factors)])
        return page.Neg(node) if negative else node

    def _entrywise_product(self, expr: Expr) -> Node:
        below = [a for a in expr.args if isinstance(a, sympy.HadamardPower) and a.exp == -1]
        above = tuple(self.node(a) for a in expr.args if a not in below)
        if not below or not above:
            return page.Hadamard(tuple(map(self.node, expr.args)))
        out = above[0] if len(above) == 1 else page.Hadamard(above)
        for power in below:
            out = page.EntrywiseQuotient(out, self.node(power.base))
        return out

    def _entrywise_power(self, expr: Expr) -> Node:
        if not expr.exp.is_Integer or expr.exp <= 1:
            return self._no_matrix_function(expr)
        return page.Hadamard((self.node(expr.base),) * int(expr.exp))

    def _no_matrix_function(self, expr: Expr) -> Node:
        raise UnknownMeaning(f"{type(expr).__name__} of a matrix has no meaning here")


_MATRICES: tuple[tuple[Any, Callable[[Writer, Any], Node]], ...] = (
    (sympy.MatrixSymbol, lambda writer, m: page.Sym(writer.names.names[m])),
    (sympy.MatrixBase, Writer._written_matrix),
    (sympy.MatAdd, lambda writer, m: writer._sum_of(m.args)),
    (sympy.MatMul, Writer._matrix_product),
    (sympy.Transpose, lambda writer, m: page.Transpose(writer.node(m.arg))),
    (sympy.HadamardProduct, Writer._entrywise_product),
    (sympy.HadamardPower, Writer._entrywise_power),
)


def _is_inverse(factor: Expr) -> bool:
    return isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0


def _product_node(factors: list[Node]) -> Node:
    """One product; a fraction's or factor's own product is not nested inside it."""
    flat: list[Node] = []
    for f in factors:
        flat.extend(f.factors if isinstance(f, page.Mul) else (f,))
    return flat[0] if len(flat) == 1 else page.Mul(tuple(flat))

"""Page to SymPy: the inverse of writing, up to SymPy's own evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial, reduce
from operator import mul
from typing import Any

import sympy
from sympy.matrices.expressions.hadamard import hadamard_power

from ..errors import InputError, ScopeError, UnknownMeaning
from ..functions import PAGES
from ..page import tree as page
from ..page.matching import all_but_letters_agree, matching
from ..page.scope import Scope
from ..page.symbols import symbol_of
from ..page.tree import Node
from .elementary import called
from .naming import CONSTANTS, sympy_name
from .writing import MATRIX_TYPES, RELATIONS

Expr = Any

_FUNCTIONS: dict[str, Callable[..., Expr]] = {
    **{page: partial(called, row.name) for page, row in PAGES.items()},
    "\\max": sympy.Max, "\\min": sympy.Min, "\\operatorname{tr}": sympy.Trace,
}  # fmt: skip
_SYMPY_RELATIONS = {op: rel for rel, op in RELATIONS.items()}


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
                return self.power(base, exp)
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
                return self.cases(branches)
            case page.Relation():
                return self.relation(node)
            case _:
                return self.matrix(node)

    def power(self, base: Node, exp: Node) -> Expr:
        if base == page.Sym("e") and self.is_constant("e"):
            return sympy.exp(self.expr(exp))
        return self.expr(base) ** self.expr(exp)

    def cases(self, branches: tuple[tuple[Node, page.Relation | None], ...]) -> Expr:
        return sympy.Piecewise(
            *((self.expr(v), True if c is None else self.relation(c)) for v, c in branches)
        )

    def matrix(self, node: Node) -> Expr:
        match node:
            case page.Transpose(arg):
                return sympy.transpose(self.expr(arg))
            case page.Hadamard(factors):
                return sympy.hadamard_product(*map(self.expr, factors))
            case page.EntrywiseQuotient(num, den):
                below = hadamard_power(self.expr(den), -1)
                return sympy.hadamard_product(self.expr(num), below)
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
        return name in CONSTANTS and self.scope.kind(name) is None and self.given(name) is None

    def symbol(self, node: page.Sym) -> Expr:
        name = node.name
        if name in self.bound:
            return self.bound[name]
        if self.is_constant(name):
            return {"e": sympy.E, "\\pi": sympy.pi, "\\infty": sympy.oo}[name]
        if self.unfold and (body := self.unfolded(node, name)) is not None:
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
        if self.unfold and (body := self.unfolded(node, name)) is not None:
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

    def unfolded(self, node: Node, name: str) -> Expr | None:
        for d in self.scope.definitions.get(name, ()):
            placed = matching(d, node, all_but_letters_agree)
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
                if self.unfold and (body := self.unfolded(node, name)) is not None:
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
        body = self.unfolded(page.Call(page.Sym(name), (holder,)), name)
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
        symbol = symbol_of(name)
        if symbol.word == "\\operatorname" or symbol.base == "\\mathbb{E}":
            given = self.given(symbol.letter if symbol.word else name)
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


def _add(terms: list[Expr]) -> Expr:
    if all(isinstance(t, MATRIX_TYPES) for t in terms):
        return reduce(lambda a, b: a + b, terms)
    return sympy.Add(*map(_scalar, terms))


def _multiply(factors: list[Expr]) -> Expr:
    if any(isinstance(f, MATRIX_TYPES) for f in factors):
        return reduce(mul, factors)
    return sympy.Mul(*factors)


def _scalar(value: Expr) -> Expr:
    if not isinstance(value, MATRIX_TYPES):
        return value
    if value.shape != (1, 1):
        raise InputError(f"a matrix of shape {value.shape} is added to a number")
    return sympy.Trace(value)


def _element(value: Expr, indices: list[Expr]) -> Expr:
    row, *col = (k - 1 for k in indices)
    return value[row, col[0] if col else 0]

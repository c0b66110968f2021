"""What occurs in an expression: every free thing by its page name; what would read alike is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from ..errors import InputError, UnknownMeaning
from ..functions import FUNCTIONS
from ..page import tree as page
from ..page.scope import Kind
from ..page.symbols import symbol_of
from .logistic import sigma
from .naming import CONSTANTS, page_name, sympy_name

Expr = Any  # SymPy carries no types: an Expr here is a sympy.Expr or MatrixExpr

BIGOPS: dict[Any, type[page.Sum] | type[page.Prod]] = {sympy.Sum: page.Sum, sympy.Product: page.Prod}


class Occurrences:
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
            symbol = symbol_of(name)
            stem = symbol.base
            entries = isinstance(self.things.get(stem), sympy.IndexedBase | sympy.MatrixSymbol)
            if symbol.lower and (entries or not indices.isdisjoint(symbol.lower)):
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
        for kinds, scan in _SCANS:
            if isinstance(expr, kinds):
                scan(self, expr, bound, use)
                return
        if is_moment(expr):
            for arg in expr.args:
                self._scan_variable(arg)
            return
        if isinstance(expr, AppliedUndef | sigma):
            name = expr.func.__name__
            self._enter(f"\\mathrm{{{name}}}" if name in FUNCTIONS else page_name(name), expr.func)
        elif isinstance(expr, sympy.exp | type(sympy.E)):
            self.constants.add("e")
        for arg in expr.args:
            self._scan(arg, bound, use)

    def _scan_symbol(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        if expr in bound:
            return
        if isinstance(expr, sympy.Dummy):
            raise InputError(f"the Dummy {expr.name!r} cannot be told from others on paper: use a Symbol")
        name = page_name(expr.name)
        if expr.is_real is False:
            raise InputError(f"{expr.name!r} is not real; symgrad's quantities are real")
        if name in CONSTANTS:
            raise InputError(f"a symbol named {expr.name!r} reads as the constant {name}: rename it")
        self._enter(name, expr)
        if use == "index":
            self.in_index.add(name)
        elif use == "bound":
            self.in_bound.add(name)

    def _scan_matrix_entry(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        self._scan(expr.parent, bound, "value")
        for index in expr.args[1:]:
            self._scan(index, bound, "index")

    def _scan_matrix(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        self._enter(page_name(expr.name), expr)
        for size in expr.shape:
            self._scan(size, bound, "bound")

    def _scan_point(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        self._scan(expr.expr, bound | frozenset(expr.variables), use)
        for point in expr.point:
            self._scan(point, bound, use)

    def _scan_delta(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        self._enter("\\delta", sympy.KroneckerDelta)
        for arg in expr.args:
            self._scan(arg, bound, "index")

    def _scan_entry(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
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

    def _scan_variable(self, arg: Expr) -> None:
        """Var(x), Cov(x_1, y): x without its sample index."""
        base = arg.base if isinstance(arg, sympy.Indexed) else arg
        if not isinstance(base, sympy.IndexedBase):
            raise UnknownMeaning(f"Var and Cov are of data such as IndexedBase('x'), not of {arg}")
        name = page_name(base.label.name)
        self._enter(name, base)
        self.kinds.setdefault(name, Kind(arity=1 + len(getattr(arg, "indices", ()))))

    def _scan_limits(self, expr: Expr, bound: frozenset[Any], use: str) -> None:
        for var, *bounds in reversed(expr.limits):
            if len(bounds) == 2:
                self._scan(bounds[0], bound, "index")
                self._scan(bounds[1], bound, "bound")
            if not isinstance(var, sympy.Symbol | sympy.Idx):
                raise UnknownMeaning(f"a sum over {var} has no meaning here")
            self.bound.setdefault(page_name(var.name), var)
            bound = bound | {var}
        self._scan(expr.function, bound, "value")


_SCANS: tuple[tuple[Any, Callable[[Occurrences, Expr, frozenset[Any], str], None]], ...] = (
    (sympy.Symbol | sympy.Idx, Occurrences._scan_symbol),
    (sympy.Indexed, Occurrences._scan_entry),
    (MatrixElement, Occurrences._scan_matrix_entry),
    (sympy.MatrixSymbol, Occurrences._scan_matrix),
    (tuple(BIGOPS), Occurrences._scan_limits),
    (sympy.Subs, Occurrences._scan_point),
    (sympy.KroneckerDelta, Occurrences._scan_delta),
)
MOMENTS = frozenset(["Var", "Cov"])


def is_moment(expr: Any) -> bool:
    """Var(x) or Cov(x, y): the undefined SymPy function of that name, of data without their sample index."""
    return isinstance(expr, AppliedUndef) and expr.func.__name__ in MOMENTS


def is_function(thing: Any) -> bool:
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


def occurrences(exprs: Sequence[Expr]) -> Occurrences:
    names = Occurrences()
    for expr in exprs:
        names.scan(expr)
    return names

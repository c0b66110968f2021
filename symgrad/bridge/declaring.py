"""What an expression declares by being written: kinds, signs, and the SymPy things by name."""

from __future__ import annotations

from typing import Any

import sympy

from ..errors import InputError
from ..page import tree as page
from ..page.scope import Kind, Scope
from ..page.tree import Node, fresh_name
from .occurring import Occurrences, is_function, occurrences
from .writing import Writer, sympified

Expr = Any


def symbols_of(*exprs: Expr) -> dict[str, Any]:
    """The SymPy things in the expressions by page name: pass it to ``to_sympy`` to get them back."""
    names = occurrences([sympified(e) for e in exprs])
    return {**names.bound, **names.things}


def kinds_of(*exprs: Expr) -> dict[str, Kind]:
    """The kind of every free name: sizes from the upper bounds of sums and from matrix shapes, indices
    from where they stand, the arity of indexed data, the shape of matrices; every other symbol is real.

    >>> x, (i, n) = sympy.IndexedBase("x"), sympy.symbols("i n")
    >>> {k: (v.role, v.arity) for k, v in kinds_of(sympy.Sum(x[i], (i, 1, n))).items()}
    {'n': ('size', 0), 'x': ('real', 1)}
    """
    return _kinds(occurrences([sympified(e) for e in exprs]))


_SIGNS = [("is_positive", ">"), ("is_negative", "<"), ("is_nonnegative", ">="), ("is_nonpositive", "<="),
          ("is_nonzero", "!=")]


def scope_of(*exprs: Expr) -> Scope:
    """The kinds of everything that occurs, and its signs (``positive=True``) as assumptions."""
    names = occurrences([sympified(e) for e in exprs])
    scope = Scope(kinds=_kinds(names))
    for name, thing in names.things.items():
        kind = scope.kinds.get(name)
        if kind is None or kind.role == "function" or isinstance(thing, sympy.MatrixSymbol):
            continue
        symbol = thing.label if isinstance(thing, sympy.IndexedBase) else thing
        op = next((op for test, op in _SIGNS if getattr(symbol, test)), None)
        if op is None or kind.role == "size":
            continue
        if kind.role == "index":  # a hypothesis about an index is read as one about all of its range
            raise InputError(f"the integer {name} {op} 0: declare it positive, or leave out its sign")
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


def counted(*exprs: Expr) -> tuple[str, ...]:
    """What is assumed of the integers that end a sum: they may be negative in SymPy, whose sums then
    follow another convention.

    >>> i, K, N = sympy.Symbol("i"), sympy.Symbol("K", integer=True), sympy.Symbol("N")
    >>> counted(sympy.Sum(1, (i, 1, K)), N)
    ('K >= 1',)
    """
    found = [sympified(e) for e in exprs]
    names = occurrences(found)
    ends = {
        symbol for e in found for over in e.atoms(sympy.Sum, sympy.Product)
        for *_, last in over.limits for symbol in last.free_symbols & e.free_symbols
    }
    sizes = [(n, names.things[n]) for n, kind in _kinds(names).items() if kind.role == "size"]
    sizes += [(n, thing) for n, thing in names.things.items() if thing in ends and (n, thing) not in sizes]
    return tuple(f"{n} >= 1" for n, size in sizes if size.is_integer and not size.is_positive)


def _kinds(names: Occurrences) -> dict[str, Kind]:
    out: dict[str, Kind] = {}
    writer = Writer(names)
    for name, thing in names.things.items():
        if thing is sympy.KroneckerDelta or (name == "\\sigma" and is_function(thing)):
            continue
        if isinstance(thing, sympy.IndexedBase):
            out[name] = names.kinds[name]
        elif isinstance(thing, sympy.MatrixSymbol):
            rows, cols = thing.shape
            shape = (rows,) if cols == 1 else (rows, cols)
            out[name] = Kind(tuple(writer.node(s) for s in shape))
        elif is_function(thing):
            out[name] = Kind(role="function")
        else:
            out[name] = _role(names, name, thing)
    return out


def _role(names: Occurrences, name: str, symbol: Expr) -> Kind:
    natural = symbol.is_integer and symbol.is_positive
    if natural or (name in names.in_bound and name not in names.in_index):
        return Kind(role="size")
    if symbol.is_integer or name in names.in_index or name in names.in_bound:
        if isinstance(symbol, sympy.Idx) and symbol.upper is not None:
            lower, upper = (Writer(names).node(b) for b in (symbol.lower, symbol.upper))
            return Kind(role="index", lower=lower, upper=upper)
        return Kind(role="index")
    return Kind()

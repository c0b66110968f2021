"""Differentiation of core terms, entries independent; deltas instead of cases.

A function that is not in the table of functions is undefined and gets the derivative symbols of
``Call.orders``.

>>> from symgrad.core import Call, Mul, Sym, text
>>> w = Sym("w")
>>> text(derivative(Call("exp", (Mul((w, Sym("c"))),)), w))
'exp(w*c)*c'
"""

from __future__ import annotations

from fractions import Fraction

from ..core import Add, Call, Core, D, Delta, Div, Mul, Num, Pow, Ref, Sum, Sym, rebuild, rename, text, walk
from ..functions import BUILTIN, FUNCTIONS, Function, Z, at
from ..names import primed
from .limits import Unsupported

ZERO, ONE, TWO = Num(Fraction(0)), Num(Fraction(1)), Num(Fraction(2))
MINUS = Num(Fraction(-1))


def eliminate(term: Core, kinks: list[Core]) -> Core:
    """The term without D; ``kinks`` receives every argument assumed nonzero on the way."""
    if not any(isinstance(t, D) for t in walk(term)):
        return term
    if isinstance(term, D):
        return derivative(eliminate(term.body, kinks), term.var, kinks)
    return rebuild(term, lambda t: eliminate(t, kinks))


def derivative(term: Core, var: Core, kinks: list[Core] | None = None) -> Core:
    """Partial derivative of a D-free term by a Sym or Ref."""
    if isinstance(var, Sym) and var.sort != "real":
        raise Unsupported(f"{var.name} is an integer: no derivative by it")
    if not isinstance(var, Sym | Ref):
        raise Unsupported(f"no derivative by {text(var)}")
    return _Derivative(var, [] if kinks is None else kinks).of(term)


def slope(row: Function) -> Core:
    """The derivative of an elementary function, a term in z."""
    return derivative(row.meant, Z) if row.slope is None else row.slope


class _Derivative:
    """Derivatives by one variable; a subterm that occurs often is differentiated once."""

    def __init__(self, var: Sym | Ref, kinks: list[Core]) -> None:
        self.var, self.kinks = var, kinks
        self.known: dict[int, tuple[Core, Core]] = {}

    def of(self, t: Core) -> Core:
        found = self.known.get(id(t))
        if found is None:
            # The term is kept with its derivative, so that its id stays its own.
            found = self.known[id(t)] = (t, self._of(t))
        return found[1]

    def _of(self, t: Core) -> Core:
        match t:
            case Num() | Delta():
                return ZERO
            case Sym():
                return ONE if t == self.var else ZERO
            case Ref(name, indices):
                v = self.var
                if not isinstance(v, Ref) or v.name != name or len(v.indices) != len(indices):
                    return ZERO
                return times(*(_delta(a, b) for a, b in zip(indices, v.indices, strict=True)))
            case Add(terms):
                return plus(*map(self.of, terms))
            case Mul(factors):
                return plus(*(
                    times(*factors[:k], self.of(f), *factors[k + 1 :]) for k, f in enumerate(factors)
                ))
            case Div(num, den):
                dn, dd = self.of(num), self.of(den)
                if dd == ZERO:
                    return ZERO if dn == ZERO else Div(dn, den)
                first = Div(dn, den) if dn != ZERO else ZERO
                return plus(first, times(MINUS, num, Div(dd, Pow(den, TWO))))
            case Pow(base, exp):
                return self._power(base, exp)
            case Call(fn, args, orders):
                return self._call(fn, args, orders)
            case Sum(body, index, lower, upper):
                if any(s == index for s in walk(self.var)):
                    taken = {s.name for k in (t, self.var) for s in walk(k) if isinstance(s, Sym)}
                    name = primed(index.name)
                    while name in taken:
                        name = primed(name)
                    fresh = Sym(name, "index")
                    return self.of(Sum(rename(body, index, fresh), fresh, lower, upper))
                inner = self.of(body)
                return ZERO if inner == ZERO else Sum(inner, index, lower, upper)
        raise Unsupported(f"no derivative of {text(t)}")

    def _power(self, base: Core, exp: Core) -> Core:
        db, de = self.of(base), self.of(exp)
        if isinstance(exp, Num):
            lower: Core = Num(exp.value - 1)
            inner = base if lower == ONE else (ONE if lower == ZERO else Pow(base, lower))
        else:
            inner = Pow(base, plus(exp, MINUS))
        first = times(exp, inner, db)
        return plus(first, times(Pow(base, exp), Call("log", (base,)), de)) if de != ZERO else first

    def _call(self, fn: str, args: tuple[Core, ...], orders: tuple[int, ...]) -> Core:
        if fn == "E":
            inner = self.of(args[0])
            return ZERO if inner == ZERO else Call("E", (inner,))
        if fn in ("max", "min"):
            out = args[0]
            for b in args[1:]:
                gap = plus(out, times(MINUS, b))
                rest = Call("relu", (gap,))
                out = plus(b, rest) if fn == "max" else plus(out, times(MINUS, rest))
            return self.of(out)
        slopes = [self.of(a) for a in args]
        if all(d == ZERO for d in slopes):
            return ZERO
        row = FUNCTIONS.get(fn)
        if row is not None:
            if row.kinked:
                self.kinks.append(args[0])
            if row.slope is None:
                return self.of(at(row.meant, args[0]))
            return times(at(row.slope, args[0]), slopes[0])
        if fn in BUILTIN:
            raise Unsupported(f"no derivative of {fn}")
        base = orders or (0,) * len(args)
        return plus(*(
            times(Call(fn, args, tuple(o + (j == k) for j, o in enumerate(base))), d)
            for k, d in enumerate(slopes)
        ))


def _delta(a: Core, b: Core) -> Core:
    if a == b:
        return ONE
    if isinstance(a, Num) and isinstance(b, Num):
        return ZERO
    return Delta(a, b)


def plus(*terms: Core) -> Core:
    """A sum without zero terms."""
    kept = [t for t in terms if t != ZERO]
    return kept[0] if len(kept) == 1 else (Add(tuple(kept)) if kept else ZERO)


def times(*factors: Core) -> Core:
    """A product without ones; zero if a factor is zero."""
    if any(f == ZERO for f in factors):
        return ZERO
    kept = [f for f in factors if f != ONE]
    return kept[0] if len(kept) == 1 else (Mul(tuple(kept)) if kept else ONE)

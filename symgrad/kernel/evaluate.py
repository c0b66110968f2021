"""Evaluation of core terms at a point, independently of the normal form.

Terms are evaluated as written, in exact rationals, or in rigorous balls (arb) once exp, log or
roots occur; derivatives by dual numbers, not by the symbolic rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias

from flint import arb, fmpq

from ..core import Add, Call, Core, D, Delta, Div, Given, Mul, Num, Pow, Ref, Sum, Sym, every_entry, symmetry
from ..functions import BUILTIN, FUNCTIONS, Algebra, Function
from .differentiate import slope
from .limits import OutOfFuel, Undefined
from .signs import integral

BITS = 200_000
"""Larger numbers are not computed."""


@dataclass(frozen=True, slots=True)
class Dual:
    """value + slope * eps with eps^2 = 0; ``level`` tells nested derivatives apart."""

    value: Any
    slope: Any
    level: int


class Point:
    """Lazily chosen values: what a term asks for is drawn once and kept."""

    def __init__(
        self,
        rng: Random,
        sizes: int,
        pool: tuple[Any, ...],
        given: tuple[Given, ...],
        fuel: int = 40_000,
        counts: frozenset[str] = frozenset(),
    ) -> None:
        self.rng, self.top, self.pool = rng, sizes, pool
        self.sizes: dict[str, int] = {}
        self.indices: list[int] = []
        self.parameters: dict[str, Any] = {}
        self.data: dict[str, dict[tuple[int, ...], Any]] = {}
        self.functions: dict[tuple[str, int], dict[tuple[int, ...], int]] = {}
        self.fuel = fuel
        self.level = self.depth = 0
        self.symmetric = {g.lhs.name for g in given if isinstance(g.lhs, Ref) and symmetry(g) == 1}
        self.pools: dict[str, tuple[Any, ...]] = dict.fromkeys(sorted(counts), (1, 2, 3))
        for g in given:
            values = _allowed(g)
            if values and isinstance(g.lhs, Sym | Ref) and every_entry(g.lhs):
                self.pools[g.lhs.name] = values

    def size(self, name: str) -> int:
        """A size, no smaller than any free index: what an index may reach is not in a term."""
        if name not in self.sizes:
            least = max(self.indices, default=1)
            self.sizes[name] = self.top if self.rng.random() < 0.7 else self.rng.randint(least, self.top)
        return self.sizes[name]

    def index(self, name: str) -> int:
        if name not in self.sizes:
            self.sizes[name] = self.rng.randint(1, self.top)
            self.indices.append(self.sizes[name])
        return self.sizes[name]

    def draw(self, name: str) -> Any:
        return fmpq(self.rng.choice(self.pools.get(name, self.pool)))

    def parameter(self, name: str) -> Any:
        if name not in self.parameters:
            self.parameters[name] = self.draw(name)
        return self.parameters[name]

    def entry(self, name: str, where: tuple[int, ...]) -> Any:
        if name in self.symmetric:
            where = tuple(sorted(where))
        table = self.data.setdefault(name, {})
        if where not in table:
            table[where] = self.draw(name)
        return table[where]

    def function(self, name: str, arity: int) -> dict[tuple[int, ...], int]:
        """A polynomial instance of an undefined function: exponents -> coefficient."""
        key = name, arity
        if key not in self.functions:
            exps: list[tuple[int, ...]] = [(0,) * arity]
            for total in (1, 2, 3) if arity <= 3 else (1, 2):
                exps += list(_exponents(arity, total))
            self.functions[key] = {e: self.rng.choice((1, 2, -1, 3)) for e in exps}
        return self.functions[key]


def _allowed(g: Given) -> tuple[Any, ...]:
    """Values that a given allows its left side, where it says more than an equation."""
    if g.op == "in":
        return tuple(exact(v) for v in g.values)
    if g.op[0] not in "<>" or g.rhs != Num(Fraction(0)):
        return ()
    sign = 1 if g.op[0] == ">" else -1
    return tuple(sign * k for k in (1, 2, 3, fmpq(1, 2), 4, *([0] if len(g.op) == 2 else [])))


def _exponents(arity: int, total: int) -> Iterator[tuple[int, ...]]:
    if arity == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _exponents(arity - 1, total - first):
            yield (first, *rest)


def exact(value: Fraction | int) -> Any:
    return fmpq(value.numerator, value.denominator)


# -- arithmetic on fmpq | arb | Dual ------------------------------------------------------------
def _lift(a: Any, b: Any) -> tuple[Any, Any, Any, Any, int]:
    level = max(a.level if isinstance(a, Dual) else 0, b.level if isinstance(b, Dual) else 0)
    av, ad = (a.value, a.slope) if isinstance(a, Dual) and a.level == level else (a, fmpq(0))
    bv, bd = (b.value, b.slope) if isinstance(b, Dual) and b.level == level else (b, fmpq(0))
    return av, ad, bv, bd, level


def add(a: Any, b: Any) -> Any:
    if isinstance(a, Dual) or isinstance(b, Dual):
        av, ad, bv, bd, level = _lift(a, b)
        return Dual(add(av, bv), add(ad, bd), level)
    return a + b


def mul(a: Any, b: Any) -> Any:
    if isinstance(a, Dual) or isinstance(b, Dual):
        av, ad, bv, bd, level = _lift(a, b)
        return Dual(mul(av, bv), add(mul(ad, bv), mul(av, bd)), level)
    return a * b


def reciprocal(a: Any) -> Any:
    if isinstance(a, Dual):
        r = reciprocal(a.value)
        return Dual(r, mul(fmpq(-1), mul(a.slope, mul(r, r))), a.level)
    if isinstance(a, fmpq):
        if not a:
            raise Undefined
        return 1 / a
    if a.contains(0):
        raise Undefined
    return 1 / a


def _through(f: Any, derivative: Any) -> Any:
    def apply(a: Any) -> Any:
        if isinstance(a, Dual):
            return Dual(apply(a.value), mul(derivative(a.value), a.slope), a.level)
        return f(a)

    return apply


def _exp(a: Any) -> Any:
    if isinstance(a, fmpq) and not a:
        return fmpq(1)
    if abs(arb(a)) > 1_000_000:
        raise Undefined
    return arb(a).exp()


def _log(a: Any) -> Any:
    if isinstance(a, fmpq) and a == 1:
        return fmpq(0)
    if not arb(a) > 0:
        raise Undefined
    return arb(a).log()


def _sqrt(a: Any) -> Any:
    if isinstance(a, fmpq):
        if a < 0:
            raise Undefined
        p, q = arb(int(a.p)).sqrt(), arb(int(a.q)).sqrt()
        if p.is_exact() and q.is_exact() and p.is_integer() and q.is_integer():
            return fmpq(int(p.unique_fmpz()), int(q.unique_fmpz()))
    if not arb(a) > 0:
        if isinstance(a, fmpq) and not a:
            return a
        raise Undefined
    return arb(a).sqrt()


def sign_of(a: Any) -> int:
    while isinstance(a, Dual):
        a = a.value
    if isinstance(a, fmpq):
        return 0 if not a else (1 if a > 0 else -1)
    if a > 0:
        return 1
    if a < 0:
        return -1
    raise Undefined


def _kinked(a: Any) -> int:
    s = sign_of(a)
    if not s and isinstance(a, Dual):
        raise Undefined
    return s


def extreme(fn: str, out: Any, *rest: Any) -> Any:
    for b in rest:
        gap = add(out, mul(fmpq(-1), b))
        gap = gap if _kinked(gap) > 0 else fmpq(0)
        out = add(b, gap) if fn == "max" else add(out, mul(fmpq(-1), gap))
    return out


exp: Any = _through(_exp, lambda a: exp(a))
log: Any = _through(_log, reciprocal)
sin: Any = _through(lambda a: fmpq(0) if a == 0 else arb(a).sin(), lambda a: cos(a))
cos: Any = _through(lambda a: fmpq(1) if a == 0 else arb(a).cos(), lambda a: mul(fmpq(-1), sin(a)))
sqrt: Any = _through(_sqrt, lambda a: reciprocal(mul(fmpq(2), sqrt(a))))

UNARY = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "abs": lambda a: mul(fmpq(_kinked(a)), a),
    "step": lambda a: fmpq(_kinked(a) > 0),
    "sign": lambda a: fmpq(_kinked(a)),
}


def _primitive(row: Function) -> Any:
    """A function that flint has."""

    def enclosed(a: Any) -> Any:
        if row.odd and a == 0:
            return fmpq(0)
        out = getattr(arb(a), row.ball)()
        if not out.is_finite():
            raise Undefined
        return out

    return _through(enclosed, lambda a: VALUES.value(slope(row), a))


UNARY |= {row.name: _primitive(row) for row in FUNCTIONS.values() if row.ball}


def power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, fmpq):
        if exponent.q == 1:
            n = int(exponent.p)
            if abs(n) > 2_000 or (isinstance(base, fmpq) and base.height_bits() * abs(n) > BITS):
                raise Undefined
            if n < 0:
                return power(reciprocal(base), fmpq(-n))
            out: Any = fmpq(1)
            while n:
                if n & 1:
                    out = mul(out, base)
                n >>= 1
                if n:
                    base = mul(base, base)
            return out
        if exponent.q == 2:
            return power(sqrt(base), fmpq(exponent.p))
        if sign_of(base) == 0 and exponent > 0 and not isinstance(base, Dual):
            return fmpq(0)
    return exp(mul(exponent, log(base)))


def _called(fn: str, *args: Any) -> Any:
    if fn in UNARY:
        return UNARY[fn](*args)
    if fn in FUNCTIONS:
        return VALUES.value(FUNCTIONS[fn].meant, *args)
    return arb.pi() if fn == "pi" else extreme(fn, *args)


VALUES: Algebra[Any] = Algebra(
    exact, lambda *terms: reduce(add, terms), lambda *factors: reduce(mul, factors),
    lambda a, b: mul(a, reciprocal(b)), lambda a, n: power(a, exact(n)), _called,
)  # fmt: skip


# -- evaluation ---------------------------------------------------------------------------------
Env: TypeAlias = Mapping[str, int]
Duals: TypeAlias = Mapping[Core, Any]
NOTHING: Mapping[Any, Any] = MappingProxyType({})


def value(point: Point, t: Core, env: Env = NOTHING, dual: Duals = NOTHING) -> Any:
    """The value of a term at a point; ``env`` holds bound indices, ``dual`` what derivatives are by."""
    point.fuel -= 3**point.depth  # what a product costs under so many derivatives
    if point.fuel < 0:
        raise OutOfFuel
    found = _VALUES.get(type(t))
    if found is None:
        raise Undefined
    return found(point, t, env, dual)


def integer(point: Point, t: Core, env: Env) -> int:
    if isinstance(t, Sym) and t.name in env:
        return env[t.name]
    v = value(point, t, env)
    if not isinstance(v, fmpq) or v.q != 1 or abs(v) > 10_000:
        raise Undefined
    return int(v.p)


def _number(point: Point, t: Num, env: Env, dual: Duals) -> Any:
    return exact(t.value)


def _symbol(point: Point, t: Sym, env: Env, dual: Duals) -> Any:
    if t.name in env:
        return fmpq(env[t.name])
    if t.sort == "size":
        return fmpq(point.size(t.name))
    if t.sort == "index":
        return fmpq(point.index(t.name))
    return dual[t] if dual and t in dual else point.parameter(t.name)


def _entry(point: Point, t: Ref, env: Env, dual: Duals) -> Any:
    where = tuple([integer(point, k, env) for k in t.indices])
    if dual:
        key = Ref(t.name, tuple([Num(Fraction(k)) for k in where]))
        if key in dual:
            return dual[key]
    return point.entry(t.name, where)


def _sum_of_terms(point: Point, t: Add, env: Env, dual: Duals) -> Any:
    out: Any = fmpq(0)
    for k in t.terms:
        out = add(out, value(point, k, env, dual))
    return out


def _product(point: Point, t: Mul, env: Env, dual: Duals) -> Any:
    out: Any = fmpq(1)
    for k in t.factors:
        out = mul(out, value(point, k, env, dual))
        if isinstance(out, fmpq) and out.height_bits() > BITS:
            raise Undefined
    return out


def _quotient(point: Point, t: Div, env: Env, dual: Duals) -> Any:
    return mul(value(point, t.num, env, dual), reciprocal(value(point, t.den, env, dual)))


def _power(point: Point, t: Pow, env: Env, dual: Duals) -> Any:
    below = value(point, t.base, env, dual)
    if not isinstance(t.exp, Num) and not integral(t.exp) and sign_of(below) <= 0:
        raise Undefined  # a real exponent that happens to be an integer here
    return power(below, value(point, t.exp, env, dual))


def _call(point: Point, t: Call, env: Env, dual: Duals) -> Any:
    args = [value(point, a, env, dual) for a in t.args]
    if t.fn in BUILTIN:
        return _called(t.fn, *args)
    if t.fn == "E":
        raise Undefined
    point.fuel -= 20 * 3**point.depth
    if any(isinstance(a, fmpq) and a.height_bits() > BITS // 50 for a in args):
        raise Undefined
    orders = t.orders or (0,) * len(args)
    total: Any = fmpq(0)
    for exps, c in point.function(t.fn, len(args)).items():
        term: Any = fmpq(c)
        for a, e, order in zip(args, exps, orders, strict=True):
            for j in range(order):
                term = mul(term, fmpq(e - j))
            for _ in range(max(e - order, 0)):
                term = mul(term, a)
        total = add(total, term)
    return total


def _delta(point: Point, t: Delta, env: Env, dual: Duals) -> Any:
    return fmpq(integer(point, t.left, env) == integer(point, t.right, env))


def _sum(point: Point, t: Sum, env: Env, dual: Duals) -> Any:
    out: Any = fmpq(0)
    for at in range(integer(point, t.lower, env), integer(point, t.upper, env) + 1):
        out = add(out, value(point, t.body, {**env, t.index.name: at}, dual))
    return out


def _derivative(point: Point, t: D, env: Env, dual: Duals) -> Any:
    var = t.var
    if isinstance(var, Ref):
        where = tuple(integer(point, k, env) for k in var.indices)
        # A symmetric matrix too is differentiated with its entries independent: this one alone varies.
        key: Core = Ref(var.name, tuple(Num(Fraction(k)) for k in where))
    elif isinstance(var, Sym) and var.sort == "real":
        key = var
    else:
        raise Undefined  # no derivative by an integer
    at = value(point, var, env, dual)
    point.level += 1
    level = point.level
    point.depth += 1
    out = value(point, t.body, env, {**dual, key: Dual(at, fmpq(1), level)})
    point.depth -= 1
    return out.slope if isinstance(out, Dual) and out.level == level else fmpq(0)


_VALUES: dict[type[Core], Callable[[Point, Any, Env, Duals], Any]] = {
    Num: _number,
    Sym: _symbol,
    Ref: _entry,
    Add: _sum_of_terms,
    Mul: _product,
    Div: _quotient,
    Pow: _power,
    Call: _call,
    Delta: _delta,
    Sum: _sum,
    D: _derivative,
}

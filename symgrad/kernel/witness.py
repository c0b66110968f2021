"""Witness search: exact points, evaluated independently of the normal form.

Terms are evaluated as written, in exact rationals, or in rigorous balls (arb) once exp, log or
roots occur; derivatives by dual numbers, not by the symbolic rules.  Two values differ only if the
rationals differ or the balls are disjoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

from flint import arb, ctx, fmpq

from ..core import Add, Call, Core, D, Delta, Div, Given, Mul, Num, Pow, Ref, Sum, Sym, walk
from ..verdict import Witness
from .algebra import OutOfFuel

PRECISIONS = (64, 256, 1024)
SMALL = (1, 2, 0, -1, 3, -2, 4, -3, 5)
FINE = (*SMALL, fmpq(1, 2), fmpq(-1, 2), fmpq(1, 3))


class Undefined(Exception):
    """The term has no value at this point."""


@dataclass(frozen=True, slots=True)
class Dual:
    """value + slope * eps with eps^2 = 0; ``level`` tells nested derivatives apart."""

    value: Any
    slope: Any
    level: int


class Point:
    """Lazily chosen values: what a term asks for is drawn once and kept."""

    def __init__(self, rng: Random, sizes: int, pool: tuple[Any, ...], given: tuple[Given, ...]) -> None:
        self.rng, self.top, self.pool = rng, sizes, pool
        self.sizes: dict[str, int] = {}
        self.parameters: dict[str, Any] = {}
        self.data: dict[str, dict[tuple[int, ...], Any]] = {}
        self.functions: dict[str, dict[tuple[int, ...], int]] = {}
        self.fuel = 40_000
        self.level = 0
        self.symmetric = {
            g.lhs.name for g in given
            if g.op == "=" and isinstance(g.lhs, Ref) and isinstance(g.rhs, Ref)
            and g.lhs.name == g.rhs.name and g.lhs.indices == g.rhs.indices[::-1] and len(g.lhs.indices) == 2
        }
        self.pools: dict[str, tuple[Any, ...]] = {}
        for g in given:
            if isinstance(g.lhs, Sym | Ref):
                if g.op == "in":
                    self.pools[g.lhs.name] = tuple(_exact(v) for v in g.values)
                elif g.op in (">", ">=") and g.rhs == Num(Fraction(0)):
                    self.pools[g.lhs.name] = (1, 2, 3, fmpq(1, 2), 4)
                elif g.op in ("<", "<=") and g.rhs == Num(Fraction(0)):
                    self.pools[g.lhs.name] = (-1, -2, -3, fmpq(-1, 2), -4)

    def size(self, name: str) -> int:
        if name not in self.sizes:
            self.sizes[name] = self.top if self.rng.random() < 0.7 else self.rng.randint(1, self.top)
        return self.sizes[name]

    def index(self, name: str) -> int:
        if name not in self.sizes:
            self.sizes[name] = self.rng.randint(1, self.top)
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
        if name not in self.functions:
            exps: list[tuple[int, ...]] = [(0,) * arity]
            for total in (1, 2, 3) if arity <= 3 else (1, 2):
                exps += [e for e in _exponents(arity, total)]
            self.functions[name] = {e: self.rng.choice((1, 2, -1, 3)) for e in exps}
        return self.functions[name]

    # -- evaluation --------------------------------------------------------------------------
    def value(self, t: Core, env: Mapping[str, int], dual: Mapping[Core, Any]) -> Any:
        self.fuel -= 1
        if self.fuel < 0:
            raise OutOfFuel
        match t:
            case Num(value):
                return _exact(value)
            case Sym(name, sort):
                if name in env:
                    return fmpq(env[name])
                if sort == "size":
                    return fmpq(self.size(name))
                if sort == "index":
                    return fmpq(self.index(name))
                return dual[t] if t in dual else self.parameter(name)
            case Ref(name, indices):
                where = tuple(self.integer(k, env) for k in indices)
                key = Ref(name, tuple(Num(Fraction(k)) for k in where))
                return dual[key] if key in dual else self.entry(name, where)
            case Add(terms):
                out: Any = fmpq(0)
                for k in terms:
                    out = add(out, self.value(k, env, dual))
                return out
            case Mul(factors):
                out = fmpq(1)
                for k in factors:
                    out = mul(out, self.value(k, env, dual))
                return out
            case Div(num, den):
                return mul(self.value(num, env, dual), reciprocal(self.value(den, env, dual)))
            case Pow(base, exp):
                return power(self.value(base, env, dual), self.value(exp, env, dual))
            case Call(fn, args, orders):
                return self.call(fn, [self.value(a, env, dual) for a in args], orders)
            case Delta(left, right):
                return fmpq(self.integer(left, env) == self.integer(right, env))
            case Sum(body, index, lower, upper):
                out = fmpq(0)
                for k in range(self.integer(lower, env), self.integer(upper, env) + 1):
                    out = add(out, self.value(body, {**env, index.name: k}, dual))
                return out
            case D(body, var):
                return self.differential(body, var, env, dual)
        raise Undefined

    def integer(self, t: Core, env: Mapping[str, int]) -> int:
        v = self.value(t, env, {})
        if not isinstance(v, fmpq) or v.q != 1 or abs(v) > 10_000:
            raise Undefined
        return int(v.p)

    def differential(self, body: Core, var: Core, env: Mapping[str, int], dual: Mapping[Core, Any]) -> Any:
        if isinstance(var, Ref):
            where = tuple(self.integer(k, env) for k in var.indices)
            key: Core = Ref(var.name, tuple(Num(Fraction(k)) for k in where))
            if var.name in self.symmetric:
                raise Undefined
        else:
            key = var
        self.level += 1
        level = self.level
        at = self.value(var, env, dual)
        out = self.value(body, env, {**dual, key: Dual(at, fmpq(1), level)})
        return out.slope if isinstance(out, Dual) and out.level == level else fmpq(0)

    def call(self, fn: str, args: list[Any], orders: tuple[int, ...]) -> Any:
        if fn in UNARY:
            return UNARY[fn](args[0])
        if fn in ("max", "min"):
            out = args[0]
            for b in args[1:]:
                gap = relu(add(out, mul(fmpq(-1), b)))
                out = add(b, gap) if fn == "max" else add(out, mul(fmpq(-1), gap))
            return out
        if fn == "pi":
            return arb.pi()
        if fn == "E":
            raise Undefined
        total: Any = fmpq(0)
        for exps, c in self.function(fn, len(args)).items():
            term: Any = fmpq(c)
            for k, (a, e) in enumerate(zip(args, exps, strict=True)):
                for j in range(orders[k] if orders else 0):
                    term = mul(term, fmpq(e - j))
                left = e - (orders[k] if orders else 0)
                for _ in range(max(left, 0)):
                    term = mul(term, a)
            total = add(total, term)
        return total


def _exponents(arity: int, total: int) -> Iterator[tuple[int, ...]]:
    if arity == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _exponents(arity - 1, total - first):
            yield (first, *rest)


def _exact(value: Fraction | int) -> Any:
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
    if abs(arb(a)) > 10_000:
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


def relu(a: Any) -> Any:
    return a if _kinked(a) > 0 else fmpq(0)


def _sigma(a: Any) -> Any:
    return reciprocal(add(fmpq(1), exp(mul(fmpq(-1), a))))


def _half(a: Any, sign: int) -> Any:
    e = exp(a)
    return mul(fmpq(1, 2), add(e, mul(fmpq(sign), reciprocal(e))))


def _tanh(a: Any) -> Any:
    return add(fmpq(1), mul(fmpq(-2), reciprocal(add(fmpq(1), exp(mul(fmpq(2), a))))))


exp = _through(_exp, lambda a: exp(a))
log = _through(_log, reciprocal)
sqrt = _through(_sqrt, lambda a: reciprocal(mul(fmpq(2), sqrt(a))))

UNARY = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "sigma": _sigma,
    "tanh": _tanh,
    "sinh": lambda a: _half(a, -1),
    "cosh": lambda a: _half(a, 1),
    "abs": lambda a: mul(fmpq(_kinked(a)), a),
    "relu": relu,
    "step": lambda a: fmpq(_kinked(a) > 0),
    "sign": lambda a: fmpq(_kinked(a)),
}


def power(base: Any, exponent: Any) -> Any:
    if isinstance(exponent, fmpq):
        if exponent.q == 1:
            n = int(exponent.p)
            if abs(n) > 2_000:
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


# -- search ------------------------------------------------------------------------------------
def satisfies(point: Point, given: tuple[Given, ...], env: dict[str, int]) -> bool:
    """Do the givens hold at the point?  Equations may be solved for one entry that is free."""
    for g in given:
        for at in _instances(g, point, env):
            if not _holds(g, point, at) and not (g.op == "=" and _solve(g, point, at)):
                return False
    return all(_holds(g, point, at) for g in given for at in _instances(g, point, env))


def _instances(g: Given, point: Point, env: dict[str, int]) -> list[dict[str, int]]:
    """Index placeholders of a given run over the small range in use."""
    bound = {s.index.name for s in walk(Add((g.lhs, g.rhs))) if isinstance(s, Sum)}
    names = sorted({
        s.name for s in walk(Add((g.lhs, g.rhs)))
        if isinstance(s, Sym) and s.sort == "index" and s.name not in bound
    })
    out: list[dict[str, int]] = [dict(env)]
    for name in names:
        out = [{**e, name: k} for e in out for k in range(1, point.top + 1)]
    return out


def _holds(g: Given, point: Point, env: dict[str, int]) -> bool:
    left = point.value(g.lhs, env, {})
    if g.op == "in":
        return isinstance(left, fmpq) and any(left == _exact(v) for v in g.values)
    gap = add(left, mul(fmpq(-1), point.value(g.rhs, env, {})))
    if g.op == "=":
        return isinstance(gap, fmpq) and not gap
    s = sign_of(gap)
    return {"!=": s != 0, ">": s > 0, ">=": s >= 0, "<": s < 0, "<=": s <= 0}[g.op]


def _solve(g: Given, point: Point, env: dict[str, int]) -> bool:
    """Change one value so that an equation that is affine in it holds."""
    slots: list[tuple[dict[Any, Any], Any, str]] = []
    names = {t.name for t in walk(Add((g.lhs, g.rhs))) if isinstance(t, Ref | Sym)}
    for name, table in point.data.items():
        if name in names:
            slots += [(table, k, name) for k in sorted(table, reverse=True)]
    slots += [(point.parameters, k, k) for k in sorted(point.parameters) if k in names]
    for table, key, name in slots:
        old = table[key]
        gaps = []
        try:
            for probe in (0, 1, 2):
                table[key] = fmpq(probe)
                left, right = point.value(g.lhs, env, {}), point.value(g.rhs, env, {})
                gaps.append(add(left, mul(fmpq(-1), right)))
            slope = gaps[1] - gaps[0]
            affine = all(isinstance(x, fmpq) for x in gaps) and gaps[2] - gaps[1] == slope and slope != 0
            value = -gaps[0] / slope if affine else None
        except Undefined:
            value = None
        if value is not None and (name not in point.pools or value in point.pools[name]):
            table[key] = value
            return True
        table[key] = old
    return False


def separated(left: Any, right: Any) -> bool | None:
    """True: certainly different; False: certainly equal; None: not decided at this precision."""
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return bool(left != right)
    return None if arb(left).overlaps(arb(right)) else True


def search(
    lhs: Core, rhs: Core, given: tuple[Given, ...], tries: int = 60, domain_only: bool = False
) -> tuple[Witness | None, bool]:
    """(witness, defined): an exact point where the sides differ; was any point of the domain met?

    Small sizes and integers come first.  With ``domain_only`` the search stops at the first point
    where both sides are defined and the givens hold.
    """
    defined = False
    names = sorted({t.name for t in walk(Add((lhs, rhs))) if isinstance(t, Sym) and t.sort == "index"}
                   - {t.index.name for t in walk(Add((lhs, rhs))) if isinstance(t, Sum)})
    for attempt in range(tries):
        sizes = 1 + attempt * 4 // tries if attempt else 1
        pool = FINE if attempt % 3 == 2 else SMALL[: 3 + attempt // 3]
        for precision in PRECISIONS:
            ctx.prec = precision
            point = Point(Random(attempt), sizes, pool, given)
            for name in names:
                point.index(name)
            try:
                left, right = point.value(lhs, {}, {}), point.value(rhs, {}, {})
                if given:
                    before = point.sizes.copy()
                    if not satisfies(point, given, before):
                        break
                    left, right = point.value(lhs, {}, {}), point.value(rhs, {}, {})
                if not _finite(left) or not _finite(right):
                    break
            except (Undefined, OutOfFuel, OverflowError, ZeroDivisionError):
                break
            defined = True
            if domain_only:
                return None, True
            verdict = separated(left, right)
            if verdict:
                return _witness(point, left, right), True
            if verdict is False:
                break
    return None, defined


def _finite(v: Any) -> bool:
    return isinstance(v, fmpq) or bool(v.is_finite())


def _witness(point: Point, left: Any, right: Any) -> Witness:
    return Witness(
        dict(sorted(point.sizes.items())),
        {
            name: {",".join(map(str, k)): str(v) for k, v in sorted(table.items())}
            for name, table in sorted(point.data.items())
        },
        {k: str(v) for k, v in sorted(point.parameters.items())},
        {name: _polynomial(table) for name, table in sorted(point.functions.items())},
        *_shown(left, right),
    )


def _shown(left: Any, right: Any) -> tuple[str, str]:
    """Both values with enough digits that the printed enclosures are disjoint too."""
    for digits in (15, 30, 60, 120, 300):
        shown = tuple(str(v) if isinstance(v, fmpq) else str(arb(v).str(digits)) for v in (left, right))
        if not _printed(shown[0]).overlaps(_printed(shown[1])):
            break
    return shown[0], shown[1]


def _printed(s: str) -> Any:
    return arb(fmpq(*map(int, s.split("/")))) if "." not in s and "e" not in s else arb(s)


def _polynomial(table: Mapping[tuple[int, ...], int]) -> str:
    arity = len(next(iter(table)))
    names = ("t",) if arity == 1 else tuple(f"t{k + 1}" for k in range(arity))
    parts = []
    for exps, c in sorted(table.items(), key=lambda item: (-sum(item[0]), item[0])):
        factors = [n if e == 1 else f"{n}^{e}" for n, e in zip(names, exps, strict=True) if e]
        if c != 1 or not factors:
            factors.insert(0, str(c))
        parts.append("*".join(factors))
    return " + ".join(parts).replace("+ -", "- ")

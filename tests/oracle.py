"""An independent oracle: core terms in mpmath's floating point, 160 digits, derivatives by differences.

It shares nothing with the judge but the terms.  ``value`` raises Undefined where a term has no value.
Two values count as different when they differ by more than 1e-90 relative to their size, or 1e-25
where derivatives are taken: by differences with h = 1e-30, so that they are right to about 1e-55.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

from mpmath import fabs, isfinite, mp, mpf, pi, sin

from symgrad.core import Add, Call, Core, D, Delta, Div, Given, Mul, Num, Pow, Ref, Sum, Sym, walk
from symgrad.kernel.verdict import Verdict, Witness

mp.dps = 160
STEP = mpf(10) ** -30
FINE, COARSE = mpf(10) ** -90, mpf(10) ** -25


class Undefined(Exception):
    """No value at this point (or too large to be worth computing)."""


class Point:
    """A point: values are drawn when first asked for, or read from a witness."""

    def __init__(self, seed: int, size: int = 2, given: tuple[Given, ...] = ()) -> None:
        self.rng, self.size = Random(seed), size
        self.pools: dict[str, tuple[Any, ...]] = {}
        self.values: dict[Any, Any] = {}
        self.functions: dict[str, Any] = {}
        self.symmetric: set[str] = set()
        self.solved: dict[Any, Core] = {}
        self.fixed = False
        for g in given:
            self.obey(g)

    @classmethod
    def of(cls, witness: Witness, given: tuple[Given, ...] = ()) -> Point:
        point = cls(0)
        point.fixed = True
        for g in given:
            point.obey(g)
        point.solved, point.pools = {}, {}
        for name, n in witness.sizes.items():
            point.values[name] = n
        for name, text in witness.parameters.items():
            point.values[name] = _number(text)
        for name, table in witness.data.items():
            for where, text in table.items():
                point.values[name, tuple(map(int, where.split(",")))] = _number(text)
        for name, body in witness.functions.items():
            point.functions[name] = _polynomial(body)
        return point

    def obey(self, g: Given) -> None:
        """Draw so that a given holds: values, signs, symmetry, a sum equal to a constant, a name defined."""
        match g:
            case Given(Sym(name) | Ref(name), "in"):
                self.pools[name] = tuple(mpf(v.numerator) / v.denominator for v in g.values)
            case Given(Sym(name) | Ref(name), ">", Num()):
                self.pools[name] = tuple(mpf(self.rng.randint(1, 3000)) / 1000 for _ in range(9))
            case Given(Ref(name, (i, j)), "=", Ref(other, (k, l))) if (name, i, j) == (other, l, k):
                self.symmetric.add(name)
            case Given(Sum(Ref(name, (i,)) as entry, index, Num(), upper), "=", total) if i == index:
                rest = Sum(entry, index, Num(Fraction(1)), Add((upper, Num(Fraction(-1)))))
                self.solved[name, upper] = Add((total, Mul((Num(Fraction(-1)), rest))))
            case Given(Sym(name), "=", other):
                self.solved[name] = other
            case _:
                raise NotImplementedError(g)

    def draw(self, key: Any, name: str, sort: str = "real") -> Any:
        if isinstance(key, tuple) and name in self.symmetric:
            key = (name, tuple(sorted(key[1])))
        if key not in self.values and key in self.solved:
            self.values[key] = self.value(self.solved[key])
        if key not in self.values:
            for solved, term in self.solved.items():
                if isinstance(solved, tuple) and solved[0] == name and key[1] == (self.value(solved[1]),):
                    self.values[key] = self.value(term)
        if key not in self.values:
            if self.fixed:
                raise KeyError(f"the witness does not give {key}")
            if sort != "real":
                self.values[key] = self.size if sort == "size" else self.rng.randint(1, self.size)
            elif name in self.pools:
                self.values[key] = self.rng.choice(self.pools[name])
            else:
                self.values[key] = mpf(self.rng.randint(-2000, 2000)) / 1000 + mpf(1) / 7
        return self.values[key]

    def value(self, t: Core, env: Mapping[Any, Any] | None = None) -> Any:
        env = env or {}
        match t:
            case Num(v):
                return mpf(v.numerator) / v.denominator if v.denominator != 1 else mpf(v.numerator)
            case Sym(name, sort):
                return env[name] if name in env else self.draw(name, name, sort)
            case Ref(name, where):
                key = (name, self._places(where, env))
                return env[key] if key in env else self.draw(key, name)
            case Add(terms):
                return sum((self.value(k, env) for k in terms), mpf(0))
            case Mul(factors):
                out = mpf(1)
                for k in factors:
                    out *= self.value(k, env)
                return out
            case Div(num, den):
                below = self.value(den, env)
                return self.value(num, env) / self._nonzero(below)
            case Pow(base, n):
                return self._power(self.value(base, env), self.value(n, env))
            case Call(name, args, orders):
                return self._call(name, [self.value(a, env) for a in args], orders)
            case Delta(a, b):
                return mpf(self._integer(a, env) == self._integer(b, env))
            case Sum(body, index, lower, upper):
                span = range(self._integer(lower, env), self._integer(upper, env) + 1)
                return sum((self.value(body, {**env, index.name: k}) for k in span), mpf(0))
            case D(body, var):
                return self._slope(body, var, env)
        raise Undefined

    def _nonzero(self, v: Any) -> Any:
        if fabs(v) < mpf(10) ** -120:
            raise Undefined
        return v

    def _integer(self, t: Core, env: Mapping[Any, Any]) -> int:
        v = self.value(t, env)
        if int(v) != v or abs(v) > 200:
            raise Undefined
        return int(v)

    def _places(self, where: tuple[Core, ...], env: Mapping[Any, Any]) -> tuple[int, ...]:
        return tuple(self._integer(k, env) for k in where)

    def _slope(self, body: Core, var: Core, env: Mapping[Any, Any]) -> Any:
        if isinstance(var, Ref):
            key: Any = (var.name, self._places(var.indices, env))
        else:
            assert isinstance(var, Sym)
            key = var.name
        at = self.value(var, env)
        up, down = (self.value(body, {**env, key: at + h}) for h in (STEP, -STEP))
        return (up - down) / (2 * STEP)

    def _power(self, base: Any, n: Any) -> Any:
        base = mpf(base)
        if fabs(n) > 500:
            raise Undefined
        if n == int(n):
            return self._nonzero(base) ** int(n) if n < 0 else base ** int(n)
        if base < 0 or (base == 0 and n < 0):
            raise Undefined
        return base**n

    def _call(self, name: str, args: list[Any], orders: tuple[int, ...]) -> Any:
        z = args[0] if args else mpf(0)
        match name:
            case "pi":
                return +pi
            case "max":
                return max(args)
            case "min":
                return min(args)
            case "E":
                raise Undefined
        known = lines().get(name)
        if known is not None:
            if fabs(z) > 10**7 and not name.startswith(("log", "sqrt")):
                raise Undefined
            value = known.value(mpf(z))  # also of a size, an integer
            if not isinstance(value, mpf):  # a logarithm of what is negative
                raise Undefined
            return value
        if self.fixed:
            return self.functions[name](args, orders)
        phase, rates = Random(name).random(), [mpf(Random(f"{name}{k}").randint(3, 9)) / 6 for k in range(5)]
        out, quarter = mpf(1), 0
        for k, times in enumerate(orders):
            out *= rates[k] ** times
            quarter += times
        return out * sin(sum(r * a for r, a in zip(rates, args, strict=False)) + phase + quarter * pi / 2)


@cache
def lines() -> Mapping[str, Any]:
    """The functions of the table in mpmath, from the lines that are written for the tests."""
    from test_functions import LINES

    return LINES


def _number(text: str) -> Any:
    v = Fraction(text)
    return mpf(v.numerator) / v.denominator


def _polynomial(body: str) -> Any:
    """'2*t1^2*t2 - t2 + 1' as a function of (arguments, derivative orders)."""
    terms = []
    for sign_, part in re.findall(r"(^|[+-])\s*(-?[^+\s-][^+-]*)", body.strip()):
        c, exps = mpf(-1 if sign_ == "-" else 1), {}
        for factor in part.strip().split("*"):
            name, _, power = factor.lstrip("-").partition("^")
            if factor.startswith("-"):
                c = -c
            if name.startswith("t"):
                exps[int(name[1:] or 1) - 1] = int(power or 1)
            else:
                c *= _number(name)
        terms.append((c, exps))

    def apply(args: list[Any], orders: tuple[int, ...]) -> Any:
        out = mpf(0)
        for c, exps in terms:
            term = c
            for k, a in enumerate(args):
                e, o = exps.get(k, 0), orders[k] if orders else 0
                for j in range(o):
                    term *= e - j
                term *= a ** max(e - o, 0)
            out += term
        return out

    return apply


def differ(lhs: Core, rhs: Core, left: Any, right: Any) -> bool:
    """Do the values of the two terms differ by more than the error of their computation?"""
    derived = any(isinstance(t, D) for side in (lhs, rhs) for t in walk(side))
    return bool(fabs(left - right) > (COARSE if derived else FINE) * (1 + fabs(left) + fabs(right)))


def values(point: Point, lhs: Core, rhs: Core) -> tuple[Any, Any] | None:
    """Both values, or None where one is not defined."""
    try:
        left, right = point.value(lhs), point.value(rhs)
    except (Undefined, ZeroDivisionError, OverflowError):
        return None
    return (left, right) if isfinite(left) and isfinite(right) else None


def separates(
    lhs: Core,
    rhs: Core,
    points: int = 4,
    top: int = 4,
    given: tuple[Given, ...] = (),
    assuming: tuple[str, ...] = (),
) -> bool | None:
    """True: some point tells the sides apart; False: none of several did; None: no point was defined."""
    met = 0
    for k in range(points * 3):
        point = Point(k, 1 + k % top, given)
        both = values(point, lhs, rhs)
        if both is None or not _holds(assuming, point):
            continue
        if differ(lhs, rhs, *both):
            return True
        met += 1
        if met == points:
            break
    return False if met else None


def _holds(assuming: tuple[str, ...], point: Point) -> bool:
    """Do the range conditions of a proof ('2 <= N', '1 <= j <= N') hold at the point?"""
    names = {k: int(v) for k, v in point.values.items() if isinstance(k, str) and v == int(v)}
    for condition in assuming:
        sides = condition.split("<=") if "<=" in condition else condition.split(">=")[::-1]
        ends = [_linear(side, names) for side in sides]
        if None not in ends and any(a > b for a, b in pairwise(ends)):  # type: ignore[operator]
            return False
    return True


def _linear(side: str, names: Mapping[str, int]) -> int | None:
    out = 0
    for part in side.replace("- ", "+ -").split("+"):
        value = 1
        for factor in part.strip().split("*"):
            negative, factor = factor.startswith("-"), factor.lstrip("-")
            if not factor.isdigit() and factor not in names:
                return None
            value *= (-1 if negative else 1) * (int(factor) if factor.isdigit() else names[factor])
        out += value
    return out


def audit(lhs: Core, rhs: Core, verdict: Verdict, given: tuple[Given, ...] = ()) -> str:
    """'' if the verdict stands up, else what is wrong with it."""
    if verdict.status == "refuted":
        assert verdict.witness is not None
        try:
            both = values(Point.of(verdict.witness, given), lhs, rhs)
        except KeyError as problem:
            return str(problem)
        if both is None:
            return "the witness lies outside the domain"
        return "" if differ(lhs, rhs, *both) else f"the witness does not tell the sides apart: {both[0]}"
    if verdict.status == "proved" and separates(lhs, rhs, given=given, assuming=verdict.assuming):
        return "proved, but the sides differ"
    return ""


def symbols(t: Core) -> set[str]:
    return {k.name for k in walk(t) if isinstance(k, Sym | Ref)}

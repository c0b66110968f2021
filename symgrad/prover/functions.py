"""Functions of polynomials: exponentials, logarithms, powers, roots, expectations."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

from flint import fmpq, fmpz

from ..functions import FUNCTIONS, Algebra
from ..kernel.limits import OutOfFuel, Undefined
from .polynomials import (
    ONE,
    Exp,
    Frozen,
    Mono,
    Poly,
    coefficient,
    const,
    constant_of,
    exponent,
    freeze,
    rational,
    thaw,
)
from .signs import Signs

REAL_ONLY = frozenset(("log", "sqrt", "abs", "sign", "step", "relu", "max", "min"))
"""Functions that are not taken apart where sines and cosines stand inside."""


CASES = 6
"""Atoms of two values in one argument that are told apart."""


class Functions(Signs):
    """What the elementary functions do to polynomials over atoms."""

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.called: dict[tuple[Any, ...], Poly] = {}

    def by_cases(self, args: list[Poly], fn: Callable[[list[Poly]], Poly]) -> Poly:
        """fn(args), interpolated in atoms of two values: exp(d z) = 1 + d (exp(z) - 1)."""
        found = dict.fromkeys(k for p in args for m in p for k, e in m if k in self.value_sets and e == 1)
        if not 0 < len(found) <= CASES:
            return fn(args)
        n = next(iter(found))
        a, b = self.value_sets[n]
        try:
            low, high = (self.by_cases([self.put(p, n, v) for p in args], fn) for v in (a, b))
        except Undefined:
            return fn(args)
        slope = self.scale(self.sub(high, low), 1 / (b - a))
        return self.add(low, self.mul(slope, self.sub(self.gen(n), const(a))))

    def put(self, p: Poly, n: int, value: Any) -> Poly:
        """p where atom n has a value."""
        cases = ((m, c * _power(value, dict(m).get(n, 0))) for m, c in p.items())
        return self.add(*({tuple(x for x in m if x[0] != n): c} for m, c in cases if c))

    def call(self, fn: str, args: list[Poly], orders: tuple[int, ...]) -> Poly:
        key = fn, tuple(map(freeze, args)), orders
        if key not in self.called:
            if fn in ("log", "sqrt"):  # of the whole argument: a case of it need not be met
                self.note_positive(args[0], strict=fn == "log")
            self.called[key] = self.by_cases(args, lambda cases: self._call(fn, cases, orders))
        return self.called[key]

    def _call(self, fn: str, args: list[Poly], orders: tuple[int, ...]) -> Poly:
        if fn in REAL_ONLY and any(map(self.is_complex, args)):
            return self._opaque(fn, args)
        match fn:
            case "exp":
                return self.exp(args[0])
            case "log":
                return self.log(args[0])
            case "sin" | "cos":
                e, f = self.exp(self._turned(args[0], 1)), self.exp(self._turned(args[0], -1))
                if fn == "cos":
                    return self.scale(self.add(e, f), fmpq(1, 2))
                return self._turned(self.scale(self.sub(e, f), fmpq(1, 2)), -1)
            case "sqrt":
                return self.root(args[0], Fraction(1, 2))
            case "abs":
                return self.mul(args[0], self.sign(args[0]))
            case "step" | "sign" if self._counts_only(args[0]):
                # An integer is positive, 0 or negative: no kink is left out.
                above = self.order(args[0])
                return above if fn == "step" else self.sub(above, self.order(self.scale(args[0], fmpq(-1))))
            case "step":
                return self.step(args[0])
            case "sign":
                return self.sign(args[0])
            case "max" | "min":
                out = args[0]
                for b in args[1:]:
                    d = self.sub(out, b)
                    gap = self.mul(d, self.step(d))
                    out = self.add(b, gap) if fn == "max" else self.sub(out, gap)
                return out
            case "pi":
                return self.gen(self.atom(("pi",)))
            case "E":
                return self.expectation(args[0])
        if fn in FUNCTIONS and FUNCTIONS[fn].meaning:
            return self.algebra.value(FUNCTIONS[fn].meant, args[0])
        if fn in FUNCTIONS and FUNCTIONS[fn].odd:
            if not args[0]:
                return {}
            if args[0][min(args[0])] < 0:
                return self.scale(self._opaque(fn, [self.scale(args[0], fmpq(-1))]), fmpq(-1))
        return self._opaque(fn, args, orders if any(orders) else ())

    @cached_property
    def algebra(self) -> Algebra[Poly]:
        """Terms of the table of functions as polynomials."""

        def number(value: Fraction) -> Poly:
            return const(fmpq(value.numerator, value.denominator))

        def quotient(a: Poly, b: Poly) -> Poly:
            return self.mul(a, self.by_cases([b], lambda p: self.inverse(*p)))

        return Algebra(
            number, self.add, lambda *factors: reduce(self.mul, factors), quotient,
            lambda base, n: self.by_cases([base], lambda p: self.raise_to(p[0], number(n))),
            lambda fn, *args: self.call(fn, list(args), ()),
        )  # fmt: skip

    def _opaque(self, fn: str, args: list[Poly], orders: tuple[int, ...] = ()) -> Poly:
        """A value of which only is known that equal arguments give equal values."""
        deps = frozenset[int]().union(*(self.poly_deps(a) for a in args))
        return self.gen(self.atom(("call", fn, tuple(freeze(a) for a in args), orders), deps))

    def _turned(self, p: Poly, sign: int) -> Poly:
        """p times i or -i."""
        return self.times(p, ((self.atom(("i",)), 1),), fmpq(sign))

    def expectation(self, p: Poly) -> Poly:
        """E is linear over Q; what is random is not declared, so nothing else leaves it."""
        out: Poly = {}
        for m, c in p.items():
            if m == ONE:
                self.gather(out, const(c))
            else:
                n = self.atom(("E", m), self.mono_deps(m))
                self.gather(out, self.scale(self.gen(n), c))
        return out

    def exp(self, p: Poly) -> Poly:
        out = const(1)
        for m, c in p.items():
            r = rational(c)
            turns = len(m) == 2 and {self.atoms[k] for k, e in m if e == 1} == {("i",), ("pi",)}
            if turns and (2 * c).q == 1:  # e^(i pi / 2) = i
                out = self._turned(out, 1) if r * 2 % 2 else out
                out = self.scale(out, fmpq(-1 if r * 2 % 4 >= 2 else 1))
                continue
            angle = self._angle(m)
            if angle is not None and isinstance(r, int):
                out = self.mul(out, self.power(self._unit(*angle, 1 if r > 0 else -1), abs(r)))
                continue
            logs = [k for k, e in m if self.atoms[k][0] == "log" and e == 1]
            if len(logs) == 1:
                rest = tuple(x for x in m if x[0] != logs[0])
                factor = self._power_of(self.atoms[logs[0]][1], rest, r)
            else:
                factor = self.gen(self.atom(("exp", m), self.mono_deps(m)), r)
            out = self.mul(out, factor)
        return out

    def _angle(self, m: Mono) -> tuple[str, Poly] | None:
        """The function and p where m is i arcsin p or i arctan p."""
        calls = [self.atoms[k] for k, e in m if e == 1 and self.atoms[k][0] == "call"]
        if len(m) != 2 or len(calls) != 1 or ("i",) not in (self.atoms[k] for k, e in m if e == 1):
            return None
        _, fn, args, _ = calls[0]
        found = fn in ("arcsin", "arctan") and not self.is_complex(thaw(args[0]))
        return (fn, thaw(args[0])) if found else None

    def _unit(self, fn: str, p: Poly, sign: int) -> Poly:
        """e^(i arcsin p) = sqrt(1 - p^2) + i p,  e^(i arctan p) = (1 + i p)/sqrt(1 + p^2); -i for i."""
        square, turned = self.mul(p, p), self._turned(p, sign)
        if fn == "arcsin":
            return self.add(self.root(self.sub(const(1), square), Fraction(1, 2)), turned)
        length = self.root(self.add(const(1), square), Fraction(-1, 2))
        return self.mul(self.add(const(1), turned), length)

    def _power_of(self, base: Frozen, exponent: Mono, c: Exp) -> Poly:
        """|base|^(c * exponent) for an irreducible base."""
        if not exponent:
            return self._fractional(base, c) if self.is_positive(base) else self._absolute(base, c)

        def power(f: Frozen) -> Poly:
            if isinstance(c, int) and all(e == 1 and self._integral(k) for k, e in exponent):
                return self.power(self.raise_to(thaw(f), {exponent: fmpq(1)}), c)
            deps = self.mono_deps(exponent) | self.frozen_deps(f)
            return self.gen(self.atom(("pow", f, exponent), deps), c)

        return power(base) if self.is_positive(base) else self._split(base, power)

    def log(self, p: Poly) -> Poly:
        value = constant_of(p)
        if value is not None and value <= 0:
            raise Undefined
        c, m, factors = self.factor(p)
        out = self._log_number(abs(c))
        for k, e in m:
            key = self.atoms[k]
            if key[0] == "exp":
                self.gather(out, {key[1]: coefficient(e)})
            elif key[0] == "pow":
                times = self.mul({key[2]: fmpq(1)}, self.log_atom(key[1]))
                self.gather(out, self.scale(times, coefficient(e)))
            else:
                base = freeze(self.gen(k)) if key[0] != "poly" else key[1]
                self.gather(out, self.scale(self.log_atom(base), coefficient(e)))
        for k, e in factors:
            self.gather(out, self.scale(self.log_atom(self.atoms[k][1]), fmpq(e)))
        return out

    def log_atom(self, base: Frozen) -> Poly:
        return self.gen(self.atom(("log", base), self.frozen_deps(base)))

    def _log_number(self, c: Any) -> Poly:
        out: Poly = {}
        for part, sign in ((c.p, 1), (c.q, -1)):
            if part == 1:
                continue
            if part > 10**18:
                raise OutOfFuel
            for prime, e in fmpz(part).factor():
                self.gather(out, self.scale(self.log_atom(freeze(const(int(prime)))), fmpq(sign * int(e))))
        return out

    def raise_to(self, base: Poly, exponent: Poly) -> Poly:
        value = constant_of(exponent)
        if value is not None and value.q == 1:
            return self.power(base, int(value.p))
        if self.is_complex(base) or self.is_complex(exponent):
            return self._opaque("^", [base, exponent])
        if value is not None:
            return self.root(base, rational(value))
        if base == const(1):
            return base
        integral = all(
            c.q == 1 and all(e == 1 and self._integral(k) for k, e in m) for m, c in exponent.items()
        )
        if not integral:
            return self.exp(self.mul(exponent, self.log(base)))
        c, m, factors = self.factor(base)
        out = const(1)
        parts: list[tuple[Frozen, Any]] = []
        if abs(c) != 1:
            parts.append((freeze(const(abs(c))), 1))
        if c < 0:
            out = self._alternating(exponent)
        for k, e in m:
            if self.atoms[k][0] == "exp":
                arg = self.scale({self.atoms[k][1]: fmpq(1)}, coefficient(e))
                out = self.mul(out, self.exp(self.mul(arg, exponent)))
            else:
                parts.append((freeze(self.gen(k)) if self.atoms[k][0] != "poly" else self.atoms[k][1], e))
        parts += [(self.atoms[k][1], e) for k, e in factors]
        for b, e in parts:
            for mono, coeff in exponent.items():
                times = rational(coeff * coefficient(e))
                if not mono and isinstance(times, int):
                    out = self.mul(out, self.power(thaw(b), times))
                elif mono:
                    deps = self.mono_deps(mono) | self.frozen_deps(b)
                    out = self.mul(out, self.gen(self.atom(("pow", b, mono), deps), times))
                else:
                    out = self.mul(out, self.root(thaw(b), times))
        return out

    def _alternating(self, exponent: Poly) -> Poly:
        """(-1)^n: one atom of the values 1 and -1 for every odd term of n."""
        out = const(1)
        for mono, c in exponent.items():
            if c.p % 2 and mono:
                n = self.atom(("pow", freeze(const(-1)), mono), self.mono_deps(mono))
                self.restrict(n, (fmpq(-1), fmpq(1)))
                out = self.mul(out, self.gen(n))
            elif c.p % 2:
                out = self.scale(out, fmpq(-1))
        return out

    def _integral(self, n: int) -> bool:
        key = self.atoms[n]
        if key[0] == "ref":
            return key[1] in self.counts
        return key[0] in ("idx", "bound") or (key[0] == "sym" and key[2] != "real")

    def _counts_only(self, p: Poly) -> bool:
        """Is p an integer, made of indices and sizes?"""
        return all(
            c.q == 1 and all(isinstance(e, int) and e > 0 and self._integral(k) for k, e in m)
            for m, c in p.items()
        )

    def root(self, p: Poly, r: int | Fraction) -> Poly:
        """p^r for a non-integer rational r, on p >= 0 (p > 0 if r < 0)."""
        if not p:
            if r < 0:
                raise Undefined
            return {}
        value = constant_of(p)
        if value is not None and value < 0:
            raise Undefined
        c, m, factors = self.factor(p)
        out, odd = const(1), []
        for base, e in self.bases((*m, *factors)):
            if self.even(e) and not self.is_positive(base):
                out = self.mul(out, self._absolute(base, exponent(e * r)))
            elif isinstance(e, int) and not self.is_positive(base):
                odd.append((base, e))
            else:  # what has a fractional power is not negative
                out = self.mul(out, self._fractional(base, exponent(e * r)))
        if c < 0:
            if not odd:
                raise Undefined
            base, e = odd[0]
            c, odd[0] = -c, (freeze(self.scale(thaw(base), fmpq(-1))), e)
        for part, sign in ((c.p, 1), (c.q, -1)):
            if part > 10**18:
                raise OutOfFuel
            for prime, e in fmpz(part).factor() if part != 1 else ():
                x = exponent(r * sign * int(e))
                out = self.mul(out, self.reduce(self.gen(self.atom(("prime", int(prime))), x)))
        if len(odd) == 1:
            return self.mul(out, self._fractional(odd[0][0], exponent(odd[0][1] * r)))
        if odd:
            # Only the product is known to be nonnegative: its root is one atom.
            whole = const(1)
            for base, e in odd:
                whole = self.mul(whole, thaw(base))
                out = self.mul(out, self._absolute(base, exponent((e - 1) * r)))
            out = self.mul(out, self._fractional(freeze(whole), exponent(r)))
        return out

    def _absolute(self, base: Frozen, x: Exp) -> Poly:
        """|base|^x."""
        if isinstance(x, int) and x % 2 == 0:
            return self.power(thaw(base), x)
        return self._split(base, lambda f: self._fractional(f, x))

    def _split(self, base: Frozen, fn: Callable[[Frozen], Poly]) -> Poly:
        """fn(|base|) as [base > 0] fn(base) + [base < 0] fn(-base)."""
        above, minus = self.step(thaw(base)), freeze(self.scale(thaw(base), fmpq(-1)))
        return self.add(self.mul(above, fn(base)), self.mul(self.sub(const(1), above), fn(minus)))

    def _fractional(self, base: Frozen, x: Exp) -> Poly:
        if isinstance(x, int):
            return self.power(thaw(base), x)
        if constant_of(thaw(base)) is not None:
            return self.root(thaw(base), x)
        single = len(base) == 1 and base[0][1] == 1 and len(base[0][0]) == 1 and base[0][0][0][1] == 1
        n = base[0][0][0][0] if single else self.poly_atom(thaw(base))
        return self.reduce(self.gen(n, x))


def _power(value: Any, exponent: Any) -> Any:
    """0^r = 0 for r > 0, 1^r = 1; what else is no rational number is left to the whole term."""
    if value == 1 or not exponent:
        return fmpq(1)
    if not value and exponent > 0:
        return value
    if not value or Fraction(exponent).denominator != 1:
        raise Undefined
    return value ** int(exponent)

"""Exponentials, logarithms, powers and roots of polynomials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpz

from ..kernel.limits import OutOfFuel, Undefined
from .algebra import factor, poly_atom, power
from .polynomials import (
    Exp,
    Frozen,
    Mono,
    Poly,
    coefficient,
    const,
    constant_of,
    even,
    exponent,
    freeze,
    gen,
    minus,
    negated,
    rational,
    scale,
    thaw,
    without,
)
from .ring import add, gather, mul, reduce, sub, times
from .signs import bases, is_complex, is_count, is_positive, step
from .state import State, atom, frozen_deps, mono_deps, poly_deps, restrict


def opaque(s: State, fn: str, args: list[Poly], orders: tuple[int, ...] = ()) -> Poly:
    """A value of which only is known that equal arguments give equal values."""
    deps = frozenset[int]().union(*(poly_deps(s, a) for a in args))
    return gen(atom(s, ("call", fn, tuple(freeze(a) for a in args), orders), deps))


def turned(s: State, p: Poly, sign: int) -> Poly:
    """p times i or -i."""
    return times(s, p, ((atom(s, ("i",)), 1),), fmpq(sign))


def exp(s: State, p: Poly) -> Poly:
    out = const(1)
    for m, c in p.items():
        r = rational(c)
        turns = len(m) == 2 and {s.atoms[k] for k, e in m if e == 1} == {("i",), ("pi",)}
        if turns and (2 * c).q == 1:  # e^(i pi / 2) = i
            out = turned(s, out, 1) if r * 2 % 2 else out
            out = scale(out, fmpq(-1 if r * 2 % 4 >= 2 else 1))
        else:
            out = mul(s, out, _exp_of(s, m, r))
    return out


def _exp_of(s: State, m: Mono, r: Exp) -> Poly:
    """e^(r m)"""
    angle = _angle(s, m)
    if angle is not None and isinstance(r, int):
        return power(s, _unit(s, *angle, 1 if r > 0 else -1), abs(r))
    logs = [k for k, e in m if s.atoms[k][0] == "log" and e == 1]
    if len(logs) == 1:
        return _power_of(s, s.atoms[logs[0]][1], without(logs[0], m), r)
    return gen(atom(s, ("exp", m), mono_deps(s, m)), r)


def _angle(s: State, m: Mono) -> tuple[str, Poly] | None:
    """The function and p where m is i arcsin p or i arctan p."""
    calls = [s.atoms[k] for k, e in m if e == 1 and s.atoms[k][0] == "call"]
    if len(m) != 2 or len(calls) != 1 or ("i",) not in (s.atoms[k] for k, e in m if e == 1):
        return None
    _, fn, args, _ = calls[0]
    found = fn in ("arcsin", "arctan") and not is_complex(s, thaw(args[0]))
    return (fn, thaw(args[0])) if found else None


def _unit(s: State, fn: str, p: Poly, sign: int) -> Poly:
    """e^(i arcsin p) = sqrt(1 - p^2) + i p,  e^(i arctan p) = (1 + i p)/sqrt(1 + p^2); -i for i."""
    square, i_p = mul(s, p, p), turned(s, p, sign)
    if fn == "arcsin":
        return add(s, root(s, sub(s, const(1), square), Fraction(1, 2)), i_p)
    length = root(s, add(s, const(1), square), Fraction(-1, 2))
    return mul(s, add(s, const(1), i_p), length)


def _power_of(s: State, base: Frozen, exponent: Mono, c: Exp) -> Poly:
    """|base|^(c * exponent) for an irreducible base."""
    if not exponent:
        return _fractional(s, base, c) if is_positive(s, base) else _absolute(s, base, c)

    def raised(f: Frozen) -> Poly:
        if isinstance(c, int) and all(e == 1 and is_integer(s, k) for k, e in exponent):
            return power(s, raise_to(s, thaw(f), {exponent: fmpq(1)}), c)
        return _opaque_power(s, f, exponent, c)

    return raised(base) if is_positive(s, base) else _split(s, base, raised)


def _opaque_power(s: State, base: Frozen, exponent: Mono, c: Exp) -> Poly:
    deps = mono_deps(s, exponent) | frozen_deps(s, base)
    return gen(atom(s, ("pow", base, exponent), deps), c)


def log(s: State, p: Poly) -> Poly:
    value = constant_of(p)
    if value is not None and value <= 0:
        raise Undefined
    c, m, factors = factor(s, p)
    out: Poly = {}
    for prime, e in _primes(abs(c)):
        gather(s, out, scale(_log_of(s, freeze(const(prime))), fmpq(e)))
    for k, x in (*m, *factors):
        key = s.atoms[k]
        if key[0] == "exp":
            part = {key[1]: fmpq(1)}
        elif key[0] == "pow":
            part = mul(s, {key[2]: fmpq(1)}, _log_of(s, key[1]))
        else:
            part = _log_of(s, freeze(gen(k)) if key[0] != "poly" else key[1])
        gather(s, out, scale(part, coefficient(x)))
    return out


def _log_of(s: State, base: Frozen) -> Poly:
    return gen(atom(s, ("log", base), frozen_deps(s, base)))


def _primes(c: Any) -> Iterator[tuple[int, int]]:
    """The primes in a positive rational number, with their powers."""
    for part, side in ((c.p, 1), (c.q, -1)):
        if part > 10**18:
            raise OutOfFuel
        for prime, e in fmpz(part).factor() if part != 1 else ():
            yield int(prime), side * int(e)


def raise_to(s: State, base: Poly, exponent: Poly) -> Poly:
    value = constant_of(exponent)
    if value is not None and value.q == 1:
        return power(s, base, int(value.p))
    if is_complex(s, base) or is_complex(s, exponent):
        return opaque(s, "^", [base, exponent])
    if value is not None:
        return root(s, base, rational(value))
    if base == const(1):
        return base
    if all(c.q == 1 and all(e == 1 and is_integer(s, k) for k, e in m) for m, c in exponent.items()):
        return _whole_power(s, base, exponent)
    return exp(s, mul(s, exponent, log(s, base)))


def _whole_power(s: State, base: Poly, exponent: Poly) -> Poly:
    """base^exponent for an integer exponent of unknown value, factor by factor."""
    c, m, factors = factor(s, base)
    out = _alternating(s, exponent) if c < 0 else const(1)
    parts: list[tuple[Frozen, Exp]] = [(freeze(const(abs(c))), 1)] if abs(c) != 1 else []
    for k, e in (*m, *factors):
        if s.atoms[k][0] == "exp":
            argument = scale({s.atoms[k][1]: fmpq(1)}, coefficient(e))
            out = mul(s, out, exp(s, mul(s, argument, exponent)))
        else:
            parts += bases(s, ((k, e),))
    for b, e in parts:
        for mono, coeff in exponent.items():
            n = rational(coeff * coefficient(e))
            if mono:
                part = _opaque_power(s, b, mono, n)
            else:
                part = power(s, thaw(b), n) if isinstance(n, int) else root(s, thaw(b), n)
            out = mul(s, out, part)
    return out


def _alternating(s: State, exponent: Poly) -> Poly:
    """(-1)^n: one atom of the values 1 and -1 for every odd term of n."""
    out = const(1)
    for mono, c in exponent.items():
        if c.p % 2 and mono:
            n = atom(s, ("pow", freeze(const(-1)), mono), mono_deps(s, mono))
            restrict(s, n, (fmpq(-1), fmpq(1)))
            out = mul(s, out, gen(n))
        elif c.p % 2:
            out = minus(out)
    return out


def is_integer(s: State, n: int) -> bool:
    """Is the atom a size, an index or an entry that is a size?"""
    key = s.atoms[n]
    return key[0] in ("idx", "bound") or (key[0] == "sym" and key[2] != "real") or is_count(s, key)


def root(s: State, p: Poly, r: int | Fraction) -> Poly:
    """p^r for a non-integer rational r, on p >= 0 (p > 0 if r < 0)."""
    if not p:
        if r < 0:
            raise Undefined
        return {}
    value = constant_of(p)
    if value is not None and value < 0:
        raise Undefined
    c, m, factors = factor(s, p)
    out, odd = const(1), []
    for base, e in bases(s, (*m, *factors)):
        if isinstance(e, int) and not is_positive(s, base):
            if even(e):
                out = mul(s, out, _absolute(s, base, exponent(e * r)))
            else:
                odd.append((base, e))
        else:  # what has a fractional power is not negative
            out = mul(s, out, _fractional(s, base, exponent(e * r)))
    if c < 0:
        if not odd:
            raise Undefined
        base, n = odd[0]
        c, odd[0] = -c, (negated(base), n)
    for prime, n in _primes(c):
        out = mul(s, out, reduce(s, gen(atom(s, ("prime", prime)), exponent(r * n))))
    return mul(s, out, _odd_root(s, odd, r)) if odd else out


def _odd_root(s: State, odd: list[tuple[Frozen, int]], r: int | Fraction) -> Poly:
    """A root of factors of unknown sign.

    Only the product is known to be nonnegative: its root is one atom.
    """
    if len(odd) == 1:
        return _fractional(s, odd[0][0], exponent(odd[0][1] * r))
    out, whole = const(1), const(1)
    for base, e in odd:
        whole = mul(s, whole, thaw(base))
        out = mul(s, out, _absolute(s, base, exponent((e - 1) * r)))
    return mul(s, out, _fractional(s, freeze(whole), exponent(r)))


def _absolute(s: State, base: Frozen, x: Exp) -> Poly:
    """|base|^x."""
    if isinstance(x, int) and x % 2 == 0:
        return power(s, thaw(base), x)
    return _split(s, base, lambda f: _fractional(s, f, x))


def _split(s: State, base: Frozen, fn: Callable[[Frozen], Poly]) -> Poly:
    """fn(|base|) as [base > 0] fn(base) + [base < 0] fn(-base)."""
    above, below = step(s, thaw(base)), negated(base)
    return add(s, mul(s, above, fn(base)), mul(s, sub(s, const(1), above), fn(below)))


def _fractional(s: State, base: Frozen, x: Exp) -> Poly:
    if isinstance(x, int):
        return power(s, thaw(base), x)
    if constant_of(thaw(base)) is not None:
        return root(s, thaw(base), x)
    single = len(base) == 1 and base[0][1] == 1 and len(base[0][0]) == 1 and base[0][0][0][1] == 1
    n = base[0][0][0][0] if single else poly_atom(s, thaw(base))
    return reduce(s, gen(n, x))

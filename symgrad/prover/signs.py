"""Signs of normal forms (of terms as written: ``kernel.signs``), and indicators of what has no known sign."""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_poly

from .algebra import factor
from .polynomials import (
    ONE,
    Exp,
    Frozen,
    Mono,
    Poly,
    const,
    constant_of,
    even,
    freeze,
    gen,
    minus,
    negated,
    scale,
    thaw,
)
from .ring import add, delta, mul, sub
from .state import Key, State, atom, frozen_deps, inside, poly_deps


def note_positive(s: State, p: Poly, strict: bool = False) -> None:
    """p >= 0 on the domain (``strict``: p > 0): so is its one factor of unknown sign, where there is only
    one and the others are not 0."""
    if not p:
        return
    c, m, factors = factor(s, p)
    parts = bases(s, (*m, *factors))
    odd = [base for base, e in parts if not even(e) and not is_positive(s, base)]
    if len(odd) != 1 or not (strict or all(b == odd[0] or _never_zero(s, b, e) for b, e in parts)):
        return
    known = odd[0] if c > 0 else negated(odd[0])
    if known not in s.signs.positive:
        s.signs.positive.add(known)
        s.signs.learned = True
        if not strict:
            s.signs.weak.add(known)
    elif strict:
        s.signs.weak.discard(known)


def _never_zero(s: State, base: Frozen, e: Exp) -> bool:
    """Is a power of this certainly not 0 where it is defined?"""
    return e < 0 or surely_positive(s, base)


def surely_positive(s: State, base: Frozen) -> bool:
    """Positive, and not by what may be 0."""
    known, names = s.signs.positive, s.signs.names
    s.signs.positive = {k for k in known if k not in s.signs.weak}
    s.signs.names = {n for n in names if n not in s.signs.weak}
    try:
        return is_positive(s, base)
    finally:
        s.signs.positive, s.signs.names = known, names


def bases(s: State, m: Mono) -> list[tuple[Frozen, Exp]]:
    """The polynomials whose powers make up a monomial."""
    return [(s.atoms[k][1] if s.atoms[k][0] == "poly" else freeze(gen(k)), e) for k, e in m]


def is_complex(s: State, p: Poly) -> bool:
    """Does p contain i, as sines and cosines do?  It has no sign, and logarithms have branches."""
    return ("i",) in s.ids and any(_has_i(s, k) for m in p for k, _ in m)


def _has_i(s: State, n: int) -> bool:
    key = s.atoms[n]
    return key[0] == "i" or (key[0] != "call" and any(_has_i(s, k) for k in inside(key)))


def is_positive(s: State, base: Frozen) -> bool:
    """Positive by structure, by a hypothesis, or because it has no real root (never by sampling)."""
    if is_complex(s, thaw(base)):
        return False
    if base in s.signs.positive:
        return True
    if all(c > 0 and all(even(e) or _atom_positive(s, k, e) for k, e in m) for m, c in base):
        # No term is negative: is one of them positive?
        return any(all(_atom_positive(s, k, e) for k, e in m) for m, _ in base)
    return _definite(base)


def _definite(base: Frozen) -> bool:
    """Is this a positive polynomial in one atom, without a real root?"""
    rows = {int(m[0][1]) if m else 0: c for m, c in base if len(m) <= 1}
    exponents = [e for m, _ in base for _, e in m]
    if len({k for m, _ in base for k, _ in m}) != 1 or not 3 <= len(rows) == len(base):
        return False
    if any(not isinstance(e, int) or not 0 < e <= 60 for e in exponents) or rows.get(0, 0) <= 0:
        return False
    p = fmpq_poly([rows.get(e, 0) for e in range(max(rows) + 1)])
    return all(not root.imag.contains(0) for root, _ in (p * p.denom()).numer().complex_roots())


def _atom_positive(s: State, n: int, e: Any) -> bool:
    key = s.atoms[n]
    if even(e) and e < 0:
        return True
    if key[0] in ("exp", "pi", "prime"):
        return not _has_i(s, n)
    if key[0] in ("pow", "poly"):
        return is_positive(s, key[1])
    if key[0] == "sum":
        ranges, body = key[1], key[2]
        some = all(lo == freeze(const(1)) and at_least(s, thaw(hi), 1) for lo, hi in ranges)
        return some and all(_atom_positive(s, k, x) for k, x in body)
    if is_count(s, key) or (key[0] == "ref" and key[1] in s.signs.names):
        return True
    return freeze(gen(n)) in s.signs.positive


def is_count(s: State, key: Key) -> bool:
    """Is this an entry that is a size?"""
    return key[0] == "ref" and key[1] in s.counts


def at_least(s: State, p: Poly, bound: int) -> bool:
    """Is p >= bound for all sizes >= 1 and indices in their ranges?"""
    low = least(s, p)
    return low is not None and bool(low >= bound)


def least(s: State, p: Poly) -> Any | None:
    """A number that p, linear in sizes and indices, never falls below; None if none is known."""
    total = fmpq(0)
    for m, c in p.items():
        if not m:
            total += c
            continue
        if len(m) > 1 or m[0][1] != 1:
            return None
        n = m[0][0]
        key = s.atoms[n]
        if c > 0 and (key[2] == "size" if key[0] == "sym" else is_count(s, key)):
            total += c
        elif n in s.ranges:
            lo, hi = s.ranges[n]
            rest = {u: v for u, v in p.items() if u != m}
            return least(s, add(s, rest, scale(thaw(lo if c > 0 else hi), c)))
        else:
            return None
    return total


def step(s: State, p: Poly) -> Poly:
    """[p > 0] as a combination of idempotent atoms, one per irreducible factor of p."""
    return scale(add(s, const(1), sign(s, p)), fmpq(1, 2))


def sign(s: State, p: Poly) -> Poly:
    value = constant_of(p)
    if value is not None:
        return const(0 if value == 0 else (1 if value > 0 else -1))
    c, m, factors = factor(s, p)
    out = const(1 if c > 0 else -1)
    for base, e in bases(s, (*m, *factors)):
        if is_positive(s, base) or even(e):
            continue
        if negated(base) in s.signs.positive:
            out = minus(out)
        else:
            above = gen(atom(s, ("step", base), frozen_deps(s, base)))
            out = mul(s, out, sub(s, scale(above, fmpq(2)), const(1)))
    return out


def order(s: State, p: Poly) -> Poly:
    """[p >= 1] for an integer p: one atom for p and -p, without a constant, up to deltas."""
    low, high = least(s, p), least(s, minus(p))
    if low is not None and low > -8:
        # p = low, .., 0 are the exceptions
        return sub(s, const(1), _equals(s, p, range(int(low), 1)))
    if high is not None and high > -8:
        return _equals(s, p, range(1, 1 - int(high)))
    base, offset = {m: c for m, c in p.items() if m}, p.get(ONE, fmpq(0))
    if offset and offset.q == 1 and abs(offset) <= 8:
        # [b + c >= 1] = [b >= 1] + [b = 0] + .. + [b = 1 - c]; the other way round if c < 0.
        c = int(offset)
        extra = _equals(s, base, range(1 - c, 1) if c > 0 else range(1, 1 - c))
        return add(s, order(s, base), extra if c > 0 else minus(extra))
    if p[min(p)] < 0:
        return sub(s, sub(s, const(1), order(s, minus(p))), delta(s, p))
    return gen(atom(s, ("order", freeze(p)), poly_deps(s, p)))


def _equals(s: State, p: Poly, values: range) -> Poly:
    """[p is one of the values]."""
    return add(s, {}, *(delta(s, sub(s, p, const(v))) for v in values))

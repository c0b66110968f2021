"""Quotients: irreducible factors, inverses, and whether a sum of quotients is 0."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import Any

from ..kernel.limits import Undefined
from .polynomials import (
    ONE,
    Exp,
    Mono,
    Poly,
    accumulate,
    const,
    dense,
    exponent,
    exponent_of,
    freeze,
    mono_mul,
    mono_pow,
    ring,
    sparse,
    thaw,
    without,
)
from .ring import mul, natural_power, reduce, times
from .state import State, atom, burn, poly_deps

PRIME = 2**61 - 31
ROOT = pow(7, (PRIME - 1) // 4, PRIME)
"""A square root of -1 modulo PRIME."""


def factor(s: State, p: Poly) -> tuple[Any, Mono, tuple[tuple[int, int], ...]]:
    """p = c * monomial * prod q^k with irreducible ("poly", q) atoms; p must not be 0."""
    if len(p) == 1:
        ((m, c),) = p.items()
        return c, m, ()
    key = freeze(p)
    found = s.memo.factored.get(key)
    if found is None:
        found = s.memo.factored[key] = _factor(s, p)
    return found


def _factor(s: State, p: Poly) -> tuple[Any, Mono, tuple[tuple[int, int], ...]]:
    if not p:
        raise Undefined
    p, content = _clear(s, p)
    if len(p) == 1:
        ((m, c),) = p.items()
        return c, mono_mul(m, content), ()
    c, factors = _irreducibles(s, p)
    return c, content, factors


def _irreducibles(s: State, p: Poly) -> tuple[Any, tuple[tuple[int, int], ...]]:
    """The factors of a polynomial that no monomial divides."""
    gens = sorted({k for m in p for k, _ in m})
    unit = {g: _unit([Fraction(e) for m in p for k, e in m if k == g]) for g in gens}
    scaled: Poly = {tuple((k, int(e / unit[k])) for k, e in m): c for m, c in p.items()}
    degree = max(sum(int(e) for _, e in m) for m in scaled)
    burn(s, len(p) * (1 + degree) * 8 + degree**2)
    place = {g: j for j, g in enumerate(gens)}
    c, parts = ring(len(gens)).from_dict(dense(scaled, place)).factor()
    factors = []
    for part, multiplicity in parts:
        q = {tuple((k, exponent(e * unit[k])) for k, e in m): v for m, v in sparse(part, gens).items()}
        lead = q[max(q, key=lambda m: _order(s, m))]
        c = c * lead**multiplicity
        factors.append((poly_atom(s, {m: v / lead for m, v in q.items()}), int(multiplicity)))
    return c, tuple(sorted(factors))


def _unit(exps: list[Fraction]) -> Fraction:
    """The power of an atom that is taken for a variable: all its powers are whole powers of it."""
    den = lcm(*(e.denominator for e in exps))
    # 1 + E^100 is left whole: common denominators join what its factors would.
    common = gcd(*(int(e * den) for e in exps)) if max(exps) * den > 12 else 1
    return Fraction(common, den)


def _clear(s: State, p: Poly) -> tuple[Poly, Mono]:
    """(r, m) with p = r * m, r free of negative exponents and of common monomials."""
    low: dict[int, Exp] = {}
    for j, m in enumerate(p):
        d = dict(m)
        low = {k: min(low.get(k, 0), d.get(k, 0)) for k in {*low, *d}} if j else d
    content = tuple(sorted((k, e) for k, e in low.items() if e))
    if not content:
        return p, ONE
    cleared = times(s, p, mono_pow(content, -1))
    if not cleared:
        raise Undefined
    rest, more = _clear(s, cleared)
    return rest, mono_mul(content, more)


def _order(s: State, m: Mono) -> tuple[Any, ...]:
    return tuple(sorted(((rank(s, k), e) for k, e in m), reverse=True))


def rank(s: State, n: int) -> tuple[int, int, int]:
    """Order of atoms for elimination: what carries data stands above pure parameters."""
    known = s.memo.ranks.get(n)
    if known is None:
        key = s.atoms[n]
        indexed = any(s.atoms[d][0] in ("idx", "bound") for d in s.deps[n])
        data = key[0] in ("ref", "sum") or (
            key[0] == "exp" and any(s.atoms[k][0] in ("ref", "sum") for k, _ in key[1])
        )
        known = s.memo.ranks[n] = (2 * indexed + data, len(s.deps[n]), n)
    return known


def poly_atom(s: State, q: Poly) -> int:
    n = atom(s, ("poly", freeze(q)), poly_deps(s, q))
    if n not in s.memo.mains:
        s.memo.mains[n] = _main(s, q)
    return n


def _main(s: State, q: Poly) -> tuple[int, Exp, list[tuple[Exp, Poly]]] | None:
    """(g, d, [(k, c_k)]): q as a polynomial in its highest atom g, if c_d is a unit and q is small."""
    g = max({k for m in q for k, _ in m}, key=lambda k: rank(s, k))
    parts: dict[Exp, Poly] = {}
    for m, c in q.items():
        parts.setdefault(exponent_of(g, m), {})[without(g, m)] = c
    d = max(parts)
    if min(parts) < 0 or d == 0 or len(parts[d]) != 1 or d * len(q) > 64:
        return None
    return g, d, sorted(parts.items())


def inverse(s: State, p: Poly) -> Poly:
    """1/p where p is not 0."""
    if not p:
        raise Undefined
    c, m, factors = factor(s, p)
    out = {mono_pow(m, -1): 1 / c}
    if factors:
        out = {mono_mul(mono_pow(m, -1), tuple((k, -e) for k, e in factors)): 1 / c}
    return reduce(s, out)


def power(s: State, p: Poly, n: int) -> Poly:
    """p^n for an integer n."""
    return natural_power(s, p, n) if n >= 0 else natural_power(s, inverse(s, p), -n)


def differs(s: State, p: Poly) -> bool:
    """Is p nonzero at one point modulo a large prime?  Then it is no use to look for a proof."""
    values: dict[int, int] = {}

    def value(n: int) -> int:
        if n not in values:
            key = s.atoms[n]
            if key[0] == "poly":
                values[n] = at(thaw(key[1]))
            elif key[0] == "i":
                values[n] = ROOT
            elif n in s.value_sets:
                first = s.value_sets[n][0]
                values[n] = int(first.p) * pow(int(first.q), -1, PRIME) % PRIME
            else:
                values[n] = pow(3, n + 101, PRIME)
        return values[n]

    def at(q: Poly) -> int:
        out = 0
        for m, c in q.items():
            term = int(c.p) * pow(int(c.q), -1, PRIME)
            for k, e in m:
                if not isinstance(e, int):
                    raise ValueError("a root has no value here")
                term = term * pow(value(k), e, PRIME) % PRIME
            out += term
        return out % PRIME

    try:
        return at(p) != 0
    except ValueError:  # also from pow: not invertible
        return False


def vanishes(s: State, p: Poly) -> bool:
    """Is p zero over a common denominator?  (Sound; complete in free atoms.)"""
    if differs(s, p):
        return False
    for _ in range(50):
        low: dict[int, Exp] = {}
        for m in p:
            for k, e in m:
                if e < 0 and s.atoms[k][0] == "poly":
                    low[k] = min(low.get(k, 0), e)
        if not low:
            return not p
        p = _cleared_of(s, p, *min(low.items(), key=lambda item: rank(s, item[0])))
    return False


def _cleared_of(s: State, p: Poly, k: int, lowest: Exp) -> Poly:
    """p times one denominator, without its partial fractions."""
    whole = -int(lowest // 1)
    q = thaw(s.atoms[k][1])
    burn(s, len(p) * len(q) * whole)
    powers = [const(1)]
    for _ in range(whole):
        powers.append(mul(s, powers[-1], q))
    out: Poly = {}
    for m, c in p.items():
        left = exponent_of(k, m)
        below = int(left // 1)
        rest = without(k, m)
        if left != below:
            rest = mono_mul(rest, ((k, left - below),))
        for u, v in powers[whole + below].items():
            accumulate(out, mono_mul(rest, u), c * v)
    return out

"""Laurent polynomials over Q in atoms: the ring under the normal form.

A polynomial is a dict from monomial to coefficient; a monomial is a tuple of (atom, exponent) sorted by
atom.  Exponents are integers, or fractions for exponentials and roots.  An irreducible polynomial that was
divided by is itself an atom ("poly", P), present only with negative (or fractional) exponents; ``reduce``
keeps that form canonical:

* q^e with e >= 1 is expanded;
* with q = c_d g^d + .. + c_0 in its highest atom g and c_d, c_0 units, g^n q^-k is rewritten until
  0 <= n < d (partial fractions in g), so that 1/(1+E_1), .., 1/(1+E_50) never meet a common
  denominator;
* idempotent atoms (step, delta, order, y in {0,1}) have exponent 1, and y_j y_k = delta_jk y_j where
  sum_k y_k = 1 too.

Every rewriting is an identity on the common domain, so a difference that becomes 0 is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any, TypeAlias

from flint import fmpq

from .polynomials import (
    ONE,
    Exp,
    Mono,
    Poly,
    accumulate,
    const,
    constant_of,
    drop_zero,
    exponent_of,
    freeze,
    gen,
    mono_mul,
    mono_pow,
    product,
    scale,
    thaw,
    without,
)
from .state import SWITCHES, State, atom, burn, poly_deps


def add(s: State, *polys: Poly) -> Poly:
    if len(polys) == 1:
        return polys[0]
    out: Poly = {}
    for p in polys:
        gather(s, out, p)
    return out


def gather(s: State, out: Poly, p: Poly) -> None:
    """Add p to ``out``, in place."""
    burn(s, len(p))
    for m, c in p.items():
        accumulate(out, m, c)


def sub(s: State, p: Poly, q: Poly) -> Poly:
    out = dict(p)
    burn(s, len(q))
    for m, c in q.items():
        accumulate(out, m, -c)
    return out


def times(s: State, p: Poly, m: Mono, c: Any = 1) -> Poly:
    """p * c * m for a monomial m."""
    return reduce(s, {mono_mul(k, m): v * c for k, v in p.items()})


def mul(s: State, p: Poly, q: Poly) -> Poly:
    if not p or not q:
        return {}
    if len(p) == 1 and ONE in p:
        p, q = q, p
    if len(q) == 1 and ONE in q:
        burn(s, len(p) * (1 + q[ONE].height_bits() // 64))
        return scale(p, q[ONE])
    burn(s, len(p) * len(q))
    return reduce(s, product(p, q))


def natural_power(s: State, p: Poly, n: int) -> Poly:
    """p^n for n >= 0; the terms of the result are bounded before they are computed."""
    if not p or not n:
        return {} if n else const(1)
    if len(p) == 1:
        ((m, c),) = p.items()
        burn(s, 1 + (n * (c.height_bits() - 1) if c * c != 1 else n) // 64)
        return reduce(s, {mono_pow(m, n): c**n})
    if len(p) * n > 10_000 or comb(n + len(p) - 1, len(p) - 1) > 20_000:
        # Too large to expand: an opaque power, equal only to itself.
        key = ("call", "^", (freeze(p), freeze(const(n))), ())
        return gen(atom(s, key, poly_deps(s, p)))
    out, base = const(1), p
    while n:
        if n & 1:
            out = mul(s, out, base)
        n >>= 1
        if n:
            base = mul(s, base, base)
    return out


def delta(s: State, p: Poly) -> Poly:
    """[p = 0]"""
    value = constant_of(p)
    if value is not None:
        return const(1 if value == 0 else 0)
    lead = min(p)
    if p[lead] < 0:
        p = scale(p, fmpq(-1))
    return gen(atom(s, ("delta", freeze(p)), poly_deps(s, p)))


# -- canonical form ----------------------------------------------------------------------
def reduce(s: State, p: Poly) -> Poly:
    """p with every monomial rewritten until nothing more applies."""
    special = s.special
    if not special or not _touches(p, special):
        return p
    out: Poly = {}
    while p:
        # In rounds, so that equal terms meet before they are rewritten further.
        more: Poly = {}
        burn(s, 2 * len(p))
        for m, c in p.items():
            step = _rewrite(s, m)
            if step is None:
                accumulate(out, m, c)
                continue
            burn(s, 2 * len(step))
            for k, v in step.items():
                accumulate(more, k, v * c)
        p = more
    return out


def _touches(p: Poly, special: set[int]) -> bool:
    for m in p:
        for k, _ in m:
            if k in special:
                return True
    return False


def _rewrite(s: State, m: Mono) -> Poly | None:
    """One reduction of a monomial, or None if it is reduced."""
    for n, e in m:
        if n in s.special:
            found = _POWERS.get(s.atoms[n][0], _of_given)(s, m, n, e)
            if found is not None:
                return found
    return None


def _of_irreducible(s: State, m: Mono, n: int, e: Exp) -> Poly | None:
    if e >= 1:
        whole = int(e)
        return times(s, natural_power(s, thaw(s.atoms[n][1]), whole), mono_mul(m, ((n, -whole),)))
    main = s.memo.mains[n]
    if main is None or e >= 0:
        return None
    g, d, parts = main
    k = exponent_of(g, m)
    if k >= d:  # g^d = (q - sum_{k<d} c_k g^k) / c_d
        return _exchanged(mono_mul(m, ((g, -d),)), n, g, parts[-1][1], parts[:-1])
    if k < 0 and parts[0][0] == 0 and len(parts[0][1]) == 1:  # 1 = (q - sum_{k>0} c_k g^k) / c_0
        return _exchanged(m, n, g, parts[0][1], parts[1:])
    return None


def _exchanged(m: Mono, q: int, g: int, lead: Poly, others: list[tuple[Exp, Poly]]) -> Poly:
    """m (q - sum of c_k g^k) / lead."""
    ((unit, c),) = lead.items()
    base = mono_mul(m, mono_pow(unit, -1))
    out = {mono_mul(base, ((q, 1),)): 1 / c}
    for k, coeff in others:
        shifted = mono_mul(base, ((g, k),)) if k else base
        for u, v in coeff.items():
            accumulate(out, mono_mul(shifted, u), -v / c)
    return out


def _of_switch(s: State, m: Mono, n: int, e: Exp) -> Poly | None:
    return {tuple((k, 1 if k == n else x) for k, x in m): fmpq(1)} if e != 1 and e > 0 else None


def _of_unit(s: State, m: Mono, n: int, e: Exp) -> Poly | None:
    """i^2 = -1."""
    return {mono_mul(m, ((n, e % 2 - e),)): fmpq(1 if e % 4 < 2 else -1)} if e >= 2 or e < 0 else None


def _of_prime(s: State, m: Mono, n: int, e: Exp) -> Poly | None:
    whole = int(e // 1)
    return {mono_mul(m, ((n, -whole),)): fmpq(s.atoms[n][1]) ** whole} if whole else None


def _of_given(s: State, m: Mono, n: int, e: Exp) -> Poly | None:
    """Of an entry or symbol that a given restricts."""
    name = s.givens.exclusive.get(n)
    if name is not None and e == 1:
        other = next((k for k, x in m if x == 1 and k > n and s.givens.exclusive.get(k) == name), None)
        if other is None:
            return None
        (i,), (j,) = s.atoms[n][2], s.atoms[other][2]
        rest = without(other, m)
        return {mono_mul(rest, u): c for u, c in delta(s, sub(s, thaw(i), thaw(j))).items()}
    if n in s.value_sets and isinstance(e, int) and e >= 2:
        a, b = s.value_sets[n]
        rest = mono_mul(m, ((n, -2),))
        return drop_zero({mono_mul(rest, ((n, 1),)): a + b, rest: -a * b})
    return None


_Rewriting: TypeAlias = Callable[[State, Mono, int, Exp], Poly | None]

_POWERS: dict[str, _Rewriting] = {
    "poly": _of_irreducible,
    "i": _of_unit,
    "prime": _of_prime,
    **dict.fromkeys(SWITCHES, _of_switch),
}
"""By the kind of an atom n, a monomial rewritten in which n^e stands; None where it may stay."""

"""Sparse Laurent polynomials as plain data: a dict from monomial to rational coefficient.

A monomial is a tuple of (atom id, exponent) sorted by id; exponents are integers, or fractions for
exponentials and roots.  Frozen polynomials (sorted tuples) are the keys under which atoms are interned.
"""

from __future__ import annotations

from fractions import Fraction
from operator import itemgetter
from typing import Any, TypeAlias

from flint import Ordering, fmpq, fmpq_mpoly_ctx

Exp: TypeAlias = int | Fraction
Mono: TypeAlias = tuple[tuple[int, Exp], ...]
Poly: TypeAlias = dict[Mono, Any]
Frozen: TypeAlias = tuple[tuple[Mono, Any], ...]

ONE: Mono = ()


def freeze(p: Poly) -> Frozen:
    """A key: integers instead of integral rationals, because they are hashed often."""
    if len(p) == 1:
        ((m, c),) = p.items()
        return ((m, int(c.p) if c.q == 1 else c),)
    return tuple(sorted([(m, int(c.p) if c.q == 1 else c) for m, c in p.items()], key=itemgetter(0)))


def thaw(p: Frozen) -> Poly:
    return {m: fmpq(c) if isinstance(c, int) else c for m, c in p}


def const(value: Any) -> Poly:
    return {ONE: fmpq(value)} if value else {}


def gen(n: int, e: Exp = 1) -> Poly:
    """The atom n as a polynomial, or a power of it."""
    return {((n, e),): fmpq(1)}


def accumulate(out: Poly, m: Mono, c: Any) -> None:
    """Add c * m to ``out``, in place."""
    old = out.get(m)
    if old is None:
        out[m] = c
    else:
        c = old + c
        if c:
            out[m] = c
        else:
            del out[m]


def scale(p: Poly, c: Any) -> Poly:
    if c == 1:
        return p
    return {m: k * c for m, k in p.items()} if c else {}


def minus(p: Poly) -> Poly:
    return scale(p, fmpq(-1))


def negated(p: Frozen) -> Frozen:
    return freeze(minus(thaw(p)))


def product(p: Poly, q: Poly) -> Poly:
    """p * q before any power is rewritten."""
    if len(p) * len(q) > 2_000:
        big = _dense_product(p, q)
        if big is not None:
            return big
    out: Poly = {}
    if p is q:
        terms = list(p.items())
        for j, (m, c) in enumerate(terms):
            accumulate(out, mono_mul(m, m), c * c)
            c = 2 * c
            for k, d in terms[:j]:
                accumulate(out, mono_mul(m, k), c * d)
        return out
    for m, c in p.items():
        for k, d in q.items():
            accumulate(out, mono_mul(m, k), c * d)
    return out


def _dense_product(p: Poly, q: Poly) -> Poly | None:
    gens = sorted({k for r in (p, q) for m in r for k, _ in m})
    if len(gens) > 12 or any(not isinstance(e, int) or e < 0 for r in (p, q) for m in r for _, e in m):
        return None
    flint, place = ring(len(gens)), {g: j for j, g in enumerate(gens)}
    return sparse(flint.from_dict(dense(p, place)) * flint.from_dict(dense(q, place)), gens)


def constant_of(p: Poly) -> Any | None:
    """The value of a constant polynomial, else None."""
    if not p:
        return fmpq(0)
    return p[ONE] if len(p) == 1 and ONE in p else None


def integer_of(p: Poly) -> int | None:
    c = constant_of(p)
    return int(c.p) if c is not None and c.q == 1 else None


def mono_mul(a: Mono, b: Mono) -> Mono:
    if not a:
        return b
    if not b:
        return a
    if a[-1][0] < b[0][0]:
        return a + b
    if b[-1][0] < a[0][0]:
        return b + a
    if len(a) == 1 == len(b):
        s = a[0][1] + b[0][1]
        return ((a[0][0], s),) if s else ONE
    d = dict(a)
    for k, e in b:
        s = d.get(k, 0) + e
        if s:
            d[k] = s
        else:
            del d[k]
    return tuple(sorted(d.items()))


def mono_pow(a: Mono, n: Exp) -> Mono:
    return tuple((k, exponent(e * n)) for k, e in a) if n else ONE


def exponent(e: Exp) -> Exp:
    """An exponent as an integer where it is one."""
    return e if isinstance(e, int) else (int(e) if e.denominator == 1 else e)


def even(e: Exp) -> bool:
    return isinstance(e, int) and e % 2 == 0


def exponent_of(n: int, m: Mono) -> Exp:
    """The power of atom n in a monomial."""
    for k, e in m:
        if k == n:
            return e
    return 0


def without(n: int, m: Mono) -> Mono:
    return tuple([x for x in m if x[0] != n])


def rational(c: Any) -> Exp:
    return int(c.p) if c.q == 1 else Fraction(int(c.p), int(c.q))


def coefficient(e: Exp) -> Any:
    return fmpq(e) if isinstance(e, int) else fmpq(e.numerator, e.denominator)


def drop_zero(p: Poly) -> Poly:
    return {m: c for m, c in p.items() if c}


def ring(n: int) -> Any:
    """Polynomials in n generators, as python-flint has them."""
    return fmpq_mpoly_ctx.get(tuple(f"g{j}" for j in range(n)), Ordering.lex)


def dense(p: Poly, place: dict[int, int]) -> dict[tuple[int, ...], Any]:
    out = {}
    n = len(place)
    for m, c in p.items():
        row = [0] * n
        for k, e in m:
            row[place[k]] = int(e)
        out[tuple(row)] = c
    return out


def sparse(p: Any, gens: list[int]) -> Poly:
    return {
        tuple((gens[j], int(e)) for j, e in enumerate(row) if e): c for row, c in p.to_dict().items()
    }

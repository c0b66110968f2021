"""Laurent polynomials over Q in interned atoms: the arithmetic under the normal form.

A polynomial is a dict from monomial to coefficient; a monomial is a tuple of (atom id, exponent)
sorted by id.  Exponents are integers, or fractions for exponentials and roots.  An irreducible
polynomial that was divided by is itself an atom ("poly", P), present only with negative (or
fractional) exponents; ``reduce`` keeps that form canonical:

* q^e with e >= 1 is expanded;
* with q = c_d g^d + .. + c_0 in its highest atom g and c_d, c_0 units, g^n q^-k is rewritten until
  0 <= n < d (partial fractions in g), so that 1/(1+E_1), .., 1/(1+E_50) never meet a common
  denominator;
* idempotent atoms (step, delta, order, y in {0,1}) have exponent 1, and y_j y_k = delta_jk y_j where
  sum_k y_k = 1 too.

Every rewriting is an identity on the common domain, so a difference that becomes 0 is 0.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import Any

from flint import fmpq

from ..kernel.limits import OutOfFuel, Undefined
from .polynomials import (
    ONE,
    Exp,
    Frozen,
    Mono,
    Poly,
    const,
    dense,
    drop_zero,
    exponent,
    freeze,
    mono_mul,
    mono_pow,
    ring,
    sparse,
    thaw,
)
from .ring import SWITCHES, Ring

PRIME = 2**61 - 31
ROOT = pow(7, (PRIME - 1) // 4, PRIME)
"""A square root of -1 modulo PRIME."""


class Algebra(Ring):
    """Division, and the canonical form of what it makes."""

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.exclusive: dict[int, str] = {}
        """Entries of which exactly one is 1, the others 0, with their name."""
        self._mains: dict[int, tuple[int, Exp, list[tuple[Exp, Poly]]] | None] = {}
        self._ranks: dict[int, tuple[int, int, int]] = {}
        self._factored: dict[Frozen, tuple[Any, Mono, tuple[tuple[int, int], ...]]] = {}

    # -- division ----------------------------------------------------------------------------
    def factor(self, p: Poly) -> tuple[Any, Mono, tuple[tuple[int, int], ...]]:
        """p = c * monomial * prod q^k with irreducible ("poly", q) atoms; p must not be 0."""
        if len(p) == 1:
            ((m, c),) = p.items()
            return c, m, ()
        key = freeze(p)
        found = self._factored.get(key)
        if found is None:
            found = self._factored[key] = self._factor(p)
        return found

    def _factor(self, p: Poly) -> tuple[Any, Mono, tuple[tuple[int, int], ...]]:
        if not p:
            raise Undefined
        p, content = self._clear(p)
        if len(p) == 1:
            ((m, c),) = p.items()
            return c, mono_mul(m, content), ()
        gens = sorted({k for m in p for k, _ in m})
        unit: dict[int, Fraction] = {}
        for g in gens:
            exps = [Fraction(e) for m in p for k, e in m if k == g]
            den = lcm(*(e.denominator for e in exps))
            # 1 + E^100 is left whole: common denominators join what its factors would.
            common = gcd(*(int(e * den) for e in exps)) if max(exps) * den > 12 else 1
            unit[g] = Fraction(common, den)
        scaled: Poly = {tuple((k, int(e / unit[k])) for k, e in m): c for m, c in p.items()}
        degree = max(sum(int(e) for _, e in m) for m in scaled)
        self.burn(len(p) * (1 + degree) * 8 + degree**2)
        place = {g: j for j, g in enumerate(gens)}
        c, parts = ring(len(gens)).from_dict(dense(scaled, place)).factor()
        factors = []
        for part, multiplicity in parts:
            q = {tuple((k, exponent(e * unit[k])) for k, e in m): v for m, v in sparse(part, gens).items()}
            lead = q[max(q, key=self._order)]
            c = c * lead**multiplicity
            factors.append((self.poly_atom({m: v / lead for m, v in q.items()}), int(multiplicity)))
        return c, content, tuple(sorted(factors))

    def _clear(self, p: Poly) -> tuple[Poly, Mono]:
        """(r, m) with p = r * m, r free of negative exponents and of common monomials."""
        for _ in range(20):
            low: dict[int, Exp] = {}
            for j, m in enumerate(p):
                d = dict(m)
                low = {k: min(low.get(k, 0), d.get(k, 0)) for k in {*low, *d}} if j else d
            low = {k: e for k, e in low.items() if e}
            if not low:
                return p, ONE
            content = tuple(sorted(low.items()))
            cleared = self.times(p, mono_pow(content, -1))
            if not cleared:
                raise Undefined
            rest, more = self._clear(cleared)
            return rest, mono_mul(content, more)
        raise OutOfFuel

    def _order(self, m: Mono) -> tuple[Any, ...]:
        return tuple(sorted(((self.rank(k), e) for k, e in m), reverse=True))

    def rank(self, n: int) -> tuple[int, int, int]:
        """Order of atoms for elimination: what carries data stands above pure parameters."""
        known = self._ranks.get(n)
        if known is None:
            key = self.atoms[n]
            indexed = any(self.atoms[d][0] in ("idx", "bound") for d in self.deps[n])
            data = key[0] in ("ref", "sum") or (
                key[0] == "exp" and any(self.atoms[k][0] in ("ref", "sum") for k, _ in key[1])
            )
            known = self._ranks[n] = (2 * indexed + data, len(self.deps[n]), n)
        return known

    def poly_atom(self, q: Poly) -> int:
        n = self.atom(("poly", freeze(q)), self.poly_deps(q))
        if n not in self._mains:
            self._mains[n] = self._main(q)
        return n

    def _main(self, q: Poly) -> tuple[int, Exp, list[tuple[Exp, Poly]]] | None:
        """(g, d, [(k, c_k)]): q as a polynomial in its highest atom g, if c_d is a unit and q is small."""
        g = max({k for m in q for k, _ in m}, key=self.rank)
        parts: dict[Exp, Poly] = {}
        for m, c in q.items():
            parts.setdefault(dict(m).get(g, 0), {})[tuple(x for x in m if x[0] != g)] = c
        d = max(parts)
        if min(parts) < 0 or d == 0 or len(parts[d]) != 1 or d * len(q) > 64:
            return None
        return g, d, sorted(parts.items())

    def inverse(self, p: Poly) -> Poly:
        """1/p where p is not 0."""
        if not p:
            raise Undefined
        c, m, factors = self.factor(p)
        out = {mono_pow(m, -1): 1 / c}
        if factors:
            out = {mono_mul(mono_pow(m, -1), tuple((k, -e) for k, e in factors)): 1 / c}
        return self.reduce(out)

    # -- canonical form ----------------------------------------------------------------------
    def reduce(self, p: Poly) -> Poly:
        """p with every monomial rewritten until nothing more applies."""
        special = self.special
        if not special or not self._touches(p, special):
            return p
        out: Poly = {}
        while p:
            # In rounds, so that equal terms meet before they are rewritten further.
            more: Poly = {}
            self.burn(2 * len(p))
            for m, c in p.items():
                step = self._rewrite(m)
                if step is None:
                    self.accumulate(out, m, c)
                    continue
                self.burn(2 * len(step))
                for k, v in step.items():
                    self.accumulate(more, k, v * c)
            p = more
        return out

    @staticmethod
    def _touches(p: Poly, special: set[int]) -> bool:
        for m in p:
            for k, _ in m:
                if k in special:
                    return True
        return False

    def _rewrite(self, m: Mono) -> Poly | None:
        """One reduction of a monomial, or None if it is reduced."""
        exps: dict[int, Exp] | None = None
        for n, e in m:
            if n not in self.special:
                continue
            kind = self.atoms[n][0]
            if kind == "poly":
                if e >= 1:
                    whole = int(e)
                    rest = mono_mul(m, ((n, -whole),))
                    return self.times(self.power(thaw(self.atoms[n][1]), whole), rest)
                main = self._mains[n]
                if main is None or e >= 0:
                    continue
                g, d, parts = main
                exps = exps or dict(m)
                k = exps.get(g, 0)
                if k >= d:
                    return self._lower(m, n, g, parts)
                if k < 0 and parts[0][0] == 0 and len(parts[0][1]) == 1:
                    return self._raise(m, n, g, parts)
            elif kind in SWITCHES:
                if e != 1 and e > 0:
                    return {tuple((k, 1 if k == n else x) for k, x in m): fmpq(1)}
            elif kind == "i":
                if e >= 2 or e < 0:
                    rest = mono_mul(m, ((n, e % 2 - e),))
                    return {rest: fmpq(1 if e % 4 < 2 else -1)}
            elif kind == "prime":
                if e >= 1 or e < 0:
                    whole = int(e // 1)
                    return {mono_mul(m, ((n, -whole),)): fmpq(self.atoms[n][1]) ** whole}
            elif n in self.exclusive and e == 1:
                name = self.exclusive[n]
                other = next((k for k, x in m if x == 1 and k > n and self.exclusive.get(k) == name), None)
                if other is not None:
                    rest = mono_mul(m, ((other, -1),))
                    return {mono_mul(rest, u): c for u, c in self.coincide(n, other).items()}
            elif n in self.value_sets and isinstance(e, int) and e >= 2:
                a, b = self.value_sets[n]
                rest = mono_mul(m, ((n, -2),))
                return drop_zero({mono_mul(rest, ((n, 1),)): a + b, rest: -a * b})
        return None

    def coincide(self, n: int, other: int) -> Poly:
        """1 if the entries are the same one, else 0: see ``Atoms``."""
        raise NotImplementedError

    def _lower(self, m: Mono, q: int, g: int, parts: list[tuple[Exp, Poly]]) -> Poly:
        # g^d = (q - sum_{k<d} c_k g^k) / c_d
        d, lead = parts[-1]
        ((unit, c),) = lead.items()
        base = mono_mul(m, mono_mul(((g, -d),), mono_pow(unit, -1)))
        out = {mono_mul(base, ((q, 1),)): 1 / c}
        for k, coeff in parts[:-1]:
            shifted = mono_mul(base, ((g, k),)) if k else base
            for u, v in coeff.items():
                self.accumulate(out, mono_mul(shifted, u), -v / c)
        return out

    def _raise(self, m: Mono, q: int, g: int, parts: list[tuple[Exp, Poly]]) -> Poly:
        # 1 = (q - sum_{k>0} c_k g^k) / c_0
        ((unit, c),) = parts[0][1].items()
        base = mono_mul(m, mono_pow(unit, -1))
        out = {mono_mul(base, ((q, 1),)): 1 / c}
        for k, coeff in parts[1:]:
            shifted = mono_mul(base, ((g, k),))
            for u, v in coeff.items():
                self.accumulate(out, mono_mul(shifted, u), -v / c)
        return out

    def differs(self, p: Poly) -> bool:
        """Is p nonzero at one point modulo a large prime?  Then it is no use to look for a proof."""
        values: dict[int, int] = {}

        def value(n: int) -> int:
            if n not in values:
                key = self.atoms[n]
                if key[0] == "poly":
                    values[n] = at(thaw(key[1]))
                elif key[0] == "i":
                    values[n] = ROOT
                elif n in self.value_sets:
                    first = self.value_sets[n][0]
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

    def vanishes(self, p: Poly) -> bool:
        """Is p zero over a common denominator?  (Sound; complete in free atoms.)"""
        if self.differs(p):
            return False
        for _ in range(50):
            if not p:
                return True
            low: dict[int, Exp] = {}
            for m in p:
                for k, e in m:
                    if e < 0 and self.atoms[k][0] == "poly":
                        low[k] = min(low.get(k, 0), e)
            if not low:
                return False
            # Multiply by one denominator at a time without its partial fractions.
            k, e = min(low.items(), key=lambda item: self.rank(item[0]))
            whole = -int(e // 1)
            q = thaw(self.atoms[k][1])
            self.burn(len(p) * len(q) * whole)
            out: Poly = {}
            powers = [const(1)]
            for _ in range(whole):
                powers.append(self.mul(powers[-1], q))
            for m, c in p.items():
                left = dict(m).get(k, 0)
                missing = whole if left == 0 else whole + int(left // 1)
                rest = tuple(x for x in m if x[0] != k)
                frac = left - int(left // 1)
                if frac:
                    rest = mono_mul(rest, ((k, frac),))
                for u, v in powers[missing].items():
                    self.accumulate(out, mono_mul(rest, u), c * v)
            p = out
        return False

"""Signs of normal forms (of terms as written: ``kernel.signs``), and indicators of what has no known sign."""

from __future__ import annotations

from typing import Any

from flint import fmpq, fmpq_poly

from .algebra import Algebra
from .polynomials import ONE, Exp, Frozen, Mono, Poly, const, constant_of, freeze, thaw

Range = tuple[Frozen, Frozen]


class Signs(Algebra):
    """Positivity by structure or hypothesis; steps, deltas and orders as idempotent atoms."""

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.positive: set[Frozen] = set()
        self.positive_names: set[str] = set()
        self.weak: set[Frozen | str] = set()
        """Those of both that may be 0."""
        self.ranges: dict[int, Range] = {}
        self.counts: frozenset[str] = frozenset()
        """Names whose entries are sizes."""
        self.learned = False
        """Whether a sign was learned from the domain of a logarithm or root."""

    def note_positive(self, p: Poly, strict: bool = False) -> None:
        """p >= 0 on the domain (``strict``: p > 0): so is its one factor of unknown sign, where there is only
        one and the others are not 0."""
        if not p:
            return
        c, m, factors = self.factor(p)
        bases = self.bases((*m, *factors))
        odd = [base for base, e in bases if not self.even(e) and not self.is_positive(base)]
        if len(odd) != 1 or not (strict or all(b == odd[0] or self._never_zero(b, e) for b, e in bases)):
            return
        known = odd[0] if c > 0 else freeze(self.scale(thaw(odd[0]), fmpq(-1)))
        if known not in self.positive:
            self.positive.add(known)
            self.learned = True
            if not strict:
                self.weak.add(known)
        elif strict:
            self.weak.discard(known)

    def _never_zero(self, base: Frozen, e: Exp) -> bool:
        """Is a power of this certainly not 0 where it is defined?"""
        return e < 0 or self.surely_positive(base)

    def surely_positive(self, base: Frozen) -> bool:
        """Positive, and not by what may be 0."""
        known, names = self.positive, self.positive_names
        self.positive = {k for k in known if k not in self.weak}
        self.positive_names = {n for n in names if n not in self.weak}
        try:
            return self.is_positive(base)
        finally:
            self.positive, self.positive_names = known, names

    def bases(self, m: Mono) -> list[tuple[Frozen, Exp]]:
        """The polynomials whose powers make up a monomial."""
        return [(self.atoms[k][1] if self.atoms[k][0] == "poly" else freeze(self.gen(k)), e) for k, e in m]

    def is_complex(self, p: Poly) -> bool:
        """Does p contain i, as sines and cosines do?  It has no sign, and logarithms have branches."""
        return ("i",) in self.ids and any(self._has_i(k) for m in p for k, _ in m)

    def _has_i(self, n: int) -> bool:
        key = self.atoms[n]
        match key[0]:
            case "i":
                return True
            case "exp" | "E":
                return self.is_complex({key[1]: fmpq(1)})
            case "log" | "poly" | "step":
                return self.is_complex(thaw(key[1]))
            case "call":
                return False
            case "pow":
                return self.is_complex(thaw(key[1])) or self.is_complex({key[2]: fmpq(1)})
            case "sum":
                return self.is_complex({key[2]: fmpq(1)})
        return False

    def is_positive(self, base: Frozen) -> bool:
        """Positive by structure, by a hypothesis, or because it has no real root (never by sampling)."""
        if self.is_complex(thaw(base)):
            return False
        if base in self.positive:
            return True
        if all(c > 0 and all(self.even(e) or self._atom_positive(k, e) for k, e in m) for m, c in base):
            # No term is negative: is one of them positive?
            return any(all(self._atom_positive(k, e) for k, e in m) for m, _ in base)
        return self._definite(base)

    @staticmethod
    def even(e: Exp) -> bool:
        return isinstance(e, int) and e % 2 == 0

    def _definite(self, base: Frozen) -> bool:
        """Is this a positive polynomial in one atom, without a real root?"""
        rows = {int(m[0][1]) if m else 0: c for m, c in base if len(m) <= 1}
        exponents = [e for m, _ in base for _, e in m]
        if len({k for m, _ in base for k, _ in m}) != 1 or not 3 <= len(rows) == len(base):
            return False
        if any(not isinstance(e, int) or not 0 < e <= 60 for e in exponents) or rows.get(0, 0) <= 0:
            return False
        p = fmpq_poly([rows.get(e, 0) for e in range(max(rows) + 1)])
        return all(not root.imag.contains(0) for root, _ in (p * p.denom()).numer().complex_roots())

    def _atom_positive(self, n: int, e: Any) -> bool:
        key = self.atoms[n]
        if self.even(e) and e < 0:
            return True
        if key[0] in ("exp", "pi", "prime"):
            return not self._has_i(n)
        if key[0] == "pow":
            return self.is_positive(key[1])
        if key[0] == "poly":
            return self.is_positive(key[1])
        if key[0] == "sum":
            ranges, body = key[1], key[2]
            return all(
                lo == freeze(const(1)) and self.at_least(thaw(hi), 1) for lo, hi in ranges
            ) and all(self._atom_positive(k, x) for k, x in body)
        if key[0] == "ref" and (key[1] in self.positive_names or key[1] in self.counts):
            return True
        return freeze(self.gen(n)) in self.positive

    def at_least(self, p: Poly, bound: int) -> bool:
        """Is p >= bound for all sizes >= 1 and indices in their ranges?"""
        least = self.least(p)
        return least is not None and bool(least >= bound)

    def least(self, p: Poly) -> Any | None:
        """A number that p, linear in sizes and indices, never falls below; None if none is known."""
        total = fmpq(0)
        for m, c in p.items():
            if not m:
                total += c
                continue
            if len(m) > 1 or m[0][1] != 1:
                return None
            n = m[0][0]
            key = self.atoms[n]
            size = key[2] == "size" if key[0] == "sym" else key[0] == "ref" and key[1] in self.counts
            if size and c > 0:
                total += c
            elif n in self.ranges:
                lo, hi = self.ranges[n]
                rest = {u: v for u, v in p.items() if u != m}
                return self.least(self.add(rest, self.scale(thaw(lo if c > 0 else hi), c)))
            else:
                return None
        return total

    def step(self, p: Poly) -> Poly:
        """[p > 0] as a combination of idempotent atoms, one per irreducible factor of p."""
        return self.scale(self.add(const(1), self.sign(p)), fmpq(1, 2))

    def sign(self, p: Poly) -> Poly:
        value = constant_of(p)
        if value is not None:
            return const(0 if value == 0 else (1 if value > 0 else -1))
        c, m, factors = self.factor(p)
        out = const(1 if c > 0 else -1)
        for k, e in (*m, *factors):
            base = self.atoms[k][1] if self.atoms[k][0] == "poly" else freeze(self.gen(k))
            if self.is_positive(base) or self.even(e):
                continue
            flipped = freeze(self.scale(thaw(base), fmpq(-1)))
            if flipped in self.positive:
                out = self.scale(out, fmpq(-1))
                continue
            s = self.gen(self.atom(("step", base), self.frozen_deps(base)))
            out = self.mul(out, self.sub(self.scale(s, fmpq(2)), const(1)))
        return out

    def delta(self, p: Poly) -> Poly:
        value = constant_of(p)
        if value is not None:
            return const(1 if value == 0 else 0)
        lead = min(p)
        if p[lead] < 0:
            p = self.scale(p, fmpq(-1))
        return self.gen(self.atom(("delta", freeze(p)), self.poly_deps(p)))

    def order(self, p: Poly) -> Poly:
        """[p >= 1] for an integer p: one atom for p and -p, without a constant, up to deltas."""
        minus = self.scale(p, fmpq(-1))
        low, high = self.least(p), self.least(minus)
        if low is not None and low > -8:
            # p = low, .., 0 are the exceptions
            return self.sub(const(1), self._equals(p, range(int(low), 1)))
        if high is not None and high > -8:
            return self._equals(p, range(1, 1 - int(high)))
        base, offset = {m: c for m, c in p.items() if m}, p.get(ONE, fmpq(0))
        if offset and offset.q == 1 and abs(offset) <= 8:
            # [b + c >= 1] = [b >= 1] + [b = 0] + .. + [b = 1 - c]; the other way round if c < 0.
            c = int(offset)
            extra = self._equals(base, range(1 - c, 1) if c > 0 else range(1, 1 - c))
            return self.add(self.order(base), extra if c > 0 else self.scale(extra, fmpq(-1)))
        if p[min(p)] < 0:
            return self.sub(self.sub(const(1), self.order(minus)), self.delta(p))
        return self.gen(self.atom(("order", freeze(p)), self.poly_deps(p)))

    def _equals(self, p: Poly, values: range) -> Poly:
        """[p is one of the values]."""
        return self.add({}, *(self.delta(self.sub(p, const(v))) for v in values))

"""The ring of Laurent polynomials over interned atoms, with counted work."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb
from typing import Any

from flint import fmpq

from ..kernel.limits import OutOfFuel
from .polynomials import ONE, Exp, Frozen, Mono, Poly, const, dense, freeze, mono_mul, mono_pow, sparse
from .polynomials import ring as flint_ring

SWITCHES = ("step", "delta", "order")
"""Kinds of atoms that are 0 or 1."""


class Ring:
    """Interned atoms and the ring operations on polynomials over them."""

    def __init__(self, fuel: int) -> None:
        self.fuel = fuel
        self.atoms: list[tuple[Any, ...]] = []
        self.deps: list[frozenset[int]] = []
        self.ids: dict[tuple[Any, ...], int] = {}
        self.special: set[int] = set()
        """Atoms whose powers are rewritten."""
        self.value_sets: dict[int, tuple[Any, Any]] = {}
        """Atoms that take two values only."""

    def reduce(self, p: Poly) -> Poly:
        """The canonical form of a product: see ``Algebra``."""
        raise NotImplementedError

    def inverse(self, p: Poly) -> Poly:
        """1/p: see ``Algebra``."""
        raise NotImplementedError

    # -- atoms -------------------------------------------------------------------------------
    def atom(self, key: tuple[Any, ...], deps: Iterable[int] = ()) -> int:
        """The id of an atom; ``deps`` are ids of the symbols and indices it contains."""
        known = self.ids.get(key)
        if known is not None:
            return known
        n = len(self.atoms)
        self.ids[key] = n
        self.atoms.append(key)
        own = (n,) if key[0] in ("sym", "idx", "bound") else ()
        self.deps.append(frozenset((*own, *deps)))
        if key[0] in ("poly", "prime", "i", *SWITCHES):
            self.special.add(n)
        if key[0] in SWITCHES:
            self.value_sets[n] = (fmpq(0), fmpq(1))
        self.burn(1)
        return n

    def restrict(self, n: int, values: tuple[Any, Any]) -> None:
        """Atom ``n`` takes two values only: its square is linear in it."""
        self.special.add(n)
        self.value_sets[n] = values

    def burn(self, work: int) -> None:
        self.fuel -= work
        if self.fuel < 0:
            raise OutOfFuel

    def mono_deps(self, m: Mono) -> frozenset[int]:
        if len(m) == 1:
            return self.deps[m[0][0]]
        return frozenset().union(*[self.deps[k] for k, _ in m])

    def poly_deps(self, p: Poly) -> frozenset[int]:
        return frozenset().union(*[self.mono_deps(m) for m in p])

    def frozen_deps(self, p: Frozen) -> frozenset[int]:
        return frozenset().union(*[self.mono_deps(m) for m, _ in p])

    # -- ring --------------------------------------------------------------------------------
    def gen(self, n: int, e: Exp = 1) -> Poly:
        return {((n, e),): fmpq(1)}

    def add(self, *polys: Poly) -> Poly:
        if len(polys) == 1:
            return polys[0]
        out: Poly = {}
        for p in polys:
            self.gather(out, p)
        return out

    def gather(self, out: Poly, p: Poly) -> None:
        """Add p to ``out``, in place."""
        self.burn(len(p))
        for m, c in p.items():
            self.accumulate(out, m, c)

    @staticmethod
    def accumulate(out: Poly, m: Mono, c: Any) -> None:
        old = out.get(m)
        if old is None:
            out[m] = c
        else:
            c = old + c
            if c:
                out[m] = c
            else:
                del out[m]

    def scale(self, p: Poly, c: Any) -> Poly:
        if c == 1:
            return p
        return {m: k * c for m, k in p.items()} if c else {}

    def sub(self, p: Poly, q: Poly) -> Poly:
        out = dict(p)
        self.burn(len(q))
        for m, c in q.items():
            self.accumulate(out, m, -c)
        return out

    def times(self, p: Poly, m: Mono, c: Any = 1) -> Poly:
        """p * c * m for a monomial m."""
        return self.reduce({mono_mul(k, m): v * c for k, v in p.items()})

    def mul(self, p: Poly, q: Poly) -> Poly:
        if not p or not q:
            return {}
        if len(p) == 1 and ONE in p:
            p, q = q, p
        if len(q) == 1 and ONE in q:
            self.burn(len(p) * (1 + q[ONE].height_bits() // 64))
            return self.scale(p, q[ONE])
        self.burn(len(p) * len(q))
        if len(p) * len(q) > 2_000:
            big = self._flint_mul(p, q)
            if big is not None:
                return self.reduce(big)
        out: Poly = {}
        if p is q:
            terms = list(p.items())
            for j, (m, c) in enumerate(terms):
                self.accumulate(out, mono_mul(m, m), c * c)
                c = 2 * c
                for k, d in terms[:j]:
                    self.accumulate(out, mono_mul(m, k), c * d)
            return self.reduce(out)
        for m, c in p.items():
            for k, d in q.items():
                self.accumulate(out, mono_mul(m, k), c * d)
        return self.reduce(out)

    def _flint_mul(self, p: Poly, q: Poly) -> Poly | None:
        gens = sorted({k for r in (p, q) for m in r for k, _ in m})
        if len(gens) > 12 or any(not isinstance(e, int) or e < 0 for r in (p, q) for m in r for _, e in m):
            return None
        flint = flint_ring(len(gens))
        place = {g: j for j, g in enumerate(gens)}
        product = flint.from_dict(dense(p, place)) * flint.from_dict(dense(q, place))
        return sparse(product, gens)

    def power(self, p: Poly, n: int) -> Poly:
        """p^n for an integer n; the terms of the result are bounded before they are computed."""
        if n < 0:
            return self.power(self.inverse(p), -n)
        if not p or not n:
            return {} if n else const(1)
        if len(p) == 1:
            ((m, c),) = p.items()
            self.burn(1 + (n * (c.height_bits() - 1) if c * c != 1 else n) // 64)
            return self.reduce({mono_pow(m, n): c**n})
        if len(p) * n > 10_000 or comb(n + len(p) - 1, len(p) - 1) > 20_000:
            # Too large to expand: an opaque power, equal only to itself.
            key = ("call", "^", (freeze(p), freeze(const(n))), ())
            return self.gen(self.atom(key, self.poly_deps(p)))
        out, base = const(1), p
        while n:
            if n & 1:
                out = self.mul(out, base)
            n >>= 1
            if n:
                base = self.mul(base, base)
        return out

"""Atoms of the normal form: symbols, indices and entries, and what the givens make of them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from ..core import Add, Call, Core, Mul, Num, Pow, Ref, Sym
from ..kernel.limits import Unsupported
from ..kernel.verdict import Assumed
from .functions import Functions
from .polynomials import ONE, Frozen, Mono, Poly, const, constant_of, freeze, rational, thaw
from .signs import Range


class Atoms(Functions):
    """Symbols and entries as atoms; equations that are given rewrite them as they are made."""

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.conditions: dict[Assumed, None] = {}
        self.needed: dict[Assumed, None] = {}
        """Those under which the givens mean what was made of them."""
        self.symmetric: dict[str, int] = {}
        """Names with A_ij = A_ji (1) or A_ij = -A_ji (-1)."""
        self.one_hot: dict[str, Range] = {}
        """Names whose entries are 0 or 1 and add up to 1, with the range of the sum."""
        self.two_valued: dict[str, tuple[Any, Any]] = {}
        self.rules: list[tuple[int, frozenset[int], Poly]] = []
        self.closes_ratios = False
        """Whether geometric sums are summed (their ratio is then assumed not to be 1)."""
        self.ratios = False
        """Whether one was met."""
        self.early = False
        """Whether a free index is assumed in a range as written, or only once its ends are split off."""
        self.waits = False
        """Whether that would make a difference."""
        self.nonzero: set[int] = set()
        """Irreducible polynomials that were divided by."""
        self._fresh = 0

    def subst(self, p: Poly, mapping: dict[int, Poly]) -> Poly:
        """Defined where sums are: see ``Sums``."""
        raise NotImplementedError

    def symbol(self, name: str, sort: str) -> int:
        n = self.atom(("sym", name, sort))
        if sort == "size" and n == len(self.atoms) - 1:
            self.positive.add(freeze(self.gen(n)))
        if name in self.two_valued:
            self.restrict(n, self.two_valued[name])
        return n

    def rewritten(self, n: int) -> Poly:
        return self._apply_rules(n) if self.rules else self.gen(n)

    def new_index(self) -> int:
        self._fresh += 1
        return self.atom(("idx", self._fresh))

    def reference(self, name: str, indices: tuple[Frozen, ...]) -> Poly:
        sign = 1
        if name in self.symmetric and tuple(sorted(indices)) != indices:
            indices, sign = tuple(sorted(indices)), self.symmetric[name]
        if self.symmetric.get(name) == -1 and indices[0] == indices[1]:
            return {}
        deps = frozenset[int]().union(*[self.frozen_deps(k) for k in indices])
        n = self.atom(("ref", name, indices), deps)
        if name in self.two_valued:
            self.restrict(n, self.two_valued[name])
        if name in self.one_hot and len(indices) == 1:
            lo, hi = map(thaw, self.one_hot[name])
            if self.within(thaw(indices[0]), lo, hi, assume=True):
                self.exclusive[n] = name
        return self.scale(self.rewritten(n), fmpq(sign))

    def within(self, at: Poly, lo: Poly, hi: Poly, assume: bool) -> bool:
        """Is an index in a range?  Of a free index that may be assumed."""
        below, above = (self.at_least(self.sub(x, y), 0) for x, y in ((at, lo), (hi, at)))
        if below and above:
            return True
        if not assume or any(map(self.is_bound, (at, lo, hi))):
            return False
        if below or above:
            return self.ordered(at, hi) if below else self.ordered(lo, at)
        self.demand("<=", lo, at, hi)
        self._in_range(at, lo, hi)
        return True

    def _in_range(self, at: Poly, lo: Poly, hi: Poly) -> None:
        """From here on a free index is known to be where it was assumed to be."""
        lead = next(iter(at), ())
        n = lead[0][0] if lead else -1
        if at == self.gen(n) and n not in self.poly_deps(lo) | self.poly_deps(hi):
            self.ranges.setdefault(n, (freeze(lo), freeze(hi)))

    def demand(self, relation: str, *parts: Poly) -> None:
        """Record what the proof assumes; an index that a sum binds has no meaning in it."""
        if any(map(self.is_bound, parts)):
            raise Unsupported("the proof would assume something of a bound index")
        self.conditions[Assumed(tuple(map(self.term_of, parts)), relation)] = None

    def start_again(self) -> None:
        """Nothing is assumed yet but what the givens need."""
        self.conditions = self.needed.copy()
        self.ranges = {n: r for n, r in self.ranges.items() if self.atoms[n][0] == "idx"}

    def coincide(self, n: int, other: int) -> Poly:
        (i,), (j,) = self.atoms[n][2], self.atoms[other][2]
        return self.delta(self.sub(thaw(i), thaw(j)))

    def ordered(self, small: Poly, large: Poly) -> bool:
        """Record small <= large unless it is known; False if it is false or a bound index is in it."""
        gap = self.sub(large, small)
        if self.at_least(gap, 0):
            return True
        if self.is_bound(gap) or constant_of(gap) is not None:
            return False
        terms = {m: c for m, c in gap.items() if m}
        if len(terms) == 1 and 1 in terms.values():
            self.demand(">=", terms, const(-gap.get(ONE, fmpq(0))))
        else:
            less, more = ({m: abs(c) for m, c in gap.items() if (c > 0) == above} for above in (False, True))
            self.demand("<=", less, more)
        return True

    def is_bound(self, p: Poly) -> bool:
        return any(self.atoms[d][0] in ("idx", "bound") for d in self.poly_deps(p))

    # -- givens used as rewriting rules --------------------------------------------------------
    def _apply_rules(self, n: int) -> Poly:
        for pattern, holes, result in self.rules:
            binding: dict[int, Poly] = {}
            if self._match(pattern, n, holes, binding):
                return self.subst(result, binding) if binding else result
        return self.gen(n)

    def _match(self, pattern: int, n: int, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
        if pattern == n and not self.deps[pattern] & holes:
            return True
        a, b = self.atoms[pattern], self.atoms[n]
        if a[0] != b[0] or len(a) != len(b):
            return False
        if a[0] == "ref":
            return bool(a[1] == b[1]) and len(a[2]) == len(b[2]) and all(
                self._match_index(x, y, holes, binding) for x, y in zip(a[2], b[2], strict=True)
            )
        if a[0] == "sum":
            fits = bool(a[1] == b[1]) and len(a[2]) == len(b[2]) and all(
                e == f and self._match(x, y, holes, binding)
                for (x, e), (y, f) in zip(a[2], b[2], strict=True)
            )
            # What the sum runs over is nothing that a hole may stand for.
            own = {self.atom(("bound", k)) for k in b[3]}
            return fits and all(own.isdisjoint(self.poly_deps(p)) for p in binding.values())
        return False

    def _match_index(self, x: Frozen, y: Frozen, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
        p = thaw(x)
        hole = next((h for h in holes if p == self.gen(h)), None)
        if hole is None:
            return x == y
        return binding.setdefault(hole, thaw(y)) == thaw(y)

    # -- terms -------------------------------------------------------------------------------
    def term_of(self, p: Poly) -> Core:
        """An index or parameter polynomial as a term, for conditions."""
        terms = [self._product(m, c) for m, c in sorted(p.items(), key=lambda item: (-len(item[0]), item[0]))]
        return terms[0] if len(terms) == 1 else Add(tuple(terms))

    def _product(self, m: Mono, c: Any) -> Core:
        factors = [self._named(k) if e == 1 else Pow(self._named(k), Num(Fraction(e))) for k, e in m]
        if c != 1 or not factors:
            factors.insert(0, Num(Fraction(rational(c))))
        return factors[0] if len(factors) == 1 else Mul(tuple(factors))

    def _named(self, n: int) -> Core:
        key = self.atoms[n]
        match key[0]:
            case "sym":
                return Sym(key[1], key[2])
            case "ref":
                return Ref(key[1], tuple(self.term_of(thaw(k)) for k in key[2]))
            case "exp":
                return Call("exp", (self.term_of({key[1]: fmpq(1)}),))
            case "pow":
                return Pow(self.term_of(thaw(key[1])), self.term_of({key[2]: fmpq(1)}))
            case "poly":
                return self.term_of(thaw(key[1]))
        return Sym(key[0])

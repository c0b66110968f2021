"""Sums: ranges, deltas, closed forms, and the substitution of indices."""

from __future__ import annotations

from math import comb

from flint import fmpq

from ..kernel.limits import OutOfFuel, Undefined, Unsupported
from .atoms import Atoms
from .polynomials import ONE, Exp, Frozen, Mono, Poly, const, constant_of, freeze, integer_of, mono_pow, thaw
from .signs import Range

UNROLL = 12


class Sums(Atoms):
    """Sum of body for i = lo..hi as a polynomial over sum atoms."""

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.indices: dict[Range, list[int]] = {}
        """Indices by the range over which they run: one for each depth at which sums over it are nested."""
        self.summed: dict[tuple[Mono, int, Range], Poly] = {}
        """Sums of monomials, which mostly come twice: once on each side."""

    def _merge(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
        """A sum that has no closed form: see ``Contractions``."""
        raise NotImplementedError

    # -- substitution of indices ---------------------------------------------------------------
    def subst(self, p: Poly, mapping: dict[int, Poly]) -> Poly:
        """p with symbol or index atoms replaced; atoms that contain them are rebuilt."""
        return self._put(p, frozenset(mapping), mapping.copy())

    def _put(self, p: Poly, keys: frozenset[int], images: dict[int, Poly]) -> Poly:
        """``subst`` of the atoms ``keys``; ``images`` also holds the atoms that were rebuilt on the way."""
        out: Poly = {}
        for m, c in p.items():
            self.burn(len(m) + 1)
            moved = [x for x in m if not self.deps[x[0]].isdisjoint(keys)]
            term: Poly = {tuple([x for x in m if x not in moved]) if moved else m: c}
            for k, e in moved:
                new = images.get(k)
                if new is None:
                    new = images[k] = self._rebuild(k, keys, images)
                if isinstance(e, int):
                    term = self.mul(term, new if e == 1 else self.power(new, e))
                else:
                    term = self.mul(term, self.root(new, e) if len(new) != 1 else _mono_root(new, e))
            self.gather(out, term)
        return out

    def _rebuild(self, n: int, keys: frozenset[int], images: dict[int, Poly]) -> Poly:
        self.burn(10)
        key = self.atoms[n]

        def go(f: Frozen) -> Poly:
            return self._put(thaw(f), keys, images)

        def place(f: Frozen) -> Frozen:
            return f if keys.isdisjoint(self.frozen_deps(f)) else freeze(go(f))

        def of(m: Mono) -> Poly:
            return self._put({m: fmpq(1)}, keys, images)

        match key[0]:
            case "ref":
                return self.reference(key[1], tuple([place(k) for k in key[2]]))
            case "exp":
                return self.exp(of(key[1]))
            case "pow":
                base, exponent = go(key[1]), of(key[2])
                return self.raise_to(base, exponent)
            case "log":
                return self.log(go(key[1]))
            case "poly":
                return go(key[1])
            case "step":
                return self.step(go(key[1]))
            case "delta":
                return self.delta(go(key[1]))
            case "order":
                return self.order(go(key[1]))
            case "call":
                return self.call(key[1], [go(a) for a in key[2]], key[3])
            case "E":
                return self.expectation(of(key[1]))
            case "sum":
                ranges, body, numbers = key[1], key[2], key[3]
                fresh = {self.atom(("bound", b)): self.new_index() for b in numbers}
                whole = {k: images[k] for k in keys} | {b: self.gen(f) for b, f in fresh.items()}
                limits = [(self.subst(thaw(lo), whole), self.subst(thaw(hi), whole)) for lo, hi in ranges]
                for f, (lo, hi) in zip(fresh.values(), limits, strict=True):
                    self.ranges[f] = (freeze(lo), freeze(hi))
                inner = self.subst({body: fmpq(1)}, whole)
                for f, (lo, hi) in zip(reversed(fresh.values()), reversed(limits), strict=True):
                    inner = self.sum_over(inner, f, lo, hi)
                return inner
        raise Unsupported(f"cannot substitute into {key[0]}")

    # -- sums --------------------------------------------------------------------------------
    def sum_over(self, body: Poly, i: int, lo: Poly, hi: Poly) -> Poly:
        """Sum of body for i = lo..hi (0 where lo > hi)."""
        length = integer_of(self.sub(hi, lo))
        if length is not None and length < UNROLL:
            return self.add(*(
                self.subst(body, {i: self.add(lo, const(k))}) for k in range(length + 1)
            )) if length >= 0 else {}
        out: Poly = {}
        span = freeze(lo), freeze(hi)
        for m, c in body.items():
            outside = tuple(x for x in m if i not in self.deps[x[0]])
            inside = tuple(x for x in m if i in self.deps[x[0]])
            key = inside, i, span
            part = self.summed.get(key)
            if part is None:
                part = self.summed[key] = self._sum_monomial(inside, i, lo, hi)
            self.gather(out, self.times(part, outside, c))
        return out

    def _over(
        self, body: Poly, i: int, lo: Poly, hi: Poly, offset: Poly | None = None, slope: int = 1
    ) -> Poly:
        """Sum for j = lo..hi with i = offset + slope j; a new index, for what is known of i is its range."""
        j = self.new_index()
        self.ranges[j] = (freeze(lo), freeze(hi))
        image = self.add(offset or {}, self.scale(self.gen(j), fmpq(slope)))
        return self.sum_over(self.subst(body, {i: image}), j, lo, hi)

    def _sum_monomial(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
        self.burn(4)
        if not m:
            return self.length(lo, hi)
        contracted = self.contract(m, i, lo, hi, assume=self.early)
        if contracted is not None:
            return contracted
        shift = self._offset(m, i)
        if shift:
            by = const(shift)
            return self._over({m: fmpq(1)}, i, self.add(lo, by), self.add(hi, by), self.scale(by, fmpq(-1)))
        if self._falls(m, i):
            return self._over({m: fmpq(1)}, i, lo, hi, self.add(lo, hi), -1)
        counted = self.count(m, i, lo, hi)
        if counted is not None:
            return counted
        widened = self._widened(m, i, lo, hi)
        if widened is not None:
            return widened
        cut = self._cut(m, i, lo, hi)
        if cut is not None:
            return cut
        split = self._split_range(m, i, lo, hi)
        if split is not None:
            return split
        contracted = self.contract(m, i, lo, hi, assume=True, guard=True)
        if contracted is not None:
            return contracted
        geometric = self._geometric(m, i, lo, hi)
        return geometric if geometric is not None else self._merge(m, i, lo, hi)

    def index_over(self, span: Range, around: set[int]) -> int:
        """An index for a sum over the range, other than those of the sums around it.

        Of these only some may have a name here; the ranges of those still speak of the others.
        """
        known = self.indices.setdefault(span, [])
        taken, todo = around, list(around) if known else []
        while todo:
            more = {k for end in self.ranges.get(todo.pop(), ()) for k in self.frozen_deps(end)} - taken
            taken = taken | more
            todo += more
        free = next((i for i in known if i not in taken), None)
        if free is None:
            free = self.new_index()
            self.ranges[free] = span
            known.append(free)
        return free

    def length(self, lo: Poly, hi: Poly) -> Poly:
        """How many integers a range holds: where an outer index may make it empty, n [n >= 1]."""
        n = self.add(hi, self.scale(lo, fmpq(-1)), const(1))
        return n if self.ordered(lo, self.add(hi, const(1))) else self.mul(n, self.order(n))

    def count(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum_i i^p, or Sum_i i^p [i >= a], Sum_i i^p [i <= a] where a is in range, in closed form."""
        p, bound = 0, None
        for k, e in m:
            if k == i and isinstance(e, int) and e > 0:
                p = e
            elif bound is None and e == 1 and self.atoms[k][0] == "order":
                bound = thaw(self.atoms[k][1])
            else:
                return None
        one = const(1)
        if bound is not None:
            slope = bound.pop(((i, 1),), None)
            if slope is None or slope * slope != 1 or i in self.poly_deps(bound):
                return None
            end = self.sub(one, bound) if slope > 0 else self.sub(bound, one)
            low, high = (end, hi) if slope > 0 else (lo, end)
            inside = (self.sub(low, lo), self.sub(hi, high), self.add(high, one, self.scale(low, fmpq(-1))))
            if not all(self.at_least(q, 0) for q in inside):
                return None
            lo, hi = low, high
        if not p:
            return self.add(hi, self.scale(lo, fmpq(-1)), one)
        before = self.sub(lo, one)
        if not self.ordered(const(0), before) or not self.ordered(before, hi):
            return None
        return self.sub(self._faulhaber(p, hi), self._faulhaber(p, before))

    def _widened(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """A range that depends on an outer index becomes a full one under [i <= hi], [i >= lo]."""
        low, high = self._extreme(lo, False), self._extreme(hi, True)
        if low is None or high is None or (low == lo and high == hi):
            return None
        # Ranges from 1 to a size are the common ground of all: the indicators cut them down.
        if self.at_least(low, 1):
            low = const(1)
        top = {u: c for u, c in high.items() if u}
        if self.at_least(self.sub(top, high), 1) and self.at_least(top, 0):
            high = top
        j = self.new_index()
        self.ranges[j] = (freeze(low), freeze(high))
        at, body = self.gen(j), self.subst({m: fmpq(1)}, {i: self.gen(j)})
        if high != hi:
            body = self.mul(body, self.order(self.add(hi, self.scale(at, fmpq(-1)), const(1))))
        if low != lo:
            body = self.mul(body, self.order(self.add(at, self.scale(lo, fmpq(-1)), const(1))))
        return self.sum_over(body, j, low, high)

    def _cut(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum_{i=lo}^hi [i >= a] f(i) = Sum_{i=a}^hi f(i) for a free a in range, and the same of [i <= a]."""
        for k, e in m:
            if e != 1 or self.atoms[k][0] != "order":
                continue
            bound = thaw(self.atoms[k][1])
            slope = bound.pop(((i, 1),), None)
            if slope is None or slope * slope != 1 or self.is_bound(bound) or self.is_bound(self.sub(hi, lo)):
                continue
            end = self.sub(const(1), bound) if slope > 0 else self.sub(bound, const(1))
            low, high = (end, hi) if slope > 0 else (lo, end)
            free = {u: v for u, v in end.items() if u}
            near = abs(end.get(ONE, fmpq(0))) <= 1 and self.within(free, lo, hi, assume=True)
            ends = (lo, low), (high, hi), (low, self.add(high, const(1)))
            if near or all(self.ordered(x, y) for x, y in ends):
                return self._over({tuple(x for x in m if x[0] != k): fmpq(1)}, i, low, high)
        return None

    def _extreme(self, p: Poly, largest: bool) -> Poly | None:
        """The largest or smallest value of an end that is linear in outer indices, over their ranges."""
        for _ in range(8):
            outer = next(((m, c) for m, c in p.items() if self.is_bound({m: c})), None)
            if outer is None:
                return p
            m, c = outer
            if len(m) != 1 or m[0][1] != 1 or m[0][0] not in self.ranges:
                return None
            lo, hi = self.ranges[m[0][0]]
            end = thaw(hi if (c > 0) == largest else lo)
            p = self.add({u: v for u, v in p.items() if u != m}, self.scale(end, c))
        return None

    def contract(
        self, m: Mono, i: int, lo: Poly, hi: Poly, assume: bool, guard: bool = False
    ) -> Poly | None:
        """Sum_i delta_{i,a} f(i) = f(a) where a is in range, which may be assumed of free indices.

        Whether a free a lies in a range that an outer index moves is a factor, not an assumption:
        with ``guard`` [a >= lo] [a <= hi] f(a).
        """
        for k, _ in m:
            key = self.atoms[k]
            if key[0] != "delta":
                continue
            p = thaw(key[1])
            mono = ((i, 1),)
            c = p.get(mono)
            rest = {u: v for u, v in p.items() if u != mono}
            if c is None or c * c != 1 or i in self.poly_deps(rest):
                continue
            at = self.scale(rest, -1 / c)
            if self.at_least(self.sub(at, hi), 1) or self.at_least(self.sub(lo, at), 1):
                return {}
            chosen = self.subst({tuple(x for x in m if x[0] != k): fmpq(1)}, {i: at})
            if self.within(at, lo, hi, assume):
                return chosen
            if guard and not self.is_bound(at):
                inside = (self.order(self.add(self.sub(x, y), const(1))) for x, y in ((at, lo), (hi, at)))
                return self.mul(chosen, self.mul(*inside))
            self.waits = True
        return None

    def _offset(self, m: Mono, i: int) -> int:
        """Smallest c among entries x_{i+c}, else deltas, else divisors i + c: so that shifted sums meet."""
        offsets: dict[str, list[int]] = {"ref": [], "delta": [], "poly": []}
        stack = [k for k, _ in m]
        while stack:
            k = stack.pop()
            key = self.atoms[k]
            if i not in self.deps[k]:
                continue
            if key[0] in offsets:
                for index in key[2] if key[0] == "ref" else (key[1],):
                    p = thaw(index)
                    slope, at = p.get(((i, 1),), 0), p.get(ONE, fmpq(0))
                    if slope in (1, -1) and at.q == 1 and (key[0] != "poly" or len(p) == 2):
                        offsets[key[0]].append(int(at * slope))
            if key[0] in ("exp", "E"):
                stack += [j for j, _ in key[1]]
            elif key[0] in ("log", "poly", "step"):
                stack += [j for u, _ in key[1] for j, _ in u]
            elif key[0] == "call":
                stack += [j for a in key[2] for u, _ in a for j, _ in u]
            elif key[0] == "sum":
                stack += [j for j, _ in key[2]]
        return next((min(found) for found in offsets.values() if found), 0)

    def _falls(self, m: Mono, i: int) -> bool:
        """Does i stand in entries x_{c-i} only?"""
        slopes = {
            thaw(index).get(((i, 1),), 0)
            for k, _ in m if self.atoms[k][0] == "ref" for index in self.atoms[k][2]
        }
        return -1 in slopes and 1 not in slopes

    def _split_range(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Bring the range to 1..hi with hi free of a constant offset.

        Terms outside the range may be added and subtracted where they have no value (1/x_1 in the sum
        from 2): Sum_1^N is then a new unknown, which stands for Sum_2^N + 1/x_1 throughout, and
        what is an identity in it is one without it.
        """
        one, term = const(1), {m: fmpq(1)}

        def ends(*where: Poly) -> Poly:
            return self.add(*(self.subst(term, {i: p}) for p in where))

        start = integer_of(lo)
        try:
            if start is not None and start != 1 and abs(start) <= 32:
                if start < 1:
                    if not self.at_least(hi, 0):
                        return None
                    extra = ends(*(const(k) for k in range(start, 1)))
                    return self.add(extra, self._over(term, i, one, hi))
                if self.ordered(lo, self.add(hi, one)):
                    extra = ends(*(const(k) for k in range(1, start)))
                    return self.sub(self._over(term, i, one, hi), extra)
            if start is None and self.ordered(one, lo) and self.ordered(lo, self.add(hi, one)):
                before = self._over(term, i, one, self.sub(lo, one))
                return self.sub(self._over(term, i, one, hi), before)
            offset = hi.get(ONE)
            if start == 1 and offset is not None and len(hi) > 1 and offset.q == 1 and abs(offset) <= 32:
                n, top = int(offset.p), {u: v for u, v in hi.items() if u}
                if n > 0 and self.at_least(top, 0):
                    extra = ends(*(self.add(top, const(k)) for k in range(1, n + 1)))
                    return self.add(self._over(term, i, one, top), extra)
                if n < 0 and self.ordered(const(0), hi):
                    extra = ends(*(self.add(top, const(-k)) for k in range(-n)))
                    return self.sub(self._over(term, i, one, top), extra)
        except Undefined:
            pass
        return None

    def _faulhaber(self, p: int, n: Poly) -> Poly:
        """Sum_{i=1}^n i^p for n >= 0."""
        if p > 30:
            raise OutOfFuel
        bernoulli = [fmpq(1)]
        for k in range(1, p + 1):
            acc = sum((comb(k + 1, j) * bernoulli[j] for j in range(k)), start=fmpq(0))
            bernoulli.append(-acc / (k + 1))
        out: Poly = {}
        for j in range(p + 1):
            c = comb(p + 1, j) * bernoulli[j] * (-1) ** j / (p + 1)
            self.gather(out, self.scale(self.power(n, p + 1 - j), c))
        return out

    def _geometric(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum of i^p r^i for r != 1, by summation by parts; for p = 0 (r^(hi+1) - r^lo) / (r - 1)."""
        ratio, p = const(1), 0
        for k, e in m:
            key = self.atoms[k]
            if k == i and isinstance(e, int) and 0 < e <= 8:
                p = e
                continue
            if key[0] not in ("pow", "exp") or not isinstance(e, int):
                return None
            exponent = dict(key[2] if key[0] == "pow" else key[1])
            if exponent.pop(i, None) != 1 or any(i in self.deps[j] for j in exponent):
                return None
            rest: Mono = tuple(sorted(exponent.items()))
            if key[0] == "exp":
                ratio = self.mul(ratio, self.power(self.exp({rest: fmpq(1)}), e))
            elif i in self.frozen_deps(key[1]):
                return None
            else:
                ratio = self.mul(ratio, self.power(self.raise_to(thaw(key[1]), {rest: fmpq(1)}), e))
        gap = self.sub(ratio, const(1))
        self.ratios = True
        if not gap or not self.closes_ratios or self.is_bound(gap):
            return None
        if not self.ordered(lo, self.add(hi, const(1))):
            return None
        if constant_of(gap) is None and not {k for k, _ in self.factor(gap)[2]} <= self.nonzero:
            self.demand("!=", ratio, const(1))
        one, inverse = const(1), self.inverse(gap)
        top, bottom = self.raise_to(ratio, self.add(hi, one)), self.raise_to(ratio, lo)
        sums: list[Poly] = []
        for q in range(p + 1):
            # (r - 1) S_q = hi^q r^(hi+1) - (lo-1)^q r^lo + sum_i ((i-1)^q - i^q) r^i
            before = self.mul(self.power(self.sub(lo, one), q), bottom)
            total = self.sub(self.mul(self.power(hi, q), top), before)
            for k, smaller in enumerate(sums):
                total = self.add(total, self.scale(smaller, fmpq(comb(q, k) * (-1) ** (q - k))))
            sums.append(self.mul(total, inverse))
        return sums[p]


def _mono_root(p: Poly, e: Exp) -> Poly:
    ((m, c),) = p.items()
    if c != 1:
        raise Unsupported("fractional power of a scaled product")
    return {mono_pow(m, e): fmpq(1)}

"""Contractions: products under several sums as canonical atoms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations, product
from math import factorial, prod
from typing import Any

from flint import fmpq

from .polynomials import Exp, Frozen, Mono, Poly, const, freeze, thaw
from .signs import Range
from .sums import Sums


class Contractions(Sums):
    """Inner sums merged into one multi-index sum, split into connected parts, each one atom."""

    def _merge(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
        """Merge inner sums into one multi-index sum and split it into connected components."""
        indices: list[int] = [i]
        limits: dict[int, Range] = {i: (freeze(lo), freeze(hi))}
        flat = const(1)
        for k, e in m:
            key = self.atoms[k]
            opens = key[0] == "sum" and isinstance(e, int) and 0 < e <= 6 and not any(
                i in self.frozen_deps(end) for r in key[1] for end in r
            )
            if not opens:
                flat = self.times(flat, ((k, e),))
                continue
            for _ in range(int(e)):
                ranges, body, numbers = key[1:]
                fresh = [self.new_index() for _ in numbers]
                limits.update(self._moved(ranges, numbers, fresh))
                flat = self.mul(flat, self._renamed({body: fmpq(1)}, numbers, fresh))
                indices += fresh
        return self._close(flat, indices, limits)

    def _renamed(self, p: Poly, numbers: Sequence[int], fresh: list[int]) -> Poly:
        """A body with its bound numbers replaced by fresh indices."""
        names = {self.atom(("bound", b)): self.gen(f) for b, f in zip(numbers, fresh, strict=True)}
        return self.subst(p, names)

    def _moved(self, ranges: Sequence[Range], numbers: Sequence[int], fresh: list[int]) -> dict[int, Range]:
        """The ranges of the fresh indices, made known before anything is said about these."""

        def go(end: Frozen) -> Frozen:
            return freeze(self._renamed(thaw(end), numbers, fresh))

        limits = {f: (go(lo), go(hi)) for f, (lo, hi) in zip(fresh, ranges, strict=True)}
        self.ranges.update(limits)
        return limits

    def _close(self, p: Poly, indices: list[int], limits: dict[int, Range]) -> Poly:
        """The multi-index sum of p: every monomial split into connected parts, each one atom."""
        out: Poly = {}
        for m, c in p.items():
            counted = self._counted(m, indices, limits)
            if counted is not None:
                self.gather(out, self.scale(counted, c))
                continue
            term, rest, todo = const(c), list(m), list(indices)
            while todo:
                group, part, grown = {todo[0]}, [], True
                while grown:
                    grown = False
                    for x in rest[:]:
                        if self.deps[x[0]] & group:
                            rest.remove(x)
                            part.append(x)
                            group |= self.deps[x[0]].intersection(indices)
                            grown = True
                members = [j for j in todo if j in group]
                term = self.mul(term, self._connected(tuple(sorted(part)), members, limits))
                todo = [j for j in todo if j not in group]
            self.gather(out, self.times(term, tuple(sorted(rest))))
        return out

    def _counted(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly | None:
        """Indices are summed out that a delta fixes, or that are only above or below another one."""
        for t in indices:
            own = tuple(x for x in m if t in self.deps[x[0]])
            kinds = {self.atoms[k][0] for k, _ in own}
            lo, hi = map(thaw, limits[t])
            closed = None
            if "delta" in kinds:
                closed = self.contract(own, t, lo, hi, assume=False)
            elif "order" in kinds:
                closed = self.count(own, t, lo, hi)
            if closed is None and self.rules and len(indices) > 1 and own:
                inner = self._connected(own, [t], limits)
                closed = None if self._single_sum(inner) else inner  # a given knows this inner sum
            if closed is not None:
                rest = self.times(closed, tuple(x for x in m if t not in self.deps[x[0]]))
                return self._close(rest, [j for j in indices if j != t], limits)
        return None

    def _single_sum(self, p: Poly) -> bool:
        """Is p a multiple of one sum atom?"""
        return len(p) == 1 and all(len(m) == 1 and self.atoms[m[0][0]][0] == "sum" for m in p)

    def _connected(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        """The sum of one connected monomial over its indices.

        Denominators that couple indices hide symmetry (1/(1 + e^(x_i - x_j)) and its mirror image add
        up to 1): such a body is averaged over the permutations of indices with one range.  Otherwise
        the contraction graph is numbered canonically.
        """
        if not m:
            (j,) = indices
            return self.length(*map(thaw, limits[j]))
        nested = any(self.frozen_deps(end).intersection(indices) for j in indices for end in limits[j])
        base = max((self._height(k) for k, _ in m), default=0)
        numbers = tuple(range(base, base + len(indices)))
        orders = self._orders(m, indices, limits)
        if len(indices) > 1 and not nested and self._coupled(m, indices):
            classes: dict[Range, list[int]] = {}
            for j in indices:
                classes.setdefault(limits[j], []).append(j)
            groups = [classes[k] for k in sorted(classes)]
            count = prod(factorial(len(g)) for g in groups)
            if count <= 24:
                orders = [
                    tuple(j for g in choice for j in g)
                    for choice in product(*(permutations(g) for g in groups))
                ]
                total = self.add(*(self._numbered(m, order, numbers) for order in orders))
                return self._atoms(self.scale(total, fmpq(1, count)), orders[0], numbers, limits, True)
        best: tuple[Any, ...] | None = None
        found: set[tuple[Any, ...]] = set()
        for order in orders:
            closed = self._numbered(m, order, numbers)
            key = (len(closed), self._limits(order, numbers, limits), freeze(closed), order)
            if best is None or key[:3] < best[:3]:
                best = key
            found.add(key[1:3])
        assert best is not None
        if (best[1], freeze(self.scale(thaw(best[2]), fmpq(-1)))) in found:
            return {}  # the body changes sign under a renaming of its indices
        return self._atoms(thaw(best[2]), best[3], numbers, limits, False)

    def _coupled(self, m: Mono, indices: Iterable[int]) -> bool:
        kinds = ("poly", "order")
        return any(self.atoms[k][0] in kinds and len(self.deps[k].intersection(indices)) > 1 for k, _ in m)

    def _numbered(self, m: Mono, order: tuple[int, ...], numbers: tuple[int, ...]) -> Poly:
        """A body with its indices replaced by bound numbers, in this order."""
        names = {j: self.gen(self.atom(("bound", b))) for j, b in zip(order, numbers, strict=True)}
        return self.subst({m: fmpq(1)}, names)

    def _limits(
        self, order: tuple[int, ...], numbers: tuple[int, ...], limits: dict[int, Range]
    ) -> tuple[Range, ...]:
        names = {j: self.gen(self.atom(("bound", b))) for j, b in zip(order, numbers, strict=True)}
        return tuple(
            (freeze(self.subst(thaw(lo), names)), freeze(self.subst(thaw(hi), names)))
            for lo, hi in (limits[j] for j in order)
        )

    def _atoms(
        self, p: Poly, order: tuple[int, ...], numbers: tuple[int, ...], limits: dict[int, Range],
        averaged: bool,
    ) -> Poly:
        """Sum atoms for a body over bound numbers; what came apart on the way is closed anew."""
        bound = [self.atom(("bound", b)) for b in numbers]
        ranges = self._limits(order, numbers, limits)
        out: Poly = {}
        for m, c in p.items():
            inside = tuple(x for x in m if self.deps[x[0]].intersection(bound))
            whole = self._links(inside, bound)
            if averaged:
                whole = whole and self._coupled(inside, bound) and not self._fixed(inside, bound, ranges)
            if whole:
                deps = self.mono_deps(inside)
                for r in ranges:
                    deps |= self.frozen_deps(r[0]) | self.frozen_deps(r[1])
                n = self.atom(("sum", ranges, inside, numbers), deps.difference(bound))
                rest = tuple(x for x in m if not self.deps[x[0]].intersection(bound))
                self.gather(out, self.times(self._apply_rules(n), rest, c))
            else:
                fresh = [self.new_index() for _ in numbers]
                moved = self._moved(ranges, numbers, fresh)
                self.gather(out, self._close(self._renamed({m: c}, numbers, fresh), fresh, moved))
        return out

    def _fixed(self, m: Mono, bound: list[int], ranges: tuple[Range, ...]) -> bool:
        """Does a delta set two indices with one range equal?"""
        for k, _ in m:
            touched = [b for b in bound if b in self.deps[k]]
            key = self.atoms[k]
            if key[0] == "delta" and len(touched) == len(self.deps[k]) == len(key[1]) == 2:
                first, second = (ranges[bound.index(b)] for b in touched)
                if first == second:
                    return True
        return False

    def _links(self, m: Mono, bound: list[int]) -> bool:
        """Is every bound index present, and do the factors connect them?"""
        group, grown = {bound[0]}, True
        while grown:
            grown = False
            for k, _ in m:
                touched = self.deps[k].intersection(bound)
                if touched & group and not touched <= group:
                    group |= touched
                    grown = True
        return group == set(bound) and any(bound[0] in self.deps[k] for k, _ in m)

    def _orders(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> list[tuple[int, ...]]:
        """Orderings of the indices to compare: permutations of those that look alike from everywhere."""
        if len(indices) == 1:
            return [tuple(indices)]
        colours: dict[int, int] = dict.fromkeys(indices, 0)
        classes: dict[Any, list[int]] = {}
        for _ in indices:
            before, classes = len(classes), {}
            for j in indices:
                seen = sorted(self._seen(k, e, j, colours) for k, e in m if j in self.deps[k])
                classes.setdefault((limits[j], colours[j], tuple(seen)), []).append(j)
            colours = {j: place for place, key in enumerate(sorted(classes)) for j in classes[key]}
            if len(classes) == before:
                break
        groups = [classes[k] for k in sorted(classes)]
        count = prod(factorial(len(g)) for g in groups)
        if count > 720:
            return [tuple(j for g in groups for j in g)]
        self.burn(count * len(m))
        return [
            tuple(j for part in choice for j in part)
            for choice in product(*(permutations(g) for g in groups))
        ]

    def _seen(self, n: int, e: Exp, j: int, colours: dict[int, int]) -> tuple[Any, ...]:
        """A factor as index j sees it: its kind, and the colours of the other indices in it."""
        key = self.atoms[n]
        if key[0] != "ref":
            others = sorted(colours[k] for k in self.deps[n].intersection(colours) if k != j)
            return key[0], "", str(e), tuple(others)
        places = []
        for place in key[2]:
            inside = [colours[k] if k != j else -1 for k in self.frozen_deps(place).intersection(colours)]
            places.append(tuple(sorted(inside)))
        return "ref", key[1], str(e), tuple(sorted(places) if key[1] in self.symmetric else places)

    def _height(self, n: int) -> int:
        """One more than the largest bound number inside an atom."""
        key = self.atoms[n]
        match key[0]:
            case "bound":
                return int(key[1]) + 1
            case "sum":
                return int(max(key[3])) + 1
            case "exp" | "E":
                return max((self._height(k) for k, _ in key[1]), default=0)
            case "ref" | "call":
                return max((self._height(k) for f in key[2] for u, _ in f for k, _ in u), default=0)
            case "log" | "poly" | "step" | "delta" | "order":
                return max((self._height(k) for u, _ in key[1] for k, _ in u), default=0)
            case "pow":
                inner = [k for u, _ in key[1] for k, _ in u] + [k for k, _ in key[2]]
                return max((self._height(k) for k in inner), default=0)
        return 0

"""Contraction graphs: products under several sums as canonical atoms."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial
from typing import Any

from flint import fmpq

from .functions import Range, Unsupported
from .polynomials import ONE, Mono, Poly, const, freeze, mono_mul, thaw
from .sums import Sums


class Graphs(Sums):
    """Inner sums merged into one multi-index sum, split into connected parts, each one atom."""

    def _merge(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
        """Merge inner sums into one multi-index sum and split it into connected components."""
        triangle = self._triangle(m, i, lo, hi)
        if triangle is not None:
            return triangle
        indices: list[int] = [i]
        limits: dict[int, Range] = {i: (freeze(lo), freeze(hi))}
        flat: Mono = ONE
        for k, e in m:
            key = self.atoms[k]
            opens = key[0] == "sum" and isinstance(e, int) and 0 < e <= 6 and not any(
                i in self.poly_deps(thaw(end)) for r in key[1] for end in r
            )
            if not opens:
                flat = mono_mul(flat, ((k, e),))
                continue
            for _ in range(int(e)):
                fresh = [self.new_index() for _ in key[3]]
                names = {
                    self.atom(("bound", b)): self.gen(f) for b, f in zip(key[3], fresh, strict=True)
                }
                opened = self.subst({key[2]: fmpq(1)}, names)
                if len(opened) != 1:
                    raise Unsupported("an inner sum that does not reopen as one product")
                flat = mono_mul(flat, next(iter(opened)))
                indices += fresh
                limits.update(zip(fresh, key[1], strict=True))
                self.ranges.update(zip(fresh, key[1], strict=True))
        out = const(1)
        rest = list(flat)
        todo = list(indices)
        while todo:
            group = {todo[0]}
            part: list[Any] = []
            grown = True
            while grown:
                grown = False
                for x in rest[:]:
                    if self.deps[x[0]] & group:
                        rest.remove(x)
                        part.append(x)
                        group |= self.deps[x[0]].intersection(indices)
                        grown = True
            members = [j for j in todo if j in group]
            todo = [j for j in todo if j not in group]
            out = self.mul(out, self._close(tuple(sorted(part)), members, limits))
        return self.times(out, tuple(sorted(rest)))

    def _triangle(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum over j <= i of a symmetric body: half of the full sum and the diagonal."""
        for k, e in m:
            key = self.atoms[k]
            if key[0] != "sum" or e != 1 or len(key[3]) != 1:
                continue
            (low, high), = key[1]
            if thaw(low) != lo or thaw(high) != self.gen(i) or lo != const(1):
                continue
            j = self.new_index()
            names = {self.atom(("bound", key[3][0])): self.gen(j)}
            rest: Poly = {tuple(x for x in m if x[0] != k): fmpq(1)}
            body = self.mul(self.subst({key[2]: fmpq(1)}, names), rest)
            if self.subst(body, {i: self.gen(j), j: self.gen(i)}) != body:
                continue
            self.ranges[j] = (freeze(lo), freeze(hi))
            full = self.sum_over(self.sum_over(body, j, lo, hi), i, lo, hi)
            diagonal = self.sum_over(self.subst(body, {j: self.gen(i)}), i, lo, hi)
            return self.scale(self.add(full, diagonal), fmpq(1, 2))
        return None

    def _close(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        """The atom of one connected multi-index sum, bound indices numbered canonically."""
        if len(indices) > 1 and any(
            self.atoms[k][0] == "poly" and len(self.deps[k].intersection(indices)) > 1 for k, _ in m
        ):
            return self._symmetrised(m, indices, limits)
        return self.gen_sum(m, indices, limits)

    def _orders(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> list[tuple[int, ...]]:
        """Orderings of the indices to compare: permutations within classes of equal signature."""
        if len(indices) == 1:
            return [tuple(indices)]
        classes: dict[Any, list[int]] = {}
        for j in indices:
            others = frozenset(indices) - {j}
            signature = sorted(
                (self.atoms[k][0], str(self.atoms[k][1]) if self.atoms[k][0] == "ref" else "",
                 str(e), len(self.deps[k] & others)) for k, e in m if j in self.deps[k]
            )
            classes.setdefault((limits[j], tuple(signature)), []).append(j)
        groups = [classes[k] for k in sorted(classes)]
        count = 1
        for g in groups:
            count *= factorial(len(g))
        if count > 720:
            return [tuple(j for g in groups for j in g)]
        self.burn(count * len(m))
        return [
            tuple(j for part in choice for j in part)
            for choice in product(*(permutations(g) for g in groups))
        ]

    def gen_sum(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        base = max((self._height(k) for k, _ in m), default=0)
        numbers = tuple(range(base, base + len(indices)))
        best: tuple[Any, ...] | None = None
        for order in self._orders(m, indices, limits):
            names = {j: self.gen(self.atom(("bound", b))) for j, b in zip(order, numbers, strict=True)}
            closed = self.subst({m: fmpq(1)}, names)
            if len(closed) != 1:
                raise Unsupported("a sum whose body does not stay one product")
            ((body, c),) = closed.items()
            ranges = tuple(
                (freeze(self.subst(thaw(lo), names)), freeze(self.subst(thaw(hi), names)))
                for lo, hi in (limits[j] for j in order)
            )
            key = (ranges, body, c)
            if best is None or key < best:
                best = key
        assert best is not None
        ranges, body, c = best
        bound = {self.atom(("bound", b)) for b in numbers}
        deps = self.mono_deps(body)
        for lo, hi in ranges:
            deps |= self.poly_deps(thaw(lo)) | self.poly_deps(thaw(hi))
        n = self.atom(("sum", ranges, body, numbers), deps - bound)
        return self.scale(self._apply_rules(n), c)

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
            case "log" | "poly" | "step" | "delta":
                return max((self._height(k) for u, _ in key[1] for k, _ in u), default=0)
            case "pow":
                inner = [k for u, _ in key[1] for k, _ in u] + [k for k, _ in key[2]]
                return max((self._height(k) for k in inner), default=0)
        return 0

    def _symmetrised(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        """Average of the body over the permutations of indices with one range: the same sum."""
        groups: dict[Range, list[int]] = {}
        for j in indices:
            groups.setdefault(limits[j], []).append(j)
        movable = [g for g in groups.values() if len(g) > 1]
        count = 1
        for g in movable:
            count *= factorial(len(g))
        if not movable or count > 24:
            return self.gen_sum(m, indices, limits)
        total: Poly = {}
        for choice in product(*(permutations(g) for g in movable)):
            names = {
                a: self.gen(b)
                for g, image in zip(movable, choice, strict=True)
                for a, b in zip(g, image, strict=True)
                if a != b
            }
            total = self.add(total, self.subst({m: fmpq(1)}, names) if names else {m: fmpq(1)})
        out: Poly = {}
        for u, c in self.scale(total, fmpq(1, count)).items():
            part = u
            factor = const(c)
            live = [j for j in indices if j in self.mono_deps(u)]
            for j in indices:
                if j not in live:
                    lo, hi = thaw(limits[j][0]), thaw(limits[j][1])
                    factor = self.mul(factor, self.add(hi, self.scale(lo, fmpq(-1)), const(1)))
            outside = tuple(x for x in part if not self.deps[x[0]].intersection(live))
            inside = tuple(x for x in part if self.deps[x[0]].intersection(live))
            if live:
                factor = self.mul(factor, self.gen_sum(inside, live, limits))
            out = self.add(out, self.times(factor, outside))
        return out

"""Contractions: products under several sums as canonical atoms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations, product
from math import factorial, prod
from typing import Any, TypeAlias

from flint import fmpq

from .atoms import apply_rules
from .closed_forms import contracted, counted, length
from .polynomials import Exp, Frozen, Mono, Poly, const, freeze, gen, negated, scale, thaw
from .ring import add, gather, mul, times
from .state import Range, State, atom, burn, frozen_deps, inside, mono_deps, new_index
from .substitution import subst

Order: TypeAlias = tuple[int, ...]
Limits: TypeAlias = dict[int, Range]
"""The indices of a sum with their ranges, from the outermost to the innermost."""


def merge(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
    """Merge inner sums into one multi-index sum and split it into connected components."""
    limits: Limits = {i: (freeze(lo), freeze(hi))}
    flat = const(1)
    for k, e in m:
        key = s.atoms[k]
        opens = key[0] == "sum" and isinstance(e, int) and 0 < e <= 6 and not any(
            i in frozen_deps(s, end) for r in key[1] for end in r
        )
        if not opens:
            flat = times(s, flat, ((k, e),))
            continue
        _, ranges, body, numbers = key
        for _ in range(int(e)):
            fresh = [new_index(s) for _ in numbers]
            limits |= _moved(s, ranges, numbers, fresh)
            flat = mul(s, flat, _renamed(s, {body: fmpq(1)}, numbers, fresh))
    return _close(s, flat, limits)


def _renamed(s: State, p: Poly, numbers: Sequence[int], fresh: list[int]) -> Poly:
    """A body with its bound numbers replaced by fresh indices."""
    names = {atom(s, ("bound", b)): gen(f) for b, f in zip(numbers, fresh, strict=True)}
    return subst(s, p, names)


def _moved(s: State, ranges: Sequence[Range], numbers: Sequence[int], fresh: list[int]) -> Limits:
    """The ranges of the fresh indices, made known before anything is said about these."""

    def go(end: Frozen) -> Frozen:
        return freeze(_renamed(s, thaw(end), numbers, fresh))

    limits = {f: (go(lo), go(hi)) for f, (lo, hi) in zip(fresh, ranges, strict=True)}
    s.ranges.update(limits)
    return limits


def _close(s: State, p: Poly, limits: Limits) -> Poly:
    """The multi-index sum of p."""
    out: Poly = {}
    for m, c in p.items():
        closed = _summed_out(s, m, limits)
        gather(s, out, _by_parts(s, m, c, limits) if closed is None else scale(closed, c))
    return out


def _by_parts(s: State, m: Mono, c: Any, limits: Limits) -> Poly:
    """The sum of a monomial, split into connected parts: each is one atom."""
    term, rest, todo = const(c), list(m), limits
    while todo:
        group, part, grown = {next(iter(todo))}, [], True
        while grown:
            grown = False
            for x in rest[:]:
                if s.deps[x[0]] & group:
                    rest.remove(x)
                    part.append(x)
                    group |= s.deps[x[0]].intersection(limits)
                    grown = True
        members = {j: span for j, span in todo.items() if j in group}
        term = mul(s, term, _connected(s, tuple(sorted(part)), members))
        todo = {j: span for j, span in todo.items() if j not in group}
    return times(s, term, tuple(sorted(rest)))


def _summed_out(s: State, m: Mono, limits: Limits) -> Poly | None:
    """One index is summed out that a delta fixes, or that is only above or below another one."""
    for t, span in limits.items():
        own = tuple(x for x in m if t in s.deps[x[0]])
        closed = _closed_form(s, own, t, *map(thaw, span))
        if closed is None and s.givens.rules and len(limits) > 1 and own:
            inner = _connected(s, own, {t: span})
            closed = None if _single_sum(s, inner) else inner  # a given knows this inner sum
        if closed is not None:
            rest = times(s, closed, tuple(x for x in m if t not in s.deps[x[0]]))
            return _close(s, rest, {j: limits[j] for j in limits if j != t})
    return None


def _closed_form(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    kinds = {s.atoms[k][0] for k, _ in m}
    if "delta" in kinds:
        return contracted(s, m, i, lo, hi, assume=False)
    return counted(s, m, i, lo, hi) if "order" in kinds else None


def _single_sum(s: State, p: Poly) -> bool:
    """Is p a multiple of one sum atom?"""
    return len(p) == 1 and all(len(m) == 1 and s.atoms[m[0][0]][0] == "sum" for m in p)


def _connected(s: State, m: Mono, limits: Limits) -> Poly:
    """The sum of one connected monomial over its indices.

    Denominators that couple indices hide symmetry (1/(1 + e^(x_i - x_j)) and its mirror image add
    up to 1): such a body is averaged over the permutations of indices with one range.  Otherwise
    the contraction graph is numbered canonically.
    """
    if not m:
        (span,) = limits.values()
        return length(s, *map(thaw, span))
    nested = any(frozen_deps(s, end).intersection(limits) for span in limits.values() for end in span)
    base = max((_height(s, k) for k, _ in m), default=0)
    numbers = tuple(range(base, base + len(limits)))
    orders = _orders(s, m, limits)
    if len(limits) > 1 and not nested and _coupled(s, m, limits):
        groups = _classes(limits)
        if _choices(groups) <= 24:
            return _averaged(s, m, _arrangements(groups), numbers, limits)
    return _canonical(s, m, orders, numbers, limits)


def _averaged(s: State, m: Mono, orders: list[Order], numbers: Order, limits: Limits) -> Poly:
    total = add(s, *(_numbered(s, m, order, numbers) for order in orders))
    return _atoms(s, scale(total, fmpq(1, len(orders))), orders[0], numbers, limits, True)


def _canonical(s: State, m: Mono, orders: list[Order], numbers: Order, limits: Limits) -> Poly:
    """The sum by the least of its numberings."""
    best: tuple[Any, ...] | None = None
    found: set[tuple[Any, ...]] = set()
    for order in orders:
        closed = _numbered(s, m, order, numbers)
        key = (len(closed), _ranges(s, order, numbers, limits), freeze(closed), order)
        if best is None or key[:3] < best[:3]:
            best = key
        found.add(key[1:3])
    assert best is not None
    if (best[1], negated(best[2])) in found:
        return {}  # the body changes sign under a renaming of its indices
    return _atoms(s, thaw(best[2]), best[3], numbers, limits, False)


def _classes(kinds: Mapping[int, Any]) -> list[list[int]]:
    """The indices of one kind together, the kinds in order."""
    classes: dict[Any, list[int]] = {}
    for j, kind in kinds.items():
        classes.setdefault(kind, []).append(j)
    return [classes[k] for k in sorted(classes)]


def _choices(groups: list[list[int]]) -> int:
    return prod(factorial(len(g)) for g in groups)


def _arrangements(groups: list[list[int]]) -> list[Order]:
    """All orders of the indices in which only those of one group change places."""
    choices = product(*(permutations(g) for g in groups))
    return [tuple(j for g in choice for j in g) for choice in choices]


def _coupled(s: State, m: Mono, indices: Iterable[int]) -> bool:
    kinds = ("poly", "order")
    return any(s.atoms[k][0] in kinds and len(s.deps[k].intersection(indices)) > 1 for k, _ in m)


def _names(s: State, order: Order, numbers: Order) -> dict[int, Poly]:
    return {j: gen(atom(s, ("bound", b))) for j, b in zip(order, numbers, strict=True)}


def _numbered(s: State, m: Mono, order: Order, numbers: Order) -> Poly:
    """A body with its indices replaced by bound numbers, in this order."""
    return subst(s, {m: fmpq(1)}, _names(s, order, numbers))


def _ranges(s: State, order: Order, numbers: Order, limits: Limits) -> tuple[Range, ...]:
    names = _names(s, order, numbers)
    ends = (map(thaw, limits[j]) for j in order)
    return tuple((freeze(subst(s, lo, names)), freeze(subst(s, hi, names))) for lo, hi in ends)


def _atoms(s: State, p: Poly, order: Order, numbers: Order, limits: Limits, averaged: bool) -> Poly:
    """Sum atoms for a body over bound numbers; what came apart on the way is closed anew."""
    bound = [atom(s, ("bound", b)) for b in numbers]
    ranges = _ranges(s, order, numbers, limits)
    ends = frozenset[int]().union(*(frozen_deps(s, end) for span in ranges for end in span))
    out: Poly = {}
    for m, c in p.items():
        own = tuple(x for x in m if s.deps[x[0]].intersection(bound))
        whole = _links(s, own, bound)
        if averaged:
            whole = whole and _coupled(s, own, bound) and not _fixed(s, own, bound, ranges)
        if whole:
            n = atom(s, ("sum", ranges, own, numbers), (mono_deps(s, own) | ends).difference(bound))
            rest = tuple(x for x in m if not s.deps[x[0]].intersection(bound))
            gather(s, out, times(s, apply_rules(s, n), rest, c))
        else:
            fresh = [new_index(s) for _ in numbers]
            moved = _moved(s, ranges, numbers, fresh)
            gather(s, out, _close(s, _renamed(s, {m: c}, numbers, fresh), moved))
    return out


def _fixed(s: State, m: Mono, bound: list[int], ranges: tuple[Range, ...]) -> bool:
    """Does a delta set two indices with one range equal?"""
    for k, _ in m:
        touched = [b for b in bound if b in s.deps[k]]
        key = s.atoms[k]
        if key[0] == "delta" and len(touched) == len(s.deps[k]) == len(key[1]) == 2:
            first, second = (ranges[bound.index(b)] for b in touched)
            if first == second:
                return True
    return False


def _links(s: State, m: Mono, bound: list[int]) -> bool:
    """Is every bound index present, and do the factors connect them?"""
    group, grown = {bound[0]}, True
    while grown:
        grown = False
        for k, _ in m:
            touched = s.deps[k].intersection(bound)
            if touched & group and not touched <= group:
                group |= touched
                grown = True
    return group == set(bound) and any(bound[0] in s.deps[k] for k, _ in m)


def _orders(s: State, m: Mono, limits: Limits) -> list[Order]:
    """Orderings of the indices to compare: permutations of those that look alike from everywhere."""
    if len(limits) == 1:
        return [tuple(limits)]
    colours: dict[int, int] = dict.fromkeys(limits, 0)
    groups: list[list[int]] = []
    for _ in limits:
        before = len(groups)
        groups = _classes({j: (span, colours[j], _view(s, m, j, colours)) for j, span in limits.items()})
        colours = {j: place for place, group in enumerate(groups) for j in group}
        if len(groups) == before:
            break
    if _choices(groups) > 720:
        return [tuple(j for g in groups for j in g)]
    burn(s, _choices(groups) * len(m))
    return _arrangements(groups)


def _view(s: State, m: Mono, j: int, colours: dict[int, int]) -> tuple[Any, ...]:
    return tuple(sorted(_seen(s, k, e, j, colours) for k, e in m if j in s.deps[k]))


def _seen(s: State, n: int, e: Exp, j: int, colours: dict[int, int]) -> tuple[Any, ...]:
    """A factor as index j sees it: its kind, and the colours of the other indices in it."""
    key = s.atoms[n]
    if key[0] != "ref":
        others = sorted(colours[k] for k in s.deps[n].intersection(colours) if k != j)
        return key[0], "", str(e), tuple(others)
    places = []
    for place in key[2]:
        others = [colours[k] if k != j else -1 for k in frozen_deps(s, place).intersection(colours)]
        places.append(tuple(sorted(others)))
    return "ref", key[1], str(e), tuple(sorted(places) if key[1] in s.givens.symmetric else places)


def _height(s: State, n: int) -> int:
    """One more than the largest bound number inside an atom."""
    key = s.atoms[n]
    if key[0] == "bound":
        return int(key[1]) + 1
    if key[0] == "sum":
        return int(max(key[3])) + 1
    return max((_height(s, k) for k in inside(key)), default=0)

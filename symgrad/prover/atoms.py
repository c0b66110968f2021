"""Symbols and entries as atoms; equations that are given rewrite them as they are made."""

from __future__ import annotations

from flint import fmpq

from .assumptions import within
from .polynomials import Frozen, Poly, freeze, gen, scale, thaw
from .state import Key, State, atom, frozen_deps, poly_deps, restrict
from .substitution import REBUILT, place, subst


def symbol(s: State, name: str, sort: str) -> int:
    n = atom(s, ("sym", name, sort))
    if sort == "size" and n == len(s.atoms) - 1:
        s.signs.positive.add(freeze(gen(n)))
    if name in s.givens.two_valued:
        restrict(s, n, s.givens.two_valued[name])
    return n


def reference(s: State, name: str, indices: tuple[Frozen, ...]) -> Poly:
    sign = 1
    if name in s.givens.symmetric and tuple(sorted(indices)) != indices:
        indices, sign = tuple(sorted(indices)), s.givens.symmetric[name]
    if s.givens.symmetric.get(name) == -1 and indices[0] == indices[1]:
        return {}
    deps = frozenset[int]().union(*[frozen_deps(s, k) for k in indices])
    n = atom(s, ("ref", name, indices), deps)
    if name in s.givens.two_valued:
        restrict(s, n, s.givens.two_valued[name])
    if name in s.givens.one_hot and len(indices) == 1:
        lo, hi = map(thaw, s.givens.one_hot[name])
        if within(s, thaw(indices[0]), lo, hi, assume=True):
            s.givens.exclusive[n] = name
    return scale(rewritten(s, n), fmpq(sign))


REBUILT["ref"] = lambda s, key, images: reference(s, key[1], tuple([place(s, k, images) for k in key[2]]))


def rewritten(s: State, n: int) -> Poly:
    return apply_rules(s, n) if s.givens.rules else gen(n)


def apply_rules(s: State, n: int) -> Poly:
    for pattern, holes, result in s.givens.rules:
        binding: dict[int, Poly] = {}
        if _match(s, pattern, n, holes, binding):
            return subst(s, result, binding) if binding else result
    return gen(n)


def _match(s: State, pattern: int, n: int, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
    if pattern == n and not s.deps[pattern] & holes:
        return True
    a, b = s.atoms[pattern], s.atoms[n]
    if a[0] == b[0] == "ref":
        return bool(a[1] == b[1]) and len(a[2]) == len(b[2]) and all(
            _match_index(x, y, holes, binding) for x, y in zip(a[2], b[2], strict=True)
        )
    return a[0] == b[0] == "sum" and _match_sum(s, a, b, holes, binding)


def _match_sum(s: State, a: Key, b: Key, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
    fits = bool(a[1] == b[1]) and len(a[2]) == len(b[2]) and all(
        e == f and _match(s, x, y, holes, binding) for (x, e), (y, f) in zip(a[2], b[2], strict=True)
    )
    # What the sum runs over is nothing that a hole may stand for.
    own = {atom(s, ("bound", k)) for k in b[3]}
    return fits and all(own.isdisjoint(poly_deps(s, p)) for p in binding.values())


def _match_index(x: Frozen, y: Frozen, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
    p = thaw(x)
    hole = next((h for h in holes if p == gen(h)), None)
    if hole is None:
        return x == y
    return binding.setdefault(hole, thaw(y)) == thaw(y)

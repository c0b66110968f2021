"""Sums over one index that need no atom: ranges counted, powers of the index, deltas contracted."""

from __future__ import annotations

from math import comb

from flint import fmpq

from ..kernel.limits import OutOfFuel
from .algebra import power
from .assumptions import ordered, within
from .polynomials import Frozen, Mono, Poly, const, minus, scale, thaw, without
from .ring import add, gather, mul, sub
from .signs import at_least, order
from .state import State, is_bound, poly_deps
from .substitution import subst


def length(s: State, lo: Poly, hi: Poly) -> Poly:
    """How many integers a range holds: where an outer index may make it empty, n [n >= 1]."""
    n = add(s, hi, minus(lo), const(1))
    return n if ordered(s, lo, add(s, hi, const(1))) else mul(s, n, order(s, n))


def counted(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    """Sum_i i^p, or Sum_i i^p [i >= a], Sum_i i^p [i <= a] where a is in range, in closed form."""
    p = 0
    orders: list[Frozen] = []
    for k, e in m:
        if k == i and isinstance(e, int) and e > 0:
            p = e
        elif e == 1 and s.atoms[k][0] == "order" and not orders:
            orders = [s.atoms[k][1]]
        else:
            return None
    for bound in orders:
        part = _limited_inside(s, bound, i, lo, hi)
        if part is None:
            return None
        lo, hi = part
    one = const(1)
    if not p:
        return add(s, hi, minus(lo), one)
    before = sub(s, lo, one)
    if not ordered(s, const(0), before) or not ordered(s, before, hi):
        return None
    return sub(s, _faulhaber(s, p, hi), _faulhaber(s, p, before))


def _limited_inside(s: State, p: Frozen, i: int, lo: Poly, hi: Poly) -> tuple[Poly, Poly] | None:
    """The range in which [p >= 1], if it is part of lo..hi."""
    found = limited(s, p, i, lo, hi)
    if found is None or i in poly_deps(s, found[0]):
        return None
    _, low, high = found
    gaps = (sub(s, low, lo), sub(s, hi, high), add(s, high, const(1), minus(low)))
    return (low, high) if all(at_least(s, q, 0) for q in gaps) else None


def limited(s: State, p: Frozen, i: int, lo: Poly, hi: Poly) -> tuple[Poly, Poly, Poly] | None:
    """Where [p >= 1] says i >= a or i <= a: this a, and the range lo..hi so cut down."""
    bound = thaw(p)
    slope = bound.pop(((i, 1),), None)
    if slope is None or slope * slope != 1:
        return None
    if slope > 0:
        end = sub(s, const(1), bound)
        return end, end, hi
    end = sub(s, bound, const(1))
    return end, lo, end


def _faulhaber(s: State, p: int, n: Poly) -> Poly:
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
        gather(s, out, scale(power(s, n, p + 1 - j), c))
    return out


def contracted(
    s: State, m: Mono, i: int, lo: Poly, hi: Poly, assume: bool, guard: bool = False
) -> Poly | None:
    """Sum_i delta_{i,a} f(i) = f(a) where a is in range, which may be assumed of free indices.

    Whether a free a lies in a range that an outer index moves is a factor, not an assumption:
    with ``guard`` [a >= lo] [a <= hi] f(a).
    """
    for k, _ in m:
        key = s.atoms[k]
        if key[0] != "delta":
            continue
        p = thaw(key[1])
        mono = ((i, 1),)
        c = p.get(mono)
        rest = {u: v for u, v in p.items() if u != mono}
        if c is None or c * c != 1 or i in poly_deps(s, rest):
            continue
        at = scale(rest, -1 / c)
        if at_least(s, sub(s, at, hi), 1) or at_least(s, sub(s, lo, at), 1):
            return {}
        chosen = subst(s, {without(k, m): fmpq(1)}, {i: at})
        if within(s, at, lo, hi, assume):
            return chosen
        if guard and not is_bound(s, at):
            inside = (order(s, add(s, sub(s, x, y), const(1))) for x, y in ((at, lo), (hi, at)))
            return mul(s, chosen, mul(s, *inside))
        s.attempt.waits = True
    return None

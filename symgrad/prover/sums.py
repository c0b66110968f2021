"""Sums of a body over a range, as polynomials over sum atoms: in closed form where there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import comb
from typing import TypeAlias

from flint import fmpq

from ..kernel.limits import Undefined
from .algebra import factor, inverse, power
from .assumptions import demand, ordered, within
from .closed_forms import contracted, counted, length, limited
from .contractions import merge
from .polynomials import (
    ONE,
    Mono,
    Poly,
    const,
    constant_of,
    freeze,
    gen,
    integer_of,
    minus,
    scale,
    thaw,
    without,
)
from .powers import exp, raise_to
from .ring import add, gather, mul, sub, times
from .signs import at_least, order
from .state import Key, Range, State, atom, burn, frozen_deps, inside, is_bound, new_index
from .substitution import REBUILT, Images, subst

UNROLL = 12
NEAR = 32
"""So many terms are added or taken away at an end of a range."""


def sum_over(s: State, body: Poly, i: int, lo: Poly, hi: Poly) -> Poly:
    """Sum of body for i = lo..hi (0 where lo > hi)."""
    steps = integer_of(sub(s, hi, lo))
    if steps is not None and steps < UNROLL:
        return _at(s, body, i, *(add(s, lo, const(k)) for k in range(steps + 1))) if steps >= 0 else {}
    out: Poly = {}
    span = freeze(lo), freeze(hi)
    for m, c in body.items():
        outside = tuple(x for x in m if i not in s.deps[x[0]])
        own = tuple(x for x in m if i in s.deps[x[0]])
        key = own, i, span
        part = s.memo.summed.get(key)
        if part is None:
            part = s.memo.summed[key] = _sum_monomial(s, own, i, lo, hi)
        gather(s, out, times(s, part, outside, c))
    return out


def _at(s: State, body: Poly, i: int, *places: Poly) -> Poly:
    """The terms of a sum at some places."""
    return add(s, *(subst(s, body, {i: p}) for p in places))


def _over(
    s: State, body: Poly, i: int, lo: Poly, hi: Poly, offset: Poly | None = None, slope: int = 1
) -> Poly:
    """Sum for j = lo..hi with i = offset + slope j; a new index, for what is known of i is its range."""
    j = new_index(s)
    s.ranges[j] = (freeze(lo), freeze(hi))
    image = add(s, offset or {}, scale(gen(j), fmpq(slope)))
    return sum_over(s, subst(s, body, {i: image}), j, lo, hi)


def _rebuilt(s: State, key: Key, images: Images) -> Poly:
    """A sum where something is put into it."""
    ranges, body, numbers = key[1], key[2], key[3]
    fresh = {atom(s, ("bound", b)): new_index(s) for b in numbers}
    whole = {k: images.of[k] for k in images.keys} | {b: gen(f) for b, f in fresh.items()}
    limits = [(subst(s, thaw(lo), whole), subst(s, thaw(hi), whole)) for lo, hi in ranges]
    for f, (lo, hi) in zip(fresh.values(), limits, strict=True):
        s.ranges[f] = (freeze(lo), freeze(hi))
    inner = subst(s, {body: fmpq(1)}, whole)
    for f, (lo, hi) in zip(reversed(fresh.values()), reversed(limits), strict=True):
        inner = sum_over(s, inner, f, lo, hi)
    return inner


REBUILT["sum"] = _rebuilt


def index_over(s: State, span: Range, around: set[int]) -> int:
    """An index for a sum over the range, other than those of the sums around it.

    Of these only some may have a name here; the ranges of those still speak of the others.
    """
    known = s.indices.setdefault(span, [])
    taken, todo = around, list(around) if known else []
    while todo:
        more = {k for end in s.ranges.get(todo.pop(), ()) for k in frozen_deps(s, end)} - taken
        taken = taken | more
        todo += more
    free = next((i for i in known if i not in taken), None)
    if free is None:
        free = new_index(s)
        s.ranges[free] = span
        known.append(free)
    return free


def _sum_monomial(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
    burn(s, 4)
    if not m:
        return length(s, lo, hi)
    for way in _WAYS:
        found = way(s, m, i, lo, hi)
        if found is not None:
            return found
    return merge(s, m, i, lo, hi)


def _contracted_early(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    return contracted(s, m, i, lo, hi, assume=s.attempt.early)


def _contracted_late(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    return contracted(s, m, i, lo, hi, assume=True, guard=True)


def _shifted(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    shift = _offset(s, m, i)
    if not shift:
        return None
    by = const(shift)
    return _over(s, {m: fmpq(1)}, i, add(s, lo, by), add(s, hi, by), minus(by))


def _offset(s: State, m: Mono, i: int) -> int:
    """Smallest c among entries x_{i+c}, else deltas, else divisors i + c: so that shifted sums meet."""
    offsets: dict[str, list[int]] = {"ref": [], "delta": [], "poly": []}
    stack = [k for k, _ in m]
    while stack:
        k = stack.pop()
        key = s.atoms[k]
        if i not in s.deps[k]:
            continue
        if key[0] in offsets:
            offsets[key[0]] += _offsets_in(key, i)
        if key[0] not in ("ref", "delta", "order", "pow"):
            stack += inside(key)
    return next((min(found) for found in offsets.values() if found), 0)


def _offsets_in(key: Key, i: int) -> Iterator[int]:
    for place in key[2] if key[0] == "ref" else (key[1],):
        p = thaw(place)
        slope, at = p.get(((i, 1),), 0), p.get(ONE, fmpq(0))
        if slope in (1, -1) and at.q == 1 and (key[0] != "poly" or len(p) == 2):
            yield int(at * slope)


def _reversed(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    """Where i stands in entries x_{c-i} only, the sum is taken backwards."""
    slopes = {
        thaw(index).get(((i, 1),), 0)
        for k, _ in m if s.atoms[k][0] == "ref" for index in s.atoms[k][2]
    }
    if -1 not in slopes or 1 in slopes:
        return None
    return _over(s, {m: fmpq(1)}, i, lo, hi, add(s, lo, hi), -1)


def _widened(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    """A range that depends on an outer index becomes a full one under [i <= hi], [i >= lo]."""
    low, high = _extreme(s, lo, False), _extreme(s, hi, True)
    if low is None or high is None or (low == lo and high == hi):
        return None
    # Ranges from 1 to a size are the common ground of all: the indicators cut them down.
    if at_least(s, low, 1):
        low = const(1)
    top = {u: c for u, c in high.items() if u}
    if at_least(s, sub(s, top, high), 1) and at_least(s, top, 0):
        high = top
    j = new_index(s)
    s.ranges[j] = (freeze(low), freeze(high))
    at, body = gen(j), subst(s, {m: fmpq(1)}, {i: gen(j)})
    if high != hi:
        body = mul(s, body, order(s, add(s, hi, minus(at), const(1))))
    if low != lo:
        body = mul(s, body, order(s, add(s, at, minus(lo), const(1))))
    return sum_over(s, body, j, low, high)


def _extreme(s: State, p: Poly, largest: bool) -> Poly | None:
    """The largest or smallest value of an end that is linear in outer indices, over their ranges."""
    for _ in range(8):
        outer = next(((m, c) for m, c in p.items() if is_bound(s, {m: c})), None)
        if outer is None:
            return p
        m, c = outer
        if len(m) != 1 or m[0][1] != 1 or m[0][0] not in s.ranges:
            return None
        lo, hi = s.ranges[m[0][0]]
        end = thaw(hi if (c > 0) == largest else lo)
        p = add(s, {u: v for u, v in p.items() if u != m}, scale(end, c))
    return None


def _cut(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    """Sum_{i=lo}^hi [i >= a] f(i) = Sum_{i=a}^hi f(i) for a free a in range, and the same of [i <= a]."""
    for k, e in m:
        if e != 1 or s.atoms[k][0] != "order":
            continue
        found = limited(s, s.atoms[k][1], i, lo, hi)
        if found is None or is_bound(s, found[0]) or is_bound(s, sub(s, hi, lo)):
            continue
        end, low, high = found
        free = {u: v for u, v in end.items() if u}
        near = abs(end.get(ONE, fmpq(0))) <= 1 and within(s, free, lo, hi, assume=True)
        ends = (lo, low), (high, hi), (low, add(s, high, const(1)))
        if near or all(ordered(s, x, y) for x, y in ends):
            return _over(s, {without(k, m): fmpq(1)}, i, low, high)
    return None


def _split_range(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    """Bring the range to 1..hi with hi free of a constant offset.

    Terms outside the range may be added and subtracted where they have no value (1/x_1 in the sum
    from 2): Sum_1^N is then a new unknown, which stands for Sum_2^N + 1/x_1 throughout, and
    what is an identity in it is one without it.
    """
    start, term = integer_of(lo), {m: fmpq(1)}
    try:
        if start is None:
            return _from_anywhere(s, term, i, lo, hi)
        if start == 1:
            return _to_offset(s, term, i, hi)
        return _from_number(s, term, i, start, hi) if abs(start) <= NEAR else None
    except Undefined:
        return None


def _from_anywhere(s: State, term: Poly, i: int, lo: Poly, hi: Poly) -> Poly | None:
    one = const(1)
    if not ordered(s, one, lo) or not ordered(s, lo, add(s, hi, one)):
        return None
    before = _over(s, term, i, one, sub(s, lo, one))
    return sub(s, _over(s, term, i, one, hi), before)


def _from_number(s: State, term: Poly, i: int, start: int, hi: Poly) -> Poly | None:
    one = const(1)
    if start < 1:
        if not at_least(s, hi, 0):
            return None
        extra = _at(s, term, i, *(const(k) for k in range(start, 1)))
        return add(s, extra, _over(s, term, i, one, hi))
    if not ordered(s, const(start), add(s, hi, one)):
        return None
    extra = _at(s, term, i, *(const(k) for k in range(1, start)))
    return sub(s, _over(s, term, i, one, hi), extra)


def _to_offset(s: State, term: Poly, i: int, hi: Poly) -> Poly | None:
    offset = hi.get(ONE)
    if offset is None or len(hi) == 1 or offset.q != 1 or abs(offset) > NEAR:
        return None
    n, top = int(offset.p), {u: v for u, v in hi.items() if u}
    if n > 0 and at_least(s, top, 0):
        extra = _at(s, term, i, *(add(s, top, const(k)) for k in range(1, n + 1)))
        return add(s, extra, _over(s, term, i, const(1), top))
    if n < 0 and ordered(s, const(0), hi):
        extra = _at(s, term, i, *(add(s, top, const(-k)) for k in range(-n)))
        return sub(s, _over(s, term, i, const(1), top), extra)
    return None


def _geometric(s: State, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
    """Sum of i^p r^i for r != 1, by summation by parts; for p = 0 (r^(hi+1) - r^lo) / (r - 1)."""
    p, powers = 0, []
    for k, e in m:
        if k == i and isinstance(e, int) and 0 < e <= 8:
            p = e
        else:
            powers.append((k, e))
    ratio = _ratio(s, tuple(powers), i)
    if ratio is None:
        return None
    one = const(1)
    gap = sub(s, ratio, one)
    s.attempt.ratios = True
    if not gap or not s.attempt.closes_ratios or is_bound(s, gap) or not ordered(s, lo, add(s, hi, one)):
        return None
    if constant_of(gap) is None and not {k for k, _ in factor(s, gap)[2]} <= s.attempt.nonzero:
        demand(s, "!=", ratio, one)
    below = inverse(s, gap)
    top, bottom = raise_to(s, ratio, add(s, hi, one)), raise_to(s, ratio, lo)
    sums: list[Poly] = []
    for q in range(p + 1):
        # (r - 1) S_q = hi^q r^(hi+1) - (lo-1)^q r^lo + sum_i ((i-1)^q - i^q) r^i
        before = mul(s, power(s, sub(s, lo, one), q), bottom)
        total = sub(s, mul(s, power(s, hi, q), top), before)
        for k, smaller in enumerate(sums):
            total = add(s, total, scale(smaller, fmpq(comb(q, k) * (-1) ** (q - k))))
        sums.append(mul(s, total, below))
    return sums[p]


def _ratio(s: State, m: Mono, i: int) -> Poly | None:
    """r where the monomial is r^i."""
    out = const(1)
    for k, e in m:
        key = s.atoms[k]
        if key[0] not in ("pow", "exp") or not isinstance(e, int):
            return None
        exponent = dict(key[2] if key[0] == "pow" else key[1])
        if exponent.pop(i, None) != 1 or any(i in s.deps[j] for j in exponent):
            return None
        rest = {tuple(sorted(exponent.items())): fmpq(1)}
        if key[0] == "exp":
            out = mul(s, out, power(s, exp(s, rest), e))
        elif i in frozen_deps(s, key[1]):
            return None
        else:
            out = mul(s, out, power(s, raise_to(s, thaw(key[1]), rest), e))
    return out


_Way: TypeAlias = Callable[[State, Mono, int, Poly, Poly], Poly | None]

_WAYS: tuple[_Way, ...] = (
    _contracted_early,
    _shifted,
    _reversed,
    counted,
    _widened,
    _cut,
    _split_range,
    _contracted_late,
    _geometric,
)
"""What becomes of the sum of a monomial, the first that applies; else it is an atom (``contractions``)."""

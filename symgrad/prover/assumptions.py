"""What a proof assumes: free indices in their ranges, sizes in order, ratios that are not 1."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from ..core import Add, Call, Core, Mul, Num, Pow, Ref, Sym
from ..kernel.limits import Unsupported
from ..kernel.verdict import Assumed
from .polynomials import ONE, Mono, Poly, const, constant_of, freeze, gen, rational, thaw
from .ring import sub
from .signs import at_least
from .state import State, is_bound, poly_deps


def within(s: State, at: Poly, lo: Poly, hi: Poly, assume: bool) -> bool:
    """Is an index in a range?  Of a free index that may be assumed."""
    below, above = (at_least(s, sub(s, x, y), 0) for x, y in ((at, lo), (hi, at)))
    if below and above:
        return True
    if not assume or any(is_bound(s, p) for p in (at, lo, hi)):
        return False
    if below or above:
        return ordered(s, at, hi) if below else ordered(s, lo, at)
    demand(s, "<=", lo, at, hi)
    _in_range(s, at, lo, hi)
    return True


def _in_range(s: State, at: Poly, lo: Poly, hi: Poly) -> None:
    """From here on a free index is known to be where it was assumed to be."""
    lead = next(iter(at), ())
    n = lead[0][0] if lead else -1
    if at == gen(n) and n not in poly_deps(s, lo) | poly_deps(s, hi):
        s.ranges.setdefault(n, (freeze(lo), freeze(hi)))


def ordered(s: State, small: Poly, large: Poly) -> bool:
    """Record small <= large unless it is known; False if it is false or a bound index is in it."""
    gap = sub(s, large, small)
    if at_least(s, gap, 0):
        return True
    if is_bound(s, gap) or constant_of(gap) is not None:
        return False
    terms = {m: c for m, c in gap.items() if m}
    if len(terms) == 1 and 1 in terms.values():
        demand(s, ">=", terms, const(-gap.get(ONE, fmpq(0))))
    else:
        less, more = ({m: abs(c) for m, c in gap.items() if (c > 0) == above} for above in (False, True))
        demand(s, "<=", less, more)
    return True


def demand(s: State, relation: str, *parts: Poly) -> None:
    """Record what the proof assumes; an index that a sum binds has no meaning in it."""
    if any(is_bound(s, p) for p in parts):
        raise Unsupported("the proof would assume something of a bound index")
    s.attempt.conditions[Assumed(tuple(_term_of(s, p) for p in parts), relation)] = None


def start_again(s: State) -> None:
    """Nothing is assumed yet but what the givens need."""
    s.attempt.conditions = s.attempt.needed.copy()
    s.ranges = {n: r for n, r in s.ranges.items() if s.atoms[n][0] == "idx"}


def _term_of(s: State, p: Poly) -> Core:
    """An index or parameter polynomial as a term, for conditions."""
    terms = [_product(s, m, c) for m, c in sorted(p.items(), key=lambda item: (-len(item[0]), item[0]))]
    return terms[0] if len(terms) == 1 else Add(tuple(terms))


def _product(s: State, m: Mono, c: Any) -> Core:
    factors = [_named(s, k) if e == 1 else Pow(_named(s, k), Num(Fraction(e))) for k, e in m]
    if c != 1 or not factors:
        factors.insert(0, Num(Fraction(rational(c))))
    return factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _named(s: State, n: int) -> Core:
    key = s.atoms[n]
    match key[0]:
        case "sym":
            return Sym(key[1], key[2])
        case "ref":
            return Ref(key[1], tuple(_term_of(s, thaw(k)) for k in key[2]))
        case "exp":
            return Call("exp", (_term_of(s, {key[1]: fmpq(1)}),))
        case "pow":
            return Pow(_term_of(s, thaw(key[1])), _term_of(s, {key[2]: fmpq(1)}))
        case "poly":
            return _term_of(s, thaw(key[1]))
    return Sym(key[0])

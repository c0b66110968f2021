"""Normal form: a D-free core term becomes a Laurent polynomial over interned atoms.

What is done, construct by construct (each line is an identity on the common domain):

* exp(sum c_k m_k) = prod exp(m_k)^c_k, one generator a monomial, so that all Q-dependencies among
  arguments are visible; sigma(z) = 1 - 1/(1 + e^z), tanh(z) = 1 - 2/(1 + e^{2z}).
* log p = sum k log|f| over the irreducible factors f of p, log e^b = b; b^n = exp(n log b).
* |p| = p (2 [p>0] - 1), relu(p) = p [p>0], with [.] idempotent and one per irreducible factor.
* Sum: the body is expanded into monomials; what does not depend on the index leaves the sum, inner
  sums are merged, deltas contracted, ranges brought to 1..N, and each connected product becomes one
  atom ("sum", ..) with its bound indices numbered canonically (a contraction graph).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from flint import fmpq

from ..core import Add, Call, Core, Delta, Div, Mul, Num, Pow, Ref, Sum, Sym, text
from ..functions import FUNCTIONS
from ..kernel.limits import Unsupported
from ..kernel.signs import range_of
from .algebra import factor, inverse, vanishes
from .atoms import reference, rewritten, symbol
from .functions import by_cases, call
from .polynomials import Poly, const, freeze, minus, scale, thaw
from .powers import raise_to
from .ring import add, delta, mul, sub
from .signs import at_least, note_positive
from .state import State, burn
from .substitution import subst
from .sums import index_over, sum_over

Names: TypeAlias = dict[str, int]
"""Bound names with their index atoms."""


def norm(s: State, t: Core, names: Names) -> Poly:
    """The polynomial of a term."""
    key = id(t), id(names)
    known = s.memo.terms.get(key)
    if known is None:
        burn(s, 1)
        form = _FORMS.get(type(t))
        if form is None:
            raise Unsupported(f"no normal form for {text(t)}")
        # The term and the names are kept with the result, so that their ids stay theirs.
        known = s.memo.terms[key] = (t, names, form(s, t, names))
    return known[2]


def _number(s: State, t: Num, names: Names) -> Poly:
    return const(fmpq(t.value.numerator, t.value.denominator))


def _symbol(s: State, t: Sym, names: Names) -> Poly:
    return rewritten(s, names[t.name] if t.name in names else symbol(s, t.name, t.sort))


def _reference(s: State, t: Ref, names: Names) -> Poly:
    return reference(s, t.name, tuple(freeze(norm(s, k, names)) for k in t.indices))


def _added(s: State, t: Add, names: Names) -> Poly:
    return add(s, *(norm(s, k, names) for k in t.terms))


def _multiplied(s: State, t: Mul, names: Names) -> Poly:
    out, *rest = (norm(s, f, names) for f in t.factors) if t.factors else (const(1),)
    for p in rest:
        out = mul(s, out, p)
    return out


def _divided(s: State, t: Div, names: Names) -> Poly:
    below = norm(s, t.den, names)
    if below:
        s.attempt.nonzero.update(k for k, _ in factor(s, below)[2])
    return mul(s, norm(s, t.num, names), by_cases(s, [below], lambda p: inverse(s, *p)))


def _raised(s: State, t: Pow, names: Names) -> Poly:
    powers = [norm(s, t.base, names), norm(s, t.exp, names)]
    if isinstance(t.exp, Num) and t.exp.value.denominator > 1:
        note_positive(s, powers[0])
    return by_cases(s, powers, lambda p: raise_to(s, *p))


def _called(s: State, t: Call, names: Names) -> Poly:
    values = [norm(s, a, names) for a in t.args]
    if t.fn in FUNCTIONS and FUNCTIONS[t.fn].kinked and range_of(t.args[0]).nonnegative:
        note_positive(s, values[0])
    return call(s, t.fn, values, t.orders)


def _delta(s: State, t: Delta, names: Names) -> Poly:
    return delta(s, sub(s, norm(s, t.left, names), norm(s, t.right, names)))


def _summed(s: State, t: Sum, names: Names) -> Poly:
    lo, hi = norm(s, t.lower, names), norm(s, t.upper, names)
    i = index_over(s, (freeze(lo), freeze(hi)), set(names.values()))
    known, weak = s.signs.positive.copy(), s.signs.weak.copy()
    term = norm(s, t.body, {**names, t.index.name: i})
    if (s.signs.positive, s.signs.weak) != (known, weak) and not at_least(s, sub(s, hi, lo), 0):
        # Where the range is empty the body need not be defined: what it taught is unlearned.
        s.signs.positive, s.signs.weak = known, weak
        s.memo.forget()
    return sum_over(s, term, i, lo, hi)


_FORMS: dict[type[Core], Callable[[State, Any, Names], Poly]] = {
    Num: _number,
    Sym: _symbol,
    Ref: _reference,
    Add: _added,
    Mul: _multiplied,
    Div: _divided,
    Pow: _raised,
    Call: _called,
    Delta: _delta,
    Sum: _summed,
}


def vanishes_by_cases(s: State, p: Poly, apart: tuple[Poly, ...] = ()) -> bool:
    """Is p zero whichever of its free indices coincide?  ``apart`` are differences that are not 0."""
    if vanishes(s, p):
        return True
    for k in sorted({k for m in p for k, _ in m if s.atoms[k][0] == "delta"}):
        if any(s.atoms[d][0] != "sym" for d in s.deps[k]):
            continue
        equation = thaw(s.atoms[k][1])
        without = {u: v for u, v in p.items() if all(j != k for j, _ in u)}
        if equation in apart or minus(equation) in apart:
            return vanishes_by_cases(s, without, apart)
        at = _solved(equation)
        if at is not None:
            still = tuple(subst(s, q, at) for q in apart)
            together = not all(still) or vanishes_by_cases(s, subst(s, p, at), still)
            return together and vanishes_by_cases(s, without, (*apart, equation))
    return False


def _solved(equation: Poly) -> dict[int, Poly] | None:
    """An index for which the equation gives a value."""
    for m, c in equation.items():
        if c * c == 1 and len(m) == 1 and m[0][1] == 1:
            return {m[0][0]: scale({u: v for u, v in equation.items() if u != m}, -1 / c)}
    return None

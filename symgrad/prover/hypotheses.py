"""Hypotheses: givens as rewriting rules of the normal form: signs, two-valued names, symmetry, equations."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeVar

from flint import fmpq

from ..core import Add, Given, Num, Ref, Sum, Sym, every_entry, symmetry, walk
from ..errors import ScopeError
from .normal import norm
from .polynomials import Frozen, Poly, constant_of, freeze, minus, scale
from .ring import sub
from .state import Key, State, new_index, restrict

ZERO = Num(Fraction(0))
T = TypeVar("T", Frozen, str)
LEADS = ("sym", "ref", "sum")
"""Kinds of atoms that an equation eliminates, the last first."""


def assume(s: State, given: tuple[Given, ...]) -> None:
    """Install the givens; an equation that reduces to a false one raises ScopeError."""
    for g in given:  # symmetries first: they say of which entry the others speak
        if symmetry(g):
            assert isinstance(g.lhs, Ref)
            s.givens.symmetric[g.lhs.name] = symmetry(g)
    for g in sorted(given, key=lambda g: g.op in (">", "<")):  # strict signs last: they contradict others
        if g.op == "in" and isinstance(g.lhs, Sym | Ref) and len(g.values) == 2:
            _two_values(s, g, g.lhs)
        elif g.op in (">", "<", ">=", "<="):
            _sign(s, g)
    for g in given:
        if g.op == "=" and not symmetry(g):
            _one_hot(s, g)
            _equation(s, g)


def _two_values(s: State, g: Given, entry: Sym | Ref) -> None:
    a, b = (fmpq(v.numerator, v.denominator) for v in g.values)
    if every_entry(entry):
        s.givens.two_valued[entry.name] = (a, b)
        return
    match list(norm(s, entry, {}).items()):
        case [(((n, 1),), c)]:  # c is -1 where A_21 is written -A_12
            restrict(s, n, (a / c, b / c))


def _sign(s: State, g: Given) -> None:
    """A sign; that >= and > make no difference is seen where it would: at [a > 0], 1/a and log a."""
    greater, smaller = (g.lhs, g.rhs) if g.op[0] == ">" else (g.rhs, g.lhs)
    weak = len(g.op) == 2
    zero = weak and smaller == ZERO
    above = isinstance(smaller, Num) and smaller.value >= 0
    if above and isinstance(greater, Ref) and every_entry(greater):
        _note(greater.name, s.signs.names, s.signs.weak, zero, not weak)
        return
    value = norm(s, greater, {})
    p = sub(s, value, norm(s, smaller, {}))
    _contradiction(s, g, p, weak)
    if constant_of(p) is None:
        _note(freeze(p), s.signs.positive, s.signs.weak, weak, not weak)
        if above:
            _note(freeze(value), s.signs.positive, s.signs.weak, zero, not zero)


def _contradiction(s: State, g: Given, p: Poly, weak: bool) -> None:
    """p > 0 (``weak``: p >= 0) is false, or what was given before says that it is."""
    value = constant_of(p)
    if value is not None and (value < 0 or (value == 0 and not weak)):
        raise ScopeError(f"the given {g.text or 'inequality'} is false")
    if value is None and not weak and freeze(minus(p)) in s.signs.positive:
        raise ScopeError(f"the given {g.text or 'inequality'} contradicts another one")


def _note(known: T, positive: set[T], weak: set[Frozen | str], zero: bool, sure: bool) -> None:
    if zero and known not in positive:
        weak.add(known)
    elif sure:
        weak.discard(known)
    positive.add(known)


def _one_hot(s: State, g: Given) -> None:
    """sum_k y_k = 1 with y_k in {0, 1}: exactly one of them is 1."""
    match g:
        case Given(Sum(Ref(name, (k,)), index, lower, upper), "=", Num(value)) if k == index and value == 1:
            if s.givens.two_valued.get(name) in ((0, 1), (1, 0)):
                s.givens.one_hot[name] = (freeze(norm(s, lower, {})), freeze(norm(s, upper, {})))


def _equation(s: State, g: Given) -> None:
    both = Add((g.lhs, g.rhs))
    bound = {t.index for t in walk(both) if isinstance(t, Sum)}
    holes = {t for t in walk(both) if isinstance(t, Sym) and t.sort == "index" and t not in bound}
    env = {h.name: new_index(s) for h in sorted(holes, key=lambda h: h.name)}
    p = sub(s, norm(s, g.lhs, env), norm(s, g.rhs, env))
    if not p:
        return
    if constant_of(p) is not None:
        raise ScopeError(f"the given {g.text or 'equation'} contradicts the others: it would mean 1 = 0")
    lead = _leading(s, p, frozenset(env.values()))
    if lead is None:
        return
    c = p[((lead, 1),)]
    rest: Poly = {m: v for m, v in p.items() if m != ((lead, 1),)}
    s.memo.forget()
    s.givens.rules.append((lead, frozenset(env.values()), scale(rest, -1 / c)))


def _leading(s: State, p: Poly, holes: frozenset[int]) -> int | None:
    """The atom to eliminate: alone in its term, in no other term, holding every placeholder."""
    alone = [(m, m[0][0]) for m in p if len(m) == 1 and m[0][1] == 1]
    found = [
        n for m, n in alone
        if _is_unknown(s.atoms[n]) and holes <= s.deps[n]
        and not any(n == k or n in s.deps[k] for u in p if u != m for k, _ in u)
    ]
    return max(found, key=lambda n: (LEADS.index(s.atoms[n][0]), n), default=None)


def _is_unknown(key: Key) -> bool:
    return key[0] in LEADS and (key[0] != "sym" or key[2] == "real")

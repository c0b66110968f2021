"""Givens become rewriting rules of the normal form: signs, two-valued names, symmetry, equations."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

from ..core import Add, Core, Given, Num, Ref, Sum, Sym, walk
from ..errors import ScopeError
from .normal import Normal
from .polynomials import Poly, constant_of, freeze

ZERO = Num(Fraction(0))


def assume(algebra: Normal, given: tuple[Given, ...]) -> None:
    """Install the givens; an equation that reduces to a false one raises ScopeError."""
    for g in given:
        if g.op == "in" and isinstance(g.lhs, Sym | Ref) and len(g.values) == 2:
            a, b = (fmpq(v.numerator, v.denominator) for v in g.values)
            algebra.two_valued[g.lhs.name] = (a, b)
        elif g.op in (">", "<"):
            _sign(algebra, g)
        elif g.op == "=" and _is_symmetry(g.lhs, g.rhs):
            assert isinstance(g.lhs, Ref)
            algebra.symmetric.add(g.lhs.name)
    for g in given:
        if g.op == "=" and not _is_symmetry(g.lhs, g.rhs):
            _equation(algebra, g)


def _sign(algebra: Normal, g: Given) -> None:
    greater, smaller = (g.lhs, g.rhs) if g.op == ">" else (g.rhs, g.lhs)
    if isinstance(smaller, Num) and smaller.value >= 0 and isinstance(greater, Ref):
        algebra.positive_names.add(greater.name)
        return
    p = algebra.sub(algebra.norm(greater, {}), algebra.norm(smaller, {}))
    value = constant_of(p)
    if value is not None:
        if value <= 0:
            raise ScopeError(f"the given {g.text or 'inequality'} is false")
        return
    if freeze(algebra.scale(p, fmpq(-1))) in algebra.positive:
        raise ScopeError(f"the given {g.text or 'inequality'} contradicts another one")
    algebra.positive.add(freeze(p))
    if isinstance(smaller, Num) and smaller.value >= 0:
        algebra.positive.add(freeze(algebra.norm(greater, {})))


def _is_symmetry(lhs: Core, rhs: Core) -> bool:
    return (
        isinstance(lhs, Ref) and isinstance(rhs, Ref) and lhs.name == rhs.name
        and len(lhs.indices) == 2 and lhs.indices == rhs.indices[::-1] and lhs.indices[0] != lhs.indices[1]
    )


def _equation(algebra: Normal, g: Given) -> None:
    both = Add((g.lhs, g.rhs))
    bound = {t.index for t in walk(both) if isinstance(t, Sum)}
    holes = {t for t in walk(both) if isinstance(t, Sym) and t.sort == "index" and t not in bound}
    env = {h.name: algebra.new_index() for h in sorted(holes, key=lambda h: h.name)}
    p = algebra.sub(algebra.norm(g.lhs, env), algebra.norm(g.rhs, env))
    if not p:
        return
    if constant_of(p) is not None:
        raise ScopeError(f"the given {g.text or 'equation'} contradicts the others: it would mean 1 = 0")
    lead = _leading(algebra, p, frozenset(env.values()))
    if lead is None:
        return
    c = p[((lead, 1),)]
    rest: Poly = {m: v for m, v in p.items() if m != ((lead, 1),)}
    algebra.rules.append((lead, frozenset(env.values()), algebra.scale(rest, -1 / c)))


def _leading(algebra: Normal, p: Poly, holes: frozenset[int]) -> int | None:
    """The atom to eliminate: alone in its term, in no other term, holding every placeholder."""
    best = None
    for m in p:
        if len(m) != 1 or m[0][1] != 1 or algebra.atoms[m[0][0]][0] not in ("sum", "ref", "sym"):
            continue
        n = m[0][0]
        if not holes <= algebra.deps[n]:
            continue
        if algebra.atoms[n][0] == "sym" and algebra.atoms[n][2] != "real":
            continue
        if any(n == k or n in algebra.deps[k] for u in p if u != m for k, _ in u):
            continue
        key = (("sym", "ref", "sum").index(algebra.atoms[n][0]), n)
        if best is None or key > best:
            best = key
    return best[1] if best else None

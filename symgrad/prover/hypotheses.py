"""Hypotheses: givens as rewriting rules of the normal form: signs, two-valued names, symmetry, equations."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

from ..core import Add, Given, Mul, Num, Ref, Sum, Sym, every_entry, walk
from ..errors import ScopeError
from .normal import Normal
from .polynomials import Poly, constant_of, freeze

ZERO = Num(Fraction(0))


def assume(algebra: Normal, given: tuple[Given, ...]) -> None:
    """Install the givens; an equation that reduces to a false one raises ScopeError."""
    for g in given:  # symmetries first: they say of which entry the others speak
        if g.op == "=" and symmetry(g):
            assert isinstance(g.lhs, Ref)
            algebra.symmetric[g.lhs.name] = symmetry(g)
    for g in sorted(given, key=lambda g: g.op in (">", "<")):  # strict signs last: they contradict others
        if g.op == "in" and isinstance(g.lhs, Sym | Ref) and len(g.values) == 2:
            a, b = (fmpq(v.numerator, v.denominator) for v in g.values)
            if every_entry(g.lhs):
                algebra.two_valued[g.lhs.name] = (a, b)
                continue
            match list(algebra.norm(g.lhs, {}).items()):
                case [(((n, 1),), c)]:  # c is -1 where A_21 is written -A_12
                    algebra.restrict(n, (a / c, b / c))
        elif g.op in (">", "<", ">=", "<="):
            _sign(algebra, g)
    for g in given:
        if g.op == "=" and not symmetry(g):
            _one_hot(algebra, g)
            _equation(algebra, g)


def _sign(algebra: Normal, g: Given) -> None:
    """A sign; that >= and > make no difference is seen where it would: at [a > 0], 1/a and log a."""
    greater, smaller = (g.lhs, g.rhs) if g.op[0] == ">" else (g.rhs, g.lhs)
    weak = len(g.op) == 2
    above = isinstance(smaller, Num) and smaller.value >= 0
    if above and isinstance(greater, Ref) and every_entry(greater):
        if weak and greater.name not in algebra.positive_names and smaller == ZERO:
            algebra.weak.add(greater.name)
        elif not weak:
            algebra.weak.discard(greater.name)
        algebra.positive_names.add(greater.name)
        return
    p = algebra.sub(algebra.norm(greater, {}), algebra.norm(smaller, {}))
    value = constant_of(p)
    if value is not None:
        if value < 0 or (value == 0 and len(g.op) == 1):
            raise ScopeError(f"the given {g.text or 'inequality'} is false")
        return
    if len(g.op) == 1 and freeze(algebra.scale(p, fmpq(-1))) in algebra.positive:
        raise ScopeError(f"the given {g.text or 'inequality'} contradicts another one")
    for known, zero in ((freeze(p), weak), (freeze(algebra.norm(greater, {})), weak and smaller == ZERO)):
        if known == freeze(p) or above:
            if zero and known not in algebra.positive:
                algebra.weak.add(known)
            elif not zero:
                algebra.weak.discard(known)
            algebra.positive.add(known)


def symmetry(g: Given) -> int:
    """1 for A_ij = A_ji, -1 for A_ij = -A_ji, else 0."""
    match g:
        case Given(Ref(name, (i, j)), "=", Ref(other, (k, l))) if (name, i, j) == (other, l, k) and i != j:
            return 1
        case Given(Ref() as left, "=", Mul((Num(value), Ref() as right))) if value == -1:
            return -symmetry(Given(left, "=", right))
    return 0


def _one_hot(algebra: Normal, g: Given) -> None:
    """sum_k y_k = 1 with y_k in {0, 1}: exactly one of them is 1."""
    match g:
        case Given(Sum(Ref(name, (k,)), index, lower, upper), "=", Num(value)) if k == index and value == 1:
            if algebra.two_valued.get(name) in ((0, 1), (1, 0)):
                algebra.one_hot[name] = (freeze(algebra.norm(lower, {})), freeze(algebra.norm(upper, {})))


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
    algebra.forget()
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

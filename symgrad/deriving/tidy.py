"""Tidying a written expression: collect numbers and signs, move constants out of Σ, cancel, combine.

A heuristic for the last lines of a derivation: nothing here is believed, each rewriting is judged like
any other step.  Products are kept factored, with every atom (a symbol, an entry, σ(z), a written sum in
parentheses) to an integer power; a sum is expanded only where that makes it shorter.

>>> from symgrad.page.tree import Add, Mul, Neg, Num, Sym
>>> s, y, x = Sym("s"), Sym("y"), Sym("x")
>>> one_minus = lambda a: Add((Num(1), Neg(a)))
>>> tidied, how = tidy(Add((Mul((y, one_minus(s), x)), Neg(Mul((one_minus(y), s, x))))), Scope())
>>> tidied == Mul((Add((y, Neg(s))), x)), how
(True, ('factor', 'expand', 'combine'))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from math import gcd, lcm
from typing import Any, Literal

from ..page import tree as page
from ..page.scope import Scope
from ..page.tree import Node, children, free_names, walk
from .layouts import groups, vectorish
from .terms import ONE, ZERO, Term, integer, joined, positive_first, written

_MAX_TERMS = 60
_MAX_POWER = 6


Level = Literal["split", "terms", "factor", "expand"]


def tidy(node: Node, scope: Scope, level: Level = "expand") -> tuple[Node, tuple[str, ...]]:
    """The expression as one would rather write it, and what was done beyond collecting factors.

    ``level`` says how far to go: fractions divided term by term, every term by itself, terms added up and
    common factors taken out, sums multiplied out where that is shorter.  The second value names, in order
    of use, "cancel", "combine", "count" (Σ c = N c), "expand", "factor".
    """
    work = _Tidy(scope, level)
    return work.node(node), tuple(work.used)


def product(node: Node, scope: Scope) -> Term:
    """The node as a number times powers of atoms, written sums kept whole."""
    return _Tidy(scope, "terms").term(node)


def expanded(node: Node, scope: Scope) -> list[Term]:
    """The node multiplied out into terms."""
    work = _Tidy(scope, "terms")
    return work.combine(work.expand(work.terms(node)))


def equal_expanded(a: Node, b: Node, scope: Scope) -> bool:
    """Do both expand to the same terms (with nothing under a line or a function sign rewritten)?"""
    work = _Tidy(scope, "expand")
    difference = work.combine(work.expand([*work.terms(a), *(t.scaled(-1) for t in work.terms(b))]))
    return not difference


def mentions(node: Node, name: str, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
    """Does ``name`` occur free in the node, or in the definition of a name that does?"""
    free = free_names(node)
    if name in free:
        return True
    for other in sorted(free - seen):
        for definition in scope.definitions.get(other, ()):
            placeholders: frozenset[str] = frozenset()
            for pattern in (*definition.lower, *definition.upper, *(definition.params or ())):
                placeholders |= free_names(pattern)
            if name not in placeholders and mentions(definition.body, name, scope, seen | {other}):
                return True
    return False


class _Tidy:
    def __init__(self, scope: Scope, level: Level) -> None:
        self.scope = scope
        self.level = level
        self.used: dict[str, None] = {}
        self.made: dict[Node, None] = {}  # sums that we wrote ourselves, whose sign is ours to choose

    def did(self, what: str) -> None:
        self.used.setdefault(what)

    # ------------------------------------------------------------------ trees to terms and back

    def node(self, node: Node) -> Node:
        return written(self.sign(self.term(node))) if type(node) in _TERMS else node

    def term(self, node: Node) -> Term:
        """The node as one product; sums inside are tidied and stay atoms."""
        read = _TERMS.get(type(node))
        found = None if read is None else read(self, node)
        return Term(powers={node: 1}) if found is None else found

    def number(self, node: page.Num) -> Term:
        return Term(Fraction(node.value))

    def negative(self, node: page.Neg) -> Term:
        return self.term(node.arg).scaled(-1)

    def factors(self, node: page.Mul) -> Term:
        if sum(vectorish(f, self.scope) for f in node.factors) < 2:
            return self.product(self.term(f) for f in node.factors)
        parts = groups(node.factors, self.scope)
        rest = [p for p in parts if vectorish(p, self.scope)]
        if not rest and len(parts) > 1:
            return self.product(map(self.term, parts))
        # v^T u A stays in this order: A v^T u would be read from the left
        inside = [f for p in parts if isinstance(p, page.Mul) and p not in rest for f in p.factors]
        scalars = [self.term(p) for p in parts if p not in rest and not isinstance(p, page.Mul)]
        chain = [self.vector(f) for f in (*inside, *rest)]
        whole = Term(powers={joined([v for _, v in chain]): 1})
        return self.product((*scalars, *(t for t, _ in chain), whole))

    def transpose(self, node: page.Transpose) -> Term:
        scalar, vector = self.vector(node)
        return self.product((scalar, Term(powers={vector: 1})))

    def quotient(self, node: page.Frac) -> Term | None:
        num, den = node.num, node.den
        if isinstance(num, page.Add) and self.level == "split" and not isinstance(den, page.Num):
            apart = (
                page.Neg(page.Frac(p.arg, den)) if isinstance(p, page.Neg) else page.Frac(p, den)
                for p in num.terms
            )
            return self.term(page.Add(tuple(apart)))
        below = self.term(den)
        return self.product((self.term(num), below.inverse())) if below.number else None

    def power(self, node: page.Pow) -> Term | None:
        k = integer(node.exp)
        if not k or vectorish(node.base, self.scope):
            return None
        inner = self.term(node.base)
        if not inner.number and k < 0:
            return None
        return Term(inner.number**k, {a: p * k for a, p in inner.powers.items()})

    def cases(self, node: page.Cases) -> Term:
        branches = tuple((self.node(value), condition) for value, condition in node.branches)
        return Term(powers={page.Cases(branches): 1})

    def vector(self, node: Node) -> tuple[Term, Node]:
        """A factor that is a vector or a matrix, its numbers, signs and scalars apart."""
        match node:
            case page.Neg(arg):
                scalar, vector = self.vector(arg)
                return scalar.scaled(-1), vector
            case page.Transpose(arg):
                scalar, vector = self.vector(arg)
                return scalar, vector.arg if isinstance(vector, page.Transpose) else page.Transpose(vector)
            case page.Mul(factors) if sum(vectorish(f, self.scope) for f in factors) == 1:
                inner, vector = self.vector(next(f for f in factors if vectorish(f, self.scope)))
                scalars = (self.term(f) for f in factors if not vectorish(f, self.scope))
                return self.product((*scalars, inner)), vector
        return Term(), node

    def product(self, terms: Iterable[Term]) -> Term:
        number = Fraction(1)
        powers: dict[Node, int] = {}
        lead = None
        for t in terms:
            number *= t.number
            lead = lead or t.lead
            for atom, k in t.powers.items():
                old = powers.get(atom, 0)
                if old and (old > 0) != (k > 0):
                    self.did("cancel")
                if old + k:
                    powers[atom] = old + k
                else:
                    del powers[atom]
        return Term(number, powers, lead if lead in powers else None) if number else Term(Fraction(0))

    def sign(self, term: Term) -> Term:
        """With a minus sign in front pushed into a sum that we wrote ourselves."""
        if term.number < 0:
            for atom, k in term.powers.items():
                flipped = self.flip(atom) if k == 1 else None
                if flipped is not None:
                    powers = {flipped if a == atom else a: p for a, p in term.powers.items()}
                    lead = flipped if term.lead == atom else term.lead
                    return Term(-term.number, powers, lead)
        return term

    def flip(self, atom: Node) -> Node | None:
        if isinstance(atom, page.Add) and atom in self.made:
            if not any(isinstance(t, page.Neg) for t in atom.terms):
                return None
            turned = tuple(t.arg if isinstance(t, page.Neg) else page.Neg(t) for t in atom.terms)
            return page.Add(positive_first(turned))
        if isinstance(atom, page.Sum):
            body = atom.body
            for k, factor in enumerate(body.factors if isinstance(body, page.Mul) else (body,)):
                turned_factor = self.flip(factor)
                if turned_factor is not None:
                    if not isinstance(body, page.Mul):
                        return page.Sum(turned_factor, atom.index, atom.lower, atom.upper, atom.condition)
                    factors = (*body.factors[:k], turned_factor, *body.factors[k + 1:])
                    return page.Sum(page.Mul(factors), atom.index, atom.lower, atom.upper, atom.condition)
        return None

    # ------------------------------------------------------------------------------ Σ

    def sum(self, node: page.Sum) -> Term:
        """Constants go in front; a sum of a constant is counted."""
        inner = self.term(node.body)
        if not inner.number:
            return Term(Fraction(0))
        out, kept = Term(inner.number), Term(lead=inner.lead)
        for atom, k in inner.powers.items():
            target = kept if mentions(atom, node.index.name, self.scope) else out
            target.powers[atom] = k
        if kept.lead is not None and kept.lead not in kept.powers:
            kept.lead = None
        if not kept.powers:
            count = size_of(node, self.scope)
            if count is not None:
                self.did("count")
                return self.product((out, self.term(count)))
        body = written(kept)
        return self.product((out, Term(powers={page.Sum(
            body, node.index, node.lower, node.upper, node.condition, span=node.span): 1})))

    # ------------------------------------------------------------------------------ sums of terms

    def terms(self, node: Node) -> list[Term]:
        match node:
            case page.Add(parts):
                return [t for part in parts for t in self.terms(part)]
            case page.Neg(arg):
                return [t.scaled(-1) for t in self.terms(arg)]
        return [self.term(node)]

    def add(self, node: page.Add) -> Term:
        terms = self.terms(node)
        if all(_plain(t) for t in terms) and not _repeats(terms) and not self.common(terms).powers:
            # symbols to powers, nothing to gain: y_i - (m x_i + b) stays as its author wrote it
            return Term(powers={page.Add(tuple(map(self.one, node.terms))): 1})
        if self.level in ("split", "terms"):
            return Term(powers={_plus(terms): 1})
        ways = [lambda: self.factored(self.combine(terms))]
        if self.level == "expand":
            ways += [lambda: self.shared(terms), lambda: self.factored(self.combine(self.expand(terms)))]
        best, how = min(map(self.attempt, ways), key=lambda found: _size(written(found[0])))
        if written(best) == node:
            self.made.pop(node, None)
            return Term(powers={node: 1})
        self.used.update(how)
        return best

    def one(self, part: Node) -> Node:
        """A term by itself; a sum in parentheses stays one."""
        inside = part.arg if isinstance(part, page.Neg) else part
        return part if isinstance(inside, page.Add) else written(self.term(part))

    def attempt(self, make: Callable[[], Term]) -> tuple[Term, dict[str, None]]:
        """A candidate, with what was done for it."""
        before, self.used = self.used, {}
        term, how = make(), self.used
        self.used = before
        return term, how

    def combine(self, terms: list[Term]) -> list[Term]:
        """Like terms added up, zeros dropped."""
        out: dict[frozenset[tuple[Node, int]], Term] = {}
        for t in terms:
            if t.key in out:
                self.did("combine")
                out[t.key].number += t.number
            else:
                out[t.key] = t.scaled(1)
        return [t for t in out.values() if t.number]

    def expand(self, terms: list[Term]) -> list[Term]:
        """Sums multiplied out: first those with something under a line, so that it can cancel."""
        todo, done = list(terms), list[Term]()
        while todo:
            t = todo.pop(0)
            sums = [a for a, k in t.powers.items() if isinstance(a, page.Add) and 0 < k <= _MAX_POWER]
            if not sums or len(todo) + len(done) > _MAX_TERMS:
                done.append(t)
                continue
            self.did("expand")
            chosen = next((a for a in sums if any(isinstance(n, page.Frac) for n in walk(a))), sums[0])
            rest = Term(t.number, {a: k for a, k in t.powers.items() if a != chosen})
            if t.powers[chosen] > 1:
                rest.powers[chosen] = t.powers[chosen] - 1
            todo = [self.product((rest, part)) for part in self.terms(chosen)] + todo
        return done

    def common(self, terms: list[Term]) -> Term:
        """The greatest common factor of several terms (its number only beside a common atom or no Σ)."""
        first, *others = terms
        powers: dict[Node, int] = {}
        for atom, k in first.powers.items():
            k = min([k, *(t.powers.get(atom, 0) for t in others)])
            if k > 0 or (k < 0 and all(t.powers.get(atom, 0) < 0 for t in terms)):
                powers[atom] = max(t.powers[atom] for t in terms) if k < 0 else k
        numbers = [abs(t.number) for t in terms]
        number = Fraction(gcd(*(n.numerator for n in numbers)), lcm(*(n.denominator for n in numbers)))
        whole = page.BigOp | page.Derivative | page.Evaluated | page.Mul
        if any(isinstance(a, whole) for t in terms for a in t.powers):
            number = Fraction(1)
        if all(t.number < 0 for t in terms):
            number = -number
        return Term(number, powers)

    def shared(self, terms: list[Term]) -> Term:
        """Multiplied out but for what all terms have in common."""
        front = Term(powers=self.common(terms).powers)
        if front.powers:
            self.did("factor")
        inverse = front.inverse()
        rest = [self.attempt(partial(self.product, (t, inverse)))[0] for t in terms]
        inner = self.factored(self.combine(self.expand(rest)))
        sums = [a for a in inner.powers if isinstance(a, page.Add)]
        inner.lead = inner.lead or (sums[0] if sums and front.powers and not _chooses(sums[0]) else None)
        return self.product((inner, front))

    def factored(self, terms: list[Term]) -> Term:
        if not terms:
            return Term(Fraction(0))
        if len(terms) == 1:
            return terms[0]
        common = self.common(terms)
        if common.powers or common.number != 1:
            self.did("factor")
        inverse = common.inverse()
        rest = [self.attempt(partial(self.product, (t, inverse)))[0] for t in terms]
        total = page.Add(positive_first(tuple(written(t) for t in rest)))
        self.made.setdefault(total)
        lead = total if common.powers and not _chooses(total) else None
        return Term(common.number, {total: 1, **common.powers}, lead)


_TERMS: dict[type[Node], Callable[[_Tidy, Any], Term | None]] = {
    page.Num: _Tidy.number,
    page.Neg: _Tidy.negative,
    page.Mul: _Tidy.factors,
    page.Transpose: _Tidy.transpose,
    page.Frac: _Tidy.quotient,
    page.Pow: _Tidy.power,
    page.Add: _Tidy.add,
    page.Sum: _Tidy.sum,
    page.Cases: _Tidy.cases,
}
"""What can be tidied; None where it is an atom after all."""


def _chooses(node: Node) -> bool:
    """Is there a δ_ij or an indicator in it?"""
    delta = page.Sym("\\delta")
    return any(
        isinstance(n, page.Indicator) or (isinstance(n, page.Indexed) and n.base == delta) for n in walk(node)
    )


def size_of(node: page.Sum, scope: Scope) -> Node | None:
    """How many terms a Σ has, where its range says so."""
    lower, upper = node.lower, node.upper
    if lower is None and upper is None:
        kind = scope.kind(node.index.name)
        if kind is None or kind.role != "index":
            return None
        lower, upper = kind.lower, kind.upper
    if node.condition is not None or lower is None or upper is None:
        return None
    start, end = integer(lower), integer(upper)
    if start is not None and end is not None:
        return page.Num(end - start + 1) if end >= start else None
    if start == 1:
        return upper
    if start == 0:
        return page.Add((upper, ONE))
    return None


def _plus(terms: list[Term]) -> Node:
    kept = [written(t) for t in terms if t.number]
    return ZERO if not kept else kept[0] if len(kept) == 1 else page.Add(tuple(kept))


def _plain(term: Term) -> bool:
    return all(k > 0 and not isinstance(a, page.Add | page.Sum) for a, k in term.powers.items())


def _repeats(terms: list[Term]) -> bool:
    seen: dict[frozenset[tuple[Node, int]], None] = {}
    for t in terms:
        if t.key in seen or not t.number:
            return True
        seen[t.key] = None
    return False


def reordered(a: Node, b: Node) -> bool:
    """Do the two differ in nothing but the order of factors and terms, numbers being in front in both?"""
    return _loosely(a) == _loosely(b)


def _loosely(node: Node) -> object:
    parts: list[object] = [_loosely(child) for child in children(node)]
    if isinstance(node, page.Mul):
        numbers = [isinstance(f, page.Num) for f in node.factors]
        return "Mul", numbers == sorted(numbers, reverse=True), sorted(parts, key=repr)
    if isinstance(node, page.Add):
        return "Add", sorted(parts, key=repr)
    return (type(node).__name__, parts) if parts else node


def _size(node: Node) -> int:
    return sum(1 for n in walk(node) if not isinstance(n, page.Neg))

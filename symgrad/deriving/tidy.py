"""Tidying a written expression: collect numbers and signs, move constants out of Σ, cancel, combine.

A heuristic for the last lines of a derivation: nothing here is believed, each rewriting is judged like
any other step.  Products are kept factored, with every atom (a symbol, an entry, σ(z), a written sum in
parentheses) to an integer power; a sum is expanded only where that makes it shorter.

>>> from symgrad.page.tree import Add, Neg
>>> s, y, x = Sym("s"), Sym("y"), Sym("x")
>>> one_minus = lambda a: Add((Num(1), Neg(a)))
>>> tidied, how = tidy(Add((Mul((y, one_minus(s), x)), Neg(Mul((one_minus(y), s, x))))), Scope())
>>> tidied == Mul((Add((y, Neg(s))), x)), how
(True, ('factor', 'expand', 'combine'))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from math import gcd, lcm
from typing import Literal

from ..page.scope import Scope
from ..page.tree import (
    Add,
    BigOp,
    Call,
    Cases,
    Derivative,
    EntrywiseQuotient,
    Evaluated,
    Frac,
    Gradient,
    Hadamard,
    Indexed,
    Indicator,
    Matrix,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Sum,
    Sym,
    Transpose,
    children,
    free_names,
    substitute,
    walk,
)

ONE, TWO, ZERO = Num(1), Num(2), Num(0)
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


def vectorish(node: Node, scope: Scope) -> bool:
    """May this factor be a vector or a matrix, so that its place in a product matters?"""
    return layout(node, scope) != (False, False)


Layout = tuple[bool, bool]


def layout(node: Node, scope: Scope, seen: frozenset[str] = frozenset()) -> Layout:
    """Does it have many rows, many columns?  (False, False) is a scalar, (True, False) a column.

    >>> from symgrad.page.scope import Kind
    >>> scope = Scope().declare("w", Kind(shape=(Sym("d"),))).declare("A", Kind(shape=(Sym("d"), Sym("d"))))
    >>> w, A = Sym("w"), Sym("A")
    >>> layout(Mul((A, w)), scope), layout(Mul((Transpose(w), A, w)), scope)
    ((True, False), (False, False))
    """
    match node:
        case Sym(name) | Indexed(Sym(name)):
            kind = scope.kind(name)
            taken = len((*node.lower, *node.upper)) if isinstance(node, Indexed) else 0
            if kind is not None and kind.shape:
                left = len(kind.shape) + kind.arity - taken
                return left > 0, left > 1
            for d in scope.definitions.get(name, ()) if kind is None and name not in seen else ():
                if d.params is None and len((*d.lower, *d.upper)) == taken:
                    return layout(d.body, scope, seen | {name})
        case Transpose(arg):
            rows, columns = layout(arg, scope, seen)
            return columns, rows
        case Mul(factors):
            chain = [shape for shape in (layout(f, scope, seen) for f in factors) if shape != (False, False)]
            return (chain[0][0], chain[-1][1]) if chain else (False, False)
        case EntrywiseQuotient(num, den):
            return max(layout(num, scope, seen), layout(den, scope, seen))
        case Add(parts) | Hadamard(parts):
            shapes = [layout(p, scope, seen) for p in parts]
            return max(shapes, default=(False, False))
        case Neg(arg) | Frac(arg, _) | BigOp(arg):
            return layout(arg, scope, seen)
        case Gradient(_, Node() as wrt, 1):
            return layout(wrt, scope, seen)
        case Gradient(_, wrt):
            return (True, True) if wrt is not None and layout(wrt, scope, seen)[0] else (True, False)
        case Derivative(body, ((wrt, 1),)):
            above, below = layout(body, scope, seen), layout(wrt, scope, seen)
            return (above[0] or below[0], above[1] or (above[0] and below[0]))
        case Matrix(entries):
            return len(entries) > 1, len(entries[0]) > 1
        case Call(Sym(name), (arg,)) if not scope.is_function(name):
            return layout(arg, scope, seen)
        case Call(Sym(name) | Indexed(Sym(name)), args):
            for d in scope.definitions.get(name, ()) if name not in seen else ():
                if d.params is not None and len(d.params) == len(args):
                    filled = substitute(d.body, dict(zip(d.params, args, strict=True)))
                    return layout(filled, scope, seen | {name})
    return False, False


def groups(factors: tuple[Node, ...], scope: Scope) -> tuple[Node, ...]:
    """The factors of a product with every scalar product v^T u in one.

    >>> from symgrad.page.scope import Kind
    >>> w, c = Sym("w"), Sym("c")
    >>> groups((c, Transpose(w), w, w), Scope().declare("w", Kind(shape=(Sym("d"),)))) == (
    ...     c, Mul((Transpose(w), w)), w)
    True
    """
    out: list[Node] = []
    row: list[Node] = []
    for f in factors:
        shape = layout(f, scope)
        if shape == (False, False):
            out.append(f)
        elif shape == (False, True):
            out += row
            row = [f]
        elif row:
            row.append(f)
            if not shape[1]:
                out.append(Mul(tuple(row)))
                row = []
        else:
            out.append(f)
    return (*out, *row)


def integer(node: Node) -> int | None:
    """The value of a written integer, with its sign."""
    if isinstance(node, Neg):
        inner = integer(node.arg)
        return None if inner is None else -inner
    if isinstance(node, Num) and Fraction(node.value).denominator == 1:
        return int(node.value)
    return None


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


@dataclass(slots=True)
class Term:
    """number * Π atom^power, atoms in written order; ``lead`` is an atom to be written first."""

    number: Fraction = Fraction(1)
    powers: dict[Node, int] = field(default_factory=dict)
    lead: Node | None = None

    def scaled(self, by: Fraction | int) -> Term:
        return Term(self.number * by, dict(self.powers), self.lead)

    def inverse(self) -> Term:
        return Term(1 / self.number, {a: -k for a, k in self.powers.items()})

    @property
    def key(self) -> frozenset[tuple[Node, int]]:
        return frozenset(self.powers.items())


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
        match node:
            case Add() | Neg() | Mul() | Frac() | Pow() | Sum() | Num() | Transpose() | Cases():
                return build(self.sign(self.term(node)))
        return node

    def term(self, node: Node) -> Term:
        """The node as one product; sums inside are tidied and stay atoms."""
        match node:
            case Num(value):
                return Term(Fraction(value))
            case Neg(arg):
                return self.term(arg).scaled(-1)
            case Mul(factors) if sum(vectorish(f, self.scope) for f in factors) < 2:
                return self.product(self.term(f) for f in factors)
            case Mul(factors):
                parts = groups(factors, self.scope)
                rest = [p for p in parts if vectorish(p, self.scope)]
                if not rest and len(parts) > 1:
                    return self.product(map(self.term, parts))
                # v^T u A stays in this order: A v^T u would be read from the left
                inside = [f for p in parts if isinstance(p, Mul) and p not in rest for f in p.factors]
                scalars = [self.term(p) for p in parts if p not in rest and not isinstance(p, Mul)]
                chain = [self.vector(f) for f in (*inside, *rest)]
                whole = Term(powers={_mul([v for _, v in chain]): 1})
                return self.product((*scalars, *(t for t, _ in chain), whole))
            case Transpose():
                scalar, vector = self.vector(node)
                return self.product((scalar, Term(powers={vector: 1})))
            case Frac(Add(parts), den) if self.level == "split" and not isinstance(den, Num):
                return self.term(Add(tuple(
                    Neg(Frac(p.arg, den)) if isinstance(p, Neg) else Frac(p, den) for p in parts)))
            case Frac(num, den):
                below = self.term(den)
                if below.number:
                    return self.product((self.term(num), below.inverse()))
            case Pow(base, exp):
                k = integer(exp)
                if k is not None and k and not vectorish(base, self.scope):
                    inner = self.term(base)
                    if inner.number or k > 0:
                        return Term(inner.number**k, {a: p * k for a, p in inner.powers.items()})
            case Add():
                return self.add(node)
            case Sum():
                return self.sum(node)
            case Cases(branches):
                return Term(powers={Cases(tuple((self.node(v), condition) for v, condition in branches)): 1})
        return Term(powers={node: 1})

    def vector(self, node: Node) -> tuple[Term, Node]:
        """A factor that is a vector or a matrix, its numbers, signs and scalars apart."""
        match node:
            case Neg(arg):
                scalar, vector = self.vector(arg)
                return scalar.scaled(-1), vector
            case Transpose(arg):
                scalar, vector = self.vector(arg)
                return scalar, vector.arg if isinstance(vector, Transpose) else Transpose(vector)
            case Mul(factors) if sum(vectorish(f, self.scope) for f in factors) == 1:
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
        if isinstance(atom, Add) and atom in self.made and any(isinstance(t, Neg) for t in atom.terms):
            turned = tuple(t.arg if isinstance(t, Neg) else Neg(t) for t in atom.terms)
            return Add(_positive_first(turned))
        if isinstance(atom, Sum):
            body = atom.body
            for k, factor in enumerate(body.factors if isinstance(body, Mul) else (body,)):
                turned_factor = self.flip(factor)
                if turned_factor is not None:
                    if not isinstance(body, Mul):
                        return Sum(turned_factor, atom.index, atom.lower, atom.upper, atom.condition)
                    factors = (*body.factors[:k], turned_factor, *body.factors[k + 1:])
                    return Sum(Mul(factors), atom.index, atom.lower, atom.upper, atom.condition)
        return None

    # ------------------------------------------------------------------------------ Σ

    def sum(self, node: Sum) -> Term:
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
        body = build(kept)
        return self.product((out, Term(powers={Sum(
            body, node.index, node.lower, node.upper, node.condition, span=node.span): 1})))

    # ------------------------------------------------------------------------------ sums of terms

    def terms(self, node: Node) -> list[Term]:
        match node:
            case Add(parts):
                return [t for part in parts for t in self.terms(part)]
            case Neg(arg):
                return [t.scaled(-1) for t in self.terms(arg)]
        return [self.term(node)]

    def add(self, node: Add) -> Term:
        written = self.terms(node)
        if all(_plain(t) for t in written) and not _repeats(written) and not self.common(written).powers:
            # symbols to powers, nothing to gain: y_i - (m x_i + b) stays as its author wrote it
            return Term(powers={Add(tuple(map(self.one, node.terms))): 1})
        if self.level in ("split", "terms"):
            return Term(powers={_plus(written): 1})
        ways = [lambda: self.factored(self.combine(written))]
        if self.level == "expand":
            ways += [lambda: self.shared(written), lambda: self.factored(self.combine(self.expand(written)))]
        best, how = min(map(self.attempt, ways), key=lambda found: _size(build(found[0])))
        if build(best) == node:
            self.made.pop(node, None)
            return Term(powers={node: 1})
        self.used.update(how)
        return best

    def one(self, part: Node) -> Node:
        """A term by itself; a sum in parentheses stays one."""
        inside = part.arg if isinstance(part, Neg) else part
        return part if isinstance(inside, Add) else build(self.term(part))

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
            sums = [a for a, k in t.powers.items() if isinstance(a, Add) and 0 < k <= _MAX_POWER]
            if not sums or len(todo) + len(done) > _MAX_TERMS:
                done.append(t)
                continue
            self.did("expand")
            chosen = next((a for a in sums if any(isinstance(n, Frac) for n in walk(a))), sums[0])
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
        if any(isinstance(a, BigOp | Derivative | Evaluated | Mul) for t in terms for a in t.powers):
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
        sums = [a for a in inner.powers if isinstance(a, Add)]
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
        total = Add(_positive_first(tuple(build(t) for t in rest)))
        self.made.setdefault(total)
        lead = total if common.powers and not _chooses(total) else None
        return Term(common.number, {total: 1, **common.powers}, lead)


def _chooses(node: Node) -> bool:
    """Is there a δ_ij or an indicator in it?"""
    return any(
        isinstance(n, Indicator) or (isinstance(n, Indexed) and n.base == Sym("\\delta")) for n in walk(node)
    )


def size_of(node: Sum, scope: Scope) -> Node | None:
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
        return Num(end - start + 1) if end >= start else None
    if start == 1:
        return upper
    if start == 0:
        return Add((upper, ONE))
    return None


def build(term: Term) -> Node:
    """The product as written: numbers, symbols and entries, then the rest, sums Σ last."""
    above: list[Node] = []
    below: list[Node] = []
    for atom, k in term.powers.items():
        (above if k > 0 else below).append(_power(atom, abs(k)))
    if term.lead is not None and term.lead in above:
        above.remove(term.lead)
        above.insert(0, term.lead)
        ordered = sorted(above, key=lambda n: _rank(n) == 2)
    else:
        ordered = sorted(above, key=_rank)
    for pair in [n for n in ordered if isinstance(n, Add)]:
        partner = _complement(pair)
        if partner in ordered:  # σ(z) stands before 1 - σ(z)
            ordered.remove(partner)
            ordered.insert(ordered.index(pair), partner)
    number = abs(term.number)
    down: list[Node] = [Num(number.denominator)] if number.denominator != 1 else []
    down += sorted(below, key=_rank)
    up: list[Node] = [Num(number.numerator)] if number.numerator != 1 else []
    big = [n for n in ordered if _rank(n) == 2]
    if not down:
        body = _mul([*up, *ordered])
    elif big or (all(isinstance(d, Num | Sym) for d in down) and any(isinstance(n, Add) for n in ordered)):
        # a coefficient stands in front of what it multiplies: (2/N) Σ ..., (1/2)(a + b)
        front = [n for n in ordered if _rank(n) < 1] if big else []
        inner = [n for n in ordered if n not in front]
        if any(not isinstance(d, Num | Sym) for d in down):
            front, inner = [n for n in ordered if n not in big], big
        body = _mul([Frac(_mul([*up, *front]), _mul(down)), *inner])
    else:
        body = Frac(_mul([*up, *ordered]), _mul(down))
    return Neg(body) if term.number < 0 else body if term.number else ZERO


def _complement(node: Add) -> Node | None:
    """The u of 1 - u."""
    match node.terms:
        case (Num(1), Neg(u)):
            return u
    return None


def _plus(terms: list[Term]) -> Node:
    kept = [build(t) for t in terms if t.number]
    return ZERO if not kept else kept[0] if len(kept) == 1 else Add(tuple(kept))


def _mul(factors: list[Node]) -> Node:
    factors = [g for f in factors for g in (f.factors if isinstance(f, Mul) else (f,))]
    return ONE if not factors else factors[0] if len(factors) == 1 else Mul(tuple(factors))


def _power(atom: Node, k: int) -> Node:
    if k == 1:
        return atom
    if isinstance(atom, Pow) and isinstance(atom.base, Sym) and atom.base.name == "e":
        exponent = atom.exp
        if isinstance(exponent, Neg):
            return Pow(atom.base, Neg(build(_simple_product(exponent.arg, k))))
        return Pow(atom.base, build(_simple_product(exponent, k)))
    return Pow(atom, Num(k))


def _simple_product(node: Node, k: int) -> Term:
    factors = node.factors if isinstance(node, Mul) else (node,)
    number = Fraction(k)
    powers: dict[Node, int] = {}
    for f in factors:
        if isinstance(f, Num):
            number *= Fraction(f.value)
        else:
            powers[f] = powers.get(f, 0) + 1
    return Term(number, powers)


def _rank(node: Node) -> int:
    """0 for symbols, entries and their powers, 2 for Σ, derivatives and matrix products, 1 for all else."""
    if isinstance(node, Pow) and integer(node.exp) is not None:
        node = node.base
    if isinstance(node, BigOp | Derivative | Gradient | Mul):
        return 2
    return 0 if isinstance(node, Sym | Indexed) else 1


def _plain(term: Term) -> bool:
    return all(not isinstance(a, Add | Sum) for a in term.powers) and all(k > 0 for k in term.powers.values())


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
    if isinstance(node, Mul):
        numbers = [isinstance(f, Num) for f in node.factors]
        return "Mul", numbers == sorted(numbers, reverse=True), sorted(parts, key=repr)
    if isinstance(node, Add):
        return "Add", sorted(parts, key=repr)
    return (type(node).__name__, parts) if parts else node


def _positive_first(terms: tuple[Node, ...]) -> tuple[Node, ...]:
    """A sum does not start with a minus sign where it need not; otherwise the order is kept."""
    if not isinstance(terms[0], Neg) or any(isinstance(n, BigOp | Transpose) for n in walk(terms[0])):
        return terms
    plus = next((k for k, t in enumerate(terms) if not isinstance(t, Neg)), 0)
    return (terms[plus], *terms[:plus], *terms[plus + 1:])


def _size(node: Node) -> int:
    return sum(1 for n in walk(node) if not isinstance(n, Neg))


__all__ = [
    "ONE", "TWO", "ZERO", "Level", "Term", "build", "equal_expanded", "expanded", "groups", "integer",
    "mentions", "product", "reordered", "size_of", "tidy", "vectorish",
]  # fmt: skip

"""Terms: a number times atoms to integer powers, and how one writes it.

>>> from symgrad.page.tree import Frac, Mul, Neg, Num, Sym
>>> x, y = Sym("x"), Sym("y")
>>> written(Term(Fraction(-2, 3), {y: 1, x: -1})) == Neg(Frac(Mul((Num(2), y)), Mul((Num(3), x))))
True
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from ..page import tree as page
from ..page.tree import Node, walk

ONE, TWO, ZERO = page.Num(1), page.Num(2), page.Num(0)


def integer(node: Node) -> int | None:
    """The value of a written integer, with its sign."""
    if isinstance(node, page.Neg):
        inner = integer(node.arg)
        return None if inner is None else -inner
    if isinstance(node, page.Num) and Fraction(node.value).denominator == 1:
        return int(node.value)
    return None


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


SMALL, MIDDLE, BIG = range(3)


def _rank(node: Node) -> int:
    """Small: symbols, entries and their powers; big: Σ, derivatives and matrix products."""
    if isinstance(node, page.Pow) and integer(node.exp) is not None:
        node = node.base
    if isinstance(node, page.BigOp | page.Derivative | page.Gradient | page.Mul):
        return BIG
    return SMALL if isinstance(node, page.Sym | page.Indexed) else MIDDLE


def written(term: Term) -> Node:
    """The product as written: numbers, symbols and entries, then the rest, sums Σ last."""
    if not term.number:
        return ZERO
    above = _ordered([_power(atom, k) for atom, k in term.powers.items() if k > 0], term.lead)
    below = sorted((_power(atom, -k) for atom, k in term.powers.items() if k < 0), key=_rank)
    top, bottom = abs(term.number.numerator), term.number.denominator
    up: list[Node] = [page.Num(top)] if top != 1 else []
    down: list[Node] = [*([page.Num(bottom)] if bottom != 1 else []), *below]
    body = joined([*up, *above]) if not down else _quotient(up, above, down)
    return page.Neg(body) if term.number < 0 else body


def _quotient(up: list[Node], above: list[Node], down: list[Node]) -> Node:
    """One fraction, or a coefficient in front of what it multiplies: (2/N) Σ ..., (1/2)(a + b)."""
    big = [n for n in above if _rank(n) == BIG]
    simple = all(isinstance(d, page.Num | page.Sym) for d in down)
    if not big and not (simple and any(isinstance(n, page.Add) for n in above)):
        return page.Frac(joined([*up, *above]), joined(down))
    if simple:
        front = [n for n in above if _rank(n) == SMALL] if big else []
    else:
        front = [n for n in above if n not in big]
    inner = [n for n in above if n not in front]
    return joined([page.Frac(joined([*up, *front]), joined(down)), *inner])


def _ordered(factors: list[Node], lead: Node | None) -> list[Node]:
    """By rank, or behind the one that leads; σ(z) stands before 1 - σ(z)."""
    if lead is not None and lead in factors:
        rest = list(factors)
        rest.remove(lead)
        out = sorted([lead, *rest], key=lambda n: _rank(n) == BIG)
    else:
        out = sorted(factors, key=_rank)
    for pair in [n for n in out if isinstance(n, page.Add)]:
        partner = _complement(pair)
        if partner in out:
            out.remove(partner)
            out.insert(out.index(pair), partner)
    return out


def _complement(node: page.Add) -> Node | None:
    """The u of 1 - u."""
    match node.terms:
        case (page.Num(1), page.Neg(u)):
            return u
    return None


def joined(factors: list[Node]) -> Node:
    """The factors as one product."""
    factors = [g for f in factors for g in (f.factors if isinstance(f, page.Mul) else (f,))]
    return ONE if not factors else factors[0] if len(factors) == 1 else page.Mul(tuple(factors))


def _power(atom: Node, k: int) -> Node:
    if k == 1:
        return atom
    if isinstance(atom, page.Pow) and isinstance(atom.base, page.Sym) and atom.base.name == "e":
        exponent = atom.exp
        if isinstance(exponent, page.Neg):
            return page.Pow(atom.base, page.Neg(written(_simple_product(exponent.arg, k))))
        return page.Pow(atom.base, written(_simple_product(exponent, k)))
    return page.Pow(atom, page.Num(k))


def _simple_product(node: Node, k: int) -> Term:
    factors = node.factors if isinstance(node, page.Mul) else (node,)
    number = Fraction(k)
    powers: dict[Node, int] = {}
    for f in factors:
        if isinstance(f, page.Num):
            number *= Fraction(f.value)
        else:
            powers[f] = powers.get(f, 0) + 1
    return Term(number, powers)


def positive_first(terms: tuple[Node, ...]) -> tuple[Node, ...]:
    """A sum does not start with a minus sign where it need not; otherwise the order is kept."""
    first, kept = terms[0], page.BigOp | page.Transpose
    if not isinstance(first, page.Neg) or any(isinstance(n, kept) for n in walk(first)):
        return terms
    plus = next((k for k, t in enumerate(terms) if not isinstance(t, page.Neg)), 0)
    return (terms[plus], *terms[:plus], *terms[plus + 1:])

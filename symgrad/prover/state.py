"""The state of one judgement: the atoms of its polynomials, what is known and assumed of them, and the fuel.

Every function of the prover that needs it takes it first, as ``s``.  An atom is a number, known by its key:
its kind and what it is made of.

==================================  =========================================================================
("sym", name, sort)                 a parameter, a size or a free index
("idx", n), ("bound", n)            an index of a sum: while it is summed over, and inside a finished sum
("ref", name, indices)              an entry
("exp", m), ("E", m)                e^m and the expectation of m, of a monomial
("log", p), ("pow", p, m)           log p and p^m, of an irreducible polynomial
("poly", p)                         an irreducible polynomial that was divided by
("step", p), ("delta", p)           [p > 0] and [p = 0]
("order", p)                        [p >= 1], of an integer
("prime", n), ("i",), ("pi",)       a number of which there are roots, the imaginary unit, pi
("call", fn, args, orders)          a function of which nothing more is known
("sum", ranges, m, numbers)         the sum of a monomial over bound indices
==================================  =========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from flint import fmpq

from ..core import Core
from ..kernel.limits import OutOfFuel
from ..kernel.verdict import Assumed
from .polynomials import Exp, Frozen, Mono, Poly

Key: TypeAlias = tuple[Any, ...]
Range: TypeAlias = tuple[Frozen, Frozen]

SWITCHES = ("step", "delta", "order")
"""Kinds of atoms that are 0 or 1."""


class Signs:
    """What is not negative."""

    def __init__(self) -> None:
        self.positive: set[Frozen] = set()
        self.names: set[str] = set()
        """Names of which all entries are positive."""
        self.weak: set[Frozen | str] = set()
        """Those of both that may be 0."""
        self.learned = False
        """Whether a sign was learned from the domain of a logarithm or root."""


class Givens:
    """What the givens make of names and atoms."""

    def __init__(self) -> None:
        self.symmetric: dict[str, int] = {}
        """Names with A_ij = A_ji (1) or A_ij = -A_ji (-1)."""
        self.two_valued: dict[str, tuple[Any, Any]] = {}
        self.one_hot: dict[str, Range] = {}
        """Names whose entries are 0 or 1 and add up to 1, with the range of the sum."""
        self.exclusive: dict[int, str] = {}
        """Such entries, of which exactly one is 1, with their name."""
        self.rules: list[tuple[int, frozenset[int], Poly]] = []
        """Equations: an atom, the indices in it that stand for any, and what it is equal to."""


class Attempt:
    """What an attempt at a proof assumes, and what another one might."""

    def __init__(self) -> None:
        self.conditions: dict[Assumed, None] = {}
        self.needed: dict[Assumed, None] = {}
        """Those under which the givens mean what was made of them."""
        self.nonzero: set[int] = set()
        """Irreducible polynomials that were divided by."""
        self.closes_ratios = False
        """Whether geometric sums are summed (their ratio is then assumed not to be 1)."""
        self.ratios = False
        """Whether one was met."""
        self.early = False
        """Whether a free index is assumed in a range as written, or only once its ends are split off."""
        self.waits = False
        """Whether that would make a difference."""


class Memo:
    """What was computed before."""

    def __init__(self) -> None:
        self.factored: dict[Frozen, tuple[Any, Mono, tuple[tuple[int, int], ...]]] = {}
        self.mains: dict[int, tuple[int, Exp, list[tuple[Exp, Poly]]] | None] = {}
        """Irreducible polynomials by the powers of their highest atom."""
        self.ranks: dict[int, tuple[int, int, int]] = {}
        self.called: dict[Key, Poly] = {}
        self.summed: dict[tuple[Mono, int, Range], Poly] = {}
        """Sums of monomials, which mostly come twice: once on each side."""
        self.terms: dict[tuple[int, int], tuple[Core, dict[str, int], Poly]] = {}

    def forget(self) -> None:
        """Signs were learned, or rules installed: what was computed may come out better now."""
        self.terms.clear()
        self.called.clear()
        self.summed.clear()


class State:
    """Atoms by their number, and whatever is said of them."""

    def __init__(self, fuel: int, counts: frozenset[str] = frozenset()) -> None:
        self.fuel = fuel
        self.counts = counts
        """Names whose entries are sizes."""
        self.atoms: list[Key] = []
        self.ids: dict[Key, int] = {}
        self.deps: list[frozenset[int]] = []
        """The symbols and indices that an atom contains."""
        self.special: set[int] = set()
        """Atoms whose powers are rewritten."""
        self.value_sets: dict[int, tuple[Any, Any]] = {}
        """Atoms that take two values only."""
        self.ranges: dict[int, Range] = {}
        """Indices by the range in which they are known to be."""
        self.indices: dict[Range, list[int]] = {}
        """Indices by the range over which they run: one for each depth at which sums over it are nested."""
        self.fresh = 0
        self.signs = Signs()
        self.givens = Givens()
        self.attempt = Attempt()
        self.memo = Memo()


def burn(s: State, work: int) -> None:
    s.fuel -= work
    if s.fuel < 0:
        raise OutOfFuel


def atom(s: State, key: Key, deps: Iterable[int] = ()) -> int:
    """The number of an atom; ``deps`` are the symbols and indices it contains."""
    known = s.ids.get(key)
    if known is not None:
        return known
    n = len(s.atoms)
    s.ids[key] = n
    s.atoms.append(key)
    own = (n,) if key[0] in ("sym", "idx", "bound") else ()
    s.deps.append(frozenset((*own, *deps)))
    if key[0] in ("poly", "prime", "i", *SWITCHES):
        s.special.add(n)
    if key[0] in SWITCHES:
        s.value_sets[n] = (fmpq(0), fmpq(1))
    burn(s, 1)
    return n


def new_index(s: State) -> int:
    s.fresh += 1
    return atom(s, ("idx", s.fresh))


def restrict(s: State, n: int, values: tuple[Any, Any]) -> None:
    """Atom ``n`` takes two values only: its square is linear in it."""
    s.special.add(n)
    s.value_sets[n] = values


def mono_deps(s: State, m: Mono) -> frozenset[int]:
    if len(m) == 1:
        return s.deps[m[0][0]]
    return frozenset().union(*[s.deps[k] for k, _ in m])


def poly_deps(s: State, p: Poly) -> frozenset[int]:
    return frozenset().union(*[mono_deps(s, m) for m in p])


def frozen_deps(s: State, p: Frozen) -> frozenset[int]:
    return frozenset().union(*[mono_deps(s, m) for m, _ in p])


def is_bound(s: State, p: Poly) -> bool:
    """Does p contain an index of a sum?"""
    return any(s.atoms[d][0] in ("idx", "bound") for d in poly_deps(s, p))


def _of_monomial(key: Key) -> Iterable[int]:
    return (k for k, _ in key[1])


def _of_polynomial(key: Key) -> Iterable[int]:
    return (k for m, _ in key[1] for k, _ in m)


def _of_arguments(key: Key) -> Iterable[int]:
    return (k for p in key[2] for m, _ in p for k, _ in m)


_INSIDE: dict[str, Callable[[Key], Iterable[int]]] = {
    "exp": _of_monomial,
    "E": _of_monomial,
    **dict.fromkeys(("log", "poly", *SWITCHES), _of_polynomial),
    "pow": lambda key: (*_of_polynomial(key), *(k for k, _ in key[2])),
    "ref": _of_arguments,
    "call": _of_arguments,
    "sum": lambda key: (k for k, _ in key[2]),
}


def inside(key: Key) -> Iterable[int]:
    """The atoms of which an atom is made; of a sum those of its body."""
    return _INSIDE[key[0]](key) if key[0] in _INSIDE else ()

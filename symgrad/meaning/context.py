"""What elaboration knows: the claim and its reading, what letters mean at a place, what was met on the way.

A *reading* is one choice of what the page leaves open; a *doubt* says that it may not be the author's.
Every function of elaboration takes the :class:`Context` first, and the :class:`Env` of a place last but its
span.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, TypeVar

from ..core import Core, Sym
from ..errors import Reason, Remark
from ..names import InverseOf, Numbered
from ..page.indexed import Name
from ..page.scope import Definition, Kind, Scope
from ..page.symbols import unbold
from ..page.tree import Node, walk
from ..page.tree import Sym as PageSym
from ..reasons import Convention
from .survey import survey as survey_of
from .tensors import Sizes, Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """Choices that the page leaves open: does an undefined function act on every entry of a vector, is
    a Jacobian laid out the other way, is a bold c_i an entry of c, is v^2 the
    square of a length, are the x_i the rows of X; is a product over an index a number of which nothing is
    known (else its factors are positive), a gradient by a square matrix laid out the other way; is
    \\bar{x} the mean of the x_i; is d in front of a factor a differential; is a derivative in front of a
    product one of all its factors; is a small t above the transpose?"""

    entrywise: bool = False
    denominator: bool = False
    entries: bool = False
    squares: bool = False
    rows: bool = False
    factors: bool = False
    layout: bool = False
    means: bool = False
    differentials: bool = False
    wide: bool = False
    transposed: bool = False


LITERAL = Reading()


# -- a place of the page -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """Uses of ``definition`` are not unfolded but stand for the entries of ``name``; with
    ``indices`` only the uses whose indices may be these (h_t is held, h_{t-1} unfolds)."""

    definition: object
    name: str
    indices: tuple[Core, ...]
    args: tuple[Value, ...] = ()
    level: Core | None = None


@dataclass(frozen=True, slots=True)
class Env:
    """What letters mean at one place of the page.

    ``places`` are the placeholders of the definition that is being unfolded, ``bound`` the indices of
    the sums around it; both reach into definitions whose left side does not name the letter: an
    index that the author drops is that of the place where the name is used.
    """

    bound: Mapping[str, Core] = field(default_factory=dict)
    places: Mapping[str, Core] = field(default_factory=dict)
    params: Mapping[str, Value] = field(default_factory=dict)
    held: tuple[Held, ...] = ()
    opaque: tuple[tuple[Core, Core], ...] = ()
    active: tuple[tuple[Definition, tuple[Core, ...]], ...] = ()

    def bind(self, letter: str, index: Core) -> Env:
        params = {k: v for k, v in self.params.items() if k != letter}
        places = {k: v for k, v in self.places.items() if k != letter}
        return replace(self, bound={**self.bound, letter: index}, places=places, params=params)

    def within(self, d: Definition, places: Mapping[str, Core]) -> Mapping[str, Core]:
        """The placeholders in force inside a definition: its own, and those it does not mention (authors
        drop the index of a sample, never that of a layer)."""
        own = {s.name for k in (*d.upper, *d.lower) for s in walk(k) if isinstance(s, PageSym)}
        return {**{k: v for k, v in self.places.items() if k not in own and k != "l"}, **places}

    def letter(self, name: str) -> Core | None:
        """The index that a letter stands for here."""
        found = self.places.get(name)
        return self.bound.get(name) if found is None else found

    def numbered(self, indices: tuple[Core, ...]) -> Env:
        """With the numbered letters by which a dependence names the indices of its own left side."""
        return replace(self, places={**self.places, **{Numbered(k): i for k, i in enumerate(indices)}})


# -- the claim -----------------------------------------------------------------------------------------------


class Notes:
    """How the claim was read, as far as its reader should know."""

    def __init__(self) -> None:
        self.doubts: dict[Reason, None] = {}
        self.assumed: dict[str, None] = {}
        """What a proof rests on that the page does not say."""
        self.aliases: dict[Reason, None] = {}
        """Variables that are other names of the true ones."""
        self.alternatives: set[str] = set()
        """The fields of :class:`Reading` that would make a difference."""

    def doubt(self, reason: Reason | str) -> None:
        """A reading that may not be the author's: it can support a proof, never a refutation."""
        self.doubts[Remark(reason) if isinstance(reason, str) else reason] = None

    def assume(self, said: str) -> None:
        self.assumed[said] = None


class Met:
    """What was met on the way, and is answered for when the whole claim is known."""

    def __init__(self) -> None:
        self.sizes: dict[tuple[str, int], Core] = {}
        """Of dimensions that nobody declared, by name and position."""
        self.unsaid: list[tuple[str, Core]] = []
        """The sizes of identities and of vectors of ones."""
        self.picked: dict[Core, tuple[Core, Core]] = {}
        """The y_i of p_{y_i}, with their ranges."""
        self.indicators: dict[str, str] = {}
        """The vector of the 1{y = k}, and y."""
        self.products: dict[Sym, tuple[Core, Core, Core]] = {}
        """Products read by logarithms, by index: body, lower and upper end."""
        self.inverses: dict[InverseOf, frozenset[str]] = {}
        """Inverse matrices, with the names that stand in what is inverted."""
        self.cut: dict[str, tuple[Definition, Core]] = {}
        """Quantities at which unfolding stopped, with their level."""
        self.unknown_functions: set[str] = set()
        self.arities: dict[str, tuple[int, int]] = {}
        """Of undefined functions: the numbers of indices and of arguments."""
        self.of_vectors: set[str] = set()
        """Undefined functions that some vector is an argument of."""
        self.expectations: set[tuple[tuple[Node, ...], ...]] = set()
        """What expectations are over, above and below."""


class Memo:
    """What was found out and is not looked for twice."""

    def __init__(self) -> None:
        self.facts: dict[Callable[[Context], Any], Any] = {}
        """See :func:`once`."""
        self.implied: Mapping[str, Kind] | None = None
        self.splits: dict[Name, tuple[str, tuple[Node, ...]]] = {}
        self.names: dict[int, frozenset[str]] = {}
        """The names that stand in a node, by its id."""
        self.parameters: dict[int, frozenset[str]] = {}
        """The letters in a definition that are no indices, by its id."""
        self.renamed: dict[object, Definition] = {}
        """Definitions whose parameters are patterns, with letters in their place."""
        self.shaping: set[int] = set()
        """The ids of the definitions whose shape is being found out."""


class Context:
    """One reading of the nodes of one claim."""

    def __init__(self, scope: Scope, nodes: tuple[Node, ...], reading: Reading = LITERAL) -> None:
        self.scope = scope
        self.nodes = nodes
        self.reading = reading
        self.survey = survey_of(scope, nodes)
        self.defined: dict[str, list[Definition]] = {}
        """The definitions by the plain letter of their names."""
        for key, group in scope.definitions.items():
            self.defined.setdefault(unbold(key), []).extend(group)
        self.sizes = Sizes()
        self.notes = Notes()
        self.met = Met()
        self.memo = Memo()

    @property
    def roots(self) -> tuple[Node, ...]:
        """The sides of the claim, and the bodies of the definitions that it reaches."""
        return (*self.nodes, *(d.body for d in self.survey.definitions))

    def written(self) -> Iterator[Node]:
        """Every node of these."""
        return (n for root in self.roots for n in walk(root))

    def told(self) -> tuple[Reason, ...]:
        """How the claim was read, in words for its author."""
        layout = (Convention("the Jacobian is transposed"),) if self.reading.denominator else ()
        return (*layout, *self.notes.aliases)


def once(fn: Callable[[Context], T]) -> Callable[[Context], T]:
    """A fact about the claim that does not change while it is elaborated: found out once."""

    @wraps(fn)
    def fact(e: Context) -> T:
        facts = e.memo.facts
        if fn not in facts:
            facts[fn] = fn(e)
        found: T = facts[fn]
        return found

    return fact

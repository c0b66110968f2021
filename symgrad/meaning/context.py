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
from .survey import Survey
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


@dataclass
class Notes:
    """How the claim was read, as far as its reader should know."""

    doubts: dict[Reason, None] = field(default_factory=dict)
    assumed: dict[str, None] = field(default_factory=dict)
    """What a proof rests on that the page does not say."""
    aliases: dict[Reason, None] = field(default_factory=dict)
    """Variables that are other names of the true ones."""
    alternatives: set[str] = field(default_factory=set)
    """The fields of :class:`Reading` that would make a difference."""

    def doubt(self, reason: Reason | str) -> None:
        """A reading that may not be the author's: it can support a proof, never a refutation."""
        self.doubts[Remark(reason) if isinstance(reason, str) else reason] = None

    def assume(self, said: str) -> None:
        self.assumed[said] = None


@dataclass
class Met:
    """What was met on the way, and is answered for when the whole claim is known."""

    sizes: dict[tuple[str, int], Core] = field(default_factory=dict)
    """Of dimensions that nobody declared, by name and position."""
    unsaid: list[tuple[str, Core]] = field(default_factory=list)
    """The sizes of identities and of vectors of ones."""
    picked: dict[Core, tuple[Core, Core]] = field(default_factory=dict)
    """The y_i of p_{y_i}, with their ranges."""
    indicators: dict[str, str] = field(default_factory=dict)
    """The vector of the 1{y = k}, and y."""
    products: dict[Sym, tuple[Core, Core, Core]] = field(default_factory=dict)
    """Products read by logarithms, by index: body, lower and upper end."""
    inverses: dict[InverseOf, frozenset[str]] = field(default_factory=dict)
    """Inverse matrices, with the names that stand in what is inverted."""
    cut: dict[str, tuple[Definition, Core]] = field(default_factory=dict)
    """Quantities at which unfolding stopped, with their level."""
    unknown_functions: set[str] = field(default_factory=set)
    arities: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of undefined functions: the numbers of indices and of arguments."""
    of_vectors: set[str] = field(default_factory=set)
    """Undefined functions that some vector is an argument of."""
    expectations: set[tuple[tuple[Node, ...], ...]] = field(default_factory=set)
    """What expectations are over, above and below."""


@dataclass
class Memo:
    """What was found out and is not looked for twice."""

    facts: dict[Callable[[Context], Any], Any] = field(default_factory=dict)
    """See :func:`once`."""
    implied: Mapping[str, Kind] | None = None
    splits: dict[Name, tuple[str, tuple[Node, ...]]] = field(default_factory=dict)
    names: dict[int, frozenset[str]] = field(default_factory=dict)
    """The names that stand in a node, by its id."""
    parameters: dict[int, frozenset[str]] = field(default_factory=dict)
    """The letters in a definition that are no indices, by its id."""
    renamed: dict[object, Definition] = field(default_factory=dict)
    """Definitions whose parameters are patterns, with letters in their place."""
    shaping: set[int] = field(default_factory=set)
    """The ids of the definitions whose shape is being found out."""


@dataclass(eq=False)
class Context:
    """One reading of the nodes of one claim."""

    scope: Scope
    nodes: tuple[Node, ...]
    reading: Reading = LITERAL
    survey: Survey = field(init=False)
    defined: dict[str, list[Definition]] = field(init=False)
    """The definitions by the plain letter of their names."""
    sizes: Sizes = field(default_factory=Sizes)
    notes: Notes = field(default_factory=Notes)
    met: Met = field(default_factory=Met)
    memo: Memo = field(default_factory=Memo)

    def __post_init__(self) -> None:
        self.survey = survey_of(self.scope, self.nodes)
        self.defined = {}
        for key, group in self.scope.definitions.items():
            self.defined.setdefault(unbold(key), []).extend(group)

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

"""Letters that count: indices, sizes, ranges; what stands around a place of the page.

A *reading* is one choice of what the page leaves open; a *doubt* says that it may not be the author's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..core import Core, Delta, Num, Ref, Sym, text, walk
from ..errors import Reason, Remark, ShapeError, UnknownMeaning
from ..names import Fresh, InverseOf, Numbered
from ..page import tree as page
from ..page.indexed import Name, name_of, written
from ..page.scope import Definition, Kind, Scope
from ..page.symbols import unbold
from ..page.tree import Node
from ..reasons import Convention, Needed
from .ranges import Generic, Range
from .recursive_definitions import descents
from .survey import survey
from .tensors import ONE, ZERO, Shape, Sizes, Value, add, gap, mul, neg


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

COUNTS = frozenset("NnMTKB")
"""Letters that count something by custom."""


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
        own = {s.name for k in (*d.upper, *d.lower) for s in page.walk(k) if isinstance(s, page.Sym)}
        return {**{k: v for k, v in self.places.items() if k not in own and k != "l"}, **places}

    def letter(self, name: str) -> Core | None:
        """The index that a letter stands for here."""
        found = self.places.get(name)
        return self.bound.get(name) if found is None else found


class Indices:
    """Letters that count, sizes, ranges; one reading of the page, and what is in doubt about it."""

    def __init__(self, scope: Scope, nodes: tuple[Node, ...], reading: Reading = LITERAL) -> None:
        self.scope = scope
        self.reading = reading
        self.alternatives: set[str] = set()
        self._splits: dict[Name, tuple[str, tuple[Node, ...]]] = {}
        self._names: dict[int, frozenset[str]] = {}
        self._mentioned: frozenset[str] | None = None
        self._forms: frozenset[tuple[str, int, int]] | None = None
        self.doubts: dict[Reason, None] = {}
        self.aliases: dict[str, None] = {}
        self.unknown_functions: set[str] = set()
        self.forms: dict[str, tuple[int, int]] = {}  # of undefined functions: numbers of indices, arguments
        self.survey = survey(scope, nodes)
        self.sizes = Sizes()
        self.nodes = nodes
        self._stacks: dict[str, list[Definition]] = {}
        for key in scope.definitions:
            for d in scope.definitions[key]:
                self._stacks.setdefault(unbold(key), []).append(d)
        self._inferred: dict[tuple[str, int], Core] = {}
        self.descents = descents(self.survey.definitions)
        self.of_vectors: set[str] = set()
        self.indicators: dict[str, str] = {}  # the vector of the 1{y = k}, and y
        self.picked: dict[Core, tuple[Core, Core]] = {}  # the y_i of p_{y_i}, and their ranges
        self.unsaid: list[tuple[str, Core]] = []  # sizes of identities and of vectors of ones
        self.varied: set[str] = set()  # what derivatives are taken by
        self.inverses: dict[InverseOf, frozenset[str]] = {}
        self.cut: dict[str, tuple[Definition, Core]] = {}
        self._levels: list[Core] | None = None
        self._shaping: set[int] = set()
        self._parameters: dict[int, frozenset[str]] = {}
        self._implied: Mapping[str, Kind] | None = None
        self._aliases = [
            d
            for key, group in scope.definitions.items()
            if scope.kind(key) is not None
            for d in group
            if not d.upper and not d.lower and d.params is None and name_of(d.body) is not None
        ]
        self.assumed: dict[str, None] = {}
        self.products: dict[Sym, tuple[Core, Core, Core]] = {}  # by its index: body, lower, upper
        # Letters that mark an index above in some definition: there they are never powers.
        self.marks = {
            s.name
            for group in scope.definitions.values()
            for d in group
            if not d.bracket
            for k in d.upper
            for s in page.walk(k)
            if isinstance(s, page.Sym)
        }
        for root in (*nodes, *(d.body for d in self.survey.definitions)):
            for n in page.walk(root):
                by = [v for v, _ in n.by] if isinstance(n, page.Derivative) else []
                if isinstance(n, page.Pow) and isinstance(n.base, page.Indexed) and n.base.lower:
                    # U_{qj}^L and h_k^{l-1}: a layer above an entry is no power.
                    letters = {k.name for k in page.walk(n.exp) if isinstance(k, page.Sym)}
                    self.marks |= letters & {"L", "l"}
                for v in by:
                    if isinstance(v, page.Pow) and name_of(v.base) is not None:
                        self.marks |= {s.name for s in page.walk(v.exp) if isinstance(s, page.Sym)}

    def value(self, node: Node, env: Env) -> Value:
        raise NotImplementedError

    def number(self, node: Node, env: Env) -> Core:
        """The term of a scalar."""
        v = self.value(node, env)
        if v.shape:
            raise ShapeError(Needed("a number is needed", self.sizes.found(v.shape)), node.span)
        return v.term

    @property
    def implied(self) -> Mapping[str, Kind]:
        raise NotImplementedError

    def doubt(self, reason: Reason | str) -> None:
        """A reading that may not be the author's: it can support a proof, never a refutation."""
        self.doubts[Remark(reason) if isinstance(reason, str) else reason] = None

    def notes(self) -> tuple[Reason, ...]:
        layout = (Convention("the Jacobian is transposed"),) if self.reading.denominator else ()
        return (*layout, *self.aliases)

    # -- indices ----------------------------------------------------------------------------------

    def index(self, node: Node, env: Env) -> Core:
        """An index expression: letters, sizes, integers and their sums."""
        match node:
            case page.Num(value) if Fraction(value).denominator == 1:
                return Num(Fraction(value))
            case page.Sym("\\infty"):
                raise UnknownMeaning("infinity is not a number", node.span)
            case page.Sym(name):
                known = env.letter(name)
                if known is not None:
                    return known
                if name in env.params and not env.params[name].shape:
                    return env.params[name].term
                if name in self.survey.sizes:
                    return Sym(name, "size")
                return Sym(name, "index")
            case page.Add(terms):
                return add(*(self.index(t, env) for t in terms))
            case page.Neg(arg):
                return neg(self.index(arg, env))
            case page.Mul(factors):
                return mul(*(self.index(f, env) for f in factors))
            case page.Indexed() if (whole := name_of(node)) is not None:
                core, rest = self.split(whole)
                places = tuple(self.index(k, env) for k in rest)
                inside = ",".join(map(text, places))
                # The n_k of a range 1..n_k: another size for every k.
                single = Sym(f"{core}_{{{inside}}}" if inside else core, "size")
                inner = any(isinstance(t, Sym) and isinstance(t.name, Fresh) for k in places for t in walk(k))
                chosen = Ref(core, places) if inner else single
                place = self.survey.picked.get(node)
                if place is not None:
                    try:
                        self.picked[chosen] = self.range_of(self.survey.ranges.at(place), env)
                    except UnknownMeaning as problem:
                        self.doubt(problem.reason)
                return chosen
        raise UnknownMeaning("this index has no meaning here", node.span)

    def size(self, node: Node, env: Env | None = None) -> Core:
        """A size as declared: an index expression whose letters are sizes."""
        names = {s.name for s in page.walk(node) if isinstance(s, page.Sym)}
        own = {} if env is None else env.places
        return self.index(node, Env({n: Sym(n, "size") for n in names if n not in own}, own))

    def shape(self, kind: Kind, indices: tuple[Core, ...] = ()) -> Shape:
        """The declared shape of the entry of a family with these indices."""
        own = self.own_letters(indices, Env())
        return tuple(self.size(k, own) for k in kind.shape)

    def range_of(self, found: Range | Generic, env: Env) -> tuple[Core, Core]:
        if isinstance(found, Generic):
            return ONE, self.sizes.generic(found.size)
        return self.index(found.lower, env), self.index(found.upper, env)

    def length(self, lower: Core, upper: Core) -> Core:
        """The number of integers from lower to upper."""
        if lower == ONE:
            return upper
        rest = gap(upper, lower)
        return Num(rest + 1) if rest is not None else add(upper, neg(lower), ONE)

    def split(self, name: Name) -> tuple[str, tuple[Node, ...]]:
        """The core name (with its labels) and the indices that count.

        Where x_i and x^{(i)} both stand on the page they are two families of one letter.
        """
        known = self._splits.get(name)
        if known is None:
            known = self._splits[name] = self._split(name)
        return known

    def _split(self, name: Name) -> tuple[str, tuple[Node, ...]]:
        label = self.survey.is_label
        up, low = ([k for k in where if label(k)] for where in (name.upper, name.lower))
        indices = tuple(k for k in name.indices if not label(k))
        base = written(unbold(name.base), tuple(up), tuple(low), name.bracket)
        if len(up) < len(name.upper):
            used = self.survey.used_with.get(name.base, set()) | self.survey.used_with.get(
                unbold(name.base), set()
            )
            if (0, len(indices)) in used:
                base += "^{()}"
        return base, indices

    def raised(self, base: Node, exp: Node) -> Name | None:
        """E^q as a name, where a superscript of this name or this letter marks an index elsewhere."""
        name = name_of(base)
        if name is None:
            return None
        upper = Name(name.base, (*name.upper, exp), name.lower, "")
        group = self._stacks.get(unbold(name.base), [])
        if isinstance(exp, page.Num):
            # sigma^2 = .. defines the square as a quantity of its own.
            unit = (d for d in group if not d.bracket and len(d.lower) == len(name.lower))
            return upper if any(d.upper[-1:] == (exp,) for d in unit) else None
        if any(len(d.upper) == len(upper.upper) for d in group) or self.scope.kind(str(upper)) is not None:
            return upper
        letters = {s.name for s in page.walk(exp) if isinstance(s, page.Sym)}
        return upper if letters & self.marks else None

    def own_letters(self, indices: tuple[Core, ...], env: Env) -> Env:
        """The numbered letters by which a dependence names the indices of its own left side."""
        return replace(env, places={**env.places, **{Numbered(k): i for k, i in enumerate(indices)}})


def delta(a: Core, b: Core) -> Core:
    rest = gap(a, b)
    if rest is not None:
        return ONE if rest == 0 else ZERO
    return Delta(a, b)


def page_short(node: Node) -> str:
    name = name_of(node)
    return str(name) if name is not None else repr(node)

"""What a claim asserts: pairs of core terms, givens, and how it was read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from ..core import Core, Given, Num, Ref, Sym, rebuild
from ..errors import Reason, ShapeError
from ..kernel.verdict import Assumed, Condition
from ..names import Cardinality
from ..page.tree import Node
from ..page.tree import Sym as PageSym
from ..reasons import Convention, SidesDiffer
from .context import Context
from .matrices import is_square
from .substitution import exchange
from .tensors import ONE, ZERO, Value, transposed

ENTRIES = 64

Pairs = tuple[tuple[Core, Core], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What there is to prove: every pair equal, under the givens; ``notes`` say how it was read.

    ``doubts`` are readings that may not be the author's: with one, a refutation says nothing; with a
    ``premise``, something that the claim does not say, a proof says nothing.  A refutation also counts for
    the reading whose only doubt is the ``rival``.
    """

    pairs: Pairs
    givens: tuple[Given, ...]
    notes: tuple[Reason, ...] = ()
    doubts: tuple[Reason, ...] = ()
    assuming: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    premise: Reason | None = None
    rival: Reason | None = None

    def is_range(self, condition: Condition) -> bool:
        """Does the condition only say that a component is one (1 <= i <= d)?"""
        match condition:
            case Assumed((Sym(letter), end), ">="):
                return letter in self.components and end == ONE
            case Assumed((*start, Sym(letter), Num() | Sym() | Ref() as end), "<="):
                unknown = isinstance(end, Sym) and isinstance(end.name, Cardinality)
                return letter in self.components and start in ([], [ONE]) and not unknown
        return False


def pairs_of(e: Context, left: Value, right: Value, where: Node) -> tuple[Pairs, tuple[Reason, ...]]:
    """What the sides assert entry by entry, with notes on how one was laid out."""
    left, right = _shaped_as(left, right), _shaped_as(right, left)
    right, notes = _laid_out(e, left, right, where)
    letters = iter(component_letters(e))
    axes: list[list[Core]] = []
    count = 1
    for size in map(e.sizes.find, left.shape):
        if isinstance(size, Num) and count * size.value <= ENTRIES:
            count *= int(size.value)
            axes.append([Num(Fraction(k + 1)) for k in range(int(size.value))])
        else:
            axes.append([Sym(next(letters), "index")])
    return tuple((closed(e, left.at(k)), closed(e, right.at(k))) for k in product(*axes)), notes


def _shaped_as(value: Value, other: Value) -> Value:
    """Beside a vector or a matrix, 0 is one of its shape, and a name that may be a vector is one."""
    if value.shape or not other.shape:
        return value
    if value.term == ZERO:
        return Value(other.shape, lambda _: ZERO)
    return value if value.lift is None else value.lift


def _laid_out(e: Context, left: Value, right: Value, where: Node) -> tuple[Value, tuple[Reason, ...]]:
    """The right side, transposed where a gradient or a loose vector fits only so."""
    of_gradient = left.gradient or right.gradient
    if e.sizes.fit(left.shape, right.shape):
        if of_gradient and is_square(e, left):
            e.notes.alternatives.add("layout")
            return (transposed(right) if e.reading.layout else right), ()
        return right, ()
    flipped = transposed(right) if len(right.shape) < 3 else right
    loose = left.loose or right.loose
    if not (loose or of_gradient) or not e.sizes.fit(left.shape, flipped.shape):
        raise ShapeError(SidesDiffer(e.sizes.found(left.shape), e.sizes.found(right.shape)), where.span)
    return flipped, () if loose else (Convention("equal after transposing one side"),)


def closed(e: Context, t: Core) -> Core:
    """The term with sizes that were found equal written as one."""
    found: dict[str, Core] = {}
    for size in e.sizes.settled():
        other = e.sizes.find(size)
        found = {name: exchange(k, size, other) for name, k in found.items()}
        found[size.name] = other

    def put(t: Core) -> Core:
        if isinstance(t, Sym):
            return found.get(t.name, t)
        return rebuild(t, put)

    return put(t) if found else t


def is_index(e: Context, node: Node) -> bool:
    if not isinstance(node, PageSym):
        return False
    kind = e.scope.kind(node.name)
    return node.name in e.survey.subscripts if kind is None else kind.role == "index"


def component_letters(e: Context) -> list[str]:
    """Letters for the components that nothing on the page uses."""
    used = e.survey.subscripts | e.survey.bound | e.survey.bare
    return [k for k in "ijklpqrstuvabcd" if k not in used] + [f"k_{n}" for n in range(1, 9)]

"""What a claim asserts: pairs of core terms, givens, and how it was read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from ..core import Core, Given, Num, Ref, Sym
from ..errors import Reason, ShapeError
from ..kernel.verdict import Assumed, Condition
from ..names import Cardinality
from ..page.tree import Node
from ..page.tree import Sym as PageSym
from ..reasons import Convention, SidesDiffer
from .tensors import ONE, ZERO, Value
from .terms import Elaborator

ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Claim:
    """What there is to prove: every pair equal, under the givens; ``notes`` say how it was read.

    ``doubts`` are readings that may not be the author's: with one, a refutation says nothing; with a
    ``premise``, something that the claim does not say, a proof says nothing.  A refutation also counts for
    the reading whose only doubt is the ``rival``.
    """

    pairs: tuple[tuple[Core, Core], ...]
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


def pairs_of(
    e: Elaborator, left: Value, right: Value, where: Node
) -> tuple[tuple[tuple[Core, Core], ...], tuple[Reason, ...]]:
    notes: tuple[Reason, ...] = ()
    if left.shape and not right.shape and right.term == ZERO:
        right = Value(left.shape, lambda _: ZERO)
    elif right.shape and not left.shape and left.term == ZERO:
        left = Value(right.shape, lambda _: ZERO)
    if left.shape and right.lift is not None:
        right = right.lift
    elif right.shape and left.lift is not None:
        left = left.lift
    if not e.sizes.fit(left.shape, right.shape):
        flipped = e.flipped(right) if len(right.shape) < 3 else right
        loose = left.loose or right.loose
        if not (loose or left.gradient or right.gradient) or not e.sizes.fit(left.shape, flipped.shape):
            raise ShapeError(SidesDiffer(e.sizes.found(left.shape), e.sizes.found(right.shape)), where.span)
        right = flipped
        if not loose:
            notes = (Convention("equal after transposing one side"),)
    elif (left.gradient or right.gradient) and e.is_square(left):
        e.alternatives.add("layout")
        right = e.flipped(right) if e.reading.layout else right
    letters = iter(component_letters(e))
    axes: list[list[Core]] = []
    sizes = [e.sizes.find(k) for k in left.shape]
    count = 1
    for size in sizes:
        if isinstance(size, Num) and count * size.value <= ENTRIES:
            count *= int(size.value)
            axes.append([Num(Fraction(k + 1)) for k in range(int(size.value))])
        else:
            axes.append([Sym(next(letters), "index")])
    return tuple((e.closed(left.at(k)), e.closed(right.at(k))) for k in product(*axes)), notes


def is_index(e: Elaborator, node: Node) -> bool:
    return (
        isinstance(node, PageSym) and node.name in e.survey.subscripts and e.scope.kind(node.name) is None
    ) or (
        isinstance(node, PageSym) and (kind := e.scope.kind(node.name)) is not None and kind.role == "index"
    )


def component_letters(e: Elaborator) -> list[str]:
    """Letters for the components that nothing on the page uses."""
    used = e.survey.subscripts | e.survey.bound | e.survey.bare
    return [k for k in "ijklpqrstuvabcd" if k not in used] + [f"k_{n}" for n in range(1, 9)]

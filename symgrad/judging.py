"""Written claims to verdicts: elaborate both sides, judge every component."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .core import Core, Given
from .elaborate import readings
from .errors import UnknownMeaning
from .kernel import judge
from .page import Node
from .scope import Scope
from .verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with ``notes`` on how the claim was read (a gradient transposed by convention)."""

    verdict: Verdict
    notes: tuple[str, ...] = ()


def prove_nodes(lhs: Node, rhs: Node, scope: Scope) -> Verdict:
    """The verdict on ``lhs = rhs`` as written, with the definitions, kinds and givens of ``scope``.

    A vector or matrix claim is proved when every component is, refuted when one is.  ReadError and
    ShapeError pass through; what has no meaning here is undecided with that reason.
    """
    return judgement(lhs, rhs, scope).verdict


def judgement(lhs: Node, rhs: Node, scope: Scope) -> Judgement:
    """The verdict with notes: the first reading decides, unless only another one can be proved."""
    first: Judgement | None = None
    try:
        for found in readings(lhs, rhs, scope):
            verdict = judge_all(found.pairs, found.givens)
            if verdict:
                said = (k for k in verdict.assuming if not found.is_range(k))
                verdict = replace(verdict, assuming=tuple(dict.fromkeys((*said, *found.assuming))))
            if verdict.status == "refuted" and found.doubts:
                verdict = Verdict("undecided", reason=found.doubts[0])
            if verdict or first is None:
                first = Judgement(verdict, found.notes)
            if verdict:
                break
    except UnknownMeaning as problem:
        return first or Judgement(Verdict("undecided", reason=str(problem)))
    assert first is not None
    return first


def judge_all(pairs: Iterable[tuple[Core, Core]], given: tuple[Given, ...]) -> Verdict:
    """Conjunction of component verdicts: the gravest wins, assumptions are joined."""
    assuming: dict[str, None] = {}
    undecided: Verdict | None = None
    for left, right in pairs:
        verdict = judge(left, right, given)
        if verdict.status == "refuted":
            return verdict
        if verdict.status == "undecided":
            undecided = verdict if undecided is None else undecided
        assuming.update(dict.fromkeys(verdict.assuming))
    # Not `undecided or ..`: an undecided verdict is false.
    return Verdict("proved", assuming=tuple(assuming)) if undecided is None else undecided

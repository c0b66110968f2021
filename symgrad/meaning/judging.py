"""Written claims to verdicts: elaborate both sides, judge every component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ..core import Call, Core, D, Delta, Given, Mul, Num, Ref, Sum, Sym, rebuild, walk
from ..errors import Reason, UnknownMeaning
from ..kernel.verdict import Condition, Demand, Verdict
from ..names import Part
from ..page.scope import Scope
from ..page.tree import Node
from ..prover import FUEL, Relation, conjunction, judge
from ..prover.witness import search
from .claim import Claim
from .readings import claim, readings
from .substitution import fill

_PROBES = 6  # points at which a claim that is probably false is tried before it is judged


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with ``notes`` on how the claim was read (a gradient transposed by convention)."""

    verdict: Verdict
    notes: tuple[Reason, ...] = ()


def prove_nodes(
    lhs: Node, rhs: Node, scope: Scope, relation: Relation = "=", fuel: int = FUEL
) -> Verdict:
    """The verdict on ``lhs = rhs``, or another relation, as written, with all that ``scope`` holds.

    A vector or matrix claim is proved when every component is, refuted when one is.  ReadError and
    ShapeError pass through; what has no meaning here is undecided with that reason.
    """
    return judgement(lhs, rhs, scope, relation, fuel).verdict


def holds(lhs: Node, rhs: Node, scope: Scope, fuel: int = FUEL) -> bool:
    """Is ``lhs = rhs`` proved?  For guesses, of which few are true: a point where one fails is cheap."""
    guess = claim(lhs, rhs, scope)
    return not _fails(guess.pairs, guess.givens) and bool(prove_nodes(lhs, rhs, scope, fuel=fuel))


def _fails(pairs: Iterable[tuple[Core, Core]], given: tuple[Given, ...]) -> bool:
    """Is there a point among a few at which one of the pairs differs?"""
    return any(search(left, right, given, _PROBES)[0] is not None for left, right in pairs)


def judgement(
    lhs: Node, rhs: Node, scope: Scope, relation: Relation = "=", fuel: int = FUEL
) -> Judgement:
    """The verdict with notes: the first reading decides, unless only another one can be proved."""
    first: Judgement | None = None
    try:
        for found in readings(lhs, rhs, scope):
            judged = conjunction(
                _judge(left, right, found.givens, relation, fuel) for left, right in found.pairs
            )
            verdict = _weighed(judged, found)
            if verdict:
                return Judgement(verdict, found.notes)
            only_so = bool(judged)
            if (
                first is None
                or (verdict.status == "refuted" and first.verdict.cause == found.rival)
                or (only_so and first.verdict.status == "refuted")
            ):
                first = Judgement(verdict, found.notes)
    except UnknownMeaning as problem:
        return first or Judgement(Verdict("undecided", cause=problem.located))
    assert first is not None
    return first


def _weighed(verdict: Verdict, claim: Claim) -> Verdict:
    """With a doubt, a refutation says nothing; with a premise, a proof says nothing."""
    if verdict.status == "refuted" and claim.doubts:
        return Verdict("undecided", cause=claim.doubts[0])
    if verdict and claim.premise is not None:
        return Verdict("undecided", cause=claim.premise)
    if verdict:
        said = (_of_vectors(k) for k in verdict.conditions if not claim.is_range(k))
        return replace(verdict, conditions=(*said, *claim.assuming))
    return verdict


def _of_vectors(condition: Condition) -> Condition:
    """A function of a whole vector v as f(v), not as it is passed to the judge (``unfolding.apply``)."""
    match condition:
        case Demand(term):
            return replace(condition, term=_vectors(term))
        case Given(lhs, _, rhs):
            return replace(condition, lhs=_vectors(lhs), rhs=_vectors(rhs))
    return condition


def _vectors(t: Core) -> Core:
    match t:
        case Sum(Call(Part(), (k, entry)), index) if k == index:
            factors = entry.factors if isinstance(entry, Mul) else (entry,)
            whole = [Sym(f.name) if isinstance(f, Ref) and f.indices == (index,) else f for f in factors]
            if whole != [*factors] and all(isinstance(f, Num | Sym) for f in whole):
                return Mul(tuple(whole))
    return rebuild(t, _vectors)


def _judge(
    left: Core, right: Core, given: tuple[Given, ...], relation: Relation, fuel: int
) -> Verdict:
    """The judge's verdict, also at the ends of ranges that the two sides do not share.

    The derivative by x_k of sums over 1..N and over 2..N is the same where 2 <= k; it is not for k = 1,
    and a condition on k must not hide that.
    """
    verdict = judge(left, right, given, fuel, relation)
    if not verdict:
        return verdict
    bound = {t.index for side in (left, right) for t in walk(side) if isinstance(t, Sum)}
    for letter, ranges in _ranges(left, right).items():
        if len(ranges) < 2:
            continue
        ends = {end: None for pair in ranges for end in pair}
        # An end that an outer index moves is no place for a free one: its bound letter would get loose.
        for end in (end for end in ends if not bound.intersection(walk(end))):
            there = partial(fill, name=letter.name, at=partial(_constant, end))
            at = judge(there(left), there(right), given, fuel, relation)
            if not at:
                return at
    return verdict


def _constant(value: Core, _: tuple[Core, ...]) -> Core:
    return value


def _ranges(*sides: Core) -> dict[Sym, dict[tuple[Core, Core], None]]:
    """For every free index that a sum is compared with, the ranges of those sums."""
    out: dict[Sym, dict[tuple[Core, Core], None]] = {}
    terms = [t for side in sides for t in walk(side)]
    sums = [t for t in terms if isinstance(t, Sum)]
    bound = {t.index for t in sums}
    variables = [t.var for t in terms if isinstance(t, D) and isinstance(t.var, Ref)]
    for t in sums:
        for k in _met(t, variables):
            if isinstance(k, Sym) and k.sort == "index" and k not in bound:
                out.setdefault(k, {})[(t.lower, t.upper)] = None
    return out


def _met(total: Sum, variables: list[Ref]) -> Iterator[Core]:
    """The indices that the index of a sum is compared with, by a delta or in a derivative."""
    for t in walk(total.body):
        match t:
            case Delta(left, right) if total.index in (left, right):
                yield right if left == total.index else left
            case Ref(name, indices) if total.index in indices:
                place = indices.index(total.index)
                same = (v for v in variables if v.name == name and len(v.indices) == len(indices))
                yield from (v.indices[place] for v in same)

"""Ruling: a classified relation judged under what stands beside it, and what the verdict makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..errors import Reason, Remark
from . import queries
from .classify import Classified
from .conditions import assume
from .excuses import BAD, judge_with_excuses, vacuous
from .facts import Facts
from .step import Judged, judge_step, with_rule


def rule(classified: Classified, facts: Facts, rules: bool) -> tuple[Classified, Judged]:
    """The judgement of a relation whose sides were read, and the relation with the scope in which it was
    reached; ``rules``: name the rule also where the author does not."""
    lhs, rhs = classified.lhs.node, classified.rhs.node
    assert lhs is not None and rhs is not None
    under, inline = classified.under, classified.region.kind == "inline"
    judged, scope = judge_with_excuses(lhs, rhs, classified.scope, facts, inline, classified.alone)
    if judged.verdict != "proved" and (under or classified.elsewhere):
        limited = assume(under, lhs, rhs, classified.scope)
        if limited.scope is not classified.scope:
            lhs, rhs = limited.lhs, limited.rhs
            judged, scope = judge_with_excuses(lhs, rhs, limited.scope, facts, inline, classified.alone)
            if judged.empty:
                judged = vacuous(" and ".join(under.lines))
        if judged.verdict in BAD and (limited.unread or classified.elsewhere):
            said = f"the condition {limited.unread[0]}" if limited.unread else "a condition in another row"
            judged = Judged("undecided", "SG201", Remark(f"false in general, but {said} may limit it"))
    if judged.verdict == "proved" and (rules or classified.link.label):
        judged = with_rule(judged, lhs, rhs, scope, classified.link.label)
    if classified.lhs.dropped or classified.rhs.dropped:
        note = ("SG306", Remark("a parenthesis has no partner; it was left out"))
        judged = replace(judged, notes=(*judged.notes, note))
    return replace(classified, scope=scope), judged


def rooted_above(before: Classified, verdict: Judged, classified: Classified) -> bool:
    """Does the row above disagree with both its neighbours, which agree?  Then it is the root of both."""
    start, end = before.lhs.node, classified.rhs.node
    if verdict.verdict not in BAD or before.link.rhs != classified.link.lhs or start is None or end is None:
        return False
    return judge_step(start, end, classified.scope).verdict == "proved"


def settled(classified: Classified, judged: Judged, facts: Facts) -> tuple[Classified, Judged]:
    """What the relation turns out to be: no claim, where it may rest on an equation before it or is stated;
    a definition, where it disagrees with an earlier one."""
    if judged.stated:
        classified = replace(classified, kind="condition")
    if classified.soft and judged.verdict in ("undecided", *BAD):
        rhs = classified.rhs.node
        if rhs is not None and queries.is_constant(rhs):
            said = Remark("an equation to be solved, not a claim")
            return replace(classified, kind="condition"), Judged(None, cause=said)
        said = Remark("rests on the equation before it; not judged by itself")
        return replace(classified, kind="rewriting"), Judged(None, cause=said)
    if any(code == "SG304" for code, _ in judged.notes):
        classified = replace(classified, kind="approximation")
    name = classified.restates
    if name is not None and judged.verdict in BAD:
        note: Reason = Remark(f"{name} was defined in line {facts.sources[name].line} in another way")
        judged = replace(judged, notes=(("SG305", note),), verdict=None, code=None)
        classified = replace(classified, kind="definition")
    return classified, judged


def learned(classified: Classified, judged: Judged, facts: Facts) -> Facts:
    """What is in force behind a settled relation, of which the judge said ``judged``."""
    lhs, rhs = classified.lhs.node, classified.rhs.node
    undecided = judged.verdict in ("undecided", *BAD)
    if classified.soft and undecided and rhs is not None and queries.is_zero(rhs):
        facts = replace(facts, solving=True)
    if lhs is None or classified.link.sign != "=" or queries.has_derivative(lhs):
        return facts
    if not classified.soft and (undecided or judged.verdict == "unreadable") and classified.head is lhs:
        facts = _mentioned(classified, judged, facts)
    valued = rhs is not None and queries.is_constant(rhs)
    if rhs is not None and (classified.kind == "condition" or (classified.kind == "definition" and valued)):
        # What is given a value is still spoken of in general.
        about = queries.primitives([lhs, rhs], classified.scope)
        facts = facts.with_statement(classified.link.lhs, classified.link.rhs, about, queries.base(lhs))
    return facts


def _mentioned(classified: Classified, judged: Judged, facts: Facts) -> Facts:
    """An equation of which the judge could make nothing may still say what its left side is."""
    lhs, rhs, scope = classified.lhs.node, classified.rhs.node, classified.scope
    assert lhs is not None
    names: Iterable[str] = ()
    if classified.restates is not None:
        names = (classified.restates,)
    elif judged.verdict not in BAD:
        spoken = frozenset() if rhs is None else queries.inside(rhs, scope)
        names = queries.quantities(lhs, scope) - spoken - scope.definitions.keys()
    link = classified.link
    for name in names:
        facts = facts.with_untaken(link.lhs, link.rhs, name, classified.line, here=False)
    return facts

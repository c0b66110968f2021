"""Excuses: readings under which a step that fails may still be right.

A proof stands.  A refutation, or shapes that do not fit, count only where the author said enough: what rests
on an unknown function, on a letter that means something else three sections earlier, or on a guess is
taken back and said to be undecided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import Remark, SymgradError
from ..kernel.verdict import Witness
from ..meaning.directives import read_directive, read_directives
from ..page.scope import Scope
from ..page.to_latex import to_latex
from ..page.tree import BigOp, Indexed, Matrix, Node, Num, Sum, Sym, free_names, substitute, walk
from ..reasons import (
    But,
    IndexOnScalar,
    OfShapes,
    ShapeGuessed,
    SoftmaxOfScalar,
    UnknownFunction,
    WrongIndices,
)
from . import queries, repairs
from .conventions import MEASURED, SHARES
from .facts import Facts, without, without_definitions
from .step import Judged, guessed_shape, invented, judge_step, unknown_function

BAD = ("refuted", "illtyped")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A judgement, the scope in which it was reached, and whether the step is no claim after all."""

    judged: Judged
    scope: Scope
    stated: bool = False


def judge_with_excuses(lhs: Node, rhs: Node, scope: Scope, facts: Facts, inline: bool, alone: bool) -> Ruling:
    """``alone``: the step is a chain by itself; ``inline``: it stands in a line of text."""
    names = queries.inside(lhs, scope) | queries.inside(rhs, scope)
    scope = facts.relevant(scope, names)
    results = facts.results(scope)
    free = without_definitions(scope, results)
    left, right = (results and results & queries.inside(side, free) for side in (lhs, rhs))
    if left & right:
        return _at_any_point(lhs, rhs, scope, left & right, facts, inline, alone)
    judged = judge_step(lhs, rhs, scope)
    if judged.verdict == "proved" and left | right:
        put_in = (d.source for n in sorted(left | right) for d in scope.definitions[n])
        judged = replace(judged, assuming=(*judged.assuming, *put_in))
    if judged.empty:
        for name in sorted(names & facts.sources.keys()):
            if judge_step(lhs, rhs, without_definitions(scope, {name})).verdict != "proved":
                return Ruling(vacuous(f"{name} (line {facts.sources[name][0]})"), scope)
    if judged.verdict != "proved":
        judged, scope = _without_indices(judged, lhs, rhs, scope, facts)
    if judged.verdict == "undecided":
        leaves, both = _leaves(lhs, rhs, scope)
        stated = facts.under_what_is_stated(leaves, scope, both)
        under = judged if stated is None else judge_step(lhs, rhs, stated)
        if stated is not None and under.verdict == "proved":
            return Ruling(vacuous("these quantities here") if under.empty else under, stated)
    aside = None if judged.verdict == "proved" else _left_aside(lhs, rhs, scope, facts, names)
    if aside is not None and (aside.judged.verdict == "proved" or judged.verdict in BAD):
        return aside
    if judged.verdict not in BAD:
        return Ruling(judged, scope)
    touched = any(queries.rests_on_definitions(s, scope) or queries.has_derivative(s) for s in (lhs, rhs))
    if not touched and (alone or inline):
        same = queries.leaves([lhs], scope) == queries.leaves([rhs], scope)
        if inline or not same or queries.symmetric(lhs, rhs):
            reason = Remark("a relation between quantities of which nothing is defined; not judged")
            return Ruling(Judged(None, None, reason), scope, True)
    notations = not touched and queries.notation(lhs) and queries.notation(rhs)
    if notations or queries.exchanged(lhs, rhs):
        reason = Remark("a property or a notation, no rewriting; not judged")
        return Ruling(Judged(None, None, reason), scope, True)
    if any(isinstance(n, Matrix) and _is_column_of_two(n) for side in (lhs, rhs) for n in walk(side)):
        reason = Remark("a column of two entries, which may be a binomial coefficient: write \\binom")
        return Ruling(Judged("undecided", "SG206", reason), scope)
    if judged.verdict == "illtyped":
        return Ruling(_shapes(judged, lhs, rhs, scope, facts, names), scope)
    return Ruling(_refutation(judged, lhs, rhs, scope, facts, names), scope)


def _leaves(lhs: Node, rhs: Node, scope: Scope) -> tuple[frozenset[str], frozenset[str]]:
    """The quantities of a step, and those of which it speaks in general: on both of its sides, or where the
    other side is a derivative."""
    left, right = queries.leaves([lhs], scope), queries.leaves([rhs], scope)
    general: frozenset[str] = left & right
    for side, other in ((lhs, rhs), (rhs, lhs)):
        if queries.has_derivative(side):
            general |= free_names(other)
    return left | right, general


def _open(said: str) -> Judged:
    return Judged("undecided", "SG201", Remark(said))


def vacuous(said: str) -> Judged:
    """Both sides are 0 by what is said, which would prove any slip in them."""
    return _open(f"holds only as 0 = 0, with what is said of {said}: any slip would pass")


def _at_any_point(
    lhs: Node, rhs: Node, scope: Scope, results: frozenset[str], facts: Facts, inline: bool, alone: bool
) -> Ruling:
    """A step of the derivation that leads to ``p = s/n``: it is one for every p."""
    free = judge_with_excuses(lhs, rhs, without_definitions(scope, results), facts, inline, alone)
    if free.judged.verdict == "proved":
        return free
    there = judge_step(lhs, rhs, scope)
    if there.verdict != "proved" or there.empty:
        return free
    lines = ", ".join(f"{n} (line {facts.sources[n][0]})" for n in sorted(results))
    return Ruling(_open(f"holds only with what is said of {lines}"), scope)


def _without_indices(
    judged: Judged, lhs: Node, rhs: Node, scope: Scope, facts: Facts
) -> tuple[Judged, Scope]:
    """A step in which a name that is defined with an index (``z_i``) stands bare: z is a variable of its
    own (``\\sigma'(z)``), or the index was left out for a while (``\\hat y - y``)."""
    dropped = repairs.dropped(lhs, rhs, scope)
    declared = dropped & facts.declared
    if not dropped or (declared and judged.verdict in BAD):
        return judged, scope
    alone = without(scope, set(dropped))
    own = judge_step(lhs, rhs, alone)
    if own.verdict == "proved":
        return own, alone
    if declared:
        return judged, scope
    restored = repairs.restored(lhs, rhs, scope, dropped)
    if restored is not None:
        return restored, scope
    if own.verdict == "refuted" and judged.verdict != "refuted":
        return own, alone
    return judged, scope


def _refutation(
    judged: Judged, lhs: Node, rhs: Node, scope: Scope, facts: Facts, names: frozenset[str]
) -> Judged:
    function = invented(judged.witness, frozenset(facts.declared))
    if function is not None:
        return Judged("undecided", "SG202", UnknownFunction(function), undefined=function)
    leaves, both = _leaves(lhs, rhs, scope)
    stated = facts.under_what_is_stated(leaves, scope)
    if stated is not None:
        under = judge_step(lhs, rhs, stated)
        if under.verdict not in BAD and not under.empty:
            general = facts.under_what_is_stated(leaves, scope, both)
            if general is not None and judge_step(lhs, rhs, general).verdict == "proved":
                return under
            return _open("false in general; it may hold for the values said here")
        if under.verdict not in BAD:
            return vacuous("these quantities here")
    limited = _for_few(lhs, rhs, scope) or _in_parts(lhs, rhs)
    if limited is not None:
        return _open(limited)
    far = facts.far(names)
    if far:
        again = judge_step(lhs, rhs, without(scope, far))
        if again.verdict == "proved":
            return again
    doubtful = facts.doubtful(names)
    if doubtful and judge_step(lhs, rhs, without(scope, set(doubtful))).verdict not in BAD:
        lines = ", ".join(f"{n} (line {facts.sources[n][0]})" for n in doubtful)
        return _open(f"false only with what another section says of {lines}")
    missing = _goes_without_saying(judged.witness, lhs, rhs, scope, facts)
    if missing is not None:
        return _open(f"holds only where ${missing}$: write assume .. if that is meant")
    return judged


def _goes_without_saying(
    witness: Witness | None, lhs: Node, rhs: Node, scope: Scope, facts: Facts
) -> str | None:
    """What the author may not have cared to say, and what the step rests on: that a standard deviation is
    positive, that labels or chances sum to one."""
    if facts.shares:
        totals: dict[Node, Node] = {n: Num(1) for side in (lhs, rhs) for n in walk(side) if _total(n)}
        if totals and judge_step(substitute(lhs, totals), substitute(rhs, totals), scope).verdict == "proved":
            return SHARES.fact.format(x=to_latex(next(iter(totals))))
    negative = [n for n, v in ({} if witness is None else witness.parameters).items() if v.startswith("-")]
    if negative and facts.positive.issuperset(negative):
        signs = [MEASURED.fact.format(x=n) for n in negative]
        try:
            under = read_directives([f"assume {sign}" for sign in signs], scope)
        except SymgradError:
            return None
        if judge_step(lhs, rhs, under).verdict == "proved":
            return ", ".join(signs)
    return None


def _total(node: Node) -> bool:
    """The sum of all entries of a vector: ``\\sum_k y_k``."""
    match node:
        case Sum(Indexed(Sym(), (k,)), index) if node.condition is None:
            return k == index
    return False


def _left_aside(lhs: Node, rhs: Node, scope: Scope, facts: Facts, names: frozenset[str]) -> Ruling | None:
    """What an equation gives that is not in force is not free: a point at which it is refutes nothing.

    Where another definition is in force, the step is false only if it is so with either.
    """
    spoken = names | {n.name for side in (lhs, rhs) for n in walk(side) if isinstance(n, Sym)}
    for name, untaken in facts.left(spoken):
        reason = Remark(f"{name} is given in line {untaken.line}, which was not taken as a definition")
        doubt = Judged("undecided", "SG202", reason, undefined=name)
        if name not in scope.definitions:
            return Ruling(doubt, scope)
        try:
            other = read_directive(untaken.directive, scope)
        except (SymgradError, RecursionError):
            return Ruling(doubt, scope)
        again = judge_step(lhs, rhs, other)
        if untaken.here and again.verdict == "proved":
            said = f"false in general; holds with what line {untaken.line} says of {name}"
            return Ruling(_open(said), scope)
        if again.verdict == "proved":
            put_in = (d.source for d in other.definitions[name])
            again = replace(again, assuming=(*again.assuming, *put_in))
        if again.verdict not in BAD:
            return Ruling(again, other)
    return None


def _shapes(
    judged: Judged, lhs: Node, rhs: Node, scope: Scope, facts: Facts, names: frozenset[str]
) -> Judged:
    """Shapes that do not fit are the author's only if the author gave them, here."""
    cause = judged.cause
    assert cause is not None
    function = unknown_function(lhs, rhs, scope, frozenset(facts.declared))
    if function is not None:
        return Judged("undecided", "SG202", But(cause, UnknownFunction(function)), undefined=function)
    guessed = cause.guessed if isinstance(cause, OfShapes) else ()
    if not facts.declared.issuperset(guessed) or isinstance(cause, SoftmaxOfScalar):
        return Judged("undecided", "SG206", But(cause, Remark("a shape is only guessed")))
    if names & facts.declared:
        return judged
    name = guessed_shape(lhs, rhs, scope)
    if name is not None:
        return Judged("undecided", "SG202", But(cause, ShapeGuessed(name)), undefined=name)
    passing, elsewhere = facts.passing(names)
    again = judge_step(lhs, rhs, without(scope, passing)) if passing else judged
    if again.verdict == "proved":
        return again
    if (
        elsewhere
        or isinstance(cause, WrongIndices | IndexOnScalar)
        or any(not facts.gives_shape(leaf) for leaf in queries.leaves([lhs, rhs], scope))
    ):
        return Judged("undecided", "SG206", But(cause, Remark("not with what is said here alone")))
    return judged


def _for_few(lhs: Node, rhs: Node, scope: Scope) -> str | None:
    """``\\sum_{i=1}^n x_i = x_1 + x_2 + x_3``: true for one n, which the author has in mind."""
    numbers = [
        int(k.value)
        for side in (lhs, rhs)
        for n in walk(side)
        if isinstance(n, Indexed)
        for k in (*n.lower, *n.upper)
        if isinstance(k, Num) and 0 < k.value < 9
    ]
    if not numbers:
        return None
    sizes = {
        name
        for side in (lhs, rhs)
        for n in walk(side)
        if isinstance(n, BigOp) and n.upper is not None
        for name in free_names(n.upper)
    }
    for size in sorted(sizes):
        for many in {max(2, max(numbers)), max(numbers) + 1}:  # counted from 1 or from 0
            left, right = (substitute(side, {Sym(size): Num(many)}) for side in (lhs, rhs))
            if judge_step(left, right, scope).verdict == "proved":
                return f"holds for {size} = {many} only"
    return None


def _in_parts(lhs: Node, rhs: Node) -> str | None:
    """``\\sum_{i=1}^m x_i = \\sum_k \\sum_{x \\in C_k} x``: true where the sets make up the whole."""
    sums = [n for side in (lhs, rhs) for n in walk(side) if isinstance(n, BigOp)]
    parts = [n for n in sums if n.condition is not None and isinstance(n.condition.rhs, Indexed)]
    families = {name for n in parts if n.condition is not None for name in free_names(n.condition.rhs)}
    by_part = [n for n in sums if n.index.name in families]
    if by_part and any(n not in parts and n not in by_part for n in sums):
        assert parts[0].condition is not None
        return f"nothing here says that the sets {queries.base(parts[0].condition.rhs)} make up the whole"
    return None


def _is_column_of_two(matrix: Matrix) -> bool:
    entries = [row[0] for row in matrix.rows if len(row) == 1]
    return len(matrix.rows) == len(entries) == 2 and not any(map(queries.has_derivative, entries))

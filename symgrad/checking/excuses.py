"""Excuses: readings under which a step that fails may still be right.

A proof stands.  A refutation, or shapes that do not fit, count only where the author said enough: what rests
on an unknown function, on a letter that means something else three sections earlier, or on a guess is
taken back and said to be undecided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from ..errors import Reason, Remark, SymgradError
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


class Ruling(NamedTuple):
    """A judgement and the scope in which it was reached."""

    judged: Judged
    scope: Scope


@dataclass(frozen=True)
class _Case:
    """A step where it stands, and the names of which it speaks."""

    lhs: Node
    rhs: Node
    scope: Scope
    facts: Facts
    inline: bool
    alone: bool
    names: frozenset[str]

    @property
    def sides(self) -> tuple[Node, Node]:
        return self.lhs, self.rhs

    def walk(self) -> list[Node]:
        return [n for side in self.sides for n in walk(side)]

    @cached_property
    def each(self) -> tuple[frozenset[queries.Primitive], frozenset[queries.Primitive]]:
        """The quantities of each side."""
        return queries.primitives([self.lhs], self.scope), queries.primitives([self.rhs], self.scope)

    @cached_property
    def general(self) -> frozenset[str]:
        """Those of which it speaks in general: on both of its sides, or where the other is a derivative."""
        out: frozenset[str] = self.each[0] & self.each[1]
        for side, other in (self.sides, self.sides[::-1]):
            if queries.has_derivative(side):
                out |= free_names(other)
        return out

    @cached_property
    def touched(self) -> bool:
        """Does it speak of definitions or derivatives?"""
        return any(
            queries.rests_on_definitions(side, self.scope) or queries.has_derivative(side)
            for side in self.sides
        )

    def judged(self, scope: Scope | None = None) -> Judged:
        return judge_step(self.lhs, self.rhs, self.scope if scope is None else scope)


def judge_with_excuses(
    lhs: Node, rhs: Node, scope: Scope, facts: Facts, inline: bool, alone: bool
) -> Ruling:
    """The verdict on a step with all that may excuse it; ``alone``: the step is a chain by itself,
    ``inline``: it stands in a line of text."""
    names = queries.inside(lhs, scope) | queries.inside(rhs, scope)
    scope = facts.relevant(scope, names)
    case = _Case(lhs, rhs, scope, facts, inline, alone, names)
    results = facts.results(scope)
    free = without_definitions(scope, results)
    left, right = (results and results & queries.inside(side, free) for side in case.sides)
    if left & right:
        return _at_any_point(case, left & right)
    judged = case.judged()
    if judged.verdict == "proved":
        return _proved(case, judged, left | right)
    judged, scope = _without_indices(case, judged)
    case = replace(case, scope=scope)
    if judged.verdict == "undecided":
        stated = facts.under_what_is_stated(case.each[0] | case.each[1], scope, case.general)
        under = judged if stated is None else case.judged(stated)
        if stated is not None and under.verdict == "proved":
            return Ruling(vacuous("these quantities here") if under.empty else under, stated)
    aside = None if judged.verdict == "proved" else _left_aside(case)
    if aside is not None and (aside.judged.verdict == "proved" or judged.verdict in BAD):
        return aside
    if judged.verdict not in BAD:
        return Ruling(judged, scope)
    for excuse in (*NO_CLAIMS, *(SHAPES if judged.verdict == "illtyped" else REFUTATIONS)):
        found = excuse(case, judged)
        if found is not None:
            return Ruling(found, scope)
    return Ruling(judged, scope)


def _open(said: str) -> Judged:
    return Judged("undecided", "SG201", Remark(said))


def vacuous(said: str) -> Judged:
    """Both sides are 0 by what is said, which would prove any slip in them."""
    return _open(f"holds only as 0 = 0, with what is said of {said}: any slip would pass")


def _proved(case: _Case, judged: Judged, results: frozenset[str]) -> Ruling:
    """A proof, with the results that were put in; one of 0 = 0 must not rest on a definition alone."""
    put_in = (d.source for n in sorted(results) for d in case.scope.definitions[n])
    judged = replace(judged, assuming=(*judged.assuming, *put_in))
    if judged.empty:
        for name in sorted(case.names & case.facts.sources.keys()):
            if case.judged(without_definitions(case.scope, {name})).verdict != "proved":
                return Ruling(vacuous(_with_line(name, case.facts)), case.scope)
    return Ruling(judged, case.scope)


def _with_line(name: str, facts: Facts) -> str:
    return f"{name} (line {facts.sources[name].line})"


def _at_any_point(case: _Case, results: frozenset[str]) -> Ruling:
    """A step of the derivation that leads to ``p = s/n``: it is one for every p."""
    scope = without_definitions(case.scope, results)
    free = judge_with_excuses(*case.sides, scope, case.facts, case.inline, case.alone)
    if free.judged.verdict == "proved":
        return free
    there = case.judged()
    if there.verdict != "proved" or there.empty:
        return free
    lines = ", ".join(_with_line(n, case.facts) for n in sorted(results))
    return Ruling(_open(f"holds only with what is said of {lines}"), case.scope)


def _without_indices(case: _Case, judged: Judged) -> Ruling:
    """A step in which a name that is defined with an index (``z_i``) stands bare: z is a variable of its
    own (``\\sigma'(z)``), or the index was left out for a while (``\\hat y - y``)."""
    lhs, rhs, scope = case.lhs, case.rhs, case.scope
    as_it_stands = Ruling(judged, scope)
    dropped = repairs.dropped(lhs, rhs, scope)
    declared = dropped & case.facts.declared
    if not dropped or (declared and judged.verdict in BAD):
        return as_it_stands
    alone = without(scope, set(dropped))
    own = case.judged(alone)
    if own.verdict == "proved":
        return Ruling(own, alone)
    if declared:
        return as_it_stands
    restored = repairs.restored(lhs, rhs, scope, dropped)
    if restored is not None:
        return Ruling(restored, scope)
    if own.verdict == "refuted" and judged.verdict != "refuted":
        return Ruling(own, alone)
    return as_it_stands


def _left_aside(case: _Case) -> Ruling | None:
    """What an equation gives that is not in force is not free: a point at which it is refutes nothing.

    Where another definition is in force, the step is false only if it is so with either.
    """
    scope = case.scope
    spoken = case.names | {n.name for n in case.walk() if isinstance(n, Sym)}
    for name, untaken in case.facts.left(spoken):
        reason = Remark(f"{name} is given in line {untaken.at.line}, which was not taken as a definition")
        doubt = Judged("undecided", "SG202", reason, undefined=name)
        if name not in scope.definitions:
            return Ruling(doubt, scope)
        try:
            other = read_directive(untaken.directive, scope)
        except (SymgradError, RecursionError):
            return Ruling(doubt, scope)
        again = case.judged(other)
        if untaken.here and again.verdict == "proved":
            return Ruling(
                _open(f"false in general; holds with what line {untaken.at.line} says of {name}"), scope
            )
        if again.verdict == "proved":
            put_in = (d.source for d in other.definitions[name])
            again = replace(again, assuming=(*again.assuming, *put_in))
        if again.verdict not in BAD:
            return Ruling(again, other)
    return None


Excuse = Callable[[_Case, Judged], Judged | None]

# --- it is no claim ------------------------------------------------------------------------------------


def _stated(said: str) -> Judged:
    return Judged(None, cause=Remark(f"{said}; not judged"), stated=True)


def _relation(case: _Case, _: Judged) -> Judged | None:
    if case.touched or not (case.alone or case.inline):
        return None
    if not case.inline and case.each[0] == case.each[1] and not queries.symmetric(*case.sides):
        return None
    return _stated("a relation between quantities of which nothing is defined")


def _property(case: _Case, _: Judged) -> Judged | None:
    notations = not case.touched and all(map(queries.notation, case.sides))
    if not (notations or queries.exchanged(*case.sides)):
        return None
    return _stated("a property or a notation, no rewriting")


def _column_of_two(case: _Case, _: Judged) -> Judged | None:
    if not any(isinstance(n, Matrix) and _may_be_a_binomial(n) for n in case.walk()):
        return None
    reason = Remark("a column of two entries, which may be a binomial coefficient: write \\binom")
    return Judged("undecided", "SG206", reason)


def _may_be_a_binomial(matrix: Matrix) -> bool:
    entries = [row[0] for row in matrix.rows if len(row) == 1]
    return len(matrix.rows) == len(entries) == 2 and not any(map(queries.has_derivative, entries))


NO_CLAIMS: tuple[Excuse, ...] = (_relation, _property, _column_of_two)

# --- shapes that do not fit are the author's only if the author gave them, here -------------------------


def _but(judged: Judged, code: str, doubt: Reason, name: str | None = None) -> Judged:
    assert judged.cause is not None
    return Judged("undecided", code, But(judged.cause, doubt), undefined=name)


def _of_an_unknown_function(case: _Case, judged: Judged) -> Judged | None:
    name = unknown_function(*case.sides, case.scope, case.facts.declared)
    return None if name is None else _but(judged, "SG202", UnknownFunction(name), name)


def _of_a_guessed_size(case: _Case, judged: Judged) -> Judged | None:
    cause = judged.cause
    guessed = cause.guessed if isinstance(cause, OfShapes) else ()
    if case.facts.declared.issuperset(guessed) and not isinstance(cause, SoftmaxOfScalar):
        return None
    return _but(judged, "SG206", Remark("a shape is only guessed"))


def _declared(case: _Case, judged: Judged) -> Judged | None:
    return judged if case.names & case.facts.declared else None


def _of_a_guessed_shape(case: _Case, judged: Judged) -> Judged | None:
    name = guessed_shape(*case.sides, case.scope)
    return None if name is None else _but(judged, "SG202", ShapeGuessed(name), name)


def _said_in_passing(case: _Case, judged: Judged) -> Judged | None:
    passing, elsewhere = case.facts.passing(case.names)
    again = case.judged(without(case.scope, passing)) if passing else judged
    if again.verdict == "proved":
        return again
    indices = isinstance(judged.cause, WrongIndices | IndexOnScalar)
    primitives = queries.primitives(case.sides, case.scope)
    if elsewhere or indices or not all(map(case.facts.gives_shape, primitives)):
        return _but(judged, "SG206", Remark("not with what is said here alone"))
    return None


SHAPES: tuple[Excuse, ...] = (
    _of_an_unknown_function, _of_a_guessed_size, _declared, _of_a_guessed_shape, _said_in_passing,
)  # fmt: skip

# --- a refutation rests on what was said ---------------------------------------------------------------


def _with_a_function_invented(case: _Case, judged: Judged) -> Judged | None:
    name = invented(judged.witness, case.facts.declared)
    return None if name is None else Judged("undecided", "SG202", UnknownFunction(name), undefined=name)


def _against_what_is_stated(case: _Case, _: Judged) -> Judged | None:
    primitives = case.each[0] | case.each[1]
    stated = case.facts.under_what_is_stated(primitives, case.scope)
    under = None if stated is None else case.judged(stated)
    if under is None or under.verdict in BAD:
        return None
    if under.empty:
        return vacuous("these quantities here")
    general = case.facts.under_what_is_stated(primitives, case.scope, case.general)
    if general is not None and case.judged(general).verdict == "proved":
        return under
    return _open("false in general; it may hold for the values said here")


def _for_few(case: _Case, _: Judged) -> Judged | None:
    """``\\sum_{i=1}^n x_i = x_1 + x_2 + x_3``: true for one n, which the author has in mind."""
    nodes = case.walk()
    entries = (k for n in nodes if isinstance(n, Indexed) for k in (*n.lower, *n.upper))
    numbers = [int(k.value) for k in entries if isinstance(k, Num) and 0 < k.value < 9]
    if not numbers:
        return None
    ends = (n.upper for n in nodes if isinstance(n, BigOp) and n.upper is not None)
    for size in sorted({name for end in ends for name in free_names(end)}):
        for many in {max(2, max(numbers)), max(numbers) + 1}:  # counted from 1 or from 0
            left, right = (substitute(side, {Sym(size): Num(many)}) for side in case.sides)
            if judge_step(left, right, case.scope).verdict == "proved":
                return _open(f"holds for {size} = {many} only")
    return None


def _in_parts(case: _Case, _: Judged) -> Judged | None:
    """``\\sum_{i=1}^m x_i = \\sum_k \\sum_{x \\in C_k} x``: true where the sets make up the whole."""
    sums = [n for n in case.walk() if isinstance(n, BigOp)]
    limited = ((id(n), n.condition.rhs) for n in sums if n.condition is not None)
    sets = {key: found for key, found in limited if isinstance(found, Indexed)}
    families = {name for found in sets.values() for name in free_names(found)}
    by_part = [n for n in sums if n.index.name in families]
    if not by_part or not any(id(n) not in sets and n not in by_part for n in sums):
        return None
    name = queries.base(next(iter(sets.values())))
    return _open(f"nothing here says that the sets {name} make up the whole")


def _by_what_is_far(case: _Case, _: Judged) -> Judged | None:
    far = case.facts.far(case.names)
    again = case.judged(without(case.scope, far)) if far else None
    return again if again is not None and again.verdict == "proved" else None


def _by_what_is_doubtful(case: _Case, _: Judged) -> Judged | None:
    doubtful = case.facts.doubtful(case.names)
    if not doubtful or case.judged(without(case.scope, set(doubtful))).verdict in BAD:
        return None
    lines = ", ".join(_with_line(n, case.facts) for n in doubtful)
    return _open(f"false only with what another section says of {lines}")


def _for_what_goes_without_saying(case: _Case, judged: Judged) -> Judged | None:
    """What the author may not have cared to say, and what the step rests on: that a standard deviation is
    positive, that labels or chances sum to one."""
    missing = _shares(case) or _signs(case, judged)
    return _open(f"holds only where ${missing}$: write assume .. if that is meant") if missing else None


def _shares(case: _Case) -> str:
    totals: dict[Node, Node] = {n: Num(1) for n in case.walk() if _is_total(n)}
    if not totals or not case.facts.throughout.shares:
        return ""
    left, right = (substitute(side, totals) for side in case.sides)
    if judge_step(left, right, case.scope).verdict != "proved":
        return ""
    return SHARES.fact.format(x=to_latex(next(iter(totals))))


def _is_total(node: Node) -> bool:
    """The sum of all entries of a vector: ``\\sum_k y_k``."""
    match node:
        case Sum(Indexed(Sym(), (k,)), index) if node.condition is None:
            return k == index
    return False


def _signs(case: _Case, judged: Judged) -> str:
    parameters = {} if judged.witness is None else judged.witness.parameters
    negative = [n for n, value in parameters.items() if value.startswith("-")]
    if not negative or not case.facts.throughout.positive.issuperset(negative):
        return ""
    signs = [MEASURED.fact.format(x=n) for n in negative]
    try:
        under = read_directives([f"assume {sign}" for sign in signs], case.scope)
    except SymgradError:
        return ""
    return ", ".join(signs) if case.judged(under).verdict == "proved" else ""


REFUTATIONS: tuple[Excuse, ...] = (
    _with_a_function_invented, _against_what_is_stated, _for_few, _in_parts, _by_what_is_far,
    _by_what_is_doubtful, _for_what_goes_without_saying,
)  # fmt: skip

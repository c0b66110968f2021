"""A document checked from top to bottom: what is in force at each place, and each step judged there.

A definition holds from where it stands to its next redefinition; one that follows a display in its own
sentence ("where $z = w x$") holds for that display too.  Nothing that was only derived is ever taken as
a definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..documents import phrases
from ..documents.displays import Side
from ..documents.files import read_file, read_text
from ..documents.model import Document, Region
from ..documents.sides import Reading, TooLarge
from ..errors import Remark, Slip, SpannedError, SymgradError
from ..page.scope import Scope
from . import repairs
from .classify import Classified, classify
from .conditions import NOTHING, Conditions, of_sentence
from .excuses import BAD
from .facts import MAX_REGION, Facts, throughout
from .findings import Job
from .record import Record
from .ruling import learned, rooted_above, rule, settled
from .step import Judged

MAX_STEPS = 20_000
Event = tuple[Any, ...]


def check_document(job: Job, known: Mapping[Any, Any], lost: Mapping[Any, str]) -> Iterator[Event]:
    """Events ``("at", unit)``, ``("known", unit, result)`` and at last ``("end", FileResult)``.

    ``known`` and ``lost`` are units of an earlier try: what was found of them, and what ended it there.
    """
    yield ("at", ("document",))
    if job.text is not None:
        document = read_text(job.text, job.kind, job.path)
    else:
        document = read_file(Path(job.path), Path(job.root) if job.root else None)
    walk = _Walk(document, job, known, lost)
    yield from walk.events()
    yield ("end", walk.record.finished(walk.facts.definitions))


def in_force(path: Path) -> Scope:
    """What is in force at the end of a document: its macros, directives and the definitions in its text."""
    walk = _Walk(read_file(path), Job(str(path), None, "", ""), {}, {})
    for _ in walk.events():
        pass
    return walk.facts.scope


class _Walk:
    """The way through a document: what is in force where it has come to, and the record of what it found."""

    def __init__(
        self, document: Document, job: Job, known: Mapping[Any, Any], lost: Mapping[Any, str]
    ) -> None:
        self.document, self.job, self.known, self.lost = document, job, known, lost
        self.record = Record(document)
        self.facts = Facts(throughout(document))
        self.last: Side | None = None  # the end of the last display
        self.previous: tuple[Classified, Judged] | None = None
        self.directed: set[int] = set()  # directives that were read with one before them
        self.early: set[int] = set()  # formulas that were read with the display before them
        self.count = 0

    def events(self) -> Iterator[Event]:
        for problem in self.document.problems:
            part = problem.part or self.document.parts[0]
            at = min(problem.offset, len(part.text))
            self.record.report("SG501", problem.message, part, at, at + 1)
        for region in self.document.regions:
            unit = ("region", region.index)
            if region.index in self.early:
                continue
            yield ("at", unit)
            if unit in self.lost:
                self.give_up(region, self.loss(*unit), "not read within the limits")
            elif region.kind == "macro":
                self.macro(region)
            elif region.kind == "directive":
                self.directive(region)
            elif region.kind == "heading":
                self.facts = self.facts.with_heading()
            elif region.is_formula:
                yield from self.formula(region)

    def loss(self, *unit: Any) -> str:
        return "SG204" if self.lost[unit] == "timeout" else "SG205"

    # --- macros and directives ----------------------------------------------------------------------------

    def macro(self, region: Region) -> None:
        try:
            self.facts = self.facts.with_macro(region.body)
        except SymgradError as error:
            self.record.about("SG404", str(error), region)

    def directive(self, first: Region) -> None:
        """This directive and those right behind it, read together; what cannot be read is left out."""
        if _ignores(first):
            self.record.ignore(first)
            return
        if first.index in self.directed:
            return
        behind = self.document.following(first)
        lines = [first, *takewhile(lambda r: r.kind == "directive" and not _ignores(r), behind)]
        self.directed |= {region.index for region in lines}
        try:
            self.facts = self.facts.with_directives(r.body for r in lines)
        except (SymgradError, RecursionError):  # one by one, to name those that cannot be read
            for region in lines:
                self.one_directive(region)

    def one_directive(self, region: Region) -> None:
        try:
            self.facts = self.facts.with_directives([region.body])
        except RecursionError:
            self.record.about("SG403", "nested too deeply", region)
        except SpannedError as error:
            if error.span is None:
                self.record.about("SG403", error.message, region)
            else:
                start, end = region.start + error.span.start, region.start + error.span.end
                self.record.report("SG403", error.message, region.part, start, end)
        except SymgradError as error:
            self.record.about("SG403", str(error), region)

    # --- formulas -----------------------------------------------------------------------------------------

    def formula(self, region: Region) -> Iterator[Event]:
        try:
            steps = self.classified(region)
        except Exception as error:  # one formula must not take the others with it
            self.give_up(region, "SG207", _fault(error))
            return
        for step in steps:
            yield from self.settle(step)
        if region.kind == "display":
            self.record.ignoring = None

    def give_up(self, region: Region, code: str, message: str) -> None:
        """Steps of a formula that could not be read at all, from its signs alone."""
        if not region.is_formula:
            self.record.about(code, message, region)
            return
        self.record.derivation()
        nothing, scope = Reading(None, SymgradError(message)), self.facts.scope
        for link in (link for chain in region.chains for link in chain.links):
            key = (region.index, link.start)
            step = Classified(link, region, nothing, nothing, scope, "claim", judge=False, key=key, line=0)
            self.record.step(step, Judged("timeout", code, Remark(message)))

    def classified(self, region: Region) -> list[Classified]:
        if len(region.body) > MAX_REGION:
            self.record.about("SG205", f"a formula of {len(region.body):,} characters", region)
            return []
        if self.count > MAX_STEPS:
            return []
        self.said_around(region)
        if not _relates(region):
            return []
        if region.kind == "display":
            self.look_ahead(region)
            self.reason_behind(region)
        last = self.last if region.kind == "display" else None
        steps = self.chains(region, region.before, of_sentence(region), last)
        if not (region.chains[0].carries and self.last is not None and self.record.derivations):
            self.record.derivation()
        if region.kind == "display" and steps:
            self.last = steps[-1].link.rhs
        return steps

    def chains(
        self, region: Region, prose: str, around: Conditions = NOTHING, last: Side | None = None
    ) -> list[Classified]:
        """The relations of a formula; what they define is in force behind them."""
        steps: list[Classified] = []
        for chain in region.chains:
            found, self.facts = classify(region, chain, self.facts, prose, around, last)
            steps += found
        steps.sort(key=lambda step: step.link.start)
        judged = {step.under for step in steps if step.judge}
        return [replace(step, elsewhere=bool(judged - {step.under})) for step in steps]

    # --- the text around a formula ------------------------------------------------------------------------

    def said_around(self, region: Region) -> None:
        """What the sentence of a formula says of the names in it."""
        around = region.body, region.before, region.behind
        if region.kind == "inline":
            self.facts = self.facts.with_suppositions(*around)
        if not _relates(region):
            self.facts = self.facts.with_kind(region.body)
            if region.kind == "inline":
                self.facts = self.facts.with_properties(*around)

    def look_ahead(self, display: Region) -> None:
        """Definitions and kinds in the sentence that follows a display: ``where $z = w x$``."""
        if not phrases.EXPLAINS.match(display.tail):
            return
        for region in self.document.trailing(display):
            if not _relates(region):
                self.facts = self.facts.with_kind(region.body)
                continue
            if phrases.CONCLUDES_A_RESULT.search(region.before):
                return  # "and hence the minimum is at w = y/x": not so in the display
            facts = self.facts
            steps = self.chains(region, "where")
            if any(step.judge for step in steps):  # claims wait for their turn
                self.facts = facts
                continue
            self.early.add(region.index)
            self.record.derivation()
            for step in steps:
                self.conclude(step, _unjudged(step))

    def reason_behind(self, display: Region) -> None:
        """``The last step holds since $A$ is symmetric``, in the sentence that follows a display."""
        for region in self.document.following(display):
            between = display.up_to(region)
            if region.kind != "inline" or not phrases.GIVES_A_REASON.match(between):
                return
            self.facts = self.facts.with_properties(region.body, between, region.behind)

    # --- judging ------------------------------------------------------------------------------------------

    def settle(self, step: Classified) -> Iterator[Event]:
        """Judge a step, unless an earlier try already did or died of it."""
        unit = ("step", *step.key)
        self.count += 1
        if unit in self.known:  # where its hints hung, the verdict stands
            judged = self.known[unit]
        elif unit in self.lost:
            limit = "the hard limit of a step" if self.lost[unit] == "timeout" else "the memory limit"
            judged = Judged("timeout", self.loss(*unit), Remark(f"{limit} was reached"))
        elif not step.judge:
            judged = _unjudged(step)
        else:
            yield ("at", unit)
            try:
                step, judged = self.judged(step)
            except Exception as error:  # one step must not take the others with it
                judged = Judged("undecided", "SG207", Remark(_fault(error)))
            yield ("known", unit, judged)
        if judged.verdict in BAD and not judged.studied and unit not in self.lost:
            yield ("at", unit)
            judged = self.studied(step, judged)
            yield ("known", unit, judged)
        if judged.verdict in BAD and ("slip", *step.key) not in self.lost and self.previous is not None:
            yield ("at", ("slip", *step.key))
            before, verdict = self.previous
            if rooted_above(before, verdict, step):
                line = self.record.place_of(before).line
                said = f"the row above (line {line}) disagrees with both its neighbours, which agree"
                judged = replace(judged, code="SG104", cause=Remark(said), hint=None, derived=None)
        self.previous = (step, judged)
        self.conclude(step, judged)

    def judged(self, step: Classified) -> tuple[Classified, Judged]:
        for side, reading in ((step.link.lhs, step.lhs), (step.link.rhs, step.rhs)):
            if reading.node is None:
                return step, self.unreadable(side, reading)
        return rule(step, self.facts, self.job.rules)

    def studied(self, step: Classified, judged: Judged) -> Judged:
        """With what would mend it."""
        lhs, rhs = step.lhs.node, step.rhs.node
        assert lhs is not None and rhs is not None
        try:
            return repairs.add(judged, lhs, rhs, step.scope, step.head, self.job.answers)
        except Exception:  # the verdict stands without a hint
            return replace(judged, studied=True)

    def unreadable(self, side: Side, reading: Reading) -> Judged:
        error = reading.error
        message = error.message if isinstance(error, SpannedError) else str(error)
        if isinstance(error, SpannedError) and error.span is not None:
            region = self.document.regions[side.block]
            line, column = region.position(side.start + error.span.start)
            message += f" (line {line}, column {column})"
        again = self.previous is not None and self.previous[0].link.rhs == side
        if isinstance(error, Slip) and not again:
            meant = f"write {error.meant}" if self.job.answers else None
            return Judged("illtyped", "SG102", Remark(message), hint=meant, studied=True)
        code = "SG205" if isinstance(error, TooLarge) else "SG203"
        return Judged("unreadable", code, Remark(message))

    def conclude(self, step: Classified, judged: Judged) -> None:
        """Record a step, and go on with what is in force behind it."""
        final, verdict = settled(step, judged, self.facts)
        self.facts = learned(final, judged, self.facts)
        self.record.step(final, verdict)


def _relates(region: Region) -> bool:
    return any(chain.links for chain in region.chains)


def _ignores(region: Region) -> bool:
    return region.body.split()[0] == "ignore"


def _unjudged(step: Classified) -> Judged:
    return Judged(None, cause=Remark(step.message) if step.message else None)


def _fault(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]

"""A document checked from top to bottom: what is in force at each place, and each step judged there.

A definition holds from where it stands to its next redefinition; one that follows a display in its own
sentence ("where $z = w x$") holds for that display too.  Nothing that was only derived is ever taken as
a definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..documents import phrases
from ..documents.displays import Chain, Side, split
from ..documents.files import read_file, read_text
from ..documents.model import Document, Region
from ..documents.sides import Reading, TooLarge
from ..errors import Remark, Slip, SpannedError, SymgradError
from ..page.scope import Scope
from . import repairs
from .classify import Classified, Formula, classify
from .conditions import NEAR, of_sentence
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
        self.directed = 0  # directives up to here have been read
        self.early: set[int] = set()  # formulas that were read with the display before them
        self.count = 0

    def events(self) -> Iterator[Event]:
        for problem in self.document.problems:
            at = min(problem.offset, len(self.document.parts[problem.part].text))
            self.record.report("SG501", problem.message, problem.part, at, at + 1)
        part = 0
        for index, region in enumerate(self.document.regions):
            if index in self.early:
                continue
            if region.part != part:
                part, self.directed = region.part, 0
            yield ("at", ("region", index))
            if ("region", index) in self.lost:
                self.give_up(index, self.loss("region", index), "not read within the limits")
            elif region.kind == "macro":
                self.macro(region)
            elif region.kind == "directive":
                self.directive(index)
            elif region.kind == "heading":
                self.facts = self.facts.with_heading()
            elif region.kind in ("display", "inline"):
                yield from self.formula(index)

    def loss(self, *unit: Any) -> str:
        return "SG204" if self.lost[unit] == "timeout" else "SG205"

    # --- macros and directives ----------------------------------------------------------------------------

    def macro(self, region: Region) -> None:
        try:
            self.facts = self.facts.with_macro(region.body)
        except SymgradError as error:
            self.record.about("SG404", str(error), region)

    def directive(self, index: int) -> None:
        """This directive and those right behind it, read together; what cannot be read is left out."""
        first = self.document.regions[index]
        if _ignores(first):
            self.record.ignore(first)
            return
        if first.start < self.directed:
            return
        lines: list[Region] = []
        for region in self.document.regions[index:]:
            if region.kind != "directive" or region.part != first.part or _ignores(region):
                break
            lines.append(region)
        self.directed = lines[-1].end
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

    def formula(self, index: int) -> Iterator[Event]:
        try:
            steps = self.classified(index)
        except Exception as error:  # one formula must not take the others with it
            self.give_up(index, "SG207", _fault(error))
            return
        for step in steps:
            yield from self.settle(step)
        if self.document.regions[index].kind == "display":
            self.record.ignoring = None

    def give_up(self, index: int, code: str, message: str) -> None:
        """Steps of a formula that could not be read at all, from its signs alone."""
        region = self.document.regions[index]
        if region.kind not in ("display", "inline"):
            self.record.about(code, message, region)
            return
        self.record.derivation(region)
        nothing = Reading(None, SymgradError(message))
        for chain in split(region.body, index):
            for link in chain.links:
                step = Classified(
                    link,
                    region,
                    nothing,
                    nothing,
                    self.facts.scope,
                    "claim",
                    judge=False,
                    key=(index, link.start),
                    line=0,
                )
                self.record.step(step, Judged("timeout", code, Remark(message)))

    def classified(self, index: int) -> list[Classified]:
        region = self.document.regions[index]
        if len(region.body) > MAX_REGION:
            self.record.about("SG205", f"a formula of {len(region.body):,} characters", region)
            return []
        if self.count > MAX_STEPS:
            return []
        chains = [c for c in split(region.body, index) if c.links or c.dangles]
        self.said_around(index, any(c.links for c in chains))
        if not any(c.links for c in chains):
            return []
        if region.kind == "display":
            self.look_ahead(index)
            self.reason_behind(index)
        last = self.last if region.kind == "display" else None
        formula = Formula(
            self.document, index, self.before(index), of_sentence(self.document, region), last
        )
        steps = self.chains(formula, chains)
        goes_on = chains[0].carries and self.last is not None and bool(self.record.derivations)
        if not goes_on:
            self.record.derivation(region)
        if region.kind == "display" and steps:
            self.last = steps[-1].link.rhs
        return steps

    def chains(self, formula: Formula, chains: list[Chain]) -> list[Classified]:
        """The relations of several chains; what they define is in force behind them."""
        steps: list[Classified] = []
        for chain in chains:
            found, self.facts = classify(formula, chain, self.facts)
            steps += found
        steps.sort(key=lambda step: step.link.start)
        judged = {step.under for step in steps if step.judge}
        return [replace(step, elsewhere=bool(judged - {step.under})) for step in steps]

    # --- the text around a formula ------------------------------------------------------------------------

    def before(self, index: int) -> str:
        """The words between a formula and the one before it."""
        region = self.document.regions[index]
        at = 0
        for other in reversed(self.document.regions[:index]):
            if other.part != region.part:
                break
            if other.outer[1] <= region.outer[0]:
                at = other.outer[1]
                break
        text = self.document.parts[region.part].text
        return text[max(at, region.outer[0] - NEAR) : region.outer[0]]

    def behind(self, region: Region) -> str:
        return self.document.parts[region.part].text[region.outer[1] : region.outer[1] + NEAR]

    def said_around(self, index: int, relates: bool) -> None:
        """What the sentence of a formula says of the names in it."""
        region = self.document.regions[index]
        before, behind = self.before(index), self.behind(region)
        if region.kind == "inline":
            self.facts = self.facts.with_suppositions(region.body, before, behind)
        if not relates:
            self.facts = self.facts.with_kind(region.body)
            if region.kind == "inline":
                self.facts = self.facts.with_properties(region.body, before, behind)

    def look_ahead(self, index: int) -> None:
        """Definitions and kinds in the sentence that follows a display: ``where $z = w x$``."""
        regions = self.document.regions
        here = regions[index]
        text = self.document.parts[here.part].text
        tail = text[here.outer[1] : here.outer[1] + 2000]
        if not phrases.EXPLAINS.match(tail):
            return
        stop = re.search(r"\n[ \t]*\r?\n|(?<=[a-z)$])\.\s", tail)
        end = here.outer[1] + (stop.start() if stop else len(tail))
        for k in range(index + 1, len(regions)):
            region = regions[k]
            if region.part != here.part or region.outer[0] > end or region.kind == "display":
                return
            if region.kind != "inline":
                continue
            chains = split(region.body, k)
            if not any(c.links for c in chains):
                self.facts = self.facts.with_kind(region.body)
                continue
            if phrases.CONCLUDES_A_RESULT.search(self.before(k)):
                return  # "and hence the minimum is at w = y/x": not so in the display
            formula, facts = Formula(self.document, k, "where"), self.facts
            steps = self.chains(formula, chains)
            if any(step.judge for step in steps):  # claims wait for their turn
                self.facts = facts
                continue
            self.early.add(k)
            self.record.derivation(region)
            for step in steps:
                self.conclude(step, _unjudged(step))

    def reason_behind(self, index: int) -> None:
        """``The last step holds since $A$ is symmetric``, in the sentence that follows a display."""
        regions = self.document.regions
        here = regions[index]
        text = self.document.parts[here.part].text
        for region in regions[index + 1 :]:
            between = text[here.outer[1] : region.outer[0]]
            if region.part != here.part or region.kind != "inline":
                return
            if not phrases.GIVES_A_REASON.match(between):
                return
            self.facts = self.facts.with_properties(region.body, between, self.behind(region))

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
            line, column = self.document.position(region.part, region.start + side.start + error.span.start)
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


def _ignores(region: Region) -> bool:
    return region.body.split()[0] == "ignore"


def _unjudged(step: Classified) -> Judged:
    return Judged(None, cause=Remark(step.message) if step.message else None)


def _fault(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]

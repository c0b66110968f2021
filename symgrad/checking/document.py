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
from ..documents.files import FORMATS, read_file, read_text
from ..documents.model import Document, Part, Region
from ..documents.sides import Reading, TooLarge
from ..errors import Remark, Slip, SpannedError, SymgradError
from ..kernel.verdict import Witness
from ..page.scope import Scope
from . import queries, repairs
from .classify import Classified, Classifier
from .conditions import assume, of_sentence
from .excuses import BAD, judge_with_excuses, vacuous
from .facts import MAX_REGION, Facts
from .findings import Derivation, FileResult, Finding, Job, Place, Step
from .step import Judged, judge_step, shown, with_rule

MAX_STEPS = 20_000
Event = tuple[Any, ...]



def check_document(job: Job, known: Mapping[Any, Any], lost: Mapping[Any, str]) -> Iterator[Event]:
    """Events ``("at", unit)``, ``("known", unit, result)`` and at last ``("end", FileResult)``."""
    yield ("at", ("document",))
    if job.text is not None:
        document = read_text(job.text, job.kind, job.path)
    else:
        document = read_file(Path(job.path), Path(job.root) if job.root else None)
    yield from _Checker(document, job, known, lost).run()


def in_force(path: Path) -> Scope:
    """What is in force at the end of a document: its macros, directives and the definitions in its text."""
    checker = _Checker(read_file(path), Job(str(path), None, "", ""), {}, {})
    for _ in checker.run():
        pass
    return checker.facts.scope


class _Checker:
    def __init__(
        self, document: Document, job: Job, known: Mapping[Any, Any], lost: Mapping[Any, str]
    ) -> None:
        self.document, self.known, self.lost = document, known, lost
        self.answers, self.rules = job.answers, job.rules
        self.facts = Facts(document)
        self.classifier = Classifier(self.facts)
        self.result = FileResult(document.path)
        self.groups: list[tuple[Region, list[tuple[Classified, Step]]]] = []
        self.directed: set[int] = set()  # directives that were read with one before them
        self.undefined: set[str] = set()
        self.ignores: list[tuple[Region, list[bool]]] = []
        self.ignoring: tuple[frozenset[str], list[bool]] | None = None
        self.early: set[int] = set()  # formulas that were read with the display before them
        self.previous: tuple[Classified, Judged] | None = None
        self.count = 0

    # --- the run ------------------------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        for problem in self.document.problems:
            part = problem.part or self.document.parts[0]
            at = min(problem.offset, len(part.text))
            self.report("SG501", problem.message, part, at, at + 1)
        for index, region in enumerate(self.document.regions):
            if index in self.early:
                continue
            yield ("at", ("region", index))
            if ("region", index) in self.lost:
                self.give_up(region, self.loss("region", index), "not read within the limits")
                continue
            if region.kind == "macro":
                self.macro(region)
            elif region.kind == "directive":
                self.directive(region)
            elif region.kind == "weave":
                continue
            elif region.kind == "heading":
                self.facts.headings += 1
                self.classifier.solving = False
            else:
                try:
                    classified = self.classify(region)
                except Exception as error:  # one formula must not take the others with it
                    self.give_up(region, "SG207", f"{type(error).__name__}: {error}"[:200])
                    continue
                for step in classified:
                    yield from self.settle(step)
                if region.kind == "display":
                    self.ignoring = None
        self.finish()
        yield ("end", self.result)

    def give_up(self, region: Region, code: str, message: str) -> None:
        """Steps of a formula that could not be read at all, from its signs alone."""
        if not region.is_formula:
            self.report(code, message, *self.whole(region))
            return
        self.groups.append((region, []))
        nothing = Reading(None, SymgradError(message))
        for chain in region.chains:
            for link in chain.links:
                classified = Classified(link, region, nothing, nothing, self.facts.scope, "claim", True)
                self.record(classified, Judged("timeout", code, Remark(message)))

    def loss(self, *unit: Any) -> str:
        return "SG204" if self.lost[unit] == "timeout" else "SG205"

    def settle(self, classified: Classified) -> Iterator[Event]:
        """Judge a classified step, unless an earlier try already did or died of it."""
        unit = ("step", *classified.key)
        self.count += 1
        if unit in self.known:  # where its hints hung, the verdict stands
            judged = self.known[unit]
        elif unit in self.lost:
            limit = "the hard limit of a step" if self.lost[unit] == "timeout" else "the memory limit"
            judged = Judged("timeout", self.loss(*unit), Remark(f"{limit} was reached"))
        elif not classified.judge:
            judged = self.unjudged(classified)
        else:
            yield ("at", unit)
            try:
                judged = self.judge(classified)
            except Exception as error:  # one step must not take the others with it
                judged = Judged("undecided", "SG207", Remark(f"{type(error).__name__}: {error}"[:200]))
            yield ("known", unit, judged)
        if judged.verdict in BAD and not judged.studied and unit not in self.lost:
            assert classified.lhs.node is not None and classified.rhs.node is not None
            yield ("at", unit)
            try:
                lhs, rhs = classified.lhs.node, classified.rhs.node
                judged = repairs.add(judged, lhs, rhs, classified.scope, classified.head, self.answers)
            except Exception:  # the verdict stands without a hint
                judged = replace(judged, studied=True)
            yield ("known", unit, judged)
        if judged.verdict in BAD and ("slip", *classified.key) not in self.lost:
            yield ("at", ("slip", *classified.key))
            judged = self.after_a_slip(classified, judged)
        self.previous = (classified, judged)
        self.record(classified, judged)

    def after_a_slip(self, classified: Classified, judged: Judged) -> Judged:
        """Where the row above disagrees with both its neighbours and they agree, it is the root of both."""
        if self.previous is None:
            return judged
        before, verdict = self.previous
        if verdict.verdict not in BAD or before.link.rhs != classified.link.lhs:
            return judged
        start, end = before.lhs.node, classified.rhs.node
        if start is None or end is None or judge_step(start, end, classified.scope).verdict != "proved":
            return judged
        line = before.region.position(before.link.start)[0]
        message = f"the row above (line {line}) disagrees with both its neighbours, which agree"
        return replace(judged, code="SG104", cause=Remark(message), hint=None, derived=None)

    # --- macros, directives, prose ------------------------------------------------------------------------

    def macro(self, region: Region) -> None:
        try:
            self.facts.macro(region.body)
        except SymgradError as error:
            self.report("SG404", str(error), *self.whole(region))

    def directive(self, region: Region) -> None:
        words = region.body.split()
        if words[0] == "ignore":
            self.ignoring = (frozenset(w.strip(",") for w in words[1:]), [False])
            self.ignores.append((region, self.ignoring[1]))
            return
        if region.index not in self.directed:
            self.directives(region)

    def directives(self, first: Region) -> None:
        """This directive and those right behind it, read together; what cannot be read is left out."""
        behind = takewhile(
            lambda r: r.kind == "directive" and r.body.split()[0] != "ignore", self.document.following(first)
        )
        lines = [first, *behind]
        self.directed |= {region.index for region in lines}
        try:
            self.facts.directives([r.body for r in lines])
        except (SymgradError, RecursionError):  # one by one, to name those that cannot be read
            for region in lines:
                self.one_directive(region)

    def one_directive(self, region: Region) -> None:
        try:
            self.facts.directives([region.body])
        except RecursionError:
            self.report("SG403", "nested too deeply", *self.whole(region))
        except SymgradError as error:
            start, end, message = region.start, region.end, str(error)
            if isinstance(error, SpannedError) and error.span is not None:
                message = error.message
                start, end = region.start + error.span.start, region.start + error.span.end
            self.report("SG403", message, region.part, start, end)

    # --- classification -----------------------------------------------------------------------------------

    def classify(self, region: Region) -> list[Classified]:
        if len(region.body) > MAX_REGION:
            self.report("SG205", f"a formula of {len(region.body):,} characters", *self.whole(region))
            return []
        if self.count > MAX_STEPS:
            return []
        chains, prose = region.chains, region.before
        if region.kind == "inline":
            self.facts.supposed(region.body, prose, region.behind)
        if not any(c.links for c in chains):
            self.facts.kind(region.body)
            if region.kind == "inline":
                self.facts.properties(region.body, prose, region.behind)
            return []
        if region.kind == "display":
            self.look_ahead(region)
            self.reason_behind(region)
        classified = []
        around = of_sentence(region)
        for chain in chains:
            classified += self.classifier.chain(region, chain, prose, around)
        for step in classified:
            step.elsewhere = any(other.judge and other.under != step.under for other in classified)
        classified.sort(key=lambda p: p.link.start)
        goes_on = chains[0].carries and self.classifier.last is not None and bool(self.groups)
        if not goes_on:
            self.groups.append((region, []))
        if region.kind == "display" and classified:
            self.classifier.last = classified[-1].link.rhs
        return classified

    def look_ahead(self, display: Region) -> None:
        """Definitions and kinds in the sentence that follows a display: ``where $z = w x$``."""
        if not phrases.EXPLAINS.match(display.tail):
            return
        for region in self.document.trailing(display):
            if not any(c.links for c in region.chains):
                self.facts.kind(region.body)
                continue
            if phrases.CONCLUDES_A_RESULT.search(region.before):
                return  # "and hence the minimum is at w = y/x": not so in the display
            facts = self.facts
            before = facts.scope, dict(facts.sources), facts.definitions
            steps = [step for c in region.chains for step in self.classifier.chain(region, c, "where")]
            if any(step.judge for step in steps):  # claims wait for their turn
                facts.scope, facts.sources, facts.definitions = before
                continue
            self.early.add(region.index)
            self.groups.append((region, []))
            for step in steps:
                self.record(step, self.unjudged(step))

    def reason_behind(self, display: Region) -> None:
        """``The last step holds since $A$ is symmetric``, in the sentence that follows a display."""
        for region in self.document.following(display):
            between = display.up_to(region)
            if region.kind != "inline" or not phrases.GIVES_A_REASON.match(between):
                return
            self.facts.properties(region.body, between, region.behind)

    # --- judging ------------------------------------------------------------------------------------------

    def unjudged(self, classified: Classified) -> Judged:
        return Judged(None, None, Remark(classified.message) if classified.message else None)

    def judge(self, classified: Classified) -> Judged:
        for side, reading in ((classified.link.lhs, classified.lhs), (classified.link.rhs, classified.rhs)):
            if reading.node is None:
                return self.unreadable(side, reading)
        lhs, rhs = classified.lhs.node, classified.rhs.node
        assert lhs is not None and rhs is not None
        inline = classified.region.kind == "inline"
        ruling = judge_with_excuses(lhs, rhs, classified.scope, self.facts, inline, classified.alone)
        if ruling.judged.verdict != "proved" and (classified.under or classified.elsewhere):
            under = assume(classified.under, lhs, rhs, classified.scope)
            if under.scope is not classified.scope:
                lhs, rhs = under.lhs, under.rhs
                ruling = judge_with_excuses(lhs, rhs, under.scope, self.facts, inline, classified.alone)
                if ruling.judged.empty:
                    ruling = replace(ruling, judged=vacuous(" and ".join(classified.under.lines)))
            if ruling.judged.verdict in BAD and (under.unread or classified.elsewhere):
                said = f"the condition {under.unread[0]}" if under.unread else "a condition in another row"
                doubt = Judged("undecided", "SG201", Remark(f"false in general, but {said} may limit it"))
                ruling = replace(ruling, judged=doubt)
        judged, classified.scope = ruling.judged, ruling.scope
        if ruling.stated:
            classified.kind = "condition"
        if judged.verdict == "proved" and (self.rules or classified.link.label):
            judged = with_rule(judged, lhs, rhs, classified.scope, classified.link.label)
        for reading in (classified.lhs, classified.rhs):
            if reading.dropped:
                note = ("SG306", Remark("a parenthesis has no partner; it was left out"))
                judged = replace(judged, notes=(*judged.notes, note))
                break
        return judged

    def state(self, classified: Classified) -> None:
        lhs, rhs = classified.lhs.node, classified.rhs.node
        if (
            lhs is not None
            and rhs is not None
            and classified.link.sign == "="
            and not queries.has_derivative(lhs)
        ):
            about = queries.leaves([lhs, rhs], classified.scope)
            self.facts.state(classified.link.lhs, classified.link.rhs, about, queries.base(lhs))

    def leave(self, classified: Classified, judged: Judged) -> None:
        """An equation of which the judge could make nothing may still say what its left side is."""
        lhs, rhs = classified.lhs.node, classified.rhs.node
        if lhs is None or classified.link.sign != "=" or classified.head is not lhs:
            return
        if queries.has_derivative(lhs):
            return
        if classified.restates:
            self.classifier.leave(classified.restates, classified.link, classified.region)
        elif judged.verdict not in BAD:
            spoken = frozenset() if rhs is None else queries.inside(rhs, classified.scope)
            defined = classified.scope.definitions.keys()
            for name in queries.quantities(lhs, classified.scope) - spoken - defined:
                self.classifier.leave(name, classified.link, classified.region)

    def unreadable(self, side: Side, reading: Reading) -> Judged:
        error = reading.error
        message = error.message if isinstance(error, SpannedError) else str(error)
        if isinstance(error, SpannedError) and error.span is not None:
            region = self.document.regions[side.block]
            line, column = region.position(side.start + error.span.start)
            message += f" (line {line}, column {column})"
        again = self.previous is not None and self.previous[0].link.rhs == side
        if isinstance(error, Slip) and not again:
            meant = f"write {error.meant}" if self.answers else None
            return Judged("illtyped", "SG102", Remark(message), hint=meant, studied=True)
        code = "SG205" if isinstance(error, TooLarge) else "SG203"
        return Judged("unreadable", code, Remark(message))

    # --- recording ----------------------------------------------------------------------------------------

    def record(self, classified: Classified, judged: Judged) -> None:
        """Turn a judgement into a step and its findings."""
        kind = classified.kind
        if classified.soft and judged.verdict in ("refuted", "undecided", "illtyped"):
            rhs = classified.rhs.node
            kind = "condition" if rhs is not None and queries.is_constant(rhs) else "rewriting"
            if rhs is not None and queries.is_zero(rhs):
                self.classifier.solving = True
            judged = Judged(
                None,
                None,
                Remark(
                    "an equation to be solved, not a claim"
                    if kind == "condition"
                    else "rests on the equation before it; not judged by itself"
                ),
            )
        if any(note == "SG304" for note, _ in judged.notes):
            kind = "approximation"
        if judged.verdict in ("undecided", "unreadable", *BAD) and not classified.soft:
            self.leave(classified, judged)
        if classified.restates and judged.verdict in BAD:
            line = self.facts.sources[classified.restates][0]
            judged = replace(
                judged,
                notes=(
                    ("SG305", Remark(f"{classified.restates} was defined in line {line} in another way")),
                ),
                verdict=None,
                code=None,
            )
            kind = "definition"
        rhs = classified.rhs.node
        if kind == "condition" or (kind == "definition" and rhs is not None and queries.is_constant(rhs)):
            self.state(classified)  # what is given a value is still spoken of in general
        code, hint = judged.code, judged.hint
        name = judged.undefined
        if code == "SG202" and name is not None and hint is None:
            hint = self.directive_line(f"let {name} = ...")
        region, link = classified.region, classified.link
        place = self.place(region.part, region.start + link.start, region.start + link.end)
        silenced = self.silenced(code)
        claimed = judged.claimed or (classified.link.label or None)
        step = Step(
            place,
            link.written,
            _squeeze(link.lhs.text),
            _squeeze(link.rhs.text),
            kind,
            judged.verdict,
            None if judged.verdict in (None, "proved") else code,
            judged.rule,
            claimed,
            judged.assuming,
            _witness(judged),
            hint,
            None if judged.cause is None else str(judged.cause),
            judged.derived,
        )
        self.groups[-1][1].append((classified, step))
        repeated = code == "SG202" and name in self.undefined
        if name is not None:
            self.undefined.add(name)
        if code is not None and judged.verdict != "proved" and not silenced and not repeated:
            witness = None if judged.witness is None else str(_readable(judged.witness))
            self.add(
                code,
                str(judged.cause),
                place,
                region.part,
                hint,
                witness,
                judged.derived,
            )
        for extra, reason in judged.notes:
            if not self.silenced(extra):
                self.add(extra, str(reason), place, region.part)

    def silenced(self, code: str | None) -> bool:
        if self.ignoring is None or code is None:
            return False
        codes, used = self.ignoring
        if codes and code not in codes:
            return False
        used[0] = True
        return True

    def directive_line(self, line: str) -> str:
        return FORMATS[self.document.format].comment.format(f"symgrad: {line}")

    def finish(self) -> None:
        self.result.definitions = self.facts.definitions
        for region, used in self.ignores:
            if not used[0]:
                self.report("SG402", "this ignore silences nothing", *self.whole(region))
        ordered = sorted((g for g in self.groups if g[1]), key=lambda g: g[0].index)
        for region, steps in ordered:
            entries = tuple(s for _, s in steps)
            self.result.derivations.append(Derivation(entries[0].place.line, region.part.cell, entries))
        judged = any(s.verdict is not None for s in self.result.steps())
        if not judged and not self.document.problems:
            counts = {k: sum(r.kind == k for r in self.document.regions) for k in ("display", "inline")}
            seen = f"{counts['display']} displayed and {counts['inline']} inline formulas"
            seen += f", {self.facts.definitions} definitions"
            self.report("SG401", f"no step was judged ({seen})", self.document.parts[0], 0, 0)
        self.result.findings.sort(key=lambda f: (f.place.cell or 0, f.place.line, f.place.column))

    # --- places -------------------------------------------------------------------------------------------

    def whole(self, region: Region) -> tuple[Part, int, int]:
        return region.part, region.start, region.end

    def place(self, part: Part, start: int, end: int) -> Place:
        return Place(*part.position(start), *part.position(end), part.cell)

    def report(self, code: str, message: str, part: Part, start: int, end: int) -> None:
        self.add(code, message, self.place(part, start, end), part)

    def add(
        self,
        code: str,
        message: str,
        place: Place,
        part: Part,
        hint: str | None = None,
        witness: str | None = None,
        derived: str | None = None,
    ) -> None:
        source = part.line(place.line) if part.text else ""
        first = part.text.lstrip()[:40].splitlines() if place.cell is not None else []
        self.result.findings.append(
            Finding(
                self.document.path, place, code, message, hint, witness, derived, source, (first or [""])[0]
            )
        )


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _readable(witness: Witness) -> Witness:
    return replace(witness, left=shown(witness.left), right=shown(witness.right))


def _witness(judged: Judged) -> dict[str, object] | None:
    w = judged.witness
    if w is None:
        return None
    return {
        "sizes": dict(w.sizes),
        "data": {k: dict(v) for k, v in w.data.items()},
        "parameters": dict(w.parameters),
        "functions": dict(w.functions),
        "left": w.left,
        "right": w.right,
    }

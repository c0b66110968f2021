"""Examining: a document read from top to bottom, what is in force at each place, each step judged there.

A definition holds from where it stands to its next redefinition; one that follows a display in its own
sentence ("where $z = w x$") holds for that display too.  Nothing that was only derived is ever taken as
a definition.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..directives import read_directive, read_directives
from ..errors import SpannedError, SymgradError
from ..kinds import unbold
from ..latex import read_macro_definitions
from ..notes import Document, Region, read_file, read_text
from ..page import Add, BigOp, Call, Indexed, Matrix, Node, Num, Relation, Sym, substitute, walk
from ..page import same as same_page
from ..patterns import Pattern
from ..scope import Definition, Scope
from ..verdict import Witness
from . import hints, naming
from .judgement import (
    Judged,
    guessed_shape,
    invented,
    judge_step,
    shown,
    unknown_function,
    vanishing,
    with_rule,
)  # fmt: skip
from .model import Derivation, FileResult, Finding, Kind, Place, Step
from .reading import Reading, TooLarge, read_side
from .rows import Chain, Link, Side, split
from .worker import Job

MAX_REGION = 200_000
MAX_STEPS = 20_000
Event = tuple[Any, ...]
BAD = ("refuted", "illtyped")

_CONDITIONAL = Pattern(
    r"\b(?:if|when|whenever|suppose|assum\w+|unless|case|such that|provided|iff|for which|satisf\w+|at|until|once"
    r"|setting|set|given that|fix|take)\W*$",
    re.IGNORECASE,
)
_WHERE = Pattern(r"^[\s.,;:)*_]*(?:where|with|here|in which|for|and)\b", re.IGNORECASE)
_ANNOUNCES = Pattern(
    r"\b(?:let|define[sd]?|definition|denote[sd]?|consider|now|instead|suppose|loss|cost|function|model|given by"
    r"|becomes?|modif\w+|variant|regulari\w+|alternative\w*|new|another|case|example|use[sd]?|using)\b",
    re.IGNORECASE,
)
_THUS = Pattern(
    r"\b(?:thus|hence|therefore|so|solv\w+|giv(?:es|ing|en)|yields?|rearrang\w+|get|obtain\w*|solution|implies"
    r"|equivalent\w*|optim\w+|minimi\w+|maximi\w+|zero|root|stationary|follows)\b",
    re.IGNORECASE,
)
_RANGE = Pattern(r"^\s*\{?[a-zA-Z]\}?\s*$")
FAR = 3  # headings after which a letter may well mean something else
_NEAR = 400  # characters of prose in which a word still speaks of the formula behind it


@dataclass(slots=True)
class _Planned:
    """A step on its way: sides, readings, what it was classified as."""

    link: Link
    region: Region
    lhs: Reading
    rhs: Reading
    scope: Scope
    kind: Kind
    judge: bool
    restates: str | None = None  # the name that is defined again
    soft: bool = False  # a refutation means "it rests on the equation before", not "it is wrong"
    message: str = ""
    alone: bool = False  # the only step of its chain
    head: Node | None = None  # the first side of its chain
    key: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class _Last:
    """The end of the last display: what a display that begins with a sign goes on from."""

    side: Side | None = None
    region: Region | None = None
    derivation: list[Any] = field(default_factory=list)


def examine(job: Job, known: Mapping[Any, Any], lost: Mapping[Any, str]) -> Iterator[Event]:
    """Events ``("at", unit)``, ``("known", unit, result)`` and at last ``("end", FileResult)``."""
    yield ("at", ("document",))
    if job.text is not None:
        document = read_text(job.text, job.kind, job.path)
    else:
        document = read_file(Path(job.path), Path(job.root) if job.root else None)
    yield from _Examiner(document, job, known, lost).run()


class _Examiner:
    def __init__(
        self, document: Document, job: Job, known: Mapping[Any, Any], lost: Mapping[Any, str]
    ) -> None:
        self.document, self.known, self.lost = document, known, lost
        self.answers, self.rules = job.answers, job.rules
        self.scope = Scope()
        self.result = FileResult(document.path)
        self.last = _Last()
        self.groups: list[tuple[Region, list[tuple[_Planned, Step]]]] = []
        self.directed = 0  # directives up to here have been read
        self.solving = False  # an equation to be solved is in force
        self.sources: dict[str, tuple[int, int, int]] = {}  # name -> part, line, how many headings before
        self.headings = 0
        self.undefined: set[str] = set()
        self.ignores: list[tuple[Region, frozenset[str], list[bool]]] = []
        self.ignoring: tuple[frozenset[str], list[bool]] | None = None
        self.early: set[int] = set()
        self.spoken: set[Relation] = set()  # hypotheses that the text makes in passing
        self.declared: set[str] = set()  # names whose kind a directive declares
        self.stated: list[tuple[frozenset[str], str, int]] = []  # equations in force: names, line, headings
        self.spoken_kinds: dict[str, int] = {}  # kinds from the text -> how many headings before
        self.uses = _uses(document)
        self.previous: tuple[_Planned, Judged] | None = None
        self.seen = 0
        self.count = 0

    # --- the run ------------------------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        for problem in self.document.problems:
            at = min(problem.offset, len(self.document.parts[problem.part].text))
            self.report("SG501", problem.message, problem.part, at, at + 1)
        regions = self.document.regions
        part = 0
        for index, region in enumerate(regions):
            if index in self.early:
                continue
            yield ("at", ("region", index))
            if ("region", index) in self.lost:
                self.report(
                    self.loss("region", index), "this formula could not be read in time", *self.whole(region)
                )
                continue
            if region.part != part:
                part, self.directed = region.part, 0
            if region.kind == "macro":
                self.macro(region)
            elif region.kind == "directive":
                self.directive(region)
            elif region.kind == "weave":
                continue
            elif region.kind == "heading":
                self.headings += 1
                self.solving = False
            else:
                self.seen += 1
                try:
                    planned = self.plan(index, region)
                except Exception as error:  # one formula must not take the others with it
                    self.give_up(index, region, "SG207", f"{type(error).__name__}: {error}"[:200])
                    continue
                for step in planned:
                    yield from self.settle(step)
                if region.kind == "display":
                    self.ignoring = None
        self.finish()
        yield ("end", self.result)

    def give_up(self, index: int, region: Region, code: str, message: str) -> None:
        """Steps of a formula that could not be read at all, from its signs alone."""
        if region.kind not in ("display", "inline"):
            self.report(code, message, *self.whole(region))
            return
        self.groups.append((region, []))
        nothing = Reading(None, SymgradError(message))
        for chain in split(region.body, index):
            for link in chain.links:
                planned = _Planned(link, region, nothing, nothing, self.scope, "claim", True)
                self.record(planned, Judged("timeout", code, message))

    def loss(self, *unit: Any) -> str:
        return "SG204" if self.lost[unit] == "timeout" else "SG205"

    def settle(self, planned: _Planned) -> Iterator[Event]:
        """Judge a planned step, unless an earlier try already did or died of it."""
        unit = ("step", *planned.key)
        self.count += 1
        if unit in self.known:  # where its hints hung, the verdict stands
            judged = self.known[unit]
        elif unit in self.lost:
            limit = "the hard limit of a step" if self.lost[unit] == "timeout" else "the memory limit"
            judged = Judged("timeout", self.loss(*unit), f"{limit} was reached")
        elif not planned.judge:
            judged = self.unjudged(planned)
        else:
            yield ("at", unit)
            try:
                judged = self.judge(planned)
            except Exception as error:  # one step must not take the others with it
                judged = Judged("undecided", "SG207", f"{type(error).__name__}: {error}"[:200])
            yield ("known", unit, judged)
        if judged.verdict in BAD and not judged.studied and unit not in self.lost:
            assert planned.lhs.node is not None and planned.rhs.node is not None
            yield ("at", unit)
            try:
                judged = hints.add(judged, planned.lhs.node, planned.rhs.node, planned.scope, planned.head)
            except Exception:  # the verdict stands without a hint
                judged = replace(judged, studied=True)
            yield ("known", unit, judged)
        if judged.verdict in BAD and ("slip", *planned.key) not in self.lost:
            yield ("at", ("slip", *planned.key))
            judged = self.after_a_slip(planned, judged)
        self.previous = (planned, judged)
        self.record(planned, judged)

    def after_a_slip(self, planned: _Planned, judged: Judged) -> Judged:
        """Where the row above disagrees with both its neighbours and they agree, it is the root of both."""
        if self.previous is None:
            return judged
        before, verdict = self.previous
        if verdict.verdict not in BAD or before.link.rhs != planned.link.lhs:
            return judged
        start, end = before.lhs.node, planned.rhs.node
        if start is None or end is None or judge_step(start, end, planned.scope).verdict != "proved":
            return judged
        line = self.place(before.region.part, *_span(before)).line
        message = f"the row above (line {line}) disagrees with both its neighbours, which agree"
        return replace(judged, code="SG104", message=message, hint=None, derived=None)

    # --- macros, directives, prose ------------------------------------------------------------------------

    def macro(self, region: Region) -> None:
        try:
            for command, macro in read_macro_definitions(region.body).items():
                self.scope = self.scope.with_macro(command, macro)
        except SymgradError as error:
            self.report("SG404", str(error), *self.whole(region))

    def directive(self, region: Region) -> None:
        words = region.body.split()
        if words[0] == "ignore":
            codes = frozenset(w.strip(",") for w in words[1:])
            self.ignoring = (codes, [False])
            self.ignores.append((region, codes, self.ignoring[1]))
            return
        if region.start >= self.directed:
            self.directives(region)

    def directives(self, first: Region) -> None:
        """This directive and those right behind it, read together; what cannot be read is left out."""
        index = self.document.regions.index(first)
        lines: list[Region] = []
        for region in self.document.regions[index:]:
            if region.kind != "directive" or region.part != first.part or region.body.split()[0] == "ignore":
                break
            lines.append(region)
        self.directed = lines[-1].end
        good: list[Region] = []
        try:
            scope = read_directives([r.body for r in lines], self.scope)
            lines = []
        except (SymgradError, RecursionError):
            scope = self.scope  # one by one, to name those that cannot be read
        for region in lines:
            try:
                scope = read_directives([*(r.body for r in good), region.body], self.scope)
                good.append(region)
            except RecursionError:
                self.report("SG403", "nested too deeply", *self.whole(region))
            except SymgradError as error:
                start, end, message = region.start, region.end, str(error)
                if isinstance(error, SpannedError) and error.span is not None:
                    message = error.message
                    start, end = region.start + error.span.start, region.start + error.span.end
                self.report("SG403", message, region.part, start, end)
        self.declared |= {n for n, kind in scope.kinds.items() if kind != self.scope.kinds.get(n)}
        for name, definitions in scope.definitions.items():
            if definitions != self.scope.definitions.get(name):
                self.declared |= {name} | {n for d in definitions for n in naming.quantities(d.body)}
        self.scope = scope

    def prose_before(self, index: int) -> str:
        region = self.document.regions[index]
        at = 0
        for k in range(index - 1, -1, -1):
            other = self.document.regions[k]
            if other.part != region.part:
                break
            if other.outer[1] <= region.outer[0]:
                at = other.outer[1]
                break
        text = self.document.parts[region.part].text
        return text[max(at, region.outer[0] - _NEAR) : region.outer[0]]

    def kinds(self, region: Region) -> None:
        """``X \\in \\mathbb{R}^{m \\times n}`` in the text: a kind, where it can be read as one."""
        m = re.fullmatch(
            r"\s*(?:\\forall\s*)?(?P<names>[^=<>]+?)\s*\\in\s*(?P<set>.+?)[\s.,;]*", region.body, re.DOTALL
        )
        if m is None or len(region.body) > 300 or "\\text" in region.body:
            return
        space = re.sub(r"\\(?:mathbf|mathcal|mathds|Bbb|mathrm|rm)\s*\{?R\}?", r"\\mathbb{R}", m.group("set"))
        space = re.sub(r"^\\(?:R|Re|reals|RR)(?![A-Za-z])", r"\\mathbb{R}", space)
        values = re.fullmatch(r"\\\{\s*[-\d]+\s*(?:,\s*[-+\d]+\s*)+\\\}", space)
        if not values and "\\mathbb{R}" not in space and "dots" not in space:
            return
        for name in re.split(r",(?![^{}()]*[})])", m.group("names")):
            line = f"{'assume' if values else 'let'} {name.strip()} \\in {space}"
            try:
                scope = read_directive(line, self.scope)
            except (SymgradError, RecursionError):
                continue
            self.spoken |= set(scope.assumptions[len(self.scope.assumptions) :])
            for key in scope.kinds:
                if scope.kinds[key] != self.scope.kinds.get(key):
                    self.spoken_kinds[key] = self.headings
            self.scope = scope

    def define(self, lhs: Side, rhs: Side, region: Region, at: int) -> bool:
        """Take ``lhs = rhs`` as a definition from here on; False where it cannot be one."""
        try:
            scope = read_directive(f"let {lhs.text.strip()} = {rhs.text.strip()}", self.scope)
        except (SymgradError, RecursionError):
            return False
        node = read_side(lhs, scope).node
        name = None if node is None else naming.base(node)
        body = read_side(rhs, self.scope).node
        if name is not None and body is not None and name in naming.inside(body, self.scope):
            return False  # a = f(b) and b = g(a): the same equation twice
        self.scope = scope
        if name is not None:
            self.sources[name] = (
                region.part,
                self.document.position(region.part, region.start + at)[0],
                self.headings,
            )
        self.result.definitions += 1
        return True

    # --- planning -----------------------------------------------------------------------------------------

    def plan(self, index: int, region: Region) -> list[_Planned]:
        if len(region.body) > MAX_REGION:
            self.report("SG205", f"a formula of {len(region.body):,} characters", *self.whole(region))
            return []
        if self.count > MAX_STEPS:
            return []
        chains = [c for c in split(region.body, index) if c.links or c.dangles]
        prose = self.prose_before(index)
        if not any(c.links for c in chains):
            self.kinds(region)
            return []
        if region.kind == "display":
            self.look_ahead(index)
        planned = []
        for chain in chains:
            planned += self.plan_chain(index, region, chain, prose)
        planned.sort(key=lambda p: p.link.start)
        goes_on = bool(chains[0].carries and self.last.side is not None and self.groups)
        if not goes_on:
            self.groups.append((region, []))
        if region.kind == "display" and planned:
            final = planned[-1].link
            self.last = _Last(final.rhs, region)
        return planned

    def look_ahead(self, index: int) -> None:
        """Definitions and kinds in the sentence that follows a display: ``where $z = w x$``."""
        regions = self.document.regions
        here = regions[index]
        text = self.document.parts[here.part].text
        tail = text[here.outer[1] : here.outer[1] + 2000]
        if not _WHERE.match(tail):
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
                self.kinds(region)
                continue
            before = self.scope, dict(self.sources), self.result.definitions
            steps = [step for chain in chains for step in self.plan_chain(k, region, chain, "where")]
            if any(step.judge for step in steps):  # claims wait for their turn
                self.scope, self.sources, self.result.definitions = before
                continue
            self.early.add(k)
            self.seen += 1
            self.groups.append((region, []))
            for step in steps:
                self.record(step, self.unjudged(step))

    def plan_chain(self, index: int, region: Region, chain: Chain, prose: str) -> list[_Planned]:
        out: list[_Planned] = []
        for k, link in enumerate(chain.links):
            lhs_side = link.lhs
            if (
                k == 0
                and chain.carries
                and not lhs_side
                and self.last.side is not None
                and region.kind == "display"
            ):
                lhs_side = self.last.side
                link = replace(link, lhs=lhs_side)
            if k and out:
                left = out[-1].rhs
            elif not lhs_side:
                left = Reading(None, SymgradError("nothing stands on the left side"))
            else:
                left = read_side(lhs_side, self.scope)
            right = (
                read_side(link.rhs, self.scope)
                if link.rhs
                else Reading(None, SymgradError("nothing stands on the right side"))
            )
            step = self.classify(region, chain, k, link, left, right, prose)
            step.key = (index, link.start)
            step.alone = len(chain.links) == 1
            step.head = out[0].lhs.node if out else step.lhs.node
            out.append(step)
        return out

    def classify(
        self, region: Region, chain: Chain, k: int, link: Link, left: Reading, right: Reading, prose: str
    ) -> _Planned:
        scope = self.scope

        def planned(kind: Kind, judge: bool = False, **more: Any) -> _Planned:
            return _Planned(link, region, left, right, scope, kind, judge, **more)

        sign = link.sign
        if region.kind == "inline" and not link.lhs:
            return planned("condition")
        if sign == "condition":
            self.solving = True
            return planned("condition")
        if sign in ("<", "<=", ">", ">=", "!="):
            return planned("inequality")
        if sign in ("approx", "propto"):
            return planned("approximation")
        if sign == "=:":
            self.define(link.rhs, link.lhs, region, link.start)
            return planned("definition")
        lhs, rhs = left.node, right.node
        if re.search(r"\\(?:arg|operatorname\*?\{arg)", link.rhs.text) or re.search(r"\\arg", link.lhs.text):
            return planned("definition" if sign == ":=" or k == 0 else "condition")
        if re.fullmatch(r"\s*\\nabla\s*", link.lhs.text):
            return planned("definition")
        name = None if lhs is None or k else naming.base(lhs)
        if k and region.kind == "inline" and lhs is not None and naming.base(lhs) in self.sources:
            return planned("condition")  # "y = f(x) = x^2": another f, for a moment
        if lhs is None:
            return planned("claim", judge=True)
        if name is not None:
            ready = self.named(region, chain, link, name, lhs, rhs, prose, planned)
            if ready is not None:
                return ready
        elif sign == ":=" and k == 0 and rhs is not None and not naming.has_derivative(lhs):
            if self.define(link.lhs, link.rhs, region, link.start):
                return planned("definition")
        elif region.kind == "inline" and not isinstance(lhs, Node):
            return planned("condition")
        if rhs is not None and naming.is_zero(rhs):
            # What follows may rest on it; whether it is a condition is known when it is judged.
            self.solving = self.solving or naming.has_derivative(lhs)
            return planned("claim", judge=True, soft=True)
        if region.kind == "inline" and _CONDITIONAL.search(prose) and len(chain.links) == 1:
            return planned("condition")
        soft = self.solving and (
            chain.opened.startswith("\\")
            or chain.opened in ("and", "so", "hence", "thus")
            or bool(_THUS.search(prose))
            or "hence" in chain.opened
        )
        return planned("claim", judge=True, soft=soft)

    def named(
        self,
        region: Region,
        chain: Chain,
        link: Link,
        name: str,
        lhs: Node,
        rhs: Node | None,
        prose: str,
        planned: Callable[..., _Planned],
    ) -> _Planned | None:
        """A chain that begins with a bare name: an update, a definition, a value, or (None) a claim."""
        sign = link.sign
        inside = set() if rhs is None else {n for n in walk(rhs) if naming.base(n) == name}
        if inside and (sign == ":=" or _updates(lhs, rhs, name)):
            return planned("update")
        defined = any(_same_form(d, lhs) for d in self.scope.definitions.get(name, ()))
        by_author = bool(self.scope.definitions.get(name)) and name not in self.sources
        inline = region.kind == "inline"
        if sign in (":=", "equiv"):
            if rhs is not None and naming.is_constant(rhs):
                return planned("definition")
            if inside or not self.define(link.lhs, link.rhs, region, link.start):
                return planned("definition", message="not taken up: it refers to itself" if inside else "")
            return planned("definition")
        if (
            _RANGE.match(link.lhs.text)
            and (rhs is None or naming.is_constant(rhs))
            and re.search(r"dots|\.\.\.", region.body[link.start :])
        ):
            return planned("condition")
        if by_author:
            if inline and len(chain.links) == 1:
                return planned("claim", judge=True, soft=True)
            return None
        if defined:
            where = self.sources[name]
            if self.same_definition(name, lhs, rhs):
                return None
            announced = where[2] != self.headings or bool(_ANNOUNCES.search(prose))
            if inline or announced:
                if rhs is not None and not naming.is_constant(rhs) and not inside and not self.solving:
                    self.define(link.lhs, link.rhs, region, link.start)
                return planned("definition")
            return planned("claim", judge=True, restates=name)
        if rhs is None:
            return planned("definition", judge=True)
        if inline and _CONDITIONAL.search(prose):
            return planned("condition")
        if self.solving and (chain.opened or _THUS.search(prose) or chain.links[0] is not link):
            return planned("rewriting")
        if inside:
            return planned("condition")
        if naming.is_constant(rhs):
            return planned("definition")
        if (
            inline
            and isinstance(rhs, Sym | Indexed)
            and not re.search(r"\b(?:where|let|define|denote|write|call)", prose, re.IGNORECASE)
        ):
            return planned("condition")
        if _is_list(link.rhs.text):
            return planned("definition")
        self.define(link.lhs, link.rhs, region, link.start)
        return planned("definition")

    def same_definition(self, name: str, lhs: Node, rhs: Node | None) -> bool:
        return rhs is not None and any(same_page(d.body, rhs) for d in self.scope.definitions.get(name, ()))

    # --- judging ------------------------------------------------------------------------------------------

    def unjudged(self, planned: _Planned) -> Judged:
        return Judged(None, None, planned.message)

    def judge(self, planned: _Planned) -> Judged:
        for side, reading in ((planned.link.lhs, planned.lhs), (planned.link.rhs, planned.rhs)):
            if reading.node is None:
                return self.unreadable(planned, side, reading)
        lhs, rhs = planned.lhs.node, planned.rhs.node
        assert lhs is not None and rhs is not None
        planned.scope = self.relevant(planned.scope, lhs, rhs)
        judged = judge_step(lhs, rhs, planned.scope)
        if judged.verdict != "proved":
            judged = self.without_indices(planned, judged, lhs, rhs)
        scope = planned.scope
        if judged.verdict in BAD:
            judged = self.temper(planned, judged, lhs, rhs)
        if judged.verdict == "proved":
            if self.rules or planned.link.label:
                judged = with_rule(judged, lhs, rhs, scope, planned.link.label)
            if vanishing(lhs, rhs, scope):
                judged = replace(judged, notes=(*judged.notes, ("SG301", "both sides are 0 for all data")))
        for reading in (planned.lhs, planned.rhs):
            if reading.dropped:
                note = ("SG306", "a parenthesis has no partner; it was left out")
                judged = replace(judged, notes=(*judged.notes, note))
                break
        return judged

    def relevant(self, scope: Scope, lhs: Node, rhs: Node) -> Scope:
        """The scope without hypotheses from the text (``y_i \\in \\{0, 1\\}``) about what is not spoken of here."""
        if not self.spoken:
            return scope
        names = naming.inside(lhs, scope) | naming.inside(rhs, scope)
        kept = tuple(a for a in scope.assumptions if a not in self.spoken or naming.quantities(a.lhs) & names)
        return replace(scope, assumptions=kept)

    def without_indices(self, planned: _Planned, judged: Judged, lhs: Node, rhs: Node) -> Judged:
        """A step in which a name that is defined with an index (``z_i``) stands bare: z is a variable of its
        own (``\\sigma'(z)``), or the index was left out for a while (``\\hat y - y``)."""
        scope = planned.scope
        dropped = hints.dropped(lhs, rhs, scope)
        if not dropped or dropped & self.declared:
            return judged
        alone = _without(scope, set(dropped))
        own = judge_step(lhs, rhs, alone)
        if own.verdict == "proved":
            planned.scope = alone
            return own
        restored = hints.restored(lhs, rhs, scope, dropped)
        if restored is not None:
            return restored
        if own.verdict == "refuted" and judged.verdict != "refuted":
            planned.scope = alone
            return own
        return judged

    def temper(self, planned: _Planned, judged: Judged, lhs: Node, rhs: Node) -> Judged:
        """Take back a refutation that rests on what the author may not have meant here."""
        scope = planned.scope
        touched = any(
            naming.rests_on_definitions(side, scope) or naming.has_derivative(side) for side in (lhs, rhs)
        )
        inline = planned.region.kind == "inline"
        if not touched and (planned.alone or inline):
            if (
                inline
                or naming.leaves([lhs], scope) != naming.leaves([rhs], scope)
                or naming.symmetric(lhs, rhs)
            ):
                planned.kind = "condition"
                return Judged(
                    None, None, "a relation between quantities of which nothing is defined; not judged"
                )
        used = naming.inside(lhs, scope) | naming.inside(rhs, scope)
        if any(isinstance(n, Matrix) and _is_column_of_two(n) for side in (lhs, rhs) for n in walk(side)):
            message = "a column of two entries, which may be a binomial coefficient: write \\binom"
            return Judged("undecided", "SG206", message)
        if judged.verdict == "illtyped":
            return self.temper_shapes(planned, judged, lhs, rhs, used)
        function = invented(judged.witness, frozenset(self.declared))
        if function is not None:
            message = f"nothing here says what the function {function} is"
            return Judged("undecided", "SG202", message, undefined=function)
        under = self.under_what_is_stated(judged, lhs, rhs, scope)
        if under is not None and under.verdict not in BAD:
            return under
        few = _for_few(lhs, rhs, scope)
        if few is not None:
            return Judged("undecided", "SG201", few)
        far = {n for n in used if n in self.sources and self.sources[n][2] != self.headings}
        if not far:
            return judged
        again = judge_step(lhs, rhs, _without(scope, far))
        if again.verdict == "proved":
            return again
        doubtful = sorted(n for n in far if self.uses[n] > 1 or self.headings - self.sources[n][2] >= FAR)
        if doubtful and judge_step(lhs, rhs, _without(scope, set(doubtful))).verdict not in BAD:
            lines = ", ".join(f"{n} (line {self.sources[n][1]})" for n in doubtful)
            return Judged("undecided", "SG201", f"false only with what another section says of {lines}")
        return judged

    def temper_shapes(
        self, planned: _Planned, judged: Judged, lhs: Node, rhs: Node, used: frozenset[str]
    ) -> Judged:
        """Shapes that do not fit are the author's only if the author gave them, here."""
        scope = planned.scope
        function = unknown_function(lhs, rhs, scope, frozenset(self.declared))
        if function is not None:
            message = f"{judged.message}; but nothing here says what the function {function} is"
            return Judged("undecided", "SG202", message, undefined=function)
        if "dim " in judged.message or "softmax needs" in judged.message:
            return Judged("undecided", "SG206", f"{judged.message}; but a shape is only guessed")
        if used & self.declared:
            return judged
        name = guessed_shape(lhs, rhs, scope)
        if name is not None:
            message = f"{judged.message}; but the shape of {name} is only guessed"
            return Judged("undecided", "SG202", message, undefined=name)
        plain = {unbold(n) for n in used}
        used |= {n for n in (*self.spoken_kinds, *self.sources) if unbold(n) in plain}  # x for \\mathbf{x}
        spoken = {n for n in used if n in self.spoken_kinds}
        far = {n for n in used if n in self.sources and self.sources[n][2] != self.headings}
        far |= {n for n in spoken if self.spoken_kinds[n] != self.headings}
        for names in (spoken | far, far):
            if not names:
                continue
            again = judge_step(lhs, rhs, _without(scope, names))
            if again.verdict == "proved":
                return again
            if again.verdict not in BAD and (
                names == far or "index" in judged.message or "indices" in judged.message
            ):
                return Judged("undecided", "SG206", f"{judged.message}; but only with what other places say")
        return judged

    def under_what_is_stated(self, judged: Judged, lhs: Node, rhs: Node, scope: Scope) -> Judged | None:
        """The verdict with the equations that the text states about these quantities as hypotheses."""
        if judged.verdict != "refuted":
            return None
        names = naming.leaves([lhs, rhs], scope)
        lines = [line for about, line, where in self.stated if about & names and where == self.headings]
        for line in lines[-4:]:
            try:
                scope = read_directive(line, scope)
            except (SymgradError, RecursionError):
                lines.remove(line)
        return judge_step(lhs, rhs, scope) if lines else None

    def state(self, planned: _Planned) -> None:
        """An equation of the text that is no claim: what is said about its quantities from here on."""
        lhs, rhs = planned.lhs.node, planned.rhs.node
        if lhs is None or rhs is None or planned.link.sign != "=" or naming.has_derivative(lhs):
            return
        line = f"assume {planned.link.lhs.text.strip()} = {planned.link.rhs.text.strip()}"
        self.stated.append((naming.leaves([lhs, rhs], planned.scope), line, self.headings))

    def unreadable(self, planned: _Planned, side: Side, reading: Reading) -> Judged:
        error = reading.error
        message = error.message if isinstance(error, SpannedError) else str(error)
        if isinstance(error, SpannedError) and error.span is not None:
            region = self.document.regions[side.block]
            line, column = self.document.position(region.part, region.start + side.start + error.span.start)
            message += f" (line {line}, column {column})"
        code = "SG205" if isinstance(error, TooLarge) else "SG203"
        return Judged("unreadable", code, message)

    # --- recording ----------------------------------------------------------------------------------------

    def record(self, planned: _Planned, judged: Judged) -> None:
        """Turn a judgement into a step and its findings."""
        kind = planned.kind
        if planned.soft and judged.verdict in ("refuted", "undecided", "illtyped"):
            rhs = planned.rhs.node
            kind = "condition" if rhs is not None and naming.is_zero(rhs) else "rewriting"
            if kind == "condition":
                self.solving = True
            judged = Judged(
                None,
                None,
                "an equation to be solved, not a claim"
                if kind == "condition"
                else "rests on the equation before it; not judged by itself",
            )
        if any(note == "SG304" for note, _ in judged.notes):
            kind = "approximation"
        if planned.restates and judged.verdict in BAD:
            line = self.sources[planned.restates][1]
            judged = replace(
                judged,
                notes=(("SG305", f"{planned.restates} was defined in line {line} in another way"),),
                verdict=None,
                code=None,
            )
            kind = "definition"
        if kind == "condition":
            self.state(planned)
        code, hint = judged.code, judged.hint
        name = judged.undefined
        if code == "SG202" and name is not None and hint is None:
            hint = self.directive_line(f"let {name} = ...")
        region, link = planned.region, planned.link
        place = self.place(region.part, region.start + link.start, region.start + link.end)
        silenced = self.silenced(code)
        claimed = judged.claimed or (planned.link.label or None)
        step = Step(
            place, link.written, _squeeze(link.lhs.text), _squeeze(link.rhs.text), kind, judged.verdict,
            None if judged.verdict in (None, "proved") else code, judged.rule, claimed, judged.assuming,
            _witness(judged), hint, judged.message or None, judged.derived if self.answers else None,
        )  # fmt: skip
        self.groups[-1][1].append((planned, step))
        repeated = code == "SG202" and name in self.undefined
        if name is not None:
            self.undefined.add(name)
        if code is not None and judged.verdict != "proved" and not silenced and not repeated:
            witness = None if judged.witness is None else str(_readable(judged.witness))
            self.add(
                code,
                judged.message,
                place,
                region.part,
                hint,
                witness,
                judged.derived if self.answers else None,
            )
        for extra, message in judged.notes:
            if not self.silenced(extra):
                self.add(extra, message, place, region.part)

    def silenced(self, code: str | None) -> bool:
        if self.ignoring is None or code is None:
            return False
        codes, used = self.ignoring
        if codes and code not in codes:
            return False
        used[0] = True
        return True

    def directive_line(self, line: str) -> str:
        form = {"tex": "% symgrad: {}", "rst": ".. symgrad: {}"}.get(
            self.document.format, "<!-- symgrad: {} -->"
        )
        return form.format(line)

    def finish(self) -> None:
        for region, _, used in self.ignores:
            if not used[0]:
                self.report("SG402", "this ignore silences nothing", *self.whole(region))
        ordered = sorted((g for g in self.groups if g[1]), key=lambda g: (g[0].part, g[1][0][0].region.start))
        for region, steps in ordered:
            cell = self.document.parts[region.part].cell
            entries = tuple(s for _, s in steps)
            self.result.derivations.append(Derivation(entries[0].place.line, cell, entries))
        judged = any(s.verdict is not None for s in self.result.steps())
        if not judged and not self.document.problems:
            counts = {k: sum(r.kind == k for r in self.document.regions) for k in ("display", "inline")}
            seen = f"{counts['display']} displayed and {counts['inline']} inline formulas"
            self.report(
                "SG401", f"no step was judged ({seen}, {self.result.definitions} definitions)", 0, 0, 0
            )
        self.result.findings.sort(key=lambda f: (f.place.cell or 0, f.place.line, f.place.column))

    # --- places -------------------------------------------------------------------------------------------

    def whole(self, region: Region) -> tuple[int, int, int]:
        return region.part, region.start, region.end

    def place(self, part: int, start: int, end: int) -> Place:
        line, column = self.document.position(part, start)
        end_line, end_column = self.document.position(part, end)
        return Place(line, column, end_line, end_column, self.document.parts[part].cell)

    def report(self, code: str, message: str, part: int, start: int, end: int) -> None:
        self.add(code, message, self.place(part, start, end), part)

    def add(
        self, code: str, message: str, place: Place, part: int, hint: str | None = None, witness: str | None = None,
        derived: str | None = None,
    ) -> None:  # fmt: skip
        source = self.document.line(part, place.line) if self.document.parts[part].text else ""
        first = self.document.parts[part].text.lstrip()[:40].splitlines() if place.cell is not None else []
        self.result.findings.append(
            Finding(
                self.document.path, place, code, message, hint, witness, derived, source, (first or [""])[0]
            )
        )


def _same_form(definition: Definition, node: Node) -> bool:
    """Does the definition speak of this quantity (as many indices), and not of one that shares its letter?"""
    called = isinstance(node, Call)
    head = node.fn if isinstance(node, Call) else node
    lower, upper = (head.lower, head.upper) if isinstance(head, Indexed) else ((), ())
    forms = (len(definition.lower), len(definition.upper)) == (len(lower), len(upper))
    constant = all(
        p == v for p, v in zip((*definition.lower, *definition.upper), (*lower, *upper), strict=True)
        if isinstance(p, Num) or isinstance(v, Num) or naming.label((p,), ()) or naming.label((v,), ())
    ) if forms else False  # fmt: skip
    return constant and (definition.params is not None or not called)


def _uses(document: Document) -> Counter[str]:
    """How often a name stands alone on the left of a first relation sign: how often it may be defined."""
    out: Counter[str] = Counter()
    for region in document.regions:
        if region.kind in ("display", "inline") and len(region.body) < MAX_REGION:
            for chain in split(region.body):
                if chain.links:
                    out[re.split(r"[_(^]", "".join(chain.links[0].lhs.text.split()))[0]] += 1
    return out


def _for_few(lhs: Node, rhs: Node, scope: Scope) -> str | None:
    """``\\sum_{i=1}^n x_i = x_1 + x_2 + x_3``: true for one n, which the author has in mind."""
    numbers = [int(k.value) for side in (lhs, rhs) for n in walk(side) if isinstance(n, Indexed)
               for k in (*n.lower, *n.upper) if isinstance(k, Num) and 1 < k.value < 9]  # fmt: skip
    if not numbers:
        return None
    sizes = {
        n.upper
        for side in (lhs, rhs)
        for n in walk(side)
        if isinstance(n, BigOp) and isinstance(n.upper, Sym)
    }
    for size in sizes:
        left, right = (substitute(side, {size: Num(max(numbers))}) for side in (lhs, rhs))
        if judge_step(left, right, scope).verdict == "proved":
            return f"holds for {size.name} = {max(numbers)} only"
    return None


def _is_column_of_two(matrix: Matrix) -> bool:
    entries = [row[0] for row in matrix.rows if len(row) == 1]
    return len(matrix.rows) == len(entries) == 2 and all(
        naming.indices(e) or isinstance(e, Sym) for e in entries
    )


def _without(scope: Scope, names: set[str]) -> Scope:
    return replace(
        scope,
        definitions={k: v for k, v in scope.definitions.items() if k not in names},
        kinds={k: v for k, v in scope.kinds.items() if k not in names},
    )


def _span(planned: _Planned) -> tuple[int, int]:
    return planned.region.start + planned.link.start, planned.region.start + planned.link.end


def _updates(lhs: Node, rhs: Node | None, name: str) -> bool:
    """``w = w - ..`` or ``w^{(t+1)} = w^{(t)} - ..``: a term of the right side is the name itself."""
    if rhs is None:
        return False
    return any(naming.base(t) == name and isinstance(t, Sym | Indexed) for t in naming.terms(rhs)) and (
        isinstance(rhs, Add) or rhs == lhs
    )


def _is_list(text: str) -> bool:
    """``1, 2, \\dots, n`` or ``\\{..\\}``: a set or a sequence, not a formula."""
    depth = 0
    for m in re.finditer(r"\\.|[{}()\[\],]", text):
        if m.group() in "{([":
            depth += 1
        elif m.group() in "})]":
            depth -= 1
        elif m.group() == "," and depth == 0:
            return True
    return text.strip().startswith("\\{")


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _readable(witness: Witness) -> Witness:
    return replace(witness, left=shown(witness.left), right=shown(witness.right))


def _witness(judged: Judged) -> dict[str, object] | None:
    w = judged.witness
    if w is None:
        return None
    return {
        "sizes": dict(w.sizes), "data": {k: dict(v) for k, v in w.data.items()}, "parameters": dict(w.parameters),
        "functions": dict(w.functions), "left": w.left, "right": w.right,
    }  # fmt: skip

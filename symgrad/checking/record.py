"""The record of a document: its steps in their derivations, and the findings, but for those it ignores."""

from __future__ import annotations

from dataclasses import replace

from ..documents.files import FORMATS
from ..documents.model import Document, Part, Region
from ..kernel.verdict import Witness
from .classify import Classified
from .findings import Derivation, FileResult, Finding, Place, Step
from .step import Judged, in_short


class Ignored:
    """An ``ignore`` directive: the codes that it silences (none named: all), and whether it did."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.codes = frozenset(word.strip(",") for word in region.body.split()[1:])
        self.used = False

    def silences(self, code: str) -> bool:
        silenced = not self.codes or code in self.codes
        self.used = self.used or silenced
        return silenced


class Record:
    """What is found in a document, in the order in which it is found."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.derivations: list[list[tuple[Region, Step]]] = []
        self.findings: list[Finding] = []
        self.ignored: list[Ignored] = []
        self.ignoring: Ignored | None = None  # until the next display has ended
        self.undefined: set[str] = set()  # names that were asked for already

    def ignore(self, region: Region) -> None:
        self.ignoring = Ignored(region)
        self.ignored.append(self.ignoring)

    def derivation(self) -> None:
        """The steps that follow belong to a new derivation."""
        self.derivations.append([])

    def step(self, classified: Classified, judged: Judged) -> None:
        link, part = classified.link, classified.region.part
        code = None if judged.verdict == "proved" else judged.code
        hint = judged.hint or self._asked_for(judged)
        place = self.place_of(classified)
        witness = judged.witness
        step = Step(
            place,
            link.written,
            " ".join(link.lhs.text.split()),
            " ".join(link.rhs.text.split()),
            classified.kind,
            judged.verdict,
            code if judged.verdict is not None else None,
            judged.rule,
            judged.claimed or link.label or None,
            judged.assuming,
            None if witness is None else _values(witness),
            hint,
            judged.message,
            judged.derived,
        )
        self.derivations[-1].append((classified.region, step))
        repeated = judged.code == "SG202" and judged.undefined in self.undefined
        if judged.undefined is not None:
            self.undefined.add(judged.undefined)
        if code is not None and not self.silenced(code) and not repeated:
            shown = None if witness is None else str(_readable(witness))
            self.add(code, judged.message or "", place, part, hint, shown, judged.derived)
        for extra, reason in judged.notes:
            if not self.silenced(extra):
                self.add(extra, str(reason), place, part)

    def _asked_for(self, judged: Judged) -> str | None:
        """The line that would say what a name is."""
        if judged.code != "SG202" or judged.undefined is None:
            return None
        return FORMATS[self.document.format].comment.format(f"symgrad: let {judged.undefined} = ...")

    def silenced(self, code: str) -> bool:
        return self.ignoring is not None and self.ignoring.silences(code)

    def report(self, code: str, message: str, part: Part, start: int, end: int) -> None:
        self.add(code, message, self.place(part, start, end), part)

    def about(self, code: str, message: str, region: Region) -> None:
        """A finding about a region as a whole."""
        self.report(code, message, region.part, region.start, region.end)

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
        begins = part.text.lstrip()[:40].splitlines()[:1] if part.cell is not None else []
        self.findings.append(
            Finding(
                self.document.path, place, code, message, hint, witness, derived, source, "".join(begins)
            )
        )

    def place_of(self, classified: Classified) -> Place:
        region, link = classified.region, classified.link
        return self.place(region.part, region.start + link.start, region.start + link.end)

    def place(self, part: Part, start: int, end: int) -> Place:
        return Place(*part.position(start), *part.position(end), part.cell)

    def finished(self, definitions: int) -> FileResult:
        """The result; ``definitions``: how many were taken up."""
        document = self.document
        for ignored in self.ignored:
            if not ignored.used:
                self.about("SG402", "this ignore silences nothing", ignored.region)
        derivations = []
        for steps in sorted(filter(None, self.derivations), key=lambda steps: steps[0][0].index):
            entries = tuple(step for _, step in steps)
            derivations.append(Derivation(entries[0].place.line, entries[0].place.cell, entries))
        judged = any(step.verdict is not None for found in derivations for step in found.steps)
        if not judged and not document.problems:
            counts = {k: sum(r.kind == k for r in document.regions) for k in ("display", "inline")}
            seen = f"{counts['display']} displayed and {counts['inline']} inline formulas"
            message = f"no step was judged ({seen}, {definitions} definitions)"
            self.report("SG401", message, document.parts[0], 0, 0)
        self.findings.sort(key=lambda f: (f.place.cell or 0, f.place.line, f.place.column))
        return FileResult(document.path, derivations, self.findings, definitions)


def _readable(witness: Witness) -> Witness:
    return replace(witness, left=in_short(witness.left), right=in_short(witness.right))


def _values(witness: Witness) -> dict[str, object]:
    return {
        "sizes": dict(witness.sizes),
        "data": {k: dict(v) for k, v in witness.data.items()},
        "parameters": dict(witness.parameters),
        "functions": dict(witness.functions),
        "left": witness.left,
        "right": witness.right,
    }

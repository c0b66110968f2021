"""What a report is made of: frozen parts of strings and marks, nothing that computes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from ..kernel.verdict import Verdict


class Mark(Enum):
    """What the judge said about one equality: a word, and a sign in text and in LaTeX."""

    PROVED = ("proved", "✓", r"\checkmark")
    REFUTED = ("refuted", "✗", r"\times")
    UNDECIDED = ("undecided", "?", "?")

    def __init__(self, word: str, symbol: str, tex: str) -> None:
        self.word, self.symbol, self.tex = word, symbol, tex

    @property
    def relation(self) -> str:
        """How an equality with this mark is written: what is not proved is a question."""
        return "=" if self is Mark.PROVED else r"\overset{?}{=}"

    @staticmethod
    def of(verdict: Verdict) -> Mark:
        return Mark[verdict.status.upper()]

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line ``left = right`` of a display; an empty ``left`` continues the line above.

    ``inner`` says how: what the rule did at each place of the line.
    """

    left: str
    right: str
    note: str = ""
    mark: Mark | None = None
    relation: str = "="
    expected: Mark = Mark.PROVED
    inner: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of prose."""

    kind: ClassVar[str] = "text"
    prose: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A display of aligned lines: definitions (unmarked) or a proof (every line marked)."""

    kind: ClassVar[str] = "lines"
    rows: tuple[Row, ...]
    title: str = ""
    assuming: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    unfinished: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of prose cells."""

    kind: ClassVar[str] = "table"
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point (prose, "" where there is nothing to choose) and the values of both sides there."""

    at: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement about ``left = right``: what the author states (``expected``), what the judge says."""

    kind: ClassVar[str] = "claim"
    left: str
    right: str
    mark: Mark
    expected: Mark = Mark.PROVED
    title: str = ""
    assuming: tuple[str, ...] = ()
    reason: str = ""
    witness: Counterexample | None = None
    broken: tuple[Row, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The display: one row, or where that is too wide, the rows it was broken into."""
        return self.broken or (Row(self.left, self.right, "", self.mark, self.mark.relation),)

    @property
    def as_stated(self) -> bool:
        return self.mark is self.expected


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing, written beside the Markdown as ``REPORT-name.svg``; ``alt`` says what it shows.

    ``tex`` is the same drawing in LaTeX's own ``picture``.
    """

    kind: ClassVar[str] = "picture"
    name: str
    svg: str
    alt: str
    tex: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number that was measured: its error lies below ``bound``, or it does not."""

    what: str
    against: str
    bound: str
    held: bool


@dataclass(frozen=True, slots=True)
class Numbers:
    """Measurements: floating-point results beside independent ones."""

    kind: ClassVar[str] = "numbers"
    rows: tuple[Measurement, ...]
    title: str = ""


Part = Text | Lines | Table | Claim | Picture | Numbers


@dataclass(frozen=True, slots=True)
class Failure:
    """Something in a report that is not as its author states; ``undecided`` is less than wrong."""

    message: str
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Report:
    """A question, its answer in one sentence, and the sections that prove it.

    ``order`` is its place in the story that the index tells.  ``below`` holds reports of detail: each is
    written under this report's name and its key, NAME_KEY, and does not stand in the index.
    """

    title: str
    question: str
    answer: str
    sections: Sequence[Section]
    order: int = 100
    below: Mapping[str, Report] = field(default_factory=dict, hash=False)

    def parts(self) -> Iterator[Part]:
        for section in self.sections:
            yield from section.parts

    def marks(self) -> Iterator[tuple[Mark, Mark, str]]:
        """(given by the judge, stated by the author, where) for every judged equality."""
        for part in self.parts():
            if isinstance(part, Claim):
                yield part.mark, part.expected, part.title or f"{part.left} = {part.right}"
            elif isinstance(part, Lines):
                judged = ((row.mark, row.expected) for row in part.rows if row.mark is not None)
                for n, (mark, expected) in enumerate(judged, 1):
                    yield mark, expected, f"{part.title or 'proof'}, line {n}"

    def failures(self) -> tuple[Failure, ...]:
        """What is not as stated; a report is good when there is nothing."""
        wrong = [
            Failure(f"{where}: {mark.word}, not as stated", mark is Mark.UNDECIDED)
            for mark, stated, where in self.marks()
            if mark is not stated
        ]
        for part in self.parts():
            if isinstance(part, Lines) and part.unfinished:
                wrong.append(Failure(f"{part.title or 'proof'}: unfinished: {part.unfinished}", True))
            if isinstance(part, Numbers):
                wrong += [
                    Failure(f"{row.what} against {row.against}: the error is not below {row.bound}")
                    for row in part.rows
                    if not row.held
                ]
        return tuple(wrong)

    def tally(self) -> str:
        """How many verdicts of each kind, here and below, such as "12 proved, 1 refuted as stated"."""
        counts: dict[str, int] = {}
        for mark, stated, _ in (m for report in (self, *self.below.values()) for m in report.marks()):
            what = mark.word
            if mark is not stated:
                what += " unexpectedly"
            elif mark is not Mark.PROVED:
                what += " as stated"
            counts[what] = counts.get(what, 0) + 1
        return ", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing to judge"


@dataclass(frozen=True, slots=True)
class Entry:
    """A report found under ``name``; ``error`` tells why a broken one has no report.

    ``above`` is the name of the report that it is a detail of.
    """

    name: str
    report: Report | None = None
    error: str = ""
    above: str = ""

    @property
    def title(self) -> str:
        return self.report.title if self.report else self.name

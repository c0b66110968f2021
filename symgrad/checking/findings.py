"""Findings: the steps of a document, what is found in them, and what they add up to for a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from .codes import CODES, Severity

Kind = Literal["claim", "definition", "update", "condition", "approximation", "rewriting", "inequality"]
Outcome = Literal["proved", "refuted", "undecided", "illtyped", "unreadable", "timeout"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: from (line, column) up to, not including, the end; all from 1.

    ``cell`` counts all cells of a notebook from 0 and is None in other files.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One relation sign: what it joins, what kind of statement it is, and what the judge said."""

    place: Place
    relation: str
    lhs: str
    rhs: str
    kind: Kind
    verdict: Outcome | None = None
    code: str | None = None
    rule: str | None = None
    claimed_rule: str | None = None
    assuming: tuple[str, ...] = ()
    witness: Mapping[str, object] | None = None
    hint: str | None = None
    message: str | None = None
    derived: str | None = None
    read: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic: ``str()`` is its first line, ``path:line:column: SG101 refuted: ..``."""

    path: str
    place: Place
    code: str
    message: str
    hint: str | None = None
    witness: str | None = None
    derived: str | None = None
    source: str = ""
    context: str = ""

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    def __str__(self) -> str:
        cell = "" if self.place.cell is None else f"cell {self.place.cell}:"
        where = f"{self.path}:{cell}{self.place.line}:{self.place.column}"
        return f"{where}: {self.code} {CODES[self.code].title}: {self.message}"


@dataclass(frozen=True, slots=True)
class Derivation:
    """The steps of one display (or of several that go on from each other), in reading order."""

    line: int
    cell: int | None
    steps: tuple[Step, ...]


@dataclass(slots=True)
class FileResult:
    path: str
    derivations: list[Derivation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    definitions: int = 0

    def steps(self) -> list[Step]:
        return [s for d in self.derivations for s in d.steps]

    def counts(self) -> dict[str, int]:
        """Judged (by verdict), taken as definitions, skipped and unread steps."""
        steps = self.steps()
        count = {
            v: sum(s.verdict == v for s in steps) for v in ("proved", "refuted", "illtyped", "undecided")
        }
        count["unread"] = sum(s.verdict in ("unreadable", "timeout") for s in steps)
        count["definitions"] = self.definitions
        count["skipped"] = sum(s.verdict is None and s.kind not in ("definition",) for s in steps)
        return count


class Job(NamedTuple):
    """A document to check: text of a kind, or (text None) the file at ``path`` below ``root``."""

    path: str
    text: str | None
    kind: str
    root: str
    answers: bool = True
    rules: bool = True  # name the rule of every step, not only where the author does

r"""The model of a document: its parts, its regions and what stands around each.

A document is one or more *parts* (a file, or the Markdown cells of a notebook); a *region* is a half-open
range of a part.  Nothing is lost: a region's ``body`` has exactly the length of the text it stands for,
with what is no mathematics (comments, quotation marks of a block quote) blanked, so that an offset into
the body is an offset into the file.  A region knows the section and the sentence it stands in, and a formula
its chains of relations.

>>> from symgrad.documents.files import read_text
>>> document = read_text("For $x > 0$ we find\n$$a &= b \\\\ &= c,$$ if $d$ is zero. Then", "md")
>>> _, shown, last = document.regions
>>> shown.before, shown.sentence, shown.position()
(' we find\n', Sentence(before='For $x > 0$ we find', behind=' if $d$ is zero'), (2, 3))
>>> [link.rhs.text.strip() for chain in shown.chains for link in chain.links]
['b', 'c']
>>> list(document.trailing(shown)) == [last]
True
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, takewhile
from typing import Literal, NamedTuple

from ..patterns import Pattern
from .displays import Chain, row_spans, split

RegionKind = Literal["display", "inline", "directive", "macro", "heading", "weave"]
NEAR = 400  # characters of prose in which a word still speaks of a formula
FAR = 2000  # and in which a sentence ends
_PARAGRAPH = r"\n[ \t]*\r?\n"
_SENTENCE_BEFORE = Pattern(rf"{_PARAGRAPH}|[.!?](?=\s+[A-Z$\\])|^#.*$", re.MULTILINE)
_SENTENCE_BEHIND = Pattern(rf"{_PARAGRAPH}|[.!?;](?=\s|$)")
_TAIL = Pattern(rf"{_PARAGRAPH}|(?<=[a-z)$])\.\s")


@dataclass(frozen=True)
class Part:
    """A whole file (``cell`` None) or one Markdown cell of a notebook (0-based over all cells)."""

    text: str
    cell: int | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset into the text."""
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, without its end."""
        end = self._lines[number] if number < len(self._lines) else len(self.text)
        return self.text[self._lines[number - 1] : end].rstrip("\r\n")

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", self.text))]


class Sentence(NamedTuple):
    """The text of a sentence before and behind a formula, other inline formulas as they are written."""

    before: str
    behind: str


@dataclass(frozen=True)
class Region:
    """``text[start:end]`` of a part; ``outer`` includes the delimiters; of a macro all is its definition.

    The document adds where it stands: ``index`` among the regions, ``section`` (headings before it), where
    the region before it ends (``since``), and the room between the displays, directives and marks around it.
    """

    kind: RegionKind
    part: Part
    start: int
    end: int
    body: str
    outer: tuple[int, int]
    index: int = 0
    section: int = 0
    since: int = 0
    room: tuple[int, int] = (0, 0)

    @property
    def is_formula(self) -> bool:
        return self.kind in ("display", "inline")

    def position(self, at: int = 0) -> tuple[int, int]:
        """Line and column of an offset into the body."""
        return self.part.position(self.start + at)

    @property
    def before(self) -> str:
        """The prose before it, up to the region before."""
        return self.part.text[max(self.since, self.outer[0] - NEAR) : self.outer[0]]

    @property
    def behind(self) -> str:
        """What is written behind it."""
        return self.part.text[self.outer[1] : self.outer[1] + NEAR]

    @property
    def tail(self) -> str:
        """The rest of its sentence or paragraph, whatever stands in it."""
        text = self.part.text[self.outer[1] : self.outer[1] + FAR]
        stop = _TAIL.search(text)
        return text[: stop.start()] if stop else text

    @property
    def sentence(self) -> Sentence:
        """The sentence around it, as far as there is no display, directive or mark in it."""
        text, (start, end) = self.part.text, self.outer
        before = text[max(self.room[0], start - NEAR) : start].rstrip()
        behind = text[end : min(self.room[1], end + NEAR)]
        return Sentence(last_sentence(before), _SENTENCE_BEHIND.split(behind)[0])

    def up_to(self, other: Region) -> str:
        """The text between it and a later region of its part."""
        return self.part.text[self.outer[1] : other.outer[0]]

    @cached_property
    def chains(self) -> tuple[Chain, ...]:
        """The chains of relations in a formula, in reading order."""
        return tuple(split(self.body, self.index))

    @cached_property
    def rows(self) -> tuple[tuple[int, int], ...]:
        """Where the rows of a formula begin and end in its body."""
        return tuple(row_spans(self.body))


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the file itself: not JSON, not UTF-8, a formula that never ends."""

    message: str
    offset: int = 0
    part: Part | None = None


Found = Region | Problem
"""What is found in the text of a part."""


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a document and its regions in reading order."""

    path: str
    format: str
    parts: tuple[Part, ...]
    regions: tuple[Region, ...]
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of(
        cls,
        path: str,
        format: str,
        parts: Iterable[Part],
        regions: Iterable[Region],
        problems: Iterable[Problem] = (),
    ) -> Document:
        """The document in which each of the regions knows where it stands."""
        return cls(path, format, tuple(parts), tuple(_placed(list(regions))), tuple(problems))

    @property
    def formulas(self) -> Iterator[Region]:
        return (region for region in self.regions if region.is_formula)

    def following(self, region: Region) -> Iterator[Region]:
        """The regions behind this one in its part."""
        return takewhile(lambda r: r.part is region.part, self.regions[region.index + 1 :])

    def trailing(self, display: Region) -> Iterator[Region]:
        """The inline formulas in the rest of the sentence that a display stands in."""
        end = display.outer[1] + len(display.tail)
        near = takewhile(lambda r: r.outer[0] <= end and r.kind != "display", self.following(display))
        return (region for region in near if region.kind == "inline")


def _placed(regions: list[Region]) -> Iterator[Region]:
    index = section = 0
    for _, group in groupby(regions, key=lambda r: id(r.part)):
        here = list(group)
        borders = [r.outer for r in here if r.kind in ("display", "directive", "weave")]
        ends, above = sorted(r.outer[1] for r in here), sorted(end for _, end in borders)
        below = [*sorted(start for start, _ in borders), len(here[0].part.text)]
        for r in here:
            start, end = r.outer
            room = (_last(above, start), below[bisect_left(below, end)])
            yield replace(r, index=index, section=section, since=_last(ends, start), room=room)
            index += 1
            section += r.kind == "heading"


def _last(ends: list[int], at: int) -> int:
    """The last end up to ``at``, or the beginning."""
    before = bisect_right(ends, at)
    return ends[before - 1] if before else 0


def last_sentence(text: str) -> str:
    """The sentence at whose end the text breaks off.

    >>> last_sentence("Now this. Let ")
    ' Let '
    """
    return _SENTENCE_BEFORE.split(text)[-1]

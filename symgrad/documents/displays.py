r"""Displays: the chains of relations that a display writes, each side with its place.

Only signs, rows, braces and the few words between formulas are looked at; the mathematics stays text.
A side is a range of the display's body together with a copy of it in which everything that is not
mathematics (alignment marks, row breaks, labels, punctuation) is blanked, so that offsets stay true.

Relation signs cut a row of items (`items`) into stretches; of the segments of a stretch (`segments`) the
first is a side of the relation, and the last may begin another chain.

>>> [chain] = split(r"a &= b \\ &= c & \text{sum rule}")
>>> [(k.lhs.text.strip(), k.sign, k.rhs.text.strip(), k.label) for k in chain.links]
[('a', '=', 'b', ''), ('b', '=', 'c', 'sum rule')]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ..page.relations import ARROWS
from ..patterns import Pattern
from . import phrases
from .items import SOLID, Item, rows
from .segments import Segment, Stretch


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a relation: ``text`` has the length of ``body[start:end]`` of region number ``block``."""

    start: int
    end: int
    text: str
    block: int = 0

    def __bool__(self) -> bool:
        return bool(self.text.strip())


@dataclass(frozen=True, slots=True)
class Link:
    """``lhs sign rhs``; ``start`` and ``end`` are those of the sign, ``written`` is how it is written."""

    lhs: Side
    sign: str
    rhs: Side
    start: int
    end: int
    written: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Links whose neighbours share a side; ``opened`` is the word or arrow in front of the first side.

    ``carries``: the chain begins with a sign and goes on from an earlier display.
    """

    links: tuple[Link, ...]
    opened: str = ""
    carries: bool = False


def split(body: str, block: int = 0) -> list[Chain]:
    """The chains of a display in reading order (an aside, ``\\because ..``, is a chain of its own)."""
    display = _Display(body, block)
    for row in rows(body):
        display.read_row(row)
    return [Chain(tuple(chain.links), chain.opened, chain.carries) for chain in display.chains]


def row_spans(body: str) -> list[tuple[int, int]]:
    """Where the rows of a display begin and end."""
    return [(row[0].start, row[-1].end) for row in rows(body) if row]


@dataclass(slots=True)
class _Growing:
    """A chain that may go on; ``last``: the items of its last side, ``waiting``: a sign at its end."""

    last: list[Item] = field(default_factory=list)
    opened: str = ""
    carries: bool = False
    links: list[Link] = field(default_factory=list)
    waiting: Item | None = None


class _Display:
    """The chains of a display, row by row."""

    def __init__(self, body: str, block: int) -> None:
        self.body, self.block = body, block
        self.chains: list[_Growing] = []
        self.main: _Growing | None = None  # the chain that a row beginning with a sign goes on with
        self.columns: list[_Growing] = []  # the same for equations side by side
        self.worded = False  # does a left side of words name what the rows compute?

    def read_row(self, row: list[Item]) -> None:
        signs, stretches = _cut(_without_marks(self.body, row))
        head = Stretch(self.body, stretches[0], more=bool(signs)).segments
        if signs:
            solid = [s for s in head if s.solid] or self.words(stretches[0])
            self.signed_row(solid, signs, stretches)
        else:
            self.plain_row(head)

    def signed_row(self, solid: list[Segment], signs: list[Item], stretches: list[list[Item]]) -> None:
        """A row with signs, in front of which these segments stand."""
        aside = bool(solid) and solid[-1].opened == "\\because"
        chain = self.begin(solid, stretches[0])
        resumed = self.main if aside and self.main is not None and self.main.links else None
        beside = [] if solid else self.columns
        if beside:
            chain = beside[0]
        self.columns = []
        *inner, last = signs
        for sign, items in zip(inner, stretches[1:], strict=False):
            stretch = Stretch(self.body, items, more=True, between=True)
            solid = [s for s in stretch.segments if s.solid]
            if solid:
                self.link(chain, sign, solid[0].items)
                chain = self.next_chain(chain, stretch, solid, beside)
        following = Stretch(self.body, stretches[-1], more=False, between=True).segments
        last = last._replace(label=_label(following) or last.label)
        right = next((s for s in following if s.solid), None)
        if right is None:
            chain.waiting = last
            self.main = chain
            return
        self.link(chain, last, right.items)
        self.columns += [chain] if self.columns else []
        self.main = resumed or chain

    def next_chain(
        self, chain: _Growing, stretch: Stretch, solid: list[Segment], beside: list[_Growing]
    ) -> _Growing:
        """The chain of the next sign in a row: another one where a further equation stands side by side."""
        marks = [k.start for k in stretch.items if k.kind == "amp" and k.start > solid[0].items[-1].start]
        if len(solid) > 1:
            if any(mark < solid[-1].items[0].start for mark in marks):
                self.columns.append(chain)
            return _Growing(solid[-1].items, solid[-1].opened)
        if marks and len(self.columns) + 1 < len(beside):
            self.columns.append(chain)
            return beside[len(self.columns)]
        return chain

    def words(self, stretch: list[Item]) -> list[Segment]:
        """A left side of nothing but words, in the first row or below one that had such a left side."""
        if self.main is not None and not self.worded:
            return []
        said = [k for k in stretch if k.kind == "text"]
        if len(said) != 1 or phrases.CONNECTS.match(said[0].value) or not said[0].value[:1].isalpha():
            return []
        self.worded = True
        return [Segment(said)]

    def begin(self, solid: list[Segment], stretch: list[Item]) -> _Growing:
        """The chain that a row with signs belongs to, the left side of its first sign at its end."""
        main = self.main
        if main is not None and main.waiting is not None:
            if solid:
                self.link(main, main.waiting, solid[0].items)
            main.waiting = None  # "a = \\ = b": one sign, the second
            return main
        if not solid:
            self.main = main or _Growing(carries=True)
            return self.main
        if main is not None and main.links and len(solid) == 1 and _goes_on(solid[0], stretch):
            self.extend(main, solid[0].items)
            return main
        return _Growing(solid[-1].items, solid[-1].opened or solid[0].opened)

    def plain_row(self, head: list[Segment]) -> None:
        """A row without a sign: goes on with the side above, or waits to be the next left side."""
        first = next((s for s in head if s.solid and not s.is_words), None)
        if first is None:
            return
        main = self.main
        if main is not None and main.waiting is not None:
            self.link(main, main.waiting, first.items)
            main.waiting = None
        elif main is not None and main.links and (
            first.starts_with_operator or Segment(main.last).ends_with_operator
        ):
            self.extend(main, first.items, _label(head))
        else:
            self.main = _Growing(first.items, first.opened)

    def extend(self, chain: _Growing, items: list[Item], label: str = "") -> None:
        """The last side of a chain goes on in this row."""
        chain.last = [*chain.last, *items]
        link = chain.links[-1]
        chain.links[-1] = replace(link, rhs=self.side(chain.last), label=link.label or label)

    def link(self, chain: _Growing, sign: Item, rhs: list[Item]) -> None:
        if not chain.links:
            self.chains.append(chain)
        written = self.body[sign.start : sign.end]
        left, right = self.side(chain.last), self.side(rhs)
        chain.links.append(Link(left, sign.value, right, sign.start, sign.end, written, sign.label))
        chain.last = rhs

    def side(self, items: list[Item]) -> Side:
        """The range from the first to the last solid item, everything else in it blanked."""
        shown = [k for k in items if k.kind in SOLID or k.kind in ("comma", "space", "wide")]
        solid = [n for n, k in enumerate(shown) if k.kind in SOLID]
        shown = shown[solid[0] : solid[-1] + 1] if solid else []
        while shown and self.body[shown[-1].start : shown[-1].end] in (".", ":"):
            shown.pop()
        if not shown:
            at = items[0].start if items else 0
            return Side(at, at, "", self.block)
        start, end = shown[0].start, shown[-1].end
        pieces, at = [], start
        for k in shown:
            pieces.append(re.sub(r"[^\r\n]", " ", self.body[at : k.start]))
            pieces.append(self.body[k.start : k.end])
            at = k.end
        return Side(start, end, "".join(pieces), self.block)


def _cut(row: list[Item]) -> tuple[list[Item], list[list[Item]]]:
    """The relation signs of a row and the items around them; two with nothing between them are one."""
    signs: list[Item] = []
    stretches: list[list[Item]] = [[]]
    for item in row:
        if item.kind != "rel":
            stretches[-1].append(item)
        elif signs and not any(k.kind in SOLID for k in stretches[-1]):
            signs[-1] = item
        else:
            signs.append(item)
            stretches.append([])
    return signs, stretches


def _goes_on(first: Segment, stretch: list[Item]) -> bool:
    """Does a row with a sign first go on with the side above?  A minus may begin a side of its own."""
    if not first.starts_with_operator:
        return False
    operator = next(k for k in first.items if k.kind == "operator")
    return operator.value != "-" or any(k.kind == "amp" and k.start < operator.start for k in stretch)


def _label(segments: list[Segment]) -> str:
    """The words behind the last side of a row: the reason that the author gives."""
    opened = [s.opened for s in segments[1:]]
    return " ".join(words for words in opened if words and words != "," and words not in ARROWS)


def _without_marks(body: str, row: list[Item]) -> list[Item]:
    """Without the marks of our own reports, a last cell of words in the argument of a command made words."""
    marks = [k for k, item in enumerate(row) if item.kind == "amp"]
    own = next((k for k in marks if _OWN_MARK.match(body, row[k].end)), None)
    if own is not None:
        return row[:own]
    last = marks[-1] if marks else 0
    if last == 0 or any(k.kind == "rel" for k in row[last:]):
        return row
    remark = _REMARK.fullmatch(body, row[last].end, row[-1].end)
    if remark is None:
        return row
    at = row[last].end
    return [*row[: last + 1], Item("wide", at, at), Item("text", at, row[-1].end, remark.group(1).strip())]


_OWN_MARK = Pattern(r"\s*&?\s*(?:\\checkmark|\\times|\?)(?:\\ |\s)*\\text\{(?:proved|refuted|undecided)\}")
_REMARK = Pattern(r"\s*\\[A-Za-z]+\s*\{([^{}\\$]*\s[^{}\\$]*)\}\s*(?:\\n\w+\s*)?")

r"""Segments: what stands between two relation signs of a row, parted by words, arrows and wide spaces.

>>> from symgrad.documents.items import rows
>>> body = r"b \quad \text{if } x"
>>> [row] = rows(body)
>>> [(s.opened, [body[k.start : k.end] for k in s.items]) for s in Stretch(body, row, more=False).segments]
[('', ['b', ' ']), ('', [' ']), ('if', [' ', 'x'])]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..patterns import Pattern
from . import phrases
from .items import SOLID, Item


@dataclass(slots=True)
class Segment:
    """A stretch of mathematics between separators, with the separator in front of it."""

    items: list[Item] = field(default_factory=list)
    opened: str = ""
    weak: bool = True  # only spacing or a comma in front

    @property
    def solid(self) -> bool:
        return any(k.kind in SOLID for k in self.items)

    @property
    def starts_with_operator(self) -> bool:
        return next((k.kind for k in self.items if k.kind in SOLID), "") == "operator"

    @property
    def ends_with_operator(self) -> bool:
        return next((k.kind for k in reversed(self.items) if k.kind in SOLID), "") == "operator"

    @property
    def ends_with_comma(self) -> bool:
        last = next((k.kind for k in reversed(self.items) if k.kind not in ("space", "drop", "amp")), "")
        return last == "comma"

    @property
    def is_words(self) -> bool:
        return all(k.kind == "text" for k in self.items if k.kind != "space")

    def goes_on_in(self, other: Segment) -> bool:
        """Does an operator join what only spacing parts?"""
        beside = other.weak and not other.opened and other.solid and self.solid
        return beside and (other.starts_with_operator or self.ends_with_operator)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Items between two relation signs; ``more``: one stands behind in the row, ``between``: also before."""

    body: str
    items: list[Item]
    more: bool
    between: bool = False

    @property
    def segments(self) -> list[Segment]:
        """Parted by words, arrows and wide spaces, and where another equation begins beside the first."""
        out = [Segment()]
        for k, item in enumerate(self.items):
            if self.begins_another(k, out[-1]):
                out.append(Segment())
            last = out[-1]
            separator = self.separator(k, last, first=len(out) == 1)
            if separator is None:
                last.items.append(item)
            elif last.solid or not (separator.weak or last.opened):
                out.append(separator)
        joined = [out[0]]
        for segment in out[1:]:
            if joined[-1].goes_on_in(segment):
                joined[-1].items += segment.items
            else:
                joined.append(segment)
        return joined

    def separator(self, k: int, last: Segment, first: bool) -> Segment | None:
        """The segment that an item opens, if it parts two."""
        item, side_by_side = self.items[k], self.between and self.more
        match item.kind:
            case "arrow":
                return Segment(opened=item.value, weak=False)
            case "text" if self.parts(k, last, first):
                return Segment(opened=item.value.lower(), weak=False)
            case "comma" if self.more and last.solid:
                return Segment(opened=",")
            case "wide":
                return Segment(opened="," if last.ends_with_comma else "")
            case "amp" if side_by_side or _ASIDE.match(self.body, item.end):
                return Segment(opened="," if last.ends_with_comma else "")
        return None

    def parts(self, k: int, last: Segment, first: bool) -> bool:
        """Do these words part two formulas, rather than name something?"""
        remark = _is_remark(self.body, self.items, k, last.solid)
        if self.between and self.more and not first and not last.solid:
            # Words at the head of a further column: a note, or what stands there has this name.
            follows = any(n.kind in SOLID for n in self.items[k + 1 :])
            return follows and (remark or " " in self.items[k].value)
        return remark

    def begins_another(self, k: int, last: Segment) -> bool:
        """Is this a name that the display has not had, alone between a matrix and the next sign?"""
        item = self.items[k]
        if not (self.between and self.more) or item.kind != "atom":
            return False
        before = _last(last.items)
        if before is None or not self.body.startswith("\\begin", before.start):
            return False
        name = self.body[item.start : item.end]
        return (
            _NAME.fullmatch(name) is not None
            and all(n.kind in ("space", "drop", "amp") or n.value == "script" for n in self.items[k + 1 :])
            and name not in _NAME.findall(self.body[: item.start])
        )


_ASIDE = Pattern(
    r"\s*\((?:\\text\{[^{}]*\}|[^()&\\]*(?:[=<>]|\\(?:ne|neq|leq?|geq?|in)\b))[^()&]*\)\s*[,.]?\s*(?:\\\\|\\end|$)"
)
_NAME = Pattern(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]")


def _last(items: list[Item]) -> Item | None:
    return next((k for k in reversed(items) if k.kind not in ("space", "drop")), None)


def _is_remark(body: str, items: list[Item], k: int, solid: bool) -> bool:
    r"""Is ``\text{..}`` a remark or a label, rather than a name?  ``solid``: a formula stands before it."""
    words, before = items[k], _last(items[:k])
    behind = next((n for n in items[k + 1 :] if n.kind not in ("space", "drop", "amp")), None)
    attached, kind = _hangs_on(body, behind), "" if before is None else before.kind
    several = re.search(r"\s", words.value) is not None
    connect = phrases.CONNECTS.match(words.value) is not None
    # "since " before a parenthesis is a word, "f" a function
    if attached and not several and not (connect and body[words.end - 2 : words.end - 1].isspace()):
        return False
    if not words.value.strip("()[] .,:;"):
        return not attached
    if kind == "operator":
        return False
    if connect or (solid and kind in ("amp", "wide")):
        return True
    if not several and _is_number(body, before):  # a unit
        return False
    return solid or several if behind is None else solid and several


def _hangs_on(body: str, item: Item | None) -> bool:
    """Is this the argument or a script of what stands before it?"""
    return item is not None and (item.value in ("script", "open") or body[item.start] in "(_^")


def _is_number(body: str, item: Item | None) -> bool:
    r"""Does it end a number: ``5\,\text{km}``, ``10^{3} \text{km}``?"""
    if item is None:
        return False
    power = item.value == "script" and body[: item.start].rstrip()[-1:].isdigit()
    return power or body[item.end - 1].isdigit()

"""The model of a document: parts, regions, positions; and the regions that all formats share.

A document is one or more *parts* (a file, or the Markdown cells of a notebook); a *region* is a half-open
range of a part.  Nothing is lost: a region's ``body`` has exactly the length of the text it stands for,
with what is no mathematics (comments, quotation marks of a block quote) blanked, so that an offset into
the body is an offset into the file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..latex.tokens import group_end
from ..patterns import Pattern

RegionKind = Literal["display", "inline", "directive", "macro", "heading", "weave"]


MAX_MACRO = 10_000




# Environments that hold display mathematics by themselves, and those that only arrange its rows.
DISPLAYS = ("equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath",
            "dmath", "IEEEeqnarray")  # fmt: skip


ROWS = ("aligned", "alignedat", "split", "gathered", "multlined")


ENVIRONMENT = "|".join((*DISPLAYS, *ROWS, "math"))


CODE = r"verbatim|Verbatim|lstlisting|minted|comment|alltt|tikzpicture|algorithmic|filecontents"


@dataclass(frozen=True, slots=True)
class Part:
    """A whole file (``cell`` None) or one Markdown cell of a notebook (0-based over all cells)."""

    text: str
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """``text[start:end]`` of a part; ``outer`` includes the delimiters.  A macro's ``name`` is the
    command that it defines, its ``body`` the whole definition."""

    kind: RegionKind
    part: int
    start: int
    end: int
    body: str
    outer: tuple[int, int]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about the file itself: not JSON, not UTF-8, a formula that never ends."""

    message: str
    part: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of a document and its regions in reading order."""

    path: str
    format: str
    parts: tuple[Part, ...]
    regions: tuple[Region, ...]
    problems: tuple[Problem, ...] = ()
    _starts: dict[int, list[int]] = field(default_factory=dict, compare=False, repr=False)

    def position(self, part: int, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of an offset into a part."""
        starts = self._line_starts(part)
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, part: int, number: int) -> str:
        """The text of a line, without its end."""
        starts, text = self._line_starts(part), self.parts[part].text
        end = starts[number] if number < len(starts) else len(text)
        return text[starts[number - 1] : end].rstrip("\r\n")

    def _line_starts(self, part: int) -> list[int]:
        if part not in self._starts:
            text = self.parts[part].text
            self._starts[part] = [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", text))]
        return self._starts[part]


def environment_region(
    text: str, m: re.Match[str], part: int, problems: list[Problem], missing: set[str]
) -> Generator[Region, None, int]:
    """The environment's region; returns where to go on."""
    name = m.group("env")
    close = None if name in missing else closing_end(text, name, m.end())
    if close is None:
        missing.add(name)
        problems.append(Problem(f"\\begin{{{name}}} is never closed", part, m.start()))
        return m.end()
    kind: RegionKind = "inline" if name == "math" else "display"
    yield from mathematics(kind, text, m.start(), close.end(), part, (m.start(), close.end()))
    return close.end()


def closing_end(text: str, name: str, at: int) -> re.Match[str] | None:
    depth = 1
    for m in re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}").finditer(text, at):
        depth += 1 if m.group(1) == "begin" else -1
        if depth == 0:
            return m
    return None


def bracketed(text: str, m: re.Match[str], part: int, missing: set[str]) -> Generator[Region, None, int]:
    opening = m.group("open")
    close = (
        -1 if opening in missing else text.find(opening[:-1] + ("]" if opening[-1] == "[" else ")"), m.end())
    )
    if close < 0:
        missing.add(opening)
    if close < 0 or (opening[-1] == "(" and "\n\n" in text[m.end() : close]):
        return m.end()
    kind: RegionKind = "display" if opening[-1] == "[" else "inline"
    outer = (m.start(), close + len(opening))
    yield from mathematics(kind, text, m.end(), close, part, outer)
    return outer[1]


def unescaped(text: str, what: str, at: int) -> int:
    while (found := text.find(what, at)) >= 0:
        slashes = len(text[:found]) - len(text[max(0, found - 50) : found].rstrip("\\")) - max(0, found - 50)
        if slashes % 2 == 0:
            return found
        at = found + 1
    return -1


def blanks(m: re.Match[str]) -> str:
    return "".join(c if c in "\r\n" else " " for c in m.group())


_TEX_COMMENT = Pattern(r"(?<!\\)((?:\\\\)*)%[^\n]*")


def mathematics(
    kind: RegionKind,
    text: str,
    start: int,
    end: int,
    part: int,
    outer: tuple[int, int],
    body: str | None = None,
) -> Iterator[Region]:
    """The region, and the macros that are defined inside it (blanked in its body)."""
    body = text[start:end] if body is None else body
    if ">" in text[text.rfind("\n", 0, outer[0]) + 1 : outer[0]]:
        body = re.sub(r"(?<=\n)[ \t]*>+", blanks, body)
    if "%" in body:
        body = _TEX_COMMENT.sub(lambda m: m.group(1) + " " * (len(m.group()) - len(m.group(1))), body)
    for m in list(_MACRO_COMMAND.finditer(body)):
        macro = macro_definition(body, m.start(), part)
        if macro is not None:
            here = (start + macro.start, start + macro.end)
            yield Region("macro", part, *here, macro.body, outer, macro.name)
            blank = re.sub(r"[^\r\n]", " ", macro.body)
            body = body[: macro.start] + blank + body[macro.end :]
    yield Region(kind, part, start, end, body, outer)


_MACRO_COMMAND = Pattern(
    r"\\(?:newcommand|renewcommand|providecommand)\b|\\def(?=\s*\\)|\\DeclareMathOperator\b"
)


_ARGUMENT = Pattern(r"\s*(?:\[[^\]]*\]|#\d)*\s*")


def macro_definition(text: str, start: int, part: int) -> Region | None:
    """The macro definition that starts here, whole, or None where it is not of a form that is read."""
    m = re.compile(r"\\[A-Za-z]+\*?\s*(?:\{\s*)?\\([A-Za-z]+|.)\s*\}?").match(text, start)
    if m is None:
        return None
    at = m.end()
    groups = 2 if "PairedDelimiter" in text[start:at] or "DocumentCommand" in text[start:at] else 1
    for _ in range(groups):
        skipped = _ARGUMENT.match(text, at)
        at = skipped.end() if skipped else at
        at = group_end(text, at)
        if at < 0 or at - start > MAX_MACRO:
            return None
    return Region("macro", part, start, at, text[start:at], (start, at), m.group(1))


def directive_regions(text: str, start: int, end: int, part: int, outer: tuple[int, int]) -> Iterator[Region]:
    """Directive lines in a comment: ``symgrad: let ..``, or several lines after a first ``symgrad``."""
    first = re.compile(r"[ \t\r\n]*symgrad(?P<weave>:(?:begin|end)\b)?:?").match(text, start, end)
    if first is None:
        return
    if first.group("weave"):  # a mark of weaving: its body is "begin VERB .." or "end .."
        at = first.start("weave") + 1
        yield Region("weave", part, at, end, text[at:end].strip(), outer)
        return
    for m in re.compile(r"[^\r\n]+").finditer(text, first.end(), end):
        line = m.group().strip()
        if line:
            at = m.start() + len(m.group()) - len(m.group().lstrip())
            yield Region("directive", part, at, at + len(line), line, outer)

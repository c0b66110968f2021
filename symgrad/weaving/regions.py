"""Regions: where the marks are, and what each region asks for."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from ..documents.model import Document, Part, Region
from ..errors import InputError
from ..patterns import Pattern

VERBS = ("derive", "gap", "prove", "table", "check-status")


@dataclass(frozen=True, slots=True)
class Request:
    """``verb`` with its arguments; ``label`` is what others cite the block by."""

    verb: str
    what: tuple[str, ...]
    wrt: str = ""
    label: str = ""
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Marked:
    """Two marks; what stands between them is ours, and ``sum`` is what it was signed with."""

    opened: Region
    closed: Region
    request: Request

    @property
    def part(self) -> Part:
        return self.opened.part

    @property
    def position(self) -> tuple[int, int]:
        return self.part.position(self.opened.outer[0])

    @property
    def start(self) -> int:
        found = _LINE_END.match(self.part.text, self.opened.outer[1])
        return found.end() if found else self.opened.outer[1]

    @property
    def text(self) -> str:
        return self.part.text[self.start : self.closed.outer[0]]

    @property
    def sum(self) -> str:
        found = _SUM.search(self.closed.body)
        return found.group(1) if found else ""


_LINE_END = Pattern(r"[ \t]*(?:\r\n|\n|\r)?")
_SUM = Pattern(r"\bsum=(\w+)")


def marked(document: Document) -> list[Marked]:
    """The regions in reading order; an InputError names the first mark that is wrong.

    >>> from symgrad.documents.files import read_text
    >>> note = read_text("<!-- symgrad:begin derive J --wrt m -->\\n<!-- symgrad:end -->\\n", "md")
    >>> [(r.request.verb, r.request.what, r.request.wrt) for r in marked(note)]
    [('derive', ('J',), 'm')]
    """
    out: list[Marked] = []
    labels: dict[str, int] = {}
    for opened, closed in _pairs(document):
        region = Marked(opened, closed, _request(document, opened))
        label = region.request.label
        if label and label in labels:
            message = f"the label {label} stands in line {labels[label]} already: every label names one block"
            raise _wrong(document, opened, message)
        labels[label], _ = region.position
        out.append(region)
    return out


def _pairs(document: Document) -> Iterator[tuple[Region, Region]]:
    opened: Region | None = None
    for region in (r for r in document.regions if r.kind == "weave"):
        if opened is not None and region.part is not opened.part:
            raise _wrong(document, opened, "this region is not closed in its cell: add symgrad:end")
        begins = region.body.partition(" ")[0] == "begin"
        if begins and opened is not None:
            raise _wrong(document, region, "a region inside a region: close the first with symgrad:end")
        if begins:
            opened = region
        elif opened is None:
            raise _wrong(document, region, "symgrad:end without symgrad:begin")
        else:
            yield opened, region
            opened = None
    if opened is not None:
        raise _wrong(document, opened, "this region is never closed: add symgrad:end behind it")


def _wrong(document: Document, region: Region, message: str) -> InputError:
    line, column = region.part.position(region.outer[0])
    cell = region.part.cell
    where = f"{document.path}:{'' if cell is None else f'cell {cell}:'}{line}:{column}"
    return InputError(f"{where}: {message}")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def _request(document: Document, region: Region) -> Request:
    words = _words(region.body.partition(" ")[2])
    verb = words[0] if words else ""
    if verb not in VERBS:
        raise _wrong(document, region, f"unknown verb {verb!r}: there are {', '.join(VERBS)}")
    parser = _Parser(prog="", add_help=False, allow_abbrev=False)
    parser.add_argument("what", nargs="*" if verb in ("table", "check-status") else 1)
    if verb in ("derive", "gap"):
        parser.add_argument("--wrt", required=True)
    parser.add_argument("--label", default="")
    parser.add_argument("--let", action="append", default=[])
    parser.add_argument("--assume", action="append", default=[])
    try:
        args = parser.parse_args(words[1:])
    except InputError as error:
        raise _wrong(document, region, f"{verb}: {error}") from None
    if args.label and not re.fullmatch(r"[A-Za-z][\w:.-]*", args.label):
        raise _wrong(document, region, f"the label {args.label!r} takes letters, digits, - . : _")
    given = (*(f"let {d}" for d in args.let), *(f"assume {a}" for a in args.assume))
    return Request(verb, tuple(args.what), getattr(args, "wrt", ""), args.label, given)


def _words(text: str) -> list[str]:
    """Words and quoted texts; a backslash is LaTeX's, never an escape."""
    return [a or b or c for a, b, c in re.findall(r"'([^']*)'|\"([^\"]*)\"|(\S+)", text)]


def checksum(text: str) -> str:
    """A short sum that does not see white space or the width of a table's rule.

    >>> checksum("a  b\\n| ---- |") == checksum("a b | --- |")
    True
    """
    squeezed = re.sub(r"-{3,}", "---", "".join(text.split()))
    return sha256(squeezed.encode()).hexdigest()[:8]

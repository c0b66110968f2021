"""reStructuredText: where mathematics, directives and headings stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..patterns import Pattern
from .model import (
    Problem,
    Region,
    blanks,
    directive_regions,
    mathematics,
)

_RST = Pattern(
    r"""
    (?P<math>^(?P<indent>[ \t]*)\.\.[ \t]+math::[ \t]*(?P<first>[^\n]*)$)
  | (?P<directive>^[ \t]*\.\.[ \t]+symgrad(?=:[^:]|[ \t]*$)[^\n]*(?:\n[ \t]+\S[^\n]*)*)
  | (?P<role>:math:`(?P<inline>[^`]+)`)
  | (?P<heading>^(?P<line>[=\-~^"'*+\#.]){3,}[ \t]*$)
    """,
    re.VERBOSE | re.MULTILINE,
)


_RST_OPTION = Pattern(r"^[ \t]*:(?:label|nowrap|name|class|number|width):[^\n]*", re.MULTILINE)


def scan_rst(text: str, part: int, problems: list[Problem]) -> Iterator[Region]:
    at = 0
    while m := _RST.search(text, at):
        at = m.end()
        if m.group("math") is not None:
            indent = len(m.group("indent").expandtabs(8))
            start, end = m.start("first"), m.end()
            for line in re.compile(r"\n(?P<space>[ \t]*)(?P<rest>[^\n]*)").finditer(text, m.end()):
                if line.group("rest").strip():
                    if len(line.group("space").expandtabs(8)) <= indent:
                        break
                    end = line.end()
            at = max(at, end)
            body = text[start:end]
            body = _RST_OPTION.sub(blanks, body)
            # An empty line ends an equation, as a row break does.
            lead = len(body) - len(body.lstrip())
            body = body[:lead] + re.sub(r"\n[ \t]*\n", lambda g: "\\\\" + blanks(g)[2:], body[lead:])
            yield from mathematics("display", text, start, end, part, (m.start(), end), body)
        elif m.group("directive"):
            yield from directive_regions(text, text.index("symgrad", m.start()), at, part, m.span())
        elif m.group("role"):
            yield from mathematics("inline", text, *m.span("inline"), part, m.span())
        else:
            yield Region("heading", part, m.start(), at, m.group(), m.span())

r"""reStructuredText: where mathematics, directives and headings stand in it.

>>> from symgrad.documents.model import Part
>>> [(r.kind, r.body) for r in regions(Part("One\n===\n\n.. math:: a = b\n\nand :math:`c`"))]
[('heading', '==='), ('display', 'a = b'), ('inline', 'c')]
"""

from __future__ import annotations

import re

from ..patterns import Pattern
from .scanning import Marks, Scan, Taken, blanks, directives, heading, mathematics

_LINE = Pattern(r"\n(?P<space>[ \t]*)(?P<rest>[^\n]*)")
_OPTION = Pattern(r"^[ \t]*:(?:label|nowrap|name|class|number|width):[^\n]*", re.MULTILINE)
_EMPTY_LINE = Pattern(r"\n[ \t]*\n")


def _math(scan: Scan, m: re.Match[str]) -> Taken:
    start, end = m.start("first"), _block_end(scan.text, m)
    body = _OPTION.sub(blanks, scan.text[start:end])
    # An empty line ends an equation, as a row break does.
    lead = len(body) - len(body.lstrip())
    body = body[:lead] + _EMPTY_LINE.sub(lambda g: "\\\\" + blanks(g)[2:], body[lead:])
    return end, mathematics(scan, "display", start, end, (m.start(), end), body)


def _block_end(text: str, m: re.Match[str]) -> int:
    """Where the last line ends that stands deeper than the directive."""
    indent, end = len(m.group("indent").expandtabs(8)), m.end()
    for line in _LINE.finditer(text, m.end()):
        if line.group("rest").strip():
            if len(line.group("space").expandtabs(8)) <= indent:
                break
            end = line.end()
    return end


def _directive(scan: Scan, m: re.Match[str]) -> Taken:
    return m.end(), directives(scan, scan.text.index("symgrad", m.start()), m.end(), m.span())


def _role(scan: Scan, m: re.Match[str]) -> Taken:
    return m.end(), mathematics(scan, "inline", *m.span("inline"), m.span())


regions = Marks(
    math=(r"^(?P<indent>[ \t]*)\.\.[ \t]+math::[ \t]*(?P<first>[^\n]*)$", _math),
    directive=(r"^[ \t]*\.\.[ \t]+symgrad(?=:[^:]|[ \t]*$)[^\n]*(?:\n[ \t]+\S[^\n]*)*", _directive),
    role=(r":math:`(?P<inline>[^`]+)`", _role),
    heading=(r"^[=\-~^\"'*+\#.]{3,}[ \t]*$", heading),
)

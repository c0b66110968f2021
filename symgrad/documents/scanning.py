r"""Scanning: a text by the marks of its format, and the rules for the marks that formats share.

A format has a table of marks, each with a regular expression and a rule.  Where a mark stands, its rule says
where to go on and what it found: regions, or a problem.

>>> scan = Marks(escape=(r"\\.", skip), dollars=(r"\$\$", dollars))
>>> [(region.kind, region.body) for region in scan(Part(r"costs \$$ or $$a = b$$"))]
[('display', 'a = b')]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..latex.tokens import environment_end, group_end
from ..patterns import Pattern
from .items import DISPLAYS, ROWS
from .model import Found, Part, Problem, Region, RegionKind

MAX_MACRO = 10_000
_ENVIRONMENT = rf"\\begin\s*\{{(?P<env>(?:{'|'.join((*DISPLAYS, *ROWS, 'math'))})\*?)\}}"
_MACRO = Pattern(
    r"\\(?:newcommand|renewcommand|providecommand)\b|\\def(?=\s*\\)|\\DeclareMathOperator\b"
    r"|\\DeclarePairedDelimiter\b|\\(?:New|Renew|Declare)DocumentCommand\b"
)
_DEFINED = Pattern(r"\\[A-Za-z]+\*?\s*(?:\{\s*)?\\(?:[A-Za-z]+|.)\s*\}?")
_ARGUMENT = Pattern(r"\s*(?:\[[^\]]*\]|#\d)*\s*")
_TEX_COMMENT = Pattern(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_QUOTED = Pattern(r"(?<=\n)[ \t]*>+")
_DIRECTIVES = Pattern(r"[ \t\r\n]*symgrad(?P<weave>:(?:begin|end)\b)?:?")
_LINE = Pattern(r"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Scan:
    """A part on its way; ``missing`` are closing marks that do not come any more."""

    part: Part
    missing: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        return self.part.text


Taken = tuple[int, Iterable[Found]]
Rule = Callable[[Scan, "re.Match[str]"], Taken]


class Marks:
    """The marks of a format by name; of those that begin at one place the first in the table counts.

    Expressions are verbose (a blank is written ``[ ]``), multi-line, and a dot takes line ends too.
    """

    def __init__(self, **marks: tuple[str, Rule]) -> None:
        self.rules = {f"mark_{name}": rule for name, (_, rule) in marks.items()}
        pattern = "|".join(f"(?P<mark_{name}>{written})" for name, (written, _) in marks.items())
        self.pattern = Pattern(pattern, re.VERBOSE | re.MULTILINE | re.DOTALL)

    def __call__(self, part: Part, at: int = 0) -> Iterator[Found]:
        scan = Scan(part)
        while m := self.pattern.search(part.text, at):
            at, found = self.rules[str(m.lastgroup)](scan, m)
            yield from found


# --- rules --------------------------------------------------------------------------------------------


def skip(scan: Scan, m: re.Match[str]) -> Taken:
    return m.end(), ()


def heading(scan: Scan, m: re.Match[str]) -> Taken:
    return m.end(), [Region("heading", scan.part, *m.span(), m.group(), m.span())]


def _macro(scan: Scan, m: re.Match[str]) -> Taken:
    end = _definition_end(scan.text, m.start())
    if end < 0:
        return m.end(), ()
    where = (m.start(), end)
    return end, [Region("macro", scan.part, *where, scan.text[m.start() : end], where)]


def _environment(scan: Scan, m: re.Match[str]) -> Taken:
    name = m.group("env")
    end = -1 if name in scan.missing else environment_end(scan.text, name, m.end())
    if end < 0:
        scan.missing.add(name)
        return m.end(), [Problem(f"\\begin{{{name}}} is never closed", m.start(), scan.part)]
    where = (m.start(), end)
    return end, mathematics(scan, "inline" if name == "math" else "display", *where, where)


def bracketed(scan: Scan, m: re.Match[str]) -> Taken:
    r"""``\[ .. \]`` and ``\( .. \)``; in Markdown also with two backslashes."""
    opening = m.group()
    inline = opening[-1] == "("
    closing = opening[:-1] + (")" if inline else "]")
    close = -1 if closing in scan.missing else scan.text.find(closing, m.end())
    if close < 0:
        scan.missing.add(closing)
    if close < 0 or (inline and "\n\n" in scan.text[m.end() : close]):
        return m.end(), ()
    return enclosed(scan, "inline" if inline else "display", m, close, len(opening))


def dollars(scan: Scan, m: re.Match[str]) -> Taken:
    close = _unescaped(scan.text, m.group(), m.end())
    if close < 0:
        return m.end(), [Problem("$$ is never closed", m.start(), scan.part)]
    return enclosed(scan, "display", m, close, 2)


def inline(written: str) -> Rule:
    """The rule for a dollar that opens what the pattern matches, up to the closing dollar."""
    whole = Pattern(written, re.DOTALL)

    def rule(scan: Scan, m: re.Match[str]) -> Taken:
        found = whole.match(scan.text, m.start())
        return (m.end(), ()) if found is None else enclosed(scan, "inline", m, found.end() - 1, 1)

    return rule


LATEX: dict[str, tuple[str, Rule]] = {
    "macro": (_MACRO.pattern, _macro),
    "begin": (_ENVIRONMENT, _environment),
    "escape": (r"\\.", skip),
}
"""Marks of every format in which LaTeX may stand without dollars; an escape counts last."""


# --- what rules are made of ---------------------------------------------------------------------------


def enclosed(scan: Scan, kind: RegionKind, m: re.Match[str], close: int, width: int) -> Taken:
    """Mathematics from an opening mark up to a closing one of that width."""
    outer = (m.start(), min(close + width, len(scan.text)))
    return outer[1], mathematics(scan, kind, m.end(), close, outer)


def mathematics(
    scan: Scan, kind: RegionKind, start: int, end: int, outer: tuple[int, int], body: str | None = None
) -> Iterator[Region]:
    """The region, and the macros that are defined inside it (blanked in its body)."""
    text = scan.text
    body = text[start:end] if body is None else body
    if ">" in text[text.rfind("\n", 0, outer[0]) + 1 : outer[0]]:
        body = _QUOTED.sub(blanks, body)
    if "%" in body:
        body = _TEX_COMMENT.sub(lambda m: m.group(1) + " " * (len(m.group()) - len(m.group(1))), body)
    for m in list(_MACRO.finditer(body)):
        if (stop := _definition_end(body, m.start())) >= 0:
            written = body[m.start() : stop]
            yield Region("macro", scan.part, start + m.start(), start + stop, written, outer)
            body = body[: m.start()] + re.sub(r"[^\r\n]", " ", written) + body[stop:]
    yield Region(kind, scan.part, start, end, body, outer)


def directives(scan: Scan, start: int, end: int, outer: tuple[int, int]) -> Iterator[Region]:
    """Directive lines in a comment: ``symgrad: let ..``, or several lines after a first ``symgrad``."""
    text, first = scan.text, _DIRECTIVES.match(scan.text, start, end)
    if first is None:
        return
    if first.group("weave"):  # a mark of weaving: its body is "begin VERB .." or "end .."
        at = first.start("weave") + 1
        yield Region("weave", scan.part, at, end, text[at:end].strip(), outer)
        return
    for m in _LINE.finditer(text, first.end(), end):
        if line := m.group().strip():
            at = text.index(line, m.start())
            yield Region("directive", scan.part, at, at + len(line), line, outer)


def blanks(m: re.Match[str]) -> str:
    return re.sub(r"[^\r\n]", " ", m.group())


def _unescaped(text: str, mark: str, at: int) -> int:
    """Where the mark stands next without a backslash before it, or -1."""
    while (found := text.find(mark, at)) >= 0:
        before = text[max(0, found - 50) : found]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return found
        at = found + 1
    return -1


def _definition_end(text: str, start: int) -> int:
    """Where the macro definition ends that begins here, or -1 where it cannot be read."""
    m = _DEFINED.match(text, start)
    if m is None:
        return -1
    at = m.end()
    groups = 2 if "PairedDelimiter" in m.group() or "DocumentCommand" in m.group() else 1
    for _ in range(groups):
        skipped = _ARGUMENT.match(text, at)
        at = group_end(text, skipped.end() if skipped else at)
        if at < 0 or at - start > MAX_MACRO:
            return -1
    return at

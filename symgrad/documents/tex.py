"""TeX: where mathematics, directives, macros and headings stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..patterns import Pattern
from .model import (
    CODE,
    ENVIRONMENT,
    Problem,
    Region,
    bracketed,
    closing_end,
    directive_regions,
    environment_region,
    macro_definition,
    mathematics,
    unescaped,
)

_TEX = Pattern(
    r"""
    (?P<code>\\begin\s*\{(?P<which>"""
    + CODE
    + r""")\*?\})
  | (?P<verb>\\(?:verb|lstinline)\*?(?P<bar>[^\sA-Za-z*{]).*?(?P=bar))
  | (?P<directive>%+[ \t]*symgrad:[^\n]*)
  | (?P<comment>%[^\n]*)
  | (?P<macro>\\(?:newcommand|renewcommand|providecommand)\b|\\def(?=\s*\\)|\\DeclareMathOperator\b|
              \\DeclarePairedDelimiter\b|\\(?:New|Renew|Declare)DocumentCommand\b)
  | (?P<heading>\\(?:chapter|section|subsection|subsubsection|paragraph|frametitle|part)\b\*?
              |\\begin\s*\{frame\})
  | (?P<begin>\\begin\s*\{(?P<env>(?:"""
    + ENVIRONMENT
    + r""")\*?)\})
  | (?P<open>\\[\[(])
  | (?P<escape>\\.)
  | (?P<dollars>\$\$)
  | (?P<dollar>\$)
    """,
    re.VERBOSE | re.DOTALL,
)


def scan_tex(text: str, part: int, problems: list[Problem]) -> Iterator[Region]:
    at = 0
    missing: set[str] = set()
    while m := _TEX.search(text, at):
        start, at = m.start(), m.end()
        if m.group("code"):
            close = closing_end(text, m.group("which"), at) or closing_end(text, m.group("which") + "*", at)
            at = close.end() if close else len(text)
        elif m.group("directive"):
            yield from directive_regions(text, text.index("symgrad:", start), at, part, m.span())
        elif m.group("macro"):
            macro = macro_definition(text, start, part)
            if macro:
                yield macro
                at = macro.end
        elif m.group("heading"):
            yield Region("heading", part, start, at, m.group(), m.span())
        elif m.group("begin"):
            at = yield from environment_region(text, m, part, problems, missing)
        elif m.group("open"):
            at = yield from bracketed(text, m, part, missing)
        elif m.group("dollars"):
            close_at = unescaped(text, "$$", at)
            if close_at < 0:
                problems.append(Problem("$$ is never closed", part, start))
                continue
            yield from mathematics("display", text, at, close_at, part, (start, close_at + 2))
            at = close_at + 2
        elif m.group("dollar"):
            closed = re.compile(r"(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*\$", re.DOTALL).match(text, at)
            if closed:
                yield from mathematics("inline", text, at, closed.end() - 1, part, (start, closed.end()))
                at = closed.end()

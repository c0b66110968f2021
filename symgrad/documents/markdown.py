"""Markdown: where mathematics, directives, macros and headings stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..patterns import Pattern
from .model import (
    ENVIRONMENT,
    Problem,
    Region,
    RegionKind,
    bracketed,
    directive_regions,
    environment_region,
    macro_definition,
    mathematics,
    unescaped,
)

_MARKDOWN = Pattern(
    r"""
    (?P<fence>^[ \t>]*(?:[-*+]\ |\d+[.)]\ )?[ \t]*(?P<mark>`{3,}|~{3,}|:{3,})[ \t]*(?P<info>[^\n`]*)$)
  | (?P<comment><!--)
  | (?P<script><script\s+type=["']math/tex(?P<mode>[^"']*)["'][^>]*>)
  | (?P<html><(?P<tag>pre|code|style|script|svg)\b[^>]*>)
  | (?P<dollartick>\$`(?=[^`]))
  | (?P<tick>`+)
  | (?P<macro>\\(?:re|provide)?newcommand\b|\\providecommand\b|\\def(?=\s*\\)|\\DeclareMathOperator\b|
              \\DeclarePairedDelimiter\b|\\NewDocumentCommand\b|\\renewcommand\b)
  | (?P<begin>\\begin\s*\{(?P<env>(?:"""
    + ENVIRONMENT
    + r""")\*?)\})
  | (?P<open>\\\\?[\[(])
  | (?P<escape>\\.)
  | (?P<dollars>\$\$)
  | (?P<dollar>\$)
  | (?P<heading>^\#{1,6}[ ][^\n]*$|^(?:=|-){3,}[ \t]*$)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


_HEADING_LINE = Pattern(r"^#{1,6}[ ]|^(?:=|-){3,}")


def scan_markdown(text: str, part: int, problems: list[Problem]) -> Iterator[Region]:
    at = 0
    missing: set[str] = set()  # closing marks that do not come any more
    front = re.match(r"---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    if front:
        yield from yaml_macros(front.group(1), part)
        at = front.end()
    while m := _MARKDOWN.search(text, at):
        kind, at = m.lastgroup, m.end()
        start = m.start()
        if m.group("fence"):
            at, regions = _fenced(text, m, part)
            yield from regions
        elif m.group("comment"):
            close = text.find("-->", at)
            end = close if close >= 0 else len(text)
            yield from directive_regions(text, at, end, part, (start, min(end + 3, len(text))))
            at = min(end + 3, len(text))
        elif m.group("script") or m.group("html"):
            tag = m.group("tag") or "script"
            close = text.lower().find(f"</{tag}", at)
            if close < 0:
                continue
            if m.group("script"):
                shown: RegionKind = "display" if "display" in m.group("mode") else "inline"
                yield from mathematics(shown, text, at, close, part, (start, close + len(tag) + 3))
            at = close + len(tag) + 2
        elif m.group("dollartick"):
            close = text.find("`$", at)
            if close >= 0 and "\n\n" not in text[at:close]:
                yield from mathematics("inline", text, at, close, part, (start, close + 2))
                at = close + 2
        elif m.group("tick"):
            if m.group() in missing:
                continue
            closing = re.compile(rf"(?<!`){m.group('tick')}(?!`)").search(text, at)
            if closing is None:
                missing.add(m.group())
            if closing and not re.search(r"\n[ \t]*\n", text[at : closing.start()]):
                at = closing.end()
        elif m.group("macro"):
            macro = macro_definition(text, start, part)
            if macro:
                yield macro
                at = macro.end
        elif m.group("begin"):
            at = yield from environment_region(text, m, part, problems, missing)
        elif m.group("open"):
            at = yield from bracketed(text, m, part, missing)
        elif m.group("dollars"):
            close = unescaped(text, "$$", at)
            if close < 0:
                problems.append(Problem("$$ is never closed", part, start))
                paragraph = re.compile(r"\n[ \t]*\r?\n").search(text, at)
                at = paragraph.start() if paragraph else len(text)
                continue
            yield from mathematics("display", text, at, close, part, (start, close + 2))
            at = close + 2
        elif m.group("dollar"):
            closed = _INLINE_DOLLAR.match(text, start)
            if closed:
                yield from mathematics("inline", text, at, closed.end() - 1, part, closed.span())
                at = closed.end()
        elif kind == "heading":
            yield Region("heading", part, start, m.end(), m.group(), m.span())


# Pandoc's rule: no space inside the dollars, no digit behind them, no empty line between them.
_INLINE_DOLLAR = Pattern(r"\$(?=[^\s$])(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*?(?:[^\s$\\]|\\.)\$(?!\d)", re.DOTALL)


def _fenced(text: str, m: re.Match[str], part: int) -> tuple[int, list[Region]]:
    mark, info = m.group("mark"), m.group("info").strip()
    mathematical = info.split(" ")[0].lower() in ("{math}", "math", "{math", "{.math}")
    if mark[0] == ":" and not mathematical:
        return m.end(), []
    closing = re.compile(rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*\r?$", re.MULTILINE).search(text, m.end())
    end, after = (closing.start(), closing.end()) if closing else (len(text), len(text))
    if not mathematical:
        return after, []
    start = m.end()
    options = re.compile(r"(?:\s*\n[ \t>]*:[\w-]+:[^\n]*)+|\s*\n---.*?\n---[ \t]*(?=\n)", re.DOTALL)
    if o := options.match(text, start, end):
        start = o.end()
    return after, list(mathematics("display", text, start, end, part, (m.start(), after)))


_YAML_LINE = Pattern(
    r"^([ \t]*)(?:-[ \t]+)?(['\"]?)(\\*)([\w-]+)\2[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE
)


def yaml_macros(front: str, part: int) -> Iterator[Region]:
    """``math:`` or ``macros:`` in front matter: one macro a line, ``'\\R': '\\mathbb{R}'``."""
    inside, depth = False, 0
    for m in _YAML_LINE.finditer(front):
        indent = len(m.group(1))
        if inside and indent > depth:
            body = m.group(5)
            listed = re.fullmatch(r"\[(.*?),\s*\d\s*\]", body)
            body = (listed.group(1) if listed else body).strip()
            if body[:1] == body[-1:] == '"':
                body = body[1:-1].replace("\\\\", "\\")
            body = body.strip("'")
            arity = max((int(d) for d in re.findall(r"#(\d)", body)), default=0)
            if body and m.group(4).isalpha():
                definition = f"\\newcommand{{\\{m.group(4)}}}[{arity}]{{{body}}}"
                yield Region("macro", part, 0, 0, definition, (0, 0), m.group(4))
        else:
            inside, depth = m.group(4) in ("math", "macros", "mathjax3_config", "tex"), indent

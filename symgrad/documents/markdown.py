r"""Markdown: where mathematics, directives, macros and headings stand in it.

>>> [(r.kind, r.body) for r in regions(Part("# One\n`$a$` and $b$\n$$c$$\n<!-- symgrad: let d = e -->"))]
[('heading', '# One'), ('inline', 'b'), ('display', 'c'), ('directive', 'let d = e')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..patterns import Pattern
from .model import Found, Part, Region
from .scanning import (
    LATEX,
    Marks,
    Scan,
    Taken,
    bracketed,
    directives,
    dollars,
    enclosed,
    heading,
    inline,
    mathematics,
)

_FRONT_MATTER = Pattern(r"---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", re.DOTALL)
_OPTIONS = Pattern(r"(?:\s*\n[ \t>]*:[\w-]+:[^\n]*)+|\s*\n---.*?\n---[ \t]*(?=\n)", re.DOTALL)
_EMPTY_LINE = Pattern(r"\n[ \t]*\r?\n")


def regions(part: Part) -> Iterator[Found]:
    front = _FRONT_MATTER.match(part.text)
    if front:
        yield from yaml_macros(front.group(1), part)
    yield from _marks(part, front.end() if front else 0)


def _fence(scan: Scan, m: re.Match[str]) -> Taken:
    """A fenced block, of code or of mathematics, and a div (``:::``), which holds more Markdown."""
    text, mark, after = scan.text, m.group("mark"), m.end()
    mathematical = m.group("info").strip().split(" ")[0].lower() in ("{math}", "math", "{math", "{.math}")
    if mark[0] == ":" and not mathematical:
        return after, ()
    closing = re.compile(rf"^[ \t>]*{mark[0]}{{{len(mark)},}}[ \t]*\r?$", re.MULTILINE).search(text, after)
    end, outer = (closing.start(), closing.end()) if closing else (len(text), len(text))
    if not mathematical:
        return outer, ()
    options = _OPTIONS.match(text, after, end)
    start = options.end() if options else after
    return outer, mathematics(scan, "display", start, end, (m.start(), outer))


def _comment(scan: Scan, m: re.Match[str]) -> Taken:
    close = scan.text.find("-->", m.end())
    end = close if close >= 0 else len(scan.text)
    after = min(end + len("-->"), len(scan.text))
    return after, directives(scan, m.end(), end, (m.start(), after))


def _script(scan: Scan, m: re.Match[str]) -> Taken:
    """``<script type="math/tex">``, as MathJax 2 has it."""
    close = _closing_tag(scan, m, "script")
    if close < 0:
        return m.end(), ()
    return enclosed(scan, "display" if "display" in m.group("mode") else "inline", m, close, len("</script>"))


def _html(scan: Scan, m: re.Match[str]) -> Taken:
    close = _closing_tag(scan, m, m.group("tag"))
    return (m.end(), ()) if close < 0 else (close + len(m.group("tag")) + len("</"), ())


def _closing_tag(scan: Scan, m: re.Match[str], tag: str) -> int:
    found = re.compile(rf"</{tag}", re.IGNORECASE).search(scan.text, m.end())
    return found.start() if found else -1


def _dollar_tick(scan: Scan, m: re.Match[str]) -> Taken:
    close = scan.text.find("`$", m.end())
    if close < 0 or "\n\n" in scan.text[m.end() : close]:
        return m.end(), ()
    return enclosed(scan, "inline", m, close, len("`$"))


def _code(scan: Scan, m: re.Match[str]) -> Taken:
    ticks, after = m.group(), m.end()
    if ticks in scan.missing:
        return after, ()
    closing = re.compile(rf"(?<!`){ticks}(?!`)").search(scan.text, after)
    if closing is None:
        scan.missing.add(ticks)
        return after, ()
    broken = _EMPTY_LINE.search(scan.text, after, closing.start())
    return after if broken else closing.end(), ()


def _dollars(scan: Scan, m: re.Match[str]) -> Taken:
    after, found = dollars(scan, m)
    if after == m.end():  # never closed: its paragraph is left out
        empty = _EMPTY_LINE.search(scan.text, after)
        after = empty.start() if empty else len(scan.text)
    return after, found


_marks = Marks(
    fence=(
        r"^[ \t>]*(?:[-*+]\ |\d+[.)]\ )?[ \t]*(?P<mark>`{3,}|~{3,}|:{3,})[ \t]*(?P<info>[^\n`]*)$",
        _fence,
    ),
    comment=(r"<!--", _comment),
    script=(r"<script\s+type=[\"']math/tex(?P<mode>[^\"']*)[\"'][^>]*>", _script),
    html=(r"<(?P<tag>pre|code|style|script|svg)\b[^>]*>", _html),
    dollar_tick=(r"\$`(?=[^`])", _dollar_tick),
    tick=(r"`+", _code),
    open=(r"\\\\?[\[(]", bracketed),
    **LATEX,
    dollars=(r"\$\$", _dollars),
    # Pandoc's rule: no space inside the dollars, no digit behind them, no empty line between them.
    dollar=(r"\$", inline(r"\$(?=[^\s$])(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*?(?:[^\s$\\]|\\.)\$(?!\d)")),
    heading=(r"^\#{1,6}[ ][^\n]*$|^(?:=|-){3,}[ \t]*$", heading),
)


_YAML_LINE = Pattern(
    r"^([ \t]*)(?:-[ \t]+)?(['\"]?)(\\*)([\w-]+)\2[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE
)
_WITH_ARITY = Pattern(r"\[(.*?),\s*\d\s*\]")


def yaml_macros(front: str, part: Part) -> Iterator[Region]:
    """``math:`` or ``macros:`` in front matter: one macro a line, ``'\\R': '\\mathbb{R}'``."""
    inside, depth = False, 0
    for m in _YAML_LINE.finditer(front):
        indent, name = len(m.group(1)), m.group(4)
        if not inside or indent <= depth:
            inside, depth = name in ("math", "macros", "mathjax3_config", "tex"), indent
        elif (body := _yaml_value(m.group(5))) and name.isalpha():
            arity = max((int(d) for d in re.findall(r"#(\d)", body)), default=0)
            definition = f"\\newcommand{{\\{name}}}[{arity}]{{{body}}}"
            yield Region("macro", part, 0, 0, definition, (0, 0))


def _yaml_value(written: str) -> str:
    listed = _WITH_ARITY.fullmatch(written)
    value = (listed.group(1) if listed else written).strip()
    if value[:1] == value[-1:] == '"':
        value = value[1:-1].replace("\\\\", "\\")
    return value.strip("'")

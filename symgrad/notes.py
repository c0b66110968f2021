"""Documents: where mathematics, directives, macros and headings stand in somebody's notes.

A document is one or more *parts* (a file, or the Markdown cells of a notebook); a *region* is a
half-open range of a part.  Nothing is interpreted here and nothing is lost: a region's ``body`` has
exactly the length of the text it stands for, with what is no mathematics (comments, quotation marks
of a block quote) blanked, so that an offset into the body is an offset into the file.

>>> note = read_text("Let $a = b$.\\n\\n$$\\na = c\\n$$\\n", "md")
>>> [(r.kind, r.body) for r in note.regions]
[('inline', 'a = b'), ('display', '\\na = c\\n')]
>>> note.position(0, note.regions[1].start + 3)
(4, 3)
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .errors import InputError
from .patterns import Pattern

RegionKind = Literal["display", "inline", "directive", "macro", "heading", "weave"]

FORMATS = {
    ".md": "md", ".markdown": "md", ".qmd": "md", ".tex": "tex", ".ipynb": "ipynb", ".rst": "rst",
}  # fmt: skip
MAX_BYTES = 20_000_000
MAX_INPUTS = 50
MAX_MACRO = 10_000
MAX_GROUP = 100_000  # characters of one brace group

# Environments that hold display mathematics by themselves, and those that only arrange its rows.
DISPLAYS = ("equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath",
            "dmath", "IEEEeqnarray")  # fmt: skip
ROWS = ("aligned", "alignedat", "split", "gathered", "multlined")
_ENVIRONMENT = "|".join((*DISPLAYS, *ROWS, "math"))
_CODE = r"verbatim|Verbatim|lstlisting|minted|comment|alltt|tikzpicture|algorithmic|filecontents"


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


def read_file(path: Path, root: Path | None = None) -> Document:
    """The document in a file.  Macros are also taken from files that it inputs and from ``myst.yml``,
    as far as these lie below ``root`` (by default the file's own folder)."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(f"{path}: not one of {', '.join(FORMATS)}")
    if path.stat().st_size > MAX_BYTES:
        return Document(str(path), kind, (Part(""),), (), (Problem(f"larger than {MAX_BYTES // 10**6} MB"),))
    text, problems = decode(path.read_bytes())
    document = read_text(text, kind, str(path), problems)
    borrowed = _borrowed(path, (root or path.parent).resolve(), text, kind)
    if not borrowed:
        return document
    return Document(document.path, kind, document.parts, (*borrowed, *document.regions), document.problems)


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """UTF-8 text with what could not be read as such named, never guessed."""
    problems = []
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\ufffd" in text and "\ufffd".encode() not in data:
        problems.append(Problem("not UTF-8 here", 0, text.index("\ufffd")))
    if "\0" in text:
        problems.append(Problem("a NUL byte here", 0, text.index("\0")))
        text = text.replace("\0", " ")
    return text, problems


def read_text(text: str, kind: str, path: str = "<text>", problems: Iterable[Problem] = ()) -> Document:
    """The document that ``text`` is; ``kind`` is one of md, tex, rst, ipynb."""
    found = list(problems)
    parts = tuple(_cells(text, found)) if kind == "ipynb" else (Part(text),)
    regions: list[Region] = []
    scan = {"tex": _scan_tex, "rst": _scan_rst}.get(kind, _scan_markdown)
    for number, part in enumerate(parts):
        regions += sorted(scan(part.text, number, found), key=lambda r: (r.outer[0], r.kind != "macro"))
    return Document(path, kind, parts or (Part(""),), tuple(regions), tuple(found))


def _cells(text: str, problems: list[Problem]) -> Iterator[Part]:
    try:
        notebook = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        for number, cell in enumerate(cells):
            if cell["cell_type"] == "markdown":
                source = cell["source"]
                yield Part(source if isinstance(source, str) else "".join(map(str, source)), number)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        problems.append(Problem(f"not a notebook: {type(error).__name__}: {error}"[:200]))


# --- Markdown -----------------------------------------------------------------------------------------

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
    + _ENVIRONMENT
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


def _scan_markdown(text: str, part: int, problems: list[Problem]) -> Iterator[Region]:
    at = 0
    missing: set[str] = set()  # closing marks that do not come any more
    front = re.match(r"---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    if front:
        yield from _yaml_macros(front.group(1), part)
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
            yield from _directives(text, at, end, part, (start, min(end + 3, len(text))))
            at = min(end + 3, len(text))
        elif m.group("script") or m.group("html"):
            tag = m.group("tag") or "script"
            close = text.lower().find(f"</{tag}", at)
            if close < 0:
                continue
            if m.group("script"):
                shown: RegionKind = "display" if "display" in m.group("mode") else "inline"
                yield from _mathematics(shown, text, at, close, part, (start, close + len(tag) + 3))
            at = close + len(tag) + 2
        elif m.group("dollartick"):
            close = text.find("`$", at)
            if close >= 0 and "\n\n" not in text[at:close]:
                yield from _mathematics("inline", text, at, close, part, (start, close + 2))
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
            macro = _macro(text, start, part)
            if macro:
                yield macro
                at = macro.end
        elif m.group("begin"):
            at = yield from _environment(text, m, part, problems, missing)
        elif m.group("open"):
            at = yield from _bracketed(text, m, part, missing)
        elif m.group("dollars"):
            close = _unescaped(text, "$$", at)
            if close < 0:
                problems.append(Problem("$$ is never closed", part, start))
                paragraph = re.compile(r"\n[ \t]*\r?\n").search(text, at)
                at = paragraph.start() if paragraph else len(text)
                continue
            yield from _mathematics("display", text, at, close, part, (start, close + 2))
            at = close + 2
        elif m.group("dollar"):
            closed = _INLINE_DOLLAR.match(text, start)
            if closed:
                yield from _mathematics("inline", text, at, closed.end() - 1, part, closed.span())
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
    return after, list(_mathematics("display", text, start, end, part, (m.start(), after)))


def _environment(
    text: str, m: re.Match[str], part: int, problems: list[Problem], missing: set[str]
) -> Generator[Region, None, int]:
    """The environment's region; returns where to go on."""
    name = m.group("env")
    close = None if name in missing else _closing(text, name, m.end())
    if close is None:
        missing.add(name)
        problems.append(Problem(f"\\begin{{{name}}} is never closed", part, m.start()))
        return m.end()
    kind: RegionKind = "inline" if name == "math" else "display"
    yield from _mathematics(kind, text, m.start(), close.end(), part, (m.start(), close.end()))
    return close.end()


def _closing(text: str, name: str, at: int) -> re.Match[str] | None:
    depth = 1
    for m in re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}").finditer(text, at):
        depth += 1 if m.group(1) == "begin" else -1
        if depth == 0:
            return m
    return None


def _bracketed(text: str, m: re.Match[str], part: int, missing: set[str]) -> Generator[Region, None, int]:
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
    yield from _mathematics(kind, text, m.end(), close, part, outer)
    return outer[1]


def _unescaped(text: str, what: str, at: int) -> int:
    while (found := text.find(what, at)) >= 0:
        slashes = len(text[:found]) - len(text[max(0, found - 50) : found].rstrip("\\")) - max(0, found - 50)
        if slashes % 2 == 0:
            return found
        at = found + 1
    return -1


_YAML_LINE = Pattern(
    r"^([ \t]*)(?:-[ \t]+)?(['\"]?)(\\*)([\w-]+)\2[ \t]*:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE
)


def _yaml_macros(front: str, part: int) -> Iterator[Region]:
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


# --- TeX ----------------------------------------------------------------------------------------------

_TEX = Pattern(
    r"""
    (?P<code>\\begin\s*\{(?P<which>"""
    + _CODE
    + r""")\*?\})
  | (?P<verb>\\(?:verb|lstinline)\*?(?P<bar>[^\sA-Za-z*{]).*?(?P=bar))
  | (?P<directive>%+[ \t]*symgrad:[^\n]*)
  | (?P<comment>%[^\n]*)
  | (?P<macro>\\(?:newcommand|renewcommand|providecommand)\b|\\def(?=\s*\\)|\\DeclareMathOperator\b|
              \\DeclarePairedDelimiter\b|\\(?:New|Renew|Declare)DocumentCommand\b)
  | (?P<heading>\\(?:chapter|section|subsection|subsubsection|paragraph|frametitle|part)\b\*?
              |\\begin\s*\{frame\})
  | (?P<begin>\\begin\s*\{(?P<env>(?:"""
    + _ENVIRONMENT
    + r""")\*?)\})
  | (?P<open>\\[\[(])
  | (?P<escape>\\.)
  | (?P<dollars>\$\$)
  | (?P<dollar>\$)
    """,
    re.VERBOSE | re.DOTALL,
)


def _scan_tex(text: str, part: int, problems: list[Problem]) -> Iterator[Region]:
    at = 0
    missing: set[str] = set()
    while m := _TEX.search(text, at):
        start, at = m.start(), m.end()
        if m.group("code"):
            close = _closing(text, m.group("which"), at) or _closing(text, m.group("which") + "*", at)
            at = close.end() if close else len(text)
        elif m.group("directive"):
            yield from _directives(text, text.index("symgrad:", start), at, part, m.span())
        elif m.group("macro"):
            macro = _macro(text, start, part)
            if macro:
                yield macro
                at = macro.end
        elif m.group("heading"):
            yield Region("heading", part, start, at, m.group(), m.span())
        elif m.group("begin"):
            at = yield from _environment(text, m, part, problems, missing)
        elif m.group("open"):
            at = yield from _bracketed(text, m, part, missing)
        elif m.group("dollars"):
            close_at = _unescaped(text, "$$", at)
            if close_at < 0:
                problems.append(Problem("$$ is never closed", part, start))
                continue
            yield from _mathematics("display", text, at, close_at, part, (start, close_at + 2))
            at = close_at + 2
        elif m.group("dollar"):
            closed = re.compile(r"(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*\$", re.DOTALL).match(text, at)
            if closed:
                yield from _mathematics("inline", text, at, closed.end() - 1, part, (start, closed.end()))
                at = closed.end()


# --- reStructuredText ---------------------------------------------------------------------------------

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


def _scan_rst(text: str, part: int, problems: list[Problem]) -> Iterator[Region]:
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
            body = _RST_OPTION.sub(_spaces, body)
            # An empty line ends an equation, as a row break does.
            lead = len(body) - len(body.lstrip())
            body = body[:lead] + re.sub(r"\n[ \t]*\n", lambda g: "\\\\" + _spaces(g)[2:], body[lead:])
            yield from _mathematics("display", text, start, end, part, (m.start(), end), body)
        elif m.group("directive"):
            yield from _directives(text, text.index("symgrad", m.start()), at, part, m.span())
        elif m.group("role"):
            yield from _mathematics("inline", text, *m.span("inline"), part, m.span())
        else:
            yield Region("heading", part, m.start(), at, m.group(), m.span())


# --- what all formats share ---------------------------------------------------------------------------


def _spaces(m: re.Match[str]) -> str:
    return "".join(c if c in "\r\n" else " " for c in m.group())


_TEX_COMMENT = Pattern(r"(?<!\\)((?:\\\\)*)%[^\n]*")


def _mathematics(
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
        body = re.sub(r"(?<=\n)[ \t]*>+", _spaces, body)
    if "%" in body:
        body = _TEX_COMMENT.sub(lambda m: m.group(1) + " " * (len(m.group()) - len(m.group(1))), body)
    for m in list(_MACRO_COMMAND.finditer(body)):
        macro = _macro(body, m.start(), part)
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


def _macro(text: str, start: int, part: int) -> Region | None:
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


def group_end(text: str, at: int) -> int:
    """Where the brace group (or, without a brace, the single token) that starts at ``at`` ends, or -1."""
    if at >= len(text):
        return -1
    if text[at] != "{":
        m = re.compile(r"\\[A-Za-z]+|\\.|\S", re.DOTALL).match(text, at)
        return m.end() if m else -1
    depth = 0
    for m in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, at, at + MAX_GROUP):
        if m.group() == "{":
            depth += 1
        elif m.group() == "}":
            depth -= 1
            if depth == 0:
                return m.end()
    return -1


def _directives(text: str, start: int, end: int, part: int, outer: tuple[int, int]) -> Iterator[Region]:
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


_INPUT = Pattern(r"\\(?:input|include|usepackage|subfile)\s*(?:\[[^\]]*\])?\{([^}\\#]+)\}")


def _borrowed(path: Path, root: Path, text: str, kind: str) -> tuple[Region, ...]:
    """Macros from ``\\input`` files (TeX) and from ``myst.yml`` above the file (Markdown, notebooks)."""
    found: list[Region] = []
    if kind == "tex":
        seen = {path.resolve()}
        queue = [(path, text)]
        while queue and len(seen) < MAX_INPUTS:
            here, content = queue.pop(0)
            for name in _INPUT.findall(content):
                for suffix in ("", ".tex", ".sty"):
                    for folder in (here.parent, root):
                        target = (folder / (name.strip() + suffix)).resolve()
                        if target in seen or not target.is_relative_to(root) or not target.is_file():
                            continue
                        if target.stat().st_size > MAX_BYTES:
                            continue
                        seen.add(target)
                        inner = decode(target.read_bytes())[0]
                        found += [r for r in _scan_tex(inner, 0, []) if r.kind == "macro"]
                        queue.append((target, inner))
    elif kind in ("md", "ipynb"):
        folder = path.resolve().parent
        while folder.is_relative_to(root):
            config = folder / "myst.yml"
            if config.is_file() and config.stat().st_size < MAX_BYTES:
                found += list(_yaml_macros(decode(config.read_bytes())[0], 0))
                break
            folder = folder.parent
    return tuple(Region("macro", 0, 0, 0, r.body, (0, 0), r.name) for r in found)


def files_below(paths: Iterable[Path], on_missing: Callable[[Path], None]) -> Iterator[tuple[Path, Path]]:
    """Every document among ``paths``, folders searched in order of name; with the folder it was found in."""
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                folders = file.relative_to(path).parts
                hidden = any(p.startswith((".", "_build", "node_modules")) for p in folders)
                if file.suffix.lower() in FORMATS and file.is_file() and not hidden:
                    yield file, path
        elif path.is_file():
            yield path, path.parent
        else:
            on_missing(path)

"""Files: from a path, or from text in one of the formats, to a document.

A format is a row of `FORMATS` and a file with its marks: a function from a `Part` to the regions and the
problems in it, in any order, which `scanning.Marks` makes from a table; `rst` is the smallest.

>>> note = read_text("Let $a = b$.\\n\\n$$\\na = c\\n$$\\n", "md")
>>> [(r.kind, r.body) for r in note.regions]
[('inline', 'a = b'), ('display', '\\na = c\\n')]
>>> note.regions[1].position(3)
(4, 3)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..patterns import Pattern
from . import markdown, rst, tex
from .model import Document, Found, Part, Problem, Region
from .notebook import cells

MAX_BYTES = 20_000_000
MAX_INPUTS = 50


def read_file(path: Path, root: Path | None = None) -> Document:
    """The document in a file.  Macros are also taken from files that it inputs and from ``myst.yml``,
    as far as these lie below ``root`` (by default the file's own folder)."""
    format = format_of(path)
    if path.stat().st_size > MAX_BYTES:
        problem = Problem(f"larger than {MAX_BYTES // 10**6} MB")
        return Document.of(str(path), format.name, (Part(""),), (), [problem])
    text, problems = decode(path.read_bytes())
    macros = format.macros(path.resolve(), (root or path.parent).resolve(), text)
    return _read(text, format, str(path), problems, macros)


def read_text(text: str, kind: str, path: str = "<text>") -> Document:
    """The document that ``text`` is; ``kind`` is one of md, tex, rst, ipynb."""
    return _read(text, FORMATS[kind], path, (), ())


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """UTF-8 text with what could not be read as such named, never guessed."""
    problems = []
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    if "\ufffd" in text and "\ufffd".encode() not in data:
        problems.append(Problem("not UTF-8 here", text.index("\ufffd")))
    if "\0" in text:
        problems.append(Problem("a NUL byte here", text.index("\0")))
        text = text.replace("\0", " ")
    return text, problems


def _read(
    text: str, format: Format, path: str, problems: Iterable[Problem], macros: Iterable[Region]
) -> Document:
    cells = list(format.parts(text))
    parts = [part for part in cells if isinstance(part, Part)] or [Part("")]
    regions = [Region("macro", parts[0], 0, 0, macro.body, (0, 0)) for macro in macros]
    problems = [*problems, *(cell for cell in cells if isinstance(cell, Problem))]
    for part in parts:
        found = list(format.regions(part))
        inside = (region for region in found if isinstance(region, Region))
        regions += sorted(inside, key=lambda r: (r.outer[0], r.kind != "macro"))
        problems += (problem for problem in found if isinstance(problem, Problem))
    return Document.of(path, format.name, parts, regions, problems)


# --- macros from elsewhere ----------------------------------------------------------------------------

_INPUT = Pattern(r"\\(?:input|include|usepackage|subfile)\s*(?:\[[^\]]*\])?\{([^}\\#]+)\}")


def _tex_macros(path: Path, root: Path, text: str) -> Iterator[Region]:
    """From the files that it inputs, and that these input."""
    seen = {path}
    queue = [(path, text)]
    while queue and len(seen) < MAX_INPUTS:
        here, content = queue.pop(0)
        for target in _inputs(content, here.parent, root):
            if target not in seen and _is_readable(target, root):
                seen.add(target)
                inner = decode(target.read_bytes())[0]
                yield from _macros(tex.regions(Part(inner)))
                queue.append((target, inner))


def _inputs(text: str, folder: Path, root: Path) -> Iterator[Path]:
    for name in _INPUT.findall(text):
        for suffix in ("", ".tex", ".sty"):
            yield from ((place / (name.strip() + suffix)).resolve() for place in (folder, root))


def _myst_macros(path: Path, root: Path, text: str) -> Iterator[Region]:
    """From the nearest ``myst.yml`` above it."""
    above = (folder / "myst.yml" for folder in path.parents)
    found = next((config for config in above if _is_readable(config, root)), None)
    if found is not None:
        yield from _macros(markdown.yaml_macros(decode(found.read_bytes())[0], Part("")))


def _macros(found: Iterable[Found]) -> Iterator[Region]:
    return (region for region in found if isinstance(region, Region) and region.kind == "macro")


def _is_readable(path: Path, root: Path) -> bool:
    return path.is_relative_to(root) and path.is_file() and path.stat().st_size <= MAX_BYTES


# --- the formats --------------------------------------------------------------------------------------


def _whole(text: str) -> Iterator[Part]:
    yield Part(text)


def _no_macros(path: Path, root: Path, text: str) -> Iterator[Region]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Format:
    """How documents of a format are read; ``comment`` is how one writes a comment in them."""

    name: str
    suffixes: tuple[str, ...]
    comment: str
    regions: Callable[[Part], Iterator[Found]]
    parts: Callable[[str], Iterator[Part | Problem]] = _whole
    macros: Callable[[Path, Path, str], Iterator[Region]] = _no_macros


FORMATS = {
    format.name: format
    for format in (
        Format("md", (".md", ".markdown", ".qmd"), "<!-- {} -->", markdown.regions, macros=_myst_macros),
        Format("tex", (".tex",), "% {}", tex.regions, macros=_tex_macros),
        Format("ipynb", (".ipynb",), "<!-- {} -->", markdown.regions, cells, _myst_macros),
        Format("rst", (".rst",), ".. {}", rst.regions),
    )
}
SUFFIXES = {suffix: format for format in FORMATS.values() for suffix in format.suffixes}


def format_of(path: Path) -> Format:
    """The format of a file, by its suffix; InputError where it has none."""
    format = SUFFIXES.get(path.suffix.lower())
    if format is None:
        raise InputError(f"{path}: not one of {', '.join(SUFFIXES)}")
    return format


def files_below(paths: Iterable[Path], on_missing: Callable[[Path], None]) -> Iterator[tuple[Path, Path]]:
    """Every document among ``paths``, folders searched in order of name; with the folder it was found in."""
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                folders = file.relative_to(path).parts
                hidden = any(p.startswith((".", "_build", "node_modules")) for p in folders)
                if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden:
                    yield file, path
        elif path.is_file():
            yield path, path.parent
        else:
            on_missing(path)

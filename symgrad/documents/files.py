"""Files: from a path, or from text in one of the formats, to a document.

>>> note = read_text("Let $a = b$.\\n\\n$$\\na = c\\n$$\\n", "md")
>>> [(r.kind, r.body) for r in note.regions]
[('inline', 'a = b'), ('display', '\\na = c\\n')]
>>> note.position(0, note.regions[1].start + 3)
(4, 3)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..errors import InputError
from ..patterns import Pattern
from .markdown import scan_markdown, yaml_macros
from .model import (
    Document,
    Part,
    Problem,
    Region,
)
from .notebook import cells
from .rst import scan_rst
from .tex import scan_tex

FORMATS = {
    ".md": "md", ".markdown": "md", ".qmd": "md", ".tex": "tex", ".ipynb": "ipynb", ".rst": "rst",
}  # fmt: skip
MAX_BYTES = 20_000_000
MAX_INPUTS = 50


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
    parts = tuple(cells(text, found)) if kind == "ipynb" else (Part(text),)
    regions: list[Region] = []
    scan = {"tex": scan_tex, "rst": scan_rst}.get(kind, scan_markdown)
    for number, part in enumerate(parts):
        regions += sorted(scan(part.text, number, found), key=lambda r: (r.outer[0], r.kind != "macro"))
    return Document(path, kind, parts or (Part(""),), tuple(regions), tuple(found))


# --- Markdown -----------------------------------------------------------------------------------------


# --- TeX ----------------------------------------------------------------------------------------------


# --- reStructuredText ---------------------------------------------------------------------------------


# --- what all formats share ---------------------------------------------------------------------------


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
                        found += [r for r in scan_tex(inner, 0, []) if r.kind == "macro"]
                        queue.append((target, inner))
    elif kind in ("md", "ipynb"):
        folder = path.resolve().parent
        while folder.is_relative_to(root):
            config = folder / "myst.yml"
            if config.is_file() and config.stat().st_size < MAX_BYTES:
                found += list(yaml_macros(decode(config.read_bytes())[0], 0))
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

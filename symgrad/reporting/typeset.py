"""Reports as PDF: typst's markup and mathematics, set by the typst library without TeX.

Mathematics goes from LaTeX to MathML (as on a web page) and from there, element by element, to typst.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from xml.etree import ElementTree

from ..errors import InputError
from .markup import converted, label, title_of
from .model import Mark
from .webpage import mathml

_ACCENTS = {
    "^": "hat", "\u00af": "macron", "\u0304": "macron", "\u203e": "macron", "~": "tilde", "\u2192": "arrow",
    "\u02d9": "dot", "_": "macron",
}  # fmt: skip
_SPACED = {"\u2003": "quad", "\u2009": "thin", "\u2005": "med"}


@cache
def math_typ(latex: str) -> str:
    r"""LaTeX as typst mathematics, without its dollars.

    >>> math_typ(r"\frac{x_i}{2}")
    'frac(attach(x, b: i), 2)'
    """
    return _one(mathml(latex, True)) if latex else ""


def _one(e: ElementTree.Element) -> str:
    if e.tag in _ROWS:
        return _row(list(e))
    if e.tag in _PATTERNS:
        return _PATTERNS[e.tag].format(*map(_one, e))
    own = _OTHERS.get(e.tag)
    if own is not None:
        return own(e)
    token = _token((e.text or "").strip() or (e.text or ""))
    size = e.get("minsize")  # a bracket whose partner stands in another row
    return f"lr({token}, size: #{size})" if size else token


def _over(e: ElementTree.Element) -> str:
    body, above = e
    accent = _ACCENTS.get("".join(above.itertext()))
    return f"{accent}({_one(body)})" if accent else f"attach(limits({_one(body)}), t: {_one(above)})"


def _table(e: ElementTree.Element) -> str:
    rows = "; ".join(", ".join(_one(cell) for cell in row) for row in e)
    return f"mat(delim: #none, {rows})"


_ROWS = frozenset(["math", "mrow", "mstyle", "mpadded", "mtd"])
_PATTERNS = {
    "mfrac": "frac({0}, {1})", "mroot": "root({1}, {0})",
    "msub": "attach({0}, b: {1})", "munder": "attach({0}, b: {1})", "msup": "attach({0}, t: {1})",
    "msubsup": "attach({0}, b: {1}, t: {2})", "munderover": "attach({0}, b: {1}, t: {2})",
}  # fmt: skip
_OTHERS: dict[str, Callable[[ElementTree.Element], str]] = {
    "mover": _over,
    "msqrt": lambda e: f"sqrt({_row(list(e))})",
    "mtable": _table,
    "mspace": lambda e: {"2em": "wide", "1em": "quad"}.get(e.get("width", ""), "thin"),
    "mtext": lambda e: quoted(e.text or ""),
}


def _row(kids: Sequence[ElementTree.Element]) -> str:
    fences = [k.tag == "mo" and k.get("fence") == "true" and k.get("form") for k in kids]
    if len(kids) > 1 and fences[0] == "prefix" and fences[-1] == "postfix":
        return f"lr({' '.join(map(_one, kids))})"
    return " ".join(map(_one, kids)) or '""'


def _token(text: str) -> str:
    if text in _SPACED:
        return _SPACED[text]
    if len(text) > 1 and text.isalpha():
        return f'op("{text}")'
    if len(text) == 1 and (text.isalnum() or ord(text) > 127):
        return text
    return quoted(text) if len(text) > 1 else "".join("\\" + c for c in text)


def quoted(text: str) -> str:
    """A typst string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text_typ(text: str) -> str:
    """Plain text as typst markup.

    >>> text_typ("a_b #1")
    'a\\\\_b \\\\#1'
    """
    return re.sub(r"([\\#*_`<>@$\[\]~/=+-])", r"\\\1", text)


def prose_typ(text: str, titles: Mapping[str, str]) -> str:
    """Prose as typst markup."""

    def convert(m: re.Match[str]) -> str:
        match m.lastgroup, m[m.lastgroup or 0]:
            case "math", inner:
                return f"${math_typ(inner[1:-1])}$"
            case "code", inner:
                return f"#raw({quoted(inner)})"
            case "strong", inner:
                return f"#strong[{prose_typ(inner, titles)}]"
            case "emph", inner:
                return f"#emph[{prose_typ(inner, titles)}]"
            case _, inner:
                return f"#emph[{prose_typ(title_of(inner, titles), titles)}]"

    return converted(text, convert, text_typ)


def cell_typ(latex: str) -> str:
    """A formula at full size, as a table cell."""
    return f"[$ {math_typ(latex)} $]" if latex else "[]"


def rule_typ(note: str) -> str:
    return f"[${math_typ(label(note))}$]" if note else "[]"


def mark_typ(mark: Mark | None) -> str:
    color = {"proved": "#17663a", "refuted": "#a3261d", "undecided": "#7a5200"}
    return "[]" if mark is None else f'[#text(fill: rgb("{color[mark.word]}"))[{mark.symbol} {mark.word}]]'


def svg_typ(svg: str) -> str:
    """A drawing's text as a typst string."""
    return quoted(svg).replace("\n", "\\n")


def typeset(source: str, name: str) -> bytes:
    """The PDF of a typst source; an InputError says what typst did not like, or that it is not there."""
    try:
        import typst
    except ImportError:
        raise InputError("PDF needs the extra pdf: pip install 'symgrad[pdf]'") from None
    try:
        return bytes(typst.compile(source.encode()))
    except typst.TypstError as error:
        raise InputError(f"{name}: typst: {error}") from error

"""Reports as web pages: mathematics as MathML, prose as HTML, each page whole in one file.

The conversion of LaTeX to MathML is latex2mathml's; what it cannot set is an InputError that names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from itertools import pairwise
from xml.etree import ElementTree

from ..errors import InputError
from ..functions import COMMANDS
from .markup import converted, label, title_of
from .model import Mark


@cache
def math(latex: str, display: bool = False) -> str:
    r"""LaTeX as one MathML element that stands in a line or a cell; ``display``: limits below and above.

    >>> math("(-x)")
    '<math><mo stretchy=false>(</mo><mo form=prefix>−</mo><mi>x</mi><mo stretchy=false>)</mo></math>'
    """
    if not latex:
        return ""
    text = ElementTree.tostring(mathml(latex, display), encoding="unicode").replace(" />", "/>")
    return re.sub(r'="(\w[\w.]*)"(?=[ >])', r"=\1", text)  # HTML needs no quotes, and pages are full of these


def mathml(latex: str, display: bool = False) -> ElementTree.Element:
    """LaTeX as a tree of MathML."""
    from latex2mathml.converter import convert

    try:
        element = convert(_upright(latex), display="block" if display else "inline")
    except Exception as error:  # its errors have no common base
        raise InputError(f"cannot set {latex!r} as MathML: {type(error).__name__}: {error}") from error
    tree = ElementTree.fromstring(re.sub(r"<math [^>]*>", "<math>", element, count=1))
    _tidied(tree, display)
    return tree


def _tidied(e: ElementTree.Element, display: bool) -> None:
    """No row of one; signs, words and limits as they are read."""
    for child in e:
        _tidied(child, display)
    kids = [k[0] if k.tag == "mrow" and len(k) == 1 else k for k in e]
    if e.tag == "math" and len(kids) == 1 and kids[0].tag == "mrow":
        kids = list(kids[0])
    for before, sign in pairwise(kids):
        if before.text in ("(", "[", "=") and sign.text == "−":
            sign.set("form", "prefix")  # a sign, as it would be at the start of a row
    e[:] = kids
    if e.tag == "mo" and re.fullmatch("[A-Za-z]{2,}", e.text or ""):
        e.attrib.update(lspace="0.17em", rspace="0.06em")
    if display and e.tag in _UNDER and e[0].text in ("∑", "∏"):
        e.tag = _UNDER[e.tag]


_UNDER = {"msubsup": "munderover", "msub": "munder"}
_WORDS = "|".join([*(page[1:] for page in sorted(COMMANDS) if page[1:].isalpha()), "max", "min"])
_WORD = re.compile(rf"\\mathrm\{{([A-Za-z]{{2,}})\}}|\\({_WORDS})(?![A-Za-z])")


def _upright(latex: str) -> str:
    # \mathrm{Var} would become three letters with gaps, \log a word without any; \operatorname is one word
    return _WORD.sub(lambda m: rf"\operatorname{{{m[1] or m[2]}}}", latex).replace("{}", "")


def prose_html(text: str, titles: Mapping[str, str]) -> str:
    """Prose as HTML.

    >>> prose_html("`a<b` *is* [[fit]]", {"fit": "Line fit"})
    '<code>a&lt;b</code> <em>is</em> <a href="fit.html">Line fit</a>'
    """

    def convert(m: re.Match[str]) -> str:
        match m.lastgroup, m[m.lastgroup or 0]:
            case "math", inner:
                return math(inner[1:-1])
            case "code", inner:
                return f"<code>{escape(inner)}</code>"
            case "strong", inner:
                return f"<strong>{prose_html(inner, titles)}</strong>"
            case "emph", inner:
                return f"<em>{prose_html(inner, titles)}</em>"
            case _, inner:
                return f'<a href="{inner}.html">{prose_html(title_of(inner, titles), titles)}</a>'

    return converted(text, convert, escape)


def plain(text: str) -> str:
    """Prose without its marks, for a title or a label that is read aloud.

    >>> plain("The *gap* of $x_i$")
    'The gap of x_i'
    """
    return escape(converted(text, lambda m: m[m.lastgroup or 0].strip("$"), str))


def source_html(latex: str) -> str:
    r"""LaTeX as text of a page; an & that starts no entity stays.

    >>> source_html(r"a &= b < c && \text{x}")
    'a &= b &lt; c && \\text{x}'
    """
    return re.sub(r"&(?=[#A-Za-z])", "&amp;", latex).replace("<", "&lt;")


def rule_html(note: str) -> str:
    """The name of a rule, with its letters as mathematics."""
    return math(label(note)) if note and not note.isascii() else escape(note)


def mark_html(mark: Mark | None) -> str:
    """The table cell of a verdict: a sign and a word."""
    return f'<td class="{mark.word}">{mark}' if mark else "<td>"

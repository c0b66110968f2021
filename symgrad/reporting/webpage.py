"""Reports as web pages: mathematics as MathML, prose as HTML, each page whole in one file.

The conversion of LaTeX to MathML is latex2mathml's; what it cannot set is an InputError that names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from xml.etree import ElementTree

from ..errors import InputError
from .model import Mark
from .prose import converted, label, title_of


@cache
def math(latex: str, display: bool = False) -> str:
    r"""LaTeX as one MathML element that stands in a line or a table cell; ``display``: sums at full size.

    >>> math("x")
    '<math><mi>x</mi></math>'
    """
    from latex2mathml.converter import convert

    if not latex:
        return ""
    try:
        element = convert(_upright(latex), display="block" if display else "inline")
    except Exception as error:  # its errors have no common base
        raise InputError(f"cannot set {latex!r} as MathML: {type(error).__name__}: {error}") from error
    # A minus after an opening bracket or a relation is a sign, and a word takes no space before its bracket.
    element = _SIGN.sub(r'\1<mo form="prefix">&#x02212;', element)
    element = re.sub(r"<mo>([A-Za-z]{2,})</mo>", r'<mo lspace="0.17em" rspace="0.06em">\1</mo>', element)
    element = re.sub(r"&#x0*([0-9A-F]{2,5});", lambda m: escape(chr(int(m[1], 16)), quote=False), element)
    while _ALONE.search(element):
        element = _ALONE.sub(r"\1", element)
    element = re.sub(r"<math [^>]*>", '<math displaystyle="true">' if display else "<math>", element, count=1)
    return _limits(element) if display else element


def _limits(element: str) -> str:
    """The limits of a sum above and below its sign, also inside brackets."""
    tree = ElementTree.fromstring(element)
    for tag, under in (("msubsup", "munderover"), ("msub", "munder")):
        for node in tree.iter(tag):
            if node[0].text in ("∑", "∏"):
                node.tag = under
    return ElementTree.tostring(tree, encoding="unicode")


_ALONE = re.compile(r"<mrow>(<(mi|mn|mo|msub|msup)(?: [^>]*)?>(?:(?!</?mrow>|</?\2[ >]).)*?</\2>)</mrow>")
_SIGN = re.compile(r"(<mo[^>]*>(?:&#x00028;|&#x0003D;|\[)</mo>)<mo>&#x02212;")
_WORD = re.compile(r"\\mathrm\{([A-Za-z]{2,})\}|\\(log|exp|tanh|sinh|cosh|max|min|sin|cos)\b")


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


def rule_html(note: str) -> str:
    """The name of a rule, with its letters as mathematics."""
    return math(label(note)) if note and not note.isascii() else escape(note)


def mark_html(mark: Mark | None) -> str:
    """A verdict as a sign and a word."""
    if mark is None:
        return ""
    return f'<span class="{mark.word}"><span aria-hidden="true">{mark.symbol}</span> {mark.word}</span>'

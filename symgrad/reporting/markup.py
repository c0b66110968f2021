"""Markup of prose and cells: what an author writes, in Markdown and in LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from ..errors import InputError
from ..functions import FUNCTIONS

_PROSE = re.compile(
    r"(?P<math>\$[^$]+\$)|`(?P<code>[^`]+)`|\*\*(?P<strong>.+?)\*\*|\*(?P<emph>.+?)\*|\[\[(?P<ref>\w+)\]\]"
)
_TEX_TEXT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "–": "--", "—": "---", "…": r"\dots{}",
}  # fmt: skip
_TEX_SIGNS = {
    "✓": r"\checkmark", "✗": r"\times", "≠": r"\neq", "≤": r"\leq", "≥": r"\geq", "±": r"\pm", "·": r"\cdot",
    "Σ": r"\sum", "∂": r"\partial", "∇": r"\nabla", "∈": r"\in", "→": r"\to", "×": r"\times",
    "≈": r"\approx", "−": "-", "²": "^2", "½": r"\frac12", "′": "'", "∞": r"\infty", "ℓ": r"\ell",
    "ϵ": r"\epsilon",
    "ϑ": r"\vartheta", "ϕ": r"\phi", "φ": r"\varphi", "ε": r"\varepsilon", "ς": r"\varsigma", "⊤": r"\top",
}  # fmt: skip
_ACCENTS = {
    "\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde", "\u0307": r"\dot", "\u20d7": r"\vec",
    "\u0305": r"\bar",
}  # fmt: skip


def tex_text(text: str) -> str:
    r"""Plain text as LaTeX that plain pdflatex with amsmath and amssymb sets; other signs are an error.

    >>> tex_text("x̄ of σ & co")
    '\\ensuremath{\\bar{x}} of \\ensuremath{\\sigma} \\& co'
    """
    return "".join(rf"\ensuremath{{{tex}}}" if math else tex for math, tex in _signs(text))


def label(text: str) -> str:
    r"""Plain text inside mathematics, for every renderer: letters that are mathematics stand outside \text.

    >>> label("definition σ"), label("definition f"), label("comm., distr.")
    ('\\text{definition }\\sigma', '\\text{definition }f', '\\text{comm., distr.}')
    """
    word, _, name = text.rpartition(" ")
    if word == "definition" and len(name) == 1 and name.isascii():
        return rf"\text{{definition }}{name}"
    out = ""
    for math, run in groupby(_signs(text), key=lambda sign: sign[0]):
        joined = "".join(tex for _, tex in run)
        out += joined if math else rf"\text{{{joined}}}"
    return out


def _signs(text: str) -> Iterator[tuple[bool, str]]:
    """Sign by sign: is it mathematics, and its LaTeX."""
    apart = _split_accents(text)
    for n, ch in enumerate(apart):
        if ch in _ACCENTS:
            continue
        math, tex = _sign(ch)
        if n + 1 < len(apart) and apart[n + 1] in _ACCENTS:
            math, tex = True, f"{_ACCENTS[apart[n + 1]]}{{{tex}}}"
        yield math, tex


def _split_accents(text: str) -> str:
    """Accents that are mathematics (hat, bar over a letter) apart from their letter; é stays as it is."""
    out = []
    for ch in text:
        apart = unicodedata.normalize("NFD", ch)
        out.append(apart if len(apart) == 2 and apart[1] in _ACCENTS and apart[0] not in "AaNnOo" else ch)
    return "".join(out)


def _sign(ch: str) -> tuple[bool, str]:
    if ch in _TEX_TEXT:
        return False, _TEX_TEXT[ch]
    if ch in _TEX_SIGNS:
        return True, _TEX_SIGNS[ch]
    if ch.isascii() or (ch.isalpha() and ord(ch) < 0x180):
        return False, ch
    name = unicodedata.name(ch, "")
    if name.startswith("GREEK") and "LETTER" in name:
        letter = name.rsplit(" ", 1)[1].lower().replace("lamda", "lambda")
        return True, "\\" + (letter.capitalize() if "CAPITAL" in name else letter)
    raise InputError(f"LaTeX text cannot hold {ch!r} (U+{ord(ch):04X}): write it as $mathematics$")


def _tex_code_char(ch: str) -> str:
    # by number: the typewriter font has these signs, the text commands would change the font
    return rf"\char{ord(ch)}{{}}" if ch in "\\{}<>|^~" else tex_text(ch)


def prose_tex(text: str, titles: Mapping[str, str]) -> str:
    r"""Prose as LaTeX.

    >>> prose_tex("`a_b` of $x_i$: see [[fit]]", {"fit": "Line fit"})
    '\\texttt{a\\_b} of $x_i$: see \\emph{Line fit}'
    """

    def convert(m: re.Match[str]) -> str:
        match m.lastgroup, m[m.lastgroup or 0]:
            case "math", inner:
                return inner
            case "code", inner:
                return rf"\texttt{{{''.join(map(_tex_code_char, inner))}}}"
            case "strong", inner:
                return rf"\textbf{{{prose_tex(inner, titles)}}}"
            case "emph", inner:
                return rf"\emph{{{prose_tex(inner, titles)}}}"
            case _, inner:
                return rf"\emph{{{prose_tex(title_of(inner, titles), titles)}}}"

    return converted(text, convert, tex_text)


def prose_md(text: str, titles: Mapping[str, str]) -> str:
    """Prose as Markdown: only references change.

    >>> prose_md("see [[fit]]", {"fit": "Line fit"})
    'see [Line fit](fit.md)'
    """

    def convert(m: re.Match[str]) -> str:
        return f"[{title_of(m['ref'], titles)}]({m['ref']}.md)" if m["ref"] else m[0]

    return converted(text, convert, str)


def converted(text: str, special: Callable[[re.Match[str]], str], plain: Callable[[str], str]) -> str:
    out, end = [], 0
    for m in _PROSE.finditer(text):
        out += [plain(text[end : m.start()]), special(m)]
        end = m.end()
    return "".join((*out, plain(text[end:])))


def title_of(name: str, titles: Mapping[str, str]) -> str:
    if name not in titles:
        raise InputError(f"[[{name}]] names no report; there are {', '.join(sorted(titles))}")
    return titles[name]


_CONDITION = [
    (r"Sum_\{(\w+)=([^{}]*?)\.\.([^{}]*?)\}", r"\\sum_{\1=\2}^{\3} "),
    (r"\((-?\w+)/(\w+)\)\*", r"\\frac{\1}{\2} "),
    (r"\^(\d\d+|\([^()]*\))", r"^{\1}"), (r"\*", " "), ("!=", r"\\neq"), ("<=", r"\\leq"), (">=", r"\\geq"),
    (r"(?<![\\\w])(max|min)(?=\()", r"\\\1"),
    *((rf"(?<![\\\w]){row.name}(?=\()", row.page.replace("\\", r"\\")) for row in FUNCTIONS.values()
      if row.name not in ("sqrt", "abs", "step")),
]  # fmt: skip


def condition(text: str) -> str:
    r"""A condition as the judge prints it, in LaTeX.

    >>> condition("Sum_{i=1..N}((x_{i} - (1/N)*Sum_{i=1..N}(x_{i}))^2) != 0")
    '\\sum_{i=1}^{N} ((x_{i} - \\frac{1}{N} \\sum_{i=1}^{N} (x_{i}))^2) \\neq 0'
    """
    for pattern, tex in _CONDITION:
        text = re.sub(pattern, tex, text)
    return text


def cell_md(text: str) -> str:
    """A Markdown table cell: a bar inside would end it."""
    return text.replace(r"\|", r"\Vert{}").replace("|", r"\vert{}").replace("\n", " ")

"""Text into tokens: a command, a number, a run of letters, white space (one blank) or a single sign."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import ReadError, Span
from ..patterns import Pattern

MAX_LENGTH = 20_000
MAX_DIGITS = 200

_TOKEN = Pattern(
    r"\s+|~|%[^\n]*"
    r"|\\(?:operatorname|tag|hspace|vspace|DeclareMathOperator|newcommand|renewcommand|providecommand)\*"
    r"|\\[A-Za-z]+|\\\s|\\.|\.\.\.+|\d+\{,\}\d+|\d{1,3}(?:\\,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|[A-Za-z]+|.",
    re.DOTALL,
)
# Signs that stand for a command.
_UNICODE = {
    "∂": "\\partial", "∇": "\\nabla", "∑": "\\sum", "∏": "\\prod", "·": "\\cdot", "⋅": "\\cdot",
    "×": "\\times", "⊙": "\\odot", "∘": "\\circ", "≤": "\\le", "≥": "\\ge", "≠": "\\ne", "≈": "\\approx",
    "≡": "\\equiv", "∈": "\\in", "→": "\\to", "←": "\\leftarrow", "∞": "\\infty", "ℓ": "\\ell", "−": "-",
    "…": "\\dots", "⋯": "\\dots", "‖": "\\|", "′": "'", "’": "'", "⟨": "\\langle", "⟩": "\\rangle",
    "ℝ": "\\mathbb{R}", "𝔼": "\\mathbb{E}", "√": "\\sqrt", "∝": "\\propto", "⊤": "\\top", "∼": "\\sim",
}  # fmt: skip
_GREEK = {
    chr(code): "\\" + name
    for first, names in (
        (0x3B1, "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi - pi rho varsigma "
                "sigma tau upsilon varphi chi psi omega"),
        (0x391, "- - Gamma Delta - - - Theta - - Lambda - - Xi - Pi - - Sigma - Upsilon Phi - Psi Omega"),
    )
    for code, name in enumerate(names.split(), first)
    if name != "-"
}  # fmt: skip
_GREEK |= {"ϕ": "\\phi", "φ": "\\varphi", "ε": "\\epsilon", "ϵ": "\\epsilon", "ϑ": "\\vartheta"}
COMMAND_OF = _UNICODE | _GREEK


class Token(NamedTuple):
    """``text`` as the grammar wants it; ``start`` and ``end`` where it stood in the source."""

    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)


@lru_cache(maxsize=1024)  # directives are read until nothing changes, sides of a chain twice
def tokens_of(source: str) -> tuple[Token, ...]:
    """The tokens of ``source``; white space is kept as one blank, since macros and text need it.

    >>> [t.text for t in tokens_of(r"\\frac12 xy % half")]
    ['\\\\frac', '12', ' ', 'xy', ' ', ' ']
    """
    if len(source) > MAX_LENGTH:
        raise ReadError(f"this formula has {len(source)} characters; the limit is {MAX_LENGTH}")
    out: list[Token] = []
    for found in _TOKEN.finditer(source):
        text, start, end = found.group(), found.start(), found.end()
        first = text[0]
        if first.isspace() or first == "~" or first == "%" or text[-1].isspace():
            text = " "
        elif text.startswith("..."):
            text = "\\dots"
        elif first.isdecimal() or (first == "." and len(text) > 1):
            if end - start > MAX_DIGITS:
                what = f"a number of {end - start} digits; the limit is {MAX_DIGITS}"
                raise ReadError(what, Span(start, end))
            text = text.replace("\\,", "")  # 1\,000
        elif first > "\x7f":
            text = COMMAND_OF.get(text, text)
            if text.startswith("\\mathbb"):
                out += (Token(part, start, end) for part in ("\\mathbb", "{", text[8], "}"))
                continue
        elif first < " " or first == "\x7f":
            raise ReadError(f"a control character {text!r}", Span(start, end))
        out.append(Token(text, start, end))
    return tuple(out)

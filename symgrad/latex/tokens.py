"""Text into tokens: a command, a number, a run of letters, white space or a single sign.

Everything that looks at LaTeX looks at these tokens: the reader at all of them (`tokens_of`), displays and
directives at one after the other, as written (`token_at`), each with its place to the byte.

>>> token_at(r"x \\le y", 2)
Token(text='\\\\le', start=2, end=5)
>>> [part.strip() for part in separated("a, f(b, c), {d, e}")]
['a', 'f(b, c)', '{d, e}']
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import ReadError, Span
from ..patterns import Pattern

MAX_LENGTH = 20_000
MAX_DIGITS = 200
MAX_GROUP = 100_000  # characters of one brace group

_TOKEN = Pattern(
    r"\s+|~|%[^\n]*"
    r"|\\(?:operatorname|tag|hspace|vspace|DeclareMathOperator|newcommand|renewcommand|providecommand)\*"
    r"|\\[A-Za-z]+|\\\s|\\.|\.\.\.+|\d+\{,\}\d+|\d{1,3}(?:\\,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+|[A-Za-z]+|.",
    re.DOTALL,
)
_JOINED = Pattern(
    r"\\\\\*?(?:[ \t]*\[[ \t]*-?[\d.]+[ \t]*[a-z]{2}[ \t]*\])?"
    r"|\\(?:begin|end)[ \t]*\{[^{}]*\}|:(?:\\!|\\mkern-?\d+mu|\s)*=|=:"
)
_ARGUMENT = Pattern(r"\\[A-Za-z]+|\\.|\S", re.DOTALL)
_BRACE = Pattern(r"\\.|[{}]", re.DOTALL)  # in long texts faster than token by token
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


def token_at(source: str, at: int) -> Token:
    """The token that begins at ``at``, as it is written."""
    found = _TOKEN.match(source, at)
    assert found is not None  # any sign is a token
    return Token(found.group(), at, found.end())


def sign_at(source: str, at: int) -> Token:
    r"""The same, or the one sign that several tokens write: ``\\[2pt]``, ``\begin{aligned}``, ``: =``."""
    joined = _JOINED.match(source, at) if source[at] in "\\:=" else None
    return token_at(source, at) if joined is None else Token(joined.group(), at, joined.end())


DEPTHS = {"{": 1, "(": 1, "[": 1, "\\{": 1, "\\begin": 1, "}": -1, ")": -1, "]": -1, "\\}": -1, "\\end": -1}
"""What tokens open and close."""


def separated(source: str) -> list[str]:
    """The parts between the commas that stand outside all brackets."""
    cuts, depth, at = [-1], 0, 0
    while at < len(source):
        token = token_at(source, at)
        depth += DEPTHS.get(token.text, 0)
        if token.text == "," and depth <= 0:
            cuts.append(at)
        at = token.end
    return [source[a + 1 : b] for a, b in zip(cuts, (*cuts[1:], len(source)), strict=True)]


def group_end(source: str, at: int) -> int:
    """Where the brace group (or, without a brace, what TeX takes as an argument: a command or one sign) that
    starts at ``at`` ends, or -1."""
    if source[at : at + 1] != "{":
        found = _ARGUMENT.match(source, at)
        return found.end() if found else -1
    depth = 0
    for found in _BRACE.finditer(source, at, at + MAX_GROUP):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0 and found.group() == "}":
            return found.end()
    return -1


def environment_end(source: str, name: str, at: int) -> int:
    r"""Where the environment of this name ends that is open at ``at``, or -1.

    >>> environment_end(r"a \begin{b} \end{b} \end{b} c", "b", 0)
    27
    """
    depth = 1
    for found in re.compile(rf"\\(begin|end)\s*\{{{re.escape(name)}\}}").finditer(source, at):
        depth += 1 if found.group(1) == "begin" else -1
        if depth == 0:
            return found.end()
    return -1


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

"""Symbols: what a name is made of: its letter, accents, fonts, primes, and the indices that belong to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import NamedTuple

from ..patterns import Pattern

_ACCENTS = frozenset(
    "\\" + accent
    for accent in [
        "hat", "widehat", "tilde", "widetilde", "bar", "overline", "vec", "dot", "ddot", "check", "breve",
        "mathring", "acute", "grave",
    ]
)  # fmt: skip
_BOLD = frozenset(["\\mathbf", "\\boldsymbol", "\\bm", "\\pmb", "\\vec"])
_WORDS = frozenset(
    "\\" + font
    for font in [
        "text", "textrm", "textbf", "textit", "mathrm", "mathsf", "mathtt", "operatorname", "rm", "mbox"
    ]
)  # fmt: skip
_MARKS = _ACCENTS | _BOLD | _WORDS | {"\\mathcal", "\\mathbb", "\\mathfrak", "\\mathscr", "\\mathit"}
_FONT = Pattern(r"\\(?:mathbf|boldsymbol|bm|vec|pmb)(?![A-Za-z])\s*")
_CONDITIONAL = Pattern(r"(.+)\(((?:\\cdot,)*\\cdot)(\\mid|\\parallel)((?:\\cdot,)*\\cdot)\)$")
_COMMAND = Pattern(r"(\\[A-Za-z]+)\{")

CONVENTIONAL = frozenset("ijklmnrst")
MARKS = frozenset(("*", "\\ast", "\\star", "\\dagger", "+", "-", "\\parallel", "\\perp"))


DEVIATIONS = frozenset(["\\sigma", "s", "\\tau", "\\hat{\\sigma}"])
"""Letters whose squares are variances: quantities in their own right."""


class Conditional(NamedTuple):
    """A function with a bar among its arguments: its name, how many stand before the bar, the bar."""

    name: str
    before: int
    bar: str


@dataclass(frozen=True)
class Symbol:
    """A name taken apart: accents, fonts and words around a letter (``marks``, the outermost first), primes,
    and the indices that belong to the name itself, above (in a bracket, or none) and below."""

    letter: str
    marks: tuple[str, ...] = ()
    primes: int = 0
    upper: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    bracket: str = "()"

    @cached_property
    def name(self) -> str:
        """The canonical spelling, by which names are compared and printed: ``symbol_of`` undoes it."""
        above = f"^{{{self.bracket[:1]}{','.join(self.upper)}{self.bracket[1:]}}}" if self.upper else ""
        below = f"_{{{','.join(self.lower)}}}" if self.lower else ""
        return self._marked + "'" * self.primes + above + below

    @property
    def _marked(self) -> str:
        return "".join(mark + "{" for mark in self.marks) + self.letter + "}" * len(self.marks)

    @cached_property
    def base(self) -> str:
        """The name without its indices."""
        return replace(self, upper=(), lower=()).name

    @cached_property
    def unprimed(self) -> str:
        return replace(self, primes=0).name if not (self.upper or self.lower) else self.name

    @property
    def initial(self) -> str:
        """The first letter of the letter or its command: T of ``\\Theta``."""
        return self.letter.removeprefix("\\")[:1]

    @property
    def is_command(self) -> bool:
        """Is the letter written by a command, as Greek ones are?"""
        return self.letter[:1] == "\\"

    @property
    def accent(self) -> str:
        """The outermost accent, "" where there is none outside of any font."""
        return self.marks[0] if self.marks and self.marks[0] in _ACCENTS else ""

    @property
    def word(self) -> str:
        """The command of a name written as a word, ``\\text`` or ``\\mathrm``; "" for any other name."""
        return self.marks[0] if self.marks and self.marks[0] in _WORDS else ""

    @property
    def is_bold(self) -> bool:
        return bool(self._bold())

    @property
    def is_bold_vector(self) -> bool:
        """Bold or arrowed lower-case: a vector by convention where nothing else is declared."""
        inner = self._bold(_SHAPELESS)
        return inner.islower() or (inner[:1] == "\\" and inner[1:2].islower())

    @property
    def is_bold_matrix(self) -> bool:
        """Bold upper-case: a matrix by convention where nothing else is declared."""
        inner = self._bold(_SHAPELESS)
        return inner.isupper() or (inner[:1] == "\\" and inner[1:2].isupper())

    def _bold(self, accents: frozenset[str] = frozenset()) -> str:
        """What is set in bold, below one of the accents; "" where nothing is."""
        marks = self.marks[1:] if self.marks[:1] and self.marks[0] in accents else self.marks
        if self.primes or not marks or marks[0] not in _BOLD:
            return ""
        return Symbol(self.letter, marks[1:]).name

    @cached_property
    def unbold(self) -> str:
        """The name without its font: a bold vector and the italic letter of its entries are one name.

        >>> symbol_of(r"\\hat{\\mathbf{y}}").unbold, symbol_of(r"\\vec{w}").unbold
        ('\\\\hat{y}', 'w')
        """
        name = self.name
        found = _FONT.search(name)
        while found:
            start = end = found.end()
            if name[start : start + 1] == "{":
                end = _closing(name, start) + 1
                inner = name[start + 1 : end - 1]
            else:
                letter = re.match(r"\\[A-Za-z]+|.", name[start:])
                end = start + letter.end() if letter else start
                inner = name[start:end]
            name = (name[: found.start()] + inner + name[end:]).strip()
            found = _FONT.search(name)
        return name

    @cached_property
    def is_capital(self) -> bool:
        """``A`` or ``\\Sigma``: the letter of a matrix, where vectors stand beside it."""
        letter = self.unbold.removeprefix("\\")
        return letter[:1].isupper() and (len(letter) == 1 or self.name.startswith("\\"))

    @property
    def conditional(self) -> Conditional | None:
        """``P(\\cdot\\mid\\cdot)``: a function with a bar among its arguments."""
        found = _CONDITIONAL.match(self.name)
        return Conditional(found[1], found[2].count("\\cdot"), found[3]) if found else None

    @property
    def changed(self) -> str:
        """The x of dx, "" for any other name."""
        plain = not (self.marks or self.primes or self.upper or self.lower)
        rest = self.letter[1:] if plain and self.letter[:1] == "d" else ""
        return rest if rest[:1] == "\\" or (len(rest) == 1 and rest.isascii() and rest.isalpha()) else ""


_SHAPELESS = frozenset(["\\hat", "\\widehat", "\\tilde", "\\widetilde", "\\bar", "\\overline", "\\dot"])
"""Accents below which a bold letter still says its shape."""


@cache
def symbol_of(name: str) -> Symbol:
    """The one parser of names.

    >>> symbol_of(r"\\hat{\\mathbf{w}}'")
    Symbol(letter='w', marks=('\\\\hat', '\\\\mathbf'), primes=1, upper=(), lower=(), bracket='()')
    >>> symbol_of("W^{[1]}_{a,b}")
    Symbol(letter='W', marks=(), primes=0, upper=('1',), lower=('a', 'b'), bracket='[]')
    """
    rest, below = _script(name, "_")
    rest, above = _script(rest, "^")
    bracket = "()"
    if above is not None:
        bracket = above[0] + above[-1] if len(above) > 1 and above[0] + above[-1] in ("()", "[]") else ""
        above = above[1:-1] if bracket else above
    core = rest.rstrip("'")
    primes = len(rest) - len(core)
    marks: list[str] = []
    while (found := _COMMAND.match(core)) and found.group(1) in _MARKS:
        if _closing(core, found.end() - 1) != len(core) - 1:
            break
        marks.append(found.group(1))
        core = core[found.end() : -1]
    return Symbol(core, tuple(marks), primes, _entries(above), _entries(below), bracket)


def _script(name: str, sign: str) -> tuple[str, str | None]:
    """The name before a script at its end, and what stands in the braces of that script."""
    depth, at = 0, len(name)
    while at and (depth or at == len(name)):
        at -= 1
        depth += {"}": 1, "{": -1}.get(name[at], 0)
    if at < 1 or name[at] != "{" or name[at - 1] != sign:
        return name, None
    return name[: at - 1], name[at + 1 : -1]


def _entries(script: str | None) -> tuple[str, ...]:
    """What stands between the commas of a script, outside all brackets."""
    if script is None:
        return ()
    out, depth = [""], 0
    for sign in script:
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            out.append("")
        else:
            out[-1] += sign
    return tuple(out)


def _closing(name: str, start: int) -> int:
    """Where the brace that opens at ``start`` is closed; the last place where it is not."""
    depth = 0
    for at in range(start, len(name)):
        depth += {"{": 1, "}": -1}.get(name[at], 0)
        if not depth:
            return at
    return len(name) - 1


@cache
def unbold(name: str) -> str:
    """``symbol_of(name).unbold``, for the many who look a name up by its letter."""
    return symbol_of(name).unbold

"""Names as they are written: letter, font, accents, labels and indices."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from ..patterns import Pattern
from .to_latex import to_latex
from .tree import (
    Add,
    Indexed,
    Mul,
    Neg,
    Node,
    Num,
    Prime,
    Sym,
)

Place = tuple[str, int, int]
"""(name, number of upper indices, position counted over upper then lower indices)."""


TEXT_COMMAND = Pattern(r"\\(text|textrm|textbf|textit|mathrm|mathsf|mathtt|operatorname|rm|mbox)\b")


_BOLD = Pattern(r"\\(?:mathbf|boldsymbol|bm|vec|pmb)\s*\{(.*)\}$|\\(?:vec|bm)\s+(.*)$")


_FONT = Pattern(r"\\(?:mathbf|boldsymbol|bm|vec|pmb)(?![A-Za-z])\s*")


LAYER = Pattern(r"(.+?)\^\{[(\[]?(\w+)[)\]]?\}$")


CONVENTIONAL = frozenset("ijklmnrst")


MARKS = frozenset(("*", "\\ast", "\\star", "\\dagger", "+", "-", "\\parallel", "\\perp"))


_SIZES = frozenset("nmdpqkNMDKCHBT")


DEVIATIONS = frozenset(["\\sigma", "s", "\\tau", "\\hat{\\sigma}"])
"""Letters whose squares are variances: quantities in their own right."""


class Name(NamedTuple):
    """A name with its indices as written; ``x^{(i)}_j`` is ``Name("x", (i,), (j,))``."""

    base: str
    upper: tuple[Node, ...] = ()
    lower: tuple[Node, ...] = ()
    bracket: str = "()"

    @property
    def indices(self) -> tuple[Node, ...]:
        return (*self.upper, *self.lower)

    def place(self, position: int) -> Place:
        numbers = "".join(f"^{_short(k)}" for k in self.upper if isinstance(k, Num))
        return (unbold(self.base) + numbers, len(self.upper), position)

    def __str__(self) -> str:
        return written(self.base, self.upper, self.lower, self.bracket)


def name_of(node: Node) -> Name | None:
    """The name that a Sym, an Indexed of a name or a primed name writes; None for anything else.

    >>> str(name_of(Indexed(Indexed(Sym("x"), (Sym("j"),)), (), (Sym("i"),))))
    'x^{(i)}_{j}'
    """
    match node:
        case Sym(base):
            return Name(base)
        case Prime(fn, order):
            inner = name_of(fn)
            if inner is None:
                return None
            return Name(inner.base + "'" * order, inner.upper, inner.lower, inner.bracket)
        case Indexed(base_node, lower, upper, bracket):
            inner = name_of(base_node)
            if inner is None:
                return None
            mark = bracket if upper else inner.bracket
            return Name(inner.base, (*inner.upper, *upper), (*inner.lower, *lower), mark)
    return None


def written(base: str, upper: tuple[Node, ...], lower: tuple[Node, ...], bracket: str = "()") -> str:
    """The canonical spelling of an indexed name: the key under which such a kind is stored."""
    open_, close = (bracket[0], bracket[1]) if len(bracket) == 2 else ("", "")
    up = "^{" + open_ + ",".join(map(_short, upper)) + close + "}" if upper else ""
    return base + up + ("_{" + ",".join(map(_short, lower)) + "}" if lower else "")


def _short(node: Node) -> str:
    match node:
        case Sym(name):
            return name
        case Num(value):
            return str(value)
        case Add(terms):
            return "+".join(map(_short, terms)).replace("+-", "-")
        case Neg(arg):
            return "-" + _short(arg)
        case Indexed(base, lower, upper, bracket):
            return written(_short(base), upper, lower, bracket)
        case Mul(factors):
            return " ".join(map(_short, factors))
    return to_latex(node)


def plain(name: str) -> str | None:
    """The italic letter of a bold one: ``\\mathbf{w}`` -> ``w``; None for any other name."""
    found = _BOLD.match(name)
    return (found.group(1) or found.group(2)).strip() if found else None


@cache
def unbold(name: str) -> str:
    """The name without its font: a bold vector and the italic letter of its entries are one name.

    >>> unbold(r"\\hat{\\mathbf{y}}"), unbold(r"\\vec{w}")
    ('\\\\hat{y}', 'w')
    """
    found = _FONT.search(name)
    while found:
        start, depth, end = found.end(), 0, found.end()
        if name[start : start + 1] == "{":
            while end < len(name):
                depth += {"{": 1, "}": -1}.get(name[end], 0)
                end += 1
                if not depth:
                    break
            inner = name[start + 1 : end - 1]
        else:
            letter = re.match(r"\\[A-Za-z]+|.", name[start:])
            end = start + letter.end() if letter else start
            inner = name[start:end]
        name = (name[: found.start()] + inner + name[end:]).strip()
        found = _FONT.search(name)
    return name


def is_bold_vector(name: str) -> bool:
    """Bold or arrowed lower-case: a vector by convention where nothing else is declared."""
    inner = plain(_undecorated(name))
    return inner is not None and (inner.islower() or (inner.startswith("\\") and inner[1:2].islower()))


def is_bold_matrix(name: str) -> bool:
    """Bold upper-case: a matrix by convention where nothing else is declared."""
    inner = plain(_undecorated(name))
    return inner is not None and (inner.isupper() or (inner.startswith("\\") and inner[1:2].isupper()))


def _undecorated(name: str) -> str:
    found = re.match(r"\\(?:hat|tilde|bar|widehat|widetilde|overline|dot)\{(.*)\}$", name)
    return found.group(1) if found else name


def is_sized(name: Name) -> bool:
    """``\\mathbf{1}_n``, ``I_n``: ones, zeros, an identity with their size."""
    if unbold(name.base) not in (("I",) if name.base == "I" else ("0", "1", "I")) or name.upper:
        return False
    match name.lower:
        case (Num(),):
            return True
        case (Sym(letter),):
            return letter in _SIZES
    return False

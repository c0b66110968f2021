r"""Conditions: what an author writes behind a formula, or in front of it, and means for it alone.

>>> [c] = conditions(r"f' &= 1, \quad \text{if } x > 0 \\ &= 0")
>>> (c.lhs, c.sign, c.rhs)
('x', '>', '0')
>>> conditions(r"a = b, \quad c = d")
[]
"""

from __future__ import annotations

import re

from ..errors import SymgradError
from ..latex import read
from ..page import Node, Relation, Sym, substitute
from ..patterns import Pattern
from ..records import record
from ..scope import Scope
from . import naming
from .rows import SIGNS

_GLUE = r"(?:[\s,;&~]|\\[,;:! ]|\\q?quad(?![A-Za-z]))"
_SAID = "if|for|when|whenever|where|case|with|provided"
_WORD = rf"\\(?:text|mathrm|textrm|mbox|hbox|textnormal)\s*\{{[\s(]*(?:{_SAID})\s*\}}"
_NAME = r"(?:[A-Za-z]|\\[A-Za-z]+)(?:[_^](?:\w|\{[^{}]*\}))*"
_SIGN = r"(?:=|[<>]|\\(?:neq?|leq?|geq?|lt|gt|leqslant|geqslant)(?![A-Za-z]))"
_END = r"\s*\)?[\s.,;~]*(?=&|\\\\|\\(?:end|tag|label|nonumber|notag|q?quad)(?![A-Za-z])|\Z)"
_RELATION = rf"(?P<lhs>{_NAME})\s*(?P<sign>{_SIGN})\s*(?P<rhs>{_NAME}|-?\d+(?:\.\d+)?)"
_BEHIND = Pattern(
    rf"(?P<glue>{_GLUE}+)\(?\s*(?:(?P<word>{_WORD}){_GLUE}*)?\(?\s*{_RELATION}{_END}", re.DOTALL
)
_ALONE = Pattern(rf"\s*{_RELATION}[\s.,]*", re.DOTALL)
_BEFORE = Pattern(r"\b(if|for|when|whenever|cases?|where|with|provided that|assuming)[^\w.]*$", re.IGNORECASE)
NEAR = 40  # characters between a condition in the text and the formula that it speaks of


@record
class Condition:
    """``lhs sign rhs``, said at ``start`` to ``end`` of a formula of what ends where it starts."""

    lhs: str
    sign: str
    rhs: str
    start: int
    end: int


@record
class Claim:
    """A claim with what is in force for it; ``assuming`` says what the sides were changed for."""

    lhs: Node
    rhs: Node
    scope: Scope
    assuming: tuple[str, ...]


def conditions(body: str) -> list[Condition]:
    """Those that stand at the ends of rows.  An equation is one where a word says so, or of two indices."""
    out = []
    for m in _BEHIND.finditer(body):
        marked = re.search(r"[,&]|quad", m["glue"])
        if not marked and not m["word"]:
            continue
        defines = m["word"] is None or "where" in m["word"] or "with" in m["word"]
        if m["sign"] == "=" and defines and not all(_is_index(m[side], body) for side in ("lhs", "rhs")):
            continue
        out.append(Condition(m["lhs"], SIGNS[m["sign"]], m["rhs"], m.start(), m.end()))
    return out


def alone(body: str, prose: str) -> Condition | None:
    """A formula in the text that is a condition and nothing else, for what stands in front says so."""
    m = _ALONE.fullmatch(body)
    word = None if m is None else _BEFORE.search(prose)
    if m is None or word is None:
        return None
    if m["sign"] == "=" and (
        word[1].lower() in ("where", "with") or not all(re.fullmatch("[i-npq]", m[k]) for k in ("lhs", "rhs"))
    ):
        return None
    return Condition(m["lhs"], SIGNS[m["sign"]], m["rhs"], 0, len(body))


def under(condition: Condition, lhs: Node, rhs: Node, scope: Scope) -> Claim | None:
    """The claim where the condition holds; None where it cannot be used.

    Where two indices are equal, the claim is that with one written for the other.
    """
    try:
        left, right = read(condition.lhs, scope), read(condition.rhs, scope)
    except (SymgradError, RecursionError):
        return None
    if condition.sign == "=" and isinstance(left, Sym) and isinstance(right, Sym):
        names = {left.name, right.name}
        if not names <= naming.indices(lhs) | naming.indices(rhs) or names & set(scope.definitions):
            return None
        one: dict[Node, Node] = {right: left}
        said = (f"{left.name} = {right.name}",)
        return Claim(substitute(lhs, one), substitute(rhs, one), scope, said)
    return Claim(lhs, rhs, scope.assume(Relation(left, condition.sign, right)), ())


def _is_index(text: str, body: str) -> bool:
    return len(text) == 1 and re.search(rf"[_^](?:{text}|\{{[^{{}}]*{text}[^{{}}]*\}})", body) is not None

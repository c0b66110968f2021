r"""Conditions: what stands beside a formula and limits it (``\quad (x > 0)``, ``\text{if } i \ne j``).

A condition becomes a hypothesis of the steps that it stands beside.  One that is seen but cannot be read
is named instead: a step that is refuted without it is then not judged.

>>> beside(r"\quad (x > 0)").lines, beside(r"\text{for } i \ne j,").lines
(('x > 0',), ('i \\ne j',))
>>> beside(r"\quad \text{by the chain rule}").lines
()
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..documents import phrases
from ..documents.displays import Chain, Link
from ..documents.model import Region, last_sentence
from ..errors import SymgradError
from ..latex.tokens import DEPTHS, sign_at
from ..latex.vocabulary import TEXTS
from ..meaning.directives import read_directive
from ..page.relations import OPS, pattern
from ..page.scope import Scope
from ..page.tree import Node, Relation, Sym, free_names, substitute
from ..patterns import Pattern
from . import queries

_ORDER = Pattern(rf"[\u2260\u2264\u2265]|\\not|{pattern('<', '<=', '>', '>=', '!=', 'in')}")
INDICES = Pattern(r"\s*[i-npq]\s*=\s*[i-npq]\s*")  # k = l stands for a condition, also without a word
_SIGN = Pattern(pattern("=", "<", "<=", ">", ">=", "!=", "in"))
_RANGE = Pattern(r"\\[a-z]*dots|\.\.\.|\\mathbb|\\in\s*\[|\\in\s*\\?[A-Za-z]")
_GROUP = Pattern(r"\s*\{([^{}]*)\}")
_ARROWS = {
    "\\forall": "for", "\\because": "since",
    **dict.fromkeys(
        ("\\Rightarrow", "\\implies", "\\therefore", "\\Longrightarrow", "\\iff", "\\Leftrightarrow"), "so"
    ),
}  # fmt: skip
_LABELS = ("\\tag", "\\label")
_BREAKS = ("\\quad", "\\qquad", ";", "&", ":", *_LABELS)
_CUTS = ("\\\\", "\\begin{", "\\end{")


_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\d*\.\d+)"
_LESS, _MORE = pattern("<", "<="), pattern(">", ">=")
_ABOVE = Pattern(rf"(?P<names>[^<>=]+?)\s*(?P<sign>{_LESS}|{_MORE})\s*0\s*$")
_BETWEEN = Pattern(
    rf"(?P<low>{_NUMBER})\s*(?P<from>{_LESS})\s*(?P<names>[^<>=]+?)\s*(?P<to>{_LESS})\s*(?P<high>{_NUMBER})\s*$"
)
_WITHIN = Pattern(
    rf"(?P<names>[^<>=]+?)\s*\\in\s*(?P<from>[(\[])\s*(?P<low>{_NUMBER}|-\s*\\infty)\s*,"
    rf"\s*(?P<high>{_NUMBER}|\+?\s*\\infty)\s*(?P<to>[)\]])\s*$"
)
_NAMES = Pattern(r"\\?[A-Za-z]+(?:_\w|_\{\w+\})?(?:\s*,\s*\\?[A-Za-z]+(?:_\w|_\{\w+\})?)*")


def supposed(formula: str, before: str, behind: str) -> tuple[str, ...]:
    r"""The signs that a sentence gives to what it introduces, from there on.

    >>> supposed("s > 0", "Let ", " be fixed."), supposed(r"p \in [0, 1]", "where ", " is a probability")
    (('s > 0',), ('p \\ge 0', 'p \\le 1'))
    >>> supposed("s", "Let ", " be a positive number."), supposed("x > 0", "If ", " then")
    (('s > 0',), ())
    """
    formula, before = formula.strip(" ,."), last_sentence(before)
    if phrases.DEPENDS.search(before):
        return ()
    names, ends = _bounds(formula)
    if ends and not phrases.INTRODUCES.search(before):
        return ()
    if not ends and _NAMES.fullmatch(formula):
        names, ends = formula, _told(before, behind)
    return tuple(f"{name.strip()} {sign} {end}" for name in names.split(",") for sign, end in ends)


_Bound = tuple[str, str]  # sign and end


def _bounds(formula: str) -> tuple[str, list[_Bound]]:
    """Names and their bounds: ``s > 0``, ``0 < s < 1``, ``s \\in (0, 1]``."""
    m = _ABOVE.match(formula)
    if m is not None:
        return m["names"], [(m["sign"], "0")]
    m = _BETWEEN.match(formula) or _WITHIN.match(formula)
    if m is None:
        return "", []
    low = (">" if OPS.get(m["from"]) == "<" or m["from"] == "(" else "\\ge", m["low"])
    high = ("<" if OPS.get(m["to"]) == "<" or m["to"] == ")" else "\\le", m["high"])
    return m["names"], [bound for bound in (low, high) if "infty" not in bound[1]]


def _told(before: str, behind: str) -> list[_Bound]:
    """The bound that words give: ``a positive number $s$``."""
    told = phrases.POSITIVE_BEFORE.search(before) or phrases.POSITIVE_BEHIND.match(behind)
    if told is None or (told["noun"] is None and phrases.MAY_SAY_WHERE.search(before)):
        return []
    return [(">" if told["sign"].lower() == "positive" else "\\ge", "0")]


@dataclass(frozen=True, slots=True)
class Conditions:
    """``lines``: conditions in LaTeX; ``unsaid``: words that limit a formula and that are not read."""

    lines: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.lines or self.unsaid)

    def __add__(self, other: Conditions) -> Conditions:
        lines = tuple(dict.fromkeys((*self.lines, *other.lines)))
        return Conditions(lines, tuple(dict.fromkeys((*self.unsaid, *other.unsaid))))


NOTHING = Conditions()


@dataclass(slots=True)
class _Piece:
    """A piece of what stands beside a formula: the words that introduce it, and its mathematics."""

    words: str
    formula: str = ""


def beside(text: str) -> Conditions:
    """The conditions in what stands before or behind a formula in its row."""
    pieces = [_Piece("")]
    at = depth = 0
    while at < len(text):
        token = sign_at(text, at)
        group = _GROUP.match(text, token.end) if token.text in (*TEXTS, *_LABELS) else None
        at = token.end if group is None else group.end()
        ends = at == len(text) or text[at].isspace()
        opened = None if depth else _opens(token.text, ends, pieces[-1])
        if not depth and group is not None and token.text in TEXTS:
            _say(group[1], pieces)
        elif opened is not None:
            pieces.append(_Piece(opened))
        else:
            depth = max(depth + DEPTHS.get(token.text, 0), 0)
            pieces[-1].formula += text[token.start : at]
    return _sorted(pieces)


def _say(words: str, pieces: list[_Piece]) -> None:
    """Words in a formula, with mathematics between dollar signs."""
    for k, part in enumerate(re.split(r"\$([^$]*)\$", words)):
        if k % 2:
            pieces[-1].formula += part
        elif part.strip():
            pieces.append(_Piece(part))


def _opens(sign: str, ends: bool, last: _Piece) -> str | None:
    """The words of the piece that a sign begins; None: it belongs to the last one."""
    if sign in _ARROWS:
        return _ARROWS[sign]
    if sign == ",":
        if _listing(last):
            return None
        return "" if last.formula.strip() else last.words
    full_stop = ends and not sign.strip(".")
    return "" if full_stop or sign in _BREAKS or sign.startswith(_CUTS) else None


def _listing(piece: _Piece) -> bool:
    """``for x, y > 0``: are these names of which one condition speaks?"""
    if not piece.formula.strip() or "=" in piece.formula or _ORDER.search(piece.formula):
        return False
    return phrases.EQUATES.search(piece.words) is not None


def _bare(formula: str) -> tuple[str, bool]:
    """Without the parentheses around it, and whether there were any: they make an equation a condition."""
    formula = re.sub(r"\\(?:left|right|[bB]igg?[lr]?)\s*(?=[()\[\]])", "", formula).strip(" \t\r\n~")
    m = re.fullmatch(r"[(\[](.*)[)\]]", formula, re.DOTALL)
    if m is None or re.match(r"[^(\[]*[)\]]", m.group(1)):
        return formula, False
    return m.group(1).strip(), True


def _sorted(pieces: Iterable[_Piece]) -> Conditions:
    out = Conditions()
    for piece in pieces:
        words = piece.words
        formula, enclosed = _bare(piece.formula)
        if enclosed and formula.startswith("\\text"):
            out += beside(formula)
            continue
        if phrases.CONCLUDES.search(words) and not phrases.EQUATES.search(words):
            continue
        bare = not words.strip() and INDICES.fullmatch(formula)
        equation = "=" in formula and (enclosed or bare or phrases.EQUATES.search(words))
        if _ORDER.search(formula) or equation:
            if phrases.NEGATES.search(words):
                out += Conditions((), (f"{words} {formula}",))
            elif not _RANGE.search(formula):
                out += Conditions((formula,))
        elif phrases.LIMITS.search(words) or (phrases.SUPPOSES.search(words) and re.search(r"[<>=]", words)):
            out += Conditions((), (" ".join(f"{words} {formula}".split()),))
    return out


def of_link(region: Region, chain: Chain, link: Link) -> Conditions:
    """The conditions in the rows of a relation, outside of its chain."""
    body = region.body
    start = next((a for a, b in region.rows if a <= link.start <= b), 0)
    end = next((b for a, b in region.rows if a <= link.rhs.end <= b), len(body))
    within = [k for k in chain.links if start <= k.start <= end]
    first = min([link.start, *(k.lhs.start for k in within if start <= k.lhs.start and k.lhs)])
    last = max([link.rhs.end, *(k.rhs.end for k in within if k.rhs.end <= end)])
    return beside(body[start:first]) + beside(body[last:end])


def of_sentence(region: Region) -> Conditions:
    """The conditions in the sentence around a formula: before it, and behind it ("for $x > 0$")."""
    before, behind = region.sentence
    return _spoken(before) + (_spoken(behind) if phrases.GOES_ON.match(behind) else Conditions())


def _spoken(text: str) -> Conditions:
    parts = re.split(r"\$+([^$]+)\$+|\\\((.*?)\\\)", text, flags=re.DOTALL)
    out = Conditions()
    words = parts[0]
    for k in range(1, len(parts), 3):
        formula = parts[k] or parts[k + 1] or ""
        if sum(1 for _ in _SIGN.finditer(formula)) == 1:
            out += _sorted([_Piece(words[-60:], formula)])
        words = parts[k + 2]
    said = " ".join(parts[0::3])
    if phrases.SUPPOSES.search(said):
        unsaid = phrases.LIMITS.search(phrases.SUPPOSES.sub(" ", said))
        if unsaid is not None:
            out += Conditions((), (unsaid.group(),))
    return out


def limits(found: Conditions, lhs: Node) -> bool:
    """Do the conditions speak of an argument or an index of what is defined here?"""
    own = free_names(lhs) - {queries.base(lhs) or ""}
    letters = {m for line in found.lines for m in re.findall(r"\\?[A-Za-z]+", line)}
    unsaid = [words for words in found.unsaid if not phrases.LIMITS_MATRICES.search(words)]
    return bool(own & letters) or bool(own and unsaid)


@dataclass(frozen=True, slots=True)
class Assumed:
    """A step under its conditions; ``unread``: those that could not be taken up."""

    lhs: Node
    rhs: Node
    scope: Scope
    unread: tuple[str, ...]


def assume(found: Conditions, lhs: Node, rhs: Node, scope: Scope) -> Assumed:
    """The step with the conditions as hypotheses; an index that equals another one is written as that."""
    unread = list(found.unsaid)
    free = free_names(lhs) | free_names(rhs)
    written = queries.indices(lhs) | queries.indices(rhs)
    bound = written - free
    for line in found.lines:
        try:
            after = read_directive(f"assume {line}", scope)
        except (SymgradError, RecursionError):
            unread.append(line)
            continue
        new = after.assumptions[len(scope.assumptions) :]
        if not new or any(free_names(r) & bound for r in new):
            unread.append(line)
            continue
        scope = after
        match new:
            case (Relation(Sym(i), "=", Sym() as j),) if {i, j.name} <= free and {i, j.name} & written:
                lhs, rhs = (substitute(side, {Sym(i): j}) for side in (lhs, rhs))
    return Assumed(lhs, rhs, scope, tuple(unread))

r"""Displays: the chains of relations that a display writes, each side with its place.

Only signs, rows, braces and the few words between formulas are looked at; the mathematics stays text.
A side is a range of the display's body together with a copy of it in which everything that is not
mathematics (alignment marks, row breaks, labels, punctuation) is blanked, so that offsets stay true.

>>> [chain] = split(r"a &= b \\ &= c & \text{sum rule}")
>>> [(k.lhs.text.strip(), k.sign, k.rhs.text.strip(), k.label) for k in chain.links]
[('a', '=', 'b', ''), ('b', '=', 'c', 'sum rule')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..latex.tokens import group_end, sign_at
from ..latex.vocabulary import INFIX_SIGNS
from ..page.relations import ARROWS, CUTS
from ..patterns import Pattern
from . import phrases

# Environments that hold display mathematics by themselves, and those that only arrange its rows.
DISPLAYS = ("equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath",
            "dmath", "IEEEeqnarray")  # fmt: skip
ROWS = ("aligned", "alignedat", "split", "gathered", "multlined")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPACE = _words(
    r"\, \; \: \! \> \quad \qquad \enspace \thinspace \medspace \thickspace \hfill \hfil \displaystyle"
    r" \textstyle \limits \nolimits \nonumber \notag \noindent \space \allowbreak \small \large \normalsize"
    r" ~ \strut \null \relax"
) | {"\\ "}
_WIDE = frozenset(["\\quad", "\\qquad", "\\hspace", "\\hspace*"])
_PROSE = _words(
    r"\text \textrm \textbf \textit \texttt \textsf \textsc \mbox \hbox \textnormal \intertext"
    r" \shortintertext"
)
_DROPPED = _words(
    r"\tag \tag* \label \vspace \vspace* \eqref \ref \cite \footnote \hphantom \phantom"
    r" \vphantom \mspace \mskip \numberthis \eqno \leqno"
)
_STACKED = frozenset(["\\overset", "\\stackrel", "\\underset", "\\xlongequal", "\\overbrace", "\\underbrace"])
_OPEN, _CLOSE = (
    frozenset("([") | {"\\{", "\\langle", "\\lbrack", "\\lbrace"},
    frozenset(")]") | {"\\}", "\\rangle", "\\rbrack", "\\rbrace"},
)
_OPERATORS = INFIX_SIGNS | {"+", "-", "/", "·", "\\pm", "\\mp", "\\otimes", "\\oplus"}


_IN_NUMBER = Pattern(r"\d,\d")  # 1,000 and 0,5 are numbers, no lists
_ASIDE = Pattern(
    r"\s*\((?:\\text\{[^{}]*\}|[^()&\\]*(?:[=<>]|\\(?:ne|neq|leq?|geq?|in)\b))[^()&]*\)\s*[,.]?\s*(?:\\\\|\\end|$)"
)
_OTHER_EQUALITY = Pattern(r"(?:\\math[a-z]+\s*\{)?[dDpPL]\}?|i\.?i\.?d\.?|a\.?\s*s\.?|L\^\{?\d\}?")
"""What over a sign says in which other sense it holds: in distribution, in probability, almost surely."""
_NAME = Pattern(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z]")
_MARK = Pattern(r"\s*&?\s*(?:\\checkmark|\\times|\?)(?:\\ |\s)*\\text\{(?:proved|refuted|undecided)\}")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a relation: ``text`` has the length of ``body[start:end]`` of region number ``block``."""

    start: int
    end: int
    text: str
    block: int = 0

    def __bool__(self) -> bool:
        return bool(self.text.strip())


@dataclass(frozen=True, slots=True)
class Link:
    """``lhs sign rhs``; ``start`` and ``end`` are those of the sign, ``written`` is how it is written."""

    lhs: Side
    sign: str
    rhs: Side
    start: int
    end: int
    written: str
    label: str = ""


@dataclass(slots=True)
class Chain:
    """Links whose neighbours share a side; ``opened`` is the word or arrow in front of the first side.

    ``carries``: the chain begins with a sign and goes on from an earlier display.  ``dangles``: it ends in
    a sign and goes on in the next one (that sign is then the first of what follows).
    """

    links: list[Link] = field(default_factory=list)
    opened: str = ""
    carries: bool = False
    dangles: bool = False


class _Item(NamedTuple):
    kind: str  # atom rel break amp arrow text wide comma open close drop begin end
    start: int
    end: int
    value: str = ""


def split(body: str, block: int = 0) -> list[Chain]:
    """The chains of a display in reading order (an aside, ``\\because ..``, is a chain of its own)."""
    return [c for c in _Splitter(body, block).chains if c.links or c.dangles]


def row_spans(body: str) -> tuple[tuple[int, int], ...]:
    """Where the rows of a display begin and end."""
    return tuple((row[0].start, row[-1].end) for row in _rows(body) if row)


# --- tokens -------------------------------------------------------------------------------------------


def _items(body: str) -> Iterator[_Item]:
    at = 0
    while at < len(body):
        token, start, at = sign_at(body, at)
        if token.isspace() or (token in _SPACE and token not in _WIDE):
            yield _Item("drop" if token in ("\\nonumber", "\\notag", "\\space") else "space", start, at)
        elif token in _WIDE:
            if token.startswith("\\hspace"):
                at = max(group_end(body, _skip(body, at)), at)
            yield _Item("wide", start, at)
        elif token.startswith("\\\\") or token in ("\\newline", "\\cr", "\\tabularnewline"):
            yield _Item("break", start, at)
        elif token.endswith("}") and token.startswith(("\\begin", "\\end")):
            name = token[token.index("{") + 1 : -1].strip().rstrip("*")
            if token.startswith("\\end"):
                yield _Item("drop", start, at)
            elif name in DISPLAYS or name in ROWS or (name == "array" and _is_aligned(body, at)):
                if name in ("alignat", "alignedat", "array", "IEEEeqnarray") or body[at : at + 1] == "[":
                    at = _argument_end(body, at)
                yield _Item("begin", start, at)
            else:
                at = _inner_end(body, at, token[token.index("{") :])
                yield _Item("atom", start, at)
        elif token == "{":
            end = group_end(body, start)
            if end < 0:  # never closed: the reader says so
                yield _Item("atom", start, at)
                continue
            at = end
            inner = body[start + 1 : end - 1].strip()
            kind = "rel" if inner in CUTS else "atom" if inner else "space"
            yield _Item(kind, start, at, CUTS.get(inner, ""))
        elif token == "&":
            yield _Item("amp", start, at)
        elif token in ("^", "_"):
            at = max(group_end(body, _skip(body, at)), at)
            yield _Item("script", start, at)
        elif token in CUTS or token.startswith(":"):
            yield (
                _Item("rel", start, at, CUTS.get(token, ":=")) if token != ":" else _Item("wide", start, at)
            )
        elif token == "\\not":
            at = max(group_end(body, _skip(body, at)), at)
            yield _Item("rel" if body[at - 1] == "=" else "atom", start, at, "!=")
        elif token in _STACKED:
            at, sign, label = _stacked(body, token, at)
            yield _Item("rel", start, at, sign + "\0" + label) if sign else _Item("atom", start, at)
        elif token in ("\\mathrel", "\\mathop", "\\mathbin", "\\color", "\\textcolor", "\\boxed"):
            end = group_end(body, _skip(body, at))
            inner = body[_skip(body, at) : end].strip("{} ") if end > 0 else ""
            if token == "\\mathrel" and inner in CUTS:
                at = end
                yield _Item("rel", start, at, CUTS[inner])
            elif token == "\\color" and end > 0:  # the colour; what it colours follows
                at = end
                yield _Item("drop", start, at)
            else:
                at = max(end, at)
                yield _Item("atom", start, at)
        elif token in ARROWS or token in ("\\xrightarrow", "\\xRightarrow"):
            if token.startswith("\\x"):
                at = max(group_end(body, _skip(body, at)), at)
            yield _Item("arrow", start, at, token)
        elif token in _PROSE:
            at = max(group_end(body, _skip(body, at)), at)
            yield _Item("text", start, at, body[body.find("{", start) + 1 : at - 1].strip())
        elif token in _DROPPED:
            at = max(group_end(body, _argument_end(body, at, only_optional=True)), at)
            yield _Item("drop", start, at)
        elif token in ("\\left", "\\right"):
            at = max(group_end(body, _skip(body, at)), at)
            yield _Item("open" if token == "\\left" else "close", start, at)
        elif token in _OPEN:
            yield _Item("open", start, at)
        elif token in _CLOSE:
            yield _Item("close", start, at)
        elif token in (",", ";"):
            yield _Item("comma", start, at)
        else:
            yield _Item("operator" if token in _OPERATORS else "atom", start, at, token)


def _skip(body: str, at: int) -> int:
    while at < len(body) and body[at].isspace():
        at += 1
    return at


def _argument_end(body: str, at: int, only_optional: bool = False) -> int:
    """Behind the optional and (unless only those are asked for) one braced argument at ``at``."""
    at = _skip(body, at)
    if body[at : at + 1] == "[":
        close = body.find("]", at)
        at = _skip(body, close + 1) if close >= 0 else at
    if not only_optional and body[at : at + 1] == "{":
        at = max(group_end(body, at), at)
    return at


def _is_aligned(body: str, at: int) -> bool:
    """``\\begin{array}{rcl}`` with the sign in a column of its own."""
    end = body.find("\\end{array}", at)
    spec = re.match(r"\s*(?:\[\w\])?\s*\{([^{}]*)\}", body[at:])
    return bool(spec and re.fullmatch(r"[lrc@{} ]+", spec.group(1)) and re.search(r"&\s*=\s*&", body[at:end]))


def _inner_end(body: str, at: int, name: str) -> int:
    """Behind the end of an inner environment (a matrix, cases): its rows are not ours."""
    depth = 1
    for m in re.compile(r"\\(begin|end)[ \t]*" + re.escape(name)).finditer(body, at):
        depth += 1 if m.group(1) == "begin" else -1
        if depth == 0:
            return m.end()
    return len(body)


def _stacked(body: str, token: str, at: int) -> tuple[int, str, str]:
    """``\\overset{why}{=}``: where it ends, the sign, and what stands over or under it."""
    arguments = []
    for _ in range(1 if token in ("\\xlongequal", "\\overbrace", "\\underbrace") else 2):
        start = _argument_end(body, at, only_optional=True)
        end = group_end(body, start)
        if end < 0:
            return at, "", ""
        inner = body[start:end]
        arguments.append(inner[1:-1].strip() if inner[:1] == "{" else inner)
        at = end
    if token == "\\xlongequal":
        return at, "=", arguments[0]
    if token in ("\\overbrace", "\\underbrace"):
        if arguments[0] in CUTS:
            under = _skip(body, at)
            if body[under : under + 1] in ("^", "_"):
                end = max(group_end(body, _skip(body, under + 1)), at)
                return end, CUTS[arguments[0]], body[under + 1 : end].strip("{} ")
        return at, "", ""
    sign = CUTS.get(arguments[1], "")
    why = re.sub(r"\\(?:text|mathrm|textrm|mbox|rm|scriptsize|tiny)\b\s*", "", arguments[0]).strip("{} ")
    if sign == "=" and re.fullmatch(
        r"(?:def\.?|\\?triangle|\\Delta|\\bigtriangleup|\\vartriangle|Def\.?|\\wedge|!?:)", why
    ):
        return at, ":=", ""
    if sign == "=" and why in ("!", "?"):  # demanded, or asked
        return at, "condition", ""
    if sign == "=" and _OTHER_EQUALITY.fullmatch(why):
        return at, "approx", ""
    return at, sign, why


# --- rows ---------------------------------------------------------------------------------------------


def _rows(body: str) -> Iterator[list[_Item]]:
    """Items row by row, relation signs within matched brackets turned into atoms."""
    row: list[_Item] = []
    for item in _items(body):
        if item.kind in ("break", "begin"):
            if item.kind == "begin" and not any(k.kind in ("rel", "atom", "operator") for k in row):
                row = [k for k in row if k.kind == "drop"]  # a bracket in front of the whole system
            else:
                yield _flat(row)
                row = []
            row.append(_Item("drop", item.start, item.end))
        else:
            row.append(item)
    yield _flat(row)


def _flat(row: list[_Item]) -> list[_Item]:
    stack: list[int] = []
    inside = [0] * (len(row) + 1)
    for k, item in enumerate(row):
        if item.kind == "open":
            stack.append(k)
        elif item.kind == "close" and stack:
            inside[stack.pop()] += 1
            inside[k] -= 1
    out, depth = [], 0
    for k, item in enumerate(row):
        depth += inside[k]
        nested = depth > 0 or item.kind in ("open", "close", "script")
        if nested and item.kind not in ("drop", "amp", "space"):
            out.append(_Item("atom", item.start, item.end, item.kind))
        else:
            out.append(item)
    return out


@dataclass(slots=True)
class _Segment:
    """A stretch of mathematics between separators, with the separator in front of it."""

    items: list[_Item] = field(default_factory=list)
    opened: str = ""
    weak: bool = True  # only spacing or a comma in front

    @property
    def solid(self) -> bool:
        return any(k.kind in ("atom", "operator", "text") for k in self.items)

    @property
    def starts_with_operator(self) -> bool:
        first = next((k for k in self.items if k.kind in ("atom", "operator", "text")), None)
        return first is not None and first.kind == "operator"

    @property
    def ends_with_operator(self) -> bool:
        last = next((k for k in reversed(self.items) if k.kind in ("atom", "operator", "text")), None)
        return last is not None and last.kind == "operator"


class _Splitter:
    def __init__(self, body: str, block: int) -> None:
        self.body, self.block = body, block
        self.chains: list[Chain] = []
        self.main: Chain | None = None  # the chain that a row beginning with a sign goes on with
        self.last: list[_Item] = []  # items of its last side, open to further rows
        self.columns: list[tuple[Chain, list[_Item]]] = []  # the same for equations side by side
        self.worded = False  # does a left side of words name what the rows compute?
        self.pending: tuple[str, str] | None = None  # a sign at the end of a row: (sign, label)
        self.pending_item: _Item | None = None
        for row in _rows(body):
            self.read_row(row)
        self.close()

    # A chain is kept as items until its last side is complete.
    def close(self) -> None:
        for chain in self.chains:
            chain.dangles = False
        if self.pending_item is not None and self.chains:
            self.chains[-1].dangles = True
        elif self.pending_item is not None:
            self.chains.append(Chain(dangles=True))

    def read_row(self, row: list[_Item]) -> None:
        row = self.remarks(row)
        stretches: list[list[_Item]] = [[]]
        signs: list[_Item] = []
        for item in row:
            if item.kind == "rel":
                if signs and not any(k.kind in ("atom", "operator", "text") for k in stretches[-1]):
                    signs[-1] = item  # two signs with nothing between them are one
                    continue
                signs.append(item)
                stretches.append([])
            else:
                stretches[-1].append(item)
        head = self.segments(stretches[0], more=bool(signs))
        if not signs:
            self.plain_row(head)
            return
        solid = [s for s in head if s.solid] or self.words(stretches[0])
        aside = bool(solid) and solid[-1].opened == "\\because"
        chain, lhs = self.start(solid, stretches[0])
        keep = (self.main, self.last) if aside and self.main is not None and self.main.links else None
        beside = [] if solid else self.columns
        if beside:
            chain, lhs = beside[0]
        self.columns = []
        for k, sign in enumerate(signs):
            following = self.segments(stretches[k + 1], more=k + 1 < len(signs), between=True)
            solid = [s for s in following if s.solid]
            label = self.label(following, k + 1 == len(signs)) or sign.value.partition("\0")[2]
            if not solid:
                if k + 1 == len(signs):
                    self.pending_item, self.pending = sign, (sign.value.partition("\0")[0], label)
                    self.main, self.last = chain, lhs
                    if not chain.links and chain not in self.chains:
                        self.chains.append(chain)
                    return
                continue
            rhs = solid[0].items
            self.link(chain, lhs, sign, rhs, label)
            lhs = rhs
            if k + 1 == len(signs) or (len(solid) == 1 and not beside):
                continue
            amps = [i.start for i in stretches[k + 1] if i.kind == "amp"]
            if len(solid) > 1:
                aligned = any(rhs[-1].start < a < solid[-1].items[0].start for a in amps)
                self.columns += [(chain, rhs)] if aligned else []
                chain, lhs = Chain(opened=solid[-1].opened), solid[-1].items
            elif len(self.columns) + 1 < len(beside) and any(rhs[-1].start < a for a in amps):
                self.columns.append((chain, rhs))
                chain, lhs = beside[len(self.columns)]
        self.columns += [(chain, lhs)] if self.columns else []
        self.main, self.last = keep or (chain, lhs)

    def words(self, stretch: list[_Item]) -> list[_Segment]:
        """A left side of nothing but words, in the first row or below one that had such a left side."""
        if (self.main is not None or self.pending_item is not None) and not self.worded:
            return []
        said = [k for k in stretch if k.kind == "text"]
        if len(said) != 1 or phrases.CONNECTS.match(said[0].value) or not said[0].value[:1].isalpha():
            return []
        self.worded = True
        return [_Segment(said)]

    def start(self, solid: list[_Segment], stretch: list[_Item]) -> tuple[Chain, list[_Item]]:
        """The chain that a row with signs belongs to and the left side of its first sign."""
        if self.pending_item is not None and self.main is not None:
            chain, lhs = self.main, self.last
            sign, item = self.pending, self.pending_item
            self.pending_item = self.pending = None
            if not solid:  # "a = \\ = b": one sign, the second
                return chain, lhs
            assert sign is not None
            self.link(chain, lhs, item, solid[0].items, sign[1])
            return chain, solid[0].items
        if not solid:
            if self.main is None:
                self.main = Chain(carries=True)
            return self.main, self.last
        first = solid[0]
        continues = first.starts_with_operator and self.main is not None and self.main.links
        if continues and len(solid) == 1:
            sign_like = next(k for k in first.items if k.kind in ("atom", "operator"))
            after_amp = any(k.kind == "amp" and k.start < sign_like.start for k in stretch)
            if sign_like.value != "-" or after_amp:
                self.extend(first.items)
                assert self.main is not None
                return self.main, self.last
        chosen = solid[-1]
        return Chain(opened=chosen.opened or first.opened), chosen.items

    def plain_row(self, head: list[_Segment]) -> None:
        """A row without a sign: goes on with the side above, or waits to be the next left side."""
        solid = [
            s for s in head if s.solid and not all(k.kind == "text" for k in s.items if k.kind != "space")
        ]
        if not solid:
            return
        first = solid[0]
        if self.pending_item is not None and self.main is not None:
            assert self.pending is not None
            self.link(self.main, self.last, self.pending_item, first.items, self.pending[1])
            self.last = first.items
            self.pending_item = self.pending = None
            return
        ended = _Segment(self.last).ends_with_operator
        if self.main is not None and self.main.links and (first.starts_with_operator or ended):
            self.extend(first.items, self.label(head, True))
            return
        self.main, self.last = Chain(opened=first.opened), first.items

    def extend(self, items: list[_Item], label: str = "") -> None:
        """The last side of the main chain goes on in this row."""
        assert self.main is not None
        link = self.main.links.pop()
        self.last = [*self.last, *items]
        rhs = self.side(self.last)
        self.main.links.append(
            replace(link, rhs=rhs, label=link.label or label)
        )

    def link(self, chain: Chain, lhs: list[_Item], sign: _Item, rhs: list[_Item], label: str) -> None:
        if chain not in self.chains:
            self.chains.append(chain)
        value = sign.value.partition("\0")[0]
        written = self.body[sign.start : sign.end]
        chain.links.append(
            Link(self.side(lhs), value, self.side(rhs), sign.start, sign.end, written, label)
        )

    def segments(self, items: list[_Item], more: bool, between: bool = False) -> list[_Segment]:
        """Split at words, arrows and wide spaces; ``more``: another sign follows in this row; ``between``:
        one stands in front, so that an alignment mark parts two equations side by side."""
        out = [_Segment()]
        comma = False
        for k, item in enumerate(items):
            if between and more and self.begins_another(out[-1].items, items, k):
                out.append(_Segment())
            prose = item.kind == "text" and self.is_prose(item, items, k, out[-1].solid)
            if item.kind == "text" and between and more and len(out) > 1 and not out[-1].solid:
                # Words at the head of a further column: a note, or what stands there has this name.
                follows = any(n.kind in ("atom", "operator", "text") for n in items[k + 1 :])
                prose = follows and (prose or " " in item.value)
            if item.kind == "arrow" or prose:
                word = item.value if item.kind == "arrow" else item.value.lower()
                if out[-1].solid or not out[-1].opened:
                    out.append(_Segment(opened=word, weak=False))
                comma = False
            elif item.kind == "wide" or (
                item.kind == "amp" and ((between and more) or _ASIDE.match(self.body, item.end))
            ):
                if out[-1].solid:
                    out.append(_Segment(opened="," if comma else ""))
                comma = False
            elif item.kind == "comma" and _IN_NUMBER.fullmatch(self.body[item.start - 1 : item.end + 1]):
                out[-1].items.append(item)
            elif item.kind == "comma":
                comma = True
                if more and out[-1].solid:
                    out.append(_Segment(opened=","))
                else:
                    out[-1].items.append(_Item("comma", item.start, item.end))
            else:
                comma = comma and item.kind in ("space", "drop", "amp")
                out[-1].items.append(item)
        joined = [out[0]]
        for segment in out[1:]:
            previous = joined[-1]
            if (
                segment.weak
                and not segment.opened
                and segment.solid
                and previous.solid
                and (segment.starts_with_operator or previous.ends_with_operator)
            ):
                previous.items += segment.items
            else:
                joined.append(segment)
        return joined

    def begins_another(self, before: list[_Item], items: list[_Item], k: int) -> bool:
        """Is this a name that the display has not had, alone between a matrix and the next sign?"""
        last = next((n for n in reversed(before) if n.kind not in ("space", "drop")), None)
        if last is None or items[k].kind != "atom" or not self.body.startswith("\\begin", last.start):
            return False
        name = self.body[items[k].start : items[k].end]
        return (
            _NAME.fullmatch(name) is not None
            and all(n.kind in ("space", "drop", "amp") or n.value == "script" for n in items[k + 1 :])
            and name not in _NAME.findall(self.body[: items[k].start])
        )

    def is_prose(self, item: _Item, items: list[_Item], k: int, solid: bool) -> bool:
        """Is ``\\text{..}`` a remark (or a label) rather than a name?"""
        following = next((n for n in items[k + 1 :] if n.kind not in ("space", "drop", "amp")), None)
        before = next((n for n in reversed(items[:k]) if n.kind not in ("space", "drop")), None)
        attached = following is not None and (
            following.value in ("script", "open") or self.body[following.start : following.start + 1] in "(_^"
        )
        # "since " before a parenthesis is a word, "f" a function
        word = self.body[item.end - 2 : item.end - 1].isspace() and phrases.CONNECTS.match(item.value)
        if attached and not word and not re.search(r"\s", item.value):
            return False
        if not item.value.strip("()[] .,:;"):
            return not attached
        if before is not None and before.kind == "operator":
            return False
        if phrases.CONNECTS.match(item.value):
            return True
        if before is not None and before.kind in ("amp", "wide") and solid:
            return True
        number = before is not None and (
            self.body[before.end - 1].isdigit()
            or (before.value == "script" and self.body[: before.start].rstrip()[-1:].isdigit())
        )
        if number and not re.search(r"\s", item.value):
            return False  # a unit: 5\,\text{km}, 10^{3} \text{km}
        if following is None:
            return solid or bool(re.search(r"\s", item.value))
        return bool(re.search(r"\s", item.value)) and solid

    def remarks(self, row: list[_Item]) -> list[_Item]:
        """A last cell that holds nothing but words in the argument of a command: a label.

        The marks of our own reports are none.
        """
        mark = next((k for k, i in enumerate(row) if i.kind == "amp" and _MARK.match(self.body, i.end)), None)
        if mark is not None:
            return row[:mark]
        last = next((k for k in range(len(row) - 1, -1, -1) if row[k].kind == "amp"), None)
        if last is None or last == 0 or any(k.kind == "rel" for k in row[last:]):
            return row
        cell = self.body[row[last].end : row[-1].end]
        m = re.match(r"\s*\\[A-Za-z]+\s*\{([^{}\\$]*\s[^{}\\$]*)\}\s*(?:\\n\w+\s*)?$", cell)
        if m is None:
            return row
        return [
            *row[: last + 1],
            _Item("wide", row[last].end, row[last].end),
            _Item("text", row[last].end, row[-1].end, m.group(1).strip()),
        ]

    def label(self, following: list[_Segment], last: bool) -> str:
        """The words behind a right side: the reason that the author gives."""
        words = [s.opened for s in following[1:] if s.opened and s.opened not in ARROWS and s.opened != ","]
        return " ".join(words) if last else ""

    def side(self, items: list[_Item]) -> Side:
        """The range from the first to the last solid item, everything else in it blanked."""
        shown = [k for k in items if k.kind in ("atom", "operator", "text", "comma", "space", "wide")]
        while shown and shown[-1].kind in ("comma", "space", "wide"):
            shown.pop()
        while shown and shown[0].kind in ("comma", "space", "wide"):
            shown.pop(0)
        while shown and self.body[shown[-1].start : shown[-1].end] in (".", ":"):
            shown.pop()
        if not shown:
            at = items[0].start if items else 0
            return Side(at, at, "", self.block)
        start, end = shown[0].start, shown[-1].end
        pieces, at = [], start
        for k in shown:
            pieces.append(re.sub(r"[^\r\n]", " ", self.body[at : k.start]))
            pieces.append(self.body[k.start : k.end])
            at = k.end
        return Side(start, end, "".join(pieces), self.block)

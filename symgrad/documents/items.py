r"""Items: the tokens of a display by what they do there: signs, alignment marks, words, spaces, mathematics.

What a token is, with its arguments, says the table `_READERS`; mathematics in braces, in an inner environment
or in brackets is one matter, whatever stands in it.

>>> [" ".join(item.kind for item in row if item.kind != "space") for row in rows(r"a &= (b + c) \\ & + c")]
['atom amp rel atom atom atom atom atom', 'drop amp operator atom']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Literal, NamedTuple

from ..latex.tokens import Token, environment_end, group_end, sign_at
from ..latex.vocabulary import DELIMITERS, INFIX_SIGNS, OPENERS, SILENT, SILENT_WITH_ARGUMENT, TEXTS
from ..page.relations import ARROWS, CUTS
from ..patterns import Pattern

# Environments that hold display mathematics by themselves, and those that only arrange its rows.
DISPLAYS = ("equation", "align", "alignat", "flalign", "gather", "multline", "eqnarray", "displaymath",
            "dmath", "IEEEeqnarray")  # fmt: skip
ROWS = ("aligned", "alignedat", "split", "gathered", "multlined")

Kind = Literal["atom", "operator", "rel", "arrow", "text", "comma", "wide", "amp", "space", "drop",
               "open", "close", "script", "break", "begin"]  # fmt: skip
SOLID = frozenset(["atom", "operator", "text"])
"""What a side can be made of."""


class Item(NamedTuple):
    """``value``: the name of a relation, the sign of an operator, an arrow, or words; of an atom in brackets
    what it was.  ``label``: what stands over a relation sign."""

    kind: Kind
    start: int
    end: int
    value: str = ""
    label: str = ""


def rows(body: str) -> Iterator[list[Item]]:
    """The items row by row, what stands in matched brackets made atoms."""
    row: list[Item] = []
    for item in _items(body):
        if item.kind not in ("break", "begin"):
            row.append(item)
            continue
        if item.kind == "begin" and not any(k.kind in ("rel", "atom", "operator") for k in row):
            row = [k for k in row if k.kind == "drop"]  # a bracket in front of the whole system
        else:
            yield _flat(row)
            row = []
        row.append(Item("drop", item.start, item.end))
    yield _flat(row)


def _flat(row: list[Item]) -> list[Item]:
    opened: list[int] = []
    changes = [0] * len(row)
    for k, item in enumerate(row):
        if item.kind == "open":
            opened.append(k)
        elif item.kind == "close" and opened:
            changes[opened.pop()] += 1
            changes[k] -= 1
    return [
        item._replace(kind="atom", value=item.kind)
        if item.kind in ("open", "close", "script") or (depth and item.kind not in ("drop", "amp", "space"))
        else item
        for item, depth in zip(row, accumulate(changes), strict=True)
    ]


def _items(body: str) -> Iterator[Item]:
    at = 0
    while at < len(body):
        token = sign_at(body, at)
        item = _reader(token.text)(body, token)
        yield item
        at = item.end


# --- one token and its arguments ----------------------------------------------------------------------

_Reader = Callable[[str, Token], Item]


def _atom(body: str, token: Token) -> Item:
    return Item("atom", token.start, token.end)


def _plain(kind: Kind) -> _Reader:
    return lambda body, token: Item(kind, token.start, token.end, token.text)


def _with_argument(kind: Kind) -> _Reader:
    return lambda body, token: Item(kind, token.start, _behind(body, token.end), token.text)


def _sign(body: str, token: Token) -> Item:
    return Item("rel", token.start, token.end, CUTS.get(token.text, ":="))


def _not(body: str, token: Token) -> Item:
    end = _behind(body, token.end)
    return Item("rel", token.start, end, "!=") if body[end - 1] == "=" else Item("atom", token.start, end)


def _brace(body: str, token: Token) -> Item:
    end = group_end(body, token.start)
    if end < 0:  # never closed: the reader says so
        return Item("atom", token.start, token.end)
    inner = body[token.start + 1 : end - 1].strip()
    if inner in CUTS:
        return Item("rel", token.start, end, CUTS[inner])
    return Item("atom" if inner else "space", token.start, end)


def _environment(body: str, token: Token) -> Item:
    """What arranges rows begins one; a matrix or cases have rows that are not ours."""
    written = token.text[token.text.index("{") + 1 : -1]
    name = written.strip().rstrip("*")
    if name not in (*DISPLAYS, *ROWS) and not (name == "array" and _is_aligned(body, token.end)):
        end = environment_end(body, written, token.end)
        return Item("atom", token.start, end if end >= 0 else len(body))
    argued = name in ("alignat", "alignedat", "array", "IEEEeqnarray") or body.startswith("[", token.end)
    return Item("begin", token.start, _argument_end(body, token.end) if argued else token.end)


def _is_aligned(body: str, at: int) -> bool:
    """``\\begin{array}{rcl}`` with the sign in a column of its own."""
    end = body.find("\\end{array}", at)
    return bool(_COLUMNS.match(body, at) and _LONE_SIGN.search(body, at, end if end >= 0 else len(body)))


_COLUMNS = Pattern(r"\s*(?:\[\w\])?\s*\{[lrc@ ]+\}")
_LONE_SIGN = Pattern(r"&\s*=\s*&")


def _text(body: str, token: Token) -> Item:
    end = _behind(body, token.end)
    return Item("text", token.start, end, body[body.find("{", token.start) + 1 : end - 1].strip())


def _reference(body: str, token: Token) -> Item:
    return Item("drop", token.start, max(group_end(body, _optional_end(body, token.end)), token.end))


def _mathrel(body: str, token: Token) -> Item:
    end = _behind(body, token.end)
    sign = CUTS.get(body[_skip(body, token.end) : end].strip("{} "))
    return Item("rel" if sign else "atom", token.start, end, sign or "")


def _stacked(body: str, token: Token) -> Item:
    r"""``\overset{why}{=}``."""
    (why, base), end = _arguments(body, token.end, 2)
    sign, label = _with_reason(CUTS.get(base, ""), _UPRIGHT.sub("", why).strip("{} "))
    return Item("rel" if sign else "atom", token.start, end, sign, label if sign else "")


def _long_equal(body: str, token: Token) -> Item:
    (why,), end = _arguments(body, token.end, 1)
    return Item("rel" if end > token.end else "atom", token.start, end, "=", why)


def _braced(body: str, token: Token) -> Item:
    r"""``\underbrace{=}_{why}``."""
    (base,), end = _arguments(body, token.end, 1)
    under = _skip(body, end)
    if base not in CUTS or body[under : under + 1] not in ("^", "_"):
        return Item("atom", token.start, end)
    end = max(group_end(body, _skip(body, under + 1)), end)
    return Item("rel", token.start, end, CUTS[base], body[under + 1 : end].strip("{} "))


_UPRIGHT = Pattern(r"\\(?:text|mathrm|textrm|mbox|rm|scriptsize|tiny)\b\s*")
_OVER_EQUALITY = (
    (Pattern(r"[dD]ef\.?|\\?triangle|\\Delta|\\bigtriangleup|\\vartriangle|\\wedge|!?:"), ":="),
    (Pattern(r"[!?]"), "condition"),  # demanded, or asked
    # In distribution, in probability, almost surely.
    (Pattern(r"(?:\\math[a-z]+\s*\{)?[dDpPL]\}?|i\.?i\.?d\.?|a\.?\s*s\.?|L\^\{?\d\}?"), "approx"),
)  # fmt: skip
"""What over an equality sign makes another sign of it; anything else is its reason."""


def _with_reason(sign: str, why: str) -> tuple[str, str]:
    if sign == "=":
        for over, other in _OVER_EQUALITY:
            if over.fullmatch(why):
                return other, ""
    return sign, why


def _comma(body: str, token: Token) -> Item:
    in_number = _IN_NUMBER.fullmatch(body, max(token.start - 1, 0), token.end + 1)
    return Item("atom" if in_number else "comma", token.start, token.end)


_IN_NUMBER = Pattern(r"\d,\d")  # 1,000 and 0,5 are numbers, no lists


# --- arguments ----------------------------------------------------------------------------------------


def _skip(body: str, at: int) -> int:
    while at < len(body) and body[at].isspace():
        at += 1
    return at


def _behind(body: str, at: int) -> int:
    """Behind the argument that stands at ``at``."""
    return max(group_end(body, _skip(body, at)), at)


def _optional_end(body: str, at: int) -> int:
    at = _skip(body, at)
    close = body.find("]", at) if body[at : at + 1] == "[" else -1
    return _skip(body, close + 1) if close >= 0 else at


def _argument_end(body: str, at: int) -> int:
    """Behind the optional and one braced argument at ``at``."""
    at = _optional_end(body, at)
    return max(group_end(body, at), at) if body[at : at + 1] == "{" else at


def _arguments(body: str, at: int, count: int) -> tuple[list[str], int]:
    """So many arguments and where they end; empty where they are missing."""
    found = [""] * count
    for k in range(count):
        start = _optional_end(body, at)
        end = group_end(body, start)
        if end < 0:
            return [""] * count, at
        inner = body[start:end]
        found[k] = inner[1:-1].strip() if inner[:1] == "{" else inner
        at = end
    return found, at


# --- which token is what ------------------------------------------------------------------------------

_OPENERS, _CLOSERS = OPENERS.keys(), frozenset(OPENERS.values())
_TABLE: tuple[tuple[_Reader, Iterable[str]], ...] = (
    (_plain("space"), SILENT | {"~", "\\null"}),
    (_reference, SILENT_WITH_ARGUMENT | {"\\ref", "\\numberthis", "\\eqno", "\\leqno"}),
    (_plain("drop"), ["\\nonumber", "\\notag", "\\space"]),
    (_plain("wide"), ["\\quad", "\\qquad", ":"]),
    (_with_argument("wide"), ["\\hspace", "\\hspace*"]),
    (_plain("break"), ["\\newline", "\\cr", "\\tabularnewline"]),
    (_plain("amp"), "&"),
    (_comma, ",;"),
    (_plain("operator"), INFIX_SIGNS | {"+", "-", "/", "·", "\\pm", "\\mp", "\\otimes", "\\oplus"}),
    (_with_argument("script"), "^_"),
    (_brace, "{"),
    (_plain("open"), _OPENERS | {s for s, sign in DELIMITERS.items() if sign in _OPENERS}),
    (_plain("close"), _CLOSERS | {s for s, sign in DELIMITERS.items() if sign in _CLOSERS}),
    (_with_argument("open"), ["\\left"]),
    (_with_argument("close"), ["\\right"]),
    (_sign, CUTS),
    (_not, ["\\not"]),
    (_mathrel, ["\\mathrel"]),
    (_stacked, ["\\overset", "\\stackrel", "\\underset"]),
    (_long_equal, ["\\xlongequal"]),
    (_braced, ["\\overbrace", "\\underbrace"]),
    (_plain("arrow"), ARROWS),
    (_with_argument("arrow"), ["\\xrightarrow", "\\xRightarrow"]),
    (_text, TEXTS | {"\\intertext", "\\shortintertext"}),
    (_with_argument("atom"), ["\\mathop", "\\mathbin", "\\textcolor", "\\boxed"]),
)  # fmt: skip
"""How a token is read; where two rows have it, the later one says so."""
_READERS = {token: reader for reader, tokens in _TABLE for token in tokens}
_SPACE, _BREAK, _END = _plain("space"), _plain("break"), _plain("drop")


def _reader(text: str) -> _Reader:
    if text in _READERS:
        return _READERS[text]
    if text.isspace():
        return _SPACE
    if text.startswith("\\\\"):
        return _BREAK
    if text[0] == ":":
        return _sign
    if text[0] == "\\" and text[-1] == "}":
        return _environment if text.startswith("\\begin") else _END
    return _atom

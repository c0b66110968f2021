"""Sides: the text of a side of a relation into a page, within limits; stray parentheses are left out.

>>> text, dropped = mend("2 (x - y))")
>>> text, dropped
('2 (x - y) ', [9])
>>> mend("(a + b) c) d") is None
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ReadError, SymgradError
from ..latex import read
from ..latex.tokens import Token, token_at
from ..latex.vocabulary import SIZES
from ..page.scope import Scope
from ..page.tree import Node
from .displays import Side

MAX_LENGTH = 20_000
MAX_DEPTH = 60
MAX_DIGITS = 400


class TooLarge(SymgradError):
    """A formula beyond what is read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A side as a page, or the error that says why not; ``dropped``: offsets of stray parentheses."""

    node: Node | None
    error: SymgradError | None = None
    dropped: tuple[int, ...] = ()


def read_side(side: Side, scope: Scope) -> Reading:
    """The page of a side; where parentheses at its ends have no partner, without them."""
    try:
        limit(side.text)
        return Reading(read(side.text, scope))
    except ReadError as error:
        mended = mend(side.text)
        if mended is None or not mended[1]:
            return Reading(None, error)
        try:
            return Reading(read(mended[0], scope), None, tuple(mended[1]))
        except SymgradError:
            return Reading(None, error)
    except SymgradError as error:
        return Reading(None, error)
    except RecursionError:
        return Reading(None, TooLarge("nested too deeply"))


def limit(text: str) -> None:
    """Refuse what is too long or too deep before anything works on it."""
    if len(text) > MAX_LENGTH:
        raise TooLarge(f"{len(text):,} characters are more than the {MAX_LENGTH:,} that are read")
    long = re.search(rf"\d{{{MAX_DIGITS},}}", text)
    if long:
        raise TooLarge(f"a number of {len(long.group()):,} digits")
    depth = deepest = 0
    for m in re.finditer(r"\\.|[{}()\[\]]", text, re.DOTALL):
        if m.group() in "{([":
            depth += 1
            deepest = max(deepest, depth)
        elif m.group() in "})]":
            depth -= 1
    if deepest > MAX_DEPTH:
        raise TooLarge(f"brackets nested {deepest:,} deep, more than the {MAX_DEPTH} that are read")


_OPEN, _CLOSE = ("(", "[", "\\{"), (")", "]", "\\}")
_SIZING = SIZES | {"\\left", "\\right"}


def mend(text: str) -> tuple[str, list[int]] | None:
    """Blank parentheses without partner that stand first or last in their group; None if one is inside."""
    groups: list[list[Token]] = [[]]
    dropped: list[Token] = []
    for token in _delimited(text):
        if token.text == "}":
            if len(groups) == 1 or not _mend_group(text, groups.pop(), dropped):
                return None
        else:
            groups[-1].append(token)
            if token.text == "{":
                groups.append([])
    if len(groups) != 1 or not _mend_group(text, groups.pop(), dropped):
        return None
    for token in dropped:
        text = text[: token.start] + " " * (token.end - token.start) + text[token.end :]
    return text, sorted(token.end - len(token.text) for token in dropped)


def _delimited(text: str) -> list[Token]:
    """The tokens, a bracket in one with the ``\\left`` that stands before it."""
    out: list[Token] = []
    at = 0
    while at < len(text):
        token = token_at(text, at)
        at = token.end
        if token.text in _OPEN or token.text in _CLOSE:
            sizing = len(out) - 1 - (bool(out) and out[-1].text.isspace())
            if sizing >= 0 and out[sizing].text in _SIZING:
                token = Token(token.text, out[sizing].start, at)
                del out[sizing:]
        out.append(token)
    return out


def _mend_group(text: str, tokens: list[Token], dropped: list[Token]) -> bool:
    opened: list[int] = []
    strays: list[int] = []
    for k, token in enumerate(tokens):
        if token.text in _OPEN:
            opened.append(k)
        elif token.text in _CLOSE:
            if opened:
                opened.pop()
            else:
                strays.append(k)

    lost = {*opened, *strays}
    kept = [
        k for k, token in enumerate(tokens)
        if k not in lost and text[token.start : token.end].strip(" \t\r\n.,;")
    ]  # fmt: skip
    if kept and (any(k < kept[-1] for k in strays) or any(k > kept[0] for k in opened)):
        return False
    dropped += [tokens[k] for k in (*strays, *opened)]
    return True

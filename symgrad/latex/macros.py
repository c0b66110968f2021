"""Macros: what an author's ``\\newcommand`` says, and its expansion, on tokens and within limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import ReadError
from ..page.scope import Macro
from .tokens import Token, tokens_of

MAX_EXPANSIONS = 2_000
MAX_TOKENS = 20_000

_DEFINING = frozenset(
    f"\\{kind}command{star}" for kind in ("new", "renew", "provide") for star in ("", "*")
)
_OTHER = frozenset(["\\def", "\\let", "\\DeclarePairedDelimiter", "\\NewDocumentCommand"])
_OPERATOR = frozenset(["\\DeclareMathOperator", "\\DeclareMathOperator*"])


def read_macro_definitions(text: str) -> dict[str, Macro]:
    """The macros that ``text`` defines with \\newcommand, \\renewcommand, \\providecommand, \\def, \\let,
    \\DeclareMathOperator, \\DeclarePairedDelimiter and \\NewDocumentCommand (arguments ``m``), by
    command; everything else in it is passed over.

    >>> found = read_macro_definitions(r"\\newcommand{\\pd}[2][f]{\\frac{d #1}{d #2}} \\def\\bx{\\mathbf{x}}")
    >>> found["\\\\pd"]
    Macro(arity=2, body='\\\\frac{d #1}{d #2}', default='f')
    >>> found["\\\\bx"]
    Macro(arity=0, body='\\\\mathbf{x}', default=None)
    """
    tokens = tokens_of(text)
    out: dict[str, Macro] = {}
    k = 0
    while k < len(tokens):
        command = tokens[k].text
        k += 1
        if command in _DEFINING or command in _OPERATOR or command in _OTHER:
            found = _definition(text, tokens, k, command)
            if found is not None:
                name, macro, k = found
                out[name] = macro
    return out


def _definition(text: str, tokens: Sequence[Token], k: int, command: str) -> tuple[str, Macro, int] | None:
    k = _blank(tokens, k)
    name, k = _group(text, tokens, k)
    name = name.strip()
    if len(name) < 2 or name[0] != "\\":
        return None
    if command == "\\DeclarePairedDelimiter":
        left, k = _group(text, tokens, _blank(tokens, k))
        right, k = _group(text, tokens, _blank(tokens, k))
        return name, Macro(1, f"\\left{left} #1 \\right{right}"), k
    signature = _SIGNATURES.get(command, _options)(text, tokens, k)
    if signature is None:
        return None
    arity, default, k = signature
    k = _blank(tokens, k)
    if k >= len(tokens):
        return None
    body, k = _group(text, tokens, k)
    if command in _OPERATOR:
        body = f"\\operatorname{{{body}}}"
    return name, Macro(arity, body, default), k


Signature = tuple[int, str | None, int]
"""How many arguments a macro takes, what the first is by default, and where its body begins."""


def _letters(text: str, tokens: Sequence[Token], k: int) -> Signature | None:
    """``{m m}`` of \\NewDocumentCommand."""
    arguments, k = _group(text, tokens, _blank(tokens, k))
    return None if set(arguments) - {"m", " "} else (arguments.count("m"), None, k)


def _equals(text: str, tokens: Sequence[Token], k: int) -> Signature:
    """The sign of \\let that may be left out."""
    k = _blank(tokens, k)
    return 0, None, k + 1 if k < len(tokens) and tokens[k].text == "=" else k


def _numbered(text: str, tokens: Sequence[Token], k: int) -> Signature:
    """``#1#2`` of \\def."""
    arity = 0
    while k + 1 < len(tokens) and tokens[k].text == "#":
        arity, k = arity + 1, k + 2
    return arity, None, k


def _options(text: str, tokens: Sequence[Token], k: int) -> Signature | None:
    """``[2][f]`` of \\newcommand."""
    options = []
    while (k := _blank(tokens, k)) < len(tokens) and tokens[k].text == "[":
        close = next((j for j in range(k, len(tokens)) if tokens[j].text == "]"), -1)
        if close < 0:
            return None
        options.append(text[tokens[k].end : tokens[close].start].strip())
        k = close + 1
    match options:
        case [arity, *rest] if arity.isdecimal() and len(arity) == 1:
            return int(arity), rest[0] if rest else None, k
    return 0, None, k


_SIGNATURES = {"\\NewDocumentCommand": _letters, "\\let": _equals, "\\def": _numbered}


def _blank(tokens: Sequence[Token], k: int) -> int:
    while k < len(tokens) and tokens[k].text == " ":
        k += 1
    return k


def _group(text: str, tokens: Sequence[Token], k: int) -> tuple[str, int]:
    """What one braced group or one token says, and what follows it."""
    if k >= len(tokens):
        return "", k
    if tokens[k].text != "{":
        return text[tokens[k].start : tokens[k].end], k + 1
    stop = _close(tokens, k)
    return text[tokens[k].end : tokens[stop].start], stop + 1


def _close(tokens: Sequence[Token], k: int) -> int:
    depth = 0
    for j in range(k, len(tokens)):
        depth += (tokens[j].text == "{") - (tokens[j].text == "}")
        if depth == 0:
            return j
    raise ReadError("a brace that is never closed", tokens[k].span)


def expand(tokens: Sequence[Token], macros: Mapping[str, Macro]) -> Sequence[Token]:
    """The tokens with every macro replaced, innermost text last; new tokens stand where the macro stood.

    >>> m = {r"\\pd": Macro(2, r"\\frac{\\partial #1}{\\partial #2}")}
    >>> "".join(t.text for t in expand(tokens_of(r"\\pd Jw"), m))
    '\\\\frac{\\\\partial J}{\\\\partial w}'
    """
    if not any(t.text in macros for t in tokens):
        return tokens
    out: list[Token] = []
    rest = list(reversed(tokens))
    expansions = 0
    while rest:
        token = rest.pop()
        macro = macros.get(token.text)
        if macro is None:
            out.append(token)
            continue
        expansions += 1
        arguments = _arguments(token, macro, rest)
        new = _filled(token, macro, arguments)
        rest += reversed(new)
        if expansions > MAX_EXPANSIONS or len(rest) + len(out) > MAX_TOKENS:
            raise ReadError(f"the macro {token.text} grows without end", token.span)
    return out


def _filled(token: Token, macro: Macro, arguments: list[list[Token]]) -> list[Token]:
    new: list[Token] = []
    body = tokens_of(macro.body)
    k = 0
    while k < len(body):
        text = body[k].text
        if text == "#" and k + 1 < len(body) and body[k + 1].text[0].isdecimal():
            digits = body[k + 1].text
            if int(digits[0]) > len(arguments) or digits[0] == "0":
                raise ReadError(f"{token.text} has no argument #{digits[0]}", token.span)
            new += arguments[int(digits[0]) - 1]
            if digits[1:]:
                new.append(Token(digits[1:], token.start, token.end))
            k += 2
            continue
        new.append(Token(text, token.start, token.end))
        k += 1
    return new


def _arguments(token: Token, macro: Macro, rest: list[Token]) -> list[list[Token]]:
    """Take the macro's arguments from ``rest`` (which is reversed)."""
    out: list[list[Token]] = []
    if macro.default is not None and macro.arity:
        out.append(_optional(token, macro.default, rest))
    if macro.arity > len(out) and [t.text for t in rest[-2:]] == ["{", "*"]:  # \\norm*{x}
        rest.pop()
    while len(out) < macro.arity:
        _skip_blank(rest)
        if not rest or rest[-1].text == "}":
            raise ReadError(f"{token.text} takes {macro.arity} arguments", token.span)
        out.append(_argument(token, rest))
    return out


def _optional(token: Token, default: str, rest: list[Token]) -> list[Token]:
    _skip_blank(rest)
    if not rest or rest[-1].text != "[":
        return [Token(t.text, token.start, token.end) for t in tokens_of(default)]
    rest.pop()
    out: list[Token] = []
    depth = 0
    while rest and not (rest[-1].text == "]" and depth == 0):
        depth += (rest[-1].text == "{") - (rest[-1].text == "}")
        out.append(rest.pop())
    if not rest:
        raise ReadError(f"the optional argument of {token.text} never ends", token.span)
    rest.pop()
    return out


def _argument(token: Token, rest: list[Token]) -> list[Token]:
    """A braced group, or one token, of which TeX takes one letter or digit."""
    first = rest.pop()
    if first.text != "{":
        if len(first.text) > 1 and first.text[0].isalnum():
            rest.append(Token(first.text[1:], first.start + 1, first.end))
            first = Token(first.text[0], first.start, min(first.start + 1, first.end))
        return [first]
    depth = 1
    out: list[Token] = []
    while rest:
        part = rest.pop()
        depth += (part.text == "{") - (part.text == "}")
        if depth == 0:
            return out
        out.append(part)
    raise ReadError(f"an argument of {token.text} is never closed", first.span)


def _skip_blank(rest: list[Token]) -> None:
    while rest and rest[-1].text == " ":
        rest.pop()

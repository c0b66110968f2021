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
    arity, default = 0, None
    if command == "\\DeclarePairedDelimiter":
        left, k = _group(text, tokens, _blank(tokens, k))
        right, k = _group(text, tokens, _blank(tokens, k))
        return name, Macro(1, f"\\left{left} #1 \\right{right}"), k
    if command == "\\NewDocumentCommand":
        arguments, k = _group(text, tokens, _blank(tokens, k))
        if set(arguments) - {"m", " "}:
            return None
        arity = arguments.count("m")
    elif command == "\\let":
        k = _blank(tokens, k)
        if k < len(tokens) and tokens[k].text == "=":
            k = _blank(tokens, k + 1)
    elif command == "\\def":
        while k + 1 < len(tokens) and tokens[k].text == "#":
            arity, k = arity + 1, k + 2
    else:
        options = []
        while (k := _blank(tokens, k)) < len(tokens) and tokens[k].text == "[":
            close = next((j for j in range(k, len(tokens)) if tokens[j].text == "]"), -1)
            if close < 0:
                return None
            options.append(text[tokens[k].end : tokens[close].start].strip())
            k = close + 1
        if options and options[0].isdecimal() and len(options[0]) == 1:
            arity = int(options[0])
            default = options[1] if len(options) > 1 else None
    k = _blank(tokens, k)
    if k >= len(tokens):
        return None
    body, k = _group(text, tokens, k)
    if command in _OPERATOR:
        body = f"\\operatorname{{{body}}}"
    return name, Macro(arity, body, default), k


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
    arity = macro.arity
    if macro.default is not None and arity:
        arity -= 1
        _skip_blank(rest)
        if rest and rest[-1].text == "[":
            rest.pop()
            optional: list[Token] = []
            depth = 0
            while rest and not (rest[-1].text == "]" and depth == 0):
                depth += (rest[-1].text == "{") - (rest[-1].text == "}")
                optional.append(rest.pop())
            if not rest:
                raise ReadError(f"the optional argument of {token.text} never ends", token.span)
            rest.pop()
            out.append(optional)
        else:
            out.append([Token(t.text, token.start, token.end) for t in tokens_of(macro.default)])
    if arity and [t.text for t in rest[-2:]] == ["{", "*"]:  # \\norm*{x}
        rest.pop()
    for _ in range(arity):
        _skip_blank(rest)
        if not rest or rest[-1].text == "}":
            raise ReadError(f"{token.text} takes {macro.arity} arguments", token.span)
        first = rest.pop()
        if first.text != "{":
            if len(first.text) > 1 and first.text[0].isalnum():  # TeX takes one letter or digit
                rest.append(Token(first.text[1:], first.start + 1, first.end))
                first = Token(first.text[0], first.start, min(first.start + 1, first.end))
            out.append([first])
            continue
        depth = 1
        argument: list[Token] = []
        while rest:
            part = rest.pop()
            depth += (part.text == "{") - (part.text == "}")
            if depth == 0:
                break
            argument.append(part)
        else:
            raise ReadError(f"an argument of {token.text} is never closed", first.span)
        out.append(argument)
    return out


def _skip_blank(rest: list[Token]) -> None:
    while rest and rest[-1].text == " ":
        rest.pop()

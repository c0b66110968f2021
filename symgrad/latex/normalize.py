"""Tokens as written into tokens that mean something: spacing, sizes and frames go, words become names,
brackets find their partners and every bar learns whether it opens, closes, conditions or evaluates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ..errors import ReadError, Span
from ..functions import TOUCHING
from ..page.relations import OPS
from ..patterns import Pattern
from .tokens import Token
from .vocabulary import (
    BARE_WORDS,
    DELIMITERS,
    ENDS,
    FRAMES,
    FRAMES_WITH_ARGUMENT,
    FUNCTIONS,
    NAME_WORDS,
    ONE_TOKEN,
    OPENERS,
    PROSE,
    SILENT,
    SILENT_WITH_ARGUMENT,
    SIZES,
    SUBSCRIPT_WORDS,
    WORD_FONTS,
)

_CLOSERS = {**{b: a for a, b in OPENERS.items()}, "}": "{", "\\right|": "\\left|", "\\right\\|": "\\left\\|"}
_OPEN = frozenset([*OPENERS, "{", "\\left|", "\\left\\|", "\\left."])
MAX_WORD = 60
"""Tokens that the words in a ``\\text`` may have."""
_SIDED = frozenset(
    ["|", "\\|", ".", "<", ">", "(", ")", "[", "]", "\\{", "\\}", "\\langle", "\\rangle", "\\lfloor",
     "\\rfloor", "\\lceil", "\\rceil", "\\left|", "\\right|", "\\left\\|", "\\right\\|"]
)  # fmt: skip
_OPENING, _CLOSING = frozenset(["(", "[", "{", "\\{"]), frozenset([")", "]", "}", "\\}"])
_DEFINES = frozenset(["\\Delta", "\\triangle", "\\mathrm{def}"])
_UPPER_WORDS = frozenset(["new", "old", "train", "test", "true", "pred"])
_INSIDE = Pattern(f"({'|'.join((*TOUCHING, 'diag', 'softmax'))})")
"""Functions that stay functions when the letters of names touch them: ``ylog(p)``, ``logw``."""
_OPERATORS = frozenset(f"\\{name}" for name in ("arg", "min", "max", "sup", "inf", "lim", "sum", "prod"))
_CASE_WORDS = frozenset(["if", "for", "when", "otherwise", "else"])
_WORD_SIGNS = frozenset([*" -.,:;'/&_", "\\_", "\\&"])


@dataclass(slots=True)
class Layout:
    """The tokens that count, and for every opening bracket the place of its partner."""

    tokens: list[Token]
    partner: dict[int, int]


def lay_out(raw: Sequence[Token], is_word: Callable[[str], bool]) -> Layout:
    """``is_word`` tells which runs of letters are names of their own (``MSE`` once it is defined)."""
    tokens = _Simplifier(raw, is_word).run()
    return Layout(tokens, _pair(tokens))


class _Simplifier:
    def __init__(self, raw: Sequence[Token], is_word: Callable[[str], bool], depth: int = 0) -> None:
        self.raw = raw
        self.depth = depth
        self.is_word = is_word
        self.out: list[Token] = []
        self.braces: dict[int, int] = {}
        self.groups: list[str] = []  # for every open brace: "_", "^" or ""

    def run(self) -> list[Token]:
        k = 0
        while k < len(self.raw):
            token = self.raw[k]
            first = token.text[0]
            k += 1
            if first == "\\":
                k = self.command(token, k)
            elif first.isalpha() and first < "\x7f":
                self.letters(token, k)
            elif first != " ":
                self.sign(token)
        return self.out

    def sign(self, token: Token) -> None:
        text, out = token.text, self.out
        before = out[-1] if out else Token("", -1, -1)
        if text == "$":
            raise ReadError("a '$' inside mathematics", token.span)
        if text == "{":
            self.groups.append(before.text if before.text in ("_", "^") else "")
        elif text == "}" and self.groups:
            self.groups.pop()
        if text == "|" and before.text == "|" and before.end == token.start and self.bars_pair:
            out[-1] = Token("\\|", before.start, token.end)
        elif text[0].isdecimal() and len(text) > 1 and before.text in ONE_TOKEN:
            self.digits(token)
        else:
            out.append(token)

    @cached_property
    def bars_pair(self) -> bool:
        """Are two bars side by side a norm?  In ``|x||y|`` they are not."""
        bars = [t for t in self.raw if t.text == "|"]
        pairs = sum(a.end == b.start for a, b in pairwise(bars))
        return pairs % 2 == 0 or len(bars) == 2 * pairs

    def command(self, token: Token, k: int) -> int:
        handler = _COMMANDS.get(token.text)
        if handler is not None:
            return handler(self, token, k)
        self.out.append(token._replace(text=DELIMITERS.get(token.text, token.text)))
        return k

    def nothing(self, _: Token, k: int) -> int:
        return k

    def wide_space(self, token: Token, k: int) -> int:
        if self.separates(k):
            self.out.append(token._replace(text=","))
        return k

    def environment(self, token: Token, k: int) -> int:
        k = self.blank(k)
        stop = self.close(k)
        name = "".join(t.text for t in self.raw[k + 1 : stop]).strip()
        self.out.append(Token(f"{token.text}{{{name}}}", token.start, self.raw[stop].end))
        if token.text == "\\begin" and name == "array":
            return self.skip_argument(token, self.skip_optional(stop + 1))
        if token.text == "\\begin" and name.endswith("*"):
            return self.skip_optional(stop + 1)
        return stop + 1

    def row_break(self, token: Token, k: int) -> int:
        if not self.out or self.out[-1].text != "\\\\":  # Markdown may want two of them
            self.out.append(token._replace(text="\\\\"))
        return self.skip_length(k)

    def escaped(self, token: Token, k: int) -> int:
        """``x\\_i``, ``x\\_max``: a subscript whose sign Markdown made its author escape."""
        if k == len(self.raw):
            self.out.append(token)
            return k
        self.out.append(token._replace(text=token.text[1:]))
        after = self.raw[k]
        if token.text == "\\_" and len(after.text) > 1 and after.text.isalpha() and after.text.isascii():
            self.out.append(Token(f"\\text{{{after.text}}}", after.start, after.end))
            return k + 1
        return k

    def separates(self, k: int) -> bool:
        """Does a wide space stand between two entries in brackets, as in ``[a \\quad b]``?"""
        k = self.blank(k)
        after = self.raw[k].text if k < len(self.raw) else ")"
        before = self.out[-1].text if self.out else ""
        if before in ENDS - {")", "]", "}"} or after in ENDS or after in SILENT or after == "\\right":
            return False
        depth = 0
        for token in reversed(self.out[-MAX_WORD:]):
            depth += (token.text in _CLOSING) - (token.text in _OPENING)
            if depth < 0:
                return token.text == "["
        return False

    def blank(self, k: int) -> int:
        while k < len(self.raw) and self.raw[k].text == " ":
            k += 1
        return k

    def digits(self, token: Token) -> None:
        """TeX takes one digit: ``\\frac12``, ``x^12``."""
        text, start = token.text, token.start
        if not text.isdecimal():
            raise ReadError("write braces around this number", token.span)
        within = token.end - start == len(text)
        self.out.append(Token(text[0], start, start + 1 if within else token.end))
        self.out.append(Token(text[1:], start + 1 if within else start, token.end))

    def argument(self, k: int) -> tuple[list[Token], int]:
        """The tokens of a braced or one-token argument, and the place behind it."""
        k = self.blank(k)
        if k >= len(self.raw):
            raise ReadError("an argument is missing", self.raw[-1].span)
        if self.raw[k].text != "{":
            return [self.raw[k]], k + 1
        stop = self.close(k)
        return list(self.raw[k + 1 : stop]), stop + 1

    def stacked(self, token: Token, k: int) -> int:
        """A note over or under a relation sign goes; ``\\underset{w}{\\min}`` is ``\\min_{w}``."""
        note, k = self.argument(k)
        base, k = self.argument(k)
        sign = "".join(t.text for t in base if t.text != " ")
        words = "".join(t.text for t in note if t.text[0].isalpha())
        at = Token(sign, token.start, self.raw[k - 1].end)
        if sign in OPS or sign in ("=", "<", ">"):
            defines = sign == "=" and (words == "def" or any(t.text in _DEFINES for t in note))
            self.out.append(at._replace(text=":=") if defines else at)
            return k
        if token.text != "\\underset":
            raise ReadError(f"{token.text} over something that is no relation", at.span)
        opening, closing = ([at._replace(text=t) for t in texts] for texts in ("_{", "}"))
        self.out += self.deeper([*base, *opening, *note, *closing], token)
        return k

    def deeper(self, raw: Sequence[Token], token: Token) -> list[Token]:
        if self.depth > 20:
            raise ReadError("nested too deeply to read", token.span)
        return _Simplifier(raw, self.is_word, self.depth + 1).run()

    def sided(self, token: Token, k: int) -> int:
        k = self.blank(k)
        if k == len(self.raw):
            raise ReadError(f"{token.text} without a bracket", token.span)
        bracket = self.raw[k]
        text = DELIMITERS.get(bracket.text, bracket.text)
        if text not in _SIDED:
            raise ReadError(f"{token.text} without a bracket", token.span)
        if text == "|" or text == "\\|" or text == ".":
            text = token.text + text
        elif text in "<>":
            text = "\\langle" if text == "<" else "\\rangle"
        elif text.startswith("\\left") or text.startswith("\\right"):
            text = token.text + text.removeprefix("\\left").removeprefix("\\right")
        self.out.append(Token(text, token.start, bracket.end))
        return k + 1

    def close(self, k: int) -> int:
        """The place of the brace that closes the one at ``k``."""
        if not self.braces:
            opened: list[int] = []
            for j, token in enumerate(self.raw):
                if token.text == "{":
                    opened.append(j)
                elif token.text == "}" and opened:
                    self.braces[opened.pop()] = j
        if k not in self.braces:
            raise ReadError("a brace that is never closed", self.raw[min(k, len(self.raw) - 1)].span)
        return self.braces[k]

    def skip_argument(self, _: Token, k: int) -> int:
        k = self.blank(k)
        if k < len(self.raw) and self.raw[k].text == "{":
            return self.close(k) + 1
        return k + 1

    def skip_optional(self, k: int) -> int:
        j = self.blank(k)
        if j < len(self.raw) and self.raw[j].text == "[":
            while j < len(self.raw) and self.raw[j].text != "]":
                j += 1
            return j + 1
        return k

    def skip_length(self, k: int) -> int:
        """Past the ``[0.7em]`` after a line break, if that is what stands there."""
        if k + 3 < len(self.raw) and self.raw[k].text == "[":
            parts = [t.text for t in self.raw[k + 1 : k + 7]]
            if "]" in parts:
                length = "".join(parts[: parts.index("]")]).strip()
                if length[-2:] in ("em", "ex", "pt", "mm", "cm", "px", "in"):
                    return k + 2 + parts.index("]")
        return k

    def word(self, token: Token, k: int) -> int:
        """What a font of words holds: the first of `_WORDINGS` that it is; else the font stays."""
        start = stop = self.blank(k)
        if start < len(self.raw) and self.raw[start].text == "{":
            stop = self.close(start)
            inside = [t for t in self.raw[start + 1 : min(stop, start + MAX_WORD)] if t.text not in SILENT]
        else:
            inside = list(self.raw[start : start + 1])
            if inside and inside[0].text == "}":
                raise ReadError(f"{token.text} without its argument", token.span)
        if not inside:
            return stop + 1
        for wording in _WORDINGS if stop < start + MAX_WORD else ():
            tokens = wording(self, token, inside, stop)
            if tokens is not None:
                self.out += tokens
                return stop + 1
        if token.text != "\\mathop" or stop >= start + MAX_WORD:
            self.out.append(token._replace(text="\\mathrm"))
        return k

    def condition(self, token: Token, inside: Sequence[Token], stop: int) -> list[Token] | None:
        """``if k = y``: a word and a relation, whether in dollars or not."""
        said = [t for t in inside if t.text not in ("$", " ")]
        compares = any(t.text in OPS or t.text in "=<>" for t in said)
        words = [t for t in said[1:] if t.text.isalpha() and len(t.text) > 1]
        if not said or said[0].text not in _CASE_WORDS or not compares or words:
            return None
        first = Token(f"\\text{{{said[0].text}}}", token.start, said[0].end)
        return [first, *self.deeper(said[1:], token)]

    def sentence(self, token: Token, inside: Sequence[Token], stop: int) -> list[Token] | None:
        """Text with mathematics between dollars: the words become text, the mathematics itself."""
        if all(t.text != "$" for t in inside):
            return None
        out: list[Token] = []
        piece: list[Token] = []
        math = False
        for t in [*inside, Token("$", token.end, token.end)]:
            if t.text != "$":
                piece.append(t)
                continue
            words = "".join(p.text for p in piece).strip()
            if math:
                out += self.deeper(piece, token)
            elif words:
                out.append(Token(f"\\text{{{words}}}", token.start, t.start))
            piece, math = [], not math
        return out

    def name(self, token: Token, inside: Sequence[Token], stop: int) -> list[Token] | None:
        """A word is a function, an upright d, or a name; ``x_{\\text{max}}`` has a name below."""
        if not all(t.text[0].isalnum() or t.text in _WORD_SIGNS for t in inside):
            return None
        word = "".join("\\_" if t.text == "_" else t.text for t in inside).strip()
        if word.replace(" ", "") in FUNCTIONS:
            word = word.replace(" ", "")
        if not word:
            return []
        script = "_" in self.groups or bool(self.out and self.out[-1].text in ("_", "^"))
        if word in FUNCTIONS and (self.bracket_at(stop + 1) or not (script or word in NAME_WORDS)):
            text = FUNCTIONS[word]
        else:
            text = "\\mathrm{d}" if word == "d" else f"\\text{{{word}}}"
        return [Token(text, token.start, self.raw[stop].end)]

    def plain_text(self, token: Token, inside: Sequence[Token], stop: int) -> list[Token] | None:
        plain = token.text.startswith("\\text") or token.text in ("\\mbox", "\\hbox")
        if not plain or any(t.text[0] in "\\_^" for t in inside):
            return None
        words = "".join(t.text for t in inside).strip()
        return [Token(f"\\text{{{words}}}", token.start, self.raw[stop].end)]

    def operator(self, token: Token, inside: Sequence[Token], stop: int) -> list[Token] | None:
        if token.text != "\\mathop":
            return None
        operator = self.deeper(inside, token)
        return operator if len(operator) == 1 or all(t.text in _OPERATORS for t in inside) else None

    def bracket_at(self, k: int) -> bool:
        k = self.blank(k)
        after = self.raw[k].text if k < len(self.raw) else ""
        return after in ("(", "[", "\\{", "\\left", "{") or after in SIZES

    def letters(self, token: Token, k: int) -> None:
        """A run of letters: a name, a function, or a product of letters; TeX takes one for a script."""
        run, start, out = token.text, token.start, self.out
        if len(run) == 1:
            out.append(token)
            return
        before = out[-1].text if out else ""
        if before in ("_", "^"):
            out.append(Token(run[0], start, min(start + 1, token.end)))
            run, start = run[1:], start + 1
        said = self.said_by(run, before, k)
        if said:
            out.append(Token(said, start, token.end))
            return
        if run in PROSE:
            what = f"a word {run!r}: is a backslash missing, or is it text?"
            raise ReadError(what, Span(start, token.end))
        within = token.end - token.start == len(token.text)  # else the run came out of a macro
        for piece in _INSIDE.split(run):
            function = FUNCTIONS.get(piece)
            for text in piece if function is None else (piece,):
                place = Token(text, start, start + len(text)) if within else token
                start += len(text)
                out.append(place._replace(text=function or text))

    def said_by(self, run: str, before: str, k: int) -> str:
        """The one token that a run of letters is, "" where it is letter by letter."""
        bracket = self.bracket_at(k)
        word = f"\\text{{{run}}}"
        if self.groups and self.groups[-1] and before in ("{", ",", "-") and self.script_word(run):
            return word
        if run in _CASE_WORDS and before in ("&", ",", "\\\\"):
            return word
        if run in BARE_WORDS and (bracket or (len(run) > 2 and run not in NAME_WORDS)):
            return FUNCTIONS[run]
        if run in PROSE:
            return ""
        declared = len(run) > 1 and (self.is_word(run) or run in NAME_WORDS)
        named = declared or _spelled(run) or (run.isupper() and bracket and self.named_in_capitals(run, k))
        return word if named else ""

    def named_in_capitals(self, run: str, k: int) -> bool:
        """``MSE(w)``, ``LL(\\theta)``: capitals applied to one name or a list; ``IX(A^T A)`` is a product."""
        if len(run) < 3 and run[0] != run[-1]:
            return False
        depth, inside = 0, []
        for token in self.raw[k : k + MAX_WORD]:
            depth += (token.text == "(") - (token.text == ")")
            if token.text == ")" and depth == 0:
                break
            if token.text != " " and token.text not in SIZES and token.text not in ("\\left", "\\right"):
                inside.append(token.text)
        else:
            return False
        return len(inside) == 2 or "," in inside or "|" in inside or (len(inside) > 2 and inside[2] == "_")

    def script_word(self, run: str) -> bool:
        if self.groups[-1] == "^":
            return run in _UPPER_WORDS or (len(run) > 2 and run in SUBSCRIPT_WORDS and run not in FUNCTIONS)
        return (
            run in SUBSCRIPT_WORDS
            or (len(run) >= 3 and run.isupper())
            or (len(run) >= 4 and any(v in run.lower() for v in "aeou"))
        )


_COMMANDS: dict[str, Callable[[_Simplifier, Token, int], int]] = {
    **dict.fromkeys(("\\_", "\\*"), _Simplifier.escaped),
    **dict.fromkeys(("\\\\", "\\cr", "\\tabularnewline"), _Simplifier.row_break),
    **dict.fromkeys(("\\overset", "\\stackrel", "\\underset"), _Simplifier.stacked),
    **dict.fromkeys(("\\begin", "\\end"), _Simplifier.environment),
    **dict.fromkeys(FRAMES, _Simplifier.nothing),
    **dict.fromkeys(FRAMES & FRAMES_WITH_ARGUMENT, _Simplifier.skip_argument),
    **dict.fromkeys(SILENT_WITH_ARGUMENT, _Simplifier.skip_argument),
    **dict.fromkeys(WORD_FONTS, _Simplifier.word),
    **dict.fromkeys(("\\left", "\\right"), _Simplifier.sided),
    **dict.fromkeys((*SILENT, *SIZES), _Simplifier.nothing),
    **dict.fromkeys(("\\quad", "\\qquad"), _Simplifier.wide_space),
}
_WORDINGS = (
    _Simplifier.condition,
    _Simplifier.sentence,
    _Simplifier.name,
    _Simplifier.plain_text,
    _Simplifier.operator,
)


def _spelled(run: str) -> bool:
    """Is a run of letters a word (``cost``, ``Loss``) rather than a product of letters?"""
    if len(run) < 4 or run.isupper() or len(_INSIDE.sub("", run)) < min(3, len(run)):
        return False
    return any(v in "aeiou" for v in run.lower())


def _pair(tokens: list[Token]) -> dict[int, int]:
    partner: dict[int, int] = {}
    stack: list[tuple[int, list[int]]] = [(-1, [])]
    for k, token in enumerate(tokens):
        text = token.text
        if text in _OPEN or text.startswith("\\begin{"):
            stack.append((k, []))
        elif text in ("|", "\\|"):
            stack[-1][1].append(k)
        elif text in _CLOSERS or text == "\\right." or text.startswith("\\end{"):
            place, bars = stack.pop()
            opener = tokens[place].text if place >= 0 else ""
            if not _fits(opener, text):
                if place < 0:
                    raise ReadError(f"{text} closes nothing", token.span)
                raise ReadError(f"{text} closes {opener}", token.span)
            partner[place] = k
            _settle_bars(tokens, bars)
        elif text in ("&", "\\\\"):
            _settle_bars(tokens, stack[-1][1])
            stack[-1][1].clear()
    place, bars = stack.pop()
    if stack:
        raise ReadError(f"{tokens[place].text} is never closed", tokens[place].span)
    _settle_bars(tokens, bars)
    return partner


def _fits(opener: str, closer: str) -> bool:
    if closer == "\\right.":
        return opener not in ("", "{") and not opener.startswith("\\begin")
    if opener == "\\left.":
        return closer != "}" and not closer.startswith("\\end")
    if closer.startswith("\\end{"):
        return opener == "\\begin" + closer[4:]
    # Half-open intervals close a bracket with a parenthesis.
    return _CLOSERS[closer] == opener or (opener in ("(", "[") and closer in (")", "]"))


def _settle_bars(tokens: list[Token], bars: list[int]) -> None:
    """Say of each plain bar of one bracket level what it does: open, close, condition or evaluate."""
    for sign in ("|", "\\|"):
        opened = -1
        for k in bars:
            token = tokens[k]
            if token.text != sign:
                continue
            follows = tokens[k + 1].text if k + 1 < len(tokens) else ""
            if opened >= 0:
                tokens[k] = token._replace(text=f"\\right{sign}")
                opened = -1
            elif follows == "_" and sign == "|":
                tokens[k] = token._replace(text="\\at")
            else:
                tokens[k] = token._replace(text=f"\\left{sign}")
                opened = k
        if opened >= 0:
            tokens[opened] = tokens[opened]._replace(text="\\mid" if sign == "|" else "\\parallel")

"""The grammar: a precedence parser over typed symbols.

From loose to tight: relation, sum, Hadamard product, product, factor (a sum sign, a nabla or a derivative
reaches over the rest of its product), atom with scripts.  A derivative or a nabla in operator form takes
the product that is written next to it, up to a written ``\\cdot``, a further derivative, ``+`` or ``-``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from ..errors import ReadError, Span
from ..page import (
    Abs,
    Add,
    Call,
    Cases,
    Chain,
    Component,
    Derivative,
    Dots,
    Evaluated,
    Frac,
    Gradient,
    Hadamard,
    Indexed,
    Indicator,
    Inner,
    Matrix,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Prime,
    Prod,
    Relation,
    Sum,
    Sym,
    Transpose,
    map_children,
    walk,
)
from ..scope import Scope
from ..show.latex import FUNCTION_LETTERS
from .layout import Layout
from .names import (
    ACCENTS,
    BRACES,
    DOTS,
    FONTS,
    FRACTIONS,
    FUNCTION_COMMANDS,
    FUNCTIONS,
    GREEK,
    HADAMARD_SIGNS,
    LETTERS,
    MATRICES,
    PRODUCT_SIGNS,
    RELATIONS,
)

MAX_DEPTH = 100
MAX_ROW = 400
"""How deep brackets and operators may nest; how many scripts, slashes or signs may pile up in one place."""

T = TypeVar("T")

_FUNCTION_TOKENS = FUNCTION_COMMANDS | frozenset(FUNCTIONS.values())
_CANONICAL_FUNCTION = {
    "\\argmin": "\\arg\\min", "\\argmax": "\\arg\\max", "\\Tr": "\\operatorname{tr}",
    **{f"\\{word}": name for word, name in FUNCTIONS.items() if "{" in name},
}  # fmt: skip
_REACHING = frozenset(
    ["\\operatorname{tr}", "\\arg\\min", "\\arg\\max", "\\max", "\\min", "\\sup", "\\inf", "\\lim"]
)
_BUILTIN_LETTERS = frozenset(["\\sigma"])
_EXPECTATIONS = frozenset(["\\mathbb{E}", "E", "\\mathbb{P}", "P", "\\mathbb{V}", "\\mathbb{H}"])
_ONES = frozenset(["\\mathbb{1}", "\\mathbf{1}", "\\boldsymbol{1}", "\\mathbb{I}", "I", "\\mathrm{1}", "\\mathrm{I}",
                   "\\mathcal{I}", "\\mathbf{I}"])  # fmt: skip
_ENDS = (
    frozenset(["", "+", "-", "=", ")", "]", "}", ",", ";", ":", ".", "!", "'", "<", ">", "/", "&", "_", "^",
               "\\\\", "\\}", "\\rangle", "\\right|", "\\right\\|", "\\right.", "\\rfloor", "\\rceil", "\\at",
               "\\mid", "|", "\\|", "\\unpaired", "\\div", "\\pm", "\\mp", "\\overset", "\\stackrel",
               "\\underset", "\\not", "\\because", "\\colon", "\\prime", "\\top", "\\intercal", "\\setminus"])
    | frozenset(RELATIONS) | PRODUCT_SIGNS | HADAMARD_SIGNS
)  # fmt: skip
_TRANSPOSES = frozenset(["T", "\\top", "\\intercal", "\\text{T}", "\\mathsf{T}", "\\transp"])
_MARKS = {"*": "*", "\\ast": "*", "\\star": "\\star", "\\dagger": "\\dagger"}
_OPEN_SETS = frozenset(["\\mathbb{R}", "\\mathbb{N}", "\\mathbb{Z}", "\\mathbb{C}", "\\mathbb{Q}"])
_NAMES = (Sym, Indexed, Prime)


_ACCENTED = re.compile(rf"({'|'.join(re.escape(a) for a in sorted(set(ACCENTS.values())))})\{{(.*)\}}$")


class Grammar:
    """One reading of one text; ``whole`` gives the page."""

    def __init__(self, layout: Layout, scope: Scope) -> None:
        self.tokens = layout.tokens
        self.texts = [t.text for t in layout.tokens] + [""]
        self.partner = layout.partner
        self.scope = scope
        self.pos = 0
        self.end = len(self.tokens)
        self.depth = 0
        self.bound: list[str] = []
        self.brackets: dict[int, tuple[list[Node], int, int]] = {}
        self.dotted = False
        self.index_letters = frozenset(
            s.name
            for group in scope.definitions.values()
            for d in group
            if getattr(d, "bracket", "()") == ""
            for up in d.upper
            for s in walk(up)
            if isinstance(s, Sym)
        )

    # -- tokens ---------------------------------------------------------------------------------

    def whole(self) -> Node:
        while self.end > 1 and self.texts[self.end - 1] in (",", ".", ";", ":"):
            self.end -= 1
        node = self.relation()
        if self.pos < self.end:
            raise self.unexpected()
        return node

    @property
    def text(self) -> str:
        return self.texts[self.pos] if self.pos < self.end else ""

    def take(self) -> str:
        text = self.text
        self.pos += 1
        return text

    def span(self, start: int) -> Span:
        return Span(self.tokens[start].start, self.tokens[max(start, self.pos - 1)].end)

    def error(self, message: str, place: int | None = None) -> ReadError:
        at = self.pos if place is None else place
        token = self.tokens[min(at, len(self.tokens) - 1)]
        return ReadError(message, token.span)

    def unexpected(self) -> ReadError:
        text = self.text
        if not text:
            last = self.tokens[min(self.end, len(self.tokens)) - 1]
            return ReadError("something is missing at the end", Span(last.end - 1, last.end))
        if text in ("\\pm", "\\mp"):
            return self.error(f"{text} stands for two values: write each")
        if text.startswith("\\text{"):
            return self.error(f"text inside mathematics: {text[6:-1]!r}")
        if text == "\\mid" or text == "\\unpaired":
            return self.error("a bar without a partner")
        return self.error(f"{text} cannot stand here")

    def expect(self, text: str) -> None:
        if self.text != text:
            raise self.unexpected()
        self.pos += 1

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("nested too deeply to read")

    def within(self, a: int, b: int, method: Callable[[], T]) -> T:
        """Read tokens a..b completely with ``method``; the position is restored."""
        keep = self.pos, self.end
        self.pos, self.end = a, b
        out = method()
        if self.pos < b:
            raise self.unexpected()
        self.pos, self.end = keep
        return out

    def unbraced(self, a: int, b: int) -> tuple[int, int]:
        """The range without braces that hold all of it."""
        while b - a >= 2 and self.texts[a] == "{" and self.partner[a] == b - 1:
            a, b = a + 1, b - 1
        return a, b

    def argument(self) -> tuple[int, int]:
        """The range of a command's argument: a braced group or one token (with what it needs)."""
        start = self.pos
        text = self.text
        if not text or text in ("}", "&", "\\\\"):
            raise self.unexpected()
        if text == "{":
            self.pos = self.partner[start] + 1
            return start + 1, self.pos - 1
        self.pos += 1
        if text in ACCENTS or text in FONTS or text in FRACTIONS or text in ("\\mathrm", "\\sqrt"):
            for _ in range(2 if text in FRACTIONS else 1):
                self.argument()
        return start, self.pos

    # -- relations and sums ---------------------------------------------------------------------

    def relation(self) -> Node:
        start = self.pos
        first = self.sum()
        rest: list[tuple[str, Node]] = []
        while (op := self.relation_sign()) is not None:
            rest.append((op, self.set_or_sum() if op == "in" else self.sum()))
        if not rest:
            return first
        if len(rest) == 1:
            return Relation(first, rest[0][0], rest[0][1], span=self.span(start))
        return Chain(first, tuple(rest), span=self.span(start))

    def relation_sign(self) -> str | None:
        text = self.text
        after = self.texts[self.pos + 1] if self.pos + 1 < self.end else ""
        if text in ("\\overset", "\\stackrel", "\\underset"):
            start = self.pos
            self.pos += 1
            label = self.argument()
            place = self.argument()
            words = "".join(self.texts[label[0] : label[1]])
            op = self.within(*place, self.relation_sign)
            if op is None:
                raise self.error(f"{text} over something that is no relation", start)
            return ":=" if op == "=" and words in ("def", "\\text{def}", "\\Delta", "\\triangle") else op
        if text == "\\not" and after in ("=", "\\in"):
            if after == "\\in":
                raise self.error("\\not\\in is not read")
            self.pos += 2
            return "!="
        pair = text + after
        if pair in (":=", "<=", ">=") and text != "=":
            self.pos += 2
            return pair
        op = RELATIONS.get(text)
        if op is not None:
            self.pos += 1
        return op

    def set_or_sum(self) -> Node:
        """What stands behind ``\\in``: braces are a set, a bracketed pair is an interval."""
        start = self.pos
        if self.text in ("(", "["):
            close = self.partner[start]
            items, bar, stop = self.bracket()
            if len(items) == 2 and bar < 0:
                self.pos = stop
                name = self.texts[start] + self.texts[close]
                return Call(Sym(name), tuple(items), span=self.span(start))
        return self.sum()

    def signs(self) -> int:
        """Consume signs; how many minus signs there were."""
        count = 0
        start = self.pos
        while self.text in ("+", "-"):
            count += self.take() == "-"
            if self.pos - start > MAX_ROW:
                raise self.error("a row of signs without end")
        if count > 20:
            raise self.error("a row of signs without end", start)
        return count

    def negated(self, node: Node, count: int, start: int) -> Node:
        for _ in range(count):
            node = Neg(node, span=self.span(start))
        return node

    def sum(self) -> Node:
        start = self.pos
        self.deeper()
        minus = self.signs()
        first = self.negated(self.term(), minus, start)
        if self.text in ("+", "-"):
            terms = [first]
            while self.text in ("+", "-"):
                at = self.pos
                minus = self.signs()
                terms.append(self.negated(self.term(), minus, at))
            first = Add(tuple(terms), span=self.span(start))
        self.depth -= 1
        return first

    def term(self) -> Node:
        start = self.pos
        first = self.product()
        if self.text not in HADAMARD_SIGNS:
            return first
        factors = [first]
        while self.text in HADAMARD_SIGNS:
            self.pos += 1
            at = self.pos
            minus = self.signs()
            factors.append(self.negated(self.product(), minus, at))
        return Hadamard(tuple(factors), span=self.span(start))

    # -- products -------------------------------------------------------------------------------

    def product(self, operand: bool = False) -> Node:
        """A product; as the operand of an operator it ends at a written sign or a further derivative."""
        start = self.pos
        factors = [self.factor()]
        slash = -1
        while True:
            text = self.text
            if text == "{" and self.partner[self.pos] == self.pos + 1:
                self.pos += 2
            elif text in PRODUCT_SIGNS or (text == "." and self.tight_dot()):
                if operand:
                    break
                self.pos += 1
                self.dotted = True
                at = self.pos
                minus = self.signs()
                factors.append(self.negated(self.factor(), minus, at))
                slash = -1
            elif text == "/" or text == "\\div":
                self.pos += 1
                self.count_slash(slash)
                slash = self.pos
                at = self.pos
                minus = self.signs()
                below = self.negated(self.factor(), minus, at)
                factors[-1] = Frac(factors[-1], below, span=self.span(start))
            elif text not in _ENDS:
                if operand and self.starts_derivative():
                    break
                if slash >= 0:
                    self.check_slash(factors[-1])
                factors.append(self.factor())
            else:
                break
            if len(factors) > MAX_ROW * 10:
                raise self.error("a product without end")
        if len(factors) == 1:
            return factors[0]
        return Mul(tuple(factors), span=self.span(start))

    def tight_dot(self) -> bool:
        """``x_1.y_1``: a full stop between two factors, without space."""
        here = self.tokens[self.pos]
        after = self.texts[self.pos + 1] if self.pos + 1 < self.end else ""
        return (
            after not in _ENDS and after[0] != "." and self.tokens[self.pos + 1].start == here.end
            and self.tokens[self.pos - 1].end == here.start
        )

    def count_slash(self, slash: int) -> None:
        if slash >= 0:
            raise self.error("a/b/c can be read in two ways: write \\frac")

    def check_slash(self, quotient: Node) -> None:
        """``1/2 (a+b)`` and ``1/N \\sum`` are clear; ``1/2 s`` and ``a/b c`` are not."""
        text = self.text
        if text in ("\\sum", "\\prod", "\\nabla") or self.starts_derivative() or text in _FUNCTION_TOKENS:
            return
        clear = isinstance(quotient, Frac) and isinstance(quotient.num, Num)
        if clear and text in ("(", "[", "\\{", "\\left|", "\\left\\|", "\\langle"):
            return
        raise self.error("a/b c can be read in two ways: write \\frac or parentheses")

    def starts_derivative(self) -> bool:
        text = self.text
        if text in ("\\nabla", "\\triangledown", "\\partial", "\\mathrm{d}"):
            return True
        if text not in FRACTIONS or self.pos + 1 >= self.end or self.texts[self.pos + 1] != "{":
            return False
        a, b = self.unbraced(self.pos + 2, self.partner[self.pos + 1])
        if a == b or self.texts[a] not in ("\\partial", "\\mathrm{d}", "d"):
            return False
        below = self.partner[self.pos + 1] + 1
        if self.texts[below] != "{":
            return False
        c, _ = self.unbraced(below + 1, self.partner[below])
        return self.texts[c] == self.texts[a]

    # -- factors --------------------------------------------------------------------------------

    def factor(self) -> Node:
        self.deeper()
        node = self.prefixed()
        self.depth -= 1
        return node

    def prefixed(self) -> Node:
        start, text = self.pos, self.text
        if text in ("\\sum", "\\prod"):
            return self.big_operator()
        if text in ("\\nabla", "\\triangledown"):
            return self.nabla()
        if text in FRACTIONS:
            return self.fraction()
        if text == "\\partial":
            return self.partial()
        if text == "d":
            inline = self.inline_derivative("d")
            if inline is not None:
                return inline
        if text in _FUNCTION_TOKENS and text not in ("\\sqrt",):
            return self.function()
        if text == "\\mathrm{d}":
            inline = self.inline_derivative("\\mathrm{d}")
            if inline is not None:
                return inline
            self.pos += 1
            return Call(Sym("\\mathrm{d}"), (self.factor(),), span=self.span(start))
        return self.scripted(self.atom(), start)

    def atom(self) -> Node:
        start, text = self.pos, self.text
        if not text or text in _ENDS:
            if text == "." and self.texts[self.pos : self.pos + 3] == [".", ".", "."]:
                self.pos += 3
                return Dots(span=self.span(start))
            raise self.unexpected()
        first = text[0]
        if first.isdecimal() or first == ".":
            self.pos += 1
            return self.number(text, start)
        if text in LETTERS or (first.isalpha() and len(text) == 1 and text < "\x7f"):
            self.pos += 1
            if text == "\\Delta" and self.delta_of_name():
                name = self.atom()
                return self.renamed(name, lambda inner: f"\\Delta{{{inner}}}", start)
            return Sym(text, span=self.span(start))
        if text in ACCENTS or text in FONTS or text == "\\mathrm":
            return self.decorated()
        if text.startswith("\\text{"):
            return self.word()
        if text in ("(", "[", "\\{"):
            return self.bracketed()
        if text == "{":
            return self.braced()
        handler = _ATOMS.get(text)
        if handler is not None:
            return handler(self)
        if text in DOTS:
            self.pos += 1
            return Dots(span=self.span(start))
        if text.startswith("\\begin{"):
            return self.environment()
        if text in BRACES:
            self.pos += 1
            a, b = self.argument()
            node = self.within(a, b, self.relation)
            if self.text in ("_", "^"):
                self.pos += 1
                self.argument()
            return node
        if first == "\\":
            raise self.error(f"unknown command {text}")
        raise self.error(f"unknown sign {text!r}")

    def number(self, text: str, start: int) -> Node:
        span = self.tokens[start].span
        if "{,}" in text:
            whole, decimals = text.split("{,}")
            if len(decimals) == 3 and not whole.startswith("0"):
                raise self.error(f"{whole},{decimals}: a decimal or a thousand? write it without the comma", start)
        else:
            whole, _, decimals = text.partition(".")
        if not decimals:
            return Num(int(whole), span=span)
        return Num(Fraction(int((whole or "0") + decimals), 10 ** len(decimals)), len(decimals), span=span)

    # -- names ----------------------------------------------------------------------------------

    def delta_of_name(self) -> bool:
        if "\\Delta" in self.scope.kinds or "\\Delta" in self.scope.definitions:
            return False
        text = self.text
        a = self.pos
        if text == "{":
            a, b = self.unbraced(a, self.partner[a] + 1)
            text = self.texts[a]
            if b - a > 1 and text not in ACCENTS and text not in FONTS and self.texts[a + 1] not in ("_", "^"):
                return False
        return text in LETTERS or text in ACCENTS or text in FONTS or (len(text) == 1 and text.isalpha())

    def decorated(self) -> Node:
        """An accent or a font over a name; over more, it goes to the names inside."""
        start = self.pos
        command = self.take()
        a, b = self.unbraced(*self.argument())
        if a == b:
            raise self.error(f"{command} of nothing", start)
        if command == "\\mathrm":
            return self.renamed(self.within(a, b, self.relation), lambda inner: f"\\mathrm{{{inner}}}", start)
        if command in ACCENTS:
            mark = ACCENTS[command]
            node = self.within(a, b, self.relation)
            if not isinstance(node, Sym | Indexed | Prime | Transpose | Pow):
                raise self.error(f"{command} over more than a name", start)
            return self.renamed(node, lambda inner: f"{mark}{{{inner}}}", start)
        font = FONTS[command]
        letters = "".join(self.texts[a:b])
        if letters.isalnum() and letters < "\x7f" and (len(letters) == 1 or command not in ("\\boldsymbol", "\\bm")):
            if len(letters) > 1 and font == "\\mathbf" and len(letters) < 3 and not letters.isdecimal():
                factors = tuple(Sym(f"{font}{{{c}}}", span=self.span(start)) for c in letters)
                return Mul(factors, span=self.span(start))
            return Sym(f"{font}{{{letters}}}", span=self.span(start))
        node = self.within(a, b, self.relation)
        bold_greek = font == "\\mathbf"

        def rename(inner: str) -> str:
            accented = _ACCENTED.match(inner)
            if accented:
                return f"{accented[1]}{{{rename(accented[2])}}}"
            if inner.startswith((font, "\\boldsymbol", "\\mathbf")):
                return inner
            return f"\\boldsymbol{{{inner}}}" if bold_greek and inner in GREEK else f"{font}{{{inner}}}"

        return self.renamed(node, rename, start)

    def renamed(self, node: Node, rename: Callable[[str], str], start: int) -> Node:
        """The node with its names (not its indices, not the arguments of its calls) renamed."""
        span = self.span(start)
        match node:
            case Sym(name):
                return Sym(rename(name), span=span)
            case Indexed(base, lower, upper, bracket):
                return Indexed(self.renamed(base, rename, start), lower, upper, bracket, span=span)
            case Prime(fn, order):
                return Prime(self.renamed(fn, rename, start), order, span=span)
            case Call(fn, args):
                if isinstance(fn, Sym) and fn.name in _FUNCTION_TOKENS:
                    return node
                return Call(self.renamed(fn, rename, start), args, span=span)
            case Pow(base, exp):
                return Pow(self.renamed(base, rename, start), exp, span=span)
            case Num():
                return Sym(rename(str(node.value)), span=span) if not node.places else node
        return map_children(node, lambda child: self.renamed(child, rename, start))

    def word(self) -> Node:
        start = self.pos
        word = self.take()[6:-1]
        if word in FUNCTIONS:
            raise self.error(f"{word} is a function", start)
        if not word.isalnum() or not word[0].isalpha():
            if word in ("1",):
                return Sym("\\mathrm{1}", span=self.span(start))
            self.pos = start
            raise self.unexpected()
        if len(word) == 1:
            name = {"E": "\\mathbb{E}", "e": "e", "P": "P"}.get(word, f"\\mathrm{{{word}}}")
            return Sym(name, span=self.span(start))
        return Sym(f"\\mathrm{{{word}}}", span=self.span(start))

    # -- brackets -------------------------------------------------------------------------------

    def bracket(self) -> tuple[list[Node], int, int]:
        """Items of the bracket at hand, the number of items before its bar (-1: no bar), what follows.

        Read once and remembered, since the caller may find that it is a factor and no argument list.
        """
        start = self.pos
        known = self.brackets.get(start)
        if known is not None:
            return known
        close = self.partner[start]
        items, bar = self.within(start + 1, close, self.items)
        self.brackets[start] = items, bar, close + 1
        return items, bar, close + 1

    def items(self) -> tuple[list[Node], int]:
        out: list[Node] = []
        bar = -1
        while self.pos < self.end:
            out.append(self.relation())
            text = self.text
            if text == "\\mid":
                if bar >= 0:
                    raise self.unexpected()
                bar = len(out)
            elif text not in (",", ";"):
                break
            self.pos += 1
            if self.pos == self.end:
                self.pos -= 1
                raise self.unexpected()
        return out, bar

    def bracketed(self) -> Node:
        start = self.pos
        opener = self.texts[start]
        close = self.texts[self.partner[start]]
        items, bar, stop = self.bracket()
        self.pos = stop
        if bar >= 0:
            raise self.error("a bar inside brackets that are no argument list", start)
        if not items:
            raise self.error("empty brackets", start)
        before = self.texts[start - 1] if start else ""
        if opener == "\\{" and (len(items) > 1 or before == "\\in"):
            return Call(Sym("\\{\\}"), tuple(items), span=self.span(start))
        if {"(": ")", "[": "]", "\\{": "\\}"}[opener] != close and close != "\\right.":
            raise self.error(f"{opener} is closed by {close}", start)
        if len(items) > 1:
            return Matrix((tuple(items),), span=self.span(start))
        item = items[0]
        if isinstance(item, Chain) or (isinstance(item, Relation) and opener != "["):
            raise self.error("a relation inside brackets", start)
        if isinstance(item, Relation):
            return Indicator(item, span=self.span(start))
        return item

    def braced(self) -> Node:
        start = self.pos
        close = self.partner[start]
        before = self.texts[start - 1] if start else ""
        node = self.within(start + 1, close, self.relation)
        self.pos = close + 1
        after = self.text
        loose = before in _ENDS or before in ("{", "(", "[", "\\{")
        if isinstance(node, Add | Neg) and (not loose or after not in _ENDS or after in ("_", "^", "!", "'")):
            if not (isinstance(node, Neg) and loose and after in PRODUCT_SIGNS):
                raise self.error("braces print nothing, so this sum stands open: write parentheses", start)
        if isinstance(node, Relation | Chain):
            raise self.error("a relation inside braces", start)
        return node

    def modulus(self) -> Node:
        start = self.pos
        self.pos += 1
        node = self.sum()
        self.expect("\\right|")
        if self.text == "_":
            self.pos += 1
            return Norm(node, self.norm_index(), span=self.span(start))
        return Abs(node, span=self.span(start))

    def norm(self) -> Node:
        start = self.pos
        self.pos += 1
        node = self.sum()
        self.expect("\\right\\|")
        index: Node | None = None
        if self.text == "_":
            self.pos += 1
            index = self.norm_index()
        elif self.text == "^" and self.texts_after_script() == "_":
            power = self.power_first()
            self.expect("_")
            index = self.norm_index()
            return Pow(Norm(node, index, span=self.span(start)), power, span=self.span(start))
        return Norm(node, index, span=self.span(start))

    def norm_index(self) -> Node:
        a, b = self.unbraced(*self.argument())
        if b - a == 1 and self.texts[a].startswith("\\text{"):
            return Sym(self.texts[a][6:-1], span=self.tokens[a].span)
        node = self.within(a, b, self.sum)
        if isinstance(node, Sym) and node.name.startswith("\\mathrm{"):
            return Sym(node.name[8:-1], span=node.span)
        return node

    def texts_after_script(self) -> str:
        keep = self.pos
        self.pos += 1
        self.argument()
        text = self.text
        self.pos = keep
        return text

    def power_first(self) -> Node:
        self.pos += 1
        a, b = self.argument()
        return self.within(a, b, self.sum)

    def inner(self) -> Node:
        start = self.pos
        items, bar, stop = self.bracket()
        self.pos = stop
        if len(items) != 2:
            raise self.error("an inner product has two sides", start)
        return Inner(items[0], items[1], span=self.span(start))

    def evaluated(self) -> Node:
        """``\\left. body \\right|_{x=0}``."""
        start = self.pos
        close = self.partner[start]
        body = self.within(start + 1, close, self.sum)
        self.pos = close + 1
        if self.texts[close] == "\\right|":
            return self.at(body, start)
        return body

    def at(self, body: Node, start: int) -> Node:
        self.expect("_")
        a, b = self.unbraced(*self.argument())
        point = self.within(a, b, self.relation)
        if not isinstance(point, Relation) and isinstance(body, Derivative) and len(body.by) == 1:
            point = Relation(body.by[0][0], "=", point, span=point.span)
        if not isinstance(point, Relation):
            raise self.error("evaluated at what? write the variable: |_{x = ..}", a)
        return Evaluated(body, point, span=self.span(start))

    def root(self) -> Node:
        start = self.pos
        self.pos += 1
        if self.text == "[":
            close = self.partner[self.pos]
            degree = self.within(self.pos + 1, close, self.sum)
            self.pos = close + 1
            a, b = self.argument()
            return Call(Sym("\\sqrt"), (self.within(a, b, self.sum), degree), span=self.span(start))
        if self.text == "(":  # \sqrt as a function word
            items, _, self.pos = self.bracket()
            return Call(Sym("\\sqrt"), tuple(items), span=self.span(start))
        a, b = self.argument()
        return Call(Sym("\\sqrt"), (self.within(a, b, self.sum),), span=self.span(start))

    def binomial(self) -> Node:
        start = self.pos
        self.pos += 1
        n, k = self.argument(), self.argument()
        args = (self.within(*n, self.sum), self.within(*k, self.sum))
        return Call(Sym("\\binom"), args, span=self.span(start))

    def environment(self) -> Node:
        start = self.pos
        name = self.texts[start][7:-1]
        close = self.partner[start]
        if name in ("cases", "dcases", "rcases", "cases*"):
            node: Node = self.cases(start + 1, close)
        elif name in MATRICES:
            rows = [
                tuple(self.within(a, b, self.sum) for a, b in cells) for cells in self.rows(start + 1, close)
            ]
            if len({len(row) for row in rows}) != 1:
                raise self.error("rows of a matrix with different lengths", start)
            node = Matrix(tuple(rows), span=self.span(start))
        elif name in ("aligned", "split", "gathered", "alignedat"):
            raise self.error(f"a {name} block inside a formula", start)
        else:
            raise self.error(f"unknown environment {name}", start)
        self.pos = close + 1
        return node

    def rows(self, a: int, b: int) -> list[list[tuple[int, int]]]:
        """Ranges of the cells of every row; an empty last row is none."""
        out: list[list[tuple[int, int]]] = [[]]
        start = k = a
        while k < b:
            text = self.texts[k]
            if text in ("&", "\\\\"):
                out[-1].append((start, k))
                start = k + 1
                if text == "\\\\":
                    out.append([])
            k = self.partner.get(k, k) + 1
        out[-1].append((start, b))
        if len(out) > 1 and len(out[-1]) == 1 and out[-1][0][0] == out[-1][0][1]:
            out.pop()
        return out

    def cases(self, a: int, b: int) -> Node:
        branches: list[tuple[Node, Relation | None]] = []
        for cells in self.rows(a, b):
            if len(cells) == 1:
                cells = self.split_case(*cells[0])
            if len(cells) != 2:
                raise self.error("a case is a value & a condition", cells[0][0])
            (c, d), condition = cells[0], cells[1]
            if self.texts[d - 1] in (",", ";"):
                d -= 1
            value = self.within(c, d, self.sum)
            branches.append((value, self.case_condition(*condition)))
        return Cases(tuple(branches), span=Span(self.tokens[a - 1].start, self.tokens[b].end))

    def split_case(self, a: int, b: int) -> list[tuple[int, int]]:
        for k in range(a, b):
            if self.texts[k].startswith("\\text{"):
                return [(a, k), (k, b)]
        return [(a, b)]

    def case_condition(self, a: int, b: int) -> Relation | None:
        while b > a and self.texts[b - 1] in (",", ".", ";"):
            b -= 1
        words = [self.texts[k][6:-1].strip(" ,:") for k in range(a, b) if self.texts[k].startswith("\\text{")]
        inside = [k for k in range(a, b) if not self.texts[k].startswith("\\text{")]
        if not inside:
            if [w for w in words if w not in ("otherwise", "else", "sonst", "otherwise.", "sinon")]:
                raise self.error(f"a condition in words: {' '.join(words)!r}", a)
            return None
        if [w for w in words if w not in ("if", "for", "when", "falls", "wenn", "si", "")]:
            raise self.error(f"a condition in words: {' '.join(words)!r}", a)
        letters = "".join(self.texts[k] for k in inside)
        if letters == "otherwise":
            return None
        if letters.startswith("if"):
            inside = inside[2:]
        condition = self.within(inside[0], inside[-1] + 1, self.relation)
        if not isinstance(condition, Relation):
            raise self.error("a case needs one relation as its condition", inside[0])
        return condition

    # -- functions ------------------------------------------------------------------------------

    def function(self) -> Node:
        start = self.pos
        name = self.take()
        name = _CANONICAL_FUNCTION.get(name, name)
        if name == "\\arg":
            if self.text not in ("\\max", "\\min"):
                raise self.error("\\arg without \\min or \\max", start)
            name += self.take()
        if name == "\\operatorname{sigmoid}" and "\\sigma" not in self.scope.kinds:
            name = "\\sigma" if "\\sigma" not in self.scope.definitions else name
        head, power = self.head(Sym(name, span=self.tokens[start].span), start)
        args = self.applied(name, isinstance(head, Indexed))
        if args is None:
            return self.raised(head, power, start)
        node: Node = Call(head, args, span=self.span(start))
        return self.scripted(self.raised(node, power, start), start)

    def head(self, name: Node, start: int) -> tuple[Node, Node | None]:
        """A function name with its scripts: ``\\log_2``, ``\\tanh'``, ``\\sin^2`` (the power comes back)."""
        lower: tuple[Node, ...] = ()
        power: Node | None = None
        primes = 0
        while self.text in ("_", "^", "'"):
            sign = self.take()
            if sign == "'":
                primes += 1
            elif sign == "_":
                lower = self.indices(*self.argument())
            else:
                a, b = self.unbraced(*self.argument())
                if all(t in ("\\prime", "'") for t in self.texts[a:b]):
                    primes += b - a
                    continue
                power = self.within(a, b, self.sum)
                if not isinstance(power, Num):
                    raise self.error("a function to this power: an inverse? write it out", a)
        node: Node = Indexed(name, lower, span=self.span(start)) if lower else name
        return (Prime(node, primes, span=self.span(start)) if primes else node), power

    def raised(self, node: Node, power: Node | None, start: int) -> Node:
        return node if power is None else Pow(node, power, span=self.span(start))

    def applied(self, name: str, subscripted: bool) -> tuple[Node, ...] | None:
        """Arguments of a function, in brackets or bare; None where none follow."""
        text = self.text
        if text in ("(", "[", "\\{"):
            items, bar, stop = self.bracket()
            if bar >= 0:
                raise self.error(f"a bar in the arguments of {name}")
            self.pos = stop
            return tuple(items)
        if text == "{":
            a, b = self.unbraced(self.pos, self.partner[self.pos] + 1)
            self.pos = self.partner[self.pos] + 1
            if self.texts[a] in ("(", "[") and self.partner[a] == b - 1:
                a, b = a + 1, b - 1
            items, bar = self.within(a, b, self.items)
            return tuple(items)
        if text in _ENDS:
            return None
        if name in _REACHING:
            return (self.product(operand=True),)
        start = self.pos
        first = self.factor()
        follows = [first]
        while self.starts_plain_name():
            if not all(isinstance(f, Num) for f in follows[:1]):
                raise self.error(f"how far does {name} reach here? write its argument in parentheses")
            follows.append(self.factor())
        if len(follows) == 1:
            return (first,)
        return (Mul(tuple(follows), span=self.span(start)),)

    def starts_plain_name(self) -> bool:
        text = self.text
        return bool(text) and text not in _ENDS and (
            text in LETTERS or text in ACCENTS or text in FONTS or (len(text) == 1 and text.isalnum())
        )

    def called(self, name: Node, start: int) -> Node | None:
        """The call ``name(..)`` if that is what stands here, else None."""
        text = self.text
        base = _base(name)
        if base is None:
            return None
        place = self.pos
        if text == "{":
            a, b = self.unbraced(place, self.partner[place] + 1)
            if self.texts[a] != "(" or self.partner.get(a) != b - 1:
                return None
            self.pos = a
        elif text == "[" or text == "\\{":
            if base not in _EXPECTATIONS or self.known_number(base, name):
                return None
        elif text != "(":
            return None
        outer = self.end if text != "{" else self.partner[place] + 1
        items, bar, stop = self.bracket()
        self.pos = place
        if not items or not (text in ("[", "\\{") or self.is_call(base, name, items, bar)):
            return None
        self.pos = outer if text == "{" else stop
        fn = name
        if base == "E" and text == "[":
            fn = self.renamed(name, lambda _: "\\mathbb{E}", start)
        if bar >= 0:
            before, behind = (",".join(["\\cdot"] * k) for k in (bar, len(items) - bar))
            mark = f"({before}\\mid{behind})"
            fn = self.renamed(fn, lambda inner: inner + mark, start)
        return Call(fn, tuple(items), span=self.span(start))

    def known_number(self, base: str, name: Node) -> bool:
        kind = self.scope.kinds.get(base)
        if self.scope.is_function(base) or (kind is not None and kind.rests):
            return False
        return kind is not None or base in self.scope.definitions

    def is_call(self, base: str, name: Node, items: list[Node], bar: int) -> bool:
        """Is ``name`` applied to ``items``, or multiplied by them?"""
        kind = self.scope.kinds.get(base)
        if bar >= 0 or isinstance(name, Prime) or self.scope.is_function(base):
            return True
        if kind is not None and kind.rests:
            return True
        if len(items) != 1:
            return True
        if self.known_number(base, name) or base in ("e", "d", "\\infty"):
            return False
        if base in _BUILTIN_LETTERS or base.startswith("\\mathrm") or base in _EXPECTATIONS:
            return True
        item = items[0]
        if isinstance(item, _NAMES):
            return True
        if any(isinstance(s, Sym) and s.name == base for s in walk(item)):
            return False
        return base in FUNCTION_LETTERS

    # -- scripts --------------------------------------------------------------------------------

    def scripted(self, node: Node, start: int) -> Node:
        """The atom with everything that hangs on it: scripts, primes, arguments, bars, factorials."""
        rounds = 0
        while True:
            text = self.text
            rounds += 1
            if rounds > MAX_ROW:
                raise self.error("scripts without end")
            if text in ("_", "^", "'"):
                node, again = self.one_script(node, start)
                if not again:
                    return node
            elif text == "\\at":
                self.pos += 1
                node = self.at(node, start)
            elif text == "!" and not (self.pos + 1 < self.end and self.texts[self.pos + 1] == "="):
                self.pos += 1
                node = Call(Sym("!"), (node,), span=self.span(start))
            elif text in ("(", "[", "{", "\\{") and isinstance(node, _NAMES):
                indicator = self.indicator(node, start)
                call = indicator or self.called(node, start)
                if call is None:
                    return node
                node = call
            elif text == "\\{" and node == Num(1) and self.has_relation(self.pos + 1, self.partner[self.pos]):
                return self.iverson(start)
            else:
                return node

    def one_script(self, node: Node, start: int) -> tuple[Node, bool]:
        """One group of scripts (at most one below and one above); whether more may follow."""
        lower: tuple[Node, ...] | None = None
        above: tuple[int, int] | None = None
        primes = 0
        while self.text in ("_", "^", "'"):
            sign = self.take()
            if sign == "'":
                if above is not None:
                    raise self.error("a prime behind a superscript", self.pos - 1)
                primes += 1
                if primes > 9:
                    raise self.error("too many primes", self.pos - 1)
            elif sign == "_":
                if lower is not None:
                    raise self.error("two subscripts", self.pos - 1)
                a, b = self.unbraced(*self.argument())
                if self.is_one(node) and self.has_relation(a, b):
                    return self.subscripted_indicator(a, b, start), True
                lower = self.indices(a, b)
            else:
                if above is not None:
                    raise self.error("two superscripts", self.pos - 1)
                if self.text == "-" and node == Sym("e"):  # e^-x prints a lone minus, which means nothing else
                    above = (self.pos, self.pos + 2)
                    self.pos += 2
                    continue
                a, b = self.unbraced(*self.argument())
                if b > a and all(t == "\\prime" for t in self.texts[a:b]):
                    primes += b - a
                else:
                    above = (a, b)
        return self.assembled(node, lower or (), primes, above, start), True

    def assembled(
        self, node: Node, lower: tuple[Node, ...], primes: int, above: tuple[int, int] | None, start: int
    ) -> Node:
        span = self.span(start)
        name = isinstance(node, _NAMES) and self.texts[start] not in ("(", "[", "\\{")
        upper: tuple[Node, ...] = ()
        bracket = "()"
        if above is not None and name:
            a, b = above
            upper, bracket, a = self.upper_indices(node, a, b)
            above = (a, b) if a < b else None
        if name:
            if lower or upper:
                node = Indexed(node, lower, upper, bracket, span=span)
        elif lower:
            if lower == (Sym("+"),):
                node = Call(Sym("\\operatorname{relu}"), (node,), span=span)
                lower = ()
            elif above is not None and self.is_transpose(*above):
                node, above = Transpose(node, span=span), None
            if lower:
                node = Component(node, lower, span=span)
        if primes:
            node = Prime(node, primes, span=span)
        if above is None:
            return node
        a, b = above
        if isinstance(node, _NAMES) and self.pos < self.end and self.texts[self.pos] in ("(", "{"):
            call = None if self.is_transpose(a, b) else self.powered_call(node, a, b, start)
            if call is not None:
                return call
        return self.superscript(node, a, b, span)

    def powered_call(self, node: Node, a: int, b: int, start: int) -> Node | None:
        """``f^2(x)``: the square of the value."""
        place = self.pos
        call = self.called(node, start)
        if call is None:
            return None
        base = _base(node) or ""
        item = call.args[0] if isinstance(call, Call) else node
        declared = self.scope.is_function(base) or isinstance(node, Prime)
        if not declared and not (isinstance(call, Call) and isinstance(item, _NAMES)):
            if base in _BUILTIN_LETTERS or base in FUNCTION_LETTERS:
                raise self.error(f"a power of the number or of the function {base}? declare it or move the power", place)
            self.pos = place
            return None
        exp = self.within(a, b, self.sum)
        if not isinstance(exp, Num):
            raise self.error("a function to this power: an inverse? write it out", a)
        return Pow(call, exp, span=self.span(start))

    def superscript(self, node: Node, a: int, b: int, span: Span) -> Node:
        if a == b:
            return node
        if self.is_transpose(a, b) and not isinstance(node, Num):
            return Transpose(node, span=span)
        if self.texts[a] == "-" and self.is_transpose(a + 1, b):
            inverse = Pow(node, Neg(Num(1)), span=span)
            return Transpose(inverse, span=span)
        base = node.name if isinstance(node, Sym) else ""
        if base in _OPEN_SETS:
            return Pow(node, self.within(a, b, self.shape), span=span)
        return Pow(node, self.within(a, b, self.sum), span=span)

    def shape(self) -> Node:
        """``n \\times d`` above a set of numbers."""
        start = self.pos
        sizes = [self.size()]
        while self.text == "\\times":
            self.pos += 1
            sizes.append(self.size())
        return sizes[0] if len(sizes) == 1 else Call(Sym("\\times"), tuple(sizes), span=self.span(start))

    def size(self) -> Node:
        start = k = self.pos
        while k < self.end and self.texts[k] != "\\times":
            k = self.partner.get(k, k) + 1
        node = self.within(start, min(k, self.end), self.sum)
        self.pos = min(k, self.end)
        return node

    def is_transpose(self, a: int, b: int) -> bool:
        if b - a == 4 and self.texts[a] in FONTS and self.texts[a + 2] == "T":
            return True
        if b - a != 1 or self.texts[a] not in _TRANSPOSES:
            return False
        kind = self.scope.kinds.get("T") if self.texts[a] == "T" else None
        return kind is None or kind.role not in ("size", "index") and bool(kind.shape)

    def upper_indices(self, node: Node, a: int, b: int) -> tuple[tuple[Node, ...], str, int]:
        """Superscripts that are indices, how they are marked, and where the rest (a power) begins."""
        texts = self.texts
        first = texts[a] if a < b else ""
        if first in ("(", "[") and not (isinstance(node, Sym) and node.name == "e"):
            close = self.partner[a]
            rest = close + 1
            if rest == b or self.is_transpose(rest, b):
                return self.indices(a + 1, close), first + texts[close], rest
        if first in _MARKS and (b - a == 1 or self.is_transpose(a + 1, b)):
            return (Sym(_MARKS[first], span=self.tokens[a].span),), "", a + 1
        if b - a == 1 and first.startswith("\\text{") and not self.is_transpose(a, b):
            return (Sym(first, span=self.tokens[a].span),), "", b
        if self.has_comma(a, b) or self.names_upper_index(node, a, b):
            return self.indices(a, b), "", b
        return (), "()", a

    def names_upper_index(self, node: Node, a: int, b: int) -> bool:
        """Do only letters that a definition uses as bare upper indices stand here (``W^L``, ``h^{l-1}``)?"""
        letters = [t for t in self.texts[a:b] if t in LETTERS or t.isalpha()]
        return bool(letters) and not self.is_transpose(a, b) and all(t in self.index_letters for t in letters)

    def has_comma(self, a: int, b: int) -> bool:
        return any(self.texts[k] == "," for k in self.top_level(a, b))

    def has_relation(self, a: int, b: int) -> bool:
        a, b = self.unbraced(a, b)
        if a < b and self.texts[a] in ("\\{", "(", "[") and self.partner[a] == b - 1:
            a, b = a + 1, b - 1
        return any(self.texts[k] in RELATIONS for k in self.top_level(a, b))

    def top_level(self, a: int, b: int) -> list[int]:
        out = []
        k = a
        while k < b:
            out.append(k)
            k = self.partner.get(k, k) + 1
        return out

    def indices(self, a: int, b: int) -> tuple[Node, ...]:
        """Index entries: separated by commas or written next to each other."""
        a, b = self.unbraced(a, b)
        if a == b:
            return ()
        if b - a == 1:
            text, span = self.texts[a], self.tokens[a].span
            if text in _MARKS or text in ("+", "-"):
                return (Sym(_MARKS.get(text, text), span=span),)
            if text.startswith("\\text{"):
                return (Sym(text, span=span),)
        return self.within(a, b, self.index_row)

    def index_row(self) -> tuple[Node, ...]:
        out: list[Node] = []
        while True:
            self.dotted = False
            if self.text.startswith("\\text{"):
                start = self.pos
                node: Node = Sym(self.take(), span=self.span(start))
            else:
                node = self.relation()
            if isinstance(node, Mul) and not self.dotted:
                out += node.factors
            else:
                out.append(node)
            if self.text not in (",", ";"):
                return tuple(out)
            self.pos += 1

    # -- indicators -----------------------------------------------------------------------------

    def is_one(self, node: Node) -> bool:
        return node == Num(1) or (isinstance(node, Sym) and node.name in _ONES)

    def indicator(self, node: Node, start: int) -> Node | None:
        if self.text == "{" or not self.is_one(node):
            return None
        if not self.has_relation(self.pos + 1, self.partner[self.pos]):
            return None
        return self.iverson(start)

    def iverson(self, start: int) -> Node:
        close = self.partner[self.pos]
        condition = self.within(self.pos + 1, close, self.relation)
        self.pos = close + 1
        return self.indicated(condition, start)

    def subscripted_indicator(self, a: int, b: int, start: int) -> Node:
        if self.texts[a] in ("\\{", "(", "[") and self.partner[a] == b - 1:
            a, b = a + 1, b - 1
        return self.indicated(self.within(a, b, self.relation), start)

    def indicated(self, condition: Node, start: int) -> Node:
        if not isinstance(condition, Relation):
            raise self.error("an indicator of one relation is read, not of several", start)
        return Indicator(condition, span=self.span(start))

    # -- sums and products over an index --------------------------------------------------------

    def big_operator(self) -> Node:
        start = self.pos
        kind = Sum if self.take() == "\\sum" else Prod
        under: tuple[int, int] | None = None
        over: tuple[int, int] | None = None
        while self.text in ("_", "^"):
            sign = self.take()
            place = self.unbraced(*self.argument())
            if (under if sign == "_" else over) is not None:
                raise self.error("two bounds in one place", self.pos - 1)
            if sign == "_":
                under = place
            else:
                over = place
        upper = self.within(*over, self.sum) if over is not None else None
        binders: list[tuple[Sym, Node | None, Relation | None]] = [(Sym(""), None, None)]
        if under is not None and under[0] < under[1]:
            binders = self.within(*under, self.binders)
        span_sign = self.span(start)
        self.bound += [index.name for index, _, _ in binders]
        at = self.pos
        minus = self.signs()
        body = self.negated(self.term(), minus, at)
        del self.bound[len(self.bound) - len(binders) :]
        for index, lower, condition in reversed(binders):
            body = kind(body, index, lower, upper, condition, span=Span(span_sign.start, self.span(start).end))
        return body

    def binders(self) -> list[tuple[Sym, Node | None, Relation | None]]:
        """What stands under a sum sign: ``i=1``, ``i``, ``i,j``, ``j \\ne i``, ``k \\in S``, ``i : y_i = 1``."""
        start = self.pos
        colon = next((k for k in self.top_level(self.pos, self.end) if self.texts[k] in (":", "\\colon", "\\mid")), -1)
        if colon >= 0 and self.texts[colon + 1] != "=":
            head = self.within(self.pos, colon, self.binders)
            self.pos = colon + 1
            condition = self.relation()
            if len(head) != 1 or not isinstance(condition, Relation) or head[0][2] is not None:
                raise self.error("one index and one condition can stand under a sum", start)
            return [(head[0][0], head[0][1], condition)]
        parts: list[Node] = [self.relation()]
        while self.text in (",", ";", "\\\\"):
            self.pos += 1
            parts.append(self.relation())
        out: list[tuple[Sym, Node | None, Relation | None]] = []
        for part in parts:
            entries = part.factors if isinstance(part, Mul) else (part,)
            for entry in entries:
                self.bind(entry, out, start)
        lows = [low for _, low, _ in out]
        if len(out) > 1 and lows[-1] is not None and all(low is None for low in lows[:-1]):
            out = [(index, lows[-1], condition) for index, _, condition in out]  # i,j=1
        return out

    def bind(self, entry: Node, out: list[tuple[Sym, Node | None, Relation | None]], start: int) -> None:
        match entry:
            case Sym() | Indexed():
                out.append((self.index(entry, start), None, None))
            case Relation(lhs, "=", rhs):
                out.append((self.index(lhs, start), rhs, None))
            case Relation(lhs, op, rhs):
                known = out[-1] if out else None
                if known is not None and known[2] is None and known[0] in (lhs, rhs):
                    out[-1] = (known[0], known[1], entry)
                    return
                index = self.index(lhs, start)
                if op == "<" and isinstance(rhs, Sym) and rhs.name not in self.bound and index.name < rhs.name:
                    raise self.error(
                        f"does this run over {index.name} and {rhs.name}, or over {index.name} alone? write "
                        f"\\sum_{{{rhs.name}}} \\sum_{{{index.name} : {index.name} < {rhs.name}}}", start
                    )
                out.append((index, None, entry))
            case Chain(first, ((("<=" | "<") as op, Sym() as middle), ("<=", last))):
                low = first if op == "<=" else Add((first, Num(1)))
                raise self.error(f"write the bounds as \\sum_{{{middle.name}=..}}^{{..}}", start) if low is last else (
                    self.error(f"write these bounds as \\sum_{{{middle.name}=a}}^{{b}}", start)
                )
            case _:
                raise self.error("cannot tell the index of this sum", start)

    def index(self, node: Node, start: int) -> Sym:
        if isinstance(node, Sym):
            return node
        raise self.error("the index of a sum must be a letter", start)

    # -- derivatives ----------------------------------------------------------------------------

    def fraction(self) -> Node:
        start = self.pos
        self.pos += 1
        above = self.unbraced(*self.argument())
        below = self.unbraced(*self.argument())
        stop = self.pos
        a, c = above[0], below[0]
        d = self.texts[a] if above[0] < above[1] else ""
        e = self.texts[c] if below[0] < below[1] else ""
        if "\\partial" in (d, e) or (d in ("d", "\\mathrm{d}") and e in ("d", "\\mathrm{d}") and below[1] - c > 1):
            if d == e:
                derivative = self.derivative(start, above, below)
                if derivative is not None:
                    return derivative
            elif d == "\\partial":
                raise self.error("\\partial above the line, none below", c)
            else:
                raise self.error("\\partial below the line, none above", a)
        self.pos = stop
        num = self.within(*above, self.sum)
        den = self.within(*below, self.sum)
        self.pos = stop
        return self.scripted(Frac(num, den, span=self.span(start)), start)

    def derivative(self, start: int, above: tuple[int, int], below: tuple[int, int]) -> Node | None:
        stop = self.pos
        sign = self.texts[above[0]]
        d = "\\partial" if sign == "\\partial" else "d"
        order, body_at = self.order(above[0] + 1, above[1])
        variables = self.within(*below, lambda: self.variables(sign))
        if variables is None:
            if d == "d":
                return None
            raise self.error("cannot read the variables of this derivative", below[0])
        by = self.orders(variables, order, above[0])
        if body_at == above[1]:
            self.pos = stop
            operand_at = self.pos
            if self.text in _ENDS and self.text not in ("-",):
                raise self.error("a derivative of nothing", start)
            minus = self.signs()
            body = self.negated(self.product(operand=True), minus, operand_at)
            return Derivative(body, by, "operator", d, span=self.span(start))
        body = self.within(body_at, above[1], self.sum)
        self.pos = stop
        return self.scripted(Derivative(body, by, "fraction", d, span=self.span(start)), start)

    def order(self, a: int, b: int) -> tuple[int, int]:
        """The order written above a ``\\partial`` and the place behind it."""
        if a < b and self.texts[a] == "^":
            keep, self.pos = self.pos, a + 1
            c, d = self.unbraced(*self.argument())
            place, self.pos = self.pos, keep
            number = self.within(c, d, self.sum)
            if not isinstance(number, Num) or number.places or not 0 < number.value <= 9:
                raise self.error("the order of a derivative is a small number", c)
            return int(number.value), place
        return 1, a

    def variables(self, sign: str) -> list[Node] | None:
        out: list[Node] = []
        while self.pos < self.end:
            if self.text == "{" and self.texts[self.pos + 1] == sign:
                close = self.partner[self.pos]
                inner = self.within(self.pos + 1, close, lambda: self.variables(sign))
                if inner is None:
                    return None
                out += inner
                self.pos = close + 1
                continue
            if self.text != sign or self.pos + 1 == self.end:
                return None if not out and sign != "\\partial" else self.stop_variables(sign)
            self.pos += 1
            start = self.pos
            out.append(self.scripted(self.atom(), start))
        return out

    def stop_variables(self, sign: str) -> None:
        if sign == "\\partial":
            raise self.unexpected()
        self.pos = self.end

    def orders(self, variables: list[Node], order: int, place: int) -> tuple[tuple[Node, int], ...]:
        if order == len(variables):
            return tuple((v, 1) for v in variables)
        out: list[tuple[Node, int]] = []
        for v in variables:
            match v:
                case Pow(base, Num(k, 0)) if int(k) == k and k > 0:
                    out.append((base, int(k)))
                case _:
                    out.append((v, 1))
        total = sum(k for _, k in out)
        if total != order:
            raise self.error(f"a derivative of order {order} above the line, of order {total} below", place)
        return tuple(out)

    def inline_derivative(self, sign: str) -> Node | None:
        """``d/dw``, ``dL/dw``: a derivative written with a slash."""
        start = self.pos
        slash = -1
        for k in range(start, min(self.end, start + 12)):
            if self.texts[k] == "/":
                slash = k
                break
        if slash < 0 or slash + 2 >= self.end or self.texts[slash + 1] != sign:
            return None
        d = "\\partial" if sign == "\\partial" else "d"
        order, body_at = self.order(start + 1, slash)
        body: Node | None = None
        if body_at < slash:
            self.pos = body_at
            keep, self.end = self.end, slash
            body = self.scripted(self.atom(), body_at)
            done = self.pos == slash
            self.end = keep
            if not done:
                self.pos = start
                return None
        self.pos = slash + 1
        variables: list[Node] = []
        while self.text == sign and len(variables) < order:
            self.pos += 1
            at = self.pos
            variable = self.atom()
            while self.text in ("_", "^"):
                variable, _ = self.one_script(variable, at)
            variables.append(variable)
            if isinstance(variable, Pow):
                break
        by = self.orders(variables, order, start)
        if body is not None:
            return Derivative(body, by, "fraction", d, span=self.span(start))
        at = self.pos
        minus = self.signs()
        body = self.negated(self.product(operand=True), minus, at)
        return Derivative(body, by, "operator", d, span=self.span(start))

    def partial(self) -> Node:
        """``\\partial_w body`` or ``\\partial L / \\partial w``."""
        start = self.pos
        inline = self.inline_derivative("\\partial")
        if inline is not None:
            return inline
        self.pos += 1
        order = 1
        variables: tuple[Node, ...] = ()
        while self.text in ("_", "^"):
            if self.take() == "_":
                variables = self.indices(*self.argument())
            else:
                order, _ = self.order(self.pos - 1, self.end)
                self.argument()
        if not variables:
            raise self.error("\\partial by what? write \\partial_w or \\frac{\\partial ..}{\\partial w}", start)
        by = ((variables[0], order),) if len(variables) == 1 else tuple((v, 1) for v in variables)
        at = self.pos
        minus = self.signs()
        body = self.negated(self.product(operand=True), minus, at)
        return Derivative(body, by, "operator", "\\partial", span=self.span(start))

    def nabla(self) -> Node:
        start = self.pos
        self.pos += 1
        wrt: Node | None = None
        order = 1
        while self.text in ("_", "^"):
            if self.take() == "_":
                a, b = self.unbraced(*self.argument())
                wrt = self.within(a, b, self.sum)
            else:
                order, _ = self.order(self.pos - 1, self.end)
                self.argument()
        if self.text in PRODUCT_SIGNS:
            raise self.error("a divergence or a curl is not read")
        at = self.pos
        minus = self.signs()
        body = self.negated(self.product(operand=True), minus, at)
        return Gradient(body, wrt, order, span=self.span(start))


def _base(name: Node) -> str | None:
    while isinstance(name, Indexed | Prime):
        name = name.base if isinstance(name, Indexed) else name.fn
    return name.name if isinstance(name, Sym) else None


_ATOMS: dict[str, Callable[[Grammar], Node]] = {
    "\\left|": Grammar.modulus, "\\left\\|": Grammar.norm, "\\langle": Grammar.inner,
    "\\left.": Grammar.evaluated, "\\sqrt": Grammar.root, "\\binom": Grammar.binomial,
    "\\dbinom": Grammar.binomial, "\\tbinom": Grammar.binomial,
}  # fmt: skip

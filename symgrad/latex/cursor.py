"""A place in the tokens: looking, taking, argument ranges, errors; the ground of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from ..errors import ReadError, Reason, Span
from ..page.relations import OPS
from ..page.scope import Scope
from ..page.tree import Neg, Node, Sym, walk
from .normalize import Layout
from .vocabulary import ACCENTS, FONTS, FRACTIONS

MAX_DEPTH = 100
MAX_TREE = 120
MAX_ROW = 400
"""How deep brackets and operators may nest, how deep the tree may be, how much may pile up in one place."""
T = TypeVar("T")


class Cursor:
    """A place in the tokens of one text: what stands here, and how to move on."""

    def __init__(self, layout: Layout, scope: Scope) -> None:
        self.tokens = layout.tokens
        self.texts = [t.text for t in layout.tokens] + [""]
        self.partner = layout.partner
        self.scope = scope
        self.pos = 0
        self.end = len(self.tokens)
        self.depth = 0
        self.bound: list[str] = []
        self.reaches: list[tuple[str, int]] = []  # indices of the signs whose body is being read, and its end
        self.brackets: dict[int, tuple[list[Node], str, int]] = {}
        self.dotted = False
        self.indexing = 0
        self.run_together = False  # may a subscript be two indices without a comma?
        self.pairs: list[tuple[str, str, int]] = []

    @cached_property
    def index_letters(self) -> frozenset[str]:
        """Letters that a definition uses as bare upper indices (``W^L``)."""
        return frozenset(
            s.name
            for group in self.scope.definitions.values()
            for d in group
            if d.bracket == ""
            for up in d.upper
            for s in walk(up)
            if isinstance(s, Sym)
        )

    @property
    def text(self) -> str:
        return self.texts[self.pos] if self.pos < self.end else ""

    def take(self) -> str:
        text = self.text
        self.pos += 1
        return text

    def span(self, start: int) -> Span:
        return Span(self.tokens[start].start, self.tokens[max(start, self.pos - 1)].end)

    def error(self, reason: Reason | str, place: int | None = None) -> ReadError:
        at = self.pos if place is None else place
        token = self.tokens[min(at, len(self.tokens) - 1)]
        return ReadError(reason, token.span)

    def unexpected(self) -> ReadError:
        text = self.text
        if not text:
            last = self.tokens[min(self.end, len(self.tokens)) - 1]
            return ReadError("something is missing at the end", Span(last.end - 1, last.end))
        if text in ("\\pm", "\\mp"):
            return self.error(f"{text} stands for two values: write each")
        if text.startswith("\\text{"):
            return self.error(f"text inside mathematics: {text[6:-1]!r}")
        if text in ("\\mid", "\\parallel"):
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

    def within(self, a: int, b: int, parser: Callable[[Cursor], T]) -> T:
        """Read tokens a..b completely with ``parser``; the position is restored."""
        keep = self.pos, self.end
        self.pos, self.end = a, b
        out = parser(self)
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
            self.deeper()
            for _ in range(2 if text in FRACTIONS else 1):
                self.argument()
            self.depth -= 1
        return start, self.pos

    def top_level(self, a: int, b: int) -> list[int]:
        out = []
        k = a
        while k < b:
            out.append(k)
            k = self.partner.get(k, k) + 1
        return out

    def has_comma(self, a: int, b: int) -> bool:
        return any(self.texts[k] == "," for k in self.top_level(a, b))

    def has_relation(self, a: int, b: int) -> bool:
        a, b = self.unbraced(a, b)
        if a < b and self.texts[a] in ("\\{", "(", "[") and self.partner[a] == b - 1:
            a, b = a + 1, b - 1
        return any(self.texts[k] in OPS for k in self.top_level(a, b))

    def is_unequal(self) -> bool:
        """``!=``, written without a space; ``y! = 1`` is an equation."""
        k = self.pos
        return self.texts[k : k + 2] == ["!", "="] and self.tokens[k].end == self.tokens[k + 1].start

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

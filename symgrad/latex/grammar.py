"""The grammar: a precedence parser over typed symbols.

From loose to tight: relation, sum, Hadamard product, product, factor (a sum sign, a nabla or a derivative
reaches over the rest of its product), atom with scripts.  A derivative or a nabla in operator form takes
the call or the bracket that follows it (``\\nabla f(x) (y - x)`` is a gradient times a difference), else the
product that is written next to it, up to a written ``\\cdot``, a further derivative, ``+`` or ``-``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from ..page.tree import (
    Add,
    Call,
    Chain,
    Dots,
    Frac,
    Hadamard,
    Indexed,
    Mul,
    Node,
    Num,
    Pow,
    Relation,
    Sym,
    Transpose,
    children,
    free_names,
    map_children,
    walk,
)
from .cursor import MAX_ROW, MAX_TREE
from .names_and_scripts import is_bare
from .operators import Operators
from .vocabulary import (
    ACCENTS,
    BRACES,
    DOTS,
    ENDS,
    FONTS,
    FRACTIONS,
    FUNCTION_TOKENS,
    GREEK,
    HADAMARD_SIGNS,
    LETTERS,
    PRODUCT_SIGNS,
    RELATIONS,
)

_DIFFERENTIABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabfghpqrstuvwxyz")


class Grammar(Operators):
    """One reading of one text; ``whole`` gives the page."""

    def whole(self) -> Node:
        while self.end > 1 and self.texts[self.end - 1] in (",", ".", ";", ":"):
            self.end -= 1
        page = self.within(*self.unbraced(0, self.end), self.relation)
        if len(self.tokens) > MAX_TREE and _deep(page):
            raise self.error("nested too deeply to read", 0)
        if self.run_together:
            page = self.split_indices(page)
        for i, j, place in self.pairs:
            if {i, j} & free_names(page):
                what = f"does this run over {i} and {j}, or over {i} alone? write \\sum_{{{i} : {i} < {j}}}"
                raise self.error(what, place)
        return page

    def split_indices(self, page: Node) -> Node:
        """``x_{12}`` and ``x_{in}`` are entries of a matrix where x has two indices elsewhere, here or in the
        scope."""
        double = {n.base for n in walk(page) if isinstance(n, Indexed) and len(n.lower) == 2}
        for name, kind in self.scope.kinds.items():
            if kind.arity + len(kind.shape) == 2:
                double.add(Sym(name))
        for name, group in self.scope.definitions.items():
            if any(len(d.lower) == 2 for d in group):
                double.add(Sym(name))

        def split(node: Node) -> Node:
            node = map_children(node, split)
            if not isinstance(node, Indexed) or node.base not in double:
                return node
            match node.lower:
                case (Num(int(k), 0) as entry,) if 11 <= k <= 99 and k % 10:
                    return replace(node, lower=tuple(Num(int(d), span=entry.span) for d in str(k)))
                case (Sym("\\text{in}", span=span),) if is_bare(span):
                    return replace(node, lower=(Sym("i", span=span), Sym("n", span=span)))
            return node

        return split(page)

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
        if text == "\\not" and after in ("=", "\\in"):
            if after == "\\in":
                raise self.error("\\not\\in is not read")
            self.pos += 2
            return "!="
        if text == "!" and self.is_unequal():
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
            if len(items) == 2 and not bar:
                self.pos = stop
                name = self.texts[start] + self.texts[close]
                return Call(Sym(name), tuple(items), span=self.span(start))
        return self.sum()

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

    def product(self, operand: bool = False) -> Node:
        """A product; as the operand of an operator it ends at a written sign or a further derivative."""
        start = self.pos
        factors = [self.factor()]
        dots: set[int] = set()
        slash = -1
        while not (operand and _is_applied(factors[-1]) and all(map(_is_number, factors[:-1]))):
            text = self.text
            if operand and self.partner.get(start) == self.pos - 1 and text not in ("/", "\\div"):
                break  # a bracket that is there for nothing else holds all of the operand
            if self.begins_anew():
                break
            if text == "{" and self.partner[self.pos] == self.pos + 1:
                self.pos += 2
            elif text in PRODUCT_SIGNS or (text == "." and self.tight_dot()):
                if operand:
                    break
                self.pos += 1
                self.dotted = True
                dots.add(len(factors))
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
            elif text not in ENDS:
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
        return Mul(tuple(factors), frozenset(dots), span=self.span(start))

    def tight_dot(self) -> bool:
        """``x_1.y_1``: a full stop between two factors, without space."""
        here = self.tokens[self.pos]
        after = self.texts[self.pos + 1] if self.pos + 1 < self.end else ""
        return (
            after not in ENDS and after[0] != "." and self.tokens[self.pos + 1].start == here.end
            and self.tokens[self.pos - 1].end == here.start
        )

    def count_slash(self, slash: int) -> None:
        if slash >= 0:
            raise self.error("a/b/c can be read in two ways: write \\frac")

    def check_slash(self, quotient: Node) -> None:
        """``1/2 (a+b)`` and ``1/N \\sum`` are clear; ``1/2 s`` and ``a/b c`` are not."""
        text = self.text
        if text in ("\\sum", "\\prod", "\\nabla") or self.starts_derivative() or text in FUNCTION_TOKENS:
            return
        clear = isinstance(quotient, Frac) and isinstance(quotient.num, Num)
        if clear and text in ("(", "[", "\\{", "\\left|", "\\left\\|", "\\langle"):
            return
        raise self.error("a/b c can be read in two ways: write \\frac or parentheses")

    def factor(self) -> Node:
        self.deeper()
        node = self.prefixed()
        self.depth -= 1
        return node

    def prefixed(self) -> Node:
        start, text = self.pos, self.text
        if text in ("\\sum", "\\prod"):
            return self.big_operator(start)
        if text == "{" and self.wraps_sign(start):
            self.pos += 1
            return self.big_operator(start)
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
            if self.names_differential():
                self.pos += 1
                name = self.renamed(self.atom(), lambda inner: f"d{inner}", start)
                return self.scripted(name, start)
        if text in FUNCTION_TOKENS and text not in ("\\sqrt",):
            return self.function()
        if text == "\\mathrm{d}":
            inline = self.inline_derivative("\\mathrm{d}")
            if inline is not None:
                return inline
            self.pos += 1
            return Call(Sym("\\mathrm{d}"), (self.factor(),), span=self.span(start))
        return self.scripted(self.atom(), start)

    def names_differential(self) -> bool:
        """``dW`` without a space, as course notes call a gradient; with d declared it is a product."""
        k = self.pos + 1
        if self.indexing or k >= self.end or "d" in self.scope.kinds or "d" in self.scope.definitions:
            return False
        text = self.texts[k]
        name = text in GREEK or text in ACCENTS or text in FONTS or text in _DIFFERENTIABLE
        return name and self.tokens[self.pos].end == self.tokens[k].start

    def atom(self) -> Node:
        start, text = self.pos, self.text
        if not text or text in ENDS:
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
            return self.annotated()
        if first == "\\":
            raise self.error(f"unknown command {text}")
        raise self.error(f"unknown sign {text!r}")

    def number(self, text: str, start: int) -> Node:
        span = self.tokens[start].span
        if "{,}" in text:
            whole, decimals = text.split("{,}")
            if len(decimals) == 3 and not whole.startswith("0"):
                raise self.error(f"{whole},{decimals}: decimal or thousands? write it without comma", start)
        else:
            whole, _, decimals = text.partition(".")
        if not decimals:
            return Num(int(whole), span=span)
        return Num(Fraction(int((whole or "0") + decimals), 10 ** len(decimals)), len(decimals), span=span)


def _is_applied(node: Node) -> bool:
    """``f(x)``, also transposed or with a power."""
    while isinstance(node, Transpose | Pow):
        node = node.arg if isinstance(node, Transpose) else node.base
    return isinstance(node, Call) and node.fn != Sym("!")


def _is_number(node: Node) -> bool:
    return isinstance(node, Num) or (isinstance(node, Frac) and isinstance(node.num, Num))


def _deep(page: Node) -> bool:
    """Is the tree deeper than what everybody behind the reader can walk?"""
    stack = [(page, 1)]
    while stack:
        node, depth = stack.pop()
        if depth > MAX_TREE:
            return True
        stack += [(child, depth + 1) for child in children(node)]
    return False


_ATOMS: dict[str, Callable[[Grammar], Node]] = {
    "\\left|": Grammar.modulus, "\\left\\|": Grammar.norm, "\\langle": Grammar.inner,
    "\\left.": Grammar.evaluated, "\\sqrt": Grammar.root, "\\binom": Grammar.binomial,
    "\\dbinom": Grammar.binomial, "\\tbinom": Grammar.binomial,
}  # fmt: skip

"""What hangs on a name: fonts and accents, scripts and primes, arguments; is it a call, a power, an index?"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import Span
from ..functions import PAGES
from ..page.to_latex import EXPECTATIONS, names_function, to_latex
from ..page.tree import (
    Add,
    Call,
    Component,
    Derivative,
    Evaluated,
    Frac,
    Gradient,
    Indexed,
    Indicator,
    Mul,
    Neg,
    Node,
    Num,
    Pow,
    Prime,
    Relation,
    Sym,
    Transpose,
    map_children,
    walk,
)
from ..patterns import Pattern
from .cursor import MAX_ROW, Cursor
from .vocabulary import ACCENTS, FONTS, FUNCTION_TOKENS, FUNCTIONS, GREEK, LETTERS, NAME_WORDS, TRANSPOSES

_APPLIED = frozenset(["\\sigma", "\\Pr"])
_ONES = frozenset(
    ["I", "\\boldsymbol{1}", *(f"\\math{f}{{{one}}}" for f in ("bb", "bf", "rm", "cal") for one in "1I")]
)
_MARKS = {
    "*": "*", "\\ast": "*", "\\star": "\\star", "\\dagger": "\\dagger", "+": "+", "-": "-",
    "\\parallel": "\\parallel", "\\perp": "\\perp", "\\bot": "\\perp",
}  # fmt: skip
_OPEN_SETS = frozenset(["\\mathbb{R}", "\\mathbb{N}", "\\mathbb{Z}", "\\mathbb{C}", "\\mathbb{Q}"])
_NAMES = (Sym, Indexed, Prime)
_NOTATIONS = frozenset(["!", "\\binom", "\\{\\}", "\\times", "[]", "()", "[)", "(]"])
_NEVER_APPLIED = (Sym("e"), Sym("d"), Sym("\\infty"))
_UNBRACKETED = (Sym, Indexed, Prime, Pow, Transpose, Call, Relation)
"""What nobody puts into parentheses to multiply it: ``p(x)`` and ``p(x^2)`` are calls."""
_ACCENTED = Pattern(rf"({'|'.join(re.escape(a) for a in sorted(set(ACCENTS.values())))})\{{(.*)\}}$")


class Scripts(Cursor):
    """Names with their fonts, scripts, primes and arguments."""

    def delta_of_name(self) -> bool:
        if "\\Delta" in self.scope.kinds or "\\Delta" in self.scope.definitions:
            return False
        text = self.text
        a = self.pos
        if text == "{":
            a, b = self.unbraced(a, self.partner[a] + 1)
            text = self.texts[a]
            styled = text in ACCENTS or text in FONTS
            if b - a > 1 and not styled and self.texts[a + 1] not in ("_", "^"):
                return False
        return text in LETTERS or text in ACCENTS or text in FONTS or (len(text) == 1 and text.isalpha())

    def decorated(self) -> Node:
        """A font goes to the names inside; an accent stands over one name (a mean bar over more is no product
        of bars)."""
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
            fn = base_of(node.fn) if isinstance(node, Call) else None
            pointed = mark in ("\\dot", "\\ddot", "\\hat", "\\tilde", "\\vec") and fn is not None
            if fn in FUNCTION_TOKENS or fn in _NOTATIONS:
                pointed = False
            plain = node.arg if isinstance(node, Transpose) else node
            match node:  # an estimate of the variance; a name that no index and no variable reaches into
                case Pow(Sym(name), Num()) if name in GREEK and mark in ("\\hat", "\\tilde"):
                    return Sym(f"{mark}{{{to_latex(node)}}}", span=self.span(start))
            if not pointed and base_of(plain) is None:  # the mean of x^2 is not the square of the mean
                raise self.error(f"{command} over more than a name: give it a name of its own", start)
            return self.renamed(node, lambda inner: f"{mark}{{{inner}}}", start)
        font = FONTS[command]
        letters = "".join(self.texts[a:b])
        product = font == "\\boldsymbol" or (font == "\\mathbf" and len(letters) == 2)
        if letters.isalnum() and letters.isascii() and (len(letters) == 1 or not product):
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
                if isinstance(fn, Sym) and (fn.name in FUNCTION_TOKENS or fn.name in _NOTATIONS):
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
        if word in FUNCTIONS and word not in NAME_WORDS:
            raise self.error(f"{word} is a function", start)
        if not word.replace("\\_", "").isalnum() or not word[0].isalpha():
            if word in ("1",):
                return Sym("\\mathrm{1}", span=self.span(start))
            self.pos = start
            raise self.unexpected()
        if len(word) == 1:
            name = {"E": "\\mathbb{E}", "e": "e", "P": "P"}.get(word, f"\\mathrm{{{word}}}")
            return Sym(name, span=self.span(start))
        return Sym(f"\\mathrm{{{word}}}", span=self.span(start))

    def bracket(self) -> tuple[list[Node], str, int]:
        """Items of the bracket at hand, the mark of the bar between them ("": none), what follows.

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

    def items(self) -> tuple[list[Node], str]:
        out: list[Node] = []
        bar, before = "", 0
        while self.pos < self.end:
            out.append(self.relation())
            text = self.text
            if text in ("\\mid", "\\parallel"):
                if bar:
                    raise self.unexpected()
                bar, before = text, len(out)
            elif text not in (",", ";"):
                break
            self.pos += 1
            if self.pos == self.end:
                self.pos -= 1
                raise self.unexpected()
        dots = [",".join(["\\cdot"] * k) for k in (before, len(out) - before)]
        return out, f"({dots[0]}{bar}{dots[1]})" if bar else ""

    def conditional(self, fn: Node, bar: str, start: int) -> Node:
        """The name of a function with a bar among its arguments says so: ``P(\\cdot\\mid\\cdot)``."""
        return self.renamed(fn, lambda inner: inner + bar, start) if bar else fn

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
        if lower and to_latex(node) in PAGES:  # \log_2
            node = Sym(to_latex(node), span=self.span(start))
        return (Prime(node, primes, span=self.span(start)) if primes else node), power

    def raised(self, node: Node, power: Node | None, start: int) -> Node:
        return node if power is None else Pow(node, power, span=self.span(start))

    def called(self, name: Node, start: int) -> Node | None:
        """The call ``name(..)`` if that is what stands here, else None."""
        text = self.text
        base = base_of(name)
        if base is None:
            return None
        place = self.pos
        if text == "{":
            a, b = self.unbraced(place, self.partner[place] + 1)
            if self.texts[a] != "(" or self.partner.get(a) != b - 1:
                return None
            self.pos = a
        elif text == "[" or text == "\\{":
            if base not in EXPECTATIONS or self.known_number(base, name):
                return None
        elif text != "(":
            return None
        outer = self.end if text != "{" else self.partner[place] + 1
        items, bar, stop = self.bracket()
        self.pos = place
        applied = text in ("[", "\\{") or self.is_call(base, name, items, bar, self.texts[stop] == "^")
        if not items or not applied:
            return None
        self.pos = outer if text == "{" else stop
        fn = name
        if base == "E" and text != "(":
            fn = self.renamed(name, lambda _: "\\mathbb{E}", start)
        return Call(self.conditional(fn, bar, start), tuple(items), span=self.span(start))

    def known_number(self, base: str, name: Node) -> bool:
        kind = self.scope.kinds.get(base)
        if self.scope.is_function(base) or (kind is not None and kind.rests):
            return False
        return kind is not None or base in self.scope.definitions

    def is_call(self, base: str, name: Node, items: list[Node], bar: str, powered: bool) -> bool:
        """Is ``name`` applied to ``items``, or multiplied by them?"""
        kind = self.scope.kinds.get(base)
        if len(items) == 1 and not bar and _holds_value(items[0], base):
            return False  # s (1 - s) of a function's values, also where s is known to be a function
        if bar or isinstance(name, Prime) or self.scope.is_function(base):
            return True
        if kind is not None and kind.rests:
            return True
        if len(items) != 1:
            return True
        if self.known_number(base, name) or name in _NEVER_APPLIED:
            return False
        if base in _APPLIED or base.startswith(("\\mathrm", "\\mathbb")):
            return True
        item = items[0]
        core = item.fn if isinstance(item, Prime) else item
        raised = isinstance(core, Pow | Transpose | Call) or (isinstance(core, Indexed) and core.upper)
        if powered and raised:
            return names_function(base)  # the parentheses of (x^{(i)})^2 are there for the power
        if isinstance(item, _UNBRACKETED):
            return True
        return names_function(base)

    def scripted(self, node: Node, start: int) -> Node:
        """The atom with everything that hangs on it: scripts, primes, arguments, bars, factorials."""
        rounds = 0
        while True:
            empty = self.text == "{" and self.partner[self.pos] == self.pos + 1
            if empty and self.texts[self.pos + 2] in ("'", "^", "_"):  # x{}' is x'
                self.pos += 2
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
            elif text == "!" and not self.is_unequal():
                self.pos += 1
                node = Call(Sym("!"), (node,), span=self.span(start))
            elif text == "(" and isinstance(node, Gradient | Derivative) and self.at_names():
                raise self.error("evaluated there, or times that? write |_{..} or \\cdot")
            elif text == "(" and isinstance(node, Prime) and base_of(node) is None:
                raise self.error("a primed expression cannot be applied: give it a name")
            elif text in ("(", "[", "{", "\\{") and self.may_apply(node, start):
                indicator = self.indicator(node, start)
                call = indicator or self.called(node, start)
                if call is None:
                    return node
                node = call
            elif text == "\\{" and node == Num(1) and self.has_relation(self.pos + 1, self.partner[self.pos]):
                return self.iverson(start)
            else:
                return node

    def may_apply(self, node: Node, start: int) -> bool:
        """May brackets behind this node hold its arguments?  Not those behind (w)^2: that is a product."""
        own = self.texts[start] in ("(", "[", "\\{") and not isinstance(node, Prime)
        return isinstance(node, _NAMES) and not own

    def at_names(self) -> bool:
        """Does the bracket at hand hold nothing but names?"""
        items, _, stop = self.bracket()
        return all(isinstance(n, _NAMES) for n in items) and self.texts[stop] not in ("^", "_")

    def one_script(self, node: Node, start: int) -> tuple[Node, bool]:
        """One group of scripts (at most one below and one above); whether more may follow."""
        lower: tuple[Node, ...] | None = None
        above: tuple[int, int] | None = None
        below = (0, 0)
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
                below = a, b = self.unbraced(*self.argument())
                if self.is_one(node) and self.has_relation(a, b):
                    return self.subscripted_indicator(a, b, start), True
                lower = self.indices(a, b)
            else:
                if above is not None:
                    raise self.error("two superscripts", self.pos - 1)
                if self.text == "-" and node == Sym("e") and self.pos + 1 < self.end:
                    # e^-x prints a lone minus above, which means nothing else than e^{-x}
                    above = (self.pos, self.pos + 2)
                    self.pos += 2
                    continue
                a, b = self.unbraced(*self.argument())
                if b > a and all(t == "\\prime" for t in self.texts[a:b]):
                    primes += b - a
                else:
                    above = (a, b)
        return self.assembled(node, lower or (), below, primes, above, start), True

    def assembled(
        self,
        node: Node,
        lower: tuple[Node, ...],
        below: tuple[int, int],
        primes: int,
        above: tuple[int, int] | None,
        start: int,
    ) -> Node:
        """The atom with its scripts; ``below`` and ``above`` say where they stood, since
        ``(AB)^T_{ij}`` transposes first and ``(AB)_i^T`` last."""
        span = self.span(start)
        name = isinstance(node, _NAMES) and self.texts[start] not in ("(", "[", "\\{")
        upper: tuple[Node, ...] = ()
        bracket = "()"
        if above is not None and name:
            node, above = self.stacked_indices(node, above)
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
            elif above is not None and above < below and self.is_transpose(*above):
                node, above = Transpose(node, span=span), None
            if len(lower) == 1 and isinstance(lower[0], Relation) and lower[0].op == "=":
                node, lower = Evaluated(node, lower[0], span=span), ()  # [..]_{w = 0}
            if lower:
                node = Component(node, lower, span=span)
        if primes:
            node = Prime(node, primes, span=span)
        if above is None:
            return node
        a, b = above
        if self.may_apply(node, start) and self.pos < self.end and self.texts[self.pos] in ("(", "{"):
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
        base = base_of(node) or ""
        item = call.args[0] if isinstance(call, Call) else node
        declared = self.scope.is_function(base) or isinstance(node, Prime)
        if not declared and not (isinstance(call, Call) and isinstance(item, _NAMES)):
            if base in _APPLIED or names_function(base):
                what = f"a power of the number {base} or of the function? declare it or move the power"
                raise self.error(what, place)
            self.pos = place
            return None
        exp = self.within(a, b, self.sum)
        if isinstance(exp, Sym) and isinstance(call, Call):  # V^\\pi(s): a label
            return Call(Indexed(node, (), (exp,), "", span=call.fn.span), call.args, span=call.span)
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
        if b - a != 1 or self.texts[a] not in TRANSPOSES:
            return False
        kind = self.scope.kinds.get("T") if self.texts[a] == "T" else None
        return kind is None or (kind.role not in ("size", "index") and bool(kind.shape))

    def upper_indices(self, node: Node, a: int, b: int) -> tuple[tuple[Node, ...], str, int]:
        """Superscripts that are indices, how they are marked, and where the rest (a power) begins."""
        texts = self.texts
        first = texts[a] if a < b else ""
        if first in ("(", "[") and not (isinstance(node, Sym) and node.name == "e"):
            close = self.partner[a]
            rest = close + 1
            if rest == b or self.is_transpose(rest, b):
                return self.indices(a + 1, close), first + texts[close], rest
        if first in _MARKS and (b - a == 1 or (first != "-" and self.is_transpose(a + 1, b))):
            return (Sym(_MARKS[first], span=self.tokens[a].span),), "", a + 1
        if b - a == 1 and first.startswith("\\text{") and not self.is_transpose(a, b):
            return (Sym(first, span=self.tokens[a].span),), "", b
        if self.has_comma(a, b) or self.names_upper_index(node, a, b):
            return self.indices(a, b), "", b
        return (), "()", a

    def stacked_indices(self, node: Node, above: tuple[int, int]) -> tuple[Node, tuple[int, int]]:
        """``z^{[1](i)}``: of several bracketed superscripts all but the last go inside."""
        a, b = above
        while a < b and self.texts[a] in ("(", "[") and node != Sym("e"):
            close = self.partner[a]
            if close + 1 >= b or self.texts[close + 1] not in ("(", "["):
                break
            bracket = self.texts[a] + self.texts[close]
            node = Indexed(node, (), self.indices(a + 1, close), bracket, span=node.span)
            a = close + 1
        return node, (a, b)

    def names_upper_index(self, node: Node, a: int, b: int) -> bool:
        """Do only letters that a definition uses as bare upper indices stand here (``W^L``, ``h^{l-1}``)?"""
        letters = [t for t in self.texts[a:b] if t in LETTERS or t.isalpha()]
        return bool(letters) and not self.is_transpose(a, b) and all(t in self.index_letters for t in letters)

    def indices(self, a: int, b: int) -> tuple[Node, ...]:
        """Index entries: separated by commas or written next to each other."""
        a, b = self.unbraced(a, b)
        if a == b:
            return ()
        if b - a == 1:
            text, span = self.texts[a], self.tokens[a].span
            if text in _MARKS:
                return (Sym(_MARKS[text], span=span),)
            if text == "\\text{in}" and is_bare(span):
                if "i" in self.bound or "n" in self.bound:
                    return Sym("i", span=span), Sym("n", span=span)
                self.run_together = True
            if text.startswith("\\text{"):
                return (Sym(text, span=span),)
        if any(self.texts[k] == "\\times" for k in self.top_level(a, b)):
            return (self.within(a, b, self.shape),)
        return self.within(a, b, self.index_row)

    def index_row(self) -> tuple[Node, ...]:
        out: list[Node] = []
        listed = self.has_comma(self.pos, self.end)
        self.indexing += 1
        while True:
            self.dotted = False
            if self.text.startswith("\\text{") and self.texts[self.pos + 1] not in ("_", "^"):
                start = self.pos
                node: Node = Sym(self.take(), span=self.span(start))
            else:
                node = lettered(self.relation())
            if isinstance(node, Num) and not node.places and node.value > 10:
                self.run_together = True
            times = self.dotted or (listed and isinstance(node, Mul) and isinstance(node.factors[0], Num))
            if isinstance(node, Mul) and not times:  # \\delta_{2i,2j} has two indices
                out += node.factors
            else:
                out.append(node)
            if self.text not in (",", ";", "\\mid"):
                self.indexing -= 1
                return tuple(out)
            self.pos += 1

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

    def at(self, body: Node, start: int) -> Node:
        self.expect("_")
        a, b = self.unbraced(*self.argument())
        point = self.within(a, b, self.relation)
        if not isinstance(point, Relation) and isinstance(body, Derivative) and len(body.by) == 1:
            point = Relation(body.by[0][0], "=", point, span=point.span)
        if not isinstance(point, Relation):
            raise self.error("evaluated at what? write the variable: |_{x = ..}", a)
        return Evaluated(body, point, span=self.span(start))


def _holds_value(item: Node, base: str) -> bool:
    """Does the name stand in this sum or product without arguments, as a value?"""
    if not isinstance(item, Add | Mul | Frac | Neg):
        return False
    heads = {id(k) for n in walk(item) if isinstance(n, Call) for k in walk(n.fn)}
    return any(isinstance(s, Sym) and s.name == base and id(s) not in heads for s in walk(item))


def is_bare(span: Span | None) -> bool:
    """Was the ``in`` of ``x_{in}`` written as two letters, which may be two indices, and not as a word?"""
    return span is not None and span.end - span.start == 2


def base_of(name: Node) -> str | None:
    """The letter behind the scripts and primes of a name."""
    while isinstance(name, Indexed | Prime):
        name = name.base if isinstance(name, Indexed) else name.fn
    return name.name if isinstance(name, Sym) else None


def lettered(node: Node) -> Node:
    """Indices with k' as a letter of its own: what counts has no derivative."""
    if isinstance(node, Prime) and isinstance(node.fn, Sym) and len(node.fn.name) == 1:
        return Sym(node.fn.name + "'" * node.order, span=node.span)
    return map_children(node, lettered)

"""Brackets of every kind: groups, tuples, bars, norms, inner products, roots, cases, matrices."""

from __future__ import annotations

from ..errors import Span
from ..page.tree import (
    Abs,
    Add,
    Call,
    Cases,
    Chain,
    Dots,
    Indicator,
    Inner,
    Matrix,
    Neg,
    Node,
    Norm,
    Pow,
    Relation,
    Sym,
)
from .names_and_scripts import Scripts
from .vocabulary import ENDS, HADAMARD_SIGNS, MATRICES, OPENERS, PRODUCT_SIGNS, RELATIONS

_IF = frozenset(["if", "for", "when", "falls", "wenn", "si"])
_OTHERWISE = frozenset(["otherwise", "else", "sonst", "sinon"])
_BEFORE_SUM = frozenset(["", "(", "[", "\\{", "{", "+", ",", ";", "&", "\\\\"])
_AFTER_SUM = frozenset(["", ")", "]", "\\}", "}", "+", "-", ",", ";", "&", "\\\\"])
_BEFORE_NEGATIVE = _BEFORE_SUM | PRODUCT_SIGNS | HADAMARD_SIGNS | {"-"}


class Brackets(Scripts):
    """Everything that has an opening and a closing sign."""

    def bracketed(self) -> Node:
        start = self.pos
        opener = self.texts[start]
        close = self.texts[self.partner[start]]
        if close == "\\right." and self.texts[start + 1] == "\\begin{array}":
            return self.open_cases()
        items, bar, self.pos = self.bracket()
        if bar:
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

    def open_cases(self) -> Node:
        """``\\left\\{\\begin{array}{ll} .. \\end{array}\\right.``."""
        start = self.pos
        inner, close = self.partner[start + 1], self.partner[start]
        if inner != close - 1:
            raise self.error("cases with something behind them", start)
        node = self.cases(start + 2, inner)
        self.pos = close + 1
        return node

    def braced(self) -> Node:
        start = self.pos
        close = self.partner[start]
        node = self.within(start + 1, close, self.relation)
        self.pos = close + 1
        if isinstance(node, Relation | Chain):
            raise self.error("a relation inside braces", start)
        return self.unopened(node, start, start + 1, close)

    def unopened(self, node: Node, start: int, a: int, b: int) -> Node:
        """What a group without brackets holds, unless its surroundings would pull a sum apart."""
        before = self.texts[start - 1] if start else ""
        after = self.text
        if self.texts[a] in OPENERS and self.partner[a] == b - 1:
            return node
        if isinstance(node, Add):
            alone = before in _BEFORE_SUM and (after in _AFTER_SUM or after in RELATIONS)
        elif isinstance(node, Neg):
            alone = before in _BEFORE_NEGATIVE and after in ENDS and after not in ("_", "^", "!", "'")
        else:
            return node
        if not alone and before not in RELATIONS:
            raise self.error("braces print nothing, so this sum stands open: write parentheses", start)
        return node

    def annotated(self) -> Node:
        """``\\underbrace{..}_{note}``."""
        start = self.pos
        self.pos += 1
        a, b = self.argument()
        node = self.within(a, b, self.relation)
        if self.text in ("_", "^"):
            self.pos += 1
            self.argument()
        if isinstance(node, Relation | Chain):
            raise self.error("a relation above or below a brace", start)
        return self.unopened(node, start, a, b)

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
        items, _, self.pos = self.bracket()
        if len(items) != 2:
            raise self.error("an inner product has two sides", start)
        node = Inner(items[0], items[1], span=self.span(start))
        if self.text == "_":  # Frobenius'
            place = self.pos
            self.pos += 1
            a, b = self.unbraced(*self.argument())
            if "".join(self.texts[a:b]) not in ("F", "\\mathrm{F}", "\\text{F}"):
                self.pos = place
        return node

    def evaluated(self) -> Node:
        """``\\left. body \\right|_{x=0}``."""
        start = self.pos
        close = self.partner[start]
        body = self.within(start + 1, close, self.sum)
        self.pos = close + 1
        if self.texts[close] == "\\right|":
            return self.at(body, start)
        return body

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
            rows = [tuple(self.cell(a, b) for a, b in cells) for cells in self.rows(start + 1, close)]
            if len({len(row) for row in rows}) != 1:
                raise self.error("rows of a matrix with different lengths", start)
            node = Matrix(tuple(rows), span=self.span(start))
        elif name in ("aligned", "split", "gathered", "alignedat"):
            raise self.error(f"a {name} block inside a formula", start)
        else:
            raise self.error(f"unknown environment {name}", start)
        self.pos = close + 1
        return node

    def cell(self, a: int, b: int) -> Node:
        a, b = self.unbraced(a, b)
        if b - a == 1 and self.texts[a] in PRODUCT_SIGNS:
            return Dots(span=self.tokens[a].span)
        return self.within(a, b, self.sum)

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
            if len(cells) == 3 and self.said(*cells[1]) in _IF:
                cells = [cells[0], cells[2]]
            if len(cells) != 2:
                raise self.error("a case is a value & a condition", cells[0][0])
            c, d = self.unbraced(*cells[0])
            if self.texts[d - 1] in (",", ";"):
                d -= 1
            value = self.within(c, d, self.sum)
            branches.append((value, self.case_condition(*self.unbraced(*cells[1]))))
        return Cases(tuple(branches), span=Span(self.tokens[a - 1].start, self.tokens[b].end))

    def split_case(self, a: int, b: int) -> list[tuple[int, int]]:
        commas = [k for k in self.top_level(a, b) if self.texts[k] == ","]
        for k in range(a, b):
            if self.spoken(k):
                return [(a, k), (k, b)]
        return [(a, commas[0]), (commas[0] + 1, b)] if len(commas) == 1 else [(a, b)]

    def case_condition(self, a: int, b: int) -> Relation | None:
        while b > a and self.texts[b - 1] in (",", ".", ";"):
            b -= 1
        if self.said(a, b) in _OTHERWISE:
            return None
        while a < b and self.spoken(a) in _IF:
            a += 1
        if a == b or self.spoken(a):
            raise self.error("a condition in words", a)
        condition = self.within(a, b, self.relation)
        if not isinstance(condition, Relation):
            raise self.error("a case needs one relation as its condition", a)
        return condition

    def said(self, a: int, b: int) -> str:
        a, b = self.unbraced(a, b)
        return self.spoken(a) if b - a == 1 else ""

    def spoken(self, place: int) -> str:
        """The words of a ``\\text{..}`` that is no name."""
        text = self.texts[place]
        words = text[6:-1].strip(" ,:.").lower() if text.startswith("\\text{") else ""
        return words if words in _IF or words in _OTHERWISE or " " in words else ""

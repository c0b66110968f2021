"""What reaches to the right: functions without brackets, sums and products, derivatives in every form."""

from __future__ import annotations

from ..errors import ReadError, Slip
from ..page.tree import (
    Add,
    Call,
    Chain,
    Derivative,
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
    Prod,
    Relation,
    Sum,
    Sym,
    Transpose,
    free_names,
    substitute,
)
from .brackets import Brackets
from .names_and_scripts import lettered
from .vocabulary import ACCENTS, ENDS, FONTS, FRACTIONS, FUNCTIONS, LETTERS, PRODUCT_SIGNS

_CANONICAL_FUNCTION = {
    "\\argmin": "\\arg\\min", "\\argmax": "\\arg\\max", "\\Tr": "\\operatorname{tr}",
    **{f"\\{word}": name for word, name in FUNCTIONS.items() if "{" in name},
}  # fmt: skip
_REACHING = frozenset(
    ["\\operatorname{tr}", "\\max", "\\min", "\\sup", "\\inf", "\\lim"]
)


Binder = tuple[Sym, Node | None, Node | None, tuple[Relation, ...]]
"""An index with its bounds and its conditions."""
_D = frozenset(["d", "\\mathrm{d}"])


class Operators(Brackets):
    """What reaches to the right: functions, sums, derivatives."""

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
        applied = self.applied(name)
        if applied is None:
            return self.raised(head, power, start)
        args, bar = applied
        node: Node = Call(self.conditional(head, bar, start), args, span=self.span(start))
        return self.scripted(self.raised(node, power, start), start)

    def applied(self, name: str) -> tuple[tuple[Node, ...], str] | None:
        """Arguments of a function, in brackets or bare, and the mark of a bar between them."""
        text = self.text
        if text in ("(", "[", "\\{"):
            items, bar, self.pos = self.bracket()
            return tuple(items), bar
        if text == "{":
            a, b = self.unbraced(self.pos, self.partner[self.pos] + 1)
            self.pos = self.partner[self.pos] + 1
            if self.texts[a] in ("(", "[") and self.partner[a] == b - 1:
                a, b = a + 1, b - 1
            items, bar = self.within(a, b, self.items)
            return tuple(items), bar
        if name.startswith("\\arg") and (text not in ENDS or text in ("-", "+")):
            return (self.sum(),), ""
        if text in ENDS:
            return None
        if name in _REACHING:
            return (self.product(operand=True),), ""
        start = self.pos
        first = self.factor()
        follows = [first]
        while self.starts_plain_name():
            if not all(isinstance(f, Num) for f in follows[:1]):
                raise self.error(f"how far does {name} reach here? write its argument in parentheses")
            follows.append(self.factor())
        if len(follows) == 1:
            return (first,), ""
        return (Mul(tuple(follows), span=self.span(start)),), ""

    def starts_plain_name(self) -> bool:
        text = self.text
        return bool(text) and text not in ENDS and (
            text in LETTERS or text in ACCENTS or text in FONTS or (len(text) == 1 and text.isalnum())
        )

    def wraps_sign(self, start: int) -> bool:
        """Do these braces hold a sum sign with its scripts and nothing else?"""
        if self.texts[start + 1] not in ("\\sum", "\\prod"):
            return False
        k = start + 2
        while self.texts[k] in ("_", "^"):
            k = self.partner.get(k + 1, k + 1) + 1
        return k == self.partner[start]

    def big_operator(self, start: int) -> Node:
        """``\\sum_{i=1}^N body``; ``{\\sum_i}`` in braces of its own means the same."""
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
        if self.texts[start] == "{":
            self.expect("}")
        if over is not None and self.texts[over[0] + 1] == "=":  # \sum_{i=1}^{i=N}
            over = (over[0] + 2, over[1])
        upper = self.within(*over, self.sum) if over is not None else None
        binders: list[Binder] = [(Sym(""), None, None, ())]
        if under is not None and under[0] < under[1]:
            binders = self.within(*under, self.binders)
        self.bound += [index.name for index, *_ in binders]
        self.reaches += [(index.name, self.end) for index, *_ in binders]
        at = self.pos
        minus = self.signs()
        body = self.negated(self.term(), minus, at)
        del self.bound[len(self.bound) - len(binders) :]
        del self.reaches[len(self.reaches) - len(binders) :]
        primed: dict[Node, Node] = {
            Prime(Sym(i.name[0]), len(i.name) - 1): i for i, *_ in binders if i.name.endswith("'")
        }
        if primed:
            body = substitute(body, primed)
        whole = self.span(start)
        for index, lower, own, conditions in reversed(binders):
            for c in conditions[1:]:
                if kind is not Sum:
                    raise self.error("one condition can stand under a product", start)
                if c.span == c.rhs.span and free_names(c.rhs) & free_names(body) - {*self.bound}:
                    raise self.error("does this run over the last letters too, or leave them out?", start)
                body = Mul((Indicator(c, span=c.span), body), span=whole)
            condition = conditions[0] if conditions else None
            body = kind(body, index, lower, own if own is not None else upper, condition, span=whole)
        return body

    def begins_anew(self) -> bool:
        """Does a sum sign with the index of one that reaches to here follow: a new factor beside it?"""
        sign = self.pos + (self.text in PRODUCT_SIGNS)
        if self.texts[sign] not in ("\\sum", "\\prod") or self.texts[sign + 1] != "_":
            return False
        place = sign + 2
        letter = self.texts[place + 1] if self.texts[place] == "{" else self.texts[place]
        return (letter, self.end) in self.reaches

    def binders(self) -> list[Binder]:
        """What stands under a sum sign: ``i=1``, ``i``, ``i,j``, ``j \\ne i``, ``i : y_i = 1``."""
        start = self.pos
        colons = (k for k in self.top_level(self.pos, self.end) if self.texts[k] in (":", "\\colon", "\\mid"))
        colon = next(colons, -1)
        if colon >= 0 and self.texts[colon + 1] != "=":
            head = self.within(self.pos, colon, self.binders)
            self.pos = colon + 1
            condition = self.relation()
            if len(head) != 1 or not isinstance(condition, Relation) or head[0][3]:
                raise self.error("one index and one condition can stand under a sum", start)
            return [(*head[0][:3], (condition,))]
        parts: list[Node] = [lettered(self.relation())]
        while self.text in (",", ";", "\\\\"):
            self.pos += 1
            parts.append(lettered(self.relation()))
        out: list[Binder] = []
        for part in parts:
            entries = part.factors if isinstance(part, Mul) else (part,)
            for entry in entries:
                self.bind(entry, out, start)
        lows = [low for _, low, *_ in out]
        if len(out) > 1 and lows[-1] is not None and all(low is None for low in lows[:-1]):
            out = [(index, lows[-1], up, condition) for index, _, up, condition in out]  # i,j=1
        return out

    def bind(self, entry: Node, out: list[Binder], start: int) -> None:
        known = out[-1] if out else None
        match entry:
            case Sym() if known is not None and known[3] and known[3][-1].op == "!=":  # j \ne i, k
                left_out = Relation(known[0], "!=", entry, span=entry.span)
                out[-1] = (*known[:3], (*known[3], left_out))
            case Sym() | Indexed():
                out.append((self.index(entry, start), None, None, ()))
            case Relation(lhs, "=", rhs):
                out.append((self.index(lhs, start), rhs, None, ()))
            case Relation(lhs, op, rhs):
                if known is not None and known[0] in (lhs, rhs):
                    out[-1] = (*known[:3], (*known[3], entry))
                    return
                index = self.index(lhs, start)
                if op == "<" and isinstance(rhs, Sym) and self.is_pair(index.name, rhs.name, start):
                    out.append((rhs, None, None, ()))
                out.append((index, None, None, (entry,)))
            case Chain(low, (("<=", Sym() as i), ("<", Sym() as j), ("<=", high))):
                out += [(j, low, high, ()), (i, low, None, (Relation(i, "<", j, span=entry.span),))]
            case Chain(low, ((("<=" | "<") as first, Sym() as middle), (("<=" | "<") as second, high))):
                low = low if first == "<=" else Add((low, Num(1)))
                high = high if second == "<=" else Add((high, Neg(Num(1))))
                out.append((middle, low, high, ()))
            case _:
                raise self.error("cannot tell the index of this sum", start)

    def is_pair(self, i: str, j: str, place: int) -> bool:
        """``\\sum_{i<j}`` runs over all pairs, unless an outer sum binds j; free letters are asked about."""
        if j in self.bound or not i < j:
            return False
        self.pairs.append((i, j, place))
        return True

    def index(self, node: Node, start: int) -> Sym:
        if isinstance(node, Sym):
            return node
        raise self.error("the index of a sum must be a letter", start)

    def fraction(self) -> Node:
        start = self.pos
        self.pos += 1
        above = self.unbraced(*self.argument())
        below = self.unbraced(*self.argument())
        stop = self.pos
        a, c = above[0], below[0]
        d = self.texts[a] if above[0] < above[1] else ""
        e = self.texts[c] if below[0] < below[1] else ""
        scripted = "_" in (self.texts[a + 1], self.texts[c + 1]) or self.texts[c + 1] in ("^", "'")
        upright = d in _D and e in _D and below[1] - c > 1 and not scripted  # d_k is a size
        if upright or "\\partial" in (d, e):
            if d == e:
                derivative = self.derivative(start, above, below)
                if derivative is not None:
                    return derivative
            elif d == "\\partial":
                raise self.forgotten(above, below)
            else:
                raise self.error("\\partial below the line, none above", a)
        self.pos = stop
        num = self.within(*above, self.sum)
        den = self.within(*below, self.sum)
        self.pos = stop
        return self.scripted(Frac(num, den, span=self.span(start)), start)

    def forgotten(self, above: tuple[int, int], below: tuple[int, int]) -> ReadError:
        """``\\frac{\\partial J}{w}``: over a lone variable a sign was forgotten."""
        error = self.error("\\partial above the line, none below", below[0])
        if above[1] - above[0] < 2 or not isinstance(self.within(*below, self.sum), Sym | Indexed):
            return error
        return Slip(error.message, error.span, "\\partial in front of the variable below the line")

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
            if self.text in ENDS and self.text not in ("-",):
                raise self.error("a derivative of nothing", start)
            minus = self.signs()
            body = self.negated(self.product(operand=True), minus, operand_at)
            return Derivative(body, by, "operator", d, span=self.span(start))
        body = self.within(body_at, above[1], self.sum)
        self.pos = stop
        body = self.point_of(body, by, start)
        return self.scripted(Derivative(body, by, "fraction", d, span=self.span(start)), start)

    def point_of(self, body: Node, by: tuple[tuple[Node, int], ...], start: int) -> Node:
        """``\\frac{df}{dx}(x)`` is the derivative of ``f(x)``; other points need an evaluation bar."""
        if self.text != "(" or not isinstance(body, Sym | Indexed | Prime):
            return body
        items, bar, stop = self.bracket()
        points = all(isinstance(n, Sym | Indexed | Num) for n in items)
        if bar or self.texts[stop] in ("^", "_") or not points:
            return body
        if not {v for v, _ in by} <= set(items):
            raise self.error("evaluated there, or times that? write |_{..} or \\cdot", self.pos)
        self.pos = stop
        return Call(body, tuple(items), span=self.span(start))

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
                self.pos = close + 1
                if self.text == "^" and len(inner) == 1:
                    inner = [self.superscript(inner[0], *self.raised_by(), self.span(close))]
                out += inner
                continue
            if self.text != sign or self.pos + 1 == self.end:
                if sign == "\\partial":
                    raise self.unexpected()
                self.pos = self.end
                return None
            self.pos += 1
            start = self.pos
            out.append(self.scripted(self.atom(), start))
        return out

    def raised_by(self) -> tuple[int, int]:
        self.pos += 1
        return self.unbraced(*self.argument())

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
        if order == 1 and total == len(out):  # the order above the line forgotten, the variables say it
            return tuple(out)
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
            raise self.error("\\partial by what? write \\partial_w", start)
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
        body = self.product(operand=True)
        span = self.span(start)

        def gradient(of: Node) -> Node:
            return Gradient(self.negated(of, minus, at), wrt, order, span=span)

        if self.partner.get(at) == self.pos - 1:
            return gradient(body)
        match body:  # nobody transposes a scalar, or inverts it under a Hessian: the derivative is meant
            case Transpose(Call() as value):
                return Transpose(gradient(value), span=span)
            case Pow(Call() as value, Neg(Num(1)) as inverse) if order == 2:
                return Pow(gradient(value), inverse, span=span)
        return gradient(body)

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

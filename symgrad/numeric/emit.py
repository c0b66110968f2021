"""Emit: a graph as NumPy source that stands alone, one assignment a shared quantity.

An array's axes stand in the order of its node's ``indices``: samples first, then features, then classes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from fractions import Fraction
from functools import reduce

from ..errors import UnknownMeaning
from ..functions import FUNCTIONS
from .arguments import Argument
from .graph import Index, Node, walk

HELPERS = {
    "_sigma": '''
def _sigma(z):
    """1 / (1 + e^-z), accurate and without overflow for every z."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)
''',
    "_softplus": '''
def _softplus(z):
    """log(1 + e^z)."""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
''',
    "_logcosh": '''
def _logcosh(z):
    """log cosh z."""
    z = np.abs(z)
    return z + np.log1p(np.expm1(-2 * z) / 2)
''',
    "_lse": '''
def _lse(z, axis):
    """log of the sum of e^z along an axis."""
    top = np.max(z, axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.sum(np.exp(z - top), axis))
''',
}

_CALLS = {**{row.name: row.numpy for row in FUNCTIONS.values() if row.numpy}, "logcosh": "_logcosh(z)"}
_CALL = re.compile(r"[\w.]+\(z(, \S+)?\)")


def helper(name: str, code: str, head: str = "") -> str:
    """A function of our own around the code of a row; ``head`` stands above it."""
    needs = "    import math\n" * ("math." in code and not head)
    return f'\n{head}def {name}(z):\n    """{name[1:].removesuffix("_of")}(z)."""\n{needs}    return {code}\n'


WRITTEN = {row: f"_{row.name}" for row in FUNCTIONS.values() if row.numpy and not _CALL.fullmatch(row.numpy)}
"""Functions that NumPy lacks, each with the name of its helper."""
HELPERS |= {name: helper(name, row.numpy) for row, name in WRITTEN.items()}
_CALLS |= {row.name: f"{name}(z)" for row, name in WRITTEN.items()}

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)


class Emitter:
    """Writes the statements that compute some nodes."""

    def __init__(self, arguments: Mapping[str, Argument], sizes: Mapping[str, str]) -> None:
        self.arguments = arguments
        self.sizes = sizes
        self.helpers: set[str] = set()
        self.lines: list[str] = []
        self.names: dict[Node, str] = {}
        self.taken = {a.python for a in arguments.values()} | set(sizes.values()) | {"np"}

    def fresh(self, stem: str) -> str:
        name, n = stem, 0
        while name in self.taken:
            n += 1
            name = f"{stem}{n}"
        self.taken.add(name)
        return name

    def share(self, outputs: Sequence[Node]) -> None:
        """Assign every quantity that is used more than once."""
        uses: Counter[Node] = Counter(outputs)
        nodes = [n for n in walk(*outputs, stop=self.names) if n not in self.names]
        for node in nodes:
            uses.update(node.args)
        for node in nodes:
            if uses[node] > 1 and self._worth(node):
                text = self.text(node, SUM)
                self.names[node] = self.fresh("t" + str(len(self.names) + 1))
                self.lines.append(f"{self.names[node]} = {text}")

    def _worth(self, node: Node) -> bool:
        """Is the quantity worth a name: does computing it again cost anything?"""
        if node.op in ("num", "size", "pi", "step", "stop"):
            return False
        if node.op == "leaf":
            return any(isinstance(k, int) for k in node.value[1])
        cheap = node.op == "pow" or (node.op == "mul" and len(node.args) == 2 and node.args[0].op == "num")
        return bool(node.indices) or not (cheap and node.args[-1].op in ("size", "leaf", "num"))

    # Expressions

    def text(self, node: Node, level: int) -> str:
        """Source of a node, in parentheses where its operator binds less than ``level``."""
        if node in self.names:
            return self.names[node]
        code, own = self._text(node)
        return f"({code})" if own < level else code

    def _level(self, node: Node, axes: Sequence[Index]) -> int:
        """How tightly the text of ``aligned`` binds."""
        own = node.indices
        whole = not own or list(own) == list(axes)[len(axes) - len(own) :]
        return ATOM if node in self.names or not whole else self._text(node)[1]

    def aligned(self, node: Node, axes: Sequence[Index], level: int) -> str:
        """Source of a node that broadcasts against an array with these axes."""
        own = list(node.indices)
        if not own or own == list(axes)[len(axes) - len(own) :]:
            return self.text(node, level)
        first = list(axes).index(own[0])
        picks = ", ".join(":" if k in own else "None" for k in axes[first:])
        return f"{self.text(node, ATOM)}[{picks}]"

    def _text(self, node: Node) -> tuple[str, int]:
        match node.op:
            case "num":
                return number(node.value)
            case "size":
                return self.sizes[node.value], ATOM
            case "pi":
                return "np.pi", ATOM
            case "leaf":
                return self._leaf(node), ATOM
            case "add":
                return self._add(node), SUM
            case "mul":
                return self._mul(node.args, node.indices)
            case "pow":
                return self._pow(node)
            case "power":
                base, exponent = (self.aligned(a, node.indices, ATOM) for a in node.args)
                return f"{base} ** {exponent}", POWER
            case "sum":
                return self._sum(node)
            case "lse":
                self.helpers.add("_lse")
                axis = node.args[0].indices.index(node.value)
                return f"_lse({self.text(node.args[0], SUM)}, {axis})", ATOM
            case "log" if node.args[0].op == "add" and node.args[0].args[0].op == "num":
                first, *rest = node.args[0].args
                if first.value == 1 and node.args[0] not in self.names:
                    return f"np.log1p({self._terms(rest, node.indices)})", ATOM
            case "stop":
                return f"1 - np.heaviside({self.text(node.args[0], SUM)}, 0)", SUM
            case "where":
                condition, *values = (self.aligned(a, node.indices, PRODUCT) for a in node.args)
                return f"np.where({condition} > 0, {', '.join(values)})", ATOM
            case "max" | "min":
                fn = "np.maximum" if node.op == "max" else "np.minimum"
                parts = [self.aligned(a, node.indices, SUM) for a in node.args]
                return reduce(lambda a, b: f"{fn}({a}, {b})", parts), ATOM
        if node.op not in _CALLS:
            raise UnknownMeaning(f"{node.op} has no numeric form here")
        return self._applied(_CALLS[node.op], node.args[0]), ATOM

    def _applied(self, code: str, arg: Node, helpers: Container[str] = HELPERS) -> str:
        """The code of a function, f(z), at an argument."""
        fn, _, rest = code.partition("(z")
        if fn in helpers:
            self.helpers.add(fn)
        return f"{fn}({self.text(arg, SUM)}{rest}"

    def _leaf(self, node: Node) -> str:
        name, place = node.value
        python = self.arguments[name].python
        axes = [k for k in place if isinstance(k, Index)]
        if any(isinstance(k, int) for k in place):
            python += "[" + ", ".join(":" if isinstance(k, Index) else str(k - 1) for k in place) + "]"
        if len(set(axes)) != len(axes):
            letters = {k: "ijklmnop"[n] for n, k in enumerate(node.indices)}
            read = "".join(letters[k] for k in axes)
            return f'np.einsum("{read}->{"".join(letters[k] for k in node.indices)}", {python})'
        if axes != list(node.indices):
            order = ", ".join(str(axes.index(k)) for k in node.indices)
            return f"{python}.T" if len(axes) == 2 else f"np.transpose({python}, ({order}))"
        return python

    def _add(self, node: Node) -> str:
        return self._terms(node.args, node.indices)

    def _terms(self, terms: Sequence[Node], axes: Sequence[Index], sign: int = 1) -> str:
        # A positive term first: y - m*x reads better than -m*x + y.
        minus = {t: self._negative(t) for t in terms}
        out = ""
        for t in sorted(terms, key=lambda t: minus[t] is (sign > 0)):
            negative = minus[t] is (sign > 0)
            code = self._signless(t, axes) if minus[t] else self.aligned(t, axes, PRODUCT)
            if not out:
                out = f"-{code}" if negative else code
            else:
                out += f" - {code}" if negative else f" + {code}"
        return out

    def _negative(self, term: Node) -> bool:
        """Is the term written with a minus sign?  One that has a name keeps the sign in its name."""
        return term not in self.names and _coefficient(term) < 0

    def _signless(self, term: Node, axes: Sequence[Index]) -> str:
        if term.op == "num":
            return number(-term.value)[0]
        code, own = self._mul(_negated(term), term.indices)
        return self._place(f"({code})" if own < PRODUCT else code, own, term.indices, axes)

    def _place(self, code: str, own: int, indices: Sequence[Index], axes: Sequence[Index]) -> str:
        if not indices or list(indices) == list(axes)[len(axes) - len(indices) :]:
            return code
        first = list(axes).index(indices[0])
        picks = ", ".join(":" if k in indices else "None" for k in axes[first:])
        return f"({code})[{picks}]" if own < ATOM else f"{code}[{picks}]"

    def _mul(self, factors: Sequence[Node | Fraction], axes: Sequence[Index]) -> tuple[str, int]:
        """A product: numbers and scalars first, so that arrays are touched once."""
        top, bottom = Fraction(1), 1
        above: list[Node] = []
        below: list[Node] = []
        guard: list[Node] = []
        for f in factors:
            if isinstance(f, Fraction) or f.op == "num":
                value = f if isinstance(f, Fraction) else f.value
                top, bottom = top * value.numerator, bottom * value.denominator
            elif f.op == "pow" and f.value < 0 and f not in self.names:
                below.append(f)
            elif f.op in ("step", "stop"):
                guard.append(f)
            else:
                above.append(f)
        if guard:
            return self._guarded(guard, [Fraction(top, bottom), *above, *below], axes)
        above.sort(key=lambda f: len(f.indices))
        below.sort(key=lambda f: len(f.indices))
        scalars = [f for f in above if not f.indices]
        arrays = [f for f in above if f.indices]
        under = [f for f in below if not f.indices]
        divisors = [f for f in below if f.indices]
        if len(above) == 1 and not below and abs(top) == 1 == bottom:
            only = above[0]
            if top < 0 and only.op == "add" and only not in self.names and only.indices == tuple(axes):
                return self._terms(only.args, axes, -1), SUM
            code, own = self.aligned(only, axes, SUM), self._level(only, axes)
            return (code, own) if top > 0 else (f"-{code if own >= UNARY else f'({code})'}", UNARY)
        sign = "-" if top < 0 else ""
        head = [self.text(f, UNARY) for f in scalars]
        if abs(top) != 1:
            head.insert(0, number(Fraction(abs(top)))[0])
        tail = [number(Fraction(bottom))[0]] if bottom != 1 else []
        tail += [self._reciprocal(f, f.indices) for f in under]
        code = " * ".join(head)
        if tail and not code and arrays:  # a / N needs no 1/N
            first = arrays.pop(0)
            code = self.aligned(first, axes, UNARY)
        if tail:
            code = f"{code or '1'} / {tail[0] if len(tail) == 1 else '(' + ' * '.join(tail) + ')'}"
        for f in arrays:
            piece = self.aligned(f, axes, UNARY)
            code = f"{code} * {piece}" if code else piece
        if divisors:
            pieces = [self._reciprocal(f, axes) for f in divisors]
            code = f"{code or '1'} / {pieces[0] if len(pieces) == 1 else '(' + ' * '.join(pieces) + ')'}"
        return sign + (code or "1"), PRODUCT

    def _guarded(
        self, guard: list[Node], rest: list[Node | Fraction], axes: Sequence[Index]
    ) -> tuple[str, int]:
        """Where a condition fails the product is 0, whatever the rest is there."""
        first, *more = (
            f"({self.aligned(f.args[0], axes, PRODUCT)} {'>' if f.op == 'step' else '<='} 0)" for f in guard
        )
        condition = " & ".join((first, *more)) if more else first[1:-1]
        return f"np.where({condition}, {self._mul(rest, axes)[0]}, 0)", ATOM

    def _reciprocal(self, node: Node, axes: Sequence[Index]) -> str:
        (base,), n = node.args, -node.value
        if n == 1:
            return self.aligned(base, axes, POWER)
        exponent, own = number(n)
        code = f"np.sqrt({self.text(base, SUM)})" if n == Fraction(1, 2) else (
            f"{self.text(base, ATOM)} ** {exponent if own == ATOM else f'({exponent})'}")
        return self._place(code, ATOM if n == Fraction(1, 2) else POWER, node.indices, axes)

    def _pow(self, node: Node) -> tuple[str, int]:
        (base,), n = node.args, node.value
        if n < 0:
            return f"1 / {self._reciprocal(node, node.indices)}", PRODUCT
        if n == Fraction(1, 2):
            return f"np.sqrt({self.text(base, SUM)})", ATOM
        exponent, own = number(n)
        return f"{self.text(base, ATOM)} ** {exponent if own == ATOM else f'({exponent})'}", POWER

    # Sums

    def _sum(self, node: Node) -> tuple[str, int]:
        axes: list[Index] = [node.value]
        body = node.args[0]
        while body.op == "sum" and body not in self.names:
            axes.append(body.value)
            body = body.args[0]
        factors: list[Node | Fraction] = [body]
        if body not in self.names:
            if body.op == "mul":
                factors = list(body.args)
            elif body.op == "pow" and body.value == 2:
                factors = [body.args[0], body.args[0]]
        if len(factors) > 1 and len(axes) == 1:
            code = self._matmul(factors, axes[0], node.indices)
            if code is not None:
                return code
        places = [body.indices.index(k) for k in sorted(axes)]
        text = self.text(body, SUM)
        if len(places) == len(body.indices):
            return f"np.sum({text})", ATOM
        return f"np.sum({text}, {places[0] if len(places) == 1 else tuple(places)})", ATOM

    def _matmul(
        self, factors: Sequence[Node | Fraction], axis: Index, out: Sequence[Index]
    ) -> tuple[str, int] | None:
        """The sum as a matrix product, where the factors part into two that share only its axis."""
        numbers = [f for f in factors if not isinstance(f, Node) or not f.indices]
        parts = contraction([f for f in factors if isinstance(f, Node) and f.indices], axis)
        if parts is None:
            return None
        left, (right,) = parts
        left_axes = tuple(sorted({k for f in left for k in f.indices}))
        if len(left) == 1 and not numbers:
            code = self.text(left[0], ATOM)
        else:
            code, own = self._mul([*numbers, *left], left_axes)
            code = f"({code})" if own < ATOM else code
        pair = ((code, left_axes), (self.text(right, ATOM), right.indices))
        found = []
        for (a, a_axes), (b, b_axes) in (pair, pair[::-1]):
            if [k for k in (*a_axes, *b_axes) if k != axis] == list(out):
                turned = (a_axes[-1] != axis, b_axes[0] != axis)
                found.append((sum(turned), f"{_transposed(a) if turned[0] else a} @ "
                                           f"{_transposed(b) if turned[1] else b}"))
        return (min(found)[1], PRODUCT) if found else None


def contraction(factors: Sequence[Node], axis: Index) -> tuple[list[Node], list[Node]] | None:
    """The factors in two parts that share only the axis, so that the sum along it is a matrix product."""
    if len(factors) < 2:
        return None
    right = max(factors, key=lambda f: (len(f.indices), f.op == "leaf"))
    if right.op != "leaf" and any(f.op in ("step", "stop") for f in factors):
        return None  # where the condition fails the rest may be undefined, and 0 times that is no 0
    at = list(factors).index(right)
    left = [*factors[:at], *factors[at + 1 :]]
    axes = {k for f in left for k in f.indices}
    if axes & set(right.indices) != {axis} or max(len(axes), len(right.indices)) > 2:
        return None
    return left, [right]


def _transposed(code: str) -> str:
    return code.removesuffix(".T") if code.endswith(".T") else f"{code}.T"


def _coefficient(term: Node) -> Fraction:
    if term.op == "num":
        return Fraction(term.value)
    if term.op == "mul" and term.args[0].op == "num":
        return Fraction(term.args[0].value)
    return Fraction(1)


def _negated(term: Node) -> list[Node | Fraction]:
    return [-term.args[0].value, *term.args[1:]]


def number(value: Fraction) -> tuple[str, int]:
    """A number in Python: 3, 0.5, 1 / 3."""
    if value.denominator == 1:
        return str(value.numerator), ATOM if value >= 0 else UNARY
    if Fraction(repr(float(value))) == value:
        return repr(float(value)), ATOM if value >= 0 else UNARY
    return f"{value.numerator} / {value.denominator}", PRODUCT

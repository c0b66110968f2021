"""Emit: a graph as NumPy source that stands alone, one assignment a shared quantity.

An array's axes stand in the order of its node's ``indices``: samples first, then features, then classes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from fractions import Fraction
from functools import reduce

from ..errors import UnknownMeaning
from ..functions import FUNCTIONS
from .arguments import Argument
from .graph import GUARDS, Index, Node, is_number, walk

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
        if node.op in ("num", "size", "pi", *GUARDS):
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
        own = _WRITTEN.get(node.op)
        if own is not None:
            return own(self, node)
        if node.op not in _CALLS:
            raise UnknownMeaning(f"{node.op} has no numeric form here")
        return self._applied(_CALLS[node.op], node.args[0]), ATOM

    def _power(self, node: Node) -> tuple[str, int]:
        base, exponent = (self.aligned(a, node.indices, ATOM) for a in node.args)
        return f"{base} ** {exponent}", POWER

    def _lse(self, node: Node) -> tuple[str, int]:
        self.helpers.add("_lse")
        axis = node.args[0].indices.index(node.value)
        return f"_lse({self.text(node.args[0], SUM)}, {axis})", ATOM

    def _log(self, node: Node) -> tuple[str, int]:
        (arg,) = node.args
        if arg.op == "add" and is_number(arg.args[0], 1) and arg not in self.names:
            return f"np.log1p({self._terms(arg.args[1:], node.indices)})", ATOM
        return self._applied(_CALLS["log"], arg), ATOM

    def _stop(self, node: Node) -> tuple[str, int]:
        return f"1 - np.heaviside({self.text(node.args[0], SUM)}, 0)", SUM

    def _where(self, node: Node) -> tuple[str, int]:
        condition, *values = (self.aligned(a, node.indices, PRODUCT) for a in node.args)
        return f"np.where({condition} > 0, {', '.join(values)})", ATOM

    def _extreme(self, node: Node) -> tuple[str, int]:
        parts = [self.aligned(a, node.indices, SUM) for a in node.args]
        return reduce(lambda a, b: f"np.{node.op}imum({a}, {b})", parts), ATOM

    def _applied(self, code: str, arg: Node, helpers: Container[str] = HELPERS) -> str:
        """The code of a function, f(z), at an argument."""
        fn, _, rest = code.partition("(z")
        if fn in helpers:
            self.helpers.add(fn)
        return f"{fn}({self.text(arg, SUM)}{rest}"

    def leaf(self, node: Node) -> str:
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
        value = Fraction(1)
        above: list[Node] = []
        below: list[Node] = []
        guard: list[Node] = []
        for f in factors:
            if isinstance(f, Fraction):
                value *= f
            elif f.op == "num":
                value *= f.value
            elif f.op == "pow" and f.value < 0 and f not in self.names:
                below.append(f)
            elif f.op in GUARDS:
                guard.append(f)
            else:
                above.append(f)
        if guard:
            return self._guarded(guard, [value, *above, *below], axes)
        if len(above) == 1 and not below and abs(value) == 1:
            return self._signed(above[0], value < 0, axes)
        above.sort(key=lambda f: len(f.indices))
        below.sort(key=lambda f: len(f.indices))
        return self._fraction(value, above, below, axes), PRODUCT

    def _signed(self, node: Node, negative: bool, axes: Sequence[Index]) -> tuple[str, int]:
        """u or -u; the terms of a sum take the sign."""
        if negative and node.op == "add" and node not in self.names and node.indices == tuple(axes):
            return self._terms(node.args, axes, -1), SUM
        code, own = self.aligned(node, axes, SUM), self._level(node, axes)
        if not negative:
            return code, own
        return f"-{code if own >= UNARY else f'({code})'}", UNARY

    def _fraction(
        self, value: Fraction, above: Sequence[Node], below: Sequence[Node], axes: Sequence[Index]
    ) -> str:
        top, bottom = abs(value.numerator), value.denominator
        scalars = [str(top)] * (top != 1) + [self.text(f, UNARY) for f in above if not f.indices]
        arrays = [self.aligned(f, axes, UNARY) for f in above if f.indices]
        under = [str(bottom)] * (bottom != 1) + [self._reciprocal(f, ()) for f in below if not f.indices]
        divisors = [self._reciprocal(f, axes) for f in below if f.indices]
        if under and not scalars and arrays:  # a / N needs no 1/N
            scalars.append(arrays.pop(0))
        code = " * ".join([_over(" * ".join(scalars), under), *arrays] if scalars or under else arrays)
        return "-" * (value < 0) + (_over(code, divisors) or "1")

    def _guarded(
        self, guard: list[Node], rest: list[Node | Fraction], axes: Sequence[Index]
    ) -> tuple[str, int]:
        """Where a condition fails the product is 0, whatever the rest is there."""
        first, *more = (
            f"({self.aligned(f.args[0], axes, PRODUCT)} {GUARDS[f.op]} 0)" for f in guard
        )
        condition = " & ".join((first, *more)) if more else first[1:-1]
        return f"np.where({condition}, {self._mul(rest, axes)[0]}, 0)", ATOM

    def _reciprocal(self, node: Node, axes: Sequence[Index]) -> str:
        if node.value == -1:
            return self.aligned(node.args[0], axes, POWER)
        return self._place(*self._raised(node.args[0], -node.value), node.indices, axes)

    def _pow(self, node: Node) -> tuple[str, int]:
        if node.value < 0:
            return f"1 / {self._reciprocal(node, node.indices)}", PRODUCT
        return self._raised(node.args[0], node.value)

    def _raised(self, base: Node, n: Fraction) -> tuple[str, int]:
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
        codes = code, self.text(right, ATOM)
        found = []
        for (m, n), turned in orders((left_axes, right.indices), axis, out):
            a = _transposed(codes[m]) if turned[0] else codes[m]
            b = _transposed(codes[n]) if turned[1] else codes[n]
            found.append((sum(turned), f"{a} @ {b}"))
        return (min(found)[1], PRODUCT) if found else None


_WRITTEN: dict[str, Callable[[Emitter, Node], tuple[str, int]]] = {
    "num": lambda _, node: number(node.value),
    "size": lambda self, node: (self.sizes[node.value], ATOM),
    "pi": lambda _, node: ("np.pi", ATOM),
    "leaf": lambda self, node: (self.leaf(node), ATOM),
    "add": lambda self, node: (self._terms(node.args, node.indices), SUM),
    "mul": lambda self, node: self._mul(node.args, node.indices),
    "pow": Emitter._pow, "power": Emitter._power, "sum": Emitter._sum, "lse": Emitter._lse,
    "log": Emitter._log, "stop": Emitter._stop, "where": Emitter._where, "max": Emitter._extreme,
    "min": Emitter._extreme,
}
"""Operations that are no single call of a function of the table."""


def contraction(factors: Sequence[Node], axis: Index) -> tuple[list[Node], list[Node]] | None:
    """The factors in two parts that share only the axis, so that the sum along it is a matrix product."""
    if len(factors) < 2:
        return None
    right = max(factors, key=lambda f: (len(f.indices), f.op == "leaf"))
    if right.op != "leaf" and any(f.op in GUARDS for f in factors):
        return None  # where the condition fails the rest may be undefined, and 0 times that is no 0
    at = list(factors).index(right)
    left = [*factors[:at], *factors[at + 1 :]]
    axes = {k for f in left for k in f.indices}
    if axes & set(right.indices) != {axis} or max(len(axes), len(right.indices)) > 2:
        return None
    return left, [right]


def orders(
    axes: Sequence[Sequence[Index]], axis: Index, out: Sequence[Index]
) -> list[tuple[tuple[int, int], tuple[bool, bool]]]:
    """The orders of two operands whose matrix product is ``out``, each with which of them are transposed."""
    return [
        ((m, n), (axes[m][-1] != axis, axes[n][0] != axis)) for m, n in ((0, 1), (1, 0))
        if [k for k in (*axes[m], *axes[n]) if k != axis] == list(out)
    ]


def _over(code: str, divisors: Sequence[str]) -> str:
    """The code divided by a product."""
    if not divisors:
        return code
    return f"{code or '1'} / {divisors[0] if len(divisors) == 1 else '(' + ' * '.join(divisors) + ')'}"


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

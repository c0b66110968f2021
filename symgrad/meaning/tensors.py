"""Vectors and matrices as index notation: a shape and a rule that gives the entry at given indices.

A scalar has shape (), a column vector (d,), a row (1, d), a matrix (n, m); (n, 1) is a column and
(1, 1) a scalar.  Entries are core terms, so everything here is notation that disappears.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from ..core import Add, Call, Core, Div, Mul, Num, Pow, Ref, Sum, Sym, walk
from ..errors import ShapeError, Span
from ..names import Cardinality, Dimension, Fresh, letter_of
from ..reasons import CannotCombine, CannotMultiply, NoTranspose, Shape

Entry = Callable[[tuple[Core, ...]], Core]

UNROLL = 12
ZERO, ONE, TWO, MINUS = (Num(Fraction(k)) for k in (0, 1, 2, -1))


@dataclass(frozen=True, slots=True)
class Value:
    """A quantity: ``at(indices)`` is its entry.

    ``ref`` is set for a bare undeclared name, which may still take indices: (core name, indices).
    ``gradient`` marks a derivative by a vector, which stands for a row in a chain of products;
    ``loose`` a vector made of a family y_k, which nobody wrote as a column or as a row.
    ``lift`` is, for an undeclared y beside y_k, the vector of all y_k: taken where a vector must stand.
    """

    shape: Shape
    at: Entry
    ref: tuple[str, tuple[Core, ...]] | None = None
    gradient: bool = False
    loose: bool = False
    lift: Value | None = None

    @property
    def term(self) -> Core:
        """The core term of a scalar."""
        return self.at(())


def scalar(term: Core) -> Value:
    return Value((), lambda _: term)


def tensor(shape: Shape, at: Entry) -> Value:
    """A value in normal shape: sizes that are 1 disappear, except the 1 of a row."""
    if len(shape) == 2 and shape[1] == ONE:
        return tensor(shape[:1], lambda k: at((*k, ONE)) if k else at((ONE, ONE)))
    if shape == (ONE,):
        return scalar(at((ONE,)))
    return Value(shape, at) if shape else scalar(at(()))


def add(*terms: Core) -> Core:
    flat: list[Core] = []
    for t in terms:
        flat += t.terms if isinstance(t, Add) else (t,)
    flat = [t for t in flat if t != ZERO]
    return flat[0] if len(flat) == 1 else (Add(tuple(flat)) if flat else ZERO)


def mul(*factors: Core) -> Core:
    """A product without ones; numbers are not multiplied out and zeros stay."""
    flat: list[Core] = []
    for f in factors:
        flat += f.factors if isinstance(f, Mul) else (f,)
    flat = [f for f in flat if f != ONE]
    return flat[0] if len(flat) == 1 else (Mul(tuple(flat)) if flat else ONE)


def neg(term: Core) -> Core:
    return Num(-term.value) if isinstance(term, Num) else mul(MINUS, term)


def div(num: Core, den: Core) -> Core:
    if isinstance(num, Num) and isinstance(den, Num) and den.value:
        return Num(num.value / den.value)
    return num if den == ONE else Div(num, den)


def square(term: Core) -> Core:
    return Pow(term, TWO)


def log(term: Core) -> Core:
    """The logarithm, with what is positive wherever it is defined taken out: exp, roots, a^x of a real x.

    >>> from symgrad.core import text
    >>> a, b, x = Sym("a"), Sym("b"), Sym("x")
    >>> text(log(Mul((Pow(a, x), b))))
    'x*log(a) + log(b)'
    """
    rest: list[Core] = []
    out = _logs_of(term, rest)
    match rest:
        case _ if not out:
            return Call("log", (term,))
        case []:
            return add(*out)
        case [Div(num, den)] if num == ONE:
            return add(*out, neg(Call("log", (den,))))
    return add(*out, Call("log", (mul(*rest),)))


def _logs_of(term: Core, rest: list[Core]) -> list[Core]:
    return [t for f in (term.factors if isinstance(term, Mul) else (term,)) for t in _log_of(f, rest)]


def _log_of(f: Core, rest: list[Core]) -> list[Core]:
    match f:
        case Call("exp", (t,)):
            return [t]
        case Call("sqrt", (t,)):
            return [mul(Num(Fraction(1, 2)), log(t))]
        case Pow(base, exp) if has_variable(exp):
            return [mul(exp, log(base))]
        case Div(num, den):
            above: list[Core] = []
            below: list[Core] = []
            parts, minus = _logs_of(num, above), _logs_of(den, below)
            if parts or minus:
                if above or below:  # one factor: the signs of the two are not known one by one
                    rest.append(div(mul(*above), mul(*below)))
                return [*parts, *map(neg, minus)]
    rest.append(f)
    return []


def has_variable(t: Core) -> bool:
    """Does a variable stand in the exponent, so that the base is positive?"""
    return any(isinstance(k, Ref) or (isinstance(k, Sym) and k.sort == "real") for k in walk(t))


def transposed(v: Value) -> Value:
    if not v.shape:
        return v
    if len(v.shape) == 1:
        return tensor((ONE, v.shape[0]), lambda k: v.at((k[1],)))
    if len(v.shape) > 2:
        raise ShapeError(NoTranspose(v.shape))
    n, m = v.shape
    return tensor((m, n), lambda k: v.at((k[1], k[0])))


def each(fn: Callable[[Core], Core], v: Value) -> Value:
    """``fn`` of every entry."""
    lift = None if v.lift is None else each(fn, v.lift)
    return replace(v, at=lambda k: fn(v.at(k)), ref=None, lift=lift)


class Sizes:
    """Equality of sizes, inference of sizes that nobody declared, and fresh indices."""

    def __init__(self) -> None:
        self._count = 0
        self._known: dict[Core, Core] = {}
        self._open: set[Core] = set()

    def fresh(self, base: str) -> Fresh:
        """A name that occurs nowhere else."""
        self._count += 1
        return Fresh(letter_of(base), self._count)

    def index(self, base: str = "k") -> Sym:
        return Sym(self.fresh(base), "index")

    def unknown(self, name: str) -> Sym:
        """The size of a dimension of ``name`` that nothing has fixed yet."""
        size = Sym(Dimension(name), "size")
        self._open.add(size)
        return size

    def generic(self, name: Cardinality) -> Sym:
        """The size of a range that nothing bounds; it is that of whatever it must fit."""
        size = Sym(name, "size")
        if size not in self._known:
            self._open.add(size)
        return size

    def find(self, size: Core) -> Core:
        while size in self._known:
            size = self._known[size]
        return size

    def settled(self) -> tuple[Sym, ...]:
        """The sizes that turned out to be others."""
        return tuple(k for k in self._known if isinstance(k, Sym))

    def agree(self, a: Core, b: Core) -> bool:
        """Are the sizes equal?  One that is still open becomes the other."""
        a, b = self.find(a), self.find(b)
        if _linear(a) == _linear(b):
            return True
        if a in self._open:
            self._known[a] = b
            return True
        if b in self._open:
            self._known[b] = a
            return True
        return False

    def fit(self, a: Shape, b: Shape) -> bool:
        return len(a) == len(b) and all(self.agree(x, y) for x, y in zip(a, b, strict=True))

    # -- products -------------------------------------------------------------------------------

    def contract(self, left: Callable[[Core], Core], right: Callable[[Core], Core], size: Core) -> Core:
        if isinstance(size, Num) and size.value <= UNROLL:
            numbers = [Num(Fraction(i + 1)) for i in range(int(size.value))]
            return add(*(mul(left(i), right(i)) for i in numbers))
        k = self.index()
        return Sum(mul(left(k), right(k)), k, ONE, size)

    def product(self, a: Value, b: Value, span: Span | None = None, dot: bool = True) -> Value:
        """Scalars scale; otherwise the matrix product; with ``dot``, two columns have an inner product."""
        if b.lift is not None and len(a.shape) == 2:
            b = b.lift
        if not a.shape or not b.shape:
            big = a if a.shape else b
            at = lambda k: mul(a.at(k if a.shape else ()), b.at(k if b.shape else ()))  # noqa: E731
            return replace(big, at=at, ref=None, lift=None)
        row = a.gradient or a.loose
        match a.shape, b.shape:
            case (n,), (m,) if (dot or row or b.gradient or b.loose) and self.agree(n, m):
                return scalar(self.contract(lambda i: a.at((i,)), lambda i: b.at((i,)), n))
            case (n,), (one, m) if one == ONE:
                return tensor((n, m), lambda k: mul(a.at((k[0],)), b.at((ONE, k[1]))))
            case (n,), (m, _) if row and self.agree(n, m):
                return self.product(transposed(a), b, span)
            case (n, size), (m,) | (m, _) if self.agree(size, m):
                out = tensor((n, *(b.shape[1:] or (ONE,))), lambda k: self.contract(
                    lambda i: a.at((k[0], i)), lambda i: b.at((i, *k[1 : len(b.shape)])), size))
                # A scalar must not be contracted anew at every use.
                return out if out.shape else scalar(out.term)
        chained = self._chained(a, b)
        if chained is not None:
            return chained
        raise ShapeError(CannotMultiply(self.found(a.shape), self.found(b.shape)), span)

    def _chained(self, a: Value, b: Value) -> Value | None:
        """dL/dZ dZ/dW: a derivative of a matrix or by one is contracted over all it shares."""
        if max(len(a.shape), len(b.shape)) < 3:
            return None
        if _is_row(a.shape):
            a = transposed(a)
        for shared in (len(a.shape), 1):
            left, right = a.shape[len(a.shape) - shared :], b.shape[:shared]
            if not self.fit(left, right):
                continue
            kept = len(a.shape) - shared

            def at(k: tuple[Core, ...], shared: int = shared, kept: int = kept) -> Core:
                letters = tuple(self.index() for _ in range(shared))
                out = mul(a.at((*k[:kept], *letters)), b.at((*letters, *k[kept:])))
                for letter, size in zip(letters, b.shape, strict=False):
                    out = Sum(out, letter, ONE, size)
                return out

            out = tensor((*a.shape[:kept], *b.shape[shared:]), at)
            return replace(out, gradient=a.gradient or b.gradient)
        return None

    def found(self, shape: Shape) -> Shape:
        """The shape with what is known of its sizes by now."""
        return tuple(self.find(k) for k in shape)

    def entrywise(
        self, values: tuple[Value, ...], fn: Callable[..., Core], what: str, span: Span | None
    ) -> Value:
        """``fn`` of corresponding entries; a scalar goes with every entry, a row with every row."""
        lift = None
        if not any(v.shape for v in values):
            if any(v.lift for v in values):
                lift = self.entrywise(tuple(v.lift or v for v in values), fn, what, span)
        else:
            values = self._with_rows(tuple(v if v.lift is None or v.shape else v.lift for v in values))
        return Value(
            self._common_shape(values, what, span), lambda k: fn(*(_entry(v, k) for v in values)), lift=lift,
            gradient=any(v.gradient for v in values), loose=all(v.loose for v in values if v.shape),
        )

    def _with_rows(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """Beside a row, a vector that nobody wrote as a column is a row too."""
        width = next((v.shape[1] for v in values if _is_row(v.shape)), None)
        if width is None:
            return values
        return tuple(
            transposed(v) if v.loose and len(v.shape) == 1 and self.agree(v.shape[0], width) else v
            for v in values
        )

    def _common_shape(self, values: tuple[Value, ...], what: str, span: Span | None) -> Shape:
        shape: Shape = ()
        for v in values:
            if not v.shape or (shape and self.fit(shape, v.shape)):
                continue
            if not shape or self._spreads(shape, v.shape):
                shape = v.shape
            elif not self._spreads(v.shape, shape):
                first = next(u for u in values if u.shape)
                raise ShapeError(CannotCombine(what, self.found(first.shape), self.found(v.shape)), span)
        return shape

    def _spreads(self, small: Shape, large: Shape) -> bool:
        """Is ``small`` a row that can be repeated down the matrix ``large``?"""
        matrix = len(large) == 2 and not _is_row(large)
        return matrix and _is_row(small) and self.agree(small[1], large[1])


def _is_row(shape: Shape) -> bool:
    return len(shape) == 2 and shape[0] == ONE


def _entry(v: Value, k: tuple[Core, ...]) -> Core:
    """What stands at ``k`` of a larger shape."""
    if not v.shape:
        return v.term
    return v.at((ONE, k[1]) if _is_row(v.shape) and len(k) == 2 else k)


def _linear(size: Core) -> object:
    """A size as a sum of terms with integer coefficients, so that d+1 and 1+d agree."""
    out: dict[Core, Fraction] = {}

    def go(t: Core, c: Fraction) -> None:
        match t:
            case Num(value):
                out[ONE] = out.get(ONE, Fraction(0)) + c * value
            case Add(terms):
                for k in terms:
                    go(k, c)
            case Mul((Num(value), rest)):
                go(rest, c * value)
            case _:
                out[t] = out.get(t, Fraction(0)) + c

    go(size, Fraction(1))
    return frozenset((k, v) for k, v in out.items() if v)


def gap(a: Core, b: Core) -> Fraction | None:
    """The constant a - b, or None if it is not constant.

    >>> i = Sym("i", "index")
    >>> gap(Add((i, ONE)), i)
    Fraction(1, 1)
    """
    rest = dict(_linear(add(a, neg(b))))  # type: ignore[call-overload]
    constant = rest.pop(ONE, Fraction(0))
    return None if rest else constant


def refs(name: str, indices: tuple[Core, ...]) -> Core:
    """The entry of a name: a Sym when there are no indices."""
    return Ref(name, indices) if indices else Sym(name)


__all__ = [
    "MINUS", "ONE", "TWO", "ZERO", "Call", "Shape", "Sizes", "Value", "add", "div", "each", "gap", "mul",
    "neg", "refs", "scalar", "square", "tensor", "transposed",
]

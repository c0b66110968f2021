"""Signs: between which numbers the values of a core term lie, by the way it is written and by what is known.

What is found holds wherever the term is defined.  The signs of normal forms, whose atoms carry hypotheses and
orders, are told in `prover.signs`.

>>> from symgrad.core import Sym
>>> sigma = Call("sigma", (Sym("z"),))
>>> print(range_of(sigma), range_of(Add((Num(ONE), Mul((Num(-ONE), sigma))))))
(0, 1) (0, 1)
>>> [range_of(Pow(Sym("z"), Num(Fraction(n)))).nonnegative for n in (2, 3)]
[True, False]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import inf
from typing import Any

from ..core import Add, Call, Core, Delta, Div, Mul, Num, Pow, Sum, Sym, walk
from ..functions import FUNCTIONS, Function

ZERO, ONE = Fraction(0), Fraction(1)
BITS = 2_000
"""Of powers with longer ends only the sign is said."""

End = tuple[Fraction | float, bool]
"""An end of a range, and whether it may be a value itself."""


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers between two ends."""

    low: End = (-inf, False)
    high: End = (inf, False)

    @property
    def positive(self) -> bool:
        return self.low[0] > 0 or self.low == (0, False)

    @property
    def nonnegative(self) -> bool:
        return self.low[0] >= 0

    @property
    def nonzero(self) -> bool:
        return self.positive or (-self).positive

    def __str__(self) -> str:
        return f"{'(['[self.low[1]]}{self.low[0]}, {self.high[0]}{')]'[self.high[1]]}"

    def __neg__(self) -> Range:
        return Range((-self.high[0], self.high[1]), (-self.low[0], self.low[1]))

    def __add__(self, other: Range) -> Range:
        return Range(_sum(self.low, other.low), _sum(self.high, other.high))

    def __mul__(self, other: Range) -> Range:
        corners = [_product(a, b) for a, b in product((self.low, self.high), (other.low, other.high))]
        return Range(min(corners, key=_lowest), max(corners))

    def __and__(self, other: Range) -> Range:
        """The numbers in both; one of the two, where there is none."""
        low, high = max(self.low, other.low, key=_lowest), min(self.high, other.high)
        return Range(low, high) if low[0] <= high[0] else self

    def inverse(self) -> Range:
        """1/v, wherever it is defined."""
        if self.low[0] < 0:
            return -(-self).inverse() if self.high[0] <= 0 else ANY
        return Range(_inverse(self.high), _inverse(self.low)) if self.high[0] else ANY

    def size(self) -> Range:
        """|v|."""
        if self.nonnegative:
            return self
        return -self if self.high[0] <= 0 else Range((ZERO, True), max(self.high, (-self).high))

    def power(self, n: int) -> Range:
        if n <= 0:
            return self.power(-n).inverse() if n else exactly(ONE)
        base = self.size() if n % 2 == 0 else self
        if n * max(_bits(base.low[0]), _bits(base.high[0])) > BITS:
            return base.sign()
        return Range((base.low[0] ** n, base.low[1]), (base.high[0] ** n, base.high[1]))

    def sign(self) -> Range:
        """What is known of the sign alone."""
        return POSITIVE if self.positive else NONNEGATIVE if self.nonnegative else ANY


def _lowest(end: End) -> tuple[Fraction | float, bool]:
    return end[0], not end[1]


def _sum(a: End, b: End) -> End:
    # A fraction may be too large for a float.
    infinite = next((end for end in (a, b) if isinstance(end[0], float)), None)
    return infinite or (a[0] + b[0], a[1] and b[1])


def _product(a: End, b: End) -> End:
    if not a[0] or not b[0]:
        return ZERO, (not a[0] and a[1]) or (not b[0] and b[1])
    if isinstance(a[0], float) or isinstance(b[0], float):
        return (inf if (a[0] > 0) == (b[0] > 0) else -inf), False
    return a[0] * b[0], a[1] and b[1]


def _inverse(end: End) -> End:
    if isinstance(end[0], float):
        return ZERO, False
    return (1 / end[0], end[1]) if end[0] else (inf, False)


def _bits(value: Fraction | float) -> int:
    return 1 if isinstance(value, float) else (value.numerator * value.denominator).bit_length()


def exactly(value: Fraction) -> Range:
    return Range((value, True), (value, True))


ANY = Range()
POSITIVE, NONNEGATIVE = Range((ZERO, False)), Range((ZERO, True))


def _of(row: Function) -> Range:
    low, high = row.bounds or (-inf, inf)
    return Range((low, row.range[:1] == "["), (high, row.range[-1:] == "]"))


RANGES = {"pi": POSITIVE, **{name: _of(row) for name, row in FUNCTIONS.items() if row.range}}
"""Where the values of a function lie, whatever it is applied to."""

Known = Callable[[Core], Range]
"""What is known of a term from elsewhere."""


def nothing(_: Core) -> Range:
    return ANY


def range_of(t: Core, known: Known = nothing) -> Range:
    """Where the values of the term lie."""
    found, told = _range_of(t, known), known(t)
    return found if told is ANY else found & told


def _range_of(t: Core, known: Known) -> Range:
    found = _OF.get(type(t))
    return found(t, known) if found is not None else ANY


def _of_sum(t: Add, known: Known) -> Range:
    out = exactly(ZERO)
    for k in t.terms:
        out += range_of(k, known)
    return out


def _of_product(t: Mul, known: Known) -> Range:
    out = exactly(ONE)
    for k, n in Counter(t.factors).items():
        out *= range_of(k, known).power(n)
    return out


def _of_power(t: Pow, known: Known) -> Range:
    base = range_of(t.base, known)
    if not isinstance(t.exp, Num):
        return base.sign() if integral(t.exp) else POSITIVE
    if t.exp.value.denominator == 1:
        return base.power(t.exp.value.numerator)
    # It is defined for a base that is not negative.
    return NONNEGATIVE if t.exp.value > 0 and not base.positive else POSITIVE


def _of_call(t: Call, known: Known) -> Range:
    match t:
        case Call("abs", (arg,)):
            return range_of(arg, known).size()
        case Call("sqrt", (arg,)):
            return POSITIVE if range_of(arg, known).positive else NONNEGATIVE
        case Call("log", (Num(value),)):
            return POSITIVE if value > 1 else -POSITIVE if value < 1 else exactly(ZERO)
    return RANGES.get(t.fn, ANY)


def _of_total(t: Sum, known: Known) -> Range:
    return _total(range_of(t.body, known), t.lower == Num(ONE) and range_of(t.upper, known).positive)


_OF: dict[type[Core], Callable[[Any, Known], Range]] = {
    Num: lambda t, known: exactly(t.value),
    Sym: lambda t, known: POSITIVE if t.sort == "size" else ANY,
    Add: _of_sum,
    Mul: _of_product,
    Div: lambda t, known: range_of(t.num, known) * range_of(t.den, known).inverse(),
    Pow: _of_power,
    Call: _of_call,
    Sum: _of_total,
    Delta: lambda t, known: RANGES["step"],
}


def _total(one: Range, some: bool) -> Range:
    """Of a sum whose terms lie in a range; are there ``some`` for certain?"""
    if one.high[0] <= 0:
        return -_total(-one, some)
    return POSITIVE if one.positive and some else NONNEGATIVE if one.nonnegative else ANY


def integral(t: Core) -> bool:
    """Is the term an integer by the way it is written?"""
    return all(
        (isinstance(k, Sym) and k.sort != "real") or isinstance(k, Add | Mul)
        or (isinstance(k, Num) and k.value.denominator == 1)
        for k in walk(t)
    )

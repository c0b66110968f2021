"""The value of a closed term, every printed digit certain."""

from __future__ import annotations

from random import Random

from flint import arb, ctx, fmpq

from ..core import Core
from ..errors import InputError, UnknownMeaning
from .evaluate import Point
from .evaluate import value as value_at
from .limits import Undefined

PRECISIONS = (128, 512, 2048)


def enclose(term: Core, digits: int = 10) -> str:
    """An exact rational as it is; any other number rounded to ``digits`` decimals, every digit certain.

    The error is at most half a unit of the last decimal.  Raises InputError if the term has free symbols or
    no value.

    >>> from fractions import Fraction
    >>> from symgrad.core import Call, Num
    >>> enclose(Call("exp", (Num(Fraction(-1)),))), enclose(Num(Fraction(1, 3)))
    ('0.3678794412', '1/3')
    """
    before = ctx.prec
    try:
        for ctx.prec in PRECISIONS:
            point = Point(Random(0), 1, (1,), ())
            try:
                value = value_at(point, term)
            except (Undefined, ZeroDivisionError, OverflowError):
                raise InputError("the term has no value") from None
            if point.parameters or point.data or point.sizes or point.functions:
                raise InputError("the term is not closed: it has free symbols")
            if isinstance(value, fmpq):
                return str(value)
            shifted = (abs(arb(value)) * arb(10) ** digits + arb(0.5)).floor().unique_fmpz()
            sign = "-" if value < 0 else "" if value > 0 else None
            if shifted is not None and sign is not None:
                whole, decimals = divmod(int(shifted), 10**digits)
                return f"{sign}{whole}.{decimals:0{digits}d}"
        raise UnknownMeaning(f"{digits} digits could not be separated from their neighbours")
    finally:
        ctx.prec = before

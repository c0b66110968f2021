"""Reasons that the judge and the reader of meanings give, a class each, with their data.

Control flow asks for a class or a field, never for words.  What is said once and asked by nobody is a
``Remark`` where it is seen.

>>> print(NotDefined("J"))
J is not defined here: write let J = ..
>>> NotDefined("J").name
'J'
"""

from __future__ import annotations

from .core import Core, Sym, text, walk
from .errors import Reason
from .names import Dimension

# --- the judge ----------------------------------------------------------------------------------------------


class Open(Reason):
    words = "no proof and no counterexample found"


class FuelSpent(Reason):
    words = "fuel spent: too large to decide within the limit"


class TooDeep(Reason):
    words = "the expression is nested too deeply"


class TooLarge(Reason):
    words = "the expression is too large"


class NowhereDefined(Reason):
    words = "the sides are defined nowhere (division by zero, or log of a number that is not positive)"


class NoCommonPoint(Reason):
    words = "no point was found at which both sides are defined"


class NoValuesForGivens(Reason):
    words = "no values were found that satisfy the givens"


class SeveralArities(Reason):
    name: str
    words = "{name} is applied to different numbers of arguments"


# --- the reader -------------------------------------------------------------------------------------------


class UnknownCommand(Reason):
    name: str
    words = "unknown command {name}"


# --- shapes -------------------------------------------------------------------------------------------------

Shape = tuple[Core, ...]


def in_words(shape: Shape) -> str:
    """The shape in words.

    >>> from symgrad.core import Num
    >>> in_words((Num(3), Sym("d", "size")))
    '3 × d'
    """
    if not shape:
        return "a scalar"
    if len(shape) == 1:
        return f"{text(shape[0])} × 1"
    return " × ".join(text(k) for k in shape)


class OfShapes(Reason):
    """A reason that names shapes.

    >>> print(CannotMultiply((Sym(Dimension("w"), "size"),), (Sym("d", "size"),)))
    cannot multiply dim w × 1 by d × 1
    >>> list(CannotMultiply((Sym(Dimension("w"), "size"),), ()).guessed)
    ['w']
    """

    def __str__(self) -> str:
        told = {k: in_words(v) if isinstance(v, tuple) else v for k, v in vars(self).items()}
        return self.words.format(**told)

    @property
    def guessed(self) -> tuple[str, ...]:
        """The names whose sizes nothing has fixed, in the order in which they are shown."""
        shapes = (v for v in vars(self).values() if isinstance(v, tuple))
        sizes = (t.name for shape in shapes for k in shape for t in walk(k) if isinstance(t, Sym))
        return tuple(name.of for name in sizes if isinstance(name, Dimension))


class NoTranspose(OfShapes):
    of: Shape
    words = "no transpose of {of}"


class CannotMultiply(OfShapes):
    left: Shape
    right: Shape
    words = "cannot multiply {left} by {right}"


class CannotDivide(OfShapes):
    left: Shape
    right: Shape
    words = "cannot divide {left} by {right}"


class CannotCombine(OfShapes):
    """``what``: add, compare, .."""

    what: str
    left: Shape
    right: Shape
    words = "cannot {what} {left} and {right}"


class SidesDiffer(OfShapes):
    left: Shape
    right: Shape
    words = "the left side is {left}, the right side {right}"


class PointOfShape(OfShapes):
    point: Shape
    of: Shape
    words = "a point of shape {point} for {of}"


class Needed(OfShapes):
    """``what``: what is needed here, in words."""

    what: str
    found: Shape
    words = "{what}, not {found}"


class SoftmaxOfScalar(Reason):
    words = "softmax needs a vector, not a scalar"


class WrongIndices(OfShapes):
    count: int
    on: Shape
    words = "{count} indices on {on}"


class IndexOnScalar(Reason):
    name: str
    words = "{name} is a scalar and takes no index"


# --- names --------------------------------------------------------------------------------------------------


class NotDefined(Reason):
    """``hint``: what to do, or what it was read as."""

    name: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.name} is not defined here: {self.hint or f'write let {self.name} = ..'}"


class NoDerivativeKnown(NotDefined):
    def __str__(self) -> str:
        return f"{self.name} is not defined here, so its derivative is not known: write let {self.name} = .."


# --- readings: what is proved holds in one that may not be the author's ------------------------------------


class Layout(Reason):
    words = "holds with one side transposed: which layout of the gradient is meant?"


class PowerOfT(Reason):
    words = "holds with t above as a power: write ^T for a transpose"


class SmallT(Reason):
    words = "is t above the transpose?  write ^T"


class WholeProduct(Reason):
    words = "holds with the derivative of the whole product: write parentheses around what it is taken of"


class Elsewhere(Reason):
    words = "these cases do not say what holds elsewhere"


class AnySign(Reason):
    words = "the factors of a product may have any sign: assume that they are positive"


# --- steps of a document ------------------------------------------------------------------------------------


class But(Reason):
    reason: Reason
    doubt: Reason
    words = "{reason}; but {doubt}"


class UnknownFunction(Reason):
    name: str
    words = "nothing here says what the function {name} is"


class UnknownDependence(Reason):
    name: str
    by: str
    words = "nothing here says how {name} depends on {by}"


class OneSided(Reason):
    name: str
    words = "{name} stands on one side only, and nothing here says what it is"


class ShapeGuessed(Reason):
    name: str
    words = "the shape of {name} is only guessed"


# --- notes: how a claim was read ----------------------------------------------------------------------------


class Convention(Reason):
    """A layout that the author's convention allows; ``what`` was turned."""

    what: str
    words = "{what}: a convention of layout"

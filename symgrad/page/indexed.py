"""Names with their indices, as they are written: ``x^{(i)}_j``."""

from __future__ import annotations

from typing import NamedTuple

from .symbols import unbold
from .to_latex import to_latex
from .tree import Add, Indexed, Mul, Neg, Node, Num, Prime, Sym

_SIZES = frozenset("nmdpqkNMDKCHBT")


class Place(NamedTuple):
    """A place for an index: the letter of a name with the numbers above it, how many indices stand above, and
    the position, counted over upper then lower indices."""

    letter: str
    numbers: tuple[str, ...]
    uppers: int
    position: int


class Name(NamedTuple):
    """A name with its indices as written; ``x^{(i)}_j`` is ``Name("x", (i,), (j,))``."""

    base: str
    upper: tuple[Node, ...] = ()
    lower: tuple[Node, ...] = ()
    bracket: str = "()"

    @property
    def indices(self) -> tuple[Node, ...]:
        return (*self.upper, *self.lower)

    def place(self, position: int) -> Place:
        numbers = tuple(_short(k) for k in self.upper if isinstance(k, Num))
        return Place(unbold(self.base), numbers, len(self.upper), position)

    def __str__(self) -> str:
        return written(self.base, self.upper, self.lower, self.bracket)


def name_of(node: Node) -> Name | None:
    """The name that a Sym, an Indexed of a name or a primed name writes; None for anything else.

    >>> str(name_of(Indexed(Indexed(Sym("x"), (Sym("j"),)), (), (Sym("i"),))))
    'x^{(i)}_{j}'
    """
    match node:
        case Sym(base):
            return Name(base)
        case Prime(fn, order):
            inner = name_of(fn)
            if inner is None:
                return None
            return Name(inner.base + "'" * order, inner.upper, inner.lower, inner.bracket)
        case Indexed(base_node, lower, upper, bracket):
            inner = name_of(base_node)
            if inner is None:
                return None
            mark = bracket if upper else inner.bracket
            return Name(inner.base, (*inner.upper, *upper), (*inner.lower, *lower), mark)
    return None


def written(base: str, upper: tuple[Node, ...], lower: tuple[Node, ...], bracket: str = "()") -> str:
    """The canonical spelling of an indexed name: the key under which such a kind is stored."""
    open_, close = (bracket[0], bracket[1]) if len(bracket) == 2 else ("", "")
    up = "^{" + open_ + ",".join(map(_short, upper)) + close + "}" if upper else ""
    return base + up + ("_{" + ",".join(map(_short, lower)) + "}" if lower else "")


def _short(node: Node) -> str:
    match node:
        case Sym(name):
            return name
        case Num(value):
            return str(value)
        case Add(terms):
            return "+".join(map(_short, terms)).replace("+-", "-")
        case Neg(arg):
            return "-" + _short(arg)
        case Indexed(base, lower, upper, bracket):
            return written(_short(base), upper, lower, bracket)
        case Mul(factors):
            return " ".join(map(_short, factors))
    return to_latex(node)


def is_sized(name: Name) -> bool:
    """``\\mathbf{1}_n``, ``I_n``: ones, zeros, an identity with their size."""
    if unbold(name.base) not in (("I",) if name.base == "I" else ("0", "1", "I")) or name.upper:
        return False
    match name.lower:
        case (Num(),):
            return True
        case (Sym(letter),):
            return letter in _SIZES
    return False

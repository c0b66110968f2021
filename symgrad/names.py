r"""The names that symgrad makes itself: each knows what it is made of, and nobody reads it back.

Such a name is a string, compared, sorted and printed as what it shows; that a name is of this kind, and what
of, is asked of its type.

>>> k = Fresh("k", 3)
>>> k, k.letter, k == "k#3", letter_of(k), letter_of("k")
('k#3', 'k', True, 'k', 'k')
>>> Dimension("w"), Dimension("w").of
('dim w', 'w')
>>> Part("f", 1), Part("f", 1).of
('f.1', 'f')
"""

from __future__ import annotations

from typing import Any, Self


class Made(str):
    """A name made of another one."""

    __slots__ = ("of",)
    of: str

    @classmethod
    def _shown(cls, shown: str, of: str) -> Self:
        self = str.__new__(cls, shown)
        self.of = of
        return self

    def __getnewargs__(self) -> Any:
        return (self.of,)


class Fresh(str):
    """``k#3``: a name that stands nowhere else; ``letter`` is what people may see of it.

    ``mark`` is ``'`` where they are to see the number too.
    """

    __slots__ = ("letter", "mark", "number")
    letter: str
    number: int
    mark: str

    def __new__(cls, letter: str, number: int, mark: str = "#") -> Self:
        self = super().__new__(cls, f"{letter}{mark}{number}")
        self.letter, self.number, self.mark = letter, number, mark
        return self

    def __getnewargs__(self) -> Any:
        return self.letter, self.number, self.mark


class Numbered(str):
    """``#2``: a letter that is known by its place alone, such as the third index of a left side."""

    __slots__ = ("number",)
    number: int

    def __new__(cls, number: int) -> Self:
        self = super().__new__(cls, f"#{number}")
        self.number = number
        return self

    def __getnewargs__(self) -> Any:
        return (self.number,)


class Dimension(Made):
    """``dim w``: how long w is, where nothing has fixed it yet."""

    __slots__ = ()

    def __new__(cls, of: str) -> Self:
        return cls._shown(f"dim {of}", of)


class Cardinality(Made):
    """``|k|``: how many values the letter or the set k has, where nothing bounds its range."""

    __slots__ = ()

    def __new__(cls, of: str) -> Self:
        return cls._shown(f"|{of}|", of)


class Indicated(Made):
    r"""``1[y = \cdot]``: the vector whose entry k is 1 where y = k, else 0."""

    __slots__ = ()

    def __new__(cls, of: str) -> Self:
        return cls._shown(f"1[{of} = \\cdot]", of)


class InverseOf(Made):
    """``(A)^{-1}``: the inverse of a matrix, by its letter or by its entries in words."""

    __slots__ = ()

    def __new__(cls, of: str) -> Self:
        return cls._shown(f"({of})^{{-1}}", of)


class ProductOf(Made):
    """A product over an index, by its factors in words."""

    __slots__ = ()

    def __new__(cls, of: str) -> Self:
        return cls._shown(f"prod {of}", of)


class Differential(Made):
    r"""``\mathrm{d}w``: an arbitrary change of w."""

    __slots__ = ()

    def __new__(cls, of: str) -> Self:
        return cls._shown(f"\\mathrm{{d}}{of}", of)


class Part(Made):
    """``f.1``: what an unknown function f does with the entries of its first argument, a vector."""

    __slots__ = ("place",)
    place: int

    def __new__(cls, of: str, place: int) -> Self:
        self = cls._shown(f"{of}.{place}", of)
        self.place = place
        return self

    def __getnewargs__(self) -> Any:
        return self.of, self.place


def letter_of(name: str) -> str:
    """What people may see of the name."""
    return name.letter if isinstance(name, Fresh) else name


def primed(name: str) -> str:
    """Another name beside this one.

    >>> primed("i"), primed(Fresh("i", 3))
    ("i'", "i'#3")
    """
    return Fresh(name.letter + "'", name.number) if isinstance(name, Fresh) else name + "'"

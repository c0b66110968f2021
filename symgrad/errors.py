"""What can go wrong, each error carrying its data.

A message says what was found, where, and what to do.  Nothing here prints.

>>> raise ReadError("unknown command \\\\foo", Span(3, 7))
Traceback (most recent call last):
    ...
symgrad.errors.ReadError: unknown command \\foo (column 4)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, dataclass_transform


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets in a source text."""

    start: int
    end: int


@dataclass_transform(frozen_default=True)
class Reason:
    """Why something is wrong or not decided: data like a frozen dataclass's, and a template of ``words``.

    Who must know asks for its class and its fields; words are made of it where it is shown.  (It is no
    dataclass because there are many, and each of those takes half a millisecond at start-up.)

    >>> class TooMany(Reason):
    ...     name: str
    ...     count: int
    ...     words = "{count} indices on {name}"
    >>> print(TooMany("x", 3))
    3 indices on x
    >>> TooMany("x", 3) == TooMany("x", count=3), TooMany("x", 3)
    (True, TooMany('x', 3))
    """

    words: ClassVar[str]
    fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = (*cls.fields, *cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        vars(self).update(zip(self.fields, values, strict=False), **named)
        missing = [name for name in self.fields if not hasattr(self, name)]
        if missing or len(values) > len(self.fields) or not vars(self).keys() <= {*self.fields}:
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.fields) or 'nothing'}")

    @property
    def values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reason) and type(self) is type(other) and self.values == other.values

    def __hash__(self) -> int:
        return hash((type(self), self.values))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.values))})"

    def __str__(self) -> str:
        return self.words.format(**vars(self))


class Remark(Reason):
    """A reason of which nobody asks more than its words."""

    said: str
    words = "{said}"


class Located(Reason):
    """A reason and the column (from 1) at which it was seen."""

    reason: Reason
    column: int
    words = "{reason} (column {column})"


class SymgradError(Exception):
    """Base of every error that symgrad raises on purpose; ``str()`` is the message for users."""


class SpannedError(SymgradError):
    """An error that can point into the text that was read."""

    def __init__(self, reason: Reason | str, span: Span | None = None) -> None:
        super().__init__(reason, span)
        self.reason = Remark(reason) if isinstance(reason, str) else reason
        self.span = span

    @property
    def located(self) -> Reason:
        """The reason, with its place in the text that was read."""
        return self.reason if self.span is None else Located(self.reason, self.span.start + 1)

    @property
    def message(self) -> str:
        """The reason in words."""
        return str(self.reason)

    def __str__(self) -> str:
        return str(self.located)


class ReadError(SpannedError):
    """Text that is not mathematics symgrad can read: names the command or sign."""


class Slip(ReadError):
    """Text that means nothing as it stands and one thing with a sign more: ``meant`` says which."""

    def __init__(self, reason: Reason | str, span: Span | None, meant: str) -> None:
        super().__init__(reason, span)
        self.meant = meant


class ShapeError(SpannedError):
    """Well-formed mathematics whose shapes do not fit together: names both shapes."""


class ScopeError(SpannedError):
    """A definition or given that contradicts another, or refers to itself."""


class UnknownMeaning(SpannedError):
    """Readable, but symgrad has no meaning for it: the verdict is *undecided* with this reason."""


class InputError(SymgradError):
    """A wrong argument, name or file given by the user."""

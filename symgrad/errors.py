"""What can go wrong, each error carrying its data.

A message says what was found, where, and what to do.  Nothing here prints.

>>> raise ReadError("unknown command \\\\foo", Span(3, 7))
Traceback (most recent call last):
    ...
symgrad.errors.ReadError: unknown command \\foo (column 4)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets in a source text."""

    start: int
    end: int


@dataclass(frozen=True)
class Reason:
    """Why something is wrong or not decided: a frozen dataclass with its data and a template of ``words``.

    Who must know asks for its class and its fields; words are made of it where it is shown.

    >>> @dataclass(frozen=True)
    ... class TooMany(Reason):
    ...     name: str
    ...     count: int
    ...     words = "{count} indices on {name}"
    >>> print(TooMany("x", 3))
    3 indices on x
    """

    words: ClassVar[str]

    def __str__(self) -> str:
        return self.words.format(**vars(self))


@dataclass(frozen=True)
class Remark(Reason):
    """A reason of which nobody asks more than its words."""

    said: str
    words = "{said}"


@dataclass(frozen=True)
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

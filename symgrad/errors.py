"""What can go wrong, each error carrying its data.

A message says what was found, where, and what to do.  Nothing here prints.

>>> raise ReadError("unknown command \\\\foo", Span(3, 7))
Traceback (most recent call last):
    ...
symgrad.errors.ReadError: unknown command \\foo (column 4)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets in a source text."""

    start: int
    end: int


class SymgradError(Exception):
    """Base of every error that symgrad raises on purpose; ``str()`` is the message for users."""


class SpannedError(SymgradError):
    """An error that can point into the text that was read."""

    def __init__(self, message: str, span: Span | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span

    def __str__(self) -> str:
        if self.span is None:
            return self.message
        return f"{self.message} (column {self.span.start + 1})"


class ReadError(SpannedError):
    """Text that is not mathematics symgrad can read: names the command or sign."""


class Slip(ReadError):
    """Text that means nothing as it stands and one thing with a sign more: ``meant`` says which."""

    def __init__(self, message: str, span: Span | None, meant: str) -> None:
        super().__init__(message, span)
        self.meant = meant


class ShapeError(SpannedError):
    """Well-formed mathematics whose shapes do not fit together: names both shapes."""


class ScopeError(SpannedError):
    """A definition or given that contradicts another, or refers to itself."""


class UnknownMeaning(SpannedError):
    """Readable, but symgrad has no meaning for it: the verdict is *undecided* with this reason."""


class InputError(SymgradError):
    """A wrong argument, name or file given by the user."""

"""How a command ends: exit codes, and errors as messages that point into what was given."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

OK, WRONG, OPEN, FAULT, INTERRUPTED = 0, 1, 2, 3, 130


def gravest(codes: Iterable[int]) -> int:
    """The exit code of a whole run: 3 before 1 before 2 before 0.

    >>> gravest([0, 2, 1]), gravest([])
    (1, 0)
    """
    return max(codes, key=(OK, OPEN, WRONG, FAULT).index, default=OK)


class Stop(Exception):
    """Ends the command: a message for standard error, and the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.message, self.code = message, code


@contextmanager
def pointing_into(text: str) -> Iterator[None]:
    """Turns an error about the text into a message with a caret under the offending columns."""
    from ..errors import ShapeError, SpannedError

    try:
        yield
    except SpannedError as error:
        message = error.message
        if error.span is not None:
            start, end = error.span.start, max(error.span.end, error.span.start + 1)
            message = f"{error}\n  {text}\n  {' ' * start}{'^' * (end - start)}"
        raise Stop(message, WRONG if isinstance(error, ShapeError) else OPEN) from None


def progress(text: str) -> None:
    """Says on a terminal, and only there, what is being worked on; "" when it is done."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

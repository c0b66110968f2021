"""Where deciding ends: fuel spent, a value that does not exist, a term outside the fragment."""

from __future__ import annotations


class OutOfFuel(Exception):
    """The counted work is spent: the verdict is undecided."""


class Undefined(Exception):
    """An expression with empty domain, such as 1/(a - a) or log(0)."""


class Unsupported(Exception):
    """A term for which the normal form has no rewriting; its message is the reason."""

"""Where deciding ends: fuel spent, a value that does not exist, a term outside the fragment."""

from __future__ import annotations

from ..errors import Reason, Remark


class OutOfFuel(Exception):
    """The counted work is spent: the verdict is undecided."""


class Undefined(Exception):
    """A term without a value: at this point, or at any, as 1/(a - a) and log(0)."""


class Unsupported(Exception):
    """A term for which the normal form has no rewriting."""

    def __init__(self, reason: Reason | str) -> None:
        super().__init__(reason)
        self.reason = Remark(reason) if isinstance(reason, str) else reason

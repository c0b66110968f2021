"""Verdict and Witness: what the judge says, with everything needed to check it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Reason
from ..notebook import Displayed

Status = Literal["proved", "refuted", "undecided"]


@dataclass(frozen=True, slots=True)
class Witness(Displayed):
    """A point at which both sides are defined, the givens hold, and the sides differ.

    All values are exact: integers and fractions as text ("3", "-1/2"); ``left`` and ``right`` are
    exact too, or, where exp or log occur, disjoint enclosures such as "[0.2233059666 +/- 4e-11]".
    ``data`` maps a name to its entries by index ("x": {"1": "2", "2": "0"}; "1,2" for matrices);
    ``functions`` gives the instance chosen for an undefined function ("f": "t^2 + 1").
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    right: str = ""

    def __str__(self) -> str:
        parts = [f"{k} = {v}" for k, v in {**self.sizes, **self.parameters}.items()]
        for name, entries in self.data.items():
            parts += [f"{name}_{{{k}}} = {v}" for k, v in entries.items()]
        parts += [f"{name}(t) = {body}" for name, body in self.functions.items()]
        at = ", ".join(parts)
        return f"{'at ' + at + ': ' if at else ''}left = {self.left}, right = {self.right}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Verdict(Displayed):
    """proved (under ``assuming``), refuted (by ``witness``) or undecided (for a ``cause``: ``reason``).

    ``assuming`` lists conditions that the common domain of both sides imposes and the givens that
    the proof used; ``vanishing``: the proof found both sides to be 0 for all data.  ``bool(verdict)``
    is True exactly when it is proved.

    >>> from symgrad.errors import Remark
    >>> bool(Verdict("proved")), bool(Verdict("undecided", cause=Remark("fuel spent")))
    (True, False)
    """

    status: Status
    assuming: tuple[str, ...] = ()
    witness: Witness | None = None
    cause: Reason | None = None
    vanishing: bool = False

    def __bool__(self) -> bool:
        return self.status == "proved"

    @property
    def reason(self) -> str:
        """Why nothing was decided, in words."""
        return str(self.cause or "")

    @property
    def symbol(self) -> str:
        return {"proved": "✓", "refuted": "✗", "undecided": "?"}[self.status]

    def __str__(self) -> str:
        if self.status == "proved":
            return "proved" + (f", assuming {', '.join(self.assuming)}" if self.assuming else "")
        if self.status == "refuted":
            return f"refuted {self.witness}"
        return f"undecided: {self.reason}"

    __repr__ = __str__

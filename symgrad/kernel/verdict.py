"""Verdict, Condition and Witness: what the judge says, with everything needed to check it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from ..core import Add, Call, Core, Given, Mul, Num, Pow, Ref, text
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
class Demand:
    """``term > 0``, ``term >= 0`` or ``term != 0``: where a side is defined.

    >>> from symgrad.core import Sym
    >>> print(Demand(Sym("a"), "!="))
    a != 0
    """

    term: Core
    relation: str

    def __str__(self) -> str:
        return f"{text(self.term)} {self.relation} 0"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a proof takes for granted, between each term and the next: an index in its range, a ratio not 1.

    >>> from symgrad.core import Sym
    >>> print(Assumed((Num(Fraction(1)), Sym("j", "index"), Sym("K", "size")), "<="))
    1 <= j <= K
    """

    terms: tuple[Core, ...]
    relation: str

    def __str__(self) -> str:
        return f" {self.relation} ".join(map(_shown, self.terms))


def _shown(t: Core) -> str:
    """An expanded polynomial; of its atoms that have names and powers, the others by their kind."""
    match t:
        case Num(value):
            return str(value)
        case Add(terms):
            return " + ".join(map(_shown, terms)).replace("+ -", "- ") or "0"
        case Mul((Num(Fraction(numerator=-1, denominator=1)), *factors)):
            return "-" + "*".join(map(_factor, factors))
        case Mul(factors):
            return "*".join(map(_factor, factors))
        case Pow(base, Num(value)):
            return f"{_factor(base)}^{value}"
        case Pow(base, exp):
            return f"({_shown(base)})^({_shown(exp)})"
        case Call(fn, (arg,)):
            return f"{fn}({_shown(arg)})"
        case Ref(name, indices):
            return f"{name}_{{{','.join(map(_shown, indices))}}}"
    return text(t)


def _factor(t: Core) -> str:
    return f"({_shown(t)})" if isinstance(t, Add) else _shown(t)


Condition: TypeAlias = Demand | Assumed | Given | str
"""What a proof holds under: a given that it used, what it demands or assumes, how the claim was read."""


@dataclass(frozen=True, slots=True)
class Verdict(Displayed):
    """proved (under ``conditions``), refuted (by ``witness``) or undecided (for a ``cause``: ``reason``).

    ``conditions`` are those that the common domain of both sides imposes and the givens that the proof
    used, ``assuming`` lists them in words; ``vanishing``: the proof found both sides to be 0 for all data.
    ``bool(verdict)`` is True exactly when it is proved.

    >>> from symgrad.errors import Remark
    >>> bool(Verdict("proved")), bool(Verdict("undecided", cause=Remark("fuel spent")))
    (True, False)
    """

    status: Status
    conditions: tuple[Condition, ...] = ()
    witness: Witness | None = None
    cause: Reason | None = None
    vanishing: bool = False

    def __bool__(self) -> bool:
        return self.status == "proved"

    @property
    def assuming(self) -> tuple[str, ...]:
        """The conditions in words."""
        told = (text(c) if isinstance(c, Given) else str(c) for c in self.conditions)
        return tuple(dict.fromkeys(told))

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

"""Scope: what is in force where an expression stands: definitions, kinds, givens, nabla."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from .tree import Node, Relation, Sym

Role = Literal["real", "index", "size", "function"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a name stands for.

    ``shape``: () a scalar, (d,) a vector (a column), (n, d) a matrix; sizes are page nodes.
    ``role`` "index" carries its range in ``lower``, ``upper``; "size" is an integer >= 1;
    "function" is applied to arguments and has the shape of its value.
    ``arity``: how many written indices the name takes before ``shape`` applies (x_i in R^d: 1).
    ``rests``: names that an opaque quantity depends on (``let h_t = h_t(w)``).
    ``entrywise``: a function of a number that acts on every entry of a vector.
    """

    shape: tuple[Node, ...] = ()
    role: Role = "real"
    arity: int = 0
    lower: Node | None = None
    upper: Node | None = None
    rests: tuple[Node, ...] = ()
    entrywise: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """``name_{lower}^{(upper)}(params) := body``; placeholders are Syms (or constants that must match).

    ``key`` is the name; ``lower``/``upper`` are the written indices, the upper ones marked by ``bracket``
    ("" in ``W^l``); ``params`` is None when the left side is no call.
    """

    key: str
    body: Node
    lower: tuple[Node, ...] = ()
    upper: tuple[Node, ...] = ()
    params: tuple[Node, ...] | None = None
    source: str = ""
    bracket: str = "()"


@dataclass(frozen=True, slots=True)
class Macro:
    """An author's command: ``body`` is LaTeX in which ``#1`` .. stand for the ``arity`` arguments; with a
    ``default`` the first argument is optional, in square brackets."""

    arity: int
    body: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Definitions by key (latest wins; several patterns per key), kinds by name, givens, bare nabla, and
    macros by command (``\\bx``).

    Scopes are values: ``define``, ``declare``, ``assume`` and ``with_macro`` return a new one.
    """

    definitions: Mapping[str, tuple[Definition, ...]] = field(default_factory=dict)
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    assumptions: tuple[Relation, ...] = ()
    nabla: tuple[Node, ...] = ()
    macros: Mapping[str, Macro] = field(default_factory=dict)

    def define(self, definition: Definition) -> Scope:
        """With one more definition; one with the same pattern is replaced."""
        old = self.definitions.get(definition.key, ())
        keep = tuple(
            d for d in old
            if (d.lower, d.upper, d.params) != (definition.lower, definition.upper, definition.params)
        )
        return replace(self, definitions={**self.definitions, definition.key: (definition, *keep)})

    def declare(self, name: str, kind: Kind) -> Scope:
        return replace(self, kinds={**self.kinds, name: kind})

    def assume(self, relation: Relation) -> Scope:
        return replace(self, assumptions=(*self.assumptions, relation))

    def with_macro(self, command: str, macro: Macro) -> Scope:
        """With one more macro; ``command`` may come without its backslash."""
        return replace(self, macros={**self.macros, "\\" + command.removeprefix("\\"): macro})

    def kind(self, name: str) -> Kind | None:
        return self.kinds.get(name)

    def is_function(self, name: str) -> bool:
        """Is ``name`` applied to arguments (defined with parameters, or declared a function)?"""
        kind = self.kinds.get(name)
        if kind is not None and kind.role == "function":
            return True
        return any(d.params is not None for d in self.definitions.get(name, ()))


__all__ = ["Definition", "Kind", "Macro", "Role", "Scope", "Sym"]

"""Definitions that go down by levels: z^{[l]} through a^{[l-1]} through z^{[l-1]}, h_t through h_{t-1}.

Unfolding them has no end, so it stops below the lowest level that the page mentions; what stands
there is opaque, and the same quantity is always cut at the same place, so that two ways of writing
it give one term.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Definition
from ..page.symbols import unbold
from ..page.tree import Node


@dataclass(frozen=True, slots=True)
class Descent:
    """A definition in a cycle of levels; ``position`` is the place of the level among its indices,
    ``steps`` says whether its own body goes to another level."""

    position: int
    steps: bool


def descents(definitions: Iterable[Definition]) -> dict[int, Descent]:
    """The definitions (by id) that reach themselves at another level.

    >>> from symgrad.page.tree import Add, Call, Indexed, Neg, Num, Sym
    >>> t = Sym("t")
    >>> before = Indexed(Sym("h"), (Add((t, Neg(Num(1)))),))
    >>> d = Definition("h", Call(Sym("f"), (before,)), (t,))
    >>> descents([d])[id(d)]
    Descent(position=0, steps=True)
    """
    every = list(definitions)
    out: dict[int, Descent] = {}
    for d in every:
        for position, letter in enumerate((*d.upper, *d.lower)):
            if isinstance(letter, page.Sym) and _returns(d, position, every):
                steps = any(shift for _, _, shift in _uses(d, letter.name))
                out[id(d)] = Descent(position, steps)
    return out


def _returns(start: Definition, position: int, every: list[Definition]) -> bool:
    """Is there a way from the definition back to itself that changes the level?"""
    seen: set[tuple[int, int, int]] = set()
    stack = [(start, position, 0)]
    while stack:
        d, place, total = stack.pop()
        letter = (*d.upper, *d.lower)[place]
        if not isinstance(letter, page.Sym):
            continue
        for name, at, shift in _uses(d, letter.name):
            for other in every:
                if unbold(other.key) != unbold(name.base) or len(other.upper) != len(name.upper):
                    continue
                if at >= len(other.upper) + len(other.lower):
                    continue
                if other is start and at == position and total + shift:
                    return True
                key = (id(other), at, total + shift)
                if key not in seen and abs(total + shift) < 4:
                    seen.add(key)
                    stack.append((other, at, total + shift))
    return False


def _uses(d: Definition, letter: str) -> Iterator[tuple[Name, int, int]]:
    """Names in the body with an index letter + shift: (name, place of the index, shift)."""
    for node in page.walk(d.body):
        name = name_of(node)
        if name is None:
            continue
        for at, index in enumerate(name.indices):
            shift = _shift(index, letter)
            if shift is not None:
                yield name, at, shift


def _shift(index: Node, letter: str) -> int | None:
    match index:
        case page.Sym(name) if name == letter:
            return 0
        case page.Add((page.Sym(name), page.Neg(page.Num(value)))) if name == letter:
            return -int(value)
        case page.Add((page.Sym(name), page.Num(value))) if name == letter:
            return int(value)
    return None

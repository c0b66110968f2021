"""How far indices run: places that one letter connects share one range.

``z_j`` under ``\\sum_j`` and the placeholder of ``p_i = ..`` are places; a *key* is a place or a letter: one
that a sum binds, that a definition has as its placeholder, or that stands free.

>>> from symgrad.page.tree import Sym
>>> ranges, x = Ranges(Scope()), Place("x", (), 0, 0)
>>> ranges.connect(x, "this sum", "i")
>>> ranges.bounds("this sum", Range(Num(1), Sym("N")))
>>> ranges.at(x).upper
Sym(name='N')
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from ..errors import UnknownMeaning
from ..names import Cardinality, Numbered
from ..page.indexed import Place, name_of
from ..page.scope import Kind, Scope
from ..page.symbols import symbol_of, unbold
from ..page.tree import BigOp, Component, Indexed, Node, Num, Prime, Sym, children, walk


@dataclass(frozen=True, slots=True)
class Range:
    lower: Node
    upper: Node


@dataclass(frozen=True, slots=True)
class Generic:
    """A range that nothing on the page bounds: every such range of a class has one size; is it ``used``
    by a letter of the page?"""

    size: Cardinality
    used: bool = True


class Ranges:
    """Classes of connected keys, and what is said of how far each runs."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.kinds, self._numbered = _kinds(scope)
        self._parent: dict[Hashable, Hashable] = {}
        self._letters: dict[Hashable, str] = {}
        self._places: dict[Place, None] = {}
        self._written: dict[Hashable, list[Range]] = {}

    def letter(self, key: Hashable, letter: str) -> None:
        """The key is a ``letter`` of the page."""
        self._letters[key] = letter

    def connect(self, place: Place, key: Hashable, letter: str | None = None) -> None:
        """The letter of ``key`` stands at the place."""
        if letter is not None:
            self.letter(key, letter)
        self._places[place] = None
        self._union(place, key)

    def bounds(self, key: Hashable, ends: Range) -> None:
        """A sum writes how far its letter runs."""
        self._written.setdefault(key, []).append(ends)

    def compared(self, one: Hashable, other: Hashable) -> None:
        """i and j of j != i run as far as each other where nothing says how far j runs."""
        if isinstance(self.at(other), Generic):
            self._union(one, other)

    def is_counted(self, place: Place) -> bool:
        """Does a letter stand at this place, or at one connected with it?"""
        return next(self._letters_of(self._find(place)), None) is not None

    def over(self, letter: str, body: Node) -> Range | Generic:
        """The range of an unbounded sum over ``letter``: declared, or that of the places it runs through."""
        declared = self._declared(letter)
        if declared is not None:
            return declared
        for place in places(body, letter):
            return self.at(place)
        # Nothing is indexed by it: j != i runs as far as i, and as far as j itself where that is said.
        own = (self.at(key) for key, name in self._letters.items() if name == letter)
        ranges = dict.fromkeys(r for r in own if isinstance(r, Range))
        if len(ranges) > 1:
            raise UnknownMeaning(f"the sum over {letter} has no bounds, and the page suggests several")
        return next(iter(ranges), Generic(Cardinality(letter)))

    def at(self, key: Hashable) -> Range | Generic:
        """The range of a class: by the shape of what is indexed, or else as sums and declarations have it."""
        root = self._find(key)
        letters = list(self._letters_of(root))
        said = self._by_shape(root)
        if not said:
            said = self._by_letters(root, letters)
            match said:
                case [Range(Num(first))] if first > 1:
                    raise UnknownMeaning(f"how far does {', '.join(letters[:1])} run?  declare its range")
        if said:
            return _one_of(said, letters[0] if letters else "this index")
        return Generic(Cardinality(letters[0])) if letters else Generic(Cardinality("k"), used=False)

    def _by_shape(self, root: Hashable) -> list[Range]:
        sizes = (self._size_at(place) for place in self._places if self._find(place) == root)
        return _distinct(Range(Num(1), size) for size in sizes if size is not None)

    def _by_letters(self, root: Hashable, letters: list[str]) -> list[Range]:
        written = _distinct(r for key, rs in self._written.items() if self._find(key) == root for r in rs)
        declared = dict.fromkeys(r for r in map(self._declared, letters) if r is not None)
        return [*written, *(r for r in declared if r not in written)]

    def _declared(self, letter: str) -> Range | None:
        kind = self.scope.kind(letter)
        if kind is None or kind.role != "index" or kind.lower is None or kind.upper is None:
            return None
        return Range(kind.lower, kind.upper)

    def _size_at(self, place: Place) -> Node | None:
        letter, numbers, uppers, position = place
        if uppers and any(not d.upper for d in self.scope.definitions.get(letter, ())):
            return None
        for kind in self._numbered.get((letter, numbers)) or self.kinds.get(letter, []):
            entry = position - max(kind.arity, uppers)
            if entry == 0 and len(kind.shape) == 2 and kind.shape[0] == Num(1):
                return kind.shape[1]
            if kind.role in ("real", "function") and 0 <= entry < len(kind.shape):
                size = kind.shape[entry]
                # The size of a^{[l]} depends on l.
                depends = any(isinstance(s, Sym) and isinstance(s.name, Numbered) for s in walk(size))
                return None if depends else size
        return None

    def _letters_of(self, root: Hashable) -> Iterator[str]:
        return (letter for key, letter in self._letters.items() if self._find(key) == root)

    def _find(self, key: Hashable) -> Hashable:
        while self._parent.get(key, key) != key:
            key = self._parent[key]
        return key

    def _union(self, a: Hashable, b: Hashable) -> None:
        first, second = self._find(a), self._find(b)
        if first != second:
            self._parent[second] = first


def _distinct(ranges: Iterable[Range]) -> list[Range]:
    """Each once, as it was written last: errors point there."""
    return list({r: r for r in ranges}.values())


def _one_of(ranges: list[Range], letter: str) -> Range:
    """Parts of one range (1..N and 2..N) have one end; different ends are a puzzle."""
    if len(ranges) == 1:
        return ranges[0]
    whole = next((r for r in ranges if r.lower == Num(1)), None)
    if whole is None or any(r.upper != whole.upper for r in ranges):
        raise UnknownMeaning(
            f"the sum over {letter} has no bounds, and the page suggests several: write them"
        )
    return whole


def _kinds(scope: Scope) -> tuple[dict[str, list[Kind]], dict[tuple[str, tuple[str, ...]], list[Kind]]]:
    """The declared kinds by name, fonts aside, and those of layers by letter and number above: W^{(1)} has a
    shape of its own; H^{(L)} stands for all H with an index above."""
    kinds: dict[str, list[Kind]] = {}
    numbered: dict[tuple[str, tuple[str, ...]], list[Kind]] = {}
    for name, kind in scope.kinds.items():
        kinds.setdefault(unbold(name), []).append(kind)
        symbol = symbol_of(unbold(name))
        if len(symbol.upper) == 1 and not symbol.lower and kind.arity:
            if symbol.upper[0].isdigit():
                numbered.setdefault((symbol.base, symbol.upper), []).append(kind)
            elif symbol.upper[0].isalnum():
                kinds.setdefault(symbol.base, []).append(kind)
    return kinds, numbered


def places(node: Node, letter: str) -> Iterator[Place]:
    """Where ``letter`` stands as an index in ``node``, sums that bind it again left out."""
    name = name_of(node) if isinstance(node, Indexed | Prime) else None
    if name is not None:
        for position, entry in enumerate(name.indices):
            if entry == Sym(letter):
                yield name.place(position)
        return
    if isinstance(node, BigOp) and node.index.name == letter:
        return
    if isinstance(node, Component):
        inner = name_of(node.arg)
        for position, entry in enumerate(node.lower):
            if inner is not None and entry == Sym(letter):
                yield inner.place(len(inner.indices) + position)
    for child in children(node):
        yield from places(child, letter)

"""What stands where on a page: letters by how they are used, and the index places that they connect.

A visitor a node type; all other nodes are visited below.

>>> from symgrad.page.tree import Indexed, Num, Sum, Sym
>>> seen = Occurrences(Scope())
>>> seen.visit(Sum(Indexed(Sym("x"), (Sym("i"),)), Sym("i"), Num(1), Sym("N")), {})
>>> seen.ends, seen.based
({'N'}, {'x'})
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..page import tree as page
from ..page.indexed import Name, Place, is_sized, name_of
from ..page.scope import Definition, Scope
from ..page.symbols import CONVENTIONAL
from ..page.tree import Node, children, walk
from .ranges import Range, Ranges

Keys = Mapping[str, Hashable]
"""The letters that are bound where a node stands, as ``Ranges`` has them."""


@dataclass
class Occurrences:
    scope: Scope
    ends: set[str] = field(default_factory=set)  # letters of what ends a range, or is a written size
    bare: set[str] = field(default_factory=set)  # letters that stand without an index
    based: set[str] = field(default_factory=set)  # letters that carry one
    subscripts: set[str] = field(default_factory=set)  # letters in an index
    uppers: set[str] = field(default_factory=set)  # letters in an index above
    counting: set[str] = field(default_factory=set)  # letters that certainly count
    vectors: set[str] = field(default_factory=set)  # what stands where only a vector or a matrix can
    used_with: dict[str, set[tuple[int, int]]] = field(default_factory=dict)  # above and below
    doubles: dict[str, set[Name]] = field(default_factory=dict)  # names with two indices below, none above
    picked: list[tuple[Place, page.Indexed]] = field(default_factory=list)  # the y_i of p_{y_i}
    compared: list[tuple[Hashable, Hashable]] = field(default_factory=list)  # i and j of a sum over j != i
    ranges: Ranges = field(init=False)

    def __post_init__(self) -> None:
        self.ranges = Ranges(self.scope)

    def visit(self, node: Node, keys: Keys) -> None:
        visitor = _VISITORS.get(node.__class__)
        if visitor is not None:
            visitor(self, node, keys)
        else:
            self.visit_all(children(node), keys)

    def visit_all(self, nodes: Iterable[Node], keys: Keys) -> None:
        for node in nodes:
            self.visit(node, keys)

    def placeholders(self, d: Definition) -> Keys:
        """What a definition binds in its body: placeholders and parameters."""
        keys: dict[str, Hashable] = {}
        for position, entry in enumerate((*d.upper, *d.lower)):
            if isinstance(entry, page.Sym) and not _is_quantity(entry, d.body):
                keys[entry.name] = key = ("placeholder", id(d), entry.name)
                self.subscripts.add(entry.name)
                self.ranges.connect(Name(d.key, d.upper, d.lower).place(position), key, entry.name)
        for param in d.params or ():
            if isinstance(param, page.Sym):
                keys[param.name] = ("param", id(d), param.name)
            elif isinstance(param, page.Indexed):
                for entry in (*param.upper, *param.lower):
                    if isinstance(entry, page.Sym):
                        keys.setdefault(entry.name, ("param", id(d), entry.name))
        return keys

    def index(self, place: Place, entry: Node, keys: Keys) -> None:
        """What stands at a place for an index."""
        self.subscripts |= set(_letters(entry))
        if isinstance(entry, page.Sym) and place.letter:
            bound = keys.get(entry.name)
            if bound is None:
                self.ranges.connect(place, ("free", entry.name), entry.name)
            else:
                self.ranges.connect(place, bound)
        elif isinstance(entry, page.Indexed) and place.letter:
            self.picked.append((place, entry))

    def count(self, entry: Node) -> None:
        """A letter that ends a range or is compared counts wherever it stands."""
        self.subscripts |= set(_letters(entry))
        self.counting |= {k for k in _letters(entry) if len(k) == 1}

    def carries(self, name: Name) -> None:
        """The name, with so many indices above and below."""
        self.used_with.setdefault(name.base, set()).add((len(name.upper), len(name.lower)))

    def shaped(self, node: Node) -> None:
        """What is transposed, or has a norm, is a vector or a matrix: X, w and y of ``\\|X w - y\\|``."""
        name = name_of(node)
        if name is not None:
            self.vectors.add(name.base)
            return
        match node:
            case page.Add(terms):
                for t in terms:
                    self.shaped(t)
            case page.Neg(arg) | page.Transpose(arg):
                self.shaped(arg)
            case page.Mul((*rest, last)):
                self.shaped(last)
                self.vectors |= {k.name for k in rest if isinstance(k, page.Sym) and k.name.isupper()}


Visitor = Callable[[Occurrences, Any, Keys], None]
_VISITORS: dict[type[Node], Visitor] = {}


def _visits(*types: type[Node]) -> Callable[[Visitor], Visitor]:
    def enter(visitor: Visitor) -> Visitor:
        _VISITORS.update(dict.fromkeys(types, visitor))
        return visitor

    return enter


@_visits(page.Sym)
def _symbol(seen: Occurrences, node: page.Sym, keys: Keys) -> None:
    if node.name not in keys:
        seen.bare.add(node.name)


@_visits(page.Indexed, page.Prime)
def _indexed(seen: Occurrences, node: page.Indexed | page.Prime, keys: Keys) -> None:
    name = name_of(node)
    if name is None or not name.indices:
        seen.visit_all(children(node), keys)
        return
    match name.lower:
        case (page.Sym(size),) if is_sized(name) and size not in keys:
            seen.ends.add(size)
    seen.based.add(name.base)
    seen.carries(name)
    if len(name.lower) == 2 and not name.upper:
        seen.doubles.setdefault(name.base, set()).add(name)
    for position, entry in enumerate(name.indices):
        seen.index(name.place(position), entry, keys)
        if _is_kronecker(name, seen.scope):
            seen.count(entry)
    seen.uppers |= {letter for k in name.upper for letter in _letters(k)}


@_visits(page.Sum, page.Prod)
def _big(seen: Occurrences, node: page.BigOp, keys: Keys) -> None:
    key = ("binder", id(node))
    if node.upper is not None:
        seen.ends |= set(size_letters(node.upper)) - keys.keys()
        if node.lower is not None:
            seen.ranges.bounds(key, Range(node.lower, node.upper))
    for end in (node.lower, node.upper):
        if end is not None:
            seen.count(end)
    seen.ranges.letter(key, node.index.name)
    inner = {**keys, node.index.name: key}
    seen.visit(node.body, inner)
    if node.condition is None:
        return
    seen.visit(node.condition, inner)
    for side in (node.condition.lhs, node.condition.rhs):
        if isinstance(side, page.Sym) and side != node.index:
            seen.count(side)
            if side.name in keys:
                seen.compared.append((keys[side.name], key))


@_visits(page.Relation)
def _relation(seen: Occurrences, node: page.Relation, keys: Keys) -> None:
    letters = [side.name for side in (node.lhs, node.rhs) if isinstance(side, page.Sym)]
    if len(letters) == 2 and (node.op in ("=", "!=") or not keys.keys().isdisjoint(letters)):
        # 1{c = j}: letters that are compared count; 1{z > t} compares numbers.
        seen.count(node.lhs)
        seen.count(node.rhs)
    else:
        seen.visit_all(children(node), keys)


@_visits(page.Component)
def _component(seen: Occurrences, node: page.Component, keys: Keys) -> None:
    seen.visit(node.arg, keys)
    name = name_of(node.arg)
    for position, entry in enumerate(node.lower):
        place = name.place(len(name.indices) + position) if name else Place("", (), 0, 0)
        seen.index(place, entry, keys)


@_visits(page.Call)
def _call(seen: Occurrences, node: page.Call, keys: Keys) -> None:
    fn = name_of(node.fn)
    if fn is not None:
        seen.carries(fn)
        for position, entry in enumerate(fn.indices):
            seen.index(fn.place(position), entry, keys)
    seen.visit_all(node.args, keys)
    if fn is not None and fn.base in ("\\operatorname{softmax}", "\\operatorname{diag}"):
        seen.vectors |= {arg.name for arg in node.args if isinstance(arg, page.Sym)}
    if fn is not None and fn.base == "\\operatorname{tr}":
        inside = (name_of(n) for arg in node.args for n in walk(arg))
        seen.vectors |= {n.base for n in inside if n is not None and n.base.isupper()}


@_visits(page.Transpose, page.Norm, page.Inner)
def _of_vectors(seen: Occurrences, node: Node, keys: Keys) -> None:
    for child in children(node):
        seen.shaped(child)
        seen.visit(child, keys)


@_visits(page.Gradient)
def _gradient(seen: Occurrences, node: page.Gradient, keys: Keys) -> None:
    if node.wrt is not None:
        seen.shaped(node.wrt)
    seen.visit_all(children(node), keys)


def _letters(node: Node) -> Iterator[str]:
    return (s.name for s in walk(node) if isinstance(s, page.Sym))


def size_letters(node: Node) -> Iterator[str]:
    """The letters of a size; the indices of s_l are none."""
    if isinstance(node, page.Sym):
        yield node.name
    elif not isinstance(node, page.Indexed):
        for child in children(node):
            yield from size_letters(child)


def _is_kronecker(name: Name, scope: Scope) -> bool:
    """delta with two indices below, of which nothing else is said."""
    free = name.base not in scope.kinds and name.base not in scope.definitions
    return name.base == "\\delta" and len(name.lower) == 2 and not name.upper and free


def _is_quantity(letter: page.Sym, body: Node) -> bool:
    """Is the letter of ``h_theta(x) = theta x`` a quantity by itself, so that it only names h?"""
    return letter.name not in CONVENTIONAL and letter in _outside_indices(body)


def _outside_indices(node: Node) -> Iterator[Node]:
    if name_of(node) is not None and not isinstance(node, page.Sym):
        return
    yield node
    for child in children(node):
        yield from _outside_indices(child)

"""What names and indices stand for, read off the page: sizes, bound letters, labels, ranges.

A *survey* looks at everything that a claim can reach (both sides, the definitions they use, the
hypotheses) before anything is elaborated, because the answer to "is N a size?" or "how far does
``\\sum_k`` run?" may stand on the other side of the equality.  Index positions that one letter
connects (``z_j`` under ``\\sum_j``, the placeholder of ``p_i = ..``) share one range.

>>> from symgrad.page.tree import Indexed, Num, Sum, Sym
>>> s = Survey(Scope(), (Sum(Indexed(Sym("x"), (Sym("i"),)), Sym("i"), Num(1), Sym("N")),))
>>> s.sizes, s.range_at(Place("x", (), 0, 0)).upper
(frozenset({'N'}), Sym(name='N'))
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

from ..errors import UnknownMeaning
from ..names import Cardinality, Numbered
from ..page.indexed import Name, Place, is_sized, name_of
from ..page.scope import Definition, Kind, Scope
from ..page.symbols import CONVENTIONAL, MARKS, symbol_of, unbold
from ..page.tree import (
    Add,
    BigOp,
    Call,
    Component,
    Gradient,
    Indexed,
    Inner,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Prime,
    Relation,
    Sym,
    Transpose,
    children,
    walk,
)


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


class Survey:
    """Facts about the names of ``nodes`` and of everything in ``scope`` that they reach."""

    def __init__(self, scope: Scope, nodes: Iterable[Node]) -> None:
        self.scope = scope
        given = (*scope.assumptions, *scope.nabla)
        self.definitions = _reachable(scope, (*given, *nodes))
        self._parent: dict[Hashable, Hashable] = {}
        self._ranges: dict[Hashable, list[Range]] = {}
        self._members: list[tuple[Hashable, Place]] = []
        self._letters: list[tuple[Hashable, str]] = []
        self._beside: list[tuple[Hashable, Hashable]] = []  # i and j of j != i
        self._picked: list[tuple[Place, Indexed]] = []
        self.picked: dict[Node, Place] = {}
        self.bound: set[str] = set()
        self.bare: set[str] = set()
        self.based: set[str] = set()
        self.subscripts: set[str] = set()
        self.counting: set[str] = set()  # letters that certainly count: ends of ranges, what is compared
        self.uppers: set[str] = set()
        self.used_with: dict[str, set[tuple[int, int]]] = {}
        self.doubles: dict[str, set[Name]] = {}  # the names with two lower indices and no other
        self.vectors: set[str] = set()
        self.placed: set[str] = set()  # capitals that stand where a matrix must: x^T A y
        self.kinds: dict[str, list[Kind]] = {}
        self.layers: dict[tuple[str, tuple[str, ...]], list[Kind]] = {}  # by letter and number above
        for name, kind in scope.kinds.items():
            self.kinds.setdefault(unbold(name), []).append(kind)
            symbol = symbol_of(unbold(name))
            if len(symbol.upper) == 1 and not symbol.lower and kind.arity:
                # W^{(1)} has a shape of its own; H^{(L)} stands for all H with an index above.
                if symbol.upper[0].isdigit():
                    self.layers.setdefault((symbol.base, symbol.upper), []).append(kind)
                elif symbol.upper[0].isalnum():
                    self.kinds.setdefault(symbol.base, []).append(kind)
        sizes: set[str] = set()
        roots: list[tuple[Node, dict[str, Hashable]]] = []
        # The scope first: what names a range must not depend on which claim is looked at.
        for d in self.definitions:
            roots.append((d.body, self._placeholders(d)))
        # That a != b says nothing of what they are.
        roots += [(n, {}) for n in (*(g for g in given if not _compares(g)), *nodes)]
        trees = [n for n, _ in roots]
        for name, kind in scope.kinds.items():
            if kind.role == "index":
                self.subscripts.add(name)
            if kind.role == "size":
                sizes.add(name)
            for size in (*kind.shape, *(n for n in (kind.lower, kind.upper) if n is not None)):
                sizes |= set(_size_names(size))
        for tree in trees:
            for node in walk(tree):
                if isinstance(node, BigOp):
                    self.bound.add(node.index.name)
                elif isinstance(node, Add | Mul):
                    self.placed |= _placed(node)
                    self.vectors |= _paired(node)
        for tree, env in roots:
            self._visit(tree, env, sizes)
        for one, other in self._beside:
            if isinstance(self._range_of(self._find(other)), Generic):
                self._union(one, other)
        self.sizes = frozenset(sizes - self.bound)
        self.placed -= {*self.sizes, *self.vectors, *(unbold(k) for k in (*scope.kinds, *scope.definitions))}
        self.vectors |= self.placed
        self.labels = self._find_labels()
        counted = {self._find(key) for key, _ in self._letters}
        # p_{y_i} beside p_k and a sum over k: the entry at the label, an index that is data
        self.picked = {entry: place for place, entry in self._picked if self._find(place) in counted}

    # -- reading the trees ----------------------------------------------------------------------

    def _placeholders(self, d: Definition) -> dict[str, Hashable]:
        env: dict[str, Hashable] = {}
        for position, entry in enumerate((*d.upper, *d.lower)):
            if isinstance(entry, Sym) and not _is_quantity(entry, d.body):
                key = ("placeholder", id(d), entry.name)
                env[entry.name] = key
                self._letters.append((key, entry.name))
                self.subscripts.add(entry.name)
                place = Name(d.key, d.upper, d.lower).place(position)
                self._members.append((place, place))
                self._union(place, key)
        for param in d.params or ():
            if isinstance(param, Sym):
                env[param.name] = ("param", id(d), param.name)
            elif isinstance(param, Indexed):
                for entry in (*param.upper, *param.lower):
                    if isinstance(entry, Sym):
                        env.setdefault(entry.name, ("param", id(d), entry.name))
        return env

    def _visit(self, node: Node, env: dict[str, Hashable], sizes: set[str]) -> None:
        name = name_of(node) if isinstance(node, Indexed | Prime) else None
        if isinstance(node, Sym):
            if node.name not in env:
                self.bare.add(node.name)
            return
        if name is not None and name.indices:
            if is_sized(name) and isinstance(name.lower[0], Sym) and name.lower[0].name not in env:
                sizes.add(name.lower[0].name)
            self.based.add(name.base)
            self.used_with.setdefault(name.base, set()).add((len(name.upper), len(name.lower)))
            if len(name.lower) == 2 and not name.upper:
                self.doubles.setdefault(name.base, set()).add(name)
            for position, entry in enumerate(name.indices):
                self._visit_index(name.place(position), entry, env)
                if self.is_kronecker(name):
                    self._count(entry)
            self.uppers |= {s.name for k in name.upper for s in walk(k) if isinstance(s, Sym)}
            return
        if isinstance(node, BigOp):
            key = ("binder", id(node))
            if node.upper is not None:
                sizes |= {s for s in _size_names(node.upper) if s not in env}
                if node.lower is not None:
                    self._ranges.setdefault(key, []).append(Range(node.lower, node.upper))
            for end in (node.lower, node.upper):
                if end is not None:
                    self._count(end)
            inner = {**env, node.index.name: key}
            self._letters.append((key, node.index.name))
            self._visit(node.body, inner, sizes)
            if node.condition is not None:
                self._visit(node.condition, inner, sizes)
                for side in (node.condition.lhs, node.condition.rhs):
                    if isinstance(side, Sym) and side != node.index:
                        self._count(side)
                        if side.name in env:
                            self._beside.append((env[side.name], key))
            return
        if isinstance(node, Relation):
            sides = [k for k in (node.lhs, node.rhs) if isinstance(k, Sym)]
            if len(sides) == 2 and (node.op in ("=", "!=") or any(k.name in env for k in sides)):
                # 1{c = j}: letters that are compared count; 1{z > t} compares numbers.
                for side in sides:
                    self._count(side)
                return
        if isinstance(node, Component):
            self._visit(node.arg, env, sizes)
            name = name_of(node.arg)
            for position, entry in enumerate(node.lower):
                place = name.place(len(name.indices) + position) if name else Place("", (), 0, 0)
                self._visit_index(place, entry, env)
            return
        if isinstance(node, Call):
            fn = name_of(node.fn)
            if fn is not None:
                self.used_with.setdefault(fn.base, set()).add((len(fn.upper), len(fn.lower)))
                for position, entry in enumerate(fn.indices):
                    self._visit_index(fn.place(position), entry, env)
            for arg in node.args:
                self._visit(arg, env, sizes)
            if fn is not None and fn.base in ("\\operatorname{softmax}", "\\operatorname{diag}"):
                self.vectors |= {arg.name for arg in node.args if isinstance(arg, Sym)}
            if fn is not None and fn.base == "\\operatorname{tr}":
                inside = (name_of(n) for arg in node.args for n in walk(arg))
                self.vectors |= {n.base for n in inside if n is not None and n.base.isupper()}
            return
        if isinstance(node, Transpose | Norm | Inner | Gradient):
            for child in (node.wrt,) if isinstance(node, Gradient) else children(node):
                if child is not None:
                    self._shaped(child)
        for child in children(node):
            self._visit(child, env, sizes)

    def _shaped(self, node: Node) -> None:
        """What is transposed, or has a norm, is a vector or a matrix: X, w and y of ``\\|X w - y\\|``."""
        name = name_of(node)
        if name is not None:
            self.vectors.add(name.base)
            return
        match node:
            case Add(terms):
                for t in terms:
                    self._shaped(t)
            case Neg(arg) | Transpose(arg):
                self._shaped(arg)
            case Mul((*rest, last)):
                self._shaped(last)
                self.vectors |= {k.name for k in rest if isinstance(k, Sym) and k.name.isupper()}

    def _visit_index(self, place: Place, entry: Node, env: dict[str, Hashable]) -> None:
        self._mark_subscripts(entry)
        if isinstance(entry, Sym) and place.letter:
            key = env.get(entry.name, ("free", entry.name))
            if key == ("free", entry.name):
                self._letters.append((key, entry.name))
            self._members.append((place, place))
            self._union(place, key)
        elif isinstance(entry, Indexed) and place.letter:
            self._picked.append((place, entry))

    def _mark_subscripts(self, entry: Node) -> None:
        self.subscripts |= {s.name for s in walk(entry) if isinstance(s, Sym)}

    def _count(self, entry: Node) -> None:
        """A letter that ends a range or is compared counts wherever it stands."""
        self._mark_subscripts(entry)
        self.counting |= {s.name for s in walk(entry) if isinstance(s, Sym) and len(s.name) == 1}

    def is_kronecker(self, name: Name) -> bool:
        """delta with two indices below, of which nothing else is said."""
        free = name.base not in self.scope.kinds and name.base not in self.scope.definitions
        return name.base == "\\delta" and len(name.lower) == 2 and not name.upper and free

    # -- labels ---------------------------------------------------------------------------------

    def _find_labels(self) -> frozenset[str]:
        """Letters in subscripts that name things (``W_o``, ``h_\\theta``) instead of counting them."""
        declared = {name for name, kind in self.scope.kinds.items() if kind.role == "index"}
        labels = {k for k in self.subscripts - self.uppers - declared if len(k) == 1 and k.isupper()}
        for group in self.scope.definitions.values():
            labels |= _contradictory([d for d in group if d in self.definitions])
        labels |= self._shape_labels()
        # v_b = sum_c W_{cb} h_c + b_b: what stands as an index on both sides counts.
        counting = {
            k.name for d in self.definitions for k in (*d.upper, *d.lower)
            if isinstance(k, Sym) and any(True for _ in places(d.body, k.name))
        }
        for letter in self.subscripts:
            kind = self.scope.kind(letter)
            named = kind is not None and kind.role in ("real", "function")
            # E_k and y^k: a letter that also stands alone, or carries indices itself, is a name.
            known = letter in self.counting and not (
                letter in self.based or letter in self.scope.definitions
            )
            elsewhere = letter not in counting and not known and (
                letter in self.based or letter in self.bare or letter in self.scope.definitions
            )
            if named or (elsewhere and letter not in CONVENTIONAL and letter not in self.sizes):
                labels.add(letter)
        return frozenset(labels - self.bound - self.sizes)

    def _shape_labels(self) -> set[str]:
        """Letters by which differently shaped quantities are told apart (``W_h``, ``W_o``)."""
        shapes: dict[str, dict[str, Kind]] = {}
        for key, kind in self.scope.kinds.items():
            symbol = symbol_of(key)
            match symbol.lower:
                case (letter,) if len(letter) == 1 and letter.isascii() and letter.isalpha():
                    shapes.setdefault(replace(symbol, lower=()).name, {})[letter] = kind
        out: set[str] = set()
        for family in shapes.values():
            if len({k.shape for k in family.values()}) > 1:
                out |= set(family)
        return out

    def is_label(self, entry: Node) -> bool:
        """Is this subscript part of the name?

        >>> Survey(Scope(), ()).is_label(Sym(r"\\text{new}"))
        True
        """
        match entry:
            case Sym(name):
                if name in self.bound or name in self.sizes:
                    return False
                kind = self.scope.kind(name)
                if kind is not None and kind.role in ("index", "size"):
                    return False
                return name in self.labels or bool(symbol_of(name).word) or name in MARKS or (
                    len(name) > 1 and name.isalpha()
                )
            case Indexed() if entry in self.picked:
                return False
            case Indexed() | Call() | Prime() | Relation():
                return name_of(entry) is None or not any(
                    s.name in self.bound | self.sizes for s in walk(entry) if isinstance(s, Sym)
                )
        return False

    # -- ranges ---------------------------------------------------------------------------------

    def range_at(self, place: Place) -> Range | Generic:
        """The range of the indices that stand at this place of this name."""
        return self._range_of(self._find(place))

    def range_over(self, letter: str, body: Node) -> Range | Generic:
        """The range of an unbounded sum over ``letter``: declared, or that of the places it runs through."""
        kind = self.scope.kind(letter)
        if kind is not None and kind.role == "index" and kind.lower is not None and kind.upper is not None:
            return Range(kind.lower, kind.upper)
        for place in places(body, letter):
            return self.range_at(place)
        # Nothing is indexed by it: j != i runs as far as i, and as far as j itself where that is said.
        own = (self._range_of(self._find(key)) for key, name in self._letters if name == letter)
        ranges = dict.fromkeys(r for r in own if isinstance(r, Range))
        if len(ranges) > 1:
            raise UnknownMeaning(f"the sum over {letter} has no bounds, and the page suggests several")
        return next(iter(ranges), Generic(Cardinality(letter)))

    def _range_of(self, root: Hashable) -> Range | Generic:
        found: dict[tuple[Node, Node], Range] = {}
        for key, ranges in self._ranges.items():
            if self._find(key) == root:
                found.update({(r.lower, r.upper): r for r in ranges})
        letters = [letter for key, letter in self._letters if self._find(key) == root]
        for letter in letters:
            kind = self.scope.kind(letter)
            if kind is None or kind.role != "index" or kind.lower is None or kind.upper is None:
                continue
            found.setdefault((kind.lower, kind.upper), Range(kind.lower, kind.upper))
        declared: dict[tuple[Node, Node], Range] = {}
        for key, place in self._members:
            if self._find(key) == root:
                shape = self._declared_size(place)
                if shape is not None:
                    declared[(Num(1), shape)] = Range(Num(1), shape)
        for r in found.values() if not declared else ():
            if isinstance(r.lower, Num) and r.lower.value > 1 and len(found) == 1:
                raise UnknownMeaning(f"how far does {', '.join(letters[:1])} run?  declare its range")
        for table in (declared, found):
            if len(table) == 1:
                return next(iter(table.values()))
            if len(table) > 1:
                # Parts of one range (1..N and 2..N) have one end; different ends are a puzzle.
                if len({r.upper for r in table.values()}) == 1:
                    ones = [r for r in table.values() if r.lower == Num(1)]
                    if ones:
                        return ones[0]
                raise UnknownMeaning(
                    f"the sum over {letters[0] if letters else 'this index'} has no bounds, and the page "
                    "suggests several: write them"
                )
        return Generic(Cardinality(letters[0])) if letters else Generic(Cardinality("k"), used=False)

    def _declared_size(self, place: Place) -> Node | None:
        letter, numbers, uppers, position = place
        if uppers and any(not d.upper for d in self.scope.definitions.get(letter, ())):
            return None
        for kind in self.layers.get((letter, numbers)) or self.kinds.get(letter, []):
            entry = position - max(kind.arity, uppers)
            if entry == 0 and len(kind.shape) == 2 and kind.shape[0] == Num(1):
                return kind.shape[1]
            if kind.role in ("real", "function") and 0 <= entry < len(kind.shape):
                size = kind.shape[entry]
                # The size of a^{[l]} depends on l.
                depends = any(isinstance(s, Sym) and isinstance(s.name, Numbered) for s in walk(size))
                return None if depends else size
        return None

    # -- union-find -----------------------------------------------------------------------------

    def _find(self, key: Hashable) -> Hashable:
        while self._parent.get(key, key) != key:
            key = self._parent[key]
        return key

    def _union(self, a: Hashable, b: Hashable) -> None:
        first, second = self._find(a), self._find(b)
        if first != second:
            self._parent[second] = first


def _compares(node: Node) -> bool:
    match node:
        case Relation(Sym(), "=" | "!=", Sym()):
            return True
    return False


def _placed(node: Node) -> set[str]:
    """Capitals behind a transposed factor (x^T A y), and those that the identity is added to."""
    match node:
        case Mul(factors):
            first = next((k for k, f in enumerate(factors) if isinstance(f, Transpose)), len(factors))
            return {k for f in factors[first + 1 :] for k in _capitals(f)}
        case Add(terms):
            last = [t.factors[-1] if isinstance(t, Mul) else t for t in terms]
            if any(isinstance(k, Sym) and unbold(k.name) == "I" for k in last):
                return {k for t in last for k in _capitals(t)}
    return set()


def _paired(node: Node) -> set[str]:
    """The x of w^T x and w_k^T x_i, which has an inner product with w; a number in w^T x w."""
    if not isinstance(node, Mul):
        return set()
    pairs = zip(node.factors, node.factors[1:], (*node.factors[2:], None), strict=False)
    names = (
        (name_of(w.arg), name_of(x)) for w, x, behind in pairs if isinstance(w, Transpose) and w.arg != behind
    )
    return {
        x.base for w, x in names
        if w is not None and x is not None and not x.upper and _is_vector(w.base) and _is_vector(x.base)
    }


def _is_vector(base: str) -> bool:
    return not symbol_of(base).is_capital and not symbol_of(base).is_bold


def _capitals(node: Node) -> set[str]:
    match node:
        case Sym(name):
            return {name} if symbol_of(name).is_capital and unbold(name) != "I" else set()
        case Add(terms):
            return {k for t in terms for k in _capitals(t)}
        case Mul(factors):
            return {k for f in factors for k in _capitals(f)}
        case Pow(base, _) | Transpose(base) | Neg(base):
            return _capitals(base)
    return set()


def _is_quantity(letter: Sym, body: Node) -> bool:
    """Is the letter of ``h_theta(x) = theta x`` a quantity by itself, so that it only names h?"""
    return letter.name not in CONVENTIONAL and letter in _outside_indices(body)


def _outside_indices(node: Node) -> Iterator[Node]:
    if name_of(node) is not None and not isinstance(node, Sym):
        return
    yield node
    for child in children(node):
        yield from _outside_indices(child)


def _size_names(node: Node) -> Iterator[str]:
    """The letters of a size; the indices of s_l are none."""
    if isinstance(node, Sym):
        yield node.name
    elif not isinstance(node, Indexed):
        for child in children(node):
            yield from _size_names(child)


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


def _reachable(scope: Scope, nodes: Iterable[Node]) -> tuple[Definition, ...]:
    """The definitions that the nodes use, directly or through others, in the order of the scope."""
    if not scope.definitions:
        return ()
    keys: dict[str, list[str]] = {}
    for key in scope.definitions:
        keys.setdefault(unbold(key), []).append(key)
    # A notation that is no name (its key is "=") may stand anywhere.
    wanted = {key for key in scope.definitions if key == "="}
    stack = [*nodes, *(d.body for key in wanted for d in scope.definitions[key])]
    seen: set[str] = set()
    while stack:
        for node in walk(stack.pop()):
            name = name_of(node)
            if name is None or name.base in seen:
                continue
            seen.add(name.base)
            letter = unbold(name.base)
            for key in (*keys.get(letter, ()), *keys.get(symbol_of(letter).unprimed, ())):
                if key not in wanted:
                    wanted.add(key)
                    stack += [d.body for d in scope.definitions[key]]
    return tuple(d for key, group in scope.definitions.items() if key in wanted for d in group)


def _contradictory(group: list[Definition]) -> set[str]:
    """Letters that tell apart definitions which would otherwise be one with two bodies."""
    out: set[str] = set()
    for k, a in enumerate(group):
        for b in group[k + 1 :]:
            if (len(a.upper), len(a.lower)) != (len(b.upper), len(b.lower)) or a.body == b.body:
                continue
            if (a.params is None) != (b.params is None) or len(a.params or ()) != len(b.params or ()):
                continue
            for x, y in zip((*a.upper, *a.lower), (*b.upper, *b.lower), strict=True):
                if isinstance(x, Sym) and isinstance(y, Sym) and x != y:
                    out |= {x.name, y.name}
    return out


def definition_order(group: Iterable[Definition]) -> list[Definition]:
    """Most specific first: patterns with more constants; then the latest."""
    return sorted(group, key=lambda d: -sum(not isinstance(p, Sym) for p in (*d.upper, *d.lower)))

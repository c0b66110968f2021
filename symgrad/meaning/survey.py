"""What names and indices stand for, read off the page: sizes, bound letters, labels, ranges.

A *survey* looks at everything that a claim can reach (both sides, the definitions they use, the
hypotheses) before anything is elaborated, because the answer to "is N a size?" or "how far does
``\\sum_k`` run?" may stand on the other side of the equality.

>>> from symgrad.page.tree import Indexed, Num, Sum, Sym
>>> s = survey(Scope(), (Sum(Indexed(Sym("x"), (Sym("i"),)), Sym("i"), Num(1), Sym("N")),))
>>> s.sizes, s.ranges.at(Place("x", (), 0, 0)).upper
(frozenset({'N'}), Sym(name='N'))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from ..page import tree as page
from ..page.indexed import Name, Place, name_of
from ..page.scope import Definition, Kind, Scope
from ..page.symbols import CONVENTIONAL, MARKS, symbol_of, unbold
from ..page.tree import Node, walk
from .occurrences import Occurrences, size_letters
from .ranges import Ranges, places


@dataclass(frozen=True, slots=True)
class Survey:
    """Facts about the names of a claim and of everything in ``scope`` that it reaches."""

    scope: Scope
    definitions: tuple[Definition, ...]  # those that it reaches
    ranges: Ranges
    bound: frozenset[str]  # letters of sums and products
    bare: frozenset[str]  # letters that stand without an index
    based: frozenset[str]  # letters that carry one
    subscripts: frozenset[str]  # letters in an index
    used_with: Mapping[str, set[tuple[int, int]]]  # how many indices a name carries above and below
    doubles: Mapping[str, set[Name]]  # the names with two lower indices and no other
    sizes: frozenset[str]
    vectors: frozenset[str]  # what stands where only a vector or a matrix can
    placed: frozenset[str]  # capitals that stand where a matrix must: x^T A y
    labels: frozenset[str]  # letters in subscripts that name things
    picked: Mapping[Node, Place]  # the y_i of p_{y_i}: an index that is data

    def is_label(self, entry: Node) -> bool:
        """Is this subscript part of the name?

        >>> from symgrad.page.tree import Sym
        >>> survey(Scope(), ()).is_label(Sym(r"\\text{new}"))
        True
        """
        match entry:
            case page.Sym(name):
                if name in self.bound or name in self.sizes:
                    return False
                kind = self.scope.kind(name)
                if kind is not None and kind.role in ("index", "size"):
                    return False
                return name in self.labels or bool(symbol_of(name).word) or name in MARKS or (
                    len(name) > 1 and name.isalpha()
                )
            case page.Indexed() if entry in self.picked:
                return False
            case page.Indexed() | page.Call() | page.Prime() | page.Relation():
                return name_of(entry) is None or not any(
                    s.name in self.bound | self.sizes for s in walk(entry) if isinstance(s, page.Sym)
                )
        return False


def survey(scope: Scope, nodes: Iterable[Node]) -> Survey:
    """Each pass needs those before it: what is reached, what stands where, ranges, sizes, shapes, labels."""
    nodes = tuple(nodes)
    given = (*scope.assumptions, *scope.nabla)
    definitions = _reachable(scope, (*given, *nodes))
    seen = Occurrences(scope)
    # The scope first: what names a range must not depend on which claim is looked at.
    roots = [(d.body, seen.placeholders(d)) for d in definitions]
    # That a != b says nothing of what they are.
    roots += [(n, {}) for n in (*(g for g in given if not _compares(g)), *nodes)]
    for root, keys in roots:
        seen.visit(root, keys)
    for one, other in seen.compared:
        seen.ranges.compared(one, other)
    every = [n for root, _ in roots for n in walk(root)]
    bound = frozenset(n.index.name for n in every if isinstance(n, page.BigOp))
    composed = [n for n in every if isinstance(n, page.Add | page.Mul)]
    sizes = frozenset(seen.ends | _declared_sizes(scope)) - bound
    vectors = seen.vectors.union(*map(_paired, composed))
    named = {unbold(k) for k in (*scope.kinds, *scope.definitions)}
    placed = frozenset[str]().union(*map(_placed, composed)) - sizes - vectors - named
    seen.subscripts |= {name for name, kind in scope.kinds.items() if kind.role == "index"}
    return Survey(
        scope, definitions, seen.ranges, bound,
        frozenset(seen.bare), frozenset(seen.based), frozenset(seen.subscripts), seen.used_with, seen.doubles,
        sizes, frozenset(vectors | placed), placed,
        _labels(seen, scope, definitions) - bound - sizes,
        # p_{y_i} beside p_k and a sum over k: the entry at the label
        {entry: place for place, entry in seen.picked if seen.ranges.is_counted(place)},
    )


def _compares(node: Node) -> bool:
    match node:
        case page.Relation(page.Sym(), "=" | "!=", page.Sym()):
            return True
    return False


def _declared_sizes(scope: Scope) -> set[str]:
    said = {name for name, kind in scope.kinds.items() if kind.role == "size"}
    ends = (n for kind in scope.kinds.values() for n in (*kind.shape, kind.lower, kind.upper))
    return said.union(*(size_letters(n) for n in ends if n is not None))


def _labels(seen: Occurrences, scope: Scope, definitions: tuple[Definition, ...]) -> frozenset[str]:
    """Letters in subscripts that name things (``W_o``, ``h_\\theta``) instead of counting them."""
    roles = {name: kind.role for name, kind in scope.kinds.items()}
    declared = {name for name, role in roles.items() if role == "index"}
    capitals = {k for k in seen.subscripts - seen.uppers - declared if len(k) == 1 and k.isupper()}
    reached = [[d for d in group if d in definitions] for group in scope.definitions.values()]
    # E_k and y^k: a letter that also stands alone, or carries indices itself, is a name.
    quantities = {name for name, role in roles.items() if role in ("real", "function")}
    names = seen.based | scope.definitions.keys() | (seen.bare - seen.counting)
    # v_b = sum_c W_{cb} h_c + b_b: what stands as an index on both sides counts.
    counting = {
        k.name for d in definitions for k in (*d.upper, *d.lower)
        if isinstance(k, page.Sym) and any(True for _ in places(d.body, k.name))
    }
    letters = seen.subscripts & (quantities | (names - counting - CONVENTIONAL))
    return frozenset(capitals | letters | _by_shape(scope.kinds)).union(*map(_contradictory, reached))


def _by_shape(kinds: Mapping[str, Kind]) -> set[str]:
    """Letters by which differently shaped quantities are told apart (``W_h``, ``W_o``)."""
    shapes: dict[str, dict[str, Kind]] = {}
    for key, kind in kinds.items():
        symbol = symbol_of(key)
        match symbol.lower:
            case (letter,) if len(letter) == 1 and letter.isascii() and letter.isalpha():
                shapes.setdefault(replace(symbol, lower=()).name, {})[letter] = kind
    out: set[str] = set()
    for family in shapes.values():
        if len({k.shape for k in family.values()}) > 1:
            out |= set(family)
    return out


def _placed(node: Node) -> set[str]:
    """Capitals behind a transposed factor (x^T A y), and those that the identity is added to."""
    match node:
        case page.Mul(factors):
            first = next((k for k, f in enumerate(factors) if isinstance(f, page.Transpose)), len(factors))
            return {k for f in factors[first + 1 :] for k in _capitals(f)}
        case page.Add(terms):
            last = [t.factors[-1] if isinstance(t, page.Mul) else t for t in terms]
            if any(isinstance(k, page.Sym) and unbold(k.name) == "I" for k in last):
                return {k for t in last for k in _capitals(t)}
    return set()


def _paired(node: Node) -> set[str]:
    """The x of w^T x and w_k^T x_i, which has an inner product with w; a number in w^T x w."""
    if not isinstance(node, page.Mul):
        return set()
    pairs = zip(node.factors, node.factors[1:], (*node.factors[2:], None), strict=False)
    names = (
        (name_of(w.arg), name_of(x))
        for w, x, behind in pairs
        if isinstance(w, page.Transpose) and w.arg != behind
    )
    return {
        x.base for w, x in names
        if w is not None and x is not None and not x.upper and _is_vector(w.base) and _is_vector(x.base)
    }


def _is_vector(base: str) -> bool:
    return not symbol_of(base).is_capital and not symbol_of(base).is_bold


def _capitals(node: Node) -> set[str]:
    match node:
        case page.Sym(name):
            return {name} if symbol_of(name).is_capital and unbold(name) != "I" else set()
        case page.Add(terms):
            return {k for t in terms for k in _capitals(t)}
        case page.Mul(factors):
            return {k for f in factors for k in _capitals(f)}
        case page.Pow(base, _) | page.Transpose(base) | page.Neg(base):
            return _capitals(base)
    return set()


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
    return {
        letter.name
        for a, b in combinations(group, 2) if _form(a) == _form(b) and a.body != b.body
        for x, y in zip((*a.upper, *a.lower), (*b.upper, *b.lower), strict=True)
        if isinstance(x, page.Sym) and isinstance(y, page.Sym) and x != y
        for letter in (x, y)
    }


def _form(d: Definition) -> tuple[int, int, int | None]:
    return len(d.upper), len(d.lower), None if d.params is None else len(d.params)


def definition_order(group: Iterable[Definition]) -> list[Definition]:
    """Most specific first: patterns with more constants; then the latest."""
    return sorted(group, key=lambda d: -sum(not isinstance(p, page.Sym) for p in (*d.upper, *d.lower)))

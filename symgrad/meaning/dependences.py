"""What depends on what: through definitions, beside each other in a formula, by a derivative of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..functions import PAGES
from ..names import letter_of
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Kind
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from .context import Context, Env, once
from .definitions import find
from .indices import split

NABLA = page.Sym("\\nabla")
"""The variable of a bare nabla that nothing declares: whatever it is, it is one and the same."""

# Letters of quantities that are computed: alone and undefined they are never taken for constants.
COMPUTED = frozenset(("z", "h", "o", "L", "J", "E", "C", "\\mathcal{L}", "\\ell", "\\mathcal{J}", "\\xi"))


@once
def varied(e: Context) -> frozenset[str]:
    """The names that derivatives are taken by."""
    variables = (name_of(v) for n in e.written() for v in variables_at(n))
    return frozenset(name.base for name in variables if name is not None)


def variables_at(node: Node) -> tuple[Node, ...]:
    """What a derivative is by."""
    match node:
        case page.Derivative(_, by):
            return tuple(v for v, _ in by)
        case page.Gradient(_, page.Node() as wrt):
            return (wrt,)
    return ()


def names_in(e: Context, roots: tuple[Node, ...]) -> frozenset[str]:
    """The names in the nodes and, through definitions, in what they reach."""
    out: set[str] = set()
    stack = list(roots)
    while stack:
        found = _names_directly_in(e, stack.pop()) - out
        out |= found
        stack += [d.body for base in found for d in e.defined.get(base, ())]
    return frozenset(out)


def _names_directly_in(e: Context, root: Node) -> frozenset[str]:
    """The names that stand in the node itself: as letters, and as core names with their labels."""
    known = e.memo.names.get(id(root))
    if known is not None:
        return known
    out: set[str] = set()
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, page.Derivative | page.Gradient):
            # dz/dw says nothing about how z and w are related.
            body = node.body.arg if isinstance(node.body, page.Transpose) else node.body
            stack += () if isinstance(body, page.Sym | page.Indexed) else (body,)
            continue
        name = name_of(node)
        if name is not None:
            out |= {unbold(name.base), split(e, name)[0]}
        stack += page.children(node)
    e.memo.names[id(root)] = frozenset(out)
    return e.memo.names[id(root)]


@once
def _formulas(e: Context) -> list[frozenset[str]]:
    """The names of each formula: what a definition reaches, and each side of the claim."""
    bodies = (d.body for group in e.scope.definitions.values() for d in group)
    return [names_in(e, (root,)) for root in (*bodies, *e.nodes)]


def is_data(e: Context, leaf: str, key: str, bare: Node | None) -> bool:
    """Does the leaf stand beside the variable in one formula, as data do beside parameters?"""
    base, by = letter_of(leaf), letter_of(key)
    if base == by:
        return leaf == key
    if by in e.defined and base in names_in(e, tuple(d.body for d in e.defined[by])):
        # dx/dz where z is computed from x: an inverse function, not 0.
        return False
    kind = e.scope.kind(base)
    if bare is None and kind is not None and kind.role != "function" and not kind.rests:
        return True
    symbol = symbol_of(base)
    if base in COMPUTED or symbol.accent in ("\\hat", "\\widehat") or (
        symbol.letter == "\\delta" and not symbol.marks
    ):
        return False
    return any(base in names and by in names for names in _formulas(e))


def is_unknown(e: Context, name: Name) -> bool:
    if name.base in ("\\pi", "e") or name.base in PAGES or find(e, name, Env()) is not None:
        return False
    kind = e.scope.kind(name.base)
    return kind is None or (kind.role == "real" and not kind.rests)


def implied(e: Context) -> Mapping[str, Kind]:
    """Kinds of undefined names, from the derivatives that are written of them."""
    if e.memo.implied is None:
        e.memo.implied = {}  # what is asked while it is being found out
        e.memo.implied = _implied(e)
    return e.memo.implied


def _implied(e: Context) -> dict[str, Kind]:
    """Undefined names whose derivatives stand on the page depend on what these are taken by.

    Of several variables those count that reach no other: where z depends on w, L depends on w
    through z.  This can support a proof, never a refutation.
    """
    found = _derivatives_of_unknowns(e)
    reach = {n: names_in(e, tuple(vs)) - {unbold(n)} for n, (_, vs) in found.items()}
    out: dict[str, Kind] = {}
    for n, (arity, vs) in found.items():
        through = [(_letter(w), _through(e, w, reach)) for w in vs]
        rests = tuple(v for v in vs if not any(_letter(v) in t and _letter(v) != w for w, t in through))
        out[n] = replace(e.scope.kind(n) or Kind(), arity=arity, rests=rests)
    return {n: kind for n, kind in out.items() if not _rests_on_itself(e, n, out)}


def _derivatives_of_unknowns(e: Context) -> dict[str, tuple[int, dict[Node, None]]]:
    """By undefined name: how many indices it carries, and what it is differentiated by."""
    found: dict[str, tuple[int, dict[Node, None]]] = {}
    for node in e.written():
        body, by = _bare_derivative(e, node)
        name = None if body is None else name_of(body)
        if body is None or name is None or not is_unknown(e, name):
            continue
        for v in by:
            if _may_depend(e, body, name, v):
                found.setdefault(name.base, (len(split(e, name)[1]), {}))[1][v] = None
    return found


def _may_depend(e: Context, body: Node, name: Name, variable: Node) -> bool:
    by = name_of(variable)
    if by is None or unbold(by.base) == unbold(name.base):
        return False
    through = tuple(d.body for d in e.defined.get(unbold(by.base), ()))
    if unbold(name.base) in names_in(e, through):
        return False  # dx/dz where z is computed from x
    return not is_data(e, split(e, name)[0], split(e, by)[0], body)


def _rests_on_itself(e: Context, name: str, kinds: Mapping[str, Kind]) -> bool:
    """dx/dy and dy/dx on one page: what depends on what is not known."""
    by_letter = {unbold(n): kind for n, kind in kinds.items()}
    seen: set[str] = set()
    stack = list(by_letter[unbold(name)].rests)
    while stack:
        for base in names_in(e, (stack.pop(),)) - seen:
            seen.add(base)
            stack += by_letter[base].rests if base in by_letter else ()
    return unbold(name) in seen


def _bare_derivative(e: Context, node: Node) -> tuple[Node | None, tuple[Node, ...]]:
    """A name in a derivative, and what it is differentiated by."""
    match node:
        case page.Derivative(page.Sym() | page.Indexed() as body, by):
            return body, tuple(v for v, _ in by)
        case page.Gradient(page.Sym() | page.Indexed() as body, None):
            return body, e.scope.nabla or (NABLA,)
        case page.Gradient(page.Sym() | page.Indexed() as body, page.Node() as wrt):
            return body, (wrt,)
    return None, ()


def _letter(node: Node) -> str:
    name = name_of(node)
    return "" if name is None else unbold(name.base)


def _through(e: Context, node: Node, reach: dict[str, frozenset[str]]) -> frozenset[str]:
    """The names that a variable depends on, by definitions and by implied dependences."""
    base = _letter(node)
    bodies = tuple(d.body for d in e.defined.get(base, ()))
    out = names_in(e, bodies) if bodies else frozenset()
    for n in (base, *out):
        for key, names in reach.items():
            if unbold(key) == n:
                out |= names
    return out


def layered(e: Context) -> frozenset[str]:
    """Names that carry an upper index on the page: the weights of a layer."""
    return frozenset(unbold(k) for k, used in e.survey.used_with.items() if any(u for u, _ in used))


def is_said(e: Context, letter: str) -> bool:
    """Is the letter declared, defined, or a variable?"""
    return letter in e.defined or letter in e.scope.kinds or letter in varied(e)


def is_quantity(e: Context, letter: str) -> bool:
    kind = e.scope.kind(letter)
    return letter in e.defined or (kind is not None and kind.role in ("real", "function"))

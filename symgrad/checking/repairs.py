"""Repairs: what single change of a refuted step the judge would prove, and what was to be expected.

A hint is never a pass: it is proved by the same judge, and the step stays refuted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from ..errors import Remark, SymgradError
from ..meaning.judging import holds, prove_nodes
from ..page import tree as page
from ..page.scope import Scope
from ..page.to_latex import to_latex
from ..page.tree import Node, children, free_names, map_children, paths, put, same, substitute, walk
from . import queries
from .step import Judged

WORK = 5_000  # nodes of all the pages tried at one step; a hint may be missed, never be wrong
FUEL = 30_000  # for one of them
Repair = tuple[str, Node, Node]


def add(
    judged: Judged, lhs: Node, rhs: Node, scope: Scope, head: Node | None = None, answers: bool = True
) -> Judged:
    """The finding with the first repair that is proved, and the derived right side.

    Without ``answers`` a repair is named in words, and no mended formula is shown.
    """
    hint = repair(lhs, rhs, scope, answers) if judged.hint is None else judged.hint
    expected = derived(lhs, head or lhs, scope) if answers else None
    if expected is None:
        return replace(judged, hint=hint, studied=True)
    hint = hint or _missing(rhs, expected)
    return replace(judged, hint=hint, derived=to_latex(expected), studied=True)


def repair(lhs: Node, rhs: Node, scope: Scope, answers: bool = True) -> str | None:
    work = 0
    for text, left, right in _repairs(lhs, rhs, scope, answers):
        work += sum(1 for side in (left, right) for _ in walk(side))
        if work > WORK:
            return None
        if _proved(left, right, scope):
            return text
    return None


def _proved(lhs: Node, rhs: Node, scope: Scope) -> bool:
    try:
        return holds(lhs, rhs, scope, FUEL)
    except (SymgradError, RecursionError):
        return False


def _repairs(lhs: Node, rhs: Node, scope: Scope, answers: bool) -> Iterator[Repair]:
    reach_left, reach_right = list(_reaches(lhs, answers)), list(_reaches(rhs, answers))
    for text, new in reach_right:
        yield text, lhs, new
    for text, new in reach_left:
        yield text, new, rhs
    for text, left in reach_left:
        for _, right in reach_right:
            yield text, left, right
    yield "holds with the opposite sign", lhs, page.Neg(rhs)
    for index in sorted(_free_indices(rhs) - _free_indices(lhs)):
        yield f"holds if summed over ${index}$", lhs, page.Sum(rhs, page.Sym(index))
    for index in sorted(_free_indices(lhs) - _free_indices(rhs)):
        yield f"holds if the left side is summed over ${index}$", page.Sum(lhs, page.Sym(index)), rhs
    for factor in _scales(lhs, rhs):
        yield f"holds with the factor ${to_latex(factor)}$ on the right", lhs, page.Mul((factor, rhs))
    for where, side, other in (("right", rhs, lhs), ("left", lhs, rhs)):
        for text, new in (edit for kind in EDITS for edit in kind(_Side(side, other, scope))):
            pair = (lhs, new) if where == "right" else (new, rhs)
            yield f"holds if {text}: ${to_latex(new)}$" if answers else f"holds if {text}", *pair


def _free_indices(node: Node) -> frozenset[str]:
    return frozenset(n for n in queries.indices(node) & free_names(node) if len(n) == 1)


# --- operators that reach further ---------------------------------------------------------------------


def _reaches(side: Node, answers: bool) -> Iterator[tuple[str, Node]]:
    """Every way to let an operator in front of a sum take the terms behind it as well."""
    for path, node in paths(side):
        if not isinstance(node, page.Add):
            continue
        for k, term in enumerate(node.terms[:-1]):
            rest = node.terms[k + 1 :]
            for where, inner in queries.rightmost(term):
                if isinstance(inner, page.Derivative | page.Gradient | page.BigOp):
                    body = page.Add((*queries.terms(inner.body), *rest))
                    wider = replace(inner, body=body)
                    new_term = put(term, where, wider)
                    new = new_term if k == 0 else page.Add((*node.terms[:k], new_term))
                    sign = _operator(inner)
                    what = f"$({to_latex(body)})$" if answers else "more terms"
                    yield f"holds if ${sign}$ extends over {what}: add parentheses", put(side, path, new)


def _operator(node: Node) -> str:
    match node:
        case page.Derivative(_, by, _, d) if len(by) == 1 and by[0][1] == 1:
            return f"\\frac{{{d}}}{{{d} {to_latex(by[0][0])}}}"
        case page.Gradient(_, wrt):
            return "\\nabla" if wrt is None else f"\\nabla_{{{to_latex(wrt)}}}"
        case page.Sum(_, index):
            return f"\\sum_{{{index.name}}}"
    return "the operator"


# --- one edit -----------------------------------------------------------------------------------------


def _scales(lhs: Node, rhs: Node) -> Iterator[Node]:
    yield page.Num(2)
    yield page.Frac(page.Num(1), page.Num(2))
    sizes = {
        n.upper
        for side in (lhs, rhs)
        for n in walk(side)
        if isinstance(n, page.BigOp) and isinstance(n.upper, page.Sym)
    }
    for size in sorted(sizes, key=repr):
        assert size is not None
        yield page.Frac(page.Num(1), size)
        yield size


@dataclass(frozen=True)
class _Side:
    """A side to be edited, and what may come into it."""

    node: Node
    other: Node
    scope: Scope

    @cached_property
    def places(self) -> list[tuple[tuple[int, ...], Node]]:
        return list(paths(self.node))

    def put(self, path: tuple[int, ...], new: Node) -> Node:
        return put(self.node, path, new)


_Edit = Iterator[tuple[str, Node]]


def _signs(side: _Side) -> _Edit:
    for path, node in side.places:
        if isinstance(node, page.Add):
            for term, rest in _each(node.terms):
                flipped = term.arg if isinstance(term, page.Neg) else page.Neg(term)
                yield f"the sign of ${to_latex(term)}$ is changed", side.put(path, page.Add(rest(flipped)))
        elif isinstance(node, page.Neg) and path:
            yield "a minus sign is dropped", side.put(path, node.arg)


def _names(side: _Side) -> _Edit:
    """A name that only this side has for one that only the other side has."""
    here, there = free_names(side.node), free_names(side.other)
    for old in sorted(here - there):
        for new in sorted(there - here):
            yield f"${old}$ is read as ${new}$", substitute(side.node, {page.Sym(old): page.Sym(new)})


def _indices(side: _Side) -> _Edit:
    used = sorted(queries.indices(side.node) | queries.indices(side.other))
    for path, node in side.places:
        letter = node.lower[0] if isinstance(node, page.Indexed) and len(node.lower) == 1 else None
        if not isinstance(node, page.Indexed) or not isinstance(letter, page.Sym):
            continue
        for index in used:
            if index != letter.name and len(index) == 1:
                new = replace(node, lower=(page.Sym(index),))
                yield f"${to_latex(node)}$ is ${to_latex(new)}$", side.put(path, new)


def _transposes(side: _Side) -> _Edit:
    for path, node in side.places:
        kind = side.scope.kinds.get(node.name) if isinstance(node, page.Sym) else None
        if isinstance(node, page.Transpose):
            yield f"${to_latex(node)}$ is not transposed", side.put(path, node.arg)
        elif kind is not None and len(kind.shape) == 2:
            yield f"${to_latex(node)}$ is transposed", side.put(path, page.Transpose(node))


def _exponents(side: _Side) -> _Edit:
    for path, node in side.places:
        if not isinstance(node, page.Pow) or not isinstance(node.exp, page.Num):
            continue
        for k in (int(node.exp.value) + 1, int(node.exp.value) - 1):
            if k > 1:
                yield f"the exponent is {k}", side.put(path, page.Pow(node.base, page.Num(k)))
            elif k == 1:
                yield "the exponent is dropped", side.put(path, node.base)


def _parts_dropped(side: _Side) -> _Edit:
    for path, node in side.places:
        match node:
            case page.Mul(parts) if len(parts) > 1:
                what = "factor"
            case page.Add(parts) if len(parts) > 1:
                what = "term"
            case _:
                continue
        for part, rest in _each(parts):
            new = rest()[0] if len(parts) == 2 else type(node)(rest())
            yield f"the {what} ${to_latex(part)}$ is dropped", side.put(path, new)


def _factors_put_in(side: _Side) -> _Edit:
    for factor in _chain_factors(side.other, side.scope):
        for path, node in side.places:
            if not path or (isinstance(node, page.Mul) and _is_body(side.node, path)):
                wider = page.Mul((*queries.factors(node), factor))
                yield f"the factor ${to_latex(factor)}$ is put in", side.put(path, wider)


def _doubled(side: _Side) -> _Edit:
    for path, node in side.places:
        for term, rest in _each(node.terms) if isinstance(node, page.Add) else ():
            twice = page.Mul((page.Num(2), term))
            yield f"${to_latex(term)}$ is doubled", side.put(path, page.Add(rest(twice)))


def _each(parts: tuple[Node, ...]) -> Iterator[tuple[Node, Callable[..., tuple[Node, ...]]]]:
    """Each part, and all parts with others (or none) put for it."""
    for k, part in enumerate(parts):
        yield part, lambda *new, k=k: (*parts[:k], *new, *parts[k + 1 :])


EDITS = (
    _signs, _names, _indices, _transposes, _exponents, _parts_dropped, _factors_put_in, _doubled,
)  # fmt: skip
"""Every page that is one slip of the pen away, the likelier slips first."""


def _is_body(side: Node, path: tuple[int, ...]) -> bool:
    node = side
    for k in path[:-1]:
        node = tuple(children(node))[k]
    return isinstance(node, page.BigOp) and path[-1] == 0


def _chain_factors(other: Node, scope: Scope) -> Iterator[Node]:
    """What an inner derivative would have left: the atoms that the other side speaks of, and minus 1."""
    bodies: list[Node] = [other]
    for name in sorted(queries.inside(other, scope)):
        bodies += [d.body for d in scope.definitions.get(name, ())]
    seen: dict[Node, None] = {}
    for body in bodies:
        names = queries.quantities(body)
        for node in walk(body):
            if isinstance(node, page.Indexed) or (isinstance(node, page.Sym) and node.name in names):
                seen.setdefault(node)
            elif isinstance(node, page.Call) and isinstance(node.fn, page.Sym) and node.fn.name == "\\sigma":
                seen.setdefault(node)
                seen.setdefault(page.Add((page.Num(1), page.Neg(node))))
    yield from list(seen)[:10]


# --- what was to be expected --------------------------------------------------------------------------


def _missing(rhs: Node, expected: Node) -> str | None:
    """The terms that were forgotten, where all the others stand there."""
    written, rest = queries.terms(rhs), list(queries.terms(expected))
    for term in written:
        found = next((k for k in rest if same(k, term)), None)
        if found is None:
            return None
        rest.remove(found)
    forgotten = rest[0] if len(rest) == 1 else page.Add(tuple(rest))
    return f"the {'term' if len(rest) == 1 else 'sum'} ${to_latex(forgotten)}$ is missing" if rest else None


def derived(lhs: Node, head: Node, scope: Scope) -> Node | None:
    """What was to be expected on the right: the derivative at the head of the chain as symgrad derives it,
    where the judge proves that the left side still equals it."""
    match head:
        case page.Derivative(body, ((wrt, 1),)):
            pass
        case page.Gradient(body, Node() as wrt):
            pass
        case _:
            return None
    from ..deriving.derivation import derive_node  # here, for it is not always needed

    try:
        result = derive_node(body, wrt, scope).result
    except (SymgradError, RecursionError):
        return None
    return result if result != head and _proved(lhs, result, scope) else None


def dropped(lhs: Node, rhs: Node, scope: Scope) -> frozenset[str]:
    """Names that stand bare here, and nowhere with an index, and that are defined with one index only."""
    sides = [n for side in (lhs, rhs) for n in walk(side)]
    kept = {n.base.name for n in sides if isinstance(n, page.Indexed) and isinstance(n.base, page.Sym)}
    return frozenset(
        n.name
        for side in (lhs, rhs)
        for n in _bare(side)
        if isinstance(n, page.Sym)
        and n.name not in kept
        and len(scope.definitions.get(n.name, ())) == 1
        and all(d.params is None and len(d.lower) + len(d.upper) == 1 for d in scope.definitions[n.name])
    )


def _bare(node: Node) -> Iterator[Node]:
    if isinstance(node, page.Indexed) and isinstance(node.base, page.Sym):
        return
    yield node
    for child in children(node):
        yield from _bare(child)


def restored(lhs: Node, rhs: Node, scope: Scope, names: frozenset[str]) -> Judged | None:
    """The step with the index put back that the definitions of these names carry, if that is proved."""
    free = [k for k in sorted(queries.indices(lhs) | queries.indices(rhs)) if len(k) == 1]
    for index in [*free, None]:
        left, right = lhs, rhs
        for name in sorted(names):
            d = scope.definitions[name][0]
            entry = (page.Sym(index) if index is not None else (*d.lower, *d.upper)[0],)
            node = page.Indexed(page.Sym(name), entry if d.lower else (), entry if d.upper else ())
            left, right = _bare_replaced(left, name, node), _bare_replaced(right, name, node)
        try:
            verdict = prove_nodes(left, right, scope)
        except (SymgradError, RecursionError):
            continue
        if verdict.status == "proved":
            note = ("SG307", Remark(f"the index of {', '.join(sorted(names))} was dropped here"))
            return Judged(verdict.status, assuming=verdict.assuming, notes=(note,))
    return None


def _bare_replaced(node: Node, name: str, new: Node) -> Node:
    """The symbol replaced where it stands without indices."""
    if isinstance(node, page.Sym):
        return new if node.name == name else node
    if isinstance(node, page.Indexed) and isinstance(node.base, page.Sym):
        return node
    if isinstance(node, page.BigOp) and node.index.name == name:
        return node
    return map_children(node, lambda child: _bare_replaced(child, name, new))

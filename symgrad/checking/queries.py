"""Queries: which names a page speaks of, and what is known about them.

>>> from symgrad.page.tree import Indexed, Mul, Num, Sum, Sym
>>> i = Sym("i")
>>> sorted(quantities(Sum(Mul((Sym("w"), Indexed(Sym("x"), (i,)))), i, Num(1), Sym("N"))))
['w', 'x']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

from ..deriving.definitions import unfold
from ..functions import COMMANDS
from ..page import tree as page
from ..page.matching import head
from ..page.scope import Scope
from ..page.symbols import DEVIATIONS, symbol_of, unbold
from ..page.tree import Node, children, free_names, same, substitute, walk

_MANY = 200  # names, after which a definition by levels may go on for ever
CONSTANTS = frozenset(["e", "\\pi", "\\infty", "\\mathrm{e}", ""])
KNOWN = frozenset(
    [
        *COMMANDS,
        r"\max",
        r"\min",
        r"\arg",
        r"\arg\min",
        r"\arg\max",
        r"\mathrm{d}",
        r"d",
        r"!",
        r"\binom",
        r"\lim",
        r"\times",
        r"\{\}",
        r"[]",
        r"\mathbb{E}",
        r"\mathbb{P}",
        r"\mathbb{R}",
        r"\mathbb{V}",
        r"\mathrm{E}",
        r"\mathrm{Var}",
        r"\mathrm{Cov}",
    ]
)


def base(node: Node) -> str | None:
    """The name of a bare quantity: J of J, of J(θ), of J_i and of h_θ(x^{(i)}), and σ of the variances σ²
    and σ_d²; None for anything else."""
    match node:
        case page.Pow(page.Sym(name) | page.Indexed(page.Sym(name)), page.Num(2)) if name in DEVIATIONS:
            return name
        case page.Sym(name):
            return name
        case page.Indexed(page.Sym(name)) | page.Prime(page.Sym(name)):
            return name
        case page.Call(fn, args) if all(_plain(a) for a in args) and isinstance(fn, page.Sym | page.Indexed):
            called = base(fn)
            return None if called in KNOWN else called
    return None


def builtin(name: str) -> bool:
    """Does symgrad itself say what the function is?"""
    return name in KNOWN or name == "\\sigma" or symbol_of(name).word == "\\operatorname"


def _plain(node: Node) -> bool:
    match node:
        case page.Sym() | page.Dots() | page.Pow(page.Sym(), page.Num(2)):
            return True
        case page.Indexed(inner):
            return _plain(inner)
        case page.Transpose(inner):
            return _plain(inner)
        case page.Call(_, args):
            return all(_plain(a) for a in args)
    return False


def quantities(node: Node, scope: Scope | None = None) -> frozenset[str]:
    """Names of quantities: everything but bound and written indices, sizes of sums and known functions.

    With a scope, an argument of a defined function counts only where the definition speaks of it, and
    a letter that is defined is no constant.
    """
    out: set[str] = set()
    _collect(node, out, scope)
    return frozenset(out - CONSTANTS if scope is None else out - (CONSTANTS - scope.definitions.keys()))


def _collect(node: Node, out: set[str], scope: Scope | None) -> None:
    match node:
        case page.Sym(name):
            out.add(name)
        case page.Indexed(indexed):
            _collect(indexed, out, scope)
        case page.BigOp(body, index):
            inside: set[str] = set()
            _collect(body, inside, scope)
            out |= inside - {index.name}
        case page.Call(fn, args):
            if not builtin(base(fn) or ""):
                _collect(fn, out, scope)
            for a in _spoken_arguments(fn, args, scope):
                _collect(a, out, scope)
        case page.Norm(arg, page.Sym("F")):
            _collect(arg, out, scope)
        case page.Cases(branches):
            for value, _ in branches:
                _collect(value, out, scope)
        case page.Indicator():
            pass
        case _:
            for child in children(node):
                _collect(child, out, scope)


def _spoken_arguments(fn: Node, args: tuple[Node, ...], scope: Scope | None) -> tuple[Node, ...]:
    name = base(fn) if isinstance(fn, page.Sym | page.Indexed) else None
    if scope is None or name is None:
        return args
    for d in scope.definitions.get(name, ()):
        if d.params is not None and len(d.params) == len(args):
            spoken = quantities(d.body)
            return tuple(a for a, p in zip(args, d.params, strict=True) if quantities(p) & spoken)
    return args


def indices(node: Node) -> frozenset[str]:
    """Names that stand as an index (``i``, ``t+1``) or are bound somewhere."""
    out: set[str] = set()
    for n in walk(node):
        if isinstance(n, page.Indexed):
            entries = [*n.lower, *n.upper]
        elif isinstance(n, page.BigOp):
            out.add(n.index.name)
            entries = [bound for bound in (n.lower, n.upper) if bound is not None]
        else:
            continue
        for entry in entries:
            if isinstance(entry, page.Sym):
                out.add(entry.name)
            elif isinstance(entry, page.Add):
                out |= {
                    s.name
                    for t in entry.terms
                    for s in walk(t)
                    if isinstance(s, page.Sym) and not isinstance(t, page.Mul)
                }
    return frozenset(out)


class Primitive(str):
    """A name with its label, ``[]`` behind one that has an index and no label."""

    __slots__ = ("indexed", "whole")
    whole: str
    indexed: bool

    def __new__(cls, name: str, label: str, indexed: bool) -> Self:
        whole = name + label
        self = super().__new__(cls, f"{whole}[]" if indexed and not label else whole)
        self.whole, self.indexed = whole, indexed and not label
        return self


def primitives(nodes: Iterable[Node], scope: Scope) -> frozenset[Primitive]:
    """What the nodes speak of in the end: names with a label (``E_{\\text{edges}}``) that nothing defines.

    Definitions are unfolded, also where the author leaves indices or arguments out; what is only
    differentiated by does not count.
    """
    out: set[Primitive] = set()
    bound: set[str] = set()
    seen: set[Primitive] = set()
    queue = list(nodes)
    while queue:
        node = queue.pop()
        match node:
            case page.Derivative(body) | page.Gradient(body):
                queue.append(body)
            case page.BigOp(body, index):
                queue.append(body)
                bound.add(index.name)
            case page.Call(fn, args):
                name = base(fn) if isinstance(fn, page.Sym | page.Indexed) else None
                if name is None or not builtin(name):
                    queue.append(fn)
                queue += _spoken_arguments(fn, args, scope)
            case page.Sym(name):
                _primitive(name, Primitive(name, "", False), scope, seen, out, queue)
            case page.Indexed(page.Sym(name), lower, upper):
                _primitive(name, Primitive(name, label(lower, upper), True), scope, seen, out, queue)
            case page.Norm(arg, page.Sym("F")):  # Frobenius
                queue.append(arg)
            case page.Indicator():
                pass
            case page.Cases(branches):
                queue += [value for value, _ in branches]
            case _:
                queue += children(node)
    return frozenset(out - CONSTANTS - bound)


def _primitive(
    name: str, found: Primitive, scope: Scope, seen: set[Primitive], out: set[Primitive], queue: list[Node]
) -> None:
    if found in seen:
        return
    seen.add(found)
    own = [d for d in scope.definitions.get(name, ()) if name + label(d.lower, d.upper) == found.whole]
    kind = scope.kinds.get(name)
    if own:
        queue += [d.body for d in own]
    elif kind is not None and kind.rests:
        queue += kind.rests
    else:
        out.add(found)


def label(lower: tuple[Node, ...], upper: tuple[Node, ...]) -> str:
    """The part of the indices that makes another name: words, and stars."""
    entries = [base(n) or "" for n in (*lower, *upper)]
    words = [w for w in entries if symbol_of(w).word or w in ("\\ast", "\\star")]
    words += [w for w in entries if w in ("*", "+", "-")]
    return "_{" + ",".join(words) + "}" if words else ""


class Differentiation(NamedTuple):
    """A derivative or gradient as it is written: of what, by what; a quotient, or with a bare nabla."""

    body: Node
    variables: tuple[Node, ...]
    quotient: bool = False
    bare: bool = False


def differentiations(lhs: Node, rhs: Node, scope: Scope) -> Iterator[Differentiation]:
    for node in (*walk(lhs), *walk(rhs)):
        match node:
            case page.Derivative(body, by, style):
                yield Differentiation(body, tuple(v for v, _ in by), quotient=style == "fraction")
            case page.Gradient(body, None):
                yield Differentiation(body, scope.nabla, bare=True)
            case page.Gradient(body, Node() as wrt):
                yield Differentiation(body, (wrt,))


def unconnected(lhs: Node, rhs: Node, scope: Scope) -> tuple[str, str] | None:
    """A derivative by a variable on which, as far as is written, its body does not depend: (body, variable).

    Taken literally it is 0.  That is what an author means who differentiates data, term by term; it is not
    where the variable is spoken of nowhere else, nor where one name is written over another
    (``\\frac{dh}{dg}``).
    """
    spoken = primitives([lhs, rhs], scope)
    for found in differentiations(lhs, rhs, scope):
        body = base(found.body) or (sorted(quantities(found.body)) or ["it"])[0]
        names = {name for v in found.variables if (name := base(v)) is not None}
        if found.bare and names and not _speaks_of(found, names, scope):
            return (sorted(quantities(found.body)) or ["it"])[0], sorted(names)[0]
        for v in found.variables:
            name = base(v)
            if name is not None and _is_loose(found, v, name, spoken, scope):
                return body, name
    return None


def _speaks_of(found: Differentiation, names: set[str], scope: Scope) -> bool:
    about = primitives([found.body], scope) | inside(found.body, scope)
    return bool((primitives(found.variables, scope) | names) & about)


def _is_loose(
    found: Differentiation, variable: Node, name: str, spoken: frozenset[Primitive], scope: Scope
) -> bool:
    """Does nothing connect the body with the variable?"""
    subject, within = base(found.body), inside(found.body, scope)
    if name == subject or name in within:
        return False
    over_a_name = found.quotient and subject is not None
    if over_a_name and name in scope.definitions:
        other_names = {base(d.body) for d in scope.definitions[name]}  # z_{ij} for Z_{ij}
        return not other_names & within
    return not primitives([variable], scope) & (primitives([found.body], scope) if over_a_name else spoken)


def inside(node: Node, scope: Scope) -> frozenset[str]:
    """Names of quantities and of all that their definitions speak of."""
    seen: set[str] = set()
    queue = list(quantities(node, scope))
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            for definition in scope.definitions.get(name, ()):
                queue += quantities(definition.body, scope)
            kind = scope.kinds.get(name)
            for rest in () if kind is None else kind.rests:
                queue += quantities(rest)
    return frozenset(seen)


def lost(lhs: Node, rhs: Node, scope: Scope) -> tuple[str, str] | None:
    """A derivative by what its body, with all definitions opened, does not hold: (body, variable).

    It is 0 to the letter; how the body depends on the variable was never said, or was not read.
    """
    for found in differentiations(lhs, rhs, scope):
        for v in found.variables:
            if not is_constant(found.body) and not _reaches(found.body, v, scope):
                names = ", ".join(sorted(quantities(found.body)))
                return base(found.body) or names or "it", base(v) or "the variable"
    return None


def _reaches(body: Node, variable: Node, scope: Scope) -> bool:
    """Does the body hold the variable, or one with the same upper indices?  z is not z^{(i)}, and a^l
    is a^L only where l is L."""
    wanted = _form(variable)
    seen: set[Node] = set()
    queue = [body]
    while queue and len(seen) < _MANY:
        node = queue.pop()
        form = _form(node)
        queue += node.args if isinstance(node, page.Call) else () if form else children(node)
        if form is not None and node not in seen:
            seen.add(node)
            if form == wanted:
                return True
            opened = unfold(node, scope)
            kind = scope.kinds.get(head(node) or "")
            if opened is not None:
                queue.append(opened)
            else:
                queue += [d.body for d in scope.definitions.get(head(node) or "", ())]
            queue += () if kind is None else kind.rests
    return len(seen) >= _MANY


def _form(node: Node) -> tuple[str, tuple[Node, ...]] | None:
    match node:
        case page.Sym(name):
            return unbold(name).lower(), ()
        case page.Indexed(page.Sym(name), _, upper):
            return unbold(name).lower(), upper
        case page.Call(fn):
            return _form(fn)
    return None


def known(primitive: Primitive, scope: Scope) -> bool:
    """Is anything said about a name that no definition opens: a kind, or that it depends on something?"""
    return primitive.whole in scope.kinds


def operator(node: Node) -> str | None:
    """A known function that stands without its argument (``\\max_\\alpha`` before a sum)."""
    match node:
        case page.Call(page.Indexed(base=page.Sym()), args):
            rest: Iterable[Node] = args
        case page.Call(page.Sym() | page.Prime(page.Sym()), args):  # \tanh'(x)
            rest = args
        case page.Sym(name) | page.Indexed(page.Sym(name)) if name in KNOWN and name not in ("d", "!", "[]"):
            return name
        case _:
            rest = children(node)
    return next((found for child in rest if (found := operator(child)) is not None), None)


def written(node: Node, names: Iterable[Primitive]) -> bool:
    """Does any of the names stand in the node itself, not only in the definitions behind it?"""
    return not quantities(node).isdisjoint(primitive.whole for primitive in names)


def rests_on_definitions(node: Node, scope: Scope) -> bool:
    """Does the node speak of anything that is defined?"""
    return any(name in scope.definitions for name in quantities(node, scope))


def symmetric(lhs: Node, rhs: Node) -> bool:
    """Is one side the other with two free indices exchanged: a property, not a rewriting?"""
    free = sorted(n for n in indices(lhs) & free_names(lhs) if len(n) == 1)
    for k, i in enumerate(free):
        for j in free[k + 1 :]:
            swapped = substitute(lhs, {page.Sym(i): page.Sym(j), page.Sym(j): page.Sym(i)})
            if same(swapped, rhs):
                return True
    return False


def exchanged(lhs: Node, rhs: Node) -> bool:
    """``\\sum_i b_{ij} = \\sum_j b_{ij}``: a property of b, for no index that is free stays the same."""
    match lhs, rhs:
        case page.BigOp(left, i), page.BigOp(right, j):
            both = {i.name, j.name} <= free_names(left)
            return type(lhs) is type(rhs) and i != j and both and same(left, right)
    return False


def notation(node: Node) -> bool:
    """``f_{x_i}``, ``D_i f``: names beside names, of which one is as good as another."""
    match node:
        case page.Sym() | page.Indexed(page.Sym()):
            return True
        case page.Mul(factors):
            return all(notation(f) for f in factors)
    return False


def is_constant(node: Node) -> bool:
    """Only numbers: no name but those of constants."""
    return not quantities(node) and not indices(node)


def is_zero(node: Node) -> bool:
    return isinstance(node, page.Num) and node.value == 0


def terms(node: Node) -> tuple[Node, ...]:
    """The terms of a sum, each with its sign; any other page is its own only term."""
    if isinstance(node, page.Add):
        return node.terms
    if isinstance(node, page.Neg) and isinstance(node.arg, page.Add):
        return tuple(page.Neg(t) for t in node.arg.terms)
    return (node,)


def factors(node: Node) -> tuple[Node, ...]:
    return node.factors if isinstance(node, page.Mul) else (node,)


def has_derivative(node: Node) -> bool:
    kinds = page.Derivative | page.Gradient | page.Prime | page.Evaluated
    return any(isinstance(n, kinds) for n in walk(node))


def rightmost(term: Node, where: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Node]]:
    """The nodes that end where the term ends, with their places: what could reach further."""
    yield where, term
    match term:
        case page.Mul(members):
            yield from rightmost(members[-1], (*where, len(members) - 1))
        case page.Neg(arg):
            yield from rightmost(arg, (*where, 0))
        case page.BigOp(body):
            yield from rightmost(body, (*where, 0))
        case page.Derivative(body, _, "operator"):
            yield from rightmost(body, (*where, 0))


def identity(sides: tuple[Node, ...], scope: Scope) -> bool:
    """Is I, of which nothing is said, always a factor beside a declared matrix: the identity?"""
    one = page.Sym("I")
    beside = 0
    for product in (n for side in sides for n in walk(side) if isinstance(n, page.Mul)):
        factors = [f.arg if isinstance(f, page.Transpose) else f for f in product.factors]
        kinds = [scope.kinds.get(f.name) for f in factors if isinstance(f, page.Sym)]
        if any(kind is not None and len(kind.shape) == 2 for kind in kinds):
            beside += factors.count(one)
    return 0 < beside == sum(n == one for side in sides for n in walk(side))

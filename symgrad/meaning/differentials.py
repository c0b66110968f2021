"""Differentials: d(X w) = X dw, with dw an arbitrary change of w.

A plain d may be a letter like any other, and dw a name (of the gradient by w, in code): that the claim
speaks of differentials is tried where it is not proved as it stands.
"""

from __future__ import annotations

from dataclasses import replace

from ..core import Core, Ref, Sym, rebuild
from ..errors import Span
from ..names import Differential, letter_of
from ..page import tree as page
from ..page.indexed import name_of
from ..page.scope import Scope
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from .context import Context, Env, once
from .dependences import names_in
from .derivatives import differentiated, no_products, settled
from .indices import COUNTS, page_short
from .substitution import fill
from .tensors import ZERO, Value, add, mul
from .values import value
from .variables import Back, must_be_free, variable

DIFFERENTIAL = page.Sym("\\mathrm{d}")


def uprights(sides: tuple[Node, Node], scope: Scope) -> tuple[Node, Node] | None:
    """Both sides with every dx, and every d in front of a factor, as a differential; None without any dx.

    >>> from symgrad.latex import read
    >>> uprights((read("d(x y)"), read("x dy + y dx")), Scope())[0] == read(r"\\mathrm{d}(x y)")
    True
    >>> uprights((read("d(x + 1)"), read("d x + d")), Scope())
    """
    letters = (n for side in sides for n in page.walk(side) if isinstance(n, page.Sym))
    if not any(_changed(n, scope) for n in letters):
        return None
    return _upright(sides[0], scope), _upright(sides[1], scope)


def _upright(node: Node, scope: Scope) -> Node:
    if isinstance(node, page.Call) and (name := _changed(node.fn, scope)) is not None:
        return page.Call(DIFFERENTIAL, (page.Call(name, node.args),), span=node.span)
    name = _changed(node, scope)
    if name is not None:
        return page.Call(DIFFERENTIAL, (name,), span=node.span)
    node = page.map_children(node, lambda child: _upright(child, scope))
    d = page.Sym("d")
    declared = "d" in scope.kinds or "d" in scope.definitions
    while isinstance(node, page.Mul) and d in node.factors[:-1] and not declared:
        k = node.factors.index(d)
        change = page.Call(DIFFERENTIAL, (node.factors[k + 1],), span=node.span)
        factors = (*node.factors[:k], change, *node.factors[k + 2 :])
        node = page.Mul(factors, span=node.span) if len(factors) > 1 else change
    return node


def _changed(node: Node, scope: Scope) -> Node | None:
    """The x of dx, where dx is no name of its own."""
    base = node.base if isinstance(node, page.Indexed) else node
    if not isinstance(base, page.Sym) or base.name in scope.kinds or base.name in scope.definitions:
        return None
    changed = symbol_of(base.name).changed
    if not changed:
        return None
    name = page.Sym(changed, span=base.span)
    return replace(node, base=name) if isinstance(node, page.Indexed) else name


def differential(e: Context, body: Node, env: Env, span: Span | None) -> Value:
    """d body = d/dt body(x + t dx) at t = 0, for all variables x that vary.

    Where the claim names none, everything but counts does: then it may be proved, not refuted.
    """
    backs: list[Back] = []
    varying: set[str] = set()
    inner = env
    for node in _moving(e):
        v = variable(e, node, inner)
        entry = v.at(tuple(e.sizes.index() for _ in v.shape))
        must_be_free(e, Value(v.shape, v.at), span)
        varying |= {entry.name} if isinstance(entry, Ref | Sym) else set()
        inner = v.env
        backs += [v.back] if v.back is not None else []
    out = value(e, body, inner)
    no_products(e, out.at(tuple(e.sizes.index() for _ in out.shape)), span)
    if not varying:
        e.notes.doubt("what varies here?  write \\mathrm{d} in front of it too")
    small = Sym(e.sizes.fresh("t"))

    def moved(t: Core) -> Core:
        match t:
            case Ref(name) | Sym(name, "real"):
                if name not in varying and (varying or name in COUNTS):
                    _assume_fixed(e, t)
                    return t
                change = replace(t, name=Differential(letter_of(name)))
                return add(t, mul(small, change))
            case Sym():
                return t
        return rebuild(t, moved)

    def at(k: tuple[Core, ...]) -> Core:
        t = fill(differentiated(moved(settled(out.at(k))), small), small.name, lambda _: ZERO)
        for back in reversed(backs):
            t = back(t)
        return t

    return Value(out.shape, at)


def _assume_fixed(e: Context, t: Core) -> None:
    """That an entry does not vary is an assumption, unless it is a count."""
    if isinstance(t, Ref) or (isinstance(t, Sym) and t.name not in COUNTS):
        names = ", ".join(map(page_short, _moving(e)))
        e.notes.assume(f"only {names} {'varies' if len(_moving(e)) == 1 else 'vary'}")


@once
def _moving(e: Context) -> tuple[Node, ...]:
    """The names with a d of their own in the claim that no other one of them determines, and that are no
    results: defined, and used in nothing else that has a d."""
    bodies = [d.body for d in e.survey.definitions]
    spoken: set[str] = set()
    alone: dict[str, Node] = {}
    compound: list[Node] = []
    stack = [*e.nodes, *bodies]
    while stack:
        node = stack.pop()
        if isinstance(node, page.Call) and node.fn == DIFFERENTIAL:
            (operand,) = node.args
            plain = operand.arg if isinstance(operand, page.Transpose) else operand
            name = name_of(plain)
            if name is not None:
                alone[unbold(name.base)] = plain
                continue
            compound.append(operand)
        name = name_of(node)
        spoken |= set() if name is None else {unbold(name.base)}
        stack += page.children(node)
    for base in sorted(alone.keys() - spoken - e.defined.keys()):
        e.notes.doubt(f"nothing here says what {base} is")
    below = {base: names_in(e, (node,)) - {base} for base, node in alone.items()}
    used = frozenset[str]().union(*below.values(), *(names_in(e, (node,)) for node in compound))
    return tuple(
        node for base, node in sorted(alone.items())
        if (base not in e.defined or base in used) and not below[base] & alone.keys()
    )

"""What derivatives are taken by: names, entries, vectors written out, quantities that a definition computes.

A derivative by an intermediate (dL/dz where z has a definition) treats its entries as variables:
they are held while the body is unfolded, the body is differentiated, and only then the definition
is filled in.  Everything that depends on z through definitions does so, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from ..core import Call, Core, Num, Ref, Sym, text
from ..errors import Remark, Span, UnknownMeaning
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Kind
from ..page.tree import Node
from .context import Context, Env, Held
from .definitions import Use, find, function_definitions
from .indices import entry_of, index_of, page_short, power_as_name, split
from .letters import kind_of
from .lookup import look_up, undefined
from .substitution import exchange, fill
from .tensors import ONE, Shape, Value, scalar, tensor, transposed
from .unfolding import apply, level_of, rests_of, unfold, used
from .values import value

Back = Callable[[Core], Core]
"""Puts what a variable stands for in its place."""


@dataclass(frozen=True, slots=True)
class Variable:
    """What a derivative is taken by: ``at(indices)`` is an independent Sym or Ref; ``env`` holds it
    while the body is read and ``back`` fills in what it stands for."""

    shape: Shape
    at: Callable[[tuple[Core, ...]], Core]
    env: Env
    back: Back | None = None
    lift: Value | None = None  # the vector of all z_k, for an undeclared z beside them


def variable(e: Context, node: Node, env: Env) -> Variable:
    match node:
        case page.Transpose(arg):
            v = variable(e, arg, env)
            t = transposed(Value(v.shape, v.at))
            return replace(v, shape=t.shape, at=t.at)
        case page.Component(arg, lower):
            v = variable(e, arg, env)
            k = tuple(index_of(e, k, env) for k in lower)
            entry = entry_of(e, Value(v.shape, v.at), k, node.span)
            return replace(v, shape=entry.shape, at=entry.at)
        case page.Matrix(rows):
            return _matrix_variable(e, node, rows, env)
        case page.Call():
            return _call_variable(e, node, env)
    name = name_of(node)
    if isinstance(node, page.Pow):
        name = power_as_name(e, node.base, node.exp)
    if name is None or (isinstance(node, page.Prime) and find(e, name, env) is None):
        raise UnknownMeaning("no derivative by this: it is not a name", node.span)
    if name.base in env.params:
        return _parameter_variable(e, name, env, node.span)
    found = find(e, name, env)
    if found is not None:
        return _held_variable(e, found, env, node.span)
    kind, _ = kind_of(e, name)
    if kind is not None and kind.rests:
        return _dependent_variable(e, kind, name, env, node.span)
    free = undefined(e, name, env, node.span)
    must_be_free(e, free, node.span)
    return Variable(free.shape, free.at, env, lift=free.lift)


def must_be_free(e: Context, v: Value, span: Span | None) -> None:
    entry = v.at(tuple(e.sizes.index() for _ in v.shape))
    if not isinstance(entry, Ref) and not (isinstance(entry, Sym) and entry.sort == "real"):
        raise UnknownMeaning(f"no derivative by {text(entry)}: it is not a variable", span)


def _parameter_variable(e: Context, name: Name, env: Env, span: Span | None) -> Variable:
    whole = env.params[name.base]
    probe = whole.at(tuple(e.sizes.index() for _ in whole.shape))
    if isinstance(probe, Ref) or (isinstance(probe, Sym) and probe.sort == "real"):
        v = look_up(e, name, env, span)
        return Variable(v.shape, v.at, env)
    core = e.sizes.fresh(name.base)
    fresh = Value(whole.shape, lambda k: Ref(core, k)) if whole.shape else scalar(Sym(core))
    inner = replace(env, params={**env.params, name.base: fresh})
    v = look_up(e, name, inner, span)
    return Variable(v.shape, v.at, inner, lambda t: fill(t, core, lambda k: whole.at(k)))


def _held_variable(e: Context, use: Use, env: Env, span: Span | None) -> Variable:
    d = use.definition
    body, inner = d.body, replace(env, places=env.within(d, use.places), params={})
    flipped = isinstance(body, page.Transpose)
    core = body.arg if isinstance(body, page.Transpose) else body
    plain = isinstance(core, page.Sym | page.Indexed | page.Matrix)
    if plain and not use.open and name_of(core) != Name(d.key):
        # Another name for a variable, or a vector whose entries are written out.
        if name_of(core) is not None:
            said = Remark(f"a derivative by {d.key} is one by {page_short(core)}")
            e.notes.aliases[said] = None
        v = variable(e, core, inner)
        t = transposed(Value(v.shape, v.at)) if flipped else Value(v.shape, v.at)
        t = entry_of(e, t, use.extra, span)
        held = replace(env, held=(*env.held, *v.env.held[len(inner.held) :]))
        return Variable(t.shape, t.at, held, v.back)
    fresh = _fresh_for(e, d, d.key, env)
    held = replace(env, held=(*env.held, Held(d, fresh, use.indices, (), level_of(e, use))))
    whole = used(e, use, held, span)
    placeholders = (k.name for k in use.name.indices if isinstance(k, page.Sym))
    names = tuple(p for p in placeholders if p in use.places or p in use.open)

    def meant(k: tuple[Core, ...]) -> Core:
        return unfold(e, Use(d, dict(zip(names, k, strict=False))), env).at(k[len(names) :])

    return Variable(whole.shape, whole.at, held, lambda t: fill(t, fresh, meant))


def _fresh_for(e: Context, what: object, base: str, env: Env) -> str:
    """The name of a held family: one, however many of its entries are differentiated by."""
    return next((h.name for h in env.held if h.definition is what and not h.args), e.sizes.fresh(base))


def _dependent_variable(e: Context, kind: Kind, name: Name, env: Env, span: Span | None) -> Variable:
    """An opaque quantity with dependences as a variable."""
    fresh = _fresh_for(e, kind, name.base, env)
    core, written_indices = split(e, name)
    indices = tuple(index_of(e, k, env) for k in written_indices)
    held = replace(env, held=(*env.held, Held(kind, fresh, indices[: kind.arity])))
    v = look_up(e, name, held, span)

    def meant(k: tuple[Core, ...]) -> Core:
        return apply(e, core, k, rests_of(e, kind, k[: kind.arity], env))

    return Variable(v.shape, v.at, held, lambda t: fill(t, fresh, meant))


def _matrix_variable(e: Context, node: Node, rows: tuple[tuple[Node, ...], ...], env: Env) -> Variable:
    """A vector or matrix whose entries are variables, written out."""
    whole = value(e, node, env)
    entries: list[Variable] = []
    held = env
    for entry in (k for row in rows for k in row if not isinstance(k, page.Dots)):
        entries.append(variable(e, entry, held))
        held = entries[-1].env
    if any(v.back is not None for v in entries):
        return _held_entries(rows, entries, held)
    inner = whole
    must_be_free(e, Value((), lambda _: inner.at(tuple(ONE for _ in inner.shape))), node.span)
    return Variable(whole.shape, whole.at, held)


def _held_entries(rows: tuple[tuple[Node, ...], ...], entries: list[Variable], held: Env) -> Variable:
    width = len(rows[0])
    if any(v.shape for v in entries) or len(entries) != width * len(rows):
        raise UnknownMeaning("no derivative by this vector: write it entry by entry")
    table = {(r + 1, c + 1): entries[r * width + c] for r in range(len(rows)) for c in range(width)}

    def at(k: tuple[Core, ...]) -> Core:
        where = tuple(int(i.value) if isinstance(i, Num) else 0 for i in k)
        if 0 in where:
            raise UnknownMeaning("entries of this matrix are told apart by their numbers only")
        return table[(where[0], where[1] if len(where) > 1 else 1)].at(())

    def back(t: Core) -> Core:
        for v in entries:
            t = v.back(t) if v.back is not None else t
        return t

    whole = tensor((Num(Fraction(len(rows))), Num(Fraction(width))), at)
    return Variable(whole.shape, whole.at, held, back)


def _call_variable(e: Context, node: page.Call, env: Env) -> Variable:
    """dL/df(x): the value of f at x is the variable."""
    name = name_of(node.fn)
    if name is None:
        raise UnknownMeaning("no derivative by this: it is not a name", node.span)
    for d in function_definitions(e, name, node.args):
        args = tuple(value(e, a, env) for a in node.args)
        fresh = e.sizes.fresh(d.key)
        held = replace(env, held=(*env.held, Held(d, fresh, (), args)))
        v = value(e, node, held)
        return Variable(
            v.shape, v.at, held, partial(fill, name=fresh, at=lambda k: value(e, node, env).at(k))
        )
    if find(e, name, env) is not None:
        return variable(e, node.fn, env)
    v = value(e, node, env)
    if v.shape or not isinstance(v.term, Call):
        raise UnknownMeaning("no derivative by this: it is not a name", node.span)
    target, symbol = v.term, Sym(e.sizes.fresh(name.base))
    held = replace(env, opaque=(*env.opaque, (target, symbol)))
    return Variable((), lambda _: symbol, held, lambda t: exchange(t, symbol, target))

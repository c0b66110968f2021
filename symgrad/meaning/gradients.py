"""Primes and nabla."""

from __future__ import annotations

from dataclasses import replace

from ..core import Ref, Sym
from ..errors import Span, UnknownMeaning
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.symbols import unbold
from ..page.tree import Node
from .context import Context, Env
from .definitions import find, function_definitions
from .dependences import NABLA, implied, names_in
from .derivatives import derivative, settled
from .functions import prime_call
from .letters import ANY, kind_of, operand_of, standing_alone
from .lookup import look_up
from .matrices import listed
from .substitution import fill
from .tensors import Value, scalar, tensor
from .values import elaborates, value


@elaborates(page.Prime)
def _prime(e: Context, node: page.Prime, env: Env) -> Value:
    """(..)' and f': by what nabla stands for."""
    fn, order, span = node.fn, node.order, node.span
    name = name_of(node)
    if name is not None and (find(e, name, env) is not None or kind_of(e, name)[0] is not None):
        return look_up(e, name, env, span)
    if isinstance(fn, page.Sym) and standing_alone(e, Name(fn.name), env) is not None:
        operand = operand_of(e, fn.name) or ANY
        return prime_call(e, node, (operand,), env, span)
    wrt = _nabla(e, fn, span)
    if len(wrt) != 1:
        raise UnknownMeaning("a prime by several variables: write the derivative", span)
    return derivative(e, fn, ((wrt[0], order),), env, span)


def _nabla(e: Context, body: Node, span: Span | None) -> tuple[Node, ...]:
    """What a bare nabla differentiates by: declared, or the one parameter that the losses name and of
    which the body speaks."""
    if e.scope.nabla:
        return e.scope.nabla
    mentioned = frozenset[str]().union(*map(page.free_names, e.nodes))
    params = {p for group in e.scope.definitions.values() for d in group for p in d.params or ()}
    found = [(p, name) for p in params if (name := name_of(p)) is not None and name.base in mentioned]
    if len(found) == 1 and unbold(found[0][1].base) in names_in(e, (body,)):
        return (found[0][0],)
    if any(NABLA in kind.rests for kind in implied(e).values()):
        e.notes.doubt("nabla by what?  write let \\nabla = \\nabla_w")
        return (NABLA,)
    raise UnknownMeaning("nabla by what?  write let \\nabla = \\nabla_w", span)


@elaborates(page.Gradient)
def _gradient(e: Context, node: page.Gradient, env: Env) -> Value:
    body, order, span = node.body, node.order, node.span
    variables = (node.wrt,) if node.wrt is not None else _arguments_of(e, body) or _nabla(e, body, span)
    if len(variables) == 1:
        at = _at_point(e, body, variables[0], order, env, span)
        if at is not None:
            return at
    if len(variables) == 1:
        return derivative(e, body, ((variables[0], order),), env, span)
    if order != 1:
        raise UnknownMeaning("a Hessian by several variables: collect them in one vector", span)
    parts = [derivative(e, body, ((v, 1),), env, span) for v in variables]
    if any(p.shape for p in parts):
        raise UnknownMeaning("a gradient by several vectors: collect them in one", span)
    return replace(listed([p.term for p in parts]), gradient=True)


def _arguments_of(e: Context, body: Node) -> tuple[Node, ...]:
    """What a bare nabla differentiates f by, where f(x, y) is defined."""
    name = name_of(body)
    if name is None or name.indices or e.scope.nabla:
        return ()
    params = {d.params for d in e.defined.get(unbold(name.base), ()) if d.params is not None}
    return (next(iter(params)) or ()) if len(params) == 1 else ()


def _at_point(e: Context, body: Node, wrt: Node, order: int, env: Env, span: Span | None) -> Value | None:
    """nabla_w L(w_3), where w is the parameter of L: the gradient of L at w_3."""
    name = name_of(body.fn) if isinstance(body, page.Call) else None
    if name is None or not isinstance(body, page.Call):
        return None
    found = function_definitions(e, name, body.args)
    params = (found[0].params or ()) if found else ()
    if wrt not in params or _mentions(body.args[params.index(wrt)], name_of(wrt)):
        return None
    place = params.index(wrt)
    point = value(e, body.args[place], env)
    slot = e.sizes.fresh("t")
    fresh = tensor(point.shape, lambda k: Ref(slot, k)) if point.shape else scalar(Sym(slot))
    inner = replace(env, params={**env.params, slot: fresh})
    args = (*body.args[:place], page.Sym(slot), *body.args[place + 1 :])
    out = derivative(e, page.Call(body.fn, args), ((page.Sym(slot), order),), inner, span)
    return replace(out, at=lambda k: fill(settled(out.at(k)), slot, point.at))


def _mentions(node: Node, name: Name | None) -> bool:
    """Does the name stand in the node itself, not only as the letter of another (w in w_3)?"""
    own = name_of(node)
    if own is not None:
        return own == name
    return any(_mentions(k, name) for k in page.children(node))

"""Definitions: which of them is in force for a name or a call, and how it fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..core import Core
from ..errors import ScopeError
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.matching import placed
from ..page.scope import Definition
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from .context import Context, Env
from .indices import index_of
from .survey import definition_order
from .tensors import Shape, gap
from .values import value


def find(
    e: Context, name: Name, env: Env
) -> tuple[Definition, dict[str, Core], tuple[str, ...], tuple[Core, ...]] | None:
    """The definition in force for a name with these indices, and how they fit it."""
    group = e.defined.get(unbold(name.base), [])
    own = [d for d in group if d.key == name.base]
    for candidates in (own, [d for d in group if d.key != name.base]):
        for d in definition_order(candidates):
            matched = match(e, d, name, env)
            if matched is None:
                continue
            if _is_active(d, matched[0], env):
                if d.key == name.base and d.params is None and not matched[1] and not matched[2]:
                    raise ScopeError(f"the definition of {d.key} refers to itself")
                continue
            if matched[2] and (_lists(d, name) or not shape_of(e, d, matched[0], env)):
                continue
            return (d, *matched)
    return None


def _lists(d: Definition, name: Name) -> bool:
    """Is the vector defined as the list of these very entries?  They keep their own numbers."""
    body = d.body.arg if isinstance(d.body, page.Transpose) else d.body
    return (d.key != name.base or isinstance(body, page.Matrix)) and any(
        (other := name_of(k)) is not None and other.base == name.base and other.indices
        for k in page.walk(d.body)
    )


def _is_active(d: Definition, places: Mapping[str, Core], env: Env) -> bool:
    """Inside its own unfolding a name is itself, unless it stands at another index."""
    indices = filled(d, places)
    return any(a is d and not apart(indices, at) for a, at in env.active)


def filled(d: Definition, places: Mapping[str, Core]) -> tuple[Core, ...]:
    """What the placeholders of the left side are."""
    return tuple(
        places[k.name] for k in (*d.upper, *d.lower) if isinstance(k, page.Sym) and k.name in places
    )


def shape_of(e: Context, d: Definition, places: dict[str, Core], env: Env) -> Shape:
    """The shape of a definition's value; () while that is being found out."""
    if id(d) in e.memo.shaping:
        return ()
    e.memo.shaping.add(id(d))
    try:
        inner = replace(
            env,
            held=(),
            places=env.within(d, places),
            params={},
            active=(*env.active, (d, filled(d, places))),
        )
        return value(e, d.body, inner).shape
    finally:
        e.memo.shaping.discard(id(d))


def match(
    e: Context, d: Definition, name: Name, env: Env
) -> tuple[dict[str, Core], tuple[str, ...], tuple[Core, ...]] | None:
    """(placeholders, those that this use leaves open, indices that go into the value)."""
    bold = d.key != name.base
    if len(d.upper) != len(name.upper) and not bold:
        return None

    def agree(pattern: Node, entry: Node) -> bool | None:
        """Letters that count are placeholders."""
        if e.survey.is_label(pattern) or e.survey.is_label(entry):
            return pattern == entry
        if isinstance(pattern, page.Sym) and not (
            pattern.name in e.survey.sizes or constant_letter(e, pattern)
        ):
            return None
        return gap(index_of(e, entry, env), index_of(e, pattern, Env())) == 0

    found = placed(d, name.upper, name.lower, agree, lambda entry: index_of(e, entry, env))
    if found is None:
        return None
    letters = tuple(k.name for k in found.open if isinstance(k, page.Sym) and not e.survey.is_label(k))
    if len(letters) < len(found.open):
        return None
    extra = tuple(index_of(e, k, env) for k in found.extra)
    if bold and not (letters or extra):
        return None
    return {k.name: index for k, index in found.places.items() if isinstance(k, page.Sym)}, letters, extra


def constant_letter(e: Context, pattern: page.Sym) -> bool:
    """a^{(L)}: a capital that nothing declares or sums over is the last layer, not any one."""
    name = pattern.name
    return (
        name.isupper()
        and len(name) == 1
        and name not in e.survey.bound
        and e.scope.kind(name) is None
    )


def is_euler(e: Context) -> bool:
    """e is the base of exp unless it is declared or defined by itself; e_i is a name of its own."""
    return e.scope.kind("e") is None and all(
        d.upper or d.lower or d.params is not None for d in e.defined.get("e", ())
    )


def function_definitions(e: Context, name: Name, args: tuple[Node, ...]) -> list[Definition]:
    """Definitions that fit the call, those whose parameters are the written arguments first."""
    group = [
        d
        for d in e.defined.get(unbold(name.base), ())
        if d.params is not None
        and len(d.params) == len(args)
        and len(d.upper) == len(name.upper)
        and len(d.lower) == len(name.lower)
    ]
    # C'(W) and C'(R) are two definitions, told apart by their arguments.
    for fits in (
        [d for d in group if d.params == args],
        [
            d
            for d in group
            if not all(isinstance(p, page.Sym) for p in d.params or ())
            and all(_same_family(p, a) for p, a in zip(d.params or (), args, strict=True))
        ],
        group,
    ):
        if fits and len({d.params for d in fits}) == 1:
            return fits
        if symbol_of(name.base).primes:
            break
    return []


def apart(a: tuple[Core, ...], b: tuple[Core, ...]) -> bool:
    """Are the index vectors surely different (t and t-1)?"""
    return len(a) != len(b) or any(gap(x, y) not in (None, 0) for x, y in zip(a, b, strict=True))


def _same_family(param: Node, arg: Node) -> bool:
    """x^{(i)} and x^{(1)}; a plain parameter takes anything."""
    p, a = name_of(param), name_of(arg)
    if isinstance(param, page.Sym):
        return True
    return (
        p is not None
        and a is not None
        and (p.base, len(p.upper), len(p.lower)) == (a.base, len(a.upper), len(a.lower))
    )

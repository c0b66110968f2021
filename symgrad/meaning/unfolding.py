"""Definitions put in: bodies with their placeholders filled, held back, or cut off at the lowest level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from ..core import Call, Core, Ref, Sum, Sym
from ..errors import ScopeError, Span, UnknownMeaning
from ..names import Part
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Definition, Kind
from ..page.symbols import unbold
from ..page.tree import Node
from ..reasons import NotDefined
from .context import Context, Env, once
from .definitions import apart, constant_letter, filled, find, is_euler, shape_of
from .dependences import implied, reached_by
from .indices import declared_shape, ends_of, entry_of, index_of, length, page_short, split
from .letters import kind_of
from .recursive_definitions import Descent, descents
from .tensors import MINUS, ONE, Shape, Value, add, gap, refs, scalar, tensor
from .values import value

DEPTH = 40


@once
def _descents(e: Context) -> dict[int, Descent]:
    return descents(e.survey.definitions)


def use(
    e: Context,
    d: Definition,
    places: dict[str, Core],
    missing: tuple[str, ...],
    extra: tuple[Core, ...],
    env: Env,
    span: Span | None,
) -> Value:
    """The body with its placeholders filled; open placeholders become dimensions."""
    if missing:
        base = Name(d.key, d.upper, d.lower)
        letters = [k.name if isinstance(k, page.Sym) else "" for k in base.indices]
        ends = [ends_of(e, e.survey.ranges.at(base.place(letters.index(m))), env) for m in missing]
        shape = tuple(length(low, high) for low, high in ends)

        def at(k: tuple[Core, ...]) -> Value:
            # Dimensions count from 1, the placeholder from its own lower end.
            shifted = {
                m: add(i, low, MINUS) if low != ONE else i
                for m, i, (low, _) in zip(missing, k, ends, strict=False)
            }
            return unfold(e, d, {**places, **shifted}, {}, env, span)

        inner = at(tuple(e.sizes.index() for _ in missing))
        rows = inner.shape[1:] if len(inner.shape) == 2 and inner.shape[0] == ONE else inner.shape
        row = len(rows) != len(inner.shape)

        def entry(k: tuple[Core, ...]) -> Core:
            v = at(k[: len(missing)])
            return v.at((ONE, *k[len(missing) :]) if row else k[len(missing) :])

        stacked = tensor((*shape, *rows), entry)
        if len(stacked.shape) == 1:
            stacked = replace(stacked, loose=True)
        return entry_of(e, stacked, extra, span)
    return entry_of(e, unfold(e, d, places, {}, env, span), extra, span)


def unfold(
    e: Context,
    d: Definition,
    places: dict[str, Core],
    params: dict[str, Value],
    env: Env,
    span: Span | None = None,
) -> Value:
    """The body where its placeholders are ``places`` and its parameters ``params``."""
    indices = filled(d, places)
    if e.memo.shaping:
        # Only a shape is asked for, and this one is declared.
        kind, _ = kind_of(e, Name(d.key, d.upper, d.lower, d.bracket))
        if kind is not None and kind.role == "real" and kind.shape:
            return shaped(e, d.key, indices, d, places, params, env)
    level = level_of(e, d, places)
    for held in env.held:
        if held.definition is not d or apart(indices, held.indices):
            continue
        if level is not None and held.level is not None and gap(level, held.level) is None:
            raise UnknownMeaning(
                f"which of these two levels of {d.key} is the higher one is not known", span
            )
        if same_args(e, tuple(params.values()), held.args):
            return shaped(e, held.name, indices, d, places, params, env)
    if level is not None and _descents(e)[id(d)].steps and _is_below(e, level):
        return _cut_off(e, d, indices, level, places, params, env)
    if len(env.active) > DEPTH or sum(d is a for a, _ in env.active) > 8:
        raise ScopeError(f"the definition of {d.key} refers to itself", span)
    inner = replace(env, places=env.within(d, places), params=params, active=(*env.active, (d, indices)))
    _must_not_capture(e, d, inner, span)
    out = value(e, d.body, inner)
    kind = e.scope.kind(d.key)
    if out.shape and kind is not None and kind.role == "real" and not kind.arity and not indices:
        # \mathbf{1} = (1, .., 1)^T takes its length from its declaration.
        e.sizes.fit(out.shape, declared_shape(e, kind))
    return out


def _must_not_capture(e: Context, d: Definition, inner: Env, span: Span | None) -> None:
    """A dropped index is that of the place where the name is used; a parameter m of f is none."""
    if id(d) not in e.memo.parameters:
        own = {s.name for k in (*d.upper, *d.lower) for s in page.walk(k) if isinstance(s, page.Sym)}
        e.memo.parameters[id(d)] = frozenset(_parameters(d.body)) - own
    for name in sorted(e.memo.parameters[id(d)]):
        if name not in inner.params and inner.letter(name) is not None:
            raise UnknownMeaning(f"{name} is bound here and a parameter in {d.key}: rename one", span)


def level_of(e: Context, d: Definition, places: Mapping[str, Core]) -> Core | None:
    """The level of a quantity that is defined level by level."""
    descent = _descents(e).get(id(d))
    letter = None if descent is None else (*d.upper, *d.lower)[descent.position]
    return places.get(letter.name) if isinstance(letter, page.Sym) else None


@once
def _levels(e: Context) -> list[Core]:
    """The levels that the claim mentions, of every quantity that is defined by levels."""
    known = _descents(e)
    stepped = [d for d in e.survey.definitions if id(d) in known]
    keys = {(unbold(d.key), len(d.upper), known[id(d)].position) for d in stepped}
    roots = (*e.nodes, *(d.body for d in e.survey.definitions if id(d) not in known))
    names = [name for root in roots for n in page.walk(root) if (name := name_of(n)) is not None]
    found: dict[Core, None] = {}
    for name in names:
        for base, uppers, position in keys:
            if (unbold(name.base), len(name.upper)) == (base, uppers) and position < len(name.indices):
                index = name.indices[position]
                if not e.survey.is_label(index):
                    found[index_of(e, index, Env())] = None
    return list(found)


def _is_below(e: Context, level: Core) -> bool:
    """Is this level under every comparable one that the claim mentions?"""
    gaps = [g for m in _levels(e) if (g := gap(level, m)) is not None]
    if not gaps:
        raise UnknownMeaning("a quantity defined level by level stands under a sum over its levels")
    return max(gaps) < 0


def _cut_off(
    e: Context, d: Definition, indices: tuple[Core, ...], level: Core, places: dict[str, Core],
    params: dict[str, Value], env: Env,
) -> Value:
    """The quantity at which unfolding stops: an unknown function of what the claim differentiates by."""
    name = f"{unbold(d.key)}^{{()}}" if d.upper else unbold(d.key)
    reached = reached_by(e, d)
    named = ((v, name_of(v)) for v in _variables_of_claim(e))
    free = reached - e.defined.keys()
    rests = tuple(v for v, n in named if n is not None and unbold(n.base) in free and not n.upper)
    e.met.cut[name] = (d, level)
    shape = shaped(e, name, indices, d, places, params, env).shape
    if not rests:
        return shaped(e, name, indices, d, places, params, env)
    said = ", ".join(map(page_short, rests))
    e.notes.doubt(f"{d.key} depends on {said} through lower levels")
    args = tuple(_rest_of(e, v, replace(env, places={}, bound={})) for v in rests)
    return tensor(shape, lambda k: apply(e, name, (*indices, *k), args, None))


def _variables_of_claim(e: Context) -> tuple[Node, ...]:
    """What the claim differentiates by."""
    found: dict[Node, None] = {}
    for root in (*e.nodes, *(d.body for d in e.survey.definitions)):
        for n in page.walk(root):
            by = [v for v, _ in n.by] if isinstance(n, page.Derivative) else []
            if isinstance(n, page.Gradient) and n.wrt is not None:
                by.append(n.wrt)
            found |= dict.fromkeys((*by, *e.scope.nabla))
    return tuple(found)


def same_args(e: Context, given: tuple[Value, ...], held: tuple[Value, ...]) -> bool:
    if not held:
        return True
    probes = [tuple(e.sizes.index() for _ in v.shape) for v in held]
    return len(given) == len(held) and all(
        a.shape == b.shape and a.at(k) == b.at(k) for a, b, k in zip(given, held, probes, strict=True)
    )


def shaped(
    e: Context,
    name: str,
    indices: tuple[Core, ...],
    d: Definition,
    places: dict[str, Core],
    params: dict[str, Value],
    env: Env,
) -> Value:
    """Entries of an opaque name with the shape of a definition."""
    own = Name(d.key, d.upper, d.lower, d.bracket)
    kind, used = kind_of(e, own)
    shape: Shape = ()
    if kind is not None and kind.role == "real":
        shape = declared_shape(e, kind, indices)[len(split(e, own)[1]) - used :]
    else:
        shape = shape_of(e, d, places, replace(env, params=params))
    if not shape:
        return scalar(Ref(name, indices) if indices else Sym(name))
    return tensor(shape, lambda k: Ref(name, (*indices, *k)))


def dependent(e: Context, core: str, name: Name, kind: Kind, env: Env, span: Span | None) -> Value:
    """A quantity that depends on others in a way that nobody wrote down."""
    _, written_indices = split(e, name)
    indices = tuple(index_of(e, k, env) for k in written_indices)
    shape = declared_shape(e, kind, indices)
    first, rest = indices[: kind.arity], indices[kind.arity :]
    for held in env.held:
        if held.definition is kind and not apart(indices, held.indices):
            return entry_of(e, tensor(shape, partial(_entry_of, held.name, first)), rest, span)
    if name.base in implied(e):
        said = ", ".join(map(page_short, kind.rests))
        e.notes.doubt(NotDefined(name.base))
        e.notes.assume(f"{name.base} depends on {said} only")
    args = rests_of(e, kind, indices, env)
    v = tensor(shape, lambda k: apply(e, core, (*first, *k), args, span))
    return entry_of(e, v, rest, span)


def rests_of(e: Context, kind: Kind, indices: tuple[Core, ...], env: Env) -> tuple[Value, ...]:
    """What an opaque quantity with these indices depends on."""
    if any(kind is k for k in implied(e).values()):
        # Read off the page, not written by the author: every letter means the whole family.
        env = replace(env, bound={}, places={})
    own = env.numbered(indices)
    return tuple(_rest_of(e, r, own) for r in kind.rests)


def _rest_of(e: Context, node: Node, env: Env) -> Value:
    """What an opaque quantity depends on; z_j without its j bound means all of z."""
    name = name_of(node)
    letters = [
        (position, k.name)
        for position, k in enumerate(name.indices if name is not None else ())
        if isinstance(k, page.Sym)
        and env.letter(k.name) is None
        and not e.survey.is_label(k)
        and k.name not in e.survey.sizes
        and not constant_letter(e, k)
    ]
    if name is None or not letters or len(letters) > 2:
        return value(e, node, env)
    ends = [ends_of(e, e.survey.ranges.at(name.place(p)), env) for p, _ in letters]

    def at(k: tuple[Core, ...]) -> Core:
        inner = env
        for (_, letter), index, (lower, _) in zip(letters, k, ends, strict=True):
            inner = inner.bind(letter, index if lower == ONE else add(index, lower, MINUS))
        v = value(e, node, inner)
        if v.shape:
            raise UnknownMeaning("a dependence on many vectors", node.span)
        return v.term

    return Value(tuple(length(low, high) for low, high in ends), at)


def apply(
    e: Context, core: str, indices: tuple[Core, ...], args: tuple[Value, ...], span: Span | None
) -> Core:
    """An undefined function at scalars and vectors.

    A function of a vector v is written as a function of sum_k phi_k(v_k), whose value and
    gradient at a point are arbitrary: enough for first derivatives.  P(x) and P(x, y) are two functions.
    """
    form = (len(indices), len(args))
    if e.met.arities.setdefault(core, form) != form:
        e.notes.doubt(f"{core} is applied to different numbers of arguments, and not defined here")
        core = f"{core}[{','.join(map(str, form))}]"
    terms: list[Core] = []
    for position, v in enumerate(args):
        if not v.shape:
            terms.append(v.term)
            continue
        part = Part(core, position + 1)
        e.met.of_vectors |= {core, part}
        letters = tuple(e.sizes.index() for _ in v.shape)
        inside: Core = Call(part, (*letters, v.at(letters)))
        for letter, size in zip(letters, v.shape, strict=True):
            inside = Sum(inside, letter, ONE, size)
        terms.append(inside)
    return Call(core, (*indices, *terms))


def defined(e: Context, name: Name, env: Env, span: Span | None) -> Value | None:
    """The value of the definition in force, if there is one for a name with these indices."""
    if name.base == "e" and not name.indices and is_euler(e):
        return None
    found = find(e, name, env)
    return None if found is None else use(e, *found, env, span)


def _parameters(node: Node) -> Iterator[str]:
    """The letters that stand by themselves in the node, as quantities and not as indices."""
    match node:
        case page.Sym(name):
            yield name
        case page.Indexed() | page.Indicator():
            return
        case page.BigOp():
            yield from (name for name in _parameters(node.body) if name != node.index.name)
        case page.Component(arg, _):
            yield from _parameters(arg)
        case page.Call(fn, args):
            for k in args if isinstance(fn, page.Sym) else (fn, *args):
                yield from _parameters(k)
        case page.Relation():
            return
        case _:
            for k in page.children(node):
                yield from _parameters(k)


def _entry_of(name: str, first: tuple[Core, ...], rest: tuple[Core, ...]) -> Core:
    return refs(name, (*first, *rest))

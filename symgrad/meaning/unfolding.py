"""Definitions put in: bodies with their placeholders filled, held back, or cut off at the lowest level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ..core import Call, Core, Ref, Sum
from ..errors import ScopeError, Span, UnknownMeaning
from ..names import Part
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Definition, Kind
from ..page.symbols import unbold
from ..page.tree import Node
from ..reasons import NotDefined
from .context import Context, Env, once
from .definitions import Use, apart, constant_letter, find, is_euler, shape_of
from .dependences import implied, names_in, variables_at
from .indices import declared_shape, ends_of, entry_of, index_of, length, page_short, split
from .letters import kind_of
from .recursive_definitions import Descent, descents
from .tensors import MINUS, ONE, Value, add, gap, refs, scalar, tensor
from .values import value

DEPTH = 40


@once
def _descents(e: Context) -> dict[int, Descent]:
    return descents(e.survey.definitions)


def used(e: Context, use: Use, env: Env, span: Span | None) -> Value:
    """The body with its placeholders filled; open placeholders become dimensions."""
    whole = _stacked(e, use, env, span) if use.open else unfold(e, use, env, span)
    return entry_of(e, whole, use.extra, span)


def _stacked(e: Context, use: Use, env: Env, span: Span | None) -> Value:
    letters = [k.name if isinstance(k, page.Sym) else "" for k in use.name.indices]
    at_places = (e.survey.ranges.at(use.name.place(letters.index(m))) for m in use.open)
    ends = [ends_of(e, found, env) for found in at_places]
    count = len(use.open)

    def at(k: tuple[Core, ...]) -> Value:
        # Dimensions count from 1, the placeholder from its own lower end.
        lows = (low for low, _ in ends)
        shifted = (add(i, low, MINUS) if low != ONE else i for i, low in zip(k, lows, strict=False))
        places = {**use.places, **dict(zip(use.open, shifted, strict=False))}
        return unfold(e, Use(use.definition, places), env, span)

    inner = at(tuple(e.sizes.index() for _ in use.open))
    row = len(inner.shape) == 2 and inner.shape[0] == ONE
    first = (ONE,) if row else ()
    shape = (*(length(low, high) for low, high in ends), *inner.shape[len(first) :])
    stacked = tensor(shape, lambda k: at(k[:count]).at((*first, *k[count:])))
    return replace(stacked, loose=True) if len(stacked.shape) == 1 else stacked


def unfold(e: Context, use: Use, env: Env, span: Span | None = None) -> Value:
    """The body of a definition, unless the name stands for itself here or is cut off."""
    d = use.definition
    level = level_of(e, use)
    if e.memo.shaping and _has_declared_shape(e, use):
        return shaped(e, d.key, use, env)
    name = _held_as(e, use, level, env, span)
    if name is not None:
        return shaped(e, name, use, env)
    if level is not None and _descents(e)[id(d)].steps and _is_below(e, level):
        return _cut_off(e, use, level, env)
    if len(env.active) > DEPTH or sum(d is a for a, _ in env.active) > 8:
        raise ScopeError(f"the definition of {d.key} refers to itself", span)
    inner = use.within(env)
    _must_not_capture(e, d, inner, span)
    out = value(e, d.body, inner)
    kind = e.scope.kind(d.key)
    if out.shape and kind is not None and kind.role == "real" and not kind.arity and not use.indices:
        # \mathbf{1} = (1, .., 1)^T takes its length from its declaration.
        e.sizes.fit(out.shape, declared_shape(e, kind))
    return out


def _has_declared_shape(e: Context, use: Use) -> bool:
    kind, _ = kind_of(e, use.name)
    return kind is not None and kind.role == "real" and bool(kind.shape)


def _held_as(e: Context, use: Use, level: Core | None, env: Env, span: Span | None) -> str | None:
    """The name under which this use is held, as a variable."""
    d = use.definition
    for held in env.held:
        if held.definition is not d or apart(use.indices, held.indices):
            continue
        if level is not None and held.level is not None and gap(level, held.level) is None:
            said = f"which of these two levels of {d.key} is the higher one is not known"
            raise UnknownMeaning(said, span)
        if same_args(e, tuple(use.params.values()), held.args):
            return held.name
    return None


def _must_not_capture(e: Context, d: Definition, inner: Env, span: Span | None) -> None:
    """A dropped index is that of the place where the name is used; a parameter m of f is none."""
    if id(d) not in e.memo.parameters:
        own = {s.name for k in (*d.upper, *d.lower) for s in page.walk(k) if isinstance(s, page.Sym)}
        e.memo.parameters[id(d)] = frozenset(_parameters(d.body)) - own
    for name in sorted(e.memo.parameters[id(d)]):
        if name not in inner.params and inner.letter(name) is not None:
            raise UnknownMeaning(f"{name} is bound here and a parameter in {d.key}: rename one", span)


def level_of(e: Context, use: Use) -> Core | None:
    """The level of a quantity that is defined level by level."""
    descent = _descents(e).get(id(use.definition))
    letter = None if descent is None else use.name.indices[descent.position]
    return use.places.get(letter.name) if isinstance(letter, page.Sym) else None


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


def _cut_off(e: Context, use: Use, level: Core, env: Env) -> Value:
    """The quantity at which unfolding stops: an unknown function of what the claim differentiates by."""
    d = use.definition
    name = f"{unbold(d.key)}^{{()}}" if d.upper else unbold(d.key)
    named = ((v, name_of(v)) for v in _variables(e))
    free = names_in(e, (d.body,)) - e.defined.keys()
    rests = tuple(v for v, n in named if n is not None and unbold(n.base) in free and not n.upper)
    e.met.cut[name] = (d, level)
    opaque = shaped(e, name, use, env)
    if not rests:
        return opaque
    said = ", ".join(map(page_short, rests))
    e.notes.doubt(f"{d.key} depends on {said} through lower levels")
    args = tuple(_rest_of(e, v, replace(env, places={}, bound={})) for v in rests)
    return tensor(opaque.shape, lambda k: apply(e, name, (*use.indices, *k), args))


@once
def _variables(e: Context) -> tuple[Node, ...]:
    """What the claim differentiates by."""
    by = (v for n in e.written() for v in (*variables_at(n), *e.scope.nabla))
    return tuple(dict.fromkeys(by))


def same_args(e: Context, given: tuple[Value, ...], held: tuple[Value, ...]) -> bool:
    if not held:
        return True
    probes = [tuple(e.sizes.index() for _ in v.shape) for v in held]
    return len(given) == len(held) and all(
        a.shape == b.shape and a.at(k) == b.at(k) for a, b, k in zip(given, held, probes, strict=True)
    )


def shaped(e: Context, name: str, use: Use, env: Env) -> Value:
    """Entries of an opaque name with the shape of a definition."""
    kind, used = kind_of(e, use.name)
    indices = use.indices
    if kind is not None and kind.role == "real":
        shape = declared_shape(e, kind, indices)[len(split(e, use.name)[1]) - used :]
    else:
        shape = shape_of(e, use, env)
    if not shape:
        return scalar(refs(name, indices))
    return tensor(shape, lambda k: Ref(name, (*indices, *k)))


def dependent(e: Context, core: str, name: Name, kind: Kind, env: Env, span: Span | None) -> Value:
    """A quantity that depends on others in a way that nobody wrote down."""
    indices = tuple(index_of(e, k, env) for k in split(e, name)[1])
    shape = declared_shape(e, kind, indices)
    first, rest = indices[: kind.arity], indices[kind.arity :]
    for held in env.held:
        if held.definition is kind and not apart(indices, held.indices):
            return entry_of(e, tensor(shape, partial(_entry, held.name, first)), rest, span)
    if name.base in implied(e):
        said = ", ".join(map(page_short, kind.rests))
        e.notes.doubt(NotDefined(name.base))
        e.notes.assume(f"{name.base} depends on {said} only")
    args = rests_of(e, kind, indices, env)
    v = tensor(shape, lambda k: apply(e, core, (*first, *k), args))
    return entry_of(e, v, rest, span)


def _entry(name: str, first: tuple[Core, ...], rest: tuple[Core, ...]) -> Core:
    return refs(name, (*first, *rest))


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
        if isinstance(k, page.Sym) and _runs_free(e, k, env)
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


def _runs_free(e: Context, letter: page.Sym, env: Env) -> bool:
    named = e.survey.is_label(letter) or letter.name in e.survey.sizes or constant_letter(e, letter)
    return not named and env.letter(letter.name) is None


def apply(e: Context, core: str, indices: tuple[Core, ...], args: tuple[Value, ...]) -> Core:
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
    return None if found is None else used(e, found, env, span)


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



"""Derivatives: by names, by intermediates that a definition computes, by vectors and matrices.

A derivative by an intermediate (dL/dz where z has a definition) treats its entries as variables:
they are held while the body is unfolded, the body is differentiated, and only then the definition
is filled in.  Everything that depends on z through definitions does so, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from ..core import Call, Core, D, Div, Num, Pow, Ref, Sym, text, walk
from ..errors import ShapeError, Span, UnknownMeaning
from ..functions import BUILTIN, FUNCTIONS, PAGES
from ..kernel.differentiate import eliminate
from ..kernel.limits import Unsupported
from ..names import Fresh, InverseOf, ProductOf, letter_of
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Kind
from ..page.symbols import DEVIATIONS, symbol_of, unbold
from ..page.tree import Node
from ..reasons import AnySign, NoDerivativeKnown, PointOfShape
from .context import Context, Env, Held
from .definitions import Use, find, function_definitions
from .dependences import COMPUTED, is_data, is_quantity, layered, names_in
from .indices import entry_of, index_of, page_short, power_as_name, split
from .letters import kind_of, standing_alone
from .lookup import look_up, undefined
from .substitution import exchange, fill
from .tensors import ONE, ZERO, Shape, Value, add, gap, mul, scalar, tensor, transposed
from .unfolding import apply, level_of, rests_of, unfold, used
from .values import elaborates, value

Back = Callable[[Core], Core]


_KNOWN = BUILTIN | {"E"}


@dataclass(frozen=True, slots=True)
class Variable:
    """What a derivative is taken by: ``at(indices)`` is an independent Sym or Ref; ``env`` holds it
    while the body is read and ``back`` fills in what it stands for."""

    shape: Shape
    at: Callable[[tuple[Core, ...]], Core]
    env: Env
    back: Back | None = None
    lift: Value | None = None  # the vector of all z_k, for an undeclared z beside them


@elaborates(page.Derivative)
def _derivative(e: Context, node: page.Derivative, env: Env) -> Value:
    return derivative(e, node.body, node.by, env, node.span)


def derivative(
    e: Context, body: Node, by: tuple[tuple[Node, int], ...], env: Env, span: Span | None = None
) -> Value:
    """d^k body / d by_1 .. by_k."""
    if any(_is_variance(e, node, env) for node, _ in by):
        return value(e, _by_squares(e, body, by, env), env)
    variables: list[Variable] = []
    for node in (node for node, order in by for _ in range(order)):
        variables.append(variable(e, node, variables[-1].env if variables else env))
    if isinstance(body, page.Sym) and body.name in PAGES and len(by) == 1 and body.name not in e.defined:
        # d sigma / dz of the function itself: its value at z.
        standing_alone(e, Name(body.name), env)
        body = page.Call(body, (by[0][0],), span=body.span)
    out = value(e, body, variables[-1].env if variables else env)
    variables = [_widened(e, v, out) for v in variables]
    no_products(e, out.at(tuple(e.sizes.index() for _ in out.shape)), span)
    bare = body if isinstance(body, page.Sym | page.Indexed) else None
    for v in variables:
        _check_dependence(e, out, v, bare, span)
    # Once a held variable is filled in, no D may be left around it.
    held = any(v.back is not None for v in variables)
    for v in variables:
        out = _differentiate(e, out, v, held, span)
    if e.met.of_vectors:
        _check_order(e, out, span)
    for back in (v.back for v in reversed(variables) if v.back is not None):
        out = _map(out, back)
    return out


def _check_order(e: Context, v: Value, span: Span | None) -> None:
    """A function of sum_k phi_k(v_k) has an arbitrary gradient, but no arbitrary Hessian."""
    term = _eliminated(v.at(tuple(ONE if k == ONE else e.sizes.index() for k in v.shape)), [])
    for t in walk(term):
        if isinstance(t, Call) and t.fn in e.met.of_vectors and sum(t.orders) > 1:
            raise UnknownMeaning(f"a second derivative of {t.fn}, an unknown function of a vector", span)


def _differentiate(e: Context, body: Value, v: Variable, held: bool, span: Span | None) -> Value:
    def d(b: tuple[Core, ...], k: tuple[Core, ...]) -> Core:
        return differentiated(body.at(b), v.at(k)) if held else D(body.at(b), v.at(k))

    b, s = body.shape, v.shape
    if not s:
        return Value(b, lambda k: d(k, ()), gradient=body.gradient)
    if not b:
        return replace(Value(s, lambda k: d((), k)), gradient=True)
    row_body, row_by = len(b) == 2 and b[0] == ONE, len(s) == 2 and s[0] == ONE
    if len(b) + len(s) - row_body - row_by != 2:
        return Value((*b, *s), lambda k: d(k[: len(b)], k[len(b) :]))
    e.notes.alternatives.add("denominator")
    # A Jacobian.  Numerator layout unless the author transposes the numerator or uses the other.
    n, m = b[-1], s[-1]

    def entry(i: Core, j: Core) -> Core:
        return d((ONE, i) if row_body else (i,), (ONE, j) if row_by else (j,))

    if (row_body and not row_by) or (e.reading.denominator and row_body == row_by):
        return tensor((m, n), lambda k: entry(k[1], k[0]))
    return tensor((n, m), lambda k: entry(k[0], k[1]))


def _widened(e: Context, v: Variable, body: Value) -> Variable:
    """dp/dz where the body knows the z_k only: by the vector of all of them."""
    if v.lift is None:
        return v
    one = v.at(())
    terms = set(walk(body.at(tuple(e.sizes.index() for _ in body.shape))))
    entries = (t for t in terms if isinstance(t, Ref) and isinstance(one, Sym | Ref))
    if one in terms or not any(t.name == one.name for t in entries):  # type: ignore[attr-defined]
        return v
    return replace(v, shape=v.lift.shape, at=v.lift.at, lift=None)


def _is_variance(e: Context, node: Node, env: Env) -> bool:
    """Is this sigma^2, and no name of its own?"""
    if not isinstance(node, page.Pow) or node.exp != page.Num(2):
        return False
    name = name_of(node.base)
    if name is None or unbold(name.base) not in DEVIATIONS:
        return False
    raised = power_as_name(e, node.base, node.exp)
    return raised is None or find(e, raised, env) is None


def _by_squares(e: Context, body: Node, by: tuple[tuple[Node, int], ...], env: Env) -> Node:
    """The derivative by s^2 is that by s over 2 s."""
    for node, order in reversed(by):
        if not isinstance(node, page.Pow) or not _is_variance(e, node, env):
            body = page.Derivative(body, ((node, order),))
            continue
        for _ in range(order):
            body = page.Frac(
                page.Derivative(body, ((node.base, 1),)), page.Mul((page.Num(2), node.base))
            )
    return body


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
            e.notes.aliases[f"a derivative by {d.key} is one by {page_short(core)}"] = None
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


def no_products(e: Context, t: Core, span: Span | None) -> None:
    """A product of which only its name is known cannot be differentiated, nor filled in."""
    names = (k.name for k in walk(t) if isinstance(k, Ref | Sym))
    if e.reading.factors and any(isinstance(name, ProductOf) for name in names):
        raise UnknownMeaning(AnySign(), span)


def _check_dependence(e: Context, body: Value, v: Variable, bare: Node | None, span: Span | None) -> None:
    """An undefined quantity that does not mention the variable is not thereby a constant."""
    probe = v.at(tuple(ONE if isinstance(k, Num) else e.sizes.index() for k in v.shape))
    key = probe.name if isinstance(probe, Ref | Sym) else ""
    term = body.at(tuple(e.sizes.index() for _ in body.shape))
    _check_inverses(e, term, key, span)
    _check_cuts(e, term, key, probe, span)
    _check_labels(e, term, probe, span)
    if any(isinstance(t, Ref | Sym) and t.name == key for t in walk(term)):
        return
    leaves = (leaf for t in walk(term) if (leaf := _leaf(t)) is not None)
    unknown = dict.fromkeys(letter_of(leaf) for leaf in leaves if not is_data(e, leaf, key, bare))
    if unknown:
        # What is computed is what the author forgot to define, not the data beside it.
        computed = (k for k in unknown if k in COMPUTED or symbol_of(k).accent == "\\hat")
        name = next(computed, next(iter(unknown)))
        raise UnknownMeaning(NoDerivativeKnown(name), span)


def _leaf(t: Core) -> str | None:
    """The name of a quantity or of an undefined function."""
    match t:
        case Ref(name) | Sym(name, "real"):
            return name
        case Call(fn) if fn not in _KNOWN:
            return fn
    return None


def _check_labels(e: Context, term: Core, probe: Core, span: Span | None) -> None:
    """x_N may be one of the x_j, and x_c be x_1: only numbers surely differ."""
    mine = _labelled(e, probe)
    if mine is None:
        return
    for leaf in dict.fromkeys(t for t in walk(term) if isinstance(t, Ref | Sym)):
        other = _labelled(e, leaf)
        if other is None or other[:2] != mine[:2] or bool(other[2]) == bool(mine[2]):
            continue
        label = (other[2] or mine[2])[0]
        said = f"declare let {label} \\in \\mathbb{{N}}, or write another name"
        raise UnknownMeaning(f"{label} may be a number here: {said}", span)


def _labelled(e: Context, leaf: Core) -> tuple[str, int, tuple[str, ...]] | None:
    """(base, number of lower indices, its one-letter labels) of an entry with plain lower indices."""
    if not isinstance(leaf, Ref | Sym):
        return None
    symbol = symbol_of(leaf.name)
    held = isinstance(leaf.name, Fresh) or symbol.upper
    base, labels = (letter_of(leaf.name), ()) if held else (symbol.base, symbol.lower)
    if any(len(k) != 1 or not k.isalpha() or is_quantity(e, k) for k in labels):
        return None
    count = len(labels) + (len(leaf.indices) if isinstance(leaf, Ref) else 0)
    return (base, count, labels) if count else None


def _check_inverses(e: Context, term: Core, key: str, span: Span | None) -> None:
    for t in walk(term) if e.met.inverses else ():
        if isinstance(t, Ref) and isinstance(t.name, InverseOf) and key in e.met.inverses[t.name]:
            raise UnknownMeaning(f"no derivative of an inverse matrix by {letter_of(key)}", span)


def _check_cuts(e: Context, term: Core, key: str, probe: Core, span: Span | None) -> None:
    """What stands below the lowest level must not depend on the variable."""
    base = letter_of(key)
    plain = not isinstance(probe, Ref) or base not in layered(e)
    own = probe.indices[0] if isinstance(probe, Ref) and probe.indices else None
    for t in walk(term) if e.met.cut else ():
        name = t.name if isinstance(t, Ref | Sym) else t.fn if isinstance(t, Call) else ""
        if name not in e.met.cut or name == key or (plain and isinstance(t, Call)):
            continue
        d, level = e.met.cut[name]
        above = None if own is None else gap(own, level)
        if base in names_in(e, (d.body,)) and (above is None or above <= 0):
            raise UnknownMeaning(f"{d.key} depends on {base} through lower levels", span)


@elaborates(page.Evaluated)
def _evaluated(e: Context, node: page.Evaluated, env: Env) -> Value:
    """The body at a point: read with the variable free, then filled in."""
    body, at = node.body, node.at
    v = variable(e, at.lhs, env)
    if at.op != "=":
        raise UnknownMeaning("a point is given by an equation", at.span)
    point = value(e, at.rhs, env)
    out = value(e, body, v.env)
    probe = v.at(tuple(e.sizes.index() for _ in v.shape))
    if v.shape and point.shape and not e.sizes.fit(v.shape, point.shape):
        raise ShapeError(PointOfShape(e.sizes.found(point.shape), e.sizes.found(v.shape)), at.span)
    name = probe.name if isinstance(probe, Ref | Sym) else ""
    fixed = len(probe.indices) - len(v.shape) if isinstance(probe, Ref) else 0

    def put(t: Core) -> Core:
        no_products(e, t, at.span)
        return fill(settled(t), name, lambda k: point.at(k[fixed:]) if point.shape else point.term)

    if fixed:
        raise UnknownMeaning("a point for one of many: name the whole family", at.span)
    return Value(out.shape, lambda k: put(out.at(k)), gradient=out.gradient)


def differentiated(body: Core, var: Core) -> Core:
    """The derivative without D: a variable that is filled in afterwards cannot stay behind one."""
    return settled(D(body, var))


def settled(t: Core) -> Core:
    """The term without D, defined exactly where ``t`` is: 0 * body keeps the domain of a body."""
    kinks: list[Core] = []
    out = _eliminated(t, kinks)
    bodies = dict.fromkeys(_eliminated(d.body, []) for d in walk(t) if isinstance(d, D) and _partial(d.body))
    extra = [*(Div(ONE, k) for k in kinks), *(b for b in bodies if b != out)]
    return add(out, *(mul(ZERO, k) for k in extra)) if extra else out


def _eliminated(t: Core, kinks: list[Core]) -> Core:
    try:
        return eliminate(t, kinks)
    except Unsupported as problem:
        raise UnknownMeaning(problem.reason) from None


def _partial(t: Core) -> bool:
    """May the term be undefined somewhere, other than by a denominator that its derivative keeps?"""
    return any(
        (isinstance(k, Call) and k.fn in FUNCTIONS and not FUNCTIONS[k.fn].total)
        or (
            isinstance(k, Pow)
            and not (isinstance(k.exp, Num) and k.exp.value >= 0 and k.exp.value.denominator == 1)
        )
        or (isinstance(k, Div) and not isinstance(k.den, Num))
        for k in walk(t)
    )


def _map(v: Value, fn: Back) -> Value:
    return replace(Value(v.shape, lambda k: fn(v.at(k))), gradient=v.gradient)

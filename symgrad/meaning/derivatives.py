"""Derivatives of values, and what must not vanish in them silently."""

from __future__ import annotations

from dataclasses import replace

from ..core import Call, Core, D, Div, Num, Pow, Ref, Sym, walk
from ..errors import ShapeError, Span, UnknownMeaning
from ..functions import BUILTIN, FUNCTIONS, PAGES
from ..kernel.differentiate import eliminate
from ..kernel.limits import Unsupported
from ..names import Fresh, InverseOf, ProductOf, letter_of
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.symbols import DEVIATIONS, symbol_of, unbold
from ..page.tree import Node
from ..reasons import AnySign, NoDerivativeKnown, PointOfShape
from .context import Context, Env
from .definitions import find
from .dependences import COMPUTED, is_data, is_quantity, layered, names_in
from .indices import power_as_name
from .letters import standing_alone
from .substitution import fill
from .tensors import ONE, ZERO, Value, add, gap, mul, tensor
from .values import elaborates, value
from .variables import Back, Variable, variable

_KNOWN = BUILTIN | {"E"}


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
    inner = env
    for node in (node for node, order in by for _ in range(order)):
        variables.append(variable(e, node, inner))
        inner = variables[-1].env
    body = _at_its_variable(e, body, by, env)
    out = value(e, body, inner)
    variables = [_widened(e, v, out) for v in variables]
    no_products(e, out.at(tuple(e.sizes.index() for _ in out.shape)), span)
    bare = body if isinstance(body, page.Sym | page.Indexed) else None
    for v in variables:
        _check_dependence(e, out, v, bare, span)
    # Once a held variable is filled in, no D may be left around it.
    held = any(v.back is not None for v in variables)
    for v in variables:
        out = _differentiate(e, out, v, held)
    _check_order(e, out, span)
    for back in (v.back for v in reversed(variables) if v.back is not None):
        out = _map(out, back)
    return out


def _at_its_variable(e: Context, body: Node, by: tuple[tuple[Node, int], ...], env: Env) -> Node:
    """d sigma / dz of the function itself: its value at z."""
    if isinstance(body, page.Sym) and body.name in PAGES and len(by) == 1 and body.name not in e.defined:
        standing_alone(e, Name(body.name), env)
        return page.Call(body, (by[0][0],), span=body.span)
    return body


def _check_order(e: Context, v: Value, span: Span | None) -> None:
    """A function of sum_k phi_k(v_k) has an arbitrary gradient, but no arbitrary Hessian."""
    if not e.met.of_vectors:
        return
    term = _eliminated(v.at(tuple(ONE if k == ONE else e.sizes.index() for k in v.shape)), [])
    for t in walk(term):
        if isinstance(t, Call) and t.fn in e.met.of_vectors and sum(t.orders) > 1:
            raise UnknownMeaning(f"a second derivative of {t.fn}, an unknown function of a vector", span)


def _differentiate(e: Context, body: Value, v: Variable, held: bool) -> Value:
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

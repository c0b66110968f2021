"""Functions applied: defined, built-in, undefined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..core import Core, Ref, Sym
from ..errors import Span, UnknownMeaning
from ..functions import PAGES
from ..names import Numbered
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Definition, Kind
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from ..reasons import NotDefined
from .context import Context, Env, once
from .definitions import find, function_definitions, match, same_form
from .dependences import names_in, varied
from .derivatives import derivative, differentiated, no_products, settled
from .indices import declared_shape, entry_of, index_of, page_short, split
from .letters import kind_of
from .lookup import look_up
from .matrices import family_matrix
from .operators import builtin, over_index
from .substitution import alike, fill
from .tensors import Value, each, scalar, tensor
from .unfolding import apply, rests_of, same_args, unfold
from .values import elaborates, value

# Functions that have a meaning which the judge does not know: never opaque, never guessed.
_KNOWN_ELSEWHERE = frozenset(
    ["d", "\\binom", "\\cot", "\\det",
     "\\lim", "\\sup", "\\inf", "\\arg", "\\arg\\min", "\\arg\\max", "\\gcd", "\\operatorname{Var}",
     "\\operatorname{Cov}", "\\operatorname{vec}", "\\operatorname{rank}", "\\Pr", "\\dim", "\\ker", "\\{\\}"]
)  # fmt: skip

# By custom: what is computed of all entries, and what is applied to each.
_LOSSES = frozenset(
    ["L", "l", "\\ell", "\\mathcal{L}", "J", "E", "C", "Q", "R", "\\mathcal{R}", "\\mathcal{J}"]
)
_ENTRYWISE = frozenset(["\\phi", "\\varphi", "\\psi", "g", "\\sigma"])


@once
def _primed(e: Context) -> frozenset[str]:
    """Functions whose derivative is written f': they have numbers as arguments."""
    names = (name_of(n.fn) for n in e.written() if isinstance(n, page.Prime))
    return frozenset(name.base for name in names if name is not None)


@elaborates(page.Call)
def _call(e: Context, node: page.Call, env: Env) -> Value:
    fn, args, span = node.fn, node.args, node.span
    if isinstance(fn, page.Prime):
        return prime_call(e, fn, args, env, span)
    name = name_of(fn)
    if name is None:
        raise UnknownMeaning("only a name can be applied to arguments", span)
    for d in function_definitions(e, name, args):
        return applied(e, d, name, args, env, span)
    order = _written_order(e, name, args)
    if order:
        return prime_call(e, page.Prime(page.Sym(name.base), order), args, env, span)
    return undefined_call(e, name, args, env, span)


def _written_order(e: Context, name: Name, args: tuple[Node, ...]) -> int:
    """n where f^{(n)} is the n-th derivative of a function defined without upper index, else 0."""
    if name.lower or len(name.upper) != 1 or name.bracket != "()" or len(args) != 1:
        return 0
    group = e.defined.get(unbold(name.base), ())
    known = function_definitions(e, Name(name.base), args) or (name.base in PAGES and not group)
    if not known or any(d.upper for d in group):
        return 0
    n = name.upper[0]
    if not isinstance(n, page.Num) or n.value != int(n.value) or not 0 < n.value <= 8:
        raise UnknownMeaning("this derivative of a function: write its order as a number")
    return int(n.value)


def prime_call(e: Context, fn: page.Prime, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
    """f'(x): by the argument, also where x is a vector and f acts on its entries."""
    name = name_of(fn)
    if name is not None:
        for d in function_definitions(e, name, args):
            if not any(d is a for a, _ in env.active):
                return applied(e, d, name, args, env, span)
    body = _by_its_argument(e, fn.fn, args, env)
    if body is not None:
        return derivative(e, body, ((args[0], fn.order),), env, span)
    if len(args) != 1:
        raise UnknownMeaning("a prime on a function of several arguments: write the derivative", span)
    at = value(e, args[0], env)
    slot = e.sizes.fresh("t")
    inner = replace(env, params={**env.params, slot: scalar(Sym(slot))})
    whole = _call(e, page.Call(fn.fn, (page.Sym(slot),), span=span), inner)
    if whole.shape:
        raise UnknownMeaning("a prime on a function with several values: write the derivative", span)
    term = whole.term
    for _ in range(fn.order):
        term = differentiated(term, Sym(slot))
    return each(lambda t: fill(term, slot, lambda _: t), at)


def _by_its_argument(e: Context, fn: Node, args: tuple[Node, ...], env: Env) -> Node | None:
    """What f'(x) differentiates by x itself: f(x) where it is so defined, f where it is computed from x."""
    name = name_of(fn)
    if name is None or len(args) != 1:
        return None
    found = function_definitions(e, name, args)
    if found:
        own = name_of(args[0])
        as_defined = found[0].params == args and own is not None and own.base not in env.params
        return page.Call(fn, args) if as_defined else None
    declared = e.scope.kind(name.base)
    depends = find(e, name, env) is not None or (declared is not None and declared.rests == args)
    return fn if depends else None


def applied(
    e: Context, d: Definition, name: Name, args: tuple[Node, ...], env: Env, span: Span | None
) -> Value:
    """The definition at these arguments."""
    use = match(e, d, name, env)
    if use is None:
        return undefined_call(e, name, args, env, span)
    params: dict[str, Value] = {}
    renamed: dict[Node, Node] = {}
    for k, (param, arg) in enumerate(zip(d.params or (), args, strict=True)):
        if param == arg and not (isinstance(param, page.Sym) and param.name in env.params):
            # J(theta) at theta: the name itself, whatever it stands for here.
            continue
        if isinstance(param, page.Sym):
            params[param.name] = value(e, arg, env)
        else:
            renamed[param] = page.Sym(Numbered(k))
            params[Numbered(k)] = value(e, arg, env)
            _bind_pattern(e, param, arg, use.places, env)
            _must_be_placed(d, param, arg, use.places)
    d = _renamed(e, d, renamed) if renamed else d
    hidden = {p for p in params if _is_hidden(e, d, p)}
    shown = {p: v for p, v in params.items() if p not in hidden}
    out = unfold(e, replace(use, definition=d, params=shown), env, span)
    for p in hidden:
        out = _filled_in(e, out, p, params[p], env, span)
    return out


def _renamed(e: Context, d: Definition, renamed: dict[Node, Node]) -> Definition:
    """The definition with letters in the place of its parameters; always the same one."""
    key = (id(d), tuple(renamed.items()))
    if key not in e.memo.renamed:
        e.memo.renamed[key] = replace(d, body=page.substitute(d.body, renamed))
    return e.memo.renamed[key]


def _is_hidden(e: Context, d: Definition, param: str) -> bool:
    """Does the body use the parameter through other definitions (J(theta) through h_theta)?"""
    names = (name_of(n) for n in page.walk(d.body))
    return any(
        param in names_in(e, (other.body,)) and not any(p == page.Sym(param) for p in other.params or ())
        for base in {unbold(n.base) for n in names if n is not None}
        for other in e.defined.get(base, ()) if other is not d
    )


def _filled_in(e: Context, v: Value, param: str, arg: Value, env: Env, span: Span | None) -> Value:
    """The value with a name replaced wherever it has come to stand."""
    free = look_up(e, Name(param), replace(env, params={}), span)
    probe = free.at(tuple(e.sizes.index() for _ in free.shape))
    if not isinstance(probe, Ref | Sym):
        raise UnknownMeaning(f"{param} is no plain name here and cannot be replaced", span)
    no_products(e, v.at(tuple(e.sizes.index() for _ in v.shape)), span)
    at = arg.at if arg.shape else (lambda _: arg.term)
    return replace(v, at=lambda k: fill(settled(v.at(k)), probe.name, at), ref=None)


def _bind_pattern(e: Context, param: Node, arg: Node, places: dict[str, Core], env: Env) -> None:
    """f(x_i) called at x_j: what else the body says of i, it says of j."""
    p, a = name_of(param), name_of(arg)
    if p is not None and a is not None and same_form(p, a):
        for x, y in zip(p.indices, a.indices, strict=True):
            if isinstance(x, page.Sym) and not e.survey.is_label(x) and not e.survey.is_label(y):
                places.setdefault(x.name, index_of(e, y, env))


def _must_be_placed(d: Definition, param: Node, arg: Node, places: Mapping[str, Core]) -> None:
    """f(z_j) of a definition f(x_i) = x_i y_i: of which i is the y?"""
    name = name_of(param)
    letters = {k.name for k in (() if name is None else name.indices) if isinstance(k, page.Sym)}
    rest = page.substitute(d.body, {param: page.Num(0)})
    for letter in sorted(letters & page.free_names(rest) - places.keys()):
        said = f"{d.key}({page_short(param)}) names {letter}"
        raise UnknownMeaning(f"{said}, which {page_short(arg)} does not", arg.span)


def undefined_call(e: Context, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
    """A call that fits no definition."""
    for meaning in (_entry_of_function, builtin, _quantity_itself, over_index):
        found = meaning(e, name, args, env, span)
        if found is not None:
            return found
    _must_be_unknown(e, name, span)
    return _unknown_call(e, name, args, env, span)


def _entry_of_function(
    e: Context, name: Name, args: tuple[Node, ...], env: Env, span: Span | None
) -> Value | None:
    """phi_j(x) is an entry of the declared phi(x)."""
    if not name.lower or name.upper or e.scope.kind(name.base) is not None:
        return None
    for whole, kind in e.scope.kinds.items():
        vector = kind.role == "function" and len(kind.shape) == len(name.lower)
        if vector and unbold(whole) == unbold(name.base):
            v = undefined_call(e, Name(whole), args, env, span)
            return entry_of(e, v, tuple(index_of(e, k, env) for k in name.lower), span)
    return None


def _quantity_itself(
    e: Context, name: Name, args: tuple[Node, ...], env: Env, span: Span | None
) -> Value | None:
    """L(Z), where L depends on Z; J(theta), where the definition of J names no arguments, or others."""
    declared = e.scope.kind(name.base)
    if declared is not None and declared.rests:
        # At another argument it is the same function there.
        rests = declared.rests
        itself = args == rests or len(args) != len(rests) or _rests_on(e, name, args, env)
    else:
        itself = all(map(_is_variable, args)) and find(e, name, env) is not None
    return look_up(e, name, env, span) if itself else None


def _must_be_unknown(e: Context, name: Name, span: Span | None) -> None:
    """Of a function that is undefined here nothing else may be known."""
    base, declared = name.base, e.scope.kind(name.base)
    if base == "!":
        e.notes.doubt("the factorial is not known here: it was taken as an undefined function")
    if base in _KNOWN_ELSEWHERE:
        raise UnknownMeaning(f"{base} has no meaning here", span)
    if declared is not None and declared.role != "function" and not declared.rests:
        raise UnknownMeaning(f"{base} is declared as a quantity and is applied to arguments", span)
    if declared is None and base in varied(e):
        # w (x): as a function of x it would be constant in w, and any derivative by w "proved".
        what = "differentiated by, and applied to arguments: write \\cdot for a product"
        raise UnknownMeaning(f"{base} is {what}", span)


def _unknown_call(e: Context, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
    """A function of which nothing is known, at these arguments."""
    base, declared = name.base, e.scope.kind(name.base)
    values = _arguments(e, args, env, span)
    inside = _parameters_in(e, name)
    given = _arguments(e, inside, env, span)
    core, counting = split(e, _without(name, inside))
    if declared is None:
        e.met.unknown_functions.add(core)
        if symbol_of(base).word == "\\mathrm":
            e.notes.doubt(NotDefined(base, f"write let {base}(..) = .."))
    indices = tuple(index_of(e, k, env) for k in counting)

    def at(values: tuple[Value, ...], entry: tuple[Core, ...] = ()) -> Core:
        term = apply(e, core, (*indices, *entry), (*given, *values))
        return next((symbol for target, symbol in env.opaque if alike(target, term)), term)

    shape = () if declared is None else declared_shape(e, declared, indices)
    if shape:
        return tensor(shape, lambda k: at(values, k))
    vectors = any(v.shape for v in values)
    one = vectors and len(values) == len(args) == 1
    entrywise = one and _is_entrywise(e, base, declared, values[0], env)
    if vectors and not entrywise and unbold(base) not in _LOSSES:
        e.notes.doubt(NotDefined(base, "it may act on a vector entry by entry or as a whole"))
        e.notes.alternatives.add("entrywise")
        entrywise = one and e.reading.entrywise
    return each(lambda t: at((scalar(t),)), values[0]) if entrywise else scalar(at(values))


def _parameters_in(e: Context, name: Name) -> tuple[Node, ...]:
    """The theta of f_theta(x) where something is differentiated by it: no label but an argument."""
    by = {unbold(base) for base in varied(e)}
    return tuple(k for k in name.indices if {unbold(n) for n in names_in(e, (k,))} & by)


def _rests_on(e: Context, name: Name, args: tuple[Node, ...], env: Env) -> bool:
    """Are these the very quantities that the name depends on?"""
    kind, _ = kind_of(e, name)
    if kind is None:
        return False
    indices = tuple(index_of(e, k, env) for k in split(e, name)[1])
    return same_args(e, tuple(value(e, a, env) for a in args), rests_of(e, kind, indices, env))


def _is_entrywise(e: Context, base: str, declared: Kind | None, arg: Value, env: Env) -> bool:
    """Does the function act on every entry: as declared, or because the result must have that shape?"""
    if declared is not None and declared.entrywise:
        return True
    if env.active:
        target, indices = env.active[-1]
        kind = e.scope.kind(target.key)
        if unbold(target.key) in _LOSSES:
            return False
        if kind is not None and kind.shape:
            return e.sizes.fit(declared_shape(e, kind, indices), arg.shape)
    return (declared is None and unbold(base) in _ENTRYWISE) or base in _primed(e)


def _arguments(e: Context, args: tuple[Node, ...], env: Env, span: Span | None) -> tuple[Value, ...]:
    if any(isinstance(a, page.Dots) for a in args):
        return (family_matrix(e, (args,), env, span),)
    return tuple(value(e, a, env) for a in args)


def _is_variable(arg: Node) -> bool:
    """A variable, or the square of one: J(mu, sigma^2)."""
    match arg:
        case page.Pow(base, page.Num()):
            return name_of(base) is not None
    return name_of(arg) is not None


def _without(name: Name, indices: tuple[Node, ...]) -> Name:
    """f_theta without its theta, but another name than f."""
    if not indices:
        return name
    upper, lower = (tuple(k for k in side if k not in indices) for side in (name.upper, name.lower))
    base = f"{name.base}_{{{','.join(map(page_short, indices))}}}"
    return name._replace(base=base, upper=upper, lower=lower)

"""Names to values: indices, parameters, definitions unfolded, kinds, conventions.

A name is looked up in this order: a bound index, a parameter of the definition that is being
unfolded, a definition, a declared kind, the conventions of notation (bold is a vector, and so is
what stands under a transpose).  A definition that a derivative is taken by is *held*: it is not
unfolded, its entries are variables.
"""

from __future__ import annotations

from dataclasses import replace

from ..core import Call, Core, Ref, Sym
from ..errors import Span, UnknownMeaning
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.scope import Kind
from ..page.symbols import symbol_of, unbold
from ..page.tree import Node
from ..reasons import NotDefined
from .context import Context, Env, once
from .definitions import find
from .dependences import is_unknown
from .indices import bare, declared_shape, delta, entry_of, family, index_of, names_size, split
from .letters import (
    constant,
    conventional_rank,
    doubt_marks,
    doubt_unit,
    inferred,
    kind_of,
    mean_of,
    ones_or_identity,
    standing_alone,
)
from .tensors import Value, scalar, tensor
from .unfolding import defined, dependent
from .values import elaborates, value


def look_up(e: Context, name: Name, env: Env, span: Span | None = None) -> Value:
    """The value of a name with its indices."""
    base = name.base
    if not name.indices:
        if base in env.params:
            return env.params[base]
        known = env.letter(base)
        if known is not None:
            return scalar(known)
    elif base in env.params:
        return entry_of(e, env.params[base], tuple(index_of(e, k, env) for k in name.indices), span)
    found = defined(e, name, env, span)
    if found is not None:
        return found
    return undefined(e, name, env, span)


def undefined(e: Context, name: Name, env: Env, span: Span | None) -> Value:
    """A name without definition: declared, conventional, or a plain scalar."""
    kind, used = kind_of(e, name)
    special = ones_or_identity(e, name, kind)
    if special is not None:
        rest = () if kind is None and names_size(e, name) else split(e, name)[1]
        return entry_of(e, special, tuple(index_of(e, k, env) for k in rest), span)
    if kind is not None:
        return _declared(e, name, kind, used, env, span)
    core, counting = split(e, name)
    indices = tuple(index_of(e, k, env) for k in counting)
    doubt_marks(e, name, None)
    found = _letter(e, name, env, span) if not name.indices else None
    found = found or _entry_of_capital(e, name, indices, env, span)
    if found is not None:
        return found
    rank = conventional_rank(e, name)
    if rank:
        shape = tuple(inferred(e, name, core, len(indices) + k) for k in range(rank))
        row = _row_of_capital(e, name, indices, env, span) if rank == 1 else None
        return row or family(e, core, indices, len(indices), shape, span)
    return _liftable(e, name, core, indices)


def _declared(e: Context, name: Name, kind: Kind, used: int, env: Env, span: Span | None) -> Value:
    """A name of this kind, which takes so many of its indices."""
    core, counting = split(e, name)
    if kind.rests:
        return dependent(e, core, name, kind, env, span)
    if kind.role in ("size", "index"):
        return scalar(Sym(name.base, kind.role))
    indices = tuple(index_of(e, k, env) for k in counting)
    doubt_marks(e, name, kind)
    shape = declared_shape(e, kind, indices)
    if len(shape) == 1 and used == 1:
        row = _row_of_capital(e, name, indices[:1], env, span)
        if row is not None:
            return entry_of(e, row, indices[1:], span)
    return family(e, core, indices, used, shape, span)


def _letter(e: Context, name: Name, env: Env, span: Span | None) -> Value | None:
    """A letter of which nothing is said: a constant, a function standing alone, a count, a mean, a root."""
    base = name.base
    meant = constant(e, base) or standing_alone(e, name, env)
    if meant is not None:
        return meant
    if base in e.survey.sizes:
        return scalar(Sym(base, "size"))
    if base in e.survey.subscripts and not e.survey.is_label(page.Sym(base)):
        return scalar(Sym(base, "index"))
    meant = mean_of(e, base) or _root(e, base, env, span)
    if meant is None:
        doubt_unit(e, base)
    return meant


def _root(e: Context, base: str, env: Env, span: Span | None) -> Value | None:
    """sigma where only its square is defined; a^2 beside a^1 is a layer."""
    group = e.defined.get(unbold(base), [])
    square = Name(base, (page.Num(2),), bracket="")
    if len(group) != 1 or (group[0].upper, group[0].lower, group[0].bracket) != (square.upper, (), ""):
        return None
    v = defined(e, square, env, span)
    if v is None or v.shape:
        return None
    e.notes.doubt(f"only the square of {base} is defined here")
    e.notes.assume(f"{base} >= 0")
    return scalar(Call("sqrt", (v.term,)))


def _liftable(e: Context, name: Name, core: str, indices: tuple[Core, ...]) -> Value:
    """An undeclared scalar; beside y_k, also the vector of all y_k where a vector must stand."""
    v = bare(core, indices)
    used = e.survey.used_with.get(name.base, set())
    if name.lower or (len(name.upper), 1) not in used:
        return v
    if name.upper:
        forms = _defined_forms(e)
        if (name.base, len(name.upper), 1) in forms and (name.base, len(name.upper), 0) not in forms:
            # The definitions write x^{(i)}_k: then x^{(i)} is the vector of them.
            return Value((inferred(e, name, core, len(indices)),), lambda k: Ref(core, (*indices, *k)))
        e.notes.doubt(f"{name.base} stands with and without a lower index: declare let {name} \\in ..")
    size = inferred(e, name, core, len(indices))
    return replace(v, lift=Value((size,), lambda k: Ref(core, (*indices, *k)), loose=True))


@once
def _defined_forms(e: Context) -> frozenset[tuple[str, int, int]]:
    """The names in the definitions with the numbers of their indices."""
    names = (name_of(n) for d in e.survey.definitions for n in page.walk(d.body))
    return frozenset((n.base, len(n.upper), len(n.lower)) for n in names if n is not None)


def _entry_of_capital(
    e: Context, name: Name, indices: tuple[Core, ...], env: Env, span: Span | None
) -> Value | None:
    """x_{ij} beside a declared matrix X: its entry, where nothing else is said of x."""
    base = unbold(name.base)
    if len(base) != 1 or not base.islower() or name.upper or len(name.lower) < 2 or base in e.defined:
        return None
    if base in e.survey.ranges.kinds or len(indices) < 2:
        return None
    for capital in (base.upper(), f"\\mathbf{{{base.upper()}}}"):
        whole = Name(capital, (), name.lower[:-2])
        if _is_matrix(e, whole, env):
            e.notes.doubt(f"{base} is not declared: its entries were read as those of {whole}")
            e.notes.assume(f"{base} denotes the entries of {whole}")
            return entry_of(e, look_up(e, whole, env, span), indices[-2:], span)
    return None


def _row_of_capital(
    e: Context, name: Name, indices: tuple[Core, ...], env: Env, span: Span | None
) -> Value | None:
    """x_i beside a data matrix X that nothing relates to it: one reading is its rows."""
    base = unbold(name.base)
    if len(base) != 1 or not base.islower() or len(indices) != 1 or base.upper() in e.defined:
        return None
    if base.upper() not in _mentioned(e):
        return None
    fonts = (base.upper(), f"\\mathbf{{{base.upper()}}}", f"\\boldsymbol{{{base.upper()}}}")
    declared = (k for k in fonts if e.scope.kind(k) is not None)
    capital = next((k for k in declared if _is_matrix(e, Name(k), env)), None)
    if capital is None:
        return None
    e.notes.alternatives.add("rows")
    e.notes.doubt(f"{base} and {capital} are not related here: write let {capital}_i = {base}_i^T")
    if not e.reading.rows:
        return None
    e.notes.assume(f"the {base}_i are the rows of {capital}")
    whole = look_up(e, Name(capital), env, span)
    return tensor(whole.shape[1:], lambda k: whole.at((indices[0], *k)))


@once
def _mentioned(e: Context) -> frozenset[str]:
    """The letters of the names on the page, and of those that they reach."""
    names = (name_of(n) for n in e.written())
    return frozenset(unbold(n.base) for n in names if n is not None)


def _is_matrix(e: Context, name: Name, env: Env) -> bool:
    kind = e.scope.kind(str(name))
    if kind is not None:
        return kind.role == "real" and len(kind.shape) == 2 and (bool(name.lower) or not kind.arity)
    return bool(name.lower) and find(e, name, env) is not None


_COUNTING = frozenset("ijklmnpqrabcdhstu")


@elaborates(page.Sym, page.Indexed)
def _named(e: Context, node: Node, env: Env) -> Value:
    name = name_of(node)
    if name is None:
        assert isinstance(node, page.Indexed)
        if node.upper or not node.lower:
            raise UnknownMeaning("indices on this have no meaning here", node.span)
        v = value(e, node.base, env)
        return entry_of(e, v, tuple(index_of(e, k, env) for k in node.lower), node.span)
    if name.base in ("\\delta", "I", "\\mathbf{I}") and _is_kronecker(e, name, env):
        a, b = (index_of(e, k, env) for k in name.lower)
        return scalar(delta(a, b))
    return look_up(e, name, env, node.span)


def _is_kronecker(e: Context, name: Name, env: Env) -> bool:
    """delta_{ij} of two letters that count, where nothing else is said of delta."""
    if len(name.lower) != 2 or name.upper or name.base in e.defined or name.base in e.scope.kinds:
        return False
    if name.base == "\\delta" and all(_counts(e, k, env) for k in name.lower):
        if any(isinstance(k, page.Add | page.Mul) for k in name.lower):
            e.notes.doubt(NotDefined("\\delta", "it was read as Kronecker's"))
        return True
    for k in name.lower:
        known = isinstance(k, page.Sym) and (
            env.letter(k.name) is not None or symbol_of(k.name).unprimed in _COUNTING
        )
        if not known and not isinstance(k, page.Num):
            return False
    return True


def _counts(e: Context, node: Node, env: Env) -> bool:
    """Is this an index: letters, numbers, and their sums?"""
    match node:
        case page.Sym(name):
            return len(symbol_of(name).unprimed) == 1 or _is_index(e, node, env)
        case page.Num():
            return True
        case page.Neg(arg):
            return _counts(e, arg, env)
        case page.Add(terms) | page.Mul(terms):
            return all(_counts(e, t, env) for t in terms)
    return False


def _is_index(e: Context, node: Node, env: Env) -> bool:
    """Does the name count: is it bound, declared so, or a size?"""
    if not isinstance(node, page.Sym):
        return False
    kind = e.scope.kind(node.name)
    declared = kind is not None and kind.role in ("index", "size")
    return declared or env.letter(node.name) is not None or node.name in e.survey.sizes


@elaborates(page.Component)
def _component(e: Context, node: page.Component, env: Env) -> Value:
    v = value(e, node.arg, env)
    if not v.shape and v.ref is None:
        v = v.lift or _must_have_entries(e, v, node.arg)
    return entry_of(e, v, tuple(index_of(e, k, env) for k in node.lower), node.span)


def _must_have_entries(e: Context, v: Value, node: Node) -> Value:
    """(y - X w)_i of names of which nobody says that they are vectors."""
    for n in page.walk(node):
        name = name_of(n)
        if name is not None and kind_of(e, name)[0] is None and is_unknown(e, name):
            raise UnknownMeaning(f"what has entries here?  write let {name} \\in ..", node.span)
    return v

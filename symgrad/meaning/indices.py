"""Letters that count: indices, sizes, ranges; entries of what carries them."""

from __future__ import annotations

from fractions import Fraction

from ..core import Core, Delta, Num, Ref, Sym, text, walk
from ..errors import ShapeError, Span, UnknownMeaning
from ..names import Fresh
from ..page import tree as page
from ..page.indexed import Name, is_sized, name_of, written
from ..page.scope import Kind
from ..page.symbols import unbold
from ..page.tree import Node
from ..reasons import IndexOnScalar, WrongIndices
from .context import Context, Env, once
from .ranges import Generic, Range
from .tensors import ONE, ZERO, Shape, Value, add, gap, mul, neg, refs, scalar, tensor

COUNTS = frozenset("NnMTKB")
"""Letters that count something by custom."""


@once
def _marks(e: Context) -> frozenset[str]:
    """Letters that mark an index above in some definition: there they are never powers."""
    groups = e.scope.definitions.values()
    marks = {s for group in groups for d in group if not d.bracket for k in d.upper for s in _letters(k)}
    for n in e.written():
        if isinstance(n, page.Pow) and isinstance(n.base, page.Indexed) and n.base.lower:
            # U_{qj}^L and h_k^{l-1}: a layer above an entry is no power.
            marks |= _letters(n.exp) & {"L", "l"}
        for v in [v for v, _ in n.by] if isinstance(n, page.Derivative) else ():
            if isinstance(v, page.Pow) and name_of(v.base) is not None:
                marks |= _letters(v.exp)
    return frozenset(marks)


def _letters(node: Node) -> set[str]:
    return {s.name for s in page.walk(node) if isinstance(s, page.Sym)}


def index_of(e: Context, node: Node, env: Env) -> Core:
    """An index expression: letters, sizes, integers and their sums."""
    match node:
        case page.Num(value) if Fraction(value).denominator == 1:
            return Num(Fraction(value))
        case page.Sym("\\infty"):
            raise UnknownMeaning("infinity is not a number", node.span)
        case page.Sym(name):
            known = env.letter(name)
            if known is not None:
                return known
            if name in env.params and not env.params[name].shape:
                return env.params[name].term
            if name in e.survey.sizes:
                return Sym(name, "size")
            return Sym(name, "index")
        case page.Add(terms):
            return add(*(index_of(e, t, env) for t in terms))
        case page.Neg(arg):
            return neg(index_of(e, arg, env))
        case page.Mul(factors):
            return mul(*(index_of(e, f, env) for f in factors))
        case page.Indexed() if (whole := name_of(node)) is not None:
            return _indexed(e, node, whole, env)
    raise UnknownMeaning("this index has no meaning here", node.span)


def _indexed(e: Context, node: Node, name: Name, env: Env) -> Core:
    """The n_k of a range 1..n_k, another size for every k; the y_i of p_{y_i}."""
    core, rest = split(e, name)
    places = tuple(index_of(e, k, env) for k in rest)
    inner = any(isinstance(t, Sym) and isinstance(t.name, Fresh) for k in places for t in walk(k))
    inside = ",".join(map(text, places))
    own = Ref(core, places) if inner else Sym(f"{core}_{{{inside}}}" if inside else core, "size")
    place = e.survey.picked.get(node)
    if place is not None:
        try:
            e.met.picked[own] = ends_of(e, e.survey.ranges.at(place), env)
        except UnknownMeaning as problem:
            e.notes.doubt(problem.reason)
    return own


def size_of(e: Context, node: Node, env: Env | None = None) -> Core:
    """A size as declared: an index expression whose letters are sizes."""
    names = {s.name for s in page.walk(node) if isinstance(s, page.Sym)}
    own = {} if env is None else env.places
    return index_of(e, node, Env({n: Sym(n, "size") for n in names if n not in own}, own))


def declared_shape(e: Context, kind: Kind, indices: tuple[Core, ...] = ()) -> Shape:
    """The declared shape of the entry of a family with these indices."""
    own = Env().numbered(indices)
    return tuple(size_of(e, k, own) for k in kind.shape)


def ends_of(e: Context, found: Range | Generic, env: Env) -> tuple[Core, Core]:
    if isinstance(found, Generic):
        return ONE, e.sizes.generic(found.size)
    return index_of(e, found.lower, env), index_of(e, found.upper, env)


def length(lower: Core, upper: Core) -> Core:
    """The number of integers from lower to upper."""
    if lower == ONE:
        return upper
    rest = gap(upper, lower)
    return Num(rest + 1) if rest is not None else add(upper, neg(lower), ONE)


def split(e: Context, name: Name) -> tuple[str, tuple[Node, ...]]:
    """The core name (with its labels) and the indices that count.

    Where x_i and x^{(i)} both stand on the page they are two families of one letter.
    """
    known = e.memo.splits.get(name)
    if known is None:
        known = e.memo.splits[name] = _split(e, name)
    return known


def _split(e: Context, name: Name) -> tuple[str, tuple[Node, ...]]:
    label = e.survey.is_label
    up, low = ([k for k in where if label(k)] for where in (name.upper, name.lower))
    indices = tuple(k for k in name.indices if not label(k))
    base = written(unbold(name.base), tuple(up), tuple(low), name.bracket)
    if len(up) < len(name.upper):
        used = e.survey.used_with.get(name.base, set()) | e.survey.used_with.get(
            unbold(name.base), set()
        )
        if (0, len(indices)) in used:
            base += "^{()}"
    return base, indices


def power_as_name(e: Context, base: Node, exp: Node) -> Name | None:
    """E^q as a name, where a superscript of this name or this letter marks an index elsewhere."""
    name = name_of(base)
    if name is None:
        return None
    upper = Name(name.base, (*name.upper, exp), name.lower, "")
    group = e.defined.get(unbold(name.base), [])
    if isinstance(exp, page.Num):
        # sigma^2 = .. defines the square as a quantity of its own.
        unit = (d for d in group if not d.bracket and len(d.lower) == len(name.lower))
        return upper if any(d.upper[-1:] == (exp,) for d in unit) else None
    if any(len(d.upper) == len(upper.upper) for d in group) or e.scope.kind(str(upper)) is not None:
        return upper
    letters = {s.name for s in page.walk(exp) if isinstance(s, page.Sym)}
    return upper if letters & _marks(e) else None


def delta(a: Core, b: Core) -> Core:
    rest = gap(a, b)
    if rest is not None:
        return ONE if rest == 0 else ZERO
    return Delta(a, b)


def page_short(node: Node) -> str:
    name = name_of(node)
    return str(name) if name is not None else repr(node)


def names_size(e: Context, name: Name) -> bool:
    """Is the index of I_n a size?"""
    letter = name.lower[0] if is_sized(name) else None
    return isinstance(letter, page.Num) or (
        isinstance(letter, page.Sym) and letter.name in e.survey.sizes
    )


def entry_of(e: Context, v: Value, indices: tuple[Core, ...], span: Span | None = None) -> Value:
    """Entries of a value: v_j of a vector, A_{jk} of a matrix, and its row A_j."""
    if not indices:
        return v
    if v.ref is not None:
        core, done = v.ref
        all_ = (*done, *indices)
        kind = e.scope.kind(core)
        if kind is not None and kind.shape and kind.role == "real" and len(all_) >= kind.arity:
            return family(e, core, all_, kind.arity, declared_shape(e, kind, all_), span)
        return bare(core, all_)
    if len(v.shape) == 2 and v.shape[0] == ONE and len(indices) == 1:
        return scalar(v.at((ONE, *indices)))
    if len(indices) == len(v.shape):
        return scalar(v.at(indices))
    if len(indices) == 1 and len(v.shape) == 2:
        return tensor((ONE, v.shape[1]), lambda k: v.at((indices[0], k[1])))
    raise ShapeError(WrongIndices(len(indices), e.sizes.found(v.shape)), span)


def bare(core: str, indices: tuple[Core, ...]) -> Value:
    """A scalar that may turn out to be a family: more indices may follow."""
    return Value((), lambda _: refs(core, indices), ref=(core, indices))


def family(
    e: Context, core: str, indices: tuple[Core, ...], used: int, shape: Shape, span: Span | None
) -> Value:
    """Entries ``core_{used indices, entry}`` of the declared shape, further indices applied."""
    first, rest = indices[:used], indices[used:]
    if not shape:
        if rest:
            raise ShapeError(IndexOnScalar(core), span)
        return scalar(Ref(core, first) if first else Sym(core))
    v = tensor(shape, lambda k: Ref(core, (*first, *k)))
    return entry_of(e, v, rest, span)

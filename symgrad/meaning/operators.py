"""Functions that have a meaning of their own on vectors and matrices: softmax, diag, trace, expectations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..core import Call, Core, Sum
from ..errors import ShapeError, Span, UnknownMeaning
from ..functions import LETTERS, PAGES
from ..page import tree as page
from ..page.indexed import Name, name_of
from ..page.tree import Node
from ..reasons import Needed, SoftmaxOfScalar
from .context import Context, Env
from .differentials import differential
from .indices import delta, ends_of, entry_of, index_of
from .matrices import is_square, matrix
from .tensors import ONE, Value, div, each, log, mul, scalar, tensor, transposed
from .values import number_of, value

_OF_MATRICES = frozenset(("exp", "log", "sqrt"))
_OPERATORS = frozenset(["\\max", "\\min", "\\operatorname{tr}", "\\operatorname{diag}"])


def builtin(e: Context, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value | None:
    """A function that is known here, without indices."""
    base = name.base
    if name.indices or base in e.scope.kinds or base in e.defined:
        return None
    if base in PAGES and len(args) == 1:
        return of_entries(e, PAGES[base].name, value(e, args[0], env), span)
    if base in ("\\log", "\\exp", "\\sqrt"):
        raise UnknownMeaning(f"{base} takes one argument", span)
    match base:
        case "\\max" | "\\min":
            fn = "max" if base == "\\max" else "min"
            values = tuple(value(e, a, env) for a in args)
            return e.sizes.entrywise(values, lambda *t: Call(fn, t), "compare", span)
        case "\\mathbb{E}" | "\\operatorname{E}":
            return each(lambda t: Call("E", (t,)), value(e, args[0], env))
        case "\\operatorname{softmax}":
            return _softmax(e, value(e, args[0], env), span)
        case "\\operatorname{diag}":
            return _diag(e, args, env, span)
        case "\\mathrm{d}" if len(args) == 1:
            return differential(e, args[0], env, span)
        case "\\operatorname{tr}" | "\\operatorname{Tr}" | "\\operatorname{trace}":
            return _trace(e, value(e, args[0], env), span)
    return None


def of_entries(e: Context, fn: str, v: Value, span: Span | None) -> Value:
    """exp, log and sqrt of a square matrix mean another thing than those of its entries."""
    if fn in _OF_MATRICES and is_square(e, v):
        raise UnknownMeaning(f"{fn} of a square matrix: entry by entry, or of the matrix?", span)
    return each(log if fn == "log" else lambda t: Call(fn, (t,)), v)


def over_index(e: Context, name: Name, args: tuple[Node, ...], env: Env, span: Span | None) -> Value | None:
    """E_x[..], softmax_i(..); an operator over an index is never a function of its argument."""
    base = name.base
    if not name.indices or base in e.scope.kinds:
        return None
    if base in ("\\mathbb{E}", "\\operatorname{E}") and len(args) == 1:
        e.met.expectations.add((name.upper, name.lower))
        if len(e.met.expectations) > 1:
            raise UnknownMeaning("expectations over different quantities", span)
        return each(lambda t: Call("E", (t,)), value(e, args[0], env))
    if base == "\\operatorname{softmax}" and len(args) == 1 and not name.upper:
        v = _softmax(e, value(e, args[0], env), span)
        return entry_of(e, v, tuple(index_of(e, k, env) for k in name.lower), span)
    if base in _OPERATORS or (base in PAGES and base not in LETTERS):
        raise UnknownMeaning(f"{base} with an index has no meaning here", span)
    return None


def _softmax(e: Context, v: Value, span: Span | None) -> Value:
    if len(v.shape) == 2 and v.shape[0] != ONE:
        n, m = v.shape

        def row(k: tuple[Core, ...]) -> Core:
            total = _sum_to(e, m, lambda j: Call("exp", (v.at((k[0], j)),)))
            return div(Call("exp", (v.at(k),)), total)

        return tensor((n, m), row)
    if not v.shape:
        raise ShapeError(SoftmaxOfScalar(), span)
    size = v.shape[-1]
    first = (ONE,) * (len(v.shape) - 1)
    total = _sum_to(e, size, lambda j: Call("exp", (v.at((*first, j)),)))
    return replace(v, at=lambda k: div(Call("exp", (v.at(k),)), total), ref=None)


def _sum_to(e: Context, size: Core, body: Callable[[Core], Core]) -> Core:
    j = e.sizes.index()
    return Sum(body(j), j, ONE, size)


def _diag(e: Context, args: tuple[Node, ...], env: Env, span: Span | None) -> Value:
    v = value(e, args[0], env) if len(args) == 1 else matrix(e, (args,), env, span)
    if not v.shape:
        v = _over_free_index(e, args[0], env) or v
    if len(v.shape) == 2 and v.shape[0] == ONE:
        v = transposed(v)
    if len(v.shape) == 1:
        return tensor((v.shape[0], v.shape[0]), lambda k: mul(delta(k[0], k[1]), v.at((k[0],))))
    if len(v.shape) == 2 and e.sizes.agree(v.shape[0], v.shape[1]):
        return tensor((v.shape[0],), lambda k: v.at((k[0], k[0])))
    raise ShapeError(Needed("diag needs a vector", e.sizes.found(v.shape)), span)


def _over_free_index(e: Context, node: Node, env: Env) -> Value | None:
    """diag(y_i): the vector over the one index that nothing binds."""
    letters = {
        k.name
        for n in page.walk(node)
        if (name := name_of(n)) is not None
        for k in name.indices
        if isinstance(k, page.Sym) and env.letter(k.name) is None and not e.survey.is_label(k)
    }
    if len(letters) != 1:
        return None
    letter = letters.pop()
    lower, upper = ends_of(e, e.survey.ranges.over(letter, node), env)
    if lower != ONE:
        return None
    return tensor((upper,), lambda k: number_of(e, node, env.bind(letter, k[0])))


def _trace(e: Context, v: Value, span: Span | None) -> Value:
    if not v.shape:
        return v
    if len(v.shape) != 2 or not e.sizes.agree(v.shape[0], v.shape[1]):
        raise ShapeError(Needed("the trace needs a square matrix", e.sizes.found(v.shape)), span)
    return scalar(_sum_to(e, v.shape[0], lambda k: v.at((k, k))))

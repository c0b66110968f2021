"""Sums, products, quotients and powers of numbers, vectors and matrices; norms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from ..core import Call, Core, Num, Pow, Ref, Sum, Sym, walk
from ..errors import ShapeError, Span, UnknownMeaning
from ..names import InverseOf
from ..page import tree as page
from ..page.indexed import name_of
from ..page.tree import Node
from ..reasons import CannotDivide, NotDefined
from .context import Context, Env, once
from .definitions import find, is_euler
from .dependences import is_said
from .indices import entry_of, index_of, page_short, power_as_name
from .lookup import look_up
from .matrices import written_out
from .operators import of_entries
from .substitution import canonical
from .tensors import ONE, Value, add, div, each, mul, neg, scalar, square, transposed
from .values import elaborates, number_of, value

_TENSOR = frozenset(["i", "j", "k", "l", "\\mu", "\\nu", "\\rho", "\\lambda"])


@elaborates(page.Num)
def _number(e: Context, node: page.Num, env: Env) -> Value:
    return scalar(Num(Fraction(node.value)))


@elaborates(page.Neg)
def _negative(e: Context, node: page.Neg, env: Env) -> Value:
    return each(neg, value(e, node.arg, env))


@elaborates(page.Add)
def _sum(e: Context, node: page.Add, env: Env) -> Value:
    if any(isinstance(t, page.Dots) for t in node.terms):
        return value(e, written_out(e, node.terms, node.span), env)
    return e.sizes.entrywise(tuple(value(e, t, env) for t in node.terms), add, "add", node.span)


@elaborates(page.Hadamard)
def _entrywise_product(e: Context, node: page.Hadamard, env: Env) -> Value:
    values = tuple(value(e, f, env) for f in node.factors)
    return e.sizes.entrywise(values, mul, "multiply entry by entry", node.span)


@elaborates(page.EntrywiseQuotient)
def _entrywise_quotient(e: Context, node: page.EntrywiseQuotient, env: Env) -> Value:
    values = value(e, node.num, env), value(e, node.den, env)
    return e.sizes.entrywise(values, div, "divide entry by entry", node.span)


@elaborates(page.Mul)
def _product(e: Context, node: page.Mul, env: Env) -> Value:
    out = value(e, node.factors[0], env)
    for place, (before, f) in enumerate(pairwise(node.factors), 1):
        dot = node.dots is None or place in node.dots
        if not dot:
            _doubt_call(e, before, f)
        out = e.sizes.product(out, value(e, f, env), f.span or node.span, dot)
    return out


def _doubt_call(e: Context, before: Node, factor: Node) -> None:
    """f (2) may be a product or a value."""
    name = name_of(before)
    if isinstance(factor, page.Num) and name is not None and not is_said(e, name.base):
        e.notes.doubt(f"is {name}({factor.value}) a value of the function?  write \\cdot for a product")
    if (before, factor) in _primed_at(e):
        e.notes.doubt(f"{name} stands for a function and for a number here: write let {name}(..) = ..")


@once
def _primed_at(e: Context) -> frozenset[tuple[Node, Node]]:
    """Functions whose primes are written in the claim, each with what it is applied to."""
    calls = (n for root in e.nodes for n in page.walk(root) if isinstance(n, page.Call))
    return frozenset((n.fn.fn, k) for n in calls if isinstance(n.fn, page.Prime) for k in n.args)


@elaborates(page.Frac)
def _quotient(e: Context, node: page.Frac, env: Env) -> Value:
    num, den = value(e, node.num, env), value(e, node.den, env)
    alike = e.sizes.fit(num.shape, den.shape) or num.loose or den.loose
    if den.shape and not (num.shape and alike):
        raise ShapeError(CannotDivide(e.sizes.found(num.shape), e.sizes.found(den.shape)), node.span)
    return e.sizes.entrywise((num, den), div, "divide", node.span)


# -- powers --------------------------------------------------------------------------------------------------


@elaborates(page.Pow)
def _power(e: Context, node: page.Pow, env: Env) -> Value:
    base, exp, span = node.base, node.exp, node.span
    if isinstance(base, page.Norm) and base.p in (None, page.Num(2), page.Sym("F")) and exp == page.Num(2):
        v = value(e, base.arg, env)
        _no_matrix_norm(v, base.p, span)
        return scalar(_squares(e, v))
    if base == page.Sym("e") and "e" not in env.params and is_euler(e):
        return of_entries(e, "exp", value(e, exp, env), span)
    name = name_of(node) or power_as_name(e, base, exp)
    if name is not None:
        return look_up(e, name, env, span)
    _no_upper_delta(e, base, exp, span)
    _doubt_upper_indices(e, exp)
    b = value(e, base, env)
    if len(b.shape) == 1 and isinstance(exp, page.Sym) and not e.scope.kind(exp.name):
        return entry_of(e, b, (index_of(e, exp, env),), span)
    if b.shape:
        return _matrix_power(e, b, exp, env, span)
    return scalar(raise_to(b.term, number_of(e, exp, env)))


def _doubt_upper_indices(e: Context, exp: Node) -> None:
    """A^{ij} may be an entry."""
    if isinstance(exp, page.Mul) and all(
        isinstance(k, page.Sym) and k.name in _TENSOR and not is_said(e, k.name) for k in exp.factors
    ):
        letters = " and ".join(map(page_short, exp.factors))
        e.notes.doubt(f"are {letters} above indices, or is it a power?")


def _no_upper_delta(e: Context, base: Node, exp: Node, span: Span | None) -> None:
    """delta_i^j and delta^{ij}, of which nothing else is said, are no powers of some delta."""
    name = name_of(base)
    if name is None or name.base != "\\delta" or find(e, name, Env()) or name.base in e.scope.kinds:
        return
    letters = (*name.indices, *(exp.factors if isinstance(exp, page.Mul) else (exp,)))
    if len(letters) == 2 and all(isinstance(k, page.Sym) for k in letters):
        raise UnknownMeaning(NotDefined("\\delta", "write \\delta_{ij} for Kronecker's"), span)


def raise_to(base: Core, exp: Core) -> Core:
    if exp == ONE:
        return base
    return Pow(base, exp)


def _matrix_power(e: Context, b: Value, exp: Node, env: Env, span: Span | None) -> Value:
    if len(b.shape) == 2 and isinstance(exp, page.Num) and exp.value in range(1, 9):
        out = b
        for _ in range(int(exp.value) - 1):
            out = e.sizes.product(out, b, span)
        return out
    if 1 in (len(b.shape), *b.shape[:1]) or b.shape[0] == ONE:
        e.notes.doubt("the power of a vector: write v^T v, or v \\odot v entry by entry")
        e.notes.alternatives.add("squares")
        if e.reading.squares and exp == page.Num(2):
            return scalar(_squares(e, b))
        power = number_of(e, exp, env)
        return each(lambda t: raise_to(t, power), b)
    if exp == page.Neg(page.Num(1)) and len(b.shape) == 2 and e.sizes.agree(b.shape[0], b.shape[1]):
        return _inverse(e, b)
    raise UnknownMeaning("this power of a matrix has no meaning here", span)


def _inverse(e: Context, b: Value) -> Value:
    """An inverse matrix, opaque: one name for one matrix, of which nothing more is known.

    It has the indices that the matrix has besides its own: the A_k^{-1} are as many as the A_k.
    """
    row, column = Sym("row", "index"), Sym("column", "index")
    entry = b.at((row, column))
    own: tuple[Core, ...] = (row, column)
    if isinstance(entry, Ref) and set(entry.indices[-2:]) == {row, column}:
        outer, own = entry.indices[:-2], entry.indices[-2:]
        of = entry.name + ("_{\\cdot}" if outer else "")
    else:
        free = (k for k in walk(entry) if _stands_free(k, entry) and k not in own)
        outer = tuple(dict.fromkeys(free))
        of = canonical(entry, outer)
    name = InverseOf(of)
    e.met.inverses[name] = frozenset(t.name for t in walk(entry) if isinstance(t, Ref | Sym))
    e.notes.doubt("of an inverse matrix only its name is known here")
    turned = own != (row, column)  # the inverse of A^T is that of A, transposed
    return Value(b.shape, lambda k: Ref(name, (*outer, *(reversed(k) if turned else k))))


def _stands_free(k: Core, term: Core) -> bool:
    """Is it an index that no sum inside the term binds?"""
    bound = {s.index for s in walk(term) if isinstance(s, Sum)}
    return isinstance(k, Sym) and k.sort == "index" and k not in bound


def _squares(e: Context, v: Value) -> Core:
    """The sum of the squares of all entries."""
    return summed(e, v, square)


def summed(e: Context, v: Value, fn: Callable[[Core], Core]) -> Core:
    """The sum of fn(entry) over all entries."""
    letters = tuple(ONE if size == ONE else e.sizes.index() for size in v.shape)
    out = fn(v.at(letters))
    for letter, size in zip(letters, v.shape, strict=True):
        if isinstance(letter, Sym):
            out = Sum(out, letter, ONE, size)
    return out


def _no_matrix_norm(v: Value, p: Node | None, span: Span | None) -> None:
    """The 2-norm of a matrix is its largest singular value."""
    if p == page.Num(2) and len(v.shape) == 2 and v.shape[0] != ONE:
        raise UnknownMeaning("the 2-norm of a matrix has no meaning here: \\|A\\|_F is Frobenius'", span)


_FROBENIUS = (None, page.Num(2), *map(page.Sym, ("F", "\\mathrm{F}", "\\textrm{F}", "\\text{F}")))


@elaborates(page.Norm)
def _norm(e: Context, node: page.Norm, env: Env) -> Value:
    v = value(e, node.arg, env)
    _no_matrix_norm(v, node.p, node.span)
    if node.p in _FROBENIUS:
        return scalar(Call("sqrt", (_squares(e, v),)))
    if node.p == page.Num(1) and len(v.shape) < 2:
        return scalar(summed(e, v, lambda t: Call("abs", (t,))))
    raise UnknownMeaning("this norm has no meaning here", node.span)


@elaborates(page.Abs)
def _absolute(e: Context, node: page.Abs, env: Env) -> Value:
    return scalar(Call("abs", (number_of(e, node.arg, env),)))


@elaborates(page.Inner)
def _inner(e: Context, node: page.Inner, env: Env) -> Value:
    a, b = value(e, node.left, env), value(e, node.right, env)
    if not a.shape and not b.shape:
        return scalar(mul(a.term, b.term))
    if len(a.shape) == 2 and len(b.shape) == 2:
        return scalar(summed(e, e.sizes.entrywise((a, b), mul, "multiply", node.span), lambda t: t))
    return e.sizes.product(transposed(a) if len(a.shape) == 1 else a, b, node.span)


@elaborates(page.Transpose)
def _transpose(e: Context, node: page.Transpose, env: Env) -> Value:
    match node.arg:
        case page.Indexed(base, (*rest, j, k), upper, bracket) if not value(e, node.arg, env).shape:
            # W_{bg}^T is the entry of the transpose.
            return value(e, page.Indexed(base, (*rest, k, j), upper, bracket, span=node.span), env)
    return replace(transposed(value(e, node.arg, env)), gradient=False)


@elaborates(page.Relation, page.Chain)
def _relation(e: Context, node: Node, env: Env) -> Value:
    raise UnknownMeaning("a relation is not a quantity", node.span)


@elaborates(page.Dots)
def _dots(e: Context, node: page.Dots, env: Env) -> Value:
    raise UnknownMeaning("an ellipsis: write the sum with its index", node.span)

"""Core terms: the few constructs the judge sees, after definitions, kinds and vectors are gone.

Every term denotes a real number.  ``Num Sym Ref Add Mul Div Pow Call Sum D Delta`` and nothing else.
A :class:`Sum` over an empty range is 0; sizes are integers >= 1; indices are integers.

>>> i, N = Sym("i", "index"), Sym("N", "size")
>>> text(Sum(Mul((Sym("m"), Ref("x", (i,)))), i, Num(Fraction(1)), N))
'Sum_{i=1..N}(m*x_{i})'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, ClassVar, Literal

from .names import letter_of

Sort = Literal["real", "size", "index"]


class Core:
    """Base of the core terms."""

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:  # one for all, for a dataclass takes its time to make one of its own
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True, slots=True, repr=False)
class Num(Core):
    value: Fraction


@dataclass(frozen=True, slots=True, repr=False)
class Sym(Core):
    """A scalar: a real parameter, a size (integer >= 1) or an index (integer, bound or free)."""

    name: str
    sort: Sort = "real"


@dataclass(frozen=True, slots=True, repr=False)
class Ref(Core):
    """An entry of indexed data or of a vector or matrix parameter: x_i, W_{jk}."""

    name: str
    indices: tuple[Core, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Add(Core):
    terms: tuple[Core, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Mul(Core):
    factors: tuple[Core, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Div(Core):
    num: Core
    den: Core


@dataclass(frozen=True, slots=True, repr=False)
class Pow(Core):
    """base^exp: integer exponents everywhere (base != 0 if negative), rational and symbolic real
    exponents for base > 0 (base >= 0 for positive rationals with even denominator)."""

    base: Core
    exp: Core


@dataclass(frozen=True, slots=True, repr=False)
class Call(Core):
    """fn(args).  For an undefined function ``orders[k]`` counts derivatives in argument k;
    ``orders`` is () when there are none.  ``E`` of anything is an opaque linear expectation."""

    fn: str
    args: tuple[Core, ...]
    orders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Sum(Core):
    """Sum of body for index = lower..upper, 0 if lower > upper."""

    body: Core
    index: Sym
    lower: Core
    upper: Core


@dataclass(frozen=True, slots=True, repr=False)
class D(Core):
    """Partial derivative of body by a Sym or Ref, all distinct entries independent."""

    body: Core
    var: Core


@dataclass(frozen=True, slots=True, repr=False)
class Delta(Core):
    """1 where left = right (as integers), else 0."""

    left: Core
    right: Core


@dataclass(frozen=True, slots=True, repr=False)
class Given(Core):
    """A hypothesis.  Free *index* symbols in it stand for every integer in their range.

    ``op`` is "=", "!=", "<", "<=", ">", ">=" or "in"; for "in", ``rhs`` is unused and ``values``
    lists the possible values.  ``text`` is what the author wrote, for reports.
    """

    lhs: Core
    op: str
    rhs: Core
    values: tuple[Fraction, ...] = ()
    text: str = ""


def every_entry(term: Core) -> bool:
    """Does x_i or A_{ij} stand for all entries: letters as indices, each another one?"""
    indices = term.indices if isinstance(term, Ref) else ()
    letters = [k for k in indices if isinstance(k, Sym) and k.sort == "index"]
    return len(set(letters)) == len(indices)


def symmetry(g: Given) -> int:
    """1 for A_ij = A_ji, -1 for A_ij = -A_ji, else 0."""
    match g:
        case Given(Ref(name, (i, j)), "=", Ref(other, (k, l))) if (name, i, j) == (other, l, k) and i != j:
            return 1
        case Given(Ref() as left, "=", Mul((Num(value), Ref() as right))) if value == -1:
            return -symmetry(Given(left, "=", right))
    return 0


_CHILDREN: dict[type[Core], Callable[[Any], tuple[Core, ...]]] = {
    Add: lambda t: t.terms,
    Mul: lambda t: t.factors,
    Div: lambda t: (t.num, t.den),
    Pow: lambda t: (t.base, t.exp),
    Call: lambda t: t.args,
    Ref: lambda t: t.indices,
    Sum: lambda t: (t.body, t.index, t.lower, t.upper),
    D: lambda t: (t.body, t.var),
    Delta: lambda t: (t.left, t.right),
}


def children(term: Core) -> tuple[Core, ...]:
    """The direct subterms, in the order written."""
    fields = _CHILDREN.get(type(term))
    return fields(term) if fields else ()


def rebuild(term: Core, fn: Callable[[Core], Core]) -> Core:
    """The term with ``fn`` applied to its direct subterms (a Sum's index is left alone)."""
    match term:
        case Add(terms):
            return Add(tuple(map(fn, terms)))
        case Mul(factors):
            return Mul(tuple(map(fn, factors)))
        case Div(num, den):
            return Div(fn(num), fn(den))
        case Pow(base, exp):
            return Pow(fn(base), fn(exp))
        case Call(name, args, orders):
            return Call(name, tuple(map(fn, args)), orders)
        case Ref(name, indices):
            return Ref(name, tuple(map(fn, indices)))
        case Sum(body, index, lower, upper):
            return Sum(fn(body), index, fn(lower), fn(upper))
        case D(body, var):
            return D(fn(body), fn(var))
        case Delta(left, right):
            return Delta(fn(left), fn(right))
    return term


def rename(t: Core, old: Sym, new: Sym) -> Core:
    """The term with the free symbol ``old`` replaced."""
    if t == old:
        return new
    if isinstance(t, Sum) and t.index == old:
        return Sum(t.body, t.index, rename(t.lower, old, new), rename(t.upper, old, new))
    return rebuild(t, lambda k: rename(k, old, new))


def walk(term: Core) -> Iterator[Core]:
    """The term and every subterm, outermost first, without recursion."""
    stack = [term]
    while stack:
        t = stack.pop()
        yield t
        fields = _CHILDREN.get(t.__class__)
        if fields is not None:
            stack.extend(reversed(fields(t)))


def counts(terms: Iterable[Core]) -> frozenset[str]:
    """Names whose entries end ranges, as n_k does in 1..n_k: they are sizes, integers >= 1."""
    return frozenset(t.upper.name for t in terms if isinstance(t, Sum) and isinstance(t.upper, Ref))


def text(term: Core) -> str:
    """A plain, unambiguous rendering for messages and witnesses; bound indices get plain letters.

    >>> from symgrad.names import Fresh
    >>> i, inner, N = Sym(Fresh("i", 3), "index"), Sym(Fresh("i", 4), "index"), Sym("N", "size")
    >>> one, minus = Num(Fraction(1)), Num(Fraction(-1))
    >>> mean = Mul((Div(one, N), Sum(Ref("x", (inner,)), inner, one, N)))
    >>> text(Sum(Add((Ref("x", (i,)), Mul((minus, mean)))), i, one, N))
    'Sum_{i=1..N}(x_{i} - (1/N)*Sum_{i=1..N}(x_{i}))'
    """
    return _text(_lettered(term, {}), 0)


def _lettered(term: Core, names: Mapping[str, str]) -> Core:
    """Bound indices renamed to letters that capture nothing."""
    match term:
        case Sym(name, "index"):
            return Sym(names[name], "index") if name in names else term
        case Sum(body, index, lower, upper):
            own = letter_of(index.name).replace("'", "") or "i"
            taken = {names.get(k, k) for k in _free(body) - {index.name}}
            letter = next(k for k in (own, *"ijklrstuvpq", index.name) if k not in taken)
            inside = _lettered(body, {**names, index.name: letter})
            return Sum(inside, Sym(letter, "index"), _lettered(lower, names), _lettered(upper, names))
        case Given(lhs, _, rhs):
            return replace(term, lhs=_lettered(lhs, names), rhs=_lettered(rhs, names))
    return rebuild(term, lambda t: _lettered(t, names))


def _free(term: Core) -> set[str]:
    """Names of the symbols that no Sum inside binds."""
    match term:
        case Sym(name):
            return {name}
        case Sum(body, index, lower, upper):
            return (_free(body) - {index.name}) | _free(lower) | _free(upper)
    return {name for child in children(term) for name in _free(child)}


def _text(term: Core, level: int) -> str:
    # level: 0 sum, 1 product, 2 power base
    write = _WRITTEN.get(type(term))
    if write is None:
        raise TypeError(f"not a core term: {term!r}")
    return write(term, level)


def _bracketed(s: str, needed: bool) -> str:
    return f"({s})" if needed else s


def _joined(terms: Iterable[Core], mark: str, level: int = 0) -> str:
    return mark.join([_text(t, level) for t in terms])


def _number(t: Num, level: int) -> str:
    return _bracketed(str(t.value), level > 0 and (t.value < 0 or t.value.denominator != 1))


def _sum_of_terms(t: Add, level: int) -> str:
    return _bracketed(_joined(t.terms, " + ").replace("+ -", "- ") or "0", level > 0)


def _product(t: Mul, level: int) -> str:
    match t.factors:
        case (Num(Fraction(numerator=-1, denominator=1)), *rest) if rest:
            return _bracketed("-" + _text(rest[0] if len(rest) == 1 else Mul(tuple(rest)), 1), level > 0)
        case (factor,):
            return _text(factor, level)
    return _bracketed(_joined(t.factors, "*", 1) or "1", level > 1)


def _quotient(t: Div, level: int) -> str:
    return _bracketed(f"{_text(t.num, 1)}/{_text(t.den, 2)}", level > 0)


def _power(t: Pow, level: int) -> str:
    return _bracketed(f"{_text(t.base, 2)}^{_text(t.exp, 2)}", level > 1)


def _call(t: Call, level: int) -> str:
    mark = "^{(" + ",".join(map(str, t.orders)) + ")}" if any(t.orders) else ""
    return t.fn + mark + (f"({_joined(t.args, ', ')})" if t.args else "")


def _sum(t: Sum, level: int) -> str:
    return f"Sum_{{{t.index.name}={_text(t.lower, 0)}..{_text(t.upper, 0)}}}({_text(t.body, 0)})"


def _given(t: Given, level: int) -> str:
    if t.text:
        return t.text
    right = f"{{{', '.join(map(str, t.values))}}}" if t.op == "in" else _text(t.rhs, 0)
    return f"{_text(t.lhs, 0)} {t.op} {right}"


_WRITTEN: dict[type[Core], Callable[[Any, int], str]] = {
    Num: _number,
    Sym: lambda t, level: str(t.name),
    Ref: lambda t, level: f"{t.name}_{{{_joined(t.indices, ',')}}}",
    Add: _sum_of_terms,
    Mul: _product,
    Div: _quotient,
    Pow: _power,
    Call: _call,
    Sum: _sum,
    D: lambda t, level: f"d/d{_text(t.var, 2)}({_text(t.body, 0)})",
    Delta: lambda t, level: f"delta_{{{_text(t.left, 0)},{_text(t.right, 0)}}}",
    Given: _given,
}

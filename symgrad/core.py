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
from typing import Any, Literal

from .names import letter_of

Sort = Literal["real", "size", "index"]


class Core:
    """Base of the core terms."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Num(Core):
    value: Fraction


@dataclass(frozen=True, slots=True)
class Sym(Core):
    """A scalar: a real parameter, a size (integer >= 1) or an index (integer, bound or free)."""

    name: str
    sort: Sort = "real"


@dataclass(frozen=True, slots=True)
class Ref(Core):
    """An entry of indexed data or of a vector or matrix parameter: x_i, W_{jk}."""

    name: str
    indices: tuple[Core, ...]


@dataclass(frozen=True, slots=True)
class Add(Core):
    terms: tuple[Core, ...]


@dataclass(frozen=True, slots=True)
class Mul(Core):
    factors: tuple[Core, ...]


@dataclass(frozen=True, slots=True)
class Div(Core):
    num: Core
    den: Core


@dataclass(frozen=True, slots=True)
class Pow(Core):
    """base^exp: integer exponents everywhere (base != 0 if negative), rational and symbolic real
    exponents for base > 0 (base >= 0 for positive rationals with even denominator)."""

    base: Core
    exp: Core


@dataclass(frozen=True, slots=True)
class Call(Core):
    """fn(args).  For an undefined function ``orders[k]`` counts derivatives in argument k;
    ``orders`` is () when there are none.  ``E`` of anything is an opaque linear expectation."""

    fn: str
    args: tuple[Core, ...]
    orders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum(Core):
    """Sum of body for index = lower..upper, 0 if lower > upper."""

    body: Core
    index: Sym
    lower: Core
    upper: Core


@dataclass(frozen=True, slots=True)
class D(Core):
    """Partial derivative of body by a Sym or Ref, all distinct entries independent."""

    body: Core
    var: Core


@dataclass(frozen=True, slots=True)
class Delta(Core):
    """1 where left = right (as integers), else 0."""

    left: Core
    right: Core


@dataclass(frozen=True, slots=True)
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
    match term:
        case Num(value):
            s = str(value)
            return f"({s})" if level and (value < 0 or value.denominator != 1) else s
        case Sym(name):
            return name
        case Ref(name, indices):
            return f"{name}_{{{','.join(_text(k, 0) for k in indices)}}}"
        case Add(terms):
            s = " + ".join(_text(t, 0) for t in terms).replace("+ -", "- ") or "0"
            return f"({s})" if level else s
        case Mul(factors):
            if len(factors) > 1 and factors[0] == Num(Fraction(-1)):
                s = "-" + _text(factors[1] if len(factors) == 2 else Mul(factors[1:]), 1)
                return f"({s})" if level else s
            if len(factors) == 1:
                return _text(factors[0], level)
            s = "*".join(_text(t, 1) for t in factors) or "1"
            return f"({s})" if level > 1 else s
        case Div(num, den):
            s = f"{_text(num, 1)}/{_text(den, 2)}"
            return f"({s})" if level else s
        case Pow(base, exp):
            s = f"{_text(base, 2)}^{_text(exp, 2)}"
            return f"({s})" if level > 1 else s
        case Call(fn, args, orders):
            mark = "^{(" + ",".join(map(str, orders)) + ")}" if any(orders) else ""
            return fn + mark + ("(" + ", ".join(_text(a, 0) for a in args) + ")" if args else "")
        case Sum(body, index, lower, upper):
            return f"Sum_{{{index.name}={_text(lower, 0)}..{_text(upper, 0)}}}({_text(body, 0)})"
        case D(body, var):
            return f"d/d{_text(var, 2)}({_text(body, 0)})"
        case Delta(left, right):
            return f"delta_{{{_text(left, 0)},{_text(right, 0)}}}"
        case Given(lhs, op, rhs, values, shown):
            if shown:
                return shown
            if op == "in":
                return f"{_text(lhs, 0)} in {{{', '.join(map(str, values))}}}"
            return f"{_text(lhs, 0)} {op} {_text(rhs, 0)}"
    raise TypeError(f"not a core term: {term!r}")

"""The domain of a term as received: what must hold for it to have a value.

>>> from symgrad.core import Div, Num, Sym
>>> conditions(Div(Sym("a"), Sym("b")), ())
['b != 0']
>>> conditions(Div(Sym("a"), Sym("N", "size")), ())
[]
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from fractions import Fraction
from math import prod

from ..core import Add, Call, Core, Div, Given, Mul, Num, Pow, Ref, Sum, Sym, children, counts, text, walk
from ..functions import FUNCTIONS, NONNEGATIVE, POSITIVE, at
from ..patterns import Pattern

ONE = Num(Fraction(1))
_FRESH = Pattern(r"(\w+)#\d+")  # k#1, a name that elaboration made


def conditions(term: Core, given: tuple[Given, ...]) -> list[str]:
    """Conditions of the term's domain that do not hold by structure or by a sign that is given."""
    positive = {
        g.lhs.name for g in given
        if g.op == ">" and isinstance(g.lhs, Sym | Ref) and isinstance(g.rhs, Num) and g.rhs.value >= 0
    }
    positive |= counts(walk(term))
    # A bound index that runs from 1 on is as positive as a size.
    terms = list(_meant(term))
    bound = [(t.index.name, _positive(t.lower, positive)) for t in terms if isinstance(t, Sum)]
    positive |= {name for name, above in bound if above} - {name for name, above in bound if not above}
    out: dict[str, dict[str, None]] = {}
    seen: dict[str, str] = {}

    def demand(t: Core, relation: str) -> None:
        if isinstance(t, Pow) and isinstance(t.exp, Num) and t.exp.value % 2 == 0 and relation != ">=":
            return nonzero(t.base)
        if isinstance(t, Call) and t.fn == "abs" and relation == ">":
            return nonzero(t.args[0])
        holds = {"!=": _nonzero, ">": _positive, ">=": nonnegative}[relation]
        if not holds(t, positive):
            shown = _plain(text(t))
            out.setdefault(seen.setdefault(_plain(_sorted(t)), shown), {})[relation] = None

    def nonzero(t: Core) -> None:
        match t:
            case Mul(factors):
                for f in factors:
                    nonzero(f)
            case Pow(base, Num()) | Call("sqrt" | "abs", (base,)):
                nonzero(base)
            case Div(num, _):
                nonzero(num)
            case _:
                demand(t, "!=")

    for t in terms:
        if isinstance(t, Num | Sym | Ref | Add | Mul):
            continue
        match t:
            case Div(_, den):
                nonzero(den)
            case Pow(base, Num(value)):
                if value.denominator != 1:
                    demand(base, ">" if value < 0 else ">=")
                elif value < 0:
                    nonzero(base)
            case Pow(base, exp):
                if not integral(exp):
                    demand(base, ">")
                else:
                    least = _least(exp)
                    if least is None or least < 0:
                        nonzero(base)
            case Call("step" | "sign", (arg,)):
                if not integral(arg):
                    demand(_unsigned(arg), "!=")
            case Call(fn, (arg,)) if fn in FUNCTIONS:
                for k, relation in FUNCTIONS[fn].demands or ():
                    demand(at(k, arg), relation) if relation != "!=" else nonzero(at(k, arg))
    return [f"{shown} {relation} 0" for shown, found in out.items() for relation in _strongest(found)]


def _meant(term: Core) -> Iterator[Core]:
    """The subterms, also those of what a function means."""
    for t in walk(term):
        yield t
        if isinstance(t, Call) and t.fn in FUNCTIONS and FUNCTIONS[t.fn].demands is None:
            yield from _meant(at(FUNCTIONS[t.fn].meant, t.args[0]))


def _plain(shown: str) -> str:
    """``x_{i#1}`` as ``x_{i}``: it is demanded for every i; but i#1 and i#2 stay apart."""
    fresh = {found.group() for found in _FRESH.finditer(shown)}
    letters = {name.partition("#")[0] for name in fresh}
    if len(letters) < len(fresh) or any(re.search(rf"\b{k}\b(?!#)", shown) for k in letters):
        return shown.replace("#", "'")
    return _FRESH.sub(r"\1", shown)


def _sorted(t: Core) -> str:
    """The text of a term, sums and products in alphabetical order."""
    if isinstance(t, Add | Mul):
        parts = sorted(map(_sorted, children(t)))
        return f"({(' + ' if isinstance(t, Add) else ' * ').join(parts)})"
    return text(t)


def _strongest(relations: dict[str, None]) -> tuple[str, ...]:
    """t > 0 says all that t >= 0 and t != 0 say."""
    return (">",) if ">" in relations or len(relations) > 1 else tuple(relations)


def _unsigned(t: Core) -> Core:
    """t or -t, whichever is written without a sign in front."""
    match t:
        case Mul((Num(value), *rest)) if value == -1 and rest:
            return rest[0] if len(rest) == 1 else Mul(tuple(rest))
    return t


def _nonzero(t: Core, known: set[str]) -> bool:
    if isinstance(t, Num):
        return t.value != 0
    return _positive(t, known) or _positive(_negated(t), known)


def integral(t: Core) -> bool:
    """Is the term an integer by the way it is written?"""
    return all(
        (isinstance(k, Sym) and k.sort != "real") or isinstance(k, Add | Mul)
        or (isinstance(k, Num) and k.value.denominator == 1)
        for k in walk(t)
    )


def _least(t: Core) -> Fraction | None:
    """The least value of an exponent, sizes being >= 1 and indices >= 0; None if there is none."""
    match t:
        case Num(value):
            return value
        case Sym(_, sort):
            return None if sort == "real" else Fraction(sort == "size")
        case Add(terms) | Mul(terms):
            parts = [k for k in map(_least, terms) if k is not None]
            if len(parts) < len(terms):
                return None
            if isinstance(t, Add):
                return sum(parts, Fraction(0))
            if all(k >= 0 for k in parts) or all(isinstance(k, Num) for k in terms):
                return Fraction(prod(parts))
    return None


def _negated(t: Core) -> Core:
    match t:
        case Add(terms):
            return Add(tuple(_negated(k) for k in terms))
        case Mul(factors):
            flipped = [k for k in factors if not (isinstance(k, Num) and k.value == -1)]
            odd = (len(factors) - len(flipped)) % 2
            return Mul(tuple(flipped) or (ONE,)) if odd else Mul((Num(Fraction(-1)), t))
        case Num(value):
            return Num(-value)
    return Mul((Num(Fraction(-1)), t))


def _positive(t: Core, known: Container[str]) -> bool:
    match t:
        case Num(value):
            return value > 0
        case Sym(name, sort):
            return sort == "size" or name in known
        case Ref(name):
            return name in known
        case Call(fn) if fn in POSITIVE:
            return True
        case Call("sqrt" | "abs", (a,)):
            return _positive(a, known)
        case Add(terms):
            if all(nonnegative(k, known) for k in terms) and any(_positive(k, known) for k in terms):
                return True
            # 1 - sigma(z), 1 - tanh(z)^2
            match terms:
                case (Num(value), Mul((Num(minus), Call("sigma")))) if value >= 1 and minus == -1:
                    return True
                case (Num(value), Mul((Num(minus), Pow(Call("tanh"), Num(two))))):
                    return value >= 1 and minus == -1 and two == 2
            return False
        case Mul(factors):
            return all(_positive(k, known) for k in factors)
        case Div(num, den):
            return _positive(num, known) and _positive(den, known)
        case Pow(base, _):
            return _positive(base, known)
        case Sum(body, _, lower, upper):
            return lower == ONE and _positive(upper, known) and _positive(body, known)
    return False


def nonnegative(t: Core, known: Container[str] = ()) -> bool:
    """Is the term >= 0 by the way it is written?"""
    match t:
        case Num(value):
            return value >= 0
        case Pow(_, Num(value)):
            return (value.denominator == 1 and value.numerator % 2 == 0) or _positive(t, known)
        case Call(fn) if fn in NONNEGATIVE:
            return True
        case Add(terms):
            return all(nonnegative(k, known) for k in terms)
        case Mul(factors):
            return all(n % 2 == 0 or nonnegative(k, known) for k, n in Counter(factors).items())
        case Div(num, den):
            return nonnegative(num, known) and nonnegative(den, known)
        case Sum(body):
            return nonnegative(body, known)
    return _positive(t, known)

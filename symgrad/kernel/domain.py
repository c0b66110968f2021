"""The domain of a term as received: what must hold for it to have a value.

>>> from symgrad.core import Div, Num, Sym
>>> conditions(Div(Sym("a"), Sym("b")), ())
['b != 0']
>>> conditions(Div(Sym("a"), Sym("N", "size")), ())
[]
"""

from __future__ import annotations

from fractions import Fraction

from ..core import Add, Call, Core, Div, Given, Mul, Num, Pow, Ref, Sum, Sym, text, walk

ONE = Num(Fraction(1))


def conditions(term: Core, given: tuple[Given, ...]) -> list[str]:
    """Conditions of the term's domain that do not hold by structure or by a sign that is given."""
    positive = {
        g.lhs.name for g in given
        if g.op == ">" and isinstance(g.lhs, Sym | Ref) and isinstance(g.rhs, Num) and g.rhs.value >= 0
    }
    out: dict[str, None] = {}

    def nonzero(t: Core) -> None:
        match t:
            case Mul(factors):
                for f in factors:
                    nonzero(f)
            case Pow(base, Num()) | Call("sqrt", (base,)):
                nonzero(base)
            case Div(num, _):
                nonzero(num)
            case Num(value) if value:
                pass
            case _:
                if not _positive(t, positive) and not _positive(_negated(t), positive):
                    out[f"{text(t)} != 0"] = None

    for t in walk(term):
        match t:
            case Div(_, den):
                nonzero(den)
            case Pow(base, Num(value)):
                if value.denominator != 1:
                    if not _positive(base, positive):
                        out[f"{text(base)} {'>' if value < 0 else '>='} 0"] = None
                elif value < 0:
                    nonzero(base)
            case Pow(base, exp):
                if _integral(exp):
                    if not _natural(exp):
                        nonzero(base)
                elif not _positive(base, positive):
                    out[f"{text(base)} > 0"] = None
            case Call("log", (arg,)):
                if not _positive(arg, positive):
                    out[f"{text(arg)} > 0"] = None
            case Call("sqrt", (arg,)):
                if not _nonnegative(arg, positive):
                    out[f"{text(arg)} >= 0"] = None
            case Call("step" | "sign", (arg,)):
                out[f"{text(arg)} != 0"] = None
    return list(out)


def _integral(t: Core) -> bool:
    return all(
        (isinstance(k, Sym) and k.sort != "real") or isinstance(k, Add | Mul)
        or (isinstance(k, Num) and k.value.denominator == 1)
        for k in walk(t)
    )


def _natural(t: Core) -> bool:
    return all(not (isinstance(k, Num) and k.value < 0) and not (isinstance(k, Sym) and k.sort == "real")
               for k in walk(t))


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


def _positive(t: Core, known: set[str]) -> bool:
    match t:
        case Num(value):
            return value > 0
        case Sym(name, sort):
            return sort == "size" or name in known
        case Ref(name):
            return name in known
        case Call("exp" | "sigma" | "cosh" | "pi"):
            return True
        case Call("sqrt" | "abs", (a,)):
            return _positive(a, known)
        case Add(terms):
            if all(_nonnegative(k, known) for k in terms) and any(_positive(k, known) for k in terms):
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


def _nonnegative(t: Core, known: set[str]) -> bool:
    match t:
        case Num(value):
            return value >= 0
        case Pow(_, Num(value)):
            return (value.denominator == 1 and value.numerator % 2 == 0) or _positive(t, known)
        case Call("abs" | "relu" | "sqrt" | "step"):
            return True
        case Add(terms):
            return all(_nonnegative(k, known) for k in terms)
        case Mul(factors):
            if len(factors) % 2 == 0 and factors[: len(factors) // 2] == factors[len(factors) // 2 :]:
                return True
            return all(_nonnegative(k, known) for k in factors)
        case Div(num, den):
            return _nonnegative(num, known) and _nonnegative(den, known)
        case Sum(body):
            return _nonnegative(body, known)
    return _positive(t, known)

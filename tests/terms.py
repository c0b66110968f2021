"""A small builder of core terms for tests: operators, ``x[i]``, ``total(i, 1, N, body)``."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symgrad.core import Add, Call, Core, D, Delta, Div, Given, Mul, Num, Pow, Ref, Sum, Sym
from symgrad.kernel.verdict import Verdict
from symgrad.prover import judge


class T:
    """A core term with Python's operators."""

    __slots__ = ("core",)

    def __init__(self, core: Core) -> None:
        self.core = core

    def __add__(self, other: Any) -> T:
        return T(Add((self.core, lift(other))))

    def __radd__(self, other: Any) -> T:
        return T(Add((lift(other), self.core)))

    def __sub__(self, other: Any) -> T:
        return self + -T(lift(other))

    def __rsub__(self, other: Any) -> T:
        return T(lift(other)) - self

    def __neg__(self) -> T:
        return T(Mul((Num(Fraction(-1)), self.core)))

    def __mul__(self, other: Any) -> T:
        return T(Mul((self.core, lift(other))))

    def __rmul__(self, other: Any) -> T:
        return T(Mul((lift(other), self.core)))

    def __truediv__(self, other: Any) -> T:
        return T(Div(self.core, lift(other)))

    def __rtruediv__(self, other: Any) -> T:
        return T(Div(lift(other), self.core))

    def __pow__(self, other: Any) -> T:
        return T(Pow(self.core, lift(other)))

    def __getitem__(self, where: Any) -> T:
        """An entry: the symbol's name is the name of the data."""
        assert isinstance(self.core, Sym)
        places = where if isinstance(where, tuple) else (where,)
        return T(Ref(self.core.name, tuple(map(lift, places))))


def lift(value: Any) -> Core:
    if isinstance(value, T):
        return value.core
    return value if isinstance(value, Core) else Num(Fraction(value))


def reals(names: str) -> list[T]:
    return [T(Sym(n)) for n in names.split()]


def sizes(names: str) -> list[T]:
    return [T(Sym(n, "size")) for n in names.split()]


def indices(names: str) -> list[T]:
    return [T(Sym(n, "index")) for n in names.split()]


def total(i: T, lower: Any, upper: Any, body: Any) -> T:
    assert isinstance(i.core, Sym)
    return T(Sum(lift(body), i.core, lift(lower), lift(upper)))


def d(body: Any, *by: T) -> T:
    """Derivative of ``body`` by each variable in turn."""
    out = lift(body)
    for v in by:
        out = D(out, v.core)
    return T(out)


def delta(a: Any, b: Any) -> T:
    return T(Delta(lift(a), lift(b)))


def fn(name: str, *orders: int) -> Any:
    return lambda *args: T(Call(name, tuple(map(lift, args)), orders))


def given(lhs: Any, op: str, rhs: Any = 0, text: str = "") -> Given:
    if op == "in":
        return Given(lift(lhs), op, Num(Fraction(0)), tuple(map(Fraction, rhs)), text)
    return Given(lift(lhs), op, lift(rhs), (), text)


def verdict(lhs: Any, rhs: Any, *givens: Given) -> Verdict:
    return judge(lift(lhs), lift(rhs), givens)


exp, log, sigma, tanh, sinh, cosh, sqrt = map(fn, ("exp", "log", "sigma", "tanh", "sinh", "cosh", "sqrt"))
absolute, relu, step, sign, largest, smallest = map(fn, ("abs", "relu", "step", "sign", "max", "min"))
E, f, g = fn("E"), fn("f"), fn("g")
sin, cos, tan = fn("sin"), fn("cos"), fn("tan")

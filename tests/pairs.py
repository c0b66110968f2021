"""Seeded pairs of terms: equal by construction, or mutated.

A term is drawn from a construct's grammar and rewritten by a few identities, each applied at a random
place; the rewritings are written here once more, independently of the judge.  A mutation changes one
number, name, index, sign or function of the rewritten side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from symgrad.core import (
    Add,
    Call,
    Core,
    D,
    Delta,
    Div,
    Given,
    Mul,
    Num,
    Pow,
    Ref,
    Sum,
    Sym,
    children,
    rebuild,
    walk,
)

ONE, ZERO, TWO, MINUS = (Num(Fraction(k)) for k in (1, 0, 2, -1))
SIZES = {"x": "N", "y": "N", "u": "K", "v": "K"}


@dataclass
class Grammar:
    """What a construct may contain."""

    functions: tuple[str, ...] = ()
    sums: int = 0
    divisions: bool = False
    derivatives: bool = False
    deltas: bool = False
    depth: int = 3
    scalars: tuple[str, ...] = ("a", "b", "c")
    vectors: bool = False
    orders: int = 1
    roots: bool = False
    pairs: bool = False
    softmax: bool = False
    matrices: bool = False
    triangles: bool = False
    ranges: bool = False
    givens: tuple[str, ...] = ()


def call(name: str, *args: Core) -> Core:
    return Call(name, args)


def add(*terms: Core) -> Core:
    return Add(terms)


def mul(*factors: Core) -> Core:
    return Mul(factors)


def neg(t: Core) -> Core:
    return Mul((MINUS, t))


class Maker:
    """Draws terms and rewrites them."""

    def __init__(self, rng: Random, grammar: Grammar) -> None:
        self.rng, self.g, self.count = rng, grammar, 0

    # -- terms ---------------------------------------------------------------------------------
    def term(self, depth: int, bound: tuple[tuple[Sym, str], ...] = (), sums: int = 0) -> Core:
        rng, g = self.rng, self.g
        kinds = ["leaf"] if depth <= 0 else ["add", "mul", "add", "mul", "pow", "leaf"]
        if depth > 0 and g.functions:
            kinds += ["call"] * 3
        if depth > 0 and g.divisions:
            kinds.append("div")
        if depth > 0 and sums < g.sums:
            kinds += ["sum"] * 4
        if depth > 0 and g.softmax and any(size == "K" for _, size in bound):
            kinds += ["softmax"] * 4
        match rng.choice(kinds):
            case "add":
                return add(self.term(depth - 1, bound, sums), self.term(depth - 1, bound, sums))
            case "mul":
                return mul(self.term(depth - 1, bound, sums), self.term(depth - 1, bound, sums))
            case "pow":
                return Pow(self.term(depth - 1, bound, sums), Num(Fraction(rng.choice((2, 2, 3)))))
            case "call":
                return self.function(depth, bound, sums)
            case "div":
                return Div(self.term(depth - 1, bound, sums), self.positive(bound))
            case "sum":
                return self.pair_sum(depth, bound, sums) if g.pairs else self.sum(depth, bound, sums)
            case "softmax":
                return softmax(self, rng.choice([i for i, size in bound if size == "K"]))
        return self.leaf(bound)

    def pair_sum(self, depth: int, bound: tuple[tuple[Sym, str], ...], sums: int) -> Core:
        """Sum over i and j of something in x_i - x_j."""
        i, j = self.index(), self.index()
        gap = add(Ref("x", (i,)), neg(Ref("x", (j,))))
        core = self.rng.choice(
            (
                call("sigma", gap),
                call("tanh", gap),
                Div(ONE, add(ONE, Pow(gap, TWO))),
                Pow(gap, TWO),
                Div(gap, add(ONE, Pow(gap, TWO))),
                call("log", add(ONE, call("exp", gap))),
            )
        )
        if self.rng.random() < 0.5:
            core = mul(core, self.leaf((*bound, (i, "N"), (j, "N"))))
        n = Sym("N", "size")
        return Sum(Sum(core, i, ONE, n), j, ONE, n)

    def function(self, depth: int, bound: tuple[tuple[Sym, str], ...], sums: int) -> Core:
        name = self.rng.choice(self.g.functions)
        inner = min(depth - 1, 1 if name != "f" else 2)
        if name == "power":
            return Pow(
                self.positive(bound, deep=True),
                Num(Fraction(self.rng.choice((1, 3, -1)), self.rng.choice((2, 3)))),
            )
        if name == "log" or name == "sqrt":
            return call(name, self.positive(bound, deep=True))
        if name == "even":
            r = Fraction(self.rng.choice((1, 1, -1, 2)), self.rng.choice((2, 3, 6)))
            return Pow(Pow(self.term(inner, bound, sums), TWO), Num(r))
        if name == "logeven":
            return call("log", Pow(self.term(inner, bound, sums), TWO))
        if name in ("max", "min"):
            return call(name, self.term(inner, bound, sums), self.term(inner, bound, sums))
        if name == "softplus":
            return call("log", add(ONE, call("exp", self.term(inner, bound, sums))))
        if name == "lse":
            k = self.index()
            z = self.term(inner, (*bound, (k, "K")), 9)
            return call("log", Sum(call("exp", z), k, ONE, Sym("K", "size")))
        return call(name, self.term(inner, bound, sums))

    def positive(self, bound: tuple[tuple[Sym, str], ...], deep: bool = False) -> Core:
        """A term that is positive everywhere, or a symbol used as a denominator."""
        t = self.leaf(bound) if not deep else self.term(1, bound, 9)
        options = [add(ONE, Pow(t, TWO)), call("exp", t), add(TWO, Pow(t, TWO)), Sym("N", "size")]
        if "positive" in self.g.givens:
            options += [Sym("a"), mul(Sym("a"), Sym("d"))]
        if not deep:
            options += [add(t, ONE), t if not isinstance(t, Num) else TWO]
        return self.rng.choice(options)

    def sum(self, depth: int, bound: tuple[tuple[Sym, str], ...], sums: int) -> Core:
        i = self.index()
        size = self.rng.choice(("N", "N", "K")) if self.g.sums > 1 else "N"
        lower, upper = self.range(size, bound)
        body = self.term(depth - 1, (*bound, (i, size)), sums + 1)
        return Sum(body, i, lower, upper)

    def range(self, size: str, bound: tuple[tuple[Sym, str], ...]) -> tuple[Core, Core]:
        n = Sym(size, "size")
        if not self.g.ranges:
            return ONE, n
        outer = [i for i, _ in bound]
        uppers: list[Core] = [n, n, add(n, ONE), add(n, MINUS), *outer, *(add(i, MINUS) for i in outer)]
        lowers: list[Core] = [ONE, ONE, ZERO, TWO, *outer, *(add(i, ONE) for i in outer)]
        return self.rng.choice(lowers), self.rng.choice(uppers)

    def index(self) -> Sym:
        self.count += 1
        return Sym(f"i{self.count}", "index")

    def leaf(self, bound: tuple[tuple[Sym, str], ...]) -> Core:
        rng, g = self.rng, self.g
        if bound and rng.random() < 0.75:
            i, size = rng.choice(bound)
            names = [n for n, s in SIZES.items() if s == size]
            if len(bound) > 1 and rng.random() < (0.6 if g.matrices else 0.3):
                j, other = rng.choice(bound)
                return Ref("W" + size + other, (i, j))
            return Ref(rng.choice(names), (i,))
        if rng.random() < 0.2:
            return Num(Fraction(rng.choice((1, 2, 3, -1, -2)), rng.choice((1, 1, 2))))
        if self.g.sums and rng.random() < 0.1:
            return Sym("N", "size")
        return Sym(rng.choice(self.g.scalars))

    # -- rewriting -----------------------------------------------------------------------------
    def rewrite(self, t: Core, times: int) -> Core:
        for _ in range(times):
            places = list(paths(t))
            self.rng.shuffle(places)
            for path in places[:12]:
                sub = at(t, path)
                new = self.step(sub)
                if new is not None:
                    t = put(t, path, new)
                    break
        return t

    def step(self, t: Core) -> Core | None:
        options = [r for r in RULES if r is not None]
        self.rng.shuffle(options)
        for rule in options[:8]:
            new = rule(self, t)
            if new is not None:
                return new
        return None


Rule = Callable[[Maker, Core], Core | None]
RULES: list[Rule] = []


def rule(fn: Rule) -> Rule:
    RULES.append(fn)
    return fn


@rule
def commute(m: Maker, t: Core) -> Core | None:
    match t:
        case Add(ts) if len(ts) > 1:
            return Add(tuple(m.rng.sample(ts, len(ts))))
        case Mul(ts) if len(ts) > 1:
            return Mul(tuple(m.rng.sample(ts, len(ts))))
    return None


@rule
def distribute(m: Maker, t: Core) -> Core | None:
    match t:
        case Mul((a, Add(ts))) | Mul((Add(ts), a)):
            return Add(tuple(mul(k, a) for k in ts))
        case Div(Add(ts), b):
            return Add(tuple(Div(k, b) for k in ts))
        case Div(a, b):
            return mul(a, Pow(b, MINUS)) if m.rng.random() < 0.5 else mul(Div(ONE, b), a)
    return None


@rule
def expand(m: Maker, t: Core) -> Core | None:
    match t:
        case Pow(Add((a, b)), Num(v)) if v == 2:
            return add(Pow(a, TWO), mul(TWO, a, b), Pow(b, TWO))
        case Pow(a, Num(v)) if v in (2, 3):
            return mul(a, Pow(a, Num(v - 1))) if v == 3 else mul(a, a)
        case Pow(Mul((a, b)), Num(v)) if v.denominator == 1:
            return mul(Pow(a, Num(v)), Pow(b, Num(v)))
    return None


@rule
def nothing(m: Maker, t: Core) -> Core | None:
    """a = a + u - u = a (1 + u^2) / (1 + u^2)."""
    if isinstance(t, Num) or m.rng.random() < 0.5:
        return None
    u = Sym(m.rng.choice(m.g.scalars))
    if m.g.divisions and m.rng.random() < 0.5:
        one = add(ONE, Pow(u, TWO))
        return Div(mul(t, one), one)
    return add(add(t, u), neg(u))


@rule
def cofactor(m: Maker, t: Core) -> Core | None:
    match t:
        case Add((Div(a, b), Div(c, e))):
            return Div(add(mul(a, e), mul(c, b)), mul(b, e))
        case Div(a, b) if m.g.divisions:
            return Div(ONE, Div(b, a)) if isinstance(a, Num) and a.value else Div(mul(TWO, a), mul(TWO, b))
    return None


@rule
def linearity(m: Maker, t: Core) -> Core | None:
    match t:
        case Sum(Add(ts), i, lo, hi):
            return Add(tuple(Sum(k, i, lo, hi) for k in ts))
        case Sum(Mul((a, b)), i, lo, hi):
            if i not in set(walk(a)):
                return mul(a, Sum(b, i, lo, hi))
            if i not in set(walk(b)):
                return mul(Sum(a, i, lo, hi), b)
        case Sum(body, i, Num(v), hi) if v == 1 and i not in set(walk(body)) and not indexed(hi):
            return mul(hi, body)
        case Mul((a, Sum(body, i, lo, hi))) | Mul((Sum(body, i, lo, hi), a)) if i not in set(walk(a)):
            return Sum(mul(a, body), i, lo, hi)
    return None


def indexed(t: Core) -> bool:
    """Does an index stand in it?  (A range up to i - 1 may be empty, one up to N - 1 has N - 1 places.)"""
    return any(isinstance(k, Sym) and k.sort == "index" for k in walk(t))


@rule
def rename_index(m: Maker, t: Core) -> Core | None:
    match t:
        case Sum(body, i, lo, hi):
            j = m.index()
            return Sum(replace(body, i, j), j, lo, hi)
    return None


@rule
def shift(m: Maker, t: Core) -> Core | None:
    match t:
        case Sum(body, i, lo, hi):
            k = Num(Fraction(m.rng.choice((1, -1, 2))))
            return Sum(replace(body, i, add(i, neg(k))), i, add(lo, k), add(hi, k))
    return None


@rule
def split(m: Maker, t: Core) -> Core | None:
    """A term split off at either end (sizes are at least 1, an outer index may be 0)."""
    match t:
        case Sum(body, i, Num(v), Sym(sort="size") as hi) if v == 1:
            if m.rng.random() < 0.5:
                return add(replace(body, i, ONE), Sum(body, i, TWO, hi))
            return add(Sum(body, i, ONE, add(hi, MINUS)), replace(body, i, hi))
    return None


@rule
def swap(m: Maker, t: Core) -> Core | None:
    match t:
        case Sum(Sum(body, j, lo2, hi2), i, lo, hi) if i not in {*walk(lo2), *walk(hi2)}:
            if lo == lo2 and hi == hi2 and m.rng.random() < 0.4:
                k = m.index()
                body = replace(replace(replace(body, i, k), j, i), k, j)
                return Sum(Sum(body, j, lo, hi), i, lo, hi)
            return Sum(Sum(body, i, lo, hi), j, lo2, hi2)
    return None


@rule
def product_of_sums(m: Maker, t: Core) -> Core | None:
    match t:
        case Mul((Sum(a, i, lo, hi), Sum(b, j, lo2, hi2))):
            one, other = m.index(), m.index()
            return Sum(Sum(mul(replace(a, i, one), replace(b, j, other)), one, lo, hi), other, lo2, hi2)
        case Pow(Sum(a, i, lo, hi) as s, Num(v)) if v == 2:
            return mul(s, s)
    return None


@rule
def sampling(m: Maker, t: Core) -> Core | None:
    """x_i = sum_k delta_ik x_k within the range."""
    match t:
        case Sum(body, i, Num(v), Sym() as hi) if m.g.deltas and v == 1:
            k = m.index()
            return Sum(Sum(mul(Delta(i, k), replace(body, i, k)), k, ONE, hi), i, ONE, hi)
    return None


@rule
def exponentials(m: Maker, t: Core) -> Core | None:
    match t:
        case Call("exp", (Add((a, b)),)):
            return mul(call("exp", a), call("exp", b))
        case Call("exp", (Mul((Num(v), a)),)) if v == -1:
            return Div(ONE, call("exp", a))
        case Call("exp", (Mul((Num(v), a)),)) if v == 2:
            return Pow(call("exp", a), TWO)
        case Mul((Call("exp", (a,)), Call("exp", (b,)))):
            return call("exp", add(a, b))
        case Call("exp", (a,)):
            z = a if not isinstance(a, Num) else ONE
            if z is a and m.rng.random() < 0.3:
                return Div(call("sigma", a), call("sigma", neg(a)))
            if m.rng.random() < 0.4:
                return add(call("sinh", a), call("cosh", a))
    return None


@rule
def logistic(m: Maker, t: Core) -> Core | None:
    match t:
        case Call("sigma", (z,)):
            return m.rng.choice(
                (
                    Div(ONE, add(ONE, call("exp", neg(z)))),
                    add(ONE, neg(call("sigma", neg(z)))),
                    Div(call("exp", z), add(call("exp", z), ONE)),
                    Div(add(ONE, call("tanh", Div(z, TWO))), TWO),
                    mul(call("exp", z), call("sigma", neg(z))),
                )
            )
        case Call("tanh", (z,)):
            return m.rng.choice(
                (
                    add(mul(TWO, call("sigma", mul(TWO, z))), MINUS),
                    Div(call("sinh", z), call("cosh", z)),
                    neg(call("tanh", neg(z))),
                    Div(add(call("exp", mul(TWO, z)), MINUS), add(call("exp", mul(TWO, z)), ONE)),
                )
            )
        case Call("cosh", (z,)):
            return m.rng.choice(
                (
                    Div(add(call("exp", z), call("exp", neg(z))), TWO),
                    call("cosh", neg(z)),
                    add(Pow(call("cosh", Div(z, TWO)), TWO), Pow(call("sinh", Div(z, TWO)), TWO)),
                )
            )
        case Call("sinh", (z,)):
            return m.rng.choice(
                (
                    Div(add(call("exp", z), neg(call("exp", neg(z)))), TWO),
                    neg(call("sinh", neg(z))),
                    mul(TWO, call("cosh", Div(z, TWO)), call("sinh", Div(z, TWO))),
                )
            )
    return None


@rule
def trigonometric(m: Maker, t: Core) -> Core | None:
    match t:
        case Call("sin", (Add((a, b)),)):
            return add(mul(call("sin", a), call("cos", b)), mul(call("cos", a), call("sin", b)))
        case Call("cos", (Add((a, b)),)):
            return add(mul(call("cos", a), call("cos", b)), neg(mul(call("sin", a), call("sin", b))))
        case Call("sin", (z,)):
            return m.rng.choice(
                (neg(call("sin", neg(z))), mul(TWO, call("sin", Div(z, TWO)), call("cos", Div(z, TWO))))
            )
        case Call("cos", (z,)):
            return m.rng.choice(
                (call("cos", neg(z)), add(ONE, neg(mul(TWO, Pow(call("sin", Div(z, TWO)), TWO)))))
            )
        case Call("tan", (z,)):
            return m.rng.choice((Div(call("sin", z), call("cos", z)), neg(call("tan", neg(z)))))
        case Num(v) if v == 1 and "sin" in m.g.functions:
            u = Sym(m.rng.choice(m.g.scalars))
            return add(Pow(call("sin", u), TWO), Pow(call("cos", u), TWO))
    return None


@rule
def logarithms(m: Maker, t: Core) -> Core | None:
    match t:
        case Call("log", (Call("exp", (z,)),)):
            return z
        case Call("log", (Add((Num(v), Call("exp", (z,)))),)) if v == 1:
            return m.rng.choice(
                (
                    add(z, call("log", add(ONE, call("exp", neg(z))))),
                    neg(call("log", call("sigma", neg(z)))),
                    add(z, neg(call("log", call("sigma", z)))),
                )
            )
        case Call("log", (Sum(Call("exp", (z,)), k, lo, hi),)):
            c = Sym(m.rng.choice(m.g.scalars))
            return add(c, call("log", Sum(call("exp", add(z, neg(c))), k, lo, hi)))
        case Call("log", (z,)):
            c = add(ONE, Pow(Sym(m.rng.choice(m.g.scalars)), TWO))
            return m.rng.choice(
                (
                    add(call("log", mul(z, c)), neg(call("log", c))),
                    neg(call("log", Div(ONE, z))),
                    Div(call("log", Pow(z, TWO)), TWO),
                )
            )
        case Call("sqrt", (z,)):
            return m.rng.choice(
                (
                    Pow(z, Num(Fraction(1, 2))),
                    Div(z, call("sqrt", z)),
                    Div(call("sqrt", mul(Num(Fraction(4)), z)), TWO),
                    call("exp", Div(call("log", z), TWO)),
                )
            )
    return None


@rule
def kinks(m: Maker, t: Core) -> Core | None:
    match t:
        case Call("relu", (z,)):
            return m.rng.choice(
                (Div(add(z, call("abs", z)), TWO), call("max", z, ZERO), add(z, call("relu", neg(z))))
            )
        case Call("abs", (z,)):
            return m.rng.choice(
                (
                    call("max", z, neg(z)),
                    call("abs", neg(z)),
                    add(call("relu", z), call("relu", neg(z))),
                    call("sqrt", Pow(z, TWO)),
                )
            )
        case Call("max", (a, b)):
            return m.rng.choice(
                (
                    call("max", b, a),
                    Div(add(add(a, b), call("abs", add(a, neg(b)))), TWO),
                    add(a, call("relu", add(b, neg(a)))),
                    neg(call("min", neg(a), neg(b))),
                )
            )
        case Call("min", (a, b)):
            return m.rng.choice(
                (
                    call("min", b, a),
                    add(add(a, b), neg(call("max", a, b))),
                    Div(add(add(a, b), neg(call("abs", add(a, neg(b))))), TWO),
                )
            )
    return None


def softmax(m: Maker, k: Core) -> Core:
    i = m.index()
    return Div(call("exp", Ref("v", (k,))), Sum(call("exp", Ref("v", (i,))), i, ONE, Sym("K", "size")))


@rule
def softmaxes(m: Maker, t: Core) -> Core | None:
    match t:
        case Div(Call("exp", (Ref("v", (k,)),)), Sum(Call("exp"))):
            if m.rng.random() < 0.5:
                i = m.index()
                z = call("log", Sum(call("exp", Ref("v", (i,))), i, ONE, Sym("K", "size")))
                return call("exp", add(Ref("v", (k,)), neg(z)))
            c, i = Sym(m.rng.choice(m.g.scalars)), m.index()
            below = Sum(call("exp", add(Ref("v", (i,)), neg(c))), i, ONE, Sym("K", "size"))
            return Div(call("exp", add(Ref("v", (k,)), neg(c))), below)
        case Num(v) if v == 1 and m.g.softmax and m.rng.random() < 0.5:
            i = m.index()
            return Sum(softmax(m, i), i, ONE, Sym("K", "size"))
    return None


@rule
def powers(m: Maker, t: Core) -> Core | None:
    match t:
        case Pow(a, Num(v)) if v.denominator > 1:
            return m.rng.choice(
                (
                    mul(a, Pow(a, Num(v - 1))),
                    call("exp", mul(Num(v), call("log", a))),
                    Div(ONE, Pow(a, Num(-v))),
                    Pow(Pow(a, Num(v / 2)), TWO),
                )
            )
    return None


@rule
def even_roots(m: Maker, t: Core) -> Core | None:
    """(a^2)^r = |a|^(2r), log a^2 = 2 log|a|."""
    match t:
        case Pow(Pow(a, Num(two)) as square, Num(r)) if two == 2 and r.denominator > 1:
            return m.rng.choice(
                (
                    Pow(call("abs", a), Num(2 * r)),
                    mul(Pow(square, Num(r / 3)), Pow(square, Num(2 * r / 3))),
                    call("exp", mul(Num(r), call("log", square))),
                    Pow(mul(a, a), Num(r)),
                    Pow(Pow(neg(a), TWO), Num(r)),
                )
            )
        case Call("log", (Pow(a, Num(two)),)) if two == 2:
            return m.rng.choice((mul(TWO, call("log", call("abs", a))), call("log", mul(a, a))))
    return None


@rule
def mirrored(m: Maker, t: Core) -> Core | None:
    """A double sum over one range is the average of itself and its mirror image."""
    match t:
        case Sum(Sum(body, j, lo2, hi2), i, lo, hi) if (lo, hi) == (lo2, hi2):
            k = m.index()
            other = replace(replace(replace(body, i, k), j, i), k, j)
            return Sum(Sum(Div(add(body, other), TWO), j, lo, hi), i, lo, hi)
    return None


@rule
def ordered(m: Maker, t: Core) -> Core | None:
    """Sum over j <= i read the other way round."""
    match t:
        case Sum(Sum(body, j, lo2, hi2), i, lo, hi) if hi2 == i and lo2 == lo:
            return Sum(Sum(body, i, j, hi), j, lo, hi)
        case Sum(Sum(body, j, lo2, hi2), i, lo, hi) if (lo, hi) == (lo2, hi2) and m.g.triangles:
            return add(Sum(Sum(body, j, lo, i), i, lo, hi), Sum(Sum(body, j, add(i, ONE), hi), i, lo, hi))
    return None


@rule
def labels(m: Maker, t: Core) -> Core | None:
    """What the givens allow: y^2 = y, q^2 = 1, sum_k u_k = 1, c = a + b, W_ij = W_ji, a > 0."""
    has, one = m.g.givens, m.rng.random() < 0.5
    match t:
        case Ref("y") if "binary" in has:
            return Pow(t, TWO) if one else mul(t, t)
        case Call(name, (z,)) if "binary" in has and name in SLOPES and one:
            s = Sym("s")
            return add(mul(s, call(name, mul(s, z))), mul(add(ONE, neg(s)), t)) if name != "log" else None
        case Sym("s") if "binary" in has:
            return Pow(t, Num(Fraction(3)))
        case Sym("q") if "sign" in has:
            return Pow(t, Num(Fraction(3))) if one else Div(ONE, t)
        case Call("tanh" | "sinh", (z,)) if "sign" in has:
            return mul(Sym("q"), Call(t.fn, (mul(Sym("q"), z),)))
        case Sym("c") if "linear" in has:
            return add(Sym("a"), Sym("b"))
        case Sym("b") if "linear" in has and one:
            return add(Sym("c"), neg(Sym("a")))
        case Num(v) if v == 1 and "simplex" in has:
            i = m.index()
            return Sum(Ref("u", (i,)), i, ONE, Sym("K", "size"))
        case Sym("a" | "b") if "simplex" in has and one:
            i = m.index()
            return Sum(mul(Ref("u", (i,)), t), i, ONE, Sym("K", "size"))
        case Ref("WNN" | "WKK" as name, (i, j)) if "symmetric" in has:
            return Ref(name, (j, i))
        case Sym("a" | "d") if "positive" in has:
            return m.rng.choice(
                (call("abs", t), call("sqrt", Pow(t, TWO)), call("relu", t), call("exp", call("log", t)))
            )
        case Call("log", (Mul((x, y)),)) if "positive" in has:
            return add(call("log", x), call("log", y))
    return None


@rule
def derivatives(m: Maker, t: Core) -> Core | None:
    """One rule of the calculus, at a derivative."""
    match t:
        case D(body, v):
            return slope(m, body, v)
    return None


SLOPES: dict[str, Callable[[Core], Core]] = {
    "exp": lambda z: call("exp", z),
    "log": lambda z: Div(ONE, z),
    "sigma": lambda z: mul(call("sigma", z), call("sigma", neg(z))),
    "tanh": lambda z: Div(ONE, Pow(call("cosh", z), TWO)),
    "sinh": lambda z: call("cosh", z),
    "cosh": lambda z: call("sinh", z),
    "sqrt": lambda z: Div(ONE, mul(TWO, call("sqrt", z))),
    "sin": lambda z: call("cos", z),
    "cos": lambda z: neg(call("sin", z)),
    "tan": lambda z: Div(ONE, Pow(call("cos", z), TWO)),
    "relu": lambda z: call("step", z),
    "abs": lambda z: call("sign", z),
}


def slope(m: Maker, body: Core, v: Core) -> Core | None:
    match body:
        case Add(ts):
            return Add(tuple(D(k, v) for k in ts))
        case Mul(ts) if len(ts) >= 2:
            return Add(tuple(Mul((*ts[:k], D(f, v), *ts[k + 1 :])) for k, f in enumerate(ts)))
        case Div(a, b):
            return Div(add(mul(D(a, v), b), neg(mul(a, D(b, v)))), Pow(b, TWO))
        case Pow(a, Num(n)):
            return mul(Num(n), Pow(a, Num(n - 1)), D(a, v)) if n != 1 else D(a, v)
        case Sum(inner, i, lo, hi) if i not in set(walk(v)):
            return Sum(D(inner, v), i, lo, hi)
        case Num() | Delta():
            return ZERO
        case Sym():
            return ONE if body == v else ZERO
        case Ref(name, where):
            if isinstance(v, Ref) and v.name == name:
                out: Core = ONE
                for p, q in zip(where, v.indices, strict=True):
                    out = mul(out, Delta(p, q))
                return out
            return ZERO
        case Call("f", (z,), orders):
            return mul(Call("f", (z,), ((orders or (0,))[0] + 1,)), D(z, v))
        case Call(name, (z,)) if name in SLOPES:
            return mul(SLOPES[name](z), D(z, v))
    return None


# -- paths ---------------------------------------------------------------------------------------
def paths(t: Core, here: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Where values stand: not inside indices, bounds, deltas, or the variable of a derivative."""
    out = [here]
    kids = children(t)
    match t:
        case Ref() | Delta():
            kids = ()
        case Sum() | D() | Pow(_, Num()):
            kids = kids[:1]
    for k, kid in enumerate(kids):
        out += paths(kid, (*here, k))
    return out


def at(t: Core, path: tuple[int, ...]) -> Core:
    for k in path:
        t = children(t)[k]
    return t


def put(t: Core, path: tuple[int, ...], new: Core) -> Core:
    if not path:
        return new
    place = -1

    def change(kid: Core) -> Core:
        nonlocal place
        place += 1
        return put(kid, path[1:], new) if place == path[0] else kid

    return rebuild(t, change)


def replace(t: Core, old: Core, new: Core) -> Core:
    """``new`` for the index ``old`` (bound names are all distinct or renamed consistently)."""
    if t == old:
        return new
    if isinstance(t, Sum) and t.index == old:
        return t
    return rebuild(t, lambda k: replace(k, old, new))


# -- mutation --------------------------------------------------------------------------------------
SWAPS = {
    "sigma": "tanh",
    "tanh": "sigma",
    "exp": "cosh",
    "sinh": "cosh",
    "cosh": "sinh",
    "log": "exp",
    "f": "g",
    "sin": "cos",
    "cos": "sin",
    "tan": "sin",
    "relu": "abs",
    "abs": "relu",
    "max": "min",
    "min": "max",
    "step": "sign",
    "sign": "step",
}


def mutate(rng: Random, t: Core) -> Core:
    """One change at a random place; the result may by chance still be equal."""
    places = paths(t)
    rng.shuffle(places)
    for path in places:
        sub = at(t, path)
        new: Core | None = None
        match sub:
            case Num(v):
                new = Num(v + rng.choice((1, -1, 2)))
            case Sym(name, "real"):
                new = rng.choice((Sym("b" if name != "b" else "a"), neg(sub), mul(TWO, sub)))
            case Ref("x" | "y", where):
                new = rng.choice((Ref("y" if sub.name == "x" else "x", where), neg(sub), add(sub, ONE)))
            case Ref("u" | "v", where):
                new = rng.choice((Ref("v" if sub.name == "u" else "u", where), neg(sub), Pow(sub, TWO)))
            case Add(ts):
                k = rng.randrange(len(ts))
                new = (
                    Add((*ts[:k], neg(ts[k]), *ts[k + 1 :]))
                    if rng.random() < 0.6
                    else Add((*ts[:k], *ts[k + 1 :]))
                )
            case Mul(ts) if len(ts) > 1:
                k = rng.randrange(len(ts))
                new = Mul((*ts[:k], *ts[k + 1 :]))
            case Call(name, args, orders) if name in SWAPS:
                new = Call(SWAPS[name], args, orders) if rng.random() < 0.5 else neg(sub)
            case Pow(base, Num(v)):
                new = Pow(base, Num(v + 1)) if v != -1 else base
            case Div(a, b):
                new = rng.choice((a, mul(a, b), neg(sub)))
            case Sum(body, i, lo, hi):
                new = rng.choice(
                    (
                        body if i not in set(walk(body)) else neg(sub),
                        Sum(body, i, lo, add(hi, MINUS)),
                        Div(sub, hi),
                    )
                )
        if new is not None and new != sub:
            return put(t, path, new)
    return add(t, ONE)


# -- constructs ----------------------------------------------------------------------------------
CONSTRUCTS: dict[str, Grammar] = {
    "polynomials": Grammar(depth=4),
    "rational": Grammar(divisions=True, depth=4),
    "sums": Grammar(sums=1, depth=4),
    "nested sums": Grammar(sums=3, depth=5),
    "rational sums": Grammar(sums=2, depth=4, divisions=True),
    "deltas": Grammar(sums=2, depth=4, deltas=True),
    "exponentials": Grammar(functions=("exp", "sinh", "cosh", "exp"), depth=4),
    "logistic": Grammar(functions=("sigma", "tanh", "exp"), depth=4, divisions=True),
    "logistic sums": Grammar(functions=("sigma", "tanh"), sums=2, depth=4),
    "trigonometric": Grammar(functions=("sin", "cos", "tan", "exp"), depth=4, divisions=True),
    "trigonometric derivatives": Grammar(functions=("sin", "cos", "log"), sums=1, depth=4, derivatives=True),
    "logarithms": Grammar(functions=("log", "exp", "softplus", "lse"), depth=4),
    "nested functions": Grammar(functions=("sigma", "exp", "tanh", "softplus", "lse"), sums=1, depth=5),
    "derivatives": Grammar(functions=("exp", "sigma", "log", "tanh"), sums=1, depth=4, derivatives=True),
    "derivatives by entries": Grammar(
        functions=("sigma", "exp"), sums=2, depth=4, derivatives=True, vectors=True
    ),
    "undefined functions": Grammar(functions=("f", "f", "exp"), sums=1, depth=4, derivatives=True),
    "kinks": Grammar(functions=("relu", "abs", "max", "min"), depth=4),
    "roots": Grammar(functions=("sqrt", "exp", "power"), depth=3, divisions=True),
    "even roots": Grammar(functions=("even", "even", "logeven", "abs"), depth=3),
    "matrices": Grammar(sums=4, depth=6, matrices=True),
    "pair sums": Grammar(sums=1, depth=3, pairs=True),
    "ordered sums": Grammar(sums=2, depth=5, triangles=True),
    "ranges": Grammar(sums=2, depth=5, ranges=True),
    "rational ranges": Grammar(sums=2, depth=4, ranges=True, divisions=True),
    "deltas in ranges": Grammar(sums=2, depth=4, ranges=True, deltas=True),
    "ranges derived": Grammar(
        functions=("sigma",), sums=2, depth=4, ranges=True, derivatives=True, vectors=True
    ),
    "softmax": Grammar(sums=2, depth=4, softmax=True),
    "softmax derivatives": Grammar(sums=2, depth=3, softmax=True, derivatives=True, vectors=True),
    "Hessians": Grammar(
        functions=("sigma", "exp", "f"), sums=2, depth=3, derivatives=True, vectors=True, orders=2
    ),
    "kinks derived": Grammar(functions=("relu", "abs", "exp"), sums=1, depth=4, derivatives=True),
    "labels 0 and 1": Grammar(
        functions=("sigma", "exp", "f"), sums=1, depth=4, givens=("binary",), scalars=("a", "s")
    ),
    "labels of either sign": Grammar(
        functions=("sigma", "tanh"), sums=1, depth=4, givens=("sign",), scalars=("a", "q")
    ),
    "linear givens": Grammar(functions=("exp",), sums=1, depth=4, givens=("linear",)),
    "simplex": Grammar(functions=("exp",), sums=2, depth=4, givens=("simplex",)),
    "symmetric matrices": Grammar(sums=3, depth=5, matrices=True, givens=("symmetric",)),
    "signs": Grammar(
        functions=("log", "sqrt", "abs", "relu"), depth=4, givens=("positive",), scalars=("a", "b", "d")
    ),
}

ROW, COLUMN = Sym("i", "index"), Sym("j", "index")
GIVENS: dict[str, tuple[Given, ...]] = {
    "binary": (
        Given(Ref("y", (ROW,)), "in", ZERO, (Fraction(0), Fraction(1))),
        Given(Sym("s"), "in", ZERO, (Fraction(0), Fraction(1))),
    ),
    "sign": (Given(Sym("q"), "in", ZERO, (Fraction(-1), Fraction(1))),),
    "linear": (Given(Sym("c"), "=", add(Sym("a"), Sym("b"))),),
    "simplex": (Given(Sum(Ref("u", (ROW,)), ROW, ONE, Sym("K", "size")), "=", ONE),),
    "symmetric": tuple(Given(Ref(w, (ROW, COLUMN)), "=", Ref(w, (COLUMN, ROW))) for w in ("WNN", "WKK")),
    "positive": (Given(Sym("a"), ">", ZERO), Given(Sym("d"), ">", ZERO)),
}


def givens(construct: str) -> tuple[Given, ...]:
    return tuple(g for name in CONSTRUCTS[construct].givens for g in GIVENS[name])


def pair(construct: str, seed: int) -> tuple[Core, Core, bool]:
    """(lhs, rhs, mutated) of one construct."""
    grammar = CONSTRUCTS[construct]
    rng = Random(f"{construct} {seed}")
    m = Maker(rng, grammar)
    lhs = m.term(grammar.depth)
    rhs = lhs
    if grammar.derivatives:
        if grammar.vectors and rng.random() < 0.7:
            names = {t.name for t in walk(lhs) if isinstance(t, Ref)} & set(SIZES) or {"x"}
            v: Core = Ref(rng.choice(sorted(names)), (Sym("j", "index"),))
        else:
            v = Sym(rng.choice(grammar.scalars))
        lhs = D(lhs, v)
        if grammar.orders > 1 and isinstance(v, Ref):
            lhs = D(lhs, Ref(v.name, (Sym("l", "index"),)))
        elif rng.random() < 0.3:
            lhs = D(lhs, Sym(rng.choice(grammar.scalars)))
        rhs = lhs
        for _ in range(40):
            spots = [p for p in paths(rhs) if isinstance(at(rhs, p), D)]
            if not spots or rng.random() < 0.03:
                break
            path = max(spots, key=len)
            inner = at(rhs, path)
            assert isinstance(inner, D)
            new = slope(m, inner.body, inner.var)
            if new is None:
                break
            rhs = put(rhs, path, new)
    rhs = m.rewrite(rhs, rng.choice((1, 2, 4, 8, 12)))
    mutated = rng.random() < 0.5
    if mutated:
        rhs = mutate(rng, rhs)
    return lhs, rhs, mutated

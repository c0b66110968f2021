"""Laws, true and nearly true, with random formulas in random contexts."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from hypotheses import A, Pair
from world import (
    FUNCTIONS,
    Formula,
    World,
    add,
    delta,
    div,
    entry,
    fn,
    indicator,
    integer,
    maximum,
    minimum,
    mul,
    neg,
    num,
    par,
    power,
    raised,
    slope,
    sub,
    total,
)


class Maker:
    def __init__(self, r: Random, indices: tuple[str, ...]) -> None:
        self.r, self.indices = r, indices

    def atom(self, bound: tuple[str, ...]) -> Formula:
        r = self.r
        letters = [*bound, *self.indices]
        kinds = ["num", "par", "par", "par", "size"] + (["x", "x", "z", "index"] if letters else ["fixed"])
        match r.choice(kinds):
            case "num":
                return r.choice([num(1), num(2), num(3), num(-1), num(1, 2), num(0)])
            case "par":
                return par(r.choice("abcp"))
            case "size":
                return integer(r.choice("NK"))
            case "x":
                k: Any = r.choice(letters)
                return entry(r.choice("xy"), r.choice([k, k, k, 1, 2, (k, 1), "N"]))
            case "z":
                return entry("z", r.choice(letters), r.choice([*letters, 1]))
            case "index":
                return integer(r.choice(letters))
        return entry(r.choice("xy"), r.choice([1, 2, 3, "N"]))

    def any(self, depth: int, bound: tuple[str, ...] = ()) -> Formula:
        r = self.r
        if depth <= 0 or r.random() < 0.2:
            return self.atom(bound)
        again = lambda: self.any(depth - 1, bound)  # noqa: E731
        match r.choice(["+", "+", "-", "*", "*", "/", "^", "fn", "fn", "sum", "max", "case", "delta", "D"]):
            case "+":
                return add(again(), again())
            case "-":
                return sub(again(), again())
            case "*":
                return mul(again(), again())
            case "/":
                return div(again(), again())
            case "^":
                return power(again(), r.choice([2, 2, 3, -1, 4]))
            case "fn":
                return fn(r.choice([*FUNCTIONS]), again())
            case "sum":
                letter = next(k for k in "ijkl" if k not in bound and k not in self.indices)
                low = r.choice(
                    [
                        num(1),
                        num(1),
                        num(1),
                        num(0),
                        num(2),
                        *(integer(b) for b in bound),
                        *(integer(b, 1) for b in bound),
                    ]
                )
                high = r.choice(
                    [
                        integer("N"),
                        integer("N"),
                        integer("K"),
                        integer("N", -1),
                        num(3),
                        *(integer(b) for b in bound),
                        *(integer(b, -1) for b in bound),
                    ]
                )
                return total(letter, low, high, self.any(depth - 1, (*bound, letter)))
            case "max":
                return r.choice([maximum, minimum])(again(), again())
            case "case":
                return indicator(again(), r.choice([">", "<", r"\ge", r"\le"]), again())
            case "delta" if bound or self.indices:
                letters = [*bound, *self.indices]
                return mul(delta(r.choice(letters), r.choice([*letters, 1, 2, "N"])), again())
            case "D":
                return (
                    slope(r.choice("abc"), again())
                    if r.random() < 0.6
                    else slope("x", again(), r.choice([1, 2, *self.indices]))
                )
        return again()


Law = Callable[[Formula, Formula, Formula, Random], Pair]

LAWS: tuple[Law, ...] = (
    lambda s, t, u, r: (fn(r"\sqrt", power(s, 2)), r.choice([s, fn("|", s)])),
    lambda s, t, u, r: (fn(r"\log", mul(s, t)), add(fn(r"\log", s), fn(r"\log", t))),
    lambda s, t, u, r: (fn(r"\log", power(s, 2)), mul(num(2), fn(r"\log", r.choice([s, fn("|", s)])))),
    lambda s, t, u, r: (fn(r"\exp", fn(r"\log", s)), s),
    lambda s, t, u, r: (fn(r"\log", fn(r"\exp", s)), s),
    lambda s, t, u, r: (div(mul(s, t), s), t),
    lambda s, t, u, r: (fn(r"\sqrt", mul(s, t)), mul(fn(r"\sqrt", s), fn(r"\sqrt", t))),
    lambda s, t, u, r: (fn("|", mul(s, t)), mul(fn("|", s), r.choice([t, fn("|", t)]))),
    lambda s, t, u, r: (
        maximum(s, t),
        r.choice([s, maximum(t, s), div(add(s, t, fn("|", sub(s, t))), num(2))]),
    ),
    lambda s, t, u, r: (maximum(s, maximum(t, u)), maximum(u, maximum(r.choice([s, t]), t))),
    lambda s, t, u, r: (add(maximum(s, t), minimum(s, t)), add(s, t)),
    lambda s, t, u, r: (
        fn(r"\operatorname{relu}", s),
        r.choice([maximum(s, num(0)), mul(s, indicator(s, ">", num(0))), s]),
    ),
    lambda s, t, u, r: (sub(fn(r"\operatorname{relu}", s), fn(r"\operatorname{relu}", neg(s))), s),
    lambda s, t, u, r: (mul(fn(r"\operatorname{sign}", s), s), fn("|", s)),
    lambda s, t, u, r: (power(fn(r"\operatorname{sign}", s), 2), num(1)),
    lambda s, t, u, r: (add(indicator(s, ">", t), indicator(s, r.choice(["<", r"\le"]), t)), num(1)),
    lambda s, t, u, r: (indicator(s, ">", t), indicator(s, r.choice([r"\ge", ">"]), t)),
    lambda s, t, u, r: (fn(r"\sigma", neg(s)), sub(num(1), fn(r"\sigma", s))),
    lambda s, t, u, r: (
        fn(r"\tanh", s),
        sub(mul(num(2), fn(r"\sigma", mul(num(r.choice([1, 2])), s))), num(1)),
    ),
    lambda s, t, u, r: (add(power(fn(r"\sin", s), 2), power(fn(r"\cos", s), 2)), num(1)),
    lambda s, t, u, r: (fn(r"\exp", add(s, t)), mul(fn(r"\exp", s), fn(r"\exp", t))),
    lambda s, t, u, r: (power(add(s, t), 2), add(power(s, 2), mul(num(2), s, t), power(t, 2))),
    lambda s, t, u, r: (power(add(s, t), 2), add(power(s, 2), power(t, 2))),
    lambda s, t, u, r: (mul(s, add(t, u)), add(mul(s, t), mul(s, u))),
    lambda s, t, u, r: (div(add(s, t), u), add(div(s, u), div(t, u))),
    lambda s, t, u, r: (div(num(1), add(div(num(1), s), div(num(1), t))), div(mul(s, t), add(s, t))),
    lambda s, t, u, r: (s, t),
    lambda s, t, u, r: (s, s),
    lambda s, t, u, r: (raised(s, integer("N", 1)), mul(s, raised(s, integer("N")))),
    lambda s, t, u, r: (raised(num(-1), integer("N", r.choice([1, 2]))), raised(num(-1), integer("N"))),
    lambda s, t, u, r: (
        slope("a", mul(s, t)),
        add(mul(slope("a", s), t), mul(s, r.choice([t, slope("a", t)]))),
    ),
    lambda s, t, u, r: (slope("a", fn(r"\log", s)), div(slope("a", s), s)),
    lambda s, t, u, r: (slope("b", fn("|", s)), mul(fn(r"\operatorname{sign}", s), slope("b", s))),
    lambda s, t, u, r: (slope("b", slope("a", s)), slope("a", slope("b", s))),
)

SUMS: tuple[Callable[[Maker, Random], Pair], ...] = (
    lambda m, r: (
        total("i", num(1), integer("N"), t := m.any(2, ("i",))),
        add(total("i", num(1), integer("N", -1), t), _put(t, m, r, "N")),
    ),
    lambda m, r: (
        total(
            "i",
            num(1),
            integer("N"),
            mul(delta("i", k := r.choice([1, 2, 3, "j", "N", "K"])), entry("x", "i")),
        ),
        entry("x", k),
    ),
    lambda m, r: (
        total("i", num(r.choice([0, 1, 2])), integer("N"), entry("x", "i")),
        add(
            total("i", num(r.choice([1, 2, 3])), integer("N"), entry("x", "i")),
            entry("x", r.choice([0, 1, 2])),
        ),
    ),
    lambda m, r: (
        total("i", num(1), integer("N"), entry("x", ("i", 1))),
        r.choice(
            [
                total("i", num(2), integer("N", 1), entry("x", "i")),
                total("i", num(1), integer("N", 1), entry("x", "i")),
            ]
        ),
    ),
    lambda m, r: (
        total(
            "i",
            num(1),
            integer("N"),
            total("j", num(1), integer("i", r.choice([0, -1])), t := entry("z", "i", "j")),
        ),
        total("j", num(1), integer("N"), total("i", integer("j", r.choice([0, 1])), integer("N"), t)),
    ),
    lambda m, r: (
        total("i", num(1), integer("N"), total("j", num(1), integer("K"), t := m.any(1, ("i", "j")))),
        total("j", num(1), integer("K"), total("i", num(1), integer("N"), t)),
    ),
    lambda m, r: (
        total("i", num(1), integer("N"), integer("i")),
        div(mul(integer("N"), integer("N", r.choice([1, -1]))), num(2)),
    ),
    lambda m, r: (
        total("i", num(r.choice([0, 1])), integer("N", r.choice([0, -1])), raised(par("a"), integer("i"))),
        div(sub(num(1), raised(par("a"), integer("N", r.choice([0, 1])))), sub(num(1), par("a"))),
    ),
    lambda m, r: (
        slope(
            "x",
            total(
                "i", num(r.choice([1, 2])), integer("N", r.choice([0, -1])), power(sub(entry("x", "i"), A), 2)
            ),
            k := r.choice([1, 2, "j", "N"]),
        ),
        mul(num(2), sub(entry("x", k), A)),
    ),
    lambda m, r: (
        power(total("i", num(1), integer("N"), entry("x", "i")), 2),
        total(
            "i",
            num(1),
            integer("N"),
            total("j", num(1), integer(r.choice("NNK")), mul(entry("x", "i"), entry("x", "j"))),
        ),
    ),
    lambda m, r: (
        total("i", integer(r.choice("jjK")), integer("N"), entry("x", "i")),
        sub(
            total("i", num(1), integer("N"), entry("x", "i")),
            total("i", num(1), integer(r.choice("jjK"), r.choice([0, -1])), entry("x", "i")),
        ),
    ),
    lambda m, r: (
        total("i", num(1), integer("N"), maximum(entry("x", "i"), num(0))),
        maximum(total("i", num(1), integer("N"), entry("x", "i")), num(0)),
    ),
    lambda m, r: (
        total("i", num(1), integer("N"), total("j", integer("i"), integer(r.choice("NK")), num(1))),
        div(mul(integer("N"), integer("N", 1)), num(2)),
    ),
)


def _put(t: Formula, m: Maker, r: Random, name: str) -> Formula:
    """The term of a sum at its upper end, mostly."""

    def value(w: World) -> Any:
        kept = w.bound.copy()
        w.bound["i"] = w.integer(name)
        try:
            return t.at(w)
        finally:
            w.bound = kept

    if re.search(r"\\sum|\\exp|\\min|\\sigma|\\sin|\\partial|\\operatorname|\\log|\\mathbb", t.tex):
        return entry("x", name)
    return Formula(t.tex.replace("i", name), t.level, value, t.free - {"i"})


def contexts(pair: Pair, m: Maker, r: Random) -> Pair:
    """The two sides in one surrounding."""
    for _ in range(r.choice([0, 0, 1, 1, 2])):
        wrap, t = r.choice(_AROUND), m.any(1)
        name = r.choice("abc")
        pair = wrap(pair[0], t, name), wrap(pair[1], t, name)
    return pair


_N = integer("N")
_AROUND: tuple[Callable[[Formula, Formula, str], Formula], ...] = (
    lambda s, t, name: add(s, t),
    lambda s, t, name: sub(t, s),
    lambda s, t, name: mul(t, s),
    lambda s, t, name: mul(s, t),
    lambda s, t, name: div(t, s),
    lambda s, t, name: power(s, 2),
    lambda s, t, name: fn(r"\exp", s),
    lambda s, t, name: fn(r"\sigma", s),
    lambda s, t, name: fn("|", s),
    lambda s, t, name: maximum(s, t),
    lambda s, t, name: total("i", num(1), _N, s),
    lambda s, t, name: total("i", num(1), _N, mul(entry("x", "i"), s)),
    lambda s, t, name: slope(name, s),
)

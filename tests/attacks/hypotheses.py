"""Hypotheses to put into force: what is written, how values are drawn under them, what they tempt to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import Any

from mpmath import mpf
from world import (
    Formula,
    Missing,
    Rule,
    World,
    add,
    delta,
    div,
    entry,
    fn,
    holds,
    indicator,
    integer,
    maximum,
    mul,
    neg,
    num,
    par,
    power,
    slope,
    sub,
    total,
)

Check = Callable[[World], bool]
Pair = tuple[Formula, Formula]


@dataclass(frozen=True)
class Scenario:
    """Directives, how values are drawn under them, whether a point satisfies them, what they tempt to say."""

    lines: tuple[str, ...] = ()
    rules: dict[str, Rule] = field(default_factory=dict)
    check: Check = lambda w: True
    tempting: tuple[Callable[[Random], Pair], ...] = ()
    defines: bool = False
    """Whether the rules are definitions, which a witness need not repeat."""


def of_value(
    name: str, arity: int, allowed: Callable[[Any], bool], where: Callable[[Any], bool] = lambda k: True
) -> Check:
    """All values of a name with so many indices that are known at the point satisfy something."""
    return lambda w: all(
        allowed(v) for (n, k), v in w.values.items() if n == name and len(k) == arity and where(k)
    )


def _any_of(*values: Any) -> Rule:
    return lambda w, k: w.rng.choice([mpf(v) for v in values])


def _entries(name: str, r: Random, arity: int = 1) -> Formula:
    """An entry of some shape."""
    if arity == 2:
        return r.choice(
            [
                entry(name, "i", "j"),
                entry(name, 1, 2),
                entry(name, "j", "i"),
                entry(name, "i", "i"),
                entry(name, 1, "j"),
            ]
        )
    return r.choice(
        [
            entry(name, "i"),
            entry(name, 1),
            entry(name, 2),
            entry(name, 3),
            entry(name, "N"),
            entry(name, ("i", 1)),
            entry(name, 0),
        ]
    )


def _index(w: World, _: tuple[int, ...]) -> int:
    """A free i that is declared to run from 1 to N."""
    return w.rng.randint(1, w.integer("N"))


def _signs(name: str, relation: str) -> Scenario:
    values = {">": (1, 2, 0.5, 7), r"\ge": (0, 1, 2, 0.5), "<": (-1, -2, -0.5), r"\le": (0, -1, -2)}[relation]
    ok = {">": lambda v: v > 0, r"\ge": lambda v: v >= 0, "<": lambda v: v < 0, r"\le": lambda v: v <= 0}[
        relation
    ]

    def tempting(subject: Callable[[Random], Formula]) -> tuple[Callable[[Random], Pair], ...]:
        return (
            lambda r: (fn("|", t := subject(r)), r.choice([t, neg(t)])),
            lambda r: (fn(r"\sqrt", power(t := subject(r), 2)), r.choice([t, neg(t)])),
            lambda r: (power(fn(r"\operatorname{sign}", subject(r)), 2), num(1)),
            lambda r: (fn(r"\operatorname{relu}", t := subject(r)), r.choice([t, num(0)])),
            lambda r: (
                indicator(subject(r), r.choice([">", r"\ge", "<"]), num(0)),
                num(r.choice([0, 1])),
            ),
            lambda r: (
                fn(r"\log", mul(t := subject(r), c := r.choice([par("c"), subject(r)]))),
                add(fn(r"\log", t), fn(r"\log", c)),
            ),
            lambda r: (maximum(t := subject(r), num(0)), r.choice([t, num(0)])),
            lambda r: (div(t := subject(r), t), num(1)),
        )

    if name == "a":
        return Scenario(
            (f"assume a {relation} 0",),
            {"a": _any_of(*values)},
            of_value("a", 0, ok),
            tempting(lambda r: par(r.choice(["a", "a", "b"]))),
        )
    if name == "x_i":
        return Scenario(
            (f"assume x_i {relation} 0",),
            {"x1": _any_of(*values)},
            of_value("x", 1, ok),
            tempting(lambda r: r.choice([_entries("x", r), _entries("x", r, 2), _entries("y", r)])),
        )
    if name == "x_1":
        rule: Rule = lambda w, k: w.rng.choice([mpf(v) for v in values]) if k == (1,) else None  # noqa: E731
        return Scenario(
            (f"assume x_1 {relation} 0",),
            {"x1": rule},
            of_value("x", 1, ok, lambda k: k == (1,)),
            tempting(lambda r: _entries("x", r)),
        )
    if name == "z_{ij}":
        return Scenario(
            (f"assume z_{{ij}} {relation} 0",),
            {"z2": _any_of(*values)},
            of_value("z", 2, ok),
            tempting(lambda r: r.choice([_entries("z", r, 2), _entries("z", r, 2), _entries("z", r)])),
        )
    if name == "z_{ii}":
        rule = lambda w, k: w.rng.choice([mpf(v) for v in values]) if k[0] == k[1] else None  # noqa: E731
        return Scenario(
            (f"assume z_{{ii}} {relation} 0",),
            {"z2": rule},
            of_value("z", 2, ok, lambda k: k[0] == k[1]),
            tempting(lambda r: _entries("z", r, 2)),
        )
    # only where the index is in its range
    inside = lambda k, w: 1 <= k[0] <= w.integer("N")  # noqa: E731
    rule = lambda w, k: w.rng.choice([mpf(v) for v in values]) if inside(k, w) else None  # noqa: E731
    check: Check = lambda w: all(  # noqa: E731
        ok(v) for (n, k), v in w.values.items() if n == "x" and len(k) == 1 and inside(k, w)
    )
    return Scenario(
        (r"let i \in \{1,\dots,N\}", f"assume x_i {relation} 0"),
        {"x1": rule, "i in": _index},
        check,
        tempting(lambda r: _entries("x", r)),
    )


def _two_valued(name: str, a: int, b: int) -> Scenario:
    said = rf"\in \{{{a},{b}\}}"
    ok = lambda v: v in (a, b)  # noqa: E731

    def tempting(subject: Callable[[Random], Formula]) -> tuple[Callable[[Random], Pair], ...]:
        return (
            lambda r: (
                power(t := subject(r), 2),
                r.choice([t, num(1), add(mul(num(a + b), t), num(-a * b))]),
            ),
            lambda r: (power(t := subject(r), 3), r.choice([t, num(1)])),
            lambda r: (fn("|", t := subject(r)), r.choice([t, num(1)])),
            lambda r: (mul(t := subject(r), sub(num(1), t)), num(0)),
            lambda r: (fn(r"\exp", t := subject(r)), add(num(1), mul(t, sub(fn(r"\exp", num(1)), num(1))))),
        )

    if name == "a":
        return Scenario(
            (f"assume a {said}",),
            {"a": _any_of(a, b)},
            of_value("a", 0, ok),
            tempting(lambda r: par(r.choice(["a", "a", "b"]))),
        )
    if name == "y_i":
        return Scenario(
            (f"assume y_i {said}",),
            {"y1": _any_of(a, b)},
            of_value("y", 1, ok),
            tempting(lambda r: r.choice([_entries("y", r), _entries("y", r), _entries("y", r, 2)])),
        )
    if name == "y_{ij}":
        return Scenario(
            (f"assume y_{{ij}} {said}",),
            {"y2": _any_of(a, b)},
            of_value("y", 2, ok),
            tempting(lambda r: r.choice([_entries("y", r), _entries("y", r, 2), _entries("y", r, 2)])),
        )
    rule: Rule = lambda w, k: w.rng.choice([mpf(a), mpf(b)]) if k == (1,) else None  # noqa: E731
    return Scenario(
        (f"assume y_1 {said}",),
        {"y1": rule},
        of_value("y", 1, ok, lambda k: k == (1,)),
        tempting(lambda r: _entries("y", r)),
    )


def _between(line: str, low: float, high: float, closed: bool) -> Scenario:
    inner = [low + (high - low) * q for q in (0.5, 0.1, 0.9)]
    ok = lambda v: low <= v <= high if closed else low < v < high  # noqa: E731
    t = par("p")
    return Scenario(
        (line,),
        {"p": _any_of(*inner, *([low, high] if closed else []))},
        of_value("p", 0, ok),
        (
            lambda r: (fn("|", u := r.choice([sub(num(1), t), t, sub(t, num(2))])), r.choice([u, neg(u)])),
            lambda r: (fn("|", fn(r"\log", t)), r.choice([fn(r"\log", t), neg(fn(r"\log", t))])),
            lambda r: (maximum(t, num(r.choice([0, 1, 2, 3]))), r.choice([t, num(1), num(2), num(3)])),
            lambda r: (fn(r"\log", mul(t, sub(num(1), t))), add(fn(r"\log", t), fn(r"\log", sub(num(1), t)))),
            lambda r: (fn(r"\sqrt", power(sub(t, num(1)), 2)), r.choice([sub(t, num(1)), sub(num(1), t)])),
            lambda r: (indicator(t, ">", num(r.choice([0, 1, 3]))), num(r.choice([0, 1]))),
        ),
    )


def _equation(
    line: str, rules: dict[str, Rule], check: Check, *tempting: Callable[[Random], Pair]
) -> Scenario:
    return Scenario((line,), rules, check, tempting)


def _near(a: Any, b: Any) -> bool:
    return holds("=", a, b)


def _unit(w: World, k: tuple[int, ...]) -> Any:
    """A value other than 0."""
    return w.rng.choice([mpf(1), mpf(2), mpf(-1), mpf(1) / 2, mpf(-3)])


def _partner(name: str) -> Rule:
    return lambda w, k: 1 / w.plain(name, k)


def _simplex(w: World, k: tuple[int, ...]) -> Any:
    n = w.integer("N")
    if not 1 <= k[0] <= n:
        return None
    if k[0] < n:
        return w.rng.choice([mpf(0), mpf(1) / 3, mpf(-1), mpf(1) / 2])
    return 1 - sum(w.plain("y", (j,)) for j in range(1, n))


def _sums_to_one(w: World) -> bool:
    known = [k for (n, k) in w.values if n == "y" and len(k) == 1]
    if not known or "N" not in w.sizes:
        return True
    try:
        return _near(sum(w.plain("y", (j,)) for j in range(1, w.integer("N") + 1)), 1)
    except Missing:
        return True  # what it does not say can be chosen


def _one_hot_rule(w: World, k: tuple[int, ...]) -> Any:
    if not 1 <= k[0] <= w.integer("N"):
        return w.rng.choice([mpf(0), mpf(1)])
    w.sizes.setdefault("hot!", w.rng.randint(1, w.integer("N")))
    return mpf(k[0] == w.sizes["hot!"])


def _symmetric(sign: int) -> Rule:
    def rule(w: World, k: tuple[int, ...]) -> Any:
        if k[0] == k[1]:
            return mpf(0) if sign < 0 else None
        return sign * w.plain("z", (k[1], k[0])) if k[0] > k[1] else None

    return rule


def _is_symmetric(sign: int) -> Check:
    def check(w: World) -> bool:
        table = {k: v for (n, k), v in w.values.items() if n == "z" and len(k) == 2}
        return all(_near(v, sign * table.get((k[1], k[0]), sign * v)) for k, v in table.items()) and (
            sign > 0 or all(v == 0 for k, v in table.items() if k[0] == k[1])
        )

    return check


X, Y, A, B, C = entry("x", "i"), entry("y", "i"), par("a"), par("b"), par("c")


def _xy_is_one(w: World) -> bool:
    x = {k: v for (n, k), v in w.values.items() if n == "x" and len(k) == 1}
    y = {k: v for (n, k), v in w.values.items() if n == "y" and len(k) == 1}
    return all(_near(x[k] * y[k], 1) for k in x.keys() & y.keys()) and all(
        v for t in (x, y) for v in t.values()
    )


def _increasing(w: World) -> bool:
    x = sorted((k, v) for (n, k), v in w.values.items() if n == "x" and len(k) == 1)
    return all(a[1] < b[1] for a, b in pairwise(x))


def _stair(w: World, k: tuple[int, ...]) -> Any:
    # x_k = x_0 + steps that are drawn in order
    if k[0] == 0:
        return w.draw()
    before = w.plain("x", (k[0] - 1,)) if k[0] > 0 else w.plain("x", (k[0] + 1,))
    return before + w.positive() if k[0] > 0 else before - w.positive()


def _square_sequence(w: World, k: tuple[int, ...]) -> Any:
    return mpf(k[0]) ** 2


def _recurrence(w: World, k: tuple[int, ...]) -> Any:
    return None if k[0] < 0 else mpf(1) if k[0] == 0 else 2 * w.plain("u", (k[0] - 1,)) + 1


SCENARIOS: tuple[Callable[[Random], Scenario], ...] = (
    lambda r: Scenario(),
    lambda r: Scenario(),
    lambda r: Scenario(),
    lambda r: _signs(
        r.choice(["a", "x_i", "x_1", "z_{ij}", "z_{ii}", "ranged"]), r.choice([">", ">", r"\ge", "<", r"\le"])
    ),
    lambda r: _two_valued(
        r.choice(["a", "y_i", "y_{ij}", "y_1"]), *r.choice([(0, 1), (0, 1), (-1, 1), (1, 2)])
    ),
    lambda r: r.choice(
        [
            _between(r"let p \in (0,1)", 0, 1, False),
            _between("assume 0 < p < 1", 0, 1, False),
            _between(r"let p \in [0,1]", 0, 1, True),
            _between(r"let p \in (1,3)", 1, 3, False),
            _between(r"assume 2 < p < 5", 2, 5, False),
            _between(r"assume 0 \le p \le 2", 0, 2, True),
        ]
    ),
    lambda r: _equation(
        "assume a = b + c",
        {"a": lambda w, k: w.plain("b") + w.plain("c")},
        lambda w: (
            not {("a", ()), ("b", ()), ("c", ())} <= w.values.keys()
            or _near(w.values["a", ()], w.values["b", ()] + w.values["c", ()])
        ),
        lambda r: (A, add(B, C)),
        lambda r: (sub(power(A, 2), power(B, 2)), mul(C, r.choice([add(A, B), sub(A, B)]))),
        lambda r: (slope("a", power(A, 2)), mul(num(2), r.choice([A, add(B, C)]))),
        lambda r: (slope("b", A), num(r.choice([0, 1]))),
        lambda r: (slope("b", mul(A, B)), add(A, r.choice([B, num(0)]))),
    ),
    lambda r: _equation(
        "assume a b = 1",
        {"b": lambda w, k: 1 / w.plain("a"), "a": _unit},
        lambda w: (
            not {("a", ()), ("b", ())} <= w.values.keys() or _near(w.values["a", ()] * w.values["b", ()], 1)
        ),
        lambda r: (div(num(1), A), B),
        lambda r: (mul(A, power(B, 2)), r.choice([B, A])),
        lambda r: (mul(fn("|", A), fn("|", B)), num(1)),
        lambda r: (fn(r"\log", fn("|", A)), neg(fn(r"\log", fn("|", B)))),
        lambda r: (slope("a", mul(A, B)), r.choice([B, num(0)])),
    ),
    lambda r: _equation(
        "assume x_i y_i = 1",
        {"x1": _unit, "y1": _partner("x")},
        _xy_is_one,
        lambda r: (
            mul(entry("x", k := r.choice([1, 2, 3, "N", "i"])), entry("y", r.choice([k, k, 1]))),
            num(1),
        ),
        lambda r: (div(num(1), entry("x", k := r.choice([1, 3, "i"]))), entry("y", k)),
        lambda r: (total("i", num(1), integer("N"), mul(X, Y)), r.choice([integer("N"), num(1)])),
        lambda r: (mul(entry("x", "i", "j"), entry("y", "i", "j")), num(1)),
    ),
    lambda r: _equation(
        "assume x_i^2 = 1",
        {"x1": _any_of(1, -1)},
        of_value("x", 1, lambda v: abs(v) == 1),
        lambda r: (power(_entries("x", r), r.choice([2, 2, 4, 3])), num(1)),
        lambda r: (fn("|", _entries("x", r)), num(1)),
        lambda r: (power(entry("x", "i", "j"), 2), num(1)),
        lambda r: (
            total("i", num(1), integer("N"), power(X, 2)),
            r.choice([integer("N"), power(integer("N"), 2)]),
        ),
    ),
    lambda r: _equation(
        r"assume \sum_{k=1}^N y_k = 1",
        {"y1": _simplex},
        _sums_to_one,
        lambda r: (
            total("k", num(1), integer("N"), mul(A, entry("y", "k"))),
            r.choice([A, mul(A, integer("N"))]),
        ),
        lambda r: (
            total("k", num(r.choice([1, 2])), integer("N"), entry("y", "k")),
            r.choice([num(1), sub(num(1), entry("y", 1))]),
        ),
        lambda r: (
            total("k", num(1), r.choice([integer("N"), integer("N", -1), integer("K")]), entry("y", "k")),
            num(1),
        ),
        lambda r: (total("k", num(1), integer("N"), entry("y", "k", "j")), num(1)),
        lambda r: (slope("y", total("k", num(1), integer("N"), entry("y", "k")), "j"), num(r.choice([0, 1]))),
    ),
    lambda r: Scenario(
        (r"assume y_k \in \{0,1\}", r"assume \sum_{k=1}^N y_k = 1"),
        {"y1": _one_hot_rule},
        lambda w: _sums_to_one(w) and of_value("y", 1, lambda v: v in (0, 1))(w),
        (
            lambda r: (
                mul(entry("y", "j"), entry("y", "k")),
                r.choice([mul(delta("j", "k"), entry("y", "j")), num(0)]),
            ),
            lambda r: (mul(entry("y", 1), entry("y", r.choice([2, 1]))), r.choice([num(0), entry("y", 1)])),
            lambda r: (
                total("k", num(1), integer("N"), mul(entry("y", "k"), power(entry("x", "k"), 2))),
                power(total("k", num(1), integer("N"), mul(entry("y", "k"), entry("x", "k"))), 2),
            ),
            lambda r: (
                fn(r"\exp", total("k", num(1), integer("N"), mul(entry("y", "k"), entry("x", "k")))),
                total("k", num(1), integer("N"), mul(entry("y", "k"), fn(r"\exp", entry("x", "k")))),
            ),
        ),
    ),
    lambda r: (
        (s := r.choice([1, -1]))
        and _equation(
            "assume z_{ij} = " + ("-" if s < 0 else "") + "z_{ji}",
            {"z2": _symmetric(s)},
            _is_symmetric(s),
            lambda r: (
                entry("z", *(k := r.choice([(1, 2), ("i", "j"), (2, 3), ("i", ("j", 1))]))),
                r.choice([num(0), entry("z", k[1], k[0]), neg(entry("z", k[1], k[0]))]),
            ),
            lambda r: (entry("z", k := r.choice([1, "i", 3]), k), num(0)),
            lambda r: (entry("z", 1), num(0)),
            lambda r: (
                total(
                    "i", num(1), integer("N"), total("j", num(1), integer("N"), mul(entry("z", "i", "j"), X))
                ),
                total(
                    "i",
                    num(1),
                    integer("N"),
                    total("j", num(1), integer("N"), mul(entry("z", "i", "j"), entry("x", "j"))),
                ),
            ),
            lambda r: (slope("z", entry("z", 1, 2), 2, 1), num(0)),
        )
    ),
    lambda r: _equation(
        "assume x_i = y_i",
        {"y1": lambda w, k: w.plain("x", k)},
        lambda w: all(
            _near(v, w.values.get(("y", k), v)) for (n, k), v in w.values.items() if n == "x" and len(k) == 1
        ),
        lambda r: (entry("x", k := r.choice([1, 3, "N", "i", 0])), entry("y", r.choice([k, k, 1]))),
        lambda r: (entry("x", "i", "j"), entry("y", "i", "j")),
        lambda r: (slope("x", power(entry("y", 1), 2), 1), num(0)),
    ),
    lambda r: Scenario(
        (r"let i \in \{1,\dots,N\}", "assume x_i = 2"),
        {"i in": _index, "x1": lambda w, k: mpf(2) if 1 <= k[0] <= w.integer("N") else None},
        lambda w: all(
            v == 2
            for (n, k), v in w.values.items()
            if n == "x" and len(k) == 1 and 1 <= k[0] <= w.integer("N")
        ),
        (
            lambda r: (_entries("x", r), num(2)),
            lambda r: (
                total("i", num(r.choice([0, 1, 2])), integer("N", r.choice([0, 0, -1, 1])), X),
                r.choice([mul(num(2), integer("N")), mul(num(2), integer("N", -1))]),
            ),
        ),
    ),
    lambda r: Scenario(
        ("let x_i = i^2",),
        {"x1": _square_sequence},
        of_value("x", 1, lambda v: True),
        (
            lambda r: (_entries("x", r), num(r.choice([0, 1, 4, 9]))),
            lambda r: (total("i", num(1), num(3), X), num(r.choice([14, 13]))),
            lambda r: (sub(entry("x", ("i", 1)), X), add(mul(num(2), integer("i")), num(r.choice([1, 2])))),
            lambda r: (entry("x", "N"), power(integer("N"), 2)),
        ),
        defines=True,
    ),
    lambda r: Scenario(
        ("let u_0 = 1", "let u_n = 2 u_{n-1} + 1"),
        {"u1": _recurrence},
        of_value("u", 1, lambda v: True),
        (
            lambda r: (entry("u", r.choice([1, 2, 3])), num(r.choice([3, 7, 15, 8]))),
            lambda r: (entry("u", 3), add(mul(num(2), entry("u", 2)), num(r.choice([1, 0])))),
            lambda r: (entry("u", ("N", 1)), add(mul(num(2), entry("u", "N")), num(r.choice([1, 2])))),
        ),
        defines=True,
    ),
    lambda r: _equation(
        "assume x_i < x_{i+1}",
        {"x1": _stair},
        _increasing,
        lambda r: (
            maximum(entry("x", a := r.choice([1, 2])), entry("x", b := r.choice([2, 3]))),
            entry("x", r.choice([a, b])),
        ),
        lambda r: (
            fn("|", sub(entry("x", 1), entry("x", r.choice([2, 3])))),
            sub(entry("x", r.choice([2, 3])), entry("x", 1)),
        ),
        lambda r: (indicator(entry("x", ("i", 1)), ">", X), num(r.choice([0, 1]))),
    ),
    lambda r: Scenario(
        ("assume a > b", "assume b > c"),
        {"b": lambda w, k: w.plain("c") + w.positive(), "a": lambda w, k: w.plain("b") + w.positive()},
        lambda w: all(
            w.values.get((m, ()), mpf(10) ** 9) > w.values.get((n, ()), -(mpf(10) ** 9))
            for m, n in (("a", "b"), ("b", "c"))
        ),
        (
            lambda r: (maximum(A, r.choice([B, C])), r.choice([A, B, C])),
            lambda r: (fn("|", sub(A, C)), r.choice([sub(A, C), sub(C, A)])),
            lambda r: (add(indicator(A, ">", B), indicator(B, ">", A)), num(1)),
            lambda r: (fn(r"\sqrt", power(sub(B, A), 2)), r.choice([sub(A, B), sub(B, A)])),
        ),
    ),
    lambda r: Scenario(
        (rf"assume a \ge {(k := r.choice([1, 3, 1000]))}",),
        {"a": lambda w, _: k + w.rng.choice([mpf(0), mpf(1), mpf(1) / 2])},
        of_value("a", 0, lambda v: v >= k),
        (
            lambda r: (fn("|", t := sub(A, num(r.choice([1, 3, 4, 1000])))), r.choice([t, neg(t)])),
            lambda r: (indicator(A, r.choice([">", r"\ge"]), num(k)), num(1)),
            lambda r: (maximum(A, num(r.choice([1, 2, 5]))), A),
        ),
    ),
    lambda r: Scenario(
        ("assume a = 1000",),
        {"a": _any_of(1000)},
        of_value("a", 0, lambda v: v == 1000),
        (
            lambda r: (power(fn(r"\operatorname{sign}", sub(A, num(1000))), 2), num(r.choice([0, 1]))),
            lambda r: (slope("a", power(A, 2)), num(r.choice([0, 2000]))),
            lambda r: (div(sub(power(A, 2), num(10**6)), sub(A, num(1000))), num(2000)),
        ),
    ),
    lambda r: Scenario(
        (f"assume x_2 = {(k := r.choice([0, 1, 5]))}",),
        {"x1": lambda w, at: mpf(k) if at == (2,) else None},
        of_value("x", 1, lambda v: v == k, lambda at: at == (2,)),
        (
            lambda r: (_entries("x", r), num(k)),
            lambda r: (total("i", num(1), integer("N"), X), mul(num(k), integer("N"))),
            lambda r: (slope("x", power(entry("x", 2), 2), 2), num(r.choice([0, 2 * k]))),
            lambda r: (slope("x", total("i", num(1), integer("N"), power(X, 2)), 2), num(2 * k)),
        ),
    ),
)
"""One row a kind of hypothesis."""

"""An evaluator that shares nothing with symgrad: formulas as LaTeX beside a function of a world.

A :class:`World` holds sizes, indices, parameters, entries; what a formula asks for is drawn once and kept,
as the hypotheses in force want it.  Numbers are mpmath's, 40 digits; derivatives are taken by dual numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from mpmath import isfinite, mp, mpf

mp.dps = 40


class Undefined(Exception):
    """The formula has no value here."""


class Missing(Exception):
    """A witness does not say what a formula asks for."""


@dataclass(frozen=True)
class Dual:
    """value + slope * eps; ``tag`` tells nested derivatives apart."""

    value: Any
    slope: Any
    tag: int


def lift(fn: Callable[..., Any], slopes: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    """A function of numbers as one of dual numbers, by its partial derivatives."""

    def lifted(*args: Any) -> Any:
        tag = max((a.tag for a in args if isinstance(a, Dual)), default=0)
        if not tag:
            return fn(*args)
        values = [a.value if isinstance(a, Dual) and a.tag == tag else a for a in args]
        out: Any = mpf(0)
        for a, slope in zip(args, slopes, strict=True):
            if isinstance(a, Dual) and a.tag == tag:
                out = plus(out, times(slope(*values), a.slope))
        return Dual(lifted(*values), out, tag)

    return lifted


def number(v: Any) -> Any:
    """The value without its slopes."""
    while isinstance(v, Dual):
        v = v.value
    return v


def _finite(fn: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*args: Any) -> Any:
        try:
            out = fn(*args)
        except (ZeroDivisionError, ValueError, OverflowError):
            raise Undefined from None
        if not isinstance(out, mpf) or not isfinite(out) or abs(out) > mpf(10) ** 3000:
            raise Undefined
        return out

    return checked


plus = lift(lambda a, b: a + b, (lambda a, b: mpf(1), lambda a, b: mpf(1)))
times = lift(lambda a, b: a * b, (lambda a, b: b, lambda a, b: a))


def minus(a: Any) -> Any:
    return times(mpf(-1), a)


def _reciprocal(a: Any) -> Any:
    if abs(a) < mpf(10) ** -30:
        raise Undefined
    return 1 / a


inverse = lift(_reciprocal, (lambda a: minus(times(inverse(a), inverse(a))),))


def whole_power(a: Any, n: int) -> Any:
    if n < 0:
        return inverse(whole_power(a, -n))
    out: Any = mpf(1)
    for _ in range(n):
        out = times(out, a)
    return out


def _exp(a: Any) -> Any:
    if abs(a) > 3000:
        raise Undefined
    return mp.exp(a)


exp = lift(_exp, (lambda a: exp(a),))


def _log(a: Any) -> Any:
    if a <= mpf(10) ** -30:
        raise Undefined
    return mp.log(a)


log = lift(_log, (lambda a: inverse(a),))
sin = lift(mp.sin, (lambda a: cos(a),))
cos = lift(mp.cos, (lambda a: minus(sin(a)),))


def _sqrt(a: Any) -> Any:
    if a < 0:
        raise Undefined
    return mp.sqrt(a)


sqrt = lift(_sqrt, (lambda a: times(mpf("0.5"), inverse(sqrt(a))),))
sigma = lift(lambda a: inverse(plus(mpf(1), exp(minus(a)))), (lambda a: times(sigma(a), sigma(minus(a))),))
tanh = lift(lambda a: _finite(mp.tanh)(a), (lambda a: plus(mpf(1), minus(times(tanh(a), tanh(a)))),))


def _side(a: Any) -> Any:
    """The sign of a, which must not be 0: there a kink has no derivative."""
    v = number(a)
    if abs(v) < mpf(10) ** -30:
        raise Undefined
    return mpf(1 if v > 0 else -1)


size = lift(abs, (_side,))
relu = lift(lambda a: max(a, mpf(0)), (lambda a: mpf(_side(a) > 0),))
sign = lift(lambda a: mpf((a > 0) - (a < 0)), (lambda a: mpf(0) * _side(a),))
above = lift(lambda a: mpf(a > 0), (lambda a: mpf(0) * _side(a),))


def largest(a: Any, b: Any) -> Any:
    return plus(b, relu(plus(a, minus(b))))


def real_power(a: Any, b: Any) -> Any:
    if number(a) <= 0:
        raise Undefined
    return exp(times(b, log(a)))


Place = tuple[int, ...]
Rule = Callable[["World", Place], Any]


@dataclass
class World:
    """Values by name, drawn when first asked for (or a witness's, which are fixed)."""

    rng: Random = field(default_factory=Random)
    top: int = 3
    rules: Mapping[str, Rule] = field(default_factory=dict)
    bound: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    values: dict[tuple[str, Place], Any] = field(default_factory=dict)
    fixed: bool = False
    tag: int = 0

    def integer(self, name: str) -> int:
        if name in self.bound:
            return self.bound[name]
        if name not in self.sizes:
            if (name, ()) in self.values and (known := self.values[name, ()]) == int(known):
                return int(known)  # a letter that the judge took for a number
            if self.fixed:
                raise Missing(name)
            rule = self.rules.get(f"{name} in")
            if rule is not None:
                self.sizes[name] = rule(self, ())
                return self.sizes[name]
            low = 1 if name.isupper() else 0
            self.sizes[name] = self.rng.randint(low, self.top + (not low))
        return self.sizes[name]

    def value(self, name: str, where: Place = ()) -> Any:
        key = name, where
        if key not in self.values:
            rule = self.rules.get(f"{name}{len(where) or ''}")
            if rule is not None and (found := rule(self, where)) is not None:
                self.values[key] = found
            elif self.fixed:
                raise Missing(f"{name}{where}")
            else:
                self.values[key] = self.draw()
        return self.values[key]

    def plain(self, name: str, where: Place = ()) -> Any:
        return number(self.value(name, where))

    def draw(self) -> Any:
        """Small integers and fractions: where claims fail, they mostly fail there."""
        return self.rng.choice(
            [mpf(0), mpf(1), mpf(-1), mpf(2), mpf(-2), mpf(3), mpf(1) / 2, mpf(-3) / 2, mpf(7) / 5]
        )

    def positive(self) -> Any:
        return self.rng.choice([mpf(1), mpf(2), mpf(1) / 2, mpf(3), mpf(1) / 7, mpf(5) / 2])


@dataclass(frozen=True)
class Formula:
    """LaTeX, how tightly it binds (0 a sum, 1 a product, 2 an atom), and its value in a world."""

    tex: str
    level: int
    at: Callable[[World], Any]
    free: frozenset[str] = frozenset()
    """Index letters that occur in it freely."""

    def inside(self, level: int) -> str:
        return self.tex if self.level >= level else rf"\left({self.tex}\right)"


def num(v: int, below: int = 1) -> Formula:
    q = mpf(v) / below
    if below != 1:
        return Formula(
            rf"\frac{{{v}}}{{{below}}}" if v > 0 else rf"-\frac{{{-v}}}{{{below}}}",
            1 if v > 0 else 0,
            lambda w: q,
        )
    return Formula(str(v), 2 if v >= 0 else 0, lambda w: q)


def par(name: str) -> Formula:
    return Formula(name, 2, lambda w: w.value(name))


def integer(name: str, shift: int = 0) -> Formula:
    tex = name if not shift else f"{name}{shift:+d}"
    free = frozenset() if name.isupper() else frozenset(name)

    def value(w: World) -> Any:
        known = w.values.get((name, ()))
        return mpf(w.integer(name) if known is None else known) + shift

    return Formula(tex, 0 if shift else 2, value, free)


def _at(where: tuple[Any, ...]) -> Callable[[World], Place]:
    """Places are numbers, letters, or (letter, shift)."""

    def place(w: World) -> Place:
        return tuple(
            k if isinstance(k, int) else w.integer(k) if isinstance(k, str) else w.integer(k[0]) + k[1]
            for k in where
        )

    return place


def entry(name: str, *where: Any) -> Formula:
    texts = [str(k) if not isinstance(k, tuple) else f"{k[0]}{k[1]:+d}" for k in where]
    digits = all(isinstance(k, int) for k in where) and name != "z"  # y_{12} may be the twelfth y
    plain = all(len(t) == 1 for t in texts) and not digits
    free = {k if isinstance(k, str) else k[0] for k in where if not isinstance(k, int)}
    place = _at(where)
    tex = f"{name}_{{{('' if plain else ',').join(texts)}}}"
    return Formula(tex, 2, lambda w: w.value(name, place(w)), frozenset(k for k in free if not k.isupper()))


def add(*terms: Formula) -> Formula:
    tex = terms[0].tex
    for t in terms[1:]:
        tex += f" {t.tex}" if t.tex.startswith("-") else f" + {t.tex}"

    def value(w: World) -> Any:
        out = terms[0].at(w)
        for t in terms[1:]:
            out = plus(out, t.at(w))
        return out

    return Formula(tex, 0, value, frozenset().union(*[t.free for t in terms]))


def neg(t: Formula) -> Formula:
    return Formula(f"-{t.inside(1)}", 0, lambda w: minus(t.at(w)), t.free)


def sub(a: Formula, b: Formula) -> Formula:
    return Formula(f"{a.tex} - {b.inside(1)}", 0, lambda w: plus(a.at(w), minus(b.at(w))), a.free | b.free)


def mul(*factors: Formula) -> Formula:
    texts = [f.inside(2) for f in factors]

    def value(w: World) -> Any:
        out = factors[0].at(w)
        for f in factors[1:]:
            out = times(out, f.at(w))
        return out

    return Formula(r" \cdot ".join(texts), 1, value, frozenset().union(*[f.free for f in factors]))


def div(a: Formula, b: Formula) -> Formula:
    return Formula(
        rf"\frac{{{a.tex}}}{{{b.tex}}}", 1, lambda w: times(a.at(w), inverse(b.at(w))), a.free | b.free
    )


def power(a: Formula, n: int) -> Formula:
    return Formula(f"{_base(a)}^{{{n}}}", 1, lambda w: whole_power(a.at(w), n), a.free)


def _base(a: Formula) -> str:
    return (
        a.tex
        if len(a.tex) == 1 or (a.level == 2 and a.tex.replace("_{", "").replace("}", "").isalnum())
        else rf"\left({a.tex}\right)"
    )


def raised(a: Formula, n: Formula) -> Formula:
    """A power whose exponent is an integer by its letters."""

    def value(w: World) -> Any:
        k = n.at(w)
        base = a.at(w)
        if int(k) != k or abs(k) > 40 or (number(base) == 0 and k <= 0):
            raise Undefined
        return whole_power(base, int(k))

    return Formula(f"{_base(a)}^{{{n.tex}}}", 1, value, a.free | n.free)


def call(tex: str, fn: Callable[..., Any], *args: Formula) -> Formula:
    inner = ", ".join(a.tex for a in args)
    shown = (
        rf"\sqrt{{{inner}}}"
        if tex == r"\sqrt"
        else rf"\left|{inner}\right|"
        if tex == "|"
        else rf"{tex}\left({inner}\right)"
    )
    return Formula(
        shown, 2, lambda w: fn(*(a.at(w) for a in args)), frozenset().union(*[a.free for a in args])
    )


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    r"\exp": exp, r"\log": log, r"\sqrt": sqrt, r"\sigma": sigma, "|": size, r"\operatorname{relu}": relu,
    r"\operatorname{sign}": sign, r"\sin": sin, r"\cos": cos, r"\tanh": tanh,
}  # fmt: skip


def fn(name: str, a: Formula) -> Formula:
    return call(name, FUNCTIONS[name], a)


def maximum(a: Formula, b: Formula) -> Formula:
    return call(r"\max", largest, a, b)


def minimum(a: Formula, b: Formula) -> Formula:
    return call(r"\min", lambda u, v: minus(largest(minus(u), minus(v))), a, b)


_RELATIONS: dict[str, Callable[[Any], bool]] = {
    ">": lambda g: g > 0,
    "<": lambda g: g < 0,
    r"\ge": lambda g: g >= 0,
    r"\le": lambda g: g <= 0,
    "=": lambda g: g == 0,
}


def holds(relation: str, a: Any, b: Any) -> bool:
    """Does the relation hold between two numbers, with room for rounding?"""
    gap = number(a) - number(b)
    near = abs(gap) < mpf(10) ** -28 * (1 + abs(number(a)))
    return _RELATIONS[relation](mpf(0) if near else gap)


def indicator(a: Formula, relation: str, b: Formula) -> Formula:
    """1 where the relation holds; without a derivative where both are equal."""

    def value(w: World) -> Any:
        u, v = a.at(w), b.at(w)
        if (isinstance(u, Dual) or isinstance(v, Dual)) and holds("=", u, v):
            raise Undefined
        return mpf(holds(relation, u, v))

    return Formula(rf"\mathbb{{1}}[{a.tex} {relation} {b.tex}]", 2, value, a.free | b.free)


def delta(i: Any, j: Any) -> Formula:
    place = _at((i, j))
    texts = [str(k) if not isinstance(k, tuple) else f"{k[0]}{k[1]:+d}" for k in (i, j)]
    free = {k if isinstance(k, str) else k[0] for k in (i, j) if not isinstance(k, int)}

    def value(w: World) -> Any:
        a, b = place(w)
        return mpf(a == b)

    return Formula(rf"\delta_{{{','.join(texts)}}}", 2, value, frozenset(k for k in free if not k.isupper()))


def total(letter: str, low: Formula, high: Formula, body: Formula) -> Formula:
    def value(w: World) -> Any:
        first, last = int(number(low.at(w))), int(number(high.at(w)))
        out: Any = mpf(0)
        kept = w.bound.copy()
        try:
            for k in range(first, last + 1):
                w.bound[letter] = k
                out = plus(out, body.at(w))
        finally:
            w.bound = kept
        return out

    tex = rf"\sum_{{{letter}={low.tex}}}^{{{high.tex}}} {body.inside(1)}"
    return Formula(tex, 0, value, (body.free - {letter}) | low.free | high.free)


def slope(name: str, body: Formula, *where: Any) -> Formula:
    """The partial derivative by a parameter or an entry."""
    place = _at(where)

    def value(w: World) -> Any:
        key = name, place(w)
        at = w.value(*key)
        w.tag += 1
        tag = w.tag
        w.values[key] = Dual(at, mpf(1), tag)
        try:
            out = body.at(w)
        finally:
            w.values[key] = at
        return out.slope if isinstance(out, Dual) and out.tag == tag else mpf(0)

    by = entry(name, *where) if where else par(name)
    tex = rf"\frac{{\partial}}{{\partial {by.tex}}} \left({body.tex}\right)"
    return Formula(tex, 1, value, body.free | by.free)

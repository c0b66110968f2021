r"""Jensen: sign and size of the gap mean(f) − f(mean), for a function of the data.

About the mean x̄, with d_i = x_i − x̄, Taylor's formula with Lagrange's remainder gives

    (1/N) Σ f(x_i) − f(x̄) = ½ (1/N) Σ D²f(x̄)[d_i, d_i] + (1/N) Σ (1/6) D³f(ξ_i)[d_i, d_i, d_i],

ξ_i between x̄ and x_i (the linear term vanishes, since Σ d_i = 0).  The third derivative is enclosed in balls
along every segment, so that the bound is rigorous.  The gap is ≥ 0 for all data where D²f is nowhere
negative (Jensen's inequality), and a gap of either sign exists where D²f takes both signs.

>>> from sympy import symbols
>>> from symgrad import sigma
>>> z = symbols("z", real=True)
>>> found = jensen_gap(sigma(z) * (1 - sigma(z)), {z: [0, 1]})
>>> print(found.gap, found.second_order, found.bound, found.curvature.kind)
-0.011697745581 -0.012044594536 [-0.012093, -0.010673] neither
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Any, Literal, NamedTuple

import sympy
from flint import arb, fmpq

from ..bridge import page_name, scope_of, to_page
from ..errors import InputError
from ..kernel.evaluate import exact
from ..kernel.limits import Undefined
from ..kernel.verdict import Verdict
from ..meaning.judging import prove_nodes
from ..notebook import Displayed
from ..objective import Objective
from ..prover import conjunction
from .balls import Balls
from .sufficiency import loss_of, partial

__all__ = ["Curvature", "Interval", "JensenGap", "curvature", "jensen_gap"]

Expr = Any
PIECES = 64


class Interval(NamedTuple):
    """A closed interval with exact ends that holds a real number.

    >>> print(Interval(Fraction(1, 3), Fraction(1, 3)), Interval(Fraction(-1), Fraction(1, 2)))
    1/3 [-1.000000, 0.500000]
    """

    lower: Fraction
    upper: Fraction

    def __str__(self) -> str:
        if self.lower == self.upper:
            return str(self.lower)
        middle = round((self.lower + self.upper) / 2, 12)
        if self.upper - self.lower < Fraction(1, 10**14):
            return f"{float(middle):.12f}"
        # Outward, so that what is printed holds the number as well.
        low, high = self.lower * 10**6 // 1, -(-self.upper * 10**6 // 1)
        return f"[{float(low / 10**6):.6f}, {float(high / 10**6):.6f}]"


Kind = Literal["affine", "convex", "concave", "neither"]


@dataclass(frozen=True, slots=True)
class Curvature:
    """Is the second derivative 0, nowhere negative, nowhere positive, or of both signs?

    ``form`` is D²f[d, d] factored (d_x stands for the direction in x); ``verdict`` judges that this is the
    second derivative, and that it has one sign where ``kind`` says so; ``positive`` and ``negative`` are
    exact points, at the same parameters, at which it has that sign.  ``kind`` is None where nothing could
    be shown for all parameters.
    """

    kind: Kind | None
    form: Expr
    verdict: Verdict
    positive: Mapping[str, str] | None = None
    negative: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class JensenGap(Displayed):
    """mean(f) − f(mean) for given data: enclosed, by its second-order term, and by Taylor's bound."""

    function: Expr
    gap: Interval
    second_order: Interval
    bound: Interval
    curvature: Curvature

    def __str__(self) -> str:
        return f"gap {self.gap}, second-order term {self.second_order}, Taylor's bound {self.bound}"

    __repr__ = __str__


def jensen_gap(
    function: Any,
    data: Mapping[Any, Sequence[Any]],
    at: Mapping[Any, Any] | None = None,
    wrt: Any = None,
) -> JensenGap:
    """The gap of ``function``, or with ``wrt`` that of the gradient of a loss by one parameter.

    ``data`` gives the samples of every variable (exact numbers), ``at`` the parameters.

    >>> from symgrad.losses.library import PROBLEMS
    >>> J = PROBLEMS["linear-regression"]()
    >>> found = jensen_gap(J, {"x": [0, 2], "y": [1, 1]}, {"m": 1, "b": 0}, wrt="m")
    >>> print(found.gap, found.second_order, found.bound)  # 2 (m Var(x) - Cov(x, y)) = 2
    2 2 2
    """
    body = _function(function, wrt)
    names = {s.name: s for s in body.free_symbols}
    samples = {_symbol(names, k): [_exact(v) for v in values] for k, values in data.items()}
    values = {_symbol(names, k): _exact(v) for k, v in (at or {}).items()}
    missing = sorted(set(names.values()) - {*samples} - {*values}, key=str)
    if missing:
        raise InputError(f"no value for {', '.join(map(str, missing))}: give data or a value in at")
    sizes = {len(v) for v in samples.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise InputError("every variable needs the same number of samples, at least one")
    return _Taylor(body, samples, values).result(curvature(body, [*samples]))


def _function(function: Any, wrt: Any) -> Expr:
    if wrt is None:
        if isinstance(function, Objective) or not isinstance(function, sympy.Expr):
            raise InputError("the gap of a loss is that of its gradient: name the parameter in wrt")
        return function
    objective, (by, *_) = loss_of(function, wrt)
    body = partial(objective.unfold(objective.loss), by)
    entries = {e: sympy.Symbol(_plain(e), real=True) for e in body.atoms(sympy.Indexed)}
    if body.has(sympy.Sum):
        raise InputError("the gap needs finitely many numbers a sample: write out the features")
    return body.xreplace(entries)


def _plain(entry: Expr) -> str:
    return "_".join((str(entry.base.label.name), *map(str, entry.indices[1:])))


def _symbol(names: Mapping[str, Expr], key: Any) -> Expr:
    name = str(key)
    if name not in names:
        raise InputError(f"{name} does not occur in the function; it has {', '.join(sorted(names))}")
    return names[name]


def _exact(value: Any) -> Fraction:
    number = sympy.sympify(value) if isinstance(value, int | sympy.Basic) else value
    if isinstance(number, sympy.Rational):
        return Fraction(int(number.p), int(number.q))
    if isinstance(number, Fraction):
        return number
    raise InputError(f"{value!r} is no exact number: use integers or fractions")


# --- evaluation in balls ------------------------------------------------------------------------------


def _interval(value: Any) -> Interval:
    if isinstance(value, fmpq):
        exact = Fraction(int(value.p), int(value.q))
        return Interval(exact, exact)
    if not value.is_finite():
        raise InputError("the function has no value at the data, at their mean or between")
    return Interval(*(_dyadic(end) for end in (value.lower(), value.upper())))


def _dyadic(value: Any) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


class _Taylor:
    """Taylor's formula about the mean of the data."""

    def __init__(
        self, body: Expr, samples: dict[Expr, list[Fraction]], values: dict[Expr, Fraction]
    ) -> None:
        self.body, self.samples = body, samples
        self.count = len(next(iter(samples.values())))
        self.fixed = {s: exact(v) for s, v in values.items()}
        self.mean = {s: sum(v, Fraction(0)) / self.count for s, v in samples.items()}
        self.names = (*samples, *values)

    def result(self, curved: Curvature) -> JensenGap:
        value = Balls(self.body, self.names)
        try:
            points = [value({**self.fixed, **self.sample(n)}) for n in range(self.count)]
            gap = sum(points, fmpq(0)) / self.count - value({**self.fixed, **self.middle()})
            second = self.order(2, whole=False)
            bound = second + self.order(3, whole=True)
        except (Undefined, ZeroDivisionError):
            raise InputError("the function has no value at the data, at their mean or between") from None
        return JensenGap(self.body, _interval(gap), _interval(second), _interval(bound), curved)

    def sample(self, n: int) -> dict[Expr, Any]:
        return {s: exact(v[n]) for s, v in self.samples.items()}

    def middle(self) -> dict[Expr, Any]:
        return {s: exact(v) for s, v in self.mean.items()}

    def order(self, k: int, whole: bool) -> Any:
        """(1/N) Σ (1/k!) D^k f[d_i, ..] at the mean, or anywhere on the segments to the samples."""
        terms = []
        for chosen in combinations_with_replacement(self.samples, k):
            counts = {s: chosen.count(s) for s in chosen}
            slope = self.body
            for s, times in counts.items():
                slope = slope.diff(s, times)
            if slope != 0:
                weight = sympy.prod(sympy.factorial(c) for c in counts.values())
                terms.append((Balls(slope / weight, self.names), chosen))
        total: Any = fmpq(0)
        for n in range(self.count):
            away = {s: v[n] - self.mean[s] for s, v in self.samples.items()}
            if terms and any(away.values()):
                total += self.along(terms, away) if whole else self.at(terms, away, self.middle())
        return total / self.count

    def at(self, terms: list[tuple[Balls, tuple[Expr, ...]]], away: Mapping[Expr, Fraction], at: Any) -> Any:
        out: Any = fmpq(0)
        for term, chosen in terms:
            scale = Fraction(1)
            for s in chosen:
                scale *= away[s]
            if scale:
                out += term({**self.fixed, **at}) * exact(scale)
        return out

    def along(self, terms: list[tuple[Balls, tuple[Expr, ...]]], away: Mapping[Expr, Fraction]) -> Any:
        """A ball around the values on the whole segment, piece by piece."""
        out = None
        for piece in range(PIECES):
            t = arb(fmpq(2 * piece + 1, 2 * PIECES), arb(fmpq(1, 2 * PIECES)))
            at = {s: exact(self.mean[s]) + (exact(d) * t if d else 0) for s, d in away.items()}
            value = self.at(terms, away, at)
            if isinstance(value, fmpq):
                return value  # constant: nothing moves along the segment
            out = value if out is None else out.union(value)
        return out


# --- curvature ----------------------------------------------------------------------------------------


def curvature(function: Expr, variables: Sequence[Expr]) -> Curvature:
    """Convex, concave, affine or neither, jointly in the variables.

    >>> x, y, w = sympy.symbols("x y w", real=True)
    >>> curvature(sympy.exp(w * x) - y, [x, y]).kind, curvature((w * x - y) * x, [x, y]).kind
    ('convex', 'neither')
    """
    steps = {v: sympy.Symbol(f"d_{v.name}", real=True) for v in variables}
    second = sympy.Add(*(
        function.diff(u, v) * steps[u] * steps[v] for u, v in product(variables, repeat=2)
    ))
    form = sympy.factor(second)
    verdict = prove_nodes(to_page(second), to_page(form), scope_of(second, form))
    if not verdict:
        form = second
        verdict = prove_nodes(to_page(second), to_page(form), scope_of(form))
    zero, scope = to_page(sympy.Integer(0)), scope_of(form)
    affine = prove_nodes(to_page(second), zero, scope)
    if affine:
        return Curvature("affine", sympy.Integer(0), affine)
    if convex := prove_nodes(to_page(form), zero, scope, ">="):
        return Curvature("convex", form, conjunction((verdict, convex)))
    if concave := prove_nodes(zero, to_page(form), scope, ">="):
        return Curvature("concave", form, conjunction((verdict, concave)))
    names = {page_name(s.name) for s in (*variables, *steps.values())}
    seen: dict[tuple[str, ...], dict[bool, dict[str, str]]] = {}
    for at, positive in _signs(form):
        # Both signs at the same parameters: then data sets with gaps of both signs exist there.
        here = seen.setdefault(tuple(v for k, v in at.items() if k not in names), {})
        here.setdefault(positive, at)
        if len(here) == 2:
            return Curvature("neither", form, verdict, here[True], here[False])
    return Curvature(None, form, verdict)


_SIDES = tuple(map(Fraction, (1, 0, -1, 2, -2, 3, -3)))


def _signs(form: Expr) -> Iterator[tuple[dict[str, str], bool]]:
    """Exact points at which the form is certainly not 0; is it positive there?"""
    symbols = sorted(form.free_symbols, key=str)
    term = Balls(form, symbols)
    for count, values in enumerate(product(_SIDES, repeat=len(symbols))):
        if count > 3000:
            return
        at = dict(zip(symbols, values, strict=True))
        try:
            value = term({s: exact(v) for s, v in at.items()})
        except (Undefined, ZeroDivisionError):
            continue
        if value > 0 or value < 0:
            yield {page_name(s.name): str(v) for s, v in at.items()}, bool(value > 0)

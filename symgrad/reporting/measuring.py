"""Measuring: numbers beside independent numbers, floating point against differences and against 30 digits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from ..bridge import page_name, sigma, to_page
from ..errors import InputError
from ..kernel.enclosure import enclose
from ..meaning.elaborate import elaborate
from ..page.scope import Scope
from .formulas import latex_of
from .model import Measurement, Numbers

if TYPE_CHECKING:
    from ..numeric import Compiled, Evaluation
    from ..objective import Objective

SAMPLES, FEATURES = 20, 3
CENTRAL, EXACT = "1e-8", "1e-12"
STEP, LARGEST = 2.0**-9, 1e300

Values = Mapping[str, Any]


def enclosed(expr: Any, digits: int = 10) -> str:
    """The value of a closed SymPy expression, rounded, every printed digit certain (ball arithmetic).

    >>> enclosed(sympy.exp(1)), enclosed(sympy.Rational(-1, 3))
    ('2.7182818285', '-1/3')
    """
    value: str = enclose(elaborate(to_page(sympy.sympify(expr, strict=True)), Scope()), digits)
    return value


def numbers(objective: Objective, reach: int = 1000) -> Numbers:
    """The gradient as NumPy code, on seeded data, against two independent computations of it.

    The two are central differences (five points) of the compiled value, and SymPy's own derivative of each
    sample's loss, evaluated in 30 digits and averaged.  Errors are relative to the mean of the absolute
    values of the samples' gradients (to 1, if that is less); what is printed is a bound.  The last rows take
    data up to ``reach``, where the code has to stay finite and silent (0: none); they are left out where the
    gradient itself is no floating-point number.
    """
    from ..numeric import compile

    compiled = compile(objective, objective.parameters)
    slope = _Slope(objective)
    near = slope.draw(Random(20), 2)
    exact, scale = slope(near)
    fast, central = _gradient(compiled, near), _central(compiled, objective, near)
    rows = []
    for k, name in enumerate(slope.names):
        rows.append(_row(name, "central differences", fast[k] - central[k], scale[k], CENTRAL))
        rows.append(_row(name, "SymPy, 30 digits", fast[k] - exact[k], scale[k], EXACT))
    if reach:
        far = slope.draw(Random(21), reach)
        exact, scale = slope(far, 30 + reach)  # 1 - σ(1000) needs 435 digits to differ from 0
        if max(scale) < LARGEST:
            fast = _gradient(compiled, far)
            for k, name in enumerate(slope.names):
                against = f"SymPy, 30 digits, data up to {reach}"
                rows.append(_row(name, against, fast[k] - exact[k], scale[k], EXACT))
    return Numbers(tuple(rows))


def _row(name: str, against: str, error: Any, scale: Any, bound: str) -> Measurement:
    return Measurement(f"${name}$", against, bound, bool(abs(error) < float(bound) * max(1, scale)))


def _gradient(compiled: Compiled, values: Values) -> Any:
    """All components in one row; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return np.concatenate([np.ravel(g) for g in _at(compiled, values).gradient])


def _at(compiled: Compiled, values: Values) -> Evaluation:
    return compiled(**{compiled.arguments[page_name(k)].python: v for k, v in values.items()})


def _central(compiled: Compiled, objective: Objective, values: Values) -> list[float]:
    """Five-point central differences of the value, component by component."""
    out = []
    for name in _arguments(objective.parameters):
        start = np.asarray(values[name], dtype=float)
        for at in np.ndindex(start.shape):
            total = 0.0
            for steps, weight in ((-2, 1), (-1, -8), (1, 8), (2, -1)):
                moved = start.copy()
                moved[at] += steps * STEP
                total += weight * float(_at(compiled, {**values, name: moved[()]}).value)
            out.append(total / (12 * STEP))
    return out


def _arguments(things: tuple[Any, ...]) -> list[str]:
    return [str(t.label if isinstance(t, sympy.IndexedBase) else t.name) for t in things]


class _Slope:
    """SymPy's own gradient of one sample's loss, in 30 digits."""

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        loss = objective.unfold(objective.loss)
        inner = {b for s in loss.atoms(sympy.Sum) for _, *bounds in s.limits for b in bounds}
        self.inner = {s for b in inner for s in b.free_symbols}
        loss = loss.subs({**dict.fromkeys(self.inner, FEATURES), objective.size: SAMPLES}).doit()
        self.entries = sorted(loss.atoms(sympy.Indexed), key=str)
        plain = {e: sympy.Dummy() for e in self.entries}
        flat = loss.xreplace(plain).replace(sigma, lambda z: 1 / (1 + sympy.exp(-z)))
        self.others = sorted(
            (s for s in flat.free_symbols if not isinstance(s, sympy.Dummy) and s not in self.inner), key=str
        )
        wrt = list(self._components(plain))
        self.names = [name for name, _ in wrt]
        arguments, gradient = [*plain.values(), *self.others], [flat.diff(v) for _, v in wrt]
        self.evaluate: Callable[..., Any] = sympy.lambdify(arguments, gradient, "mpmath")

    def _components(self, plain: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
        """Name on paper and symbol of every number that is differentiated by."""
        symbol = self.objective.symbol.name
        for p in self.objective.parameters:
            own = [e for e in self.entries if e.base == p] if isinstance(p, sympy.IndexedBase) else [p]
            for v in own:
                yield rf"\partial {symbol}/\partial {latex_of(v)}", plain.get(v, v)

    def draw(self, rng: Random, size: int) -> dict[str, Any]:
        """Data up to ``size`` and parameters up to 1, multiples of 1/8: exact in floating point."""

        def some(of: Any, shape: tuple[int, ...], most: int) -> Any:
            low, high = -8 * most, 8 * most
            low, high = (1 if of.is_nonnegative else low), (-1 if of.is_nonpositive else high)
            cells = [rng.randint(low, high) / 8 for _ in range(int(np.prod(shape)))]
            return np.array(cells).reshape(shape)[()]

        values: dict[str, Any] = {}
        arity = {e.base: len(e.indices) for e in self.entries}
        for base, count in arity.items():
            first, most = (SAMPLES, size) if base in self.objective.data else (FEATURES, 1)
            values[str(base.label)] = some(base.label, (first, *[FEATURES] * (count - 1)), most)
        for symbol in self.others:
            values[symbol.name] = some(symbol, (), 1)
        return values

    def __call__(self, values: Values, digits: int = 30) -> tuple[list[Any], list[Any]]:
        """The mean of the samples' gradients and of their absolute values."""
        from mpmath import fabs, fsum, mpf, workdps  # type: ignore[import-untyped]

        o = self.objective
        with workdps(digits):
            rows = [self.evaluate(*self._sample(values, n, mpf)) for n in range(SAMPLES)]
            if not all(isinstance(v, mpf | int) for row in rows for v in row):
                raise InputError(
                    f"{o.name}: no value at the seeded data; give symbols their sign: positive=True"
                )
            weight = SAMPLES if o.reduction == "mean" else 1
            columns = list(zip(*rows, strict=True))
            return [fsum(c) / weight for c in columns], [fsum(map(fabs, c)) / weight for c in columns]

    def _sample(self, values: Values, n: int, number: Any) -> Iterator[Any]:
        for e in self.entries:
            at = [n if k == self.objective.index else int(k) - 1 for k in e.indices]
            yield number(float(values[str(e.base.label)][tuple(at)]))
        for symbol in self.others:
            yield number(float(values[symbol.name]))



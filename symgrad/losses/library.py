"""The library of models, losses and named problems.

To add a problem, add one line to ``PROBLEMS`` (and, if need be, one to ``MODELS`` or ``LOSSES``).

>>> PROBLEMS["sigmoid-regression"]().parameters
(w, b)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import sympy

from ..bridge import kinds_of, sigma, to_sympy
from ..errors import InputError
from ..latex import read
from ..objective import Expr, Objective
from ..page.scope import Scope


def read_loss(text: str, scope: Scope | None = None) -> Expr:
    r"""The SymPy form of a loss in LaTeX, definitions of the scope opened; what it does not declare is real.

    >>> read_loss("|y_i - w x_i|").free_symbols >= {sympy.Symbol("w", real=True)}
    True
    """
    scope = scope or Scope()
    written = read(text, scope)
    kinds = kinds_of(to_sympy(written, scope, unfold=True))
    return to_sympy(written, replace(scope, kinds={**kinds, **scope.kinds}), unfold=True)


_A, _M, _B, _W, _THETA, _T, _P = sympy.symbols("a m b w theta t p", real=True)


_X, _Y = sympy.IndexedBase("x", real=True), sympy.IndexedBase("y", real=True)


_I, _N = sympy.Symbol("i", integer=True), sympy.Symbol("N", integer=True, positive=True)


_F, _TARGET = sympy.Function("f"), sympy.Symbol("y", real=True)


MODELS: dict[str, Expr] = {
    "line": sympy.Lambda(_T, _M * _T + _B),
    "proportional": sympy.Lambda(_T, _THETA * _T),
    "polynomial": sympy.Lambda(_T, _A * _T**2 + _M * _T + _B),
    "sigmoid": sympy.Lambda(_T, sigma(_W * _T + _B)),
    "tanh": sympy.Lambda(_T, sympy.tanh(_W * _T + _B)),
}
"""What predicts a target from an input: f(t)."""


LOSSES: dict[str, Expr] = {
    "squared": sympy.Lambda((_TARGET, _P), (_TARGET - _P) ** 2),
    "cross-entropy": sympy.Lambda(
        (_TARGET, _P), -_TARGET * sympy.log(_P) - (1 - _TARGET) * sympy.log(1 - _P)
    ),
    "signed": sympy.Lambda((_TARGET, _P), _TARGET - _P),
    "log-cosh": sympy.Lambda((_TARGET, _P), sympy.log(sympy.cosh(_TARGET - _P))),
    "softplus": sympy.Lambda((_TARGET, _P), sympy.log(1 + sympy.exp(_P)) - _TARGET * _P),
    "margin": sympy.Lambda((_TARGET, _P), sympy.log(1 + sympy.exp(-_TARGET * _P))),
    "exponential": sympy.Lambda((_TARGET, _P), sympy.exp(-_TARGET * _P)),
    "poisson": sympy.Lambda((_TARGET, _P), sympy.exp(_P) - _TARGET * _P),
}
"""What a prediction p costs when the target is y: ℓ(y, p)."""


def problem(name: str, model: str, loss: str) -> Objective:
    """The mean over N samples of a loss of the library at a model of the library."""
    for table, key in ((MODELS, model), (LOSSES, loss)):
        if key not in table:
            raise InputError(f"no {key!r}; there are {', '.join(table)}")
    f = MODELS[model]
    parameters = sorted(f.expr.free_symbols - {*f.variables}, key=lambda p: (p.name == "b", p.name))
    sample = LOSSES[loss](_Y[_I], _F(_X[_I]))
    return Objective(name, sample, {_F: f}, tuple(parameters), (_X, _Y), _I, _N)


PROBLEMS: dict[str, Callable[[], Objective]] = {
    "linear-regression": lambda: problem("linear-regression", "line", "squared"),
    "sigmoid-regression": lambda: problem("sigmoid-regression", "sigmoid", "cross-entropy"),
    "sigmoid-squared": lambda: problem("sigmoid-squared", "sigmoid", "squared"),
    "signed-error": lambda: problem("signed-error", "proportional", "signed"),
}

"""Numeric: values and gradients against finite differences and high precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

from symgrad import sigma
from symgrad.errors import InputError
from symgrad.numeric import Compiled, compile
from symgrad.problems import PROBLEMS

w, x, y, W, V = (sp.IndexedBase(c, real=True) for c in ("w", "x", "y", "W", "V"))
i, k, h, j = sp.symbols("i k h j", integer=True)
N, d, K, H = sp.symbols("N d K H", integer=True, positive=True)
m, b, lam = sp.symbols("m b lambda", real=True)
RNG = np.random.default_rng(7)


def mean(body: Any) -> Any:
    return sp.Sum(body, (i, 1, N)) / N


def differences(f: Compiled, arguments: dict[str, Any], step: float = 1e-6) -> list[Any]:
    """The gradient by central differences."""
    out = []
    for name in f.wrt:
        python = f.arguments[name].python
        base = np.asarray(arguments[python], float)
        slope = np.zeros_like(base)
        for spot in np.ndindex(base.shape):
            shift = np.zeros_like(base)
            shift[spot] = step
            above, below = (f(**{**arguments, python: base + s * shift}).value for s in (1, -1))
            slope[spot] = (above - below) / (2 * step)
        out.append(slope)
    return out


def agrees(f: Compiled, **arguments: Any) -> None:
    assert f.verdict, f.verdict
    for found, expected in zip(f(**arguments).gradient, differences(f, arguments), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-7)


X1, Y1 = RNG.normal(size=40), (RNG.random(40) > 0.4) * 1.0
X, Y3 = RNG.normal(size=(40, 3)), RNG.dirichlet(np.ones(4), size=40)


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("reduction", ["sum", "mean", "at_mean"])
def test_library(name: str, reduction: str) -> None:
    f = compile(getattr(PROBLEMS[name](), reduction)())
    agrees(f, x=X1, y=Y1, **{f.arguments[n].python: 0.3 for n in f.wrt})


def test_vector_features() -> None:
    loss = mean((y[i] - sp.Sum(w[k] * x[i, k], (k, 1, d)) - b) ** 2) + lam * sp.Sum(w[k] ** 2, (k, 1, d))
    f = compile(loss, (w, b))
    agrees(f, x=X, y=Y1, w=np.array([0.1, -0.4, 2.0]), b=0.5, lambda_=0.1)
    assert "x @ w" in f.source


def test_softmax() -> None:
    z, total = (sp.Sum(W[j, c] * x[i, j], (j, 1, d)) for c in (k, h))
    p = sp.exp(z) / sp.Sum(sp.exp(total), (h, 1, K))
    f = compile(mean(-sp.Sum(y[i, k] * sp.log(p), (k, 1, K))), W)
    agrees(f, x=X, y=Y3, W=RNG.normal(size=(3, 4)))
    far = f(x=1e5 * X, y=Y3, W=RNG.normal(size=(3, 4)))
    assert np.isfinite(far.value) and np.isfinite(far.gradient[0]).all()


def test_two_layers() -> None:
    hidden = sigma(sp.Sum(W[h, k] * x[i, k], (k, 1, d)))
    f = compile(mean((y[i] - sp.Sum(V[h] * hidden, (h, 1, H))) ** 2), (V, W))
    agrees(f, x=X, y=Y1, V=RNG.normal(size=4), W=RNG.normal(size=(4, 3)))


def test_source_stands_alone() -> None:
    f = compile(PROBLEMS["sigmoid-regression"]())
    space: dict[str, Any] = {}
    exec(f.source, space)
    value, gradient = space["loss_and_gradient"](x=X1, y=Y1, w=0.3, b=-0.2)
    here = f(x=X1, y=Y1, w=0.3, b=-0.2)
    assert "symgrad" not in f.source
    assert (value, *gradient) == (here.value, *here.gradient)


def test_messages() -> None:
    f = compile(PROBLEMS["linear-regression"]())
    with pytest.raises(InputError, match="argument b is missing"):
        f(x=X1, y=Y1, m=1.0)
    with pytest.raises(InputError, match="no argument 'c'"):
        f(x=X1, y=Y1, m=1.0, b=1.0, c=2)
    with pytest.raises(InputError, match="axis 0 of y has length 3, but axis 0 of x has length 40"):
        f(x=X1, y=Y1[:3], m=1.0, b=1.0)
    with pytest.raises(InputError, match="x must have shape \\(N,\\), but its shape is \\(40, 3\\)"):
        f(x=X, y=Y1, m=1.0, b=1.0)
    with pytest.raises(InputError, match="m must be one number"):
        f(x=X1, y=Y1, m=[1.0, 2.0], b=1.0)
    with pytest.raises(InputError, match="y must hold real numbers"):
        f(x=X1, y=Y1 * 1j, m=1.0, b=1.0)


def test_single_precision() -> None:
    f = compile(PROBLEMS["sigmoid-regression"]())
    here = f(x=X1.astype(np.float32), y=Y1.astype(np.float32), w=0.5, b=np.float64(0.25))
    assert here.value.dtype == np.float32
    assert {g.dtype for g in here.gradient} == {np.dtype(np.float32)}

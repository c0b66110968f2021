"""Numeric: values and gradients against finite differences and high precision."""

from __future__ import annotations

import doctest
import random
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from symgrad import sigma
from symgrad.cli.main import main
from symgrad.errors import InputError, SymgradError, UnknownMeaning
from symgrad.losses.library import PROBLEMS
from symgrad.numeric import Compiled, compile, gradcheck

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
    with pytest.raises(InputError, match="argument x is missing; there is no X"):
        f(X=X1, y=Y1, m=1.0, b=1.0)
    with pytest.raises(InputError, match="no argument 'c'"):
        f(x=X1, y=Y1, m=1.0, b=1.0, c=2)
    with pytest.raises(InputError, match="axis 0 of y has length 3, but axis 0 of x has length 40"):
        f(x=X1, y=Y1[:3], m=1.0, b=1.0)
    with pytest.raises(InputError, match="x must have shape \\(N,\\), but its shape is \\(40, 3\\)"):
        f(x=X, y=Y1, m=1.0, b=1.0)
    with pytest.raises(InputError, match="N is 3, but axis 0 of x has length 40"):
        f(x=X1, y=Y1, m=1.0, b=1.0, N=3)
    with pytest.raises(InputError, match="axis 1 of x has length 3, but its entry 4 is read"):
        compile(mean(x[i, 4] * m), m)(x=X, m=1.0)
    with pytest.raises(InputError, match="no data"):
        f(x=[], y=[], m=1.0, b=1.0)
    with pytest.raises(InputError, match="m must be one number"):
        f(x=X1, y=Y1, m=[1.0, 2.0], b=1.0)
    with pytest.raises(InputError, match="y must hold real numbers"):
        f(x=X1, y=Y1 * 1j, m=1.0, b=1.0)


def test_single_precision() -> None:
    f = compile(PROBLEMS["sigmoid-regression"]())
    here = f(x=X1.astype(np.float32), y=Y1.astype(np.float32), w=0.5, b=np.float64(0.25))
    assert here.value.dtype == np.float32
    assert {g.dtype for g in here.gradient} == {np.dtype(np.float32)}


# Stability: the same loss however it is spelt

w_, b_ = sp.symbols("w b", real=True)
z, u = w_ * x[i] + b_, w_ * x[i]
SPELLINGS = {
    "1/(1+e^-z)": 1 / (1 + sp.exp(-z)),
    "e^z/(1+e^z)": sp.exp(z) / (1 + sp.exp(z)),
    "1-1/(1+e^z)": 1 - 1 / (1 + sp.exp(z)),
    "1-e^-z/(1+e^-z)": 1 - sp.exp(-z) / (1 + sp.exp(-z)),
    "(1+tanh)/2": (1 + sp.tanh(z / 2)) / 2,
    "two exponentials": sp.exp(z / 2) / (sp.exp(z / 2) + sp.exp(-z / 2)),
    "sigma": sigma(z),
}
FAR = np.array([-1e6, -800, -709, -40, -1, 0, 0.5, 30, 40, 709, 800, 1e6])


def exact_cross_entropy(points: Any, labels: Any) -> tuple[Any, Any, Any]:
    """Value, slope by w at w = 1, b = 0, and the sum of the sizes of the slope's terms, in 60 digits."""
    with mp.workdps(60):
        value = slope = size = mp.mpf(0)
        for t, label in zip(map(mp.mpf, points), labels, strict=True):
            sign = 1 - 2 * int(label)
            u = sign * t
            value += u + mp.log1p(mp.exp(-u)) if u > 0 else mp.log1p(mp.exp(u))
            p = 1 / (1 + mp.exp(-u)) if u > 0 else mp.exp(u) / (1 + mp.exp(u))
            slope += sign * p * t
            size += abs(p * t)
        return value, slope, size


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("labels", [0 * FAR, 0 * FAR + 1, 1.0 * (FAR > 0), 1.0 * (FAR <= 0)], ids=str)
def test_cross_entropy_is_stable(spelling: str, labels: Any) -> None:
    p = SPELLINGS[spelling]
    f = compile(sp.Sum(-y[i] * sp.log(p) - (1 - y[i]) * sp.log(1 - p), (i, 1, N)), (w_, b_))
    found, (slope, _) = f(x=FAR, y=labels, w=1.0, b=0.0)
    value, exact, size = exact_cross_entropy(FAR, labels)
    assert f.verdict, f.verdict
    assert abs(found - value) <= 1e-14 * value
    assert abs(slope - exact) <= 1e-14 * size


def test_slopes_that_vanish_keep_their_digits() -> None:
    """1 - tanh² and γ σ^{γ-1} σ(1-σ) where tanh is 1 and σ is 0 but for what is lost."""
    g_ = sp.Symbol("gamma", positive=True)
    for loss, slope in [(sp.tanh(u), lambda t: mp.sech(t) ** 2),
                        (sigma(u) ** g_, lambda t: mp.exp(t / 2) / (1 + mp.exp(t)) ** 1.5 / 2),
                        ((1 + sp.exp(u)) ** -g_, lambda t: -mp.exp(t) / (1 + mp.exp(t)) ** 1.5 / 2)]:
        f = compile(sp.Sum(loss, (i, 1, N)), w_)
        rest = {"gamma": 0.5} if "gamma" in {a.python for a in f.arguments.values()} else {}
        for t in (-800.0, -300.0, -20.0, 0.5, 20.0, 300.0, 800.0):
            for copies in (1, 300):
                with mp.workdps(40):
                    exact = copies * slope(mp.mpf(t)) * t
                found = f(x=np.full(copies, t), w=1.0, **rest).gradient[0]
                assert abs(found - exact) <= 1e-12 * abs(exact) + 1e-290, (loss, t)


def test_sigma_to_the_last_digit() -> None:
    f = compile(sp.Sum(sigma(w_ * x[i]), (i, 1, N)), w_)
    for t in np.linspace(-700, 700, 301):
        with mp.workdps(40):
            exact = 1 / (1 + mp.exp(-mp.mpf(t)))
            assert abs(f(x=[t], w=1.0).value - exact) <= 4.5e-16 * exact


@pytest.mark.parametrize("body", [sp.log(1 + sp.exp(z)), sp.log(sp.exp(z) + sp.exp(-z)), sp.log(sp.cosh(z)),
                                  sp.log(1 + sp.exp(-y[i] * z)), sp.exp(-sp.log(1 + sp.exp(-z)))], ids=str)
def test_far_out(body: Any) -> None:
    f = compile(mean(body), (w_, b_))
    labels = {"y": FAR / 1e6} if "y" in {a.python for a in f.arguments.values()} else {}
    for t in FAR:
        here = f(x=FAR, w=t, b=t, **labels)
        assert np.isfinite(here.value) and np.isfinite(here.gradient).all()


r = y[i] - w_ * x[i]
delta, gamma = sp.symbols("delta gamma", positive=True)
KINKED = {
    "huber": sp.Piecewise((r**2 / 2, sp.Abs(r) <= delta), (delta * (sp.Abs(r) - delta / 2), True)),
    "absolute": sp.Abs(r),
    "pinball": sp.Max(delta * r, (delta - 1) * r),
    "hinge": sp.Max(0, 1 - y[i] * w_ * x[i]),
    "relu": (y[i] - sp.Max(0, w_ * x[i])) ** 2,
    "capped": sp.Min(1, r**2),
    "focal": -((1 - sigma(r)) ** gamma) * sp.log(sigma(r)),
}


@pytest.mark.parametrize("name", KINKED)
def test_kinked(name: str) -> None:
    f = compile(mean(KINKED[name]), w_)
    free = {a.python for a in f.arguments.values()}
    point = {"x": X1, "y": Y1, "w": 0.3, "delta": 0.4, "gamma": 2.0}
    agrees(f, **{k: v for k, v in point.items() if k in free})


def test_ties() -> None:
    one: dict[str, Any] = {"x": [1.0], "y": [0.0], "w": 0.0}
    for body, expected in [(sp.Abs(r), 0.0), (sp.Max(0, u), 0.0), (sp.Max(u, 2 * u), 1.5),
                           (sp.Piecewise((u, w_ >= 0), (5 * u, True)), 1.0)]:
        f = compile(mean(body), w_)
        free = {a.python for a in f.arguments.values()}
        assert f(**{k: v for k, v in one.items() if k in free}).gradient == (expected,)


def test_hessian() -> None:
    loss = mean((y[i] - sigma(sp.Sum(w[k] * x[i, k], (k, 1, d)) + b)) ** 2)
    f = compile(loss, (w, b))
    at: dict[str, Any] = {"x": X, "y": Y1, "w": np.array([0.2, -1.0, 0.4]), "b": 0.3}
    found = f(**at).hessian
    assert found.shape == (4, 4)
    np.testing.assert_allclose(found, found.T, atol=1e-15)
    rows = [
        np.r_[(f(**{**at, "w": at["w"] + e}).gradient[0] - f(**{**at, "w": at["w"] - e}).gradient[0]) / 2e-6]
        for e in 1e-6 * np.eye(3)
    ]
    np.testing.assert_allclose(found[:3, :3], rows, atol=1e-8)


# Somebody's own gradient code


def line(**arguments: Any) -> Any:
    return arguments["y"] - arguments["m"] * arguments["x"] - arguments["b"]


WRONG = {
    "off by the factor -1": lambda **a: (2 * (line(**a) * a["x"]).mean(), 2 * line(**a).mean()),
    "off by the factor 1/2": lambda **a: (-(line(**a) * a["x"]).mean(), -line(**a).mean()),
    "off by the factor N": lambda **a: (-2 * (line(**a) * a["x"]).sum(), -2 * line(**a).sum()),
    "off by the factor 3": lambda **a: [-6 * (line(**a) * a["x"]).mean(), -6 * line(**a).mean()],
}


def test_right_code_passes() -> None:
    objective = PROBLEMS["linear-regression"]()
    for result in (tuple, np.array, lambda g: dict(zip("mb", g, strict=True))):
        check = gradcheck(
            lambda **a: result([-2 * (line(**a) * a["x"]).mean(), -2 * line(**a).mean()]), objective  # noqa: B023
        )
        assert check and check.ok and "nobody compared the loss" in str(check)
    both = gradcheck(lambda **a: (-2 * (line(**a) * a["x"]).mean(), -2 * line(**a).mean()), objective,
                     loss_fn=lambda **a: (line(**a) ** 2).mean())
    assert both and "nobody" not in str(both)


def test_weights_that_do_not_sum_to_the_number_of_samples() -> None:
    weighted = sp.Sum(S[i] * (y[i] - m * x[i]) ** 2, (i, 1, N)) / sp.Sum(S[i], (i, 1, N))
    plain = sp.Sum(S[i] * (y[i] - m * x[i]) ** 2, (i, 1, N)) / N

    def by_count(x: Any, y: Any, s: Any, m: Any) -> Any:
        return -2 * (s * (y - m * x) * x).mean()

    def by_weight(x: Any, y: Any, s: Any, m: Any) -> Any:
        return -2 * (s * (y - m * x) * x).sum() / s.sum()

    for code, loss, factor in ((by_count, weighted, "mean(s)"), (by_weight, plain, "1/mean(s)")):
        check = gradcheck(code, loss, wrt=m, domains={"s": "positive"})
        assert check.findings == {"m": f"off by the factor {factor}"}
    assert gradcheck(by_weight, weighted, wrt=m, domains={"s": "positive"})


def test_a_tensor_comes_out() -> None:
    class Tensor:
        """As torch's: numbers only after detach and cpu."""

        def __init__(self, values: Any, free: bool = False) -> None:
            self.values, self.free = values, free

        def detach(self) -> Tensor:
            return Tensor(self.values, True)

        def cpu(self) -> Tensor:
            return self

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            assert self.free
            return np.asarray(self.values, dtype)

    def mine(**a: Any) -> Any:
        return Tensor([-2 * (line(**a) * a["x"]).mean(), -2 * line(**a).mean()])

    assert gradcheck(mine, PROBLEMS["linear-regression"]())


@pytest.mark.parametrize("finding", WRONG)
def test_wrong_code_is_named(finding: str) -> None:
    check = gradcheck(WRONG[finding], PROBLEMS["linear-regression"]())
    assert not check and check.findings == {"m": finding, "b": finding}
    assert len(check.data["x"]) <= 2


def test_swapped_missing_and_overflowing_code() -> None:
    swapped = gradcheck(lambda **a: (-2 * line(**a).mean(), -2 * (line(**a) * a["x"]).mean()),
                        PROBLEMS["linear-regression"]())
    assert swapped.findings == {"m": "this is the derivative by b", "b": "this is the derivative by m"}
    ridge = mean((y[i] - m * x[i]) ** 2) + lam * m**2
    forgot = gradcheck(lambda x, y, m, lambda_: -2 * ((y - m * x) * x).mean(), ridge, wrt=m)
    assert "lacks what the term" in forgot.findings["m"]

    def naive(x: Any, y: Any, w: Any, b: Any) -> Any:
        e = np.exp(w * x + b)
        return ((e / (1 + e) - y) * x).mean(), (e / (1 + e) - y).mean()

    overflow = gradcheck(naive, PROBLEMS["sigmoid-regression"](), domains={"y": "binary"})
    assert set(overflow.findings.values()) == {"not finite where the derived gradient is"}
    with pytest.raises(InputError, match="no argument 'q'"):
        gradcheck(naive, PROBLEMS["sigmoid-regression"](), domains={"q": "binary"})


# Data given once, and in blocks


def case(name: str) -> tuple[Compiled, dict[str, Any], dict[str, Any]]:
    """A compiled loss, its data, and values for everything else."""
    score = sp.Sum(w[k] * x[i, k], (k, 1, d)) + b
    classes, total = (sp.Sum(W[j, c] * x[i, j], (j, 1, d)) for c in (k, h))
    hidden = sigma(sp.Sum(W[h, k] * x[i, k], (k, 1, d)))
    share = sp.exp(classes) / sp.Sum(sp.exp(total), (h, 1, K))
    vector = {"x": X, "y": Y1}
    parameters: dict[str, Any] = {"w": np.array([0.3, -1.0, 0.2]), "b": 0.4}
    scalar = {"x": X1, "y": Y1}
    if name in PROBLEMS:
        f = compile(PROBLEMS[name]())
        return f, scalar, {f.arguments[n].python: 0.3 for n in f.wrt}
    if name in KINKED:
        f = compile(mean(KINKED[name]), w_)
        names = {a.python for a in f.arguments.values()}
        return f, scalar, {q: v for q, v in {"w": 0.3, "delta": 0.4, "gamma": 2.0}.items() if q in names}
    losses: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
        "ridge": (mean((y[i] - score) ** 2) + lam * sp.Sum(w[k] ** 2, (k, 1, d)), (w, b), vector,
                  {**parameters, "lambda_": 0.2}),
        "logistic": (mean(-y[i] * sp.log(sigma(score)) - (1 - y[i]) * sp.log(1 - sigma(score))), (w, b),
                     vector, parameters),
        "signs": (mean(sp.log(1 + sp.exp(-y[i] * score))), (w, b), vector, parameters),
        "poisson": (mean(sp.exp(score) - y[i] * score), (w, b), vector, parameters),
        "log-cosh": (mean(sp.log(sp.cosh(score - y[i]))), (w, b), vector, parameters),
        "softmax": (mean(-sp.Sum(y[i, k] * sp.log(share), (k, 1, K))), W, {"x": X, "y": Y3},
                    {"W": RNG.normal(size=(3, 4))}),
        "network": (mean((y[i] - sp.Sum(V[h] * hidden, (h, 1, H))) ** 2), (V, W), vector,
                    {"V": RNG.normal(size=4), "W": RNG.normal(size=(4, 3))}),
        "quartic": (mean((y[i] - m * x[i]) ** 4), m, scalar, {"m": 0.3}),
        "two passes": (mean(sigma(m * x[i] - mean(m * x[i])) * y[i]), m, scalar, {"m": 0.3}),
        "sums of sums": (mean((m * x[i] - mean(m * x[i])) ** 2 * y[i]), m, scalar, {"m": 0.3}),
    }
    loss, wrt, data, rest = losses[name]
    f = compile(loss, wrt)
    return f, {q: v for q, v in data.items() if q in {a.python for a in f.arguments.values()}}, rest


CASES = [*PROBLEMS, *KINKED, "ridge", "logistic", "signs", "poisson", "log-cosh", "softmax", "network",
         "quartic", "two passes", "sums of sums"]


def flat(evaluation: Any) -> Any:
    return np.concatenate([np.ravel(part) for part in (evaluation.value, *evaluation.gradient)])


@pytest.mark.parametrize("name", CASES)
def test_every_way_to_run_agrees(name: str, monkeypatch: Any) -> None:
    f, data, rest = case(name)
    expected, curvature = flat(f(**data, **rest)), f(**data, **rest).hessian
    monkeypatch.setattr("symgrad.numeric.blocks.ROWS", 16)  # so that a block ends in the middle
    monkeypatch.setattr("symgrad.numeric.code.BLOCKED", 1)
    bound = f.bind(**data)
    assert bound.verdict, bound.verdict
    for evaluation in (f(**data, **rest), bound(**rest)):
        np.testing.assert_allclose(flat(evaluation), expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(evaluation.hessian, curvature, rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(evaluation.gradient[0], expected[1 : 1 + np.size(evaluation.gradient[0])]
                                   .reshape(np.shape(evaluation.gradient[0])), rtol=1e-12, atol=1e-14)
    pieces = [{q: v[s : s + 13] for q, v in data.items()} for s in range(0, 40, 13)]
    if name == "two passes":
        with pytest.raises(InputError, match="needs all samples at once"):
            f.bind(pieces)(**rest).gradient  # noqa: B018
    else:
        np.testing.assert_allclose(flat(f.bind(pieces)(**rest)), expected, rtol=1e-12, atol=1e-14)


def test_stable_in_blocks() -> None:
    f = compile(PROBLEMS["sigmoid-regression"]().sum())
    for labels in (0 * FAR, 0 * FAR + 1, 1.0 * (FAR > 0), 1.0 * (FAR < 0)):
        found = f.bind(x=np.tile(FAR, 1000), y=np.tile(labels, 1000))(w=1.0, b=0.0)
        value, slope, size = exact_cross_entropy(FAR, labels)
        assert abs(found.value - 1000 * value) <= 1e-14 * 1000 * value
        assert abs(found.gradient[0] - 1000 * slope) <= 1e-14 * 1000 * size
        direct = f(x=np.tile(FAR, 1000), y=np.tile(labels, 1000), w=1.0, b=0.0)
        assert abs(direct.gradient[0] - 1000 * slope) <= 1e-14 * 1000 * size
    soft = f.bind(x=np.tile(FAR, 1000), y=np.full(12_000, 0.25))(w=1.0, b=0.0)
    assert np.isfinite(flat(soft)).all()


def test_large_weights_far_out() -> None:
    sharp = S[i] * (-y[i] * sp.log(sigma(w_ * x[i])) - (1 - y[i]) * sp.log(1 - sigma(w_ * x[i])))
    f = compile(sp.Sum(sharp, (i, 1, N)), w_)
    data = {"x": np.tile(FAR, 100), "y": np.full(1200, 0.5), "s": np.full(1200, 1e60)}
    few = {q: v[:12] for q, v in data.items()}
    np.testing.assert_allclose(f.bind(**data)(w=1.0).gradient[0], 100 * f(**few, w=1.0).gradient[0], 1e-12)


def test_which_losses_have_finite_sums() -> None:
    for name in CASES:
        f, data, _ = case(name)
        finite = name in ("linear-regression", "signed-error", "ridge", "quartic", "sums of sums")
        assert (f.bind(**data).reduced is not None) == finite, name


def test_variance_far_from_zero() -> None:
    mu = sp.Symbol("mu", real=True)
    f = compile(mean((x[i] - mu) ** 2), mu)
    points = 1e8 + RNG.normal(size=10_000)
    with mp.workdps(50):
        exact = [mp.mpf(p) for p in points]
        middle = mp.fsum(exact) / len(exact)
        variance = mp.fsum((p - middle) ** 2 for p in exact) / len(exact)
        at = mp.mpf(float(middle))
        expected = variance + (middle - at) ** 2
    assert abs(f.bind(x=points)(mu=float(middle)).value - expected) <= 1e-14 * expected


def test_memory_does_not_grow() -> None:
    for name in ("linear-regression", "sigmoid-regression"):
        f = compile(PROBLEMS[name]())
        points = RNG.normal(size=400_000)
        labels = 1.0 * (points > 0)
        bound = f.bind(x=points, y=labels)
        rest = {f.arguments[n].python: 0.3 for n in f.wrt}
        bound(**rest).gradient  # noqa: B018  (compiles)
        tracemalloc.start()
        f.bind(x=points, y=labels)(**rest).gradient  # noqa: B018
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 1_000_000


def test_memmap_and_a_stream(tmp_path: Any) -> None:
    f, data, rest = case("linear-regression")
    stored = np.memmap(tmp_path / "x", float, "w+", shape=X1.shape)
    stored[:] = X1
    expected = flat(f(**data, **rest))
    np.testing.assert_allclose(flat(f.bind(x=stored, y=Y1)(**rest)), expected, rtol=1e-13)
    once = ({"x": X1[n : n + 7], "y": Y1[n : n + 7]} for n in range(0, 40, 7))
    np.testing.assert_allclose(flat(f.bind(once)(**rest)), expected, rtol=1e-13)
    g, data, rest = case("sigmoid-regression")
    stream = g.bind({"x": X1[n : n + 7], "y": Y1[n : n + 7]} for n in range(0, 40, 7))
    stream(**rest).gradient  # noqa: B018
    with pytest.raises(InputError, match="read already"):
        stream(**rest).gradient  # noqa: B018


@pytest.mark.parametrize("name", ["linear-regression", "ridge", "quartic", "sigmoid-regression"])
def test_descent_is_the_iteration(name: str) -> None:
    f, data, rest = case(name)
    start = {f.arguments[n].python: rest.pop(f.arguments[n].python) for n in f.wrt}
    seen: list[int] = []
    end = f.bind(**data).descend(start, rate=0.05, steps=40, **rest)
    walked = f.bind(**data).descend(start, rate=0.05, steps=40, progress=lambda n, _: seen.append(n), **rest)
    values = dict(start)
    for _ in range(40):
        slopes = f(**data, **values, **rest).gradient
        values = {q: v - 0.05 * s for (q, v), s in zip(values.items(), slopes, strict=True)}
    for q, v in values.items():
        np.testing.assert_allclose(end.parameters[q], v, rtol=1e-12)
        np.testing.assert_allclose(walked.parameters[q], v, rtol=1e-12)
    assert end.steps == 40 and seen == list(range(1, 41))
    jumped, went = (f.bind(**data).descend(start, 0.05, 10**4, tol=1e-9, progress=p, **rest).steps
                    for p in (None, lambda *_: 0))
    assert jumped == went < 10**4 or name == "sigmoid-regression"


def test_descent_that_diverges_warns_of_nothing() -> None:
    f, data, _ = case("linear-regression")
    end = f.bind(**data).descend({"m": 0.0, "b": 0.0}, rate=50, steps=10**4)
    assert not np.isfinite(list(end.parameters.values())).any()


def test_hyperparameters_may_be_bound_too() -> None:
    for name, known in (("ridge", "lambda_"), ("focal", "gamma")):
        f, data, rest = case(name)
        expected = flat(f(**data, **rest))
        settled = {known: rest.pop(known)}
        np.testing.assert_allclose(flat(f.bind(**data, **settled)(**rest)), expected, rtol=1e-12)
        pieces = [{q: v[s : s + 13] for q, v in data.items()} for s in range(0, 40, 13)]
        np.testing.assert_allclose(flat(f.bind(pieces, **settled)(**rest)), expected, rtol=1e-12)
        with pytest.raises(InputError, match=f"no argument '{known}' here"):
            f.bind(**data, **settled)(**rest, **settled)
    theta_ = sp.IndexedBase("theta", real=True)
    f = compile(mean((y[i] - theta_[i]) ** 2), theta_)
    agrees(f, y=Y1, theta=X1)
    np.testing.assert_allclose(f.bind(y=Y1)(theta=X1).gradient[0], 2 * (X1 - Y1) / 40, rtol=1e-12)
    with pytest.raises(InputError, match="a parameter for every sample"):
        f.bind([{"y": Y1}])


def test_bind_messages() -> None:
    f = compile(PROBLEMS["linear-regression"]())
    with pytest.raises(InputError, match="the data y are missing"):
        f.bind(x=X1)
    with pytest.raises(InputError, match="no data 'm'; its data are x, y"):
        f.bind(x=X1, y=Y1, m=1.0)
    with pytest.raises(InputError, match="argument b is missing"):
        f.bind(x=X1, y=Y1)(m=1.0)
    with pytest.raises(InputError, match="no argument 'x' here; it has m, b"):
        f.bind(x=X1, y=Y1)(x=X1, m=1.0, b=2.0)
    with pytest.raises(InputError, match="no data"):
        f.bind([])
    with pytest.raises(InputError, match="positive rate"):
        f.bind(x=X1, y=Y1).descend({"m": 0.0, "b": 0.0}, rate=-1, steps=3)


def test_single_precision_far_out() -> None:
    f = compile(PROBLEMS["sigmoid-regression"]())
    points = np.tile(FAR, 100).astype(np.float32)
    for label in (0.0, 0.25, 1.0):
        here = f.bind(x=points, y=np.full_like(points, label))(w=1.0, b=0.0)
        assert np.isfinite(flat(here)).all()


def test_the_branch_not_taken_may_be_undefined() -> None:
    loss = mean(sp.Piecewise((sp.log(x[i]) * m, x[i] > 0), (x[i] * m, True)))
    f = compile(loss, m)
    for points in (np.array([-1.0, 2.0]), np.tile([-1.0, 2.0], 200)):
        assert abs(f(x=points, m=1.0).gradient[0] - (np.log(2) - 1) / 2) < 1e-15
    half = compile(mean(sp.Piecewise((-(sp.log(x[i]) + 2 * y[i]) * m, x[i] > 0), (0, True))), m)
    for copies in (1, 200):
        here = half(x=np.tile([-1.0, 2.0], copies), y=np.tile([1.0, 3.0], copies), m=1.0)
        assert abs(here.gradient[0] + (np.log(2) + 6) / 2) < 1e-14


def test_single_precision_bound() -> None:
    for name in ("linear-regression", "sigmoid-regression"):
        f, data, rest = case(name)
        here = f.bind(**{q: v.astype(np.float32) for q, v in data.items()})(**rest)
        assert here.value.dtype == here.gradient[0].dtype == np.float32
        np.testing.assert_allclose(flat(here), flat(f(**data, **rest)), rtol=1e-5)


# Code that one can keep


@pytest.mark.parametrize("name", CASES)
def test_loop_agrees(name: str, monkeypatch: Any) -> None:
    f, data, rest = case(name)
    if name in ("two passes", "sums of sums"):
        with pytest.raises(InputError, match="no single loop"):
            _ = f.loop
        return
    plain = SimpleNamespace(njit=lambda *fn, **_: fn[0] if fn else lambda g: g)  # the loop in plain Python
    monkeypatch.setitem(sys.modules, "numba", plain)
    space: dict[str, Any] = {}
    exec(f.loop, space)
    value, slopes = space["loss_and_gradient"](**data, **rest)
    here = f(**data, **rest)
    np.testing.assert_allclose(value, here.value, rtol=1e-12)
    for a, b_ in zip(slopes, here.gradient, strict=True):
        np.testing.assert_allclose(a, b_, rtol=1e-11, atol=1e-14)


def test_loop_under_numba() -> None:
    pytest.importorskip("numba")
    f, data, rest = case("logistic")
    space: dict[str, Any] = {}
    exec(f.loop, space)
    value, slopes = space["loss_and_gradient"](**data, **rest)
    np.testing.assert_allclose(value, f(**data, **rest).value, rtol=1e-12)
    np.testing.assert_allclose(slopes[0], f(**data, **rest).gradient[0], rtol=1e-12)


@pytest.mark.parametrize("compiler", ["plain Python", "numba"])
def test_loop_is_stable(compiler: str, monkeypatch: Any) -> None:
    if compiler == "numba":
        pytest.importorskip("numba")
    else:
        plain = SimpleNamespace(njit=lambda *fn, **_: fn[0] if fn else lambda g: g)
        monkeypatch.setitem(sys.modules, "numba", plain)
    space: dict[str, Any] = {}
    exec(compile(PROBLEMS["sigmoid-regression"]().sum()).loop, space)
    points = np.r_[np.linspace(-690, 690, 50), np.linspace(20, 60, 50)]
    far = np.abs(points) > 19
    for at in (FAR, points, points[far]):
        for labels in (0 * at, 0 * at + 1, 1.0 * (at > 0), 1.0 * (at < 0)):
            value, exact, size = exact_cross_entropy(at, labels)
            found, (slope, _) = space["loss_and_gradient"](x=at, y=labels, w=1.0, b=0.0)
            alone, _ = space["gradient"](x=at, y=labels, w=1.0, b=0.0)
            assert abs(found - value) <= 1e-14 * value
            assert max(abs(slope - exact), abs(alone - exact)) <= 1e-14 * size
    unknown = space["gradient"](x=np.array([1.0, np.nan]), y=np.zeros(2), w=1.0, b=0.0)
    assert np.isnan(unknown).all()  # a gap in the data is not passed over


@pytest.mark.parametrize("name", CASES)
def test_source_agrees(name: str) -> None:
    f, data, rest = case(name)
    space: dict[str, Any] = {}
    exec(f.source, space)
    value, slopes = space["loss_and_gradient"](**data, **rest)
    bound = f.bind(**data)(**rest)
    np.testing.assert_allclose(value, bound.value, rtol=1e-12)
    for a, b_ in zip(slopes, bound.gradient, strict=True):
        np.testing.assert_allclose(a, b_, rtol=1e-11, atol=1e-14)
    assert "The gradient is the derivative, proved" in f.source


LATEX = {
    r"(y - (m x + b))^2": ({"wrt": ("m", "b"), "data": ("x", "y")}, X1),
    r"-y \log \sigma(m x + b) - (1 - y) \log(1 - \sigma(m x + b))": (
        {"wrt": ("m", "b"), "data": ("x", "y")}, X1),
    r"\frac{1}{N} \sum_{i=1}^N (y_i - w^\top x_i - b)^2 + \frac{1}{2} \lVert w \rVert^2": (
        {"wrt": ("w", "b"), "given": (r"let w \in \mathbb{R}^d", r"let x_i \in \mathbb{R}^d")}, X),
}


@pytest.mark.parametrize("text", LATEX)
def test_latex(text: str) -> None:
    options, features = LATEX[text]
    f = compile(text, **options)
    values = {"m": 0.3, "b": -0.2, "w": np.array([0.1, 0.2, -0.3])}
    agrees(f, x=features, y=Y1, **{f.arguments[n].python: values[n] for n in f.wrt})


def test_sum_and_mean_of_samples() -> None:
    sample = (y[i] - m * x[i]) ** 2
    arguments = {"x": X1, "y": Y1, "m": 0.3}
    total, average = (compile(sample, m, data=(x, y), mean=c)(**arguments) for c in (False, None))
    np.testing.assert_allclose(flat(total), 40 * flat(average))


def test_command_line(tmp_path: Any, capsys: Any) -> None:
    assert main(["compile", "linear-regression", "--wrt", "m,b"]) == 0
    code = capsys.readouterr().out
    assert code.startswith("# symgrad compile linear-regression --wrt m,b\nimport numpy as np\n")
    kept = tmp_path / "line.py"
    kept.write_text(code, encoding="utf-8")
    assert main(["compile", "--check", str(kept)]) == 0
    kept.write_text(code.replace("-2 *", "-1 *"), encoding="utf-8")
    assert main(["compile", "--check", str(kept)]) == 1
    kept.write_text("import numpy\n", encoding="utf-8")
    assert main(["compile", "--check", str(kept)]) == 3
    kept.write_text("# symgrad compile --wrt\n", encoding="utf-8")
    assert main(["compile", "--check", str(kept)]) == 3
    assert main(["compile", "(y - w x", "--data", "x,y", "--wrt", "w"]) == 2
    assert main(["compile", "(y - w x)^2", "--data", "x,y"]) == 3
    capsys.readouterr()
    assert main(["compile", "(y - w x)^2", "--data", "x,y", "--wrt", "w", "--emit", "numba"]) == 0
    assert "from numba import njit" in capsys.readouterr().out


# How people count, and what has no numeric form

A_, theta, target = sp.MatrixSymbol("A", N, d), sp.MatrixSymbol("theta", d, 1), sp.MatrixSymbol("y", N, 1)
S = sp.IndexedBase("s", real=True)
HABITS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "from 0": (sp.Sum((y[i] - m * x[i]) ** 2, (i, 0, N - 1)) / N, m, {"x": X1, "y": Y1, "m": 0.3}),
    "columns 0, 1": (mean((y[i] - m * x[i, 0] - b * x[i, 1]) ** 2), (m, b),
                     {"x": X, "y": Y1, "m": 0.3, "b": 1.0}),
    "columns 1, 2": (mean((y[i] - m * x[i, 1] - b * x[i, 2]) ** 2), (m, b),
                     {"x": X, "y": Y1, "m": 0.3, "b": 1.0}),
    "one entry more": (mean((y[i] - sp.Sum(w[k] * x[i, k], (k, 1, d))) ** 2) + w[1] ** 2, w,
                       {"x": X, "y": Y1, "w": np.array([0.3, 1.0, -2.0])}),
    "entries only": (mean((y[i] - w[1] * x[i] - w[2]) ** 2), w,
                     {"x": X1, "y": Y1, "w": np.array([0.3, 1.0])}),
    "matrices": (((A_ * theta - target).T * (A_ * theta - target))[0, 0] / N, theta,
                 {"A": X, "y": Y1, "theta": np.array([0.3, 1.0, -2.0])}),
    "weights": (sp.Sum(S[i] * (y[i] - m * x[i]) ** 2, (i, 1, N)) / sp.Sum(S[i], (i, 1, N)), m,
                {"x": X1, "y": Y1, "s": X1**2, "m": 0.3}),
    "pairs": (sp.Sum(sp.Sum(sigma(m * (x[i] - x[j])), (i, 1, N)), (j, 1, N)), m, {"x": X1, "m": 0.3}),
    "three in Max": (mean(sp.Max(m * x[i], b, 0)), (m, b), {"x": X1, "m": 0.3, "b": 0.1}),
    "broken powers": (mean((x[i] ** 2 + m**2) ** sp.Rational(1, 3)), m, {"x": X1, "m": 0.3}),
    "parameters alone": (mean(sp.log(1 + sp.exp(m)) * x[i] + sigma(b) * sigma(y[i])), (m, b),
                         {"x": X1, "y": Y1, "m": 0.3, "b": 0.2}),
    "no data": (m**2 + sp.exp(b), (m, b), {"m": 0.3, "b": 0.1}),
    "names of ours": (mean((y[i] - sp.Symbol("t1", real=True) * x[i]) ** 2 * sp.Symbol("value", real=True)),
                      sp.Symbol("t1", real=True), {"x": X1, "y": Y1, "t_1": 0.3, "value": 2.0}),
}


@pytest.mark.parametrize("habit", HABITS)
def test_habits(habit: str, monkeypatch: Any) -> None:
    loss, wrt, arguments = HABITS[habit]
    f = compile(loss, wrt)
    agrees(f, **arguments)
    if habit not in ("no data", "pairs", "weights"):
        plain = SimpleNamespace(njit=lambda *fn, **_: fn[0] if fn else lambda g: g)
        monkeypatch.setitem(sys.modules, "numba", plain)
        space: dict[str, Any] = {}
        exec(f.loop, space)
        value, _ = space["loss_and_gradient"](**arguments)
        np.testing.assert_allclose(value, f(**arguments).value, rtol=1e-12)


@pytest.mark.parametrize(("loss", "wrt", "message"), [
    ((y[i] - m * x[i]) ** 2, m, "i of y is not summed over"),
    (mean((y[i] - m * x[i]) ** 2), b, "does not depend on b"),
    (mean(sp.Function("f")(m * x[i])), m, "f has no numeric form"),
    (sp.Sum(W[k, k] ** 2, (k, 1, d)), W, "diagonal entry"),
    (mean((x[i + 1] - m * x[i]) ** 2), m, "read with different starts"),
    (sp.Sum(m * x[i], (i, 2, N)), m, "a sum from 2 to N"),
    (mean(x[i, 1] * m) + mean(x[i] * m), m, "with 2 and with 1|with 1 and with 2"),
    ("text", None, "say which symbols"),
    (3.5, m, "takes an Objective"),
])
def test_refusals(loss: Any, wrt: Any, message: str) -> None:
    with pytest.raises(SymgradError, match=message):
        compile(loss, wrt)


def test_two_processes_of_dask() -> None:
    distributed = pytest.importorskip("distributed")
    array = pytest.importorskip("dask.array")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1",
                                  dashboard_address=None) as local, distributed.Client(local):
        for name in ("linear-regression", "ridge", "logistic", "softmax"):
            f, data, rest = case(name)
            spread = {q: array.from_array(v, chunks=(13, *v.shape[1:])) for q, v in data.items()}
            bound = f.bind(**spread)
            np.testing.assert_allclose(flat(bound(**rest)), flat(f(**data, **rest)), rtol=1e-12, atol=1e-14)
            with pytest.raises(InputError, match=r"y must have shape|of [xy] has length"):
                f.bind(**{**spread, "y": array.zeros(3)})


def test_the_documentation() -> None:
    page = Path(__file__).parents[1] / "docs" / "numeric.md"
    assert doctest.testfile(str(page), module_relative=False).failed == 0


@pytest.mark.parametrize("names", ["rows start view", "s1 t1 c", "k l i", "loop value d_m", "N d H", "s t u",
                                   "v_w first_x lambda", "np sigma exp"])
def test_any_name_may_be_a_symbol(names: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("symgrad.numeric.code.BLOCKED", 1)
    plain = SimpleNamespace(njit=lambda *fn, **_: fn[0] if fn else lambda g: g)
    monkeypatch.setitem(sys.modules, "numba", plain)
    q, v, c = sp.symbols(names, real=True)
    count, at = sp.Symbol("n", integer=True, positive=True), sp.Symbol("j", integer=True)
    score = q * x[at] + v
    for body in ((y[at] - score) ** 2 + c * q**2, sp.log(1 + sp.exp(-y[at] * score)) + c * q**2):
        f = compile(sp.Sum(body, (at, 1, count)) / count, (q, v))
        free = [a.python for a in f.arguments.values() if a.python not in ("x", "y")]
        rest = dict(zip(free, (0.3, -0.2, 0.5), strict=True))
        agrees(f, x=X1, y=Y1, **rest)
        bound = f.bind(x=X1, y=Y1)(**rest)
        np.testing.assert_allclose(flat(bound), flat(f(x=X1, y=Y1, **rest)), rtol=1e-12)
        assert bound.hessian.shape == (2, 2)
        space: dict[str, Any] = {}
        exec(f.loop, space)
        slopes = space["loss_and_gradient"](x=X1, y=Y1, **rest)[1]
        np.testing.assert_allclose(slopes, bound.gradient, rtol=1e-12)


def test_features_first() -> None:
    loss = mean((y[i] - sp.Sum(w[k] * x[k, i], (k, 1, d))) ** 2)
    f = compile(loss, w)
    arguments = {"x": X.T, "y": Y1, "w": np.array([0.3, 1.0, -2.0])}
    agrees(f, **arguments)
    bound = f.bind(x=X.T, y=Y1)(w=arguments["w"])
    np.testing.assert_allclose(flat(bound), flat(f(**arguments)), rtol=1e-12)


# Random losses: every way to run agrees with every other, and with finite differences


def random_loss(draw: random.Random, depth: int, inner: bool = False) -> Any:
    """The loss of one sample, with features summed over inside."""
    if depth == 0 or draw.random() < 0.1:
        leaves = [m, b, x[i, 1], y[i], sp.Rational(draw.randint(-3, 3), 2)]
        return draw.choice(leaves + [w[k], x[i, k]] * inner)

    def part(deeper: bool = False) -> Any:
        return random_loss(draw, depth - 1, inner or deeper)

    shapes: list[Any] = [
        lambda: part() + part(), lambda: part() * part(), lambda: part() ** 2,
        lambda: part() / (1 + part() ** 2),
        lambda: sp.exp(-part() ** 2), lambda: sigma(part()), lambda: sp.tanh(part()), lambda: sp.sin(part()),
        lambda: sp.log(1 + part() ** 2), lambda: sp.Max(0, part()), lambda: sp.Max(part(), part()),
        lambda: sp.Abs(part()), lambda: sp.Piecewise((part(), part() > part()), (part(), True)),
        lambda: sp.log(1 + sp.exp(part())), lambda: 1 / (1 + sp.exp(part())), lambda: sp.log(sp.cosh(part())),
    ]
    if not inner:
        shapes += [lambda: sp.Sum(part(True), (k, 1, d)),
                   lambda: sp.log(sp.Sum(sp.exp(part(True)), (k, 1, d)))] * 2
    return draw.choice(shapes)()


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_random_losses(seed: int) -> None:
    loss = mean(random_loss(random.Random(seed), 3))
    free = [p for p in (m, b) if p in loss.free_symbols]
    free += [w] * any(e.base == w for e in loss.atoms(sp.Indexed))
    assume(free and not loss.free_symbols & {k})  # SymPy moves conditions on k out of its sum
    try:
        f = compile(loss, free)
    except UnknownMeaning:  # a condition made of several, from a Piecewise in a Piecewise
        return
    rng = np.random.default_rng(seed)
    values = {"x": rng.normal(size=(5, 3)), "y": 1.0 * (rng.random(5) > 0.5), "m": rng.normal(),
              "b": rng.normal(), "w": rng.normal(size=3), "d": 3, "N": 5}
    arguments = {a.python: values[a.python] for a in f.arguments.values()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("symgrad.numeric.code.BLOCKED", 10**9)
        expected = flat(f(**arguments))
        slopes = np.concatenate([np.ravel(s) for s in differences(f, arguments)])
        scale = 1 + np.abs(expected).max()
        np.testing.assert_allclose(expected[1:], slopes, rtol=1e-4, atol=1e-5 * scale)
        patch.setattr("symgrad.numeric.code.BLOCKED", 1)
        patch.setattr("symgrad.numeric.blocks.ROWS", 2)
        data = {q: v for q, v in arguments.items() if q in ("x", "y")}
        rest = {q: v for q, v in arguments.items() if q not in data}
        again = compile(loss, free)
        ways = [again(**arguments), again.bind(**data)(**rest)]
        if data:
            ways.append(again.bind([{q: v[s : s + 2] for q, v in data.items()} for s in (0, 2, 4)])(**rest))
            plain = SimpleNamespace(njit=lambda *fn, **_: fn[0] if fn else lambda g: g)
            patch.setitem(sys.modules, "numba", plain)
            space: dict[str, Any] = {}
            with suppress(InputError):  # a sum over parameters alone stands in no loop over the samples
                exec(again.loop, space)
                value, parts = space["loss_and_gradient"](**arguments)
                ways.append(SimpleNamespace(value=value, gradient=parts))
        for way in ways:
            np.testing.assert_allclose(flat(way), expected, rtol=1e-9, atol=1e-10 * scale)

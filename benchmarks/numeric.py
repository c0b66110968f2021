"""Gradients of symgrad against NumPy by hand, lambdify, numexpr, numba, JAX and torch, where installed.

    python benchmarks/numeric.py [--quick]

One thread each, all contestants in turn in every round, medians.  The limit is the time to read the same
bytes once (``x.sum()``), and every figure is a multiple of it, so that machines can be compared.
"""

# ruff: noqa: E402  (the threads are pinned before NumPy is imported)
from __future__ import annotations

import os

for _name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import importlib.util
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import sympy as sp

import symgrad
from symgrad import sigma
from symgrad.losses.library import PROBLEMS

Contestants = dict[str, Callable[[], Any]]
RNG = np.random.default_rng(0)
PEERS = ("numexpr", "numba", "jax", "torch")


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def race(title: str, contestants: Contestants, rounds: int) -> None:
    """A table row for each contestant: the median time, and its multiple of the first one's (the limit).

    What is short is run for a hundredth of a second in every round.
    """
    for run in contestants.values():
        run()  # compiles
    runs = {name: 1 + int(0.01 / seconds(run)) for name, run in contestants.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            times[name].append(sum(seconds(run) for _ in range(runs[name])) / runs[name])
    limit = median(next(iter(times.values())))
    print(f"\n### {title}\n\n| | ms | x limit |\n|---|---|---|")
    for name, t in times.items():
        print(f"| {name} | {1e3 * median(t):.3f} | {median(t) / limit:.2f} |", flush=True)


def agree(contestants: Contestants) -> None:
    """Everybody computes the same gradient."""
    results = {name: np.concatenate([np.ravel(np.asarray(p)) for p in run()])
               for name, run in contestants.items() if name != "read once"}
    expected = results["NumPy by hand"]
    for name, found in results.items():
        assert np.allclose(found, expected, rtol=1e-5, atol=1e-8), name


def loop_of(f: Any) -> dict[str, Any]:
    """The functions of the emitted numba code."""
    space: dict[str, Any] = {}
    exec(f.loop, space)
    return space


def scalar(n: int, logistic: bool) -> Contestants:
    x = RNG.normal(size=n)
    y = 2 * x + RNG.normal(size=n)
    w, b = 0.7, 0.1
    if logistic:
        y = 1.0 * (y > 0)
    f = symgrad.compile(PROBLEMS["sigmoid-regression" if logistic else "linear-regression"]())
    slope = f.arguments[f.wrt[0]].python
    at = {slope: w, "b": b}

    def by_hand() -> Any:
        r = 1 / (1 + np.exp(-(w * x + b))) - y if logistic else -2 * (y - (w * x + b))
        return r @ x / n, r.sum() / n

    bound = f.bind(x=x, y=y)
    out: Contestants = {
        "read once": lambda: (x.sum(), y.sum()),
        "symgrad": lambda: f(x=x, y=y, **at).gradient,
        "symgrad, data bound before": lambda: bound(**at).gradient,
        "NumPy by hand": by_hand,
    }
    if installed("numexpr"):
        import numexpr

        text = "1 / (1 + exp(-(w * x + b))) - y" if logistic else "-2 * (y - (w * x + b))"

        def by_numexpr() -> Any:
            r = numexpr.evaluate(text, {"x": x, "y": y, "w": w, "b": b})
            return r @ x / n, r.sum() / n

        out["numexpr"] = by_numexpr
    if installed("numba"):
        from numba import njit

        @njit(fastmath=True)
        def fused(x: Any, y: Any, w: float, b: float) -> Any:
            s = t = 0.0
            for i in range(len(x)):
                z = w * x[i] + b
                r = 1 / (1 + np.exp(-z)) - y[i] if logistic else 2 * (z - y[i])
                s += r * x[i]
                t += r
            return s / len(x), t / len(x)

        emitted = loop_of(f)
        out["numba by hand"] = lambda: fused(x, y, w, b)
        out["symgrad --emit numba"] = lambda: emitted["gradient"](x=x, y=y, **at)
        out["symgrad --emit numba, with the value"] = lambda: emitted["loss_and_gradient"](x=x, y=y, **at)[1]
    if installed("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        jnp = jax.numpy

        def loss(p: Any, x: Any, y: Any) -> Any:
            z = p[0] * x + p[1]
            return jnp.mean(jnp.logaddexp(0, z) - y * z) if logistic else jnp.mean((y - z) ** 2)

        slopes, xj, yj = jax.jit(jax.grad(loss)), jnp.asarray(x), jnp.asarray(y)
        out["JAX"] = lambda: slopes(jnp.asarray([w, b]), xj, yj).block_until_ready()
    if installed("torch"):
        out["torch"] = by_torch(x, y, w, b, logistic)
    return out


def by_torch(x: Any, y: Any, w: float, b: float, logistic: bool) -> Callable[[], Any]:
    import torch

    torch.set_num_threads(1)
    xt, yt = torch.from_numpy(x), torch.from_numpy(y)

    def run() -> Any:
        p = torch.tensor([w, b], dtype=torch.float64, requires_grad=True)
        z = p[0] * xt + p[1]
        parts = torch.nn.functional.softplus(z) - yt * z if logistic else (yt - z) ** 2
        parts.mean().backward()
        return p.grad.numpy()

    return run


def vector(n: int, d: int, logistic: bool) -> Contestants:
    w, x, y = (sp.IndexedBase(c, real=True) for c in ("w", "x", "y"))
    i, k = sp.symbols("i k", integer=True)
    size, features = sp.symbols("N d", integer=True, positive=True)
    b = sp.Symbol("b", real=True)
    z = sp.Sum(w[k] * x[i, k], (k, 1, features)) + b
    body = -y[i] * sp.log(sigma(z)) - (1 - y[i]) * sp.log(1 - sigma(z)) if logistic else (y[i] - z) ** 2
    f = symgrad.compile(sp.Sum(body, (i, 1, size)) / size, (w, b))
    data, target, at = RNG.normal(size=(n, d)), RNG.normal(size=n), RNG.normal(size=d)
    if logistic:
        target = 1.0 * (target > 0)

    def by_hand() -> Any:
        z = data @ at + 0.1
        r = 1 / (1 + np.exp(-z)) - target if logistic else 2 * (z - target)
        return r @ data / n, r.sum() / n

    bound = f.bind(x=data, y=target)
    out: Contestants = {
        "read once": lambda: (data.sum(), target.sum()),
        "symgrad": lambda: f(x=data, y=target, w=at, b=0.1).gradient,
        "symgrad, data bound before": lambda: bound(w=at, b=0.1).gradient,
        "NumPy by hand": by_hand,
    }
    if installed("jax"):
        import jax

        jnp = jax.numpy

        def loss(w: Any, b: Any, x: Any, y: Any) -> Any:
            z = x @ w + b
            return jnp.mean(jnp.logaddexp(0, z) - y * z) if logistic else jnp.mean((y - z) ** 2)

        slopes = jax.jit(jax.grad(loss, argnums=(0, 1)))
        xj, yj, wj = jnp.asarray(data), jnp.asarray(target), jnp.asarray(at)
        out["JAX"] = lambda: jax.block_until_ready(slopes(wj, 0.1, xj, yj))
    return out


def network(n: int, d: int, hidden: int) -> Contestants:
    v, w, x, y = (sp.IndexedBase(c, real=True) for c in ("v", "W", "x", "y"))
    i, k, h = sp.symbols("i k h", integer=True)
    size, features, width = sp.symbols("N d H", integer=True, positive=True)
    unit = sigma(sp.Sum(w[h, k] * x[i, k], (k, 1, features)))
    prediction = sp.Sum(v[h] * unit, (h, 1, width))
    f = symgrad.compile(sp.Sum((y[i] - prediction) ** 2, (i, 1, size)) / size, (v, w))
    data, target = RNG.normal(size=(n, d)), RNG.normal(size=n)
    outer, inner = RNG.normal(size=hidden), RNG.normal(size=(hidden, d))

    def by_hand() -> Any:
        s = 1 / (1 + np.exp(-(data @ inner.T)))
        r = -2 / n * (target - s @ outer)
        return r @ s, ((r[:, None] * outer) * s * (1 - s)).T @ data

    out: Contestants = {
        "read once": lambda: (data.sum(), target.sum()),
        "symgrad": lambda: f(x=data, y=target, v=outer, W=inner).gradient,
        "NumPy by hand": by_hand,
    }
    if installed("jax"):
        import jax

        jnp = jax.numpy

        def loss(v: Any, w: Any, x: Any, y: Any) -> Any:
            return jnp.mean((y - jax.nn.sigmoid(x @ w.T) @ v) ** 2)

        slopes = jax.jit(jax.grad(loss, argnums=(0, 1)))
        arrays = [jnp.asarray(a) for a in (outer, inner, data, target)]
        out["JAX"] = lambda: jax.block_until_ready(slopes(*arrays))
    return out


def descent(n: int, steps: int) -> Contestants:
    """``steps`` iterations of gradient descent on the line fit, the reduction of the data included."""
    x = RNG.normal(size=n)
    y = 2 * x + RNG.normal(size=n)
    f = symgrad.compile(PROBLEMS["linear-regression"]())

    def ours() -> Any:
        end = f.bind(x=x, y=y).descend({"m": 0.0, "b": 0.0}, 0.1, steps)
        return end.parameters["m"], end.parameters["b"]

    def by_hand() -> Any:
        m = b = 0.0
        for _ in range(steps):
            r = y - (m * x + b)
            m, b = m + 0.2 / n * (r @ x), b + 0.2 / n * r.sum()
        return m, b

    out: Contestants = {"read once": lambda: (x.sum(), y.sum()), "symgrad": ours, "NumPy by hand": by_hand}
    if installed("numba"):
        from numba import njit

        @njit(fastmath=True)
        def fused(x: Any, y: Any) -> Any:
            m = b = 0.0
            for _ in range(steps):
                s = t = 0.0
                for i in range(len(x)):
                    r = y[i] - (m * x[i] + b)
                    s += r * x[i]
                    t += r
                m, b = m + 0.2 / len(x) * s, b + 0.2 / len(x) * t
            return m, b

        out["numba by hand"] = lambda: fused(x, y)
    if installed("jax"):
        import jax

        jnp = jax.numpy

        @jax.jit
        def whole(x: Any, y: Any) -> Any:
            slopes = jax.grad(lambda p: jnp.mean((y - p[0] * x - p[1]) ** 2))
            return jax.lax.fori_loop(0, steps, lambda _, p: p - 0.1 * slopes(p), jnp.zeros(2))

        xj, yj = jnp.asarray(x), jnp.asarray(y)
        out["JAX"] = lambda: whole(xj, yj).block_until_ready()
    return out


def lambdified(n: int) -> Contestants:
    """SymPy's own ways for the line fit: lambdify of the sum (a Python loop), or of one sample's gradient."""
    objective = PROBLEMS["linear-regression"]()
    m, b = objective.parameters
    bx, by = objective.data
    x, y = RNG.normal(size=n), RNG.normal(size=n)
    x1, y1 = np.r_[0.0, x], np.r_[0.0, y]  # the loop reads entries from 1
    slopes = [objective.sympy_diff(p).doit() for p in (m, b)]
    whole = sp.lambdify((bx, by, m, b, objective.size), slopes, "numpy")
    xi, yi = sp.symbols("xi yi")
    sample = objective.unfold(objective.loss).xreplace({bx[objective.index]: xi, by[objective.index]: yi})
    single = sp.lambdify((xi, yi, m, b), [sample.diff(m), sample.diff(b)], "numpy", cse=True)
    f = symgrad.compile(objective)

    def by_hand() -> Any:
        r = y - (0.7 * x + 0.1)
        return -2 / n * (r @ x), -2 / n * r.sum()

    return {
        "read once": lambda: (x.sum(), y.sum()),
        "symgrad": lambda: f(x=x, y=y, m=0.7, b=0.1).gradient,
        "NumPy by hand": by_hand,
        "lambdify of the sum": lambda: whole(x1, y1, 0.7, 0.1, n),
        "lambdify of one sample, cse": lambda: [g.mean() for g in single(x, y, 0.7, 0.1)],
    }


COLD = {
    "symgrad, bound": """
import numpy as np, symgrad
from symgrad.losses.library import PROBLEMS
symgrad.compile(PROBLEMS["sigmoid-regression"]()).bind(x=np.ones(1000), y=np.ones(1000))(w=.7, b=.1).gradient
""",
    "JAX": """
import jax, jax.numpy as jnp
x = y = jnp.ones(1000)
loss = lambda p: jnp.mean(jnp.logaddexp(0, p[0] * x + p[1]) - y * (p[0] * x + p[1]))
jax.jit(jax.grad(loss))(jnp.array([.7, .1])).block_until_ready()
""",
}


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((s.split(":")[1].strip() for s in lines if s.startswith("model name")), platform.processor())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a hundredth of the data, three rounds")
    args = parser.parse_args()
    scale, rounds = (100, 3) if args.quick else (1, 9)
    print(f"{processor()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
          f"NumPy {np.__version__}")
    print("not installed:", ", ".join(p for p in PEERS if not installed(p)) or "nothing")
    cases: list[tuple[str, Contestants]] = [
        (f"line fit, N = {10**7 // scale:,}", scalar(10**7 // scale, False)),
        (f"logistic, N = {10**7 // scale:,}", scalar(10**7 // scale, True)),
        (f"linear, d = 10, N = {10**6 // scale:,}", vector(10**6 // scale, 10, False)),
        (f"logistic, d = 10, N = {10**6 // scale:,}", vector(10**6 // scale, 10, True)),
        (f"two layers, 16 hidden, N = {10**5 // scale:,}", network(10**5 // scale, 10, 16)),
        (f"line fit, lambdified, N = {10**5 // scale:,}", lambdified(10**5 // scale)),
        *((f"1,000 descent steps, N = {n:,}", descent(n, 1000))
          for n in (10**3, 10**5 // scale, 10**6 // scale)),
    ]
    for title, contestants in cases:
        agree(contestants)
        race(title, contestants, rounds)
    print("\n### From a cold start to the first gradient\n\n| | s |\n|---|---|")
    for name, code in COLD.items():
        if name != "JAX" or installed("jax"):
            times = [seconds(lambda c=code: subprocess.run([sys.executable, "-c", c], check=True))
                     for _ in range(rounds)]
            print(f"| {name} | {median(times):.2f} |", flush=True)


if __name__ == "__main__":
    main()

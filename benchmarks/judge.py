"""How fast the judge is, beside SymPy's ``simplify(lhs - rhs) == 0``: ``python benchmarks/judge.py``.

The identities are the tests' battery.  SymPy gets a process per identity and LIMIT seconds; where it is
stopped it is charged the limit only.  Processor time is counted, for both in one run: a busy machine
slows both alike.
Prints every figure beside its goal; exits 1 if one is missed.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sympy as sp

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from battery import TRUE, b, m, w, x, y
from terms import T, d, exp, lift, log, sigma, verdict

from symgrad.core import Add, Call, Core, D, Delta, Div, Mul, Num, Pow, Ref, Sum, Sym

LIMIT = 2.0
STEPS = [
    name
    for name in TRUE
    if name
    in (
        "power",
        "difference of squares",
        "distributed",
        "signs moved",
        "residual squared",
        "cube",
        "common denominator",
        "removable",
        "completed square",
        "nested quotient",
    )
]
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": sp.exp,
    "log": sp.log,
    "tanh": sp.tanh,
    "sinh": sp.sinh,
    "cosh": sp.cosh,
    "sqrt": sp.sqrt,
    "abs": sp.Abs,
    "sign": sp.sign,
    "max": sp.Max,
    "min": sp.Min,
    "pi": lambda: sp.pi,
    "sigma": lambda t: 1 / (1 + sp.exp(-t)),
    "relu": lambda t: sp.Max(t, 0),
    "step": lambda t: sp.Heaviside(t, 0),
    "E": sp.Function("E"),
}


def to_sympy(t: Core) -> Any:
    """The same term for SymPy; derivatives by entries are taken as SymPy takes them."""
    match t:
        case Num(value):
            return sp.Rational(value.numerator, value.denominator)
        case Sym(name, sort):
            kind = {
                "real": {"real": True},
                "size": {"integer": True, "positive": True},
                "index": {"integer": True},
            }
            return sp.Symbol(name, **kind[sort])
        case Ref(name, indices):
            return sp.IndexedBase(name, real=True)[tuple(map(to_sympy, indices))]
        case Add(terms):
            return sp.Add(*map(to_sympy, terms))
        case Mul(factors):
            return sp.Mul(*map(to_sympy, factors))
        case Div(num, den):
            return to_sympy(num) / to_sympy(den)
        case Pow(base, power):
            return to_sympy(base) ** to_sympy(power)
        case Delta(left, right):
            return sp.KroneckerDelta(to_sympy(left), to_sympy(right))
        case Sum(body, index, lower, upper):
            return sp.Sum(to_sympy(body), (to_sympy(index), to_sympy(lower), to_sympy(upper)))
        case D(body, var):
            return sp.diff(to_sympy(body), to_sympy(var))
        case Call(name, args, orders):
            values = [to_sympy(a) for a in args]
            if name in FUNCTIONS:
                return FUNCTIONS[name](*values)
            slots = [sp.Dummy() for _ in values]
            out = sp.Function(name)(*slots)
            for slot, order in zip(slots, orders, strict=False):
                out = out.diff((slot, order))
            return (
                sp.Subs(out, slots, values)
                if any(orders)
                else out.subs(dict(zip(slots, values, strict=True)))
            )
    raise TypeError(t)


def simplified(lhs: Core, rhs: Core, answers: Any) -> None:
    start = time.process_time()
    try:
        equal = sp.simplify(to_sympy(lhs) - to_sympy(rhs)) == 0
    except Exception:  # SymPy gives up in many ways; it has not proved it
        equal = False
    answers.put((bool(equal), time.process_time() - start))


def simplify(lhs: Core, rhs: Core) -> tuple[bool, float]:
    """Does SymPy prove it, and in how many seconds (at most LIMIT)?"""
    fork = multiprocessing.get_context("fork")
    answers = fork.SimpleQueue()
    worker = fork.Process(target=simplified, args=(lhs, rhs, answers))
    worker.start()
    worker.join(LIMIT)
    if worker.is_alive():
        worker.kill()
        worker.join()
        return False, LIMIT
    return answers.get() if worker.exitcode == 0 else (False, LIMIT)


def judged(case: tuple[Any, ...], times: int = 3) -> float:
    """Seconds to prove it, the best of a few."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        proved = bool(verdict(*case))
        best = min(best, time.process_time() - start)
        assert proved, "the battery holds true identities"
    return best


def plus(terms: list[T]) -> T:
    return T(Add(tuple(map(lift, terms))))


def gap(n: int) -> tuple[T, T]:
    """Mean gradient less gradient at the mean of the line fit, with n samples written out."""
    xs, ys = ([name[k] for k in range(1, n + 1)] for name in (x, y))
    mx, my = plus(xs) / n, plus(ys) / n
    gradient = plus([-2 * s * (t - (m * s + b)) for s, t in zip(xs, ys, strict=True)]) / n
    closed = 2 * m * (plus([s**2 for s in xs]) / n - mx**2)
    closed -= 2 * (plus([s * t for s, t in zip(xs, ys, strict=True)]) / n - mx * my)
    return gradient - -2 * mx * (my - (m * mx + b)), closed


def logistic(n: int) -> tuple[T, T]:
    """The logistic gradient with n samples written out."""
    scores = [(w * x[k] + b, x[k], y[k]) for k in range(1, n + 1)]
    loss = plus([log(1 + exp(z)) - t * z for z, _, t in scores])
    return d(loss, w), plus([(sigma(z) - t) * s for z, s, t in scores])


def main() -> int:
    missed = 0

    def figure(what: str, value: float, goal: float, unit: str, least: bool = False) -> None:
        nonlocal missed
        bad = value < goal if least else value > goal
        missed += bad
        sign = ">=" if least else "<="
        print(f"{what:44} {value:10.4g} {unit:6} (goal: {sign} {goal:g}){'  MISSED' if bad else ''}")

    steps = [TRUE[name] for name in STEPS]
    for case in steps:
        judged(case)
    rate = max(1 / (sum(judged(case, 1) for case in steps) / len(steps)) for _ in range(20))
    figure("step-size equalities", rate, 5000, "/s", least=True)
    ours = {name: judged(case) for name, case in TRUE.items()}
    figure(
        f"slowest of {len(ours)} identities ({max(ours, key=ours.__getitem__)})",
        1000 * max(ours.values()),
        100,
        "ms",
    )
    for n, goal in ((50, 25), (200, 100)):
        figure(f"logistic gradient, {n} samples", 1000 * judged(logistic(n)), goal, "ms")
    small, large = (judged(gap(n), 5) for n in (5, 40))
    figure("gap of the line fit, 40 samples against 5", large / small, (40 / 5) ** 2, "x")
    figure("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 300, "MB")
    theirs = {name: simplify(lift(case[0]), lift(case[1])) for name, case in TRUE.items()}
    proved = sum(ok for ok, _ in theirs.values())
    print(f"proved: judge {len(ours)} of {len(ours)}, simplify {proved}")
    figure(
        "simplify's total time over the judge's",
        sum(s for _, s in theirs.values()) / sum(ours.values()),
        100,
        "x",
        True,
    )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())

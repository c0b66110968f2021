"""Gradient descent by three procedures: where each ends, in symbols and in numbers."""

from collections.abc import Callable
from dataclasses import replace
from math import cos, log, pi, sin, sqrt
from random import Random

import numpy as np
from sympy import Symbol, symbols
from sympy import log as ln

from symgrad import Objective, compile, gap, sigma
from symgrad.losses.library import problem
from symgrad.reporting import Picture, Report, Section, Table, Text, claim, setting
from symgrad.reporting.drawing import BLUE, ORANGE, PALE, RED, Curve, Dot, Plot

LINE = problem("line fit", "line", "squared")
UNIT = problem("sigmoid unit", "sigmoid", "cross-entropy")
m, b, w, eta = symbols("m b w eta", real=True)
xbar, ybar = Symbol(r"\bar{x}", real=True), Symbol(r"\bar{y}", real=True)
x, y = LINE.data

Point = tuple[float, float]
Path = list[Point]


# --- the procedures in NumPy --------------------------------------------------------------------------


def paths(objective: Objective, xs: np.ndarray, ys: np.ndarray, rate: float, steps: int) -> list[Path]:
    """From (0, 0): the gradient, the gradient at the mean, the averaged error sent back."""
    first, second = (str(p) for p in objective.parameters)
    compiled = compile(objective, objective.parameters)

    def gradient(here: Point, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        return np.array(compiled(x=xs, y=ys, **{first: here[0], second: here[1]}).gradient)

    middle = np.array([xs.mean()]), np.array([ys.mean()])

    def averaged(here: Point) -> np.ndarray:
        # The derivative by the intercept is the mean of the output errors.
        return gradient(here, xs, ys)[1] * np.array([xs.mean(), 1.0])

    found = []
    for move in (lambda p: gradient(p, xs, ys), lambda p: gradient(p, *middle), averaged):
        at, path = np.zeros(2), [(0.0, 0.0)]
        for _ in range(steps):
            at = at - rate * move(tuple(at))
            path.append((float(at[0]), float(at[1])))
        found.append(path)
    return found


def line_data() -> tuple[np.ndarray, np.ndarray]:
    rng = Random(5)
    xs = [rng.randint(-8, 24) / 8 for _ in range(20)]
    return np.array(xs), np.array([1.5 * v + 0.5 + rng.randint(-6, 6) / 8 for v in xs])


def unit_data() -> tuple[np.ndarray, np.ndarray]:
    """Not separable: the two classes overlap."""
    rng = Random(8)
    xs = [rng.randint(-8, 24) / 8 for _ in range(20)]
    return np.array(xs), np.array([float(1.5 * v - 1 + rng.randint(-12, 12) / 8 > 0) for v in xs])


def value(objective: Objective, xs: np.ndarray, ys: np.ndarray) -> Callable[[Point], float]:
    names = [str(p) for p in objective.parameters]
    compiled = compile(objective, objective.parameters)
    return lambda at: float(compiled(x=xs, y=ys, **dict(zip(names, at, strict=True))).value)


def contours(height: Callable[[Point], float], centre: Point, levels: tuple[float, ...]) -> list[Curve]:
    """Level curves of a convex function around its minimum, by bisection along rays."""
    least = height(centre)
    out = []
    for level in levels:
        points = []
        for n in range(121):
            way = cos(2 * pi * n / 120), sin(2 * pi * n / 120)
            low, high = 0.0, 8.0
            for _ in range(18):
                half = (low + high) / 2
                inside = height((centre[0] + half * way[0], centre[1] + half * way[1])) < least + level
                low, high = (half, high) if inside else (low, half)
            points.append((centre[0] + low * way[0], centre[1] + low * way[1]))
        out.append(Curve(points, PALE, 1.5))
    return out


NAMES = ("the gradient", "the gradient at the mean", "the averaged error sent back")


def table(objective: Objective, found: list[Path], height: Callable[[Point], float], fit: str) -> Table:
    first, second = (str(p) for p in objective.parameters)
    rows = tuple(
        (name, f"{p[-1][0]:.4f}", f"{p[-1][1]:.4f}", f"{height(p[-1]):.4f}")
        for name, p in zip(NAMES, found, strict=True)
    )
    return Table(("procedure", f"${first}$", f"${second}$", "$J$ there"), rows, fit)


def picture(name: str, found: list[Path], under: list[Curve], frame: Plot) -> Picture:
    colours = (BLUE, RED, ORANGE)
    shapes: list[Curve | Dot] = [*under]
    shapes += [Curve(p, c, dashed=c == ORANGE) for p, c in zip(found, colours, strict=True)]
    shapes.append(Dot(0, 0, "start", "below"))
    best = found[0][-1]
    shapes.append(Dot(*best, "least loss", "right", BLUE))
    shapes.append(Dot(*found[1][-1], "gradient at the mean", "right", RED))
    drawn = replace(frame, shapes=shapes)
    alt = f"{frame.title}. That of the gradient runs from the origin to the least loss; the others run "
    alt += "straight to their lines of rest points and stop there."
    return Picture(name, drawn.svg(), alt, drawn.tex())


# --- symbols ------------------------------------------------------------------------------------------


def at_mean(slope, intercept):
    """The gradient at the mean of the line fit, as its report derives it, at another point."""
    residual = slope * xbar + intercept - ybar
    return 2 * residual * xbar, 2 * residual


BEST = (r"let \hat{m} = \frac{\mathrm{Cov}(x, y)}{\mathrm{Var}(x)}",
        r"let \hat{b} = \bar{y} - \hat{m} \bar{x}")


def report() -> Report:
    by_m, by_b = gap(LINE, "m"), gap(LINE, "b")
    names = by_m.scope
    true_m, true_b = (LINE.sympy_diff(p).doit() for p in (m, b))
    best = {m: Symbol(r"\hat{m}", real=True), b: Symbol(r"\hat{b}", real=True)}
    step_m, step_b = (p - eta * g for p, g in zip((m, b), at_mean(m, b), strict=True))
    residual = m * xbar + b - ybar
    end = m - residual * xbar / (1 + xbar**2), b - residual / (1 + xbar**2)
    unit = gap(UNIT, "w")
    logit = ln(ybar) - ln(1 - ybar)

    xs, ys = line_data()
    line_paths = paths(LINE, xs, ys, 0.1, 400)
    height = value(LINE, xs, ys)
    level = Curve([(s, float(ys.mean() - s * xs.mean())) for s in (0.4, 2.1)], RED, 1.5, dashed=True)
    us, vs = unit_data()
    unit_paths = paths(UNIT, us, vs, 0.5, 600)
    above = value(UNIT, us, vs)
    odds = log(vs.mean() / (1 - vs.mean()))
    unit_level = Curve([(s, float(odds - s * us.mean())) for s in (0.1, 1.9)], RED, 1.5, dashed=True)
    rest_m = float(ys.mean() * xs.mean() / (1 + xs.mean() ** 2))
    rest_b = float(ys.mean() / (1 + xs.mean() ** 2))
    distance = sqrt((line_paths[1][-1][0] - rest_m) ** 2 + (line_paths[1][-1][1] - rest_b) ** 2)
    apart = max(sqrt((p - r) ** 2 + (q - s) ** 2)
                for (p, q), (r, s) in zip(line_paths[1], line_paths[2], strict=True))  # fmt: skip
    if distance > 1e-9 or apart > 1e-9:
        raise ValueError("the numbers contradict the symbols")
    return Report(
        title="Gradient descent by three procedures",
        question="Where does training end with the gradient, with the gradient at the mean, and with the "
        "averaged error sent back?",
        answer="With the gradient at the least loss. With the gradient at the mean at the nearest point "
        r"whose line runs through $(\bar{x}, \bar{y})$: it fits the mean and learns nothing from the spread. "
        "For the line fit the averaged error is the same procedure as the gradient at the mean.",
        sections=[
            Section("Setting", [
                setting(LINE),
                Text(r"A step of length $\eta$ goes from $(m, b)$ to $(m - \eta g_m, b - \eta g_b)$, where "
                     "$g$ is what a procedure takes for the gradient."),
            ]),
            Section("The gradient: normal equations", [
                claim(true_m.subs(best), 0, BEST, scope=names,
                      title=r"At $\hat{m} = \mathrm{Cov}(x, y) / \mathrm{Var}(x)$, $\hat{b} = \bar{y} - "
                            r"\hat{m} \bar{x}$ both derivatives vanish"),
                claim(true_b.subs(best), 0, BEST, scope=names),
                Text("**Lemma** (not judged). On a quadratic with positive definite Hessian $A$, gradient "
                     r"descent converges to the minimum from every start exactly for $0 < \eta < 2 / "
                     r"\lambda_{\max}(A)$: B. T. Polyak, *Introduction to Optimization*, 1987, section 1.4."),
            ]),
            Section("The averaged error is the gradient at the mean, for the line", [
                claim(by_m.at_mean.result, at_mean(m, b)[0], scope=names, title=r"The gradient at the mean"),
                claim(by_b.at_mean.result, at_mean(m, b)[1], scope=names),
                claim(true_b * xbar, at_mean(m, b)[0], scope=names,
                      title=r"The mean of the output errors times $\bar{x}$ is the first of them"),
                claim(true_b, at_mean(m, b)[1], scope=names, title="and the mean of the errors is the "
                                                                   "second"),
                Text("The output error of a line is affine in the data, so that its mean is the error at the "
                     "mean, and a line has no hidden layer where more could go wrong."),
            ]),
            Section("The gradient at the mean: a whole line of rest points", [
                Text(r"Let $r = m \bar{x} + b - \bar{y}$ be the error at the mean point. One step multiplies "
                     "it:"),
                claim(step_m * xbar + step_b - ybar, (1 - 2 * eta * (1 + xbar**2)) * residual,
                      title=r"$r$ after one step"),
                claim(step_m - xbar * step_b, m - xbar * b, title=r"$m - \bar{x} b$ is not changed"),
                claim(end[0] * xbar + end[1], ybar, title="The end: a line through the mean point"),
                claim(end[0] - xbar * end[1], m - xbar * b,
                      title=r"and the point of those that the start is carried to along $(\bar{x}, 1)$"),
                claim(at_mean(*end)[0], 0, title="where nothing moves any more"),
                Text(r"After $n$ steps the error is $(1 - 2 \eta (1 + \bar{x}^2))^n r$, which tends to $0$ "
                     r"exactly when the factor lies between $-1$ and $1$ (or $r = 0$): $0 < \eta < 1 / (1 + "
                     r"\bar{x}^2)$. Every $(m, b)$ with $\bar{y} = m \bar{x} + b$ is a rest point; the one "
                     r"that is reached is the orthogonal projection of the start, since $(\bar{x}, 1)$ is "
                     r"normal to that line. $\mathrm{Var}(x)$ and $\mathrm{Cov}(x, y)$ occur nowhere."),
            ]),
            Section("Numbers for the line", [
                table(LINE, line_paths, height, r"20 samples, $\eta = 0.1$, 400 steps from $(0, 0)$"),
                picture("line", line_paths,
                        [*contours(height, line_paths[0][-1], (0.01, 0.05, 0.15, 0.3)), level],
                        Plot((-0.3, 2.5), (-0.3, 1.4), (), "Line fit: paths over the contours of J",
                             "m", "b")),
                Text("The two other paths cover each other. They end where the projection says, to within "
                     "$10^{-9}$; the dashed line holds all rest points."),
            ]),
            Section("A sigmoid unit", [
                setting(UNIT),
                claim(unit.at_mean.result, (sigma(w * xbar + b) - ybar) * xbar,
                      scope=unit.scope, title="The gradient at the mean"),
                claim((sigma(logit) - ybar) * xbar, 0,
                      title=r"It vanishes on the line $w \bar{x} + b = \log \bar{y} - \log(1 - \bar{y})$"),
                claim(UNIT.sympy_diff(b).doit() * xbar, (sigma(w * xbar + b) - ybar) * xbar, scope=unit.scope,
                      expect="refuted", title="Here the averaged error is another procedure"),
                Text(r"Both move along $(\bar{x}, 1)$ only, so that $w - \bar{x} b$ keeps its value and they "
                     r"stop where $\sigma(w \bar{x} + b) = \bar{y}$, or where the mean of $\sigma(w x_i + "
                     r"b)$ is $\bar{y}$. **Lemma** (not judged). If the classes overlap and $x$ is not "
                     "constant, the cross-entropy has one minimum: A. Albert, J. A. Anderson, *On the "
                     "existence of maximum likelihood estimates in logistic regression models*, Biometrika "
                     "71 (1984). The true gradient goes there."),
                table(UNIT, unit_paths, above,
                      r"20 samples, not separable, $\eta = 0.5$, 600 steps from $(0, 0)$"),
                picture("unit", unit_paths,
                        [*contours(above, unit_paths[0][-1], (0.003, 0.012, 0.03)), unit_level],
                        Plot((-0.4, 4.2), (-2.4, 0.5), (), "Sigmoid unit: paths over the contours of J",
                             "w", "b")),
            ]),
        ],
        order=120,
    )

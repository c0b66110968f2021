"""Jensen: which sign the gap has, and how large it is."""

from math import exp as fexp

from sympy import Derivative, IndexedBase, Rational, Sum, Symbol, exp, symbols, tanh

from symgrad import jensen_gap, sigma
from symgrad.losses.jensen import Curvature, curvature
from symgrad.reporting import Picture, Report, Section, Table, Text, claim
from symgrad.reporting.drawing import BLUE, INK, ORANGE, Curve, Plot, curve
from symgrad.reporting.formulas import latex_of

z, x, y, w, b, theta = symbols("z x y w b theta", real=True)
xs = IndexedBase("x", real=True)
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
SLOPE = sigma(z) * (1 - sigma(z))

FUNCTIONS = (  # name, f, data
    (r"$z^2$", z**2, (0, 1, 3)),
    (r"$e^z$", exp(z), (0, 1)),
    (r"$e^z$", exp(z), (-1, 0, Rational(1, 2))),
    (r"$\tanh z$", tanh(z), (0, 1)),
    (r"$\sigma'(z)$", SLOPE, (0, 1)),
    (r"$\sigma'(z)$", SLOPE, (2, 4)),
)
GRADIENTS = (  # loss, its gradient by a parameter, the data variables
    (r"squared error of a line, by $w$", 2 * (w * x + b - y) * x, (x, y)),
    (r"squared error of a line, by $b$", 2 * (w * x + b - y), (x, y)),
    (r"Poisson, by the intercept $b$", exp(w * x + b) - y, (x, y)),
    (r"Poisson, by $w$", (exp(w * x + b) - y) * x, (x, y)),
    (r"cross-entropy of a sigmoid unit, by $b$", sigma(w * x + b) - y, (x, y)),
    (r"log-cosh of a line, by $b$", -tanh(y - w * x - b), (x, y)),
)
SIGNS = {
    "affine": "$0$, always", "convex": r"$\geq 0$ for all data", "concave": r"$\leq 0$ for all data",
    "neither": "either, it depends on the data",
}  # fmt: skip


def sizes() -> Table:
    rows = []
    for name, f, data in FUNCTIONS:
        found = jensen_gap(f, {z: data})
        points = ", ".join(f"${latex_of(Rational(v))}$" for v in data)
        rows.append((name, points, str(found.gap), str(found.second_order), str(found.bound)))
    header = ("$f$", "data", "gap, certain", "second-order term", "bound by Taylor's formula")
    return Table(header, tuple(rows))


def reason(found: Curvature) -> str:
    if found.kind == "neither":
        above, below = (
            ", ".join(f"${k} = {v}$" for k, v in at.items()) for at in (found.positive, found.negative)
        )
        return f"positive at {above}; negative at {below}"
    return f"${latex_of(found.form)}$"


def signs() -> Table:
    rows = []
    for name, gradient, variables in GRADIENTS:
        found = curvature(gradient, variables)
        if found.kind is None or not found.verdict:
            raise ValueError(f"{name}: {found}")
        rows.append((name, SIGNS[found.kind], reason(found)))
    return Table(("gradient", "sign of the gap", "$D^2[d, d]$ in factors, or points of both "
                                                 "signs"), tuple(rows))


def picture() -> Picture:
    def slope(t: float) -> float:
        return 1 / (2 + fexp(t) + fexp(-t))

    def gap(c: float) -> float:
        return 1000 * ((slope(c - 0.5) + slope(c + 0.5)) / 2 - slope(c))

    def estimate(c: float) -> float:
        s = 1 / (1 + fexp(-c))
        return 125 * s * (1 - s) * (1 - 6 * s + 6 * s * s)

    graph = curve(estimate, -6, 6, ORANGE)
    plot = Plot(
        (-6, 6), (-18, 8),
        [Curve([(-6, 0), (6, 0)], INK, 1), curve(gap, -6, 6, BLUE), Curve(graph.points, ORANGE, dashed=True)],
        title="The gap of σ′ for data c − ½, c + ½", x_label="c", y_label="1000 × gap",
    )  # fmt: skip
    alt = ("The gap as a function of the centre c: negative around 0, positive beyond 1.3 on both sides, and "
           "nearly covered by its second-order term, the dashed curve.")  # fmt: skip
    return Picture("gap", plot.svg(), alt, plot.tex())


def report() -> Report:
    mean = Sum(xs[i], (i, 1, N)) / N
    spread = Sum((xs[i] - mean) ** 2, (i, 1, N)) / N
    s = Symbol("s", real=True)
    return Report(
        title="Sign and size of the gap",
        question="How large is the mistake of averaging the data first, and to which side does it go?",
        answer=r"To second order it is $\frac{1}{2} f''(\bar{x}) \mathrm{Var}(x)$. It has one sign for all "
        "data exactly where $f$ is convex or concave: squares and exponentials always come out too small at "
        r"the mean, $\sigma'$ either way.",
        sections=[
            Section("Taylor's formula", [
                Text(r"Let $f$ be what is averaged, such as one component of $\nabla \ell$ as a function of "
                     r"the data, and $d_i = x_i - \bar{x}$. **Lemma** (Taylor, with Lagrange's remainder; "
                     r"not judged): $f(x_i) = f(\bar{x}) + f'(\bar{x}) d_i + \frac{1}{2} f''(\bar{x}) d_i^2 "
                     r"+ \frac{1}{6} f'''(\xi_i) d_i^3$ with $\xi_i$ between $\bar{x}$ and $x_i$. In the "
                     "mean the linear term goes, because"),
                claim(Sum(xs[i] - mean, (i, 1, N)) / N, 0, title="the first central moment is 0"),
                Text(r"So the gap is $\frac{1}{2} f''(\bar{x}) \mathrm{Var}(x)$ and a remainder that is "
                     "bounded as soon as $f'''$ is. Below $f'''$ is enclosed in balls along every segment "
                     r"from $\bar{x}$ to $x_i$, so that the bound is certain; for several variables the same "
                     "with all third derivatives."),
                sizes(),
            ]),
            Section("Squares", [
                claim(Sum(xs[i] ** 2, (i, 1, N)) / N - mean**2, spread,
                      title=r"The gap of $z^2$ is the variance, all of it"),
            ]),
            Section("Exponentials", [
                claim(r"\frac{\partial^2}{\partial z^2} e^z", r"(e^{\frac{z}{2}})^2",
                      title="The second derivative is a square"),
                Text(r"**Lemma** (Jensen's inequality; not judged). If $f'' \geq 0$ then the mean of $f$ is "
                     "at least $f$ at the mean: J. L. W. V. Jensen, Acta Mathematica 30 (1906). So the gap "
                     r"of $e^z$ is $\geq 0$ for all data."),
            ]),
            Section(r"$\sigma'$ changes sides", [
                claim(Derivative(SLOPE, (z, 2)), SLOPE * (1 - 6 * SLOPE), title=r"$\sigma'''$"),
                claim(1 - 6 * s * (1 - s), 6 * (s - Rational(1, 2)) ** 2 - Rational(1, 2),
                      title=r"Its last factor, with $s = \sigma(z)$"),
                Text(r"which is negative for $|s - \frac{1}{2}| < \frac{\sqrt{3}}{6}$, that is for $|z| < "
                     r"\log(2 + \sqrt{3})$, and positive beyond. Data near $0$ make the mean of the slopes "
                     "too small, data far out too large: the two rows of the table, and [[sigmoid_mean]] for "
                     "the numbers $0$ and $1$."),
                picture(),
            ]),
            Section("Gradients of losses", [
                signs(),
                Text("The sign is that of the mean of the gradients minus the gradient at the mean. "
                     "`symgrad.jensen_gap(loss, data, at, wrt)` does this for a loss of your own."),
            ]),
        ],
        order=140,
    )

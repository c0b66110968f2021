"""Sums that suffice: from which finite list of data sums does the gradient follow?"""

from sympy import IndexedBase, Sum, exp, log, symbols

from symgrad import Objective, statistics
from symgrad.losses.library import problem
from symgrad.reporting import Report, Section, Table, Text, setting, suffices
from symgrad.reporting.formulas import latex_of

x, y, w = IndexedBase("x", real=True), IndexedBase("y", real=True), IndexedBase("w", real=True)
a, m, b, theta = symbols("a m b theta", real=True)
i, k = symbols("i k", integer=True)
N, d = symbols("N d", integer=True, positive=True)

LINE = problem("line fit", "line", "squared")
SIGNED = problem("signed error", "proportional", "signed")
LOGISTIC = problem("sigmoid unit", "sigmoid", "cross-entropy")
VECTOR = Objective("features", (y[i] - Sum(w[k] * x[i, k], (k, 1, d))) ** 2, {}, w, (x, y), i, N)
OTHERS = (
    ((y[i] - a * x[i] ** 2 - m * x[i] - b) ** 2, (a, m, b)),
    ((x[i] + y[i] - theta) ** 2, theta),
    (exp(theta + x[i]) - y[i] * theta, theta),
    (exp(theta * x[i]) - y[i] * theta * x[i], theta),
    (abs(y[i] - theta * x[i]), theta),
    (log(1 + (y[i] - theta * x[i]) ** 2), theta),
)


def others() -> Table:
    """Losses beside these, in one line each."""
    rows = []
    for loss, wrt in OTHERS:
        found = statistics(loss, wrt)
        if found.finite:
            said = ", ".join(f"${latex_of(s)}$" for s in found.sums)
        else:
            said = f"none: {found.obstacle.lemma}, ${latex_of(found.obstacle.reason)}$"
        rows.append((f"${latex_of(loss)}$", said))
    return Table((r"$\ell$", "a shortest list"), tuple(rows))


def report() -> Report:
    return Report(
        title="Sums that suffice",
        question="Can the gradient be put together from sums over the data that are computed once, before "
        "training?",
        answer=r"For the squared error of a linear model yes: $\sum x_i^2$, $\sum x_i y_i$, $\sum x_i$, "
        r"$\sum y_i$ and $N$ suffice at every $\theta$. For the sigmoid unit no finite list does.",
        sections=[
            Section("What is asked", [
                Text("It has been said that the sum over the samples always ends up with the individual "
                     r"gradients inside, never as a product of isolated sums. Is that so? If $\nabla \ell = "
                     r"\sum_k c_k(\theta) h_k(x, y)$ with finitely many terms, then $\nabla J = \frac{1}{N} "
                     r"\sum_k c_k(\theta) \sum_i h_k(x_i, y_i)$, and the inner sums do not change with "
                     r"$\theta$."),
            ]),
            Section("The line fit: four sums", [
                setting(LINE),
                *suffices(LINE, ("m", "b"), "The gradient in these sums"),
                Text("The list is minimal: the functions $x^2$, $x y$, $x$, $y$ and $1$ are linearly "
                     "independent, and so are the coefficients $m$, $b$, $1$, so that none can be spared. "
                     r"The value of $J$ itself needs $\sum y_i^2$ as well."),
            ]),
            Section("Any number of features", [
                setting(VECTOR),
                *suffices(VECTOR, "w", r"The gradient in $X^\top X$ and $X^\top y$"),
                Text(r"These are the entries of $X^\top X$ and $X^\top y$: $\frac{1}{2} d (d + 1) + d$ "
                     "numbers, however many samples there are."),
            ]),
            Section("The signed error: one number", [setting(SIGNED), *suffices(SIGNED, "theta")]),
            Section("The sigmoid unit: no finite list", [setting(LOGISTIC), *suffices(LOGISTIC, ("w", "b"))]),
            Section("Other losses", [
                others(),
                Text("`symgrad.statistics(loss, wrt)` answers for a loss of your own. Where a finite list "
                     "exists, `symgrad.compile(...).bind(...)` computes it once and every gradient after "
                     "that costs the same, whatever $N$ is. That the *value* of the loss is not enough even "
                     "then is shown in [[loss_alone_is_not_enough]]."),
            ]),
        ],
        order=100,
    )

"""Minibatches: right on average, and how far off one of them is."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, product
from statistics import mean

from sympy import Derivative, Function, IndexedBase, KroneckerDelta, Sum, symbols

from symgrad import Objective
from symgrad.bridge import to_page
from symgrad.page.scope import Definition, Kind
from symgrad.reporting import Report, Section, Table, Text, claim, equations, setting

theta, eta = symbols("theta eta", real=True)
gbar = symbols(r"\bar{g}", real=True)
x, y, g = (IndexedBase(n, real=True) for n in "xyg")
i, j, k, N = *symbols("i j k", integer=True), symbols("N", integer=True, positive=True)
ell = Function("ell")
INDICES = (i, j, k)

J = Objective("any loss", ell(theta, x[i], y[i]), parameters=theta, data=(x, y), index=i, size=N)


def tuples(size: int, body) -> object:
    """The mean of ``body`` over all ordered batches with replacement: N^B of them."""
    for index in INDICES[:size]:
        body = Sum(body, (index, 1, N)) / N
    return body


def subsets(size: int, body) -> object:
    """The mean over all batches of distinct samples: N (N - 1) .. ordered ones, each set B! times."""
    for a, b in combinations(INDICES[:size], 2):
        body *= 1 - KroneckerDelta(a, b)
    for n, index in enumerate(INDICES[:size]):
        body = Sum(body, (index, 1, N)) / (N - n)
    return body


def batch(size: int):
    """The minibatch gradient (1/B) Σ g."""
    return sum(g[index] for index in INDICES[:size]) / size


def scope():
    whole = Sum(g[i], (i, 1, N)) / N
    spread = Sum((g[i] - gbar) ** 2, (i, 1, N)) / N
    found = J.scope.declare("g", Kind(arity=1))
    for name, body in ((r"\bar{g}", whole), ("v", spread)):
        found = found.declare(name, Kind()).define(Definition(name, to_page(body)))
    for index in INDICES:
        found = found.declare(str(index), Kind(role="index"))
    return found


def enumerated() -> Table:
    """All batches of the gradients 1, 2, 4, 9, counted out."""
    values = tuple(map(Fraction, (1, 2, 4, 9)))
    centre = mean(values)
    spread = mean((v - centre) ** 2 for v in values)
    rows = []
    for size in (1, 2, 3):
        cells = [str(size)]
        for batches in (product(values, repeat=size), combinations(values, size)):
            means = [mean(b) for b in batches]
            cells += [str(len(means)), f"${mean(means)}$", f"${mean((m - centre) ** 2 for m in means)}$"]
        rows.append(tuple(cells))
    header = ("$B$", "tuples", "mean", "variance", "subsets", "mean", "variance")
    title = f"All batches of $g = 1, 2, 4, 9$: $\\bar{{g}} = {centre}$, $v = {spread}$"
    return Table(header, tuple(rows), title)


def judged(kind: Callable, names) -> list:
    v = symbols("v", real=True)
    parts = []
    for size in (1, 2, 3):
        parts.append(claim(kind(size, batch(size)), gbar, scope=names, title=f"$B = {size}$: the mean"))
        factor = v / size * ((N - size) / (N - 1) if kind is subsets else 1)
        parts.append(claim(kind(size, (batch(size) - gbar) ** 2), factor, scope=names,
                           title=f"$B = {size}$: the variance"))
    return parts


def report() -> Report:
    names = scope()
    v = symbols("v", real=True)
    losses = [ell(theta, x[n], y[n]) for n in (i, j)]
    total, average = J.sum().expr, J.mean().expr
    return Report(
        title="Minibatches",
        question="Is the gradient of a minibatch the gradient of the loss?",
        answer="On average over all batches of size $B$ exactly; a single one is off by the variance $v / B$ "
        r"with replacement, $\frac{v}{B} \frac{N - B}{N - 1}$ without. Sum or mean of the losses is a matter "
        "of the learning rate, by the factor $N$.",
        sections=[
            Section("Setting", [
                setting(J),
                Text("$g_i$ is the gradient of sample $i$ (one component), whatever the loss; by "
                     r"[[batch_gradient]] $\nabla J = \bar{g}$. The gradient of a minibatch is the mean of "
                     "$g$ over it."),
                equations((gbar, Sum(g[i], (i, 1, N)) / N), (v, Sum((g[i] - gbar) ** 2, (i, 1, N)) / N)),
                claim(tuples(2, Derivative(sum(losses) / 2, theta)), Derivative(average, theta), scope=names,
                      title="For a loss: the mean over all batches of two is the gradient of $J$"),
            ]),
            Section("With replacement: all ordered tuples", judged(tuples, names)),
            Section("Without replacement: all subsets", [
                Text(r"A factor $1 - \delta_{ij}$ keeps two places of a batch apart. Every subset is counted "
                     r"once for each of its orders, which leaves the mean as it is. $B \leq N$."),
                *judged(subsets, names),
                Text(r"The factor $\frac{N - B}{N - 1}$ is the finite-population correction: at $B = N$ "
                     "there is one batch, everything, and nothing is left to chance."),
            ]),
            Section("Counted out", [enumerated()]),
            Section("Sum or mean", [
                claim(Derivative(total, theta), N * Derivative(average, theta), scope=names),
                claim(theta - eta * Derivative(average, theta), theta - eta / N * Derivative(total, theta),
                      scope=names, title=r"A step on the mean with rate $\eta$ is one on the sum with $\eta "
                                         "/ N$"),
            ]),
        ],
        order=130,
    )

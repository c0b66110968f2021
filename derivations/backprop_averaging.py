"""Backpropagation: what may be averaged, and what averaging the output error first costs."""

from math import prod

from sympy import Derivative, IndexedBase, Integer, Rational, Sum, exp, log, symbols, tanh

from symgrad import Objective, derive, prove, sigma
from symgrad.bridge import to_page
from symgrad.page import tree as page
from symgrad.page.scope import Definition, Kind
from symgrad.reporting import Mark, Report, Section, Table, Text, claim, enclosed, equations, proof, setting

x, y, w, V, c, z, a, u, U = (IndexedBase(n, real=True) for n in ("x", "y", "w", "V", "c", "z", "a", "u", "U"))
delta, abar, xbar = (IndexedBase(n, real=True) for n in (r"\delta", r"\bar{a}", r"\bar{x}"))
zbar, slope = (IndexedBase(n, real=True) for n in (r"\bar{z}", r"\bar{s}"))
b, dbar = symbols(r"b \bar{\delta}", real=True)
i, k, m, j, p, q, r = symbols("i k m j p q r", integer=True)
N, H, d, K = symbols("N H d K", integer=True, positive=True)
HALF = Rational(1, 2)


def score(hidden):
    """z_{ih}."""
    return Sum(V[hidden, m] * x[i, m], (m, 1, d)) + c[hidden]


J = Objective(
    "two layers",
    HALF * (y[i] - u[i]) ** 2,
    {u[i]: Sum(w[k] * a[i, k], (k, 1, H)) + b, a[i, k]: sigma(z[i, k]), z[i, k]: score(k)},
    (w, V, c, b),
    (x, y),
    i,
    N,
)


LAYERS = (
    r"let x_i \in \mathbb{R}^d", r"let y_i \in \mathbb{R}^K", r"let W \in \mathbb{R}^{H \times d}",
    r"let U \in \mathbb{R}^{K \times H}", r"let b \in \mathbb{R}^H", r"let z_i = W x_i + b",
    r"let a_i = \sigma(z_i)", r"let \hat{y}_i = U a_i",
)  # fmt: skip


def derivative(by, objective=J):
    """∂J/∂by as it is written, J folded."""
    return page.Derivative(objective.symbol, ((to_page(by), 1),))


def mean(body):
    return Sum(body, (i, 1, N)) / N


BARS = ((dbar, mean(delta[i])), (abar[j], mean(a[i, j])), (xbar[p], mean(x[i, p])), (zbar[j], mean(z[i, j])),
        (slope[j], mean(a[i, j] * (1 - a[i, j]))))  # fmt: skip


def scope():
    """The network's names, the output error, and the means."""
    found = J.scope
    for entry, body in ((delta[i], u[i] - y[i]), *BARS):
        name = str(getattr(entry, "base", entry))
        lower = tuple(to_page(index) for index in getattr(entry, "indices", ()))
        found = found.declare(name, Kind(arity=len(lower))).define(Definition(name, to_page(body), lower))
    return found


def output_errors() -> list:
    """∂ℓ/∂u for the usual pairs of output and loss."""
    s, t = symbols("u y", real=True)
    o, targets = IndexedBase("u", real=True), IndexedBase("y", real=True)
    chosen = exp(o[r]) / Sum(exp(o[k]), (k, 1, K))
    entropy = -Sum(targets[k] * log(exp(o[k]) / Sum(exp(o[q]), (q, 1, K))), (k, 1, K))
    return [
        claim(Derivative(HALF * (t - s) ** 2, s), s - t,
              title=r"Linear output, half the squared error: $\hat{y} - y$"),
        claim(Derivative(-t * log(sigma(s)) - (1 - t) * log(1 - sigma(s)), s), sigma(s) - t,
              title=r"Sigmoid output, cross-entropy: $\hat{y} - y$"),
        claim(Derivative(entropy, o[r]), chosen - targets[r], given=[r"assume \sum_{k=1}^{K} y_k = 1"],
              title=r"Softmax output, cross-entropy: $\hat{y}_r - y_r$"),
        claim(Derivative(HALF * (t - sigma(s)) ** 2, s), (sigma(s) - t) * sigma(s) * (1 - sigma(s)),
              title=r"Sigmoid output, half the squared error: not $\hat{y} - y$"),
        claim(Derivative(-t * log(s) - (1 - t) * log(1 - s), s), (s - t) / (s * (1 - s)),
              title=r"Linear output, cross-entropy: not $\hat{y} - y$"),
    ]  # fmt: skip


def networks() -> Table:
    """Both relations for two hidden functions and four outputs, judged."""
    rows = []
    for name, hidden, bent in (
        (r"\sigma", sigma, lambda t: t * (1 - t)), (r"\tanh", tanh, lambda t: 1 - t**2),
    ):  # fmt: skip
        unit = hidden(score(j))
        total = Sum(w[k] * hidden(score(k)), (k, 1, H)) + b
        several = Sum(U[r, k] * hidden(score(k)), (k, 1, H))
        chosen = exp(several) / Sum(exp(several.xreplace({r: q})), (q, 1, K))
        entropy = log(Sum(exp(several.xreplace({r: q})), (q, 1, K))) - Sum(y[i, r] * several, (r, 1, K))
        for output, loss, error in (
            ("linear, squared", HALF * (y[i] - total) ** 2, total - y[i]),
            ("sigmoid, squared", HALF * (y[i] - sigma(total)) ** 2,
             (sigma(total) - y[i]) * sigma(total) * (1 - sigma(total))),
            ("sigmoid, cross-entropy", -y[i] * log(sigma(total)) - (1 - y[i]) * log(1 - sigma(total)),
             sigma(total) - y[i]),
            ("softmax, cross-entropy", entropy, chosen - y[i, r]),
        ):  # fmt: skip
            if loss is entropy:
                outer = prove(Derivative(loss, U[r, j]), error * unit)
                back = Sum(error * U[r, j], (r, 1, K))
            else:
                outer, back = prove(Derivative(loss, w[j]), error * unit), error * w[j]
            inner = prove(Derivative(loss, V[j, p]), back * bent(unit) * x[i, p])
            rows.append((f"${name}$", output, str(Mark.of(outer)), str(Mark.of(inner))))
    return Table(("hidden", "output and loss", r"$\delta_i a_{ij}$", r"$\delta_i w_j s'(z_{ij}) x_{ip}$"),
                 tuple(rows), r"$\partial \ell_i / \partial w_j$ and $\partial \ell_i / \partial V_{jp}$")


def side_by_side() -> Table:
    """One hidden unit with w = v = 1 and b = c = 0, samples (0, 0) and (1, 1): all procedures in numbers."""
    xs, ys = (0, 1), (0, 1)
    units = [sigma(Integer(s)) for s in xs]
    errors = [s - t for s, t in zip(units, ys, strict=True)]
    bends = [s * (1 - s) for s in units]

    def average(*columns):
        return HALF * sum(prod(column) for column in zip(*columns, strict=True))

    middle = sigma(HALF)
    bent, ahead = middle * (1 - middle), average(errors) * average(xs)
    rows = (
        ("1: gradients averaged", average(errors, units), average(errors, bends, xs)),
        ("2: at the mean input", (middle - HALF) * middle, (middle - HALF) * bent * HALF),
        (r"3: averaged error, mean of $\sigma'$", average(errors) * average(units), ahead * average(bends)),
        (r"3: averaged error, $\bar{a} (1 - \bar{a})$", average(errors) * average(units),
         ahead * average(units) * (1 - average(units))),
        (r"3: averaged error, $\sigma'(\bar{z})$", average(errors) * average(units), ahead * bent),
    )  # fmt: skip
    return Table(
        ("procedure", r"$\partial J / \partial w$", r"$\partial J / \partial v$"),
        tuple((name, enclosed(upper), enclosed(lower)) for name, upper, lower in rows),
        r"One hidden unit, $w = v = 1$, $b = c = 0$, samples $(0, 0)$ and $(1, 1)$; all digits certain",
    )


def between_layers() -> list:
    """One hidden unit, two features with equal weights: (1, 0) and (0, 1) look the same from above."""
    v, o, weight, s, t = symbols("v c w b y", real=True)

    def gradients(first, second):
        unit = sigma(v * first + v * second + o)
        error = weight * unit + s - t
        return error * unit, error * weight * unit * (1 - unit) * first

    one, other = gradients(1, 0), gradients(0, 1)
    return [
        claim(one[0], other[0], title="The same gradient above, at all weights"),
        claim(one[1], other[1], title="Not the same gradient below", expect="refuted"),
    ]


def report() -> Report:
    names = scope()
    sloped = a[i, j] * (1 - a[i, j])
    truth = w[j] * mean(delta[i] * sloped * x[i, p])
    spread = mean((delta[i] - dbar) * (a[i, j] - abar[j]))
    outer = mean((delta[i] - dbar) * sloped * x[i, p])
    outer += dbar * mean((sloped - slope[j]) * (x[i, p] - xbar[p]))
    variance = mean((a[i, j] - abar[j]) ** 2)
    middle = sigma(zbar[j]) * (1 - sigma(zbar[j]))
    sample = J.unfold(J.loss)
    return Report(
        title="Averaging inside backpropagation",
        question="May the output errors of a batch be averaged first and then sent back through the network "
        "once?",
        answer="No: the gradients of the samples may be averaged, the errors may not. At the output layer "
        "the mistake is exactly the covariance of error and activation; at the hidden layer it depends on "
        r"what stands for $\sigma'$, and no choice makes it vanish.",
        sections=[
            Section("Setting", [
                setting(J),
                Text("$d$ features, $H$ hidden units, $N$ samples, all symbolic. $z$, $a$ and $u$ are the "
                     "named intermediates that the chain rule runs through."),
            ]),
            Section("The backpropagation relations", [
                proof(derive(J, V[j, p]), r"Hidden layer, by $V_{jp}$"),
                Text(r"In the notation of the textbooks, with vectors and several outputs $\hat{y}_i = U "
                     "a_i$:"),
                proof(derive(r"\frac{1}{2} \sum_{i=1}^N \lVert y_i - \hat{y}_i \rVert^2", "W", given=LAYERS),
                      r"Two layers of vectors, by $W$"),
                Text(r"With the output error $\delta_i = \partial \ell_i / \partial u_i = u_i - y_i$ these "
                     "are the relations of the textbooks:"),
                claim(derivative(w[j]), mean(delta[i] * a[i, j]), scope=names),
                claim(derivative(V[j, p]), truth, scope=names),
            ]),
            Section(r"Which output errors are $\hat{y} - y$", output_errors()),
            Section("Other networks", [networks()]),
            Section("Procedure 1: the gradients of the samples, averaged", [
                claim(derivative(V[j, p]), mean(Derivative(sample, V[j, p])), scope=names,
                      title=r"It is $\nabla J$, for every $N$, $H$ and $d$"),
            ]),
            Section("Procedure 2: the gradient at the mean input", [
                claim(derivative(w[j]), page.Derivative(J.at_mean().page, ((to_page(w[j]), 1),)),
                      scope=J.at_mean().scope.define(Definition("J", J.page)), expect="refuted",
                      title="It is another number"),
            ]),
            Section("Procedure 3: the averaged error, sent back", [
                equations(*((name, body) for name, body in BARS), title="Averages"),
                Text("Average the output error, and send it through averaged activations. At the output "
                     "layer the mistake is a covariance:"),
                claim(mean(delta[i] * a[i, j]) - dbar * abar[j], spread, scope=names,
                      title=r"Output layer: $\mathrm{Cov}(\delta, a_j)$"),
                claim(derivative(w[j]), dbar * abar[j], scope=names, expect="refuted",
                      title="which is not $0$"),
                Text(r"At the hidden layer something has to stand for $\sigma'(z_j)$. With its mean "
                     r"$\bar{s}_j$ the mistake is $w_j (\mathrm{Cov}(\delta, s_j x_p) + \bar{\delta} \, "
                     r"\mathrm{Cov}(s_j, x_p))$ with $s_{ij} = a_{ij} (1 - a_{ij})$:"),
                claim(truth - w[j] * dbar * slope[j] * xbar[p], w[j] * outer, scope=names,
                      title=r"Hidden layer, with the mean of $\sigma'$"),
                claim(derivative(V[j, p]), w[j] * dbar * slope[j] * xbar[p], scope=names, expect="refuted"),
                Text(r"With $\bar{a}_j (1 - \bar{a}_j)$, which is what the averaged activation suggests, "
                     r"another term joins in, since $\bar{a} (1 - \bar{a}) = \bar{s} + \mathrm{Var}(a)$:"),
                claim(abar[j] * (1 - abar[j]), slope[j] + variance, scope=names),
                claim(truth - w[j] * dbar * abar[j] * (1 - abar[j]) * xbar[p],
                      w[j] * (outer - dbar * variance * xbar[p]), scope=names,
                      title=r"Hidden layer, with $\bar{a}_j (1 - \bar{a}_j)$"),
                claim(derivative(V[j, p]), w[j] * dbar * abar[j] * (1 - abar[j]) * xbar[p], scope=names,
                      expect="refuted"),
                Text(r"With $\sigma'(\bar{z}_j)$ there is no closed form in moments: the mean of $\sigma'$ "
                     r"and $\sigma'$ of the mean differ by a series in all central moments of $z$, as in "
                     "[[sigmoid_mean]]. An exact witness is all that can be given:"),
                claim(slope[j], middle, scope=names, expect="refuted"),
                claim(derivative(V[j, p]), w[j] * dbar * middle * xbar[p], scope=names, expect="refuted",
                      title=r"Hidden layer, with $\sigma'(\bar{z}_j)$"),
            ]),
            Section("Side by side", [
                side_by_side(),
                Text("Below the output layer every shortcut has the wrong sign here: a step against it makes "
                     "the loss larger."),
            ]),
            Section("No function from one layer's gradient to the next", [
                Text(r"It is said that there is no $g$ with $\nabla_{W^1} J = g(\nabla_{W^2} J)$. "
                     "Indeed: one hidden unit, two features with equal weights $v$, one sample. Inputs $(1, "
                     "0)$ and $(0, 1)$ give the same activation, so the same output, error and gradient "
                     "above, at the same weights."),
                *between_layers(),
            ]),
        ],
        order=110,
    )

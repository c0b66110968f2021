"""Squared error: the value of the loss does not tell its gradient."""

from fractions import Fraction

from sympy import Derivative, IndexedBase, Sum, Symbol, symbols

from symgrad.bridge import to_page
from symgrad.losses.library import problem
from symgrad.page.scope import Definition, Kind
from symgrad.reporting import Report, Section, Table, Text, claim, equations, from_loss, setting

J = problem("line fit", "line", "squared")

m, b, t = symbols("m b t", real=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
i, N = J.index, J.size
best, least = Symbol(r"\hat{m}", real=True), Symbol(r"\hat{J}", real=True)


def total(body):
    return Sum(body, (i, 1, N))


def at(slope):
    """J at another slope."""
    return J.unfolded.subs(m, slope)


def slope_at(slope):
    """∂J/∂m at another slope, in the form that the line fit's report proves."""
    return (-2 / N * total(x[i] * (y[i] - m * x[i] - b))).subs(m, slope)


minimiser = total(x[i] * (y[i] - b)) / total(x[i] ** 2)


def scope():
    found = J.scope
    for name, body in ((best, minimiser), (least, at(best))):
        found = found.declare(name.name, Kind()).define(Definition(name.name, to_page(body)))
    return found


def example() -> Table:
    """J and ∂J/∂m for the data (1, 1), (2, 3) with b = 0, at the minimiser plus and minus 1."""
    data, best = ((1, 1), (2, 3)), Fraction(7, 5)
    rows = []
    for slope in (best - 1, best, best + 1):
        loss = sum((q - slope * p) ** 2 for p, q in data) / len(data)
        gradient = sum(-2 * p * (q - slope * p) for p, q in data) / len(data)
        rows.append(tuple(f"${value}$" for value in (slope, loss, gradient)))
    header = ("$m$", "$J$", r"$\partial J / \partial m$")
    return Table(header, tuple(rows), "The data $(1, 1)$, $(2, 3)$ with $b = 0$, exactly")


def report() -> Report:
    names = scope()
    square = 4 * total(x[i] ** 2) / N
    return Report(
        title="The loss alone is not enough",
        question=r"Is there a function $g$ with $\nabla J(\theta) = g(J(\theta))$ for the squared error?",
        answer="No, not even one that knows the data: on both sides of the best slope $J$ takes the same "
               "value, and the gradients there are opposite. What the value of $J$ does tell is the size of "
               r"$\partial J / \partial m$.",
        sections=[
            Section("Setting", [setting(J)]),
            Section("Two data sets, one loss, two gradients", [
                *from_loss(J, ("m", "b"), "refuted", r"One $g$ for all data?"),
                Text("So somebody who is told $J$, and even the parameters, but not the data, cannot know "
                     r"$\nabla J$."),
            ]),
            Section("The same data, two parameters", [
                Text(r"Now keep the data and $b$, with $\sum_i x_i^2 \neq 0$, and let $\hat{m}$ be the best "
                     r"slope, $\hat{J}$ the least loss."),
                equations((best, minimiser), (least, at(best))),
                claim(slope_at(best), 0, scope=names, title=r"$\hat{m}$ is where the gradient vanishes"),
                claim(at(best + t), at(best - t), scope=names, title="The loss is the same on both sides"),
                claim(slope_at(best + t), -slope_at(best - t), scope=names,
                      title="The gradients are opposite"),
                claim(slope_at(best + t), 2 * t * total(x[i] ** 2) / N, scope=names,
                      title=r"and not $0$ for $t \neq 0$"),
                claim(Derivative(at(best + t), t), slope_at(best + t), scope=names,
                      title=r"They are the derivatives of $J$ there"),
                Text(r"So for any fixed data with $\sum_i x_i^2 \neq 0$ no $g$ exists: it would have to take "
                     r"two values at $J(\hat{m} + t) = J(\hat{m} - t)$."),
                example(),
            ]),
            Section("What does hold", [
                claim(slope_at(m) ** 2, square * (at(m) - least), scope=names,
                      title="The square of the gradient is a function of the loss and of data sums"),
                Text(r"So $|\partial J / \partial m| = 2 \sqrt{(\sum_i x_i^2 / N) (J - \hat{J})}$ with $b$ "
                     "fixed: the value of the loss and two numbers of the data give the size of the step, "
                     "but not its direction. The direction is what the sum over the samples is for. Which "
                     "losses do have a $g$ is the question of [[losses_that_allow_it]]."),
            ]),
        ],
        order=80,
    )

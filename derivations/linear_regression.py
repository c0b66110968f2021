"""The line fit with mean squared error: gradient, Hessian, normal equations."""

from sympy import Function, IndexedBase, Lambda, symbols

from symgrad import Objective
from symgrad.reporting import Report, Section, Text, claim, derived, numbers, setting

m, b, t = symbols("m b t", real=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
f = Function("f")

J = Objective("line fit", (y[i] - f(x[i])) ** 2, {f: Lambda(t, m * t + b)}, (m, b), (x, y), i, N)

MEANS = [r"let \bar{x} = \frac{1}{N} \sum_{i=1}^{N} x_i", r"let \bar{y} = \frac{1}{N} \sum_{i=1}^{N} y_i"]
BEST = [
    *MEANS,
    r"let \hat{m} = \frac{\sum_{i=1}^{N} (x_i - \bar{x}) (y_i - \bar{y})}{\sum_{i=1}^{N} (x_i - \bar{x})^2}",
    r"let \hat{b} = \bar{y} - \hat{m} \bar{x}",
]


def says(left: str, right: str, title: str = "", given=()):
    return claim(left, right, given, scope=J.scope, title=title)


def report() -> Report:
    return Report(
        title="The line fit",
        question="What is the gradient of the mean squared error of a line $f(x) = m x + b$?",
        answer=r"$\frac{\partial J}{\partial m} = -\frac{2}{N} \sum_i x_i (y_i - f(x_i))$ and "
        r"$\frac{\partial J}{\partial b} = -\frac{2}{N} \sum_i (y_i - f(x_i))$, for every number of samples.",
        sections=[
            Section("Setting", [setting(J)]),
            Section("Proof", [*derived(J, m), *derived(J, b)]),
            Section("Hessian", [
                says(r"\frac{\partial^2 J}{\partial m^2}", r"\frac{2}{N} \sum_{i=1}^{N} x_i^2"),
                says(r"\frac{\partial^2 J}{\partial m \partial b}", r"\frac{2}{N} \sum_{i=1}^{N} x_i"),
                says(r"\frac{\partial^2 J}{\partial b^2}", "2"),
                Text("No entry depends on $m$ or $b$: the objective is a paraboloid."),
            ]),
            Section("Normal equations", [
                says(r"\frac{N}{2} \frac{\partial J}{\partial m}",
                     r"m \sum_{i=1}^{N} x_i^2 + b \sum_{i=1}^{N} x_i - \sum_{i=1}^{N} x_i y_i"),
                says(r"\frac{N}{2} \frac{\partial J}{\partial b}",
                     r"m \sum_{i=1}^{N} x_i + N b - \sum_{i=1}^{N} y_i"),
                Text("Both are $0$ exactly where the normal equations hold. They need the data only "
                     r"through five sums. If $x$ is not constant their solution is $\hat{m} = "
                     r"\frac{\sum_i (x_i - \bar{x}) (y_i - \bar{y})}{\sum_i (x_i - \bar{x})^2}$, "
                     r"$\hat{b} = \bar{y} - \hat{m} \bar{x}$, and it is the minimum, since what is left "
                     "is a mean of squares:"),
                says("J", r"\frac{1}{N} \sum_{i=1}^{N} (y_i - (\hat{m} x_i + \hat{b}))^2 + "
                     r"\frac{1}{N} \sum_{i=1}^{N} ((m - \hat{m}) x_i + b - \hat{b})^2", given=BEST),
            ]),
            Section("Numbers", [numbers(J)]),
        ],
        order=20,
    )

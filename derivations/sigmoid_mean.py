"""The derivative of the sigmoid at two points, and at their mean."""

from math import exp

from sympy import Derivative, Rational, symbols
from sympy import exp as e

from symgrad import derive, sigma
from symgrad.reporting import Picture, Report, Section, Table, Text, claim, enclosed, proof
from symgrad.reporting.drawing import ORANGE, RED, Curve, Dot, Plot, curve

z = symbols("z", real=True)
slope = sigma(z) * (1 - sigma(z))
HALF = Rational(1, 2)


def at(point):
    return slope.subs(z, point)


def picture() -> Picture:
    def s(t: float) -> float:
        return 1 / (1 + exp(-t)) / (1 + exp(t))

    mean = (s(0) + s(1)) / 2
    plot = Plot(
        (-1, 2), (0.1, 0.27),
        [
            curve(s, -1, 2),
            Curve([(0, s(0)), (1, s(1))], ORANGE, dashed=True),
            Curve([(0.5, mean), (0.5, s(0.5))], RED, width=3),
            Dot(0, s(0), "σ′(0)", "above", tex=r"$\sigma'(0)$"),
            Dot(1, s(1), "σ′(1)", "right", tex=r"$\sigma'(1)$"),
            Dot(0.5, s(0.5), "σ′(½)", "above", RED, tex=r"$\sigma'(\frac{1}{2})$"),
            Dot(0.5, mean, "mean of the two", "left", ORANGE),
        ],
        title="The mean of σ′ lies below σ′ at the mean", x_label="z", y_label="σ′(z)",
    )  # fmt: skip
    return Picture("slope", plot.svg(), "The curve of σ′ from −1 to 2. The chord from z = 0 to z = 1 "
                                        "runs below the curve; at z = ½ the upright piece between them is "
                                        "the gap.", plot.tex())


def report() -> Report:
    mean, second = (at(0) + at(1)) / 2, at(z).diff(z, 2).subs(z, HALF) / 8
    return Report(
        title="The mean of the sigmoid's slopes",
        question=r"Is the mean of $\sigma'$ over two inputs the slope $\sigma'$ at their mean?",
        answer=r"No: at $0$ and $1$ the mean of the slopes is $0.2233\ldots$, the slope at the mean "
               r"$\frac{1}{2}$ is $0.2350\ldots$",
        sections=[
            Section(r"The slope of $\sigma$", [
                proof(derive(1 / (1 + e(-z)), z), r"$\sigma(z) = 1 / (1 + e^{-z})$, step by step"),
                claim(Derivative(sigma(z), z), slope, title=r"The same for $\sigma$ as it is written"),
            ]),
            Section("Two inputs", [
                claim(mean, at(HALF), title="Mean of the slopes, slope at the mean", expect="refuted"),
                Table(("", "value, rounded; every digit is certain"), (
                    (r"$\frac{1}{2} (\sigma'(0) + \sigma'(1))$", f"${enclosed(mean)}$"),
                    (r"$\sigma'(\frac{1}{2})$", f"${enclosed(at(HALF))}$"),
                    ("the gap between them", f"${enclosed(mean - at(HALF))}$"),
                    (r"to second order, $\frac{1}{2} \sigma'''(\frac{1}{2}) \mathrm{Var}$",
                     f"${enclosed(second)}$"),
                )),
                picture(),
            ]),
            Section("Why", [
                Text(r"$\sigma'$ is bent. By Taylor's formula about the mean the gap is $\frac{1}{2} "
                     r"\sigma'''$ times the variance of the inputs, here $\frac{1}{4}$, plus terms of "
                     "higher order: the last row of the table. Only an affine slope has no gap, for all "
                     "inputs. The same happens in every nonlinear layer: [[sigmoid_regression]]."),
            ]),
        ],
        order=50,
    )

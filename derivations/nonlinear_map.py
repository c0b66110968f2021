"""Sum of the gradients against the gradient at the sum: three maps f."""

from sympy import Derivative, Function, symbols

from symgrad import sigma
from symgrad.reporting import Report, Section, Text, claim

theta, m, b, x1, x2 = symbols("theta m b x_1 x_2", real=True)
f = Function("f")


def split(g, wrt):
    """∂(g(x₁) + g(x₂)) against ∂g(x₁) + ∂g(x₂)."""
    return Derivative(g(x1) + g(x2), wrt), Derivative(g(x1), wrt) + Derivative(g(x2), wrt)


def joined(g, wrt):
    """∂g(x₁ + x₂) against ∂g(x₁) + ∂g(x₂)."""
    return Derivative(g(x1 + x2), wrt), Derivative(g(x1), wrt) + Derivative(g(x2), wrt)


def report() -> Report:
    return Report(
        title="Adding outputs, adding inputs",
        question=r"Is $\nabla(f(x_1) + f(x_2)) = \nabla f(x_1) + \nabla f(x_2)$, and is it $\nabla f(x_1 "
                 "+ x_2)$?",
        answer="The first always. The second only where the gradient is linear in the input: for $f = "
               r"\theta x$, but not for the intercept of $f = m x + b$ and not for a sigmoid.",
        sections=[
            Section("Adding outputs: always", [
                claim(*split(lambda x: f(theta, x), theta), title=r"Any $f(\theta, x)$"),
                Text("The derivative is linear, whatever $f$ is."),
            ]),
            Section("Adding inputs: sometimes", [
                claim(*joined(lambda x: theta * x, theta), title=r"$f = \theta x$"),
                claim(*joined(lambda x: m * x + b, m), title="$f = m x + b$, by $m$"),
                claim(*joined(lambda x: m * x + b, b), title="$f = m x + b$, by $b$", expect="refuted"),
                claim(*joined(lambda x: sigma(theta * x), theta), title=r"$f = \sigma(\theta x)$",
                      expect="refuted"),
                claim(*joined(lambda x: f(theta, x), theta), title=r"Any $f(\theta, x)$", expect="refuted"),
            ]),
            Section("What decides it", [
                Text(r"The question is whether $\nabla f$ is additive in $x$. For $\theta x$ it is $x$ "
                     "itself. For $m x + b$ by $b$ it is $1$: a sum of two inputs has one intercept, "
                     "two outputs have two. Taking the mean instead of the sum mends the intercept, "
                     "since $1$ is affine, but not the sigmoid: see [[sigmoid_mean]]."),
            ]),
        ],
        order=40,
    )

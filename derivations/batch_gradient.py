"""Any differentiable loss: the gradient of the mean is the mean of the gradients."""

from sympy import Function, IndexedBase, symbols

from symgrad import Objective, gap
from symgrad.reporting import Report, Section, Text, compared, derived, setting

theta = symbols("theta", real=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
ell = Function("ell")

J = Objective("any loss", ell(theta, x[i], y[i]), parameters=theta, data=(x, y), index=i, size=N)


def report() -> Report:
    return Report(
        title="Gradient of the mean, mean of the gradients",
        question="Is the gradient of the average loss the average of the gradients?",
        answer="Yes, always: for every differentiable loss and every $N$, the two are equal, and the "
               "gradient of the *sum* of the losses is $N$ times that. What is not the same is the "
               "gradient at the average *data*.",
        sections=[
            Section("Setting", [
                setting(J),
                Text(r"$\ell$ is any function that is differentiable in $\theta$; nothing else is asked "
                     r"of it. A vector of parameters is covered entry by entry: let $\theta$ be one "
                     "entry."),
            ]),
            Section("Proof", derived(J, theta)),
            Section("Sum, mean, and the loss at the mean of the data", [
                *compared(gap(J, theta)),
                Text("The first two differ by the factor $N$, which a learning rate absorbs. The third "
                     "is another number: the witness is a loss and data for which it differs. For which "
                     "losses it agrees is the question of [[linear_regression_at_mean]] and "
                     "[[nonlinear_map]]."),
            ]),
            Section("What follows for training", [
                Text("Averaging the losses of a batch and then differentiating is correct. So is "
                     "differentiating sample by sample and averaging the gradients: it is the same "
                     "number. What must not be averaged before differentiating are the data."),
            ]),
        ],
        order=10,
    )

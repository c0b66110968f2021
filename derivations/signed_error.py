"""The signed error: a gradient that ignores the parameter."""

from symgrad import gap
from symgrad.losses.library import problem
from symgrad.reporting import Report, Section, Text, claim, compared, derived, from_loss, numbers, setting

J = problem("signed error", "proportional", "signed")
MEANS = [r"let \bar{x} = \frac{1}{N} \sum_{i=1}^{N} x_i", r"let \bar{y} = \frac{1}{N} \sum_{i=1}^{N} y_i"]


def report() -> Report:
    return Report(
        title="The signed error",
        question=r"Is there a loss whose gradient needs no sum over the samples at every $\theta$?",
        answer=r"Yes, the signed error: its gradient is $-\bar{x}$ whatever $\theta$ is, so the data may "
               "be averaged first. The price: it has no minimum.",
        sections=[
            Section("Setting", [setting(J)]),
            Section("Proof", [
                *derived(J, "theta"),
                claim(r"\frac{\partial J}{\partial \theta}", r"-\bar{x}", MEANS, scope=J.scope,
                      title=r"The gradient is $-\bar{x}$"),
            ]),
            Section("Mean of the gradients, gradient at the mean",
                    compared(gap(J, "theta"), expect="proved")),
            Section("Is the gradient a function of the loss?", [
                Text(r"Once the data are fixed, yes: $\nabla J = g(J)$ with $g(z) = 0 \cdot z + K$, $K = "
                     r"-\bar{x}$. One $g$ for all data there is not:"),
                *from_loss(J, "theta", "refuted", "One $g$ for all data?"),
                Text("Which losses have one $g$ for all data: [[losses_that_allow_it]]."),
            ]),
            Section("No minimum", [
                claim(r"\frac{1}{N} \sum_{i=1}^{N} (y_i - (\theta + t) x_i)", r"J - t \bar{x}",
                      MEANS, scope=J.scope, title=r"A step $t$ changes the objective by $-t \bar{x}$"),
                Text(r"If $\bar{x} \neq 0$, a large step in the direction of $\bar{x}$ takes $J$ below "
                     r"any number. If $\bar{x} = 0$, $J$ is constant. Either way there is nothing to "
                     "learn: a gradient that ignores the parameter cannot say where to stop."),
            ]),
            Section("Numbers", [numbers(J)]),
        ],
        order=70,
    )

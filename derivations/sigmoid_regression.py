"""A sigmoid unit: squared error and cross-entropy."""

from symgrad import gap
from symgrad.losses.library import problem
from symgrad.reporting import Report, Section, Text, compared, derived, numbers, setting

ENTROPY = problem("sigmoid unit, cross-entropy", "sigmoid", "cross-entropy")
SQUARED = problem("sigmoid unit, squared error", "sigmoid", "squared")


def report() -> Report:
    return Report(
        title="The sigmoid unit",
        question="What are the gradients of a sigmoid unit, and may one average the data first?",
        answer=r"With cross-entropy the gradient ends in $\sum_i (\sigma(w x_i + b) - y_i) x_i$; with "
               r"squared error a factor $\sigma (1 - \sigma)$ stays. Neither is the gradient at the mean "
               "of the data.",
        sections=[
            Section("Cross-entropy", [setting(ENTROPY), *derived(ENTROPY, "w"), *derived(ENTROPY, "b")]),
            Section("Squared error", [setting(SQUARED), *derived(SQUARED, "w"), *derived(SQUARED, "b")]),
            Section("Cross-entropy: mean of the gradients, gradient at the mean", [
                *compared(gap(ENTROPY, "w")),
                *compared(gap(ENTROPY, "b")),
                Text("The formula is taken as it is written, for real $y$: the mean of labels $0$ and "
                     "$1$ is neither."),
            ]),
            Section("Squared error: mean of the gradients, gradient at the mean",
                    compared(gap(SQUARED, "w"))),
            Section("Numbers", [
                Text("Cross-entropy:"), numbers(ENTROPY),
                Text("Squared error:"), numbers(SQUARED),
            ]),
        ],
        order=60,
    )

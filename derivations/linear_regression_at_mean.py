"""The line fit: mean of the gradients against the gradient at the mean of the data."""

from symgrad import gap
from symgrad.losses.library import problem
from symgrad.reporting import Report, Section, Text, claim, compared, setting

J = problem("line fit", "line", "squared")


def report() -> Report:
    by_m, by_b = gap(J, "m"), gap(J, "b")
    return Report(
        title="The line fit at the mean of the data",
        question="May one average the data first and take the gradient of the squared error at "
        r"$(\bar{x}, \bar{y})$?",
        answer=r"For $b$ yes, for $m$ no: the gradients differ by "
        r"$2 (m \mathrm{Var}(x) - \mathrm{Cov}(x, y))$ for every $N$, which is $0$ exactly when "
        r"$m \mathrm{Var}(x) = \mathrm{Cov}(x, y)$.",
        sections=[
            Section("Setting", [
                setting(J.at_mean()),
                Text("Here $J$ is the loss of one sample that is the mean of all. Variance and "
                     "covariance are the means over the $N$ samples (no $N - 1$)."),
            ]),
            Section("The slope", compared(by_m)),
            Section("The intercept", compared(by_b, expect="proved")),
            Section("When the gap is zero", [
                Text(r"The gap vanishes at one slope, $m = \mathrm{Cov}(x, y) / \mathrm{Var}(x)$, which "
                     r"is the least-squares slope; if $\mathrm{Var}(x) = 0$ then $\mathrm{Cov}(x, y) = "
                     "0$ too and it vanishes at every slope."),
                claim(r"\frac{1}{N} \sum_{i=1}^{N} 2 (\hat{m} x_i + b - y_i) x_i",
                      r"2 (\hat{m} \bar{x} + b - \bar{y}) \bar{x}", scope=by_m.scope,
                      given=[r"let \hat{m} = \frac{\mathrm{Cov}(x, y)}{\mathrm{Var}(x)}"],
                      title=r"No gap at $\hat{m} = \mathrm{Cov}(x, y) / \mathrm{Var}(x)$"),
                Text("So gradient descent on averaged data stops somewhere else: it fits the mean point "
                     "and learns nothing from the spread. The intercept's gradient is affine in the "
                     "data, the slope's holds $x_i^2$ and $x_i y_i$: that is the whole difference, see "
                     "[[nonlinear_map]]."),
            ]),
        ],
        order=30,
    )

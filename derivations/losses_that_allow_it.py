"""Which losses have ∇J = g(J)?  One g for all data, and a g that may know the data."""

from sympy import Derivative, Eq, Function, IndexedBase, Symbol, dsolve, exp, symbols, tan, tanh

from symgrad import Objective, gradient_from_loss
from symgrad.reporting import Mark, Report, Section, Table, Text, claim, equations, from_loss, setting
from symgrad.reporting.formulas import latex_of

theta, a, k, c, alpha, beta = symbols("theta a k c alpha beta", real=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
C, ell = Function("C"), Function("ell")


LEMMA = (
    r"**Lemma** (Jensen's functional equation; not judged). A continuous $g$ on an interval with $g(\frac{u "
    r"+ v}{2}) = \frac{1}{2} (g(u) + g(v))$ is affine: J. Aczél, *Lectures on Functional Equations and Their "
    "Applications*, 1966, chapter 2."
)


def mean_of(name: str, loss) -> Objective:
    data = tuple(base for base in (x, y) if loss.has(base))
    return Objective(name, loss, {}, theta, data, i, N)


EXPONENTIAL = mean_of("exponential", C(x[i], y[i]) * exp(a * theta) + c)
LINEAR = mean_of("linear", C(x[i], y[i]) + k * theta)
OTHERS = {
    "squared error": mean_of("other", (y[i] - theta * x[i]) ** 2),
    "signed error": mean_of("other", y[i] - theta * x[i]),
    "$x$ in the exponent": mean_of("other", exp(theta * x[i])),
    "a third power": mean_of("other", y[i] * exp(theta**3)),
    "two exponentials": mean_of("other", y[i] * exp(theta) + x[i] * exp(2 * theta)),
    "a pole": mean_of("other", -1 / (theta + x[i])),
}


def solutions():
    """SymPy's solutions of ℓ' = αℓ + β, for α ≠ 0 and α = 0."""
    ode = Eq(ell(theta).diff(theta), alpha * ell(theta) + beta)
    free = Symbol("C1")
    nonzero = Symbol("alpha", real=True, nonzero=True)
    general = dsolve(ode.subs(alpha, nonzero), ell(theta)).rhs.subs(nonzero, alpha)
    flat = dsolve(ode.subs(alpha, 0), ell(theta)).rhs
    constant = Symbol("C_0", real=True)
    return general.subs(free, constant).expand(), flat.subs(free, constant)


def refuted_ones() -> Table:
    rows = []
    for name, objective in OTHERS.items():
        found = gradient_from_loss(objective, theta)
        if found.status != "refuted":
            raise ValueError(f"{name}: {found}")
        rows.append((name, f"${latex_of(objective.loss)}$", str(Mark.of(found)), f"`{found.witness}`"))
    return Table(("loss", r"$\ell$", "$J' = g(J)$?", "two data sets with one $J$; left and right are $J'$"),
                 tuple(rows))


def report() -> Report:
    general, flat = solutions()
    two = [ell(theta, x[n], y[n]) for n in (1, 2)]
    ignoring = -1 / theta
    growing = exp(theta)
    square = (growing + growing**2) / 2
    return Report(
        title="Losses that allow it",
        question=r"Is there a loss with $\nabla J = g(J)$ and $g$ not constant?",
        answer="Yes: with one continuous $g$ for all data, among losses that the data can move at each "
        r"$\theta$, exactly $C(x, y) e^{a \theta} + c$, with $g(z) = a (z - c)$, and $C(x, y) + k \theta$, "
        r"with $g(z) = k$; if $g$ may know the data, every loss whose mean is strictly monotone in $\theta$.",
        sections=[
            Section("Two questions", [
                Text(r"Let $J(\theta) = \frac{1}{N} \sum_i \ell(\theta; x_i, y_i)$ with one parameter. "
                     "Either one function $g$ must do for *all* data, or $g$ may be made *for given* data, "
                     r"since a sum over the samples that does not change with $\theta$ is allowed. The "
                     "answers differ."),
            ]),
            Section("One $g$ for all data: what it forces", [
                Text(r"Suppose that at each $\theta$ the loss takes an interval of values over the data, and "
                     "that $J' = g(J)$ holds for all data sets of sizes 1 and 2, with a continuous $g$. Size "
                     r"1 says $\ell' = g(\ell)$. Size 2:"),
                claim(Derivative(sum(two) / 2, theta), sum(Derivative(t, theta) for t in two) / 2,
                      title="The derivative of the mean of two losses"),
                Text(r"The left side is $g(\frac{u + v}{2})$, the right side $\frac{1}{2} (g(u) + g(v))$, "
                     r"with $u$ and $v$ any two values of the loss at $\theta$. "
                     "" + LEMMA + r" So on that interval $g(z) = \alpha z + \beta$. The intervals of "
                     r"neighbouring $\theta$ overlap, as long as they are more than a point, so that "
                     r"$\alpha$ and $\beta$ are the same for all $\theta$: $\ell' = \alpha \ell + \beta$ "
                     "with constants."),
                claim(Derivative((ell(theta) + beta / alpha) * exp(-alpha * theta), theta),
                      (Derivative(ell(theta), theta) - alpha * ell(theta) - beta) * exp(-alpha * theta),
                      title=r"So $(\ell + \beta / \alpha) e^{-\alpha \theta}$ does not depend on $\theta$"),
                claim(Derivative(ell(theta) - beta * theta, theta), Derivative(ell(theta), theta) - beta,
                      title=r"and for $\alpha = 0$ neither does $\ell - \beta \theta$"),
                Text(r"What does not depend on $\theta$ is a function $C(x, y)$ of the sample. With $a = "
                     r"\alpha$, $c = -\beta / \alpha$ or $k = \beta$ these are the losses of the answer; "
                     "SymPy's solver finds the same, and the judge confirms it:"),
                equations((r"\ell", general), (r"\ell", flat),
                          title=r"SymPy's `dsolve`, for $\alpha \neq 0$ and for $\alpha = 0$"),
                claim(Derivative(general, theta), alpha * general + beta, title=r"$\alpha \neq 0$"),
                claim(Derivative(flat, theta), beta, title=r"$\alpha = 0$"),
            ]),
            Section("One $g$ for all data: these do", [
                setting(EXPONENTIAL),
                *from_loss(EXPONENTIAL, theta, "proved", "The exponential family, any $N$, any $C$"),
                setting(LINEAR),
                *from_loss(LINEAR, theta, "proved", "The linear family, any $N$, any $C$"),
                Text("Here a training loop needs the average loss and nothing else. It is not a useful one: "
                     r"$J' = a (J - c)$ keeps its sign, so that $\theta$ runs off to infinity. The signed "
                     r"error, $y - \theta x$, is not among these: its gradient is $-x$, "
                     "constant, but another constant for other data ([[signed_error]])."),
            ]),
            Section("One $g$ for all data: these do not", [
                refuted_ones(),
                Text("`symgrad.gradient_from_loss(loss, wrt)` decides the same for a loss of your own; for "
                     "the losses and models that people fit see [[gallery]]."),
            ]),
            Section("The excluded case: losses that ignore the data", [
                Text(r"If $\ell$ takes one value at each $\theta$, nothing is asked of $g$ between the "
                     r"values, and other functions do: $-1/\theta$ has $g(z) = z^2$, $\tanh$ has $g(z) = 1 - "
                     r"z^2$, $\tan$ has $g(z) = 1 + z^2$."),
                claim(Derivative(ignoring, theta), ignoring**2),
                claim(Derivative(tanh(theta), theta), 1 - tanh(theta) ** 2),
                claim(Derivative(tan(theta), theta), 1 + tan(theta) ** 2),
            ]),
            Section("A $g$ that knows the data", [
                Text(r"**Lemma** (inverse function; not judged). If $J$ is strictly monotone in $\theta$, "
                     r"then $g = J' \circ J^{-1}$ satisfies $J' = g(J)$ for these data: W. Rudin, "
                     r"*Principles of Mathematical Analysis*, chapter 4. Take $\ell = e^{\theta x}$ and the "
                     "two samples $x_1 = 1$, $x_2 = 2$:"),
                equations(("J", square)),
                claim(Derivative(square, theta), 2 * square - growing / 2,
                      title=r"$J'$ in terms of $J$ and $e^{\theta}$"),
                claim(1 + 8 * square, (1 + 2 * growing) ** 2, title=r"$e^{\theta}$ from $J$"),
                Text(r"So $g(z) = 2 z - \frac{1}{4} (\sqrt{1 + 8 z} - 1)$ here, and another function for "
                     "other data; the table shows that none serves all. If $J$ is not monotone there need be "
                     "no $g$ at all: [[loss_alone_is_not_enough]]."),
            ]),
        ],
        order=90,
    )

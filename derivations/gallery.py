"""The gallery: losses times models in one table, with a report each."""

from sympy import Sum, Symbol

from symgrad.bridge import to_page
from symgrad.losses.gallery import Profile, compare, named, names, profile
from symgrad.losses.sufficiency import partial
from symgrad.page import tree as page
from symgrad.page.to_latex import to_latex
from symgrad.reporting import Mark, Report, Section, Table, Text, claim, compared, proof, setting
from symgrad.reporting.answers import from_loss_parts, suffices_parts
from symgrad.reporting.formulas import latex_of
from symgrad.reporting.model import Claim, Part
from symgrad.reporting.parts import counterexample


def key(name: str) -> str:
    return name.replace("-", "_")


def mean_of(found: Profile, body):
    """(1/N) Σ body."""
    objective = found.objective
    return Sum(body, (objective.index, 1, objective.size)) / objective.size


def gradient(found: Profile) -> list[Part]:
    """The derivation by the first parameter; the others and a second derivative against SymPy's."""
    objective, (first, *rest) = found.objective, found.wrt
    loss = objective.unfold(objective.loss)
    parts: list[Part] = [proof(found.course, f"By ${latex_of(first)}$")]
    claims = [(((p, 1),), f"By ${latex_of(p)}$", partial(loss, p)) for p in rest]
    second = partial(partial(loss, first), first) if isinstance(first, Symbol) else None
    if second is not None and second.count_ops() <= 12:
        claims.append((((first, 2),), f"Second derivative by ${latex_of(first)}$", second))
    for by, title, slope in claims:
        left = page.Derivative(objective.symbol, tuple((to_page(p), n) for p, n in by))
        parts.append(claim(left, mean_of(found, slope), scope=objective.scope, title=title))
    return parts


def gaps(found: Profile) -> list[Part]:
    parts: list[Part] = []
    if found.gap is not None:
        parts += compared(found.gap, found.gap.verdicts["zero"].status)
    mean, middle = found.objective.mean(), found.objective.at_mean()
    for p, verdict in found.zero.items():
        if found.gap is None or p != found.wrt[0]:
            by = ((to_page(p), 1),)
            left, right = page.Derivative(mean.page, by), page.Derivative(middle.page, by)
            title = f"By ${latex_of(p)}$: the same at the mean of the data?"
            parts.append(claim_of(left, right, verdict, title))
    return parts


def claim_of(left, right, verdict, title: str) -> Claim:
    """A question that was judged already; whatever the answer is, it is stated."""
    mark = Mark.of(verdict)
    seen = None if verdict.witness is None else counterexample(verdict.witness)
    return Claim(to_latex(left), to_latex(right), mark, mark, title, verdict.assuming, verdict.reason, seen)


def detail(name: str, found: Profile) -> Report:
    loss, model = name.rsplit("-", 1)
    value = from_loss_parts(found.objective, found.wrt, found.from_loss, found.from_loss.status)
    return Report(
        title=f"{loss.capitalize()}, {model}",
        question=f"What can be said of the {loss} loss with the model `{model}`?",
        answer=answer(found),
        sections=[
            Section("Setting", [setting(found.objective)]),
            Section("Gradient", gradient(found)),
            Section("Mean of the gradients, gradient at the mean", gaps(found)),
            Section("Sums that suffice", suffices_parts(found.statistics)),
            Section("From the value of the loss", [*value, Text("All entries side by side: [[gallery]].")]),
        ],
    )


def answer(found: Profile) -> str:
    zero = [f"${latex_of(p)}$" for p, gap in found.differs.items() if gap is False]
    said = f"Averaging the data first is right for {' and '.join(zero)} only" if zero else (
        "Averaging the data first is wrong for every parameter")  # fmt: skip
    finite = found.statistics.finite
    sums = {True: f"{len(found.statistics.sums)} sums over the data give the gradient",
            False: "no finite list of sums gives the "
                   "gradient", None: "which sums suffice is not decided"}[finite]
    value = "gives" if found.from_loss else "does not give"
    return f"{said}; {sums}; the value of the loss {value} it."


def report() -> Report:
    found = {name: profile(named(name)) for name in names()}
    table = compare(*found.values())
    rows = tuple((f"[[gallery_{key(name)}]]", *row[1:]) for name, row in zip(found, table.rows, strict=True))
    return Report(
        title="Gallery",
        question="For which losses and models may one average first?",
        answer="For the gradient of the mean always; for the data never but by an intercept of squared "
        "error; finitely many sums do for squared error of models that are linear in their parameters; the "
        "value of the loss alone for none of these.",
        sections=[
            Section("All entries", [
                Table(table.header, rows),
                Text(r"Ridge adds $\lambda$ times the squares of all parameters but $b$. Softplus is "
                     r"cross-entropy in its 0/1 form on a score, margin the same in its $\pm 1$ form: equal "
                     "for labels of two values, not at the mean of the data, where the formulas are extended "
                     "to real $y$. The last column is about one $g$ for all data, see "
                     "[[losses_that_allow_it]]; sums and lemmas are explained in [[sufficient_statistics]]. "
                     "`symgrad compare LOSS ...` prints these lines for chosen entries, or for a loss of "
                     "your own."),
            ]),
        ],
        order=150,
        below={key(name): detail(name, p) for name, p in found.items()},
    )

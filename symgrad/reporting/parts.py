"""Parts made from mathematics: everything is derived and judged here and now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ..deriving.derivation import OPENING
from ..kernel.verdict import Status, Verdict, Witness
from ..meaning.judging import prove_nodes
from ..page.scope import Scope
from ..page.to_latex import to_latex
from ..page.tree import Add, Call, Derivative, Indexed, Mul, Neg, Node, Sym, free_names, same, substitute
from .formulas import latex_of, page_of
from .line_breaks import CLAIM, broken, claim_rows, step_rows, width
from .model import Claim, Counterexample, Lines, Mark, Part, Report, Row, Section, Text

if TYPE_CHECKING:
    from ..deriving.derivation import Derivation, Step
    from ..losses.averaging import Gap
    from ..objective import Objective


def equations(*pairs: tuple[Any, Any], title: str = "") -> Lines:
    """Unjudged lines ``left = right``: definitions, notation."""
    return Lines(tuple(Row(latex_of(left), latex_of(right)) for left, right in pairs), title)


def setting(objective: Objective) -> Lines:
    """What is given: the definitions and the objective, as they stand in its scope."""
    return Lines(tuple(Row(to_latex(left), to_latex(right)) for left, right in objective.written))


def compared_setting(gap: Gap) -> Lines:
    r"""What :func:`compared` speaks of: the objective, the means and moments, one sample's loss and gradient.

    The last two, ℓ and g, are written where every datum is one number a sample.
    """
    from ..bridge import to_page

    objective = gap.objective
    rows = list(setting(objective).rows)
    index, loss = to_page(objective.index), to_page(objective.loss)
    data: dict[Node, Node] = {to_page(base[objective.index]): to_page(base.label) for base in objective.data}
    one = substitute(loss, data)
    call = Call(Sym(r"\ell"), tuple(data.values()))
    if not free_names(index) & free_names(one) and r"\ell" not in gap.scope.definitions:
        rows.append(Row(to_latex(call), to_latex(one)))
        if any(name.startswith("∂") for name in gap.verdicts):
            rows.append(Row("g", to_latex(Derivative(call, ((to_page(gap.wrt), 1),), "operator"))))
    for name, definitions in gap.scope.definitions.items():
        for d in definitions if name not in objective.scope.definitions else ():
            base: Node = Indexed(Sym(d.key), d.lower) if d.lower else Sym(d.key)
            sides = (base if d.params is None else Call(base, d.params), d.body)
            left, right = (to_latex(side).replace(r"\operatorname{", r"\mathrm{") for side in sides)
            rows.append(Row(left, right))
    return Lines(tuple(rows))


def derived(objective: Objective, wrt: Any, title: str = "") -> list[Part]:
    """The derivation by one parameter, every line judged, and SymPy's own derivative beside its end.

    SymPy differentiates by another way; the judge decides whether both ends are equal.
    """
    from ..bridge import to_page
    from ..proving import derive

    parameter = objective.parameter(wrt) if isinstance(wrt, str) else wrt
    derivation = derive(objective, parameter)
    parts: list[Part] = [proof(derivation, title or f"By ${latex_of(parameter)}$")]
    second = to_page(objective.sympy_diff(parameter).doit())
    same = prove_nodes(derivation.result, second, derivation.scope)
    parts.append(_claim(derivation.result, second, same, "proved", "SymPy's own derivative"))
    return parts


def proof(derivation: Derivation, title: str = "") -> Lines:
    """The course of a derivation, every line judged here and now."""
    rows: list[Row] = []
    assuming: dict[str, None] = {}
    remarks: list[str] = []
    left: Node | None = derivation.start
    steps, verdicts = derivation.course(), derivation.verdicts()
    for n, (step, verdict) in enumerate(zip(steps, verdicts, strict=True), 1):
        *above, last = step_rows(left, step.after, step.rule, Mark.of(verdict))
        rows += [*above, replace(last, inner=tuple(_how(step)))]
        assuming.update(dict.fromkeys(verdict.assuming))
        if verdict.reason:
            remarks.append(f"Line {n}: {verdict.reason}.")
        if verdict.witness:
            remarks.append(f"Line {n}: `{verdict.witness}`.")
        left = None
    if derivation.reason:
        remarks.append(f"Unfinished: {derivation.reason}.")
    return Lines(
        tuple(rows), title or derivation.title, tuple(assuming), tuple(remarks), derivation.reason
    )


def _how(line: Step) -> Iterator[Row]:
    """A line unfolded: the lines between that it sums up, or what its rule did at each of several places."""
    if any(step.where for step in line.substeps):
        places = dict.fromkeys((step.before, step.after) for step in line.substeps)
        if len(places) > 1 and not line.rule.startswith("definition"):  # which its name tells already
            for before, after in places:
                yield Row(to_latex(before), to_latex(after), line.rule)
        return
    for step in line.substeps[:-1]:
        if step.rule != OPENING:
            yield from step_rows(None, step.after, step.rule, None)  # a line between is not judged


def claim(
    left: Any,
    right: Any,
    given: Iterable[str] = (),
    *,
    scope: Scope | None = None,
    title: str = "",
    expect: Status = "proved",
) -> Claim:
    """``left = right`` (SymPy, page or LaTeX), judged; ``expect`` is what the report states about it.

    ``scope`` brings definitions with it, such as an objective's or a gap's; ``given`` are directive lines.
    """
    from ..meaning.directives import read_directive

    if scope is None:
        scope = _own_scope(left, right)
    for line in given:
        scope = read_directive(line, scope)
    lhs, rhs = page_of(left, scope), page_of(right, scope)
    return _claim(lhs, rhs, prove_nodes(lhs, rhs, scope), expect, title)


def _own_scope(*sides: Any) -> Scope:
    symbolic = [side for side in sides if not isinstance(side, str | Node)]
    if not symbolic:
        return Scope()
    from ..bridge import scope_of

    return scope_of(*symbolic)


def _claim(left: Node, right: Node, verdict: Verdict, expect: Status, title: str = "") -> Claim:
    witness = None if verdict.witness is None else counterexample(verdict.witness)
    return Claim(
        to_latex(left),
        to_latex(right),
        Mark.of(verdict),
        Mark[expect.upper()],
        title,
        tuple(verdict.assuming),
        verdict.reason,
        witness,
        claim_rows(left, right, Mark.of(verdict)),
    )


def compared(gap: Gap, expect: Status = "refuted") -> list[Part]:
    """The three gradients of :func:`symgrad.gap` and everything that was judged about them.

    ``expect`` is what the report states about "the gap is 0 for all data".
    """
    total, mean, at_mean, verdicts = gap.sum.result, gap.mean.result, gap.at_mean.result, gap.verdicts
    by, size, index = latex_of(gap.wrt), to_latex(gap.size), latex_of(gap.objective.index)
    names = [latex_of(base.label) for base in gap.objective.data]
    samples = ", ".join(rf"{name}_{{{index}}}" for name in names)
    means = ", ".join(rf"\bar{{{name}}}" for name in names)
    whole = rf"\sum_{{{index}=1}}^{{{size}}} \ell({samples})"
    three = (
        (whole, total, "(a) sum"),
        (rf"\frac{{1}}{{{size}}} {whole}", mean, "(b) mean"),
        (rf"\ell({means})", at_mean, "(c) at the mean"),
    )
    rows = (Row(rf"\frac{{\partial}}{{\partial {by}}} {of}", to_latex(g), note) for of, g, note in three)
    parts: list[Part] = [
        Lines(tuple(rows), f"Three gradients by ${by}$"),
        _claim(total, Mul((gap.size, mean)), verdicts["sum"], "proved", "(a) is $N$ times (b)"),
        _claim(mean, at_mean, verdicts["zero"], expect, "Is (b) = (c) for all data?"),
    ]
    if any(name.startswith("∂") for name in verdicts):
        parts.append(_bends(gap, expect))
    if gap.zero:
        return parts
    both = Add((mean, at_mean.arg if isinstance(at_mean, Neg) else Neg(at_mean)))
    if not same(both, gap.page):
        parts.append(_claim(both, gap.page, verdicts["difference"], "proved", "The gap, (b) − (c)"))
    if gap.solution is not None:
        condition, solution = to_latex(gap.written(gap.condition)), to_latex(gap.written(gap.solution))
        below = gap.solution.as_numer_denom()[1]
        where = f", where ${to_latex(gap.written(below))} \\neq 0$" if below.free_symbols else ""
        parts.append(Text(f"It is $0$ exactly when ${condition}$: at ${by} = {solution}${where}."))
    if gap.second_order is not None:
        parts.append(_second_order(gap))
    return parts


def _second_order(gap: Gap) -> Lines:
    """The second-order term; where it is longer than three lines, as the formula that it comes from."""
    page = gap.written(gap.second_order)
    pieces = broken(page, CLAIM)
    if width(page) > 3 * CLAIM:
        terms = (rf"{factor} {derivative}" for derivative, factor, verdict in _curvature(gap) if not verdict)
        pieces = [" + ".join(terms)]
    rows = tuple(Row("", piece, relation="") for piece in pieces)
    return Lines(rows, "Its second-order term, taken at the mean of the data")


def _curvature(gap: Gap) -> Iterator[tuple[str, str, Verdict]]:
    """For every pair of data: ∂²g/∂u∂v, its factor in Taylor's formula, and the verdict on its being 0."""
    for name, verdict in gap.verdicts.items():
        names = [re.sub(r"_(\w+)", r"_{\1}", v) for v in re.findall(r"∂([^∂²/]+)", name)]
        if len(names) == 1:
            below, factor = rf"\partial {names[0]}^2", rf"\tfrac{{1}}{{2}} \mathrm{{Var}}({names[0]})"
        elif names:
            below = rf"\partial {names[0]} \partial {names[1]}"
            factor = rf"\mathrm{{Cov}}({', '.join(names)})"
        else:
            continue
        yield rf"\frac{{\partial^2 g}}{{{below}}}", factor, verdict


def _bends(gap: Gap, expect: Status) -> Lines:
    """The second derivatives of one sample's gradient g by its data, each against 0."""
    rows, title = [], "(b) = (c) for all data exactly when one sample's gradient $g$ is affine in the data"
    for derivative, _, verdict in _curvature(gap):
        mark = Mark.of(verdict)
        # Where the gap is not 0, some of them are not; which ones, the judge says.
        free = expect == "undecided" or (expect == "refuted" and mark is not Mark.UNDECIDED)
        expected = mark if free else Mark.PROVED
        rows.append(Row(derivative, "0", "", mark, mark.relation, expected))
    lemma = (
        "For $g$ twice continuously differentiable on a convex set of data. A lemma, not judged: two samples "
        "and their mean give Jensen's functional equation, whose continuous solutions are affine."
    )
    return Lines(tuple(rows), title, remarks=(lemma,))


def standard(objective: Objective, title: str = "", order: int = 100) -> Report:
    """The report that any objective gets: derivations, the gradient at the mean of the data, numbers."""
    from ..losses.averaging import gap
    from .measuring import numbers

    gaps = [gap(objective, p) for p in objective.parameters]
    gradients = ", ".join(f"${to_latex(g.mean.start)} = {to_latex(g.mean.result)}$" for g in gaps)
    said = {False: "differs in ", None: "could not be decided in ", True: "is the same in "}
    names = {answer: [f"${latex_of(g.wrt)}$" for g in gaps if g.zero is answer] for answer in said}
    averaged = "; it ".join(said[k] + ", ".join(v) for k, v in names.items() if v)
    sections = [Section("Setting", [setting(objective)])]
    sections += [Section(f"The gradient by ${latex_of(g.wrt)}$", derived(objective, g.wrt)) for g in gaps]
    sections += [
        Section(
            f"Mean of the gradients, gradient at the mean: ${latex_of(g.wrt)}$",
            compared(g, g.verdicts["zero"].status),
        )
        for g in gaps
    ]
    return Report(
        title or objective.name[0].upper() + objective.name[1:],
        "What is the gradient, and is it the gradient at the mean of the data?",
        f"{gradients}. The gradient at the mean of the data {averaged}.",
        [*sections, Section("Numbers", [numbers(objective)])],
        order,
    )


def counterexample(witness: Witness) -> Counterexample:
    """The point and both values there, in prose."""
    at = [f"${k} = {v}$" for k, v in {**witness.sizes, **witness.parameters}.items()]
    for name, entries in witness.data.items():
        at += [f"${name}_{{{k}}} = {v}$" for k, v in entries.items()]
    at += [_instance(name, body) for name, body in witness.functions.items()]
    left, right = _shortened(witness.left, witness.right)
    return Counterexample(", ".join(at), f"${left}$", f"${right}$")


_BALL = re.compile(r"\[(\S+) \+/- (\S+)\]")


def _shortened(left: str, right: str) -> tuple[str, str]:
    """Both values with as few digits as keep their enclosures apart; rationals stay as they are."""
    for digits in (3, 6, 12):
        (text, low, high), (other, low2, high2) = (_enclosure(v, digits) for v in (left, right))
        if high < low2 or high2 < low:
            return text, other
    return left, right


def _enclosure(value: str, digits: int) -> tuple[str, Fraction, Fraction]:
    """(LaTeX, lower end, upper end) of an interval that holds the value, in so many digits."""
    ball = _BALL.fullmatch(value)
    if ball is None:
        exact = Fraction(value)
        return value, exact, exact
    middle, radius = Decimal(ball[1]), Decimal(ball[2])
    place = Decimal(1).scaleb(middle.adjusted() - digits)
    rounded = middle.quantize(place, context=Context(prec=400))
    radius = max(place, 2 * radius)  # the rounding error is at most place / 2
    exponent = radius.adjusted() + (radius != Decimal(1).scaleb(radius.adjusted()))
    reach = Fraction(Decimal(1).scaleb(exponent))
    low, high = Fraction(rounded) - reach, Fraction(rounded) + reach
    return rf"{rounded:f} \pm 10^{{{exponent}}}", low, high


def _instance(name: str, body: str) -> str:
    """ "t1*t2^2" of ℓ is ℓ(t_1, t_2) = t_1 t_2^2."""
    variables = sorted(set(re.findall(r"t\d*", body)), key=lambda v: int(v[1:] or 0)) or ["t"]
    arguments, formula = (re.sub(r"t(\d+)", r"t_{\1}", text) for text in (", ".join(variables), body))
    formula = re.sub(r"(?<![\d.])1\*", "", formula).replace("*", " ")
    return f"${name}({arguments}) = {formula}$"

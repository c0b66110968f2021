"""Answers as parts, to what suffices: sums of the data, or the value of the loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..kernel.verdict import Status
from ..page.to_latex import to_latex
from ..page.tree import Call, Derivative, Sym
from .formulas import latex_of
from .model import Claim, Lines, Mark, Part, Row, Table, Text
from .parts import counterexample

if TYPE_CHECKING:
    from ..losses.separation import Obstacle
    from ..losses.sufficiency import FromLoss, Statistics
    from ..objective import Objective


def from_loss(objective: Objective, wrt: Any, expect: Status, title: str = "") -> list[Part]:
    """∇J = g(J) with one g for all data?  ``expect`` is what the report states about it."""
    from ..losses.sufficiency import gradient_from_loss, loss_of

    chosen = loss_of(objective, wrt)[1]
    return from_loss_parts(objective, chosen, gradient_from_loss(objective, wrt), expect, title)


def from_loss_parts(
    objective: Objective, chosen: tuple[Any, ...], found: FromLoss, expect: Status, title: str = ""
) -> list[Part]:
    """What :func:`symgrad.gradient_from_loss` found."""
    from ..bridge import to_page

    left = ", ".join(to_latex(Derivative(objective.symbol, ((to_page(p), 1),))) for p in chosen)
    left = left if len(chosen) == 1 else rf"\left({left}\right)"
    right = to_latex(Call(Sym("g"), (objective.symbol,)))
    if found:
        right += rf" \quad\text{{with}}\quad g(z) = {to_latex(to_page(found.g.expr))}"
    seen = None if found.witness is None else counterexample(found.witness)
    reason = "" if seen else found.reason
    parts: list[Part] = [
        Claim(left, right, Mark.of(found), Mark[expect.upper()], title, found.assuming, reason, seen)
    ]
    if seen:
        parts.append(Text(f"The data sets stand side by side, the second primed: {found.reason}."))
    return parts


def suffices(objective: Objective, wrt: Any, title: str = "") -> list[Part]:
    """The gradient in sums computed once, judged; or the lemma that rules that out, with exact minors."""
    from ..losses.sufficiency import statistics

    return suffices_parts(statistics(objective, wrt), title)


def suffices_parts(found: Statistics, title: str = "") -> list[Part]:
    """What :func:`symgrad.statistics` found."""
    from ..bridge import to_page

    objective = found.objective
    if found.finite:
        verdicts = found.verdicts.values()
        left = [to_latex(Derivative(objective.symbol, ((to_page(p), 1),))) for p in found.wrt]
        rows = tuple(
            Row(partial, latex_of(g), "in sums", Mark.of(v))
            for partial, g, v in zip(left, found.gradient, verdicts, strict=True)
        )
        assuming = tuple(dict.fromkeys(a for v in verdicts for a in v.assuming))
        names = ", ".join(f"${latex_of(s)}$" for s in found.sums)
        said = f"All that the gradient needs to know about the data: {names}." if names else (
            "The gradient needs to know nothing about the data but $N$.")  # fmt: skip
        return [Lines(rows, title, assuming), Text(said)]
    if found.obstacle is None:
        return [Text("Whether finitely many sums suffice could not be decided.")]
    return _no_list(found.obstacle)


def _no_list(why: Obstacle) -> list[Part]:
    """The lemma with what it is applied to, and minors whose entries are judged to be these fractions."""
    from ..bridge import scope_of, to_page
    from ..losses.separation import LEMMAS
    from ..meaning.judging import prove_nodes

    held = ", ".join(f"${latex_of(k)} = {latex_of(v)}$" for k, v in why.at.items())
    t, x, g = latex_of(why.parameter), latex_of(why.datum), latex_of(why.restriction)
    moves = latex_of(why.reason)
    moving = f"its exponent ${moves}$ moves" if why.lemma == "moving exponents" else (
        f"it is singular where ${moves}$, a place that moves")  # fmt: skip
    parts: list[Part] = [
        Text(f"No finite list of sums is enough. The gradient of one sample{' at ' * bool(held)}{held} is "
             f"$G({t}, {x}) = {g}$; as a function of ${t}$ {moving} with ${x}$."),
        Text(f"**Lemma** ({why.lemma}; its hypotheses are checked, itself it is not judged). "
             f"{LEMMAS[why.lemma]}"),
    ]  # fmt: skip
    ts, xs, entries, minors = why.minors()
    if not minors:
        return parts
    scope = scope_of(why.restriction)
    verdicts = [
        [prove_nodes(to_page(why.restriction.xreplace({why.parameter: a, why.datum: b})), to_page(v), scope)
         for b, v in zip(xs, row, strict=True)]
        for a, row in zip(ts, entries, strict=True)
    ]  # fmt: skip
    cells = []
    for n, value in enumerate(minors, 1):
        marks = [verdicts[r][c] for r in range(n) for c in range(n)]
        mark = Mark.of(next((v for v in marks if not v), marks[0]))
        cells.append((str(n), _short(value), str(mark)))
    points = f"{_points(t, ts)} and {_points(x, xs)}"
    title = f"Minors of $G$ at {points}: none is $0$, so no rank below 6 is possible"
    parts.append(Table(("size", "value, an exact fraction", "its entries"), tuple(cells), title))
    return parts


def _points(name: str, values: tuple[Any, ...]) -> str:
    return f"${name} = {', '.join(map(latex_of, values))}$"


def _short(value: Any) -> str:
    """A fraction, or, if it is long, its size and its length."""
    exact = latex_of(value)
    if len(exact) <= 40:
        return f"${exact}$"
    mantissa, exponent = f"{value.evalf(6):.3e}".split("e")
    digits = [len(str(abs(n))) for n in (value.p, value.q)]
    return rf"about ${mantissa} \cdot 10^{{{int(exponent)}}}$, {digits[0]} digits over {digits[1]}"

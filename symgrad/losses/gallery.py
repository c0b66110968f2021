r"""Gallery: losses times models, and what can be said of each: gradient, gap, sums, the value of the loss.

A new loss or model is one line in ``LOSSES`` or ``MODELS`` of ``library``, and its name in ``SHELVES``.

>>> found = profile(entry("squared", "line"))
>>> found.differs, [str(s.function) for s in found.statistics.sums], found.from_loss.status
({m: True, b: False}, ['x[i]**2', 'x[i]*y[i]', 'x[i]', 'y[i]'], 'refuted')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import sympy

from ..bridge import page_name, scope_of, to_page
from ..deriving.derivation import Derivation
from ..errors import InputError
from ..kernel.verdict import Verdict
from ..meaning.judging import prove_nodes
from ..objective import Objective
from ..page import tree as page
from ..page.to_latex import to_latex
from ..page.to_text import to_text
from ..proving import derive
from .averaging import Gap, gap
from .library import LOSSES, MODELS, PROBLEMS, problem, read_loss
from .separation import up_to_names
from .sufficiency import FromLoss, Statistics, gradient_from_loss, loss_of, statistics

__all__ = [
    "SHELVES", "Comparison", "Profile", "compare", "comparison", "entry", "known", "named", "names",
    "profile",
]  # fmt: skip

Expr = Any

SHELVES: dict[str, tuple[str, ...]] = {
    "squared": ("line", "polynomial", "sigmoid", "tanh", "features"),
    "ridge": ("line", "polynomial", "features"),
    "log-cosh": ("line", "sigmoid", "tanh"),
    "cross-entropy": ("sigmoid", "softmax"),
    "softplus": ("line", "polynomial", "features"),
    "margin": ("line", "features"),
    "poisson": ("line", "polynomial", "features"),
    "exponential": ("line", "features"),
}
"""Which models each loss is shown with."""

_X, _Y, _Z, _W, _V = (sympy.IndexedBase(n, real=True) for n in ("x", "y", "z", "w", "W"))
_B, _LAMBDA = sympy.symbols("b lambda", real=True)
_I, _J, _K = sympy.symbols("i j k", integer=True)
_N, _D, _C = sympy.symbols("N d K", integer=True, positive=True)
_SCORE = sympy.Sum(_W[_K] * _X[_I, _K], (_K, 1, _D)) + _B


def names() -> list[str]:
    """Every entry as LOSS-MODEL.

    >>> names()[:2]
    ['squared-line', 'squared-polynomial']
    """
    return [f"{loss}-{model}" for loss, models in SHELVES.items() for model in models]


def entry(loss: str, model: str) -> Objective:
    """The mean of a loss at a model.

    "ridge" is the squared error with λ times the squares of all parameters but b; "features" is linear in d
    features, "softmax" has K classes.
    """
    name = f"{loss}-{model}"
    if loss == "ridge":
        return _ridge(entry("squared", model), name)
    if model == "softmax":
        return _softmax(name, loss)
    if model == "features":
        if loss not in LOSSES:
            raise InputError(f"no loss {loss!r}; there are {', '.join(LOSSES)}, ridge")
        return Objective(name, LOSSES[loss](_Y[_I], _Z[_I]), {_Z[_I]: _SCORE}, (_W, _B), (_X, _Y), _I, _N)
    if model not in MODELS:
        raise InputError(f"no model {model!r}; there are {', '.join(MODELS)}, features, softmax")
    return problem(name, model, loss)


def _ridge(plain: Objective, name: str) -> Objective:
    penalty = sympy.Add(*(
        sympy.Sum(p[_K] ** 2, (_K, 1, _D)) if isinstance(p, sympy.IndexedBase) else p**2
        for p in plain.parameters
        if p != _B
    ))
    return Objective(name, plain.loss + _LAMBDA * penalty, plain.definitions, plain.parameters, plain.data,
                     plain.index, plain.size)  # fmt: skip


def _softmax(name: str, loss: str) -> Objective:
    if loss != "cross-entropy":
        raise InputError("softmax is here with cross-entropy only")

    whole = sympy.log(sympy.Sum(sympy.exp(_Z[_I, _K]), (_K, 1, _C)))
    body = whole - sympy.Sum(_Y[_I, _K] * _Z[_I, _K], (_K, 1, _C))
    score = sympy.Sum(_V[_K, _J] * _X[_I, _J], (_J, 1, _D))
    return Objective(name, body, {_Z[_I, _K]: score}, _V, (_X, _Y), _I, _N)


# --- what can be said ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """What :func:`profile` found; ``gap`` compares by the first parameter where its closed form exists."""

    objective: Objective
    wrt: tuple[Expr, ...]
    gap: Gap | None
    zero: dict[Expr, Verdict] = field(hash=False)
    """By each component: is the mean of the gradients the gradient at the mean, for all data?"""
    statistics: Statistics
    from_loss: FromLoss

    @cached_property
    def course(self) -> Derivation:
        """The derivation of the gradient by the first parameter."""
        return self.gap.mean if self.gap else derive(self.objective.mean(), self.wrt[0])

    @cached_property
    def differs(self) -> dict[Expr, bool | None]:
        """By each component: is there a gap?"""
        said = {"proved": False, "refuted": True}
        return {p: said.get(v.status) for p, v in self.zero.items()}


def profile(loss: Any, wrt: Any = None, data: Iterable[Any] = (), name: str = "") -> Profile:
    """Gap, sums, the value of the loss: of an Objective, SymPy or LaTeX; by ``wrt`` or all parameters."""
    if wrt is None:
        loss, wrt = _parameters(loss, [str(d) for d in data])
    objective, chosen = loss_of(loss, wrt, data)
    objective = replace(objective, name=name or objective.name)
    mean, middle = objective.mean(), objective.at_mean()
    try:
        closed = gap(mean, chosen[0])
    except InputError:  # a sample holds a symbolic number of entries: no closed form
        closed = None
    scope = middle.scope
    zero = {}
    for p in chosen:
        if closed is not None and p == chosen[0]:
            zero[p] = closed.verdicts["zero"]
            continue
        by = ((to_page(p), 1),)
        zero[p] = prove_nodes(page.Derivative(mean.page, by), page.Derivative(middle.page, by), scope)
    return Profile(objective, chosen, closed, zero, statistics(objective, chosen),
                   gradient_from_loss(objective, chosen))  # fmt: skip


def _parameters(loss: Any, data: Sequence[str]) -> tuple[Any, Sequence[Expr]]:
    """The loss and all that it may be differentiated by: what is neither data nor an index nor a size."""
    if isinstance(loss, str):
        loss = read_loss(loss)
    if isinstance(loss, Objective):
        return loss, [str(p) for p in loss.parameters]
    if not isinstance(loss, sympy.Expr):
        raise InputError(f"a loss is an Objective, a SymPy expression or LaTeX, not {loss!r}")
    kinds = scope_of(loss).kinds
    found = []
    for s in sorted(loss.free_symbols, key=str):
        kind = kinds.get(page_name(s.name)) if isinstance(s, sympy.Symbol) else None
        known = s.name in data if data else s.name[0] in "xy"
        if kind is not None and kind.role == "real" and not kind.arity and not known:
            found.append(s)
    if not found:
        raise InputError("no parameter found: name what to differentiate by")
    return loss, found


def known() -> list[str]:
    """Every name that the library has: its problems, then the entries of the gallery."""
    return [*PROBLEMS, *names()]


def named(name: str) -> Objective:
    """The problem of the library, or the entry, of this name: the one lookup of every verb.

    >>> named("squared-line").loss == named("linear-regression").loss
    True
    """
    if name in PROBLEMS:
        return PROBLEMS[name]()
    if name in names():
        return entry(*name.rsplit("-", 1))
    near = [other for other in known() if name in other] or get_close_matches(name, known())
    meant = f": did you mean {' or '.join(near)}?" if near else ""
    raise InputError(f"no problem named {name!r}{meant}  (symgrad list names them all)")


# --- side by side -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of prose cells, ``$mathematics$`` between dollars."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def compare(*losses: str | Profile) -> Comparison:
    """Losses side by side, a row each: by name, or what :func:`profile` found.

    >>> for cell in compare("linear-regression").rows[0][2:]:
    ...     print(cell)
    $m$: $2 (m \\mathrm{Var}(x) - \\mathrm{Cov}(x, y))$; $b$: $0$
    $x_{i}^{2}$, $x_{i} y_{i}$, $x_{i}$, $y_{i}$
    no
    """
    found = [profile(named(p)) if isinstance(p, str) else p for p in losses]
    header = (
        "loss", "gradient by the first parameter", "mean of the gradients minus gradient at the mean",
        "sums over the data that suffice, of", r"$\nabla J = g(J)$",
    )  # fmt: skip
    return Comparison(header, tuple(map(_cells, found)))


_LONG = 80


def _cells(p: Profile) -> tuple[str, ...]:
    gaps = []
    for by, differs in p.differs.items():
        closed = "$0$" if differs is False else "not $0$" if differs else "undecided"
        if differs and p.gap is not None and by == p.wrt[0]:
            short = to_latex(p.gap.page)
            closed = f"${short}$" if len(short) <= _LONG else closed
        gaps.append(f"${to_latex(to_page(by))}$: {closed}")
    found = p.statistics
    if found.finite:
        sums = ", ".join(f"${to_latex(to_page(h))}$" for h in up_to_names(found.features)) or "none but $N$"
    else:
        sums = f"no finite list: {found.obstacle.lemma}" if found.obstacle else "undecided"
    value = f"$g(z) = {to_latex(to_page(p.from_loss.g.expr))}$" if p.from_loss else _NO[p.from_loss.status]
    return p.objective.name, f"${to_latex(p.course.result)}$", "; ".join(gaps), sums, value


_NO = {"refuted": "no", "undecided": "undecided"}


# --- as text ------------------------------------------------------------------------------------------


def comparison(profiles: Iterable[Profile]) -> str:
    """The table of the command line: a line for every parameter of every loss."""
    rows = [("loss", "by", "gradient", "gap", "sums that suffice, of", "gradient from loss")]
    for p in profiles:
        first, *rest = p.wrt
        for by in (first, *rest):
            lead = by == first
            rows.append((
                p.objective.name if lead else "", to_text(to_page(by)),
                to_text(p.course.result) if lead else "", _gap_text(p, by),
                _sums_text(p.statistics) if lead else "", _value_text(p.from_loss) if lead else "",
            ))  # fmt: skip
    widths = [max(len(row[c]) for row in rows) for c in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _gap_text(p: Profile, by: Expr) -> str:
    if p.differs[by] is None:
        return "undecided"
    if not p.differs[by]:
        return "0 for all data"
    if p.gap is not None and by == p.wrt[0]:
        closed = to_text(p.gap.page)
        if len(closed) <= _LONG // 2:
            return closed
    return "not 0"


def _sums_text(found: Statistics) -> str:
    if found.finite is None:
        return "undecided"
    if not found.finite:
        return f"no finite list ({found.obstacle.lemma})" if found.obstacle else "no finite list"
    return ", ".join(to_text(to_page(h)) for h in up_to_names(found.features)) or "none but N"


def _value_text(found: FromLoss) -> str:
    return f"g(z) = {to_text(to_page(found.g.expr))}" if found else _NO[found.status]

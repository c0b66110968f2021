r"""What suffices: sums of the data, or the value of the loss, from which the gradient follows.

*Sums.*  :func:`statistics` asks whether ∇ℓ(θ; x, y) = Σ_k c_k(θ)·h_k(x, y) with finitely many terms.  If
so, the sums Σ_i h_k(x_i, y_i) are all that the gradient needs to know about the data, at every θ.  That it is
what these sums say is judged.  The list is minimal: the h_k are a basis of what the gradients span modulo
constants (Σ_i 1 = N is free).  That no finite list exists rests on one of ``separation.LEMMAS``, whose
hypotheses are checked on exact expressions.

*The value.*  :func:`gradient_from_loss` asks whether ∇J = g(J) with one g for all data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy

from . import page
from .bridge import page_name, to_page, to_sympy
from .errors import InputError, UnknownMeaning
from .judging import prove_nodes
from .latex import read
from .problems import Objective, objective_of
from .separation import LEMMAS, Obstacle, obstacle, separate, up_to_names
from .show.text import to_text
from .verdict import Verdict

__all__ = ["Statistics", "statistics"]

Expr = Any


# --- what people call a loss --------------------------------------------------------------------------


def loss_of(loss: Any, wrt: Any, data: Iterable[Any] = ()) -> tuple[Objective, tuple[Expr, ...]]:
    """An Objective and the components to differentiate by, from an Objective, SymPy or LaTeX.

    In an expression without entries x[i] the symbols listed in ``data``, or else those whose names start
    with x or y, are the data.  An IndexedBase in ``wrt`` is differentiated by its entry w[j].

    >>> theta, x, y = sympy.symbols("theta x y")
    >>> J, wrt = loss_of((y - theta * x) ** 2, theta)
    >>> J.loss, wrt
    ((-theta*x[i] + y[i])**2, (theta,))
    """
    asked = (wrt,) if isinstance(wrt, str | sympy.Basic) and not isinstance(wrt, sympy.Tuple) else tuple(wrt)
    if not asked:
        raise InputError("wrt names no parameter")
    if isinstance(loss, str):
        loss = to_sympy(read(loss))
    if isinstance(loss, Objective):
        return loss, tuple(_component(loss, str(p)) for p in asked)
    if not isinstance(loss, sympy.Expr):
        raise InputError(f"a loss is an Objective, a SymPy expression or LaTeX, not {loss!r}")
    names = [str(d) for d in data]
    parameters = tuple(_named(loss, p) for p in asked)
    loss = _indexed(loss, names, [str(p) for p in parameters])
    bases = {e.base for e in loss.atoms(sympy.Indexed) if str(e.base) in names}
    objective = objective_of(loss, parameters, tuple(sorted(bases, key=str)))
    return objective, tuple(_component(objective, str(p)) for p in asked)


def _named(loss: Expr, what: Any) -> Expr:
    """The parameter of the loss that has this name."""
    if isinstance(what, sympy.Indexed):
        return what.base
    for s in sorted(loss.free_symbols, key=str):
        thing = next((e.base for e in loss.atoms(sympy.Indexed) if e.base.label == s), s)
        if str(what) in (s.name, page_name(s.name)) if hasattr(s, "name") else False:
            return thing
    raise InputError(f"the loss does not contain the parameter {what}")


def _indexed(loss: Expr, names: list[str], parameters: list[str]) -> Expr:
    """Data written as plain symbols become entries of sample i: x is x_i, x_2 is x_{i,2}."""
    index, found = sympy.Symbol("i", integer=True), {}
    entries = {str(e.base) for e in loss.atoms(sympy.Indexed)}
    for s in sorted(loss.free_symbols, key=str):
        parts = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", getattr(s, "name", ""))
        wanted = s.name in names if names else not (entries - {*parameters}) and s.name[0] in "xy"
        if isinstance(s, sympy.Symbol) and parts and wanted and s.name not in {*parameters, *entries}:
            base = sympy.IndexedBase(parts[1], real=True)
            found[s] = base[(index, int(parts[2])) if parts[2] else index]
    for name in names:
        if name not in entries | {s.name for s in found}:
            raise InputError(f"the data {name} do not occur in the loss")
    return loss.xreplace(found)


def _component(objective: Objective, name: str) -> Expr:
    """The parameter of this name; of a vector or matrix its entry with free indices."""
    plain = re.sub(r"\[(.*)\]", lambda m: "_{" + m[1].replace(" ", "") + "}", name)
    found = objective.parameter(plain)
    if not isinstance(found, sympy.IndexedBase):
        return found
    whole = objective.unfold(objective.loss)
    entry = next(e for e in sorted(whole.atoms(sympy.Indexed), key=str) if e.base == found)
    taken = {s.name for s in whole.atoms(sympy.Symbol)}
    letters = (n for n in "jabpqrst" if n not in taken)
    return found[tuple(sympy.Symbol(next(letters), integer=True, positive=True) for _ in entry.indices)]


def partial(body: Expr, by: Expr) -> Expr:
    """∂ body / ∂ by, also by a free entry w[j], with the Kronecker deltas summed away.

    >>> w, x = sympy.IndexedBase("w"), sympy.IndexedBase("x")
    >>> i, j, k, d = sympy.symbols("i j k d", integer=True, positive=True)
    >>> partial(sympy.Sum(w[k] * x[i, k], (k, 1, d)), w[j])
    x[i, j]
    """
    return _undelta(body.diff(by))


def _undelta(expr: Expr) -> Expr:
    if not expr.has(sympy.KroneckerDelta):
        return expr
    expr = expr.func(*map(_undelta, expr.args)) if expr.args else expr
    if not isinstance(expr, sympy.Sum) or len(expr.limits) != 1:
        return expr
    bound = expr.limits[0][0]
    kept, out = [], []
    for term in sympy.Add.make_args(sympy.expand(expr.function, deep=False)):
        factors = sympy.Mul.make_args(term)
        deltas = (f for f in factors if isinstance(f, sympy.KroneckerDelta) and bound in f.args)
        delta = next(deltas, None)
        if delta is None:
            kept.append(term)
        else:
            other = next(a for a in delta.args if a != bound)
            out.append(sympy.Mul(*(f for f in factors if f is not delta)).xreplace({bound: other}))
    if kept:
        out.append(expr.func(sympy.Add(*kept), *expr.limits))
    return _undelta(sympy.Add(*out))


# --- sums ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statistics:
    """What :func:`statistics` found.

    ``finite`` is True (``sums`` is a minimal list; ``gradient`` is the gradient of the objective in them,
    proved), False (``obstacle`` says why, with the lemma used) or None (neither could be shown).
    ``features`` are the h_k of one sample, ``coefficients[p][k]`` the c_k of component p of ``wrt``, the last
    one that of the constant 1; ``bounds[p][k]`` are the sums over feature indices still to be taken in it.
    """

    objective: Objective
    wrt: tuple[Expr, ...]
    finite: bool | None
    features: tuple[Expr, ...] = ()
    coefficients: tuple[tuple[Expr, ...], ...] = ()
    bounds: tuple[tuple[Any, ...], ...] = ()
    gradient: tuple[Expr, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict, hash=False)
    obstacle: Obstacle | None = None

    @property
    def sums(self) -> tuple[Expr, ...]:
        """The sums over the samples that suffice; a feature with free indices stands for all of them."""
        return tuple(_total(self.objective, h) for h in up_to_names(self.features)) if self.finite else ()

    @property
    def reason(self) -> str:
        """Why: the verdicts, or the lemma."""
        if self.obstacle is not None:
            return f"{self.obstacle.lemma}: {LEMMAS[self.obstacle.lemma]}"
        return "; ".join(str(v) for v in self.verdicts.values()) or "no separation and no obstacle found"

    def __str__(self) -> str:
        names = ", ".join(to_text(to_page(p)) for p in self.wrt)
        head = f"{self.objective.name}, by {names}: "
        if self.finite:
            listed = ", ".join(to_text(to_page(s)) for s in self.sums) or "no sum at all (N suffices)"
            return head + listed
        return f"{head}{'undecided' if self.finite is None else 'no finite list of sums'} ({self.reason})"

    __repr__ = __str__


def statistics(loss: Any, wrt: Any, data: Iterable[Any] = ()) -> Statistics:
    r"""The sums of the data from which the gradient follows at every θ, or why no finite list is enough.

    ``loss`` is an Objective, a SymPy expression (the loss of one sample, or the sum or mean over i) or LaTeX;
    ``wrt`` one parameter or several.

    >>> from symgrad.problems import PROBLEMS
    >>> statistics(PROBLEMS["linear-regression"](), ("m", "b")).sums
    (Sum(x[i]**2, (i, 1, N)), Sum(x[i]*y[i], (i, 1, N)), Sum(x[i], (i, 1, N)), Sum(y[i], (i, 1, N)))
    >>> statistics(PROBLEMS["sigmoid-regression"](), "w").finite
    False
    """
    objective, chosen = loss_of(loss, wrt, data)
    body = objective.unfold(objective.loss)
    components = tuple(partial(body, p) for p in chosen)
    found = separate(components, objective.data)
    if found is None:
        why = obstacle(components, objective.data)
        return Statistics(objective, chosen, None if why is None else False, obstacle=why)
    gradient = tuple(
        _combined(objective, found.features, row, limits)
        for row, limits in zip(found.coefficients, found.bounds, strict=True)
    )
    verdicts = {str(p): _judged(objective, p, g) for p, g in zip(chosen, gradient, strict=True)}
    return Statistics(
        objective,
        chosen,
        True if all(verdicts.values()) else None,
        found.features,
        found.coefficients,
        found.bounds,
        gradient,
        verdicts,
    )


def _total(objective: Objective, body: Expr) -> Expr:
    return sympy.Sum(body, (objective.index, 1, objective.size))


def _combined(objective: Objective, features: Any, row: Any, limits: Any) -> Expr:
    """One component of the gradient of the objective, in the sums."""
    out = row[-1] * objective.size
    for h, c, bound in zip(features, row, limits, strict=False):
        term = c * _total(objective, h)
        out += sympy.Sum(term, *bound) if bound and term != 0 else term
    return out if objective.reduction == "sum" else sympy.expand(out / objective.size, deep=False)


def _judged(objective: Objective, by: Expr, claimed: Expr) -> Verdict:
    try:
        left = page.Derivative(objective.page, ((to_page(by), 1),))
        return prove_nodes(left, to_page(claimed), objective.scope)
    except UnknownMeaning as problem:
        return Verdict("undecided", reason=str(problem))

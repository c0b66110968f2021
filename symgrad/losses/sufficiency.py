r"""What suffices: sums of the data, or the value of the loss, from which the gradient follows.

*Sums.*  :func:`statistics` asks whether ∇ℓ(θ; x, y) = Σ_k c_k(θ)·h_k(x, y) with finitely many terms.  If
so, the sums Σ_i h_k(x_i, y_i) are all that the gradient needs to know about the data, at every θ.  That it is
what these sums say is judged.  The list is minimal: the h_k are a basis of what the gradients span modulo
constants (Σ_i 1 = N is free).  That no finite list exists rests on one of ``separation.LEMMAS``, whose
hypotheses are checked on exact expressions.

*The value.*  :func:`gradient_from_loss` asks whether ∇J = g(J) with one g for all data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations, islice, permutations, product
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.matrices.expressions.matexpr import MatrixElement

from ..bridge import EXPONENTIAL, page_name, scope_of, to_page
from ..errors import InputError, Remark, UnknownMeaning
from ..kernel.verdict import Verdict, Witness
from ..meaning.judging import prove_nodes
from ..notebook import Displayed
from ..objective import Objective, objective_of
from ..page import tree as page
from ..page.to_latex import to_latex
from ..page.to_text import to_text
from ..prover import conjunction
from .library import read_loss
from .separation import LEMMAS, Obstacle, obstacle, separate, unrolled, up_to_names

__all__ = ["FromLoss", "Statistics", "gradient_from_loss", "statistics"]

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
    asked = _asked(wrt)
    if isinstance(loss, str):
        loss = read_loss(loss)
    if isinstance(loss, Objective):
        return loss, tuple(_component(loss, str(p)) for p in asked)
    if isinstance(loss, sympy.MatrixExpr | sympy.Expr) and loss.has(sympy.MatrixSymbol):
        loss, asked = _by_entries(loss), tuple(map(str, asked))
    if not isinstance(loss, sympy.Expr):
        raise InputError(f"a loss is an Objective, a SymPy expression or LaTeX, not {loss!r}")
    names = [str(d) for d in data]
    parameters = tuple(_named(loss, p) for p in asked)
    loss = _indexed(loss, names, [str(p) for p in parameters])
    bases = {e.base for e in loss.atoms(sympy.Indexed) if str(e.base) in names}
    objective = objective_of(loss, parameters, tuple(sorted(bases, key=str)))
    return objective, tuple(_component(objective, str(p)) for p in asked)


def _asked(wrt: Any) -> tuple[Any, ...]:
    """What to differentiate by, one thing or several."""
    one = isinstance(wrt, str | sympy.Basic) and not isinstance(wrt, sympy.Tuple)
    asked = (wrt,) if one or not isinstance(wrt, Iterable) else tuple(wrt)
    if not asked:
        raise InputError("wrt names no parameter")
    for p in asked:
        if not isinstance(p, str | sympy.Symbol | sympy.Indexed | sympy.IndexedBase | sympy.MatrixSymbol):
            raise InputError(f"wrt takes names, symbols or entries, not {p!r}")
    return asked


def _by_entries(loss: Expr) -> Expr:
    """Matrix notation as sums over entries, counted from 1: |y - X w|² is Σ_i (y_i - Σ_k X_ik w_k)²."""
    whole = loss.shape == (1, 1) if isinstance(loss, sympy.MatrixExpr) else True
    if not whole:
        raise InputError(f"a loss is one number, not a matrix of shape {loss.shape}")
    loss = loss[0, 0] if isinstance(loss, sympy.MatrixExpr) else loss
    loss = loss.replace(sympy.Trace, lambda m: m[0, 0] if m.shape == (1, 1) else sympy.Trace(m))
    names = {s.name for s in loss.free_symbols if isinstance(s, sympy.Symbol)}
    letters = (n for n in "iklrstuv" if n not in names)
    bound = sorted({v for s in loss.atoms(sympy.Sum) for v in s.variables}, key=str)
    fresh = {v: sympy.Symbol(next(letters), integer=True) for v in bound}

    def shifted(e: Expr) -> Expr:
        if isinstance(e, MatrixElement):
            name, *where = e.args
            base = sympy.IndexedBase(name.name, real=True)
            kept = [fresh.get(k, k + 1) for k, size in zip(where, name.shape, strict=True) if size != 1]
            return base[tuple(kept)]
        if isinstance(e, sympy.Sum):
            limits = [(fresh[v], low + 1, high + 1) for v, low, high in e.limits]
            return sympy.Sum(shifted(e.function), *limits)
        return e.func(*map(shifted, e.args)) if e.args else e

    return shifted(loss)


def _named(loss: Expr, what: Any) -> Expr:
    """The parameter of the loss that has this name."""
    if isinstance(what, sympy.Indexed):
        return what.base
    bases = {e.base.label: e.base for e in loss.atoms(sympy.Indexed)}
    for s in sorted(loss.atoms(sympy.Symbol), key=str):
        if s in loss.free_symbols and str(what) in (s.name, page_name(s.name)):
            return bases.get(s, s)
    raise InputError(f"the loss does not contain the parameter {what}")


def _indexed(loss: Expr, names: list[str], parameters: list[str]) -> Expr:
    """Data written as plain symbols become entries of sample i: x is x_i, x_2 is x_{i,2}."""
    index, found = sympy.Symbol("i", integer=True), {}
    entries = {str(e.base) for e in loss.atoms(sympy.Indexed)}
    for s in sorted(loss.free_symbols, key=str):
        parts = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", getattr(s, "name", ""))
        wanted = s.name in names if names else not (entries - {*parameters}) and s.name[0] in "xy"
        if isinstance(s, sympy.Symbol) and parts and wanted and s.name not in {*parameters, *entries}:
            base = sympy.IndexedBase(parts[1], real=True, **dict.fromkeys(_declared(s), True))
            found[s] = base[(index, int(parts[2])) if parts[2] else index]
    for name in names:
        if name not in entries | {s.name for s in found}:
            raise InputError(f"the data {name} do not occur in the loss")
    return loss.xreplace(found)


_FACTS = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")


def _declared(symbol: Expr) -> list[str]:
    """What is declared of a symbol, such as positive=True."""
    return [fact for fact in _FACTS if symbol.assumptions0.get(fact)]


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
    if not body.has(sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise) or body.has(sympy.Sum):
        return _undelta(body.diff(by))
    # SymPy's derivative of |z| is a clear one only where everything is known to be real.
    things = sorted(body.atoms(sympy.Indexed) | {s for s in body.free_symbols if s.is_Symbol}, key=str)
    real = {s: sympy.Dummy(str(s), real=True) for s in things}
    slope = body.xreplace(real).diff(real.get(by, by))
    return slope.xreplace({v: k for k, v in real.items()})


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
class Statistics(Displayed):
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
        if self.obstacle is not None:
            return f"{head}no finite list of sums ({self.obstacle.lemma})"
        return f"{head}undecided ({self.reason})"

    __repr__ = __str__


def statistics(loss: Any, wrt: Any, data: Iterable[Any] = ()) -> Statistics:
    r"""The sums of the data from which the gradient follows at every θ, or why no finite list is enough.

    ``loss`` is an Objective, a SymPy expression (the loss of one sample, or the sum or mean over i) or LaTeX;
    ``wrt`` one parameter or several.

    >>> from symgrad.losses.library import PROBLEMS
    >>> statistics(PROBLEMS["linear-regression"](), ("m", "b")).sums
    (Sum(x[i]**2, (i, 1, N)), Sum(x[i]*y[i], (i, 1, N)), Sum(x[i], (i, 1, N)), Sum(y[i], (i, 1, N)))
    >>> statistics(PROBLEMS["sigmoid-regression"](), "w").finite
    False
    """
    objective, chosen = loss_of(loss, wrt, data)
    if objective.reduction == "at-mean":
        objective = objective.mean()
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
        return Verdict("undecided", cause=problem.located)


# --- the value of the loss ----------------------------------------------------------------------------

JENSEN = (
    "Jensen's functional equation: a continuous g on an interval with g((u + v)/2) = (g(u) + g(v))/2 is"
    " affine (J. Aczél, Lectures on Functional Equations and Their Applications, 1966, chapter 2)"
)


@dataclass(frozen=True, slots=True)
class FromLoss(Verdict):
    """Is ∇J = g(J) with one g for all data?  Proved with ``g`` = (z ↦ αz + β), refuted, or undecided.

    The witness of a refutation holds two data sets (the second primed) with the same J and different ∇J, so
    that no g exists at all; or three at one θ, through which no affine g passes: then the lemma is named in
    ``reason``.
    """

    g: Expr = None
    __repr__ = Verdict.__repr__


def gradient_from_loss(loss: Any, wrt: Any, data: Iterable[Any] = ()) -> FromLoss:
    """Does one function g give ∇J = g(J) for the mean loss J, whatever the data and however many?

    Suppose that at each θ the loss takes an interval of values over the data.  Two data sets of size 1 and
    the one of size 2 that they make give Jensen's equation for g at any two values of the loss, so that a
    continuous g is affine: ∂ℓ = αℓ + β with constants.  Conversely ∂J = αJ + β follows by summation, which is
    what is judged.  The solutions are ℓ = C(x, y)·e^{aθ} + c and ℓ = C(x, y) + kθ.  A loss that ignores the
    data takes one value at each θ: it is excluded, and undecided.

    >>> theta, x, y, c = sympy.symbols("theta x y c", real=True)
    >>> found = gradient_from_loss(x * y**2 * sympy.exp(3 * theta) + c, theta)
    >>> found.status, found.g
    ('proved', Lambda(z, -3*c + 3*z))
    >>> print(gradient_from_loss((y - theta * x) ** 2, theta).status)
    refuted
    """
    data, asked = tuple(data), _asked(wrt)
    if isinstance(loss, sympy.Expr) and not data and not _reads_data(loss, asked):
        return _without_data(loss, asked)
    objective, chosen = loss_of(loss, wrt, data)
    mean = objective.mean()
    body = mean.unfold(mean.loss)
    components = tuple(partial(body, p) for p in chosen)
    slopes = [_affine_in_loss(mean, body, g, chosen) for g in components]
    if all(s is not None for s in slopes):
        claimed = [(p, s) for p, s in zip(chosen, slopes, strict=True) if s is not None]
        verdict = conjunction(_judged(mean, p, s.alpha * mean.expr + s.beta) for p, s in claimed)
        if verdict:
            return _by(verdict, _lambda(s.alpha * _Z + s.beta for _, s in claimed))
        if verdict.status == "undecided":
            return FromLoss("undecided", cause=verdict.cause)
    return _no_function(mean, body, components, chosen)


_EXCLUDED = Remark(
    "the loss ignores the data: it takes one value at each θ, so that nothing is asked of g between the"
    " values; such losses are excluded"
)
_NOTHING_FOUND = Remark("neither α and β nor data sets that tell J and ∇J apart were found")
_Z = sympy.Symbol("z", real=True)


def _without_data(loss: Expr, asked: tuple[Any, ...]) -> FromLoss:
    """Affine by luck (e^θ), or excluded."""
    (theta, *more) = (_named(loss, p) for p in asked)
    slope = loss.diff(theta)
    alpha = None if more else _constant(slope.diff(theta) / slope, {theta})
    if alpha is not None:
        beta = sympy.simplify(slope - alpha * loss)
        left = page.Derivative(to_page(loss), ((to_page(theta), 1),))
        verdict = prove_nodes(left, to_page(alpha * loss + beta), scope_of(loss, theta))
        if verdict:
            return _by(verdict, _lambda([alpha * _Z + beta]))
    return FromLoss("undecided", cause=_EXCLUDED)


def _by(proof: Verdict, g: Expr) -> FromLoss:
    """∇J = g(J), as it was proved."""
    return FromLoss(proof.status, proof.assuming, g=g)


def _reads_data(loss: Expr, asked: tuple[Any, ...]) -> bool:
    others = {getattr(s, "name", "") for s in loss.free_symbols} - {str(p) for p in asked}
    return bool(loss.atoms(sympy.Indexed)) or any(n[:1] in ("x", "y") for n in others)


def _lambda(values: Iterable[Expr]) -> Expr:
    listed = list(values)
    return sympy.Lambda(_Z, listed[0] if len(listed) == 1 else sympy.Tuple(*listed))


@dataclass(frozen=True, slots=True)
class _Line:
    alpha: Expr
    beta: Expr


def _affine_in_loss(objective: Objective, body: Expr, slope: Expr, chosen: tuple[Expr, ...]) -> _Line | None:
    """α and β with ∂ℓ = αℓ + β, proposed from the data-derivatives of both sides; the judge decides."""
    if body.has(sympy.Sum):
        return None
    things = sorted(body.atoms(sympy.Indexed) | {s for s in body.free_symbols if s.is_Symbol}, key=str)
    real = {s: sympy.Dummy(str(s), real=True) for s in things}
    back = {v: k for k, v in real.items()}
    body, slope = body.xreplace(real), slope.xreplace(real)
    data = [v for k, v in real.items() if isinstance(k, sympy.Indexed) and k.base in objective.data]
    moving = {*data, *(real[p] for p in chosen if p in real)}
    for datum in data:
        by = body.diff(datum)
        if by == 0:
            continue
        alpha = _constant(slope.diff(datum) / by, moving)
        beta = None if alpha is None else _constant(slope - alpha * body, moving)
        return None if alpha is None or beta is None else _Line(alpha.xreplace(back), beta.xreplace(back))
    return None


def _constant(expr: Expr, moving: set[Expr]) -> Expr | None:
    """The expression without the symbols in ``moving``, if it does not depend on them."""
    if _varies(expr, moving):
        return None
    expr = sympy.simplify(expr)
    return None if expr.free_symbols & moving else expr


def _varies(expr: Expr, moving: set[Expr]) -> bool:
    """Does a look at two points show that there is nothing to simplify?"""
    symbols = sorted(expr.free_symbols, key=str)
    if expr.atoms(AppliedUndef):
        return False
    seen = []
    for shift in (0, 1):
        at = {s: sympy.Rational(2 * n + 3, 7) + shift * (s in moving) * sympy.Rational(n + 1, 5)
              for n, s in enumerate(symbols)}  # fmt: skip
        seen.append(sympy.N(expr.xreplace(at), 20))
    return all(v.is_Float for v in seen) and bool(abs(seen[0] - seen[1]) > 1e-9 * (1 + abs(seen[0])))


# --- two data sets with one loss and two gradients ----------------------------------------------------

_GRID = tuple(map(sympy.Rational, ("1", "0", "-1", "2", "1/2", "-2", "3", "3/2", "-1/2")))
_POINTS = 3000


@dataclass(frozen=True, slots=True)
class _Set:
    """One or two samples at a θ, with J and the components of ∇J in floating point."""

    theta: tuple[Expr, ...]
    samples: tuple[tuple[Expr, ...], ...]
    values: tuple[float, ...]


def _no_function(
    objective: Objective, body: Expr, components: tuple[Expr, ...], chosen: tuple[Expr, ...]
) -> FromLoss:
    search = _Search(objective, body, components, chosen)
    scope = objective.scope
    for a, b, k in chain(search.pairs(), search.solved()):
        left, right = search.exact(a, 0), search.exact(b, 0)
        if prove_nodes(to_page(left), to_page(right), scope):
            differ = prove_nodes(to_page(search.exact(a, k)), to_page(search.exact(b, k)), scope)
            if differ.status == "refuted" and differ.witness is not None:
                said = f"$J = {to_latex(to_page(left))}$ both times, and the derivative is not the same"
                witness = search.witness((a, b), differ.witness)
                return FromLoss("refuted", witness=witness, cause=Remark(said))
    for sets, k in search.bent():
        (a, u), (b, v), (c, w) = ((search.exact(s, 0), search.exact(s, k)) for s in sets)
        bent = prove_nodes(to_page((b - a) * (w - u) - (c - a) * (v - u)), page.Num(0), scope)
        if bent.status == "refuted" and bent.witness is not None:
            said = f"three points $(J, J\')$ that lie on no line; {JENSEN}"
            return FromLoss("refuted", witness=search.witness(sets, bent.witness), cause=Remark(said))
    return FromLoss("undecided", cause=_NOTHING_FOUND)


class _Search:
    """Data sets of one and two samples from a grid, looked at in floating point, judged exactly."""

    def __init__(
        self, objective: Objective, body: Expr, components: tuple[Expr, ...], chosen: tuple[Expr, ...]
    ) -> None:
        self.objective = objective
        self.functions = {f: f.args[0] for e in (body, *components) for f in e.atoms(AppliedUndef)}
        flat = [unrolled(e.xreplace(self.functions), objective.data) for e in (body, *components)]
        found = sorted({e for f in flat for e in f.atoms(sympy.Indexed)}, key=str)
        self.plain = {e: sympy.Symbol(_cell(e), real=True) for e in found}
        self.exprs = [f.xreplace(self.plain) for f in flat]
        self.data = tuple(s for e, s in self.plain.items() if e.base in objective.data)
        bases = {s: str(e.base) for e, s in self.plain.items()}
        names = {str(getattr(p, "base", p)) for p in chosen}
        others = sorted({s for f in self.exprs for s in f.free_symbols} - {*self.data}, key=str)
        self.moving = tuple(s for s in others if bases.get(s, str(s)) in names)
        # What is declared of a symbol (positive, integer) holds at every point.
        self.kinds = {**{s: s for s in others}, **{s: e.base.label for e, s in self.plain.items()}}
        self.fixed = {s: self._some(s) for s in others if s not in self.moving}

    @cached_property
    def float(self) -> Callable[..., Any]:
        """The expressions in floating point, of the moving parameters and the data."""
        unusual = [f for f in EXPONENTIAL if not hasattr(math, f.__name__)]
        usual = [f.xreplace(self.fixed).rewrite(unusual, sympy.exp) for f in self.exprs]
        # No number at a kink: there the gradient is nobody's.
        steps = {
            "sign": lambda v: v / abs(v) if v else math.nan,
            "Heaviside": lambda v, *_: (v > 0) + 0.0 if v else math.nan,
        }
        found: Callable[..., Any] = sympy.lambdify((*self.moving, *self.data), usual, modules=[steps, "math"])
        return found

    def _some(self, symbol: Expr) -> Expr:
        return next((v for v in _GRID if self.allowed(symbol, v)), sympy.Integer(1))

    @cached_property
    def sets(self) -> dict[tuple[Expr, ...], list[_Set]]:
        """The data sets by θ: single samples, then pairs of the first ones."""
        out: dict[tuple[Expr, ...], list[_Set]] = {}
        width = len(self.moving) + len(self.data)
        size = max(2, min(len(_GRID), int(_POINTS ** (1 / width))))
        for values in islice(product(_GRID[:size], repeat=width), _POINTS):
            theta, sample = values[: len(self.moving)], values[len(self.moving) :]
            if not all(map(self.allowed, (*self.moving, *self.data), values)):
                continue
            try:
                found = tuple(float(v) for v in self.float(*map(float, values)))
            except (ArithmeticError, ValueError, TypeError):
                continue
            if all(abs(v) < 1e6 for v in found):
                out.setdefault(theta, []).append(_Set(theta, (sample,), found))
        for theta, singles in out.items():
            for a, b in combinations(singles[:12], 2):
                mean = tuple((u + v) / 2 for u, v in zip(a.values, b.values, strict=True))
                singles.append(_Set(theta, a.samples + b.samples, mean))
        return out

    def allowed(self, symbol: Expr, value: Expr) -> bool:
        """Does the value satisfy what is declared of the symbol?"""
        return all(getattr(value, f"is_{fact}") is True for fact in _declared(self.kinds[symbol]))

    def pairs(self) -> Iterator[tuple[_Set, _Set, int]]:
        """Sets with the same loss and different gradients, those at one θ first."""
        everything = [s for sets in self.sets.values() for s in sets]
        for boxed in (*self.sets.values(), everything):
            boxes: dict[float, _Set] = {}
            for s in boxed:
                first = boxes.setdefault(round(s.values[0], 9) + 0.0, s)
                k = self._apart(first, s)
                if k:
                    yield first, s, k

    @staticmethod
    def _apart(a: _Set, b: _Set) -> int:
        gaps = [abs(u - v) > 1e-6 for u, v in zip(a.values, b.values, strict=True)]
        return next((k for k in range(1, len(gaps)) if gaps[k]), 0)

    def solved(self) -> Iterator[tuple[_Set, _Set, int]]:
        """Single samples at two θ, the second with a datum solved for, so that the losses agree."""
        loss = self.exprs[0].xreplace(self.fixed)
        for datum in self.data:
            if not loss.is_polynomial(datum) or sympy.degree(loss, datum) != 1:
                continue
            slope, rest = loss.expand().coeff(datum, 1), loss.expand().coeff(datum, 0)
            singles = [sets[0] for sets in self.sets.values()]
            for a, b in islice(permutations(singles, 2), 60):
                at = {**dict(zip(self.moving, b.theta, strict=True)),
                      **dict(zip(self.data, b.samples[0], strict=True))}  # fmt: skip
                below = slope.xreplace(at)
                if below == 0:
                    continue
                value = sympy.expand((self.exact(a, 0) - rest.xreplace(at)) / below)
                if not self.allowed(datum, value):
                    continue
                sample = tuple(value if s == datum else at[s] for s in self.data)
                for k in range(1, len(self.exprs)):
                    yield a, _Set(b.theta, (sample,), ()), k

    def bent(self) -> Iterator[tuple[tuple[_Set, _Set, _Set], int]]:
        """Single samples at one θ whose (J, ∂J) lie on no line."""
        for sets in self.sets.values():
            singles = [s for s in sets if len(s.samples) == 1]
            for three in islice(combinations(singles, 3), 200):
                (a, *u), (b, *v), (c, *w) = (s.values for s in three)
                for k in range(len(u)):
                    if abs((b - a) * (w[k] - u[k]) - (c - a) * (v[k] - u[k])) > 1e-6:
                        yield three, k + 1

    def exact(self, s: _Set, k: int) -> Expr:
        """J (k = 0) or the k-th component of ∇J, exactly."""
        at = {**self.fixed, **dict(zip(self.moving, s.theta, strict=True))}
        values = [
            self.exprs[k].xreplace({**at, **dict(zip(self.data, sample, strict=True))})
            for sample in s.samples
        ]
        return sympy.Add(*values) / len(values)

    def witness(self, sets: tuple[_Set, ...], values: Witness) -> Witness:
        """The data sets side by side, the second and third primed."""
        names = {s: (page_name(e.base.label.name), e.indices) for e, s in self.plain.items()}
        sizes: dict[str, int] = {}
        data: dict[str, dict[str, str]] = {}
        parameters = {page_name(str(s)): str(v) for s, v in self.fixed.items()}
        for n, s in enumerate(sets):
            prime = "'" * n
            sizes[self.objective.size.name + prime] = len(s.samples)
            if n == 0 or s.theta != sets[0].theta:
                for symbol, value in zip(self.moving, s.theta, strict=True):
                    name, cell = names.get(symbol, (page_name(str(symbol)), ()))
                    below = f"_{{{','.join(map(str, cell))}}}" if cell else ""
                    parameters[f"{name}{prime}{below}"] = to_text(to_page(value))
            for number, sample in enumerate(s.samples, 1):
                for symbol, value in zip(self.data, sample, strict=True):
                    name, cell = names[symbol]
                    place = ",".join(map(str, (number, *cell[1:])))
                    data.setdefault(name + prime, {})[place] = to_text(to_page(value))
        functions = {
            page_name(f.func.__name__): "t" if len(f.args) == 1 else "t, its first argument"
            for f in self.functions
        }
        return Witness(sizes, data, parameters, functions, values.left, values.right)


def _cell(entry: Expr) -> str:
    return "_".join((str(entry.base.label.name), *map(str, entry.indices)))

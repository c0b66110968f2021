r"""Averaging: the mean of the gradients against the gradient at the mean of the data.

For a per-sample gradient g(θ; x, y), :func:`gap` compares (a) ∂/∂θ Σ ℓ_i, (b) ∂/∂θ (1/N) Σ ℓ_i and (c) the
derivative of the loss at (x̄, ȳ).  (a) = N·(b) always.  The gap (b) − (c) is, by Taylor's formula about the
mean and since first central moments vanish,

    (1/N) Σ g(x_i, y_i) − g(x̄, ȳ) = Σ_{|α| ≥ 2} ∂^α g(x̄, ȳ) / α! · M_α,   M_α a central moment of the data,

a finite sum when g is a polynomial in the data: second moments are variances and covariances (convention
1/N).  For g twice continuously differentiable on a convex data domain it vanishes for all data exactly when
g is affine in the data jointly, that is when every second data-derivative is 0 (two points and their
midpoint give Jensen's functional equation; a continuous solution is affine).  Both are judged, not assumed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations_with_replacement
from typing import Any, cast

import sympy

from ..bridge import page_name, scope_of, sympy_name, to_page
from ..deriving.derivation import Derivation
from ..errors import InputError
from ..kernel.verdict import Verdict, Witness
from ..meaning.judging import prove_nodes
from ..notebook import Displayed
from ..objective import Objective, objective_of, without_heaviside
from ..page import tree as page
from ..page.scope import Definition, Kind, Scope
from ..page.to_latex import to_latex
from ..page.to_text import to_text
from ..page.tree import Node
from ..proving import derive
from .library import read_loss

__all__ = ["Gap", "gap"]

Expr = Any
FACTORED = 80
"""The number of operations up to which a coefficient is factored: longer ones seldom get shorter."""
KINKED = (sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise)


@dataclass(frozen=True)
class Gap(Displayed):
    """What :func:`gap` found; ``difference`` is (b) − (c), ``verdicts`` says what was judged about it.

    ``difference`` and ``second_order`` are SymPy expressions in the parameters, the means ``xbar``, the
    moments ``Var(x)``, ``Cov(x, y)`` and, where nothing shorter exists, sums; ``scope`` defines those names.
    ``condition`` is True where the gap is 0 for all data, else the equation that says when it is;
    ``solution`` is the value of the parameter that solves it, if the equation is linear in it.
    The verdicts: "sum" for (a) = N·(b), "difference" for the closed form, "zero" for (b) = (c) for all data,
    and, where one sample's gradient has no kinks, one for each second data-derivative, such as "∂²/∂x∂y",
    against 0.
    """

    objective: Objective
    wrt: Expr
    sum: Derivation
    mean: Derivation
    at_mean: Derivation
    difference: Expr
    second_order: Expr | None
    condition: Any
    solution: Expr | None
    means: tuple[Expr, ...]
    scope: Scope
    verdicts: Mapping[str, Verdict] = field(hash=False)

    @property
    def zero(self) -> bool | None:
        """Is the gap zero for all data?  None where that is undecided."""
        return {"proved": True, "refuted": False}.get(self.verdicts["zero"].status)

    @property
    def witness(self) -> Witness | None:
        """Exact data and parameters at which (b) and (c) differ."""
        return self.verdicts["zero"].witness

    @property
    def size(self) -> Node:
        """N."""
        return to_page(self.objective.size)

    def written(self, expr: Expr) -> Node:
        """An expression in parameters, means and moments as it is written: w x̄, as one writes w x_i."""
        node: Node = to_page(expr, self.means)
        return node

    @cached_property
    def page(self) -> Node:
        """The closed form as it is written."""
        return self.written(self.difference)

    def __str__(self) -> str:
        name, wrt = self.objective.symbol.name, to_text(to_page(self.wrt))
        lines = [
            f"gradient of the sum       {to_text(self.sum.result)}",
            f"gradient of the mean      {to_text(self.mean.result)}",
            f"gradient at the mean      {to_text(self.at_mean.result)}",
            f"mean minus at-the-mean    {to_text(self.page)}",
        ]
        if self.second_order is not None:
            lines.append(f"  second-order term       {to_text(self.written(self.second_order))}")
        lines += [
            f"sum = N * mean            {self.verdicts['sum']}",
            f"closed form               {self.verdicts['difference']}",
            f"zero for all data         {self.verdicts['zero']}",
        ]
        lines += [f"{f'  {k} = 0':26}{v}" for k, v in self.verdicts.items() if k.startswith("∂")]
        if self.condition is not True:
            lines.append(f"zero exactly when         {to_text(self.written(self.condition))}")
        if self.solution is not None:
            lines.append(f"  that is, at             {wrt} = {to_text(self.written(self.solution))}")
        return f"d{name}/d{wrt} of {self.objective.name}\n" + "\n".join(lines)

    __repr__ = __str__

    def latex(self) -> str:
        """The three gradients and the closed form between them."""
        rows = (
            (r"\text{sum}", self.sum.result), (r"\text{mean}", self.mean.result),
            (r"\text{at the mean}", self.at_mean.result), (r"\text{mean} - \text{at the mean}", self.page),
        )  # fmt: skip
        lines = " \\\\\n".join(f"{what} &= {to_latex(page)}" for what, page in rows)
        return f"$$\n\\begin{{aligned}}\n{lines}\n\\end{{aligned}}\n$$"


def gap(objective: Objective | Expr | str, wrt: Expr | str, data: Sequence[Expr] = ()) -> Gap:
    r"""Compare the gradients of the sum, of the mean, and at the mean of the data, by one parameter.

    ``objective`` may be LaTeX or a SymPy expression, read with ``data`` by
    :func:`symgrad.objective.objective_of`; in the loss of one sample, symbols whose names start with x or y
    are data unless ``data`` says which.  Raises InputError where ``wrt`` is no parameter of the objective,
    or where a sample's data entries are not finitely many numbers.

    >>> from symgrad.losses.library import PROBLEMS
    >>> g = gap(PROBLEMS["linear-regression"](), "m")
    >>> g.difference, g.solution
    (2*(m*Var(x) - Cov(x, y)), Cov(x, y)/Var(x))
    >>> g.zero, g.verdicts["difference"].status
    (False, 'proved')
    """
    objective, theta = _asked(objective, wrt, data)
    sample = without_heaviside(objective.unfold(objective.loss).diff(theta))
    entries = _entries(objective)
    derivations = [
        derive(o, theta, title=f"{o.name}: {what}")
        for o, what in (
            (objective.sum(), "gradient of the sum of the losses"),
            (objective.mean(), "gradient of the mean of the losses"),
            (objective.at_mean(), "gradient of the loss at the mean of the data"),
        )
    ]
    total, mean, at_mean = derivations
    moments = _Moments(objective, entries)
    folded, polynomial = moments.difference(sample)
    difference = moments.opened(folded)
    means = tuple(moments.means.values())
    smooth = not sample.has(*KINKED)
    second = moments.second_order(sample) if smooth and not polynomial else None
    scope, size = moments.scope, to_page(objective.size)
    verdicts = {
        "sum": prove_nodes(total.result, page.Mul((size, mean.result)), scope),
        "difference": prove_nodes(
            page.Add((mean.result, page.Neg(at_mean.result))), to_page(difference, means), scope
        ),
        "zero": prove_nodes(mean.result, at_mean.result, scope),
    }
    if smooth:  # the lemma is about smooth gradients
        verdicts |= moments.second_derivatives(sample)
    zero = verdicts["zero"].status == "proved"
    condition = True if zero else moments.opened(_condition(folded))
    solution = None if zero else _solution(folded, theta)
    if solution is not None:
        solution = moments.opened(solution)
    return Gap(
        objective, theta, total, mean, at_mean, difference, second, condition, solution,
        means, scope, verdicts,
    )  # fmt: skip


def _asked(
    objective: Objective | Expr | str, wrt: Expr | str, data: Sequence[Expr]
) -> tuple[Objective, Expr]:
    """What is differentiated, and by which of its parameters."""
    if not isinstance(objective, Objective):
        loss = read_loss(objective) if isinstance(objective, str) else sympy.sympify(objective, strict=True)
        bases = {e.base.label: e.base for e in loss.atoms(sympy.Indexed)}
        named = {page_name(s.name): bases.get(s, s) for s in loss.free_symbols if isinstance(s, sympy.Symbol)}
        by = wrt if not isinstance(wrt, str) else named.get(page_name(wrt), sympy.Symbol(wrt, real=True))
        if not data and not loss.has(sympy.Indexed):
            data = [s for s in sorted(named.values(), key=str) if s.name[0] in "xy" and s != by]
        objective, wrt = objective_of(loss, by, data), by
    theta = objective.parameter(wrt) if isinstance(wrt, str) else wrt
    if isinstance(theta, sympy.IndexedBase):
        raise InputError(f"{objective.name}: differentiate by an entry of {theta}, such as {theta}[j]")
    if theta not in objective.parameters and getattr(theta, "base", None) not in objective.parameters:
        objective.parameter(str(theta))  # says which there are
        raise InputError(f"{objective.name}: another {theta} is its parameter: create the symbol once")
    return objective, theta


def _entries(objective: Objective) -> list[Expr]:
    loss = objective.unfold(objective.loss)
    found = sorted((e for e in loss.atoms(sympy.Indexed) if e.base in objective.data), key=str)
    for e in found:
        if any(not k.is_Integer for k in e.indices[1:]):
            raise InputError(
                f"{objective.name}: the gap needs finitely many numbers a sample, {e} runs over "
                f"{', '.join(map(str, e.indices[1:]))}; write out the features or fix their number"
            )
    return found


class _Moments:
    """Names and definitions of the moments of the data, and Taylor's formula in them."""

    def __init__(self, objective: Objective, entries: list[Expr]) -> None:
        self.objective, self.entries = objective, entries
        self.names = {e: self._name(e) for e in entries}
        self.plain = {e: sympy.Dummy(self.names[e], real=True) for e in entries}
        self.means = {e: sympy.Symbol(self._mean_name(e), real=True) for e in entries}
        self.sums: dict[Expr, Expr] = {}
        self.scope = objective.scope
        means = {f"\\bar{{{page_name(base.label.name)}}}" for base in objective.data}
        for name in sorted(means):
            for definition in objective.at_mean().scope.definitions[name]:
                self.scope = self.scope.define(definition)
        for e in entries:
            self._define(self.means[e], self._average(e))

    @staticmethod
    def _name(entry: Expr) -> str:
        base = page_name(entry.base.label.name)
        rest = ",".join(map(str, entry.indices[1:]))
        return f"{base}_{{{rest}}}" if rest else base

    def _mean_name(self, entry: Expr) -> str:
        base = page_name(entry.base.label.name)
        rest = ",".join(map(str, entry.indices[1:]))
        return sympy_name(f"\\bar{{{base}}}_{{{rest}}}" if rest else f"\\bar{{{base}}}")

    def _average(self, body: Expr) -> Expr:
        o = self.objective
        constant, body = body.as_independent(o.index, as_Add=False)
        return constant * sympy.Sum(body, (o.index, 1, o.size)) / o.size

    def _define(self, symbol: Expr, body: Expr) -> None:
        name = page_name(symbol.name)
        self.scope = self.scope.declare(name, Kind()).define(Definition(name, to_page(body)))

    def _folded(self, total: Expr) -> Expr:
        """A name that stands for a sum while SymPy collects terms: it would multiply sums out."""
        name = sympy.Dummy(f"s{len(self.sums)}", real=True)
        self.sums[name] = total
        return name

    def opened(self, expr: Expr) -> Expr:
        """With the sums themselves."""
        return expr.xreplace(self.sums)

    def moment(self, chosen: tuple[Expr, ...]) -> Expr:
        """The central moment of a multiset of entries; variances and covariances by name."""
        if len(chosen) != 2:
            return self._folded(self._average(sympy.Mul(*(e - self.means[e] for e in chosen))))
        variables = [e.base[e.indices[1:]] if e.indices[1:] else e.base for e in dict.fromkeys(chosen)]
        moment = sympy.Function("Var" if len(variables) == 1 else "Cov", real=True)(*variables)
        # The means stand written out: x and y in this definition are placeholders.
        body = self._average(sympy.Mul(*(e - self._average(e) for e in chosen)))
        call = cast(page.Call, to_page(moment))
        definition = Definition(cast(page.Sym, call.fn).name, to_page(body), params=call.args)
        self.scope = self.scope.define(definition)
        return moment

    def difference(self, sample: Expr) -> tuple[Expr, bool]:
        """(1/N) Σ g_i − g(mean), sums folded, and whether g is a polynomial in the data."""
        g = sympy.expand(sample.xreplace(self.plain), power_exp=False, power_base=False, log=False)
        variables = list(self.plain.values())
        smooth: list[Expr] = []
        other: list[Expr] = []
        for term in sympy.Add.make_args(g):
            (smooth if term.is_polynomial(*variables) else other).append(term)
        closed = self._taylor(sympy.Add(*smooth), 2, None)
        if not other:
            return closed, True
        back = {d: e for e, d in self.plain.items()}
        at = {d: self.means[e] for e, d in self.plain.items()}
        rest = sympy.factor_terms(sympy.Add(*other))
        if not smooth:  # nothing was split off: the derivative as it stands may be the shorter one
            rest = min(rest, sample.xreplace(self.plain), key=sympy.count_ops)
        constant, _ = rest.xreplace(back).as_independent(self.objective.index, as_Add=False)
        folded = constant * self._folded(self._average(rest.xreplace(back) / constant))
        return closed + folded - rest.xreplace(at), False

    def second_order(self, sample: Expr) -> Expr:
        """½ Σ ∂²g/∂u∂v(mean) Cov(u, v) over ordered pairs."""
        return self._taylor(sample.xreplace(self.plain), 2, 2)

    def _taylor(self, g: Expr, lowest: int, highest: int | None) -> Expr:
        at = {d: self.means[e] for e, d in self.plain.items()}
        if highest is None:
            highest = sympy.Poly(g, *self.plain.values()).total_degree() if g != 0 else 0
        out = sympy.Integer(0)
        for order in range(lowest, highest + 1):
            for chosen in combinations_with_replacement(self.entries, order):
                weight = sympy.Integer(1)
                slope = g
                for e in dict.fromkeys(chosen):
                    slope = slope.diff(self.plain[e], chosen.count(e))
                    weight *= sympy.factorial(chosen.count(e))
                slope = slope.xreplace(at)
                if sympy.count_ops(slope) < FACTORED:
                    slope = min(slope, _upright(sympy.factor(slope)), key=sympy.count_ops)
                if slope != 0:
                    out += slope / weight * self.moment(chosen)
        return sympy.factor_terms(out)

    def second_derivatives(self, sample: Expr) -> dict[str, Verdict]:
        """Every second derivative of g by two data entries, judged against 0."""
        plain = {e: sympy.Symbol(self._single(e), real=True) for e in self.entries}
        g = sample.xreplace(plain)
        scope, body = scope_of(g, *plain.values()), to_page(g)
        out = {}
        for u, v in combinations_with_replacement(self.entries, 2):
            by = ((to_page(plain[u]), 1), (to_page(plain[v]), 1))
            claim = page.Derivative(body, by if u != v else ((by[0][0], 2),))
            names = [to_text(to_page(plain[e])) for e in (u, v)]
            label = f"∂²/∂{names[0]}²" if u == v else f"∂²/∂{names[0]}∂{names[1]}"
            out[label] = prove_nodes(claim, page.Num(0), scope)
        return out

    @staticmethod
    def _single(entry: Expr) -> str:
        return str(entry.base.label.name) + "".join(str(k) for k in entry.indices[1:])


def _upright(expr: Expr) -> Expr:
    """Factors such as s − 1 and 2s − 1 turned into 1 − s and 1 − 2s."""
    if not isinstance(expr, sympy.Mul):
        return expr
    turned = []
    for factor in expr.args:
        constant, rest = factor.as_coeff_Add()
        if constant < 0 and not rest.could_extract_minus_sign():
            turned += [sympy.Integer(-1), sympy.Add(-constant, -rest)]
        else:
            turned.append(factor)
    return sympy.Mul(*turned)


def _condition(difference: Expr) -> Expr:
    """difference = 0 without constant factors, negative terms on the other side."""
    _, rest = sympy.factor_terms(difference).as_coeff_Mul()
    terms = sympy.Add.make_args(rest)
    left = [t for t in terms if not t.could_extract_minus_sign()]
    right = [-t for t in terms if t.could_extract_minus_sign()]
    if not left:
        left, right = right, left
    return sympy.Eq(sympy.Add(*left), sympy.Add(*right), evaluate=False)


def _solution(difference: Expr, theta: Expr) -> Expr | None:
    if not difference.is_polynomial(theta) or sympy.degree(difference, theta) != 1:
        return None
    slope, rest = difference.expand().coeff(theta, 1), difference.expand().coeff(theta, 0)
    return sympy.factor(-rest / slope)

"""Objectives: what is differentiated.

An :class:`Objective` is a per-sample loss, the data it reads, the parameters it depends on, and how the
samples are put together: their sum, their mean, or the loss at the mean of the data.

>>> from symgrad.losses.library import PROBLEMS
>>> J = PROBLEMS["linear-regression"]()
>>> J.expr
Sum((-f(x[i]) + y[i])**2, (i, 1, N))/N
>>> J.sympy_diff("m").doit()
Sum(-2*(-b - m*x[i] + y[i])*x[i], (i, 1, N))/N
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal, cast, get_args

import sympy

from .bridge import page_name, scope_of, symbols_of, to_page
from .errors import InputError
from .notebook import Displayed
from .page.scope import Definition, Kind, Scope
from .page.to_latex import to_latex
from .page.to_text import to_text
from .page.tree import Call, Frac, Indexed, Mul, Node, Num, Sum, Sym, map_children

__all__ = ["Objective", "Reduction", "objective_of"]

Reduction = Literal["sum", "mean", "at-mean"]
Expr = Any


@dataclass(frozen=True)
class Objective(Displayed):
    r"""A per-sample ``loss`` over ``data``, with ``index`` = 1..``size``, as a function of ``parameters``.

    ``definitions`` keeps names folded: ``{f: Lambda(t, m*t + b)}``, ``{f: (t, m*t + b)}``, or an
    intermediate quantity such as ``{z: w*x[i] + b}``.  ``reduction`` says what is made of the samples:

    - "sum":     Σ_i ℓ(x_i, y_i)
    - "mean":    (1/N) Σ_i ℓ(x_i, y_i)
    - "at-mean": ℓ(x̄, ȳ)

    >>> from sympy import Function, IndexedBase, Lambda, symbols
    >>> m, b, t = symbols("m b t", real=True)
    >>> x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
    >>> i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
    >>> f = Function("f")
    >>> J = Objective("line fit", (y[i] - f(x[i]))**2, definitions={f: Lambda(t, m*t + b)},
    ...               parameters=(m, b), data=(x, y), index=i, size=N)
    >>> J.unfolded
    Sum((-b - m*x[i] + y[i])**2, (i, 1, N))/N
    >>> J.at_mean().unfolded
    (-b - m*Sum(x[i], (i, 1, N))/N + Sum(y[i], (i, 1, N))/N)**2
    """

    name: str
    loss: Expr
    definitions: Mapping[Any, Any] = field(default_factory=dict, hash=False)
    parameters: tuple[Expr, ...] = ()
    data: tuple[Expr, ...] = ()
    index: Expr = None
    size: Expr = None
    reduction: Reduction = "mean"

    def __post_init__(self) -> None:
        for name in ("parameters", "data"):
            value = getattr(self, name)
            # An IndexedBase has __getitem__, so it would pass for a sequence.
            items = (value,) if isinstance(value, sympy.Basic) else tuple(value)
            object.__setattr__(self, name, items)
        definitions = {_key(k): _body(k, v) for k, v in self.definitions.items()}
        object.__setattr__(self, "definitions", definitions)
        object.__setattr__(self, "loss", _expression(self.loss, "the loss"))
        self._validate()

    def _validate(self) -> None:
        if not self.name or not isinstance(self.name, str):
            raise InputError("an objective needs a name")
        if self.reduction not in get_args(Reduction):
            raise InputError(f"reduction {self.reduction!r}: use one of {', '.join(get_args(Reduction))}")
        for what, things, kinds, wanted in (
            ("parameter", self.parameters, sympy.Symbol | sympy.IndexedBase, "a Symbol or an IndexedBase"),
            ("data", self.data, sympy.IndexedBase, "an IndexedBase"),
            ("index", (self.index,), sympy.Symbol | sympy.Idx, "a Symbol"),
            ("size", (self.size,), sympy.Symbol, "a Symbol"),
        ):
            if not things:
                raise self._wrong(f"no {what} given")
            for thing in things:
                if not isinstance(thing, kinds):
                    raise self._wrong(f"{what} {thing!r} must be {wanted}")
        everything = (*self.parameters, *self.data, self.index, self.size)
        if len(set(everything)) != len(everything):
            raise self._wrong("parameters, data, index and size must all be different")
        self._validate_loss(self.unfold(self.loss))
        _ = self.page, self.scope  # names and numbers that cannot be written are refused here, not later

    def _validate_loss(self, whole: Expr) -> None:
        sums = self.loss.atoms(sympy.Sum, sympy.Product) | whole.atoms(sympy.Sum, sympy.Product)
        for sum_ in sums:
            if any(str(v) == str(self.index) for v in sum_.variables):
                what = f"the loss of one sample may not sum over {self.index} itself: {sum_}"
                raise self._wrong(f"{what}; the reduction does that")
        entries = whole.atoms(sympy.Indexed)
        bases = {e.base for e in entries}
        for parameter in self.parameters:
            if parameter not in whole.free_symbols | bases:
                raise self._wrong(
                    f"the loss does not depend on {parameter}", parameter, whole.free_symbols | bases
                )
        for base in self.data:
            if base not in bases:
                raise self._wrong(f"the data {base} does not occur in the loss", base, bases)
        for entry in sorted(entries, key=str):
            if entry.base in self.data and entry.indices[0] != self.index:
                raise self._wrong(
                    f"{entry} is not an entry of sample {self.index}", self.index, entry.indices
                )
            if entry.base not in self.data and self.index in entry.indices:
                raise self._wrong(f"{entry.base} is not listed in data", entry.base, self.data)
        if self.index in whole.xreplace({e: sympy.Dummy() for e in entries}).free_symbols:
            raise self._wrong(f"the index {self.index} stands outside the data's brackets")

    def _wrong(self, what: str, thing: Any = None, others: Iterable[Any] = ()) -> InputError:
        return InputError(f"{self.name}: {what}{_namesake(thing, others)}")

    # The three reductions

    def sum(self) -> Objective:
        """Σ_i ℓ_i."""
        return self._reduced("sum")

    def mean(self) -> Objective:
        """(1/N) Σ_i ℓ_i."""
        return self._reduced("mean")

    def at_mean(self) -> Objective:
        """ℓ(x̄, ȳ): the written formula at the mean of the data."""
        return self._reduced("at-mean")

    def _reduced(self, reduction: Reduction) -> Objective:
        """The same fields, already validated, put together in another way."""
        other = object.__new__(Objective)
        for f in fields(self):
            object.__setattr__(other, f.name, getattr(self, f.name))
        object.__setattr__(other, "reduction", reduction)
        return other

    # SymPy

    @cached_property
    def expr(self) -> Expr:
        """The objective in SymPy, definitions folded."""
        bounds = (self.index, 1, self.size)
        if self.reduction == "at-mean":
            entries = [e for e in self.loss.atoms(sympy.Indexed) if e.base in self.data]
            loss = self.loss.xreplace({e: sympy.Sum(e, bounds) / self.size for e in entries})
            # A folded intermediate (z = w x_i + b) reads the data too, so it has to be opened here.
            return loss if self._samples(loss) == set() else self._unfolded_at_mean()
        total = sympy.Sum(self.loss, bounds)
        return total if self.reduction == "sum" else total / self.size

    def _samples(self, loss: Expr) -> set[Expr]:
        read = {k for k, v in self.definitions.items() if isinstance(k, sympy.Basic) and v.has(self.index)}
        return cast("set[Expr]", read & loss.atoms(sympy.Symbol, sympy.Indexed))

    def _unfolded_at_mean(self) -> Expr:
        whole = self.unfold(self.loss)
        entries = [e for e in whole.atoms(sympy.Indexed) if e.base in self.data]
        return whole.xreplace({e: sympy.Sum(e, (self.index, 1, self.size)) / self.size for e in entries})

    @cached_property
    def unfolded(self) -> Expr:
        """The objective in SymPy, every definition replaced by its body."""
        return self.unfold(self.expr)

    def unfold(self, expr: Expr) -> Expr:
        """``expr`` with this objective's definitions replaced by their bodies."""
        for _ in range(len(self.definitions) + 1):
            before = expr
            for key, body in self.definitions.items():
                expr = expr.replace(key, body) if isinstance(key, type) else expr.xreplace({key: body})
            if expr == before:
                return expr
        raise InputError(f"{self.name}: a definition refers to itself")

    def parameter(self, name: str) -> Expr:
        """The parameter called ``name`` (SymPy name or LaTeX); ``w_j`` is an entry of the vector ``w``."""
        for p in self.parameters:
            plain = _name_of(p)
            if name in (plain, page_name(plain)):
                return p
            entry = re.fullmatch(re.escape(plain) + r"_(\w+|\{\w+(?:,\w+)*\})", name)
            if entry is not None and isinstance(p, sympy.IndexedBase):
                return p[tuple(_index(s) for s in entry[1].strip("{}").split(","))]
        known = ", ".join(_name_of(p) for p in self.parameters)
        raise InputError(f"{self.name} has no parameter {name!r}; it has {known}")

    def sympy_diff(self, *parameters: Expr | str) -> Expr:
        """SymPy's own derivative of the unfolded objective: a second opinion, independent of the rules.

        Only by plain symbols: by an entry ``w[j]`` SymPy's derivative of a sum is wrong.
        """
        names = [self.parameter(p) if isinstance(p, str) else p for p in parameters]
        if not all(isinstance(n, sympy.Symbol) for n in names):
            raise InputError(f"{self.name}: SymPy differentiates reliably by plain symbols only")
        return without_heaviside(self.unfolded.diff(*names))

    # Page

    @cached_property
    def symbol(self) -> Sym:
        """The name of the objective on paper: J, or the next letter that is free."""
        taken = set(symbols_of(self.loss, self.unfold(self.loss), self.size))
        return Sym(next(s for s in (*"JLECRS", "\\mathcal{J}") if s not in taken))

    @cached_property
    def page(self) -> Node:
        """The right-hand side as written, definitions folded: (1/N) Σ_{i=1}^N (y_i - f(x_i))²."""
        size = to_page(self.size)
        if self.reduction == "at-mean":
            return _at_mean(to_page(self._at_mean_sample()), self._means)
        total = self._total(to_page(self.loss))
        return total if self.reduction == "sum" else Mul((Frac(Num(1), size), total))

    def _at_mean_sample(self) -> Expr:
        return self.unfold(self.loss) if self._samples(self.loss) else self.loss

    def _total(self, body: Node) -> Sum:
        index = Sym(page_name(self.index.name))
        return Sum(body, index, Num(1), to_page(self.size))

    @cached_property
    def _means(self) -> dict[Sym, Sym]:
        """x -> x̄ for all data."""
        names = [page_name(base.label.name) for base in self.data]
        return {Sym(n): Sym(f"\\bar{{{n}}}") for n in names}

    @cached_property
    def scope(self) -> Scope:
        """Kinds of all names, the definitions (f folded, J itself, the means), and signs as assumptions."""
        size, whole = to_page(self.size), self.unfold(self.loss)
        scope = scope_of(self.loss, whole, self.size, self.index, *self._symbols())
        defined = [page_name(k.__name__ if isinstance(k, type) else _name_of(k)) for k in self.definitions]
        scope = replace(scope, kinds={k: v for k, v in scope.kinds.items() if k not in defined})
        scope = scope.declare(page_name(self.size.name), Kind(role="size"))
        scope = scope.declare(
            page_name(self.index.name), Kind(role="index", lower=Num(1), upper=size)
        )
        for name, (key, body) in zip(defined, self.definitions.items(), strict=True):
            scope = scope.define(_definition(name, key, body))
        if self.reduction == "at-mean":
            for base, mean in self._means.items():
                arity = cast(Kind, scope.kind(base.name)).arity
                rest = tuple(Sym(k) for k in _fresh(arity - 1, set(scope.kinds)))
                entry = Indexed(base, (Sym(page_name(self.index.name)), *rest))
                body = Mul((Frac(Num(1), size), self._total(entry)))
                scope = scope.define(Definition(mean.name, body, rest))
        return scope.define(Definition(self.symbol.name, self.page))

    def __str__(self) -> str:
        lines = (f"{to_text(left)} = {to_text(right)}" for left, right in self.written)
        return "\n".join((f"{self.name}, by {', '.join(map(str, self.parameters))}", *lines))

    __repr__ = __str__

    def latex(self) -> str:
        rows = " \\\\\n".join(f"{to_latex(left)} &= {to_latex(right)}" for left, right in self.written)
        return f"$$\\begin{{aligned}}\n{rows}\n\\end{{aligned}}$$"

    @cached_property
    def written(self) -> tuple[tuple[Node, Node], ...]:
        """What it rests on, as one writes it: f(t) = .., x̄ = .., and last J itself."""
        lines: list[tuple[Node, Node]] = []
        for patterns in self.scope.definitions.values():
            for d in patterns:
                left: Node = Indexed(Sym(d.key), d.lower) if d.lower else Sym(d.key)
                lines.append((left if d.params is None else Call(left, d.params), d.body))
        return tuple(lines)

    @cached_property
    def symbols(self) -> dict[str, Any]:
        """The SymPy things by page name, for ``to_sympy``."""
        return symbols_of(self.expr, self.unfolded, *self._symbols())

    def _symbols(self) -> list[Expr]:
        return [p for p in self.parameters if isinstance(p, sympy.Symbol)]

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {page_name(self.symbol.name)} = {sympy.latex(self.expr)}$"


def objective_of(
    loss: Expr, wrt: Expr | Sequence[Expr], data: Sequence[Expr] = (), name: str = "the loss"
) -> Objective:
    """An Objective from a plain SymPy expression, as people write losses.

    ``loss`` is the loss of one sample (its mean is meant), ``Sum(.., (i, 1, N))``, or a multiple of such a
    sum by 1/N; terms beside the sum, such as a ridge penalty, are counted once.  ``data`` are the
    IndexedBases whose first index is the sample; left out, they are found where that index stands.  In the
    loss of one sample they may be plain symbols: ``objective_of((y - m*x)**2, m, data=(x, y))``.

    >>> from sympy import IndexedBase, Sum, symbols
    >>> m, lam, i, N = *symbols("m lambda", real=True), *symbols("i N", integer=True, positive=True)
    >>> x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
    >>> J = objective_of(Sum((y[i] - m*x[i])**2, (i, 1, N))/N + lam*m**2, m)
    >>> J.loss, J.reduction, J.data
    (lambda*m**2 + (-m*x[i] + y[i])**2, 'mean', (x, y))
    """
    loss = _expression(loss, "the loss")
    wrt = (wrt,) if isinstance(wrt, sympy.Basic) else tuple(wrt)
    wrt = tuple(dict.fromkeys(p.base if isinstance(p, sympy.Indexed) else p for p in wrt))
    given = (data,) if isinstance(data, sympy.Basic) else tuple(data)
    loss, given = _indexed(loss, given)
    sums = [t for t in sympy.Add.make_args(loss) if _sample_sum(t, wrt, given) is not None]
    if len(sums) > 1:
        raise InputError(f"{name}: more than one sum over samples; write one sum")
    if not sums:
        index = _sample_index(loss, wrt, given, name)
        size = sympy.Symbol("N", integer=True, positive=True)
        reduction: Reduction = "mean"
    else:
        total = cast(Expr, _sample_sum(sums[0], wrt, given))
        ((index, lower, size),) = total.limits
        if lower != 1:
            raise InputError(f"{name}: samples are counted from 1, not from {lower}")
        weight, penalty = sums[0] / total, loss - sums[0]
        reduction = "mean" if weight.has(size) else "sum"
        if reduction == "mean":
            loss = (weight * size) * total.function + penalty
        else:
            loss = weight * total.function + penalty / size
        if not isinstance(size, sympy.Symbol) or (weight * size if reduction == "mean" else weight).has(size):
            raise InputError(f"{name}: {sums[0]} is neither a sum nor a mean over the samples 1..N")
    found = {e.base for e in loss.atoms(sympy.Indexed) if e.indices[0] == index} - {*wrt}
    bases = given or tuple(sorted(found, key=str))
    return Objective(name, loss, {}, wrt, bases, index, size, reduction)


def _indexed(loss: Expr, data: tuple[Expr, ...]) -> tuple[Expr, tuple[Expr, ...]]:
    """Data given as plain symbols become entries of sample i."""
    taken = {str(s) for s in loss.free_symbols}
    index = sympy.Symbol(next(n for n in ("i", "n", "s", "t") if n not in taken), integer=True)
    bases = {s: sympy.IndexedBase(s.name, real=True) for s in data if isinstance(s, sympy.Symbol)}
    for symbol in bases:
        if symbol not in loss.free_symbols:
            raise InputError(f"the data {symbol} does not occur in the loss"
                             + _namesake(symbol, loss.free_symbols))
    return loss.xreplace({s: b[index] for s, b in bases.items()}), tuple(bases.get(d, d) for d in data)


def _sample_sum(term: Expr, wrt: tuple[Expr, ...], data: tuple[Expr, ...]) -> Expr | None:
    """The factor of the term that is a sum over samples: it runs over the first index of some data."""
    for factor in sympy.Mul.make_args(term):
        if isinstance(factor, sympy.Sum) and len(factor.limits) == 1:
            index = factor.limits[0][0]
            bases = {e.base for e in factor.function.atoms(sympy.Indexed) if e.indices[0] == index} - {*wrt}
            if bases & {*data} if data else bases:
                return factor
    return None


def _sample_index(loss: Expr, wrt: tuple[Expr, ...], data: tuple[Expr, ...], name: str) -> Expr:
    entries = [e for e in loss.atoms(sympy.Indexed) if e.base not in wrt and (not data or e.base in data)]
    bound = {v for s in loss.atoms(sympy.Sum, sympy.Product) for v in s.variables}
    found = {e.indices[0] for e in entries if isinstance(e.indices[0], sympy.Symbol | sympy.Idx)} - bound
    if len(found) == 1:
        return found.pop()
    several = ", ".join(sorted(map(str, found)))
    what = f"several sample indices, {several}" if found else "no data such as x[i]"
    raise InputError(f"{name}: {what}; data are IndexedBases that one index runs over")


def without_heaviside(expr: Expr) -> Expr:
    """SymPy differentiates max and relu to Heaviside, which has no agreed value at 0: the step 1[z > 0]."""
    return expr.replace(sympy.Heaviside, lambda z, *_: sympy.Piecewise((1, z > 0), (0, True)))


def _key(key: Any) -> Any:
    if isinstance(key, type) and issubclass(key, sympy.Function):
        return key
    if isinstance(key, sympy.Symbol | sympy.Indexed):
        return key
    raise InputError(f"a definition must be of a Function, a Symbol or an entry, not {key!r}")


def _body(key: Any, value: Any) -> Expr:
    if not isinstance(key, type):
        return _expression(value, f"the definition of {key}")
    if isinstance(value, tuple) and len(value) == 2:
        value = sympy.Lambda(*value)
    if not isinstance(value, sympy.Lambda):
        raise InputError(f"the definition of {key.__name__} must be a Lambda, e.g. Lambda(t, m*t + b)")
    if not all(isinstance(v, sympy.Symbol) for v in value.signature):
        raise InputError(f"the arguments of {key.__name__} must be plain symbols")
    return value


def _expression(value: Any, what: str) -> Expr:
    if isinstance(value, str) or not isinstance(value, sympy.Expr | int):
        raise InputError(f"{what} must be a SymPy expression, not {value!r}")
    return sympy.sympify(value, strict=True)


def _name_of(key: Expr) -> str:
    if isinstance(key, sympy.IndexedBase):
        return str(key.label.name)
    return str(key.base.label.name if isinstance(key, sympy.Indexed) else key.name)


def _index(word: str) -> Expr:
    return sympy.Integer(word) if word.isdigit() else sympy.Symbol(word, integer=True)


def _definition(name: str, key: Any, body: Expr) -> Definition:
    if isinstance(key, type):
        params = tuple(Sym(page_name(v.name)) for v in body.signature)
        return Definition(name, to_page(body.expr, body.signature), params=params)
    lower = tuple(to_page(k) for k in key.indices) if isinstance(key, sympy.Indexed) else ()
    return Definition(name, to_page(body), lower=lower)


def _at_mean(node: Node, means: Mapping[Sym, Sym]) -> Node:
    """x_{i,..} becomes x̄_{..} for all data."""
    if isinstance(node, Indexed) and isinstance(node.base, Sym) and node.base in means:
        mean, rest = means[node.base], node.lower[1:]
        return Indexed(mean, rest) if rest else mean
    return map_children(node, lambda child: _at_mean(child, means))


def _fresh(count: int, taken: set[str]) -> list[str]:
    return [n for n in "jklrst" if n not in taken][:count]


def _namesake(thing: Any, others: Iterable[Any]) -> str:
    if any(str(o) == str(thing) for o in others):
        return f" (another {thing} with different assumptions does: create it once)"
    return ""


# ------------------------------------------------------------------------------------------ the library



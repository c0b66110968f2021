"""``symgrad.compile``: from an objective to NumPy code for its value and its proved gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import sympy

from ..bridge import page_name, scope_of, to_page
from ..core import Core
from ..errors import InputError, SymgradError
from ..kernel.verdict import Verdict
from ..meaning.elaborate import elaborate
from ..notebook import Displayed
from ..objective import Objective, objective_of
from ..page import tree as page
from ..page.scope import Scope
from ..page.to_text import to_text
from ..page.tree import Node as PageNode
from . import numba_loops as loops
from .arguments import Argument, identifier
from .blocks import NotBlockwise
from .bound import Bound, Reduced, reduction
from .code import Code, judged
from .evaluation import Evaluation
from .from_core import FromCore
from .gradient import Pieces, gradient
from .graph import Graph, Index, walk


class Compiled(Code, Displayed):
    """An objective as NumPy code.  Call it with every argument by keyword.

    ``wrt`` names the parameters in the order of the gradient, ``arguments`` all arguments with their shapes
    and ``verdicts`` says for each parameter whether the emitted gradient is proved equal to the derivative
    of the objective.
    """

    def __call__(self, **values: Any) -> Evaluation:
        return Evaluation(self, self.checked(values, self._named, {})[0])

    @cached_property
    def _named(self) -> dict[str, Argument]:
        """The arguments by their Python names."""
        return {a.python: a for a in self.arguments.values()}

    def __repr__(self) -> str:
        names = ", ".join(a.python for a in self.arguments.values())
        return f"<{self.name}: f({names}), gradient by {', '.join(self.wrt)} {self.verdict.status}>"

    @cached_property
    def source(self) -> str:
        """A function that stands alone and returns (value, (derivatives..))."""
        return self.program("both").source

    @cached_property
    def loop(self) -> str:
        """The same function as a fused loop for numba, which is an extra: ``pip install symgrad[numba]``.

        A second function, ``gradient``, leaves out the value, which may cost more than the rest.
        """
        alone = replace(self.program("gradient"), about="The gradient alone.")
        try:
            return loops.write(self.graph, (self.program("both"), alone), self.sample)
        except NotBlockwise:
            raise InputError(f"{self.name} is no single loop over the samples") from None

    def bind(self, blocks: Iterable[Mapping[str, Any]] | None = None, /, **data: Any) -> Bound:
        """The objective with its data, for many calls: ``g = f.bind(x=X, y=Y)``, then ``g(m=.., b=..)``.

        Losses that need the data only through finitely many sums read them once, here.  Arrays may be
        memory-mapped files.  Data that come in pieces are given as one iterable of dictionaries.
        """
        return Bound(self, self._reduced, blocks, data)

    @cached_property
    def _reduced(self) -> Reduced | None:
        return reduction(self)


def compile(
    what: Any, wrt: Any = None, data: Any = (), mean: bool | None = None, given: Iterable[str] = ()
) -> Compiled:
    r"""NumPy code for an objective and its gradient by ``wrt``, which is proved before it is emitted.

    ``what`` is an :class:`~symgrad.objective.Objective` (its parameters are ``wrt`` unless given), a SymPy
    expression or LaTeX.  An expression that sums over its samples is taken as it stands; with ``data`` it is
    the loss of one sample, whose mean (or, with ``mean=False``, sum) over the samples is compiled.  ``given``
    holds directive lines for LaTeX.  Every other symbol is a hyperparameter: an argument like the rest.

    Everywhere the formula is smooth the gradient is the derivative.  At a kink it is what the formula's own
    parts give with relu'(0) = 0 and |.|'(0) = 0; at a tie of Max or Min it is the mean of the two slopes, and
    a Piecewise takes the branch whose condition holds.

    >>> from symgrad.losses.library import PROBLEMS
    >>> f = compile(PROBLEMS["linear-regression"](), ("m", "b"))
    >>> value, gradient = f(x=[1., 2., 3.], y=[2., 4., 7.], m=2., b=0.)
    >>> round(float(value), 12), [round(float(g), 12) for g in gradient]
    (0.333333333333, [-2.0, -0.666666666667])
    >>> f.verdict.status
    'proved'
    """
    scope, formula = Scope(), ""
    if isinstance(what, Objective):
        objective = what if mean is None else what.mean() if mean else what.sum()
        parameters = objective.parameters if wrt is None else _sequence(wrt)
        named = [objective.parameter(p) if isinstance(p, str) else p for p in parameters]
        node, scope, name = objective.page, objective.scope, objective.name
        formula = to_text(to_page(objective.unfolded))
    else:
        if wrt is None:
            raise InputError("say which symbols to differentiate by: compile(.., wrt=(m, b))")
        named, name = list(_sequence(wrt)), "the objective"
        if isinstance(what, str):
            from ..latex import read
            from ..meaning.directives import read_directives

            scope = read_directives(given)
            node = _sampled(read(what, scope), _sequence(data), mean)
        elif isinstance(what, sympy.Basic) and data:
            objective = objective_of(what, named, _sequence(data))
            objective = objective.sum() if mean is False else objective.mean()
            node, scope = objective.page, objective.scope
        elif isinstance(what, sympy.Basic):
            node, scope = to_page(what), scope_of(what)
        else:
            raise InputError(f"compile takes an Objective, a SymPy expression or LaTeX, not "
                             f"{type(what).__name__}")
    names = tuple(page_name(str(getattr(p, "label", p))) for p in named)
    return build(name, elaborate(node, scope), formula or to_text(node), names)


def _sampled(node: PageNode, data: Sequence[Any], mean: bool | None) -> PageNode:
    """The mean (or sum) over samples of what one sample gives; ``x`` becomes x_i."""
    if not data:
        return node
    names = {page_name(str(getattr(d, "label", d))) for d in data}
    index, size = (page.Sym(page.fresh_name(n, page.free_names(node))) for n in ("i", "N"))

    def entries(part: PageNode) -> PageNode:
        if isinstance(part, page.Sym) and part.name in names:
            return page.Indexed(part, (index,))
        if isinstance(part, page.Indexed) and isinstance(part.base, page.Sym) and part.base.name in names:
            return part
        return page.map_children(part, entries)

    total = page.Sum(entries(node), index, page.Num(1), size)
    return total if mean is False else page.Mul((page.Frac(page.Num(1), size), total))


def _sequence(names: Any) -> Sequence[Any]:
    return (names,) if isinstance(names, str | sympy.Basic) else tuple(names)


def build(name: str, objective: Core, formula: str, wrt: tuple[str, ...]) -> Compiled:
    """Compile a core term; ``formula`` is how it is written for people."""
    graph = Graph()
    reading = FromCore(graph, objective, wrt)
    root = reading.node(objective)
    if root.indices:
        raise InputError(f"{name}: the objective is not one number")
    shown = {s for lengths in reading.shapes.values() for s in lengths}
    for size in dict.fromkeys(n.value for n in walk(root) if n.op == "size" and n.value not in shown):
        reading.shapes[size] = []  # no array tells this length, so it is an argument
    rank = {n: k for k, n in enumerate(wrt, 1)}
    order = sorted(reading.shapes, key=lambda n: (rank.get(n, 0), -len(reading.shapes[n]), n))
    arguments: dict[str, Argument] = {}
    for n in order:
        python = identifier(n)
        if any(a.python == python for a in arguments.values()):
            raise InputError(f"{name}: two arguments would be called {python} in Python: rename one")
        arguments[n] = Argument(n, python, tuple(reading.shapes[n]), tuple(reading.least.get(n, ())))
    gradients: dict[str, Pieces] = {}
    verdicts: dict[str, Verdict] = {}
    axes: dict[str, tuple[Index, ...]] = {}
    for n in wrt:
        if n not in arguments:
            raise InputError(f"{name} does not depend on {n}")
        axes[n] = _axes(reading, arguments[n].shape)
        gradients[n] = gradient(graph, root, n, axes[n])
        verdicts[n] = judged(objective, reading.origins, n, axes[n], gradients[n])
        if verdicts[n].status == "refuted":
            raise SymgradError(f"{name}: the gradient by {n} came out wrong, {verdicts[n]}: please report it")
    return Compiled(name, objective, formula, wrt, graph, root, gradients, arguments, axes, reading.origins,
                    verdicts)


def _axes(reading: FromCore, shape: Sequence[str]) -> tuple[Index, ...]:
    """An axis for each axis of a parameter; two of one length get different levels."""
    out: list[Index] = []
    for size in shape:
        out.append(reading.index(size or "1", sum(1 for k in out if k.size == size)))
    return tuple(out)

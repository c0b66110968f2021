"""``symgrad.compile``: from an objective to NumPy code for its value and its proved gradient."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import sympy

from .. import core
from ..bridge import page_name, scope_of, sympy_name, to_page
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
from ..prover import judge
from . import numba_loops as loops
from .blocks import Kernel, NoKernel
from .bound import Bound, Reduced
from .emit import Argument
from .evaluation import Evaluation, hessian
from .from_core import Reading, Writing, sample_size
from .gradient import Pieces, gradient
from .graph import Graph, Index, Node, signed_labels, walk
from .moments import moments
from .program import Output, Program, load

BLOCKED = 256
"""From so many samples on, arrays are worked on in blocks."""


@dataclass(frozen=True)
class Compiled(Displayed):
    """An objective as NumPy code.  Call it with every argument by keyword.

    ``wrt`` names the parameters in the order of the gradient, ``arguments`` all arguments with their shapes
    and ``verdicts`` says for each parameter whether the emitted gradient is proved equal to the derivative
    of the objective.
    """

    name: str
    objective: Core
    formula: str
    wrt: tuple[str, ...]
    graph: Graph
    root: Node
    gradients: Mapping[str, Pieces]
    arguments: Mapping[str, Argument]
    axes: Mapping[str, tuple[Index, ...]]
    origins: Mapping[str, Sequence[int]]
    verdicts: Mapping[str, Verdict]

    def __call__(self, **values: Any) -> Evaluation:
        return Evaluation(self, self.checked(values, self._named, {})[0])

    @cached_property
    def _named(self) -> dict[str, Argument]:
        """The arguments by their Python names."""
        return {a.python: a for a in self.arguments.values()}

    def __repr__(self) -> str:
        names = ", ".join(a.python for a in self.arguments.values())
        return f"<{self.name}: f({names}), gradient by {', '.join(self.wrt)} {self.verdict.status}>"

    @property
    def verdict(self) -> Verdict:
        """Is every component of the emitted gradient proved?"""
        return joined(self.verdicts.values())

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
        except NoKernel:
            raise InputError(f"{self.name} is no single loop over the samples") from None

    # Arguments

    def checked(
        self, values: Mapping[str, Any], names: Mapping[str, Argument], known: Lengths, kind: Any = None
    ) -> tuple[dict[str, Any], Any]:
        """The named arguments as arrays and numbers of one floating type, their shapes found consistent.

        ``known`` collects the lengths of axes and where they were seen; ``kind`` is the type if settled.
        """
        arrays = {}
        for python, argument in names.items():
            if python not in values:
                missing = [n for n in names if n not in values]
                unknown = "".join(f"; there is no {n}" for n in values if n not in names)
                raise InputError(f"{self.name}: {_listed(missing)} missing{unknown}")
            value = values[python]
            number = type(value) is float and not argument.shape  # nothing can be wrong with it
            arrays[python] = value if number else array_of(value, argument, known)
        if len(values) > len(names):
            self._surplus(values, names, known)
        if kind is None:
            kind = np.result_type(*([a.dtype for a in arrays.values() if np.ndim(a)] or [float]))
        out: dict[str, Any] = {}
        for python, array in arrays.items():
            if type(array) is float or not array.ndim:
                out[python] = kind.type(array)
            elif names[python].name in self.wrt:
                out[python] = np.array(array, kind)
            else:
                out[python] = array if array.dtype == kind else array.astype(kind)
        return out, kind

    def _surplus(self, values: Mapping[str, Any], names: Mapping[str, Argument], known: Lengths) -> None:
        """A length may be given too, if it is right; any other name is unknown."""
        lengths = {python: size for size, python in self.sizes.items()}
        for key in values:
            if key not in names and lengths.get(key) not in known:
                raise InputError(f"{self.name} has no argument {key!r} here; it has {', '.join(names)}")
            if key not in names and values[key] != known[lengths[key]][0]:
                raise InputError(f"{key} is {values[key]}, but {_seen(known[lengths[key]])}")

    @cached_property
    def sizes(self) -> dict[str, str]:
        """The Python name of every length."""
        found = dict.fromkeys(s for a in self.arguments.values() for s in a.shape if s and not s.isdigit())
        found.update(dict.fromkeys(n.value for n in walk(self.root) if n.op == "size"))
        return {s: identifier(s) for s in found}

    @cached_property
    def sample_size(self) -> str:
        """The length of the samples; where there are no data, a name that no length has."""
        return sample_size({n: a.shape for n, a in self.arguments.items()}, self.wrt) or "no samples"

    @cached_property
    def sample(self) -> Index:
        """The axis of the samples."""
        size = self.sample_size
        axes = (k for n in walk(self.root) for k in n.indices if k.size == size and not k.level)
        return next(axes, Index(0, size))

    def row_axis(self, name: str) -> int:
        """Which axis of an argument the samples run along."""
        return self.arguments[name].shape.index(self.sample_size)

    @cached_property
    def count_at(self) -> tuple[str, int] | None:
        """An argument and the axis of it that tell the number of samples; None where there are no data."""
        places = ((a.python, a.shape) for a in self.arguments.values() if self.sample_size in a.shape)
        return next(((python, shape.index(self.sample_size)) for python, shape in places), None)

    def samples(self, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The same arguments with one sample each."""
        rows = {a.python: a.shape.index(self.sample_size) for a in self.arguments.values()
                if self.sample_size in a.shape}
        if not rows:
            return [dict(arguments)]
        python, axis = next(iter(rows.items()))
        return [
            {k: np.take(v, [n], rows[k]) if k in rows else v for k, v in arguments.items()}
            for n in range(np.shape(arguments[python])[axis])
        ]

    # Code

    def program(self, what: str) -> Program:
        """The code for "value", "gradient", "both" or "product" (the Hessian times a direction)."""
        found: dict[str, Program] = self.__dict__.setdefault("_programs", {})
        if what not in found:
            found[what] = self.program_of(what, self.root, self.gradients, self.arguments, self.sizes)
        return found[what]

    def program_of(
        self,
        what: str,
        root: Node,
        gradients: Mapping[str, Pieces],
        arguments: Mapping[str, Argument],
        sizes: Mapping[str, str],
    ) -> Program:
        """The code for what is wanted of a root and its gradients, as a function of some arguments."""
        value = Output("value", [((), root)])
        slopes = self._outputs(gradients)
        if what == "product":
            return self._product(gradients, arguments, sizes)
        outputs: dict[str, tuple[Output | tuple[Output, ...], ...]] = {
            "value": (value,), "gradient": (slopes,), "both": (value, slopes)
        }
        name = "loss_and_gradient" if what == "both" else what
        about = self._about() if what == "both" else ""
        return Program(name, arguments, sizes, outputs[what], about)

    def _outputs(self, gradients: Mapping[str, Pieces]) -> tuple[Output, ...]:
        return tuple(
            Output(f"d_{self.arguments[n].python}", gradients[n], self.axes[n], self.arguments[n].python)
            for n in self.wrt
        )

    def _product(
        self, gradients: Mapping[str, Pieces], arguments: Mapping[str, Argument], sizes: Mapping[str, str]
    ) -> Program:
        """∂/∂θ (∇J · v): the directions v are arguments too."""
        g = self.graph
        directions = {}
        terms = []
        for n in self.wrt:
            a = self.arguments[n]
            directions[f"direction {n}"] = Argument(f"direction {n}", f"_v_{a.python}", a.shape)
            for spot, node in gradients[n]:
                term = g.mul(node, g.leaf(f"direction {n}", spot))
                terms.append(g.reduce(term, [k for k in spot if isinstance(k, Index)], ()))
        along = g.gather(*terms)
        pieces = {n: gradient(g, along, n, self.axes[n]) for n in self.wrt}
        return Program("product", {**arguments, **directions}, sizes, (self._outputs(pieces),))

    def run(self, what: str, arguments: Mapping[str, Any], signed: tuple[str, ...] = ()) -> Any:
        """Call the emitted code for "value", "gradient", "both" or "product": blocked where there is much.

        ``signed`` names the labels that are known to be 0 or 1.
        """
        rows = 0
        if self.count_at is not None:
            array, axis = self.count_at
            rows = np.shape(arguments[array])[axis]
        function = self._kernel(what, signed) if rows >= BLOCKED else None
        if function is None:
            function = self.program(what).function
        with np.errstate(**self.quiet):
            return function(**arguments)

    @cached_property
    def quiet(self) -> dict[str, Any]:
        """What NumPy need not warn of: e^{-large} is 0, and the branch that is not taken may be undefined."""
        choice = any(n.op in ("where", "step", "stop") for n in walk(self.root))
        known = ("over", "under", *(("invalid", "divide") if choice else ()))
        return dict.fromkeys(known, "ignore")

    def _kernel(self, what: str, labels: tuple[str, ...]) -> Any:
        """The blocked code where the labels are 0 or 1, or None where there is none."""
        found: dict[Any, Any] = self.__dict__.setdefault("_kernels", {})
        key = (what, labels)
        if key not in found:
            program = self.program(what)
            for name in labels:
                program = program.with_nodes(partial(signed_labels, self.graph, name))
            try:
                found[key] = load(Kernel(self.graph, program, self.sample).source, program.name)
            except NoKernel:
                found[key] = None
        return found[key]

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        """Data whose being 0 or 1 makes the work less."""
        wanted = [n for pieces in self.gradients.values() for _, n in pieces]
        return tuple(
            a.name for a in self.arguments.values()
            if a.shape == (self.sample_size,) and a.name not in self.wrt
            and signed_labels(self.graph, a.name, [self.root, *wanted]) != [self.root, *wanted]
        )

    def signed(self, arguments: Mapping[str, Any]) -> tuple[str, ...]:
        """The labels that hold nothing but 0 and 1."""
        return tuple(n for n in self._labels if _binary(arguments[self.arguments[n].python]))

    def hessian(self, arguments: Mapping[str, Any]) -> Any:
        """The Hessian at some arguments, a row for each entry of each parameter."""
        return hessian(self, [self.arguments[n].python for n in self.wrt], arguments)

    # Data given once

    def bind(self, blocks: Iterable[Mapping[str, Any]] | None = None, /, **data: Any) -> Bound:
        """The objective with its data, for many calls: ``g = f.bind(x=X, y=Y)``, then ``g(m=.., b=..)``.

        Losses that need the data only through finitely many sums read them once, here.  Arrays may be
        memory-mapped files.  Data that come in pieces are given as one iterable of dictionaries.
        """
        return Bound(self, blocks, data)

    def reduction(self, data: tuple[str, ...]) -> Reduced | None:
        """How the objective is computed from sums over these data, or None."""
        found: dict[tuple[str, ...], Reduced | None] = self.__dict__.setdefault("_reductions", {})
        if data not in found:
            shapes = {n: self.arguments[n].shape for n in data}
            polynomial = moments(self.graph, self.root, self.sample, shapes)
            found[data] = Reduced(self, polynomial, data) if polynomial and polynomial.sums else None
        return found[data]

    def judged(self, name: str, pieces: Pieces, origins: Mapping[str, Sequence[int]]) -> Verdict:
        """Are these pieces the derivative of the objective by a parameter?"""
        return judged(self.objective, {**self.origins, **origins}, name, self.axes[name], pieces)

    def written(self, node: Node) -> str:
        """A node in words, for messages."""
        return core.text(Writing(self.objective, self.origins, [node]).term(node)).replace("\\", "")

    def _about(self) -> str:
        shapes = "; ".join(f"{a.python} {_shape(a)}" for a in self.arguments.values() if a.shape)
        by = ", ".join(self.arguments[n].python for n in self.wrt)
        plain = (re.sub(r"(#|(?<=\w)')\d+", "", a) for a in self.verdict.assuming)
        assuming = ", ".join(dict.fromkeys(plain))
        told = "The gradient is the derivative, proved" + (f", assuming {assuming}" if assuming else "")
        if not self.verdict:
            told = f"Not proved: {self.verdict}"
        about = f"{self.formula}\n\n    and its gradient by {by}.  Shapes: {shapes}.\n    {told}.\n    "
        return about.replace("\\", "").replace('"', "'")  # nothing in it ends the docstring


Lengths = dict[str, tuple[int, int, str]]
"""The length of each axis by name, with the axis and the argument where it was seen first."""


def array_of(value: Any, argument: Argument, known: Lengths) -> Any:
    """One argument as an array of floats; ``known`` collects the lengths."""
    python, shape = argument.python, argument.shape
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # RuntimeError: a tensor that requires grad
        raise InputError(f"{python}: {error}") from None
    if array.dtype.kind != "f":
        if array.dtype.kind not in "biu":
            raise InputError(f"{python} must hold real numbers, not {array.dtype}")
        array = array.astype(float)
    if array.ndim != len(shape):
        wanted = f"have shape {_shape(argument)}" if shape else "be one number"
        raise InputError(f"{python} must {wanted}, but its shape is {array.shape}")
    for axis, length in enumerate(array.shape):
        size, here = shape[axis], (length, axis, python)
        if length < argument.least[axis]:
            raise InputError(f"{_seen(here)}, but its entry {argument.least[axis]} is read" if length
                             else f"{_seen(here)}: no data")
        if size.isdigit() and length != int(size):
            raise InputError(f"{_seen(here)}, but {size} is needed")
        if size and known.setdefault(size, here)[0] != length:
            raise InputError(f"{_seen(here)}, but {_seen(known[size])}")
    return array


def _seen(where: tuple[int, int, str]) -> str:
    return f"axis {where[1]} of {where[2]} has length {where[0]}"


def _shape(argument: Argument) -> str:
    return f"({', '.join(s or '..' for s in argument.shape)}{',' if len(argument.shape) == 1 else ''})"


def _listed(names: Sequence[str]) -> str:
    return f"argument {names[0]} is" if len(names) == 1 else f"arguments {', '.join(names)} are"


def identifier(name: str) -> str:
    """A page name as a Python name: the SymPy name where that is one.

    >>> identifier("\\\\theta"), identifier("x_{1}"), identifier("\\\\lambda"), identifier("\\\\hat{y}")
    ('theta', 'x_1', 'lambda_', 'yhat')
    """
    plain = re.sub(r"\W+", "_", sympy_name(name)).strip("_") or "a"
    if plain[0].isdigit():
        plain = f"a{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) or plain == "np" else plain


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
    reading = Reading(graph, objective, wrt)
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


def _axes(reading: Reading, shape: Sequence[str]) -> tuple[Index, ...]:
    """An axis for each axis of a parameter; two of one length get different levels."""
    out: list[Index] = []
    for size in shape:
        out.append(reading.index(size or "1", sum(1 for k in out if k.size == size)))
    return tuple(out)


def judged(
    objective: Core, origins: Mapping[str, Sequence[int]], name: str, axes: tuple[Index, ...], pieces: Pieces
) -> Verdict:
    """Are the pieces together the derivative of the objective as it was given, entry by entry?"""
    writing = Writing(objective, origins, [node for _, node in pieces], axes)
    entry = writing.place(name, axes)
    terms = []
    for spot, node in pieces:
        # A piece at a fixed position belongs to one entry only.
        fixed = [core.Delta(k, p) for k, p in zip(entry, writing.place(name, spot), strict=True) if k != p]
        terms.append(core.Mul((*fixed, writing.term(node))) if fixed else writing.term(node))
    total = terms[0] if len(terms) == 1 else core.Add(tuple(terms))
    return judge(core.D(objective, writing.entry(name, axes)), total)


def joined(verdicts: Iterable[Verdict]) -> Verdict:
    """Proved when all are; else the first that is not."""
    verdicts = list(verdicts)
    for v in verdicts:
        if not v:
            return v
    return Verdict("proved", tuple(dict.fromkeys(a for v in verdicts for a in v.assuming)))


def _binary(array: Any) -> bool:
    """Does the array hold nothing but 0 and 1?"""
    step = 1 << 15
    return all(((b == 0) | (b == 1)).all() for b in (array[n : n + step] for n in range(0, len(array), step)))

"""Code of an objective and its gradient: arguments checked, programs written, run on blocks of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from .. import core
from ..core import Core
from ..errors import InputError
from ..kernel.verdict import Condition, Demand, Verdict
from ..names import Fresh, letter_of
from ..prover import conjunction, judge
from .arguments import Argument, Lengths, array_of, identifier, seen, shape_text
from .blocks import NotBlockwise, blockwise
from .evaluation import hessian
from .from_core import ToCore, sample_size
from .gradient import Pieces, gradient
from .graph import Graph, Index, Node, signed_labels, walk
from .program import Output, Program, load

BLOCKED = 256
"""From so many samples on, arrays are worked on in blocks."""


@dataclass(frozen=True)
class Code:
    """An objective and its gradient as graphs, and the NumPy code that computes them.

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

    @property
    def verdict(self) -> Verdict:
        """Is every component of the emitted gradient proved?"""
        return conjunction(self.verdicts.values())

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
                raise InputError(f"{key} is {values[key]}, but {seen(known[lengths[key]])}")

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
        function = self._blockwise(what, signed) if rows >= BLOCKED else None
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

    def _blockwise(self, what: str, labels: tuple[str, ...]) -> Any:
        """The blocked code where the labels are 0 or 1, or None where there is none."""
        found: dict[Any, Any] = self.__dict__.setdefault("_blockwise_code", {})
        key = (what, labels)
        if key not in found:
            program = self.program(what)
            for name in labels:
                program = program.with_nodes(partial(signed_labels, self.graph, name))
            try:
                found[key] = load(blockwise(self.graph, program, self.sample), program.name)
            except NotBlockwise:
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

    def written(self, node: Node) -> str:
        """A node in words, for messages."""
        return core.text(ToCore(self.objective, self.origins, [node]).term(node)).replace("\\", "")

    def _about(self) -> str:
        shapes = "; ".join(f"{a.python} {shape_text(a)}" for a in self.arguments.values() if a.shape)
        by = ", ".join(self.arguments[n].python for n in self.wrt)
        verdict = self.verdict
        assuming = ", ".join(replace(verdict, conditions=tuple(map(_lettered, verdict.conditions))).assuming)
        told = "The gradient is the derivative, proved" + (f", assuming {assuming}" if assuming else "")
        if not self.verdict:
            told = f"Not proved: {self.verdict}"
        about = f"{self.formula}\n\n    and its gradient by {by}.  Shapes: {shapes}.\n    {told}.\n    "
        return about.replace("\\", "").replace('"', "'")  # nothing in it ends the docstring


def _lettered(condition: Condition) -> Condition:
    """What is demanded of every i#3 and i'3, as of i."""
    if not isinstance(condition, Demand):
        return condition
    term = condition.term
    for k in {t for t in core.walk(term) if isinstance(t, core.Sym) and isinstance(t.name, Fresh)}:
        term = core.rename(term, k, core.Sym(letter_of(k.name), k.sort))
    return replace(condition, term=term)


def _listed(names: Sequence[str]) -> str:
    return f"argument {names[0]} is" if len(names) == 1 else f"arguments {', '.join(names)} are"


def judged(
    objective: Core, origins: Mapping[str, Sequence[int]], name: str, axes: tuple[Index, ...], pieces: Pieces
) -> Verdict:
    """Are the pieces together the derivative of the objective as it was given, entry by entry?"""
    writing = ToCore(objective, origins, [node for _, node in pieces], axes)
    entry = writing.place(name, axes)
    terms = []
    for spot, node in pieces:
        # A piece at a fixed position belongs to one entry only.
        fixed = [core.Delta(k, p) for k, p in zip(entry, writing.place(name, spot), strict=True) if k != p]
        terms.append(core.Mul((*fixed, writing.term(node))) if fixed else writing.term(node))
    total = terms[0] if len(terms) == 1 else core.Add(tuple(terms))
    return judge(core.D(objective, writing.entry(name, axes)), total)


def _binary(array: Any) -> bool:
    """Does the array hold nothing but 0 and 1?"""
    step = 1 << 15
    return all(((b == 0) | (b == 1)).all() for b in (array[n : n + step] for n in range(0, len(array), step)))

"""Bound: the data are given once, and each later call only costs what the parameters change.

Where the loss needs the data only through finitely many sums (:mod:`.moments`) these are computed once, and
a gradient costs the same whatever the number of samples.  Other losses run block by block.  Data that do
not fit into memory come in blocks: the sums over all samples are the sums of the blocks' sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import InputError
from ..kernel.verdict import Verdict
from ..notebook import Displayed
from .arguments import Argument, Lengths
from .blocks import NotBlockwise, blockwise
from .code import Code, judged
from .dask_sums import DaskArrays, described, is_dask
from .evaluation import Evaluation, hessian
from .gradient import gradient
from .graph import Graph, Index, Node, walk
from .moments import COUNT, Moments, moments
from .program import Output, Program, flat, load

Arrays = Mapping[str, Any]
Blocks = Iterable[Arrays] | DaskArrays


@dataclass(frozen=True)
class Split:
    """A program in two parts: ``partial`` gives a block's part of every sum over samples, ``rest`` the rest.

    ``source`` is that of ``partial``, ``names`` are what ``rest`` calls the sums and ``count`` the number of
    samples.
    """

    source: str
    rest: Program
    names: Sequence[str]
    count: str
    count_at: tuple[str, int] | None
    lengths: Mapping[str, tuple[str, str, int]]

    @cached_property
    def partial(self) -> Callable[..., Any]:
        return load(self.source, "partial")

    def __call__(self, blocks: Blocks, parameters: Arrays) -> Any:
        total, known = _added(self, blocks, parameters)
        own = {k: v for k, v in parameters.items() if k in {a.python for a in self.rest.arguments.values()}}
        return self.rest.function(**dict(zip(self.names, total, strict=True)),
                                  **{self.count: known.pop("")}, **known, **own)


def split(f: Code, program: Program) -> Split:
    """The program in two parts; raises NotBlockwise where a sum over samples needs another one."""
    g, sample = f.graph, f.sample
    nodes = walk(*(n for o in flat(program.outputs) for n in o.nodes))
    found = [n for n in nodes if n.op == "sum" and n.value == sample]
    for n in walk(*(s.args[0] for s in found)):
        if n in found or (n.op == "size" and n.value == sample.size):
            raise NotBlockwise
    source = _partial(f, f.arguments, [(s.indices, s) for s in found]) if found else _NOTHING
    leaves = {s: (f"sum {k}", s.indices) for k, s in enumerate(found, 1)}
    whole = {n: a for n, a in f.arguments.items() if sample.size not in a.shape}
    arguments, lengths = _arguments(f, dict(leaves.values()), whole, {})
    done = {s: g.leaf(*leaf) for s, leaf in leaves.items()}
    rest = program.with_nodes(lambda nodes: [_replaced(g, n, done, sample) for n in nodes])
    sizes = {s: p for s, p in f.sizes.items() if s != sample.size}
    names = [arguments[name].python for name, _ in leaves.values()]
    rest = replace(rest, arguments=arguments, sizes=sizes)
    return Split(source, rest, names, arguments[COUNT].python, f.count_at, lengths)


_NOTHING = "def partial(**_):\n    return []\n"


def _partial(
    f: Code, arguments: Mapping[str, Argument], sums: Iterable[tuple[tuple[Index, ...], Node]]
) -> str:
    """Source of a function that gives a block's part of every sum."""
    parts = tuple(Output(f"d{k}", [(axes, node)], axes) for k, (axes, node) in enumerate(sums, 1))
    return blockwise(f.graph, Program("partial", arguments, f.sizes, (parts,)), f.sample)


def _arguments(
    f: Code, sums: Mapping[str, Sequence[Index]], others: Mapping[str, Argument],
    centers: Mapping[str, Argument],
) -> tuple[dict[str, Argument], dict[str, tuple[str, str, int]]]:
    """The arguments of what is computed from sums, and the lengths that only the data tell.

    No argument of the user's begins with an underscore.
    """
    arguments = {
        **{name: Argument(name, f"_s{k}", tuple(i.size for i in place))
           for k, (name, place) in enumerate(sums.items(), 1)},
        **centers,
        COUNT: Argument(COUNT, f.sizes[f.sample.size], ()),
        **others,
    }
    lengths = _lost(f, arguments)
    return {**arguments, **{s: Argument(s, f.sizes[s], ()) for s in lengths}}, lengths


class Reduced:
    """An objective through sums over the data, for one choice of what is data.

    ``partial`` takes a block of the data and gives its part of every sum; ``program`` takes the sums.
    """

    def __init__(self, f: Code, found: Moments, data: Sequence[str]) -> None:
        self.f, self.found = f, found
        blocked = {n: f.arguments[n] for n in data}
        self.centers = {
            c: Argument(c, f"_first_{blocked[n].python}", _without(blocked[n].shape, f.row_axis(n)))
            for n, c in found.centers.items()
        }
        sums = [(found.places[name], node) for name, node in found.sums.items()]
        self.source = _partial(f, {**blocked, **self.centers}, sums)
        others = {n: a for n, a in f.arguments.items() if n not in blocked}
        places = {name: found.places[name] for name in found.sums}
        self.arguments, self.lengths = _arguments(f, places, others, self.centers)
        self.count_at = f.count_at
        self.gradients = {n: gradient(f.graph, found.root, n, f.axes[n]) for n in f.wrt}
        self._programs: dict[str, Program] = {}

    @cached_property
    def partial(self) -> Callable[..., Any]:
        return load(self.source, "partial")

    def state(self, blocks: Blocks) -> dict[str, Any]:
        """What the programs need of the data: the sums, the centers, the number of samples."""
        if isinstance(blocks, DaskArrays):
            first: Arrays = blocks.first()
        else:
            rest = iter(blocks)
            first = next(rest, {})
            if not first:
                raise InputError(f"{self.f.name}: no data")
            blocks = _chained(first, rest)
        f = self.f
        centers = {
            a.python: np.take(first[f.arguments[n].python], 0, f.row_axis(n))
            for n, a in zip(self.found.centers, self.centers.values(), strict=True)
        }
        total, known = _added(self, blocks, centers)
        sums = {self.arguments[name].python: s for name, s in zip(self.found.sums, total, strict=True)}
        out = {**sums, **centers, self.arguments[COUNT].python: known.pop(""), **known}
        return {k: np.asarray(v, float) if np.ndim(v) else float(v) for k, v in out.items()}

    def run(self, what: str, arguments: Arrays) -> Any:
        """What a program gives at some sums and parameters."""
        return self.program(what).function(**arguments)

    def program(self, what: str) -> Program:
        """The code for "value", "gradient", "both" or "product" from the sums."""
        if what not in self._programs:
            sizes = {s: p for s, p in self.f.sizes.items() if s != self.f.sample.size}
            self._programs[what] = self.f.program_of(
                what, self.found.root, self.gradients, self.arguments, sizes
            )
        return self._programs[what]

    @cached_property
    def quadratic(self) -> bool:
        """Is the objective a polynomial of degree two in its parameters?"""
        nodes = walk(*(n for o in flat(self.program("product").outputs) for n in o.nodes))
        return not any(n.op == "leaf" and n.value[0] in self.f.wrt for n in nodes)

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Is the gradient from the sums proved equal to the derivative, whatever the data are shifted by?"""
        g, found = self.f.graph, self.found

        def opened(node: Node) -> Node:
            known: dict[Node, Node] = {}
            for n in walk(node):
                if n.op == "leaf" and n.value[0] in found.sums:
                    total, place = found.sums[n.value[0]], found.places[n.value[0]]
                    known[n] = g.rename(total, dict(zip(place, n.value[1], strict=True)))
                elif n.op == "leaf" and n.value[0] == COUNT:
                    known[n] = g.size(self.f.sample.size)
                else:
                    known[n] = g.rebuild(n, [known[a] for a in n.args])
            return known[node]

        f = self.f
        centers = {c: _without(f.origins[n], f.row_axis(n)) for n, c in found.centers.items()}
        origins = {**f.origins, **centers}
        return {
            n: judged(f.objective, origins, n, f.axes[n], [(spot, opened(node)) for spot, node in pieces])
            for n, pieces in self.gradients.items()
        }


def reduction(f: Code) -> Reduced | None:
    """How the objective is computed from sums over its data, or None where finitely many do not suffice."""
    data = [a.name for a in f.arguments.values() if a.name not in f.wrt and f.sample_size in a.shape]
    found = moments(f.graph, f.root, f.sample, {n: f.arguments[n].shape for n in data}) if data else None
    return Reduced(f, found, data) if found and found.sums else None


def _replaced(g: Graph, node: Node, done: dict[Node, Node], sample: Index) -> Node:
    """The node with what is ``done`` put in, and the number of samples an argument."""
    for n in walk(node, stop=done):
        if n not in done:
            size = n.op == "size" and n.value == sample.size
            done[n] = g.leaf(COUNT) if size else g.rebuild(n, [done[a] for a in n.args])
    return done[node]


def _without(values: Sequence[Any], axis: int) -> tuple[Any, ...]:
    return (*values[:axis], *values[axis + 1 :])


def _lost(f: Code, arguments: Mapping[str, Argument]) -> dict[str, tuple[str, str, int]]:
    """Lengths of axes that only the data tell: their names, and where to read them."""
    shown = {s for a in arguments.values() for s in a.shape} | set(arguments) | {f.sample.size}
    return {
        s: (python, a.python, a.shape.index(s))
        for s, python in f.sizes.items() if s not in shown
        for a in [next(a for a in f.arguments.values() if s in a.shape)]
    }


def _added(parts: Split | Reduced, blocks: Blocks, other: Arrays) -> tuple[list[Any], dict[str, Any]]:
    """The blocks' parts added up; the lengths by name, and the number of samples under ""."""
    lengths = parts.lengths
    if isinstance(blocks, DaskArrays):
        shapes = blocks.shapes
        told = {python: shapes[array][axis] for python, array, axis in lengths.values()}
        return blocks.added(parts.source, other), {"": next(iter(shapes.values()))[0], **told}
    total: list[Any] = []
    known: dict[str, Any] = {"": 0}
    counted = parts.count_at
    assert counted is not None  # what has no data has no blocks
    for block in blocks:
        part = parts.partial(**block, **other)
        array, axis = counted
        total = [s + t for s, t in zip(total, part, strict=True)] if total else list(part)
        known[""] += np.shape(block[array])[axis]
        known.update({python: np.shape(block[array])[axis] for python, array, axis in lengths.values()})
    return total, known


def _chained(first: Arrays, rest: Iterable[Arrays]) -> Iterator[Arrays]:
    yield first
    yield from rest


@dataclass(frozen=True)
class Descent:
    """Where gradient descent ended: the parameters by name, after so many steps."""

    parameters: Mapping[str, Any]
    steps: int


class Bound(Displayed):
    """An objective with its data (and hyperparameters, if given): call it with the rest by keyword.

    >>> from symgrad.numeric import compile
    >>> from symgrad.losses.library import PROBLEMS
    >>> g = compile(PROBLEMS["linear-regression"]()).bind(x=[1., 2., 3.], y=[2., 4., 7.])
    >>> [round(float(d), 12) for d in g(m=2., b=0.).gradient]
    [-2.0, -0.666666666667]
    >>> end = g.descend({"m": 0., "b": 0.}, rate=0.05, steps=10**5)
    >>> {k: round(float(v), 6) for k, v in end.parameters.items()}
    {'m': 2.5, 'b': -0.666667}
    """

    def __init__(
        self, f: Code, reduced: Reduced | None, blocks: Iterable[Arrays] | None, data: Arrays
    ) -> None:
        self.f, self.reduced = f, reduced
        outside = {a.python: a for a in f.arguments.values() if a.name not in f.wrt}
        rows = {k: a for k, a in outside.items() if f.sample.size in a.shape}
        given = {k: v for k, v in data.items() if k in rows}
        settled = {k: v for k, v in data.items() if k not in rows}
        _refuse(f, outside, rows, blocks, data)
        self._lengths: Lengths = {}
        self._blocks, self._data, self.dtype = self._source(rows, given, blocks)
        self._settled, _ = f.checked(settled, {k: outside[k] for k in settled}, self._lengths, self.dtype)
        self._open = {a.python: a for a in f.arguments.values() if a.python not in {*rows, *settled}}
        self._signed = f.signed(self._data) if self._data else ()
        self._splits: dict[str, Split] = {}
        self._state: dict[str, Any] = {}
        if self.reduced is not None:
            self._state = self.reduced.state(self._blocks)
            self._blocks, self._data = (), {}

    def _source(
        self, rows: Mapping[str, Argument], given: Arrays, blocks: Iterable[Arrays] | None
    ) -> tuple[Blocks, dict[str, Any], Any]:
        """The data in blocks, the arrays if they are given whole, and their floating type."""
        if blocks is not None:
            return _Blocks(self, rows, blocks), {}, np.dtype(float)
        if any(map(is_dask, given.values())):
            _, dtype = self.f.checked({k: described(v) for k, v in given.items()}, rows, self._lengths)
            if any(a.shape[0] != self.f.sample.size for a in rows.values()):
                raise InputError("bind: a dask array must have the samples along its first axis")
            return DaskArrays(given, dtype), {}, dtype
        data, dtype = self.f.checked(given, rows, self._lengths)
        return [data] if rows else (), data, dtype

    @property
    def verdict(self) -> Verdict:
        """What is known of the gradient as it is computed here."""
        if self.reduced is None:
            return self.f.verdict
        return next((v for v in self.reduced.verdicts.values() if not v), self.f.verdict)

    def __repr__(self) -> str:
        how = f"{len(self.reduced.found.sums)} sums" if self.reduced else "blocks of rows"
        return f"<{self.f.name} with its data, from {how}>"

    def __call__(self, **parameters: Any) -> Evaluation:
        return Evaluation(self, self._checked(parameters))

    def _checked(self, parameters: Arrays) -> dict[str, Any]:
        return self.f.checked(parameters, self._open, dict(self._lengths), self.dtype)[0]

    def run(self, what: str, parameters: Arrays) -> Any:
        """The "value", "gradient", "both" or "product" at some parameters."""
        parameters = {**self._settled, **parameters}
        if self.reduced is None and (self._data or not self._blocks):
            return self.f.run(what, {**self._data, **parameters}, self._signed)
        with np.errstate(**self.f.quiet):
            if self.reduced is not None:
                return self._cast(self.reduced.run(what, {**self._state, **parameters}))
            if what not in self._splits:
                try:
                    self._splits[what] = split(self.f, self.f.program(what))
                except NotBlockwise:
                    raise InputError(f"{self.f.name} needs all samples at once: bind arrays") from None
            return self._cast(self._splits[what](self._blocks, parameters))

    def _cast(self, result: Any) -> Any:
        if isinstance(result, tuple):
            return tuple(self._cast(r) for r in result)
        return np.asarray(result, self.dtype)[()]

    def hessian(self, parameters: Arrays) -> Any:
        return hessian(self, [self.f.arguments[n].python for n in self.f.wrt], parameters)

    def descend(
        self,
        start: Mapping[str, Any],
        rate: float,
        steps: int,
        tol: float = 0.0,
        progress: Callable[[int, Mapping[str, Any]], None] | None = None,
        **hyperparameters: Any,
    ) -> Descent:
        """``steps`` steps θ ← θ - rate · ∇J(θ) from ``start``; fewer once no entry moves more than ``tol``.

        For a loss that is quadratic in its parameters the iterates have a closed form, in the eigenvectors of
        the Hessian, and the last one is computed at once.  ``progress`` is called with the number of steps
        done and the parameters, about a hundred times.
        """
        if steps < 0 or not rate > 0:
            raise InputError("descend needs a positive rate and a number of steps")
        names = [self.f.arguments[n].python for n in self.f.wrt]
        values = self._checked({**start, **hyperparameters})
        if self.reduced is not None and self.reduced.quadratic and progress is None:
            done = self._jump(names, values, rate, steps, tol)
        else:
            done = self._walk(names, values, rate, steps, tol, progress)
        return Descent({n: values[n] for n in names}, done)

    def _walk(
        self, names: Sequence[str], values: dict[str, Any], rate: float, steps: int, tol: float, progress: Any
    ) -> int:
        every = max(1, steps // 100)
        for n in range(steps):
            moves = [rate * g for g in self.run("gradient", values)]
            for name, move in zip(names, moves, strict=True):
                values[name] = values[name] - move
            if progress is not None and (n + 1) % every == 0:
                progress(n + 1, {k: values[k] for k in names})
            if tol and max(np.max(np.abs(m)) for m in moves) <= tol:
                return n + 1
        return steps

    def _jump(self, names: Sequence[str], values: dict[str, Any], rate: float, steps: int, tol: float) -> int:
        """θ_n = θ_0 - Σ_{j<n} (1 - rate·H)^j rate·∇J(θ_0), summed in the eigenvectors of H."""
        assert self.reduced is not None
        state = {**self._state, **self._settled, **values}
        slope = np.concatenate([np.ravel(g) for g in self.reduced.run("gradient", state)])
        curvature, basis = np.linalg.eigh(hessian(self.reduced, names, state))
        along = basis.T @ slope

        def move(n: int) -> Any:
            """How far step n + 1 goes."""
            return rate * (basis @ ((1 - rate * curvature) ** n * along))

        if tol:
            low, high = 0, steps
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if np.max(np.abs(move(middle))) <= tol else (middle + 1, high)
            steps = min(steps, low + 1)
        shrink = 1 - rate * curvature
        with np.errstate(all="ignore"):
            ahead = np.where(shrink > 0, -np.expm1(steps * np.log1p(-rate * curvature)), 1 - shrink**steps)
            factor = np.where(curvature == 0, steps * rate, ahead / curvature)
            moved = basis @ (factor * along)  # inf or nan where descent diverges
        end = np.concatenate([np.ravel(values[n]) for n in names]) - moved
        at = 0
        for n in names:
            size = np.size(values[n])
            values[n] = np.asarray(end[at : at + size], self.dtype).reshape(np.shape(values[n]))[()]
            at += size
        return steps


def _refuse(
    f: Code, outside: Mapping[str, Argument], rows: Mapping[str, Argument], blocks: Iterable[Arrays] | None,
    data: Arrays,
) -> None:
    """Say what is wrong with the names of the data, or with giving them in pieces."""
    for name in data:
        if name not in outside or (blocks is not None and name in rows):
            known = ", ".join(rows) or "none"
            raise InputError(f"bind: {f.name} has no data {name!r}; its data are {known}")
    missing = [k for k in rows if k not in data]
    if missing and blocks is None:
        raise InputError(f"bind: the data {', '.join(missing)} are missing")
    if blocks is not None and not rows:
        raise InputError(f"bind: {f.name} has no data, so it takes no blocks")
    pieces = blocks is not None or any(is_dask(data[k]) for k in rows)
    if pieces and any(f.sample.size in f.arguments[n].shape for n in f.wrt):
        raise InputError(f"bind: {f.name} has a parameter for every sample: its data must be arrays")


class _Blocks:
    """Blocks of data, each checked when it comes."""

    def __init__(self, bound: Bound, given: Mapping[str, Argument], blocks: Iterable[Arrays]) -> None:
        self.bound, self.given, self.blocks = bound, given, blocks
        self.spent = False

    def __iter__(self) -> Iterator[Arrays]:
        if self.spent and iter(self.blocks) is self.blocks:
            raise InputError("the blocks were read already: this loss reads them for every gradient, so "
                             "bind a list or another iterable that can be read again")
        self.spent = True
        f = self.bound.f
        for block in self.blocks:
            known = {s: v for s, v in self.bound._lengths.items() if s != f.sample.size}
            yield f.checked(block, self.given, known)[0]
            self.bound._lengths.update({s: v for s, v in known.items() if s != f.sample.size})

"""``symgrad.compile``: from an objective to NumPy code for its value and its proved gradient."""

from __future__ import annotations

import keyword
import linecache
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from .. import core
from ..bridge import page_name, sympy_name
from ..core import Core
from ..errors import InputError, UnknownMeaning
from ..kernel import judge
from ..problems import Objective
from ..verdict import Verdict
from .backward import Pieces, gradient
from .emit import HELPERS, Argument, Emitter
from .graph import Graph, Index, Node, Reading, place_core, to_core, walk
from .meaning import meaning


class Evaluation:
    """The objective at one point: ``.value``, ``.gradient``; unpacks as value, gradient.

    Each is computed when it is first asked for (parameters are copied, data are not).
    """

    def __init__(self, compiled: Compiled, arguments: Mapping[str, Any]) -> None:
        self._compiled, self._arguments = compiled, arguments

    @cached_property
    def _both(self) -> tuple[Any, tuple[Any, ...]]:
        value, gradient = self._compiled.run("both", self._arguments)
        return value, gradient

    @cached_property
    def value(self) -> Any:
        """The objective."""
        return self._both[0] if "_both" in self.__dict__ else self._compiled.run("value", self._arguments)

    @cached_property
    def gradient(self) -> tuple[Any, ...]:
        """Its derivatives, in the order of ``wrt``; each has the shape of its parameter."""
        if "_both" in self.__dict__:
            return self._both[1]
        return tuple(self._compiled.run("gradient", self._arguments))

    def __iter__(self) -> Iterator[Any]:
        yield from self._both

    def __repr__(self) -> str:
        return f"Evaluation(value={self.value!r}, gradient={self.gradient!r})"


@dataclass(frozen=True)
class Compiled:
    """An objective as NumPy code.  Call it with every argument by keyword.

    ``wrt`` names the parameters in the order of the gradient, ``arguments`` all arguments with their shapes
    and ``verdicts`` says for each parameter whether the emitted gradient is proved equal to the derivative
    of the objective.
    """

    name: str
    objective: Core
    wrt: tuple[str, ...]
    graph: Graph
    root: Node
    gradients: Mapping[str, Pieces]
    arguments: Mapping[str, Argument]
    axes: Mapping[str, tuple[Index, ...]]
    verdicts: Mapping[str, Verdict]

    def __call__(self, **values: Any) -> Evaluation:
        return Evaluation(self, self.checked(values))

    @property
    def verdict(self) -> Verdict:
        """Is every component of the emitted gradient proved?"""
        for v in self.verdicts.values():
            if not v:
                return v
        return Verdict("proved", tuple(dict.fromkeys(a for v in self.verdicts.values() for a in v.assuming)))

    # Arguments

    def checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as arrays and numbers of one floating type, their shapes found consistent."""
        names = {a.python: a for a in self.arguments.values()}
        sizes: dict[str, tuple[int, str]] = {}
        for key in values:
            if key not in names and key not in self._sizes:
                raise InputError(f"{self.name} has no argument {key!r}; it has {', '.join(names)}")
        missing = [n for n in names if n not in values]
        if missing:
            raise InputError(f"{self.name}: {_listed(missing)} missing")
        arrays: dict[str, Any] = {}
        for python, argument in names.items():
            arrays[python] = _array(python, values[python], argument, sizes)
        for key, size in self._sizes.items():
            if key in values and size in sizes and values[key] != sizes[size][0]:
                raise InputError(f"{key} is {values[key]}, but {sizes[size][1]}")
        kinds = [a.dtype for a in arrays.values() if a.ndim] or [np.dtype(float)]
        kind = np.result_type(*kinds)
        return {k: a.astype(kind, copy=False) if a.ndim else kind.type(a) for k, a in arrays.items()}

    @cached_property
    def _sizes(self) -> dict[str, str]:
        """Lengths of axes by their name in Python."""
        found = dict.fromkeys(s for a in self.arguments.values() for s in a.shape if s and not s.isdigit())
        return {identifier(s): s for s in found}

    # Code

    @cached_property
    def source(self) -> str:
        """A function that stands alone and returns (value, (derivatives..))."""
        return self._write("both")

    def _write(self, what: str) -> str:
        sizes = {size: python for python, size in self._sizes.items()}
        emitter = Emitter(self.arguments, sizes)
        wanted = [] if what == "gradient" else [self.root]
        if what != "value":
            wanted += [n for pieces in self.gradients.values() for _, n in pieces]
        emitter.share(wanted)
        value = emitter.text(self.root, 0) if what != "gradient" else ""
        parts = [] if what == "value" else [self._assembled(emitter, name) for name in self.wrt]
        gradient = f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        result = {"value": value, "gradient": gradient, "both": f"{value}, {gradient}"}[what]
        body = [*self._lengths(emitter, wanted), *emitter.lines, f"return {result}"]
        names = ", ".join(a.python for a in self.arguments.values())
        title = {"both": "loss_and_gradient"}.get(what, what)
        head = f'def {title}(*, {names}):\n    """{self._docstring()}\n    """\n'
        helpers = "".join(HELPERS[h] + "\n" for h in sorted(emitter.helpers))
        return f"import numpy as np\n\n{helpers}\n{head}" + "".join(f"    {line}\n" for line in body)

    def _docstring(self) -> str:
        shapes = "; ".join(f"{a.python} {_shape(a)}" for a in self.arguments.values() if a.shape)
        by = ", ".join(self.arguments[n].python for n in self.wrt)
        formula = core.text(self.objective).replace("\\", "")
        return f"{formula}\n\n    and its gradient by {by}.  Shapes: {shapes}."

    def _lengths(self, emitter: Emitter, wanted: Sequence[Node]) -> list[str]:
        used = {n.value for n in walk(*wanted) if n.op == "size"} | emitter.sizes_used
        out = []
        for python, size in self._sizes.items():
            if size in used:
                a = next(a for a in self.arguments.values() if size in a.shape)
                axis = a.shape.index(size)
                length = f"len({a.python})" if axis == 0 else f"{a.python}.shape[{axis}]"
                out.append(f"{python} = {length}")
        return out

    def _assembled(self, emitter: Emitter, name: str) -> str:
        pieces, axes = self.gradients[name], self.axes[name]
        argument = self.arguments[name]
        if len(pieces) == 1 and pieces[0][0] == axes:
            node = pieces[0][1]
            if node.indices == axes:
                return emitter.text(node, 0)
            if node.indices == axes[::-1]:
                return f"{emitter.text(node, 4)}.T"
        out = emitter.fresh(f"d_{argument.python}")
        emitter.lines.append(f"{out} = np.zeros_like({argument.python})")
        for spot, node in pieces:
            at = ", ".join(":" if isinstance(k, Index) else str(k - 1) for k in spot)
            own = sorted(k for k in spot if isinstance(k, Index))
            order = tuple(own.index(k) for k in spot if isinstance(k, Index))
            target = f"{out}[{at}]" if at else out
            if order != tuple(range(len(order))):
                target = f"np.transpose({target}, {tuple(order.index(n) for n in range(len(order)))})"
                emitter.lines.append(f"np.add({target}, {emitter.aligned(node, own, 0)}, out={target})")
            else:
                emitter.lines.append(f"{target} += {emitter.aligned(node, own, 0)}")
        return out

    def run(self, what: str, arguments: Mapping[str, Any]) -> Any:
        """Call the emitted code for "value", "gradient" or "both"."""
        with np.errstate(over="ignore", under="ignore"):
            return self._function(what)(**arguments)

    def _function(self, what: str) -> Any:
        cache: dict[str, Any] = self.__dict__.setdefault("_functions", {})
        if what not in cache:
            source = self._write(what)
            filename = f"<symgrad {self.name} {what} {id(self)}>"
            linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
            space: dict[str, Any] = {}
            # The source is our own, made from a checked graph; names in it are identifiers that we chose.
            exec(compile_source(source, filename, "exec"), space)
            cache[what] = space[{"both": "loss_and_gradient"}.get(what, what)]
        return cache[what]


compile_source = compile


def _array(python: str, value: Any, argument: Argument, sizes: dict[str, tuple[int, str]]) -> Any:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"{python}: {error}") from None
    if array.dtype.kind in "biu":
        array = array.astype(float)
    if array.dtype.kind != "f":
        raise InputError(f"{python} must hold real numbers, not {array.dtype}")
    if array.ndim != len(argument.shape):
        wanted = f"have shape {_shape(argument)}" if argument.shape else "be one number"
        raise InputError(f"{python} must {wanted}, but its shape is {array.shape}")
    for axis, (size, length) in enumerate(zip(argument.shape, array.shape, strict=True)):
        if not size:
            continue
        told = f"axis {axis} of {python} has length {length}"
        if length == 0:
            raise InputError(f"{told}: no data")
        known, source = sizes.setdefault(size, (int(size) if size.isdigit() else length, told))
        if known != length:
            raise InputError(f"{told}, but " + (f"{size} is needed" if size.isdigit() else source))
    return array


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


def compile(what: Any, wrt: Any = None) -> Compiled:
    """NumPy code for an objective and its gradient by ``wrt`` (all its parameters if not given).

    >>> from symgrad.problems import PROBLEMS
    >>> f = compile(PROBLEMS["linear-regression"](), ("m", "b"))
    >>> value, gradient = f(x=[1., 2., 3.], y=[2., 4., 7.], m=2., b=0.)
    >>> round(float(value), 12), [round(float(g), 12) for g in gradient]
    (0.333333333333, [-2.0, -0.666666666667])
    >>> f.verdict.status
    'proved'
    """
    if isinstance(what, Objective):
        name, expr = what.name, what.unfolded
        parameters = what.parameters if wrt is None else _sequence(wrt)
        parameters = [what.parameter(p) if isinstance(p, str) else p for p in parameters]
    elif isinstance(what, sympy.Expr):
        if wrt is None:
            raise InputError("say which symbols to differentiate by: compile(expr, wrt=(m, b))")
        name, expr, parameters = "the objective", what, list(_sequence(wrt))
    else:
        raise InputError(f"compile takes an Objective or a SymPy expression, not {type(what).__name__}")
    names = tuple(page_name(str(getattr(p, "label", p))) for p in parameters)
    return build(name, meaning(expr), names)


def _sequence(wrt: Any) -> Sequence[Any]:
    return (wrt,) if isinstance(wrt, str | sympy.Basic) else tuple(wrt)


def build(name: str, objective: Core, wrt: tuple[str, ...]) -> Compiled:
    """Compile a core term."""
    graph = Graph()
    reading = Reading(graph, objective)
    root = reading.node(objective)
    if root.indices:
        raise InputError(f"{name}: the objective is not one number")
    rank = {n: k for k, n in enumerate(wrt, 1)}
    order = sorted(reading.shapes, key=lambda n: (rank.get(n, 0), not reading.shapes[n]))
    arguments: dict[str, Argument] = {}
    for n in order:
        python = identifier(n)
        if any(a.python == python for a in arguments.values()):
            raise InputError(f"{name}: two arguments would be called {python} in Python: rename one")
        arguments[n] = Argument(n, python, tuple(reading.shapes[n]))
    gradients: dict[str, Pieces] = {}
    verdicts: dict[str, Verdict] = {}
    axes: dict[str, tuple[Index, ...]] = {}
    for n in wrt:
        if n not in arguments:
            raise InputError(f"{name} does not depend on {n}")
        axes[n] = _axes(reading, arguments[n].shape)
        gradients[n] = gradient(graph, root, n, axes[n])
        verdicts[n] = _judged(objective, n, axes[n], gradients[n])
        if verdicts[n].status == "refuted":
            raise UnknownMeaning(f"{name}: the gradient by {n} came out wrong, {verdicts[n]}")
    return Compiled(name, objective, wrt, graph, root, gradients, arguments, axes, verdicts)


def _letters(objective: Core, indices: Iterable[Index]) -> dict[Index, str]:
    """An index letter for every axis, none of which the objective uses."""
    used = {t.name for t in core.walk(objective) if isinstance(t, core.Sym | core.Ref)}
    out: dict[Index, str] = {}
    for k in sorted(indices):
        stem = "ijklpqrstuv"[len(out) % 11]
        name = stem
        while name in used:
            name += "'"
        out[k] = name
        used.add(name)
    return out


def _axes(reading: Reading, shape: Sequence[str]) -> tuple[Index, ...]:
    """An axis for each axis of a parameter; two of one length get different levels."""
    out: list[Index] = []
    for size in shape:
        out.append(reading.index(size or "1", sum(1 for k in out if k.size == size)))
    return tuple(out)


def _judged(objective: Core, name: str, axes: Sequence[Index], pieces: Pieces) -> Verdict:
    """Is what was found the derivative of the objective as it was given?"""
    nodes = walk(*(node for _, node in pieces))
    letters = _letters(objective, {*axes, *(k for n in nodes for k in n.indices)})
    result: list[Verdict] = []
    for spot, node in pieces:
        place = place_core(spot, letters)
        variable: Core = core.Ref(name, place) if place else core.Sym(name)
        result.append(judge(core.D(objective, variable), to_core(node, letters)))
    undecided = [v for v in result if not v]
    if undecided:
        return undecided[0]
    return Verdict("proved", tuple(dict.fromkeys(a for v in result for a in v.assuming)))

"""Program: the values of some nodes as one Python function, written, read and run."""

from __future__ import annotations

import linecache
from builtins import compile as compile_python
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Any

from .arguments import Argument
from .emit import HELPERS, Emitter
from .gradient import Pieces
from .graph import Index, Node, walk


@dataclass(frozen=True)
class Output:
    """What a program returns: a number, or the array by an argument that is put together from pieces."""

    name: str
    pieces: Pieces
    axes: tuple[Index, ...] = ()
    like: str = ""

    @property
    def nodes(self) -> list[Node]:
        return [node for _, node in self.pieces]


@dataclass(frozen=True)
class Program:
    """A function of ``arguments`` by keyword that returns the outputs, a lone one by itself.

    ``sizes`` gives the Python name of every length; ``about`` is the docstring.
    """

    name: str
    arguments: Mapping[str, Argument]
    sizes: Mapping[str, str]
    outputs: Sequence[Output | tuple[Output, ...]]
    about: str = ""

    @cached_property
    def source(self) -> str:
        """The function and what it needs, standing alone."""
        emitter = Emitter(self.arguments, self.sizes)
        wanted = [n for o in flat(self.outputs) for n in o.nodes]
        used = {n.value for n in walk(*wanted) if n.op == "size"}
        emitter.lines += lengths(self.arguments, self.sizes, used)
        emitter.share(wanted)
        returned(emitter, self.outputs)
        return function_text(self.name, self.arguments, emitter, self.about)

    def with_nodes(self, change: Callable[[list[Node]], list[Node]]) -> Program:
        """The same program for other nodes."""
        new = iter(change([n for o in flat(self.outputs) for n in o.nodes]))

        def moved(o: Output) -> Output:
            return replace(o, pieces=[(spot, next(new)) for spot, _ in o.pieces])

        outputs = [tuple(map(moved, o)) if isinstance(o, tuple) else moved(o) for o in self.outputs]
        return replace(self, outputs=tuple(outputs))

    @cached_property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        return load(self.source, self.name)


def flat(outputs: Sequence[Output | tuple[Output, ...]]) -> list[Output]:
    return [o for group in outputs for o in (group if isinstance(group, tuple) else (group,))]


def lengths(arguments: Mapping[str, Argument], sizes: Mapping[str, str], used: Iterable[str]) -> list[str]:
    """Assignments of the lengths of axes that are used (one that no array has is an argument itself)."""
    out = []
    for size in sizes:
        a = next((a for a in arguments.values() if size in a.shape), None)
        if size in used and a is not None:
            axis = a.shape.index(size)
            length = f"len({a.python})" if axis == 0 else f"{a.python}.shape[{axis}]"
            out.append(f"{sizes[size]} = {length}")
    return out


def returned(emitter: Emitter, outputs: Sequence[Output | tuple[Output, ...]]) -> None:
    """Statements that assign every output a name and return them."""
    known = {o.name: _assembled(emitter, o) for o in flat(outputs)}
    results = []
    for group in outputs:
        if isinstance(group, tuple):
            names = ", ".join(known[o.name] for o in group)
            results.append(f"({names}{',' if len(group) == 1 else ''})")
        else:
            results.append(known[group.name])
    emitter.lines.append(f"return {', '.join(results)}")


def _assembled(emitter: Emitter, output: Output) -> str:
    """Assign an output to a name of its own."""
    name = emitter.fresh(output.name)
    if len(output.pieces) == 1 and output.pieces[0][0] == output.axes:
        node = output.pieces[0][1]
        if node.indices == output.axes:
            emitter.lines.append(f"{name} = {emitter.text(node, 0)}")
            return name
        if node.indices == output.axes[::-1]:
            emitter.lines.append(f"{name} = {emitter.text(node, 4)}.T")
            return name
    emitter.lines.append(f"{name} = np.zeros_like({output.like})")
    for spot, node in output.pieces:
        at = ", ".join(":" if isinstance(k, Index) else str(k - 1) for k in spot)
        axes = [k for k in spot if isinstance(k, Index)]
        target = f"{name}[{at}]" if at else name
        if axes != sorted(axes):
            order = tuple(sorted(range(len(axes)), key=axes.__getitem__))
            target = f"{target}.T" if len(axes) == 2 else f"np.transpose({target}, {order})"
            view = emitter.fresh("view")
            emitter.lines.append(f"{view} = {target}")
            target = view
        code = emitter.aligned(node, sorted(axes), 0)
        emitter.lines.append(f"{target}[...] += {code}" if axes else f"{target} += {code}")
    return name


def function_text(name: str, arguments: Mapping[str, Argument], emitter: Emitter, about: str = "") -> str:
    """The source of a function whose body the emitter has written."""
    names = ", ".join(a.python for a in arguments.values())
    helpers = "".join(HELPERS[h] + "\n" for h in sorted(emitter.helpers))
    docstring = f'    """{about}"""\n' if about else ""
    body = "".join(f"    {line}\n" for line in emitter.lines)
    return f"import numpy as np\n\n{helpers}\ndef {name}(*, {names}):\n{docstring}{body}"


_serial = count(1)


def load(source: str, name: str) -> Callable[..., Any]:
    """The function that our own source defines; a traceback through it shows its lines."""
    filename = f"<symgrad {name} {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space: dict[str, Any] = {}
    # Written by us from a checked graph, every name in it chosen by us: no text from outside gets here.
    exec(compile_python(source, filename, "exec"), space)
    function: Callable[..., Any] = space[name]
    return function

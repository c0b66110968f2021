"""Loops: the same outputs as one fused loop over the samples, compiled by numba.

Every intermediate quantity of a sample is a number (or a short row), so that the data are read once and
nothing else is.  The code stands alone, apart from numba itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from .emit import ATOM, PRODUCT, SUM, Emitter
from .graph import Index, Node, walk
from .kernels import NoKernel
from .program import Program, flat, function_text, lengths, returned

HELPERS = {
    "_sigma": '''
@njit
def _sigma(z):
    """1 / (1 + e^-z), accurate and without overflow for every z."""
    e = np.exp(-abs(z))
    return (1.0 if z >= 0 else e) / (1.0 + e)
''',
    "_softplus": '''
@njit
def _softplus(z):
    """log(1 + e^z)."""
    return max(z, 0.0) + np.log1p(np.exp(-abs(z)))
''',
    "_logcosh": '''
@njit
def _logcosh(z):
    """log cosh z."""
    z = abs(z)
    return z + np.log1p(np.expm1(-2.0 * z) / 2.0)
''',
}


class _Entries(Emitter):
    """Writes one entry of a node; ``letters`` says which loop variable runs along an axis."""

    letters: Mapping[Index, str]

    def text(self, node: Node, level: int) -> str:
        if node in self.names:
            return self.entry(self.names[node], node.indices[1:])
        return super().text(node, level)

    def entry(self, name: str, axes: Sequence[Index]) -> str:
        return f"{name}[{', '.join(self.letters[k] for k in axes)}]" if axes else name

    def aligned(self, node: Node, axes: Sequence[Index], level: int) -> str:
        return self.text(node, level)

    def _place(self, code: str, own: int, indices: Sequence[Index], axes: Sequence[Index]) -> str:
        return code

    def _leaf(self, node: Node) -> str:
        name, place = node.value
        spots = [self.letters[k] if isinstance(k, Index) else str(k - 1) for k in place]
        python = self.arguments[name].python
        return f"{python}[{', '.join(spots)}]" if spots else python

    def _text(self, node: Node) -> tuple[str, int]:
        match node.op:
            case "step" | "stop":
                sign = ">" if node.op == "step" else "<="
                return f"(1.0 if {self.text(node.args[0], PRODUCT)} {sign} 0 else 0.0)", ATOM
            case "where":
                u, a, b = (self.text(t, PRODUCT) for t in node.args)
                return f"({a} if {u} > 0 else {b})", ATOM
            case "relu":
                return f"max({self.text(node.args[0], SUM)}, 0.0)", ATOM
        return super()._text(node)

    def _guarded(
        self, guard: list[Node], rest: list[Node | Fraction], axes: Sequence[Index]
    ) -> tuple[str, int]:
        condition = " and ".join(
            f"{self.text(g.args[0], PRODUCT)} {'>' if g.op == 'step' else '<='} 0" for g in guard
        )
        return f"({self._mul(rest, axes)[0]} if {condition} else 0.0)", ATOM


def write(program: Program, sample: Index) -> str:
    """Source of the program as a fused loop; raises NoKernel where no single pass gives it."""
    return _Loop(program, sample).source


def _base(node: Node) -> Node:
    """u for -u."""
    minus = node.op == "mul" and len(node.args) == 2 and node.args[0].op == "num" and node.args[0].value == -1
    return node.args[1] if minus else node


class _Loop:
    def __init__(self, program: Program, sample: Index) -> None:
        self.program, self.sample = program, sample
        arguments, sizes = program.arguments, program.sizes
        self.outer, self.inner = Emitter(arguments, sizes), _Entries(arguments, sizes)
        self.indices = [self.outer.fresh(n) for n in "ijklpqr"]
        loop = self.outer.fresh("loop")
        wanted = [n for o in flat(program.outputs) for n in o.nodes]
        nodes = walk(*wanted)
        sums = [n for n in nodes if n.op == "sum" and n.value == sample]
        below = walk(*(s.args[0] for s in sums))
        if not sums or any(s in below for s in sums) or any(
            (n.op == "lse" and n.value == sample) or sum(k.size == sample.size for k in n.indices) > 1
            for n in nodes
        ):
            raise NoKernel
        uses: Counter[Node] = Counter(s.args[0] for s in sums)
        for n in below:
            uses.update(n.args)
        self.small: dict[Node, tuple[str, ...]] = {}
        self.soft = {_base(n.args[0]) for n in below if n.op == "softplus"}
        self.before: list[str] = []
        self.inside: list[str] = []
        totals = {s: self.outer.fresh("s") for s in sums}
        for n in below:
            if n.op in ("sum", "lse") and sample not in n.indices:
                raise NoKernel  # a sum over parameters alone, which the loop would repeat
            if sample not in n.indices or n.op == "leaf":
                continue
            if n.op in ("sigma", "softplus"):
                self._logistic(n)
            elif (uses[n] > 1 and _base(n) is n) or n.op in ("sum", "lse"):
                self._assign(n)
        for s, name in totals.items():
            self._add_up(name, s)
        names = ", ".join(a.python for a in arguments.values())
        made = ", ".join(totals.values())
        head = f"for {self.indices[0]} in range({self._length(sample.size)}):"
        body = [*lengths(arguments, sizes, sizes), *self.before, head,
                *(f"    {line}" for line in self.inside), f"return {made}"]
        self.outer.lines += lengths(arguments, sizes, sizes)
        self.outer.lines.append(f"{made} = {loop}({names})")
        self.outer.names.update(totals)
        self.outer.share(wanted)
        returned(self.outer, program.outputs)
        rest = function_text(program.name, arguments, self.outer, program.about)
        parts = [
            "import numpy as np\nfrom numba import njit\n",
            *(HELPERS[h] for h in sorted(self.inner.helpers)),
            '\n@njit(fastmath={"reassoc", "contract", "arcp"}, error_model="numpy")\n'
            f"def {loop}({names}):\n" + "".join(f"    {line}\n" for line in body),
            rest.removeprefix("import numpy as np\n\n"),
        ]
        self.source = "\n".join(parts)

    def _length(self, size: str) -> str:
        return size if size.isdigit() else self.program.sizes[size]

    def _nested(self, axes: Sequence[Index], lines: Sequence[str]) -> list[str]:
        """Statements inside loops along some axes."""
        heads = [f"{'    ' * n}for {self.inner.letters[k]} in range({self._length(k.size)}):"
                 for n, k in enumerate(axes)]
        return [*heads, *(f"{'    ' * len(axes)}{line}" for line in lines)]

    def _begin(self, axes: Sequence[Index]) -> None:
        """Name the loops along these axes."""
        self.inner.letters = dict(zip((self.sample, *axes), self.indices, strict=False))

    def _made(self, name: str, axes: Sequence[Index], how: str) -> None:
        """An array that is made once, before the loop."""
        shape = "".join(f"{self._length(k.size)}, " for k in axes).rstrip()
        self.before.append(f"{name} = np.{how}(({shape}))")

    def _named(self, axes: Sequence[Index]) -> str:
        """A name for a quantity of the sample."""
        name = self.outer.fresh("t")
        if axes:
            self._made(name, axes, "empty")
        return name

    def _logistic(self, node: Node) -> None:
        """σ(±u) and softplus(±u) from one e^-|u|, which cannot overflow."""
        u, axes = _base(node.args[0]), node.indices[1:]
        turned = u is not node.args[0]
        if u not in self.inner.names and u.op != "leaf":
            self._assign(u)
        self._begin(axes)
        at = self.inner.text(u, ATOM)
        if u not in self.small:
            self.small[u] = tuple(self._named(axes) for _ in range(2 + (u in self.soft)))
            e, r, *tail = (self.inner.entry(name, axes) for name in self.small[u])
            self.inside += self._nested(axes, [
                f"{e} = np.exp(-abs({at}))", f"{r} = 1.0 / (1.0 + {e})",
                *(f"{entry} = np.log1p({e})" for entry in tail),
            ])
        e, r, *tail = (self.inner.entry(name, axes) for name in self.small[u])
        name = self.inner.names[node] = self._named(axes)
        if node.op == "softplus":
            code = f"max({'-' * turned}{at}, 0.0) + {tail[0]}"
        else:
            code = f"{r} if {at} {'<=' if turned else '>='} 0 else {e} * {r}"
        self.inside += self._nested(axes, [f"{self.inner.entry(name, axes)} = {code}"])

    def _assign(self, node: Node) -> None:
        """A quantity of the sample that is used more than once, or is itself a sum."""
        axes = node.indices[1:]
        name = self._named(axes)
        inner = [node.value] if node.op in ("sum", "lse") else []
        self._begin([*axes, *inner])
        target = self.inner.entry(name, axes)
        if node.op == "sum":
            term = self.inner.text(node.args[0], SUM)
            lines = [f"{target} = 0.0", *self._nested(inner, [f"{target} += {term}"])]
        elif node.op == "lse":
            term = self.inner.text(node.args[0], SUM)
            top, total = self.outer.fresh("top"), self.outer.fresh("total")
            lines = [
                f"{top} = -np.inf", *self._nested(inner, [f"{top} = max({top}, {term})"]),
                f"{total} = 0.0", *self._nested(inner, [f"{total} += np.exp({term} - {top})"]),
                f"{target} = {top} + np.log({total})",
            ]
        else:
            lines = [f"{target} = {self.inner.text(node, SUM)}"]
        self.inside += self._nested(axes, lines)
        self.inner.names[node] = name

    def _add_up(self, name: str, node: Node) -> None:
        axes = node.indices
        self._begin(axes)
        if axes:
            self._made(name, axes, "zeros")
        else:
            self.before.append(f"{name} = 0.0")
        line = f"{self.inner.entry(name, axes)} += {self.inner.text(node.args[0], SUM)}"
        self.inside += self._nested(axes, [line])

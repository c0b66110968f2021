"""Numba loops: the same outputs as one fused loop over the samples, compiled by numba.

Every intermediate quantity of a sample is a number (or a short row), so that the data are read once and
nothing else is.  Logistic functions come from an exponential without a branch or a call, so that the compiler
can work on several samples at once.  The code stands alone, apart from numba itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial

from ..functions import FUNCTIONS
from .blocks import NotBlockwise
from .emit import ATOM, PRODUCT, SUM, WRITTEN, Emitter, helper
from .graph import GUARDS, Graph, Index, Node, paired, walk
from .program import Program, flat, function_text, lengths, returned

HELPERS = {
    "_exp": '''
_TAYLOR = tuple(1 / math.factorial(n) for n in range(12, -1, -1))


@njit(fastmath={"contract"}, error_model="numpy")
def _exp(z):
    """e^z to the last digits for |z| <= 690, and beyond that as at 690: 2^k e^r with k = round(z / log 2)."""
    z = min(max(z, -690.0), 690.0)
    n = z * 1.4426950408889634 + 6755399441055744.0  # 3/2 * 2^52 moves k into the last bits
    k = n - 6755399441055744.0
    r = z - k * 0.6931471803691238 - k * 1.9082149292705877e-10
    p = 0.0
    for c in _TAYLOR:
        p = p * r + c
    bits = np.float64(p).view(np.int64) + (np.float64(n).view(np.int64) << 52)
    return np.int64(bits).view(np.float64)
''',
    "_log1p": '''
_ODD = tuple(1 / n for n in range(29, 0, -2))


@njit(fastmath={"contract"}, error_model="numpy")
def _log1p(e):
    """log(1 + min(e, 1/e)) for e > 0, by the series of 2 artanh."""
    low, high = min(e, 1.0), max(e, 1.0)
    s = low / (high + high + low)
    q = s * s
    p = 0.0
    for c in _ODD:
        p = p * q + c
    return 2.0 * s * p
''',
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


_CALLS = {row.name: row.numba for row in FUNCTIONS.values() if row.numba and row not in WRITTEN}
for row, name in WRITTEN.items():  # of one number: not the helper that NumPy's code has beside it
    HELPERS[f"{name}_of"] = helper(f"{name}_of", row.numba or row.numpy, "@njit\n")
    _CALLS[row.name] = f"{name}_of(z)"


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

    def leaf(self, node: Node) -> str:
        name, place = node.value
        spots = [self.letters[k] if isinstance(k, Index) else str(k - 1) for k in place]
        python = self.arguments[name].python
        return f"{python}[{', '.join(spots)}]" if spots else python

    def _text(self, node: Node) -> tuple[str, int]:
        match node.op:
            case "step" | "stop":
                return f"(1.0 if {self.text(node.args[0], PRODUCT)} {GUARDS[node.op]} 0 else 0.0)", ATOM
            case "where":
                u, a, b = (self.text(t, PRODUCT) for t in node.args)
                return f"({a} if {u} > 0 else {b})", ATOM
            case "ratio":
                above, below = (self.text(t, PRODUCT) for t in node.args)
                return f"{above} / (1.0 + {below})", PRODUCT
        code = _CALLS.get(node.op)
        return (self._applied(code, node.args[0], HELPERS), ATOM) if code else super()._text(node)

    def _guarded(
        self, guard: list[Node], rest: list[Node | Fraction], axes: Sequence[Index]
    ) -> tuple[str, int]:
        condition = " and ".join(f"{self.text(g.args[0], PRODUCT)} {GUARDS[g.op]} 0" for g in guard)
        return f"({self._mul(rest, axes)[0]} if {condition} else 0.0)", ATOM


def write(g: Graph, programs: Sequence[Program], sample: Index) -> str:
    """Source of the programs as fused loops; raises NotBlockwise where no single pass gives them."""
    loops = [_Loop(g, p.with_nodes(partial(paired, g)), sample) for p in programs]
    sources = [loop.source() for loop in loops]
    helpers = set[str]().union(*(loop.inner.helpers for loop in loops))
    math = "import math\n\n" * any("math." in HELPERS[h] for h in helpers)
    imports = f"{math}import numpy as np\nfrom numba import njit\n"
    return "\n".join([imports, *(HELPERS[h] for h in sorted(helpers)), *sources])


class _Loop:
    """A program as a loop over the samples: statements before it, and those inside."""

    def __init__(self, g: Graph, program: Program, sample: Index) -> None:
        self.g, self.program, self.sample = g, program, sample
        self.outer = Emitter(program.arguments, program.sizes)
        self.inner = _Entries(program.arguments, program.sizes)
        self.indices = [self.outer.fresh(n) for n in "ijklpqr"]
        self.known: dict[tuple[str, Node], str] = {}
        self.before: list[str] = []
        self.inside: list[str] = []

    def source(self) -> str:
        """The loop, and the function around it."""
        program = self.program
        loop = self.outer.fresh(f"{program.name}_loop")
        wanted = [n for o in flat(program.outputs) for n in o.nodes]
        totals = {s: self.outer.fresh("s") for s in self._sums(wanted)}
        self._name(totals)
        for s, name in totals.items():
            self._add_up(name, s)
        names = ", ".join(a.python for a in program.arguments.values())
        made = ", ".join(totals.values())
        known = lengths(program.arguments, program.sizes, program.sizes)
        head = f"for {self.indices[0]} in range({self._length(self.sample.size)}):"
        body = [*known, *self.before, head, *(f"    {line}" for line in self.inside), f"return {made}"]
        self.outer.lines += [*known, f"{made} = {loop}({names})"]
        self.outer.names.update(totals)
        self.outer.share(wanted)
        returned(self.outer, program.outputs)
        rest = function_text(program.name, program.arguments, self.outer, program.about)
        return (
            '\n@njit(fastmath={"reassoc", "contract", "arcp"}, error_model="numpy")\n'
            f"def {loop}({names}):\n" + "".join(f"    {line}\n" for line in body)
            + rest.removeprefix("import numpy as np\n")
        )

    def _sums(self, wanted: Sequence[Node]) -> list[Node]:
        """The sums over the samples, where one loop gives them."""
        nodes = walk(*wanted)
        sums = [n for n in nodes if n.op == "sum" and n.value == self.sample]
        below = walk(*(s.args[0] for s in sums))
        if not sums or any(s in below for s in sums) or any(
            (n.op == "lse" and n.value == self.sample)
            or sum(k.size == self.sample.size for k in n.indices) > 1 for n in nodes
        ):
            raise NotBlockwise
        return sums

    def _name(self, sums: Iterable[Node]) -> None:
        """Statements for what the sums read more than once, and for what is a sum itself."""
        bodies = [s.args[0] for s in sums]
        below = walk(*bodies)
        uses: Counter[Node] = Counter(bodies)
        for n in below:
            uses.update(n.args)
        for n in below:
            if n.op in ("sum", "lse") and self.sample not in n.indices:
                raise NotBlockwise  # a sum over parameters alone, which the loop would repeat
            if self.sample not in n.indices or n.op == "leaf":
                continue
            if n.op in ("capped", "sigma", "softplus"):
                self._logistic(n)
            elif (uses[n] > 1 and self._base(n) is n) or n.op in ("sum", "lse"):
                self._assign(n)

    def _base(self, node: Node) -> Node:
        """u for -u."""
        return self.g.neg(node) if self.g.split(node)[0] < 0 else node

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

    def _once(self, what: str, u: Node, code: str) -> str:
        """An entry of what belongs to u, which is computed where it is first asked for."""
        axes = u.indices[1:]
        if (what, u) not in self.known:
            name = self.known[what, u] = self._named(axes)
            self.inside += self._nested(axes, [f"{self.inner.entry(name, axes)} = {code}"])
        return self.inner.entry(self.known[what, u], axes)

    def _logistic(self, node: Node) -> None:
        """σ(±u) and softplus(±u) from one e^-u."""
        u, axes = self._base(node.args[0]), node.indices[1:]
        turned = u is not node.args[0]
        if u not in self.inner.names and u.op != "leaf":
            self._assign(u)
        self._begin(axes)
        at = self.inner.text(u, ATOM)
        self.inner.helpers.add("_exp")
        e = self._once("power", u, f"_exp(-{at})")
        if node.op == "capped":
            what = "power"
        elif node.op == "softplus":
            self.inner.helpers.add("_log1p")
            tail = self._once("tail", u, f"_log1p({e})")
            what = node.op + "-" * turned
            self._once(what, u, f"max({'-' * turned}{at}, 0.0) + {tail}")
        else:
            r = self._once("sigma", u, f"1.0 / (1.0 + {e})")
            what = node.op + "-" * turned
            self._once(what, u, f"{e} * {r}")
        self.inner.names[node] = self.known[what, u]

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

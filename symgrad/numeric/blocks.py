"""Blocks: the same outputs in one pass over the samples, a block of rows at a time, without temporaries.

The code works on blocks that fit into the cache and writes every intermediate result into a few buffers, so
that the memory it needs does not grow with the data.  What does not depend on the samples is computed once
before the loop; sums over samples that need other such sums first take a pass of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations

from ..functions import FUNCTIONS
from .arguments import Argument
from .buffers import Instruction, Operand, Reg, placed
from .emit import Emitter, contraction, orders
from .graph import GUARDS, OTHER, Graph, Index, Node, Number, is_number, paired, walk
from .program import Program, flat, function_text, lengths, returned

ROWS = 24576
"""Rows of a block at most."""
CACHE, BUFFERS = 1_500_000, 900_000
"""Bytes that a block may fill together with its buffers, and the buffers alone."""


FINITE = frozenset(["leaf", "num", "size", "pi", "add", "mul", "sum", "relu", "abs", "sign", "step", "stop",
                    "max", "min", "sigma", "softplus", "logcosh", "tanh", "sin", "cos", "capped", "ratio"])
"""Operations that are defined for all numbers, and large only where these are."""


class NotBlockwise(Exception):
    """The outputs need something that no single pass over blocks of samples gives."""


def blockwise(g: Graph, program: Program, sample: Index) -> str:
    """Source of the function that a program is, as :class:`~.program.Program` has it.

    Raises :class:`NotBlockwise` where there is none.
    """
    program = program.with_nodes(partial(paired, g))
    wanted = [n for o in flat(program.outputs) for n in o.nodes]
    nodes = walk(*wanted)
    uses = _uses(g, wanted, nodes)
    sums = [n for n in nodes if n.op == "sum" and n.value == sample]
    if not sums or any(sample in n.indices for n in wanted) or any(map(_needs_all(sample), nodes)):
        raise NotBlockwise
    outer = Emitter(program.arguments, program.sizes)
    blocked = {n: a for n, a in program.arguments.items() if sample.size in a.shape}
    views = {n: replace(a, python=outer.fresh(f"{a.python}_")) for n, a in blocked.items()}
    outer.lines += lengths(program.arguments, program.sizes, program.sizes)
    level: dict[Node, int] = {}
    for n in nodes:
        level[n] = max((level[a] for a in n.args), default=0) + (n in sums)
    for depth in range(1, max(level[s] for s in sums) + 1):
        _Pass(g, program, sample, uses, outer, views).write([s for s in sums if level[s] == depth])
    outer.share(wanted)
    returned(outer, program.outputs)
    return function_text(program.name, program.arguments, outer)


def _uses(g: Graph, wanted: Sequence[Node], nodes: Sequence[Node]) -> Counter[Node]:
    """How often the value of a node is read."""
    uses: Counter[Node] = Counter(wanted)
    for n in nodes:
        uses.update(n.args)
    for n in nodes:  # σ(u) beside e^-u or σ(-u) is computed from that, not from u
        turned = g.neg(n.args[0]) if n.op == "sigma" else n
        if n.op == "sigma" and g.split(turned)[0] < 0 and (
            uses[g.call("capped", turned)] or uses[g.sigma(turned)]
        ):
            uses.subtract(n.args)
    return uses


def _needs_all(sample: Index) -> Callable[[Node], bool]:
    """Does a node need all samples at once: pairs of them, or their lse?"""
    return lambda n: (n.op == "lse" and n.value == sample) or any(
        k.size == sample.size and k != sample for k in n.indices)


class _Pass:
    """One pass over the samples: the statements that add up some sums, written into ``outer``."""

    def __init__(
        self, g: Graph, program: Program, sample: Index, uses: Counter[Node], outer: Emitter,
        views: Mapping[str, Argument],
    ) -> None:
        self.g, self.sample, self.sizes, self.uses = g, sample, program.sizes, uses
        self.blocked = {n: program.arguments[n] for n in views}
        self.views, self.outer = views, outer
        self.inner = Emitter({**program.arguments, **views}, program.sizes)
        self.code: list[Instruction] = []
        self.done: dict[Node, Operand] = {}
        self.powers: dict[Node, tuple[Operand, Operand, Operand]] = {}
        self.tails: dict[Node, Operand] = {}
        self.hoisted: dict[str, Node] = {}
        self.factors: dict[Node, list[Node]] = {}

    def write(self, sums: Sequence[Node]) -> None:
        """The statements of the pass."""
        totals = {s: self.outer.fresh("s") for s in sums}
        self._share(sums)
        for s, name in totals.items():
            self._accumulate(name, s)
        places = placed(self.code, self.outer.fresh)
        self._hoist()
        for s, name in totals.items():
            shape = "".join(f"{self._length(k.size)}, " for k in s.indices).rstrip()
            self.outer.lines.append(f"{name} = np.zeros(({shape}))" if s.indices else f"{name} = 0.0")
        self._allocate(places)
        self.outer.lines.append(f"for _start in range(0, {self._length(self.sample.size)}, _rows):")
        self.outer.lines += [f"    {line}" for line in [*self._slices(places), *map(self._text, self.code)]]
        self.outer.names.update(totals)

    def _allocate(self, places: Mapping[str, tuple[Index, ...]]) -> None:
        """How many rows a block has, and the buffers."""
        lines = self.outer.lines
        shapes = [tuple(k.size for k in axes) for axes in places.values()]
        data = [a.shape for a in self.blocked.values()]
        limits = [f"{CACHE // 8} // ({self._row([*data, *shapes])})"]
        if shapes:
            limits.append(f"{BUFFERS // 8} // ({self._row(shapes)})")
        lines.append(f"_rows = max(1, min({self._length(self.sample.size)}, {ROWS}, {', '.join(limits)}))")
        kind = f"{next(iter(self.blocked.values())).python}.dtype"
        for place, axes in places.items():
            shape = "".join(f", {self._length(k.size)}" for k in axes[1:])
            lines.append(f"{place} = np.empty((_rows{shape or ','}), {kind})")
        if any(o.base == "_top" for i in self.code for o in i.args):
            lines.append(f"_top = float(np.log(np.finfo({kind}).max)) - 20")

    def _row(self, shapes: Iterable[Sequence[str]]) -> str:
        """How many numbers these arrays hold to a sample."""
        parts = Counter(
            " * ".join(self._length(s or "1") for s in shape if s != self.sample.size) for shape in shapes
        )
        return " + ".join(f"{n} * {w}" if w and n > 1 else w or str(n) for w, n in sorted(parts.items()))

    def _slices(self, places: Iterable[str]) -> list[str]:
        """The block's rows of every array, and buffers cut to the last block."""
        out = []
        for n, a in self.blocked.items():
            cuts = ["_start : _start + _rows" if s == self.sample.size else ":" for s in a.shape]
            while cuts[-1] == ":":
                cuts.pop()
            out.append(f"{self.views[n].python} = {a.python}[{', '.join(cuts)}]")
        if places:
            size = self._length(self.sample.size)
            out.append(f"if {size} - _start < _rows:")
            out.append("    " + "; ".join(f"{p} = {p}[: {size} - _start]" for p in places))
        return out

    def _length(self, size: str) -> str:
        return size if size.isdigit() else self.sizes[size]

    def _hoist(self) -> None:
        """Assign what the loop needs from outside it."""
        for node in self.hoisted.values():
            plain = node.op in ("num", "size", "pi") or (
                node.op == "leaf" and not any(isinstance(k, int) for k in node.value[1]))
            if node not in self.outer.names and not plain:
                self.outer.share([node])
                if node not in self.outer.names:
                    text = self.outer.text(node, 0)
                    self.outer.names[node] = self.outer.fresh("c")
                    self.outer.lines.append(f"{self.outer.names[node]} = {text}")

    # Instructions

    def _emit(
        self, template: str, *args: Operand, axes: tuple[Index, ...], kind: str = "other",
        into: Reg | None = None,
    ) -> Operand:
        out = into or Reg(axes)
        self.code.append(Instruction(template, args, out, kind, into is None))
        return Operand(out, axes)

    def ufunc(self, fn: str, *args: Operand, axes: tuple[Index, ...]) -> Operand:
        return self._emit(f"np.{fn}({{args}}, out={{out}})", *args, axes=axes, kind="entrywise")

    def copied(self, operand: Operand, axes: tuple[Index, ...]) -> Reg:
        """A buffer that holds the operand and may be written into."""
        out = self._emit("np.copyto({out}, {args})", operand, axes=axes, kind="copy").base
        assert isinstance(out, Reg)
        return out

    def constant(self, node: Node) -> Operand:
        """Something that does not depend on the samples."""
        key = f"<{node.serial}>"
        self.hoisted[key] = node
        return Operand(key, node.indices)

    def value(self, node: Node) -> Operand:
        """Where the values of a node are found in the loop."""
        if self.sample not in node.indices:
            return self.constant(node)
        others = [k for k in node.indices if k != self.sample]
        if len(others) == 1 and others[0].level and node not in self.done:
            # x_{ik} and x_{il} are one array.
            axis = replace(others[0], level=0)
            return replace(self.value(self.g.rename(node, {others[0]: axis})), axes=node.indices)
        if node not in self.done:
            if node.op == "leaf":
                self.done[node] = Operand(self.inner.leaf(node), node.indices)
            else:
                self.done[node] = self.compute(node)
        return self.done[node]

    def compute(self, node: Node, times: Number = 1) -> Operand:
        """Instructions that compute a multiple of a node into a buffer of its own."""
        if node.op == "add":
            return self._add(node, times)
        if node.op == "mul":
            return self._mul(list(node.args), node.indices, times)
        if times != 1 or node.op in ("pow", "sigma"):
            return self._mul([node], node.indices, times)
        own = _COMPUTED.get(node.op)
        return own(self, node) if own is not None else self._applied(node)

    def _applied(self, node: Node) -> Operand:
        """A function of NumPy's, perhaps with a number as its second argument."""
        row = FUNCTIONS.get(node.op)
        found = _UFUNC.fullmatch(row.numpy) if row is not None else None
        if found is None:
            raise NotBlockwise
        number = [Operand(found[2])] if found[2] else []
        return self.ufunc(found[1], self.value(node.args[0]), *number, axes=node.indices)

    def _exp(self, node: Node) -> Operand:
        lse = self._share_of(node.args[0])
        if lse is None:
            return self._applied(node)
        _, powers, total = self._powers(lse)
        return self.ufunc("divide", powers, total, axes=node.indices)

    def _general_power(self, node: Node) -> Operand:
        return self.ufunc("power", *map(self.value, node.args), axes=node.indices)

    def _absolute(self, node: Node) -> Operand:
        return self.ufunc("absolute", self.value(node.args[0]), axes=node.indices)

    def _sign(self, node: Node) -> Operand:
        """NumPy takes six times as long where it writes over its operand."""
        return self._emit("np.sign({args}, out={out})", self.value(node.args[0]), axes=node.indices)

    def _capped(self, node: Node) -> Operand:
        axes, turned = node.indices, self._turned(self.g.neg(node.args[0]))
        return self.ufunc("exp", self.ufunc("minimum", turned, Operand("_top"), axes=axes), axes=axes)

    def _ratio(self, node: Node) -> Operand:
        above, e = map(self.value, node.args)
        below = self.ufunc("add", e, Operand("1"), axes=node.args[1].indices)
        return self.ufunc("divide", above, below, axes=node.indices)

    def _logcosh(self, node: Node) -> Operand:
        axes, a = node.indices, self._absolute(node)
        t = self.ufunc("multiply", a, Operand("-2"), axes=axes)
        t = self.ufunc("expm1", t, axes=axes)
        t = self.ufunc("multiply", t, Operand("0.5"), axes=axes)
        return self.ufunc("add", self.ufunc("log1p", t, axes=axes), a, axes=axes)

    def _stop(self, node: Node) -> Operand:
        t = self.ufunc("heaviside", self.value(node.args[0]), Operand("0"), axes=node.indices)
        return self.ufunc("subtract", Operand("1"), t, axes=node.indices)

    def _where(self, node: Node) -> Operand:
        axes, (u, a, b) = node.indices, map(self.value, node.args)
        if _finite(node.args[1:]):
            a, b = self._masked(a, ">", u, axes), self._masked(b, "<=", u, axes)
            return self.ufunc("add", a, b, axes=axes)
        code = "np.copyto({out}, {0}, where={1} > 0)"
        return self._emit(code, a, u, axes=axes, kind="copy", into=self.copied(b, axes))

    def _extreme(self, node: Node) -> Operand:
        return self.ufunc(f"{node.op}imum", *map(self.value, node.args), axes=node.indices)

    def _log(self, node: Node) -> Operand:
        (arg,) = node.args
        if arg.op == "add" and is_number(arg.args[0], 1) and self.uses[arg] == 1:
            rest = self.g.add(*arg.args[1:])
            return self.ufunc("log1p", self.value(rest), axes=arg.indices)
        return self.ufunc("log", self.value(arg), axes=arg.indices)

    def _softplus(self, node: Node) -> Operand:
        """max(u, 0) + log(1 + e^-|u|); the logarithm is the same for -u."""
        (u,) = node.args
        v, axes, base = self.value(u), u.indices, self.g.neg(u) if self.g.split(u)[0] < 0 else u
        if base not in self.tails:
            t = self.ufunc("absolute", self.done.get(base, v), axes=axes)
            for fn in ("negative", "exp", "log1p"):
                t = self.ufunc(fn, t, axes=axes)
            self.tails[base] = t
        top = self.ufunc("maximum", v, Operand("0"), axes=axes)
        return self.ufunc("add", self.tails[base], top, axes=axes)

    def _share_of(self, arg: Node) -> Node | None:
        """The lse of u where the argument is u - lse(u): its exponential is a share of the sum of e^u."""
        for t in arg.args if arg.op == "add" else ():
            c, lse = self.g.split(t)
            if c == -1 and lse.op == "lse" and self.g.add(arg, lse) is lse.args[0]:
                return lse
        return None

    def _powers(self, lse: Node) -> tuple[Operand, Operand, Operand]:
        """The largest u along the axis, e^(u - largest), and the sum of that."""
        if lse not in self.powers:
            u, axes, wide = self.value(lse.args[0]), lse.indices, lse.args[0].indices
            axis = wide.index(lse.value)
            top = self._emit(f"np.max({{args}}, {axis}, out={{out}})", u, axes=axes)
            t = self.ufunc("subtract", u, top, axes=wide)
            t = self.ufunc("exp", t, axes=wide)
            self.powers[lse] = top, t, self._emit(f"np.sum({{args}}, {axis}, out={{out}})", t, axes=axes)
        return self.powers[lse]

    def _lse(self, node: Node) -> Operand:
        top, _, total = self._powers(node)
        return self.ufunc("add", self.ufunc("log", total, axes=node.indices), top, axes=node.indices)

    def _scaled(self, term: Node) -> bool:
        """Is the term multiplied by a scalar anyway, so that another one costs nothing?"""
        c, _ = self.g.split(term)
        return abs(c) != 1 or (term.op == "mul" and any(not f.indices and f.op != "num" for f in term.args))

    def _add(self, node: Node, times: Number) -> Operand:
        axes, g = node.indices, self.g
        scalar = g.mul(g.num(times), g.add(*(t for t in node.args if not t.indices)))
        parts: list[tuple[int, Operand]] = []
        for t in node.args:
            c, rest = g.split(t)
            if not t.indices:
                continue
            if self.sample not in t.indices:
                parts.append((1, self.constant(g.mul(g.num(times), t))))
            elif self._scaled(t) or abs(times) != 1:
                parts.append((1, self.compute(t, times)))
            else:
                parts.append((int(times * c), self.value(rest)))
        parts.sort(key=lambda part: (-part[0], -len(part[1].axes)))
        (first, total), *others = parts
        if first < 0:
            total, scalar = self.ufunc("subtract", self._scalar(scalar), total, axes=total.axes), g.num(0)
        for s, o in others:
            total = self.ufunc("add" if s > 0 else "subtract", total, o, axes=self._join(total, o))
        if not is_number(scalar, 0):
            total = self.ufunc("add", total, self._scalar(scalar), axes=axes)
        return total

    @staticmethod
    def _join(a: Operand, b: Operand) -> tuple[Index, ...]:
        return tuple(sorted({*a.axes, *b.axes}))

    def _mul(self, factors: list[Node], axes: tuple[Index, ...], times: Number) -> Operand:
        g, whole = self.g, [f for f in factors if f.op not in GUARDS]
        scalar = g.mul(g.num(times), *(f for f in factors if not f.indices))
        above: list[Operand] = []
        below: list[Operand] = []
        taking = self._taking(factors, scalar)
        if taking is not None:
            above.append(self.compute(taking, scalar.value))
            factors = [f for f in factors if f is not taking]
            scalar = g.num(1)
        guards: list[tuple[str, Operand]] = []
        for f in factors:
            if not f.indices:
                continue
            if f.op in GUARDS:
                guards.append((f.op, self.value(f.args[0])))
            else:
                self._factor(f, above, below)
        above.sort(key=lambda o: -len(o.axes))
        total = self._fraction(scalar, above, below, axes)
        if total is not None and guards and _finite(whole):
            for op, u in guards:
                total = self._masked(total, GUARDS[op], u, axes)
            guards = []
        if total is not None and total.axes == axes and not guards:
            return total
        place = self.copied(total or self._scalar(scalar), axes)
        for op, u in guards:
            code = f"np.copyto({{out}}, 0, where={{0}} {GUARDS[OTHER[op]]} 0)"
            self._emit(code, u, axes=axes, kind="copy", into=place)
        return Operand(place, axes)

    def _taking(self, factors: Sequence[Node], scalar: Node) -> Node | None:
        """A sum that takes the number at no cost: its terms are multiplied anyway (the sign: always)."""
        if scalar.op != "num" or scalar.value == 1:
            return None
        loose = [
            f for f in factors
            if f.op == "add" and self.uses[f] == 1 and f not in self.done and self.sample in f.indices
            and (scalar.value == -1 or all(self._scaled(t) for t in f.args if t.indices))
        ]
        return loose[-1] if loose else None

    def _factor(self, f: Node, above: list[Operand], below: list[Operand]) -> None:
        """Put a factor above or below the line."""
        made = f in self.done or self.sample not in f.indices
        if f.op == "sigma" and not made:
            self._logistic(f, above, below)
        elif f.op == "pow" and not made:
            self._power(f, above, below)
        else:
            above.append(self.value(f))

    def _fraction(
        self, scalar: Node, above: Sequence[Operand], below: Sequence[Operand], axes: tuple[Index, ...]
    ) -> Operand | None:
        """The scalar times what is above the line by what is below; None where there is only the scalar."""
        if above:
            total, *more = above
            if is_number(scalar, -1) and not more and not below:
                total = self.ufunc("negative", total, axes=axes)
            elif not is_number(scalar, 1):
                total = self.ufunc("multiply", total, self._scalar(scalar), axes=total.axes)
            for o in more:
                total = self.ufunc("multiply", total, o, axes=self._join(total, o))
        elif below:
            first, *below = below
            total = self.ufunc("divide", self._scalar(scalar), first, axes=first.axes)
        else:
            return None
        for o in below:
            total = self.ufunc("divide", total, o, axes=self._join(total, o))
        return total

    def _masked(self, o: Operand, relation: str, u: Operand, axes: tuple[Index, ...]) -> Operand:
        """The operand where the relation of u to 0 holds, and 0 elsewhere: a product, since a choice by turns
        takes NumPy five times as long."""
        code = f"np.multiply({{0}}, {{1}} {relation} 0, out={{out}})"
        return self._emit(code, o, u, axes=axes, kind="entrywise")

    def _scalar(self, scalar: Node) -> Operand:
        return Operand(_number(scalar)) if scalar.op == "num" else self.constant(scalar)

    def _logistic(self, f: Node, above: list[Operand], below: list[Operand]) -> None:
        """σ(u) is a division by 1 + e^-u; where σ(-u) is wanted as well it is e^-u σ(u)."""
        u, axes, g = f.args[0], f.indices, self.g
        mirror, e = g.sigma(g.neg(u)), self.done.get(g.call("capped", u))
        if mirror in self.done and e is not None:
            self.done[f] = self.ufunc("multiply", e, self.done[mirror], axes=axes)
            above.append(self.done[f])
            return
        power = g.call("capped", g.neg(u))
        both = self.uses[mirror] > 0
        beside = both or self.uses[power] > 0
        e = self.value(power) if beside else self.ufunc("exp", self._turned(u), axes=axes)
        t = self.ufunc("add", e, Operand("1"), axes=axes)
        if both or self.uses[f] > 1:
            self.done[f] = self.ufunc("divide", Operand("1"), t, axes=axes)
            above.append(self.done[f])
        else:
            below.append(t)

    def _turned(self, u: Node) -> Operand:
        """-u, without a pass for the sign where u is made by additions and products."""
        if u in self.done or u.op not in ("add", "mul") or self.uses[u] > 1:
            c, rest = self.g.split(u)
            if c == -1:
                return self.value(rest)
            return self.ufunc("negative", self.value(u), axes=u.indices)
        return self.compute(u, -1)

    def _power(self, f: Node, above: list[Operand], below: list[Operand]) -> None:
        base, n = f.args[0], f.value
        if base.op == "sigma" and n == -1:
            below.append(self.value(base))
            return
        o, axes = self.value(base), base.indices
        side = above if n > 0 else below
        n = abs(n)
        if n == 1:
            side.append(o)
        elif n == 2:
            side.append(self.ufunc("multiply", o, o, axes=axes))
        elif n == Fraction(1, 2):
            side.append(self.ufunc("sqrt", o, axes=axes))
        elif n == 3:
            side.append(self.ufunc("multiply", self.ufunc("multiply", o, o, axes=axes), o, axes=axes))
        else:
            side.append(self.ufunc("power", o, Operand(_number(self.g.num(n))), axes=axes))

    # Sums

    def _share(self, sums: Iterable[Node]) -> None:
        """Products that several sums have in common are computed once."""
        for s in sums:
            body = s.args[0]
            if body.op == "mul":
                self.factors[s] = list(body.args)
            elif body.op == "pow" and body.value == 2:
                self.factors[s] = [body.args[0], body.args[0]]
            else:
                self.factors[s] = [body]
        for s, t in combinations(self.factors, 2):
            common = [f for f in self.factors[s] if f in self.factors[t]]
            if len(common) > 1 and len(set(common)) == len(common):
                product = self.g.mul(*common)
                self.uses.update(common)
                for r in (s, t):
                    rest = [f for f in self.factors[r] if f not in common]
                    if rest or len(product.indices) == 1:  # a wide product alone is better a matrix product
                        self.factors[r] = [product, *rest]
                        self.uses[product] += 1
                        self.uses.subtract(common)

    def _product(self, node: Node) -> tuple[str, Operand, Operand] | None:
        """A sum as a matrix product: the two operands' texts, and the operands."""
        body = node.args[0]
        factors = self.factors.get(node)
        if factors is None:
            if body in self.done or self.uses[body] > 1:
                return None
            factors = list(body.args) if body.op == "mul" else [body]
        parts = contraction(factors, node.value)
        if parts is None:
            return None
        axes = [tuple(sorted({k for f in part for k in f.indices})) for part in parts]
        operands = [self.value(p[0]) if len(p) == 1 else self._mul(p, k, 1)
                    for p, k in zip(parts, axes, strict=True)]
        found = orders(axes, node.value, node.indices)
        if not found:
            return None
        (m, n), turned = min(found, key=lambda order: sum(order[1]))
        return f"{{0}}{'.T' * turned[0]}, {{1}}{'.T' * turned[1]}", operands[m], operands[n]

    def _contract(self, node: Node) -> Operand:
        """A sum over features or classes, for every sample of the block."""
        product = self._product(node)
        if product is not None:
            texts, a, b = product
            return self._emit(f"np.matmul({texts}, out={{out}})", a, b, axes=node.indices)
        body = node.args[0]
        code = f"np.sum({{args}}, {body.indices.index(node.value)}, out={{out}})"
        return self._emit(code, self.value(body), axes=node.indices)

    def _accumulate(self, name: str, node: Node) -> None:
        """``name`` += the block's part of a sum over samples."""
        product = self._product(node)
        if product is not None:
            texts, *args = product
            code = f"np.dot({texts})"
        else:
            factors = self.factors[node]
            args = [self.value(factors[0] if len(factors) == 1 else node.args[0])]
            code = f"np.add.reduce({{0}}, {node.args[0].indices.index(node.value)})"
        self.code.append(Instruction(f"{name} += {code}", tuple(args)))

    def _text(self, i: Instruction) -> str:
        axes = i.out.axes if i.out is not None and i.kind != "other" else ()
        texts = []
        for o in i.args:
            if isinstance(o.base, str) and o.base in self.hoisted:
                o = Operand(self.outer.text(self.hoisted[o.base], 4), o.axes)
            texts.append(o.text(axes))
        return i.template.format(*texts, args=", ".join(texts), out=i.out.place if i.out else "")


_UFUNC = re.compile(r"np\.(\w+)\(z(?:, (\d))?\)")

_COMPUTED: dict[str, Callable[[_Pass, Node], Operand]] = {
    "exp": _Pass._exp, "power": _Pass._general_power, "abs": _Pass._absolute, "sign": _Pass._sign,
    "capped": _Pass._capped, "ratio": _Pass._ratio, "log": _Pass._log, "softplus": _Pass._softplus,
    "logcosh": _Pass._logcosh, "stop": _Pass._stop, "where": _Pass._where, "max": _Pass._extreme,
    "min": _Pass._extreme, "sum": _Pass._contract, "lse": _Pass._lse,
}
"""Operations that are more than one call of NumPy's; those of arithmetic stand in ``compute``."""


def _finite(nodes: Iterable[Node]) -> bool:
    """Are the nodes finite wherever the data and the parameters are?"""
    return all(n.op in FINITE or (n.op == "pow" and n.value > 0 and n.value.denominator == 1)
               for n in walk(*nodes))


def _number(node: Node) -> str:
    value = node.value
    return str(value.numerator) if value.denominator == 1 else repr(float(value))

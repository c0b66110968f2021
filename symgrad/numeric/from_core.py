"""From core terms to nodes, and from nodes to core terms for the judge.

An axis of an argument is read along the index of a sum, or at fixed positions.  Entries are counted from 1 as
on paper, or from 0 where the sums over them begin at 0; an argument must be counted one way along an axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from .. import core
from ..core import Core
from ..errors import UnknownMeaning
from .graph import Graph, Index, Node, Place, walk

Bound = Mapping[str, tuple[Index, int]]
"""For each index letter the axis it runs along, and what it is at the first entry, less 1."""


class FromCore:
    """Core terms to nodes.  ``shapes`` collects the length of every axis of every argument ("" where only
    fixed positions are read), ``origins`` the number of the first entry along it, less 1, and ``least`` how
    many entries there must be."""

    def __init__(self, graph: Graph, objective: Core, wrt: Sequence[str]) -> None:
        self.graph = graph
        self.shapes: dict[str, list[str]] = {}
        self.origins: dict[str, list[int]] = {}
        self.least: dict[str, list[int]] = {}
        self._look(objective)
        sizes = dict.fromkeys((sample_size(self.shapes, wrt), *self._order(objective)))
        self.ranks = {size: rank for rank, size in enumerate(filter(None, sizes))}

    def index(self, size: str, level: int = 0) -> Index:
        return Index(self.ranks.setdefault(size, len(self.ranks)), size, level)

    # What the arguments are

    def _look(self, objective: Core) -> None:
        """Find the shapes of the arguments, and from where their entries are counted."""
        fixed: dict[tuple[str, int], list[int]] = {}
        known: dict[tuple[str, int], int] = {}

        def look(term: Core, bound: Mapping[str, tuple[str, int]]) -> None:
            if isinstance(term, core.Sum):
                bound = {**bound, term.index.name: _range(term)}
            elif isinstance(term, core.Ref | core.Sym) and not (
                isinstance(term, core.Sym) and term.sort != "real"
            ):
                self._use(term, bound, known, fixed)
            for child in core.children(term):
                look(child, bound)

        look(objective, {})
        for name, lengths in self.shapes.items():
            self.origins[name] = [
                known.get((name, axis), -1 if 0 in fixed.get((name, axis), ()) else 0)
                for axis in range(len(lengths))
            ]
            self.least[name] = [
                max([1, *(k - origin for k in fixed.get((name, axis), ()))])
                for axis, origin in enumerate(self.origins[name])
            ]

    def _use(
        self, term: core.Ref | core.Sym, bound: Mapping[str, tuple[str, int]],
        known: dict[tuple[str, int], int], fixed: dict[tuple[str, int], list[int]],
    ) -> None:
        name, indices = term.name, term.indices if isinstance(term, core.Ref) else ()
        lengths = self.shapes.setdefault(name, [""] * len(indices))
        if len(lengths) != len(indices):
            raise UnknownMeaning(f"{name} is used with {len(lengths)} and with {len(indices)} indices")
        for axis, k in enumerate(indices):
            letter, shift = _spot(name, k)
            if not letter:
                fixed.setdefault((name, axis), []).append(shift)
            elif letter not in bound:
                raise UnknownMeaning(f"the index {letter} of {name} is not summed over: sum over it, or give "
                                     "data= for the loss of one sample")
            else:
                size, origin = bound[letter]
                if lengths[axis] not in ("", size):
                    raise UnknownMeaning(f"axis {axis} of {name} is {lengths[axis]} long and {size} long")
                lengths[axis] = size
                if known.setdefault((name, axis), origin + shift) != origin + shift:
                    raise UnknownMeaning(f"the entries of {name} along axis {axis} are read with different "
                                         "starts: this has no numeric form here")

    def _order(self, objective: Core) -> list[str]:
        """Lengths in an order that agrees, where possible, with the axes of every argument."""
        after: dict[str, dict[str, None]] = {}
        for term in core.walk(objective):
            if isinstance(term, core.Sum):
                after.setdefault(_range(term)[0], {})
        for lengths in self.shapes.values():
            for a, b in pairwise(s for s in lengths if s):
                after[a][b] = None
        done: dict[str, None] = {}
        entered: set[str] = set()

        def visit(size: str) -> None:
            if size not in entered:
                entered.add(size)
                for later in reversed(after[size]):
                    visit(later)
                done[size] = None

        for size in reversed(after):
            visit(size)
        return list(reversed(done))

    # Terms

    def node(self, term: Core, bound: Bound | None = None) -> Node:
        """The node of a term."""
        bound = bound or {}
        g = self.graph
        match term:
            case core.Num(value):
                return g.num(value)
            case core.Sym(name, "index"):
                raise UnknownMeaning(f"the index {name} has no numeric form where it is a number")
            case core.Sym(name, "size"):
                return g.size(name)
            case core.Sym(name):
                return g.leaf(name)
            case core.Ref(name, indices):
                place = [self._place(name, axis, k, bound) for axis, k in enumerate(indices)]
                return g.leaf(name, tuple(place))
            case core.Add(terms):
                return g.add(*(self.node(t, bound) for t in terms))
            case core.Mul(factors):
                return g.mul(*(self.node(t, bound) for t in factors))
            case core.Div(num, den):
                return g.div(self.node(num, bound), self.node(den, bound))
            case core.Pow(base, exp):
                return g.power(self.node(base, bound), self.node(exp, bound))
            case core.Call(fn, args, ()):
                return g.call(fn, *(self.node(a, bound) for a in args))
            case core.Sum(body, index):
                size, origin = _range(term)
                inside = {bound[n][0] for n in _free_indices(body) if n != index.name and n in bound}
                level = 0
                while self.index(size, level) in inside:
                    level += 1
                axis = self.index(size, level)
                return g.sum(self.node(body, {**bound, index.name: (axis, origin)}), axis)
        raise UnknownMeaning(f"{core.text(term)} has no numeric form here")

    def _place(self, name: str, axis: int, term: Core, bound: Bound) -> Index | int:
        letter, shift = _spot(name, term)
        if letter:
            return bound[letter][0]
        position = shift - self.origins[name][axis]
        if position < 1:
            raise UnknownMeaning(f"{name} has no entry {shift}: its entries are counted from 1")
        return position


def sample_size(shapes: Mapping[str, Sequence[str]], wrt: Sequence[str]) -> str:
    """The length of the samples: the first axis of data, of the argument with most axes first.

    Data are the arrays that the gradient is not taken by; "" where there are none.
    """
    own = {s for n in wrt for s in shapes.get(n, ())}
    data = [shape for n, shape in shapes.items() if shape and n not in wrt]
    first = sorted(data, key=lambda shape: (shape[0] in own, -len(shape)))
    return first[0][0] if first else ""


def _range(term: core.Sum) -> tuple[str, int]:
    """How long a sum is, and where it begins, less 1."""
    first, last = _linear(term.lower), _linear(term.upper)
    if first is not None and last is not None and set(first) <= {""}:
        origin = first.get("", Fraction(0)) - 1
        length = {k: v for k, v in {**last, "": last.get("", Fraction(0)) - origin}.items() if v}
        if origin.denominator == 1:
            if list(length.values()) == [1] and "" not in length:
                return next(iter(length)), int(origin)
            if set(length) == {""} and length[""] >= 1 and length[""].denominator == 1:
                return str(int(length[""])), int(origin)
    raise UnknownMeaning(f"a sum from {core.text(term.lower)} to {core.text(term.upper)} has no numeric form "
                         "here: let it run over 1..N or 0..N-1, N a size")


def _spot(name: str, term: Core) -> tuple[str, int]:
    """An index k + c as (k, c); a fixed one as ("", c)."""
    parts = _linear(term)
    if parts is not None:
        letters = [k for k in parts if k]
        shift = parts.get("", Fraction(0))
        if shift.denominator == 1 and (not letters or (len(letters) == 1 and parts[letters[0]] == 1)):
            return "".join(letters), int(shift)
    raise UnknownMeaning(f"the entry of {name} at {core.text(term)} has no numeric form here")


def _linear(term: Core) -> dict[str, Fraction] | None:
    """Coefficients by name, the constant under ""."""
    match term:
        case core.Num(value):
            return {"": value} if value else {}
        case core.Sym(name, "size" | "index"):
            return {name: Fraction(1)}
        case core.Add(terms):
            out: dict[str, Fraction] = {}
            for t in terms:
                part = _linear(t)
                if part is None:
                    return None
                for k, v in part.items():
                    out[k] = out.get(k, Fraction(0)) + v
            return {k: v for k, v in out.items() if v}
        case core.Mul((core.Num(value), factor)):
            part = _linear(factor)
            return None if part is None else {k: value * v for k, v in part.items()}
    return None


def _free_indices(term: Core) -> frozenset[str]:
    match term:
        case core.Sym(name, "index"):
            return frozenset((name,))
        case core.Sum(body, index, lower, upper):
            return (_free_indices(body) - {index.name}) | _free_indices(lower) | _free_indices(upper)
    return frozenset().union(*(_free_indices(t) for t in core.children(term)))


class ToCore:
    """Nodes to core terms, with an index letter for every axis that the objective does not use."""

    def __init__(
        self, objective: Core, origins: Mapping[str, Sequence[int]], nodes: Iterable[Node],
        axes: Iterable[Index] = (),
    ) -> None:
        self.origins = origins
        self.begin: dict[Index, int] = {}
        found = {*axes}
        for node in walk(*nodes):
            if node.op == "leaf":
                for axis, k in enumerate(node.value[1]):
                    if isinstance(k, Index):
                        self.begin.setdefault(k, origins[node.value[0]][axis])
            found |= {k for k in (*node.indices, node.value) if isinstance(k, Index)}
        used = {t.name for t in core.walk(objective) if isinstance(t, core.Sym | core.Ref)}
        self.letters: dict[Index, core.Sym] = {}
        for n, k in enumerate(sorted(found)):
            name = "ijklpqrstuv"[n % 11]
            while name in used:
                name += "'"
            used.add(name)
            self.letters[k] = core.Sym(name, "index")

    def place(self, name: str, place: Place) -> tuple[Core, ...]:
        """The indices of an entry."""
        out: list[Core] = []
        for axis, k in enumerate(place):
            origin = self.origins[name][axis]
            if isinstance(k, int):
                out.append(_number(k + origin))
            else:
                shift = origin - self.begin.get(k, 0)
                out.append(core.Add((self.letters[k], _number(shift))) if shift else self.letters[k])
        return tuple(out)

    def entry(self, name: str, place: Place) -> Core:
        return core.Ref(name, self.place(name, place)) if place else core.Sym(name)

    def term(self, node: Node) -> Core:
        """The core term of a node."""
        known: dict[Node, Core] = {}
        for n in walk(node):
            known[n] = self._term(n, tuple(known[a] for a in n.args))
        return known[node]

    def _over(self, body: Core, index: Index) -> Core:
        begin = self.begin.get(index, 0)
        last = _size(index.size)
        if begin:
            last = core.Add((last, _number(begin)))
        return core.Sum(body, self.letters[index], _number(1 + begin), last)

    def _term(self, n: Node, args: tuple[Core, ...]) -> Core:
        one = _number(1)
        match n.op:
            case "num":
                return core.Num(n.value)
            case "size":
                return _size(n.value)
            case "leaf":
                return self.entry(*n.value)
            case "add":
                return core.Add(args)
            case "mul":
                return core.Mul(args)
            case "pow":
                return core.Pow(args[0], core.Num(n.value))
            case "power":
                return core.Pow(args[0], args[1])
            case "softplus":
                return core.Call("log", (core.Add((one, core.Call("exp", args))),))
            case "stop":
                return _not(core.Call("step", args))
            case "where":
                hit = core.Call("step", args[:1])
                return core.Add((core.Mul((hit, args[1])), core.Mul((_not(hit), args[2]))))
            case "logcosh":
                return core.Call("log", (core.Call("cosh", args),))
            case "lse":
                return core.Call("log", (self._over(core.Call("exp", args), n.value),))
            case "sum":
                return self._over(args[0], n.value)
        return core.Call(n.op, args)


def _number(value: int) -> Core:
    return core.Num(Fraction(value))


def _size(name: str) -> Core:
    return _number(int(name)) if name.isdigit() else core.Sym(name, "size")


def _not(term: Core) -> Core:
    return core.Add((_number(1), core.Mul((_number(-1), term))))

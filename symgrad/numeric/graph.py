r"""Graph: an objective as arrays with named axes, in stable form from the moment it is built.

A :class:`Node` is one array; ``indices`` names its axes (the sample axis, the features, the classes).  Equal
nodes are one object, so that a subterm is computed once.  The constructors of :class:`Graph` put
every quantity that overflows or cancels into a form that does not, however it was spelt:

    1/(1+e^{-u}), e^u/(1+e^u), (1+tanh(u/2))/2  ->  σ(u)             1 - σ(u)  ->  σ(-u)
    log σ(u)  ->  -softplus(-u)                 log(1+e^u)  ->  softplus(u)
    log Σ_k e^{u_k}  ->  lse_k(u)               e^{v}/Σ_k e^{u_k}  ->  exp(v - lse_k(u))

>>> g = Graph()
>>> z = g.leaf("z")
>>> one = g.num(1)
>>> show(g.log(g.add(one, g.mul(g.num(-1), g.pow(g.add(one, g.exp(g.neg(z))), -1)))))
'-1*softplus(z)'
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..errors import UnknownMeaning
from ..functions import FUNCTIONS, Algebra

Number = Fraction | int


@dataclass(frozen=True, order=True, slots=True)
class Index:
    """An axis: ``size`` names its length ("N", or "3"), ``level`` tells two axes of one length apart."""

    rank: int
    size: str
    level: int = 0


Place = tuple[Index | int, ...]
"""Where an entry stands: along an axis, or at a fixed position counted from 1."""


class Node:
    """One array (or number): ``op`` of ``args``, with ``value`` what else the operation needs."""

    __slots__ = ("args", "indices", "op", "serial", "value")

    def __init__(self, op: str, args: tuple[Node, ...], value: Any, indices: tuple[Index, ...], n: int):
        self.op, self.args, self.value, self.indices, self.serial = op, args, value, indices, n

    def __repr__(self) -> str:
        return show(self)


def show(node: Node) -> str:
    """A short rendering for messages and tests."""
    match node.op:
        case "num" | "size":
            return str(node.value)
        case "leaf":
            name, place = node.value
            return str(name) + (f"[{','.join(map(str, place))}]" if place else "")
        case "add":
            return "(" + " + ".join(map(show, node.args)) + ")"
        case "mul":
            return "*".join(map(show, node.args))
        case "pow":
            return f"{show(node.args[0])}^({node.value})"
    extra = f"; {node.value}" if node.value is not None else ""
    return f"{node.op}({', '.join(map(show, node.args))}{extra})"


def walk(*roots: Node, stop: Container[Node] = ()) -> list[Node]:
    """Every node at or below the roots, arguments before what uses them; nothing below ``stop``."""
    seen: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.serial not in seen:
            seen[node.serial] = node
            if node not in stop:
                stack.extend(node.args)
    return [seen[k] for k in sorted(seen)]


def is_number(node: Node, value: int) -> bool:
    return bool(node.op == "num" and node.value == value)


GUARDS = {"step": ">", "stop": "<="}
"""Factors that are 1 where their argument stands so to 0, and 0 elsewhere."""
OTHER = {"step": "stop", "stop": "step"}

_ENTRYWISE = frozenset(["capped", "logcosh", "ratio", "stop"])


class Graph:
    """Builds nodes; every constructor returns the stable form of what it is asked for."""

    def __init__(self) -> None:
        self._table: dict[Any, Node] = {}

    def _node(self, op: str, args: tuple[Node, ...], value: Any, indices: Iterable[Index]) -> Node:
        key = (op, tuple(a.serial for a in args), value)
        found = self._table.get(key)
        if found is None:
            found = Node(op, args, value, tuple(sorted(set(indices))), len(self._table))
            self._table[key] = found
        return found

    # Leaves

    def num(self, value: Number) -> Node:
        return self._node("num", (), Fraction(value), ())

    def size(self, name: str) -> Node:
        """The length of an axis."""
        return self.num(int(name)) if name.isdigit() else self._node("size", (), name, ())

    def leaf(self, name: str, place: Place = ()) -> Node:
        """An argument, or its entries at ``place``: an axis, or a fixed position counted from 1."""
        return self._node("leaf", (), (name, place), (k for k in place if isinstance(k, Index)))

    # Arithmetic

    def neg(self, a: Node) -> Node:
        return self.mul(self.num(-1), a)

    def sub(self, a: Node, b: Node) -> Node:
        return self.add(a, self.neg(b))

    def add(self, *terms: Node) -> Node:
        constant, weight = self._collected(terms)
        joined = self._complement(constant, weight)
        if joined is not None:
            return self.add(*joined)
        weight = {k: c for k, c in weight.items() if c}
        chosen = self._choice(weight)
        if chosen is not None:
            return self.add(self.num(constant), *chosen)
        # The sign of the oldest term stands in front, so that a - b and b - a share a node.
        first = constant or (weight[min(weight, key=_serial)] if len(weight) > 1 else 1)
        if first < 0:
            turned = self._weighted({k: -c for k, c in weight.items()})
            return self.neg(self.add(self.num(-constant), *turned))
        args = [*([self.num(constant)] if constant else []), *self._weighted(weight)]
        if len(args) < 2:
            return args[0] if args else self.num(0)
        return self._node("add", tuple(args), None, _union(args))

    def _collected(self, terms: Sequence[Node]) -> tuple[Fraction, dict[Node, Fraction]]:
        """The number in a sum, and how often it has every other term."""
        constant = Fraction(0)
        weight: dict[Node, Fraction] = {}
        stack = list(reversed(terms))
        while stack:
            t = stack.pop()
            c, rest = self.split(t)
            if t.op == "num":
                constant += t.value
            elif rest.op == "add" and abs(c) == 1:
                stack.extend(reversed(rest.args if c == 1 else [self.neg(a) for a in rest.args]))
            else:
                weight[rest] = weight.get(rest, Fraction(0)) + c
        return constant, weight

    def _complement(self, constant: Fraction, weight: Mapping[Node, Fraction]) -> list[Node] | None:
        """The terms with 1 - σ(u) as σ(-u), 1 ± tanh(u) as 2 σ(±2u), 1 - [u > 0] as [u <= 0]."""
        if not constant:
            return None
        for rest, c in weight.items():
            if rest.op == "sigma" and c == -constant:
                number, other = constant, self.sigma(self.neg(rest.args[0]))
            elif rest.op == "tanh" and abs(c) == abs(constant):
                number, other = 2 * constant, self.sigma(self.mul(self.num(2 * c / constant), rest.args[0]))
            elif rest.op in GUARDS and c == -constant:
                number, other = constant, self.call(OTHER[rest.op], rest.args[0])
            else:
                continue
            others = self._weighted({k: w for k, w in weight.items() if w and k is not rest})
            return [*others, self.mul(self.num(number), other)]
        return None

    def _weighted(self, weight: Mapping[Node, Fraction]) -> list[Node]:
        return [self.mul(self.num(weight[k]), k) for k in sorted(weight, key=_serial)]

    def _choice(self, weight: Mapping[Node, Fraction]) -> list[Node] | None:
        """[u > 0] a + [u <= 0] b as one choice between a and b."""
        guards: dict[Node, dict[str, list[Node]]] = {}
        for rest in weight:
            for f in rest.args if rest.op == "mul" else (rest,):
                if f.op in GUARDS:
                    guards.setdefault(f.args[0], {}).setdefault(f.op, []).append(rest)
        for u, parts in guards.items():
            if len(parts) == 2:
                sides = {}
                for op, terms in parts.items():
                    guard = self.call(op, u)
                    sides[op] = self.gather(*(self.mul(self.num(weight[t]), _without(self, t, guard))
                                              for t in terms))
                used = {*parts["step"], *parts["stop"]}
                others = {k: c for k, c in weight.items() if k not in used}
                return [*self._weighted(others), self.where(u, sides["step"], sides["stop"])]
        return None

    def where(self, u: Node, a: Node, b: Node) -> Node:
        """a where u > 0, else b."""
        return a if a is b else self._node("where", (u, a, b), None, _union((u, a, b)))

    def split(self, term: Node) -> tuple[Fraction, Node]:
        """The number in front of a product, and the rest of it."""
        if term.op == "mul" and term.args[0].op == "num":
            rest = term.args[1:]
            return term.args[0].value, rest[0] if len(rest) == 1 else self._product(list(rest))
        return Fraction(1), term

    def _product(self, args: list[Node]) -> Node:
        return self._node("mul", tuple(args), None, _union(args))

    def mul(self, *factors: Node) -> Node:
        number = Fraction(1)
        power: dict[Node, Fraction] = {}
        exponent: list[Node] = []
        stack = list(reversed(factors))
        while stack:
            f = stack.pop()
            if f.op == "mul":
                stack.extend(reversed(f.args))
            elif f.op == "num":
                number *= f.value
            elif f.op == "exp":
                exponent.append(f.args[0])
            else:
                base, n = (f.args[0], f.value) if f.op == "pow" else (f, Fraction(1))
                power[base] = power.get(base, Fraction(0)) + n
        if number == 0:
            return self.num(0)
        power = {b: n for b, n in power.items() if n}
        if exponent:
            return self._with_exp(number, power, self.add(*exponent))
        args = [self.pow(b, power[b]) for b in sorted(power, key=_serial)]
        if any(a.op in ("mul", "num", "exp") for a in args):
            return self.mul(self.num(number), *args)
        if number != 1 or not args:
            args.insert(0, self.num(number))
        return args[0] if len(args) == 1 else self._product(args)

    def _with_exp(self, number: Fraction, power: dict[Node, Fraction], u: Node) -> Node:
        """e^u times the rest: e^{-v} σ(v) = σ(-v), and e^u / Σ_k e^{v_k} = exp(u - lse(v))."""
        for base, n in power.items():
            if base.op == "sigma" and n.denominator == 1 and n > 0:
                for m in range(1, int(n) + 1):
                    if self.add(u, self.mul(self.num(m), base.args[0])).op == "num":
                        rest = dict(power)
                        rest[base] -= m
                        return self.mul(self.num(number), *(self.pow(b, k) for b, k in rest.items()),
                                        self.pow(self.sigma(self.neg(base.args[0])), m),
                                        self.exp(self.add(u, self.mul(self.num(m), base.args[0]))))
            if base.op == "sum" and base.args[0].op == "exp" and n.denominator == 1 and n < 0:
                rest = {b: k for b, k in power.items() if b is not base}
                lse = self.lse(base.args[0].args[0], base.value)
                return self.mul(self.num(number), *(self.pow(b, k) for b, k in rest.items()),
                                self.exp(self.add(u, self.mul(self.num(n), lse))))
        args = [self.pow(b, n) for b, n in power.items()]
        if is_number(u, 0):
            return self.mul(self.num(number), *args)
        args.append(self._node("exp", (u,), None, u.indices))
        if number != 1:
            args.insert(0, self.num(number))
        return args[0] if len(args) == 1 else self._product(args)

    def div(self, a: Node, b: Node) -> Node:
        return self.mul(a, self.pow(b, -1))

    def pow(self, base: Node, n: Number) -> Node:
        n = Fraction(n)
        if n == 1:
            return base
        if n == 0:
            return self.num(1)
        if base.op == "num" and n.denominator == 1:
            if base.value == 0 and n < 0:
                raise UnknownMeaning("the objective divides by zero")
            return self.num(base.value**int(n))
        if base.op == "pow" and n.denominator == 1:
            return self.pow(base.args[0], base.value * n)
        if base.op == "exp":
            return self.exp(self.mul(self.num(n), base.args[0]))
        if base.op == "mul" and n.denominator == 1:
            return self.mul(*(self.pow(a, n) for a in base.args))
        if base.op == "add" and n < 0 and n.denominator == 1:
            pair = self._two_exps(base)
            if pair is not None:  # (e^a + e^b)^-n = e^{-na} σ(a - b)^n
                a, b = pair
                return self.mul(self.exp(self.mul(self.num(n), a)), self.pow(self.sigma(self.sub(a, b)), -n))
        return self._node("pow", (base,), n, base.indices)

    def _two_exps(self, node: Node) -> tuple[Node, Node] | None:
        """(a, b) where the node is e^a + e^b; the number 1 is e^0."""
        if node.op != "add" or len(node.args) != 2:
            return None
        out = []
        for t in node.args:
            if t.op == "exp":
                out.append(t.args[0])
            elif is_number(t, 1):
                out.append(self.num(0))
            else:
                return None
        return out[0], out[1]

    def power(self, base: Node, exponent: Node) -> Node:
        """base^exponent with an exponent that is no fixed number; the base is positive."""
        if exponent.op == "num":
            return self.pow(base, exponent.value)
        logarithm = self.log(base)
        if logarithm.op != "log":  # of e^u, σ(u) or 1 + e^u: the power is stable as an exponential
            return self.exp(self.mul(logarithm, exponent))
        return self._node("power", (base, exponent), None, _union((base, exponent)))

    # Functions

    def exp(self, u: Node) -> Node:
        if is_number(u, 0):
            return self.num(1)
        if u.op == "log":
            return u.args[0]
        c, rest = self.split(u)
        if rest.op == "softplus" and c.denominator == 1 and c < 0:  # e^{-softplus(v)} = σ(-v)
            return self.pow(self.sigma(self.neg(rest.args[0])), -c)
        return self._node("exp", (u,), None, u.indices)

    def sigma(self, u: Node) -> Node:
        if is_number(u, 0):
            return self.num(Fraction(1, 2))
        return self._node("sigma", (u,), None, u.indices)

    def softplus(self, u: Node) -> Node:
        return self._node("softplus", (u,), None, u.indices)

    def lse(self, u: Node, index: Index) -> Node:
        """log Σ_index e^u."""
        if index not in u.indices:
            return self.add(u, self.log(self.size(index.size)))
        return self._node("lse", (u,), index, (k for k in u.indices if k != index))

    def log(self, u: Node) -> Node:
        if is_number(u, 1):
            return self.num(0)
        if u.op == "exp":
            return u.args[0]
        if u.op == "sigma":
            return self.neg(self.softplus(self.neg(u.args[0])))
        if u.op == "pow" and u.args[0].op in ("sigma", "softplus"):
            return self.mul(self.num(u.value), self.log(u.args[0]))
        if u.op == "sum" and u.args[0].op == "exp":
            return self.lse(u.args[0].args[0], u.value)
        if u.op == "cosh":
            return self._node("logcosh", u.args, None, u.indices)
        if u.op == "mul":
            outer = [a for a in u.args if a.op in ("exp", "sigma")
                     or (a.op == "pow" and a.args[0].op == "sigma")]
            if outer:
                rest = self.mul(*(a for a in u.args if a not in outer))
                return self.add(*(self.log(a) for a in outer), self.log(rest))
        pair = self._two_exps(u)
        if pair is not None:
            a, b = pair
            return self.add(a, self.softplus(self.sub(b, a)))
        return self._node("log", (u,), None, u.indices)

    def call(self, fn: str, *args: Node) -> Node:
        """A function of the core language."""
        own = _CONSTRUCTORS.get(fn)
        if own is not None:
            return own(self, *args)
        row = FUNCTIONS.get(fn)
        if fn in _ENTRYWISE or (row is not None and row.numpy):
            return self._node(fn, args, None, _union(args))
        if row is not None and row.meaning:
            return self.terms.value(row.meant, args[0])
        raise UnknownMeaning(f"{fn} has no numeric form here")

    def _abs(self, u: Node) -> Node:
        c, rest = self.split(u)
        return self._node("abs", (self.mul(self.num(-c), rest) if c < 0 else u,), None, u.indices)

    def _sign(self, u: Node) -> Node:
        c, rest = self.split(u)
        if c < 0:
            return self.neg(self._sign(self.mul(self.num(-c), rest)))
        return self._node("sign", (u,), None, u.indices)

    def _max(self, *args: Node) -> Node:
        return self._extreme("max", args, lambda u: self.call("relu", u))

    def _min(self, *args: Node) -> Node:
        return self._extreme("min", args, lambda u: self.neg(self.call("relu", self.neg(u))))

    def _extreme(self, fn: str, args: Sequence[Node], beside_zero: Callable[[Node], Node]) -> Node:
        """The larger or smaller of two at a time; ``beside_zero`` where one of them is 0."""
        args = tuple(dict.fromkeys(args))
        if len(args) == 1:
            return args[0]
        if len(args) > 2:
            return self.call(fn, self.call(fn, *args[:-1]), args[-1])
        a, b = sorted(args, key=_serial)
        if is_number(a, 0) or is_number(b, 0):
            return beside_zero(b if is_number(a, 0) else a)
        return self._node(fn, (a, b), None, _union((a, b)))

    @cached_property
    def terms(self) -> Algebra[Node]:
        """Terms of the table of functions as nodes."""
        return Algebra(self.num, self.add, self.mul, self.div, self.pow, self.call)

    # Sums

    def sum(self, body: Node, index: Index) -> Node:
        """Σ over an axis; what does not depend on it stands before the sum."""
        if index not in body.indices:
            return self.mul(self.size(index.size), body)
        if body.op == "mul":
            outside = [a for a in body.args if index not in a.indices]
            if outside:
                inside = self.mul(*(a for a in body.args if index in a.indices))
                return self.mul(*outside, self.sum(inside, index))
        return self._node("sum", (body,), index, (k for k in body.indices if k != index))

    def gather(self, *terms: Node) -> Node:
        """The sum of the terms, with the scalars that all of them share in front of it."""
        scalars: list[Node] = []
        if len(terms) > 1:
            parts = [[a for a in (t.args if t.op == "mul" else (t,)) if not a.indices and a.op != "num"]
                     for t in terms]
            scalars = [a for a in parts[0] if all(a in p for p in parts[1:])]
        if not scalars:
            return self.add(*terms)
        inverse = [self.pow(a, -1) for a in scalars]
        return self.mul(*scalars, self.add(*(self.mul(t, *inverse) for t in terms)))

    def reduce(self, body: Node, axes: Iterable[Index], keep: Iterable[Index]) -> Node:
        """Σ over those of ``axes`` that are not kept, also where the body is the same along them."""
        for index in sorted(set(axes) - set(keep), reverse=True):
            body = self.sum(body, index)
        return body

    def rename(self, node: Node, axes: Mapping[Index, Index]) -> Node:
        """The node with its axes renamed; sums below that already use a new name get another."""
        axes = {a: b for a, b in axes.items() if a != b and a in node.indices}
        if not axes:
            return node
        if node.op == "leaf":
            name, place = node.value
            return self.leaf(name, tuple(axes.get(k, k) if isinstance(k, Index) else k for k in place))
        if node.op in ("sum", "lse"):
            index: Index = node.value
            if index in axes.values():
                fresh = index
                used = {*axes.values(), *node.args[0].indices}
                while fresh in used:
                    fresh = Index(fresh.rank, fresh.size, fresh.level + 1)
                axes = {**axes, index: fresh}
                index = fresh
            body = self.rename(node.args[0], axes)
            return self.sum(body, index) if node.op == "sum" else self.lse(body, index)
        return self.rebuild(node, [self.rename(a, axes) for a in node.args])

    def rebuild(self, node: Node, args: list[Node]) -> Node:
        """The same operation on other arguments."""
        match node.op:
            case "add":
                return self.add(*args)
            case "mul":
                return self.mul(*args)
            case "pow":
                return self.pow(args[0], node.value)
            case "power":
                return self.power(args[0], args[1])
            case "sum":
                return self.sum(args[0], node.value)
            case "lse":
                return self.lse(args[0], node.value)
            case "leaf" | "num" | "size" | "pi":
                return node
            case "where":
                return self.where(*args)
            case "logcosh":
                return self._node("logcosh", tuple(args), None, args[0].indices)
        return self.call(node.op, *args)


_CONSTRUCTORS: dict[str, Callable[..., Node]] = {
    "exp": Graph.exp, "log": Graph.log, "sigma": Graph.sigma, "softplus": Graph.softplus,
    "sqrt": lambda g, u: g.pow(u, Fraction(1, 2)), "pi": lambda g: g._node("pi", (), None, ()),
    "max": Graph._max, "min": Graph._min, "abs": Graph._abs, "sign": Graph._sign,
}


def signed_labels(g: Graph, name: str, roots: Sequence[Node]) -> list[Node]:
    """The roots where the labels ``name`` are 0 or 1: with s = 1 - 2y, (1-y) F(u) + y F(-u) is F(su).

    This halves the work of a cross-entropy and loses no digit of it.
    """
    label = next((n for n in walk(*roots) if n.op == "leaf" and n.value[0] == name), g.num(0))
    sign = g.mul(g.num(2), g.add(g.num(Fraction(1, 2)), g.neg(label)))
    rest = g.add(g.num(1), g.neg(label))
    new: dict[Node, Node] = {}
    for node in walk(*roots):
        args = [new[a] for a in node.args]
        changed = any(a is not b for a, b in zip(args, node.args, strict=True))
        made = g.rebuild(node, args) if changed else node
        if made.op == "add" and len(made.args) == 2:
            for t, u in (made.args, made.args[::-1]):
                made = _signed(g, t, u, rest, label, sign) or made
        new[node] = made
    return [new[r] for r in roots]


def _signed(g: Graph, t: Node, u: Node, rest: Node, label: Node, sign: Node) -> Node | None:
    first, second = (list(n.args) if n.op == "mul" else [n] for n in (t, u))
    if rest not in first or label not in second:
        return None
    first.remove(rest)
    second.remove(label)
    for f in first:
        if f.op in ("sigma", "softplus"):
            mirror = g.call(f.op, g.neg(f.args[0]))
            if mirror in second:
                a = g.mul(*(k for k in first if k is not f))
                b = g.mul(*(k for k in second if k is not mirror))
                joint = g.mul(a, g.call(f.op, g.mul(sign, f.args[0])))
                if a is b:
                    return joint
                if a is g.neg(b):
                    return g.mul(sign, joint)
    return None


def paired(g: Graph, roots: Sequence[Node]) -> list[Node]:
    """The roots with c (a σ(u) + b σ(-u)) as c times one ``ratio``, (a + b e^{-u}) / (1 + e^{-u}), and with
    the choice between c sign u, where |u| > c, and u as sign(u) min(|u|, c).

    The exponential is ``capped``, so that the ratio stays finite, and a and b are made of data and parameters
    by + and * alone, so that they are no powers of e themselves.
    """
    new: dict[Node, Node] = {}
    for node in walk(*roots):
        args = [new[a] for a in node.args]
        changed = any(a is not b for a, b in zip(args, node.args, strict=True))
        made = g.rebuild(node, args) if changed else node
        rewrite = {"add": _paired, "where": _clipped}.get(made.op)
        new[node] = made if rewrite is None else rewrite(g, made)
    return [new[r] for r in roots]


def _clipped(g: Graph, node: Node) -> Node:
    beyond, a, u = node.args
    size, sign = g.call("abs", u), g.call("sign", u)
    limit = g.sub(size, beyond)
    return g.mul(sign, g.call("min", size, limit)) if a is g.mul(limit, sign) else node


def _paired(g: Graph, node: Node) -> Node:
    parts = [list(t.args) if t.op == "mul" else [t] for t in node.args]
    common = [f for f in parts[0] if f.op not in ("num", "sigma") and all(f in p for p in parts)]
    found: set[Node] = set()
    terms: list[Node] = []
    for factors in parts:
        logistic = [f for f in factors if f.op == "sigma"]
        rest = [f for f in factors if f not in common and f not in logistic]
        if len(logistic) != 1 or any(n.op not in ("leaf", "num", "size", "add", "mul") for n in walk(*rest)):
            return node
        u = logistic[0].args[0]
        turned = g.split(u)[0] < 0
        found.add(g.neg(u) if turned else u)
        terms.append(g.mul(*rest, *[g.call("capped", u)] * turned))
    if len(found) != 1:
        return node
    return g.mul(*common, g.call("ratio", g.add(*terms), g.call("capped", g.neg(found.pop()))))


def _serial(node: Node) -> int:
    return node.serial


def _without(g: Graph, term: Node, guard: Node) -> Node:
    """A product without one of its factors."""
    return g.num(1) if term is guard else g.mul(*(a for a in term.args if a is not guard))


def _union(args: Iterable[Node]) -> Iterator[Index]:
    for a in args:
        yield from a.indices

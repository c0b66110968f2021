"""Gradient: that of a graph by the chain rule, from the objective back to its arguments.

Each intermediate quantity v gets its adjoint ∂J/∂v once; an argument's gradient is the sum over the places
where it is read.  At a kink the slope is the one that the formula's own ``step`` and ``sign`` give, with
step(0) = 0 and sign(0) = 0: relu'(0) = 0, |.|'(0) = 0, and at a tie of Max or Min the mean of the slopes.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ..errors import UnknownMeaning
from ..functions import FUNCTIONS
from ..kernel.differentiate import slope as derivative
from .graph import Graph, Index, Node, Place, walk


def adjoints(g: Graph, root: Node) -> dict[Node, Node]:
    """∂root/∂leaf for every leaf, with the axes of the leaf (or fewer: the same along the others)."""
    # For each node what is to be added up, by the axes that it has to be summed over.
    found: dict[Node, dict[tuple[Index, ...], list[Node]]] = {root: {(): [g.num(1)]}}
    out: dict[Node, Node] = {}
    for node in reversed(walk(root)):
        if node not in found:
            continue
        bar = g.gather(*(g.reduce(g.gather(*parts), axes, ()) for axes, parts in found.pop(node).items()))
        if node.op == "leaf":
            out[node] = bar
        for arg, slope in zip(node.args, _slopes(g, node), strict=True):
            if slope is not None and not (slope.op == "num" and slope.value == 0):
                axes = {*node.indices, *bar.indices, *slope.indices} - {*arg.indices}
                parts = found.setdefault(arg, {})
                parts.setdefault(tuple(sorted(axes)), []).append(g.mul(bar, slope))
    return out


def _slopes(g: Graph, node: Node) -> Iterable[Node | None]:
    """∂node/∂arg for each argument."""
    args = node.args
    match node.op:
        case "add":
            return [g.num(1)] * len(args)
        case "mul":
            return [g.mul(*args[:k], *args[k + 1 :]) for k in range(len(args))]
        case "pow":
            return [g.mul(g.num(node.value), g.pow(args[0], node.value - 1))]
        case "power":
            base, n = args
            return [g.mul(n, g.power(base, g.add(n, g.num(-1)))), g.mul(node, g.log(base))]
        case "tanh":  # (1 - tanh u)(1 + tanh u), each factor without cancelling
            return [g.mul(g.add(g.num(1), node), g.add(g.num(1), g.neg(node)))]
        case "logcosh":
            return [g.call("tanh", args[0])]
        case "where":
            return [None, g.call("step", args[0]), g.call("stop", args[0])]
        case "sum":
            return [g.num(1)]
        case "lse":
            return [g.exp(g.sub(args[0], node))]
        case "max" | "min":
            return _extreme(g, node)
    if node.op in FUNCTIONS:
        return [g.terms.value(derivative(FUNCTIONS[node.op]), args[0])]
    return [None] * len(args)


def _extreme(g: Graph, node: Node) -> list[Node]:
    if len(node.args) != 2:
        raise UnknownMeaning(f"{node.op} of more than two arguments has no gradient here: nest it")
    a, b = node.args
    first = g.call("sign", g.sub(a, b) if node.op == "max" else g.sub(b, a))
    half = g.num(Fraction(1, 2))
    return [g.mul(half, g.add(g.num(1), first)), g.mul(half, g.add(g.num(1), g.neg(first)))]


Pieces = list[tuple[Place, Node]]


def gradient(g: Graph, root: Node, name: str, axes: tuple[Index, ...]) -> Pieces:
    """The gradient by one argument: pieces (place, value) that are added up.

    A piece at the axes themselves is a whole array, one at fixed positions an entry of it.
    """
    pieces: dict[Place, list[Node]] = {}
    for leaf, bar in adjoints(g, root).items():
        if leaf.value[0] != name:
            continue
        place = leaf.value[1]
        own = [k for k in place if isinstance(k, Index)]
        if len(set(own)) != len(own):
            raise UnknownMeaning(f"a diagonal entry of {name} has no gradient here")
        moved = {k: axes[n] for n, k in enumerate(place) if isinstance(k, Index)}
        spot = tuple(axes[n] if isinstance(k, Index) else k for n, k in enumerate(place))
        pieces.setdefault(spot, []).append(g.rename(bar, moved))
    return [(spot, g.gather(*bars)) for spot, bars in pieces.items()]

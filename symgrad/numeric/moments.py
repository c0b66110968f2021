r"""Moments: losses that need the data only through finitely many sums.

Where every sum over samples is a polynomial in the data with coefficients that depend on the parameters,
the data can be reduced once to sums of products,

    Σ_i (y_i - m x_i - b)^2  =  N c^2 + 2c (V - m U) + V_2 - 2m UV + m^2 U_2,
    u_i = x_i - x_1,  v_i = y_i - y_1,  c = y_1 - m x_1 - b,  U = Σ u_i,  UV = Σ u_i v_i, ..

and every later value and gradient is computed from those.  The data are shifted by their first row: sums of
squares of large numbers would lose everything that distinguishes the samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .graph import Graph, Index, Node, walk

TERMS = 400
"""A polynomial of more terms is no gain."""


@dataclass(frozen=True)
class _Term:
    """Σ over ``bound`` of coefficient · Π factors; the factors depend on the sample, the coefficient not."""

    coefficient: Node
    factors: tuple[Node, ...] = ()
    bound: tuple[Index, ...] = ()


@dataclass
class Moments:
    """The objective as ``root``, which reads the sums, the centers, the number of samples and the parameters.

    ``sums`` gives each sum over the data by the name of its argument, ``places`` the argument's axes, and
    ``centers`` the argument that holds the first row of some data.  The names are no page names.
    """

    root: Node
    sums: dict[str, Node] = field(default_factory=dict)
    places: dict[str, tuple[Index, ...]] = field(default_factory=dict)
    centers: dict[str, str] = field(default_factory=dict)


class _NotFinite(Exception):
    """A sum over samples is no polynomial in the data."""


COUNT = "count"
"""The argument that holds the number of samples."""


def moments(g: Graph, root: Node, sample: Index, data: Mapping[str, Sequence[str]]) -> Moments | None:
    """The objective from finitely many sums over the data (name -> lengths of its axes), or None."""
    try:
        return _Finder(g, sample, data).found(root)
    except _NotFinite:
        return None


class _Finder:
    def __init__(self, g: Graph, sample: Index, data: Mapping[str, Sequence[str]]) -> None:
        self.g, self.sample, self.data = g, sample, data
        self.sizes = {s for shape in data.values() for s in shape} - {sample.size}
        self.new: dict[Node, Node] = {}
        self.out = Moments(g.num(0))
        self.names: dict[Node, str] = {}
        self.level = 1000  # axes of its own for every bound index, so that products do not mix them up

    def found(self, root: Node) -> Moments:
        g, new = self.g, self.new
        for node in walk(root):
            args = [new[a] for a in node.args]
            if node.op == "sum" and node.value == self.sample:
                new[node] = g.add(*(self._summed(t) for t in self._terms(node.args[0])))
            elif node.op == "lse" and node.value == self.sample:
                raise _NotFinite
            elif self.sample in node.indices:
                new[node] = node
            elif node.op == "size" and node.value == self.sample.size:
                new[node] = g.leaf(COUNT)
            else:
                changed = any(a is not b for a, b in zip(args, node.args, strict=True))
                new[node] = g.rebuild(node, args) if changed else node
        self.out.root = new[root]
        left = [n for n in walk(self.out.root) if n.op == "leaf" and n.value[0] in self.data]
        if left:
            raise _NotFinite
        return self.out

    def _terms(self, node: Node) -> list[_Term]:
        """The node as a polynomial in what depends on the sample."""
        if self.sample not in node.indices:
            return [_Term(self.new[node])]
        match node.op:
            case "leaf" if all(isinstance(k, Index) for k in node.value[1]):
                return self._shifted(node)
            case "add":
                return self._collected([t for a in node.args for t in self._terms(a)])
            case "mul":
                terms = [_Term(self.g.num(1))]
                for a in node.args:
                    terms = self._multiplied(terms, self._terms(a))
                return self._collected(terms)
            case "pow" if node.value.denominator == 1 and 0 < node.value <= 8:
                base, terms = self._terms(node.args[0]), [_Term(self.g.num(1))]
                for _ in range(int(node.value)):
                    terms = self._collected(self._multiplied(terms, base))
                return terms
            case "sum":
                return [self._over(t, node.value) for t in self._terms(node.args[0])]
        return self._whole(node)

    def _over(self, t: _Term, index: Index) -> _Term:
        """The sum of a term over an axis that is not the samples'."""
        if any(index in f.indices for f in t.factors):
            return _Term(t.coefficient, t.factors, (*t.bound, index))
        return _Term(self.g.sum(t.coefficient, index), t.factors, t.bound)

    def _whole(self, node: Node) -> list[_Term]:
        """A function of the data alone as a factor of its own."""
        for n in walk(node):
            foreign = n.value[0] not in self.data if n.op == "leaf" else n.value not in self.sizes
            if (n.op in ("leaf", "size") and foreign) or (n.op in ("sum", "lse") and n.value == self.sample):
                raise _NotFinite
        return [_Term(self.g.num(1), (node,))]

    def _multiplied(self, terms: list[_Term], more: list[_Term]) -> list[_Term]:
        product = [self._times(s, t) for s in terms for t in more]
        if len(product) > TERMS:
            raise _NotFinite
        return product

    def _shifted(self, leaf: Node) -> list[_Term]:
        """x_i is its first row and the rest."""
        name, place = leaf.value
        if name not in self.data:
            raise _NotFinite
        center = self.out.centers.setdefault(name, f"first {name}")
        first = self.g.leaf(center, tuple(k for k in place if k != self.sample))
        return [_Term(first), _Term(self.g.num(1), (self.g.sub(leaf, first),))]

    def _times(self, s: _Term, t: _Term) -> _Term:
        s, t = self._apart(s), self._apart(t)
        factors = tuple(sorted((*s.factors, *t.factors), key=self._order))
        return _Term(self.g.mul(s.coefficient, t.coefficient), factors, (*s.bound, *t.bound))

    def _apart(self, t: _Term) -> _Term:
        """The term with bound axes of its own."""
        fresh = {}
        for k in t.bound:
            self.level += 1
            fresh[k] = Index(k.rank, k.size, self.level)
        return self._renamed(t, fresh)

    @staticmethod
    def _order(factor: Node) -> tuple[str, int]:
        names = [n.value[0] for n in walk(factor) if n.op == "leaf"]
        return (min(names), factor.serial)

    def _collected(self, terms: list[_Term]) -> list[_Term]:
        """Terms with the same factors become one."""
        weight: dict[tuple[tuple[Node, ...], tuple[Index, ...]], list[Node]] = {}
        for t in terms:
            named = self._renamed(t, {
                k: Index(k.rank, k.size, 100 + n)
                for n, k in enumerate(dict.fromkeys(k for f in t.factors for k in f.indices if k in t.bound))
            })
            weight.setdefault((named.factors, named.bound), []).append(named.coefficient)
        return [_Term(self.g.add(*c), *key) for key, c in weight.items()]

    def _renamed(self, t: _Term, axes: dict[Index, Index]) -> _Term:
        return _Term(self.g.rename(t.coefficient, axes), tuple(self.g.rename(f, axes) for f in t.factors),
                     tuple(sorted(axes.values())))

    def _summed(self, t: _Term) -> Node:
        """The sum of a term over the samples, with the sum of its factors as an argument."""
        g = self.g
        if not t.factors:
            return g.reduce(g.mul(g.leaf(COUNT), t.coefficient), t.bound, ())
        axes = tuple(dict.fromkeys(k for f in t.factors for k in f.indices if k != self.sample))
        levels: dict[str, int] = {}
        canonical = {}
        for k in axes:  # axes of the argument by their order, so that equal sums are one argument
            n = levels[k.size] = levels.get(k.size, -1) + 1
            canonical[k] = Index(k.rank, k.size, n)
        aside = {k: Index(k.rank, k.size, k.level + 10**6) for k in canonical}
        back = {aside[k]: canonical[k] for k in canonical}
        product = g.rename(g.rename(g.mul(*t.factors), aside), back)
        total = g.sum(product, self.sample)
        name = self.names.setdefault(total, f"sum {len(self.names) + 1}")
        self.out.sums[name] = total
        self.out.places[name] = tuple(canonical[k] for k in axes)
        return g.reduce(g.mul(t.coefficient, g.leaf(name, axes)), (*t.bound, *axes), set(axes) - set(t.bound))

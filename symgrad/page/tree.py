"""Page: a frozen tree of what is written, in the order in which it is written.

Nothing here evaluates: ``y - (m x + b)`` stays a difference, ``x/x`` stays a fraction.  Names are
canonical LaTeX (``x``, ``\\theta``, ``\\hat{y}``, ``\\mathbf{w}``, ``\\mathrm{MSE}``).  A bound index
is an ordinary :class:`Sym` that an enclosing :class:`Sum` or :class:`Prod` names; ``free_names``
and ``replace`` respect binding.  A matrix product is an ordered :class:`Mul` whose factors have
matrix kinds (see ``scope.Kind``): order is always kept, so no separate product node is needed.

>>> x, i = Sym("x"), Sym("i")
>>> Sum(Indexed(x, (i,)), i, Num(1), Sym("N")) == Sum(Indexed(x, (i,)), i, Num(1), Sym("N"))
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, TypeVar

from ..errors import Span
from .symbols import Symbol, symbol_of

DerivativeStyle = Literal["operator", "fraction"]


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A piece of written mathematics; ``span`` says where it stood and never affects equality."""

    span: Span | None = field(default=None, compare=False, kw_only=True)

    def __repr__(self) -> str:  # one for all, for a dataclass takes its time to make one of its own
        names: tuple[str, ...] = self.__match_args__
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"


@dataclass(frozen=True, slots=True, repr=False)
class Num(Node):
    """A non-negative number as written; ``places`` counts written decimals (``0.50`` has 2)."""

    value: Fraction | int
    places: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Sym(Node):
    """A symbol by its canonical LaTeX name.  ``e``, ``\\pi`` and ``\\infty`` mean the constants
    unless the scope says otherwise.  The name is what symbols are compared and printed by; what it is made
    of is asked of ``symbol``."""

    name: str

    @property
    def symbol(self) -> Symbol:
        return symbol_of(self.name)


@dataclass(frozen=True, slots=True, repr=False)
class Indexed(Node):
    """``base_{lower}^{(upper)}``: x_i, W_{jk}, x^{(i)}_j, w^{[l]}; ``bracket`` is "()", "[]" or ""
    and says how the upper index is marked (never a power)."""

    base: Node
    lower: tuple[Node, ...] = ()
    upper: tuple[Node, ...] = ()
    bracket: str = "()"


@dataclass(frozen=True, slots=True, repr=False)
class Add(Node):
    """Terms in written order; a difference holds a :class:`Neg`."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Neg(Node):
    arg: Node


@dataclass(frozen=True, slots=True, repr=False)
class Mul(Node):
    """Factors in written order (also matrix products, by juxtaposition, ``\\cdot`` or ``\\times``).

    ``dots`` are the places of factors with a written sign before them, None where nobody knows: two
    columns have a product with a dot between them, and none without.
    """

    factors: tuple[Node, ...]
    dots: frozenset[int] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Hadamard(Node):
    """Entrywise product, ``\\odot`` or ``\\circ``."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True, repr=False)
class EntrywiseQuotient(Node):
    """``u \\oslash v``: the entries of u over those of v."""

    num: Node
    den: Node


@dataclass(frozen=True, slots=True, repr=False)
class Frac(Node):
    num: Node
    den: Node


@dataclass(frozen=True, slots=True, repr=False)
class Pow(Node):
    base: Node
    exp: Node


@dataclass(frozen=True, slots=True, repr=False)
class Call(Node):
    """Application ``fn(args)``; ``fn`` is a Sym, an Indexed (``h_\\theta``) or a Prime (``f'``).

    Built-in functions are Syms: ``\\exp \\log \\sigma \\tanh \\sinh \\cosh \\sqrt \\max \\min`` and
    ``\\operatorname{relu} .. {sign} .. {softmax} .. {softplus} .. {diag} .. {tr} .. {Var} .. {Cov}``,
    ``\\mathbb{E}``.
    """

    fn: Node
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Prime(Node):
    """``f'`` (order 1), ``f''``: differentiated by its argument, or by what the scope's nabla names."""

    fn: Node
    order: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class BigOp(Node):
    """Common part of Sum and Prod.  ``lower`` and ``upper`` are both None for an unbounded
    ``\\sum_i``; ``condition`` holds what stands under the sign otherwise (``i<j``, ``j \\ne i``,
    ``k \\in S``), with the index still in ``index``.  An absent index is ``Sym("")``."""

    body: Node
    index: Sym
    lower: Node | None = None
    upper: Node | None = None
    condition: Relation | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Sum(BigOp):
    pass


@dataclass(frozen=True, slots=True, repr=False)
class Prod(BigOp):
    pass


@dataclass(frozen=True, slots=True, repr=False)
class Derivative(Node):
    """``\\frac{\\partial^k body}{\\partial v_1 ..}``; ``by`` lists (variable, order) as written.

    ``style`` "fraction" has the body in the numerator, "operator" behind the fraction.
    ``d`` is "\\partial" or "d".
    """

    body: Node
    by: tuple[tuple[Node, int], ...]
    style: DerivativeStyle = "operator"
    d: str = "\\partial"


@dataclass(frozen=True, slots=True, repr=False)
class Gradient(Node):
    """``\\nabla_{wrt} body``; ``wrt`` None is a bare nabla; order 2 is ``\\nabla^2`` (Hessian)."""

    body: Node
    wrt: Node | None = None
    order: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class Transpose(Node):
    arg: Node


@dataclass(frozen=True, slots=True, repr=False)
class Norm(Node):
    """``\\lVert arg \\rVert_p``; ``p`` None is the Euclidean (or Frobenius) norm."""

    arg: Node
    p: Node | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Abs(Node):
    arg: Node


@dataclass(frozen=True, slots=True, repr=False)
class Inner(Node):
    """``\\langle left, right \\rangle``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, repr=False)
class Component(Node):
    """``[arg]_{lower}`` or ``(arg)_{lower}``: an entry of a compound vector or matrix."""

    arg: Node
    lower: tuple[Node, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Indicator(Node):
    """``\\mathbb{1}[condition]``: 1 where the relation holds, else 0."""

    condition: Relation


@dataclass(frozen=True, slots=True, repr=False)
class Cases(Node):
    """Branches (value, condition); the condition None is "otherwise"."""

    branches: tuple[tuple[Node, Relation | None], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Matrix(Node):
    """An explicit matrix, row by row."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True, repr=False)
class Dots(Node):
    """An ellipsis that stands for terms, factors or entries."""


@dataclass(frozen=True, slots=True, repr=False)
class Evaluated(Node):
    """``body |_{at}``: the body at a point, e.g. ``\\big|_{\\theta = 0}``."""

    body: Node
    at: Relation


@dataclass(frozen=True, slots=True, repr=False)
class Relation(Node):
    """``lhs op rhs``; ``op`` is one of = != < <= > >= ~ approx := equiv to in propto."""

    lhs: Node
    op: str
    rhs: Node


@dataclass(frozen=True, slots=True, repr=False)
class Chain(Node):
    """``first op1 n1 op2 n2 ..`` as one display writes it."""

    first: Node
    rest: tuple[tuple[str, Node], ...]

    def relations(self) -> tuple[Relation, ...]:
        """Relations between neighbours, in reading order."""
        out = []
        left = self.first
        for op, right in self.rest:
            out.append(Relation(left, op, right, span=right.span))
            left = right
        return tuple(out)


N_ = TypeVar("N_", bound=Node)


def _written(node: Node) -> tuple[str, ...]:
    """The names of the fields that say what is written: all but the span, which is keyword-only."""
    return type(node).__match_args__


def _of_big(node: BigOp) -> tuple[Node, ...]:
    rest = (node.lower, node.upper, node.condition)
    return (node.body, node.index, *(n for n in rest if n is not None))


_CHILDREN: dict[type[Node], Callable[[Any], tuple[Node, ...]]] = {
    Indexed: lambda n: (n.base, *n.lower, *n.upper),
    Add: lambda n: n.terms,
    Neg: lambda n: (n.arg,),
    Mul: lambda n: n.factors,
    Hadamard: lambda n: n.factors,
    EntrywiseQuotient: lambda n: (n.num, n.den),
    Frac: lambda n: (n.num, n.den),
    Pow: lambda n: (n.base, n.exp),
    Call: lambda n: (n.fn, *n.args),
    Prime: lambda n: (n.fn,),
    Sum: _of_big,
    Prod: _of_big,
    Derivative: lambda n: (n.body, *(v for v, _ in n.by)),
    Gradient: lambda n: (n.body,) if n.wrt is None else (n.body, n.wrt),
    Transpose: lambda n: (n.arg,),
    Norm: lambda n: (n.arg,) if n.p is None else (n.arg, n.p),
    Abs: lambda n: (n.arg,),
    Inner: lambda n: (n.left, n.right),
    Component: lambda n: (n.arg, *n.lower),
    Indicator: lambda n: (n.condition,),
    Cases: lambda n: tuple(k for branch in n.branches for k in branch if k is not None),
    Matrix: lambda n: tuple(k for row in n.rows for k in row),
    Evaluated: lambda n: (n.body, n.at),
    Relation: lambda n: (n.lhs, n.rhs),
    Chain: lambda n: (n.first, *(k for _, k in n.rest)),
}  # walking the tree is most of what is done with it: this is three times as fast as asking for the fields


def children(node: Node) -> tuple[Node, ...]:
    """Direct sub-nodes, in field order."""
    below = _CHILDREN.get(node.__class__)
    return below(node) if below else ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, outermost first."""
    stack = [node]
    while stack:
        last = stack.pop()
        yield last
        below = _CHILDREN.get(last.__class__)
        if below is not None:
            stack.extend(reversed(below(last)))


def map_children(node: N_, fn: Callable[[Node], Node]) -> N_:
    """A copy of the node with ``fn`` applied to each direct sub-node (the node itself if unchanged)."""
    changes: dict[str, Any] = {}
    for name in _written(node):
        old = getattr(node, name)
        new = _map_value(old, fn)
        if new is not old:
            changes[name] = new
    return replace(node, **changes) if changes else node


def _map_value(value: object, fn: Callable[[Node], Node]) -> object:
    if isinstance(value, Node):
        return fn(value)
    if isinstance(value, tuple):
        new = tuple(_map_value(item, fn) for item in value)
        return new if any(a is not b for a, b in zip(new, value, strict=True)) else value
    return value


def free_names(node: Node) -> frozenset[str]:
    """Names of the symbols that no Sum or Prod inside ``node`` binds."""
    if isinstance(node, Sym):
        return frozenset((node.name,))
    if isinstance(node, BigOp):
        inner = free_names(node.body)
        if node.condition is not None:
            inner |= free_names(node.condition)
        inner -= {node.index.name}
        for bound in (node.lower, node.upper):
            if bound is not None:
                inner |= free_names(bound)
        return inner
    out: frozenset[str] = frozenset()
    for child in children(node):
        out |= free_names(child)
    return out


def fresh_name(base: str, taken: frozenset[str]) -> str:
    """A name not in ``taken``, made from ``base``: the letters after i, then primes of ``base``."""
    names: tuple[str, ...] = (base, *"ijklrstuvpq")
    for name in names:
        if name not in taken:
            return name
    return fresh_name(base + "'", taken)


def substitute(node: Node, mapping: dict[Node, Node]) -> Node:
    """Replace whole sub-nodes (compared with ==), renaming bound indices that would capture."""
    if not mapping:
        return node
    if node in mapping:
        return mapping[node]
    if isinstance(node, BigOp):
        inner = {k: v for k, v in mapping.items() if node.index.name not in free_names(k)}
        incoming: frozenset[str] = frozenset()
        for v in inner.values():
            incoming |= free_names(v)
        index, body, condition = node.index, node.body, node.condition
        if index.name in incoming and any(k in set(walk(body)) for k in inner):
            new = Sym(fresh_name(index.name, incoming | free_names(body)))
            body = substitute(body, {index: new})
            if condition is not None:
                moved = substitute(condition, {index: new})
                assert isinstance(moved, Relation)
                condition = moved
            index = new
        if condition is not None:
            mapped = substitute(condition, inner)
            assert isinstance(mapped, Relation)
            condition = mapped
        return type(node)(
            substitute(body, inner),
            index,
            None if node.lower is None else substitute(node.lower, mapping),
            None if node.upper is None else substitute(node.upper, mapping),
            condition,
            span=node.span,
        )
    return map_children(node, lambda child: substitute(child, mapping))


Path = tuple[int, ...]


def paths(node: Node, prefix: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node below (and including) this one with its place, outermost first, in reading order."""
    yield prefix, node
    for k, child in enumerate(children(node)):
        yield from paths(child, (*prefix, k))


def put(node: Node, path: Path, new: Node) -> Node:
    """The tree with the node at ``path`` replaced, and nothing else touched.

    >>> put(Frac(Sym("a"), Sym("b")), (1,), Sym("c")) == Frac(Sym("a"), Sym("c"))
    True
    """
    if not path:
        return new
    position = iter(range(len(children(node))))
    return map_children(node, lambda c: put(c, path[1:], new) if next(position) == path[0] else c)


def same(a: Node, b: Node) -> bool:
    """Equal up to the order of terms and factors, number arithmetic and names of bound indices.

    Nothing is distributed, cancelled or combined.  Order is forgotten in every product, so this is a
    comparison for labels, never for verdicts.

    >>> x, y = Sym("x"), Sym("y")
    >>> same(Mul((Num(2), x, Neg(y))), Neg(Mul((y, Mul((x, Num(2)))))))
    True
    >>> same(Frac(x, x), Num(1))
    False
    """
    return canonical(a) == canonical(b)


def canonical(node: Node) -> object:
    """The same value for two pages exactly when they are the same in the sense of :func:`same`."""
    return _canonical(node, ())


# A canonical product: a number, the factors above and the factors below the line.
_Form = tuple[Fraction, tuple[object, ...], tuple[object, ...]]
_MAX_REPEAT = 16


def _canonical(node: Node, bound: tuple[str, ...]) -> _Form:
    form = _FORMS.get(type(node))
    found = None if form is None else form(node, bound)
    return _opaque(node, bound) if found is None else found


def _opaque(node: Node, bound: tuple[str, ...]) -> _Form:
    parts = tuple(_part(getattr(node, name), bound) for name in _written(node))
    return Fraction(1), ((type(node).__name__, *parts),), ()


def _negative(node: Neg, bound: tuple[str, ...]) -> _Form:
    number, above, below = _canonical(node.arg, bound)
    return -number, above, below


def _quotient(node: Frac, bound: tuple[str, ...]) -> _Form | None:
    number, above, below = _canonical(node.den, bound)
    return _times((_canonical(node.num, bound), (1 / number, below, above))) if number else None


def _power(node: Pow, bound: tuple[str, ...]) -> _Form | None:
    power, *symbols = _canonical(node.exp, bound)
    if symbols != [(), ()] or power.denominator != 1 or not 0 < abs(power) <= _MAX_REPEAT:
        return None
    number, above, below = _canonical(node.base, bound)
    if power > 0:
        return _times(((number, above, below),) * int(power))
    return _times(((1 / number, below, above),) * int(-power)) if number else None


def _letter(node: Sym, bound: tuple[str, ...]) -> _Form | None:
    if node.name not in bound:
        return None
    return Fraction(1), (("bound", bound[::-1].index(node.name)),), ()


def _big(node: BigOp, bound: tuple[str, ...]) -> _Form:
    inside = (*bound, node.index.name)
    ends = tuple(None if n is None else _canonical(n, bound) for n in (node.lower, node.upper))
    where = None if node.condition is None else _canonical(node.condition, inside)
    return Fraction(1), ((type(node).__name__, _canonical(node.body, inside), ends, where),), ()


def _derivative(node: Derivative, bound: tuple[str, ...]) -> _Form:
    variables = sorted((repr(_canonical(v, bound)), k) for v, k in node.by)
    return Fraction(1), (("D", _canonical(node.body, bound), tuple(variables)),), ()


_FORMS: dict[type[Node], Callable[[Any, tuple[str, ...]], _Form | None]] = {
    Num: lambda node, bound: (Fraction(node.value), (), ()),
    Neg: _negative,
    Mul: lambda node, bound: _times(tuple(_canonical(f, bound) for f in node.factors)),
    Frac: _quotient,
    Pow: _power,
    Add: lambda node, bound: _plus(tuple(_canonical(t, bound) for t in node.terms)),
    Sym: _letter,
    Sum: _big,
    Prod: _big,
    Derivative: _derivative,
}


def _part(value: object, bound: tuple[str, ...]) -> object:
    if isinstance(value, Node):
        return _canonical(value, bound)
    if isinstance(value, tuple):
        return tuple(_part(item, bound) for item in value)
    return value


def _times(forms: tuple[_Form, ...]) -> _Form:
    number, above, below = Fraction(1), [], []  # type: Fraction, list[object], list[object]
    for n, a, b in forms:
        number *= n
        above += a
        below += b
    return number, tuple(sorted(above, key=repr)), tuple(sorted(below, key=repr))


def _plus(forms: tuple[_Form, ...]) -> _Form:
    number = Fraction(0)
    terms: list[object] = []
    for form in forms:
        n, above, below = form
        if not above and not below:
            number += n
        elif n == 1 and not below and len(above) == 1 and isinstance(above[0], tuple) and above[0][0] == "+":
            number += above[0][1]
            terms += above[0][2]
        else:
            terms.append(form)
    if not terms:
        return number, (), ()
    if len(terms) == 1 and not number:
        return terms[0]  # type: ignore[return-value]
    return Fraction(1), (("+", number, tuple(sorted(terms, key=repr))),), ()

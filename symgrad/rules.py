"""The named rules, in the order in which they are tried: one function each, one identity each.

A rule looks at one node of a page and returns what the node may be rewritten to, or None where it does
not fit.  It evaluates nothing else: what it leaves alone stays as its author wrote it.  Rules that treat
a derivative read ``D u`` for ``∂u/∂θ`` (or ``∇u``), ``c`` for anything that does not depend on θ.  No rule is
believed: every step is judged, and the tests let the judge prove each rule on random instances.

>>> x, theta = Sym("x"), Sym("\\\\theta")
>>> chain_rule(Derivative(Pow(Mul((theta, x)), Num(2)), ((theta, 1),)), Scope()) == Mul(
...     (Num(2), theta, x, Derivative(Mul((theta, x)), ((theta, 1),))))
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from .definitions import alike, cases, defined, free_of, head, unfold
from .page import (
    Abs,
    Add,
    Call,
    Derivative,
    Frac,
    Gradient,
    Indexed,
    Indicator,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Prime,
    Relation,
    Sum,
    Sym,
    Transpose,
    children,
    free_names,
    fresh_name,
    map_children,
    same,
    substitute,
    walk,
)
from .scope import Scope
from .tidy import (
    ONE,
    TWO,
    ZERO,
    Level,
    Term,
    build,
    expanded,
    integer,
    mentions,
    product,
    size_of,
    tidy,
    vectorish,
)

Rule = Callable[[Node, Scope], Node | None]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Enter a function into the book of rules, behind those already there."""

    def enter(fn: Rule) -> Rule:
        if name in RULES:
            raise ValueError(f"two rules are called {name}")
        RULES[name] = fn
        return fn

    return enter


# --- writing products and sums ----------------------------------------------------------------------


def times(*factors: Node) -> Node:
    """A product as written: nested products joined, ones dropped, a zero kept alone."""
    flat: list[Node] = []
    for f in factors:
        flat += f.factors if isinstance(f, Mul) else (f,)
    flat = [f for f in flat if f != ONE]
    if ZERO in flat:
        return ZERO
    return ONE if not flat else flat[0] if len(flat) == 1 else Mul(tuple(flat))


def plus(*terms: Node) -> Node:
    """A sum as written: nested sums joined, zeros dropped."""
    flat: list[Node] = []
    for t in terms:
        flat += t.terms if isinstance(t, Add) else (t,)
    flat = [t for t in flat if t != ZERO]
    return ZERO if not flat else flat[0] if len(flat) == 1 else Add(tuple(flat))


def minus(node: Node) -> Node:
    return node.arg if isinstance(node, Neg) else node if node == ZERO else Neg(node)


def over(num: Node, den: Node) -> Node:
    return num if den == ONE or num == ZERO else Frac(num, den)


def neat(node: Node) -> Node:
    """The page without factors 1, terms 0, products with 0 and products inside products."""
    node = map_children(node, neat)
    match node:
        case Mul(factors) if any(isinstance(f, Mul) or f in (ONE, ZERO) for f in factors):
            return times(*factors)
        case Add(terms) if ZERO in terms or Neg(ZERO) in terms:
            return plus(*(t for t in terms if t != Neg(ZERO)))
        case Sum(body) if body == ZERO:
            return ZERO
    return node


# --- what depends on what -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _D:
    """A derivative, taken apart: of what, by what, and how to write one like it."""

    node: Derivative | Gradient
    body: Node
    wrt: Node

    def of(self, body: Node) -> Node:
        if isinstance(self.node, Gradient):
            return Gradient(body, self.node.wrt, self.node.order)
        return partial(body, self.wrt, self.node.d)

    def constant(self, node: Node, scope: Scope) -> bool:
        return not depends(node, self.wrt, scope)


def partial(body: Node, wrt: Node, d: str = "\\partial") -> Derivative:
    """∂body/∂wrt: a name or an unknown function in the numerator, everything else behind the fraction."""
    head = body.fn if isinstance(body, Call) else body
    named = isinstance(head, Sym | Indexed) and not (isinstance(head, Sym) and head.name in TABLE)
    return Derivative(body, ((wrt, 1),), "fraction" if named else "operator", d)


def _derivative(node: Node, scope: Scope) -> _D | None:
    match node:
        case Derivative(body, ((wrt, 1),)):
            return _D(node, body, wrt)
        case Gradient(body, Node() as wrt, 1):
            return _D(node, body, wrt)
        case Gradient(body, None, 1) if len(scope.nabla) == 1:
            return _D(node, body, scope.nabla[0])
    return None


def depends(node: Node, wrt: Node, scope: Scope) -> bool:
    """May the value of ``node`` change with ``wrt``, also through the definitions of its names?"""
    if isinstance(wrt, Indexed) and isinstance(wrt.base, Sym):
        others: dict[Node, Node] = {n: ZERO for n in walk(node) if _other_entry(n, wrt)}
        return _reaches(substitute(node, others), wrt.base.name, scope)
    return isinstance(wrt, Sym) and _reaches(node, wrt.name, scope)


def _reaches(node: Node, name: str, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
    if mentions(node, name, scope):
        return True
    for other in sorted(free_names(node) - seen):
        kind = scope.kind(other)
        rests = () if kind is None else kind.rests
        if any(_reaches(r, name, scope, seen | {other}) for r in rests):
            return True
    return False


def _other_entry(node: Node, wrt: Indexed) -> bool:
    """Is this certainly another entry (w_1 against w_2)?"""
    if not isinstance(node, Indexed) or node.base != wrt.base:
        return False
    mine, theirs = (*node.lower, *node.upper), (*wrt.lower, *wrt.upper)
    return len(mine) == len(theirs) and any(
        isinstance(a, Num) and isinstance(b, Num) and a.value != b.value
        for a, b in zip(mine, theirs, strict=True)
    )


# --- the table of elementary functions --------------------------------------------------------------------


def _fn(name: str) -> Callable[[Node], Node]:
    return lambda z: Call(Sym(name), (z,))


SIGMA, TANH, SINH, COSH, SQRT = map(_fn, ("\\sigma", "\\tanh", "\\sinh", "\\cosh", "\\sqrt"))
E, DELTA = Sym("e"), Sym("\\delta")

# One row a function: its derivative at z.  A function without a row is undefined, or refused by name.
TABLE: Mapping[str, Callable[[Node], Node]] = {
    "\\exp": _fn("\\exp"),
    "\\log": lambda z: Frac(ONE, z),
    "\\ln": lambda z: Frac(ONE, z),
    "\\sigma": lambda z: Mul((SIGMA(z), Add((ONE, Neg(SIGMA(z)))))),
    "\\tanh": lambda z: Add((ONE, Neg(Pow(TANH(z), TWO)))),
    "\\sinh": COSH,
    "\\cosh": SINH,
    "\\sqrt": lambda z: Frac(ONE, Mul((TWO, SQRT(z)))),
    "\\operatorname{softplus}": SIGMA,
    "\\operatorname{relu}": lambda z: Indicator(Relation(z, ">", ZERO)),
    "\\operatorname{abs}": _fn("\\operatorname{sign}"),
}

# Known to the rest of symgrad, but without a derivative here.
REFUSED = frozenset(
    ["\\max", "\\min", "\\operatorname{sign}", "\\operatorname{softmax}", "\\operatorname{diag}",
     "\\operatorname{tr}", "\\operatorname{Var}", "\\operatorname{Cov}", "\\mathbb{E}"]
)


def unknown(node: Node, scope: Scope) -> bool:
    """A call of a function that nobody defined: its derivative stays as a symbol."""
    if not isinstance(node, Call):
        return False
    name = head(Call(node.fn.fn, node.args) if isinstance(node.fn, Prime) else node)
    return name is not None and not defined(node, scope) and name not in TABLE and name not in REFUSED


def opaque(node: Node, scope: Scope) -> bool:
    """A quantity known only by its name: its derivatives stay as they are written."""
    if unknown(node, scope):
        return True
    name = head(node)
    kind = None if name is None else scope.kind(name)
    return kind is not None and bool(kind.rests) and not defined(node, scope)


def _outer(core: Node, d: _D, scope: Scope) -> tuple[Node, Node] | None:
    """g'(u) and u, where the node is g(u) for one elementary (or unknown) function g."""
    if defined(core, scope):
        return None
    match core:
        case Pow(base, exp) if d.constant(exp, scope) and not vectorish(base, scope) \
                and not (isinstance(base, Norm) and isinstance(d.node, Gradient)):
            n = integer(exp)
            lower = _less_one(exp) if n is None else Num(n - 1) if n >= 1 else Neg(Num(1 - n))
            power = base if lower == ONE else Pow(base, lower)
            return (minus(times(exp.arg, power)) if isinstance(exp, Neg) else times(exp, power)), base
        case Pow(base, exp) if d.constant(base, scope):
            natural = base == E and not scope.definitions.get("e")
            return (core if natural else times(core, Call(Sym("\\log"), (base,)))), exp
        case Frac(num, den) if num == ONE:
            return Neg(Frac(ONE, Pow(den, TWO))), den
        case Abs(arg):
            return Call(Sym("\\operatorname{sign}"), (arg,)), arg
        case Call(Sym(name), (arg,)) if name in TABLE:
            return TABLE[name](arg), arg
        case Call(Sym("\\max" | "\\min" as name), (u, v)) if d.constant(u, scope) != d.constant(v, scope):
            inner, other = (v, u) if d.constant(u, scope) else (u, v)
            return Indicator(Relation(inner, ">" if name == "\\max" else "<", other)), inner
        case Call(fn, (arg,)) if unknown(core, scope) and d.constant(fn, scope):
            primed = Prime(fn.fn, fn.order + 1) if isinstance(fn, Prime) else Prime(fn)
            return Call(primed, (arg,)), arg
    return None


def _less_one(exp: Node) -> Node:
    if isinstance(exp, Frac) and isinstance(exp.num, Num) and isinstance(exp.den, Num) and exp.den.value:
        value = Fraction(exp.num.value) / Fraction(exp.den.value) - 1
        return build(Term(value))
    if isinstance(exp, Add) and exp.terms[-1] == ONE:
        return plus(*exp.terms[:-1])
    return plus(exp, Neg(ONE))


_Part = tuple[Callable[[Node], Node], Node]


def _inside(part: _Part | None, around: Callable[[Node], Node]) -> _Part | None:
    if part is None:
        return None
    wrap, core = part
    return (lambda v: around(wrap(v))), core


def _affine(body: Node, d: _D, scope: Scope) -> _Part | None:
    """The one part of ``c + c' g`` that depends on θ, and how its derivative gives that of the whole."""
    match body:
        case Add(terms):
            moving = [t for t in terms if not d.constant(t, scope)]
            return _affine(moving[0], d, scope) if len(moving) == 1 else None
        case Neg(arg):
            inner = _affine(arg, d, scope)
            return _inside(inner, minus)
        case Mul(factors):
            places = [k for k, f in enumerate(factors) if not d.constant(f, scope)]
            if len(places) != 1 or any(vectorish(f, scope) for f in factors):
                return None
            k = places[0]
            inner = _affine(factors[k], d, scope)
            return _inside(inner, lambda v: _join(factors[:k], v, factors[k + 1:]))
        case Frac(num, den) if d.constant(den, scope):
            inner = _affine(num, d, scope)
            return _inside(inner, lambda v: over(v, den))
        case Frac(num, den) if num != ONE and d.constant(num, scope):
            return (lambda v: _join((num,), v, ())), Frac(ONE, den)
    return (lambda v: v), body


def _join(left: tuple[Node, ...], middle: Node, right: tuple[Node, ...]) -> Node:
    """left · middle · right, with y · (1/u) written as y/u and a sign in front."""
    match middle:
        case Neg(Mul() as arg):
            return minus(_join(left, arg, right))
        case Mul((Frac(Num(1), den), *rest)) if left and not any(isinstance(f, Frac) for f in left):
            return times(Frac(times(*left), den), *rest, *right)
    return times(*left, middle, *right)


# --- derivatives, in the order tried ---------------------------------------------------------------------


@rule("second derivative")
def second_derivative(node: Node, scope: Scope) -> Node | None:
    """∂²u/∂a∂b = ∂/∂a (∂u/∂b)"""
    if isinstance(node, Derivative) and sum(k for _, k in node.by) > 1:
        flat = [v for v, k in node.by for _ in range(k)]
        body = node.body
        for v in reversed(flat):
            body = Derivative(body, ((v, 1),), "operator", node.d)
        return body
    return None


@rule("evaluation")
def evaluation(node: Node, scope: Scope) -> Node | None:
    """D c = 0,  D θ = 1,  D (c θ + c') = c,  ∂w_i/∂w_j = δ_ij;  ∇_w (c^T w) = c,  ∇_W (a^T W b) = a b^T"""
    d = _derivative(node, scope)
    return None if d is None else _value(d.body, d, scope)


def _value(body: Node, d: _D, scope: Scope) -> Node | None:
    if body == d.wrt:
        return ONE if isinstance(d.node, Derivative) and not vectorish(body, scope) else None
    if d.constant(body, scope):
        return ZERO
    match body:
        case Indexed() if isinstance(d.wrt, Indexed) and isinstance(d.node, Derivative):
            return _delta(body, d.wrt, scope)
        case Neg(arg):
            inner = _value(arg, d, scope)
            return None if inner is None else minus(inner)
        case Add(terms):
            values = [_value(t, d, scope) for t in terms]
            return None if None in values else plus(*(v for v in values if v is not None))
        case Mul() if isinstance(d.node, Gradient) and vectors_in(body, scope):
            return _linear_form(body, d, scope)
        case Mul(factors):
            places = [k for k, f in enumerate(factors) if not d.constant(f, scope)]
            if len(places) == 1 and not any(vectorish(f, scope) for f in factors):
                k = places[0]
                inner = _value(factors[k], d, scope)
                return None if inner is None else times(*factors[:k], inner, *factors[k + 1:])
        case Frac(num, den) if d.constant(den, scope):
            inner = _value(num, d, scope)
            return None if inner is None else over(inner, den)
    return None


def _delta(body: Indexed, wrt: Indexed, scope: Scope) -> Node | None:
    """∂w_{ij}/∂w_{kl} = δ_ik δ_jl, where the two are entries of one array."""
    mine, theirs = (*body.lower, *body.upper), (*wrt.lower, *wrt.upper)
    if body.base != wrt.base or (len(body.lower), len(mine)) != (len(wrt.lower), len(theirs)):
        return None
    return times(*(equal(a, b, scope) for a, b in zip(mine, theirs, strict=True) if a != b))


def equal(a: Node, b: Node, scope: Scope) -> Node:
    """δ_ab, or 1[a = b] where δ has a meaning of its own or a, b would not be read as indices of it."""
    if isinstance(a, Num) and isinstance(b, Num):
        return ONE if a.value == b.value else ZERO
    taken = "\\delta" in scope.definitions or "\\delta" in scope.kinds
    plain = all(isinstance(k, Num) or (isinstance(k, Sym) and k.name in "abcdijklmnpqr") for k in (a, b))
    return Indexed(DELTA, (a, b)) if plain and not taken else Indicator(Relation(a, "=", b))


def vectors_in(node: Mul, scope: Scope) -> bool:
    return any(vectorish(f, scope) for f in node.factors)


def _sorted_out(node: Node, d: _D, scope: Scope) -> tuple[tuple[Node, ...], tuple[Node, ...]] | None:
    """A product as constant scalars and the chain of its vectors and matrices."""
    match node:
        case Neg(arg):
            inner = _sorted_out(arg, d, scope)
            return None if inner is None else ((Neg(ONE), *inner[0]), inner[1])
        case Mul(factors):
            scalars = tuple(f for f in factors if not vectorish(f, scope))
            chain = tuple(f for f in factors if vectorish(f, scope))
            return (scalars, chain) if all(d.constant(f, scope) for f in scalars) else None
    return (), (node,)


def transposed(chain: tuple[Node, ...]) -> tuple[Node, ...]:
    """(A B)^T = B^T A^T for the factors of a product."""
    return tuple(f.arg if isinstance(f, Transpose) else Transpose(f) for f in reversed(chain))


def _moved(chain: tuple[Node, ...], d: _D, scope: Scope) -> int | None:
    """The place of the one factor W or W^T that depends on W."""
    places = [k for k, f in enumerate(chain) if not d.constant(f, scope)]
    if len(places) == 1 and chain[places[0]] in (d.wrt, Transpose(d.wrt)):
        return places[0]
    return None


def _linear_form(body: Mul, d: _D, scope: Scope) -> Node | None:
    parts = _sorted_out(body, d, scope)
    if parts is None:
        return None
    scalars, chain = parts
    k = _moved(chain, d, scope)
    if k is None:
        return None
    before, after = chain[:k], chain[k + 1:]
    if chain[k] == d.wrt:
        return times(*scalars, *transposed(before), *transposed(after))
    return times(*scalars, *after, *before)


@rule("definition")
def definition(node: Node, scope: Scope) -> Node | None:
    """D (c f + c') = D (c (body of f) + c'), where f is a name with a definition that depends on θ"""
    d = _derivative(node, scope)
    if d is None or d.constant(d.body, scope) or evaluation(node, scope) is not None:
        return None
    unfolded = _unfold_terms(d.body, d, scope)
    return None if unfolded is None or unfolded == d.body else d.of(unfolded)


def _unfold_terms(body: Node, d: _D, scope: Scope) -> Node | None:
    if d.constant(body, scope):
        return body
    if _value(body, d, scope) is not None:
        return body
    inside = unfold(body, scope)
    if inside is not None:
        return free_of(inside, free_names(body) | free_names(d.wrt))
    match body:
        case Neg(arg):
            inner = _unfold_terms(arg, d, scope)
            return None if inner is None else Neg(inner)
        case Add(terms):
            parts = [_unfold_terms(t, d, scope) for t in terms]
            return None if None in parts else plus(*(p for p in parts if p is not None))
        case Mul(factors) if sum(not d.constant(f, scope) for f in factors) == 1:
            parts = [_unfold_terms(f, d, scope) for f in factors]
            return None if None in parts else times(*(p for p in parts if p is not None))
        case Frac(num, den) if d.constant(den, scope):
            inner = _unfold_terms(num, d, scope)
            return None if inner is None else Frac(inner, den)
    return None


def definitions_used(node: Node, scope: Scope) -> tuple[tuple[Node, Node], ...]:
    """The names that :func:`definition` unfolds in this derivative, each with its body."""
    d = _derivative(node, scope)
    found: dict[Node, Node] = {}

    def visit(n: Node) -> None:
        if d is not None and not d.constant(n, scope) and _value(n, d, scope) is None:
            inside = unfold(n, scope)
            if inside is not None:
                found.setdefault(n, inside)
            elif isinstance(n, Neg | Add | Mul | Frac):
                for child in children(n):
                    visit(child)

    if d is not None:
        visit(d.body)
    return tuple(found.items())


@rule("power rule")
def power_rule(node: Node, scope: Scope) -> Node | None:
    """D θ^n = n θ^(n-1),  also of c θ^n + c'"""
    d = _derivative(node, scope)
    if d is None or d.constant(d.body, scope):
        return None
    parts = _affine(d.body, d, scope)
    if parts is None:
        return None
    wrap, core = parts
    if isinstance(d.node, Gradient):
        return None
    if core == Frac(ONE, d.wrt) or (isinstance(core, Pow) and core.base == d.wrt):
        found = _outer(core, d, scope)
        return None if found is None else wrap(found[0])
    return None


@rule("quadratic form")
def quadratic_form(node: Node, scope: Scope) -> Node | None:
    """∇_w (w^T A w) = (A + A^T) w,  2 A w for a symmetric A"""
    d = _derivative(node, scope)
    parts = None if d is None or isinstance(d.node, Derivative) else _sorted_out(d.body, d, scope)
    if d is None or parts is None or len(parts[1]) < 2 or len(parts[0]) + len(parts[1]) < 2:
        return None
    scalars, (first, *middle, last) = parts
    if first != Transpose(d.wrt) or last != d.wrt or not all(d.constant(a, scope) for a in middle):
        return None
    chain = tuple(middle)
    if transposed(chain) == chain:
        return times(*scalars, TWO, *chain, d.wrt)
    return times(*scalars, Add((times(*chain), times(*transposed(chain)))), d.wrt)


@rule("gradient of a square")
def gradient_of_square(node: Node, scope: Scope) -> Node | None:
    """∇_w ‖u‖² = ∇_w (u^T u) = 2 A^T u  where u = A w + c;  ∇_W ‖u‖² = 2 A^T u B^T where u = A W B + C"""
    d = _derivative(node, scope)
    if d is None or isinstance(d.node, Derivative) or d.constant(d.body, scope):
        return None
    scalars, square = _square(d.body, d, scope)
    moving = [] if square is None else [
        t for t in (square.terms if isinstance(square, Add) else (square,)) if not d.constant(t, scope)
    ]
    parts = _sorted_out(moving[0], d, scope) if len(moving) == 1 else None
    k = None if parts is None else _moved(parts[1], d, scope)
    if square is None or parts is None or k is None or parts[1][k] != d.wrt:
        return None
    factors, chain = parts
    flipped = factors.count(Neg(ONE)) % 2 == 1
    factors = tuple(f for f in factors if f != Neg(ONE))
    slope = times(*scalars, TWO, *factors, *transposed(chain[:k]), square, *transposed(chain[k + 1:]))
    return minus(slope) if flipped else slope


def _square(body: Node, d: _D, scope: Scope) -> tuple[tuple[Node, ...], Node | None]:
    """Constant factors, and the u of ‖u‖² or u^T u."""
    match body:
        case Pow(Norm(arg, p), exp) if exp == TWO and p in (None, TWO, Sym("F")):
            return (), arg
        case Mul(factors):
            still = tuple(f for f in factors if d.constant(f, scope) and not vectorish(f, scope))
            moving = tuple(f for f in factors if f not in still)
            if len(moving) == 1:
                return still, _square(moving[0], d, scope)[1]
            if len(moving) == 2 and moving[0] == Transpose(moving[1]):
                return still, moving[1]
        case Frac(num, den) if d.constant(den, scope):
            front, square = _square(num, d, scope)
            return ((Frac(times(*front), den),), square)
    return (), None


@rule("elementary derivative")
def elementary_derivative(node: Node, scope: Scope) -> Node | None:
    """D e^θ = e^θ, D log θ = 1/θ, D σ(θ) = σ(θ)(1 - σ(θ)), D tanh θ = 1 - tanh² θ, D sinh θ = cosh θ, ..."""
    d = _derivative(node, scope)
    if d is None or isinstance(d.node, Gradient):
        return None
    parts = _affine(d.body, d, scope)
    if parts is None or unknown(parts[1], scope) or power_rule(node, scope) is not None:
        return None
    found = _outer(parts[1], d, scope)
    return parts[0](found[0]) if found is not None and found[1] == d.wrt else None


@rule("chain rule")
def chain_rule(node: Node, scope: Scope) -> Node | None:
    """D g(u) = g'(u) D u,  also of c g(u) + c'"""
    d = _derivative(node, scope)
    parts = None if d is None else _affine(d.body, d, scope)
    if d is None or parts is None:
        return None
    found = _outer(parts[1], d, scope)
    if found is None or found[1] == d.wrt or d.constant(found[1], scope):
        return None
    slope, inner = found
    if isinstance(slope, Neg):
        return parts[0](Neg(times(slope.arg, d.of(inner))))
    return parts[0](times(slope, d.of(inner)))


@rule("factor rule")
def factor_rule(node: Node, scope: Scope) -> Node | None:
    """D (c u) = c D u"""
    d = _derivative(node, scope)
    if d is None or d.constant(d.body, scope):
        return None
    match d.body:
        case Neg(arg):
            inner = factor_rule(d.of(arg), scope)
            return minus(inner if inner is not None else d.of(arg))
        case Mul(factors) if not any(vectorish(f, scope) for f in factors):
            still = [f for f in factors if d.constant(f, scope)]
            moving = [f for f in factors if not d.constant(f, scope)]
            return times(*still, d.of(times(*moving))) if still else None
        case Frac(num, den) if d.constant(den, scope):
            if isinstance(num, Mul) and not any(vectorish(f, scope) for f in num.factors):
                still = [f for f in num.factors if d.constant(f, scope)]
                moving = [f for f in num.factors if not d.constant(f, scope)]
                return times(Frac(times(*still), den), d.of(times(*moving)))
            return times(Frac(ONE, den), d.of(num))
        case Frac(num, den) if num != ONE and d.constant(num, scope):
            return times(num, d.of(Frac(ONE, den)))
    return None


@rule("selection")
def selection(node: Node, scope: Scope) -> Node | None:
    """∂/∂w_j Σ_k g_k(w_k) = ∂/∂w_j g_j(w_j)"""
    d = _derivative(node, scope)
    if d is None or not isinstance(d.body, Sum) or not isinstance(d.wrt, Indexed):
        return None
    if d.body.condition is not None:
        return None
    index, body = d.body.index, d.body.body
    entries = [n for n in walk(body) if isinstance(n, Indexed) and n.base == d.wrt.base]
    if not entries or any(n != entries[0] for n in entries):
        return None
    mine, theirs = (*entries[0].lower, *entries[0].upper), (*d.wrt.lower, *d.wrt.upper)
    if mine.count(index) != 1 or len(mine) != len(theirs):
        return None
    chosen = substitute(body, {index: theirs[mine.index(index)]})
    bare = substitute(body, {entries[0]: ZERO})
    if depends(bare, d.wrt, scope) or substitute(entries[0], {index: theirs[mine.index(index)]}) != d.wrt:
        return None
    return d.of(chosen)


@rule("sum rule")
def sum_rule(node: Node, scope: Scope) -> Node | None:
    """D (u + v) = D u + D v,  D Σ u_i = Σ D u_i,  D (u + c) = D u"""
    d = _derivative(node, scope)
    if d is None or d.constant(d.body, scope):
        return None
    match d.body:
        case Add(terms):
            moving = [t for t in terms if not d.constant(t, scope)]
            return plus(*(Neg(d.of(t.arg)) if isinstance(t, Neg) else d.of(t) for t in moving))
        case Sum(body, index, lower, upper, condition):
            if any(b is not None and not d.constant(b, scope) for b in (lower, upper, condition)):
                return None
            if index.name in free_names(d.wrt):
                taken = free_names(d.wrt) | free_names(body)
                new = Sym(fresh_name(index.name, taken))
                renamed = None if condition is None else substitute(condition, {index: new})
                assert renamed is None or isinstance(renamed, Relation)
                body, index, condition = substitute(body, {index: new}), new, renamed
            return Sum(d.of(body), index, lower, upper, condition)
    return None


@rule("product rule")
def product_rule(node: Node, scope: Scope) -> Node | None:
    """D (u v) = (D u) v + u D v"""
    d = _derivative(node, scope)
    if d is None or not isinstance(d.body, Mul) or any(vectorish(f, scope) for f in d.body.factors):
        return None
    factors = d.body.factors
    places = [k for k, f in enumerate(factors) if not d.constant(f, scope)]
    if len(places) < 2:
        return None
    return Add(tuple(times(*factors[:k], d.of(factors[k]), *factors[k + 1:]) for k in places))


@rule("quotient rule")
def quotient_rule(node: Node, scope: Scope) -> Node | None:
    """D (u / v) = ((D u) v - u D v) / v²"""
    d = _derivative(node, scope)
    if d is None or not isinstance(d.body, Frac):
        return None
    u, v = d.body.num, d.body.den
    if d.constant(u, scope) or d.constant(v, scope):
        return None
    return Frac(Add((times(d.of(u), v), Neg(times(u, d.of(v))))), Pow(v, TWO))


# --- rewriting without derivatives ------------------------------------------------------------------------


@rule("linearity of the sum")
def linearity(node: Node, scope: Scope) -> Node | None:
    """Σ (u_i + v_i) = Σ u_i + Σ v_i,  Σ c u_i = c Σ u_i"""
    if not isinstance(node, Sum):
        return None

    def like(body: Node) -> Node:
        return replace(node, body=body)

    def still(n: Node) -> bool:
        return not mentions(n, node.index.name, scope)

    match node.body:
        case Add(terms):
            return plus(*(Neg(like(t.arg)) if isinstance(t, Neg) else like(t) for t in terms))
        case Neg(arg):
            return Neg(like(arg))
        case Mul(factors) if not any(vectorish(f, scope) for f in factors):
            front = [f for f in factors if still(f)]
            rest = [f for f in factors if not still(f)]
            return times(*front, like(times(*rest))) if front and rest else None
        case Frac(num, den) if still(den):
            return times(Frac(ONE, den), like(num))
    return None


@rule("sum of a constant")
def constant_sum(node: Node, scope: Scope) -> Node | None:
    """Σ_{i=1}^N c = N c"""
    if not isinstance(node, Sum) or mentions(node.body, node.index.name, scope):
        return None
    size = size_of(node, scope)
    return None if size is None else times(size, node.body)


@rule("definition σ")
def logistic(node: Node, scope: Scope) -> Node | None:
    """1/(1 + e^(-z)) = σ(z),  e^(-z)/(1 + e^(-z)) = 1 - σ(z);  the same with e^z"""
    own = unfold(SIGMA(Sym("z")), scope)
    if own is not None and not same(own, Frac(ONE, Add((ONE, Pow(E, Neg(Sym("z"))))))):
        return None
    if scope.definitions.get("e") or not isinstance(node, Mul | Frac | Pow):
        return None
    term = product(node, scope)
    for atom, k in term.powers.items():
        exponent = _one_plus_exp(atom) if k < 0 else None
        if exponent is None:
            continue
        grown = next((a for a, p in term.powers.items() if p > 0 and _exponent(a) == exponent), None)
        inside = product(exponent, scope)
        falling = inside.number < 0
        value = SIGMA(build(inside.scaled(-1)) if falling else exponent)
        risen: Node = value if falling == (grown is None) else Add((ONE, Neg(value)))
        powers: dict[Node, int] = {}
        for a, p in term.powers.items():
            left = p + 1 if a == atom else p - 1 if a == grown else p
            if left:
                powers[a] = left
            if a == (grown or atom):
                powers[risen] = powers.get(risen, 0) + 1
        rewritten = build(Term(term.number, powers))
        again = logistic(rewritten, scope)
        return rewritten if again is None else again
    return None


def _exponent(node: Node) -> Node | None:
    match node:
        case Pow(base, exp) if base == E:
            return exp
        case Call(Sym("\\exp"), (exp,)):
            return exp
    return None


def _one_plus_exp(node: Node) -> Node | None:
    if isinstance(node, Add) and len(node.terms) == 2 and ONE in node.terms:
        other = node.terms[1] if node.terms[0] == ONE else node.terms[0]
        return _exponent(other)
    return None


@rule("definition tanh")
def hyperbolic(node: Node, scope: Scope) -> Node | None:
    """sinh z / cosh z = tanh z"""
    own = [f for f in ("\\sinh", "\\cosh", "\\tanh") if scope.definitions.get(f)]
    if own or not isinstance(node, Mul | Frac):
        return None
    term = product(node, scope)
    for atom, k in term.powers.items():
        if isinstance(atom, Call) and atom.fn == Sym("\\sinh") and k > 0:
            other = COSH(atom.args[0])
            if term.powers.get(other, 0) < 0:
                powers = {}
                for a, p in term.powers.items():
                    left = p - 1 if a == atom else p + 1 if a == other else p
                    if left:
                        powers[a] = left
                    if a == atom:
                        powers[TANH(atom.args[0])] = 1
                return build(Term(term.number, powers))
    return None


@rule("Kronecker delta")
def kronecker(node: Node, scope: Scope) -> Node | None:
    """Σ_k δ_kj u_k = u_j,  Σ_k (δ_kj u_k + v_k) = u_j + Σ_k v_k"""
    if not isinstance(node, Sum) or node.condition is not None:
        return None
    terms = [product(node.body, scope)]
    if not any(_picks(a, node.index) for a in terms[0].powers):
        picked = any(_picks(n, node.index) for n in walk(node.body))
        terms = expanded(node.body, scope) if picked else []
    chosen: list[Node] = []
    left: list[Node] = []
    for term in terms:
        delta = next((a for a, k in term.powers.items() if k == 1 and _picks(a, node.index)), None)
        if delta is None:
            positive = replace(node, body=build(term.scaled(-1) if term.number < 0 else term))
            left.append(Neg(positive) if term.number < 0 else positive)
        else:
            rest = build(Term(term.number, {a: k for a, k in term.powers.items() if a != delta}))
            chosen.append(substitute(rest, {node.index: _picks(delta, node.index) or delta}))
    return plus(*chosen, *left) if chosen else None


def _picks(node: Node, index: Sym) -> Node | None:
    """The j of δ_kj."""
    match node:
        case Indexed(Sym("\\delta"), (a, b), ()) | Indicator(Relation(a, "=", b)):
            return None if (a == index) == (b == index) else b if a == index else a
    return None


@rule("assumption")
def assumption(node: Node, scope: Scope) -> Node | None:
    """u = c, where it is assumed (such as Σ_k y_k = 1)"""
    if not isinstance(node, Sum | Norm):
        return None
    for given in scope.assumptions:
        if given.op == "=" and type(given.lhs) is type(node):
            for lhs, rhs in cases(given, node):
                if alike(_unbounded(lhs, node), _unbounded(node, lhs), scope):
                    return rhs
    return None


def _unbounded(node: Node, other: Node) -> Node:
    """Without its bounds where the other has none either."""
    if isinstance(node, Sum) and isinstance(other, Sum) and other.lower is None and other.upper is None:
        return replace(node, lower=None, upper=None)
    return node


@rule("cancellation")
def cancellation(node: Node, scope: Scope) -> Node | None:
    """u v / v = u where v ≠ 0"""
    levels: tuple[Level, ...] = ("terms", "factor")
    for level in levels:
        tidied, how = tidy(node, scope, level)
        if tidied != node and "cancel" in how and "count" not in how:
            return tidied
    return None


@rule("comm., distr.")
def collect(node: Node, scope: Scope) -> Node | None:
    """Σ u_i c v_i = c Σ u_i v_i,  a u + b u = (a + b) u, multiplied out where that is shorter"""
    tidied, how = tidy(node, scope)
    return None if tidied == node or "cancel" in how or "count" in how else tidied


@rule("simplification")
def simplification(node: Node, scope: Scope) -> Node | None:
    """Σ_{i=1}^N c = N c,  u v / v = u where v ≠ 0"""
    tidied, _ = tidy(node, scope)
    return None if tidied == node else tidied


DIFFERENTIATION = (
    "second derivative", "evaluation", "definition", "power rule", "quadratic form", "gradient of a square",
    "elementary derivative", "chain rule", "factor rule", "selection", "sum rule", "product rule",
    "quotient rule",
)
"""The rules for derivatives, in the order in which one derivative tries them."""

TIDYING = (
    "Kronecker delta", "assumption", "cancellation", "comm., distr.", "simplification", "definition σ",
    "definition tanh",
)
"""The rules for the last lines, when no derivative is left."""

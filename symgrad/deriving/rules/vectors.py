"""Rules for gradients by vectors and matrices, and for entries of one array."""

from __future__ import annotations

from ...page import tree as page
from ...page.scope import Scope
from ...page.tree import Node
from ..layouts import groups, vectorish
from ..terms import ONE, TWO, ZERO
from .book import rule
from .dependence import Taken, taken_apart
from .functions import DELTA
from .writing import minus, plus, times

IDENTITY = page.Sym("\\mathbf{I}")


def delta(body: page.Indexed, wrt: page.Indexed, scope: Scope) -> Node | None:
    """∂w_{ij}/∂w_{kl} = δ_ik δ_jl, where the two are entries of one array."""
    mine, theirs = (*body.lower, *body.upper), (*wrt.lower, *wrt.upper)
    if body.base != wrt.base or (len(body.lower), len(mine)) != (len(wrt.lower), len(theirs)):
        return None
    return times(*(equal(a, b, scope) for a, b in zip(mine, theirs, strict=True) if a != b))


def equal(a: Node, b: Node, scope: Scope) -> Node:
    """δ_ab, or 1[a = b] where δ has a meaning of its own or a, b would not be read as indices of it."""
    if isinstance(a, page.Num) and isinstance(b, page.Num):
        return ONE if a.value == b.value else ZERO
    taken = "\\delta" in scope.definitions or "\\delta" in scope.kinds
    letters = [k.name for k in (a, b) if isinstance(k, page.Sym)]
    plain = all(isinstance(k, page.Num | page.Sym) for k in (a, b)) and set(letters) <= {*"abcdijklmnpqr"}
    return page.Indexed(DELTA, (a, b)) if plain and not taken else page.Indicator(page.Relation(a, "=", b))


def vectors_in(node: page.Mul, scope: Scope) -> bool:
    return any(vectorish(f, scope) for f in node.factors)


def sorted_out(node: Node, d: Taken, scope: Scope) -> tuple[tuple[Node, ...], tuple[Node, ...]] | None:
    """A product as constant scalars and the chain of its vectors and matrices."""
    match node:
        case page.Neg(arg):
            inner = sorted_out(arg, d, scope)
            return None if inner is None else ((page.Neg(ONE), *inner[0]), inner[1])
        case page.Mul(factors):
            parts = groups(factors, scope)
            scalars = tuple(p for p in parts if not vectorish(p, scope))
            chain = tuple(p for p in parts if vectorish(p, scope))
            product = next((p for p in scalars if isinstance(p, page.Mul) and not d.constant(p, scope)), None)
            if not chain and isinstance(product, page.Mul):
                scalars, chain = tuple(p for p in scalars if p is not product), product.factors
            return (scalars, chain) if all(d.constant(p, scope) for p in scalars) else None
    return (), (node,)


def transposed(chain: tuple[Node, ...]) -> tuple[Node, ...]:
    """(A B)^T = B^T A^T for the factors of a product."""
    return tuple(f.arg if isinstance(f, page.Transpose) else page.Transpose(f) for f in reversed(chain))


def _moved(chain: tuple[Node, ...], d: Taken, scope: Scope) -> int | None:
    """The place of the one factor W or W^T that depends on W."""
    places = [k for k, f in enumerate(chain) if not d.constant(f, scope)]
    if len(places) == 1 and chain[places[0]] in (d.wrt, page.Transpose(d.wrt)):
        return places[0]
    return None


def linear_form(body: page.Mul, d: Taken, scope: Scope) -> Node | None:
    parts = sorted_out(body, d, scope)
    places = [] if parts is None else [k for k, f in enumerate(parts[1]) if not d.constant(f, scope)]
    if parts is None or len(places) != 1:
        return None
    scalars, chain = parts
    before, factor, after = chain[:places[0]], chain[places[0]], chain[places[0] + 1:]
    base = factor.arg if isinstance(factor, page.Transpose) else factor
    chosen: Node | None = ONE if base == d.wrt else None
    if isinstance(base, page.Indexed) and isinstance(d.wrt, page.Indexed):
        chosen = delta(base, d.wrt, scope)
    if chosen is None:
        return None
    if base is factor:
        return times(*scalars, chosen, *transposed(before), *transposed(after))
    return times(*scalars, chosen, *after, *before)


@rule("quadratic form")
def quadratic_form(node: Node, scope: Scope) -> Node | None:
    """∇_w (w^T A w) = (A + A^T) w,  2 A w for a symmetric A"""
    d = taken_apart(node, scope)
    parts = None if d is None or isinstance(d.node, page.Derivative) else sorted_out(d.body, d, scope)
    if d is None or parts is None or len(parts[1]) < 2 or len(parts[0]) + len(parts[1]) < 2:
        return None
    scalars, (first, *middle, last) = parts
    if first != page.Transpose(d.wrt) or last != d.wrt or not all(d.constant(a, scope) for a in middle):
        return None
    chain = tuple(middle)
    if transposed(chain) == chain:
        return times(*scalars, TWO, *chain, d.wrt)
    return times(*scalars, page.Add((times(*chain), times(*transposed(chain)))), d.wrt)


@rule("gradient of a square")
def gradient_of_square(node: Node, scope: Scope) -> Node | None:
    """∇_w ‖u‖² = ∇_w (u^T u) = 2 A^T u  where u = A w + c;  ∇_W ‖u‖² = 2 A^T u B^T where u = A W B + C"""
    d = taken_apart(node, scope)
    if d is None or isinstance(d.node, page.Derivative) or d.constant(d.body, scope):
        return None
    scalars, square = square_of(d.body, d, scope)
    moving = [] if square is None else [
        t for t in (square.terms if isinstance(square, page.Add) else (square,)) if not d.constant(t, scope)
    ]
    parts = sorted_out(moving[0], d, scope) if len(moving) == 1 else None
    k = None if parts is None else _moved(parts[1], d, scope)
    if square is None or parts is None or k is None or parts[1][k] != d.wrt:
        return None
    factors, chain = parts
    flipped = factors.count(page.Neg(ONE)) % 2 == 1
    factors = tuple(f for f in factors if f != page.Neg(ONE))
    slope = times(*scalars, TWO, *factors, *transposed(chain[:k]), square, *transposed(chain[k + 1:]))
    return minus(slope) if flipped else slope


def square_of(body: Node, d: Taken, scope: Scope) -> tuple[tuple[Node, ...], Node | None]:
    """Constant factors, and the u of ‖u‖² or u^T u."""
    match body:
        case page.Pow(page.Norm(arg, p), exp) if exp == TWO and p in (None, TWO, page.Sym("F")):
            return (), arg
        case page.Mul((page.Transpose(u), v)) if u == v:
            return (), u
        case page.Mul(factors):
            parts = groups(factors, scope)
            still = tuple(p for p in parts if d.constant(p, scope) and not vectorish(p, scope))
            moving = tuple(p for p in parts if p not in still)
            if len(moving) == 1 and still:
                front, square = square_of(moving[0], d, scope)
                return (*still, *front), square
        case page.Frac(num, den) if d.constant(den, scope):
            front, square = square_of(num, d, scope)
            return ((page.Frac(times(*front), den),), square)
    return (), None


@rule("Jacobian")
def jacobian(node: Node, scope: Scope) -> Node | None:
    """∂(A w)/∂w = A,  ∂(A u)/∂w = A ∂u/∂w,  ∂(s u)/∂w = u (∇_w s)^T + s ∂u/∂w  for a scalar s, a vector u"""
    d = taken_apart(node, scope)
    if d is None or not isinstance(d.node, page.Derivative) or not vectorish(d.wrt, scope):
        return None
    parts = groups(d.body.factors, scope) if isinstance(d.body, page.Mul) else (d.body,)
    scalars = tuple(p for p in parts if not vectorish(p, scope))
    chain = tuple(p for p in parts if vectorish(p, scope))
    if not chain or not all(d.constant(f, scope) for f in chain[:-1]):
        return None
    slopes = _by_scalars(scalars, chain, d, scope)
    if chain[-1] == d.wrt and IDENTITY.name not in scope.kinds:
        slopes.append(times(*scalars, *(chain[:-1] or (IDENTITY,))))
    elif not d.constant(chain[-1], scope) and len(parts) > 1:
        slopes.append(times(*scalars, *chain[:-1], d.of(chain[-1])))
    return plus(*slopes) if slopes else None


def _by_scalars(
    scalars: tuple[Node, ...], chain: tuple[Node, ...], d: Taken, scope: Scope
) -> list[Node]:
    """The terms u (∇_w s)^T of a product, one for each scalar factor s that depends on w."""
    moving = tuple(p for p in scalars if not d.constant(p, scope))
    still = tuple(p for p in scalars if p not in moving)
    return [
        times(*still, times(*moving[:k], *moving[k + 1:]), *chain, page.Transpose(page.Gradient(s, d.wrt)))
        for k, s in enumerate(moving)
    ]

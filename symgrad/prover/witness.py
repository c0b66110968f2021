"""Witness search: exact points of the common domain at which a relation between the sides fails.

Two values differ only if the rationals differ or the balls are disjoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from flint import arb, ctx, fmpq

from ..core import Add, Core, Given, Ref, Sum, Sym, counts, walk
from ..kernel.evaluate import Point, add, exact, integer, mul, sign_of, value
from ..kernel.limits import OutOfFuel, Undefined
from ..kernel.verdict import Witness
from .inequalities import Relation

PRECISIONS = (64, 256, 1024)
SIZES = (1, 1, 2, 2, 2, 1, 2, 2, 3, 2, 3, 3, 4, 2, 5, 3, 4, 6, 1, 2, 3, 8)
SMALL = (1, 2, 0, -1, 3, -2, 4, -3, 5)
BELOW = (-1, -2, -3, -4, -5)
FINE = (*SMALL, fmpq(1, 2), fmpq(-1, 2), fmpq(1, 3))
FUEL = 300_000
"""Subterms evaluated in one search, and in one attempt a tenth of them."""


def satisfies(point: Point, given: tuple[Given, ...], env: dict[str, int]) -> bool:
    """Do the givens hold at the point?  One value may be changed for each of them that does not."""
    entries = [k for table in point.data.values() for where in table for k in where]
    span = range(min((1, *entries)), max((point.top, *entries)) + 1)  # A_12 is an entry at size 1 too
    instances = [(g, at) for g in given for at in _instances(g, point, span, env)]
    changed = False
    for g, at in instances:
        if not _holds(g, point, at):
            if not (_solve if g.op == "=" else _redraw)(g, point, at):
                return False
            changed = True
    return not changed or all(_holds(g, point, at) for g, at in instances)


def _instances(g: Given, point: Point, span: range, env: dict[str, int]) -> list[dict[str, int]]:
    """Index placeholders of a given run over the indices in use."""
    bound = {s.index.name for s in walk(Add((g.lhs, g.rhs))) if isinstance(s, Sum)}
    names = sorted({
        s.name for s in walk(Add((g.lhs, g.rhs)))
        if isinstance(s, Sym) and s.sort == "index" and s.name not in bound
    })
    if len(span) ** len(names) > point.fuel:
        raise OutOfFuel  # x_2000
    out: list[dict[str, int]] = [dict(env)]
    for name in names:
        out = [{**e, name: k} for e in out for k in span]
    return out


def _holds(g: Given, point: Point, env: dict[str, int]) -> bool:
    left = value(point, g.lhs, env)
    if g.op == "in":
        return isinstance(left, fmpq) and any(left == exact(v) for v in g.values)
    gap = add(left, mul(fmpq(-1), value(point, g.rhs, env)))
    if g.op == "=":
        return isinstance(gap, fmpq) and not gap
    s = sign_of(gap)
    return {"!=": s != 0, ">": s > 0, ">=": s >= 0, "<": s < 0, "<=": s <= 0}[g.op]


def _redraw(g: Given, point: Point, env: dict[str, int]) -> bool:
    """Change the entry of which a sign or two values are said, as in A_ii > 0."""
    if not isinstance(g.lhs, Ref):
        return False
    table = point.data[g.lhs.name]
    where = tuple(integer(point, k, env) for k in g.lhs.indices)
    if where not in table:
        return False  # A_21 of a symmetric A is its A_12
    old = table[where]
    for new in g.values or SMALL:
        table[where] = exact(new)
        if _holds(g, point, env):
            return True
    table[where] = old
    return False


def _solve(g: Given, point: Point, env: dict[str, int]) -> bool:
    """Change one value so that an equation that is affine in it holds."""
    slots: list[tuple[dict[Any, Any], Any, str]] = []
    names = {t.name for t in walk(Add((g.lhs, g.rhs))) if isinstance(t, Ref | Sym)}
    for name, table in point.data.items():
        if name in names:
            slots += [(table, k, name) for k in sorted(table, reverse=True)]
    slots += [(point.parameters, k, k) for k in sorted(point.parameters) if k in names]
    for table, key, name in slots:
        old = table[key]
        root = _root(g, point, env, table, key)
        if root is not None and (name not in point.pools or root in point.pools[name]):
            table[key] = root
            return True
        table[key] = old
    return False


def _root(g: Given, point: Point, env: dict[str, int], table: dict[Any, Any], key: Any) -> Any | None:
    """The value in a place of the table for which both sides are equal, if they are affine in it."""
    gaps = []
    try:
        for probe in (0, 1, 2):
            table[key] = fmpq(probe)
            left, right = value(point, g.lhs, env), value(point, g.rhs, env)
            gaps.append(add(left, mul(fmpq(-1), right)))
        slope = gaps[1] - gaps[0]
    except Undefined:
        return None
    affine = all(isinstance(x, fmpq) for x in gaps) and gaps[2] - gaps[1] == slope and slope != 0
    return -gaps[0] / slope if affine else None


def fails(left: Any, right: Any, relation: Relation) -> bool | None:
    """Does the relation certainly fail, or certainly hold?  None: not decided at this precision."""
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return bool({"=": left != right, ">=": left < right, ">": left <= right}[relation])
    if arb(left).overlaps(arb(right)):
        return None
    return relation == "=" or bool(arb(left) < arb(right))


def search(
    lhs: Core,
    rhs: Core,
    given: tuple[Given, ...],
    tries: int = 60,
    domain_only: bool = False,
    relation: Relation = "=",
) -> tuple[Witness | None, bool]:
    """(witness, defined): an exact point where the relation fails; was any point of the domain met?

    Small sizes and integers come first.  With ``domain_only`` the search stops at the first point
    where both sides are defined and the givens hold.
    """
    defined, fuel = False, FUEL
    terms = [*walk(lhs), *walk(rhs)]
    names = sorted({t.name for t in terms if isinstance(t, Sym) and t.sort == "index"}
                   - {t.index.name for t in terms if isinstance(t, Sum)})
    ends = counts(terms)
    for attempt in range(tries):
        pool = (SMALL[: 3 + attempt // 3], SMALL, FINE, BELOW)[attempt % 4 if attempt > 7 else 0]
        size = SIZES[attempt % len(SIZES)]
        for ctx.prec in PRECISIONS:
            point = Point(Random(attempt), size, pool, given, min(fuel, FUEL // 10), ends)
            fuel -= point.fuel
            for name in names:
                point.index(name)
            sides = _sides(point, lhs, rhs, given)
            fuel += max(point.fuel, 0)
            if sides is None:
                break
            defined = True
            if domain_only:
                return None, True
            failed = fails(*sides, relation)
            if failed:
                return _witness(point, *sides), True
            if failed is False:
                break
    return None, defined


def _sides(point: Point, lhs: Core, rhs: Core, given: tuple[Given, ...]) -> tuple[Any, Any] | None:
    """Both values at a point of the domain at which the givens hold, if it is one."""
    try:
        left, right = value(point, lhs), value(point, rhs)
        if given:
            if not satisfies(point, given, point.sizes.copy()):
                return None
            left, right = value(point, lhs), value(point, rhs)
    except (Undefined, OutOfFuel, OverflowError, ZeroDivisionError):
        return None
    return (left, right) if _finite(left) and _finite(right) else None


def _finite(v: Any) -> bool:
    return isinstance(v, fmpq) or bool(v.is_finite())


def _witness(point: Point, left: Any, right: Any) -> Witness:
    return Witness(
        dict(sorted(point.sizes.items())),
        {
            name: {",".join(map(str, k)): str(v) for k, v in sorted(table.items())}
            for name, table in sorted(point.data.items())
        },
        {k: str(v) for k, v in sorted(point.parameters.items())},
        {name: _polynomial(table) for (name, _), table in sorted(point.functions.items())},
        *_shown(left, right),
    )


def _shown(left: Any, right: Any) -> tuple[str, str]:
    """Both values with enough digits that the printed enclosures are disjoint too."""
    for digits in (15, 30, 60, 120, 300):
        shown = tuple(str(v) if isinstance(v, fmpq) else str(arb(v).str(digits)) for v in (left, right))
        if not _printed(shown[0]).overlaps(_printed(shown[1])):
            break
    return shown[0], shown[1]


def _printed(s: str) -> Any:
    return arb(fmpq(*map(int, s.split("/")))) if "." not in s and "e" not in s else arb(s)


def _polynomial(table: Mapping[tuple[int, ...], int]) -> str:
    arity = len(next(iter(table)))
    names = ("t",) if arity == 1 else tuple(f"t{k + 1}" for k in range(arity))
    parts = []
    for exps, c in sorted(table.items(), key=lambda item: (-sum(item[0]), item[0])):
        factors = [n if e == 1 else f"{n}^{e}" for n, e in zip(names, exps, strict=True) if e]
        if c != 1 or not factors:
            factors.insert(0, str(c))
        parts.append("*".join(factors))
    return " + ".join(parts).replace("+ -", "- ")

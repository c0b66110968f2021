r"""Separation: writing g(θ; x) as Σ_k c_k(θ)·h_k(x), as short as it gets, or showing that it cannot be done.

>>> from sympy import symbols
>>> a, b, x, y = symbols("a b x y", real=True)
>>> found = separate([(a * x + b - y) * x, a * x + b - y], {x, y})
>>> found.features
(x**2, x*y, x, y)
>>> found.coefficients
((a, -1, b, 0, 0), (0, 0, a, -1, b))
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations, product
from typing import Any

import sympy

from ..bridge import CLASSES, EXPONENTIAL, sigma
from ..kernel.evaluate import exact
from ..kernel.limits import Undefined
from .balls import Balls

__all__ = ["Obstacle", "Separation", "obstacle", "separate"]

Expr = Any
Points = tuple[Expr, ...]


@dataclass(frozen=True)
class Separation:
    """``components[p] = Σ_k coefficients[p][k]·features[k]``, the last coefficient being the constant.

    A feature with a free index that a coefficient sums over is a family: Σ_{k=1}^d w_k·(x_j x_k) has the
    feature x_j x_k, the coefficient w_k and the bounds (k, 1, d).
    """

    features: tuple[Expr, ...]
    coefficients: tuple[tuple[Expr, ...], ...]
    bounds: tuple[tuple[Expr, ...], ...]


# --- terms --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Term:
    """Σ over ``limits`` of c·h·mixed."""

    c: Expr
    h: Expr
    mixed: Expr
    limits: tuple[Any, ...]


def _products(expr: Expr) -> Iterator[tuple[list[Expr], list[Any]]]:
    """The expression as a sum of products of factors under sums."""
    if isinstance(expr, sympy.Add):
        for arg in expr.args:
            yield from _products(arg)
    elif isinstance(expr, sympy.Mul):
        for parts in product(*(list(_products(arg)) for arg in expr.args)):
            yield _merged(parts)
    elif isinstance(expr, sympy.Pow) and expr.exp.is_Integer and 1 < expr.exp <= 12 and _opens(expr.base):
        for parts in product(*([list(_products(expr.base))] * int(expr.exp))):
            yield _merged(parts)
    elif isinstance(expr, sympy.Sum):
        for factors, limits in _products(expr.function):
            yield factors, [*limits, *expr.limits]
    else:
        yield [expr], []


def _opens(base: Expr) -> bool:
    return isinstance(base, sympy.Add | sympy.Sum) or (
        isinstance(base, sympy.Mul) and any(_opens(a) for a in base.args)
    )


def _merged(parts: Sequence[tuple[list[Expr], list[Any]]]) -> tuple[list[Expr], list[Any]]:
    """One product; sums over the same letter get letters of their own."""
    factors: list[Expr] = []
    limits: list[Any] = []
    taken: set[str] = {s.name for fs, _ in parts for f in fs for s in f.free_symbols if hasattr(s, "name")}
    used: set[Expr] = set()
    for fs, ls in parts:
        renamed = {}
        for var, *_ in ls:
            if var in used:
                letter = next(n for n in "klrstuvpqabc" if n not in taken)
                renamed[var] = sympy.Symbol(letter, integer=True, positive=True)
                taken.add(letter)
            used.add(renamed.get(var, var))
        factors += [f.xreplace(renamed) for f in fs]
        limits += [sympy.Tuple(*limit).xreplace(renamed) for limit in ls]
    return factors, limits


def _prepared(expr: Expr) -> Expr:
    """Powers, exponentials and logarithms of sums and products taken apart where that separates."""

    def powers(e: Expr) -> Expr:
        if e.exp.is_Integer and e.exp > 0:
            return e
        base = sympy.factor(e.base) if not e.base.has(sympy.Sum) else e.base
        return sympy.Mul(*(f**e.exp for f in sympy.Mul.make_args(base))) if e.exp.is_Integer else e

    def exponentials(e: Expr) -> Expr:
        return sympy.Mul(*(sympy.exp(t) for t in sympy.Add.make_args(sympy.expand(e.args[0]))))

    def logarithms(e: Expr) -> Expr:
        base = sympy.factor(e.args[0]) if not e.args[0].has(sympy.Sum) else e.args[0]
        return sympy.expand_log(sympy.log(base), force=True)

    def signs(e: Expr) -> Expr:
        base = sympy.factor(e.args[0]) if not e.args[0].has(sympy.Sum) else e.args[0]
        return sympy.Mul(*map(e.func, sympy.Mul.make_args(base)))

    # One name for what is linearly dependent: σ(-z) = 1 - σ(z), |z| = z sign z, cosh and sinh by e^z.
    expr = expr.rewrite([sympy.cosh, sympy.sinh], sympy.exp)
    expr = expr.replace(sigma, lambda z: 1 - sigma(-z) if z.could_extract_minus_sign() else sigma(z))
    expr = _signed(expr)
    changes = (
        (sympy.Pow, powers), (sympy.exp, exponentials), (sympy.log, logarithms),
        (sympy.sign, signs),
    )  # fmt: skip
    for kind, change in changes:
        expr = expr.replace(lambda e, kind=kind: isinstance(e, kind), change)
    return expr


def _parity(factor: Expr) -> Expr:
    """Off its kink the square of a sign is 1; where that matters, the judge says so."""
    base, exp = factor.as_base_exp()
    if isinstance(base, sympy.sign) and exp.is_Integer and exp > 0:
        return base if exp % 2 else sympy.Integer(1)
    return factor


def _signed(expr: Expr) -> Expr:
    """|z|, max, steps and cases in terms of signs, off the kinks."""
    expr = expr.replace(sympy.Piecewise, lambda *branches: _cases(branches))
    expr = expr.replace(sympy.Max, lambda *a: _greatest(*a)).replace(sympy.Abs, lambda a: a * sympy.sign(a))
    return expr.replace(sympy.Heaviside, lambda a, *_: _step(a))


def _step(z: Expr) -> Expr:
    return (1 + sympy.sign(z)) / 2


def _cases(branches: Sequence[Any]) -> Expr:
    """Branches under inequalities, the first that holds counting."""
    *first, (out, otherwise) = branches
    if otherwise != sympy.true:
        return sympy.Piecewise(*branches, evaluate=False)
    for value, condition in reversed(first):
        if isinstance(condition, sympy.StrictLessThan | sympy.LessThan):
            out += (value - out) * _below(condition.rhs - condition.lhs)
        elif isinstance(condition, sympy.StrictGreaterThan | sympy.GreaterThan):
            out += (value - out) * _below(condition.lhs - condition.rhs)
        else:
            return sympy.Piecewise(*branches, evaluate=False)
    return out


def _below(z: Expr) -> Expr:
    """1 where z > 0, else 0; v - |u| > 0 is u < v and -u < v."""
    kinks = z.atoms(sympy.Abs)
    if len(kinks) != 1:
        return _step(z)
    (kink,) = kinks
    sign, rest = z.expand().coeff(kink), (z - z.expand().coeff(kink) * kink).expand()
    if rest.has(kink) or sign not in (1, -1):
        return _step(z)
    inside = _step(-sign * rest - kink.args[0]) * _step(-sign * rest + kink.args[0])
    return inside if sign == -1 else 1 - inside


def _terms(expr: Expr, data: Collection[Expr]) -> list[_Term]:
    out = []
    for factors, limits in _products(_prepared(expr)):
        whole = sympy.Mul(*factors)
        groups: dict[str, list[Expr]] = {"c": [], "h": [], "mixed": []}
        for f in map(_parity, sympy.Mul.make_args(whole)):
            reads = bool(_of_data(f, data))
            knows = bool(_others(f, data, {v for v, *_ in limits}))
            groups["mixed" if reads and knows else "h" if reads else "c"].append(f)
        c, h, mixed = (sympy.Mul(*groups[k]) for k in ("c", "h", "mixed"))
        left = []
        for limit in limits:
            var = limit[0]
            where = [name for name, e in (("c", c), ("h", h), ("mixed", mixed)) if var in e.free_symbols]
            if where == ["h"]:
                h = sympy.Sum(h, limit)
            elif where == ["c"]:
                c = sympy.Sum(c, limit)
            elif not where:
                c *= limit[2] - limit[1] + 1
            else:
                left.append(limit)
        out.append(_Term(c, h, mixed, tuple(left)))
    return out


def _of_data(expr: Expr, data: Collection[Expr]) -> set[Expr]:
    """The data that occur: symbols of ``data``, or entries whose base is in it."""
    found = {s for s in expr.free_symbols if s in data}
    return found | {e for e in expr.atoms(sympy.Indexed) if e.base in data}


def _others(expr: Expr, data: Collection[Expr], bound: Collection[Expr]) -> set[Expr]:
    """The parameters that occur; indices and sizes are none."""
    entries = expr.atoms(sympy.Indexed)
    found = {e for e in entries if e.base not in data}
    indices = {s for e in entries for k in e.indices for s in k.free_symbols} | set(bound)
    indices |= {s for e in expr.atoms(sympy.Sum) for limit in e.limits for k in limit for s in k.free_symbols}
    bases = {e.base.label for e in entries} | {e.base for e in entries}
    plain = {s for s in expr.free_symbols if isinstance(s, sympy.Symbol)} - indices - bases
    return found | {s for s in plain if s not in data}


# --- the shortest separation --------------------------------------------------------------------------


def separate(components: Sequence[Expr], data: Collection[Expr]) -> Separation | None:
    """The shortest separation of all components together, or None where a term cannot be taken apart.

    Coefficients are collected by products of functions of θ, features by products of functions of x; the
    matrix of rational numbers between the two is brought to reduced row echelon form.
    """
    rows = _rows(components, data)
    if rows is None:
        return None
    basis, leading = _reduced(rows.values())
    features = [*leading, sympy.Integer(1)]
    weights: list[list[Expr]] = [[sympy.Integer(0)] * len(features) for _ in components]
    bounds: list[list[dict[Any, None]]] = [[{} for _ in features] for _ in components]
    for (p, c, limits), row in rows.items():
        for k, feature in enumerate(features):
            share = row.get(feature, sympy.Integer(0))
            if share != 0:
                weights[p][k] += share * c
            if share != 0 or (feature == 1 and 1 in row):
                bounds[p][k].update(dict.fromkeys(limits))
    return Separation(
        tuple(basis),
        tuple(tuple(row) for row in weights),
        tuple(tuple(tuple(b) for b in row) for row in bounds),
    )


def _reduced(rows: Collection[Mapping[Expr, Expr]]) -> tuple[list[Expr], list[Expr]]:
    """The reduced row echelon form, as sums of features, and the leading feature of each; 1 is left out."""
    columns = sorted({h for row in rows for h, v in row.items() if v != 0 and h != 1}, key=_rank)
    if not columns:
        return [], []
    reduced, pivots = sympy.Matrix([[row.get(h, 0) for h in columns] for row in rows]).rref()
    basis = [sympy.Add(*(reduced[r, c] * h for c, h in enumerate(columns))) for r in range(len(pivots))]
    return basis, [columns[pivot] for pivot in pivots]


_Row = tuple[int, Expr, tuple[Any, ...]]  # component, function of θ, limits of sums


def _rows(components: Sequence[Expr], data: Collection[Expr]) -> dict[_Row, dict[Expr, Expr]] | None:
    """The numbers before the features; None where a term cannot be taken apart."""
    rows: dict[_Row, dict[Expr, Expr]] = {}
    for p, component in enumerate(components):
        terms = _terms(component, data)
        if any(t.mixed != 1 for t in terms):
            easier = _cancelled(component)
            terms = [] if easier is None else _terms(easier, data)
            if easier is None or any(t.mixed != 1 for t in terms):
                return None
        for t in terms:
            number, c = t.c.as_coeff_Mul()
            scale, h = t.h.as_coeff_Mul()
            row = rows.setdefault((p, c, t.limits), {})
            row[h] = row.get(h, sympy.Integer(0)) + number * scale
    return rows


def _rank(h: Expr) -> tuple[int, str]:
    degree = 0
    for f in sympy.Mul.make_args(h):
        base, exp = f.as_base_exp()
        degree += int(exp) if exp.is_Integer and isinstance(base, sympy.Symbol | sympy.Indexed) else 1
    return -degree, str(h)


def up_to_names(features: Sequence[Expr]) -> tuple[Expr, ...]:
    """One of those that differ by the names of their free indices only: x_j x_k and x_k x_l."""
    kept: list[Expr] = []
    for feature in features:
        free = sorted(_free_indices(feature), key=str)
        if not any(
            feature.xreplace(dict(zip(free, q, strict=True))) == other
            for other in kept
            for q in permutations(sorted(_free_indices(other), key=str))
            if len(q) == len(free)
        ):
            kept.append(feature)
    return tuple(kept)


def _free_indices(feature: Expr) -> set[Expr]:
    return {k for e in feature.atoms(sympy.Indexed) for k in e.indices[1:] if isinstance(k, sympy.Symbol)}


# --- exponentials as generators -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Rational:
    """A rational function in symbols, some of which stand for e^{monomial}."""

    value: Expr
    exponents: Mapping[Expr, Expr]
    """Generator -> the monomial in its exponent; distinct monomials are independent over the rationals."""

    def back(self) -> Expr:
        return self.value.xreplace({g: sympy.exp(z) for g, z in self.exponents.items()})


def _rational(expr: Expr) -> _Rational | None:
    """The expression with e^z as the only transcendental function, cancelled; None where others occur."""
    expr = expr.rewrite(EXPONENTIAL, sympy.exp)
    multiples: dict[Expr, list[Expr]] = {}
    for e in expr.atoms(sympy.exp):
        if e.args[0].has(sympy.exp):
            return None
        for term in sympy.Add.make_args(sympy.expand(e.args[0])):
            number, monomial = term.as_coeff_Mul()
            if not number.is_Rational or monomial == 1:
                return None
            multiples.setdefault(monomial, []).append(number)
    generators = {}
    exponents = {}
    for n, monomial in enumerate(sorted(multiples, key=str)):
        step = sympy.gcd_list(multiples[monomial])
        generator = sympy.Dummy(f"E{n}", positive=True)
        generators[monomial] = (generator, step)
        exponents[generator] = step * monomial

    def swap(e: Expr) -> Expr:
        out = sympy.Integer(1)
        for term in sympy.Add.make_args(sympy.expand(e.args[0])):
            number, monomial = term.as_coeff_Mul()
            generator, step = generators[monomial]
            out *= generator ** (number / step)
        return out

    flat = expr.replace(lambda e: isinstance(e, sympy.exp), swap)
    symbols = [s for s in flat.free_symbols if isinstance(s, sympy.Symbol)]
    if flat.atoms(sympy.Indexed, sympy.Sum) or not flat.is_rational_function(*symbols):
        return None
    return _Rational(sympy.cancel(flat), exponents)


def _cancelled(expr: Expr) -> Expr | None:
    if expr.has(sympy.Sum):
        return None
    plain = {e: sympy.Dummy(str(e), real=True) for e in expr.atoms(sympy.Indexed)}
    found = _rational(expr.xreplace(plain))
    return None if found is None else found.back().xreplace({v: k for k, v in plain.items()})


# --- why there is none --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Obstacle:
    """Why no finite separation exists: on a line of parameters and data the restriction has none.

    ``lemma`` names what is used, ``at`` the values of everything else, ``restriction`` the function of
    ``parameter`` and ``datum`` that is left, ``reason`` what moves with the datum.
    """

    lemma: str
    parameter: Expr
    datum: Expr
    at: Mapping[Expr, Expr] = field(hash=False)
    restriction: Expr
    reason: Expr

    def minors(self, highest: int = 6) -> tuple[Points, Points, tuple[Points, ...], Points]:
        """t_1.., x_1.., the matrix G(t_k, x_j), and its leading minors of sizes 1..highest: exact, not 0.

        Every separation with r terms makes every minor of size r + 1 vanish.  Where e^{tx} occurs t runs
        through multiples of log 2, so that the values are rational.  All empty where that does not work.
        """
        value = self.restriction.rewrite(EXPONENTIAL, sympy.exp)
        scale = sympy.log(2) if value.has(sympy.exp) else sympy.Integer(1)
        xs = [sympy.Integer(k) for k in range(1, highest + 1)]
        for start in range(1, 9):
            if self.lemma == "moving kinks":  # between the kinks at which x jumps from one side to the other
                ts = [sympy.Rational(2, 2 * k + start) for k in range(1, highest + 1)]
            else:
                ts = [scale * k for k in range(start, start + highest)]
            rows = [[value.subs({self.parameter: t, self.datum: x}) for x in xs] for t in ts]
            if not all(v.is_Rational for row in rows for v in row):
                break
            matrix = sympy.Matrix(rows)
            minors = tuple(matrix[:n, :n].det() for n in range(1, highest + 1))
            if all(d != 0 for d in minors):
                return tuple(ts), tuple(xs), tuple(map(tuple, rows)), minors
        return (), (), (), ()


LEMMAS = {
    "moving poles": (
        "Functions of $t$ that are rational in $t$ and finitely many $e^{z(t)}$, each with a pole at a point"
        " where no other one has a pole, are linearly independent: a pole cannot cancel alone. If the poles"
        " of $G(\\cdot, x)$ move with $x$, infinitely many $G(\\cdot, x_j)$ are independent, and"
        " $G(t, x) = \\sum_{k \\leq r} c_k(t) h_k(x)$ is impossible for every $r$. The converse, that rank"
        " $r$ means vanishing minors of size $r + 1$: F. Neuman, *Factorizations of matrices and functions"
        " of two variables*, Czechoslovak Math. J. 32 (1982)."
    ),
    "moving exponents": (
        "Functions $r_j(t) e^{\\lambda_j t}$ with distinct $\\lambda_j$ and rational $r_j \\neq 0$ are"
        " linearly independent (G. Pólya, G. Szegő, *Problems and Theorems in Analysis II*, part V,"
        " chapter 1). If $\\lambda$ moves with $x$, infinitely many $G(\\cdot, x_j)$ are independent."
    ),
    "moving branch points": (
        "A logarithm or a root branches where its argument vanishes, and a branch point cannot cancel alone:"
        " if it moves with $x$, infinitely many $G(\\cdot, x_j)$ are independent."
    ),
    "moving kinks": (
        "A function that is not smooth at a point is no combination of functions that are: if the kink of"
        " $G(\\cdot, x)$ moves with $x$, infinitely many $G(\\cdot, x_j)$ are independent."
    ),
}
"""What the absence of a finite separation rests on; the hypotheses are checked, these are cited."""


def obstacle(components: Sequence[Expr], data: Collection[Expr]) -> Obstacle | None:
    """A line on which one of the components has no finite separation, with the lemma that says so."""
    for component in components:
        flat, entries, parameters = _flattened(component, data)
        for filling in _FILLINGS:
            for t, x in product(parameters, entries):
                others = [s for s in (*parameters, *entries) if s not in (t, x)]
                at = {s: filling[s in entries] for s in others}
                line = flat.xreplace(at)
                if line.free_symbols != {t, x} or line.has(sympy.nan, sympy.zoo, sympy.oo):
                    continue
                found = _classified(line, t, x)
                # An analytic function separates everywhere or nowhere; a kink may lie outside the domain.
                if found is not None and not (found[0] == "moving kinks" and _bounded(component)):
                    lemma, reason = found
                    return Obstacle(lemma, t, x, at, line, reason)
    return None


_FILLINGS = tuple((sympy.Integer(p), sympy.Integer(d)) for p, d in ((0, 0), (1, 0), (0, 1), (1, 1), (2, 1)))


def _bounded(expr: Expr) -> bool:
    return any(s.is_extended_nonnegative or s.is_extended_nonpositive for s in expr.atoms(sympy.Symbol)
               if not s.is_integer)  # fmt: skip


def unrolled(expr: Expr, data: Collection[Expr]) -> Expr:
    """Sums over features or classes with symbolic sizes written out for size 2, free such indices 1."""
    limits = [limit for s in expr.atoms(sympy.Sum) for limit in s.limits]
    sizes = {limit[2]: sympy.Integer(2) for limit in limits if isinstance(limit[2], sympy.Symbol)}
    if limits:
        expr = expr.xreplace(sizes).doit()
    entries = expr.atoms(sympy.Indexed)
    free = {k for e in entries for k in e.indices[e.base in data :] if isinstance(k, sympy.Symbol)}
    return expr.xreplace(dict.fromkeys(free, sympy.Integer(1)))


def _flattened(expr: Expr, data: Collection[Expr]) -> tuple[Expr, list[Expr], list[Expr]]:
    """The expression unrolled, entries as plain symbols; its data, its parameters."""
    expr = unrolled(expr, data)
    plain, entries = {}, []
    for e in sorted(expr.atoms(sympy.Indexed), key=str):
        own = e.indices[1:] if e.base in data else e.indices
        name = "_".join((str(e.base.label.name), *map(str, own)))
        plain[e] = sympy.Symbol(name, real=True)
        if e.base in data:
            entries.append(plain[e])
    expr = expr.xreplace(plain)
    entries += [s for s in sorted(expr.free_symbols, key=str) if s in data]
    return expr, entries, [s for s in sorted(expr.free_symbols, key=str) if s not in entries]


def _classified(line: Expr, t: Expr, x: Expr) -> tuple[str, Expr] | None:
    """The lemma that forbids a finite separation of a function of t and x, and what moves."""
    found = _kinked(line, t, x) or _branched(line, t, x) or _meromorphic(line, t, x)
    # A rank is the same both ways: poles in the datum that move with the parameter do as well.
    return found or _one_sided(line, t, x) or _one_sided(line, x, t)


def _affine(z: Expr, t: Expr) -> tuple[Expr, Expr] | None:
    """(p, q) with z = p·t + q, p and q free of t, p not 0."""
    z = sympy.expand(z)
    if not z.is_polynomial(t) or sympy.degree(z, t) != 1:
        return None
    return z.coeff(t, 1), z.coeff(t, 0)


def _kinked(line: Expr, t: Expr, x: Expr) -> tuple[str, Expr] | None:
    line = _signed(line)
    signs = sorted((s for s in line.atoms(sympy.sign) if s.has(t)), key=str)
    if line.has(sympy.Piecewise):
        return None
    for sign in signs:
        parts = _affine(sign.args[0], t)
        root = None if parts is None else sympy.cancel(-parts[1] / parts[0])
        # The kink must move, and what jumps there must be smooth and not identically 0 (looked at where
        # the other signs are constant, at one exact x).
        if root is None or not root.has(x) or not root.is_rational_function(x):
            continue
        if any(_jumps(line, sign, t, x, root, sympy.Rational(n, 2)) for n in (2, 3, 4)):
            return "moving kinks", sympy.Eq(t, root, evaluate=False)
    return None


def _jumps(line: Expr, sign: Expr, t: Expr, x: Expr, root: Expr, at: Expr) -> bool:
    jump, here = sympy.Dummy("s"), {t: root.subs(x, at), x: at}
    fixed = {}
    for other in line.atoms(sympy.sign) - {sign}:
        fixed[other] = other.subs(here)
        if fixed[other] not in (1, -1):
            return False
    flat = sympy.expand(line.xreplace({sign: jump}).xreplace(fixed).subs(x, at))
    if not here[t].is_Rational or not flat.is_polynomial(jump):
        return False
    odd = sympy.Add(*(flat.coeff(jump, k) for k in range(1, int(sympy.degree(flat, jump)) + 1, 2)))
    if odd.has(sympy.sign) or sympy.cancel(odd) == 0:
        return False
    return bool(odd.is_rational_function(t)) or _smooth(odd)


def _smooth(expr: Expr) -> bool:
    rough = (cls for cls, row in CLASSES.items() if row.kinked or not row.total)
    return not expr.has(*rough, sympy.Max, sympy.Min, sympy.Piecewise, sympy.Pow)


def _greatest(*args: Expr) -> Expr:
    if len(args) != 2:
        return sympy.Max(*args, evaluate=False)
    a, b = args
    return b + (a - b) * _step(a - b)


def _branched(line: Expr, t: Expr, x: Expr) -> tuple[str, Expr] | None:
    logs = [e for e in _prepared(line).atoms(sympy.log) if e.free_symbols == {t, x}]
    roots = [e for e in _prepared(line).atoms(sympy.Pow) if e.free_symbols == {t, x} and not e.exp.is_Integer]
    line = _prepared(line)
    if len(logs) + len(roots) != 1:
        return None
    (branch,) = logs or roots
    inside = branch.args[0]
    if not inside.is_polynomial(t, x) or (roots and branch.exp not in (_HALF, -_HALF)):
        return None
    factors = [f for f, k in sympy.factor_list(inside)[1] if k % 2 and f.free_symbols == {t, x}]
    place = sympy.Dummy("L")
    flat = line.xreplace({branch: place})
    if not factors or not flat.is_rational_function(t, x, place):
        return None
    flat = sympy.cancel(flat)
    if not flat.has(place) or (roots and _even(flat, place)):
        return None
    return "moving branch points", sympy.Eq(factors[0], 0, evaluate=False)


_HALF = sympy.Rational(1, 2)


def _even(expr: Expr, root: Expr) -> bool:
    return bool(sympy.cancel(expr - expr.xreplace({root: -root})) == 0)


def _meromorphic(line: Expr, t: Expr, x: Expr) -> tuple[str, Expr] | None:
    found = _rational(line)
    if found is None:
        return None
    by_data = {x} | {g for g, z in found.exponents.items() if z.free_symbols == {x}}
    occurring = {g: z for g, z in found.exponents.items() if found.value.has(g)}
    mixed = [g for g, z in occurring.items() if z.free_symbols == {t, x}]
    bottom = sympy.fraction(found.value)[1]
    match mixed:
        case []:
            # Unique factorisation: a denominator of Σ c_k(t) h_k(x) is a product of one in t and one in x.
            factors = (f for f, _ in sympy.factor_list(bottom)[1])
            coupled = (f for f in factors if f.free_symbols & by_data and f.free_symbols - by_data)
            return _moving_poles(next(coupled, None), found)
        case [e] if not any(z.has(t) for g, z in occurring.items() if g is not e):
            return _moving_exponent(e, bottom, by_data, found, t, x)
    return None


def _moving_exponent(
    e: Expr, bottom: Expr, by_data: set[Expr], found: _Rational, t: Expr, x: Expr
) -> tuple[str, Expr] | None:
    """One e^{p(x) t + q(x)}, over a denominator that is a polynomial in it."""
    z = found.exponents[e]
    parts = _affine(z, t)
    if parts is None or not parts[0].has(x):
        return None
    poly = sympy.Poly(bottom, e)
    if len(poly.terms()) == 1:  # a Laurent polynomial in e^{pt}, with coefficients rational in t
        return "moving exponents", z
    if any(c.free_symbols - by_data for c in poly.coeffs()):
        return None
    # The poles lie at e^{pt} = a root that depends on x alone; their spacing 2πi/p(x) moves.
    return _moving_poles(next(f for f, _ in sympy.factor_list(bottom)[1] if f.has(e) and f != e), found)


def _moving_poles(factor: Expr | None, found: _Rational) -> tuple[str, Expr] | None:
    """The poles at the roots of a factor of the denominator."""
    if factor is None:
        return None
    return "moving poles", sympy.Eq(factor.xreplace(_exps(found)), 0, evaluate=False)


def _one_sided(line: Expr, v: Expr, u: Expr) -> tuple[str, Expr] | None:
    """Poles in v, where e^{cv} = r(u) with r not constant; u may stand in any analytic functions.

    That r moves, that it is not 0 and that there is a pole are inequalities between numbers: balls at two
    values of u show them, and an analytic function that is not constant takes infinitely many values.
    """
    expr = line.rewrite(EXPONENTIAL, sympy.exp)
    if not _analytic(expr):
        return None
    rates = _rates(expr, v)
    if not rates:
        return None
    step, e = sympy.gcd_list(sorted({rate for rate, _ in rates.values()})), sympy.Dummy("E")
    flat = expr.xreplace({f: e ** (rate / step) * sympy.exp(rest) for f, (rate, rest) in rates.items()})
    atoms = {f: sympy.Dummy() for f in sorted(flat.atoms(sympy.exp), key=lambda f: -f.count_ops())}
    for f, name in atoms.items():
        flat = flat.xreplace({f: name})
    back = {name: f for f, name in atoms.items()}
    if not flat.is_rational_function(e, v, u, *back):
        return None
    top, bottom = sympy.fraction(sympy.cancel(flat))
    for factor, _ in sympy.factor_list(bottom)[1]:
        if factor.has(v) or not factor.has(e):
            continue
        poly, power = sympy.Poly(factor, e), sympy.degree(factor, e)
        if len(poly.terms()) != 2 or poly.nth(0) == 0:
            continue
        # Where E^power = root: a remainder of lower degree cannot vanish at all of these E.
        left = sympy.rem(top, factor, e)
        root = _restored(-poly.nth(0) / poly.nth(power), back)
        residue = _restored(sympy.Poly(left, e, v).LC(), back) if left != 0 else sympy.Integer(0)
        if root.free_symbols == {u} and residue.free_symbols <= {u} and _moves(root, residue, u):
            shown = _restored(factor.subs(e, sympy.exp(step * v)), back)
            return "moving poles", sympy.Eq(shown, 0, evaluate=False)
    return None


def _rates(expr: Expr, v: Expr) -> dict[Expr, tuple[Expr, Expr]] | None:
    """Every e^{c v + r} in it with its c and r; None where a c is no rational number."""
    exponents = {e: _affine(e.args[0], v) for e in expr.atoms(sympy.exp) if e.has(v)}
    rates = {e: parts for e, parts in exponents.items() if parts is not None and parts[0].is_Rational}
    return rates if len(rates) == len(exponents) else None


def _analytic(expr: Expr) -> bool:
    allowed = (sympy.Add, sympy.Mul, sympy.Pow, sympy.exp, sympy.Symbol, sympy.Rational, type(sympy.E))
    return all(
        isinstance(e, allowed) and (not isinstance(e, sympy.Pow) or e.exp.is_Integer)
        for e in sympy.preorder_traversal(expr)
    )


def _restored(expr: Expr, back: Mapping[Expr, Expr]) -> Expr:
    for _ in back:
        expr = expr.xreplace(back)
    return expr


def _moves(root: Expr, residue: Expr, u: Expr) -> bool:
    try:
        first, second = (Balls(root, [u])({u: exact(Fraction(n))}) for n in (1, 2))
        there = Balls(residue, [u])({u: exact(Fraction(1))})
    except (Undefined, ZeroDivisionError):
        return False
    gap = first - second
    return all(bool(value > 0 or value < 0) for value in (first, second, there, gap))


def _exps(found: _Rational) -> dict[Expr, Expr]:
    return {g: sympy.exp(z) for g, z in found.exponents.items()}

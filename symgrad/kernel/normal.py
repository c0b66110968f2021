"""Normal form: a D-free core term becomes a Laurent polynomial over interned atoms.

What is done, construct by construct (each line is an identity on the common domain):

* exp(sum c_k m_k) = prod exp(m_k)^c_k, one generator a monomial, so that all Q-dependencies among
  arguments are visible; sigma(z) = 1 - 1/(1 + e^z), tanh(z) = 1 - 2/(1 + e^{2z}).
* log p = sum k log|f| over the irreducible factors f of p, log e^b = b; b^n = exp(n log b).
* |p| = p (2 [p>0] - 1), relu(p) = p [p>0], with [.] idempotent and one per irreducible factor.
* Sum: the body is expanded into monomials; what does not depend on the index leaves the sum, inner
  sums are merged, deltas contracted, ranges brought to 1..N, and each connected product becomes one
  atom ("sum", ..) with its bound indices numbered canonically (a contraction graph).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product
from math import comb, factorial
from typing import Any

from flint import fmpq, fmpz

from ..core import Add, Call, Core, Delta, Div, Mul, Num, Pow, Ref, Sum, Sym, text
from .algebra import (
    ONE, Algebra, Frozen, Mono, OutOfFuel, Poly, Undefined, const, constant_of, freeze, integer_of,
    mono_mul, mono_pow, thaw,
)

UNROLL = 12
Range = tuple[Frozen, Frozen]


class Unsupported(Exception):
    """A term for which the normal form has no rewriting; its message is the reason."""


class Normal(Algebra):
    """One judgement's table of atoms; ``norm`` maps core terms to polynomials over it.

    ``conditions`` collects, as text, what the rewritings assumed beyond structure.
    """

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.conditions: dict[str, None] = {}
        self.positive: set[Frozen] = set()
        self.positive_names: set[str] = set()
        self.symmetric: set[str] = set()
        self.value_sets: dict[str, tuple[Any, Any]] = {}
        self.rules: list[tuple[int, frozenset[int], Poly]] = []
        self.ranges: dict[int, Range] = {}
        self._fresh = 0

    # -- terms -------------------------------------------------------------------------------
    def norm(self, t: Core, env: dict[str, int]) -> Poly:
        self.burn(1)
        match t:
            case Num(value):
                return const(fmpq(value.numerator, value.denominator))
            case Sym(name, sort):
                return self.leaf(env[name] if name in env else self._symbol(name, sort))
            case Ref(name, indices):
                return self.reference(name, tuple(freeze(self.norm(k, env)) for k in indices))
            case Add(terms):
                return self.add(*(self.norm(k, env) for k in terms))
            case Mul(factors):
                out = const(1)
                for f in factors:
                    out = self.mul(out, self.norm(f, env))
                return out
            case Div(num, den):
                return self.mul(self.norm(num, env), self.inverse(self.norm(den, env)))
            case Pow(base, exp):
                return self.raise_to(self.norm(base, env), self.norm(exp, env))
            case Call(fn, args, orders):
                return self.call(fn, [self.norm(a, env) for a in args], orders)
            case Delta(left, right):
                return self.delta(self.sub(self.norm(left, env), self.norm(right, env)))
            case Sum(body, index, lower, upper):
                lo, hi = self.norm(lower, env), self.norm(upper, env)
                i = self.new_index()
                self.ranges[i] = (freeze(lo), freeze(hi))
                return self.sum_over(self.norm(body, {**env, index.name: i}), i, lo, hi)
        raise Unsupported(f"no normal form for {text(t)}")

    def _symbol(self, name: str, sort: str) -> int:
        n = self.atom(("sym", name, sort))
        if sort == "size":
            self.positive.add(freeze(self.gen(n)))
        if name in self.value_sets:
            self.restrict(n, self.value_sets[name])
        return n

    def leaf(self, n: int) -> Poly:
        return self._apply_rules(n)

    def new_index(self) -> int:
        self._fresh += 1
        return self.atom(("idx", self._fresh))

    def reference(self, name: str, indices: tuple[Frozen, ...]) -> Poly:
        if name in self.symmetric:
            indices = tuple(sorted(indices))
        deps = frozenset[int]().union(*(self.poly_deps(thaw(k)) for k in indices))
        n = self.atom(("ref", name, indices), deps)
        if name in self.value_sets:
            self.restrict(n, self.value_sets[name])
        return self._apply_rules(n)

    # -- givens used as rewriting rules --------------------------------------------------------
    def _apply_rules(self, n: int) -> Poly:
        for pattern, holes, result in self.rules:
            binding: dict[int, Poly] = {}
            if self._match(pattern, n, holes, binding):
                return self.subst(result, binding) if binding else result
        return self.gen(n)

    def _match(self, pattern: int, n: int, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
        if pattern == n and not self.deps[pattern] & holes:
            return True
        a, b = self.atoms[pattern], self.atoms[n]
        if a[0] != b[0] or len(a) != len(b):
            return False
        if a[0] == "ref":
            return bool(a[1] == b[1]) and len(a[2]) == len(b[2]) and all(
                self._match_index(x, y, holes, binding) for x, y in zip(a[2], b[2], strict=True)
            )
        if a[0] == "sum":
            return bool(a[1] == b[1]) and len(a[2]) == len(b[2]) and all(
                e == f and self._match(x, y, holes, binding)
                for (x, e), (y, f) in zip(a[2], b[2], strict=True)
            )
        return False

    def _match_index(self, x: Frozen, y: Frozen, holes: frozenset[int], binding: dict[int, Poly]) -> bool:
        p = thaw(x)
        hole = next((h for h in holes if p == self.gen(h)), None)
        if hole is None:
            return x == y
        return binding.setdefault(hole, thaw(y)) == thaw(y)

    # -- functions ---------------------------------------------------------------------------
    def call(self, fn: str, args: list[Poly], orders: tuple[int, ...]) -> Poly:
        match fn:
            case "exp":
                return self.exp(args[0])
            case "log":
                return self.log(args[0])
            case "sigma":
                return self.sub(const(1), self.inverse(self.add(const(1), self.exp(args[0]))))
            case "tanh":
                e = self.exp(self.scale(args[0], fmpq(2)))
                return self.sub(const(1), self.scale(self.inverse(self.add(const(1), e)), fmpq(2)))
            case "sinh" | "cosh":
                e, f = self.exp(args[0]), self.exp(self.scale(args[0], fmpq(-1)))
                f = self.scale(f, fmpq(-1)) if fn == "sinh" else f
                return self.scale(self.add(e, f), fmpq(1, 2))
            case "sqrt":
                return self.root(args[0], Fraction(1, 2))
            case "relu":
                return self.mul(args[0], self.step(args[0]))
            case "abs":
                return self.mul(args[0], self.sign(args[0]))
            case "step":
                return self.step(args[0])
            case "sign":
                return self.sign(args[0])
            case "max" | "min":
                out = args[0]
                for b in args[1:]:
                    d = self.sub(out, b)
                    gap = self.mul(d, self.step(d))
                    out = self.add(b, gap) if fn == "max" else self.sub(out, gap)
                return out
            case "pi":
                return self.gen(self.atom(("pi",)))
            case "E":
                return self.expectation(args[0])
        key = ("call", fn, tuple(freeze(a) for a in args), orders if any(orders) else ())
        deps = frozenset[int]().union(*(self.poly_deps(a) for a in args))
        return self.gen(self.atom(key, deps))

    def expectation(self, p: Poly) -> Poly:
        """E is linear over Q; what is random is not declared, so nothing else leaves it."""
        out: Poly = {}
        for m, c in p.items():
            if m == ONE:
                out = self.add(out, const(c))
            else:
                n = self.atom(("E", m), self.mono_deps(m))
                out = self.add(out, self.scale(self.gen(n), c))
        return out

    def exp(self, p: Poly) -> Poly:
        out = const(1)
        for m, c in p.items():
            r = _rational(c)
            logs = [k for k, e in m if self.atoms[k][0] == "log" and e == 1]
            if len(logs) == 1:
                rest = tuple(x for x in m if x[0] != logs[0])
                factor = self._power_of(self.atoms[logs[0]][1], rest, r)
            else:
                factor = self.gen(self.atom(("exp", m), self.mono_deps(m)), r)
            out = self.mul(out, factor)
        return out

    def _power_of(self, base: Frozen, exponent: Mono, c: int | Fraction) -> Poly:
        """|base|^(c * exponent) for an irreducible base."""
        if exponent:
            deps = self.mono_deps(exponent) | self.poly_deps(thaw(base))
            return self.gen(self.atom(("pow", base, exponent), deps), c)
        if isinstance(c, int) and (c % 2 == 0 or self.is_positive(base)):
            return self.power(thaw(base), c)
        if isinstance(c, int):
            return self.power(self.mul(thaw(base), self.sign(thaw(base))), c)
        return self.root(thaw(base), c)

    def log(self, p: Poly) -> Poly:
        value = constant_of(p)
        if value is not None and value <= 0:
            raise Undefined
        c, m, factors = self.factor(p)
        out = self._log_number(abs(c))
        odd = []
        for k, e in m:
            key = self.atoms[k]
            if key[0] == "exp":
                out = self.add(out, {key[1]: _fmpq(e)})
            elif key[0] == "pow":
                out = self.add(out, self.scale(self.mul({key[2]: fmpq(1)}, self.log_atom(key[1])), _fmpq(e)))
            else:
                base = freeze(self.gen(k)) if key[0] != "poly" else key[1]
                out = self.add(out, self.scale(self.log_atom(base), _fmpq(e)))
                if not self.is_positive(base) and not (isinstance(e, int) and e % 2 == 0):
                    odd.append(base)
        for k, e in factors:
            base = self.atoms[k][1]
            out = self.add(out, self.scale(self.log_atom(base), fmpq(e)))
            if e % 2 and not self.is_positive(base):
                odd.append(base)
        if len(odd) == 1 and c > 0:
            self.positive.add(odd[0])
        return out

    def log_atom(self, base: Frozen) -> Poly:
        return self.gen(self.atom(("log", base), self.poly_deps(thaw(base))))

    def _log_number(self, c: Any) -> Poly:
        out: Poly = {}
        for part, sign in ((c.p, 1), (c.q, -1)):
            if part == 1:
                continue
            if part > 10**18:
                raise OutOfFuel
            for prime, e in fmpz(part).factor():
                out = self.add(out, self.scale(self.log_atom(freeze(const(int(prime)))), fmpq(sign * int(e))))
        return out

    def raise_to(self, base: Poly, exponent: Poly) -> Poly:
        value = constant_of(exponent)
        if value is not None:
            if value.q == 1:
                return self.power(base, int(value.p))
            return self.root(base, _rational(value))
        if base == const(1):
            return base
        integral = all(
            c.q == 1 and all(e == 1 and self._integral(k) for k, e in m) for m, c in exponent.items()
        )
        if not integral:
            return self.exp(self.mul(exponent, self.log(base)))
        c, m, factors = self.factor(base)
        out = const(1)
        parts: list[tuple[Frozen, Any]] = []
        if c != 1:
            parts.append((freeze(const(c)), 1))
        for k, e in m:
            if self.atoms[k][0] == "exp":
                arg = self.scale({self.atoms[k][1]: fmpq(1)}, _fmpq(e))
                out = self.mul(out, self.exp(self.mul(arg, exponent)))
            else:
                parts.append((freeze(self.gen(k)) if self.atoms[k][0] != "poly" else self.atoms[k][1], e))
        parts += [(self.atoms[k][1], e) for k, e in factors]
        for b, e in parts:
            for mono, coeff in exponent.items():
                times = _rational(coeff * _fmpq(e))
                if not mono and isinstance(times, int):
                    out = self.mul(out, self.power(thaw(b), times))
                elif mono:
                    deps = self.mono_deps(mono) | self.poly_deps(thaw(b))
                    out = self.mul(out, self.gen(self.atom(("pow", b, mono), deps), times))
                else:
                    out = self.mul(out, self.root(thaw(b), times))
        return out

    def _integral(self, n: int) -> bool:
        key = self.atoms[n]
        return key[0] in ("idx", "bound") or (key[0] == "sym" and key[2] != "real")

    def root(self, p: Poly, r: int | Fraction) -> Poly:
        """p^r for a non-integer rational r, on p >= 0 (p > 0 if r < 0)."""
        if not p:
            if r < 0:
                raise Undefined
            return {}
        value = constant_of(p)
        if value is not None and value < 0:
            raise Undefined
        c, m, factors = self.factor(p)
        if c < 0:
            raise Unsupported("root of an expression with a negative coefficient")
        out = const(1)
        for part, sign in ((c.p, 1), (c.q, -1)):
            if part > 10**18:
                raise OutOfFuel
            for prime, e in fmpz(part).factor() if part != 1 else ():
                x = _exp(r * sign * int(e))
                out = self.mul(out, self.gen(self.atom(("prime", int(prime))), x))
        odd = []
        parts = [
            (freeze(self.gen(k)) if self.atoms[k][0] != "poly" else self.atoms[k][1], k, e) for k, e in m
        ] + [(self.atoms[k][1], k, e) for k, e in factors]
        for base, k, e in parts:
            x = _exp(e * r)
            if self.is_positive(base):
                out = self.mul(out, self._fractional(base, k, x))
            elif isinstance(e, int) and e % 2 == 0 and isinstance(x, int):
                absolute = self.mul(thaw(base), self.sign(thaw(base))) if x % 2 else thaw(base)
                out = self.mul(out, self.power(absolute, x))
            else:
                odd.append((base, k, x))
        if len(odd) == 1:
            out = self.mul(out, self._fractional(*odd[0]))
        elif odd:
            raise Unsupported("root of a product whose factors have unknown sign")
        return out

    def _fractional(self, base: Frozen, n: int, x: int | Fraction) -> Poly:
        return self.power(thaw(base), x) if isinstance(x, int) else self.reduce(self.gen(n, x))

    # -- signs -------------------------------------------------------------------------------
    def is_positive(self, base: Frozen) -> bool:
        """Positive by structure or by a hypothesis (never by sampling)."""
        if base in self.positive:
            return True
        return all(c > 0 and all(self._atom_positive(k, e) for k, e in m) for m, c in base)

    def _atom_positive(self, n: int, e: Any) -> bool:
        key = self.atoms[n]
        if isinstance(e, int) and e % 2 == 0 and e < 0:
            return True
        if key[0] in ("exp", "pi", "prime"):
            return True
        if key[0] == "pow":
            return self.is_positive(key[1])
        if key[0] == "poly":
            return self.is_positive(key[1])
        if key[0] == "sum":
            ranges, body = key[1], key[2]
            return all(
                lo == freeze(const(1)) and self._at_least(thaw(hi), 1) for lo, hi in ranges
            ) and all(self._atom_positive(k, x) for k, x in body)
        if key[0] == "ref" and key[1] in self.positive_names:
            return True
        return freeze(self.gen(n)) in self.positive

    def step(self, p: Poly) -> Poly:
        """[p > 0] as a combination of idempotent atoms, one per irreducible factor of p."""
        return self.scale(self.add(const(1), self.sign(p)), fmpq(1, 2))

    def sign(self, p: Poly) -> Poly:
        value = constant_of(p)
        if value is not None:
            return const(0 if value == 0 else (1 if value > 0 else -1))
        c, m, factors = self.factor(p)
        out = const(1 if c > 0 else -1)
        for k, e in (*m, *factors):
            base = self.atoms[k][1] if self.atoms[k][0] == "poly" else freeze(self.gen(k))
            if self.is_positive(base) or (isinstance(e, int) and e % 2 == 0):
                continue
            flipped = freeze({u: -v for u, v in base})
            if flipped in self.positive:
                out = self.scale(out, fmpq(-1))
                continue
            s = self.gen(self.atom(("step", base), self.poly_deps(thaw(base))))
            out = self.mul(out, self.sub(self.scale(s, fmpq(2)), const(1)))
        return out

    def delta(self, p: Poly) -> Poly:
        value = constant_of(p)
        if value is not None:
            return const(1 if value == 0 else 0)
        lead = min(p)
        if p[lead] < 0:
            p = self.scale(p, fmpq(-1))
        return self.gen(self.atom(("delta", freeze(p)), self.poly_deps(p)))

    # -- substitution of indices ---------------------------------------------------------------
    def subst(self, p: Poly, mapping: dict[int, Poly]) -> Poly:
        """p with symbol or index atoms replaced; atoms that contain them are rebuilt."""
        keys = frozenset(mapping)
        out: Poly = {}
        for m, c in p.items():
            self.burn(len(m) + 1)
            fixed = tuple(x for x in m if not self.deps[x[0]] & keys)
            term: Poly = {fixed: c}
            for k, e in m:
                if self.deps[k] & keys:
                    new = self._rebuild(k, mapping)
                    if isinstance(e, int):
                        term = self.mul(term, self.power(new, e))
                    else:
                        term = self.mul(term, self.root(new, e) if len(new) != 1 else _mono_root(new, e))
            out = self.add(out, term)
        return out

    def _rebuild(self, n: int, mapping: dict[int, Poly]) -> Poly:
        if n in mapping:
            return mapping[n]
        key = self.atoms[n]

        def go(f: Frozen) -> Poly:
            return self.subst(thaw(f), mapping)

        match key[0]:
            case "ref":
                return self.reference(key[1], tuple(freeze(go(k)) for k in key[2]))
            case "exp":
                return self.exp(self.subst({key[1]: fmpq(1)}, mapping))
            case "pow":
                base, exponent = go(key[1]), self.subst({key[2]: fmpq(1)}, mapping)
                return self.raise_to(base, exponent)
            case "log":
                return self.log(go(key[1]))
            case "poly":
                return go(key[1])
            case "step":
                return self.step(go(key[1]))
            case "delta":
                return self.delta(go(key[1]))
            case "call":
                return self.call(key[1], [go(a) for a in key[2]], key[3])
            case "E":
                return self.expectation(self.subst({key[1]: fmpq(1)}, mapping))
            case "sum":
                ranges, body, numbers = key[1], key[2], key[3]
                fresh = {self.atom(("bound", b)): self.new_index() for b in numbers}
                names = {b: self.gen(f) for b, f in fresh.items()}
                inner = self.subst({body: fmpq(1)}, {**mapping, **names})
                limits = [(go(lo), go(hi)) for lo, hi in ranges]
                for f, (lo, hi) in zip(fresh.values(), limits, strict=True):
                    self.ranges[f] = (freeze(lo), freeze(hi))
                for f, (lo, hi) in zip(reversed(fresh.values()), reversed(limits), strict=True):
                    inner = self.sum_over(inner, f, lo, hi)
                return inner
        raise Unsupported(f"cannot substitute into {key[0]}")

    # -- sums --------------------------------------------------------------------------------
    def sum_over(self, body: Poly, i: int, lo: Poly, hi: Poly) -> Poly:
        """Sum of body for i = lo..hi (0 where lo > hi)."""
        length = integer_of(self.sub(hi, lo))
        if length is not None and length < UNROLL:
            return self.add(*(
                self.subst(body, {i: self.add(lo, const(k))}) for k in range(length + 1)
            )) if length >= 0 else {}
        out: Poly = {}
        for m, c in body.items():
            outside = tuple(x for x in m if i not in self.deps[x[0]])
            inside = tuple(x for x in m if i in self.deps[x[0]])
            part = self._sum_monomial(inside, i, lo, hi)
            out = self.add(out, self.times(part, outside, c))
        return out

    def _sum_monomial(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
        self.burn(4)
        if not m:
            self._assume_order(lo, self.add(hi, const(1)))
            return self.add(hi, self.scale(lo, fmpq(-1)), const(1))
        contracted = self._contract(m, i, lo, hi)
        if contracted is not None:
            return contracted
        shift = self._offset(m, i)
        if shift:
            body = self.subst({m: fmpq(1)}, {i: self.sub(self.gen(i), const(shift))})
            return self.sum_over(body, i, self.add(lo, const(shift)), self.add(hi, const(shift)))
        split = self._split_range(m, i, lo, hi)
        if split is not None:
            return split
        if all(k == i for k, _ in m) and isinstance(m[0][1], int) and m[0][1] > 0 and lo == const(1):
            return self._faulhaber(m[0][1], hi)
        geometric = self._geometric(m, i, lo, hi)
        return geometric if geometric is not None else self._merge(m, i, lo, hi)

    def _assume_order(self, small: Poly, large: Poly) -> None:
        """Record small <= large unless sizes >= 1 and index ranges give it."""
        if not self._at_least(self.sub(large, small), 0):
            self.conditions[f"{self.show(small)} <= {self.show(large)}"] = None

    def _at_least(self, p: Poly, bound: int) -> bool:
        total = fmpq(0)
        for m, c in p.items():
            if not m:
                total += c
            elif len(m) == 1 and m[0][1] == 1:
                key = self.atoms[m[0][0]]
                if key[0] == "sym" and key[2] == "size" and c > 0:
                    total += c
                elif key[0] == "idx" and m[0][0] in self.ranges:
                    lo, hi = self.ranges[m[0][0]]
                    rest = {u: v for u, v in p.items() if u != m}
                    end = self.scale(thaw(lo if c > 0 else hi), c)
                    return self._at_least(self.add(rest, end), bound)
                else:
                    return False
            else:
                return False
        return bool(total >= bound)

    def _contract(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum_i delta_{i,a} f(i) = f(a) where a is in range."""
        for k, _ in m:
            key = self.atoms[k]
            if key[0] != "delta":
                continue
            p = thaw(key[1])
            mono = ((i, 1),)
            c = p.get(mono)
            rest = {u: v for u, v in p.items() if u != mono}
            if c is None or c * c != 1 or i in self.poly_deps(rest):
                continue
            at = self.scale(rest, -1 / c)
            if not self._in_range(at, lo, hi):
                continue
            others = tuple(x for x in m if x[0] != k)
            return self.subst({others: fmpq(1)}, {i: at})
        return None

    def _in_range(self, at: Poly, lo: Poly, hi: Poly) -> bool:
        below, above = self.sub(at, lo), self.sub(hi, at)
        if self._at_least(below, 0) and self._at_least(above, 0):
            return True
        if any(self.atoms[d][0] in ("idx", "bound") for d in self.poly_deps(at)):
            return False
        self.conditions[f"{self.show(lo)} <= {self.show(at)} <= {self.show(hi)}"] = None
        return True

    def _offset(self, m: Mono, i: int) -> int:
        """Smallest c among references ..i + c.., so that shifted sums meet."""
        offsets: set[int] = set()
        stack = [k for k, _ in m]
        while stack:
            k = stack.pop()
            key = self.atoms[k]
            if i not in self.deps[k]:
                continue
            if key[0] == "ref":
                for index in key[2]:
                    p = thaw(index)
                    if p.get(((i, 1),)) == 1:
                        rest = {u: v for u, v in p.items() if u != ((i, 1),)}
                        c = integer_of(rest)
                        if c is not None:
                            offsets.add(c)
            elif key[0] in ("exp", "E"):
                stack += [j for j, _ in key[1]]
            elif key[0] in ("log", "poly", "step"):
                stack += [j for u, _ in key[1] for j, _ in u]
            elif key[0] == "call":
                stack += [j for a in key[2] for u, _ in a for j, _ in u]
            elif key[0] == "sum":
                stack += [j for j, _ in key[2]]
        return min(offsets) if offsets else 0

    def _total(self, m: Mono, i: int) -> bool:
        """Is the monomial defined at every integer i (no division, log or root by i)?"""
        for k, e in m:
            if i in self.deps[k]:
                if not isinstance(e, int) or e < 0 and self.atoms[k][0] not in ("exp", "poly"):
                    return False
                if self.atoms[k][0] == "poly" and not self.is_positive(self.atoms[k][1]):
                    return False
                if self.atoms[k][0] not in ("idx", "ref", "exp", "poly", "pow"):
                    return False
        return True

    def _split_range(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Bring the range to 1..hi with hi free of a constant offset."""
        one = const(1)
        term = {m: fmpq(1)}

        def at(p: Poly) -> Poly:
            return self.subst(term, {i: p})

        start = integer_of(lo)
        if start is not None and start != 1 and abs(start) <= 32:
            if start < 1:
                if not self._at_least(hi, 0):
                    return None
                extra = self.add(*(at(const(k)) for k in range(start, 1)))
                return self.add(extra, self.sum_over(term, i, one, hi))
            if self._total(m, i):
                self._assume_order(lo, self.add(hi, one))
                extra = self.add(*(at(const(k)) for k in range(1, start)))
                return self.sub(self.sum_over(term, i, one, hi), extra)
        if start is None and self._total(m, i):
            if not self._at_least(lo, 1) or not self._at_least(self.add(hi, one, self.scale(lo, fmpq(-1))), 0):
                if any(self.atoms[d][0] in ("idx", "bound") for d in self.poly_deps(lo)):
                    return None
                self.conditions[f"1 <= {self.show(lo)}"] = None
                self._assume_order(lo, self.add(hi, one))
            before = self.sum_over(term, i, one, self.sub(lo, one))
            return self.sub(self.sum_over(term, i, one, hi), before)
        offset = hi.get(ONE)
        if start == 1 and offset is not None and len(hi) > 1 and offset.q == 1 and abs(offset) <= 32:
            n, top = int(offset.p), {u: v for u, v in hi.items() if u}
            if n > 0:
                if not self._at_least(top, 0):
                    return None
                extra = self.add(*(at(self.add(top, const(k))) for k in range(1, n + 1)))
                return self.add(self.sum_over(term, i, one, top), extra)
            if self._total(m, i):
                if not self._at_least(hi, 0):
                    if any(self.atoms[d][0] in ("idx", "bound") for d in self.poly_deps(hi)):
                        return None
                    self._assume_order(const(0), hi)
                extra = self.add(*(at(self.add(top, const(-k))) for k in range(-n)))
                return self.sub(self.sum_over(term, i, one, top), extra)
        return None

    def _faulhaber(self, p: int, n: Poly) -> Poly:
        """Sum_{i=1}^n i^p, valid for n >= 0."""
        if p > 30:
            raise OutOfFuel
        if not self._at_least(n, 0):
            self._assume_order(const(0), n)
        bernoulli = [fmpq(1)]
        for k in range(1, p + 1):
            acc = sum((comb(k + 1, j) * bernoulli[j] for j in range(k)), start=fmpq(0))
            bernoulli.append(-acc / (k + 1))
        out: Poly = {}
        for j in range(p + 1):
            c = comb(p + 1, j) * bernoulli[j] * (-1) ** j / (p + 1)
            out = self.add(out, self.scale(self.power(n, p + 1 - j), c))
        return out

    def _geometric(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum of r^i = (r^(hi+1) - r^lo) / (r - 1), r != 1."""
        ratio = const(1)
        for k, e in m:
            key = self.atoms[k]
            if key[0] not in ("pow", "exp") or not isinstance(e, int):
                return None
            exponent = dict(key[2] if key[0] == "pow" else key[1])
            if exponent.pop(i, None) != 1 or any(i in self.deps[j] for j in exponent):
                return None
            rest: Mono = tuple(sorted(exponent.items()))
            if key[0] == "exp":
                ratio = self.mul(ratio, self.power(self.exp({rest: fmpq(1)}), e))
            elif i in self.poly_deps(thaw(key[1])):
                return None
            else:
                ratio = self.mul(ratio, self.power(self.raise_to(thaw(key[1]), {rest: fmpq(1)}), e))
        gap = self.sub(ratio, const(1))
        if not gap:
            return None
        self._assume_order(lo, self.add(hi, const(1)))
        if constant_of(gap) is None:
            self.conditions[f"{self.show(ratio)} != 1"] = None
        top = self.sub(self.raise_to(ratio, self.add(hi, const(1))), self.raise_to(ratio, lo))
        return self.mul(top, self.inverse(gap))

    def _merge(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly:
        """Merge inner sums into one multi-index sum and split it into connected components."""
        triangle = self._triangle(m, i, lo, hi)
        if triangle is not None:
            return triangle
        indices: list[int] = [i]
        limits: dict[int, Range] = {i: (freeze(lo), freeze(hi))}
        flat: Mono = ONE
        for k, e in m:
            key = self.atoms[k]
            opens = key[0] == "sum" and isinstance(e, int) and 0 < e <= 6 and not any(
                i in self.poly_deps(thaw(end)) for r in key[1] for end in r
            )
            if not opens:
                flat = mono_mul(flat, ((k, e),))
                continue
            for _ in range(int(e)):
                fresh = [self.new_index() for _ in key[3]]
                names = {
                    self.atom(("bound", b)): self.gen(f) for b, f in zip(key[3], fresh, strict=True)
                }
                opened = self.subst({key[2]: fmpq(1)}, names)
                if len(opened) != 1:
                    raise Unsupported("an inner sum that does not reopen as one product")
                flat = mono_mul(flat, next(iter(opened)))
                indices += fresh
                limits.update(zip(fresh, key[1], strict=True))
                self.ranges.update(zip(fresh, key[1], strict=True))
        out = const(1)
        rest = list(flat)
        todo = list(indices)
        while todo:
            group = {todo[0]}
            part: list[Any] = []
            grown = True
            while grown:
                grown = False
                for x in rest[:]:
                    if self.deps[x[0]] & group:
                        rest.remove(x)
                        part.append(x)
                        group |= self.deps[x[0]].intersection(indices)
                        grown = True
            members = [j for j in todo if j in group]
            todo = [j for j in todo if j not in group]
            out = self.mul(out, self._close(tuple(sorted(part)), members, limits))
        return self.times(out, tuple(sorted(rest)))

    def _triangle(self, m: Mono, i: int, lo: Poly, hi: Poly) -> Poly | None:
        """Sum over j <= i of a symmetric body: half of the full sum and the diagonal."""
        for k, e in m:
            key = self.atoms[k]
            if key[0] != "sum" or e != 1 or len(key[3]) != 1:
                continue
            (low, high), = key[1]
            if thaw(low) != lo or thaw(high) != self.gen(i) or lo != const(1):
                continue
            j = self.new_index()
            names = {self.atom(("bound", key[3][0])): self.gen(j)}
            rest: Poly = {tuple(x for x in m if x[0] != k): fmpq(1)}
            body = self.mul(self.subst({key[2]: fmpq(1)}, names), rest)
            if self.subst(body, {i: self.gen(j), j: self.gen(i)}) != body:
                continue
            self.ranges[j] = (freeze(lo), freeze(hi))
            full = self.sum_over(self.sum_over(body, j, lo, hi), i, lo, hi)
            diagonal = self.sum_over(self.subst(body, {j: self.gen(i)}), i, lo, hi)
            return self.scale(self.add(full, diagonal), fmpq(1, 2))
        return None

    def _close(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        """The atom of one connected multi-index sum, bound indices numbered canonically."""
        if len(indices) > 1 and any(
            self.atoms[k][0] == "poly" and len(self.deps[k].intersection(indices)) > 1 for k, _ in m
        ):
            return self._symmetrised(m, indices, limits)
        return self.gen_sum(m, indices, limits)

    def _orders(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> list[tuple[int, ...]]:
        """Orderings of the indices to compare: permutations within classes of equal signature."""
        if len(indices) == 1:
            return [tuple(indices)]
        classes: dict[Any, list[int]] = {}
        for j in indices:
            others = frozenset(indices) - {j}
            signature = sorted(
                (self.atoms[k][0], str(self.atoms[k][1]) if self.atoms[k][0] == "ref" else "",
                 str(e), len(self.deps[k] & others)) for k, e in m if j in self.deps[k]
            )
            classes.setdefault((limits[j], tuple(signature)), []).append(j)
        groups = [classes[k] for k in sorted(classes)]
        count = 1
        for g in groups:
            count *= factorial(len(g))
        if count > 720:
            return [tuple(j for g in groups for j in g)]
        self.burn(count * len(m))
        return [
            tuple(j for part in choice for j in part) for choice in product(*(permutations(g) for g in groups))
        ]

    def gen_sum(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        base = max((self._height(k) for k, _ in m), default=0)
        numbers = tuple(range(base, base + len(indices)))
        best: tuple[Any, ...] | None = None
        for order in self._orders(m, indices, limits):
            names = {j: self.gen(self.atom(("bound", b))) for j, b in zip(order, numbers, strict=True)}
            closed = self.subst({m: fmpq(1)}, names)
            if len(closed) != 1:
                raise Unsupported("a sum whose body does not stay one product")
            ((body, c),) = closed.items()
            ranges = tuple(
                (freeze(self.subst(thaw(lo), names)), freeze(self.subst(thaw(hi), names)))
                for lo, hi in (limits[j] for j in order)
            )
            key = (ranges, body, c)
            if best is None or key < best:
                best = key
        assert best is not None
        ranges, body, c = best
        bound = {self.atom(("bound", b)) for b in numbers}
        deps = self.mono_deps(body)
        for lo, hi in ranges:
            deps |= self.poly_deps(thaw(lo)) | self.poly_deps(thaw(hi))
        n = self.atom(("sum", ranges, body, numbers), deps - bound)
        return self.scale(self._apply_rules(n), c)

    def _height(self, n: int) -> int:
        """One more than the largest bound number inside an atom."""
        key = self.atoms[n]
        match key[0]:
            case "bound":
                return int(key[1]) + 1
            case "sum":
                return int(max(key[3])) + 1
            case "exp" | "E":
                return max((self._height(k) for k, _ in key[1]), default=0)
            case "ref" | "call":
                return max((self._height(k) for f in key[2] for u, _ in f for k, _ in u), default=0)
            case "log" | "poly" | "step" | "delta":
                return max((self._height(k) for u, _ in key[1] for k, _ in u), default=0)
            case "pow":
                inner = [k for u, _ in key[1] for k, _ in u] + [k for k, _ in key[2]]
                return max((self._height(k) for k in inner), default=0)
        return 0

    def _symmetrised(self, m: Mono, indices: list[int], limits: dict[int, Range]) -> Poly:
        """Average of the body over the permutations of indices with one range: the same sum."""
        groups: dict[Range, list[int]] = {}
        for j in indices:
            groups.setdefault(limits[j], []).append(j)
        movable = [g for g in groups.values() if len(g) > 1]
        count = 1
        for g in movable:
            count *= factorial(len(g))
        if not movable or count > 24:
            return self.gen_sum(m, indices, limits)
        total: Poly = {}
        for choice in product(*(permutations(g) for g in movable)):
            names = {
                a: self.gen(b)
                for g, image in zip(movable, choice, strict=True)
                for a, b in zip(g, image, strict=True)
                if a != b
            }
            total = self.add(total, self.subst({m: fmpq(1)}, names) if names else {m: fmpq(1)})
        out: Poly = {}
        for u, c in self.scale(total, fmpq(1, count)).items():
            part = u
            factor = const(c)
            live = [j for j in indices if j in self.mono_deps(u)]
            for j in indices:
                if j not in live:
                    lo, hi = thaw(limits[j][0]), thaw(limits[j][1])
                    factor = self.mul(factor, self.add(hi, self.scale(lo, fmpq(-1)), const(1)))
            outside = tuple(x for x in part if not self.deps[x[0]].intersection(live))
            inside = tuple(x for x in part if self.deps[x[0]].intersection(live))
            if live:
                factor = self.mul(factor, self.gen_sum(inside, live, limits))
            out = self.add(out, self.times(factor, outside))
        return out

    # -- cases -------------------------------------------------------------------------------
    def vanishes_by_cases(self, p: Poly) -> bool:
        """Is p zero whichever of its free indices coincide?"""
        free = sorted({
            k for m in p for k, _ in m
            if self.atoms[k][0] == "delta" and all(self.atoms[d][0] == "sym" for d in self.deps[k])
        })
        for k in free:
            equation = thaw(self.atoms[k][1])
            for mono, c in equation.items():
                if c * c == 1 and len(mono) == 1 and mono[0][1] == 1:
                    rest = {u: v for u, v in equation.items() if u != mono}
                    equal = self.subst(p, {mono[0][0]: self.scale(rest, -1 / c)})
                    apart = {u: v for u, v in p.items() if all(j != k for j, _ in u)}
                    return (self.vanishes(equal) or self.vanishes_by_cases(equal)) and (
                        self.vanishes(apart) or self.vanishes_by_cases(apart)
                    )
        return False

    # -- text --------------------------------------------------------------------------------
    def show(self, p: Poly) -> str:
        """Plain text of an index or parameter polynomial, for conditions."""
        parts = []
        for m, c in sorted(p.items(), key=lambda item: (-len(item[0]), item[0])):
            factors = [self._show_atom(k) + ("" if e == 1 else f"^{e}") for k, e in m]
            if c != 1 or not factors:
                factors.insert(0, str(c))
            parts.append("*".join(factors) if factors[0] != "-1" or len(factors) == 1
                         else "-" + "*".join(factors[1:]))
        return " + ".join(parts).replace("+ -", "- ") or "0"

    def _show_atom(self, n: int) -> str:
        key = self.atoms[n]
        match key[0]:
            case "sym":
                return str(key[1])
            case "ref":
                return f"{key[1]}_{{{','.join(self.show(thaw(k)) for k in key[2])}}}"
            case "exp":
                return f"exp({self.show({key[1]: fmpq(1)})})"
            case "pow":
                return f"({self.show(thaw(key[1]))})^({self.show({key[2]: fmpq(1)})})"
            case "poly":
                return f"({self.show(thaw(key[1]))})"
        return str(key[0])


def _rational(c: Any) -> int | Fraction:
    return int(c.p) if c.q == 1 else Fraction(int(c.p), int(c.q))


def _exp(x: int | Fraction) -> int | Fraction:
    return x if isinstance(x, int) or x.denominator != 1 else int(x)


def _fmpq(e: int | Fraction) -> Any:
    return fmpq(e) if isinstance(e, int) else fmpq(e.numerator, e.denominator)


def _mono_root(p: Poly, e: Any) -> Poly:
    ((m, c),) = p.items()
    if c != 1:
        raise Unsupported("fractional power of a scaled product")
    return {mono_pow(m, e): fmpq(1)}

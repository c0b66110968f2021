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

from flint import fmpq

from ..core import Add, Call, Core, Delta, Div, Mul, Num, Pow, Ref, Sum, Sym, text
from ..functions import FUNCTIONS
from ..kernel.limits import Unsupported
from ..kernel.signs import range_of
from .contractions import Contractions
from .polynomials import Poly, const, freeze, thaw


class Normal(Contractions):
    """One judgement's table of atoms; ``norm`` maps core terms to polynomials over it.

    ``conditions`` collects what the rewritings assumed beyond structure.
    """

    def __init__(self, fuel: int) -> None:
        super().__init__(fuel)
        self.memo: dict[tuple[int, int], tuple[Core, dict[str, int], Poly]] = {}

    def forget(self) -> None:
        """Signs were learned, or rules installed: what was computed may come out better now."""
        self.memo.clear()
        self.called.clear()
        self.summed.clear()

    # -- terms -------------------------------------------------------------------------------
    def norm(self, t: Core, env: dict[str, int]) -> Poly:
        """The polynomial of a term; ``env`` maps bound names to their index atoms."""
        key = id(t), id(env)
        known = self.memo.get(key)
        if known is None:
            self.burn(1)
            # The term and the names are kept with the result, so that their ids stay theirs.
            known = self.memo[key] = (t, env, self._norm(t, env))
        return known[2]

    def _norm(self, t: Core, env: dict[str, int]) -> Poly:
        match t:
            case Num(value):
                return const(fmpq(value.numerator, value.denominator))
            case Sym(name, sort):
                return self.rewritten(env[name] if name in env else self.symbol(name, sort))
            case Ref(name, indices):
                return self.reference(name, tuple(freeze(self.norm(k, env)) for k in indices))
            case Add(terms):
                return self.add(*(self.norm(k, env) for k in terms))
            case Mul(factors):
                out, *rest = (self.norm(f, env) for f in factors) if factors else (const(1),)
                for p in rest:
                    out = self.mul(out, p)
                return out
            case Div(num, den):
                below = self.norm(den, env)
                if below:
                    self.nonzero.update(k for k, _ in self.factor(below)[2])
                return self.mul(self.norm(num, env), self.by_cases([below], lambda p: self.inverse(*p)))
            case Pow(base, exp):
                powers = [self.norm(base, env), self.norm(exp, env)]
                if isinstance(exp, Num) and exp.value.denominator > 1:
                    self.note_positive(powers[0])
                return self.by_cases(powers, lambda p: self.raise_to(*p))
            case Call(fn, args, orders):
                values = [self.norm(a, env) for a in args]
                if fn in FUNCTIONS and FUNCTIONS[fn].kinked and range_of(args[0]).nonnegative:
                    self.note_positive(values[0])
                return self.call(fn, values, orders)
            case Delta(left, right):
                return self.delta(self.sub(self.norm(left, env), self.norm(right, env)))
            case Sum(body, index, lower, upper):
                lo, hi = self.norm(lower, env), self.norm(upper, env)
                i = self.index_over((freeze(lo), freeze(hi)), set(env.values()))
                known, weak = self.positive.copy(), self.weak.copy()
                term = self.norm(body, {**env, index.name: i})
                if (self.positive, self.weak) != (known, weak) and not self.at_least(self.sub(hi, lo), 0):
                    # Where the range is empty the body need not be defined: what it taught is unlearned.
                    self.positive, self.weak = known, weak
                    self.forget()
                return self.sum_over(term, i, lo, hi)
        raise Unsupported(f"no normal form for {text(t)}")

    # -- cases -------------------------------------------------------------------------------
    def vanishes_by_cases(self, p: Poly, apart: tuple[Poly, ...] = ()) -> bool:
        """Is p zero whichever of its free indices coincide?  ``apart`` are differences that are not 0."""
        if self.vanishes(p):
            return True
        for k in sorted({k for m in p for k, _ in m if self.atoms[k][0] == "delta"}):
            equation = thaw(self.atoms[k][1])
            if any(self.atoms[d][0] != "sym" for d in self.deps[k]):
                continue
            without = {u: v for u, v in p.items() if all(j != k for j, _ in u)}
            if equation in apart or self.scale(equation, fmpq(-1)) in apart:
                return self.vanishes_by_cases(without, apart)
            for mono, c in equation.items():
                if c * c == 1 and len(mono) == 1 and mono[0][1] == 1:
                    at = {mono[0][0]: self.scale({u: v for u, v in equation.items() if u != mono}, -1 / c)}
                    still = tuple(self.subst(q, at) for q in apart)
                    together = not all(still) or self.vanishes_by_cases(self.subst(p, at), still)
                    return together and self.vanishes_by_cases(without, (*apart, equation))
        return False

"""The judge: one pure function that decides ``lhs = rhs`` between core terms.

*Proved* means: at every point (every size >= 1, all real data and parameters) at which both sides
as received are defined and the givens hold, the sides are equal; ``assuming`` lists what that
excludes.  The proof is a chain of identities that brings lhs - rhs to 0 (``normal``).  *Refuted*
means: ``witness`` is a point of that domain at which the sides differ, evaluated independently of
the normal form in exact rationals or disjoint balls.  Everything else is *undecided*, with the
reason.  No sampling ever proves, and nothing is simplified by a heuristic that could be wrong.
"""

from __future__ import annotations

from fractions import Fraction

from flint import ctx

from ..core import Add, Call, Core, Given, Num, children, text
from ..errors import ScopeError
from ..verdict import Verdict
from .differentiate import derivative, eliminate
from .domain import conditions
from .functions import Unsupported
from .hypotheses import assume
from .normal import Normal
from .polynomials import OutOfFuel, Undefined
from .witness import search

__all__ = ["derivative", "judge"]

FUEL = 10**6
DEPTH = 150
SIZE = 200_000
ZERO = Num(Fraction(0))


def judge(lhs: Core, rhs: Core, given: tuple[Given, ...] = (), fuel: int = FUEL) -> Verdict:
    """Decide ``lhs = rhs`` for all values of the free symbols, under ``given``.

    >>> from symgrad.core import Mul, Pow, Sym
    >>> a, two = Sym("a"), Num(Fraction(2))
    >>> print(judge(Mul((a, a)), Pow(a, two)))
    proved
    >>> print(judge(Mul((a, two)), Pow(a, two)))
    refuted at a = 1: left = 2, right = 1
    """
    reason = _too_large(lhs, rhs, *(side for g in given for side in (g.lhs, g.rhs)))
    if reason:
        return Verdict("undecided", reason=reason)
    precision = ctx.prec
    try:
        return _judge(lhs, rhs, given, fuel)
    except RecursionError:
        return Verdict("undecided", reason="the expression is nested too deeply")
    finally:
        ctx.prec = precision


def _judge(lhs: Core, rhs: Core, given: tuple[Given, ...], fuel: int) -> Verdict:
    if given:
        _consistent(given, fuel)
    kinks: list[Core] = []
    used: tuple[Given, ...] = ()
    try:
        # Differentiate with all entries independent; only then may givens rewrite anything.
        left, right = eliminate(lhs, kinks), eliminate(rhs, kinks)
    except Unsupported as problem:
        proof: tuple[str, ...] | str = str(problem)
    else:
        proof = _prove(left, right, (), fuel)
        if given and isinstance(proof, str):
            proof, used = _prove(left, right, given, fuel), given
            for g in given if isinstance(proof, tuple) else ():
                fewer = tuple(k for k in used if k is not g)
                smaller = _prove(left, right, fewer, fuel)
                if isinstance(smaller, tuple):
                    used, proof = fewer, smaller
    if isinstance(proof, str):
        witness, defined = search(lhs, rhs, given)
        if witness is not None:
            return Verdict("refuted", witness=witness)
        if given and not defined and not search(ZERO, ZERO, given, 40, domain_only=True)[1]:
            proof = "no values were found that satisfy the givens"
        return Verdict("undecided", reason=proof)
    domain = conditions(Add((lhs, rhs, *(Call("sign", (k,)) for k in kinks))), used)
    # A domain that holds no point would make every equality on it true.
    if (domain or given) and not search(lhs, rhs, given, 200, domain_only=True)[1]:
        return Verdict("undecided", reason="no point was found at which both sides are defined")
    named = dict.fromkeys([*domain, *proof, *(text(g) for g in used)])
    return Verdict("proved", assuming=tuple(named))


def _consistent(given: tuple[Given, ...], fuel: int) -> None:
    """Contradictory givens are an error, whatever the claim."""
    try:
        assume(Normal(fuel), given)
    except Undefined:
        raise ScopeError("a given is defined nowhere") from None
    except (OutOfFuel, Unsupported):
        pass  # the proof that needs them will say so


def _prove(left: Core, right: Core, given: tuple[Given, ...], fuel: int) -> tuple[str, ...] | str:
    """What a proof that the D-free terms are equal where defined assumes, or why there is none."""
    algebra = Normal(fuel)
    try:
        assume(algebra, given)
        for _ in range(4):
            names: dict[str, int] = {}
            algebra.forget()
            gap = algebra.sub(algebra.norm(left, names), algebra.norm(right, names))
            if algebra.vanishes(gap) or algebra.vanishes_by_cases(gap):
                return tuple(algebra.conditions)
            # Once more with the signs that logarithms and roots taught, then with geometric sums closed,
            # then with free indices in the ranges as they are written.
            if algebra.learned:
                algebra.learned = False
            elif algebra.ratios and not algebra.closes_ratios:
                algebra.closes_ratios = True
            elif algebra.waits and not algebra.early:
                algebra.early = True
            else:
                break
            algebra.conditions.clear()
    except OutOfFuel:
        return "fuel spent: too large to decide within the limit"
    except Undefined:
        return "the sides are defined nowhere (division by zero, or log of a number that is not positive)"
    except Unsupported as problem:
        return str(problem)
    return "no proof and no counterexample found"


def _too_large(*terms: Core) -> str:
    """Why the terms are not worth starting on, else ''."""
    level, depth, count = list(terms), 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEPTH:
            return "the expression is nested too deeply"
        if count > SIZE:
            return "the expression is too large"
        level = [k for t in level for k in children(t)]
    return ""

"""The judge: one pure function that decides ``lhs = rhs``, ``>=`` or ``>`` between core terms.

*Proved* means: at every point (every size >= 1, all real data and parameters) at which both sides as
received are defined and the givens hold, the relation holds; ``assuming`` lists what that excludes, and
a domain without a point proves nothing.  The proof is a chain of identities that brings lhs - rhs to 0, or
to a form that shows its sign.  *Refuted* means: ``witness`` is a point of that domain at which the relation
fails, evaluated independently of the normal form in exact rationals or disjoint balls.  Everything else is
*undecided*, with the reason; no sampling ever proves.  Work is counted, not timed: a verdict does not depend
on the machine.

The modules, each importing only those before it: ``polynomials`` (plain values), ``state`` (atoms, and what
is known and assumed of them), ``ring``, ``algebra`` (quotients), ``signs``, ``powers`` (with exponentials and
logarithms), ``functions``, ``substitution``, ``assumptions``, ``atoms`` (symbols and entries),
``closed_forms``, ``contractions`` (several sums at once), ``sums``, ``normal`` (terms to normal form),
``hypotheses`` (the givens), ``inequalities`` (differences that have one sign), ``witness`` (a point that
refutes).

How a proof goes, and where each construct ends:

quotients
    Laurent polynomials over Q in atoms, each irreducible denominator an atom of its own (``algebra``).
    Complete: a rational function is 0 iff its numerator over the common denominator is.  Border: 1 + E^100
    is not factored, so that degree costs nothing; the common denominator makes up for it.
exponentials
    exp(sum c_k m_k) is a monomial in one generator exp(m_k) per monomial of the argument, to a rational
    power: over a Q-basis of the arguments exponentials are algebraically independent.  sigma, tanh, sinh and
    cosh are quotients of them; sigma(2z) against sigma(z) needs no case of its own.
logarithms
    log p = sum of e_k log|f_k| over irreducible factors, log e^z = z.  What a logarithm or root of the sides
    as received needs to be positive is learned, once, for all signs: log(a) makes |a| = a.  Border: nothing
    is learned from a logarithm that only the proof wrote down (a term split off a sum).
roots, powers
    b^r for rational r is a fractional power of an irreducible factor of known sign; of a product of
    factors of unknown sign only as a whole.  sqrt(x^2) is |x|: that it is x is refuted at x = -1.  b^n with
    a size n is an opaque generator; n + 1 splits off a factor.  Border: denesting, sqrt(5 + 2 sqrt 6), is
    undecided.
sine and cosine
    cos z = (e^(iz) + e^(-iz)) / 2 over Q(i), so that angle sums and multiples are exponents.  Nothing that
    holds i has a sign: logarithms, roots and kinks of it are equal only where their arguments are.
kinks
    [p > 0] is an idempotent generator per irreducible factor; |p|, relu, max are polynomials in it, and
    functions of them interpolate, exp(relu z) = 1 + [z > 0] (e^z - 1).  A derivative assumes z != 0.
    sign 0 = [0 > 0] = 0: a claim about them that fails where z = 0 is refuted.
    Border: order between different arguments, min(c, b) <= c <= max(2b, c), is not known.
sums
    The body is expanded; what does not depend on the index leaves the sum; shifts, reversals and split-off
    terms are brought to 1..N; i^p and i^p r^i have closed forms (r != 1 is assumed only if the proof needs
    it).  Every connected product under one or several sums is one atom, its indices numbered canonically
    (``contractions``).  For N as large as the degree these atoms are algebraically independent, so that a
    polynomial identity in them is decided for all N; three samples may be needed to refute (a third moment
    times 3/2 is right at N = 2).  Denominators that couple indices are averaged over permutations of the
    indices first: sum_ij sigma(x_i - x_j) = N^2/2.  Ranges that depend on an outer index become indicators
    [j < i] (sound; products of several are not compared with each other).
deltas
    Contracted where the index is provably in range, else where a free index is assumed to be, which is
    recorded as 1 <= j <= N; where an outer index k moves the range 1..k, [j <= k] becomes a factor and the
    outer sum begins at j: a condition never speaks of a bound index.  Deltas between free indices are decided
    by cases.
derivatives
    Taken with all entries independent, before any given is used: symmetry first would make
    d(x'Wx)/dW_12 = 2 x_1 x_2.  Undefined functions by congruence and the chain rule.
givens
    Equations rewrite their leading atom, also inside larger contractions; y in {a, b} makes y^2 linear, and
    functions of y interpolate; with sum_k y_k = 1 also y_j y_k = delta_jk y_j; A_ij = +-A_ji orders indices;
    signs decide |a| and [a > 0].  A proof without givens is tried first, then with all, then each is dropped
    in turn: ``assuming`` names the used ones.
inequalities
    lhs - rhs has a sign by the ranges of its parts as written, or because its factors are positive or even
    powers.  Border: sums of squares are not looked for, x^2 - 2xy + 2y^2 >= 0 is undecided.
expectation
    E is linear over Q and nothing more: what is random is not declared, so E x^2 = (E x)^2 is undecided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from flint import ctx

from ..core import Add, Call, Core, Given, Num, children, counts, walk
from ..errors import Reason, ScopeError
from ..functions import BUILTIN
from ..kernel.differentiate import eliminate
from ..kernel.domain import conditions
from ..kernel.limits import OutOfFuel, Undefined, Unsupported
from ..kernel.signs import integral
from ..kernel.verdict import Assumed, Verdict
from ..reasons import (
    FuelSpent,
    NoCommonPoint,
    NoValuesForGivens,
    NowhereDefined,
    Open,
    SeveralArities,
    TooDeep,
    TooLarge,
)
from .assumptions import start_again
from .hypotheses import assume
from .inequalities import Relation, apart, apart_as_written
from .normal import norm, vanishes_by_cases
from .ring import sub
from .state import State
from .witness import search

__all__ = ["FUEL", "Relation", "conjunction", "judge"]

FUEL = 10**6
DEPTH = 150
SIZE = 200_000
ZERO = Num(Fraction(0))


@dataclass(frozen=True, slots=True)
class _Proof:
    """What a proof assumed; are both sides 0?"""

    assumed: tuple[Assumed, ...]
    vanishing: bool


def judge(
    lhs: Core, rhs: Core, given: tuple[Given, ...] = (), fuel: int = FUEL, relation: Relation = "="
) -> Verdict:
    """Decide ``lhs = rhs``, or another relation, for all values of the free symbols, under ``given``.

    >>> from symgrad.core import Mul, Pow, Sym
    >>> a, two = Sym("a"), Num(Fraction(2))
    >>> print(judge(Mul((a, a)), Pow(a, two)))
    proved
    >>> print(judge(Mul((a, two)), Pow(a, two)))
    refuted at a = 1: left = 2, right = 1
    >>> print(judge(Pow(a, two), ZERO, relation=">="))
    proved
    >>> print(judge(Pow(a, two), a, relation=">="))
    refuted at a = 1/2: left = 1/4, right = 1/2
    """
    too_much = _too_large(lhs, rhs, *(side for g in given for side in (g.lhs, g.rhs)))
    if too_much is not None:
        return Verdict("undecided", cause=too_much)
    precision = ctx.prec
    try:
        return _judge(lhs, rhs, given, fuel, relation)
    except RecursionError:
        return Verdict("undecided", cause=TooDeep())
    finally:
        ctx.prec = precision


def conjunction(verdicts: Iterable[Verdict]) -> Verdict:
    """Do all the claims hold?  Refuted with the first that is, else undecided; assumptions are joined.

    >>> print(conjunction([judge(ZERO, ZERO), judge(ZERO, ZERO)]))
    proved
    """
    proved: list[Verdict] = []
    undecided: Verdict | None = None
    for verdict in verdicts:
        if verdict.status == "refuted":
            return verdict
        if verdict:
            proved.append(verdict)
        elif undecided is None:
            undecided = verdict
    conditions = dict.fromkeys(c for v in proved for c in v.conditions)
    if undecided is not None:
        return undecided
    return Verdict("proved", tuple(conditions), vanishing=all(v.vanishing for v in proved))


def _judge(lhs: Core, rhs: Core, given: tuple[Given, ...], fuel: int, relation: Relation) -> Verdict:
    if given:
        _consistent(given, fuel)
    kinks: list[Core] = []
    terms = [*walk(lhs), *walk(rhs)]
    used: tuple[Given, ...] = ()
    try:
        # Differentiate with all entries independent; only then may givens rewrite anything.
        left, right = eliminate(lhs, kinks), eliminate(rhs, kinks)
    except Unsupported as problem:
        proof: _Proof | Reason = problem.reason
    else:
        proof, used = _proof_by_fewest(left, right, relation, given, fuel, counts(terms))
    mixed = _mixed(terms)
    if isinstance(proof, Reason):
        return _unproved(lhs, rhs, given, relation, SeveralArities(mixed) if mixed else None, proof)
    domain = conditions(Add((lhs, rhs, *(Call("sign", (k,)) for k in kinks))), used)
    # A domain that holds no point would make every equality on it true.
    if (domain or given) and not search(lhs, rhs, given, 200, domain_only=True)[1]:
        return Verdict("undecided", cause=NoCommonPoint())
    # A proof takes [z > 0] and sign z to be two-valued; where they are written, z = 0 is a point too.
    if not proof.assumed and not mixed and _switched(terms):
        witness, _ = search(lhs, rhs, used, 24, relation=relation)
        if witness is not None:
            return Verdict("refuted", witness=witness)
    return Verdict("proved", (*domain, *proof.assumed, *used), vanishing=proof.vanishing)


def _consistent(given: tuple[Given, ...], fuel: int) -> None:
    """Contradictory givens are an error, whatever the claim."""
    try:
        assume(State(fuel), given)
    except Undefined:
        raise ScopeError("a given is defined nowhere") from None
    except (OutOfFuel, Unsupported):
        pass  # the proof that needs them will say so


def _unproved(
    lhs: Core, rhs: Core, given: tuple[Given, ...], relation: Relation, doubt: Reason | None, reason: Reason
) -> Verdict:
    """Refuted if there is a point that refutes, and no doubt of it; else undecided, and why."""
    witness, defined = search(lhs, rhs, given, relation=relation)
    if witness is not None and doubt is None:
        return Verdict("refuted", witness=witness)
    if given and not defined and not search(ZERO, ZERO, given, 40, domain_only=True)[1]:
        return Verdict("undecided", cause=NoValuesForGivens())
    return Verdict("undecided", cause=doubt if witness is not None else reason)


def _proof_by_fewest(
    left: Core, right: Core, relation: Relation, given: tuple[Given, ...], fuel: int, ends: frozenset[str]
) -> tuple[_Proof | Reason, tuple[Given, ...]]:
    """A proof without givens is tried first, then with all of them, then each is dropped in turn."""
    proof, _ = _prove(left, right, relation, (), fuel, ends)
    if not given or isinstance(proof, _Proof):
        return proof, ()
    proof, _ = _prove(left, right, relation, given, fuel, ends)
    used, budget = given, fuel
    for g in given if isinstance(proof, _Proof) else ():
        fewer = tuple(k for k in used if k is not g)
        smaller, budget = _prove(left, right, relation, fewer, budget, ends)
        if isinstance(smaller, _Proof):
            used, proof = fewer, smaller
    return proof, used


def _prove(
    left: Core, right: Core, relation: Relation, given: tuple[Given, ...], fuel: int, ends: frozenset[str]
) -> tuple[_Proof | Reason, int]:
    """A proof that the D-free terms are so related where defined, or why there is none; fuel left."""
    if relation != "=" and apart_as_written(left, right, relation, given):
        return _Proof((), False), fuel
    s = State(fuel, ends)
    reason: Reason = Open()
    try:
        assume(s, given)
        s.attempt.needed = s.attempt.conditions.copy()
        for _ in range(4):
            proof = _attempt(s, left, right, relation)
            if proof is not None:
                return proof, s.fuel
            if not _another(s):
                break
    except OutOfFuel:
        reason = FuelSpent()
    except Undefined:
        reason = NowhereDefined()
    except Unsupported as problem:
        reason = problem.reason
    return reason, s.fuel


def _attempt(s: State, left: Core, right: Core, relation: Relation) -> _Proof | None:
    names: dict[str, int] = {}
    s.memo.forget()
    sides = norm(s, left, names), norm(s, right, names)
    gap = sub(s, *sides)
    if relation != ">" and vanishes_by_cases(s, gap):
        return _Proof(tuple(s.attempt.conditions), not all(sides))
    if relation != "=" and apart(s, gap, relation):
        return _Proof(tuple(s.attempt.conditions), False)
    return None


def _another(s: State) -> bool:
    """Is there something left to try: the signs that logarithms and roots taught, then geometric sums closed,
    then free indices in the ranges as they are written?"""
    tried = s.attempt
    if s.signs.learned:
        s.signs.learned = False
    elif tried.ratios and not tried.closes_ratios:
        tried.closes_ratios = True
    elif tried.waits and not tried.early:
        tried.early = True
    else:
        return False
    start_again(s)
    return True


def _mixed(terms: list[Core]) -> str:
    """A name that is called with different numbers of arguments: two functions, of which little is said."""
    arities: dict[str, int] = {}
    for t in terms:
        if isinstance(t, Call) and t.fn not in BUILTIN:
            n = len(t.args)
            if arities.setdefault(t.fn, n) != n:
                return t.fn
    return ""


def _switched(terms: list[Core]) -> bool:
    return any(isinstance(t, Call) and t.fn in ("step", "sign") and not integral(t.args[0]) for t in terms)


def _too_large(*terms: Core) -> Reason | None:
    """Why the terms are not worth starting on."""
    level, depth, count = list(terms), 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > DEPTH:
            return TooDeep()
        if count > SIZE:
            return TooLarge()
        level = [k for t in level for k in children(t)]
    return None

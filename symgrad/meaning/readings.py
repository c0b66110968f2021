"""The readings of a claim: the literal one first, others where the page leaves a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ..core import Call as CoreCall
from ..core import Core, D, Delta, Given, Ref, Sum, Sym, text
from ..core import walk as core_walk
from ..errors import Reason, Remark, ShapeError, UnknownMeaning
from ..names import Cardinality
from ..page.scope import Scope
from ..page.tree import BigOp, Call, Component, Frac, Indexed, Mul, Node, children, walk
from ..page.tree import Num as PageNum
from ..page.tree import Sym as PageSym
from ..reasons import AnySign, Elsewhere, Layout, NotDefined, PowerOfT, SmallT, WholeProduct
from .claim import Claim, Pairs, component_letters, is_index, pairs_of
from .compact_indices import reaching, spelled, transposed, widened
from .context import LITERAL, Context, Env
from .dependences import is_said
from .differentials import DIFFERENTIAL, uprights
from .elaborate import givens_of
from .indices import COUNTS, delta, index_of
from .products import warranted
from .substitution import exchange, fill
from .tensors import ONE, ZERO, add, mul, neg
from .values import value


def claim(lhs: Node, rhs: Node, scope: Scope) -> Claim:
    """Both sides and the givens, read together."""
    return next(readings(lhs, rhs, scope))


@dataclass(frozen=True, slots=True)
class Standing:
    """What a choice adds to a claim: a doubt, the premise of a proof, the rival of a refutation."""

    doubt: Reason | None = None
    premise: Reason | None = None
    rival: Reason | None = None


@dataclass(frozen=True, slots=True)
class Respelling:
    """A choice of ``Reading`` that spells the claim anew: what it assumes, and how the claim then stands."""

    choice: str
    sides: tuple[Node, Node]
    scope: Scope
    assumed: str
    chosen: Standing = Standing()
    otherwise: Standing = Standing()


def _respellings(written: tuple[Node, Node], scope: Scope) -> Iterator[Respelling]:
    """The choices that the page leaves open."""
    if (sides := uprights(written, scope)) is not None:
        doubt = Standing(Remark("is d a differential?  write \\mathrm{d}"))
        yield Respelling("differentials", sides, scope, "d is a differential", doubt, doubt)
    if (wide := widened(written)) is not None:
        sides, meant = wide
        chosen = Standing(premise=None if meant else WholeProduct())
        yield Respelling("wide", sides, scope, "the derivative is one of the whole product", chosen)
    if (small := transposed(written, scope)) is not None:
        sides, scope = small
        chosen, otherwise = Standing(rival=SmallT()), Standing(SmallT(), PowerOfT())
        yield Respelling("transposed", sides, scope, "t above is the transpose", chosen, otherwise)


def readings(lhs: Node, rhs: Node, scope: Scope) -> Iterator[Claim]:
    """The readings of a claim, the literal one first; most claims have one.

    Another layout of Jacobians, and a function of vectors that acts on every entry, are tried where
    the first reading does not fit.
    """
    scope, reached = reaching(scope)
    (lhs, rhs), scope = spelled((lhs, rhs), scope)
    written = lhs, rhs
    respellings = tuple(_respellings(written, scope))
    queue = [LITERAL, *(replace(LITERAL, **{r.choice: True}) for r in respellings)]
    problem: ShapeError | UnknownMeaning | None = None
    found = False
    for reading in queue:
        chosen = next((r for r in respellings if getattr(reading, r.choice)), None)
        sides, own = (written, scope) if chosen is None else (chosen.sides, chosen.scope)
        e = Context(own, sides, reading)
        if chosen is not None:
            e.notes.assume(chosen.assumed)
        standings = [r.chosen if r is chosen else r.otherwise for r in respellings]
        for standing in standings:
            if standing.doubt is not None:
                e.notes.doubt(standing.doubt)
        try:
            for read in _claims(e, sides, reached, standings):
                yield read
                found = True
        except (ShapeError, UnknownMeaning) as error:
            doubtful = e.notes.doubts and isinstance(error, ShapeError)
            problem = problem or (UnknownMeaning(next(iter(e.notes.doubts))) if doubtful else error)
        others = (replace(reading, **{choice: True}) for choice in sorted(e.notes.alternatives))
        queue += [r for r in others if r not in queue]
    if not found and problem is not None:
        raise problem


def _claims(
    e: Context, sides: tuple[Node, Node], reached: Mapping[str, str], standings: list[Standing]
) -> Iterator[Claim]:
    """The claim in one reading; where a sum has no ends, also with the end that it may have."""
    lhs, rhs = sides
    left, right = value(e, lhs, Env()), value(e, rhs, Env())
    pairs, notes = pairs_of(e, left, right, rhs)
    for key in dict.fromkeys(d.key for d in e.survey.definitions if d.key in reached):
        e.notes.doubt(reached[key])
        e.notes.assume(reached[key])
    weight, assuming = _apart(e)
    if weight != ONE:
        pairs = tuple((mul(weight, a), mul(weight, b)) for a, b in pairs)
    givens = (*givens_of(e), *_one_hot(e, pairs), *_labels(e))
    if _changes(lhs) != _changes(rhs):
        e.notes.doubt("a differential on one side only: is it the name of a derivative?")
    doubts = (
        *e.notes.doubts, *_summed_silently(lhs, rhs, e), *_one_sided_functions(e, pairs), *_unsized(e, pairs)
    )
    for entry, index in _intercepts(pairs):
        apart = Sym(text(entry))
        pairs = tuple((exchange(a, entry, apart), exchange(b, entry, apart)) for a, b in pairs)
        e.notes.assume(f"{index} >= 1")
    read = Claim(
        pairs, givens, notes + e.told(), doubts, (*assuming, *e.notes.assumed), tuple(component_letters(e)),
        _premise(e, pairs, givens, standings), next((s.rival for s in standings if s.rival), None),
    )
    unbounded = _unbounded(e, pairs)
    if unbounded is None:
        yield read
    else:
        yield replace(read, doubts=(*doubts, unbounded[0]))
        yield _ended(read, *unbounded)


def _premise(
    e: Context, pairs: Pairs, givens: tuple[Given, ...], standings: list[Standing]
) -> Reason | None:
    """Something that the claim does not say, and without which a proof says nothing."""
    for standing in reversed(standings):
        if standing.premise is not None:
            return standing.premise
    if e.reading.layout:
        return Layout()
    if not warranted(e.met.products, pairs, givens):
        return AnySign()
    return Elsewhere() if Elsewhere() in e.notes.doubts else None


def _changes(side: Node) -> bool:
    """Does the side speak of a differential?"""
    return any(isinstance(n, Call) and n.fn == DIFFERENTIAL for n in walk(side))


def _summed_silently(lhs: Node, rhs: Node, e: Context) -> tuple[Reason, ...]:
    """An index twice on one side and nowhere on the other: a sum that the author did not write?"""
    counts = [Counter(_free_indices(n, e, frozenset())) for n in (lhs, rhs)]
    bound = [{b.index.name for b in walk(n) if isinstance(b, BigOp)} for n in (lhs, rhs)]
    out = []
    for here, there in ((0, 1), (1, 0)):
        for k, count in counts[here].items():
            # Where the other side sums over k and this one nowhere, the author knows what a sum is.
            if count > 1 and not counts[there][k] and (k in bound[here] or k not in bound[there]):
                said = f"{k} stands on one side only: is a sum over {k} meant?"
                out.append(Remark(f"{said}  A repeated index is not a sum"))
    return tuple(out)


def _one_sided_functions(e: Context, pairs: Pairs) -> tuple[Reason, ...]:
    """A function that nobody defined, on one side only: the other side is what the author knows of it."""
    out = []
    for name in sorted(e.met.unknown_functions):
        sides = [
            any(isinstance(t, CoreCall) and t.fn == name for k in side for t in core_walk(k))
            for side in zip(*pairs, strict=True)
        ]
        if sides[0] != sides[1]:
            out.append(NotDefined(name, f"write let {name}(..) = .."))
    return tuple(out)


def _unsized(e: Context, pairs: Pairs) -> tuple[Reason, ...]:
    """An identity or a vector of ones of a size that nobody wrote is compared with what n means."""
    if not e.met.unsaid:
        return ()
    own = {size for _, size in e.met.unsaid}
    said = {e.sizes.find(k) for k in e.sizes.settled() if k not in own}
    used = {k for pair in pairs for t in pair for k in core_walk(t) if isinstance(k, Sym)}
    return tuple(
        Remark(f"of what size is {base}?  write let {base} \\in ..")
        for base, size in dict.fromkeys(e.met.unsaid)
        if e.sizes.find(size) in used & own - said
    )


def _intercepts(pairs: Pairs) -> list[tuple[Core, str]]:
    """The beta_0 beside sums of the beta_k from 1 on: the beta_j of a derivative is one of these."""
    terms = _terms(pairs)
    refs = {t for t in terms if isinstance(t, Ref)}
    if not any(t.indices == (ZERO,) for t in refs):
        return []
    sums = [t for t in terms if isinstance(t, Sum)]
    summed = {s.index for s in sums}  # a sum says itself where it begins
    compared = [{t.left, t.right} for t in terms if isinstance(t, Delta)]
    out: list[tuple[Core, str]] = []
    for v in dict.fromkeys(t.var for t in terms if isinstance(t, D)):
        match v:
            case Ref(name, (Sym() as index,)) if index not in summed and {ZERO, index} not in compared:
                zero = Ref(name, (ZERO,))
                starts = {s.lower for s in sums if Ref(name, (s.index,)) in refs}
                if zero in refs and starts == {ONE}:
                    out.append((zero, index.name))
    return out


def _terms(pairs: Pairs) -> list[Core]:
    return [t for pair in pairs for side in pair for t in core_walk(side)]


def _one_hot(e: Context, pairs: Pairs) -> Iterator[Given]:
    """What is said by 1{y = k}, the entries of a vector: each is 0 or 1, and where k runs, one is 1."""
    terms = _terms(pairs) if e.met.indicators else []
    letters = [Sym(k, "index") for k in component_letters(e)]
    for name, label in e.met.indicators.items():
        uses = {t for t in terms if isinstance(t, Ref) and t.name == name}
        if not uses:
            continue
        if any(isinstance(t, Ref | Sym) and t.name == label for t in terms):
            e.notes.doubt(f"{label} was read as a class in an indicator, and stands by itself")
        first = tuple(letters[: len(next(iter(uses)).indices)])
        either = (Fraction(0), Fraction(1))
        yield Given(Ref(name, first), "in", ZERO, either, f"{label} is one of the classes")
        ranges = _class_ranges(uses, terms)
        if len(ranges) == 1:
            lower, upper = ranges.pop()
            k = e.sizes.index()
            total = Sum(Ref(name, (*first[:-1], k)), k, lower, upper)
            yield Given(total, "=", ONE, text=f"{text(lower)} <= {label} <= {text(upper)}")
        elif len({u.indices[:-1] for u in uses}) < len(uses):
            e.notes.doubt(f"{label} has one value at a time: how far do its classes run?")


def _class_ranges(uses: set[Ref], terms: list[Core]) -> set[tuple[Core, Core]]:
    """The bounds of the sums over the last index of an indicator."""
    return {
        (t.lower, t.upper)
        for t in terms
        if isinstance(t, Sum) and any(u.indices[-1] == t.index for u in uses.intersection(core_walk(t.body)))
    }


def _labels(e: Context) -> Iterator[Given]:
    """What is said by p_{y_i}: the y_i are among what p is numbered by."""
    letters = [Sym(k, "index") for k in component_letters(e)]
    for label, (lower, upper) in e.met.picked.items():
        every = Ref(label.name, tuple(letters[: len(label.indices)])) if isinstance(label, Ref) else label
        said = f"{text(lower)} <= {text(every)} <= {text(upper)}"
        yield Given(every, ">=", lower, text=said)
        yield Given(every, "<=", upper, text=said)


def _unbounded(e: Context, pairs: Pairs) -> tuple[Reason, Sym, Sym] | None:
    """A sum without ends and a letter that may be its end, as in ``\\frac{1}{n} \\sum_i``: (doubt, both)."""
    leaves = {k for pair in pairs for t in pair for k in core_walk(t) if isinstance(k, Sym)}
    ends = [(k, k.name.of) for k in leaves if isinstance(k.name, Cardinality)]
    letters = [k for k in leaves if k.sort == "real" and _is_count(k.name, e) and not is_said(e, k.name)]
    if len(ends) != 1 or len(letters) != 1:
        return None
    (end, index), letter = ends[0], letters[0].name
    said = f"how far does {index} run?  write \\sum_{{{index}=1}}^{letter}"
    return Remark(said), end, letters[0]


def _is_count(letter: str, e: Context) -> bool:
    """May the letter be a number of samples?  An m is one in 1/m."""
    m = PageSym("m")
    means = (Frac(PageNum(1), m), Frac(PageNum(2), m), Frac(PageNum(1), Mul((PageNum(2), m))))
    roots = (*e.nodes, *(d.body for d in e.survey.definitions))
    return letter in COUNTS or (letter == "m" and any(n in means for root in roots for n in walk(root)))


def _ended(read: Claim, doubt: Reason, end: Sym, letter: Sym) -> Claim:
    """The reading in which the letter is the end of that sum."""
    size = Sym(letter.name, "size")

    def put(t: Core) -> Core:
        return fill(fill(t, end.name, lambda _: size), letter.name, lambda _: size)

    return replace(
        read,
        pairs=tuple((put(a), put(b)) for a, b in read.pairs),
        givens=tuple(replace(g, lhs=put(g.lhs), rhs=put(g.rhs)) for g in read.givens),
        assuming=(*read.assuming, f"{end.name} = {letter.name}"),
        rival=doubt,
    )


def _free_indices(node: Node, e: Context, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(node, BigOp):
        bound |= {node.index.name}
    entries: tuple[Node, ...] = ()
    if isinstance(node, Indexed):
        entries = (*node.lower, *node.upper)
    elif isinstance(node, Component):
        entries = node.lower
    for k in entries:
        free = isinstance(k, PageSym) and k.name not in bound and k.name not in e.survey.sizes
        if free and isinstance(k, PageSym) and not e.survey.is_label(k):
            yield k.name
    for child in children(node):
        yield from _free_indices(child, e, bound)


def _apart(e: Context) -> tuple[Core, tuple[str, ...]]:
    """Hypotheses i != k about free indices: both sides are compared where they hold."""
    weight: Core = ONE
    said: list[str] = []
    for r in e.scope.assumptions:
        if r.op == "!=" and is_index(e, r.lhs) and is_index(e, r.rhs):
            weight = mul(weight, add(ONE, neg(delta(index_of(e, r.lhs, Env()), index_of(e, r.rhs, Env())))))
            said.append(f"{text(index_of(e, r.lhs, Env()))} != {text(index_of(e, r.rhs, Env()))}")
    return weight, tuple(said)

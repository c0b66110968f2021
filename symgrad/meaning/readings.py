"""The readings of a claim: the literal one first, others where the page leaves a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
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
from .claim import Claim, component_letters, is_index, pairs_of
from .compact_indices import reaching, spelled, transposed, widened
from .derivatives import exchange, fill
from .differentials import DIFFERENTIAL, uprights
from .elaborate import givens_of
from .indices import COUNTS, LITERAL, Env, delta
from .products import warranted
from .tensors import ONE, ZERO, add, mul, neg
from .terms import Elaborator


def elaborate_pair(lhs: Node, rhs: Node, scope: Scope) -> tuple[tuple[Core, Core], ...]:
    """The pairs of core terms, one for each component, that ``lhs = rhs`` asserts to be equal."""
    return claim(lhs, rhs, scope).pairs


def claim(lhs: Node, rhs: Node, scope: Scope) -> Claim:
    """Both sides and the givens, read together."""
    return next(readings(lhs, rhs, scope))


def readings(lhs: Node, rhs: Node, scope: Scope) -> Iterator[Claim]:
    """The readings of a claim, the literal one first; most claims have one.

    Another layout of Jacobians, and a function of vectors that acts on every entry, are tried where
    the first reading does not fit.
    """
    scope, reached = reaching(scope)
    (lhs, rhs), scope = spelled((lhs, rhs), scope)
    problem: ShapeError | UnknownMeaning | None = None
    found = False
    queue = [LITERAL]
    written = lhs, rhs
    changes = _changes(lhs) or _changes(rhs)
    wide, small = widened(written), transposed(written, scope)
    respelled = {
        "differentials": uprights(written, scope),
        "wide": None if wide is None else wide[0],
        "transposed": None if small is None else small[0],
    }
    for choice, sides in respelled.items():
        if sides is not None:
            queue.append(replace(LITERAL, **{choice: True}))
    for reading in queue:
        lhs, rhs = next((s for k, s in respelled.items() if s is not None and getattr(reading, k)), written)
        own = small[1] if small is not None and reading.transposed else scope
        e = Elaborator(own, (lhs, rhs), reading)
        if respelled["differentials"] is not None:
            e.doubt("is d a differential?  write \\mathrm{d}")
        if small is not None and not reading.transposed:
            e.doubt(SmallT())
        if reading.differentials:
            e.assumed["d is a differential"] = None
        if reading.wide:
            e.assumed["the derivative is one of the whole product"] = None
        if reading.transposed:
            e.assumed["t above is the transpose"] = None
        try:
            left, right = e.value(lhs, Env()), e.value(rhs, Env())
            pairs, notes = pairs_of(e, left, right, rhs)
            for key in dict.fromkeys(d.key for d in e.survey.definitions if d.key in reached):
                e.doubt(reached[key])
                e.assumed[reached[key]] = None
            weight, assuming = _apart(e)
            if weight != ONE:
                pairs = tuple((mul(weight, a), mul(weight, b)) for a, b in pairs)
            givens = (*givens_of(e), *_one_hot(e, pairs), *_labels(e))
            if (changes or reading.differentials) and _changes(lhs) != _changes(rhs):
                e.doubt("a differential on one side only: is it the name of a derivative?")
            doubts = (
                *e.doubts, *_summed_silently(lhs, rhs, e),
                *_one_sided_functions(e, pairs), *_unsized(e, pairs),
            )
            for entry, index in _intercepts(pairs):
                apart = Sym(text(entry))
                pairs = tuple((exchange(a, entry, apart), exchange(b, entry, apart)) for a, b in pairs)
                e.assumed[f"{index} >= 1"] = None
            said = (*assuming, *e.assumed)
            premise: Reason | None = None
            if reading.layout:
                premise = Layout()
            elif not warranted(e.products, pairs, givens):
                premise = AnySign()
            elif Elsewhere() in e.doubts:
                premise = Elsewhere()
            if wide is not None and reading.wide and not wide[1]:
                premise = WholeProduct()
            if small is not None and not reading.transposed:
                premise = PowerOfT()
            last = _unbounded(e, pairs)
            open_ends = () if last is None else (last[0],)
            rival = SmallT() if reading.transposed else None
            read = Claim(
                pairs, givens, notes + e.notes(), (*doubts, *open_ends), said,
                tuple(component_letters(e)), premise, rival,
            )
            yield read
            found = True
            if last is not None:
                yield _ended(read, *last)
        except (ShapeError, UnknownMeaning) as error:
            doubtful = e.doubts and isinstance(error, ShapeError)
            problem = problem or (UnknownMeaning(next(iter(e.doubts))) if doubtful else error)
        others = (replace(reading, **{choice: True}) for choice in sorted(e.alternatives))
        queue += [r for r in others if r not in queue]
    if not found and problem is not None:
        raise problem


def _changes(side: Node) -> bool:
    """Does the side speak of a differential?"""
    return any(isinstance(n, Call) and n.fn == DIFFERENTIAL for n in walk(side))


def _summed_silently(lhs: Node, rhs: Node, e: Elaborator) -> tuple[Reason, ...]:
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


def _one_sided_functions(e: Elaborator, pairs: tuple[tuple[Core, Core], ...]) -> tuple[Reason, ...]:
    """A function that nobody defined, on one side only: the other side is what the author knows of it."""
    out = []
    for name in sorted(e.unknown_functions):
        sides = [
            any(isinstance(t, CoreCall) and t.fn == name for k in side for t in core_walk(k))
            for side in zip(*pairs, strict=True)
        ]
        if sides[0] != sides[1]:
            out.append(NotDefined(name, f"write let {name}(..) = .."))
    return tuple(out)


def _unsized(e: Elaborator, pairs: tuple[tuple[Core, Core], ...]) -> tuple[Reason, ...]:
    """An identity or a vector of ones of a size that nobody wrote is compared with what n means."""
    if not e.unsaid:
        return ()
    own = {size for _, size in e.unsaid}
    said = {e.sizes.find(k) for k in e.sizes.settled() if k not in own}
    used = {k for pair in pairs for t in pair for k in core_walk(t) if isinstance(k, Sym)}
    return tuple(
        Remark(f"of what size is {base}?  write let {base} \\in ..")
        for base, size in dict.fromkeys(e.unsaid)
        if e.sizes.find(size) in used & own - said
    )


def _intercepts(pairs: tuple[tuple[Core, Core], ...]) -> list[tuple[Core, str]]:
    """The beta_0 beside sums of the beta_k from 1 on: the beta_j of a derivative is one of these."""
    terms = [t for pair in pairs for side in pair for t in core_walk(side)]
    if not any(isinstance(t, Ref) and t.indices == (ZERO,) for t in terms):
        return []
    refs = dict.fromkeys(t for t in terms if isinstance(t, Ref))
    sums = [t for t in terms if isinstance(t, Sum)]
    out: list[tuple[Core, str]] = []
    for v in {t.var: None for t in terms if isinstance(t, D) and isinstance(t.var, Ref)}:
        if not isinstance(v, Ref) or len(v.indices) != 1 or not isinstance(v.indices[0], Sym):
            continue
        if any(s.index == v.indices[0] for s in sums):
            continue  # a sum says itself where it begins
        family = [t for t in refs if t.name == v.name]
        lower = {s.lower for s in sums for t in family if t.indices == (s.index,)}
        zero = Ref(v.name, (ZERO,))
        met = any(isinstance(t, Delta) and {t.left, t.right} == {ZERO, v.indices[0]} for t in terms)
        if zero in family and lower == {ONE} and not met:
            out.append((zero, v.indices[0].name))
    return out


def _one_hot(e: Elaborator, pairs: tuple[tuple[Core, Core], ...]) -> Iterator[Given]:
    """What is said by 1{y = k}, the entries of a vector: each is 0 or 1, and where k runs, one is 1."""
    if not e.indicators:
        return
    terms = [t for pair in pairs for side in pair for t in core_walk(side)]
    letters = [Sym(k, "index") for k in component_letters(e)]
    for name, label in e.indicators.items():
        uses = {t for t in terms if isinstance(t, Ref) and t.name == name}
        if not uses:
            continue
        if any(isinstance(t, Ref | Sym) and t.name == label for t in terms):
            e.doubt(f"{label} was read as a class in an indicator, and stands by itself")
        first = tuple(letters[: len(next(iter(uses)).indices)])
        either = (Fraction(0), Fraction(1))
        yield Given(Ref(name, first), "in", ZERO, either, f"{label} is one of the classes")
        ranges = {
            (t.lower, t.upper)
            for t in terms
            if isinstance(t, Sum)
            and any(u.indices[-1] == t.index for u in uses.intersection(core_walk(t.body)))
        }
        if len(ranges) != 1 and len({u.indices[:-1] for u in uses}) < len(uses):
            e.doubt(f"{label} has one value at a time: how far do its classes run?")
        if len(ranges) == 1:
            lower, upper = ranges.pop()
            k = e.sizes.index()
            total = Sum(Ref(name, (*first[:-1], k)), k, lower, upper)
            yield Given(total, "=", ONE, text=f"{text(lower)} <= {label} <= {text(upper)}")


def _labels(e: Elaborator) -> Iterator[Given]:
    """What is said by p_{y_i}: the y_i are among what p is numbered by."""
    letters = [Sym(k, "index") for k in component_letters(e)]
    for label, (lower, upper) in e.picked.items():
        every = Ref(label.name, tuple(letters[: len(label.indices)])) if isinstance(label, Ref) else label
        said = f"{text(lower)} <= {text(every)} <= {text(upper)}"
        yield Given(every, ">=", lower, text=said)
        yield Given(every, "<=", upper, text=said)


def _unbounded(e: Elaborator, pairs: tuple[tuple[Core, Core], ...]) -> tuple[Reason, Sym, Sym] | None:
    """A sum without ends and a letter that may be its end, as in ``\\frac{1}{n} \\sum_i``: (doubt, both)."""
    leaves = {k for pair in pairs for t in pair for k in core_walk(t) if isinstance(k, Sym)}
    ends = [(k, k.name.of) for k in leaves if isinstance(k.name, Cardinality)]
    letters = [k for k in leaves if k.sort == "real" and _is_count(k.name, e) and not e.is_said(k.name)]
    if len(ends) != 1 or len(letters) != 1:
        return None
    (end, index), letter = ends[0], letters[0].name
    said = f"how far does {index} run?  write \\sum_{{{index}=1}}^{letter}"
    return Remark(said), end, letters[0]


def _is_count(letter: str, e: Elaborator) -> bool:
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
        doubts=read.doubts[:-1],
        assuming=(*read.assuming, f"{end.name} = {letter.name}"),
        rival=doubt,
    )


def _free_indices(node: Node, e: Elaborator, bound: frozenset[str]) -> Iterator[str]:
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


def _apart(e: Elaborator) -> tuple[Core, tuple[str, ...]]:
    """Hypotheses i != k about free indices: both sides are compared where they hold."""
    weight: Core = ONE
    said: list[str] = []
    for r in e.scope.assumptions:
        if r.op == "!=" and is_index(e, r.lhs) and is_index(e, r.rhs):
            weight = mul(weight, add(ONE, neg(delta(e.index(r.lhs, Env()), e.index(r.rhs, Env())))))
            said.append(f"{text(e.index(r.lhs, Env()))} != {text(e.index(r.rhs, Env()))}")
    return weight, tuple(said)

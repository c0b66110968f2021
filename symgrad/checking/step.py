"""One step judged: the literal verdict first, then what it rests on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from ..errors import (
    Located,
    Reason,
    Remark,
    ScopeError,
    ShapeError,
    SymgradError,
    UnknownMeaning,
)
from ..kernel.verdict import Verdict, Witness
from ..meaning.judging import Judgement, judgement, prove_nodes
from ..names import Part
from ..page import tree as page
from ..page.scope import Scope
from ..page.symbols import symbol_of
from ..page.tree import Node, free_names, map_children, put, substitute, walk
from ..reasons import Convention, NotDefined, OneSided, UnknownDependence
from . import queries
from .findings import Outcome

ZERO = page.Num(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known about a step.  ``notes`` are further findings: (code, reason)."""

    verdict: Outcome | None
    code: str | None = None
    cause: Reason | None = None
    assuming: tuple[str, ...] = ()
    witness: Witness | None = None
    hint: str | None = None
    derived: str | None = None
    rule: str | None = None
    claimed: str | None = None
    undefined: str | None = None
    notes: tuple[tuple[str, Reason], ...] = field(default=())
    studied: bool = False  # hints were looked for
    empty: bool = False  # proved as 0 = 0, of sides that do not look like it
    stated: bool = False  # no claim after all

    @property
    def message(self) -> str | None:
        """The cause in words."""
        return None if self.cause is None else str(self.cause)


def judge_step(lhs: Node, rhs: Node, scope: Scope) -> Judged:
    """The literal verdict on ``lhs = rhs``, with refutations that rest on ignorance taken back."""
    for side in (lhs, rhs):
        bare = queries.operator(side)
        if bare is not None:
            return Judged("undecided", "SG206", Remark(f"{bare} has no meaning without its argument"))
    try:
        found = judgement(lhs, rhs, scope)
    except ShapeError as error:
        return _shapes(lhs, rhs, scope, error)
    except (ScopeError, UnknownMeaning) as error:
        return Judged("undecided", "SG206", error.reason)
    except SymgradError as error:
        return Judged("undecided", "SG201", Remark(str(error)))
    except RecursionError:
        return Judged("undecided", "SG205", Remark("the formula is nested too deeply"))
    decided = {"proved": _proof, "undecided": _undecided, "refuted": _refutation}
    return decided[found.verdict.status](lhs, rhs, scope, found)


def _proof(lhs: Node, rhs: Node, scope: Scope, found: Judgement) -> Judged:
    conventions = (note for note in found.notes if isinstance(note, Convention))
    notes: tuple[tuple[str, Reason], ...] = tuple(("SG302", note) for note in conventions)
    verdict = found.verdict
    empty = verdict.vanishing and not (queries.is_constant(lhs) or queries.is_constant(rhs))
    if empty:
        lost = queries.lost(lhs, rhs, scope)
        if lost is not None:
            return Judged("undecided", "SG202", UnknownDependence(*lost), undefined=lost[0])
        notes = (*notes, ("SG301", Remark("both sides are 0 for all data")))
    return Judged(verdict.status, assuming=verdict.assuming, notes=notes, empty=empty)


def _refutation(lhs: Node, rhs: Node, scope: Scope, found: Judgement) -> Judged:
    witness = found.verdict.witness
    assert witness is not None
    mirrored = replace(witness, left=witness.right, right=witness.left)
    saved = _rounded(rhs, witness) or _rounded(lhs, mirrored) or _wide_sums(lhs, rhs, scope)
    if saved is not None:
        return saved
    missing = ignorance(lhs, rhs, scope)
    if missing is not None and not _misnamed(lhs, rhs, scope):
        return Judged("undecided", "SG202", missing, undefined=missing.name)
    said = Remark(f"the sides differ: {in_short(witness.left)} and {in_short(witness.right)}")
    return Judged("refuted", "SG101", said, witness=witness)


def _undecided(lhs: Node, rhs: Node, scope: Scope, found: Judgement) -> Judged:
    cause = found.verdict.cause
    reason = cause.reason if isinstance(cause, Located) else cause
    if isinstance(reason, NotDefined):
        return Judged("undecided", "SG202", cause, undefined=reason.name)
    wide = _wide_sums(lhs, rhs, scope)
    if wide is not None:
        return wide
    missing = ignorance(lhs, rhs, scope)
    if missing is not None:
        return Judged("undecided", "SG202", missing, undefined=missing.name)
    return Judged("undecided", "SG201", cause)


def ignorance(lhs: Node, rhs: Node, scope: Scope) -> UnknownDependence | OneSided | None:
    """A name about which so little is known that a counterexample would rest on it.

    A name that nothing defines and that stands on one side only may well be an abbreviation of what
    stands on the other; and a derivative by a variable of which its body does not speak is 0 only
    because the connection was never written down.
    """
    found = queries.unconnected(lhs, rhs, scope)
    if found is not None:
        return UnknownDependence(*found)
    left, right = queries.primitives([lhs], scope), queries.primitives([rhs], scope)
    bound = queries.indices(lhs) | queries.indices(rhs)

    if queries.identity((lhs, rhs), scope):
        bound |= {"I"}

    def missing(names: frozenset[queries.Primitive]) -> list[queries.Primitive]:
        return [n for n in sorted(names) if not queries.known(n, scope) and n.whole not in bound]

    only = {"left": missing(left - right), "right": missing(right - left)}
    if not only["right"] and queries.has_derivative(lhs) and not queries.written(lhs, only["left"]):
        # A quantity of the author's own definitions (the weight of a penalty), which the derivative keeps;
        # nothing on the other side can stand for it.
        return None
    for primitive in (*only["right"], *only["left"]):
        return OneSided(primitive.whole)
    return None


def invented(witness: Witness | None, declared: frozenset[str]) -> str | None:
    """A function of which the author said nothing: the counterexample chose one, the author means another."""
    if witness is None:
        return None
    for name in sorted(witness.functions):
        plain = name.of if isinstance(name, Part) else name
        quantity = plain in witness.parameters or plain in witness.sizes or plain in witness.data
        if quantity or plain not in declared:
            return plain
    return None


def unknown_function(lhs: Node, rhs: Node, scope: Scope, declared: frozenset[str]) -> str | None:
    """A function that is applied here and of which nothing is said, so that its shape is anybody's guess."""
    for node in (*walk(lhs), *walk(rhs)):
        if isinstance(node, page.Call):
            name = queries.base(node.fn)
            if name is None or queries.builtin(name) or name in declared or name in scope.definitions:
                continue
            return name
    return None


def _misnamed(lhs: Node, rhs: Node, scope: Scope) -> bool:
    """Is the step true with a size put for the one name that only one side has (n written for N)?"""
    sums = (n for side in (lhs, rhs) for n in walk(side) if isinstance(n, page.BigOp))
    sizes = {n.upper for n in sums if n.upper is not None}
    for side, other in ((rhs, lhs), (lhs, rhs)):
        extra = free_names(side) - free_names(other)
        if len(extra) == 1:
            for size in sizes:
                renamed = substitute(side, {page.Sym(next(iter(extra))): size})
                if _proved(*((lhs, renamed) if side is rhs else (renamed, rhs)), scope):
                    return True
    return False


def _wide_sums(lhs: Node, rhs: Node, scope: Scope) -> Judged | None:
    """A sum sign before terms that use its index, which nothing else binds, reaches over them.

    ``\\sum_i a_i + b_i`` is (Σ a_i) + b_i to the letter, with an i that means nothing; the author's sum
    goes on.
    """
    wide = (reach(lhs), reach(rhs))
    if wide == (lhs, rhs):
        return None
    verdict = _proved(*wide, scope)
    if verdict is None:
        return None
    return Judged(
        verdict.status,
        assuming=verdict.assuming,
        notes=(("SG308", Remark("the sum reaches over all terms with its index")),),
    )


def reach(node: Node) -> Node:
    """Sums widened over the terms behind them that use their index.

    >>> from symgrad.page.tree import Add, Indexed, Sum, Sym
    >>> i = Sym("i")
    >>> a, b = (Indexed(Sym(n), (i,)) for n in "ab")
    >>> reach(Add((Sum(a, i), b))) == Sum(Add((a, b)), i)
    True
    """
    node = map_children(node, reach)
    if not isinstance(node, page.Add):
        return node
    for k, term in enumerate(node.terms[:-1]):
        for path, inner in queries.rightmost(term):
            if isinstance(inner, page.Sum) and inner.index.name and inner.condition is None:
                taken = 0
                for later in node.terms[k + 1 :]:
                    if inner.index.name not in free_names(later):
                        break
                    taken += 1
                if taken and inner.index.name not in free_names(page.Add(node.terms[:k])):
                    absorbed = node.terms[k + 1 : k + 1 + taken]
                    wider = replace(inner, body=page.Add((*queries.terms(inner.body), *absorbed)))
                    terms = (*node.terms[:k], put(term, path, wider), *node.terms[k + 1 + taken :])
                    return terms[0] if len(terms) == 1 else page.Add(terms)
    return node


def _proved(lhs: Node, rhs: Node, scope: Scope) -> Verdict | None:
    try:
        verdict = prove_nodes(lhs, rhs, scope)
    except (SymgradError, RecursionError):
        return None
    return verdict if verdict.status == "proved" else None


def _shapes(lhs: Node, rhs: Node, scope: Scope, error: ShapeError) -> Judged:
    """Ill-typed; unless only the transposed side fits, which is a convention and no error."""
    for left, right in ((page.Transpose(lhs), rhs), (lhs, page.Transpose(rhs))):
        try:
            verdict = prove_nodes(left, right, scope)
        except (SymgradError, RecursionError):
            continue
        if verdict.status == "proved" and (queries.has_derivative(lhs) or queries.has_derivative(rhs)):
            return Judged(
                verdict.status,
                assuming=verdict.assuming,
                notes=(("SG302", Remark("the sides agree up to a transpose")),),
            )
        if verdict.status == "proved":
            return Judged("illtyped", "SG102", error.reason, hint="holds if one side is transposed")
    return Judged("illtyped", "SG102", error.reason)


def guessed_shape(lhs: Node, rhs: Node, scope: Scope) -> str | None:
    """A name that looks like a vector or a matrix, of which no shape is declared."""
    bound = queries.indices(lhs) | queries.indices(rhs)
    for name in sorted(queries.primitives([lhs, rhs], scope)):
        symbol = symbol_of(name.whole)
        looks = symbol.initial.isupper() and not symbol.marks
        if looks and not queries.known(name, scope) and name not in bound:
            return name.whole
    return None


def with_rule(judged: Judged, lhs: Node, rhs: Node, scope: Scope, label: str) -> Judged:
    """The rule that explains a proved step, and whether the author's label says another one."""
    from ..deriving.recognition import claimed_rule, explain  # here, for it is not always needed

    claimed = claimed_rule(label) if label else None
    try:
        found = explain(lhs, rhs, scope, claimed)
    except (SymgradError, RecursionError):
        found = None
    notes = judged.notes
    if claimed is not None and found is not None and found != claimed:
        notes = (*notes, ("SG303", Remark(f"the label says {claimed}, the step is the {found}")))
    return replace(judged, rule=found, claimed=claimed, notes=notes)


def _rounded(rhs: Node, witness: Witness) -> Judged | None:
    """``exact = 0.2233``: rounded correctly or not; None where the right side is no lone decimal."""
    if witness.parameters or witness.data or witness.sizes or witness.functions:
        return None
    decimal, exact = _decimal(rhs) or _entry(rhs, witness), enclosure(witness.left)
    if decimal is None or exact is None:
        return None
    if _near(exact, *decimal):
        said = Remark(f"a rounded value of {witness.left}")
        return Judged(None, cause=Remark("a rounded value"), notes=(("SG304", said),))
    return Judged("refuted", "SG103", Remark(f"the exact value is {witness.left}"), witness=witness)


def _entry(side: Node, witness: Witness) -> tuple[Fraction, int] | None:
    """The entry of a vector of decimals that differs, where it is a rounded one, and its places."""
    places = [n.places for n in walk(side) if isinstance(n, page.Num) and n.places]
    left, right = enclosure(witness.left), enclosure(witness.right)
    if not isinstance(side, page.Matrix | page.Call) or not places or left is None or right is None:
        return None
    entry = right[0], min(places)
    return entry if _near(left, *entry) else None


def _near(exact: tuple[Fraction, Fraction], value: Fraction, places: int) -> bool:
    """Is the value as printed that of a number rounded to so many places?"""
    middle, radius = exact
    return abs(middle - value) + radius <= Fraction(1, 2 * 10**places)


def _decimal(node: Node) -> tuple[Fraction, int] | None:
    """A lone decimal and its places."""
    sign = 1
    while isinstance(node, page.Neg):
        node, sign = node.arg, -sign
    return (sign * Fraction(node.value), node.places) if isinstance(node, page.Num) and node.places else None


def in_short(value: str, digits: int = 6) -> str:
    """An exact value as it is, an enclosed one by its first digits.

    >>> in_short("5/2"), in_short("[-0.104993585403507 +/- 4.83e-16]")
    ('5/2', '-0.104993..')
    """
    if not value.startswith("["):
        return value
    found = enclosure(value)
    if found is None:
        return value
    middle = found[0]
    if middle == 0 or not Fraction(1, 10**3) < abs(middle) < 10**6:
        return f"{float(middle):.{digits - 1}e}.."
    scaled = abs(middle) * 10**digits
    whole, rest = divmod(int(scaled), 10**digits)
    return f"{'-' if middle < 0 else ''}{whole}.{rest:0{digits}d}.."


def enclosure(text: str) -> tuple[Fraction, Fraction] | None:
    """Middle and radius of a value as witnesses print it: ``5/2`` or ``[0.2233059666 +/- 4e-11]``.

    >>> enclosure("[0.5 +/- 1e-3]")
    (Fraction(1, 2), Fraction(1, 1000))
    """
    m = re.fullmatch(r"\[([-+\d.e]+) \+/- ([-+\d.e]+)\]", text)
    try:
        if m:
            return Fraction(m.group(1)), Fraction(m.group(2))
        return Fraction(text), Fraction(0)
    except ValueError:
        return None

"""What a name stands for that nothing defines: its kind, declared or by custom; ones, constants, means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from ..core import Call, Core, Num
from ..errors import UnknownMeaning
from ..functions import PAGES
from ..page import tree as page
from ..page.indexed import Name, Place, name_of
from ..page.scope import Kind
from ..page.symbols import Symbol, symbol_of, unbold
from ..page.tree import Node
from ..reasons import NotDefined
from .context import Context, Env, once
from .definitions import is_euler
from .dependences import implied, varied
from .indices import declared_shape, delta, names_size, page_short, size_of, split
from .ranges import Generic, Range
from .tensors import ONE, Value, scalar, tensor
from .values import literal, value

ANY = page.Sym("\\cdot")
"""The argument of a function that is written without one."""

_UNITS = frozenset(["i", "j", "\\imath", "\\jmath", "\\mathrm{i}", "\\mathrm{j}"])
_WAVES = frozenset(["\\exp", "\\cos", "\\sin", "\\tan", "\\cosh", "\\sinh"])


@once
def _aliases(e: Context) -> list[tuple[str, Name]]:
    """Declared names that stand for others: where W = W^{(2)}, W^{(2)} is declared too."""
    return [
        (key, target) for key, group in e.scope.definitions.items() if e.scope.kind(key) is not None
        for d in group if not d.upper and not d.lower and d.params is None
        if (target := name_of(d.body)) is not None
    ]


@once
def operands(e: Context) -> dict[str, dict[Node, bool]]:
    """What built-in functions are applied to in the claim, and whether it is surely they that are applied."""
    out: dict[str, dict[Node, bool]] = {}
    for node in (n for root in e.nodes for n in page.walk(root)):
        for base, operand, sure in _operands_at(node):
            known = out.setdefault(base, {})
            known[operand] = sure or known.get(operand, False)
    return out


def kind_of(e: Context, name: Name) -> tuple[Kind | None, int]:
    """The declared kind, and how many of the counting indices it consumes."""
    counting = split(e, name)[1]
    exact = e.scope.kind(str(name))
    if exact is not None and (name.indices or not exact.arity):
        return exact, len(counting)
    # W = W^{(2)}: what is said of W is not said of W^{(1)}.
    other = name.upper and any(not d.upper for d in e.scope.definitions.get(name.base, ()))
    kind = None if other else e.scope.kind(name.base)
    if kind is not None and len(counting) >= kind.arity:
        # x^{(i)} of a declared x is one of many such x.
        return kind, max(kind.arity, sum(not e.survey.is_label(k) for k in name.upper))
    whole = _kind_of_whole(e, name, len(counting)) if kind is None and counting else None
    if whole is not None:
        return whole, whole.arity
    for alias, target in _aliases(e):
        at_target = target.lower == name.lower[: len(target.lower)]
        if at_target and (target.base, target.upper) == (name.base, name.upper):
            return e.scope.kind(alias), len(split(e, target)[1])
    own = implied(e).get(name.base)
    return (own, own.arity) if own is not None and len(counting) >= own.arity else (None, 0)


def _kind_of_whole(e: Context, name: Name, counting: int) -> Kind | None:
    """w_j is an entry of the declared bold w."""
    kinds = e.survey.ranges.kinds.get(unbold(name.base), ())
    return next((k for k in kinds if k.role == "real" and counting == k.arity + len(k.shape)), None)


def conventional_rank(e: Context, name: Name) -> int:
    """1 for what is written as a vector, 2 for a bold capital, 0 for anything else."""
    symbol = symbol_of(name.base)
    if symbol.is_bold_matrix:
        return 0 if name.lower else 2
    lows = sum(not e.survey.is_label(k) for k in name.lower)
    if symbol.is_bold_vector:
        return _rank_of_bold(e, name, lows)
    if not name.indices and _is_matrix_letter(e, name.base):
        return 2
    return _rank_of_used(e, name, lows) if name.base in e.survey.vectors else 0


def _rank_of_bold(e: Context, name: Name, lows: int) -> int:
    """\\mathbf{w}_j beside \\mathbf{w} is an entry; \\mathbf{x}_i alone is one vector of many."""
    if not lows:
        return 1
    if name.base in e.survey.bare:
        return 0
    e.notes.alternatives.add("entries")
    return 0 if e.reading.entries else 1


def _rank_of_used(e: Context, name: Name, lows: int) -> int:
    """What stands somewhere as a vector or a matrix must: x_{ij} beside x_i is its entry."""
    if name.base in e.survey.placed and not name.indices:
        e.notes.doubt(f"{name.base} is not declared here: it was read as a matrix that may be any")
        return 2
    if not lows and unbold(name.base).isupper():
        return 2
    counting = len(split(e, name)[1])
    uppers = counting - lows
    used = e.survey.used_with.get(name.base, set())
    if lows > 1 and (uppers, lows - 1) in used:
        return 0
    whole = not counting or (uppers and not lows) or (uppers, lows + 1) in used
    return 1 if whole or name.base not in e.survey.bare else 0


def _is_matrix_letter(e: Context, base: str) -> bool:
    """Is this a capital that stands elsewhere with two indices that count?"""
    return len(base) == 1 and base.isupper() and any(
        not any(map(e.survey.is_label, name.lower)) for name in e.survey.doubles.get(base, ())
    )


def inferred(e: Context, name: Name, core: str, position: int) -> Core:
    """The size of an undeclared dimension: how far sums run through it, or open."""
    key = (core, position)
    if key not in e.met.sizes:
        found = e.survey.ranges.at(name.place(position))
        if isinstance(found, Range) and found.lower == page.Num(1):
            e.met.sizes[key] = size_of(e, found.upper)
        else:
            size = e.met.sizes[key] = e.sizes.unknown(core)
            if isinstance(found, Generic) and found.used:
                # A sum without ends through the places of a vector runs over all of them.
                e.sizes.agree(e.sizes.generic(found.size), size)
    return e.met.sizes[key]


def ones_or_identity(e: Context, name: Name, kind: Kind | None) -> Value | None:
    """Ones, zeros and the identity matrix; ``\\mathbf{1}_n`` and ``I_n`` say their size."""
    letter = unbold(name.base)
    if letter not in ("0", "1", "I") or name.upper:
        return None
    if name.lower and (kind is not None or not names_size(e, name)):
        return None
    if letter == "I":
        return _identity(e, name, kind)
    return None if letter == name.base else _all_equal(e, name, kind, Num(Fraction(int(letter))))


def _all_equal(e: Context, name: Name, kind: Kind | None, number: Core) -> Value:
    if kind is not None:
        return tensor(declared_shape(e, kind), lambda _: number)
    size = size_of(e, name.lower[0]) if name.lower else _unsized(e, name.base)
    v = tensor((size,), lambda _: number)
    return replace(v, loose=not name.lower and len(v.shape) == 1)


def _identity(e: Context, name: Name, kind: Kind | None) -> Value | None:
    if kind is not None:
        if len(kind.shape) != 2 or kind.shape[0] != kind.shape[1]:
            return None
        size = size_of(e, kind.shape[0])
    elif name.lower:
        size = size_of(e, name.lower[0])
    elif name.base != "I" or _has_matrices(e):
        size = _unsized(e, name.base)
    else:
        if name.base not in varied(e) and name.base not in e.survey.based:
            e.notes.doubt("I is not declared here: the identity matrix, or a number?")
        return None
    return tensor((size, size), lambda k: delta(k[0], k[1]))


def _unsized(e: Context, base: str) -> Core:
    """The size of an identity or of a vector of ones that nothing declares."""
    size = e.sizes.unknown(base)
    e.met.unsaid.append((base, size))
    return size


def _has_matrices(e: Context) -> bool:
    """Are there vectors and matrices here, so that I is the identity and no current?"""
    declared = any(len(kind.shape) == 2 and kind.role == "real" for kind in e.scope.kinds.values())
    bold = (symbol_of(k).is_bold_vector for k in e.survey.bare)
    return declared or bool(e.survey.vectors - {"I"}) or any(bold)


def constant(e: Context, base: str) -> Value | None:
    match base:
        case "e" if is_euler(e):
            return scalar(Call("exp", (ONE,)))
        case "\\pi":
            return scalar(Call("pi", ()))
        case "\\infty":
            raise UnknownMeaning("infinity is not a number")
    return None


def mean_of(e: Context, base: str) -> Value | None:
    """\\bar{x} of which nothing is said beside x_1, .., x_N: their mean, if the claim holds only so."""
    symbol = symbol_of(base)
    if symbol not in (Symbol(symbol.letter, ("\\bar",)), Symbol(symbol.letter, ("\\overline",))):
        return None
    x, i = symbol.letter, page.Sym("i")
    if len(x) != 1 or not x.isascii() or not x.isalpha():
        return None
    for upper in (0, 1):
        ends = e.survey.ranges.at(Place(x, (), upper, 0))
        if isinstance(ends, Range) and ends.lower == page.Num(1):
            one = f"{x}^{{(i)}}" if upper else f"{x}_i"
            e.notes.doubt(NotDefined(base, f"is it the mean of the {one}?"))
            e.notes.alternatives.add("means")
            if not e.reading.means:
                return None
            entry = page.Indexed(page.Sym(x), () if upper else (i,), (i,) if upper else ())
            total = page.Sum(entry, i, ends.lower, ends.upper)
            e.notes.assume(f"{base} is the mean of the {x}_i")
            return value(e, page.Frac(total, ends.upper), Env())
    return None


def _turns(e: Context, letter: page.Sym) -> bool:
    """Is there a wave beside the letter, as in e^{i x} = cos x + i sin x, and no derivative by it?"""
    nodes = [n for root in e.nodes for n in page.walk(root)]
    by = [v for n in nodes if isinstance(n, page.Derivative) for v, _ in n.by]
    return letter not in by and any(
        (isinstance(n, page.Pow) and n.base == page.Sym("e"))
        or (isinstance(n, page.Call) and isinstance(n.fn, page.Sym) and n.fn.name in _WAVES)
        for n in nodes
    )


def doubt_unit(e: Context, base: str) -> None:
    if base in _UNITS and _turns(e, page.Sym(base)):
        real = f"let {base} \\in \\mathbb{{R}}"
        e.notes.doubt(f"is {base} the imaginary unit?  For a real number write {real}")


def doubt_marks(e: Context, name: Name, kind: Kind | None) -> None:
    """x_+ is a positive part, A^* and A^+ are matrices made of A, \\Delta_w may be an operator."""
    marks = {k.name for k in name.indices if isinstance(k, page.Sym)}
    matrix = kind is not None and len(kind.shape) == 2
    if marks & {"+", "-"} or (matrix and marks & {"*", "\\star", "\\dagger"}) or name.base == "\\Delta":
        e.notes.doubt(NotDefined(str(name)))


def standing_alone(e: Context, name: Name, env: Env) -> Value | None:
    """sigma without its argument, where the claim uses it as a function of one: its value there."""
    if name.indices or name.base in e.scope.kinds or name.base in e.defined:
        return None
    operand = operand_of(e, name.base)
    if operand is None:
        return None
    if not any(operands(e)[name.base].values()):
        e.notes.doubt(f"{name.base} was read as {name.base}({page_short(operand)})")
    return literal(e, page.Call(page.Sym(name.base), (operand,)), env)


def operand_of(e: Context, base: str) -> Node | None:
    """The one thing that the function is applied to in the claim."""
    known = operands(e).get(base)
    if known is None:
        return None
    own = known.keys() - {ANY}
    return next(iter(own), ANY) if len(own) < 2 else None


def _operands_at(node: Node) -> Iterator[tuple[str, Node, bool]]:
    """What a built-in function is applied to, or differentiated by, at this node; is it surely that
    function?  (The derivative of a standard deviation looks alike.)"""
    sure = True
    match node:
        case page.Call(page.Sym(base) | page.Prime(page.Sym(base)), (operand,)):
            pass
        case page.Derivative(page.Sym(base), ((operand, _),)):
            sure = node.d == "d" and isinstance(operand, page.Sym)
        case page.Prime(page.Sym(base)):
            operand = ANY
        case _:
            return
    if base in PAGES:
        yield base, operand, sure

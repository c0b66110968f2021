"""Matrices written out, and what an ellipsis stands for: (x_1, .., x_n), t_1 + t_2 + .. + t_n."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ..core import Core, Delta, Num, Sum, Sym
from ..errors import ShapeError, Span, UnknownMeaning
from ..names import Dimension
from ..page import tree as page
from ..page.tree import Node
from .context import Context, Env
from .indices import delta, index_of, length
from .tensors import ONE, Value, add, mul, neg, scalar, tensor
from .values import elaborates, number_of, value


def listed(terms: list[Core]) -> Value:
    """A column of given entries."""
    return tensor((Num(Fraction(len(terms))),), lambda k: pick(k[0], terms))


@elaborates(page.Matrix)
def _matrix(e: Context, node: page.Matrix, env: Env) -> Value:
    return matrix(e, node.rows, env, node.span)


def matrix(e: Context, rows: tuple[tuple[Node, ...], ...], env: Env, span: Span | None) -> Value:
    if any(isinstance(k, page.Dots) for row in rows for k in row):
        return family_matrix(e, rows, env, span)
    width = len(rows[0])
    if any(len(r) != width for r in rows):
        raise ShapeError("the rows of this matrix differ in length", span)
    values = [[value(e, k, env) for k in row] for row in rows]
    if any(v.shape for row in values for v in row):
        return _blocks(values, span)
    table = [[v.term for v in row] for row in values]

    def at(k: tuple[Core, ...]) -> Core:
        return pick(k[0], [pick(k[1], row) if len(k) == 2 else row[0] for row in table])

    return tensor((Num(Fraction(len(rows))), Num(Fraction(width))), at)


def _blocks(values: list[list[Value]], span: Span | None) -> Value:
    """Rows stacked, or columns side by side."""
    flat = [v for row in values for v in row]
    if all(len(v.shape) == 2 and v.shape[0] == ONE for v in flat) and len(values[0]) == 1:
        return tensor(
            (Num(Fraction(len(flat))), flat[0].shape[1]),
            lambda k: pick(k[0], [v.at((ONE, k[1])) for v in flat]),
        )
    if all(len(v.shape) == 1 for v in flat) and len(values) == 1:
        return tensor(
            (flat[0].shape[0], Num(Fraction(len(flat)))),
            lambda k: pick(k[1], [v.at((k[0],)) for v in flat]),
        )
    raise UnknownMeaning("a matrix of blocks: write its entries", span)


def family_matrix(e: Context, rows: tuple[tuple[Node, ...], ...], env: Env, span: Span | None) -> Value:
    """(x_1, .., x_n) and its column form: the entry of a family at a running index."""
    if len(rows) > 1:
        rows = tuple(r for r in rows if not all(isinstance(k, page.Dots) for k in r))
    if len(rows) == 1 and len(rows[0]) >= 3:
        return _line(e, tuple(k for k in rows[0] if not isinstance(k, page.Dots)), False, env, span)
    if len(rows) < 2 or len({len(r) for r in rows}) > 1:
        raise UnknownMeaning("an ellipsis: this matrix has no meaning here", span)
    columns = [_line(e, column, True, env, span) for column in zip(*rows, strict=True)]
    if len(columns) == 1:
        return columns[0]
    size = next((c.shape[0] for c in columns if not _is_open(c.shape[0])), columns[0].shape[0])
    if not all(len(c.shape) == 1 and e.sizes.agree(c.shape[0], size) for c in columns):
        raise ShapeError("the columns of this matrix differ in length", span)
    shape = (size, Num(Fraction(len(columns))))
    return tensor(shape, lambda k: pick(k[1], [c.at((k[0],)) for c in columns]))


def _is_open(size: Core) -> bool:
    return isinstance(size, Sym) and isinstance(size.name, Dimension)


def _line(e: Context, entries: tuple[Node, ...], vertical: bool, env: Env, span: Span | None) -> Value:
    """The entries around an ellipsis: some by themselves, then a numbered run to the last one."""
    letter = page.Sym(e.sizes.fresh("k"))
    *before, last = entries
    if len(set(entries)) == 1:
        number = number_of(e, last, env)
        return _oriented(e, e.sizes.unknown("1"), lambda k: scalar(number), vertical, span)
    for start in range(len(before)):
        for first in (1, 0, 2):
            end = running(before[start], last, letter, first)
            run = before[start:]
            if end is None or any(at_number(end[0], letter, n) != k for n, k in enumerate(run, first)):
                continue
            upper = index_of(e, end[1], env)
            count = length(Num(Fraction(first)), upper)
            alone = [value(e, entry, env) for entry in before[:start]]
            offset = Num(Fraction(first - 1))

            def at(k: Core, template: Node = end[0], offset: Core = offset) -> Value:
                return value(e, template, env.bind(letter.name, add(k, offset)))

            return _joined(e, alone, count, at, vertical, span)
    if all(isinstance(k, page.Num) for k in entries) and len(set(entries[1:])) == 1:
        # diag(0, 1, .., 1): one entry of its own, then a constant run.
        size = e.sizes.unknown("1")
        one, rest = number_of(e, entries[0], env), number_of(e, last, env)
        return _oriented(
            e, size, lambda k: scalar(add(rest, mul(add(one, neg(rest)), delta(k, ONE)))), vertical, span
        )
    raise UnknownMeaning("an ellipsis between entries that are not numbered 1 to n", span)


def _joined(
    e: Context, alone: list[Value], size: Core, at: Callable[[Core], Value], vertical: bool,
    span: Span | None,
) -> Value:
    if not alone:
        return _oriented(e, size, at, vertical, span)
    if any(v.shape for v in alone):
        raise UnknownMeaning("a matrix of blocks: write its entries", span)
    shift = Num(Fraction(len(alone)))

    def entry(k: Core) -> Value:
        m = e.sizes.index()
        run = Sum(mul(delta(k, add(m, shift)), at(m).term), m, ONE, size)
        heads = [mul(delta(k, Num(Fraction(i + 1))), v.term) for i, v in enumerate(alone)]
        return scalar(add(*heads, run))

    return _oriented(e, add(size, shift), entry, vertical, span)


def _oriented(
    e: Context, size: Core, at: Callable[[Core], Value], vertical: bool, span: Span | None
) -> Value:
    """Entries or blocks one under the other, or side by side."""
    probe = at(e.sizes.index())
    if not probe.shape:
        if vertical:
            return tensor((size,), lambda k: at(k[0]).term)
        return tensor((ONE, size), lambda k: at(k[1]).term)
    if vertical and len(probe.shape) == 2 and probe.shape[0] == ONE:
        return tensor((size, probe.shape[1]), lambda k: at(k[0]).at((ONE, k[1])))
    if not vertical and len(probe.shape) == 1:
        return tensor((probe.shape[0], size), lambda k: at(k[1]).at((k[0],)))
    raise UnknownMeaning("a matrix of blocks: write its entries", span)


def written_out(e: Context, terms: tuple[Node, ...], span: Span | None) -> Node:
    """t_1 + t_2 + .. + t_n as a sum over the running number."""
    at = next(k for k, t in enumerate(terms) if isinstance(t, page.Dots))
    letter = page.Sym(e.sizes.fresh("k"))
    if 0 < at < len(terms) - 1:
        last = terms[at + 1]
        for first in (0, 1):
            end = running(terms[at - 1], last, letter, at - 1 + first)
            for start in range(at if end is not None else 0):
                assert end is not None
                numbered = range(at - start)
                if all(
                    at_number(end[0], letter, at - 1 + first - k) == terms[at - 1 - k] for k in numbered
                ):
                    lower = page.Num(start + first)
                    total = page.Sum(end[0], letter, lower, end[1])
                    rest = (*terms[:start], total, *terms[at + 2 :])
                    return rest[0] if len(rest) == 1 else page.Add(rest)
    raise UnknownMeaning(
        "an ellipsis between terms that are not numbered: write the sum with its index", span
    )


def pick(k: Core, entries: list[Core]) -> Core:
    """The entry at a known place; at an unknown one, the sum of delta_{k,i} entry_i."""
    if isinstance(k, Num):
        return entries[int(k.value) - 1]
    return add(*(mul(Delta(k, Num(Fraction(i + 1))), e) for i, e in enumerate(entries)))


def running(first: Node, last: Node, letter: page.Sym, number: int = 1) -> tuple[Node, Node] | None:
    """The last entry with its number made a letter, and that number, if it gives ``first`` at ``number``."""
    for node in page.walk(last):
        if isinstance(node, page.Sym | page.Num | page.Indexed | page.Add) and node != last:
            template = page.substitute(last, {node: letter})
            if template != last and at_number(template, letter, number) == first:
                return template, node
    return None


def at_number(template: Node, letter: page.Sym, number: int) -> Node:
    return page.substitute(template, {letter: page.Num(number)})


def is_square(e: Context, v: Value) -> bool:
    return len(v.shape) == 2 and v.shape[0] != ONE and (
        e.sizes.find(v.shape[0]) == e.sizes.find(v.shape[1])
    )

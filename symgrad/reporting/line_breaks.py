r"""Line breaks: long equalities over several rows, so that the rule and the mark stay on the page.

A sum that is too wide is broken between its terms, at the outermost place where it is a sum; parentheses
that would span rows are set with fixed sizes, since \left and \right cannot.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..page import tree as page
from ..page.to_latex import to_latex
from ..page.tree import Node, children, map_children
from .model import Mark, Row

STEP, CLAIM = 46, 56
"""Greatest width of a row beside the rule column, and without it, in letters."""

_HOLE = page.Sym(r"\Box")


def width(node: Node) -> float:
    """About how many letters wide the node is when it is set."""
    match node:
        case page.Sym(name):
            return 1 if name.startswith("\\") and "mathrm" not in name else len(name.removeprefix("\\mathrm"))
        case page.Num(value):
            return len(str(value))
        case page.Frac(num, den):
            return max(width(num), width(den)) + 0.5
        case page.BigOp():
            return 2.5 + width(node.body) + 2 * isinstance(node.body, page.Add)
        case page.Indexed(base, lower, upper):
            return width(base) + 0.6 * sum(map(width, (*lower, *upper)))
        case page.Pow(base, exp):
            return width(base) + 0.6 * width(exp) + 2 * isinstance(base, page.Add | page.Mul)
        case page.Derivative(_, by):
            return 2.5 + width(node.body) + 2 * isinstance(node.body, page.Add) if by else 0
        case page.Call(fn, args):
            return width(fn) + 2 + sum(map(width, args)) + len(args) - 1
        case page.Add(terms):
            return sum(map(width, terms)) + 3 * (len(terms) - 1)
        case page.Mul(factors):
            return sum(width(f) + 2 * isinstance(f, page.Add | page.Neg) for f in factors)
    return 1 + sum(map(width, children(node)))


def step_rows(left: Node | None, right: Node, note: str, mark: Mark | None) -> tuple[Row, ...]:
    """``left = right``, a line of a proof; without ``left`` it goes on from the row above."""
    start = "" if left is None else to_latex(left)
    pieces = broken(right, STEP)
    rows = [Row(start, pieces[0]), *(Row("", piece, relation="") for piece in pieces[1:])]
    return (*rows[:-1], Row(rows[-1].left, rows[-1].right, note, mark, rows[-1].relation))


def claim_rows(left: Node, right: Node, mark: Mark) -> tuple[Row, ...]:
    """``left = right``, a claim by itself: in one row if it fits."""
    relation = mark.relation
    if width(left) + width(right) + 3 <= CLAIM:
        return (Row(to_latex(left), to_latex(right), "", mark, relation),)
    above = [Row("", piece, relation="") for piece in broken(left, CLAIM)]
    pieces = broken(right, CLAIM)
    below = [Row("", pieces[0], relation=relation), *(Row("", piece, relation="") for piece in pieces[1:])]
    *rows, last = [*above, *below]
    return (*rows, Row(last.left, last.right, "", mark, last.relation))


def broken(node: Node, most: float) -> list[str]:
    """The node in rows no wider than ``most``, as far as it can be broken between terms."""
    found = _outer_sum(node) if width(node) > most else None
    rows = [] if found is None else list(_filled(*found, most))
    return rows if len(rows) > 1 else [to_latex(node)]


def _filled(terms: tuple[Node, ...], frame: Node, most: float) -> Iterator[str]:
    """As many terms to a row as fit into ``most``, the frame around all of them."""
    before, _, after = to_latex(frame).partition(_HOLE.name)
    start, end = ("", "") if frame == _HOLE else (rf"{before}\Bigl(", rf"\Bigr){after}")
    row, used = start, width(frame)
    for n, term in enumerate(terms):
        first, *more = _signed(term, n > 0, most - 4)
        if n and used + width(term) > most:
            yield row
            row, used = r"\qquad {} ", 4.0
        row, used = row + first + " ", used + width(term) + 3
        for piece in more:
            yield row
            row, used = rf"\qquad {piece} ", most  # the next term starts a row of its own
    yield row.rstrip() + end


def _signed(term: Node, later: bool, most: float) -> list[str]:
    """A term of a sum, with its sign if it is not the first, in one piece or broken."""
    if width(term) <= most or _outer_sum(term) is None:
        if not later:
            return [to_latex(term)]
        return [to_latex(page.Add((_HOLE, term))).removeprefix(_HOLE.name).strip()]
    sign, body = ("-", term.arg) if isinstance(term, page.Neg) else ("+" if later else "", term)
    first, *more = broken(body, most)
    return [f"{sign} {first}".strip(), *more]


def _outer_sum(node: Node) -> tuple[tuple[Node, ...], Node] | None:
    """The terms of the outermost sum of terms, and the node with a hole in its place."""
    if isinstance(node, page.Add):
        return node.terms, _HOLE
    if isinstance(node, page.Mul):
        inner: Node = node.factors[-1]
    elif isinstance(node, page.Neg):
        inner = node.arg
    elif isinstance(node, page.BigOp):
        inner = node.body
    else:
        return None
    found = _outer_sum(inner)
    if found is None:
        return None
    terms, frame = found
    return terms, map_children(node, lambda child: frame if child is inner else child)

"""Brackets of every kind: groups, tuples, bars, norms, inner products, roots, cases, matrices."""

from __future__ import annotations

from ..errors import Span
from ..page import tree as page
from ..page.relations import OPS
from ..page.tree import Node
from .cursor import Cursor
from .grammar import BEGIN, atom, parse_bracket, parse_relation, parse_sum
from .names_and_scripts import parse_point
from .vocabulary import BRACES, ENDS, INFIX_SIGNS, MATRICES, OPENERS, PRODUCT_SIGNS

_IF = frozenset(["if", "for", "when", "falls", "wenn", "si"])
_OTHERWISE = frozenset(["otherwise", "else", "sonst", "sinon"])
_BEFORE_SUM = frozenset(["", "(", "[", "\\{", "{", "+", ",", ";", "&", "\\\\"])
_AFTER_SUM = frozenset(["", ")", "]", "\\}", "}", "+", "-", ",", ";", "&", "\\\\"])
_BEFORE_NEGATIVE = _BEFORE_SUM | INFIX_SIGNS | {"-"}


@atom("(", "[", "\\{")
def parse_bracketed(cur: Cursor) -> Node:
    start = cur.pos
    opener = cur.texts[start]
    close = cur.texts[cur.partner[start]]
    if close == "\\right." and cur.texts[start + 1] == "\\begin{array}":
        return parse_open_cases(cur)
    items, bar, cur.pos = parse_bracket(cur)
    if bar:
        raise cur.error("a bar inside brackets that are no argument list", start)
    if not items:
        raise cur.error("empty brackets", start)
    before = cur.texts[start - 1] if start else ""
    if opener == "\\{" and (len(items) > 1 or before == "\\in"):
        return page.Call(page.Sym("\\{\\}"), tuple(items), span=cur.span(start))
    if {"(": ")", "[": "]", "\\{": "\\}"}[opener] != close and close != "\\right.":
        raise cur.error(f"{opener} is closed by {close}", start)
    if len(items) > 1:
        return page.Matrix((tuple(items),), span=cur.span(start))
    item = items[0]
    if isinstance(item, page.Chain) or (isinstance(item, page.Relation) and opener != "["):
        raise cur.error("a relation inside brackets", start)
    if isinstance(item, page.Relation):
        return page.Indicator(item, span=cur.span(start))
    return item


def parse_open_cases(cur: Cursor) -> Node:
    """``\\left\\{\\begin{array}{ll} .. \\end{array}\\right.``."""
    start = cur.pos
    inner, close = cur.partner[start + 1], cur.partner[start]
    if inner != close - 1:
        raise cur.error("cases with something behind them", start)
    node = parse_cases(cur, start + 2, inner)
    cur.pos = close + 1
    return node


@atom("{")
def parse_braced(cur: Cursor) -> Node:
    start = cur.pos
    close = cur.partner[start]
    node = cur.within(start + 1, close, parse_relation)
    cur.pos = close + 1
    if isinstance(node, page.Relation | page.Chain):
        raise cur.error("a relation inside braces", start)
    return unopened(cur, node, start, start + 1, close)


def unopened(cur: Cursor, node: Node, start: int, a: int, b: int) -> Node:
    """What a group without brackets holds, unless its surroundings would pull a sum apart."""
    before = cur.texts[start - 1] if start else ""
    after = cur.text
    if cur.texts[a] in OPENERS and cur.partner[a] == b - 1:
        return node
    if isinstance(node, page.Add):
        alone = before in _BEFORE_SUM and (after in _AFTER_SUM or after in OPS)
    elif isinstance(node, page.Neg):
        alone = before in _BEFORE_NEGATIVE and after in ENDS and after not in ("_", "^", "!", "'")
    else:
        return node
    if not alone and before not in OPS:
        raise cur.error("braces print nothing, so this sum stands open: write parentheses", start)
    return node


@atom(*BRACES)
def parse_annotated(cur: Cursor) -> Node:
    """``\\underbrace{..}_{note}``."""
    start = cur.pos
    cur.pos += 1
    a, b = cur.argument()
    node = cur.within(a, b, parse_relation)
    if cur.text in ("_", "^"):
        cur.pos += 1
        cur.argument()
    if isinstance(node, page.Relation | page.Chain):
        raise cur.error("a relation above or below a brace", start)
    return unopened(cur, node, start, a, b)


@atom("\\left|")
def parse_modulus(cur: Cursor) -> Node:
    start = cur.pos
    cur.pos += 1
    node = parse_sum(cur)
    cur.expect("\\right|")
    if cur.text == "_":
        cur.pos += 1
        return page.Norm(node, parse_norm_index(cur), span=cur.span(start))
    return page.Abs(node, span=cur.span(start))


@atom("\\left\\|")
def parse_norm(cur: Cursor) -> Node:
    start = cur.pos
    cur.pos += 1
    node = parse_sum(cur)
    cur.expect("\\right\\|")
    index: Node | None = None
    if cur.text == "_":
        cur.pos += 1
        index = parse_norm_index(cur)
    elif cur.text == "^" and texts_after_script(cur) == "_":
        power = parse_power_first(cur)
        cur.expect("_")
        index = parse_norm_index(cur)
        return page.Pow(page.Norm(node, index, span=cur.span(start)), power, span=cur.span(start))
    return page.Norm(node, index, span=cur.span(start))


def parse_norm_index(cur: Cursor) -> Node:
    a, b = cur.unbraced(*cur.argument())
    if b - a == 1 and cur.texts[a].startswith("\\text{"):
        return page.Sym(cur.texts[a][6:-1], span=cur.tokens[a].span)
    node = cur.within(a, b, parse_sum)
    if isinstance(node, page.Sym) and node.name.startswith("\\mathrm{"):
        return page.Sym(node.name[8:-1], span=node.span)
    return node


def texts_after_script(cur: Cursor) -> str:
    keep = cur.pos
    cur.pos += 1
    cur.argument()
    text = cur.text
    cur.pos = keep
    return text


def parse_power_first(cur: Cursor) -> Node:
    cur.pos += 1
    a, b = cur.argument()
    return cur.within(a, b, parse_sum)


@atom("\\langle")
def parse_inner(cur: Cursor) -> Node:
    start = cur.pos
    items, _, cur.pos = parse_bracket(cur)
    if len(items) != 2:
        raise cur.error("an inner product has two sides", start)
    node = page.Inner(items[0], items[1], span=cur.span(start))
    if cur.text == "_":  # Frobenius'
        place = cur.pos
        cur.pos += 1
        a, b = cur.unbraced(*cur.argument())
        if "".join(cur.texts[a:b]) not in ("F", "\\mathrm{F}", "\\text{F}"):
            cur.pos = place
    return node


@atom("\\left.")
def parse_evaluated(cur: Cursor) -> Node:
    """``\\left. body \\right|_{x=0}``."""
    start = cur.pos
    close = cur.partner[start]
    body = cur.within(start + 1, close, parse_sum)
    cur.pos = close + 1
    if cur.texts[close] == "\\right|":
        return parse_point(cur, body, start)
    return body


@atom("\\sqrt")
def parse_root(cur: Cursor) -> Node:
    start = cur.pos
    cur.pos += 1
    if cur.text == "[":
        close = cur.partner[cur.pos]
        degree = cur.within(cur.pos + 1, close, parse_sum)
        cur.pos = close + 1
        a, b = cur.argument()
        return page.Call(page.Sym("\\sqrt"), (cur.within(a, b, parse_sum), degree), span=cur.span(start))
    if cur.text == "(":  # \sqrt as a function word
        items, _, cur.pos = parse_bracket(cur)
        return page.Call(page.Sym("\\sqrt"), tuple(items), span=cur.span(start))
    a, b = cur.argument()
    return page.Call(page.Sym("\\sqrt"), (cur.within(a, b, parse_sum),), span=cur.span(start))


@atom("\\binom", "\\dbinom", "\\tbinom")
def parse_binomial(cur: Cursor) -> Node:
    start = cur.pos
    cur.pos += 1
    n, k = cur.argument(), cur.argument()
    args = (cur.within(*n, parse_sum), cur.within(*k, parse_sum))
    return page.Call(page.Sym("\\binom"), args, span=cur.span(start))


@atom(*(f"{BEGIN}{name}}}" for name in MATRICES))
def parse_matrix(cur: Cursor) -> Node:
    start = cur.pos
    close = cur.partner[start]
    rows = [tuple(parse_cell(cur, a, b) for a, b in cells) for cells in row_ranges(cur, start + 1, close)]
    if len({len(row) for row in rows}) != 1:
        raise cur.error("rows of a matrix with different lengths", start)
    node = page.Matrix(tuple(rows), span=cur.span(start))
    cur.pos = close + 1
    return node


@atom(*(f"{BEGIN}{name}}}" for name in ("cases", "dcases", "rcases", "cases*")))
def parse_case_environment(cur: Cursor) -> Node:
    start = cur.pos
    node = parse_cases(cur, start + 1, cur.partner[start])
    cur.pos = cur.partner[start] + 1
    return node


@atom(BEGIN)
def refuse_environment(cur: Cursor) -> Node:
    name = cur.text[len(BEGIN) : -1]
    if name in ("aligned", "split", "gathered", "alignedat"):
        raise cur.error(f"a {name} block inside a formula")
    raise cur.error(f"unknown environment {name}")


def parse_cell(cur: Cursor, a: int, b: int) -> Node:
    a, b = cur.unbraced(a, b)
    if b - a == 1 and cur.texts[a] in PRODUCT_SIGNS:
        return page.Dots(span=cur.tokens[a].span)
    return cur.within(a, b, parse_sum)


def row_ranges(cur: Cursor, a: int, b: int) -> list[list[tuple[int, int]]]:
    """Ranges of the cells of every row; an empty last row is none."""
    out: list[list[tuple[int, int]]] = [[]]
    start = k = a
    while k < b:
        text = cur.texts[k]
        if text in ("&", "\\\\"):
            out[-1].append((start, k))
            start = k + 1
            if text == "\\\\":
                out.append([])
        k = cur.partner.get(k, k) + 1
    out[-1].append((start, b))
    if len(out) > 1 and len(out[-1]) == 1 and out[-1][0][0] == out[-1][0][1]:
        out.pop()
    return out


def parse_cases(cur: Cursor, a: int, b: int) -> Node:
    branches: list[tuple[Node, page.Relation | None]] = []
    for cells in row_ranges(cur, a, b):
        if len(cells) == 1:
            cells = split_case(cur, *cells[0])
        if len(cells) == 3 and words_in(cur, *cells[1]) in _IF:
            cells = [cells[0], cells[2]]
        if len(cells) != 2:
            raise cur.error("a case is a value & a condition", cells[0][0])
        c, d = cur.unbraced(*cells[0])
        if cur.texts[d - 1] in (",", ";"):
            d -= 1
        value = cur.within(c, d, parse_sum)
        branches.append((value, parse_case_condition(cur, *cur.unbraced(*cells[1]))))
    return page.Cases(tuple(branches), span=Span(cur.tokens[a - 1].start, cur.tokens[b].end))


def split_case(cur: Cursor, a: int, b: int) -> list[tuple[int, int]]:
    commas = [k for k in cur.top_level(a, b) if cur.texts[k] == ","]
    for k in range(a, b):
        if words_at(cur, k):
            return [(a, k), (k, b)]
    return [(a, commas[0]), (commas[0] + 1, b)] if len(commas) == 1 else [(a, b)]


def parse_case_condition(cur: Cursor, a: int, b: int) -> page.Relation | None:
    while b > a and cur.texts[b - 1] in (",", ".", ";"):
        b -= 1
    if words_in(cur, a, b) in _OTHERWISE:
        return None
    while a < b and words_at(cur, a) in _IF:
        a += 1
    if a == b or words_at(cur, a):
        raise cur.error("a condition in words", a)
    condition = cur.within(a, b, parse_relation)
    if not isinstance(condition, page.Relation):
        raise cur.error("a case needs one relation as its condition", a)
    return condition


def words_in(cur: Cursor, a: int, b: int) -> str:
    a, b = cur.unbraced(a, b)
    return words_at(cur, a) if b - a == 1 else ""


def words_at(cur: Cursor, place: int) -> str:
    """The words of a ``\\text{..}`` that is no name."""
    text = cur.texts[place]
    words = text[6:-1].strip(" ,:.").lower() if text.startswith("\\text{") else ""
    return words if words in _IF or words in _OTHERWISE or " " in words else ""

r"""The grammar: a precedence parser over one cursor, and the tables of what starts and what hangs.

From loose to tight: relation, sum, Hadamard product, product, factor, atom with what hangs on it.  A factor
is read by the parser that `FACTORS` has for its first token (a sum sign, a nabla or a derivative reaches
over the rest of its product), else as an atom by that of `ATOMS`, and then by those of `SCRIPTS` for the
tokens behind it.  A parser takes the cursor in front of its token and leaves it behind what it has read; a
new notation is one function, entered with its tokens:

>>> from symgrad.latex import read
>>> @atom("\\square")
... def square(cur: Cursor) -> Node:
...     start = cur.pos
...     cur.pos += 1
...     return page.Pow(parse_atom(cur), page.Num(2), span=cur.span(start))
>>> read(r"\square x + 1").terms[0]
Pow(base=Sym(name='x'), exp=Num(value=2, places=0))
>>> del ATOMS["\\square"]

A derivative or a nabla in operator form takes the call or the bracket that follows it (``\nabla f(x)
(y - x)`` is a gradient times a difference), else the product that is written next to it, up to a written
``\cdot``, a further derivative, ``+`` or ``-``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any, TypeVar

from ..errors import Span
from ..page import tree as page
from ..page.relations import OPS
from ..page.tree import Node
from ..reasons import UnknownCommand
from .cursor import MAX_ROW, Cursor
from .vocabulary import DOTS, ENDS, FRACTIONS, FUNCTION_TOKENS, HADAMARD_SIGNS, PRODUCT_SIGNS

Parser = Callable[[Cursor], Node | None]
Hanging = Callable[[Cursor, Node, int], Node | None]
P = TypeVar("P", bound=Callable[..., Node | None])

FACTORS: dict[str, Parser] = {}
"""What reaches over the rest of its product, by its first token; a parser says None where it stands for
something else, and has not moved."""
ATOMS: dict[str, Callable[[Cursor], Node]] = {}
"""What stands for itself, by its first token."""
SCRIPTS: dict[str, Hanging] = {}
"""What hangs on an atom, by its first token: the parser gets the atom and where it began, and says None
where nothing hangs."""


def entrywise_quotient(operands: tuple[Node, ...], span: Span) -> Node:
    """From the left: ``u \\oslash v \\oslash w`` is ``(u \\oslash v) \\oslash w``."""
    return reduce(lambda num, den: page.EntrywiseQuotient(num, den, span=span), operands)


ENTRYWISE: dict[str, Callable[..., Node]] = {
    **dict.fromkeys(HADAMARD_SIGNS, page.Hadamard),
    "\\oslash": entrywise_quotient,
}
"""What the signs between products make of them; each is one of `INFIX_SIGNS`."""
NUMBER, TEXT, BEGIN = "0", "\\text{", "\\begin{"
"""The entries of `ATOMS` for all numbers, words and environments."""


def factor(*tokens: str) -> Callable[[P], P]:
    """Enter a parser into `FACTORS`."""
    return _enter(FACTORS, tokens)


def atom(*tokens: str) -> Callable[[P], P]:
    """Enter a parser into `ATOMS`."""
    return _enter(ATOMS, tokens)


def script(*tokens: str) -> Callable[[P], P]:
    """Enter a parser into `SCRIPTS`."""
    return _enter(SCRIPTS, tokens)


def _enter(table: dict[str, Any], tokens: tuple[str, ...]) -> Callable[[P], P]:
    def entered(parser: P) -> P:
        table.update(dict.fromkeys(tokens, parser))
        return parser

    return entered


def parse_relation(cur: Cursor) -> Node:
    start = cur.pos
    first = parse_sum(cur)
    rest: list[tuple[str, Node]] = []
    while (op := take_relation_sign(cur)) is not None:
        rest.append((op, parse_set_or_sum(cur) if op == "in" else parse_sum(cur)))
    if not rest:
        return first
    if len(rest) == 1:
        return page.Relation(first, rest[0][0], rest[0][1], span=cur.span(start))
    return page.Chain(first, tuple(rest), span=cur.span(start))


def take_relation_sign(cur: Cursor) -> str | None:
    text = cur.text
    after = cur.texts[cur.pos + 1] if cur.pos + 1 < cur.end else ""
    if text == "\\not" and after in ("=", "\\in"):
        if after == "\\in":
            raise cur.error("\\not\\in is not read")
        cur.pos += 2
        return "!="
    if text == "!" and cur.is_unequal():
        cur.pos += 2
        return "!="
    pair = text + after
    if pair in (":=", "<=", ">=") and text != "=":
        cur.pos += 2
        return pair
    op = OPS.get(text)
    if op is not None:
        cur.pos += 1
    return op


def parse_set_or_sum(cur: Cursor) -> Node:
    """What stands behind ``\\in``: braces are a set, a bracketed pair is an interval."""
    start = cur.pos
    if cur.text in ("(", "["):
        close = cur.partner[start]
        items, bar, stop = parse_bracket(cur)
        if len(items) == 2 and not bar:
            cur.pos = stop
            name = cur.texts[start] + cur.texts[close]
            return page.Call(page.Sym(name), tuple(items), span=cur.span(start))
    return parse_sum(cur)


def parse_bracket(cur: Cursor) -> tuple[list[Node], str, int]:
    """Items of the bracket at hand, the mark of the bar between them ("": none), what follows.

    Read once and remembered, since the caller may find that it is a factor and no argument list.
    """
    start = cur.pos
    known = cur.brackets.get(start)
    if known is not None:
        return known
    close = cur.partner[start]
    items, bar = cur.within(start + 1, close, parse_items)
    cur.brackets[start] = items, bar, close + 1
    return items, bar, close + 1


def parse_items(cur: Cursor) -> tuple[list[Node], str]:
    out: list[Node] = []
    bar, before = "", 0
    while cur.pos < cur.end:
        out.append(parse_relation(cur))
        text = cur.text
        if text in ("\\mid", "\\parallel"):
            if bar:
                raise cur.unexpected()
            bar, before = text, len(out)
        elif text not in (",", ";"):
            break
        cur.pos += 1
        if cur.pos == cur.end:
            cur.pos -= 1
            raise cur.unexpected()
    dots = [",".join(["\\cdot"] * k) for k in (before, len(out) - before)]
    return out, f"({dots[0]}{bar}{dots[1]})" if bar else ""


def parse_signed(cur: Cursor, parser: Callable[[Cursor], Node]) -> Node:
    """What ``parser`` reads, behind signs."""
    start = cur.pos
    minus = cur.signs()
    return cur.negated(parser(cur), minus, start)


def parse_sum(cur: Cursor) -> Node:
    start = cur.pos
    cur.deeper()
    first = parse_signed(cur, parse_term)
    if cur.text in ("+", "-"):
        terms = [first]
        while cur.text in ("+", "-"):
            terms.append(parse_signed(cur, parse_term))
        first = page.Add(tuple(terms), span=cur.span(start))
    cur.depth -= 1
    return first


def parse_term(cur: Cursor) -> Node:
    """Products with signs of `ENTRYWISE` between them; those of one row are taken together."""
    start = cur.pos
    node = parse_product(cur)
    while (entrywise := ENTRYWISE.get(cur.text)) is not None:
        factors = [node]
        while ENTRYWISE.get(cur.text) is entrywise:
            cur.pos += 1
            factors.append(parse_signed(cur, parse_product))
        node = entrywise(tuple(factors), span=cur.span(start))
    return node


def parse_operand(cur: Cursor) -> Node:
    return parse_product(cur, operand=True)


def parse_product(cur: Cursor, operand: bool = False) -> Node:
    """A product; as the operand of an operator it ends at a written sign or a further derivative."""
    start = cur.pos
    factors = [parse_factor(cur)]
    dots: set[int] = set()
    slash = -1
    while not (operand and _is_applied(factors[-1]) and all(map(_is_number, factors[:-1]))):
        text = cur.text
        if operand and cur.partner.get(start) == cur.pos - 1 and text not in ("/", "\\div"):
            break  # a bracket that is there for nothing else holds all of the operand
        if begins_anew(cur):
            break
        if text == "{" and cur.partner[cur.pos] == cur.pos + 1:
            cur.pos += 2
        elif text in PRODUCT_SIGNS or (text == "." and tight_dot(cur)):
            if operand:
                break
            cur.pos += 1
            cur.dotted = True
            dots.add(len(factors))
            factors.append(parse_signed(cur, parse_factor))
            slash = -1
        elif text == "/" or text == "\\div":
            cur.pos += 1
            count_slash(cur, slash)
            slash = cur.pos
            below = parse_signed(cur, parse_factor)
            factors[-1] = page.Frac(factors[-1], below, span=cur.span(start))
        elif text not in ENDS:
            if operand and starts_derivative(cur):
                break
            if slash >= 0:
                check_slash(cur, factors[-1])
            factors.append(parse_factor(cur))
        else:
            break
        if len(factors) > MAX_ROW * 10:
            raise cur.error("a product without end")
    if len(factors) == 1:
        return factors[0]
    return page.Mul(tuple(factors), frozenset(dots), span=cur.span(start))


def _is_applied(node: Node) -> bool:
    """``f(x)``, also transposed or with a power."""
    while isinstance(node, page.Transpose | page.Pow):
        node = node.arg if isinstance(node, page.Transpose) else node.base
    return isinstance(node, page.Call) and node.fn != page.Sym("!")


def _is_number(node: Node) -> bool:
    return isinstance(node, page.Num) or (isinstance(node, page.Frac) and isinstance(node.num, page.Num))


def tight_dot(cur: Cursor) -> bool:
    """``x_1.y_1``: a full stop between two factors, without space."""
    here = cur.tokens[cur.pos]
    after = cur.texts[cur.pos + 1] if cur.pos + 1 < cur.end else ""
    return (
        after not in ENDS and after[0] != "." and cur.tokens[cur.pos + 1].start == here.end
        and cur.tokens[cur.pos - 1].end == here.start
    )


def begins_anew(cur: Cursor) -> bool:
    """Does a sum sign with the index of one that reaches to here follow: a new factor beside it?"""
    sign = cur.pos + (cur.text in PRODUCT_SIGNS)
    if cur.texts[sign] not in ("\\sum", "\\prod") or cur.texts[sign + 1] != "_":
        return False
    place = sign + 2
    letter = cur.texts[place + 1] if cur.texts[place] == "{" else cur.texts[place]
    return (letter, cur.end) in cur.reaches


def starts_derivative(cur: Cursor) -> bool:
    text = cur.text
    if text in ("\\nabla", "\\triangledown", "\\partial", "\\mathrm{d}"):
        return True
    if text not in FRACTIONS or cur.pos + 1 >= cur.end or cur.texts[cur.pos + 1] != "{":
        return False
    a, b = cur.unbraced(cur.pos + 2, cur.partner[cur.pos + 1])
    if a == b or cur.texts[a] not in ("\\partial", "\\mathrm{d}", "d"):
        return False
    below = cur.partner[cur.pos + 1] + 1
    if cur.texts[below] != "{":
        return False
    c, _ = cur.unbraced(below + 1, cur.partner[below])
    return cur.texts[c] == cur.texts[a]


def count_slash(cur: Cursor, slash: int) -> None:
    if slash >= 0:
        raise cur.error("a/b/c can be read in two ways: write \\frac")


def check_slash(cur: Cursor, quotient: Node) -> None:
    """``1/2 (a+b)`` and ``1/N \\sum`` are clear; ``1/2 s`` and ``a/b c`` are not."""
    text = cur.text
    if text in ("\\sum", "\\prod", "\\nabla") or starts_derivative(cur) or text in FUNCTION_TOKENS:
        return
    clear = isinstance(quotient, page.Frac) and isinstance(quotient.num, page.Num)
    if clear and text in ("(", "[", "\\{", "\\left|", "\\left\\|", "\\langle"):
        return
    raise cur.error("a/b c can be read in two ways: write \\frac or parentheses")


def parse_factor(cur: Cursor) -> Node:
    cur.deeper()
    reach = FACTORS.get(cur.text)
    node = reach(cur) if reach is not None else None
    if node is None:
        start = cur.pos
        node = parse_scripts(cur, parse_atom(cur), start)
    cur.depth -= 1
    return node


def parse_scripts(cur: Cursor, node: Node, start: int) -> Node:
    """The atom with everything that hangs on it: scripts, primes, arguments, bars, factorials."""
    for _ in range(MAX_ROW):
        empty = cur.text == "{" and cur.partner[cur.pos] == cur.pos + 1
        if empty and cur.texts[cur.pos + 2] in ("'", "^", "_"):  # x{}' is x'
            cur.pos += 2
        hanging = SCRIPTS.get(cur.text)
        more = hanging(cur, node, start) if hanging is not None else None
        if more is None:
            return node
        node = more
    raise cur.error("scripts without end")


def parse_atom(cur: Cursor) -> Node:
    text = cur.text
    if not text or text in ENDS:
        raise cur.unexpected()
    parser = ATOMS.get(text) or ATOMS.get(_family(text))
    if parser is not None:
        return parser(cur)
    raise cur.error(UnknownCommand(text) if text[0] == "\\" else f"unknown sign {text!r}")


def _family(text: str) -> str:
    if text[0].isdecimal() or text[0] == ".":
        return NUMBER
    return next((name for name in (TEXT, BEGIN) if text.startswith(name)), "")


@atom(NUMBER)
def parse_number(cur: Cursor) -> Node:
    start, text = cur.pos, cur.take()
    span = cur.tokens[start].span
    if "{,}" in text:
        whole, decimals = text.split("{,}")
        if len(decimals) == 3 and not whole.startswith("0"):
            raise cur.error(f"{whole},{decimals}: decimal or thousands? write it without comma", start)
    else:
        whole, _, decimals = text.partition(".")
    if not decimals:
        return page.Num(int(whole), span=span)
    return page.Num(Fraction(int((whole or "0") + decimals), 10 ** len(decimals)), len(decimals), span=span)


@atom(*DOTS)
def parse_dots(cur: Cursor) -> Node:
    cur.pos += 1
    return page.Dots(span=cur.span(cur.pos - 1))

"""What hangs on a name: fonts and accents, scripts and primes, arguments; is it a call, a power, an index?"""

from __future__ import annotations

import re
import string
from collections.abc import Callable

from ..errors import Span
from ..functions import PAGES
from ..page import tree as page
from ..page.to_latex import EXPECTATIONS, names_function, to_latex
from ..page.tree import Node, map_children, walk
from ..patterns import Pattern
from .cursor import Cursor
from .grammar import TEXT, atom, parse_atom, parse_bracket, parse_relation, parse_sum, script
from .vocabulary import ACCENTS, FONTS, FUNCTION_TOKENS, FUNCTIONS, GREEK, LETTERS, NAME_WORDS, TRANSPOSES

_APPLIED = frozenset(["\\sigma", "\\Pr"])
_ONES = frozenset(
    ["I", "\\boldsymbol{1}", *(f"\\math{f}{{{one}}}" for f in ("bb", "bf", "rm", "cal") for one in "1I")]
)
_MARKS = {
    "*": "*", "\\ast": "*", "\\star": "\\star", "\\dagger": "\\dagger", "+": "+", "-": "-",
    "\\parallel": "\\parallel", "\\perp": "\\perp", "\\bot": "\\perp",
}  # fmt: skip
_OPEN_SETS = frozenset(["\\mathbb{R}", "\\mathbb{N}", "\\mathbb{Z}", "\\mathbb{C}", "\\mathbb{Q}"])
_NAMES = (page.Sym, page.Indexed, page.Prime)
_NOTATIONS = frozenset(["!", "\\binom", "\\{\\}", "\\times", "[]", "()", "[)", "(]"])
_NEVER_APPLIED = (page.Sym("e"), page.Sym("d"), page.Sym("\\infty"))
_UNBRACKETED = (page.Sym, page.Indexed, page.Prime, page.Pow, page.Transpose, page.Call, page.Relation)
"""What nobody puts into parentheses to multiply it: ``p(x)`` and ``p(x^2)`` are calls."""
_ACCENTED = Pattern(rf"({'|'.join(re.escape(a) for a in sorted(set(ACCENTS.values())))})\{{(.*)\}}$")


@atom(*LETTERS, *string.ascii_letters)
def parse_letter(cur: Cursor) -> Node:
    start, text = cur.pos, cur.take()
    if text == "\\Delta" and delta_of_name(cur):
        return renamed(cur, parse_atom(cur), lambda inner: f"\\Delta{{{inner}}}", start)
    return page.Sym(text, span=cur.span(start))


def delta_of_name(cur: Cursor) -> bool:
    if "\\Delta" in cur.scope.kinds or "\\Delta" in cur.scope.definitions:
        return False
    text = cur.text
    a = cur.pos
    if text == "{":
        a, b = cur.unbraced(a, cur.partner[a] + 1)
        text = cur.texts[a]
        styled = text in ACCENTS or text in FONTS
        if b - a > 1 and not styled and cur.texts[a + 1] not in ("_", "^"):
            return False
    return text in LETTERS or text in ACCENTS or text in FONTS or (len(text) == 1 and text.isalpha())


@atom(*ACCENTS, *FONTS, "\\mathrm")
def parse_decorated(cur: Cursor) -> Node:
    """A font goes to the names inside; an accent stands over one name (a mean bar over more is no product
    of bars)."""
    start = cur.pos
    command = cur.take()
    a, b = cur.unbraced(*cur.argument())
    if a == b:
        raise cur.error(f"{command} of nothing", start)
    if command in FONTS:
        return parse_styled(cur, FONTS[command], a, b, start)
    node = cur.within(a, b, parse_relation)
    if command == "\\mathrm":
        return renamed(cur, node, lambda inner: f"\\mathrm{{{inner}}}", start)
    mark = ACCENTS[command]
    match node:  # an estimate of the variance; a name that no index and no variable reaches into
        case page.Pow(page.Sym(name), page.Num()) if name in GREEK and mark in ("\\hat", "\\tilde"):
            return page.Sym(f"{mark}{{{to_latex(node)}}}", span=cur.span(start))
    if not takes_accent(node, mark):
        raise cur.error(f"{command} over more than a name: give it a name of its own", start)
    return renamed(cur, node, lambda inner: f"{mark}{{{inner}}}", start)


def takes_accent(node: Node, mark: str) -> bool:
    """A name, also transposed, and a function that gets arguments; the mean of x^2 is not the square of the
    mean."""
    if isinstance(node, page.Call):
        fn = base_of(node.fn)
        pointed = mark in ("\\dot", "\\ddot", "\\hat", "\\tilde", "\\vec")
        return pointed and fn is not None and fn not in FUNCTION_TOKENS and fn not in _NOTATIONS
    return base_of(node.arg if isinstance(node, page.Transpose) else node) is not None


def parse_styled(cur: Cursor, font: str, a: int, b: int, start: int) -> Node:
    """Letters in a font are one name, in bold italics one each."""
    letters = "".join(cur.texts[a:b])
    product = font == "\\boldsymbol" or (font == "\\mathbf" and len(letters) == 2)
    if letters.isalnum() and letters.isascii() and (len(letters) == 1 or not product):
        return page.Sym(f"{font}{{{letters}}}", span=cur.span(start))

    def rename(inner: str) -> str:
        accented = _ACCENTED.match(inner)
        if accented:
            return f"{accented[1]}{{{rename(accented[2])}}}"
        if inner.startswith((font, "\\boldsymbol", "\\mathbf")):
            return inner
        greek = font == "\\mathbf" and inner in GREEK
        return f"\\boldsymbol{{{inner}}}" if greek else f"{font}{{{inner}}}"

    return renamed(cur, cur.within(a, b, parse_relation), rename, start)


def renamed(cur: Cursor, node: Node, rename: Callable[[str], str], start: int) -> Node:
    """The node with its names (not its indices, not the arguments of its calls) renamed."""
    span = cur.span(start)
    match node:
        case page.Sym(name):
            return page.Sym(rename(name), span=span)
        case page.Indexed(base, lower, upper, bracket):
            return page.Indexed(renamed(cur, base, rename, start), lower, upper, bracket, span=span)
        case page.Prime(fn, order):
            return page.Prime(renamed(cur, fn, rename, start), order, span=span)
        case page.Call(fn, args):
            if isinstance(fn, page.Sym) and (fn.name in FUNCTION_TOKENS or fn.name in _NOTATIONS):
                return node
            return page.Call(renamed(cur, fn, rename, start), args, span=span)
        case page.Pow(base, exp):
            return page.Pow(renamed(cur, base, rename, start), exp, span=span)
        case page.Num():
            return page.Sym(rename(str(node.value)), span=span) if not node.places else node
    return map_children(node, lambda child: renamed(cur, child, rename, start))


@atom(TEXT)
def parse_word(cur: Cursor) -> Node:
    start = cur.pos
    word = cur.take()[6:-1]
    if word in FUNCTIONS and word not in NAME_WORDS:
        raise cur.error(f"{word} is a function", start)
    if not word.replace("\\_", "").isalnum() or not word[0].isalpha():
        if word in ("1",):
            return page.Sym("\\mathrm{1}", span=cur.span(start))
        cur.pos = start
        raise cur.unexpected()
    if len(word) == 1:
        name = {"E": "\\mathbb{E}", "e": "e", "P": "P"}.get(word, f"\\mathrm{{{word}}}")
        return page.Sym(name, span=cur.span(start))
    return page.Sym(f"\\mathrm{{{word}}}", span=cur.span(start))


def conditional(cur: Cursor, fn: Node, bar: str, start: int) -> Node:
    """The name of a function with a bar among its arguments says so: ``P(\\cdot\\mid\\cdot)``."""
    return renamed(cur, fn, lambda inner: inner + bar, start) if bar else fn


def parse_head(cur: Cursor, name: Node, start: int) -> tuple[Node, Node | None]:
    """A function name with its scripts: ``\\log_2``, ``\\tanh'``, ``\\sin^2`` (the power comes back)."""
    lower: tuple[Node, ...] = ()
    power: Node | None = None
    primes = 0
    while cur.text in ("_", "^", "'"):
        sign = cur.take()
        if sign == "'":
            primes += 1
        elif sign == "_":
            lower = parse_indices(cur, *cur.argument())
        else:
            a, b = cur.unbraced(*cur.argument())
            if all(t in ("\\prime", "'") for t in cur.texts[a:b]):
                primes += b - a
                continue
            power = cur.within(a, b, parse_sum)
            if not isinstance(power, page.Num):
                raise cur.error("a function to this power: an inverse? write it out", a)
    node: Node = page.Indexed(name, lower, span=cur.span(start)) if lower else name
    if lower and to_latex(node) in PAGES:  # \log_2
        node = page.Sym(to_latex(node), span=cur.span(start))
    return (page.Prime(node, primes, span=cur.span(start)) if primes else node), power


def raised(cur: Cursor, node: Node, power: Node | None, start: int) -> Node:
    return node if power is None else page.Pow(node, power, span=cur.span(start))


def parse_call(cur: Cursor, name: Node, start: int) -> Node | None:
    """The call ``name(..)`` if that is what stands here, else None."""
    text = cur.text
    base = base_of(name)
    if base is None:
        return None
    place = cur.pos
    if text == "{":
        a, b = cur.unbraced(place, cur.partner[place] + 1)
        if cur.texts[a] != "(" or cur.partner.get(a) != b - 1:
            return None
        cur.pos = a
    elif text == "[" or text == "\\{":
        if base not in EXPECTATIONS or known_number(cur, base, name):
            return None
    elif text != "(":
        return None
    outer = cur.end if text != "{" else cur.partner[place] + 1
    items, bar, stop = parse_bracket(cur)
    cur.pos = place
    applied = text in ("[", "\\{") or is_call(cur, base, name, items, bar, cur.texts[stop] == "^")
    if not items or not applied:
        return None
    cur.pos = outer if text == "{" else stop
    fn = name
    if base == "E" and text != "(":
        fn = renamed(cur, name, lambda _: "\\mathbb{E}", start)
    return page.Call(conditional(cur, fn, bar, start), tuple(items), span=cur.span(start))


def known_number(cur: Cursor, base: str, name: Node) -> bool:
    kind = cur.scope.kinds.get(base)
    if cur.scope.is_function(base) or (kind is not None and kind.rests):
        return False
    return kind is not None or base in cur.scope.definitions


def is_call(cur: Cursor, base: str, name: Node, items: list[Node], bar: str, powered: bool) -> bool:
    """Is ``name`` applied to ``items``, or multiplied by them?"""
    kind = cur.scope.kinds.get(base)
    if len(items) == 1 and not bar and _holds_value(items[0], base):
        return False  # s (1 - s) of a function's values, also where s is known to be a function
    if bar or isinstance(name, page.Prime) or cur.scope.is_function(base):
        return True
    if kind is not None and kind.rests:
        return True
    if len(items) != 1:
        return True
    if known_number(cur, base, name) or name in _NEVER_APPLIED:
        return False
    if base in _APPLIED or base.startswith(("\\mathrm", "\\mathbb")):
        return True
    item = items[0]
    core = item.fn if isinstance(item, page.Prime) else item
    above = core.upper if isinstance(core, page.Indexed) else ()
    raised = above or isinstance(core, page.Pow | page.Transpose | page.Call)
    if powered and raised:
        return names_function(base)  # the parentheses of (x^{(i)})^2 are there for the power
    if isinstance(item, _UNBRACKETED):
        return True
    return names_function(base)


def may_apply(cur: Cursor, node: Node, start: int) -> bool:
    """May brackets behind this node hold its arguments?  Not those behind (w)^2: that is a product."""
    own = cur.texts[start] in ("(", "[", "\\{") and not isinstance(node, page.Prime)
    return isinstance(node, _NAMES) and not own


def at_names(cur: Cursor) -> bool:
    """Does the bracket at hand hold nothing but names?"""
    items, _, stop = parse_bracket(cur)
    return all(isinstance(n, _NAMES) for n in items) and cur.texts[stop] not in ("^", "_")


@script("_", "^", "'")
def parse_script(cur: Cursor, node: Node, start: int) -> Node:
    """One group of scripts, at most one below and one above."""
    lower: tuple[Node, ...] | None = None
    above: tuple[int, int] | None = None
    below = (0, 0)
    primes = 0
    while cur.text in ("_", "^", "'"):
        sign = cur.take()
        if sign == "'":
            if above is not None:
                raise cur.error("a prime behind a superscript", cur.pos - 1)
            primes += 1
            if primes > 9:
                raise cur.error("too many primes", cur.pos - 1)
        elif sign == "_":
            if lower is not None:
                raise cur.error("two subscripts", cur.pos - 1)
            below = a, b = cur.unbraced(*cur.argument())
            if is_one(cur, node) and cur.has_relation(a, b):
                return parse_subscripted_indicator(cur, a, b, start)
            lower = parse_indices(cur, a, b)
        else:
            if above is not None:
                raise cur.error("two superscripts", cur.pos - 1)
            if cur.text == "-" and node == page.Sym("e") and cur.pos + 1 < cur.end:
                # e^-x prints a lone minus above, which means nothing else than e^{-x}
                above = (cur.pos, cur.pos + 2)
                cur.pos += 2
                continue
            a, b = cur.unbraced(*cur.argument())
            if b > a and all(t == "\\prime" for t in cur.texts[a:b]):
                primes += b - a
            else:
                above = (a, b)
    return assembled(cur, node, lower or (), below, primes, above, start)


def assembled(cur: Cursor,
    node: Node,
    lower: tuple[Node, ...],
    below: tuple[int, int],
    primes: int,
    above: tuple[int, int] | None,
    start: int,
) -> Node:
    """The atom with its scripts; ``below`` and ``above`` say where they stood, since
    ``(AB)^T_{ij}`` transposes first and ``(AB)_i^T`` last."""
    span = cur.span(start)
    if isinstance(node, _NAMES) and cur.texts[start] not in ("(", "[", "\\{"):
        upper: tuple[Node, ...] = ()
        bracket = "()"
        if above is not None:
            node, (a, b) = parse_stacked_indices(cur, node, above)
            upper, bracket, a = parse_upper_indices(cur, node, a, b)
            above = (a, b) if a < b else None
        if lower or upper:
            node = page.Indexed(node, lower, upper, bracket, span=span)
    elif lower:
        if lower != (page.Sym("+"),) and above is not None and above < below and is_transpose(cur, *above):
            node, above = page.Transpose(node, span=span), None
        node = subscripted(node, lower, span)
    if primes:
        node = page.Prime(node, primes, span=span)
    if above is None:
        return node
    a, b = above
    if may_apply(cur, node, start) and cur.pos < cur.end and cur.texts[cur.pos] in ("(", "{"):
        call = None if is_transpose(cur, a, b) else parse_powered_call(cur, node, a, b, start)
        if call is not None:
            return call
    return parse_superscript(cur, node, a, b, span)


def subscripted(node: Node, lower: tuple[Node, ...], span: Span) -> Node:
    """What is no name, with something below: ``[z]_+``, ``[..]_{w = 0}``, an entry."""
    match lower:
        case (page.Sym("+"),):
            return page.Call(page.Sym("\\operatorname{relu}"), (node,), span=span)
        case (page.Relation(op="=") as point,):
            return page.Evaluated(node, point, span=span)
    return page.Component(node, lower, span=span)


def parse_powered_call(cur: Cursor, node: Node, a: int, b: int, start: int) -> Node | None:
    """``f^2(x)``: the square of the value."""
    place = cur.pos
    call = parse_call(cur, node, start)
    if call is None:
        return None
    base = base_of(node) or ""
    item = call.args[0] if isinstance(call, page.Call) else node
    declared = cur.scope.is_function(base) or isinstance(node, page.Prime)
    if not declared and not (isinstance(call, page.Call) and isinstance(item, _NAMES)):
        if base in _APPLIED or names_function(base):
            what = f"a power of the number {base} or of the function? declare it or move the power"
            raise cur.error(what, place)
        cur.pos = place
        return None
    exp = cur.within(a, b, parse_sum)
    if isinstance(exp, page.Sym) and isinstance(call, page.Call):  # V^\\pi(s): a label
        return page.Call(page.Indexed(node, (), (exp,), "", span=call.fn.span), call.args, span=call.span)
    if not isinstance(exp, page.Num):
        raise cur.error("a function to this power: an inverse? write it out", a)
    return page.Pow(call, exp, span=cur.span(start))


def parse_superscript(cur: Cursor, node: Node, a: int, b: int, span: Span) -> Node:
    if a == b:
        return node
    if is_transpose(cur, a, b) and not isinstance(node, page.Num):
        return page.Transpose(node, span=span)
    if cur.texts[a] == "-" and is_transpose(cur, a + 1, b):
        inverse = page.Pow(node, page.Neg(page.Num(1)), span=span)
        return page.Transpose(inverse, span=span)
    base = node.name if isinstance(node, page.Sym) else ""
    if base in _OPEN_SETS:
        return page.Pow(node, cur.within(a, b, parse_shape), span=span)
    return page.Pow(node, cur.within(a, b, parse_sum), span=span)


def parse_shape(cur: Cursor) -> Node:
    """``n \\times d`` above a set of numbers."""
    start = cur.pos
    sizes = [parse_size(cur)]
    while cur.text == "\\times":
        cur.pos += 1
        sizes.append(parse_size(cur))
    return sizes[0] if len(sizes) == 1 else page.Call(page.Sym("\\times"), tuple(sizes), span=cur.span(start))


def parse_size(cur: Cursor) -> Node:
    start = k = cur.pos
    while k < cur.end and cur.texts[k] != "\\times":
        k = cur.partner.get(k, k) + 1
    node = cur.within(start, min(k, cur.end), parse_sum)
    cur.pos = min(k, cur.end)
    return node


def is_transpose(cur: Cursor, a: int, b: int) -> bool:
    if b - a == 4 and cur.texts[a] in FONTS and cur.texts[a + 2] == "T":
        return True
    if b - a != 1 or cur.texts[a] not in TRANSPOSES:
        return False
    kind = cur.scope.kinds.get("T") if cur.texts[a] == "T" else None
    return kind is None or (kind.role not in ("size", "index") and bool(kind.shape))


def parse_upper_indices(cur: Cursor, node: Node, a: int, b: int) -> tuple[tuple[Node, ...], str, int]:
    """Superscripts that are indices, how they are marked, and where the rest (a power) begins."""
    texts = cur.texts
    first = texts[a] if a < b else ""
    if first in ("(", "[") and not (isinstance(node, page.Sym) and node.name == "e"):
        close = cur.partner[a]
        rest = close + 1
        if rest == b or is_transpose(cur, rest, b):
            return parse_indices(cur, a + 1, close), first + texts[close], rest
    if first in _MARKS and (b - a == 1 or (first != "-" and is_transpose(cur, a + 1, b))):
        return (page.Sym(_MARKS[first], span=cur.tokens[a].span),), "", a + 1
    if b - a == 1 and first.startswith("\\text{") and not is_transpose(cur, a, b):
        return (page.Sym(first, span=cur.tokens[a].span),), "", b
    if cur.has_comma(a, b) or names_upper_index(cur, node, a, b):
        return parse_indices(cur, a, b), "", b
    return (), "()", a


def parse_stacked_indices(cur: Cursor, node: Node, above: tuple[int, int]) -> tuple[Node, tuple[int, int]]:
    """``z^{[1](i)}``: of several bracketed superscripts all but the last go inside."""
    a, b = above
    while a < b and cur.texts[a] in ("(", "[") and node != page.Sym("e"):
        close = cur.partner[a]
        if close + 1 >= b or cur.texts[close + 1] not in ("(", "["):
            break
        bracket = cur.texts[a] + cur.texts[close]
        node = page.Indexed(node, (), parse_indices(cur, a + 1, close), bracket, span=node.span)
        a = close + 1
    return node, (a, b)


def names_upper_index(cur: Cursor, node: Node, a: int, b: int) -> bool:
    """Do only letters that a definition uses as bare upper indices stand here (``W^L``, ``h^{l-1}``)?"""
    letters = [t for t in cur.texts[a:b] if t in LETTERS or t.isalpha()]
    return bool(letters) and not is_transpose(cur, a, b) and all(t in cur.index_letters for t in letters)


def parse_indices(cur: Cursor, a: int, b: int) -> tuple[Node, ...]:
    """Index entries: separated by commas or written next to each other."""
    a, b = cur.unbraced(a, b)
    if a == b:
        return ()
    if b - a == 1:
        text, span = cur.texts[a], cur.tokens[a].span
        if text in _MARKS:
            return (page.Sym(_MARKS[text], span=span),)
        if text == "\\text{in}" and is_bare(span):
            if "i" in cur.bound or "n" in cur.bound:
                return page.Sym("i", span=span), page.Sym("n", span=span)
            cur.run_together = True
        if text.startswith("\\text{"):
            return (page.Sym(text, span=span),)
    if any(cur.texts[k] == "\\times" for k in cur.top_level(a, b)):
        return (cur.within(a, b, parse_shape),)
    return cur.within(a, b, parse_index_row)


def parse_index_row(cur: Cursor) -> tuple[Node, ...]:
    out: list[Node] = []
    listed = cur.has_comma(cur.pos, cur.end)
    cur.indexing += 1
    while True:
        cur.dotted = False
        if cur.text.startswith("\\text{") and cur.texts[cur.pos + 1] not in ("_", "^"):
            start = cur.pos
            node: Node = page.Sym(cur.take(), span=cur.span(start))
        else:
            node = lettered(parse_relation(cur))
        if isinstance(node, page.Num) and not node.places and node.value > 10:
            cur.run_together = True
        numbered = listed and isinstance(node, page.Mul) and isinstance(node.factors[0], page.Num)
        if isinstance(node, page.Mul) and not (cur.dotted or numbered):  # \\delta_{2i,2j} has two indices
            out += node.factors
        else:
            out.append(node)
        if cur.text not in (",", ";", "\\mid"):
            cur.indexing -= 1
            return tuple(out)
        cur.pos += 1


def is_one(cur: Cursor, node: Node) -> bool:
    return node == page.Num(1) or (isinstance(node, page.Sym) and node.name in _ONES)


def parse_indicator(cur: Cursor, node: Node, start: int) -> Node | None:
    if cur.text == "{" or not is_one(cur, node):
        return None
    if not cur.has_relation(cur.pos + 1, cur.partner[cur.pos]):
        return None
    return parse_iverson(cur, start)


def parse_iverson(cur: Cursor, start: int) -> Node:
    close = cur.partner[cur.pos]
    condition = cur.within(cur.pos + 1, close, parse_relation)
    cur.pos = close + 1
    return indicated(cur, condition, start)


def parse_subscripted_indicator(cur: Cursor, a: int, b: int, start: int) -> Node:
    if cur.texts[a] in ("\\{", "(", "[") and cur.partner[a] == b - 1:
        a, b = a + 1, b - 1
    return indicated(cur, cur.within(a, b, parse_relation), start)


def indicated(cur: Cursor, condition: Node, start: int) -> Node:
    if not isinstance(condition, page.Relation):
        raise cur.error("an indicator of one relation is read, not of several", start)
    return page.Indicator(condition, span=cur.span(start))


@script("!")
def parse_factorial(cur: Cursor, node: Node, start: int) -> Node | None:
    if cur.is_unequal():
        return None
    cur.pos += 1
    return page.Call(page.Sym("!"), (node,), span=cur.span(start))


@script("(", "[", "{", "\\{")
def parse_applied(cur: Cursor, node: Node, start: int) -> Node | None:
    """Arguments behind a name, a condition behind a 1."""
    text = cur.text
    if text == "(" and isinstance(node, page.Gradient | page.Derivative) and at_names(cur):
        raise cur.error("evaluated there, or times that? write |_{..} or \\cdot")
    if text == "(" and isinstance(node, page.Prime) and base_of(node) is None:
        raise cur.error("a primed expression cannot be applied: give it a name")
    if may_apply(cur, node, start):
        return parse_indicator(cur, node, start) or parse_call(cur, node, start)
    if text == "\\{" and node == page.Num(1) and cur.has_relation(cur.pos + 1, cur.partner[cur.pos]):
        return parse_iverson(cur, start)
    return None


@script("\\at")
def parse_bar(cur: Cursor, node: Node, start: int) -> Node:
    cur.pos += 1
    return parse_point(cur, node, start)


def parse_point(cur: Cursor, body: Node, start: int) -> Node:
    cur.expect("_")
    a, b = cur.unbraced(*cur.argument())
    point = cur.within(a, b, parse_relation)
    if not isinstance(point, page.Relation) and isinstance(body, page.Derivative) and len(body.by) == 1:
        point = page.Relation(body.by[0][0], "=", point, span=point.span)
    if not isinstance(point, page.Relation):
        raise cur.error("evaluated at what? write the variable: |_{x = ..}", a)
    return page.Evaluated(body, point, span=cur.span(start))


def _holds_value(item: Node, base: str) -> bool:
    """Does the name stand in this sum or product without arguments, as a value?"""
    if not isinstance(item, page.Add | page.Mul | page.Frac | page.Neg):
        return False
    heads = {id(k) for n in walk(item) if isinstance(n, page.Call) for k in walk(n.fn)}
    return any(isinstance(s, page.Sym) and s.name == base and id(s) not in heads for s in walk(item))


def is_bare(span: Span | None) -> bool:
    """Was the ``in`` of ``x_{in}`` written as two letters, which may be two indices, and not as a word?"""
    return span is not None and span.end - span.start == 2


def base_of(name: Node) -> str | None:
    """The letter behind the scripts and primes of a name."""
    while isinstance(name, page.Indexed | page.Prime):
        name = name.base if isinstance(name, page.Indexed) else name.fn
    return name.name if isinstance(name, page.Sym) else None


def lettered(node: Node) -> Node:
    """Indices with k' as a letter of its own: what counts has no derivative."""
    if isinstance(node, page.Prime) and isinstance(node.fn, page.Sym) and len(node.fn.name) == 1:
        return page.Sym(node.fn.name + "'" * node.order, span=node.span)
    return map_children(node, lettered)

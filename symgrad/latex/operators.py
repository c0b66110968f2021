"""What reaches to the right: functions without brackets, sums and products, derivatives in every form."""

from __future__ import annotations

from ..errors import ReadError, Slip
from ..page import tree as page
from ..page.tree import Node, free_names, substitute
from .cursor import Cursor
from .grammar import (
    factor,
    parse_atom,
    parse_bracket,
    parse_factor,
    parse_items,
    parse_operand,
    parse_product,
    parse_relation,
    parse_scripts,
    parse_signed,
    parse_sum,
    parse_term,
)
from .names_and_scripts import (
    conditional,
    lettered,
    parse_head,
    parse_indices,
    parse_script,
    parse_superscript,
    raised,
    renamed,
)
from .vocabulary import (
    ACCENTS,
    ENDS,
    FONTS,
    FRACTIONS,
    FUNCTION_TOKENS,
    FUNCTIONS,
    GREEK,
    LETTERS,
    PRODUCT_SIGNS,
)

_CANONICAL_FUNCTION = {
    "\\argmin": "\\arg\\min", "\\argmax": "\\arg\\max", "\\Tr": "\\operatorname{tr}",
    **{f"\\{word}": name for word, name in FUNCTIONS.items() if "{" in name},
}  # fmt: skip
_REACHING = frozenset(
    ["\\operatorname{tr}", "\\max", "\\min", "\\sup", "\\inf", "\\lim"]
)


Binder = tuple[page.Sym, Node | None, Node | None, tuple[page.Relation, ...]]
"""An index with its bounds and its conditions."""
_DIFFERENTIABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabfghpqrstuvwxyz")
_D = frozenset(["d", "\\mathrm{d}"])


@factor(*FUNCTION_TOKENS - {"\\sqrt"})
def parse_function(cur: Cursor) -> Node:
    start = cur.pos
    name = cur.take()
    name = _CANONICAL_FUNCTION.get(name, name)
    if name == "\\arg":
        if cur.text not in ("\\max", "\\min"):
            raise cur.error("\\arg without \\min or \\max", start)
        name += cur.take()
    if name == "\\operatorname{sigmoid}" and "\\sigma" not in cur.scope.kinds:
        name = "\\sigma" if "\\sigma" not in cur.scope.definitions else name
    head, power = parse_head(cur, page.Sym(name, span=cur.tokens[start].span), start)
    applied = parse_arguments(cur, name)
    if applied is None:
        return raised(cur, head, power, start)
    args, bar = applied
    node: Node = page.Call(conditional(cur, head, bar, start), args, span=cur.span(start))
    return parse_scripts(cur, raised(cur, node, power, start), start)


def parse_arguments(cur: Cursor, name: str) -> tuple[tuple[Node, ...], str] | None:
    """Arguments of a function, in brackets or bare, and the mark of a bar between them."""
    text = cur.text
    if text in ("(", "[", "\\{"):
        items, bar, cur.pos = parse_bracket(cur)
        return tuple(items), bar
    if text == "{":
        a, b = cur.unbraced(cur.pos, cur.partner[cur.pos] + 1)
        cur.pos = cur.partner[cur.pos] + 1
        if cur.texts[a] in ("(", "[") and cur.partner[a] == b - 1:
            a, b = a + 1, b - 1
        items, bar = cur.within(a, b, parse_items)
        return tuple(items), bar
    if name.startswith("\\arg") and (text not in ENDS or text in ("-", "+")):
        return (parse_sum(cur),), ""
    if text in ENDS:
        return None
    if name in _REACHING:
        return (parse_product(cur, operand=True),), ""
    start = cur.pos
    first = parse_factor(cur)
    follows = [first]
    while starts_plain_name(cur):
        if not all(isinstance(f, page.Num) for f in follows[:1]):
            raise cur.error(f"how far does {name} reach here? write its argument in parentheses")
        follows.append(parse_factor(cur))
    if len(follows) == 1:
        return (first,), ""
    return (page.Mul(tuple(follows), span=cur.span(start)),), ""


def starts_plain_name(cur: Cursor) -> bool:
    text = cur.text
    return bool(text) and text not in ENDS and (
        text in LETTERS or text in ACCENTS or text in FONTS or (len(text) == 1 and text.isalnum())
    )


def wraps_sign(cur: Cursor, start: int) -> bool:
    """Do these braces hold a sum sign with its scripts and nothing else?"""
    if cur.texts[start + 1] not in ("\\sum", "\\prod"):
        return False
    k = start + 2
    while cur.texts[k] in ("_", "^"):
        k = cur.partner.get(k + 1, k + 1) + 1
    return k == cur.partner[start]


@factor("{")
def parse_wrapped_operator(cur: Cursor) -> Node | None:
    """``{\\sum_i} body`` means the same as ``\\sum_i body``."""
    if not wraps_sign(cur, cur.pos):
        return None
    cur.pos += 1
    return parse_big_operator(cur, cur.pos - 1)


@factor("\\sum", "\\prod")
def parse_big_operator(cur: Cursor, begun: int | None = None) -> Node:
    """``\\sum_{i=1}^N body``; in braces of its own it has ``begun`` before."""
    start = cur.pos if begun is None else begun
    kind = page.Sum if cur.take() == "\\sum" else page.Prod
    bounds = parse_bounds(cur)
    if cur.texts[start] == "{":
        cur.expect("}")
    over, under = bounds.get("^"), bounds.get("_")
    if over is not None and cur.texts[over[0] + 1] == "=":  # \sum_{i=1}^{i=N}
        over = (over[0] + 2, over[1])
    upper = cur.within(*over, parse_sum) if over is not None else None
    binders: list[Binder] = [(page.Sym(""), None, None, ())]
    if under is not None and under[0] < under[1]:
        binders = cur.within(*under, parse_binders)
    body = parse_summand(cur, [index for index, *_ in binders])
    whole = cur.span(start)
    for index, lower, own, conditions in reversed(binders):
        for c in conditions[1:]:
            if kind is not page.Sum:
                raise cur.error("one condition can stand under a product", start)
            if c.span == c.rhs.span and free_names(c.rhs) & free_names(body) - {*cur.bound}:
                raise cur.error("does this run over the last letters too, or leave them out?", start)
            body = page.Mul((page.Indicator(c, span=c.span), body), span=whole)
        condition = conditions[0] if conditions else None
        body = kind(body, index, lower, own if own is not None else upper, condition, span=whole)
    return body


def parse_bounds(cur: Cursor) -> dict[str, tuple[int, int]]:
    """The ranges of what stands under and over a sign, by ``_`` and ``^``."""
    out: dict[str, tuple[int, int]] = {}
    while cur.text in ("_", "^"):
        sign = cur.take()
        place = cur.unbraced(*cur.argument())
        if sign in out:
            raise cur.error("two bounds in one place", cur.pos - 1)
        out[sign] = place
    return out


def parse_summand(cur: Cursor, indices: list[page.Sym]) -> Node:
    """What a sign reaches over, its indices bound; an i' among them is a letter of its own there."""
    cur.bound += [i.name for i in indices]
    cur.reaches += [(i.name, cur.end) for i in indices]
    body = parse_signed(cur, parse_term)
    del cur.bound[len(cur.bound) - len(indices) :]
    del cur.reaches[len(cur.reaches) - len(indices) :]
    primed: dict[Node, Node] = {
        page.Prime(page.Sym(i.name[0]), len(i.name) - 1): i for i in indices if i.name.endswith("'")
    }
    return substitute(body, primed) if primed else body


def parse_binders(cur: Cursor) -> list[Binder]:
    """What stands under a sum sign: ``i=1``, ``i``, ``i,j``, ``j \\ne i``, ``i : y_i = 1``."""
    start = cur.pos
    colons = (k for k in cur.top_level(cur.pos, cur.end) if cur.texts[k] in (":", "\\colon", "\\mid"))
    colon = next(colons, -1)
    if colon >= 0 and cur.texts[colon + 1] != "=":
        head = cur.within(cur.pos, colon, parse_binders)
        cur.pos = colon + 1
        condition = parse_relation(cur)
        if len(head) != 1 or not isinstance(condition, page.Relation) or head[0][3]:
            raise cur.error("one index and one condition can stand under a sum", start)
        return [(*head[0][:3], (condition,))]
    parts: list[Node] = [lettered(parse_relation(cur))]
    while cur.text in (",", ";", "\\\\"):
        cur.pos += 1
        parts.append(lettered(parse_relation(cur)))
    out: list[Binder] = []
    for part in parts:
        entries = part.factors if isinstance(part, page.Mul) else (part,)
        for entry in entries:
            bind(cur, entry, out, start)
    lows = [low for _, low, *_ in out]
    if len(out) > 1 and lows[-1] is not None and all(low is None for low in lows[:-1]):
        out = [(index, lows[-1], up, condition) for index, _, up, condition in out]  # i,j=1
    return out


def bind(cur: Cursor, entry: Node, out: list[Binder], start: int) -> None:
    known = out[-1] if out else None
    match entry:
        case page.Sym() if known is not None and known[3] and known[3][-1].op == "!=":  # j \ne i, k
            left_out = page.Relation(known[0], "!=", entry, span=entry.span)
            out[-1] = (*known[:3], (*known[3], left_out))
        case page.Sym() | page.Indexed():
            out.append((index_letter(cur, entry, start), None, None, ()))
        case page.Relation(lhs, "=", rhs):
            out.append((index_letter(cur, lhs, start), rhs, None, ()))
        case page.Relation(lhs, op, rhs):
            if known is not None and known[0] in (lhs, rhs):
                out[-1] = (*known[:3], (*known[3], entry))
                return
            index = index_letter(cur, lhs, start)
            if op == "<" and isinstance(rhs, page.Sym) and is_pair(cur, index.name, rhs.name, start):
                out.append((rhs, None, None, ()))
            out.append((index, None, None, (entry,)))
        case page.Chain(low, (("<=", page.Sym() as i), ("<", page.Sym() as j), ("<=", high))):
            out += [(j, low, high, ()), (i, low, None, (page.Relation(i, "<", j, span=entry.span),))]
        case page.Chain(low, ((("<=" | "<") as first, page.Sym() as middle), (("<=" | "<") as second, high))):
            low = low if first == "<=" else page.Add((low, page.Num(1)))
            high = high if second == "<=" else page.Add((high, page.Neg(page.Num(1))))
            out.append((middle, low, high, ()))
        case _:
            raise cur.error("cannot tell the index of this sum", start)


def is_pair(cur: Cursor, i: str, j: str, place: int) -> bool:
    """``\\sum_{i<j}`` runs over all pairs, unless an outer sum binds j; free letters are asked about."""
    if j in cur.bound or not i < j:
        return False
    cur.pairs.append((i, j, place))
    return True


def index_letter(cur: Cursor, node: Node, start: int) -> page.Sym:
    if isinstance(node, page.Sym):
        return node
    raise cur.error("the index of a sum must be a letter", start)


@factor(*FRACTIONS)
def parse_fraction(cur: Cursor) -> Node:
    start = cur.pos
    cur.pos += 1
    above = cur.unbraced(*cur.argument())
    below = cur.unbraced(*cur.argument())
    stop = cur.pos
    a, c = above[0], below[0]
    d = cur.texts[a] if above[0] < above[1] else ""
    e = cur.texts[c] if below[0] < below[1] else ""
    scripted = "_" in (cur.texts[a + 1], cur.texts[c + 1]) or cur.texts[c + 1] in ("^", "'")
    upright = d in _D and e in _D and below[1] - c > 1 and not scripted  # d_k is a size
    if upright or "\\partial" in (d, e):
        if d == e:
            derivative = parse_derivative(cur, start, above, below)
            if derivative is not None:
                return derivative
        elif d == "\\partial":
            raise forgotten_sign(cur, above, below)
        else:
            raise cur.error("\\partial below the line, none above", a)
    cur.pos = stop
    num = cur.within(*above, parse_sum)
    den = cur.within(*below, parse_sum)
    cur.pos = stop
    return parse_scripts(cur, page.Frac(num, den, span=cur.span(start)), start)


def forgotten_sign(cur: Cursor, above: tuple[int, int], below: tuple[int, int]) -> ReadError:
    """``\\frac{\\partial J}{w}``: over a lone variable a sign was forgotten."""
    error = cur.error("\\partial above the line, none below", below[0])
    if above[1] - above[0] < 2 or not isinstance(cur.within(*below, parse_sum), page.Sym | page.Indexed):
        return error
    return Slip(error.message, error.span, "\\partial in front of the variable below the line")


def parse_derivative(cur: Cursor, start: int, above: tuple[int, int], below: tuple[int, int]) -> Node | None:
    stop = cur.pos
    sign = cur.texts[above[0]]
    d = "\\partial" if sign == "\\partial" else "d"
    order, body_at = parse_order(cur, above[0] + 1, above[1])
    variables = cur.within(*below, lambda cur: parse_variables(cur, sign))
    if variables is None:
        if d == "d":
            return None
        raise cur.error("cannot read the variables of this derivative", below[0])
    by = orders_by(cur, variables, order, above[0])
    if body_at == above[1]:
        cur.pos = stop
        if cur.text in ENDS and cur.text not in ("-",):
            raise cur.error("a derivative of nothing", start)
        body = parse_signed(cur, parse_operand)
        return page.Derivative(body, by, "operator", d, span=cur.span(start))
    body = cur.within(body_at, above[1], parse_sum)
    cur.pos = stop
    body = parse_point_of(cur, body, by, start)
    return parse_scripts(cur, page.Derivative(body, by, "fraction", d, span=cur.span(start)), start)


def parse_point_of(cur: Cursor, body: Node, by: tuple[tuple[Node, int], ...], start: int) -> Node:
    """``\\frac{df}{dx}(x)`` is the derivative of ``f(x)``; other points need an evaluation bar."""
    if cur.text != "(" or not isinstance(body, page.Sym | page.Indexed | page.Prime):
        return body
    items, bar, stop = parse_bracket(cur)
    points = all(isinstance(n, page.Sym | page.Indexed | page.Num) for n in items)
    if bar or cur.texts[stop] in ("^", "_") or not points:
        return body
    if not {v for v, _ in by} <= set(items):
        raise cur.error("evaluated there, or times that? write |_{..} or \\cdot", cur.pos)
    cur.pos = stop
    return page.Call(body, tuple(items), span=cur.span(start))


def parse_order(cur: Cursor, a: int, b: int) -> tuple[int, int]:
    """The order written above a ``\\partial`` and the place behind it."""
    if a < b and cur.texts[a] == "^":
        keep, cur.pos = cur.pos, a + 1
        c, d = cur.unbraced(*cur.argument())
        place, cur.pos = cur.pos, keep
        number = cur.within(c, d, parse_sum)
        if not isinstance(number, page.Num) or number.places or not 0 < number.value <= 9:
            raise cur.error("the order of a derivative is a small number", c)
        return int(number.value), place
    return 1, a


def parse_variables(cur: Cursor, sign: str) -> list[Node] | None:
    out: list[Node] = []
    while cur.pos < cur.end:
        if cur.text == "{" and cur.texts[cur.pos + 1] == sign:
            close = cur.partner[cur.pos]
            inner = cur.within(cur.pos + 1, close, lambda cur: parse_variables(cur, sign))
            if inner is None:
                return None
            cur.pos = close + 1
            if cur.text == "^" and len(inner) == 1:
                inner = [parse_superscript(cur, inner[0], *parse_raised_by(cur), cur.span(close))]
            out += inner
            continue
        if cur.text != sign or cur.pos + 1 == cur.end:
            if sign == "\\partial":
                raise cur.unexpected()
            cur.pos = cur.end
            return None
        cur.pos += 1
        start = cur.pos
        out.append(parse_scripts(cur, parse_atom(cur), start))
    return out


def parse_raised_by(cur: Cursor) -> tuple[int, int]:
    cur.pos += 1
    return cur.unbraced(*cur.argument())


def orders_by(cur: Cursor, variables: list[Node], order: int, place: int) -> tuple[tuple[Node, int], ...]:
    if order == len(variables):
        return tuple((v, 1) for v in variables)
    out: list[tuple[Node, int]] = []
    for v in variables:
        match v:
            case page.Pow(base, page.Num(k, 0)) if int(k) == k and k > 0:
                out.append((base, int(k)))
            case _:
                out.append((v, 1))
    total = sum(k for _, k in out)
    if order == 1 and total == len(out):  # the order above the line forgotten, the variables say it
        return tuple(out)
    if total != order:
        raise cur.error(f"a derivative of order {order} above the line, of order {total} below", place)
    return tuple(out)


def parse_inline_derivative(cur: Cursor, sign: str) -> Node | None:
    """``d/dw``, ``dL/dw``: a derivative written with a slash."""
    start = cur.pos
    slash = -1
    for k in range(start, min(cur.end, start + 12)):
        if cur.texts[k] == "/":
            slash = k
            break
    if slash < 0 or slash + 2 >= cur.end or cur.texts[slash + 1] != sign:
        return None
    d = "\\partial" if sign == "\\partial" else "d"
    order, body_at = parse_order(cur, start + 1, slash)
    body: Node | None = None
    if body_at < slash:
        cur.pos = body_at
        keep, cur.end = cur.end, slash
        body = parse_scripts(cur, parse_atom(cur), body_at)
        done = cur.pos == slash
        cur.end = keep
        if not done:
            cur.pos = start
            return None
    cur.pos = slash + 1
    variables: list[Node] = []
    while cur.text == sign and len(variables) < order:
        cur.pos += 1
        at = cur.pos
        variable = parse_atom(cur)
        while cur.text in ("_", "^"):
            variable = parse_script(cur, variable, at)
        variables.append(variable)
        if isinstance(variable, page.Pow):
            break
    by = orders_by(cur, variables, order, start)
    if body is not None:
        return page.Derivative(body, by, "fraction", d, span=cur.span(start))
    body = parse_signed(cur, parse_operand)
    return page.Derivative(body, by, "operator", d, span=cur.span(start))


@factor("d")
def parse_differential(cur: Cursor) -> Node | None:
    """``dL/dw``, and ``dW`` as a name."""
    inline = parse_inline_derivative(cur, "d")
    if inline is not None or not names_differential(cur):
        return inline
    start = cur.pos
    cur.pos += 1
    return parse_scripts(cur, renamed(cur, parse_atom(cur), lambda inner: f"d{inner}", start), start)


@factor("\\mathrm{d}")
def parse_upright_differential(cur: Cursor) -> Node:
    inline = parse_inline_derivative(cur, "\\mathrm{d}")
    if inline is not None:
        return inline
    start = cur.pos
    cur.pos += 1
    return page.Call(page.Sym("\\mathrm{d}"), (parse_factor(cur),), span=cur.span(start))


def names_differential(cur: Cursor) -> bool:
    """``dW`` without a space, as course notes call a gradient; with d declared it is a product."""
    k = cur.pos + 1
    if cur.indexing or k >= cur.end or "d" in cur.scope.kinds or "d" in cur.scope.definitions:
        return False
    text = cur.texts[k]
    name = text in GREEK or text in ACCENTS or text in FONTS or text in _DIFFERENTIABLE
    return name and cur.tokens[cur.pos].end == cur.tokens[k].start


@factor("\\partial")
def parse_partial(cur: Cursor) -> Node:
    """``\\partial_w body`` or ``\\partial L / \\partial w``."""
    start = cur.pos
    inline = parse_inline_derivative(cur, "\\partial")
    if inline is not None:
        return inline
    cur.pos += 1
    order = 1
    variables: tuple[Node, ...] = ()
    while cur.text in ("_", "^"):
        if cur.take() == "_":
            variables = parse_indices(cur, *cur.argument())
        else:
            order, _ = parse_order(cur, cur.pos - 1, cur.end)
            cur.argument()
    if not variables:
        raise cur.error("\\partial by what? write \\partial_w", start)
    by = ((variables[0], order),) if len(variables) == 1 else tuple((v, 1) for v in variables)
    body = parse_signed(cur, parse_operand)
    return page.Derivative(body, by, "operator", "\\partial", span=cur.span(start))


@factor("\\nabla", "\\triangledown")
def parse_nabla(cur: Cursor) -> Node:
    start = cur.pos
    cur.pos += 1
    wrt: Node | None = None
    order = 1
    while cur.text in ("_", "^"):
        if cur.take() == "_":
            a, b = cur.unbraced(*cur.argument())
            wrt = cur.within(a, b, parse_sum)
        else:
            order, _ = parse_order(cur, cur.pos - 1, cur.end)
            cur.argument()
    if cur.text in PRODUCT_SIGNS:
        raise cur.error("a divergence or a curl is not read")
    at = cur.pos
    minus = cur.signs()
    body = parse_product(cur, operand=True)
    span = cur.span(start)

    def gradient(of: Node) -> Node:
        return page.Gradient(cur.negated(of, minus, at), wrt, order, span=span)

    if cur.partner.get(at) == cur.pos - 1:
        return gradient(body)
    match body:  # nobody transposes a scalar, or inverts it under a Hessian: the derivative is meant
        case page.Transpose(page.Call() as value):
            return page.Transpose(gradient(value), span=span)
        case page.Pow(page.Call() as value, page.Neg(page.Num(1)) as inverse) if order == 2:
            return page.Pow(gradient(value), inverse, span=span)
    return gradient(body)



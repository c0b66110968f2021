"""Page to LaTeX: never loses a parenthesis; ``symgrad.latex.read`` gives the same tree back.

>>> from symgrad.page.tree import Add, Frac, Indexed, Mul, Neg, Num, Pow, Sum, Sym
>>> i, N = Sym("i"), Sym("N")
>>> y, x = Indexed(Sym("y"), (i,)), Indexed(Sym("x"), (i,))
>>> print(to_latex(Mul((Frac(Num(1), N), Sum(Pow(Add((y, Neg(x))), Num(2)), i, Num(1), N)))))
\\frac{1}{N} \\sum_{i=1}^{N} (y_{i} - x_{i})^{2}
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..functions import LETTERS, PAGES
from ..patterns import Pattern
from .relations import LATEX
from .symbols import Symbol, symbol_of
from .tree import (
    Abs,
    Add,
    BigOp,
    Call,
    Cases,
    Chain,
    Component,
    Derivative,
    Dots,
    EntrywiseQuotient,
    Evaluated,
    Frac,
    Gradient,
    Hadamard,
    Indexed,
    Indicator,
    Inner,
    Matrix,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Prime,
    Prod,
    Relation,
    Sum,
    Sym,
    Transpose,
)

# How tightly a printed form holds together: a form stands bare where at least its level is asked for.
RELATION, SUM, HADAMARD, PRODUCT, OPEN, FACTOR, BASE = range(7)
"""OPEN forms (a sum, an operator) reach to the right: bare only as the last factor.  BASE forms take an
exponent as they are."""

FUNCTION_LETTERS = frozenset(
    ["f", "g", "h", "F", "J", "L", "\\ell", "\\phi", "\\varphi", "\\psi", "\\mathcal{L}", "\\mathcal{J}",
     "\\mathcal{R}"]
)  # fmt: skip
"""Letters that name functions by custom: before a parenthesis the reader takes them for one."""

DELTA = "\\Delta"
"""Before a name this writes a difference, ``\\Delta{w}``, which is one name."""

_TALL = Pattern(r"\\(?:frac|sum|prod|begin|binom|left)(?![A-Za-z])")
_SCRIPTED = Pattern(r"[_^']")
_SQUARE = frozenset(["\\mathbb{E}"])


def to_latex(node: Node) -> str:
    """LaTeX of a page, in the one form per construct that the reader gives back as the same tree."""
    return _form(node)[0]


def _form(node: Node) -> tuple[str, int]:
    return _PRINTERS[type(node)](node)


def _at(node: Node, level: int) -> str:
    """The node as it stands where at least ``level`` is needed."""
    text, own = _form(node)
    return text if own >= level else parenthesised(text)


def parenthesised(text: str) -> str:
    return f"\\left({text}\\right)" if _TALL.search(text) else f"({text})"


def _list(nodes: tuple[Node, ...], separator: str = ",") -> str:
    return separator.join(_at(n, SUM) for n in nodes)


def _num(node: Num) -> tuple[str, int]:
    value = Fraction(node.value)
    places = node.places
    while value * 10**places % 1 and places < 60:
        places += 1
    scaled = value * 10**places
    if scaled.denominator != 1 or value < 0:
        return f"\\frac{{{value.numerator}}}{{{value.denominator}}}", FACTOR
    if not places:
        return str(int(value)), BASE
    digits = str(int(scaled)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}", BASE


def _sym(node: Sym) -> tuple[str, int]:
    # Not every renderer knows \\operatorname; the reader takes both for the same function.
    return node.name.replace("\\operatorname{", "\\mathrm{"), FACTOR if "^" in node.name else BASE


def _indexed(node: Indexed) -> tuple[str, int]:
    return _name(node.base, "") + _scripts(node), FACTOR if node.upper else BASE


def _name(base: Node, primes: str) -> str:
    text = to_latex(base)
    bare = isinstance(base, Sym) and not _SCRIPTED.search(text)
    return (text if bare else f"{{{text}}}") + primes


def _scripts(node: Indexed) -> str:
    out = f"_{{{','.join(map(_entry, node.lower))}}}" if node.lower else ""
    if node.upper:
        left, right = (node.bracket[0], node.bracket[1]) if len(node.bracket) == 2 else ("", "")
        out += f"^{{{left}{','.join(map(_entry, node.upper))}{right}}}"
    return out


def _entry(node: Node) -> str:
    """An index; letters side by side are several, so a product shows its sign."""
    return " \\cdot ".join(_at(f, FACTOR) for f in node.factors) if isinstance(node, Mul) else to_latex(node)


def _prime(node: Prime) -> tuple[str, int]:
    marks, fn = "'" * node.order, node.fn
    if isinstance(fn, Indexed) and isinstance(fn.base, Sym):
        return _name(fn.base, marks) + _scripts(fn), FACTOR if fn.upper else BASE
    if isinstance(fn, Sym):
        return _name(fn, marks), BASE
    return parenthesised(to_latex(fn)) + marks, BASE


def _add(node: Add) -> tuple[str, int]:
    out = ""
    for term in node.terms:
        minus = isinstance(term, Neg)
        text = _at(term.arg if isinstance(term, Neg) else term, HADAMARD)
        out += (" - " if out else "-") + text if minus else (" + " if out else "") + text
    return out, SUM


def _neg(node: Neg) -> tuple[str, int]:
    return "-" + _at(node.arg, HADAMARD), SUM


def _mul(node: Mul) -> tuple[str, int]:
    out = ""
    last = len(node.factors) - 1
    dots = node.dots or frozenset()
    for k, factor in enumerate(node.factors):
        text = _at(factor, OPEN if k == last else FACTOR)
        # (x^*)! behind a name would be the factorial of a call.
        factorial = isinstance(factor, Call) and factor.fn == Sym("!") and text.startswith(("(", "\\left("))
        if out:
            dotted = k in dots or factorial or needs_sign(node.factors[k - 1], text)
            out += f" \\cdot {text}" if dotted else f" {text}"
        else:
            out = text
    return out, PRODUCT


def names_function(name: str) -> bool:
    """Does this name a function by custom (``f``, ``\\hat{f}``, ``\\mathbf{g}``)?"""
    symbol = symbol_of(name)
    marked = len(symbol.marks) == 1 and symbol == Symbol(symbol.letter, symbol.marks)
    return name in FUNCTION_LETTERS or (marked and symbol.letter in _DECORATED_FUNCTIONS)


_DECORATED_FUNCTIONS = frozenset(["f", "g", "\\phi", "\\varphi", "\\psi", "\\ell"])


def needs_sign(before: Node, text: str) -> bool:
    """Would the reader take ``before`` and what follows for one number, one name or a call?"""
    if text[0].isdigit():
        return True
    opens = text.startswith(("(", "\\left("))
    while isinstance(before, Pow | Prime | Indexed):
        if isinstance(before, Prime) and opens:
            return True
        before = before.fn if isinstance(before, Prime) else before.base
    if not isinstance(before, Sym):
        return False
    name, marks = before.name, before.symbol.marks[:1]
    if name == DELTA or name in _APPLIED or marks == ("\\operatorname",):
        return True
    if opens:
        return names_function(name) or name == "\\sigma" or marks in (("\\mathrm",), ("\\mathbb",))
    return text.startswith(("[", "\\left[")) and name in EXPECTATIONS


EXPECTATIONS = frozenset(["\\mathbb{E}", "E", "\\mathbb{P}", "P", "\\mathbb{V}", "\\mathbb{H}"])
"""Names that are applied to what stands in square brackets."""
_APPLIED = frozenset(
    [*PAGES.keys() - LETTERS, "\\lg", "\\max", "\\min", "\\sup", "\\inf", "\\det", "\\lim", "\\arg\\min",
     "\\arg\\max"]
)  # fmt: skip


def _hadamard(node: Hadamard) -> tuple[str, int]:
    return " \\odot ".join(_at(f, FACTOR) for f in node.factors), HADAMARD


def _entrywise_quotient(node: EntrywiseQuotient) -> tuple[str, int]:
    return f"{_at(node.num, FACTOR)} \\oslash {_at(node.den, FACTOR)}", HADAMARD


def _frac(node: Frac) -> tuple[str, int]:
    above, below = to_latex(node.num), to_latex(node.den)
    if re.match("d(?![A-Za-z])", above) and re.match("d[^A-Za-z]", below):
        below = "{d}" + below[1:]  # or it would be a derivative
    return f"\\frac{{{above}}}{{{below}}}", FACTOR


def _pow(node: Pow) -> tuple[str, int]:
    return f"{_at(node.base, BASE)}^{{{to_latex(node.exp)}}}", FACTOR


def _transpose(node: Transpose) -> tuple[str, int]:
    return f"{_at(node.arg, BASE)}^{{\\top}}", FACTOR


def _call(node: Call) -> tuple[str, int]:
    fn, args = node.fn, node.args
    if fn == Sym("\\sqrt") and len(args) == 1:
        return f"\\sqrt{{{to_latex(args[0])}}}", BASE
    if fn == Sym("\\sqrt") and len(args) == 2:
        return f"\\sqrt[{to_latex(args[1])}]{{{to_latex(args[0])}}}", BASE
    if fn == Sym("\\binom") and len(args) == 2:
        return f"\\binom{{{to_latex(args[0])}}}{{{to_latex(args[1])}}}", FACTOR
    if fn == Sym("!") and len(args) == 1:
        return f"{_at(args[0], BASE)}!", FACTOR
    if fn == Sym("\\{\\}"):
        return f"\\{{{_list(args, ', ')}\\}}", BASE
    if fn == Sym("\\times"):
        return " \\times ".join(_at(a, FACTOR) for a in args), PRODUCT
    if fn == Sym("\\mathrm{d}") and isinstance(args[0], Sym | Indexed):
        return f"\\mathrm{{d}}{to_latex(args[0])}", FACTOR
    if isinstance(fn, Sym) and fn.name in INTERVALS and len(args) == 2:
        return f"{fn.name[0]}{_list(args, ', ')}{fn.name[1]}", FACTOR
    inside, fn = _arguments(fn, args)
    head = to_latex(fn)
    base = fn.base if isinstance(fn, Indexed) else fn
    if isinstance(base, Sym) and base.name in _SQUARE:
        return f"{head}\\left[{inside}\\right]", BASE
    return head + parenthesised(inside), BASE


INTERVALS = ("[]", "()", "[)", "(]")


def _arguments(fn: Node, args: tuple[Node, ...]) -> tuple[str, Node]:
    base = fn.base if isinstance(fn, Indexed) else fn
    found = base.symbol.conditional if isinstance(base, Sym) else None
    if found is None:
        return ", ".join(_at(a, RELATION) for a in args), fn
    plain = Sym(found.name)
    before, behind = (", ".join(map(to_latex, part)) for part in (args[: found.before], args[found.before :]))
    inside = f"{before} {found.bar} {behind}"
    return inside, Indexed(plain, fn.lower, fn.upper, fn.bracket) if isinstance(fn, Indexed) else plain


def _bigop(node: BigOp) -> tuple[str, int]:
    sign = "\\sum" if isinstance(node, Sum) else "\\prod"
    under = node.index.name
    if node.lower is not None:
        under += "=" + _at(node.lower, SUM)
    if node.condition is not None:
        condition = to_latex(node.condition)
        if node.lower is not None:
            under += ", " + condition
        elif node.condition.lhs == node.index and node.condition.op in ("in", "!="):
            under = condition
        else:
            under += " : " + condition
    if under:
        sign += f"_{{{under}}}"
    if node.upper is not None:
        sign += f"^{{{_at(node.upper, SUM)}}}"
    return f"{sign} {_at(node.body, BASE if begins_anew(node.body, node.index) else HADAMARD)}", OPEN


def begins_anew(body: Node, index: Sym) -> bool:
    """Does a sum over this very index stand behind a factor?  It would be read as a factor beside the sum."""
    behind = False
    while isinstance(body, Mul | Neg | BigOp):
        if isinstance(body, BigOp):
            if behind and body.index == index:
                return True
            body = body.body
        elif isinstance(body, Neg):
            body = body.arg
        else:
            behind, body = True, body.factors[-1]
    return False


def _derivative(node: Derivative) -> tuple[str, int]:
    order = sum(k for _, k in node.by)
    above = node.d + (f"^{{{order}}}" if order > 1 else "")
    below = " ".join(_variable(node.d, v, k, order) for v, k in node.by)
    if node.style == "fraction":
        return f"\\frac{{{above} {_at(node.body, PRODUCT)}}}{{{below}}}", FACTOR
    return f"\\frac{{{above}}}{{{below}}} {_operand(node.body)}", OPEN


def _variable(d: str, variable: Node, k: int, order: int) -> str:
    power = f"^{{{k}}}" if k > 1 else ""
    tight = k > 1 or (isinstance(variable, Pow) and order > 1)
    text = _at(variable, BASE if tight else FACTOR)
    return f"{d} {f'{{{text}}}' if text == DELTA else text}{power}"


def _operand(body: Node) -> str:
    text, level = _form(body)
    meant_outside = isinstance(body, Transpose) and isinstance(body.arg, Call)
    inverse = isinstance(body, Pow) and isinstance(body.base, Call) and isinstance(body.exp, Neg)
    return text if level >= OPEN and not meant_outside and not inverse else parenthesised(text)


def _gradient(node: Gradient) -> tuple[str, int]:
    sign = "\\nabla" + (f"_{{{to_latex(node.wrt)}}}" if node.wrt is not None else "")
    sign += f"^{{{node.order}}}" if node.order > 1 else ""
    return f"{sign} {_operand(node.body)}", OPEN


def _norm(node: Norm) -> tuple[str, int]:
    p = f"_{{{to_latex(node.p)}}}" if node.p is not None else ""
    return f"\\left\\lVert {to_latex(node.arg)} \\right\\rVert{p}", BASE


def _abs(node: Abs) -> tuple[str, int]:
    return f"\\left\\lvert {to_latex(node.arg)} \\right\\rvert", BASE


def _inner(node: Inner) -> tuple[str, int]:
    return f"\\left\\langle {_at(node.left, SUM)}, {_at(node.right, SUM)} \\right\\rangle", BASE


def _component(node: Component) -> tuple[str, int]:
    return f"\\left[{_at(node.arg, SUM)}\\right]_{{{','.join(map(_entry, node.lower))}}}", BASE


def _indicator(node: Indicator) -> tuple[str, int]:
    return f"\\mathbb{{1}}[{to_latex(node.condition)}]", BASE


def _cases(node: Cases) -> tuple[str, int]:
    rows = " \\\\ ".join(
        f"{to_latex(value)} & " + ("\\text{otherwise}" if c is None else f"\\text{{if }} {to_latex(c)}")
        for value, c in node.branches
    )
    return f"\\begin{{cases}} {rows} \\end{{cases}}", FACTOR


def _matrix(node: Matrix) -> tuple[str, int]:
    rows = " \\\\ ".join(" & ".join(to_latex(entry) for entry in row) for row in node.rows)
    return f"\\begin{{bmatrix}} {rows} \\end{{bmatrix}}", BASE


def _evaluated(node: Evaluated) -> tuple[str, int]:
    return f"\\left. {to_latex(node.body)} \\right|_{{{to_latex(node.at)}}}", FACTOR


def _relation(node: Relation) -> tuple[str, int]:
    return f"{_at(node.lhs, SUM)} {LATEX[node.op]} {_at(node.rhs, SUM)}", RELATION


def _chain(node: Chain) -> tuple[str, int]:
    rest = "".join(f" {LATEX[op]} {_at(n, SUM)}" for op, n in node.rest)
    return _at(node.first, SUM) + rest, RELATION


_PRINTERS: dict[type[Node], Callable[[Any], tuple[str, int]]] = {
    Num: _num, Sym: _sym, Indexed: _indexed, Add: _add, Neg: _neg, Mul: _mul, Hadamard: _hadamard,
    EntrywiseQuotient: _entrywise_quotient,
    Frac: _frac, Pow: _pow, Call: _call, Prime: _prime, Sum: _bigop, Prod: _bigop,
    Derivative: _derivative, Gradient: _gradient, Transpose: _transpose, Norm: _norm, Abs: _abs,
    Inner: _inner, Component: _component, Indicator: _indicator, Cases: _cases, Matrix: _matrix,
    Dots: lambda node: ("\\dots", FACTOR), Evaluated: _evaluated, Relation: _relation, Chain: _chain,
}  # fmt: skip

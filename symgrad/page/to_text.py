"""Page to the one line of text that terminals show: unambiguous, with Greek letters, Σ, ∂ and ∇.

>>> from symgrad.page.tree import Add, Frac, Indexed, Mul, Neg, Num, Pow, Sum, Sym
>>> i, N = Sym("i"), Sym("N")
>>> y, x = Indexed(Sym("y"), (i,)), Indexed(Sym("x"), (i,))
>>> to_text(Mul((Frac(Num(1), N), Sum(Pow(Add((y, Neg(x))), Num(2)), i, Num(1), N))))
'1/N * Σ_{i=1}^N (y_i - x_i)^2'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..patterns import Pattern
from .relations import TEXT
from .symbols import Conditional
from .to_latex import (
    BASE,
    FACTOR,
    HADAMARD,
    INTERVALS,
    OPEN,
    PRODUCT,
    RELATION,
    SUM,
    begins_anew,
    needs_sign,
)
from .to_latex import to_latex as _to_latex
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

_ACCENTS = {
    "hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308",
    "check": "\u030c", "breve": "\u0306", "mathring": "\u030a",
}  # fmt: skip
_FONTS = {
    "mathbf": ("BOLD",), "boldsymbol": ("BOLD ITALIC", "BOLD"), "mathcal": ("SCRIPT",),
    "mathscr": ("SCRIPT",), "mathbb": ("DOUBLE-STRUCK",), "mathfrak": ("FRAKTUR",),
}  # fmt: skip
_SYMBOLS = {
    "infty": "∞", "ell": "ℓ", "epsilon": "ε", "varepsilon": "ɛ", "vartheta": "ϑ", "varphi": "φ",
    "phi": "ϕ", "varrho": "ϱ", "varsigma": "ς", "dagger": "†", "star": "★", "prime": "′", "lambda": "λ",
    "arg": "arg",
}  # fmt: skip
_WORD = Pattern(r"\\(?:mathrm|text|operatorname|mathsf|mathtt|mathit)\{([^{}]*)\}")
_DECORATED = Pattern(r"\\([a-zA-Z]+)\{([^{}]*)\}")


def to_text(node: Node) -> str:
    """One line of text for a page."""
    return _form(node)[0]


def _form(node: Node) -> tuple[str, int]:
    return _PRINTERS[type(node)](node)


def _at(node: Node, level: int) -> str:
    text, own = _form(node)
    return text if own >= level else f"({text})"


def _list(nodes: tuple[Node, ...], separator: str = ", ") -> str:
    return separator.join(_at(n, SUM) for n in nodes)


@lru_cache(maxsize=1024)
def name_text(name: str) -> str:
    """A canonical LaTeX name in letters.

    >>> [name_text(n) for n in (r"\\theta", r"\\hat{y}", r"\\mathrm{MSE}", r"\\mathbb{E}", "x_{1}")]
    ['θ', 'ŷ', 'MSE', '𝔼', 'x_1']
    """
    text = _WORD.sub(r"\1", name)
    text = re.sub(r"\\([a-zA-Z]+)(?![a-zA-Z{])\s*", lambda m: _letter(m[1]), text)
    while True:
        plainer = _DECORATED.sub(lambda m: _decorate(m[1], m[2]), text)
        if plainer == text:
            break
        text = plainer
    return re.sub(r"_\{(\w)\}", r"_\1", text.replace("\\_", "_"))


def _letter(command: str) -> str:
    if command in _SYMBOLS:
        return _SYMBOLS[command]
    case = "CAPITAL" if command[0].isupper() else "SMALL"
    spelled = {"lambda": "LAMDA"}.get(command.lower(), command.upper())
    try:
        return unicodedata.lookup(f"GREEK {case} LETTER {spelled}")
    except KeyError:
        return command


def _decorate(command: str, inside: str) -> str:
    if command in _ACCENTS and len(inside) == 1:
        return unicodedata.normalize("NFC", inside + _ACCENTS[command])
    if command in _FONTS and len(inside) == 1:
        for font in _FONTS[command]:
            styled = _styled(font, inside)
            if styled is not None:
                return styled
    if command == "Delta":
        return "Δ" + inside
    return f"{command}({inside})" if inside else command


def _styled(font: str, letter: str) -> str | None:
    try:
        plain = unicodedata.name(letter)
    except ValueError:
        return None
    for before, after in (
        ("LATIN CAPITAL LETTER ", "CAPITAL "), ("LATIN SMALL LETTER ", "SMALL "),
        ("GREEK CAPITAL LETTER ", "CAPITAL "), ("GREEK SMALL LETTER ", "SMALL "), ("DIGIT ", "DIGIT "),
    ):  # fmt: skip
        if plain.startswith(before):
            wanted = after + plain.removeprefix(before)
            for family in (f"MATHEMATICAL {font} {wanted}", f"{font} {wanted}"):
                try:
                    return unicodedata.lookup(family)
                except KeyError:
                    continue
    return None


def _sym(node: Sym) -> tuple[str, int]:
    return name_text(node.name), BASE


def _num(node: Num) -> tuple[str, int]:
    text = _to_latex(node)
    if text.startswith("\\frac"):
        return f"{node.value}", HADAMARD
    return text, BASE


def _script(nodes: tuple[Node, ...]) -> str:
    text = ",".join(map(to_text, nodes))
    return text if len(text) == 1 else f"{{{text}}}"


def _scripts(node: Indexed) -> str:
    out = f"_{_script(node.lower)}" if node.lower else ""
    if node.upper:
        if len(node.bracket) == 2:
            out += f"^{node.bracket[0]}{_list(node.upper, ',')}{node.bracket[1]}"
        else:
            out += f"^{_script(node.upper)}"
    return out


def _indexed(node: Indexed) -> tuple[str, int]:
    return _at(node.base, BASE) + _scripts(node), FACTOR if node.upper else BASE


def _prime(node: Prime) -> tuple[str, int]:
    marks, fn = "'" * node.order, node.fn
    if isinstance(fn, Indexed):
        return _at(fn.base, BASE) + marks + _scripts(fn), FACTOR if fn.upper else BASE
    return _at(fn, BASE) + marks, BASE


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
    for k, factor in enumerate(node.factors):
        ratio = isinstance(factor, Frac) or (isinstance(factor, Derivative) and factor.style == "fraction")
        text = _form(factor)[0] if ratio else _at(factor, OPEN if k == last else FACTOR)
        before = node.factors[k - 1]
        if not k:
            out = text
        elif k in (node.dots or ()) and not ratio and not text[0].isdigit():
            out += f" · {text}"
        elif ratio or isinstance(before, Frac | Derivative) or needs_sign(before, text):
            out += f" * {text}"
        else:
            out += f" {text}"
    return out, PRODUCT


def _hadamard(node: Hadamard) -> tuple[str, int]:
    return " ⊙ ".join(_at(f, FACTOR) for f in node.factors), HADAMARD


def _entrywise_quotient(node: EntrywiseQuotient) -> tuple[str, int]:
    return f"{_at(node.num, FACTOR)} ⊘ {_at(node.den, FACTOR)}", HADAMARD


def _frac(node: Frac) -> tuple[str, int]:
    return f"{_at(node.num, FACTOR)}/{_at(node.den, FACTOR)}", HADAMARD


def _pow(node: Pow) -> tuple[str, int]:
    exp, level = _form(node.exp)
    return f"{_at(node.base, BASE)}^{exp if level >= BASE and '_' not in exp else f'({exp})'}", FACTOR


def _transpose(node: Transpose) -> tuple[str, int]:
    return f"{_at(node.arg, BASE)}ᵀ", FACTOR


def _call(node: Call) -> tuple[str, int]:
    fn, args = node.fn, node.args
    if isinstance(fn, Sym):
        special = _CALLS.get((fn.name, len(args)), _CALLS.get((fn.name, 0)))
        found = None if special is None else special(args)
        if found is not None:
            return found
        if fn.name in INTERVALS and len(args) == 2:
            return f"{fn.name[0]}{_list(args)}{fn.name[1]}", BASE
    base = fn.base if isinstance(fn, Indexed) else fn
    conditional = base.symbol.conditional if isinstance(base, Sym) else None
    if conditional is not None:
        return _conditional(conditional, fn, args), BASE
    inside = ", ".join(map(to_text, args))
    left, right = "[]" if base == Sym("\\mathbb{E}") else "()"
    head = name_text(fn.name) if isinstance(fn, Sym) else _at(fn, FACTOR)
    return f"{head}{left}{inside}{right}", BASE


def _conditional(found: Conditional, fn: Node, args: tuple[Node, ...]) -> str:
    head = name_text(found.name) + (_scripts(fn) if isinstance(fn, Indexed) else "")
    bar = "|" if found.bar == "\\mid" else "‖"
    before, behind = (", ".join(map(to_text, k)) for k in (args[: found.before], args[found.before :]))
    return f"{head}({before} {bar} {behind})"


def _change(args: tuple[Node, ...]) -> tuple[str, int] | None:
    """dw: only of what is written in one sign."""
    return (f"d{to_text(args[0])}", FACTOR) if isinstance(args[0], Sym | Indexed) else None


_CALLS: dict[tuple[str, int], Callable[[tuple[Node, ...]], tuple[str, int] | None]] = {
    ("\\sqrt", 1): lambda args: (f"√({to_text(args[0])})", BASE),
    ("!", 1): lambda args: (f"{_at(args[0], BASE)}!", FACTOR),
    ("\\{\\}", 0): lambda args: (f"{{{_list(args)}}}", BASE),
    ("\\times", 0): lambda args: ("×".join(_at(a, FACTOR) for a in args), PRODUCT),
    ("\\mathrm{d}", 0): _change,
}
"""What is written in another way than f(x), by name and number of arguments (0: any)."""


def _bigop(node: BigOp) -> tuple[str, int]:
    under = name_text(node.index.name)
    if node.lower is not None:
        under += "=" + to_text(node.lower)
    if node.condition is not None:
        condition = to_text(node.condition)
        plain = node.lower is None and node.condition.lhs == node.index and node.condition.op in ("in", "!=")
        under = condition if plain else f"{under}{', ' if node.lower is not None else ' : '}{condition}"
    sign = ("Σ" if isinstance(node, Sum) else "∏") + (f"_{{{under}}}" if len(under) > 1 else f"_{under}")
    if node.upper is not None:
        upper = to_text(node.upper)
        sign += f"^{upper}" if upper.isalnum() else f"^({upper})"
    body = _at(node.body, BASE if begins_anew(node.body, node.index) else HADAMARD)
    return f"{sign.removesuffix('_')} {body}", OPEN


def _derivative(node: Derivative) -> tuple[str, int]:
    d = "∂" if node.d == "\\partial" else "d"
    order = sum(k for _, k in node.by)
    above = d + (f"^{order}" if order > 1 else "")
    below = " ".join(d + (_at(v, FACTOR) if k == 1 else f"{_at(v, BASE)}^{k}") for v, k in node.by)
    if len(node.by) > 1:
        below = f"({below})"
    if node.style == "fraction":
        return f"{above}{_at(node.body, FACTOR)}/{below}", HADAMARD
    return f"{above}/{below} {_operand(node.body)}", OPEN


def _operand(body: Node) -> str:
    text, level = _form(body)
    return text if level >= OPEN else f"({text})"


def _gradient(node: Gradient) -> tuple[str, int]:
    sign = "∇" + (f"_{_script((node.wrt,))}" if node.wrt is not None else "")
    return f"{sign}{f'^{node.order}' if node.order > 1 else ''} {_operand(node.body)}", OPEN


def _norm(node: Norm) -> tuple[str, int]:
    return f"‖{to_text(node.arg)}‖" + (f"_{_script((node.p,))}" if node.p is not None else ""), BASE


def _cases(node: Cases) -> tuple[str, int]:
    rows = "; ".join(
        to_text(value) + (" otherwise" if c is None else f" if {to_text(c)}") for value, c in node.branches
    )
    return f"{{{rows}}}", BASE


def _matrix(node: Matrix) -> tuple[str, int]:
    return "[" + "; ".join(", ".join(to_text(e) for e in row) for row in node.rows) + "]", BASE


def _relation(node: Relation) -> tuple[str, int]:
    return f"{_at(node.lhs, SUM)} {TEXT[node.op]} {_at(node.rhs, SUM)}", RELATION


def _chain(node: Chain) -> tuple[str, int]:
    rest = "".join(f" {TEXT[op]} {_at(n, SUM)}" for op, n in node.rest)
    return _at(node.first, SUM) + rest, RELATION


_PRINTERS: dict[type[Node], Callable[[Any], tuple[str, int]]] = {
    Num: _num, Sym: _sym, Indexed: _indexed, Add: _add, Neg: _neg, Mul: _mul, Hadamard: _hadamard,
    EntrywiseQuotient: _entrywise_quotient,
    Frac: _frac, Pow: _pow, Call: _call, Prime: _prime, Sum: _bigop, Prod: _bigop,
    Derivative: _derivative, Gradient: _gradient, Transpose: _transpose, Norm: _norm,
    Abs: lambda node: (f"|{to_text(node.arg)}|", BASE),
    Inner: lambda node: (f"⟨{_list((node.left, node.right))}⟩", BASE),
    Component: lambda node: (f"[{to_text(node.arg)}]_{_script(node.lower)}", BASE),
    Indicator: lambda node: (f"1[{to_text(node.condition)}]", BASE),
    Cases: _cases, Matrix: _matrix, Dots: lambda node: ("…", FACTOR),
    Evaluated: lambda node: (f"({to_text(node.body)})|_{{{to_text(node.at)}}}", FACTOR),
    Relation: _relation, Chain: _chain,
}  # fmt: skip

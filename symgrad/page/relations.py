r"""Relation signs, one row each: how each is written, read, printed, and what SymPy calls it.

A sign that cuts a display only, `\ll` or `\therefore`, is no sign of a formula: what it says is not judged
as it stands there.

>>> OPS["\\geqslant"], LATEX[">="], TEXT[">="], CUTS["\\ll"]
('>=', '\\ge', '≥', '<')
>>> "\\ll" in OPS, "\\implies" in ARROWS, "\\le" in ARROWS
(False, True, False)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Sign:
    """``op`` is its name in a `Relation`, ``latex`` how it is printed, ``spellings`` what else is read as it.

    ``cuts``: further commands that cut a display as it does.  An *arrow* leads from one formula to the next,
    where the others stand between the sides of a chain.
    """

    op: str
    latex: str
    kind: Literal["equality", "order", "arrow"]
    text: str = ""
    spellings: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()
    sympy: str = ""


SIGNS = (
    Sign("=", "=", "equality", sympy="Eq"),
    Sign(":=", ":=", "equality",
         spellings=("\\coloneqq", "\\triangleq", "\\doteq", "\\coloneq"),
         cuts=("\\colonequals", "\\eqdef", "\\hateq")),
    Sign("equiv", "\\equiv", "equality", "≡"),
    Sign("approx", "\\approx", "equality", "≈", ("\\simeq", "\\cong", "\\approxeq")),
    Sign("propto", "\\propto", "equality", "∝"),
    Sign("!=", "\\ne", "order", "≠", ("\\neq",), sympy="Ne"),
    Sign("<", "<", "order", spellings=("\\lt",), cuts=("\\ll",), sympy="Lt"),
    Sign("<=", "\\le", "order", "≤", ("\\leq", "\\leqslant"), cuts=("\\lesssim", "\\preceq"), sympy="Le"),
    Sign(">", ">", "order", spellings=("\\gt",), cuts=("\\gg",), sympy="Gt"),
    Sign(">=", "\\ge", "order", "≥", ("\\geq", "\\geqslant"), cuts=("\\gtrsim", "\\succeq"), sympy="Ge"),
    Sign("~", "\\sim", "arrow", spellings=("\\distas",)),
    Sign("in", "\\in", "arrow", "∈"),
    Sign("to", "\\to", "arrow", "→", ("\\rightarrow", "\\longrightarrow", "\\mapsto"),
         cuts=("\\longmapsto", "\\leadsto", "\\rightsquigarrow")),
    Sign("gets", "\\leftarrow", "arrow", "←", ("\\gets", "\\longleftarrow")),
    Sign("=>", "\\Rightarrow", "arrow", "⇒", ("\\implies", "\\Longrightarrow"),
         cuts=("\\implied",)),
    Sign("<=>", "\\Leftrightarrow", "arrow", "⇔", ("\\iff", "\\Longleftrightarrow")),
)  # fmt: skip

LATEX = {sign.op: sign.latex for sign in SIGNS}
TEXT = {sign.op: sign.text or sign.op for sign in SIGNS}
OPS = {s: sign.op for sign in SIGNS for s in (sign.latex, *sign.spellings)}
"""What the reader takes for a relation sign, and which."""
CUTS = {
    s: sign.op for sign in SIGNS if sign.kind != "arrow" for s in (sign.latex, *sign.spellings, *sign.cuts)
} | {"=:": "=:", "\\eqqcolon": "=:"}
"""What stands between the sides of a chain in a display; ``=:`` defines its right side."""
ARROWS = frozenset(
    s for sign in SIGNS if sign.kind == "arrow" for s in (sign.latex, *sign.spellings, *sign.cuts)
) | {"\\therefore", "\\because", "\\forall", "\\Leftarrow", "\\impliedby"}
"""What leads from one formula of a display to the next."""
SYMPY = {sign.op: sign.sympy for sign in SIGNS if sign.sympy}


def pattern(*ops: str) -> str:
    r"""A regular expression for the signs of a formula with these names.

    >>> pattern("<", "<=")
    '(?:<|\\\\(?:le|leq|leqslant|lt)(?![A-Za-z]))'
    """
    found = sorted(s for s, op in OPS.items() if op in ops)
    commands = "|".join(s[1:] for s in found if s[0] == "\\" and s[1:].isalpha())
    return "(?:" + "|".join([*(s for s in found if s[0] != "\\"), rf"\\(?:{commands})(?![A-Za-z])"]) + ")"

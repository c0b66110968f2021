r"""Conventions: what writers customarily mean and leave to the reader, one row each.

`CONVENTIONS` are facts that words give to a name; `ROLES` is what an equation does that begins
with a bare name (a definition, an update, a value ..), the first row that fits.  A row is its own test: it
comes out in its ``example``, and does not in its ``counterexample``.

>>> properties("A, B", "Let the symmetric matrices ", " be given.")
('A = A^\\top', 'B = B^\\top')
>>> sorted(positive("The learning rate $\\eta$ is small."))
['\\eta']
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..documents import phrases
from ..latex.tokens import DEPTHS, separated, token_at
from ..page.scope import Definition
from ..page.symbols import DEVIATIONS
from ..page.tree import Add, Indexed, Node, Sym, same, walk
from ..patterns import Pattern
from . import queries
from .findings import Kind

# --- what words say of a name --------------------------------------------------------------------------

NAME = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for the formula in the text around it


@dataclass(frozen=True, slots=True)
class Convention:
    """Where the pattern is found in a text, the fact holds of the name ``x``.

    *Said*: a hypothesis from there on.  *Customary*: no hypothesis, for nobody said it; but a step that is
    wrong only without it is not called wrong.
    """

    name: str
    pattern: Pattern
    fact: str
    strength: Literal["said", "customary"]
    example: str
    counterexample: str


_CLASS = r"(?:real|square|invertible|positive|(?:semi-?)?definite|class|0/1)"
_THING = r"(?:matrix|matrices|vectors?|labels?|targets?|variables?|outcomes?|responses?|direction)"


def _adjective(words: str) -> Pattern:
    """``a symmetric matrix $A$``, or ``$A$ is a real symmetric matrix``."""
    before = rf"(?<!not )(?<!non-)(?<!skew-)\b(?:{words})(?: {_CLASS}\b)*(?: {_THING}\b)?\s*{NAME}"
    behind = (
        rf"{NAME}\s*(?:[,(]\s*)?(?:where\s+)?(?:(?:is|are|be|being|denotes?)\s+)?"
        rf"(?:an?\s+|the\s+|both\s+|all\s+)?(?:{_CLASS}\s+)*(?:{words})"
    )
    return Pattern(f"{before}|{behind}", re.IGNORECASE)


SHARES = Convention(
    "labels and probabilities sum to one",
    Pattern(
        r"\bone[- ]?hot\b|\bcross[- ]?entropy|\b(?:sums?|adds? up) to (?:one|1|unity)\b|\bsimplex\b"
        r"|\bprobability (?:vector|distribution)|\bcategorical\b",
        re.IGNORECASE,
    ),
    "{x} = 1",  # x: a sum over all the entries of a vector
    "customary",
    example="the labels are one-hot",
    counterexample="the labels are binary",
)
SPREAD = Convention(
    "a standard deviation is positive",
    Pattern(r"\b(?:standard deviation|variance|gaussian|normal distribution)", re.IGNORECASE),
    "{x} > 0",  # x: one of the letters of deviations
    "customary",
    example="with Gaussian noise",
    counterexample="with additive noise",
)
_QUANTITY = (
    r"\b(?:standard deviation|variance|scale|rate|mass|length|width|radius|distance|frequency|temperature"
    r"|volume|area|energy|bandwidth)\b"
)
MEASURED = Convention(
    "a quantity that has a measure is positive",
    Pattern(
        rf"{_QUANTITY}[^.$\n]{{0,20}}\$\s*(?P<behind>\\?[A-Za-z]+)\s*\$"
        rf"|\$\s*(?P<before>\\?[A-Za-z]+)\s*\$[^.$\n]{{0,30}}?{_QUANTITY}",
        re.IGNORECASE,
    ),
    "{x} > 0",
    "customary",
    example="with learning rate $a$",
    counterexample="with intercept $a$",
)

CONVENTIONS = (
    Convention(
        "a symmetric matrix",
        _adjective(r"symmetric|positive[ -](?:semi-?)?definite"),
        r"{x} = {x}^\top",
        "said",
        example=f"a symmetric positive definite matrix {NAME}",
        counterexample=f"a skew-symmetric matrix {NAME}",
    ),
    Convention(
        "a unit vector",
        _adjective(r"unit(?:[ -](?:norm|length))?(?: eigen| )vectors?"),
        r"{x}^\top {x} = 1",
        "said",
        example=f"where {NAME} is a unit vector",
        counterexample=f"where {NAME} is a unit of measurement",
    ),
    Convention(
        "an orthogonal matrix",
        _adjective(r"ortho(?:gonal|normal) matri(?:x|ces)"),
        r"{x}^\top {x} = I",
        "said",
        example=f"for an orthogonal matrix {NAME}",
        counterexample=f"{NAME} is orthogonal",
    ),
    Convention(
        "a binary variable",
        _adjective("binary"),
        r"{x} \in \{{0, 1\}}",
        "said",
        example=f"the binary label {NAME}",
        counterexample=f"the binary cross-entropy {NAME}",
    ),
    Convention(
        "orthogonal vectors",
        Pattern(
            rf"{NAME}\s*(?:(?:is|are|be|being)\s+)?(?:mutually\s+)?orthogonal\b(?! matri)"
            r"(?:\s+to\s+\$(?P<y>[^$]+)\$)?",
            re.IGNORECASE,
        ),
        r"{x}^\top {y} = 0",
        "said",
        example=f"{NAME} is orthogonal to $v$",
        counterexample=f"{NAME} is an orthogonal matrix",
    ),
    Convention(
        "entries that sum to one",
        Pattern(NAME + r"[^.;:$]{0,40}\b(?:sums?|adds?) (?:up )?to (?:\$1\$|1\b|one\b)", re.IGNORECASE),
        r"\sum_{{{i}}} {x} = 1",
        "said",
        example=f"the {NAME} add up to one",
        counterexample=f"the {NAME} are positive. They add up to one",
    ),
    SHARES,
    SPREAD,
    MEASURED,
)

_WITH_INDEX = Pattern(r"\\?[A-Za-z]+(?:\{[^{}]*\})?_\{?([a-z])\}?")


def properties(formula: str, before: str, behind: str) -> tuple[str, ...]:
    """The hypotheses that the sentence around a formula states of the names in it."""
    text = f"{before}{NAME}{behind}"
    listed = re.split(r"\\in(?![A-Za-z])|\\succe?q?", formula)[0]
    names = [n.strip() for n in separated(listed)]
    out: list[str] = []
    for row in CONVENTIONS:
        found = row.pattern.search(text) if row.strength == "said" else None
        if found is None:
            continue
        if "{y}" in row.fact:
            pair = [*names, *filter(None, [found["y"]])]
            out += [row.fact.format(x=pair[0], y=pair[1])] if len(pair) == 2 else []
        elif "{i}" in row.fact:
            indexed = _WITH_INDEX.fullmatch(formula.strip())
            out += [] if indexed is None else [row.fact.format(x=names[0], i=indexed.group(1))]
        else:
            out += [row.fact.format(x=name) for name in names]
    return tuple(out)


def positive(prose: str) -> frozenset[str]:
    """Names of what is positive by its nature: of a spread, a rate, a mass."""
    found = {m["behind"] or m["before"] for m in MEASURED.pattern.finditer(prose)}
    return frozenset(found | (DEVIATIONS - {"s"} if SPREAD.pattern.search(prose) else set()))


# --- what an equation does that begins with a bare name -------------------------------------------------


@dataclass(frozen=True)
class Equation:
    """An equation that begins a chain with a bare name, where it stands, and what is known of the name."""

    name: str
    sign: str
    lhs: Node
    rhs: Node | None  # None: it cannot be read
    left: str
    right: str
    following: str  # the display from the sign on
    prose: str  # what stands before the formula
    opened: str  # the word or arrow in front of it
    inline: bool
    alone: bool  # the only relation of its chain
    carried: bool  # its left side stands in an earlier display
    limited: bool  # a condition stands beside it
    solving: bool  # an equation to be solved is in force
    known: tuple[Definition, ...]  # what is in force for the name
    declared: bool  # .. by a directive
    defined: bool  # .. by the text, for this very quantity
    elsewhere: bool  # .. in another section

    @cached_property
    def valued(self) -> bool:
        return self.rhs is not None and queries.is_constant(self.rhs)

    @cached_property
    def recurs(self) -> bool:
        """Does the name stand on the right side as well?"""
        return self.rhs is not None and any(queries.base(n) == self.name for n in walk(self.rhs))

    @cached_property
    def updates(self) -> bool:
        """``w = w - ..`` or ``w^{(t+1)} = w^{(t)} - ..``: a term of the right side is the name itself."""
        if self.rhs is None or not (isinstance(self.rhs, Add) or self.rhs == self.lhs):
            return False
        terms = queries.terms(self.rhs)
        return any(queries.base(t) == self.name and isinstance(t, Sym | Indexed) for t in terms)

    @cached_property
    def repeats(self) -> bool:
        return self.rhs is not None and any(same(d.body, self.rhs) for d in self.known)

    @cached_property
    def announced(self) -> bool:
        return self.elsewhere or phrases.ANNOUNCES.search(self.prose) is not None

    @cached_property
    def anew(self) -> bool:
        """Does it stand where a name may be defined anew: announced, or in an item of a list?"""
        return (self.announced or _ITEM.search(self.prose) is not None) and not self.limited


@dataclass(frozen=True, slots=True)
class Role:
    """What an equation is ``when`` it is so; ``kind`` None: a claim, as if it began with no name.

    ``takes``: the name is defined by it (or, where that cannot be, it is of the kind ``otherwise``), or it is
    kept in mind as something that the text says of the name.
    """

    name: str
    when: Callable[[Equation], object]
    kind: Kind | None
    example: str
    counterexample: str
    takes: Literal["nothing", "definition", "mention"] = "nothing"
    otherwise: Kind | None = None
    judge: bool = False
    soft: bool = False
    restates: bool = False
    message: str = ""


_ITEM = Pattern(r"\n[ \t]*\r?\n|\\item\b|^[ \t]*(?:[-*+|]|\d+[.)])[ \t]|\|\s*$", re.MULTILINE)
_LETTER = Pattern(r"^\s*\{?[a-zA-Z]\}?\s*$")
_DOTS = Pattern(r"dots|\.\.\.")
_BY_SIGN = (":=", "equiv")

ROLES = (
    Role(
        "an update",
        lambda e: e.recurs and (e.sign == ":=" or e.updates),
        "update",
        example=r"$$w = w - \eta g$$",
        counterexample=r"$$w = v - \eta g$$",
    ),
    Role(
        "a value, by its sign",
        lambda e: e.sign in _BY_SIGN and e.valued,
        "definition",
        example="$$a := 3$$",
        counterexample="$$a := 3 x$$",
    ),
    Role(
        "a definition by itself",
        lambda e: e.sign in _BY_SIGN and e.recurs,
        "definition",
        message="not taken up: it refers to itself",
        example=r"$$a \equiv a x$$",
        counterexample=r"$$a \equiv b x$$",
    ),
    Role(
        "a definition, by its sign",
        lambda e: e.sign in _BY_SIGN,
        "definition",
        takes="definition",
        example="$$a := b x$$",
        counterexample="$$a = b x$$",
    ),
    Role(
        "the range of an index",
        lambda e: _LETTER.match(e.left) and (e.rhs is None or e.valued) and _DOTS.search(e.following),
        "condition",
        example=r"for $k = 1, \dots, K$",
        counterexample="for $k = 1$",
    ),
    Role(
        "a declared name in passing",
        lambda e: e.declared and e.inline and e.alone,
        "claim",
        judge=True,
        soft=True,
        example="<!-- symgrad: let a = b x -->\n\nhere $a = c x$",
        counterexample="<!-- symgrad: let a = b x -->\n\nhere $$a = c x$$",
    ),
    Role(
        "a declared name",
        lambda e: e.declared,
        None,
        example="<!-- symgrad: let a = b x -->\n\n$$a = x b$$",
        counterexample="$$a = x b$$",
    ),
    Role(
        "a definition once more",
        lambda e: e.defined and e.repeats,
        None,
        example="$$a = b x$$\n\nNow recall $$a = b x$$",
        counterexample="$$a = b x$$\n\nNow recall $$a = b + x$$",
    ),
    Role(
        "a defined name in other terms",
        lambda e: e.defined and not (e.inline or e.announced),
        "claim",
        judge=True,
        restates=True,
        example="$$a = (b + c) x$$\n\nThis is $$a = b x + c x$$",
        counterexample="$$a = (b + c) x$$\n\nNow let $$a = b x + c x$$",
    ),
    Role(
        "a value of a defined name",
        lambda e: e.defined and (e.rhs is None or e.valued),
        "definition",
        example="$$a = b x$$\n\nThis is $a = 3$",
        counterexample="$$a = b x$$\n\nThis is $a = 3 x$",
    ),
    Role(
        "a name defined anew",
        lambda e: e.defined and e.anew and not (e.recurs or e.solving),
        "definition",
        takes="definition",
        example="$$a = b x$$\n\nNow let $$a = c x$$",
        counterexample="$$a = b x$$ but there $a = c x$",
    ),
    Role(
        "another meaning of a defined name, for a while",
        lambda e: e.defined,
        "definition",
        takes="mention",
        example="$$a = b x$$ but there $a = c x$",
        counterexample="$$a = b x$$\n\nNow let $a = c x$",
    ),
    Role(
        "a definition that cannot be read",
        lambda e: e.rhs is None,
        "definition",
        judge=True,
        example=r"$$a = b +$$",
        counterexample="$$a = b$$",
    ),
    Role(
        "a supposition",
        lambda e: e.inline and phrases.CONDITIONAL.search(e.prose),
        "condition",
        example="suppose $a = b x$",
        counterexample="let $a = b x$",
    ),
    Role(
        "an equation solved for the name",
        lambda e: e.solving and (e.opened or phrases.SOLVES.search(e.prose) or e.carried),
        "rewriting",
        takes="mention",
        example=r"$$\frac{d L}{d w} = 0$$" "\n\nThus $$w = y / x$$",
        counterexample="Thus $$w = y / x$$",
    ),
    Role(
        "a recurrence",
        lambda e: e.recurs and isinstance(e.lhs, Indexed),
        "definition",
        takes="definition",
        otherwise="condition",
        example="$$h_t = w h_{t-1} + x_t$$",
        counterexample="$$h_t = w g_{t-1} + x_t$$",
    ),
    Role(
        "an equation for the name",
        lambda e: e.recurs,
        "condition",
        takes="mention",
        example="$$a = f(a)$$",
        counterexample="$$a = f(b)$$",
    ),
    Role(
        "a value",
        lambda e: e.valued,
        "definition",
        example="$$a = 3$$",
        counterexample="$$a = 3 x$$",
    ),
    Role(
        "an instance",
        lambda e: e.inline and isinstance(e.rhs, Sym | Indexed) and not phrases.NAMES.search(e.prose),
        "condition",
        example="at the point $a = x$",
        counterexample="we write $a = x$",
    ),
    Role(
        "a list",
        lambda e: _is_list(e.right),
        "definition",
        example=r"$$S = \{x\}$$",
        counterexample="$$S = x y$$",
    ),
    Role(
        "a definition",
        lambda e: True,
        "definition",
        takes="definition",
        example="$$a = b x$$",
        counterexample="$$a = 3$$",
    ),
)
"""The first row that fits counts."""


def role_of(equation: Equation) -> Role:
    return next(role for role in ROLES if role.when(equation))


def _is_list(text: str) -> bool:
    """``1, 2, \\dots, n`` or ``\\{..\\}``: a set or a sequence, not a formula."""
    at = depth = 0
    while at < len(text):
        token = token_at(text, at)
        at = token.end
        if token.text == "," and not depth:
            return True
        depth += DEPTHS.get(token.text, 0) if token.text[0] != "\\" else 0  # a comma in a set lists too
    return text.strip().startswith("\\{")

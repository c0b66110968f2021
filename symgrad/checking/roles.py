r"""Roles: what a relation is where it stands (a claim, a definition, an update, a condition ..), a row each.

The first row of ``ROLES`` that fits counts.  A row is its own test: a document that ends with its ``example``
ends in this role, and one that ends with its ``counterexample`` does not.

A name that is new on the left of a chain is defined there.  Nothing that was only derived, nothing after an
equation to be solved, no update and no worked value ever becomes a definition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from ..documents import phrases
from ..documents.displays import Side
from ..documents.sides import read_side
from ..latex.tokens import DEPTHS, token_at
from ..page.tree import Add, BigOp, Call, Cases, Indexed, Node, Sym, same, walk
from ..patterns import Pattern
from . import queries
from .conditions import INDICES, Conditions, limits
from .facts import Facts
from .findings import Kind


@dataclass(frozen=True)
class Statement:
    """A relation where it stands, and what is known there."""

    facts: Facts
    sign: str
    left: Side
    right: Side
    lhs: Node | None  # None: it cannot be read
    rhs: Node | None
    head: Side  # the first side of its chain
    following: str  # the formula from here on
    prose: str  # what stands before the formula
    opened: str  # the word or arrow in front of the chain
    line: int
    inline: bool
    first: bool  # in its chain
    alone: bool  # .. the only one
    carried: bool  # its left side stands in an earlier display
    under: Conditions  # what stands beside it

    # --- the left side --------------------------------------------------------------------------------

    @cached_property
    def name(self) -> str | None:
        """The bare name with which the chain begins."""
        return queries.base(self.lhs) if self.first and self.lhs is not None else None

    @cached_property
    def begins(self) -> tuple[Literal["any", "name", "open name"], ...]:
        if self.name is None:
            return ("any",)
        given = self.declared or (self.defined and self.repeats)
        return ("any", "name") if given else ("any", "name", "open name")

    @cached_property
    def declared(self) -> bool:
        """Is the name defined by a directive?"""
        return self.name in self.facts.scope.definitions and self.name not in self.facts.sources

    @cached_property
    def defined(self) -> bool:
        """Is this very quantity defined by the text?"""
        if self.name is None or self.lhs is None or self.declared:
            return False
        return self.facts.defines(self.name, self.lhs)

    # --- the right side -------------------------------------------------------------------------------

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
        known = self.facts.scope.definitions.get(self.name or "", ())
        return self.rhs is not None and any(same(d.body, self.rhs) for d in known)

    # --- around it ------------------------------------------------------------------------------------

    @cached_property
    def differentiates(self) -> bool:
        return self.lhs is not None and queries.has_derivative(self.lhs)

    @cached_property
    def seeks(self) -> bool:
        """Does it speak of the place of an extremum?"""
        return _ARGUMENT.search(self.right.text) is not None or "\\arg" in self.left.text

    @cached_property
    def follows(self) -> bool:
        """Does an arrow or a word in front say that it follows?"""
        return self.opened.startswith("\\") or phrases.FOLLOWS.search(self.opened) is not None

    @cached_property
    def announced(self) -> bool:
        elsewhere = self.name is not None and bool(self.facts.far([self.name]))
        return elsewhere or phrases.ANNOUNCES.search(self.prose) is not None

    @cached_property
    def anew(self) -> bool:
        """Does it stand where a name may be defined anew: announced, or in an item of a list?"""
        return (self.announced or _ITEM.search(self.prose) is not None) and not self.under

    # --- the facts after it ---------------------------------------------------------------------------

    @cached_property
    def _definition(self) -> tuple[Side, Side]:
        return (self.right, self.left) if self.sign == "=:" else (self.left, self.right)

    @cached_property
    def _subject(self) -> Node | None:
        return read_side(self._definition[0], self.facts.scope).node

    @cached_property
    def holds_here_only(self) -> bool:
        """Do the conditions beside it speak of an argument or an index of what is defined?"""
        return self._subject is not None and limits(self.under, self._subject)

    @cached_property
    def taken(self) -> Facts | None:
        """The facts with this definition; None where it cannot be one from here on."""
        if self.holds_here_only:
            return None
        return self.facts.with_definition(*self._definition, self.line)

    def mentioned(self, facts: Facts, name: str | None, here: bool = False) -> Facts:
        """The text says what the name is, in an equation that is not in force; ``here``: it may be so only
        where it is said ("if $z > 0$ then $a = z$")."""
        if name is None:
            return facts
        return facts.with_untaken(*self._definition, name, self.line, here)


# --- what a relation does to the facts -------------------------------------------------------------------

_Effect = Callable[[Statement], Facts]


def _nothing(e: Statement) -> Facts:
    return e.facts


def _define(e: Statement) -> Facts:
    if e.taken is not None:
        return e.taken
    return e.mentioned(e.facts, None if e._subject is None else queries.base(e._subject))


def _mention(e: Statement) -> Facts:
    return e.mentioned(e.facts, e.name, here=e.defined and not e.anew)


def _solve(e: Statement) -> Facts:
    return replace(e.facts, solving=True)


def _define_the_head(e: Statement) -> Facts:
    """``z = \\sigma(a) = ..`` defines z, and says what sigma is."""
    whole = replace(e, left=e.head)
    return e.mentioned(_define(whole), "\\sigma")


@dataclass(frozen=True, slots=True)
class Role:
    """What a relation is ``when`` it is so; ``of``: what must stand on its left.

    *A name* is a bare one that begins the chain; it is *open* unless a directive says what it is or the
    relation is its definition once more.  ``otherwise`` is the kind of a definition that cannot be taken up.
    """

    name: str
    when: Callable[[Statement], object]
    kind: Kind
    example: str
    counterexample: str
    of: Literal["any", "name", "open name"] = "any"
    then: _Effect = _nothing
    otherwise: Kind | None = None
    judge: bool = False
    soft: bool = False  # a refutation means "it rests on the equation before", not "it is wrong"
    restates: bool = False
    message: str = ""


_ITEM = Pattern(r"\n[ \t]*\r?\n|\\item\b|^[ \t]*(?:[-*+|]|\d+[.)])[ \t]|\|\s*$", re.MULTILINE)
_LETTER = Pattern(r"^\s*\{?[a-zA-Z]\}?\s*$")
_DOTS = Pattern(r"dots|\.\.\.")
_ARGUMENT = Pattern(r"\\(?:arg|operatorname\*?\{arg)")
_NABLA = Pattern(r"\s*\\nabla\s*")
_BY_SIGN = (":=", "equiv")

ROLES = (
    Role(
        "a word in a formula",
        lambda e: e.inline and not e.left,
        "condition",
        example="for $= 3$",
        counterexample="for $a = 3$",
    ),
    Role(
        "an equation to be solved, by its sign",
        lambda e: e.sign == "condition",
        "condition",
        then=_solve,
        example=r"$$a x \overset{!}{=} b$$",
        counterexample="$$a x = b$$",
    ),
    Role(
        "a condition on indices",
        lambda e: e.sign == "=" and INDICES.fullmatch(f"{e.left.text}={e.right.text}"),
        "condition",
        example="$$i = j$$",
        counterexample="$$a = b$$",
    ),
    Role(
        "a condition, by the word before it",
        lambda e: e.sign == "=" and phrases.OPENS_A_CONDITION.match(e.opened),
        "condition",
        example=r"$$a x = b x \quad \text{if } a = b$$",
        counterexample=r"$$a x = b x \quad \text{so } a = b$$",
    ),
    Role(
        "an order",
        lambda e: e.sign in ("<", "<=", ">", ">=", "!="),
        "inequality",
        example=r"$$a^2 \ge 0$$",
        counterexample="$$a^2 = 0$$",
    ),
    Role(
        "a near value",
        lambda e: e.sign in ("approx", "propto"),
        "approximation",
        example=r"$$\pi \approx 3.14$$",
        counterexample=r"$$\pi = 3.14$$",
    ),
    Role(
        "a definition from the right, by its sign",
        lambda e: e.sign == "=:",
        "definition",
        then=_define,
        example="$$b x =: a$$",
        counterexample="$$b x = a$$",
    ),
    Role(
        "the place of an extremum",
        lambda e: e.seeks and (e.sign == ":=" or e.first),
        "definition",
        example=r"$$w = \arg\min_v L(v)$$",
        counterexample=r"$$w = \min_v L(v)$$",
    ),
    Role(
        "the place of an extremum, further on",
        lambda e: e.seeks,
        "condition",
        example=r"$$w = v = \arg\min_v L(v)$$",
        counterexample=r"$$w = v = \min_v L(v)$$",
    ),
    Role(
        "what nabla stands for",
        lambda e: _NABLA.fullmatch(e.left.text),
        "definition",
        example=r"$$\nabla = \left(\frac{\partial}{\partial x}, \frac{\partial}{\partial y}\right)$$",
        counterexample=r"$$\nabla f = 0$$",
    ),
    Role(
        "what sigma stands for",
        lambda e: not e.first and e.sign == "=" and _another_sigma(e),
        "definition",
        then=_define_the_head,
        example=r"$$z_i = \sigma(a_i) = \frac{e^{a_i}}{\sum_k e^{a_k}}$$",
        counterexample=r"$$z_i = \sigma(a_i) = \frac{1}{1 + e^{-a_i}}$$",
    ),
    Role(  # "y = f(x) = x^2": another f, for a moment
        "another meaning of a defined function, for a moment",
        lambda e: e.inline and not e.first and e.lhs is not None and queries.base(e.lhs) in e.facts.sources,
        "condition",
        example="$$f(x) = a x$$\n\nwith $y = f(x) = x^2$",
        counterexample="with $y = f(x) = x^2$",
    ),
    Role(
        "a left side that cannot be read",
        lambda e: e.lhs is None,
        "claim",
        judge=True,
        example="$$a + = b x$$",
        counterexample="$$a + b = b x$$",
    ),
    Role(
        "an update",
        lambda e: e.recurs and (e.sign == ":=" or e.updates),
        "update",
        of="name",
        example=r"$$w = w - \eta g$$",
        counterexample=r"$$w = v - \eta g$$",
    ),
    Role(
        "a value, by its sign",
        lambda e: e.sign in _BY_SIGN and e.valued,
        "definition",
        of="name",
        example="$$a := 3$$",
        counterexample="$$a := 3 x$$",
    ),
    Role(
        "a definition by itself",
        lambda e: e.sign in _BY_SIGN and e.recurs,
        "definition",
        of="name",
        message="not taken up: it refers to itself",
        example=r"$$a \equiv a x$$",
        counterexample=r"$$a \equiv b x$$",
    ),
    Role(
        "a definition, by its sign",
        lambda e: e.sign in _BY_SIGN,
        "definition",
        of="name",
        then=_define,
        example="$$a := b x$$",
        counterexample="$$a = b x$$",
    ),
    Role(
        "the range of an index",
        lambda e: _LETTER.match(e.left.text) and (e.rhs is None or e.valued) and _DOTS.search(e.following),
        "condition",
        of="name",
        example=r"for $k = 1, \dots, K$",
        counterexample="for $k = 1$",
    ),
    Role(
        "a declared name in passing",
        lambda e: e.declared and e.inline and e.alone,
        "claim",
        of="name",
        judge=True,
        soft=True,
        example="<!-- symgrad: let a = b x -->\n\nhere $a = c x$",
        counterexample="<!-- symgrad: let a = b x -->\n\nhere $$a = c x$$",
    ),
    Role(
        "a defined name in other terms",
        lambda e: e.defined and not (e.inline or e.announced),
        "claim",
        of="open name",
        judge=True,
        restates=True,
        example="$$a = (b + c) x$$\n\nThis is $$a = b x + c x$$",
        counterexample="$$a = (b + c) x$$\n\nNow let $$a = b x + c x$$",
    ),
    Role(
        "a value of a defined name",
        lambda e: e.defined and (e.rhs is None or e.valued),
        "definition",
        of="open name",
        example="$$a = b x$$\n\nThis is $a = 3$",
        counterexample="$$a = b x$$\n\nThis is $a = 3 x$",
    ),
    Role(
        "a name defined anew",
        lambda e: e.defined and e.anew and not (e.recurs or e.facts.solving),
        "definition",
        of="open name",
        then=_define,
        example="$$a = b x$$\n\nNow let $$a = c x$$",
        counterexample="$$a = b x$$ but there $a = c x$",
    ),
    Role(
        "another meaning of a defined name, for a while",
        lambda e: e.defined,
        "definition",
        of="open name",
        then=_mention,
        example="$$a = b x$$ but there $a = c x$",
        counterexample="$$a = b x$$\n\nNow let $a = c x$",
    ),
    Role(
        "a definition that cannot be read",
        lambda e: e.rhs is None,
        "definition",
        of="open name",
        judge=True,
        example=r"$$a = b +$$",
        counterexample="$$a = b$$",
    ),
    Role(
        "a supposition",
        lambda e: e.inline and phrases.CONDITIONAL.search(e.prose),
        "condition",
        of="open name",
        example="suppose $a = b x$",
        counterexample="let $a = b x$",
    ),
    Role(
        "an equation solved for the name",
        lambda e: e.facts.solving and (e.opened or phrases.SOLVES.search(e.prose) or e.carried),
        "rewriting",
        of="open name",
        then=_mention,
        example=r"$$\frac{d L}{d w} = 0$$" "\n\nThus $$w = y / x$$",
        counterexample="Thus $$w = y / x$$",
    ),
    Role(
        "a recurrence",
        lambda e: e.recurs and isinstance(e.lhs, Indexed),
        "definition",
        of="open name",
        then=_define,
        otherwise="condition",
        example="$$h_t = w h_{t-1} + x_t$$",
        counterexample="$$h_t = w g_{t-1} + x_t$$",
    ),
    Role(
        "an equation for the name",
        lambda e: e.recurs,
        "condition",
        of="open name",
        then=_mention,
        example="$$a = f(a)$$",
        counterexample="$$a = f(b)$$",
    ),
    Role(
        "a value",
        lambda e: e.valued,
        "definition",
        of="open name",
        example="$$a = 3$$",
        counterexample="$$a = 3 x$$",
    ),
    Role(
        "an instance",
        lambda e: e.inline and isinstance(e.rhs, Sym | Indexed) and not phrases.NAMES.search(e.prose),
        "condition",
        of="open name",
        example="at the point $a = x$",
        counterexample="we write $a = x$",
    ),
    Role(
        "a list",
        lambda e: _is_list(e.right.text),
        "definition",
        of="open name",
        example=r"$$S = \{x\}$$",
        counterexample="$$S = x y$$",
    ),
    Role(
        "a definition",
        lambda e: True,
        "definition",
        of="open name",
        then=_define,
        example="$$a = b x$$",
        counterexample="$$a = 3$$",
    ),
    Role(
        "a definition of no bare name, by its sign",
        lambda e: e.sign == ":=" and e.first and e.name is None and e.rhs is not None
        and not e.differentiates and (e.holds_here_only or e.taken is not None),
        "definition",
        then=_define,
        example="$$f(2 x) := x^2$$",
        counterexample="$$f(2 x) = x^2$$",
    ),
    Role(  # what follows may rest on it; whether it is a condition is known when it is judged
        "a derivative that is zero",
        lambda e: e.rhs is not None and queries.is_zero(e.rhs) and e.differentiates,
        "claim",
        then=_solve,
        judge=True,
        soft=True,
        example=r"$$\frac{d L}{d w} = 0$$",
        counterexample=r"$$\frac{d L}{d w} = 1$$",
    ),
    Role(
        "a quantity that is zero",
        lambda e: e.rhs is not None and queries.is_zero(e.rhs),
        "claim",
        judge=True,
        soft=True,
        example="$$a x - b = 0$$",
        counterexample="$$a x - b = 1$$",
    ),
    Role(
        "what is supposed in passing",
        lambda e: e.inline and e.alone and phrases.CONDITIONAL.search(e.prose),
        "condition",
        example="an $x$ such that $a x = b$",
        counterexample="an $x$ with $a x = b$",
    ),
    Role(
        "an equation to be solved, by the words before it",
        lambda e: phrases.SETS_TO_ZERO.search(e.prose) and not e.differentiates,
        "condition",
        then=_solve,
        example="Setting the slope to zero, $$a x = b$$",
        counterexample="The slope is not zero. $$a x = b$$",
    ),
    Role(  # "so that the shares sum to 1"
        "a value that is stated in passing",
        lambda e: e.inline and e.alone and e.valued and e.lhs is not None
        and not queries.rests_on_definitions(e.lhs, e.facts.scope),
        "claim",
        judge=True,
        soft=True,
        example="so that $a + b = 1$",
        counterexample="so that $$a + b = 1$$",
    ),
    Role(
        "what follows from an equation to be solved",
        lambda e: e.facts.solving and (e.follows or phrases.SOLVES.search(e.prose)),
        "claim",
        judge=True,
        soft=True,
        example=r"$$\frac{d L}{d w} = 0$$" "\n\nThus $$w x = y$$",
        counterexample="Thus $$w x = y$$",
    ),
    Role(
        "a claim",
        lambda e: True,
        "claim",
        judge=True,
        example="$$2 x + x = 3 x$$",
        counterexample="$$y = 3 x$$",
    ),
)


def role_of(statement: Statement) -> Role:
    return next(role for role in ROLES if role.of in statement.begins and role.when(statement))


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


_SIGMA = Sym("\\sigma")


def _another_sigma(e: Statement) -> bool:
    """``z_i = \\sigma(a_i) = \\frac{e^{a_i}}{\\sum_k e^{a_k}}`` says what the author's sigma is: not the
    logistic function, where there are sums, maxima or other functions in it."""
    scope = e.facts.scope
    if not isinstance(e.lhs, Call) or e.lhs.fn != _SIGMA or "\\sigma" in (*scope.definitions, *scope.kinds):
        return False
    own = (_SIGMA, Sym("\\exp"))
    return e.rhs is not None and any(
        isinstance(n, BigOp | Cases) or (isinstance(n, Call) and n.fn not in own) for n in walk(e.rhs)
    )

"""Classification: what each relation of a formula is: a claim, a definition, an update, a condition ..

A name that is new on the left of a chain is defined there.  Nothing that was only derived, nothing after
an equation to be solved, no update and no worked value ever becomes a definition.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..documents import phrases
from ..documents.displays import Chain, Link, Side
from ..documents.model import Region
from ..documents.sides import Reading, read_side
from ..errors import SymgradError
from ..page.scope import Scope
from ..page.to_latex import to_latex
from ..page.tree import BigOp, Call, Cases, Indexed, Node, Relation, Sym, substitute, walk
from . import queries
from .conditions import INDICES, NOTHING, Conditions, limits, of_link
from .conventions import Equation, role_of
from .facts import Facts
from .findings import Kind

SIGMA = Sym("\\sigma")


@dataclass(slots=True)
class Classified:
    """A step on its way: sides, readings, what it was classified as."""

    link: Link
    region: Region
    lhs: Reading
    rhs: Reading
    scope: Scope
    kind: Kind
    judge: bool
    restates: str | None = None  # the name that is defined again
    soft: bool = False  # a refutation means "it rests on the equation before", not "it is wrong"
    message: str = ""
    under: Conditions = NOTHING  # what is said beside it
    elsewhere: bool = False  # other rows of its display have conditions of their own
    alone: bool = False  # the only step of its chain
    head: Node | None = None  # the first side of its chain
    key: tuple[int, int] = (0, 0)


class Classifier:
    """Classifies the steps of a document in reading order and takes up what they define."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.solving = False  # an equation to be solved is in force
        self.last: Side | None = None  # the end of the last display
        self.under = Conditions()  # what is said beside the link at hand

    def chain(
        self, region: Region, chain: Chain, prose: str, around: Conditions = NOTHING
    ) -> list[Classified]:
        out: list[Classified] = []
        held = NOTHING  # \partial a_{j \neq i}: what the indices of the chain say
        for k, link in enumerate(chain.links):
            lhs_side = link.lhs
            if (
                k == 0
                and chain.carries
                and not lhs_side
                and self.last is not None
                and region.kind == "display"
            ):
                lhs_side = self.last
                link = replace(link, lhs=lhs_side)
            if k and out:
                left = out[-1].rhs
            elif not lhs_side:
                left = Reading(None, SymgradError("nothing stands on the left side"))
            else:
                left = read_side(lhs_side, self.facts.scope)
            right = (
                read_side(link.rhs, self.facts.scope)
                if link.rhs
                else Reading(None, SymgradError("nothing stands on the right side"))
            )
            (left, one), (right, other) = _indices_apart(left), _indices_apart(right)
            held += Conditions((*one, *other))
            self.under = around + of_link(region, chain, link) + held
            step = self.classify(region, chain, k, link, left, right, prose)
            step.under = self.under
            step.key = (region.index, link.start)
            step.alone = len(chain.links) == 1
            step.head = out[0].lhs.node if out else step.lhs.node
            out.append(step)
        return out

    def classify(
        self, region: Region, chain: Chain, k: int, link: Link, left: Reading, right: Reading, prose: str
    ) -> Classified:
        scope = self.facts.scope

        def classified(kind: Kind, judge: bool = False, **more: Any) -> Classified:
            return Classified(link, region, left, right, scope, kind, judge, **more)

        sign = link.sign
        if region.kind == "inline" and not link.lhs:
            return classified("condition")
        if sign == "condition":
            self.solving = True
            return classified("condition")
        indices = INDICES.fullmatch(f"{link.lhs.text}={link.rhs.text}") is not None
        if sign == "=" and (indices or phrases.OPENS_A_CONDITION.match(chain.opened)):
            return classified("condition")
        if sign in ("<", "<=", ">", ">=", "!="):
            return classified("inequality")
        if sign in ("approx", "propto"):
            return classified("approximation")
        if sign == "=:":
            self.define(link.rhs, link.lhs, region, link)
            return classified("definition")
        lhs, rhs = left.node, right.node
        if re.search(r"\\(?:arg|operatorname\*?\{arg)", link.rhs.text) or re.search(r"\\arg", link.lhs.text):
            return classified("definition" if sign == ":=" or k == 0 else "condition")
        if re.fullmatch(r"\s*\\nabla\s*", link.lhs.text):
            return classified("definition")
        if k and sign == "=" and lhs is not None and rhs is not None and _another_sigma(lhs, rhs, scope):
            self.define(chain.links[0].lhs, link.rhs, region, link)
            self.leave("\\sigma", link, region)
            return classified("definition")
        name = None if lhs is None or k else queries.base(lhs)
        if k and region.kind == "inline" and lhs is not None and queries.base(lhs) in self.facts.sources:
            return classified("condition")  # "y = f(x) = x^2": another f, for a moment
        if lhs is None:
            return classified("claim", judge=True)
        if name is not None:
            ready = self.named(region, chain, link, name, lhs, rhs, prose, classified)
            if ready is not None:
                return ready
        elif sign == ":=" and k == 0 and rhs is not None and not queries.has_derivative(lhs) and (
            self.define(link.lhs, link.rhs, region, link)
        ):
            return classified("definition")
        if rhs is not None and queries.is_zero(rhs):
            # What follows may rest on it; whether it is a condition is known when it is judged.
            self.solving = self.solving or queries.has_derivative(lhs)
            return classified("claim", judge=True, soft=True)
        alone = region.kind == "inline" and len(chain.links) == 1
        if alone and phrases.CONDITIONAL.search(prose):
            return classified("condition")
        if phrases.SETS_TO_ZERO.search(prose) and not queries.has_derivative(lhs):
            self.solving = True
            return classified("condition")
        number = alone and rhs is not None and queries.is_constant(rhs)
        stated = number and not queries.rests_on_definitions(lhs, scope)  # "so that the shares sum to 1"
        opened = chain.opened.startswith("\\") or phrases.FOLLOWS.search(chain.opened)
        follows = self.solving and bool(opened or phrases.SOLVES.search(prose))
        return classified("claim", judge=True, soft=stated or follows)

    def named(
        self,
        region: Region,
        chain: Chain,
        link: Link,
        name: str,
        lhs: Node,
        rhs: Node | None,
        prose: str,
        classified: Callable[..., Classified],
    ) -> Classified | None:
        """A chain that begins with a bare name, by what it customarily does; None: a claim."""
        known = self.facts.scope.definitions.get(name, ())
        declared = bool(known) and name not in self.facts.sources
        equation = Equation(
            name,
            link.sign,
            lhs,
            rhs,
            link.lhs.text,
            link.rhs.text,
            following=region.body[link.start :],
            prose=prose,
            opened=chain.opened,
            inline=region.kind == "inline",
            alone=len(chain.links) == 1,
            carried=chain.links[0] is not link,
            limited=bool(self.under),
            solving=self.solving,
            known=known,
            declared=declared,
            defined=not declared and self.facts.defines(name, lhs),
            elsewhere=bool(self.facts.far([name])),
        )
        role = role_of(equation)
        kind = role.kind
        if kind is None:
            return None
        if role.takes == "definition" and not self.define(link.lhs, link.rhs, region, link):
            kind = role.otherwise or kind
        elif role.takes == "mention":
            self.leave(name, link, region, here=equation.defined and not equation.anew)
        restates = name if role.restates else None
        return classified(kind, role.judge, soft=role.soft, restates=restates, message=role.message)

    def define(self, lhs: Side, rhs: Side, region: Region, link: Link) -> bool:
        node = read_side(lhs, self.facts.scope).node
        there = node is not None and limits(self.under, node)  # it holds there only
        line, _ = region.position(link.start)
        taken = not there and self.facts.define(lhs, rhs, line)
        name = None if node is None else queries.base(node)
        if name is not None and not taken:
            self.leave(name, link, region)
        return there or taken

    def leave(self, name: str, link: Link, region: Region, here: bool = False) -> None:
        """Keep in mind that the text says what the name is, in an equation that is not in force; ``here``:
        it may be so only where it is said ("if $z > 0$ then $a = z$")."""
        line, _ = region.position(link.start)
        lhs, rhs = (link.rhs, link.lhs) if link.sign == "=:" else (link.lhs, link.rhs)
        self.facts.leave(lhs, rhs, name, line, here)


def _another_sigma(lhs: Node, rhs: Node, scope: Scope) -> bool:
    """``z_i = \\sigma(a_i) = \\frac{e^{a_i}}{\\sum_k e^{a_k}}`` says what the author's sigma is: not the
    logistic function, where there are sums, maxima or other functions in it."""
    if not isinstance(lhs, Call) or lhs.fn != SIGMA or "\\sigma" in (*scope.definitions, *scope.kinds):
        return False
    own = (SIGMA, Sym("\\exp"))
    return any(
        isinstance(n, BigOp | Cases) or (isinstance(n, Call) and n.fn not in own) for n in walk(rhs)
    )


def _indices_apart(side: Reading) -> tuple[Reading, tuple[str, ...]]:
    """A side with j for the index ``j \\neq i``, and such conditions."""
    entries = (k for n in walk(side.node) if isinstance(n, Indexed) for k in n.lower) if side.node else ()
    found = [k for k in entries if isinstance(k, Relation) and k.op == "!="]
    if side.node is None or not found:
        return side, ()
    node = substitute(side.node, {k: k.lhs for k in found})
    return replace(side, node=node), tuple(to_latex(k) for k in found)

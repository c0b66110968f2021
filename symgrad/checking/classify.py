"""Classification: each relation of a formula read, with its role and what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..documents.displays import Chain, Link, Side
from ..documents.model import Region
from ..documents.sides import Reading, read_side
from ..errors import SymgradError
from ..page.scope import Scope
from ..page.to_latex import to_latex
from ..page.tree import Indexed, Node, Relation, substitute, walk
from .conditions import NOTHING, Conditions, of_link
from .facts import Facts
from .findings import Kind
from .roles import Statement, role_of


@dataclass(frozen=True, slots=True)
class Classified:
    """A relation on its way to the judge: its sides, what it was classified as, and where it stands."""

    link: Link
    region: Region
    lhs: Reading
    rhs: Reading
    scope: Scope
    kind: Kind
    judge: bool
    key: tuple[int, int]  # the region and the offset in it
    line: int
    head: Node | None = None  # the first side of its chain
    alone: bool = False  # the only relation of its chain
    under: Conditions = NOTHING  # what is said beside it
    elsewhere: bool = False  # other rows of its display have conditions of their own
    restates: str | None = None  # the name that is defined again
    soft: bool = False  # a refutation means "it rests on the equation before", not "it is wrong"
    message: str = ""


def classify(
    region: Region,
    chain: Chain,
    facts: Facts,
    prose: str,
    around: Conditions = NOTHING,
    last: Side | None = None,
) -> tuple[list[Classified], Facts]:
    """The relations of a chain, and what is in force behind it.

    ``prose`` is what stands before its formula, ``around`` what the sentence says, and ``last`` the last
    side of the display before it, from which it may go on.
    """
    out: list[Classified] = []
    held = NOTHING  # \partial a_{j \neq i}: what the indices of the chain say
    for k, link in enumerate(chain.links):
        carried = k == 0 and chain.carries and not link.lhs and last is not None
        if carried:
            assert last is not None
            link = replace(link, lhs=last)
        left = out[-1].rhs if out else _read(link.lhs, "left", facts)
        (left, one), (right, other) = _indices_apart(left), _indices_apart(_read(link.rhs, "right", facts))
        held += Conditions((*one, *other))
        line, _ = region.position(link.start)
        statement = Statement(
            facts,
            link.sign,
            link.lhs,
            link.rhs,
            left.node,
            right.node,
            head=chain.links[0].lhs,
            following=region.body[link.start :],
            prose=prose,
            opened=chain.opened,
            line=line,
            inline=region.kind == "inline",
            first=k == 0,
            alone=len(chain.links) == 1,
            carried=carried,
            under=around + of_link(region, chain, link) + held,
        )
        role = role_of(statement)
        kind = role.kind
        if role.otherwise is not None and statement.taken is None and not statement.holds_here_only:
            kind = role.otherwise
        out.append(
            Classified(
                link,
                region,
                left,
                right,
                facts.scope,
                kind,
                role.judge,
                (region.index, link.start),
                line,
                head=out[0].lhs.node if out else left.node,
                alone=statement.alone,
                under=statement.under,
                restates=statement.name if role.restates else None,
                soft=role.soft,
                message=role.message,
            )
        )
        facts = role.then(statement)
    return out, facts


def _read(side: Side, which: str, facts: Facts) -> Reading:
    if not side:
        return Reading(None, SymgradError(f"nothing stands on the {which} side"))
    return read_side(side, facts.scope)


def _indices_apart(side: Reading) -> tuple[Reading, tuple[str, ...]]:
    """A side with j for the index ``j \\neq i``, and such conditions."""
    entries = (k for n in walk(side.node) if isinstance(n, Indexed) for k in n.lower) if side.node else ()
    found = [k for k in entries if isinstance(k, Relation) and k.op == "!="]
    if side.node is None or not found:
        return side, ()
    node = substitute(side.node, {k: k.lhs for k in found})
    return replace(side, node=node), tuple(to_latex(k) for k in found)

"""Filling: the verb of a region carried out, in the document's own syntax."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..documents.model import Region
from ..errors import InputError, SpannedError
from ..reporting.model import Claim, Lines, Mark, Part, Row, Table, Text
from ..reporting.rendering import aligned
from .flavors import Flavor, display, prose, table
from .regions import Request

if TYPE_CHECKING:
    from ..page.scope import Macro, Scope


@dataclass(frozen=True, slots=True)
class Filling:
    """The text of a region; ``holds`` is False where something in it is not proved."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Context:
    """What is in force where a region stands: directive lines and macro definitions, in reading order.

    ``document`` is the whole text of its file, ``after`` the line (and ``cell``) behind the region.
    """

    directives: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    document: str = ""
    kind: str = "md"
    after: int = 0
    cell: int | None = None

    @classmethod
    def above(cls, regions: Iterable[Region]) -> Context:
        """What these regions of a document put in force."""
        found = [r for r in regions if r.kind in ("directive", "macro")]
        return cls(
            tuple(r.body for r in found if r.kind == "directive" and r.body.split()[0] in ("let", "assume")),
            tuple(r.body for r in found if r.kind == "macro"),
        )

    def scope(self, given: Iterable[str] = ()) -> Scope:
        from ..latex import read_macro_definitions
        from ..meaning.directives import read_directives
        from ..page.scope import Scope

        macros = read_macro_definitions("\n".join(self.macros))
        return read_directives([*self.directives, *given], Scope(macros=macros))


def fill(request: Request, context: Context, flavor: Flavor) -> Filling:
    """Carry out a request; an InputError says what was wrong with it.

    >>> done = fill(Request("prove", ("a + a = 2 a",)), Context(), "github")
    >>> done.holds, done.text.splitlines()[2]
    (True, 'a + a &= 2 a &&  && \\\\checkmark\\\\ \\\\text{proved}')
    """
    parts, holds = carried_out(request, context)
    macros = context.scope(request.given).macros if request.verb in ("derive", "gap", "prove") else {}
    label, blocks = request.label, list[str]()
    for part in parts:
        match part:
            case Text(said):
                blocks.append(prose(said, flavor))
            case Table(header, rows):
                cells = [[prose(cell, flavor) for cell in row] for row in (header, *rows)]
                blocks.append(table(cells[0], cells[1:], flavor))
            case Lines() | Claim():
                judged = any(row.mark or row.note for row in part.rows)
                blocks.append(display([_own(row, macros) for row in aligned(part)], label * judged, flavor))
                label = "" if judged else label  # one a region, for the first display behind the setting
    return Filling("\n\n".join(blocks), holds)


def carried_out(request: Request, context: Context) -> _Result:
    """The parts that a request asks for, and whether everything in them is proved."""
    try:
        return _VERBS[request.verb](request, context)
    except SpannedError as error:
        raise InputError(str(error)) from error


_Result = tuple[list[Part], bool]


def _derive(request: Request, context: Context) -> _Result:
    from ..proving import derive
    from ..reporting import proof, setting

    given: list[Part] = []
    what, scope = _what(request.what[0]), context.scope(request.given)
    if isinstance(what, str):
        from ..deriving.derivation import derive_node
        from ..latex import read

        derivation = derive_node(read(what, scope), read(request.wrt, scope), scope)
    else:
        derivation = derive(what, request.wrt, given=request.given)
        given = [setting(what)]
    lines = proof(derivation)
    holds = not derivation.reason and all(row.mark.word == "proved" for row in lines.rows if row.mark)
    return [*given, lines, *map(Text, (*lines.remarks, *_assumed(lines.assuming)))], holds


def _what(name: str) -> Any:
    """A loss of the library by its name, anything else is a formula."""
    from ..losses.gallery import known, named

    if name in known() or re.fullmatch(r"[a-z]{3,}(-[a-z]{3,})+", name):
        return named(name)
    return name


def _gap(request: Request, context: Context) -> _Result:
    from ..losses.averaging import gap
    from ..losses.library import read_loss
    from ..reporting.parts import compared, compared_setting

    what, scope = _what(request.what[0]), context.scope(request.given)
    if isinstance(what, str):
        what = read_loss(what, scope)
    found = gap(what, request.wrt)
    parts: list[Part] = [compared_setting(found)]
    for part in compared(found, found.verdicts["zero"].status):
        if isinstance(part, Lines | Claim) and part.title:
            parts.append(Text(part.title if part.title.endswith("?") else f"{part.title}:"))
        parts.append(part)
    return parts, all(found.verdicts[key].status == "proved" for key in ("sum", "difference"))


def _prove(request: Request, context: Context) -> _Result:
    from ..latex import read
    from ..meaning.judging import prove_nodes
    from ..page.to_latex import to_latex
    from ..page.tree import Chain, Relation

    scope = context.scope(request.given)
    node = read(request.what[0], scope)
    links = node.relations() if isinstance(node, Chain) else (node,)
    rows: list[Row] = []
    said: list[str] = []
    holds = True
    for link in links:
        if not isinstance(link, Relation) or link.op != "=":
            raise InputError("an equality 'LHS = RHS' or a chain of them is needed")
        verdict = prove_nodes(link.lhs, link.rhs, scope)
        mark = Mark.of(verdict)
        rows.append(Row("" if rows else to_latex(link.lhs), to_latex(link.rhs), "", mark, mark.relation))
        said += [f"Refuted: `{verdict.witness}`."] * (verdict.witness is not None)
        said += [f"Undecided: {verdict.reason}."] * (verdict.status == "undecided")
        said += _assumed(verdict.assuming)
        holds = holds and bool(verdict)
    return [Lines(tuple(rows)), *map(Text, dict.fromkeys(said))], holds


def _table(request: Request, context: Context) -> _Result:
    from ..losses.gallery import compare

    found = compare(*request.what)
    return [Table(found.header, found.rows)], True


def _status(request: Request, context: Context) -> _Result:
    from ..checking import check_text

    result = check_text(context.document, context.kind)
    later = [d for d in result.derivations if d.cell == context.cell and d.line >= context.after]
    if not later:
        raise InputError("no derivation follows this region")
    judged = sum(step.verdict is not None for step in later[0].steps)
    wrong = [(n, s.verdict) for n, s in enumerate(later[0].steps, 1) if s.verdict not in (None, "proved")]
    steps = f"{judged} step{'s' * (judged != 1)}"
    if not wrong:
        return [Text(f"symgrad: {steps} proved.")], judged > 0
    told = "; ".join(f"step {n} {verdict}" for n, verdict in wrong)
    return [Text(f"symgrad: of {steps} {judged - len(wrong)} proved; {told}.")], False


_VERBS = {"derive": _derive, "gap": _gap, "prove": _prove, "table": _table, "check-status": _status}


def _assumed(assuming: Sequence[str]) -> list[str]:
    return [f"Assumed: {', '.join(f'`{a}`' for a in assuming)}."] if assuming else []


def _own(latex: str, macros: Mapping[str, Macro]) -> str:
    r"""The document's own macros without arguments in place of what they stand for.

    >>> from symgrad.latex import read_macro_definitions
    >>> _own(r"\mathbf{x}^\top w", read_macro_definitions(r"\newcommand{\bx}{\mathbf{x}}"))
    '\\bx^\\top w'
    """
    for name, macro in sorted(macros.items(), key=lambda item: -len(item[1].body)):
        body = macro.body.strip()
        if macro.arity == 0 and body.startswith("\\") and body.endswith("}"):
            command = name if name.startswith("\\") else "\\" + name
            # a space where a letter follows, which would lengthen the command
            latex = latex.replace(body, command + "\0")
            latex = re.sub("\0(?=[A-Za-z])", " ", latex).replace("\0", "")
    return latex

"""What a region should hold: its verb carried out, in the document's own spellings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError, SpannedError
from .flavors import Flavor, display, prose, table
from .regions import Request

if TYPE_CHECKING:
    from ..reporting import Claim, Lines
    from ..scope import Macro, Scope


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

    def scope(self, given: Iterable[str] = ()) -> Scope:
        from ..directives import read_directives
        from ..latex import read_macro_definitions
        from ..scope import Scope

        macros = read_macro_definitions("\n".join(self.macros))
        return read_directives([*self.directives, *given], Scope(macros=macros))


def fill(request: Request, context: Context, flavor: Flavor) -> Filling:
    """Carry out a request; an InputError says what was wrong with it.

    >>> done = fill(Request("prove", ("a + a = 2 a",)), Context(), "github")
    >>> done.holds, done.text.splitlines()[2]
    (True, 'a + a &= 2 a &&  && \\\\checkmark\\\\ \\\\text{proved}')
    """
    try:
        blocks, holds = _VERBS[request.verb](request, context, flavor)
    except SpannedError as error:
        raise InputError(str(error)) from error
    return Filling("\n\n".join(blocks), holds)


_Blocks = tuple[list[str], bool]


def _derive(request: Request, context: Context, flavor: Flavor) -> _Blocks:
    from ..proving import derive
    from ..reporting import proof

    what, scope = _what(request.what[0]), context.scope(request.given)
    if isinstance(what, str):
        from ..derivation import derive_node
        from ..latex import read

        derivation = derive_node(read(what, scope), read(request.wrt, scope), scope)
    else:
        derivation = derive(what, request.wrt, given=request.given)
    lines = proof(derivation)
    holds = not derivation.reason and all(row.mark.word == "proved" for row in lines.rows if row.mark)
    said = [*lines.remarks, *_assumed(lines.assuming)]
    return [_display(lines, request.label, flavor, scope), *(prose(s, flavor) for s in said)], holds


def _what(name: str) -> Any:
    """A problem of the library by its name, anything else is a formula."""
    from ..problems import PROBLEMS

    return PROBLEMS[name]() if name in PROBLEMS else name


def _gap(request: Request, context: Context, flavor: Flavor) -> _Blocks:
    from ..averaging import gap
    from ..bridge import to_sympy
    from ..latex import read
    from ..reporting import Claim, Lines, Text, compared

    what, scope = _what(request.what[0]), context.scope(request.given)
    if isinstance(what, str):
        what = to_sympy(read(what, scope), scope, unfold=True)
    found = gap(what, request.wrt)
    blocks: list[str] = []
    label = request.label
    for part in compared(found, "proved" if found.zero else "refuted"):
        match part:
            case Text():
                blocks.append(prose(part.prose, flavor))
            case Lines() | Claim():
                if part.title:
                    blocks.append(prose(part.title if part.title.endswith("?") else f"{part.title}:", flavor))
                blocks.append(_display(part, label, flavor, scope))
                label = ""  # one label a region: it names the three gradients
    verdicts = [v for key, v in found.verdicts.items() if key in ("sum", "difference")]
    return blocks, all(verdict.status == "proved" for verdict in verdicts)


def _prove(request: Request, context: Context, flavor: Flavor) -> _Blocks:
    from ..judging import prove_nodes
    from ..latex import read
    from ..page import Chain, Relation
    from ..reporting import Lines, Mark, Row
    from ..show.latex import to_latex

    scope = context.scope(request.given)
    node = read(request.what[0], scope)
    links = node.relations() if isinstance(node, Chain) else (node,)
    rows: list[Row] = []
    said: list[str] = []
    holds = True
    for link in links:
        if not isinstance(link, Relation) or link.op != "=":
            raise InputError("prove takes an equality 'LHS = RHS' or a chain of them")
        verdict = prove_nodes(link.lhs, link.rhs, scope)
        mark = Mark.of(verdict)
        rows.append(Row("" if rows else to_latex(link.lhs), to_latex(link.rhs), "", mark, mark.relation))
        said += [f"Refuted {verdict.witness}."] * (verdict.witness is not None)
        said += [f"Undecided: {verdict.reason}."] * (verdict.status == "undecided")
        said += _assumed(verdict.assuming)
        holds = holds and bool(verdict)
    shown = [prose(re.sub(r"^Refuted (.*)\.$", r"Refuted `\1`.", s), flavor) for s in dict.fromkeys(said)]
    return [_display(Lines(tuple(rows)), request.label, flavor, scope), *shown], holds


def _table(request: Request, context: Context, flavor: Flavor) -> _Blocks:
    from ..gallery import compare

    found = compare(*request.what)
    cells = [[prose(cell, flavor) for cell in row] for row in found.rows]
    return [table([prose(h, flavor) for h in found.header], cells, flavor)], True


def _status(request: Request, context: Context, flavor: Flavor) -> _Blocks:
    from ..checking import check_text

    result = check_text(context.document, context.kind)
    later = [d for d in result.derivations if d.cell == context.cell and d.line >= context.after]
    if not later:
        raise InputError("no derivation follows this region")
    steps = [s for s in later[0].steps if s.verdict is not None]
    wrong = [n for n, s in enumerate(later[0].steps, 1) if s.verdict not in (None, "proved")]
    if not wrong:
        return [prose(f"symgrad: {_count(len(steps))} proved.", flavor)], bool(steps)
    told = "; ".join(f"step {n} {later[0].steps[n - 1].verdict}" for n in wrong)
    said = f"symgrad: of {_count(len(steps))} {len(steps) - len(wrong)} proved; {told}."
    return [prose(said, flavor)], False


def _count(steps: int) -> str:
    return f"{steps} step{'s' * (steps != 1)}"


_VERBS = {"derive": _derive, "gap": _gap, "prove": _prove, "table": _table, "check-status": _status}


def _assumed(assuming: Sequence[str]) -> list[str]:
    return [f"Assumed: {', '.join(f'`{a}`' for a in assuming)}."] if assuming else []


def _display(part: Lines | Claim, label: str, flavor: Flavor, scope: Scope) -> str:
    from ..reporting.rendering import aligned

    return display([_own(row, scope.macros) for row in aligned(part)], label, flavor)


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

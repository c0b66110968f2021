"""Reports through the templates: Markdown, LaTeX, HTML and PDF."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from .model import Claim, Entry, Lines, Mark, Part, Report, Table
from .prose import cell_md, condition, label, prose_md, prose_tex, tex_text
from .typeset import cell_typ, mark_typ, prose_typ, quoted, rule_typ, svg_typ
from .webpage import cells_html, mark_html, math, plain, prose_html, rule_html

if TYPE_CHECKING:
    from jinja2 import Environment, TemplateError

Format = Literal["md", "tex", "html", "pdf"]
FORMATS: tuple[Format, ...] = ("md", "tex", "html", "pdf")
DEFAULT: tuple[Format, ...] = ("md", "tex")


@cache
def _templates(own: Path | None) -> Environment:
    from jinja2 import (
        BaseLoader,
        ChoiceLoader,
        FileSystemLoader,
        PackageLoader,
        PrefixLoader,
        StrictUndefined,
    )
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    ours = PackageLoader("symgrad")
    folders: list[BaseLoader] = [FileSystemLoader(own)] if own else []
    # << >> and <% %> because LaTeX is full of braces; sandboxed, and an unknown name is an error.
    env = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*folders, PrefixLoader({"base": ours}), ours]),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
    )
    env.filters.update(tex=tex_text, plain=plain)
    return env


def _render(
    template: str, format: Format, titles: Mapping[str, str], own: Path | None = None, **context: Any
) -> str:
    names = {"aligned": aligned, "remark": _remark, "assumed": _assumed, **_voice(format, titles)}
    from jinja2 import TemplateError

    try:
        ending = "typ" if format == "pdf" else format
        return _templates(own).get_template(f"{template}.{ending}.j2").render(**names, **context)
    except TemplateError as error:
        raise InputError(_blame(error)) from error


def _voice(format: Format, titles: Mapping[str, str]) -> dict[str, Callable[..., str]]:
    """How prose, cells and mathematics are said in a format."""
    convert = {"md": prose_md, "tex": prose_tex, "html": prose_html, "pdf": prose_typ}[format]

    def prose(text: str) -> str:
        return convert(text, titles)

    match format:
        case "md":
            return {"prose": prose, "cells": lambda row: " | ".join(cell_md(prose(c)) for c in row)}
        case "tex":
            cells = {"cells": lambda row: " & ".join(map(prose, row)), "columns_tex": _columns_tex}
            return {"prose": prose, **cells}
        case "html":
            return {
                "prose": prose, "cells": lambda row: cells_html(row, titles, "td"), "math": math,
                "heads": lambda row: cells_html(row, titles, 'th scope="col"'), "rule": rule_html,
                "mark": mark_html,
            }  # fmt: skip
    return {
        "prose": prose, "cells": lambda row: ", ".join(f"[{prose(c)}]" for c in row), "cell": cell_typ,
        "rule": rule_typ, "mark": mark_typ, "quoted": quoted, "svg": svg_typ,
    }  # fmt: skip


def _blame(error: TemplateError) -> str:
    """Template and line of an error in somebody's own templates, and what is wrong there."""
    name, line = getattr(error, "name", None), getattr(error, "lineno", None)
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith(".j2"):
            name, line = frame.filename, frame.lineno
    where = f"{name}:{line}: " if name and line else ""
    return f"{where}{error.message or type(error).__name__}"


def aligned(part: Lines | Claim) -> list[str]:
    r"""The rows of a display, one a line, the rule and the mark in columns of their own.

    >>> from symgrad.reporting import Row
    >>> aligned(Lines((Row("a", "b", "sum rule", Mark.PROVED),)))
    ['a &= b && \\text{sum rule} && \\checkmark\\ \\text{proved}']
    """
    rows = [
        f"{row.left + ' ' if row.left else ''}&{row.relation} {row.right}{_columns(row.note, row.mark)}"
        for row in part.rows
    ]
    return [row + r" \\" for row in rows[:-1]] + rows[-1:]


def _columns(note: str, mark: Mark | None) -> str:
    r"""The columns after an equation: the rule, then the mark."""
    rule = f" && {label(note)}" if note or mark else ""
    return rule + (rf" && {mark.tex}\ \text{{{mark.word}}}" if mark else "")


def _remark(part: Claim) -> str:
    """What has to be said under a claim; nothing where it is proved and was stated so."""
    said = [] if part.as_stated else [f"Stated to be {part.expected.word}."]
    if part.witness is not None:
        at, left, right = part.witness.at, part.witness.left, part.witness.right
        where = f"At {at} the" if at else "The"
        said.append(f"{where} left side is {left}, the right side {right}.")
    said += [f"Reason: {part.reason}."] * bool(part.reason)
    return " ".join(said)


def _assumed(part: Lines | Claim) -> str:
    return f"Assumed: {', '.join(f'${condition(given)}$' for given in part.assuming)}."


def _columns_tex(part: Table) -> str:
    """Column types: long cells get a share of the page, in which they are broken."""
    longest = [max(len(cell) for cell in column) for column in zip(part.header, *part.rows, strict=True)]
    if sum(longest) <= 90:
        return "l" * len(longest)
    share = 150 / sum(min(n, 90) for n in longest)
    return "".join("l" if n <= 16 else f"p{{{min(n, 90) * share:.0f}mm}}" for n in longest)


def render(
    name: str,
    report: Report,
    format: Format,
    titles: Mapping[str, str] | None = None,
    folder: str = "derivations",
    above: str = "",
    templates: Path | None = None,
) -> str:
    """The report as one document (for PDF its typst source).

    ``titles`` are those of all reports, by name, for references;
    ``above`` names the report whose derivation file makes this one too; ``templates`` is a folder whose
    templates stand in front of ours.
    """
    titles = {name: report.title} if titles is None else titles
    file = above or name
    return _render("report", format, titles, templates, name=name, report=report, folder=folder, file=file)


def render_index(
    entries: Sequence[Entry],
    folder: str = "derivations",
    format: Literal["md", "html"] = "md",
    templates: Path | None = None,
) -> str:
    """The story: every report in order, with its question and its answer."""
    titles = {e.name: e.title for e in entries}
    told = [e for e in entries if not e.above]
    return _render("index", format, titles, templates, entries=told, folder=folder)


def render_part(part: Part, format: Format, name: str = "") -> str:
    """One part by itself, as it stands in a report."""
    return _render("part", format, {}, part=part, name=name, id="part")

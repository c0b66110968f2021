"""Reports through the templates, in every format."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .formats import format_named
from .markup import condition, label, tex_text
from .model import Claim, Entry, Lines, Mark, Part, Report, Row
from .webpage import plain, source_html

if TYPE_CHECKING:
    from jinja2 import Environment, TemplateError


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
    env.filters.update(tex=tex_text, plain=plain, source=source_html)
    return env


def _render(
    template: str, format: str, titles: Mapping[str, str], own: Path | None = None, **context: Any
) -> str:
    form = format_named(format)
    lines = {"aligned": aligned, "equalities": equalities}
    names = {**lines, "remark": _remark, "assumed": _assumed, **form.voice(titles)}
    from jinja2 import TemplateError

    try:
        return _templates(own).get_template(f"{template}.{form.ending}.j2").render(**names, **context)
    except TemplateError as error:
        raise InputError(_blame(error)) from error


def _blame(error: TemplateError) -> str:
    """Template and line of an error in somebody's own templates, and what is wrong there."""
    name, line = getattr(error, "name", None), getattr(error, "lineno", None)
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.endswith(".j2"):
            name, line = frame.filename, frame.lineno
    where = f"{name}:{line}: " if name and line else ""
    return f"{where}{error.message or type(error).__name__}"


def aligned(part: Lines | Claim, marks: bool = True) -> list[str]:
    r"""The rows of a display, one a line, the rule and the mark in columns of their own.

    >>> from symgrad.reporting import Row
    >>> aligned(Lines((Row("a", "b", "sum rule", Mark.PROVED),)))
    ['a &= b && \\text{sum rule} && \\checkmark\\ \\text{proved}']
    """
    rows = [
        f"{row.left + ' ' if row.left else ''}&{row.relation} {row.right}"
        + _columns(row.note, row.mark if marks else None)
        for row in part.rows
    ]
    return [row + r" \\" for row in rows[:-1]] + rows[-1:]


def equalities(part: Lines | Claim) -> list[list[Row]]:
    """The rows of a display, those together over which one equality is broken."""
    groups: list[list[Row]] = []
    for row in part.rows:
        if groups and (isinstance(part, Claim) or not (row.left or row.relation)):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


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


def render(
    name: str,
    report: Report,
    format: str,
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
    format: str = "md",
    templates: Path | None = None,
) -> str:
    """The story: every report in order, with its question and its answer."""
    titles = {e.name: e.title for e in entries}
    told = [e for e in entries if not e.above]
    return _render("index", format, titles, templates, entries=told, folder=folder)


def render_part(part: Part, format: str, name: str = "") -> str:
    """One part by itself, as it stands in a report."""
    return _render("part", format, {}, part=part, name=name, id="part")

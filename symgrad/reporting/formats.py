"""The table of formats: how prose, cells and mathematics are said in each, and what becomes of the text.

A new format is one line in ``FORMATS`` and its templates: ``report.F.j2`` and ``part.F.j2``, where F is its
``ending``, and ``index.F.j2`` if it has an index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import InputError
from .markup import cell_md, prose_md, prose_tex
from .model import Table
from .typeset import cell_typ, mark_typ, prose_typ, quoted, rule_typ, svg_typ, typeset
from .webpage import mark_html, math, prose_html, rule_html

Cells = Callable[[Sequence[str]], str]


@dataclass(frozen=True)
class Format:
    """One way to write a report."""

    ending: str
    """The ending of its templates."""
    prose: Callable[[str, Mapping[str, str]], str]
    """Prose, with the titles of all reports by name."""
    cells: Cells
    """A row of a table, from its cells, each said as prose."""
    heads: Cells | None = None
    """The first row of a table, where it is not written like the others."""
    words: Mapping[str, Callable[..., str]] = field(default_factory=dict)
    """What else its templates call."""
    index: bool = False
    """Does it have an index of all reports?"""
    finish: Callable[[str, str], str | bytes] = lambda text, name: text
    """What a file holds, from the text and the name of the report."""

    def voice(self, titles: Mapping[str, str]) -> dict[str, Callable[..., str]]:
        """What its templates call."""

        def prose(text: str) -> str:
            return self.prose(text, titles)

        def said(written: Cells) -> Cells:
            return lambda row: written([prose(cell) for cell in row])

        rows = {"cells": said(self.cells), "heads": said(self.heads or self.cells)}
        return {"prose": prose, **rows, **self.words}


def columns_tex(part: Table) -> str:
    """Column types: long cells get a share of the page, in which they are broken."""
    longest = [max(len(cell) for cell in column) for column in zip(part.header, *part.rows, strict=True)]
    if sum(longest) <= 90:
        return "l" * len(longest)
    share = 150 / sum(min(n, 90) for n in longest)
    return "".join("l" if n <= 16 else f"p{{{min(n, 90) * share:.0f}mm}}" for n in longest)


FORMATS: Mapping[str, Format] = {
    "md": Format("md", prose_md, lambda row: " | ".join(map(cell_md, row)), index=True),
    "tex": Format("tex", prose_tex, " & ".join, words={"columns_tex": columns_tex}),
    "html": Format(
        "html",
        prose_html,
        lambda row: "".join(f"<td>{cell}</td>" for cell in row),
        lambda row: "".join(f'<th scope="col">{cell}</th>' for cell in row),
        {"math": math, "rule": rule_html, "mark": mark_html},
        index=True,
    ),
    "pdf": Format(
        "typ",
        prose_typ,
        lambda row: ", ".join(f"[{cell}]" for cell in row),
        words={"cell": cell_typ, "rule": rule_typ, "mark": mark_typ, "quoted": quoted, "svg": svg_typ},
        finish=typeset,
    ),
}
"""By name, which is also the ending of its files."""

DEFAULT = ("md", "tex")


def format_named(name: str) -> Format:
    """The format of this name; an unknown one is an InputError."""
    if name not in FORMATS:
        raise InputError(f"unknown format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]

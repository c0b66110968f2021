"""Flavours: one display and its label in the syntax of each place where notes are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Flavor = Literal["github", "myst", "quarto", "latex", "rst"]


def guess(path: str, kind: str, text: str) -> Flavor:
    """The flavour of a document, from its name and from what it already uses.

    >>> guess("a.md", "md", "```{math}\\nx\\n```"), guess("b.qmd", "md", ""), guess("c.md", "md", "")
    ('myst', 'quarto', 'github')
    """
    if kind in ("tex", "rst"):
        return "latex" if kind == "tex" else "rst"
    if path.endswith(".qmd"):
        return "quarto"
    myst = re.search(r"^(?:`{3,}|:{3,})\{\w", text, re.MULTILINE) or any(
        _myst(folder) for folder in Path(path).resolve().parents
    )
    return "myst" if myst else "github"


def _myst(folder: Path) -> bool:
    """Is this the root of a MyST project, or of a Sphinx project that reads MyST?"""
    conf = folder / "conf.py"
    sphinx = conf.is_file() and "myst" in conf.read_text(encoding="utf-8", errors="replace")
    return sphinx or (folder / "myst.yml").is_file()


def display(rows: Sequence[str], label: str, flavor: Flavor) -> str:
    r"""Aligned rows as one display block.

    >>> print(display(["a &= b"], "eq-a", "quarto"))
    $$
    \begin{aligned}
    a &= b
    \end{aligned}
    $$ {#eq-a}
    """
    aligned = "\n".join((r"\begin{aligned}", *rows, r"\end{aligned}"))
    match flavor:
        case "latex":
            if not label:
                return f"\\[\n{aligned}\n\\]"
            return f"\\begin{{equation}}\\label{{{label}}}\n{aligned}\n\\end{{equation}}"
        case "rst":
            option = f"   :label: {label}\n" if label else ""
            return f".. math::\n{option}\n{_indented(aligned)}"
        case "myst" if label:
            return f"```{{math}}\n:label: {label}\n{aligned}\n```"
        case "quarto" if label:
            return f"$$\n{aligned}\n$$ {{#{label if label.startswith('eq-') else 'eq-' + label}}}"
        case "github" if label:
            return f'<a id="{label}"></a>\n\n$$\n{aligned}\n$$'
    return f"$$\n{aligned}\n$$"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], flavor: Flavor) -> str:
    """A table of prose cells, already in the flavour's own syntax."""
    if flavor == "latex":
        lines = [" & ".join(row) + r" \\" for row in (header, *rows)]
        begin = rf"\begin{{tabular}}{{{'l' * len(header)}}}"
        return "\n".join((begin, lines[0], r"\hline", *lines[1:], r"\end{tabular}"))
    if flavor == "rst":
        lines = ["   * - " + "\n     - ".join(row) for row in (header, *rows)]
        return "\n".join((".. list-table::", "   :header-rows: 1", "", *lines))
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines)


def prose(text: str, flavor: Flavor) -> str:
    """A sentence with ``$math$`` and `` `code` `` as the flavour writes it."""
    if flavor == "latex":
        from ..reporting.markup import prose_tex

        return prose_tex(text, {})
    if flavor == "rst":
        return re.sub(r"\$([^$]+)\$", r":math:`\1`", re.sub(r"`([^`]+)`", r"``\1``", text))
    return text


def _indented(text: str) -> str:
    return "\n".join("   " + line for line in text.split("\n"))

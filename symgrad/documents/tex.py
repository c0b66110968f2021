r"""TeX: where mathematics, directives, macros and headings stand in it.

>>> from symgrad.documents.model import Part
>>> [(r.kind, r.body) for r in regions(Part("% symgrad: let a = b\n\\section{One} \\[a\\] \\verb|$b$| $c$"))]
[('directive', 'let a = b'), ('heading', '\\section'), ('display', 'a'), ('inline', 'c')]
"""

from __future__ import annotations

import re

from ..latex.tokens import environment_end
from .scanning import LATEX, Marks, Scan, Taken, bracketed, directives, dollars, heading, inline, skip

CODE = r"verbatim|Verbatim|lstlisting|minted|comment|alltt|tikzpicture|algorithmic|filecontents"


def _code(scan: Scan, m: re.Match[str]) -> Taken:
    ends = (environment_end(scan.text, m.group("which") + star, m.end()) for star in ("", "*"))
    return next((end for end in ends if end >= 0), len(scan.text)), ()


def _directive(scan: Scan, m: re.Match[str]) -> Taken:
    return m.end(), directives(scan, scan.text.index("symgrad:", m.start()), m.end(), m.span())


regions = Marks(
    code=(rf"\\begin\s*\{{(?P<which>{CODE})\*?\}}", _code),
    verb=(r"\\(?:verb|lstinline)\*?(?P<bar>[^\sA-Za-z*{]).*?(?P=bar)", skip),
    directive=(r"%+[ \t]*symgrad:[^\n]*", _directive),
    comment=(r"%[^\n]*", skip),
    heading=(
        r"\\(?:chapter|section|subsection|subsubsection|paragraph|frametitle|part)\b\*?|\\begin\s*\{frame\}",
        heading,
    ),
    open=(r"\\[\[(]", bracketed),
    **LATEX,
    dollars=(r"\$\$", dollars),
    dollar=(r"\$", inline(r"\$(?:[^$\\\n]|\\.|\n(?![ \t]*\n))*\$")),
)

r"""A Sphinx extension, for reStructuredText and MyST: proofs derived while the pages are built.

In ``conf.py``: ``extensions = ["symgrad.sphinx"]``.  Three directives::

    .. derivation:: linear-regression
       :wrt: m
       :label: fit

    .. gap:: linear-regression
       :wrt: m

    .. proof-check::
       :let: \bar{x} = \frac{1}{N} \sum_{i=1}^N x_i

       \sum_{i=1}^N (x_i - \bar{x}) = 0

``let`` and ``assume`` (one a line) add to the ``symgrad:`` comments of the page above the directive.  What
is not proved is a warning of type ``symgrad.refuted`` or ``symgrad.undecided`` at its line, so that ``-W``
fails the build.  Only Sphinx's own math nodes are made: every builder works.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.directives.patches import MathDirective
from sphinx.util import logging

from .documents.files import SUFFIXES, read_text
from .errors import InputError
from .reporting.model import Claim, Lines, Table, Text
from .reporting.rendering import aligned
from .weaving.filling import Context, carried_out
from .weaving.regions import Request

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)


class _Proof(MathDirective):
    """What the three directives share: a request carried out, its parts as nodes."""

    verb: ClassVar[str]
    required_arguments = 1
    optional_arguments = 0
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "wrt": directives.unchanged_required,
        "let": directives.unchanged,
        "assume": directives.unchanged,
        "label": directives.unchanged,
        "name": directives.unchanged,
        "class": directives.class_option,
    }

    def run(self) -> list[nodes.Node]:
        what = self.arguments[0] if self.arguments else " ".join(self.content)
        request = Request(self.verb, (what,), self.options.get("wrt", ""), "", self._given())
        try:
            if self.verb != "prove" and not request.wrt:
                raise InputError("say what to differentiate by: ':wrt: m'")
            parts, holds = carried_out(request, self._context())
        except InputError as error:
            self._warn(str(error), "undecided")
            return []
        if not holds:
            refuted = any(row.mark and row.mark.word == "refuted" for row in _rows(parts))
            self._warn(f"{what}: not proved", "refuted" if refuted else "undecided")
        out: list[nodes.Node] = []
        for part in parts:
            match part:
                case Lines() | Claim():
                    out += self._display("\n".join((r"\begin{aligned}", *aligned(part), r"\end{aligned}")))
                case Text(said):
                    out += self._paragraph(said)
                case Table():
                    raise InputError("a table cannot stand here")
        return out

    def _given(self) -> tuple[str, ...]:
        return tuple(
            f"{kind} {line.strip()}"
            for kind in ("let", "assume")
            for line in self.options.get(kind, "").splitlines()
            if line.strip()
        )

    def _context(self) -> Context:
        """The symgrad comments of this page above this line."""
        path = Path(self.env.doc2path(self.env.docname))
        format = SUFFIXES.get(path.suffix.lower())
        kind = format.name if format else "rst"
        document = read_text(path.read_text(encoding="utf-8-sig"), kind, str(path))
        return Context.above(r for r in document.regions if r.position()[0] < self.lineno)

    def _display(self, latex: str) -> list[nodes.Node]:
        self.arguments, self.content = list[str](), StringList(latex.splitlines(), "symgrad")
        made: list[nodes.Node] = super().run()
        self.options.pop("label", None)  # one label a directive, for its first display
        self.options.pop("name", None)
        return made

    def _paragraph(self, said: str) -> list[nodes.Node]:
        from .weaving.flavors import prose

        paragraph = nodes.paragraph()
        text, messages = self.state.inline_text(prose(said, "rst"), self.lineno)
        paragraph += text
        return [paragraph, *messages]

    def _warn(self, message: str, subtype: str) -> None:
        logger.warning(message, type="symgrad", subtype=subtype, location=self.get_location())


def _rows(parts: list[Any]) -> list[Any]:
    return [row for part in parts if isinstance(part, Lines | Claim) for row in part.rows]


class DerivationDirective(_Proof):
    verb = "derive"


class GapDirective(_Proof):
    verb = "gap"


class ProofCheckDirective(_Proof):
    verb = "prove"
    required_arguments = 0
    has_content = True


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("derivation", DerivationDirective)
    app.add_directive("gap", GapDirective)
    app.add_directive("proof-check", ProofCheckDirective)
    return {"version": version("symgrad"), "parallel_read_safe": True, "parallel_write_safe": True}

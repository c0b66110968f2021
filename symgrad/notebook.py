"""Results that display themselves: plain text in a terminal, mathematics in a notebook."""

from __future__ import annotations


class Displayed:
    """A result whose ``str`` is plain text and whose ``latex`` is a display, or "" where text serves best.

    Notebooks (Jupyter, VS Code, Quarto) take the Markdown of the bundle; there is no HTML, which they would
    prefer and then strip of its mathematics.

    >>> class Answer(Displayed):
    ...     def __str__(self): return "42"
    >>> Answer()._repr_mimebundle_()["text/markdown"]
    '```text\\n42\\n```'
    """

    __slots__ = ()

    def latex(self) -> str:
        return ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        plain, latex = str(self), self.latex()
        bundle = {"text/plain": plain, "text/markdown": latex or f"```text\n{plain}\n```"}
        return {**bundle, "text/latex": latex} if latex else bundle

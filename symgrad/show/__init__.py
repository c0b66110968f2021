"""Printers of a page.  ``latex.to_latex`` is read back exactly by ``symgrad.latex.read``; ``text.to_text``
is plain text, and ``terminal.shown`` what a terminal gets of it."""

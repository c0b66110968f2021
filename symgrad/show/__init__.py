"""Printers of a page.  ``latex.to_latex`` is read back exactly by ``symgrad.latex.read``; ``text.to_text``
is what terminals show."""

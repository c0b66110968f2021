"""Documents: somebody's notes, from a file to the sides of the relations in its displays.

The modules, each importing only those before it: ``phrases`` (words that define, suppose, conclude ..),
``items`` (the tokens of a display by what they do), ``segments`` (what stands between two signs),
``displays`` (its chains of relations), ``model`` (a document as a value), ``scanning`` (what the formats
share), a module a format: ``markdown``, ``tex``, ``rst``, ``notebook``; ``files`` (from a path to a
document), ``sides`` (the text of a side to a page).
"""

"""Documents: somebody's notes, from a file to the sides of the relations in its displays.

The modules, each importing only those before it: ``model`` (a document and what all formats share), a module
a format: ``markdown``, ``tex``, ``rst``, ``notebook``; ``files`` (from a path to a document), ``phrases``
(words that define, suppose, conclude ..), ``displays`` (a display to its rows, chains and relation signs),
``sides`` (the text of a side to a page).
"""

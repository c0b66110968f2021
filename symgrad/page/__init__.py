"""Page: the tree of what is written, the names and relations in it, what is in force, and printers.

The modules, each importing only those before it: ``symbols`` (what a name is made of: letter, font, accents,
labels), ``tree`` (the nodes, with their spans), ``scope`` (what is in force), ``matching`` (does a definition
fit a node, and what do its placeholders stand for?), ``relations`` (the relation signs), ``to_latex`` (read
back exactly by ``symgrad.latex.read``), ``to_text`` (plain text), ``indexed`` (names with their
indices), ``terminal`` (what a terminal gets of plain text).
"""

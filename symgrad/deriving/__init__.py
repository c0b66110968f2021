"""Deriving: derivations line by line, one named rule a line, and which rule explains a line of somebody's.

The modules, each importing only those before it: ``layouts`` (which factors are scalars,
rows, columns), ``terms`` (numbers times powers), ``tidy`` (expressions as one would rather write them),
``definitions`` (names and their bodies), ``rules`` (the named rules), ``derivation`` (from an expression to
its derivative), ``recognition`` (the rule that explains a step which a human wrote).
"""

"""The command line: the verbs of symgrad.

The modules, each importing only those before it: ``exits`` (exit codes, and errors that point into
what was given), ``givens`` (what ``--let`` and ``--assume`` put in force), ``check``, ``compare``,
``compile`` and ``weave`` (the verbs of documents and code), ``main`` (all verbs, their arguments, how an
error is told).
"""

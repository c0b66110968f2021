"""Meaning: page and scope to core terms; definitions unfolded, shapes checked, vectors turned into indices.

The modules, each importing only those before it: ``tensors`` (vectors and matrices as index notation),
``substitution`` (core terms with parts replaced), ``ranges`` (how far indices run), ``occurrences`` (what
stands where), ``survey`` (what names stand for), ``recursive_definitions`` (definitions that go down by
levels), ``compact_indices`` (indices without a comma), ``context`` (what elaboration knows), ``indices``
(letters that count), ``values`` (the table of what each type of node means), ``definitions`` (which is in
force), ``dependences`` (what depends on what), ``letters`` (what stands for something by custom),
``unfolding`` (definitions put in), ``lookup`` (names to values), ``variables`` (what derivatives are taken
by), ``derivatives``, ``differentials``, ``matrices`` (written out, and what an ellipsis stands for),
``operators`` (softmax, diag, trace ..), ``functions`` (defined, undefined, primed), ``gradients`` (what
nabla means), ``products`` (over an index, and their signs), ``cases`` (conditions), ``terms`` (sums,
products, powers), ``sums`` (over an index), ``claim`` (what an equality asserts), ``elaborate`` (one
expression), ``readings`` (an equality, in every way that it may be read), ``directives`` (``let`` and
``assume`` lines), ``judging`` (written claims to verdicts).

What an expression means is a function of the context, the node and the place, entered for its type of node
with ``values.elaborates``; who needs the value of a part asks ``values.value``.
"""

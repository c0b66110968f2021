"""Meaning: page and scope to core terms; definitions unfolded, shapes checked, vectors turned into indices.

The modules, each importing only those before it: ``tensors`` (vectors and matrices as index notation),
``ranges`` (how far indices run), ``occurrences`` (what stands where), ``survey`` (what names stand for),
``recursive_definitions`` (definitions that go down by levels), ``compact_indices`` (indices without a comma),
``indices`` (letters that count), ``lookup`` (names to values), ``derivatives``, ``differentials``,
``matrices`` (written out, and what an ellipsis stands for),
``functions`` (defined, built-in, undefined), ``products`` (over an index), ``terms`` (all the rest),
``claim`` (what an equality asserts), ``elaborate`` (one expression), ``readings`` (an equality, in every way
that it may be read), ``directives`` (``let`` and ``assume`` lines), ``judging`` (written claims to verdicts).
"""

"""Kernel: what *defined*, *equal* and *refuted* mean for core terms; what a referee must read.

The modules, each importing only those before it: ``limits`` (where deciding ends), ``verdict`` (what the
judge says, and the witness of a refutation), ``signs`` (between which numbers a term lies), ``domain`` (where
a term is defined), ``differentiate`` (derivatives, entries independent), ``evaluate`` (exact values at a
point), ``enclosure`` (the value of a closed term in a ball).
"""

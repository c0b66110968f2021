"""symgrad: a compiler for derivations."""

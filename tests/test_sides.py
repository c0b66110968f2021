"""Sides: stray parentheses are left out where that is safe."""

from __future__ import annotations

from symgrad.documents.sides import mend


def test_mend() -> None:
    assert mend(r"\frac{1}{f(x))} y") == (r"\frac{1}{f(x) } y", [13])
    assert mend("(a + b") == (" a + b", [0])
    assert mend("a + b) c") is None
    assert mend("(a)") == ("(a)", [])

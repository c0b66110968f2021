"""Relation signs: each row is read, printed, cut and handed to SymPy in the same way everywhere."""

from __future__ import annotations

import pytest
import sympy

from symgrad.bridge import to_page, to_sympy
from symgrad.documents.displays import split
from symgrad.latex import read
from symgrad.page.relations import ARROWS, CUTS, OPS, SIGNS, TEXT, Sign
from symgrad.page.to_latex import to_latex
from symgrad.page.to_text import to_text
from symgrad.page.tree import Relation, Sym


@pytest.mark.parametrize("spelling", OPS)
def test_every_spelling_is_read_and_printed_in_one_way(spelling: str) -> None:
    node = read(f"a {spelling} b")
    assert node == Relation(Sym("a"), OPS[spelling], Sym("b"))
    assert read(to_latex(node)) == node
    assert to_text(node) == f"a {TEXT[OPS[spelling]]} b"


@pytest.mark.parametrize("spelling", CUTS)
def test_every_sign_cuts_a_display(spelling: str) -> None:
    [chain] = split(f"a {spelling} b")
    [link] = chain.links
    assert (link.lhs.text.strip(), link.sign, link.rhs.text.strip()) == ("a", CUTS[spelling], "b")


@pytest.mark.parametrize("spelling", sorted(ARROWS))
def test_an_arrow_leads_to_the_next_formula(spelling: str) -> None:
    assert [len(chain.links) for chain in split(f"a = b {spelling} c = d")] == [1, 1]


@pytest.mark.parametrize("sign", [s for s in SIGNS if s.sympy], ids=lambda s: s.op)
def test_sympy_has_it(sign: Sign) -> None:
    a, b = sympy.symbols("a b", real=True)
    page = to_page(getattr(sympy, sign.sympy)(a, b))
    assert page == Relation(Sym("a"), sign.op, Sym("b"))
    assert type(to_sympy(page)) is getattr(sympy, sign.sympy)


def test_no_spelling_stands_twice() -> None:
    spellings = [s for sign in SIGNS for s in (sign.latex, *sign.spellings, *sign.cuts)]
    assert len(set(spellings)) == len(spellings)

"""Conventions: every row is found in its example, and not in its counterexample."""

from __future__ import annotations

import pytest

from symgrad.checking.conventions import CONVENTIONS, Convention
from symgrad.meaning.directives import read_directive
from symgrad.page.scope import Scope


@pytest.mark.parametrize("row", CONVENTIONS, ids=lambda row: row.name)
def test_a_convention_is_its_own_test(row: Convention) -> None:
    assert row.pattern.search(row.example) and not row.pattern.search(row.counterexample)


@pytest.mark.parametrize("row", CONVENTIONS, ids=lambda row: row.name)
def test_what_a_convention_says_is_a_hypothesis(row: Convention) -> None:
    fact = row.fact.format(x="A", y="B", i="i")
    assert len(read_directive(f"assume {fact}", Scope()).assumptions) == 1

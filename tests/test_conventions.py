"""Conventions: every row is found in its example, and not in its counterexample."""

from __future__ import annotations

import pytest

from symgrad.checking.conventions import CONVENTIONS, Convention


@pytest.mark.parametrize("row", CONVENTIONS, ids=lambda row: row.name)
def test_a_convention_is_its_own_test(row: Convention) -> None:
    assert row.pattern.search(row.example) and not row.pattern.search(row.counterexample)

"""Phrases: every row is found in its example, and not in its counterexample."""

from __future__ import annotations

import pytest

from symgrad.documents import phrases
from symgrad.documents.phrases import LANGUAGES, Phrase

TABLE = {name: value for name, value in vars(phrases).items() if isinstance(value, Phrase)}


@pytest.mark.parametrize("name", TABLE)
def test_a_row_is_its_own_test(name: str) -> None:
    row = TABLE[name]
    assert row.search(row.example) and not row.search(row.counterexample)
    assert row.words.keys() == {*LANGUAGES}

"""Conventions: every row comes out in its example, and does not in its counterexample."""

from __future__ import annotations

import pytest

from symgrad.checking import classify
from symgrad.checking.conventions import CONVENTIONS, ROLES, Convention, Equation, Role, role_of
from symgrad.checking.document import check_document
from symgrad.checking.findings import Job


@pytest.mark.parametrize("row", CONVENTIONS, ids=lambda row: row.name)
def test_a_convention_is_its_own_test(row: Convention) -> None:
    assert row.pattern.search(row.example) and not row.pattern.search(row.counterexample)


def roles(text: str, monkeypatch: pytest.MonkeyPatch) -> list[Role]:
    """The roles of the equations in a document that begin with a bare name."""
    found: list[Role] = []

    def recorded(equation: Equation) -> Role:
        found.append(role_of(equation))
        return found[-1]

    monkeypatch.setattr(classify, "role_of", recorded)
    for _ in check_document(Job("notes.md", text, "md", ""), {}, {}):
        pass
    return found


@pytest.mark.parametrize("row", ROLES, ids=lambda row: row.name)
def test_a_role_is_its_own_test(row: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    assert roles(row.example, monkeypatch)[-1] is row
    assert row not in roles(row.counterexample, monkeypatch)[-1:]

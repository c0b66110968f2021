"""Roles: every row comes out at the end of its example, and not at the end of its counterexample."""

from __future__ import annotations

import pytest

from symgrad.checking import classify
from symgrad.checking.document import check_document
from symgrad.checking.findings import Job
from symgrad.checking.roles import ROLES, Role, Statement, role_of


def roles(text: str, monkeypatch: pytest.MonkeyPatch) -> list[Role]:
    """The roles of the relations in a document."""
    found: list[Role] = []

    def recorded(statement: Statement) -> Role:
        found.append(role_of(statement))
        return found[-1]

    monkeypatch.setattr(classify, "role_of", recorded)
    for _ in check_document(Job("notes.md", text, "md", ""), {}, {}):
        pass
    return found


@pytest.mark.parametrize("row", ROLES, ids=lambda row: row.name)
def test_a_role_is_its_own_test(row: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    assert roles(row.example, monkeypatch)[-1] is row
    assert row not in roles(row.counterexample, monkeypatch)[-1:]


@pytest.mark.parametrize(
    "text",
    [
        "<!-- symgrad: let a = b x -->\n\n$$a = x b$$",
        "$$a = b x$$\n\nNow recall $$a = b x$$",
    ],
)
def test_what_is_said_again_is_a_claim(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert roles(text, monkeypatch)[-1].name == "a claim"

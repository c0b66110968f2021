"""A pytest plugin: with ``--symgrad`` every derivation in the collected documents is a test.

    pytest --symgrad notes/

An item fails where a step is refuted or ill-typed; a step that is undecided or unread fails it only with
``--symgrad-strict``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .checking import FileResult
    from .checking.findings import Derivation

WRONG = frozenset(("refuted", "illtyped"))
OPEN = frozenset(("undecided", "unreadable", "timeout"))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("symgrad")
    group.addoption("--symgrad", action="store_true", help="test the derivations in documents")
    group.addoption("--symgrad-strict", action="store_true", help="undecided and unread steps fail too")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not parent.config.getoption("symgrad"):
        return None
    from .documents.files import SUFFIXES

    return Notes.from_parent(parent, path=file_path) if file_path.suffix.lower() in SUFFIXES else None


class Notes(pytest.File):
    """A document, checked once when it is collected."""

    def collect(self) -> Iterator[pytest.Item]:
        from .checking import result_of
        from .checking.findings import Job
        from .checking.process import Keeper

        with Keeper() as keeper:
            result = result_of(keeper, Job(str(self.path), None, "", str(self.path.parent)))
        for derivation in result.derivations:
            if any(step.verdict is not None for step in derivation.steps):
                cell = "" if derivation.cell is None else f"cell {derivation.cell}:"
                yield Proof.from_parent(
                    self, name=f"{cell}line {derivation.line}", derivation=derivation, result=result
                )


class Proof(pytest.Item):
    """One derivation."""

    def __init__(self, *, derivation: Derivation, result: FileResult, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.derivation, self.result = derivation, result

    def runtest(self) -> None:
        bad = WRONG | OPEN if self.config.getoption("symgrad_strict") else WRONG
        steps = [step for step in self.derivation.steps if step.verdict in bad]
        if steps:
            lines = {step.place.line for step in steps}
            pytest.fail("\n".join(self._said(lines)), pytrace=False)

    def _said(self, lines: set[int]) -> Iterator[str]:
        for finding in self.result.findings:
            if finding.place.line in lines and finding.place.cell == self.derivation.cell:
                yield str(finding)
                yield from (f"  {more}" for more in (finding.hint, finding.witness) if more)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.derivation.line - 1, f"derivation in {self.name}"

"""CONTRIBUTING.md names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATHS = sorted({
    path
    for code in re.findall(r"`([^`]+)`", (ROOT / "CONTRIBUTING.md").read_text())
    for path in code.split()
    if re.fullmatch(r"[\w./-]+(?:/|\.md|\.py|/[\w-]+)", path) and not path.startswith(".venv/")
})  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path.replace("NAME", "gallery")).exists()

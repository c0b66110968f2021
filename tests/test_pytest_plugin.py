"""The pytest plugin: one item a derivation, only where it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NOTE = """\
Right:

$$
\\frac{d}{dx} x^2 = 2 x
$$

Wrong:

$$
\\frac{d}{dx} x^3 = 2 x^2
$$

Nobody knows:

$$
\\frac{d}{dw} J = w
$$
"""


def run(folder: Path, *options: str) -> str:
    (folder / "note.md").write_text(NOTE)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *options, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder).stdout


def test_nothing_happens_unasked(tmp_path: Path) -> None:
    assert "no tests ran" in run(tmp_path)


def test_every_derivation_is_an_item(tmp_path: Path) -> None:
    out = run(tmp_path, "--symgrad")
    assert "1 failed, 2 passed" in out
    assert "FAILED note.md::line 10" in out and "note.md:10:" in out and "SG101" in out


def test_strict_takes_undecided_for_a_failure(tmp_path: Path) -> None:
    out = run(tmp_path, "--symgrad", "--symgrad-strict")
    assert "2 failed, 1 passed" in out

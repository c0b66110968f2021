"""Text on a terminal, a real one: colour and width; plain in a pipe, and where NO_COLOR is set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")

NOTE = "$$\\frac{d}{dx} x^3 = 2 x^2$$\n"


def on_a_terminal(*words: str, columns: int = 200, **more: str) -> str:
    """What the command writes on a terminal of this width."""
    ours, theirs = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    env = {**kept, "COLUMNS": str(columns), "TERM": "xterm", **more}
    command = [sys.executable, "-m", "symgrad", *words]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            out += piece
    os.close(ours)
    assert process.returncode in (0, 1)
    return out.decode().replace("\r\n", "\n")


DERIVE = ("derive", "linear-regression", "--wrt", "m")


def test_verdicts_have_colour_and_stay_aligned() -> None:
    text = on_a_terminal(*DERIVE)
    lines = text.splitlines()[1:]
    assert len(lines) == 6 and all(line.endswith("\033[32m✓ proved\033[0m") for line in lines)
    assert len({line.index("\033[32m") for line in lines}) == 1


def test_what_is_refuted_is_red() -> None:
    assert "\033[31m✗ refuted\033[0m at a = " in on_a_terminal("prove", "a = 2 a")


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(setting: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text(NOTE)
    assert "\033" not in on_a_terminal(*DERIVE, **setting)
    assert "\033" not in on_a_terminal("check", str(tmp_path), **setting)


def test_findings_have_colour(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text(NOTE)
    assert "\033[31mSG101 refuted" in on_a_terminal("check", str(tmp_path))


def test_a_narrow_terminal_gets_the_rule_below_its_line() -> None:
    lines = on_a_terminal(*DERIVE, columns=72, NO_COLOR="1").splitlines()
    assert all(len(line) <= 72 for line in lines)
    assert lines[2] == "    factor rule   ✓ proved"


def test_plain_in_a_pipe() -> None:
    done = subprocess.run([sys.executable, "-m", "symgrad", *DERIVE], capture_output=True, text=True)
    assert "\033" not in done.stdout and "factor rule     ✓ proved" in done.stdout

"""The README's examples are run, and print what it says."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from symgrad.cli import main as cli

README = Path(__file__).parent.parent / "README.md"
PATTERN = r"^```(\w+)\n(.*?)^```$"
BLOCKS = re.findall(PATTERN, README.read_text(), flags=re.MULTILINE | re.DOTALL)


def printed(command: str) -> str:
    """What a ``symgrad`` command prints."""
    program, *arguments = shlex.split(command)
    assert program == "symgrad"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(arguments) in (0, 1)
    return out.getvalue()


def commands(block: str) -> str:
    """A console block with every command's real output."""
    lines = re.findall(r"^\$ (.*)$", block, flags=re.MULTILINE)
    return "".join(f"$ {line}\n{printed(line)}" for line in lines)


def example(space: dict[str, Any]) -> str:
    """What the Python blocks print, run one after the other."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in (text for kind, text in BLOCKS if kind == "python"):
            exec(compile(text, "README.md", "exec"), space)
    return out.getvalue()


@pytest.mark.parametrize("block", [text for kind, text in BLOCKS if kind == "console"])
def test_a_command_prints_what_the_readme_shows(block: str) -> None:
    assert commands(block) == block


def test_the_python_example_prints_what_the_readme_shows() -> None:
    space: dict[str, Any] = {}
    assert example(space) == "".join(text for kind, text in BLOCKS if kind == "text")
    report = space["report"]()
    assert report.failures() == ()
    assert report.title == "Gamma regression"


def test_the_two_set_up_commands_stand_on_a_line_each() -> None:
    lines = [line for line in README.read_text().splitlines() if line.startswith("python3 -m venv")]
    use, test = lines
    assert use.endswith("symgrad report") and test.endswith("pytest")


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target


def rewritten() -> str:
    """The README with the real output in its blocks."""

    def block(found: re.Match[str]) -> str:
        kind, text = found[1], found[2]
        text = commands(text) if kind == "console" else example({}) if kind == "text" else text
        return f"```{kind}\n{text}```"

    return re.sub(PATTERN, block, README.read_text(), flags=re.MULTILINE | re.DOTALL)


if __name__ == "__main__":
    README.write_text(rewritten())

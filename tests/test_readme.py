"""The README's examples are run, and print what it says."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

from symgrad import cli

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README.read_text(), flags=re.MULTILINE | re.DOTALL)


def printed(command: str) -> str:
    """What a ``symgrad`` command prints."""
    program, *arguments = shlex.split(command)
    assert program == "symgrad"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert cli.main(arguments) in (0, 1)
    return out.getvalue()


@pytest.mark.parametrize("block", [text for kind, text in BLOCKS if kind == "console"])
def test_a_command_prints_what_the_readme_shows(block: str) -> None:
    for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = example.partition("\n")
        assert printed(command) == output


def test_the_python_example_prints_what_the_readme_shows() -> None:
    space: dict[str, object] = {}
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for text in (text for kind, text in BLOCKS if kind == "python"):
            exec(compile(text, "README.md", "exec"), space)
    assert out.getvalue() == "".join(text for kind, text in BLOCKS if kind == "text")
    report = space["report"]()  # type: ignore[operator]
    assert report.failures() == ()
    assert "gamma regression" in report.title.lower()


def test_the_two_set_up_commands_stand_on_a_line_each() -> None:
    lines = [line for line in README.read_text().splitlines() if line.startswith("python3 -m venv")]
    use, test = lines
    assert use.endswith("symgrad report") and test.endswith("pytest")


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
        assert (README.parent / target).exists(), target

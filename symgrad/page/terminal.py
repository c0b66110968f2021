"""Text on a terminal: verdicts in colour, lines that fit its width; in a pipe the text as it is."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TextIO

_COLOURS = {"proved": "32", "refuted": "31", "undecided": "33"}
_VERDICT = re.compile(r"(?<!\S)(?:[✓✗?] )?(proved|refuted|undecided)\b")
_LINE = re.compile(r"^(.*\S) {3,}(\S.*\S|) {3,}([✓✗?] \w+)$", re.MULTILINE)


def coloured(stream: TextIO) -> bool:
    """Is this a terminal whose user wants colour (https://no-color.org)?"""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def rendered(text: str, stream: TextIO) -> str:
    """The text as it goes to the stream.

    >>> import io
    >>> rendered("= a   sum rule   ✓ proved", io.StringIO())
    '= a   sum rule   ✓ proved'
    """
    if not stream.isatty():
        return text
    text = fitted(text, shutil.get_terminal_size().columns)
    return painted(text) if coloured(stream) else text


def fitted(text: str, columns: int) -> str:
    """A derivation too wide for the terminal with each rule and verdict below its line.

    >>> print(fitted("= a b c d e   sum rule   ✓ proved", 20))
    = a b c d e
        sum rule   ✓ proved
    """
    if all(len(line) <= columns for line in text.splitlines()):
        return text
    return _LINE.sub(lambda m: f"{m[1]}\n    {m[2]}{'   ' * bool(m[2])}{m[3]}", text)


def painted(text: str) -> str:
    """Every verdict in its colour.

    >>> painted("✓ proved")
    '\\x1b[32m✓ proved\\x1b[0m'
    """
    return _VERDICT.sub(lambda m: f"\033[{_COLOURS[m[1]]}m{m[0]}\033[0m", text)


def say(*lines: str) -> None:
    """Print, and flush; where the reader has seen enough (``| head``), go on in silence to the exit code."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        mute()


def mute() -> None:
    """Whatever is still printed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""What ``--let``, ``--assume`` and notes put in force."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .exits import pointing_into

if TYPE_CHECKING:
    from ..page.scope import Scope


def add_to(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--let", action="append", default=[], metavar="DEF", help="a definition or a kind")
    verb.add_argument("--assume", action="append", default=[], metavar="REL", help="a hypothesis")


def lines(args: argparse.Namespace) -> list[str]:
    """The options as directive lines."""
    return [f"let {d}" for d in args.let] + [f"assume {a}" for a in args.assume]


def in_force(args: argparse.Namespace, notes: str | None = None) -> Scope:
    """What notes and then the options put in force."""
    if notes is None:
        return scope_of(lines(args))
    from pathlib import Path

    from ..checking import document

    return scope_of(lines(args), document.in_force(Path(notes)))


def scope_of(directives: Iterable[str], scope: Scope | None = None) -> Scope:
    """The scope after some directive lines; what is wrong with one of them is pointed at."""
    from ..meaning.directives import read_directive
    from ..page.scope import Scope

    scope = scope or Scope()
    for line in directives:
        with pointing_into(line):
            scope = read_directive(line, scope)
    return scope

"""The verb ``weave``: marked regions of documents filled and kept true."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import InputError
from .exits import FAULT, OK, WRONG, gravest, progress

WEAVE_EXAMPLE = """\
  $ symgrad weave notes/ --check
  A region stands between two comments of the document's own kind:
      <!-- symgrad:begin derive linear-regression --wrt m -->
      <!-- symgrad:end -->
  Verbs: derive, gap, prove, table, check-status.
"""


def add_verbs(verb: Callable[..., Any]) -> None:
    weave = verb("weave", run_weave, "fill marked regions of documents and keep them true", WEAVE_EXAMPLE)
    weave.add_argument("paths", nargs="+", metavar="PATH", help="files or folders")
    mode = weave.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="fill the regions, each file replaced at once")
    mode.add_argument("--check", action="store_true", help="write nothing; exit 1 if a region is not true")
    mode.add_argument("--diff", action="store_true", help="write nothing; show what --write would change")
    flavors = ("github", "myst", "quarto", "latex", "rst")
    weave.add_argument("--flavor", choices=flavors, help="default: guessed from the document")


def run_weave(args: argparse.Namespace) -> int:
    """0: every region is true; 1: one is stale, edited or not proved; 3: a file is at fault."""
    from ..weaving import State, weave_file
    from ..weaving.files import write

    codes, regions = [OK], 0
    for path in _documents(args.paths):
        try:
            woven = weave_file(path, args.flavor)
            if args.write:
                write(path, woven)
        except (InputError, OSError) as error:
            progress("")
            said = f"{path}: {error.strerror or error}" if isinstance(error, OSError) else str(error)
            print(f"symgrad: {said}", file=sys.stderr)
            codes.append(FAULT)
            continue
        regions += len(woven.regions)
        if args.diff and woven.new != woven.old:
            print(_diff(path, woven.old, woven.new), end="")
        for found in woven.regions:
            mended = found.state is State.STALE and args.write
            if found.state is State.TRUE or mended:
                continue
            progress("")
            cell = "" if found.cell is None else f"cell {found.cell}:"
            why = f": {found.problem}" if found.problem else ""
            print(f"{path}:{cell}{found.line}:{found.column}: {found.state.value}{why}")
            codes.append(WRONG)
    print(f"{regions} regions, {codes.count(WRONG)} not true")
    return gravest(codes)


def _documents(names: list[str]) -> Iterator[Path]:
    from ..documents.files import files_below

    missing: list[Path] = []
    found = [file for file, _ in files_below(map(Path, names), missing.append)]
    if missing:
        raise InputError(f"{missing[0]}: no such file or folder")
    for number, path in enumerate(found, 1):
        if len(found) > 1:
            progress(f"[{number}/{len(found)}] {path}")
        yield path
    progress("")


def _diff(path: Path, old: str, new: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), f"{path} (now)", f"{path} (woven)"
    )
    return "".join(lines)

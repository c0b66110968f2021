"""The verb ``compile``: a loss and its proved gradient as Python code."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, ShapeError, SpannedError
from .exits import OK, OPEN, WRONG

if TYPE_CHECKING:
    from ..numeric import Compiled

EXAMPLE = r"""
  $ symgrad compile linear-regression --wrt m,b > line.py
  $ symgrad compile '(y - w x)^2' --data x,y --wrt w --emit numba
  $ symgrad compile --check line.py

The first line of the code says how it was made; --check makes it again and exits 1 if the file differs.
Exit code 2 when the gradient is not proved.
"""
_MADE = "# symgrad compile "


def add_verbs(verb: Callable[..., Any]) -> None:
    _arguments(verb("compile", run, "write a loss and its proved gradient as Python code", EXAMPLE))


def _arguments(parser: Any) -> None:
    parser.add_argument(
        "what", nargs="?", metavar="NAME|'LATEX'", help="a problem of `symgrad list`, or a formula"
    )
    parser.add_argument("--wrt", metavar="NAMES", help="what to differentiate by, such as m,b")
    parser.add_argument("--data", default="", metavar="NAMES", help="LATEX is one sample's loss in these")
    parser.add_argument("--sum", action="store_true", help="the sum over the samples, not their mean")
    parser.add_argument("--let", action="append", default=[], metavar="DEF", help="a definition or a kind")
    parser.add_argument("--emit", default="numpy", choices=("numpy", "numba"), help="default: numpy")
    parser.add_argument("--check", metavar="FILE", help="exit 1 if this file is not what would be written")


def run(args: argparse.Namespace) -> int:
    try:
        return _run(args)
    except SpannedError as error:
        print(f"symgrad: {error}", file=sys.stderr)
        return WRONG if isinstance(error, ShapeError) else OPEN


def _run(args: argparse.Namespace) -> int:
    if args.check is None:
        code, compiled = _written(args)
        print(code, end="")
        if not compiled.verdict:
            print(f"symgrad: the gradient is not proved: {compiled.verdict}", file=sys.stderr)
            return OPEN
        return OK
    old = Path(args.check).read_text(encoding="utf-8")
    if args.what is None:
        first = old.partition("\n")[0]
        if not first.startswith(_MADE):
            raise InputError(f"{args.check}: the first line does not say '{_MADE}..'; name the loss as well")
        args = _recorded(first.removeprefix(_MADE), args.check)
    code, _ = _written(args)
    if code == old:
        return OK
    print(f"symgrad: {args.check or 'the file'}: stale, write it again", file=sys.stderr)
    return WRONG


def _recorded(line: str, file: str) -> argparse.Namespace:
    """The arguments that the first line of a file records."""

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> Any:
            raise InputError(f"{file}: its first line is no command: {message}")

    parser = Parser(add_help=False)
    _arguments(parser)
    try:
        args = parser.parse_args(shlex.split(line))
    except ValueError as error:
        raise InputError(f"{file}: its first line is no command: {error}") from None
    if args.check is not None:
        raise InputError(f"{file}: its first line checks another file")
    args.check = file
    return args


def _written(args: argparse.Namespace) -> tuple[str, Compiled]:
    from ..losses.gallery import known, named
    from ..numeric import compile

    if args.what is None:
        raise InputError("name a loss: a problem of `symgrad list`, or a formula")
    wrt = tuple(args.wrt.split(",")) if args.wrt else None
    mean = False if args.sum else None
    data = tuple(filter(None, args.data.split(",")))
    if args.what in known():
        compiled = compile(named(args.what), wrt, mean=mean)
    else:
        if wrt is None:
            raise InputError("say what to differentiate by: --wrt m,b")
        compiled = compile(args.what, wrt, data, mean, given=[f"let {line}" for line in args.let])
    source = compiled.source if args.emit == "numpy" else compiled.loop
    return f"{_MADE}{_command(args)}\n{source}", compiled


def _command(args: argparse.Namespace) -> str:
    words = [args.what]
    for name in ("wrt", "data"):
        if getattr(args, name):
            words += [f"--{name}", getattr(args, name)]
    words += ["--sum"] * args.sum
    for line in args.let:
        words += ["--let", line]
    if args.emit != "numpy":
        words += ["--emit", args.emit]
    return shlex.join(words)

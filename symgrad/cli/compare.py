"""The verb ``compare``: losses for which one may average first, and those for which one may not."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .exits import OK, OPEN

if TYPE_CHECKING:
    from ..losses.gallery import Profile

COMPARE_EXAMPLE = r"""
  $ symgrad compare squared-line poisson-line
  $ symgrad compare '\frac{1}{N} \sum_{i=1}^N (y_i - m x_i)^2' --wrt m
  $ symgrad compare my_loss.py

a Python file defines `loss` (an Objective or a SymPy expression) and, if it likes, `wrt` and `data`
"""


def add_verbs(verb: Callable[..., Any]) -> None:
    compare = verb("compare", run_compare, "say of losses where one may average first", COMPARE_EXAMPLE)
    what = "a name of the gallery, LaTeX, or a file.py; none: the whole gallery"
    compare.add_argument("losses", nargs="*", metavar="LOSS", help=what)
    by = "what to differentiate by, also several times (default: all parameters)"
    compare.add_argument("--wrt", action="append", metavar="PARAMETER", help=by)


def run_compare(args: argparse.Namespace) -> int:
    from ..losses.gallery import comparison, names

    found = [_profile(loss, args.wrt) for loss in args.losses or names()]
    print(comparison(found))
    undecided = [
        p for p in found
        if None in p.differs.values() or p.statistics.finite is None or p.from_loss.status == "undecided"
    ]
    return OPEN if undecided else OK


def _profile(loss: str, wrt: list[str] | None) -> Profile:
    from ..errors import InputError, SpannedError
    from ..losses.gallery import named, profile

    if loss.endswith(".py"):
        return _from_file(loss, wrt)
    if loss.replace("-", "").isalpha():
        return profile(named(loss), wrt)
    try:
        return profile(loss, wrt, name="loss")
    except SpannedError as error:
        raise InputError(f"{loss}\n  {error}") from None


def _from_file(path: str, wrt: list[str] | None) -> Profile:
    import runpy
    from pathlib import Path

    from ..errors import InputError
    from ..losses.gallery import profile

    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    try:
        made = runpy.run_path(path)
    except Exception as error:
        raise InputError(f"{path}: {type(error).__name__}: {error}") from error
    if "loss" not in made:
        raise InputError(f"{path}: defines no `loss`, an Objective or a SymPy expression")
    return profile(made["loss"], wrt or made.get("wrt"), made.get("data", ()), name=Path(path).stem)

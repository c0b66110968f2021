"""The verbs ``check``, ``explain`` and ``read``: documents judged, findings explained, formulas read back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError, SymgradError
from .exits import OK, OPEN, WRONG, pointing_into, progress
from .givens import scope_of

if TYPE_CHECKING:
    from ..checking.findings import FileResult, Job
    from ..checking.process import Keeper

CHECK_EXAMPLE = """\
  $ symgrad check notes/ --strict
  $ symgrad check - --from md < notes.md
"""
EXPLAIN_EXAMPLE = """\
  $ symgrad explain SG101
"""
READ_EXAMPLE = r"""
  $ symgrad read '\frac{1}{N} \sum_{i=1}^N (y_i - m x_i)^2'
"""
_UNSURE = frozenset(["undecided", "unreadable", "timeout"])


def add_verbs(verb: Callable[..., Any]) -> None:
    check = verb("check", run_check, "judge the derivations in documents, line by line", CHECK_EXAMPLE)
    check.add_argument("paths", nargs="+", metavar="PATH", help="files or folders; - is standard input")
    check.add_argument(
        "--from", dest="kind", choices=("md", "qmd", "tex", "ipynb", "rst"), help="format of -"
    )
    check.add_argument(
        "--format", default="text", choices=("text", "json", "github", "sarif"), help="default: text"
    )
    check.add_argument("--strict", action="store_true", help="exit 2 where a step is undecided or unread")
    check.add_argument("--no-answers", action="store_true", help="never show what symgrad derives (homework)")
    check.add_argument("--jobs", type=int, default=1, metavar="N", help="files at once (default: 1)")
    check.add_argument("--quiet", action="store_true", help="errors only, no closing lines")
    explain = verb("explain", run_explain, "say what a finding means", EXPLAIN_EXAMPLE)
    explain.add_argument("code", nargs="?", metavar="CODE", help="such as SG101; without it, all of them")
    read = verb("read", run_read, "show how a formula is read: LaTeX, text, tree", READ_EXAMPLE)
    read.add_argument("formula", metavar="LATEX")
    read.add_argument("--let", action="append", default=[], metavar="DEF", help="a definition, kind or macro")


# --- check --------------------------------------------------------------------------------------------


def run_check(args: argparse.Namespace) -> int:
    from ..checking.process import Keeper

    if args.jobs < 1:
        raise InputError("--jobs takes a number from 1")
    first = Keeper()
    first.fork()  # it loads while we look for files
    try:
        results = _shown(args, _results(first, _jobs(args), args.jobs))
    except SymgradError as error:
        raise InputError(str(error)) from None
    finally:
        first.close()
    findings = [f for r in results for f in r.findings]
    if any(f.severity == "error" for f in findings):
        return WRONG
    unsure = any(s.verdict in _UNSURE for r in results for s in r.steps())
    broken = any(f.code.startswith(("SG2", "SG4", "SG5")) for f in findings)
    return OPEN if args.strict and (unsure or broken) else OK


def _jobs(args: argparse.Namespace) -> list[Job]:
    """The documents that are asked for, in order."""
    from ..checking.findings import Job
    from ..documents.files import SUFFIXES, decode, files_below, format_of

    asked = {"answers": not args.no_answers, "rules": args.format == "json"}
    missing: list[Path] = []
    jobs: list[Job] = []
    for name in args.paths:
        if name != "-":
            for file, root in files_below([Path(name)], missing.append):
                format_of(file)
                jobs.append(Job(str(file), None, "", str(root), **asked))
        elif args.kind is None:
            raise InputError("standard input needs --from md, qmd, tex, ipynb or rst")
        else:
            text, _ = decode(sys.stdin.buffer.read())
            jobs.append(Job("<stdin>", text, "md" if args.kind == "qmd" else args.kind, "", **asked))
    if missing:
        raise InputError(f"{missing[0]}: no such file or folder")
    if not jobs:
        raise InputError(f"no document ({', '.join(SUFFIXES)}) in {', '.join(args.paths)}")
    return jobs


def _shown(args: argparse.Namespace, found: Iterator[FileResult]) -> list[FileResult]:
    """The results, each said as it comes where the format lets it, else all at the end."""
    from ..checking import output
    from ..page.terminal import coloured, say

    results = []
    for result in found:
        results.append(result)
        if args.format == "text":
            for finding in result.findings:
                if not args.quiet or finding.severity == "error":
                    say(output.text(finding, coloured(sys.stdout)))
            if not args.quiet:
                say(output.closing_line(result))
        elif args.format == "github" and result.findings:
            say(output.as_github(result.findings))
    if args.format == "json":
        say(output.as_json(results))
    elif args.format == "sarif":
        say(output.as_sarif(results))
    return results


def _results(first: Keeper, jobs: list[Job], width: int) -> Iterator[FileResult]:
    """Results in the order of the jobs, ``width`` of them worked on at once; progress on a terminal."""
    from ..checking import result_of

    def show(number: int) -> None:
        if len(jobs) > 1:
            progress(f"[{number}/{len(jobs)}] {jobs[number - 1].path}" if number <= len(jobs) else "")

    if width == 1 or len(jobs) == 1:
        for number, job in enumerate(jobs, 1):
            show(number)
            result = result_of(first, job)
            show(len(jobs) + 1)
            yield result
        return
    from concurrent.futures import ThreadPoolExecutor
    from threading import local

    from ..checking.process import Keeper

    keepers = [first]
    own = local()

    def work(job: Job) -> FileResult:
        if not hasattr(own, "keeper"):
            own.keeper = Keeper()
            keepers.append(own.keeper)
        return result_of(own.keeper, job)

    try:
        with ThreadPoolExecutor(width) as pool:
            for number, result in enumerate(pool.map(work, jobs), 1):
                show(number)
                yield result
        show(len(jobs) + 1)
    finally:
        for keeper in keepers[1:]:
            keeper.close()


# --- explain, read ------------------------------------------------------------------------------------


def run_explain(args: argparse.Namespace) -> int:
    from ..checking.codes import CODES, explain

    if args.code is None:
        for code, entry in CODES.items():
            print(f"{code}  {entry.severity:8}  {entry.title}")
        return OK
    if args.code.upper() not in CODES:
        raise InputError(f"no finding {args.code}; there are {', '.join(CODES)}")
    print(explain(args.code.upper()))
    return OK


def run_read(args: argparse.Namespace) -> int:
    from ..latex import read
    from ..page.to_latex import to_latex
    from ..page.to_text import to_text

    scope = scope_of(f"let {definition}" for definition in args.let)
    with pointing_into(args.formula):
        node = read(args.formula, scope)
    print(f"latex  {to_latex(node)}\ntext   {to_text(node)}\ntree   {node!r}")
    return OK

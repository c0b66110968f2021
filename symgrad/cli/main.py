"""The command line: one function a verb, everything heavy imported by the verb that needs it.

Exit codes: 0 all proved (reports: every verdict as stated), 1 something refuted, ill-typed or stale,
2 something undecided or unreadable, 3 wrong usage or input/output, 130 on Ctrl-C; the gravest wins.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from . import givens
from .exits import FAULT, INTERRUPTED, OK, OPEN, WRONG, Stop, gravest, pointing_into, progress

if TYPE_CHECKING:
    from ..kernel.verdict import Verdict
    from ..reporting import Entry

_BY_STATUS = {"proved": OK, "refuted": WRONG, "undecided": OPEN}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(FAULT, f"symgrad: {message}\n")


class _Version(argparse.Action):
    """Looks for the installed version when asked only: ``importlib.metadata`` is slow to import."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"symgrad {version('symgrad')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is returned, never raised, except by ``--help`` and wrong usage."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    args = _parser().parse_args(argv)
    verb: Callable[[argparse.Namespace], int] = args.run
    from ..errors import InputError, ShapeError, SymgradError
    from ..page.terminal import mute, say

    try:
        code = verb(args)
        say()
        return code
    except Stop as stop:
        print(f"symgrad: {stop.message}", file=sys.stderr)
        return stop.code
    except SymgradError as error:
        print(f"symgrad: {error}", file=sys.stderr)
        if isinstance(error, ShapeError):
            print(r"(shapes are declared so: --let 'w \in \mathbb{R}^d')", file=sys.stderr)
        return FAULT if isinstance(error, InputError) else WRONG if isinstance(error, ShapeError) else OPEN
    except BrokenPipeError:
        mute()
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"symgrad: {where}{error.strerror or error}", file=sys.stderr)
        return FAULT
    except KeyboardInterrupt:
        print("symgrad: interrupted", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="symgrad",
        description="A compiler for derivations: gradients derived one named rule a line, every line proved.",
        epilog="Exit codes: 0 proved, 1 refuted or stale, 2 undecided or unreadable, 3 wrong usage or I/O.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    verbs = parser.add_subparsers(metavar="VERB", prog="symgrad", required=True)

    def verb(name: str, run: Callable[[argparse.Namespace], int], help: str, example: str) -> _Parser:
        added: _Parser = verbs.add_parser(
            name,
            help=help,
            description=help[0].upper() + help[1:] + ".",
            epilog=f"example:\n{example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    report = verb("report", _report, "turn a folder of derivations into reports", _REPORT_EXAMPLE)
    report.add_argument("folder", nargs="?", default="derivations", help="default: derivations")
    report.add_argument("--out", default="reports", metavar="DIR", help="where to write (default: reports)")
    report.add_argument("--format", default="md,tex", metavar="LIST", help="md, tex, html, pdf")
    report.add_argument("--templates", metavar="DIR", help="templates of your own (they are code)")
    report.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if something is stale or not as stated"
    )

    derive = verb("derive", _derive, "derive a gradient, every line named and proved", _DERIVE_EXAMPLE)
    derive.add_argument(
        "what", metavar="NAME|'LATEX'|NOTES", help="a problem of `symgrad list`, a formula, notes"
    )
    derive.add_argument("--expr", metavar="LATEX", help="a formula in the names that the notes define")
    derive.add_argument("--wrt", required=True, metavar="PARAMETER", help="what to differentiate by")
    derive.add_argument("--format", default="text", choices=("text", "md", "latex"), help="default: text")
    givens.add_to(derive)

    gap = verb("gap", _gap, "compare the mean of the gradients with the gradient at the mean", _GAP_EXAMPLE)
    gap.add_argument("what", metavar="NAME|'LATEX'", help="a problem of `symgrad list`, or a loss")
    gap.add_argument("--wrt", required=True, metavar="PARAMETER", help="what to differentiate by")

    prove = verb("prove", _prove, "decide an equality between formulas written in LaTeX", _PROVE_EXAMPLE)
    prove.add_argument("claim", metavar="'LHS = RHS'", help="LaTeX; a chain A = B = C has every link decided")
    givens.add_to(prove)

    verb("list", _list, "list the problems, models and losses of the library", _LIST_EXAMPLE)
    from . import check as cli_check
    from . import compare as cli_compare
    from . import compile as cli_compile
    from . import weave as cli_weave

    cli_check.add_verbs(verb)
    cli_compare.add_verbs(verb)
    cli_compile.add_verbs(verb)
    cli_weave.add_verbs(verb)
    return parser


_REPORT_EXAMPLE = """\
  $ symgrad report derivations --out reports
"""
_DERIVE_EXAMPLE = """\
  $ symgrad derive linear-regression --wrt m
  $ symgrad derive notes.md --expr L --wrt w
"""
_GAP_EXAMPLE = """\
  $ symgrad gap linear-regression --wrt m

exit code 0 when everything is decided: that the gap is not 0 for all data is an answer, not an error
"""
_LIST_EXAMPLE = """\
  $ symgrad list
"""
_PROVE_EXAMPLE = r"""
  $ symgrad prove '\sum_{i=1}^{N} (x_i - a) = 0' --let 'a = \frac{1}{N} \sum_{i=1}^{N} x_i'
"""


# --- report -------------------------------------------------------------------------------------------


def _report(args: argparse.Namespace) -> int:
    from pathlib import Path

    from .. import reporting

    formats = _formats(args.format)
    folder, out = Path(args.folder), Path(args.out)
    try:
        entries = reporting.load_folder(folder, progress)
    finally:
        progress("")
    own = Path(args.templates) if args.templates else None
    if own and not own.is_dir():
        raise Stop(f"{own}: no such folder of templates", FAULT)
    files, entries = reporting.documents(entries, folder.resolve().name, formats, own)

    codes = [code for entry in entries for code in _faults(entry, args.check)]
    if args.check:
        names = reporting.stale(out, files)
        for name in names:
            print(f"symgrad: {out / name}: stale, run symgrad report", file=sys.stderr)
            codes.append(WRONG)
    else:
        names = reporting.write(out, files)
    reports = [(entry.name, entry.report) for entry in entries if entry.report is not None]
    for name, report in reports:
        print(f"{out / name}.{formats[0]}: {report.tally()}")
    verb = "stale" if args.check else "written"
    print(f"{out / 'index.md'}: {len(reports)} reports, {len(names)} files {verb}")
    return gravest(codes)


def _formats(names: str) -> list[str]:
    from ..reporting import FORMATS

    unknown = sorted(set(names.split(",")) - set(FORMATS))
    if unknown:
        raise Stop(f"unknown format {', '.join(unknown)}; there are {', '.join(FORMATS)}", FAULT)
    return [f for f in FORMATS if f in names.split(",")]


def _faults(entry: Entry, check: bool) -> Iterator[int]:
    """Say what is wrong with a report; the exit code of each fault."""
    if entry.report is None:
        print(f"symgrad: {entry.error}", file=sys.stderr)
        yield FAULT
        return
    for failure in entry.report.failures():
        print(f"symgrad: {entry.name}: {failure.message}", file=sys.stderr)
        yield OPEN if failure.undecided and not check else WRONG


# --- derive -------------------------------------------------------------------------------------------


def _derive(args: argparse.Namespace) -> int:
    import symgrad

    from ..losses.gallery import named
    from ..page.terminal import rendered

    if args.expr is None and _is_name(args.what):
        objective = named(args.what)
        derivation = symgrad.derive(objective, wrt=objective.parameter(args.wrt), given=givens.lines(args))
    else:
        from ..deriving.derivation import derive_node
        from ..latex import read

        scope = givens.in_force(args, args.what if args.expr else None)
        formula = args.expr or args.what
        with pointing_into(args.wrt):
            wrt = read(args.wrt, scope)
        with pointing_into(formula):
            derivation = derive_node(read(formula, scope), wrt, scope)
    if args.format == "text":
        verdicts = derivation.verdicts()
        print(rendered(derivation.text(verdicts), sys.stdout))
        codes = [_BY_STATUS[verdict.status] for verdict in verdicts]
    else:
        from .. import reporting

        lines = reporting.proof(derivation)
        print(reporting.render_part(lines, "md" if args.format == "md" else "tex"), end="")
        codes = [_BY_STATUS[row.mark.word] for row in lines.rows if row.mark]
    return gravest([*codes, *[OPEN] * bool(derivation.reason)])


def _is_name(what: str) -> bool:
    """linear-regression is a name; J, mx and a - b are formulas."""
    import re

    return re.fullmatch(r"[a-z]{3,}(-[a-z]{3,})*", what) is not None


# --- gap, list -----------------------------------------------------------------------------------------


def _gap(args: argparse.Namespace) -> int:
    import symgrad

    from ..losses.gallery import named
    from ..page.terminal import rendered

    found = symgrad.gap(named(args.what) if _is_name(args.what) else args.what, args.wrt)
    print(rendered(str(found), sys.stdout))
    identities = [_BY_STATUS[found.verdicts[key].status] for key in ("sum", "difference")]
    questions = [OPEN for verdict in found.verdicts.values() if verdict.status == "undecided"]
    return gravest([*identities, *questions])


def _list(args: argparse.Namespace) -> int:
    from ..bridge import to_page
    from ..losses.gallery import known, named
    from ..losses.library import LOSSES, MODELS
    from ..page.to_text import to_text

    problems = {name: named(name) for name in known()}
    sections = {
        "problems": {
            name: f"{to_text(o.symbol)} = {to_text(o.page)}, by {', '.join(map(str, o.parameters))}"
            for name, o in problems.items()
        },
        "models": {name: f"f(t) = {to_text(to_page(f.expr, f.signature))}" for name, f in MODELS.items()},
        "losses": {name: f"loss(y, p) = {to_text(to_page(f.expr))}" for name, f in LOSSES.items()},
    }
    for title, entries in sections.items():
        print(f"{title}:")
        width = max(map(len, entries))
        for name, formula in entries.items():
            print(f"  {name:{width}}  {formula}")
    return OK


# --- prove --------------------------------------------------------------------------------------------


def _prove(args: argparse.Namespace) -> int:
    from ..latex import read
    from ..meaning.judging import prove_nodes
    from ..page.terminal import rendered
    from ..page.to_text import to_text
    from ..page.tree import Chain, Relation

    scope = givens.in_force(args)
    codes = []
    with pointing_into(args.claim):
        node = read(args.claim, scope)
        links = node.relations() if isinstance(node, Chain) else (node,)
        for link in links:
            if not isinstance(link, Relation) or link.op != "=":
                raise Stop(f"{to_text(link)}\n  is not an equality: write 'LHS = RHS'", FAULT)
            verdict = prove_nodes(link.lhs, link.rhs, scope)
            print(rendered(f"{to_text(link)}\n  {_verdict_text(verdict)}", sys.stdout))
            codes.append(_BY_STATUS[verdict.status])
    return gravest(codes)


def _verdict_text(verdict: Verdict) -> str:
    from ..reporting import Mark

    return f"{Mark.of(verdict).symbol} {verdict}"

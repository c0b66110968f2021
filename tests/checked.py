"""Notes checked, and what became of their steps."""

from __future__ import annotations

from symgrad.checking import result_of
from symgrad.checking.findings import FileResult, Job, Step
from symgrad.checking.process import Keeper


def run(keeper: Keeper, text: str, kind: str = "md") -> FileResult:
    return result_of(keeper, Job("note", text, kind, ""))


def step(keeper: Keeper, formula: str, *lets: str) -> Step:
    """The last step of one display with these lets."""
    head = "<!-- symgrad\n" + "".join(f"let {x}\n" for x in lets) + "-->\n" if lets else ""
    return run(keeper, f"{head}$$\n{formula}\n$$").steps()[-1]


def verdicts(keeper: Keeper, text: str) -> list[str | None]:
    """The verdicts on the claims."""
    return [s.verdict for s in run(keeper, text).steps() if s.kind == "claim"]

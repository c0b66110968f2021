"""Checking: the derivations of a document, judged line by line.

The modules, each importing only those before it: ``codes`` (the table of findings), ``findings`` (steps and
findings), ``queries`` (questions about the names in a page), ``conditions`` (what limits one formula alone),
``step`` (one step judged), ``repairs`` (what would mend it), ``conventions`` (what writers customarily mean),
``facts`` (what is in force and where it was said), ``roles`` (what a relation is where it stands),
``excuses`` (readings under which a step that fails may still be right), ``classify`` (the relations of a
formula), ``ruling`` (one relation judged under what stands beside it), ``record`` (steps and findings as they
come), ``document`` (a document from top to bottom),
``process_main`` (the loop of the process that does it), ``process`` (that process kept alive), ``output``
(findings as text, JSON, SARIF ..).

>>> note = "$$\\\\frac{d}{dw} (w x)^2 = 2 w x$$"
>>> [f.code for f in check_text(note, "md").findings]
['SG101']
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..documents.files import files_below, format_of
from ..errors import InputError
from .findings import FileResult, Finding, Job, Place, Step

if TYPE_CHECKING:
    from .process import Keeper

__all__ = ["FileResult", "Finding", "Place", "Step", "check", "check_text"]


def check(path: str | os.PathLike[str]) -> list[Finding]:
    """The findings in a document, or in all documents below a folder, errors, warnings and notes.

    ``str(finding)`` is one line with path, line and column; ``finding.code`` is stable and explained by
    ``symgrad explain``.  The work is done in a process of its own, whatever the document holds.
    """

    from .process import Keeper

    def missing(p: Path) -> None:
        raise InputError(f"{p}: no such file or folder")

    found: list[Finding] = []
    with Keeper() as keeper:
        for file, root in files_below([Path(path)], missing):
            format_of(file)
            found += result_of(keeper, Job(str(file), None, "", str(root))).findings
    return found


def check_text(text: str, kind: str, path: str = "<text>", answers: bool = True) -> FileResult:
    """Steps and findings of a document given as text; ``kind`` is one of md, tex, rst, ipynb."""
    from .process import Keeper

    with Keeper() as keeper:
        return result_of(keeper, Job(path, text, kind, "", answers))


def result_of(keeper: Keeper, job: Job) -> FileResult:
    """Run a job to its end."""
    match keeper.run(job):
        case ("end", FileResult() as done):
            return done
        case ("failed", message):
            code = "SG207"
        case (_, why):
            code = "SG204" if why == "timeout" else "SG205"
            message = "the document could not be checked within the limits"
    result = FileResult(job.path)
    result.findings.append(Finding(job.path, Place(1, 1, 1, 1), code, message))
    return result

"""Output: findings as text with a caret, as JSON, as annotations for GitHub, as SARIF."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from .codes import CODES
from .findings import FileResult, Finding, Place, Step

_COLOURS = {"error": "31", "warning": "33", "note": "36"}


def text(finding: Finding, colour: bool = False) -> str:
    """The diagnostic, its hint and witness, and the line with a caret."""
    head = str(finding)
    if colour:
        where, _, rest = head.partition(": ")
        head = f"{where}: \033[{_COLOURS[finding.severity]}m{rest}\033[0m"
    lines = [head]
    if finding.hint:
        lines.append(f"    hint: {finding.hint}")
    if finding.derived:
        lines.append(f"    derived: {finding.derived}")
    if finding.witness:
        lines.append(f"    witness: {finding.witness}")
    if finding.context:
        lines.append(f"    in the cell that begins: {finding.context}")
    if finding.source.strip():
        number, column = str(finding.place.line), finding.place.column
        source, column = _window(finding.source, column)
        same_line = finding.place.end_line == finding.place.line
        width = finding.place.end_column - finding.place.column if same_line else 1
        width = max(1, min(width, len(source) - column + 1))
        lines.append(f"  {number} | {source}")
        lines.append(f"  {' ' * len(number)} | {' ' * (column - 1)}{'^' * width}")
    return "\n".join(lines)


def _window(source: str, column: int, width: int = 140) -> tuple[str, int]:
    """A part of a long line around the column."""
    source = source.replace("\t", " ")
    if len(source) <= width:
        return source, column
    start = max(0, min(column - width // 2, len(source) - width))
    return ("…" if start else "") + source[start : start + width], column - start + bool(start)


def closing_line(result: FileResult) -> str:
    """What became of the steps of a file, in one line."""
    count = result.counts()
    judged = [f"{count[k]} {k}" for k in ("proved", "refuted", "illtyped", "undecided") if count[k]]
    total = sum(count[k] for k in ("proved", "refuted", "illtyped", "undecided"))
    parts = [f"{total} judged" + (f" ({', '.join(judged)})" if judged else "")]
    parts += [f"{count[k]} {k}" for k in ("definitions", "skipped", "unread")]
    return f"{result.path}: {', '.join(parts)}"


def summary(results: Sequence[FileResult]) -> dict[str, int]:
    total: dict[str, int] = {"files": len(results)}
    for result in results:
        for key, value in result.counts().items():
            total[key] = total.get(key, 0) + value
    total["errors"] = sum(f.severity == "error" for r in results for f in r.findings)
    total["warnings"] = sum(f.severity == "warning" for r in results for f in r.findings)
    return total


def as_json(results: Sequence[FileResult]) -> str:
    files = [
        {
            "path": r.path,
            "derivations": [
                {"line": d.line, **_cell(d.cell), "steps": [_step(s) for s in d.steps]} for d in r.derivations
            ],
            "findings": [_finding(f) for f in r.findings],
        }
        for r in results
    ]
    return json.dumps(
        {"version": 1, "files": files, "summary": summary(results)}, ensure_ascii=False, indent=1
    )


def _cell(cell: int | None) -> dict[str, int]:
    return {} if cell is None else {"cell": cell}


def _place(place: Place) -> dict[str, Any]:
    values = {name: getattr(place, name) for name in Place.__match_args__}
    return {name: value for name, value in values.items() if value is not None}  # no cell


def _step(step: Step) -> dict[str, Any]:
    return {
        **_place(step.place),
        "relation": step.relation,
        "lhs": step.lhs,
        "rhs": step.rhs,
        "kind": step.kind,
        "verdict": step.verdict,
        "code": step.code,
        "rule": step.rule,
        "claimed_rule": step.claimed_rule,
        "assuming": list(step.assuming),
        "witness": step.witness,
        "hint": step.hint,
        "message": step.message,
        **({"derived": step.derived} if step.derived else {}),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        **_place(finding.place),
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "witness": finding.witness,
    }


def as_github(findings: Iterable[Finding]) -> str:
    """Workflow commands: one annotation a finding."""
    level = {"error": "error", "warning": "warning", "note": "notice"}
    out = []
    for f in findings:
        body = f.message + (f"\nhint: {f.hint}" if f.hint else "")
        if f.place.cell is not None:
            body = f"cell {f.place.cell}, line {f.place.line}: {body}"
        where = f"file={_escape(f.path, True)},line={f.place.line},col={f.place.column}"
        title = _escape(f"{f.code} {CODES[f.code].title}", True)
        out.append(f"::{level[f.severity]} {where},title={title}::{_escape(body)}")
    return "\n".join(out)


def _escape(value: str, is_property: bool = False) -> str:
    value = value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return value.replace(":", "%3A").replace(",", "%2C") if is_property else value


def as_sarif(results: Sequence[FileResult]) -> str:
    """A SARIF 2.1.0 log, for code scanning."""
    rules = [
        {
            "id": code,
            "name": c.title,
            "shortDescription": {"text": c.title},
            "fullDescription": {"text": c.text},
            "defaultConfiguration": {"level": c.severity},
        }
        for code, c in CODES.items()
    ]
    run = {
        "tool": {"driver": {"name": "symgrad", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(f) for r in results for f in r.findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1)


def _result(f: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(f.path.replace("\\", "/"))}}
    message = f.message + (f" Hint: {f.hint}" if f.hint else "")
    if f.place.cell is None:
        place["region"] = {
            "startLine": f.place.line,
            "startColumn": f.place.column,
            "endLine": f.place.end_line,
            "endColumn": f.place.end_column,
        }
    else:  # a line of a cell is no line of the file
        message = f"cell {f.place.cell}, line {f.place.line}: {message}"
    return {
        "ruleId": f.code,
        "level": f.severity,
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
    }

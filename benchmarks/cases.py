"""Figures of ``symgrad check`` on the labelled cases beside the checkout (``../shared/cases``).

Each block becomes a document in its own format, its givens as directives in front of the text; the
document goes the way of ``symgrad check --format json``, and the steps are aligned with the labelled
relation signs in reading order.  ``-v`` lists every labelled step that did not come out as labelled.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from symgrad.checking import result_of
from symgrad.checking.findings import Job
from symgrad.checking.process import Keeper

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
BAD = ("refuted", "illtyped")
Row = dict[str, Any]


def main() -> int:
    if not CASES.is_dir():
        print(f"no labelled cases at {CASES}: nothing to measure")
        return 0
    verbose = "-v" in sys.argv
    with Keeper() as keeper:
        proved = blocks(keeper, verbose)
        pairs(keeper, verbose)
        if "--mutants" in sys.argv:
            mutants(keeper, proved)
    return 0


def document(form: str, givens: list[str], text: str) -> tuple[str, str]:
    """The text of a document and its kind."""
    if form == "tex":
        return "".join(f"% symgrad: {g}\n" for g in givens) + "\n" + text + "\n", "tex"
    if form == "rst":
        head = "".join(f".. symgrad: {g}\n\n" for g in givens)
        return head + (text if ".. math::" in text else f".. math::\n{text}\n"), "rst"
    comment = "<!-- symgrad\n" + "".join(f"{g}\n" for g in givens) + "-->\n\n" if givens else ""
    if form == "ipynb":
        cell = {"cell_type": "markdown", "metadata": {}, "source": comment + text}
        return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "ipynb"
    return comment + text + "\n", "md"


def steps_of(keeper: Keeper, form: str, givens: list[str], text: str) -> tuple[list[Any], list[Any], float]:
    body, kind = document(form, givens, text)
    started = time.perf_counter()
    result = result_of(keeper, Job("case", body, kind, "", rules=False))
    return result.steps(), result.findings, time.perf_counter() - started


def squeeze(text: str) -> str:
    return re.sub(r"[\s{}&]|\\\\|\\[,;:!]|\\quad", "", text)


def align(labels: list[Row], steps: list[Any]) -> list[Any]:
    """For each label the step of the same sides, in order; by number where as many were found."""
    if len(labels) == len(steps):
        return list(steps)
    out, at = [], 0
    for label in labels:
        want = squeeze(label["rhs"])[:20]
        found = next((k for k in range(at, len(steps)) if squeeze(steps[k].rhs)[:20] == want), None)
        out.append(None if found is None else steps[found])
        at = at if found is None else found + 1
    return out


def blocks(keeper: Keeper, verbose: bool) -> list[tuple[Row, Any]]:
    counts: dict[str, Counter[str]] = {}
    seconds: list[float] = []
    directives = 0
    proved = []
    rows = [json.loads(line) for line in (CASES / "derivations.jsonl").read_text().splitlines()]
    for row in rows:
        steps, findings, took = steps_of(keeper, row["format"], row["givens"], row["text"])
        seconds += [took / max(1, len(steps))] * len(steps)
        unread = [f for f in findings if f.code in ("SG403", "SG404", "SG501")]
        directives += len(unread)
        if verbose:
            for f in unread:
                print(f"{row['id']} {f.code} {f.message} | {f.source.strip()[:100]}")
        for label, step in zip(row["steps"], align(row["steps"], steps), strict=True):
            tier = counts.setdefault(row["tier"], Counter())
            verdict = "absent" if step is None else str(step.verdict or step.kind)
            tier[f"{label['verdict']}/{verdict}"] += 1
            wanted = {"valid": ("proved",), "invalid-substantive": BAD}.get(label["verdict"])
            if label["verdict"] in ("valid", "conditional") and verdict == "proved":
                proved.append((row, step))
            odd = (wanted and verdict not in wanted) or (wanted is None and verdict in BAD)
            if verbose and odd:
                message = "" if step is None else f"{step.code} {step.message}"
                shown = "" if step is None else f"{step.lhs} {step.relation} {step.rhs}"
                print(f"{row['id']} {row['tier']} {label['verdict']} -> {verdict}: {message}")
                print(f"      {shown[:300]}")
    columns = ("proved", "refuted", "illtyped", "undecided", "unreadable")
    print(f"{'tier':10} {'valid':>6} {'%':>6} " + " ".join(f"{c:>10}" for c in (*columns, "other")))
    for tier, c in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        valid = {k.split("/")[1]: n for k, n in c.items() if k.startswith("valid/")}
        total = sum(valid.values())
        shown_counts = [valid.get(k, 0) for k in columns]
        shown_counts.append(total - sum(shown_counts))
        share = 100 * valid.get("proved", 0) / max(1, total)
        print(f"{tier:10} {total:6} {share:6.1f} " + " ".join(f"{n:10}" for n in shown_counts))
    every = sum(counts.values(), Counter())
    wrong = {k.split("/")[1]: n for k, n in every.items() if k.startswith("invalid-substantive/")}
    flagged = sum(wrong.get(b, 0) for b in BAD)
    print(f"substantive errors flagged {flagged} of {sum(wrong.values())}, proved {wrong.get('proved', 0)}")
    alarms = sum(n for k, n in every.items() if k.split("/")[1] in BAD)
    harmless = ("valid", "not-a-claim", "conditional")
    false = sum(every[f"{label}/{verdict}"] for label in harmless for verdict in BAD)
    print(f"alarms {alarms}, of which on valid, conditional or no claim {false}")
    print(f"notation errors proved {every['invalid-notation/proved']}; directives unread {directives}")
    sides = sum(every.values())
    unread_sides = sum(n for k, n in every.items() if k.endswith("/unreadable"))
    print(f"steps read {sides - unread_sides} of {sides}")
    ordered = sorted(1000 * s for s in seconds)
    median, late = statistics.median(ordered), ordered[int(0.95 * len(ordered))]
    print(f"a step, rules not named: median {median:.1f} ms, p95 {late:.0f} ms")
    return proved


def pairs(keeper: Keeper, verbose: bool) -> None:
    counts: Counter[str] = Counter()
    for line in (CASES / "pairs.jsonl").read_text().splitlines():
        row = json.loads(line)
        text = f"$$\n{row['lhs']} = {row['rhs']}\n$$"
        steps, findings, _ = steps_of(keeper, "md", [f"let {d}" for d in row["let"]], text)
        step = steps[-1] if steps else None
        verdict = "absent" if step is None else str(step.verdict or step.kind)
        expected = row["expected"]
        good = {
            "true": verdict == "proved",
            "false": verdict in BAD,
            "conditional": verdict == "proved" and step is not None and bool(step.assuming),
            "sloppy": verdict == "refuted" and step is not None and bool(step.hint),
        }[expected]
        counts[f"{expected} {'right' if good else verdict}"] += 1
        if verbose and not good:
            said = "" if step is None else f"{step.message} hint={step.hint}"
            print(f"pair {row['id']} {expected} -> {verdict}: {said} {[f.message for f in findings][:1]}")
    print("pairs: " + ", ".join(f"{k} {n}" for k, n in sorted(counts.items())))


# Seeded slips of the pen, on the text of a right side.
_SLIPS = (
    (
        "sign",
        r"(?<=[^\s({^_=])\s*[-+]\s*(?=[^\s}])",
        lambda m: m.group().translate(str.maketrans("+-", "-+")),
    ),
    ("factor", r"(?<![\w^_{])2(?!\w)", lambda m: "3"),
    ("index", r"(?<=_)[ij](?!\w)|(?<=_\{)[ij](?=\})", lambda m: "j" if m.group() == "i" else "i"),
    ("exponent", r"\^\{?2\}?", lambda m: "^{3}"),
    ("term", r"(?<=[^\s({^_=&])\s*[-+]\s*[A-Za-z]\w?(?=\s*[)+\-]|\s*$)", lambda m: ""),
    ("tail", r"\s*$", lambda m: " \\cdot 2"),
)


def mutants(keeper: Keeper, proved: list[tuple[Row, Any]], seed: int = 1) -> None:
    rng = random.Random(seed)
    made = accepted = 0
    for row, step in proved:
        slips = [
            (name, m, change) for name, pattern, change in _SLIPS for m in re.finditer(pattern, step.rhs)
        ]
        for name, m, change in rng.sample(slips, min(2, len(slips))):
            rhs = step.rhs[: m.start()] + change(m) + step.rhs[m.end() :]
            if rhs == step.rhs:
                continue
            steps, _, _ = steps_of(keeper, "md", row["givens"], f"$$\n{step.lhs} = {rhs}\n$$")
            made += 1
            if steps and steps[-1].verdict == "proved":
                accepted += 1
                print(f"accepted {row['id']} ({name}): {step.lhs} = {rhs}")
    print(f"mutants {made}, accepted {accepted} (each is to be read: some slips change nothing)")


if __name__ == "__main__":
    sys.exit(main())

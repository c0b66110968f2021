"""Codes: every finding that ``symgrad check`` can report, in one table.

>>> CODES["SG101"].severity, CODES["SG101"].title
('error', 'refuted')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Code:
    severity: Severity
    title: str
    text: str


CODES: dict[str, Code] = {
    "SG101": Code(
        "error",
        "refuted",
        "The two sides differ: the witness is a point at which both are defined, every hypothesis holds, "
        "and their exact values are not the same. The hint, where there is one, is a single change of the "
        "step that the judge proves.",
    ),
    "SG102": Code(
        "error",
        "shapes do not fit",
        "No reading of the step has one shape: a product whose inner sizes differ, a sum of a matrix and "
        "a vector, sides of different shape.",
    ),
    "SG103": Code(
        "error",
        "wrongly rounded",
        "A decimal stands for an exact value, but it is not that value rounded to the decimals that are "
        "written.",
    ),
    "SG104": Code(
        "error",
        "repeats the slip above",
        "The step is refuted, and with the row above mended in the way its hint says it is true: mend "
        "that row first.",
    ),
    "SG201": Code(
        "warning",
        "undecided",
        "Neither a proof nor a counterexample was found, for the reason given. Nothing is said about the "
        "step.",
    ),
    "SG202": Code(
        "warning",
        "not defined",
        "A name is used whose meaning decides whether the step is true, and nothing in the document says "
        "what it is. Paste the line that the hint shows (in a comment of the document) and complete it.",
    ),
    "SG203": Code(
        "warning",
        "unreadable",
        "The reader does not know a command or a sign, or the formula is not complete. Nothing is "
        "guessed; a macro can be declared with `let \\name = ...`.",
    ),
    "SG204": Code(
        "warning",
        "timed out",
        "The step took longer than the hard limit; the process that worked on it was ended.",
    ),
    "SG205": Code(
        "warning",
        "too large",
        "A formula is longer or nested deeper than what is read, or the memory limit was reached.",
    ),
    "SG206": Code(
        "warning",
        "no meaning here",
        "The formula was read, but symgrad has no meaning for a part of it (the message names it).",
    ),
    "SG207": Code(
        "warning",
        "internal error",
        "symgrad itself failed at this step. Please report it with the formula; nothing is said about the "
        "step.",
    ),
    "SG301": Code(
        "note",
        "both sides vanish",
        "Both sides are 0 for all data. The step is true and says nothing about its factors.",
    ),
    "SG302": Code(
        "note",
        "transposed convention",
        "The two sides agree after one of them is transposed: gradients are written here as rows (or the "
        "row of a derivative as a column). Nothing is wrong with either; mixing them is where errors "
        "start.",
    ),
    "SG303": Code(
        "warning",
        "another rule",
        "The label names one rule, and another rule turns the left side into the right side. The step "
        "itself is judged without its label; this never changes the exit code.",
    ),
    "SG304": Code(
        "note",
        "rounded",
        "The sides are joined by an equals sign, but the decimal is the exact value rounded (correctly).",
    ),
    "SG305": Code(
        "warning",
        "written differently before",
        "The name was defined above in another way, and the two are not equal. The new line is taken as "
        "an error of one of them; a new definition is announced by a heading, by a word such as `let`, or "
        "by `:=`.",
    ),
    "SG306": Code(
        "note",
        "parenthesis without partner",
        "A parenthesis has no partner. It stands at an end, so that there is one reading only, and that "
        "one was judged.",
    ),
    "SG307": Code(
        "note",
        "index restored",
        "An index that the definition carries was dropped here; the step was judged with it.",
    ),
    "SG308": Code(
        "note",
        "sum reaches further",
        "A sum sign stands before terms that use its index, without parentheses. To the letter the index "
        "of the later terms means nothing, so the sum was read to reach over them.",
    ),
    "SG401": Code(
        "warning",
        "nothing judged",
        "The file holds no step that could be judged. The message names what was seen.",
    ),
    "SG402": Code(
        "warning",
        "ignore without effect",
        "An `ignore` directive silenced nothing: remove it, or look at why the finding is gone.",
    ),
    "SG403": Code(
        "warning",
        "directive not understood",
        "A `symgrad:` line could not be read, or contradicts another one. It is left out.",
    ),
    "SG404": Code(
        "warning",
        "macro not understood",
        "A macro definition could not be read. Formulas that use the macro are unreadable.",
    ),
    "SG501": Code(
        "warning",
        "not the text it should be",
        "The file is not UTF-8, holds NUL bytes, is not a notebook, is too large, or a formula in it "
        "never ends.",
    ),
}


def explain(code: str) -> str:
    """The paragraph that ``symgrad explain`` prints."""
    entry = CODES[code]
    return f"{code} {entry.title} ({entry.severity})\n\n{entry.text}"

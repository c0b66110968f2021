r"""Conventions: what writers customarily mean by words and leave to the reader, one row each.

A row is its own test: it is found in its ``example``, and not in its ``counterexample``.

>>> properties("A, B", "Let the symmetric matrices ", " be given.")
('A = A^\\top', 'B = B^\\top')
>>> sorted(positive("The learning rate $\\eta$ is small."))
['\\eta']
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..latex.tokens import separated
from ..page.symbols import DEVIATIONS
from ..patterns import Pattern

NAME = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for the formula in the text around it


@dataclass(frozen=True, slots=True)
class Convention:
    """Where the pattern is found in a text, the fact holds of the name ``x``.

    *Said*: a hypothesis from there on.  *Customary*: no hypothesis, for nobody said it; but a step that is
    wrong only without it is not called wrong.
    """

    name: str
    pattern: Pattern
    fact: str
    strength: Literal["said", "customary"]
    example: str
    counterexample: str


_CLASS = r"(?:real|square|invertible|positive|(?:semi-?)?definite|class|0/1)"
_THING = r"(?:matrix|matrices|vectors?|labels?|targets?|variables?|outcomes?|responses?|direction)"


def _adjective(words: str) -> Pattern:
    """``a symmetric matrix $A$``, or ``$A$ is a real symmetric matrix``."""
    before = rf"(?<!not )(?<!non-)(?<!skew-)\b(?:{words})(?: {_CLASS}\b)*(?: {_THING}\b)?\s*{NAME}"
    behind = (
        rf"{NAME}\s*(?:[,(]\s*)?(?:where\s+)?(?:(?:is|are|be|being|denotes?)\s+)?"
        rf"(?:an?\s+|the\s+|both\s+|all\s+)?(?:{_CLASS}\s+)*(?:{words})"
    )
    return Pattern(f"{before}|{behind}", re.IGNORECASE)


SHARES = Convention(
    "labels and probabilities sum to one",
    Pattern(
        r"\bone[- ]?hot\b|\bcross[- ]?entropy|\b(?:sums?|adds? up) to (?:one|1|unity)\b|\bsimplex\b"
        r"|\bprobability (?:vector|distribution)|\bcategorical\b",
        re.IGNORECASE,
    ),
    "{x} = 1",  # x: a sum over all the entries of a vector
    "customary",
    example="the labels are one-hot",
    counterexample="the labels are binary",
)
SPREAD = Convention(
    "a standard deviation is positive",
    Pattern(r"\b(?:standard deviation|variance|gaussian|normal distribution)", re.IGNORECASE),
    "{x} > 0",  # x: one of the letters of deviations
    "customary",
    example="with Gaussian noise",
    counterexample="with additive noise",
)
_QUANTITY = (
    r"\b(?:standard deviation|variance|scale|rate|mass|length|width|radius|distance|frequency|temperature"
    r"|volume|area|energy|bandwidth)\b"
)
MEASURED = Convention(
    "a quantity that has a measure is positive",
    Pattern(
        rf"{_QUANTITY}[^.$\n]{{0,20}}\$\s*(?P<behind>\\?[A-Za-z]+)\s*\$"
        rf"|\$\s*(?P<before>\\?[A-Za-z]+)\s*\$[^.$\n]{{0,30}}?{_QUANTITY}",
        re.IGNORECASE,
    ),
    "{x} > 0",
    "customary",
    example="with learning rate $a$",
    counterexample="with intercept $a$",
)

CONVENTIONS = (
    Convention(
        "a symmetric matrix",
        _adjective(r"symmetric|positive[ -](?:semi-?)?definite"),
        r"{x} = {x}^\top",
        "said",
        example=f"a symmetric positive definite matrix {NAME}",
        counterexample=f"a skew-symmetric matrix {NAME}",
    ),
    Convention(
        "a unit vector",
        _adjective(r"unit(?:[ -](?:norm|length))?(?: eigen| )vectors?"),
        r"{x}^\top {x} = 1",
        "said",
        example=f"where {NAME} is a unit vector",
        counterexample=f"where {NAME} is a unit of measurement",
    ),
    Convention(
        "an orthogonal matrix",
        _adjective(r"ortho(?:gonal|normal) matri(?:x|ces)"),
        r"{x}^\top {x} = I",
        "said",
        example=f"for an orthogonal matrix {NAME}",
        counterexample=f"{NAME} is orthogonal",
    ),
    Convention(
        "a binary variable",
        _adjective("binary"),
        r"{x} \in \{{0, 1\}}",
        "said",
        example=f"the binary label {NAME}",
        counterexample=f"the binary cross-entropy {NAME}",
    ),
    Convention(
        "orthogonal vectors",
        Pattern(
            rf"{NAME}\s*(?:(?:is|are|be|being)\s+)?(?:mutually\s+)?orthogonal\b(?! matri)"
            r"(?:\s+to\s+\$(?P<y>[^$]+)\$)?",
            re.IGNORECASE,
        ),
        r"{x}^\top {y} = 0",
        "said",
        example=f"{NAME} is orthogonal to $v$",
        counterexample=f"{NAME} is an orthogonal matrix",
    ),
    Convention(
        "entries that sum to one",
        Pattern(NAME + r"[^.;:$]{0,40}\b(?:sums?|adds?) (?:up )?to (?:\$1\$|1\b|one\b)", re.IGNORECASE),
        r"\sum_{{{i}}} {x} = 1",
        "said",
        example=f"the {NAME} add up to one",
        counterexample=f"the {NAME} are positive. They add up to one",
    ),
    SHARES,
    SPREAD,
    MEASURED,
)

_WITH_INDEX = Pattern(r"\\?[A-Za-z]+(?:\{[^{}]*\})?_\{?([a-z])\}?")


def properties(formula: str, before: str, behind: str) -> tuple[str, ...]:
    """The hypotheses that the sentence around a formula states of the names in it."""
    text = f"{before}{NAME}{behind}"
    listed = re.split(r"\\in(?![A-Za-z])|\\succe?q?", formula)[0]
    names = [n.strip() for n in separated(listed)]
    out: list[str] = []
    for row in CONVENTIONS:
        found = row.pattern.search(text) if row.strength == "said" else None
        if found is None:
            continue
        if "{y}" in row.fact:
            pair = [*names, *filter(None, [found["y"]])]
            out += [row.fact.format(x=pair[0], y=pair[1])] if len(pair) == 2 else []
        elif "{i}" in row.fact:
            indexed = _WITH_INDEX.fullmatch(formula.strip())
            out += [] if indexed is None else [row.fact.format(x=names[0], i=indexed.group(1))]
        else:
            out += [row.fact.format(x=name) for name in names]
    return tuple(out)


def positive(prose: str) -> frozenset[str]:
    """Names of what is positive by its nature: of a spread, a rate, a mass."""
    found = {m["behind"] or m["before"] for m in MEASURED.pattern.finditer(prose)}
    return frozenset(found | (DEVIATIONS - {"s"} if SPREAD.pattern.search(prose) else set()))

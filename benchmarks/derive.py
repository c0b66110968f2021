"""Deriving and judging a gradient against SymPy's ``simplify``: ``python benchmarks/derive.py``.

For the line fit and for the logistic unit with cross-entropy, every line of every first derivative is
derived and judged by symgrad, and ``simplify(left - right)`` is asked of SymPy for the same lines in the
same process.  Best of several turns for symgrad, one turn for SymPy; a ratio of 1/20 or more exits 1.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise

import sympy

from symgrad.bridge import to_page, to_sympy
from symgrad.deriving.derivation import Derivation, derive_node
from symgrad.losses.library import PROBLEMS
from symgrad.objective import Objective
from symgrad.page.tree import Derivative, Node

GOAL = 1 / 20
TURNS = 5


def derived(objective: Objective, parameter: sympy.Symbol) -> tuple[Derivation, bool]:
    """The derivation, and whether every line is proved."""
    derivation = derive_node(objective.page, to_page(parameter), objective.scope)
    return derivation, all(derivation.verdicts())


def pages(objective: Objective, derivation: Derivation) -> list[Node]:
    """The line that is differentiated and the lines of the course."""
    start = derivation.start
    assert isinstance(start, Derivative)
    first = Derivative(objective.page, start.by)
    return [first, *(step.after for step in derivation.course())]


def main() -> int:
    worst = 0.0
    for name in ("linear-regression", "sigmoid-regression"):
        objective = PROBLEMS[name]()
        ours, theirs, lines, simplified = 0.0, 0.0, 0, 0
        for parameter in objective.parameters:
            best = float("inf")
            for _ in range(TURNS):
                begun = time.perf_counter()
                derivation, proved = derived(objective, parameter)
                best = min(best, time.perf_counter() - begun)
                assert proved
            ours += best
            written = [
                to_sympy(page, objective.scope, objective.symbols, unfold=True)
                for page in pages(objective, derivation)
            ]
            lines += len(written) - 1
            begun = time.perf_counter()
            simplified += sum(sympy.simplify(a - b) == 0 for a, b in pairwise(written))
            theirs += time.perf_counter() - begun
        ratio = ours / theirs
        worst = max(worst, ratio)
        print(f"{name}: {lines} lines; symgrad {1000 * ours:.0f} ms (all proved), "
              f"simplify {1000 * theirs:.0f} ms ({simplified} found 0): 1/{1 / ratio:.0f}")
    print(f"goal: under 1/{1 / GOAL:.0f}")
    return int(worst >= GOAL)


if __name__ == "__main__":
    sys.exit(main())

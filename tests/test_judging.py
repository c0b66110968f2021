"""Written claims to verdicts: every labelled pair comes out as labelled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from symgrad.errors import ShapeError
from symgrad.latex import read
from symgrad.meaning.directives import read_directives
from symgrad.meaning.judging import prove_nodes
from symgrad.page.scope import Scope

PAIRS = Path(__file__).parents[2] / "shared" / "cases" / "pairs.jsonl"


def cases() -> list[dict[str, object]]:
    return [json.loads(line) for line in PAIRS.read_text().splitlines()] if PAIRS.is_file() else []


@pytest.mark.skipif(not PAIRS.is_file(), reason="the labelled pairs are not beside this checkout")
@pytest.mark.parametrize("case", cases(), ids=lambda c: c["id"])
def test_labelled_pair(case: dict[str, object]) -> None:
    scope = read_directives(f"let {line}" for line in case["let"])  # type: ignore[attr-defined]
    lhs, rhs = read(str(case["lhs"]), scope), read(str(case["rhs"]), scope)
    try:
        verdict = prove_nodes(lhs, rhs, scope)
    except ShapeError:
        assert case["expected"] == "false"
        return
    expected = {"true": "proved", "conditional": "proved", "false": "refuted", "sloppy": "refuted"}
    assert verdict.status == expected[str(case["expected"])], str(verdict)
    if case["expected"] == "conditional":
        assert verdict.assuming


@pytest.mark.parametrize(
    "lhs, rhs",
    [
        (r"\frac{a}{a - a}", r"\frac{b}{b - b}"),
        (r"\log(-x^2)", r"\log(-y^2)"),
        (r"9^{9^{9^9}}", "1"),
        (r"\mathbb{E}[X Y]", r"\mathbb{E}[X] \mathbb{E}[Y]"),
    ],
)
def test_what_the_judge_leaves_open_stays_open(lhs: str, rhs: str) -> None:
    scope = Scope()
    verdict = prove_nodes(read(lhs, scope), read(rhs, scope), scope)
    assert verdict.status == "undecided" and verdict.reason


def test_functions_of_one_name_with_different_numbers_of_arguments_are_different_functions() -> None:
    for lhs, rhs, status in [
        ("2 g(u, v) + g(u)", "g(u) + 2 g(u, v)", "proved"),
        ("g(u, v) - g(u)", "0", "undecided"),  # neither a crash nor a counterexample with functions of ours
        (r"\frac{\partial}{\partial u} (g(u, v) g(u))", r"g(u, v) g'(u)", "undecided"),
    ]:
        assert prove_nodes(read(lhs), read(rhs), Scope()).status == status


@pytest.mark.parametrize(
    "lhs, rhs, assuming",
    [
        (r"\nabla_w (w^T x)", "x", ()),  # that the i-th component is one, 1 <= i <= d, goes without saying
        (r"\log(P(w)^2)", r"2 \log P(w)", ("P(w) > 0",)),  # the judge is handed P(sum_k P.1(k, w_k))
        (r"\frac{\partial}{\partial w_k} (w^T x)", "x_k", ("1 <= k <= d",)),
    ],
)
def test_what_is_assumed_is_told_as_it_was_written(lhs: str, rhs: str, assuming: tuple[str, ...]) -> None:
    scope = read_directives([r"let w, x \in \mathbb{R}^d"])
    assert prove_nodes(read(lhs, scope), read(rhs, scope), scope).assuming == assuming

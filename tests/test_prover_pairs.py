"""Generated pairs against the oracle: no wrong verdict, and few undecided ones."""

from __future__ import annotations

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import CONSTRUCTS, givens, pair

from symgrad.core import text
from symgrad.prover import judge

SIZE = 2500  # characters: larger pairs are left to the long runs
SEEDS = 60


def small(construct: str, seed: int) -> bool:
    lhs, rhs, _ = pair(construct, seed)
    return len(text(lhs)) + len(text(rhs)) < SIZE


@pytest.mark.parametrize("construct", CONSTRUCTS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_no_verdict_is_wrong(construct: str, seed: int) -> None:
    lhs, rhs, mutated = pair(construct, seed)
    if not small(construct, seed):
        return
    got = judge(lhs, rhs, givens(construct))
    assert not oracle.audit(lhs, rhs, got, givens(construct)), f"{text(lhs)}\n{text(rhs)}\n{got}"
    assert mutated or got.status != "refuted", f"{text(lhs)}\n{text(rhs)}\n{got}"


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_nearly_all_are_decided(construct: str) -> None:
    """At most two of the seeds stay undecided whose sides have common values at all."""
    undecided = 0
    for seed in filter(lambda s: small(construct, s), range(SEEDS)):
        lhs, rhs, _ = pair(construct, seed)
        if judge(lhs, rhs, givens(construct)).status == "undecided":
            undecided += oracle.separates(lhs, rhs, given=givens(construct)) is not None
    assert undecided <= 2

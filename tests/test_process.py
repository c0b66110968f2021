"""The process: hostile documents, steps that hang, processes that die."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from checked import run

from symgrad.checking.process import Keeper


@pytest.mark.parametrize(
    "text, kind, code",
    [
        ("$$9^{9^{9^9}} = 1$$", "md", "SG201"),
        ("$$(10^9)! = 1$$", "md", "SG201"),
        ("$$" + "{" * 5000 + "x" + "}" * 5000 + " = 1$$", "md", "SG205"),
        ("$$" + "9" * 10**6 + " = 1$$", "md", "SG205"),
        (r"\def\a{\b}\def\b{\a}$$\a = 1$$", "tex", "SG203"),
        ("$$__import__('os') = 1$$", "md", "SG203"),
        ('{"cells": [', "ipynb", "SG501"),
        ("$$a\0 = b$$", "md", None),
    ],
)
def test_hostile_documents(keeper: Keeper, text: str, kind: str, code: str | None) -> None:
    result = run(keeper, text, kind)
    if code is not None:
        assert code in [f.code for f in result.findings]
    assert not any(s.verdict == "proved" for s in result.steps())

BEGINNINGS = pytest.mark.parametrize("begin", [Keeper.start, Keeper.fork])


@BEGINNINGS
def test_a_step_that_hangs_costs_its_limit_and_nothing_else(begin: Callable[[Keeper], None]) -> None:
    lines = "".join(f"let a_{{{k}}} = a_{{{k + 1}}} a_{{{k + 1}}} + a_{{{k + 1}}}\n" for k in range(1, 40))
    text = f"<!-- symgrad\n{lines}-->\n$$\\frac{{d}}{{dw}} w^2 = 2 w$$\n$$a_1 = 3$$\n$$1 + 1 = 3$$"
    with Keeper(limit=0.3) as keeper:
        begin(keeper)
        steps = run(keeper, text).steps()
    assert steps[0].verdict == "proved" and steps[2].verdict == "refuted"
    assert steps[1].verdict in ("timeout", "undecided")


@BEGINNINGS
def test_a_process_that_dies_is_replaced(begin: Callable[[Keeper], None]) -> None:
    with Keeper() as keeper:
        begin(keeper)
        assert run(keeper, "$$1 + 1 = 2$$").steps()[0].verdict == "proved"
        assert keeper.process is not None
        keeper.process.kill()
        keeper.process.wait()
        assert run(keeper, "$$1 + 1 = 2$$").steps()[0].verdict == "proved"


def test_nothing_is_imported_from_the_folder_we_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("flint", "symgrad", "bisect"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported from outside')")
    monkeypatch.chdir(tmp_path)
    with Keeper() as keeper:
        keeper.start()
        assert [s.verdict for s in run(keeper, "$$2 x + x = 3 x$$").steps()] == ["proved"]

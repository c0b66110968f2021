"""Results in notebooks: a bundle of plain text, Markdown and LaTeX, and a real notebook that runs."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from sympy import IndexedBase, Sum, symbols

import symgrad
from symgrad.notebook import Displayed

COURSE = Path(__file__).parents[1] / "examples" / "course"

w = symbols("w", real=True)
i, N = symbols("i", integer=True), symbols("N", integer=True, positive=True)
x, y = IndexedBase("x", real=True), IndexedBase("y", real=True)
J = Sum((y[i] - w * x[i]) ** 2, (i, 1, N)) / N


def bundle(result: Displayed) -> dict[str, str]:
    return result._repr_mimebundle_()


def test_a_derivation_is_a_display() -> None:
    shown = bundle(symgrad.derive(J, w))
    assert shown["text/plain"].splitlines()[-1].endswith("comm., distr.   ✓ proved")
    assert shown["text/markdown"] == shown["text/latex"]
    assert shown["text/latex"].startswith("$$\\begin{aligned}") and r"\text{sum rule}" in shown["text/latex"]


def test_a_verdict_is_text() -> None:
    verdict = symgrad.prove("a + a", "3 a")
    assert bundle(verdict) == {"text/plain": str(verdict), "text/markdown": f"```text\n{verdict}\n```"}
    assert repr(verdict).startswith("refuted at a = ")


def test_every_result_shows_itself() -> None:
    derivation, false = symgrad.derive(J, w), symgrad.prove("a + a", "3 a")
    loss = symgrad.Objective("fit", (y[i] - w * x[i]) ** 2, parameters=(w,), data=(x, y), index=i, size=N)
    results = (symgrad.gap(J, w), symgrad.statistics(J, w), symgrad.gradient_from_loss(J, w), loss)
    compiled = symgrad.compile(J, (w,))
    results += (compiled, compiled.bind(x=[1.0, 2.0], y=[0.0, 1.0]), compiled(x=[1.0], y=[0.0], w=1.0))
    for result in (*results, derivation, derivation.steps[0], false, false.witness):
        assert isinstance(result, Displayed)
        assert "text/html" not in bundle(result)
        assert bundle(result)["text/plain"] == str(result)
        assert repr(result) == str(result)


def test_a_notebook_runs_and_shows_mathematics() -> None:
    notebook = nbformat.read(COURSE / "descent.ipynb", as_version=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the kernel client's own, about event loops
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    first, second = (cell for cell in notebook.cells if cell.cell_type == "code")
    assert r"\begin{aligned}" in first.outputs[0]["data"]["text/markdown"]
    assert second.outputs[0]["text"].split() == ["4.666666666666667", "-9.333333333333334"]


def test_an_objective_is_the_display_of_its_definitions() -> None:
    loss = symgrad.Objective("fit", (y[i] - w * x[i]) ** 2, parameters=(w,), data=(x, y), index=i, size=N)
    assert repr(loss).splitlines() == ["fit, by w", "J = 1/N * Σ_{i=1}^N (y_i - w x_i)^2"]
    assert r"J &= \frac{1}{N} \sum_{i=1}^{N}" in bundle(loss)["text/latex"]

"""The derivations of the thread's rest: all as stated, the same twice, true to recomputed numbers."""

from __future__ import annotations

import importlib.util
import re
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from symgrad.reporting import Mark, Report, load, render
from symgrad.reporting.model import Claim, Table

FOLDER = Path(__file__).parent.parent / "derivations"
NAMES = ("loss_alone_is_not_enough", "losses_that_allow_it", "sufficient_statistics", "backprop_averaging",
         "gradient_descent", "minibatch", "jensen")  # fmt: skip


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {name: load(FOLDER / f"{name}.py") for name in NAMES}


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_all_as_stated(name: str, reports: dict[str, Report]) -> None:
    report = reports[name]
    assert report.failures() == ()
    assert sum(mark is Mark.PROVED for mark, _, _ in report.marks()) >= 4
    titles = {key: key for key in re.findall(r"\[\[(\w+)\]\]", str(report))} | {name: name}
    for other in titles:
        assert (FOLDER / f"{other}.py").exists()
    for format in ("md", "tex"):
        text = render(name, report, format, titles)  # type: ignore[arg-type]
        assert "undecided" not in text


@pytest.mark.parametrize("name", ["gradient_descent", "jensen"])
def test_the_same_twice(name: str, reports: dict[str, Report]) -> None:
    assert load(FOLDER / f"{name}.py") == reports[name]


def test_where_a_lemma_is_used_it_says_so_and_has_a_source(reports: dict[str, Report]) -> None:
    for name in ("losses_that_allow_it", "sufficient_statistics", "gradient_descent", "jensen"):
        text = str(reports[name])
        assert "**Lemma**" in text and "not judged" in text
        assert re.search(r"\b(19|20)\d\d\b", text)


def tables(report: Report) -> list[Table]:
    return [part for part in report.parts() if isinstance(part, Table)]


def test_the_two_slopes_of_one_loss(reports: dict[str, Report]) -> None:
    (table,) = tables(reports["loss_alone_is_not_enough"])
    below, best, above = ([Fraction(cell.strip("$")) for cell in row] for row in table.rows)
    assert below[1] == above[1] > best[1] and below[2] == -above[2] != 0 and best[2] == 0
    for slope, loss, gradient in (below, best, above):
        assert loss == ((1 - slope) ** 2 + (3 - 2 * slope) ** 2) / 2
        assert gradient == -(1 - slope) - 2 * (3 - 2 * slope)


def test_batches_counted_again(reports: dict[str, Report]) -> None:
    (table,) = tables(reports["minibatch"])
    values = [Fraction(v) for v in (1, 2, 4, 9)]
    for size, row in enumerate(table.rows, 1):
        tuples, subsets = product(values, repeat=size), combinations(values, size)
        for batches, cells in ((tuples, row[1:4]), (subsets, row[4:7])):
            means = [sum(b) / size for b in batches]
            spread = sum((m - 4) ** 2 for m in means) / len(means)
            assert cells == (str(len(means)), "$4$", f"${spread}$")
            assert sum(means) / len(means) == 4


def test_the_paths_by_hand() -> None:
    """The derived gradients against gradients written here, on the report's own data."""
    made = module("gradient_descent")
    xs, ys = made.line_data()
    best, at_mean, averaged = made.paths(made.LINE, xs, ys, 0.1, 400)
    slope = np.cov(xs, ys, bias=True)[0, 1] / xs.var()
    assert np.allclose(best[-1], (slope, ys.mean() - slope * xs.mean()), atol=1e-9)
    projection = ys.mean() / (1 + xs.mean() ** 2) * np.array([xs.mean(), 1])
    assert np.allclose(at_mean[-1], projection, atol=1e-9) and np.allclose(at_mean, averaged, atol=1e-12)
    us, vs = made.unit_data()
    assert vs[us.argmin()] == 0 and us[vs == 0].max() > us[vs == 1].min()  # not separable
    best, at_mean, averaged = (np.array(p[-1]) for p in made.paths(made.UNIT, us, vs, 0.5, 4000))

    def sigmoid(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    errors = sigmoid(best[0] * us + best[1]) - vs
    assert abs(errors.mean()) < 1e-6 and abs((errors * us).mean()) < 1e-6
    assert abs(sigmoid(at_mean[0] * us.mean() + at_mean[1]) - vs.mean()) < 1e-9
    assert abs(sigmoid(averaged[0] * us + averaged[1]).mean() - vs.mean()) < 1e-9


def test_what_averaging_inside_backpropagation_costs(reports: dict[str, Report]) -> None:
    claims = [part for part in reports["backprop_averaging"].parts() if isinstance(part, Claim)]
    assert sum(c.expected is Mark.REFUTED for c in claims) == 7
    assert all(c.witness is not None for c in claims if c.expected is Mark.REFUTED)

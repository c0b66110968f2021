"""The gallery: every entry says something, and what it says can be compared on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy

from symgrad import InputError
from symgrad.cli import main as cli
from symgrad.losses.gallery import SHELVES, comparison, entry, known, named, names, profile
from symgrad.losses.library import LOSSES, MODELS, PROBLEMS

m, x, y = sympy.symbols("m x y", real=True)


def test_every_name_is_an_entry() -> None:
    assert len(names()) == len(set(names())) >= 20
    for name in names():
        loss, model = name.rsplit("-", 1)
        assert entry(loss, model).name == name
    assert not {*names()} & {*PROBLEMS}
    assert {model for models in SHELVES.values() for model in models} <= {*MODELS, "features", "softmax"}


# Losses without entries in the gallery: signed error only shows in a problem that averaging may be right.
NOT_SHOWN = {"signed"}


def test_every_loss_is_shown_or_left_out_on_purpose() -> None:
    assert {*SHELVES} | NOT_SHOWN == {*LOSSES, "ridge"} and not {*SHELVES} & NOT_SHOWN


def test_every_known_name_is_the_name_of_what_it_names() -> None:
    for name in known():
        assert named(name).name == name


def test_an_entry_compiles_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compile", "squared-line", "--wrt", "m"]) == 0
    assert capsys.readouterr().out.startswith("# symgrad compile squared-line --wrt m\n")


@pytest.mark.parametrize("loss", ["|y_i - w x_i|", r"\frac1N \sum_{i=1}^N \ln(1 + e^{-y_i w x_i})"])
def test_what_a_loss_in_latex_does_not_declare_is_real(loss: str) -> None:
    found = profile(loss)
    assert found.differs[found.wrt[0]] is True and found.statistics.finite is False


@pytest.mark.parametrize(
    ("name", "gaps", "finite"),
    [
        ("squared-line", [True, False], True),
        ("squared-features", [True, False], True),
        ("ridge-line", [True, False], True),
        ("ridge-features", [True, False], True),
        ("poisson-line", [True, True], False),
        ("margin-features", [True, True], False),
        ("cross-entropy-softmax", [True], False),
    ],
)
def test_what_is_said(name: str, gaps: list[bool], finite: bool) -> None:
    found = profile(entry(*name.rsplit("-", 1)))
    assert list(found.differs.values()) == gaps
    assert found.statistics.finite is finite
    assert found.from_loss.status == "refuted"


def test_ridge_leaves_the_intercept_alone() -> None:
    loss = entry("ridge", "line").loss
    lam, b = sympy.symbols("lambda b", real=True)
    assert loss.coeff(lam) == m**2 and b not in loss.coeff(lam).free_symbols


def test_a_loss_of_ones_own() -> None:
    found = profile((y - m * x) ** 2, name="mine")
    assert found.objective.name == "mine" and [str(p) for p in found.wrt] == ["m"]
    text = comparison([found])
    assert text.splitlines()[1].startswith("mine") and "2 (m Var(x) - Cov(x, y))" in text
    proved = profile(x * sympy.exp(2 * m) + 1)
    assert "g(z) = 2 z - 2" in comparison([proved]) and "0 for all data" in comparison([proved])


def test_unknown_names() -> None:
    for name in ("nosuch-features", "nosuch-line", "squared-nosuch", "squared-softmax"):
        with pytest.raises(InputError):
            entry(*name.split("-"))


# --- on the command line ------------------------------------------------------------------------------


def test_compare_prints_a_line_a_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "squared-line", "signed-error"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["loss", "squared-line", "b", "signed-error"]


def test_compare_latex_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", r"\frac{1}{N} \sum_{i=1}^N (y_i - m x_i)^2", "--wrt", "m"]) == 0
    assert "2 (m Var(x) - Cov(x, y))" in capsys.readouterr().out
    own = tmp_path / "own.py"
    own.write_text("from sympy import symbols\na, c, d = symbols('a c d')\nloss = (c - a*d)**2\n"
                   "data = ('c', 'd')\nwrt = 'a'\n")  # fmt: skip
    assert cli.main(["compare", str(own)]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("own")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nosuch"], "no problem named"),
        (["y_i \\foo"], "unknown command"),
        (["y_i^2"], "no parameter found"),
        (["y_i^2 m", "--wrt", "q"], "does not contain the parameter q"),
        (["squared-line", "--wrt", "q"], "no parameter 'q'"),
        (["nofile.py"], "no such file"),
    ],
)
def test_wrong_input_is_told(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["compare", *arguments]) == 3
    assert said in capsys.readouterr().err


def test_a_broken_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for body, said in (("1/0", "ZeroDivisionError"), ("a = 1", "defines no `loss`")):
        path = tmp_path / "broken.py"
        path.write_text(body)
        assert cli.main(["compare", str(path)]) == 3
        assert said in capsys.readouterr().err

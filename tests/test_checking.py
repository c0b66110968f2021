"""Checking: documents judged from top to bottom, and the verb ``check``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from checked import run, step

import symgrad
from symgrad.checking import check_text, output
from symgrad.checking.codes import CODES, explain
from symgrad.checking.process import Keeper
from symgrad.cli import main as cli

ROOT = Path(__file__).parents[1]


def test_a_row_between_two_that_agree_is_the_root(keeper: Keeper) -> None:
    text = "$$\n\\begin{aligned}\\frac{d}{dw} (w x)^2 &= 3 w x^2 \\\\ &= 2 w x^2\\end{aligned}\n$$"
    assert [s.code for s in run(keeper, text).steps()] == ["SG101", "SG104"]


def test_a_chain_over_two_displays(keeper: Keeper) -> None:
    text = "$$\\frac{d}{dw} w^3 = 3 w^2$$\nand so\n$$= 3 w \\cdot w$$"
    result = run(keeper, text)
    assert [s.verdict for s in result.steps()] == ["proved", "proved"]
    assert len(result.derivations) == 1


def test_ignore_and_its_misuse(keeper: Keeper) -> None:
    text = (
        "<!-- symgrad: ignore SG101 -->\n$$\\frac{d}{dw} w^2 = w$$\n<!-- symgrad: ignore -->\n$$1 + 1 = 2$$"
    )
    assert [f.code for f in run(keeper, text).findings] == ["SG402"]


def test_positions_are_those_of_the_sign(keeper: Keeper) -> None:
    for end in ("\n", "\r\n"):
        result = run(keeper, f"one{end}$$\\frac{{d}}{{dw}} w^2{end}  = w$$")
        assert [(s.place.line, s.place.column) for s in result.steps()] == [(3, 3)]
    cells = [{"cell_type": "code", "source": "x"}, {"cell_type": "markdown", "source": "A\n$$w = v = u$$"}]
    found = run(keeper, json.dumps({"cells": cells}), "ipynb").steps()[0]
    assert (found.place.cell, found.place.line, found.place.column) == (1, 2, 5)


@pytest.mark.parametrize("kind", ["md", "tex", "rst"])
def test_directives_in_every_format(keeper: Keeper, kind: str) -> None:
    form = {"md": "<!-- symgrad: {} -->", "tex": "% symgrad: {}", "rst": ".. symgrad: {}"}[kind]
    body = ".. math::\n\n   {}\n" if kind == "rst" else "$$ {} $$"
    text = form.format("let L = (w x)^2") + "\n\n" + body.format(r"\frac{dL}{dw} = 2 w x^2") + "\n"
    assert [s.verdict for s in run(keeper, text, kind).steps()] == ["proved"]


def test_a_command_that_is_declared_is_a_name(keeper: Keeper) -> None:
    lets = (r"L = \|X \wv\|^2", r"X \in \mathbb{R}^{n \times d}", r"\wv \in \mathbb{R}^d")
    assert step(keeper, r"\nabla_{\wv} L = 2 X^\top X \wv", *lets).verdict == "proved"
    assert step(keeper, r"-\ev = b - a", r"\ev = a - b").verdict == "proved"
    assert step(keeper, r"\foo = 1").code == "SG203"


def test_a_partial_sign_forgotten_below_the_line_is_a_slip(keeper: Keeper) -> None:
    text = r"$$\frac{\partial Q}{v} = 2 v = v + v$$ $$Q = v^2$$"
    steps = run(keeper, text).steps()
    assert [(s.verdict, s.code) for s in steps[:2]] == [("illtyped", "SG102"), ("proved", None)]
    assert steps[0].hint == "write \\partial in front of the variable below the line"
    assert step(keeper, r"2 v = \frac{\partial Q}{2 v} = 2 v").verdict == "unreadable"
    both = run(keeper, r"$$2 v = \frac{\partial Q}{v^{(1)}} = v + v$$").steps()
    assert [s.verdict for s in both] == ["illtyped", "unreadable"]  # told once


@pytest.mark.parametrize("name", ["gaussian", "normalisation", "line", "ridge", "classes"])
def test_pages_without_slips_are_proved(keeper: Keeper, name: str) -> None:
    found = run(keeper, (ROOT / "tests" / "samples" / f"{name}.md").read_text())
    assert {s.verdict for s in found.steps() if s.kind == "claim"} == {"proved"}


def test_each_unknown_name_is_reported_once(keeper: Keeper) -> None:
    text = "$$\\frac{\\partial L}{\\partial z} = a - y$$\n\n$$\\frac{\\partial L}{\\partial z} = a - t$$"
    found = [f for f in run(keeper, text).findings if f.code == "SG202"]
    assert len(found) == 1
    assert found[0].hint is not None and found[0].hint.startswith("<!-- symgrad: let ")


def test_nothing_judged_is_said(keeper: Keeper) -> None:
    assert [f.code for f in run(keeper, "words and $x$").findings] == ["SG401"]


def test_every_code_is_documented_and_explained() -> None:
    page = (ROOT / "docs" / "checking.md").read_text()
    for code, entry in CODES.items():
        assert f"| {code} | {entry.severity} | {entry.title} |" in page
        assert entry.text in explain(code)


def test_the_page_of_the_documentation(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["check", "tests/samples/logistic.md"]) == 1
    page = (ROOT / "docs" / "checking.md").read_text()
    assert (ROOT / "tests" / "samples" / "logistic.md").read_text() in page
    assert capsys.readouterr().out in page


def test_json_contract(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "n.md"
    file.write_text("$$\\frac{d}{dw} w^2 = 2w = w$$")
    assert cli.main(["check", str(file), "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["version"] == 1 and data["files"][0]["path"] == str(file)
    first, second = data["files"][0]["derivations"][0]["steps"]
    promised = (
        "line column end_line end_column relation lhs rhs kind verdict code rule claimed_rule assuming"
        " witness hint message"
    )
    assert set(promised.split()) <= first.keys()
    assert (first["verdict"], first["rule"], second["verdict"]) == ("proved", "power rule", "refuted")
    assert second["witness"]["left"] != second["witness"]["right"]
    assert data["summary"]["proved"] == 1


def test_exit_codes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def code(text: str, *options: str) -> int:
        file = tmp_path / "n.md"
        file.write_text(text)
        return cli.main(["check", str(file), *options])

    assert code("$$1 + 1 = 2$$", "--strict") == 0
    assert code("$$\\foo = 2$$") == 0
    assert code("$$\\foo = 2$$", "--strict") == 2
    assert code("$$1 + 1 = 3$$") == 1
    assert cli.main(["check", str(tmp_path / "absent.md")]) == 3
    assert cli.main(["check", "-"]) == 3
    capsys.readouterr()


def test_other_formats(keeper: Keeper) -> None:
    result = run(keeper, "$$1 + 1 = 3$$")
    assert output.as_github(result.findings).startswith(
        "::error file=note,line=1,col=9,title=SG101 refuted::"
    )
    log = json.loads(output.as_sarif([result]))
    assert log["runs"][0]["results"][0]["ruleId"] == "SG101"
    text = output.text(result.findings[0])
    assert text.splitlines()[0].startswith("note:1:9: SG101 refuted: ")
    assert text.splitlines()[-1].endswith(" ^")


def test_python_and_several_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("$$1 + 1 = 3$$")
    assert [f.code for f in symgrad.check(tmp_path)] == ["SG101", "SG101"]
    assert cli.main(["check", str(tmp_path), "--jobs", "2"]) == 1
    assert capsys.readouterr().out.count("SG101") == 2
    assert check_text("$$1 + 1 = 2$$", "md").counts()["proved"] == 1


def test_explain_and_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "sg101"]) == 0
    assert cli.main(["explain", "SG999"]) == 3
    assert cli.main(["explain"]) == 0
    assert cli.main(["read", r"\frac{1}{2} x"]) == 0
    assert cli.main(["read", r"x + \foo"]) == 2
    assert "^^^^" in capsys.readouterr().err


def test_checking_imports_neither_sympy_nor_numpy() -> None:
    code = (
        "import sys, symgrad.cli.check, symgrad.checking.output, symgrad.checking.process;"
        "import symgrad.checking.document;"
        "sys.exit(any(m in sys.modules for m in ('sympy', 'numpy', 'jinja2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("text", [
    # what cannot be read or differentiated is said, and is no error of ours
    r"$$\theta := \theta - \frac{\partial J(\theta) / \partial \theta}{H} = \theta - H^{-1} g$$",
    "Let $$X = \\begin{bmatrix} x_{1,1} & x_{1,2} \\\\ x_{2,1} & x_{2,2} \\end{bmatrix}, \\quad "
    "Y = \\begin{bmatrix} y_{1,1} & y_{1,2} \\\\ y_{2,1} & y_{2,2} \\end{bmatrix}$$ and $Z = X Y$.\n\n"
    r"$$\frac{\partial L}{\partial X} = \frac{\partial Z}{\partial X} \frac{\partial L}{\partial Z}$$",
    "Let $p_i = e^{a_i}$.\n\n$$\\sum_p h_{i,p} (\\frac{d L}{d y})_{p,j} = \\sum_p h_{i,p} p$$",
])  # fmt: skip
def test_nothing_is_an_internal_error(keeper: Keeper, text: str) -> None:
    assert "SG207" not in {f.code for f in run(keeper, text).findings}

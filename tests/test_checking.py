"""Checking: chains of a display, what is in force, classification, findings, formats, limits."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symgrad
from symgrad.checking import check_text, output, result_of
from symgrad.checking.codes import CODES, explain
from symgrad.checking.findings import FileResult, Job, Step
from symgrad.checking.process import Keeper
from symgrad.cli import main as cli
from symgrad.documents.displays import split
from symgrad.documents.sides import mend

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def keeper() -> Iterator[Keeper]:
    with Keeper() as keeper:
        yield keeper


def run(keeper: Keeper, text: str, kind: str = "md") -> FileResult:
    return result_of(keeper, Job("note", text, kind, ""))


def step(keeper: Keeper, formula: str, *lets: str) -> Step:
    """The last step of one display with these lets."""
    head = "<!-- symgrad\n" + "".join(f"let {x}\n" for x in lets) + "-->\n" if lets else ""
    return run(keeper, f"{head}$$\n{formula}\n$$").steps()[-1]


# --- rows ---------------------------------------------------------------------------------------------


def chains(body: str) -> list[str]:
    return [
        " ".join([c.links[0].lhs.text.strip(), *(f"{k.sign} {k.rhs.text.strip()}" for k in c.links)])
        for c in split(body)
    ]


@pytest.mark.parametrize(
    "body, found",
    [
        ("a = b = c", ["a = b = c"]),
        (r"a &= b \\ &= c", ["a = b = c"]),
        (r"\begin{align} a &= b \\ c &= d \end{align}", ["a = b", "c = d"]),
        (r"a & = & b \\ & = & c", ["a = b = c"]),
        (r"a = \\ = b", ["a = b"]),
        (r"a &= b \\ &\quad + c \\ &= d", ["a = b"]),
        (r"a = b, \quad c = d", ["a = b", "c = d"]),
        (r"a = b =: c", ["a = b =: c"]),
        (r"a = b \text{ and } c = d", ["a = b", "c = d"]),
        (r"a = b \Rightarrow c = d", ["a = b", "c = d"]),
        (r"a &= b \\ \because x &= y \\ &= c", ["a = b = c", "x = y"]),
        (r"a \\ &= b", ["a = b"]),
        # Equations side by side, each going on in its own columns.
        (r"a &= b & c &= d \\ &= e & &= f", ["a = b = e", "c = d = f"]),
        (r"& a = b & c = d \\ & e = f & g = h", ["a = b", "c = d", "e = f", "g = h"]),
        (r"a & = b & = c", ["a = b = c"]),
        (r"a &= b & + c &= d", ["a = b + c = d"]),
        (r"a &= b && \text{note that } c = d \\ &= e && \text{rule with } f = g \\ &= h",
         ["a = b = e = h", "c = d", "f = g"]),
        (r"a &= b & \text{next rate} &= c", ["a = b", r"\text{next rate} = c"]),
        (r"a &= b && (\text{using } c d = d c) \\ &= e", ["a = b = e"]),
        (r"a &= b \quad \text{sum rule}", ["a = b"]),
        (r"a = \begin{matrix} 1 \end{matrix} x = \begin{matrix} 2 \end{matrix}",
         [r"a = \begin{matrix} 1 \end{matrix}", r"x = \begin{matrix} 2 \end{matrix}"]),
        (r"c b = \begin{matrix} 1 \end{matrix} b = d", [r"c b = \begin{matrix} 1 \end{matrix} b = d"]),
        # Words as a left side, and words that lead on.
        (r"\text{sum of both} &= a + b \\ &= c \\ \text{mean of both} &= d",
         [r"\text{sum of both} = a + b = c", r"\text{mean of both} = d"]),
        (r"a &= b \\ \text{Sum rule} &= c", ["a = b = c"]),
        (r"a = b \in \mathbb{R}^q.", ["a = b"]),
        (r"a = b \quad (x = y)", ["a = b"]),
        (r"a := b \triangleq c \approx d", ["a := b := c approx d"]),
        (r"a \overset{\text{def}}{=} b \overset{(1)}{=} c", ["a := b = c"]),
        (r"f(x = 1) = \sum_{i=1}^n i", [r"f(x = 1) = \sum_{i=1}^n i"]),
        (r"a = \begin{cases} 1 & x = 1 \\ 0 \end{cases}", [r"a = \begin{cases} 1 & x = 1 \\ 0 \end{cases}"]),
        (r"a &= (b + (c \\ &= d", ["a = (b + (c = d"]),
        (r"\text{Loss}(w) = a", [r"\text{Loss}(w) = a"]),
        (r"a = b \tag{3} \label{x} \nonumber", ["a = b"]),
        (r"a = b \end{1", [r"a = b \end{1"]),
        (r"a = \frac{b}{c", [r"a = \frac{b}{c"]),
        (r"a \overset{d}{=} b \stackrel{\text{a.s.}}{=} c \overset{(d)}{=} e", ["a approx b approx c = e"]),
    ],
)
def test_chains(body: str, found: list[str]) -> None:
    got = chains(body)
    assert [" ".join(c.split()) for c in got][: len(found)] == found or body.count(r"\quad +")


def test_a_side_over_several_rows_keeps_its_offsets() -> None:
    body = r"a &= b \\ &\quad + c \\ &= d"
    first, second = split(body)[0].links
    assert " ".join(first.rhs.text.split()) == r"b \quad + c" or " ".join(first.rhs.text.split()) == "b + c"
    assert body[first.rhs.start] == "b" and body[first.rhs.end - 1] == "c"
    assert second.rhs.text == "d" and body[second.start] == "="


@pytest.mark.parametrize(
    "body, label",
    [
        (r"a &= b & \texttt{sum rule}", "sum rule"),
        (r"a &= b && \text{(chain rule)}", "(chain rule)"),
        (r"a &= b & \remark{by the chain rule}", "by the chain rule"),
        (r"a \overset{\text{IH}}{=} b", "IH"),
    ],
)
def test_labels(body: str, label: str) -> None:
    assert split(body)[0].links[0].label == label


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(
    ["a", "=", "&", r"\\", "{", "}", "(", ")", r"\left(", r"\right)", r"\text{and}", r"\quad", ",", "+",
     "-", r"\Rightarrow",
     r"\begin{aligned}", r"\end{aligned}", r"\begin{cases}", r"\end{cases}", r"\overset{x}{=}",
     r"\because", "%", "^", "_", "\\"]
), max_size=25).map(" ".join))  # fmt: skip
def test_sides_lie_where_they_are_said_to(body: str) -> None:
    for chain in split(body):
        for link in chain.links:
            assert body[link.start : link.end] == link.written
            for side in (link.lhs, link.rhs):
                assert len(side.text) == side.end - side.start
                assert all(a in (b, " ") for a, b in zip(side.text, body[side.start : side.end], strict=True))


def test_mend() -> None:
    assert mend(r"\frac{1}{f(x))} y") == (r"\frac{1}{f(x) } y", [13])
    assert mend("(a + b") == (" a + b", [0])
    assert mend("a + b) c") is None
    assert mend("(a)") == ("(a)", [])


# --- one step -----------------------------------------------------------------------------------------

J = r"J(\theta) = \frac{1}{N} \sum_{i=1}^N (y_i - f(x_i))^2"
F = "f(x) = m x + b"


def test_the_operator_reaches_no_further_than_it_is_written(keeper: Keeper) -> None:
    rhs = r"\frac{1}{N} \sum_{i=1}^N 2(y_i - f(x_i)) \frac{\partial}{\partial m} y_i - f(x_i)"
    found = step(keeper, r"\frac{\partial J(\theta)}{\partial m} = " + rhs, J, F)
    assert (found.verdict, found.code) == ("refuted", "SG101")
    assert found.hint is not None and "add parentheses" in found.hint
    assert found.witness is not None


def test_a_forgotten_term_is_named(keeper: Keeper) -> None:
    lets = (r"X \in \mathbb{R}^{n \times d}", r"w \in \mathbb{R}^d", r"y \in \mathbb{R}^n",
            r"R = \|X w - y\|^2 + \rho \|w\|^2")  # fmt: skip
    found = step(keeper, r"\nabla_w R = 2 X^\top (X w - y)", *lets)
    assert (found.verdict, found.hint) == ("refuted", r"the term $2 \rho w$ is missing")


@pytest.mark.parametrize(
    "right, word",
    [
        (r"2 w x^2 + 1", "dropped"),
        (r"- 2 w x^2", "opposite sign"),
        (r"w x^2", "factor"),
        (r"2 w x", "put in"),
        (r"2 w x^3", "exponent"),
    ],
)
def test_one_edit_away_is_a_hint_and_never_a_pass(keeper: Keeper, right: str, word: str) -> None:
    found = step(keeper, r"\frac{d}{dw} (w x)^2 = " + right)
    assert found.verdict == "refuted"
    assert found.hint is not None and word in found.hint
    assert found.derived is not None


@pytest.mark.parametrize(
    "formula, kind, verdict",
    [
        (r"L = (w x - y)^2", "definition", None),
        (r"L := (w x - y)^2", "definition", None),
        (r"w := w - \eta g", "update", None),
        (r"w = w - \eta g", "update", None),
        (r"w^{(t+1)} = w^{(t)} - \eta g", "update", None),
        (r"\pi \approx 3.14", "approximation", None),
        (r"\frac{1}{3} = 0.333", "approximation", None),
        (r"\frac{1}{3} = 0.334", "claim", "refuted"),
        (r"a \le b", "inequality", None),
        (r"\frac{d}{dw} (w x - y)^2 = 0", "condition", None),
        (r"\frac{d}{dw} (a - y)^2 = 0", "claim", "undecided"),
        (r"\frac{d}{dw} w^2 = 2 w", "claim", "proved"),
        (r"\sigma'(z) = \sigma(z) (1 - \sigma(z))", "claim", "proved"),
    ],
)
def test_classification(keeper: Keeper, formula: str, kind: str, verdict: str | None) -> None:
    found = step(keeper, formula)
    if verdict == "undecided":  # a derivative by a variable that nothing speaks of
        assert found.verdict in ("undecided", None, "proved")
    else:
        assert (found.kind, found.verdict) == (kind, verdict)


def test_a_refutation_needs_what_the_author_said(keeper: Keeper) -> None:
    silent = step(keeper, r"\frac{\partial L}{\partial z} = a - y")
    assert (silent.verdict, silent.code) == ("undecided", "SG202")
    spoken = step(
        keeper,
        r"\frac{\partial L}{\partial z} = y - a",
        r"L = -y \log a - (1-y) \log (1-a)",
        r"a = \sigma(z)",
    )
    assert spoken.verdict == "refuted"


def test_a_row_between_two_that_agree_is_the_root(keeper: Keeper) -> None:
    text = "$$\n\\begin{aligned}\\frac{d}{dw} (w x)^2 &= 3 w x^2 \\\\ &= 2 w x^2\\end{aligned}\n$$"
    assert [s.code for s in run(keeper, text).steps()] == ["SG101", "SG104"]


def test_vanishing_sides_and_wrong_labels_are_said(keeper: Keeper) -> None:
    assert [f.code for f in run(keeper, "$$x - x = y - y$$").findings] == ["SG301"]
    text = r"$$\frac{d}{dw} (w^2 + w) &= \frac{d}{dw} w^2 + \frac{d}{dw} w && \text{product rule}$$"
    result = run(keeper, text)
    assert [f.code for f in result.findings] == ["SG303"]
    assert result.steps()[0].claimed_rule == "product rule"


# --- documents ----------------------------------------------------------------------------------------


def test_definitions_behind_the_formula_that_uses_them(keeper: Keeper) -> None:
    text = (
        "The cost is\n$$L = (y - \\hat y)^2,$$\nwhere $\\hat y = w x$. Then\n"
        "$$\\frac{\\partial L}{\\partial w} = -2 (y - \\hat y) x.$$"
    )
    assert [s.verdict for s in run(keeper, text).steps()] == [None, None, "proved"]


def test_a_chain_over_two_displays(keeper: Keeper) -> None:
    text = "$$\\frac{d}{dw} w^3 = 3 w^2$$\nand so\n$$= 3 w \\cdot w$$"
    result = run(keeper, text)
    assert [s.verdict for s in result.steps()] == ["proved", "proved"]
    assert len(result.derivations) == 1


def test_a_refuted_row_is_no_hypothesis(keeper: Keeper) -> None:
    text = "$$L = w^2$$\n$$\\frac{dL}{dw} = 3 w$$\n$$\\frac{dL}{dw} = 3 w$$\n$$\\frac{dL}{dw} = 2 w$$"
    assert [s.verdict for s in run(keeper, text).steps()] == [None, "refuted", "refuted", "proved"]


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


S = r"$S \in \mathbb{R}^{d \times d}$"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (f"Let {S} be symmetric.", "proved"),
        (f"Consider a symmetric positive definite matrix {S}.", "proved"),
        (f"Here {S}. The matrix $S$ is symmetric.", "proved"),
        (f"Let {S}.", "refuted"),
        (f"Let {S} be not symmetric.", "refuted"),
    ],
)
def test_symmetry_is_read_from_the_text(keeper: Keeper, said: str, verdict: str) -> None:
    page = f"With $w \\in \\mathbb{{R}}^d$.  {said}\n\n$$\\nabla_w (w^\\top S w) = 2 S w$$\n"
    assert verdicts(keeper, page) == [verdict]


@pytest.mark.parametrize("name", ["gaussian", "normalisation", "line", "ridge", "classes"])
def test_pages_without_slips_are_proved(keeper: Keeper, name: str) -> None:
    found = run(keeper, (ROOT / "tests" / "samples" / f"{name}.md").read_text())
    assert {s.verdict for s in found.steps() if s.kind == "claim"} == {"proved"}


def verdicts(keeper: Keeper, text: str) -> list[str | None]:
    return [s.verdict for s in run(keeper, text).steps() if s.kind == "claim"]


SHARES = "<!-- symgrad: let s_k = \\frac{e^{u_k}}{\\sum_c e^{u_c}} -->\n"
SAME = r"\frac{\partial s_k}{\partial u_l} = s_k (1 - s_k)"
OTHER = r"\frac{\partial s_k}{\partial u_l} = -s_k s_l"
BEHIND = [", \\quad {}", " \\quad \\text{{if }} {}", " & ({})", r"\,, \text{{ for }} {}"]


@pytest.mark.parametrize("form", BEHIND)
def test_a_condition_behind_a_formula_holds_for_it(keeper: Keeper, form: str) -> None:
    for claim, condition, verdict in [
        (SAME, "k = l", "proved"),
        (OTHER, r"k \neq l", "proved"),
        (SAME, r"k \neq l", "refuted"),
        (OTHER, "k = l", "refuted"),
    ]:
        assert verdicts(keeper, f"{SHARES}$${claim}{form.format(condition)}$$") == [verdict], condition
    # It is no definition, and nothing that is said under it is one.
    text = f"{SHARES}$${SAME}{form.format('k = l')}$$\n\n$${SAME}$$\n"
    assert verdicts(keeper, text) == ["proved", "refuted"]
    assert verdicts(keeper, r"$$r(x) = 0, \quad x < 0$$ $$r(x)^2 = 0$$") != ["proved"]


def test_a_condition_in_the_text_holds_for_the_formula_beside_it(keeper: Keeper) -> None:
    text = f"{SHARES}\n\nIf $k = l$ we have\n\n$${SAME}$$\n\nand for $k \\ne l$:\n\n$${OTHER}$$"
    text += f"\n\nSo\n$${OTHER}$$\n"
    assert verdicts(keeper, text) == ["proved", "proved", "refuted"]
    assert verdicts(keeper, r"Here $$|t| = t$$ for $t > 0$.") == ["proved"]
    assert verdicts(keeper, r"It is $t > 0$. And $$\sqrt{t^2} = t$$ here.") == ["refuted"]


def test_each_unknown_name_is_reported_once(keeper: Keeper) -> None:
    text = "$$\\frac{\\partial L}{\\partial z} = a - y$$\n\n$$\\frac{\\partial L}{\\partial z} = a - t$$"
    found = [f for f in run(keeper, text).findings if f.code == "SG202"]
    assert len(found) == 1
    assert found[0].hint is not None and found[0].hint.startswith("<!-- symgrad: let ")


def test_nothing_judged_is_said(keeper: Keeper) -> None:
    assert [f.code for f in run(keeper, "words and $x$").findings] == ["SG401"]


# --- limits -------------------------------------------------------------------------------------------


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


# --- codes, formats, command line ---------------------------------------------------------------------


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


def test_what_symgrad_itself_writes_is_read_again() -> None:
    [chain] = split(
        "\\begin{aligned}\n"
        "a &= b \\Bigl(c  \\\\\n"
        "& \\qquad {} - d\\Bigr) && \\text{chain rule} && \\checkmark\\ \\text{proved} \\\\\n"
        "&= e &&  && \\times\\ \\text{refuted}\n"
        "\\end{aligned}"
    )
    first, second = chain.links
    assert first.rhs.text.split() == ["b", "\\Bigl(c", "{}", "-", "d\\Bigr)"]
    assert first.label == "chain rule" and (second.rhs.text.strip(), second.label) == ("e", "")


def test_a_question_is_no_claim() -> None:
    [step] = check_text("$$a \\overset{?}{=} b$$", "md").steps()
    assert step.kind == "condition" and step.verdict is None


BESIDE = [
    r"$$|u| = u \quad (u > 0)$$",
    r"$$|u| = u \text{ for } u \geq 0$$",
    r"$$|u| = -u, \quad u<0$$",
    r"$$|u| = u \qquad \forall u > 0$$",
    r"$$\max(0, u) = 0 \quad\text{if $u \le 0$}$$",
    r"$$b^3 = b \quad \text{as } b\in\{0,1\}$$",
    "For $u > 0$, $$|u| = u.$$",
    "We note that\n$$|u| = -u$$\nfor $u<0$, as it must be.",
    r"$$\begin{aligned} |u| &= u && (u > 0) \\ |u| &= -u && (u < 0) \end{aligned}$$",
    "For $i \\ne j$ we have $$\\frac{\\partial x_i}{\\partial x_j} = 0$$",
    "When $i = j$, $$\\frac{\\partial x_i}{\\partial x_j} = 1$$",
]


@pytest.mark.parametrize("note", BESIDE)
def test_a_condition_beside_a_formula_is_a_hypothesis(note: str) -> None:
    claims = [s for s in check_text(note, "md").steps() if s.kind == "claim"]
    assert claims and all(s.verdict == "proved" for s in claims)


def test_a_condition_does_not_excuse_a_slip_and_an_unread_one_is_not_ignored() -> None:
    def last(note: str) -> Step:
        return next(s for s in check_text(note, "md").steps() if s.kind == "claim")

    wrong = last(r"$$|u| = -u \quad (u > 0)$$")
    assert wrong.verdict == "refuted" and wrong.witness is not None
    assert str(wrong.witness["parameters"]).find("-") < 0
    assert last(r"$$\frac{d}{du} u^2 = 3u \quad \text{for all } u$$").verdict == "refuted"
    for note in (
        r"$$|u| = u \quad \text{for positive } u$$",
        r"$$|u| = u \quad \text{for } u, v > 0$$",
        r"$$u^2 = u \quad \text{unless } u > 1$$",
        "If the labels are one-hot, $$\\sum_k y_k = 1$$",
        r"$$\begin{aligned} |u| &= u && (u > 0) \\ &= -u && (u < 0) \end{aligned}$$",
    ):
        assert last(note).verdict not in ("refuted", "illtyped")


@pytest.mark.parametrize(
    "claim",
    [
        r"\nabla_v R = 2 G^\top (G v - s)",
        r"\frac{\partial a}{\partial u_k} = 2 u_k",
        r"\frac{\partial h}{\partial t} = 3 t^2",
    ],
)
def test_what_a_derivative_may_not_lose(keeper: Keeper, claim: str) -> None:
    """The weight of a penalty, the number of a mean: known from the definition, gone in the derivative."""
    lets = (
        r"G \in \mathbb{R}^{m \times q}", r"v \in \mathbb{R}^q", r"s \in \mathbb{R}^m",
        r"R = \|G v - s\|^2 + \rho \|v\|^2", r"a = \frac{1}{M} \sum_{i=1}^M u_i^2", "h = t^3 + c t",
    )  # fmt: skip
    assert step(keeper, claim, *lets).verdict == "refuted"
    # .. but a name of which nothing is said may stand for what the other side lost
    assert step(keeper, claim + " + q_0", *lets).verdict == "undecided"


@pytest.mark.parametrize(
    "formula",
    [r"5\,\text{km} = 5000\,\text{m}", r"12~\text{h} = 0.5~\text{d}", "1,000 = 10^3", "0,5 = 1/2",
     r"10^{3} \text{ cm/s} = 36 \text{ km/h}"],
)
def test_units_and_commas_in_numbers_are_no_slips(keeper: Keeper, formula: str) -> None:
    assert step(keeper, formula).verdict in ("undecided", "unreadable")


def test_a_reason_that_is_a_formula_is_no_function(keeper: Keeper) -> None:
    text = r"\begin{aligned} (a-b)^2 &= a^2 - 2ab + b^2 && \text{as } (a-b)^2 = (b-a)^2 \end{aligned}"
    assert [s.verdict for s in run(keeper, f"$$\n{text}\n$$").steps()] == ["proved", "proved"]


@pytest.mark.parametrize(
    "note",
    [
        r"We write $b_{ij} = z_i^\top z_j$. Here $\sum_{i=1}^m b_{ij} = \sum_{j=1}^m b_{ij} = 0$.",
        r"$$\frac{\partial g}{\partial u_j} = g_{u_j} = g_j = D_j g = D_{u_j} g$$",
        r"$$e^{a_0} + e^{a_1} + e^{a_2} = \sum_{k=0}^{K-1} e^{a_k}$$",
        "Let $J(v) = v^\\top v$. So $$\\nabla J(v) = 2v.$$ Recall $$\\nabla x^\\top A x = (A + A^\\top) x$$",
    ],
)  # fmt: skip
def test_what_notes_say_without_claiming_it_for_all_data_is_not_refuted(note: str) -> None:
    """A property of the data, other notations, a number of classes in mind, the rule for another x."""
    assert all(s.verdict not in ("refuted", "illtyped") for s in check_text(note, "md").steps())


def test_clusters_may_make_up_the_whole_and_excuse_no_slip(keeper: Keeper) -> None:
    lets = (r"a = \frac{1}{m} \sum_{i=1}^m x_i",)
    parts = r"\sum_{k=1}^K \sum_{u \in C_k} "
    whole = step(keeper, rf"\sum_{{i=1}}^m (x_i - a)^2 = {parts} (u - a)^2", *lets)
    assert whole.verdict == "undecided"
    assert step(keeper, rf"{parts} (u - a)^2 = {parts} (u^2 - a^2)", *lets).verdict == "refuted"


@pytest.mark.parametrize(
    "right, verdict",
    [
        ("I W + W I^T", "proved"),
        ("3 I W", "refuted"),
        ("3 W", "refuted"),
        ("2 W + I", "undecided"),
        ("2 I' W", "undecided"),
    ],
)
def test_a_factor_i_beside_a_matrix_is_the_identity(keeper: Keeper, right: str, verdict: str) -> None:
    found = step(keeper, r"\nabla_W \|W\|_F^2 = " + right, r"W \in \mathbb{R}^{n \times n}")
    assert found.verdict == verdict


IN_FORCE = {
    "layers": r"""Let $u_j^{(l)} = \sum_k w_{jk}^{(l)} h_k^{(l-1)}$ and $h_j^{(l)} = \tanh(u_j^{(l)})$.
$$ \frac{\partial h_j^{(l)}}{\partial u_j^{(l)}} = 1 - (h_j^{(l)})^2 $$""",
    "time": "With $g_t = 3 r_{t-1}$ and $r_t = e^{g_t}$ we have $$ \\log r_t = g_t $$",
    "a variance with an index": r"""With $\sigma^2 = \frac{1}{N} \sum_{i=1}^N x_i^2$, and for each column
$$ \sigma_c^2 = \frac{1}{N} \sum_{i=1}^N x_{ic}^2, $$
$$ \frac{\partial \sigma_c^2}{\partial x_{ic}} = \frac{2}{N} x_{ic} $$""",
    "two examples": r"""$$ \begin{align}
u = 3 x + y &\quad\Rightarrow\quad \frac{\partial u}{\partial x} = 3 \\
u = x^2 y &\quad\Rightarrow\quad \frac{\partial u}{\partial x} = 2 x y
\end{align} $$""",
    "a table": r"""| $h(t) = a$ | $h'(t) = 0$ |
| $h(t) = t^2$ | $h'(t) = 2 t$ |
| $h(t) = \ln(t)$ | $h'(t) = \frac{1}{t}$ |""",
}


@pytest.mark.parametrize("name", IN_FORCE)
def test_the_definition_that_is_meant_is_in_force(keeper: Keeper, name: str) -> None:
    assert verdicts(keeper, IN_FORCE[name])[-1] == "proved"
    wrong = IN_FORCE[name]
    for right in ("= 2 x y", "= \\frac{2}{N} x_{ic}", "= 1 -", "= g_t", "= \\frac{1}{t}"):
        wrong = wrong.replace(right, right.replace("= ", "= 5 "))
    assert wrong != IN_FORCE[name] and verdicts(keeper, wrong)[-1] == "refuted"


def test_what_an_equation_gives_that_is_not_in_force_is_not_free(keeper: Keeper) -> None:
    text = r"""$$ (Center) \space c = \frac{1}{N} \sum_{j=1}^N x_j $$
$$ \sum_{j=1}^N (x_j - c)^2 = \sum_{j=1}^N x_j^2 - N c^2 $$"""
    last = run(keeper, text).steps()[-1]
    assert (last.verdict, last.message) == (
        "undecided", "c is given in line 1, which was not taken as a definition"
    )  # fmt: skip
    assert verdicts(keeper, text.replace("(Center)", ""))[-1] == "proved"


@pytest.mark.parametrize(("sentence", "verdict"), [
    ("Assume $s > 0$ throughout.", "proved"),
    ("The hyperparameter $s>0$ is fixed.", "proved"),
    ("Let $0 < s < 1$.", "proved"),
    ("Let $r, s > 0$.", "proved"),
    (r"Let $s \in (0, \infty)$.", "proved"),
    (r"Let $s\in[0,1]$ be a probability.", "proved"),
    ("Let $s$ be positive.", "proved"),
    ("Let $s$ denote the standard deviation, a positive number.", "proved"),
    ("A nonnegative number $s$ is given.", "proved"),
    ("Let $s > 0$. Now let $s < 0$ instead.", "refuted"),
    ("Let $s$ be the positive class.", "refuted"),
    ("Nothing says that $s$ is not positive.", "refuted"),
    ("If $s > 0$ this is easy.", "refuted"),
    ("Let $t > 0$.", "refuted"),
])  # fmt: skip
def test_signs_that_the_text_gives(keeper: Keeper, sentence: str, verdict: str) -> None:
    page = f"{sentence}\n\n$$2 s + s = 3 s$$\n\n$$\\sqrt{{s^2}} = s$$"
    assert run(keeper, page).steps()[-1].verdict == verdict


RESULTS = [
    r"$$4 \sum_{i=1}^n (y_i - c x_i) x_i = 3 \sum_{i=1}^n (y_i - c x_i) x_i$$"
    "\nand the solution is $c = \\frac{\\sum_{i=1}^n x_i y_i}{\\sum_{i=1}^n x_i^2}$.",
    r"$$\frac{a}{q} - \frac{b}{1 - q} = \frac{3 (a - a q - b q)}{q (1 - q)}$$"
    "\nwith the maximum at $q = \\frac{a}{a + b}$.",
    r"""The maximum likelihood estimate is $q = \frac{a}{m}$.
$$\frac{d}{dq} (a \log q + (m - a) \log(1 - q)) = \frac{a}{q} - \frac{m - a}{1 - q} = \frac{a - m q}{q}$$""",
    r"""Let $J(c) = \sum_{i=1}^n (x_i - c)^2$. This gives $c = \frac{1}{n} \sum_{i=1}^n x_i$.
$$J'(c) = -3 \sum_{i=1}^n (x_i - c)$$""",
    r"""We show that $q = \frac{a}{m}$ is best. Let $\ell(q) = a \log q + (m - a) \log(1 - q)$.
$$\ell''(q) = -\frac{a}{q^2} - \frac{m - a}{(1 - q)^2} = -\frac{m}{q (1 - q)}$$""",
    r"The M-step gives $\pi_k = \frac{N_k}{N}$. $$\frac{N_k}{\pi_k} - N = \frac{2 N_k - 2 N \pi_k}{\pi_k}$$",
    r"We show $\hat w = \frac{y}{x}$. $$x (y - \hat w x) = 2 x y - 2 \hat w x^2$$",
    r"Let $L = (y - \hat y)^2$. For a perfect guess, $\hat y = y$."
    r" $$\frac{\partial L}{\partial\hat y} = 2 (y - \hat y)$$",
    r"""Let $h = \max(0, z)$. If $z > 0$ then $h = z$. Here is the derivative:
$$ h^2 = z^2 $$""",
    r"""Let $\ell = \max(0, 1 - y s)$. On the margin $\ell = 1 - y s$. Everywhere else, with all that:
$$ \frac{\partial \ell}{\partial s} = -y $$""",
    r"$$5 (a x - y) x = 2 (a x - y) x$$ with $a = y/x$.",
    r"$$5 (a x - y) x = 2 (a x - y) x,$$ which vanishes for $a = y/x$.",
]


@pytest.mark.parametrize("text", RESULTS)
def test_the_result_of_a_derivation_proves_no_slip_in_it(keeper: Keeper, text: str) -> None:
    assert verdicts(keeper, text)[-1] in ("refuted", "undecided")


def test_a_result_is_put_in_where_it_is_meant(keeper: Keeper) -> None:
    text = r"""Let $J(c) = \sum_{i=1}^n (x_i - c)^2$. The solution is $c = \frac{1}{n} \sum_{i=1}^n x_i$.
$$\nabla_c J = -2 \sum_{i=1}^n (x_i - c)$$
$$-2 \sum_{i=1}^n (x_i - c) = 0$$"""
    found = [s for s in run(keeper, text).steps() if s.kind == "claim"]
    assert [s.verdict for s in found] == ["proved", "proved"]
    assert [len(s.assuming) for s in found] == [0, 1] and found[1].assuming[0].startswith("c =")


def test_a_branch_is_no_definition(keeper: Keeper) -> None:
    text = r"""Let $h = \max(0, z)$. If $z > 0$ then $h = z$. For every $z$,
$$h^2 = z \max(0, z)$$
$$2 h = z + |z|$$"""
    assert verdicts(keeper, text) == ["proved", "proved"]


def test_each_row_defines_for_itself(keeper: Keeper) -> None:
    text = r"""1. Let $z = x + y$. Then $$\frac{\partial z}{\partial x} = 1$$
2. $z = x^2 y$ gives $$\frac{\partial z}{\partial x} = 2 x y$$"""
    assert verdicts(keeper, text) == ["proved", "proved"]
    assert verdicts(keeper, text.replace("= 2 x y", "= 3 x y"))[-1] == "refuted"


def test_a_primed_name_is_no_recurrence(keeper: Keeper) -> None:
    found = run(keeper, "Let $y = 2 x$.\n\n$$ x' = y' = 2 y - y $$").steps()
    assert [s.kind for s in found[:2]] == ["definition"] * 2 and "SG207" not in {s.code for s in found}


def test_a_property_of_a_function_is_no_recurrence(keeper: Keeper) -> None:
    text = r"""$$ \operatorname{softmax}(z) = \operatorname{softmax}(z - c) $$
Let $q_j = \operatorname{softmax}(z)_j$.
$$ \frac{\partial q_j}{\partial z_i} = q_j (\mathbb{1}(i = j) - q_i) $$"""
    assert verdicts(keeper, text)[-1] == "proved"


UNSAID = [
    r"""$$ h_i = (x_i - c) (v + \epsilon)^{-1/2} $$
$$ \frac{d (v + \epsilon)^{-1/2}}{d x_i} = -7 \frac{d (v + \epsilon)}{d x_i} (v + \epsilon)^{-3/2} $$""",
    r"""Where $s(u^{(i)}) = \frac{1}{1 + e^{-u^{(i)}}}$ and $u^{(i)} = c x^{(i)}$, write $u = u^{(i)}$.
$$ \frac{\partial (1 - s)}{\partial u} = -3 \frac{\partial s}{\partial u} $$""",
    r"""The peak is where $c = x$. With $f(x) = e^{-(x - c)^2}$,
$$ \frac{df}{dx} = -7 e^{-(x - c)^2} (x - c) $$""",
]


@pytest.mark.parametrize("text", UNSAID)
def test_a_derivative_that_is_0_for_want_of_a_connection_proves_nothing(keeper: Keeper, text: str) -> None:
    assert verdicts(keeper, text)[-1] == "undecided"


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


def test_primed_functions_of_ours(keeper: Keeper) -> None:
    assert step(keeper, r"\tanh'(x) = 1 - \tanh^2(x)").verdict == "proved"
    assert step(keeper, r"\sin'(x) = -\cos x").verdict == "refuted"


@pytest.mark.parametrize(("sentence", "formula", "verdict"), [
    (r"The weights $\pi_k$ are nonnegative and sum to one.",
     r"\sum_{k=1}^K \pi_k (x_k - c) = \sum_{k=1}^K \pi_k x_k - c", "proved"),
    (r"The weights $\pi_k$ are nonnegative.",
     r"\sum_{k=1}^K \pi_k (x_k - c) = \sum_{k=1}^K \pi_k x_k - c", "refuted"),
    (r"Let $u \in \mathbb{R}^d$ be a unit vector and $x \in \mathbb{R}^d$.",
     r"\|x - (u^\top x) u\|^2 = \|x\|^2 - (u^\top x)^2", "proved"),
    (r"Let $u \in \mathbb{R}^d$ be a unit vector and $x \in \mathbb{R}^d$.",
     r"\|x - (u^\top x) u\|^2 = \|x\|^2 - 2 (u^\top x)^2", "refuted"),
    (r"Let $U \in \mathbb{R}^{n \times n}$ be an orthogonal matrix and $x \in \mathbb{R}^n$.",
     r"\|U x\|^2 = \|x\|^2", "proved"),
    (r"Let $u, v \in \mathbb{R}^n$ be orthogonal.", r"\|u + v\|^2 = \|u\|^2 + \|v\|^2", "proved"),
    (r"Let $u, v \in \mathbb{R}^n$ with $u$ orthogonal to $v$.",
     r"\|u - v\|^2 = \|u\|^2 + \|v\|^2", "proved"),
    (r"Let $u, v \in \mathbb{R}^n$ be orthogonal.", r"\|u + v\|^2 = \|u\|^2 - \|v\|^2", "refuted"),
    ("The targets $y_i$ are binary.", r"\sum_{i=1}^n (y_i x_i)^2 = \sum_{i=1}^n y_i x_i^2", "proved"),
    ("The targets $y_i$ are binary.", r"\sum_{i=1}^n (y_i x_i)^2 = \sum_{i=1}^n y_i x_i", "refuted"),
    (r"Let $y_i \in \{0, 1\}$. Now let $y_i \in \mathbb{R}$.", "y_i^2 = y_i", "refuted"),
])  # fmt: skip
def test_properties_that_the_text_gives(keeper: Keeper, sentence: str, formula: str, verdict: str) -> None:
    assert run(keeper, f"{sentence}\n\n$${formula}$$").steps()[-1].verdict == verdict


@pytest.mark.parametrize(("page", "verdict"), [
    # the values of an example are no hypotheses of what is said in general
    ("For example, at $x = 2$ the slope is 4. In general, for $g(x) = x^2$\n\n$$x^3 = 2 x^2$$", "undecided"),
    ("Let $f(x, y) = x y$. If $x = 4, y = -3$ then $f(x, y) = -12$.\n\n"
     r"$$\frac{\partial f}{\partial y} = 7 x$$", "undecided"),
    ("Let $f(x, y) = x y$. If $x = 4, y = -3$ then $f(x, y) = -12$.\n\n"
     r"$$\frac{\partial f}{\partial y} = x$$", "proved"),
    ("We have $x = 2$ and $y = 3$.\n\n$$x y = 6$$", "proved"),
    ("Let $f(x) = a x^2$ with $a = 3$.\n\n$$f'(x) = 6 x$$", "proved"),
    ("Let $f(x) = a x^2$ with $a = 3$.\n\n$$f'(x) = 5 x$$", "refuted"),
    ("The model is $$y_i = a x_i + b$$ and its error\n\n$$\\frac{\\partial}{\\partial a} "
     r"\sum_{i=1}^n (y_i - a x_i - b)^2 = 5 \sum_{i=1}^n (y_i - a x_i - b) x_i$$", "undecided"),
])  # fmt: skip
def test_values_of_an_example(keeper: Keeper, page: str, verdict: str) -> None:
    assert run(keeper, page).steps()[-1].verdict == verdict


UNSPOKEN = [
    (r"Here $\sigma$ is a standard deviation. $$\sqrt{\frac{1}{\sigma^2}} = \frac{1}{\sigma}$$", "undecided"),
    (r"A body of mass $m$. $$\frac{\sqrt{m}}{m} = \frac{2}{\sqrt{m}}$$", "refuted"),
    (r"The labels $t$ are one-hot. $$q_i \left(\sum_k t_k\right) - t_i = q_i - t_i$$", "undecided"),
    (r"The labels $t$ are one-hot. $$q_i \left(\sum_k t_k\right) - t_i = q_i + t_i$$", "refuted"),
    (r"The layer is $h = \sigma(z) = \max(0, z)$. $$\sigma(z)^2 = z \sigma(z)$$", "undecided"),
    (r"""The outputs are $$o_i = \sigma(u_i) = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$$
$$\frac{\partial o_i}{\partial u_i} = o_i (1 - o_i)$$""", "proved"),
    (r"""The outputs are $$o_i = \sigma(u_i) = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$$
$$\frac{\partial o_i}{\partial u_i} = o_i (1 + o_i)$$""", "refuted"),
    (r"$$o = \sigma(u) = \frac{1}{1 + e^u}$$", "refuted"),
    (r"Let $s_i = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$."
     r" $$\frac{\partial s_i}{\partial u_{j \neq i}} = -s_i s_j$$", "proved"),
    (r"Let $s_i = \frac{e^{u_i}}{\sum_{k=1}^n e^{u_k}}$."
     r" $$\frac{\partial s_i}{\partial u_{j \neq i}} = s_i s_j$$", "refuted"),
    (r"""$$\sum_{j=1}^n B_{kj} x_j + \sum_{j=1}^n B_{jk} x_j = 2 \sum_{j=1}^n B_{kj} x_j$$
This holds since $B$ is symmetric.""", "proved"),
    (r"""$$\sum_{j=1}^n B_{kj} x_j + \sum_{j=1}^n B_{jk} x_j = 2 \sum_{j=1}^n B_{kj} x_j$$
Since $B$ is symmetric, all is well.""", "refuted"),
    (r"""With $y = w x + b$ and $L = (y - t)^2$.
$$\frac{\partial L}{\partial b} = \frac{1}{m} \sum_i (y_{\text{new}}^{(i)} - t^{(i)})$$""", "undecided"),
]


@pytest.mark.parametrize("text, verdict", UNSPOKEN)
def test_what_the_text_leaves_unsaid(keeper: Keeper, text: str, verdict: str) -> None:
    assert verdicts(keeper, text)[-1] == verdict


RECURRENCE = r"""Let $h_t = \tanh(w h_{t-1} + u x_t)$ and $g_{t+1} = 2 g_t + x_t$ with $b_{k+1} = m_k a_k$.
$$ \frac{\partial h_t}{\partial h_{t-1}} = w (1 - h_t^2) $$
$$ \frac{\partial g_t}{\partial g_{t-1}} = 2 $$
$$ c - b_k = c - m_{k-1} a_{k-1} $$"""


def test_recurrences_are_definitions(keeper: Keeper) -> None:
    assert verdicts(keeper, RECURRENCE) == ["proved"] * 3
    wrong = RECURRENCE.replace("(1 -", "(1 +").replace("= 2 $$", "= 3 $$").replace("c - m_{k-1}", "c - m_k")
    assert verdicts(keeper, wrong) == ["refuted"] * 3


@pytest.mark.parametrize(("entry", "verdict"), [("0.35", None), ("0.45", "refuted")])
def test_rounded_entries_of_a_vector(keeper: Keeper, entry: str, verdict: str | None) -> None:
    matrix = r"\begin{bmatrix} 0.1 & 0.5 \\ 0.6 & 0.3 \end{bmatrix}"
    assert step(keeper, rf"[0.32, 0.53] {matrix} = [{entry}, 0.32]").verdict == verdict

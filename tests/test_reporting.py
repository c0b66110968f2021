"""Reports: what a template shows, what a folder of derivations becomes, what goes wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from symgrad import reporting
from symgrad.errors import InputError
from symgrad.reporting import (
    Claim,
    Failure,
    Lines,
    Mark,
    Measurement,
    Numbers,
    Picture,
    Report,
    Row,
    Section,
    Table,
    Text,
)
from symgrad.reporting.parts import counterexample
from symgrad.reporting.prose import tex_text
from symgrad.verdict import Verdict, Witness

PROOF = Lines(
    (Row(r"\frac{\partial J}{\partial m}", "a", "sum rule", Mark.PROVED), Row("", "b", "", Mark.PROVED))
)
WITNESS = Witness({"N": 2}, {"x": {"1": "0", "2": "1/2"}}, {"m": "1"}, {"f": "t^2"}, "-1", "[0.5 +/- 1e-9]")


def refuted(expected: Mark) -> Claim:
    return Claim("a", "b", Mark.REFUTED, expected, "a is b", witness=counterexample(WITNESS))


def make(*parts: object, title: str = "Line fit", order: int = 1) -> Report:
    return Report(title, "Is it $a$?", "Yes.", [Section("Proof", list(parts))], order)  # type: ignore[arg-type]


# --- marks --------------------------------------------------------------------------------------------


def test_a_mark_is_a_sign_and_a_word() -> None:
    assert [str(m) for m in Mark] == ["✓ proved", "✗ refuted", "? undecided"]
    assert Mark.of(Verdict("undecided")) is Mark.UNDECIDED


def test_a_report_is_good_when_every_verdict_is_as_stated() -> None:
    good = make(PROOF, refuted(Mark.REFUTED))
    assert good.failures() == ()
    assert good.tally() == "2 proved, 1 refuted as stated"
    bad = make(refuted(Mark.PROVED), Claim("a", "b", Mark.PROVED, Mark.REFUTED))
    assert bad.failures() == (
        Failure("a is b: refuted, not as stated"),
        Failure("a = b: proved, not as stated"),
    )
    assert bad.tally() == "1 refuted unexpectedly, 1 proved unexpectedly"


def test_an_unproved_line_of_a_proof_is_a_failure() -> None:
    open_line = Lines((Row("a", "b", "sum rule", Mark.UNDECIDED),), "by m", remarks=("Line 1: fuel spent.",))
    assert make(open_line).failures() == (Failure("by m, line 1: undecided, not as stated", undecided=True),)
    assert "Line 1: fuel spent." in reporting.render("fit", make(open_line), "md")


def test_a_number_that_is_off_is_a_failure_and_is_shown() -> None:
    good, bad = Measurement("$a$", "differences", "1e-8", True), Measurement("$b$", "digits", "1e-12", False)
    part = Numbers((good, bad))
    assert make(part).failures() == (Failure("$b$ against digits: the error is not below 1e-12"),)
    text = reporting.render_part(part, "md")
    assert "| $a$ | differences | < 1e-8 |" in text and "**not below 1e-12**" in text
    assert r"$\not<$ 1e-12" in reporting.render_part(part, "tex")


# --- rendering ----------------------------------------------------------------------------------------


def test_markdown_display_is_the_form_every_renderer_takes() -> None:
    text = reporting.render_part(PROOF, "md")
    assert text.splitlines() == [
        "$$",
        r"\begin{aligned}",
        r"\frac{\partial J}{\partial m} &= a && \text{sum rule} && \checkmark\ \text{proved} \\",
        r"&= b &&  && \checkmark\ \text{proved}",
        r"\end{aligned}",
        "$$",
    ]


def test_a_refuted_claim_shows_its_witness() -> None:
    text = reporting.render_part(refuted(Mark.REFUTED), "md")
    assert r"a &\overset{?}{=} b" in text
    assert r"\times\ \text{refuted}" in text
    assert (
        "At $N = 2$, $m = 1$, $x_{1} = 0$, $x_{2} = 1/2$, $f(t) = t^2$ the left side is $-1$, "
        r"the right side $0.5000 \pm 10^{-4}$." in text
    )
    assert "Stated to be proved." in reporting.render_part(refuted(Mark.PROVED), "tex")


def test_assumptions_and_reasons_are_shown() -> None:
    part = Claim("a", "b", Mark.UNDECIDED, Mark.PROVED, assuming=("a > 0", "b != 0"), reason="fuel spent")
    text = reporting.render_part(part, "md")
    assert "Stated to be proved. Reason: fuel spent." in text and r"\text{undecided}" in text
    assert "Assumed: `a > 0`, `b != 0`." in text


def test_tex_stands_alone_and_as_a_fragment() -> None:
    text = reporting.render("fit", make(PROOF), "tex")
    head, body = text.split(r"\fi", 1)
    assert r"\ifx\csname @nodocument\endcsname\relax" in head
    assert [line for line in head.splitlines() if "usepackage" in line] == [r"  \usepackage{amsmath,amssymb}"]
    assert text.rstrip().endswith(r"\symgradend")
    assert r"\begin{document}" in head and r"\begin{document}" not in body
    assert body.count(r"\begin{aligned}") == body.count(r"\end{aligned}") == 1


@pytest.mark.parametrize("sign", ["✓", "≠", "é", "%", "_", "\\", "–", "θ", "Ω", "λ", "ŷ", "x\u0304"])
def test_tex_text_holds_what_latex_can_set(sign: str) -> None:
    out = tex_text(sign)
    assert out.isascii() or sign == "é"


def test_a_sign_that_latex_cannot_set_is_named() -> None:
    with pytest.raises(InputError, match=r"U\+4E2D"):
        reporting.render("fit", make(Text("中")), "tex")


def test_a_bar_does_not_end_a_table_cell() -> None:
    text = reporting.render_part(Table(("what",), (("$|x|$",),)), "md")
    assert r"| $\vert{}x\vert{}$ |" in text


def test_references_become_links_and_unknown_ones_an_error() -> None:
    report, titles = make(Text("See [[fit]] and [[gap]].")), {"fit": "Line fit", "gap": "The *gap*"}
    assert "See [Line fit](fit.md) and [The *gap*](gap.md)." in reporting.render("fit", report, "md", titles)
    assert r"See \emph{Line fit} and \emph{The \emph{gap}}." in reporting.render("fit", report, "tex", titles)
    with pytest.raises(InputError, match="names no report"):
        reporting.render("fit", report, "md")


def test_templates_get_no_code() -> None:
    # what an author writes is data: template syntax inside it stays as it is
    text = reporting.render("fit", make(Text("<< 7*7 >> <% if %> {{ 7*7 }}")), "md")
    assert "<< 7*7 >> <% if %> {{ 7*7 }}" in text


# --- loading ------------------------------------------------------------------------------------------

GOOD = """\
from symgrad.reporting import Lines, Mark, Report, Row, Section

def report() -> Report:
    row = Row("a", "a", "identity", Mark.PROVED)
    return Report("T{n}", "Q?", "A.", [Section("Proof", [Lines((row,))])], order={n})
"""


def folder(tmp_path: Path, **files: str) -> Path:
    where = tmp_path / "derivations"
    where.mkdir()
    for name, text in files.items():
        (where / f"{name}.py").write_text(text)
    return where


def test_a_folder_is_loaded_in_the_order_of_the_story(tmp_path: Path) -> None:
    where = folder(tmp_path, a=GOOD.format(n=2), b=GOOD.format(n=1), _helper="1/0")
    said: list[str] = []
    entries = reporting.load_folder(where, said.append)
    assert [e.name for e in entries] == ["b", "a"]
    assert said == ["a", "b"]
    assert not (where / "__pycache__").exists()


@pytest.mark.parametrize(
    "text, message",
    [
        ("x = 1\ndef report():\n    return 1/0\n", "bad.py:3: ZeroDivisionError: division by zero"),
        ("x = (\n", "bad.py:1: SyntaxError: '(' was never closed"),
        ("x = 1\n", "defines no report"),
        ("raise SystemExit\n", "bad.py:1: SystemExit"),
        ("import symgrad_no_such\n", "bad.py:1: ModuleNotFoundError: No module named 'symgrad_no_such'"),
    ],
)
def test_a_broken_derivation_is_told_by_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    where = folder(tmp_path, bad=text, good=GOOD.format(n=1))
    good, bad = reporting.load_folder(where)
    assert good.report is not None and bad.report is None
    assert message in bad.error


def test_the_index_tells_of_a_broken_derivation(tmp_path: Path) -> None:
    where = folder(tmp_path, bad="1/0", good=GOOD.format(n=1), odd=GOOD.format(n=2).replace("Q?", "[[none]]"))
    files, entries = reporting.documents(reporting.load_folder(where))
    assert sorted(files) == ["good.md", "good.tex", "index.md"]
    assert "1. **[T1](good.md)**" in files["index.md"]
    assert "`bad`: no report" in files["index.md"] and "`odd`: no report" in files["index.md"]
    assert {e.name for e in entries if e.error} == {"bad", "odd"}


def test_no_folder_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        reporting.load_folder(tmp_path / "none")
    with pytest.raises(InputError, match="no derivation"):
        reporting.load_folder(tmp_path)


# --- writing ------------------------------------------------------------------------------------------


def test_writing_changes_only_what_differs_and_leaves_nothing_else(tmp_path: Path) -> None:
    files = {"a.md": "1\n", "b.md": "é\n"}
    assert reporting.write(tmp_path / "out", files) == ("a.md", "b.md")
    assert reporting.write(tmp_path / "out", files) == ()
    (tmp_path / "out" / "a.md").write_text("other")
    assert reporting.stale(tmp_path / "out", files) == ("a.md",)
    assert reporting.write(tmp_path / "out", files) == ("a.md",)
    assert sorted(os.listdir(tmp_path / "out")) == ["a.md", "b.md"]


def test_a_failed_write_leaves_no_half_written_file(tmp_path: Path) -> None:
    (tmp_path / "b.md").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError):
        reporting.write(tmp_path, {"a.md": "new", "b.md": "new"})
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]


def test_pictures_are_written_beside_the_report() -> None:
    entry = reporting.Entry("fit", make(Picture("slope", "<svg/>", "The slope.")))
    files, _ = reporting.documents([entry])
    assert files["fit-slope.svg"] == "<svg/>"
    assert "![The slope.](fit-slope.svg)" in files["fit.md"]

"""Reports: what a template shows, what a folder of derivations becomes, what goes wrong."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import sympy

import symgrad
from symgrad import reporting
from symgrad.errors import InputError
from symgrad.kernel.verdict import Verdict, Witness
from symgrad.losses.averaging import Gap, gap
from symgrad.losses.library import PROBLEMS
from symgrad.objective import Objective, objective_of
from symgrad.page.tree import Add, Mul, Neg, Num, Sum, Sym
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
    measuring,
)
from symgrad.reporting.line_breaks import step_rows
from symgrad.reporting.markup import tex_text
from symgrad.reporting.parts import counterexample

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
    assert r"Assumed: $a > 0$, $b \neq 0$." in text


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


@pytest.mark.parametrize("format", reporting.FORMATS)
def test_a_report_in_every_format(format: str) -> None:
    table = Table(("head", "b"), (("$x$", "cell"),))
    numbers = Numbers((Measurement("$a$", "b", "1e-8", True),))
    parts = (PROOF, refuted(Mark.REFUTED), Text("*Said* of `code`."), table, numbers)
    report = make(*parts)
    text = reporting.render("fit", report, format)
    assert all(said in text for said in ("Line fit", "Said", "code", "head", "cell", "proved"))
    files, (entry,) = reporting.documents([reporting.Entry("fit", report)], formats=[format])
    assert not entry.error and files[f"fit.{format}"]
    assert {name for name in files if name.startswith("index")} == {
        "index.md", *[f"index.{format}"] * reporting.FORMATS[format].index}


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(InputError, match="unknown format 'doc'; there are md, tex, html, pdf"):
        reporting.render("fit", make(PROOF), "doc")
    with pytest.raises(InputError, match="unknown format"):
        reporting.documents([reporting.Entry("fit", make(PROOF))], formats=["doc"])


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


# --- parts made from mathematics ----------------------------------------------------------------------

m, lam = sympy.symbols("m", real=True), sympy.Symbol("lambda", positive=True)
x, y = sympy.IndexedBase("x", real=True), sympy.IndexedBase("y", real=True)
i = sympy.Symbol("i", integer=True)
OWN = {
    "poisson": sympy.exp(m * x[i]) - y[i] * m * x[i],
    "log-cosh": sympy.log(sympy.cosh(y[i] - m * x[i])),
    "ridge": (y[i] - m * x[i]) ** 2 + lam * m**2,
}


@pytest.mark.parametrize("name", OWN)
def test_a_loss_of_ones_own_gets_a_report_like_the_others(name: str) -> None:
    made = reporting.standard(objective_of(OWN[name], m, name=name))
    assert made.failures() == ()
    text = reporting.render(name, made, "md")
    for part in ("## Setting", "chain rule", "SymPy's own derivative", "Is (b) = (c)", "## Numbers"):
        assert part in text
    assert "SymPy, 30 digits | < 1e-12" in text
    assert ("data up to 1000" in text) is (name != "poisson")  # e^1000 is no floating-point number


def test_numbers_need_a_gradient_that_has_values() -> None:
    u, v = sympy.IndexedBase("u", positive=True), sympy.Symbol("v", positive=True)
    assert all(row.held for row in reporting.numbers(objective_of(sympy.log(v * u[i]) ** 2, v)).rows)
    with pytest.raises(InputError, match="give symbols their sign"):
        reporting.numbers(objective_of(sympy.log(m * x[i]) ** 2, m))


def test_a_claim_is_what_the_judge_says_whatever_the_author_states() -> None:
    wrong = reporting.claim("(a + b)^2", "a^2 + b^2", title="freshman")
    assert wrong.mark is Mark.REFUTED and not wrong.as_stated
    (failure,) = make(wrong).failures()
    assert failure == Failure("freshman: refuted, not as stated")
    assert reporting.claim("(a + b)^2", "a^2 + b^2 + 2ab").as_stated


def test_an_undecided_gap_is_stated_to_be_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def undecided(objective: Objective, wrt: object) -> Gap:
        found = gap(objective, wrt)
        return dataclasses.replace(found, verdicts={**found.verdicts, "zero": Verdict("undecided")})

    monkeypatch.setattr("symgrad.losses.averaging.gap", undecided)
    report = reporting.standard(PROBLEMS["signed-error"]())
    assert "could not be decided" in report.answer and "1 undecided as stated" in report.tally()
    assert "unexpectedly" not in report.tally()


def test_a_proof_with_a_wrong_line_shows_it() -> None:
    derivation = symgrad.derive("(y - m x)^2", "m")
    *steps, last = derivation.steps
    bad = dataclasses.replace(derivation, steps=(*steps, dataclasses.replace(last, after=Neg(last.after))))
    assert [row.mark for row in reporting.proof(bad).rows if row.mark][-1] is Mark.REFUTED
    assert make(reporting.proof(bad)).failures() != ()


def test_an_unfinished_derivation_is_a_failure() -> None:
    stuck = dataclasses.replace(symgrad.derive("m^2", "m"), reason="no rule for this")
    (failure,) = make(reporting.proof(stuck, "by m")).failures()
    assert failure == Failure("by m: unfinished: no rule for this", undecided=True)
    assert "Unfinished: no rule for this." in reporting.render_part(reporting.proof(stuck), "md")


def test_a_wrong_gradient_does_not_pass_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    J = objective_of(OWN["ridge"], m)
    assert all(row.held for row in reporting.numbers(J).rows)
    right = measuring._gradient
    monkeypatch.setattr(measuring, "_gradient", lambda *given: right(*given) * (1 + 1e-9))
    against = {row.against: row.held for row in reporting.numbers(J).rows}
    assert against == {
        "central differences": True, "SymPy, 30 digits": False, "SymPy, 30 digits, data up to 1000": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "value, digits",
    [(sympy.exp(1), "2.7182818285"), (-sympy.log(2), "-0.6931471806"), (sympy.Rational(5, 2), "5/2"),
     (sympy.exp(-30), "0.0000000000")],
)  # fmt: skip
def test_enclosed_digits_are_rounded_right(value: sympy.Expr, digits: str) -> None:
    assert reporting.enclosed(value) == digits


def test_enclosed_refuses_what_is_not_closed() -> None:
    with pytest.raises(InputError, match="not closed"):
        reporting.enclosed(m + 1)


@pytest.mark.parametrize(
    "left, right, shown",
    [
        ("299/9", "-3", ("299/9", "-3")),
        ("[0.503345295299993 +/- 4.77e-16]", "0", (r"0.5033 \pm 10^{-4}", "0")),
        ("[0.12345678 +/- 1e-9]", "[0.12346 +/- 1e-9]", (r"0.1234568 \pm 10^{-7}", r"0.1234600 \pm 10^{-7}")),
        ("[-12154.1258544978 +/- 1.9e-12]", "1", (r"-12150 \pm 10^{1}", "1")),
    ],
)
def test_a_counterexample_is_shown_in_few_digits_that_keep_the_sides_apart(
    left: str, right: str, shown: tuple[str, str]
) -> None:
    found = counterexample(Witness(left=left, right=right))
    assert (found.left, found.right) == tuple(f"${v}$" for v in shown)


def test_a_witness_function_is_typeset() -> None:
    found = counterexample(Witness(functions={"\\ell": "1*t1*t2^2 - 1*t1 + 11*t2"}, left="1", right="2"))
    assert found.at == r"$\ell(t_{1}, t_{2}) = t_{1} t_{2}^2 - t_{1} + 11 t_{2}$"


# --- layout -------------------------------------------------------------------------------------------


def test_a_wide_line_is_broken_between_terms() -> None:
    terms = Add(tuple(Mul((Sym(c), Sym(r"\theta"), Sym(c.upper()))) for c in "abcdefghijklmnopqrst"))
    rows = step_rows(None, Sum(terms, Sym("i"), Num(1), Sym("N")), "sum rule", Mark.PROVED)
    assert len(rows) > 1 and [row.mark for row in rows] == [None] * (len(rows) - 1) + [Mark.PROVED]
    text = "".join(row.right for row in rows)
    assert text.startswith(r"\sum_{i=1}^{N} \Bigl(") and text.endswith(r"\Bigr)")
    assert all(row.relation == "" for row in rows[1:]) and text.count(r"\theta") == 20


def test_a_narrow_line_stays_as_it_is() -> None:
    (row,) = step_rows(Sym("a"), Add((Sym("b"), Sym("c"))), "", Mark.PROVED)
    assert (row.left, row.right) == ("a", "b + c")


# --- LaTeX itself -------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_the_committed_reports_compile_by_themselves_and_as_fragments(tmp_path: Path) -> None:
    reports = sorted((Path(__file__).parent.parent / "reports").glob("*.tex"))
    assert reports
    for path in reports:
        shutil.copy(path, tmp_path)
    inputs = "\n".join(rf"\input{{{path.stem}}}" for path in reports)
    head = r"\documentclass{article}\usepackage{amsmath,amssymb}\begin{document}"
    (tmp_path / "whole.tex").write_text(rf"{head}{inputs}\end{{document}}")
    for name in (reports[0].stem, "whole"):
        done = subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-2000:]


# --- somebody's own templates -------------------------------------------------------------------------


def test_one_block_of_ours_is_replaced(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    text = '<% extends "base/report.md.j2" %>\n<% block footer %>\nCourse 101\n<% endblock %>\n'
    (own / "report.md.j2").write_text(text)
    shown = reporting.render("fit", make(PROOF), "md", templates=own)
    assert shown.rstrip().endswith("Course 101") and "# Line fit" in shown and "*Proved* means" not in shown
    assert "*Proved* means" in reporting.render("fit", make(PROOF), "md")


@pytest.mark.parametrize(
    "text, message",
    [
        ("line 1\n<< wrong >>\n", "report.md.j2:2: 'wrong' is undefined"),
        ("<% if %>\n", "report.md.j2:1: "),
        ('<% extends "base/none.md.j2" %>', "base/none.md.j2"),
    ],
)
def test_a_template_error_names_template_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "report.md.j2").write_text(text)
    with pytest.raises(InputError) as error:
        reporting.render("fit", make(PROOF), "md", templates=tmp_path)
    assert message in str(error.value)


def test_a_report_as_pdf_holds_its_text() -> None:
    from symgrad.reporting.typeset import typeset

    prose = Text("`a_b` *is* #1 of $\\frac{x_i}{2}$")
    parts = (PROOF, refuted(Mark.REFUTED), prose, Table(("a",), (("$x$",),)))
    source = reporting.render("fit", make(*parts), "pdf")
    pdf = typeset(source, "fit")
    assert pdf.startswith(b"%PDF") and pdf == typeset(source, "fit")


def test_what_typst_refuses_is_told() -> None:
    from symgrad.reporting.typeset import typeset

    with pytest.raises(InputError, match="fit: typst: "):
        typeset("#wrong(", "fit")

"""The command line: verbs, exit codes, what is said on which stream."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_reporting import GOOD, folder

from symgrad.cli import main as cli
from symgrad.cli.exits import gravest
from symgrad.documents.files import FORMATS
from symgrad.reporting.formats import FORMATS as REPORTS

REFUTED = GOOD.replace("Mark.PROVED", "Mark.REFUTED")
UNDECIDED = GOOD.replace("Mark.PROVED", "Mark.UNDECIDED")


def test_gravest() -> None:
    assert gravest([0, 2, 1, 3]) == 3
    assert gravest([2, 1, 0]) == 1
    assert gravest([0, 2]) == 2
    assert gravest([]) == 0


# --- report -------------------------------------------------------------------------------------------


def report(where: Path, *options: str) -> int:
    return cli.main(["report", str(where), "--out", str(where.parent / "reports"), *options])


def test_report_writes_and_check_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = folder(tmp_path, fit=GOOD.format(n=1), gap=GOOD.format(n=2))
    out = tmp_path / "reports"
    assert report(where) == 0
    assert sorted(os.listdir(out)) == ["fit.md", "fit.tex", "gap.md", "gap.tex", "index.md"]
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        f"{out / 'fit.md'}: 1 proved",
        f"{out / 'gap.md'}: 1 proved",
        f"{out / 'index.md'}: 2 reports, 5 files written",
    ]
    assert said.err == ""
    assert report(where, "--check") == 0
    assert capsys.readouterr().out.endswith("2 reports, 0 files stale\n")


def test_check_writes_nothing_and_names_what_is_stale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = folder(tmp_path, fit=GOOD.format(n=1))
    assert report(where, "--check") == 1
    assert not (tmp_path / "reports").exists()
    assert report(where) == 0
    (tmp_path / "reports" / "fit.md").write_text("changed by hand")
    capsys.readouterr()
    assert report(where, "--check") == 1
    stale = tmp_path / "reports" / "fit.md"
    assert capsys.readouterr().err == f"symgrad: {stale}: stale, run symgrad report\n"
    assert (tmp_path / "reports" / "fit.md").read_text() == "changed by hand"


@pytest.mark.parametrize("text, code, checked", [(REFUTED, 1, 1), (UNDECIDED, 2, 1)])
def test_a_verdict_not_as_stated_is_reported_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, checked: int
) -> None:
    where = folder(tmp_path, fit=text.format(n=1))
    assert report(where) == code
    assert "symgrad: fit: proof, line 1: " in capsys.readouterr().err
    assert report(where, "--check") == checked


def test_a_broken_derivation_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = folder(tmp_path, bad="\n1/0\n", fit=REFUTED.format(n=1))
    assert report(where) == 3
    said = capsys.readouterr()
    assert f"symgrad: {where / 'bad.py'}:2: ZeroDivisionError: division by zero\n" in said.err
    assert (tmp_path / "reports" / "fit.md").exists()
    assert not (tmp_path / "reports" / "bad.md").exists()


def test_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = folder(tmp_path, fit=GOOD.format(n=1))
    assert report(where, "--format", "tex") == 0
    assert sorted(os.listdir(tmp_path / "reports")) == ["fit.tex", "index.md"]
    assert report(where, "--format", "md,docx") == 3
    assert capsys.readouterr().err.startswith("symgrad: unknown format docx; there are md, tex")


def test_a_folder_that_cannot_be_read_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(tmp_path / "none") == 3
    assert "no such folder of derivations" in capsys.readouterr().err
    where = folder(tmp_path, fit=GOOD.format(n=1))
    (tmp_path / "file").write_text("")
    assert cli.main(["report", str(where), "--out", str(tmp_path / "file")]) == 3
    (message,) = capsys.readouterr().err.splitlines()
    assert message.startswith(f"symgrad: {tmp_path / 'file'}: ")


def test_ctrl_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(folder(tmp_path, fit="raise KeyboardInterrupt")) == 130
    assert not (tmp_path / "reports").exists()


def test_progress_is_for_terminals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert report(folder(tmp_path, fit=GOOD.format(n=1))) == 0
    assert "\r\x1b[Kfit" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


# --- derive -------------------------------------------------------------------------------------------


def test_derive_prints_rule_and_verdict_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "linear-regression", "--wrt", "m"]) == 0
    _start, *lines = capsys.readouterr().out.splitlines()
    assert 5 <= len(lines) <= 7
    assert all(re.match(r"= .*   ✓ proved$", line) for line in lines)
    assert [name for name in ("factor rule", "sum rule", "chain rule") for line in lines if name in line] == [
        "factor rule", "sum rule", "chain rule",
    ]  # fmt: skip


@pytest.mark.parametrize("format, sign", [("md", "$$"), ("latex", "\\[")])
def test_derive_as_a_display(format: str, sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "linear-regression", "--wrt", "b", "--format", format]) == 0
    out = capsys.readouterr().out
    assert sign in out.splitlines()
    assert r"\text{chain rule} && \checkmark\ \text{proved} \\" in out


@pytest.mark.parametrize(
    "argv, message",
    [
        (["derive", "line", "--wrt", "m"], r"no problem named 'line': did you mean linear-regression or "),
        (["derive", "linear-regression", "--wrt", "q"], r"no parameter 'q'; it has m, b"),
        (["gap", "line", "--wrt", "m"], r"no problem named 'line': did you mean linear-regression or "),
        (["gap", "linear-regression", "--wrt", "q"], r"no parameter 'q'; it has m, b"),
    ],
)
def test_unknown_names_list_the_known_ones(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(argv) == 3
    assert re.search(message, capsys.readouterr().err)


def test_derive_a_formula_with_its_definitions(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["derive", r"\frac{1}{N} \sum_{i=1}^{N} (y_i - h(x_i))^2", "--wrt", "w", "--let", "h(t) = w t"]
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    assert "definition h" in out and "undecided" not in out and "refuted" not in out


@pytest.mark.parametrize("wrt", ["w", "b"])
def test_derive_prints_lines_too_wide_for_a_page(wrt: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "sigmoid-regression", "--wrt", wrt]) == 0
    _start, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 5 and all(line.endswith("✓ proved") for line in lines)


def test_derive_says_which_argument_it_cannot_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", "w^2", "--wrt", r"w \foo"]) == 2
    assert "  w \\foo\n    ^" in capsys.readouterr().err


def test_derive_points_at_what_it_cannot_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["derive", r"w^2 + \foo", "--wrt", "w"]) == 2
    assert "  w^2 + \\foo\n        ^" in capsys.readouterr().err


# --- gap, list ----------------------------------------------------------------------------------------


def test_gap_prints_the_closed_form_and_its_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["gap", "linear-regression", "--wrt", "m"]) == 0  # not 0 for all data is an answer
    out = capsys.readouterr().out
    assert "2 (m Var(x) - Cov(x, y))" in out and "refuted at N = 2" in out


def test_list_names_problems_models_and_losses(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    for name in ("linear-regression", "sigmoid", "cross-entropy"):
        assert f"  {name}" in out
    assert "f(t) = σ(w t + b)" in out


# --- prove --------------------------------------------------------------------------------------------

MEAN = ["--let", r"a = \frac{1}{N} \sum_{i=1}^{N} x_i"]


@pytest.mark.parametrize(
    "argv, code, said",
    [
        ([r"\sum_{i=1}^{N} (x_i - a) = 0", *MEAN], 0, "✓ proved"),
        ([r"\sum_{i=1}^{N} x_i = x_1"], 1, "✗ refuted at N = "),
        ([r"(a + b)^2 = a^2 + b^2 = b^2 + a^2"], 1, "✓ proved"),
    ],
)
def test_prove(argv: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["prove", *argv]) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv, code, caret",
    [
        ([r"x + \foo = 1"], 2, "  x + \\foo = 1\n      ^"),
        (["x = 1", "--let", r"a = \foo"], 2, "  let a = \\foo\n          ^"),
        (["x + 1"], 3, "is not an equality"),
    ],
)
def test_prove_points_at_what_it_cannot_read(
    argv: list[str], code: int, caret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["prove", *argv]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert caret in said.err


# --- the command itself -------------------------------------------------------------------------------


@pytest.mark.parametrize("argv", [[], ["prov"], ["report", "--bogus"], ["derive", "linear-regression"]])
def test_wrong_usage_is_3(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(argv)
    assert stop.value.code == 3
    assert "usage: symgrad" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["report", "derive", "gap", "prove", "list"])
def test_help_holds_a_worked_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([verb, "--help"])
    assert stop.value.code == 0
    assert f"$ symgrad {verb}" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from symgrad.cli import main as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'sympy', 'numpy', 'jinja2', 'flint'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_prove_imports_no_sympy() -> None:
    code = (
        "import sys; from symgrad.cli import main as cli\n"
        "cli.main(['prove', 'x = x'])\n"
        "print(sorted({'sympy', 'numpy', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_closed_pipe_is_no_error() -> None:
    command = f"'{sys.executable}' -m symgrad report --help | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_derive_takes_its_names_from_notes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "notes.md"
    note.write_text("With $z_i = w x_i + b$ the loss is\n\n$$\nL = \\sum_{i=1}^N (y_i - z_i)^2 .\n$$\n")
    assert cli.main(["derive", str(note), "--expr", "L", "--wrt", "w"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("  ∂L/∂w\n") and "-2 Σ_{i=1}^N x_i (y_i - z_i)" in out
    assert cli.main(["derive", str(tmp_path / "none.md"), "--expr", "L", "--wrt", "w"]) == 3


# --- readers that leave -------------------------------------------------------------------------------

SLIP = r"""
<!-- symgrad: let L = \sum_{k=1}^K (a_k u - b_k)^2 -->

$$\frac{\partial L}{\partial u} = \sum_{k=1}^K (a_k u - b_k) a_k$$
"""


def check_in_shell(tmp_path: Path, line: str, pages: int = 1) -> subprocess.CompletedProcess[str]:
    """``line`` run by a shell, with {check} for a check of pages that each hold a slip."""
    for k in range(pages):
        (tmp_path / f"page{k}.md").write_text(SLIP)
    check = f'"{sys.executable}" -m symgrad check "{tmp_path}"'
    return subprocess.run(
        ["bash", "-c", line.format(check=check)], capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_a_closed_stdout_changes_no_exit_code(tmp_path: Path, form: str) -> None:
    done = check_in_shell(tmp_path, "{check} --format " + form + " >&-")
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("pages", [1, 12])
def test_a_reader_that_has_seen_enough_changes_no_exit_code(tmp_path: Path, pages: int) -> None:
    done = check_in_shell(tmp_path, "{check} | head -1; exit ${{PIPESTATUS[0]}}", pages)
    assert (done.returncode, done.stderr) == (1, "")
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_homework_shows_no_mended_formula(tmp_path: Path, form: str) -> None:
    page = SLIP + "\n$$(u + v)^2 - v = u^2 + 2 u v - v^2 - v$$\n"
    (tmp_path / "page.md").write_text(page)
    command = [sys.executable, "-m", "symgrad", "check", str(tmp_path), "--format", form]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    hidden = subprocess.run([*command, "--no-answers"], capture_output=True, text=True, timeout=60).stdout
    mended = "u^{2} + 2 u v + v^{2} - v"
    assert mended in shown and mended not in hidden
    assert ("derived" in shown) == (form in ("text", "json")) and "derived" not in hidden
    assert "the sign of" in hidden


def test_the_parser_names_the_formats_that_there_are() -> None:
    """By hand, for importing their tables would cost start-up."""
    check, report = (
        subprocess.run(
            [sys.executable, "-m", "symgrad", verb, "--help"], capture_output=True, text=True, check=True
        )
        for verb in ("check", "report")
    )
    assert f"{{{','.join(['md', 'qmd', *(k for k in FORMATS if k != 'md')])}}}" in check.stdout
    assert all(re.search(rf"\b{name}\b", report.stdout) for name in REPORTS)

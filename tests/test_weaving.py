"""Weaving: regions filled, compared, and nothing else in a document touched."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symgrad.cli import main as cli
from symgrad.errors import InputError
from symgrad.weaving import State, weave_text
from symgrad.weaving.flavors import Flavor
from symgrad.weaving.regions import checksum

PROVE = "<!-- symgrad:begin prove 'a + a = 2 a' -->\n<!-- symgrad:end -->\n"
FALSE = "<!-- symgrad:begin prove 'a + a = 3 a' -->\n<!-- symgrad:end -->\n"


@pytest.fixture(autouse=True)
def own_memory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def states(text: str, kind: str = "md") -> list[str]:
    return [r.state.name for r in weave_text(text, kind).regions]


def test_a_region_is_filled_and_then_true() -> None:
    woven = weave_text(f"before\n{PROVE}after\n", "md")
    assert [r.state for r in woven.regions] == [State.STALE]
    assert r"a + a &= 2 a &&  && \checkmark\ \text{proved}" in woven.new
    again = weave_text(woven.new, "md")
    assert again.good and again.new == woven.new


def test_what_is_refuted_is_written_and_never_true() -> None:
    woven = weave_text(FALSE, "md")
    assert [r.state for r in woven.regions] == [State.UNPROVED]
    assert r"\times\ \text{refuted}" in woven.new and "Refuted: `at a = " in woven.new
    assert states(woven.new) == ["UNPROVED"]


def test_an_edit_by_hand_is_kept_and_told() -> None:
    new = weave_text(PROVE, "md").new.replace("2 a", "4 a", 1).replace("a + a &= 2 a", "a + a &= 4 a")
    woven = weave_text(new.replace("'a + a = 4 a'", "'a + a = 2 a'"), "md")
    assert [r.state for r in woven.regions] == [State.EDITED]
    assert woven.new == woven.old


def test_a_sum_made_to_fit_an_edit_does_not_vouch_for_it() -> None:
    new = weave_text(PROVE, "md").new
    body = new.split("-->\n", 1)[1].split("<!-- symgrad:end")[0]
    forged = body.replace("2 a", "3 a")
    text = new.replace(body, forged).replace(checksum(body), checksum(forged))
    assert states(text) == ["STALE"]


def test_white_space_is_forgiven() -> None:
    new = weave_text(PROVE, "md").new
    assert weave_text(new.replace("\n\n", "\n\n\n").replace("&& ", "&&   "), "md").good


def test_a_changed_definition_makes_a_region_stale() -> None:
    note = "<!-- symgrad: let f = x^2 -->\n<!-- symgrad:begin derive f --wrt x -->\n<!-- symgrad:end -->\n"
    new = weave_text(note, "md").new
    assert weave_text(new, "md").good
    assert states(new.replace("let f = x^2", "let f = x^3")) == ["STALE"]


def test_a_document_keeps_its_own_macros() -> None:
    note = "\\newcommand{\\loss}{\\mathcal{L}}\n% symgrad: let \\loss = (y - m x)^2\n"
    note += "% symgrad:begin derive \\loss --wrt m\n% symgrad:end\n"
    woven = weave_text(note, "tex")
    assert r"\frac{\partial \loss}{\partial m}" in woven.new
    assert r"\mathcal" not in woven.new.split("\n", 1)[1]


FLAVORS = {
    "github": '<a id="eq-a"></a>\n\n$$\n',
    "myst": "```{math}\n:label: eq-a\n",
    "quarto": "$$ {#eq-a}\n",
}


@pytest.mark.parametrize("flavor", FLAVORS)
def test_labels_are_written_as_each_flavor_does(flavor: str) -> None:
    note = "<!-- symgrad:begin prove 'a + a = 2 a' --label eq-a -->\n<!-- symgrad:end -->\n"
    woven = weave_text(note, "md", flavor=flavor)  # type: ignore[arg-type]
    assert FLAVORS[flavor] in woven.new
    assert weave_text(woven.new, "md", flavor=flavor).good  # type: ignore[arg-type]


def test_tex_and_rst() -> None:
    tex = weave_text("% symgrad:begin prove 'a = a' --label eq:a\n% symgrad:end\n", "tex")
    assert "\\begin{equation}\\label{eq:a}\n\\begin{aligned}\n" in tex.new and "\n\n" not in tex.new
    assert weave_text(tex.new, "tex").good
    rst = weave_text(".. symgrad:begin prove 'a = a' --label a\n.. symgrad:end\n", "rst")
    assert "\n.. math::\n   :label: a\n\n   \\begin{aligned}\n" in rst.new
    assert weave_text(rst.new, "rst").good


def notebook(*sources: str, indent: int | None = 1) -> str:
    lines = [s.splitlines(keepends=True) for s in sources]
    cells = [{"cell_type": "markdown", "metadata": {}, "source": source} for source in lines]
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}, indent=indent) + "\n"


def test_a_notebook_keeps_its_layout() -> None:
    text = notebook("# é\n", PROVE)
    woven = weave_text(text, "ipynb")
    assert woven.regions[0].cell == 1
    before, after = json.loads(text), json.loads(woven.new)
    assert before["cells"][0] == after["cells"][0] and woven.new.startswith(text[:60])
    assert weave_text(woven.new, "ipynb").good
    with pytest.raises(InputError, match="layout of this notebook"):
        weave_text(text.replace(": [", ":  ["), "ipynb")


def test_marks_in_code_are_no_marks() -> None:
    assert states(f"```\n{PROVE}```\n") == []


def test_the_verdict_of_what_follows() -> None:
    status = "<!-- symgrad:begin check-status -->\n<!-- symgrad:end -->\n\n"
    good = weave_text(status + "$$\\frac{d}{dx} x^2 = 2 x = x + x$$\n", "md")
    assert "symgrad: 2 steps proved." in good.new and weave_text(good.new, "md").good
    bad = weave_text(status + "$$\\frac{d}{dx} x^2 = 2 x = 3 x$$\n", "md")
    assert "of 2 steps 1 proved; step 2 refuted." in bad.new
    assert states(bad.new) == ["UNPROVED"]


def test_the_gap() -> None:
    note = "<!-- symgrad:begin gap linear-regression --wrt m -->\n<!-- symgrad:end -->\n"
    new = weave_text(note, "md").new
    assert "It is $0$ exactly when $m " in new and weave_text(new, "md").good


@pytest.mark.parametrize("name", ["linear-regression", "sigmoid-regression", "signed-error"])
def test_what_a_gap_speaks_of_is_defined_in_its_region(name: str) -> None:
    from symgrad.checking import check_text

    by = "\\theta" if name == "signed-error" else "m" if name == "linear-regression" else "w"
    note = f"<!-- symgrad:begin gap {name} --wrt {by} -->\n<!-- symgrad:end -->\n"
    result = check_text(weave_text(note, "md").new, "md")
    claims = [step.verdict for step in result.steps() if step.kind == "claim"]
    assert len(claims) >= 4 and set(claims) == {"proved"}
    assert result.findings == []


def test_the_table() -> None:
    note = "<!-- symgrad:begin table squared-line squared-sigmoid -->\n<!-- symgrad:end -->\n"
    woven = weave_text(note, "md")
    rows = [line for line in woven.new.splitlines() if line.startswith("|")]
    assert len(rows) == 4 and rows[1].replace(" ", "") == "|---|---|---|---|---|"
    assert "squared-line" in rows[2] and rows[2].count("|") == rows[0].count("|")
    assert weave_text(woven.new, "md").good
    tex = weave_text("% symgrad:begin table squared-line\n% symgrad:end\n", "tex")
    assert "\\begin{tabular}{lllll}" in tex.new and weave_text(tex.new, "tex").good
    rst = weave_text(".. symgrad:begin table squared-line\n.. symgrad:end\n", "rst")
    assert "\n.. list-table::\n   :header-rows: 1\n" in rst.new and weave_text(rst.new, "rst").good
    unknown = weave_text(note.replace("squared-line", "cubed-line"), "md")
    assert unknown.regions[0].state is State.UNPROVED and "cubed-line" in unknown.regions[0].problem


WRONG = {
    "<!-- symgrad:begin derive J --wrt m -->\n": "1:1: this region is never closed",
    "a\n<!-- symgrad:end -->\n": "2:1: symgrad:end without symgrad:begin",
    PROVE.replace("<!-- symgrad:end", PROVE + "<!-- symgrad:end", 1): "2:1: a region inside a region",
    "<!-- symgrad:begin weigh J -->\n<!-- symgrad:end -->": "1:1: unknown verb 'weigh': there are derive",
    "<!-- symgrad:begin derive J -->\n<!-- symgrad:end -->": "required: --wrt",
    PROVE.replace("' -->", "' --label a -->") * 2: "3:1: the label a stands in line 1 already",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_mark_is_named_with_its_place(text: str) -> None:
    with pytest.raises(InputError) as error:
        weave_text(text, "md", "notes.md")
    assert "notes.md:" in str(error.value) and WRONG[text] in str(error.value)


def test_what_cannot_be_derived_is_told_and_the_region_left_alone() -> None:
    woven = weave_text(PROVE.replace("a + a", r"\foo"), "md")
    assert woven.regions[0].state is State.UNPROVED and r"\foo" in woven.regions[0].problem
    assert woven.new == woven.old


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(alphabet="a$`~<!->\\{}[]#*_|: \n\r%é", max_size=30), min_size=2, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\ufeff"]),
)
def test_nothing_outside_a_region_changes(texts: list[str], end: str, bom: str) -> None:
    texts[0] = bom + texts[0]
    text = ("\n" + PROVE).replace("\n", end).join(texts)
    try:
        woven = weave_text(text, "md")
    except InputError:
        return
    if len(woven.regions) != len(texts) - 1:
        return  # a mark inside code or a comment
    first, *between, last = texts
    assert woven.new.startswith(first) and woven.new.endswith(last)
    assert all(f"{piece}{end}<!-- symgrad:begin" in woven.new for piece in between)


# --- the command --------------------------------------------------------------------------------------


def test_write_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = tmp_path / "a.md"
    note.write_bytes(f"x\r\n{PROVE}y\r\n".replace("\r", "").replace("\n", "\r\n").encode())
    note.chmod(0o640)
    assert cli.main(["weave", str(tmp_path), "--check"]) == 1
    assert f"{note}:2:1: stale: run symgrad weave --write" in capsys.readouterr().out
    assert cli.main(["weave", str(note), "--diff"]) == 1
    assert "+a + a &= 2 a" in capsys.readouterr().out
    assert cli.main(["weave", str(note), "--write"]) == 0
    written = note.read_bytes()
    assert b"\r\n$$\r\n" in written and written.count(b"\n") == written.count(b"\r\n")
    assert stat.S_IMODE(note.stat().st_mode) == 0o640
    assert cli.main(["weave", str(tmp_path), "--check"]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.md"]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text("<!-- symgrad:begin prove 'a = a' -->\n")
    (tmp_path / "b.md").write_text(PROVE)
    (tmp_path / "c.md").write_bytes(b"\xff\xfe")
    assert cli.main(["weave", str(tmp_path), "--write"]) == 3
    said = capsys.readouterr().err
    assert "never closed" in said and "not UTF-8" in said
    assert "proved" in (tmp_path / "b.md").read_text()


def test_bytes_outside_a_region_stay(tmp_path: Path) -> None:
    note = tmp_path / "a.md"
    before, after = b"\xef\xbb\xbfa\r\nb\n \t\r\n", "\u2028é\r\nno end".encode()
    note.write_bytes(before + PROVE.encode() + after)
    assert cli.main(["weave", str(note), "--write"]) == 0
    written = note.read_bytes()
    assert written.startswith(before + b"<!-- symgrad:begin") and written.endswith(b"-->\n" + after)
    assert cli.main(["weave", str(note), "--check"]) == 0


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    note = tmp_path / "a.md"
    note.write_text(PROVE)
    note.chmod(0o444)
    monkeypatch.setattr("symgrad.weaving.files.os.access", lambda path, mode: False)  # root may write all
    assert cli.main(["weave", str(note), "--write"]) == 3
    assert capsys.readouterr().err == f"symgrad: {note}: cannot be written\n"
    assert note.read_text() == PROVE and [p.name for p in tmp_path.iterdir()] == ["a.md"]


def test_ctrl_c_among_many_files_loses_nothing(tmp_path: Path) -> None:
    for n in range(200):
        (tmp_path / f"{n:03}.md").write_text(f"text {n}\n{PROVE.replace('2 a', f'{n} a - {n - 2} a')}")
    command = [sys.executable, "-m", "symgrad", "weave", str(tmp_path), "--write"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while "sum=" not in (tmp_path / "003.md").read_text():
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130 and said == "symgrad: interrupted\n"
    texts = [p.read_text() for p in sorted(tmp_path.iterdir())]
    assert len(texts) == 200 and all(t.startswith(f"text {n}\n<!--") for n, t in enumerate(texts))
    whole = [("sum=" in t) == ("proved" in t) for t in texts]
    assert all(whole) and 4 <= sum("sum=" in t for t in texts) < 200


def test_the_command_line_names_the_flavors_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["weave", "--help"])
    assert f"{{{','.join(get_args(Flavor))}}}" in capsys.readouterr().out


def test_a_mode_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["weave", "a.md"])
    assert stop.value.code == 3

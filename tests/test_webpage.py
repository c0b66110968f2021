"""Web pages: mathematics as MathML, every step a row with an anchor, nothing from outside."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from symgrad.errors import InputError
from symgrad.reporting import Claim, Lines, Mark, Picture, Report, Row, Section, Table, Text, render
from symgrad.reporting.webpage import math, mathml, prose_html


class Page(HTMLParser):
    """Tags are closed in order, but for cells, whose end tags HTML leaves out; ids, links, elements."""

    VOID = frozenset(("meta", "br"))

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "td" == self.open[-1]:
            self.open.pop()
        if tag not in self.VOID:
            self.open.append(tag)
        for key, value in attrs:
            if key == "id":
                self.ids.append(value or "")
            if key == "href":
                self.links.append(value or "")
            if key == "src":
                self.sources.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open[-1] == "td" != tag:
            self.open.pop()
        assert self.open.pop() == tag


SUM = r"\frac{1}{N} \sum_{i=1}^{N} (-x_{i})"


def page() -> str:
    lines = Lines((
        Row(r"\frac{\partial J}{\partial m}", SUM, "sum rule", Mark.PROVED),
        Row("", r"-\bar{x}", "definition σ", Mark.PROVED),
    ), "By $m$", ("a > 0",))
    parts = [
        lines, Text("See `a<b` & [[fit]]."), Table(("what", "$x$"), (("a < b", "$x_i$"),)),
        Claim("a", "b", Mark.REFUTED, Mark.REFUTED), Picture("slope", "<svg></svg>", "The *slope* of $f$."),
    ]  # fmt: skip
    report = Report("The <fit>", "Is $a = b$?", "No.", [Section("Proof", parts)])
    return render("fit", report, "html")


def test_the_page_is_well_formed_and_whole() -> None:
    read = Page(page())
    assert len(set(read.ids)) == len(read.ids)
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)
    assert [link for link in read.links if not link.startswith("#")] == ["index.html", "fit.html"]
    assert read.sources == [] and "link" not in read.tags


def test_every_step_is_a_row_with_rule_verdict_and_anchor() -> None:
    text = page()
    assert text.count('<td class="proved">✓ proved') == 2
    assert "sum rule" in text and 'href="#s1-1-1"' in text and 'href="#s1-1-2"' in text
    assert text.count("✗") == 1


def test_what_an_author_writes_is_text() -> None:
    text = page()
    assert "<title>The &lt;fit&gt;</title>" in text
    assert "<code>a&lt;b</code> &amp; " in text and "<td>a &lt; b</td>" in text


def test_source_latex_is_there_to_copy() -> None:
    assert SUM in page()


def test_a_sign_is_no_difference() -> None:
    assert "<mo form=prefix>−</mo>" in math("y (-x)")
    assert "form=prefix" not in math("y - x")


def test_mathematics_that_cannot_be_set_is_named() -> None:
    with pytest.raises(InputError, match="cannot set"):
        math(r"\left(a")


def test_prose() -> None:
    assert prose_html("**a** <b>", {}) == "<strong>a</strong> &lt;b&gt;"


@pytest.mark.parametrize("latex", [r"G = x^{2} e^{x^{2} a}", r"e^{x^{2} a}", r"a_{b_{i} c}^{2}"])
@pytest.mark.parametrize("display", [True, False])
def test_nested_scripts_stay_well_formed(latex: str, display: bool) -> None:
    Page(math(latex, display))
    assert mathml(latex, display).tag == "math"


def test_a_line_unfolds_into_what_it_sums_up() -> None:
    from symgrad.losses.library import problem
    from symgrad.reporting import derived, render_part

    lines = derived(problem("unit", "sigmoid", "cross-entropy"), "w")[0]
    assert isinstance(lines, Lines)
    sums, chain = (next(row for row in lines.rows if row.note == note) for note in ("sum rule", "chain rule"))
    assert [row.left for row in sums.inner] == [""]  # the line between: first the sum over i
    assert len(chain.inner) == 2 and all(r"\frac{\partial}{\partial w}" in r.left for r in chain.inner)
    text = render_part(lines, "html")
    assert text.count("<summary>how</summary>") == sum(1 for row in lines.rows if row.inner)
    Page(text)


def test_an_equality_over_several_rows_is_one_row_of_the_table() -> None:
    from symgrad.reporting import render_part

    rows = (Row("a", "b + "), Row("", "c", "sum rule", Mark.PROVED, ""), Row("", "d", "", Mark.PROVED))
    text = render_part(Lines(rows), "html")
    assert text.count("<tr id=") == 2 and text.count(">1</a>") == text.count(">2</a>") == 1


def test_the_index_holds_the_table_of_a_gallery() -> None:
    from symgrad.reporting import Entry, render_index

    table = Table(("loss",), (("[[gallery_a]]",),))
    below = {"a": Report("A loss", "What?", "This.", [])}
    gallery = Report("Gallery", "Which?", "These.", [Section("All", [table])], below=below)
    entries = [Entry("gallery", gallery), Entry("gallery_a", below["a"], above="gallery")]
    read = Page(render_index(entries, format="html"))
    assert "table" in read.tags and read.links == ["gallery.html", "gallery_a.html"]


def test_the_longest_report_stays_under_100_kb() -> None:
    from pathlib import Path

    from symgrad.reporting import load

    report = load(Path(__file__).parents[1] / "derivations" / "sigmoid_regression.py")
    assert len(render("sigmoid_regression", report, "html").encode()) < 100_000

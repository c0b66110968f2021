"""Web pages: mathematics as MathML, every step a row with an anchor, nothing from outside."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from symgrad.errors import InputError
from symgrad.reporting import Claim, Lines, Mark, Picture, Report, Row, Section, Table, Text, render
from symgrad.reporting.webpage import math, prose_html


class Page(HTMLParser):
    """Tags are closed in order; ids, links and elements are collected."""

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
    assert text.count('<span aria-hidden="true">✓</span> proved') == 2
    assert "sum rule" in text and 'href="#s1-1-1"' in text and 'href="#s1-1-2"' in text
    assert text.count("✗") == 1


def test_what_an_author_writes_is_text() -> None:
    text = page()
    assert "<title>The &lt;fit&gt;</title>" in text
    assert "<code>a&lt;b</code> &amp; " in text and "<td>a &lt; b</td>" in text


def test_source_latex_is_there_to_copy() -> None:
    assert SUM in page()


def test_a_sign_is_no_difference() -> None:
    assert '<mo form="prefix">−</mo>' in math("y (-x)")
    assert 'form="prefix"' not in math("y - x")


def test_mathematics_that_cannot_be_set_is_named() -> None:
    with pytest.raises(InputError, match="cannot set"):
        math(r"\left(a")


def test_prose() -> None:
    assert prose_html("**a** <b>", {}) == "<strong>a</strong> &lt;b&gt;"


@pytest.mark.parametrize("latex", [r"G = x^{2} e^{x^{2} a}", r"e^{x^{2} a}", r"a_{b_{i} c}^{2}"])
@pytest.mark.parametrize("display", [True, False])
def test_nested_scripts_stay_well_formed(latex: str, display: bool) -> None:
    ElementTree.fromstring(math(latex, display))


def test_a_line_unfolds_into_what_the_rule_did_at_each_place() -> None:
    from symgrad.problems import PROBLEMS
    from symgrad.reporting import derived, render_part

    lines = derived(PROBLEMS["linear-regression"](), "m")[0]
    text = render_part(lines, "html")
    assert text.count("<summary>how</summary>") == sum(1 for row in lines.rows if row.inner) > 3
    Page(text)

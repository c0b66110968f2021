"""Documents: which regions they hold, where, and what is said of broken ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symgrad.documents.files import read_file, read_text
from symgrad.documents.model import Document, Region
from symgrad.errors import InputError


def bodies(text: str, kind: str, *kinds: str) -> list[tuple[str, str]]:
    wanted = kinds or ("display", "inline")
    return [(r.kind, r.body.strip()) for r in read_text(text, kind).regions if r.kind in wanted]


@pytest.mark.parametrize(
    "text, found",
    [
        ("$$a = b$$", [("display", "a = b")]),
        ("$$\na = b\n$$ {#eq-x}", [("display", "a = b")]),
        ("\\[a = b\\]", [("display", "a = b")]),
        ("\\\\[a = b\\\\]", [("display", "a = b")]),
        ("\\(a\\) and $b$ and $`c`$", [("inline", "a"), ("inline", "b"), ("inline", "c")]),
        ("```math\na = b\n```", [("display", "a = b")]),
        ("```{math}\n:label: x\n\na = b\n```", [("display", "a = b")]),
        (":::{math}\na = b\n:::", [("display", "a = b")]),
        ("::: {.callout}\n$$a$$\n:::", [("display", "a")]),
        ("```python\nx = '$$a$$'\n```", []),
        ("~~~\n$$a$$\n~~~", []),
        ("`$a$` and ``$b$``", []),
        ("a ` tick\r\n\r\n$b$ ` and", [("inline", "b")]),
        ("<!-- $$a = b$$ -->", []),
        ("<pre>$$a$$</pre><code>$b$</code>", []),
        ('<script type="math/tex; mode=display">a = b</script>', [("display", "a = b")]),
        ('<script type="math/tex">a</script>', [("inline", "a")]),
        ("costs $5 and $6, no $ x $ either", []),
        ("\\$5 and $x$", [("inline", "x")]),
        ("> $$\n> a = b\n> $$", [("display", "a = b")]),
        ("- item\n  $$\n  a\n  $$", [("display", "a")]),
        ("\\begin{align*}a &= b\\end{align*}", [("display", "\\begin{align*}a &= b\\end{align*}")]),
        ("$$a % a remark = 1\n= b$$", [("display", "a               \n= b")]),
    ],
)
def test_markdown(text: str, found: list[tuple[str, str]]) -> None:
    assert bodies(text, "md") == found


def test_tex() -> None:
    text = (
        "\\newcommand{\\w}{\\mathbf{w}}\n% symgrad: let f(x) = m x\n% a comment $c$\n"
        "\\begin{verbatim}$$v$$\\end{verbatim} \\verb|$u$| \\section{One} $a$ \\(b\\)\n"
        "\\begin{eqnarray}d &=& e\\end{eqnarray}\\begin{multline*}g\\end{multline*} \\[h\\] $$k$$ 50\\% $l$\n"
    )
    found = [(r.kind, r.body) for r in read_text(text, "tex").regions]
    assert found == [
        ("macro", "\\newcommand{\\w}{\\mathbf{w}}"), ("directive", "let f(x) = m x"),
        ("heading", "\\section"),
        ("inline", "a"), ("inline", "b"), ("display", "\\begin{eqnarray}d &=& e\\end{eqnarray}"),
        ("display", "\\begin{multline*}g\\end{multline*}"), ("display", "h"), ("display", "k"),
        ("inline", "l"),
    ]  # fmt: skip


def test_rst() -> None:
    text = (
        "Title\n=====\n\n.. symgrad: let a = b\n   let c = d\n\n.. math::\n   :label: eq\n\n   a = b\n\n"
        "   = c\n\n"
        "Text :math:`x_i` more.\n\n.. code-block:: python\n\n   $$no$$\n\n.. math:: e = f\n"
    )
    assert [b for _, b in bodies(text, "rst", "directive")] == ["let a = b", "let c = d"]
    shown = [" ".join(b.split()) for _, b in bodies(text, "rst", "display")]
    assert shown == ["a = b\\\\ = c", "e = f"]
    assert bodies(text, "rst", "inline") == [("inline", "x_i")]


def test_notebook() -> None:
    cells = [
        {"cell_type": "code", "source": ["print('$$no$$')"]},
        {"cell_type": "markdown", "source": ["one\n", "$$a = b$$"]},
        {"cell_type": "raw", "source": "$$no$$"},
        {"cell_type": "markdown", "source": "$c$"},
    ]
    document = read_text(json.dumps({"cells": cells}), "ipynb")
    assert [p.cell for p in document.parts] == [1, 3]
    assert document.regions[0].part.cell == 1
    assert document.regions[0].position() == (2, 3)


@pytest.mark.parametrize("text", ["not json", "[]", "{}", '{"cells": 3}', '{"cells": [1]}', "[" * 100_000])
def test_a_broken_notebook_is_a_problem(text: str) -> None:
    document = read_text(text, "ipynb")
    assert len(document.problems) == 1
    assert document.problems[0].message.startswith("not a notebook")


def test_directives_in_comments() -> None:
    text = "<!-- symgrad: let a = b -->\n<!-- symgrad\nlet c = d\n\nassume e = 1\n-->\n"
    text += "<!-- symgrad:begin x -->\n"
    document = read_text(text, "md")
    found = [r for r in document.regions if r.kind == "directive"]
    assert [r.body for r in found] == ["let a = b", "let c = d", "assume e = 1"]
    assert [r.position() for r in found] == [(1, 15), (3, 1), (5, 1)]


def commands(document: Document) -> list[str]:
    """What the macros of a document define."""
    return [re.findall(r"\\(\w+)", r.body)[1] for r in document.regions if r.kind == "macro"]


def test_macros_from_everywhere(tmp_path: Path) -> None:
    (tmp_path / "defs").mkdir()
    (tmp_path / "defs" / "m.tex").write_text("\\newcommand{\\far}{f}\\input{loop}")
    (tmp_path / "loop.tex").write_text("\\input{defs/m}\\def\\near#1{#1}")
    (tmp_path / "main.tex").write_text("\\input{defs/m}\\input{../outside}\\DeclareMathOperator{\\own}{own}")
    (tmp_path.parent / "outside.tex").write_text("\\newcommand{\\out}{o}")
    assert commands(read_file(tmp_path / "main.tex")) == ["far", "near", "own"]
    (tmp_path / "myst.yml").write_text("project:\n  math:\n    '\\R': '\\mathbb{R}'\n  title: x\n")
    (tmp_path / "a.md").write_text('---\nmacros:\n  w: "\\\\mathbf{w}"\ntitle: no\n---\n$$\\def\\z{z} x$$\n')
    assert commands(read_file(tmp_path / "a.md")) == ["R", "w", "z"]


def test_what_is_wrong_with_the_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_bytes(b"text \xff\n$$a\0 = b$$")
    messages = [p.message for p in read_file(file).problems]
    assert messages == ["not UTF-8 here", "a NUL byte here"]
    assert read_text("$$ a = b\n\nmore", "md").problems[0].message == "$$ is never closed"
    assert "never closed" in read_text("\\begin{align} a", "tex").problems[0].message
    with pytest.raises(InputError):
        read_file(tmp_path / "a.docx")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_positions_whatever_the_line_ends(end: str) -> None:
    document = read_text(f"one{end}{end}x $a = b$ y", "md")
    assert document.regions[0].position() == (3, 4)
    assert document.parts[0].line(3) == "x $a = b$ y"


def formulas(text: str) -> tuple[Document, list[Region]]:
    document = read_text(text, "md")
    return document, list(document.formulas)


def test_a_region_knows_its_section() -> None:
    cells = [{"cell_type": "markdown", "source": s} for s in ("$a$\n# One\n$b$\n# Two\n$c$", "$d$ # no\n")]
    document = read_text(json.dumps({"cells": cells}), "ipynb")
    assert [(r.body, r.section) for r in document.formulas] == [("a", 0), ("b", 1), ("c", 2), ("d", 2)]


def test_the_prose_before_a_formula_begins_behind_the_region_before() -> None:
    _, [a, b] = formulas("Let $a$ be, <!-- symgrad: let c = d -->and then\n$b$ is.")
    assert (a.before, a.behind[:5], b.before) == ("Let ", " be, ", "and then\n")
    _, [far] = formulas("x" * 1000 + " $a$ " + "y" * 1000)
    assert (len(far.before), len(far.behind)) == (400, 400)


@pytest.mark.parametrize(
    "text, before, behind",
    [
        ("One. If $x > 0$, then $$a$$ for $y$. Two", "If $x > 0$, then", " for $y$"),
        ("$$z$$ where $$a$$ and $$c$$", "where", " and "),
        ("# Title\nand $$a$$\n\nnext", "and", ""),
        ("<!-- symgrad: let d = e -->now $$a$$ <!-- symgrad: let d = e -->", "now", " "),
        ("e.g. one, $$a$$; two", "e.g. one,", ""),
    ],
)
def test_the_sentence_around_a_display(text: str, before: str, behind: str) -> None:
    _, found = formulas(text)
    [display] = [r for r in found if r.body == "a"]
    assert (display.sentence.before.strip(), display.sentence.behind) == (before, behind)


def test_what_trails_a_display_is_the_rest_of_its_sentence() -> None:
    text = "$$a$$ where $b$ and <!-- symgrad: let x = y --> $c$ are so. And $d$"
    document, [a, b, c, _] = formulas(text)
    assert list(document.trailing(a)) == [b, c] and a.up_to(b) == " where "
    assert [r.kind for r in document.following(a)] == ["inline", "directive", "inline", "inline"]
    document, [a, b, *_] = formulas("$$a$$ with $b$ in $$c$$ and $d$")
    assert list(document.trailing(a)) == [b]
    document, [a, _] = formulas("$$a$$\n\nwith $b$")
    assert list(document.trailing(a)) == []


def test_a_formula_knows_its_chains_and_rows() -> None:
    _, [_, region] = formulas("$x$ and $$a &= b \\\\ &= c$$")
    [chain] = region.chains
    assert region.chains is region.chains
    assert [(k.lhs.block, k.rhs.text.strip()) for k in chain.links] == [(1, "b"), (1, "c")]
    assert [region.body[a:b] for a, b in region.rows] == ["a &= b ", "\\\\ &= c"]


_PIECES = st.sampled_from(
    ["$", "$$", "\\[", "\\]", "\\(", "\\)", "```", "```{math}", "\n", "\n\n", "a = b",
     "\\begin{align}", "\\end{align}",
     "<!-- symgrad: let a = b", "-->", "`", "%", "\\", "\\newcommand{\\x}", "{", "}", "> ", "    ",
     ".. math::", ":math:`",
     "---", "\\verb|", "\\begin{verbatim}", "é", "\0"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=30).map("".join), st.sampled_from(["md", "tex", "rst"]))
def test_any_text_gives_regions_inside_it(text: str, kind: str) -> None:
    document = read_text(text, kind)
    for region in document.regions:
        if region.outer == (0, 0):  # from front matter
            continue
        assert 0 <= region.outer[0] <= region.start <= region.end <= region.outer[1] <= len(text)
        if region.kind in ("display", "inline"):
            assert len(region.body) == region.end - region.start
        region.position()

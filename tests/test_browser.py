"""Web pages in a real browser: nothing overflows, nothing is clipped, tables stay tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, found

from symgrad.losses.library import problem
from symgrad.reporting import Entry, documents, standard

PROGRAM = found()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here")

# What sticks out of its box: mathematics wider or taller than a box that cannot be scrolled to show it,
# and mathematics that runs into its neighbour's cell.
CLIPPED = """(() => {
  const bad = [];
  for (const math of document.querySelectorAll("math")) {
    if (!math.checkVisibility()) continue;
    const inner = math.getBoundingClientRect();
    const scroller = math.closest(".scroll, .steps td") || math.closest("p, h3");
    const outer = math.closest("td, th, p, h1, h2, h3, figcaption").getBoundingClientRect();
    const scrolls = scroller && getComputedStyle(scroller).overflowX === "auto";
    const name = math.textContent.slice(0, 60);
    if (!scrolls && (inner.right > outer.right + 1 || inner.left < outer.left - 1)) bad.push("wide: " + name);
    if (inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1) bad.push("tall: " + name);
    if (scrolls && scroller.scrollHeight > scroller.clientHeight + 1) bad.push("cut below: " + name);
    if (inner.width === 0) bad.push("nothing drawn: " + name);
  }
  return bad;
})()"""
OVERLAPS = """(() => {
  const bad = [];
  for (const row of document.querySelectorAll("table.steps tr")) {
    const cells = [...row.cells].map(c => c.getBoundingClientRect()).filter(r => r.width && r.height);
    cells.forEach((a, i) => cells.slice(i + 1).forEach(b => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && tall > 1) bad.push(row.id + ": " + row.textContent.slice(0, 60));
    }));
  }
  return bad;
})()"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    report = standard(problem("unit", "sigmoid", "cross-entropy"))
    files, _ = documents([Entry("unit", report)], formats=["html"])
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    made = Browser(PROGRAM, tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.mark.parametrize("width", [390, 700, 800, 1200])
@pytest.mark.parametrize("name", ["unit", "index"])
def test_no_page_is_wider_than_its_window(browser: Browser, pages: Path, name: str, width: int) -> None:
    browser.show(pages / f"{name}.html", width)
    assert browser.ask("innerWidth") == width
    assert browser.ask("document.documentElement.scrollWidth") <= width
    assert browser.ask(CLIPPED) == [] and browser.ask(OVERLAPS) == []


def test_unfolded_lines_are_not_clipped_either(browser: Browser, pages: Path) -> None:
    browser.show(pages / "unit.html", 1200)
    unfold = "document.querySelectorAll('details').forEach(d => { d.open = true })"
    browser.ask(unfold)
    assert browser.ask("document.querySelectorAll('td details[open]').length") > 2
    assert browser.ask("document.documentElement.scrollWidth") <= 1200
    assert browser.ask(CLIPPED) == [] and browser.ask(OVERLAPS) == []


def test_the_check_sees_what_is_clipped(browser: Browser, pages: Path) -> None:
    browser.show(pages / "unit.html", 390)
    browser.ask("document.querySelectorAll('td').forEach(d => { d.style.overflow = 'hidden' })")
    assert any(said.startswith("wide: ") for said in browser.ask(CLIPPED))


def test_paper_shows_whole_formulas(browser: Browser, pages: Path) -> None:
    browser.show(pages / "unit.html", 700, media="print")
    assert browser.ask("document.documentElement.scrollWidth") <= 700
    assert browser.ask(CLIPPED) == [] and browser.ask(OVERLAPS) == []
    assert browser.ask("[...document.querySelectorAll('details')].some(d => d.checkVisibility())") is False


def test_colours_follow_the_scheme(browser: Browser, pages: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        browser.show(pages / "unit.html", 800, scheme=scheme)
        colours.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
    assert colours[0] != colours[1]


@pytest.mark.parametrize("width", [390, 1200])
def test_a_screen_reader_finds_tables(browser: Browser, pages: Path, width: int) -> None:
    browser.show(pages / "unit.html", width)
    nodes = browser.send("Accessibility.getFullAXTree")["nodes"]
    roles = [n["role"]["value"] for n in nodes if not n.get("ignored")]
    names = [n.get("name", {}).get("value") for n in nodes if n["role"]["value"] == "columnheader"]
    assert roles.count("table") >= 4 and roles.count("row") > 20 and "MathMLMath" in roles
    assert {"line", "step", "rule", "verdict"} <= set(names)


def test_what_scrolls_is_reached_with_the_keyboard(browser: Browser, pages: Path) -> None:
    browser.show(pages / "unit.html", 390)
    browser.ask("document.querySelectorAll('td details').forEach(d => { d.open = true })")
    browser.ask("new Promise(done => setTimeout(done, 100))")  # the toggle events have come
    scrolled = "c => getComputedStyle(c).overflowX === 'auto' && c.scrollWidth > c.clientWidth + 1"
    boxes = f"[...document.querySelectorAll('td, p, h3')].filter({scrolled})"
    assert browser.ask(f"{boxes}.length") > 3
    assert browser.ask(f"{boxes}.filter(c => c.tabIndex < 0).length") == 0


def test_the_first_paint_needs_no_script(browser: Browser, pages: Path) -> None:
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.show(pages / "unit.html", 1200)
        assert browser.ask("document.querySelectorAll('button').length") == 0
        assert browser.ask(CLIPPED) == [] and browser.ask("document.body.innerText").count("✓ proved") > 10
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)

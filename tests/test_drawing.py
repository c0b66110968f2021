"""Drawing: the same bytes everywhere, nothing that a viewer or LaTeX would refuse."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from symgrad.reporting.drawing import Curve, Dot, Plot, Word, curve, ticks

PLOT = Plot(
    (-1, 2), (0, 1),
    [curve(lambda t: t * t / 4, -1, 2), Curve([(0, 0), (1, 1)], dashed=True),
     Dot(0, 0, "a < b", tex="$a < b$"), Dot(1, 1, hollow=True), Word(1, 0.5, "σ′")],
    title="A & B", x_label="t", y_label="t²",
)  # fmt: skip


def test_the_svg_is_one_document_that_says_what_it_is() -> None:
    root = ElementTree.fromstring(PLOT.svg())
    assert root.attrib["role"] == "img"
    assert root[0].tag.endswith("title") and root[0].text == "A & B"
    texts = [node.text for node in root.iter() if node.tag.endswith("text")]
    assert {"A & B", "t", "t²", "a < b", "σ′"} <= set(texts)


def test_nothing_is_drawn_outside_the_picture() -> None:
    for node in ElementTree.fromstring(PLOT.svg()).iter():
        if node.tag.endswith("circle"):
            assert 0 < float(node.attrib["cx"]) < PLOT.width and 0 < float(node.attrib["cy"]) < PLOT.height


def test_the_same_plot_is_the_same_text() -> None:
    assert PLOT.svg() == PLOT.svg()
    numbers = {n for pair in re.findall(r"[ML](\S+) ([^LVH\"]+)", PLOT.svg()) for n in pair}
    assert len(numbers) > 50 and "-0" not in numbers
    assert all(re.fullmatch(r"-?\d+(\.\d{1,2})?", n) for n in numbers)


def test_tex_needs_no_package() -> None:
    tex = PLOT.tex()
    assert tex.isascii() is False  # the word σ′ has no tex of its own, so it stays as it is
    assert tex.count(r"\begin{picture}") == tex.count(r"\end{picture}") == 1
    assert tex.count("{") == tex.count("}")
    assert r"\qbezier[12]" in tex and "$a < b$" in tex


def test_a_curve_is_cut_at_the_frame() -> None:
    parabola = Plot((-2, 2), (0, 1), [curve(lambda t: t * t - 1, -2, 2)])
    low, high = 16, parabola.height - 48
    paths = re.findall(r'd="M([^"]*)" fill="none" stroke="#0b62c4"', parabola.svg())
    assert len(paths) == 2  # it leaves through the bottom between -1 and 1, and through the top beyond √2
    heights = [float(pair.split()[1]) for path in paths for pair in path.split("L")]
    assert low - 0.01 <= min(heights) and max(heights) <= high + 0.01


def test_points_that_nearly_coincide_are_drawn_once() -> None:
    # \qbezier divides by the distance of its ends
    crowded = Plot((0, 1), (0, 1), [Curve([(0, 0), (1e-5, 1e-5), (1, 1), (1, 1)])])
    assert crowded.tex().count(r"\qbezier") == 1


@pytest.mark.parametrize("low, high", [(0, 1), (-1, 2), (0.1, 0.27), (-1000, 5000), (0, 1e-6)])
def test_ticks_are_round_and_few(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 3 <= len(found) <= 7
    assert all(low <= at <= high for at in found) and found == sorted(found)

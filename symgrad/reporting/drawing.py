r"""Drawing: a plot as SVG and as a LaTeX ``picture``, the same bytes on every machine.

A :class:`Plot` holds curves, dots and words in the coordinates of its axes.  ``svg()`` needs nothing to be
looked at, ``tex()`` nothing but LaTeX itself (no graphics package).  A label is written in plain text; where
paper should show mathematics, ``tex`` gives it.

>>> plot = Plot((0, 2), (0, 1), [Curve([(0, 0), (1, 1), (2, 0)]), Dot(1, 1, "peak")], title="A peak")
>>> plot.svg().splitlines()[1]
'<title>A peak</title>'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise
from math import floor, log10
from typing import Literal

Place = Literal["above", "below", "left", "right", "center"]

INK, PALE = "#24292f", "#c8ccd1"
BLUE, RED, ORANGE = "#0b62c4", "#c4320b", "#9a6700"


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points."""

    points: Sequence[tuple[float, float]]
    colour: str = BLUE
    width: float = 2
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with a label beside it; ``hollow`` is a ring."""

    x: float
    y: float
    label: str = ""
    place: Place = "above"
    colour: str = INK
    hollow: bool = False
    tex: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A label by itself."""

    x: float
    y: float
    label: str
    place: Place = "center"
    colour: str = INK
    tex: str = ""


def curve(f: Callable[[float], float], start: float, end: float, colour: str = BLUE) -> Curve:
    """The graph of ``f`` over [start, end]."""
    xs = [start + (end - start) * k / 120 for k in range(121)]
    return Curve([(x, f(x)) for x in xs], colour)


@dataclass(frozen=True, slots=True)
class Plot:
    """Axes over ``x`` = (least, greatest) and ``y``, and what is drawn there, later things on top."""

    x: tuple[float, float]
    y: tuple[float, float]
    shapes: Sequence[Curve | Dot | Word]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    width: int = 640
    height: int = 400

    def svg(self) -> str:
        """A self-contained SVG."""
        widest = max(len(_tick(at)) for at in ticks(*self.y))
        left, top, right, bottom = 32 + 8 * max(4, widest), 40, self.width - 20, self.height - 48
        if not self.title:
            top = 16
        across, up = _scale(self.x, left, right), _scale(self.y, bottom, top)
        out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" font-family="sans-serif" font-size="14">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>',
        ]
        for at in ticks(*self.x):
            px = _n(across(at))
            out.append(f'<path d="M{px} {top}V{bottom}" stroke="{PALE}" stroke-width="0.5"/>')
            out.append(f'<text x="{px}" y="{bottom + 18}" text-anchor="middle">{_tick(at)}</text>')
        for at in ticks(*self.y):
            py = _n(up(at))
            out.append(f'<path d="M{left} {py}H{right}" stroke="{PALE}" stroke-width="0.5"/>')
            out.append(f'<text x="{left - 8}" y="{py}" dy="0.35em" text-anchor="end">{_tick(at)}</text>')
        out.append(f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="{INK}"/>')
        for shape in self._framed():
            out.append(_svg_shape(shape, across, up))
        if self.title:
            out.append(f'<text x="{self.width / 2:g}" y="22" text-anchor="middle" font-size="16">'
                       f"{escape(self.title)}</text>")
        out.append(f'<text x="{(left + right) / 2:g}" y="{self.height - 8}" text-anchor="middle">'
                   f"{escape(self.x_label)}</text>" if self.x_label else "")
        out.append(f'<text x="16" y="{(top + bottom) / 2:g}" text-anchor="middle" '
                   f'transform="rotate(-90 16 {(top + bottom) / 2:g})">{escape(self.y_label)}</text>'
                   if self.y_label else "")  # fmt: skip
        return "\n".join(line for line in (*out, "</svg>") if line) + "\n"

    def tex(self) -> str:
        r"""A LaTeX ``picture``, 120 mm wide: straight pieces by \qbezier, no package needed."""
        wide, high = 1200, round(1200 * self.height / self.width)
        across, up = _scale(self.x, 0, wide), _scale(self.y, 0, high)
        out = [r"{\setlength{\unitlength}{0.1mm}\small"]
        out.append(rf"\begin{{picture}}({wide + 100},{high + 120})(-100,-120)")
        out.append(rf"\put(0,0){{\line(1,0){{{wide}}}}}\put(0,0){{\line(0,1){{{high}}}}}")
        for at in ticks(*self.x):
            px = _n(across(at))
            out.append(rf"\put({px},0){{\line(0,-1){{12}}}}\put({px},-18){{\makebox(0,0)[t]{{${_tick(at)}$}}}}")
        for at in ticks(*self.y):
            py = _n(up(at))
            out.append(rf"\put(0,{py}){{\line(-1,0){{12}}}}\put(-18,{py}){{\makebox(0,0)[r]{{${_tick(at)}$}}}}")
        if self.x_label:
            out.append(rf"\put({wide // 2},-75){{\makebox(0,0)[t]{{{self.x_label}}}}}")
        for shape in self._framed():
            out += _tex_shape(shape, across, up)
        return "\n".join((*out, r"\end{picture}}")) + "\n"

    def _framed(self) -> Iterator[Curve | Dot | Word]:
        """What is drawn; of every curve the pieces inside the axes."""
        for shape in self.shapes:
            if isinstance(shape, Curve):
                yield from (replace(shape, points=piece) for piece in _clipped(shape.points, self.x, self.y))
            else:
                yield shape


def ticks(low: float, high: float) -> list[float]:
    """Round numbers in [low, high], about five.

    >>> ticks(-4, 4), ticks(0, 0.25)
    ([-4.0, -2.0, 0.0, 2.0, 4.0], [0.0, 0.05, 0.1, 0.15, 0.2, 0.25])
    """
    size = 10.0 ** floor(log10((high - low) / 4))
    step = next(size * k for k in (1, 2, 5, 10) if (high - low) / (size * k) <= 6)
    first = -int((-low + 1e-9 * step) // step)
    return [round(k * step, 12) + 0.0 for k in range(first, int((high + 1e-9 * step) // step) + 1)]


_Range = tuple[float, float]
_Point = tuple[float, float]


def _clipped(points: Sequence[_Point], xs: _Range, ys: _Range) -> Iterator[list[_Point]]:
    """The pieces of a line that lie inside a rectangle."""
    piece: list[_Point] = []
    for start, end in pairwise(points):
        cut = _inside(start, end, xs, ys)
        if cut is None:
            continue
        if piece and piece[-1] == cut[0]:
            piece.append(cut[1])
            continue
        if piece:
            yield piece
        piece = list(cut)
    if piece:
        yield piece


def _inside(start: _Point, end: _Point, xs: _Range, ys: _Range) -> tuple[_Point, _Point] | None:
    """The part of a segment inside a rectangle, by the parameters at which it crosses the edges."""
    enter, leave = 0.0, 1.0
    for a, b, (low, high) in ((start[0], end[0], xs), (start[1], end[1], ys)):
        for distance, speed in ((a - low, b - a), (high - a, a - b)):
            if speed == 0 and distance < 0:
                return None
            if speed > 0:
                enter = max(enter, -distance / speed)
            elif speed < 0:
                leave = min(leave, distance / -speed)
    if enter > leave:
        return None

    def at(part: float) -> _Point:
        if part in (0.0, 1.0):
            return end if part else start
        return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])

    return at(enter), at(leave)


def _scale(range_: tuple[float, float], start: float, end: float) -> Callable[[float], float]:
    low, high = range_
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _n(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0: never "-0"


def _tick(value: float) -> str:
    return f"{value:g}"


_OFFSET: dict[Place, tuple[float, float, str]] = {
    "above": (0, -10, "middle"), "below": (0, 22, "middle"), "center": (0, 5, "middle"),
    "left": (-10, 5, "end"), "right": (10, 5, "start"),
}  # fmt: skip


_Map = Callable[[float], float]


def _svg_shape(shape: Curve | Dot | Word, across: _Map, up: _Map) -> str:
    paint = f'stroke="{shape.colour}" stroke-width'
    if isinstance(shape, Curve):
        path = "L".join(f"{_n(across(x))} {_n(up(y))}" for x, y in shape.points)
        dash = ' stroke-dasharray="6 4"' if shape.dashed else ""
        return f'<path d="M{path}" fill="none" {paint}="{shape.width:g}"{dash}/>'
    px, py = across(shape.x), up(shape.y)
    out = ""
    if isinstance(shape, Dot):
        fill = "#ffffff" if shape.hollow else shape.colour
        out = f'<circle cx="{_n(px)}" cy="{_n(py)}" r="4.5" fill="{fill}" {paint}="1.5"/>'
    if shape.label:
        dx, dy, anchor = _OFFSET[shape.place]
        # a white edge keeps a label readable where it crosses a line
        out += (
            f'<text x="{_n(px + dx)}" y="{_n(py + dy)}" text-anchor="{anchor}" fill="{shape.colour}" '
            f'stroke="#ffffff" stroke-width="4" paint-order="stroke">{escape(shape.label)}</text>'
        )
    return out


_TEX_PLACE: dict[Place, tuple[int, int, str]] = {
    "above": (0, 16, "[b]"), "below": (0, -16, "[t]"), "left": (-16, 0, "[r]"), "right": (16, 0, "[l]"),
    "center": (0, 0, ""),
}  # fmt: skip


def _tex_shape(shape: Curve | Dot | Word, across: _Map, up: _Map) -> Iterator[str]:
    if isinstance(shape, Curve):
        points = _apart([(across(x), up(y)) for x, y in _thinned(shape.points)])
        for (x0, y0), (x1, y1) in pairwise(points):
            dots = "[12]" if shape.dashed else ""
            middle = f"({_n((x0 + x1) / 2)},{_n((y0 + y1) / 2)})"
            yield rf"\qbezier{dots}({_n(x0)},{_n(y0)}){middle}({_n(x1)},{_n(y1)})"
        return
    px, py = across(shape.x), up(shape.y)
    if isinstance(shape, Dot):
        yield rf"\put({_n(px)},{_n(py)}){{\circle{'' if shape.hollow else '*'}{{16}}}}"
    if shape.label:
        dx, dy, side = _TEX_PLACE[shape.place]
        yield rf"\put({_n(px + dx)},{_n(py + dy)}){{\makebox(0,0){side}{{{shape.tex or shape.label}}}}}"


def _thinned(points: Sequence[tuple[float, float]], most: int = 40) -> Sequence[tuple[float, float]]:
    """Every k-th point and the last: LaTeX draws dot by dot."""
    step = max(1, (len(points) - 1) // most)
    return [*points[:-1:step], points[-1]]


def _apart(points: Sequence[tuple[float, float]], least: float = 4) -> list[tuple[float, float]]:
    r"""Without points that nearly fall on the one before: \qbezier divides by their distance."""
    kept = [points[0]]
    for x, y in points[1:]:
        if max(abs(x - kept[-1][0]), abs(y - kept[-1][1])) >= least:
            kept.append((x, y))
    return kept

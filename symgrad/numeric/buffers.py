"""Buffers: the statements on a block, and how few arrays their intermediate results need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .graph import Index


@dataclass(eq=False)
class Reg:
    """A virtual buffer, for one intermediate array of a block."""

    axes: tuple[Index, ...]
    last: int = -1
    place: str = ""


@dataclass(frozen=True)
class Operand:
    """What an instruction reads: a buffer or a name, perhaps with axes put in to broadcast."""

    base: Reg | str
    axes: tuple[Index, ...] = ()

    def text(self, axes: Sequence[Index] = ()) -> str:
        name = self.base if isinstance(self.base, str) else self.base.place
        if axes and self.axes and self.axes != tuple(axes)[len(axes) - len(self.axes) :]:
            first = list(axes).index(self.axes[0])
            picks = ", ".join(":" if k in self.axes else "None" for k in axes[first:])
            return f"{name}[{picks}]"
        return name


@dataclass
class Instruction:
    """A statement: ``template`` with the texts of its operands and of its buffer put in."""

    template: str
    args: tuple[Operand, ...]
    out: Reg | None = None
    kind: str = "other"
    """"entrywise": may write over an operand; "copy": operands are broadcast; "other": neither."""
    fresh: bool = True
    """Does it begin a buffer, or go on in one?"""

    @property
    def read(self) -> list[Reg]:
        """The buffers among the operands."""
        return [o.base for o in self.args if isinstance(o.base, Reg)]


def placed(code: Sequence[Instruction], fresh: Callable[[str], str]) -> dict[str, tuple[Index, ...]]:
    """Give every virtual buffer a real one; where an operand dies, its buffer is written over."""
    for n, i in enumerate(code):
        for register in (*i.read, *([i.out] if i.out else [])):
            register.last = n
    free: dict[tuple[Index, ...], list[str]] = defaultdict(list)
    places: dict[str, tuple[Index, ...]] = {}
    for n, i in enumerate(code):
        dying = dict.fromkeys(r for r in i.read if r.last == n)
        if i.out is not None and i.fresh:
            axes = i.out.axes
            over = next((r for r in dying if r.axes == axes), None) if i.kind == "entrywise" else None
            if over is not None:
                i.out.place = over.place
                del dying[over]
            elif free[axes]:
                i.out.place = free[axes].pop()
            else:
                i.out.place = fresh("t")
                places[i.out.place] = axes
        for r in dying:
            if r is not i.out:
                free[r.axes].append(r.place)
    return places

"""Files: a document read, its regions compared with what they should hold, and replaced whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from itertools import product
from pathlib import Path

from ..documents.files import format_of, read_text
from ..documents.model import Document, Part
from ..errors import InputError
from . import memory
from .filling import Context, Filling, fill
from .flavors import Flavor, guess
from .regions import Marked, checksum, marked


class State(Enum):
    """What a region is found to be."""

    TRUE = "up to date"
    STALE = "stale: run symgrad weave --write"
    EDITED = "edited by hand: move your text out of the region, or empty the region"
    UNPROVED = "not proved"


@dataclass(frozen=True, slots=True)
class Found:
    """One region: where, and what it is."""

    line: int
    column: int
    cell: int | None
    state: State
    problem: str = ""


@dataclass(frozen=True)
class Woven:
    """A document after weaving: its new text, and what was found about each region."""

    path: str
    old: str
    new: str
    regions: tuple[Found, ...] = ()

    @property
    def good(self) -> bool:
        return all(r.state is State.TRUE for r in self.regions)


def weave_file(path: Path, flavor: Flavor | None = None) -> Woven:
    """Weave a file in memory; nothing is written.  InputError where it cannot be read or is marked wrong."""
    kind = format_of(path).name
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}: save it as UTF-8 first") from None
    return weave_text(text, kind, str(path), flavor)


def weave_text(text: str, kind: str, path: str = "<text>", flavor: Flavor | None = None) -> Woven:
    """The document with every region filled, and the state each was found in.

    >>> note = "<!-- symgrad:begin prove 'a + a = 2 a' -->\\n<!-- symgrad:end -->\\n"
    >>> woven = weave_text(note, "md")
    >>> woven.regions[0].state.name, weave_text(woven.new, "md").regions[0].state.name
    ('STALE', 'TRUE')
    >>> woven.new.splitlines()[4]
    'a + a &= 2 a &&  && \\\\checkmark\\\\ \\\\text{proved}'
    """
    bom = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    if "symgrad:begin" not in text and "symgrad:end" not in text:
        return Woven(path, bom + text, bom + text)
    document = read_text(text, kind, path)
    if document.problems and kind == "ipynb":
        raise InputError(f"{path}: {document.problems[0].message}")
    flavor = flavor or guess(path, kind, text)
    found: list[Found] = []
    changes: list[tuple[Marked, str]] = []
    for region in marked(document):
        filling, problem = _filling(document, region, text, flavor)
        state, content = _state(region, filling)
        found.append(Found(*region.position, region.part.cell, state, problem))
        changes += [] if content is None else [(region, content)]
    parts = [_replaced(part, changes) for part in document.parts]
    new = _notebook(text, document, parts, path) if kind == "ipynb" else parts[0]
    return Woven(path, bom + text, bom + new, tuple(found))


def _filling(document: Document, region: Marked, text: str, flavor: Flavor) -> tuple[Filling | None, str]:
    request = region.request
    context = Context.above(document.regions[: region.opened.index])
    if request.verb == "check-status":
        after, _ = region.part.position(region.closed.outer[1])
        context = replace(context, document=text, kind=document.format, after=after, cell=region.part.cell)
    name = memory.key(request, context, flavor)
    known = memory.recall(name)
    if known is not None:
        return known, ""
    try:
        filling = fill(request, context, flavor)
    except InputError as error:
        return None, str(error)
    memory.remember(name, filling)
    return filling, ""


def _state(region: Marked, filling: Filling | None) -> tuple[State, str | None]:
    """The state of a region, and its new content where that is to be written."""
    stands = checksum(region.text)
    if filling is None:
        return State.UNPROVED, None
    if stands == checksum(filling.text):
        if region.sum == stands:
            return (State.TRUE if filling.holds else State.UNPROVED), None
        return (State.STALE if filling.holds else State.UNPROVED), filling.text
    if region.text.strip() and region.sum != stands:
        return State.EDITED, None
    return (State.STALE if filling.holds else State.UNPROVED), filling.text


def _replaced(part: Part, changes: list[tuple[Marked, str]]) -> str:
    text = part.text
    for region, content in reversed(changes):
        if region.part is part:
            text = _filled(text, region, content)
    return text


def _filled(text: str, region: Marked, content: str) -> str:
    """The region's text and the sum in its end mark, line ends as the document has them."""
    start, after = region.closed.outer
    end = "\r\n" if "\r\n" in text else "\n"
    # Markdown and RST need an empty line between a comment and a paragraph; in LaTeX it would end one.
    block = f"{content}\n" if text[start] == "%" else f"\n{content}\n\n"
    head, _, tail = text[start:after].partition("end")
    closing = "-->" if tail.rstrip().endswith("-->") else ""
    signed = f"{head}end sum={checksum(content)}{' ' + closing if closing else ''}"
    first = "" if text[: region.start].endswith(("\n", "\r")) else "\n"
    return text[: region.start] + (first + block).replace("\n", end) + signed + text[after:]


def _notebook(text: str, document: Document, parts: list[str], path: str) -> str:
    """The notebook with new cell sources, its JSON laid out as it was."""
    data = json.loads(text)
    dump = next((d for d in _layouts() if d(data) == text), None)
    if dump is None:
        raise InputError(f"{path}: the layout of this notebook's JSON is unusual: save it once in Jupyter")
    for part, new in zip(document.parts, parts, strict=True):
        if part.cell is not None and new != part.text:
            cell = data["cells"][part.cell]
            cell["source"] = new if isinstance(cell["source"], str) else new.splitlines(keepends=True)
    return dump(data)


def _layouts() -> Iterator[Callable[[object], str]]:
    for indent, ascii_only, end in product((1, 2, 4, None), (False, True), ("\n", "")):
        yield partial(_dump, indent, ascii_only, end)


def _dump(indent: int | None, ascii_only: bool, end: str, data: object) -> str:
    return json.dumps(data, indent=indent, ensure_ascii=ascii_only) + end


def write(path: Path, woven: Woven) -> None:
    """Replace the file at once, its permissions kept; nothing happens where nothing changed."""
    if woven.new == woven.old:
        return
    target = path.resolve()
    if not os.access(target, os.W_OK):
        raise InputError(f"{path}: cannot be written")
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(woven.new.encode("utf-8"))
        draft.chmod(target.stat().st_mode & 0o7777)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)

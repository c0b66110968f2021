"""Folders: one of derivation files becomes one of reports."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import InputError
from .formats import DEFAULT, format_named
from .model import Entry, Picture, Report
from .rendering import render, render_index


def load(path: Path) -> Report:
    """Run a derivation file and return its report; whatever goes wrong is an InputError with its line."""
    name = f"symgrad_derivation_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the names of their module
    quiet, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
        made = getattr(module, "report", None)
        report = made() if callable(made) else made
    except (Exception, SystemExit) as error:
        raise InputError(_blame(path, error)) from error
    finally:
        sys.dont_write_bytecode = quiet
        del sys.modules[name]
    if not isinstance(report, Report):
        raise InputError(f"{path}: defines no report: a function report() that returns a symgrad.Report")
    return report


def _blame(path: Path, error: BaseException) -> str:
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == str(path) else None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == str(path):
            line = frame.lineno
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{path}{f':{line}' if line else ''}: {type(error).__name__}{f': {said}' if said else ''}"


def load_folder(folder: Path, progress: Callable[[str], None] = lambda name: None) -> tuple[Entry, ...]:
    """Every ``NAME.py`` of the folder that does not start with ``_``, in the order of the story."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of derivations")
    paths = sorted(p for p in folder.glob("*.py") if not p.name.startswith("_"))
    if not paths:
        raise InputError(f"{folder}: no derivation (NAME.py) here")
    entries = []
    for path in paths:
        progress(path.stem)
        try:
            report = load(path)
        except InputError as error:
            entries.append(Entry(path.stem, error=str(error)))
            continue
        entries.append(Entry(path.stem, report))
        entries += [Entry(f"{path.stem}_{key}", r, above=path.stem) for key, r in report.below.items()]
    return tuple(sorted(entries, key=lambda e: (e.report is None, e.report.order if e.report else 0, e.name)))


def documents(
    entries: Sequence[Entry],
    folder: str = "derivations",
    formats: Sequence[str] = DEFAULT,
    templates: Path | None = None,
) -> tuple[dict[str, str | bytes], tuple[Entry, ...]]:
    """File name -> text for all reports and the index; and the entries, those that will not render broken."""
    titles = {e.name: e.title for e in entries}
    files: dict[str, str | bytes] = {}
    seen: list[Entry] = []
    for entry in entries:
        if entry.report is not None:
            try:
                files |= _documents(entry, entry.report, titles, folder, formats, templates)
            except InputError as error:
                entry = Entry(entry.name, error=f"{folder}/{entry.above or entry.name}.py: {error}")
        seen.append(entry)
    for f in ("md", *formats):
        if format_named(f).index:
            files[f"index.{f}"] = render_index(seen, folder, f, templates)
    return files, tuple(seen)


def _documents(
    entry: Entry,
    report: Report,
    titles: Mapping[str, str],
    folder: str,
    formats: Sequence[str],
    templates: Path | None,
) -> dict[str, str | bytes]:
    files: dict[str, str | bytes] = {}
    for f in formats:
        text = render(entry.name, report, f, titles, folder, entry.above, templates)
        files[f"{entry.name}.{f}"] = format_named(f).finish(text, entry.name)
    pictures = (part for part in report.parts() if isinstance(part, Picture))
    return files | {f"{entry.name}-{p.name}.svg": p.svg for p in pictures}


def stale(out: Path, files: Mapping[str, str | bytes]) -> tuple[str, ...]:
    """Names of the files in ``out`` that are missing or differ."""
    return tuple(name for name, text in files.items() if _read(out / name) != _bytes(text))


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write(out: Path, files: Mapping[str, str | bytes]) -> tuple[str, ...]:
    """Bring ``out`` up to date, file by file, each whole or not at all; names of those that changed."""
    out.mkdir(parents=True, exist_ok=True)
    names = stale(out, files)
    drafts = {name: out / f".{name}.{os.getpid()}.tmp" for name in names}
    try:
        for name, draft in drafts.items():
            draft.write_bytes(_bytes(files[name]))
        for name, draft in drafts.items():
            draft.replace(out / name)
    finally:
        for draft in drafts.values():
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    return names

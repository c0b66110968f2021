"""Memory: what was filled before, kept outside the documents.

The key is everything a filling depends on: the request, what is in force, the flavour, and this engine
(the text of its modules and the versions of what it computes with).  So a remembered filling is one that
this engine made from this very input.
"""

from __future__ import annotations

import contextlib
import json
import os
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from .filling import Filling


@cache
def engine() -> str:
    """A hash of the package's own text and of the versions of SymPy and FLINT."""
    digest = sha256(f"{version('sympy')} {version('python-flint')}".encode())
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".j2"):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def folder() -> Path:
    """Where fillings are kept: ``$XDG_CACHE_HOME/symgrad`` or ``~/.cache/symgrad``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "symgrad" / "weave"


def key(*parts: object) -> str:
    return sha256(repr((engine(), *parts)).encode()).hexdigest()


def recall(name: str) -> Filling | None:
    """A filling from before; anything unreadable is as if it were not there."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads((folder() / name).read_text(encoding="utf-8"))
        return Filling(str(kept["text"]), kept["holds"] is True)
    return None


def remember(name: str, filling: Filling) -> None:
    """Keep a filling; a folder that cannot be written is no fault."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        draft = folder() / f".{name}.{os.getpid()}"
        draft.write_text(json.dumps({"text": filling.text, "holds": filling.holds}), encoding="utf-8")
        draft.replace(folder() / name)

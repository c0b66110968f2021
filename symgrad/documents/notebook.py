"""Notebooks: their Markdown cells are the parts of a document.

>>> [part.text for part in cells('{"cells": [{"cell_type": "markdown", "source": ["a\\\\n", "b"]}]}')]
['a\\nb']
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from .model import Part, Problem


def cells(text: str) -> Iterator[Part | Problem]:
    try:
        notebook = json.loads(text)
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        for number, cell in enumerate(cells):
            if cell["cell_type"] == "markdown":
                source = cell["source"]
                yield Part(source if isinstance(source, str) else "".join(map(str, source)), number)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        yield Problem(f"not a notebook: {type(error).__name__}: {error}"[:200])

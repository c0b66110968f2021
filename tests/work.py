"""Work counted, not timed: how many functions a call calls, the same on a busy machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def calls(function: Callable[[], Any]) -> int:
    """How many functions, Python's own included, are called while ``function`` runs.

    >>> calls(lambda: [abs(n) for n in range(10)]) in range(10, 20)
    True
    """
    found = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found

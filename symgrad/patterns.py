"""Regular expressions that are compiled when first used, so that importing a module costs nothing.

>>> word = Pattern(r"[a-z]+")
>>> word.findall("to be")
['to', 'be']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any


class Pattern:
    """Like ``re.compile(pattern, flags)``, later."""

    def __init__(self, pattern: str, flags: int | re.RegexFlag = 0) -> None:
        self.pattern, self.flags = pattern, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def match(self, text: str, *where: int) -> re.Match[str] | None:
        return self.compiled.match(text, *where)

    def search(self, text: str, *where: int) -> re.Match[str] | None:
        return self.compiled.search(text, *where)

    def fullmatch(self, text: str, *where: int) -> re.Match[str] | None:
        return self.compiled.fullmatch(text, *where)

    def finditer(self, text: str, *where: int) -> Iterator[re.Match[str]]:
        return self.compiled.finditer(text, *where)

    def findall(self, text: str, *where: int) -> list[Any]:
        return self.compiled.findall(text, *where)

    def split(self, text: str, most: int = 0) -> list[str | Any]:
        return self.compiled.split(text, most)

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str, count: int = 0) -> str:
        return self.compiled.sub(new, text, count)

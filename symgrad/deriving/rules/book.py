"""The book of rules: every rule by its name."""

from __future__ import annotations

from collections.abc import Callable

from ...page.scope import Scope
from ...page.tree import Node

Rule = Callable[[Node, Scope], Node | None]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Enter a function into the book of rules; when it is tried is said in ``symgrad.deriving.rules``."""

    def enter(fn: Rule) -> Rule:
        if name in RULES:
            raise ValueError(f"two rules are called {name}")
        RULES[name] = fn
        return fn

    return enter

"""Reasons: data that says its words, and nobody reads the words."""

from __future__ import annotations

import ast
import inspect
from inspect import get_annotations
from pathlib import Path

import pytest
from checked import run

import symgrad
from symgrad import errors, reasons
from symgrad.checking.process import Keeper
from symgrad.core import Num, Sym
from symgrad.errors import Reason

ROOT = Path(symgrad.__file__).parent
WORDS = {"message", "reason", "assuming", "said"}
TAKES_APART = {
    "search", "match", "fullmatch", "findall", "finditer", "sub", "split", "rsplit", "splitlines",
    "partition", "rpartition", "startswith", "endswith", "find", "rfind", "index", "count", "replace",
    "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "lower", "upper", "casefold",
}  # fmt: skip


def is_message(node: ast.AST) -> bool:
    """``error.message``, ``verdict.reason``, ``str(error)``."""
    if isinstance(node, ast.Attribute):
        return node.attr in WORDS
    match node:
        case ast.Call(ast.Name("str"), [ast.Name(name)]):
            return name in ("error", "problem", "exc")
        case ast.Call(ast.Name("str"), [inner]):
            return is_message(inner)
    return False


def readings(tree: ast.AST) -> list[str]:
    """The places in which a message is compared, searched, split or indexed."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left, ops, rest):
                identity = all(isinstance(op, ast.Is | ast.IsNot) for op in ops)
                read = not identity and any(map(is_message, (left, *rest)))
            case ast.Call(ast.Attribute(value, name), args) if name in TAKES_APART:
                read = any(map(is_message, (value, *args)))
            case ast.Subscript(value):
                read = is_message(value)
            case _:
                read = False
        if read:
            found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_compares_searches_or_splits_a_message(path: Path) -> None:
    assert readings(ast.parse(path.read_text())) == []


@pytest.mark.parametrize("code", [
    "'ind' in judged.message", "verdict.reason == ''", "re.search('dim', judged.message)",
    "str(error).split()", "error.message.startswith('no')", "verdict.reason[:4]",
])  # fmt: skip
def test_that_it_would_be_seen(code: str) -> None:
    assert readings(ast.parse(code))


def classes() -> list[type[Reason]]:
    every = [*vars(errors).values(), *vars(reasons).values()]
    return sorted(
        {c for c in every if inspect.isclass(c) and issubclass(c, Reason) and hasattr(c, "words")},
        key=lambda c: c.__name__,
    )


@pytest.mark.parametrize("cls", classes(), ids=lambda c: c.__name__)
def test_a_reason_says_its_data(cls: type[Reason]) -> None:
    samples = {"count": 3, "column": 3, "reason": reasons.Open(), "doubt": reasons.TooDeep()}
    shape = (Sym("d", "size"), Num(2))
    kinds = {name: str(kind) for c in reversed(cls.__mro__) for name, kind in get_annotations(c).items()}
    names = cls.fields
    shapes = dict.fromkeys((name for name in names if "Shape" in kinds[name]), shape)
    values = {name: samples.get(name, shapes.get(name, f"<{name}>")) for name in names}
    words = str(cls(**values))
    assert words and "{" not in words
    assert all(f"<{name}>" in words for name in names if values[name] == f"<{name}>")
    assert cls(**values) == cls(**values) and hash(cls(**values)) == hash(cls(**values))


D = r"d_{{\mathrm{{{0}}}}}"


@pytest.mark.parametrize("page", [
    rf"$W \in \mathbb{{{{R}}}}^{{{{{D} \times k}}}}$, $x \in \mathbb{{{{R}}}}^k$." "\n\n$$W x + x = 2 W x$$",
    rf"$v \in \mathbb{{{{R}}}}^{{{{{D}}}}}$, $u \in \mathbb{{{{R}}}}^k$." "\n\n$$u + v = v + u$$",
    rf"$W \in \mathbb{{{{R}}}}^{{{{{D} \times k}}}}$." "\n\n$$W W + W W = 3 W W$$",
])  # fmt: skip
def test_a_verdict_does_not_depend_on_the_name_of_a_size(keeper: Keeper, page: str) -> None:
    (wind,), (wave,) = (run(keeper, page.format(name)).steps() for name in ("wind", "wave"))
    assert (wind.verdict, wind.code) == (wave.verdict, wave.code)
    assert (wind.message or "").replace("wind", "wave") == (wave.message or "")

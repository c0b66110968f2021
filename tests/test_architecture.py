"""Modules import in one direction; what stands above the bridge needs neither SymPy nor NumPy."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import symgrad

ROOT = Path(symgrad.__file__).parent


def floors() -> list[str]:
    """The modules in the order of the package's docstring, ground floor first."""
    rows = re.findall(r"^((?:\w+, )*\w+)  +\S", symgrad.__doc__ or "", flags=re.MULTILINE)
    return [name for row in rows for name in row.split(", ")]


FLOORS = floors()
DOORS = {"__init__", "__main__"}


def modules() -> dict[str, list[Path]]:
    """Module or package -> its files."""
    out: dict[str, list[Path]] = {}
    for path in sorted(ROOT.rglob("*.py")):
        out.setdefault(path.relative_to(ROOT).parts[0].removesuffix(".py"), []).append(path)
    return {name: files for name, files in out.items() if name not in DOORS}


def imported(path: Path) -> set[str]:
    """Top-level modules of symgrad that the file imports when it is itself imported, or later."""
    depth = len(path.relative_to(ROOT).parts) - 1
    out: set[str] = set()
    for node in _run_time(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            if node.level == depth + 1:
                names = [node.module.split(".")[0]] if node.module else [a.name for a in node.names]
                out.update(names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "symgrad":
            out.update([(node.module or "").split(".")[1]] if "." in (node.module or "") else [])
    return out


def _run_time(tree: ast.AST) -> list[ast.AST]:
    """Every node, but not what stands under ``if TYPE_CHECKING``."""
    out, stack = [], [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            stack += node.orelse
            continue
        out.append(node)
        stack += ast.iter_child_nodes(node)
    return out


def test_every_module_has_its_floor() -> None:
    assert sorted(modules()) == sorted(FLOORS)


def rooms(package: str) -> list[str]:
    """The rooms that the package's docstring names, in its order."""
    door = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""
    told = next((part for part in door.split("\n\n") if re.search(r"\b[Rr]ooms\b|====", part)), door)
    names = (a or b for a, b in re.findall(r"``(\w+)[.\w]*``|^(\w+)  +\S", told, flags=re.MULTILINE))
    return [name for name in dict.fromkeys(names) if (ROOT / package / f"{name}.py").exists()]


def rooms_imported(path: Path) -> set[str]:
    """The rooms of its own package that a room imports when it is itself imported, or later."""
    out: set[str] = set()
    for node in _run_time(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            out.update([node.module.split(".")[0]] if node.module else [a.name for a in node.names])
    return out


PACKAGES = sorted(door.parent.name for door in ROOT.glob("*/__init__.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_lists_its_rooms_and_a_room_imports_only_those_before_it(package: str) -> None:
    listed = rooms(package)
    assert sorted(listed) == sorted(path.stem for path in (ROOT / package).glob("[a-z]*.py"))
    for n, name in enumerate(listed):
        assert rooms_imported(ROOT / package / f"{name}.py") <= {*listed[:n]}, name


# The public verbs and the command line reach down to SymPy only when they are handed SymPy.
LATE = {"proving": {"bridge", "problems"}}


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_module_imports_only_what_stands_above_it(name: str) -> None:
    above = {*FLOORS[: FLOORS.index(name)], name, *LATE.get(name, ())}
    for path in modules()[name]:
        assert imported(path) <= above, path.name


@pytest.mark.parametrize("name", FLOORS[: FLOORS.index("bridge")])
def test_above_the_bridge_nothing_imports_sympy_or_numpy(name: str) -> None:
    code = (
        f"import sys, symgrad.{name}\n"
        "print(sorted({'sympy', 'numpy', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_importing_symgrad_imports_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import symgrad\n"
        "print(sorted(m for m in set(sys.modules) - before if m.startswith(('symgrad.', 'flint'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_public_name_is_a_module() -> None:
    assert not {*symgrad.__all__} & {*modules()}


@pytest.mark.parametrize("name", symgrad.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(symgrad, name)
    assert value.__doc__


@pytest.mark.parametrize("name", sorted(modules()))
def test_no_room_is_crowded(name: str) -> None:
    assert max(path.stat().st_size for path in modules()[name]) < 42_000

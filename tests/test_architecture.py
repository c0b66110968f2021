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
DOORS = {"__init__", "__main__"}


def listed(package: Path) -> list[str]:
    """The modules and packages that the package's docstring names, in its order."""
    door = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    told = next((part for part in door.split("\n\n") if re.search(r"\bmodules\b|====", part)), door)
    if "====" in door:
        told = door[door.index("====") :]
    names = (a or b for a, b in re.findall(r"``(\w+)[.\w]*``|^(\w+)  +\S", told, flags=re.MULTILINE))
    return [name for name in dict.fromkeys(names) if name in standing(package)]


def standing(package: Path) -> dict[str, list[Path]]:
    """Module or package directly below a package -> its files."""
    out: dict[str, list[Path]] = {}
    for path in sorted(package.rglob("*.py")):
        out.setdefault(path.relative_to(package).parts[0].removesuffix(".py"), []).append(path)
    return {name: files for name, files in out.items() if name not in DOORS}


def imported(path: Path, package: Path, types: bool = False) -> set[str]:
    """The modules directly below ``package`` that a file imports, at once or later, also for ``types``."""
    inside = (ROOT.name, *package.relative_to(ROOT).parts)
    here = (ROOT.name, *path.relative_to(ROOT).parent.parts)
    out: set[str] = set()
    for node in _nodes(ast.parse(path.read_text()), types):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = here[: len(here) - node.level + 1] if node.level else ()
        module = (*base, *(node.module or "").split(".")) if node.module else base
        for name in (module, *((*module, a.name) for a in node.names)):
            if name[: len(inside)] == inside and len(name) > len(inside):
                out.add(name[len(inside)])
    return out & standing(package).keys()


def _nodes(tree: ast.AST, types: bool) -> list[ast.AST]:
    out, stack = [], [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not types:
            stack += node.orelse
            continue
        out.append(node)
        stack += ast.iter_child_nodes(node)
    return out


PACKAGES = [ROOT, *sorted(door.parent for door in ROOT.rglob("*/__init__.py"))]

# The public verbs and the command line reach down to SymPy only when they are handed SymPy.
LATE = {"proving": {"bridge", "objective"}}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: str(p.relative_to(ROOT.parent)))
def test_a_package_lists_its_modules_and_a_module_imports_only_those_before_it(package: Path) -> None:
    names = listed(package)
    assert sorted(names) == sorted(standing(package))
    for n, name in enumerate(names):
        before = {*names[:n], name, *(LATE.get(name, ()) if package == ROOT else ())}
        for path in standing(package)[name]:
            assert imported(path, package, types=package != ROOT) <= before, path.name


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text()))
    assert said and len(said.partition("\n")[0]) > 10


@pytest.mark.parametrize("name", (names := listed(ROOT))[: names.index("bridge")])
def test_above_the_bridge_nothing_imports_sympy_or_numpy(name: str) -> None:
    files = standing(ROOT)[name]
    modules = [".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in files]
    imports = ", ".join(m.removesuffix(".__init__") for m in modules if not m.endswith("__main__"))
    code = f"import sys, {imports}\nprint(sorted({{'sympy', 'numpy', 'jinja2'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_judge_says_proved(path: Path) -> None:
    """No other module makes a verdict of it; what was judged may be handed on."""
    calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
    statuses = [k for n in calls for k in (*n.args[:1], *(k.value for k in n.keywords if k.arg == "status"))]
    made = [k for k in statuses if isinstance(k, ast.Constant) and k.value == "proved"]
    assert not made or path.parent == ROOT / "prover"


def test_importing_symgrad_imports_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import symgrad\n"
        "print(sorted(m for m in set(sys.modules) - before if m.startswith(('symgrad.', 'flint'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_no_public_name_is_a_module() -> None:
    assert not {*symgrad.__all__} & {*standing(ROOT)}


@pytest.mark.parametrize("name", symgrad.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(symgrad, name)
    assert value.__doc__


NAMED = re.compile(r"(?:^|[._])(?:name|base|leaf|letter|fn|symbol)$")
TEXT_READERS = frozenset(
    ["startswith", "endswith", "removeprefix", "removesuffix", "strip", "lstrip", "rstrip", "partition",
     "rpartition", "split", "rsplit", "find"]
)  # fmt: skip
MATCHERS = frozenset(["match", "fullmatch", "search", "findall", "finditer", "sub"])
NOT_READ_BACK = {
    ("page/to_latex.py", "'^' in node.name"): "a printer: does what it prints end in a script?",
    ("page/to_text.py", "_WORD.sub('\\\\1', name)"): "a printer: a name in letters of another alphabet",
    ("deriving/derivation.py", "name.startswith('definition')"): "the name of a rule",
    ("checking/conditions.py", "name.strip()"): "a piece of the text of a document",
    ("checking/facts.py", "name.strip()"): "a piece of the text of a document",
}


def _reads_a_name(node: ast.AST) -> bool:
    """Is a name taken apart as text: a method, a slice, a regular expression, a search in it?"""

    def named(n: ast.AST) -> bool:
        return isinstance(n, ast.Name | ast.Attribute) and NAMED.search(ast.unparse(n)) is not None

    match node:
        case ast.Call(ast.Attribute(owner, method), args):
            matched = method in MATCHERS and ast.unparse(owner) != "self" and any(map(named, args))
            return matched or (method in TEXT_READERS and named(owner))
        case ast.Subscript(value, ast.Slice()):
            return named(value)
        case ast.Compare(ast.Constant(str()), [ast.In() | ast.NotIn()], [where]):
            return named(where)
    return False


def test_nobody_reads_a_name_back() -> None:
    """What a name is made of is asked of its Symbol, or of the type of a name that symgrad made."""
    found = set()
    for package in ("page", "meaning", "kernel", "prover", "deriving", "checking"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path == ROOT / "page" / "symbols.py":
                continue
            nodes = ast.walk(ast.parse(path.read_text()))
            found |= {(str(path.relative_to(ROOT)), ast.unparse(n)) for n in nodes if _reads_a_name(n)}
    assert found == NOT_READ_BACK.keys()

"""CONTRIBUTING.md: it names what is there, and what it tells is enough to add something.

Each of the tests adds something to a copy of the package, in the places that its section names and in no
others, and runs it there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PATHS = sorted({
    path
    for code in re.findall(r"`([^`]+)`", TEXT)
    for path in code.split()
    if re.fullmatch(r"[\w./-]+(?:/|\.md|\.py|/[\w-]+)", path) and not path.startswith(".venv/")
})  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path.replace("NAME", "gallery")).exists()


class Copy:
    """A copy of the package, to which something is added by the words of one section."""

    def __init__(self, root: Path, section: str) -> None:
        shutil.copytree(ROOT / "symgrad", root / "symgrad", ignore=shutil.ignore_patterns("__pycache__"))
        self.root = root
        self.told = re.split(r"^## ", TEXT, flags=re.MULTILINE)
        [self.section] = [part for part in self.told if part.startswith(section)]

    def add(self, file: str, text: str, before: str = "") -> None:
        """The text at the end of a file, new or not, or before the first line that begins so."""
        folder, name = file.rsplit("/", 1)
        assert file in self.section or all(k in self.section for k in (f"{folder}/", name.split(".")[0]))
        path = self.root / file
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        found = [k for k, line in enumerate(lines) if line.startswith(before)]
        assert found or not before, f"no line of {file} begins with {before!r}"
        at = found[0] if before else len(lines)
        path.write_text("".join([*lines[:at], text.lstrip("\n"), *lines[at:]]))

    def run(self, code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def test_a_rule(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a rule")
    copy.add("symgrad/deriving/rules/derivatives.py", '''

@rule("square rule")
def square_rule(node: Node, scope: Scope) -> Node | None:
    """D u^2 = 2 u D u"""
    match node:
        case page.Derivative(page.Pow(u, page.Num(2)), by):
            return page.Mul((page.Num(2), u, page.Derivative(u, by)))
    return None
''')  # fmt: skip
    copy.add("symgrad/deriving/rules/__init__.py", '    "square rule",\n', before='    "second derivative"')
    lines = copy.run(
        "from symgrad import derive; d = derive('(y - w x)^2', 'w');"
        "print([s.rule for s in d.course()], all(d.verdicts()), d.result)"
    )
    assert "'square rule'" in lines and "True" in lines


def test_an_elementary_function(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add an elementary function")
    row = '    Function("versin", meaning="1 - cos(z)"),\n'
    copy.add("symgrad/functions.py", row, before='    Function("sech"')
    told = copy.run(
        "from symgrad import derive, prove; import symgrad\n"
        r"print(prove(r'\versin(2 x)', r'2 \sin^2 x').status, prove(r'\versin x', r'\sin x').status)" "\n"
        r"print(all(derive(r'\operatorname{versin}(w x)', 'w').verdicts()))"
    )
    assert told.split() == ["proved", "refuted", "True"]


def test_a_loss(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a model, a loss, a problem")
    row = '    "cauchy": sympy.Lambda((_TARGET, _P), sympy.log(1 + (_TARGET - _P) ** 2)),\n'
    copy.add("symgrad/losses/library.py", row, before='    "squared"')
    copy.add("symgrad/losses/gallery.py", '    "cauchy": ("line",),\n', before='    "squared"')
    verbs = ["derive", "cauchy-line", "--wrt", "m"], ["compare", "cauchy-line"]
    code = "from symgrad.cli.main import main\n" + "".join(f"main({verb!r})\n" for verb in verbs)
    told = copy.run(code)
    assert "✓" in told and "log" in told and "?" not in told


def test_a_notation(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a notation")
    copy.add("symgrad/latex/brackets.py", '''

@atom("\\\\half")
def half(cur: Cursor) -> Node:
    from ..page.tree import Frac, Num

    start = cur.pos
    cur.pos += 1
    return Frac(Num(1), Num(2), span=cur.span(start))
''')  # fmt: skip
    told = copy.run(r"from symgrad import prove; print(prove(r'\half x + \half x', 'x').status)")
    assert told == "proved"


def test_a_relation_sign(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a notation")
    copy.add("symgrad/page/relations.py", (
        '    Sign("perp", "\\\\perp", "order", "⟂"),\n'
    ), before='    Sign("approx"')  # fmt: skip
    told = copy.run(
        r"from symgrad.latex import read; from symgrad.page.to_latex import to_latex;"
        r"print(to_latex(read(r'u \perp v')))"
    )
    assert told == r"u \perp v"


def checked(copy: Copy, note: str, shown: str) -> str:
    return copy.run(
        "from symgrad.checking.document import check_document; from symgrad.checking.findings import Job\n"
        f"*_, (_, end) = check_document(Job('n.md', {note!r}, 'md', ''), {{}}, {{}})\nprint({shown})"
    )


def test_a_phrase_and_a_convention(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a phrase, a convention or a role")
    copy.add("symgrad/checking/conventions.py", (
        '    Convention("an idempotent matrix", _adjective("idempotent"), "{x} {x} = {x}", "said",\n'
        '               example=f"an idempotent matrix {NAME}", counterexample=f"a matrix {NAME}"),\n'
    ), before="    SHARES,")  # fmt: skip
    note = r"Let $P \in \mathbb{R}^{n \times n}$ be an idempotent matrix and $x \in \mathbb{R}^n$."
    note += "\n\n$$P P x = P x$$"
    assert checked(copy, note, "end.steps()[-1].verdict") == "proved"


def test_a_role(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a phrase, a convention or a role")
    copy.add("symgrad/checking/roles.py", (
        '    Role("a guess", lambda e: e.prose.rstrip().endswith("Guess:"), "condition",\n'
        '         example="Guess: $$a x = b$$", counterexample="$$a x = b$$"),\n'
    ), before="    Role(\n")  # fmt: skip
    told = checked(copy, "Guess: $$2 x = 3 x$$", "end.steps()[-1].kind, end.steps()[-1].verdict")
    assert told == "condition None"


def test_a_finding(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a finding")
    row = '    "SG399": Code("note", "a nice one", "Both sides are short."),\n'
    copy.add("symgrad/checking/codes.py", row, before='    "SG101"')
    copy.add("symgrad/checking/ruling.py", (
        '    if judged.verdict == "proved":\n'
        '        judged = replace(judged, notes=(*judged.notes, ("SG399", Remark("how nice"))))\n'
    ), before="    return replace(classified, scope=scope), judged")  # fmt: skip
    assert checked(copy, "$$2 x + x = 3 x$$", "end.findings[-1]") == "n.md:1:11: SG399 a nice one: how nice"


def test_a_format_of_documents(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a format of documents")
    copy.add("symgrad/documents/asciidoc.py", '''
"""AsciiDoc: where mathematics, directives and headings stand in it."""

import re

from .scanning import Marks, Scan, Taken, directives, heading, mathematics


def _stem(scan: Scan, m: re.Match[str]) -> Taken:
    kind = "inline" if m["inline"] is not None else "display"
    return m.end(), mathematics(scan, kind, *m.span(kind), m.span())


def _comment(scan: Scan, m: re.Match[str]) -> Taken:
    return m.end(), directives(scan, m.start() + 2, m.end(), m.span())


regions = Marks(
    comment=(r"^//[^\\n]*", _comment),
    stem=(r"stem:\\[(?P<inline>[^\\]]*)\\]|^\\[stem\\]\\n\\+{4}(?P<display>.*?)^\\+{4}", _stem),
    heading=(r"^=+[ ][^\\n]*$", heading),
)
''')  # fmt: skip
    copy.add("symgrad/documents/files.py", "from . import asciidoc\n", before="from . import ")
    row = '        Format("adoc", (".adoc",), "// {}", asciidoc.regions),\n'
    copy.add("symgrad/documents/files.py", row, before='        Format("rst"')
    note = tmp_path / "n.adoc"
    note.write_text("// symgrad: let b = 2 a\n\nSo stem:[b + a = 3 a]:\n\n[stem]\n++++\nb + a = 2 a\n++++\n")
    told = copy.run(f"import symgrad.checking\nfor f in symgrad.checking.check({str(note)!r}): print(f)")
    assert told.startswith(f"{note}:7:7: SG101 refuted") and len(told.splitlines()) == 1


def test_a_format_of_reports(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "Add a format of reports")
    row = '    "org": Format("org", prose_md, " | ".join),\n'
    copy.add("symgrad/reporting/formats.py", row, before='    "tex": Format')
    copy.add("symgrad/templates/report.org.j2", "#+TITLE: << report.title >>\n")
    copy.add("symgrad/templates/part.org.j2", "\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "line.py").write_text(
        "from symgrad.losses.library import PROBLEMS\nfrom symgrad.reporting import standard\n"
        "def report():\n    return standard(PROBLEMS['linear-regression']())\n"
    )
    copy.run("from symgrad.cli.main import main\nmain(['report', 'own', '--out', 'out', '--format', 'org'])")
    assert (tmp_path / "out" / "line.org").read_text().startswith("#+TITLE: ")

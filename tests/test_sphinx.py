"""The Sphinx extension: RST and MyST pages built as HTML and LaTeX, refuted claims fail with -W."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONF = 'extensions = ["symgrad.sphinx", "myst_parser"]\n'
INDEX = r"""
Course
======

.. derivation:: linear-regression
   :wrt: m
   :label: fit

See :eq:`fit`.

.. proof-check::
   :let: a = \frac{1}{N} \sum_{i=1}^N x_i

   \sum_{i=1}^N (x_i - a) = 0

.. gap:: linear-regression
   :wrt: b

.. toctree::

   page
"""
PAGE = """# Page

<!-- symgrad: let L = (y - w x)^2 -->

```{derivation} L
:wrt: w
:label: own
```

See {eq}`own`.
"""


def build(folder: Path, builder: str, *options: str, index: str = INDEX) -> subprocess.CompletedProcess[str]:
    (folder / "conf.py").write_text(CONF)
    (folder / "index.rst").write_text(index)
    (folder / "page.md").write_text(PAGE)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-j", "2", "-b", builder, *options, ".", "out"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_pages_as_html(tmp_path: Path) -> None:
    done = build(tmp_path, "html")
    assert done.returncode == 0, done.stderr
    index, page = ((tmp_path / "out" / f"{name}.html").read_text() for name in ("index", "page"))
    assert index.count(r"\checkmark") >= 8 and 'href="#equation-fit"' in index
    assert r"\frac{\partial L}{\partial w}" in page and 'href="#equation-own"' in page


def test_pages_as_latex(tmp_path: Path) -> None:
    done = build(tmp_path, "latex")
    assert done.returncode == 0, done.stderr
    (tex,) = (tmp_path / "out").glob("*.tex")
    assert r"\label{equation:index:fit}" in tex.read_text()


def test_a_refuted_claim_fails_the_build_at_its_line(tmp_path: Path) -> None:
    wrong = INDEX + "\n.. proof-check::\n\n   (a + b)^2 = a^2 + b^2\n"
    done = build(tmp_path, "html", index=wrong)
    line = wrong[: wrong.index("(a + b)")].count("\n") - 1
    assert done.returncode != 0
    assert f"index.rst:{line}: " in done.stderr and "[symgrad.refuted]" in done.stderr


def test_what_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    done = build(tmp_path, "html", index=INDEX + "\n.. proof-check::\n\n   \\foo = 1\n")
    assert done.returncode != 0 and r"unknown command \foo" in done.stderr
    assert "Traceback" not in done.stderr

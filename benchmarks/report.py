"""How long the first seven reports take, as a multiple of ``import sympy``: ``python benchmarks/report.py``.

The two commands take turns, so that a busy machine slows both; medians are compared; 10 or more exits 1.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

GOAL = 10.0
FOLDER = Path(__file__).parent.parent / "derivations"
FIRST = ["batch_gradient", "linear_regression", "linear_regression_at_mean", "nonlinear_map", "sigmoid_mean",
         "sigmoid_regression", "signed_error"]  # fmt: skip


def seconds(args: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *args], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(turns: int = 5) -> int:
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work, "derivations")
        folder.mkdir()
        for name in FIRST:
            text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
            text = text.replace("[[losses_that_allow_it]]", "a later report")  # which is not among these
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        commands = {
            "import sympy": ["-c", "import sympy"],
            "symgrad report": ["-m", "symgrad", "report", str(folder), "--out", f"{work}/reports"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(turns):
            for name, args in commands.items():
                taken[name].append(seconds(args))
    medians = {name: median(times) for name, times in taken.items()}
    for name, value in medians.items():
        print(f"{name:16} {1000 * value:8.1f} ms")
    ratio = medians["symgrad report"] / medians["import sympy"]
    print(f"ratio {ratio:.1f} (goal: under {GOAL:g})")
    return int(ratio >= GOAL)


if __name__ == "__main__":
    sys.exit(main())

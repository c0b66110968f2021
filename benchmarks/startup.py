"""How long ``symgrad --help`` takes, as a multiple of an empty Python: ``python benchmarks/startup.py``.

The two commands take turns, so that a busy machine slows both; medians are compared.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

GOAL = 5.0
COMMANDS = {"python -c pass": ["-c", "pass"], "symgrad --help": ["-m", "symgrad", "--help"]}


def seconds(args: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *args], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def main(turns: int = 15) -> int:
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(turns):
        for name, args in COMMANDS.items():
            taken[name].append(seconds(args))
    medians = {name: median(times) for name, times in taken.items()}
    for name, value in medians.items():
        print(f"{name:16} {1000 * value:6.1f} ms")
    ratio = medians["symgrad --help"] / medians["python -c pass"]
    print(f"ratio {ratio:.1f} (goal: under {GOAL:g})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

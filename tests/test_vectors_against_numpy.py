"""Random claims about vectors and matrices, judged, against NumPy on random data.

Every expression is written twice from one random choice: as LaTeX for ``prove`` and as NumPy.  Claims that
hold by construction must be proved, claims that differ on the data refuted; gradients are compared with
central differences.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from symgrad import prove
from symgrad.errors import ShapeError

D, N = 3, 4
Data = Mapping[str, "np.ndarray"]
Written = tuple[str, Callable[[Data], "np.ndarray"]]

KINDS = [
    r"let w \in \mathbb{R}^d", r"let v \in \mathbb{R}^d", r"let X \in \mathbb{R}^{n\times d}",
    r"let y \in \mathbb{R}^n", r"let A \in \mathbb{R}^{d\times d}",
]  # fmt: skip


def sample(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {"w": (D,), "v": (D,), "X": (N, D), "y": (N,), "A": (D, D), "a": ()}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


DATA = [sample(seed) for seed in range(3)]


def name(letter: str) -> Written:
    return letter, lambda e: e[letter]


class Maker:
    """Random expressions of d entries, of n entries, and scalars."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def features(self, depth: int = 2) -> Written:
        kind = self.random.choice(["name", "A", "At", "Xt", "scaled", "sum", "had"] if depth else ["name"])
        if kind == "name":
            return name(self.random.choice("wv"))
        if kind == "Xt":
            u, f = self.samples(depth - 1)
            return rf"X^\top ({u})", lambda e: e["X"].T @ f(e)
        u, f = self.features(depth - 1)
        if kind == "A":
            return f"A ({u})", lambda e: e["A"] @ f(e)
        if kind == "At":
            return rf"A^\top ({u})", lambda e: e["A"].T @ f(e)
        if kind == "scaled":
            s, g = self.scalar(depth - 1)
            return f"({s}) ({u})", lambda e: g(e) * f(e)
        t, g = self.features(depth - 1)
        if kind == "sum":
            return f"{u} - ({t})", lambda e: f(e) - g(e)
        return rf"({u}) \odot ({t})", lambda e: f(e) * g(e)

    def samples(self, depth: int = 2) -> Written:
        kind = self.random.choice(["name", "X", "rest", "sigma"] if depth else ["name"])
        if kind == "name":
            return name("y")
        if kind == "X":
            u, f = self.features(depth - 1)
            return f"X ({u})", lambda e: e["X"] @ f(e)
        u, f = self.samples(depth - 1)
        if kind == "rest":
            return f"y - ({u})", lambda e: e["y"] - f(e)
        return rf"\sigma({u})", lambda e: 1 / (1 + np.exp(-f(e)))

    def scalar(self, depth: int = 2) -> Written:
        kind = self.random.choice(["name", "dot", "inner", "norm", "form", "trace"] if depth else ["name"])
        if kind == "name":
            return name("a")
        if kind == "norm":
            u, f = self.samples(depth - 1)
            return rf"\lVert {u} \rVert^2", lambda e: f(e) @ f(e)
        (u, f), (t, g) = self.features(depth - 1), self.features(depth - 1)
        if kind == "form":
            return rf"({u})^\top A ({t})", lambda e: f(e) @ e["A"] @ g(e)
        written = {
            "dot": rf"({u})^\top ({t})", "inner": rf"\langle {u}, {t} \rangle",
            "trace": rf"\operatorname{{tr}}(({u}) ({t})^\top)",
        }  # fmt: skip
        return written[kind], lambda e: f(e) @ g(e)

    def claim(self) -> tuple[Written, Written]:
        """Two sides: unrelated ones, or a rule of vectors with a slip in every second one."""
        (u, f), (t, g) = self.features(1), self.features(1)
        slip = self.random.random() < 0.5
        match self.random.randrange(4):
            case 0:
                left: Written = (rf"({u})^\top A ({t})", lambda e: f(e) @ e["A"] @ g(e))
                if slip:
                    return left, (rf"({t})^\top A ({u})", lambda e: g(e) @ e["A"] @ f(e))
                return left, (rf"({t})^\top A^\top ({u})", lambda e: g(e) @ e["A"].T @ f(e))
            case 1:
                sign = -1 if slip else 1
                right = f"A ({u}) {'-' if slip else '+'} A ({t})"
                return (f"A ({u} + ({t}))", lambda e: e["A"] @ (f(e) + g(e))), (
                    right, lambda e: e["A"] @ f(e) + sign * (e["A"] @ g(e)),
                )  # fmt: skip
            case 2:
                return self.features(), self.features()
        return self.scalar(), self.scalar()


def slope(f: Callable[[Data], np.ndarray], e: Data, step: float = 1e-5) -> np.ndarray:
    """Central differences by w."""
    ahead = [f({**e, "w": e["w"] + step * axis}) for axis in np.eye(D)]
    behind = [f({**e, "w": e["w"] - step * axis}) for axis in np.eye(D)]
    return (np.array(ahead) - np.array(behind)) / (2 * step)


LOSSES: list[tuple[str, Callable[[Data], np.ndarray]]] = [
    (r"\lVert y - Xw\rVert^2", lambda e: (e["y"] - e["X"] @ e["w"]) @ (e["y"] - e["X"] @ e["w"])),
    (r"w^\top A w", lambda e: e["w"] @ e["A"] @ e["w"]),
    (r"v^\top A w", lambda e: e["v"] @ e["A"] @ e["w"]),
    (r"(v^\top w)^2", lambda e: (e["v"] @ e["w"]) ** 2),
    (r"y^\top \log \sigma(Xw)", lambda e: -e["y"] @ np.log1p(np.exp(-e["X"] @ e["w"]))),
]
GRADIENTS: list[Written] = [
    (r"-2X^\top(y-Xw)", lambda e: -2 * e["X"].T @ (e["y"] - e["X"] @ e["w"])),
    (r"2X^\top(y-Xw)", lambda e: 2 * e["X"].T @ (e["y"] - e["X"] @ e["w"])),
    (r"(A + A^\top) w", lambda e: (e["A"] + e["A"].T) @ e["w"]),
    (r"2Aw", lambda e: 2 * e["A"] @ e["w"]),
    (r"A^\top v", lambda e: e["A"].T @ e["v"]),
    (r"A v", lambda e: e["A"] @ e["v"]),
    (r"2 v v^\top w", lambda e: 2 * e["v"] * (e["v"] @ e["w"])),
    (r"2 w v^\top v", lambda e: 2 * e["w"] * (e["v"] @ e["v"])),
    (r"X^\top (y \odot (1-\sigma(Xw)))", lambda e: e["X"].T @ (e["y"] / (1 + np.exp(e["X"] @ e["w"])))),
]


def agree(left: Callable[[Data], np.ndarray], right: Callable[[Data], np.ndarray]) -> bool | None:
    """Equal on all data; None where the shapes differ."""
    pairs = [(np.asarray(left(e)), np.asarray(right(e))) for e in DATA]
    if any(a.shape != b.shape for a, b in pairs):
        return None
    return all(np.allclose(a, b, rtol=2e-5, atol=1e-6 * (1 + np.abs(a).max())) for a, b in pairs)


def check(left: Written, right: Written) -> None:
    truth = agree(left[1], right[1])
    try:
        status = prove(left[0], right[0], given=KINDS).status
    except ShapeError:
        status = "illtyped"
    allowed = {True: {"proved"}, False: {"refuted", "undecided"}, None: {"illtyped"}}[truth]
    assert status in allowed, f"{left[0]} = {right[0]}: {status}, but NumPy says {truth}"


@pytest.mark.parametrize("seed", range(8))
def test_random_claims(seed: int) -> None:
    maker = Maker(seed)
    for _ in range(25):
        check(*maker.claim())


@pytest.mark.parametrize("loss", LOSSES, ids=lambda item: item[0])
def test_gradients_against_central_differences(loss: Written) -> None:
    written, value = loss
    for gradient in GRADIENTS:
        check((rf"\nabla_w \left({written}\right)", lambda e: slope(value, e)), gradient)

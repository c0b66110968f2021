"""Where the decided constructs end: domains, signs, empty ranges, free indices, givens."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import oracle
import pytest
from battery import E, K, N, S, W, a, b, c, d_, f, i, j, k, n, t, v, w, x, y
from terms import (
    T,
    absolute,
    cos,
    d,
    delta,
    exp,
    fn,
    given,
    largest,
    lift,
    log,
    relu,
    sigma,
    sign,
    sin,
    smallest,
    sqrt,
    step,
    total,
    verdict,
)

zero, one, minus = T(lift(0)), T(lift(1)), T(lift(-1))
third = Fraction(1, 3)

BORDERS: dict[str, tuple[Any, Any, str]] = {
    # signs learned from a domain, and only from the domain as received
    "log makes positive": (log(a) + absolute(a), log(a) + a, "proved"),
    "a split-off log teaches nothing": (
        total(i, 2, N, log(x[i])) + absolute(x[1]),
        total(i, 2, N, log(x[i])) + x[1],
        "refuted",
    ),
    "nor does the body of an empty sum": (
        total(i, 1, n - 1, log(a)) + absolute(a),
        total(i, 1, n - 1, log(a)) + a,
        "refuted",
    ),
    "nor what is computed in it": (
        total(i, 2, N, log(a) + absolute(a)) + absolute(a),
        total(i, 2, N, log(a) + a) + a,
        "refuted",
    ),
    "nor a sum that is computed in it": (
        total(i, 2, N, total(j, 1, K, log(x[j]) + absolute(x[j]))) + total(j, 1, K, absolute(x[j])),
        total(i, 2, N, total(j, 1, K, log(x[j]) + x[j])) + total(j, 1, K, x[j]),
        "refuted",
    ),
    "logarithms of absolute values": (log(a * b), log(absolute(a)) + log(absolute(b)), "proved"),
    "log of a square": (log(a**2), 2 * log(absolute(a)), "proved"),
    "a sum of logarithms of 0": (total(i, 1, N, log(a - a)), a, "undecided"),
    # powers of an indicator that are no integers
    "a kink under a fourth root": (absolute(relu(a)), (relu(a) ** 2) ** -Fraction(1, 4), "refuted"),
    "two roots": ((relu(a) ** 2) ** Fraction(1, 4) * relu(a) ** Fraction(1, 2), relu(a), "proved"),
    # roots
    "root of a square": (sqrt(x**2 - 2 * x + 1), absolute(x - 1), "proved"),
    "root of a square, one sign": (sqrt(x**2 - 2 * x + 1), x - 1, "refuted"),
    "root of an odd power": ((a**3) ** third, a, "proved"),
    "root and power": ((a**2) ** Fraction(1, 2), a, "refuted"),
    "root of a product twice": (sqrt(a * b) * sqrt(a * b), a * b, "proved"),
    "roots of one square": ((x**2) ** third * (x**2) ** Fraction(1, 6), x, "refuted"),
    "roots of one square, absolute": ((x**2) ** third * (x**2) ** Fraction(1, 6), absolute(x), "proved"),
    "exponential of a logarithm of a square": (exp(log(x**2) / 4) ** 2, x, "refuted"),
    "the same, absolute": (exp(log(x**2) / 4) ** 2, absolute(x), "proved"),
    "two logarithms of unknown sign": (exp(log(a * b) / 2) * exp(log(a / b) / 2), a, "refuted"),
    "power through a logarithm": (exp(N * log(x**2) / 2), x**N, "refuted"),
    "even power through a logarithm": (exp(N * log(x**2)), x ** (2 * N), "proved"),
    "power of a number through a logarithm": (exp(log(2 * T(lift(1))) / 3), T(lift(2)) ** third, "proved"),
    "root of a negative": (sqrt(-x * y), sqrt(x * -y), "proved"),
    "denested": (sqrt(5 + 2 * sqrt(6)), sqrt(2) + sqrt(3), "undecided"),
    # powers of -1
    "even power of -1": (minus ** (2 * N), one, "proved"),
    "alternating sum": (total(k, 1, n, minus**k), (minus**n - 1) / 2, "proved"),
    "power of a negative": ((-a) ** N, a**N, "refuted"),
    "real power of a product": ((a * b) ** c, a**c * b**c, "proved"),
    # kinks
    "two steps": (step(x) + step(-x), one, "refuted"),
    "sign and absolute value": (sign(x) * absolute(x), x, "proved"),
    "cube of an absolute value": (d(absolute(x) ** 3, x), 3 * x * absolute(x), "proved"),
    "largest by one argument": (d(largest(x, y), x), step(x - y), "proved"),
    "relu of both": (relu(x) * relu(-x), zero, "proved"),
    "sine without its sign": (absolute(sin(x)), sin(x), "refuted"),
    "log of one": (log(sin(x) ** 2 + cos(x) ** 2), zero, "proved"),
    # free indices
    "coinciding entries": (delta(i, j) * x[i], delta(i, j) * x[j], "proved"),
    "transitive deltas": (delta(i, j) * delta(j, k), delta(i, k) * delta(j, k), "proved"),
    "deltas that say less": (delta(i, j) * delta(j, k), delta(i, k), "refuted"),
    "function of a delta": (exp(delta(i, j) * a), 1 + delta(i, j) * (exp(a) - 1), "proved"),
    "derivative by an entry": (d(x[i] ** 2, x[j]), 2 * x[j] * delta(i, j), "proved"),
    "index from 0": (d(total(k, 0, d_, t[k] * x[k]), t[j]), x[j], "proved"),
    "third entry": (d(S(x[i], i), x[3]), one, "proved"),
    "entry beyond the range": (d(S(x[i], i), x[N + 1]), zero, "proved"),
    "two ranges": (total(i, 1, N, total(j, 1, K, delta(i, j))), N, "refuted"),
    # sums and functions
    "sum over itself": (S(x[i], i) / S(x[i], i), one, "proved"),
    "geometric for every ratio": (total(k, 0, n, x**k), total(j, 1, n + 1, x ** (j - 1)), "proved"),
    "empty range": (total(i, N + 1, N, x[i]), zero, "proved"),
    "arguments exchanged": (f(x, y), f(y, x), "refuted"),
    "product under E": (E(x * y), E(x) * E(y), "undecided"),
    "E through a derivative": (d(E(f(x, w)), w), E(fn("f", 0, 1)(x, w)), "proved"),
    "absorbed": (smallest(c, largest(b, c)), c, "proved"),
    "absorbed by order": (smallest(smallest(c, b), largest(2 * b, c)), smallest(c, b), "undecided"),
    "derivative by a size": (d(x**N, N), x**N * log(x), "undecided"),
}


@pytest.mark.parametrize("name", BORDERS)
def test_border(name: str) -> None:
    lhs, rhs, expected = BORDERS[name]
    got = verdict(lhs, rhs)
    assert got.status == expected, str(got)
    assert expected == "undecided" or not oracle.audit(lift(lhs), lift(rhs), got)
    assert expected != "undecided" or got.reason


@pytest.mark.parametrize(
    ("lhs", "rhs", "assuming"),
    [
        (total(i, 3, N, x[i]), S(x[i], i) - x[1] - x[2], ("N >= 2",)),
        (d(S(x[i], i), x[3]), one, ("N >= 3",)),
        (d(S(x[i], i), x[j]), one, ("1 <= j <= N",)),
        (log(x**2), 2 * log(x), ("x > 0",)),
        (1 / (a + b) + c, c + 1 / (b + a), ("a + b != 0",)),
        (S(1 / (i * (i + 1)), i), N / (N + 1), ()),
        (d(x**N, x), N * x ** (N - 1), ()),
        (sqrt(exp(x)) * sigma(x), sigma(x) * exp(x / 2), ()),
        (d(largest(0, 1 - v * w), w), -v * step(1 - v * w), ("1 - v*w != 0",)),
    ],
)
def test_conditions_read_well(lhs: T, rhs: T, assuming: tuple[str, ...]) -> None:
    got = verdict(lhs, rhs)
    assert (got.status, got.assuming) == ("proved", assuming)


@pytest.mark.parametrize(
    "givens",
    [
        (given(x**2, "=", -1),),
        (given(x, "=", y), given(x, "=", 2), given(y, "=", 3)),
        (given(x, ">", 2), given(x, "<", 1)),
        (given(x, "in", (0, 1)), given(x, "=", 2)),
        (given(x[i], "in", (0, 1)), given(S(x[i], i), "=", -1)),
        (given(x, "!=", x),),
        (given(x, ">", 0), given(x, "=", 0)),
    ],
)
def test_impossible_givens_prove_nothing(givens: tuple[Any, ...]) -> None:
    assert verdict(one, T(lift(2)), *givens).status == "undecided"
    assert verdict(a, a, *givens).status == "undecided"


def test_a_symmetric_matrix_is_differentiated_with_independent_entries() -> None:
    form = total(i, 1, d_, total(j, 1, d_, x[i] * W[i, j] * x[j]))
    symmetric = given(W[i, j], "=", W[j, i])
    assert verdict(d(form, W[k, 1]), x[k] * x[1], symmetric).status == "proved"
    assert verdict(d(form, W[k, 1]), 2 * x[k] * x[1], symmetric).status == "refuted"

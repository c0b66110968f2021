"""The judge on the identities everyone knows, their false neighbours, and its promises."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise

import oracle
import pytest
from battery import FALSE, TRUE, N, S, X, a, b, c, i, k, moments, n, simplex, w, x, y
from terms import T, d, exp, given, indices, lift, log, reals, sigma, sqrt, total, verdict
from work import calls

from symgrad.errors import ScopeError
from symgrad.kernel.verdict import Verdict
from symgrad.prover import judge


@pytest.mark.parametrize("name", TRUE)
def test_proved(name: str) -> None:
    lhs, rhs, *givens = TRUE[name]
    got = verdict(lhs, rhs, *givens)
    assert got.status == "proved", str(got)


@pytest.mark.parametrize("name", FALSE)
def test_refuted_and_the_witness_confirmed(name: str) -> None:
    lhs, rhs, *givens = FALSE[name]
    got = verdict(lhs, rhs, *givens)
    assert got.status == "refuted", str(got)
    assert not oracle.audit(lift(lhs), lift(rhs), got)


def test_conditions_are_listed() -> None:
    assert verdict((x**2 - 1) / (x - 1), x + 1).assuming == ("x - 1 != 0",)
    assert any(
        "1" in s and "!= 0" in s for s in verdict(total(k, 0, n, x**k), (1 - x ** (n + 1)) / (1 - x)).assuming
    )
    assert verdict(S(c, i) / N, c).assuming == ()
    assert verdict(log(a**2), 2 * log(a)).assuming == ("a > 0",)


def test_givens_are_named_when_used_only() -> None:
    lhs, rhs, _ = TRUE["cross-entropy"]
    extra = given(a, ">", 0, "a > 0")
    assert verdict(lhs, rhs, extra, simplex).assuming == ("1 <= j <= K", "\\sum_k y_k = 1")
    assert verdict(a + b, b + a, extra).assuming == ()


def test_contradictory_givens_are_an_error() -> None:
    with pytest.raises(ScopeError):
        verdict(a, b, given(c, "=", 1), given(c, "=", 2))
    with pytest.raises(ScopeError):
        verdict(a, b, given(c, ">", 0), given(c, "<", 0))


def test_what_is_known_of_an_index_moves_with_its_range() -> None:
    """Shifted by 2 and back, i starts at 1 again: the inner sum from 2 to i is empty there."""
    shifted = total(i, 3, N + 2, x[i - 2] * total(k, 2, i - 2, y[k]))
    plain = total(i, 1, N, x[i] * total(k, 2, i, y[k]))
    assert verdict(shifted, plain).status == "proved"
    assert verdict(shifted, plain + x[1] * y[1]).status == "refuted"
    below = total(i, 2, N, x[i] * total(k, 1, i - 1, y[k]))
    assert verdict(below, total(i, 1, N, x[i] * total(k, 1, i - 1, y[k]))).status == "proved"


@pytest.mark.parametrize("term", [log(-(x**2)), 1 / (a - a), sqrt(-1 - x**2), log(T(lift(0)))])
def test_an_empty_domain_proves_nothing(term: T) -> None:
    assert verdict(term, term).status == "undecided"
    assert verdict(term, term + 1).status == "undecided"


def nested(depth: int) -> T:
    body = x[i]
    for _ in range(depth):
        body = sigma(body) + 1
    return body


def sums(depth: int) -> T:
    names = indices(" ".join(f"i{k}" for k in range(depth)))
    body = names[0] * x[names[0]]
    for one, other in pairwise(names):
        body = body + X[one, other]
    for index in names:
        body = total(index, 1, N, body)
    return body


def coupled(depth: int) -> T:
    """One denominator over several sums."""
    names = indices(" ".join(f"i{k}" for k in range(depth)))
    below = sum((x[k] * y[k + 1] for k in names), start=x[names[0]])
    return S(1 / (1 + below**2), *names)


def doubled(times: int) -> T:
    """A term whose tree has 2^times leaves, all one object."""
    body = a
    for _ in range(times):
        body = body * body + 1
    return body


many = reals(" ".join(f"s{k}" for k in range(40)))
everything = sum(many[1:], start=many[0])
ADVERSARIAL: dict[str, tuple[T, T]] = {
    "degree 200": ((a + b + c) ** 200, (a + b + c) ** 199 * (a + b)),
    "forty symbols": (everything**8, everything**7 * (everything + 1)),
    "forty denominators": (
        sum((1 / (s + 1) for s in many), start=a),
        sum((1 / (s + 2) for s in many), start=a),
    ),
    "thirty sums": (sums(30), sums(30) * 2),
    "a long range": (total(i, 1, 10**9, x[i] ** 2), total(i, 1, 10**9, x[i])),
    "a huge exponent": (T(lift(7)) ** 10**12, T(lift(7)) ** (10**12 + 1)),
    "powers of powers": (((T(lift(7)) ** 9999) ** 9999) ** 9999, T(lift(3))),
    "large exponentials": (
        sigma(10000 * x) * sigma(9999 * x),
        sigma(T(lift(10000))) / (1 + exp(5001 * x) + exp(x)),
    ),
    "fourteen derivatives": (d(exp(x**2), *[x] * 14), d(exp(x**2), *[x] * 13)),
    "eight coupled sums": (coupled(8), coupled(8) * 2),
    "a tower": (T(lift(9)) ** (T(lift(9)) ** (T(lift(9)) ** 9)), T(lift(3))),
    "a large power": (a**10**30, a ** (10**30 + 1)),
    "a deep nest": (nested(60), nested(61)),
    "factorable": ((a**60 - b**60) / (a - b), (a**59 + b**59) * (a**3 - 1) / (c**40 - w**40)),
    "product of sums": (S(x[i], i) ** 40 * S(y[i] + 1, i) ** 40, S(x[i], i) ** 41),
    "shared a thousandfold": (doubled(60), doubled(59)),
    "quotients": (sum((many[k] / (many[k + 1] + many[k + 2]) for k in range(30)), start=a) ** 4, a),
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_adversarial_inputs_end_by_fuel(name: str) -> None:
    found: list[Verdict] = []
    assert calls(lambda: found.append(verdict(*ADVERSARIAL[name]))) < 15_000_000
    (got,) = found
    assert got.status == "refuted" or (got.status == "undecided" and got.reason)


def test_little_fuel_is_undecided() -> None:
    got = judge(lift(moments[0]), lift(moments[1]), (), fuel=30)
    assert got.status == "undecided" and "fuel" in got.reason


SEEDED = """
import sys
sys.path[:0] = sys.argv[1:]
import test_prover as t
for name, case in (*t.TRUE.items(), *t.FALSE.items()):
    print(name, t.verdict(*case))
"""


def test_hash_seeds_change_no_verdict() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    seen = set()
    for seed in ("0", "1", "2", "3", "77"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", SEEDED, here, os.path.dirname(here)],
            env=env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        seen.add(done.stdout)
    assert len(seen) == 1

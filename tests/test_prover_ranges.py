"""Ranges that an outer index moves, kinks at a point, sizes n_k, one name with two numbers of arguments."""

from __future__ import annotations

from typing import Any

import pytest
from battery import K, N, a, b, f, i, j, k, x, y
from terms import T, absolute, d, delta, exp, indices, lift, sign, step, total, verdict

from symgrad import derive, prove

p, q = indices("p q")
zero, one = T(lift(0)), T(lift(1))
moving = total(k, 1, N, total(j, 1, k, x[j] * y[k]))
prefix = total(j, 1, k, x[j])

RANGES: dict[str, tuple[Any, Any, str]] = {
    "a delta in a triangle": (total(k, 1, N, total(j, 1, k, delta(j, p))), N, "refuted"),
    "counted from p": (total(k, 1, N, total(j, 1, k, delta(j, p))), N - p + 1, "proved"),
    "a derivative in a triangle": (d(moving, x[p]), total(k, 1, N, y[k]), "refuted"),
    "from p on": (d(moving, x[p]), total(k, p, N, y[k]), "proved"),
    "under a square": (total(k, 1, N, (total(j, 1, k, delta(j, p)) - 1) ** 2), zero, "refuted"),
    "a square counted": (total(k, 1, N, (total(j, 1, k, delta(j, p)) - 1) ** 2), p - 1, "proved"),
    "in an exponent": (d(total(k, 1, N, exp(prefix)), x[p]), total(k, 1, N, exp(prefix)), "refuted"),
    "in an exponent, from p on": (
        d(total(k, 1, N, exp(prefix)), x[p]), total(k, p, N, exp(prefix)), "proved"
    ),
    "prefix sums": (
        d(total(k, 1, N, (prefix - y[k]) ** 2), x[p]), 2 * total(k, p, N, prefix - y[k]), "proved"
    ),
    "all prefix sums": (
        d(total(k, 1, N, (prefix - y[k]) ** 2), x[p]), 2 * total(k, 1, N, prefix - y[k]), "refuted"
    ),
    "suffix sums": (
        d(total(k, 1, N, (total(j, k, N, x[j]) - y[k]) ** 2), x[p]),
        2 * total(k, 1, p, total(j, k, N, x[j]) - y[k]),
        "proved",
    ),
    "a given length each": (d(total(k, 1, K, total(j, 1, a[k], x[j])), x[p]), T(K.core), "refuted"),
    "lengths are sizes": (total(k, 1, K, total(j, 1, a[k], one)), total(k, 1, K, a[k]), "proved"),
    "lengths differ": (
        total(k, 1, K, total(j, 1, a[k], one)) ** 2, K * total(k, 1, K, a[k] ** 2), "refuted"
    ),
    "an indicator of indices": (total(k, 1, N, (1 - step(p - k)) * x[k]), total(k, p, N, x[k]), "proved"),
    "a strict one": (total(k, 1, N, step(k - p) * x[k]), total(k, p, N, x[k]), "refuted"),
    "a triangle from p on": (
        total(i, p, N - 1, total(j, 1, i, b)), total(i, p, N - 2, total(j, 1, i, b)), "refuted"
    ),
    # one letter for two sums, one inside the other
    "a shadowed index": (total(i, 1, N, total(i, 1, i, total(k, 1, N, x[k] * step(i - k)))), zero, "refuted"),
    "a derivative in a sum over its index": (
        d(total(i, 1, N, x[i] * d(total(i, 1, N, x[i] ** 2), x[i])), x[i]),
        4 * total(k, 1, N, x[k]),
        "refuted",
    ),
    "the same with another letter": (
        d(total(i, 1, N, x[i] * d(total(i, 1, N, x[i] ** 2), x[i])), x[p]), 4 * x[p], "proved"
    ),
    # kinks
    "the sign of zero": (sign(x) ** 2, one, "refuted"),
    "the sign of zero, times zero": (sign(x) ** 2 * x, x, "proved"),
    "no kink in a constant": (d(absolute(0 * x), x), zero, "proved"),
    # two functions of one name
    "one name, two functions": (f(a) * f(b), f(a, b), "undecided"),
    "each with itself": (f(a) + f(a, b) - f(a), f(a, b), "proved"),
}


@pytest.mark.parametrize("name", RANGES)
def test_range(name: str) -> None:
    lhs, rhs, expected = RANGES[name]
    got = verdict(lhs, rhs)
    assert got.status == expected, str(got)
    assert not any(mark in condition for condition in got.assuming for mark in ("#", "idx", "bound"))


@pytest.mark.parametrize(("lhs", "rhs", "expected"), [
    (r"\left.\frac{d}{dw}|w|\right|_{w=0}", "0", "undecided"),
    (r"\left.\frac{d}{dw}|w|\right|_{w=0}", "17", "undecided"),
    (r"\left.\frac{d}{dw}\max(0,w)\right|_{w=0}", "0", "undecided"),
    (r"\left.\frac{d}{dw}\max(0,w x)\right|_{w=0}", "0", "undecided"),
    (r"\left.\frac{d}{dw}|w|\right|_{w=2}", "1", "proved"),
    (r"\sum_{i=1}^N (x_1 (y_q+x_i)+\sum_{k=i}^N \delta_{kq})",
     r"\sum_{i=1}^N x_1(y_q+x_i)+\sum_{i=1}^N\sum_{k=i}^N \delta_{kq}", "proved"),
    (r"\sum_{k=1}^N\sum_{j<k}\frac{\partial}{\partial y_p}(a y_j)",
     r"a\sum_{k=1}^N\sum_{j<k}\frac{\partial y_j}{\partial y_p}", "proved"),
    (r"\sum_{k=1}^K \frac{1}{n_k}\sum_{j=1}^{n_k} c", "K c", "proved"),
])  # fmt: skip
def test_range_as_written(lhs: str, rhs: str, expected: str) -> None:
    assert prove(lhs, rhs).status == expected


@pytest.mark.parametrize(("loss", "wrt", "gradient"), [
    (r"\sum_{t=1}^T (y_t - \sum_{s=1}^t w_s)^2", "w_p", r"-2\sum_{t=p}^T (y_t - \sum_{s=1}^t w_s)"),
    (r"\sum_{t=1}^T (y_t-\sum_{s=1}^t w_s x_s)^2", "w_s", r"-2x_s\sum_{t=s}^T (y_t-\sum_{r=1}^t w_r x_r)"),
    (r"\sum_{t=1}^T (y_t-\sum_{s=t}^T w_s)^2", "w_p", r"-2\sum_{t=1}^p (y_t-\sum_{s=t}^T w_s)"),
    (r"\sum_{k=1}^N e^{\sum_{j=1}^k x_j}", "x_p", r"\sum_{k=p}^N e^{\sum_{j=1}^k x_j}"),
    (r"\sum_{k=1}^K\sum_{j=1}^{n_k} w_j^2", "w_p", r"2\sum_{k=1}^K\sum_{j=1}^{n_k} w_j\delta_{jp}"),
])  # fmt: skip
def test_gradients_of_prefix_sums(loss: str, wrt: str, gradient: str) -> None:
    found = derive(loss, wrt)
    assert not found.reason and all(found.verdicts())
    assert prove(rf"\frac{{\partial}}{{\partial {wrt}}}{loss}", gradient)

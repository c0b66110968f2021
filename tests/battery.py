"""Identities of course size, across all constructs: what the tests prove and the benchmark times.

Every entry is name -> (left, right, *givens).  ``FALSE`` holds neighbours that are not identities.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from terms import (
    E,
    T,
    absolute,
    cos,
    cosh,
    d,
    delta,
    exp,
    f,
    fn,
    g,
    given,
    indices,
    largest,
    lift,
    log,
    reals,
    relu,
    sigma,
    sign,
    sin,
    sinh,
    sizes,
    smallest,
    sqrt,
    step,
    tan,
    tanh,
    total,
)

a, b, c, h, m, p, q, s, t, u, v, w, x, y, z, W, X = reals("a b c h m p q s t u v w x y z W X")
N, n, K, d_, H = sizes("N n K d H")
i, j, k, l, r = indices("i j k l r")  # noqa: E741
half, third = Fraction(1, 2), Fraction(1, 3)
zero, one = T(lift(0)), T(lift(1))


def S(body: Any, *over: T) -> T:
    """Sum over 1..N, innermost index first."""
    for index in over:
        body = total(index, 1, N, body)
    return body


def mean(body: Any, index: T = i) -> T:
    return S(body, index) / N


def dot(left: Any, right: Any, index: T = k) -> T:
    """Inner product over 1..d; each side is a function of the index."""
    return total(index, 1, d_, left(index) * right(index))


def soft(index: T) -> T:
    return exp(z[index]) / total(l, 1, K, exp(z[l]))


def var(name: T) -> T:
    return mean((name[i] - mean(name[j], j)) ** 2)


xbar, ybar = mean(x[i]), mean(y[i])
lse = log(total(k, 1, K, exp(z[k])))
loss = S((y[i] - (m * x[i] + b)) ** 2, i) / N
residual = y[i] - (m * x[i] + b)
score = dot(lambda q_: X[i, q_], lambda q_: w[q_])
squares = S((score - y[i]) ** 2, i)
logistic = S(log(1 + exp(w * x[i])) - y[i] * w * x[i], i)
cross = -total(k, 1, K, y[k] * log(soft(k)))
bce = -y * log(sigma(w * x + b)) - (1 - y) * log(1 - sigma(w * x + b))
form = total(i, 1, d_, total(j, 1, d_, x[i] * W[i, j] * x[j]))
hidden = total(r, 1, H, v[r] * tanh(dot(lambda q_: W[r, q_], lambda q_: x[q_])))
moments = mean((x[i] - xbar) ** 3), mean(x[i] ** 3) - 3 * xbar * mean(x[i] ** 2) + 2 * xbar**3
simplex = given(total(k, 1, K, y[k]), "=", 1, "\\sum_k y_k = 1")
binary, either = given(y, "in", (0, 1)), given(y, "in", (-1, 1))
gauss = exp(-((x - m) ** 2) / (2 * a**2))

TRUE: dict[str, tuple[Any, ...]] = {
    # -- polynomials and quotients
    "power": (a * a, a**2),
    "difference of squares": ((a + b) * (a - b), a**2 - b**2),
    "cube": ((a + b) ** 3, a**3 + 3 * a**2 * b + 3 * a * b**2 + b**3),
    "distributed": (2 * a * (b - (c + 1)), 2 * a * b - 2 * a * c - 2 * a),
    "signs moved": (-(y - (m * x + b)), m * x + b - y),
    "residual squared": ((y - m * x - b) ** 2, (m * x + b - y) ** 2),
    "common denominator": (1 / a + 1 / b, (a + b) / (a * b)),
    "compound fraction": (1 / (1 / a + 1 / b), a * b / (a + b)),
    "removable": ((x**2 - 1) / (x - 1), x + 1),
    "partial fractions": (1 / (a * (a + 1)), 1 / a - 1 / (a + 1)),
    "completed square": (a * x**2 + b * x + c, a * (x + b / (2 * a)) ** 2 + c - b**2 / (4 * a)),
    "negative powers": (a**-2 * a**3, a),
    "nested quotient": ((a / b) / (c / h), a * h / (b * c)),
    "Brahmagupta": ((a**2 + b**2) * (c**2 + h**2), (a * c - b * h) ** 2 + (a * h + b * c) ** 2),
    "twelfth powers": ((a**12 - 1) / (a**4 - 1), a**8 + a**4 + 1),
    # -- sums
    "constant summand": (S(c, i), N * c),
    "factor": (S(2 * a * x[i], i), 2 * a * S(x[i], i)),
    "sum rule": (S(x[i] + y[i], i), S(x[i], i) + S(y[i], i)),
    "renamed": (S(x[i], i), S(x[j], j)),
    "shifted": (total(i, 0, N - 1, x[i + 1]), S(x[i], i)),
    "reversed": (S(x[N + 1 - i], i), S(x[i], i)),
    "split off first": (S(x[i], i), x[1] + total(i, 2, N, x[i])),
    "split off last": (total(i, 1, N + 1, x[i]), S(x[i], i) + x[N + 1]),
    "split off logarithm": (
        S(log(1 + x[i] ** 2), i),
        log(1 + x[1] ** 2) + total(i, 2, N, log(1 + x[i] ** 2)),
    ),
    "split off quotient": (S(1 / x[i], i), 1 / x[1] + total(i, 2, N, 1 / x[i])),
    "telescoped": (S(x[i + 1] - x[i], i), x[N + 1] - x[1]),
    "harmonic telescope": (S(1 / (i * (i + 1)), i), N / (N + 1)),
    "numbers": (S(i, i), N * (N + 1) / 2),
    "squares": (S(i**2, i), N * (N + 1) * (2 * N + 1) / 6),
    "cubes": (S(i**3, i), S(i, i) ** 2),
    "odd numbers": (S(2 * i - 1, i), N**2),
    "geometric": (total(k, 0, n, x**k), (1 - x ** (n + 1)) / (1 - x)),
    "geometric moments": (
        total(k, 0, n, k * x**k),
        x * (1 - (n + 1) * x**n + n * x ** (n + 1)) / (1 - x) ** 2,
    ),
    "product of sums": (S(x[i], i) * S(y[i], i), S(S(x[i] * y[j], i), j)),
    "square of a sum": (S(x[i], i) ** 2, S(S(x[i] * x[j], i), j)),
    "swapped": (total(i, 1, N, total(j, 1, n, X[i, j])), total(j, 1, n, total(i, 1, N, X[i, j]))),
    "triangle swapped": (S(total(j, 1, i, X[i, j]), i), S(total(i, j, N, X[i, j]), j)),
    "triangle": (S(total(j, 1, i, x[i] * x[j]), i), (S(x[i], i) ** 2 + S(x[i] ** 2, i)) / 2),
    "pairs below": (S(total(j, i + 1, N, x[i] * x[j]), i), (S(x[i], i) ** 2 - S(x[i] ** 2, i)) / 2),
    "pair differences below": (
        S(total(j, 1, i - 1, (x[i] - x[j]) ** 2), i),
        N * S(x[i] ** 2, i) - S(x[i], i) ** 2,
    ),
    "delta": (S(delta(i, j) * x[i], i), x[j]),
    "trace of the unit matrix": (S(S(delta(i, j), i), j), N),
    "double delta": (S(delta(i, j) * delta(i, k), i), delta(j, k)),
    # -- moments
    "deviations": (S(x[i] - xbar, i), zero),
    "variance": (var(x), mean(x[i] ** 2) - xbar**2),
    "variance of pairs": (S(S((x[i] - x[j]) ** 2, i), j) / (2 * N**2), var(x)),
    "covariance": (S((x[i] - xbar) * (y[i] - ybar), i), S(x[i] * y[i], i) - N * xbar * ybar),
    "one-sided covariance": (S((x[i] - xbar) * y[i], i), S((x[i] - xbar) * (y[i] - ybar), i)),
    "covariance of pairs": (
        S(S((x[i] - x[j]) * (y[i] - y[j]), i), j) / (2 * N**2),
        mean(x[i] * y[i]) - xbar * ybar,
    ),
    "variance of a sum": (
        mean((x[i] + y[i] - xbar - ybar) ** 2),
        var(x) + var(y) + 2 * mean((x[i] - xbar) * (y[i] - ybar)),
    ),
    "variance shifted": (mean((x[i] + c - mean(x[j] + c, j)) ** 2), var(x)),
    "variance scaled": (mean((c * x[i] - mean(c * x[j], j)) ** 2), c**2 * var(x)),
    "third central moment": moments,
    "fourth central moment": (
        mean((x[i] - xbar) ** 4),
        mean(x[i] ** 4) - 4 * xbar * mean(x[i] ** 3) + 6 * xbar**2 * mean(x[i] ** 2) - 3 * xbar**4,
    ),
    "Steiner": (S((x[i] - c) ** 2, i), S((x[i] - xbar) ** 2, i) + N * (xbar - c) ** 2),
    "Lagrange": (
        S(S((x[i] * y[j] - x[j] * y[i]) ** 2, i), j) / 2,
        S(x[i] ** 2, i) * S(y[i] ** 2, i) - S(x[i] * y[i], i) ** 2,
    ),
    "three indices": (S(S(S((x[i] - x[j]) * (x[j] - x[k]) * (x[k] - x[i]), i), j), k), zero),
    "weighted mean": (S(p[i] * (x[i] - S(p[j] * x[j], j) / S(p[j], j)), i), zero),
    "weighted variance": (
        S(p[i] * (x[i] - S(p[j] * x[j], j)) ** 2, i),
        S(p[i] * x[i] ** 2, i) - S(p[i] * x[i], i) ** 2,
        given(S(p[i], i), "=", 1),
    ),
    "total sum of squares": (S((y[i] - ybar) ** 2, i), S(y[i] ** 2, i) - N * ybar**2),
    "expectation": (E(2 * x + y), E(y) + 2 * E(x)),
    # -- the line fit
    "loss expanded": (
        loss,
        mean(y[i] ** 2)
        - 2 * m * mean(x[i] * y[i])
        - 2 * b * ybar
        + m**2 * mean(x[i] ** 2)
        + 2 * m * b * xbar
        + b**2,
    ),
    "factor rule": (d(loss, m), d(S(residual**2, i), m) / N),
    "derivative inside": (d(loss, m), S(d(residual**2, m), i) / N),
    "chain rule": (d(residual**2, m), 2 * residual * d(residual, m)),
    "gradient by m": (d(loss, m), -2 / N * S(x[i] * residual, i)),
    "gradient by b": (d(loss, b), -2 / N * S(residual, i)),
    "second by m": (d(loss, m, m), 2 * mean(x[i] ** 2)),
    "mixed second": (d(loss, m, b), 2 * xbar),
    "gap to the mean": (
        d(loss, m) - -2 * xbar * (ybar - (m * xbar + b)),
        2 * m * var(x) - 2 * (mean(x[i] * y[i]) - xbar * ybar),
    ),
    "residuals orthogonal": (
        S(x[i] * (y[i] - m * x[i]), i),
        zero,
        given(m, "=", S(x[i] * y[i], i) / S(x[i] ** 2, i)),
    ),
    "residuals sum to zero": (S(residual, i), zero, given(b, "=", ybar - m * xbar)),
    "ridge": (d(S((w * x[i] - y[i]) ** 2, i) + a * w**2, w), 2 * S(x[i] * (w * x[i] - y[i]), i) + 2 * a * w),
    # -- logistic
    "sigma'": (d(sigma(z), z), sigma(z) * (1 - sigma(z))),
    "sigma''": (d(sigma(z), z, z), sigma(z) * (1 - sigma(z)) * (1 - 2 * sigma(z))),
    "sigma written out": (exp(-z) / (1 + exp(-z)) ** 2, 1 / (1 + exp(-z)) * (1 - 1 / (1 + exp(-z)))),
    "complement": (1 - sigma(z), sigma(-z)),
    "sigma as quotient": (sigma(z), exp(z) / (1 + exp(z))),
    "sigma as tanh": (tanh(z), 2 * sigma(2 * z) - 1),
    "sigma of twice": (sigma(2 * z), sigma(z) ** 2 / (sigma(z) ** 2 + (1 - sigma(z)) ** 2)),
    "sigma of a sum": (
        sigma(a + b),
        sigma(a) * sigma(b) / (sigma(a) * sigma(b) + (1 - sigma(a)) * (1 - sigma(b))),
    ),
    "pair sigmas": (S(S(sigma(x[i] - x[j]), i), j), N**2 / 2),
    "pair tanhs": (S(S(tanh(x[i] - x[j]), i), j), zero),
    "pair sigmas weighted": (S(S(S(sigma(x[i] - x[j]) * y[k], i), j), k), N**2 / 2 * S(y[i], i)),
    "log odds": (log(sigma(z)) - log(1 - sigma(z)), z),
    "logit": (log(sigma(a) / (1 - sigma(a))), a),
    "softplus": (log(1 + exp(z)), z + log(1 + exp(-z))),
    "softplus difference": (log(1 + exp(z)) - log(1 + exp(-z)), z),
    "softplus'": (d(log(1 + exp(z)), z), sigma(z)),
    "softplus as log sigma": (log(1 + exp(-z)), -log(sigma(z))),
    "cross-entropy by w": (d(bce, w), (sigma(w * x + b) - y) * x),
    "cross-entropy by b": (d(bce, b), sigma(w * x + b) - y),
    "cross-entropy, two forms": (bce, log(1 + exp(w * x + b)) - y * (w * x + b)),
    "logistic gradient": (d(logistic, w), S((sigma(w * x[i]) - y[i]) * x[i], i)),
    "logistic Hessian": (d(logistic, w, w), S(sigma(w * x[i]) * (1 - sigma(w * x[i])) * x[i] ** 2, i)),
    "logistic Hessian, vectors": (
        d(S(log(1 + exp(score)) - y[i] * score, i), w[j], w[l]),
        S(sigma(score) * (1 - sigma(score)) * X[i, j] * X[i, l], i),
    ),
    "labels 0 and 1": (y**2, y, binary),
    "likelihood of a label": (
        y * log(sigma(z)) + (1 - y) * log(1 - sigma(z)),
        log(y * sigma(z) + (1 - y) * (1 - sigma(z))),
        binary,
    ),
    "margin form": (
        log(1 + exp(-y * z)),
        -(1 + y) / 2 * log(sigma(z)) - (1 - y) / 2 * log(1 - sigma(z)),
        either,
    ),
    "margin squared": ((1 - y * z) ** 2, (y - z) ** 2, either),
    "odd under labels": (tanh(y * z), y * tanh(z), either),
    # -- exponentials and hyperbolic functions
    "exponents added": (exp(a) * exp(b), exp(a + b)),
    "exponent multiplied": (exp(a) ** 3, exp(3 * a)),
    "reciprocal": (1 / exp(a), exp(-a)),
    "hyperbolic": (cosh(z) ** 2 - sinh(z) ** 2, one),
    "cosh of twice": (cosh(2 * a), 2 * cosh(a) ** 2 - 1),
    "sinh of a sum": (sinh(a + b), sinh(a) * cosh(b) + cosh(a) * sinh(b)),
    "tanh of a sum": (tanh(a + b), (tanh(a) + tanh(b)) / (1 + tanh(a) * tanh(b))),
    "tanh'": (d(tanh(z), z), 1 - tanh(z) ** 2),
    "tanh''": (d(tanh(z), z, z), -2 * tanh(z) * (1 - tanh(z) ** 2)),
    "nested exponentials": (exp(exp(a) + exp(b)), exp(exp(a)) * exp(exp(b))),
    "Gaussian by mean": (d(gauss, m), (x - m) / a**2 * gauss),
    "Gaussian by width": (d(gauss, a), (x - m) ** 2 / a**3 * gauss),
    "log-likelihood by width": (
        d(S(-log(a) - (x[i] - m) ** 2 / (2 * a**2), i), a),
        -N / a + S((x[i] - m) ** 2, i) / a**3,
    ),
    "Gaussian product": (exp(-(x**2) / 2) * exp(-(y**2) / 2), exp(-(x**2 + y**2) / 2)),
    "log of a product": (S(log(exp(x[i]) * exp(y[i])), i), S(x[i] + y[i], i)),
    "log of a power": (log((1 + a**2) ** 3), 3 * log(1 + a**2)),
    "log of numbers": (log(T(lift(12))), 2 * log(T(lift(2))) + log(T(lift(3)))),
    "log of e": (log(exp(one)), one),
    "log of a quotient": (log(exp(a) / (1 + exp(a))), a - log(1 + exp(a))),
    "x^x": (d(x**x, x), x**x * (log(x) + 1)),
    "x^N": (d(x**N, x), N * x ** (N - 1)),
    "Poisson by rate": (d(S(x[i] * log(a) - a, i), a), S(x[i], i) / a - N),
    "Bernoulli by rate": (
        d(S(x[i] * log(sigma(t)) + (1 - x[i]) * log(1 - sigma(t)), i), t),
        S(x[i], i) - N * sigma(t),
    ),
    # -- sine and cosine
    "Pythagoras": (sin(x) ** 2 + cos(x) ** 2, one),
    "sine of a sum": (sin(a + b), sin(a) * cos(b) + cos(a) * sin(b)),
    "cosine of a sum": (cos(a + b), cos(a) * cos(b) - sin(a) * sin(b)),
    "cosine of twice": (cos(2 * x), 1 - 2 * sin(x) ** 2),
    "sine of thrice": (sin(3 * x), 3 * sin(x) - 4 * sin(x) ** 3),
    "tangent of a sum": (tan(a + b), (tan(a) + tan(b)) / (1 - tan(a) * tan(b))),
    "sine derived": (d(sin(w * x), w), x * cos(w * x)),
    "tangent derived": (d(tan(x), x), 1 / cos(x) ** 2),
    "sine of pi": (sin(fn("pi")()) + cos(fn("pi")()), -one),
    "sines of pairs": (S(S(sin(x[i] - x[j]), i), j), zero),
    # -- softmax
    "softmax shift": (exp(z[i] - c) / total(j, 1, K, exp(z[j] - c)), soft(i)),
    "softmax adds up": (total(k, 1, K, soft(k)), one),
    "softmax derivative": (d(soft(i), z[j]), soft(i) * (delta(i, j) - soft(j))),
    "softmax second derivative": (
        d(soft(i), z[j], z[k]),
        soft(i) * ((delta(i, j) - soft(j)) * (delta(i, k) - soft(k)) - soft(j) * (delta(j, k) - soft(k))),
    ),
    "log softmax": (log(soft(i)), z[i] - lse),
    "log softmax derivative": (d(log(soft(i)), z[j]), delta(i, j) - soft(j)),
    "log-sum-exp": (d(lse, z[j]), soft(j)),
    "log-sum-exp shift": (log(total(k, 1, K, exp(z[k] + c))), c + lse),
    "log-sum-exp Hessian": (d(lse, z[i], z[j]), soft(i) * delta(i, j) - soft(i) * soft(j)),
    "log-sum-exp of two": (log(exp(a) + exp(b)), a + log(1 + exp(b - a))),
    "cross-entropy": (d(cross, z[j]), soft(j) - y[j], simplex),
    "cross-entropy, any labels": (d(cross, z[j]), soft(j) * total(k, 1, K, y[k]) - y[j]),
    "cross-entropy Hessian": (d(cross, z[i], z[j]), soft(i) * delta(i, j) - soft(i) * soft(j), simplex),
    "entropy of softmax": (-total(k, 1, K, soft(k) * log(soft(k))), lse - total(k, 1, K, soft(k) * z[k])),
    "negative entropy derivative": (
        d(total(k, 1, K, soft(k) * log(soft(k))), z[j]),
        soft(j) * (z[j] - total(k, 1, K, soft(k) * z[k])),
    ),
    "softmax of two classes": (exp(a) / (exp(a) + exp(b)), sigma(a - b)),
    "attention": (S(exp(x[i] * y[j]) / S(exp(x[i] * y[k]), k), j), one),
    "weights of logits": (
        d(log(total(k, 1, K, exp(dot(lambda q_: W[k, q_], lambda q_: x[q_], r)))), W[j, i]),
        x[i]
        * exp(dot(lambda q_: W[j, q_], lambda q_: x[q_], r))
        / total(k, 1, K, exp(dot(lambda q_: W[k, q_], lambda q_: x[q_], r))),
    ),
    "one-hot square": (y[j] * y[k], y[j] * delta(j, k), given(y[i], "in", (0, 1)), simplex),
    # -- vectors and matrices
    "norm of a sum": (
        total(k, 1, d_, (x[k] + y[k]) ** 2),
        total(k, 1, d_, x[k] ** 2) + 2 * total(k, 1, d_, x[k] * y[k]) + total(k, 1, d_, y[k] ** 2),
    ),
    "polarisation": (
        total(k, 1, d_, (x[k] + y[k]) ** 2) - total(k, 1, d_, (x[k] - y[k]) ** 2),
        4 * total(k, 1, d_, x[k] * y[k]),
    ),
    "norm by an entry": (d(total(k, 1, d_, w[k] ** 2), w[j]), 2 * w[j]),
    "length by an entry": (
        d(sqrt(total(k, 1, d_, w[k] ** 2)), w[j]),
        w[j] / sqrt(total(k, 1, d_, w[k] ** 2)),
    ),
    "quadratic form": (d(form, x[k]), total(j, 1, d_, (W[k, j] + W[j, k]) * x[j])),
    "quadratic form by its matrix": (d(form, W[k, l]), x[k] * x[l]),
    "symmetric form": (d(form, x[k]), 2 * total(j, 1, d_, W[k, j] * x[j]), given(W[i, j], "=", W[j, i])),
    "antisymmetric form": (form, zero, given(W[i, j], "=", -W[j, i])),
    "Hessian of a form": (d(form, x[k], x[l]), W[k, l] + W[l, k]),
    "trace of a product": (
        total(i, 1, d_, total(j, 1, d_, W[i, j] * X[j, i])),
        total(i, 1, d_, total(j, 1, d_, X[i, j] * W[j, i])),
    ),
    "trace by an entry": (d(total(i, 1, d_, total(j, 1, d_, W[i, j] * X[j, i])), W[k, l]), X[l, k]),
    "associativity": (
        total(k, 1, d_, W[i, k] * total(l, 1, d_, X[k, l] * x[l])),
        total(l, 1, d_, total(k, 1, d_, W[i, k] * X[k, l]) * x[l]),
    ),
    "transposed product": (
        S(total(k, 1, d_, X[i, k] * w[k]) * y[i], i),
        total(k, 1, d_, w[k] * S(X[i, k] * y[i], i)),
    ),
    "projection norms": (
        total(j, 1, d_, S(X[i, j] * y[i], i) ** 2),
        S(S(y[i] * total(k, 1, d_, X[i, k] * X[j, k]) * y[j], i), j),
    ),
    "least squares": (d(squares, w[j]), 2 * S(X[i, j] * (score - y[i]), i)),
    "least squares Hessian": (d(squares, w[j], w[l]), 2 * S(X[i, j] * X[i, l], i)),
    "Frobenius": (d(S(total(k, 1, d_, X[i, k] ** 2), i), X[j, l]), 2 * X[j, l]),
    "orthogonal": (
        total(k, 1, d_, total(i, 1, d_, W[k, i] * x[i]) ** 2),
        total(i, 1, d_, x[i] ** 2),
        given(total(k, 1, d_, W[k, i] * W[k, j]), "=", delta(i, j)),
    ),
    # -- networks
    "hidden layer, output weight": (d(hidden, v[k]), tanh(dot(lambda q_: W[k, q_], lambda q_: x[q_], j))),
    "hidden layer, input weight": (
        d(hidden, W[i, j]),
        v[i] * (1 - tanh(dot(lambda q_: W[i, q_], lambda q_: x[q_])) ** 2) * x[j],
    ),
    "squashed output": (
        d(sigma(hidden), v[k]),
        sigma(hidden) * (1 - sigma(hidden)) * tanh(dot(lambda q_: W[k, q_], lambda q_: x[q_], j)),
    ),
    "two layers": (
        d(sigma(a * sigma(w * x)), w),
        sigma(a * sigma(w * x)) * (1 - sigma(a * sigma(w * x))) * a * sigma(w * x) * (1 - sigma(w * x)) * x,
    ),
    "batch normalised": (
        S((x[i] - mean(x[j], j)) / sqrt(mean((x[k] - mean(x[j], j)) ** 2, k) + a), i),
        zero,
        given(a, ">", 0),
    ),
    "squared output": (
        d((y - sigma(w * x)) ** 2, w),
        -2 * (y - sigma(w * x)) * sigma(w * x) * (1 - sigma(w * x)) * x,
    ),
    # -- undefined functions
    "undefined function": (d(f(m * x + b), m), x * fn("f", 1)(m * x + b)),
    "undefined, twice": (
        d(f(g(w)), w, w),
        fn("f", 2)(g(w)) * fn("g", 1)(w) ** 2 + fn("f", 1)(g(w)) * fn("g", 2)(w),
    ),
    "undefined, two arguments": (
        d(f(a * w, w**2), w),
        a * fn("f", 1, 0)(a * w, w**2) + 2 * w * fn("f", 0, 1)(a * w, w**2),
    ),
    "abstract loss": (d(mean(f(w, x[i])), w), mean(fn("f", 1, 0)(w, x[i]))),
    "congruence": (f((a + b) ** 2), f(a**2 + 2 * a * b + b**2)),
    "abstract layers": (d(S(f(w * x[i]) ** 2, i), w), S(2 * f(w * x[i]) * fn("f", 1)(w * x[i]) * x[i], i)),
    # -- kinks, roots
    "relu as abs": (relu(z), (z + absolute(z)) / 2),
    "relu of both signs": (relu(z) - relu(-z), z),
    "relu squared": (d(relu(z) ** 2, z), 2 * relu(z)),
    "relu derived": (d(relu(w * x - b), w), step(w * x - b) * x),
    "hinge derived": (d(largest(0, 1 - y * w * x), w), -y * x * step(1 - y * w * x)),
    "absolute value derived": (d(absolute(w), w), sign(w)),
    "absolute values multiplied": (absolute(a) * absolute(b), absolute(a * b)),
    "largest and smallest": (largest(a, b) + smallest(a, b), a + b),
    "largest of two": (largest(a, b), (a + b + absolute(a - b)) / 2),
    "clipped exponential": (exp(relu(z)), 1 + step(z) * (exp(z) - 1)),
    "stable softplus": (log(1 + exp(z)), relu(z) + log(1 + exp(-absolute(z)))),
    "root of a square": (sqrt(x**2), absolute(x)),
    "root of a product": (sqrt(a) * sqrt(b), sqrt(a * b)),
    "root with a sign": (sqrt(a**2 * b), a * sqrt(b), given(a, ">", 0)),
    "rational powers": (a**half * a ** Fraction(3, 2), a**2),
    "root of a number": (sqrt(8), 2 * sqrt(2)),
    "root derived": (d(sqrt(1 + w**2), w), w / sqrt(1 + w**2)),
    "absolute value of a positive": (absolute(a), a, given(a, ">=", 0)),
    "linear given": (exp(c) * exp(-a), exp(b), given(c, "=", a + b)),
}

FALSE: dict[str, tuple[Any, ...]] = {
    "third moment, true at N = 2": (moments[0] * Fraction(3, 2), moments[1]),
    "one sample": (S(x[i], i), x[1]),
    "root of a square": (sqrt(x**2), x),
    "nearly an integer": (exp(fn("pi")() * sqrt(163)), T(lift(262537412640768744))),
    "mean of squares": (mean(x[i] ** 2), xbar**2),
    "mean of sigma'": (mean(d(sigma(x[i]), x[i])), sigma(xbar) * (1 - sigma(xbar))),
    "sum of sigmas": (sigma(x) + sigma(y), sigma(x + y)),
    "cancelled wrongly": (a * b / a, a + b),
    "lost size": (S((x[i] - xbar) * (y[i] - ybar), i), S(x[i] * y[i], i) - xbar * ybar),
    "unsymmetric": (d(form, x[k]), 2 * total(j, 1, d_, W[k, j] * x[j])),
    "label of the other kind": (y**2, y, either),
    "without the given": (d(cross, z[j]), soft(j) - y[j]),
    "log of a product": (log(a * b), log(a) * log(b)),
    "another function": (d(f(x**2), x), fn("f", 1)(x**2)),
    "lost chain factor": (d(loss, m), -2 / N * S(residual, i)),
    "lost sign": (d(loss, b), 2 / N * S(residual, i)),
    "gradient at the mean": (d(logistic, w) / N, (sigma(w * xbar) - ybar) * xbar),
    "softmax without delta": (d(soft(i), z[j]), -soft(i) * soft(j)),
    "tanh' of the wrong sign": (d(tanh(z), z), 1 + tanh(z) ** 2),
    "relu at 0": (relu(z), largest(-z, 0)),
    "one-hot": (y[j] * y[k], y[j], given(y[i], "in", (0, 1)), simplex),
    "size for length": (S(x[i] * y[i], i) / n, S(x[i] * y[i], i) / N),
    "exponent of a sum": (exp(a + b), exp(a) + exp(b)),
    "sine of twice": (sin(2 * x), 2 * sin(x)),
    "root of a sine": (sqrt(1 - sin(x) ** 2), cos(x)),
    "reversed difference": (S(total(j, 1, i, x[i] - x[j]), i), zero),
}

"""``symgrad.gradcheck``: somebody's own gradient code against the derived gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError
from ..notebook import Displayed
from .compiled import Compiled, compile
from .gradient import gradient
from .program import Output, Program

__all__ = ["GradCheck", "gradcheck"]

Arguments = dict[str, Any]

_DOMAINS: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "real": lambda rng, shape: rng.normal(size=shape),
    "positive": lambda rng, shape: rng.exponential(size=shape) + 0.05,
    "unit": lambda rng, shape: rng.uniform(0.05, 0.95, size=shape),
    "binary": lambda rng, shape: rng.integers(0, 2, size=shape).astype(float),
    "sign": lambda rng, shape: 2.0 * rng.integers(0, 2, size=shape) - 1,
    "simplex": lambda rng, shape: rng.dirichlet(np.ones(shape[-1]), size=shape[:-1]),
    "onehot": lambda rng, shape: np.eye(shape[-1])[rng.integers(0, shape[-1], size=shape[:-1])],
}
"""What an argument may be: a name in ``domains`` chooses how it is drawn."""

_FREE = frozenset(("real", "positive"))  # domains that large values and ties do not leave


@dataclass(frozen=True)
class GradCheck(Displayed):
    """What :func:`gradcheck` found; true when nothing differs.

    ``findings`` says for each wrong component (by argument, or "value") what is wrong with it; ``data`` is
    the smallest failing input, ``found`` and ``expected`` what differs there, and ``loss_compared`` whether
    the loss code was compared too.
    """

    findings: Mapping[str, str]
    data: Mapping[str, Any] = field(default_factory=dict)
    found: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    cases: int = 0
    loss_compared: bool = False

    @property
    def ok(self) -> bool:
        return not self.findings

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        loss = "" if self.loss_compared else " (nobody compared the loss code: give loss_fn)"
        if self.ok:
            return f"agrees with the derived gradient on {self.cases} data sets{loss}"
        lines = [f"{name}: {what}" for name, what in self.findings.items()]
        lines += ["smallest failing data: " + ", ".join(f"{k} = {_short(v)}" for k, v in self.data.items())]
        lines += [f"  {k} is {_short(self.found[k])}, should be {_short(self.expected[k])}"
                  for k in self.found]
        return "\n".join(lines) + loss

    __repr__ = __str__


def gradcheck(
    fn: Callable[..., Any],
    objective: Any,
    loss_fn: Callable[..., Any] | None = None,
    domains: Mapping[str, Any] | None = None,
    rtol: float = 1e-7,
    seed: int = 0,
    wrt: Any = None,
) -> GradCheck:
    """Compare somebody's own gradient code with the derived gradient, on seeded and adversarial data.

    ``fn`` is called with every argument by keyword and returns the gradient: a tuple in the order of the
    parameters, a dict by name, or one array (also a tensor).  ``objective`` is anything that
    :func:`~symgrad.compile` takes, or what it returned.  ``domains`` says what an argument may be: "real"
    (otherwise assumed), "positive", "unit", "binary", "sign", "simplex", "onehot", or a list of values.  The
    data have N from 1 up, constant columns, ties, zeros, large values.  A component is accepted within
    ``rtol`` times the sum of the sizes of its per-sample terms.

    In pytest: ``assert gradcheck(my_gradient, objective)``.

    >>> from symgrad.losses.library import PROBLEMS
    >>> def mine(x, y, m, b):
    ...     r = np.asarray(y) - (m * x + b)
    ...     return (r * x).mean() * 2, -2 * r.mean()
    >>> gradcheck(mine, PROBLEMS["linear-regression"]()).findings
    {'m': 'off by the factor -1'}
    """
    f = objective if isinstance(objective, Compiled) else compile(objective, wrt)
    python = {f.arguments[n].python: n for n in f.wrt}
    for name in domains or {}:
        if name not in {a.python for a in f.arguments.values()}:
            raise InputError(f"domains: {f.name} has no argument {name!r}")
    check = _Check(f, fn, loss_fn, rtol)
    cases = list(_cases(f, dict(domains or {}), seed))
    if not any(np.isfinite(g).all() for c in cases for g in f(**c).gradient):
        raise InputError(f"{f.name}: no finite gradient on any data tried; say in domains what they may be")
    failing = [c for c in cases if check.wrong(c)]
    if not failing:
        return GradCheck({}, cases=len(cases), loss_compared=loss_fn is not None)
    findings = check.findings(failing, cases, list(python))
    least = _smallest(check, failing)
    wrong = check.wrong(least)
    found, expected = ({name: pair[k] for name, pair in wrong.items()} for k in (0, 1))
    return GradCheck(findings, least, found, expected, len(cases), loss_fn is not None)


class _Check:
    def __init__(self, f: Compiled, fn: Callable[..., Any], loss_fn: Any, rtol: float) -> None:
        self.f, self.fn, self.loss_fn, self.rtol = f, fn, loss_fn, rtol
        self.names = [f.arguments[n].python for n in f.wrt]

    def both(self, case: Arguments) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the user's code says and what is right, by component."""
        here = self.f(**case)
        expected = dict(zip(self.names, map(np.asarray, here.gradient), strict=True))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning is no wrong gradient; nan is
            found = self._read(self.fn(**_copied(case)), expected)
            if self.loss_fn is not None:
                expected["value"] = np.asarray(here.value)
                found["value"] = _array(self.loss_fn(**_copied(case)))
        return found, expected

    def _read(self, result: Any, expected: Mapping[str, Any]) -> dict[str, Any]:
        if isinstance(result, Mapping):
            missing = [n for n in self.names if n not in result]
            if missing:
                raise InputError(f"the gradient code returns a dict without {', '.join(missing)}")
            return {n: _array(result[n]) for n in self.names}
        if isinstance(result, tuple | list) and len(result) == len(self.names):
            return {n: _array(r) for n, r in zip(self.names, result, strict=True)}
        whole = _array(result)
        if len(self.names) == 1:
            return {self.names[0]: whole}
        sizes = [expected[n].size for n in self.names]
        if whole.size != sum(sizes):
            raise InputError(f"the gradient code returns {whole.size} numbers; "
                             f"{', '.join(self.names)} have {sum(sizes)}")
        parts = np.split(whole.ravel(), np.cumsum(sizes)[:-1])
        return {n: p.reshape(expected[n].shape) for n, p in zip(self.names, parts, strict=True)}

    def wrong(self, case: Arguments) -> dict[str, Any]:
        """Found and expected of each component that differs."""
        found, expected = self.both(case)
        scale = self._scale(case, expected)
        out = {}
        for name, right in expected.items():
            mine = found[name]
            if mine.shape == right.shape and (
                not np.isfinite(right).all() or (abs(mine - right) <= self.rtol * scale[name]).all()
            ):
                continue
            out[name] = (mine, right)
        return out

    def _scale(self, case: Arguments, expected: Mapping[str, Any]) -> dict[str, Any]:
        """The sum of the sizes of what each sample alone gives."""
        samples = _samples(self.f, case)
        out = {n: abs(e) + 1e-300 for n, e in expected.items()}
        for one in samples:
            here = self.f(**one)
            for n, g in zip(self.names, here.gradient, strict=True):
                out[n] = out[n] + abs(g)
            if "value" in out:
                out["value"] = out["value"] + abs(here.value)
        return out

    def findings(
        self, failing: Sequence[Arguments], cases: Sequence[Arguments], order: Sequence[str]
    ) -> dict[str, str]:
        """For each wrong component, what is wrong with it."""
        out: dict[str, str] = {}
        for name in [*order, "value"]:
            pairs = [(c, *w[name]) for c in failing if name in (w := self.wrong(c))]
            if pairs:
                out[name] = self._diagnosis(name, pairs, cases)
        return out

    def _diagnosis(
        self, name: str, pairs: Sequence[tuple[Arguments, Any, Any]], cases: Sequence[Arguments]
    ) -> str:
        mine, right = pairs[0][1:]
        if mine.shape != right.shape:
            transposed = mine.shape == right.shape[::-1]
            return f"shape {mine.shape} instead of {right.shape}" + (" (transposed)" if transposed else "")
        everywhere = []
        for c in cases:
            found, expected = self.both(c)
            everywhere.append((c, found[name], expected[name]))
        usable = [(c, a, e) for c, a, e in everywhere if np.isfinite(a).all() and np.isfinite(e).all()]
        if len(usable) < len(everywhere) and not any(name in self.wrong(c) for c, _, _ in usable):
            return "not finite where the derived gradient is"
        if name != "value":
            other = self._other(name, usable)
            if other:
                return other
        weights = [a.python for a in self.f.arguments.values()
                   if a.shape == (self.f.sample_size,) and a.name not in self.f.wrt]
        factor = _factor(usable, self.rtol, [len(_samples(self.f, c)) for c, _, _ in usable], weights)
        if factor:
            return f"off by the factor {factor}"
        return self._missing(name, usable) or "differs from the derived one"

    def _other(self, name: str, usable: Sequence[tuple[Arguments, Any, Any]]) -> str:
        for n in self.names:
            if n != name and all(
                (e := self.both(c)[1][n]).shape == a.shape and np.allclose(a, e, rtol=self.rtol, atol=0)
                for c, a, _ in usable
            ):
                return f"this is the derivative by {n}"
        return ""

    def _missing(self, name: str, usable: Sequence[tuple[Arguments, Any, Any]]) -> str:
        """Does the code lack (or double) the part that one term of the objective gives?"""
        root, f = self.f.root, self.f
        if root.op != "add" or name == "value":
            return ""
        (page_name,) = (n for n in f.wrt if f.arguments[n].python == name)
        for term in root.args:
            pieces = gradient(f.graph, term, page_name, f.axes[page_name])
            if not pieces:
                continue
            part = Program("part", f.arguments, f.sizes, (Output("d", pieces, f.axes[page_name], name),))
            values = [part.function(**c) for c, _, _ in usable]
            for sign, word in ((-1, "lacks"), (1, "doubles")):
                changed = [(a, e + sign * v) for (_, a, e), v in zip(usable, values, strict=True)]
                if all(_close(a, e, self.rtol) for a, e in changed):
                    return f"{word} what the term {f.written(term)} gives"
        return ""


def _close(a: Any, b: Any, rtol: float) -> bool:
    """Equal for a diagnosis: looser than for the verdict itself."""
    return np.allclose(a, b, rtol=1e3 * rtol, atol=1e3 * rtol * np.abs(b).max())


_FACTORS: dict[str, Callable[[int], float]] = {
    "-1": lambda n: -1, "2": lambda n: 2, "1/2": lambda n: 1 / 2, "-2": lambda n: -2,
    "-1/2": lambda n: -1 / 2, "N": lambda n: n, "1/N": lambda n: 1 / n, "-N": lambda n: -n,
    "-1/N": lambda n: -1 / n,
}


def _factor(
    usable: Sequence[tuple[Arguments, Any, Any]], rtol: float, sizes: Sequence[int], weights: Sequence[str]
) -> str:
    """-1, 2, N, the mean of the weights .. where found = factor times expected on all data."""
    for text, factor in _FACTORS.items():
        if all(_close(a, e * factor(n), rtol) for (_, a, e), n in zip(usable, sizes, strict=True)):
            return text
    for name in weights:  # divided by N instead of the sum of the weights, or the other way round
        means = [np.mean(c[name]) for c, _, _ in usable]
        if all(_close(a, e * mean, rtol) for (_, a, e), mean in zip(usable, means, strict=True)):
            return f"mean({name})"
        if all(_close(a * mean, e, rtol) for (_, a, e), mean in zip(usable, means, strict=True)):
            return f"1/mean({name})"
    ratios = [a.ravel()[k] / e.ravel()[k] for _, a, e in usable for k in range(e.size)
              if abs(e.ravel()[k]) > 1e-3 * np.abs(e).max() > 0]
    if ratios and np.allclose(ratios, ratios[0], rtol=1e3 * rtol, atol=0) and ratios[0] != 1:
        return f"{ratios[0]:.6g}"
    return ""


def _cases(f: Compiled, domains: Mapping[str, Any], seed: int) -> Iterator[Arguments]:
    """Seeded data of many sizes, then adversarial ones."""
    rng = np.random.default_rng(seed)
    sample = f.sample_size
    for n in (7, 2, 1, 5, 3, 1):
        yield _drawn(f, domains, rng, {sample: n})
    for n in (6, 1):
        case = _drawn(f, domains, rng, {sample: n})
        for a in f.arguments.values():
            value = case[a.python]
            domain = domains.get(a.python, "real")
            if not (isinstance(domain, str) and domain in _FREE):
                continue
            data = a.name not in f.wrt and sample in a.shape
            if data:
                axis = a.shape.index(sample)
                constant = np.broadcast_to(np.take(value, [0], axis), value.shape).copy()
                yield {**case, a.python: constant}
                yield {**case, a.python: 1e4 * value}
                if domain == "real":
                    yield {**case, a.python: np.zeros_like(value)}
                    yield {**case, a.python: np.round(value)}
            else:
                yield {**case, a.python: 30 * value}
                if domain == "real" and a.name in f.wrt:
                    yield {**case, a.python: 0 * value}


def _drawn(f: Compiled, domains: Mapping[str, Any], rng: Any, given: Mapping[str, int]) -> Arguments:
    lengths = {s: given.get(s, 3 + k) for k, s in enumerate(f.sizes)}
    case: Arguments = {}
    for a in f.arguments.values():
        axes = zip(a.shape, a.least, strict=True)
        shape = tuple(lengths[s] if s in lengths else int(s or least) for s, least in axes)
        domain = domains.get(a.python, "real")
        if isinstance(domain, str):
            if domain not in _DOMAINS:
                raise InputError(f"domains: {domain!r} is none of {', '.join(_DOMAINS)}")
            value = _DOMAINS[domain](rng, shape)
        else:
            value = rng.choice(np.asarray(list(domain), float), size=shape)
        case[a.python] = value if shape else float(value)
    return case


def _smallest(check: _Check, failing: Sequence[Arguments]) -> Arguments:
    """Fewer samples and rounder numbers, as long as the case fails."""
    f = check.f
    best = min(failing, key=lambda c: len(_samples(f, c)))
    for one in _samples(f, best):
        if check.wrong(one):
            best = one
            break
    for name in list(best):
        for digits in (0, 1, 2):
            rounder = {**best, name: 0.0 + (np.round(best[name], digits) if np.ndim(best[name])
                                            else round(best[name], digits))}  # 0.0 + -0.0 is 0.0
            if check.wrong(rounder):
                best = rounder
                break
    return best


def _samples(f: Compiled, case: Arguments) -> list[Arguments]:
    """The same arguments with one sample each."""
    rows = {a.python: a.shape.index(f.sample_size) for a in f.arguments.values() if f.sample_size in a.shape}
    if not rows:
        return [case]
    python, axis = next(iter(rows.items()))
    return [
        {k: np.take(v, [n], rows[k]) if k in rows else v for k, v in case.items()}
        for n in range(np.shape(case[python])[axis])
    ]


def _copied(case: Arguments) -> Arguments:
    return {k: np.array(v) if np.ndim(v) else v for k, v in case.items()}


def _array(value: Any) -> Any:
    """A number, list, array or tensor as an array."""
    for method in ("detach", "cpu"):
        if hasattr(value, method):
            value = getattr(value, method)()
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"the gradient code returns {type(value).__name__}, not numbers: {error}") from None


def _short(value: Any) -> str:
    return np.array2string(np.asarray(value), precision=6, separator=", ").replace("\n", "")

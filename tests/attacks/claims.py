"""Random claims under hypotheses, ranges and conditions: is every word of ``symgrad.prove`` true?

A claim is a law, true or nearly true, with random formulas put into it, in a random context.  What is
proved must hold at every drawn point of its conditions, and be said to fail where it fails outside them; the
point of what is refuted must satisfy everything that is given, and the sides must differ there.

    python tests/attacks/claims.py --seed 1 --count 10000
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from mpmath import mp, mpf

sys.path.insert(0, str(Path(__file__).resolve().parent))
from hypotheses import SCENARIOS, Pair, Scenario
from laws import LAWS, SUMS, Maker, contexts
from world import (
    FUNCTIONS,
    Missing,
    Undefined,
    World,
    number,
    plus,
    times,
)

from symgrad import core, prove
from symgrad.errors import SymgradError
from symgrad.kernel.verdict import Assumed, Demand, Verdict

POINTS = 60
SECONDS = 20


def claim(r: Random) -> tuple[Scenario, Pair]:
    scenario = r.choice(SCENARIOS)(r)
    m = Maker(r, r.choice([(), (), ("j",)]))
    if scenario.tempting and r.random() < 0.7:
        pair = r.choice(scenario.tempting)(r)
    elif r.random() < 0.35:
        pair = r.choice(SUMS)(m, r)
    else:
        s, t, u = (m.any(r.choice([1, 2, 2])) for _ in range(3))
        pair = r.choice(LAWS)(s, t, u, r)
    return scenario, contexts(pair, m, r)


def evaluate(t: core.Core, w: World) -> Any:
    """A term of a condition."""
    match t:
        case core.Num(v):
            return mpf(v.numerator) / v.denominator
        case core.Sym(name, "real"):
            return mpf(w.sizes[name]) if name in w.sizes else w.value(str(name))
        case core.Sym(name, _):
            return mpf(w.integer(str(name)))
        case core.Ref(name, indices):
            return w.value(str(name), tuple(int(evaluate(k, w)) for k in indices))
        case core.Add(terms):
            out: Any = mpf(0)
            for k in terms:
                out = plus(out, evaluate(k, w))
            return out
        case core.Mul(factors):
            out = mpf(1)
            for k in factors:
                out = times(out, evaluate(k, w))
            return out
        case core.Div(a, b):
            if (below := evaluate(b, w)) == 0:
                raise Undefined
            return evaluate(a, w) / below
        case core.Pow(a, core.Num(v)) if v.denominator == 1:
            if (base := evaluate(a, w)) == 0 and v < 0:
                raise Undefined
            return base ** int(v)
        case core.Call("max", (a, b)):
            return max(evaluate(a, w), evaluate(b, w))
        case core.Call("min", (a, b)):
            return min(evaluate(a, w), evaluate(b, w))
        case core.Call(
            "exp" | "log" | "sqrt" | "sigma" | "abs" | "relu" | "sign" | "sin" | "cos" | "tanh" as name, (a,)
        ):
            known = {"abs": "|", "relu": r"\operatorname{relu}", "sign": r"\operatorname{sign}"}
            return FUNCTIONS[known.get(name, "\\" + name)](evaluate(a, w))
        case core.Call("step", (a,)):
            return mpf(evaluate(a, w) > 0)
        case core.Sum(body, index, low, high):
            out = mpf(0)
            kept = dict(w.bound)
            for k in range(int(evaluate(low, w)), int(evaluate(high, w)) + 1):
                w.bound[str(index.name)] = k
                out += evaluate(body, w)
            w.bound.clear()
            w.bound.update(kept)
            return out
        case core.Delta(a, b):
            return mpf(evaluate(a, w) == evaluate(b, w))
    raise NotImplementedError(core.text(t))


_SIGNS = {
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}


def satisfied(condition: Any, w: World) -> bool | None:
    """Is a condition satisfied?  None where it is none of the point."""
    match condition:
        case Demand(term, relation):
            return _SIGNS[relation](evaluate(term, w), 0)
        case Assumed(terms, relation):
            values = [evaluate(t, w) for t in terms]
            return all(_SIGNS[relation](a, b) for a, b in pairwise(values))
    return None


def _of_indices(condition: Any) -> bool:
    """Does it say that a free index is in its range?"""
    terms = condition.terms if isinstance(condition, Assumed) else ()
    return any(isinstance(k, core.Sym) and k.sort == "index" for t in terms for k in core.walk(t))


def differ(a: Any, b: Any) -> bool:
    a, b = number(a), number(b)
    return abs(a - b) > mpf(10) ** -20 * (1 + max(abs(a), abs(b)) * mpf(10) ** -5)


def points(scenario: Scenario, pair: Pair, r: Random, count: int) -> Iterator[tuple[World, Any, Any]]:
    """Points of the domain at which the hypotheses hold, with the values of both sides."""
    for _ in range(count):
        w = World(Random(r.random()), r.choice([1, 2, 3, 4]), scenario.rules)
        try:
            a, b = pair[0].at(w), pair[1].at(w)
        except (Undefined, OverflowError, ZeroDivisionError, RecursionError):
            continue
        yield w, a, b


def wrong_proof(verdict: Verdict, scenario: Scenario, pair: Pair, r: Random) -> str:
    exception = getattr(verdict, "exception", None)
    seen = inside = 0
    for w, a, b in points(scenario, pair, r, POINTS):
        seen += 1
        try:
            outside = [c for c in verdict.conditions if satisfied(c, w) is False]
        except (Undefined, NotImplementedError, Missing, TypeError):
            seen -= 1
            continue
        inside += not outside
        if differ(a, b) and not (outside and exception is not None):
            # more digits, before anything is said
            shown = {f"{n}{list(k) or ''}": mp.nstr(v, 5) for (n, k), v in w.values.items()}
            if outside and all(_of_indices(c) for c in outside):
                continue  # said by the condition itself: the index is in its range
            said = f"outside {', '.join(map(str, outside))}, " if outside else ""
            values = " and ".join(mp.nstr(number(v), 12) for v in (a, b))
            return f"fails {said}at {w.sizes} {shown}: {values}"
    if seen > 20 and not inside:
        return f"none of {seen} points satisfies the conditions"
    return ""


def _exact(text: str) -> Any:
    q = Fraction(text)
    return mpf(q.numerator) / q.denominator


def wrong_refutation(verdict: Verdict, scenario: Scenario, pair: Pair) -> str:
    found = verdict.witness
    assert found is not None
    w = World(Random(0), 3, scenario.rules if scenario.defines else {}, fixed=True)
    w.sizes = {k: int(v) for k, v in found.sizes.items()}
    for name, v in found.parameters.items():
        w.values[name, ()] = _exact(v)
    for name, table in found.data.items():
        for at, v in table.items():
            w.values[name, tuple(map(int, at.split(",")))] = _exact(v)
    try:
        a, b = pair[0].at(w), pair[1].at(w)
    except Missing as name:
        return f"the witness does not give {name}"
    except Undefined:
        return "the sides have no value there"
    if any(n.isupper() and k < 1 for n, k in w.sizes.items()):
        return "a size below 1"
    if not _possible(scenario, w):
        return "the point does not satisfy what is given"
    if not differ(a, b):
        return "the sides are equal there"
    return ""


def _possible(scenario: Scenario, w: World) -> bool:
    """Are the hypotheses satisfied, for some N where the witness does not say which?"""
    for n in (None, 1, 2, 3, 4, 5):
        if n is not None:
            w.sizes["N"] = n
        try:
            return scenario.check(w) or (n is not None and n < 5 and _more(scenario, w, n))
        except Missing:
            continue
    return True


def _more(scenario: Scenario, w: World, least: int) -> bool:
    for n in range(least + 1, 6):
        w.sizes["N"] = n
        if scenario.check(w):
            return True
    return False


class TooLong(BaseException):
    pass


def _alarm(*_: Any) -> None:
    raise TooLong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--show", default="", help="print the claims of this status")
    args = parser.parse_args()
    signal.signal(signal.SIGALRM, _alarm)
    counts: Counter[str] = Counter()
    for k in range(args.count):
        r = Random(f"{args.seed}.{k}")
        try:
            scenario, pair = claim(r)
        except RecursionError:
            continue
        problem, lines = "", " ; ".join(scenario.lines)
        signal.alarm(SECONDS)
        verdict = None
        try:
            verdict = prove(pair[0].tex, pair[1].tex, given=list(scenario.lines))
            status = verdict.status
        except SymgradError as error:
            status = type(error).__name__
        except TooLong:
            status, problem = "too long", "too long"
        except Exception as error:
            status, problem = "crash", f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
        counts[status] += 1
        if verdict is not None and status == "proved":
            problem = wrong_proof(verdict, scenario, pair, r)
        elif verdict is not None and status == "refuted":
            problem = wrong_refutation(verdict, scenario, pair)
        elif verdict is not None:
            found = [differ(a, b) for _, a, b in points(scenario, pair, r, 30)]
            kind = "undefined" if not found else "false" if any(found) else "true"
            counts[f"undecided, {kind}"] += 1
            if args.show == kind:
                print(f"{k}: {lines} |- {pair[0].tex} = {pair[1].tex}: {verdict.reason}", flush=True)
        if args.show == status:
            print(f"{k}: {lines} |- {pair[0].tex} = {pair[1].tex}: {verdict}", flush=True)
        if problem:
            counts["WRONG " + status] += 1
            said = ", ".join(verdict.assuming) if verdict else ""
            told = f"; {verdict.witness}" if verdict and verdict.witness else ""
            written = f"[{lines}] {pair[0].tex} = {pair[1].tex}"
            print(f"WRONG {args.seed}.{k} {status} {written} ({said}): {problem}{told}", flush=True)
    print(dict(counts.most_common()))
    return any(k.startswith("WRONG") for k in counts)


if __name__ == "__main__":
    sys.exit(main())

"""The elementary functions: a line each takes a function of the table through everything symgrad does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import mpmath as mp
import numpy as np
import oracle
import pytest
import sympy
from mpmath import mpf

import symgrad
from symgrad import derive, prove
from symgrad.bridge import to_page, to_sympy
from symgrad.checking import result_of
from symgrad.checking.process import Job, Keeper
from symgrad.core import Add, Call, Core, D, Div, Mul, Num, Pow, Sym, rebuild, text, walk
from symgrad.functions import FUNCTIONS, LETTERS, PAGES, WORDS, Z, at
from symgrad.kernel.differentiate import slope
from symgrad.kernel.domain import conditions
from symgrad.latex import read
from symgrad.meaning.judging import prove_nodes
from symgrad.numeric import compile
from symgrad.page.scope import Scope
from symgrad.page.to_latex import to_latex
from symgrad.page.to_text import to_text
from symgrad.page.tree import Call as PageCall
from symgrad.page.tree import Sym as PageSym
from symgrad.prover import judge

ANY = ("-800", "-37", "-3", "-0.7", "-1e-9", "1e-9", "0.3", "2", "25", "760")
SOME = ("-30", "-3", "-0.7", "-1e-3", "1e-3", "0.3", "2", "25")
POSITIVE = ("1e-9", "0.3", "2", "25", "1e6")
UNIT = ("-0.99", "-0.7", "-1e-9", "1e-9", "0.3", "0.9")


@dataclass(frozen=True)
class Line:
    """What a function is in mpmath, what is true of it and what is wrong, and where its code is tried."""

    value: Callable[[Any], Any]
    true: tuple[str, str]
    wrong: tuple[str, str]
    points: tuple[str, ...] = ANY


LINES = {
    "exp": Line(mp.exp, (r"e^x e^y", "e^{x+y}"), (r"e^{2x}", "2 e^x")),
    "log": Line(mp.log, (r"\log x^2", r"2 \log |x|"), (r"\log(x+1)", r"\log x + 1"), POSITIVE),
    "sigma": Line(lambda z: 1 / (1 + mp.exp(-z)), (r"\sigma(-x)", r"1 - \sigma(x)"),
         (r"\sigma'(x)", r"\sigma(x)")),
    "tanh": Line(mp.tanh, (r"\tanh x", r"2\sigma(2x) - 1"), (r"\tanh' x", r"1 - \tanh x")),
    "sinh": Line(mp.sinh, (r"\sinh(2x)", r"2 \sinh x \cosh x"), (r"\sinh' x", r"-\cosh x"), SOME),
    "cosh": Line(mp.cosh, (r"\cosh^2 x - \sinh^2 x", "1"), (r"\cosh(2x)", r"2 \cosh x"), SOME),
    "sin": Line(mp.sin, (r"\sin^2 x + \cos^2 x", "1"), (r"\sin' x", r"-\cos x"), SOME),
    "cos": Line(mp.cos, (r"\cos(2x)", r"2\cos^2 x - 1"), (r"\cos' x", r"\sin x"), SOME),
    "tan": Line(mp.tan, (r"\tan' x", r"\frac{1}{\cos^2 x}"), (r"\tan(2x)", r"2 \tan x"), SOME),
    "sqrt": Line(mp.sqrt, (r"\sqrt{x^2}", "|x|"), (r"\sqrt{x^2}", "x"), POSITIVE),
    "abs": Line(mp.fabs, (r"\operatorname{abs}(x y)", "|x| |y|"), (r"\operatorname{abs}(x)", "x")),
    "sign": Line(mp.sign, (r"x \operatorname{sign}(x)", "|x|"), (r"\operatorname{sign}(x)", "x")),
    "step": Line(lambda z: mpf(z > 0), (r"\mathbb{1}[x > 0] x", r"\max(x, 0)"),
         (r"\mathbb{1}[x > 0] x", "x")),
    "relu": Line(lambda z: max(z, mpf(0)), (r"\operatorname{ReLU}(x)", r"\max(0, x)"),
         (r"\operatorname{relu}(x)", "x")),
    "softplus": Line(lambda z: mp.log(1 + mp.exp(z)),
         (r"\operatorname{softplus}(x) - \operatorname{softplus}(-x)", "x"),
         (r"\operatorname{softplus}(x)", r"\log(2 + e^x)")),
    "sech": Line(mp.sech, (r"\operatorname{sech}^2 x", r"1 - \tanh^2 x"),
         (r"\operatorname{sech}' x", r"\operatorname{sech} x \tanh x")),
    "csch": Line(mp.csch, (r"\operatorname{csch} x", r"\frac{2 e^x}{e^{2x} - 1}"),
         (r"\operatorname{csch} x", r"\frac{1}{\cosh x}"), SOME),
    "coth": Line(mp.coth, (r"\coth^2 x", r"1 + \operatorname{csch}^2 x"), (r"\coth x", r"\tanh x"), SOME),
    "arctan": Line(mp.atan, (r"\arctan(-x)", r"-\arctan x"), (r"\arctan x + \arctan\frac1x", r"\frac\pi2")),
    "arcsin": Line(mp.asin, (r"\arcsin x + \arccos x", r"\frac\pi2"),
         (r"\arcsin' x", r"\frac{1}{\sqrt{1 + x^2}}"), UNIT),
    "arccos": Line(mp.acos, (r"\arccos x + \arccos(-x)", r"\pi"), (r"\arccos x", r"-\arcsin x"), UNIT),
    "arsinh": Line(mp.asinh, (r"\operatorname{arsinh}(\sinh x)", "x"),
         (r"\operatorname{arcsinh} x", r"\frac{1}{\sinh x}")),
    "artanh": Line(mp.atanh, (r"\operatorname{artanh} x", r"\frac12 \log\frac{1+x}{1-x}"),
         (r"\operatorname{arctanh}' x", r"\frac{1}{1+x^2}"), UNIT),
    "erf": Line(mp.erf, (r"\operatorname{erf}'(x)", r"\frac{2}{\sqrt\pi} e^{-x^2}"),
         (r"\operatorname{erf}(-x)", r"\operatorname{erf}(x)")),
    "normcdf": Line(mp.ncdf, (r"\operatorname{Phi}(-x)", r"1 - \operatorname{Phi}(x)"),
         (r"\operatorname{Phi}'(x)", r"\frac{1}{\sqrt{2\pi}} e^{-x^2}")),
    "logit": Line(lambda p: mp.log(p / (1 - p)), (r"\operatorname{logit}(\sigma(x))", "x"),
         (r"\operatorname{logit}(p)", r"\log p"), ("1e-9", "0.3", "0.9", "0.999")),
    "softsign": Line(lambda z: z / (1 + abs(z)), (r"(1 + |x|) \operatorname{softsign}(x)", "x"),
         (r"\operatorname{softsign}'(x)", r"\frac{1}{1 + |x|}")),
    "swish": Line(lambda z: z / (1 + mp.exp(-z)),
         (r"\operatorname{SiLU}(x) + \operatorname{swish}(-x)", r"x \tanh\frac x2"),
         (r"\operatorname{swish}'(x)", r"\sigma(x)")),
    "gelu": Line(lambda z: z * mp.ncdf(z),
         (r"\operatorname{GELU}(x)", r"\frac x2 (1 + \operatorname{erf}(x / \sqrt 2))"),
         (r"\operatorname{GELU}(x)", r"x \sigma(1.702 x)")),
    "log2": Line(lambda z: mp.log(z, 2), (r"\log_2(8 x)", r"3 + \log_2 x"), (r"\log_2 x", r"\log x"),
         POSITIVE),
    "log10": Line(mp.log10, (r"\log_{10} x", r"\frac{\ln x}{\ln 10}"), (r"\log_{10}(2x)", r"2 \log_{10} x"),
         POSITIVE),
    "log1p": Line(lambda z: mp.log(1 + z), (r"\operatorname{log1p}(\operatorname{expm1}(x))", "x"),
         (r"\operatorname{log1p}(x)", r"\log x"), ("-0.9", *POSITIVE)),
    "expm1": Line(mp.expm1, (r"\operatorname{expm1}(-x)", r"-\frac{\operatorname{expm1}(x)}{e^x}"),
         (r"\operatorname{expm1}(x)", r"e^{x-1}")),
    "sinc": Line(lambda z: mp.sin(z) / z, (r"\operatorname{sinc}(2x)", r"\operatorname{sinc}(x) \cos x"),
         (r"\operatorname{sinc}(x)", r"\frac{\sin(\pi x)}{\pi x}"), ("-30", "-3", "-0.7", "0.3", "2", "25")),
}  # fmt: skip
WRITTEN = [name for name, row in FUNCTIONS.items() if row.spellings]
SLOPED = [name for name in WRITTEN if FUNCTIONS[name].derivative != "0"]
X = PageSym("x")


def test_every_function_has_its_line() -> None:
    assert LINES.keys() == FUNCTIONS.keys()


def applied(name: str) -> str:
    page = FUNCTIONS[name].page
    return f"{page}{{w + x}}" if name == "sqrt" else f"{page}(w + x)"


# --- the columns -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_judge_proves_the_columns_from_the_meaning(name: str) -> None:
    row, line = FUNCTIONS[name], LINES[name]
    call = Call(name, (Z,))
    assert judge(call, row.meant).status == "proved"
    assert judge(D(call, Z), slope(row)).status == "proved"
    if row.meaning:
        assert judge(D(row.meant, Z), slope(row)).status == "proved"
    if row.odd:
        minus = Mul((Num(Fraction(-1)), call))
        assert judge(at(call, Mul((Num(Fraction(-1)), Z))), minus).status == "proved"
    for point in line.points:
        value, derivative = line.value(mpf(point)), mp.diff(line.value, mpf(point), h=mpf(10) ** -40)
        if row.bounds is not None:
            low, high = (mpf(end.numerator) / end.denominator if isinstance(end, Fraction) else end
                         for end in row.bounds)
            assert low <= value <= high
        here = oracle.Point(0)
        here.values["z"] = mpf(point)
        assert abs(here.value(row.meant) - value) <= mpf(10) ** -60 * (1 + abs(value))
        assert abs(here.value(slope(row)) - derivative) <= mpf(10) ** -20 * (1 + abs(derivative))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_value_where_its_domain_says(name: str) -> None:
    row = FUNCTIONS[name]
    demanded = conditions(Call(name, (Z,)), ())
    assert row.total == (not demanded), demanded
    for n in range(-9, 10):
        point = oracle.Point(0)
        point.values["z"] = mpf(n) / 4
        try:
            here = mp.isfinite(LINES[name].value(mpf(n) / 4)) and mp.im(LINES[name].value(mpf(n) / 4)) == 0
        except (ZeroDivisionError, ValueError):
            here = False
        try:
            assert mp.isfinite(point.value(row.meant)) == here
        except (ZeroDivisionError, oracle.Undefined):
            assert not here
        if row.demands is not None and name not in ("sign", "step"):
            signs = [(point.value(t), relation) for t, relation in row.demands]
            assert here == all({">": v > 0, ">=": v >= 0, "!=": v != 0}[r] for v, r in signs), n


# --- read, printed, proved, refuted ------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITTEN)
def test_a_function_is_read_and_printed(name: str) -> None:
    row = FUNCTIONS[name]
    for page in row.spellings:
        node = PageCall(PageSym(page), (X,))
        if page != r"\operatorname{sigmoid}":
            assert read(to_latex(node)) == node
        assert to_text(node)
    for word in WORDS:
        if PAGES[WORDS[word]] is row:
            for text in (rf"\operatorname{{{word}}}(x)", rf"\mathrm{{{word}}}(x)", rf"\text{{{word}}} (x)"):
                assert prove_nodes(read(text), PageCall(PageSym(row.page), (X,)), Scope()).status == "proved"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_true_is_proved_and_what_is_wrong_refuted(name: str) -> None:
    line = LINES[name]
    assert prove(*line.true).status == "proved"
    verdict = prove(*line.wrong)
    assert verdict.status == "refuted" and verdict.witness is not None


def test_a_document_is_checked() -> None:
    with Keeper() as keeper:
        for line in LINES.values():
            for (lhs, rhs), verdict in ((line.true, "proved"), (line.wrong, "refuted")):
                document = f"$$ f(x, y, p) = 3 - x \\cdot ({lhs}) = 3 - x \\cdot ({rhs}) $$"
                steps = result_of(keeper, Job("notes.md", document, "md", "", False)).steps()
                assert [step.verdict for step in steps] == [None, verdict], document


@pytest.mark.parametrize("name", SLOPED)
def test_a_function_is_derived_line_by_line(name: str) -> None:
    found = derive(applied(name).replace("w + x", "w"), "w")
    assert found.steps[0].rule == "elementary derivative"
    assert {verdict.status for verdict in found.verdicts()} == {"proved"}
    assert found.latex() and str(found)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_function_goes_to_sympy_and_back(name: str) -> None:
    row, theta = FUNCTIONS[name], sympy.Symbol("x", real=True)
    node = PageCall(PageSym(row.page), (X,))
    expr = to_sympy(node, symbols={"x": theta})
    assert prove_nodes(to_page(expr), node, Scope()).status == "proved"
    if row.sympy:
        assert isinstance(expr, getattr(sympy, row.sympy))
    elif name not in ("sigma", "sqrt"):
        assert to_page(sympy.Function(name)(theta)) == node


# --- code ----------------------------------------------------------------------------------------------


def close(found: Any, exact: Any) -> bool:
    return bool(abs(mpf(float(found)) - exact) <= 2e-13 * abs(exact) + mpf(10) ** -290)


@pytest.mark.parametrize("name", SLOPED)
def test_the_code_of_a_function_is_right_to_the_last_digits(name: str, monkeypatch: Any) -> None:
    line = LINES[name]
    f = compile(applied(name), "w", "x", mean=False)
    assert f.verdict
    plain = SimpleNamespace(njit=lambda *fn, **_: fn[0] if fn else lambda g: g)
    monkeypatch.setitem(sys.modules, "numba", plain)
    space: dict[str, Any] = {}
    exec(f.loop, space)
    for point in line.points:
        z = mpf(float(point))
        value, derivative = line.value(z), mp.diff(line.value, z, h=mpf(10) ** -40)
        if abs(value) > 1e300 or abs(derivative) > 1e300:
            continue
        data = {"x": np.array([float(point)]), "w": 0.0}
        with np.errstate(over="ignore", under="ignore"):
            looped = space["loss_and_gradient"](**data)
        for result, slopes in (f(**data), looped):
            assert close(result, value), (point, result, value)
            assert close(slopes[0], derivative), (point, slopes[0], derivative)
        many = f(x=np.full(40_000, float(point)), w=0.0)
        assert close(many.value / 40_000, value)


def test_the_loops_under_numba() -> None:
    pytest.importorskip("numba")
    names = [name for name in SLOPED if FUNCTIONS[name].total and name != "sqrt"]
    f = compile(" + ".join(map(applied, names)), "w", "x", mean=False)
    space: dict[str, Any] = {}
    exec(f.loop, space)
    data = {"x": np.array([-3.0, -0.5, 0.2, 1.7]), "w": 1.1}
    value, (slopes,) = space["loss_and_gradient"](**data)
    np.testing.assert_allclose(value, f(**data).value, rtol=1e-12)
    np.testing.assert_allclose(slopes, f(**data).gradient[0], rtol=1e-12)


# --- attacks -------------------------------------------------------------------------------------------


def term(rng: Random, depth: int) -> Core:
    """A random term with functions of the table inside each other."""
    if depth == 0:
        return rng.choice([Sym("x"), Sym("x"), Sym("y"), Num(Fraction(rng.randint(1, 3), rng.randint(1, 3)))])
    match rng.randrange(5):
        case 0:
            return Add((term(rng, depth - 1), term(rng, depth - 1)))
        case 1:
            return Mul((term(rng, depth - 1), term(rng, depth - 1)))
        case 2:
            return Div(term(rng, depth - 1), Add((Num(Fraction(2)), Pow(term(rng, 0), Num(Fraction(2))))))
    return Call(rng.choice([*FUNCTIONS]), (term(rng, depth - 1),))


def changed(t: Core, rng: Random) -> Core:
    """The term with one of its functions exchanged for another."""
    calls = [k for k in walk(t) if isinstance(k, Call)]
    chosen = rng.choice(calls)
    other = Call(rng.choice([*FUNCTIONS]), chosen.args)

    def go(k: Core) -> Core:
        return other if k is chosen else rebuild(k, go)

    return go(t)


@pytest.mark.parametrize("seed", range(120))
def test_no_verdict_on_random_terms_is_wrong(seed: int) -> None:
    rng = Random(seed)
    t = term(rng, 3)
    while not any(isinstance(k, Call) for k in walk(t)):
        t = term(rng, 3)
    meant = unfolded(t)
    claims = [(t, meant, True), (D(t, Sym("x")), D(meant, Sym("x")), True), (t, changed(t, rng), False),
              (D(t, Sym("x")), Mul((Num(Fraction(rng.choice([-1, 2]))), D(t, Sym("x")))), False)]
    for lhs, rhs, true in claims:
        verdict = judge(lhs, rhs, fuel=100_000)
        assert oracle.audit(lhs, rhs, verdict) == "", (text(lhs), text(rhs), verdict)
        assert not (true and verdict.status == "refuted"), (text(lhs), text(rhs), verdict)


def unfolded(t: Core) -> Core:
    """The term in primitives."""
    t = rebuild(t, unfolded)
    row = FUNCTIONS.get(t.fn) if isinstance(t, Call) else None
    return unfolded(at(row.meant, t.args[0])) if row is not None and row.meaning else t


@pytest.mark.parametrize(("lhs", "rhs", "status"), [
    (r"\sin(\arcsin x)", "x", "proved"),
    (r"\cos(\arcsin x)", r"\sqrt{1 - x^2}", "proved"),
    (r"\cos(\arcsin x)", r"-\sqrt{1 - x^2}", "refuted"),
    (r"\tan(\arctan x)", "x", "proved"),
    (r"\cos(\arctan x)", r"-\frac{1}{\sqrt{1 + x^2}}", "refuted"),
    (r"\cos(3 \arccos x)", "4 x^3 - 3 x", "proved"),
    (r"\cos(3 \arccos x)", "3 x - 4 x^3", "refuted"),
    (r"\arctan(\tan x)", "x", "refuted"),
    (r"\arcsin(\sin x)", "x", "refuted"),
])  # fmt: skip
def test_sines_of_their_inverses(lhs: str, rhs: str, status: str) -> None:
    assert prove(lhs, rhs).status == status


@pytest.mark.parametrize(("lhs", "rhs"), [
    (r"\arcsin(x^2 + 2)", r"\arcsin(x^2 + 2)"),
    (r"\operatorname{artanh}(1 + x^2)", r"2 \operatorname{artanh}(1 + x^2)"),
    (r"\operatorname{logit}(1 + e^x)", "0"),
])  # fmt: skip
def test_a_domain_without_a_point_proves_nothing(lhs: str, rhs: str) -> None:
    assert prove(lhs, rhs).status == "undecided"


# --- one row is enough -----------------------------------------------------------------------------------

ROW = '    Function("gd", meaning="2*arctan(tanh(z/2))"),\n'
USE = r'''
import sys
import numpy as np
import sympy
from symgrad import derive, prove
from symgrad.bridge import to_page, to_sympy
from symgrad.latex import read
from symgrad.numeric import compile
from symgrad.page.to_latex import to_latex
from symgrad.reporting.markup import condition

gd = read(r"\operatorname{gd}(x)")
assert read(to_latex(gd)) == gd
assert prove(r"\operatorname{gd}(x)", r"2 \arctan(\tanh\frac x2)").status == "proved"
assert prove(r"\operatorname{gd}' (x)", r"\operatorname{sech} x").status == "proved"
assert prove(r"\operatorname{gd}(x)", r"\operatorname{sech} x").status == "refuted"
found = derive(r"\operatorname{gd}(w x)", "w")
assert {v.status for v in found.verdicts()} == {"proved"} and "gd" in found.latex()
assert to_page(sympy.Function("gd")(sympy.Symbol("x", real=True))) == gd
assert to_sympy(gd, symbols={"x": sympy.Symbol("x", real=True)}).has(sympy.atan)
assert condition("gd(x) != 0") == r"\operatorname{gd}(x) \neq 0"
f = compile(r"\operatorname{gd}(w x)", "w", "x")
x = np.array([-40.0, -0.5, 2.0])
assert f.verdict
np.testing.assert_allclose(f(x=x, w=1.0).value, np.mean(2 * np.arctan(np.tanh(x / 2))), rtol=1e-14)
np.testing.assert_allclose(f(x=x, w=1.0).gradient[0], np.mean(x / np.cosh(x)), rtol=1e-12)
assert "arctan" in f.loop
'''


def test_a_function_is_one_row(tmp_path: Path) -> None:
    package = tmp_path / "symgrad"
    shutil.copytree(Path(symgrad.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    table = package / "functions.py"
    end = ')  # fmt: skip\n"""By the name in core terms."""'
    source = table.read_text(encoding="utf-8")
    assert source.count(end) == 1
    table.write_text(source.replace(end, ROW + end), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", USE], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
                          capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_letter_is_no_function() -> None:
    assert not {page for page in PAGES if page in LETTERS} - {r"\sigma"}
    assert prove(r"\Phi(-x)", r"1 - \Phi(x)").status != "proved"

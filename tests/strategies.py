"""Hypothesis strategies: pages in the form in which the reader gives them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from symgrad.page.scope import Kind, Scope
from symgrad.page.tree import (
    Abs,
    Add,
    Call,
    Cases,
    Chain,
    Component,
    Derivative,
    Dots,
    EntrywiseQuotient,
    Evaluated,
    Frac,
    Gradient,
    Hadamard,
    Indexed,
    Indicator,
    Inner,
    Matrix,
    Mul,
    Neg,
    Node,
    Norm,
    Num,
    Pow,
    Prime,
    Prod,
    Relation,
    Sum,
    Sym,
    Transpose,
    walk,
)

NAMES = (
    "x", "y", "w", "m", "N", "e", "d", "f", "E", "L", r"\theta", r"\sigma", r"\Delta", r"\hat{y}", r"\bar{x}",
    r"\mathbf{w}",
    r"\hat{\mathbf{y}}", r"\boldsymbol{\beta}", r"\mathcal{L}", r"\mathrm{MSE}", r"\ell", r"\pi",
)  # fmt: skip
FUNCTIONS = (
    "f", "g", "h", r"\ell", r"\mathcal{L}", r"\mathrm{loss}", r"\exp", r"\log", r"\sigma", r"\tanh", r"\sqrt",
    r"\max", r"\operatorname{tr}", r"\operatorname{softmax}", r"\mathbb{E}",
)  # fmt: skip
INDICES = tuple(Sym(c) for c in "ijk")

names = st.sampled_from(NAMES).map(Sym)
numbers = st.one_of(
    st.integers(0, 99).map(Num),
    st.integers(0, 9999).map(lambda n: Num(Fraction(n, 100), 2)),
)
entries = st.one_of(
    st.sampled_from(INDICES),
    st.integers(0, 10).map(Num),
    st.builds(lambda i, n: Add((i, Neg(Num(n)))), st.sampled_from(INDICES), st.integers(1, 3)),
    st.just(Sym(r"\text{new}")),
    st.just(Sym(r"\theta")),
)
rows = st.lists(entries, min_size=1, max_size=2).map(tuple)
bases = names.filter(lambda s: s.name != "e")  # e^{(2)} is a power
indexed = st.one_of(
    st.builds(Indexed, names, rows),
    st.builds(Indexed, bases, st.one_of(st.just(()), rows), rows, st.sampled_from(["()", "[]"])),
    st.builds(Indexed, bases, st.one_of(st.just(()), rows), st.just((Sym("*"),)), st.just("")),
)
primed = st.builds(Prime, st.one_of(names, indexed), st.integers(1, 2))
atoms = st.one_of(names, names, indexed, numbers, primed)
variables = st.one_of(names, indexed)
OPERATORS = ("=", "!=", "<", "<=", ">", ">=", "~", "approx", ":=", "equiv", "to", "propto", "gets")


def _several(inner: st.SearchStrategy[Node], low: int = 2) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(inner, min_size=low, max_size=3).map(tuple)


def relations(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Relation]:
    return st.builds(Relation, inner, st.sampled_from(OPERATORS), inner)


def _extend(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    index = st.sampled_from(INDICES)
    signs = st.sampled_from([Sum, Prod])
    functions = st.sampled_from(FUNCTIONS).map(Sym)
    own = st.sampled_from(["f", "g", r"\ell"]).map(Sym)
    return st.one_of(
        st.builds(Add, _several(inner)),
        st.builds(Neg, inner),
        st.builds(Mul, _several(inner)),
        st.builds(Mul, _several(inner)),
        st.builds(Hadamard, _several(inner)),
        st.builds(EntrywiseQuotient, inner, inner),
        st.builds(Frac, inner, inner),
        st.builds(Pow, inner, inner.filter(lambda n: n != Sym(r"\mathrm{MSE}"))),  # x^{\text{..}} is a label
        st.builds(lambda fn, a: Call(fn, (a,)), functions, inner),
        st.builds(Call, own | st.builds(Prime, own) | st.builds(Indexed, own, rows), _several(inner, 1)),
        st.builds(lambda a, b: Call(Sym(r"P(\cdot\mid\cdot)"), (a, b)), inner, inner),
        st.builds(lambda a: Call(Sym("!"), (a,)), inner),
        st.builds(lambda a, b: Call(Sym(r"\binom"), (a, b)), inner, inner),
        st.builds(lambda s, b, i: s(b, i), signs, inner, index),
        st.builds(lambda s, b, i, n: s(b, i, Num(1), n), signs, inner, index, inner),
        st.builds(lambda s, b, i, j: s(b, i, None, None, Relation(i, "!=", j)), signs, inner, index, names),
        st.builds(lambda s, b, i, r: s(b, i, None, None, r), signs, inner, index, relations(inner)),
        st.builds(
            lambda b, by, style, d: Derivative(b, tuple(by), style, d),
            inner,
            st.lists(st.tuples(variables, st.integers(1, 2)), min_size=1, max_size=2),
            st.sampled_from(["operator", "fraction"]),
            st.sampled_from([r"\partial", "d"]),
        ),
        st.builds(Gradient, inner, st.one_of(st.none(), variables), st.integers(1, 2)),
        st.builds(Transpose, inner.filter(lambda n: not isinstance(n, Num))),
        st.builds(Norm, inner, st.sampled_from([None, Num(2), Sym("F"), Sym("p")])),
        st.builds(Abs, inner),
        st.builds(Inner, inner, inner),
        st.builds(Component, inner, rows),
        st.builds(Indicator, relations(inner)),
        st.builds(lambda v, c, w: Cases(((v, c), (w, None))), inner, relations(inner), inner),
        st.builds(lambda a, b: Matrix(((a, b), (b, Dots()))), inner, inner),
        st.builds(lambda a, b: Matrix(((a,), (b,))), inner, inner),
        st.builds(lambda b, v, p: Evaluated(b, Relation(v, "=", p)), inner, variables, inner),
    )


expressions: st.SearchStrategy[Node] = st.recursive(atoms, _extend, max_leaves=12)
"""Any page that is no relation."""

pages: st.SearchStrategy[Node] = st.one_of(
    expressions,
    relations(expressions),
    st.builds(
        lambda a, o, b, p, c: Chain(a, ((o, b), (p, c))),
        expressions, st.sampled_from(OPERATORS), expressions, st.sampled_from(OPERATORS), expressions,
    ),
)  # fmt: skip


def scope_of(page: Node) -> Scope:
    """A scope in which everything that ``page`` applies to arguments is a function."""
    scope = Scope()
    for node in walk(page):
        if isinstance(node, Call):
            fn: Node = node.fn
            while isinstance(fn, Prime | Indexed):
                fn = fn.fn if isinstance(fn, Prime) else fn.base
            if isinstance(fn, Sym):
                scope = scope.declare(fn.name, Kind(role="function"))
    return scope

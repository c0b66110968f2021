"""The scope: a value; the latest definition of a pattern counts, other patterns of a name stay."""

from __future__ import annotations

from symgrad.latex import read
from symgrad.page.scope import Definition, Kind, Macro, Scope
from symgrad.page.tree import Relation, Sym

a, b, i, t = map(Sym, "abit")


def test_a_scope_is_a_value() -> None:
    scope = Scope()
    scope.define(Definition("f", a)), scope.declare("f", Kind()), scope.assume(Relation(a, ">", b))
    assert scope == Scope()


def test_the_latest_definition_of_a_pattern_counts_and_other_patterns_stay() -> None:
    first, entry, second = Definition("f", a), Definition("f", t, lower=(i,)), Definition("f", b)
    scope = Scope().define(first).define(entry).define(second)
    assert scope.definitions["f"] == (second, entry)


def test_a_function_is_what_is_declared_one_or_defined_with_arguments() -> None:
    scope = Scope().define(Definition("f", t, params=(t,))).define(Definition("a", b))
    scope = scope.declare("g", Kind(role="function"))
    assert [scope.is_function(name) for name in "fgab"] == [True, True, False, False]


def test_a_macro_is_known_with_its_backslash() -> None:
    scope = Scope().with_macro("half", Macro(1, r"\frac{#1}{2}"))
    assert scope.macros.keys() == {"\\half"}
    assert read(r"\half{a}", scope) == read(r"\frac{a}{2}")

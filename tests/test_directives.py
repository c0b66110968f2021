"""Directive lines: what each form puts into the scope, and errors that point into the line."""

from __future__ import annotations

import pytest

from symgrad.errors import ReadError, UnknownMeaning
from symgrad.latex import read
from symgrad.meaning.directives import read_directive, read_directives
from symgrad.meaning.judging import prove_nodes
from symgrad.page.scope import Scope
from symgrad.page.tree import Add, Indexed, Mul, Num, Relation, Sym


def test_a_definition_with_an_argument() -> None:
    scope = read_directive(r"let f(x) = m x + b", Scope())
    (d,) = scope.definitions["f"]
    assert d.params == (Sym("x"),)
    assert d.body == Add((Mul((Sym("m"), Sym("x"))), Sym("b")))
    assert scope.is_function("f")


@pytest.mark.parametrize(
    ("line", "lower", "upper"),
    [
        (r"let z_{ij} = a_i b_j", ("i", "j"), ()),
        (r"let z^{(i)} = w x^{(i)}", (), ("i",)),
        (r"let z^{[l]}_j = b^{[l]}_j", ("j",), ("l",)),
        (r"let E^q = \sum_j t_{qj}", (), ("q",)),
    ],
)
def test_placeholders(line: str, lower: tuple[str, ...], upper: tuple[str, ...]) -> None:
    scope = read_directive(line, Scope())
    ((d,),) = scope.definitions.values()
    assert d.lower == tuple(map(Sym, lower))
    assert d.upper == tuple(map(Sym, upper))


def test_a_superscript_that_marks_an_index_marks_it_everywhere() -> None:
    scope = read_directives([r"let E_k = \sum_j (\hat{y}_j^k - y_j^k)^2", r"let \hat{y}_j^k = f(\beta_j)"])
    assert read(r"\hat{y}_j^k", scope) == Indexed(Sym(r"\hat{y}"), (Sym("j"),), (Sym("k"),), "")


def test_functions_are_known_before_bodies_are_read() -> None:
    scope = read_directives([r"let J(\theta) = \sum_i (y_i - R(x_i))^2", r"let R(x) = \theta x"])
    assert read("R(x_i)", scope) == read("R(x_i)", read_directive("let R(x) = x", Scope()))


@pytest.mark.parametrize(
    ("line", "name", "shape", "arity"),
    [
        (r"let w \in \mathbb{R}^d", "w", ("d",), 0),
        (r"let X \in \mathbb{R}^{n \times d}", "X", ("n", "d"), 0),
        (r"let x_i \in \mathbb{R}^d", "x", ("d",), 1),
        (r"let \mathbf{x}^{(i)} \in \mathbb{R}^{d}", r"\mathbf{x}", ("d",), 1),
        (r"let \sigma \in \mathbb{R}", r"\sigma", (), 0),
    ],
)
def test_kinds(line: str, name: str, shape: tuple[str, ...], arity: int) -> None:
    kind = read_directive(line, Scope()).kinds[name]
    assert (kind.shape, kind.arity, kind.role) == (tuple(map(Sym, shape)), arity, "real")


def test_labelled_quantities_have_kinds_of_their_own() -> None:
    scope = read_directives([r"let W_o \in \mathbb{R}^{h \times k}", r"let W_h \in \mathbb{R}^{d \times h}"])
    assert scope.kinds["W_{o}"].shape == (Sym("h"), Sym("k"))
    assert scope.kinds["W_{h}"].shape == (Sym("d"), Sym("h"))


def test_sizes_compose() -> None:
    scope = read_directive(r"let A \in \mathbb{R}^{(d+1) \times 3}", Scope())
    assert scope.kinds["A"].shape == (Add((Sym("d"), Num(1))), Num(3))


def test_an_index_with_its_range() -> None:
    kind = read_directive(r"let i \in \{1,\dots,N\}", Scope()).kinds["i"]
    assert (kind.role, kind.lower, kind.upper) == ("index", Num(1), Sym("N"))


def test_a_size() -> None:
    assert read_directive(r"let N \in \mathbb{N}", Scope()).kinds["N"].role == "size"


def test_positive_reals_are_also_assumed_positive() -> None:
    scope = read_directive(r"let a \in \mathbb{R}_{>0}", Scope())
    assert scope.assumptions == (Relation(Sym("a"), ">", Num(0)),)


def test_nabla() -> None:
    assert read_directive(r"let \nabla = \nabla_{w}", Scope()).nabla == (Sym("w"),)


def test_dependences() -> None:
    scope = read_directives([r"let L = L(Z)", r"let h_t = h_t(w, x_t)"])
    assert scope.kinds["L"].rests == (Sym("Z"),)
    # Its own index is numbered, so that h_s rests on x_s.
    assert scope.kinds["h"].rests == (Sym("w"), Indexed(Sym("x"), (Sym("#0"),)))


def test_a_macro_of_the_author() -> None:
    scope = read_directives([r"let \bx = \mathbf{x}", r"let \pd{a}{b} = \frac{\partial a}{\partial b}"])
    assert read(r"\bx", scope) == Sym(r"\mathbf{x}")
    assert read(r"\pd{L}{w}", scope) == read(r"\frac{\partial L}{\partial w}")


def test_entrywise_functions() -> None:
    assert read_directive(r"let \phi(\mathbf{z})_i = \phi(z_i)", Scope()).kinds[r"\phi"].entrywise


def test_a_name_that_is_itself_says_nothing() -> None:
    assert read_directive(r"let \hat{y_k} = \hat{y}_k", Scope()) == Scope()


def test_hypotheses() -> None:
    scope = read_directives([r"assume \sum_k y_k = 1", r"assume y \in \{0, 1\}", r"assume 0 < c < 1"])
    assert [r.op for r in scope.assumptions] == ["=", "in", "<", "<"]


@pytest.mark.parametrize(
    ("line", "error", "column"),
    [
        ("define x = 1", ReadError, 1),
        (r"let f(x) = \foo x", ReadError, 12),
        (r"let x", ReadError, 5),
        (r"let x \in \mathbb{S}^2", UnknownMeaning, 11),
        (r"assume x + 1", ReadError, 8),
    ],
)
def test_errors_point_into_the_line(line: str, error: type[Exception], column: int) -> None:
    with pytest.raises(error) as caught:
        read_directive(line, Scope())
    assert caught.value.span is not None  # type: ignore[attr-defined]
    assert caught.value.span.start + 1 == column  # type: ignore[attr-defined]


def test_a_command_that_stands_for_an_expression_is_a_name_and_loses_no_parentheses() -> None:
    lines = [r"let \ev = \yv - 2 \wv", r"let \yv \in \mathbb{R}^n", r"let \wv \in \mathbb{R}^n"]
    scope = read_directives(lines)
    assert proves(r"-\ev", r"2 \wv - \yv", scope)
    assert not proves(r"-\ev", r"-\yv - 2 \wv", scope)
    scope = read_directives([r"let \pr = a b"])
    assert proves(r"\pr^2", "a^2 b^2", scope)
    assert proves(r"2 \up{x}", "2 x + 2", read_directives([r"let \up{a} = a + 1"]))


def test_a_command_for_another_name_or_a_notation_stays_text() -> None:
    scope = read_directives([r"let \bx = \mathbf{x}", r"let \pd{f}{x} = \frac{\partial f}{\partial x}"])
    assert read(r"\bx_i", scope) == read(r"\mathbf{x}_i")
    assert proves(r"\pd{y^2}{y}", "2 y", scope)
    assert proves(r"\pd{}{y} (y^2)", "2 y", scope)


def test_the_argument_of_a_command_stands_open_and_is_asked_for_parentheses() -> None:
    scope = read_directives([r"let \sq{a} = a^2"])
    assert proves(r"\sq{(x + y)}", "x^2 + 2 x y + y^2", scope)
    with pytest.raises(ReadError):
        read(r"\sq{x + y}", scope)


def test_what_goes_with_an_index_stays_text_in_parentheses() -> None:
    scope = read_directives([r"let \gap = t^{(i)} - v^{(i)}"])
    assert proves(r"\sum_{i=1}^n -\gap", r"\sum_{i=1}^n (v^{(i)} - t^{(i)})", scope)
    scope = read_directives([r"let \of{a} = \langle a \rangle", r"let p, q \in \mathbb{R}^n"])
    assert proves(r"\of{p, q}", "p^T q", scope)


def proves(lhs: str, rhs: str, scope: Scope) -> bool:
    return prove_nodes(read(lhs, scope), read(rhs, scope), scope).status == "proved"

"""What names and indices stand for: sizes, labels, ranges."""

from __future__ import annotations

import pytest

from symgrad.errors import UnknownMeaning
from symgrad.latex import read
from symgrad.meaning.directives import read_directives
from symgrad.meaning.ranges import Generic, Range
from symgrad.meaning.survey import Survey
from symgrad.meaning.survey import survey as survey_of
from symgrad.page.indexed import Place
from symgrad.page.tree import Num, Sym


def survey(text: str, *lines: str) -> Survey:
    scope = read_directives(lines)
    return survey_of(scope, (read(text, scope),))


def test_what_bounds_a_sum_is_a_size() -> None:
    assert survey(r"\frac{1}{N} \sum_{i=1}^N x_i").sizes == {"N"}
    assert survey(r"X w", r"let X \in \mathbb{R}^{n \times d}").sizes == {"n", "d"}


def test_the_index_of_a_size_is_no_size() -> None:
    assert survey(r"\sum_{j=1}^{s_l} a_j").sizes == frozenset()


def test_an_unbounded_sum_runs_as_far_as_another_over_the_same_place() -> None:
    s = survey(r"\sum_k y_k - \sum_{j=1}^K y_j")
    assert s.ranges.at(Place("y", (), 0, 0)) == Range(Num(1), Sym("K"))


def test_a_declared_size_bounds_the_sum() -> None:
    s = survey(r"\sum_k w_k", r"let w \in \mathbb{R}^d")
    assert s.ranges.at(Place("w", (), 0, 0)) == Range(Num(1), Sym("d"))


def test_layers_have_ranges_of_their_own() -> None:
    lines = (r"let W^{(1)} \in \mathbb{R}^{h \times d}", r"let W^{(2)} \in \mathbb{R}^{k \times h}")
    s = survey(r"\sum_i W^{(1)}_{ij} + \sum_i W^{(2)}_{ij}", *lines)
    assert s.ranges.at(Place("W", ("1",), 1, 1)) == Range(Num(1), Sym("h"))
    assert s.ranges.at(Place("W", ("2",), 1, 1)) == Range(Num(1), Sym("k"))


def test_a_range_that_nothing_bounds_is_generic() -> None:
    assert isinstance(survey(r"\sum_k y_k").ranges.at(Place("y", (), 0, 0)), Generic)


def test_two_ranges_for_one_place_are_a_puzzle() -> None:
    s = survey(r"\sum_{k=1}^K y_k + \sum_{k=1}^M y_k + \sum_k y_k")
    with pytest.raises(UnknownMeaning, match="several"):
        s.ranges.at(Place("y", (), 0, 0))


def test_a_part_of_a_range_does_not_tell_the_whole() -> None:
    s = survey(r"\sum_{k=2}^K y_k + \sum_k y_k")
    with pytest.raises(UnknownMeaning, match="declare its range"):
        s.ranges.at(Place("y", (), 0, 0))


@pytest.mark.parametrize(
    ("text", "lines", "labels"),
    [
        (r"h_\theta(x_i)", (r"let h_\theta(x) = \theta x",), {r"\theta"}),
        (r"W_o h", (r"let W_o \in \mathbb{R}^{k \times h}", r"let W_h \in \mathbb{R}^{h \times d}"), {"o"}),
        (r"Z_O + H", (), {"O"}),
        (r"v_b + b_b", (r"let v_b = \sum_c W_{cb} h_c + b_b",), set()),
        (r"x_N", (r"let i \in \{1, \dots, N\}",), set()),
    ],
)
def test_labels(text: str, lines: tuple[str, ...], labels: set[str]) -> None:
    s = survey(text, *lines)
    assert s.labels & {r"\theta", "o", "O", "b", "N"} == labels


def test_a_word_is_a_label() -> None:
    assert survey_of(read_directives([]), ()).is_label(Sym(r"\mathrm{new}"))

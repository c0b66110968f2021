"""The library: every problem says the same on its page and in SymPy; unknown names list the known ones."""

from __future__ import annotations

import pytest

from symgrad.errors import InputError
from symgrad.losses.library import LOSSES, MODELS, PROBLEMS, problem
from symgrad.meaning.judging import prove_nodes
from symgrad.page.to_latex import to_latex
from symgrad.page.tree import Call, Sym


@pytest.mark.parametrize("name", PROBLEMS)
def test_page_and_sympy_say_the_same(name: str) -> None:
    for objective in (PROBLEMS[name](), PROBLEMS[name]().sum(), PROBLEMS[name]().at_mean()):
        from symgrad.bridge import to_page

        assert prove_nodes(objective.page, to_page(objective.unfolded), objective.scope)


def test_the_arguments_of_a_function_stand_behind_its_parameters() -> None:
    (left, right), *_ = problem("unit", "sigmoid", "squared").written
    assert left == Call(Sym("f"), (Sym("t"),)) and to_latex(right) == r"\sigma(w t + b)"


def test_unknown_names_of_the_library_list_the_known_ones() -> None:
    with pytest.raises(InputError, match="no 'plane'; there are line"):
        problem("p", "plane", "squared")
    assert {"line", "sigmoid"} <= MODELS.keys() and {"squared", "cross-entropy"} <= LOSSES.keys()

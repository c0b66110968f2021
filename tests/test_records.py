"""Records behave as the frozen dataclasses that they stand for."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from symgrad.page import Mul, Neg, Node, Num, Sum, Sym
from symgrad.records import field, record, replace


@record
class Base:
    mark: int | None = field(default=None, compare=False, repr=False, kw_only=True)


@record
class Pair(Base):
    left: object
    right: object = 1
    more: list[int] = field(default_factory=list)


@record
class Half(Pair):
    pass


@record(frozen=False)
class Open:
    name: str
    seen: list[int] = field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class TwinBase:
    mark: int | None = dataclasses.field(default=None, compare=False, repr=False, kw_only=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Twin(TwinBase):
    left: object
    right: object = 1
    more: list[int] = dataclasses.field(default_factory=list)


def test_a_record_is_what_its_dataclass_is() -> None:
    assert repr(Pair(1, mark=3)) == repr(Twin(1, mark=3)).replace("Twin", "Pair")
    assert Pair.__match_args__ == Twin.__match_args__
    assert hash(Pair(1, 2, ())) == hash(Twin(1, 2, ()))  # type: ignore[arg-type]
    assert Pair.__slots__ == Twin.__slots__
    assert not hasattr(Pair(1), "__dict__")


def test_equality_is_of_one_class_and_passes_over_what_is_not_compared() -> None:
    assert Pair(1, 2, mark=1) == Pair(1, 2, mark=2)
    assert Pair(1, 2) != Pair(2, 2)
    assert Pair(1, 2) != Half(1, 2)
    assert Pair(1) != (1, 1, [])
    assert len({Sym("a"), Sym("a"), Neg(Sym("a"))}) == 2


def test_every_record_has_its_own_default() -> None:
    assert Pair(1).more is not Pair(1).more
    one = Open("a")
    one.seen.append(1)
    assert Open("a").seen == []


def test_a_record_is_frozen_unless_it_says_so() -> None:
    with pytest.raises(AttributeError, match="cannot assign to field 'left'"):
        Pair(1).left = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot delete field 'left'"):
        del Pair(1).left  # type: ignore[misc]
    one = Open("a")
    one.name = "b"
    assert one == Open("b")
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize("wrong", [lambda: Pair(), lambda: Pair(1, 2, [], 3), lambda: Pair(1, other=2)])
def test_a_call_that_does_not_fit_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        wrong()  # type: ignore[operator]


def test_replace_changes_one_field_and_keeps_the_others() -> None:
    assert replace(Pair(1, 2, mark=5), left=3).mark == 5
    assert replace(Half(1, 2), left=3) == Half(3, 2)
    with pytest.raises(TypeError):
        replace(Pair(1), other=2)


def test_records_are_pickled_and_copied() -> None:
    term: Node = Sum(Mul((Num(2), Sym("x"))), Sym("i"), Num(1), Sym("N"))
    for again in (pickle.loads(pickle.dumps(term)), copy.copy(term), copy.deepcopy(term)):
        assert again == term
    assert pickle.loads(pickle.dumps(Pair(1, mark=4))).mark == 4
    assert pickle.loads(pickle.dumps(Open("a", [1]))) == Open("a", [1])


def test_the_standard_library_takes_them_for_dataclasses() -> None:
    assert [f.name for f in dataclasses.fields(Pair)] == ["mark", "left", "right", "more"]  # type: ignore[arg-type]
    assert dataclasses.replace(Pair(1, mark=4), left=2).mark == 4  # type: ignore[type-var]
    assert dataclasses.asdict(Half(1, 2)) == {"mark": None, "left": 1, "right": 2, "more": []}  # type: ignore[call-overload]
    assert dataclasses.is_dataclass(Sym("a"))

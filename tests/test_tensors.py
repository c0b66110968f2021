"""Vectors and matrices as index notation: shapes that fit, and those that do not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symgrad.core import Core, Num, Ref, Sum, Sym, text
from symgrad.errors import ShapeError
from symgrad.meaning.tensors import ONE, Shape, Sizes, Value, gap, mul, scalar, tensor, transposed
from symgrad.reasons import in_words

N, D, K = (Sym(k, "size") for k in "ndk")
ROW, COLUMN = (Sym(k, "index") for k in "ij")


def named(name: str, *shape: Core) -> Value:
    return tensor(shape, lambda k: Ref(name, k))


x, y, A, B = named("x", D), named("y", N), named("A", N, D), named("B", D, K)


def test_normal_shapes() -> None:
    assert named("c", D, ONE).shape == (D,)
    assert named("s", ONE, ONE).shape == ()
    assert named("r", ONE, D).shape == (ONE, D)


def test_the_entry_of_a_product() -> None:
    v = Sizes().product(A, x)
    assert v.shape == (N,)
    assert text(v.at((ROW,))) == "Sum_{k=1..d}(A_{i,k}*x_{k})"


@pytest.mark.parametrize(
    ("a", "b", "shape"),
    [
        (A, B, (N, K)), (transposed(x), x, ()), (x, transposed(x), (D, D)), (transposed(y), A, (ONE, D)),
        (scalar(Sym("c")), A, (N, D)), (x, scalar(Sym("c")), (D,)),
    ],
)  # fmt: skip
def test_shapes_of_products(a: Value, b: Value, shape: Shape) -> None:
    assert Sizes().product(a, b).shape == shape


@pytest.mark.parametrize(("a", "b"), [(A, y), (B, A), (A, A), (transposed(x), y)])
def test_products_that_do_not_fit(a: Value, b: Value) -> None:
    with pytest.raises(ShapeError, match="cannot multiply"):
        Sizes().product(a, b)


def test_two_columns_need_a_dot() -> None:
    assert Sizes().product(x, x, dot=True).shape == ()
    with pytest.raises(ShapeError):
        Sizes().product(x, x, dot=False)


def test_sums_need_one_shape() -> None:
    with pytest.raises(ShapeError, match=r"cannot add d × 1 and n × 1"):
        Sizes().entrywise((x, y), mul, "add", None)


def test_an_open_size_becomes_the_other() -> None:
    sizes = Sizes()
    free = named("z", sizes.unknown("z"))
    assert sizes.entrywise((free, x), mul, "add", None).shape
    assert sizes.find(free.shape[0]) == D
    assert not sizes.agree(free.shape[0], N)


def test_a_written_size_is_multiplied_out() -> None:
    three = Num(Fraction(3))
    v = Sizes().product(transposed(named("x", three)), named("y", three))
    assert text(v.term) == "x_{1}*y_{1} + x_{2}*y_{2} + x_{3}*y_{3}"


def test_a_loose_vector_goes_with_a_row() -> None:
    row = named("r", ONE, D)
    loose = Value((D,), lambda k: Ref("x", k), loose=True)
    assert Sizes().entrywise((row, loose), mul, "add", None).shape == (ONE, D)
    with pytest.raises(ShapeError):
        Sizes().entrywise((row, x), mul, "add", None)


def test_a_derivative_by_a_matrix_contracts_with_the_gradient() -> None:
    jacobian = Value((N, N, D), lambda k: Ref("J", k))
    v = Sizes().product(Value((N,), lambda k: Ref("g", k), gradient=True), jacobian)
    assert v.shape == (N, D)
    assert isinstance(v.at((ROW, COLUMN)), Sum)


def test_constant_gaps() -> None:
    assert gap(ROW, ROW) == 0
    assert gap(ROW, COLUMN) is None


def test_shapes_in_words() -> None:
    assert [in_words(v.shape) for v in (scalar(ONE), x, A)] == ["a scalar", "d × 1", "n × d"]

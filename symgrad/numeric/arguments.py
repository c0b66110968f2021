"""Arguments of emitted code: their names in Python, their shapes, and the arrays they may be."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..bridge import sympy_name
from ..errors import InputError


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of an emitted function: its name on paper, its name in Python, the length of each axis by
    name ("" where only fixed entries are read), and how long each must be at least."""

    name: str
    python: str
    shape: tuple[str, ...]
    least: tuple[int, ...] = ()


Lengths = dict[str, tuple[int, int, str]]
"""The length of each axis by name, with the axis and the argument where it was seen first."""


def array_of(value: Any, argument: Argument, known: Lengths) -> Any:
    """One argument as an array of floats; ``known`` collects the lengths."""
    python, shape = argument.python, argument.shape
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # RuntimeError: a tensor that requires grad
        raise InputError(f"{python}: {error}") from None
    if array.dtype.kind != "f":
        if array.dtype.kind not in "biu":
            raise InputError(f"{python} must hold real numbers, not {array.dtype}")
        array = array.astype(float)
    if array.ndim != len(shape):
        wanted = f"have shape {shape_text(argument)}" if shape else "be one number"
        raise InputError(f"{python} must {wanted}, but its shape is {array.shape}")
    for axis, length in enumerate(array.shape):
        size, here = shape[axis], (length, axis, python)
        if length < argument.least[axis]:
            raise InputError(f"{seen(here)}, but its entry {argument.least[axis]} is read" if length
                             else f"{seen(here)}: no data")
        if size.isdigit() and length != int(size):
            raise InputError(f"{seen(here)}, but {size} is needed")
        if size and known.setdefault(size, here)[0] != length:
            raise InputError(f"{seen(here)}, but {seen(known[size])}")
    return array


def seen(where: tuple[int, int, str]) -> str:
    return f"axis {where[1]} of {where[2]} has length {where[0]}"


def shape_text(argument: Argument) -> str:
    return f"({', '.join(s or '..' for s in argument.shape)}{',' if len(argument.shape) == 1 else ''})"


def identifier(name: str) -> str:
    """A page name as a Python name: the SymPy name where that is one.

    >>> identifier("\\\\theta"), identifier("x_{1}"), identifier("\\\\lambda"), identifier("\\\\hat{y}")
    ('theta', 'x_1', 'lambda_', 'yhat')
    """
    plain = re.sub(r"\W+", "_", sympy_name(name)).strip("_") or "a"
    if plain[0].isdigit():
        plain = f"a{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) or plain == "np" else plain

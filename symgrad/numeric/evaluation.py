"""Evaluation: value, gradient and Hessian at one point, each computed when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ..notebook import Displayed


class Runner(Protocol):
    """Computes "value", "gradient", "both" or "product" at some arguments."""

    def run(self, what: str, arguments: Mapping[str, Any], /) -> Any: ...


class Full(Runner, Protocol):
    """Computes the Hessian too."""

    def hessian(self, arguments: Mapping[str, Any], /) -> Any: ...


class Evaluation(Displayed):
    """The objective at one point: ``.value``, ``.gradient``, ``.hessian``; unpacks as value, gradient.

    Each is computed when it is first asked for (parameters are copied, data are not).
    """

    def __init__(self, runner: Full, arguments: Mapping[str, Any]) -> None:
        self._runner, self._arguments = runner, arguments

    @cached_property
    def _both(self) -> tuple[Any, tuple[Any, ...]]:
        value, gradient = self._runner.run("both", self._arguments)
        return value, gradient

    @cached_property
    def value(self) -> Any:
        """The objective."""
        return self._both[0] if "_both" in self.__dict__ else self._runner.run("value", self._arguments)

    @cached_property
    def gradient(self) -> tuple[Any, ...]:
        """Its derivatives, in the order of ``wrt``; each has the shape of its parameter."""
        if "_both" in self.__dict__:
            return self._both[1]
        return tuple(self._runner.run("gradient", self._arguments))

    @cached_property
    def hessian(self) -> Any:
        """Its second derivatives: one square array over all entries of all parameters, in order."""
        return self._runner.hessian(self._arguments)

    def __iter__(self) -> Iterator[Any]:
        yield from self._both

    def __repr__(self) -> str:
        return f"Evaluation(value={self.value!r}, gradient={self.gradient!r})"


def hessian(runner: Runner, names: Sequence[str], arguments: Mapping[str, Any]) -> Any:
    """A row for each entry of each parameter: the derivative of the gradient along it."""
    zero = {f"_v_{n}": np.zeros_like(arguments[n]) for n in names}
    rows = []
    for n in names:
        for spot in np.ndindex(np.shape(arguments[n])):
            unit = np.array(zero[f"_v_{n}"])
            unit[spot] = 1
            found = runner.run("product", {**arguments, **zero, f"_v_{n}": unit})
            rows.append(np.concatenate([np.ravel(part) for part in found]))
    return np.array(rows)

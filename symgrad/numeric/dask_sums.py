"""Dask sums: sums over dask arrays, block by block where the blocks are.

The gradient of a mean is the mean of the gradients, so a sum over all samples is the sum of the blocks' sums,
and only those travel.  (The gradient at the mean is something else.)  Workers need symgrad installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import InputError
from .program import load


def is_dask(value: Any) -> bool:
    """Is this a dask array?  (Asked without importing dask.)"""
    return type(value).__module__.partition(".")[0] == "dask" and hasattr(value, "to_delayed")


def described(value: Any) -> Any:
    """An array of the same shape and type that takes no memory, for the checks of arguments."""
    if not is_dask(value):
        return value
    if any(np.isnan(n) for n in value.shape):
        raise InputError("a dask array of unknown length: call compute_chunk_sizes() first")
    kind = float if value.dtype.kind in "biu" else value.dtype
    return np.broadcast_to(np.zeros((), kind), value.shape)


class DaskArrays:
    """Data in dask arrays, cut into the same blocks of rows."""

    def __init__(self, data: Mapping[str, Any], kind: Any) -> None:
        from_array = import_module("dask.array").from_array
        arrays = {k: v if is_dask(v) else from_array(v) for k, v in data.items()}
        rows = next(v for v in data.values() if is_dask(v)).chunks[0]
        cut = {k: v.astype(kind).rechunk((rows, *v.shape[1:])) for k, v in arrays.items()}
        self.shapes = {k: v.shape for k, v in cut.items()}
        self.blocks = [dict(zip(cut, parts, strict=True))
                       for parts in zip(*(v.to_delayed().ravel() for v in cut.values()), strict=True)]
        self.cut = cut

    def first(self) -> dict[str, Any]:
        """The first row of everything."""
        dask = import_module("dask")
        (rows,) = dask.compute({k: v[:1] for k, v in self.cut.items()})
        return dict(rows)

    def added(self, source: str, other: Mapping[str, Any]) -> list[Any]:
        """The blocks' parts added up, in a tree."""
        dask = import_module("dask")
        part, add = dask.delayed(_part), dask.delayed(_sum)
        parts = [part(source, block, dict(other)) for block in self.blocks]
        while len(parts) > 1:
            parts = [add(parts[n : n + 8]) for n in range(0, len(parts), 8)]
        (total,) = dask.compute(parts[0])
        return list(total)


@lru_cache(maxsize=64)
def _partial(source: str) -> Any:
    return load(source, "partial")


def _part(source: str, block: Mapping[str, Any], other: Mapping[str, Any]) -> Any:
    with np.errstate(over="ignore", under="ignore"):
        return _partial(source)(**{k: np.ascontiguousarray(v) for k, v in block.items()}, **other)


def _sum(parts: list[Any]) -> list[Any]:
    return [sum(values) for values in zip(*parts, strict=True)]

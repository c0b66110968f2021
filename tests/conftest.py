"""The process that checks documents, one for all the tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from symgrad.checking.process import Keeper


@pytest.fixture(scope="session")
def keeper() -> Iterator[Keeper]:
    with Keeper() as keeper:
        yield keeper

"""Fixtures that several folders use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from store.inbox import Inbox
from tests.postgres import Cluster, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from majlis.ports import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The real store, on a file of its own."""
    made = await Inbox.open(str(tmp_path / "inbox.db"))
    yield made
    await made.aclose()


@pytest.fixture
async def other(store: Store) -> AsyncIterator[Store]:
    """The same store, as another process has it."""
    again = await Inbox.open((await store.check()).path)
    yield again
    await again.aclose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server of the tests' own."""
    yield from running()


def pytest_xdist_auto_num_workers() -> int:
    """Run two workers a core: tests of the screen wait more than they compute."""
    return 2 * (os.cpu_count() or 1)

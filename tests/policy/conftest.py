"""The screens on a real store, and the command line, as their own tests open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.inbox import Inbox
from tests.cli.conftest import cli, filled
from tests.cli.test_figures import counted
from tests.tui.conftest import _as_before, memory, sitting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from majlis.ports import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """The store that people use."""
    made = await Inbox.open(str(tmp_path / "inbox.db"))
    yield made
    await made.aclose()


__all__ = ["_as_before", "cli", "counted", "filled", "memory", "sitting", "store"]

"""What tests of real terminals need."""

from __future__ import annotations

import pytest

from tests.screens.terminals import missing


@pytest.fixture(scope="session")
def everything_is_here() -> None:
    """Skip where there is no terminal to look at."""
    if lacking := missing():
        pytest.skip(f"needs {lacking}")

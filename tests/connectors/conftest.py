"""Fixtures of the connector tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from connectors.clock import VirtualClock

from .entries import NOW
from .service import Service, serving


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    """A server on loopback that answers 404 until a test says otherwise."""
    async with serving() as running:
        yield running


@pytest_asyncio.fixture
async def clock() -> VirtualClock:
    """A clock that stands still at noon in Dubai."""
    return VirtualClock(NOW)

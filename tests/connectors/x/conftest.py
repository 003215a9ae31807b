"""X on loopback, and our connector to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from majlis.message import Network
from tests.connectors.networks import CANARY, USER, FakeX
from tests.connectors.service import Service


@pytest_asyncio.fixture
async def api(service: Service, clock: VirtualClock) -> FakeX:
    """X on loopback."""
    api = FakeX(now=clock.now)
    service.answer = api.answer
    return api


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock) -> AsyncIterator[XConnector]:
    """Our connector to whatever the service answers."""
    settings = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url)
    connector = XConnector(settings, clock, FixedToken(CANARY, account="x", network=Network.X))
    yield connector
    await connector.aclose()

"""A page on loopback, our connector to it, and refusals in Graph's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.tokens import FixedToken
from majlis.message import Network
from tests.connectors.networks import CANARY, PAGE, FakeFacebook
from tests.connectors.service import Reply, Service
from tests.fakes.memory_store import MemoryStore

APP = "practice"
"""The app's secret."""


@pytest_asyncio.fixture
async def graph(service: Service, clock: VirtualClock) -> FakeFacebook:
    """A page on loopback."""
    graph = FakeFacebook(now=clock.now)
    service.answer = graph.answer
    return graph


@pytest_asyncio.fixture
async def pictures() -> MemoryStore:
    """Where the pictures of posts lie."""
    return MemoryStore()


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock, pictures: MemoryStore) -> AsyncIterator[FacebookConnector]:
    """Our connector to it."""
    settings = FacebookSettings(account="fb", page=PAGE, api_url=service.url)
    tokens = FixedToken(CANARY, account="fb", network=Network.FACEBOOK, app_secret=APP)
    connector = FacebookConnector(settings, clock, tokens, pictures)
    yield connector
    await connector.aclose()


def error(code: int, subcode: int | None = None, status: int = 400, message: str = "no", **more: Any) -> Reply:
    """Return a refusal in Graph's envelope."""
    inside = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}
    return Reply(status=status, body={"error": inside})

"""A channel on loopback, and our connector to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.message import Network
from tests.connectors.networks import CANARY
from tests.connectors.service import Service

from .channel import OURS, Channel


@pytest_asyncio.fixture
async def channel(service: Service) -> Channel:
    """A channel nobody has written to yet."""
    channel = Channel()
    service.answer = channel.answer
    return channel


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock) -> AsyncIterator[YouTubeConnector]:
    """Our connector to whatever the service answers."""
    settings = YouTubeSettings(account="yt", channel=OURS, api_url=service.url, token_url=f"{service.url}/token")
    connector = YouTubeConnector(settings, clock, FixedToken(CANARY, account="yt", network=Network.YOUTUBE))
    yield connector
    await connector.aclose()

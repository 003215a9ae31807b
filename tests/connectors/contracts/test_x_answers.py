"""Whatever X's descriptions allow it to answer, and what they do not: read by the real client, row by row."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from majlis.errors import Gone, Malformed, Refused
from majlis.message import Network
from majlis.ports import Page
from tests.connectors.entries import NOW
from tests.connectors.networks import CANARY, USER
from tests.connectors.service import SHARED, Reply, Request, Service, serving

from .answers import answer
from .document import contract

LISTINGS = {
    "mentions": "/2/users/{id}/mentions",
    "replies": "/2/tweets/search/recent",
    "posts": "/2/users/{id}/tweets",
    "messages": "/2/dm_events",
}
DOCUMENTS = ("x-openapi.json", "x-openapi-next.json")

pytestmark = pytest.mark.skipif(not (SHARED / "contracts").exists(), reason="needs ../shared, the shared data")


class World:
    """A connector and a service, on a loop of their own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, service: Service, connector: XConnector) -> None:
        self._loop = loop
        self._service = service
        self._connector = connector

    def read(self, stream_name: str, body: Any) -> Page:
        """Return what a page becomes; people are asked for separately and not given."""
        people = Reply(body={})
        page = Reply(raw=json.dumps(body).encode())

        def reply(request: Request) -> Reply:
            return people if request.path == "/2/users" else page

        self._service.answer = reply
        stream = next(each for each in self._connector.streams() if each.name == stream_name)
        return self._loop.run_until_complete(self._connector.read(stream, None))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One server for all examples."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begun() -> World:
            service = await stack.enter_async_context(serving())
            own = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url)
            connector = XConnector(own, VirtualClock(NOW), FixedToken(CANARY, account="x", network=Network.X))
            stack.push_async_callback(connector.aclose)
            return World(runner.get_loop(), service, connector)

        yield runner.run(begun())
        runner.run(stack.aclose())


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("stream", list(LISTINGS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None, derandomize=True)
@given(data=st.data())
def test_every_row_is_read_or_set_aside(world: World, name: str, stream: str, data: st.DataObject) -> None:
    """A page is refused as a whole only where it is no page; no row stops another, and none disappears."""
    body = data.draw(answer(contract(name), "get", LISTINGS[stream]))
    try:
        page = world.read(stream, body)
    except Malformed:
        assert not is_page(body)
        return
    except (Gone, Refused):
        assert body.get("data") is None
        assert body["errors"]
        return

    rows = mended(body.get("data") or [])
    read = {each for message in page.messages for each in (message.key.native_id, *message.aliases)}
    aside = [json.loads(each.raw) for each in page.quarantined]
    lost = [row for row in rows if row not in aside and not is_read(row, read)]
    assert [row for row in lost if not is_no_message(row)] == []
    assert all(message.created_at.tzinfo and message.thread for message in page.messages)


def mended(rows: Any) -> Any:
    """Return rows as they can be kept: half an emoji is none."""
    return json.loads(re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", json.dumps(rows, ensure_ascii=False)))


def is_page(body: Any) -> bool:
    """Whether the rows and the mark of the next page can be told."""
    if not isinstance(body, dict):
        return False
    rows, meta = body.get("data"), body.get("meta")
    mark = meta.get("next_token") if isinstance(meta, dict) else None
    return isinstance(rows, list | None) and isinstance(meta, dict | None) and isinstance(mark, str | None)


def is_read(row: Any, read: set[str]) -> bool:
    """Whether a row became a message, or belongs to one of which a later edition was read."""
    return isinstance(row, dict) and row.get("id") in read


def is_no_message(row: Any) -> bool:
    """Whether it is an event that is none, such as somebody's joining."""
    return isinstance(row, dict) and row.get("event_type") not in (None, "MessageCreate")

"""Pictures on their way to X: sent where nobody sees them, named by the post, refused before anything is out."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.tokens import FixedToken
from connectors.verdict import Unreachable
from connectors.x import XConnector, XSettings
from majlis.errors import NotFound, Refused
from majlis.message import Network
from majlis.outbox import Action, Entry
from majlis.pictures import Picture
from majlis.ports import Capability
from tests.connectors.entries import NOW, entry_for
from tests.connectors.networks import CANARY, USER, FakeX, problem
from tests.connectors.service import Reply, Request, Service

PNG, GIF = b"\x89PNG\r\n\x1a\n\x00\xff" + bytes(3_000_000), b"GIF89a" + bytes(600_000)
STILL = Picture(digest="png", media_type="image/png", alt="خريطة المراكز")  # Arabic: a map of the centres
MOVING = Picture(digest="gif", media_type="image/gif")


class Shelf:
    """Pictures by their names."""

    async def picture(self, digest: str) -> bytes:
        """Return one."""
        found = {"png": PNG, "gif": GIF}.get(digest)
        if found is None:
            raise NotFound(subject=digest)
        return found


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock) -> AsyncIterator[XConnector]:
    """Our connector to it, with pictures."""
    settings = XSettings(account="x", user=USER, handle="moh_practice", api_url=service.url)
    tokens = FixedToken(CANARY, account="x", network=Network.X)
    connector = XConnector(settings, clock, tokens, pictures=Shelf())
    yield connector
    await connector.aclose()


def post(connector: XConnector, *pictures: Picture, **parts: Any) -> Entry:
    """Return a post with pictures."""
    return replace(entry_for(connector, "0", "news", Action.POST), target=None, pictures=pictures, **parts)


async def test_a_picture_goes_up_first_with_what_it_shows(api: FakeX, connector: XConnector, service: Service) -> None:
    """One upload, one description, then the post that names it."""
    await connector.perform(post(connector, STILL))

    assert service.paths() == ["POST /2/media/upload", "POST /2/media/metadata", "POST /2/tweets"]
    upload, described, posted = service.requests
    assert upload.files["media"] == ("image/png", PNG)
    assert described.body["metadata"]["alt_text"]["text"] == STILL.alt
    assert posted.body == {"text": "news", "media": {"media_ids": [described.body["id"]]}}
    assert api.published() == ["news"]


async def test_a_moving_picture_goes_up_in_pieces_and_is_waited_for(
    api: FakeX, connector: XConnector, service: Service, clock: VirtualClock
) -> None:
    """Begin, pieces, end, and a look at the times the service names, until it is through."""
    api.busy_looks = 2
    sending = asyncio.create_task(connector.perform(post(connector, MOVING)))
    while not sending.done():
        await clock.advance(timedelta(seconds=1))
        await asyncio.wait([sending], timeout=0.01)
    await sending
    pieces = [each.body for each in service.requests if each.path.endswith("/append")]

    assert b"".join(base64.b64decode(piece["media"]) for piece in pieces) == GIF
    assert [piece["segment_index"] for piece in pieces] == [0, 1]
    assert service.requests[0].body["total_bytes"] == len(GIF)
    assert service.paths().count("GET /2/media/upload") == 2
    assert service.paths()[-1] == "POST /2/tweets"


@pytest.mark.parametrize(
    "pictures",
    [
        (STILL,) * 5,
        (STILL, MOVING),
        (Picture(digest="lost", media_type="image/png"),),
        (Picture(digest="png", media_type="image/png", alt="x" * 1001),),
    ],
)
async def test_what_x_would_refuse_is_refused_before_anything_is_out(
    connector: XConnector, service: Service, pictures: tuple[Picture, ...]
) -> None:
    """Too many, a moving one among others, one that is nowhere, a description too long."""
    with pytest.raises(Refused):
        await connector.perform(post(connector, *pictures))
    assert "POST /2/tweets" not in service.paths()


async def test_x_has_no_post_of_a_later_time(connector: XConnector, service: Service) -> None:
    """Majlis itself waits for it."""
    with pytest.raises(Refused, match="later time"):
        await connector.perform(post(connector, publish_at=NOW + timedelta(days=1)))
    assert service.requests == []


@pytest.mark.parametrize(
    "fault", [Reply(drop=True), Reply(status=503, body={}), Reply(body={"data": {}}), Reply(raw=b"<html>")]
)
async def test_a_picture_that_fails_is_certainly_not_published(
    api: FakeX, connector: XConnector, service: Service, fault: Reply
) -> None:
    """Whatever became of the picture, the post is not out, so all of it may be done again."""
    api.fault = lambda request: fault if request.path == "/2/media/upload" else None
    with pytest.raises(Unreachable):
        await connector.perform(post(connector, STILL))
    assert "POST /2/tweets" not in service.paths()


async def test_a_picture_that_x_cannot_read_is_refused(api: FakeX, connector: XConnector) -> None:
    """The service says `failed`; nothing is posted."""
    api.fault = lambda request: (
        Reply(body={"data": {"id": "7", "processing_info": {"state": "failed"}}}) if "media" in request.path else None
    )
    with pytest.raises(Refused, match="cannot read"):
        await connector.perform(post(connector, STILL))
    assert api.published() == []


async def test_without_the_right_for_pictures_posting_goes_on(api: FakeX, connector: XConnector) -> None:
    """A missing `media.write` takes pictures away, and nothing else."""

    def refuse(request: Request) -> Reply | None:
        return problem(403, "no", kind="client-forbidden") if "media" in request.path else None

    api.fault = refuse
    with pytest.raises(Refused):
        await connector.perform(post(connector, STILL))

    assert Capability.PICTURE not in connector.capabilities()
    assert Capability.POST in connector.capabilities()


async def test_a_link_stands_at_the_end_and_is_found_again(api: FakeX, connector: XConnector, service: Service) -> None:
    """X makes its card of the last link in the text; what is looked for has it too."""
    entry = post(connector, link="https://example.com/news")
    api.lose_answers = True
    with pytest.raises(Exception, match="not known"):
        await connector.perform(entry)
    api.lose_answers = False

    assert json.loads(service.requests[0].content)["text"] == "news\nhttps://example.com/news"
    assert await connector.find(entry) is not None

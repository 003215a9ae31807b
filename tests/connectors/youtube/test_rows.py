"""Answers that nobody promised: everything recorded, and rows made from the service's own description."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.clock import VirtualClock
from connectors.http import Answer
from connectors.tokens import FixedToken
from connectors.verdict import Says
from connectors.youtube import YouTubeConnector, YouTubeSettings
from connectors.youtube.answers import verdict_of
from majlis.errors import MajlisError
from majlis.message import Network
from majlis.ports import Mark, Page
from tests.connectors.contracts.document import Document, contract
from tests.connectors.entries import NOW, entry_for
from tests.connectors.networks import CANARY
from tests.connectors.service import SHARED, Reply, Request, Service, recorded, serving

from .channel import OURS, comment, listing, thread

EXAMPLES = 15
SPINE = {"id", "snippet", "topLevelComment", "resourceId", "videoId"}
"""Parts that are there in most rows, if only as null: without them every row would be set aside."""
ODD: tuple[Any, ...] = (5, -1, 2**70, 1.5, True, "text", "", [], [None], {}, {"value": 5}, "\ud83d", "\x00\x1b[31m")
"""In place of what the description says."""
TIMES = ("2026-11-20T08:00:00Z", "2026-11-20T08:00:00.123Z", "20 Nov", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")


def connector_to(service: Service) -> YouTubeConnector:
    """Return our connector to a service."""
    settings_ = YouTubeSettings(account="yt", channel=OURS, api_url=service.url, token_url=f"{service.url}/token")
    tokens = FixedToken(CANARY, account="yt", network=Network.YOUTUBE)
    return YouTubeConnector(settings_, VirtualClock(NOW), tokens)


async def read(connector: YouTubeConnector, name: str, mark: Mark | None = None) -> Page:
    """Read a page of a listing."""
    return await connector.read(next(each for each in connector.streams() if each.name == name), mark)


# ------------------------------------------------------------------------------------------------------------ recorded


async def _threads(connector: YouTubeConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: reply
    page = await read(connector, "threads", Mark(high="2010-01-01T00:00:00+00:00"))
    assert page.quarantined == ()
    return len(page.messages)


async def _replies(connector: YouTubeConnector, service: Service, reply: Reply) -> int:
    whole = listing([thread(comment("UgA", "question"), count=9)])
    service.answer = lambda request: whole if request.path.endswith("/commentThreads") else reply
    page = await read(connector, "threads", (await read(connector, "threads")).mark)
    assert page.quarantined == ()
    return len(page.messages)


async def _uploads(connector: YouTubeConnector, service: Service, reply: Reply) -> int:
    mine = {"id": OURS, "contentDetails": {"relatedPlaylists": {"uploads": "UU"}}}
    service.answer = lambda request: listing([mine]) if request.path.endswith("/channels") else reply
    page = await read(connector, "uploads")
    assert page.quarantined == ()
    return len(page.messages)


async def _made(connector: YouTubeConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: reply
    return int((await connector.perform(entry_for(connector, "UgA", "x"))).native_id is not None)


async def _channel(connector: YouTubeConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: reply
    probe = await connector.probe()
    return int("another channel" in str(probe.problem))


async def _refused(connector: YouTubeConnector, service: Service, reply: Reply) -> int:
    service.answer = lambda _: replace(reply, status=403)  # its record leaves the status out
    with pytest.raises(MajlisError, match="does not have permission"):
        await read(connector, "threads")
    return 1


async def _token(_connector: YouTubeConnector, _service: Service, reply: Reply) -> int:
    return int(set(reply.body) >= {"access_token", "expires_in"})  # read by the token endpoint's own tests


READ: dict[str, Callable[[YouTubeConnector, Service, Reply], Any]] = {
    "access_token.json": _token,
    "channel_single.json": _channel,
    "comment_insert.json": _made,
    "error_permission.json": _refused,
    "replies_page1.json": _replies,
    "threads_all_to_channel.json": _threads,
    "threads_video_page1.json": _threads,
    "uploads_page1.json": _uploads,
}
"""Every recorded answer, and how it is read."""


def test_every_recorded_answer_is_read() -> None:
    """One that is added to the shared data is missed here until it is."""
    folder = SHARED / "recorded" / "youtube"
    if not folder.exists():
        pytest.skip("needs ../shared, the project's shared data")
    assert sorted(each.name for each in folder.iterdir()) == sorted(READ)


@pytest.mark.parametrize("name", READ)
async def test_a_recorded_answer_is_read_whole(name: str, service: Service) -> None:
    """By the real client and normaliser; no row of it is set aside."""
    connector, reply = connector_to(service), recorded(f"youtube/{name}")
    rows = reply.body.get("items", [None])
    extra = sum(len(row["replies"]["comments"]) for row in rows if row and "replies" in row)
    count = await READ[name](connector, service, reply)
    await connector.aclose()

    assert count == len(rows) + extra


# ------------------------------------------------------------------------------------------------------------ any shape


def shaped(document: Document, schema: Any, depth: int = 7) -> st.SearchStrategy[Any]:
    """Return values of a schema, any part of which is now and then absent, null or of another type."""
    schema = document.resolved(schema)
    kind = schema.get("type")
    if "allOf" in schema:
        return shaped(document, schema["allOf"][0], depth)
    if depth == 0 or kind not in {"object", "array", "string", "integer", "boolean"}:
        return st.sampled_from(ODD)
    if kind == "object":
        parts = {name: _loosely(shaped(document, each, depth - 1)) for name, each in schema["properties"].items()}
        spine = {name: parts.pop(name) for name in SPINE & parts.keys()}
        return st.fixed_dictionaries(spine, optional=parts)
    if kind == "array":
        return st.lists(_loosely(shaped(document, schema["items"], depth - 1)), max_size=3)
    if kind == "string":
        return st.sampled_from(TIMES) if schema.get("format") == "date-time" else st.text(max_size=20)
    return st.integers(0, 2**40) if kind == "integer" else st.booleans()


def _loosely(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what is described; in one case of thirty null, in another something else."""
    return st.integers(0, 29).flatmap(
        lambda fate: st.none() if fate == 0 else st.sampled_from(ODD) if fate == 1 else usual
    )


def _trimmed(whole: Mapping[str, Any]) -> Document:
    """Return the description without what has nothing to do with text, so that examples stay small."""
    kept = {"snippet", "replies", "contentDetails", "id", "items", "nextPageToken", "comments", "topLevelComment"}
    schemas = {name: dict(each) for name, each in whole["components"]["schemas"].items()}
    for name in ("CommentThread", "Comment", "PlaylistItem", "Channel"):
        properties = schemas[name]["properties"]
        schemas[name]["properties"] = {key: each for key, each in properties.items() if key in kept}
    return Document(name="trimmed", whole={"components": {"schemas": schemas}})


LISTED = {"threads": "CommentThread", "held": "CommentThread", "replies": "Comment", "uploads": "PlaylistItem"}


@pytest.mark.parametrize("name", LISTED)
def test_whatever_a_row_is_it_becomes_messages_or_is_set_aside(name: str) -> None:
    """Nothing but an error of the domain comes of an answer; no row is lost, and the page can be written as text."""
    document = _trimmed(contract("youtube-openapi.json").whole)
    row = shaped(document, {"$ref": f"#/components/schemas/{LISTED[name]}"})
    bodies = st.fixed_dictionaries(
        {"items": st.lists(_loosely(row), min_size=1, max_size=4)}, optional={"nextPageToken": _loosely(st.text())}
    )

    @given(body=bodies)
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    def judged(body: Any) -> None:
        asyncio.run(_judge(name, body))

    judged()


async def _judge(name: str, body: Any) -> None:
    mine = {"id": OURS, "contentDetails": {"relatedPlaylists": {"uploads": "UU"}}}
    before = listing([thread(comment("UgA", "question"), count=9)])

    def answer(request: Request) -> Reply:
        if request.path.endswith("/channels"):
            return listing([mine])
        if name == "replies" and request.path.endswith("/commentThreads"):
            return before
        return Reply(body=body)

    async with serving() as service:
        service.answer = answer
        connector = connector_to(service)
        stream, mark = ("threads", (await read(connector, "threads")).mark) if name == "replies" else (name, None)
        try:
            page = await read(connector, stream, mark)
        except MajlisError:
            return
        finally:
            await connector.aclose()
    assert len(page.messages) + len(page.quarantined) >= len(body["items"])
    assert all(each.raw for each in page.quarantined)
    assert all(message.key.native_id for message in page.messages)


# ------------------------------------------------------------------------------------------------------------ refusals


def test_what_a_person_reads_of_a_refusal_is_plain_text() -> None:
    """The service writes HTML: tags go, and what stands for a sign becomes the sign."""
    message = "The <code>id</code> isn&#39;t <a href='x'>valid</a> &amp; more"
    body = json.dumps({"error": {"code": 400, "message": message, "errors": [{"reason": "badRequest"}]}}).encode()
    verdict = verdict_of(Answer(status=400, body=body))

    assert (verdict.says, verdict.reason) == (Says.NO, "The id isn't valid & more")

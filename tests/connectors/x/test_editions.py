"""Edited posts: one message with many ids, whichever edition comes when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from connectors.clock import SeededIds, VirtualClock
from connectors.x import XConnector
from majlis.lookout import AGAIN, Lookout
from majlis.message import Message, merged
from majlis.states import MessageState
from store.inbox import Inbox
from tests.connectors.entries import NOW, walk
from tests.connectors.service import Reply, Service

ONE, TWO, THREE = "1990000000000000001", "1990000000000000002", "1990000000000000003"
TEXTS = {ONE: "first", TWO: "second", THREE: "third"}


def row(native_id: str, history: Sequence[str]) -> dict[str, object]:
    """Return one edition as a listing shows it."""
    return {"id": native_id, "text": TEXTS[native_id], "author_id": "5", "edit_history_tweet_ids": list(history)}


async def read(service: Service, connector: XConnector, *rows: dict[str, object]) -> list[Message]:
    """Return what a page with these rows becomes."""
    service.answer = lambda request: Reply(body={} if request.path == "/2/users" else {"data": list(rows)})
    return [message for page in await walk(connector, "mentions") for message in page.messages]


@pytest.mark.parametrize("order", list(permutations([ONE, TWO, THREE])))
async def test_editions_on_one_page_are_one_message(
    service: Service, connector: XConnector, order: tuple[str, ...]
) -> None:
    """Only the latest one speaks, wherever it stands on the page."""
    messages = await read(service, connector, *(row(each, [ONE, TWO, THREE]) for each in order))

    assert [(each.key.native_id, each.text, each.aliases) for each in messages] == [(ONE, "third", (TWO, THREE))]


@pytest.mark.parametrize("order", list(permutations([ONE, TWO, THREE])))
@pytest.mark.parametrize("knows_all", [True, False])
async def test_editions_in_any_order_of_polls_end_at_the_latest(
    service: Service, connector: XConnector, order: tuple[str, ...], knows_all: bool
) -> None:
    """A listing that is behind shows an old text again: it is known as old, and changes nothing."""
    whole = [ONE, TWO, THREE]
    known: Message | None = None
    for native_id in order:
        history = whole if knows_all else whole[: whole.index(native_id) + 1]
        (message,) = await read(service, connector, row(native_id, history))
        known = message if known is None else merged(known, message, NOW)

    assert known is not None
    assert (known.key.native_id, known.text) == (ONE, "third")
    assert set(known.aliases) == {TWO, THREE}
    assert "third" not in [each.text for each in known.editions]


async def test_a_post_of_which_one_edition_is_gone_is_gone(service: Service, connector: XConnector) -> None:
    """Deleting one version deletes all: asked for by its first id, or by any other."""
    problems = [
        {"resource_id": each, "type": "https://api.x.com/2/problems/resource-not-found"} for each in (ONE, THREE)
    ]
    service.answer = lambda _: Reply(body={"errors": problems})

    assert await connector.look([ONE, TWO, THREE]) == {ONE, THREE}


@pytest.mark.parametrize("named", [ONE, THREE])
async def test_an_edited_post_that_is_deleted_is_the_one_message_gone_in_the_store(
    service: Service, connector: XConnector, clock: VirtualClock, tmp_path: Path, named: str
) -> None:
    """Whichever of its ids X names as gone, beside the one that was asked for."""
    store = await Inbox.open(str(tmp_path / "inbox.db"))
    lookout = Lookout(store=store, clock=clock, ids=SeededIds(1), version="1")
    edited = row(THREE, list(TEXTS)) | {"created_at": "2026-11-23T07:00:00.000Z"}
    service.answer = lambda request: Reply(body={} if request.path == "/2/users" else {"data": [edited]})
    for page in await walk(connector, "mentions"):
        await store.ingest(page)
    problem = {"resource_id": named, "value": ONE, "type": "https://api.x.com/2/problems/resource-not-found"}
    service.answer = lambda _: Reply(body={"errors": [problem]})
    for _ in range(2):
        known = await lookout.due("x", 10)
        assert [each.key.native_id for each in known] == [ONE]
        await lookout.looked(known, await connector.look([each.key.native_id for each in known]))
        await clock.advance(AGAIN)
    (gone,) = await store.thread("x", ONE)
    await store.aclose()

    assert (gone.standing.state, gone.text, set(gone.aliases)) == (MessageState.GONE, "third", {TWO, THREE})

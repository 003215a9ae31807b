"""Posts of ours: text, link, pictures and a time; sent once, found again, refused before anything goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector
from connectors.facebook.refusals import LinkRefused
from connectors.refusals import PostRefused
from connectors.verdict import Unreachable
from majlis.errors import Refused, Unknown
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry
from majlis.pictures import Picture
from tests.connectors.entries import NOW, entry_for
from tests.connectors.networks import FakeFacebook
from tests.connectors.service import Reply, Service
from tests.fakes.memory_store import MemoryStore

from .conftest import error

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
GIF = b"GIF89a" + bytes(range(256))
DAY = timedelta(days=1)


def post(connector: FacebookConnector, text: str = "خبر", **parts: Any) -> Entry:  # Arabic: news
    """Return an entry that publishes something new."""
    return replace(entry_for(connector, "unused", text, Action.POST, **parts), target=None)


async def two(pictures: MemoryStore) -> tuple[Picture, ...]:
    """Keep two pictures."""
    kept = [(PNG, "image/png", "خريطة المراكز"), (GIF, "image/gif", "")]  # Arabic: map of the centres
    return tuple(
        [Picture(digest=await pictures.keep_picture(data, kind), media_type=kind, alt=alt) for data, kind, alt in kept]
    )


async def test_a_post_shows_its_link(graph: FakeFacebook, connector: FacebookConnector, service: Service) -> None:
    """Text and address go separately; the card is the network's business."""
    receipt = await connector.perform(post(connector, link="https://example.org/new"))

    assert service.requests[-1].form == {"message": "خبر", "link": "https://example.org/new"}
    assert receipt.native_id == graph.items[-1].id


async def test_pictures_go_first_and_the_post_takes_them_up(
    graph: FakeFacebook, connector: FacebookConnector, pictures: MemoryStore, service: Service
) -> None:
    """Every byte, its type and what it shows arrive; nobody sees them before the one call that publishes."""
    await connector.perform(post(connector, pictures=await two(pictures)))

    assert list(graph.photos.values()) == [("image/png", PNG, "خريطة المراكز"), ("image/gif", GIF, "")]
    assert [each.path.split("/")[-1] for each in service.requests] == ["photos", "photos", "feed"]
    assert {each.form["published"] for each in service.requests[:-1]} == {"false"}
    assert graph.items[-1].shows == tuple(graph.photos)


async def test_a_post_can_wait_with_the_network(
    graph: FakeFacebook, connector: FacebookConnector, pictures: MemoryStore, clock: VirtualClock, service: Service
) -> None:
    """It is found among what waits, to the second, and after its time among what is published."""
    entry = post(connector, pictures=await two(pictures), publish_at=NOW + DAY)
    assert await connector.find(entry) is None
    receipt = await connector.perform(entry)

    assert service.requests[-1].form["scheduled_publish_time"] == str(int((NOW + DAY).timestamp()))
    assert {each.form["temporary"] for each in service.requests if each.path.endswith("photos")} == {"true"}
    assert await connector.find(post(connector, publish_at=NOW + 2 * DAY)) is None
    for _ in range(2):
        found = await connector.find(entry)
        assert found is not None
        assert found.native_id == receipt.native_id
        await clock.advance(DAY)
    assert graph.published() == ["خبر"]


@pytest.mark.parametrize("ahead", [timedelta(minutes=-1), timedelta(minutes=9), timedelta(days=31)])
async def test_a_time_that_the_network_does_not_take_is_refused_before_anything_goes_out(
    connector: FacebookConnector, pictures: MemoryStore, service: Service, ahead: timedelta
) -> None:
    """Past, within ten minutes, or beyond the far end of the settings: no picture is sent for nothing."""
    with pytest.raises(PostRefused, match="10 minutes to 30 days"):
        await connector.perform(post(connector, pictures=await two(pictures), publish_at=NOW + ahead))
    assert service.requests == []


async def test_link_and_pictures_exclude_each_other(
    connector: FacebookConnector, pictures: MemoryStore, service: Service
) -> None:
    """Facebook would drop one of the two in silence."""
    with pytest.raises(PostRefused, match="either a link or pictures"):
        await connector.perform(post(connector, pictures=await two(pictures), link="https://example.org"))
    assert service.requests == []


async def test_a_picture_that_is_nowhere_is_refused(connector: FacebookConnector, service: Service) -> None:
    """The post does not go out without it."""
    with pytest.raises(PostRefused, match="not in the store"):
        await connector.perform(post(connector, pictures=(Picture(digest="0" * 64, media_type="image/png"),)))
    assert service.requests == []


@pytest.mark.parametrize(
    "reply",
    [Reply(drop=True), Reply(status=502, raw=b"<html>"), Reply(raw=b"<html>"), Reply(body={}), error(2, status=500)],
    ids=["cut", "5xx", "no JSON", "no id", "code 2"],
)
async def test_a_picture_that_failed_may_be_sent_again(
    graph: FakeFacebook, connector: FacebookConnector, pictures: MemoryStore, reply: Reply
) -> None:
    """Nothing is published yet, so nothing is unknown: the entry waits, and then goes out once."""
    graph.fault = lambda request: reply if request.path.endswith("/photos") else None
    entry = post(connector, pictures=await two(pictures))
    with pytest.raises(Unreachable):
        await connector.perform(entry)
    assert graph.published() == []
    graph.fault = None
    await connector.perform(entry)

    assert graph.published() == ["خبر"]


async def test_a_picture_that_is_refused_is_final(
    graph: FakeFacebook, connector: FacebookConnector, pictures: MemoryStore
) -> None:
    """Trying again would not help, and the post does not go out without it."""
    graph.fault = lambda request: error(324) if request.path.endswith("/photos") else None
    with pytest.raises(Refused, match="324"):
        await connector.perform(post(connector, pictures=await two(pictures)))
    assert graph.published() == []


@pytest.mark.parametrize("text", ["خبر", ""])
@pytest.mark.parametrize("later", [None, NOW + DAY])
async def test_a_post_whose_answer_was_lost_is_found(
    graph: FakeFacebook, connector: FacebookConnector, pictures: MemoryStore, text: str, later: object
) -> None:
    """With text or with pictures alone, at once or at its time."""
    graph.post("100200300_5", "", at=NOW)
    entry = post(connector, text, pictures=await two(pictures), publish_at=later)
    graph.lose_answers = True
    with pytest.raises(Unknown):
        await connector.perform(entry)
    graph.lose_answers = False
    found = await connector.find(entry)

    assert found is not None
    assert found.native_id == graph.items[-1].id


async def test_an_answer_without_an_id_is_unknown_and_then_found(
    graph: FakeFacebook, connector: FacebookConnector
) -> None:
    """It says 200 and not what it made: looking does."""
    entry = post(connector)
    await connector.perform(entry)
    graph.fault = lambda request: Reply(body={}) if request.method == "POST" else None
    with pytest.raises(Unknown):
        await connector.perform(entry)
    assert await connector.find(entry) is not None


async def test_the_same_post_twice_is_looked_up(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Code 506 says that it is probably there; it is, and nothing is sent again."""
    entry = post(connector)
    receipt = await connector.perform(entry)
    graph.fault = lambda request: error(506) if request.method == "POST" else None
    with pytest.raises(Unknown):
        await connector.perform(entry)
    found = await connector.find(entry)

    assert found is not None
    assert found.native_id == receipt.native_id
    assert graph.published() == ["خبر"]


async def test_a_link_that_cannot_be_read_says_the_way_out(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Post it without the link."""
    graph.fault = lambda _: error(1609005)
    with pytest.raises(LinkRefused, match="without the link"):
        await connector.perform(post(connector, link="https://example.org/unreadable"))


async def test_our_own_posts_are_edited_hidden_and_deleted(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """Each is looked up as a post, and is there again after its answer was lost."""
    receipt = await connector.perform(post(connector))
    assert receipt.native_id
    for action, text in ((Action.EDIT, "خبر مصحح"), (Action.HIDE, ""), (Action.UNHIDE, ""), (Action.DELETE, "")):
        entry = entry_for(connector, receipt.native_id, text, action, ObjectKind.POST)
        assert (await connector.find(entry) is None) is (action is not Action.UNHIDE or graph.items[-1].hidden)
        await connector.perform(entry)
        assert await connector.find(entry) is not None
    assert graph.published() == []


async def test_what_says_that_it_was_not_done_was_not(graph: FakeFacebook, connector: FacebookConnector) -> None:
    """`success` may be false."""
    graph.arrive("a", "comment")
    graph.fault = lambda request: Reply(body={"success": False}) if request.method != "GET" else None
    for action in (Action.HIDE, Action.EDIT, Action.DELETE):
        with pytest.raises(Refused, match="left it as it was"):
            await connector.perform(entry_for(connector, "1_a", "x", action))

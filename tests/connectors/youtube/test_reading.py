"""What a channel's listings become."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from itertools import pairwise

import pytest

from connectors.clock import VirtualClock
from connectors.verdict import Unreachable
from connectors.youtube import YouTubeConnector
from majlis.errors import Busy, Malformed, Refused
from majlis.message import Moderation, ObjectKind
from majlis.ports import Capability, Mark
from tests.connectors.entries import NOW, by_id, texts, walk
from tests.connectors.networks import CANARY
from tests.connectors.service import Reply, Request, Service, recorded

from .channel import OURS, VIDEO, Channel, ago, comment, listing, refusal, thread


async def test_a_comment_begins_its_thread_and_replies_answer_it(channel: Channel, connector: YouTubeConnector) -> None:
    """The first comment is the thread; the video is kept in the address."""
    first = comment("UgA", "متى تفتحون؟", at=ago(hours=2))  # Arabic: when do you open?
    channel.threads = [thread(first, comment("UgA.1", "غداً", by=OURS, at=ago(hours=1)))]  # Arabic: tomorrow
    messages = by_id(await walk(connector, "threads"))

    assert (messages["UgA"].thread, messages["UgA"].parent) == ("UgA", None)
    assert (messages["UgA.1"].thread, messages["UgA.1"].parent) == ("UgA", "UgA")
    assert [messages[each].ours for each in ("UgA", "UgA.1")] == [False, True]
    assert messages["UgA"].link == f"https://www.youtube.com/watch?v={VIDEO}&lc=UgA"
    assert messages["UgA.1"].link == f"https://www.youtube.com/watch?v={VIDEO}&lc=UgA.1"
    assert messages["UgA"].key.object is ObjectKind.COMMENT
    assert messages["UgA"].author.handle == "UCcitizen"
    assert messages["UgA"].created_at == ago(hours=2)


async def test_the_listing_asks_for_plain_text_by_time(
    channel: Channel, connector: YouTubeConnector, service: Service
) -> None:
    """HTML is never asked for, and the token stands in the header alone."""
    channel.threads = [thread(comment("UgA", "question"))]
    await walk(connector, "threads")
    request = service.requests[0]

    assert request.path == "/youtube/v3/commentThreads"
    assert request.query == {
        "part": "snippet,replies",
        "allThreadsRelatedToChannelId": OURS,
        "order": "time",
        "textFormat": "plainText",
        "maxResults": "100",
    }
    assert request.headers["authorization"] == f"Bearer {CANARY}"


async def test_replies_that_did_not_come_along_are_fetched(
    channel: Channel, connector: YouTubeConnector, service: Service
) -> None:
    """A thread that counts more replies than it shows is read to its end, once for each count."""
    channel.replies["UgA"] = [comment(f"UgA.{number}", f"reply {number}") for number in range(5)]
    channel.threads = [thread(comment("UgA", "question"), channel.replies["UgA"][0], count=5)]
    first = await walk(connector, "threads")
    calls = len(service.requests)
    again = await walk(connector, "threads", first[-1].mark)
    assert len(service.requests) == calls + 1

    channel.replies["UgA"].insert(0, comment("UgA.new", "reply 5"))
    channel.threads[0]["snippet"]["totalReplyCount"] = 6
    moved = await walk(connector, "threads", again[-1].mark)

    assert set(texts(first)) == {"question", *(f"reply {number}" for number in range(5))}
    assert "reply 5" in texts(moved)
    assert by_id(moved)["UgA.new"].thread == "UgA"
    assert by_id(moved)["UgA.new"].link == f"https://www.youtube.com/watch?v={VIDEO}&lc=UgA.new"


async def test_the_high_mark_moves_with_the_last_page_alone(channel: Channel, connector: YouTubeConnector) -> None:
    """While a walk goes on the mark stays; the next one stops at what is known."""
    channel.threads = [thread(comment(f"Ug{hours}", f"comment {hours}", at=ago(hours=hours))) for hours in range(1, 8)]
    pages = await walk(connector, "threads")
    again = await walk(connector, "threads", pages[-1].mark)

    assert [page.mark.high for page in pages[:-1]] == [None] * 3
    assert pages[-1].mark == Mark(high=ago(hours=1).isoformat())
    assert texts(pages) == [f"comment {hours}" for hours in range(1, 8)]
    assert len(again) == 1
    assert again[-1].mark == pages[-1].mark


async def test_one_mark_gives_the_same_rows_again(channel: Channel, connector: YouTubeConnector) -> None:
    """A page that was read and not stored is read again, replies too."""
    channel.replies["Ug1"] = [comment(f"Ug1.{number}", f"reply {number}") for number in range(5)]
    channel.threads = [thread(comment(f"Ug{number}", f"comment {number}")) for number in range(5)]
    channel.threads[1]["snippet"]["totalReplyCount"] = 5
    pages = await walk(connector, "threads")
    assert len(pages) == 6
    for before, page in pairwise(pages):
        again = await connector.read(page.stream, before.mark)
        assert (again.messages, again.quarantined) == (page.messages, page.quarantined)


@pytest.mark.parametrize("resource", ["commentThreads", "comments"])
async def test_a_dead_continuation_begins_again_from_the_mark(
    channel: Channel, connector: YouTubeConnector, resource: str
) -> None:
    """Page tokens die, of threads or of replies; the walk starts over and nothing is missed."""
    channel.replies["Ug0"] = [comment(f"Ug0.{number}", f"reply {number}") for number in range(4)]
    channel.threads = [thread(comment(f"Ug{number}", f"comment {number}")) for number in range(5)]
    channel.threads[0]["snippet"]["totalReplyCount"] = 4
    refusals = iter([refusal(400, "invalidPageToken")])

    def fault(request: Request) -> Reply | None:
        dying = request.path.endswith(f"/{resource}") and "pageToken" in request.query
        return next(refusals, None) if dying else None

    channel.fault = fault
    pages = await walk(connector, "threads")

    assert next(refusals, None) is None
    wanted = {f"comment {number}" for number in range(5)} | {f"reply {number}" for number in range(4)}
    assert set(texts(pages)) == wanted
    assert pages[-1].mark == Mark(high=NOW.isoformat())


async def test_an_edited_comment_keeps_its_key(channel: Channel, connector: YouTubeConnector) -> None:
    """An edit changes the text and `updatedAt`; identity and time of writing stay."""
    channel.threads = [thread(comment("UgA", "before", at=ago(hours=1)))]
    first = await walk(connector, "threads")
    edited = comment("UgA", "after", at=ago(hours=1), updatedAt="2026-11-23T07:59:00Z")
    channel.threads = [thread(edited)]
    again = await walk(connector, "threads", first[-1].mark)

    assert (texts(first), texts(again)) == (["before"], ["after"])
    assert first[0].messages[0].key == again[0].messages[0].key
    assert again[0].messages[0].created_at == ago(hours=1)


async def test_an_odd_row_is_kept_aside_whole(service: Service, connector: YouTubeConnector) -> None:
    """Rows without an id or of another shape do not stop the others; nobody relies on an author."""
    odd = [{"id": "UgX"}, {"snippet": {"topLevelComment": {"snippet": {"textDisplay": "x"}}}}, "nonsense", None]
    closed = comment("UgA", "who wrote this?", by=None)
    closed["snippet"]["authorDisplayName"] = None
    nameless = {"snippet": {"videoId": VIDEO, "topLevelComment": comment("UgB", "no thread id"), "totalReplyCount": 0}}
    service.answer = lambda _: listing([*odd, thread(closed), nameless])
    page = (await walk(connector, "threads"))[0]

    assert [json.loads(each.raw) for each in page.quarantined] == odd
    assert all(each.reason for each in page.quarantined)
    assert [message.thread for message in page.messages] == ["UgA", "UgB"]
    assert page.messages[0].author.id is None
    assert page.messages[0].ours is False


async def test_a_thread_without_its_own_id_has_its_replies_read(channel: Channel, connector: YouTubeConnector) -> None:
    """The first comment's id is the thread's."""
    channel.replies["UgA"] = [comment("UgA.1", "reply")]
    channel.threads = [thread(comment("UgA", "question"), count=1) | {"id": None}]

    assert texts(await walk(connector, "threads")) == ["question", "reply"]


async def test_an_odd_reply_does_not_cost_its_thread(channel: Channel, connector: YouTubeConnector) -> None:
    """The thread and the other replies are read."""
    bad = {"snippet": {"textDisplay": "no id"}}
    channel.threads = [thread(comment("UgA", "question"), bad, comment("UgA.1", "reply"))]
    page = (await walk(connector, "threads"))[0]

    assert texts([page]) == ["question", "reply"]
    assert [json.loads(each.raw) for each in page.quarantined] == [bad]


async def test_hostile_names_and_texts_are_kept_as_received(channel: Channel, connector: YouTubeConnector) -> None:
    """Escape sequences and overrides are the screen's business; the store keeps what was written."""
    hostile = "a\N{ESCAPE}]52;c;x\a \N{RIGHT-TO-LEFT OVERRIDE}b [red]"
    channel.threads = [thread(comment("UgA", hostile, authorDisplayName=hostile))]
    message = (await walk(connector, "threads"))[0].messages[0]

    assert (message.text, message.author.name) == (hostile, hostile)


async def test_an_address_is_made_of_encoded_ids(channel: Channel, connector: YouTubeConnector) -> None:
    """Ids come from outside too; they cannot lead elsewhere, nor carry control characters into an address."""
    channel.threads = [thread(comment("Ug\N{ESCAPE}&x", "question"), video="v#/\n")]
    message = (await walk(connector, "threads"))[0].messages[0]

    assert message.link == "https://www.youtube.com/watch?v=v%23%2F%0A&lc=Ug%1B%26x"


async def test_a_comment_on_no_video_has_no_address(channel: Channel, connector: YouTubeConnector) -> None:
    """Old comments stand on the channel itself."""
    channel.threads = [thread(comment("UgA", "question"), video=None)]
    message = (await walk(connector, "threads"))[0].messages[0]

    assert (message.thread, message.link) == ("UgA", None)


async def test_old_threads_that_a_page_brings_along_are_history(channel: Channel, connector: YouTubeConnector) -> None:
    """Nobody owes an answer to what is older than the backlog; a new reply below it is new all the same."""
    channel.threads = [
        thread(comment("UgA", "new", at=ago(days=1))),
        thread(comment("UgB", "old", at=ago(days=400)), comment("UgB.1", "new below old", at=ago(days=1))),
    ]
    historic = {
        message.text: message.standing.historic
        for name in ("threads", "sweep")
        for page in await walk(connector, name)
        for message in page.messages
    }
    assert historic == {"new": False, "old": True, "new below old": False}


async def test_a_video_without_comments_does_not_hold_up_the_others(
    channel: Channel, connector: YouTubeConnector
) -> None:
    """Replies of one thread cannot be read; those of the next are, and the walk ends."""
    for name in ("UgA", "UgB", "UgC"):
        channel.replies[name] = [comment(f"{name}.1", f"reply {name}")]
        channel.threads.append(thread(comment(name, name), count=1, video="closedVideo" if name == "UgA" else VIDEO))
    refusals = {"UgA": refusal(403, "commentsDisabled", "<b>disabled</b>"), "UgB": refusal(404, "commentNotFound")}
    channel.fault = lambda request: refusals.get(request.query.get("parentId", ""))
    pages = await walk(connector, "threads")

    assert [text for text in texts(pages) if text.startswith("reply")] == ["reply UgC"]
    assert Capability.READ_PUBLIC in connector.capabilities()


async def test_a_video_that_takes_no_comments_is_left_alone_for_a_while(
    channel: Channel, connector: YouTubeConnector, service: Service, clock: VirtualClock
) -> None:
    """Its other threads are not asked about, nor those of the next walks; an hour later it may be open again."""
    for name in ("UgA", "UgB", "UgC"):
        channel.replies[name] = [comment(f"{name}.1", f"reply {name}")]
        channel.threads.append(thread(comment(name, name), count=1))
    channel.fault = lambda request: refusal(403, "commentsDisabled") if "parentId" in request.query else None
    await walk(connector, "threads")
    await walk(connector, "threads")
    assert sum("parentId" in request.query for request in service.requests) == 1

    channel.fault = lambda _: None
    await clock.advance(timedelta(hours=1))
    assert {"reply UgA", "reply UgB", "reply UgC"} <= set(texts(await walk(connector, "threads")))


async def test_threads_are_listed_by_relevance_while_the_service_cannot_list_them_by_time(
    channel: Channel, connector: YouTubeConnector, service: Service
) -> None:
    """Such faults have lasted for days; the mark stays, so that nothing is missed once it is over."""
    channel.threads = [thread(comment(f"Ug{n}", f"comment {n}", at=ago(hours=n))) for n in range(1, 5)]
    before = (await walk(connector, "threads"))[-1].mark
    channel.threads.insert(0, thread(comment("UgN", "new")))

    def broken(request: Request) -> Reply | None:
        return refusal(400, "processingFailure") if request.query.get("order") == "time" else None

    channel.fault = broken
    for _ in range(3):
        with pytest.raises(Unreachable):
            await walk(connector, "threads", before)
    pages = await walk(connector, "threads", before)
    assert "new" in texts(pages)
    assert pages[-1].mark == before
    assert {request.query["order"] for request in service.requests[-len(pages) :]} == {"relevance"}

    channel.fault = lambda _: None
    again = await walk(connector, "threads", before)
    assert "new" in texts(again)
    assert again[-1].mark.high == NOW.isoformat()


STATES = {
    "published": Moderation.PUBLISHED,
    "heldForReview": Moderation.HELD,
    "likelySpam": Moderation.SPAM,
    "rejected": Moderation.REJECTED,
}


@pytest.mark.parametrize(("status", "moderation"), STATES.items())
async def test_what_a_row_says_of_itself_counts(
    channel: Channel, connector: YouTubeConnector, status: str, moderation: Moderation
) -> None:
    """In whichever listing it stands: a thread may be held for one of its replies."""
    channel.held = [thread(comment("UgA", "question", moderationStatus=status))]
    message = (await walk(connector, "held"))[0].messages[0]

    assert message.moderation is moderation
    assert message.standing.hidden is (moderation is not Moderation.PUBLISHED)


async def test_a_row_that_says_nothing_is_what_its_listing_is(channel: Channel, connector: YouTubeConnector) -> None:
    """Held for review, likely spam, or before the public."""
    channel.threads = [thread(comment("UgA", "question"))]
    channel.held = [thread(comment("UgB", "held"))]
    channel.spam = [thread(comment("UgC", "spam"))]
    said = {
        name: [message.moderation for page in await walk(connector, name) for message in page.messages]
        for name in ("threads", "held", "spam", "sweep")
    }
    assert said == {
        "threads": [Moderation.PUBLISHED],
        "held": [Moderation.HELD],
        "spam": [Moderation.SPAM],
        "sweep": [Moderation.PUBLISHED],
    }


async def test_what_is_held_is_read_beyond_the_mark(channel: Channel, connector: YouTubeConnector) -> None:
    """A reply below an old thread may be held today; as many pages are read as the settings allow."""
    channel.held = [thread(comment(f"Ug{n}", f"held {n}", at=ago(days=n))) for n in range(14)]
    first = await walk(connector, "held")
    again = await walk(connector, "held", first[-1].mark)

    assert texts(again) == [f"held {n}" for n in range(10)]


async def test_a_missing_right_is_said_and_never_an_empty_queue(channel: Channel, connector: YouTubeConnector) -> None:
    """Where the channel may not be read, the account cannot read, and says so until it can."""
    channel.fault = lambda _: refusal(403, "insufficientPermissions")
    with pytest.raises(Refused):
        await walk(connector, "threads")
    assert Capability.READ_PUBLIC not in connector.capabilities()

    channel.fault = lambda _: None
    await walk(connector, "threads")
    assert Capability.READ_PUBLIC in connector.capabilities()


async def test_a_fault_in_the_middle_loses_nothing(channel: Channel, connector: YouTubeConnector) -> None:
    """A page that failed is asked for again with the same mark."""
    channel.threads = [thread(comment(f"Ug{number}", f"comment {number}")) for number in range(4)]
    first = await connector.read(connector.streams()[0], None)
    channel.fault = lambda _: refusal(503, "backendError")
    with pytest.raises(Busy):
        await connector.read(first.stream, first.mark)
    channel.fault = lambda _: None

    assert texts([first, *await walk(connector, "threads", first.mark)]) == [f"comment {each}" for each in range(4)]


async def test_html_instead_of_json_is_no_answer(service: Service, connector: YouTubeConnector) -> None:
    """A page that says 200 in HTML is malformed."""
    service.answer = lambda _: Reply(raw=b"<html>maintenance</html>", headers={"Content-Type": "text/html"})
    with pytest.raises(Malformed):
        await walk(connector, "threads")


async def test_no_page_or_log_line_holds_the_token(
    channel: Channel, connector: YouTubeConnector, caplog: pytest.LogCaptureFixture, service: Service
) -> None:
    """It stands in the header, and nowhere else."""
    caplog.set_level(logging.DEBUG)
    channel.threads = [thread(comment("UgA", "question"))]
    pages = await walk(connector, "threads")

    assert not any(CANARY in str(request.query) for request in service.requests)
    assert not any(CANARY in repr(page) for page in pages)
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("connectors"))
    assert "commentThreads" in ours
    assert CANARY not in ours


async def test_recorded_threads_are_read(service: Service, connector: YouTubeConnector) -> None:
    """Comments on a video and on the channel itself, each a thread of its own; replies are asked for where some are."""
    pages = recorded("youtube/threads_all_to_channel.json")
    service.answer = lambda request: pages if request.path.endswith("/commentThreads") else listing([])
    messages = by_id(await walk(connector, "threads"))
    asked = [request.query["parentId"] for request in service.requests if "parentId" in request.query]

    assert len(messages) == 4
    assert all(message.thread == native_id and message.parent is None for native_id, message in messages.items())
    assert messages["UgyWeTdgc4sc1xgmbld4AaABAg"].link == (
        "https://www.youtube.com/watch?v=JE8xdDp5B8Q&lc=UgyWeTdgc4sc1xgmbld4AaABAg"
    )
    assert messages["Ugy0FhSzKMNMT9qs6zt4AaABAg"].link is None
    assert asked == ["UgwSRpgkjCe6OHHe3IJ4AaABAg"]

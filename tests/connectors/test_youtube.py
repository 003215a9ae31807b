"""The YouTube channel: what its listings become, what is done there, what its refusals mean, what it costs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.http import Answer
from connectors.tokens import FixedToken
from connectors.verdict import Says
from connectors.youtube import YouTubeConnector, YouTubeSettings
from connectors.youtube.answers import verdict_of
from majlis.errors import Busy, Refused, Unknown
from majlis.message import Network, ObjectKind
from majlis.outbox import Action
from majlis.ports import Mark

from .entries import NOW, by_id, entry_for, texts, walk
from .networks import CANARY, CHANNEL, FakeYouTube, refusal
from .service import Reply, Service, recorded

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def api(service: Service, clock: VirtualClock) -> FakeYouTube:
    """YouTube on loopback."""
    api = FakeYouTube(now=clock.now)
    service.answer = api.answer
    return api


@pytest_asyncio.fixture
async def connector(service: Service, clock: VirtualClock) -> AsyncIterator[YouTubeConnector]:
    """Our connector to it."""
    settings = YouTubeSettings(account="yt", channel=CHANNEL, api_url=service.url, token_url=f"{service.url}/token")
    connector = YouTubeConnector(settings, clock, FixedToken(CANARY, account="yt", network=Network.YOUTUBE))
    yield connector
    await connector.aclose()


# ------------------------------------------------------------------------------------------------------------- reading


async def test_all_replies_of_a_thread_are_read_though_a_few_come_along(
    api: FakeYouTube, connector: YouTubeConnector, service: Service
) -> None:
    """A thread shows some of its replies; the others are fetched once, and again when there are more."""
    parent = api.arrive("a", "question")
    for number in range(5):
        api.answer_below(parent, f"r{number}", f"reply {number}")
    first = await walk(connector, "threads")
    quiet = await walk(connector, "threads", first[-1].mark)
    calls = service.paths().count("GET /youtube/v3/comments")
    api.answer_below(parent, "r9", "late reply")
    later = await walk(connector, "threads", quiet[-1].mark)

    assert sorted({*texts(first)}) == ["question", *(f"reply {number}" for number in range(5))]
    assert calls == 2
    assert "late reply" in texts(later)
    reply = by_id(later)[f"{parent}.r9"]
    assert (reply.parent, reply.thread) == (parent, parent)


async def test_a_reply_to_an_old_thread_is_found_by_the_sweep(
    api: FakeYouTube, connector: YouTubeConnector, clock: VirtualClock
) -> None:
    """Threads are listed by when they began: a new reply brings nothing up, the sweep goes further back."""
    old = api.arrive("old", "old question", at=NOW - timedelta(days=9))
    for number in range(5):
        api.arrive(f"n{number}", f"newer {number}", at=NOW - timedelta(days=8 - number))
    mark = (await walk(connector, "threads"))[-1].mark
    await clock.advance(MINUTE)
    api.answer_below(old, "x", "late reply")

    assert "late reply" not in texts(await walk(connector, "threads", mark))
    assert "late reply" in texts(await walk(connector, "sweep"))


async def test_a_sweep_ends_after_its_share_of_pages(api: FakeYouTube, service: Service, clock: VirtualClock) -> None:
    """Every page costs a unit."""
    settings = YouTubeSettings(account="yt", channel=CHANNEL, api_url=service.url, sweep_pages=2)
    connector = YouTubeConnector(settings, clock, FixedToken(CANARY, account="yt", network=Network.YOUTUBE))
    for number in range(12):
        api.arrive(f"n{number:02d}", "text")
    pages = await walk(connector, "sweep")
    await connector.aclose()

    assert len(pages) == 2


async def test_held_comments_come_hidden(api: FakeYouTube, connector: YouTubeConnector) -> None:
    """What waits for review is not seen by the public."""
    held = api.arrive("a", "held")
    item = api.item(held)
    assert item is not None
    item.hidden = True
    message = by_id(await walk(connector, "held"))[held]

    assert message.standing.hidden
    assert texts(await walk(connector, "threads")) == []
    assert texts(await walk(connector, "spam")) == []


@pytest.mark.usefixtures("api")
async def test_uploads_are_ours(connector: YouTubeConnector) -> None:
    """A video is a post of ours; each comment below it begins a thread of its own."""
    pages = await walk(connector, "uploads")
    messages = by_id(pages)

    assert messages["videoNumber1"].ours
    assert messages["videoNumber1"].key.object is ObjectKind.POST
    assert messages["videoNumber1"].thread == "videoNumber1"
    assert pages[-1].mark.high == "2026-11-02T08:00:00+00:00"


async def test_recorded_threads_are_read_whole(service: Service, connector: YouTubeConnector) -> None:
    """Real answers: plain text instead of the displayed HTML, replies under their thread."""
    reply = recorded("youtube/threads_all_to_channel.json")
    service.answer = lambda request: reply if request.path.endswith("commentThreads") else Reply(body={"items": []})
    page = await connector.read(connector.streams()[0], None)
    tops = {item["id"]: item["id"] for item in reply.body["items"]}

    assert page.quarantined == ()
    assert tops.keys() <= by_id([page]).keys()
    assert {name: by_id([page])[name].thread for name in tops} == tops
    assert service.requests[0].query["textFormat"] == "plainText"
    assert service.requests[0].query["allThreadsRelatedToChannelId"] == CHANNEL


async def test_recorded_html_is_not_taken_for_text(service: Service, connector: YouTubeConnector) -> None:
    """`textDisplay` is HTML; the original is what was written."""
    reply = recorded("youtube/threads_video_page1.json")
    service.answer = lambda _: reply
    page = await connector.read(connector.streams()[0], Mark(high="2019-01-01T00:00:00+00:00"))

    assert "Google.com" in texts([page])
    assert not any("<a href" in text for text in texts([page]))
    assert page.more


async def test_recorded_replies_know_their_parent(service: Service, connector: YouTubeConnector) -> None:
    """A reply's id holds its parent's; the listing names it too."""
    replies = recorded("youtube/replies_page1.json")
    parent = replies.body["items"][0]["snippet"]["parentId"]
    thread = {
        "id": parent,
        "snippet": {"videoId": "v", "topLevelComment": {"id": parent, "snippet": {}}, "totalReplyCount": 3},
    }
    service.answer = lambda request: (
        Reply(body={"items": [thread]}) if request.path.endswith("commentThreads") else replies
    )
    first = await connector.read(connector.streams()[0], None)
    second = await connector.read(connector.streams()[0], first.mark)

    assert second.more
    assert {message.parent for message in second.messages} == {parent}
    assert {message.thread for message in second.messages} == {parent}
    assert second.messages[0].author.name == "kun liu"


async def test_recorded_uploads_are_read(service: Service, connector: YouTubeConnector) -> None:
    """Real items of a channel's list of videos."""
    channel, uploads = recorded("youtube/channel_single.json"), recorded("youtube/uploads_page1.json")
    channel.body["items"][0]["contentDetails"] = {"relatedPlaylists": {"uploads": "UU"}}
    service.answer = lambda request: channel if request.path.endswith("channels") else uploads
    stream = next(each for each in connector.streams() if each.name == "uploads")
    page = await connector.read(stream, None)

    assert len(page.messages) == len(uploads.body["items"])
    assert all(message.ours and message.link for message in page.messages)


async def test_odd_rows_are_kept_aside(service: Service, connector: YouTubeConnector) -> None:
    """A thread without a comment, a reply without an id: the others are read."""
    whole = {"id": "Ug1", "snippet": {"textOriginal": "hello", "authorChannelId": None}}
    rows: list[Any] = [
        {"id": "no inside"},
        {"id": "t", "snippet": {"topLevelComment": None}},
        {"id": "t", "snippet": {"topLevelComment": {"snippet": {"textOriginal": "no id"}}}},
        {"id": "t", "snippet": {"topLevelComment": {"id": "Ug0"}}},
        "nonsense",
        {
            "id": "Ug1",
            "snippet": {"videoId": "v", "topLevelComment": whole, "totalReplyCount": 2},
            "replies": {"comments": [{"snippet": {"textOriginal": "no id"}}, {"id": "Ug1.r", "snippet": {}}]},
        },
    ]
    service.answer = lambda _: Reply(body={"items": rows})
    page = (await walk(connector, "threads"))[0]

    assert texts([page]) == ["hello", ""]
    assert len(page.quarantined) == 6
    assert [json.loads(each.raw) for each in page.quarantined[:5]] == rows[:5]
    assert page.messages[0].author.shown() == ""


async def test_a_thread_that_is_gone_does_not_hold_up_the_others(api: FakeYouTube, connector: YouTubeConnector) -> None:
    """Its replies cannot be read any more; those of the next thread can."""
    first, second = api.arrive("a", "one"), api.arrive("b", "two")
    for parent in (first, second):
        for number in range(3):
            api.answer_below(parent, f"r{number}", f"reply {number} to {parent}")
    refusals = iter([refusal(404, "commentNotFound"), refusal(403, "commentsDisabled")])
    api.fault = lambda request: next(refusals, None) if request.query.get("parentId") == second else None
    pages = await walk(connector, "threads")

    assert f"reply 2 to {first}" in texts(pages)
    assert f"reply 2 to {second}" not in texts(pages)


async def test_a_dead_page_token_begins_again_from_the_mark(api: FakeYouTube, connector: YouTubeConnector) -> None:
    """`invalidPageToken`: the walk starts over."""
    for number in range(7):
        api.arrive(f"a{number}", f"text {number}")
    page = await connector.read(connector.streams()[0], None)
    once = iter([refusal(400, "invalidPageToken")])
    api.fault = lambda request: next(once, None) if "pageToken" in request.query else None
    rest = await walk(connector, "threads", page.mark)

    assert sorted(texts(rest)) == [f"text {number}" for number in range(7)]


# -------------------------------------------------------------------------------------------------------------- doing


async def test_a_reply_to_a_reply_goes_into_its_thread(
    api: FakeYouTube, connector: YouTubeConnector, service: Service
) -> None:
    """Only first comments take replies: the id before the dot is the parent."""
    parent = api.arrive("a", "question")
    reply = api.answer_below(parent, "r", "and me")
    entry = entry_for(connector, reply, "answer")
    await connector.perform(entry)

    assert service.requests[-1].body["snippet"]["parentId"] == parent
    assert await connector.find(entry) is not None


@pytest.mark.usefixtures("api")
async def test_an_answer_to_a_video_begins_a_thread(connector: YouTubeConnector) -> None:
    """Below a video of ours a comment of ours; it is found again among the newest threads."""
    entry = entry_for(connector, "videoNumber1", "welcome", kind=ObjectKind.POST)
    assert await connector.find(entry) is None
    receipt = await connector.perform(entry)
    found = await connector.find(entry)

    assert found is not None
    assert found.native_id == receipt.native_id


async def test_states_are_set_and_found(api: FakeYouTube, connector: YouTubeConnector) -> None:
    """Held, published, changed and deleted: each can be looked up."""
    target = api.arrive("a", "question")
    for action, text in (
        (Action.HIDE, ""),
        (Action.UNHIDE, ""),
        (Action.EDIT, "corrected"),
        (Action.DELETE, ""),
    ):
        entry = entry_for(connector, target, text, action)
        if action is not Action.UNHIDE:
            assert await connector.find(entry) is None
        await connector.perform(entry)
        assert await connector.find(entry) is not None
    await connector.perform(entry_for(connector, target, action=Action.DELETE))


async def test_rejecting_is_another_thing_than_hiding(
    api: FakeYouTube, connector: YouTubeConnector, service: Service
) -> None:
    """A rejected comment cannot come back, so that hiding holds it instead."""
    target = api.arrive("a", "question")
    await connector.perform(entry_for(connector, target, action=Action.HIDE))
    await connector.perform(entry_for(connector, target, action=Action.MODERATE))

    assert [request.query["moderationStatus"] for request in service.requests] == ["heldForReview", "rejected"]


async def test_what_youtube_does_not_have_is_refused_without_a_call(
    connector: YouTubeConnector, service: Service
) -> None:
    """No private messages, no posts."""
    for action in (Action.MESSAGE, Action.POST):
        with pytest.raises(Refused):
            await connector.perform(entry_for(connector, "Ug1", "x", action))
    assert service.requests == []


async def test_the_recorded_answer_to_a_reply_is_understood(service: Service, connector: YouTubeConnector) -> None:
    """A real answer gives id and time."""
    reply = recorded("youtube/comment_insert.json")
    service.answer = lambda _: reply
    receipt = await connector.perform(entry_for(connector, "Ugy_CAftKrIUCyPr9GR4AaABAg", "wow", thread="v"))

    assert receipt.native_id == "Ugy_CAftKrIUCyPr9GR4AaABAg.9iPXEClD9lW9iPXLqKy_Pt"
    assert receipt.at == datetime(2022, 11, 14, 10, 23, 2, tzinfo=UTC)


async def test_a_processing_failure_on_a_write_is_looked_up(api: FakeYouTube, connector: YouTubeConnector) -> None:
    """`processingFailure` says nothing about whether the reply stands."""
    target = api.arrive("a", "question")
    api.fault = lambda request: refusal(400, "processingFailure") if request.method == "POST" else None
    with pytest.raises(Unknown):
        await connector.perform(entry_for(connector, target, "answer"))


async def test_looking_tells_videos_from_comments(api: FakeYouTube, connector: YouTubeConnector) -> None:
    """Both kinds of ids can be looked up together."""
    comment = api.arrive("a", "question")
    gone = await connector.look([comment, "UgGonepractice0AaABAg", "videoNumber1", "videoGone01"])

    assert gone == {"UgGonepractice0AaABAg", "videoGone01"}


# ---------------------------------------------------------------------------------------------------------------- cost


async def test_units_are_counted_by_the_pacific_day_and_kept_for_answers(
    api: FakeYouTube, service: Service, clock: VirtualClock
) -> None:
    """Reading stops before answers do, until midnight in California."""
    settings = YouTubeSettings(account="yt", channel=CHANNEL, api_url=service.url, units_per_day=54, reserve_units=50)
    connector = YouTubeConnector(settings, clock, FixedToken(CANARY, account="yt", network=Network.YOUTUBE))
    target = api.arrive("a", "question")
    pages = await walk(connector, "threads")
    for _ in range(3):
        await walk(connector, "threads")
    with pytest.raises(Busy) as caught:
        await connector.read(pages[0].stream, None)
    assert caught.value.wait_s == timedelta(hours=24).total_seconds()  # noon in Dubai is midnight in California
    await connector.perform(entry_for(connector, target, "answer"))
    with pytest.raises(Busy):
        await connector.perform(entry_for(connector, target, "answer two"))
    assert connector.ledger.spent == 54
    await clock.advance(timedelta(hours=24))
    await walk(connector, "threads")
    await connector.aclose()


async def test_the_services_own_word_about_the_quota_counts(
    api: FakeYouTube, connector: YouTubeConnector, clock: VirtualClock, service: Service
) -> None:
    """`quotaExceeded`: nothing is asked until the Pacific midnight."""
    await clock.advance(timedelta(hours=10))
    api.fault = lambda _: refusal(403, "quotaExceeded", "The request cannot be completed <a href='x'>quota</a>.")
    with pytest.raises(Busy) as caught:
        await walk(connector, "threads")
    api.fault = None
    with pytest.raises(Busy):
        await walk(connector, "threads")

    assert 60 <= caught.value.wait_s - timedelta(hours=14).total_seconds() <= 300
    assert "<a" not in str(caught.value)
    assert len(service.requests) == 1


def test_polls_stretch_so_that_the_units_last(clock: VirtualClock) -> None:
    """With a small quota every listing is read less often, so that all of them together keep to it."""
    tokens = FixedToken(CANARY, account="yt", network=Network.YOUTUBE)
    rich = YouTubeConnector(YouTubeSettings(account="yt", channel=CHANNEL), clock, tokens)
    poor = YouTubeConnector(
        YouTubeSettings(account="yt", channel=CHANNEL, units_per_day=1240, reserve_units=1000), clock, tokens
    )

    assert [each.interval.total_seconds() for each in rich.streams()] == [60, 300, 300, 3600, 3600]
    units = {"threads": 1.5, "held": 1, "spam": 1, "sweep": 30, "uploads": 1}
    a_day = [units[each.name] * timedelta(days=1) / each.interval for each in poor.streams()]
    assert sum(a_day) == pytest.approx(240, rel=0.2)
    assert all(each.interval > floor.interval for each, floor in zip(poor.streams(), rich.streams(), strict=True))

    poor.ledger.spend(240)
    assert poor.streams()[0].interval == timedelta(days=1)


TABLE: list[tuple[Reply, Says]] = [
    (refusal(403, "quotaExceeded"), Says.WAIT),
    (refusal(403, "dailyLimitExceeded"), Says.WAIT),
    (refusal(403, "rateLimitExceeded"), Says.WAIT),
    (refusal(403, "userRateLimitExceeded"), Says.WAIT),
    (refusal(429, "rateLimitExceeded"), Says.WAIT),
    (refusal(401, "authError"), Says.SIGN_IN),
    *[
        (refusal(400, reason), Says.NO)
        for reason in (
            "keyInvalid",
            "badRequest",
            "invalidFilters",
            "incompatibleParameters",
            "missingRequiredParameter",
            "operationNotSupported",
            "banWithoutReject",
            "commentTextRequired",
            "commentTextTooLong",
            "parentIdMissing",
            "parentCommentIsPrivate",
        )
    ],
    (refusal(400, "invalidPageToken"), Says.STALE),
    (refusal(400, "processingFailure"), Says.FAULT),
    (refusal(403, "commentsDisabled"), Says.NO),
    *[
        (refusal(403, reason), Says.NO_RIGHT)
        for reason in ("forbidden", "insufficientPermissions", "accessNotConfigured", "ineligibleAccount")
    ],
    *[
        (refusal(404, reason), Says.GONE)
        for reason in ("commentNotFound", "parentCommentNotFound", "commentThreadNotFound", "videoNotFound")
    ],
    (refusal(409, "conflict"), Says.FAULT),
    (refusal(412, "preconditionFailed"), Says.FAULT),
    (Reply(status=401, raw=b""), Says.SIGN_IN),
    (Reply(status=408, raw=b""), Says.FAULT),
    (Reply(status=429, raw=b""), Says.WAIT),
    (Reply(status=404, raw=b"<html>"), Says.GONE),
    (Reply(status=400, raw=b"<html>"), Says.NO),
    (refusal(500, "backendError"), Says.FAULT),
    (refusal(503, "internalError"), Says.FAULT),
    (Reply(status=502, raw=b"<html>"), Says.FAULT),
    (Reply(status=400, body={"error": "invalid_grant", "error_description": "x"}), Says.SIGN_IN),
]


@pytest.mark.parametrize(("reply", "says"), TABLE)
def test_refusals_are_told_apart(reply: Reply, says: Says) -> None:
    """Reason and status decide together."""
    body = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
    assert verdict_of(Answer(status=reply.status, body=body)).says is says


def test_the_recorded_refusal_is_a_missing_right() -> None:
    """A 403 whose reason says "unavailable" is still a permission."""
    reply = recorded("youtube/error_permission.json")
    verdict = verdict_of(Answer(status=403, body=json.dumps(reply.body).encode()))
    assert verdict.says is Says.NO_RIGHT


async def test_a_probe_with_another_channels_token_says_so(
    api: FakeYouTube, service: Service, clock: VirtualClock
) -> None:
    """Signed in, but as somebody else."""
    settings = YouTubeSettings(account="yt", channel="UCother", api_url=service.url, token_url=f"{service.url}/token")
    connector = YouTubeConnector(settings, clock, FixedToken(CANARY, account="yt", network=Network.YOUTUBE))
    probe = await connector.probe()
    await connector.aclose()

    assert not probe.ok
    assert "another channel" in str(probe.problem)
    assert api.published() == []

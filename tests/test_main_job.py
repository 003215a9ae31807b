"""The main job, end to end: the services' answers on loopback, the queue on the screen, an answer by keys, posted once.

The recorded answers of the shared data where they are there, and bodies of our own invention in the same shapes.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.poller import Poller
from connectors.sender import Sender
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.intake import Intake
from majlis.message import Message, Network
from majlis.ports import View, ViewName
from majlis.states import EntryState, MessageState
from tests.builders import Bench
from tests.connectors.networks import CANARY, CHANNEL, PAGE, USER, FakeFacebook, FakeX, FakeYouTube
from tests.connectors.service import Reply, Request, Service, recorded, serving
from tests.fakes.screen import lines
from tui.app import MajlisApp, ScreenSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from majlis.ports import Connector, Store

ANSWER = "أهلا بك يسعدنا أن نراك في المرة القادمة"
RECORDED_CHANNEL = "UCa-vrCLQHviTOVnEKDOdetQ"
NOTHING = Reply(body={"data": [], "items": [], "meta": {"result_count": 0}})


class Job:
    """Three accounts, both loops, and the program over one store."""

    def __init__(self, store: Store, urls: dict[Network, str], channel: str) -> None:
        self.bench = Bench(store)
        token = {network: FixedToken(CANARY, account=str(network), network=network) for network in Network}
        clock = self.bench.clock
        facebook = FacebookSettings(account="facebook", page=PAGE, api_url=urls[Network.FACEBOOK])
        x = XSettings(account="x", user=USER, handle="moh_sample", api_url=urls[Network.X])
        youtube = YouTubeSettings(account="youtube", channel=channel, api_url=urls[Network.YOUTUBE], backlog_days=9999)
        self.connectors: tuple[Connector, ...] = (
            FacebookConnector(facebook, clock, token[Network.FACEBOOK]),
            XConnector(x, clock, token[Network.X]),
            YouTubeConnector(youtube, clock, token[Network.YOUTUBE]),
        )
        intake, years = Intake(self.bench.policy), timedelta(days=9999)  # recorded answers are old
        self.poller = Poller(self.connectors, store, clock, intake, open_for=years)
        self.sender = Sender(self.connectors, store, clock, self.bench.dispatch)
        self.app = MajlisApp(
            store=store,
            desk=self.bench.desk,
            clock=clock,
            operator=self.bench.desk.operator,
            settings=ScreenSettings(language="en"),
        )

    async def everything(self) -> list[Message]:
        """Return all messages in the store."""
        window = await self.bench.store.window(View(name=ViewName.ALL, operator="salem"), limit=1000)
        return [row.message for row in window.rows if row.message]


@asynccontextmanager
async def job(
    store: Store, answers: dict[Network, Any], channel: str
) -> AsyncIterator[tuple[Job, dict[Network, Service]]]:
    """Serve the answers and put everything together."""
    async with AsyncExitStack() as stack:
        services: dict[Network, Service] = {}
        for network, answer in answers.items():
            services[network] = await stack.enter_async_context(serving())
            services[network].answer = answer
        made = Job(store, {network: service.url for network, service in services.items()}, channel)
        for connector in made.connectors:
            stack.push_async_callback(connector.aclose)
        yield made, services


def recorded_youtube() -> Any:
    """Answer as YouTube was recorded to answer; what was inserted is listed from then on."""
    threads, inserted = recorded("youtube/threads_all_to_channel.json"), recorded("youtube/comment_insert.json")
    posted: list[Request] = []

    def answer(request: Request) -> Reply:
        match request.method, request.path.removeprefix("/youtube/v3"):
            case "GET", "/commentThreads" if "moderationStatus" not in request.query:
                return threads
            case "POST", "/comments":
                posted.append(request)
                return inserted
            case "GET", "/comments":
                return Reply(body={"items": [inserted.body] if posted else []})
            case _:
                return NOTHING

    return answer


def recorded_x(request: Request) -> Reply:
    """Answer as X was recorded to answer."""
    if request.path.endswith("/mentions") and "pagination_token" not in request.query:
        return recorded("x/mentions_1_get.json")
    if request.path.endswith("/search/recent") and "next_token" not in request.query:
        return recorded("x/search_recent_1_get.json")
    return recorded("x/dm_events.json") if request.path.endswith("/dm_events") else NOTHING


def recorded_facebook(request: Request) -> Reply:
    """Answer as Graph was recorded to answer."""
    if request.path.endswith(("/feed", "/published_posts")):
        return recorded("facebook/feed_fields_page1.json")
    if request.path.endswith("/comments"):
        name = "comments_page2.json" if "after" in request.query else "comments_page1.json"
        page = recorded(f"facebook/{name}")
        return page if name == "comments_page1.json" else replace(page, body={**page.body, "paging": {}})
    return NOTHING


def invented(store: Store) -> dict[Network, Any]:
    """Answer as our imitations do, each with one question."""
    now = Bench(store).clock.now
    imitations: dict[Network, FakeFacebook | FakeX | FakeYouTube] = {
        Network.FACEBOOK: FakeFacebook(now=now),
        Network.X: FakeX(now=now),
        Network.YOUTUBE: FakeYouTube(now=now),
    }
    for network, imitation in imitations.items():
        imitation.arrive("maha", f"متى يفتح المركز؟ {network}")
    return {network: imitation.answer for network, imitation in imitations.items()}


@pytest.mark.parametrize("source", ["recorded", "invented"])
async def test_polled_shown_answered_by_keys_posted_once_and_found_again(store: Store, source: str) -> None:
    """The queue holds all three networks; one answer leaves, once, and the next poll knows it as ours."""
    if source == "recorded":
        answers = {Network.FACEBOOK: recorded_facebook, Network.X: recorded_x, Network.YOUTUBE: recorded_youtube()}
        channel = RECORDED_CHANNEL
    else:
        answers, channel = invented(store), CHANNEL
    async with job(store, answers, channel) as (made, services):
        await made.poller.run_once()
        before = await made.everything()
        assert {message.key.network for message in before} == set(Network)
        assert [each for each in made.poller.health() if each.problem] == []

        async with made.app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            question = await open_youtube(made, pilot)
            await pilot.press("r")
            await pilot.pause()
            for char in ANSWER:
                await pilot.press("space" if char == " " else char)
            await pilot.press("escape")
            await pilot.pause(0.5)
            assert "YouTube" in "\n".join(lines(made.app))
            await acknowledge(pilot)
            await pilot.press("s")
            await pilot.pause()

        waiting = await store.message(question.key)
        assert waiting is not None
        assert waiting.standing.state is MessageState.WAITING
        made.bench.clock.at += timedelta(seconds=11)
        assert await made.sender.run_once() == 1
        assert await made.sender.run_once() == 0
        posts = [each for each in services[Network.YOUTUBE].requests if each.method == "POST"]
        assert [post.body["snippet"]["textOriginal"] for post in posts] == [ANSWER]
        (entry,) = await store.entries([EntryState.SENT])

        made.bench.clock.at += timedelta(hours=1)
        await made.poller.run_once()
        after = await made.everything()
        assert entry.receipt is not None
        ours = [message for message in after if message.key.native_id == entry.receipt.native_id]
        assert [message.ours for message in ours] == [True]
        assert len(after) == len(before) + 1
        assert (await store.check()).ok


async def open_youtube(made: Job, pilot: Any) -> Message:
    """Move to the first message from YouTube in the queue and return it."""
    window = await made.bench.store.window(View(name=ViewName.QUEUE, operator="salem"), limit=500)
    for row in window.rows:
        if row.message and row.message.key.network is Network.YOUTUBE:
            return row.message
        await pilot.press("j")
        await pilot.pause()
    raise AssertionError("nothing from YouTube in the queue")


async def acknowledge(pilot: Any) -> None:
    """Confirm whatever warnings are shown."""
    for key in "123":
        await pilot.press(key)
        await pilot.pause()

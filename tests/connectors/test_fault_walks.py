"""What happens to walks and writes while services do as they please, on all three; the list is in `faults.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.errors import Unknown
from majlis.message import Message, Network, ObjectKind
from majlis.outbox import Action
from majlis.ports import Connector, View, ViewName
from store.inbox import Inbox

from .entries import NOW, entry_for
from .networks import CANARY, CHANNEL, PAGE, USER, FakeFacebook, FakeX, FakeYouTube, Imitation, problem, refusal
from .service import Reply, Request, Service

SECOND = timedelta(seconds=1)
MARKS = frozenset({"after", "pagination_token", "next_token", "pageToken"})
"""Parameters that ask for a further page."""
LISTING = {Network.FACEBOOK: "comments", Network.X: "mentions", Network.YOUTUBE: "threads"}
PATH = {Network.FACEBOOK: "/comments", Network.X: "/mentions", Network.YOUTUBE: "/commentThreads"}
STALE = {
    Network.FACEBOOK: Reply(status=400, body={"error": {"message": "Invalid cursors values", "code": 100}}),
    Network.X: problem(400, "no", errors=[{"message": "bad token", "parameters": {"pagination_token": ["x"]}}]),
    Network.YOUTUBE: refusal(400, "invalidPageToken"),
}
EMPTY = {
    Network.FACEBOOK: {"data": [], "paging": {"cursors": {"after": "0"}, "next": f"https://g.example/?t={CANARY}"}},
    Network.X: {"meta": {"result_count": 0, "next_token": "0"}},
    Network.YOUTUBE: {"items": [], "nextPageToken": "0"},
}
HOSTILE = (
    "\N{RIGHT-TO-LEFT OVERRIDE}hi\x1b[2J\x1b]52;c;eA==\x07\x9b31m"
    "\U0001f468\N{ZERO WIDTH JOINER}\U0001f469\N{ZERO WIDTH JOINER}\U0001f467 [red]\N{FIRST STRONG ISOLATE}\x00"
)


@dataclass(kw_only=True)
class World:
    """One network, our account on it, and the inbox."""

    network: Network
    url: str
    service: Imitation
    clock: VirtualClock
    store: Inbox
    path: str
    connector: Connector
    written: int = 0
    apart: timedelta = SECOND

    def arrive(self, text: str) -> str:
        """Let a citizen write, a second after the one before unless a test says otherwise."""
        self.written += 1
        at = NOW + self.written * self.apart
        native_id: str = self.service.arrive(f"p{self.written}", text, at=at)  # type: ignore[attr-defined]  # each has it
        return native_id

    def arrive_all(self, count: int) -> list[str]:
        """Let citizens write; returns the texts."""
        wanted = [f"text {self.written + number}" for number in range(count)]
        for text in wanted:
            self.arrive(text)
        return wanted

    async def step(self) -> bool:
        """Read one page of the one listing and keep it; whether the walk goes on."""
        stream = next(each for each in self.connector.streams() if each.name == LISTING[self.network])
        page = await self.connector.read(stream, await self.store.mark(stream))
        await self.store.ingest(page)
        return page.more

    async def read(self) -> None:
        """Walk the listing to its end, a while later."""
        await self.clock.advance(timedelta(minutes=5))
        for _ in range(60):
            if not await self.step():
                return
        raise AssertionError("no end")

    async def messages(self) -> list[Message]:
        """Return everything that citizens wrote."""
        window = await self.store.window(View(name=ViewName.ALL, operator="salem"), limit=200)
        return [row.message for row in window.rows if row.message and not row.message.ours]

    async def texts(self) -> list[str]:
        """Return their texts."""
        return [each.text for each in await self.messages()]

    def at_a_further_page(self, act: Callable[[], object]) -> None:
        """Let something happen, once, when a further page of the listing is asked for; a reply is given to it."""
        done: list[bool] = []

        def fault(request: Request) -> Reply | None:
            if done or not request.path.endswith(PATH[self.network]) or not MARKS & request.query.keys():
                return None
            done.append(True)
            told = act()
            return told if isinstance(told, Reply) else None

        self.service.fault = fault


def connect(network: Network, url: str, clock: VirtualClock) -> Connector:
    """Return our account on a network."""
    tokens = FixedToken(CANARY, account="acc", network=network)
    match network:
        case Network.FACEBOOK:
            return FacebookConnector(FacebookSettings(account="acc", page=PAGE, api_url=url), clock, tokens)
        case Network.X:
            settings = XSettings(account="acc", user=USER, handle="moh_practice", api_url=url)
            return XConnector(settings, clock, tokens)
        case Network.YOUTUBE:
            return YouTubeConnector(YouTubeSettings(account="acc", channel=CHANNEL, api_url=url), clock, tokens)


FAKES = {Network.FACEBOOK: FakeFacebook, Network.X: FakeX, Network.YOUTUBE: FakeYouTube}


@pytest_asyncio.fixture(params=list(Network))
async def world(
    request: pytest.FixtureRequest, service: Service, clock: VirtualClock, tmp_path: Path
) -> AsyncIterator[World]:
    """Each network in turn."""
    network: Network = request.param
    imitation: Imitation = FAKES[network](now=clock.now)
    service.answer = imitation.answer
    path = str(tmp_path / "inbox.db")
    made = World(
        network=network,
        url=service.url,
        service=imitation,
        clock=clock,
        store=await Inbox.open(path),
        path=path,
        connector=connect(network, service.url, clock),
    )
    yield made
    await made.connector.aclose()
    await made.store.aclose()


# --------------------------------------------------------------------------------------------------------------- walks


async def test_pages_that_overlap(world: World) -> None:
    """Somebody writes while pages are read, so that rows come twice: each is kept once."""
    wanted = world.arrive_all(7)
    world.at_a_further_page(lambda: world.arrive_all(2))
    await world.read()
    await world.read()

    texts = await world.texts()
    assert sorted(texts) == sorted([*wanted, "text 7", "text 8"])


async def test_a_continuation_that_expires(world: World) -> None:
    """The walk begins again and brings everything."""
    wanted = world.arrive_all(7)
    world.at_a_further_page(lambda: STALE[world.network])
    await world.read()

    assert sorted(await world.texts()) == wanted


async def test_a_crash_between_two_pages(world: World) -> None:
    """Another process goes on where this one died; only the last page moves the mark."""
    wanted = world.arrive_all(7)
    stream = next(each for each in world.connector.streams() if each.name == LISTING[world.network])
    while not await world.messages():
        assert await world.step()
    left = await world.store.mark(stream)
    await world.connector.aclose()
    await world.store.aclose()
    world.store = await Inbox.open(world.path)
    world.connector = connect(world.network, world.url, world.clock)

    assert await world.store.mark(stream) == left
    assert left is not None
    assert left.high is None
    await world.read()
    after = await world.store.mark(stream)
    assert sorted(await world.texts()) == wanted
    assert after is not None
    assert after.high is not None
    assert after.walk is None


async def test_an_empty_page_with_a_next_link(world: World) -> None:
    """A short page is not the last one."""
    wanted = world.arrive_all(4)
    empty = [EMPTY[world.network]]

    def emptied(request: Request, reply: Reply) -> Reply:
        first = request.path.endswith(PATH[world.network]) and not MARKS & request.query.keys()
        return replace(reply, body=empty.pop()) if first and empty else reply

    world.service.changed = emptied
    await world.read()

    assert not empty
    assert sorted(await world.texts()) == wanted


async def test_rows_out_of_order(world: World) -> None:
    """Pages whose rows stand upside down are read to the end all the same."""
    before = world.arrive_all(4)
    await world.read()

    def turned(_request: Request, reply: Reply) -> Reply:
        body = dict(reply.body)
        for name in {"data", "items"} & body.keys():
            if isinstance(body[name], list):
                body[name] = body[name][::-1]
        return replace(reply, body=body)

    world.service.changed = turned
    after = world.arrive_all(4)
    await world.read()

    assert sorted(await world.texts()) == [*before, *after]


async def test_a_row_that_changed(world: World) -> None:
    """Its author wrote something else: one message, and both texts."""
    native_id = world.arrive("before")
    await world.read()
    if isinstance(world.service, FakeX):
        world.service.edit(native_id, "after")
    else:
        item = world.service.item(native_id)
        assert item is not None
        item.text = "after"
    await world.read()
    (message,) = await world.messages()

    assert message.text == "after"
    assert [each.text for each in message.editions] == ["before"]


async def test_a_row_that_vanished(world: World) -> None:
    """What moved up to the page already read is found by the next reading, and the vanished one by a look."""
    wanted = world.arrive_all(7)
    gone = world.arrive("gone")
    world.at_a_further_page(lambda: world.service.drop(gone))
    await world.read()
    await world.read()

    assert sorted(await world.texts()) == ["gone", *wanted]
    assert await world.connector.look([gone]) == {gone}


async def test_ids_beyond_63_bits(world: World) -> None:
    """No id is a number here."""
    native_id = world.arrive("question")
    item = world.service.item(native_id)
    assert item is not None
    item.id = {Network.FACEBOOK: "1_", Network.X: "", Network.YOUTUBE: ""}[world.network] + "9" * 26
    item.root = item.id if item.root == native_id else item.root
    item.history = [item.id] if item.history else []
    await world.read()
    await world.read()
    (message,) = await world.messages()

    assert message.key.native_id == item.id


async def test_nobody_as_author(world: World) -> None:
    """Somebody wrote, and the service does not say who."""
    for absent in (False, True):
        item = world.service.item(world.arrive(f"question {absent}"))
        assert item is not None
        item.author = item.name = None
    rows = {"from", "author_id", "authorChannelId", "authorDisplayName"}

    def without(value: Any) -> Any:
        """Return a body in which one row says null, and the other nothing at all."""
        if isinstance(value, dict):
            silent = any("True" in str(value.get(name)) for name in ("message", "text", "textOriginal"))
            return {name: without(each) for name, each in value.items() if name not in rows or not silent}
        return [without(each) for each in value] if isinstance(value, list) else value

    world.service.changed = lambda _request, reply: replace(reply, body=without(reply.body))
    await world.read()

    found = await world.messages()
    assert sorted(each.text for each in found) == ["question False", "question True"]
    assert {each.author.handle or each.author.name for each in found} == {None}


async def test_hostile_texts(world: World) -> None:
    """Text and name arrive in the store as they were sent."""
    item = world.service.item(world.arrive(HOSTILE))
    assert item is not None
    item.name = HOSTILE
    await world.read()
    (message,) = await world.messages()

    assert message.text == HOSTILE
    assert HOSTILE in (message.author.name or message.author.handle or "")


# -------------------------------------------------------------------------------------------------------------- writes


async def found_after(world: World, fault: Callable[[], None]) -> None:
    """Send with a fault; whatever we are told, it was published once and is found."""
    target = world.arrive("question")
    entry = entry_for(world.connector, target, "answer", thread="root", attempted_at=world.clock.now())
    fault()
    with pytest.raises(Unknown):
        await world.connector.perform(entry)
    world.service.lose_answers, world.service.instead = False, None

    receipt = await world.connector.find(entry)
    assert receipt is not None
    assert world.service.published().count("answer") == 1
    await world.read()
    assert "answer" not in await world.texts()


async def test_accepted_and_the_answer_lost(world: World) -> None:
    """The line broke behind it."""
    await found_after(world, lambda: setattr(world.service, "lose_answers", True))


async def test_accepted_and_answered_500(world: World) -> None:
    """The service failed after it had taken it."""
    await found_after(world, lambda: setattr(world.service, "instead", Reply(status=500, raw=b"")))


async def test_a_comment_below_our_own_post_whose_answer_is_lost(world: World) -> None:
    """It is found again where it stands, and was published once."""
    if isinstance(world.service, FakeYouTube):
        post: str | None = "videoNumber1"
    elif isinstance(world.service, FakeFacebook):
        world.service.post(post := "100200300_9", "our own post")
    else:
        new = replace(entry_for(world.connector, "unused", "our own post", Action.POST), target=None)
        post = (await world.connector.perform(new)).native_id
    assert post is not None
    entry = entry_for(world.connector, post, "a comment", kind=ObjectKind.POST, thread=post,
                      attempted_at=world.clock.now())  # fmt: skip
    assert await world.connector.find(entry) is None
    world.service.lose_answers = True
    with pytest.raises(Unknown):
        await world.connector.perform(entry)
    world.service.lose_answers = False

    receipt = await world.connector.find(entry)
    assert receipt is not None
    assert receipt.native_id not in {None, post}
    assert world.service.published().count("a comment") == 1


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_clocks_ten_minutes_apart(world: World, minutes: int) -> None:
    """The service stamps what we sent by its own clock, and says what that clock is."""
    theirs = timedelta(minutes=minutes, seconds=minutes)
    world.service.now = lambda: world.clock.now() + theirs
    date = (NOW + theirs).strftime("%a, %d %b %Y %H:%M:%S GMT")
    world.service.headers = {"Date": date}
    await world.step()
    await found_after(world, lambda: setattr(world.service, "lose_answers", True))


async def test_accepted_twice_by_the_service(world: World) -> None:
    """There are two, we sent one: it is sent, and both are ours."""
    target = world.arrive("question")
    entry = entry_for(world.connector, target, "answer", thread="root", attempted_at=world.clock.now())
    world.service.doubles = True
    receipt = await world.connector.perform(entry)
    assert receipt.native_id
    assert world.service.published().count("answer") == 2
    assert await world.connector.find(entry) is not None
    await world.read()

    assert await world.texts() == ["question"]


@pytest.mark.parametrize("world", [Network.FACEBOOK, Network.X], indirect=True)
@pytest.mark.parametrize(
    ("pages", "apart"),
    [
        (12, SECOND),  # the overlap alone fills a page
        pytest.param(80, SECOND, marks=pytest.mark.slow),
        pytest.param(80, timedelta(minutes=10), marks=pytest.mark.slow),
    ],
)
async def test_a_long_walk_whose_continuation_dies_again_and_again(world: World, pages: int, apart: timedelta) -> None:
    """It goes on from the oldest row that is stored, and comes to an end; YouTube cannot be asked so."""
    world.apart, count = apart, pages * world.service.page_size
    wanted = sorted(world.arrive_all(count))
    asked: list[str] = []

    def fault(request: Request) -> Reply | None:
        if not request.path.endswith(PATH[world.network]) or not MARKS & request.query.keys():
            return None
        asked.append(request.path)
        return STALE[world.network] if len(asked) % 5 == 0 else None

    world.service.fault = fault
    await world.clock.advance(apart * count + timedelta(minutes=20))
    for _ in range(pages * 3):
        if not await world.step():
            break
    else:
        raise AssertionError("no end")

    window = await world.store.window(View(name=ViewName.ALL, operator="salem"), limit=count + 1)
    assert sorted(row.message.text for row in window.rows if row.message and not row.message.ours) == wanted

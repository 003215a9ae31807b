"""The connector port: one suite over the three networks, each served on loopback, and the scripted inbox."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

import pytest
import pytest_asyncio

from connectors.clock import VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.scenario import ScenarioConnector, load
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis.errors import Busy, MajlisError, Malformed, NeedsSignIn, Refused, Unknown
from majlis.message import MessageKey, Network
from majlis.outbox import Action
from majlis.ports import Capability, Connector, Mark
from tests.connectors.entries import NOW, entry_for, walk
from tests.connectors.networks import CANARY, CHANNEL, PAGE, USER, FakeFacebook, FakeX, FakeYouTube, Imitation
from tests.connectors.service import Reply, serving

MINUTE = timedelta(minutes=1)
LISTING = {Network.FACEBOOK: "comments", Network.X: "mentions", Network.YOUTUBE: "threads"}


class Playground(Protocol):
    """A connector with a world behind it that a test can change."""

    @property
    def connector(self) -> Connector:
        """What is tested."""
        ...

    @property
    def clock(self) -> VirtualClock:
        """Its time."""
        ...

    def arrive(self, name: str, text: str) -> str:
        """Let a citizen write; returns the native id."""
        ...

    def published(self) -> list[str]:
        """Return what our account wrote."""
        ...

    def drop(self, native_id: str) -> None:
        """Take a citizen's words away."""
        ...

    def fail(self, kind: str) -> None:
        """Let calls fail from now on: busy, sign_in, forbidden, down, garbage, lost, cut, or "" for not at all."""
        ...


@dataclass
class Served:
    """A real connector and an imitated service."""

    connector: Connector
    clock: VirtualClock
    service: Imitation

    def arrive(self, name: str, text: str) -> str:
        """Let a citizen write."""
        native_id: str = self.service.arrive(name, text)  # type: ignore[attr-defined]  # each imitation has it
        return native_id

    def published(self) -> list[str]:
        """Return what our account wrote."""
        return self.service.published()

    def drop(self, native_id: str) -> None:
        """Take a citizen's words away."""
        self.service.drop(native_id)

    def fail(self, kind: str) -> None:
        """Let calls fail."""
        replies = {
            "busy": Reply(status=429, body=_LIMITED[self.connector.network]),
            "sign_in": Reply(status=401, body=_DEAD[self.connector.network]),
            "forbidden": Reply(status=403, body=_FORBIDDEN[self.connector.network]),
            "down": Reply(status=503, raw=b"<html>down</html>"),
            "garbage": Reply(raw=b"<html>hello</html>", headers={"Content-Type": "text/html"}),
        }
        reply = replies.get(kind)
        self.service.fault = (lambda _: reply) if reply else None
        self.service.lose_answers = kind == "lost"
        self.service.cut_answers = kind == "cut"


_LIMITED: dict[Network, Any] = {
    Network.FACEBOOK: {"error": {"message": "too many", "code": 32}},
    Network.X: {"title": "Too Many Requests", "type": "about:blank"},
    Network.YOUTUBE: {"error": {"code": 429, "errors": [{"reason": "rateLimitExceeded"}]}},
}
_DEAD: dict[Network, Any] = {
    Network.FACEBOOK: {"error": {"message": "expired", "code": 190, "error_subcode": 463}},
    Network.X: {"title": "Unauthorized", "status": 401, "type": "about:blank"},
    Network.YOUTUBE: {"error": {"code": 401, "errors": [{"reason": "authError"}]}},
}
_FORBIDDEN: dict[Network, Any] = {
    Network.FACEBOOK: {"error": {"message": "no right", "code": 200}},
    Network.X: {"title": "Forbidden", "detail": "not permitted", "type": "about:blank", "status": 403},
    Network.YOUTUBE: {"error": {"code": 403, "errors": [{"reason": "forbidden"}]}},
}


class Scripted:
    """The scripted inbox, whose script grows as the test goes on."""

    def __init__(self, network: Network, clock: VirtualClock) -> None:
        self.clock = clock
        self._rows: list[dict[str, Any]] = []
        self._account = {"id": "acc", "network": network, "name": "Practice", "handle": "moh_practice"}
        self.connector: ScenarioConnector = self._played()

    def _played(self) -> ScenarioConnector:
        header = {"scenario": 1, "name": "t", "start": NOW.isoformat(), "accounts": [self._account]}
        scenario = load([json.dumps(row) for row in (header, *self._rows)])
        return ScenarioConnector(scenario.header.accounts[0], scenario, self.clock)

    def _happen(self, **row: Any) -> None:
        """Add a line; the connector keeps what was done through it, as a network would."""
        self._rows.append({"at": self.clock.now().isoformat(), "account": "acc", **row})
        fresh = self._played()
        self.connector._steps = fresh._steps

    def arrive(self, name: str, text: str) -> str:
        """Let a citizen write."""
        self._happen(do="arrive", id=name, thread="root", text=text, author={"name": name})
        return name

    def published(self) -> list[str]:
        """Return what our account wrote."""
        return [item.text for item in self.connector._world.items.values() if item.ours]

    def drop(self, native_id: str) -> None:
        """Take a citizen's words away."""
        self._happen(do="delete", id=native_id)

    def fail(self, kind: str) -> None:
        """Let calls fail."""
        if kind == "sign_in":
            self._happen(do="token", state="dead")
            return
        words = {"busy": "busy", "forbidden": "forbidden", "down": "down", "garbage": "garbage"}
        words |= {"lost": "cut", "cut": "cut"}
        if kind in words:
            on = "write" if kind in {"lost", "cut"} else "both"
            self._happen(do="fault", kind=words[kind], on=on, accepted=kind in {"lost", "cut"}, lasts="+09:00:00")
        else:
            self.connector._catch_up()
            self.connector._world.failing.clear()


Build = Callable[[str, VirtualClock], tuple[Connector, Imitation]]


def _facebook(url: str, clock: VirtualClock) -> tuple[Connector, Imitation]:
    tokens = FixedToken(CANARY, account="acc", network=Network.FACEBOOK)
    settings = FacebookSettings(account="acc", page=PAGE, api_url=url)
    return FacebookConnector(settings, clock, tokens), FakeFacebook(now=clock.now)


def _x(url: str, clock: VirtualClock) -> tuple[Connector, Imitation]:
    tokens = FixedToken(CANARY, account="acc", network=Network.X)
    settings = XSettings(account="acc", user=USER, handle="moh_practice", api_url=url, daily_budget_usd=5.0)
    return XConnector(settings, clock, tokens), FakeX(now=clock.now)


def _youtube(url: str, clock: VirtualClock) -> tuple[Connector, Imitation]:
    tokens = FixedToken(CANARY, account="acc", network=Network.YOUTUBE)
    settings = YouTubeSettings(account="acc", channel=CHANNEL, api_url=url, token_url=f"{url}/token")
    return YouTubeConnector(settings, clock, tokens), FakeYouTube(now=clock.now)


BUILDS: dict[str, Build] = {"facebook": _facebook, "x": _x, "youtube": _youtube}


@pytest_asyncio.fixture(params=["facebook", "x", "youtube", "scripted facebook", "scripted x", "scripted youtube"])
async def playground(request: pytest.FixtureRequest) -> AsyncIterator[Playground]:
    """Every implementation in turn."""
    name, clock = str(request.param), VirtualClock(NOW)
    if name.startswith("scripted"):
        yield Scripted(Network(name.split()[1]), clock)
        return
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(serving())
        connector, imitation = BUILDS[name](service.url, clock)
        stack.push_async_callback(connector.aclose)
        service.answer = imitation.answer
        yield Served(connector, clock, imitation)


def listing(connector: Connector) -> str:
    """Return the stream that brings what citizens write publicly."""
    if isinstance(connector, ScenarioConnector) and connector.network is Network.X:
        return "replies"
    return LISTING[connector.network]


def citizens(pages: list[Any]) -> list[str]:
    """Return what citizens wrote, in the order of the rows."""
    return [message.text for page in pages for message in page.messages if not message.ours]


async def test_what_arrived_is_read_once_and_what_comes_later_is_read_later(playground: Playground) -> None:
    """A walk brings everything; the next one brings what is new, and may repeat what lies just behind the mark."""
    connector, name = playground.connector, listing(playground.connector)
    for number in range(4):
        playground.arrive(f"a{number}", f"السؤال {number} كيف؟")  # Arabic: question, how?
        await playground.clock.advance(MINUTE)
    first = await walk(connector, name)
    await playground.clock.advance(30 * MINUTE)
    playground.arrive("later", "later")
    second = await walk(connector, name, first[-1].mark)

    assert sorted(citizens(first)) == [f"السؤال {number} كيف؟" for number in range(4)]
    assert "later" in citizens(second)
    assert first[-1].mark.walk is None
    assert first[-1].mark.high is not None


async def test_keys_are_the_same_from_every_reading(playground: Playground) -> None:
    """Reading twice finds the same messages, each under one key that can be written down and read back."""
    for number in range(5):
        playground.arrive(f"a{number}", f"text {number}")
    first = await walk(playground.connector, listing(playground.connector))
    second = await walk(playground.connector, listing(playground.connector))
    keys = [[message.key for page in pages for message in page.messages] for pages in (first, second)]

    assert keys[0] == keys[1]
    assert len(set(keys[0])) == len(keys[0])
    assert all(MessageKey.parse(str(key)) == key for key in keys[0])
    assert {key.account for key in keys[0]} == {playground.connector.account}
    assert {key.network for key in keys[0]} == {playground.connector.network}


async def test_every_mark_of_a_walk_gives_its_rows_again(playground: Playground) -> None:
    """A page that was fetched and not stored comes again; `high` moves with the last page alone."""
    for number in range(40):
        playground.arrive(f"a{number}", f"text {number}")
    pages = await walk(playground.connector, listing(playground.connector))
    marks: list[Mark | None] = [None, *(page.mark for page in pages[:-1])]

    assert len(pages) > 1
    assert all(page.mark.high is None for page in pages[:-1])
    for mark, page in zip(marks, pages, strict=True):
        again = await playground.connector.read(page.stream, mark)
        assert (again.messages, again.quarantined) == (page.messages, page.quarantined)


async def test_messages_carry_what_the_domain_needs(playground: Playground) -> None:
    """Thread, author, aware times, a safe link, the listing that showed it."""
    playground.arrive("noura", "hello")
    pages = await walk(playground.connector, listing(playground.connector))
    message = next(each for page in pages for each in page.messages if each.text == "hello")

    assert message.thread
    assert "noura" in message.author.shown()
    assert abs(message.created_at - NOW) < timedelta(seconds=1)
    assert message.received_at == NOW
    assert not message.ours
    assert message.link is None or message.link.startswith("https://")
    assert message.listings == (listing(playground.connector),)


async def test_a_reply_is_published_once_found_again_and_read_as_ours(playground: Playground) -> None:
    """The receipt, what `find` brings and the row of the listing name the same thing."""
    target = playground.arrive("a", "question")
    entry = entry_for(playground.connector, target, "شكراً لتواصلكم <معنا> & أهلاً", thread="root")  # Arabic: thanks
    assert await playground.connector.find(entry) is None
    receipt = await playground.connector.perform(entry)
    found = await playground.connector.find(entry)

    assert playground.published()[-1] == entry.text
    assert receipt.native_id
    assert found is not None
    assert found.native_id == receipt.native_id
    read = [
        message
        for stream in playground.connector.streams()
        for page in await walk(playground.connector, stream.name)
        for message in page.messages
        if message.key.native_id == receipt.native_id
    ]
    assert read
    assert all(message.ours and message.text.endswith(entry.text) for message in read)


async def test_a_private_answer_to_a_public_message_is_found_again_where_there_is_one(playground: Playground) -> None:
    """Whoever declares it can do it, once sent it is found; the public thread stays as it was."""
    can = Capability.PRIVATE_REPLY in playground.connector.capabilities()
    assert can is (playground.connector.network is not Network.YOUTUBE)
    if not can:
        pytest.skip("YouTube has no private messages")
    target = playground.arrive("a", "question")
    asked = await walk(playground.connector, listing(playground.connector))
    recipient = next(m.recipient for page in asked for m in page.messages if m.key.native_id == target)
    entry = entry_for(playground.connector, target, "for you alone", Action.MESSAGE, recipient=recipient)
    assert await playground.connector.find(entry) is None
    receipt = await playground.connector.perform(entry)
    found = await playground.connector.find(entry)

    assert found is not None
    assert found.native_id == receipt.native_id
    in_public = await walk(playground.connector, listing(playground.connector))
    assert receipt.native_id not in {m.key.native_id for page in in_public for m in page.messages if m.public}


async def test_an_answer_lost_after_acceptance_is_unknown_and_then_found(playground: Playground) -> None:
    """The line breaks after the service took it: not refused, not sent again, found by looking."""
    target = playground.arrive("a", "question")
    entry = entry_for(playground.connector, target, "answer")
    playground.fail("lost")
    with pytest.raises(Unknown):
        await playground.connector.perform(entry)
    playground.fail("")

    assert playground.published().count("answer") == 1
    assert await playground.connector.find(entry) is not None


async def test_an_answer_cut_in_the_middle_is_unknown(playground: Playground) -> None:
    """Half an answer says nothing."""
    entry = entry_for(playground.connector, playground.arrive("a", "question"), "answer")
    playground.fail("cut")
    with pytest.raises(Unknown):
        await playground.connector.perform(entry)
    playground.fail("")

    assert await playground.connector.find(entry) is not None


@pytest.mark.parametrize(
    ("kind", "error"), [("busy", Busy), ("sign_in", NeedsSignIn), ("forbidden", Refused), ("garbage", Unknown)]
)
async def test_writes_fail_as_the_port_says(playground: Playground, kind: str, error: type[MajlisError]) -> None:
    """Each refusal becomes the one error that tells the sender what to do; nothing is published."""
    entry = entry_for(playground.connector, playground.arrive("a", "question"), "answer")
    playground.fail(kind)
    with pytest.raises(error):
        await playground.connector.perform(entry)

    assert playground.published() in ([], ["announcement"])


@pytest.mark.parametrize(
    ("kind", "error"),
    [("busy", Busy), ("down", Busy), ("sign_in", NeedsSignIn), ("forbidden", Refused), ("garbage", Malformed)],
)
async def test_reads_fail_as_the_port_says(playground: Playground, kind: str, error: type[MajlisError]) -> None:
    """Each refusal becomes the one error that tells the poller what to do; afterwards reading goes on."""
    playground.arrive("a", "question")
    playground.fail(kind)
    with pytest.raises(error) as caught:
        await walk(playground.connector, listing(playground.connector))

    assert not isinstance(caught.value, Busy) or caught.value.wait_s >= 1


async def test_a_service_that_fails_on_a_write_leaves_it_unknown(playground: Playground) -> None:
    """A 5xx may come before or after acceptance; only the scripted inbox knows that nothing went out."""
    entry = entry_for(playground.connector, playground.arrive("a", "question"), "answer")
    playground.fail("down")
    scripted = isinstance(playground.connector, ScenarioConnector)
    with pytest.raises(Busy if scripted else Unknown):
        await playground.connector.perform(entry)


async def test_a_reply_to_what_is_gone_is_refused(playground: Playground) -> None:
    """Final: there is nothing left to answer."""
    target = playground.arrive("a", "question")
    await walk(playground.connector, listing(playground.connector))
    playground.drop(target)
    with pytest.raises(Refused):
        await playground.connector.perform(entry_for(playground.connector, target, "answer"))


async def test_hiding_sets_a_state_and_may_be_repeated(playground: Playground) -> None:
    """Twice is once, and showing again undoes it."""
    target = playground.arrive("a", "question")
    hide = entry_for(playground.connector, target, action=Action.HIDE)
    assert Capability.HIDE in playground.connector.capabilities()
    for action in (Action.HIDE, Action.HIDE, Action.UNHIDE):
        receipt = await playground.connector.perform(replace(hide, action=action))
        assert receipt.native_id is None


async def test_a_budget_lies_within_its_limit_and_comes_back(playground: Playground) -> None:
    """What is left is between nothing and all, also after calls; the moment it comes back lies ahead."""
    playground.arrive("a", "question")
    await walk(playground.connector, listing(playground.connector))
    budget = playground.connector.budget()
    assert (budget is None) is isinstance(playground.connector, ScenarioConnector)
    if budget is None:
        pytest.skip("a script is not counted")

    assert 0 <= budget.reserve <= budget.limit
    assert 0 <= budget.left <= budget.limit
    assert budget.resets_at is None or budget.resets_at > playground.clock.now()


async def test_looking_tells_what_is_gone(playground: Playground) -> None:
    """Of two messages one was taken away; looking names that one."""
    stays, goes = playground.arrive("a", "stays"), playground.arrive("b", "goes")
    assert await playground.connector.look([stays, goes]) == frozenset()
    playground.drop(goes)

    assert await playground.connector.look([stays, goes]) == {goes}
    assert await playground.connector.look([]) == frozenset()


async def test_only_the_same_words_by_us_at_that_time_are_found(playground: Playground) -> None:
    """Another text, another time or another writer is not what the entry made."""
    target = playground.arrive("a", "question")
    entry = entry_for(playground.connector, target, "answer")
    await playground.connector.perform(entry)
    old = replace(entry, attempted_at=NOW - timedelta(hours=5))

    assert await playground.connector.find(replace(entry, text="another answer")) is None
    assert await playground.connector.find(old) is None


async def test_probe_says_how_things_stand(playground: Playground) -> None:
    """A living account is well and has a name; a dead one says that it needs a sign-in."""
    alive = await playground.connector.probe()
    assert alive.ok
    assert alive.name
    playground.fail("sign_in")
    dead = await playground.connector.probe()

    assert not dead.ok
    assert isinstance(dead.problem, NeedsSignIn)


async def test_streams_are_distinct_and_paced(playground: Playground) -> None:
    """Each listing has its own id and a floor under its interval."""
    streams = playground.connector.streams()

    assert len({stream.id for stream in streams}) == len(streams) > 0
    assert all(stream.interval >= timedelta(seconds=1) for stream in streams)
    assert {stream.account for stream in streams} == {playground.connector.account}


async def test_no_error_and_no_log_line_shows_the_token(
    playground: Playground, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails, the canary appears nowhere."""
    caplog.set_level(logging.DEBUG)
    target = playground.arrive("a", "question")
    shown: list[str] = []
    for number, kind in enumerate(("busy", "down", "garbage", "forbidden", "lost", "cut", "sign_in")):
        playground.fail("")
        playground.fail(kind)
        for attempt in (
            walk(playground.connector, listing(playground.connector)),
            playground.connector.perform(entry_for(playground.connector, target, f"answer {number}")),
        ):
            try:
                await attempt
            except MajlisError as error:
                shown += [repr(error), str(error), repr(error.facts), repr(error.__cause__)]

    assert shown
    assert CANARY not in " ".join(shown)
    assert CANARY not in caplog.text


async def test_cancelling_a_read_passes_through(playground: Playground) -> None:
    """A caller that gives up is not told anything else."""
    stream = playground.connector.streams()[0]
    task = asyncio.ensure_future(playground.connector.read(stream, None))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

"""From the network to the store and back: polled, answered at the desk, delivered once, on each of the three."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import pytest_asyncio

from connectors.clock import SeededIds, VirtualClock
from connectors.facebook import FacebookConnector, FacebookSettings
from connectors.poller import Poller
from connectors.sender import Sender
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from connectors.youtube import YouTubeConnector, YouTubeSettings
from majlis import commands
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.intake import Intake
from majlis.message import Message, Network
from majlis.outbox import Entry
from majlis.policy import Operator, Role
from majlis.ports import Connector, Store, View, ViewName
from majlis.states import EntryState, MessageState
from tests.builders import policy

from .networks import CANARY, CHANNEL, PAGE, USER, FakeFacebook, FakeX, FakeYouTube, Imitation
from .service import Reply, Request, serving

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"  # Arabic: the centre opens at eight every day
S = timedelta(seconds=1)


class Ministry:
    """One account on each network, a real store, a desk, and both loops."""

    def __init__(self, store: Store, clock: VirtualClock, urls: dict[Network, str]) -> None:
        self.store = store
        self.clock = clock
        self.connectors: tuple[Connector, ...] = (
            FacebookConnector(
                FacebookSettings(account="facebook", page=PAGE, api_url=urls[Network.FACEBOOK]),
                clock,
                FixedToken(CANARY, account="facebook", network=Network.FACEBOOK),
            ),
            XConnector(
                XSettings(account="x", user=USER, handle="moh_sample", api_url=urls[Network.X]),
                clock,
                FixedToken(CANARY, account="x", network=Network.X),
            ),
            YouTubeConnector(
                YouTubeSettings(account="youtube", channel=CHANNEL, api_url=urls[Network.YOUTUBE]),
                clock,
                FixedToken(CANARY, account="youtube", network=Network.YOUTUBE),
            ),
        )
        ids, rules = SeededIds(7), policy()
        salem = Operator(name="salem", roles=frozenset({Role.OPERATOR}), terminal="test")
        self.desk = Desk(store=store, clock=clock, ids=ids, policy=rules, operator=salem)
        self.poller = Poller(self.connectors, store, clock, Intake(rules))
        dispatch = Dispatch(store=store, clock=clock, ids=ids, policy=rules)
        self.sender = Sender(self.connectors, store, clock, dispatch)

    async def found(self, network: Network, text: str) -> Message:
        """Return the one message with this text."""
        view = View(name=ViewName.ALL, operator="salem", account=str(network))
        window = await self.store.window(view, limit=100)
        (message,) = [row.message for row in window.rows if row.message and row.message.text.endswith(text)]
        return message

    async def answered(self, message: Message) -> Entry:
        """Answer a message, and let the hold pass."""
        outcome = await self.desk.do(commands.Reply(key=message.key, text=ANSWER))
        assert outcome.entry is not None
        await self.clock.advance(timedelta(seconds=15))
        await self.sender.run_once()
        entry = await self.store.entry(outcome.entry.id)
        assert entry is not None
        return entry


@pytest_asyncio.fixture
async def networks(clock: VirtualClock) -> dict[Network, Imitation]:
    """Three imitations, each with one question."""
    facebook, x, youtube = FakeFacebook(now=clock.now), FakeX(now=clock.now), FakeYouTube(now=clock.now)
    for imitation in (facebook, x, youtube):
        imitation.arrive("maha", "متى يفتح المركز؟")  # Arabic: when does the centre open?
    return {Network.FACEBOOK: facebook, Network.X: x, Network.YOUTUBE: youtube}


@pytest_asyncio.fixture
async def ministry(store: Store, clock: VirtualClock, networks: dict[Network, Imitation]) -> AsyncIterator[Ministry]:
    """Everything put together over loopback, inside service hours."""
    async with AsyncExitStack() as stack:
        urls: dict[Network, str] = {}
        for network, imitation in networks.items():
            service = await stack.enter_async_context(serving())
            service.answer = imitation.answer
            urls[network] = service.url
        ministry = Ministry(store, clock, urls)
        for connector in ministry.connectors:
            stack.push_async_callback(connector.aclose)
        await ministry.poller.run_once()
        yield ministry


@pytest.mark.parametrize("network", list(Network))
async def test_an_answer_is_delivered_once_and_stands_in_the_thread_once(
    ministry: Ministry, networks: dict[Network, Imitation], network: Network
) -> None:
    """Below the person's own words, and the next poll finds it instead of a second one."""
    question = await ministry.found(network, "متى يفتح المركز؟")
    entry = await ministry.answered(question)
    await ministry.clock.advance(timedelta(hours=1))
    await ministry.sender.run_once()
    await ministry.poller.run_once()
    ours = await ministry.found(network, ANSWER)
    item = networks[network].item(ours.key.native_id)

    assert networks[network].published().count(ANSWER) == 1
    assert entry.state is EntryState.SENT
    assert item is not None
    assert item.parent == question.key.native_id
    assert (ours.ours, ours.text, ours.editions) == (True, ANSWER, ())
    assert ours.thread == question.thread
    after = await ministry.store.message(question.key)
    assert after is not None
    assert after.standing.state is MessageState.ANSWERED


@pytest.mark.parametrize("network", list(Network))
async def test_a_lost_answer_is_found_and_never_sent_again(
    ministry: Ministry, networks: dict[Network, Imitation], network: Network
) -> None:
    """The service took it and the line broke: unknown, then sent, with one post on the network."""
    networks[network].lose_answers = True
    entry = await ministry.answered(await ministry.found(network, "متى يفتح المركز؟"))
    assert entry.state is EntryState.UNKNOWN
    await ministry.clock.advance(6 * S)
    await ministry.sender.run_once()
    found = await ministry.store.entry(entry.id)

    assert found is not None
    assert found.state is EntryState.SENT
    assert found.receipt is not None
    assert networks[network].published().count(ANSWER) == 1


@pytest.mark.parametrize(
    ("network", "refusal"),
    [
        (
            Network.X,
            Reply(status=403, body={"detail": "You are not allowed to create a Tweet with duplicate content."}),
        ),
        (Network.FACEBOOK, Reply(status=400, body={"error": {"code": 506, "message": "Duplicate status message"}})),
    ],
)
async def test_the_same_words_twice_are_a_sign_that_they_are_there(
    ministry: Ministry, networks: dict[Network, Imitation], network: Network, refusal: Reply
) -> None:
    """X's 403 and Graph's 506: looked up with the same words, found, and never sent again or changed."""
    imitation = networks[network]
    sent: list[str] = []

    def once(request: Request) -> Reply | None:
        if request.method != "POST":
            return None
        sent.append(request.path)
        imitation.fault = None
        imitation.answer(request)  # it is there, whatever is said
        imitation.fault = once
        return refusal

    imitation.fault = once
    entry = await ministry.answered(await ministry.found(network, "متى يفتح المركز؟"))
    assert entry.state is EntryState.UNKNOWN
    await ministry.clock.advance(6 * S)
    await ministry.sender.run_once()
    found = await ministry.store.entry(entry.id)

    assert found is not None
    assert (found.state, found.text) == (EntryState.SENT, ANSWER)
    assert imitation.published().count(ANSWER) == 1
    assert len(sent) == 1


async def test_a_service_that_fails_leaves_it_to_a_person(
    ministry: Ministry, networks: dict[Network, Imitation]
) -> None:
    """A 5xx on the write, and nothing among our own items after three looks: somebody decides."""
    x = networks[Network.X]
    x.fault = lambda request: Reply(status=503, raw=b"") if request.method == "POST" else None
    entry = await ministry.answered(await ministry.found(Network.X, "متى يفتح المركز؟"))
    for wait in (6, 30, 120):
        await ministry.clock.advance(wait * S)
        await ministry.sender.run_once()
    found = await ministry.store.entry(entry.id)

    assert found is not None
    assert found.state is EntryState.NEEDS_REVIEW
    assert x.published() == []


@pytest.mark.slow
async def test_an_hour_of_faults_over_the_three_clients_loses_nothing_and_sends_nothing_twice(
    ministry: Ministry, networks: dict[Network, Imitation]
) -> None:
    """Limits, faults, cut lines and lost answers by chance, on real sockets."""
    chance = random.Random(4)  # noqa: S311  # repeatable, not secret
    bad = (Reply(status=503, raw=b""), Reply(status=429, body={}, headers={"Retry-After": "30"}), Reply(drop=True))
    written: dict[Network, set[str]] = {network: set() for network in networks}
    replies: list[Entry] = []

    def faulty(request: Request) -> Reply | None:
        del request
        return chance.choice(bad) if chance.random() < 0.08 else None

    for step in range(120):
        network = chance.choice(list(networks))
        for each in networks.values():
            each.fault, each.lose_answers = faulty, chance.random() < 0.2
        if step < 60:
            text = f"سؤال {step}"  # Arabic: question
            networks[network].arrive(f"citizen{step}", text)  # type: ignore[attr-defined]  # each of them has it
            written[network].add(text)
        if step % 4 == 0:
            replies += await _one_answer(ministry, chance, len(replies))
        await ministry.poller.run_once()
        await ministry.sender.run_once()
        await ministry.clock.advance(30 * S)
    for each in networks.values():
        each.fault, each.lose_answers = None, False
    for _ in range(60):
        await ministry.poller.run_once()
        await ministry.sender.run_once()
        await ministry.clock.advance(30 * S)

    for network, imitation in networks.items():
        view = View(name=ViewName.ALL, operator="salem", account=str(network))
        window = await ministry.store.window(view, limit=500)
        theirs = [row.message.text for row in window.rows if row.message and not row.message.ours]
        assert all(sum(text.endswith(each) for text in theirs) == 1 for each in written[network])
        counts = {entry.text: imitation.published().count(entry.text) for entry in replies}
        assert max(counts.values()) <= 1
    assert len(replies) >= 12
    ended = [await ministry.store.entry(entry.id) for entry in replies]
    for after in ended:
        assert after is not None
        there = sum(imitation.published().count(after.text) for imitation in networks.values())
        assert (after.state, there) in {(EntryState.SENT, 1), (EntryState.NEEDS_REVIEW, 0)}


async def _one_answer(ministry: Ministry, chance: random.Random, number: int) -> list[Entry]:
    """Answer something from the queue."""
    window = await ministry.store.window(View(name=ViewName.QUEUE, operator="salem"), limit=9)
    rows = [row.message for row in window.rows if row.message is not None]
    if not rows:
        return []
    outcome = await ministry.desk.do(commands.Reply(key=chance.choice(rows).key, text=f"{ANSWER} {number}"))
    return [outcome.entry] if outcome.entry else []

"""The sender: once each, never a blind second time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.clock import VirtualClock
from connectors.sender import LEASE, LEASE_NAME, SIGN_IN_LOOK, Sender
from connectors.verdict import Unreachable
from majlis.commands import Hide, Reply
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import Busy, MajlisError, NeedsSignIn, Refused, StoreBusy, Unknown
from majlis.message import Author, Network
from majlis.outbox import Receipt
from majlis.states import EntryState, MessageState
from tests.builders import AT, Bench, key, message, page, settled
from tests.fakes.connector import FakeConnector
from tests.fakes.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from majlis.outbox import Entry
    from majlis.ports import Clock, Store


class Batching(FakeConnector):
    """A network that takes two states in one call; `odd` is what comes of some of them."""

    batch = 2

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.calls: list[list[str]] = []
        self.odd: dict[str, MajlisError | None] = {}
        """Native id → what is wrong; None: a mistake of ours, before anything is known."""

    async def perform_many(self, entries: Sequence[Entry]) -> tuple[Receipt | MajlisError, ...]:
        """Take them together."""
        ids = [entry.target.native_id for entry in entries if entry.target]
        self.calls.append(ids)
        if None in [self.odd.get(each, Refused()) for each in ids]:
            raise ValueError
        done = Receipt(native_id=None, at=self._clock.now())
        return tuple(self.odd.get(each) or done for each in ids)


ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"
HELD = timedelta(seconds=10)


class Setup(Bench):
    """A bench with a sender on a network in memory."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.network = FakeConnector(self.clock)
        self.sender = self.another("first")

    def another(self, holder: str, store: Store | None = None) -> Sender:
        """Return a sender of another process; without a store of its own, of one that came after this one has died."""
        return Sender((self.network,), store or self.store, self.clock, self.dispatch, holder=holder)

    async def reply(self) -> Entry:
        """Answer the message and wait the hold out."""
        outcome = await self.desk.do(Reply(key=key(), text=ANSWER))
        self.clock.at += HELD
        return await self.entry(outcome.entry)


@pytest.fixture
async def setup(store: Store) -> Setup:
    await store.ingest(page(message()))
    return Setup(store)


async def test_a_reply_goes_out_once_after_its_hold(setup: Setup) -> None:
    """And never again."""
    entry = await setup.reply()

    assert await setup.sender.run_once() == 1
    assert await setup.sender.run_once() == 0

    assert [sent.text for sent in setup.network.published] == [ANSWER]
    assert (await setup.entry(entry)).state is EntryState.SENT
    assert (await setup.message()).standing.state is MessageState.ANSWERED


async def test_an_answer_lost_on_the_way_is_found_not_sent_again(setup: Setup) -> None:
    """The network took it, the line was cut."""
    setup.network.fault, setup.network.accepts_before_fault = Unknown(account="moh", what="reply"), True
    entry = await setup.reply()
    await setup.sender.run_once()
    assert (await setup.entry(entry)).state is EntryState.UNKNOWN

    setup.network.fault = None
    await setup.sender.run_once()
    assert (await setup.entry(entry)).state is EntryState.UNKNOWN  # too early to look
    setup.clock.at += timedelta(seconds=5)
    await setup.sender.run_once()

    assert (await setup.entry(entry)).state is EntryState.SENT
    assert len(setup.network.published) == 1


async def test_what_is_not_found_goes_to_a_person_and_not_out(setup: Setup) -> None:
    """After 5, 30 and 120 seconds."""
    setup.network.fault = Unknown(account="moh", what="reply")
    entry = await setup.reply()
    await setup.sender.run_once()
    setup.network.fault = None
    for seconds in (5, 25, 90):
        setup.clock.at += timedelta(seconds=seconds)
        await setup.sender.run_once()

    assert (await setup.entry(entry)).state is EntryState.NEEDS_REVIEW
    assert setup.network.published == []


async def test_a_crash_between_call_and_write_is_looked_up(setup: Setup) -> None:
    """The next sender finds an entry in sending, and asks the network."""
    entry = await setup.reply()
    going = await setup.dispatch.release(entry)
    assert going is not None
    await setup.network.perform(going)

    survivor = setup.another("second")
    await survivor.run_once()
    setup.clock.at += timedelta(seconds=5)
    await survivor.run_once()

    assert (await setup.entry(entry)).state is EntryState.SENT
    assert len(setup.network.published) == 1


async def test_a_limit_waits_as_long_as_the_service_says(setup: Setup) -> None:
    """Certainly not sent, so it may be sent later."""
    setup.network.fault = Busy(account="moh", wait_s=60)
    entry = await setup.reply()
    await setup.sender.run_once()
    setup.network.fault = None
    setup.clock.at += timedelta(seconds=59)
    assert await setup.sender.run_once() == 0
    setup.clock.at += timedelta(seconds=1)
    assert await setup.sender.run_once() == 1
    assert (await setup.entry(entry)).attempts == 2


async def test_a_dead_token_keeps_the_reply(setup: Setup) -> None:
    """It goes out after the sign-in."""
    setup.network.fault = NeedsSignIn(account="moh", network="x")
    entry = await setup.reply()
    await setup.sender.run_once()
    assert (await setup.entry(entry)).state is EntryState.QUEUED

    setup.network.fault = None
    setup.clock.at += SIGN_IN_LOOK
    assert await setup.sender.run_once() == 1


async def test_while_an_account_is_signed_out_nothing_is_tried_and_nothing_is_lost(setup: Setup) -> None:
    """What waits is not touched for days, and goes out seconds after somebody has signed in."""
    setup.network.signed_in = False
    entry = await setup.reply()
    await setup.sender.run_once()
    before = await setup.entry(entry)
    for _ in range(3):
        setup.clock.at += timedelta(minutes=5)
        await setup.sender.run_once()
    assert await setup.entry(entry) == before
    assert setup.network.published == []

    setup.network.signed_in = True
    setup.clock.at += SIGN_IN_LOOK
    assert await setup.sender.run_once() == 1


async def test_when_nothing_waits_for_the_sign_in_nobody_looks_for_it(setup: Setup) -> None:
    """Another process has sent what waited: no look every two seconds for the rest of the day."""
    setup.network.signed_in = False
    await setup.reply()
    await setup.sender.run_once()
    assert await setup.sender._next_look() == setup.clock.now() + SIGN_IN_LOOK
    setup.network.signed_in = True
    setup.clock.at += SIGN_IN_LOOK
    assert await setup.another("first").run_once() == 1
    await setup.sender.run_once()

    assert await setup.sender._next_look() > setup.clock.now() + SIGN_IN_LOOK


async def test_a_final_no_goes_back_to_the_author(setup: Setup) -> None:
    """With the text as a draft."""
    setup.network.fault = Refused(account="moh", reason="replies are closed")
    entry = await setup.reply()
    await setup.sender.run_once()

    assert (await setup.entry(entry)).state is EntryState.REFUSED
    assert await setup.store.draft(key(), "salem") is not None


async def test_our_own_mistake_is_a_doubt_not_a_second_post(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    """It may have happened after the network had taken it."""
    setup.network.fault, setup.network.accepts_before_fault = RuntimeError("a mistake"), True
    entry = await setup.reply()
    await setup.sender.run_once()

    assert (await setup.entry(entry)).state is EntryState.UNKNOWN
    assert "a mistake" in caplog.text


async def test_hiding_may_be_repeated(setup: Setup) -> None:
    """It sets a state."""
    setup.network.fault = Unknown(account="moh", what="hide")
    outcome = await setup.desk.do(Hide(key=key()))
    await setup.sender.run_once()
    setup.network.fault = None
    setup.clock.at += timedelta(seconds=5)

    assert await setup.sender.run_once() == 1
    assert (await setup.entry(outcome.entry)).state is EntryState.SENT
    assert (await setup.message()).standing.hidden


async def test_one_sender_for_a_store(setup: Setup, other: Store) -> None:
    """A second process does nothing while the first lives, not even when the first stands still beyond its lease."""
    second = setup.another("second", other)
    await setup.sender.run_once()
    entry = await setup.reply()

    assert await second.run_once() == 0
    setup.clock.at += LEASE * 2
    assert await second.run_once() == 0
    assert (await setup.entry(entry)).state is EntryState.HELD
    assert await setup.sender.run_once() == 1


async def test_a_dead_sender_is_followed_at_once(setup: Setup, other: Store) -> None:
    """Its lease has two minutes to go, and nobody waits for them; what it was sending is looked up, not sent again."""
    second = setup.another("second", other)
    await setup.sender.run_once()
    going = await setup.dispatch.release(await setup.reply())
    assert going is not None
    await setup.store.let_go(LEASE_NAME)  # as the kernel does for a process that has ended

    assert await second.run_once() == 0
    assert (await setup.entry(going)).state is EntryState.UNKNOWN
    assert await second.run_once() == 0
    assert setup.network.published == []


async def test_a_sender_that_gives_back_is_followed_at_once(setup: Setup, other: Store) -> None:
    """As at the end of a service that is restarted."""
    await setup.sender.run_once()
    await setup.reply()
    await setup.sender.give_back()

    assert await setup.another("second", other).run_once() == 1


async def test_a_sender_that_stood_still_before_the_call_looks_whose_turn_it_is(setup: Setup, other: Store) -> None:
    """It has written that it sends; having lost its turn, it writes that it did not, and the other one sends."""
    entry = await setup.reply()
    release = setup.dispatch.release

    async def stopped(entry: Entry) -> Entry | None:
        going = await release(entry)
        await setup.store.let_go(LEASE_NAME)  # as when its session with the server has ended meanwhile
        await other.hold(LEASE_NAME)
        return going

    setup.dispatch.release = stopped  # type: ignore[method-assign]  # a process that is stopped at this very point
    assert await setup.sender.run_once() == 0
    setup.dispatch.release = release  # type: ignore[method-assign]

    assert (await setup.entry(entry)).state is EntryState.QUEUED
    assert await setup.sender.run_once() == 0
    assert await setup.another("second", other).run_once() == 1
    assert len(setup.network.published) == 1


async def two_more(setup: Setup) -> list[Entry]:
    """Answer two further messages of other people, and wait the hold out."""
    made = []
    for number in ("2", "3"):
        await setup.store.ingest(page(message(number, thread=f"t{number}", author=Author(id=f"u{number}"))))
        outcome = await setup.desk.do(Reply(key=key(number), text=f"{ANSWER} {number}"))
        assert outcome.entry is not None
        made.append(outcome.entry)
    setup.clock.at += HELD
    return made


async def states(setup: Setup, entries: list[Entry]) -> list[EntryState]:
    return [(await setup.entry(entry)).state for entry in entries]


async def test_a_limit_holds_back_the_accounts_other_entries(setup: Setup) -> None:
    """They are not tried one after another while the service has said when it may be asked again."""
    setup.network.fault = Busy(account="moh", wait_s=60)
    entries = [await setup.reply(), *await two_more(setup)]
    for _ in range(5):
        await setup.sender.run_once()
        setup.clock.at += timedelta(seconds=10)
    assert sum([(await setup.entry(entry)).attempts for entry in entries]) == 1

    setup.network.fault = None
    setup.clock.at += timedelta(seconds=10)
    await setup.sender.run_once()

    assert await states(setup, entries) == [EntryState.SENT] * 3


async def test_a_service_in_doubt_is_not_handed_a_whole_outbox(setup: Setup) -> None:
    """One entry at a time, with waits that double, until one goes out."""
    setup.network.fault = Unknown(account="moh", what="reply")
    entries = [await setup.reply(), *await two_more(setup)]
    await setup.sender.run_once()
    setup.clock.at += timedelta(seconds=4)
    await setup.sender.run_once()
    assert (await states(setup, entries))[1:] == [EntryState.HELD] * 2

    setup.clock.at += timedelta(seconds=1)
    await setup.sender.run_once()
    setup.clock.at += timedelta(seconds=9)
    await setup.sender.run_once()
    assert (await states(setup, entries))[2] is EntryState.HELD

    setup.network.fault = None
    setup.clock.at += timedelta(seconds=1)
    await setup.sender.run_once()
    assert (await states(setup, entries))[2] is EntryState.SENT


async def test_what_certainly_did_not_go_is_tried_later_and_later(setup: Setup) -> None:
    """A network that cannot be reached for an hour is not knocked at every five seconds."""
    setup.network.fault = Unreachable(account="moh", wait_s=5, reason="connection refused")
    entry = await setup.reply()
    while (await setup.entry(entry)).attempts < 8:
        await setup.sender.run_once()
        setup.clock.at = max(setup.clock.at + timedelta(seconds=1), (await setup.entry(entry)).due_at)

    assert setup.clock.at - AT > timedelta(minutes=10)
    assert setup.network.published == []


async def test_the_same_words_of_another_entry_are_not_taken_for_this_one(setup: Setup) -> None:
    """Thanks went to the same person a moment ago; what is unclear about the second thanks stays unclear."""
    await setup.reply()
    await setup.sender.run_once()
    await setup.store.ingest(page(message("2")))
    setup.network.fault = Unknown(account="moh", what="reply")
    outcome = await setup.desk.do(Reply(key=key("2"), text=ANSWER))
    setup.clock.at += HELD
    await setup.sender.run_once()
    setup.network.fault = None
    assert outcome.entry is not None
    setup.network.published.append(replace(setup.network.published[0], id=outcome.entry.id))
    setup.network.receipts[outcome.entry.id] = "our-1"  # all the network can tell: these words are there
    for seconds in (5, 25, 90):
        setup.clock.at += timedelta(seconds=seconds)
        await setup.sender.run_once()

    assert (await setup.entry(outcome.entry)).state is EntryState.NEEDS_REVIEW


async def test_slow_calls_that_cost_the_lease_end_the_round(setup: Setup) -> None:
    """Somebody else may be sending by now; the rest is theirs, and nothing goes out twice."""
    entries = [await setup.reply(), *await two_more(setup)]
    second = setup.another("second")

    async def slow(entry: Entry) -> Receipt:
        setup.clock.at += timedelta(seconds=121)
        await setup.store.take_lease(LEASE_NAME, "second", setup.clock.at + LEASE, setup.clock.at)
        return await FakeConnector.perform(setup.network, entry)

    setup.network.perform = slow  # type: ignore[method-assign]  # one call that takes too long
    assert await setup.sender.run_once() == 1
    del setup.network.perform
    assert await second.run_once() == 2

    assert await states(setup, entries) == [EntryState.SENT] * 3
    assert len({entry.id for entry in setup.network.published}) == 3 == len(setup.network.published)


class Cut(MemoryStore):
    """A store whose line is cut once, when somebody who is at work asks whether the turn is still theirs."""

    asked = 0

    async def hold(self, name: str) -> bool:
        """Keep a lock; the second question gets no answer."""
        self.asked += 1
        if self.asked == 2:
            raise StoreBusy(path="inbox.db", wait_s=5)
        return await super().hold(name)


async def test_a_store_that_is_lost_between_two_entries_does_not_end_the_sender() -> None:
    """What was not begun goes out with the next round."""
    setup = Setup(Cut())
    await setup.store.ingest(page(message()))
    await setup.reply()

    assert await setup.sender.run_once() == 0
    assert await setup.sender.run_once() == 1


async def test_whoever_polls_is_told_that_something_went_out(setup: Setup) -> None:
    """So that the thread is read back early; also when it is not known whether it went."""
    told: list[str] = []
    sender = Sender((setup.network,), setup.store, setup.clock, setup.dispatch, sent=told.append)
    await setup.reply()
    await sender.run_once()
    setup.network.fault = Unknown(account="moh", what="reply")
    await two_more(setup)
    await sender.run_once()

    assert told == ["moh", "moh"]


async def test_a_clock_that_is_set_back_stalls_nothing(setup: Setup) -> None:
    """The lease is taken anew, and what is due by the new time goes out."""
    await setup.sender.run_once()
    setup.clock.at -= timedelta(minutes=30)
    entry = await setup.reply()

    assert await setup.sender.run_once() == 1
    assert (await setup.entry(entry)).state is EntryState.SENT


async def test_a_network_that_hangs_holds_up_no_other(store: Store) -> None:
    """Each account has its own task, and the lease is kept meanwhile."""
    clock = VirtualClock(AT, settle=settled(store))
    bench = Bench(store)
    operator = bench.desk.operator
    desk = Desk(store=store, clock=clock, ids=bench.ids, policy=bench.policy, operator=operator)
    hanging = FakeConnector(clock)
    dispatch = Dispatch(store=store, clock=clock, ids=bench.ids, policy=bench.policy)
    well = FakeConnector(clock, "tube", Network.YOUTUBE)
    other = replace(key("2"), account="tube", network=Network.YOUTUBE)
    await store.ingest(page(message(), message("2", key=other)))

    async def hang(entry: Entry) -> Receipt:
        await clock.sleep_until(clock.now() + timedelta(seconds=55))
        raise Unknown(account="moh", what=entry.id)

    hanging.perform = hang  # type: ignore[method-assign]  # one call that takes too long
    task = asyncio.create_task(Sender((hanging, well), store, clock, dispatch).run())
    await desk.do(Reply(key=key(), text=ANSWER))
    await clock.advance(timedelta(seconds=12))
    await desk.do(Reply(key=other, text=ANSWER))
    await clock.advance(timedelta(seconds=12))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert len(well.published) == 1


async def test_an_account_that_is_not_ours_to_send_waits(setup: Setup) -> None:
    """Another process holds its token."""
    elsewhere = Sender((), setup.store, setup.clock, setup.dispatch)
    entry = await setup.reply()

    assert await elsewhere.run_once() == 0
    assert (await setup.entry(entry)).state is EntryState.HELD


@pytest.fixture
async def crowd(store: Store) -> Setup:
    """Six messages on a network that takes two states in one call."""
    await store.ingest(page(*(message(str(n)) for n in range(6))))
    setup = Setup(store)
    setup.network = Batching(setup.clock)
    setup.sender = setup.another("first")
    return setup


def calls(setup: Setup) -> list[list[str]]:
    """Return what was done together."""
    assert isinstance(setup.network, Batching)
    return setup.network.calls


async def test_one_state_of_many_messages_is_set_in_few_calls(crowd: Setup) -> None:
    """As many as the network takes at once; each entry has its own record and its message its own state."""
    for n in range(5):
        await crowd.desk.do(Hide(key=key(str(n))))
    assert await crowd.sender.run_once() == 5

    assert calls(crowd) == [["0", "1"], ["2", "3"]]
    assert [entry.target for entry in crowd.network.published] == [key("4")]
    assert all([(await crowd.message(str(n))).standing.hidden for n in range(5)])
    assert [entry.state for entry in await crowd.store.entries(EntryState)] == [EntryState.SENT] * 5


async def test_what_is_done_together_keeps_its_order(crowd: Setup) -> None:
    """Hidden, then shown again: the second word counts, whatever else was hidden in between."""
    await crowd.desk.do(Hide(key=key("0")))
    await crowd.desk.do(Hide(key=key("0"), hidden=False))
    await crowd.desk.do(Hide(key=key("1")))
    await crowd.sender.run_once()

    assert calls(crowd) == []
    assert [str(entry.action) for entry in crowd.network.published] == ["hide", "unhide", "hide"]
    assert not (await crowd.message("0")).standing.hidden


async def test_one_that_is_refused_leaves_its_neighbour_alone(crowd: Setup) -> None:
    """Each goes its own way: refused, later, or done again because nobody knows."""
    assert isinstance(crowd.network, Batching)
    crowd.network.odd = {
        "1": Refused(account="moh", reason="no", code="400"),
        "2": Busy(account="moh", wait_s=60, reason="429"),
        "3": Unknown(account="moh", what="hide"),
    }
    for n in range(6):
        await crowd.desk.do(Hide(key=key(str(n))))
    assert await crowd.sender.run_once() == 1
    states = [entry.state for entry in await crowd.store.entries(EntryState)]
    held = [EntryState.HELD] * 2  # the limit is the account's, so the third call is not made
    assert sorted(states) == [*held, *[EntryState.QUEUED] * 2, EntryState.REFUSED, EntryState.SENT]

    crowd.network.odd = {str(n): None for n in range(6)}
    crowd.clock.at += timedelta(seconds=61)
    assert await crowd.sender.run_once() == 0
    crowd.network.odd = {}
    crowd.clock.at += timedelta(seconds=61)
    assert await crowd.sender.run_once() == 4

"""The sender: once each, never a blind second time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.sender import SIGN_IN_LOOK, Sender
from majlis.commands import Hide, Reply
from majlis.errors import Busy, NeedsSignIn, Refused, Unknown
from majlis.states import EntryState, MessageState
from tests.builders import Bench, key, message, page
from tests.fakes.connector import FakeConnector

if TYPE_CHECKING:
    from majlis.outbox import Entry
    from majlis.ports import Store

ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"
HELD = timedelta(seconds=10)


class Setup(Bench):
    """A bench with a sender on a network in memory."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.network = FakeConnector(self.clock)
        self.sender = self.another("first")

    def another(self, holder: str) -> Sender:
        """Return a sender of another process."""
        return Sender((self.network,), self.store, self.clock, self.dispatch, holder=holder)

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


async def test_one_sender_for_a_store(setup: Setup) -> None:
    """A second process does nothing while the first holds the lease."""
    second = setup.another("second")
    await setup.sender.run_once()
    entry = await setup.reply()

    assert await second.run_once() == 0
    assert (await setup.entry(entry)).state is EntryState.HELD
    assert await setup.sender.run_once() == 1


async def test_an_account_that_is_not_ours_to_send_waits(setup: Setup) -> None:
    """Another process holds its token."""
    elsewhere = Sender((), setup.store, setup.clock, setup.dispatch)
    entry = await setup.reply()

    assert await elsewhere.run_once() == 0
    assert (await setup.entry(entry)).state is EntryState.HELD

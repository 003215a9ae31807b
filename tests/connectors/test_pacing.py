"""The poller in time: breakers per network, turns, hours, sleep, clocks set back, gaps, the first connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from connectors.breaker import BREAKS_AFTER
from connectors.clock import SeededIds, VirtualClock
from connectors.poller import OUTSIDE, PAGES, SETTLES, SLOWEST, AccountHealth, Poller
from connectors.verdict import Unreachable
from majlis.errors import Busy, NeedsSignIn
from majlis.gap import GapCause, GapState
from majlis.hours import DEFAULT_CALENDAR, ServiceHours
from majlis.intake import Intake
from majlis.lookout import Lookout
from majlis.message import Network
from majlis.ports import Budget, Counted, Mark, Page, Stream, View, ViewName
from majlis.states import MessageState
from tests.builders import AT, HandClock, policy, settled
from tests.fakes.paged import PAGE, Faults, Outage, PagedConnector

if TYPE_CHECKING:
    from majlis.ports import Clock, Store

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Setup:
    """Two accounts on YouTube and one on X."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = HandClock()
        self.first = PagedConnector(self.clock, "first", Network.YOUTUBE)
        self.second = PagedConnector(self.clock, "second", Network.YOUTUBE)
        self.x = PagedConnector(self.clock, "x", Network.X)
        self.poller = self.another()

    def another(self, clock: Clock | None = None, **fields: object) -> Poller:
        """Return the poller of a process that begins now."""
        accounts = (self.first, self.second, self.x)
        return Poller(accounts, self.store, clock or self.clock, Intake(policy()), **fields)  # type: ignore[arg-type]

    async def pass_(self, time: timedelta) -> None:
        """Let time pass, and the poller read what is due, when it is due."""
        until = self.clock.at + time
        while self.clock.at < until:
            await self.poller.run_once()
            dues = [each.next_attempt for each in self.poller.health() if each.next_attempt is not None]
            self.clock.at = min(until, max(self.clock.at + SECOND, min(dues, default=until)))

    def down(self, connector: PagedConnector, time: timedelta, kind: str = "down") -> None:
        """Let an account have an outage from now on."""
        connector.outages = (Outage(since=self.clock.at, until=self.clock.at + time, kind=kind),)

    def health(self, account: str = "first") -> AccountHealth:
        """Return how an account is doing."""
        return next(each for each in self.poller.health() if each.account == account)


@pytest.fixture
def setup(store: Store) -> Setup:
    return Setup(store)


def walks(connector: PagedConnector, name: str = "comments") -> list[datetime]:
    return connector.ledger.walks.get(name, [])


# --------------------------------------------------------------------------------------------------------- the breaker


async def test_a_network_that_is_down_is_tested_by_one_request_of_one_account(setup: Setup) -> None:
    """The other accounts there wait for the test; those on another network notice nothing."""
    for connector in (setup.first, setup.second):
        setup.down(connector, 10 * HOUR)
    await setup.pass_(2 * MINUTE)
    calls = setup.first.ledger.calls + setup.second.ledger.calls
    assert calls >= BREAKS_AFTER
    before = len(walks(setup.x))

    await setup.pass_(30 * MINUTE)

    tests = setup.first.ledger.calls + setup.second.ledger.calls - calls
    assert tests <= 8  # 32, 64, 128, 256 and then every 300 s, for both accounts together
    assert len(walks(setup.x)) - before >= 4
    assert isinstance(setup.health("second").problem, Unreachable)


async def test_the_first_answer_lets_everybody_on_the_network_go_on(setup: Setup) -> None:
    """One test passes, and all is well again."""
    for connector in (setup.first, setup.second):
        setup.down(connector, 5 * MINUTE)
    await setup.pass_(5 * MINUTE)

    await setup.pass_(6 * MINUTE)

    assert setup.health("first").problem is None
    assert setup.health("second").problem is None


async def test_a_limit_is_no_failure_of_the_network(setup: Setup) -> None:
    """A service that says 429 is there; the other account goes on."""
    setup.first.faults = Faults(busy=1.0)
    await setup.pass_(20 * MINUTE)

    assert isinstance(setup.health("first").problem, Busy)
    assert setup.first.ledger.too_early == []
    assert len(walks(setup.second)) >= 4


# -------------------------------------------------------------------------------------------------------------- turns


async def test_a_long_backlog_takes_turns_with_the_accounts_other_listings(setup: Setup) -> None:
    """And goes on at once, instead of waiting for the listing's next time."""
    setup.first.names = ("comments", "messages")
    for number in range(3 * PAGES * PAGE):
        setup.first.arrive(f"{number:05}")
    setup.first.arrive("private", listings=("messages",))

    await setup.poller.run_once()
    assert setup.first.ledger.calls == PAGES + 1  # a turn of comments, then the messages
    await setup.pass_(5 * SECOND)

    shown = await setup.store.counts(View(name=ViewName.ALL, operator="salem", account="first"))
    assert shown.shown == 3 * PAGES * PAGE + 1


async def test_an_account_that_hangs_holds_up_no_other(store: Store) -> None:
    """Each account has its own loop."""
    clock = VirtualClock(AT, settle=settled(store))

    class Hanging(PagedConnector):
        async def read(self, stream: Stream, mark: Mark | None) -> Page:
            await clock.sleep_until(clock.now() + HOUR)
            return await super().read(stream, mark)

    hanging, well = Hanging(clock, "first", Network.YOUTUBE), PagedConnector(clock, "x", Network.X)
    poller = Poller([hanging, well], store, clock, Intake(policy()))
    task = asyncio.create_task(poller.run())
    await clock.advance(10 * MINUTE)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert len(walks(well)) >= 3


async def test_what_we_wrote_is_read_back_early_and_once(store: Store) -> None:
    """A quiet listing does not wait its turn; ten answers in a row make one early poll."""
    clock = VirtualClock(AT, settle=settled(store))
    connector = PagedConnector(clock, "x", Network.X)
    poller = Poller((connector,), store, clock, Intake(policy()))
    task = asyncio.create_task(poller.run())
    await clock.advance(20 * MINUTE)
    before = len(walks(connector))

    for _ in range(10):
        poller.hurry("x")
    await clock.advance(SETTLES + SECOND)

    assert len(walks(connector)) == before + 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_sign_in_is_noticed_within_seconds(store: Store) -> None:
    """The loop of a signed-out account looks at the token's place, not at the network."""
    clock = VirtualClock(AT, settle=settled(store))

    class SignedOut(PagedConnector):
        out = True

        async def read(self, stream: Stream, mark: Mark | None) -> Page:
            if self.out:
                raise NeedsSignIn(account="x", network=Network.X)
            return await super().read(stream, mark)

        async def is_signed_in(self) -> bool:
            return not self.out

    connector = SignedOut(clock, "x", Network.X)
    poller = Poller((connector,), store, clock, Intake(policy()))
    task = asyncio.create_task(poller.run())
    await clock.advance(SECOND)
    assert isinstance(poller.health()[0].problem, NeedsSignIn)
    connector.out = False
    await clock.advance(3 * SECOND)

    assert poller.health()[0].problem is None
    assert len(walks(connector)) >= 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


# ------------------------------------------------------------------------------------------------------- time and hours


async def test_outside_service_hours_it_is_read_less_often_until_they_begin(setup: Setup) -> None:
    """Sunday night is quiet; at the opening somebody looks at once."""
    hours = ServiceHours((DEFAULT_CALENDAR,))
    setup.poller = setup.another(hours=hours)
    opens = hours.next_open(AT + timedelta(hours=14))
    setup.clock.at = opens - timedelta(hours=6)
    await setup.pass_(timedelta(hours=6, minutes=1))

    times = walks(setup.x)
    longest = max(after - before for before, after in pairwise(times))
    assert MINUTE * SLOWEST * 2 < longest <= MINUTE * SLOWEST * OUTSIDE + MINUTE
    assert times[-1] >= opens


async def test_chance_never_goes_below_the_floor(setup: Setup) -> None:
    """A fifth less than the least is too often."""
    setup.poller = setup.another(jitter=lambda: -1.0)
    for number in range(60):
        setup.x.arrive(f"{number}")
        await setup.pass_(10 * SECOND)

    times = walks(setup.x)
    assert min(after - before for before, after in pairwise(times)) >= MINUTE


async def test_after_sleep_there_is_one_catch_up(setup: Setup) -> None:
    """Not one for each tick that was missed."""
    await setup.pass_(10 * MINUTE)
    before = len(walks(setup.x))

    setup.clock.at += 8 * HOUR
    await setup.pass_(30 * SECOND)

    assert len(walks(setup.x)) == before + 1


async def test_a_clock_that_is_set_back_is_told_of_and_stalls_nothing(setup: Setup) -> None:
    """What was planned by the old time is planned anew."""
    await setup.pass_(10 * MINUTE)
    before = len(walks(setup.x))

    setup.clock.at -= 3 * HOUR
    await setup.pass_(30 * SECOND)
    assert len(walks(setup.x)) == before + 1
    by = setup.health("x").set_back
    assert by is not None
    assert 2 * HOUR < by <= 3 * HOUR

    await setup.pass_(20 * MINUTE)
    assert len(walks(setup.x)) > before + 2


async def test_headers_that_say_little_is_left_slow_reading_down(setup: Setup) -> None:
    """Before the service has to say it itself; and a backlog no longer goes on at once."""
    tight = Budget(what=Counted.PERCENT, left=30, limit=100, reserve=25, resets_at=None)
    for number in range((PAGES + 1) * PAGE):
        setup.first.arrive(f"{number:04}")
    setup.first.left = setup.x.left = tight
    await setup.pass_(20 * MINUTE)

    assert walks(setup.x)[1] - walks(setup.x)[0] >= 1.5 * MINUTE * (SLOWEST - 1)
    assert setup.first.ledger.calls >= PAGES + 1
    assert len(walks(setup.second)) > len(walks(setup.x))


# ---------------------------------------------------------------------------------------------------------------- gaps


async def test_the_time_of_a_dead_token_is_a_gap_and_is_filled_after_the_sign_in(setup: Setup) -> None:
    """Kept at once, shown, and closed by the walk back to where reading had stopped."""
    await setup.pass_(2 * MINUTE)
    (stream,) = setup.first.streams()
    kept = await setup.store.mark(stream)
    assert kept is not None
    last = kept.read_at
    setup.down(setup.first, 30 * MINUTE, "signed_out")
    await setup.pass_(10 * MINUTE)
    (gap,) = await setup.store.gaps("first")
    assert (gap.since, gap.until, gap.state, gap.cause) == (last, None, GapState.OPEN, GapCause.SIGNED_OUT)
    assert isinstance(setup.health().problem, NeedsSignIn)
    assert setup.health().gap == gap

    setup.first.arrive("meanwhile")
    await setup.pass_(30 * MINUTE)

    (gap,) = await setup.store.gaps("first")
    assert gap.state is GapState.FILLED
    assert gap.until is not None
    assert gap.until >= AT + 30 * MINUTE
    assert setup.health().gap is None
    shown = await setup.store.counts(View(name=ViewName.QUEUE, operator="salem", account="first"))
    assert shown.shown == 1


async def test_what_a_service_no_longer_lists_is_lost_and_said_so(setup: Setup) -> None:
    """A search goes back seven days, and nobody ran for ten."""
    setup.x.reach = timedelta(days=7)
    await setup.pass_(2 * MINUTE)
    setup.clock.at += timedelta(days=10)
    setup.poller = setup.another()
    begun = setup.clock.at
    await setup.poller.run_once()

    filled, lost = await setup.store.gaps("x")
    assert (lost.state, lost.until) == (GapState.LOST, begun - timedelta(days=7))
    assert (filled.state, filled.since, filled.until) == (GapState.FILLED, lost.until, begun)
    assert {filled.cause, lost.cause} == {GapCause.NOT_RUNNING}


async def test_more_rows_than_a_service_lists_are_lost_before_the_oldest_of_them(setup: Setup) -> None:
    """Eight hundred mentions, and more were written."""
    setup.x.reach_rows = 2 * PAGE
    await setup.pass_(2 * MINUTE)
    setup.clock.at += HOUR
    written = []
    for number in range(3 * PAGE):
        setup.clock.at += MINUTE
        written.append(setup.x.arrive(f"{number:03}").created_at)
    await setup.pass_(2 * MINUTE)

    filled, lost = await setup.store.gaps("x")
    assert lost.state is GapState.LOST
    assert lost.until == filled.since == written[PAGE]


async def test_a_gap_outlives_the_process_that_noticed_it(setup: Setup) -> None:
    """Another one goes on with it, and closes it."""
    await setup.pass_(2 * MINUTE)
    setup.down(setup.first, 20 * MINUTE, "signed_out")
    await setup.pass_(5 * MINUTE)
    setup.clock.at += 20 * MINUTE
    setup.poller = setup.another(holder="second")

    await setup.poller.run_once()

    assert [gap.state for gap in await setup.store.gaps("first")] == [GapState.FILLED]


async def test_a_quiet_night_is_no_gap(setup: Setup) -> None:
    """It is read as seldom as it may be, and that is enough."""
    setup.poller = setup.another(hours=ServiceHours((DEFAULT_CALENDAR,)))
    setup.clock.at = AT + timedelta(hours=12)
    await setup.pass_(8 * HOUR)

    assert await setup.store.gaps() == ()


# ------------------------------------------------------------------------------------------------- deletions and edits


async def test_what_was_deleted_or_edited_below_the_mark_is_noticed(setup: Setup) -> None:
    """By looking again at what is known, and by the sweep that reads further back."""
    setup.first.names = ("comments", "sweep")
    setup.poller = setup.another(lookout=Lookout(store=setup.store, clock=setup.clock, ids=SeededIds(1), version="1"))
    gone, edited = setup.first.arrive("gone").key, setup.first.arrive("edited").key
    await setup.pass_(10 * MINUTE)
    setup.first.delete("gone")
    setup.first.edit("edited", "other words")
    await setup.pass_(2 * HOUR)

    deleted, changed = await setup.store.message(gone), await setup.store.message(edited)
    assert deleted is not None
    assert deleted.standing.state is MessageState.GONE
    assert changed is not None
    assert (changed.text, len(changed.editions)) == ("other words", 1)


async def test_no_look_passes_an_open_breaker(setup: Setup) -> None:
    """A network that is down is tried by one request of a listing, and by nothing else."""
    setup.poller = setup.another(lookout=Lookout(store=setup.store, clock=setup.clock, ids=SeededIds(1), version="1"))
    setup.first.arrive("there")
    await setup.pass_(10 * MINUTE)
    for account in setup.poller._accounts.values():
        account.breaker.opens_at = setup.clock.now() + 9 * HOUR
    setup.clock.at += HOUR
    for account in setup.poller._accounts.values():
        account.looks_at = setup.clock.now()
        for listing in account.listings.values():
            listing.next_at = setup.clock.now() + HOUR
    looks: list[object] = []

    async def look(native_ids: object) -> frozenset[str]:
        looks.append(native_ids)
        return frozenset()

    setup.first.look = look  # type: ignore[method-assign, assignment]
    await setup.poller.run_once()
    assert looks == []
    for account in setup.poller._accounts.values():
        account.breaker.passed()
    await setup.poller.run_once()

    assert looks == [["there"]]


# ------------------------------------------------------------------------------------------------ the first connection


async def test_a_first_connection_brings_the_backlog_quietly(setup: Setup) -> None:
    """What is older than a day is history: not new, not due, in no list but that of everything."""
    setup.clock.at -= timedelta(days=3)
    setup.first.arrive("old", "قديم")
    setup.clock.at += timedelta(days=3, hours=-2)
    setup.first.arrive("recent", "حديث")
    setup.clock.at = AT

    assert await setup.poller.run_once() == 1

    queue = await setup.store.window(View(name=ViewName.QUEUE, operator="salem"), limit=9)
    everything = await setup.store.window(View(name=ViewName.ALL, operator="salem"), limit=9)
    assert [row.message.key.native_id for row in queue.rows if row.message] == ["recent"]
    (old,) = [row.message for row in everything.rows if row.message and row.message.key.native_id == "old"]
    assert (old.standing.historic, old.standing.due_at) == (True, None)


async def test_what_is_written_after_the_first_connection_is_owed_an_answer(setup: Setup) -> None:
    """Even when the machine was off for a weekend."""
    await setup.pass_(2 * MINUTE)
    setup.clock.at += timedelta(hours=1)
    setup.first.arrive("friday")
    setup.clock.at += timedelta(hours=60)
    setup.poller = setup.another()

    assert await setup.poller.run_once() == 1


async def test_an_import_says_how_far_it_is_and_goes_on_after_a_crash(setup: Setup) -> None:
    """The count is in the mark, and so is the moment of the connection."""
    setup.clock.at -= timedelta(days=2)
    for number in range((PAGES + 2) * PAGE):
        setup.first.arrive(f"{number:05}")
    setup.clock.at = AT
    await setup.poller.run_once()
    assert setup.health().importing == PAGES * PAGE

    setup.clock.at += 2 * MINUTE
    setup.poller = setup.another(holder="second")
    assert await setup.poller.run_once() == 0

    assert setup.health().importing is None
    everything = View(name=ViewName.ALL, operator="salem", account="first")
    assert (await setup.store.counts(everything)).shown == (PAGES + 2) * PAGE
    assert (await setup.store.counts(View(name=ViewName.QUEUE, operator="salem"))).shown == 0

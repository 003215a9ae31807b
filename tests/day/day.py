"""A day of a ministry at high speed: seven accounts, faults by chance, operators answering, processes dying.

Everything of ours is real: poller, sender, dispatch, desk, looks, and the store on its file. The networks are
`PagedConnector`s, and time is a clock that is moved by hand.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from connectors.clock import SeededIds
from connectors.poller import SLOWEST, Poller
from connectors.sender import Sender
from majlis.commands import Done, DoneReason, Hide, Reply
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import Ask
from majlis.gap import GapState
from majlis.intake import Intake
from majlis.lookout import Lookout
from majlis.message import Message, Network, queue_order
from majlis.outbox import Action, Entry
from majlis.policy import Operator, Role
from majlis.ports import Store, View, ViewName
from majlis.states import EntryState, MessageState
from tests.builders import HandClock, policy
from tests.fakes.paged import Faults, Killed, Outage, PagedConnector

S = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
STEP = 30 * S
BEGIN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""A Monday, 07:00 in Dubai: the whole office day and the night after it."""

ACCOUNTS = (
    ("page", Network.FACEBOOK),
    ("clinics", Network.FACEBOOK),
    ("ministry", Network.X),
    ("minister", Network.X),
    ("channel", Network.YOUTUBE),
    ("lessons", Network.YOUTUBE),
    ("events", Network.YOUTUBE),
)
FLOORS = {Network.FACEBOOK: 30 * S, Network.X: 60 * S, Network.YOUTUBE: 60 * S}
FAULTS = Faults(
    unreachable=0.01,
    busy=0.003,
    listing_busy=0.005,
    malformed=0.003,
    stale=0.02,
    killed=0.0005,
    lost_after=0.08,
    lost_before=0.05,
    refused=0.02,
)
ANSWER = "المركز يفتح أبوابه كل يوم من الثامنة صباحا"  # Arabic: the centre opens at eight every day
_OPEN_ENTRIES = (EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much happens."""

    seed: int
    hours: float
    messages: int
    """Altogether; a fifth is the backlog of one account's first connection, a tenth comes in one burst."""
    answers: int
    fault: float = 1.0
    """How many times as often as on an ordinary bad day things go wrong."""


@dataclass(slots=True)
class Verdict:
    """What was wrong, in words; nothing is as it should be."""

    lost: list[str] = field(default_factory=list)
    double: list[str] = field(default_factory=list)
    too_often: list[str] = field(default_factory=list)
    unfair: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[str]:
        """Everything that was wrong."""
        return [*self.lost, *self.double, *self.too_often, *self.unfair, *self.odd]


class Day:
    """The world, the processes in it, and what they are held to."""

    def __init__(
        self, store: Store, plan: Plan, *, poller: type[Poller] = Poller, sender: type[Sender] = Sender
    ) -> None:
        self.store = store
        self.plan = plan
        self.clock = HandClock(BEGIN)
        self.chance = random.Random(plan.seed)  # noqa: S311  # repeatable, not secret
        self.end = BEGIN + timedelta(hours=plan.hours)
        self.ids = SeededIds(plan.seed)
        self.policy = policy()
        self.kinds = (poller, sender)
        self.connectors = {name: self._connector(name, network) for name, network in ACCOUNTS}
        self.restarts = 0
        self.went_out: Counter[str] = Counter()
        self.events: list[tuple[datetime, str, str]] = []
        """When, what, and on which account."""
        self.answered: list[str] = []
        """Ids of entries."""
        self.written = 0
        self.outages: dict[str, Outage] = {}
        self._plan_events()
        operator = Operator(name="salem", roles=frozenset({Role.OPERATOR}), terminal="test")
        self.desk = Desk(store=store, clock=self.clock, ids=self.ids, policy=self.policy, operator=operator)
        self._start()

    def _connector(self, name: str, network: Network) -> PagedConnector:
        chance = random.Random(f"{self.plan.seed}{name}")  # noqa: S311  # repeatable, not secret
        names = ("comments", "messages", "sweep")
        faults = Faults(**{each.name: getattr(FAULTS, each.name) * self.plan.fault for each in fields(FAULTS)})
        return PagedConnector(
            self.clock, name, network, interval=FLOORS[network], names=names, faults=faults, chance=chance
        )

    def _plan_events(self) -> None:
        """Spread the day's messages, answers and outages over it."""
        plan, chance = self.plan, self.chance
        span = self.end - BEGIN
        burst, backlog = plan.messages // 10, plan.messages // 5
        names = [name for name, _ in ACCOUNTS]
        weights = [8, 2, 4, 1, 3, 1, 1]
        for _ in range(plan.messages - burst - backlog):
            name = chance.choices(names, weights)[0]
            self.events.append((BEGIN + span * chance.random(), "write", name))
        for _ in range(burst):
            self.events.append((BEGIN + span * 0.3 + chance.random() * 5 * MINUTE, "write", "ministry"))
        working = min(span * 0.9, 7 * HOUR)
        for _ in range(plan.answers):
            self.events.append((BEGIN + HOUR / 2 + working * chance.random(), "answer", ""))
        self.events.sort()
        for number in range(backlog):
            self.clock.at = BEGIN - chance.random() * timedelta(days=30)
            self.connectors["page"].arrive(f"page-old-{number:05}")
        self.clock.at = BEGIN
        self._outage("ministry", 0.2, 0.1, "signed_out")
        self._outage("clinics", 0.5, 0.2, "signed_out")
        for name in ("channel", "lessons", "events"):
            self._outage(name, 0.4, 0.15, "down")

    def _outage(self, name: str, since: float, time: float, kind: str) -> None:
        span = self.end - BEGIN
        begun = BEGIN + span * since
        self.outages[name] = outage = Outage(since=begun, until=begun + span * time, kind=kind)
        self.connectors[name].outages = (outage,)

    def _start(self) -> None:
        """Begin as a new process, which knows of no waits."""
        for connector in self.connectors.values():
            connector.forget()
        holder, accounts = f"process-{self.restarts}", tuple(self.connectors.values())
        dispatch = Dispatch(store=self.store, clock=self.clock, ids=self.ids, policy=self.policy)
        lookout = Lookout(store=self.store, clock=self.clock, ids=self.ids, version="1")
        poller, sender = self.kinds
        self.poller = poller(
            accounts,
            self.store,
            self.clock,
            Intake(self.policy),
            jitter=lambda: self.chance.uniform(-1, 1),
            lookout=lookout,
            hours=self.policy.hours,
            holder=holder,
        )
        self.sender = sender(accounts, self.store, self.clock, dispatch, holder=holder, sent=self._sent)

    def _sent(self, account: str) -> None:
        self.went_out[account] += 1
        self.poller.hurry(account)

    # ------------------------------------------------------------------------------------------------------- the day

    async def pass_(self) -> None:
        """Let the day pass."""
        events = iter(self.events)
        event = next(events, None)
        while self.clock.at < self.end:
            while event is not None and event[0] <= self.clock.at:
                await self._happen(*event)
                event = next(events, None)
            await self._work()
            self.clock.at += STEP

    async def _work(self) -> None:
        try:
            await self.poller.run_once()
            await self.sender.run_once()
        except BaseExceptionGroup as died:
            if died.split(Killed)[0] is None:
                raise
            self.restarts += 1
            self._start()

    async def _happen(self, at: datetime, what: str, account: str) -> None:
        if what == "answer":
            await self._answer()
            return
        connector, chance = self.connectors[account], self.chance
        self.written += 1
        name = f"{account}-{self.written:05}"
        late = chance.random() * MINUTE if chance.random() < 0.2 else timedelta()  # a fifth
        listing = chance.choice(("comments", "comments", "messages"))
        now, self.clock.at = self.clock.at, at
        connector.arrive(name, f"سؤال {self.written}", late=late, listings=(listing,))  # Arabic: question
        self.clock.at = now
        theirs = [each for each in list(connector.items)[-20:] if self._is_of_today(connector, each)]
        if theirs and chance.random() < 0.06:  # some, once there are some
            if chance.random() < 0.5:  # one half
                connector.delete(chance.choice(theirs))
            else:
                connector.edit(chance.choice(theirs), f"تصحيح {self.written}")  # Arabic: correction

    @staticmethod
    def _is_of_today(connector: PagedConnector, name: str) -> bool:
        message = connector.items[name].message
        return not message.ours and message.created_at >= BEGIN

    async def _answer(self) -> None:
        """Let an operator take something from the top of the queue."""
        window = await self.store.window(View(name=ViewName.QUEUE, operator="salem"), limit=30)
        rows = [row.message for row in window.rows if row.message is not None]
        if not rows:
            return
        shown = [queue_order(message) for message in rows]
        assert shown == sorted(shown), "the queue is out of order"
        message = self.chance.choice(rows)
        with suppress(Ask):  # another state by now, or outside hours
            if self.chance.random() < 0.1:  # a tenth
                await self.desk.do(Done(key=message.key, reason=DoneReason.NO_REPLY_NEEDED))
                return
            if self.chance.random() < 0.1:  # a tenth
                outcome = await self.desk.do(Hide(key=message.key))
            else:
                outcome = await self.desk.do(Reply(key=message.key, text=f"{ANSWER} {len(self.answered)}"))
            if outcome.entry is not None:
                self.answered.append(outcome.entry.id)

    async def settle(self) -> None:
        """Let everything mend, and whatever is under way come to its end."""
        for connector in self.connectors.values():
            connector.faults, connector.outages = Faults(), ()
        self.clock.at = self.policy.hours.next_open(self.clock.at + 5 * MINUTE)
        self._start()
        self.restarts += 1
        for _ in range(400):
            await self._work()
            self.clock.at += STEP
            busy = any(each.importing is not None for each in self.poller.health())
            waiting = await self.store.entries(_OPEN_ENTRIES)
            # A sweep that a killed process had begun goes on below what changed since; the next one is seen to as well.
            if not busy and not waiting and self.clock.at > self.end + 3 * HOUR:
                break
        for _ in range(2):  # each listing twice more, the sweep among them
            self.clock.at += 24 * HOUR
            for _ in range(20):
                await self._work()
                self.clock.at += 2 * S

    # ------------------------------------------------------------------------------------------------------ the verdict

    async def verdict(self) -> Verdict:
        """Hold the day to what was promised."""
        verdict = Verdict()
        stored = {str(message.key): message async for message in _everything(self.store)}
        entries = [entry for name in self.answered if (entry := await self.store.entry(name)) is not None]
        self._nothing_lost(verdict, stored, entries)
        self._nothing_double(verdict, stored, entries)
        self._not_too_often(verdict)
        self._fair(verdict, stored)
        await self._sane(verdict, stored)
        return verdict

    def _nothing_lost(self, verdict: Verdict, stored: dict[str, Message], entries: list[Entry]) -> None:
        for connector in self.connectors.values():
            for item in connector.items.values():
                message = stored.get(str(item.message.key))
                if message is None:
                    verdict.lost.append(f"{item.message.key} was never read")
                elif message.text != item.message.text:
                    verdict.lost.append(f"{message.key} has old words")
                elif message.standing.state is MessageState.GONE:
                    verdict.lost.append(f"{message.key} is there, and said to be gone")
        if len(entries) != len(self.answered):
            verdict.lost.append(f"{len(self.answered) - len(entries)} entries are not there")
        verdict.lost += [f"{entry.id} is still {entry.state}" for entry in entries if entry.state in _OPEN_ENTRIES]

    def _nothing_double(self, verdict: Verdict, stored: dict[str, Message], entries: list[Entry]) -> None:
        there = Counter(message.text for each in self.connectors.values() for message in each.published())
        shown = Counter(message.text for message in stored.values() if message.ours)
        for entry in entries:
            if entry.action is not Action.REPLY:
                continue
            count = there[entry.text]
            if count > 1:
                verdict.double.append(f"{entry.id} stands there {count} times")
            if (count == 1) is not (entry.state is EntryState.SENT):
                verdict.lost.append(f"{entry.id} is {entry.state}, and stands there {count} times")
            if shown[entry.text] != count:
                verdict.double.append(f"{entry.id} is shown {shown[entry.text]} times, and stands there {count} times")

    def _not_too_often(self, verdict: Verdict) -> None:
        for name, connector in self.connectors.items():
            verdict.too_often += [f"{name}: {call}, within a wait" for call in connector.ledger.too_early]
            floors = {stream.name: stream.interval for stream in connector.streams()}
            excused = self.went_out[name] + self.restarts + connector.ledger.met.total()
            for listing, walks in connector.ledger.walks.items():
                close = sum(after - before < floors[listing] for before, after in pairwise(walks))
                if close > excused:
                    verdict.too_often.append(f"{name} {listing}: {close} walks below the floor, {excused} excused")

    def _fair(self, verdict: Verdict, stored: dict[str, Message]) -> None:
        """Hold every account to the same lag, the one with the backlog beside it or in it, where nothing was broken."""
        lags: dict[str, list[float]] = {}
        for name, connector in self.connectors.items():
            for item in connector.items.values():
                message = stored.get(str(item.message.key))
                open_then = self.policy.hours.is_open(item.shown_from)
                outage = self.outages.get(name)
                broken = outage is not None and outage.since <= item.shown_from <= outage.until + 10 * MINUTE
                if message and open_then and not broken and not message.ours and item.message.created_at > BEGIN:
                    lags.setdefault(name, []).append((message.received_at - item.shown_from).total_seconds())
        for name, found in lags.items():
            ceiling = (FLOORS[self.connectors[name].network] * SLOWEST).total_seconds()
            if median(found) > ceiling:
                verdict.unfair.append(f"{name}: half of its messages came after more than {ceiling:.0f} s")

    async def _sane(self, verdict: Verdict, stored: dict[str, Message]) -> None:
        """Look at the order of the queue, at history, gaps and the chain of events."""
        window = await self.store.window(View(name=ViewName.QUEUE, operator="salem"), limit=20_000)
        shown = [str(row.message.key) for row in window.rows if row.message]
        states = {MessageState.NEW, MessageState.CLAIMED}
        wanted = [m for m in stored.values() if m.standing.state in states and not m.ours and not m.history]
        if shown != [str(message.key) for message in sorted(wanted, key=queue_order)]:
            verdict.odd.append("the queue is not what is open, most urgent first")
        for name in self.connectors["page"].items:
            message = stored.get(str(self.connectors["page"].items[name].message.key))
            if message and not message.ours:
                old = message.created_at < BEGIN - timedelta(hours=25)
                if (
                    message.standing.historic is not old
                    and not BEGIN - timedelta(hours=25) < message.created_at < BEGIN
                ):
                    verdict.odd.append(f"{message.key} historic: {message.standing.historic}")
        gaps = await self.store.gaps()
        verdict.odd += [f"{gap.id} is {gap.state}" for gap in gaps if gap.state is not GapState.FILLED]
        for name in ("ministry", "clinics"):
            if not any(gap.account == name for gap in gaps):
                verdict.odd.append(f"{name} was signed out, and there is no gap")
        report = await self.store.check()
        if not report.ok:
            verdict.odd.append(f"the store: {report.problems} {report.chain_broken_at}")

    def met(self) -> Counter[str]:
        """Return how many faults of each kind came up."""
        return sum((connector.ledger.met for connector in self.connectors.values()), Counter())


async def _everything(store: Store) -> AsyncIterator[Message]:
    view = View(name=ViewName.ALL, operator="salem")
    window = await store.window(view, limit=1000)
    while window.rows:
        for row in window.rows:
            if row.message is not None:
                yield row.message
        window = await store.window(view, limit=1000, after=window.rows[-1].anchor)

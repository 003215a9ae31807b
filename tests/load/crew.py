"""Those who work at one inbox at full speed: an operator, a poller, a sender, each a process that may be killed.

Every change is written down only after the store has taken it: one line of `Ack` in a file of the process's own.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.clock import SystemIds
from connectors.poller import Poller
from connectors.sender import Sender
from connectors.tokens import FixedToken
from connectors.x import XConnector, XSettings
from majlis.commands import Claim, Done, Escalate, Release, Reply, TakeBack
from majlis.conduct import rules_from
from majlis.desk import Desk
from majlis.dispatch import Dispatch
from majlis.errors import MajlisError
from majlis.hours import ServiceHours, calendars_from
from majlis.intake import Intake
from majlis.message import Network
from majlis.policy import Operator, Role
from majlis.ports import View, ViewName
from majlis.states import EntryState, MessageState
from store.inbox import Inbox
from tests.builders import policy
from tests.load.fast import fast_clock
from tests.load.service import US
from tests.load.worker import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TextIO

    from majlis.commands import Command
    from majlis.message import Message
    from majlis.ports import Clock

LEASE = timedelta(minutes=3)
"""Three seconds of the wall: claims of the killed and the stopped run out while the others work."""
ROWS = 24
"""Rows of the list that somebody looks at, as on a screen."""
UNDECIDED = (EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN)
POLICY = policy(claim_lease=LEASE, rules=rules_from(), hours=ServiceHours(tuple(calendars_from(ALWAYS).values())))
"""Always open, and without rules of conduct: they would take the time that the store is to be given."""


class MovedClock:
    """A clock that somebody sets, forward and back, by the seconds that stand in a file."""

    def __init__(self, base: Clock, offset: Path) -> None:
        self._base = base
        self._offset = offset

    def now(self) -> datetime:
        """Return the time as it was set."""
        with suppress(OSError, ValueError):
            return self._base.now() + timedelta(seconds=float(self._offset.read_text("ascii")))
        return self._base.now()

    async def sleep_until(self, at: datetime) -> None:
        """Sleep a little at a time, since the clock may be set meanwhile."""
        while self.now() < at:  # noqa: ASYNC110  nobody tells us when a file is written
            await asyncio.sleep(min(0.05, max(0.0, (at - self.now()).total_seconds() / 60)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What everybody is told."""

    store: str
    url: str
    """Of the network."""
    begun: str
    """When the fast clock began."""
    folder: Path
    """Where each process writes down what it did; the clock's offset is there too."""
    until: float
    """By `time.monotonic`."""

    def clock(self) -> MovedClock:
        """Return the clock that all share."""
        return MovedClock(fast_clock(self.begun), self.folder / "offset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """One change that the store has taken."""

    who: str
    rev: int
    action: str
    key: str
    entry: str | None
    took_us: int
    until: str | None = None
    """When the claim that it made runs out."""


class Hand:
    """Somebody who claims, answers, escalates, takes over, undoes, as fast as the store lets them."""

    def __init__(self, name: str, number: int, work: Work, inbox: Inbox, out: TextIO) -> None:
        self._name = name
        self._inbox = inbox
        self._out = out
        self._chance = random.Random(number)  # noqa: S311  chance that repeats
        roles = frozenset({Role.SUPERVISOR if name.endswith("0") else Role.OPERATOR})
        who = Operator(name=name, roles=roles, terminal="load")
        self._desk = Desk(store=inbox, clock=work.clock(), ids=SystemIds(), policy=POLICY, operator=who)
        self._count = number * 100_000
        self.refused: Counter[str] = Counter()

    async def work(self) -> None:
        """Look at the list and do one thing with one of its rows."""
        window = await self._inbox.window(View(name=ViewName.QUEUE, operator=self._name), limit=ROWS)
        messages = [row.message for row in window.rows if row.message is not None]
        if not messages:
            await asyncio.sleep(0.01)
            return
        await self._do(self._command(self._chance.choice(messages)))

    def _command(self, message: Message) -> Command:  # noqa: PLR0911  one line per command
        key, chance, claim = message.key, self._chance.random(), message.standing.claim
        if message.standing.state is not MessageState.CLAIMED or claim is None:
            return Claim(key=key) if chance < 0.8 else Escalate(key=key, reason="appointment")
        if claim.holder != self._name:
            return Claim.taking_over(message, "shift change") if chance < 0.3 else Claim(key=key)
        if chance < 0.55:
            self._count += 1
            return Reply(key=key, text=f"المركز يفتح الثامنة صباحا {self._name} {self._count}")
        if chance < 0.65:
            return Claim(key=key)
        if chance < 0.75:
            return Release(key=key)
        if chance < 0.85:
            return Done(key=key)
        return TakeBack()

    async def _do(self, command: Command) -> None:
        begun = time.perf_counter()
        try:
            outcome = await self._desk.do(command)
        except MajlisError as error:
            self.refused[type(error).__name__] += 1
            return
        claim = outcome.message.standing.claim if outcome.message is not None else None
        ack = Ack(
            who=self._name,
            rev=outcome.revision,
            action=type(command).__name__,
            key=str(outcome.message.key) if outcome.message else "",
            entry=outcome.entry.id if outcome.entry else None,
            took_us=round((time.perf_counter() - begun) * 1e6),
            until=claim.until.isoformat() if claim is not None and isinstance(command, Claim) else None,
        )
        if outcome.revision:
            print(json.dumps(asdict(ack)), file=self._out, flush=True)


async def opened(work: Work) -> Inbox:
    """Open the store, as soon as it can be."""
    while True:
        try:
            return await Inbox.open(work.store)
        except MajlisError:
            if time.monotonic() > work.until:
                raise
            await asyncio.sleep(0.05)


async def operate(name: str, number: int, work: Work) -> None:
    """Operate until the time is over."""
    with (work.folder / f"{name}.{number}.acks").open("w", encoding="utf-8") as out:
        inbox = await opened(work)
        operator = Hand(name, number, work, inbox, out)
        try:
            await _until(work, operator.work)
        finally:
            print(json.dumps({"refused": operator.refused}), file=out, flush=True)
            await inbox.aclose()


async def _until(work: Work, step: Callable[[], Awaitable[None]]) -> None:
    """Step until the time is over; what the store does not take now is tried again."""
    while time.monotonic() < work.until:
        try:
            await step()
        except MajlisError:
            await asyncio.sleep(0.01)


def _connector(work: Work, clock: Clock) -> XConnector:
    settings = XSettings(account="moh", user=US, handle="moh_sample", api_url=work.url)
    return XConnector(settings, clock, FixedToken("invented", account="moh", network=Network.X))


async def poll(name: str, number: int, work: Work) -> None:
    """Read the network until the time is over."""
    inbox, clock = await opened(work), work.clock()
    connector = _connector(work, clock)
    poller = Poller((connector,), inbox, clock, Intake(POLICY), holder=f"{name}:{number}")
    await _beside(work, poller.run, connector, inbox)


async def send(name: str, number: int, work: Work) -> None:
    """Send until the time is over."""
    inbox, clock = await opened(work), work.clock()
    connector = _connector(work, clock)
    dispatch = Dispatch(store=inbox, clock=clock, ids=SystemIds(), policy=POLICY)
    sender = Sender((connector,), inbox, clock, dispatch, holder=f"{name}:{number}")
    await _beside(work, sender.run, connector, inbox)


async def drain(name: str, number: int, work: Work) -> None:
    """Send until nothing is undecided, or the time is over."""
    inbox, clock = await opened(work), work.clock()
    connector = _connector(work, clock)
    dispatch = Dispatch(store=inbox, clock=clock, ids=SystemIds(), policy=POLICY)
    sender = Sender((connector,), inbox, clock, dispatch, holder=f"{name}:{number}")
    try:
        while time.monotonic() < work.until and await inbox.entries(UNDECIDED):
            with suppress(MajlisError):
                await sender.run_once()
            await asyncio.sleep(0.02)
    finally:
        await connector.aclose()
        await inbox.aclose()


async def _beside(work: Work, run: Callable[[], Awaitable[None]], connector: XConnector, inbox: Inbox) -> None:
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(max(work.until - time.monotonic(), 0)):
                await run()
    finally:
        await connector.aclose()
        await inbox.aclose()

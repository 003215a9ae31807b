"""Time and chance: the machine's own, and ones that a test or a scenario holds in its hand.

This is the only module that reads the wall clock or draws randomness; everything else takes a `Clock` and an `Ids`.
"""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from majlis.ports import Clock

LONGEST_NAP_S = 30.0
"""After this many seconds a sleeper looks at the wall clock again, so that a machine that slept catches up."""

SETTLING_TURNS = 50
"""Turns of the event loop given to those who woke, before the next sleeper's time comes. A guess, on the safe side."""


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251  # this is the adapter that everything else is handed

    async def sleep_until(self, at: datetime) -> None:
        """Return when the wall clock shows `at`, at once if it already does; early when it was set back meanwhile."""
        before = self.now()
        while (left_s := (at - before).total_seconds()) > 0:
            await asyncio.sleep(min(left_s, LONGEST_NAP_S))
            now = self.now()
            if now < before:
                return
            before = now


class ShiftedClock:
    """Runs along with another clock, from a start of its own; a practice day begins when somebody opens it."""

    def __init__(self, base: Clock, start: datetime, *, speed: float = 1.0) -> None:
        self._base = base
        self._begun = base.now()
        self._start = start
        self._speed = speed

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return self._start + (self._base.now() - self._begun) * self._speed

    async def sleep_until(self, at: datetime) -> None:
        """Return when this clock shows `at`."""
        await self._base.sleep_until(self._begun + (at - self._start) / self._speed)


class TunedClock:
    """Runs along with another clock, as fast as it is told to at any time, or not at all."""

    def __init__(self, base: Clock, start: datetime, *, speed: float = 1.0) -> None:
        """Take what it runs along with, the first moment, and how much faster; 0: it stands."""
        self._base = base
        self._since = base.now()
        self._start = start.astimezone(UTC)
        self._speed = speed
        self._until: datetime | None = None
        self._tuned = asyncio.Event()

    @property
    def speed(self) -> float:
        """How much faster than the other it goes now; 0: it stands."""
        return self._speed

    def tune(self, speed: float, *, until: datetime | None = None) -> None:
        """Go on from now as fast as this, to that moment and never past it; 0: stand."""
        self._start, self._since, self._speed, self._until = self.now(), self._base.now(), speed, until
        self._tuned.set()
        self._tuned = asyncio.Event()

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        at = self._start + (self._base.now() - self._since) * self._speed
        return at if self._until is None else min(at, self._until)

    async def sleep_until(self, at: datetime) -> None:
        """Return when this clock shows `at`, however it is tuned meanwhile."""
        while (left := at - (now := self.now())) > timedelta():
            tuned = self._tuned.wait()
            if not self._speed or now == self._until:
                await tuned
                continue
            slept = self._base.sleep_until(self._base.now() + max(left / self._speed, timedelta.resolution))
            tasks = [asyncio.ensure_future(each) for each in (tuned, slept)]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
        await asyncio.sleep(0)


class StandingClock:
    """Stands still until it is let go, and then runs along with another clock."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._stood_at = base.now()
        self._behind = timedelta()
        self._gone = asyncio.Event()

    def go(self) -> None:
        """Let it run."""
        self._behind = self._base.now() - self._stood_at
        self._gone.set()

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return self._base.now() - self._behind if self._gone.is_set() else self._stood_at

    async def sleep_until(self, at: datetime) -> None:
        """Return when this clock shows `at`."""
        if at > self.now():
            await self._gone.wait()
            await self._base.sleep_until(at + self._behind)


@dataclass(order=True, slots=True)
class _Sleeper:
    """Who waits for which moment; equal moments wake in the order in which they fell asleep."""

    at: datetime
    number: int
    woken: asyncio.Future[None] = field(compare=False)


async def _few_turns() -> None:
    for _ in range(SETTLING_TURNS):
        await asyncio.sleep(0)


class VirtualClock:
    """A clock that stands still until it is advanced; sleepers wake one by one, each at its own time."""

    def __init__(self, start: datetime, *, settle: Callable[[], Awaitable[None]] = _few_turns) -> None:
        """Take the first moment, and how to let woken tasks run (threads and sockets need more than a few turns)."""
        if start.tzinfo is None:
            raise ValueError("a clock's time carries its zone")
        self._now = start.astimezone(UTC)
        self._settle = settle
        self._sleepers: list[_Sleeper] = []
        self._count = 0

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return self._now

    async def sleep_until(self, at: datetime) -> None:
        """Return when the clock has been advanced to `at`; at once if it already has."""
        if at <= self._now:
            await asyncio.sleep(0)
            return
        self._count += 1
        sleeper = _Sleeper(at, self._count, asyncio.get_running_loop().create_future())
        heapq.heappush(self._sleepers, sleeper)
        await sleeper.woken

    async def advance(self, by: timedelta) -> None:
        """Let this much time pass."""
        await self.run_until(self._now + by)

    async def run_until(self, at: datetime) -> None:
        """Let time pass up to `at`; whoever wakes runs before the next one does, and may fall asleep again."""
        await self._settle()
        while self._sleepers and self._sleepers[0].at <= at:
            sleeper = heapq.heappop(self._sleepers)
            if sleeper.woken.done():  # cancelled in its sleep
                continue
            self._now = max(self._now, sleeper.at)
            sleeper.woken.set_result(None)
            await self._settle()
        self._now = max(self._now, at)
        await self._settle()

    def next_waking(self) -> datetime | None:
        """Return when the next sleeper wakes; None when nobody sleeps."""
        return min((each.at for each in self._sleepers if not each.woken.done()), default=None)


class LoopClock:
    """Shows what the event loop that is running shows; on a `VirtualLoop` it jumps from one waking to the next."""

    def __init__(self, start: datetime) -> None:
        """Take the moment that it is now."""
        self._loop = asyncio.get_running_loop()
        self._begun_s = self._loop.time()
        self._start = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the time, aware, UTC, whole microseconds."""
        return self._start + timedelta(microseconds=round((self._loop.time() - self._begun_s) * 1_000_000))

    async def sleep_until(self, at: datetime) -> None:
        """Return when the loop has come to that time."""
        when_s = self._begun_s + (at - self._start) / timedelta(seconds=1)
        if when_s <= self._loop.time():
            await asyncio.sleep(0)
            return
        woken = self._loop.create_future()
        handle = self._loop.call_at(when_s, _wake, woken)
        try:
            await woken
        finally:
            handle.cancel()


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


class JumpingClock:
    """A machine's clock beside another one, that somebody sets forward or back."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._ahead = timedelta()
        self._set = asyncio.Event()

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return self._base.now() + self._ahead

    def jump(self, by: timedelta) -> None:
        """Set it forward, or back; whoever sleeps looks at it."""
        self._ahead += by
        self._set.set()
        self._set = asyncio.Event()

    async def sleep_until(self, at: datetime) -> None:
        """Return when this clock shows `at`, at once if it was set past it; early when it was set back meanwhile."""
        while self.now() < at:
            before = self._ahead
            waits = (
                asyncio.ensure_future(self._base.sleep_until(at - before)),
                asyncio.ensure_future(self._set.wait()),
            )
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in waits:
                    each.cancel()
                await asyncio.gather(*waits, return_exceptions=True)
            if self._ahead < before:
                return


class SystemIds:
    """Ids and salt from the system's own randomness."""

    def new(self, kind: str) -> str:
        """Return an id nobody has, beginning with its kind."""
        return f"{kind}-{secrets.token_hex(10)}"

    def salt(self) -> str:
        """Return 128 random bits in hex."""
        return secrets.token_hex(16)


class SeededIds:
    """Ids and salt that come out the same again, on any machine."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0

    def _next(self, kind: str) -> str:
        self._count += 1
        return hashlib.sha256(f"{self._seed}:{self._count}:{kind}".encode()).hexdigest()

    def new(self, kind: str) -> str:
        """Return an id that no other call of this object gave, beginning with its kind."""
        return f"{kind}-{self._next(kind)[:20]}"

    def salt(self) -> str:
        """Return 128 bits in hex that depend on seed and call number alone."""
        return self._next("salt")[:32]

"""What a day allows: money on X, units on YouTube. Counted here, because neither service tells in time.

A ledger counts by the day of one zone, and keeps a part for answers: reading stops first. Processes that act for the
same account count in the same file, each time under its lock, so that two of them spend one budget and not two.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from majlis.errors import Busy
from majlis.ports import Budget, Clock, Counted

PACIFIC = ZoneInfo("America/Los_Angeles")
"""YouTube's day. Source: API facts, section 3."""

AFTER_RESET_S = (60, 300)
"""How long after the day's end a service that said "used up" is asked again, so that not all of its clients come at
once. Source: API facts, section 3."""

_RECORD = 160
"""Bytes of a count in its file: always the same, so that a shorter one leaves no rest of a longer one."""

_log = logging.getLogger(__name__)


class _Day(msgspec.Struct):
    day: str = ""
    spent: int = 0
    closed_until: datetime | None = None
    """The service itself said that nothing is left."""


class DayLedger:
    """What was spent on a day; kept in a file, where one is named, for a restart and for a second process."""

    def __init__(
        self,
        clock: Clock,
        *,
        limit: int | None,
        reserve: int = 0,
        zone: ZoneInfo | None = None,
        path: Path | None = None,
    ) -> None:
        """Set up a ledger.

        Args:
            clock: The time.
            limit: What a day allows; None: only counted.
            reserve: Part of it that reading leaves to answers.
            zone: Whose midnight begins a day; None: UTC.
            path: Where to keep the count; made when something is spent.
        """
        self._clock = clock
        self._limit = limit
        self._reserve = reserve
        self._zone = zone or ZoneInfo("UTC")
        self._path = path
        self._memory = _Day()

    @property
    def spent(self) -> int:
        """What was spent today."""
        return self._now().spent

    @property
    def left(self) -> int | None:
        """What is left today; None where there is no limit."""
        return self._left(self._now())

    def spend(self, amount: int) -> None:
        """Count what a call cost."""
        if amount:
            with self._counting() as day:
                day.spent += amount

    def charge(self, account: str, amount: int, *, answering: bool) -> None:
        """Count what a call costs before it is made, or stop it; no other process spends the same units.

        Raises:
            Busy: Until the next day; nothing is counted.
        """
        with self._counting() as day:
            self._refuse(day, account, amount, answering=answering)
            day.spent += amount

    def check(self, account: str, *, answering: bool) -> None:
        """Stop a call for which nothing is left, where its price is known afterwards only.

        Raises:
            Busy: Until the next day.
        """
        self._refuse(self._now(), account, 1, answering=answering)

    def close(self, account: str) -> float:
        """Take the service's word that nothing is left; return the seconds until it is asked again."""
        until = self.resets_at() + _spread(account, self.resets_at())
        if self._limit is not None:
            with self._counting() as day:
                day.closed_until = until
        return (until - self._clock.now()).total_seconds()

    def resets_at(self) -> datetime:
        """Return when the next day begins, UTC."""
        local = self._clock.now().astimezone(self._zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=self._zone) + timedelta(days=1)
        return midnight.astimezone(UTC)

    def until_reset_s(self) -> float:
        """Return the seconds until the next day; at least one."""
        return max(1.0, (self.resets_at() - self._clock.now()).total_seconds())

    def budget(self, what: Counted) -> Budget | None:
        """Return how the day stands; None where there is no limit."""
        if self._limit is None:
            return None
        day = self._now()
        return Budget(
            what=what,
            left=self._left(day) or 0,
            limit=self._limit,
            reserve=self._reserve,
            resets_at=self._closed_until(day) or self.resets_at(),
        )

    def pace(self, cost: int, left: int | None) -> timedelta:
        """Return how long to wait between two reads so that what is left lasts until the day ends.

        Args:
            cost: Of one read.
            left: As `left` told: whoever paces several listings looks once.
        """
        if left is None or cost == 0:
            return timedelta()
        reads = max(0, left - self._reserve) / cost
        until_reset = timedelta(seconds=self.until_reset_s())
        return until_reset / reads if reads else until_reset

    def stretch(self, per_s: float) -> float:
        """Return how many times longer the waits between reads must be for the day to last; 1 while it does.

        Args:
            per_s: What reading costs in a second without it.
        """
        left = self.left
        planned = per_s * self.until_reset_s()
        if left is None or planned == 0:
            return 1.0
        room = left - self._reserve
        return max(1.0, planned / room) if room > 0 else float("inf")

    # -------------------------------------------------------------------------------------------------------- counting

    def _refuse(self, day: _Day, account: str, amount: int, *, answering: bool) -> None:
        if closed_until := self._closed_until(day):
            wait_s = (closed_until - self._clock.now()).total_seconds()
        elif self._limit is None or self._limit - day.spent - amount >= (0 if answering else self._reserve):
            return
        else:
            wait_s = self.until_reset_s()
        raise Busy(account=account, wait_s=wait_s, reason="daily budget used up")

    def _left(self, day: _Day) -> int | None:
        if self._limit is None:
            return None
        return 0 if self._closed_until(day) else max(0, self._limit - day.spent)

    def _closed_until(self, day: _Day) -> datetime | None:
        return day.closed_until if day.closed_until and day.closed_until > self._clock.now() else None

    def _now(self) -> _Day:
        """Return today's count."""
        if self._path is None or not self._path.exists():
            return self._turned(self._memory)
        with self._counting() as day:
            return day

    @contextmanager
    def _counting(self) -> Iterator[_Day]:
        """Give today's count to be changed; no other process changes it meanwhile."""
        file = self._opened()
        if file is None:
            self._memory = self._turned(self._memory)
            yield self._memory
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            kept = os.pread(file, _RECORD, 0)
            day = self._turned(_read(kept))
            yield day
            fresh = msgspec.json.encode(day).ljust(_RECORD)
            if fresh != kept:
                # In place, so that the lock stays with the file. A power cut may cost the last seconds' count, which
                # the service's own refusal corrects.
                os.pwrite(file, fresh, 0)
        finally:
            os.close(file)

    def _opened(self) -> int | None:
        if self._path is None:
            return None
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            # A count that is kept nowhere is better than a day without messages.
            _log.warning("%s: the count is kept in memory alone: %s", self._path, error)
            self._path = None
            return None

    def _turned(self, day: _Day) -> _Day:
        """Return a count, or the fresh one of a new day.

        A day that has begun stays, also for a process whose clock is a little behind; a count from further ahead was
        written while a clock was wrong.
        """
        now = self._clock.now().astimezone(self._zone)
        today, tomorrow = now.date().isoformat(), (now + timedelta(days=1)).date().isoformat()
        return day if today <= day.day <= tomorrow else _Day(day=today, closed_until=self._closed_until(day))


def _spread(account: str, reset: datetime) -> timedelta:
    """Return a time after the reset, another for each account and day; a replay finds the same."""
    number = int.from_bytes(hashlib.blake2s(f"{account} {reset.isoformat()}".encode(), digest_size=4).digest())
    least, most = AFTER_RESET_S
    return timedelta(seconds=least + number % (most - least + 1))


def _read(kept: bytes) -> _Day:
    try:
        return msgspec.json.decode(kept, type=_Day)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Day()  # a lost count is a guess of zero; the service's own refusal corrects it

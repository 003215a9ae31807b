"""What a day allows: money on X, units on YouTube. Counted here, because neither service tells in time.

A ledger counts by the day of one zone, and keeps a part for answers: reading stops first.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from majlis.errors import Busy
from majlis.ports import Budget, Clock, Counted

PACIFIC = ZoneInfo("America/Los_Angeles")
"""YouTube's day. Source: API facts, section 3."""


class _Day(msgspec.Struct):
    day: str
    spent: int


class DayLedger:
    """What was spent on a day; optionally kept in a file, so that a restart does not forget it."""

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
            path: Where to keep the count.
        """
        self._clock = clock
        self._limit = limit
        self._reserve = reserve
        self._zone = zone or ZoneInfo("UTC")
        self._path = path
        self._today = self._kept() or _Day(day="", spent=0)

    @property
    def spent(self) -> int:
        """What was spent today."""
        self._turn()
        return self._today.spent

    @property
    def left(self) -> int | None:
        """What is left today; None where there is no limit."""
        return None if self._limit is None else max(0, self._limit - self.spent)

    def spend(self, amount: int) -> None:
        """Count what a call cost."""
        self._turn()
        if amount:
            self._today.spent += amount
            self._keep()

    def exhaust(self) -> None:
        """Count everything as spent: the service says so, and it knows better."""
        self._turn()
        if self._limit is not None and self._today.spent < self._limit:
            self._today.spent = self._limit
            self._keep()

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
        left = min(self._limit, max(0, self._limit - self.spent))
        return Budget(what=what, left=left, limit=self._limit, reserve=self._reserve, resets_at=self.resets_at())

    def check(self, account: str, *, answering: bool) -> None:
        """Stop a call for which nothing is left.

        Raises:
            Busy: Until the next day.
        """
        left = self.left
        if left is None or left > (0 if answering else self._reserve):
            return
        raise Busy(account=account, wait_s=self.until_reset_s(), reason="daily budget used up")

    def pace(self, cost: int) -> timedelta:
        """Return how long to wait between two reads so that what is left lasts until the day ends."""
        left = self.left
        if left is None or cost == 0:
            return timedelta()
        reads = max(0, left - self._reserve) / cost
        until_reset = timedelta(seconds=self.until_reset_s())
        return until_reset / reads if reads else until_reset

    def _turn(self) -> None:
        day = self._clock.now().astimezone(self._zone).date().isoformat()
        if self._today.day != day:
            self._today = _Day(day=day, spent=0)

    def _kept(self) -> _Day | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Day) if self._path else None
        except (OSError, msgspec.MsgspecError):
            return None  # a lost count is a guess of zero; the service's own refusal corrects it

    def _keep(self) -> None:
        if self._path is None:
            return
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        fresh.write_bytes(msgspec.json.encode(self._today))
        fresh.replace(self._path)

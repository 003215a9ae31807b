"""Keeps the screens fresh: a few times a second it asks the store what changed, which is mostly nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from majlis.presence import alive

if TYPE_CHECKING:
    from majlis.ports import Clock, Store
    from majlis.presence import Presence

INTERVAL_S: Final = 0.4
"""Seconds between two looks: each costs four wakings of the process, and a claim is to be seen within a second."""


class Listener(Protocol):
    """Whoever draws."""

    async def changed(self, keys: frozenset[str]) -> None:
        """Take notice of keys of messages, entries and cases that changed."""

    async def minute(self) -> None:
        """Take notice that ages and times left read differently now."""

    async def moved(self, company: tuple[Presence, ...]) -> None:
        """Take notice of who is at which message now."""

    def ticked(self, now: datetime) -> None:
        """Take notice of the time; cheap, and it must draw nothing unless something is due."""


class Feed:
    """Asks, and passes on what it hears."""

    def __init__(self, store: Store, clock: Clock, listener: Listener, operator: str) -> None:
        """Take what is looked at, who draws, and who is no company to themselves."""
        self._store = store
        self._clock = clock
        self._listener = listener
        self._operator = operator
        self._revision = 0
        self._company: tuple[Presence, ...] = ()
        self._minute = _minute(clock.now())

    async def start(self) -> None:
        """Take the store's position, before the first page is read: what comes after it is a change."""
        self._revision = await self._store.revision()

    async def tick(self) -> None:
        """Look once. Nothing is drawn when nothing visible changed."""
        now = self._clock.now()
        self._listener.ticked(now)
        changes = await self._store.changes(self._revision)
        self._revision = changes.revision
        # Nobody writes that somebody is gone who was killed: the clock says so.
        company = alive(changes.present, now, apart=self._operator)
        if company != self._company:
            self._company = company
            await self._listener.moved(company)
        if changes.keys:
            await self._listener.changed(changes.keys)
        if _minute(now) != self._minute:
            self._minute = _minute(now)
            await self._listener.minute()


def _minute(at: datetime) -> datetime:
    return at - timedelta(seconds=at.second, microseconds=at.microsecond)

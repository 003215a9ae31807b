"""Tells colleagues at which message this sitting is: little is written, and only when it has stood for a moment."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from majlis.errors import MajlisError
from majlis.presence import AGAIN, LIFE, Doing, Presence

if TYPE_CHECKING:
    from majlis.message import MessageKey
    from majlis.ports import Clock, Store

SETTLES: Final = timedelta(seconds=0.5)
"""How long a message is in sight until somebody reads it: turning pages tells nobody anything. A guess."""

RETRY: Final = timedelta(seconds=5)
"""Until a store that could not take it is asked again. A guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabout:
    """Where somebody is, as the screen knows it."""

    key: MessageKey
    doing: Doing
    stirred: datetime | None = None
    """When the last letter was typed."""


class Whereabouts:
    """Where this sitting is, and what the store knows of it."""

    def __init__(self, *, store: Store, clock: Clock, sitting: str, operator: str) -> None:
        self._store = store
        self._clock = clock
        self._sitting = sitting
        self._operator = operator
        self._place: tuple[MessageKey, Doing] | None = None
        self._since = clock.now()
        self._told: Presence | None = None
        self._not_before: datetime | None = None

    async def tell(self, at: Whereabout | None) -> None:
        """Tell the store where this sitting is, if it does not know, or may soon think that it is gone.

        A store that cannot take it is asked again in a while and nothing is said of it: nobody's work waits for this.
        """
        if self._not_before is None or self._clock.now() >= self._not_before:
            try:
                await self._tell(at)
            except MajlisError:
                self._not_before = self._clock.now() + RETRY
            else:
                self._not_before = None

    async def _tell(self, at: Whereabout | None) -> None:
        now, place = self._clock.now(), (at.key, at.doing) if at is not None else None
        if place != self._place:
            self._place, self._since = place, now
        if at is None:
            if self._told is not None:
                await self._store.leave(self._sitting)
                self._told = None
            return
        if self._is_known(at, now) or (at.doing is Doing.READING and now - self._since < SETTLES):
            return
        told = Presence(
            sitting=self._sitting,
            operator=self._operator,
            message=str(at.key),
            doing=at.doing,
            since=self._since,
            stirred=at.stirred or self._since,
            until=now + LIFE,
        )
        await self._store.be_present(told)
        self._told = told

    def _is_known(self, at: Whereabout, now: datetime) -> bool:
        told = self._told
        if told is None or (told.message, told.doing) != (str(at.key), at.doing):
            return False
        return LIFE - AGAIN < told.until - now <= LIFE

    async def leave(self) -> None:
        """Be nowhere; what cannot be told is over in a moment by itself."""
        with suppress(MajlisError):
            await self._store.leave(self._sitting)

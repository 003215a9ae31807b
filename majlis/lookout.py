"""Whether what people wrote is still there: no listing tells of deletions, so known messages are looked at again.

One look that misses proves little, because services forget and remember; the second one, a while later, decides. What
is seen again is back as it was.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from .audit import EventDraft
from .errors import Conflict
from .message import Moderation
from .ports import Anchor, Decision, View, ViewName
from .states import MESSAGE_TABLE, EntryState, MessageState

if TYPE_CHECKING:
    from datetime import datetime

    from .message import Message, MessageKey
    from .ports import Clock, Ids, Store

AGAIN = timedelta(minutes=10)
"""Between the look that misses and the one that decides, at least; a guess."""
KNOWN_FOR = timedelta(days=7)
"""How long a message is looked at again; a guess, about how long people answer."""

_ON_ITS_WAY = frozenset({EntryState.SENDING, EntryState.UNKNOWN})


class Lookout:
    """Chooses which messages of an account to look at, and writes what was found."""

    def __init__(self, *, store: Store, clock: Clock, ids: Ids, version: str) -> None:
        """Take what a decision needs; `version` is that of the policy, recorded with every event."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._version = version
        self._places: dict[str, Anchor | None] = {}
        """How far the round through everything has come, by account."""
        self._missed: dict[str, dict[MessageKey, datetime]] = {}
        """What was missed once, by account, and when."""

    def is_owed(self, account: str) -> bool:
        """Whether something was missed once, and the look that decides may come."""
        now = self._clock.now()
        return any(now - at >= AGAIN for at in self._missed.get(account, {}).values())

    async def due(self, account: str, limit: int) -> tuple[Message, ...]:
        """Return public messages to look at: those missed once, then the most urgent open ones, then the next of all.

        Args:
            account: Whose.
            limit: How many at most.
        """
        now = self._clock.now()
        chosen: dict[MessageKey, Message] = {}
        missed = self._missed.get(account, {})
        for key in [key for key, at in missed.items() if now - at >= AGAIN]:
            message = await self._store.message(key)
            if message is not None and self._is_recent(message) and _is_listed(message):
                chosen[key] = message
            else:
                del missed[key]
        queue = View(name=ViewName.QUEUE, operator="", account=account)
        window = await self._store.window(queue, limit=limit // 2)
        chosen |= {row.message.key: row.message for row in window.rows if row.message and self._counts(row.message)}
        chosen |= {message.key: message for message in await self._next(account, limit - limit // 2)}
        return tuple(chosen.values())[:limit]

    async def _next(self, account: str, limit: int) -> list[Message]:
        """Go on with the round, newest first; it begins again where messages are too old."""
        everything = View(name=ViewName.ALL, operator="", account=account)
        window = await self._store.window(everything, limit=limit, after=self._places.get(account))
        found = [row.message for row in window.rows if row.message is not None]
        recent = [message for message in found if self._is_recent(message)]
        self._places[account] = window.rows[-1].anchor if len(recent) == limit else None
        return [message for message in recent if self._counts(message)]

    def _is_recent(self, message: Message) -> bool:
        return message.created_at >= self._clock.now() - KNOWN_FOR

    def _counts(self, message: Message) -> bool:
        """Whether looking makes sense: public, recent, and not missed a moment ago."""
        waits = message.missed_at is not None and self._clock.now() - message.missed_at < AGAIN
        return message.public and self._is_recent(message) and not waits and _is_listed(message)

    async def looked(self, messages: tuple[Message, ...], gone: frozenset[str]) -> None:
        """Write what a look found.

        Args:
            messages: Those that were looked at.
            gone: Native ids of those that the service does not show.
        """
        for message in messages:
            step = self._missing(message) if message.key.native_id in gone else self._seen(message)
            if step is not None and not await self._is_on_its_way(step[1]):
                await self._write(*step)

    def _missing(self, message: Message) -> tuple[str, Message] | None:
        now, standing = self._clock.now(), message.standing
        missed = self._missed.setdefault(message.key.account, {})
        if standing.state is MessageState.GONE:
            missed.pop(message.key, None)
            return None
        if message.missed_at is None:
            missed[message.key] = now
            return "missed", replace(message, missed_at=now)
        if now - message.missed_at < AGAIN:
            missed[message.key] = message.missed_at
            return None
        missed.pop(message.key, None)
        state = MESSAGE_TABLE["gone"][standing.state]
        return "gone", replace(message, standing=replace(standing, state=state, was=standing.state))

    def _seen(self, message: Message) -> tuple[str, Message] | None:
        self._missed.get(message.key.account, {}).pop(message.key, None)
        if message.standing.state is MessageState.GONE:
            return "back", replace(message, standing=message.standing.back(), missed_at=None, queued=0)
        return ("found", replace(message, missed_at=None)) if message.missed_at is not None else None

    async def _is_on_its_way(self, message: Message) -> bool:
        """Whether an answer is just being handed over, or looked up: what came of it is written first."""
        if message.standing.was is not MessageState.WAITING or message.standing.entry is None:
            return False
        entry = await self._store.entry(message.standing.entry)
        return entry is not None and entry.state in _ON_ITS_WAY

    async def _write(self, action: str, message: Message) -> None:
        event = EventDraft(
            at=self._clock.now(),
            actor="service",
            terminal="poller",
            action=action,
            subject=str(message.key),
            profile_version=self._version,
            payload={},
            salt=self._ids.salt(),
        )
        try:
            await self._store.apply(Decision(puts=(message,), event=event))
        except Conflict:
            # Somebody acts on it in this very moment; the next look sees it again.
            return


def _is_listed(message: Message) -> bool:
    """Whether the service would show it to whoever asks by its id: what is held back looks as if it were deleted."""
    return message.moderation not in {Moderation.HELD, Moderation.SPAM, Moderation.REJECTED}

"""The store of a scenario: in memory, and nobody else is at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from majlis.ports import Ingested
from majlis.states import EntryState
from store.inbox import Inbox, open_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from majlis.gap import Gap
    from majlis.message import Message
    from majlis.outbox import Entry
    from majlis.ports import Decision, Mark, Page, Stream
    from store.rows import RowDB
    from tui.replay.bell import Bell

OPEN: Final = frozenset({EntryState.HELD, EntryState.QUEUED, EntryState.SENDING, EntryState.UNKNOWN})
"""States of entries that the sender asks for at every look."""
EVER: Final = datetime.max.replace(tzinfo=UTC)


class LoneInbox(Inbox):
    """An inbox whose only process is this one.

    It rings when something was written. What loops ask again and again is answered from memory until then, since nobody
    else can have changed it; of a page without rows only this process has to know the mark, and leases need no paper.
    """

    def __init__(self, db: RowDB, bell: Bell) -> None:
        super().__init__(db, None)
        self._bell = bell
        self._marks: dict[str, Mark] = {}
        self._entries: dict[frozenset[EntryState], tuple[Entry, ...]] = {}
        self._snoozed: tuple[Message, ...] | None = None
        self._stale: tuple[Message, ...] | None = None

    async def ingest(self, page: Page) -> Ingested:
        """Keep a page's rows and its mark in one transaction with one event."""
        if not (page.messages or page.quarantined):
            self._marks[page.stream.id] = page.mark
            return Ingested(new=(), changed=(), revision=await self.revision())
        self._marks.pop(page.stream.id, None)
        ingested = await super().ingest(page)
        if ingested.new or ingested.changed:
            self._written()
        return ingested

    async def apply(self, decision: Decision) -> int:
        """Write a decision in one transaction and return its revision."""
        revision = await super().apply(decision)
        self._written()
        return revision

    async def keep_gap(self, gap: Gap, profile_version: str = "") -> None:
        """Keep a gap, or what became of it, with an event."""
        await super().keep_gap(gap, profile_version)
        self._written()

    def _written(self) -> None:
        self._entries.clear()
        self._snoozed = self._stale = None
        self._bell.ring()

    # ------------------------------------------------------------------------------------------- asked again and again

    async def mark(self, stream: Stream) -> Mark | None:
        """Return how far a stream is read; None before its first page."""
        return self._marks.get(stream.id) or await super().mark(stream)

    async def entries(
        self, states: Iterable[EntryState], *, due_by: datetime | None = None, due_from: datetime | None = None
    ) -> tuple[Entry, ...]:
        """Return entries in these states, due first."""
        wanted = frozenset(states)
        if not wanted <= OPEN or due_from is not None:
            return await super().entries(sorted(wanted), due_by=due_by, due_from=due_from)
        if wanted not in self._entries:
            self._entries[wanted] = await super().entries(sorted(wanted))
        return tuple(entry for entry in self._entries[wanted] if due_by is None or entry.due_at <= due_by)

    async def snoozed(self, due_by: datetime) -> tuple[Message, ...]:
        """Return snoozed messages whose time has come."""
        if self._snoozed is None:
            self._snoozed = await super().snoozed(EVER)
        times = ((message, message.standing.snoozed_until) for message in self._snoozed)
        return tuple(message for message, at in times if at is not None and at <= due_by)

    async def stale_claims(self, now: datetime) -> tuple[Message, ...]:
        """Return claimed messages whose lease has run out."""
        if self._stale is None:
            self._stale = await super().stale_claims(EVER)
        claims = ((message, message.standing.claim) for message in self._stale)
        return tuple(message for message, claim in claims if claim is not None and claim.until <= now)

    async def hold(self, name: str) -> bool:
        """Keep a lock; nobody else asks for it."""
        del name
        return True

    async def take_lease(self, name: str, holder: str, until: datetime, now: datetime, *, locked: bool = False) -> bool:
        """Take or renew a lease; nobody else asks for it."""
        del name, holder, until, now, locked
        return True


def lone_inbox(bell: Bell) -> LoneInbox:
    """Make an empty store in memory that rings a bell."""
    return LoneInbox(open_rows(":memory:"), bell)

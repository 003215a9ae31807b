"""Keeping times that were not read: noticed when reading stops or begins anew, closed by the walk that fills them."""

from __future__ import annotations

from datetime import datetime, timedelta

from majlis.gap import Gap, GapCause, GapState
from majlis.ports import Mark, Page, Store, Stream

SHORTEST = timedelta(minutes=15)
"""What is read again within this time is no gap worth a word; a guess."""
SWEEP = "sweep"
"""The listing that reads again what others brought: nobody's words are missing while it rests."""
TOLD_FOR = timedelta(days=1)
"""How long what is lost is told of beside the account; `majlis doctor` tells of it for a month. Guesses."""


class Gaps:
    """The open gaps of one account, in memory as in the store."""

    def __init__(self, account: str, store: Store, version: str = "") -> None:
        """Take whose they are, where they are kept, and the version of the policy that is recorded with them."""
        self._version = version
        self._account = account
        self._store = store
        self._open: dict[str, Gap] | None = None
        self._lost: list[Gap] = []

    def shown(self, now: datetime) -> Gap | None:
        """Return the open gap that began first; without one, what was lately found to be lost."""
        found = list((self._open or {}).values()) or [gap for gap in self._lost if now - gap.noticed_at < TOLD_FOR]
        return min(found, key=lambda gap: gap.since, default=None)

    def forget(self) -> None:
        """Forget what is open; it is in the store."""
        self._open = None

    async def load(self) -> None:
        """Learn what an earlier process left open."""
        if self._open is None:
            kept = await self._store.gaps(self._account)
            self._open = {gap.stream: gap for gap in kept if gap.state is GapState.OPEN}
            self._lost = [gap for gap in kept if gap.state is GapState.LOST]

    async def notice(self, stream: Stream, since: datetime | None, now: datetime, cause: GapCause) -> None:
        """Keep a gap, unless one is open or the listing was never read: then nothing can be missing."""
        if since is None or since >= now or self._open is None or stream.id in self._open or stream.name == SWEEP:
            return
        gap = Gap(
            network=stream.network,
            account=stream.account,
            stream=stream.id,
            since=since,
            noticed_at=now,
            cause=cause,
        )
        await self._store.keep_gap(gap, self._version)
        self._open[stream.id] = gap

    async def read_through(self, page: Page, walked: Mark) -> None:
        """Close a listing's gap with the last page of a walk that began after it was noticed.

        Args:
            page: The last one of the walk.
            walked: The walk: when it began, and how many rows it brought.
        """
        gap = self._open.get(page.stream.id) if self._open else None
        if gap is None or self._open is None or walked.begun is None or walked.begun < gap.noticed_at:
            return
        for part in gap.closed(walked.begun, lost_before=_reached(page, walked.begun, walked.rows)):
            await self._store.keep_gap(part, self._version)
            self._lost += [part] if part.state is GapState.LOST else []
        del self._open[page.stream.id]


def _reached(page: Page, begun: datetime, rows: int) -> datetime | None:
    """Return how far back a walk could go at most; None: as far as it liked."""
    stream = page.stream
    edges = [begun - stream.reach] if stream.reach is not None else []
    if stream.reach_rows is not None and rows >= stream.reach_rows and page.messages:
        edges.append(min(message.created_at for message in page.messages))
    return max(edges, default=None)

"""Walking X's listings. Reading is paid: only what is new is asked for, and people only once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from connectors.budget import DayLedger
from connectors.http import TransportError
from connectors.rows import Source, decoded, sift
from connectors.verdict import Failed, Says
from connectors.walks import paged, resumed
from majlis.message import Network
from majlis.ports import Clock, Mark, Page, Stream

from . import ids
from .answers import STALE_MARK
from .client import MOST_IDS, XClient
from .normalise import Posts, superseded
from .settings import XSettings
from .wire import Event, Listing, Medium, Post, User

_log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=2)
"""Read again behind the mark: listings are eventually consistent. What is read twice within a day is free as a rule."""

SEARCHABLE = timedelta(days=7) - timedelta(minutes=2)
"""How far back a search goes, less what clocks differ. Source: API facts, section 2."""

_MOST_PEOPLE = 5000


class _Walk(msgspec.Struct, kw_only=True):
    """A walk over one list, newest first."""

    since: str | None = None
    """The id behind which everything is known."""
    start: str | None = None
    """The same as a time, where the id is too old for the service."""
    token: str | None = None
    until: str | None = None
    """The id from which on everything is read already; set when a continuation has died."""
    oldest: str | None = None
    """The smallest id that the walk has read."""

    def shortened(self) -> bool:
        """Go on from the oldest row that is stored, with overlap, where a continuation has died; whether that helps.

        What died again without any progress goes on from that very row: then the overlap alone fills a page.
        """
        if self.token is None or self.oldest is None:
            return False
        wanted = ids.ahead(self.oldest, OVERLAP)
        self.until = self.oldest if self.until and ids.number(wanted) >= ids.number(self.until) else wanted
        self.token = None
        return True


class Reader:
    """Fetches one page of a stream at a time."""

    def __init__(self, settings: XSettings, clock: Clock, client: XClient, ledger: DayLedger) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._ledger = ledger
        self._people = self._known_people()

    async def page(self, stream: Stream, mark: Mark) -> Page:
        """Return the next page.

        Raises:
            Failed: The service refused; STALE when the continuation is dead.
            TransportError: There was no usable answer.
            Busy: The day's budget is used up.
        """
        self._ledger.check(stream.account, answering=False)
        walk = resumed(mark, _Walk)
        high = mark.walk.candidate_high if walk and mark.walk else mark.high
        walk = walk or self._begun(stream, mark.high)
        listing = await self._fetched(stream, walk)
        if stream.name == "messages":
            return await self._messages_page(stream, mark, walk, high, listing)
        posts = decoded(listing.rows, Post)
        await self._meet((post.author_id for post in posts), listing.users)
        rows = self._rows(stream, listing)
        high = ids.newest(high, *(post.id for post in posts))
        walk.oldest = ids.oldest(walk.oldest, *(post.id for post in posts))
        walk.token = listing.following
        sifted = sift(listing.rows, Post, partial(rows.post, superseded(posts)), rows.source)
        return paged(stream, mark, sifted, rows.source.read_at,
                     walk=walk if walk.token else None, high=high)  # fmt: skip

    async def _messages_page(self, stream: Stream, mark: Mark, walk: _Walk, high: str | None, listing: Listing) -> Page:
        """Read direct messages until a known one: this list cannot be asked for what is new."""
        events = decoded(listing.rows, Event)
        await self._meet((event.sender_id for event in events), listing.users)
        rows = self._rows(stream, listing)
        high = ids.newest(high, *(event.id for event in events))
        known = ids.number(walk.since) if walk.since else -1
        reached = any(event.id and ids.number(event.id) <= known for event in events)
        walk.token = None if reached else listing.following
        return paged(stream, mark, sift(listing.rows, Event, rows.event, rows.source), rows.source.read_at,
                     walk=walk if walk.token else None, high=high)  # fmt: skip

    def _begun(self, stream: Stream, high: str | None) -> _Walk:
        if high:
            return _Walk(since=ids.behind(high, OVERLAP))
        if stream.name in {"messages", "replies"}:  # both end by themselves
            return _Walk()
        return _Walk(start=_stamp(self._clock.now() - timedelta(days=self._settings.backlog_days)))

    async def _fetched(self, stream: Stream, walk: _Walk) -> Listing:
        try:
            return await self._listing(stream, walk)
        except Failed as error:
            if error.verdict.says is not Says.STALE:
                raise
            if error.verdict.code != STALE_MARK or walk.since is None:
                if not walk.shortened():
                    raise
                return await self._listing(stream, walk)
            at = ids.time_of(walk.since) or self._clock.now() - SEARCHABLE
            if stream.name == "replies":
                at = max(at, self._clock.now() - SEARCHABLE)
            walk.since, walk.start, walk.token = None, _stamp(at), None
            return await self._listing(stream, walk)

    async def _listing(self, stream: Stream, walk: _Walk) -> Listing:
        asked = {"since_id": walk.since, "start_time": walk.start, "until_id": walk.until, "token": walk.token}
        match stream.name:
            case "mentions":
                return await self._client.mentions(**asked)
            case "replies":
                handle = self._settings.handle
                return await self._client.search(f"to:{handle} -from:{handle}", **asked)
            case "posts":
                return await self._client.own(**asked)
            case _:
                return await self._client.messages(walk.token)

    def _rows(self, stream: Stream, listing: Listing) -> Posts:
        read_at = self._clock.now().astimezone(UTC)
        media: dict[str, Medium] = {each.media_key: each for each in listing.media if each.media_key}
        source = Source(network=Network.X, account=stream.account, stream=stream.name, read_at=read_at)
        return Posts(source=source, user=self._settings.user, people=self._people, media=media)

    # -------------------------------------------------------------------------------------------------------- people

    def _known_people(self) -> dict[str, User]:
        settings = self._settings
        return {settings.user: User(id=settings.user, name=settings.name or None, username=settings.handle)}

    async def _meet(self, native_ids: Iterable[str | None], came_along: Iterable[User]) -> None:
        """Learn the names of people not met before; a page without names is better than no page."""
        if len(self._people) > _MOST_PEOPLE:
            self._people = self._known_people()
        self._people |= {person.id: person for person in came_along if person.id}
        strangers = list(dict.fromkeys(each for each in native_ids if each and each not in self._people))
        for start in range(0, len(strangers), MOST_IDS):
            try:
                met = await self._client.users(strangers[start : start + MOST_IDS])
            except (Failed, TransportError) as error:
                _log.warning("%s: names are missing: %s", self._settings.account, error)
                return
            self._people |= {person.id: person for person in met if person.id}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

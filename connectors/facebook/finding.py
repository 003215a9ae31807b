"""How what we did is found again when nobody knows whether it happened.

Looked for among our own items by author, text and time; None only where it is certainly absent.
Source: API facts, section 5.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import assert_never

from connectors.attempts import attempt_of, target_of, too_many
from connectors.rows import SAME_ATTEMPT, decoded, near, parse_time, permalink, same_text
from connectors.verdict import Failed, Says
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Clock

from .client import GraphClient, PostEdge
from .doing import parent_of
from .wire import Comment, Conversation, Cursor, Listing, Named, Post, PrivateMessage

_PAGES = 5
"""Pages of our own items that are read back for one entry."""


class Finder:
    """Looks for what entries made; errors are those of the client."""

    def __init__(self, page: str, clock: Clock, client: GraphClient) -> None:
        self._page = page
        self._clock = clock
        self._client = client

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is not ObjectKind.PRIVATE:
                return await self._comment(entry)
            case Action.REPLY | Action.MESSAGE:
                return await self._private(entry)
            case Action.POST:
                return await self._post(entry)
            case Action.EDIT | Action.HIDE | Action.UNHIDE | Action.DELETE:
                return await self._state(entry)
            case Action.MODERATE | Action.DELIVER:
                return None
            case _:
                assert_never(entry.action)

    async def _comment(self, entry: Entry) -> Receipt | None:
        parent, attempt = parent_of(entry), attempt_of(entry)
        since = _since(attempt)
        async for listing in _pages(lambda cursor: self._client.comments(parent, since=since, cursor=cursor)):
            rows = decoded(listing.rows, Comment)
            for row in rows:
                ours = self._is_ours(row.from_) and same_text(entry.text, row.message or "")
                if row.id and ours and near(parse_time(row.created_time), attempt):
                    return self._receipt(row.id, row.created_time, row.permalink_url)
            if listing.newest_first and _all_earlier((row.created_time for row in rows), attempt):
                return None
        return None

    # -------------------------------------------------------------------------------------------------------- private

    async def _private(self, entry: Entry) -> Receipt | None:
        """Look through the conversation; for an answer to a comment, through the conversations that changed last."""
        attempt = attempt_of(entry)
        if entry.target is not None and entry.target.object is ObjectKind.PRIVATE and entry.thread:
            return await self._among(partial(self._client.messages, entry.thread), entry, attempt)
        # A comment's author has another id here than in Messenger, so that it cannot narrow the search.
        person = None if entry.target is not None and entry.target.object is not ObjectKind.PRIVATE else entry.recipient
        async for listing in _pages(lambda cursor: self._client.conversations(cursor, user=person)):
            threads = decoded(listing.rows, Conversation)
            for thread in threads:
                if thread.messages and (found := self._sent(thread.messages, entry, attempt)):
                    return found
            if _all_earlier((thread.updated_time for thread in threads), attempt):
                return None
        return None

    async def _among(
        self, fetch: Callable[[Cursor], Awaitable[Listing]], entry: Entry, attempt: datetime
    ) -> Receipt | None:
        async for listing in _pages(fetch):
            if found := self._sent(listing, entry, attempt):
                return found
            if _all_earlier((row.created_time for row in decoded(listing.rows, PrivateMessage)), attempt):
                return None
        return None

    def _sent(self, listing: Listing, entry: Entry, attempt: datetime) -> Receipt | None:
        for row in decoded(listing.rows, PrivateMessage):
            ours = self._is_ours(row.from_) and same_text(entry.text, row.message or "")
            if row.id and ours and near(parse_time(row.created_time), attempt):
                return self._receipt(row.id, row.created_time)
        return None

    # ----------------------------------------------------------------------------------------------------------- posts

    async def _post(self, entry: Entry) -> Receipt | None:
        """Look among what is published, and first among what waits with the service for its time."""
        if entry.publish_at is not None and (found := await self._posted("scheduled_posts", entry)):
            return found
        return await self._posted("published_posts", entry)

    async def _posted(self, edge: PostEdge, entry: Entry) -> Receipt | None:
        since = _since(attempt_of(entry)) if edge == "published_posts" else None
        async for listing in _pages(lambda cursor: self._client.feed(edge, since=since, cursor=cursor)):
            for row in decoded(listing.rows, Post):
                if row.id and self._is_post(row, entry):
                    return self._receipt(row.id, row.created_time, row.permalink_url)
        return None

    def _is_post(self, row: Post, entry: Entry) -> bool:
        if not same_text(entry.text, row.message or "") or not self._is_ours(row.from_):
            return False
        shows = bool(row.attachments and row.attachments.data)
        if not entry.text and not shows:  # a post of pictures alone is known by its having some
            return False
        if row.scheduled_publish_time is not None:
            wanted = entry.publish_at
            return wanted is not None and abs(row.scheduled_publish_time - wanted.timestamp()) <= 1
        at = parse_time(row.created_time)
        return near(at, attempt_of(entry)) or (entry.publish_at is not None and near(at, entry.publish_at))

    # ---------------------------------------------------------------------------------------------------------- states

    async def _state(self, entry: Entry) -> Receipt | None:
        """Look whether a thing is in the state that the entry sets."""
        row: Post | Comment
        try:
            if entry.target is not None and entry.target.object is ObjectKind.POST:
                row = await self._client.post(target_of(entry))
            else:
                row = await self._client.comment(target_of(entry))
        except Failed as error:
            if error.verdict.says is Says.GONE:
                return self._done() if entry.action is Action.DELETE else None
            raise
        match entry.action:
            case Action.HIDE | Action.UNHIDE:
                there = row.is_hidden is (entry.action is Action.HIDE)
            case Action.EDIT:
                there = same_text(entry.text, row.message or "")
            case _:
                there = False
        return self._done() if there else None

    # -------------------------------------------------------------------------------------------------------- receipts

    def _is_ours(self, who: Named | None) -> bool:
        """Whether we wrote it; where the service does not say who did, text and time have to do."""
        return who is None or who.id is None or who.id == self._page

    def _receipt(self, native_id: str, created: str | None, address: str | None = None) -> Receipt:
        return Receipt(native_id=native_id, at=parse_time(created) or self._now(), link=permalink(address))

    def _done(self) -> Receipt:
        return Receipt(native_id=None, at=self._now())

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)


def _since(attempt: datetime) -> int:
    return int((attempt - SAME_ATTEMPT).timestamp())


def _all_earlier(times: Iterable[str | None], attempt: datetime) -> bool:
    known = [at for at in map(parse_time, times) if at is not None]
    return bool(known) and max(known) < attempt - SAME_ATTEMPT


async def _pages(fetch: Callable[[Cursor], Awaitable[Listing]]) -> AsyncIterator[Listing]:
    """Read pages until the list ends.

    Raises:
        Failed: It did not end; then nothing is certain.
    """
    cursor: Cursor = {}
    for _ in range(_PAGES):
        listing = await fetch(cursor)
        yield listing
        following = listing.following()
        if following is None:
            return
        cursor = following
    raise too_many()

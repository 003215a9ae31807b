"""What is done on a page, and how it is found again when nobody knows whether it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import assert_never

from connectors.attempts import attempt_of, target_of
from connectors.rows import SAME_ATTEMPT, decoded, near, parse_time, permalink, same_text
from connectors.verdict import Failed, Says, Verdict
from majlis.message import ObjectKind
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Clock, Pictures

from .answers import OUTSIDE_WINDOW
from .client import Comment, Conversation, Cursor, GraphClient, Listing, Named, Post, PrivateMessage
from .settings import FacebookSettings

_PAGES = 5
"""Pages of our own items that are read back for one entry."""


class Deeds:
    """Does what entries say; errors are those of the client."""

    def __init__(
        self, settings: FacebookSettings, clock: Clock, client: GraphClient, pictures: Pictures | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client
        self._pictures = pictures

    # --------------------------------------------------------------------------------------------------------- doing

    async def perform(self, entry: Entry) -> Receipt:
        """Do what the entry says, once."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is ObjectKind.PRIVATE:
                return await self._private(entry)
            case Action.REPLY:
                made = await self._client.reply(parent_of(entry), entry.text)
                return self._made(made.id)
            case Action.MESSAGE:
                return await self._private(entry)
            case Action.POST:
                made = await self._client.publish(entry.text)
                return self._made(made.id)
            case Action.EDIT:
                await self._client.change(target_of(entry), message=entry.text)
            case Action.HIDE:
                await self._client.change(target_of(entry), is_hidden="true")
            case Action.UNHIDE:
                await self._client.change(target_of(entry), is_hidden="false")
            case Action.DELETE:
                await self._delete(target_of(entry))
            case Action.MODERATE:
                raise Failed(Verdict(says=Says.NO, code="unsupported", reason="Facebook has no such action"))
            case _:
                assert_never(entry.action)
        return self._done()

    async def _private(self, entry: Entry) -> Receipt:
        """Answer privately: to the person of a conversation, or once to whoever wrote a comment."""
        recipient = recipient_of(entry)
        try:
            made = await self._client.message(recipient, entry.text)
        except Failed as error:
            if error.verdict.code != OUTSIDE_WINDOW or not self._settings.human_agent:
                raise
            # Certainly not sent: the service names the window, and the page may go beyond it.
            made = await self._client.message(recipient, entry.text, tag="HUMAN_AGENT")
        return self._made(made.message_id)

    async def _delete(self, native_id: str) -> None:
        try:
            await self._client.delete(native_id)
        except Failed as error:
            if error.verdict.says is not Says.GONE:  # already gone is what was wanted
                raise

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)

    def _made(self, native_id: str | None) -> Receipt:
        return Receipt(native_id=native_id, at=self._now())

    def _done(self) -> Receipt:
        return Receipt(native_id=None, at=self._now())

    # -------------------------------------------------------------------------------------------------------- finding

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        match entry.action:
            case Action.REPLY if entry.target and entry.target.object is not ObjectKind.PRIVATE:
                return await self._find_comment(entry)
            case Action.REPLY | Action.MESSAGE:
                return await self._find_private(entry)
            case Action.POST:
                return await self._find_post(entry)
            case Action.EDIT | Action.HIDE | Action.UNHIDE | Action.DELETE:
                return await self._find_state(entry)
            case Action.MODERATE:
                return None
            case _:
                assert_never(entry.action)

    async def _find_comment(self, entry: Entry) -> Receipt | None:
        parent, attempt = parent_of(entry), attempt_of(entry)
        since = int((attempt - SAME_ATTEMPT).timestamp())

        async def fetch(cursor: Cursor) -> Listing:
            return await self._client.comments(parent, since=since, cursor=cursor)

        async for listing in _pages(fetch):
            rows = decoded(listing.rows, Comment)
            for row in rows:
                if row.id and self._is_ours(row.from_) and same_text(entry.text, row.message or ""):
                    at = parse_time(row.created_time)
                    if near(at, attempt):
                        return Receipt(native_id=row.id, at=at or self._now(), link=permalink(row.permalink_url))
            if listing.newest_first and _all_earlier([row.created_time for row in rows], attempt):
                return None
        return None

    async def _find_private(self, entry: Entry) -> Receipt | None:
        """Look through the conversation; for a private reply, through the conversations that changed last."""
        attempt = attempt_of(entry)
        known = entry.thread if entry.target and entry.target.object is ObjectKind.PRIVATE else None

        async def fetch(cursor: Cursor) -> Listing:
            if known:
                return await self._client.messages(known, cursor)
            return await self._client.conversations(cursor, user=entry.recipient)

        async for listing in _pages(fetch):
            if known:
                rows = decoded(listing.rows, PrivateMessage)
                times = [row.created_time for row in rows]
            else:
                threads = decoded(listing.rows, Conversation)
                rows = [
                    row
                    for thread in threads
                    if thread.messages
                    for row in decoded(thread.messages.rows, PrivateMessage)
                ]
                times = [thread.updated_time for thread in threads]
            for row in rows:
                at = parse_time(row.created_time)
                if (
                    row.id
                    and self._is_ours(row.from_)
                    and same_text(entry.text, row.message or "")
                    and near(at, attempt)
                ):
                    return Receipt(native_id=row.id, at=at or self._now())
            if _all_earlier(times, attempt):
                return None
        return None

    async def _find_post(self, entry: Entry) -> Receipt | None:
        attempt = attempt_of(entry)
        since = int((attempt - SAME_ATTEMPT).timestamp())

        async def fetch(cursor: Cursor) -> Listing:
            return await self._client.feed("published_posts", since=since, cursor=cursor)

        async for listing in _pages(fetch):
            for row in decoded(listing.rows, Post):
                at = parse_time(row.created_time)
                if row.id and same_text(entry.text, row.message or "") and near(at, attempt):
                    return Receipt(native_id=row.id, at=at or self._now(), link=permalink(row.permalink_url))
        return None

    async def _find_state(self, entry: Entry) -> Receipt | None:
        """Look whether a thing is in the state that the entry sets."""
        try:
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

    def _is_ours(self, who: Named | None) -> bool:
        """Whether we wrote it; where the service does not say who did, text and time have to do."""
        return who is None or who.id is None or who.id == self._settings.page


def _all_earlier(times: list[str | None], attempt: datetime) -> bool:
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
    raise Failed(Verdict(says=Says.FAULT, code="too many", reason="too many items to look through"))


def parent_of(entry: Entry) -> str:
    """Return the native id below which an answer stands: the message, or the comment to which that is a reply."""
    is_reply = entry.parent is not None and entry.parent != entry.thread
    return entry.parent if is_reply and entry.parent else target_of(entry)


def recipient_of(entry: Entry) -> dict[str, str]:
    """Return to whom a private answer goes, in Graph's words."""
    if entry.target is not None and entry.target.object is ObjectKind.COMMENT:
        return {"comment_id": entry.target.native_id}
    if entry.target is not None and entry.target.object is ObjectKind.POST:
        return {"post_id": entry.target.native_id}
    if not entry.recipient:
        raise Failed(Verdict(says=Says.NO, code="no recipient", reason="it is not known to whom this goes"))
    return {"id": entry.recipient}

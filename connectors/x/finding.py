"""How what we did on X is found again when nobody knows whether it happened.

Looked for among our own items by author, text and time; None only where it is certainly absent.
Source: API facts, section 5.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import assert_never

from connectors.attempts import attempt_of, target_of, too_many
from connectors.rows import SAME_ATTEMPT, decoded, near, parse_time
from majlis.outbox import Action, Entry, Receipt
from majlis.ports import Clock

from . import ids
from .client import XClient
from .doing import is_private, text_of
from .normalise import is_same
from .settings import XSettings
from .wire import Event, Listing, Post

_PAGES = 5
"""Pages of our own items that are read back for one entry."""


class Finder:
    """Looks for what entries made; errors are those of the client."""

    def __init__(self, settings: XSettings, clock: Clock, client: XClient) -> None:
        self._settings = settings
        self._clock = clock
        self._client = client

    async def find(self, entry: Entry) -> Receipt | None:
        """Look for what the entry made."""
        match entry.action:
            case Action.REPLY if not is_private(entry):
                return await self._post(entry, answering=target_of(entry))
            case Action.REPLY | Action.MESSAGE:
                return await self._message(entry)
            case Action.POST:
                return await self._post(entry, answering=None)
            case Action.DELETE:
                gone = await self.gone([target_of(entry)])
                return Receipt(native_id=None, at=self._now()) if gone else None
            case Action.HIDE | Action.UNHIDE | Action.EDIT | Action.MODERATE | Action.DELIVER:
                return None  # X does not show whether a post is hidden; hiding may be repeated
            case _:
                assert_never(entry.action)

    async def _post(self, entry: Entry, *, answering: str | None) -> Receipt | None:
        """Look through our own posts of that time, and then through the conversation, which may know it earlier."""
        since = ids.first_of(attempt_of(entry) - SAME_ATTEMPT)
        found = await self._among(entry, answering, lambda token: self._client.own(since_id=since, token=token))
        if found or answering is None:
            return found
        query = f"conversation_id:{entry.thread or answering} from:{self._settings.handle}"
        return await self._among(
            entry, answering, lambda token: self._client.search(query, since_id=since, token=token)
        )

    async def _among(
        self, entry: Entry, answering: str | None, fetch: Callable[[str | None], Awaitable[Listing]]
    ) -> Receipt | None:
        token: str | None = None
        for _ in range(_PAGES):
            listing = await fetch(token)
            for post in decoded(listing.rows, Post):
                if self._is_it(post, entry, answering):
                    native_id = (post.history or [post.id or ""])[0]
                    link = f"https://x.com/{self._settings.handle}/status/{native_id}"
                    return Receipt(native_id=native_id, at=_time(post.created_at, post.id) or self._now(), link=link)
            token = listing.following
            if token is None:
                return None
        raise too_many()

    def _is_it(self, post: Post, entry: Entry, answering: str | None) -> bool:
        ours = post.author_id in (None, self._settings.user) and post.answers in (None, answering)
        near_it = near(_time(post.created_at, post.id), attempt_of(entry))
        return bool(post.id) and ours and near_it and is_same(text_of(entry), post.whole_text)

    async def _message(self, entry: Entry) -> Receipt | None:
        """Look through the messages with that person, newest first."""
        attempt, token = attempt_of(entry), None
        for _ in range(_PAGES):
            listing = await self._client.messages(token, participant=entry.recipient)
            events = decoded(listing.rows, Event)
            for event in events:
                at = _time(event.created_at, event.id)
                ours = event.sender_id == self._settings.user
                if event.id and ours and near(at, attempt) and is_same(entry.text, event.text or ""):
                    return Receipt(native_id=event.id, at=at or self._now())
            times = [at for event in events if (at := _time(event.created_at, event.id))]
            token = listing.following
            if token is None or (times and min(times) < attempt - SAME_ATTEMPT):
                return None
        raise too_many()

    async def gone(self, native_ids: list[str]) -> frozenset[str]:
        """Return those posts that are not there for us; of an edited one any of its ids says so."""
        listing = await self._client.posts(native_ids)
        asked = set(native_ids)
        # What was asked for, and what it was taken for: X may name another edition than the one that was meant.
        named = (
            {each.resource_id, each.value}
            for each in listing.problems
            if each.kind in {"resource-not-found", "not-authorized-for-resource"}
        )
        return frozenset(name for names in named for name in names if name in asked)

    def _now(self) -> datetime:
        return self._clock.now().astimezone(UTC)


def _time(text: str | None, native_id: str | None) -> datetime | None:
    return parse_time(text) or ids.time_of(native_id or "")
